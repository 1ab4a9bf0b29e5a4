//! `undo` and what can be undone: what the product itself did to files and git within a month.
//!
//! Each thing is addressed by the event that tells it. Undoing is an event itself; asked for twice it is done once; and where
//! something newer would be lost nothing is done, and it is said how to do it by hand.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Big, Done, UndoListView, UndoView, input},
    writing::{done, relocate, tell_engine},
};
use orchestron_domain::{
    Actor, CommitId, Event, Fact, Seq, State, Status, TaskId, state::DAY_MS, task_file::slug,
};
use orchestron_engine::{
    base_branch,
    ports::{EventFilter, Unmerged},
    undo::{Edited, UndoError},
};
use std::collections::BTreeSet;

/// So long things can be undone; what they need is kept for as long.
const MONTH_MS: i64 = 30 * DAY_MS;
/// Events read from the log at once.
const PAGE: u32 = 500;
/// Longest list.
const MOST: usize = 200;

impl From<UndoError> for OpError {
    fn from(error: UndoError) -> Self {
        match error {
            UndoError::Store(error) => Self::Store(error),
            UndoError::Refused { why, cure } => Self::NotUndone { why, cure },
        }
    }
}

fn refused(why: impl Into<String>, cure: impl Into<String>) -> OpError {
    OpError::NotUndone {
        why: why.into(),
        cure: cure.into(),
    }
}

/// What an event did that can be undone, in words.
fn deed(event: &Event) -> Option<String> {
    if event.by == Actor::Unknown {
        return None; // somebody else did it
    }
    Some(match &event.fact {
        Fact::TextReplaced { task, marks, .. } => {
            let names: Vec<_> = marks.keys().map(String::as_str).collect();
            format!("{task}: {} was written", names.join(", "))
        }
        Fact::TaskMoved { task, from, to } => format!("{task} went from {from} to {to}"),
        Fact::TaskCreated { task, title, .. } => format!("{task} was written: {title}"),
        Fact::Merged {
            task,
            commit: Some(commit),
            into,
        } => format!("{task} was merged into {into} as {}", short(commit)),
        Fact::WorktreeRemoved { task, saved } => match saved {
            Some(saved) => {
                format!("{task}'s worktree was removed, its uncommitted work saved as {saved}")
            }
            None => format!("{task}'s worktree was removed"),
        },
        Fact::Undone {
            task: Some(task),
            kept: Some(_),
            ..
        } => format!("the file of {task} was put away"),
        _ => return None,
    })
}

fn short(commit: &CommitId) -> String {
    commit.0.chars().take(10).collect()
}

/// What can be undone, newest first.
///
/// # Errors
/// When the log cannot be read.
pub fn list(cx: &mut Context, _input: &input::Nothing) -> Result<UndoListView, OpError> {
    let oldest = cx.store.now().0.saturating_sub(MONTH_MS);
    let (mut before, mut undone) = (None, BTreeSet::new());
    let mut entries = Vec::new();
    loop {
        let filter = EventFilter {
            task: None,
            before,
            limit: PAGE,
        };
        let page = cx.store.log().recent(&filter)?;
        for event in &page {
            before = Some(event.seq);
            if let Fact::Undone { event, .. } = &event.fact {
                undone.insert(*event);
            }
            if let Some(what) = deed(event).filter(|_| event.at.0 >= oldest) {
                entries.push(UndoView {
                    event: Big(event.seq.0),
                    at: word::millis(event.at),
                    task: event.fact.task().map(ToString::to_string),
                    what,
                    undone: undone.contains(&event.seq),
                });
            }
        }
        let over = page.last().is_none_or(|event| event.at.0 < oldest);
        if over || entries.len() >= MOST || page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX)
        {
            entries.truncate(MOST);
            return Ok(UndoListView { entries });
        }
    }
}

