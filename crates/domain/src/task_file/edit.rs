//! Edits: how bytes are exchanged, how header values and section texts are set, and where a missing section is put.
//!
//! Each edit says in a [`Change`] which bytes it replaces. [`TaskFile::make`] carries that out, parses the result and keeps
//! it only when it is still the same task's file.

use super::blocks::{Kind, Line, Lines, is_blank};
use super::card::block_word;
use super::harmless::{clean, harmless_lines};
use super::read::{is_placeholder, read_priority, read_status};
use super::{EditError, Part, Section, TaskFile};
use crate::{AgentName, Priority, Status, Time};
use std::collections::BTreeSet;
use std::ops::Range;

/// Replacements of byte ranges. Two never overlap; one that ends where another begins comes before it.
#[derive(Debug, Default)]
pub(super) struct Change {
    pieces: Vec<(Range<usize>, String)>,
}

impl Change {
    /// Replaces the bytes in `range`.
    pub fn replace(&mut self, range: Range<usize>, text: impl Into<String>) {
        self.pieces.push((range, text.into()));
    }

    /// Inserts before the byte at `at`.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }
}

impl TaskFile {
    /// Sets `## Status`. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_status(&mut self, status: Status) -> Result<bool, EditError> {
        let same = self.value(Section::Status).and_then(read_status) == Some(status);
        self.set_value(Section::Status, status.folder(), same)
    }

    /// Sets `## Priority`. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_priority(&mut self, priority: Priority) -> Result<bool, EditError> {
        let same = self.value(Section::Priority).and_then(read_priority) == Some(priority);
        self.set_value(Section::Priority, &priority.to_string(), same)
    }

    /// Sets `## Order`; none takes the value away. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_order(&mut self, order: Option<i64>) -> Result<bool, EditError> {
        match order {
            Some(number) => {
                let same = self.order() == Some(number);
                self.set_value(Section::Order, &number.to_string(), same)
            }
            None => {
                let same = self.value(Section::Order).is_none();
                self.set_value(Section::Order, "none", same || self.order().is_none())
            }
        }
    }

    /// Sets `## Agent`; none is `unassigned`. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_agent(&mut self, agent: Option<&AgentName>) -> Result<bool, EditError> {
        let written = self
            .part(Section::Agent)
            .map(|part| self.slice(self.value_range(part)));
        let same = match (agent, written) {
            (None, None) => true,
            (None, Some(written)) => {
                written.eq_ignore_ascii_case("unassigned")
                    || (!written.is_empty() && is_placeholder(written))
            }
            (Some(agent), _) => self.agent().as_ref() == Some(agent),
        };
        self.set_value(
            Section::Agent,
            agent.map_or("unassigned", AgentName::as_str),
            same,
        )
    }

    /// Sets `## Last Updated`. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_last_updated(&mut self, at: Time) -> Result<bool, EditError> {
        let text = at.to_string();
        let same = self.last_updated() == Some(text.as_str());
        self.set_value(Section::LastUpdated, &text, same)
    }

    /// Writes a header's value where the file has it; `same` when it says so already.
    fn set_value(&mut self, section: Section, value: &str, same: bool) -> Result<bool, EditError> {
        if same {
            return Ok(false);
        }
        let mut change = Change::default();
        match self.part(section) {
            None => self.add_section(&mut change, section, Some(value), &[]),
            Some(part) => {
                let range = self.value_range(part);
                if range.is_empty() {
                    let behind = self.text.as_bytes().get(range.start);
                    let apart = match behind {
                        None | Some(b' ' | b'\t' | b'\r' | b'\n') => "",
                        Some(_) => " ",
                    };
                    let colon = if part.value.start > part.name_end {
                        ""
                    } else {
                        ":"
                    };
                    change.insert(range.start, format!("{colon} {value}{apart}"));
                } else {
                    change.replace(range, value);
                }
            }
        }
        self.make(change)
    }

    /// Replaces the text of a section. The text is made [harmless](super::harmless()) first; comments that stand in the section
    /// are kept. An empty text empties the section. Returns whether the text changed.
    ///
    /// # Errors
    /// When the section is no text, when a fence in it never ends, or when the file would become too large.
    pub fn set_section(&mut self, section: Section, text: &str) -> Result<bool, EditError> {
        if !section.is_text() {
            return Err(EditError::NotText { section });
        }
        let mut change = Change::default();
        match self.part(section) {
            None => {
                let lines = harmless_lines(text);
                if lines.is_empty() {
                    return Ok(false);
                }
                self.add_section(&mut change, section, None, &lines);
            }
            Some(part) => {
                self.refuse_open(section, part)?;
                self.replace_text(&mut change, part, text);
            }
        }
        self.make(change)
    }

    /// Sets `## Review Feedback`; see [`Self::set_section`].
    ///
    /// # Errors
    /// As [`Self::set_section`].
    pub fn set_review_feedback(&mut self, text: &str) -> Result<bool, EditError> {
        self.set_section(Section::ReviewFeedback, text)
    }

    /// Sets `## Error Context`; see [`Self::set_section`].
    ///
    /// # Errors
    /// As [`Self::set_section`].
    pub fn set_error_context(&mut self, text: &str) -> Result<bool, EditError> {
        self.set_section(Section::ErrorContext, text)
    }

    fn refuse_open(&self, section: Section, part: &Part) -> Result<(), EditError> {
        let open = self.open_at_end(part);
        let Some(closer) = open.closer() else {
            return Ok(());
        };
        Err(EditError::OpenBlock {
            section,
            block: block_word(open),
            line: self
                .unclosed
                .as_ref()
                .map_or(part.line, |unclosed| unclosed.line),
            closer,
        })
    }

    /// Puts a new text into a section whose blocks are all closed.
    fn replace_text(&self, change: &mut Change, part: &Part, text: &str) {
        let lines: Vec<Line<'_>> = Lines::within(&self.text, part.body.clone()).collect();
        let comments = comment_blocks(&lines);
        let mut new = harmless_lines(&without_comments(text, &comments));
        let inline = self.slice(part.value.clone());
        let content = content_of(&lines);
        if content.is_none() && !inline.is_empty() && new == [inline] {
            return;
        }
        if !inline.is_empty() {
            let before = self.slice(part.name_end..part.value.start);
            let from = part.value.start - (before.len() - before.trim_end().len());
            change.replace(from..part.value.end, "");
        }
        let Some((first, last)) = content else {
            if !new.is_empty() {
                let leading = lines
                    .iter()
                    .take_while(|line| line.kind == Kind::Comment)
                    .last();
                let at = leading.map_or(part.body.start, |line| line.next);
                self.insert_lines(change, at, &new, true);
            }
            return;
        };
        let old = lines.get(first..=last).unwrap_or_default();
        let kept = old
            .iter()
            .filter(|line| line.kind == Kind::Comment)
            .map(|line| line.text.trim_end_matches('\r').to_owned());
        let kept: Vec<String> = kept.collect();
        if !kept.is_empty() {
            if !new.is_empty() {
                new.push(String::new());
            }
            new.extend(kept);
        }
        let (Some(from), Some(to)) = (old.first(), old.last()) else {
            return;
        };
        if new.is_empty() {
            change.replace(from.start..to.next, "");
        } else if !old
            .iter()
            .map(|line| line.text)
            .eq(new.iter().map(String::as_str))
        {
            change.replace(from.start..to.end(), new.join(self.line_end()));
        }
    }

    /// Adds lines at the end of a part's text.
    pub(super) fn add_lines(&self, change: &mut Change, part: &Part, lines: &[String]) {
        let at = self.content_end(part);
        match self.open_at_end(part).closer() {
            None => self.insert_lines(change, at, lines, true),
            Some(closer) => {
                let mut closed = vec![closer];
                closed.extend_from_slice(lines);
                self.insert_lines(change, self.text.len(), &closed, true);
            }
        }
    }

    /// Adds a missing section at its place in the order of the schema: behind the nearest one that comes before it.
    pub(super) fn add_section(
        &self,
        change: &mut Change,
        section: Section,
        value: Option<&str>,
        body: &[String],
    ) {
        let before = Section::ALL.iter().take(section.place()).rev();
        let (anchor, part) = before
            .filter_map(|earlier| self.part(*earlier).map(|part| (Some(*earlier), part)))
            .next()
            .unwrap_or((None, &self.heading));
        let heading = match value {
            Some(value) => format!("## {section}: {value}"),
            None => format!("## {section}"),
        };
        // The schema has these two on adjacent lines.
        let pair = section == Section::LastUpdated && anchor == Some(Section::Created);
        let adjacent = pair && self.slice(part.body.clone()).trim().is_empty();
        let mut lines = Vec::with_capacity(body.len() + 2);
        if !adjacent {
            lines.push(String::new());
        }
        lines.push(heading);
        lines.extend_from_slice(body);
        self.add_lines(change, part, &lines);
    }

    /// Inserts lines at the start of a line or at the end of the text; with `apart`, a blank line keeps a heading off that follows.
    pub(super) fn insert_lines(
        &self,
        change: &mut Change,
        at: usize,
        lines: &[String],
        apart: bool,
    ) {
        let end = self.line_end();
        let mut text = String::new();
        if at > 0 && self.text.as_bytes().get(at - 1) != Some(&b'\n') && at == self.text.len() {
            text.push_str(end);
        }
        for line in lines {
            text.push_str(line);
            text.push_str(end);
        }
        let next = self
            .slice(at..self.text.len())
            .split('\n')
            .next()
            .unwrap_or_default();
        if apart && !is_blank(next) && next.trim_start_matches(' ').starts_with('#') {
            text.push_str(end);
        }
        change.insert(at, text);
    }

    /// Where the line behind a part's last line of text begins.
    pub(super) fn content_end(&self, part: &Part) -> usize {
        Lines::within(&self.text, part.body.clone())
            .filter(|line| line.kind != Kind::Blank)
            .last()
            .map_or(part.body.start, |line| line.next)
    }

    /// The line end most lines of the file have.
    pub(super) fn line_end(&self) -> &'static str {
        let all = self.text.matches('\n').count();
        let with_return = self.text.matches("\r\n").count();
        if with_return * 2 > all { "\r\n" } else { "\n" }
    }

    /// Carries out a change. Returns whether the text changed.
    pub(super) fn make(&mut self, mut change: Change) -> Result<bool, EditError> {
        change
            .pieces
            .sort_by_key(|(range, _)| (range.start, range.end));
        let mut text = String::with_capacity(
            self.text.len()
                + change
                    .pieces
                    .iter()
                    .map(|(_, new)| new.len())
                    .sum::<usize>(),
        );
        let mut done = 0;
        for (range, new) in &change.pieces {
            text.push_str(self.slice(done..range.start));
            text.push_str(new);
            done = range.end;
        }
        text.push_str(self.slice(done..self.text.len()));
        if text == self.text {
            return Ok(false);
        }
        *self = Self::from_text(text)?;
        Ok(true)
    }
}

