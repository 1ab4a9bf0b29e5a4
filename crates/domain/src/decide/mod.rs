//! What follows from each fact. Pure: the state (with the fact already applied) and the fact in, commands out.

mod gates;
mod legs;
mod requests;

use crate::{
    Actor, Command, Event, Fact, Halt, Holder, Leg, Request, RequestId, RequestKind, Run, RunEnd,
    RunId, SendBack, State, Status, TaskId, Time,
    apply::files::moved_by,
    commits, conflict,
    event::Scope,
    failure, message,
    planted::{Fault, is},
    rules,
    run::Work,
    signal::Say,
    state::Step,
    step_in,
};
pub(crate) use gates::after_commit;
use requests::say;

/// What is to be done because of `event`, which `state` already contains.
#[must_use]
pub fn decide(state: &State, event: &Event, now: Time) -> Vec<Command> {
    let mut commands = about_tasks(state, event, now);
    commands.extend(conflict::decide(state, event, now));
    commands
}

fn about_tasks(state: &State, event: &Event, now: Time) -> Vec<Command> {
    match &event.fact {
        Fact::TaskMoved { task, to, .. } if event.by != Actor::Engine => {
            let mut commands = clear(state, task, &moved_by(event, *to));
            commands.extend(rules::put(state, event, task, now));
            commands
        }
        Fact::RuleMoved {
            task,
            rule,
            to: Status::Failed,
            why,
            ..
        } => escalate(task, rules::failed_by(rule, why)),
        Fact::TaskRemoved { task, .. } => clear(state, task, "its task file was removed"),
        Fact::Claimed { task, .. } => match state.step(task) {
            Step::Claimed { .. } => vec![Command::PrepareWorktree { task: task.clone() }],
            _ => Vec::new(),
        },
        Fact::WorktreeReady { task, .. } => legs::start(state, task),
        Fact::Submitted {
            task,
            leg,
            note,
            run: None,
        } => legs::submitted(state, event, task, *leg, note, now),
        Fact::Reviewed {
            task,
            verdict,
            note,
            run: None,
        } => {
            let holder = actor_as_holder(&event.by);
            legs::reviewed(state, task, *verdict, holder, note, now)
        }
        Fact::Committed { task, changed, .. } => gates::committed(state, task, *changed, now),
        Fact::SentBack { task, why, .. } => {
            failure::climb(state, task, Leg::Implement, Status::Ready, why)
        }
        Fact::Failed { task, why } if event.by != Actor::Person => failed(state, task, why),
        Fact::Merged { .. } | Fact::MergeRefused { .. } | Fact::HandedOff { .. } => {
            about_merges(state, event, now)
        }
        Fact::CommandFailed { command, error } => command_failed(state, event, command, error),
        Fact::Resumed { scope: Scope::All } => failure::resumed(state),
        Fact::RequestDecided { request, decision } => {
            requests::decided(state, *request, decision, event, now)
        }
        Fact::RequestLapsed { request } => requests::lapsed(state, *request),
        Fact::RequestOpened {
            kind: RequestKind::Escalation { .. },
            ..
        } => given_up_within(state, &event.by),
        Fact::RequestOpened {
            kind: RequestKind::Permission { .. },
            ..
        } => requests::asked(state, RequestId(event.seq.0)),
        Fact::MessageSent { .. } => message::decide(state, event),
        Fact::CommitChecked { .. } => commits::decide(state, event, now),
        _ => {
            let mut commands = failure::works_again(state, &event.fact);
            if let Fact::RunUp { .. } = &event.fact {
                commands.extend(message::decide(state, event));
            }
            commands.extend(about_runs(state, event, now));
            commands
        }
    }
}

/// What follows from an approval.
fn about_merges(state: &State, event: &Event, now: Time) -> Vec<Command> {
    match &event.fact {
        Fact::Merged { task, commit, into } if *state.step(task) == Step::Handing => {
            let mut note = commit.as_ref().map_or_else(
                || format!("Approved; there was nothing to merge into {into}."),
                |c| format!("Approved and merged into {into} as {c}."),
            );
            if let Some(words) = requests::approving_words(state, task) {
                note.push_str("\n\n");
                note.push_str(words);
            }
            vec![hand_off(
                task,
                Leg::Approve,
                Holder::Person,
                note,
                now,
                Some((Status::Review, Status::Done)),
            )]
        }
        Fact::HandedOff {
            task,
            leg: Leg::Approve,
            ..
        } => vec![Command::RemoveWorktree { task: task.clone() }],
        Fact::MergeRefused {
            task,
            files,
            why,
            commit,
        } if *state.step(task) == Step::Asking => vec![Command::OpenRequest {
            task: Some(task.clone()),
            kind: RequestKind::Conflict {
                files: files.clone(),
                why: why.clone(),
                commit: commit.clone(),
            },
        }],
        _ => Vec::new(),
    }
}

