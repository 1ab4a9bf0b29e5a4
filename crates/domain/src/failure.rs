//! What happens after failures: the same agent again, another one, the architect, a person; the breaker that stops respawn loops;
//! and the trouble that concerns everything.

use crate::{
    Actor, AgentName, Command, Decision, Event, Fact, Holder, Leg, Request, RequestKind, Run,
    RunEnd, State, Status, TaskId, Time,
    planted::{Fault, is},
    run::Work,
    schedule,
    state::{Progress, Step},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

/// How often in a row an agent's program could not be started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Failed starts in a row.
    pub failures: u32,
    /// Until when it is open, and why; none while it is closed. When that time is over, one try shows whether it can be closed.
    pub open: Option<(Time, String)>,
    /// Since when it is open.
    #[serde(default)]
    pub since: Option<Time>,
    /// Its program did come up and failed all the same (a login, a model that is not there): coming up proves nothing.
    #[serde(default)]
    pub came_up: bool,
}

/// A command that could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind of command.
    pub kind: String,
    /// For which task.
    pub task: TaskId,
    /// When.
    pub at: Time,
}

/// An agent that is left alone because its program could not be started, or is not logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Until when; none while the one try is under way that shows whether it works again.
    pub until: Option<Time>,
    /// What went wrong.
    pub why: String,
}

/// So many tasks in which the same goes wrong are no fault of the tasks.
const CRITICAL_TASKS: usize = 3;
/// Within so many milliseconds.
const CRITICAL_MS: i64 = 300_000;
/// Failed commands kept in mind.
const KEPT_TROUBLES: usize = 50;
/// Longest part of an error in the story of a ladder, in characters.
const TOLD: usize = 300;

// ---------------------------------------------------------------------------------------------- facts

/// Changes `state` by a fact about failures.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::BreakerOpened { agent, why, until } => {
            let breaker = state.breakers.entry(agent.clone()).or_default();
            breaker.open = Some((*until, why.clone()));
            breaker.since = Some(event.at);
        }
        Fact::BreakerClosed { agent } => {
            state.breakers.remove(agent);
        }
        Fact::Reassigned { task, leg, to, why } => {
            let Some(found) = state.tasks.get_mut(task) else {
                return;
            };
            if event.by == Actor::Person {
                found.starts_anew();
                found.ruled.clear();
            } else {
                found.tried.extend(who_tried(found, *leg));
                found.forgets_misses();
                found.ladder.push(why.clone());
            }
            match to {
                Some(agent) => found.assigned.insert(*leg, agent.clone()),
                None => found.assigned.remove(leg),
            };
        }
        Fact::Rethought { task, why } => {
            let Some(found) = state.tasks.get_mut(task) else {
                return;
            };
            let told = std::mem::take(&mut found.ladder);
            found.starts_anew();
            found.rethought = true;
            found.ladder = told;
            found.ladder.push(why.clone());
            found.step = Step::Idle;
        }
        _ => {}
    }
}

/// The agent that had a leg last.
fn who_tried(found: &Progress, leg: Leg) -> Option<AgentName> {
    let last = found.stops.iter().rev().find(|stop| stop.leg == leg)?;
    match &last.holder {
        Holder::Agent(agent) => Some(agent.clone()),
        _ => None,
    }
}

/// A run is over. Whether its failure lies with the agent's program or login and is dealt with for all its tasks at once.
pub(crate) fn ended(state: &mut State, run: &Run, end: &RunEnd) -> bool {
    let Work::Leg { agent, .. } = &run.work else {
        return false;
    };
    if !end.needs_person() {
        return false;
    }
    let breaker = state.breakers.entry(agent.clone()).or_default();
    breaker.failures = breaker.failures.saturating_add(1);
    breaker.came_up = run.came_up;
    // The first failures may lie with the task (its folder is gone) and count for its ladder; those behind an open breaker do not.
    breaker.open.is_some() || matches!(end, RunEnd::NotLoggedIn { .. })
}

/// A run shows that its agent works: failed starts before it are no longer in a row.
pub(crate) fn heard(state: &mut State, fact: &Fact) {
    if let Some(agent) = proven(state, fact)
        && state
            .breakers
            .get(&agent)
            .is_some_and(|breaker| breaker.open.is_none())
    {
        state.breakers.remove(&agent);
    }
}

/// The agent that a fact shows to work although it has failed before.
fn proven(state: &State, fact: &Fact) -> Option<AgentName> {
    let run = state.runs.get(fact.run()?)?;
    let agent = run.agent()?;
    let breaker = state.breakers.get(agent)?;
    // What was started before it failed proves nothing.
    let later = breaker.since.is_none_or(|since| run.since >= since);
    let works = match fact {
        Fact::RunUp { .. } => !breaker.came_up,
        Fact::RunCost { requests, .. } => *requests > 0,
        Fact::RunTurnEnded { end, .. } => !end.needs_person(),
        Fact::ToolCalled { .. } => true,
        _ => false,
    };
    (works && later).then(|| agent.clone())
}

