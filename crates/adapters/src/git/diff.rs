//! What a task's branch (and what lies uncommitted in its worktree) changes.
//!
//! Git is asked once for all of it: the list of files and the patches behind it. Between two commits it is remembered, for whoever
//! commits wants the names and whoever reviews next the patches.

use super::{
    command::{Git, Place, path_of, text_of, unexpected},
    error::GitResult,
    layout::Repo,
    patches::Patches,
    remembered,
    saved::{OwnIndex, untracked},
};
use orchestron_domain::CommitId;
use orchestron_engine::ports::FileDiff;
use std::{fs, ops::ControlFlow, path::Path};

/// What is remembered of two commits: all of it.
const ALL: &str = "difference";
/// And the names of the files alone.
const NAMES: &str = "names";
/// A file larger than this is binary for us: comparing it would need all of it in memory.
const BIG_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// The list of files with their kinds and counts, and their patches.
const OPTIONS: &[&str] = &[
    "--raw",
    "--numstat",
    "--abbrev=40",
    "-z",
    "--patch",
    "--unified=3",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--find-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--ignore-submodules=dirty",
    "--submodule=short",
    "--no-relative",
    "-O/dev/null",
];

/// The difference between two commits.
pub(super) fn between(repo: &Repo, base: &CommitId, tip: &CommitId) -> GitResult<Vec<FileDiff>> {
    let mut found = None;
    let said = remembered::about_commits(repo, ALL, (&base.0, &tip.0), || {
        let (difference, begin) = commits(repo, base, tip).ask()?;
        found = Some(difference);
        Ok(begin)
    })?;
    let found = match found {
        Some(found) => found,
        None => Difference::read(&said)?,
    };
    Ok(found.files)
}

/// The names of the files that differ between two commits, both of a renamed one: each with a NUL behind it.
pub(super) fn names(repo: &Repo, base: &CommitId, tip: &CommitId) -> GitResult<Vec<u8>> {
    let ask = || {
        repo.read(&["diff-tree", "-r", "--name-only", "--no-renames", "-z"])
            .args(&[&base.0, &tip.0])
            .ok()
    };
    remembered::about_commits(repo, NAMES, (&base.0, &tip.0), ask)
}

/// The same of a commit that was just made: whoever reviews it will ask for its patches next, so they are asked for with it.
pub(super) fn names_of_new(repo: &Repo, base: &CommitId, tip: &CommitId) -> GitResult<Vec<u8>> {
    let said = remembered::about_commits(repo, ALL, (&base.0, &tip.0), || {
        Ok(commits(repo, base, tip).ask()?.1)
    })?;
    if said.len() > remembered::MAX_BYTES {
        return names(repo, base, tip);
    }
    let named = || listed(&said).map(all_names);
    remembered::about_commits(repo, NAMES, (&base.0, &tip.0), named)
}

/// Whether two branches that began at the same commit surely merge, as far as what is remembered of them tells: each only adds files
/// and changes some, no file of one is a file or a folder of the other, and nothing is a repository of its own. Git would merge them
/// file by file then, and each file has changed on one side only.
pub(super) fn are_apart(repo: &Repo, one: &CommitId, other: &CommitId) -> bool {
    let known = |tip: &CommitId| remembered::known_about(repo, ALL, &tip.0);
    let others = known(other);
    let same_base = known(one).into_iter().find_map(|(base, mine)| {
        let (_, theirs) = others.iter().find(|(found, _)| *found == base)?;
        Some((mine, theirs))
    });
    let Some((mine, theirs)) = same_base else {
        return false;
    };
    let (Some(mine), Some(theirs)) = (plain_names(&mine), plain_names(theirs)) else {
        return false;
    };
    let meets = |one: &[u8], other: &[u8]| {
        let rest = other.strip_prefix(one);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let apart = |one: &Vec<u8>| {
        let mut theirs = theirs.iter();
        !theirs.any(|other| meets(one, other) || meets(other, one))
    };
    mine.iter().all(apart)
}

/// The names of what a difference adds or changes; none when it does anything else, or is too long to be compared.
fn plain_names(said: &[u8]) -> Option<Vec<Vec<u8>>> {
    /// More are left to git.
    const MOST: usize = 200;
    let list = listed(said).ok()?;
    let plain = list.len() <= MOST && list.iter().all(Listed::is_plain);
    plain.then(|| list.into_iter().map(|file| file.name).collect())
}

fn commits<'a>(repo: &'a Repo, base: &'a CommitId, tip: &'a CommitId) -> Look<'a> {
    Look {
        command: Box::new(move |options| {
            repo.read(&["diff-tree", "-r"])
                .args(options)
                .args(&[&base.0, &tip.0])
        }),
    }
}

