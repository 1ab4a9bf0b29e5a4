//! What a task's branch (and what lies uncommitted in its worktree) changes.

use super::{
    command::{Git, Place, path_of, text_of, unexpected},
    error::GitResult,
    layout::Repo,
    saved::{OwnIndex, untracked},
};
use orchestron_domain::CommitId;
use orchestron_engine::ports::FileDiff;
use std::{fs, ops::ControlFlow, path::Path};

/// How much of one file's patch is kept.
const MAX_FILE_BYTES: usize = 400 * 1024;
/// How much of all patches is kept.
const MAX_TOTAL_BYTES: usize = 2 * 1024 * 1024;
/// A file larger than this is binary for us: comparing it would need all of it in memory.
const BIG_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What both looks at a difference (the list of files, the patches) have in common.
const OPTIONS: &[&str] = &[
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
    Look {
        command: &|options| {
            Ok(repo
                .read(&["diff-tree", "-r"])
                .args(options)
                .args(&[&base.0, &tip.0]))
        },
    }
    .files()
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
        command: &|options| {
            Ok(Git::read_in(place, &["diff-index"])
                .configs(&off)
                .index(index.file())
                .args(options)
                .args(&[&base.0, "--", ":/"])
                .arg(format!(":(top,exclude,literal){folder}")))
        },
    };
    let mut files = look.files()?;
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

/// A way to ask for a difference.
struct Look<'a> {
    command: &'a dyn Fn(&[&str]) -> GitResult<Git>,
}

impl Look<'_> {
    fn ask(&self, options: &[&str]) -> GitResult<Git> {
        let all: Vec<&str> = OPTIONS.iter().chain(options).copied().collect();
        Ok((self.command)(&all)?.config("core.bigFileThreshold", BIG_FILE_BYTES.to_string()))
    }

    fn files(&self) -> GitResult<Vec<FileDiff>> {
        let out = self
            .ask(&["--raw", "--numstat", "--abbrev=40", "-z"])?
            .ok()?;
        let mut files = parse_list(&out)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut patches = Patches::default();
        let options = [
            "--patch",
            "--unified=3",
            "--src-prefix=a/",
            "--dst-prefix=b/",
        ];
        let said = self.ask(&options)?.stream(|chunk| patches.feed(chunk))?;
        if said.code != 0 && !said.stopped {
            return Err(said.failure("diff"));
        }
        patches.end();
        let mut sections = patches.sections.into_iter();
        for listed in &mut files {
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
        Ok(files.into_iter().map(|listed| listed.diff).collect())
    }
}

/// A file of the list, with how many sections of the patch are its own.
struct Listed {
    diff: FileDiff,
    sections: usize,
}

