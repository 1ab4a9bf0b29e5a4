//! Facts change state. Total: no fact can fail to apply, whatever came before it.

use crate::{
    Actor, Decision, Event, Fact, Holder, Leg, MicroUsd, Request, RequestId, RequestKind, Run,
    RunEnd, RunId, RunStatus, SessionId, State, Status, TaskId, Time, conflict,
    event::Scope,
    failure,
    request::Decided,
    run::{Verdict, Work},
    state::{DAY_MS, Place, Progress, Receipt, Step, Stop},
};

/// Ended runs and closed requests kept in memory; older ones are in the log.
const KEPT: usize = 400;
/// Stops of a task's chain kept in memory.
const KEPT_STOPS: usize = 60;
/// Handoff times kept for the median.
const KEPT_HANDOFFS: usize = 100;

/// Changes `state` by `event`.
pub fn apply(state: &mut State, event: &Event) {
    state.seq = event.seq;
    match &event.fact {
        Fact::TaskCreated { .. } | Fact::TaskMoved { .. } | Fact::TaskRemoved { .. } => {
            apply_files(state, event)
        }
        Fact::Claimed { .. }
        | Fact::WorktreeReady { .. }
        | Fact::Submitted { .. }
        | Fact::Reviewed { .. }
        | Fact::Committed { .. }
        | Fact::HandedOff { .. }
        | Fact::SentBack { .. }
        | Fact::Failed { .. }
        | Fact::Merged { .. }
        | Fact::MergeRefused { .. }
        | Fact::WorktreeRemoved { .. } => apply_chain(state, event),
        Fact::RequestOpened { task, kind } => open_request(state, event, task.as_ref(), kind),
        Fact::RequestDecided { request, decision } => {
            close_request(state, event, *request, decision)
        }
        Fact::RequestWithdrawn { request, why } => withdraw_request(state, event.at, *request, why),
        Fact::Paused { why, scope } => pause(state, scope, why),
        Fact::Resumed { scope } => resume(state, scope),
        Fact::BreakerOpened { .. }
        | Fact::BreakerClosed { .. }
        | Fact::Reassigned { .. }
        | Fact::Rethought { .. } => failure::apply(state, event),
        Fact::WorkSeen { .. }
        | Fact::Forecasted { .. }
        | Fact::CaughtUp { .. }
        | Fact::ConflictFound { .. }
        | Fact::ConflictResolved { .. } => conflict::apply(state, event),
        Fact::Parked { account, until } => {
            state.parked.insert(account.clone(), *until);
        }
        Fact::CommandFailed { command, .. } => {
            if let Some(progress) = command.task().and_then(|task| state.tasks.get_mut(task))
                && command.is_a_step()
            {
                progress.step = Step::Asking;
            }
        }
        Fact::TaskEdited { .. }
        | Fact::EngineStarted { .. }
        | Fact::CommandDone { .. }
        | Fact::Trusted { .. } => {}
        _ => apply_run(state, event),
    }
}

fn pause(state: &mut State, scope: &Scope, why: &str) {
    match scope {
        Scope::All => state.paused = Some(why.to_owned()),
        Scope::Task { task } => {
            state.paused_tasks.insert(task.clone(), why.to_owned());
        }
        Scope::Agent { agent } => {
            state.paused_agents.insert(agent.clone(), why.to_owned());
        }
    }
}

fn resume(state: &mut State, scope: &Scope) {
    match scope {
        Scope::All => state.paused = None,
        Scope::Task { task } => {
            state.paused_tasks.remove(task);
        }
        Scope::Agent { agent } => {
            state.paused_agents.remove(agent);
        }
    }
}

fn progress<'a>(state: &'a mut State, task: &TaskId, at: Time) -> &'a mut Progress {
    let status = state
        .cards
        .get(task)
        .map_or(Status::Pending, |card| card.status);
    state
        .tasks
        .entry(task.clone())
        .or_insert_with(|| Progress::new(status, at))
}

