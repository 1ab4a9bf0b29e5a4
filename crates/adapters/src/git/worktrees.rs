//! A worktree for each task: made, found again, and mended whatever a crash or a person left of it.
//!
//! A worktree is made under a lock whose reason says so, and locked with another reason when it is whole. One that still says
//! "being made" was never handed to anybody and is made anew; everything else that is found is kept, and what has to give way
//! is saved to a ref first.

use super::{
    command::{Git, Place},
    error::{GitError, GitResult},
    known,
    layout::{Entry, Repo, git_dir_named_in, normal},
    removal, saved, stale_locks,
};
use orchestron_domain::{CommitId, TaskId};
use orchestron_engine::ports::Worktree;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Why a worktree is locked that is not whole yet.
const MAKING: &str = "orchestron: being made";
/// Why a worktree is locked whose files are being joined with a new git folder.
const JOINING: &str = "orchestron: being joined again";
/// The ref of a worktree that says which commit it started from.
const BASE_REF: &str = "refs/worktree/orchestron-base";
/// How long the readable part of a branch's name gets, in bytes.
const MAX_SLUG_BYTES: usize = 60;

/// What a task's worktree is made from.
pub(super) struct Making<'a> {
    pub repo: &'a Repo,
    pub task: &'a TaskId,
    pub slug: &'a str,
    pub base_branch: &'a str,
    /// The folder of all worktrees.
    pub dir: &'a Path,
}

/// The task's worktree, without changing anything; none when there is none that is whole.
pub(super) fn find(repo: &Repo, dir: &Path, task: &TaskId) -> GitResult<Option<Worktree>> {
    let path = normal(dir).join(task.to_string());
    let Some(entry) = entry_of(repo, task, &path)? else {
        return Ok(None);
    };
    let unfinished = [MAKING, JOINING];
    if entry
        .locked
        .as_deref()
        .is_some_and(|reason| unfinished.contains(&reason))
    {
        return Ok(None);
    }
    let Some(admin) = repo.admin_of(&entry.path)? else {
        return Ok(None);
    };
    if !Repo::links_to(&entry.path, &admin) {
        return Ok(None);
    }
    let branch = match entry.branch.clone() {
        Some(branch) if repo.is_task_branch(&branch, task)? => Some(branch),
        _ => repo.task_branches(task)?.into_iter().next(),
    };
    match branch {
        Some(branch) => handed_over(repo, &entry.path, branch).map(Some),
        None => Ok(None),
    }
}

/// A place of this repository's task worktrees, from what the engine remembers about it.
pub(super) fn place_of(repo: &Repo, tree: &Worktree) -> GitResult<Place> {
    repo.place(&root_of(repo, tree))
}

/// The top folder of a worktree: its path without the project's place in the repository.
pub(super) fn root_of(repo: &Repo, tree: &Worktree) -> PathBuf {
    let path = PathBuf::from(&tree.path);
    let prefix = Path::new(&repo.prefix);
    let depth = prefix.components().count();
    if depth > 0 && path.ends_with(prefix) {
        path.ancestors()
            .nth(depth)
            .map_or(path.clone(), Path::to_path_buf)
    } else {
        path
    }
}

