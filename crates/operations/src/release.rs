//! `release`: give a leg back before it is done, so that somebody else goes on.

use crate::{
    Context, OpError,
    who::Who,
    wire::{Done, input},
    writing::{Facts, done, id, must_be_clear, tell_engine, trimmed, write},
};
use orchestron_domain::{Fact, State, TaskId, state::Step};

/// Gives back a leg that the caller holds; the person may take any back that no agent of ours works on.
///
/// # Errors
/// When nobody holds it, or somebody else does.
pub fn release(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let note = trimmed(input.note.as_deref());
    write(cx, [&task], |state| {
        Ok((given_back(state, &task, &who, &note)?, ()))
    })?;
    let mut told = done(
        Some(&task),
        state.status(&task),
        format!("{task} is given back; its worktree and what was saved stay"),
    );
    told.next.push(format!(
        "whoever's leg it is takes it again; `orchestron reassign {task} NAME` gives it to another agent"
    ));
    tell_engine(cx, &mut told, "it goes on")?;
    Ok(told)
}

/// The fact, when `who` may give `task` back.
pub(crate) fn given_back(
    state: &State,
    task: &TaskId,
    who: &Who,
    note: &str,
) -> Result<Facts, OpError> {
    let Step::Held { leg, holder } = state.step(task) else {
        return Err(OpError::NotNow {
            task: task.clone(),
            done: "given back",
            why: "no holder outside works on it".to_owned(),
            cure: format!("`orchestron stop {task}` ends an agent of ours"),
        });
    };
    who.may_end(state, task, *leg)?;
    let fact = Fact::Released {
        task: task.clone(),
        leg: *leg,
        holder: holder.clone(),
        note: note.to_owned(),
    };
    Ok(vec![(who.actor.clone(), fact)])
}