fn apply_files(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::TaskCreated { task, status, .. } => {
            state
                .tasks
                .insert(task.clone(), Progress::new(*status, event.at));
        }
        Fact::TaskMoved { task, from, to } => {
            let by_hand = event.by != Actor::Engine;
            let found = progress(state, task, event.at);
            found.status = *to;
            found.moved = event.at;
            if by_hand {
                moved_by_hand(found, *to, event.at);
                void_requests(state, task, &format!("the task was moved to {to} by hand"));
            } else if *from == Status::Failed {
                found.step = Step::Idle; // a retry
                found.why = None;
            }
        }
        Fact::TaskRemoved { task, .. } => {
            state.tasks.remove(task);
            void_requests(state, task, "its task file was removed");
        }
        _ => {}
    }
}

/// What was asked about a task that somebody took elsewhere is void at once, also while no engine is there to say so: a later
/// approval must not merge what was taken back.
fn void_requests(state: &mut State, task: &TaskId, why: &str) {
    for request in state.requests.values_mut() {
        if request.is_open() && request.task.as_ref() == Some(task) && request.run().is_none() {
            request.withdrawn = Some(why.to_owned());
        }
    }
}

/// A person put the task somewhere: whatever was under way is void, and the count of failures starts anew.
fn moved_by_hand(found: &mut Progress, to: Status, at: Time) {
    end_stop(found, at, None);
    found.step = if to == Status::InProgress {
        Step::Held {
            leg: Leg::Implement,
            holder: Holder::Person,
        }
    } else {
        Step::Idle
    };
    found.failures = 0;
    found.failed_at = None;
    found.verdict = None;
    found.given_up = to == Status::Failed;
    if !found.given_up {
        found.why = None; // who fails a task by hand has just said why
    }
}

fn apply_chain(state: &mut State, event: &Event) {
    let Some(task) = event.fact.task() else {
        return;
    };
    let handoff = handoff_ms(state, event, task);
    let found = progress(state, task, event.at);
    match &event.fact {
        Fact::Claimed {
            leg,
            holder,
            attempt,
            ..
        } => claimed(found, *leg, holder, *attempt, event.at),
        Fact::WorktreeReady {
            path, branch, base, ..
        } => {
            let (path, branch, base) = (path.clone(), branch.clone(), base.clone());
            placed(found, Place { path, branch, base });
        }
        Fact::Submitted {
            leg,
            note,
            run: None,
            ..
        } => {
            let holder = held_by(found, &event.by);
            found.step = if *leg == Leg::Implement {
                Step::Committing {
                    holder,
                    note: note.clone(),
                }
            } else {
                Step::Handing
            };
        }
        Fact::Reviewed {
            verdict, run: None, ..
        } => {
            found.verdict = Some(*verdict);
            found.step = Step::Handing;
        }
        Fact::Committed { commit, .. } => {
            found.commit.clone_from(commit);
            if let Step::Committing { holder, note } = found.step.clone() {
                found.step = Step::Gating { holder, note };
            }
        }
        Fact::HandedOff { leg, note, .. } => handed_off(found, *leg, note, event.at),
        Fact::SentBack {
            feedback, counts, ..
        } => sent_back(found, *feedback, *counts, event.at),
        Fact::Failed { why, .. } => {
            end_stop(found, event.at, Some(false));
            found.why = Some(why.clone());
            found.step = Step::Asking;
        }
        // A task that somebody moved while it was being merged stays theirs.
        Fact::Merged { .. } if found.step == Step::Merging => found.step = Step::Handing,
        Fact::MergeRefused { .. } if found.step == Step::Merging => found.step = Step::Asking,
        Fact::WorktreeRemoved { .. } => found.place = None,
        _ => {}
    }
    note_on_run(state, &event.fact);
    if let Some(ms) = handoff {
        if state.handoffs_ms.len() >= KEPT_HANDOFFS {
            state.handoffs_ms.remove(0);
        }
        state.handoffs_ms.push(ms);
    }
}

/// The place to work in is there: the agent can start, a holder can begin.
fn placed(found: &mut Progress, place: Place) {
    found.place = Some(place);
    let Step::Claimed {
        leg,
        holder,
        attempt,
    } = found.step.clone()
    else {
        return;
    };
    found.step = match holder {
        Holder::Agent(agent) => Step::Starting {
            leg,
            agent,
            attempt,
        },
        other => Step::Held { leg, holder: other },
    };
}

