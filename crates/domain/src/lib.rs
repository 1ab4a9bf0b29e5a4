//! The pure core of Orchestron: what a task, a chain, a run and a request are, and what follows from each fact.
//!
//! Nothing in this crate reads a clock, a file, the environment or randomness: time and ids arrive inside
//! its inputs, so that any history can be replayed to the same state. Its only dependencies are `serde`
//! (ids and events) and `thiserror`.

pub mod absence;
pub mod alike;
pub mod apply;
pub mod budget;
pub mod carry;
pub mod command;
pub mod commits;
pub mod config;
pub mod conflict;
pub mod context;
pub mod decide;
pub mod event;
pub mod failure;
pub mod guard;
pub mod handover;
pub mod heard;
pub mod ids;
pub mod insight;
pub mod message;
pub mod money;
pub mod notice;
pub mod planted;
pub mod prompt;
pub mod rate;
pub mod record;
pub mod register;
pub mod removed;
pub mod request;
pub mod rules;
pub mod run;
pub mod said;
pub mod schedule;
pub mod signal;
pub mod sitting;
pub mod state;
pub mod status;
pub mod step_in;
pub mod task;
pub mod task_file;
pub mod tests_first;
pub mod time;
pub mod transcript;
pub mod urgency;
pub mod workflow;

#[cfg(test)]
mod story;

pub use command::{Command, Halt, SendBack};
pub use config::{Agent, Chain, Config, Gate, Holder};
pub use event::{Actor, Event, Fact};
pub use ids::{AgentName, AskId, CallId, CommitId, RequestId, RunId, Seq, SessionId, TaskId};
pub use money::MicroUsd;
pub use request::{Decision, Request, RequestKind};
pub use run::{Leg, Run, RunEnd, RunStatus};
pub use state::State;
pub use status::Status;
pub use task::{Priority, TaskCard};
pub use time::Time;
