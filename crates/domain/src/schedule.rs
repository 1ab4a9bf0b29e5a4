//! Who may start, in what order, and why not the others; and what time brings (limits, the stop ladder, rests).

use crate::{
    Command, Halt, Holder, Leg, RequestKind, Run, RunEnd, RunStatus, State, Status, TaskCard,
    TaskId, Time,
    run::{Verdict, Work},
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
    /// The card names an agent that `.mcp/agents.yaml` does not know, or that cannot be launched.
    Dependencies(Vec<TaskId>),
    /// A failed attempt is a short while ago.
    BackOff(Time),
    /// The agent's account rests.
    Parked(Time),
    /// All places are taken.
    Full,
    /// Everything is paused.
    Paused,
    /// The project's commands are not trusted on this machine.
    Untrusted,
    /// Its file has a problem, or its id lies in two places.
    Unclear,
    /// Nothing stands in the way: it starts next.
    Next,
}

/// What may start now, in order. Deterministic: the same state and time give the same commands.
#[must_use]
pub fn schedule(state: &State, now: Time) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut free = free_places(state);
    for card in in_order(state) {
        match next_step(state, card, now) {
            Some(Plan::Free(command)) => commands.push(command),
            Some(Plan::Place(command)) if free > 0 => {
                free -= 1;
                commands.push(command);
            }
            _ => {}
        }
    }
    commands
}

/// Something a task needs next.
enum Plan {
    /// It takes no agent's place.
    Free(Command),
    /// It starts an agent.
    Place(Command),
}

/// How many more agents may work now.
#[must_use]
pub fn free_places(state: &State) -> u32 {
    let claimed = state
        .tasks
        .values()
        .filter(|found| {
            matches!(
                found.step,
                Step::Claimed {
                    holder: Holder::Agent(_),
                    ..
                } | Step::Starting { .. }
            )
        })
        .count();
    let running = state
        .live_runs()
        .filter(|run| matches!(run.work, Work::Leg { .. }))
        .count();
    // One at a time means the whole leg, with its gates: the next agent starts when the work is handed on.
    let gating = state
        .tasks
        .values()
        .filter(|found| matches!(found.step, Step::Committing { .. } | Step::Gating { .. }))
        .count();
    state
        .config
        .limits
        .parallel
        .max(1)
        .saturating_sub(u32::try_from(claimed + running + gating).unwrap_or(u32::MAX))
}

/// Cards in the order they get places: what is furthest along first, then priority, then age.
fn in_order(state: &State) -> Vec<&TaskCard> {
    let mut cards: Vec<_> = state
        .cards
        .values()
        .filter(|card| !card.status.is_over())
        .collect();
    cards.sort_by(|a, b| (b.status, a.priority, &a.id).cmp(&(a.status, b.priority, &b.id)));
    cards
}

fn next_step(state: &State, card: &TaskCard, now: Time) -> Option<Plan> {
    let fresh = Progress::new(card.status, now);
    let found = state.tasks.get(&card.id).unwrap_or(&fresh);
    if found.step != Step::Idle
        || state.unclear.contains(&card.id)
        || state.live_run(&card.id).is_some()
        || state.requests_of(&card.id).next().is_some()
    {
        return None;
    }
    let leg = leg_of(card.status)?;
    if leg == Leg::Review && was_reviewed(state, found, card) {
        let kind = RequestKind::Review {
            commit: found.commit.clone(),
        };
        return Some(Plan::Free(Command::OpenRequest {
            task: Some(card.id.clone()),
            kind,
        }));
    }
    match state.holder(&card.id, leg) {
        Holder::Nobody if leg == Leg::Prepare => Some(Plan::Free(Command::Move {
            task: card.id.clone(),
            from: Status::Pending,
            to: Status::Ready,
        })),
        Holder::Agent(agent) if blocker(state, card, found, now).is_none() => {
            Some(Plan::Place(Command::Claim {
                task: card.id.clone(),
                leg,
                attempt: found.tries(leg) + 1,
                holder: Holder::Agent(agent),
            }))
        }
        _ => None,
    }
}

/// The leg whose turn it is for a task that stands there.
#[must_use]
pub const fn leg_of(status: Status) -> Option<Leg> {
    match status {
        Status::Pending => Some(Leg::Prepare),
        Status::Ready | Status::InProgress => Some(Leg::Implement),
        Status::Review => Some(Leg::Review),
        Status::Done | Status::Failed => None,
    }
}

/// Whether only the person's decision is left. When the log knows nothing of the task (a new database), the handoffs in the file tell.
fn was_reviewed(state: &State, found: &Progress, card: &TaskCard) -> bool {
    let by_log = found.verdict == Some(Verdict::Approve);
    let by_file = found.stops.is_empty() && card.last_leg == Some(Leg::Review);
    by_log
        || by_file
        || matches!(
            state.holder(&card.id, Leg::Review),
            Holder::Nobody | Holder::Person
        )
}

