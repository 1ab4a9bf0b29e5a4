//! What was left behind by what was killed, and `doctor-fix`, which makes everything agree again without deleting work.
//!
//! Uncommitted work is saved under a ref before its worktree goes; branches stay; a process is ended only when it carries the mark of
//! a run of this project whose keeper is dead; a lock only when no process has to do with it. What is done is told, and what is not.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Finding, FixView, input},
};
use orchestron_domain::{Actor, Fact, State, Status, TaskId};
use orchestron_engine::ports::{PortErrorKind, SET_ASIDE, Strays, Worktree};

/// Everything that `doctor-fix` acts on.
struct Left {
    strays: Vec<Strays>,
    locks: Vec<String>,
    trees: Vec<(TaskId, Worktree, String)>,
}

impl Left {
    fn look(cx: &Context, state: &State) -> Result<Self, OpError> {
        let strays = cx.logs.strays()?;
        let (locks, trees) = if cx.git.is_repository().unwrap_or(false) {
            (cx.git.stale_locks()?, cx.git.worktrees()?)
        } else {
            (Vec::new(), Vec::new())
        };
        let left_over = |(task, tree): (TaskId, Worktree)| {
            let why = why_left(state, &task)?;
            Some((task, tree, why))
        };
        Ok(Self {
            strays,
            locks,
            trees: trees.into_iter().filter_map(left_over).collect(),
        })
    }
}

/// Why nobody needs the task's worktree any more.
fn why_left(state: &State, task: &TaskId) -> Option<String> {
    if state.live_run(task).is_some() || state.unclear.contains(task) {
        return None;
    }
    match state.status(task) {
        Some(Status::Done) => Some("which is done".into()),
        None => Some("whose file is gone".into()),
        Some(_) => None,
    }
}

/// Findings for `doctor` on what nobody else looks at.
///
/// # Errors
/// When processes or git cannot be looked at.
pub fn left_behind(cx: &Context, state: &State) -> Result<Vec<Finding>, OpError> {
    let left = Left::look(cx, state)?;
    let bad = |about: &str, what: String| Finding {
        good: false,
        about: about.to_owned(),
        what,
        cure: Some("`orchestron doctor --fix` mends it".into()),
    };
    let known = |task: &TaskId| {
        state
            .tasks
            .get(task)
            .is_some_and(|found| found.place.is_some())
    };
    let strays = left.strays.iter().map(|one| {
        let count = word::count(one.pids.len(), "process");
        bad(
            "processes",
            format!("{count} of {} live on though its keeper is dead", one.run),
        )
    });
    let locks = left.locks.iter().map(|lock| {
        bad(
            "locks",
            format!("{lock} was left behind by a git that is not there any more"),
        )
    });
    // Those that the log knows of are told of with the worktrees.
    let trees = left.trees.iter().filter(|(task, ..)| !known(task));
    let trees = trees.map(|(task, tree, why)| {
        bad(
            "worktrees",
            format!("{} is left over from {task}, {why}", tree.path),
        )
    });
    let aside = cx.store.log().setting(SET_ASIDE)?.map(|what| Finding {
        good: true,
        about: "database".into(),
        what,
        cure: Some("nothing has to be done; delete it when nothing in it is missed".into()),
    });
    Ok(strays.chain(locks).chain(trees).chain(aside).collect())
}

/// Makes everything agree.
///
/// # Errors
/// When not even the log can be read; everything else that fails is told.
pub fn fix(cx: &mut Context, _input: &input::Nothing) -> Result<FixView, OpError> {
    only_person(cx, "repair the project")?;
    let mut view = FixView {
        did: Vec::new(),
        not_done: Vec::new(),
    };
    look_at_files(cx, &mut view);
    let state = cx.store.state()?;
    let left = Left::look(cx, &state)?;
    for stray in &left.strays {
        end(cx, stray, &mut view);
    }
    for lock in &left.locks {
        match cx.git.clear_lock(lock) {
            Ok(true) => view
                .did
                .push(format!("deleted the lock {lock}, which nobody held")),
            Ok(false) => view
                .not_done
                .push(format!("{lock} is in use after all, so it stays")),
            Err(error) => view.not_done.push(error.to_string()),
        }
    }
    for (task, tree, why) in &left.trees {
        clear_away(cx, (task, tree, why), &mut view)?;
    }
    leave_to_the_engine(cx, &state, &mut view)?;
    Ok(view)
}

/// Clears away what killed edits left, finishes their moves, and brings the index up to what the files say.
fn look_at_files(cx: &mut Context, view: &mut FixView) {
    match cx.store.refresh() {
        Ok(done) => {
            if let Some(held) = done.held {
                view.not_done.push(held);
            } else if let Some(kind) = done.unreadable {
                let why = if kind == PortErrorKind::Missing {
                    "is missing"
                } else {
                    "cannot be read"
                };
                view.not_done.push(format!(".mcp/tasks {why}: with git, `git checkout -- .mcp` brings it back; `orchestron init` makes it anew"));
            } else if done.changed {
                view.did.push(format!(
                    "took what had changed in the files into the index ({})",
                    word::count(done.events.len(), "event")
                ));
            }
        }
        Err(error) => view.not_done.push(error.to_string()),
    }
}

fn end(cx: &Context, stray: &Strays, view: &mut FixView) {
    match cx.logs.end_strays(&stray.run) {
        Ok((ended, 0)) => view.did.push(format!(
            "ended {} of {}, whose keeper is dead",
            word::count(usize::try_from(ended).unwrap_or(usize::MAX), "process"),
            stray.run
        )),
        Ok((_, left)) => view.not_done.push(format!(
            "{left} of {}'s processes do not end: {:?}",
            stray.run, stray.pids
        )),
        Err(error) => view.not_done.push(error.to_string()),
    }
}

fn clear_away(
    cx: &mut Context,
    (task, tree, why): (&TaskId, &Worktree, &str),
    view: &mut FixView,
) -> Result<(), OpError> {
    match cx.git.remove_worktree(task, tree) {
        Ok(saved) => {
            let kept = saved.as_ref().map_or_else(
                || "nothing in it was uncommitted; its branch is kept".to_owned(),
                |saved| format!("its uncommitted work is saved as {saved}, its branch is kept"),
            );
            view.did
                .push(format!("removed {} of {task}, {why} ({kept})", tree.path));
            let task = task.clone();
            cx.store
                .append(&Actor::Person, vec![Fact::WorktreeRemoved { task, saved }])?;
        }
        Err(error) => view.not_done.push(error.to_string()),
    }
    Ok(())
}

/// Runs whose keepers are dead are ended in the log by whoever is the engine.
fn leave_to_the_engine(cx: &Context, state: &State, view: &mut FixView) -> Result<(), OpError> {
    let running = cx.store.locks().lease_is_held()?;
    let kept = cx.logs.kept()?;
    let lives =
        |run: &orchestron_domain::RunId| kept.iter().any(|one| one.run == *run && one.lives);
    let dead: Vec<_> = state
        .live_runs()
        .filter(|run| !lives(&run.id))
        .map(|run| run.id.to_string())
        .collect();
    if !dead.is_empty() && running {
        view.not_done.push(format!(
            "the running engine ends {} in the log by itself",
            dead.join(", ")
        ));
    }
    Ok(())
}