/// A command could not be carried out.
pub(crate) fn note_trouble(state: &mut State, at: Time, command: &Command) {
    let Some(task) = command.task().filter(|_| command.is_a_step()) else {
        return;
    };
    state
        .troubles
        .retain(|trouble| at.since(trouble.at) <= CRITICAL_MS);
    if state.troubles.len() >= KEPT_TROUBLES {
        state.troubles.remove(0);
    }
    state.troubles.push(Trouble {
        kind: command.verb().to_owned(),
        task: task.clone(),
        at,
    });
}

/// A person mended what concerned the whole project.
pub(crate) fn tried_again(state: &mut State, why: &str) {
    let told = |breaker: &Breaker| breaker.open.as_ref().is_some_and(|(_, other)| other == why);
    let mut mended = BTreeSet::new();
    state.breakers.retain(|agent, breaker| {
        let closes = told(breaker);
        if closes {
            mended.insert(agent.clone());
        }
        !closes
    });
    // What rests because of it need not wait any longer.
    for found in state
        .tasks
        .values_mut()
        .filter(|found| found.failed_at.is_some())
    {
        let last = found.stops.last().map(|stop| &stop.holder);
        if matches!(last, Some(Holder::Agent(agent)) if mended.contains(agent)) {
            found.failed_at = None;
        }
    }
    if state.paused.as_deref() == Some(why) {
        state.paused = None;
        state.troubles.clear();
    }
}

// ---------------------------------------------------------------------------------------------- the ladder

/// Until when a task rests after a failed attempt. The wait doubles with each; so that many tasks do not come back at the same
/// moment, up to half of it is let off, by the task and the attempt.
#[must_use]
pub fn back_off(state: &State, task: &TaskId, found: &Progress) -> Option<Time> {
    let limits = &state.config.limits;
    let failed_at = found.failed_at.filter(|_| !found.wanted)?;
    let wait = limits
        .backoff_ms
        .saturating_mul(1 << found.failures.saturating_sub(1).min(20))
        .min(limits.backoff_max_ms);
    let tries: u32 = found.attempts.values().sum();
    let wait = wait - spread(task, tries) % (wait / 2 + 1);
    Some(failed_at.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)))
}

/// A number that looks random and is the same each time (FNV-1a, then mixed).
fn spread(task: &TaskId, tries: u32) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    // Hashing writes nothing, and so cannot fail.
    write!(hash, "{task}/{tries}").unwrap_or_default();
    let hash = hash.0;
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// A text of which only the hash is kept.
struct Fnv(u64);

impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = text.bytes().fold(self.0, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Ok(())
    }
}

/// How many failed attempts in a row an agent has before another one is asked.
#[must_use]
pub fn retries(state: &State, agent: Option<&AgentName>) -> u32 {
    let own = agent.and_then(|agent| state.config.agents.get(agent)?.retries);
    own.unwrap_or(state.config.limits.attempts).max(1)
}

/// What follows when an attempt on a leg has failed: nothing (the same agent tries again), or the next rung of the ladder.
pub(crate) fn climb(
    state: &State,
    task: &TaskId,
    leg: Leg,
    from: Status,
    last: &str,
) -> Vec<Command> {
    let Some(found) = state.tasks.get(task) else {
        return Vec::new();
    };
    let agent = who_tried(found, leg);
    let misses = found.misses(leg);
    if misses < retries(state, agent.as_ref()) {
        return Vec::new();
    }
    let who = agent.as_ref().map_or("its holder", AgentName::as_str);
    let times = match misses {
        1 => "its attempt".to_owned(),
        more => format!("{more} attempts in a row"),
    };
    let why = format!("{who}: {times} failed at {leg}; the last: {}", short(last));
    let task = task.clone();
    let other = agent.and_then(|agent| another(state, &task, leg, &agent));
    if other.is_some() {
        let to = other;
        return vec![Command::Reassign { task, leg, to, why }];
    }
    if leg != Leg::Prepare && !found.rethought && has_architect(state, &task) {
        return vec![Command::Rethink { task, from, why }];
    }
    let why = story(found, why);
    vec![Command::Fail { task, from, why }]
}

/// The whole ladder, one rung after the other, and what happened on the last one.
fn story(found: &Progress, last: String) -> String {
    let rungs = found.ladder.iter().cloned().chain([last]);
    rungs.collect::<Vec<_>>().join("\nThen ")
}

fn short(text: &str) -> String {
    let line = text.trim();
    match line.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(line)),
        None => line.to_owned(),
    }
}

