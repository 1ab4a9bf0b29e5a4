//! What a person says about single lines and hunks: written into the feedback that the implementer gets, and found in it again, so that
//! the next look at the changes shows at its line what was said, and what became of it.
//!
//! The feedback file is the only home of these words. Reviewing agents write in their own way; where they name a file and a line
//! (`src/limit.rs:20`), that is found as well.

use crate::{
    OpError,
    hunks::{Side, hunks, quoted},
    view::word,
    wire::input,
};
use orchestron_domain::task_file::fenced;
use orchestron_engine::ports::FileDiff;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Longest words about one place, in bytes.
const MAX_WORDS: usize = 16 * 1024;
/// Most remarks in one decision.
const MOST: usize = 300;
/// Lines of code that are quoted.
const MAX_QUOTED: usize = 40;
/// Lines of a refused hunk that are repeated; the branch has the rest.
const MAX_REPEATED: usize = 120;

const COMMENTS: &str = "Comments";
const KEEP: &str = "Keep as it is";
const AGAIN: &str = "Do again";
const BEFORE: &str = " (before the change)";

/// What a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words about lines.
    Comment,
    /// A hunk that was accepted.
    Keep,
    /// A hunk that was refused.
    Again,
}

/// A remark found in feedback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What.
    pub kind: Kind,
    /// The file.
    pub path: String,
    /// Which side the lines are on.
    pub side: Side,
    /// First line.
    pub line: u32,
    /// Last line.
    pub to: u32,
    /// The words.
    pub text: String,
}

/// Comments and verdicts on hunks, as they came in.
#[derive(Clone, Copy, Debug)]
pub struct Given<'i> {
    /// Words about lines.
    pub comments: &'i [input::Comment],
    /// Verdicts on hunks.
    pub hunks: &'i [input::HunkVerdict],
}

impl Given<'_> {
    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.comments.is_empty() && self.hunks.is_empty()
    }

    /// Whether anything of it asks for something; what is only accepted does not.
    #[must_use]
    pub fn asks(&self) -> bool {
        !self.comments.is_empty() || self.hunks.iter().any(|hunk| !hunk.keep)
    }
}

/// The words for the implementer: the note, then every remark with its place and the code it is about, as `files` shows it.
///
/// # Errors
/// When a remark is about a file or a hunk that is not among the changes, or says nothing.
pub fn compose(note: &str, given: Given<'_>, files: &[FileDiff]) -> Result<String, OpError> {
    let count = given.comments.len() + given.hunks.len();
    if count > MOST {
        let what = format!("{count} remarks are too many; {MOST} are read");
        return Err(wrong("comments", what));
    }
    let mut text = if note.trim().is_empty() {
        summary(given)
    } else {
        note.trim().to_owned()
    };
    write_comments(&mut text, given.comments, files)?;
    write_kept(&mut text, given.hunks, files)?;
    write_refused(&mut text, given.hunks, files)?;
    Ok(text)
}

/// The first line, when the person wrote none: it stands where only one line has room.
fn summary(given: Given<'_>) -> String {
    let again = given.hunks.iter().filter(|hunk| !hunk.keep);
    let refused = again.clone().count();
    let mut parts = Vec::new();
    if !given.comments.is_empty() {
        parts.push(word::count(given.comments.len(), "comment"));
    }
    if refused > 0 {
        parts.push(format!(
            "{} to be done again",
            word::count(refused, "change")
        ));
    }
    let paths = given.comments.iter().map(|comment| comment.path.as_str());
    let paths: BTreeSet<&str> = paths.chain(again.map(|hunk| hunk.path.as_str())).collect();
    let mut names: Vec<&str> = paths.iter().copied().take(3).collect();
    if paths.len() > names.len() {
        names.push("…");
    }
    format!("{}: {}", parts.join(", "), names.join(", "))
}

fn write_comments(
    out: &mut String,
    comments: &[input::Comment],
    files: &[FileDiff],
) -> Result<(), OpError> {
    for (index, comment) in comments.iter().enumerate() {
        if index == 0 {
            heading(out, COMMENTS);
        }
        let words = comment.text.trim();
        let to = comment.to.unwrap_or(comment.line);
        let place = place(&comment.path, comment.line, to);
        if words.is_empty() {
            return Err(wrong(
                "comments",
                format!("the comment on {place} says nothing"),
            ));
        }
        if words.len() > MAX_WORDS || to < comment.line || comment.line == 0 {
            let what = format!("the comment on {place} is too long or names no lines");
            return Err(wrong("comments", what));
        }
        let side = if comment.before {
            Side::Before
        } else {
            Side::After
        };
        let file = named(files, "comments", &comment.path)?;
        line(
            out,
            &format!("### `{place}`{}", if comment.before { BEFORE } else { "" }),
        );
        if let Some(code) = quoted(&hunks(&file.patch), side, comment.line, to) {
            line(out, "");
            line(
                out,
                &fenced(extension(&comment.path), &first_lines(&code, MAX_QUOTED)),
            );
        }
        line(out, "");
        for words in words.lines() {
            line(out, format!("> {}", words.trim_end()).trim_end());
        }
        line(out, "");
    }
    Ok(())
}

