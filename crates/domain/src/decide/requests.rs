//! What a person decided, carried on.

use super::{first_line, send_back, withdraw};
use crate::{
    Command, Decision, Event, Request, RequestId, RequestKind, RunId, State, Status, TaskId, Time,
    alike,
    planted::{Fault, is},
    request::Question,
    signal::Say,
    state::Step,
};

/// A person decided.
pub(super) fn decided(
    state: &State,
    id: RequestId,
    decision: &Decision,
    event: &Event,
    now: Time,
) -> Vec<Command> {
    let Some(request) = state
        .requests
        .get(&id)
        .filter(|r| r.decided.as_ref().is_some_and(|d| d.seq == event.seq))
    else {
        return Vec::new(); // decided before by somebody else
    };
    match (&request.kind, decision) {
        (RequestKind::Permission { run, ask, .. }, Decision::Allow | Decision::AllowAlike) => say(
            run,
            Say::Permit {
                ask: ask.clone(),
                allow: true,
                message: String::new(),
            },
        ),
        (RequestKind::Permission { run, ask, .. }, Decision::Deny { note }) => {
            let message = note.clone().unwrap_or_else(|| "The person at this machine did not allow this. Go on without it, or ask with request_help.".to_owned());
            say(
                run,
                Say::Permit {
                    ask: ask.clone(),
                    allow: false,
                    message,
                },
            )
        }
        (RequestKind::Question(question), Decision::Answer { text }) => reply(question, text),
        _ => request.task.as_ref().map_or_else(Vec::new, |task| {
            about_task(state, task, &request.kind, decision, now)
        }),
    }
}

/// An agent asks what a person has allowed for the whole task: it gets the answer that was given, and nobody is asked again.
pub(super) fn asked(state: &State, id: RequestId) -> Vec<Command> {
    let Some(request) = state.requests.get(&id).filter(|request| request.is_open()) else {
        return Vec::new();
    };
    let RequestKind::Permission {
        run,
        ask,
        tool,
        input,
        ..
    } = &request.kind
    else {
        return Vec::new();
    };
    let task = request.task.as_ref().and_then(|task| state.tasks.get(task));
    let is_allowed = |same: &String| task.is_some_and(|task| task.allowed.contains(same));
    if !alike::of(tool, input).as_ref().is_some_and(is_allowed) {
        return Vec::new();
    }
    let mut commands = say(
        run,
        Say::Permit {
            ask: ask.clone(),
            allow: true,
            message: String::new(),
        },
    );
    commands.push(withdraw(request, "you allowed this for the whole task"));
    commands
}

/// What the person said with the approval that a task was merged for.
pub(super) fn approving_words<'s>(state: &'s State, task: &TaskId) -> Option<&'s str> {
    let of_task = |request: &&Request| request.task.as_ref() == Some(task);
    let mut decisions = state.requests.values().rev().filter(of_task);
    decisions.find_map(|request| match &request.decided.as_ref()?.decision {
        Decision::Approve { note } => Some(note.as_deref()),
        _ => None,
    })?
}

/// Nobody answered in time. Whoever was faster after all has answered already.
pub(super) fn lapsed(state: &State, id: RequestId) -> Vec<Command> {
    let request = state.requests.get(&id);
    match request.map(|request| (&request.kind, &request.decided)) {
        Some((RequestKind::Question(question), None)) => question
            .lapsed()
            .map_or_else(Vec::new, |text| reply(question, &text)),
        _ => Vec::new(),
    }
}

/// The answer goes into the call that waits for it. Holders outside ask for theirs.
fn reply(question: &Question, text: &str) -> Vec<Command> {
    let (Some(run), Some(call)) = (&question.run, &question.call) else {
        return Vec::new();
    };
    say(
        run,
        Say::Reply {
            call: call.clone(),
            ok: true,
            text: text.to_owned(),
        },
    )
}

pub(super) fn say(run: &RunId, say: Say) -> Vec<Command> {
    vec![Command::Say {
        run: run.clone(),
        say,
    }]
}

fn about_task(
    state: &State,
    task: &TaskId,
    kind: &RequestKind,
    decision: &Decision,
    now: Time,
) -> Vec<Command> {
    let status = state.status(task).unwrap_or(Status::Review);
    match (kind, decision) {
        (RequestKind::Review { commit }, Decision::Approve { note }) => {
            vec![Command::Merge {
                task: task.clone(),
                commit: commit.clone().filter(|_| !is(Fault::MergesTip)),
                note: note.clone(),
            }]
        }
        (RequestKind::Conflict { commit, .. }, Decision::Retry { note }) => {
            vec![Command::Merge {
                task: task.clone(),
                commit: commit.clone(),
                note: note.clone(),
            }]
        }
        (_, Decision::Changes { note }) => {
            let body = match kind {
                RequestKind::Conflict { files, why, .. } => format!(
                    "{note}\n\nThe approved work could not be merged: {why}\nFiles: {}",
                    files.join(", ")
                ),
                _ => note.clone(),
            };
            vec![send_back(
                state,
                task,
                status,
                &first_line(note),
                "you",
                body,
                None,
                false,
                now,
            )]
        }
        (kind, Decision::GiveUp) if !kind.holds_up() && *state.step(task) != Step::Handing => {
            Vec::new() // it is under way, see `apply`
        }
        (_, Decision::Retry { note: Some(note) }) if status != Status::Pending => {
            vec![send_back(
                state,
                task,
                status,
                &first_line(note),
                "you",
                note.clone(),
                None,
                false,
                now,
            )]
        }
        (_, Decision::Retry { .. }) if status == Status::Failed => {
            vec![Command::Move {
                task: task.clone(),
                from: Status::Failed,
                to: Status::Ready,
            }]
        }
        (_, Decision::GiveUp) if status != Status::Failed => {
            vec![Command::Fail {
                task: task.clone(),
                from: status,
                why: "given up by a person".to_owned(),
            }]
        }
        _ => Vec::new(),
    }
}
