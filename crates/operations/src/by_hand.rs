//! `move`: put a task into another column by hand. Whatever was under way with it ends.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, relocate, tell_engine},
};
use orchestron_domain::{Actor, State, Status, TaskId};

/// Moves a task by hand.
///
/// # Errors
/// When there is no such task, or its file cannot be moved.
pub fn put(cx: &mut Context, input: &input::Move) -> Result<Done, OpError> {
    only_person(cx, "move tasks by hand")?;
    let task = id(&input.task)?;
    let to = word::status_of(input.to);
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let from = card(&state, &task)?.status;
    if from == to {
        return Ok(done(
            Some(&task),
            Some(to),
            format!("{task} stands in {to} already"),
        ));
    }
    relocate(cx, None, &task, &Actor::Person, |state| {
        Ok(((card(state, &task)?.status, to), Vec::new(), ()))
    })?;
    told(cx, &state, &task, (from, to))
}

fn told(
    cx: &Context,
    state: &State,
    task: &TaskId,
    (from, to): (Status, Status),
) -> Result<Done, OpError> {
    let mut told = done(
        Some(task),
        Some(to),
        format!("moved {task} from {from} to {to}"),
    );
    let branch = state
        .tasks
        .get(task)
        .and_then(|found| found.place.as_ref()?.branch.clone());
    match (to, branch) {
        (Status::Done, Some(branch)) => {
            told.not_done.push(format!(
                "its branch {branch} was not merged, and its worktree is kept"
            ));
        }
        (Status::InProgress, _) => {
            told.next.push(format!("you hold it now; `orchestron claim {task}` makes its worktree, `orchestron review {task}` submits it"));
        }
        _ => {}
    }
    if state.live_run(task).is_some() {
        tell_engine(cx, &mut told, "the agent that works on it is stopped")?;
    }
    Ok(told)
}
