//! Who goes first: which tasks are live, what they claim, who waits for whom.

use super::{Claims, Conflict, ConflictKind, Resolution, Stage, files};
use crate::{
    CommitId, Leg, RequestKind, Seq, State, Status, TaskCard, TaskId, Time,
    planted::{Fault, is},
};
use std::cell::OnceCell;

/// Why a task waits behind another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// For whom it waits.
    pub task: TaskId,
    /// The files both are about, where there are some.
    pub files: Vec<String>,
    /// The conflict that ordered them.
    pub conflict: Seq,
}

/// Whether work on a task is under way that is not in the base branch yet: from its claim until it is merged, failed or returned.
#[must_use]
pub fn is_live(state: &State, task: &TaskId) -> bool {
    matches!(
        state.status(task),
        Some(Status::InProgress | Status::Review)
    )
}

/// The task that must be merged before this one is shown to a reviewer or a person; none when it need not wait.
#[must_use]
pub fn behind(state: &State, task: &TaskId) -> Option<Behind> {
    all_behind(state, task)
        .next()
        .map(|(first, conflict)| Behind {
            task: first.clone(),
            files: conflict.files.clone(),
            conflict: conflict.id,
        })
}

/// Every task that one has to wait for by an order, with the conflict that gave it.
pub(super) fn all_behind<'a>(
    state: &'a State,
    task: &'a TaskId,
) -> impl Iterator<Item = (&'a TaskId, &'a Conflict)> {
    state.conflicts.values().filter_map(move |conflict| {
        let (later, first) = edge(conflict)?;
        (later == task && holds(state, conflict, first)).then_some((first, conflict))
    })
}

/// The live task that keeps a ready one from being claimed because both are about the same files, with those files.
#[must_use]
pub fn in_use(state: &State, card: &TaskCard) -> Option<(TaskId, Vec<String>)> {
    InUse::of(state).by(card)
}

/// What live tasks are about, for those who ask about many ready ones.
#[derive(Debug)]
pub struct InUse<'a> {
    state: &'a State,
    live: Vec<Live<'a>>,
}

/// A live task, and what it is about, which is read when somebody asks.
#[derive(Clone, Debug)]
pub(super) struct Live<'a> {
    pub card: &'a TaskCard,
    state: &'a State,
    claims: OnceCell<Claims<'a>>,
}

impl<'a> Live<'a> {
    /// What it is about.
    pub fn claims(&self) -> &Claims<'a> {
        self.claims.get_or_init(|| claims(self.state, self.card))
    }

    /// Whether it is known what its branch touches.
    pub fn has_touched(&self) -> bool {
        let found = self.state.tasks.get(&self.card.id);
        found.is_some_and(|found| found.touched.is_some())
    }
}

/// All live tasks.
pub(super) fn all_live(state: &State) -> Vec<Live<'_>> {
    let live = live_cards(state).map(|card| Live {
        card,
        state,
        claims: OnceCell::new(),
    });
    live.collect()
}

impl<'a> InUse<'a> {
    /// What is in use now.
    #[must_use]
    pub fn of(state: &'a State) -> Self {
        let live = all_live(state);
        Self { state, live }
    }

    /// See [`in_use`].
    #[must_use]
    pub fn by(&self, card: &TaskCard) -> Option<(TaskId, Vec<String>)> {
        self.all_by(card).next()
    }

    /// Every live task that keeps it from being claimed.
    pub fn all_by<'b>(
        &'b self,
        card: &'b TaskCard,
    ) -> impl Iterator<Item = (TaskId, Vec<String>)> + 'b {
        let users = users(self.state, &self.live, card);
        users.map(|(other, files)| (other.clone(), files))
    }
}

/// Every live task that keeps one from being claimed, with the files; none when tasks may work on the same files.
pub(super) fn users<'b>(
    state: &'b State,
    live: &'b [Live<'_>],
    card: &'b TaskCard,
) -> impl Iterator<Item = (&'b TaskId, Vec<String>)> {
    let live = if is_free(state) { &[] } else { live };
    let mine = (!live.is_empty()).then(|| claims(state, card));
    let mine = mine.filter(|mine| !mine.is_empty());
    let others = live.iter().filter(|other| other.card.id != card.id);
    let both = mine.into_iter().flat_map(move |mine| {
        let shared = others
            .clone()
            .map(move |other| (&other.card.id, mine.shared(other.claims())));
        shared.filter(|(_, files)| !files.is_empty())
    });
    // Who waits for this very task does not keep it from being done.
    both.filter(|(other, _)| !waits_for(state, &[], other, &card.id))
}