/// What a run of ours says of its leg is kept with the run until it ends.
fn note_on_run(state: &mut State, fact: &Fact) {
    let (Fact::Submitted {
        note,
        run: Some(run),
        ..
    }
    | Fact::Reviewed {
        note,
        run: Some(run),
        ..
    }) = fact
    else {
        return;
    };
    let Some(found) = state.runs.get_mut(run) else {
        return;
    };
    found.note = Some(note.clone());
    if let Fact::Reviewed { verdict, .. } = fact {
        found.verdict = Some(*verdict);
    }
}

/// Time since the last holder ended, when this fact starts the next one.
fn handoff_ms(state: &State, event: &Event, task: &TaskId) -> Option<u32> {
    let Fact::Claimed {
        holder: Holder::Agent(_),
        ..
    } = &event.fact
    else {
        return None;
    };
    let ended = state.tasks.get(task)?.handed_at?;
    u32::try_from(event.at.since(ended)).ok()
}

fn claimed(found: &mut Progress, leg: Leg, holder: &Holder, attempt: u32, at: Time) {
    end_stop(found, at, None);
    found.attempts.insert(leg, attempt);
    found.failed_at = None;
    found.handed_at = None;
    found.given_up = false;
    if leg == Leg::Implement {
        found.status = Status::InProgress;
        found.verdict = None;
    }
    found.stops.push(Stop {
        leg,
        holder: holder.clone(),
        attempt,
        since: at,
        until: None,
        good: None,
    });
    if found.stops.len() > KEPT_STOPS {
        found.stops.remove(0);
    }
    found.step = if leg == Leg::Implement || matches!(holder, Holder::Agent(_)) {
        Step::Claimed {
            leg,
            holder: holder.clone(),
            attempt,
        }
    } else {
        Step::Held {
            leg,
            holder: holder.clone(),
        }
    };
}

fn held_by(found: &Progress, by: &Actor) -> Holder {
    match (&found.step, by) {
        (Step::Held { holder, .. } | Step::Claimed { holder, .. }, _) => holder.clone(),
        (_, Actor::Outside { name }) => Holder::Outside(name.clone()),
        _ => Holder::Person,
    }
}

fn handed_off(found: &mut Progress, leg: Leg, note: &str, at: Time) {
    end_stop(found, at, Some(true));
    found.step = Step::Idle;
    found.handed_at = Some(at);
    found.last_note = Some(note.to_owned());
    match leg {
        Leg::Prepare => found.failures = 0,
        Leg::Implement => found.verdict = None,
        Leg::Review => found.verdict = Some(Verdict::Approve),
        Leg::Approve => {
            found.failures = 0;
            found.handed_at = None;
        }
    }
}

fn sent_back(found: &mut Progress, feedback: u32, counts: bool, at: Time) {
    end_stop(found, at, Some(false));
    found.step = Step::Idle;
    found.feedback = found.feedback.max(feedback);
    found.failures = if counts { found.failures + 1 } else { 0 };
    found.verdict = None;
    found.handed_at = Some(at);
    found.given_up = false;
    found.why = None;
}

fn end_stop(found: &mut Progress, at: Time, good: Option<bool>) {
    if let Some(stop) = found.stops.last_mut().filter(|stop| stop.until.is_none()) {
        stop.until = Some(at);
        stop.good = good;
    }
}

fn apply_run(state: &mut State, event: &Event) {
    if let Fact::RunStarted {
        run,
        task,
        work,
        session,
        ..
    } = &event.fact
    {
        start_run(state, event.at, run, task, work, session.as_ref());
        return;
    }
    if let Fact::RunEnded { run, end, .. } = &event.fact {
        end_run(state, event.at, run, end);
        return;
    }
    if let Fact::RunCost {
        run, session_total, ..
    } = &event.fact
    {
        book(state, event.at, run, *session_total);
        return;
    }
    let Some(found) = event.fact.run().and_then(|run| state.runs.get_mut(run)) else {
        return;
    };
    match &event.fact {
        Fact::RunRead { to, .. } => found.read_to = found.read_to.max(*to),
        Fact::RunUp { .. } if found.status == RunStatus::Starting => {
            found.status = RunStatus::Working
        }
        Fact::RunTurnEnded { end, words, .. } => {
            found.halt_why.get_or_insert_with(|| end.clone());
            if found.note.is_none() && !words.is_empty() {
                found.note = Some(words.clone());
            }
        }
        Fact::RunHalting { end, halt, .. } if found.is_live() => {
            found.halt_why.get_or_insert_with(|| end.clone());
            found.halting = Some((*halt, event.at));
            found.status = RunStatus::Ending;
        }
        _ => {}
    }
}

