//! What a person must decide, and what they decided.

use crate::{
    AskId, CallId, CommitId, MicroUsd, RequestId, RunId, Seq, TaskId, Time, budget::BudgetScope,
    conflict::Resolution, event::Actor,
};
use serde::{Deserialize, Serialize};

/// Something a person must decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub id: RequestId,
    /// The task it is about; none for the project as a whole.
    pub task: Option<TaskId>,
    /// What kind, with what the decision needs.
    pub kind: RequestKind,
    /// When it was opened.
    pub since: Time,
    /// The decision, once made.
    pub decided: Option<Decided>,
    /// Why it is void, when it is (its run died, its task moved on).
    pub withdrawn: Option<String>,
}

impl Request {
    /// Whether it still waits.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.decided.is_none() && self.withdrawn.is_none()
    }

    /// The run it is bound to, if any: it dies with that run.
    #[must_use]
    pub const fn run(&self) -> Option<&RunId> {
        match &self.kind {
            RequestKind::Permission { run, .. } | RequestKind::Question { run, .. } => Some(run),
            _ => None,
        }
    }
}

/// A decision that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What.
    pub decision: Decision,
    /// By whom.
    pub by: Actor,
    /// When.
    pub at: Time,
    /// The event that tells it.
    pub seq: Seq,
}

/// Kinds of requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum RequestKind {
    /// Approve the work and merge it, or ask for changes. Bound to the commit that was reviewed.
    Review {
        /// Tip of the task's branch that the decision is about; none without git.
        commit: Option<CommitId>,
    },
    /// May this run use this tool?
    Permission {
        /// The run.
        run: RunId,
        /// The protocol's name of the ask.
        ask: AskId,
        /// The tool.
        tool: String,
        /// Its input as JSON text.
        input: String,
        /// One line for a person.
        summary: String,
        /// Why it is asked.
        reason: Option<String>,
    },
    /// A run asks a question.
    Question {
        /// The run.
        run: RunId,
        /// The call that waits for the answer.
        call: CallId,
        /// The question.
        question: String,
        /// Suggested answers, the recommended one first.
        options: Vec<String>,
    },
    /// The chain cannot go on by itself.
    Escalation {
        /// Why, with what was tried.
        why: String,
    },
    /// The approved work could not be merged.
    Conflict {
        /// Files that conflict, or the user's own changed files in the way.
        files: Vec<String>,
        /// What happened, and what each answer will do.
        why: String,
        /// The commit that was approved.
        commit: Option<CommitId>,
    },
    /// A budget is used up: nothing that would cost more is started.
    Budget {
        /// Which.
        scope: BudgetScope,
        /// What was spent and is reserved.
        spent: MicroUsd,
        /// What there was.
        limit: MicroUsd,
    },
    /// Tasks clash and the engine does not know a safe way out.
    Clash {
        /// The conflict.
        conflict: Seq,
        /// What was seen.
        evidence: String,
        /// What each answer will do.
        options: Vec<Resolution>,
    },
}

impl RequestKind {
    /// Whether the chain of its task waits for it: nothing else happens with the task until it is decided.
    #[must_use]
    pub const fn holds_up(&self) -> bool {
        !matches!(self, Self::Budget { .. } | Self::Clash { .. })
    }

    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Review { .. } => "review",
            Self::Permission { .. } => "permission",
            Self::Question { .. } => "question",
            Self::Escalation { .. } => "escalation",
            Self::Conflict { .. } => "conflict",
            Self::Clash { .. } => "clash",
            Self::Budget { .. } => "budget",
        }
    }
}

/// What a person can decide. Which of them fit depends on the kind:
/// review: approve, changes · permission: allow, deny · question: answer · escalation: retry, give-up ·
/// conflict: retry, changes · budget: raise, give-up · clash: resolve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Decision {
    /// The work is good: merge it.
    Approve {
        /// Words for the record and the merge message.
        note: Option<String>,
    },
    /// Send the work back.
    Changes {
        /// What to change; goes to the implementer with the whole context.
        note: String,
    },
    /// The tool may be used, this once.
    Allow,
    /// The tool may not be used.
    Deny {
        /// What to tell the agent.
        note: Option<String>,
    },
    /// The answer to a question.
    Answer {
        /// The answer.
        text: String,
    },
    /// Try again.
    Retry {
        /// Words for the next holder.
        note: Option<String>,
    },
    /// Leave it.
    GiveUp,
    /// Grant so much more money than the budget says.
    Raise {
        /// How much more.
        by: MicroUsd,
    },
    /// How a clash is resolved.
    Resolve {
        /// How.
        resolution: Resolution,
    },
}

impl Decision {
    /// Whether this decision answers that kind of request.
    #[must_use]
    pub const fn fits(&self, kind: &RequestKind) -> bool {
        matches!(
            (kind, self),
            (
                RequestKind::Review { .. },
                Self::Approve { .. } | Self::Changes { .. }
            ) | (
                RequestKind::Permission { .. },
                Self::Allow | Self::Deny { .. }
            ) | (RequestKind::Question { .. }, Self::Answer { .. })
                | (
                    RequestKind::Escalation { .. },
                    Self::Retry { .. } | Self::GiveUp
                )
                | (
                    RequestKind::Conflict { .. },
                    Self::Retry { .. } | Self::Changes { .. }
                )
                | (
                    RequestKind::Budget { .. },
                    Self::Raise { .. } | Self::GiveUp
                )
                | (RequestKind::Clash { .. }, Self::Resolve { .. })
        )
    }
}
