//! Words with a fixed set of values.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

wire_word! {
    /// Where a task stands.
    pub enum StatusWord { Pending, Ready, InProgress, Review, Done, Failed }
    /// A leg of the chain.
    pub enum LegWord { Prepare, Implement, Review, Approve }
    /// Kinds of holders.
    pub enum HolderKind { Nobody, Person, Agent, Outside }
    /// How a stop of the chain strip looks.
    pub enum StopState {
        /// Over and good.
        Done,
        /// Under way now.
        Current,
        /// Waits for a person.
        Waiting,
        /// Ended badly; being tried again or escalated.
        Failed,
        /// Still to come.
        Next,
    }
    /// Kinds of requests.
    pub enum RequestWord { Review, Permission, Question, Escalation, Conflict, Budget }
    /// How far a run is.
    pub enum RunWord { Starting, Working, Waiting, Ending, Completed, Failed }
    /// What a change of the store touched; surfaces ask again for what they show.
    pub enum Topic { Store, Runs }
    /// Whether an agent can work.
    pub enum AgentWord {
        /// It can start now.
        Available,
        /// It is at work.
        Busy,
        /// It cannot be started, or its last runs failed.
        Error,
        /// It is paused, its program is missing, or nothing is launched for it.
        Offline,
    }
    /// Why a task is not running.
    pub enum WaitWord {
        UnderWay, Over, Request, Turn, NobodyNamed, Dependencies, Circle, BackOff, Parked, Unfit, AgentPaused, Breaker, AgentFull, AccountFull,
        Rate, Budget, InUse, Behind, StatusFull, Full, Starting, Paused, TaskPaused, Untrusted, Unclear,
        /// No engine runs, and it would have to start it.
        NoEngine,
        /// Nothing stands in the way.
        Next,
    }
    /// Kinds of conflicts.
    pub enum ConflictWord { Doubled, EarlyStart, Circle, SameFiles, Forecast, Silent, Stalled, Drift }
    /// How far a conflict is.
    pub enum StageWord {
        /// Nothing was decided yet.
        Open,
        /// The later task waits for the first.
        Queued,
        /// The first has merged; the later one is brought up to it next.
        Due,
        /// It is still there, and fine as it is.
        Accepted,
        /// It is no more.
        Over,
    }
    /// How a conflict can be resolved.
    pub enum ResolveWord {
        /// The later task waits until the first has merged.
        Queue,
        /// It is taken from its holder and tried again.
        Reassign,
        /// It is fine as it is.
        Gone,
    }
    /// Result of a gate.
    pub enum GateWord { Waiting, Running, Passed, Failed }
    /// What a reviewer finds.
    pub enum VerdictWord { Approve, Changes }
    /// What happened to a file.
    pub enum ChangeWord { Added, Modified, Deleted, Renamed }
}
