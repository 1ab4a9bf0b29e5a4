//! What can go wrong with git, each with what, where and how to mend it.

use crate::failure::kind_of;
use orchestron_engine::ports::{PortError, PortErrorKind};
use std::{io, path::PathBuf};
use thiserror::Error;

/// A failure of git, or of something we read or write for it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GitError {
    /// There is a repository, but no `git`.
    #[error("git is not installed (looked for it in PATH)")]
    NotInstalled,
    /// The git found is too old.
    #[error("git {found} is too old: 2.38 or newer is needed")]
    TooOld {
        /// What it says its version is.
        found: String,
    },
    /// The process could not be started or talked to.
    #[error("cannot run git {command}: {source}")]
    Spawn {
        /// The git command.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// Git ended with an error.
    #[error("git {command} failed with exit code {code}: {said}")]
    Failed {
        /// The git command.
        command: String,
        /// Its exit code; -1 when a signal ended it.
        code: i32,
        /// What it said.
        said: String,
    },
    /// Git did not end in time and was stopped.
    #[error("git {command} was stopped after {seconds} seconds")]
    TimedOut {
        /// The git command.
        command: String,
        /// How long it had.
        seconds: u64,
    },
    /// Git said something this program cannot read.
    #[error("git {command} answered something unexpected: {said}")]
    Unexpected {
        /// The git command.
        command: String,
        /// The start of what it said.
        said: String,
    },
    /// Git will not touch a repository that belongs to somebody else.
    #[error("git does not trust {}: it belongs to another user", root.display())]
    ForeignOwner {
        /// The repository.
        root: PathBuf,
    },
    /// The repository has no commit yet.
    #[error("{} is a git repository without a commit", root.display())]
    NoCommits {
        /// The repository.
        root: PathBuf,
    },
    /// There is no such branch.
    #[error("there is no branch `{branch}`")]
    NoBranch {
        /// The branch.
        branch: String,
    },
    /// The task's branch is checked out in another place.
    #[error("branch `{branch}` is checked out in {}", at.display())]
    BranchElsewhere {
        /// The branch.
        branch: String,
        /// Where.
        at: PathBuf,
    },
    /// A branch of the user is called `task`, so that no branch can be called `task/…`.
    #[error("a branch called `{by}` is in the way of `{branch}`")]
    BranchBlocked {
        /// The branch we want.
        branch: String,
        /// The branch in the way.
        by: String,
    },
    /// The worktree is on another branch, with other work.
    #[error("the worktree {} should be on branch `{expected}` but is on {found}", tree.display())]
    OnOtherBranch {
        /// The worktree.
        tree: PathBuf,
        /// The task's branch.
        expected: String,
        /// Where it is.
        found: String,
    },
    /// The folder is no worktree of this repository.
    #[error("{} is no worktree of this project's repository", tree.display())]
    ForeignTree {
        /// The folder.
        tree: PathBuf,
    },
    /// The worktree holds other repositories with work in them that git cannot save from outside.
    #[error("work inside nested repositories of {} is saved nowhere: {}", tree.display(), nested.join(", "))]
    NestedWork {
        /// The worktree.
        tree: PathBuf,
        /// The repositories in it.
        nested: Vec<String>,
    },
    /// A lock file is in the way.
    #[error("{} is there: another git is at work, or one was ended without cleaning up", lock.display())]
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// A file or folder could not be read, written, moved or deleted.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The task's branch could not be brought up to its base, and nothing was changed.
    #[error("`{branch}` cannot be brought up to `{base}`: {why}")]
    NotCaughtUp {
        /// The task's branch.
        branch: String,
        /// The base branch.
        base: String,
        /// Why.
        why: String,
    },
    /// The path is no Unicode text, so it cannot be recorded.
    #[error("the path {} is no Unicode text", path.display())]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
}

/// Result of everything in this module.
pub(super) type GitResult<T> = Result<T, GitError>;

