//! Making text from models, commands and people harmless before it is written into a task file.
//!
//! Every change is visible in the text, and doing it twice changes nothing more.

use super::blocks::{Blocks, Kind, Open, heading_level, is_blank, unindented};
use super::parse::conflict_marker;
use std::borrow::Cow;

/// Openings of HTML blocks that go on until their own end, in a renderer even to the end of the file.
const SWALLOWING: [&str; 7] = [
    "<!",
    "<?",
    "<pre",
    "<script",
    "<style",
    "<textarea",
    "<template",
];

/// The text as it can stand in a section: headings of level 1 and 2 are demoted to level 3; underlines that would make
/// a heading, comments, HTML that swallows what follows and merge-conflict marks are escaped with a backslash; an open code
/// fence is closed; control characters become `\u{fffd}`. Lines end with `\n`; blank lines around the text are dropped.
#[must_use]
pub fn harmless(text: &str) -> String {
    harmless_lines(text).join("\n")
}

/// The same, line by line.
pub(super) fn harmless_lines(text: &str) -> Vec<String> {
    let clean = clean(text);
    let mut blocks = Blocks::new();
    let mut after_paragraph = false;
    let mut lines = Vec::new();
    for line in without_blank_ends(clean.split('\n').collect()) {
        let outside = blocks.open == Open::Nothing;
        let line = if outside {
            harmless_line(line, after_paragraph)
        } else {
            Cow::Borrowed(line)
        };
        let kind = blocks.kind(&line);
        after_paragraph = outside && kind == Kind::Plain;
        lines.push(line.into_owned());
    }
    lines.extend(blocks.open.closer());
    lines
}

/// A line outside of fences.
fn harmless_line(line: &str, after_paragraph: bool) -> Cow<'_, str> {
    if conflict_marker(line).is_some() {
        return Cow::Owned(format!("\\{line}"));
    }
    let Some((indent, rest)) = unindented(line) else {
        return Cow::Borrowed(line);
    };
    let space = line.get(..indent).unwrap_or_default();
    match heading_level(rest) {
        Some(level @ 1..=2) => {
            let behind = rest.get(usize::from(level)..).unwrap_or_default();
            Cow::Owned(format!("{space}###{behind}"))
        }
        None if (after_paragraph && is_underline(rest)) || swallows(rest) => {
            Cow::Owned(format!("{space}\\{rest}"))
        }
        _ => Cow::Borrowed(line),
    }
}

/// Whether this line makes a heading of the paragraph above it.
fn is_underline(rest: &str) -> bool {
    let line = rest.trim_end_matches([' ', '\t']);
    !line.is_empty() && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
}

/// Whether this line begins HTML that goes on over the next lines.
fn swallows(rest: &str) -> bool {
    SWALLOWING.iter().any(|tag| {
        rest.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    })
}

/// The text with `\n` line ends and without control characters.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => clean.push('\n'),
            '\n' | '\t' => clean.push(c),
            '\u{feff}' => {}
            c if c.is_control() => clean.push('\u{fffd}'),
            c => clean.push(c),
        }
    }
    clean
}

/// The lines without the blank ones at both ends.
pub(super) fn without_blank_ends(mut lines: Vec<&str>) -> Vec<&str> {
    while lines.last().is_some_and(|line| is_blank(line)) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| is_blank(line)).count();
    lines.split_off(blank)
}

/// The text on one line: white space and control characters become single spaces, and no comment begins in it.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.replace("<!--", "<! --")
}

/// The text in a code fence that nothing in it can end; for output of commands.
#[must_use]
pub fn fenced(info: &str, text: &str) -> String {
    let clean = clean(text);
    let lines = without_blank_ends(clean.split('\n').collect());
    let longest = lines
        .iter()
        .map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count())
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let info: String = info.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{fence}{info}\n{}\n{fence}", lines.join("\n"))
}
