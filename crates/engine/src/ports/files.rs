//! The `.mcp/` folder.

use super::{PortErrorKind, PortResult};
use orchestron_domain::{Config, Priority, Status, TaskCard, TaskId};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// What identifies an unchanged file without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Inode (file index on Windows).
    pub ino: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Change time, nanoseconds since 1970.
    pub ctime_ns: i64,
    /// Length in bytes.
    pub size: u64,
}

/// A file below `.mcp/tasks/` as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedFile {
    /// `ready/TASK-001-slug.md`.
    pub path: String,
    /// How it looked when it was read.
    pub stamp: Stamp,
    /// SHA-256 of its bytes, hex; empty when it could not be read.
    pub hash: String,
    /// What it says, when it is a good task file.
    pub card: Option<TaskCard>,
    /// What is wrong with it, when something is. Such a file is shown and never touched.
    pub problem: Option<Problem>,
}

impl IndexedFile {
    /// Its place in the order in which tasks get their turn: what is furthest along, then what is urgent, then what is old. None
    /// for what is over, and for a file with a problem.
    #[must_use]
    pub fn turn(&self) -> Option<i64> {
        let card = self.card.as_ref()?;
        let behind = behind(card.status)?;
        // A number has at most nine digits, which is less than 32 bits.
        Some(((behind << 8 | card.priority as i64) << 32) | i64::from(card.id.number()))
    }

    /// What is kept in mind of it to see whether it changed.
    #[must_use]
    pub fn known(&self) -> KnownFile {
        KnownFile {
            stamp: self.stamp,
            hash: self.hash.clone(),
            problem: self.problem.clone().map(Box::new),
        }
    }
}

/// How many columns of what is not over come before that one.
const fn behind(status: Status) -> Option<i64> {
    match status {
        Status::Review => Some(0),
        Status::InProgress => Some(1),
        Status::Ready => Some(2),
        Status::Pending => Some(3),
        Status::Done | Status::Failed => None,
    }
}

/// What the board shows of a file below `.mcp/tasks/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardRow {
    /// `ready/TASK-001-slug.md`.
    pub path: String,
    /// What it says, when it is a good task file.
    pub card: Option<TaskCard>,
    /// What is wrong with it, when something is.
    pub problem: Option<Problem>,
}

/// As much of a good task file as most lines of a list are made of, read where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The task.
    pub id: TaskId,
    /// Where it stands.
    pub status: Status,
    /// Its title.
    pub title: Cow<'a, str>,
    /// How urgent it is.
    pub priority: Priority,
    /// Who the file names.
    pub agent: Option<&'a str>,
    /// What it depends on.
    pub needs: &'a [TaskId],
}

impl From<IndexedFile> for BoardRow {
    fn from(file: IndexedFile) -> Self {
        Self {
            path: file.path,
            card: file.card,
            problem: file.problem,
        }
    }
}

/// What the index knows of a file, without what it says: enough to see whether it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// How it looked when it was read.
    pub stamp: Stamp,
    /// SHA-256 of its bytes, hex; empty when it could not be read.
    pub hash: String,
    /// What is wrong with it, when something is.
    pub problem: Option<Box<Problem>>,
}

impl KnownFile {
    /// Whether a file is as it is known. What it says follows from its bytes and its place.
    #[must_use]
    pub fn is(&self, file: &IndexedFile) -> bool {
        self.stamp == file.stamp
            && self.hash == file.hash
            && self.problem.as_deref() == file.problem.as_ref()
    }
}

/// Files as the index knows them, by path below `.mcp/tasks/`.
pub type KnownFiles = BTreeMap<String, KnownFile>;

/// Something wrong with a file people can mend.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Problem {
    /// The file, relative to the project.
    pub path: String,
    /// The line, from 1, when there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub cure: String,
}

/// What a scan of the task folders found, compared with what was known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Files that are new or differ (content, place or problem).
    pub changed: Vec<IndexedFile>,
    /// Paths that are gone.
    pub gone: Vec<String>,
    /// Names came and went all the while it was looked: what seems to be gone, moved or back may be only half of something.
    pub moving: bool,
    /// True when the tasks folder itself is missing or unreadable; then nothing may be concluded from absence.
    pub unreadable: Option<PortErrorKind>,
}

/// How the task folders looked at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Equal fingerprints: nothing came, went or was moved between them.
    pub print: String,
    /// The last change is so long ago that any later one gives another fingerprint.
    pub settled: bool,
}

/// A text that was replaced, or a file that was put away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where it is kept, for a person.
    pub place: String,
}

/// What git is at in the project's own checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    /// What is checked out: a branch's ref, or a commit. None without git.
    pub head: Option<String>,
    /// What git is in the middle of (`a rebase`), so that the files in the checkout are half one thing and half another.
    pub at_work: Option<&'static str>,
    /// A command of git's is writing files at this very moment.
    pub writing: bool,
}

/// A file's text with its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileText {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// SHA-256, hex.
    pub hash: String,
}

/// How an edit by exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// Ours is in place; what it displaced was what we had read.
    Replaced(Box<IndexedFile>),
    /// Somebody had changed it meanwhile: theirs is in place again, ours was not written.
    TheirsKept(FileText),
}

