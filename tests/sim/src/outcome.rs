//! What became of a world.

use orchestron_domain::State;

/// Something that must never be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub what: &'static str,
    /// What was seen.
    pub detail: String,
    /// At which step.
    pub step: u64,
}

/// What became of a world.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Facts decided, commands carried out, acts of the world.
    pub steps: u64,
    /// Tells whether two plays were the same.
    pub hash: u64,
    /// How much time passed in it.
    pub virtual_ms: i64,
    /// What was wrong, if something was.
    pub violation: Option<Violation>,
    /// What happened, line by line, when that was asked for.
    pub trace: Vec<String>,
    /// What the whole log tells, where that is to be compared with another play.
    pub end: Option<Box<State>>,
}
