//! Reading sections, header values, boxes and list items.

use super::blocks::{Kind, Line, Lines, Open, is_blank};
use super::parse::{heading_content, trimmed_value, without_comment};
use super::section::same_words;
use super::{Part, Section, TaskFile};
use crate::{Priority, Status};
use std::ops::Range;

/// A checkbox item of a list.
pub(super) struct BoxLine<'a> {
    /// Offset of the character between the brackets.
    pub mark: usize,
    /// Whether it is ticked.
    pub done: bool,
    /// What it says.
    pub text: &'a str,
}

impl TaskFile {
    /// The text of a section: the value in its heading's line, if any, and its body, without blank lines around. None when the
    /// file has no such section.
    #[must_use]
    pub fn section(&self, section: Section) -> Option<&str> {
        let part = self.part(section)?;
        let body = self.trimmed(part.body.clone());
        if part.value.is_empty() {
            Some(self.slice(body))
        } else if body.is_empty() {
            Some(self.slice(part.value.clone()))
        } else {
            Some(self.slice(part.value.start..body.end))
        }
    }

    /// The text of the first section with this name, also of one the schema does not know.
    #[must_use]
    pub fn section_named(&self, name: &str) -> Option<&str> {
        if let Some(section) = Section::from_name(name) {
            return self.section(section);
        }
        let mut body: Option<Range<usize>> = None;
        for line in self.lines() {
            match (&mut body, line.kind) {
                (Some(range), Kind::Heading(1..=2)) => {
                    range.end = line.start;
                    break;
                }
                (None, Kind::Heading(2)) if self.names(&line, name) => {
                    body = Some(line.next..self.text.len());
                }
                _ => {}
            }
        }
        body.map(|range| self.slice(self.trimmed(range)))
    }

    /// Headings of level 1 and 2, in order, as they are written.
    pub fn headings(&self) -> impl Iterator<Item = &str> {
        self.lines()
            .filter(|line| matches!(line.kind, Kind::Heading(1..=2)))
            .map(|line| line.text)
    }

    fn names(&self, line: &Line<'_>, name: &str) -> bool {
        let text = without_comment(self.slice(heading_content(line)));
        let written = text.split_once(':').map_or(text, |(before, _)| before);
        same_words(written.trim(), name.trim())
    }

    /// The status its own `## Status` line tells; the folder is the truth.
    #[must_use]
    pub fn status_line(&self) -> Option<Status> {
        self.value(Section::Status).and_then(read_status)
    }

    /// `## Priority`, when it names one.
    #[must_use]
    pub fn priority(&self) -> Option<Priority> {
        self.value(Section::Priority).and_then(read_priority)
    }

    /// `## Last Updated`, as written.
    #[must_use]
    pub fn last_updated(&self) -> Option<&str> {
        self.value(Section::LastUpdated)
    }

    /// Boxes of a checklist: whether each is ticked, and what it says. Boxes nobody filled in are left out.
    #[must_use]
    pub fn boxes(&self, section: Section) -> Vec<(bool, String)> {
        self.box_lines(section)
            .map(|found| (found.done, found.text.to_owned()))
            .collect()
    }

    /// Boxes of `## Acceptance Criteria`.
    #[must_use]
    pub fn criteria(&self) -> Vec<(bool, String)> {
        self.boxes(Section::AcceptanceCriteria)
    }

