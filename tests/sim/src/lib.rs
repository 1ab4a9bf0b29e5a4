//! The simulator.

pub mod core;
pub mod knobs;
pub mod outcome;
pub mod rng;

pub use orchestron_domain::planted::Fault;
