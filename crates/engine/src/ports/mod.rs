//! What the engine needs from the world, one trait per outside thing. Implemented by `adapters` and by `testkit`.

mod drops;
mod failure;
mod files;
mod git;
mod hooks;
mod log;
mod machine;
mod runs;

pub use drops::{DropFolder, DropKey, DropLook, Dropped};
pub use failure::{PortError, PortErrorKind, PortResult};
pub use files::{
    BoardRow, Checkout, Exchange, FileText, Folders, Head, IndexedFile, KnownFile, KnownFiles,
    Problem, Replaced, Scan, Stamp, TaskFiles, WorkflowFile,
};
pub use git::{Between, CommittedWork, FileDiff, Git, MergeOutcome, Unmerged, Worktree};
pub use hooks::{HOOKS, Hook, HookState, Hooks};
pub use log::{
    Commit, Committed, EventFilter, EventLog, Intent, ListReader, OpenCommand, SET_ASIDE,
};
pub use machine::{Clock, Guard, KeyProbe, Keys, Locks, Wake, Waker};
pub use runs::{
    Heard, InstalledAgent, KeptRun, Look, Over, Programs, RunLogs, RunProgram, RunSpec, Runs,
    Strays, TakeOver,
};
