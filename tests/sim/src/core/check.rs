//! What must always be: the ledger keeps its own books of files, requests, approvals, feedback and money, and compares.

use super::{
    World,
    disk::{Disk, TASKS_MAX},
};
use crate::{
    judge::{self, FailedStarts, Promises, Wrong},
    knobs::Trouble,
    rng::mix,
};
use orchestron_domain::{
    Actor, AgentName, Command, CommitId, Decision, Event, Fact, Holder, Leg, MicroUsd, RequestKind,
    State, Status, TaskId, Time, absence::Absences, apply::apply, budget::BudgetScope,
    run::Verdict, state::Step,
};
use std::{collections::BTreeMap, rc::Rc};

/// A request as the ledger knows it.
struct Asked {
    task: Option<u8>,
    /// The commit a yes would merge.
    commit: Option<Option<CommitId>>,
    open: bool,
    of_run: bool,
    review: bool,
}

/// Books kept apart from the core's.
#[derive(Default)]
pub struct Ledger {
    /// What the log tells, folded by the real `apply`, without anything observed.
    pub state: State,
    asked: BTreeMap<u64, Asked>,
    /// What a person said yes to, while that holds.
    approved: [Option<Option<CommitId>>; TASKS_MAX],
    /// Somebody said what has to change, and it was not passed on yet.
    owes: [bool; TASKS_MAX],
    feedback: [u64; TASKS_MAX],
    /// Files of each task that there should be.
    pub files: [u8; TASKS_MAX],
    /// What each task's runs have cost, told or not.
    pub billed: [u64; TASKS_MAX],
    settled_at: u64,
    starts: FailedStarts,
    /// What rules did, and what people said.
    pub promises: Promises,
    /// When the machine slept.
    pub slept: Absences,
    /// When the newest engine started.
    up: Time,
    /// Tasks that went through their whole chain.
    finished: [bool; TASKS_MAX],
}

impl Ledger {
    /// Feedback of this number lies beside the tasks.
    pub const fn feedback_written(&mut self, task: u8, number: u32) {
        self.feedback[task as usize] |= 1 << (number & 63);
    }

    fn close_all(&mut self, task: u8) {
        for asked in self.asked.values_mut() {
            if asked.task == Some(task) && !asked.of_run {
                asked.open = false;
            }
        }
        self.approved[task as usize] = None;
        self.owes[task as usize] = false;
        self.finished[task as usize] = false;
    }

    fn decided(&mut self, request: u64, decision: &Decision) {
        let Some(asked) = self.asked.get_mut(&request).filter(|asked| asked.open) else {
            return;
        };
        asked.open = false;
        let (Some(task), Some(commit)) = (asked.task, asked.commit.clone()) else {
            return;
        };
        match decision {
            Decision::Approve { .. } | Decision::Retry { .. } => {
                self.approved[task as usize] = Some(commit);
            }
            Decision::Changes { .. } => self.owes[task as usize] = true,
            _ => {}
        }
    }
}

impl World {
    /// Records what is wrong, if something is.
    pub fn wrong_if(&mut self, wrong: Option<Wrong>) {
        if let Some((what, detail)) = wrong {
            self.wrong(what, detail);
        }
    }

    /// Takes the newest event into the books, and looks whether it may be.
    pub fn heard_of(&mut self, event: &Event) {
        self.judge(event);
        let ledger = &mut self.ledger;
        let of_verdict = match &event.fact {
            Fact::RunEnded { run, end, .. } if end.is_good() => ledger.state.runs.get(run),
            _ => None,
        };
        if let Some(run) = of_verdict
            && run.verdict == Some(Verdict::Changes)
            && matches!(ledger.state.step(&run.task), Step::Working { run: now, .. } if *now == run.id)
        {
            ledger.owes[Self::place_of(&run.task) as usize] = true;
        }
        apply(&mut ledger.state, event);
        ledger.book(event);
    }

