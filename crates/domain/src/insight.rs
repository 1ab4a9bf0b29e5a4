//! How well the work goes: measures over a stretch of the log, each with the aim it is held against.
//!
//! A pure fold: [`Insights::new`] with a [`Period`], every event of the log from its beginning through [`Insights::take`], then
//! [`Insights::report`]. It reads no clock and no file, and the same log always gives the same report.

mod report;
#[cfg(test)]
mod tests;

pub use report::{Agent, Measure, Report, Spent, Unit, What};

use crate::{
    Actor, AgentName, Decision, Event, Fact, Holder, Leg, MicroUsd, Request, RequestId,
    RequestKind, RunEnd, RunId, SessionId, Status, TaskId, Time, run::Work,
};
use std::collections::BTreeMap;

/// Most steps of a period.
const MOST_STEPS: i64 = 400;

/// The time that is looked at, in equal steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its beginning.
    pub from: Time,
    /// Its end, which is now or earlier.
    pub to: Time,
    /// How long a step is, in milliseconds.
    pub step_ms: i64,
}

impl Period {
    /// The steps it has; at least one, at most 400.
    #[must_use]
    pub fn steps(&self) -> usize {
        let span = self.to.since(self.from).saturating_sub(1);
        let steps = span / self.step_ms.max(1) + 1;
        usize::try_from(steps.clamp(1, MOST_STEPS)).unwrap_or(1)
    }

    /// The step a moment lies in; none when it lies outside.
    fn step_of(&self, at: Time) -> Option<usize> {
        if at < self.from || at > self.to {
            return None;
        }
        let step = usize::try_from(at.since(self.from) / self.step_ms.max(1)).ok()?;
        Some(step.min(self.steps() - 1))
    }

    /// Beginning and end of a step.
    fn bounds(&self, step: usize) -> Span {
        let step = i64::try_from(step).unwrap_or(0);
        let from = self.from.plus_millis(step.saturating_mul(self.step_ms));
        let last = step + 1 >= i64::try_from(self.steps()).unwrap_or(1);
        let to = if last {
            self.to
        } else {
            from.plus_millis(self.step_ms)
        };
        (from, to)
    }
}

/// From, to.
type Span = (Time, Time);

/// What is known of a task on the way through the log.
#[derive(Default)]
struct Life {
    /// When somebody first took it.
    started: Option<Time>,
    /// When its last holder ended, until the next agent begins.
    handed: Option<Time>,
    /// It came back at least once.
    came_back: bool,
    /// A person did more than approve it.
    helped: bool,
    /// What it cost within the period.
    cost: MicroUsd,
    /// Runs of agents within the period.
    runs: u64,
    /// How it was finished, when it stands finished.
    finished: Option<Finished>,
}

#[derive(Clone, Copy)]
struct Finished {
    at: Time,
    /// From when it was first taken, in milliseconds.
    cycle_ms: Option<u64>,
    first_pass: bool,
    helped: bool,
}

/// An agent's run that is under way.
struct Live {
    task: TaskId,
    agent: AgentName,
    since: Time,
    session: Option<SessionId>,
    told: Told,
    /// Asks that wait for a person, and since when one does.
    waits: (u32, Time),
    /// Stretches in which it waited.
    waited: Vec<Span>,
}

/// What a run said it used so far.
#[derive(Clone, Copy, Default)]
struct Told {
    cost: MicroUsd,
    input: u64,
    cached: u64,
}

/// What an agent did within the period.
#[derive(Default)]
struct Sum {
    /// Runs that ended.
    runs: u64,
    /// Of those, runs that did not do what they were started for, without having been stopped.
    failed: u64,
    cost: MicroUsd,
    input: u64,
    cached: u64,
    /// Stretches in which it worked.
    busy: Vec<Span>,
}

/// One step of the period.
#[derive(Clone, Default)]
struct Step {
    done: u64,
    first_pass: u64,
    helped: u64,
    cycles_ms: Vec<u64>,
    handovers_ms: Vec<u64>,
    ended: u64,
    unstarted: u64,
    cost: MicroUsd,
    input: u64,
    cached: u64,
}

/// The fold.
pub struct Insights {
    period: Period,
    /// The first event of the log, if it lies within the period: nothing could be done before it.
    began: Option<Time>,
    tasks: BTreeMap<TaskId, Life>,
    live: BTreeMap<RunId, Live>,
    sessions: BTreeMap<SessionId, MicroUsd>,
    requests: BTreeMap<RequestId, Request>,
    agents: BTreeMap<AgentName, Sum>,
    steps: Vec<Step>,
}

