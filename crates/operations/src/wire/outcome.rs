//! How an operation ended.

use super::StatusWord;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// What a write did, what it did not do, and what to do next.
    pub struct Done {
        pub task: Option<String>,
        pub status: Option<StatusWord>,
        /** In words, past tense. */ pub did: String,
        /** What was not done although one might expect it, and why. */ pub not_done: Vec<String>,
        /** Commands or steps that make sense next. */ pub next: Vec<String>,
    }

    /// An error of an operation, as surfaces show it.
    pub struct ErrorView {
        /** Stable word: `task_not_found`, `stale_decision`, … */ pub code: String,
        /** What is wrong. */ pub message: String,
        /** How to mend it. */ pub hints: Vec<String>,
        /** The input field that is wrong, when one is. */ pub field: Option<String>,
    }
}
