//! How a file looks without being read: whether it may be another one than before, or hold something else.

use std::fs::Metadata;

/// Which file it is, whose, how long, and when it or its entry was changed. Two that are equal are taken for the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Device, number, owner; zero where the system does not tell.
    which: (u64, u64, u32),
    bytes: u64,
    written_ns: i64,
    changed_ns: i64,
}

impl Looks {
    #[cfg(unix)]
    pub(crate) fn of(there: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let nanos =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            which: (there.dev(), there.ino(), there.uid()),
            bytes: there.size(),
            written_ns: nanos(there.mtime(), there.mtime_nsec()),
            changed_ns: nanos(there.ctime(), there.ctime_nsec()),
        }
    }

    #[cfg(not(unix))]
    pub(crate) fn of(there: &Metadata) -> Self {
        let written = there.modified().ok();
        let since = written.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let nanos = since.map_or(0, |since| {
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        });
        Self {
            which: (0, 0, 0),
            bytes: there.len(),
            written_ns: nanos,
            changed_ns: nanos,
        }
    }

    /// The same for a folder in which things come and go, which does not make it another one.
    pub(crate) const fn of_folder(self) -> Self {
        Self {
            bytes: 0,
            written_ns: 0,
            changed_ns: 0,
            ..self
        }
    }
}
