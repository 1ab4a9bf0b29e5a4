//! Git, by its command line: worktrees, merges and what takes them back.

use super::{Hooks, PortResult};
use orchestron_domain::{CommitId, TaskId, Time};
use std::collections::BTreeSet;

/// A task's place to work in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worktree {
    /// Absolute path.
    pub path: String,
    /// Its branch; none when the project is no git repository.
    pub branch: Option<String>,
    /// The commit it started from.
    pub base: Option<CommitId>,
}

/// How a merge ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeOutcome {
    /// Merged; none when there was nothing to merge.
    Merged {
        /// The merge commit.
        commit: Option<CommitId>,
        /// The base branch.
        into: String,
    },
    /// Not merged; nothing was changed.
    Refused {
        /// Files that conflict or are in the way.
        files: Vec<String>,
        /// What is wrong, and how to mend it.
        why: String,
    },
}

/// How taking a merge back ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmerged {
    /// The base branch ended with the merge and is where it was before.
    MovedBack {
        /// Its tip.
        to: CommitId,
    },
    /// Something came after the merge, or others have it already: a new commit takes its changes back.
    Reverted {
        /// That commit.
        commit: CommitId,
    },
    /// The base branch has nothing of it (any more).
    Nothing,
    /// Not taken back; nothing was changed.
    Refused {
        /// Files that conflict or are in the way.
        files: Vec<String>,
        /// What is wrong.
        why: String,
        /// How to do it by hand.
        cure: String,
    },
}

/// One changed file of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Path after the change (or before it, when deleted).
    pub path: String,
    /// Path before, when renamed.
    pub old_path: Option<String>,
    /// `added`, `modified`, `deleted`, `renamed`.
    pub kind: String,
    /// Lines added; none for binary files.
    pub added: Option<u32>,
    /// Lines removed.
    pub removed: Option<u32>,
    /// Unified diff hunks (cut at a limit, then `cut` is true).
    pub patch: String,
    /// Whether the patch was cut.
    pub cut: bool,
}

/// What lies between two commits of a task's branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// The changed files.
    pub files: Vec<FileDiff>,
    /// Whether the newer commit contains the older one; if not, the branch was rewritten.
    pub follows: bool,
    /// The base branch came in between; only files that the task itself changes are told then.
    pub caught_up: bool,
}

/// What was committed of a task's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedWork {
    /// The tip of its branch; none without git.
    pub tip: Option<CommitId>,
    /// Whether the branch differs from its merge base with the base branch.
    pub differs: bool,
    /// What [`Git::touched`] would say now; none when that has to be asked.
    pub touched: Option<BTreeSet<String>>,
}

impl CommittedWork {
    /// Without git nothing can be known, so nobody is told that nothing was done.
    #[must_use]
    pub const fn unknown() -> Self {
        Self {
            tip: None,
            differs: true,
            touched: None,
        }
    }
}

