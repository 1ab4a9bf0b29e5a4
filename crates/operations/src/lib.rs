//! One file per thing a person or an agent can ask; the same operations serve the command line, HTTP and the window.
//!
//! Each surface translates its own words to [`call`] (JSON in, JSON out) or to the typed functions, and nothing more.
//! Operations see ports only, so they run on fakes too. A write never starts anything: the engine that holds the lease acts on what
//! it finds in the store.

pub mod board;
pub mod by_hand;
pub mod claim;
mod context;
pub mod create;
pub mod decide;
pub mod diff;
pub mod doctor;
pub mod end_leg;
mod error;
pub mod events;
pub mod give_up;
pub mod keys;
pub mod next;
pub mod on_review;
pub mod project;
pub mod registry;
pub mod requests;
pub mod say;
pub mod switch;
pub mod task;
pub mod transcript;
pub mod typescript;
mod view;
mod who;
pub mod wire;
mod writing;

#[cfg(test)]
mod tests;

pub use context::{Context, Project};
pub use error::OpError;
pub use registry::{ALL, Operation, call};
