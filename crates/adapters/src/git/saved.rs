//! Work that is in no commit, kept under `refs/orchestron/saved/TASK-001/<n>` before anything that holds it is cleared away.
//!
//! Saving never touches the index or the files it saves: it works on an index of its own.

use super::{
    command::{Git, Place, nul_separated, path_of, text_of},
    error::{GitError, GitResult},
    identity::signed,
    layout::{Repo, without_programs},
};
use orchestron_domain::{CommitId, TaskId};
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

/// How often a number is tried that somebody else took meanwhile.
const MAX_TRIES: u32 = 20;

/// An index of our own, in the git folder it belongs to; deleted when it is no longer needed.
#[derive(Debug)]
pub(super) struct OwnIndex {
    file: PathBuf,
}

impl OwnIndex {
    /// A copy of the place's index, or an index of the commit's files when the place has none.
    pub fn copy_of(place: &Place, commit: Option<&CommitId>) -> GitResult<Self> {
        let own = Self::unused(&place.git_dir);
        let theirs = place.git_dir.join("index");
        if theirs.is_file() {
            copy_with_time(&theirs, &own.file).map_err(|source| GitError::File {
                doing: "copy",
                path: theirs,
                source,
            })?;
        } else if let Some(commit) = commit {
            Git::write_in(place, &["read-tree", &commit.0])
                .index(&own.file)
                .ok()?;
        }
        Ok(own)
    }

    /// An index of the commit's files.
    pub fn of_commit(place: &Place, commit: &CommitId) -> GitResult<Self> {
        let own = Self::unused(&place.git_dir);
        Git::write_in(place, &["read-tree", &commit.0])
            .index(&own.file)
            .ok()?;
        Ok(own)
    }