/// What keeps an agent from starting on a task, apart from places.
fn blocker(state: &State, card: &TaskCard, found: &Progress, now: Time) -> Option<Wait> {
    if !state.trusted {
        return Some(Wait::Untrusted);
    }
    if state.paused.is_some() {
        return Some(Wait::Paused);
    }
    let leg = leg_of(card.status)?;
    if leg == Leg::Implement {
        let undone: Vec<_> = state.undone(card).into_iter().cloned().collect();
        if !undone.is_empty() {
            return Some(Wait::Dependencies(undone));
        }
    }
    if let Some(until) = back_off(state, found).filter(|until| *until > now) {
        return Some(Wait::BackOff(until));
    }
    let Holder::Agent(agent) = state.holder(&card.id, leg) else {
        return None;
    };
    let account = &state.config.agents.get(&agent)?.account;
    state
        .parked
        .get(account)
        .filter(|until| **until > now)
        .map(|until| Wait::Parked(*until))
}

/// Until when a task rests after failed attempts: the wait doubles with each.
fn back_off(state: &State, found: &Progress) -> Option<Time> {
    let limits = &state.config.limits;
    let failed_at = found.failed_at.filter(|_| found.failures > 0)?;
    let wait = limits
        .backoff_ms
        .saturating_mul(1 << found.failures.saturating_sub(1).min(20))
        .min(limits.backoff_max_ms);
    Some(failed_at.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX)))
}

/// Why a task does not move right now; for people.
#[must_use]
pub fn wait(state: &State, card: &TaskCard, now: Time) -> Wait {
    wait_given(state, card, now, free_places(state))
}

/// [`wait`], for those who ask about many tasks and have counted the [`free_places`] once.
#[must_use]
pub fn wait_given(state: &State, card: &TaskCard, now: Time, free: u32) -> Wait {
    let fresh = Progress::new(card.status, now);
    let found = state.tasks.get(&card.id).unwrap_or(&fresh);
    if state.unclear.contains(&card.id) {
        return Wait::Unclear;
    }
    if state.requests_of(&card.id).next().is_some() {
        return Wait::Request;
    }
    let Some(leg) = leg_of(card.status) else {
        return Wait::Over;
    };
    if let Step::Held { holder, .. } = &found.step {
        return Wait::Turn(holder.clone());
    }
    if found.step != Step::Idle || state.live_run(&card.id).is_some() {
        return Wait::UnderWay;
    }
    match state.holder(&card.id, leg) {
        Holder::Nobody => Wait::NobodyNamed(leg),
        Holder::Agent(_) => blocker(state, card, found, now).unwrap_or(if free == 0 {
            Wait::Full
        } else {
            Wait::Next
        }),
        other => {
            let undone: Vec<_> = if leg == Leg::Implement {
                state.undone(card).into_iter().cloned().collect()
            } else {
                Vec::new()
            };
            if undone.is_empty() {
                Wait::Turn(other)
            } else {
                Wait::Dependencies(undone)
            }
        }
    }
}

/// What time brings: limits that were reached, rungs of the stop ladder that did not help.
#[must_use]
pub fn due(state: &State, now: Time) -> Vec<Command> {
    state
        .live_runs()
        .filter_map(|run| {
            deadline(state, run)
                .filter(|(at, _)| *at <= now)
                .map(|(_, command)| command)
        })
        .collect()
}

/// When [`due`] or [`schedule`] will next have something to say because time has passed.
#[must_use]
pub fn next_deadline(state: &State, now: Time) -> Option<Time> {
    let runs = state
        .live_runs()
        .filter_map(|run| deadline(state, run).map(|(at, _)| at));
    let rests = state.parked.values().copied();
    let waits = state
        .tasks
        .values()
        .filter(|found| found.step == Step::Idle && !found.status.is_over())
        .filter_map(|found| back_off(state, found));
    runs.chain(rests.chain(waits).filter(|at| *at > now)).min()
}

/// The next thing that time will bring to a run.
fn deadline(state: &State, run: &Run) -> Option<(Time, Command)> {
    let halt = |at: Time, halt: Halt, end: RunEnd| {
        Some((
            at,
            Command::HaltRun {
                run: run.id.clone(),
                halt,
                end,
            },
        ))
    };
    if let Some((rung, at)) = run.halting {
        let (wait, next) = rung.next()?;
        return halt(
            at.plus_millis(wait),
            next,
            run.halt_why.clone().unwrap_or(RunEnd::Lost),
        );
    }
    if run.status == RunStatus::Waiting {
        return None; // a person may take as long as it takes
    }
    let (limit_s, silence_s) = limits_of(state, run);
    let millis = |seconds: u64| {
        i64::try_from(seconds)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000)
    };
    let over = run
        .since
        .plus_millis(millis(limit_s).saturating_add(run.waited_ms));
    let heard = state.heard.get(&run.id).copied().unwrap_or(run.since);
    match silence_s
        .map(|s| (heard.plus_millis(millis(s)), s))
        .filter(|(at, _)| *at < over)
    {
        Some((at, limit_s)) => halt(at, Halt::Interrupt, RunEnd::Stalled { limit_s }),
        None => halt(over, Halt::Interrupt, RunEnd::TimedOut { limit_s }),
    }
}

/// Longest run and longest silence, in seconds. A gate may be silent.
fn limits_of(state: &State, run: &Run) -> (u64, Option<u64>) {
    match &run.work {
        Work::Gate { gate, .. } => (
            state
                .config
                .gates
                .iter()
                .find(|found| found.name == *gate)
                .map_or(600, |found| found.timeout_s),
            None,
        ),
        Work::Leg { agent, .. } => state
            .config
            .agents
            .get(agent)
            .map_or((3600, Some(900)), |found| {
                (found.timeout_s, Some(found.silence_s))
            }),
    }
}
