//! One folder below the project, held open, and the few things that are done with names in it.
//!
//! A folder is opened component by component below the project in a way that no symbolic link can lead out of it, and from
//! then on everything is done relative to the open folder: exchanging a folder for a link meanwhile changes nothing.
//! Files are never opened through a link.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::{Folder, lives};

// Also compiled, and tested, elsewhere: it needs nothing of its platform.
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code))]
mod windows;
#[cfg(windows)]
pub(super) use windows::{Folder, lives};

#[cfg(test)]
mod tests;

use orchestron_engine::ports::Stamp;
use std::io;

/// The most that is read of any file.
pub(super) const MAX_BYTES: u64 = orchestron_domain::task_file::MAX_BYTES as u64;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    /// A pipe, a socket, a device.
    Other,
}

/// What can be known of a name without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub kind: Kind,
    pub stamp: Stamp,
    /// Permission bits, where there are such.
    pub mode: u32,
}

/// What reading a name gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// All of a regular file, and how it looked while it was read.
    Text(Vec<u8>, Look),
    /// A regular file of more than [`MAX_BYTES`]; it was not read.
    TooLarge(Look),
    /// No regular file; it was not opened.
    NoFile(Look),
}

/// The error for a path that would lead out of the project.
pub(super) fn leads_out() -> io::Error {
    io::Error::other("a symbolic link in it leads out of the project")
}

/// How often a file that changes while it is read is read again before the last reading is taken.
pub(super) const READ_TRIES: u32 = 3;
