//! New files and moves: a file appears at its place whole, or not at all, and never takes another one's place.

use super::{
    McpFolder,
    folder::{Folder, Look, MAX_BYTES, Reading},
    names::{Purpose, TaskPath, Temp, is_good_new_name},
    reading::{hash, no_file, now_ns, row, too_large},
};
use crate::failure::{failure, io_failure};
use orchestron_domain::Status;
use orchestron_engine::ports::{FileText, IndexedFile, PortError, PortErrorKind, PortResult};
use std::{ffi::OsStr, io};

pub(super) fn create(
    mcp: &McpFolder,
    status: Status,
    file_name: &str,
    bytes: &[u8],
) -> PortResult<IndexedFile> {
    if !is_good_new_name(file_name) {
        return Err(failure(
            PortErrorKind::Malformed,
            "cannot create",
            format!("`{}`", file_name.escape_debug()),
            "it is no name for a new task file",
            "Use an id, a dash and small letters, digits and dashes: TASK-001-fix-login.md.",
        ));
    }
    let path = TaskPath::new(status, file_name)?;
    refuse_large(bytes, "cannot create", &path.shown())?;
    let failed = |e: &io::Error| io_failure("cannot create", path.shown(), e);
    let folder = mcp
        .open_or_make(&["tasks", status.folder()])
        .map_err(|e| failed(&e))?;
    put_new(&folder, file_name, bytes).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => exists("cannot create", &path),
        _ => failed(&e),
    })?;
    let look = folder.look(OsStr::new(file_name)).map_err(|e| failed(&e))?;
    Ok(row(&path, &Reading::Text(bytes.to_vec(), look), now_ns()))
}

/// Puts a new file at a name that is free; on the disk when it returns.
pub(super) fn put_new(folder: &Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
    let temp = Temp::name(name, &Purpose::New);
    folder.write_new(&temp, bytes, None)?;
    if let Err(error) = folder.rename_new(&temp, folder, name) {
        // What failed is the news; a leftover is cleared away by the next scan.
        folder.remove(&temp).unwrap_or_default();
        return Err(error);
    }
    folder.sync()
}

pub(super) fn rename(
    mcp: &McpFolder,
    path: &str,
    to: Status,
    expected_hash: Option<&str>,
) -> PortResult<IndexedFile> {
    const DOING: &str = "cannot move";
    let from = TaskPath::parse(path)?;
    let target = TaskPath {
        status: to,
        ..from.clone()
    };
    let failed = |e: &io::Error| io_failure(DOING, from.shown(), e);
    let source = mcp
        .open(&["tasks", from.status.folder()])
        .map_err(|e| failed(&e))?;
    let name = OsStr::new(&from.name);
    if let Some(expected) = expected_hash {
        let (text, _) = read_text(&source, &from, DOING)?;
        if text.hash != expected {
            return Err(changed(DOING, &from));
        }
    } else {
        source.look(name).map_err(|e| failed(&e))?;
    }
    if from.status != to {
        let destination = mcp
            .open_or_make(&["tasks", to.folder()])
            .map_err(|e| failed(&e))?;
        source
            .rename_new(&from.name, &destination, &target.name)
            .map_err(|e| match e.kind() {
                io::ErrorKind::AlreadyExists => exists(DOING, &target),
                _ => failed(&e),
            })?;
        // In this order: after a power cut the file may be in neither list of names yet to be written, but on btrfs the other
        // order leaves it in both.
        source.sync().map_err(|e| failed(&e))?;
        destination.sync().map_err(|e| failed(&e))?;
        return read_row(&destination, &target);
    }
    read_row(&source, &target)
}

/// The row of a file as it is now. It was just moved, so it is read again: somebody may have edited it before or since.
fn read_row(folder: &Folder, path: &TaskPath) -> PortResult<IndexedFile> {
    let now = now_ns();
    let reading = folder
        .read(OsStr::new(&path.name))
        .map_err(|e| io_failure("cannot read", path.shown(), &e))?;
    Ok(row(path, &reading, now))
}

/// Reads a task file's text.
pub(super) fn read_text(
    folder: &Folder,
    path: &TaskPath,
    doing: &'static str,
) -> PortResult<(FileText, Look)> {
    let reading = folder
        .read(OsStr::new(&path.name))
        .map_err(|e| io_failure(doing, path.shown(), &e))?;
    text_of(reading, doing, &path.shown())
}

/// The text of a reading, or why there is none.
pub(super) fn text_of(
    reading: Reading,
    doing: &'static str,
    shown: &str,
) -> PortResult<(FileText, Look)> {
    let (said, cure) = match reading {
        Reading::Text(bytes, look) => {
            let hash = hash(&bytes);
            return Ok((FileText { bytes, hash }, look));
        }
        Reading::TooLarge(look) => too_large(&look),
        Reading::NoFile(look) => no_file(look.kind),
    };
    Err(failure(PortErrorKind::Malformed, doing, shown, said, cure))
}

pub(super) fn refuse_large(bytes: &[u8], doing: &'static str, shown: &str) -> PortResult<()> {
    if bytes.len() as u64 <= MAX_BYTES {
        return Ok(());
    }
    Err(failure(
        PortErrorKind::Malformed,
        doing,
        shown,
        format!(
            "the text has {} bytes, and at most {MAX_BYTES} are read",
            bytes.len()
        ),
        "Shorten it, or put the long part into a file below .mcp/results/.",
    ))
}

fn exists(doing: &'static str, path: &TaskPath) -> PortError {
    failure(
        PortErrorKind::Exists,
        doing,
        path.shown(),
        "there is a file with this name already",
        "Nothing was changed. Look at both files and keep one.",
    )
}

pub(super) fn changed(doing: &'static str, path: &TaskPath) -> PortError {
    failure(
        PortErrorKind::Changed,
        doing,
        path.shown(),
        "somebody else changed it meanwhile",
        "Nothing was changed. Look at it again and decide anew.",
    )
}
