//! The engine: takes facts from the log, lets the core decide what follows, and carries it out through ports.
//!
//! There is no file system, no clock, no process and no async runtime in this crate; each of those is a trait in
//! [`ports`] that `adapters` (or `testkit`) implements. One engine per project acts: the one that holds the lease.
//! Every other process only writes to the [`Store`]; the engine acts on what it finds, whoever wrote it.

mod about;
mod carry_out;
mod clashes;
mod clear;
mod context;
pub mod drops;
mod engine;
mod hold;
mod known;
mod letters;
mod listed;
mod looks;
mod moves;
pub mod ports;
pub mod saved;
mod sections;
mod shorten;
mod store;
mod store_held;
mod told;
mod tools;
mod trail;
pub mod trust;
pub mod undo;

pub use context::{base_branch, outside_document};
pub use engine::{Engine, EngineError, Mode, Ports};
pub use listed::{Brief, Kind, Listed};
pub use store::{MoveError, Store, StoreError};
pub use trail::Trail;
