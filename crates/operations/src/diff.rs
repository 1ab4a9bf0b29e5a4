//! `diff`: what a task changes, and whether it would merge cleanly.

use crate::{
    Context, OpError, project,
    wire::{ChangeWord, DiffView, FileDiffView, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::{State, Status, TaskId};
use orchestron_engine::ports::{FileDiff, Worktree};

/// What a task changes against the branch it will be merged into.
///
/// # Errors
/// When git cannot tell.
pub fn diff(cx: &mut Context, input: &input::OnTask) -> Result<DiffView, OpError> {
    let task = id(&input.task)?;
    let state = cx.state()?;
    must_be_clear(cx, &state, &task)?;
    let status = card(&state, &task)?.status;
    let Some(base) = project::base(cx, &state)? else {
        return Ok(none(
            None,
            "the project is no git repository, so changes are not recorded",
        ));
    };
    let Some(tree) = tree(cx, &state, &task)? else {
        let why = match status {
            Status::Done => "its branch is merged and cleared away",
            _ => "nothing is changed yet: it has no branch",
        };
        return Ok(none(Some(base), why));
    };
    // In review only what is committed counts: that is what would be merged.
    let files = cx.git.diff(&tree, &base, status != Status::Review)?;
    let commit = cx.git.tip(&tree)?.map(|commit| commit.0);
    if files.is_empty() {
        return Ok(DiffView {
            commit,
            ..none(Some(base), "its branch changes nothing yet")
        });
    }
    Ok(DiffView {
        conflicts: cx.git.forecast(&tree, &base)?,
        base: Some(base),
        commit,
        files: files.into_iter().map(file).collect(),
        none: None,
    })
}

fn none(base: Option<String>, why: &str) -> DiffView {
    DiffView {
        base,
        commit: None,
        files: Vec::new(),
        conflicts: Vec::new(),
        none: Some(why.to_owned()),
    }
}

fn tree(cx: &Context, state: &State, task: &TaskId) -> Result<Option<Worktree>, OpError> {
    let place = state.tasks.get(task).and_then(|found| found.place.as_ref());
    match place {
        Some(place) if place.branch.is_some() => Ok(Some(Worktree::from(place))),
        _ => Ok(cx.git.find_worktree(task)?),
    }
}

fn file(file: FileDiff) -> FileDiffView {
    FileDiffView {
        path: file.path,
        old_path: file.old_path,
        change: match file.kind.as_str() {
            "added" => ChangeWord::Added,
            "deleted" => ChangeWord::Deleted,
            "renamed" => ChangeWord::Renamed,
            _ => ChangeWord::Modified,
        },
        added: file.added,
        removed: file.removed,
        patch: file.patch,
        cut: file.cut,
    }
}