    pub(super) fn box_lines(&self, section: Section) -> impl Iterator<Item = BoxLine<'_>> {
        self.body_lines(section)
            .filter_map(|line| read_box(&line))
            .filter(|found| !is_placeholder(found.text))
    }

    /// A header's value, without emphasis around it; none when there is none or a placeholder.
    pub(super) fn value(&self, section: Section) -> Option<&str> {
        let range = self.value_range(self.part(section)?);
        let value = self.slice(range).trim_matches(['*', '`', '_', ' ']);
        (!is_placeholder(value)).then_some(value)
    }

    /// Where a header's value is: in the heading's line or in the first line of text below it. Empty when there is none.
    pub(super) fn value_range(&self, part: &Part) -> Range<usize> {
        if !part.value.is_empty() {
            return part.value.clone();
        }
        Lines::within(&self.text, part.body.clone())
            .filter(|line| line.kind == Kind::Plain)
            .map(|line| {
                let text = list_item(line.text).unwrap_or(line.text);
                trimmed_value(text, line.end() - text.len())
            })
            .find(|range| !range.is_empty())
            .unwrap_or_else(|| part.value.clone())
    }

    /// All lines of the file.
    pub(super) fn lines(&self) -> Lines<'_> {
        Lines::within(&self.text, self.text_start()..self.text.len())
    }

    fn text_start(&self) -> usize {
        if self.text.starts_with('\u{feff}') {
            '\u{feff}'.len_utf8()
        } else {
            0
        }
    }

    /// The lines below a section's heading; none when the section is missing.
    pub(super) fn body_lines(&self, section: Section) -> Lines<'_> {
        let body = self.part(section).map_or(0..0, |part| part.body.clone());
        Lines::within(&self.text, body)
    }

    /// What is still open at the end of a part's body.
    pub(super) fn open_at_end(&self, part: &Part) -> Open {
        match &self.unclosed {
            Some(unclosed)
                if part.body.end == self.text.len() && unclosed.start >= part.body.start =>
            {
                unclosed.open
            }
            _ => Open::Nothing,
        }
    }

    /// A range of lines without the blank ones at both ends and without white space at its end.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.slice(range.clone());
        let end = range.start + text.trim_end_matches([' ', '\t', '\r', '\n']).len();
        let mut start = range.start;
        for line in self.slice(range.start..end).split_inclusive('\n') {
            if !is_blank(line.trim_end_matches('\n')) {
                break;
            }
            start += line.len();
        }
        start.min(end)..end
    }
}

/// Reads the word of a status line: `ready`, `In Progress`, `in_progress`.
pub(super) fn read_status(value: &str) -> Option<Status> {
    Status::from_folder(value).or_else(|| {
        Status::ALL
            .into_iter()
            .find(|status| same_words(value, status.folder()))
    })
}

/// Reads the first word of a priority line.
pub(super) fn read_priority(value: &str) -> Option<Priority> {
    value.split_whitespace().next().and_then(Priority::parse)
}

/// Whether a value only says that there is none, or was left as the template has it.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let bracketed = value.starts_with('[') && value.ends_with(']') && !value.contains("](");
    let nothing = ["", "-", "–", "—", "none", "n/a", "nothing"];
    bracketed || nothing.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// What a list item (`- x`, `* x`, `+ x`, `1. x`) says, up to the line's end; none when the line is no list item.
pub(super) fn list_item(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches([' ', '\t']);
    let behind = match rest.as_bytes().first()? {
        b'-' | b'*' | b'+' => rest.get(1..)?,
        b'0'..=b'9' => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest.get(digits..)?
                .strip_prefix(['.', ')'])
                .filter(|_| digits <= 9)?
        }
        _ => return None,
    };
    let item = behind.trim_start_matches([' ', '\t']);
    (item.len() < behind.len() && !item.is_empty()).then_some(item)
}

/// Reads `- [ ] text` and `* [X] text`.
fn read_box<'a>(line: &Line<'a>) -> Option<BoxLine<'a>> {
    if line.kind != Kind::Plain {
        return None;
    }
    let item = list_item(line.text)?;
    let (done, rest) = split_box(item)?;
    Some(BoxLine {
        mark: line.end() - item.len() + 1,
        done,
        text: without_comment(rest).trim(),
    })
}

/// Whether the box at the start of a list item is ticked, and what follows it.
pub(super) fn split_box(item: &str) -> Option<(bool, &str)> {
    let (done, rest) = match item.as_bytes() {
        [b'[', b' ', b']', ..] => (false, item.get(3..)?),
        [b'[', b'x' | b'X', b']', ..] => (true, item.get(3..)?),
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((done, rest))
}
