//! What a task changes.

use super::ChangeWord;
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
    }
}