/// The difference between a commit and the files of a worktree, untracked ones included; neither the worktree nor its index is touched.
/// `.mcp` is left out, as it is when the work is committed.
pub(super) fn uncommitted(repo: &Repo, place: &Place, base: &CommitId) -> GitResult<Vec<FileDiff>> {
    let off = repo.without_programs()?;
    let index = OwnIndex::copy_of(place, None)?;
    let folder = format!("{}.mcp", repo.prefix);
    let mcp = format!("{folder}/");
    let (mut new, mut big) = (Vec::new(), Vec::new());
    for path in untracked(place)? {
        if path.ends_with(b"/") || path.starts_with(mcp.as_bytes()) {
            continue;
        }
        if is_big(&place.work_tree.join(path_of(&path))) {
            // Git would read all of it just to name its content.
            big.push(file(text_of(&path), None, "added"));
        } else {
            new.extend_from_slice(&path);
            new.push(0);
        }
    }
    if !new.is_empty() {
        // Only their names: `diff-index` reads the files themselves, so that nothing is written to the repository.
        Git::write_in(place, &["add", "--intent-to-add", "--sparse"])
            .args(&["--pathspec-from-file=-", "--pathspec-file-nul"])
            .literal_paths()
            .configs(&off)
            .index(index.file())
            .stdin(new)
            .ok()?;
    }
    // Exit code 1 says that some differ. Only what is stale is read.
    Git::write_in(place, &["update-index", "-q", "--refresh"])
        .configs(&off)
        .index(index.file())
        .run()?;
    let look = Look {
        command: Box::new(|options| {
            Git::read_in(place, &["diff-index"])
                .configs(&off)
                .index(index.file())
                .args(options)
                .args(&[&base.0, "--", ":/"])
                .arg(format!(":(top,exclude,literal){folder}"))
        }),
    };
    let mut files = look.ask()?.0.files;
    if !big.is_empty() {
        files.append(&mut big);
        files.sort_by(|a, b| a.path.cmp(&b.path));
    }
    Ok(files)
}

fn is_big(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() > BIG_FILE_BYTES)
}

fn file(path: String, old_path: Option<String>, kind: &str) -> FileDiff {
    FileDiff {
        path,
        old_path,
        kind: kind.to_owned(),
        added: None,
        removed: None,
        patch: String::new(),
        cut: false,
    }
}

/// The command that tells a difference, with these options.
type Asking<'a> = Box<dyn Fn(&[&str]) -> Git + 'a>;

/// A way to ask for a difference.
struct Look<'a> {
    command: Asking<'a>,
}

impl Look<'_> {
    /// Asks for it; also the bytes it was read from, cut when they are too many to be remembered.
    fn ask(&self) -> GitResult<(Difference, Vec<u8>)> {
        let mut reading = Reading::default();
        let command =
            (self.command)(OPTIONS).config("core.bigFileThreshold", BIG_FILE_BYTES.to_string());
        let said = command.stream(|chunk| reading.feed(chunk))?;
        if said.code != 0 && !said.stopped {
            return Err(said.failure("diff"));
        }
        let begin = std::mem::take(&mut reading.begin);
        Ok((reading.end()?, begin))
    }
}

/// What differs.
struct Difference {
    files: Vec<FileDiff>,
}

impl Difference {
    /// Reads all of what git said.
    fn read(said: &[u8]) -> GitResult<Self> {
        let mut reading = Reading::default();
        // It was short enough to be remembered.
        let _whole = reading.feed(said);
        reading.end()
    }
}

/// Reads what git says: the list first, then the patches.
#[derive(Default)]
struct Reading {
    /// What came first, as far as it can be remembered, and a byte more when that is not all.
    begin: Vec<u8>,
    list: Vec<u8>,
    in_patches: bool,
    patches: Patches,
}

impl Reading {
    fn feed(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        let room = (remembered::MAX_BYTES + 1).saturating_sub(self.begin.len());
        let first = chunk.get(..room.min(chunk.len())).unwrap_or_default();
        self.begin.extend_from_slice(first);
        if self.in_patches {
            return self.patches.feed(chunk);
        }
        let from = self.list.len().saturating_sub(1);
        self.list.extend_from_slice(chunk);
        let Some(end) = end_of_list(&self.list, from) else {
            return ControlFlow::Continue(());
        };
        self.in_patches = true;
        let patches = self.list.split_off(end);
        self.patches.feed(patches.get(1..).unwrap_or_default())
    }

    fn end(mut self) -> GitResult<Difference> {
        let mut listed = parse_list(&self.list)?;
        self.patches.end();
        let mut sections = self.patches.sections.into_iter();
        for listed in &mut listed {
            // A file that became a link, or the other way round, is shown as two sections.
            for _ in 0..listed.sections {
                match sections.next() {
                    Some(section) => {
                        listed.diff.patch.push_str(&section.text);
                        listed.diff.cut |= section.cut;
                    }
                    None => listed.diff.cut = true,
                }
            }
        }
        let files = listed.into_iter().map(|listed| listed.diff).collect();
        Ok(Difference { files })
    }
}

