//! What the engine needs from the world, one trait per outside thing. Implemented by `adapters` and by `testkit`.

mod git;

use orchestron_domain::{
    Actor, Agent, Command, Config, Event, Fact, Halt, RunEnd, RunId, Seq, SessionId, State, Status,
    TaskCard, TaskId, Time,
    run::Work,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

pub use git::{FileDiff, Git, MergeOutcome, Unmerged, Worktree};

/// An error of the outside world: what was tried, on what, what the world said, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{doing} {what}: {said}{}", cure.as_ref().map(|c| format!("\n  {c}")).unwrap_or_default())]
pub struct PortError {
    /// What was tried: `cannot read`.
    pub doing: &'static str,
    /// On what: a path, a command.
    pub what: String,
    /// What the system said.
    pub said: String,
    /// How to mend it, when that is known.
    pub cure: Option<String>,
    /// What kind of failure it is, for those who act on it.
    pub kind: PortErrorKind,
}

/// Kinds of failures somebody acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// It is not there.
    Missing,
    /// It is there already.
    Exists,
    /// Somebody else changed it in between.
    Changed,
    /// Somebody else holds it.
    Held,
    /// The content is malformed.
    Malformed,
    /// No space left, or read-only.
    NoRoom,
    /// A newer engine has taken over: this one may not write or act any more.
    Overtaken,
    /// Anything else.
    Other,
}

/// Result of a port.
pub type PortResult<T> = Result<T, PortError>;

// ---------------------------------------------------------------------------------------------- task files

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
        let behind = match card.status {
            Status::Review => 0,
            Status::InProgress => 1,
            Status::Ready => 2,
            Status::Pending => 3,
            Status::Done | Status::Failed => return None,
        };
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
    /// Number of task files in each folder, without opening one.
    fn counts(&self) -> PortResult<BTreeMap<Status, u32>>;
    /// The highest number of this prefix among the names in the task folders; none when names cannot be looked at alone.
    fn highest(&self, _prefix: &str) -> PortResult<Option<u32>> {
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
    /// Fingerprint of the files [`Self::config`] reads, so that a change is seen without reading them.
    fn config_stamp(&self) -> PortResult<String>;
    /// The text with this hash (SHA-256, hex), when it was replaced or put away here and is still kept.
    fn replaced(&self, _hash: &str) -> PortResult<Option<Replaced>> {
        Ok(None)
    }
    /// Puts a task file away, where [`Self::replaced`] finds it; `Changed` when its text has another hash.
    fn discard(&self, path: &str, expected_hash: &str) -> PortResult<()>;
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

// ---------------------------------------------------------------------------------------------- event log

/// Row written before a file is moved and removed with the event that tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its number.
    pub id: u64,
    /// The task.
    pub task: TaskId,
    /// `ready/TASK-001-slug.md`.
    pub from: String,
    /// `in-progress/TASK-001-slug.md`.
    pub to: String,
    /// Hash of the file when the intent was written.
    pub hash: String,
    /// The facts to write when the move is found done.
    pub facts: Vec<(Actor, Fact)>,
    /// Journal entries that these facts are the outcome of.
    pub closes: Vec<u64>,
}

/// A command that was journaled and has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCommand {
    /// Its number in the journal.
    pub id: u64,
    /// What.
    pub command: Command,
}

/// Everything one transaction of the log writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Facts to append, in order.
    pub facts: Vec<(Actor, Fact)>,
    /// Journal entries that these facts are the outcome of.
    pub close_commands: Vec<u64>,
    /// Intent that these facts complete.
    pub close_intent: Option<u64>,
    /// Index rows to write.
    pub index_put: Vec<IndexedFile>,
    /// Index rows to remove.
    pub index_remove: Vec<String>,
    /// Commands to journal, decided from events up to the given position.
    pub decided: Option<(Seq, Vec<Command>)>,
    /// A checkpoint of the state at that position.
    pub checkpoint: Option<(Seq, State)>,
    /// A small setting that only spares work, written with the rest.
    pub note: Option<(&'static str, String)>,
}

/// What one transaction wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The appended events, with their positions.
    pub events: Vec<Event>,
    /// The journaled commands, with their numbers.
    pub commands: Vec<OpenCommand>,
}

/// Filter for reading the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events of this task.
    pub task: Option<TaskId>,
    /// Only events before this position (paging backwards).
    pub before: Option<Seq>,
    /// At most so many.
    pub limit: u32,
}

/// The setting that tells of a damaged database that was set aside: what was wrong with it, and where it is.
pub const SET_ASIDE: &str = "database-set-aside";

