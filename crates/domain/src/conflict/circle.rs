//! Tasks that wait for each other in a circle.
//!
//! By what they depend on alone: told whoever stands where, for none of them can ever start. Or because dependencies, files in use and
//! orders close one together, which people who put tasks under way by hand can bring about: told when nobody works on any of them, for
//! then nothing in it will move by itself.

use super::{
    Conflict, ConflictKind,
    detect::Clash,
    files::TOLD,
    order::{Live, all_behind, users},
};
use crate::{
    Holder, Leg, State, Status, TaskCard, TaskId,
    schedule::{self, Graph},
    state::Step,
};
use std::collections::BTreeMap;

/// Tasks of a circle that are told.
const TOLD_TASKS: usize = 30;

/// Each circle once, beginning with its lowest id.
pub(super) fn circles(state: &State, live: &[Live<'_>]) -> Vec<Clash> {
    let mut clashes = of_dependencies(state);
    // What is in use, and whoever was queued, is live: every circle of many kinds goes through a task that is live and waits.
    clashes.extend(of_many_kinds(state, live));
    clashes
}

fn of_dependencies(state: &State) -> Vec<Clash> {
    let paths = schedule::circles(state).into_iter();
    let whole = paths.filter_map(|(task, mut path)| {
        let closed = path.first() == path.last() && path.iter().min() == Some(&task);
        path.pop();
        closed.then_some(path)
    });
    let clash = |tasks: Vec<TaskId>| {
        let told = tasks.iter().take(TOLD_TASKS).chain(tasks.first());
        let path: Vec<_> = told.map(ToString::to_string).collect();
        Clash::new(state, ConflictKind::Circle, tasks, Vec::new(), |_, _| {
            format!(
                "{}: each waits for the next, so none of them can start. Take one of these lines out of `## Depends On`.",
                path.join(" → ")
            )
        })
    };
    whole.map(clash).collect()
}

/// Why a task waits for another one.
enum Why {
    /// It depends on it.
    Depends,
    /// The other is under way and about the same files.
    InUse(Vec<String>),
    /// It was queued behind it.
    Behind(Vec<String>),
}

/// What each task waits for that nobody works on.
type Waits<'a> = BTreeMap<&'a TaskId, Vec<(&'a TaskId, Why)>>;

fn of_many_kinds(state: &State, live: &[Live<'_>]) -> Vec<Clash> {
    let mut waits = Waits::new();
    let rests = |card: &TaskCard| *state.step(&card.id) == Step::Idle;
    let resting = live.iter().filter(|task| rests(task.card));
    let mut open: Vec<&TaskId> = resting.map(|task| &task.card.id).collect();
    while let Some(task) = open.pop() {
        if waits.contains_key(task) {
            continue;
        }
        let found = state.cards.get(task);
        let found = found.map_or_else(Vec::new, |card| waits_of(state, card, live));
        open.extend(found.iter().map(|(other, _)| *other));
        waits.insert(task, found);
    }
    let edges = |found: &Vec<(&'_ TaskId, Why)>| found.len();
    if waits.values().map(edges).sum::<usize>() < 2 {
        return Vec::new();
    }
    let names = waits.iter().map(|(task, found)| {
        let others = found.iter().map(|(other, _)| *other);
        (*task, others.collect())
    });
    let graph: Graph<'_> = names.collect();
    let around = graph.keys().filter_map(|task| {
        let mut path = schedule::around(&graph, task)?;
        let lowest = path.iter().min() == Some(*task);
        path.pop();
        lowest.then_some(path)
    });
    around
        .filter_map(|path| clash(state, &waits, path))
        .collect()
}

/// For what a task waits, when it only waits: nobody works on it, and nobody was asked about it.
fn waits_of<'a>(state: &'a State, card: &'a TaskCard, live: &[Live<'_>]) -> Vec<(&'a TaskId, Why)> {
    if *state.step(&card.id) != Step::Idle || state.unclear.contains(&card.id) {
        return Vec::new();
    }
    let known = |task: &TaskId| state.cards.get_key_value(task).map(|(id, _)| id);
    let waits: Vec<_> = match card.status {
        // A person, or a tool outside, may take it whatever it waits for.
        Status::Ready | Status::InProgress
            if matches!(state.holder(&card.id, Leg::Implement), Holder::Agent(_)) =>
        {
            let undone = state.undone(card).into_iter().filter_map(known);
            let mut found: Vec<_> = undone.map(|other| (other, Why::Depends)).collect();
            if card.status == Status::Ready {
                let others = users(state, live, card);
                let others = others.filter_map(|(task, files)| Some((known(task)?, files)));
                found.extend(others.map(|(task, files)| (task, Why::InUse(files))));
            }
            found
        }
        Status::Review => {
            let others = all_behind(state, &card.id);
            let why = |conflict: &Conflict| Why::Behind(conflict.files.clone());
            let known = others.filter_map(|(task, conflict)| Some((known(task)?, why(conflict))));
            known.collect()
        }
        _ => return Vec::new(),
    };
    let held_up = || {
        let mut asked = state.requests_of(&card.id);
        state.live_run(&card.id).is_some() || asked.any(|request| request.kind.holds_up())
    };
    if waits.is_empty() || held_up() {
        return Vec::new();
    }
    waits
}

/// What is told of a circle; nothing when dependencies alone close it, for that is told already.
fn clash(state: &State, waits: &Waits<'_>, tasks: Vec<TaskId>) -> Option<Clash> {
    let next = tasks.iter().skip(1).chain(tasks.first());
    let (mut words, mut files, mut plain) = (Vec::new(), Vec::new(), true);
    for (task, next) in tasks.iter().zip(next) {
        let found = waits.get(task)?;
        let (_, why) = found.iter().find(|(other, _)| *other == next)?;
        let named = match why {
            Why::Depends => {
                words.push(format!("{task} depends on {next}"));
                continue;
            }
            Why::InUse(named) => {
                words.push(format!("{task} is about the same files as {next}"));
                named
            }
            Why::Behind(named) => {
                words.push(format!("{task} was queued behind {next}"));
                named
            }
        };
        plain = false;
        files.extend(named.iter().cloned());
    }
    files.sort_unstable();
    files.dedup();
    files.truncate(TOLD);
    words.truncate(TOLD_TASKS);
    (!plain).then(|| {
        Clash::new(state, ConflictKind::Circle, tasks, files, |_, _| {
            format!(
                "{}: each waits for the next, and nobody works on any of them. Move one that is under way back to ready, or change what it waits for.",
                words.join(", ")
            )
        })
    })
}
