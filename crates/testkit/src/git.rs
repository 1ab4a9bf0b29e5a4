//! A git repository in memory: one branch per task, commits with numbers, merges that are remembered.

use crate::world::{World, refused};
use orchestron_domain::{CommitId, TaskId};
use orchestron_engine::ports::{
    FileDiff, Git, MergeOutcome, PortError, PortErrorKind, PortResult, Worktree,
};
use std::collections::BTreeMap;

/// A task's worktree.
pub struct Tree {
    worktree: Worktree,
    pub tip: CommitId,
    dirty: bool,
}

/// The repository.
#[derive(Default)]
pub struct Repository {
    pub is_repository: bool,
    pub trees: BTreeMap<String, Tree>,
    pub conflicts: BTreeMap<String, Vec<String>>,
    pub merges: Vec<(String, CommitId)>,
    commits: u32,
}

impl Repository {
    fn next_commit(&mut self) -> CommitId {
        self.commits += 1;
        CommitId(format!("{:040x}", self.commits))
    }

    /// Something in the task's worktree is changed.
    pub fn edit(&mut self, task: &str) {
        if let Some(tree) = self.trees.get_mut(task) {
            tree.dirty = true;
        }
    }

    /// Commits what is changed.
    pub fn commit(&mut self, task: &str) {
        if self.trees.get(task).is_some_and(|tree| tree.dirty) {
            let commit = self.next_commit();
            if let Some(tree) = self.trees.get_mut(task) {
                tree.tip = commit;
                tree.dirty = false;
            }
        }
    }

    fn of(&self, worktree: &Worktree) -> PortResult<(&str, &Tree)> {
        let found = self
            .trees
            .iter()
            .find(|(_, tree)| tree.worktree.path == worktree.path);
        found
            .map(|(task, tree)| (task.as_str(), tree))
            .ok_or_else(|| gone(worktree))
    }
}

fn gone(worktree: &Worktree) -> PortError {
    refused(
        PortErrorKind::Missing,
        "cannot find",
        worktree.path.clone(),
        "no such worktree",
    )
}

pub struct MemoryGit(pub World);

impl Git for MemoryGit {
    fn is_repository(&self) -> PortResult<bool> {
        Ok(self.0.up()?.git.is_repository)
    }

    fn current_branch(&self) -> PortResult<Option<String>> {
        Ok(self.0.up()?.git.is_repository.then(|| "main".to_owned()))
    }

    fn worktree(&self, task: &TaskId, slug: &str, _base_branch: &str) -> PortResult<Worktree> {
        let mut things = self.0.up()?;
        if !things.git.is_repository {
            return Ok(Worktree {
                path: "/project".into(),
                branch: None,
                base: None,
            });
        }
        if let Some(tree) = things.git.trees.get(&task.to_string()) {
            return Ok(tree.worktree.clone());
        }
        let base = CommitId(format!("{:040x}", 0));
        let worktree = Worktree {
            path: format!("/worktrees/{task}"),
            branch: Some(format!("task/{task}-{slug}")),
            base: Some(base.clone()),
        };
        let tree = Tree {
            worktree: worktree.clone(),
            tip: base,
            dirty: false,
        };
        things.git.trees.insert(task.to_string(), tree);
        Ok(worktree)
    }

    fn find_worktree(&self, task: &TaskId) -> PortResult<Option<Worktree>> {
        let things = self.0.up()?;
        Ok(things
            .git
            .trees
            .get(&task.to_string())
            .map(|tree| tree.worktree.clone()))
    }

    fn commit_all(
        &self,
        tree: &Worktree,
        _base_branch: &str,
        _author: &str,
        _message: &str,
    ) -> PortResult<(Option<CommitId>, bool)> {
        let mut things = self.0.up()?;
        if tree.branch.is_none() {
            return Ok((None, true));
        }
        let task = things.git.of(tree)?.0.to_owned();
        things.git.commit(&task);
        let (_, found) = things.git.of(tree)?;
        Ok((
            Some(found.tip.clone()),
            Some(&found.tip) != tree.base.as_ref(),
        ))
    }

    fn diff(
        &self,
        tree: &Worktree,
        _base_branch: &str,
        with_uncommitted: bool,
    ) -> PortResult<Vec<FileDiff>> {
        let things = self.0.up()?;
        let (_, found) = things.git.of(tree)?;
        let differs = Some(&found.tip) != tree.base.as_ref() || (with_uncommitted && found.dirty);
        Ok(if differs {
            vec![FileDiff {
                path: "src/pay.rs".into(),
                old_path: None,
                kind: "modified".into(),
                added: Some(2),
                removed: Some(1),
                patch: "@@ -1 +1,2 @@\n-old\n+new\n+more\n".into(),
                cut: false,
            }]
        } else {
            Vec::new()
        })
    }

    fn merge(
        &self,
        tree: &Worktree,
        base_branch: &str,
        commit: Option<&CommitId>,
        _message: &str,
    ) -> PortResult<MergeOutcome> {
        let mut things = self.0.up()?;
        let (task, found) = things.git.of(tree)?;
        let (task, commit) = (task.to_owned(), commit.unwrap_or(&found.tip).clone());
        if let Some(files) = things
            .git
            .conflicts
            .get(&task)
            .filter(|files| !files.is_empty())
        {
            let why = "both sides changed them".to_owned();
            return Ok(MergeOutcome::Refused {
                files: files.clone(),
                why,
            });
        }
        let merge = (task, commit.clone());
        if !things.git.merges.contains(&merge) {
            things.git.merges.push(merge);
        }
        Ok(MergeOutcome::Merged {
            commit: Some(commit),
            into: base_branch.to_owned(),
        })
    }

    fn forecast(&self, tree: &Worktree, _base_branch: &str) -> PortResult<Vec<String>> {
        let things = self.0.up()?;
        let (task, _) = things.git.of(tree)?;
        Ok(things.git.conflicts.get(task).cloned().unwrap_or_default())
    }

    fn tip(&self, tree: &Worktree) -> PortResult<Option<CommitId>> {
        Ok(Some(self.0.up()?.git.of(tree)?.1.tip.clone()))
    }

    fn remove_worktree(&self, task: &TaskId, _tree: &Worktree) -> PortResult<Option<String>> {
        let mut things = self.0.up()?;
        let removed = things.git.trees.remove(&task.to_string());
        Ok(removed
            .filter(|tree| tree.dirty)
            .map(|_| format!("refs/orchestron/saved/{task}")))
    }
}
