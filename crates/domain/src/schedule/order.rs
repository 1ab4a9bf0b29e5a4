//! In what order tasks get places: what a person asked to be started, then what is furthest along, then what is more urgent, then the order a person gave, then age.
//!
//! Who waits long enough becomes more urgent, class by class. Who has waited for a whole class more at the top goes before every
//! order that a person gave, oldest first: only finitely many tasks are older, so everybody's turn comes.

use super::leg_of;
use crate::{Leg, Priority, State, Status, TaskCard, TaskId, Time, failure, state::Progress};
use std::cmp::Reverse;

/// How urgent a task is by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Urgency {
    /// As which priority it counts.
    pub priority: Priority,
    /// Since when it could have started; none when something else than places holds it up, or it just came.
    pub since: Option<Time>,
    /// It has waited at the top for so long that it goes before every explicit order.
    pub overdue: bool,
}

/// Where a task stands in the queue; the smallest goes first.
pub(super) type Rank<'a> = (
    bool,
    Reverse<Status>,
    Priority,
    (bool, Time),
    (bool, i64),
    &'a TaskId,
);

/// How urgent a task is by now: one class more for each `aging` it has waited ready to start, never above P0.
#[must_use]
pub fn urgency(state: &State, card: &TaskCard, now: Time) -> Urgency {
    let since = state
        .tasks
        .get(&card.id)
        .and_then(|found| waiting_since(state, card, found))
        .filter(|since| *since <= now);
    let class = card.priority as u64;
    let aging = state.config.limits.aging_s.saturating_mul(1000);
    let waited = since.map_or(0, |since| u64::try_from(now.since(since)).unwrap_or(0));
    let rises = waited.checked_div(aging).unwrap_or(0);
    Urgency {
        priority: match class.saturating_sub(rises) {
            0 => Priority::P0,
            1 => Priority::P1,
            _ => Priority::P2,
        },
        since,
        overdue: rises > class,
    }
}

/// Since when only places have kept a task from starting; none while something else does.
fn waiting_since(state: &State, card: &TaskCard, found: &Progress) -> Option<Time> {
    let leg = leg_of(card.status)?;
    let rested = failure::back_off(state, &card.id, found);
    let own = [Some(found.moved), found.handed_at, rested];
    let mut since = own.into_iter().flatten().max()?;
    if leg == Leg::Implement {
        for id in card.depends_on.iter().filter(|id| **id != card.id) {
            if state.status(id) != Some(Status::Done) {
                return None;
            }
            let done = state.tasks.get(id).map(|other| other.moved);
            since = since.max(done.unwrap_or(since));
        }
    }
    Some(since)
}

/// The rank of a task.
pub(super) fn rank<'a>(state: &State, card: &'a TaskCard, now: Time) -> Rank<'a> {
    let urgency = urgency(state, card, now);
    let late = match urgency.since.filter(|_| urgency.overdue) {
        Some(since) => (false, since),
        None => (true, Time::default()),
    };
    let order = (card.order.is_none(), card.order.unwrap_or(0));
    let found = state.tasks.get(&card.id);
    (
        !found.is_some_and(|found| found.wanted),
        Reverse(card.status),
        urgency.priority,
        late,
        order,
        &card.id,
    )
}
