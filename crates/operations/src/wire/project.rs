//! The project as a whole: what it is, what it may run, its keys.

use super::{AgentView, Big, Money};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire! {
    /// Something wrong with a file, with its cure.
    pub struct ProblemView { pub path: String, pub line: Option<u32>, pub what: String, pub cure: String }

    /// The engine as seen from here.
    pub struct EngineView {
        /** Whether some process holds the project's lease. */ pub running: bool,
        /** Why nothing is started, when paused. */ pub paused: Option<String>,
        /** Whether this project's commands were trusted on this machine. */ pub trusted: bool,
    }

    /// The project as a whole.
    pub struct ProjectView {
        pub name: String,
        /** Absolute path. */ pub path: String,
        pub git: bool,
        pub base_branch: Option<String>,
        /** Runs on the scripted model: nothing is sent anywhere. */ pub scripted: bool,
        pub engine: EngineView,
        pub agents: Vec<AgentView>,
        pub tasks: u32,
        pub in_flight: u32,
        pub needs_you: u32,
        pub spent_today: Money,
        /** What may be spent today; none = no budget for a day. */ pub budget_today: Option<Money>,
        /** Median time from one holder's end to the next one's start, of the last 100, in milliseconds. */ pub median_handoff: Option<Big>,
        pub problems: Vec<ProblemView>,
        /** Position of the newest event; changes whenever anything did. */ pub generation: Big,
        pub version: String,
    }

    /// What the configuration wants to run on this machine, and whether that was accepted.
    pub struct CommandsView {
        /** Whether exactly this was accepted. */ pub trusted: bool,
        /** Everything, as `trust` takes it back from whoever has read it. */ pub text: String,
        /** The same, line by line. */ pub commands: Vec<CommandView>,
    }

    /// One line of it.
    pub struct CommandView { pub text: String, /** Not among what was accepted last. */ pub fresh: bool }

    /// Keys: which accounts have one, and where; never the key.
    pub struct KeysView {
        /** Which store is used, or why none is. */ pub store: String,
        pub usable: bool,
        pub accounts: Vec<KeyView>,
    }

    /// One account's key.
    pub struct KeyView { pub account: String, /** `keyring`, `environment` or none. */ pub source: Option<String>, pub agents: Vec<String> }
}
