//! `context-save`, `context-load`, `checkpoint`, `handoff`: what a holder saves of its work, so that the next run or session goes on
//! where it stopped, and how a handover would be now.

use crate::{
    Context, OpError,
    view::word,
    who::Who,
    wire::{Big, Done, PreparedView, SavedView, WorkContextView, input},
    writing::{done, id, must_be_clear, write},
};
use orchestron_domain::{
    Actor, AgentName, Fact, State, TaskId,
    context::{WorkContext, compress, saved},
    handover::prepared,
};
use orchestron_engine::saved::{checkpoint as added, fits, whole};

/// What was saved last of the work on a task; with `whole` also what does not fit into a handover.
///
/// # Errors
/// When there is no such task.
pub fn load(cx: &mut Context, input: &input::ContextLoad) -> Result<SavedView, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let mut view = view_of(&state, &task);
    if input.whole && view.context.is_some() {
        view.context = Some(shown(whole(&cx.store, &state, &task)?));
        view.left_out = 0;
    }
    Ok(view)
}

/// What was saved of the work on a task, as it is handed over.
pub(crate) fn view_of(state: &State, task: &TaskId) -> SavedView {
    let found = saved(state, task);
    SavedView {
        task: task.to_string(),
        version: Big(found.map_or(0, |found| found.version)),
        by: found.map(|found| found.by.clone()),
        at: found.map(|found| word::millis(found.at)),
        context: found.map(|found| shown(found.context.context.clone())),
        left_out: found.map_or(0, |found| found.context.left_out),
        whole: found
            .and_then(|found| found.context.whole)
            .map(|seq| Big(seq.0)),
    }
}

fn shown(context: WorkContext) -> WorkContextView {
    WorkContextView {
        now: context.now,
        completed: context.completed,
        next: context.next,
        decisions: context.decisions,
        questions: context.questions,
        pointers: context.pointers,
    }
}

pub(crate) fn context_of(view: &WorkContextView) -> WorkContext {
    WorkContext {
        now: view.now.clone(),
        completed: view.completed.clone(),
        next: view.next.clone(),
        decisions: view.decisions.clone(),
        questions: view.questions.clone(),
        pointers: view.pointers.clone(),
    }
}

/// That somebody saved meanwhile, with what they saved.
pub(crate) fn stale(state: &State, task: &TaskId, given: u64) -> OpError {
    let there = saved(state, task);
    OpError::StaleContext {
        task: task.clone(),
        given,
        there: there.map_or(0, |found| found.version),
        theirs: there
            .and_then(|found| serde_json::to_string(&found.context).ok())
            .unwrap_or_default(),
    }
}

/// Saves a context. Refused with both versions when somebody saved meanwhile.
///
/// # Errors
/// When it is too large, was made on an old version, or the task is somebody else's.
pub fn save(cx: &mut Context, input: &input::ContextSave) -> Result<Done, OpError> {
    let (who, task) = writer(cx, input.agent.as_deref(), &input.task)?;
    let context = context_of(&input.context);
    fits(&context)?;
    let version = write(cx, [&task], |state| {
        who.must_hold_or_take(state, &task)?;
        let version = saved(state, &task).map_or(0, |found| found.version);
        if input.version.0 != version {
            return Err(stale(state, &task, input.version.0));
        }
        let fact = Fact::ContextSaved {
            task: task.clone(),
            based_on: version,
            context: context.clone(),
        };
        Ok((vec![(who.actor.clone(), fact)], version + 1))
    })?;
    Ok(told(&task, version, &context))
}

/// Adds to what was saved: steps that are done since, what comes next and what is open now. It needs no version.
///
/// # Errors
/// When it says nothing or too much, or the task is somebody else's.
pub fn checkpoint(cx: &mut Context, input: &input::Checkpoint) -> Result<Done, OpError> {
    let (who, task) = writer(cx, input.agent.as_deref(), &input.task)?;
    let more = context_of(&input.context);
    for _ in 0..TRIES {
        let state = cx.of([&task])?;
        who.must_hold_or_take(&state, &task)?;
        let seen = saved(&state, &task).map_or(0, |found| found.version);
        let fact = added(&cx.store, &state, &task, more.clone())??;
        let Fact::ContextSaved { context, .. } = &fact else {
            continue;
        };
        let context = context.clone();
        let written = write(cx, [&task], |state| {
            let there = saved(state, &task).map_or(0, |found| found.version);
            // Somebody saved in between: theirs is added to.
            let facts = (there == seen).then_some((who.actor.clone(), fact));
            let written = facts.is_some();
            Ok((facts.into_iter().collect(), written))
        })?;
        if written {
            return Ok(told(&task, seen + 1, &context));
        }
    }
    let state = cx.story()?;
    Err(stale(&state, &task, 0))
}

/// How often a checkpoint is added anew when somebody saved in between.
const TRIES: u32 = 5;

/// Whoever may save for a task, and which that is.
fn writer(cx: &mut Context, agent: Option<&str>, task: &str) -> Result<(Who, TaskId), OpError> {
    let (who, task) = Who::tells(cx, &cx.story()?, agent, Some(task))?;
    let task = task.ok_or_else(Who::no_task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    Ok((who, task))
}

fn told(task: &TaskId, version: u64, context: &WorkContext) -> Done {
    let mut told = done(Some(task), None, format!("saved as version {version}"));
    let left_out = compress(context, None).left_out;
    if left_out > 0 {
        told.not_done.push(format!(
            "{left_out} entries do not fit into the 4 kB that are handed over; they can be fetched (context_load with `whole`)"
        ));
    }
    told
}

/// What whoever goes on with a task would get now, and what is missing.
///
/// # Errors
/// When there is no such task.
pub fn handoff(cx: &mut Context, input: &input::ForHolder) -> Result<PreparedView, OpError> {
    let (who, task) = Who::tells(cx, &cx.story()?, input.agent.as_deref(), Some(&input.task))?;
    let task = task.ok_or_else(Who::no_task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let name: Option<AgentName> = match &who.actor {
        Actor::Outside { name } => Some(name.clone()),
        Actor::Run { run } => state.runs.get(run).and_then(|run| run.agent().cloned()),
        _ => "person".parse().ok(),
    };
    let found = prepared(&state, &task, name.as_ref());
    let mut lacks = found.lacks;
    if let Some(card) = state.cards.get(&task) {
        let open = card.criteria.all.saturating_sub(card.criteria.done);
        if open > 0 {
            lacks.push(format!(
                "{open} of {} acceptance criteria are not ticked",
                card.criteria.all
            ));
        }
    }
    Ok(PreparedView {
        task: task.to_string(),
        version: Big(found.version),
        arrives: shown(found.arrives.context),
        left_out: found.arrives.left_out,
        lacks,
    })
}
