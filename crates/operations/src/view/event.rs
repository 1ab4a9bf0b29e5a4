//! What happened, in plain words: one sentence for each kind of fact.

use super::word;
use crate::wire::{Big, EventView};
use orchestron_domain::{
    Actor, Decision, Event, Fact, Holder, Leg, RequestId, RequestKind, Run, RunId, State, Status,
    TaskId,
    run::{Verdict, Work},
};

/// An event as surfaces show it; none for bookkeeping that says nothing to a person.
#[must_use]
pub fn event(state: &State, event: &Event) -> Option<EventView> {
    let text = sentence(state, event)?;
    Some(EventView {
        seq: Big(event.seq.0),
        at: word::millis(event.at),
        by: actor(state, &event.by),
        kind: kind(&event.fact),
        task: task_of(state, &event.fact).map(|task| task.to_string()),
        run: event.fact.run().map(ToString::to_string),
        text,
    })
}

/// The tag of a fact, as the log has it.
fn kind(fact: &Fact) -> String {
    let tagged = serde_json::to_value(fact).ok();
    let tag = tagged
        .as_ref()
        .and_then(|value| value.get("type")?.as_str());
    tag.unwrap_or_default().to_owned()
}

fn actor(state: &State, by: &Actor) -> String {
    match by {
        Actor::Person => "you".to_owned(),
        Actor::Run { run } => name(state, run),
        Actor::Outside { name } => name.to_string(),
        Actor::Engine => "engine".to_owned(),
        Actor::Rule { name } => format!("rule {name}"),
        Actor::Unknown => "an editor or git".to_owned(),
    }
}

/// The agent or gate of a run; its id when it is long forgotten.
fn name(state: &State, run: &RunId) -> String {
    match state.runs.get(run).map(|run| &run.work) {
        Some(Work::Leg { agent, .. }) => agent.to_string(),
        Some(Work::Gate { gate, .. }) => format!("gate {gate}"),
        None => run.to_string(),
    }
}

fn task_of(state: &State, fact: &Fact) -> Option<TaskId> {
    if let Some(task) = fact.task() {
        return Some(task.clone());
    }
    if let Some(run) = fact.run() {
        return state
            .runs
            .get(run)
            .map(|run| run.task.clone())
            .or_else(|| task_in(run));
    }
    match fact {
        Fact::RequestDecided { request, .. }
        | Fact::RequestWithdrawn { request, .. }
        | Fact::RequestLapsed { request } => state.requests.get(request)?.task.clone(),
        Fact::CommandFailed { command, .. } => command.task().cloned(),
        _ => None,
    }
}

/// A run's id begins with its task.
fn task_in(run: &RunId) -> Option<TaskId> {
    let mut parts = run.as_str().splitn(3, '-');
    format!("{}-{}", parts.next()?, parts.next()?).parse().ok()
}

fn noted(note: &str) -> String {
    match word::first_line(note) {
        line if line.is_empty() => String::new(),
        line => format!(": {line}"),
    }
}

fn sentence(state: &State, event: &Event) -> Option<String> {
    match &event.fact {
        Fact::TaskCreated { .. }
        | Fact::TaskMoved { .. }
        | Fact::TaskRemoved { .. }
        | Fact::TaskEdited { .. }
        | Fact::TextReplaced { .. }
        | Fact::Undone { .. } => about_files(state, event),
        Fact::RunStarted { .. }
        | Fact::RunRead { .. }
        | Fact::RunUp { .. }
        | Fact::ToolCalled { .. }
        | Fact::AskWithdrawn { .. }
        | Fact::RunCost { .. }
        | Fact::RunTurnEnded { .. }
        | Fact::RunHalting { .. }
        | Fact::RunEnded { .. }
        | Fact::PersonSaid { .. }
        | Fact::PersonIntervened { .. } => about_runs(state, &event.fact),
        Fact::RequestOpened { .. }
        | Fact::RequestDecided { .. }
        | Fact::RequestWithdrawn { .. }
        | Fact::RequestLapsed { .. } => about_requests(state, event),
        Fact::MessageSent { .. }
        | Fact::MessageDelivered { .. }
        | Fact::MessagePut { .. }
        | Fact::MessageAcked { .. }
        | Fact::ContextSaved { .. }
        | Fact::Progressed { .. }
        | Fact::Released { .. }
        | Fact::SessionStarted { .. }
        | Fact::SessionEnded { .. } => about_messages(state, event),
        Fact::EngineStarted { .. }
        | Fact::Trusted { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::BreakerOpened { .. }
        | Fact::BreakerClosed { .. }
        | Fact::Parked { .. }
        | Fact::CommandFailed { .. }
        | Fact::Noted { .. }
        | Fact::CommandDone { .. } => about_engine(state, event),
        Fact::CommitSeen { .. } | Fact::CommitChecked { .. } | Fact::WorkflowStarted { .. } => {
            about_commits(&event.fact)
        }
        _ => about_chain(state, event),
    }
}

fn about_commits(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::CommitSeen { task, seen } => {
            let id = &seen.commit.0;
            let short = id.get(..8).unwrap_or(id);
            let on = seen
                .branch
                .as_ref()
                .map_or_else(String::new, |branch| format!(" on {branch}"));
            let what = task
                .as_ref()
                .map_or_else(String::new, |task| format!(" for {task}"));
            let left_out = match seen.unchecked {
                true => "; the checks before it were left out (--no-verify)",
                false => "",
            };
            format!(
                "{} committed {short}{on}{what}: {}{left_out}",
                seen.author, seen.subject
            )
        }
        Fact::CommitChecked { task, checks } => {
            let failed = checks.iter().find(|check| !check.passed);
            match failed {
                Some(check) => format!(
                    "a commit for {task} was not made: gate {}: {}",
                    check.gate, check.end
                ),
                None => {
                    let names: Vec<_> = checks.iter().map(|check| check.gate.as_str()).collect();
                    format!(
                        "gates passed before a commit for {task}: {}",
                        names.join(", ")
                    )
                }
            }
        }
        Fact::WorkflowStarted { made } => format!(
            "{} was started from the workflow {}: {} tasks",
            made.instance,
            made.workflow,
            made.steps.len()
        ),
        _ => return None,
    })
}

