//! What the app remembers from one start to the next: where its windows were, which projects were opened, two settings.

use crate::log;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// Projects that are remembered.
const RECENT: usize = 20;

/// Where a window was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Left edge, in physical pixels.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// Width of the inside.
    pub width: u32,
    /// Height of the inside.
    pub height: u32,
    /// It filled the screen.
    #[serde(default)]
    pub maximized: bool,
}

/// A project that was opened here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// The folder that holds `.mcp`.
    pub path: PathBuf,
    /// What it is called.
    pub name: String,
    /// When it was opened last, in milliseconds since 1970.
    pub opened: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    close_to_tray: bool,
    /// The person was told that closing hides.
    told_of_tray: bool,
    /// Whether the last page that told so was drawn dark.
    dark: Option<bool>,
    windows: BTreeMap<String, Bounds>,
    recent: Vec<Recent>,
    /// Projects that were open when the app ended.
    open: Vec<PathBuf>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            close_to_tray: true,
            told_of_tray: false,
            dark: None,
            windows: BTreeMap::new(),
            recent: Vec::new(),
            open: Vec::new(),
        }
    }
}

/// All of it, with the file it lies in.
pub struct Remembered {
    file: PathBuf,
    memory: Mutex<Memory>,
}

impl Remembered {
    /// Reads `desktop.json` of this folder. One that cannot be read is nothing to stop for: it is set aside and begun anew.
    pub fn read(folder: &Path) -> Self {
        let file = folder.join("desktop.json");
        let memory = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
                log::note(&format!("{} is begun anew: {error}", file.display()));
                if let Err(error) = fs::rename(&file, file.with_extension("json.damaged")) {
                    log::note(&format!("cannot set {} aside: {error}", file.display()));
                }
                Memory::default()
            }),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    log::note(&format!("cannot read {}: {error}", file.display()));
                }
                Memory::default()
            }
        };
        Self {
            file,
            memory: Mutex::new(memory),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Memory) -> T) -> T {
        look(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes something and writes it down at once.
    fn change(&self, change: impl FnOnce(&mut Memory)) {
        self.with(change);
        self.save();
    }

    /// Writes it down, beside and renamed.
    pub fn save(&self) {
        let memory = self.with(|memory| memory.clone());
        let written = serde_json::to_vec_pretty(&memory)
            .map_err(io::Error::other)
            .and_then(|bytes| {
                if let Some(folder) = self.file.parent() {
                    fs::create_dir_all(folder)?;
                }
                let beside = self.file.with_extension("json.new");
                fs::write(&beside, bytes)?;
                fs::rename(&beside, &self.file)
            });
        if let Err(error) = written {
            log::note(&format!("cannot write {}: {error}", self.file.display()));
        }
    }

    /// Whether closing a window hides it in the tray.
    pub fn close_to_tray(&self) -> bool {
        self.with(|memory| memory.close_to_tray)
    }

    /// Sets that.
    pub fn set_close_to_tray(&self, wanted: bool) {
        self.change(|memory| memory.close_to_tray = wanted);
    }

    /// Whether the person has yet to be told that closing hides; asked once.
    pub fn first_hiding(&self) -> bool {
        let first = self.with(|memory| !std::mem::replace(&mut memory.told_of_tray, true));
        if first {
            self.save();
        }
        first
    }

    /// Whether windows are dark; none when no page has told.
    pub fn is_dark(&self) -> Option<bool> {
        self.with(|memory| memory.dark)
    }

    /// Notes that; whether it is new.
    pub fn set_dark(&self, dark: bool) -> bool {
        let is_new = self.with(|memory| memory.dark.replace(dark) != Some(dark));
        if is_new {
            self.save();
        }
        is_new
    }

    /// Where the window of this project was.
    pub fn bounds(&self, project: Option<&Path>) -> Option<Bounds> {
        self.with(|memory| memory.windows.get(&key(project)).copied())
    }

    /// Notes where it is; written down with the next change, or when the window is closed.
    pub fn note_bounds(&self, project: Option<&Path>, bounds: Bounds) {
        self.with(|memory| memory.windows.insert(key(project), bounds));
    }

    /// A project was opened.
    pub fn opened(&self, path: &Path, name: &str) {
        let opened = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            });
        let recent = Recent {
            path: path.to_path_buf(),
            name: name.to_owned(),
            opened,
        };
        self.change(|memory| {
            memory.recent.retain(|known| known.path != path);
            memory.recent.insert(0, recent);
            memory.recent.truncate(RECENT);
        });
    }

    /// Newest first.
    pub fn recent(&self) -> Vec<Recent> {
        self.with(|memory| memory.recent.clone())
    }

    /// Takes a project out.
    pub fn forget(&self, path: &Path) {
        self.change(|memory| {
            memory.recent.retain(|known| known.path != path);
            memory.windows.remove(&key(Some(path)));
            memory.open.retain(|known| known != path);
        });
    }

    /// What was open when the app ended last.
    pub fn last_open(&self) -> Vec<PathBuf> {
        self.with(|memory| memory.open.clone())
    }

    /// What is open now, for the next start.
    pub fn set_open(&self, open: Vec<PathBuf>) {
        self.change(|memory| memory.open = open);
    }
}

fn key(project: Option<&Path>) -> String {
    project.map_or_else(String::new, |path| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::{Bounds, RECENT, Remembered};
    use std::{fs, path::Path};

    #[test]
    fn what_was_remembered_is_there_at_the_next_start() {
        let dir = tempfile::tempdir().unwrap();
        let first = Remembered::read(dir.path());
        assert!(first.close_to_tray() && first.first_hiding() && !first.first_hiding());
        let bounds = Bounds {
            x: -5,
            y: 7,
            width: 900,
            height: 600,
            maximized: true,
        };
        first.note_bounds(Some(Path::new("/a")), bounds);
        first.set_close_to_tray(false);
        assert_eq!(first.is_dark(), None);
        assert!(first.set_dark(true) && !first.set_dark(true));
        first.opened(Path::new("/a"), "a");
        first.opened(Path::new("/b"), "b");
        first.opened(Path::new("/a"), "a");
        first.set_open(vec!["/a".into()]);

        let next = Remembered::read(dir.path());
        assert_eq!(next.bounds(Some(Path::new("/a"))), Some(bounds));
        assert_eq!(next.bounds(None), None);
        assert!(!next.close_to_tray() && !next.first_hiding());
        assert_eq!(next.is_dark(), Some(true));
        let names: Vec<_> = next
            .recent()
            .into_iter()
            .map(|recent| recent.name)
            .collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(next.last_open(), [Path::new("/a")]);
        next.forget(Path::new("/a"));
        assert_eq!(next.recent().len(), 1);
        assert!(next.last_open().is_empty());
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_the_list_stays_short() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("desktop.json"), "{ not json").unwrap();
        let memory = Remembered::read(dir.path());
        assert!(dir.path().join("desktop.json.damaged").is_file());
        for number in 0..RECENT + 5 {
            memory.opened(Path::new(&format!("/{number}")), "x");
        }
        assert_eq!(memory.recent().len(), RECENT);
        assert_eq!(memory.recent()[0].path, Path::new("/24"));
    }
}
