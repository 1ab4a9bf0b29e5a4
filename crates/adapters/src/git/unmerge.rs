//! Taking a merge of ours out of the base branch again.
//!
//! A merge that the branch still ends with, and that nobody else has, is taken off: the branch goes back by compare-and-swap, the
//! checkout with it, the user's own changes stay. When something came after it, a new commit takes its changes back. The merge itself
//! is kept under `refs/orchestron/undo/<merge>` for a month, and with it the tip that the branch had before.

use super::{
    GitCli, Turn,
    checkout::{Advance, Move},
    command::{Git, Place, nul_separated, text_of},
    error::{GitError, GitResult},
    identity::signed,
    layout::Repo,
    merge::Merge,
    worktrees,
};
use orchestron_domain::{CommitId, TaskId, Time};
use orchestron_engine::ports::{Unmerged, Worktree};
use std::path::{Path, PathBuf};

/// Refs that keep merges and saved work.
const KEPT: [&str; 2] = ["refs/orchestron/undo/", "refs/orchestron/saved/"];

/// The ref that keeps a merge.
fn name(merge: &CommitId) -> String {
    format!("refs/orchestron/undo/{}", merge.0)
}

/// Keeps a merge, before the base branch is moved to it.
pub(super) fn keep(repo: &Repo, merge: &CommitId) -> GitResult<()> {
    repo.write(&["update-ref", &name(merge), &merge.0]).ok()?;
    Ok(())
}

/// Forgets a merge that did not come about.
pub(super) fn forget(repo: &Repo, merge: &CommitId) -> GitResult<()> {
    repo.write(&["update-ref", "-d", &name(merge), &merge.0])
        .ok()?;
    Ok(())
}

