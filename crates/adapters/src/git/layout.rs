//! Where things are: the repository, its worktrees, its branches.

use super::command::{Git, Place, nul_separated, path_of, text_of, unexpected};
use super::error::{GitError, GitResult};
use super::{known, remembered};
use orchestron_domain::{CommitId, TaskId};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How large a `.git` or `gitdir` file may be; longer ones are no such files.
const MAX_LINK_BYTES: u64 = 64 * 1024;

/// The repository that a project lies in.
#[derive(Clone, Debug)]
pub(super) struct Repo {
    /// The project's folder, as it was given.
    pub root: PathBuf,
    /// The folder that all worktrees share (`…/.git`).
    pub common: PathBuf,
    /// The git folder of the checkout that the project lies in.
    pub git_dir: PathBuf,
    /// The top folder of that checkout.
    pub top: PathBuf,
    /// The project's place in the repository: empty, or `apps/web/`.
    pub prefix: String,
}

/// A worktree as git lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its folder.
    pub path: PathBuf,
    /// What is checked out; none when that cannot be told.
    pub head: Option<String>,
    /// The branch that is checked out, without `refs/heads/`.
    pub branch: Option<String>,
    /// Why it is locked, when it is.
    pub locked: Option<String>,
    /// Whether its folder is gone.
    pub prunable: bool,
    /// Whether it has no files at all.
    pub bare: bool,
}

impl Repo {
    /// The repository around `root`; none when there is none.
    pub fn find(root: &Path) -> GitResult<Option<Self>> {
        if !root.ancestors().any(|dir| dir.join(".git").exists()) {
            return Ok(None);
        }
        super::command::check_version(root)?;
        known::find(root, || Self::ask(root))
    }

    fn ask(root: &Path) -> GitResult<Option<Self>> {
        let command = [
            "rev-parse",
            "--path-format=absolute",
            "--is-inside-work-tree",
            "--git-common-dir",
            "--git-dir",
            "--show-prefix",
            "--show-toplevel",
        ];
        let said = Git::read(root, &command).run()?;
        if said.code != 0 {
            // A broken `.git` somewhere above is no repository of ours; a distrusted one is.
            let none = ["not a git repository", "must be run in a work tree"];
            return if none.iter().any(|words| said.complaint.contains(words)) {
                Ok(None)
            } else {
                Err(said.failure("rev-parse"))
            };
        }
        let lines: Vec<&[u8]> = said.out.split(|b| *b == b'\n').collect();
        let [inside, common, git_dir, prefix, top, b""] = lines.as_slice() else {
            return Err(unexpected("rev-parse", &said.out));
        };
        if *inside != b"true" {
            return Ok(None);
        }
        Ok(Some(Self {
            root: root.to_owned(),
            common: path_of(common),
            git_dir: path_of(git_dir),
            top: path_of(top),
            prefix: text_of(prefix),
        }))
    }

    /// The branch that a place is on; none when it is on none. Asked of its `HEAD` file where that says it, else of git.
    pub fn head_of(place: &Place) -> GitResult<Option<String>> {
        match known::head(&place.git_dir) {
            Some(name) => Ok(Some(name)),
            None => Git::read_in(place, &["symbolic-ref", "--quiet", "HEAD"]).line_or_none(),
        }
    }

    /// Commands that concern no files.
    pub fn read<A: AsRef<std::ffi::OsStr>>(&self, args: &[A]) -> Git {
        Git::read(&self.common, args).env("GIT_DIR", &self.common)
    }

    /// Commands that concern no files and write.
    pub fn write<A: AsRef<std::ffi::OsStr>>(&self, args: &[A]) -> Git {
        Git::write(&self.common, args).env("GIT_DIR", &self.common)
    }

    /// Commands about worktrees, run where the project is.
    pub fn worktree_command<A: AsRef<std::ffi::OsStr>>(&self, args: &[A]) -> Git {
        Git::write(&self.root, &["worktree"]).args(args)
    }