/// Whether tasks may work on the same files.
fn is_free(state: &State) -> bool {
    state.config.limits.same_files || is(Fault::SameFiles)
}

/// What a task means to change and has changed.
#[must_use]
pub fn claims<'a>(state: &'a State, card: &'a TaskCard) -> Claims<'a> {
    let touched = state
        .tasks
        .get(&card.id)
        .and_then(|found| found.touched.as_ref());
    Claims {
        declared: files::declared(&card.files_affected),
        touched: touched.map(|touched| &touched.files),
    }
}

/// Cards of live tasks.
pub(super) fn live_cards(state: &State) -> impl Iterator<Item = &TaskCard> {
    let live = |card: &&TaskCard| matches!(card.status, Status::InProgress | Status::Review);
    state.cards.values().filter(live)
}

/// Who waits for whom, when a conflict was resolved that way.
pub(super) fn edge(conflict: &Conflict) -> Option<(&TaskId, &TaskId)> {
    match &conflict.resolved {
        Some((Resolution::Queue { task, behind }, ..)) => Some((task, behind)),
        _ => None,
    }
}

/// Whether the later task still has to wait.
fn holds(state: &State, conflict: &Conflict, first: &TaskId) -> bool {
    match (conflict.stage, conflict.kind) {
        (Stage::Due, _) => true,
        (Stage::Queued, ConflictKind::EarlyStart) => state.status(first) != Some(Status::Done),
        (Stage::Queued, _) => is_live(state, first),
        _ => false,
    }
}

/// Orders that are being made: who waits, and for whom.
pub(super) type Orders = Vec<(TaskId, TaskId)>;

/// The two in the order they go: who is shown to a person already, then who was claimed first. An order there is already, or that is
/// being made together with this one, stays.
pub(super) fn ordered(
    state: &State,
    orders: &Orders,
    one: &TaskId,
    other: &TaskId,
) -> (TaskId, TaskId) {
    let (first, later) = if rank(state, one) <= rank(state, other) {
        (one, other)
    } else {
        (other, one)
    };
    // Two orders that contradict each other would hold both up for ever.
    let (first, later) = if waits_for(state, orders, first, later) {
        (later, first)
    } else {
        (first, later)
    };
    (first.clone(), later.clone())
}

fn rank<'a>(state: &State, task: &'a TaskId) -> (bool, Time, &'a TaskId) {
    let shown = state
        .requests_of(task)
        .any(|request| matches!(request.kind, RequestKind::Review { .. }));
    let found = state.tasks.get(task);
    let claimed = found.map(|found| {
        let mut stops = found.stops.iter();
        let stop = stops.find(|stop| stop.leg == Leg::Implement);
        stop.map_or(found.moved, |stop| stop.since)
    });
    (!shown, claimed.unwrap_or(Time(0)), task)
}

/// Whether `task` waits for `other`, by the orders in force and by dependencies, however many others are between.
fn waits_for(state: &State, orders: &[(TaskId, TaskId)], task: &TaskId, other: &TaskId) -> bool {
    let mut open = vec![task];
    let mut seen: Vec<&TaskId> = Vec::new();
    while let Some(now) = open.pop() {
        if now == other {
            return true;
        }
        if seen.contains(&now) {
            continue;
        }
        seen.push(now);
        open.extend(all_behind(state, now).map(|(first, _)| first));
        let new = orders.iter().filter(|(later, _)| later == now);
        open.extend(new.map(|(_, first)| first));
        if let Some(card) = state.cards.get(now) {
            open.extend(state.undone(card));
        }
    }
    false
}

/// The tip of a task's own commits; none when it has none.
pub(super) fn own_tip<'a>(state: &'a State, task: &TaskId) -> Option<&'a CommitId> {
    let found = state.tasks.get(task)?;
    let seen = found
        .touched
        .as_ref()
        .and_then(|touched| touched.tip.as_ref());
    let base = found.place.as_ref().and_then(|place| place.base.as_ref());
    let tip = seen.or(found.commit.as_ref())?;
    (Some(tip) != base).then_some(tip)
}

/// What comparing two branches as they are now gave; none when it was not done yet.
pub(super) fn forecast<'a>(
    state: &'a State,
    one: &TaskId,
    other: &TaskId,
) -> Option<&'a super::Forecast> {
    let (one, other) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    let found = state.forecasts.get(&(one.clone(), other.clone()))?;
    let tips = (own_tip(state, one)?, own_tip(state, other)?);
    ((&found.tips.0, &found.tips.1) == tips).then_some(found)
}
