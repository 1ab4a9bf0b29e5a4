//! What clashes.

use super::{Big, ConflictWord, Millis, ResolveWord, StageWord};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// Something that clashes.
    pub struct ConflictView {
        pub id: Big,
        pub kind: ConflictWord,
        /** The one that goes first first. */ pub tasks: Vec<String>,
        pub files: Vec<String>,
        /** What was seen, in a sentence or two. */ pub evidence: String,
        pub since: Millis,
        pub stage: StageWord,
        /** How it was resolved, in words: `TASK-002 waits for TASK-001`. */ pub resolution: Option<String>,
        pub why: Option<String>,
        pub resolved_at: Option<Millis>,
        /** Why the engine could not resolve it by itself. */ pub stuck: Option<String>,
        /** The open request about it. */ pub request: Option<Big>,
        /** What a person can decide, the recommended way first. */ pub options: Vec<ResolveWord>,
    }

    /// What clashes, newest first.
    pub struct ConflictsView {
        pub conflicts: Vec<ConflictView>,
        /** How many of those that are kept are over. */ pub over: u32,
    }
}
