//! What a task changes, and what was said about it line by line.

use super::{Big, ChangeWord, LegWord, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// One changed file.
    pub struct FileDiffView {
        pub path: String,
        pub old_path: Option<String>,
        pub change: ChangeWord,
        /** Lines added; none for binary files. */ pub added: Option<u32>,
        pub removed: Option<u32>,
        /** Unified diff hunks. */ pub patch: String,
        /** The patch was too long and is cut. */ pub cut: bool,
    }

    /// What a task changes.
    pub struct DiffView {
        pub base: Option<String>,
        pub commit: Option<String>,
        pub files: Vec<FileDiffView>,
        /** Files that would conflict when merged now; empty = merges cleanly. */ pub conflicts: Vec<String>,
        /** Why there is no diff, when there is none. */ pub none: Option<String>,
        /** The older commit, when the diff does not begin where the branch left its base. */ pub from: Option<String>,
        /** What has to be known to read it: the branch was rewritten, its base came in between. */ pub notes: Vec<String>,
    }

    /// A handoff, with the commits that its leg began and ended with.
    pub struct PointView {
        /** As `HandoffView.n`. */ pub handoff: u32,
        pub leg: LegWord,
        pub who: String,
        pub attempt: u32,
        pub at: Millis,
        /** None = the branch's base. */ pub from: Option<String>,
        /** None = not known, or without git. */ pub to: Option<String>,
    }

    /// When the person last looked at a task's changes, and what they saw.
    pub struct LookView { pub commit: String, pub at: Millis }

    /// Something that was said about lines of the changes.
    pub struct RemarkView {
        pub kind: RemarkWord,
        pub state: RemarkState,
        /** In which feedback. */ pub feedback: Big,
        pub by: String,
        /** When, as the feedback says. */ pub at: String,
        pub path: String,
        /** The lines are those before the change. */ pub before: bool,
        /** As they were numbered when it was said. */ pub line: u32,
        pub to: u32,
        /** Where the last of them is now; none when the file is not among the changes any more. */ pub now: Option<u32>,
        /** Markdown. */ pub text: String,
        /** The try that answered it. */ pub attempt: Option<u32>,
    }

    /// Which program opens files for the person.
    pub struct EditorView {
        /** Program and arguments; none = there is none. */ pub command: Option<Vec<String>>,
        /** Chosen, not found. */ pub is_set: bool,
        /** Editors on this machine. */ pub found: Vec<String>,
    }

    /// What is known for a review of a task's changes, beside the changes.
    pub struct ReviewView {
        pub task: String,
        /** Tip of its branch. */ pub commit: Option<String>,
        /** What the person saw before that. */ pub last_look: Option<LookView>,
        /** Handoffs, oldest first. */ pub points: Vec<PointView>,
        /** Oldest first. */ pub remarks: Vec<RemarkView>,
    }
}

wire_word! {
    /// What a remark is: words, or an accepted or refused part.
    pub enum RemarkWord { Comment, Keep, Again }

    /// What became of it: nobody has answered yet; the lines were changed since; they are as they were.
    pub enum RemarkState { Open, Changed, Left }
}