fn write_kept(
    out: &mut String,
    verdicts: &[input::HunkVerdict],
    files: &[FileDiff],
) -> Result<(), OpError> {
    for (index, verdict) in verdicts.iter().filter(|verdict| verdict.keep).enumerate() {
        if index == 0 {
            heading(out, KEEP);
            line(
                out,
                "These changes are accepted. Leave them; if something else forces you to change one, say why in your note.",
            );
            line(out, "");
        }
        let (place, _) = hunk(files, verdict)?;
        line(out, &format!("- `{place}`"));
    }
    Ok(())
}

fn write_refused(
    out: &mut String,
    verdicts: &[input::HunkVerdict],
    files: &[FileDiff],
) -> Result<(), OpError> {
    for (index, verdict) in verdicts.iter().filter(|verdict| !verdict.keep).enumerate() {
        if index == 0 {
            heading(out, AGAIN);
            line(
                out,
                "These changes are not accepted as they are. Do them again as the words above say.",
            );
            line(out, "");
        }
        let (place, patch) = hunk(files, verdict)?;
        line(out, &format!("### `{place}`"));
        line(out, "");
        line(out, &fenced("diff", &first_lines(&patch, MAX_REPEATED)));
        line(out, "");
    }
    Ok(())
}

/// The hunk that a verdict names, with its place.
fn hunk(files: &[FileDiff], verdict: &input::HunkVerdict) -> Result<(String, String), OpError> {
    let file = named(files, "hunks", &verdict.path)?;
    let all = hunks(&file.patch);
    let found = all.iter().find(|hunk| hunk.shows(verdict.line));
    let found = found.ok_or_else(|| {
        let what = format!(
            "no change of {} shows line {}; `hunks` names a line of the file after the change",
            verdict.path, verdict.line
        );
        wrong("hunks", what)
    })?;
    let (from, to) = found.span();
    Ok((place(&verdict.path, from, to), found.text()))
}

fn named<'f>(
    files: &'f [FileDiff],
    field: &'static str,
    path: &str,
) -> Result<&'f FileDiff, OpError> {
    files.iter().find(|file| file.path == path).ok_or_else(|| {
        let names: Vec<_> = files
            .iter()
            .map(|file| file.path.as_str())
            .take(8)
            .collect();
        let what = format!(
            "{path} is not among the changed files: {}",
            names.join(", ")
        );
        wrong(field, what)
    })
}

const fn wrong(field: &'static str, what: String) -> OpError {
    OpError::Input { field, what }
}

fn place(path: &str, line: u32, to: u32) -> String {
    // A heading is one line, and its code span is not ended by a name.
    let path: String = path
        .chars()
        .map(|c| if c.is_control() || c == '`' { '?' } else { c })
        .collect();
    if to > line {
        format!("{path}:{line}-{to}")
    } else {
        format!("{path}:{line}")
    }
}

fn extension(path: &str) -> &str {
    path.rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map_or("", |(_, extension)| extension)
}

fn first_lines(text: &str, most: usize) -> String {
    let all = text.lines().count();
    if all <= most {
        return text.to_owned();
    }
    let kept: Vec<_> = text.lines().take(most).collect();
    format!(
        "{}\n… {} more lines; the branch has them",
        kept.join("\n"),
        all - most
    )
}

