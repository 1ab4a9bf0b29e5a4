//! From bytes to [`TaskFile`]: one pass over the lines.

use super::blocks::{Kind, Line, Lines, Open};
use super::{MAX_BYTES, Part, Section, TaskFile, TaskFileError, Unclosed};
use crate::{TaskId, ids::IdError};
use std::ops::Range;

/// Marks git leaves at the start of a line, each exactly seven characters.
const CONFLICT_MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

impl TaskFile {
    /// Reads a task file.
    ///
    /// # Errors
    /// When the bytes are no task file; the error names line and cure.
    pub fn parse(bytes: &[u8]) -> Result<Self, TaskFileError> {
        if bytes.len() > MAX_BYTES {
            return Err(TaskFileError::TooLarge { bytes: bytes.len() });
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::from_text(text.to_owned()),
            Err(error) => Err(not_utf8(bytes, error.valid_up_to())),
        }
    }

    /// Reads a task file from text.
    ///
    /// # Errors
    /// When the text is no task file; the error names line and cure.
    pub fn from_text(text: String) -> Result<Self, TaskFileError> {
        if text.len() > MAX_BYTES {
            return Err(TaskFileError::TooLarge { bytes: text.len() });
        }
        if text.trim_matches(['\u{feff}', '\0']).trim().is_empty() {
            return Err(TaskFileError::Empty);
        }
        let mut found = Found::default();
        let mut lines = Lines::within(&text, text_start(&text)..text.len());
        let mut number = 0;
        let mut before = None;
        let mut opener = (0, 0);
        while let Some(line) = lines.next() {
            number += 1;
            refuse_conflict(&line, before, number)?;
            if !line.continues && lines.open() != Open::Nothing {
                opener = (number, line.start);
            }
            if let Kind::Heading(level @ 1..=2) = line.kind {
                found.heading(&line, level, number)?;
            }
            before = Some(line);
        }
        let unclosed = (lines.open() != Open::Nothing).then(|| Unclosed {
            line: opener.0,
            start: opener.1,
            open: lines.open(),
        });
        found.finish(text, unclosed)
    }
}

/// Where the first line begins: behind the byte order mark, if there is one.
fn text_start(text: &str) -> usize {
    if text.starts_with('\u{feff}') {
        '\u{feff}'.len_utf8()
    } else {
        0
    }
}

fn not_utf8(bytes: &[u8], offset: usize) -> TaskFileError {
    let ends = bytes.iter().take(offset).filter(|b| **b == b'\n').count();
    TaskFileError::NotUtf8 {
        line: u32::try_from(ends).unwrap_or(u32::MAX).saturating_add(1),
        offset,
        utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]),
    }
}

/// The mark git leaves that this line starts with, if it does.
pub(super) fn conflict_marker(line: &str) -> Option<&'static str> {
    if !matches!(line.as_bytes().first(), Some(b'<' | b'|' | b'=' | b'>')) {
        return None;
    }
    let marker = CONFLICT_MARKERS
        .into_iter()
        .find(|marker| line.starts_with(marker))?;
    let rest = line
        .get(marker.len()..)?
        .trim_end_matches(['\r', '\t', ' ']);
    let is_marker =
        rest.is_empty() || (marker != "=======" && line.as_bytes().get(7) == Some(&b' '));
    is_marker.then_some(marker)
}

/// Refuses a text with marks of a merge conflict outside of code fences. `=======` below a line of exactly the same width is
/// an underlined heading.
fn refuse_conflict(
    line: &Line<'_>,
    before: Option<Line<'_>>,
    number: u32,
) -> Result<(), TaskFileError> {
    if line.kind == Kind::Fenced {
        return Ok(());
    }
    let Some(marker) = conflict_marker(line.text) else {
        return Ok(());
    };
    let underlines = marker == "======="
        && before.is_some_and(|b| b.kind == Kind::Plain && b.text.trim_end().chars().count() == 7);
    if underlines {
        return Ok(());
    }
    Err(TaskFileError::ConflictMarker {
        line: number,
        marker,
    })
}

