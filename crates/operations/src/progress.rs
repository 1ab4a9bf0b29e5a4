//! `progress`: how far the work on a task is, in its holder's words. A line on the card, and a line in the log.

use crate::{
    Context, OpError,
    who::Who,
    wire::{Done, input},
    writing::{done, must_be_clear, write},
};
use orchestron_domain::said;

/// Says how far the caller is with the task that it holds.
///
/// # Errors
/// When it does not hold it, or says nothing, too much or too often.
pub fn progress(cx: &mut Context, input: &input::Progress) -> Result<Done, OpError> {
    let story = cx.story()?;
    let (who, task) = Who::tells(cx, &story, input.agent.as_deref(), input.task.as_deref())?;
    let task = task.ok_or_else(Who::no_task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let now = cx.store.now();
    let percent = input.percent.map(u64::from);
    write(cx, [&task], |state| {
        who.must_hold(state, &task)?;
        let fact = said::progress(state, &task, percent, &input.step, now)?;
        let facts = fact.map(|fact| (who.actor.clone(), fact));
        Ok((facts.into_iter().collect(), ()))
    })?;
    Ok(done(Some(&task), state.status(&task), "noted"))
}
