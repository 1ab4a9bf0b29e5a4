//! Faults that can be planted into the core, to prove that the simulator (`./dev sim --faults`) would find them.
//!
//! Only a build with the feature `planted` has them; without it [`is`] is `false` at compile time and nothing of them is left.

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $words:literal),+ $(,)?) => {
        /// A fault somebody could make.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault { $($(#[$doc])* $name),+ }

        impl Fault {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The fault in a few words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words),+ }
            }
        }
    };
}

faults! {
    /// An engine that lost its lease may go on.
    NoFence = "no fence check",
    /// The end of any run moves its task.
    LateEnd = "a late end moves the task",
    /// Two tasks may be about the same files.
    SameFiles = "no exclusion of tasks about the same files",
    /// A run that fails is not counted.
    SilentFailure = "a failure nobody hears of",
    /// Money is not looked at.
    NoBudget = "no budget check",
    /// A session's total counts anew each time it is told.
    DoubleCost = "a total is counted as a difference",
    /// A run that did not tell its price has cost nothing.
    Optimist = "an untold price counts as nothing",
    /// When money runs out nobody is asked.
    NoBudgetRequest = "nobody is asked for money",
    /// A decision on a closed request counts.
    StaleApproval = "a stale approval is accepted",
    /// The tip is merged instead of what was approved.
    MergesTip = "the tip is merged, not what was approved",
    /// What was asked about a task stands although somebody moved it by hand.
    ApprovalStands = "a request stands although its task was moved by hand",
    /// Facts behind the decided point are taken as decided at a start.
    NoRecovery = "facts that were not decided before a crash are not decided after it",
    /// Commands without an outcome are forgotten at a start.
    NoRedo = "commands without an outcome are not carried out again",
    /// Any number of agents may work.
    NoParallel = "no limit on agents at once",
    /// An agent may have any number of runs.
    NoInstances = "no limit on runs of one agent",
    /// A reviewer's words are not passed on.
    NoFeedback = "feedback is lost",
    /// Tasks start before what they depend on is done.
    NoDependencies = "dependencies are ignored",
    /// A task that has a holder is claimed again.
    DoubleClaim = "a task is claimed twice",
    /// A program that cannot be started is tried for ever.
    NoBreaker = "no breaker for programs that cannot be started",
    /// A run that says nothing is never stopped.
    NoTimeout = "a silent run is never stopped",
    /// A run whose task was taken away goes on.
    NoHalt = "the run of a task that was taken away goes on",
}

#[cfg(feature = "planted")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// Plants a fault for this thread, or takes it out again.
#[cfg(feature = "planted")]
pub fn plant(fault: Option<Fault>) {
    PLANTED.set(fault);
}

/// Whether this fault is planted.
#[cfg(feature = "planted")]
#[must_use]
pub fn is(fault: Fault) -> bool {
    PLANTED.get() == Some(fault)
}

/// Whether this fault is planted: never, in this build.
#[cfg(not(feature = "planted"))]
#[must_use]
pub const fn is(_: Fault) -> bool {
    false
}
