//! Tasks that wait for each other in a circle: none of them can ever start.

use crate::{State, TaskCard, TaskId};
use std::collections::{BTreeMap, BTreeSet};

/// What waits for what.
pub(crate) type Graph<'a> = BTreeMap<&'a TaskId, Vec<&'a TaskId>>;

/// Tasks that can never start because of a circle, each with the path into which it leads: `TASK-1 → TASK-4 → TASK-1` for those in
/// it, `TASK-9 → TASK-1 → TASK-4 → TASK-1` for those that wait for one of them.
#[must_use]
pub fn circles(state: &State) -> BTreeMap<TaskId, Vec<TaskId>> {
    if !may_be_any(state) {
        return BTreeMap::new();
    }
    let stuck = stuck(state);
    let path = |from: &TaskId| around(&stuck, from).unwrap_or_else(|| into(&stuck, from));
    stuck
        .keys()
        .map(|task| ((*task).clone(), path(task)))
        .collect()
}

/// Whether there can be a circle at all: not while every task waits for earlier ones only. That is so nearly always, and found out at once.
fn may_be_any(state: &State) -> bool {
    let open = |id: &TaskId| {
        let other = state.cards.get(id);
        other.is_some_and(|other| !other.status.is_over())
    };
    let waits_for_later = |card: &TaskCard| {
        !card.status.is_over() && card.depends_on.iter().any(|id| *id > card.id && open(id))
    };
    state.cards.values().any(waits_for_later)
}

/// A path in words.
#[must_use]
pub fn path_words(path: &[TaskId]) -> String {
    let ids: Vec<_> = path.iter().map(ToString::to_string).collect();
    ids.join(" → ")
}

/// What waits for what, of the tasks that are in a circle or behind one: all that is left when those are taken away, again and again,
/// that wait for nothing any more.
fn stuck(state: &State) -> Graph<'_> {
    let mut waits: Graph<'_> = BTreeMap::new();
    let mut waited_for: Graph<'_> = BTreeMap::new();
    let waiting = |card: &&TaskCard| !card.depends_on.is_empty() && !card.status.is_over();
    for card in state.cards.values().filter(waiting) {
        // What is no open task of the board is never done by waiting for it, but that is no circle.
        let open = |id: &&TaskId| {
            let other = state.cards.get(*id);
            other.is_some_and(|other| !other.status.is_over())
        };
        let undone: Vec<_> = state.undone(card).into_iter().filter(open).collect();
        for other in &undone {
            waited_for.entry(other).or_default().push(&card.id);
        }
        if !undone.is_empty() {
            waits.insert(&card.id, undone);
        }
    }
    let mut free: Vec<&TaskId> = waited_for
        .keys()
        .filter(|id| !waits.contains_key(*id))
        .copied()
        .collect();
    while let Some(task) = free.pop() {
        for waiting in waited_for.get(task).into_iter().flatten() {
            let Some(left) = waits.get_mut(waiting) else {
                continue;
            };
            left.retain(|other| *other != task);
            if left.is_empty() {
                waits.remove(waiting);
                free.push(waiting);
            }
        }
    }
    waits
}

/// The way from a task back to itself, when it is in a circle.
pub(crate) fn around(stuck: &Graph<'_>, from: &TaskId) -> Option<Vec<TaskId>> {
    let mut came_from: BTreeMap<&TaskId, &TaskId> = BTreeMap::new();
    let mut next = vec![from];
    let mut at = 0;
    while let Some(task) = next.get(at).copied() {
        at += 1;
        for other in stuck.get(task).into_iter().flatten() {
            if *other == from {
                // Breadth first: this is the shortest way around.
                let mut path = vec![from.clone()];
                let mut back = task;
                while back != from {
                    path.push(back.clone());
                    back = came_from.get(back)?;
                }
                path.push(from.clone());
                path.reverse();
                return Some(path);
            }
            if !came_from.contains_key(*other) {
                came_from.insert(other, task);
                next.push(other);
            }
        }
    }
    None
}

/// The way from a task that only waits for a circle into it.
fn into(stuck: &Graph<'_>, from: &TaskId) -> Vec<TaskId> {
    let mut path = vec![from.clone()];
    let mut seen = BTreeSet::from([from]);
    let mut at = from;
    while let Some(next) = stuck.get(at).and_then(|waits| waits.first()) {
        path.push((*next).clone());
        if !seen.insert(next) {
            break;
        }
        at = next;
    }
    path
}