/// Undoes one of them.
///
/// # Errors
/// `NotUndone` when it cannot be without losing something newer, or was not ours; when files, git or log cannot be written.
pub fn undo(cx: &mut Context, input: &input::Undo) -> Result<Done, OpError> {
    only_person(cx, "undo what was done")?;
    let seq = Seq(input.event.0);
    let event = event(cx, seq)?;
    let Some(what) = deed(&event) else {
        return Err(refused(
            format!(
                "event {} did nothing to files or git that Orchestron could take back",
                seq.0
            ),
            "`orchestron undo --list` shows what can be undone",
        ));
    };
    if is_undone(cx, seq)? {
        return Ok(done(
            event.fact.task(),
            None,
            format!("{what}: that was undone already"),
        ));
    }
    if cx.store.now().since(event.at) > MONTH_MS {
        return Err(refused(
            "it is more than 30 days ago, and what it needs is not kept any more",
            "with git: `git log` has what was committed",
        ));
    }
    take_back(cx, &event, &what)
}

fn take_back(cx: &mut Context, event: &Event, what: &str) -> Result<Done, OpError> {
    let state = cx.of(event.fact.task())?;
    let seq = event.seq;
    match &event.fact {
        Fact::TextReplaced {
            task,
            before,
            marks,
        } => {
            let edit = Edited {
                task,
                before,
                marks,
            };
            let undone = undone(seq, Some(task), what, None);
            let took = cx.store.undo_edit(&Actor::Person, &edit, &undone)?;
            let did = if took {
                "undone"
            } else {
                "there was nothing left to undo"
            };
            Ok(done(
                Some(task),
                state.status(task),
                format!("{did}: {what}"),
            ))
        }
        Fact::TaskMoved { task, from, to } => move_back(cx, &state, seq, task, (*from, *to), what),
        Fact::TaskCreated { task, status, .. } => put_away(cx, &state, seq, task, *status, what),
        Fact::Undone {
            task: Some(task),
            kept: Some(kept),
            ..
        } => {
            let undone = undone(seq, Some(task), what, None);
            cx.store
                .redo_creation(&Actor::Person, task, kept, &undone)?;
            Ok(done(Some(task), None, format!("{task} is back")))
        }
        Fact::Merged {
            task,
            commit: Some(commit),
            into,
        } => unmerge(cx, seq, task, (commit, into), what),
        Fact::WorktreeRemoved { task, saved } => {
            bring_back(cx, &state, seq, task, saved.as_deref(), what)
        }
        _ => Err(refused(
            "there is nothing to undo",
            "`orchestron undo --list` shows what can be undone",
        )),
    }
}

fn event(cx: &Context, seq: Seq) -> Result<Event, OpError> {
    let found = cx.store.log().after(Seq(seq.0.saturating_sub(1)), 1)?;
    found
        .into_iter()
        .find(|event| event.seq == seq)
        .ok_or_else(|| {
            refused(
                format!("there is no event {}", seq.0),
                "`orchestron undo --list` shows what can be undone",
            )
        })
}

fn is_undone(cx: &Context, seq: Seq) -> Result<bool, OpError> {
    let mut at = seq;
    loop {
        let page = cx.store.log().after(at, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(false);
        };
        at = last.seq;
        if page
            .iter()
            .any(|later| matches!(&later.fact, Fact::Undone { event, .. } if *event == seq))
        {
            return Ok(true);
        }
    }
}

fn undone(event: Seq, task: Option<&TaskId>, what: &str, kept: Option<String>) -> Fact {
    Fact::Undone {
        event,
        task: task.cloned(),
        what: what.to_owned(),
        kept,
    }
}

/// Nothing is taken from under somebody who works on it.
fn must_not_be_worked_on(state: &State, task: &TaskId) -> Result<(), OpError> {
    let Some(run) = state.live_run(task) else {
        return Ok(());
    };
    Err(refused(
        format!(
            "{} works on {task}, and what it does would be lost to the chain",
            run.id
        ),
        format!(
            "`orchestron pause --task {task}` starts nothing new; undo it when the run is over, or move the task by hand, which stops the run"
        ),
    ))
}

