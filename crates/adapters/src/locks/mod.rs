//! Locks of a project: files in its state folder, locked by the operating system, so that a lock dies with its holder.
//!
//! The files live outside the repository (after `git clean` deleted a held lock file, a second process could lock a new
//! one), are never inherited by children, and after a lock is taken the file is compared with what the path names now.

mod lease;
mod same_file;
mod trouble;

use crate::failure::{failure, io_failure};
use orchestron_engine::ports::{Guard, Locks, PortError, PortErrorKind, PortResult};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::{Duration, Instant, SystemTime},
};

/// How long a writer waits for the store. Writes take milliseconds; after this long something is wrong.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
/// From this length on the doorbell file is emptied.
const DOORBELL_BYTES: u64 = 4096;

/// The locks of one project.
#[derive(Debug)]
pub struct FileLocks {
    dir: PathBuf,
    patience: Duration,
}

impl FileLocks {
    /// Locks in this state folder, which must exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            patience: STORE_PATIENCE,
        }
    }

    /// The same with another patience for the store lock.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn doorbell(&self) -> io::Result<()> {
        let path = self.dir.join("doorbell");
        let mut file = options().append(true).open(&path)?;
        if file.metadata()?.len() >= DOORBELL_BYTES {
            file.set_len(0)?;
        }
        // On a full disk not even one byte can be appended; a new modification time rings as well.
        file.write_all(b".")
            .or_else(|_| file.set_modified(SystemTime::now()))
    }
}

impl Locks for FileLocks {
    fn store(&self) -> PortResult<Box<dyn Guard>> {
        let path = self.dir.join("store.lock");
        let deadline = Instant::now() + self.patience;
        loop {
            let file = open(&path)?;
            let Some(file) = lock_until(file, deadline)
                .map_err(|e| io_failure("cannot lock", path.display(), &e))?
            else {
                return Err(store_held(&path, self.patience));
            };
            if same_file::is_at(&file, &path)
                .map_err(|e| io_failure("cannot look at", path.display(), &e))?
            {
                return Ok(Box::new(Locked(file)));
            }
            // The file we locked was deleted or replaced meanwhile: our lock excludes nobody.
            if Instant::now() >= deadline {
                return Err(store_held(&path, self.patience));
            }
        }
    }

    fn lease(&self) -> PortResult<(Box<dyn Guard>, u64)> {
        let taken = lease::take(&self.dir.join("engine.lock"))?;
        trouble::prepare(&self.dir);
        Ok(taken)
    }

    fn tell_trouble(&self, why: Option<&str>) {
        trouble::write(&self.dir, why.unwrap_or_default());
        self.ring();
    }

    fn trouble(&self) -> Option<String> {
        let why = trouble::read(&self.dir)?;
        self.lease_is_held().ok().filter(|held| *held).map(|_| why)
    }

    fn lease_is_held(&self) -> PortResult<bool> {
        lease::is_held(&self.dir.join("engine.lock"))
    }

    fn ring(&self) {
        // A hint, and nobody could do anything about its failure: who sleeps looks by itself every half minute.
        self.doorbell().unwrap_or_default();
    }
}

/// A locked file. Unlocked by name, not by closing: a child that is just being started may still hold a copy of the handle.
#[derive(Debug)]
struct Locked(File);

impl Guard for Locked {}

impl Drop for Locked {
    fn drop(&mut self) {
        // If this fails, closing the file unlocks it.
        self.0.unlock().unwrap_or_default();
    }
}

/// Read and write, made when missing, private, closed in children (which std does on every platform).
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

fn open(path: &Path) -> PortResult<File> {
    options()
        .open(path)
        .map_err(|e| io_failure("cannot open", path.display(), &e))
}

fn store_held(path: &Path, patience: Duration) -> PortError {
    failure(
        PortErrorKind::Held,
        "cannot lock",
        path.display(),
        format!(
            "another process has been writing for {} s",
            patience.as_secs()
        ),
        "Wait for it to end, or look for an orchestron process that hangs.",
    )
}

/// Takes the lock, waiting until `deadline`; none when it could not be had by then.
fn lock_until(file: File, deadline: Instant) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    // Waiting in the kernel's queue is fair and wakes at once, which polling is not; it has no time limit, so a thread waits.
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("store-lock".to_owned())
        .spawn(move || {
            let outcome = loop {
                match file.lock() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    outcome => break outcome,
                }
            };
            // When nobody waits any more, the file comes back in the error and closing it gives the lock up.
            sender.send(outcome.map(|()| file)).unwrap_or_default();
        })?;
    let patience = deadline.saturating_duration_since(Instant::now());
    receiver
        .recv_timeout(patience)
        .map_or(Ok(None), |outcome| outcome.map(Some))
}

#[cfg(test)]
mod tests;