impl Making<'_> {
    /// Makes or finds the worktree; it is whole and locked afterwards.
    pub fn make(&self) -> GitResult<Worktree> {
        let base_tip = self.repo.need_tip(self.base_branch)?;
        fs::create_dir_all(self.dir).map_err(|source| GitError::File {
            doing: "make",
            path: self.dir.to_owned(),
            source,
        })?;
        let path = normal(self.dir).join(self.task.to_string());
        removal::undo(&path)?;
        self.clear_link(&path)?;
        if let Some(branch) = self.take_up_entry(&path, &base_tip)? {
            return Ok(branch);
        }
        if path.symlink_metadata().is_ok()
            && let Some(tree) = self.take_up_folder(&path, &base_tip)?
        {
            return Ok(tree);
        }
        let branch = self.branch(&base_tip)?;
        self.add(&path, &branch, &base_tip)
    }

    /// Takes up the worktree git knows about; none when it had to be cleared away.
    fn take_up_entry(&self, path: &Path, base_tip: &CommitId) -> GitResult<Option<Worktree>> {
        let Some(entry) = entry_of(self.repo, self.task, path)? else {
            return Ok(None);
        };
        if entry.locked.as_deref() == Some(MAKING) {
            removal::discard(self.repo, self.task, &entry.path, base_tip)?;
            return Ok(None);
        }
        let Some(admin) = self.repo.admin_of(&entry.path)? else {
            return Ok(None);
        };
        if !entry.path.is_dir() {
            saved::rescue_index(self.repo, self.task, &admin)?;
            removal::forget(self.repo, &entry.path)?;
            return Ok(None);
        }
        if !Repo::links_to(&entry.path, &admin) {
            relink(&entry.path, &admin)?;
        }
        if entry.locked.as_deref() == Some(JOINING) {
            self.fill_index(&admin, &entry.path)?;
            self.repo
                .worktree_command(&["unlock"])
                .arg(&entry.path)
                .ok()?;
        }
        if entry.locked.is_none() || entry.locked.as_deref() == Some(JOINING) {
            self.lock(&entry.path)?;
        }
        let branch = match entry.branch.clone() {
            Some(branch) if self.repo.is_task_branch(&branch, self.task)? => branch,
            // The agent went elsewhere; what it made there is dealt with when it is committed.
            _ => self.existing_branch()?.ok_or_else(|| GitError::NoBranch {
                branch: self.branch_name(),
            })?,
        };
        self.catch_up(&entry.path, &branch, base_tip)?;
        handed_over(self.repo, &entry.path, branch).map(Some)
    }

    /// A branch without work of its own (the task was prepared a while ago) starts from where the base is now. Changes that lie in
    /// the worktree stay; when they are in the way, so does the old start.
    fn catch_up(&self, path: &Path, branch: &str, base_tip: &CommitId) -> GitResult<()> {
        let tip = self.repo.need_tip(branch)?;
        if tip == *base_tip || !self.repo.is_ancestor(&tip, base_tip)? {
            return Ok(());
        }
        let place = self.repo.place(path)?;
        let on_branch =
            Git::read_in(&place, &["symbolic-ref", "--short", "--quiet", "HEAD"]).line_or_none()?;
        if on_branch.as_deref() == Some(branch) {
            // Its exit code tells whether local changes were in the way; then nothing was changed.
            Git::write_in(&place, &["merge", "--ff-only", "--quiet"])
                .arg(&base_tip.0)
                .run()?;
        }
        Ok(())
    }

    /// A folder stands where the worktree belongs and git knows nothing of it (somebody removed git's side, or made a new clone).
    fn take_up_folder(&self, path: &Path, base_tip: &CommitId) -> GitResult<Option<Worktree>> {
        let foreign = || GitError::ForeignTree {
            tree: path.to_owned(),
        };
        if path.is_symlink() || !path.is_dir() || path.join(".git").is_dir() {
            return Err(foreign());
        }
        if fs::remove_dir(path).is_ok() {
            return Ok(None);
        }
        let linked = path.join(".git").is_file();
        if linked {
            // Fails when there is nothing to repair with; then the list that follows still does not have it.
            let repair = self.repo.worktree_command(&["repair"]).arg(path).run()?;
            if repair.code == 0
                && let Some(tree) = self.take_up_entry(path, base_tip)?
            {
                return Ok(Some(tree));
            }
        }
        match self.existing_branch()? {
            Some(branch) if linked => {
                self.not_elsewhere(&branch)?;
                self.join(path, &branch, base_tip).map(Some)
            }
            existing => {
                let parent = match existing {
                    Some(branch) => self.repo.need_tip(&branch)?,
                    None => base_tip.clone(),
                };
                saved::save_folder(self.repo, self.task, path, &parent)?;
                removal::delete_saved(path)?;
                Ok(None)
            }
        }
    }

    /// The task's branch: the one there is, brought up to the base when it has nothing of its own, or a new one.
    fn branch(&self, base_tip: &CommitId) -> GitResult<String> {
        let (branch, old) = match self.existing_branch()? {
            Some(branch) => {
                self.not_elsewhere(&branch)?;
                let tip = self.repo.need_tip(&branch)?;
                if tip == *base_tip || !self.repo.is_ancestor(&tip, base_tip)? {
                    return Ok(branch);
                }
                (branch, tip.0)
            }
            None => (self.branch_name(), "0".repeat(base_tip.0.len())),
        };
        stale_locks::clear_branch(self.repo, &branch)?;
        let name = format!("refs/heads/{branch}");
        let why = format!("orchestron: start {}", self.task);
        let said = self
            .repo
            .write(&[
                "update-ref",
                "--create-reflog",
                "-m",
                &why,
                &name,
                &base_tip.0,
                &old,
            ])
            .run()?;
        if said.code == 0 {
            return Ok(branch);
        }
        if self.repo.branch_tip("task")?.is_some() {
            return Err(GitError::BranchBlocked {
                branch,
                by: "task".to_owned(),
            });
        }
        Err(said.failure("update-ref"))
    }

    fn branch_name(&self) -> String {
        let slug = clean_slug(self.slug);
        if slug.is_empty() {
            format!("task/{}", self.task)
        } else {
            format!("task/{}-{slug}", self.task)
        }
    }

    fn existing_branch(&self) -> GitResult<Option<String>> {
        let wanted = self.branch_name();
        let mut branches = self.repo.task_branches(self.task)?;
        Ok(if branches.contains(&wanted) {
            Some(wanted)
        } else if branches.is_empty() {
            None
        } else {
            Some(branches.swap_remove(0))
        })
    }

    /// Fails when somebody has the branch checked out in another place that is really there.
    fn not_elsewhere(&self, branch: &str) -> GitResult<()> {
        for (n, entry) in self.repo.entries()?.into_iter().enumerate() {
            if entry.branch.as_deref() != Some(branch) || entry.bare {
                continue;
            }
            if n == 0 || self.is_real(&entry)? {
                return Err(GitError::BranchElsewhere {
                    branch: branch.to_owned(),
                    at: entry.path,
                });
            }
        }
        Ok(())
    }

    /// Whether the folder of a listed worktree is there and says that it belongs to this repository (a copied repository lists the
    /// worktrees of its original).
    fn is_real(&self, entry: &Entry) -> GitResult<bool> {
        Ok(self
            .repo
            .admin_of(&entry.path)?
            .is_some_and(|admin| Repo::links_to(&entry.path, &admin)))
    }

    fn add(&self, path: &Path, branch: &str, base_tip: &CommitId) -> GitResult<Worktree> {
        // Forced, because whoever else claims to have the branch was found not to be there.
        let add = [
            "add", "--quiet", "--force", "--lock", "--reason", MAKING, "--",
        ];
        self.repo
            .worktree_command(&add)
            .arg(path)
            .arg(branch)
            .ok()?;
        let place = self.repo.place(path)?;
        self.finish(&place, branch, base_tip)
    }

    /// Gives a folder with files a git folder again: everything in it that differs from the branch is uncommitted work then.
    fn join(&self, path: &Path, branch: &str, base_tip: &CommitId) -> GitResult<Worktree> {
        let link = link_of(path);
        let add = [
            "add",
            "--quiet",
            "--force",
            "--no-checkout",
            "--lock",
            "--reason",
            JOINING,
            "--",
        ];
        self.repo
            .worktree_command(&add)
            .arg(&link)
            .arg(branch)
            .ok()?;
        let admin = self.repo.place(&link)?.git_dir;
        let (from, to) = (link.join(".git"), path.join(".git"));
        fs::rename(&from, &to)
            .and_then(|()| {
                let back = to.to_str().map(|text| format!("{text}\n"));
                back.map_or(Ok(()), |back| fs::write(admin.join("gitdir"), back))
            })
            .and_then(|()| fs::remove_dir(&link))
            .map_err(|source| GitError::File {
                doing: "join",
                path: to,
                source,
            })?;
        self.fill_index(&admin, path)?;
        let place = self.repo.place(path)?;
        self.finish(&place, branch, base_tip)
    }

    /// The index of a joined folder: what its branch has, so that everything else shows as a change.
    fn fill_index(&self, admin: &Path, path: &Path) -> GitResult<()> {
        let place = Place {
            git_dir: admin.to_owned(),
            work_tree: path.to_owned(),
        };
        stale_locks::clear(&place)?;
        Git::write_in(&place, &["read-tree", "HEAD"]).ok().map(drop)
    }

    /// Clears away what a crash in [`Self::join`] left.
    fn clear_link(&self, path: &Path) -> GitResult<()> {
        let link = link_of(path);
        let known = self.repo.admin_of(&link)?.is_some();
        if link.is_dir() {
            let dot_git = link.join(".git");
            let cleared = if dot_git.exists() {
                fs::remove_file(&dot_git)
            } else {
                Ok(())
            };
            cleared
                .and_then(|()| fs::remove_dir(&link))
                .map_err(|source| GitError::File {
                    doing: "delete",
                    path: link.clone(),
                    source,
                })?;
        }
        if known {
            removal::forget(self.repo, &link)?;
        }
        Ok(())
    }

    /// The last steps: note the start, check, lock for good.
    fn finish(&self, place: &Place, branch: &str, base_tip: &CommitId) -> GitResult<Worktree> {
        let head = Repo::head_of(place)?.unwrap_or_default();
        if head != format!("refs/heads/{branch}") {
            return Err(GitError::OnOtherBranch {
                tree: place.work_tree.clone(),
                expected: branch.to_owned(),
                found: head,
            });
        }
        let tip = self.repo.need_tip(branch)?;
        let base = if tip == *base_tip {
            tip
        } else {
            let base = self.repo.merge_base(&tip, base_tip)?;
            base.unwrap_or_else(|| base_tip.clone())
        };
        Git::write_in(place, &["update-ref", BASE_REF, &base.0]).ok()?;
        self.relock(place)?;
        handed_over(self.repo, &place.work_tree, branch.to_owned())
    }

    /// Says in the worktree's own file that it is whole and whose it is; at no moment is it not locked.
    fn relock(&self, place: &Place) -> GitResult<()> {
        let (new, lock) = (
            place.git_dir.join("locked.new"),
            place.git_dir.join("locked"),
        );
        fs::write(&new, format!("{}\n", self.reason()))
            .and_then(|()| fs::rename(&new, &lock))
            .map_err(|source| GitError::File {
                doing: "write",
                path: lock,
                source,
            })
    }

    fn reason(&self) -> String {
        format!("orchestron: {}", self.task)
    }

    fn lock(&self, path: &Path) -> GitResult<()> {
        self.repo
            .worktree_command(&["lock", "--reason", &self.reason()])
            .arg(path)
            .ok()
            .map(drop)
    }
}