/// Reads `--raw --numstat -z`: all files with their kinds first, then all files with their counts.
fn parse_list(out: &[u8]) -> GitResult<Vec<Listed>> {
    let bad = || unexpected("diff --raw", out);
    let mut parts = out.split(|b| *b == 0).peekable();
    let mut files = Vec::new();
    while parts.peek().is_some_and(|part| part.starts_with(b":")) {
        let head = text_of(parts.next().ok_or_else(bad)?);
        let letter = head.rsplit(' ').next().and_then(|word| word.chars().next());
        let first = text_of(parts.next().ok_or_else(bad)?);
        let (kind, sections) = match letter {
            Some('A') => ("added", 1),
            Some('D') => ("deleted", 1),
            Some('R') => ("renamed", 1),
            Some('T') => ("modified", 2),
            _ => ("modified", 1),
        };
        let (path, old_path) = if letter == Some('R') {
            (text_of(parts.next().ok_or_else(bad)?), Some(first))
        } else {
            (first, None)
        };
        files.push(Listed {
            diff: file(path, old_path, kind),
            sections,
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

/// A section of a patch: the hunks of one file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    text: String,
    cut: bool,
}

/// Cuts a patch into its files while it streams by, keeping no more than is allowed.
#[derive(Default)]
struct Patches {
    sections: Vec<Section>,
    /// The hunks of the current file.
    current: Option<Vec<u8>>,
    /// Whether the first hunk was seen.
    in_hunks: bool,
    /// Whether a line of content was kept.
    has_content: bool,
    /// Whether the current file has more than is kept.
    cut: bool,
    /// The line that is not complete yet, as far as it could matter.
    line: Vec<u8>,
    total: usize,
}

impl Patches {
    fn feed(&mut self, chunk: &[u8]) -> ControlFlow<()> {
        for piece in chunk.split_inclusive(|b| *b == b'\n') {
            let room = MAX_FILE_BYTES.saturating_sub(self.line.len());
            self.line
                .extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                self.take_line(&line, room < piece.len());
            }
        }
        if self.total >= MAX_TOTAL_BYTES {
            self.cut = true;
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// One line of the patch; its end is missing when it is `longer` than a whole file may be.
    fn take_line(&mut self, line: &[u8], longer: bool) {
        // Lines of content start with ` `, `+`, `-`, `\` or `@`; names are quoted, so no name can make such a line.
        if line.starts_with(b"diff --git ") {
            self.end();
            self.current = Some(Vec::new());
            return;
        }
        let Some(current) = &mut self.current else {
            return;
        };
        self.in_hunks |= line.starts_with(b"@@");
        if !self.in_hunks || self.cut {
            return;
        }
        let room = MAX_FILE_BYTES
            .saturating_sub(current.len())
            .min(MAX_TOTAL_BYTES.saturating_sub(self.total));
        let fits = line.get(..room.min(line.len())).unwrap_or_default();
        if fits.len() == line.len() && !longer {
            current.extend_from_slice(line);
            self.has_content |= !line.starts_with(b"@@");
            self.total += line.len();
        } else {
            self.cut = true;
            // Whole lines only, unless the file would be empty.
            if !self.has_content {
                current.extend_from_slice(fits);
                self.total += fits.len();
            }
        }
    }

    /// The current file is over.
    fn end(&mut self) {
        if !self.line.is_empty() {
            let line = std::mem::take(&mut self.line);
            self.take_line(&line, false);
        }
        if let Some(current) = self.current.take() {
            self.sections.push(Section {
                text: String::from_utf8_lossy(&current).into_owned(),
                cut: self.cut,
            });
        }
        self.in_hunks = false;
        self.has_content = false;
        self.cut = false;
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_FILE_BYTES, MAX_TOTAL_BYTES, Patches};
    use std::ops::ControlFlow;

    fn cut(patch: &[u8], step: usize) -> (Patches, bool) {
        let mut patches = Patches::default();
        let mut stopped = false;
        for chunk in patch.chunks(step) {
            if patches.feed(chunk) == ControlFlow::Break(()) {
                stopped = true;
                break;
            }
        }
        patches.end();
        (patches, stopped)
    }

    #[test]
    fn patches_are_cut_into_files_however_they_arrive() {
        let patch = b"diff --git a/x b/x\nindex 1..2\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-diff --git a b\n+\xff\ndiff --git a/y b/y\nBinary files differ\ndiff --git a/z b/z\n@@ -0,0 +1 @@\n+end\n\\ No newline at end of file";
        for step in [1, 7, 4096] {
            let (patches, _) = cut(patch, step);
            let texts: Vec<_> = patches.sections.iter().map(|s| s.text.as_str()).collect();
            assert_eq!(
                texts,
                [
                    "@@ -1 +1 @@\n-diff --git a b\n+\u{fffd}\n",
                    "",
                    "@@ -0,0 +1 @@\n+end\n\\ No newline at end of file"
                ]
            );
            assert!(patches.sections.iter().all(|s| !s.cut));
        }
    }

    #[test]
    fn long_files_and_long_lines_are_cut() {
        let mut patch = b"diff --git a/x b/x\n@@ -0,0 +1,2 @@\n".to_vec();
        for n in 0..100_000 {
            patch.extend_from_slice(format!("+line {n}\n").as_bytes());
        }
        patch.extend_from_slice(b"diff --git a/y b/y\n@@ -0,0 +1 @@\n+");
        patch.resize(patch.len() + 2 * MAX_FILE_BYTES, b'a');
        patch.extend_from_slice(b"\ndiff --git a/z b/z\n@@ -0,0 +1 @@\n+short\n");
        let (patches, stopped) = cut(&patch, 65_536);
        assert!(!stopped);
        let [x, y, z] = patches.sections.as_slice() else {
            panic!("{} sections", patches.sections.len());
        };
        assert!(x.cut && x.text.ends_with('\n') && x.text.len() <= MAX_FILE_BYTES);
        assert!(y.cut && y.text.len() <= MAX_FILE_BYTES && y.text.contains("+aaa"));
        assert!(!z.cut && z.text.ends_with("+short\n"));
    }

    #[test]
    fn reading_stops_when_enough_was_read() {
        let mut patch = Vec::new();
        for n in 0..20 {
            patch.extend_from_slice(format!("diff --git a/{n} b/{n}\n@@ -0,0 +1 @@\n").as_bytes());
            for _ in 0..30_000 {
                patch.extend_from_slice(b"+0123456\n");
            }
        }
        let (patches, stopped) = cut(&patch, 65_536);
        assert!(stopped && patches.sections.last().is_some_and(|s| s.cut));
        let kept: usize = patches.sections.iter().map(|s| s.text.len()).sum();
        assert!(kept <= MAX_TOTAL_BYTES);
    }
}
