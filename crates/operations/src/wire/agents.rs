//! Agents and their records.

use super::{AgentWord, Big, HolderKind, LegWord, Millis, Money};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// An agent or outside holder of the chain.
    pub struct AgentView {
        pub name: String,
        pub kind: HolderKind,
        /** Which coding agent (`claude`), when launched by us. */ pub cli: Option<String>,
        pub model: Option<String>,
        pub persona: Option<String>,
        /** Legs it has in the chain. */ pub legs: Vec<LegWord>,
        pub busy: bool,
        /** What it does now. */ pub task: Option<String>,
        pub doing: Option<String>,
        pub account: String,
        /** What is missing before it can be started, with the cure. */ pub missing: Option<String>,
    }

    /// An agent with its record: one line of the registry.
    pub struct RegisteredView {
        pub agent: AgentView,
        pub status: AgentWord,
        /** Why it is in error or offline. */ pub why: Option<String>,
        /** What it works on now. */ pub tasks: Vec<String>,
        /** Runs it has, those that are about to start included. */ pub runs: u32,
        /** Runs it may have at once; none = as many as there are places. */ pub instances: Option<u32>,
        pub capabilities: Vec<String>,
        /** When a run of it last said or did something. */ pub heard: Option<Millis>,
        /** Runs that did what they were started for. */ pub completed: Big,
        /** Runs that failed by a fault of the agent. */ pub failed: Big,
        /** Failed runs since the last good one. */ pub failed_in_a_row: u32,
        /** Work that was handed in. */ pub submitted: Big,
        /** Tasks it worked on that were approved. */ pub approved: Big,
        /** How long a run takes on average, in milliseconds, waiting for people not counted. */ pub average: Option<Big>,
        /** Failed runs, in percent of those that tell something. */ pub error_rate: Option<u32>,
        /** Work that passed without ever coming back, in percent, once five pieces were judged. */ pub first_pass: Option<u32>,
        /** The same, by leg, however few were judged. */ pub legs: Vec<JudgedView>,
        pub cost: Money,
        pub cost_per_approved: Option<Money>,
    }

    /// How an agent's work on a leg was judged.
    pub struct JudgedView { pub leg: LegWord, /** Pieces of work. */ pub all: Big, /** Of those, good at the first try. */ pub first_pass: Big }
}