fn about_files(state: &State, event: &Event) -> Option<String> {
    let by = actor(state, &event.by);
    Some(match &event.fact {
        Fact::TaskCreated {
            task,
            title,
            status,
        } if event.by == Actor::Unknown => {
            format!("{task} appeared in {status}: {title}")
        }
        Fact::TaskCreated { task, title, .. } => format!("{by} wrote {task}: {title}"),
        Fact::TaskMoved { task, from, to } => match event.by {
            Actor::Engine => format!("{task} went from {from} to {to}"),
            Actor::Rule { ref name } => {
                format!("the rule `{name}` moved {task} from {from} to {to}")
            }
            Actor::Unknown => format!("{task} was moved from {from} to {to} in the files"),
            _ => format!("{by} moved {task} from {from} to {to}"),
        },
        Fact::TaskRemoved { task, status } => format!("{task}'s file was removed from {status}"),
        Fact::RuleMoved {
            task, rule, why, ..
        } => format!("why `{rule}` moved {task}: {why}"),
        Fact::RuleRests { task, rule } => {
            format!("the rule `{rule}` leaves {task} where it was put")
        }
        Fact::RuleArmed { task, rule } => format!("the rule `{rule}` may move {task} again"),
        Fact::TaskEdited { task, what } => format!("{by} edited {task}: {what}"),
        Fact::Undone { event, what, .. } => format!("{by} took back event {}: {what}", event.0),
        _ => return None,
    })
}

fn about_chain(state: &State, event: &Event) -> Option<String> {
    let by = actor(state, &event.by);
    Some(match &event.fact {
        Fact::Claimed {
            task,
            leg,
            holder,
            attempt,
            why,
        } => {
            let attempt = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            let why = why.as_deref().map_or_else(String::new, noted);
            let who = word::holder_name(holder);
            format!("{who} took {task} ({leg}{attempt}){why}")
        }
        Fact::WorktreeReady {
            task,
            branch: Some(branch),
            ..
        } => format!("{task} is worked on in branch {branch}"),
        Fact::WorktreeReady { task, path, .. } => format!("{task} is worked on in {path}"),
        Fact::Submitted {
            task, leg, note, ..
        } => {
            let done = match leg {
                Leg::Prepare => "said it is prepared",
                Leg::Implement => "submitted the work",
                Leg::Review | Leg::Approve => "is done",
            };
            format!("{task}: {by} {done}{}", noted(note))
        }
        Fact::Reviewed {
            task,
            verdict: Verdict::Approve,
            note,
            ..
        } => format!("{by} found {task} good{}", noted(note)),
        Fact::Reviewed {
            task,
            verdict: Verdict::Changes,
            note,
            ..
        } => format!("{by} wants changes on {task}{}", noted(note)),
        _ => return about_work(&event.fact),
    })
}

