//! The drop folder: `.mcp/messages/<name>/inbox/`, for tools that speak no protocol. What a tool puts there is sent, and what is for it
//! is put there.

use super::{PortResult, Problem};
use orchestron_domain::Seq;
use std::collections::BTreeSet;

/// Names one file as it was at one moment: another one under the same name later is another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DropKey {
    /// Whose inbox, as the folder is called.
    pub inbox: String,
    /// The file's name.
    pub name: String,
    /// When it was written, nanoseconds since 1970.
    pub written_ns: i64,
}

/// A file that a tool put into an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which.
    pub key: DropKey,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// What lies in the inboxes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropLook {
    /// Files to be taken in, oldest first.
    pub files: Vec<Dropped>,
    /// Those that were to be passed over and are still there.
    pub passed: BTreeSet<DropKey>,
    /// What cannot be taken in, whatever it says: links, what is too large, too many.
    pub problems: Vec<Problem>,
}

/// The drop folder. Files that begin with a dot are somebody's in the making; those called `m-<number>.json` are ours.
pub trait DropFolder {
    /// Files that tools put there, at most so many of each inbox, without those that are to be passed over.
    fn dropped(&self, pass: &BTreeSet<DropKey>, most: usize) -> PortResult<DropLook>;
    /// Removes a file that was taken in. When another one has taken its name meanwhile, that one stays.
    fn taken(&self, key: &DropKey) -> PortResult<()>;
    /// The inboxes there are, by the names of their folders.
    fn inboxes(&self) -> PortResult<Vec<String>>;
    /// Our messages in an inbox. None when it is not the folder we last [finished](Self::filled): then nothing may be concluded from
    /// what is missing.
    fn lying(&self, inbox: &str) -> PortResult<Option<BTreeSet<Seq>>>;
    /// Puts a message into an inbox, whole and on the disk; there already is fine.
    fn put(&self, inbox: &str, message: Seq, bytes: &[u8]) -> PortResult<()>;
    /// Removes a message of ours.
    fn remove(&self, inbox: &str, message: Seq) -> PortResult<()>;
    /// All that waits is in the inbox: from now on what is missing was taken.
    fn filled(&self, inbox: &str) -> PortResult<()>;
}
