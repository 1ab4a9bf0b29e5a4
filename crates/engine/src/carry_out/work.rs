//! Work in git: worktrees, commits, merges.

use super::{Outcome, engine_says, name_of, overtaken};
use crate::{
    context::base_branch,
    engine::Engine,
    ports::{MergeOutcome, OpenCommand, PortError, PortErrorKind, Worktree},
    store::StoreError,
};
use orchestron_domain::{
    CommitId, Fact, Holder, RequestKind, State, TaskId,
    state::{Place, Step},
    task_file::slug,
};

/// Longest part of a note that goes into a commit message, in characters.
const MESSAGE_NOTE: usize = 600;

impl Engine {
    pub(super) fn prepare_worktree(&mut self, task: &TaskId) -> Outcome {
        let (file, _) = self.ports.store.read(task)?;
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        let title = file.card.map_or_else(String::new, |card| card.title);
        let tree = self.ports.git.worktree(task, &slug(&title), &base)?;
        if let Some(branch) = tree.branch.clone() {
            self.ports.store.edit(task, |file| {
                file.set_git_context(Some(&branch), None, None).map(|_| ())
            })?;
        }
        Ok(engine_says(Fact::WorktreeReady {
            task: task.clone(),
            path: tree.path,
            branch: tree.branch,
            base: tree.base,
        }))
    }

    pub(super) fn commit_work(&mut self, task: &TaskId, holder: &Holder, note: &str) -> Outcome {
        let tree = self.tree(task)?;
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        let author = name_of(holder);
        let title = self
            .state
            .cards
            .get(task)
            .map_or("", |card| card.title.as_str());
        let note: String = note.chars().take(MESSAGE_NOTE).collect();
        let message = format!("{task}: {title}\n\n{note}\n\nTask: {task}\nAgent: {author}\n");
        let done = self.ports.git.commit_all(&tree, &base, &author, &message)?;
        let (commit, changed) = (done.tip, done.differs);
        if let Some(tip) = commit.clone() {
            self.ports.store.edit(task, |file| {
                file.set_git_context(None, Some(&tip.0), None).map(|_| ())
            })?;
        }
        let mut facts = Vec::new();
        if self.place(task).is_none() {
            // The log was lost, or the worktree was made by hand: the gates have to know of it, too.
            facts.extend(engine_says(Fact::WorktreeReady {
                task: task.clone(),
                path: tree.path,
                branch: tree.branch,
                base: tree.base,
            }));
        }
        if let Some(files) = done.touched.filter(|_| commit.is_some()) {
            let now = self.ports.clock.now();
            self.looks.saw(now, task, (commit.clone(), files));
        }
        facts.extend(engine_says(Fact::Committed {
            task: task.clone(),
            commit,
            changed,
        }));
        Ok(facts)
    }

    pub(super) fn merge(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        commit: Option<&CommitId>,
        note: Option<&str>,
    ) -> Outcome {
        // Approved is not merged yet: whoever moved the task meanwhile has taken that back.
        if self.is_overtaken_by_news(&open.command)? {
            return Ok(overtaken("the task was taken elsewhere"));
        }
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        if !self.state.git {
            return Ok(engine_says(Fact::Merged {
                task: task.clone(),
                commit: None,
                into: base,
            }));
        }
        let Some(tree) = self
            .place(task)
            .map(Worktree::from)
            .or(self.ports.git.find_worktree(task)?)
        else {
            return Ok(engine_says(Fact::Merged {
                task: task.clone(),
                commit: None,
                into: base,
            }));
        };
        let message = merge_message(&self.state, task, note);
        Ok(engine_says(
            match self.ports.git.merge(&tree, &base, commit, &message)? {
                MergeOutcome::Merged { commit, into } => Fact::Merged {
                    task: task.clone(),
                    commit,
                    into,
                },
                MergeOutcome::Refused { files, why } => Fact::MergeRefused {
                    task: task.clone(),
                    files,
                    why,
                    commit: commit.cloned(),
                },
            },
        ))
    }

    pub(super) fn remove_worktree(&mut self, task: &TaskId) -> Outcome {
        let tree = self
            .place(task)
            .map(Worktree::from)
            .or(self.ports.git.find_worktree(task)?);
        let saved = match tree.filter(|tree| tree.branch.is_some()) {
            Some(tree) => self.ports.git.remove_worktree(task, &tree)?,
            None => None,
        };
        Ok(engine_says(Fact::WorktreeRemoved {
            task: task.clone(),
            saved,
        }))
    }

    /// An approval is bound to what was looked at, also when the log that knew the commit is lost.
    pub(super) fn bound_to_commit(
        &self,
        task: Option<&TaskId>,
        kind: &RequestKind,
    ) -> Result<RequestKind, StoreError> {
        let (Some(task), RequestKind::Review { commit: None }, true) = (task, kind, self.state.git)
        else {
            return Ok(kind.clone());
        };
        let commit = match self.ports.git.find_worktree(task)? {
            Some(tree) => self.ports.git.tip(&tree)?,
            None => None,
        };
        Ok(RequestKind::Review { commit })
    }

    pub(super) fn place(&self, task: &TaskId) -> Option<&Place> {
        self.state
            .tasks
            .get(task)
            .and_then(|found| found.place.as_ref())
    }

    fn tree(&self, task: &TaskId) -> Result<Worktree, StoreError> {
        if let Some(place) = self.place(task) {
            return Ok(Worktree::from(place));
        }
        self.ports
            .git
            .find_worktree(task)?
            .ok_or_else(|| no_place(task))
    }
}

pub(super) fn no_place(task: &TaskId) -> StoreError {
    PortError {
        doing: "cannot find",
        what: format!("the worktree of {task}"),
        said: "it was never made, or somebody removed it".into(),
        cure: Some(
            "move the task to ready; it is made anew from its branch when the task is claimed"
                .into(),
        ),
        kind: PortErrorKind::Missing,
    }
    .into()
}

/// The merge commit tells what was checked, at which commit, and who approved.
fn merge_message(state: &State, task: &TaskId, note: Option<&str>) -> String {
    let title = state.cards.get(task).map_or("", |card| card.title.as_str());
    let mut text = format!("Merge {task}: {title}\n\n");
    if let Some(note) = note {
        text.push_str(note);
        text.push_str("\n\n");
    }
    if let Some(found) = state.tasks.get(task) {
        for receipt in found
            .receipts
            .iter()
            .filter(|receipt| receipt.passed == Some(true) && receipt.commit == found.commit)
        {
            let commit = receipt
                .commit
                .as_ref()
                .map_or("", |commit| commit.0.as_str());
            text.push_str(&format!("Gate: {} passed at {commit}\n", receipt.gate));
        }
        if let Step::Merging = found.step {
            text.push_str("Approved-by: person\n");
        }
    }
    text.push_str(&format!("Task: {task}\n"));
    text
}
