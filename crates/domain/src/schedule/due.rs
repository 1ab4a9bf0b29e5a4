//! What time brings: limits of runs, the rungs of the stop ladder, rests after failures.

use crate::{
    Command, Halt, Run, RunEnd, RunStatus, State, Time, budget, failure,
    planted::{Fault, is},
    rate,
    run::Work,
    state::Step,
};

/// What time brings: limits that were reached, rungs of the stop ladder that did not help, questions for money that are void.
#[must_use]
pub fn due(state: &State, now: Time) -> Vec<Command> {
    let over = state.live_runs().filter_map(|run| {
        let (at, limit) = deadline(state, run)?;
        (at <= now).then(|| stop(run, limit))
    });
    let void = budget::void(state, now);
    let unanswered = state
        .open_requests()
        .filter(|request| request.until().is_some_and(|until| until <= now))
        .map(|request| Command::Lapse {
            request: request.id,
        });
    let commands = over.chain(unanswered).chain(void);
    commands.chain(failure::due(state, now)).collect()
}

/// When [`due`] or [`schedule`] will next have something to say because time has passed.
#[must_use]
pub fn next_deadline(state: &State, now: Time) -> Option<Time> {
    let runs = state
        .live_runs()
        .filter_map(|run| deadline(state, run).map(|(at, _)| at));
    let breakers = state.breakers.values().filter_map(|b| b.open.as_ref());
    let rests = state.parked.values().copied();
    let rests = rests.chain(breakers.map(|(until, _)| *until));
    let waits = state
        .tasks
        .iter()
        .filter(|(_, found)| found.step == Step::Idle && !found.status.is_over())
        .filter_map(|(task, found)| failure::back_off(state, task, found));
    let answers = state
        .open_requests()
        .filter_map(crate::Request::until)
        .chain(runs);
    let opens = [rate::opens(state, now), budget::opens(state, now)];
    let later = rests.chain(waits).chain(opens.into_iter().flatten());
    answers.chain(later.filter(|at| *at > now)).min()
}

/// What a run has no more time for.
#[derive(Clone, Copy)]
enum Limit {
    /// This rung of the stop ladder has not ended it: the next one.
    Rung(Halt),
    /// It said nothing for so many seconds.
    Silence(u64),
    /// It has gone on for so many seconds.
    Time(u64),
}

/// Ends a run, or goes on ending it.
fn stop(run: &Run, limit: Limit) -> Command {
    let (halt, end) = match limit {
        Limit::Rung(next) => (next, run.halt_why.clone().unwrap_or(RunEnd::Lost)),
        Limit::Silence(limit_s) => (Halt::Interrupt, RunEnd::Stalled { limit_s }),
        Limit::Time(limit_s) => (Halt::Interrupt, RunEnd::TimedOut { limit_s }),
    };
    let run = run.id.clone();
    Command::HaltRun { run, halt, end }
}

/// The next thing that time will bring to a run.
fn deadline(state: &State, run: &Run) -> Option<(Time, Limit)> {
    if let Some((rung, at)) = run.halting {
        let (wait, next) = rung.next()?;
        return Some((at.plus_millis(wait), Limit::Rung(next)));
    }
    if run.status == RunStatus::Waiting || is(Fault::NoTimeout) {
        return None; // a person may take as long as it takes
    }
    let (limit_s, silence_s) = limits_of(state, run);
    let millis = |seconds: u64| {
        i64::try_from(seconds)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000)
    };
    let away = state.absent.since(run.since);
    let time = millis(limit_s)
        .saturating_add(run.waited_ms)
        .saturating_add(away);
    let over = (run.since.plus_millis(time), Limit::Time(limit_s));
    let heard = state.heard.get(&run.id).copied().unwrap_or(run.since);
    let away = state.absent.since(heard);
    let silent = silence_s.map(|s| {
        let silence = millis(s).saturating_add(away);
        (heard.plus_millis(silence), Limit::Silence(s))
    });
    Some(silent.filter(|(at, _)| *at < over.0).unwrap_or(over))
}

/// Longest run and longest silence, in seconds. A gate may be silent.
fn limits_of(state: &State, run: &Run) -> (u64, Option<u64>) {
    match &run.work {
        Work::Gate { gate, .. } => (
            state
                .gates_of(&run.task)
                .into_iter()
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
