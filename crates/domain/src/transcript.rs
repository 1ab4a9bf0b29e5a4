//! An agent's conversation as a person reads it.

use serde::{Deserialize, Serialize};

/// A picture, as a tool gave it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// `image/png`
    pub media: String,
    /// Base64.
    pub data: String,
}

/// One thing in a transcript, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum TranscriptItem {
    /// What the agent was told (prompt, feedback, a person's words).
    Told {
        /// The text.
        text: String,
    },
    /// What the agent says.
    Says {
        /// The text, Markdown.
        text: String,
    },
    /// What the agent thinks, when it shows it.
    Thinks {
        /// The text.
        text: String,
    },
    /// It uses a tool.
    Uses {
        /// The call's id; a [`TranscriptItem::Got`] with the same id carries the result.
        id: String,
        /// The tool.
        tool: String,
        /// One line: the command, the file.
        summary: String,
        /// The whole input as JSON text (cut at 16 kB).
        input: String,
    },
    /// What a tool gave back.
    Got {
        /// The call's id.
        id: String,
        /// Whether it failed or was denied.
        failed: bool,
        /// The text (cut at 16 kB).
        text: String,
        /// Pictures that came with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        images: Vec<Image>,
    },
    /// Something the person should know: a retry, a refusal, the end of the turn.
    Note {
        /// The text.
        text: String,
    },
}
