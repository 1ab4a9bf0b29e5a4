//! Why a task does not move by itself right now.

use super::{Refusal, Route, Survey, Unfit, leg_of, route::can_start, survey::was_reviewed};
use crate::{
    AgentName, Holder, Leg, State, Status, TaskCard, TaskId, Time, budget, conflict, failure, rate,
    state::{Progress, Step},
};

/// Why a task does not move by itself right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Something is under way.
    UnderWay,
    /// It is over.
    Over,
    /// A person has to decide.
    Request,
    /// A person or an outside tool has the turn.
    Turn(Holder),
    /// The chain names nobody for this leg.
    NobodyNamed(Leg),
    /// Tasks that have to be done first.
    Dependencies(Vec<TaskId>),
    /// Tasks that wait for each other in a circle: the path into it.
    Circle(Vec<TaskId>),
    /// A failed attempt is a short while ago.
    BackOff(Time),
    /// The agent's account rests.
    Parked(Time),
    /// Nobody who could take it has what it needs: the agent that is named, and what it lacks.
    Unfit(AgentName, Unfit),
    /// A person paused the agent, and nobody else takes the leg.
    AgentPaused(AgentName, String),
    /// The agent's program could not be started lately, and nobody else takes the leg.
    Breaker(AgentName, Time, String),
    /// The agent has as many runs as it may have: runs it has, runs it may have.
    AgentFull(AgentName, u32, u32),
    /// The agent's account has as many runs as it may have.
    AccountFull(String, u32, u32),
    /// The agent, or its account, was used too fast.
    Rate(rate::Over),
    /// There is too little money for another run.
    Budget(budget::Blocked),
    /// A task under way is about the same files: that task, and the files.
    InUse(TaskId, Vec<String>),
    /// It was queued behind a task that has to be merged first: that task, and the files both are about.
    Behind(TaskId, Vec<String>),
    /// As many tasks stand in that status as may.
    StatusFull(Status, u32),
    /// All places are taken.
    Full,
    /// As many agents are starting as may at once.
    Starting,
    /// Everything is paused.
    Paused,
    /// This task is paused, and why.
    TaskPaused(String),
    /// The project's commands are not trusted on this machine.
    Untrusted,
    /// Its file has a problem, or its id lies in two places.
    Unclear,
    /// Nothing stands in the way: it starts next.
    Next,
}

impl Wait {
    /// Whether the task is ready to start and only waits for its turn.
    #[must_use]
    pub const fn is_place(&self) -> bool {
        matches!(
            self,
            Self::Next
                | Self::Full
                | Self::Starting
                | Self::StatusFull(..)
                | Self::AgentFull(..)
                | Self::AccountFull(..)
        )
    }
}

/// Why a task does not move right now: the most important reason.
#[must_use]
pub fn wait(state: &State, card: &TaskCard, now: Time) -> Wait {
    Survey::new(state, now).wait(card)
}

/// The most important reason.
pub(super) fn first(survey: &Survey<'_>, card: &TaskCard) -> Wait {
    let mut told = Told {
        list: Vec::new(),
        all: false,
    };
    look(survey, card, &mut told);
    told.list.into_iter().next().unwrap_or(Wait::Next)
}

/// Every reason, the most important first; [`Wait::Next`] alone when there is none.
pub(super) fn every(survey: &Survey<'_>, card: &TaskCard) -> Vec<Wait> {
    let mut told = Told {
        list: Vec::new(),
        all: true,
    };
    look(survey, card, &mut told);
    if told.list.is_empty() {
        told.list.push(Wait::Next);
    }
    told.list
}

/// Reasons as they are found.
struct Told {
    list: Vec<Wait>,
    all: bool,
}

impl Told {
    /// Notes a reason. Whether that is enough.
    fn add(&mut self, wait: Wait) -> bool {
        if !self.list.contains(&wait) {
            self.list.push(wait);
        }
        !self.all
    }
}

/// Looks for reasons, the most important first.
fn look(survey: &Survey<'_>, card: &TaskCard, told: &mut Told) {
    let state = survey.state;
    if state.unclear.contains(&card.id) && told.add(Wait::Unclear) {
        return;
    }
    if survey.asked.contains(&card.id) && told.add(Wait::Request) {
        return;
    }
    let Some(leg) = leg_of(card.status) else {
        told.add(Wait::Over);
        return;
    };
    let found = survey.progress(card);
    match found.map(|found| &found.step) {
        Some(Step::Held { holder, .. }) => {
            told.add(Wait::Turn(holder.clone()));
            return;
        }
        // What is asked of a person is told already.
        Some(Step::Asking) if survey.asked.contains(&card.id) => {}
        None | Some(Step::Idle) if !survey.live.contains(&card.id) => {}
        Some(Step::Working { .. }) if crate::planted::is(crate::planted::Fault::DoubleClaim) => {}
        _ => {
            told.add(Wait::UnderWay);
            return;
        }
    }
    match state.holder(&card.id, leg) {
        Holder::Nobody => {
            let known = told.list.len();
            if leg == Leg::Review {
                in_the_way(survey, card, leg, told);
            }
            // A review that is left out is no gap when the person is asked already.
            let asked = leg == Leg::Review && survey.asked.contains(&card.id);
            if told.list.len() == known && !asked {
                told.add(Wait::NobodyNamed(leg));
            }
        }
        Holder::Agent(_) => agent(survey, card, found, leg, told),
        other => {
            let known = told.list.len();
            if leg == Leg::Review {
                in_the_way(survey, card, leg, told);
            }
            dependencies(survey, card, leg, told);
            // Nobody's turn comes before what has to be done first.
            if told.list.len() == known {
                told.add(Wait::Turn(other));
            }
        }
    }
}