impl GitError {
    /// How to mend it, when that is known.
    #[must_use]
    pub fn cure(&self) -> Option<String> {
        Some(match self {
            Self::NotInstalled => "Install git 2.38 or newer (Debian: apt install git; macOS: xcode-select --install; Windows: https://git-scm.com).".to_owned(),
            Self::TooOld { .. } => "Install a newer git, or put a newer one first in PATH.".to_owned(),
            Self::TimedOut { .. } => "Try again when the machine is less busy. If large build output lies in the worktree, name it in .gitignore.".to_owned(),
            Self::ForeignOwner { root } => format!("If you trust it: git config --global --add safe.directory '{}'", root.display()),
            Self::NoCommits { .. } => "Make a first commit: git commit --allow-empty -m 'Start'".to_owned(),
            Self::NoBranch { branch } => format!("Make it (git branch '{branch}'), or choose another base branch."),
            Self::BranchElsewhere { branch, at } => format!("Give the branch free: in {} run `git switch` to another branch than {branch}.", at.display()),
            Self::BranchBlocked { by, .. } => format!("Rename that branch: git branch -m '{by}' '{by}-old'"),
            Self::OnOtherBranch { tree, expected, .. } => format!(
                "Finish or abort what is going on in {0}, then: git -C '{0}' switch '{expected}' (merge the other commits into it if they are wanted).",
                tree.display()
            ),
            Self::ForeignTree { tree } => format!("Move {} away; nothing in it was touched.", tree.display()),
            Self::NestedWork { .. } => "Commit and push what is in them, or move them out of the worktree.".to_owned(),
            Self::Locked { lock } => format!("Wait for that git to end. If none is running, delete {}.", lock.display()),
            Self::NotCaughtUp { branch, base, .. } => format!("Merge `{base}` into `{branch}` in its worktree, or send the task back."),
            Self::NotUnicode { .. } => "Rename the folder.".to_owned(),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => "Make room on the disk.".to_owned(),
            Self::Spawn { .. } | Self::Failed { .. } | Self::Unexpected { .. } | Self::File { .. } => return None,
        })
    }

    fn kind(&self) -> PortErrorKind {
        match self {
            Self::NotInstalled
            | Self::NoCommits { .. }
            | Self::NoBranch { .. }
            | Self::ForeignTree { .. } => PortErrorKind::Missing,
            Self::BranchElsewhere { .. } | Self::Locked { .. } => PortErrorKind::Held,
            Self::BranchBlocked { .. } => PortErrorKind::Exists,
            Self::OnOtherBranch { .. } | Self::NotCaughtUp { .. } => PortErrorKind::Changed,
            Self::Unexpected { .. } => PortErrorKind::Malformed,
            Self::Failed { said, .. } if said.contains("No space left on device") => {
                PortErrorKind::NoRoom
            }
            Self::File { source, .. } | Self::Spawn { source, .. } => kind_of(source),
            _ => PortErrorKind::Other,
        }
    }
}

impl From<GitError> for PortError {
    fn from(error: GitError) -> Self {
        let (doing, what, said) = match &error {
            GitError::Spawn { command, source } => {
                ("cannot run", format!("git {command}"), source.to_string())
            }
            GitError::Failed {
                command,
                code,
                said,
            } => (
                "cannot run",
                format!("git {command}"),
                format!("exit code {code}: {said}"),
            ),
            GitError::File { path, source, .. } => (
                "cannot use the file",
                path.display().to_string(),
                error.file_verb().map_or_else(
                    || source.to_string(),
                    |verb| format!("could not {verb} it: {source}"),
                ),
            ),
            other => ("cannot use", "git".to_owned(), other.to_string()),
        };
        Self {
            doing,
            what,
            said,
            cure: error.cure(),
            kind: error.kind(),
        }
    }
}

impl GitError {
    const fn file_verb(&self) -> Option<&'static str> {
        match self {
            Self::File { doing, .. } => Some(doing),
            _ => None,
        }
    }
}
