//! Turns what the operating system says into the engine's [`PortError`], the same way in every adapter.

use orchestron_engine::ports::{PortError, PortErrorKind};
use std::{fmt::Display, io};

/// The kind somebody may act on, from what the system said.
pub(crate) fn kind_of(error: &io::Error) -> PortErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => PortErrorKind::Missing,
        io::ErrorKind::AlreadyExists => PortErrorKind::Exists,
        io::ErrorKind::WouldBlock => PortErrorKind::Held,
        io::ErrorKind::StorageFull
        | io::ErrorKind::QuotaExceeded
        | io::ErrorKind::ReadOnlyFilesystem => PortErrorKind::NoRoom,
        _ => PortErrorKind::Other,
    }
}

/// A failed system call as a port's error, with a cure where one is known.
pub(crate) fn io_failure(doing: &'static str, what: impl Display, error: &io::Error) -> PortError {
    let cure = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("Free some disk space, then try again; nothing was changed.")
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some("The file system is mounted read-only; remount it writable, then try again.")
        }
        io::ErrorKind::PermissionDenied => {
            Some("Check who owns it and its permissions, then try again.")
        }
        _ => None,
    };
    PortError {
        doing,
        what: what.to_string(),
        said: error.to_string(),
        cure: cure.map(str::to_owned),
        kind: kind_of(error),
    }
}

/// A failure that is ours to explain.
pub(crate) fn failure(
    kind: PortErrorKind,
    doing: &'static str,
    what: impl Display,
    said: impl Into<String>,
    cure: impl Into<String>,
) -> PortError {
    PortError {
        doing,
        what: what.to_string(),
        said: said.into(),
        cure: Some(cure.into()),
        kind,
    }
}