fn start_run(
    state: &mut State,
    at: Time,
    run: &RunId,
    task: &TaskId,
    work: &Work,
    session: Option<&SessionId>,
) {
    let cost_before = session
        .and_then(|s| state.sessions.get(s))
        .copied()
        .unwrap_or_default();
    state.runs.insert(
        run.clone(),
        Run {
            id: run.clone(),
            task: task.clone(),
            work: work.clone(),
            status: if matches!(work, Work::Gate { .. }) {
                RunStatus::Working
            } else {
                RunStatus::Starting
            },
            session: session.cloned(),
            since: at,
            until: None,
            end: None,
            cost: MicroUsd(0),
            note: None,
            verdict: None,
            read_to: 0,
            cost_before,
            halting: None,
            halt_why: None,
            waiting_since: None,
            waited_ms: 0,
        },
    );
    let found = progress(state, task, at);
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

fn end_run(state: &mut State, at: Time, run: &RunId, end: &RunEnd) {
    let Some(found) = state.runs.get_mut(run).filter(|found| found.is_live()) else {
        return;
    };
    found.status = RunStatus::Ended;
    found.until = Some(at);
    found.end = Some(end.clone());
    let (task, work, since) = (found.task.clone(), found.work.clone(), found.since);
    state.heard.remove(run);
    let Some(found) = state.tasks.get_mut(&task) else {
        return;
    };
    match work {
        Work::Gate { .. } => {
            if let Some(receipt) = found
                .receipts
                .iter_mut()
                .find(|receipt| receipt.run == *run)
            {
                receipt.passed = Some(end.is_good());
                receipt.took_ms = u64::try_from(at.since(since)).ok();
            }
        }
        Work::Leg { leg, .. }
            if found.step
                == (Step::Working {
                    leg,
                    run: run.clone(),
                }) =>
        {
            end_leg(found, leg, end, at)
        }
        Work::Leg { .. } => {}
    }
}

/// What a leg's end means for the task. What follows from it is decided in [`crate::decide`].
fn end_leg(found: &mut Progress, leg: Leg, end: &RunEnd, at: Time) {
    found.step = match (end, leg) {
        (RunEnd::Completed, Leg::Implement) => {
            let holder = found
                .stops
                .last()
                .map_or(Holder::Nobody, |stop| stop.holder.clone());
            Step::Committing {
                holder,
                note: String::new(),
            }
        }
        (RunEnd::Completed, _) => Step::Handing,
        (end, _) if end.needs_person() || matches!(end, RunEnd::Stopped { .. }) => {
            end_stop(found, at, Some(false));
            Step::Asking
        }
        (RunEnd::RateLimited { .. }, _) => {
            end_stop(found, at, None);
            Step::Idle
        }
        _ => {
            end_stop(found, at, Some(false));
            found.failures += 1;
            found.failed_at = Some(at);
            Step::Idle
        }
    };
    if matches!(end, RunEnd::ConversationLost { .. }) {
        found.sessions.remove(&leg);
    }
    found.handed_at = Some(at);
}

/// Books a session's new total: the difference to what was known goes to the run, the task and the day.
fn book(state: &mut State, at: Time, run: &RunId, session_total: MicroUsd) {
    let Some(found) = state.runs.get_mut(run) else {
        return;
    };
    let cost = session_total.beyond(found.cost_before);
    let more = cost.beyond(found.cost);
    found.cost = found.cost.max(cost);
    if let Some(session) = &found.session {
        state.sessions.insert(session.clone(), session_total);
    }
    if let Some(task) = state.tasks.get_mut(&found.task) {
        task.cost = task.cost.plus(more);
    }
    let day = state.spent.entry(at.0.div_euclid(DAY_MS)).or_default();
    *day = day.plus(more);
}

fn open_request(state: &mut State, event: &Event, task: Option<&TaskId>, kind: &RequestKind) {
    let id = RequestId(event.seq.0);
    let request = Request {
        id,
        task: task.cloned(),
        kind: kind.clone(),
        since: event.at,
        decided: None,
        withdrawn: None,
    };
    match request.run().and_then(|run| state.runs.get_mut(run)) {
        Some(run) => {
            if matches!(run.status, RunStatus::Starting | RunStatus::Working) {
                run.status = RunStatus::Waiting;
                run.waiting_since.get_or_insert(event.at);
            }
        }
        None => {
            if let Some(task) = task {
                progress(state, task, event.at).step = Step::Asking;
            }
        }
    }
    state.requests.insert(id, request);
    prune(state);
}

fn withdraw_request(state: &mut State, at: Time, id: RequestId, why: &str) {
    let Some(request) = state
        .requests
        .get_mut(&id)
        .filter(|request| request.decided.is_none())
    else {
        return;
    };
    request.withdrawn = Some(why.to_owned());
    if let Some(run) = request.run().cloned() {
        wait_no_more(state, at, &run);
    }
}

/// A run whose last open request is closed works again, and its clocks go on.
fn wait_no_more(state: &mut State, at: Time, run: &RunId) {
    if state.open_requests().any(|other| other.run() == Some(run)) {
        return;
    }
    let Some(found) = state
        .runs
        .get_mut(run)
        .filter(|found| found.status == RunStatus::Waiting)
    else {
        return;
    };
    found.status = RunStatus::Working;
    found.waited_ms += found
        .waiting_since
        .take()
        .map_or(0, |since| at.since(since));
    state.heard.insert(run.clone(), at);
}

fn close_request(state: &mut State, event: &Event, id: RequestId, decision: &Decision) {
    let Some(request) = state
        .requests
        .get_mut(&id)
        .filter(|request| request.is_open())
    else {
        return;
    };
    request.decided = Some(Decided {
        decision: decision.clone(),
        by: event.by.clone(),
        at: event.at,
        seq: event.seq,
    });
    let (task, run) = (request.task.clone(), request.run().cloned());
    if let Some(run) = run {
        wait_no_more(state, event.at, &run);
        return;
    }
    let conflict = matches!(state.requests[&id].kind, RequestKind::Conflict { .. });
    let Some(found) = task.and_then(|task| state.tasks.get_mut(&task)) else {
        return;
    };
    found.step = match decision {
        Decision::Approve { .. } => Step::Merging,
        Decision::Retry { .. } if conflict => Step::Merging,
        Decision::Changes { .. } => Step::Handing,
        Decision::Retry { .. } => {
            found.failures = 0;
            found.failed_at = None;
            if found.status == Status::Failed {
                Step::Handing
            } else {
                Step::Idle
            }
        }
        Decision::GiveUp => {
            found.given_up = true;
            if found.status == Status::Failed {
                Step::Idle
            } else {
                Step::Handing
            }
        }
        _ => found.step.clone(),
    };
}

/// Forgets the oldest ended runs and closed requests beyond what is kept.
fn prune(state: &mut State) {
    let ended = state.runs.values().filter(|run| !run.is_live()).count();
    if ended > KEPT {
        let mut oldest: Vec<_> = state
            .runs
            .values()
            .filter(|run| !run.is_live())
            .map(|run| (run.since, run.id.clone()))
            .collect();
        oldest.sort();
        for (_, id) in oldest.into_iter().take(ended - KEPT) {
            state.runs.remove(&id);
            state.taken.insert(id);
        }
    }
    let closed = state
        .requests
        .values()
        .filter(|request| !request.is_open())
        .count();
    if closed > KEPT {
        let oldest: Vec<_> = state
            .requests
            .values()
            .filter(|r| !r.is_open())
            .map(|r| r.id)
            .take(closed - KEPT)
            .collect();
        for id in oldest {
            state.requests.remove(&id);
        }
    }
}
