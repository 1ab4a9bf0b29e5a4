//! Moving a branch forward that the user has checked out: their changed, staged, untracked and ignored files stay as they are, or nothing
//! is done and the files in the way are named.

use super::{
    command::{Git, Place, nul_separated, path_of, text_of},
    error::GitResult,
    layout::Repo,
};
use orchestron_domain::CommitId;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How long another git in the checkout is waited for: 20 looks, 150 ms apart.
const LOOKS: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(150);

/// How moving the branch ended.
pub(super) enum Move {
    /// The branch and the checkout are at the new commit.
    Done,
    /// Somebody else moved the branch.
    Raced,
    /// Nothing was changed: files in the way, and why.
    Refused(Vec<String>, String),
}

/// A move of a checked-out branch from `old` to its descendant `new`.
pub(super) struct Advance<'a> {
    pub repo: &'a Repo,
    /// The checkout.
    pub path: &'a Path,
    pub git_dir: &'a Path,
    pub branch: &'a str,
    pub old: &'a CommitId,
    pub new: &'a CommitId,
}

/// A file that differs between the two commits.
struct Change {
    old_mode: String,
    new_mode: String,
    old_id: String,
    new_id: String,
    path: Vec<u8>,
}

impl Change {
    fn is_gitlink(&self) -> bool {
        self.old_mode == "160000" || self.new_mode == "160000"
    }
    fn is_added(&self) -> bool {
        self.old_mode == "000000"
    }
    fn is_deleted(&self) -> bool {
        self.new_mode == "000000"
    }
}

