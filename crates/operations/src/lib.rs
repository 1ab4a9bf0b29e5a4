//! One file per thing a person or an agent can ask; the same operations serve the command line, HTTP and the window.
//!
//! Each surface translates its own words to [`call`] (JSON in, JSON out) or to the typed functions, and nothing more.
//! Operations see ports only, so they run on fakes too. A write never starts anything: the engine that holds the lease acts on what
//! it finds in the store.

mod agents_text;
pub mod attach;
pub mod board;
pub mod by_hand;
pub mod caller;
pub mod claim;
pub mod clarify;
pub mod config;
mod config_text;
pub mod conflicts;
mod context;
pub mod create;
pub mod decide;
pub mod diff;
pub mod doctor;
pub mod edit;
pub mod editor;
pub mod end_leg;
mod error;
pub mod escalate;
pub mod events;
pub mod give_up;
pub mod handover;
pub mod help;
pub mod hooks;
pub mod hooks_commit;
mod hunks;
pub mod impact;
pub mod insights;
pub mod intervene;
pub mod key_test;
pub mod keys;
pub mod lines;
pub mod messages;
pub mod next;
pub mod notices;
pub mod on_review;
pub mod once;
pub mod order;
pub mod own_run;
pub mod page;
pub mod priority;
pub mod progress;
pub mod project;
pub mod reassign;
pub mod registry;
pub mod release;
mod remarks;
pub mod requests;
pub mod review;
pub mod roster;
pub mod roster_edit;
pub mod run_tokens;
pub mod saved;
pub mod say;
pub mod session;
pub mod start;
pub mod stop;
pub mod switch;
pub mod task;
pub mod transcript;
pub mod typescript;
pub mod undo;
pub mod verdict;
mod view;
mod who;
pub mod why;
pub mod wire;
pub mod workflows;
mod writing;

#[cfg(test)]
mod tests;

pub use context::{Asker, Context, Project};
pub use error::OpError;
pub use registry::{ALL, Operation, call};
