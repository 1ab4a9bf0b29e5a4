//! How urgent a request to a person is: what it holds up × how long × how important ÷ what deciding it takes; what an agent stands
//! still for within its run comes first. In words, too, so that nobody has to believe a number.

use crate::{
    Priority, Request, RequestKind, Run, RunStatus, State, TaskId, Time, budget::BudgetScope,
};
use std::collections::BTreeSet;

/// What an agent that stands still within its run counts for, beside its task: it holds a place that others could use.
const AGENT: u64 = 4;
/// Above everything that no agent stands still for.
const STANDS_STILL: u64 = 1_000_000_000;
/// A request that has just come counts as if it had waited so many minutes, so that what it holds up counts from the start.
const HEAD_START: u64 = 10;
/// Effort is told in tenths, so that small ones differ.
const TENTHS: u64 = 10;
/// Files a person looks through in the time a question takes.
const FILES: u64 = 4;
/// The most that a review is reckoned to take.
const LONGEST_REVIEW: u64 = 200;

/// How urgent a request is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urgency {
    /// Higher = more urgent.
    pub score: u32,
    /// What waits for it, in words: `coder waits in its run · 3 tasks wait behind it · P0`. Empty when nothing does.
    pub why: String,
}

/// How urgent an open request is now. `behind` tells which tasks that are not done depend on a task.
#[must_use]
pub fn urgency<'s>(
    state: &'s State,
    request: &Request,
    now: Time,
    behind: impl Fn(&TaskId) -> Vec<&'s TaskId>,
) -> Urgency {
    let own = request.task.as_ref();
    let behind = match (&request.kind, own) {
        (RequestKind::Budget { scope, .. }, _) if !matches!(scope, BudgetScope::Task(_)) => {
            unfinished(state)
        }
        (_, None) => unfinished(state),
        (_, Some(task)) => chain_behind(task, behind),
    };
    let agent = request
        .run()
        .and_then(|run| state.runs.get(run))
        .filter(|run| run.status != RunStatus::Ended);
    let mut blocked = behind.iter().map(|task| weight(state, task)).sum::<u64>();
    blocked += own.map_or(0, |task| weight(state, task)).max(1);
    if agent.is_some() {
        blocked += AGENT * own.map_or(2, |task| weight(state, task));
    }
    let waited = u64::try_from(now.since(request.since) / 60_000).unwrap_or(0);
    let score = blocked
        .saturating_mul(waited + HEAD_START)
        .saturating_mul(TENTHS)
        / effort(state, request);
    let score = match agent {
        Some(_) => score.saturating_add(STANDS_STILL),
        None => score.min(STANDS_STILL - 1),
    };
    Urgency {
        score: u32::try_from(score).unwrap_or(u32::MAX),
        why: words(state, own, agent, &behind),
    }
}

/// What a task counts for by its priority.
fn weight(state: &State, task: &TaskId) -> u64 {
    match state.cards.get(task).map(|card| card.priority) {
        Some(Priority::P0) => 4,
        Some(Priority::P1) | None => 2,
        Some(Priority::P2) => 1,
    }
}

/// What deciding takes, in tenths of what a yes or no takes.
fn effort(state: &State, request: &Request) -> u64 {
    match &request.kind {
        RequestKind::Permission { .. } | RequestKind::Budget { .. } => TENTHS,
        RequestKind::Question(_) => 2 * TENTHS,
        RequestKind::Clash { .. } => 3 * TENTHS,
        RequestKind::Review { .. } => {
            let touched = request.task.as_ref().and_then(|task| {
                let found = state.tasks.get(task)?.touched.as_ref()?;
                u64::try_from(found.files.len()).ok()
            });
            (3 * TENTHS + touched.unwrap_or(0) * TENTHS / FILES).min(LONGEST_REVIEW)
        }
        RequestKind::Escalation { .. } | RequestKind::Conflict { .. } => 5 * TENTHS,
    }
}

/// All that waits for a task, also by way of others.
fn chain_behind<'s>(
    task: &TaskId,
    behind: impl Fn(&TaskId) -> Vec<&'s TaskId>,
) -> BTreeSet<&'s TaskId> {
    let mut found = BTreeSet::new();
    let mut next = behind(task);
    while let Some(id) = next.pop() {
        if id != task && found.insert(id) {
            next.extend(behind(id));
        }
    }
    found
}

/// What a request about the project as a whole holds up.
fn unfinished(state: &State) -> BTreeSet<&TaskId> {
    let open = state.cards.values().filter(|card| !card.status.is_over());
    open.map(|card| &card.id).collect()
}

fn words(
    state: &State,
    own: Option<&TaskId>,
    agent: Option<&Run>,
    behind: &BTreeSet<&TaskId>,
) -> String {
    let mut parts = Vec::new();
    if let Some(name) = agent.and_then(Run::agent) {
        parts.push(format!("{name} waits in its run"));
    }
    let behind_own = if own.is_some() { " behind it" } else { "" };
    match behind.len() {
        0 => {}
        1 => {
            let name = behind
                .first()
                .map_or_else(String::new, |task| task.to_string());
            parts.push(format!("{name} waits{behind_own}"));
        }
        more => parts.push(format!("{more} tasks wait{behind_own}")),
    }
    let all = behind.iter().copied().chain(own);
    let mut cards = all.filter_map(|task| state.cards.get(task));
    // Alone it says nothing that the task does not say itself.
    if !parts.is_empty() && cards.any(|card| card.priority == Priority::P0) {
        parts.push("P0".to_owned());
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests;
