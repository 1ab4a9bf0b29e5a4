//! What a person must decide, and what they decided.

use crate::{
    AgentName, AskId, CallId, CommitId, MicroUsd, RequestId, Run, RunId, Seq, State, TaskId, Time,
    budget::BudgetScope, conflict::Resolution, event::Actor,
};
use serde::{Deserialize, Serialize};

/// Why a question that nobody answered in time is void.
pub const LAPSED: &str = "nobody answered in time; its asker went on with the default it had named";

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

impl crate::register::Closes for Request {
    fn is_open(&self) -> bool {
        Self::is_open(self)
    }
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
            RequestKind::Permission { run, .. } => Some(run),
            RequestKind::Question(question) => question.run.as_ref(),
            _ => None,
        }
    }

    /// Whether its asker went on with the default it had named.
    #[must_use]
    pub fn has_lapsed(&self) -> bool {
        self.withdrawn.as_deref() == Some(LAPSED)
    }

    /// When it closes by itself with the answer its asker named beforehand.
    #[must_use]
    pub const fn until(&self) -> Option<Time> {
        match &self.kind {
            RequestKind::Question(Question {
                fallback: Some(fallback),
                ..
            }) => Some(fallback.until),
            _ => None,
        }
    }
}

/// A question to the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The run that asks; none when a holder outside does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The call over the run's own pipe that waits for the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// The holder outside that asks; none for a run, and for the person's own client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<AgentName>,
    /// The question.
    pub question: String,
    /// Suggested answers, the recommended one first.
    pub options: Vec<String>,
    /// What the asker goes on with when nobody answers in time. It answers this question and approves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

impl Question {
    /// Who asks: an agent, a holder outside, or the person's own client.
    #[must_use]
    pub fn asker(&self, state: &State) -> String {
        let agent = self.run.as_ref().map(|run| {
            let found = state.runs.get(run).and_then(Run::agent);
            found.map_or_else(|| run.to_string(), ToString::to_string)
        });
        agent
            .or_else(|| self.from.as_ref().map(ToString::to_string))
            .unwrap_or_else(|| "your client".to_owned())
    }

    /// What the asker is told when nobody answered in time; none when it waits for as long as it takes.
    #[must_use]
    pub fn lapsed(&self) -> Option<String> {
        let fallback = self.fallback.as_ref()?;
        Some(format!(
            "Nobody answered in time, so this is your own default and no person's answer: {}\nIt answers this question only and approves nothing; say in your note that it was not confirmed.",
            fallback.answer
        ))
    }
}

/// An answer that stands when nobody gives another in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fallback {
    /// The answer.
    pub answer: String,
    /// When it stands.
    pub until: Time,
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
    /// A holder asks a question.
    Question(Question),
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

    /// Whether it is asked in the middle of work: whoever holds the task goes on holding it.
    #[must_use]
    pub const fn is_aside(&self) -> bool {
        matches!(self, Self::Permission { .. } | Self::Question(_))
    }

    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Review { .. } => "review",
            Self::Permission { .. } => "permission",
            Self::Question(_) => "question",
            Self::Escalation { .. } => "escalation",
            Self::Conflict { .. } => "conflict",
            Self::Clash { .. } => "clash",
            Self::Budget { .. } => "budget",
        }
    }
}

/// What a person can decide. Which of them fit depends on the kind:
/// review: approve, changes · permission: allow, allow-alike, deny · question: answer · escalation: retry, give-up ·
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
    /// The tool may be used like this as long as the task lasts.
    AllowAlike,
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
                Self::Allow | Self::AllowAlike | Self::Deny { .. }
            ) | (RequestKind::Question(_), Self::Answer { .. })
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
