//! Messages between holders, and what a holder knows.

use super::{Big, Millis, NextView};
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

    /// How a person takes a task's conversation over in a terminal.
    pub struct AttachView {
        pub task: String,
        /** The run whose conversation it is. */ pub run: String,
        pub program: String,
        pub args: Vec<String>,
        /** Where. */ pub dir: String,
        /** Variables it needs beside the person's own. */ pub env: Vec<VariableView>,
        /** All of it as one line for a shell. */ pub shell: String,
        /** The run is still being ended: wait until it is over, so that nobody else speaks in the conversation. */ pub ending: bool,
        /** How to give it back. */ pub back: String,
    }

    /// A variable of a program.
    pub struct VariableView { pub name: String, pub value: String }

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

    /// What became of a question.
    #[derive(Default)]
    pub struct HelpView {
        pub request: Big,
        pub open: bool,
        pub answer: Option<String>,
        /** Who answered: `person`, or `default` when nobody did in time. */ pub by: Option<String>,
        /** When the default stands. */ pub until: Option<Millis>,
        /** Why there will be no answer. */ pub void: Option<String>,
        pub not_done: Vec<String>,
    }

    /// A handover as it would be now.
    pub struct PreparedView {
        pub task: String,
        pub version: Big,
        pub arrives: WorkContextView,
        pub left_out: u32,
        /** What whoever goes on will miss. */ pub lacks: Vec<String>,
    }

    /// A session of a holder; a run is one by itself.
    pub struct SessionView {
        pub id: String,
        pub holder: String,
        pub since: Millis,
        pub until: Option<Millis>,
        pub task: Option<String>,
        pub note: String,
        pub of_run: bool,
    }

    /// Sessions, newest first.
    pub struct SessionsView { pub sessions: Vec<SessionView> }

    /// A session that begins or goes on.
    pub struct SessionStartView {
        pub session: SessionView,
        /** It was not ended before. */ pub resumed: bool,
        /** What to work on, with its whole context. */ pub work: NextView,
        pub saved: Option<SavedView>,
        /** Messages that wait for its holder. */ pub messages: u32,
    }

    /// A token's run, and where to go with it.
    pub struct RunTokenView { pub run: String, /** None when no engine serves. */ pub address: Option<String> }

    /// What was saved of the work on a task; version 0 when nothing was.
    pub struct SavedView { pub task: String, pub version: Big, pub by: Option<String>, pub at: Option<Millis>, pub context: Option<WorkContextView>, /** Entries that did not fit into 4 kB. */ pub left_out: u32, /** The event that has everything. */ pub whole: Option<Big> }
}