fn heading(out: &mut String, name: &str) {
    let blank = if out.ends_with("\n\n") { "" } else { "\n\n" };
    // Writing to a String cannot fail.
    let _infallible = write!(out, "{blank}## {name}\n\n");
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// The remarks in a feedback's words; `paths` are the files that free words may name.
#[must_use]
pub fn read(body: &str, paths: &BTreeSet<String>) -> Vec<Remark> {
    let mut found: Vec<Remark> = Vec::new();
    let mut kind = None;
    let mut fence: Option<&str> = None;
    let mut free = String::new();
    for text in body.lines() {
        let ticks = text.len() - text.trim_start_matches('`').len();
        match fence {
            Some(open) => {
                if ticks >= open.len() && text.trim_end().len() == ticks {
                    fence = None;
                }
                continue;
            }
            None if ticks >= 3 => {
                fence = text.get(..ticks);
                continue;
            }
            None => {}
        }
        if let Some(name) = text.strip_prefix("## ") {
            kind = match name.trim() {
                COMMENTS => Some(Kind::Comment),
                KEEP => Some(Kind::Keep),
                AGAIN => Some(Kind::Again),
                _ => None,
            };
            continue;
        }
        match kind {
            None => {
                if starts_anew(text) {
                    found.extend(named_in(&free, paths));
                    free.clear();
                }
                line(&mut free, text);
            }
            Some(kind) => of_ours(&mut found, kind, text),
        }
    }
    found.extend(named_in(&free, paths));
    found
}

/// A line of the sections that we write.
fn of_ours(found: &mut Vec<Remark>, kind: Kind, text: &str) {
    let head = match kind {
        Kind::Keep => text.strip_prefix("- `"),
        _ => text.strip_prefix("### `"),
    };
    if let Some((place, rest)) = head.and_then(|head| head.split_once('`'))
        && let Some((path, numbers)) = place.rsplit_once(':')
        && let Some((line, to)) = lines_of(numbers)
    {
        found.push(Remark {
            kind,
            path: path.to_owned(),
            side: if rest == BEFORE {
                Side::Before
            } else {
                Side::After
            },
            line,
            to,
            text: String::new(),
        });
    } else if kind == Kind::Comment
        && let Some(words) = text.strip_prefix('>')
        && let Some(last) = found.last_mut()
    {
        if !last.text.is_empty() {
            last.text.push('\n');
        }
        last.text.push_str(words.strip_prefix(' ').unwrap_or(words));
    }
}

/// Whether a line of free words begins a point of its own.
fn starts_anew(text: &str) -> bool {
    let trimmed = text.trim_start();
    let numbered = trimmed.split_once(['.', ')']).is_some_and(|(number, _)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    });
    trimmed.is_empty()
        || numbered
        || ["- ", "* ", "+ ", "#"]
            .iter()
            .any(|mark| trimmed.starts_with(mark))
}

/// The first place that a point names: `src/limit.rs:20`.
fn named_in(point: &str, paths: &BTreeSet<String>) -> Option<Remark> {
    let (at, path) = paths
        .iter()
        .filter_map(|path| Some((find_place(point, path)?, path)))
        // Of two at the same place the longer name is the whole one.
        .min_by_key(|(at, path)| (*at, std::cmp::Reverse(path.len())))?;
    let rest = point.get(at + path.len() + 1..)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '-' && c != '–')
        .unwrap_or(rest.len());
    let numbers = rest.get(..end)?.trim_end_matches(['-', '–']);
    let (line, to) = lines_of(&numbers.replace('–', "-"))?;
    Some(Remark {
        kind: Kind::Comment,
        path: path.clone(),
        side: Side::After,
        line,
        to,
        text: without_place(point, at, at + path.len() + 1 + numbers.len()),
    })
}

fn find_place(point: &str, path: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '/' || c == '_' || c == '-' || c == '.';
    point.match_indices(path).map(|(at, _)| at).find(|at| {
        let before = point.get(..*at).and_then(|text| text.chars().next_back());
        let mut after = point.get(at + path.len()..).unwrap_or_default().chars();
        !before.is_some_and(is_part)
            && after.next() == Some(':')
            && after.next().is_some_and(|c| c.is_ascii_digit())
    })
}

/// A point's words without its list mark, and without the place when they begin with it.
fn without_place(point: &str, from: usize, to: usize) -> String {
    let lead = point.get(..from).unwrap_or_default();
    let is_mark = |c: char| c.is_whitespace() || "-*+.)`(#".contains(c) || c.is_ascii_digit();
    let rest = point.get(to..).unwrap_or_default();
    let words = rest
        .trim_start_matches(['`', ')', ':', '-', '–', '—', ' ', '*'])
        .trim();
    if lead.chars().all(is_mark) && !words.is_empty() {
        return words.to_owned();
    }
    point
        .trim()
        .trim_start_matches(['-', '*', '+', ' '])
        .to_owned()
}

fn lines_of(numbers: &str) -> Option<(u32, u32)> {
    let (line, to) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let (line, to) = (line.parse().ok()?, to.parse().ok()?);
    (to >= line).then_some((line, to))
}

#[cfg(test)]
mod tests;
