//! The chain of a task as a strip of stops.

use super::{Sight, word};
use crate::wire::{Big, ChainStop, StopState};
use orchestron_domain::{
    Holder, Leg, RequestKind, Status, TaskCard,
    schedule::{Wait, leg_of},
    state::{Step, Stop},
};

/// The leg a task is at.
pub fn present_leg(sight: &Sight<'_>, card: &TaskCard) -> Option<Leg> {
    match card.status {
        Status::Done => None,
        Status::Failed => Some(
            sight
                .progress(&card.id)
                .and_then(|found| found.stops.last())
                .map_or(Leg::Implement, |stop| stop.leg),
        ),
        _ if sight.is_for_the_person(card) => Some(Leg::Approve),
        status => leg_of(status),
    }
}

/// One stop for each leg that has a holder.
pub fn chain(sight: &Sight<'_>, card: &TaskCard) -> Vec<ChainStop> {
    each_stop(sight, card)
        .map(|(leg, state, holder, last)| stop(sight, card, leg, state, holder, last))
        .collect()
}

/// How far each stop is, and no more.
pub fn states(sight: &Sight<'_>, card: &TaskCard) -> impl Iterator<Item = StopState> {
    each_stop(sight, card).map(|(_, state, ..)| state)
}

fn each_stop<'a>(
    sight: &Sight<'a>,
    card: &TaskCard,
) -> impl Iterator<Item = (Leg, StopState, Holder, Option<&'a Stop>)> {
    let present = present_leg(sight, card);
    Leg::ALL.into_iter().filter_map(move |leg| {
        let holder = sight.state.holder(&card.id, leg);
        let last = last_stop(sight, card, leg);
        let state = stop_state(sight, card, leg, present);
        if holder == Holder::Nobody && (last.is_none() || state == StopState::Next) {
            return None;
        }
        Some((leg, state, holder, last))
    })
}

fn last_stop<'a>(sight: &Sight<'a>, card: &TaskCard, leg: Leg) -> Option<&'a Stop> {
    let found = sight.progress(&card.id)?;
    found.stops.iter().rev().find(|stop| stop.leg == leg)
}

fn stop(
    sight: &Sight<'_>,
    card: &TaskCard,
    leg: Leg,
    state: StopState,
    holder: Holder,
    last: Option<&Stop>,
) -> ChainStop {
    // A stop of an earlier round is not what is still to come.
    let last = last.filter(|stop| match state {
        StopState::Done | StopState::Failed => true,
        StopState::Current | StopState::Waiting => stop.until.is_none(),
        StopState::Next => false,
    });
    let tries = sight.progress(&card.id).map_or(0, |found| found.tries(leg));
    let asked = (leg == Leg::Approve && state == StopState::Waiting)
        .then(|| {
            sight
                .requests(&card.id)
                .first()
                .map(|request| request.since)
        })
        .flatten();
    let merged = (leg == Leg::Approve && state == StopState::Done)
        .then(|| sight.progress(&card.id).map(|found| found.moved))
        .flatten();
    ChainStop {
        leg: word::leg(leg),
        holder: word::holder(last.map_or(&holder, |stop| &stop.holder)),
        state,
        attempt: last.map_or_else(
            || {
                if leg == Leg::Approve {
                    1
                } else {
                    (tries + 1).max(1)
                }
            },
            |stop| stop.attempt.max(1),
        ),
        at: last
            .map(|stop| stop.until.unwrap_or(stop.since))
            .or(asked)
            .or(merged)
            .map(word::millis),
        took: last
            .and_then(|stop| stop.until.map(|until| until.since(stop.since)))
            .map(|millis| Big(millis.unsigned_abs())),
    }
}

fn stop_state(sight: &Sight<'_>, card: &TaskCard, leg: Leg, present: Option<Leg>) -> StopState {
    match present {
        None => StopState::Done,
        Some(present) if leg < present => StopState::Done,
        Some(present) if leg > present => StopState::Next,
        Some(_) => present_state(sight, card, leg),
    }
}

fn present_state(sight: &Sight<'_>, card: &TaskCard, leg: Leg) -> StopState {
    if card.status == Status::Failed {
        return StopState::Failed;
    }
    if let Some(request) = sight.requests(&card.id).first() {
        return match request.kind {
            RequestKind::Escalation { .. } => StopState::Failed,
            _ => StopState::Waiting,
        };
    }
    let found = sight.progress(&card.id);
    let step = found.map_or(&Step::Idle, |found| &found.step);
    if *step != Step::Idle || sight.live(&card.id).is_some() {
        return StopState::Current;
    }
    if leg == Leg::Approve {
        return StopState::Waiting;
    }
    let failed = found.is_some_and(|found| {
        found.failures > 0
            && found
                .stops
                .iter()
                .rev()
                .find(|stop| stop.leg == leg)
                .is_some_and(|stop| stop.good == Some(false))
    });
    if failed {
        StopState::Failed
    } else if matches!(sight.wait(card), Wait::Turn(_)) {
        StopState::Waiting
    } else {
        StopState::Next
    }
}