    /// The tip of a branch, by its exact name.
    pub fn branch_tip(&self, branch: &str) -> GitResult<Option<CommitId>> {
        if let Some(tip) = known::tip(&self.common, branch) {
            return Ok(Some(tip));
        }
        let name = format!("refs/heads/{branch}");
        self.ref_target(&name)
    }

    /// What a ref points to, by its full name.
    pub fn ref_target(&self, name: &str) -> GitResult<Option<CommitId>> {
        let out = self
            .read(&["for-each-ref", "--format=%(objectname) %(refname)%00", name])
            .ok()?;
        Ok(out.split(|b| *b == 0).map(text_of).find_map(|line| {
            let (id, found) = line.trim_start_matches('\n').split_once(' ')?;
            (found == name).then(|| CommitId::from(id))
        }))
    }

    /// The tip of a branch that has to be there.
    pub fn need_tip(&self, branch: &str) -> GitResult<CommitId> {
        if let Some(tip) = self.branch_tip(branch)? {
            return Ok(tip);
        }
        if self.has_commits()? {
            Err(GitError::NoBranch {
                branch: branch.to_owned(),
            })
        } else {
            Err(GitError::NoCommits {
                root: self.root.clone(),
            })
        }
    }

    /// Whether any branch has a commit, or the checkout's HEAD has.
    pub fn has_commits(&self) -> GitResult<bool> {
        let head = Git::read(
            &self.root,
            &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
        );
        if head.test()? {
            return Ok(true);
        }
        let any = self
            .read(&[
                "for-each-ref",
                "--count=1",
                "--format=%(refname)",
                "refs/heads/",
            ])
            .ok()?;
        Ok(!any.is_empty())
    }

    /// The full name of a commit, if the repository has it.
    pub fn commit(&self, id: &CommitId) -> GitResult<Option<CommitId>> {
        if id.0.len() < 4 || !id.0.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        self.read(&["rev-parse", "--verify", "--quiet"])
            .arg(format!("{}^{{commit}}", id.0))
            .line_or_none()
            .map(|line| line.map(CommitId))
    }

    /// Whether everything in `older` is in `newer`: then what both have in common is `older` itself.
    pub fn is_ancestor(&self, older: &CommitId, newer: &CommitId) -> GitResult<bool> {
        Ok(self.merge_base(newer, older)?.as_ref() == Some(older))
    }

    /// The best common ancestor; none for unrelated histories.
    pub fn merge_base(&self, one: &CommitId, other: &CommitId) -> GitResult<Option<CommitId>> {
        if one == other {
            return Ok(Some(one.clone()));
        }
        // In one order, so that it is asked once for both.
        let (one, other) = (one.min(other), one.max(other));
        let ask = || {
            let said = self.read(&["merge-base", &one.0, &other.0]).run()?;
            match said.code {
                0 | 1 => Ok(said.out),
                _ => Err(said.failure("merge-base")),
            }
        };
        let out = remembered::about_commits(self, "merge-base", (&one.0, &other.0), ask)?;
        String::from_utf8(out)
            .map_err(|e| unexpected("merge-base", e.as_bytes()))
            .map(|text| text.lines().next().map(CommitId::from))
    }

    /// Remembers what a new commit, made from `before` alone, has in common with another one: what `before` has. No history that was
    /// there before knows the new one, so git need not be asked about it.
    pub fn is_made_from(
        &self,
        before: &CommitId,
        new: &CommitId,
        other: &CommitId,
    ) -> GitResult<()> {
        let Some(base) = self.merge_base(before, other)? else {
            return Ok(());
        };
        let pair = (&*new.min(other).0, &*new.max(other).0);
        let said = || Ok(format!("{}\n", base.0).into_bytes());
        remembered::about_commits(self, "merge-base", pair, said).map(drop)
    }

