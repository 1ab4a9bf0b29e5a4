//! The lease: the right to be the project's engine, with a fence that rises each time it is taken.

use super::{Locked, open, same_file};
use crate::failure::{failure, io_failure};
use orchestron_engine::ports::{Guard, PortErrorKind, PortResult};
use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Somebody who only asks whether the lease is held takes the lock for a moment; that is waited out.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// What the lock file says: the fence of the newest lease, and who took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    fence: u64,
    pid: u32,
}

impl Record {
    /// Always of one length and shorter than a disk sector, so that it is written whole or not at all.
    fn text(self) -> String {
        format!("fence {:020} pid {:010}\n", self.fence, self.pid)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (Some("fence"), Some(fence), Some("pid"), Some(pid), None) = (
            words.next(),
            words.next(),
            words.next(),
            words.next(),
            words.next(),
        ) else {
            return None;
        };
        Some(Self {
            fence: fence.parse().ok()?,
            pid: pid.parse().ok()?,
        })
    }
}

/// Takes the lease, or says who has it.
pub(super) fn take(path: &Path) -> PortResult<(Box<dyn Guard>, u64)> {
    let failed = |e: &io::Error| io_failure("cannot take the lease", path.display(), e);
    for _ in 0..TRIES {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {
                let mut locked = Locked(file);
                if !same_file::is_at(&locked.0, path).map_err(|e| failed(&e))? {
                    continue;
                }
                let fence = raise(&mut locked.0, path).map_err(|e| failed(&e))?;
                return Ok((Box::new(locked), fence));
            }
            Err(TryLockError::WouldBlock) => thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(e)) => return Err(failed(&e)),
        }
    }
    let holder = match read(&mut open(path)?) {
        Ok((Some(record), _)) => format!("process {}", record.pid),
        // Just being written, or not to be read while it is locked (Windows).
        Ok((None, _)) | Err(_) => "another process".to_owned(),
    };
    Err(failure(
        PortErrorKind::Held,
        "cannot take",
        format!("the engine's lease, held by {holder}"),
        format!("{holder} is this project's engine already"),
        "Use the one that runs (a window, or `orchestron run`), or stop it first.",
    ))
}

/// Whether somebody holds the lease.
pub(super) fn is_held(path: &Path) -> PortResult<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(io_failure("cannot open", path.display(), &e)),
    };
    // Shared, so that two who ask at once do not take each other for the holder.
    match file.try_lock_shared() {
        Ok(()) => {
            drop(Locked(file));
            Ok(false)
        }
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(e)) => Err(io_failure("cannot lock", path.display(), &e)),
    }
}

/// Raises the fence in the locked file, durably.
fn raise(file: &mut File, path: &Path) -> io::Result<u64> {
    let (before, empty) = read(file)?;
    let fence = match before {
        Some(record) => record.fence.saturating_add(1),
        None if empty => 1,
        // The count is lost; the seconds since 1970 are more than any count of engine starts, so it still rises.
        None => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| since.as_secs()),
    };
    let record = Record {
        fence,
        pid: std::process::id(),
    };
    let text = record.text();
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()?;
    #[cfg(unix)]
    if empty && let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _: &Path = path;
    Ok(fence)
}

/// What the file says, and whether it is empty.
fn read(file: &mut File) -> io::Result<(Option<Record>, bool)> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(256).read_to_end(&mut bytes)?;
    let record = std::str::from_utf8(&bytes).ok().and_then(Record::parse);
    Ok((record, bytes.is_empty()))
}
