//! What git is at in the checkout that the project lies in, told by its files: nothing is started for it, so that it can be asked
//! at every look.

use crate::failure::io_failure;
use orchestron_engine::ports::{Checkout, PortResult};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// So shortly after a branch was checked out its files may not all be there.
const FRESH: Duration = Duration::from_secs(2);
/// A lock that is older was left by a git that was killed.
const STALE: Duration = Duration::from_secs(60);
/// Longest file that is read here.
const MAX_BYTES: u64 = 4096;
/// What is there while git is in the middle of something.
const AT_WORK: [(&str, &str); 6] = [
    ("rebase-merge", "a rebase"),
    ("rebase-apply", "a rebase"),
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("BISECT_START", "a bisection"),
];

pub(super) fn look(project: &Path) -> PortResult<Checkout> {
    let Some(git) = git_dir(project) else {
        return Ok(Checkout::default());
    };
    let head = git.join("HEAD");
    let text = match read_small(&head) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Checkout::default()),
        Err(error) => return Err(io_failure("cannot read", head.display(), &error)),
    };
    // Git takes the lock of its index before it touches a file, and lets it go when all are written.
    let writing = is_younger(&git.join("index.lock"), STALE);
    Ok(Checkout {
        head: Some(text.trim().to_owned()),
        at_work: if writing {
            Some("a command")
        } else {
            state(&git)
        },
        writing,
    })
}

fn is_younger(file: &Path, than: Duration) -> bool {
    let changed = fs::symlink_metadata(file).and_then(|there| there.modified());
    // What lies in the future, by a clock that was set back, is not recent.
    let age = |at| SystemTime::now().duration_since(at);
    changed.is_ok_and(|at| age(at).is_ok_and(|age| age < than))
}

fn state(git: &Path) -> Option<&'static str> {
    let mut states = AT_WORK.iter();
    let state = states.find(|(name, _)| git.join(name).symlink_metadata().is_ok());
    if let Some((_, what)) = state {
        return Some(what);
    }
    is_younger(&git.join("HEAD"), FRESH).then_some("a checkout")
}

/// The git folder of the nearest checkout above.
fn git_dir(project: &Path) -> Option<PathBuf> {
    let (above, there) = project
        .ancestors()
        .map(|dir| (dir, dir.join(".git")))
        .find(|(_, there)| there.symlink_metadata().is_ok())?;
    if there.is_dir() {
        return Some(there);
    }
    // A linked worktree, or a submodule.
    let text = read_small(&there).ok()?;
    Some(above.join(text.strip_prefix("gitdir:")?.trim()))
}

fn read_small(path: &Path) -> io::Result<String> {
    use io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::look;
    use std::{
        fs,
        path::Path,
        time::{Duration, SystemTime},
    };

    fn age(path: &Path, seconds: u64) {
        let then = SystemTime::now() - Duration::from_secs(seconds);
        fs::File::options()
            .append(true)
            .open(path)
            .unwrap()
            .set_modified(then)
            .unwrap();
    }

    #[test]
    fn what_git_is_at_is_told_by_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("repo/app");
        let git = dir.path().join("repo/.git");
        fs::create_dir_all(&project).unwrap();
        assert_eq!(look(&project).unwrap().head, None);
        fs::create_dir_all(&git).unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let seen = || look(&project).unwrap();
        assert_eq!(seen().head.as_deref(), Some("ref: refs/heads/main"));
        assert_eq!(seen().at_work, Some("a checkout"));
        age(&git.join("HEAD"), 10);
        assert_eq!(seen().at_work, None);
        fs::write(git.join("index.lock"), "").unwrap();
        assert_eq!(seen().at_work, Some("a command"));
        assert!(seen().writing);
        age(&git.join("index.lock"), 100);
        assert_eq!(seen().at_work, None, "left behind");
        assert!(!seen().writing);
        fs::create_dir(git.join("rebase-merge")).unwrap();
        assert_eq!(seen().at_work, Some("a rebase"));
    }

    #[test]
    fn a_linked_worktree_has_a_git_folder_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let (project, git) = (
            dir.path().join("wt"),
            dir.path().join("main/.git/worktrees/wt"),
        );
        fs::create_dir_all(&project).unwrap();
        fs::create_dir_all(&git).unwrap();
        fs::write(project.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
        fs::write(git.join("HEAD"), "ref: refs/heads/topic\n").unwrap();
        assert_eq!(
            look(&project).unwrap().head.as_deref(),
            Some("ref: refs/heads/topic")
        );
    }
}