fn move_back(
    cx: &mut Context,
    state: &State,
    seq: Seq,
    task: &TaskId,
    (from, to): (Status, Status),
    what: &str,
) -> Result<Done, OpError> {
    must_not_be_worked_on(state, task)?;
    let fact = undone(seq, Some(task), what, None);
    relocate(cx, None, task, &Actor::Person, |state| {
        let stands = crate::writing::card(state, task)?.status;
        if stands != to {
            return Err(refused(
                format!("{task} went on since: it stands in {stands} now"),
                format!(
                    "undo the later steps first, or move its file into .mcp/tasks/{from} yourself"
                ),
            ));
        }
        Ok(((to, from), vec![(Actor::Person, fact.clone())], ()))
    })?;
    let mut told = done(
        Some(task),
        Some(from),
        format!("{task} stands in {from} again"),
    );
    tell_engine(cx, &mut told, "its chain goes on from there")?;
    Ok(told)
}

fn put_away(
    cx: &mut Context,
    state: &State,
    seq: Seq,
    task: &TaskId,
    status: Status,
    what: &str,
) -> Result<Done, OpError> {
    must_not_be_worked_on(state, task)?;
    // That a new task goes to ready by itself makes nothing more of it.
    let found = state.tasks.get(task);
    let status = match state.status(task) {
        Some(now @ (Status::Pending | Status::Ready))
            if found.is_none_or(|found| found.stops.is_empty()) =>
        {
            now
        }
        _ => status,
    };
    cx.store
        .undo_creation(&Actor::Person, task, status, |kept| {
            undone(seq, Some(task), what, Some(kept))
        })?;
    let mut told = done(Some(task), None, format!("{task} was put away"));
    told.next
        .push("`orchestron undo --list` shows how to have it back, for 30 days".into());
    Ok(told)
}

fn unmerge(
    cx: &mut Context,
    seq: Seq,
    task: &TaskId,
    (commit, into): (&CommitId, &str),
    what: &str,
) -> Result<Done, OpError> {
    let message = format!(
        "Revert the merge of {task}\n\nThis takes back {}.\n\nTask: {task}\n",
        commit.0
    );
    let did = match cx.git.unmerge(into, commit, &message)? {
        Unmerged::MovedBack { to } => format!("{into} is at {} again", short(&to)),
        Unmerged::Reverted { commit } => {
            format!("{into} got {}, which takes the merge back", short(&commit))
        }
        Unmerged::Nothing => format!("{into} has nothing of it any more"),
        Unmerged::Refused { files, why, cure } => {
            let files = if files.is_empty() {
                String::new()
            } else {
                format!(" ({})", files.join(", "))
            };
            return Err(refused(format!("{why}{files}"), cure));
        }
    };
    cx.store
        .append(&Actor::Person, vec![undone(seq, Some(task), what, None)])?;
    let mut told = done(Some(task), None, format!("undone: {what}; {did}"));
    told.not_done.push(format!("{task} still stands where it stood; `orchestron undo --list` shows the move, and its worktree's removal, as well"));
    Ok(told)
}

fn bring_back(
    cx: &mut Context,
    state: &State,
    seq: Seq,
    task: &TaskId,
    saved: Option<&str>,
    what: &str,
) -> Result<Done, OpError> {
    let title = state.cards.get(task).map_or("", |card| card.title.as_str());
    let base = base_branch(&cx.store, cx.git.as_ref(), state)?;
    let tree = cx.git.bring_back(task, &slug(title), &base, saved)?;
    let path = tree.path.clone();
    let ready = Fact::WorktreeReady {
        task: task.clone(),
        path: tree.path,
        branch: tree.branch,
        base: tree.base,
    };
    let facts = vec![ready, undone(seq, Some(task), what, None)];
    cx.store.append(&Actor::Person, facts)?;
    Ok(done(
        Some(task),
        None,
        format!("the worktree is back: {path}"),
    ))
}
