//! Messages between holders, and what a holder knows.

use super::{Big, Millis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// What became of a message for one recipient.
    pub struct ReceiptView { pub name: String, pub delivered: Option<Millis>, pub acked: Option<Millis> }

    /// A message between holders.
    pub struct MessageView {
        pub id: Big,
        /** A holder's name, `person` or `engine`. */ pub from: String,
        /** `coordination`, `progress_update`, `task_assignment`, `escalation`. */ pub kind: String,
        pub task: Option<String>,
        pub text: String,
        /** JSON text, for programs. */ pub payload: Option<String>,
        pub reply_to: Option<Big>,
        pub at: Millis,
        pub receipts: Vec<ReceiptView>,
    }

    /// Messages.
    pub struct MessagesView { pub messages: Vec<MessageView>, /** Give this as `after` for the next page. */ pub next: Option<Big>, /** How many more there are. */ pub more: u32 }

    /// What a holder knows and the next one needs.
    pub struct WorkContextView {
        #[serde(default)] pub now: String,
        #[serde(default)] pub completed: Vec<String>,
        #[serde(default)] pub next: Vec<String>,
        #[serde(default)] pub decisions: Vec<String>,
        #[serde(default)] pub questions: Vec<String>,
        #[serde(default)] pub pointers: Vec<String>,
    }

    /// What was saved of the work on a task; version 0 when nothing was.
    pub struct SavedView { pub task: String, pub version: Big, pub by: Option<String>, pub at: Option<Millis>, pub context: Option<WorkContextView>, /** Entries that did not fit into 4 kB. */ pub left_out: u32, /** The event that has everything. */ pub whole: Option<Big> }
}
