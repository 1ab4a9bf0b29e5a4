//! Committing what lies in a task's worktree.

use super::{
    command::{Git, Place, nul_separated},
    error::{GitError, GitResult},
    identity::{signed, task_of_branch, with_trailers},
    layout::Repo,
    saved::{self, OwnIndex},
    stale_locks,
};
use orchestron_domain::CommitId;
use std::path::Path;

/// The work of one agent in one worktree.
pub(super) struct Work<'a> {
    pub repo: &'a Repo,
    pub place: Place,
    /// The task's branch.
    pub branch: &'a str,
    /// Where it will be merged.
    pub base_branch: &'a str,
    /// The agent's name.
    pub author: &'a str,
    /// What it did.
    pub message: &'a str,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, Default)]
struct Changed {
    /// Files of the work.
    work: bool,
    /// The project's `.mcp`.
    project_folder: bool,
}

impl Work<'_> {
    /// Commits everything; returns the tip of the branch and whether it differs from its merge base.
    pub fn commit(&self) -> GitResult<(CommitId, bool)> {
        stale_locks::clear(&self.place)?;
        stale_locks::clear_branch(self.repo, self.branch)?;
        self.stand_on_branch()?;
        saved::add_all(&self.place, &[])?.ok()?;
        let staged = self.staged()?;
        if staged.project_folder {
            self.unstage_project_folder()?;
        }
        if staged.work || self.place.git_dir.join("MERGE_HEAD").exists() {
            let commit = [
                "commit",
                "--quiet",
                "--no-verify",
                "--no-gpg-sign",
                "--allow-empty",
            ];
            signed(Git::write_in(&self.place, &commit), self.author)
                .args(&["--cleanup=whitespace", "--file=-"])
                .stdin(self.text(self.message))
                .ok()?;
        }
        let tip = self.repo.need_tip(self.branch)?;
        let Some(base) = self.base_of(&tip)? else {
            return Ok((tip, true));
        };
        let between = self.between(&base, &tip)?;
        if !between.project_folder {
            return Ok((tip, between.work));
        }
        let tip = self.restore_project_folder(&tip, &base)?;
        Ok((tip, between.work))
    }

    /// What is staged.
    fn staged(&self) -> GitResult<Changed> {
        let names = Git::read_in(
            &self.place,
            &[
                "diff-index",
                "--cached",
                "--name-only",
                "--no-renames",
                "-z",
                "HEAD",
                "--",
            ],
        )
        .ok()?;
        Ok(self.changed(&names))
    }

    /// What differs between two commits.
    fn between(&self, base: &CommitId, tip: &CommitId) -> GitResult<Changed> {
        if base == tip {
            return Ok(Changed::default());
        }
        Ok(self.changed(&self.repo.names_between(base, tip)?))
    }

    fn changed(&self, names: &[u8]) -> Changed {
        let folder = self.project_folder();
        let inner = format!("{folder}/");
        let is_ours = |name: &[u8]| name == folder.as_bytes() || name.starts_with(inner.as_bytes());
        let mut changed = Changed::default();
        for name in nul_separated(names) {
            if is_ours(name) {
                changed.project_folder = true;
            } else {
                changed.work = true;
            }
        }
        changed
    }

    fn text(&self, message: &str) -> String {
        with_trailers(message, task_of_branch(self.branch).as_ref(), self.author)
    }

    /// The merge base with the base branch, or its tip for unrelated histories.
    fn base_of(&self, tip: &CommitId) -> GitResult<Option<CommitId>> {
        let Some(base_tip) = self.repo.branch_tip(self.base_branch)? else {
            return Ok(None);
        };
        if base_tip == *tip {
            return Ok(Some(base_tip));
        }
        Ok(Some(
            self.repo.merge_base(tip, &base_tip)?.unwrap_or(base_tip),
        ))
    }

    /// Makes sure that the worktree is on the task's branch. An agent that went on from it under another name (or under none) is brought
    /// back by moving the branch forward; anything else is for a person to sort out.
    fn stand_on_branch(&self) -> GitResult<()> {
        let wanted = format!("refs/heads/{}", self.branch);
        let now = Repo::head_of(&self.place)?;
        if now.as_deref() == Some(&wanted) {
            return self.repo.need_tip(self.branch).map(drop);
        }
        let head = Git::read_in(
            &self.place,
            &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
        )
        .line_or_none()?
        .map(CommitId);
        let tip = self.repo.need_tip(self.branch)?;
        let rebasing = ["rebase-merge", "rebase-apply"]
            .iter()
            .any(|name| self.place.git_dir.join(name).exists());
        if let Some(head) = head
            && !rebasing
            && self.repo.is_ancestor(&tip, &head)?
        {
            let why = "orchestron: work went on elsewhere";
            Git::write_in(
                &self.place,
                &["update-ref", "-m", why, &wanted, &head.0, &tip.0],
            )
            .ok()?;
            return Git::write_in(&self.place, &["symbolic-ref", "-m", why, "HEAD", &wanted])
                .ok()
                .map(drop);
        }
        let found = match now {
            _ if rebasing => "a rebase that is not finished".to_owned(),
            Some(name) => format!("`{}`", name.trim_start_matches("refs/heads/")),
            None => "no branch".to_owned(),
        };
        Err(GitError::OnOtherBranch {
            tree: self.place.work_tree.clone(),
            expected: self.branch.to_owned(),
            found,
        })
    }

    /// The project's `.mcp` as git names it.
    fn project_folder(&self) -> String {
        format!("{}.mcp", self.repo.prefix)
    }

    /// Takes `.mcp` out of what is to be committed: the one true `.mcp` is the main checkout's.
    fn unstage_project_folder(&self) -> GitResult<()> {
        Git::write_in(&self.place, &["reset", "--quiet", "HEAD", "--"])
            .literal_paths()
            .arg(self.project_folder())
            .ok()
            .map(drop)
    }

    /// The branch has changed `.mcp` all the same (the agent committed it): a commit that puts it back to what the base has.
    fn restore_project_folder(&self, tip: &CommitId, base: &CommitId) -> GitResult<CommitId> {
        let folder = self.project_folder();
        let index = OwnIndex::of_commit(&self.place, tip)?;
        let on = |args: &[&str]| Git::write_in(&self.place, args).index(index.file());
        on(&[
            "rm",
            "-r",
            "--cached",
            "--quiet",
            "--force",
            "--ignore-unmatch",
            "--sparse",
            "--",
        ])
        .literal_paths()
        .arg(&folder)
        .ok()?;
        self.read_base_folder(base, &folder, index.file())?;
        let tree = on(&["write-tree"]).line()?;
        let message = self.text("Leave .mcp as it is on the base branch");
        let commit = signed(
            self.repo.write(&["commit-tree", &tree, "-p", &tip.0]),
            self.author,
        )
        .stdin(message)
        .line()
        .map(CommitId)?;
        let name = format!("refs/heads/{}", self.branch);
        let why = "orchestron: .mcp is not part of a task's work";
        Git::write_in(
            &self.place,
            &["update-ref", "-m", why, &name, &commit.0, &tip.0],
        )
        .ok()?;
        Git::write_in(&self.place, &["reset", "--quiet", "HEAD", "--"])
            .literal_paths()
            .arg(&folder)
            .ok()?;
        Ok(commit)
    }

    fn read_base_folder(&self, base: &CommitId, folder: &str, index: &Path) -> GitResult<()> {
        let entry = self
            .repo
            .read(&["ls-tree", "-z", &base.0, "--"])
            .literal_paths()
            .arg(folder)
            .ok()?;
        // `<mode> <type> <id>\t<path>\0`
        let entry = String::from_utf8_lossy(&entry).into_owned();
        let mut words = entry.split(['\t', ' ']);
        let (mode, kind, id) = (words.next(), words.next(), words.next());
        match (mode, kind, id) {
            (_, Some("tree"), Some(id)) => {
                let prefix = format!("--prefix={folder}/");
                Git::write_in(&self.place, &["read-tree", &prefix, id])
                    .index(index)
                    .ok()?;
            }
            (Some(mode), Some(_), Some(id)) => {
                let info = format!("{mode},{id},{folder}");
                Git::write_in(
                    &self.place,
                    &["update-index", "--add", "--cacheinfo", &info],
                )
                .index(index)
                .ok()?;
            }
            _ => {}
        }
        Ok(())
    }
}
