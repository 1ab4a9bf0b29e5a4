//! What clashes: tasks that lie in two places, start too early, touch the same files, would not merge, fall silent or stall.
//!
//! [`found`] tells what follows from the state as it is: conflicts that are there and not told yet, branches to compare, and what to do
//! about what was found. [`decide`] adds what only a single fact tells. Two tasks that would collide are ordered: the later one waits
//! [`behind`] the first, is brought up to it when it has merged, and goes on.

mod circle;
#[cfg(test)]
mod circle_tests;
mod detect;
mod files;
mod order;
mod resolve;
#[cfg(test)]
mod tests;

pub use detect::{found, next_deadline};
pub use files::{Claims, Pattern, declared, near};
pub use order::{Behind, InUse, behind, claims, in_use, is_live};
pub use resolve::{decide, is_due, options};

use crate::{
    Actor, Command, CommitId, Decision, Event, Fact, RequestKind, Seq, State, Status, TaskId, Time,
    state::{Step, Touched},
};
use serde::{Deserialize, Serialize};

/// Kinds of conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// One id lies in two folders, or was given to two holders.
    Doubled,
    /// Work began before a dependency was done.
    EarlyStart,
    /// Tasks wait for each other in a circle.
    Circle,
    /// Two live tasks declare or touch the same files.
    SameFiles,
    /// Two live branches would not merge.
    Forecast,
    /// An agent is silent for longer than its limit.
    Silent,
    /// No progress for a long time.
    Stalled,
    /// The work touches files that its plan does not name.
    Drift,
}

impl ConflictKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Doubled => "doubled",
            Self::EarlyStart => "early-start",
            Self::Circle => "circle",
            Self::SameFiles => "same-files",
            Self::Forecast => "forecast",
            Self::Silent => "silent",
            Self::Stalled => "stalled",
            Self::Drift => "drift",
        }
    }
}

/// How a conflict is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Resolution {
    /// Another agent takes it.
    Reassign,
    /// `task` waits until `behind` is merged, is brought up to it, and goes on.
    Queue {
        /// Who waits.
        task: TaskId,
        /// For whom.
        behind: TaskId,
    },
    /// A person decides.
    Escalate,
    /// It went away by itself, or is accepted as it is.
    Gone,
}

/// Something that clashes, as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Its id: the event that told it.
    pub id: Seq,
    /// What kind.
    pub kind: ConflictKind,
    /// The tasks, the one that came first first.
    pub tasks: Vec<TaskId>,
    /// The files, where there are some.
    pub files: Vec<String>,
    /// What was seen.
    pub evidence: String,
    /// Since when.
    pub since: Time,
    /// How and why and when it was resolved.
    pub resolved: Option<(Resolution, String, Time)>,
    /// How far it is. What is resolved may still be in force: the later task waits.
    #[serde(default)]
    pub stage: Stage,
    /// Why the engine could not resolve it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stuck: Option<String>,
    /// When the later task was sent back because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_back: Option<Time>,
}

/// How far a conflict is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nothing was decided yet.
    #[default]
    Open,
    /// The later task waits for the first.
    Queued,
    /// The first has merged: the later one is to be brought up to it.
    Due,
    /// It is still there, and fine as it is.
    Accepted,
    /// It is no more.
    Over,
}

impl Conflict {
    /// Whether it is still there, resolved or not.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.stage != Stage::Over
    }

    /// Whether it is about this: the kind, and the tasks in any order.
    #[must_use]
    pub fn is_about(&self, kind: ConflictKind, tasks: &[TaskId]) -> bool {
        self.kind == kind
            && self.tasks.len() == tasks.len()
            && tasks.iter().all(|task| self.tasks.contains(task))
    }
}

/// The newest merge into the base branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// Whose work it was.
    pub task: TaskId,
    /// The merge commit.
    pub commit: CommitId,
    /// The base branch.
    pub into: String,
}

/// What merging two branches would run into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// The two tips that were compared, in the order of the tasks.
    pub tips: (CommitId, CommitId),
    /// Files that would conflict; empty when the merge is clean.
    pub files: Vec<String>,
}

/// Resolved conflicts kept in memory; older ones are in the log.
const KEPT: usize = 200;

