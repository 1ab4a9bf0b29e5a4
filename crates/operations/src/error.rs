//! Errors of operations: a kind that programs can act on, a message that says what is wrong, hints that say how to mend it.

use crate::wire::ErrorView;
use orchestron_domain::{Leg, Status, TaskId, ids::IdError};
use orchestron_engine::{
    StoreError,
    ports::{PortError, PortErrorKind},
};
use thiserror::Error;

/// Why an operation did not do what was asked. Nothing was changed then, unless the message says so.
#[derive(Debug, Error)]
pub enum OpError {
    /// The store or the world said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A text is no id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An input field is wrong.
    #[error("{field}: {what}")]
    Input {
        /// The field.
        field: &'static str,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// The input does not have the fields that the operation takes.
    #[error("{operation}: {what}")]
    Fields {
        /// The operation.
        operation: &'static str,
        /// The field that is wrong, when it is one.
        field: Option<String>,
        /// What is wrong, and what would be right.
        what: String,
    },
    /// The output has no JSON. A fault of ours.
    #[error("{operation}: the answer cannot be written: {what}")]
    Answer {
        /// The operation.
        operation: &'static str,
        /// Why.
        what: String,
    },
    /// Only the person at this machine may do this.
    #[error("{who} may not {what}: only the person at this machine may")]
    Forbidden {
        /// Who asked.
        who: String,
        /// For what.
        what: String,
    },
    /// The leg belongs to somebody else.
    #[error("the {leg} leg of {task} is {holder}'s, not {who}'s")]
    NotYours {
        /// The task.
        task: TaskId,
        /// The leg.
        leg: Leg,
        /// Whose it is.
        holder: String,
        /// Who asked.
        who: String,
    },
    /// Something else has to happen first.
    #[error("{task} cannot be {done} now: {why}")]
    NotNow {
        /// The task.
        task: TaskId,
        /// What was asked for: `claimed`, `submitted`.
        done: &'static str,
        /// What stands in the way.
        why: String,
        /// How to go on.
        cure: String,
    },
    /// It cannot be undone without losing something.
    #[error("this is not undone: {why}")]
    NotUndone {
        /// Why.
        why: String,
        /// How to do it by hand.
        cure: String,
    },
    /// There is no place where its work lies.
    #[error("{task} has no worktree, so there is no work to take")]
    NoWorktree {
        /// The task.
        task: TaskId,
    },
    /// There is no operation of that name.
    #[error("there is no operation `{name}`")]
    NoOperation {
        /// What was asked for.
        name: String,
    },
    /// The task stands where this cannot be done.
    #[error("{task} is {found}; only a task that is {wanted} can be {done}")]
    WrongStatus {
        /// The task.
        task: TaskId,
        /// Where it stands.
        found: Status,
        /// What was asked for: `claimed`, `submitted`.
        done: &'static str,
        /// Where it would have to stand.
        wanted: &'static str,
    },
    /// Somebody else holds the task.
    #[error("{task} is held by {holder}")]
    Held {
        /// The task.
        task: TaskId,
        /// Who has it.
        holder: String,
    },
    /// The task waits for others.
    #[error("{task} waits for {}", waits_for.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Blocked {
        /// The task.
        task: TaskId,
        /// What is not done yet.
        waits_for: Vec<TaskId>,
    },
    /// There is no request of that id.
    #[error("there is no request R-{id}")]
    NoRequest {
        /// The id.
        id: u64,
    },
    /// There is no conflict of that id.
    #[error("there is no conflict {id}")]
    NoConflict {
        /// The id.
        id: u64,
    },
    /// The conflict is no more.
    #[error("conflict {id} is over")]
    ConflictOver {
        /// The conflict.
        id: u64,
    },
    /// The request is decided or withdrawn.
    #[error("request R-{id} {why}")]
    RequestClosed {
        /// The request.
        id: u64,
        /// What became of it.
        why: String,
    },
    /// The decision does not answer that kind of request.
    #[error("{} {kind} cannot be answered with `{decision}`", article(kind))]
    Unfit {
        /// What is asked.
        kind: &'static str,
        /// What was answered.
        decision: &'static str,
    },
    /// What the person looked at is not what would be decided about.
    #[error(
        "{task} has changed since you looked at it: you decided about {seen}, its branch is at {now}"
    )]
    Stale {
        /// The task.
        task: TaskId,
        /// The commit that was looked at.
        seen: String,
        /// The commit there is now.
        now: String,
    },
    /// Somebody else saved a context meanwhile.
    #[error("{task}: you saved on version {given}, but version {there} is there: {theirs}")]
    StaleContext {
        /// The task.
        task: TaskId,
        /// The version that was named.
        given: u64,
        /// The version there is.
        there: u64,
        /// What it says, as JSON.
        theirs: String,
    },
    /// What was looked at before it was accepted is not what the configuration says.
    #[error(
        "what the configuration wants to run is not what you looked at, so nothing was accepted"
    )]
    CommandsChanged,
    /// There is nothing to decide about the task.
    #[error("nothing about {task} waits for a decision: it is {found}")]
    NothingToDecide {
        /// The task.
        task: TaskId,
        /// Where it stands, in words.
        found: String,
    },
    /// Only a run has a leg of its own.
    #[error("this is for a run at work on a leg; nobody is one here")]
    NotARun,
    /// The run that asks has no leg any more.
    #[error("the run {run} is not at work on a leg")]
    RunOver {
        /// The run.
        run: orchestron_domain::RunId,
    },
    /// The holder has no session that goes on.
    #[error("{who} has no session that goes on")]
    NoSession {
        /// Who.
        who: String,
    },
    /// There is no run of that id.
    #[error("there is no run {run}")]
    NoRun {
        /// The id.
        run: String,
    },
}