/// What the task waits for, if anything. Whether that is enough.
fn dependencies(survey: &Survey<'_>, card: &TaskCard, leg: Leg, told: &mut Told) -> bool {
    if leg != Leg::Implement {
        return false;
    }
    let undone: Vec<_> = survey.state.undone(card).into_iter().cloned().collect();
    if undone.is_empty() {
        return false;
    }
    if let Some(path) = survey.circle(&card.id)
        && told.add(Wait::Circle(path.to_vec()))
    {
        return true;
    }
    told.add(Wait::Dependencies(undone))
}

/// What keeps an agent from starting.
fn agent(
    survey: &Survey<'_>,
    card: &TaskCard,
    found: Option<&Progress>,
    leg: Leg,
    told: &mut Told,
) {
    let state = survey.state;
    let holder = state.holder(&card.id, leg);
    if leg == Leg::Review && was_reviewed(found, card, &holder) {
        let known = told.list.len();
        in_the_way(survey, card, leg, told);
        if told.list.len() == known {
            told.add(Wait::Turn(Holder::Person));
        }
        return;
    }
    if !state.trusted && told.add(Wait::Untrusted) {
        return;
    }
    if state.paused.is_some() && told.add(Wait::Paused) {
        return;
    }
    if let Some(why) = state.paused_tasks.get(&card.id)
        && told.add(Wait::TaskPaused(why.clone()))
    {
        return;
    }
    if dependencies(survey, card, leg, told) {
        return;
    }
    let rest = found.and_then(|found| failure::back_off(state, &card.id, found));
    if let Some(until) = rest.filter(|until| *until > survey.now)
        && told.add(Wait::BackOff(until))
    {
        return;
    }
    places(survey, card, leg, told);
}

/// Agents, their limits, and places.
fn places(survey: &Survey<'_>, card: &TaskCard, leg: Leg, told: &mut Told) {
    let (state, now) = (survey.state, survey.now);
    if !can_start(state, &survey.places, card, leg, now) {
        for wait in refusals(&survey.route(card, leg)) {
            if told.add(wait) {
                return;
            }
        }
    }
    let limits = &survey.state.config.limits;
    if let Some((status, of)) = survey.places.full_status(limits, leg)
        && told.add(Wait::StatusFull(status, of))
    {
        return;
    }
    if survey.places.free(limits) == 0 && told.add(Wait::Full) {
        return;
    }
    // Last, for it takes the longest to find out.
    if in_the_way(survey, card, leg, told) {
        return;
    }
    if !survey.places.are_left(limits) && survey.places.free(limits) > 0 {
        told.add(Wait::Starting);
    }
}

/// Other tasks at the same files. Whether that is enough.
fn in_the_way(survey: &Survey<'_>, card: &TaskCard, leg: Leg, told: &mut Told) -> bool {
    if leg == Leg::Review {
        let behind = conflict::behind(survey.state, &card.id);
        return behind.is_some_and(|behind| told.add(Wait::Behind(behind.task, behind.files)));
    }
    let begins = card.status == Status::Ready;
    // Whoever asks for all reasons learns of all of them: the next one is no surprise when the first is merged.
    begins
        && survey
            .in_use(card)
            .any(|(task, files)| told.add(Wait::InUse(task, files)))
}

/// Why nobody takes a leg: what may pass soon first, since that is what the task really waits for.
fn refusals(route: &Route) -> Vec<Wait> {
    let mut waits: Vec<Wait> = route
        .passed
        .iter()
        .map(|(name, refusal)| {
            let name = name.clone();
            match refusal.clone() {
                Refusal::Unfit(unfit) => Wait::Unfit(name, unfit),
                Refusal::Paused(why) => Wait::AgentPaused(name, why),
                Refusal::Breaker { until, why } => Wait::Breaker(name, until, why),
                Refusal::Parked { until, .. } => Wait::Parked(until),
                Refusal::Full { has, of } => Wait::AgentFull(name, has, of),
                Refusal::AccountFull { account, has, of } => Wait::AccountFull(account, has, of),
                Refusal::Rate(over) => Wait::Rate(over),
                Refusal::Budget(blocked) => Wait::Budget(blocked),
            }
        })
        .collect();
    waits.sort_by_key(|wait| match wait {
        Wait::AgentFull(..) | Wait::AccountFull(..) => 0,
        Wait::Parked(_) | Wait::Breaker(..) | Wait::Rate(_) => 1,
        Wait::Budget(_) | Wait::AgentPaused(..) => 2,
        _ => 3,
    });
    waits
}