/// The worktree git lists for the task: the one in its place, or one in another place (the place is configurable) that has the
/// task's name and branch and belongs to this repository.
pub(super) fn entry_of(repo: &Repo, task: &TaskId, path: &Path) -> GitResult<Option<Entry>> {
    if let Some(entry) = repo.plain_entry(task, path)? {
        return Ok(Some(entry));
    }
    let name = task.to_string();
    if repo.is_without_trees_named(&name) {
        return Ok(None);
    }
    let entries = repo.entries()?;
    let linked = entries.get(1..).unwrap_or_default();
    if let Some(entry) = linked.iter().find(|entry| normal(&entry.path) == path) {
        return Ok(Some(entry.clone()));
    }
    for entry in linked {
        let named = entry
            .path
            .file_name()
            .is_some_and(|n| n.to_str() == Some(&name));
        if named
            && let Some(branch) = &entry.branch
            && repo.is_task_branch(branch, task)?
            && let Some(admin) = repo.admin_of(&entry.path)?
            && Repo::links_to(&entry.path, &admin)
        {
            return Ok(Some(entry.clone()));
        }
    }
    Ok(None)
}

/// What the engine gets to know of a worktree that is whole.
fn handed_over(repo: &Repo, root: &Path, branch: String) -> GitResult<Worktree> {
    let place = repo.place(root)?;
    let noted = known::small(&place.git_dir.join(BASE_REF)).ok();
    let base = match noted.as_deref().and_then(known::id_in) {
        Some(base) => Some(base),
        None => Git::read_in(&place, &["rev-parse", "--verify", "--quiet", BASE_REF])
            .line_or_none()?
            .map(CommitId),
    };
    let path = root.join(&repo.prefix);
    fs::create_dir_all(&path).map_err(|source| GitError::File {
        doing: "make",
        path: path.clone(),
        source,
    })?;
    // Joined with an empty prefix, a path gets a slash at its end.
    let path = path.components().collect::<PathBuf>();
    let text = path.to_str().map(str::to_owned);
    Ok(Worktree {
        path: text.ok_or(GitError::NotUnicode { path })?,
        branch: Some(branch),
        base,
    })
}

