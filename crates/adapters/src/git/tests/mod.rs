//! Real git in temporary folders.

mod commits;
mod diffs;
mod handovers;
#[cfg(target_os = "linux")]
mod kills;
mod merges;
mod projects;
mod removals;
mod together;
mod unmerges;
mod worktrees;

use super::GitCli;
use orchestron_domain::{CommitId, TaskId};
use orchestron_engine::ports::{Git, MergeOutcome, PortError, Worktree};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A project with git, and a place for worktrees.
pub(super) struct Lab {
    _dir: TempDir,
    pub root: PathBuf,
    pub trees: PathBuf,
    pub git: GitCli,
}

/// Runs git as a person would; what it prints, trimmed.
pub(super) fn git_in(dir: &Path, args: &[&str]) -> String {
    let (code, out, err) = try_git(dir, args);
    assert_eq!(code, Some(0), "git {args:?} in {}: {err}", dir.display());
    out
}

pub(super) fn try_git(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new("git")
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "user.name=Person",
            "-c",
            "user.email=person@example.org",
        ])
        .args([
            "-c",
            "protocol.file.allow=always",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(args)
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_EDITOR", "true")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

pub(super) fn write(path: &Path, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(super) fn task(number: u32) -> TaskId {
    TaskId::new("TASK", number).unwrap()
}

impl Lab {
    /// A project with one commit on `main`: `a.txt`, `b.txt`, `.gitignore` (`*.log`, `out/`).
    pub fn new() -> Self {
        let lab = Self::empty();
        git_in(&lab.root, &["init", "--quiet"]);
        lab.save(
            &[
                ("a.txt", "a\n"),
                ("b.txt", "b\n"),
                (".gitignore", "*.log\nout/\n"),
            ],
            "Start",
        );
        lab
    }

    /// A folder without git.
    pub fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = fs::canonicalize(dir.path()).unwrap();
        let (root, trees) = (base.join("project"), base.join("state/worktrees"));
        fs::create_dir(&root).unwrap();
        Self {
            git: GitCli::new(root.clone(), trees.clone()),
            _dir: dir,
            root,
            trees,
        }
    }

    pub fn run(&self, args: &[&str]) -> String {
        git_in(&self.root, args)
    }

    /// Writes files in the checkout and commits them.
    pub fn save(&self, files: &[(&str, &str)], message: &str) -> CommitId {
        for (path, text) in files {
            write(&self.root.join(path), text);
            self.run(&["add", "--force", "--", path]);
        }
        self.run(&["commit", "--quiet", "-m", message]);
        self.tip("main")
    }

    pub fn tip(&self, name: &str) -> CommitId {
        CommitId(self.run(&["rev-parse", "--verify", name]))
    }

    pub fn tree(&self, number: u32) -> Worktree {
        self.git.worktree(&task(number), "slug", "main").unwrap()
    }

    /// A worktree with these files written and committed.
    pub fn done(&self, number: u32, files: &[(&str, &str)]) -> (Worktree, CommitId) {
        let tree = self.tree(number);
        for (path, text) in files {
            write(&Path::new(&tree.path).join(path), text);
        }
        let (tip, changed) = self.commit(&tree).unwrap();
        assert!(changed);
        (tree, tip)
    }

    pub fn commit(&self, tree: &Worktree) -> Result<(CommitId, bool), PortError> {
        let done = self.git.commit_all(tree, "main", "claude-impl", "Do it")?;
        Ok((done.tip.unwrap(), done.differs))
    }

    pub fn merge(&self, tree: &Worktree, commit: &CommitId) -> MergeOutcome {
        self.git
            .merge(
                tree,
                "main",
                Some(commit),
                "Merge TASK-001\n\nTask: TASK-001",
            )
            .unwrap()
    }

    pub fn show(&self, what: &str) -> String {
        self.run(&["show", what])
    }

    /// All saved refs of a task.
    pub fn saved(&self, number: u32) -> Vec<String> {
        let prefix = format!("refs/orchestron/saved/{}/", task(number));
        let out = self.run(&["for-each-ref", "--format=%(refname)", &prefix]);
        out.lines().map(str::to_owned).collect()
    }
}

/// The files and the reason of a refusal.
#[track_caller]
pub(super) fn refusal(outcome: MergeOutcome) -> (Vec<String>, String) {
    match outcome {
        MergeOutcome::Refused { files, why } => (files, why),
        MergeOutcome::Merged { .. } => panic!("{outcome:?}"),
    }
}

/// The commit of a merge that was made.
#[track_caller]
pub(super) fn merged(outcome: MergeOutcome) -> CommitId {
    match outcome {
        MergeOutcome::Merged {
            commit: Some(commit),
            ..
        } => commit,
        other => panic!("{other:?}"),
    }
}