/// The project's SQLite: what happened, the journal of commands, the index of task files. Any process may write.
pub trait EventLog: Send {
    /// Makes whoever writes through this very log the project's engine: from now on each of its transactions is refused
    /// (`Overtaken`) once another one has done the same, compared within the transaction. Returns its fence, which is at least
    /// `at_least` and higher than every one before. For the time when the lease itself was lost (its file was deleted).
    fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        Ok(at_least)
    }
    /// Whether no newer engine has taken over; true for those that are no engine.
    fn is_unfenced(&self) -> PortResult<bool> {
        Ok(true)
    }
    /// Writes all of `commit` in one transaction, or nothing.
    fn commit(&mut self, now: Time, commit: Commit) -> PortResult<Committed>;
    /// Events after a position, oldest first.
    fn after(&self, seq: Seq, limit: u32) -> PortResult<Vec<Event>>;
    /// Events by filter, newest first.
    fn recent(&self, filter: &EventFilter) -> PortResult<Vec<Event>>;
    /// Position of the newest event.
    fn last(&self) -> PortResult<Seq>;
    /// The newest checkpoint, if there is one this version can read.
    fn checkpoint(&self) -> PortResult<Option<(Seq, State)>>;
    /// The same with what it knows of some tasks only: of these, of those that later events are about, and of all that something
    /// is under way with or that have begun and are not over.
    fn checkpoint_about(&self, _tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        self.checkpoint()
    }
    /// Writes a checkpoint of this state, which is the same afterwards.
    fn put_checkpoint(&mut self, now: Time, state: &mut State) -> PortResult<()> {
        let commit = Commit {
            checkpoint: Some((state.seq, state.clone())),
            ..Commit::default()
        };
        self.commit(now, commit).map(drop)
    }
    /// Up to where the engine has decided.
    fn decided_to(&self) -> PortResult<Seq>;
    /// Journaled commands without an outcome, oldest first.
    fn open_commands(&self) -> PortResult<Vec<OpenCommand>>;
    /// A number that rises by one with each commit that changes the index; none when they are not counted.
    fn index_version(&self) -> PortResult<Option<u64>> {
        Ok(None)
    }
    /// The highest task number ever seen with this prefix, in the index now or before; 0 when there was none.
    fn highest(&self, prefix: &str) -> PortResult<u32> {
        let ids = self.index()?.into_keys().filter_map(|path| {
            orchestron_domain::task_file::id_from_file_name(path.rsplit('/').next()?)
        });
        let numbers = ids.filter(|id| id.prefix() == prefix).map(|id| id.number());
        Ok(numbers.max().unwrap_or(0))
    }
    /// The whole index of task files.
    fn index(&self) -> PortResult<BTreeMap<String, IndexedFile>>;
    /// Every row of the index, in the order of the paths.
    fn each_file(&self, with: &mut dyn FnMut(IndexedFile)) -> PortResult<()> {
        self.index()?.into_values().for_each(with);
        Ok(())
    }
    /// The whole index without what the files say.
    fn known_files(&self) -> PortResult<KnownFiles> {
        let files = self.index()?.into_iter();
        Ok(files.map(|(path, file)| (path, file.known())).collect())
    }
    /// The tasks whose index rows were written or removed after that version; none when that is not known.
    fn changed_since(&self, _version: u64) -> PortResult<Option<BTreeSet<TaskId>>> {
        Ok(None)
    }
    /// Index rows of one folder.
    fn index_in(&self, status: Status) -> PortResult<Vec<IndexedFile>> {
        let files = self.index()?.into_values();
        let folder = status.folder();
        let inside = |file: &IndexedFile| file.path.split('/').next() == Some(folder);
        Ok(files.filter(inside).collect())
    }
    /// Index rows of tasks that are not over, by [`IndexedFile::turn`].
    fn index_in_turn(&self, after: Option<i64>, limit: u32) -> PortResult<Vec<(i64, IndexedFile)>> {
        let files = self.index()?.into_values();
        let mut rows: Vec<_> = files
            .filter_map(|file| Some((file.turn()?, file)))
            .collect();
        rows.retain(|(turn, _)| after.is_none_or(|after| *turn > after));
        rows.sort_by_key(|(turn, _)| *turn);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows)
    }
    /// How many files the index has in each folder, by their names.
    fn index_counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        let mut counts: BTreeMap<Status, u32> = Status::ALL.map(|status| (status, 0)).into();
        for path in self.index()?.into_keys() {
            let (folder, name) = path.split_once('/').unwrap_or(("", &path));
            if let Some(status) = Status::from_folder(folder)
                && orchestron_domain::task_file::id_from_file_name(name).is_some()
            {
                *counts.entry(status).or_default() += 1;
            }
        }
        Ok(counts)
    }
    /// Index rows of files with a problem.
    fn index_problems(&self) -> PortResult<Vec<IndexedFile>> {
        let files = self.index()?.into_values();
        Ok(files.filter(|file| file.problem.is_some()).collect())
    }
    /// Index rows of one task (more than one when the id is doubled).
    fn index_of(&self, task: &TaskId) -> PortResult<Vec<IndexedFile>>;
    /// Index rows of several tasks, all from one moment.
    fn index_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<IndexedFile>> {
        let mut files = Vec::new();
        for task in tasks {
            files.extend(self.index_of(task)?);
        }
        Ok(files)
    }
    /// The index row of a path.
    fn index_at(&self, path: &str) -> PortResult<Option<IndexedFile>> {
        Ok(self.index()?.remove(path))
    }
    /// Writes an intent before a move; durable on return. Returns its number.
    fn intend(&mut self, intent: &Intent) -> PortResult<u64>;
    /// Intents that were not completed.
    fn open_intents(&self) -> PortResult<Vec<Intent>>;
    /// Drops an intent that turned out void.
    fn drop_intent(&mut self, id: u64) -> PortResult<()>;
    /// Highest task number ever given for this prefix, raised to at least `seen`, plus one; durable: never given again.
    fn next_number(&mut self, prefix: &str, seen: u32) -> PortResult<u32>;
    /// A small durable setting of this machine for this project (`trust`, `base-branch`), by key.
    fn setting(&self, key: &str) -> PortResult<Option<String>>;
    /// Writes such a setting.
    fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()>;
    /// Writes a setting that may be lost in a power cut: it only spares work.
    fn note(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.set_setting(key, value)
    }
}