impl Insights {
    /// Nothing yet.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            began: None,
            tasks: BTreeMap::new(),
            live: BTreeMap::new(),
            sessions: BTreeMap::new(),
            requests: BTreeMap::new(),
            agents: BTreeMap::new(),
            steps: vec![Step::default(); period.steps()],
        }
    }

    /// Takes the next event in. Events come in the order of the log, from its beginning.
    pub fn take(&mut self, event: &Event) {
        self.began.get_or_insert(event.at);
        if event.at > self.period.to {
            return;
        }
        self.help(event);
        match &event.fact {
            Fact::TaskMoved { task, from, to } => self.moved(task, *from, *to, event.at),
            Fact::TaskRemoved { task, .. } => {
                self.tasks.remove(task);
            }
            Fact::Claimed { task, holder, .. } => self.claimed(task, holder, event.at),
            Fact::HandedOff { task, leg, .. } => {
                self.life(task).handed = (*leg != Leg::Approve).then_some(event.at);
            }
            Fact::SentBack { task, .. } => {
                let life = self.life(task);
                life.handed = Some(event.at);
                life.came_back = true;
            }
            Fact::RunStarted {
                run,
                task,
                work: Work::Leg { agent, .. },
                session,
                ..
            } => self.run_started(run, task, agent, session.as_ref(), event.at),
            Fact::RunCost {
                run,
                session_total,
                input_tokens,
                cached_tokens,
                ..
            } => {
                let told = Told {
                    cost: *session_total,
                    input: *input_tokens,
                    cached: (*cached_tokens).min(*input_tokens),
                };
                self.used(run, told, event.at);
            }
            Fact::RunEnded { run, end, .. } => self.run_ended(run, end, event.at),
            Fact::RequestOpened { task, kind } => self.opened(event, task.as_ref(), kind),
            Fact::RequestDecided { request, .. } | Fact::RequestWithdrawn { request, .. } => {
                self.closed(*request, event.at);
            }
            _ => {}
        }
    }

    fn life(&mut self, task: &TaskId) -> &mut Life {
        if !self.tasks.contains_key(task) {
            self.tasks.insert(task.clone(), Life::default());
        }
        self.tasks.entry(task.clone()).or_default()
    }

    fn step(&mut self, at: Time) -> Option<&mut Step> {
        let step = self.period.step_of(at)?;
        self.steps.get_mut(step)
    }

    /// A person who does more for a task than to approve it.
    fn help(&mut self, event: &Event) {
        let task = match (&event.fact, &event.by) {
            (Fact::RequestDecided { request, decision }, _) => {
                let approves = matches!(decision, Decision::Approve { .. });
                let found = self.requests.get(request).filter(|_| !approves);
                found.and_then(|found| found.task.clone())
            }
            (
                Fact::Claimed {
                    task,
                    leg,
                    holder: Holder::Person,
                    ..
                },
                _,
            ) if *leg != Leg::Approve => Some(task.clone()),
            (Fact::PersonSaid { run, .. }, _) => self.live.get(run).map(|live| live.task.clone()),
            (
                Fact::TaskMoved { task, .. }
                | Fact::Submitted { task, .. }
                | Fact::Reassigned { task, .. },
                Actor::Person | Actor::Unknown,
            ) => Some(task.clone()),
            _ => None,
        };
        if let Some(task) = task {
            self.life(&task).helped = true;
        }
    }

    fn moved(&mut self, task: &TaskId, from: Status, to: Status, at: Time) {
        let life = self.life(task);
        if to == Status::InProgress {
            life.started.get_or_insert(at);
        }
        if from == Status::Done {
            // It was not finished after all; it counts when it is finished again.
            life.finished = None;
        }
        if to == Status::Done {
            let cycle = life.started.map(|started| at.since(started));
            life.finished = Some(Finished {
                at,
                cycle_ms: cycle.and_then(|ms| u64::try_from(ms).ok()),
                first_pass: !life.came_back,
                helped: life.helped,
            });
        }
    }

    fn claimed(&mut self, task: &TaskId, holder: &Holder, at: Time) {
        let life = self.life(task);
        life.started.get_or_insert(at);
        let handed = life.handed.take();
        // Only an agent is expected to begin at once.
        if let (Some(handed), Holder::Agent(_)) = (handed, holder)
            && let Ok(ms) = u64::try_from(at.since(handed))
            && let Some(step) = self.step(at)
        {
            step.handovers_ms.push(ms);
        }
    }

    fn run_started(
        &mut self,
        run: &RunId,
        task: &TaskId,
        agent: &AgentName,
        session: Option<&SessionId>,
        at: Time,
    ) {
        let live = Live {
            task: task.clone(),
            agent: agent.clone(),
            since: at,
            session: session.cloned(),
            told: Told::default(),
            waits: (0, at),
            waited: Vec::new(),
        };
        self.live.insert(run.clone(), live);
    }

    /// Totals only grow: what is more than was known is what was used just now.
    fn used(&mut self, run: &RunId, told: Told, at: Time) {
        let Some(live) = self.live.get_mut(run) else {
            return;
        };
        let session = live.session.as_ref();
        let known = session.and_then(|session| self.sessions.get(session).copied());
        let cost = told
            .cost
            .beyond(known.unwrap_or_default().max(live.told.cost));
        let input = told.input.saturating_sub(live.told.input);
        let cached = told.cached.saturating_sub(live.told.cached).min(input);
        live.told = Told {
            cost: live.told.cost.max(told.cost),
            input: live.told.input.max(told.input),
            cached: live.told.cached.max(told.cached),
        };
        if let Some(session) = session {
            let total = self.sessions.entry(session.clone()).or_default();
            *total = (*total).max(told.cost);
        }
        let (task, agent) = (live.task.clone(), live.agent.clone());
        let Some(step) = self.step(at) else {
            return;
        };
        step.cost = step.cost.plus(cost);
        step.input += input;
        step.cached += cached;
        let life = self.life(&task);
        life.cost = life.cost.plus(cost);
        let sum = self.agents.entry(agent).or_default();
        sum.cost = sum.cost.plus(cost);
        sum.input += input;
        sum.cached += cached;
    }

    fn run_ended(&mut self, run: &RunId, end: &RunEnd, at: Time) {
        let Some(mut live) = self.live.remove(run) else {
            return;
        };
        live.stops_waiting(at);
        let stopped = matches!(
            end,
            RunEnd::Stopped { .. } | RunEnd::Paused { .. } | RunEnd::RateLimited { .. }
        );
        let unstarted = end.needs_person();
        let failed = !end.is_good() && !stopped;
        if failed {
            self.life(&live.task).handed = Some(at);
        }
        if let Some(step) = self.step(at) {
            step.ended += 1;
            step.unstarted += u64::from(unstarted);
            self.life(&live.task).runs += 1;
            let sum = self.agents.entry(live.agent.clone()).or_default();
            sum.runs += 1;
            sum.failed += u64::from(failed);
        }
        self.worked(&live, at);
    }

    /// Keeps the stretches in which a run worked, as far as they lie within the period.
    fn worked(&mut self, live: &Live, until: Time) {
        let mut from = live.since;
        let mut stretches = Vec::new();
        for (begin, end) in &live.waited {
            stretches.push((from, *begin));
            from = *end;
        }
        stretches.push((from, until));
        let period = (self.period.from, self.period.to);
        let within = stretches
            .into_iter()
            .filter_map(|span| report::common(span, period));
        let spans: Vec<_> = within.collect();
        if !spans.is_empty() {
            let sum = self.agents.entry(live.agent.clone()).or_default();
            sum.busy.extend(spans);
        }
    }

    fn opened(&mut self, event: &Event, task: Option<&TaskId>, kind: &RequestKind) {
        let id = RequestId(event.seq.0);
        let request = Request {
            id,
            task: task.cloned(),
            kind: kind.clone(),
            since: event.at,
            decided: None,
            withdrawn: None,
        };
        if let Some(live) = request.run().and_then(|run| self.live.get_mut(run)) {
            if live.waits.0 == 0 {
                live.waits.1 = event.at;
            }
            live.waits.0 += 1;
        }
        self.requests.insert(id, request);
    }

    fn closed(&mut self, id: RequestId, at: Time) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        let Some(live) = request.run().and_then(|run| self.live.get_mut(run)) else {
            return;
        };
        if live.waits.0 <= 1 {
            live.stops_waiting(at);
        } else {
            live.waits.0 -= 1;
        }
    }
}

impl Live {
    fn stops_waiting(&mut self, at: Time) {
        if self.waits.0 > 0 {
            self.waited.push((self.waits.1, at));
            self.waits.0 = 0;
        }
    }
}