/// Changes `state` by a fact: what it tells about conflicts, and what it means for those there are.
pub(crate) fn apply(state: &mut State, event: &Event) {
    went_on(state, event);
    over(state, event);
    match &event.fact {
        Fact::WorkSeen { task, tip, files } => {
            if let Some(found) = state.tasks.get_mut(task) {
                found.touched = Some(Touched {
                    tip: tip.clone(),
                    files: files.clone(),
                });
            }
        }
        Fact::Committed { task, commit, .. } => {
            let found = state.tasks.get_mut(task);
            if let Some(touched) = found.and_then(|found| found.touched.as_mut()) {
                touched.tip.clone_from(commit);
            }
        }
        Fact::Forecasted { one, other, files } => {
            let tips = (one.1.clone(), other.1.clone());
            let files = files.clone();
            let pair = (one.0.clone(), other.0.clone());
            state.forecasts.insert(pair, Forecast { tips, files });
        }
        Fact::CaughtUp { task, tip, files } => {
            resolve::caught_up(state, event.at, task, tip, files)
        }
        Fact::ConflictFound { .. } | Fact::ConflictResolved { .. } => record(state, event),
        Fact::RequestDecided {
            request,
            decision: Decision::Resolve { .. },
        } => {
            let kind = state.requests.get(request).map(|found| &found.kind);
            if let Some(RequestKind::Clash { conflict, .. }) = kind
                && let Some(found) = state.conflicts.get_mut(conflict)
            {
                found.stuck = None; // a person knows the way
            }
        }
        Fact::Merged { task, commit, into } => {
            if let Some(commit) = commit.clone() {
                let (task, into) = (task.clone(), into.clone());
                state.landed = Some(Landed { task, commit, into });
            }
            first_is_in(state, task);
            forget_forecasts(state, task);
        }
        Fact::TaskMoved { task, to, .. } => {
            match to {
                Status::Done => first_is_in(state, task),
                Status::InProgress | Status::Review => return,
                _ => {}
            }
            forget_forecasts(state, task);
        }
        Fact::TaskRemoved { task, .. } => forget_forecasts(state, task),
        Fact::CommandFailed { command, error } => failed(state, command, error),
        _ => {}
    }
}

/// What was only accepted is over when what it was about is.
fn over(state: &mut State, event: &Event) {
    let (task, of_run) = match &event.fact {
        Fact::TaskMoved {
            to: Status::InProgress | Status::Review,
            ..
        } => return,
        Fact::TaskMoved { task, .. } | Fact::TaskRemoved { task, .. } => (task.clone(), false),
        Fact::RunEnded { run, .. } => match state.runs.get(run) {
            Some(run) => (run.task.clone(), true),
            None => return,
        },
        _ => return,
    };
    for conflict in state.conflicts.values_mut() {
        let kind = conflict.kind;
        let ends = match kind {
            ConflictKind::Silent => of_run,
            ConflictKind::Doubled | ConflictKind::Circle => false,
            _ => !of_run,
        };
        if conflict.stage == Stage::Accepted && ends && conflict.tasks.contains(&task) {
            conflict.stage = Stage::Over;
        }
    }
}

/// When something last went forward with a task.
fn went_on(state: &mut State, event: &Event) {
    let task = match &event.fact {
        // The same files at the same tip again are no progress.
        Fact::WorkSeen { task, tip, files } => {
            let seen = state
                .tasks
                .get(task)
                .and_then(|found| found.touched.as_ref());
            if seen.is_some_and(|seen| seen.tip == *tip && seen.files == *files) {
                return;
            }
            Some(task.clone())
        }
        // While nobody was there, or nothing was to go on, nothing could.
        Fact::EngineStarted { .. } | Fact::Resumed { .. } => {
            let tasks = state.tasks.values_mut();
            for found in tasks.filter(|found| found.step != Step::Idle) {
                found.went_on = Some(event.at);
            }
            return;
        }
        Fact::RequestOpened { .. } | Fact::Failed { .. } => None,
        Fact::RequestDecided { request, .. } => {
            let request = state.requests.get(request);
            request.and_then(|found| found.task.clone())
        }
        Fact::ToolCalled { run, .. }
        | Fact::PersonSaid { run, .. }
        | Fact::PersonIntervened { run, .. }
        | Fact::RunEnded { run, .. } => state.runs.get(run).map(|found| found.task.clone()),
        other => other.task().cloned(),
    };
    if let Some(found) = task.and_then(|task| state.tasks.get_mut(&task)) {
        found.went_on = Some(event.at);
    }
}