/// The `.mcp/` folder. All paths are relative to `.mcp/tasks/` or `.mcp/` and never leave it.
pub trait TaskFiles: Send + Sync {
    /// Looks at every task file; reads only those whose stamp differs from `known` (git's racy rule included).
    fn scan(&self, known: &KnownFiles) -> PortResult<Scan>;
    /// Like [`Self::scan`], but looks only at the `named` paths and those of `known`, which has all that the index knows of the
    /// tasks in question. None when that is not enough to tell what happened.
    fn scan_named(
        &self,
        _named: &BTreeSet<String>,
        _known: &KnownFiles,
    ) -> PortResult<Option<Scan>> {
        Ok(None)
    }
    /// Task files that lie where no status is, so that nobody sees their tasks.
    fn misplaced(&self) -> PortResult<Vec<Problem>> {
        Ok(Vec::new())
    }
    /// Reads one task file (at most 1 MiB, never through a symlink out of the project).
    fn read(&self, path: &str) -> PortResult<FileText>;
    /// Creates a task file; fails with `Exists` if the name is taken. Durable on return.
    fn create(&self, status: Status, file_name: &str, bytes: &[u8]) -> PortResult<IndexedFile>;
    /// Moves a file to another folder under the same name: pure rename without replacing, source folder synced before the
    /// destination folder. `expected` guards against a changed file (`Changed`).
    fn rename(
        &self,
        path: &str,
        to: Status,
        expected_hash: Option<&str>,
    ) -> PortResult<IndexedFile>;
    /// Replaces a file's text by temp + fsync + exchange, then looks at what was displaced.
    fn exchange(&self, path: &str, expected_hash: &str, bytes: &[u8]) -> PortResult<Exchange>;
    /// The same for whoever moves the file next: the folder is left to be synced by the move, for which a hand-over waits. Should the power
    /// fail in between, the old text may be back; whoever made the edit has not told of the move then, and makes it again.
    fn exchange_before_move(
        &self,
        path: &str,
        expected_hash: &str,
        bytes: &[u8],
    ) -> PortResult<Exchange> {
        self.exchange(path, expected_hash, bytes)
    }
    /// Number of task files in each folder, without opening one.
    fn counts(&self) -> PortResult<BTreeMap<Status, u32>>;
    /// The highest number of this prefix among the names in the task folders, apart from those folders that look as a
    /// [print](Folders::print) says; none when names cannot be looked at alone.
    fn highest(&self, _prefix: &str, _apart: &str) -> PortResult<Option<u32>> {
        Ok(None)
    }
    /// Writes a file beside the tasks (`feedback/TASK-001-1.md`, `results/…`, `state.json`): atomic; never replaces other content
    /// unless `replace`.
    fn write_side(&self, path: &str, bytes: &[u8], replace: bool) -> PortResult<()>;
    /// Reads a file beside the tasks (at most 1 MiB).
    fn read_side(&self, path: &str) -> PortResult<FileText>;
    /// The configuration, with every problem found in it. Unknown keys are problems, not errors.
    fn config(&self) -> PortResult<(Config, Vec<Problem>)>;
    /// What people wrote into texts after edits of ours had replaced them, in words that say where it is; each is told once, some
    /// time after the edit.
    fn late_edits(&self) -> PortResult<Vec<String>> {
        Ok(Vec::new())
    }
    /// Removes texts that were replaced so long ago that nobody asks for them any more; how many.
    fn clear_replaced(&self) -> PortResult<u32> {
        Ok(0)
    }
    /// What [`Self::config`] would say if `agents.yaml` had this text; nothing is written.
    fn config_with(&self, _agents: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
        self.config()
    }
    /// What [`Self::config`] would say if `config.yaml` had this text; nothing is written.
    fn config_as(&self, _project: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
        self.config()
    }
    /// The files of `.mcp/workflows/`, by name.
    fn workflows(&self) -> PortResult<Vec<WorkflowFile>> {
        Ok(Vec::new())
    }
    /// Fingerprint of the files [`Self::config`] reads, so that a change is seen without reading them.
    fn config_stamp(&self) -> PortResult<String>;
    /// The text with this hash (SHA-256, hex), when it was replaced or put away here and is still kept.
    fn replaced(&self, _hash: &str) -> PortResult<Option<Replaced>> {
        Ok(None)
    }
    /// Puts a task file away, where [`Self::replaced`] finds it; `Changed` when its text has another hash.
    fn discard(&self, path: &str, expected_hash: &str) -> PortResult<()>;
    /// The drop folder beside the tasks, where there is one.
    fn drops(&self) -> Option<&dyn super::DropFolder> {
        None
    }
    /// What git is at in the checkout these files lie in.
    fn checkout(&self) -> PortResult<Checkout> {
        Ok(Checkout::default())
    }
    /// Fingerprint of the task folders: differs when a file came, went or was moved or replaced since, but not when one was
    /// written to in place. None when this cannot be told.
    fn folders(&self) -> PortResult<Option<Folders>> {
        Ok(None)
    }
}

/// A file of `.mcp/workflows/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowFile {
    /// The workflow's name: that of the file.
    pub name: String,
    /// The file below `.mcp/`.
    pub file: String,
    /// What it says; none when it cannot be started.
    pub workflow: Option<orchestron_domain::workflow::Workflow>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}