/// Forgets what was kept before that moment.
pub(super) fn forget_old(repo: &Repo, before: Time) -> GitResult<u32> {
    let out = repo
        .read(&[
            "for-each-ref",
            "--format=%(committerdate:unix) %(objectname) %(refname)",
        ])
        .args(&KEPT)
        .ok()?;
    let mut forgotten = 0;
    for line in text_of(&out).lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(seconds), Some(id), Some(name)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let Ok(seconds) = seconds.parse::<i64>() else {
            continue;
        };
        if seconds.saturating_mul(1000) < before.0 {
            repo.write(&["update-ref", "-d", name, id]).ok()?;
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

impl GitCli {
    /// All worktrees of tasks that lie where ours lie.
    pub(super) fn all_worktrees(&self) -> GitResult<Vec<(TaskId, Worktree)>> {
        let Some(repo) = self.repo()? else {
            return Ok(Vec::new());
        };
        let dir = super::layout::normal(&self.worktrees_dir);
        let mut found = Vec::new();
        for entry in repo.entries()? {
            let name = entry.path.file_name().and_then(|name| name.to_str());
            let inside = entry.path.parent().map(super::layout::normal).as_ref() == Some(&dir);
            let Some(task) = name.filter(|_| inside).and_then(|name| name.parse().ok()) else {
                continue;
            };
            if let Some(tree) = worktrees::find(&repo, &self.worktrees_dir, &task)? {
                found.push((task, tree));
            }
        }
        Ok(found)
    }

    pub(super) fn take_back(
        &self,
        base_branch: &str,
        merge: &CommitId,
        message: &str,
    ) -> GitResult<Unmerged> {
        let Some(repo) = self.repo()? else {
            return Ok(Unmerged::Nothing);
        };
        let _turn = Turn::take(&repo)?;
        Unmerge {
            repo: &repo,
            base_branch,
            merge,
            message,
        }
        .run()
    }

    pub(super) fn put_back(
        &self,
        task: &TaskId,
        slug: &str,
        base_branch: &str,
        saved: Option<&str>,
    ) -> GitResult<Worktree> {
        let tree = self.make_worktree(task, slug, base_branch)?;
        if let (Some(saved), Some(repo)) = (saved, self.repo()?) {
            let _turn = Turn::take(&repo)?;
            put_back(&repo, &worktrees::place_of(&repo, &tree)?, saved)?;
        }
        Ok(tree)
    }

    pub(super) fn forget(&self, before: Time) -> GitResult<u32> {
        let Some(repo) = self.repo()? else {
            return Ok(0);
        };
        forget_old(&repo, before)
    }
}

/// A merge that is to be taken back.
pub(super) struct Unmerge<'a> {
    pub repo: &'a Repo,
    pub base_branch: &'a str,
    pub merge: &'a CommitId,
    pub message: &'a str,
}

impl Unmerge<'_> {
    pub fn run(&self) -> GitResult<Unmerged> {
        let merge = Merge {
            repo: self.repo,
            branch: self.base_branch,
            base_branch: self.base_branch,
            commit: None,
            message: self.message,
        };
        let Some(_turn) = merge.turn()? else {
            return Ok(self.refused(Vec::new(), "another merge into this repository is going on"));
        };
        let Some(tip) = self.repo.branch_tip(self.base_branch)? else {
            let why = format!("there is no branch `{}` any more", self.base_branch);
            return Ok(self.refused(Vec::new(), &why));
        };
        if self.repo.commit(self.merge)?.is_none() || !self.repo.is_ancestor(self.merge, &tip)? {
            return Ok(Unmerged::Nothing);
        }
        let Some(before) = self.parent()? else {
            return Ok(self.refused(Vec::new(), "it is no merge commit"));
        };
        keep(self.repo, self.merge)?;
        if tip == *self.merge && !self.is_elsewhere()? {
            return self.move_back(&merge, &before);
        }
        self.revert(&merge, &tip, &before)
    }

    fn refused(&self, files: Vec<String>, why: &str) -> Unmerged {
        Unmerged::Refused {
            files,
            why: why.to_owned(),
            cure: format!(
                "by hand, on `{}` with nothing uncommitted: git revert -m 1 {}",
                self.base_branch, self.merge.0
            ),
        }
    }

    /// What the base branch was before the merge; none when it is no merge.
    fn parent(&self) -> GitResult<Option<CommitId>> {
        let out = self
            .repo
            .read(&["rev-list", "--parents", "--max-count=1", &self.merge.0])
            .line()?;
        let mut parents = out.split(' ').skip(1);
        let (first, second) = (parents.next(), parents.next());
        Ok(first.filter(|_| second.is_some()).map(CommitId::from))
    }

    /// Whether somebody else may have it: what was published is not taken off.
    fn is_elsewhere(&self) -> GitResult<bool> {
        let out = self
            .repo
            .read(&[
                "for-each-ref",
                "--count=1",
                "--format=%(refname)",
                "--contains",
            ])
            .args(&[&self.merge.0, "refs/remotes/"])
            .ok()?;
        Ok(!out.is_empty())
    }

    fn move_back(&self, merge: &Merge<'_>, before: &CommitId) -> GitResult<Unmerged> {
        let checkouts = match merge.checkouts()? {
            Ok(checkouts) => checkouts,
            Err(why) => return Ok(self.refused(Vec::new(), &why)),
        };
        let moved = match checkouts.as_slice() {
            [] => merge.update_ref(self.merge, before)?,
            [(path, git_dir)] => self.move_checkout(merge, (path, git_dir), before)?,
            _ => Move::Refused(
                Vec::new(),
                format!(
                    "`{}` is checked out in more than one place",
                    self.base_branch
                ),
            ),
        };
        Ok(match moved {
            Move::Done => Unmerged::MovedBack { to: before.clone() },
            Move::Raced => self.refused(Vec::new(), "the branch was moved at this very moment"),
            Move::Refused(files, why) => self.refused(files, &why),
        })
    }

    /// Files first, which git refuses when one that would change is not as the merge left it; then the branch.
    fn move_checkout(
        &self,
        merge: &Merge<'_>,
        (path, git_dir): (&PathBuf, &PathBuf),
        before: &CommitId,
    ) -> GitResult<Move> {
        let advance = Advance {
            repo: self.repo,
            path,
            git_dir,
            branch: self.base_branch,
            old: self.merge,
            new: before,
        };
        if let Some(why) = advance.busy() {
            return Ok(Move::Refused(Vec::new(), why));
        }
        let place = place(path, git_dir);
        let said = two_way(&place, self.merge, before)?.run()?;
        if said.code != 0 {
            let in_the_way = said.complaint.contains("overwritten")
                || said.complaint.contains("not uptodate")
                || said.complaint.contains("untracked");
            if !in_the_way {
                return Err(said.failure("read-tree"));
            }
            let named = said
                .complaint
                .lines()
                .filter_map(|line| line.split('\'').nth(1));
            let files = named.map(str::to_owned).collect();
            return Ok(Move::Refused(
                files,
                "files that it would change were changed since; commit or put them away first"
                    .into(),
            ));
        }
        let moved = merge.update_ref(self.merge, before);
        if !matches!(moved, Ok(Move::Done)) {
            // The branch stays, so the files go back to it.
            two_way(&place, before, self.merge)?.ok()?;
        }
        moved
    }

    fn revert(&self, merge: &Merge<'_>, tip: &CommitId, before: &CommitId) -> GitResult<Unmerged> {
        // Git 2.40 could be told the base of a merge; an older one finds it between two commits made on top of it. Nothing refers to
        // these three, so git clears them away in time.
        let base = self.bare_commit(self.merge, None)?;
        let ours = self.bare_commit(tip, Some(&base))?;
        let theirs = self.bare_commit(before, Some(&base))?;
        let command = [
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
        ];
        let said = Git::write(&self.repo.root, &command)
            .args(&[&ours, &theirs])
            .run()?;
        let mut out = nul_separated(&said.out).map(text_of);
        let tree = match (said.code, out.next()) {
            (0, Some(tree)) => tree.trim().to_owned(),
            (1, Some(_)) => {
                let files = out.collect();
                return Ok(self.refused(files, "what came after the merge builds on it"));
            }
            _ => return Err(said.failure("merge-tree")),
        };
        let now = self
            .repo
            .read(&["rev-parse", &format!("{}^{{tree}}", tip.0)])
            .line()?;
        if tree == now {
            return Ok(Unmerged::Nothing);
        }
        let commit = ["commit-tree", &tree, "-p", &tip.0];
        let new = signed(self.repo.write(&commit), "Orchestron")
            .stdin(format!("{}\n", self.message.trim()))
            .line()
            .map(CommitId)?;
        Ok(match merge.move_to(tip, &new)? {
            Move::Done => Unmerged::Reverted { commit: new },
            Move::Raced => self.refused(Vec::new(), "the branch was moved at this very moment"),
            Move::Refused(files, why) => self.refused(files, &why),
        })
    }

    /// A commit with the files of another one, on top of at most one; no branch gets it.
    fn bare_commit(&self, like: &CommitId, parent: Option<&str>) -> GitResult<String> {
        let tree = format!("{}^{{tree}}", like.0);
        let mut command = vec!["commit-tree", &tree];
        command.extend(parent.into_iter().flat_map(|parent| ["-p", parent]));
        signed(self.repo.write(&command), "Orchestron")
            .stdin("base\n".to_owned())
            .line()
    }
}

