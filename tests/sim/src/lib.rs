//! The simulator: one seed makes a world in which everything goes wrong that can, and whatever happens, nothing may be lost.
//!
//! Two levels, one seed scheme:
//!
//! - **core** ([`core`]): the real `apply`, `decide`, `schedule`, `due` and `conflict::found` in a world of data, with a host that mirrors
//!   the engine's loop and can be killed between any two of its steps: hundreds of thousands of steps a second and more.
//! - **engine** (`whole`): the real `Engine` and `Store` over the testkit's ports in memory, with a disk that keeps a legal part of what
//!   was written when the power goes, and kills at every boundary of a write.
//!
//! A world has a virtual clock, tasks with dependencies and files, several agents and accounts; agents succeed, fail, die, hang, lie,
//! flood, are deaf or late, ask; keepers die; people approve, reject, retry, move, edit, delete and copy task files at the worst time, also
//! while no engine runs; engines are killed, restarted from the log or from a checkpoint, and overtaken; clocks jump; bills never arrive.
//! Which of these troubles come, and how often, is drawn from the seed ([`knobs`]). Then it gets calm: no more trouble, and people do what
//! is theirs; everything must be done within a bounded time.
//!
//! Every seed is played twice and must come out the same. A failing seed is made small ([`mod@shrink`]) and printed with the command that
//! repeats it; put its number into `seeds.txt`, and it is played for ever. `faults` (feature `planted`) proves that the simulator finds faults.

pub mod core;
#[cfg(feature = "planted")]
pub mod faults;
pub mod judge;
pub mod knobs;
pub mod outcome;
pub mod rng;
pub mod rules;
pub mod runner;
pub mod shrink;
pub mod whole;

use knobs::Shrunk;
pub use orchestron_domain::planted::Fault;
pub use outcome::{Outcome, Violation};

/// How much of the product is real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The core alone.
    Core,
    /// Engine and store, over ports in memory.
    Engine,
}

impl Level {
    /// Its word on the command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Engine => "engine",
        }
    }
}

/// Plays a seed's world once.
#[must_use]
pub fn play(level: Level, seed: u64, shrunk: &Shrunk, traced: bool) -> Outcome {
    match level {
        Level::Core => core::play(seed, shrunk, traced),
        Level::Engine => whole::play(seed, shrunk, traced),
    }
}

/// Plays a seed's world twice; that they differ is a violation of its own.
#[must_use]
pub fn play_twice(level: Level, seed: u64, shrunk: &Shrunk) -> Outcome {
    let first = play(level, seed, shrunk, false);
    if first.violation.is_some() {
        return first;
    }
    let second = match level {
        Level::Core => core::play_again(seed, shrunk),
        Level::Engine => whole::play(seed, shrunk, false),
    };
    let differ = (first.hash, first.steps, &first.end) != (second.hash, second.steps, &second.end);
    let violation = differ.then(|| Violation {
        what: "two plays of one seed differ",
        detail: format!("{:x} against {:x}", first.hash, second.hash),
        step: first.steps,
    });
    Outcome {
        steps: first.steps + second.steps,
        violation: second.violation.or(violation),
        end: None,
        ..first
    }
}

#[cfg(test)]
mod tests;
