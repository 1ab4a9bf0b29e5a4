//! Merging an approved commit into the base branch: in memory, with a compare-and-swap at the end, changing nothing when it cannot be done.

use super::{
    checkout::{self, Move},
    command::{Git, nul_separated, text_of},
    error::{GitError, GitResult},
    identity::signed,
    layout::{Repo, git_dir_named_in, normal},
    unmerge,
};
use orchestron_domain::CommitId;
use orchestron_engine::ports::MergeOutcome;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How often the merge is made anew when somebody else moved the base branch meanwhile.
const MAX_RACES: u32 = 3;

/// How long another merge of ours is waited for: 30 seconds.
const TURN_LOOKS: u32 = 600;
const TURN_PAUSE: Duration = Duration::from_millis(50);

/// A merge that somebody approved.
pub(super) struct Merge<'a> {
    pub repo: &'a Repo,
    /// The task's branch.
    pub branch: &'a str,
    pub base_branch: &'a str,
    /// What was approved; the branch's tip if none is named.
    pub commit: Option<&'a CommitId>,
    pub message: &'a str,
}

/// One try.
enum Try {
    Done(MergeOutcome),
    Raced,
}

/// What merging two commits gives.
pub(super) enum Merged {
    /// The merged tree.
    Clean(String),
    /// The files that conflict.
    Conflict(Vec<String>),
    /// They have no common history.
    Unrelated,
}

pub(super) fn refused(files: Vec<String>, why: impl Into<String>) -> MergeOutcome {
    MergeOutcome::Refused {
        files,
        why: why.into(),
    }
}

/// Merges two commits in memory. With `off`, programs of the repository are not run.
pub(super) fn in_memory(
    repo: &Repo,
    base: &CommitId,
    other: &CommitId,
    off: &[(String, String)],
) -> GitResult<Merged> {
    // Run in the project's folder, where `.gitattributes` says how files merge.
    let command = [
        "merge-tree",
        "--write-tree",
        "-z",
        "--name-only",
        "--no-messages",
    ];
    let said = Git::write(&repo.root, &command)
        .configs(off)
        .args(&[&base.0, &other.0])
        .run()?;
    let mut parts = nul_separated(&said.out);
    match (said.code, parts.next()) {
        (0, Some(tree)) => Ok(Merged::Clean(text_of(tree).trim().to_owned())),
        (1, Some(_)) => {
            let mut files: Vec<String> = parts.map(text_of).collect();
            files.dedup();
            Ok(Merged::Conflict(files))
        }
        _ if said.complaint.contains("unrelated histories") => Ok(Merged::Unrelated),
        _ => Err(said.failure("merge-tree")),
    }
}

/// The files in which the branch and its base would conflict now.
pub(super) fn forecast(repo: &Repo, branch: &str, base_branch: &str) -> GitResult<Vec<String>> {
    let tip = repo.need_tip(branch)?;
    let base = repo.need_tip(base_branch)?;
    if repo.is_ancestor(&tip, &base)? || repo.is_ancestor(&base, &tip)? {
        return Ok(Vec::new());
    }
    let off = repo.without_programs()?;
    match in_memory(repo, &base, &tip, &off)? {
        Merged::Clean(_) => Ok(Vec::new()),
        Merged::Conflict(files) => Ok(files),
        Merged::Unrelated => {
            let out = repo
                .read(&["ls-tree", "-r", "--name-only", "-z", &tip.0])
                .ok()?;
            Ok(nul_separated(&out).map(text_of).collect())
        }
    }
}

