//! What clashes: tasks that lie in two places, start too early, touch the same files, would not merge, fall silent or stall.

use crate::{CommitId, Event, Fact, Seq, State, TaskId, Time, state::Touched};
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

/// Changes `state` by a fact about conflicts.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::WorkSeen { task, tip, files } => {
            if let Some(found) = state.tasks.get_mut(task) {
                found.touched = Some(Touched {
                    tip: tip.clone(),
                    files: files.clone(),
                });
            }
        }
        Fact::Forecasted { one, other, files } => {
            let tips = (one.1.clone(), other.1.clone());
            let forecast = Forecast {
                tips,
                files: files.clone(),
            };
            state
                .forecasts
                .insert((one.0.clone(), other.0.clone()), forecast);
        }
        Fact::CaughtUp { task, tip, .. } => {
            if let Some(found) = state.tasks.get_mut(task) {
                found.commit.clone_from(tip);
            }
        }
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
            };
            state.conflicts.insert(event.seq, conflict);
            prune(state);
        }
        Fact::ConflictResolved {
            conflict,
            resolution,
            why,
        } => {
            if let Some(found) = state.conflicts.get_mut(conflict) {
                found.resolved = Some((resolution.clone(), why.clone(), event.at));
            }
        }
        _ => {}
    }
}

fn prune(state: &mut State) {
    let resolved: Vec<_> = state
        .conflicts
        .values()
        .filter(|conflict| conflict.resolved.is_some())
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
