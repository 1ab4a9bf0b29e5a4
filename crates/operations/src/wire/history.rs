//! What happened, and what an agent said.

use super::{Big, Millis, RunView};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// One line of the activity log.
    pub struct EventView {
        pub seq: Big,
        pub at: Millis,
        pub by: String,
        pub kind: String,
        pub task: Option<String>,
        pub run: Option<String>,
        /** In words. */ pub text: String,
    }

    /// A page of the activity log, newest first.
    pub struct EventsView { pub events: Vec<EventView>, /** Give this as `before` for the next page. */ pub before: Option<Big> }

    /// A picture in a transcript.
    pub struct ImageView { /** `image/png` */ pub media: String, /** Base64. */ pub data: String }

    /// Part of a transcript.
    pub struct TranscriptView {
        pub run: RunView,
        pub items: Vec<TranscriptItemView>,
        /** Give this as `from` next time; bytes of the run's output. */ pub next: Big,
        pub live: bool,
    }
}

/// One thing in a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum TranscriptItemView {
    /// What the agent was told.
    Told {
        /** Markdown. */
        text: String,
    },
    /// What the agent says.
    Says {
        /** Markdown. */
        text: String,
    },
    /// What it thinks, when it shows it.
    Thinks {
        /** Text. */
        text: String,
    },
    /// It uses a tool.
    Uses {
        /** The call. */
        id: String,
        /** The tool. */
        tool: String,
        /** One line. */
        summary: String,
        /** Input as JSON text. */
        input: String,
    },
    /// What the tool gave back.
    Got {
        /** The call. */
        id: String,
        /** Failed or denied. */
        failed: bool,
        /** Text. */
        text: String,
        /** Pictures that came with it. */
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        #[ts(as = "Option<Vec<ImageView>>", optional)]
        images: Vec<ImageView>,
    },
    /// A retry, a refusal, the end of a turn.
    Note {
        /** Text. */
        text: String,
    },
}
