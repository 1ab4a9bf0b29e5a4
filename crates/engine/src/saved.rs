//! What was saved of the work on a task, as a whole: the state knows what fits into a handover, the log has all of it.

use crate::{Store, StoreError};
use orchestron_domain::{
    Fact, Seq, State, TaskId,
    context::{SAVED_MAX, WorkContext, saved},
    said::Wrong,
};

/// All of what was saved last. Where the log does not have it any more, what is handed over.
///
/// # Errors
/// When the log cannot be read.
pub fn whole(store: &Store, state: &State, task: &TaskId) -> Result<WorkContext, StoreError> {
    let Some(found) = saved(state, task) else {
        return Ok(WorkContext::default());
    };
    let at = found.context.whole.unwrap_or(found.event);
    let events = store.log().after(Seq(at.0.saturating_sub(1)), 1)?;
    Ok(match events.into_iter().next().map(|event| event.fact) {
        Some(Fact::ContextSaved {
            task: of, context, ..
        }) if of == *task => context,
        _ => found.context.context.clone(),
    })
}

/// A checkpoint: what was saved, with the steps that were done since. It is never stale, for it only adds.
///
/// # Errors
/// When it says nothing or too much; when the log cannot be read.
pub fn checkpoint(
    store: &Store,
    state: &State,
    task: &TaskId,
    more: WorkContext,
) -> Result<Result<Fact, Wrong>, StoreError> {
    if let Err(wrong) = fits(&more) {
        return Ok(Err(wrong));
    }
    let there = saved(state, task);
    let told_in = there.map_or(Seq(0), |found| found.event);
    let context = whole(store, state, task)?.after(more, told_in, SAVED_MAX);
    Ok(Ok(Fact::ContextSaved {
        task: task.clone(),
        based_on: there.map_or(0, |found| found.version),
        context,
    }))
}

/// Whether a context can be saved.
///
/// # Errors
/// When it says nothing, or too much.
pub fn fits(context: &WorkContext) -> Result<(), Wrong> {
    if *context == WorkContext::default() {
        return Err(Wrong::new(
            "now",
            "there is nothing to save; say what you are at, what is done and what comes next",
        ));
    }
    let size = serde_json::to_string(context).map_or(usize::MAX, |text| text.len());
    if size > SAVED_MAX {
        return Err(Wrong::new(
            "context",
            format!(
                "{size} bytes are too many, {SAVED_MAX} are the most; save steps and pointers, not contents"
            ),
        ));
    }
    Ok(())
}