fn about_runs(state: &State, event: &Event, now: Time) -> Vec<Command> {
    match &event.fact {
        Fact::ToolCalled { run, call, tool, arguments } => {
            vec![Command::AnswerTool { run: run.clone(), call: call.clone(), tool: tool.clone(), arguments: arguments.clone() }]
        }
        Fact::AskWithdrawn { run, ask } => state
            .open_requests()
            .filter(|request| matches!(&request.kind, RequestKind::Permission { run: r, ask: a, .. } if r == run && a == ask))
            .map(|request| withdraw(request, "the agent no longer asks"))
            .collect(),
        Fact::PersonIntervened { .. } | Fact::RunUp { .. } => step_in::decide(state, event),
        Fact::RunTurnEnded { run, .. } if state.runs.get(run).is_some_and(|found| !found.words.now.is_empty()) => step_in::decide(state, event),
        Fact::RunTurnEnded { run, end, .. } if state.runs.get(run).is_some_and(|found| found.is_live() && found.halting.is_none()) => {
            vec![Command::HaltRun { run: run.clone(), halt: Halt::CloseInput, end: end.clone() }]
        }
        // A person wants it stopped: the engine takes the first rung, and the others in their time.
        Fact::RunHalting { run, end, halt } if event.by != Actor::Engine && state.runs.get(run).is_some_and(Run::is_live) => {
            vec![Command::HaltRun { run: run.clone(), halt: *halt, end: end.clone() }]
        }
        Fact::PersonSaid { run, text } => {
            let id = format!("person-{}", event.seq.0);
            say(run, Say::Words { id, text: text.clone() })
        }
        Fact::RunStarted { run, task, work, .. } => in_vain(state, run, task, work),
        Fact::RunEnded { run, end, tail } => legs::run_ended(state, event, run, end, tail, now),
        _ => Vec::new(),
    }
}

/// A run that came up after its task was taken elsewhere, or paused (the start of a process takes a while), is stopped again.
fn in_vain(state: &State, run: &RunId, task: &TaskId, work: &Work) -> Vec<Command> {
    let wanted = match (work, state.step(task)) {
        (Work::Leg { .. }, Step::Working { run: wanted, .. }) => wanted == run,
        (Work::Gate { .. }, Step::Gating { .. }) => true,
        _ => false,
    };
    let live = state.runs.get(run).is_some_and(Run::is_live);
    let paused = state.paused_tasks.get(task);
    let end = match (wanted, work, paused) {
        (false, ..) => RunEnd::Stopped {
            why: "the task was taken elsewhere while it was being started".to_owned(),
        },
        (true, Work::Leg { .. }, Some(why)) => RunEnd::Paused { why: why.clone() },
        (true, ..) => return Vec::new(),
    };
    if !live {
        return Vec::new();
    }
    vec![Command::HaltRun {
        run: run.clone(),
        halt: Halt::Interrupt,
        end,
    }]
}

/// A run that cannot go on has asked the person what becomes of its task: it is ended, and the task waits for the decision.
fn given_up_within(state: &State, by: &Actor) -> Vec<Command> {
    let Actor::Run { run } = by else {
        return Vec::new();
    };
    let at_work = |found: &&Run| found.is_live() && found.halting.is_none();
    let found = state.runs.get(run).filter(at_work);
    let halt = found.map(|found| Command::HaltRun {
        run: found.id.clone(),
        halt: Halt::CloseInput,
        end: RunEnd::Stopped {
            why: "it asked the person what becomes of its task".to_owned(),
        },
    });
    halt.into_iter().collect()
}

/// Stops what works on a task. What is asked about it is void already; see `apply`.
fn clear(state: &State, task: &TaskId, why: &str) -> Vec<Command> {
    if is(Fault::NoHalt) {
        return Vec::new();
    }
    let halts = state
        .live_runs()
        .filter(|run| run.task == *task && run.halting.is_none())
        .map(|run| Command::HaltRun {
            run: run.id.clone(),
            halt: Halt::Interrupt,
            end: RunEnd::Stopped {
                why: why.to_owned(),
            },
        });
    halts.collect()
}

pub(crate) fn withdraw(request: &Request, why: &str) -> Command {
    Command::WithdrawRequest {
        request: request.id,
        why: why.to_owned(),
    }
}

fn hand_off(
    task: &TaskId,
    leg: Leg,
    holder: Holder,
    note: String,
    at: Time,
    to: Option<(Status, Status)>,
) -> Command {
    Command::HandOff {
        task: task.clone(),
        leg,
        holder,
        note,
        at,
        to,
    }
}

/// The holder an actor is.
#[must_use]
pub fn actor_as_holder(actor: &Actor) -> Holder {
    match actor {
        Actor::Outside { name } => Holder::Outside(name.clone()),
        _ => Holder::Person,
    }
}

fn first_line(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("changes were requested");
    line.chars().take(160).collect()
}

#[allow(clippy::too_many_arguments)] // the fields of one command, each told once
pub(crate) fn send_back(
    state: &State,
    task: &TaskId,
    from: Status,
    why: &str,
    source: &str,
    body: String,
    gate_run: Option<RunId>,
    counts: bool,
    at: Time,
) -> Command {
    let progress = state.tasks.get(task);
    Command::SendBack(SendBack {
        task: task.clone(),
        from,
        feedback: progress.map_or(1, |found| found.feedback + 1),
        why: why.to_owned(),
        source: source.to_owned(),
        body,
        gate_run,
        commit: progress.and_then(|found| found.commit.clone()),
        at,
        counts,
    })
}

fn escalate(task: &TaskId, why: String) -> Vec<Command> {
    vec![Command::OpenRequest {
        task: Some(task.clone()),
        kind: RequestKind::Escalation { why },
    }]
}

fn failed(state: &State, task: &TaskId, why: &str) -> Vec<Command> {
    if state.tasks.get(task).is_some_and(|found| found.given_up) {
        return Vec::new();
    }
    escalate(task, why.to_owned())
}

fn command_failed(state: &State, event: &Event, command: &Command, error: &str) -> Vec<Command> {
    let mut commands = failure::critical(state, command, error, event.at);
    if let Some(task) = command.task().filter(|_| command.is_a_step()) {
        let why = format!("Could not {}: {error}", command.words());
        commands.extend(escalate(task, why));
    }
    commands
}
