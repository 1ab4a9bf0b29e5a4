//! What tasks' branches do to each other: which files each touches, what merging two of them would run into, and bringing one up to its
//! base.

use super::{
    checkout::{Advance, Move},
    command::{CHANGED, Git, Place, nul_separated, text_of},
    diff,
    error::{GitError, GitResult},
    identity::{signed, task_of_branch, with_trailers},
    layout::Repo,
    merge::{self, Merged},
    stale_locks,
};
use orchestron_domain::CommitId;
use std::collections::BTreeSet;

/// Most names that are told of one branch; a branch that touches more is about everything anyway.
const MOST: usize = 5_000;

/// The project's part of a path of the repository, when it lies in the project.
fn in_project<'a>(repo: &Repo, path: &'a str) -> &'a str {
    path.strip_prefix(repo.prefix.as_str()).unwrap_or(path)
}

/// Files that differ between the merge base and the tip, and, with a place, those that are not committed there. Only names are asked for.
pub(super) fn touched(
    repo: &Repo,
    place: Option<&Place>,
    branch: &str,
    base_branch: &str,
) -> GitResult<BTreeSet<String>> {
    let tip = repo.need_tip(branch)?;
    let base_tip = repo.need_tip(base_branch)?;
    let base = repo.merge_base(&tip, &base_tip)?.unwrap_or(base_tip);
    let mut names = Vec::new();
    if base != tip {
        names = diff::names(repo, &base, &tip)?;
    }
    if let Some(place) = place {
        let off = repo.without_programs()?;
        let out = Git::read_in(place, &CHANGED).configs(&off).ok()?;
        // `XY path`
        for entry in nul_separated(&out) {
            names.extend_from_slice(entry.get(3..).unwrap_or_default());
            names.push(0);
        }
    }
    Ok(of_work(repo, &names))
}

/// Those of these names, each with a NUL behind it, that are about a task's work, as the project has them.
pub(super) fn of_work(repo: &Repo, names: &[u8]) -> BTreeSet<String> {
    // The one true `.mcp` is the main checkout's; it is no part of a task's work.
    let folder = format!("{}.mcp", repo.prefix);
    let below = format!("{folder}/");
    let paths = nul_separated(names).map(text_of);
    let work = paths.filter(|path| *path != folder && !path.starts_with(&below));
    let work = work.map(|path| in_project(repo, &path).to_owned());
    work.take(MOST).collect()
}

/// The files in which two commits would conflict; empty when they merge, or one contains the other.
pub(super) fn forecast_pair(
    repo: &Repo,
    one: &CommitId,
    other: &CommitId,
) -> GitResult<Vec<String>> {
    if diff::are_apart(repo, one, other) {
        return Ok(Vec::new());
    }
    let off = repo.without_programs()?;
    match merge::in_memory(repo, one, other, &off)? {
        Merged::Clean(_) => Ok(Vec::new()),
        Merged::Conflict(files) => Ok(files
            .iter()
            .map(|file| in_project(repo, file).to_owned())
            .collect()),
        // They have nothing in common, so nothing can be said about files; the merge itself will refuse.
        Merged::Unrelated => Ok(Vec::new()),
    }
}

/// Bringing a task's branch up to its base.
pub(super) struct CatchUp<'a> {
    pub repo: &'a Repo,
    pub place: &'a Place,
    pub branch: &'a str,
    pub base_branch: &'a str,
}

impl CatchUp<'_> {
    /// Merges the base into the branch and its worktree. Returns the branch's tip, and the files that conflict; then nothing was changed.
    pub fn run(&self) -> GitResult<(CommitId, Vec<String>)> {
        stale_locks::clear(self.place)?;
        stale_locks::clear_branch(self.repo, self.branch)?;
        self.is_on_branch()?;
        let old = self.repo.need_tip(self.branch)?;
        let base = self.repo.need_tip(self.base_branch)?;
        if self.repo.is_ancestor(&base, &old)? {
            return Ok((old, Vec::new()));
        }
        let tree = match merge::in_memory(self.repo, &old, &base, &[])? {
            Merged::Clean(tree) => tree,
            Merged::Conflict(files) => {
                let files = files
                    .iter()
                    .map(|file| in_project(self.repo, file).to_owned());
                return Ok((old, files.collect()));
            }
            Merged::Unrelated => {
                return Err(self.refused(format!(
                    "it has no common history with `{}`",
                    self.base_branch
                )));
            }
        };
        let new = self.commit(&tree, &old, &base)?;
        let moved = Advance {
            repo: self.repo,
            path: &self.place.work_tree,
            git_dir: &self.place.git_dir,
            branch: self.branch,
            old: &old,
            new: &new,
        }
        .run()?;
        match moved {
            Move::Done => Ok((new, Vec::new())),
            Move::Raced => Err(self.refused("somebody else moved it at the same time".to_owned())),
            Move::Refused(files, why) if files.is_empty() => Err(self.refused(why)),
            Move::Refused(files, _) => Err(self.refused(format!(
                "files with changes that are not committed are in the way: {}",
                files.join(", ")
            ))),
        }
    }

    fn refused(&self, why: String) -> GitError {
        GitError::NotCaughtUp {
            branch: self.branch.to_owned(),
            base: self.base_branch.to_owned(),
            why,
        }
    }

    fn is_on_branch(&self) -> GitResult<()> {
        let wanted = format!("refs/heads/{}", self.branch);
        let head = ["symbolic-ref", "--quiet", "HEAD"];
        let now = Git::read_in(self.place, &head).line_or_none()?;
        if now.as_deref() == Some(&wanted) {
            return Ok(());
        }
        let found = now.map_or("no branch".to_owned(), |name| {
            format!("`{}`", name.trim_start_matches("refs/heads/"))
        });
        Err(GitError::OnOtherBranch {
            tree: self.place.work_tree.clone(),
            expected: self.branch.to_owned(),
            found,
        })
    }

    fn commit(&self, tree: &str, old: &CommitId, base: &CommitId) -> GitResult<CommitId> {
        let message = format!("Bring {} up to {}\n", self.branch, self.base_branch);
        let message = with_trailers(&message, task_of_branch(self.branch).as_ref(), "Orchestron");
        let commit = ["commit-tree", tree, "-p", &old.0, "-p", &base.0];
        signed(self.repo.write(&commit), "Orchestron")
            .stdin(message)
            .line()
            .map(CommitId)
    }
}
