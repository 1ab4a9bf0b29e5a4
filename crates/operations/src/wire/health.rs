//! What `doctor` finds, and what can be undone.

use super::{Big, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// One finding of `doctor`. What is good and has a cure is no fault, but something to know.
    pub struct Finding { pub good: bool, pub about: String, pub what: String, pub cure: Option<String> }

    /// What can be undone, newest first.
    pub struct UndoListView { pub entries: Vec<UndoView> }

    /// Something that Orchestron did to files or git.
    pub struct UndoView {
        /** The event that tells it, which `undo` takes. */ pub event: Big,
        pub at: Millis,
        pub task: Option<String>,
        pub what: String,
        /** It was undone already. */ pub undone: bool,
    }

    /// What `doctor-fix` did, and what it left for a person.
    pub struct FixView { pub did: Vec<String>, pub not_done: Vec<String> }

    /// What `doctor` found.
    pub struct DoctorView { pub findings: Vec<Finding>, pub healthy: bool }
}