// ---------------------------------------------------------------------------------------------- locks, clock

/// Held while it lives.
pub trait Guard: Send {}

/// Locks of a project, in the state folder.
pub trait Locks: Send + Sync {
    /// The short lock around a write to the store; waits up to some seconds, then `Held`.
    fn store(&self) -> PortResult<Box<dyn Guard>>;
    /// The lease: the right to be the project's engine. `Held` (with the holder's pid in `what`) if another process has it.
    fn lease(&self) -> PortResult<(Box<dyn Guard>, u64)>;
    /// Whether somebody holds the lease now.
    fn lease_is_held(&self) -> PortResult<bool>;
    /// The engine tells why it rests although nobody paused it (a full disk): beside the log, which may be what cannot be written.
    fn tell_trouble(&self, _why: Option<&str>) {}
    /// What an engine that holds the lease now told so.
    fn trouble(&self) -> Option<String> {
        None
    }
    /// Rings the doorbell: wakes the engine, and whoever else watches, after a commit.
    fn ring(&self);
}

/// The clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

// ---------------------------------------------------------------------------------------------- runs

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub work: Work,
    /// Where.
    pub dir: String,
    /// An agent, or a gate's shell command.
    pub program: RunProgram,
}

/// What program a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunProgram {
    /// A coding agent.
    Agent {
        /// Its configuration.
        agent: Box<Agent>,
        /// The conversation to resume; none = a new one.
        resume: Option<SessionId>,
        /// The role text (persona, prompt file, rules of the leg).
        role: String,
        /// The first user message.
        prompt: String,
        /// Whether it may write files (implement) or only read (prepare, review).
        may_write: bool,
    },
    /// A shell command.
    Shell {
        /// The command line.
        command: String,
    },
}

/// A signal with where in the run's output it ended, so that it is never turned into a fact twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was heard.
    pub signal: Signal,
    /// Offset in `out.jsonl` just behind the line it came from.
    pub offset: u64,
}

/// What a look at a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// New signals, in order.
    pub heard: Vec<Heard>,
    /// Set when the run is over and everything it said was read: its end as far as the process tells it, and the end of its output.
    pub over: Option<Over>,
}

/// How a run's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// Exit code; none when a signal ended it or the keeper was lost.
    pub code: Option<i32>,
    /// Signal number, when one ended it.
    pub signal: Option<i32>,
    /// The keeper died without an exit record (`Lost`), or could not start the program.
    pub end: Option<RunEnd>,
    /// The useful end of stdout and stderr.
    pub tail: String,
}