    /// Facts that must not come now.
    fn judge(&mut self, event: &Event) {
        self.ledger.starts.hear(&self.ledger.state, event);
        let broken = self.ledger.promises.hear(&self.ledger.state, event);
        if let Fact::EngineStarted { .. } = event.fact {
            self.ledger.up = event.at;
        }
        let awake = (&self.ledger.slept, self.ledger.up);
        let hasty = judge::hasty_stop(&self.ledger.state, event, awake);
        let hasty = hasty.filter(|_| self.knobs.rate(Trouble::Clock) == 0);
        self.wrong_if(broken.or(hasty));
        match &event.fact {
            Fact::Claimed {
                task,
                leg,
                holder: Holder::Agent(agent),
                ..
            } => self.judge_claim(task, *leg, agent),
            Fact::SentBack { task, feedback, .. } => {
                let at = Self::place_of(task) as usize;
                if self.ledger.feedback[at] & (1 << (feedback & 63)) == 0 {
                    self.wrong(
                        "feedback is lost",
                        format!("{task} has no feedback {feedback}"),
                    );
                }
                self.ledger.owes[at] = false;
            }
            Fact::RequestDecided { .. } if event.by != Actor::Person => {
                let who = format!("{:?}", event.by);
                self.wrong("somebody else than a person decided", who);
            }
            _ => {}
        }
    }

    fn judge_claim(&mut self, task: &TaskId, leg: Leg, agent: &AgentName) {
        let at = Self::place_of(task) as usize;
        if leg == Leg::Implement && self.ledger.owes[at] {
            self.wrong(
                "feedback is lost",
                format!("{task} is implemented again without it"),
            );
        }
        // An engine can only keep to the limits it was told of; that it is told in time is looked at where it rests.
        let known = self.configs.get(self.claimed_by[at] as usize);
        let config = known.map_or_else(Rc::default, Rc::clone);
        let now = self.clock();
        let tried = self.ledger.starts.judge(agent, &config.limits, now);
        let tried = tried.filter(|_| self.knobs.rate(Trouble::Clock) == 0);
        self.wrong_if(tried.or_else(|| judge::too_many(&self.ledger.state, &config, task, agent)));
    }

    /// A run costs money, whether it tells or not.
    pub fn bill(&mut self, task: u8, more: u64) {
        self.ledger.billed[task as usize] += more;
        let budget = self.config.limits.budget;
        let id = self.id(task);
        let of = |scope: &BudgetScope, limit: Option<MicroUsd>| {
            let raised = self.ledger.state.raised.get(scope).map_or(0, |by| by.0);
            limit.map(|limit| limit.0 + raised)
        };
        let of_task = of(&BudgetScope::Task(id.clone()), budget.task);
        let of_all = of(&BudgetScope::Project, budget.project);
        let spent = self.ledger.billed[task as usize];
        let all: u64 = self.ledger.billed.iter().sum();
        if of_task.is_some_and(|limit| spent > limit) || of_all.is_some_and(|limit| all > limit) {
            let what = format!("{id} has cost {spent} of {of_task:?}, all {all} of {of_all:?}");
            self.wrong("a budget is exceeded", what);
        }
    }

    /// Somebody is about to merge: a person must have said yes to exactly that.
    pub fn merges(&mut self, task: u8, commit: Option<u32>) {
        let wanted = commit.map(super::git::commit);
        let approved = &self.ledger.approved[task as usize];
        let good = match (approved, &wanted) {
            (Some(Some(yes)), Some(wanted)) => yes == wanted,
            (Some(_), None) => true, // nothing to merge
            (Some(None), Some(_)) => !self.git.there,
            (None, _) => false,
        };
        if !good {
            let id = self.id(task);
            let what = format!("{id} at {wanted:?}; approved is {approved:?}");
            self.wrong("something is merged that nobody approved", what);
        }
    }

    /// What must be after every single step.
    pub fn check_step(&mut self) {
        if self.again {
            return;
        }
        let mut there = [0_u8; TASKS_MAX];
        for key in self.disk.files.keys() {
            there[key.task as usize] += 1;
        }
        if there != self.ledger.files {
            let files: Vec<_> = self.disk.files.keys().collect();
            let what = format!("{files:?}; there should be {:?}", self.ledger.files);
            self.wrong("a task is lost or doubled", what);
        }
        let mut holders = [0_u8; TASKS_MAX];
        for at in &self.living {
            let process = &self.processes[*at as usize];
            if process.holds() && process.over.is_none() {
                holders[process.task as usize] += 1;
            }
        }
        if let Some(task) = holders.iter().position(|count| *count > 1) {
            let of = |at: &&u32| self.processes[**at as usize].task as usize == task;
            let runs = self.living.iter().filter(of);
            let runs: Vec<_> = runs.map(|at| &self.processes[*at as usize].run).collect();
            let what = format!("{runs:?}");
            self.wrong("a task has two holders", what);
        }
    }