impl Merge<'_> {
    /// Merges, or refuses.
    pub fn run(&self) -> GitResult<MergeOutcome> {
        let Some(_turn) = self.turn()? else {
            let why =
                "Another merge into this repository is going on. Approve again when it is done.";
            return Ok(refused(Vec::new(), why));
        };
        for _ in 0..=MAX_RACES {
            match self.attempt() {
                Ok(Try::Done(outcome)) => return Ok(outcome),
                Ok(Try::Raced) => {}
                Err(error @ GitError::Locked { .. }) => {
                    let cure = error.cure().unwrap_or_default();
                    return Ok(refused(Vec::new(), format!("{error}. {cure}")));
                }
                Err(error) => return Err(error),
            }
        }
        let base = self.base_branch;
        Ok(refused(
            Vec::new(),
            format!(
                "`{base}` was moved by somebody else each time the merge was ready. Approve again."
            ),
        ))
    }

    /// Our own merges into one repository take turns, whichever project's they are; the turn ends with the file handle.
    pub fn turn(&self) -> GitResult<Option<File>> {
        let path = self.repo.common.join("orchestron-merge.lock");
        let failed = |source| GitError::File {
            doing: "lock",
            path: path.clone(),
            source,
        };
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(failed)?;
        for _ in 0..TURN_LOOKS {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => thread::sleep(TURN_PAUSE),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        Ok(None)
    }

    fn attempt(&self) -> GitResult<Try> {
        let base = self.base_branch;
        let Some(old) = self.repo.branch_tip(base)? else {
            let why = format!(
                "There is no branch `{base}` to merge into. Make it, or choose another base branch."
            );
            return Ok(Try::Done(refused(Vec::new(), why)));
        };
        let approved = match self.commit {
            Some(commit) => self.repo.commit(commit)?,
            None => self.repo.branch_tip(self.branch)?,
        };
        let Some(approved) = approved else {
            let what = self.commit.map_or(self.branch, |c| c.0.as_str());
            let why = format!(
                "`{what}` is not in the repository any more. Send the task back to be done again."
            );
            return Ok(Try::Done(refused(Vec::new(), why)));
        };
        if self.repo.is_ancestor(&approved, &old)? {
            return Ok(Try::Done(MergeOutcome::Merged {
                commit: self.earlier_merge(&approved, &old)?,
                into: base.to_owned(),
            }));
        }
        let tree = match in_memory(self.repo, &old, &approved, &[])? {
            Merged::Clean(tree) => tree,
            Merged::Conflict(files) => {
                let why = format!(
                    "The work conflicts with what is on `{base}` now. Send it back to be brought up to date (merge `{base}` into `{}` and resolve), or merge it by hand.",
                    self.branch
                );
                return Ok(Try::Done(refused(files, why)));
            }
            Merged::Unrelated => {
                let why = format!(
                    "The work and `{base}` have no common history. Choose the base branch it was made from."
                );
                return Ok(Try::Done(refused(Vec::new(), why)));
            }
        };
        let new = self.commit_tree(&tree, &old, &approved)?;
        self.move_base(&old, &new)
    }

    /// The merge commit on the base branch that brought `approved` in, when it was merged before.
    fn earlier_merge(&self, approved: &CommitId, base: &CommitId) -> GitResult<Option<CommitId>> {
        let range = format!("{}..{}", approved.0, base.0);
        let out = self
            .repo
            .read(&[
                "rev-list",
                "--first-parent",
                "--merges",
                "--parents",
                &range,
            ])
            .ok()?;
        Ok(text_of(&out).lines().find_map(|line| {
            let mut ids = line.split(' ');
            let merge = ids.next()?;
            let mut others = ids.skip(1);
            others
                .any(|id| id == approved.0)
                .then(|| CommitId::from(merge))
        }))
    }

    fn commit_tree(&self, tree: &str, old: &CommitId, approved: &CommitId) -> GitResult<CommitId> {
        let message = self.message.replace('\0', " ");
        let message = match message.trim() {
            "" => format!("Merge {}\n", self.branch),
            text => format!("{text}\n"),
        };
        let commit = ["commit-tree", tree, "-p", &old.0, "-p", &approved.0];
        signed(self.repo.write(&commit), "Orchestron")
            .stdin(message)
            .line()
            .map(CommitId)
    }

    fn move_base(&self, old: &CommitId, new: &CommitId) -> GitResult<Try> {
        // Before the branch moves, so that there is no merge that cannot be taken back.
        unmerge::keep(self.repo, new)?;
        let moved = self.move_to(old, new)?;
        if !matches!(moved, Move::Done) {
            unmerge::forget(self.repo, new)?;
        }
        Ok(match moved {
            Move::Done => Try::Done(MergeOutcome::Merged {
                commit: Some(new.clone()),
                into: self.base_branch.to_owned(),
            }),
            Move::Raced => Try::Raced,
            Move::Refused(files, why) => Try::Done(refused(files, why)),
        })
    }

    /// Moves the base branch forward, and its checkout with it.
    pub fn move_to(&self, old: &CommitId, new: &CommitId) -> GitResult<Move> {
        let base = self.base_branch;
        let checkouts = match self.checkouts()? {
            Ok(checkouts) => checkouts,
            Err(why) => return Ok(Move::Refused(Vec::new(), why)),
        };
        Ok(match checkouts.as_slice() {
            [] => self.update_ref(old, new)?,
            [(path, git_dir)] => checkout::Advance {
                repo: self.repo,
                path,
                git_dir,
                branch: base,
                old,
                new,
            }
            .run()?,
            several => {
                let places: Vec<_> = several
                    .iter()
                    .map(|(p, _)| p.display().to_string())
                    .collect();
                let why = format!(
                    "`{base}` is checked out in more than one place ({}). Switch all but one to another branch.",
                    places.join(", ")
                );
                Move::Refused(Vec::new(), why)
            }
        })
    }

    pub fn update_ref(&self, old: &CommitId, new: &CommitId) -> GitResult<Move> {
        let name = format!("refs/heads/{}", self.base_branch);
        let why = format!("orchestron: merge {}", self.branch);
        let said = self
            .repo
            .write(&["update-ref", "-m", &why, &name, &new.0, &old.0])
            .run()?;
        if said.code == 0 {
            return Ok(Move::Done);
        }
        if self.repo.branch_tip(self.base_branch)?.as_ref() != Some(old) {
            return Ok(Move::Raced);
        }
        Err(said.failure("update-ref"))
    }

    /// Where the base branch is checked out: folder and git folder. An error is the reason why it must not be moved now.
    pub fn checkouts(&self) -> GitResult<Result<Vec<(PathBuf, PathBuf)>, String>> {
        let base = self.base_branch;
        let mut found = Vec::new();
        for (n, entry) in self.repo.entries()?.into_iter().enumerate() {
            let git_dir = if n == 0 {
                Some(self.repo.common.clone())
            } else {
                self.repo.admin_of(&entry.path)?
            };
            let Some(git_dir) = git_dir.filter(|_| !entry.bare) else {
                continue;
            };
            if let Some(name) = rebased_branch(&git_dir)
                && name == format!("refs/heads/{base}")
            {
                return Ok(Err(format!(
                    "`{base}` is being rebased in {0}. Finish it (git -C '{0}' rebase --continue) or abort it (git -C '{0}' rebase --abort), then approve again.",
                    entry.path.display()
                )));
            }
            if entry.branch.as_deref() != Some(base) {
                continue;
            }
            if entry.path.is_dir() && (n == 0 || is_linked(&entry.path, &git_dir)) {
                found.push((entry.path, git_dir));
            } else if let Some(reason) = entry.locked {
                return Ok(Err(format!(
                    "`{base}` is checked out in {}, which is not there now and is locked ({reason}). Bring it back, or unlock it (git worktree unlock) and prune it (git worktree prune).",
                    entry.path.display()
                )));
            }
        }
        Ok(Ok(found))
    }
}

fn is_linked(path: &Path, git_dir: &Path) -> bool {
    git_dir_named_in(path).is_some_and(|dir| normal(&dir) == normal(git_dir))
}

/// The branch that a rebase in this checkout will move when it is done.
fn rebased_branch(git_dir: &Path) -> Option<String> {
    ["rebase-merge", "rebase-apply"].iter().find_map(|dir| {
        let name = std::fs::read_to_string(git_dir.join(dir).join("head-name")).ok()?;
        Some(name.trim().to_owned())
    })
}
