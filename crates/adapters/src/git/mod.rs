//! Git, by its command line (2.38 or newer): a worktree and branch for each task, commits in the agents' names, merges that never touch
//! what is the user's.
//!
//! What is absent: no command here forces, stashes, resets or cleans anything of the user's; no worktree is removed whose uncommitted work is
//! not kept under `refs/orchestron/saved/`; no program that the repository configures (hooks, monitors, external diffs) is run by a
//! command that only looks.

mod between;
mod checkout;
mod command;
mod commit_seen;
mod commits;
mod diff;
mod error;
mod hooks;
mod identity;
mod known;
mod layout;
mod merge;
mod patches;
mod project;
mod remembered;
mod removal;
mod saved;
mod stale_locks;
mod talk;
mod together;
mod turn;
mod unmerge;
mod worktrees;

#[cfg(test)]
mod tests;

pub use commit_seen::{CheckedMark, CommitPlace, MadeCommit};
pub use error::GitError;
pub use layout::{common_dir, common_of, git_dir_of};
pub use project::find_project;

use self::{command::Git as Run, error::GitResult, layout::Repo, turn::Turn};
use orchestron_domain::{CommitId, TaskId, Time};
use orchestron_engine::ports::{
    Between, CommittedWork, FileDiff, Git, Hooks, MergeOutcome, PortResult, Unmerged, Worktree,
};
use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The [`Git`] port of one project.
#[derive(Clone, Debug)]
pub struct GitCli {
    project_root: PathBuf,
    worktrees_dir: PathBuf,
    /// A worktree is being made ahead of time.
    making: Arc<AtomicBool>,
}

impl GitCli {
    /// For the project in `project_root`; worktrees are made in `worktrees_dir`, which need not exist yet.
    #[must_use]
    pub fn new(project_root: PathBuf, worktrees_dir: PathBuf) -> Self {
        // Only an empty path, or a current folder that is gone, cannot be made absolute; git will say so.
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        Self {
            project_root: absolute(project_root),
            worktrees_dir: absolute(worktrees_dir),
            making: Arc::default(),
        }
    }

    fn repo(&self) -> GitResult<Option<Repo>> {
        Repo::find(&self.project_root)
    }

