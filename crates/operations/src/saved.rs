//! `context-save`, `context-load`: what a holder saves of its work, so that the next run or session goes on where it stopped.

use crate::{
    Context, OpError,
    view::word,
    who::Who,
    wire::{Big, Done, SavedView, WorkContextView, input},
    writing::{done, id, must_be_clear, write},
};
use orchestron_domain::{
    Fact, TaskId,
    context::{SAVED_MAX, Saved, WorkContext, saved},
};

/// What was saved last of the work on a task.
///
/// # Errors
/// When there is no such task.
pub fn load(cx: &mut Context, input: &input::OnTask) -> Result<SavedView, OpError> {
    let task = id(&input.task)?;
    let state = cx.state()?;
    must_be_clear(cx, &state, &task)?;
    Ok(saved(&state, &task).map_or_else(
        || SavedView {
            task: task.to_string(),
            version: Big(0),
            by: None,
            at: None,
            context: None,
            left_out: 0,
            whole: None,
        },
        |found| view(&task, found),
    ))
}

fn view(task: &TaskId, found: &Saved) -> SavedView {
    let context = found.context.context.clone();
    SavedView {
        task: task.to_string(),
        version: Big(found.version),
        by: Some(found.by.clone()),
        at: Some(word::millis(found.at)),
        context: Some(WorkContextView {
            now: context.now,
            completed: context.completed,
            next: context.next,
            decisions: context.decisions,
            questions: context.questions,
            pointers: context.pointers,
        }),
        left_out: found.context.left_out,
        whole: found.context.whole.map(|seq| Big(seq.0)),
    }
}

/// Saves a context. Refused with both versions when somebody saved meanwhile.
///
/// # Errors
/// When it is too large, was made on an old version, or the task is somebody else's.
pub fn save(cx: &mut Context, input: &input::ContextSave) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.state()?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let context = WorkContext {
        now: input.context.now.clone(),
        completed: input.context.completed.clone(),
        next: input.context.next.clone(),
        decisions: input.context.decisions.clone(),
        questions: input.context.questions.clone(),
        pointers: input.context.pointers.clone(),
    };
    let size = serde_json::to_string(&context).map_or(usize::MAX, |text| text.len());
    if size > SAVED_MAX {
        return Err(OpError::Input {
            field: "context",
            what: format!(
                "{size} bytes are too many, {SAVED_MAX} are the most; save steps and pointers, not contents"
            ),
        });
    }
    let actor = who.actor.clone();
    let version = write(cx, |state| {
        let there = saved(state, &task);
        let version = there.map_or(0, |found| found.version);
        if input.version.0 != version {
            return Err(OpError::StaleContext {
                task: task.clone(),
                given: input.version.0,
                there: version,
                theirs: there
                    .and_then(|found| serde_json::to_string(&found.context).ok())
                    .unwrap_or_default(),
            });
        }
        let fact = Fact::ContextSaved {
            task: task.clone(),
            based_on: version,
            context,
        };
        Ok((vec![(actor, fact)], version + 1))
    })?;
    Ok(done(
        Some(&task),
        None,
        format!("saved as version {version}"),
    ))
}
