//! What follows from each fact. Pure: the state (with the fact already applied) and the fact in, commands out.

use crate::{
    Actor, Command, Decision, Event, Fact, Halt, Holder, Leg, Request, RequestId, RequestKind, Run,
    RunEnd, RunId, SendBack, State, Status, TaskId, Time,
    run::{Verdict, Work},
    signal::Say,
    state::{Progress, Step},
    task_file::fenced,
};

/// What is to be done because of `event`, which `state` already contains.
#[must_use]
pub fn decide(state: &State, event: &Event, now: Time) -> Vec<Command> {
    match &event.fact {
        Fact::TaskMoved { task, to, .. } if event.by != Actor::Engine => {
            clear(state, task, &format!("the task was moved to {to} by hand"))
        }
        Fact::TaskRemoved { task, .. } => clear(state, task, "its task file was removed"),
        Fact::Claimed { task, .. } => match state.step(task) {
            Step::Claimed { .. } => vec![Command::PrepareWorktree { task: task.clone() }],
            _ => Vec::new(),
        },
        Fact::WorktreeReady { task, .. } => start(state, task),
        Fact::Submitted {
            task,
            leg,
            note,
            run: None,
        } => submitted(state, event, task, *leg, note, now),
        Fact::Reviewed {
            task,
            verdict,
            note,
            run: None,
        } => {
            let holder = actor_as_holder(&event.by);
            reviewed(state, task, *verdict, holder, note, now)
        }
        Fact::Committed { task, changed, .. } => committed(state, task, *changed, now),
        Fact::SentBack { task, why, .. } => given_up_after(state, task, why),
        Fact::Failed { task, why } if event.by != Actor::Person => failed(state, task, why),
        Fact::Merged { task, commit, into } if *state.step(task) == Step::Handing => {
            let note = commit.as_ref().map_or_else(
                || format!("Approved; there was nothing to merge into {into}."),
                |c| format!("Approved and merged into {into} as {c}."),
            );
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
        Fact::CommandFailed { command, error } => command_failed(command, error),
        Fact::RequestDecided { request, decision } => {
            decided(state, *request, decision, event, now)
        }
        _ => about_runs(state, event, now),
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
        Fact::RunTurnEnded { run, end, .. } if state.runs.get(run).is_some_and(|found| found.is_live() && found.halting.is_none()) => {
            vec![Command::HaltRun { run: run.clone(), halt: Halt::CloseInput, end: end.clone() }]
        }
        Fact::PersonSaid { run, text } => {
            let id = format!("person-{}", event.seq.0);
            say(run, Say::Words { id, text: text.clone() })
        }
        Fact::RunStarted { run, task, work, .. } => in_vain(state, run, task, work),
        Fact::RunEnded { run, end, tail } => run_ended(state, run, end, tail, now),
        _ => Vec::new(),
    }
}

/// A run that came up after its task was taken elsewhere (the start of a process takes a while) is stopped again.
fn in_vain(state: &State, run: &RunId, task: &TaskId, work: &Work) -> Vec<Command> {
    let wanted = match (work, state.step(task)) {
        (Work::Leg { .. }, Step::Working { run: wanted, .. }) => wanted == run,
        (Work::Gate { .. }, Step::Gating { .. }) => true,
        _ => false,
    };
    let live = state.runs.get(run).is_some_and(Run::is_live);
    if wanted || !live {
        return Vec::new();
    }
    vec![Command::HaltRun {
        run: run.clone(),
        halt: Halt::Interrupt,
        end: RunEnd::Stopped {
            why: "the task was taken elsewhere while it was being started".to_owned(),
        },
    }]
}

/// Stops what works on a task. What is asked about it is void already; see `apply`.
fn clear(state: &State, task: &TaskId, why: &str) -> Vec<Command> {
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

fn withdraw(request: &Request, why: &str) -> Command {
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

/// The place is there: start the agent, if it is one.
fn start(state: &State, task: &TaskId) -> Vec<Command> {
    let Step::Starting {
        leg,
        agent,
        attempt,
    } = state.step(task)
    else {
        return Vec::new();
    };
    let resume = state
        .tasks
        .get(task)
        .and_then(|found| found.sessions.get(leg))
        .filter(|(name, _)| name == agent && *leg != Leg::Review) // a review is done with fresh eyes
        .map(|(_, session)| session.clone());
    vec![Command::StartRun {
        run: state.next_run(task, leg.word(), *attempt),
        task: task.clone(),
        work: Work::Leg {
            leg: *leg,
            agent: agent.clone(),
            attempt: *attempt,
        },
        resume,
    }]
}

/// A person or an outside holder says its leg is done.
fn submitted(
    state: &State,
    event: &Event,
    task: &TaskId,
    leg: Leg,
    note: &str,
    now: Time,
) -> Vec<Command> {
    let holder = match state.step(task) {
        Step::Committing { holder, .. } => holder.clone(),
        _ => actor_as_holder(&event.by),
    };
    match leg {
        Leg::Prepare => vec![hand_off(
            task,
            leg,
            holder,
            note.to_owned(),
            now,
            Some((Status::Pending, Status::Ready)),
        )],
        Leg::Implement => vec![Command::CommitWork {
            task: task.clone(),
            holder,
            note: note.to_owned(),
        }],
        Leg::Review => vec![hand_off(task, leg, holder, note.to_owned(), now, None)],
        Leg::Approve => Vec::new(),
    }
}

fn reviewed(
    state: &State,
    task: &TaskId,
    verdict: Verdict,
    holder: Holder,
    note: &str,
    now: Time,
) -> Vec<Command> {
    match verdict {
        Verdict::Approve => vec![hand_off(
            task,
            Leg::Review,
            holder,
            note.to_owned(),
            now,
            None,
        )],
        Verdict::Changes => {
            let source = match &holder {
                Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
                _ => "you".to_owned(),
            };
            vec![send_back(
                state,
                task,
                Status::Review,
                &first_line(note),
                &source,
                note.to_owned(),
                None,
                true,
                now,
            )]
        }
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
fn send_back(
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

/// The work is committed: check the first gate, or hand off when there is none.
fn committed(state: &State, task: &TaskId, changed: bool, now: Time) -> Vec<Command> {
    let Some(found) = state.tasks.get(task) else {
        return Vec::new();
    };
    let Step::Gating { .. } = &found.step else {
        return Vec::new();
    };
    if !changed && state.git && by_agent(found) {
        let body = "The run ended without any change in the worktree. Make the change the task asks for; if nothing has to change, say so in a file the task names, or ask with request_help.";
        return vec![send_back(
            state,
            task,
            Status::InProgress,
            "nothing was changed",
            "the engine",
            body.to_owned(),
            None,
            true,
            now,
        )];
    }
    gate_or_hand_off(state, task, found, now)
}

fn by_agent(found: &Progress) -> bool {
    matches!(
        &found.step,
        Step::Gating {
            holder: Holder::Agent(_),
            ..
        }
    )
}

fn gate_or_hand_off(state: &State, task: &TaskId, found: &Progress, now: Time) -> Vec<Command> {
    let Step::Gating { holder, note } = &found.step else {
        return Vec::new();
    };
    match state
        .config
        .gates
        .iter()
        .find(|gate| !checked(state, found, &gate.name))
    {
        // An outside holder's work comes here without anything having been launched before.
        Some(gate) if !state.trusted => escalate(
            task,
            format!(
                "The gate `{}` is a command that was not accepted on this machine yet. Look at the commands in .mcp/config.yaml and .mcp/agents.yaml, accept them with `orchestron trust`, then retry and submit again.",
                gate.name
            ),
        ),
        Some(gate) => vec![Command::StartRun {
            run: state.next_run(task, &format!("gate-{}", gate.name), 1),
            task: task.clone(),
            work: Work::Gate {
                gate: gate.name.clone(),
                commit: found.commit.clone(),
            },
            resume: None,
        }],
        None => {
            let note = if note.is_empty() {
                said(state, found)
            } else {
                note.clone()
            };
            vec![hand_off(
                task,
                Leg::Implement,
                holder.clone(),
                note,
                now,
                Some((Status::InProgress, Status::Review)),
            )]
        }
    }
}

/// Whether a gate passed on the present commit, in this round (a round without git starts with the last claim).
fn checked(state: &State, found: &Progress, gate: &str) -> bool {
    let round = found.stops.last().map(|stop| stop.since);
    found.receipts.iter().any(|receipt| {
        receipt.gate == gate
            && receipt.passed == Some(true)
            && receipt.commit == found.commit
            && (receipt.commit.is_some()
                || state.runs.get(&receipt.run).map(|run| run.since) >= round)
    })
}

/// What the implementing run said last.
fn said(state: &State, found: &Progress) -> String {
    let newest = state
        .runs
        .values()
        .filter(|run| {
            run.leg() == Some(Leg::Implement)
                && found.sessions.get(&Leg::Implement).map(|(_, s)| s) == run.session.as_ref()
        })
        .max_by_key(|run| run.since);
    newest.and_then(|run| run.note.clone()).unwrap_or_default()
}

fn run_ended(state: &State, run: &RunId, end: &RunEnd, tail: &str, now: Time) -> Vec<Command> {
    let Some(found) = state.runs.get(run) else {
        return Vec::new();
    };
    let mut commands: Vec<_> = state
        .open_requests()
        .filter(|request| request.run() == Some(run))
        .map(|request| withdraw(request, "its run is over"))
        .collect();
    commands.extend(match &found.work {
        Work::Gate { gate, .. } => gate_ended(state, found, gate, end, tail, now),
        Work::Leg { leg, .. } => leg_ended(state, found, *leg, end, now),
    });
    commands
}

fn gate_ended(
    state: &State,
    run: &Run,
    gate: &str,
    end: &RunEnd,
    tail: &str,
    now: Time,
) -> Vec<Command> {
    let Some(found) = state.tasks.get(&run.task) else {
        return Vec::new();
    };
    if !matches!(found.step, Step::Gating { .. }) {
        return Vec::new();
    }
    if end.is_good() {
        return gate_or_hand_off(state, &run.task, found, now);
    }
    if matches!(end, RunEnd::Lost | RunEnd::Stopped { .. })
        && state.status(&run.task) == Some(Status::InProgress)
    {
        return gate_or_hand_off(state, &run.task, found, now); // not the work's fault: check again
    }
    let command = state
        .config
        .gates
        .iter()
        .find(|g| g.name == gate)
        .map_or("", |g| g.run.as_str());
    let body = format!(
        "The gate `{gate}` did not pass: {end}.\n\nCommand: `{command}`\n\nEnd of its output:\n\n{}",
        fenced("text", tail)
    );
    vec![send_back(
        state,
        &run.task,
        Status::InProgress,
        &format!("gate {gate}: {end}"),
        &format!("gate {gate}"),
        body,
        Some(run.id.clone()),
        true,
        now,
    )]
}

fn leg_ended(state: &State, run: &Run, leg: Leg, end: &RunEnd, now: Time) -> Vec<Command> {
    let Some(found) = state.tasks.get(&run.task) else {
        return Vec::new();
    };
    let holder = run
        .agent()
        .map_or(Holder::Nobody, |name| Holder::Agent(name.clone()));
    let note = run.note.clone().unwrap_or_default();
    let task = run.task.clone();
    match (end, &found.step, leg) {
        (RunEnd::Completed, Step::Handing, Leg::Prepare) => {
            vec![hand_off(
                &task,
                leg,
                holder,
                note,
                now,
                Some((Status::Pending, Status::Ready)),
            )]
        }
        (RunEnd::Completed, Step::Committing { .. }, Leg::Implement) => {
            vec![Command::CommitWork { task, holder, note }]
        }
        (RunEnd::Completed, Step::Handing, Leg::Review) => match run.verdict {
            Some(verdict) => reviewed(state, &task, verdict, holder, &note, now),
            None => escalate(
                &task,
                format!(
                    "The reviewer ended without a verdict. Its last words: {}",
                    first_line(&note)
                ),
            ),
        },
        (RunEnd::RateLimited { retry_after_s }, Step::Idle, _) => {
            let account = run
                .agent()
                .and_then(|name| state.config.agents.get(name))
                .map_or_else(String::new, |agent| agent.account.clone());
            let seconds = retry_after_s.unwrap_or(state.config.limits.park_s);
            vec![Command::Park {
                account,
                until: now.plus_millis(
                    i64::try_from(seconds)
                        .unwrap_or(i64::MAX / 1000)
                        .saturating_mul(1000),
                ),
            }]
        }
        (_, Step::Asking, _) => escalate(&task, format!("{leg}: {end}")),
        (_, Step::Idle, _) if found.failures >= state.config.limits.attempts => {
            vec![Command::Fail {
                task,
                from: found.status,
                why: format!("{leg}: {end}; {} attempts in a row failed", found.failures),
            }]
        }
        _ => Vec::new(),
    }
}

fn escalate(task: &TaskId, why: String) -> Vec<Command> {
    vec![Command::OpenRequest {
        task: Some(task.clone()),
        kind: RequestKind::Escalation { why },
    }]
}

/// After feedback: enough is enough.
fn given_up_after(state: &State, task: &TaskId, why: &str) -> Vec<Command> {
    let Some(found) = state.tasks.get(task) else {
        return Vec::new();
    };
    if found.failures < state.config.limits.attempts {
        return Vec::new();
    }
    vec![Command::Fail {
        task: task.clone(),
        from: Status::Ready,
        why: format!(
            "{} attempts in a row failed; the last: {why}",
            found.failures
        ),
    }]
}

fn failed(state: &State, task: &TaskId, why: &str) -> Vec<Command> {
    if state.tasks.get(task).is_some_and(|found| found.given_up) {
        return Vec::new();
    }
    escalate(task, why.to_owned())
}

fn command_failed(command: &Command, error: &str) -> Vec<Command> {
    match command.task() {
        Some(task) if command.is_a_step() => {
            escalate(task, format!("Could not {}: {error}", command.words()))
        }
        _ => Vec::new(),
    }
}

/// A person decided.
fn decided(
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
        (RequestKind::Permission { run, ask, .. }, Decision::Allow) => say(
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
        (RequestKind::Question { run, call, .. }, Decision::Answer { text }) => say(
            run,
            Say::Reply {
                call: call.clone(),
                ok: true,
                text: text.clone(),
            },
        ),
        _ => request.task.as_ref().map_or_else(Vec::new, |task| {
            about_task(state, task, &request.kind, decision, now)
        }),
    }
}

fn say(run: &RunId, say: Say) -> Vec<Command> {
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
                commit: commit.clone(),
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
