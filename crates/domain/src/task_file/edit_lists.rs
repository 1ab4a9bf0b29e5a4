//! Edits of lists: boxes, dependencies, and texts that grow.

use super::blocks::{Kind, Line, is_blank};
use super::card::names_no_task;
use super::edit::Change;
use super::harmless::harmless_lines;
use super::parse::{trimmed_value, without_comment};
use super::read::{is_placeholder, list_item, split_box};
use super::{EditError, Part, Section, TaskFile};
use crate::{Leg, TaskId};
use std::fmt;

/// Which box of a checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// The box at this position, from 0, in the order of [`TaskFile::boxes`].
    At(usize),
    /// The first box that says this (white space aside).
    Text(&'a str),
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(index) => write!(f, "number {}", index + 1),
            Self::Text(text) => write!(f, "`{}`", text.chars().take(60).collect::<String>()),
        }
    }
}

impl TaskFile {
    /// Ticks one box. Returns whether the text changed (false: it was ticked).
    ///
    /// # Errors
    /// When the section has no such box.
    pub fn tick(&mut self, section: Section, item: Item<'_>) -> Result<bool, EditError> {
        let found = match item {
            Item::At(index) => self.box_lines(section).nth(index),
            Item::Text(text) => {
                let wanted = list_item(text)
                    .map_or(text, |item| split_box(item).map_or(item, |(_, rest)| rest));
                self.box_lines(section)
                    .find(|found| found.text.split_whitespace().eq(wanted.split_whitespace()))
            }
        };
        let Some(found) = found else {
            return Err(EditError::NoSuchItem {
                section,
                item: item.to_string(),
                all: self.box_lines(section).count(),
            });
        };
        let mut change = Change::default();
        if !found.done {
            change.replace(found.mark..found.mark + 1, "x");
        }
        self.make(change)
    }

    /// Ticks every box of a section. Returns whether the text changed.
    ///
    /// # Errors
    /// Never in practice: the text keeps its length.
    pub fn tick_all(&mut self, section: Section) -> Result<bool, EditError> {
        let mut change = Change::default();
        for found in self.box_lines(section).filter(|found| !found.done) {
            change.replace(found.mark..found.mark + 1, "x");
        }
        self.make(change)
    }

    /// Writes a section as whoever holds `leg` may: the text as a whole, or, of a checklist it is measured by, the boxes that the text
    /// shows ticked; whatever else such a text says is left out.
    ///
    /// # Errors
    /// When a box is not there, or the file would be spoiled.
    pub fn write_in(&mut self, leg: Leg, section: Section, text: &str) -> Result<(), EditError> {
        if !section.is_only_ticked(leg) {
            return self.set_section(section, text).map(|_| ());
        }
        let ticked = text.lines().filter_map(|line| {
            let item = line
                .trim_start()
                .trim_start_matches(['-', '*'])
                .trim_start();
            item.strip_prefix("[x]")
                .or_else(|| item.strip_prefix("[X]"))
                .map(str::trim)
        });
        for item in ticked {
            self.tick(section, Item::Text(item))?;
        }
        Ok(())
    }

    /// Adds a task to `## Depends On`, unless it is there. Returns whether the text changed.
    ///
    /// # Errors
    /// When it is the task itself, or the file would become too large.
    pub fn add_depends_on(&mut self, id: &TaskId) -> Result<bool, EditError> {
        if id == self.id() {
            return Err(EditError::DependsOnItself);
        }
        if self.depends_on().contains(id) {
            return Ok(false);
        }
        let mut change = Change::default();
        match self.part(Section::DependsOn) {
            None => self.add_section(&mut change, Section::DependsOn, None, &[format!("- {id}")]),
            Some(part) if !part.value.is_empty() => {
                if says_nothing(self.slice(part.value.clone())) {
                    change.replace(part.value.clone(), id.to_string());
                } else {
                    change.insert(part.value.end, format!(", {id}"));
                }
            }
            Some(part) => self.add_dependency_line(&mut change, part, id),
        }
        self.make(change)
    }

    fn add_dependency_line(&self, change: &mut Change, part: &Part, id: &TaskId) {
        let last = self
            .body_lines(Section::DependsOn)
            .filter(|line| line.kind == Kind::Plain)
            .last();
        let Some(last) = last else {
            self.insert_lines(change, part.body.start, &[format!("- {id}")], true);
            return;
        };
        let item = list_item(last.text);
        let text = item.unwrap_or(last.text);
        let written = trimmed_value(text, last.end() - text.len());
        if says_nothing(without_comment(text)) && !written.is_empty() {
            change.replace(written, id.to_string());
            return;
        }
        let marker = item
            .and_then(|item| last.text.get(..last.text.len() - item.len()))
            .unwrap_or("- ");
        self.insert_lines(change, last.next, &[format!("{marker}{id}")], true);
    }

    /// Adds a text at the end of `## Review Feedback`, unless it is there. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn append_review_feedback(&mut self, text: &str) -> Result<bool, EditError> {
        self.append_text(Section::ReviewFeedback, text)
    }

    /// Adds a text at the end of a section, unless its lines stand there already. The text is made
    /// [harmless](super::harmless()) first. Returns whether the text changed.
    ///
    /// # Errors
    /// When the section is no text, or the file would become too large.
    pub fn append_text(&mut self, section: Section, text: &str) -> Result<bool, EditError> {
        if !section.is_text() {
            return Err(EditError::NotText { section });
        }
        let mut new = harmless_lines(text);
        if new.is_empty() {
            return Ok(false);
        }
        let mut change = Change::default();
        let Some(part) = self.part(section) else {
            self.add_section(&mut change, section, None, &new);
            return self.make(change);
        };
        let lines: Vec<Line<'_>> = self.body_lines(section).collect();
        if holds(&lines, &new) {
            return Ok(false);
        }
        let mut content = lines.iter().filter(|line| line.is_content());
        match (content.next(), content.next_back()) {
            (Some(only), None)
                if only.kind == Kind::Plain
                    && is_placeholder(list_item(only.text).unwrap_or(only.text)) =>
            {
                change.replace(only.start..only.end(), new.join(self.line_end()));
            }
            (first, last) => {
                let last = last.or(first).filter(|line| line.kind == Kind::Plain);
                let both_items = last.is_some_and(|line| list_item(line.text).is_some())
                    && new.first().is_some_and(|line| list_item(line).is_some());
                if lines.iter().any(|line| !is_blank(line.text)) && !both_items {
                    new.insert(0, String::new());
                }
                self.add_lines(&mut change, part, &new);
            }
        }
        self.make(change)
    }
}

/// Whether an entry of `## Depends On` only says that there is none.
fn says_nothing(text: &str) -> bool {
    is_placeholder(text) && names_no_task(text)
}

/// Whether these lines stand among those of a section, one below the other.
fn holds(lines: &[Line<'_>], wanted: &[String]) -> bool {
    let framed = |text: String| format!("\n{text}\n");
    let there = framed(
        lines
            .iter()
            .map(|line| line.text)
            .collect::<Vec<_>>()
            .join("\n"),
    );
    there.contains(&framed(wanted.join("\n")))
}
