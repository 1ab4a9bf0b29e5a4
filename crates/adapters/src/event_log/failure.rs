//! What SQLite says, as the engine's [`PortError`].

use orchestron_engine::ports::{PortError, PortErrorKind};
use rusqlite::{Error, ErrorCode};
use std::path::Path;

/// A failed call as a port's error, with a cure where one is known.
pub(super) fn refused(doing: &'static str, path: &Path, error: &Error) -> PortError {
    let (kind, cure) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            PortErrorKind::Held,
            "Another process has been writing for long; wait for it, or look for an orchestron process that hangs.",
        ),
        Some(ErrorCode::DiskFull) => (
            PortErrorKind::NoRoom,
            "Free some disk space, then try again; nothing was written.",
        ),
        Some(ErrorCode::ReadOnly) => (
            PortErrorKind::NoRoom,
            "Make the state folder writable, then try again.",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            PortErrorKind::Malformed,
            "Run `orchestron doctor`: it moves the damaged database aside and builds a new one from the task files.",
        ),
        Some(ErrorCode::CannotOpen) => (
            PortErrorKind::Missing,
            "Check that the state folder exists and may be written.",
        ),
        Some(_) => (PortErrorKind::Other, ""),
        // Not SQLite but a value in a row that this version cannot read.
        None => (
            PortErrorKind::Malformed,
            "Run `orchestron doctor`; if a newer version of orchestron was used here, use that one.",
        ),
    };
    PortError {
        doing,
        what: path.display().to_string(),
        said: error.to_string(),
        cure: (!cure.is_empty()).then(|| cure.to_owned()),
        kind,
    }
}

/// Whether this error means that the file is damaged.
pub(super) fn is_damage(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}

/// Whether this error means that others are writing.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
