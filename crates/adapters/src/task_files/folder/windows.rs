//! Folders on Windows, by path: no folder can be exchanged for another while a file in it is open, names are exclusive by hard
//! links, and folders need no sync.

use super::{Kind, Look, MAX_BYTES, READ_TRIES, Reading, leads_out};
use orchestron_engine::ports::Stamp;
use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How long a file that somebody else (an editor, a virus scanner) has open is tried again.
const SHARING: Duration = Duration::from_secs(2);

/// A folder below the project.
#[derive(Debug)]
pub(in crate::task_files) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(in crate::task_files) fn open(
        project: &Path,
        inner: &[&str],
        _flags: bool,
    ) -> io::Result<Self> {
        let mut path = project.to_owned();
        for part in inner {
            path.push(part);
            let found = fs::symlink_metadata(&path)?;
            if found.file_type().is_symlink() {
                return Err(leads_out());
            }
            if !found.is_dir() {
                return Err(io::Error::from(io::ErrorKind::NotADirectory));
            }
        }
        Ok(Self { path })
    }

    pub(in crate::task_files) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect()
    }

    pub(in crate::task_files) fn look(&self, name: &OsStr) -> io::Result<Look> {
        Ok(look_of(&fs::symlink_metadata(self.path.join(name))?))
    }

    pub(in crate::task_files) fn read(&self, name: &OsStr) -> io::Result<Reading> {
        let path = self.path.join(name);
        let mut tries = 0;
        loop {
            tries += 1;
            let there = self.look(name)?;
            if there.kind != Kind::File {
                return Ok(Reading::NoFile(there));
            }
            if there.stamp.size > MAX_BYTES {
                return Ok(Reading::TooLarge(there));
            }
            let mut file = patiently(|| File::open(&path))?;
            let before = look_of(&file.metadata()?);
            let mut bytes = Vec::new();
            (&mut file).take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            let after = look_of(&file.metadata()?);
            if bytes.len() as u64 > MAX_BYTES {
                return Ok(Reading::TooLarge(after));
            }
            if before == after || tries == READ_TRIES {
                return Ok(Reading::Text(bytes, before));
            }
        }
    }

    pub(in crate::task_files) fn write_new(
        &self,
        name: &str,
        bytes: &[u8],
        _like: Option<&Look>,
    ) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.path.join(name))?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if written.is_err() {
            drop(file);
            // What failed is the news; a leftover is cleared away by the next scan.
            self.remove(name).unwrap_or_default();
        }
        written
    }

    pub(in crate::task_files) fn make_folder(&self, name: &str) -> io::Result<()> {
        match fs::create_dir(self.path.join(name)) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            outcome => outcome,
        }
    }

    pub(in crate::task_files) fn rename_new(
        &self,
        name: &str,
        to: &Self,
        to_name: &str,
    ) -> io::Result<()> {
        let (from, to) = (self.path.join(name), to.path.join(to_name));
        match fs::hard_link(&from, &to) {
            Ok(()) => self.remove(name),
            Err(e) if e.kind() == io::ErrorKind::Unsupported => match fs::symlink_metadata(&to) {
                Ok(_) => Err(io::Error::from(io::ErrorKind::AlreadyExists)),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {
                    patiently(|| fs::rename(&from, &to))
                }
                Err(e) => Err(e),
            },
            Err(e) => Err(e),
        }
    }

    pub(in crate::task_files) fn rename_over(&self, name: &str, to_name: &str) -> io::Result<()> {
        patiently(|| fs::rename(self.path.join(name), self.path.join(to_name)))
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // the same door as on Unix
    pub(in crate::task_files) fn exchange(&self, _one: &str, _other: &str) -> io::Result<bool> {
        Ok(false)
    }

    pub(in crate::task_files) fn link(&self, name: &str, second: &str) -> io::Result<bool> {
        match fs::hard_link(self.path.join(name), self.path.join(second)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::Unsupported => Ok(false),
            Err(e) => Err(e),
        }
    }

    pub(in crate::task_files) fn move_out(&self, name: &str, to: &Path) -> io::Result<bool> {
        match patiently(|| fs::rename(self.path.join(name), to)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::CrossesDevices => Ok(false),
            Err(e) => Err(e),
        }
    }

    pub(in crate::task_files) fn remove(&self, name: &str) -> io::Result<()> {
        match patiently(|| fs::remove_file(self.path.join(name))) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // the same door as on Unix
    pub(in crate::task_files) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a process with this id lives: not known here, so age alone decides.
pub(in crate::task_files) fn lives(_pid: u32) -> bool {
    true
}

/// Tries again while somebody else has the file open.
fn patiently<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let begun = Instant::now();
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && begun.elapsed() < SHARING => {
                thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

fn look_of(found: &Metadata) -> Look {
    let kind = if found.file_type().is_symlink() {
        Kind::Link
    } else if found.is_dir() {
        Kind::Folder
    } else if found.is_file() {
        Kind::File
    } else {
        Kind::Other
    };
    let created = nanos(found.created());
    Look {
        kind,
        stamp: Stamp {
            // The file's index is not to be had; when it was made comes near it.
            ino: created.cast_unsigned(),
            mtime_ns: nanos(found.modified()),
            ctime_ns: created,
            size: found.len(),
        },
        mode: 0,
    }
}

fn nanos(moment: io::Result<SystemTime>) -> i64 {
    moment
        .ok()
        .and_then(|moment| moment.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}