/// Where the list ends: behind its last name comes an empty one. The names in it are never empty, and the empty field that stands for
/// the names of a renamed file has a tab before it.
fn end_of_list(list: &[u8], from: usize) -> Option<usize> {
    let rest = list.get(from..)?;
    let at = rest.windows(2).position(|two| two == [0, 0])?;
    Some(from + at + 1)
}

/// The list of what git said.
fn listed(said: &[u8]) -> GitResult<Vec<Listed>> {
    let end = end_of_list(said, 0).unwrap_or(said.len());
    parse_list(said.get(..end).unwrap_or_default())
}

/// A file of the list, with how many sections of the patch are its own.
struct Listed {
    diff: FileDiff,
    sections: usize,
    /// Its name, and that before it was renamed, as git has them.
    name: Vec<u8>,
    old_name: Option<Vec<u8>>,
    /// It is a repository of its own, before or after.
    is_gitlink: bool,
}

impl Listed {
    /// Whether it was added or changed, and is a file.
    fn is_plain(&self) -> bool {
        let kind = self.diff.kind.as_str();
        !self.is_gitlink && self.sections == 1 && matches!(kind, "added" | "modified")
    }
}

/// The names of all files of a list, each with a NUL behind it.
fn all_names(list: Vec<Listed>) -> Vec<u8> {
    let mut names = Vec::new();
    for file in list {
        for name in file.old_name.iter().chain([&file.name]) {
            names.extend_from_slice(name);
            names.push(0);
        }
    }
    names
}

/// Reads `--raw --numstat -z`: all files with their kinds first, then all files with their counts.
fn parse_list(out: &[u8]) -> GitResult<Vec<Listed>> {
    let bad = || unexpected("diff --raw", out);
    let mut parts = out.split(|b| *b == 0).peekable();
    let mut files = Vec::new();
    while parts.peek().is_some_and(|part| part.starts_with(b":")) {
        let head = text_of(parts.next().ok_or_else(bad)?);
        let letter = head.rsplit(' ').next().and_then(|word| word.chars().next());
        let first = parts.next().ok_or_else(bad)?;
        let (kind, sections) = match letter {
            Some('A') => ("added", 1),
            Some('D') => ("deleted", 1),
            Some('R') => ("renamed", 1),
            Some('T') => ("modified", 2),
            _ => ("modified", 1),
        };
        let (name, old_name) = if letter == Some('R') {
            (parts.next().ok_or_else(bad)?, Some(first))
        } else {
            (first, None)
        };
        files.push(Listed {
            diff: file(text_of(name), old_name.map(text_of), kind),
            sections,
            name: name.to_vec(),
            old_name: old_name.map(<[u8]>::to_vec),
            is_gitlink: head.starts_with(":160000") || head.contains(" 160000 "),
        });
    }
    for listed in &mut files {
        let line = text_of(parts.next().ok_or_else(bad)?);
        let mut words = line.splitn(3, '\t');
        let (added, removed) = (words.next(), words.next());
        listed.diff.added = added.and_then(|n| n.parse().ok());
        listed.diff.removed = removed.and_then(|n| n.parse().ok());
        // A rename has an empty name here, and both names behind it.
        if words.next() == Some("") {
            parts.next().ok_or_else(bad)?;
            parts.next().ok_or_else(bad)?;
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::{Difference, Reading, all_names, listed};

    const SAID: &[u8] =
        b":100644 100644 1 2 M\0a\0:000000 100644 0 3 A\0bin\0:100644 100644 4 4 R100\0d/y\0d/z\0\
1\t1\ta\0-\t-\tbin\x000\t0\t\0d/y\0d/z\0\0diff --git a/a b/a\n@@ -1 +1 @@\n-b\n+c\n\
diff --git a/bin b/bin\nBinary files differ\ndiff --git a/d/y b/d/z\nrename to d/z\n";

    #[test]
    fn list_and_patches_come_in_one_answer_however_it_arrives() {
        for step in [1, 3, 64, 4096] {
            let mut reading = Reading::default();
            for chunk in SAID.chunks(step) {
                assert!(reading.feed(chunk).is_continue());
            }
            assert_eq!(reading.begin, SAID);
            let files = reading.end().unwrap().files;
            let told: Vec<_> = files
                .iter()
                .map(|f| (f.path.as_str(), f.kind.as_str(), f.added, f.patch.as_str()))
                .collect();
            assert_eq!(
                told,
                [
                    ("a", "modified", Some(1), "@@ -1 +1 @@\n-b\n+c\n"),
                    ("bin", "added", None, ""),
                    ("d/z", "renamed", Some(0), "")
                ]
            );
            assert_eq!(files[2].old_path.as_deref(), Some("d/y"));
        }
        assert!(Difference::read(b"").unwrap().files.is_empty());
        assert_eq!(all_names(listed(SAID).unwrap()), b"a\0bin\0d/y\0d/z\0");
    }
}