/// Another agent that can take a leg and has not used up its tries: first those that can be started now.
#[must_use]
pub fn another(state: &State, task: &TaskId, leg: Leg, than: &AgentName) -> Option<AgentName> {
    let card = state.cards.get(task)?;
    let others = schedule::others(state, card, leg, than);
    let works = |name: &&AgentName| {
        let breaker = state.breakers.get(*name);
        breaker.is_none_or(|breaker| breaker.open.is_none())
            && !state.paused_agents.contains_key(*name)
    };
    others.iter().find(works).cloned()
}

/// Whether somebody we can start prepares tasks.
fn has_architect(state: &State, task: &TaskId) -> bool {
    let Holder::Agent(agent) = state.holder(task, Leg::Prepare) else {
        return false;
    };
    let breaker = state.breakers.get(&agent);
    breaker.is_none_or(|breaker| breaker.open.is_none())
}

/// A task whose branch stays where it is whatever is tried is blocked, whatever rung it is on.
pub(crate) fn unchanged(state: &State, task: &TaskId) -> Option<Command> {
    let found = state.tasks.get(task)?;
    let limit = state.config.limits.unchanged.max(1);
    if found.unchanged < limit {
        return None;
    }
    let last = format!(
        "{} runs in a row said that they were done and changed nothing in the worktree",
        found.unchanged
    );
    Some(Command::Fail {
        task: task.clone(),
        from: Status::InProgress,
        why: story(found, last),
    })
}

// ---------------------------------------------------------------------------------------------- the breaker

/// Why `agent` is left alone, when it is. After the rest one try is let through.
#[must_use]
pub fn blocker(state: &State, agent: &AgentName, now: Time) -> Option<Resting> {
    let breaker = state.breakers.get(agent)?;
    let (until, why) = breaker.open.clone()?;
    if until > now {
        let until = Some(until);
        return Some(Resting { until, why });
    }
    let since = breaker.since.unwrap_or(until);
    let tries = |run: &Run| run.agent() == Some(agent) && run.since >= since;
    let about_to = |found: &Progress| match &found.step {
        Step::Claimed {
            holder: Holder::Agent(name),
            ..
        }
        | Step::Starting { agent: name, .. } => name == agent,
        _ => false,
    };
    let under_way = state.live_runs().any(tries) || state.tasks.values().any(about_to);
    under_way.then_some(Resting { until: None, why })
}

/// When the first open breaker lets a try through.
#[must_use]
pub fn opens(state: &State, now: Time) -> Option<Time> {
    let open = state.breakers.values().filter_map(|b| b.open.as_ref());
    open.map(|(until, _)| *until)
        .filter(|until| *until > now)
        .min()
}

/// What follows when an agent's program could not be started, or nobody is logged in: its breaker, and one word to the person.
pub(crate) fn could_not_start(state: &State, run: &Run, end: &RunEnd, now: Time) -> Vec<Command> {
    let Some(agent) = run.agent().filter(|_| !is(Fault::NoBreaker)) else {
        return Vec::new();
    };
    let limits = &state.config.limits;
    let found = state.breakers.get(agent);
    let login = matches!(end, RunEnd::NotLoggedIn { .. });
    let in_a_row = found.map_or(0, |breaker| breaker.failures);
    let before = found.and_then(|breaker| breaker.open.clone());
    if before.is_none() && !login && in_a_row < limits.breaker.max(1) {
        return Vec::new();
    }
    let agents = if login {
        of_account(state, agent)
    } else {
        vec![agent.clone()]
    };
    let rest = i64::try_from(limits.breaker_s.saturating_mul(1000)).unwrap_or(i64::MAX);
    let why = before.map_or_else(
        || told(state, agent, &agents, end, in_a_row),
        |(_, why)| why,
    );
    let mut commands: Vec<_> = agents
        .into_iter()
        .map(|agent| Command::OpenBreaker {
            agent,
            why: why.clone(),
            until: now.plus_millis(rest),
        })
        .collect();
    commands.extend(ask_once(state, why));
    commands
}

/// Agents that share an account, `agent` among them.
fn of_account(state: &State, agent: &AgentName) -> Vec<AgentName> {
    let Some(found) = state.config.agents.get(agent) else {
        return vec![agent.clone()];
    };
    let agents = state.config.agents.values();
    agents
        .filter(|other| other.cli.is_some() && other.account == found.account)
        .map(|other| other.name.clone())
        .collect()
}

fn told(state: &State, agent: &AgentName, all: &[AgentName], end: &RunEnd, times: u32) -> String {
    let RunEnd::NotLoggedIn { .. } = end else {
        return format!(
            "{agent} could not be started, {times} times in a row: {end}. Its tasks go to another agent that can do them, or wait; it is tried again after a while, and at once when you choose to retry"
        );
    };
    let account = state
        .config
        .agents
        .get(agent)
        .map_or("", |found| found.account.as_str());
    let names: Vec<_> = all.iter().map(AgentName::as_str).collect();
    format!(
        "The account {account} ({}): {end}. What its agents have to do waits; it is tried again after a while, and at once when you choose to retry",
        names.join(", ")
    )
}

