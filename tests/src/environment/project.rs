//! Projects that tests work on.

use super::TestEnvironment;
use std::fs;

impl TestEnvironment {
    /// Writes a file of the project, with its folders.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// What a file of the project says.
    pub fn read(&self, path: &str) -> String {
        let path = self.project().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A git repository with one commit on `main`, not set up yet.
    pub fn repository(&self) {
        self.write("README.md", "# Shop\n");
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "The shop"]);
    }
}
