//! `diff`: what a task changes, and whether it would merge cleanly.

use crate::{
    Context, OpError, project,
    wire::{ChangeWord, DiffView, FileDiffView, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::{CommitId, State, Status, TaskId};
use orchestron_engine::ports::{FileDiff, Worktree};

/// What a task changes against the branch it will be merged into, or between two commits of its branch.
///
/// # Errors
/// When git cannot tell.
pub fn diff(cx: &mut Context, input: &input::Diff) -> Result<DiffView, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let status = card(&state, &task)?.status;
    let Some(base) = project::base(cx, &state)? else {
        return Ok(none(
            None,
            "the project is no git repository, so changes are not recorded",
        ));
    };
    let (from, to) = (
        commit(input.from.as_deref(), "from")?,
        commit(input.to.as_deref(), "to")?,
    );
    let Some(tree) = tree(cx, &state, &task)? else {
        if let (Some(_), Some(to)) = (&from, &to) {
            return between(cx, base, None, from.as_ref(), to);
        }
        let why = match status {
            Status::Done => "its branch is merged and cleared away",
            _ => "nothing is changed yet: it has no branch",
        };
        return Ok(none(Some(base), why));
    };
    if from.is_some() || to.is_some() {
        let Some(to) = to.map_or_else(|| cx.git.tip(&tree), |to| Ok(Some(to)))? else {
            return Ok(none(Some(base), "its branch is not there"));
        };
        return between(cx, base, Some(&tree), from.as_ref(), &to);
    }
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
        commit,
        files: files.into_iter().map(file).collect(),
        none: None,
        ..none(Some(base), "")
    })
}

/// What lies between two commits of a branch, with what has to be known to read it.
fn between(
    cx: &Context,
    base: String,
    tree: Option<&Worktree>,
    from: Option<&CommitId>,
    to: &CommitId,
) -> Result<DiffView, OpError> {
    let found = cx.git.between(&base, from, to)?;
    let mut view = none(Some(base.clone()), "nothing changed in between");
    view.commit = Some(to.0.clone());
    view.from = from.map(|from| from.0.clone());
    let Some(found) = found else {
        let gone = "one of the two commits is not there any more: the branch was rewritten and git has cleared the old one away";
        view.none = Some(gone.to_owned());
        return Ok(view);
    };
    if let Some(tree) = tree {
        view.conflicts = cx.git.forecast(tree, &base)?;
    }
    if !found.follows {
        view.notes.push("The branch was rewritten in between: the older state is no part of it any more. This compares the two states.".to_owned());
    }
    if found.caught_up {
        view.notes.push(format!(
            "{base} was brought in meanwhile: only files that the task itself changes are shown, and in them also what came from {base}."
        ));
    }
    view.files = found.files.into_iter().map(file).collect();
    view.none = view.none.filter(|_| view.files.is_empty());
    Ok(view)
}

/// A commit as a surface names it; nothing else reaches git.
pub fn commit(text: Option<&str>, field: &'static str) -> Result<Option<CommitId>, OpError> {
    let Some(text) = text.map(str::trim) else {
        return Ok(None);
    };
    if (7..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Some(CommitId(text.to_ascii_lowercase())));
    }
    Err(OpError::Input {
        field,
        what: "that is no commit: write at least seven of its digits".to_owned(),
    })
}

fn none(base: Option<String>, why: &str) -> DiffView {
    DiffView {
        base,
        commit: None,
        files: Vec::new(),
        conflicts: Vec::new(),
        none: Some(why.to_owned()),
        from: None,
        notes: Vec::new(),
    }
}

/// Where a task's branch is.
pub fn tree(cx: &Context, state: &State, task: &TaskId) -> Result<Option<Worktree>, OpError> {
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
