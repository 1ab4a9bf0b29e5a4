//! `escalate`: a holder cannot go on by itself and asks the person what to do. The task waits until that is decided.

use crate::{
    Context, OpError,
    who::Who,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, must_rest, some_text, tell_engine, write},
};
use orchestron_domain::{
    Fact, Halt, RequestKind, Run, RunEnd, RunId, State, TaskId, schedule::leg_of,
};

/// Opens an escalation about a task that the caller holds.
///
/// # Errors
/// When somebody else holds it, it is over, or something is awaited already.
pub fn escalate(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    let why = some_text(
        "note",
        input.note.as_deref(),
        "say why it cannot go on, what was tried, and what you would do",
    )?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let stopped = write(cx, [&task], |state| {
        let status = card(state, &task)?.status;
        let leg = leg_of(status).ok_or_else(|| OpError::WrongStatus {
            task: task.clone(),
            found: status,
            done: "escalated",
            wanted: "not over",
        })?;
        // Its agent is stopped, and what was asked for becomes the reason.
        if let Some(run) = at_work(state, &task).filter(|_| who.is_person()) {
            let end = RunEnd::Stopped {
                why: format!("escalated by you: {why}"),
            };
            let fact = Fact::RunHalting {
                run: run.clone(),
                end,
                halt: Halt::Interrupt,
            };
            return Ok((vec![(who.actor.clone(), fact)], true));
        }
        must_rest(state, &task, "escalated")?;
        who.may_end(state, &task, leg)?;
        let kind = RequestKind::Escalation { why: why.clone() };
        let fact = Fact::RequestOpened {
            task: Some(task.clone()),
            kind,
        };
        Ok((vec![(who.actor.clone(), fact)], false))
    })?;
    let did = if stopped {
        format!(
            "the agent at work on {task} is stopped, and it waits for a decision with your words"
        )
    } else {
        format!("the person is asked about {task}")
    };
    let mut told = done(Some(&task), state.status(&task), did);
    told.next.push(if who.is_person() {
        "`orchestron requests` shows it, until somebody decides what becomes of it".into()
    } else {
        "it waits for the decision; then it is yours or another's turn again: ask for the next task"
            .into()
    });
    tell_engine(cx, &mut told, "its people are notified")?;
    Ok(told)
}

/// The run of the agent at work on a task, unless it is being stopped already.
fn at_work<'s>(state: &'s State, task: &TaskId) -> Option<&'s RunId> {
    let run = state.live_run(task)?;
    let works = run.leg().is_some() && run.halting.is_none();
    works.then_some(run).map(|run: &Run| &run.id)
}
