//! Taking a worktree away without ever losing what is in no commit.
//!
//! The folder is renamed first (from then on nobody works in it), then saved, then renamed again to a name that says it is saved, and only
//! under that name deleted. Killed at any moment, the next call goes on, or [`undo`] puts the folder back.

use super::{
    command::Place,
    error::{GitError, GitResult},
    layout::Repo,
    saved, stale_locks,
};
use orchestron_domain::{CommitId, TaskId};
use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The name of a folder that is being saved.
const LEAVING: &str = ".removing";
/// The name of a folder that is saved and can be deleted, before its number.
const SAVED: &str = ".saved-";

/// `name` + `suffix` in the same folder, so that relative links stay right.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(suffix);
    path.with_file_name(name)
}

/// Puts a folder back whose removal was interrupted before it was saved.
pub(super) fn undo(path: &Path) -> GitResult<()> {
    let leaving = beside(path, LEAVING);
    if leaving.is_dir() && path.symlink_metadata().is_err() {
        rename(&leaving, path)?;
    }
    delete_left_overs(path)
}

/// Removes the worktree at `path`; returns the ref that keeps what was uncommitted. Fine when it is gone already.
pub(super) fn remove(repo: &Repo, task: &TaskId, path: &Path) -> GitResult<Option<String>> {
    delete_left_overs(path)?;
    let leaving = beside(path, LEAVING);
    let admin = repo.admin_of(path)?;
    let mut kept = None;
    if path.is_dir() {
        if leaving.is_dir() {
            // Somebody made a new folder while an old one was leaving: git's side belongs to the new one.
            kept = save_leaving(repo, task, None, path, &leaving)?;
        }
        let Some(git_dir) = admin.clone() else {
            return Err(GitError::ForeignTree {
                tree: path.to_owned(),
            });
        };
        let place = Place {
            git_dir,
            work_tree: path.to_owned(),
        };
        saved::check_nested(&place)?;
        stale_locks::clear(&place)?;
        rename(path, &leaving)?;
    }
    if leaving.is_dir() {
        kept = save_leaving(repo, task, admin.as_deref(), path, &leaving)?.or(kept);
    } else if let Some(admin) = &admin {
        kept = saved::rescue_index(repo, task, admin)?;
    }
    forget(repo, path)?;
    delete_left_overs(path)?;
    Ok(kept)
}

/// Saves a renamed folder and marks it as deletable; when it cannot be saved, it is put back.
fn save_leaving(
    repo: &Repo,
    task: &TaskId,
    admin: Option<&Path>,
    path: &Path,
    leaving: &Path,
) -> GitResult<Option<String>> {
    let result = match admin {
        Some(admin) => {
            let place = Place {
                git_dir: admin.to_owned(),
                work_tree: leaving.to_owned(),
            };
            saved::save_worktree(repo, task, &place)
        }
        None => match repo.task_branches(task)?.first() {
            Some(branch) => repo
                .need_tip(branch)
                .and_then(|tip| saved::save_folder(repo, task, leaving, &tip)),
            None => Err(GitError::ForeignTree {
                tree: leaving.to_owned(),
            }),
        },
    };
    match result {
        Ok(kept) => {
            rename(leaving, &free_name(path))?;
            Ok(kept)
        }
        Err(error) => {
            if path.symlink_metadata().is_err() {
                rename(leaving, path)?;
            }
            Err(error)
        }
    }
}

/// Clears away a worktree that was never whole. Nobody ever worked in it; new or changed files in it are saved all the same.
pub(super) fn discard(
    repo: &Repo,
    task: &TaskId,
    path: &Path,
    base_tip: &CommitId,
) -> GitResult<()> {
    if path.is_dir() {
        if let Some(git_dir) = repo.admin_of(path)? {
            // A git that was not killed with its starter may still be filling it.
            stale_locks::clear(&Place {
                git_dir,
                work_tree: path.to_owned(),
            })?;
        }
        let parent = match repo.task_branches(task)?.first() {
            Some(branch) => repo.need_tip(branch)?,
            None => base_tip.clone(),
        };
        saved::save_folder(repo, task, path, &parent)?;
        rename(path, &free_name(path))?;
    }
    forget(repo, path)?;
    delete_left_overs(path)
}

/// Deletes a folder whose content is saved.
pub(super) fn delete_saved(path: &Path) -> GitResult<()> {
    rename(path, &free_name(path))?;
    delete_left_overs(path)
}

/// Removes what git knows about a worktree whose folder is gone, and about no other. (`git worktree remove --force` would delete a
/// folder that came back meanwhile; `git worktree prune` would also forget worktrees of the user's on a disk that is not mounted.)
pub(super) fn forget(repo: &Repo, path: &Path) -> GitResult<()> {
    let Some(admin) = repo.admin_of(path)? else {
        return Ok(());
    };
    if path.symlink_metadata().is_ok() {
        return Err(GitError::ForeignTree {
            tree: path.to_owned(),
        });
    }
    // What names the worktree goes last, so that a crash leaves something that is found again.
    for entry in fs::read_dir(&admin).into_iter().flatten().flatten() {
        if entry.file_name() != "gitdir" {
            delete(&entry.path())?;
        }
    }
    delete(&admin)
}

fn rename(from: &Path, to: &Path) -> GitResult<()> {
    fs::rename(from, to).map_err(|source| GitError::File {
        doing: "move",
        path: from.to_owned(),
        source,
    })
}

fn free_name(path: &Path) -> PathBuf {
    let mut n = 1_u32;
    loop {
        let name = beside(path, &format!("{SAVED}{n}"));
        if name.symlink_metadata().is_err() {
            return name;
        }
        n += 1;
    }
}

/// Deletes the folders of this worktree that are saved.
fn delete_left_overs(path: &Path) -> GitResult<()> {
    let Some(parent) = path.parent() else {
        return Ok(());
    };
    let prefix = beside(path, SAVED);
    let prefix = prefix.file_name().map(|n| n.as_encoded_bytes().to_vec());
    let Ok(listing) = fs::read_dir(parent) else {
        return Ok(());
    };
    for entry in listing.flatten() {
        let name = entry.file_name();
        if prefix
            .as_ref()
            .is_some_and(|p| name.as_encoded_bytes().starts_with(p))
        {
            delete(&entry.path())?;
        }
    }
    Ok(())
}

/// Deletes a folder or file, also when programs made parts of it read-only or are just writing their last into it.
fn delete(path: &Path) -> GitResult<()> {
    let mut tries = 0;
    loop {
        let gone = if path.is_symlink() || path.is_file() {
            fs::remove_file(path)
        } else {
            fs::remove_dir_all(path)
        };
        let source = match gone {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => e,
        };
        tries += 1;
        if tries > 5 {
            return Err(GitError::File {
                doing: "delete",
                path: path.to_owned(),
                source,
            });
        }
        if source.kind() == io::ErrorKind::PermissionDenied {
            make_writable(path);
        }
        thread::sleep(Duration::from_millis(20 * tries));
    }
}

/// Makes all folders below `path` writable for us; what fails shows when they are deleted.
fn make_writable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).ok();
    }
    let Ok(listing) = fs::read_dir(path) else {
        return;
    };
    for entry in listing.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_writable(&entry.path());
        }
    }
}
