//! The Markdown task file: bytes in, bytes out.
//!
//! [`TaskFile`] keeps the text as it was written and remembers where its heading and sections are. Reading it answers what
//! the board shows; an edit replaces only the bytes that must change, so line ends, comments, unknown sections and the order of
//! things survive. After every edit the text is parsed again: an edit that would spoil the file is refused and changes nothing.
//!
//! Text that comes from a model or a person through an operation is made harmless first (`harmless`): it can neither become
//! a heading of level 1 or 2 nor open a fence or comment that swallows what follows.
//!
//! What is absent here: input and output, clocks, and any opinion on where a task should go next.

mod blocks;
mod card;
mod check;
mod edit;
mod edit_lists;
mod error;
mod git_context;
mod handoff;
mod harmless;
mod parse;
mod read;
mod section;
mod write;

#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use card::need;
pub use check::{Fault, check_roundtrip};
pub use edit_lists::Item;
pub use error::{EditError, Oddity, TaskFileError};
pub use git_context::GitContext;
pub use handoff::Handoff;
pub use harmless::{fenced, harmless};
pub use section::{NAMES_WHEN_IMPLEMENTING, NAMES_WHEN_PREPARING, Section};
pub use write::{TaskDraft, file_name, id_from_file_name, new_task, slug};

use crate::TaskId;
use blocks::Open;
use std::ops::Range;

/// The largest file that is read, in bytes (1 MiB).
pub const MAX_BYTES: usize = 1 << 20;

/// A task file: its text, and where everything is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFile {
    text: String,
    id: TaskId,
    title: Range<usize>,
    heading: Part,
    parts: [Option<Part>; Section::COUNT],
    unclosed: Option<Unclosed>,
}

/// A heading and what follows it, up to the next heading of level 1 or 2. All offsets are into the text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// Line of the heading, from 1.
    line: u32,
    /// Where the heading's line begins.
    start: usize,
    /// Behind the name.
    name_end: usize,
    /// The value in the heading's line; empty, and at the place where one would be written, when there is none.
    value: Range<usize>,
    /// What follows the heading's line.
    body: Range<usize>,
}

/// A fence or comment that is still open at the end of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unclosed {
    line: u32,
    start: usize,
    open: Open,
}

impl TaskFile {
    /// The id in the heading.
    #[must_use]
    pub const fn id(&self) -> &TaskId {
        &self.id
    }

    /// The title in the heading; empty when there is none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.slice(self.title.clone())
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's bytes; without edits exactly those that were parsed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.text.clone().into_bytes()
    }

    /// The file's bytes, without copying them.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    /// Whether the file has this section.
    #[must_use]
    pub const fn has(&self, section: Section) -> bool {
        self.part(section).is_some()
    }

    const fn part(&self, section: Section) -> Option<&Part> {
        self.parts[section.place()].as_ref()
    }

    /// Part of the text. All ranges come from parsing this very text, so the default is never needed.
    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}