    /// What must be whenever the engine rests.
    pub fn settled(&mut self) {
        let last = self.log.last().0;
        if self.ledger.settled_at == last {
            return;
        }
        self.ledger.settled_at = last;
        if self.again {
            return;
        }
        if let Some(command) = self.log.open.values().next() {
            let what = command.words();
            self.wrong("the engine rests with a command not carried out", what);
            return;
        }
        let Some(host) = &self.engine else { return };
        if host.knows_config() < self.config_told {
            let what = format!("{} of {}", host.knows_config(), self.config_told);
            self.wrong("the engine goes by an old configuration", what);
            return;
        }
        let state = &host.state;
        let now = self.clock();
        if let Some(at) =
            orchestron_domain::schedule::next_deadline(state, now).filter(|at| *at <= now)
        {
            let what = format!("a deadline {} ms ago brings nothing", now.since(at));
            self.wrong("the engine would never sleep", what);
            return;
        }
        let stuck = judge::stuck(state).or_else(|| judge::stray(state));
        let stuck = stuck.or_else(|| self.overbooked(state));
        self.wrong_if(stuck);
    }

    /// A task that more is booked for than it cost.
    fn overbooked(&self, state: &State) -> Option<Wrong> {
        let (task, found) = state.tasks.iter().find(|(task, found)| {
            state.cards.contains_key(task)
                && found.cost.0 > self.ledger.billed[Self::place_of(task) as usize]
        })?;
        let what = format!("{task}: {} are booked", found.cost.0);
        Some(("more is booked than was spent", what))
    }

    /// Compares an engine's state with what the log alone tells.
    pub fn compare(&mut self, state: &mut State) {
        if self.again {
            return;
        }
        if let Some(what) = differs(state, &mut self.ledger.state) {
            self.wrong("the log does not tell the state", what);
        }
    }

    /// Whether everything is done.
    pub fn is_drained(&self) -> bool {
        let done = self
            .disk
            .files
            .keys()
            .all(|key| key.status() == Status::Done);
        let quiet =
            self.living.is_empty() && self.log.open.is_empty() && self.log.intents.is_empty();
        // What was done on a task that somebody deleted or called done by hand stays where it is.
        let mut trees = self.git.branches.iter().zip(&self.ledger.finished);
        if !done || !quiet || trees.any(|(branch, finished)| branch.tree && *finished) {
            return false;
        }
        let state = &self.ledger.state;
        state.open_requests().next().is_none() && state.live_runs().next().is_none()
    }

    /// What is not done yet, for people.
    pub fn open_ends(&self) -> String {
        let state = &self.ledger.state;
        let mut ends: Vec<_> = self
            .disk
            .files
            .keys()
            .filter(|key| key.status() != Status::Done)
            .map(|key| {
                let id = self.id(key.task);
                format!("{id} in {}: {:?}", key.status(), state.step(&id))
            })
            .collect();
        ends.extend(
            state
                .open_requests()
                .map(|r| format!("{} {:?} {:?}", r.id, r.task, r.kind)),
        );
        ends.extend(self.living.iter().map(|at| {
            let process = &self.processes[*at as usize];
            format!(
                "{} {:?} {:?} over: {}",
                process.run,
                process.plan,
                process.stage,
                process.over.is_some()
            )
        }));
        ends.extend(self.log.open.values().map(Command::words));
        let trees = self.git.branches.iter().enumerate().filter(|(_, b)| b.tree);
        ends.extend(trees.map(|(task, _)| format!("worktree of task {}", task + 1)));
        ends.join("; ")
    }

    /// What must be at the end.
    pub fn check_end(&mut self) {
        if !self.again {
            let mut replayed = State::default();
            for event in &self.log.events {
                apply(&mut replayed, event);
            }
            if let Some(what) = differs(&mut replayed, &mut self.ledger.state) {
                self.wrong("the log does not tell the state", what);
            }
        }
        if let Some(mut host) = self.engine.take() {
            self.compare(&mut host.state);
        }
        let heard = |id: &str| self.processes.iter().any(|process| process.heard(id));
        let lost = self.ledger.promises.unheard(heard);
        self.wrong_if(lost);
        self.end = Some(Box::new(std::mem::take(&mut self.ledger.state)));
        let places = Disk::places(&self.disk.files);
        for place in places {
            self.hash = mix(self.hash, place.map_or(9, |status| status as u64));
        }
    }
}

