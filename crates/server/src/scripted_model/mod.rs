//! The scripted model: a small Messages API on loopback that plays a written script.
//!
//! The real Claude CLI talks to it through `ANTHROPIC_BASE_URL`, so journeys, the demo and the
//! tests run the real program with real tools, and only the model's words are written beforehand.
//! Nothing is sent anywhere: the endpoint listens on loopback only and never opens a connection.
//!
//! The parts, each knowing only the ones before it:
//!
//! * `scenario`: what a script says (plays, turns, faults), as plain data.
//! * `parse`: YAML text to a [`Scenario`], with the file, the line and the cure in every error.
//! * `conversation`: what a request tells about where the conversation stands.
//! * `choice`: scenario and conversation to the words to say next.
//! * `wire`: those words as a Messages API answer, whole or as a stream of events.
//! * `server`: the endpoint itself.
//!
//! It keeps no state that matters: which play and which turn come next is read from the request
//! alone, so the endpoint may be restarted in the middle of a conversation. The one thing kept in
//! memory is how often each written fault has happened.

mod choice;
mod conversation;
mod parse;
mod scenario;
mod server;
mod wire;

#[cfg(test)]
mod demo_tests;
#[cfg(test)]
mod endpoint_tests;
#[cfg(test)]
mod real_cli_tests;

pub use conversation::Header;
pub use parse::{Flaw, ScenarioError};
pub use scenario::{Pace, Scenario};
pub use server::{Outcome, RequestRecord, ScriptedModel, ScriptedModelError, ScriptedModelHandle};
