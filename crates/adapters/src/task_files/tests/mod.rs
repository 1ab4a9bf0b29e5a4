//! Real files in a temporary folder.

mod change;
mod crash;
mod race;
mod scan;

use super::McpFolder;
use orchestron_domain::Status;
use orchestron_engine::ports::{IndexedFile, Scan, TaskFiles};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// A project with the six folders, a state folder with a trash, and an index that is kept as the engine keeps it.
struct World {
    dir: tempfile::TempDir,
    folder: McpFolder,
    known: BTreeMap<String, IndexedFile>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for status in Status::ALL {
            fs::create_dir_all(dir.path().join("project/.mcp/tasks").join(status.folder()))
                .unwrap();
        }
        fs::create_dir(dir.path().join("trash")).unwrap();
        let folder = folder_in(dir.path());
        Self {
            dir,
            folder,
            known: BTreeMap::new(),
        }
    }

    /// A path below `.mcp/tasks/`.
    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("project/.mcp/tasks").join(path)
    }

    /// Writes as a person would, some time ago.
    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(path), text).unwrap();
        age(&self.path(path));
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Scans and remembers what was found.
    fn scan(&mut self) -> Scan {
        let known = self.known.iter();
        let known = known
            .map(|(path, file)| (path.clone(), file.known()))
            .collect();
        let scan = self.folder.scan(&known).unwrap();
        for file in &scan.changed {
            self.known.insert(file.path.clone(), file.clone());
        }
        // What only seems to be gone while files move is no news, as in the store.
        for path in scan.gone.iter().filter(|_| !scan.moving) {
            self.known.remove(path);
        }
        scan
    }

    /// What is wrong with a file, as the index knows it.
    fn problem(&self, path: &str) -> Option<String> {
        let problem = self.known.get(path)?.problem.as_ref()?;
        assert_eq!(problem.path, format!(".mcp/tasks/{path}"));
        assert!(!problem.cure.is_empty());
        let line = problem
            .line
            .map_or_else(|| "-".to_owned(), |line| line.to_string());
        Some(format!("{line}: {}", problem.what))
    }

    /// Hidden files in all folders.
    fn leftovers(&self) -> Vec<String> {
        Status::ALL
            .into_iter()
            .flat_map(|status| fs::read_dir(self.path(status.folder())).unwrap())
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with('.'))
            .collect()
    }

    /// Texts in the trash.
    fn trash(&self) -> Vec<String> {
        let mut texts: Vec<String> = fs::read_dir(self.dir.path().join("trash"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        texts.sort();
        texts
    }
}

fn folder_in(dir: &Path) -> McpFolder {
    McpFolder::new(dir.join("project"), dir.join("trash"))
}

fn task(number: u32) -> String {
    format!("# Task: TASK-{number:03} - A task\n\n## Status: ready\n\n## Goal\nSomething.\n")
}

/// Makes a file look as if it had not been touched for a minute.
fn age(path: &Path) {
    let past = SystemTime::now() - Duration::from_secs(60);
    fs::File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_modified(past))
        .unwrap();
}

/// How many rounds of something to go: `usual`, or as many as `ORCHESTRON_TEST_ROUNDS` says.
fn rounds(usual: u32) -> u32 {
    std::env::var("ORCHESTRON_TEST_ROUNDS").map_or(usual, |rounds| rounds.parse().unwrap())
}

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