fn about_work(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Committed {
            task,
            commit: Some(commit),
            changed: true,
        } => format!("the work on {task} was committed as {}", short(&commit.0)),
        Fact::Committed {
            task,
            changed: true,
            ..
        } => format!("the work on {task} was taken"),
        Fact::Committed { task, .. } => format!("there was nothing to commit on {task}"),
        Fact::HandedOff {
            task,
            leg,
            holder,
            note,
        } => handed_off(task, *leg, holder, note),
        Fact::SentBack {
            task,
            feedback,
            why,
            ..
        } => format!(
            "{task} was sent back with feedback {feedback}{}",
            noted(why)
        ),
        Fact::Failed { task, why } => format!("{task} failed{}", noted(why)),
        Fact::Merged {
            task,
            commit: Some(commit),
            into,
        } => format!("{task} was merged into {into} as {}", short(&commit.0)),
        Fact::Merged { task, into, .. } => {
            format!("{task} was approved; there was nothing to merge into {into}")
        }
        Fact::MergeRefused { task, why, .. } => format!("{task} could not be merged{}", noted(why)),
        Fact::WorktreeRemoved {
            task,
            saved: Some(saved),
        } => format!(
            "{task}'s worktree was cleared away; what was not committed is kept under {saved}"
        ),
        Fact::WorktreeRemoved { task, .. } => format!("{task}'s worktree was cleared away"),
        other => return super::clash::about(other),
    })
}

fn handed_off(task: &TaskId, leg: Leg, holder: &Holder, note: &str) -> String {
    let who = word::holder_name(holder);
    match leg {
        Leg::Prepare => format!("{who} prepared {task}{}", noted(note)),
        Leg::Implement => format!("{who} implemented {task}{}", noted(note)),
        Leg::Review => format!("{who} reviewed {task}{}", noted(note)),
        Leg::Approve => format!("{task} is {}{}", Status::Done, noted(note)),
    }
}

fn short(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

fn about_runs(state: &State, fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::RunStarted {
            task,
            work:
                Work::Leg {
                    leg,
                    agent,
                    attempt,
                },
            resumed,
            ..
        } => {
            let resumed = if *resumed {
                " in the same conversation"
            } else {
                ""
            };
            let attempt = if *attempt > 1 {
                format!(", attempt {attempt}")
            } else {
                String::new()
            };
            format!("{agent} started on {task} ({leg}{attempt}){resumed}")
        }
        Fact::RunStarted {
            task,
            work: Work::Gate { gate, .. },
            ..
        } => format!("gate {gate} started on {task}"),
        Fact::RunUp {
            run,
            version,
            model,
        } => format!(
            "{} is up: version {version}, model {model}",
            name(state, run)
        ),
        Fact::ToolCalled { run, tool, .. } => format!("{} used {tool}", name(state, run)),
        Fact::AskWithdrawn { run, .. } => {
            format!("{} no longer asks for a permission", name(state, run))
        }
        Fact::RunCost {
            run, session_total, ..
        } => format!(
            "{}'s conversation has cost {session_total} so far",
            name(state, run)
        ),
        Fact::RunTurnEnded { run, end, .. } => {
            format!("{}'s turn is over: {end}", name(state, run))
        }
        Fact::RunHalting { run, end, .. } => format!("{} is being ended: {end}", name(state, run)),
        Fact::RunEnded { run, end, .. } => run_ended(state, run, end),
        Fact::PersonSaid { run, text } => {
            format!("you said to {}{}", name(state, run), noted(text))
        }
        Fact::PersonIntervened { run, text } => {
            format!("you interrupted {}{}", name(state, run), noted(text))
        }
        _ => return None,
    })
}

fn run_ended(state: &State, run: &RunId, end: &orchestron_domain::RunEnd) -> String {
    let who = name(state, run);
    let gate = state
        .runs
        .get(run)
        .is_some_and(|run| matches!(run.work, Work::Gate { .. }));
    match end {
        orchestron_domain::RunEnd::Completed if gate => format!("{who} passed"),
        orchestron_domain::RunEnd::Completed => format!("{who} ended"),
        other => format!("{who} ended: {other}"),
    }
}

