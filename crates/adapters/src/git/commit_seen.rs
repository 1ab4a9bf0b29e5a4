//! What a hook of git sees of a commit: where it is made, what is staged, what was made. As much as possible is read without starting git,
//! for people wait for this at every commit.

use super::{
    command::{Git, Place, nul_separated, text_of},
    error::GitError,
    known,
    layout::{git_dir_named_in, normal},
};
use orchestron_domain::{CommitId, Time, commits::SeenCommit};
use orchestron_engine::ports::PortResult;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Where it is kept that the checks before a commit were run, until the commit is made.
const MARK: &str = "orchestron-checked";
/// The largest message that is looked at without git.
const MAX_MESSAGE: u64 = 256 * 1024;

/// The worktree a commit is made in.
#[derive(Clone, Debug)]
pub struct CommitPlace {
    place: Place,
    /// The project's place in the repository: empty, or `apps/web/`.
    prefix: String,
}

/// That the checks before a commit were run: on which tree, for which git process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedMark {
    /// The tree that was to be committed.
    pub tree: String,
    /// The process that runs the hooks.
    pub git: String,
}

/// A commit that was just made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeCommit {
    /// What is told of it; `unchecked` is for the caller to say.
    pub seen: SeenCommit,
    /// Its whole message.
    pub message: String,
    /// Its tree.
    pub tree: String,
}

impl CommitPlace {
    /// The worktree whose top folder is `top` (where git runs hooks), for the project in `project`.
    #[must_use]
    pub fn at(top: &Path, project: &Path) -> Option<Self> {
        let work_tree = normal(top);
        let git_dir = normal(&git_dir_named_in(&work_tree)?);
        // The project's place below the main checkout, which is where its `.mcp` is.
        let main = normal(project)
            .ancestors()
            .find(|dir| dir.join(".git").exists())
            .map(Path::to_path_buf)?;
        let inner = normal(project);
        let inner = inner.strip_prefix(&main).ok()?.to_str()?;
        let prefix = if inner.is_empty() {
            String::new()
        } else {
            format!("{inner}/")
        };
        Some(Self {
            place: Place { git_dir, work_tree },
            prefix,
        })
    }

    /// The top folder.
    #[must_use]
    pub fn top(&self) -> &Path {
        &self.place.work_tree
    }

    /// The project's folder in this worktree.
    #[must_use]
    pub fn project(&self) -> PathBuf {
        self.place.work_tree.join(&self.prefix)
    }

    /// The branch that is checked out; none on none.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        let name = known::head(&self.place.git_dir)?;
        name.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// The index of the commit that is being made: `git commit -a` and `git commit FILE` have one of their own.
    fn index(&self, git: Git) -> Git {
        match env::var_os("GIT_INDEX_FILE") {
            Some(file) => git.index(&self.place.work_tree.join(file)),
            None => git,
        }
    }

    /// Files of the project that are staged, relative to it.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn staged(&self) -> PortResult<Vec<String>> {
        let asked = [
            "diff",
            "--cached",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "-z",
        ];
        let names = self.index(Git::read_in(&self.place, &asked)).ok()?;
        Ok(self.of_project(&names))
    }

    fn of_project(&self, names: &[u8]) -> Vec<String> {
        nul_separated(names)
            .map(text_of)
            .filter_map(|name| name.strip_prefix(&self.prefix).map(str::to_owned))
            .collect()
    }

    /// How many tracked files differ from what is staged: checks see them too.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn unstaged(&self) -> PortResult<usize> {
        let asked = ["diff-files", "--name-only", "-z"];
        let names = self.index(Git::read_in(&self.place, &asked)).ok()?;
        Ok(nul_separated(&names).count())
    }

    /// Keeps in mind that the checks were run on what is staged now.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn mark_checked(&self, git: &str) -> PortResult<()> {
        let tree = self
            .index(Git::write_in(&self.place, &["write-tree"]))
            .line()?;
        self.mark(&tree, git)
    }

    /// Keeps in mind that what is staged was looked at and needs no check.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn mark_looked(&self, git: &str) -> PortResult<()> {
        self.mark("-", git)
    }

    fn mark(&self, tree: &str, git: &str) -> PortResult<()> {
        let file = self.place.git_dir.join(MARK);
        fs::write(&file, format!("{tree} {git}\n")).map_err(|source| GitError::File {
            doing: "write",
            path: file,
            source,
        })?;
        Ok(())
    }

    /// Takes that mark away; none when the checks were not run since the last commit.
    #[must_use]
    pub fn take_mark(&self) -> Option<CheckedMark> {
        let file = self.place.git_dir.join(MARK);
        let text = fs::read_to_string(&file).ok()?;
        // One that stays is told apart by its tree and process.
        fs::remove_file(&file).unwrap_or_default();
        let (tree, git) = text.trim_end().split_once(' ')?;
        Some(CheckedMark {
            tree: tree.to_owned(),
            git: git.to_owned(),
        })
    }

    /// What the commit's message may be, read without git: what the editor left, comments included.
    #[must_use]
    pub fn message_draft(&self) -> String {
        let file = self.place.git_dir.join("COMMIT_EDITMSG");
        let small = fs::metadata(&file).is_ok_and(|look| look.len() <= MAX_MESSAGE);
        small
            .then(|| fs::read(&file).ok())
            .flatten()
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Whether the newest move of HEAD was `git commit`, which runs checks before it; a rebase or a cherry-pick does not. None when git
    /// keeps no record of that.
    #[must_use]
    pub fn was_committed(&self) -> Option<bool> {
        let bytes = fs::read(self.place.git_dir.join("logs/HEAD")).ok()?;
        let last = bytes
            .split(|byte| *byte == b'\n')
            .rfind(|line| !line.is_empty())?;
        let at = last.iter().position(|byte| *byte == b'\t')?;
        let said = text_of(last.get(at + 1..)?);
        Some(said.starts_with("commit: ") || said.starts_with("commit ("))
    }

    /// The commit that was just made.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn made(&self) -> PortResult<MadeCommit> {
        let format = "--format=%H%x00%T%x00%an%x00%ct%x00%B%x00";
        let asked = [
            "log",
            "-1",
            "--no-show-signature",
            "--no-color",
            format,
            "HEAD",
            "--",
        ];
        let said = Git::read_in(&self.place, &asked).ok()?;
        let parts: Vec<String> = said.split(|byte| *byte == 0).map(text_of).collect();
        let [commit, tree, author, at, message, ..] = parts.as_slice() else {
            return Err(super::command::unexpected("log", &said).into());
        };
        let subject = message.lines().next().unwrap_or_default();
        Ok(MadeCommit {
            seen: SeenCommit {
                commit: CommitId::from(commit.as_str()),
                subject: subject.chars().take(200).collect(),
                branch: self.branch(),
                author: author.chars().take(100).collect(),
                at: Time(at.trim().parse::<i64>().unwrap_or(0).saturating_mul(1000)),
                unchecked: false,
            },
            message: message.clone(),
            tree: tree.clone(),
        })
    }

    /// Files of the project that the newest commit changed, relative to it.
    ///
    /// # Errors
    /// When git cannot tell.
    pub fn changed(&self) -> PortResult<Vec<String>> {
        let asked = [
            "diff-tree",
            "--root",
            "--no-commit-id",
            "-r",
            "--name-only",
            "--no-renames",
            "-z",
            "HEAD",
        ];
        let names = Git::read_in(&self.place, &asked).ok()?;
        Ok(self.of_project(&names))
    }
}
