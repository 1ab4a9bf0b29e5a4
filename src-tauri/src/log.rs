//! The app's own log: what went wrong around the window, in a file of bounded size. Inputs of operations are never written, so no
//! secret can be.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// When the file is this long, it becomes the old one, of which there is one.
const LIMIT_BYTES: u64 = 512 * 1024;
/// Longest line: what other programs say may be long.
const LINE_CHARS: usize = 2000;

static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

struct Log {
    path: PathBuf,
    file: File,
    bytes: u64,
}

/// Begins to write to `desktop.log` in this folder.
///
/// # Errors
/// When it cannot be opened.
pub fn begin(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let log = Log::open(folder.join("desktop.log"))?;
    // A second call changes nothing: the first file stays.
    if LOG.set(Mutex::new(log)).is_ok() {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            note(&format!("panic: {panic}"));
            before(panic);
        }));
    }
    Ok(())
}

/// Where it is written to.
pub fn path() -> Option<PathBuf> {
    let log = LOG.get()?.lock().unwrap_or_else(PoisonError::into_inner);
    Some(log.path.clone())
}

/// Writes a line, and tells a terminal.
pub fn note(text: &str) {
    eprintln!("{text}");
    if let Some(log) = LOG.get() {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = log.line(text) {
            eprintln!("cannot write {}: {error}", log.path.display());
        }
    }
}

impl Log {
    fn open(path: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes })
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        if self.bytes >= LIMIT_BYTES {
            fs::rename(&self.path, self.path.with_extension("log.old"))?;
            *self = Self::open(self.path.clone())?;
        }
        let at = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let text: String = text.chars().take(LINE_CHARS).collect();
        let line = format!("{at} {}\n", text.replace('\n', "\n  "));
        self.bytes += line.len() as u64;
        self.file.write_all(line.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT_BYTES, Log};
    use std::fs;

    #[test]
    fn it_never_grows_beyond_two_files() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desktop.log");
        let mut log = Log::open(path.clone()).unwrap();
        for number in 0..2000 {
            log.line(&format!("{number} {}", "x".repeat(1000))).unwrap();
        }
        let files: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().collect();
        assert_eq!(files.len(), 2);
        for file in files {
            assert!(file.metadata().unwrap().len() < LIMIT_BYTES + 4000);
        }
        assert!(fs::read_to_string(&path).unwrap().contains("1999 x"));
    }

    #[test]
    fn a_text_of_several_lines_stays_one_entry() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("desktop.log");
        Log::open(path.clone()).unwrap().line("a\nb").unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().nth(1).unwrap().starts_with("  b"), "{text}");
    }
}