    /// Filters and merge drivers that this repository itself (not the user) has configured, switched off.
    pub fn without_programs(&self) -> GitResult<Vec<(String, String)>> {
        let out = remembered::about_config(self, "programs", || {
            let out = all_settings(&self.root)?;
            let is_all = !own_settings(&out).any(|(key, _)| is_include(&key));
            Ok((out, is_all))
        })?;
        Ok(programs_off(&out))
    }

    /// The worktree at `path` by what its own files say; none when anything about it is not plain, and then git is to be asked.
    pub fn plain_entry(&self, task: &TaskId, path: &Path) -> GitResult<Option<Entry>> {
        let Some(admin) = self.admin_of(path)? else {
            return Ok(None);
        };
        let link = read_link_file(&admin.join("gitdir"), &admin);
        let Some(tree) = link.as_deref().and_then(Path::parent) else {
            return Ok(None);
        };
        let branch = known::head(&admin).and_then(|name| {
            let branch = name.strip_prefix("refs/heads/")?;
            self.is_plain_task_branch(branch, task)
                .then(|| branch.to_owned())
        });
        if branch.is_none() || !tree.is_dir() || !Self::links_to(tree, &admin) {
            return Ok(None);
        }
        let locked = match known::small(&admin.join("locked")) {
            Ok(reason) => Some(reason.trim().to_owned()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => return Ok(None),
        };
        Ok(Some(Entry {
            path: tree.to_owned(),
            branch,
            locked,
            ..Entry::default()
        }))
    }

    /// Whether surely no worktree is named so, by what this repository has written down about them.
    pub fn is_without_trees_named(&self, name: &str) -> bool {
        let listing = match fs::read_dir(self.common.join("worktrees")) {
            Ok(listing) => listing,
            Err(error) => return error.kind() == io::ErrorKind::NotFound,
        };
        let other = |path: &Path| path.file_name().is_some_and(|found| found != name);
        let is_other = |entry: io::Result<fs::DirEntry>| {
            let admin = entry.ok()?.path();
            let link = read_link_file(&admin.join("gitdir"), &admin)?;
            let tree = link.parent()?;
            Some(other(tree) && other(&normal(tree)))
        };
        listing.map(is_other).all(|other| other == Some(true))
    }

    /// Whether a branch is the task's; asked of git only when there is no file of its own that says that it is there.
    pub fn is_task_branch(&self, branch: &str, task: &TaskId) -> GitResult<bool> {
        if self.is_plain_task_branch(branch, task) {
            return Ok(true);
        }
        let branches = self.task_branches(task)?;
        Ok(branches.iter().any(|found| found == branch))
    }

    fn is_plain_task_branch(&self, branch: &str, task: &TaskId) -> bool {
        is_branch_of(branch, task) && known::tip(&self.common, branch).is_some()
    }

    /// The task's branches: `task/TASK-001-…`, newest commit first.
    pub fn task_branches(&self, task: &TaskId) -> GitResult<Vec<String>> {
        if known::is_without_branches(&self.common, "task", &task.to_string()) {
            return Ok(Vec::new());
        }
        let out = self
            .read(&[
                "for-each-ref",
                "--sort=-committerdate",
                "--format=%(refname)%00",
                "refs/heads/task/",
            ])
            .ok()?;
        Ok(out
            .split(|b| *b == 0)
            .filter_map(|name| std::str::from_utf8(name).ok())
            .filter_map(|name| name.trim_start_matches('\n').strip_prefix("refs/heads/"))
            .filter(|branch| is_branch_of(branch, task))
            .map(str::to_owned)
            .collect())
    }

    /// All worktrees, the main one first.
    pub fn entries(&self) -> GitResult<Vec<Entry>> {
        let out = Git::read(&self.root, &["worktree", "list", "--porcelain", "-z"]).ok()?;
        let mut entries = parse_entries(&out);
        // Git guesses the main checkout's folder from its git folder's; when we stand in it, we know better.
        if let Some(main) = entries.first_mut()
            && normal(&self.git_dir) == normal(&self.common)
        {
            main.path.clone_from(&self.top);
        }
        Ok(entries)
    }

    /// The git folder of the linked worktree at `path`, by what this repository has written down about it.
    pub fn admin_of(&self, path: &Path) -> GitResult<Option<PathBuf>> {
        let dir = self.common.join("worktrees");
        let listing = match fs::read_dir(&dir) {
            Ok(listing) => listing,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(GitError::File {
                    doing: "read",
                    path: dir,
                    source,
                });
            }
        };
        let wanted = normal(path);
        for admin in listing.flatten().map(|entry| entry.path()) {
            let Some(link) = read_link_file(&admin.join("gitdir"), &admin) else {
                continue;
            };
            if link.parent().is_some_and(|tree| normal(tree) == wanted) {
                return Ok(Some(admin));
            }
        }
        Ok(None)
    }

