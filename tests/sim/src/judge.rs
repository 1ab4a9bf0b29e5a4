//! What must hold at both levels, judged from what the log tells: claims, ends of runs, starts that failed, rules.

use orchestron_domain::{
    AgentName, Command, Config, Event, Fact, Halt, Holder, RunEnd, State, Status, TaskId, Time,
    absence::Absences,
    config::Limits,
    conflict::Resolution,
    rules::refusal,
    run::{Run, Work},
    state::Step,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is wrong, and what was seen of it.
pub type Wrong = (&'static str, String);

// ---------------------------------------------------------------------------------------- claims

/// A claim by the engine, in the state before it and under the limits the engine knew: there is a place, and the agent may have one
/// more run.
#[must_use]
pub fn too_many(state: &State, config: &Config, task: &TaskId, agent: &AgentName) -> Option<Wrong> {
    let live = state.live_runs().filter(|run| run.agent() == Some(agent));
    let coming = state.tasks.values().filter(|found| match &found.step {
        Step::Claimed {
            holder: Holder::Agent(name),
            ..
        }
        | Step::Starting { agent: name, .. } => name == agent,
        _ => false,
    });
    let has = live.count() + coming.count();
    let may = config.agents.get(agent).and_then(|found| found.instances);
    if may.is_some_and(|may| has >= may as usize) {
        let what = format!("{agent} has {has} runs and may have {may:?}");
        return Some(("more runs of one agent than allowed", what));
    }
    let busy = |id: &TaskId| {
        matches!(
            state.step(id),
            Step::Claimed {
                holder: Holder::Agent(_),
                ..
            } | Step::Starting { .. }
        )
    };
    let working = state.live_runs().filter(|run| run.leg().is_some()).count();
    let claimed = state.tasks.keys().filter(|id| busy(id)).count();
    let most = config.limits.parallel.max(1) as usize;
    (working + claimed >= most).then(|| {
        let what =
            format!("{task} is claimed while {working} work and {claimed} are claimed; {most} may");
        ("more at once than allowed", what)
    })
}

/// A claim by the engine, with the cards as it knows them: what it depends on is done, and nobody else is at its files.
#[must_use]
pub fn out_of_turn(state: &State, task: &TaskId) -> Option<Wrong> {
    let card = state.cards.get(task)?;
    let done = |id: &TaskId| {
        let card = state.cards.get(id);
        card.is_some_and(|card| card.status == Status::Done)
    };
    if let Some(id) = card.depends_on.iter().find(|id| *id != task && !done(id)) {
        let what = format!("{task} is claimed, but {id} is not done");
        return Some(("a task starts before what it depends on", what));
    }
    if state.config.limits.same_files || card.status != Status::Ready {
        return None;
    }
    let live = state.cards.values().filter(|other| {
        matches!(other.status, Status::InProgress | Status::Review) && other.id != *task
    });
    let mut clash = live.filter(|other| {
        let mut files = other.files_affected.iter();
        files.any(|file| card.files_affected.contains(file))
    });
    let other = clash.find(|other| !waits_for(state, &other.id, task))?;
    let what = format!("{task} and {} name the same files", other.id);
    Some(("two live tasks on one file", what))
}

/// Whether one task was queued behind another one, directly or behind others that were.
fn waits_for(state: &State, later: &TaskId, first: &TaskId) -> bool {
    let (mut queue, mut seen) = (vec![later], BTreeSet::new());
    while let Some(id) = queue.pop() {
        if id == first {
            return true;
        }
        if seen.insert(id) {
            let conflicts = state.conflicts.values();
            let edges = conflicts.filter_map(|conflict| match &conflict.resolved {
                Some((Resolution::Queue { task, behind }, ..)) if task == id => Some(behind),
                _ => None,
            });
            queue.extend(edges);
            let card = state.cards.get(id).into_iter();
            queue.extend(card.flat_map(|card| &card.depends_on));
        }
    }
    false
}

/// Starts that failed, in a row, by agent, with when the last one did.
#[derive(Default)]
pub struct FailedStarts(BTreeMap<AgentName, (u32, Time)>);

impl FailedStarts {
    /// Takes a fact in, in the state before it.
    pub fn hear(&mut self, state: &State, event: &Event) {
        let agent = |run| {
            let run: Option<&Run> = state.runs.get(run);
            run.and_then(Run::agent)
        };
        match &event.fact {
            Fact::RunEnded {
                run,
                end: RunEnd::CouldNotStart { .. },
                ..
            } => {
                if let Some(agent) = agent(run) {
                    let row = self.0.entry(agent.clone()).or_insert((0, event.at));
                    *row = (row.0 + 1, event.at);
                }
            }
            Fact::RunUp { run, .. }
            | Fact::RunCost { run, .. }
            | Fact::ToolCalled { run, .. }
            | Fact::RunTurnEnded { run, .. } => {
                if let Some(agent) = agent(run) {
                    self.0.remove(agent);
                }
            }
            // Somebody looked at it, perhaps.
            Fact::RequestDecided { .. } if event.by == orchestron_domain::Actor::Person => {
                self.0.clear();
            }
            _ => {}
        }
    }

    /// A claim: an agent that could not be started again and again rests first.
    #[must_use]
    pub fn judge(&self, agent: &AgentName, limits: &Limits, now: Time) -> Option<Wrong> {
        let (failed, at) = self.0.get(agent).copied()?;
        let rested = u64::try_from(now.since(at)).unwrap_or(0);
        (failed >= limits.breaker && rested < limits.breaker_s * 1000).then(|| {
            let what = format!("{agent} could not be started {failed} times and is started again");
            ("a program that cannot be started is tried on and on", what)
        })
    }
}

// ---------------------------------------------------------------------------------------- ends of runs

/// What a run's end finds: its task, and how often that had failed, when it was the one the task waited for.
pub struct Turn(Option<(TaskId, u32)>);

impl Turn {
    /// Looks before the end is taken in.
    #[must_use]
    pub fn before(state: &State, event: &Event) -> Self {
        let Fact::RunEnded { run, .. } = &event.fact else {
            return Self(None);
        };
        let turn = state.runs.get(run).filter(|run| run.is_live());
        Self(turn.and_then(|found| {
            let progress = state.tasks.get(&found.task)?;
            let its = match &progress.step {
                Step::Working { run: now, .. } => now == run,
                Step::Gating { .. } => matches!(found.work, Work::Gate { .. }),
                _ => false,
            };
            its.then(|| (found.task.clone(), progress.failures))
        }))
    }

    /// A run whose turn it was must lead to something: the next step, a retry that waits, feedback, a request. The end of any other
    /// run, however late it comes, must not move its task.
    #[must_use]
    pub fn unanswered(&self, state: &State, event: &Event, follows: &[Command]) -> Option<Wrong> {
        let Fact::RunEnded { run, end, .. } = &event.fact else {
            return None;
        };
        let Some((task, failures)) = &self.0 else {
            let step = follows.iter().find(|command| !is_harmless(command))?;
            let what = format!(
                "{run} ended ({end}), nobody waited for it, and yet: {}",
                step.words()
            );
            return Some(("a late end moves its task", what));
        };
        let progress = state.tasks.get(task)?;
        // Its task is paused: it goes on in the same conversation when a person resumes it.
        if matches!(end, RunEnd::Paused { .. }) && progress.step == Step::Idle {
            return None;
        }
        let counted = progress.failures > *failures || progress.failed_at == Some(event.at);
        (follows.is_empty() && (end.is_good() || !counted)).then(|| {
            let what = format!("{run} ended ({end}) and nothing follows");
            ("a failed run leads to nothing", what)
        })
    }
}

/// What may follow from the end of a run nobody waited for: its questions are void, what it did not hear is passed on, and its agent's
/// program may be left alone.
const fn is_harmless(command: &Command) -> bool {
    matches!(
        command,
        Command::WithdrawRequest { .. }
            | Command::PassOn { .. }
            | Command::OpenBreaker { .. }
            | Command::OpenRequest { task: None, .. }
    )
}

/// What will never go on by itself although nobody was asked, in a state in which nothing is left to be done.
#[must_use]
pub fn stuck(state: &State) -> Option<Wrong> {
    let running: BTreeSet<_> = state.live_runs().map(|run| &run.task).collect();
    let known = |task: &TaskId| state.cards.contains_key(task) && !state.unclear.contains(task);
    let mut tasks = state.tasks.iter().filter(|(task, _)| known(task));
    let (task, found) = tasks.find(|(task, found)| match &found.step {
        Step::Idle | Step::Held { .. } => false,
        Step::Working { run, .. } => !state.runs.get(run).is_some_and(Run::is_live),
        Step::Gating { .. } => !running.contains(task),
        Step::Asking => state.requests_of(task).next().is_none() && !found.given_up,
        Step::Claimed { .. }
        | Step::Starting { .. }
        | Step::Committing { .. }
        | Step::Handing
        | Step::Merging => true,
    })?;
    let what = format!("{task}: {:?} in {}", found.step, found.status);
    Some(("a task is stuck", what))
}

/// A run that is stopped for its silence or its time was up for at least as long as it may be, sleep of the machine not counted: who slept
/// heard nothing, and that says nothing about anybody. An engine knows only of the sleep it lived through, since `up`.
#[must_use]
pub fn hasty_stop(state: &State, event: &Event, (slept, up): (&Absences, Time)) -> Option<Wrong> {
    let Fact::RunHalting {
        run,
        end: RunEnd::Stalled { limit_s } | RunEnd::TimedOut { limit_s },
        halt: Halt::Interrupt,
    } = &event.fact
    else {
        return None;
    };
    let found = state.runs.get(run).filter(|found| found.since >= up)?;
    let limit = i64::try_from(limit_s * 1000).unwrap_or(i64::MAX);
    let up = event.at.since(found.since) - slept.since(found.since);
    (0..limit).contains(&up).then(|| {
        let what = format!("{run} is stopped after {up} ms; it may take {limit_s} s");
        ("sleep is taken for silence", what)
    })
}

/// A run that goes on although its task is elsewhere, in a state in which nothing is left to be done.
#[must_use]
pub fn stray(state: &State) -> Option<Wrong> {
    let wanted = |run: &Run| match state.step(&run.task) {
        Step::Working { run: now, .. } => *now == run.id,
        Step::Gating { .. } => run.leg().is_none(),
        _ => false,
    };
    let mut live = state.live_runs();
    let run = live.find(|run| run.halting.is_none() && !wanted(run))?;
    let what = format!("{} goes on although its task is elsewhere", run.id);
    Some(("a task is stuck", what))
}

// ---------------------------------------------------------------------------------------- rules and words

/// How often each rule moved each task, and what people said to runs.
#[derive(Default)]
pub struct Promises {
    moved: BTreeMap<(TaskId, String), u32>,
    /// What people did that arms rules again.
    acts: u32,
    /// Words said into a turn, by the event, with the task; and those that were passed on.
    said: BTreeMap<u64, TaskId>,
    passed: BTreeSet<String>,
}

impl Promises {
    /// Somebody did something to a file.
    pub const fn act(&mut self) {
        self.acts += 1;
    }

    /// Takes a fact in, in the state before it.
    pub fn hear(&mut self, state: &State, event: &Event) -> Option<Wrong> {
        match &event.fact {
            Fact::RuleMoved {
                task,
                rule,
                from,
                to,
                ..
            } => return self.ruled(task, rule, (*from, *to)),
            Fact::TaskMoved { .. } | Fact::TaskCreated { .. } | Fact::RequestDecided { .. } => {
                self.acts += u32::from(event.by != orchestron_domain::Actor::Engine);
            }
            Fact::PersonIntervened { run, .. } => {
                if let Some(run) = state.runs.get(run).filter(|run| run.is_live()) {
                    self.said.insert(event.seq.0, run.task.clone());
                }
            }
            Fact::MessageSent { letter } => self.passed.extend(letter.key.clone()),
            // Whoever deletes a task takes with it what was said about it.
            Fact::TaskRemoved { task, .. } => self.said.retain(|_, of| of != task),
            _ => {}
        }
        None
    }

    fn ruled(&mut self, task: &TaskId, rule: &str, (from, to): (Status, Status)) -> Option<Wrong> {
        if let Some(refusal) = refusal(from, to) {
            let what = format!(
                "{rule} moved {task} from {from} to {to}: it {}",
                refusal.what()
            );
            return Some(("a rule moves what no rule may", what));
        }
        let times = self
            .moved
            .entry((task.clone(), rule.to_owned()))
            .or_insert(0);
        *times += 1;
        (*times > 1 + self.acts).then(|| {
            let what = format!(
                "{rule} moved {task} {times} times, and people did {} things",
                self.acts
            );
            ("rules do not come to rest", what)
        })
    }

    /// Words that nobody heard and that were not passed on, at the end. `heard` asks whether a run heard these.
    #[must_use]
    pub fn unheard(&self, heard: impl Fn(&str) -> bool) -> Option<Wrong> {
        let lost = |seq: &&u64| {
            !heard(&format!("person-{seq}")) && !self.passed.contains(&format!("unheard-{seq}"))
        };
        let seq = self.said.keys().find(lost)?;
        Some((
            "a person's words are lost",
            format!("what event {seq} tells"),
        ))
    }
}
