//! `fail` and `retry`: give a task up, and try it again.

use crate::{
    Context, OpError,
    decide::answer,
    who::{Who, holds, only_person},
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, must_rest, relocate, tell_engine, trimmed},
};
use orchestron_domain::{
    Actor, Decision, Fact, Holder, RequestId, RequestKind, State, Status, TaskId,
    task_file::Section,
};

/// Moves a task to failed. When its holder gives it up, a person is asked what to do.
///
/// # Errors
/// When it is over already, or not the caller's to give up.
pub fn fail(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let why = match trimmed(input.note.as_deref()) {
        note if note.is_empty() => format!(
            "given up by {}",
            if who.is_person() {
                "a person".to_owned()
            } else {
                who.name()
            }
        ),
        note => note,
    };
    may_fail(&state, &task, &who)?;
    let context = why.clone();
    cx.store.edit(&task, move |file| {
        file.set_error_context(&context).map(|_| ())
    })?;
    // What a person does by hand stops whoever is at work; a holder's own end is a step of the chain.
    let mover = if who.is_person() {
        Actor::Person
    } else {
        Actor::Engine
    };
    let stopped = state.live_run(&task).map(|run| run.id.clone());
    relocate(cx, None, &task, &mover, |state| {
        may_fail(state, &task, &who)?;
        let from = card(state, &task)?.status;
        let fact = Fact::Failed {
            task: task.clone(),
            why: why.clone(),
        };
        Ok(((from, Status::Failed), vec![(who.actor.clone(), fact)], ()))
    })?;
    let mut told = done(
        Some(&task),
        Some(Status::Failed),
        format!("{task} is failed: {why}"),
    );
    told.next
        .push(format!("`orchestron retry {task}` lets it be tried again"));
    if let Some(run) = stopped {
        told.next.push(format!("{run} is stopped"));
        tell_engine(cx, &mut told, "the agent that works on it is stopped")?;
    } else if !who.is_person() {
        tell_engine(cx, &mut told, "a person is asked what to do")?;
    }
    Ok(told)
}

fn may_fail(state: &State, task: &TaskId, who: &Who) -> Result<(), OpError> {
    let found = card(state, task)?.status;
    if found.is_over() {
        return Err(OpError::WrongStatus {
            task: task.clone(),
            found,
            done: "given up",
            wanted: "not over",
        });
    }
    if who.is_person() {
        return Ok(());
    }
    must_rest(state, task, "failed")?;
    match holds(state, task) {
        Some(holder) if holder == who.holder() => Ok(()),
        Some(holder) => Err(OpError::Held {
            task: task.clone(),
            holder: crate::view::word::holder_name(&holder),
        }),
        None => Err(OpError::NotYours {
            task: task.clone(),
            leg: orchestron_domain::schedule::leg_of(found)
                .unwrap_or(orchestron_domain::Leg::Implement),
            holder: crate::view::word::holder_name(&Holder::Nobody),
            who: who.name(),
        }),
    }
}

/// Lets a failed or stuck task be tried again.
///
/// # Errors
/// When it is neither.
pub fn retry(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    only_person(cx, "let a task be tried again")?;
    if let Some(agent) = input.agent.as_deref().filter(|agent| *agent != "person") {
        return Err(OpError::Forbidden {
            who: agent.to_owned(),
            what: "let a task be tried again".into(),
        });
    }
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let note = trimmed(input.note.as_deref());
    if let Some(request) = stuck_on(&state, &task) {
        let note = Some(note).filter(|note| !note.is_empty());
        return answer(cx, request, &Decision::Retry { note }, None);
    }
    let found = card(&state, &task)?.status;
    if found != Status::Failed && state.paused_tasks.contains_key(&task) {
        return give_back(cx, &task, note);
    }
    if found != Status::Failed {
        return Err(OpError::NothingToDecide {
            task,
            found: format!("{found}, and nothing about it failed"),
        });
    }
    if !note.is_empty() {
        let text = format!("By you, with the retry: {note}");
        cx.store.edit(&task, |file| {
            file.append_text(Section::ReviewFeedback, &text).map(|_| ())
        })?;
    }
    relocate(cx, None, &task, &Actor::Person, |_| {
        Ok(((Status::Failed, Status::Ready), Vec::new(), ()))
    })?;
    let mut told = done(
        Some(&task),
        Some(Status::Ready),
        format!("{task} is ready to be tried again"),
    );
    tell_engine(cx, &mut told, "its agent is started")?;
    Ok(told)
}

/// A task that rests (paused, or its conversation taken over) goes on; with words for who works on it next.
fn give_back(cx: &mut Context, task: &TaskId, note: String) -> Result<Done, OpError> {
    if !note.is_empty() {
        let text = format!("By you, when it went on: {note}");
        cx.store.edit(task, |file| {
            file.append_text(Section::ReviewFeedback, &text).map(|_| ())
        })?;
    }
    let on = input::Resume {
        task: Some(task.to_string()),
        agent: None,
    };
    crate::switch::resume(cx, &on)
}

fn stuck_on(state: &State, task: &TaskId) -> Option<RequestId> {
    let stuck = |kind: &RequestKind| {
        matches!(
            kind,
            RequestKind::Escalation { .. } | RequestKind::Conflict { .. }
        )
    };
    state
        .requests_of(task)
        .find(|request| stuck(&request.kind))
        .map(|request| request.id)
}
