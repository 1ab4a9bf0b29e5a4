//! `## Git Context`: branch, commit and pull request, one list item each.

use super::blocks::Kind;
use super::edit::Change;
use super::harmless::one_line;
use super::parse::trimmed_value;
use super::read::{is_placeholder, list_item};
use super::{EditError, Section, TaskFile};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The keys, in the order of the schema.
const KEYS: [&str; 3] = ["Branch", "Commit", "PR"];

/// What `## Git Context` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitContext {
    /// `- Branch: task/TASK-001-slug`
    pub branch: Option<String>,
    /// `- Commit: 1a2b3c4`
    pub commit: Option<String>,
    /// `- PR: 12`
    pub pr: Option<String>,
}

impl TaskFile {
    /// What `## Git Context` says.
    #[must_use]
    pub fn git_context(&self) -> GitContext {
        let [branch, commit, pr] = KEYS.map(|key| {
            let value = self.git_value(key).map(|range| bare(self.slice(range)));
            value
                .filter(|value| !is_placeholder(value))
                .map(str::to_owned)
        });
        GitContext { branch, commit, pr }
    }

    /// Writes branch, commit and pull request; what is none stays as it is. Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn set_git_context(
        &mut self,
        branch: Option<&str>,
        commit: Option<&str>,
        pr: Option<&str>,
    ) -> Result<bool, EditError> {
        let values =
            [branch, commit, pr].map(|value| value.map(one_line).filter(|value| !value.is_empty()));
        if values.iter().all(Option::is_none) {
            return Ok(false);
        }
        let mut change = Change::default();
        let Some(part) = self.part(Section::GitContext) else {
            let lines: Vec<String> = KEYS
                .iter()
                .zip(&values)
                .map(|(key, value)| item(key, value.as_deref()))
                .collect();
            self.add_section(&mut change, Section::GitContext, None, &lines);
            return self.make(change);
        };
        let mut missing = Vec::new();
        for (key, value) in KEYS.iter().zip(&values) {
            let Some(value) = value else {
                continue;
            };
            match self.git_value(key) {
                None => missing.push(item(key, Some(value))),
                Some(range) if range.is_empty() => {
                    change.insert(range.start, self.spaced(range.start, value))
                }
                Some(range) if bare(self.slice(range.clone())) == value => {}
                Some(range) => change.replace(range, value.as_str()),
            }
        }
        if !missing.is_empty() {
            let last = self
                .body_lines(Section::GitContext)
                .filter(|line| line.kind == Kind::Plain)
                .last();
            let at = last.map_or(part.body.start, |line| line.next);
            self.insert_lines(&mut change, at, &missing, true);
        }
        self.make(change)
    }

    /// Where the value of a key is; empty, behind the colon, when there is none.
    fn git_value(&self, key: &str) -> Option<Range<usize>> {
        self.body_lines(Section::GitContext)
            .filter(|line| line.kind == Kind::Plain)
            .find_map(|line| {
                let text = list_item(line.text).unwrap_or(line.text);
                let (name, value) = text.split_once(':')?;
                let named = name
                    .trim_matches(['*', '_', '`', ' ', '\t'])
                    .eq_ignore_ascii_case(key);
                named.then(|| trimmed_value(value, line.end() - value.len()))
            })
    }

    /// A value as it is put behind a colon at `at`.
    fn spaced(&self, at: usize, value: &str) -> String {
        let behind = self.text.as_bytes().get(at);
        match behind {
            None | Some(b' ' | b'\t' | b'\r' | b'\n') => format!(" {value}"),
            Some(_) => format!(" {value} "),
        }
    }
}

fn bare(value: &str) -> &str {
    value.trim_matches(['*', '_', '`', ' '])
}

fn item(key: &str, value: Option<&str>) -> String {
    match value {
        Some(value) => format!("- {key}: {value}"),
        None => format!("- {key}:"),
    }
}
