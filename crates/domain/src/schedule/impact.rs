//! What the approval of a task would start.

use super::{Survey, Wait, leg_of, why::evidence};
use crate::{
    AgentName, Holder, Leg, RunStatus, State, Status, TaskCard, TaskId, Time,
    state::{Progress, Step},
};
use std::collections::BTreeSet;

/// What the approval of a task would start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// Tasks for which it is the last thing they wait for, in the order they get places.
    pub starts: Vec<Starts>,
    /// Tasks that wait for it and for others still, with those others.
    pub still_waits: Vec<(TaskId, Vec<TaskId>)>,
    /// All tasks that wait for it, also by way of others.
    pub all: BTreeSet<TaskId>,
}

/// A task that could start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starts {
    /// The task.
    pub task: TaskId,
    /// The leg whose turn it would be.
    pub leg: Leg,
    /// Who would take it.
    pub who: Holder,
    /// Why that one, or why nobody; what keeps it from standing in line, when something does.
    pub why: String,
    /// Its place in the line of those that wait for an agent, from 1; none when it needs no agent.
    pub position: Option<usize>,
    /// Whether it would start at once.
    pub at_once: bool,
    /// What would still keep it from starting.
    pub wait: Wait,
}

/// What the approval of a task would start, on what is under way now.
#[must_use]
pub fn impact(state: &State, task: &TaskId, now: Time) -> Impact {
    let after = approved(state, task, now);
    let survey = Survey::new(&after, now);
    let line = survey.in_line();
    let starting: Vec<(TaskId, AgentName)> = survey
        .starts()
        .into_iter()
        .map(|(task, agent)| (task.clone(), agent))
        .collect();
    let mut impact = Impact {
        all: waiting(state, task),
        ..Impact::default()
    };
    let direct = state.cards.values().filter(|card| {
        !card.status.is_over() && card.id != *task && card.depends_on.contains(task)
    });
    for card in direct {
        let left: Vec<_> = after.undone(card).into_iter().cloned().collect();
        if !left.is_empty() {
            impact.still_waits.push((card.id.clone(), left));
            continue;
        }
        let position = line.iter().position(|other| other.id == card.id);
        impact
            .starts
            .push(starts(&survey, card, &starting, position));
    }
    impact.starts.sort_by(|a, b| {
        (a.position.is_none(), a.position, &a.task).cmp(&(
            b.position.is_none(),
            b.position,
            &b.task,
        ))
    });
    impact
}

fn starts(
    survey: &Survey<'_>,
    card: &TaskCard,
    starting: &[(TaskId, AgentName)],
    position: Option<usize>,
) -> Starts {
    let leg = leg_of(card.status).unwrap_or(Leg::Implement);
    let chosen = starting.iter().find(|(task, _)| *task == card.id);
    let route = survey.route(card, leg);
    let who = match chosen {
        Some((_, agent)) => Holder::Agent(agent.clone()),
        None => route
            .to
            .map_or_else(|| survey.state.holder(&card.id, leg), Holder::Agent),
    };
    let wait = survey.wait(card);
    // Of one that would not even stand in line it matters more what it then waits for.
    let held = chosen.is_none() && position.is_none() && matches!(who, Holder::Agent(_));
    let why = if held {
        evidence(survey, card, &wait)
    } else {
        route.why
    };
    Starts {
        task: card.id.clone(),
        leg,
        who,
        why,
        position: position.map(|at| at + 1),
        at_once: chosen.is_some(),
        wait,
    }
}

/// The state as it would be.
fn approved(state: &State, task: &TaskId, now: Time) -> State {
    let mut after = state.clone();
    if let Some(card) = after.cards.get_mut(task) {
        card.status = Status::Done;
    }
    let found = after
        .tasks
        .entry(task.clone())
        .or_insert_with(|| Progress::new(Status::Done, now));
    found.status = Status::Done;
    found.moved = now;
    found.step = Step::Idle;
    for run in after.runs.values_mut().filter(|run| run.task == *task) {
        run.status = RunStatus::Ended;
    }
    let open = |request: &&mut crate::Request| request.task.as_ref() == Some(task);
    for request in after.requests.values_mut().filter(open) {
        if request.is_open() {
            request.withdrawn = Some(String::new());
        }
    }
    after
}

/// All tasks that wait for one, also by way of others.
fn waiting(state: &State, task: &TaskId) -> BTreeSet<TaskId> {
    let mut found: BTreeSet<TaskId> = BTreeSet::new();
    let mut next = vec![task.clone()];
    while let Some(id) = next.pop() {
        for card in state.cards.values().filter(|card| !card.status.is_over()) {
            if card.depends_on.contains(&id) && card.id != *task && found.insert(card.id.clone()) {
                next.push(card.id.clone());
            }
        }
    }
    found
}
