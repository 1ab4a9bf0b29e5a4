//! Why a task is not running, and what its approval would start.

use super::{HolderView, LegWord, Millis, StatusWord, WaitWord};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// One reason why a task is not running.
    pub struct ReasonView {
        pub kind: WaitWord,
        /** What was seen, in a sentence. */ pub evidence: String,
        /** What would change it. */ pub change: String,
        /** Tasks that have to do with it. */ pub tasks: Vec<String>,
        /** The agent it is about. */ pub agent: Option<String>,
        /** Files it is about. */ pub files: Vec<String>,
        /** When it passes by itself, when that is known. */ pub until: Option<Millis>,
    }

    /// Who would take a leg now, and why not the others.
    pub struct RouteView { pub to: Option<String>, /** In a sentence. */ pub why: String, pub passed: Vec<PassedView> }

    /// Somebody who was passed over.
    pub struct PassedView { pub agent: String, /** What follows its name: `has 2 of 2 runs`. */ pub why: String }

    /// Why a task is not running.
    pub struct WhyView {
        pub task: String,
        pub title: String,
        pub status: StatusWord,
        /** Whose leg it is; none when it is over. */ pub leg: Option<LegWord>,
        /** Whose turn it is. */ pub turn: HolderView,
        /** Every reason, the most important first. */ pub reasons: Vec<ReasonView>,
        /** Who would take it, when that is an agent. */ pub route: Option<RouteView>,
        /** Its place among the tasks that only wait for a place, from 1. */ pub position: Option<u32>,
        /** Those that go before it, in order; the first ten. */ pub before: Vec<String>,
        /** Whether it is among those that start at once. */ pub starts_next: bool,
        /** What its file says. */ pub priority: String,
        /** As what it counts by now: who waits long becomes more urgent. */ pub counts_as: String,
        /** Since when only places keep it from starting. */ pub waiting_since: Option<Millis>,
        /** Its place that was given by hand (`order`). */ pub order: Option<i32>,
        /** What the rules of the configuration did with it, newest first, and what they would do with it where it stands. */ pub rules: Vec<RuleToldView>,
    }

    /// What a rule did or would do with a task.
    pub struct RuleToldView {
        pub rule: String,
        /** What follows its name, in a sentence. */ pub text: String,
        /** When it moved the task, if it did. */ pub moved: Option<Millis>,
    }

    /// What the approval of a task would start.
    pub struct ImpactView {
        pub task: String,
        pub title: String,
        /** Tasks for which it is the last thing they wait for, in the order they get places. */ pub starts: Vec<StartView>,
        /** Tasks that wait for others still. */ pub still_waits: Vec<StillWaitsView>,
        /** All tasks that wait for it, also by way of others. */ pub all: Vec<String>,
    }

    /// A task that could start.
    pub struct StartView {
        pub task: String,
        pub title: String,
        pub leg: LegWord,
        /** Who would take it. */ pub who: HolderView,
        /** Why that one, or why nobody. */ pub why: String,
        /** Its place in the line, from 1; none when it needs no agent. */ pub position: Option<u32>,
        pub at_once: bool,
        /** What would still keep it from starting. */ pub holds: WaitWord,
    }

    /// A task that waits for others still.
    pub struct StillWaitsView { pub task: String, pub title: String, pub waits_for: Vec<String> }
}
