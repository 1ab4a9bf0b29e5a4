//! The wire types: what surfaces (CLI `--json`, HTTP, the window) receive and send. They are neither the domain's types
//! nor table rows; the TypeScript in `ui/src/backend/wire.ts` is generated from them (`cargo test -p orchestron-operations`
//! says when it is out of date).
//!
//! Times are milliseconds since 1970 UTC; money is millionths of a US dollar at list price; sizes are bytes.

#![allow(missing_docs)] // a field whose name says all needs no sentence; the others have one

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Millis(pub i64);

/// Money: millionths of a US dollar.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Money(pub u64);

/// A count or position that may exceed 32 bits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS,
)]
#[ts(type = "number")]
#[serde(transparent)]
pub struct Big(pub u64);

macro_rules! wire {
    ($($item:item)*) => { $(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "snake_case")]
        $item
    )* };
}

macro_rules! wire_word {
    ($($item:item)*) => { $(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
        #[serde(rename_all = "kebab-case")]
        $item
    )* };
}

macro_rules! wire_input {
    ($($item:item)*) => { $(
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
        #[serde(deny_unknown_fields)]
        $item
    )* };
}

mod agents;
mod board;
mod conflicts;
mod desktop;
mod diff;
mod health;
mod history;
mod hooks;
pub mod input;
mod insights;
mod notices;
mod outcome;
mod project;
mod requests;
mod schedule;
mod settings;
mod talk;
mod task;
mod words;
mod workflows;

pub use agents::*;
pub use board::*;
pub use conflicts::*;
pub use desktop::*;
pub use diff::*;
pub use health::*;
pub use history::*;
pub use hooks::*;
pub use insights::*;
pub use notices::*;
pub use outcome::*;
pub use project::*;
pub use requests::*;
pub use schedule::*;
pub use settings::*;
pub use talk::*;
pub use task::*;
pub use words::*;
pub use workflows::*;
