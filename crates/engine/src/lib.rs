//! The engine: takes facts from the log, lets the core decide what follows, and carries it out through ports.
//!
//! There is no file system, no clock, no process and no async runtime in this crate; each of those is a trait in
//! [`ports`] that `adapters` (or `testkit`) implements. One engine per project acts, the one that holds the lease.

pub mod ports;