fn about_requests(state: &State, event: &Event) -> Option<String> {
    let by = actor(state, &event.by);
    Some(match &event.fact {
        Fact::RequestOpened { task, kind } => {
            opened(state, task.as_ref(), kind, RequestId(event.seq.0))
        }
        Fact::RequestDecided { request, decision } => {
            let what = match decision {
                Decision::Approve { note } => {
                    format!("approved{}", noted(note.as_deref().unwrap_or_default()))
                }
                Decision::Changes { note } => format!("asked for changes{}", noted(note)),
                Decision::Allow => "allowed it".to_owned(),
                Decision::AllowAlike => "allowed it for the whole task".to_owned(),
                Decision::Deny { note } => format!(
                    "did not allow it{}",
                    noted(note.as_deref().unwrap_or_default())
                ),
                Decision::Answer { text } => format!("answered{}", noted(text)),
                Decision::Retry { note } => format!(
                    "let it be tried again{}",
                    noted(note.as_deref().unwrap_or_default())
                ),
                Decision::GiveUp => "left it as it is".to_owned(),
                Decision::Raise { by: more } => format!("granted {more} more"),
                Decision::Resolve { resolution } => {
                    format!("decided: {}", word::resolution(resolution))
                }
            };
            format!("{by} {what} ({request})")
        }
        Fact::RequestWithdrawn { request, why } => format!("{request} is void: {why}"),
        Fact::RequestLapsed { request } => {
            let asked = state.requests.get(request).map(|found| &found.kind);
            match asked {
                Some(RequestKind::Question(question)) => format!(
                    "nobody answered {request} in time: {} goes on with its own default{}",
                    question.asker(state),
                    noted(question.fallback.as_ref().map_or("", |f| &f.answer))
                ),
                _ => format!("nobody answered {request} in time"),
            }
        }
        _ => return None,
    })
}

fn about_messages(state: &State, event: &Event) -> Option<String> {
    let by = actor(state, &event.by);
    Some(match &event.fact {
        Fact::MessageSent { letter } => {
            let names: Vec<_> = letter.recipients.iter().map(ToString::to_string).collect();
            format!("{by} told {}{}", names.join(", "), noted(&letter.text))
        }
        Fact::MessageDelivered { message, to, .. } => format!("message {} reached {to}", message.0),
        Fact::MessagePut { message, to } => format!("message {} lies in {to}'s inbox", message.0),
        Fact::MessageAcked { message, to } => format!("{to} has read message {}", message.0),
        Fact::ContextSaved { context, .. } => {
            format!("{by} saved how far it is{}", noted(&context.now))
        }
        Fact::Progressed { percent, step, .. } => match percent {
            Some(percent) => format!("{by} is at {percent} %{}", noted(step)),
            None => format!("{by} is at it{}", noted(step)),
        },
        Fact::Released {
            task, leg, note, ..
        } => {
            format!(
                "{by} gave {task} back before it is done ({leg}){}",
                noted(note)
            )
        }
        Fact::SessionStarted { .. } => format!("{by} began a session"),
        Fact::SessionEnded { session, note, .. } => {
            format!("{by} ended its session {}{}", session.0, noted(note))
        }
        _ => return None,
    })
}

fn opened(state: &State, task: Option<&TaskId>, kind: &RequestKind, id: RequestId) -> String {
    let about = task.map_or_else(|| "the project".to_owned(), ToString::to_string);
    let who = |run: &RunId| {
        state
            .runs
            .get(run)
            .and_then(Run::agent)
            .map_or_else(|| run.to_string(), ToString::to_string)
    };
    match kind {
        RequestKind::Review { .. } => format!("{about} waits for your decision ({id})"),
        RequestKind::Permission { run, summary, .. } => format!(
            "{} asks for a permission{} ({id})",
            who(run),
            noted(summary)
        ),
        RequestKind::Question(question) => format!(
            "{} asks{} ({id})",
            question.asker(state),
            noted(&question.question)
        ),
        RequestKind::Escalation { why } => format!("{about} needs you{} ({id})", noted(why)),
        RequestKind::Conflict { why, .. } => {
            format!("{about} cannot be merged without you{} ({id})", noted(why))
        }
        RequestKind::Budget {
            scope,
            spent,
            limit,
        } => format!(
            "{} is used up: {spent} of {limit} ({id})",
            word::budget(scope)
        ),
        RequestKind::Clash { evidence, .. } => {
            format!("tasks clash and need you{} ({id})", noted(evidence))
        }
    }
}

fn about_engine(state: &State, event: &Event) -> Option<String> {
    let by = actor(state, &event.by);
    Some(match &event.fact {
        Fact::EngineStarted { version, .. } => format!("the engine started (version {version})"),
        Fact::Trusted { .. } => format!("{by} accepted this project's commands on this machine"),
        Fact::Paused { why, scope } => {
            format!("{by} paused {}{}", word::scope(scope), noted(why))
        }
        Fact::Resumed { scope } => format!("{by} resumed {}", word::scope(scope)),
        Fact::BreakerOpened { agent, why, until } => {
            format!("{agent} is left alone until {until}{}", noted(why))
        }
        Fact::BreakerClosed { agent } => format!("{agent} is tried again"),
        Fact::Noted { what } => what.clone(),
        Fact::Parked { account, until } => format!("the account {account} rests until {until}"),
        Fact::CommandFailed { command, error } => {
            format!("could not {}{}", command.words(), noted(error))
        }
        _ => return None,
    })
}
