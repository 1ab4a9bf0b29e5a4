//! Verbs that change something: each is one operation, then, when no engine runs, what follows from it.

use crate::{
    args::{
        AgentVerb, Agents, Answer, Approve, Common, Create, EndLeg, Fail, Order, Pause, Resolve,
        ResolveHow, Retry, Verb,
    },
    failure::Failure,
    here::{Here, Patience},
    output::Output,
};
use orchestron_domain::{TaskId, state::Step};
use orchestron_operations::{
    OpError, board,
    wire::{Big, DecisionInput, Done, HolderKind, Money, StatusWord, TaskView, input},
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the outcome of what a running engine does is waited for.
const OUTCOME_PATIENCE: Duration = Duration::from_secs(2);

/// Carries a verb out and says what it did.
pub fn write(common: &Common, verb: Verb, output: &Output) -> Result<(), Failure> {
    let (name, input) = operation(verb)?;
    let mut here = Here::open(common)?;
    let mut done: Done = here.ask(name, &input)?;
    if has_consequences(name, &done) {
        if here.settle()? {
            done.not_done
                .retain(|line| !line.starts_with("no engine is running"));
            tell_outcome(&mut here, &mut done, name)?;
        } else {
            tell_engine_at_it(&mut here, &mut done, name)?;
        }
    }
    output.done(&done)
}

/// A running engine does what follows: its outcome when it comes soon, else what it is at and how to follow it.
fn tell_engine_at_it(here: &mut Here, done: &mut Done, operation: &str) -> Result<(), Failure> {
    let Some(task) = done.task.clone() else {
        return Ok(());
    };
    let id: TaskId = task.parse().map_err(OpError::Id)?;
    let patience = Patience::new(OUTCOME_PATIENCE);
    let mut seen = None;
    loop {
        // Only when something was written it can be over.
        let newest = here.context.store.log().last()?;
        if seen.replace(newest) == Some(newest) && patience.waits() {
            continue;
        }
        let found = here.context.store.progress(&id)?;
        let at = match found.map_or(Step::Idle, |found| found.step) {
            Step::Merging => "merges it",
            Step::Gating { .. } => "runs the gates on it",
            Step::Committing { .. } => "commits the work",
            Step::Handing => "hands it on",
            Step::Claimed { .. } if operation == "claim" => "makes its worktree",
            _ => return tell_outcome(here, done, operation),
        };
        if !patience.waits() {
            let line = format!("the running engine {at}; `orchestron watch {task}` follows it");
            done.next.push(line);
            return Ok(());
        }
    }
}

/// Whether something follows that needs no agent: a handoff, gates, a merge, a worktree.
fn has_consequences(operation: &str, done: &Done) -> bool {
    match operation {
        // Nobody prepares: a new task is ready as it is written.
        "create" => done
            .not_done
            .iter()
            .any(|line| line.contains("it goes to ready")),
        // What was interrupted ends here when no engine runs.
        "pause" => done.did.contains("is interrupted"),
        "resume" | "words" | "intervene" | "order" | "reassign" => false,
        "agent-add" | "agent-set" | "agent-remove" => false,
        _ => true,
    }
}

/// After settling here: where the task stands now.
fn tell_outcome(here: &mut Here, done: &mut Done, operation: &str) -> Result<(), Failure> {
    let Some(task) = done.task.clone() else {
        return Ok(());
    };
    let id: TaskId = task.parse().map_err(OpError::Id)?;
    let Some((card, place)) = board::one(&mut here.context, &id)? else {
        return Ok(());
    };
    let before = done.status;
    if before != Some(card.status) {
        let stands = match card.status {
            StatusWord::Review => "in review",
            other => crate::output::status(other).1,
        };
        done.did = format!("{}; it is now {stands}", done.did.trim_end());
        done.status = Some(card.status);
        // What was announced has happened.
        let over = ["it goes to", "the gates are run"];
        done.next
            .retain(|line| !over.iter().any(|start| line.starts_with(start)));
    }
    match (card.status, place) {
        (StatusWord::InProgress, Some(place)) if operation == "claim" => {
            done.next.insert(0, format!("work in {place}"));
        }
        (StatusWord::Done, _) => tell_merge(here, done, operation, &task)?,
        _ => {}
    }
    let worked = before == Some(StatusWord::InProgress);
    let ended = matches!(operation, "submit" | "complete");
    if ended && worked && card.status == StatusWord::Ready {
        done.not_done.push(format!(
            "it did not pass, so it came back with feedback: `orchestron show {task}` tells why"
        ));
    }
    if before != Some(card.status) && card.turn.kind == HolderKind::Outside {
        let name = &card.turn.name;
        let line = format!("it is {name}'s turn: `orchestron next --agent {name}`");
        done.next.push(line);
    }
    if card.request.is_some()
        && let Some(line) = card.line
    {
        done.not_done.push(line);
        if matches!(operation, "approve" | "decide") {
            done.next
                .push("`orchestron requests` tells how to go on".into());
        }
    }
    Ok(())
}

/// Where the work went.
fn tell_merge(
    here: &mut Here,
    done: &mut Done,
    operation: &str,
    task: &str,
) -> Result<(), Failure> {
    if !matches!(operation, "approve" | "decide") {
        return Ok(());
    }
    let on = input::OnTask { task: task.into() };
    let view: TaskView = here.ask("task", &on)?;
    if let Some(last) = view.handoffs.last() {
        let note = last.note.lines().next().unwrap_or_default();
        let note = note.trim_start_matches("Approved and ");
        done.did = format!("{}: {}", done.did, note.trim_end_matches('.'));
    }
    Ok(())
}

/// The operation a verb is, with its input.
fn operation(verb: Verb) -> Result<(&'static str, Value), Failure> {
    Ok(match verb {
        Verb::Create(args) => ("create", create(args)),
        Verb::Prep(args) => ("prepare", end_leg(args)),
        Verb::Claim(args) => ("claim", json!({"task": args.task, "agent": args.agent})),
        Verb::Review(args) => ("submit", end_leg(args)),
        Verb::Complete(args) => ("complete", end_leg(args)),
        Verb::Fail(Fail {
            task,
            message,
            agent,
        }) => (
            "fail",
            json!({"task": task, "note": message, "agent": agent}),
        ),
        Verb::Retry(Retry {
            task,
            message,
            agent,
        }) => (
            "retry",
            json!({"task": task, "note": message, "agent": agent}),
        ),
        Verb::Approve(args) => ("approve", approve(args)),
        Verb::Reject(args) => ("reject", reject(args)?),
        Verb::Answer(args) => ("decide", answer(args)?),
        Verb::Stop(args) => ("stop", json!({"what": args.what, "why": args.message})),
        Verb::Pause(args) => ("pause", pause(args)),
        Verb::Resume(args) => ("resume", json!({"task": args.task, "agent": args.agent})),
        Verb::Priority(args) => ("priority", json!({"task": args.task, "to": args.to})),
        Verb::Order(args) => ("order", order(args)),
        Verb::Resolve(args) => ("resolve", resolve(args)),
        Verb::Reassign(args) => (
            "reassign",
            json!({"task": args.task, "agent": args.agent, "leg": args.leg, "why": args.message}),
        ),
        Verb::Agents(args) => agents(args)?,
        Verb::Say(args) => ("words", json!({"task": args.task, "text": args.words})),
        Verb::Intervene(args) => (
            "intervene",
            json!({"task": args.task, "text": args.message}),
        ),
        Verb::Clarify(args) => (
            "clarify",
            json!({"task": args.task, "text": args.words, "request": args.request}),
        ),
        Verb::Escalate(args) => (
            "escalate",
            json!({"task": args.task, "note": args.why, "agent": args.agent}),
        ),
        other => return Err(Failure::Usage(format!("{other:?} is no verb that writes"))),
    })
}

fn approve(args: Approve) -> Value {
    json!({
        "task": args.task, "note": args.with_feedback, "commit": args.commit, "follow_up": args.follow_up,
    })
}

fn pause(args: Pause) -> Value {
    let now = match (args.now, args.let_finish) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    json!({"why": args.message, "task": args.task, "agent": args.agent, "now": now})
}

fn create(args: Create) -> Value {
    json!({
        "title": args.title, "priority": args.priority, "agent": args.agent, "goal": args.goal,
        "criteria": args.criteria, "depends_on": args.depends_on, "files": args.files,
        "needs": args.needs, "order": args.order,
    })
}

fn resolve(args: Resolve) -> Value {
    let how = match args.how {
        ResolveHow { queue: true, .. } => "queue",
        ResolveHow { reassign: true, .. } => "reassign",
        ResolveHow { .. } => "gone",
    };
    json!({"conflict": args.conflict, "how": how, "task": args.task, "note": args.message})
}

fn order(args: Order) -> Value {
    let place = args.place;
    json!({
        "task": args.task, "first": place.first, "before": place.before, "after": place.after, "at": place.at, "none": place.none,
    })
}

fn agents(args: Agents) -> Result<(&'static str, Value), Failure> {
    Ok(match args.verb {
        Some(AgentVerb::Add { name, keys }) => {
            let keys = agent_keys(&keys)?;
            ("agent-add", json!({"name": name, "keys": keys}))
        }
        Some(AgentVerb::Set {
            name, key, values, ..
        }) => (
            "agent-set",
            json!({"name": name, "key": key, "values": values}),
        ),
        Some(AgentVerb::Remove { name }) => ("agent-remove", json!({"name": name})),
        Some(AgentVerb::List) | None => {
            return Err(Failure::Usage("`agents list` writes nothing".to_owned()));
        }
    })
}

/// `cli=claude tools_allowed=Read tools_allowed=Grep`
fn agent_keys(words: &[String]) -> Result<Vec<input::AgentKey>, Failure> {
    let mut keys: Vec<input::AgentKey> = Vec::new();
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            return Err(Failure::Usage(format!(
                "`{word}` is no KEY=VALUE: write it like cli=claude"
            )));
        };
        match keys.iter_mut().find(|found| found.key == key) {
            Some(found) => found.values.push(value.to_owned()),
            None => keys.push(input::AgentKey {
                key: key.to_owned(),
                values: vec![value.to_owned()],
            }),
        }
    }
    Ok(keys)
}