/// Points a folder's `.git` to the git folder that is written down for it, if it points nowhere.
fn relink(path: &Path, admin: &Path) -> GitResult<()> {
    let dot_git = path.join(".git");
    if git_dir_named_in(path).is_some_and(|dir| dir.exists()) {
        return Err(GitError::ForeignTree {
            tree: path.to_owned(),
        });
    }
    let mut line = b"gitdir: ".to_vec();
    line.extend_from_slice(admin.as_os_str().as_encoded_bytes());
    line.push(b'\n');
    fs::write(&dot_git, line).map_err(|source| GitError::File {
        doing: "write",
        path: dot_git,
        source,
    })
}

/// Where a git folder is made for a folder that lost its own; beside it, so that relative links stay right.
fn link_of(path: &Path) -> PathBuf {
    removal::beside(path, ".link")
}

/// The readable part of a branch's name: letters, digits and single dashes.
fn clean_slug(slug: &str) -> String {
    let mut clean = String::new();
    for c in slug.chars() {
        let c = if c.is_alphanumeric() { c } else { '-' };
        if clean.len() + c.len_utf8() > MAX_SLUG_BYTES {
            break;
        }
        if c != '-' || !(clean.is_empty() || clean.ends_with('-')) {
            clean.push(c);
        }
    }
    clean.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::clean_slug;

    #[test]
    fn slugs_become_branch_names() {
        for (slug, clean) in [
            ("add-login", "add-login"),
            (
                "--Größe  ändern..lock/../x~^:?*[\\@{",
                "Größe-ändern-lock-x",
            ),
            ("", ""),
            ("...", ""),
            ("a\u{202e}b\nc", "a-b-c"),
        ] {
            assert_eq!(clean_slug(slug), clean);
        }
        assert!(clean_slug(&"ü".repeat(100)).len() <= 60);
    }
}