impl Advance<'_> {
    fn place(&self) -> Place {
        Place {
            git_dir: self.git_dir.to_owned(),
            work_tree: self.path.to_owned(),
        }
    }

    /// Moves the branch and the files it changes, or says why not.
    pub fn run(&self) -> GitResult<Move> {
        if let Some(why) = self.busy() {
            return Ok(Move::Refused(Vec::new(), why));
        }
        let changes = self.changes()?;
        let in_the_way = self.in_the_way(&changes)?;
        if !in_the_way.is_empty() && !self.stage_if_same(&changes, &in_the_way)? {
            return Ok(self.refuse(&in_the_way));
        }
        let merge = [
            "merge",
            "--ff-only",
            "--no-overwrite-ignore",
            "--no-autostash",
            "--no-verify",
            "--commit",
            "--no-squash",
            "--no-verify-signatures",
            "--no-edit",
            "--no-stat",
            "--quiet",
        ];
        let said = Git::write_in(&self.place(), &merge)
            .config(format!("branch.{}.mergeOptions", self.branch), "")
            .env("GIT_REFLOG_ACTION", "orchestron: merge")
            .arg(&self.new.0)
            .run()?;
        if said.code == 0 {
            let arrived = self.repo.branch_tip(self.branch)?.as_ref() == Some(self.new);
            return Ok(if arrived { Move::Done } else { Move::Raced });
        }
        if in_the_way.is_empty() {
            self.take_back(&changes)?;
        } else {
            self.unstage(&in_the_way)?;
        }
        if said.complaint.contains("ot possible to fast-forward")
            || self.repo.branch_tip(self.branch)?.as_ref() != Some(self.old)
        {
            return Ok(Move::Raced);
        }
        // Something came in the way since we looked.
        let in_the_way = self.in_the_way(&changes)?;
        if in_the_way.is_empty() {
            return Err(said.failure("merge --ff-only"));
        }
        Ok(self.refuse(&in_the_way))
    }

    /// Git updates the files before the branch: when the branch could not be moved then (somebody has its lock, or moved it), the files,
    /// which nobody else can have touched, are taken back.
    fn take_back(&self, changes: &[Change]) -> GitResult<()> {
        let command = [
            "diff-index",
            "--cached",
            "--name-only",
            "-z",
            "--no-renames",
        ];
        let out = Git::read_in(&self.place(), &command)
            .arg(&self.new.0)
            .ok()?;
        let other: BTreeSet<&[u8]> = nul_separated(&out).collect();
        if changes
            .iter()
            .any(|change| other.contains(change.path.as_slice()))
        {
            return Ok(());
        }
        Git::write_in(
            &self.place(),
            &["read-tree", "-m", "-u", &self.new.0, &self.old.0],
        )
        .ok()
        .map(drop)
    }

    fn refuse(&self, in_the_way: &BTreeSet<Vec<u8>>) -> Move {
        let why = format!(
            "These files have changes of yours in {} that the merge would overwrite. Commit them or move them away, then approve again; nothing was touched.",
            self.path.display()
        );
        Move::Refused(in_the_way.iter().map(|p| text_of(p)).collect(), why)
    }

    /// Why the checkout must not be touched now; another git at work is waited for.
    pub fn busy(&self) -> Option<String> {
        for (name, what, end) in [
            ("MERGE_HEAD", "merge", "merge"),
            ("rebase-merge", "rebase", "rebase"),
            ("rebase-apply", "rebase", "rebase"),
            ("CHERRY_PICK_HEAD", "cherry-pick", "cherry-pick"),
            ("REVERT_HEAD", "revert", "revert"),
        ] {
            if self.git_dir.join(name).exists() {
                return Some(format!(
                    "A {what} is going on in {0}. Finish it, or abort it (git -C '{0}' {end} --abort), then approve again.",
                    self.path.display()
                ));
            }
        }
        let lock = self.git_dir.join("index.lock");
        for _ in 0..LOOKS {
            if !lock.exists() {
                return None;
            }
            thread::sleep(LOOK_PAUSE);
        }
        lock.exists().then(|| {
            format!(
                "Another git is at work in {} ({1} is there). Wait for it; if none is running, delete {1}. Then approve again.",
                self.path.display(),
                lock.display()
            )
        })
    }

    fn changes(&self) -> GitResult<Vec<Change>> {
        let out = self
            .repo
            .read(&[
                "diff-tree",
                "-r",
                "-z",
                "--raw",
                "--no-renames",
                "--full-index",
            ])
            .args(&[&self.old.0, &self.new.0])
            .ok()?;
        let mut parts = nul_separated(&out);
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
            let head = text_of(head);
            let words: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
            if let [old_mode, new_mode, old_id, new_id, _] = words.as_slice() {
                changes.push(Change {
                    old_mode: (*old_mode).to_owned(),
                    new_mode: (*new_mode).to_owned(),
                    old_id: (*old_id).to_owned(),
                    new_id: (*new_id).to_owned(),
                    path: path.to_vec(),
                });
            }
        }
        Ok(changes)
    }

    /// The user's files that the move would overwrite or delete.
    fn in_the_way(&self, changes: &[Change]) -> GitResult<BTreeSet<Vec<u8>>> {
        let dirty = self.dirty()?;
        let deleted: BTreeSet<&[u8]> = changes
            .iter()
            .filter(|change| change.is_deleted())
            .map(|change| change.path.as_slice())
            .collect();
        let mut found = BTreeSet::new();
        for change in changes {
            if dirty.contains(&change.path) {
                found.insert(change.path.clone());
            } else if change.is_added() && !change.is_gitlink() {
                self.untracked_at(&change.path, &deleted, &mut found)?;
            }
        }
        Ok(found)
    }

    /// Tracked files that differ from the commit, staged or not.
    fn dirty(&self) -> GitResult<BTreeSet<Vec<u8>>> {
        let command = [
            "status",
            "--porcelain=v1",
            "-z",
            "--untracked-files=no",
            "--no-renames",
            "--ignore-submodules=dirty",
        ];
        let out = Git::write_in(&self.place(), &command)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .ok()?;
        Ok(nul_separated(&out)
            .filter_map(|line| line.get(3..).map(<[u8]>::to_vec))
            .collect())
    }

    /// Files git does not know (ignored ones too) where a file is to be added: at its path, below it, or in place of its folders.
    fn untracked_at(
        &self,
        path: &[u8],
        deleted: &BTreeSet<&[u8]>,
        found: &mut BTreeSet<Vec<u8>>,
    ) -> GitResult<()> {
        for (at, byte) in path.iter().enumerate() {
            let Some(parent) = path.get(..at).filter(|_| *byte == b'/') else {
                continue;
            };
            match fs::symlink_metadata(self.full(parent)) {
                Err(_) => return Ok(()),
                Ok(meta) if meta.is_dir() => {}
                Ok(_) => {
                    if !deleted.contains(parent) {
                        found.insert(parent.to_vec());
                    }
                    return Ok(());
                }
            }
        }
        match fs::symlink_metadata(self.full(path)) {
            Err(_) => {}
            Ok(meta) if meta.is_dir() => {
                let out = Git::read_in(&self.place(), &["ls-files", "--others", "-z", "--"])
                    .literal_paths()
                    .arg(path_of(path))
                    .ok()?;
                found.extend(nul_separated(&out).map(<[u8]>::to_vec));
            }
            Ok(_) => {
                found.insert(path.to_vec());
            }
        }
        Ok(())
    }

    fn full(&self, path: &[u8]) -> PathBuf {
        self.path.join(path_of(path))
    }

    /// Files in the way that have exactly the new content (somebody applied the change by hand, or a power cut ended an earlier try) are
    /// not in the way: they are staged as they are. False, with nothing changed, when one of them differs.
    fn stage_if_same(&self, changes: &[Change], in_the_way: &BTreeSet<Vec<u8>>) -> GitResult<bool> {
        for path in in_the_way {
            let Some(change) = changes.iter().find(|change| change.path == *path) else {
                return Ok(false);
            };
            if !self.is_same(change)? {
                return Ok(false);
            }
        }
        Git::write_in(
            &self.place(),
            &["update-index", "--add", "--remove", "-z", "--stdin"],
        )
        .stdin(nul_joined(in_the_way))
        .ok()?;
        Ok(true)
    }

    fn unstage(&self, staged: &BTreeSet<Vec<u8>>) -> GitResult<()> {
        Git::write_in(&self.place(), &["reset", "--quiet", &self.old.0])
            .args(&["--pathspec-from-file=-", "--pathspec-file-nul"])
            .literal_paths()
            .stdin(nul_joined(staged))
            .ok()
            .map(drop)
    }

    /// Whether the file has the new content already, and the index nothing that would be lost.
    fn is_same(&self, change: &Change) -> GitResult<bool> {
        let out = Git::read_in(&self.place(), &["ls-files", "--stage", "-z", "--"])
            .literal_paths()
            .arg(path_of(&change.path))
            .ok()?;
        let staged: Vec<String> = nul_separated(&out).map(text_of).collect();
        let known = staged.iter().all(|line| {
            let id = line.split(' ').nth(1);
            id == Some(&change.old_id) || id == Some(&change.new_id)
        });
        if !known || change.is_gitlink() {
            return Ok(false);
        }
        let full = self.full(&change.path);
        let meta = match fs::symlink_metadata(&full) {
            Ok(meta) => meta,
            Err(_) => return Ok(change.is_deleted()),
        };
        if !meta.is_file() || mode_of(&meta) != change.new_mode {
            return Ok(false);
        }
        let mut option = b"--path=".to_vec();
        option.extend_from_slice(&change.path);
        let id = Git::write_in(&self.place(), &["hash-object"])
            .arg(path_of(&option))
            .arg("--")
            .arg(&full)
            .line()?;
        Ok(id == change.new_id)
    }
}

fn nul_joined(paths: &BTreeSet<Vec<u8>>) -> Vec<u8> {
    let mut joined = Vec::new();
    for path in paths {
        joined.extend_from_slice(path);
        joined.push(0);
    }
    joined
}

#[cfg(unix)]
fn mode_of(meta: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::PermissionsExt;
    if meta.permissions().mode() & 0o100 == 0 {
        "100644"
    } else {
        "100755"
    }
}
#[cfg(not(unix))]
const fn mode_of(_: &fs::Metadata) -> &'static str {
    "100644"
}