/// Git, by its command line.
pub trait Git: Send + Sync {
    /// Whether the project is a git repository with at least one commit.
    fn is_repository(&self) -> PortResult<bool>;
    /// What git says its version is; none when it does not say.
    fn version(&self) -> PortResult<Option<String>> {
        Ok(None)
    }
    /// The branch that is checked out in the project's own folder.
    fn current_branch(&self) -> PortResult<Option<String>>;
    /// Whether there is such a branch.
    fn has_branch(&self, _branch: &str) -> PortResult<bool> {
        Ok(true)
    }
    /// Makes (or finds again) the task's worktree and branch `task/TASK-001-slug` from the tip of `base_branch`; locked.
    fn worktree(&self, task: &TaskId, slug: &str, base_branch: &str) -> PortResult<Worktree>;
    /// Begins to make that worktree ahead of time, beside what else goes on, for a task that is about to start. Nothing that goes wrong
    /// with it matters, and nothing is known of it until [`Git::worktree`] finds it.
    fn get_ready(&self, _task: &TaskId, _slug: &str, _base_branch: &str) {}
    /// The task's worktree if it exists.
    fn find_worktree(&self, task: &TaskId) -> PortResult<Option<Worktree>>;
    /// Commits everything in the worktree; tells the tip, whether the branch differs from its merge base with `base_branch`, and what it
    /// touches now: whoever has just committed need not look for it again.
    fn commit_all(
        &self,
        tree: &Worktree,
        base_branch: &str,
        author: &str,
        message: &str,
    ) -> PortResult<CommittedWork>;
    /// Diff of the task's branch against its merge base with `base_branch` (uncommitted changes included when `with_uncommitted`).
    fn diff(
        &self,
        tree: &Worktree,
        base_branch: &str,
        with_uncommitted: bool,
    ) -> PortResult<Vec<FileDiff>>;
    /// What lies between two commits of a task's branch, or (with no older one) between a commit and its merge base with `base_branch`.
    /// None when the repository does not have one of them (any more).
    fn between(
        &self,
        base_branch: &str,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> PortResult<Option<Between>>;
    /// Merges `commit` (or the branch's tip) into `base_branch` with a merge commit; see issue: never forces, never stashes, never touches dirty files.
    fn merge(
        &self,
        tree: &Worktree,
        base_branch: &str,
        commit: Option<&CommitId>,
        message: &str,
    ) -> PortResult<MergeOutcome>;
    /// Takes a merge commit of ours out of `base_branch` again; never forces, never touches dirty files.
    fn unmerge(&self, base_branch: &str, merge: &CommitId, message: &str) -> PortResult<Unmerged>;
    /// Makes a removed worktree again from the task's branch, with the uncommitted work that was saved under this ref.
    fn bring_back(
        &self,
        task: &TaskId,
        slug: &str,
        base_branch: &str,
        saved: Option<&str>,
    ) -> PortResult<Worktree>;
    /// All worktrees of tasks, also those that nobody remembers.
    fn worktrees(&self) -> PortResult<Vec<(TaskId, Worktree)>> {
        Ok(Vec::new())
    }
    /// Lock files that a killed git left behind: old, and no process has anything to do with them.
    fn stale_locks(&self) -> PortResult<Vec<String>> {
        Ok(Vec::new())
    }
    /// Deletes a lock file if it still is one of those. Returns whether it was.
    fn clear_lock(&self, _lock: &str) -> PortResult<bool> {
        Ok(false)
    }
    /// Forgets what is kept for undoing since before that moment; how many refs.
    fn forget_old(&self, _before: Time) -> PortResult<u32> {
        Ok(0)
    }
    /// Whether a merge would conflict: the conflicting files, empty when none.
    fn forecast(&self, tree: &Worktree, base_branch: &str) -> PortResult<Vec<String>>;
    /// Files the task's branch touches since its merge base with `base_branch`, uncommitted ones included, relative to the project. Both
    /// names of a renamed file. Only names are looked at.
    fn touched(&self, tree: &Worktree, base_branch: &str) -> PortResult<BTreeSet<String>>;
    /// Whether merging two commits would conflict: the conflicting files, empty when none.
    fn forecast_pair(&self, one: &CommitId, other: &CommitId) -> PortResult<Vec<String>>;
    /// Merges `base_branch` into the task's branch in its worktree, when that goes through. Returns its tip then, and the files that
    /// conflict; when there are any, nothing was changed.
    fn catch_up(
        &self,
        tree: &Worktree,
        base_branch: &str,
    ) -> PortResult<(Option<CommitId>, Vec<String>)>;
    /// The project's git hooks.
    fn hooks(&self) -> PortResult<Hooks> {
        Ok(Hooks::default())
    }
    /// Puts ours in; what is there is kept and called first.
    fn install_hooks(&self) -> PortResult<Hooks> {
        Ok(Hooks::default())
    }
    /// Takes ours away; what was there before is there again, byte for byte.
    fn uninstall_hooks(&self) -> PortResult<Hooks> {
        Ok(Hooks::default())
    }
    /// Tip of the task's branch.
    fn tip(&self, tree: &Worktree) -> PortResult<Option<CommitId>>;
    /// Removes the worktree; uncommitted work is saved to a ref first, whose name is returned.
    fn remove_worktree(&self, task: &TaskId, tree: &Worktree) -> PortResult<Option<String>>;
}
