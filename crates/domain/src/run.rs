//! Runs: one agent process, or one gate command, on one leg of one task.

use crate::{AgentName, CommitId, MicroUsd, RunId, Seq, SessionId, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A leg of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leg {
    /// Flesh the task out: pending → ready.
    Prepare,
    /// Do the work: ready → in-progress → review.
    Implement,
    /// Read the work: approve it or send it back.
    Review,
    /// A person's decision: merge or send back.
    Approve,
}

impl Leg {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Prepare, Self::Implement, Self::Review, Self::Approve];

    /// The word for it in files, commands and prompts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Implement => "implement",
            Self::Review => "review",
            Self::Approve => "approve",
        }
    }

    /// The leg with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|leg| leg.word() == word)
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a run does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Work {
    /// An agent works on a leg.
    Leg {
        /// Which leg.
        leg: Leg,
        /// Which agent.
        agent: AgentName,
        /// Which try on this leg, from 1.
        attempt: u32,
    },
    /// A gate command is run on a commit.
    Gate {
        /// The gate's name in `config.yaml`.
        gate: String,
        /// What it checks.
        commit: Option<CommitId>,
    },
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Decided; its keeper is being started.
    Starting,
    /// At work.
    Working,
    /// Waiting for a person's answer (permission or question).
    Waiting,
    /// Told to stop, or done and closing.
    Ending,
    /// Over; see [`RunEnd`].
    Ended,
}

/// How a run ended. Every way to end has a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RunEnd {
    /// The agent finished its turn, or the gate passed.
    Completed,
    /// The gate's command failed.
    GateFailed {
        /// Its exit code; none when a signal ended it.
        code: Option<i32>,
    },
    /// The agent finished with an error of its own (max turns, budget, crash).
    AgentError {
        /// What it said.
        message: String,
    },
    /// The conversation it was to resume is gone; the next attempt begins a new one.
    ConversationLost {
        /// What the agent said.
        message: String,
    },
    /// Every tool call of the run was denied, so nothing can have been done.
    DeniedEverything,
    /// The provider refuses for now; the account is parked.
    RateLimited {
        /// When to try again, if the provider said so.
        retry_after_s: Option<u64>,
    },
    /// No valid login or key.
    NotLoggedIn {
        /// What the agent said.
        message: String,
    },
    /// The program could not be started.
    CouldNotStart {
        /// Why, and how to mend it.
        message: String,
    },
    /// It ran longer than its limit.
    TimedOut {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// It said nothing for longer than its limit while it should have been working.
    Stalled {
        /// The limit, in seconds.
        limit_s: u64,
    },
    /// Somebody stopped it.
    Stopped {
        /// Why.
        why: String,
    },
    /// A person let it rest: the next run goes on where it was, when they say so.
    Paused {
        /// Why.
        why: String,
    },
    /// Its keeper died without leaving an exit record.
    Lost,
}

impl RunEnd {
    /// Whether the run did what it was started for.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Completed)
    }

    /// Whether trying again cannot help until a person mends something.
    #[must_use]
    pub const fn needs_person(&self) -> bool {
        matches!(self, Self::NotLoggedIn { .. } | Self::CouldNotStart { .. })
    }
}

impl fmt::Display for RunEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::GateFailed { code: Some(code) } => {
                write!(f, "the gate failed with exit code {code}")
            }
            Self::GateFailed { code: None } => f.write_str("the gate was ended by a signal"),
            Self::AgentError { message } => write!(f, "the agent ended with an error: {message}"),
            Self::ConversationLost { message } => {
                write!(
                    f,
                    "there is no conversation to resume ({message}): the next attempt has to start a new one"
                )
            }
            Self::DeniedEverything => {
                f.write_str("every tool call was denied, so nothing was done")
            }
            Self::RateLimited {
                retry_after_s: Some(s),
            } => write!(f, "the provider's limit was reached; it resets in {s} s"),
            Self::RateLimited {
                retry_after_s: None,
            } => f.write_str("the provider's limit was reached"),
            Self::NotLoggedIn { message } => write!(f, "the agent is not logged in: {message}"),
            Self::CouldNotStart { message } => write!(f, "could not start: {message}"),
            Self::TimedOut { limit_s } => write!(f, "it ran longer than {limit_s} s"),
            Self::Stalled { limit_s } => write!(
                f,
                "it was silent for {limit_s} s while it should have been working"
            ),
            Self::Stopped { why } => write!(f, "stopped: {why}"),
            Self::Paused { why } => write!(f, "paused: {why}"),
            Self::Lost => f.write_str("its keeper died without a record of how the run ended"),
        }
    }
}

