//! What an agent's driver makes of the bytes an agent says, and what can be said to an agent.

use crate::{AskId, CallId, MicroUsd, RunEnd, SessionId};
use serde::{Deserialize, Serialize};

/// Something an agent said that matters to the engine. Its chatter is not here; that is the transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Signal {
    /// The agent is up and at work.
    Started {
        /// Its conversation.
        session: Option<SessionId>,
        /// Its own version.
        version: String,
        /// The model it uses.
        model: String,
    },
    /// It shows life (at most about one a second is passed on), with one line on what it does now.
    Alive {
        /// Such as `Edit src/pay/card.rs`.
        doing: String,
    },
    /// It asks whether it may use a tool.
    Asked {
        /// The protocol's name of the ask.
        ask: AskId,
        /// The tool.
        tool: String,
        /// The tool's input as JSON text.
        input: String,
        /// One line for a person: the command, the file.
        summary: String,
        /// Why the agent's own rules did not decide.
        reason: Option<String>,
    },
    /// It no longer wants an answer.
    AskWithdrawn {
        /// The ask.
        ask: AskId,
    },
    /// It calls one of our own tools.
    ToolCalled {
        /// The protocol's name of the call.
        call: CallId,
        /// The tool, without a server prefix: `task_submit`.
        tool: String,
        /// The arguments as JSON text.
        arguments: String,
    },
    /// Cumulative cost of the session so far, at list price, with tokens and requests of the run. Tokens and requests come as they
    /// are used; the price may come later.
    Cost {
        /// Dollars, cumulative over resumes of the session.
        session_total: MicroUsd,
        /// All input tokens of this run (cached ones included).
        input_tokens: u64,
        /// Of those, read from the provider's cache; 0 when the agent does not tell.
        #[serde(default)]
        cached_tokens: u64,
        /// Output tokens of this run.
        output_tokens: u64,
        /// Requests to the model of this run; 0 when the agent does not tell.
        #[serde(default)]
        requests: u64,
    },
    /// The provider makes it wait.
    Retrying {
        /// Which try.
        attempt: u32,
        /// Milliseconds until it.
        delay_ms: u64,
        /// What went wrong, in the driver's words.
        reason: String,
    },
    /// It must be stopped at once: what it does cannot end well (an authentication error that would be retried for
    /// minutes, a settings file that was ignored, an MCP server that is dead).
    Doomed {
        /// How the run is to be recorded.
        end: RunEnd,
    },
    /// Its turn is over and it waits for more input.
    TurnEnded {
        /// How the turn went.
        end: RunEnd,
        /// Its last words.
        words: String,
        /// Tool calls that were denied in this turn.
        denials: u32,
    },
}

/// Something to say to an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Say {
    /// A person's or the engine's words, as a user message. `id` makes saying it twice harmless.
    Words {
        /// Unique within the run.
        id: String,
        /// The text.
        text: String,
    },
    /// The answer to a permission ask.
    Permit {
        /// The ask.
        ask: AskId,
        /// Whether the tool may be used.
        allow: bool,
        /// What to tell the model when it may not.
        message: String,
    },
    /// The answer to a call of one of our tools.
    Reply {
        /// The call.
        call: CallId,
        /// Whether the tool did what was asked.
        ok: bool,
        /// The text for the model.
        text: String,
    },
    /// Stop the current turn.
    Interrupt,
}