fn record(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::ConflictFound {
            kind,
            tasks,
            files,
            evidence,
        } => {
            let conflict = Conflict {
                id: event.seq,
                kind: *kind,
                tasks: tasks.clone(),
                files: files.clone(),
                evidence: evidence.clone(),
                since: event.at,
                resolved: None,
                stage: Stage::Open,
                stuck: None,
                sent_back: None,
            };
            state.conflicts.insert(event.seq, conflict);
            prune(state);
        }
        Fact::ConflictResolved {
            conflict,
            resolution,
            why,
        } => {
            let over = match resolution {
                Resolution::Queue { task, behind } => {
                    take_back_review(state, task);
                    logged(state, behind) == Some(Status::Done)
                }
                _ => false,
            };
            let Some(found) = state.conflicts.get_mut(conflict) else {
                return;
            };
            found.stage = match resolution {
                Resolution::Queue { .. } if over => Stage::Due,
                Resolution::Queue { .. } => Stage::Queued,
                // What a person accepts is not told again while it is there.
                Resolution::Gone if event.by == Actor::Person || why.starts_with(ACCEPTED) => {
                    found.resolved = None; // no order any more
                    Stage::Accepted
                }
                Resolution::Reassign => Stage::Accepted,
                Resolution::Gone => Stage::Over,
                Resolution::Escalate => Stage::Open,
            };
            found.stuck = match resolution {
                Resolution::Escalate => Some(why.clone()),
                _ => None,
            };
            // That it is gone in the end does not change how it was resolved.
            let first = found.resolved.is_none() || *resolution != Resolution::Gone;
            if first && *resolution != Resolution::Escalate {
                found.resolved = Some((resolution.clone(), why.clone(), event.at));
            }
        }
        _ => {}
    }
}

/// What has to wait is not shown to a person before.
fn take_back_review(state: &mut State, task: &TaskId) {
    let mut shown = false;
    state.requests.each_open(|request| {
        let review = matches!(request.kind, RequestKind::Review { .. });
        if review && request.task.as_ref() == Some(task) {
            request.withdrawn = Some("it waits for another task".to_owned());
            shown = true;
        }
    });
    if let Some(found) = state.tasks.get_mut(task).filter(|_| shown)
        && found.step == Step::Asking
    {
        found.step = Step::Idle;
    }
}

/// Where a task stands by the log alone: facts must change the state in the same way whatever is observed of the files meanwhile.
fn logged(state: &State, task: &TaskId) -> Option<Status> {
    state.tasks.get(task).map(|found| found.status)
}

/// Those who waited for this task can be brought up to it.
fn first_is_in(state: &mut State, task: &TaskId) {
    for conflict in state.conflicts.values_mut() {
        let waits = matches!(&conflict.resolved, Some((Resolution::Queue { behind, .. }, ..)) if behind == task);
        if waits && conflict.stage == Stage::Queued {
            conflict.stage = Stage::Due;
        }
    }
}

/// Forecasts of what is finished are of no use any more; those against the newest merge stay.
fn forget_forecasts(state: &mut State, task: &TaskId) {
    let State {
        forecasts, landed, ..
    } = state;
    let landed = landed.as_ref().map(|landed| &landed.commit);
    forecasts.retain(|(one, other), forecast| {
        (one != task && other != task) || Some(&forecast.tips.0) == landed
    });
}

/// What could not be looked at is taken for clean (the merge itself is always safe); what could not be brought up is for a person.
fn failed(state: &mut State, command: &Command, error: &str) {
    match command {
        Command::Forecast { one, other } => {
            let tips = (one.1.clone(), other.1.clone());
            let files = Vec::new();
            let pair = (one.0.clone(), other.0.clone());
            state.forecasts.insert(pair, Forecast { tips, files });
        }
        Command::CatchUp { task } => {
            let due = state.conflicts.values_mut();
            for conflict in due.filter(|found| found.is_due(task)) {
                conflict.stage = Stage::Open;
                conflict.stuck = Some(format!("it could not be brought up to its base: {error}"));
            }
        }
        _ => {}
    }
}

impl Conflict {
    /// Whether this task is to be brought up to its base because of it.
    fn is_due(&self, task: &TaskId) -> bool {
        self.stage == Stage::Due
            && matches!(&self.resolved, Some((Resolution::Queue { task: later, .. }, ..)) if later == task)
    }
}

/// How the reason begins when something stays as it is.
const ACCEPTED: &str = "accepted";

fn prune(state: &mut State) {
    let resolved: Vec<_> = state
        .conflicts
        .values()
        .filter(|conflict| conflict.stage == Stage::Over)
        .map(|conflict| conflict.id)
        .collect();
    for id in resolved.iter().take(resolved.len().saturating_sub(KEPT)) {
        state.conflicts.remove(id);
    }
}

/// JSON has no pairs for keys: forecasts are written as a list.
pub(crate) mod forecast_pairs {
    use super::Forecast;
    use crate::TaskId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::collections::BTreeMap;

    type Pairs = BTreeMap<(TaskId, TaskId), Forecast>;

    pub fn serialize<S: Serializer>(pairs: &Pairs, to: S) -> Result<S::Ok, S::Error> {
        pairs.iter().collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Pairs, D::Error> {
        Vec::<((TaskId, TaskId), Forecast)>::deserialize(from)
            .map(|list| list.into_iter().collect())
    }
}