fn end_leg(args: EndLeg) -> Value {
    json!({"task": args.task, "note": args.message, "agent": args.agent})
}

fn reject(args: crate::args::Reject) -> Result<Value, Failure> {
    let verdict = |keep| move |(path, line)| input::HunkVerdict { path, line, keep };
    let kept = args.keep.into_iter().map(verdict(true));
    let again = args.again.into_iter().map(verdict(false));
    as_json(&input::Reject {
        task: args.task,
        note: args.message,
        commit: None,
        comments: args.comment,
        hunks: kept.chain(again).collect(),
        agent: args.agent,
    })
}

fn answer(args: Answer) -> Result<Value, Failure> {
    let id = crate::args::request_id(&args.request).map_err(Failure::Usage)?;
    let note = args.message;
    let what = args.what;
    if let Some(dollars) = what.raise {
        let by = Money(orchestron_domain::MicroUsd::from_dollars(dollars).0);
        return decide(id, DecisionInput::Raise { by });
    }
    if let Some(rule) = what.allow_always {
        return decide(id, DecisionInput::AllowAlways { rule });
    }
    if what.allow_alike {
        return decide(id, DecisionInput::AllowAlike);
    }
    let decision = match (what.text, what.allow, what.deny, what.retry, what.give_up) {
        (Some(text), ..) => DecisionInput::Answer { text },
        (_, true, ..) => DecisionInput::Allow,
        (_, _, true, ..) => DecisionInput::Deny { note },
        (_, _, _, true, _) => DecisionInput::Retry { note },
        (_, _, _, _, true) => DecisionInput::GiveUp,
        _ => DecisionInput::Changes {
            note: note.unwrap_or_default(),
            comments: Vec::new(),
            hunks: Vec::new(),
        },
    };
    decide(id, decision)
}

fn decide(id: u64, decision: DecisionInput) -> Result<Value, Failure> {
    let input = input::Decide {
        request: Big(id),
        decision,
        commit: None,
    };
    as_json(&input)
}

fn as_json(input: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(input).map_err(|error| Failure::Io {
        doing: "cannot convert an operation's data",
        said: error.into(),
    })
}