/// What a heading of level 1 says about tasks.
enum TaskHeading {
    /// It names a task; the range of the title is relative to the heading's text.
    Good(TaskId, Range<usize>),
    /// It means to, but the id is none.
    Bad(String, IdError),
    /// It is about something else.
    Other,
}

/// Which part the lines at hand belong to.
#[derive(Clone, Copy)]
enum Within {
    Nothing,
    Heading,
    Section(Section),
}

/// What was found so far.
struct Found {
    task: Option<(TaskId, Range<usize>, Part)>,
    parts: [Option<Part>; Section::COUNT],
    within: Within,
    /// The first heading of level 1 that is no task heading.
    other: Option<(u32, String)>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            task: None,
            parts: [const { None }; Section::COUNT],
            within: Within::Nothing,
            other: None,
        }
    }
}

impl Found {
    /// Takes in a heading of level 1 or 2.
    fn heading(&mut self, line: &Line<'_>, level: u8, number: u32) -> Result<(), TaskFileError> {
        self.end_part(line.start);
        self.within = Within::Nothing;
        let content = heading_content(line);
        let text = line
            .text
            .get(content.start - line.start..content.end - line.start)
            .unwrap_or_default();
        if level == 2 {
            return self.section(line, content, text, number);
        }
        match task_heading(text) {
            TaskHeading::Good(id, title) => {
                if let Some((_, _, first)) = &self.task {
                    return Err(TaskFileError::DoubledHeading {
                        line: number,
                        first: first.line,
                    });
                }
                let title = content.start + title.start..content.start + title.end;
                self.task = Some((
                    id,
                    title,
                    part_of(line, number, content.end, content.end..content.end),
                ));
                self.within = Within::Heading;
            }
            TaskHeading::Bad(text, source) if self.task.is_none() => {
                return Err(TaskFileError::BadId {
                    line: number,
                    text,
                    source,
                });
            }
            TaskHeading::Bad(..) | TaskHeading::Other => {
                if self.other.is_none() {
                    self.other = Some((number, text.chars().take(60).collect()));
                }
            }
        }
        Ok(())
    }

    /// Takes in a heading of level 2, whose text stands at `content`.
    fn section(
        &mut self,
        line: &Line<'_>,
        content: Range<usize>,
        text: &str,
        number: u32,
    ) -> Result<(), TaskFileError> {
        let head = without_comment(text);
        let (name, value) = match head.split_once(':') {
            Some((name, rest)) => (
                name.trim_end(),
                trimmed_value(rest, content.start + name.len() + 1),
            ),
            None => {
                let name = head.trim_end();
                let end = content.start + name.len();
                (name, end..end)
            }
        };
        let Some(section) = Section::from_name(name) else {
            return Ok(());
        };
        let place = &mut self.parts[section.place()];
        if let Some(first) = place {
            return Err(TaskFileError::DoubledSection {
                line: number,
                first: first.line,
                section,
            });
        }
        *place = Some(part_of(line, number, content.start + name.len(), value));
        self.within = Within::Section(section);
        Ok(())
    }

    /// Ends the part at hand where the next heading begins.
    fn end_part(&mut self, at: usize) {
        let part = match self.within {
            Within::Nothing => None,
            Within::Heading => self.task.as_mut().map(|(_, _, part)| part),
            Within::Section(section) => self.parts[section.place()].as_mut(),
        };
        if let Some(part) = part {
            part.body.end = at;
        }
    }