    fn unused(git_dir: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("orchestron-index-{}-{n}", std::process::id());
        Self {
            file: git_dir.join(name),
        }
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl Drop for OwnIndex {
    fn drop(&mut self) {
        // Left-overs are small and go with the git folder.
        fs::remove_file(&self.file).ok();
    }
}

/// Copies an index with its time: git tells by it which files may have changed within the second in which the index was written.
fn copy_with_time(from: &Path, to: &Path) -> io::Result<()> {
    let written = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(written)
}

/// Untracked, not ignored paths; folders that are repositories of their own end with `/`.
pub(super) fn untracked(place: &Place) -> GitResult<Vec<Vec<u8>>> {
    let out = Git::read_in(place, &["ls-files", "--others", "--exclude-standard", "-z"]).ok()?;
    Ok(nul_separated(&out).map(<[u8]>::to_vec).collect())
}

/// Untracked folders that are repositories of their own. Git could only record a pointer to them that leads nowhere.
pub(super) fn nested_untracked(place: &Place) -> GitResult<Vec<Vec<u8>>> {
    let mut paths = untracked(place)?;
    paths.retain(|path| path.ends_with(b"/"));
    Ok(paths)
}

/// `git add` of everything but nested repositories.
fn add_all(place: &Place) -> GitResult<Git> {
    Ok(add_but(place, &nested_untracked(place)?))
}

/// The same for whoever knows which those are.
pub(super) fn add_but(place: &Place, nested: &[Vec<u8>]) -> Git {
    let mut add = Git::write_in(place, &["add", "--all", "--sparse", "--", ":/"]);
    for nested in nested {
        let mut pattern = b":(top,exclude,literal)".to_vec();
        pattern.extend_from_slice(nested.strip_suffix(b"/").unwrap_or(nested));
        add = add.arg(path_of(&pattern));
    }
    add
}

/// Saves what lies in a worktree's files, index and HEAD and is in no branch; returns the ref of the files, when there was anything.
pub(super) fn save_worktree(
    repo: &Repo,
    task: &TaskId,
    place: &Place,
) -> GitResult<Option<String>> {
    let staged = rescue_index(repo, task, &place.git_dir)?;
    let head = head_of(repo, task, &place.git_dir)?;
    let index = OwnIndex::copy_of(place, head.as_ref())?;
    add_all(place)?.index(index.file()).ok()?;
    let tree = Git::write_in(place, &["write-tree"])
        .index(index.file())
        .line()?;
    let files = keep(repo, task, &tree, head.as_ref())?;
    Ok(files.or(staged))
}

/// Saves the new and changed files of a folder whose git folder is lost or was never whole; what is missing in it is not taken for
/// deleted.
pub(super) fn save_folder(
    repo: &Repo,
    task: &TaskId,
    folder: &Path,
    parent: &CommitId,
) -> GitResult<Option<String>> {
    let place = Place {
        git_dir: repo.common.clone(),
        work_tree: folder.to_owned(),
    };
    let index = OwnIndex::of_commit(&place, parent)?;
    let nested: Vec<String> = nested_untracked(&place)?
        .iter()
        .map(|p| text_of(p))
        .collect();
    if !nested.is_empty() {
        return Err(GitError::NestedWork {
            tree: folder.to_owned(),
            nested,
        });
    }
    Git::write_in(&place, &["add", "--ignore-removal", "--sparse", "--", ":/"])
        .index(index.file())
        .ok()?;
    let tree = Git::write_in(&place, &["write-tree"])
        .index(index.file())
        .line()?;
    keep(repo, task, &tree, Some(parent))
}

/// Saves what only a worktree's index or HEAD holds: staged content, and commits no branch has.
pub(super) fn rescue_index(repo: &Repo, task: &TaskId, admin: &Path) -> GitResult<Option<String>> {
    let head = head_of(repo, task, admin)?;
    let lonely = match &head {
        Some(head) => keep_commit(repo, task, head)?,
        None => None,
    };
    if !admin.join("index").is_file() {
        return Ok(lonely);
    }
    let said = repo
        .write(&["write-tree"])
        .env("GIT_DIR", admin)
        .env("GIT_INDEX_FILE", admin.join("index"))
        .run()?;
    if said.code != 0 {
        // An index with conflicts in it; both sides of them are commits.
        return Ok(lonely);
    }
    let tree = text_of(&said.out).trim().to_owned();
    Ok(keep(repo, task, &tree, head.as_ref())?.or(lonely))
}

/// The commit a worktree stands on, or the tip of the task's branch when that cannot be told.
fn head_of(repo: &Repo, task: &TaskId, admin: &Path) -> GitResult<Option<CommitId>> {
    let said = repo
        .read(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        .env("GIT_DIR", admin)
        .run()?;
    if said.code == 0 {
        return Ok(Some(CommitId(text_of(&said.out).trim().to_owned())));
    }
    match repo.task_branches(task)?.first() {
        Some(branch) => repo.branch_tip(branch),
        None => Ok(None),
    }
}

/// Keeps a tree that differs from its parent's under the next free number; the same content is kept once.
fn keep(
    repo: &Repo,
    task: &TaskId,
    tree: &str,
    parent: Option<&CommitId>,
) -> GitResult<Option<String>> {
    let parent_tree = match parent {
        Some(parent) => repo
            .read(&["rev-parse", "--verify", &format!("{}^{{tree}}", parent.0)])
            .line()?,
        None => String::new(),
    };
    if tree == parent_tree {
        return Ok(None);
    }
    let parent = parent.map(|p| p.0.clone()).unwrap_or_default();
    if let Some(known) = saved_refs(repo, task)?
        .into_iter()
        .find(|saved| saved.tree == tree && saved.parents == parent)
    {
        return Ok(Some(known.name));
    }
    let message = format!("Uncommitted work of {task}\n\nSaved before its worktree was removed.\n");
    let mut commit = signed(repo.write(&["commit-tree", tree]), "Orchestron").stdin(message);
    if !parent.is_empty() {
        commit = commit.args(&["-p", &parent]);
    }
    let commit = CommitId(commit.line()?);
    name(repo, task, &commit).map(Some)
}

/// Keeps a commit that no ref has.
fn keep_commit(repo: &Repo, task: &TaskId, commit: &CommitId) -> GitResult<Option<String>> {
    let holders = repo
        .read(&[
            "for-each-ref",
            "--count=1",
            "--format=%(refname)",
            "--contains",
        ])
        .arg(&commit.0)
        .ok()?;
    if holders.is_empty() {
        name(repo, task, commit).map(Some)
    } else {
        Ok(None)
    }
}

/// Gives a commit the next free name.
fn name(repo: &Repo, task: &TaskId, commit: &CommitId) -> GitResult<String> {
    let taken = saved_refs(repo, task)?;
    let next = taken.iter().map(|saved| saved.number).max().unwrap_or(0) + 1;
    let nothing = "0".repeat(commit.0.len());
    for n in next..next + MAX_TRIES {
        let name = format!("refs/orchestron/saved/{task}/{n}");
        let said = repo
            .write(&["update-ref", &name, &commit.0, &nothing])
            .run()?;
        if said.code == 0 {
            return Ok(name);
        }
        let failure = said.failure("update-ref");
        // A lock is a number somebody is just taking, or was killed while taking.
        if !matches!(failure, GitError::Locked { .. }) && repo.ref_target(&name)?.is_none() {
            return Err(failure);
        }
    }
    Err(GitError::Unexpected {
        command: "update-ref".to_owned(),
        said: format!("{MAX_TRIES} names from {next} on were taken at once"),
    })
}

struct Saved {
    name: String,
    number: u32,
    tree: String,
    parents: String,
}

fn saved_refs(repo: &Repo, task: &TaskId) -> GitResult<Vec<Saved>> {
    let out = repo
        .read(&["for-each-ref", "--format=%(refname)|%(tree)|%(parent)"])
        .arg(format!("refs/orchestron/saved/{task}/"))
        .ok()?;
    Ok(text_of(&out)
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('|');
            let name = parts.next()?.to_owned();
            Some(Saved {
                number: name.rsplit('/').next()?.parse().ok()?,
                name,
                tree: parts.next()?.to_owned(),
                parents: parts.next()?.to_owned(),
            })
        })
        .collect())
}

/// Fails when repositories inside the worktree (submodules, clones, `git init`) hold work that exists nowhere else: changes, or commits
/// that no remote of theirs has.
pub(super) fn check_nested(place: &Place) -> GitResult<()> {
    let mut candidates = nested_untracked(place)?;
    let out = Git::read_in(place, &["ls-files", "--stage", "-z"]).ok()?;
    candidates.extend(
        nul_separated(&out)
            .filter(|line| line.starts_with(b"160000 "))
            .filter_map(|line| {
                let tab = line.iter().position(|b| *b == b'\t')?;
                line.get(tab + 1..).map(<[u8]>::to_vec)
            }),
    );
    let mut nested = Vec::new();
    for path in candidates {
        let dir = place.work_tree.join(path_of(&path));
        if dir.join(".git").exists() && has_work(&dir)? {
            nested.push(text_of(&path).trim_end_matches('/').to_owned());
        }
    }
    if nested.is_empty() {
        return Ok(());
    }
    Err(GitError::NestedWork {
        tree: place.work_tree.clone(),
        nested,
    })
}

fn has_work(dir: &Path) -> GitResult<bool> {
    let off = match without_programs(dir) {
        Ok(off) => off,
        // What git cannot read it cannot vouch for.
        Err(GitError::Failed { .. } | GitError::ForeignOwner { .. }) => return Ok(true),
        Err(other) => return Err(other),
    };
    for command in [
        &["status", "--porcelain", "-z"][..],
        &["rev-list", "--max-count=1", "--all", "--not", "--remotes"],
    ] {
        let said = Git::read(dir, command).configs(&off).run()?;
        if said.code != 0 || !said.out.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
