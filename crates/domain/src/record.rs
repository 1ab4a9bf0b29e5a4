//! What each agent has done so far: the registry that routing, the board and the insights look at.

use crate::{MicroUsd, Time};
use serde::{Deserialize, Serialize};

/// One agent's record, folded from the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Runs that did what they were started for.
    pub completed: u64,
    /// Runs that failed by a fault of the agent.
    pub failed: u64,
    /// Work that was handed in.
    pub submitted: u64,
    /// Work that was approved in the end.
    pub approved: u64,
    /// Of that, without ever having been sent back.
    pub first_pass: u64,
    /// Milliseconds of all ended runs, waiting for people not counted.
    pub worked_ms: u64,
    /// What its runs cost.
    pub cost: MicroUsd,
    /// What the approved tasks had cost in its runs.
    pub approved_cost: MicroUsd,
    /// When a run of it last said or did something.
    pub heard: Option<Time>,
}