impl From<orchestron_domain::said::Wrong> for OpError {
    fn from(wrong: orchestron_domain::said::Wrong) -> Self {
        Self::Input {
            field: wrong.field,
            what: wrong.what,
        }
    }
}

impl From<PortError> for OpError {
    fn from(error: PortError) -> Self {
        Self::Store(StoreError::Port(error))
    }
}

impl OpError {
    /// The stable word for this kind of error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Store(StoreError::NoTask { .. }) => "task_not_found",
            Self::Store(StoreError::Unclear { .. } | StoreError::File { .. }) => {
                "task_file_malformed"
            }
            Self::Store(StoreError::Move(_)) => "task_moved",
            Self::Store(StoreError::Edit { .. }) => "edit_refused",
            Self::Store(StoreError::Config { .. }) => "config_wrong",
            Self::Store(StoreError::Busy { .. }) => "file_busy",
            Self::Store(StoreError::Port(error)) => port_code(error.kind),
            Self::Id(_) | Self::Input { .. } | Self::Fields { .. } => "input_invalid",
            Self::Answer { .. } => "world",
            Self::Forbidden { .. } => "not_allowed",
            Self::NotYours { .. } => "leg_not_yours",
            Self::NotNow { .. } => "not_now",
            Self::NotUndone { .. } => "not_undone",
            Self::NoWorktree { .. } => "no_worktree",
            Self::NoOperation { .. } => "operation_unknown",
            Self::WrongStatus { .. } => "status_wrong",
            Self::Held { .. } => "task_held",
            Self::Blocked { .. } => "task_blocked",
            Self::NoRequest { .. } => "request_not_found",
            Self::RequestClosed { .. } => "request_closed",
            Self::NoConflict { .. } => "conflict_not_found",
            Self::ConflictOver { .. } => "conflict_over",
            Self::Unfit { .. } => "decision_unfit",
            Self::Stale { .. } => "decision_stale",
            Self::StaleContext { .. } => "context_stale",
            Self::CommandsChanged => "commands_changed",
            Self::NothingToDecide { .. } => "nothing_to_decide",
            Self::NotARun => "not_a_run",
            Self::RunOver { .. } => "run_over",
            Self::NoSession { .. } => "session_over",
            Self::NoRun { .. } => "run_not_found",
        }
    }

    /// How to mend it.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Store(StoreError::NoTask { .. }) => {
                vec!["`orchestron list` shows all tasks".into()]
            }
            Self::Store(StoreError::Unclear { problems, .. }) => problems
                .iter()
                .map(|p| format!("{}: {}", p.path, p.cure))
                .collect(),
            Self::Store(StoreError::File { error, .. }) => vec![error.cure()],
            Self::Store(StoreError::Port(error)) => error.cure.iter().cloned().collect(),
            Self::Held { task, .. } => vec![
                format!("`orchestron show {task}` tells since when and what it does"),
                "only one agent holds a task at a time".into(),
            ],
            Self::StaleContext { there, .. } => vec![format!(
                "merge yours into it and save again with version {there}"
            )],
            Self::Stale { task, .. } => vec![
                format!("look again (`orchestron show {task} --diff`), then decide"),
                format!(
                    "when its branch was moved by hand, `orchestron reject {task} -m \"…\"` lets the gates be run on it anew"
                ),
            ],
            Self::WrongStatus {
                task,
                found: Status::Ready,
                done: "submitted",
                ..
            } => vec![format!("`orchestron claim {task}` takes it first")],
            Self::WrongStatus { task, .. } => vec![format!(
                "`orchestron show {task}` tells where it stands and whose turn it is"
            )],
            Self::NotYours { task, who, .. } => vec![format!(
                "name `{who}` under `## Agent` of {task} or in the chain of .mcp/config.yaml"
            )],
            Self::NotNow { cure, .. } | Self::NotUndone { cure, .. } => vec![cure.clone()],
            Self::NoWorktree { task } => vec![format!(
                "`orchestron claim {task}` makes it from the task's branch"
            )],
            Self::NoRequest { .. } | Self::RequestClosed { .. } => {
                vec!["`orchestron requests` shows what is open".into()]
            }
            Self::NoConflict { .. } | Self::ConflictOver { .. } => {
                vec!["`orchestron conflicts` shows what clashes".into()]
            }
            Self::Unfit { kind, .. } => {
                vec![format!(
                    "{} {kind} is answered with {}",
                    article(kind),
                    fitting(kind)
                )]
            }
            Self::NoOperation { .. } => vec!["`orchestron --help` shows what there is".into()],
            Self::Blocked { .. } => {
                vec!["finish those first, or remove them under `## Depends On`".into()]
            }
            Self::CommandsChanged => {
                vec!["it was changed meanwhile: look again, then accept".into()]
            }
            Self::Forbidden { .. } => {
                vec!["the person decides in the window, or in a terminal of their own".into()]
            }
            Self::NothingToDecide { task, .. } => {
                vec![format!("`orchestron show {task}` tells what it waits for")]
            }
            _ => Vec::new(),
        }
    }

    /// The error as surfaces show it.
    #[must_use]
    pub fn view(&self) -> ErrorView {
        let field = match self {
            Self::Input { field, .. } => Some((*field).to_owned()),
            Self::Fields { field, .. } => field.clone(),
            Self::Id(_) => Some("task".to_owned()),
            _ => None,
        };
        ErrorView {
            code: self.code().to_owned(),
            message: self.to_string(),
            hints: self.hints(),
            field,
        }
    }
}

/// `an escalation`, `a review`.
fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

/// Decisions that answer a kind of request.
fn fitting(kind: &str) -> &'static str {
    match kind {
        "review" => "`approve` or `changes`",
        "permission" => "`allow` or `deny`",
        "question" => "`answer`",
        "escalation" => "`retry` or `give-up`",
        "clash" => "`orchestron resolve`",
        _ => "`retry` or `changes`",
    }
}

const fn port_code(kind: PortErrorKind) -> &'static str {
    match kind {
        PortErrorKind::Missing => "missing",
        PortErrorKind::Exists => "exists",
        PortErrorKind::Changed => "changed_meanwhile",
        PortErrorKind::Held => "held",
        PortErrorKind::Malformed => "malformed",
        PortErrorKind::NoRoom => "no_room",
        PortErrorKind::Overtaken => "overtaken",
        PortErrorKind::Other => "world",
    }
}
