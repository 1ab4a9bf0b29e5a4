//! Changes of a repository by us take turns, also across a crash.
//!
//! An engine that is killed leaves its git at work. The next engine must not begin the same work beside it: it would find a
//! worktree half made, or have its own made under its feet. So whoever changes something holds a lock, and every git that
//! changes something holds it too, by having the locked file as its input: the system lets go of the lock when the last of
//! them has ended, however it ended. Nobody has to find out which processes are whose.

use super::{
    error::{GitError, GitResult},
    layout::Repo,
};
use std::{
    cell::RefCell,
    fs::{File, TryLockError},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

/// How long a git that an earlier engine left at work is waited for: a checkout of a huge tree takes its time.
const PATIENCE: Duration = Duration::from_secs(300);
/// How often the lock is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

thread_local! {
    /// The lock that this thread holds; the gits it starts get it.
    static HELD: RefCell<Option<File>> = const { RefCell::new(None) };
}

/// The right to change a repository. It ends when this is dropped and no git of ours is at work any more.
#[derive(Debug)]
pub(super) struct Turn(());

impl Turn {
    /// Waits for the turn.
    pub fn take(repo: &Repo) -> GitResult<Self> {
        let path = repo.common.join("orchestron.lock");
        let failed = |source| GitError::File {
            doing: "lock",
            path: path.clone(),
            source,
        };
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(LOOK_EVERY);
                }
                Err(TryLockError::WouldBlock) => return Err(GitError::Locked { lock: path }),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        HELD.with_borrow_mut(|held| *held = Some(file));
        Ok(Self(()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        HELD.with_borrow_mut(|held| *held = None);
    }
}

/// The input of a git that changes something and reads none: empty, and it carries the lock.
pub(super) fn carried() -> Stdio {
    let held = HELD.with_borrow(|held| held.as_ref().and_then(|file| file.try_clone().ok()));
    held.map_or_else(Stdio::null, Stdio::from)
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Turn, carried};
    use crate::git::{layout::Repo, tests::Lab};
    use std::{
        process::Command,
        time::{Duration, Instant},
    };

    #[test]
    fn a_program_left_at_work_is_waited_for() {
        let lab = Lab::new();
        let repo = Repo::find(&lab.root).unwrap().unwrap();
        let turn = Turn::take(&repo).unwrap();
        let mut left = Command::new("sleep")
            .arg("0.4")
            .stdin(carried())
            .spawn()
            .unwrap();
        let began = Instant::now();
        // As when the engine is killed: its own hold is gone, what it started goes on.
        drop(turn);
        drop(Turn::take(&repo).unwrap());
        assert!(began.elapsed() > Duration::from_millis(300));
        left.wait().unwrap();
        let began = Instant::now();
        drop(Turn::take(&repo).unwrap());
        assert!(
            began.elapsed() < Duration::from_millis(300),
            "nobody has it"
        );
    }
}
