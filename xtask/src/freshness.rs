//! What is newer than what: decides whether a step has anything to do.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::failure::Failure;

/// True if `made` is missing or older than any of its sources. Sources that are missing do not count; in folders
/// everything counts, and so does the folder itself, so that a removed file is noticed too.
pub fn is_stale(made: &Path, sources: &[PathBuf]) -> Result<bool, Failure> {
    let Some(made_at) = changed_at(made)? else {
        return Ok(true);
    };
    for source in sources {
        if newest_below(source)?.is_some_and(|at| at > made_at) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn changed_at(path: &Path) -> Result<Option<SystemTime>, Failure> {
    match fs::symlink_metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(at) => Ok(Some(at)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Failure::File {
            doing: "look at",
            path: path.to_path_buf(),
            source,
        }),
    }
}

fn newest_below(path: &Path) -> Result<Option<SystemTime>, Failure> {
    let mut newest = changed_at(path)?;
    let mut folders = if path.is_dir() {
        vec![path.to_path_buf()]
    } else {
        Vec::new()
    };
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(Failure::file("list", &folder))? {
            let entry = entry.map_err(Failure::file("list", &folder))?;
            newest = newest.max(changed_at(&entry.path())?);
            // Symbolic links are not followed: a loop would never end.
            if entry
                .file_type()
                .map_err(Failure::file("look at", entry.path()))?
                .is_dir()
            {
                folders.push(entry.path());
            }
        }
    }
    Ok(newest)
}

/// The files directly in `folder` whose name `matches`.
pub fn files_in(folder: &Path, matches: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("list", folder))? {
        let entry = entry.map_err(Failure::file("list", folder))?;
        if entry.file_name().to_str().is_some_and(&matches) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("src/deep")).unwrap();
            Self(path)
        }

        /// Writes a file that was changed so many seconds after a fixed moment.
        fn file(&self, name: &str, second: u64) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, name).unwrap();
            self.set(name, second);
            path
        }

        fn set(&self, name: &str, second: u64) {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + second);
            fs::File::open(self.0.join(name))
                .unwrap()
                .set_modified(at)
                .unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_missing_result_is_stale_and_missing_sources_do_not_count() {
        let folder = Folder::new("missing");
        let source = folder.file("lock", 1);
        assert!(is_stale(&folder.0.join("made"), &[source]).unwrap());
        let made = folder.file("made", 2);
        assert!(!is_stale(&made, &[folder.0.join("nowhere")]).unwrap());
    }

    #[test]
    fn sources_as_old_as_the_result_are_fresh_and_newer_ones_are_not() {
        let folder = Folder::new("newer");
        let made = folder.file("made", 5);
        let source = folder.file("lock", 5);
        assert!(!is_stale(&made, std::slice::from_ref(&source)).unwrap());
        folder.set("lock", 6);
        assert!(is_stale(&made, &[source]).unwrap());
    }

    #[test]
    fn a_change_deep_in_a_folder_and_a_removed_file_are_noticed() {
        let folder = Folder::new("deep");
        folder.file("src/deep/a.ts", 1);
        folder.set("src/deep", 1);
        folder.set("src", 1);
        let made = folder.file("made", 5);
        let sources = [folder.0.join("src")];
        assert!(!is_stale(&made, &sources).unwrap());
        folder.set("src/deep/a.ts", 6);
        assert!(is_stale(&made, &sources).unwrap());
        fs::remove_file(folder.0.join("src/deep/a.ts")).unwrap();
        folder.set("src/deep", 6);
        assert!(is_stale(&made, &sources).unwrap());
    }

    #[test]
    fn files_are_picked_by_name_in_order() {
        let folder = Folder::new("pick");
        let second = folder.file("vite.config.ts", 1);
        let first = folder.file("eslint.config.js", 1);
        folder.file("readme.md", 1);
        assert_eq!(
            files_in(&folder.0, |name| name.contains(".config.")).unwrap(),
            [first, second]
        );
    }
}