/// The first and last of these lines that say something.
fn content_of(lines: &[Line<'_>]) -> Option<(usize, usize)> {
    let first = lines.iter().position(Line::is_content)?;
    let last = lines.iter().rposition(Line::is_content)?;
    Some((first, last))
}

/// The comments among these lines, each as its text.
fn comment_blocks(lines: &[Line<'_>]) -> BTreeSet<String> {
    let mut blocks = BTreeSet::new();
    let mut block = String::new();
    for line in lines {
        let goes_on = line.kind == Kind::Comment && line.continues;
        if !goes_on && !block.is_empty() {
            blocks.insert(std::mem::take(&mut block));
        }
        if line.kind == Kind::Comment {
            block.push_str(line.text.trim());
            block.push('\n');
        }
    }
    if !block.is_empty() {
        blocks.insert(block);
    }
    blocks
}

/// A new text without the comments the section keeps anyway: whoever read the section sends them back with its text.
fn without_comments(text: &str, known: &BTreeSet<String>) -> String {
    if known.is_empty() {
        return text.to_owned();
    }
    let text = clean(text);
    let lines: Vec<Line<'_>> = Lines::within(&text, 0..text.len()).collect();
    let mut kept: Vec<&str> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let rest = lines.get(at + 1..).unwrap_or_default();
        let more = rest
            .iter()
            .take_while(|next| next.kind == Kind::Comment && next.continues)
            .count();
        let block = lines.get(at..=at + more).unwrap_or_default();
        let known_comment = line.kind == Kind::Comment && comment_blocks(block).is_subset(known);
        if !known_comment {
            kept.extend(block.iter().map(|line| line.text));
        }
        at += more + 1;
    }
    kept.join("\n")
}