/// Brings index and files from one commit to another, both known to be near what is there.
fn two_way(place: &Place, from: &CommitId, to: &CommitId) -> GitResult<Git> {
    // What only looks different (its time) is not different.
    Git::write_in(place, &["update-index", "-q", "--refresh"]).run()?;
    Ok(Git::write_in(place, &["read-tree", "-m", "-u"]).args(&[&from.0, &to.0]))
}

fn place(path: &Path, git_dir: &Path) -> Place {
    Place {
        git_dir: git_dir.to_owned(),
        work_tree: path.to_owned(),
    }
}

/// Puts saved work into a worktree that was made again and stands where the work was saved from.
pub(super) fn put_back(repo: &Repo, place: &Place, saved: &str) -> GitResult<()> {
    let Some(commit) = repo.ref_target(saved)? else {
        return Err(GitError::Unexpected {
            command: format!("rev-parse {saved}"),
            said: "the saved work is not kept any more".into(),
        });
    };
    let parent = repo
        .read(&["rev-parse", "--verify", "--quiet"])
        .arg(format!("{}^", commit.0))
        .line_or_none()?;
    let head = Git::read_in(place, &["rev-parse", "HEAD"]).line()?;
    if parent.as_deref() != Some(&head) {
        return Err(GitError::Unexpected {
            command: format!("restore --source={saved}"),
            said: format!(
                "the branch has moved on since; by hand: git -C {} cherry-pick -n {saved}",
                place.work_tree.display()
            ),
        });
    }
    Git::write_in(place, &["restore", "--worktree"])
        .args(&[&format!("--source={}", commit.0), "--", ":/"])
        .ok()?;
    Ok(())
}