/// One request for the whole project, unless it is open or a person said to leave it.
fn ask_once(state: &State, why: String) -> Option<Command> {
    let asked = |request: &Request| {
        let same = matches!(&request.kind, RequestKind::Escalation { why: other } if *other == why);
        let decision = request.decided.as_ref().map(|decided| &decided.decision);
        same && request.task.is_none()
            && (request.is_open() || matches!(decision, Some(Decision::GiveUp)))
    };
    if state.requests.values().any(asked) {
        return None;
    }
    let kind = RequestKind::Escalation { why };
    Some(Command::OpenRequest { task: None, kind })
}

/// The open request that told `why` for the whole project.
fn withdraw(state: &State, why: &str, because: &str) -> Option<Command> {
    let about = |request: &&Request| {
        request.task.is_none()
            && matches!(&request.kind, RequestKind::Escalation { why: other } if other == why)
    };
    let found = state.open_requests().find(about)?;
    Some(Command::WithdrawRequest {
        request: found.id,
        why: because.to_owned(),
    })
}

/// An agent that was left alone works again.
pub(crate) fn works_again(state: &State, fact: &Fact) -> Vec<Command> {
    let Some(agent) = proven(state, fact) else {
        return Vec::new();
    };
    let Some((_, why)) = state.breakers.get(&agent).and_then(|b| b.open.as_ref()) else {
        return Vec::new();
    };
    let same = |breaker: &Breaker| breaker.open.as_ref().is_some_and(|(_, other)| other == why);
    let closed = state.breakers.iter().filter(|(_, breaker)| same(breaker));
    let mut commands: Vec<_> = closed
        .map(|(agent, _)| Command::CloseBreaker {
            agent: agent.clone(),
        })
        .collect();
    commands.extend(withdraw(state, why, &format!("{agent} works again")));
    commands
}

/// What waits for an agent that is left alone goes to another one that can do it.
pub(crate) fn due(state: &State, now: Time) -> Vec<Command> {
    if state
        .breakers
        .values()
        .all(|breaker| breaker.open.is_none())
    {
        return Vec::new();
    }
    let survey = schedule::Survey::new(state, now);
    let waiting = state.cards.values().filter_map(|card| {
        let leg = schedule::leg_of(card.status)?;
        let Holder::Agent(agent) = state.holder(&card.id, leg) else {
            return None;
        };
        state.breakers.get(&agent)?.open.as_ref()?;
        let why = match survey.wait(card) {
            schedule::Wait::Breaker(_, _, why) => why,
            // Nobody else takes it after the rest either.
            schedule::Wait::BackOff(_) if survey.route(card, leg).to.is_none() => {
                blocker(state, &agent, now)?.why
            }
            _ => return None,
        };
        Some(Command::Reassign {
            task: card.id.clone(),
            leg,
            to: Some(another(state, &card.id, leg, &agent)?),
            why: format!("{agent} is left alone: {}", short(&why)),
        })
    });
    waiting.collect()
}

// ---------------------------------------------------------------------------------------------- what concerns everything

/// The same goes wrong for several tasks: not the tasks are at fault. Everything rests until a person has looked.
pub(crate) fn critical(state: &State, command: &Command, error: &str, at: Time) -> Vec<Command> {
    if state.paused.is_some() || !command.is_a_step() {
        return Vec::new();
    }
    let same =
        |trouble: &&Trouble| trouble.kind == command.verb() && at.since(trouble.at) <= CRITICAL_MS;
    let mut tasks: Vec<_> = state
        .troubles
        .iter()
        .filter(same)
        .map(|t| &t.task)
        .collect();
    tasks.sort();
    tasks.dedup();
    if tasks.len() < CRITICAL_TASKS {
        return Vec::new();
    }
    let names: Vec<_> = tasks.iter().map(ToString::to_string).collect();
    let why = format!(
        "it was not possible to {} for {}: {}. Nothing new is started until you have mended that and choose to retry",
        command.verb(),
        names.join(", "),
        short(error).trim_end_matches(['.', ' '])
    );
    let mut commands = vec![Command::Pause { why: why.clone() }];
    commands.extend(ask_once(state, why));
    commands
}

/// A person resumed everything without answering what was asked about it.
pub(crate) fn resumed(state: &State) -> Vec<Command> {
    let asked = |request: &&Request| {
        request.task.is_none()
            && matches!(&request.kind, RequestKind::Escalation { why } if why.starts_with("it was not possible to "))
    };
    let open = state.open_requests().filter(asked);
    open.map(|request| Command::WithdrawRequest {
        request: request.id,
        why: "the project was resumed".to_owned(),
    })
    .collect()
}
