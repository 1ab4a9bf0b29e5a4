//! Texts that were replaced, kept for a month in the state folder: nothing we displace is deleted at once.

use super::{
    McpFolder,
    folder::{Folder, Reading},
    names::short,
    reading::{hash, now_ns},
};
use crate::failure::io_failure;
use orchestron_engine::ports::PortResult;
use std::{
    ffi::OsStr,
    fs, io,
    io::Write as _,
    ops::Range,
    path::{Path, PathBuf},
    sync::PoisonError,
    time::{Duration, Instant},
};

/// How long a replaced text is kept.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// So long after a text was replaced it is looked whether somebody has written into it: editors are done by then.
const LATE_MS: i64 = 60_000;
/// So far back a new engine looks.
const MISSED_MS: i64 = 600_000;
/// How often old ones are looked for.
const SWEEP: Duration = Duration::from_secs(3_600);

/// A text that somebody wrote into a file after we had replaced it: their editor still had the old file open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LateEdit {
    /// The name the file had.
    pub name: String,
    /// Where their text is.
    pub kept: PathBuf,
}

/// A text in the trash: `<milliseconds>-<hash>-<name>`.
pub(super) struct Kept<'a> {
    since_ms: i64,
    pub hash: &'a str,
    name: &'a str,
}

impl<'a> Kept<'a> {
    pub fn parse(file_name: &'a str) -> Option<Self> {
        let mut parts = file_name.splitn(3, '-');
        Some(Self {
            since_ms: parts.next()?.parse().ok()?,
            hash: parts.next()?,
            name: parts.next()?,
        })
    }
}

impl McpFolder {
    /// Moves a file of a status folder into the trash. It stays the same file when it can, so that a late write into it is found.
    pub(super) fn to_trash(
        &self,
        folder: &Folder,
        file: &str,
        hash: &str,
        name: &str,
    ) -> io::Result<()> {
        self.sweep_trash()?;
        let kept = format!("{}-{}-{name}", now_ns() / 1_000_000, short(hash));
        let to = self.trash.join(&kept);
        if folder.move_out(file, &to)? {
            return Ok(());
        }
        // The state folder is on another file system.
        if let Reading::Text(bytes, _) = folder.read(OsStr::new(file))? {
            // Whole or not at all: a part of it (the disk is full) would look like something that was written into it later.
            let part = self.trash.join(format!(".{kept}"));
            let copied = write_whole(&part, &bytes).and_then(|()| fs::rename(&part, &to));
            if copied.is_err() {
                fs::remove_file(&part).unwrap_or_default();
            }
            copied?;
        }
        folder.remove(file)
    }

    /// Texts that were written into replaced files since they were replaced. Editors that keep a file open and write into it
    /// later do that; their text is in the trash, and somebody should be told. Each is looked at once, when its time is over.
    ///
    /// # Errors
    /// When the trash cannot be read.
    pub(super) fn told_late(&self) -> PortResult<Vec<LateEdit>> {
        let now = now_ns() / 1_000_000;
        let mut looked = self
            .looked_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // A new engine looks at what its predecessor may not have come to.
        let from = looked.unwrap_or(now - LATE_MS - MISSED_MS);
        let until = now - LATE_MS;
        let late = self.late_edits(from..until)?;
        *looked = Some(until);
        Ok(late)
    }

    /// Of the texts that were replaced in this time (milliseconds since 1970), those that were written into afterwards.
    pub(super) fn late_edits(&self, replaced: Range<i64>) -> PortResult<Vec<LateEdit>> {
        let failed = |e: &io::Error| io_failure("cannot read", self.trash.display(), e);
        let mut late = Vec::new();
        for entry in fs::read_dir(&self.trash).map_err(|e| failed(&e))? {
            let entry = entry.map_err(|e| failed(&e))?;
            let file_name = entry.file_name();
            let kept = file_name.to_str().and_then(Kept::parse);
            let Some(kept) = kept.filter(|kept| replaced.contains(&kept.since_ms)) else {
                continue;
            };
            match fs::read(entry.path()) {
                Ok(bytes) if short(&hash(&bytes)) == kept.hash => {}
                Ok(_) => late.push(LateEdit {
                    name: kept.name.to_owned(),
                    kept: entry.path(),
                }),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(failed(&e)),
            }
        }
        late.sort_by(|one, other| one.kept.cmp(&other.kept));
        Ok(late)
    }

    /// Removes what is older than a month; how many.
    pub(super) fn clear_trash(&self) -> PortResult<u32> {
        sweep(&self.trash, now_ns() / 1_000_000)
            .map_err(|e| io_failure("cannot clear", self.trash.display(), &e))
    }

    /// Removes what is older than a month, once an hour.
    fn sweep_trash(&self) -> io::Result<()> {
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        if swept.is_some_and(|swept| swept.elapsed() < SWEEP) {
            return Ok(());
        }
        *swept = Some(Instant::now());
        drop(swept);
        sweep(&self.trash, now_ns() / 1_000_000).map(drop)
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Removes what is older than a month at this moment; how many.
pub(super) fn sweep(trash: &Path, now_ms: i64) -> io::Result<u32> {
    let mut removed = 0;
    for entry in fs::read_dir(trash)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let old = file_name
            .to_str()
            .and_then(Kept::parse)
            .is_some_and(|kept| kept.since_ms < now_ms.saturating_sub(KEPT_MS));
        if old {
            match fs::remove_file(entry.path()) {
                Ok(()) => removed += 1,
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(removed)
}
