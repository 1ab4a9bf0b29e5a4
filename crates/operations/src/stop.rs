//! `stop`: end what works on a task, or one run. What becomes of the task is asked afterwards.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Done, input},
    writing::{Facts, card, done, id, must_be_clear, tell_engine, trimmed, write},
};
use orchestron_domain::{Actor, Fact, Halt, Run, RunEnd, RunId, State, TaskId};

/// Ends the run that works on a task, or a run by its own id.
///
/// # Errors
/// When nothing runs there, or it is being ended already.
pub fn stop(cx: &mut Context, input: &input::Stop) -> Result<Done, OpError> {
    only_person(cx, "stop a run")?;
    let (task, run) = target(&cx.story()?, input.what.trim())?;
    let state = cx.of([&task])?;
    if run.is_none() {
        card(&state, &task)?;
    }
    must_be_clear(cx, &state, &task)?;
    let why = match trimmed(input.why.as_deref()) {
        why if why.is_empty() => "by you".to_owned(),
        why => format!("by you ({why})"),
    };
    let stopped = write(cx, [&task], |state| {
        halting(state, &task, run.as_ref(), &why)
    })?;
    let mut told = done(
        Some(&task),
        state.status(&task),
        format!("{stopped} is being stopped"),
    );
    told.next.push(format!(
        "you are asked what becomes of {task}; `orchestron retry {task}` lets it be tried again"
    ));
    tell_engine(cx, &mut told, "it is stopped")?;
    Ok(told)
}

/// What is to be stopped: a task, or a run of one.
fn target(state: &State, text: &str) -> Result<(TaskId, Option<RunId>), OpError> {
    if let Ok(run) = text.parse::<RunId>()
        && let Some(found) = state.runs.get(&run)
    {
        return Ok((found.task.clone(), Some(run)));
    }
    Ok((id(text)?, None))
}

/// The first word of the stop: the engine takes every rung from there.
fn halting(
    state: &State,
    task: &TaskId,
    run: Option<&RunId>,
    why: &str,
) -> Result<(Facts, RunId), OpError> {
    let found = match run {
        Some(run) => state.runs.get(run).filter(|run| run.is_live()),
        None => state.live_run(task),
    };
    let not_now = |why: &str, cure: String| OpError::NotNow {
        task: task.clone(),
        done: "stopped",
        why: why.to_owned(),
        cure,
    };
    let Some(found) = found else {
        return Err(not_now(
            "nothing runs there",
            format!("`orchestron pause {task}` keeps it from being started"),
        ));
    };
    if found
        .halting
        .is_some_and(|(rung, _)| rung > Halt::CloseInput)
        || is_stopped(found)
    {
        return Err(not_now(
            "it is being ended already",
            "wait a moment; what does not end by itself is killed".to_owned(),
        ));
    }
    let fact = Fact::RunHalting {
        run: found.id.clone(),
        end: RunEnd::Stopped {
            why: why.to_owned(),
        },
        halt: Halt::Interrupt,
    };
    Ok((vec![(Actor::Person, fact)], found.id.clone()))
}

fn is_stopped(run: &Run) -> bool {
    matches!(run.halt_why, Some(RunEnd::Stopped { .. }))
}
