//! `priority`: how urgent a task is, in its file.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear},
};
use orchestron_domain::{Actor, Fact, Priority};

/// Gives a task another priority.
///
/// # Errors
/// When there is no such task or priority, or its file cannot be written.
pub fn priority(cx: &mut Context, input: &input::SetPriority) -> Result<Done, OpError> {
    only_person(cx, "give tasks their priority")?;
    let task = id(&input.task)?;
    let to = Priority::parse(&input.to).ok_or_else(|| OpError::Input {
        field: "to",
        what: "a priority is P0, P1 or P2".to_owned(),
    })?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let found = card(&state, &task)?;
    let (from, status) = (found.priority, found.status);
    if from == to {
        return Ok(done(
            Some(&task),
            Some(status),
            format!("{task} is {to} already"),
        ));
    }
    let changed = cx
        .store
        .edit(&task, |file| file.set_priority(to).map(|_| ()))?;
    if changed {
        let fact = Fact::TaskEdited {
            task: task.clone(),
            what: format!("its priority: {to}"),
        };
        cx.store.append(&Actor::Person, vec![fact])?;
    }
    Ok(done(
        Some(&task),
        Some(status),
        format!("{task} is {to} now, was {from}"),
    ))
}
