//! Committing what lies in a task's worktree.

use super::{
    command::{CHANGED, Git, Place, nul_separated},
    diff,
    error::{GitError, GitResult},
    identity::{signed, task_of_branch, with_trailers},
    known,
    layout::Repo,
    saved::{self, OwnIndex},
    stale_locks, together,
};
use orchestron_domain::CommitId;
use std::{collections::BTreeSet, path::Path};

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

/// What lies in a worktree and is in no commit.
#[derive(Debug, Default)]
struct Lying {
    changed: Changed,
    /// Folders that are repositories of their own, with a slash at their end.
    nested: Vec<Vec<u8>>,
}

/// What was committed.
#[derive(Debug)]
pub(super) struct Committed {
    /// The tip of the branch.
    pub tip: CommitId,
    /// Whether it differs from its merge base.
    pub differs: bool,
    /// The files in which it does, and what could not be committed; none when that is not known.
    pub touched: Option<BTreeSet<String>>,
}

impl Work<'_> {
    /// Commits everything.
    pub fn commit(&self) -> GitResult<Committed> {
        stale_locks::clear(&self.place)?;
        stale_locks::clear_branch(self.repo, self.branch)?;
        let before = self.stand_on_branch()?;
        let merging = self.place.git_dir.join("MERGE_HEAD").exists();
        let lying = self.lying()?;
        if lying.changed.work || lying.changed.project_folder || merging {
            self.take(&lying, merging)?;
        }
        let tip = self.repo.need_tip(self.branch)?;
        let Some(base_tip) = self.repo.branch_tip(self.base_branch)? else {
            return Ok(Committed {
                tip,
                differs: true,
                touched: None,
            });
        };
        if !merging && self.is_next(&before, &tip) {
            self.repo.is_made_from(&before, &tip, &base_tip)?;
        }
        let base = self.repo.merge_base(&tip, &base_tip)?.unwrap_or(base_tip);
        let mut names = match base == tip {
            true => Vec::new(),
            false => diff::names_of_new(self.repo, &base, &tip)?,
        };
        let found = self.changed(&names);
        if found.project_folder {
            return Ok(Committed {
                tip: self.restore_project_folder(&tip, &base)?,
                differs: found.work,
                touched: None,
            });
        }
        for nested in lying.nested {
            names.extend_from_slice(&nested);
            names.push(0);
        }
        Ok(Committed {
            tip,
            differs: found.work,
            touched: Some(together::of_work(self.repo, &names)),
        })
    }

    /// Stages and commits what lies there.
    fn take(&self, lying: &Lying, merging: bool) -> GitResult<()> {
        saved::add_but(&self.place, &lying.nested).ok()?;
        if lying.changed.project_folder {
            self.unstage_project_folder()?;
        }
        if !lying.changed.work && !merging {
            return Ok(());
        }
        let commit = ["commit", "--quiet", "--no-verify", "--no-gpg-sign"];
        let said = signed(Git::write_in(&self.place, &commit), self.author)
            .args(&["--cleanup=whitespace", "--file=-"])
            .stdin(self.text(self.message))
            .run()?;
        match said.code {
            0 => Ok(()),
            // What seemed to be changed was not, once filters had seen it.
            1 if !self.staged()?.work => Ok(()),
            _ => Err(said.failure("commit")),
        }
    }

    /// What is changed, staged or new. Asked of git in one go, with the filters that `add` will use.
    fn lying(&self) -> GitResult<Lying> {
        let out = Git::write_in(&self.place, &CHANGED).ok()?;
        let (mut names, mut nested) = (Vec::new(), Vec::new());
        // `XY path`
        for entry in nul_separated(&out) {
            let path = entry.get(3..).unwrap_or_default();
            if entry.starts_with(b"??") && path.ends_with(b"/") {
                nested.push(path.to_vec());
            } else {
                names.extend_from_slice(path);
                names.push(0);
            }
        }
        let changed = self.changed(&names);
        Ok(Lying { changed, nested })
    }

    /// Whether the last step of the branch in this worktree was from the one commit to the other, as its reflog has it.
    fn is_next(&self, before: &CommitId, tip: &CommitId) -> bool {
        let step = format!("{} {} ", before.0, tip.0);
        before != tip && known::last_line(&self.place.git_dir.join("logs/HEAD"), &step)
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

    /// Makes sure that the worktree is on the task's branch. An agent that went on from it under another name (or under none) is brought
    /// back by moving the branch forward; anything else is for a person to sort out. Returns the branch's tip.
    fn stand_on_branch(&self) -> GitResult<CommitId> {
        let wanted = format!("refs/heads/{}", self.branch);
        let now = Repo::head_of(&self.place)?;
        if now.as_deref() == Some(&wanted) {
            return self.repo.need_tip(self.branch);
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
            Git::write_in(&self.place, &["symbolic-ref", "-m", why, "HEAD", &wanted]).ok()?;
            return Ok(head);
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