    fn finish(
        mut self,
        text: String,
        unclosed: Option<Unclosed>,
    ) -> Result<TaskFile, TaskFileError> {
        self.end_part(text.len());
        let one_line = !text.contains('\n') && text.trim_end().contains('\r');
        if one_line {
            return Err(TaskFileError::LoneCarriageReturns);
        }
        let Some((id, title, heading)) = self.task else {
            let (line, found) = self.other.unzip();
            return Err(TaskFileError::NoHeading { line, found });
        };
        Ok(TaskFile {
            text,
            id,
            title,
            heading,
            parts: self.parts,
            unclosed,
        })
    }
}

fn part_of(line: &Line<'_>, number: u32, name_end: usize, value: Range<usize>) -> Part {
    Part {
        line: number,
        start: line.start,
        name_end,
        value,
        body: line.next..line.next,
    }
}

/// Where a heading's text is: without the `#` before it and a closing run of `#`.
pub(super) fn heading_content(line: &Line<'_>) -> Range<usize> {
    let white = [' ', '\t', '\r'];
    let opened = line.text.trim_start_matches(' ').trim_start_matches('#');
    let content = opened.trim_start_matches(white);
    let start = line.end() - content.len();
    let trimmed = content.trim_end_matches(white);
    let open_end = trimmed.trim_end_matches('#');
    let ended = if open_end.is_empty() || open_end.ends_with(white) {
        open_end.trim_end_matches(white)
    } else {
        trimmed
    };
    start..start + ended.len()
}

/// The part of a line before a comment in it.
pub(super) fn without_comment(text: &str) -> &str {
    // Nearly no line has a `<` at all, and looking for one byte is several times as fast as looking for four.
    if !text.as_bytes().contains(&b'<') {
        return text;
    }
    text.find("<!--")
        .and_then(|at| text.get(..at))
        .unwrap_or(text)
}

/// Where the value in `rest` is, which begins at offset `from` behind a colon; empty at `from` when there is none.
pub(super) fn trimmed_value(rest: &str, from: usize) -> Range<usize> {
    let value = without_comment(rest);
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return from..from;
    }
    let start = from + value.len() - value.trim_start().len();
    start..start + trimmed.len()
}

/// Reads `Task: TASK-001 - Title`, `TASK-001 – Title`, `Task: TASK-001: Title`.
fn task_heading(text: &str) -> TaskHeading {
    let (rest, announced) = match text.get(..4) {
        Some(word) if word.eq_ignore_ascii_case("task") => {
            let rest = text.get(4..).unwrap_or_default();
            match rest.trim_start().strip_prefix(':') {
                Some(rest) => (rest, true),
                None if rest.starts_with([' ', '\t']) => (rest, false),
                None => (text, false),
            }
        }
        _ => (text, false),
    };
    let rest = rest.trim_start();
    let token_end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, ':' | '–' | '—'))
        .unwrap_or(rest.len());
    let token = rest.get(..token_end).unwrap_or_default();
    let written = token.trim_end_matches('-');
    let bare = written
        .strip_prefix('[')
        .and_then(|id| id.strip_suffix(']'))
        .unwrap_or(written);
    match bare.parse::<TaskId>() {
        Ok(id) => {
            let after = text.len() - rest.len() + written.len();
            TaskHeading::Good(id, title_range(text, after))
        }
        Err(source) if announced || looks_like_an_id(bare) => {
            TaskHeading::Bad(bare.chars().take(80).collect(), source)
        }
        Err(_) => TaskHeading::Other,
    }
}

/// Whether somebody will have meant a task id: `task-7`, `TASK-../7`.
fn looks_like_an_id(token: &str) -> bool {
    token.to_ascii_uppercase().parse::<TaskId>().is_ok()
        || token
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case("task-"))
}

/// Where the title is in a heading's text whose id ends at `after`: behind one separator.
fn title_range(text: &str, after: usize) -> Range<usize> {
    let rest = text.get(after..).unwrap_or_default();
    let spaced = rest.trim_start();
    let title = spaced
        .strip_prefix(['-', '–', '—', ':'])
        .unwrap_or(spaced)
        .trim();
    let behind = text.trim_end().len();
    behind - title.len()..behind
}
