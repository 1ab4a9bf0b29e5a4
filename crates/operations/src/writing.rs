//! What all writes share: judging on the newest state with nobody in between, and telling what was done.

use crate::{Context, OpError, view::word, wire::Done};
use orchestron_domain::{Actor, Fact, State, Status, TaskCard, TaskId, state::Step};
use orchestron_engine::{
    StoreError,
    ports::{Commit, PortErrorKind},
};
use std::collections::BTreeSet;

/// How often a move is judged anew when somebody else moved the task in between.
const MOVE_TRIES: u32 = 3;

/// Facts with who says them.
pub type Facts = Vec<(Actor, Fact)>;

/// Reads a task id.
///
/// # Errors
/// When the text is none.
pub fn id(text: &str) -> Result<TaskId, OpError> {
    Ok(text.trim().parse()?)
}

/// The card of a task.
///
/// # Errors
/// When there is none.
pub fn card<'s>(state: &'s State, task: &TaskId) -> Result<&'s TaskCard, OpError> {
    let missing = || StoreError::NoTask { task: task.clone() };
    Ok(state.cards.get(task).ok_or_else(missing)?)
}

/// Makes sure that a task has one good file, with words on what is wrong when it has not.
///
/// # Errors
/// When it has none, several, or one with a problem.
pub fn must_be_clear(cx: &mut Context, state: &State, task: &TaskId) -> Result<(), OpError> {
    if !state.cards.contains_key(task) || state.unclear.contains(task) {
        cx.store.find(task)?;
    }
    Ok(())
}

/// Judges [these tasks](Context::of) on the newest state and writes the facts that follow; nobody else writes in between. Whoever
/// judges runs, requests or messages alone names no task.
///
/// # Errors
/// What the judge says, or when the log cannot be read or written; then nothing was written.
pub fn write<'a, T>(
    cx: &mut Context,
    tasks: impl IntoIterator<Item = &'a TaskId>,
    judge: impl FnOnce(&State) -> Result<(Facts, T), OpError>,
) -> Result<T, OpError> {
    let tasks: BTreeSet<TaskId> = tasks.into_iter().cloned().collect();
    if !tasks.is_empty() {
        cx.store.look_at(&tasks)?;
    }
    let held = cx.store.locks().store()?;
    let state = cx.store.of(&tasks)?;
    let (facts, told) = judge(&state)?;
    cx.store.commit(Commit {
        facts,
        ..Commit::default()
    })?;
    drop(held);
    Ok(told)
}

/// Judges (at first on the state that the caller has just `seen`), moves the task and writes the facts with the move. When somebody else moved it in between, it is judged anew.
///
/// # Errors
/// What the judge says, or what kept the file from being moved.
pub fn relocate<T>(
    cx: &mut Context,
    seen: Option<State>,
    task: &TaskId,
    mover: &Actor,
    judge: impl Fn(&State) -> Result<((Status, Status), Facts, T), OpError>,
) -> Result<T, OpError> {
    let (mut tries, mut seen) = (0, seen);
    loop {
        tries += 1;
        let state = match seen.take() {
            Some(state) => state,
            None => cx.of([task])?,
        };
        let (places, facts, told) = judge(&state)?;
        match cx.store.move_task(task, places, mover, facts, Vec::new()) {
            Ok(_) => return Ok(told),
            Err(error) if tries < MOVE_TRIES && was_moved(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn was_moved(error: &StoreError) -> bool {
    match error {
        StoreError::Move(_) => true,
        StoreError::Port(error) => {
            matches!(error.kind, PortErrorKind::Missing | PortErrorKind::Changed)
        }
        _ => false,
    }
}

/// Refuses what cannot be done while the engine or a person is at it.
///
/// # Errors
/// When something is under way with the task, or a decision about it is awaited.
pub fn must_rest(state: &State, task: &TaskId, done: &'static str) -> Result<(), OpError> {
    let not_now = |why: &str, cure: String| OpError::NotNow {
        task: task.clone(),
        done,
        why: why.to_owned(),
        cure,
    };
    let engine = || "a running engine (`orchestron run`) goes on with it".to_owned();
    match state.step(task) {
        Step::Committing { .. } => Err(not_now("its work is being committed", engine())),
        Step::Gating { .. } => Err(not_now(
            "it is submitted and the gates are being checked",
            engine(),
        )),
        Step::Handing => Err(not_now("it is being handed on", engine())),
        Step::Merging => Err(not_now("it is being merged", engine())),
        Step::Asking => Err(not_now(
            "it waits for a person's decision",
            format!("`orchestron requests` shows what is asked; or move {task} by hand"),
        )),
        _ => Ok(()),
    }
}

/// What a write did.
#[must_use]
pub fn done(task: Option<&TaskId>, status: Option<Status>, did: impl Into<String>) -> Done {
    Done {
        task: task.map(ToString::to_string),
        status: status.map(word::status),
        did: did.into(),
        not_done: Vec::new(),
        next: Vec::new(),
    }
}

/// Says what waits for an engine, when none runs.
///
/// # Errors
/// When it cannot be told whether one runs.
pub fn tell_engine(cx: &Context, done: &mut Done, what: &str) -> Result<(), OpError> {
    if !cx.store.locks().lease_is_held()? {
        let line = format!("no engine is running; {what} when one does (`orchestron run`)");
        done.not_done.push(line);
    }
    Ok(())
}

/// A text that must say something.
///
/// # Errors
/// When it does not.
pub fn some_text(field: &'static str, text: Option<&str>, what: &str) -> Result<String, OpError> {
    match text.map(str::trim) {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(OpError::Input {
            field,
            what: what.to_owned(),
        }),
    }
}

/// `: note`, when there is one.
#[must_use]
pub fn trimmed(note: Option<&str>) -> String {
    note.map(str::trim).unwrap_or_default().to_owned()
}