    /// Whether the folder's own `.git` says that it is the worktree with this git folder.
    pub fn links_to(path: &Path, admin: &Path) -> bool {
        git_dir_named_in(path).is_some_and(|dir| normal(&dir) == normal(admin))
    }

    /// A worktree's files with its git folder.
    pub fn place(&self, path: &Path) -> GitResult<Place> {
        match self.admin_of(path)? {
            Some(git_dir) if path.is_dir() => Ok(Place {
                git_dir,
                work_tree: path.to_owned(),
            }),
            _ => Err(GitError::ForeignTree {
                tree: path.to_owned(),
            }),
        }
    }
}

/// Filters and merge drivers that the repository around `dir` itself (not the user) has configured, switched off.
pub(super) fn without_programs(dir: &Path) -> GitResult<Vec<(String, String)>> {
    all_settings(dir).map(|out| programs_off(&out))
}

/// All settings with where they come from.
fn all_settings(dir: &Path) -> GitResult<Vec<u8>> {
    Git::read(dir, &["config", "--list", "--show-scope", "-z"]).ok()
}

/// Names and values of what the repository's own files set.
fn own_settings(out: &[u8]) -> impl Iterator<Item = (String, String)> {
    let mut parts = out.split(|b| *b == 0);
    let both = std::iter::from_fn(move || parts.next().zip(parts.next()));
    let own = both.filter(|(scope, _)| *scope == b"local" || *scope == b"worktree");
    own.map(|(_, setting)| {
        let setting = text_of(setting);
        let (key, value) = setting.split_once('\n').unwrap_or((&setting, ""));
        (key.to_owned(), value.to_owned())
    })
}

/// Whether a setting brings in another file.
fn is_include(key: &str) -> bool {
    let section = key.split('.').next().unwrap_or_default();
    ["include", "includeif"]
        .iter()
        .any(|name| section.eq_ignore_ascii_case(name))
}

fn programs_off(out: &[u8]) -> Vec<(String, String)> {
    let mut off = Vec::new();
    for (key, _) in own_settings(out) {
        let value = match (key.split('.').next(), key.rsplit('.').next()) {
            (Some("filter"), Some("clean" | "smudge" | "process")) => "",
            (Some("filter"), Some("required")) => "false",
            // A driver that fails makes a conflict of what it would have merged.
            (Some("merge"), Some("driver")) => "false",
            _ => continue,
        };
        off.push((key, value.to_owned()));
    }
    off
}

