//! How well the work goes.

use super::{Big, Millis, Money};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire_word! {
    /// Something that is measured.
    pub enum MeasureWord { Throughput, CycleTime, HandOver, FirstPass, HumanShare, Utilisation, FailedStarts, CacheHits, Cost }
    /// What the numbers of a measure are.
    pub enum UnitWord {
        /// Thousandths of tasks a day.
        PerDay,
        /// Milliseconds.
        Span,
        /// Thousandths of the whole.
        Share,
        /// Millionths of a US dollar.
        Money,
    }
}

wire! {
    /// Measures over some days, up to now.
    pub struct InsightsView {
        pub from: Millis,
        pub to: Millis,
        /** How long a step is, in milliseconds; `points` have one number for each. */ pub step: Big,
        pub measures: Vec<MeasureView>,
        /** Agents that worked, those that cost most first. */ pub agents: Vec<AgentInsightView>,
        /** Tasks that cost something, those that cost most first; at most fifty. */ pub tasks: Vec<TaskCostView>,
        /** How many more tasks cost something. */ pub more_tasks: u32,
        pub cost: Money,
    }

    /// One measure.
    pub struct MeasureView {
        pub what: MeasureWord,
        pub unit: UnitWord,
        /** Over the whole time; none when nothing tells it. */ pub value: Option<Big>,
        /** What was aimed at, where an aim is written down. */ pub target: Option<Big>,
        pub more_is_better: bool,
        /** Of how many it was made. */ pub samples: Big,
        pub points: Vec<Option<Big>>,
    }

    /// An agent's part.
    pub struct AgentInsightView {
        pub name: String,
        /** Runs that ended. */ pub runs: Big,
        /** Of those, runs that failed. */ pub failed: Big,
        /** Milliseconds in which it worked; waiting for people not counted. */ pub busy: Big,
        /** Thousandths of the time in which anybody worked. */ pub utilisation: Option<Big>,
        pub cost: Money,
        /** Thousandths of its input tokens that came from the cache. */ pub cache_hits: Option<Big>,
    }

    /// What was spent on a task.
    pub struct TaskCostView { pub task: String, /** None when its file is gone. */ pub title: Option<String>, pub cost: Money, pub runs: Big, pub done: bool }
}
