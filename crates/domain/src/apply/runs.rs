//! Facts about runs: what they cost, how they end, and what their end means for their task.

use super::{chain::end_stop, progress, prune};
use crate::{
    Actor, AgentName, Event, Fact, Holder, Leg, Run, RunEnd, RunId, RunStatus, State, Time, budget,
    failure,
    planted::{Fault, is},
    rate,
    run::Work,
    state::{Progress, Receipt, Step},
    step_in,
};

/// What a run does and says.
pub(super) fn apply(state: &mut State, event: &Event) {
    if let Fact::RunStarted { .. } = &event.fact {
        start_run(state, event);
        return;
    }
    if let Fact::RunEnded { run, end, .. } = &event.fact {
        end_run(state, event, run, end);
        return;
    }
    failure::heard(state, &event.fact);
    if let Fact::RunCost {
        run,
        session_total,
        input_tokens,
        output_tokens,
        requests,
        ..
    } = &event.fact
    {
        let told = rate::Told {
            session_total: *session_total,
            tokens: input_tokens.saturating_add(*output_tokens),
            requests: *requests,
        };
        rate::book(state, run, event.at, told);
        budget::book(state, event.at, run, *session_total);
        return;
    }
    let Some(found) = event.fact.run().and_then(|run| state.runs.get_mut(run)) else {
        return;
    };
    match &event.fact {
        Fact::PersonIntervened { text, .. } if found.is_live() => {
            found.words.waiting.push((event.seq, text.clone()));
        }
        Fact::RunTurnEnded { end, .. } if step_in::goes_on(found, end) => {}
        Fact::RunRead { to, .. } => found.read_to = found.read_to.max(*to),
        Fact::RunUp { .. } => {
            found.came_up = true;
            if found.status == RunStatus::Starting {
                found.status = RunStatus::Working;
            }
        }
        Fact::RunTurnEnded { end, words, .. } => {
            found.turn_over = true;
            // Done is done, also when it was just about to be stopped for its silence or its time.
            let late = matches!(
                found.halt_why,
                Some(RunEnd::Stalled { .. } | RunEnd::TimedOut { .. } | RunEnd::Paused { .. })
            );
            if found.halt_why.is_none() || (late && end.is_good()) {
                found.halt_why = Some(end.clone());
            }
            if found.note.is_none() && !words.is_empty() {
                found.note = Some(words.clone());
            }
        }
        Fact::RunHalting { end, halt, .. } if found.is_live() => {
            // What a person stopped is stopped, whatever it was at.
            if event.by == Actor::Person {
                found.halt_why = Some(end.clone());
            }
            found.halt_why.get_or_insert_with(|| end.clone());
            found.halting = Some((*halt, event.at));
            found.status = RunStatus::Ending;
        }
        _ => {}
    }
}

fn start_run(state: &mut State, event: &Event) {
    let Fact::RunStarted {
        run,
        task,
        work,
        session,
        cap,
        ..
    } = &event.fact
    else {
        return;
    };
    let known = session.as_ref().and_then(|id| state.sessions.get(id));
    let started = Run {
        session: session.clone(),
        cost_before: known.copied().unwrap_or_default(),
        cap: *cap,
        ..Run::new(run.clone(), task.clone(), work.clone(), event.at)
    };
    state.runs.insert(run.clone(), started);
    let found = progress(state, task, event.at);
    match work {
        Work::Leg { leg, agent, .. } => {
            // A task that somebody took away while its agent was being started is not given back to it; see `decide`.
            if matches!(&found.step, Step::Starting { leg: wanted, .. } if wanted == leg) {
                found.step = Step::Working {
                    leg: *leg,
                    run: run.clone(),
                };
            }
            if let Some(session) = session {
                found
                    .sessions
                    .insert(*leg, (agent.clone(), session.clone()));
            }
        }
        Work::Gate { gate, commit } => {
            found
                .receipts
                .retain(|receipt| receipt.gate != *gate || receipt.commit != *commit);
            found.receipts.push(Receipt {
                gate: gate.clone(),
                commit: commit.clone(),
                passed: None,
                run: run.clone(),
                took_ms: None,
            });
        }
    }
    prune(state);
}

fn end_run(state: &mut State, event: &Event, run: &RunId, end: &RunEnd) {
    let at = event.at;
    let Some(found) = state.runs.get_mut(run).filter(|found| found.is_live()) else {
        return;
    };
    found.status = RunStatus::Ended;
    found.until = Some(at);
    found.end = Some(end.clone());
    let found = found.clone();
    state.heard.remove(run);
    budget::ended(state, at, run);
    let known = failure::ended(state, &found, end);
    let Some(progress) = state.tasks.get_mut(&found.task) else {
        return;
    };
    // Only the run its task is waiting for moves it: the ends of all others are told and change nothing.
    let moves = match &found.work {
        Work::Gate { .. } => gate_ended(progress, &found, end, at),
        Work::Leg { leg, agent, .. } => {
            let waits = Step::Working {
                leg: *leg,
                run: run.clone(),
            };
            let waits = progress.step == waits;
            if waits {
                end_leg(progress, (*leg, agent), end, known, at);
            }
            waits
        }
    };
    if moves && let Some(found) = state.runs.get_mut(run) {
        found.moved_task = Some(event.seq);
    }
}

/// Writes a gate's result down. Whether the task is waiting for it.
fn gate_ended(found: &mut Progress, run: &Run, end: &RunEnd, at: Time) -> bool {
    let mut receipts = found.receipts.iter_mut();
    let Some(receipt) = receipts.find(|receipt| receipt.run == run.id) else {
        return false;
    };
    receipt.passed = Some(end.is_good());
    receipt.took_ms = u64::try_from(at.since(run.since)).ok();
    matches!(found.step, Step::Gating { .. }) && receipt.commit == found.commit
}

/// What a leg's end means for the task. What follows from it is decided in [`crate::decide`].
///
/// `known`: the fault is known to lie with the agent's program or login, and is dealt with for all its tasks at once.
fn end_leg(
    found: &mut Progress,
    (leg, agent): (Leg, &AgentName),
    end: &RunEnd,
    known: bool,
    at: Time,
) {
    found.step = match (end, leg) {
        (RunEnd::Completed, Leg::Implement) => Step::Committing {
            holder: Holder::Agent(agent.clone()),
            note: String::new(),
        },
        (RunEnd::Completed, _) => Step::Handing,
        (RunEnd::Stopped { .. }, _) => {
            end_stop(found, at, Some(false));
            Step::Asking
        }
        (RunEnd::RateLimited { .. } | RunEnd::Paused { .. }, _) => {
            end_stop(found, at, None);
            Step::Idle
        }
        _ => {
            end_stop(found, at, Some(false));
            if !known && !is(Fault::SilentFailure) {
                found.went_wrong(leg);
            }
            found.failed_at = Some(at).filter(|_| !is(Fault::SilentFailure));
            Step::Idle
        }
    };
    if matches!(end, RunEnd::ConversationLost { .. }) {
        found.sessions.remove(&leg);
    }
    found.handed_at = Some(at);
}
