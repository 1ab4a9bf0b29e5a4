//! Git hooks, and what they saw.

use super::{Millis, ProblemView};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire_word! {
    /// Whether git calls us at a hook.
    pub enum HookWord {
        /// Ours is there, alone.
        Ours,
        /// Ours is there and calls the one that was there before.
        Chained,
        /// Ours is there and is of another version, or was changed.
        Changed,
        /// Somebody else's is there, ours is not.
        Theirs,
        /// None is there.
        Missing,
    }
    /// What was asked of a test.
    pub enum TestWord {
        /// It was not run there yet.
        Unknown,
        /// It failed.
        Failed,
        /// It passed.
        Passed,
    }
}

wire! {
    /// The project's git hooks.
    pub struct HooksView {
        /** The folder git takes hooks from; none without git. */ pub folder: Option<String>,
        /** Who looks after that folder: `husky`, `lefthook`, `pre-commit`, `core.hooksPath`; none = plain git. */ pub managed_by: Option<String>,
        pub hooks: Vec<HookView>,
        /** Whether all of them call us. */ pub installed: bool,
        /** What keeps them from working. */ pub problems: Vec<ProblemView>,
    }

    /// One hook.
    pub struct HookView { /** `pre-commit` */ pub name: String, pub state: HookWord, /** Where the one is kept that was there before. */ pub theirs: Option<String> }

    /// A commit somebody made that names a task.
    pub struct TaskCommitView {
        /** The commit's id. */ pub commit: String,
        /** First line of its message. */ pub subject: String,
        pub branch: Option<String>,
        pub author: String,
        pub at: Millis,
        /** The checks before the commit were left out (`git commit --no-verify`). */ pub unchecked: bool,
    }

    /// A test that a task says must fail first and pass after.
    pub struct TaskTestView {
        pub test: String,
        /** At the commit the work began from. */ pub before: TestWord,
        pub before_commit: Option<String>,
        /** At the commit that was submitted. */ pub after: TestWord,
        pub after_commit: Option<String>,
    }
}
