//! A card on the board, and the order of cards.

use super::{Sight, chain, line, word};
use crate::wire::{CardView, HolderView, RequestRef, TicksView};
use orchestron_domain::{
    Holder, Leg, Run, Status, TaskCard, TaskId, Time, run::Work, state::Step, task::Ticks,
};

/// So many of the newest done cards are shown with all they have; the others lightly.
pub const FULL_DONE: u32 = 60;

impl From<Ticks> for TicksView {
    fn from(ticks: Ticks) -> Self {
        Self {
            done: ticks.done,
            all: ticks.all,
        }
    }
}

/// A card at its place in its column.
#[must_use]
pub fn card(sight: &Sight<'_>, card: &TaskCard, order: u32) -> CardView {
    let light = card.status == Status::Done && order >= FULL_DONE;
    let found = sight.progress(&card.id);
    let texts = |ids: Vec<&TaskId>| ids.into_iter().map(ToString::to_string).collect();
    let over = card.status.is_over();
    CardView {
        id: card.id.to_string(),
        title: card.title.clone(),
        status: word::status(card.status),
        priority: card.priority.to_string(),
        agent: card.agent.as_ref().map(ToString::to_string),
        chain: if light {
            Vec::new()
        } else {
            chain::chain(sight, card)
        },
        turn: turn(sight, card),
        line: line::line(sight, card),
        since: since(sight, card).map(word::millis),
        cost: word::money(found.map(|found| found.cost).unwrap_or_default()),
        criteria: card.criteria.into(),
        ready_boxes: card.ready_boxes.into(),
        depends_on: if light {
            Vec::new()
        } else {
            texts(card.depends_on.iter().collect())
        },
        blocked_by: if over {
            Vec::new()
        } else {
            texts(sight.state.undone(card))
        },
        request: sight.requests(&card.id).first().map(|request| RequestRef {
            id: crate::wire::Big(request.id.0),
            kind: word::request(&request.kind),
        }),
        run: sight.live(&card.id).map(|run| run.id.to_string()),
        attempts: found.map_or(0, |found| found.tries(Leg::Implement)),
        handoffs: card.handoffs,
        moved: found.map(|found| word::millis(found.moved)),
        why: (card.status == Status::Failed)
            .then(|| found.and_then(|found| found.why.clone()))
            .flatten(),
        order,
    }
}

/// Whose turn it is.
fn turn(sight: &Sight<'_>, card: &TaskCard) -> HolderView {
    let asked = !sight.requests(&card.id).is_empty();
    let holder = match card.status {
        _ if asked => Holder::Person,
        Status::Done | Status::Failed => Holder::Nobody,
        _ => holder_now(sight, card),
    };
    word::holder(&holder)
}

fn holder_now(sight: &Sight<'_>, card: &TaskCard) -> Holder {
    let working = sight
        .live(&card.id)
        .filter(|run| matches!(run.work, Work::Leg { .. }));
    if let Some(agent) = working.and_then(Run::agent) {
        return Holder::Agent(agent.clone());
    }
    match sight.state.step(&card.id) {
        Step::Claimed { holder, .. }
        | Step::Held { holder, .. }
        | Step::Committing { holder, .. }
        | Step::Gating { holder, .. } => holder.clone(),
        Step::Starting { agent, .. } => Holder::Agent(agent.clone()),
        Step::Merging => Holder::Nobody,
        _ => chain::present_leg(sight, card)
            .map_or(Holder::Nobody, |leg| sight.state.holder(&card.id, leg)),
    }
}

/// Since when the task is with its present holder.
fn since(sight: &Sight<'_>, card: &TaskCard) -> Option<Time> {
    let found = sight.progress(&card.id);
    let held = found
        .and_then(|found| found.stops.last())
        .filter(|stop| stop.until.is_none());
    let asked = sight
        .requests(&card.id)
        .first()
        .map(|request| request.since);
    held.map(|stop| stop.since)
        .or(asked)
        .or_else(|| found.map(|found| found.handed_at.unwrap_or(found.moved)))
}

/// All cards, column by column, in the order they stand there: what can start first, then priority, then age; what is over, newest first.
#[must_use]
pub fn in_columns(sight: &Sight<'_>, keep: impl Fn(&TaskCard) -> bool) -> Vec<CardView> {
    let mut views = Vec::new();
    each_in_columns(sight, keep, &mut |view| views.push(view));
    views
}

/// The same, card by card.
pub fn each_in_columns(
    sight: &Sight<'_>,
    keep: impl Fn(&TaskCard) -> bool,
    tell: &mut dyn FnMut(CardView),
) {
    for status in Status::ALL {
        for (order, found) in (0..).zip(column(sight, status)) {
            if keep(found) {
                tell(card(sight, found, order));
            }
        }
    }
}

/// The cards of a column in the order they stand there.
#[must_use]
pub fn column<'a>(sight: &Sight<'a>, status: Status) -> Vec<&'a TaskCard> {
    let cards = sight.state.cards.values();
    let mut column: Vec<_> = cards.filter(|card| card.status == status).collect();
    if status.is_over() {
        let moved = |card: &TaskCard| {
            sight
                .progress(&card.id)
                .map_or(Time(0), |found| found.moved)
        };
        column.sort_by_cached_key(|card| std::cmp::Reverse((moved(card), &card.id)));
    } else {
        let blocked = |card: &TaskCard| !sight.state.undone(card).is_empty();
        column.sort_by_cached_key(|card| (blocked(card), card.priority, &card.id));
    }
    column
}