/// Agent and gate processes, each under its keeper, each with its run folder.
pub trait Runs: Send {
    /// Starts the keeper. Doing it again for the same run is harmless. Returns the conversation's id.
    fn start(&mut self, spec: &RunSpec) -> PortResult<Option<SessionId>>;
    /// Takes up a run that another engine started, replaying its output from the start; signals up to `read_to` are not told again.
    fn attach(&mut self, run: &RunId, read_to: u64) -> PortResult<()>;
    /// Reads what is new.
    fn look(&mut self, run: &RunId) -> PortResult<Look>;
    /// Says something; durable and exactly once, however often it is called with the same content.
    fn say(&mut self, run: &RunId, say: &Say) -> PortResult<()>;
    /// Takes a rung of the stop ladder.
    fn halt(&mut self, run: &RunId, halt: Halt) -> PortResult<()>;
    /// Run folders there are.
    fn found(&self) -> PortResult<Vec<RunId>>;
    /// Removes what is kept of a run that is over; `Held` when its keeper lives.
    fn forget(&mut self, run: &RunId) -> PortResult<()>;
    /// After a run's end: nothing of its process tree is left (sweeps survivors); forgets the run.
    fn settle(&mut self, run: &RunId) -> PortResult<()>;
    /// Which coding agents can be started on this machine.
    fn installed(&self) -> PortResult<Vec<InstalledAgent>>;
}

/// A coding agent's command line on this machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InstalledAgent {
    /// The `cli` word of agents.yaml.
    pub cli: String,
    /// Where; none when it is not installed.
    pub program: Option<String>,
    /// What it says its version is.
    pub version: Option<String>,
    /// How to install it, or how to mend what is installed and cannot start.
    pub install: String,
    /// What the person should know about what is started, if anything.
    pub remark: Option<String>,
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// The run.
    pub run: RunId,
    /// Its keeper lives.
    pub lives: bool,
    /// When it ended, as its keeper told; else when it was last heard of.
    pub ended: Time,
    /// How much is kept.
    pub bytes: u64,
}

/// Processes of a run whose keeper is dead: nobody follows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strays {
    /// The run they carry the mark of.
    pub run: RunId,
    /// Process ids.
    pub pids: Vec<i32>,
}

/// What runs have said, for people; readable without the lease.
pub trait RunLogs: Send + Sync {
    /// Processes that a dead keeper left behind.
    fn strays(&self) -> PortResult<Vec<Strays>> {
        Ok(Vec::new())
    }
    /// Ends those of one run, each checked for the run's mark first, and all below them. Returns how many, and how many are left.
    fn end_strays(&self, _run: &RunId) -> PortResult<(u32, u32)> {
        Ok((0, 0))
    }
    /// All runs of which something is kept, whether the log knows them or not.
    fn kept(&self) -> PortResult<Vec<KeptRun>>;
    /// Items of a run's transcript from byte `from` of its output, with the offset to go on from.
    fn transcript(
        &self,
        run: &RunId,
        from: u64,
        limit: u32,
    ) -> PortResult<(Vec<TranscriptItem>, u64)>;
    /// The end of a run's plain output (gates).
    fn output_tail(&self, run: &RunId, max_bytes: u32) -> PortResult<String>;
    /// One line on what the run does now (`Edit src/pay.rs`), from the end of its output.
    fn doing(&self, run: &RunId) -> PortResult<Option<String>>;
}

/// What can be started on this machine.
pub trait Programs: Send + Sync {
    /// Known coding agents, installed or not, with their versions. Asks each program, which takes a while.
    fn installed(&self) -> PortResult<Vec<InstalledAgent>>;

    /// The same without versions: looks only whether the programs are there.
    fn found(&self) -> PortResult<Vec<InstalledAgent>> {
        self.installed()
    }
}

// ---------------------------------------------------------------------------------------------- keys

/// API keys by account. A key goes in and is handed to agents; it is never shown again.
pub trait Keys: Send + Sync {
    /// Which store is used, in words, and whether it works; an error says why not and how to mend it.
    fn store(&self) -> PortResult<String>;
    /// Where an account's key comes from: `keyring`, `environment`, or none.
    fn source(&self, account: &str) -> PortResult<Option<String>>;
    /// Keeps a key.
    fn set(&self, account: &str, key: &str) -> PortResult<()>;
    /// Forgets a key; whether there was one.
    fn delete(&self, account: &str) -> PortResult<bool>;
}

// ---------------------------------------------------------------------------------------------- waiting

/// Why the engine woke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The doorbell rang: somebody wrote to the log.
    Doorbell,
    /// Anything may have changed below `.mcp/`.
    Files,
    /// These task files were touched (`ready/TASK-001-slug.md`); with none, the configuration was.
    Named(BTreeSet<String>),
    /// Nothing was told for a while: time to look whether something was missed.
    Quiet,
    /// A run said something or ended.
    Run(RunId),
    /// The deadline that was asked for came.
    Time,
    /// The engine is to stop (agents go on).
    Stop,
}

/// Where the engine sleeps.
pub trait Waker: Send {
    /// Waits for the next reason to act, at most until `deadline`. Several reasons of one kind are told once.
    fn wait(&mut self, deadline: Option<Time>) -> Vec<Wake>;
    /// Tells the waker which runs are live, so that it listens to them.
    fn listen(&mut self, runs: &[RunId]);
}
