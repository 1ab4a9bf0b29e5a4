//! Lock files that a killed git left behind in a task's worktree. In the user's own checkout none is ever removed.

use super::{
    command::Place,
    error::{GitError, GitResult},
    layout::{Repo, normal},
};
use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// How long a git that is at work is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// A lock younger than this may belong to a git that is just starting.
const YOUNG: Duration = Duration::from_secs(2);
/// Where it cannot be told whether a process uses a lock, it is stale when it is older than this.
const OLD: Duration = Duration::from_secs(600);

/// Waits for gits at work in a task's worktree, and clears away the locks of those that were killed.
pub(super) fn clear(place: &Place) -> GitResult<()> {
    for name in [
        "index.lock",
        "HEAD.lock",
        "refs/worktree/orchestron-base.lock",
    ] {
        clear_lock(&place.git_dir.join(name), Some(&place.work_tree))?;
    }
    Ok(())
}

/// The same for the lock of a task's branch.
pub(super) fn clear_branch(repo: &Repo, branch: &str) -> GitResult<()> {
    let lock = repo.common.join(format!("refs/heads/{branch}.lock"));
    clear_lock(&lock, None)
}

/// A lock in the user's own checkout is nobody's only when it is this old, too.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// Locks of the repository and of all its checkouts that a killed git left behind.
pub(super) fn left_behind(repo: &Repo) -> GitResult<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut add = |dir: &Path, tree: Option<&Path>| {
        for name in ["index.lock", "HEAD.lock", "packed-refs.lock"] {
            let lock = dir.join(name);
            if is_left_behind(&lock, tree) && !found.contains(&lock) {
                found.push(lock);
            }
        }
    };
    add(&repo.common, Some(&repo.top));
    for entry in repo.entries()? {
        if let Some(dir) = repo.admin_of(&entry.path)? {
            add(&dir, Some(&entry.path));
        }
    }
    Ok(found)
}

fn is_left_behind(lock: &Path, tree: Option<&Path>) -> bool {
    age_of(lock).is_some_and(|age| age > LEFT_BEHIND) && is_stale(lock, tree)
}

/// Deletes one of those. Returns whether it still was one.
pub(super) fn clear_left_behind(repo: &Repo, lock: &Path) -> GitResult<bool> {
    let is = left_behind(repo)?.iter().any(|one| one == lock);
    if is {
        remove(lock)?;
    }
    Ok(is)
}

fn age_of(lock: &Path) -> Option<Duration> {
    let written = fs::metadata(lock).and_then(|meta| meta.modified()).ok()?;
    SystemTime::now().duration_since(written).ok()
}

fn clear_lock(lock: &Path, tree: Option<&Path>) -> GitResult<()> {
    let deadline = Instant::now() + PATIENCE;
    while lock.exists() {
        if is_stale(lock, tree) {
            remove(lock)?;
        } else if Instant::now() > deadline {
            return Err(GitError::Locked {
                lock: lock.to_owned(),
            });
        } else {
            thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn remove(lock: &Path) -> GitResult<()> {
    match fs::remove_file(lock) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(GitError::File {
            doing: "delete",
            path: lock.to_owned(),
            source,
        }),
        _ => Ok(()),
    }
}

/// Whether nobody holds the lock: no process has it open, and no git works in the tree.
fn is_stale(lock: &Path, tree: Option<&Path>) -> bool {
    let age = fs::metadata(lock)
        .and_then(|meta| meta.modified())
        .ok()
        .and_then(|time| SystemTime::now().duration_since(time).ok())
        .unwrap_or_default();
    match processes() {
        Some(processes) => {
            let (lock, tree) = (normal(lock), tree.map(normal));
            let in_use = |process: &PathBuf| uses(process, &lock, tree.as_deref());
            age > YOUNG && !processes.iter().any(in_use)
        }
        None => age > OLD,
    }
}

/// The folders of all processes below `/proc`; none where there is no such thing.
fn processes() -> Option<Vec<PathBuf>> {
    let listing = fs::read_dir("/proc").ok()?;
    let found: Vec<PathBuf> = listing
        .flatten()
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()))
        })
        .map(|entry| entry.path())
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Whether a process has the lock open, or is a git that works in the tree (it may have closed the lock and still own it).
fn uses(process: &Path, lock: &Path, tree: Option<&Path>) -> bool {
    let is_git = fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "git");
    if is_git
        && let Some(tree) = tree
        && fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(tree))
    {
        return true;
    }
    fs::read_dir(process.join("fd")).is_ok_and(|listing| {
        listing
            .flatten()
            .any(|fd| fs::read_link(fd.path()).is_ok_and(|target| target == lock))
    })
}
