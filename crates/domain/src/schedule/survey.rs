//! What has to be counted once before many tasks are looked at.

use super::{Places, Route, circles, leg_of, order::rank, route::route_given, wait};
use crate::{
    AgentName, Command, Holder, Leg, RequestKind, State, Status, TaskCard, TaskId, Time, conflict,
    planted::{Fault, is},
    run::Verdict,
    state::{Progress, Step},
};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

/// A state, looked at now.
#[derive(Debug)]
pub struct Survey<'a> {
    pub(super) state: &'a State,
    pub(super) now: Time,
    pub(super) places: Places,
    pub(super) live: BTreeSet<&'a TaskId>,
    pub(super) asked: BTreeSet<&'a TaskId>,
    circles: OnceCell<BTreeMap<TaskId, Vec<TaskId>>>,
    in_use: OnceCell<conflict::InUse<'a>>,
}

/// Something a task needs next.
pub(super) enum Coming {
    /// It takes no agent's place.
    Free(Box<Command>),
    /// An agent, when one may.
    Agent,
}

impl<'a> Survey<'a> {
    /// Looks at `state`.
    #[must_use]
    pub fn new(state: &'a State, now: Time) -> Self {
        Self {
            state,
            now,
            places: Places::count(state),
            live: state.live_runs().map(|run| &run.task).collect(),
            asked: state
                .open_requests()
                .filter_map(|request| request.task.as_ref())
                .collect(),
            circles: OnceCell::new(),
            in_use: OnceCell::new(),
        }
    }

    /// What is taken now.
    #[must_use]
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// The path into the circle because of which a task can never start.
    #[must_use]
    pub fn circle(&self, task: &TaskId) -> Option<&[TaskId]> {
        let all = self.circles.get_or_init(|| circles(self.state));
        all.get(task).map(Vec::as_slice)
    }

    /// The live tasks that are about the same files as this one, with those files.
    pub(super) fn in_use<'b>(
        &'b self,
        card: &'b TaskCard,
    ) -> impl Iterator<Item = (TaskId, Vec<String>)> + 'b {
        let live = self.in_use.get_or_init(|| conflict::InUse::of(self.state));
        live.all_by(card)
    }

    /// Why a task does not move right now: the most important reason.
    #[must_use]
    pub fn wait(&self, card: &TaskCard) -> wait::Wait {
        wait::first(self, card)
    }

    /// Who would take a leg of a task now.
    #[must_use]
    pub fn route(&self, card: &TaskCard, leg: Leg) -> Route {
        route_given(self.state, &self.places, card, leg, self.now)
    }

    /// Puts cards into the order in which they get places.
    pub fn sort(&self, cards: &mut [&'a TaskCard]) {
        cards.sort_by_cached_key(|card| rank(self.state, card, self.now));
    }

    /// The tasks that would start if agents were started one after the other now, in order, with who takes each.
    #[must_use]
    pub fn starts(&self) -> Vec<(&'a TaskId, AgentName)> {
        let limits = &self.state.config.limits;
        let mut places = self.places.clone();
        let mut starts = Vec::new();
        if places.free(limits) == 0 {
            return starts;
        }
        let mut queue = self.coming_agents();
        self.sort(&mut queue);
        for card in queue {
            if places.free(limits) == 0 {
                break;
            }
            if !self.wait(card).is_place() {
                continue;
            }
            let Some(leg) = leg_of(card.status) else {
                continue;
            };
            let route = route_given(self.state, &places, card, leg, self.now);
            if let (Some(agent), None) = (route.to, places.full_status(limits, leg)) {
                places.take(&self.state.config, &agent, leg);
                starts.push((&card.id, agent));
            }
        }
        starts
    }

    /// Tasks that only places keep from starting, in the order they get them.
    #[must_use]
    pub fn in_line(&self) -> Vec<&'a TaskCard> {
        let mut queue = self.coming_agents();
        queue.retain(|card| self.wait(card).is_place());
        self.sort(&mut queue);
        queue
    }

    /// Tasks whose next step is an agent's.
    fn coming_agents(&self) -> Vec<&'a TaskCard> {
        let cards = self.state.cards.values();
        cards
            .filter(|card| matches!(self.coming(card), Some(Coming::Agent)))
            .collect()
    }

    pub(super) fn progress(&self, card: &TaskCard) -> Option<&'a Progress> {
        self.state.tasks.get(&card.id)
    }

    /// What a task needs next; none when it is not the schedule's turn.
    pub(super) fn coming(&self, card: &TaskCard) -> Option<Coming> {
        let leg = leg_of(card.status)?;
        let found = self.progress(card);
        if is(Fault::DoubleClaim)
            && found.is_some_and(|found| matches!(found.step, Step::Working { .. }))
        {
            return Some(Coming::Agent);
        }
        if found.is_some_and(|found| found.step != Step::Idle)
            || self.state.unclear.contains(&card.id)
            || self.live.contains(&card.id)
            || self.asked.contains(&card.id)
        {
            return None;
        }
        let holder = self.state.holder(&card.id, leg);
        if leg == Leg::Review && was_reviewed(found, card, &holder) {
            // What has to wait for another task is shown to nobody before that.
            if conflict::behind(self.state, &card.id).is_some() {
                return None;
            }
            let kind = RequestKind::Review {
                commit: found.and_then(|found| found.commit.clone()),
            };
            return Some(Coming::Free(Box::new(Command::OpenRequest {
                task: Some(card.id.clone()),
                kind,
            })));
        }
        match holder {
            Holder::Nobody if leg == Leg::Prepare => Some(Coming::Free(Box::new(Command::Move {
                task: card.id.clone(),
                from: Status::Pending,
                to: Status::Ready,
            }))),
            Holder::Agent(_) => Some(Coming::Agent),
            _ => None,
        }
    }

    /// The claim of a task, in whose way nothing stands, for the agent that takes it.
    pub(super) fn claim(&self, card: &TaskCard) -> Option<Command> {
        let leg = leg_of(card.status)?;
        let route = self.route(card, leg);
        let tries = self.progress(card).map_or(0, |found| found.tries(leg));
        Some(Command::Claim {
            task: card.id.clone(),
            leg,
            attempt: tries + 1,
            holder: Holder::Agent(route.to?),
            why: route.chosen.then_some(route.why),
        })
    }
}

/// Whether only the person's decision is left. When the log knows nothing of the task (a new database), the handoffs in the file tell.
pub(super) fn was_reviewed(found: Option<&Progress>, card: &TaskCard, holder: &Holder) -> bool {
    let by_log = found.is_some_and(|found| found.verdict == Some(Verdict::Approve));
    let unknown = found.is_none_or(|found| found.stops.is_empty());
    let by_file = unknown && card.last_leg == Some(Leg::Review);
    by_log || by_file || matches!(holder, Holder::Nobody | Holder::Person)
}
