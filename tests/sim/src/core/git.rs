//! A repository: one branch per task, which files it touches, what was merged.

use super::disk::TASKS_MAX;
use orchestron_domain::CommitId;
use std::collections::BTreeSet;

/// A set of files, one bit each.
pub type Files = u16;

/// Names of the files.
pub const FILES: [&str; 8] = [
    "src/a.rs", "src/b.rs", "src/c.rs", "src/d.rs", "src/e.rs", "src/f.rs", "src/g.rs", "src/h.rs",
];

/// The names of a set.
#[must_use]
pub fn names(files: Files) -> BTreeSet<String> {
    let named = FILES.iter().enumerate();
    named
        .filter(|(at, _)| files & (1 << at) != 0)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// A task's branch.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    /// Its tip; 0 while it is at its base.
    pub tip: u32,
    /// Whether there is a worktree.
    pub tree: bool,
    /// Whether something in it is not committed.
    pub dirty: bool,
    /// Files it touches.
    pub files: Files,
    /// How many merges the base had when it was last brought up to it.
    pub base: usize,
}

/// The repository.
#[derive(Default)]
pub struct Repository {
    /// Whether there is one.
    pub there: bool,
    /// The branches, by task.
    pub branches: [Branch; TASKS_MAX],
    /// What was merged: task, commit, files.
    pub merges: Vec<(u8, u32, Files)>,
    commits: u32,
}

/// A commit's name.
#[must_use]
pub fn commit(number: u32) -> CommitId {
    CommitId(format!("{number:x}"))
}

impl Repository {
    /// Somebody changes these files in a task's worktree.
    pub fn touch(&mut self, task: u8, files: Files) {
        let branch = &mut self.branches[task as usize];
        if branch.tree {
            branch.dirty = true;
            branch.files |= files;
        }
    }

    /// Commits what is changed.
    pub fn commit_all(&mut self, task: u8) {
        let branch = &mut self.branches[task as usize];
        if branch.dirty {
            self.commits += 1;
            branch.tip = self.commits;
            branch.dirty = false;
        }
    }

    /// Files that others merged since the branch was last brought up to its base, and that it touches, too.
    #[must_use]
    pub fn conflicts(&self, task: u8) -> Files {
        let branch = &self.branches[task as usize];
        let since = self.merges.iter().skip(branch.base);
        let others = since.filter(|(other, _, _)| *other != task);
        branch.files & others.fold(0, |all, (_, _, files)| all | files)
    }

    /// Merges a commit, once. Returns the files that conflict.
    pub fn merge(&mut self, task: u8, commit: u32) -> Files {
        let merged = |(other, tip, _): &(u8, u32, Files)| *other == task && *tip == commit;
        if commit == 0 || self.merges.iter().any(merged) {
            return 0;
        }
        let conflicts = self.conflicts(task);
        if conflicts == 0 {
            let files = self.branches[task as usize].files;
            self.merges.push((task, commit, files));
        }
        conflicts
    }

    /// Files that merging two tips would conflict in. What one has already taken in of the other is no conflict.
    #[must_use]
    pub fn forecast(&self, one: (u8, u32), other: (u8, u32)) -> Files {
        let knows = |task: u8, of: (u8, u32)| {
            let mut merges = self.merges.iter();
            let landed = merges.position(|(task, tip, _)| (*task, *tip) == of);
            landed.is_some_and(|at| at < self.branches[task as usize].base)
        };
        let nothing = one.1 == 0 || other.1 == 0;
        if nothing || knows(one.0, other) || knows(other.0, one) {
            return 0;
        }
        self.branches[one.0 as usize].files & self.branches[other.0 as usize].files
    }

    /// Brings a branch up to its base when that goes through.
    pub fn catch_up(&mut self, task: u8) -> Files {
        let conflicts = self.conflicts(task);
        let branch = &mut self.branches[task as usize];
        if conflicts == 0 && branch.base < self.merges.len() {
            branch.base = self.merges.len();
            self.commits += 1;
            branch.tip = self.commits;
        }
        conflicts
    }

    /// An implementer resolves what conflicts.
    pub fn resolve(&mut self, task: u8) {
        let merges = self.merges.len();
        self.branches[task as usize].base = merges;
    }
}