/// Whether a branch is named after this task.
fn is_branch_of(branch: &str, task: &TaskId) -> bool {
    branch
        .strip_prefix("task/")
        .and_then(|name| name.strip_prefix(&task.to_string()))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn parse_entries(out: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for line in nul_separated(out) {
        let (word, rest) = line
            .iter()
            .position(|b| *b == b' ')
            .and_then(|at| line.split_at_checked(at))
            .map_or((line, &b""[..]), |(word, rest)| {
                (word, rest.get(1..).unwrap_or_default())
            });
        if word == b"worktree" {
            entries.push(Entry {
                path: path_of(rest),
                ..Entry::default()
            });
            continue;
        }
        let Some(entry) = entries.last_mut() else {
            continue;
        };
        match word {
            b"HEAD" if rest.iter().any(|b| *b != b'0') => entry.head = Some(text_of(rest)),
            b"branch" => {
                entry.branch = text_of(rest).strip_prefix("refs/heads/").map(str::to_owned);
            }
            b"locked" => entry.locked = Some(text_of(rest)),
            b"prunable" => entry.prunable = true,
            b"bare" => entry.bare = true,
            _ => {}
        }
    }
    entries
}

/// The git folder that `dir/.git` is or names; nothing is run and nothing checked.
pub(super) fn git_dir_named_in(dir: &Path) -> Option<PathBuf> {
    let dot_git = dir.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let text = read_small(&dot_git)?;
    let target = text.strip_prefix("gitdir:")?.trim();
    Some(dir.join(target))
}

/// The git folder of the repository whose checkout or worktree has `dir` as its top; nothing is run and nothing checked.
#[must_use]
pub fn git_dir_of(dir: &Path) -> Option<PathBuf> {
    git_dir_named_in(dir).map(|git_dir| normal(&git_dir))
}

/// The folder that all worktrees of a repository share, by one of their git folders.
#[must_use]
pub fn common_of(git_dir: &Path) -> Option<PathBuf> {
    if !git_dir.is_dir() {
        return None;
    }
    let common = read_link_file(&git_dir.join("commondir"), git_dir);
    Some(normal(&common.unwrap_or_else(|| git_dir.to_path_buf())))
}

/// The same by the top of a checkout or worktree.
#[must_use]
pub fn common_dir(dir: &Path) -> Option<PathBuf> {
    common_of(&git_dir_of(dir)?)
}

/// A file that holds one path, relative to `base` or absolute.
pub(super) fn read_link_file(file: &Path, base: &Path) -> Option<PathBuf> {
    let text = read_small(file)?;
    let target = text.trim_end_matches(['\n', '\r']);
    (!target.is_empty()).then(|| base.join(target))
}

fn read_small(file: &Path) -> Option<String> {
    let size = fs::metadata(file).ok().filter(fs::Metadata::is_file)?.len();
    (size <= MAX_LINK_BYTES)
        .then(|| fs::read(file).ok())
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

/// One spelling of a path, also when its last parts are gone.
pub(super) fn normal(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => normal(parent).join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_branch_of, parse_entries};

    #[test]
    fn branches_belong_to_exactly_one_task() {
        let task = "TASK-1".parse().unwrap();
        for (branch, belongs) in [
            ("task/TASK-001-slug", true),
            ("task/TASK-001", true),
            ("task/TASK-0011-slug", false),
            ("task/TASK-001x", false),
            ("TASK-001-slug", false),
            ("task/XTASK-001-slug", false),
        ] {
            assert_eq!(is_branch_of(branch, &task), belongs, "{branch}");
        }
    }

    #[test]
    fn worktree_lists_are_read_with_any_path() {
        let out = b"worktree /a b\nc\0HEAD 12ab\0branch refs/heads/task/x\0locked why not\0\0worktree /d\0HEAD 000\0detached\0locked\0prunable gone\0\0worktree /e\0bare\0\0";
        let entries = parse_entries(out);
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].path.to_str(), Some("/a b\nc"));
        assert_eq!(entries[0].branch.as_deref(), Some("task/x"));
        assert_eq!(entries[0].locked.as_deref(), Some("why not"));
        assert_eq!(
            (entries[1].head.as_deref(), entries[1].locked.as_deref()),
            (None, Some(""))
        );
        assert!(entries[1].prunable && entries[2].bare && entries[1].branch.is_none());
    }
}