    /// The repository and the task's branch; none without git.
    fn branch_of<'a>(&self, tree: &'a Worktree) -> GitResult<Option<(Repo, &'a str)>> {
        let Some(branch) = tree.branch.as_deref() else {
            return Ok(None);
        };
        Ok(self.repo()?.map(|repo| (repo, branch)))
    }

    fn without_git(&self) -> GitResult<Worktree> {
        let path = self.project_root.clone();
        let text = path.to_str().map(str::to_owned);
        Ok(Worktree {
            path: text.ok_or(GitError::NotUnicode { path })?,
            branch: None,
            base: None,
        })
    }

    fn make_worktree(&self, task: &TaskId, slug: &str, base_branch: &str) -> GitResult<Worktree> {
        let Some(repo) = self.repo()? else {
            return self.without_git();
        };
        let _turn = Turn::take(&repo)?;
        worktrees::Making {
            repo: &repo,
            task,
            slug,
            base_branch,
            dir: &self.worktrees_dir,
        }
        .make()
    }

    fn find(&self, task: &TaskId) -> GitResult<Option<Worktree>> {
        match self.repo()? {
            Some(repo) => worktrees::find(&repo, &self.worktrees_dir, task),
            None => Ok(None),
        }
    }

    fn checked_out(&self) -> GitResult<Option<String>> {
        let Some(repo) = self.repo()? else {
            return Ok(None);
        };
        let name = match known::head(&repo.git_dir) {
            Some(name) => Some(name),
            None => Run::read(&repo.root, &["symbolic-ref", "--quiet", "HEAD"]).line_or_none()?,
        };
        Ok(name.and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned)))
    }

    fn commit_work(
        &self,
        tree: &Worktree,
        base_branch: &str,
        author: &str,
        message: &str,
    ) -> GitResult<Option<commits::Committed>> {
        let Some((repo, branch)) = self.branch_of(tree)? else {
            return Ok(None);
        };
        let _turn = Turn::take(&repo)?;
        let work = commits::Work {
            place: worktrees::place_of(&repo, tree)?,
            repo: &repo,
            branch,
            base_branch,
            author,
            message,
        };
        work.commit().map(Some)
    }

    fn difference(
        &self,
        tree: &Worktree,
        base_branch: &str,
        with_uncommitted: bool,
    ) -> GitResult<Vec<FileDiff>> {
        let Some((repo, branch)) = self.branch_of(tree)? else {
            return Ok(Vec::new());
        };
        let tip = repo.need_tip(branch)?;
        let base_tip = repo.need_tip(base_branch)?;
        let base = repo.merge_base(&tip, &base_tip)?.unwrap_or(base_tip);
        if with_uncommitted {
            match worktrees::place_of(&repo, tree) {
                Ok(place) => return diff::uncommitted(&repo, &place, &base),
                // Cleared away: only the commits are left.
                Err(GitError::ForeignTree { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        diff::between(&repo, &base, &tip)
    }

    fn files_touched(&self, tree: &Worktree, base_branch: &str) -> GitResult<BTreeSet<String>> {
        let Some((repo, branch)) = self.branch_of(tree)? else {
            return Ok(BTreeSet::new());
        };
        let place = match worktrees::place_of(&repo, tree) {
            Ok(place) => Some(place),
            // Cleared away: only the commits are left.
            Err(GitError::ForeignTree { .. }) => None,
            Err(other) => return Err(other),
        };
        together::touched(&repo, place.as_ref(), branch, base_branch)
    }

    fn bring_up(
        &self,
        tree: &Worktree,
        base_branch: &str,
    ) -> GitResult<(Option<CommitId>, Vec<String>)> {
        let Some((repo, branch)) = self.branch_of(tree)? else {
            return Ok((None, Vec::new()));
        };
        let _turn = Turn::take(&repo)?;
        let place = worktrees::place_of(&repo, tree)?;
        let catch_up = together::CatchUp {
            repo: &repo,
            place: &place,
            branch,
            base_branch,
        };
        catch_up.run().map(|(tip, files)| (Some(tip), files))
    }

    fn remove(&self, task: &TaskId, tree: &Worktree) -> GitResult<Option<String>> {
        let Some((repo, _)) = self.branch_of(tree)? else {
            return Ok(None);
        };
        let root = layout::normal(&worktrees::root_of(&repo, tree));
        if root
            .file_name()
            .is_none_or(|name| name.to_str() != Some(&task.to_string()))
        {
            return Err(GitError::ForeignTree { tree: root });
        }
        let _turn = Turn::take(&repo)?;
        removal::remove(&repo, task, &root)
    }
}

impl Git for GitCli {
    fn is_repository(&self) -> PortResult<bool> {
        let repo = self.repo()?;
        Ok(repo.map_or(Ok(false), |repo| repo.has_commits())?)
    }

    fn version(&self) -> PortResult<Option<String>> {
        Ok(command::version(&self.project_root)?)
    }

    fn current_branch(&self) -> PortResult<Option<String>> {
        Ok(self.checked_out()?)
    }

    fn has_branch(&self, branch: &str) -> PortResult<bool> {
        let Some(repo) = self.repo()? else {
            return Ok(false);
        };
        let name = format!("refs/heads/{branch}");
        let found = Run::read(&repo.root, &["rev-parse", "--verify", "--quiet", &name]);
        Ok(found.line_or_none()?.is_some())
    }

    fn worktree(&self, task: &TaskId, slug: &str, base_branch: &str) -> PortResult<Worktree> {
        Ok(self.make_worktree(task, slug, base_branch)?)
    }

    fn get_ready(&self, task: &TaskId, slug: &str, base_branch: &str) {
        if self.making.swap(true, Ordering::AcqRel) {
            return; // one at a time
        }
        let (git, task) = (self.clone(), task.clone());
        let (slug, base) = (slug.to_owned(), base_branch.to_owned());
        let thread = std::thread::Builder::new().name("worktree".into());
        let begun = thread.spawn(move || {
            // Whatever is in the way is told when the worktree is needed.
            git.make_worktree(&task, &slug, &base).ok();
            git.making.store(false, Ordering::Release);
        });
        if begun.is_err() {
            self.making.store(false, Ordering::Release);
        }
    }

    fn find_worktree(&self, task: &TaskId) -> PortResult<Option<Worktree>> {
        Ok(self.find(task)?)
    }

    fn commit_all(
        &self,
        tree: &Worktree,
        base_branch: &str,
        author: &str,
        message: &str,
    ) -> PortResult<CommittedWork> {
        let done = self.commit_work(tree, base_branch, author, message)?;
        // Nothing can be known without git, so nobody is told that nothing was done.
        Ok(
            done.map_or_else(CommittedWork::unknown, |done| CommittedWork {
                tip: Some(done.tip),
                differs: done.differs,
                touched: done.touched,
            }),
        )
    }

    fn diff(
        &self,
        tree: &Worktree,
        base_branch: &str,
        with_uncommitted: bool,
    ) -> PortResult<Vec<FileDiff>> {
        Ok(self.difference(tree, base_branch, with_uncommitted)?)
    }

    fn between(
        &self,
        base_branch: &str,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> PortResult<Option<Between>> {
        match self.repo()? {
            Some(repo) => Ok(between::commits(&repo, base_branch, from, to)?),
            None => Ok(None),
        }
    }

    fn merge(
        &self,
        tree: &Worktree,
        base_branch: &str,
        commit: Option<&CommitId>,
        message: &str,
    ) -> PortResult<MergeOutcome> {
        let Some((repo, branch)) = self.branch_of(tree)? else {
            return Ok(MergeOutcome::Merged {
                commit: None,
                into: base_branch.to_owned(),
            });
        };
        let _turn = Turn::take(&repo)?;
        let merge = merge::Merge {
            repo: &repo,
            branch,
            base_branch,
            commit,
            message,
        };
        Ok(merge.run()?)
    }

    fn unmerge(&self, base_branch: &str, merge: &CommitId, message: &str) -> PortResult<Unmerged> {
        Ok(self.take_back(base_branch, merge, message)?)
    }

    fn bring_back(
        &self,
        task: &TaskId,
        slug: &str,
        base_branch: &str,
        saved: Option<&str>,
    ) -> PortResult<Worktree> {
        Ok(self.put_back(task, slug, base_branch, saved)?)
    }

    fn worktrees(&self) -> PortResult<Vec<(TaskId, Worktree)>> {
        Ok(self.all_worktrees()?)
    }

    fn stale_locks(&self) -> PortResult<Vec<String>> {
        let Some(repo) = self.repo()? else {
            return Ok(Vec::new());
        };
        let locks = stale_locks::left_behind(&repo)?.into_iter();
        Ok(locks.map(|lock| lock.display().to_string()).collect())
    }

    fn clear_lock(&self, lock: &str) -> PortResult<bool> {
        match self.repo()? {
            Some(repo) => Ok(stale_locks::clear_left_behind(
                &repo,
                std::path::Path::new(lock),
            )?),
            None => Ok(false),
        }
    }

    fn forget_old(&self, before: Time) -> PortResult<u32> {
        Ok(self.forget(before)?)
    }

    fn forecast(&self, tree: &Worktree, base_branch: &str) -> PortResult<Vec<String>> {
        match self.branch_of(tree)? {
            Some((repo, branch)) => Ok(merge::forecast(&repo, branch, base_branch)?),
            None => Ok(Vec::new()),
        }
    }

    fn touched(&self, tree: &Worktree, base_branch: &str) -> PortResult<BTreeSet<String>> {
        Ok(self.files_touched(tree, base_branch)?)
    }

    fn forecast_pair(&self, one: &CommitId, other: &CommitId) -> PortResult<Vec<String>> {
        match self.repo()? {
            Some(repo) => Ok(together::forecast_pair(&repo, one, other)?),
            None => Ok(Vec::new()),
        }
    }

    fn catch_up(
        &self,
        tree: &Worktree,
        base_branch: &str,
    ) -> PortResult<(Option<CommitId>, Vec<String>)> {
        Ok(self.bring_up(tree, base_branch)?)
    }

    fn hooks(&self) -> PortResult<Hooks> {
        Ok(self.hooks_found()?)
    }

    fn install_hooks(&self) -> PortResult<Hooks> {
        Ok(self.put_hooks()?)
    }

    fn uninstall_hooks(&self) -> PortResult<Hooks> {
        Ok(self.take_hooks()?)
    }

    fn tip(&self, tree: &Worktree) -> PortResult<Option<CommitId>> {
        match self.branch_of(tree)? {
            Some((repo, branch)) => Ok(repo.branch_tip(branch)?),
            None => Ok(None),
        }
    }

    fn remove_worktree(&self, task: &TaskId, tree: &Worktree) -> PortResult<Option<String>> {
        Ok(self.remove(task, tree)?)
    }
}
