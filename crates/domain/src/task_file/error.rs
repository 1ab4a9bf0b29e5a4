//! Why a text is no task file, and why an edit is refused: what, where, and how to mend it.

use super::{MAX_BYTES, Section};
use crate::ids::IdError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why bytes are no task file. Printed it says what is wrong; see also [`Self::line`] and [`Self::cure`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TaskFileError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Larger than [`MAX_BYTES`].
    #[error("the file is too large: {bytes} bytes, and at most {MAX_BYTES} are read")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the text is not UTF-8: byte {offset} of the file is part of no character")]
    NotUtf8 {
        /// Where.
        line: u32,
        /// Offset of the first bad byte.
        offset: usize,
        /// Whether it looks like UTF-16.
        utf16: bool,
    },
    /// Lines end with a carriage return alone, so that the whole file is one line.
    #[error("the lines end with a carriage return alone, so the file reads as one long line")]
    LoneCarriageReturns,
    /// A merge left its marks.
    #[error("a merge conflict is not resolved: the line starts with `{marker}`")]
    ConflictMarker {
        /// Where.
        line: u32,
        /// Which mark.
        marker: &'static str,
    },
    /// No `# Task: TASK-001 - Title`.
    #[error("there is no task heading{}", found.as_ref().map(|f| format!("; the first heading says `{f}`")).unwrap_or_default())]
    NoHeading {
        /// The first heading of level 1, if there is one.
        line: Option<u32>,
        /// What it says.
        found: Option<String>,
    },
    /// The heading names no task id.
    #[error("{}", bad_id(text, source))]
    BadId {
        /// Where.
        line: u32,
        /// What stands there instead; may be empty.
        text: String,
        /// Why it is no id.
        source: IdError,
    },
    /// A second `# Task` heading.
    #[error("there is a second task heading; the first is on line {first}")]
    DoubledHeading {
        /// Where.
        line: u32,
        /// Where the first one is.
        first: u32,
    },
    /// A section of the schema twice.
    #[error("`## {section}` is here a second time; the first is on line {first}")]
    DoubledSection {
        /// Where.
        line: u32,
        /// Where the first one is.
        first: u32,
        /// Which.
        section: Section,
    },
}

impl TaskFileError {
    /// The line it is about, from 1, when there is one.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::Empty | Self::TooLarge { .. } => None,
            Self::LoneCarriageReturns => Some(1),
            Self::NoHeading { line, .. } => *line,
            Self::NotUtf8 { line, .. }
            | Self::ConflictMarker { line, .. }
            | Self::BadId { line, .. }
            | Self::DoubledHeading { line, .. }
            | Self::DoubledSection { line, .. } => Some(*line),
        }
    }

    /// What is wrong.
    #[must_use]
    pub fn what(&self) -> String {
        self.to_string()
    }

    /// How to mend it.
    #[must_use]
    pub fn cure(&self) -> String {
        match self {
            Self::Empty | Self::NoHeading { .. } => {
                "Begin the file with a line such as `# Task: TASK-001 - What is wanted`.".to_owned()
            }
            Self::TooLarge { .. } => {
                "Move logs and long texts into `.mcp/feedback/` or `.mcp/results/` and name those files here.".to_owned()
            }
            Self::NotUtf8 { utf16: true, .. } => {
                "The file is UTF-16; save it as UTF-8 (in most editors: Save with encoding).".to_owned()
            }
            Self::NotUtf8 { .. } => "Save the file as UTF-8 (in most editors: Save with encoding).".to_owned(),
            Self::LoneCarriageReturns => "Save the file with LF or CRLF line ends.".to_owned(),
            Self::ConflictMarker { .. } => {
                "Choose between the two versions, and delete the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`.".to_owned()
            }
            Self::BadId { text, .. } => match text.to_ascii_uppercase() {
                upper if upper != *text && upper.parse::<crate::TaskId>().is_ok() => {
                    format!("Write it in capital letters: {upper}.")
                }
                _ => "Write the heading as `# Task: TASK-001 - What is wanted`, with the id the file name has.".to_owned(),
            },
            Self::DoubledHeading { .. } => {
                "Keep one heading and delete the other, or move the second task into a file of its own.".to_owned()
            }
            Self::DoubledSection { section, .. } => {
                format!("Join the two `## {section}` sections into one, or make this one a smaller heading (`### {section}`).")
            }
        }
    }
}

fn bad_id(text: &str, source: &IdError) -> String {
    if text.is_empty() {
        "the task heading names no task id".to_owned()
    } else {
        source.to_string()
    }
}

/// Why an edit is refused. The document is unchanged then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditError {
    /// The file would no longer be a task file; in practice: too large.
    #[error("the edit is refused, because afterwards {0}")]
    Spoils(#[from] TaskFileError),
    /// The section is no free text.
    #[error("`## {section}` cannot be replaced as a text; use the operation that is made for it")]
    NotText {
        /// Which.
        section: Section,
    },
    /// The section holds no such box.
    #[error(
        "`## {section}` has no box {item}; it has {all} (take the text exactly as it stands there, or its position)"
    )]
    NoSuchItem {
        /// Where it was looked for.
        section: Section,
        /// What was looked for.
        item: String,
        /// How many boxes there are.
        all: usize,
    },
    /// A code fence or comment in the section never ends, so nobody can tell where the section does.
    #[error(
        "the {block} that begins on line {line} never ends, so replacing `## {section}` would delete all that follows; close it with a line `{closer}` first"
    )]
    OpenBlock {
        /// Which section was to be replaced.
        section: Section,
        /// Code fence or comment.
        block: &'static str,
        /// Where it begins.
        line: u32,
        /// What ends it.
        closer: String,
    },
    /// A task cannot wait for itself.
    #[error("a task cannot depend on itself; name another task")]
    DependsOnItself,
}

/// Something odd in a good task file: it is read all the same, and people are told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Oddity {
    /// The line, from 1.
    pub line: u32,
    /// What is odd, and what is made of it.
    pub what: String,
    /// How to mend it.
    pub cure: String,
}