impl Ledger {
    fn book(&mut self, event: &Event) {
        match &event.fact {
            Fact::TaskCreated { task, .. } => self.close_all(World::place_of(task)),
            Fact::TaskMoved { task, .. } if event.by != Actor::Engine => {
                self.close_all(World::place_of(task));
            }
            Fact::TaskRemoved { task, .. } => self.close_all(World::place_of(task)),
            Fact::HandedOff { task, leg, .. } => {
                self.finished[World::place_of(task) as usize] = *leg == Leg::Approve;
            }
            // What was shown is not the tip any more.
            Fact::CaughtUp { task, files, .. } if files.is_empty() => {
                let at = World::place_of(task);
                for asked in self.asked.values_mut() {
                    if asked.task == Some(at) && asked.review {
                        asked.open = false;
                    }
                }
            }
            Fact::SentBack { task, .. } | Fact::Merged { task, .. } => {
                self.approved[World::place_of(task) as usize] = None;
            }
            Fact::RequestOpened { task, kind } => {
                let commit = match kind {
                    RequestKind::Review { commit } | RequestKind::Conflict { commit, .. } => {
                        Some(commit.clone())
                    }
                    _ => None,
                };
                let of_run = matches!(
                    kind,
                    RequestKind::Permission { .. } | RequestKind::Question(_)
                );
                let task = task.as_ref().map(World::place_of);
                let asked = Asked {
                    task,
                    commit,
                    open: true,
                    of_run,
                    review: matches!(kind, RequestKind::Review { .. }),
                };
                self.asked.insert(event.seq.0, asked);
            }
            Fact::RequestWithdrawn { request, .. } | Fact::RequestLapsed { request } => {
                if let Some(asked) = self.asked.get_mut(&request.0) {
                    asked.open = false;
                }
            }
            Fact::RequestDecided { request, decision } => self.decided(request.0, decision),
            _ => {}
        }
    }
}

/// Where two states differ, apart from what is observed.
pub fn differs(one: &mut State, other: &mut State) -> Option<String> {
    without_observed(one, |one| {
        without_observed(other, |other| {
            (*one != *other).then(|| difference(one, other))
        })
    })
}

/// Looks at what follows from the log alone.
pub fn without_observed<T>(state: &mut State, look: impl FnOnce(&State) -> T) -> T {
    let kept = observed(state);
    let seen = look(state);
    put_back(state, kept);
    seen
}

fn observed(state: &mut State) -> State {
    State {
        cards: std::mem::take(&mut state.cards),
        unclear: std::mem::take(&mut state.unclear),
        taken: std::mem::take(&mut state.taken),
        config: std::mem::take(&mut state.config),
        trusted: std::mem::take(&mut state.trusted),
        git: std::mem::take(&mut state.git),
        heard: std::mem::take(&mut state.heard),
        absent: std::mem::take(&mut state.absent),
        ..State::default()
    }
}

fn put_back(state: &mut State, kept: State) {
    state.cards = kept.cards;
    state.unclear = kept.unclear;
    state.taken = kept.taken;
    state.config = kept.config;
    state.trusted = kept.trusted;
    state.git = kept.git;
    state.heard = kept.heard;
    state.absent = kept.absent;
}

fn difference(one: &State, other: &State) -> String {
    let text = |state: &State| serde_json::to_value(state).unwrap_or_default();
    let (one, other) = (text(one), text(other));
    let mut path = String::new();
    first_difference(&one, &other, &mut path)
}

fn first_difference(
    one: &serde_json::Value,
    other: &serde_json::Value,
    path: &mut String,
) -> String {
    if let (Some(a), Some(b)) = (one.as_object(), other.as_object()) {
        for (key, value) in a {
            let there = b.get(key).unwrap_or(&serde_json::Value::Null);
            if value != there {
                path.push('/');
                path.push_str(key);
                return first_difference(value, there, path);
            }
        }
        if let Some(key) = b.keys().find(|key| !a.contains_key(*key)) {
            return format!("{path}/{key} is only on one side");
        }
    }
    format!("{path}: {one} against {other}")
}
