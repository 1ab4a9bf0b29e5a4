//! From a file's bytes to its row in the index: what it says, or what is wrong with it, where, and how to mend it.

use super::{
    folder::{Kind, Look, MAX_BYTES, Reading},
    names::TaskPath,
};
use orchestron_domain::task_file::TaskFile;
use orchestron_engine::ports::{IndexedFile, Problem, Stamp};
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

/// A file that changed this shortly before it was read may change again without looking different (git's racy rule).
const RACY_NS: i64 = 2_000_000_000;
/// The change time in the stamp of such a file. No file has it, so the file is read again by the next scan.
const UNSETTLED: i64 = i64::MIN;

/// SHA-256, hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing into a string cannot fail.
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

/// Nanoseconds since 1970.
pub(super) fn now_ns() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_nanos()).ok())
        .unwrap_or(0)
}

/// The stamp to remember for a file read at `now`.
pub(super) fn settled(stamp: Stamp, now: i64) -> Stamp {
    if stamp.mtime_ns >= now.saturating_sub(RACY_NS) {
        Stamp {
            ctime_ns: UNSETTLED,
            ..stamp
        }
    } else {
        stamp
    }
}

/// The index row of a file from what reading it gave at `now`.
pub(super) fn row(path: &TaskPath, reading: &Reading, now: i64) -> IndexedFile {
    let (bytes, look) = match reading {
        Reading::Text(bytes, look) => (bytes, look),
        Reading::TooLarge(look) => return problem_row(path.indexed(), *look, too_large(look)),
        Reading::NoFile(look) => return problem_row(path.indexed(), *look, no_file(look.kind)),
    };
    let mut row = IndexedFile {
        path: path.indexed(),
        stamp: settled(look.stamp, now),
        hash: hash(bytes),
        card: None,
        problem: None,
    };
    match TaskFile::parse(bytes) {
        Ok(file) if *file.id() == path.id => row.card = Some(file.card(path.status)),
        Ok(file) => {
            let told = file.id().to_string();
            row.problem = Some(Problem {
                path: path.shown(),
                line: heading_line(file.text()),
                what: format!(
                    "the heading says {told}, but the file's name says {}",
                    path.id
                ),
                cure: format!(
                    "Write {} into the heading, or rename the file so that it begins with {told}.",
                    path.id
                ),
            });
        }
        Err(error) => {
            row.problem = Some(Problem {
                path: path.shown(),
                line: error.line(),
                what: error.what(),
                cure: error.cure(),
            });
        }
    }
    row
}

/// The row of a file that was not read.
pub(super) fn problem_row(
    indexed: String,
    look: Look,
    (what, cure): (String, String),
) -> IndexedFile {
    let problem = Problem {
        path: format!(".mcp/tasks/{indexed}"),
        line: None,
        what,
        cure,
    };
    IndexedFile {
        path: indexed,
        stamp: look.stamp,
        hash: String::new(),
        card: None,
        problem: Some(problem),
    }
}

/// What is wrong with a name that no task file can have.
pub(super) fn bad_name() -> (String, String) {
    (
        "the file's name begins with no task id, or is too long, or has characters that not every system allows".to_owned(),
        "Rename it like TASK-001-what-is-wanted.md, with the id its heading has.".to_owned(),
    )
}

/// What is wrong with a file that cannot be read.
pub(super) fn unreadable(error: &std::io::Error) -> (String, String) {
    (
        format!("it cannot be read: {error}"),
        "Check who owns it and its permissions.".to_owned(),
    )
}

pub(super) fn too_large(look: &Look) -> (String, String) {
    (
        format!(
            "the file is too large: {} bytes, and at most {MAX_BYTES} are read",
            look.stamp.size
        ),
        "Move logs and long texts into `.mcp/feedback/` or `.mcp/results/` and name those files here.".to_owned(),
    )
}

pub(super) fn no_file(kind: Kind) -> (String, String) {
    let (what, cure) = match kind {
        Kind::Link => (
            "it is a symbolic link, and links are never followed: they can lead out of the project",
            "Put the file itself here.",
        ),
        Kind::Folder => (
            "it is a folder with the name of a task file",
            "Rename the folder, or move the task file in it one level up.",
        ),
        Kind::File | Kind::Other => (
            "it is no regular file but a pipe, a socket or a device",
            "Delete it, or move it elsewhere.",
        ),
    };
    (what.to_owned(), cure.to_owned())
}

/// The line of the task's heading.
fn heading_line(text: &str) -> Option<u32> {
    let at = text
        .lines()
        .position(|line| line.trim_start().starts_with("# "))?;
    u32::try_from(at + 1).ok()
}
