//! Facts about requests: who waits for whom, and what a decision makes of the task.

use super::{progress, prune};
use crate::{
    Decision, Event, Fact, MicroUsd, Request, RequestId, RequestKind, RunId, RunStatus, State,
    Status, TaskId, Time, failure,
    planted::{Fault, is},
    request::{Decided, LAPSED},
    state::{Progress, Step},
};

/// A request is opened, decided or void.
pub(super) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::RequestOpened { task, kind } => open_request(state, event, task.as_ref(), kind),
        Fact::RequestDecided { request, decision } => {
            close_request(state, event, *request, decision)
        }
        Fact::RequestWithdrawn { request, why } => withdraw_request(state, event.at, *request, why),
        Fact::RequestLapsed { request } => {
            withdraw_request(state, event.at, *request, LAPSED);
        }
        _ => {}
    }
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
            if let Some(task) = task.filter(|_| kind.holds_up() && !kind.is_aside()) {
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
        .filter(|request| request.is_open())
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
        .filter(|request| request.is_open() || is(Fault::StaleApproval))
    else {
        return;
    };
    request.decided = Some(Decided {
        decision: decision.clone(),
        by: event.by.clone(),
        at: event.at,
        seq: event.seq,
    });
    let (task, run, kind) = (
        request.task.clone(),
        request.run().cloned(),
        request.kind.clone(),
    );
    if let Some(run) = run {
        if let (Decision::AllowAlike, RequestKind::Permission { tool, input, .. }) =
            (decision, &kind)
            && let Some(found) = task.and_then(|task| state.tasks.get_mut(&task))
        {
            found.allowed.extend(crate::alike::of(tool, input));
        }
        wait_no_more(state, event.at, &run);
        return;
    }
    match (&kind, decision) {
        (RequestKind::Budget { scope, .. }, Decision::Raise { by }) => {
            let granted = state.raised.entry(scope.clone()).or_insert(MicroUsd(0));
            *granted = granted.plus(*by);
        }
        (RequestKind::Escalation { why }, Decision::Retry { .. }) if task.is_none() => {
            failure::tried_again(state, why)
        }
        _ => {}
    }
    if let Some(found) = task.and_then(|task| state.tasks.get_mut(&task)) {
        decided(found, &kind, decision);
    }
}

/// What a decision makes of its task.
fn decided(found: &mut Progress, kind: &RequestKind, decision: &Decision) {
    if kind.is_aside() {
        return;
    }
    found.ruled.clear();
    if !kind.holds_up() {
        // The task may go its way meanwhile: what is under way is not given up for want of more money.
        if *decision == Decision::GiveUp && found.step == Step::Idle {
            found.given_up = true;
            found.step = Step::Handing;
        }
        return;
    }
    let conflict = matches!(kind, RequestKind::Conflict { .. });
    found.step = match decision {
        Decision::Approve { .. } => Step::Merging,
        Decision::Retry { .. } if conflict => Step::Merging,
        Decision::Changes { .. } => {
            found.starts_anew();
            Step::Handing
        }
        Decision::Retry { .. } => {
            found.starts_anew();
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