/// One run, as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its id, also the name of its folder.
    pub id: RunId,
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub work: Work,
    /// How far it is.
    pub status: RunStatus,
    /// The conversation, for agents that have one.
    pub session: Option<SessionId>,
    /// When it was decided.
    pub since: Time,
    /// When it ended.
    pub until: Option<Time>,
    /// How it ended.
    pub end: Option<RunEnd>,
    /// What it has cost so far, of its own (the session's total less what was there at its start).
    pub cost: MicroUsd,
    /// What the holder said when it submitted.
    pub note: Option<String>,
    /// The reviewer's verdict, on a review leg.
    pub verdict: Option<Verdict>,
    /// Up to which byte of `out.jsonl` its signals have been turned into facts.
    pub read_to: u64,
    /// Cost of the session's earlier runs, as the session's total said before this one.
    pub cost_before: MicroUsd,
    /// How far the stop ladder has been climbed, and when the last rung was taken.
    pub halting: Option<(crate::Halt, Time)>,
    /// How its end will be recorded, once it is being ended: its turn is over, or it is being stopped.
    pub halt_why: Option<RunEnd>,
    /// Since when it waits for a person.
    pub waiting_since: Option<Time>,
    /// How long it waited for people in all, in milliseconds; does not count against its time limit.
    pub waited_ms: i64,
    /// Tokens it used so far, input and output.
    #[serde(default)]
    pub tokens: u64,
    /// Requests to the model it made so far, as far as the agent tells.
    #[serde(default)]
    pub requests: u64,
    /// Of those, requests whose price was not told yet.
    #[serde(default)]
    pub unpriced: u64,
    /// What is reckoned for it while its price is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<MicroUsd>,
    /// Its program came up.
    #[serde(default)]
    pub came_up: bool,
    /// Its turn was over by itself, before or while it was ended.
    #[serde(default)]
    pub turn_over: bool,
    /// The event that ended it while its task was waiting for it: the only end of a run that moves a task.
    #[serde(default)]
    pub moved_task: Option<Seq>,
    /// What people said to it in the midst of its turn.
    #[serde(default, skip_serializing_if = "crate::step_in::Words::is_empty")]
    pub words: crate::step_in::Words,
}

impl crate::register::Closes for Run {
    fn is_open(&self) -> bool {
        self.is_live()
    }
}

impl Run {
    /// A run that has just been started.
    #[must_use]
    pub fn new(id: RunId, task: TaskId, work: Work, since: Time) -> Self {
        // A gate's program says nothing before its end: it works at once.
        let status = match work {
            Work::Gate { .. } => RunStatus::Working,
            Work::Leg { .. } => RunStatus::Starting,
        };
        Self {
            id,
            task,
            work,
            status,
            session: None,
            since,
            until: None,
            end: None,
            cost: MicroUsd(0),
            note: None,
            verdict: None,
            read_to: 0,
            cost_before: MicroUsd(0),
            halting: None,
            halt_why: None,
            waiting_since: None,
            waited_ms: 0,
            tokens: 0,
            requests: 0,
            unpriced: 0,
            cap: None,
            came_up: false,
            turn_over: false,
            moved_task: None,
            words: Default::default(),
        }
    }

    /// Whether it is not over.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status != RunStatus::Ended
    }

    /// The leg, if an agent works on one.
    #[must_use]
    pub const fn leg(&self) -> Option<Leg> {
        match self.work {
            Work::Leg { leg, .. } => Some(leg),
            Work::Gate { .. } => None,
        }
    }

    /// The agent, if it is one.
    #[must_use]
    pub const fn agent(&self) -> Option<&AgentName> {
        match &self.work {
            Work::Leg { agent, .. } => Some(agent),
            Work::Gate { .. } => None,
        }
    }
}

/// What a reviewer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Good as it is.
    Approve,
    /// It has to change.
    Changes,
}
