//! What each agent has done so far: the registry that routing, the board and the insights look at.

use crate::{
    Actor, AgentName, Event, Fact, Holder, Leg, MicroUsd, Run, RunEnd, RunId, State, TaskId, Time,
    run::{Verdict, Work},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// So many pieces of work have to be judged before a share of them says something.
pub const SAMPLES: u64 = 5;
/// After so many failed runs in a row an agent counts as broken.
pub const BROKEN: u32 = 3;

/// One agent's record, folded from the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Runs that did what they were started for.
    pub completed: u64,
    /// Runs that failed by a fault of the agent.
    pub failed: u64,
    /// Work that was handed in.
    pub submitted: u64,
    /// Work that was approved in the end.
    pub approved: u64,
    /// Of that, without ever having been sent back.
    pub first_pass: u64,
    /// Milliseconds of all ended runs, waiting for people not counted.
    pub worked_ms: u64,
    /// What its runs cost.
    pub cost: MicroUsd,
    /// What the approved tasks had cost in its runs.
    pub approved_cost: MicroUsd,
    /// When a run of it last said or did something.
    pub heard: Option<Time>,
    /// Failed runs since the last one that did what it was started for.
    #[serde(default)]
    pub failed_in_a_row: u32,
    /// How its work on each leg was judged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub legs: BTreeMap<Leg, Judged>,
}

/// How work on a leg was judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Tasks whose end tells: approved, or failed. A review is judged by what the person made of it.
    pub all: u64,
    /// Of those, good at the first try.
    pub first_pass: u64,
}

/// A share of something, in thousandths: the greater the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

impl Share {
    /// What is neither good nor bad.
    pub const MIDDLING: Self = Self(500);

    /// A part of all; none when there are too few to say something.
    #[must_use]
    pub const fn of(part: u64, all: u64) -> Option<Self> {
        if all < SAMPLES {
            return None;
        }
        Some(Self(part.saturating_mul(1000) / all))
    }

    /// In thousandths.
    #[must_use]
    pub const fn thousandths(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0.saturating_add(5) / 10)
    }
}

impl Record {
    /// How much of its work on a leg was good at the first try; none while that says nothing yet.
    #[must_use]
    pub fn rate_on(&self, leg: Leg) -> Option<Share> {
        let judged = self.legs.get(&leg)?;
        Share::of(judged.first_pass, judged.all)
    }

    /// Ended runs that tell something of the agent.
    #[must_use]
    pub const fn runs(&self) -> u64 {
        self.completed.saturating_add(self.failed)
    }

    fn judge(&mut self, leg: Leg, good: bool) {
        let judged = self.legs.entry(leg).or_default();
        judged.all += 1;
        judged.first_pass += u64::from(good);
    }
}

/// Changes the records by a fact. Called before the fact changes anything else: it looks at how things were.
pub(crate) fn apply(state: &mut State, event: &Event) {
    if let Some(agent) = speaker(state, event) {
        state.records.entry(agent).or_default().heard = Some(event.at);
    }
    match &event.fact {
        Fact::RunCost {
            run, session_total, ..
        } => cost(state, run, *session_total),
        Fact::RunEnded { run, end, .. } => ended(state, run, end, event.at),
        Fact::HandedOff {
            task,
            leg: Leg::Approve,
            ..
        } => approved(state, task),
        Fact::HandedOff {
            holder: Holder::Agent(agent),
            ..
        } => state.records.entry(agent.clone()).or_default().submitted += 1,
        Fact::SentBack {
            task,
            counts: false,
            ..
        } => overruled(state, task),
        Fact::Failed { task, .. } => failed(state, task),
        _ => {}
    }
}

/// The agent whose run says something.
fn speaker(state: &State, event: &Event) -> Option<AgentName> {
    let Actor::Run { run } = &event.by else {
        return None;
    };
    state.runs.get(run).and_then(Run::agent).cloned()
}

fn cost(state: &mut State, run: &RunId, session_total: MicroUsd) {
    let Some(found) = state.runs.get(run) else {
        return;
    };
    let more = session_total.beyond(found.cost_before).beyond(found.cost);
    if let Some(agent) = found.agent() {
        let record = state.records.entry(agent.clone()).or_default();
        record.cost = record.cost.plus(more);
    }
}

fn ended(state: &mut State, run: &RunId, end: &RunEnd, at: Time) {
    let Some(found) = state.runs.get(run).filter(|found| found.is_live()) else {
        return;
    };
    let Work::Leg { agent, .. } = &found.work else {
        return;
    };
    let waits = found.waiting_since.map_or(0, |since| at.since(since));
    let worked = at.since(found.since) - found.waited_ms - waits;
    let record = state.records.entry(agent.clone()).or_default();
    record.worked_ms += u64::try_from(worked).unwrap_or(0);
    if end.is_good() {
        record.completed += 1;
        record.failed_in_a_row = 0;
    } else if is_its_fault(end) {
        record.failed += 1;
        record.failed_in_a_row = record.failed_in_a_row.saturating_add(1);
    }
}

/// Whether a bad end says something of the agent: not when it was stopped, nor when its provider refused.
const fn is_its_fault(end: &RunEnd) -> bool {
    !matches!(
        end,
        RunEnd::Completed
            | RunEnd::Stopped { .. }
            | RunEnd::Paused { .. }
            | RunEnd::RateLimited { .. }
    )
}

/// The agents that did the last turn on each leg of a task.
fn last_turns(state: &State, task: &TaskId) -> Vec<(Leg, AgentName)> {
    let Some(found) = state.tasks.get(task) else {
        return Vec::new();
    };
    let mut turns: BTreeMap<Leg, AgentName> = BTreeMap::new();
    for stop in &found.stops {
        match &stop.holder {
            Holder::Agent(agent) => turns.insert(stop.leg, agent.clone()),
            _ => turns.remove(&stop.leg),
        };
    }
    turns.into_iter().collect()
}

/// A task was approved: whoever did a leg of it has done well, at the first try when it never came back.
fn approved(state: &mut State, task: &TaskId) {
    let never_back = state
        .tasks
        .get(task)
        .is_some_and(|found| found.feedback == 0);
    let mut agents = BTreeMap::new();
    for (leg, agent) in last_turns(state, task) {
        // Sending work back is a reviewer's job.
        let good = never_back || leg == Leg::Review;
        let record = state.records.entry(agent.clone()).or_default();
        record.judge(leg, good);
        *agents.entry(agent).or_insert(true) &= good;
    }
    for (agent, good) in agents {
        let runs = state.runs.values().filter(|run| run.task == *task);
        let own = runs.filter(|run| run.agent() == Some(&agent));
        let cost = own.fold(MicroUsd(0), |sum, run| sum.plus(run.cost));
        let record = state.records.entry(agent).or_default();
        record.approved += 1;
        record.first_pass += u64::from(good);
        record.approved_cost = record.approved_cost.plus(cost);
    }
}

/// A person sent back what the reviewer had found good.
fn overruled(state: &mut State, task: &TaskId) {
    let found_good = |found: &crate::state::Progress| found.verdict == Some(Verdict::Approve);
    if !state.tasks.get(task).is_some_and(found_good) {
        return;
    }
    for (leg, agent) in last_turns(state, task) {
        if leg == Leg::Review {
            state.records.entry(agent).or_default().judge(leg, false);
        }
    }
}

/// A task was given up.
fn failed(state: &mut State, task: &TaskId) {
    for (leg, agent) in last_turns(state, task) {
        if leg == Leg::Implement {
            state.records.entry(agent).or_default().judge(leg, false);
        }
    }
}
