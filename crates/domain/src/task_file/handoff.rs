//! `## Handoffs`: who ended which leg, when, and what they say to the next holder.
//!
//! An entry is a heading and a block quote, so that nothing in a note can become a heading:
//!
//! ```text
//! ### 1 · prepare · architect · 2026-11-20T10:03:11Z
//!
//! > The parser is in src/parse.rs.
//! ```

use super::blocks::{Kind, Lines};
use super::edit::Change;
use super::harmless::{clean, one_line, without_blank_ends};
use super::parse::heading_content;
use super::{EditError, Section, TaskFile};
use crate::{Leg, Time};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A holder's name is cut after so many characters.
const MAX_WHO_CHARS: usize = 80;

/// One entry of `## Handoffs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handoff {
    /// Its number, from 1.
    pub n: u32,
    /// The leg that ended.
    pub leg: Leg,
    /// Who held it.
    pub who: String,
    /// When, as written.
    pub at: String,
    /// What they say to the next holder.
    pub note: String,
}

/// The heading of an entry.
pub(super) struct Head<'a> {
    n: u32,
    pub leg: Leg,
    who: &'a str,
    at: &'a str,
}

/// What a heading of level 3 in `## Handoffs` is.
pub(super) enum Entry<'a> {
    /// An entry.
    Good(Head<'a>),
    /// Something else; as written.
    Strange(&'a str),
}

impl TaskFile {
    /// All handoffs, in the order they stand in.
    #[must_use]
    pub fn handoffs(&self) -> Vec<Handoff> {
        let mut all = Vec::new();
        self.each_entry(|_, entry, body| {
            if let Entry::Good(head) = entry {
                all.push(Handoff {
                    n: head.n,
                    leg: head.leg,
                    who: head.who.to_owned(),
                    at: head.at.to_owned(),
                    note: unquoted(self.slice(body)),
                });
            }
        });
        all
    }

    /// Calls `take` for each heading of level 3 in `## Handoffs`, with its line and the range of the lines that follow it.
    pub(super) fn each_entry<'a>(&'a self, mut take: impl FnMut(u32, Entry<'a>, Range<usize>)) {
        let Some(part) = self.part(Section::Handoffs) else {
            return;
        };
        let mut current: Option<(u32, Entry<'a>, usize)> = None;
        for (number, line) in (part.line + 1..).zip(self.body_lines(Section::Handoffs)) {
            if line.kind == Kind::Heading(3) {
                if let Some((at, entry, from)) = current.take() {
                    take(at, entry, from..line.start);
                }
                let text = self.slice(heading_content(&line));
                current = Some((
                    number,
                    read_head(text).map_or(Entry::Strange(text), Entry::Good),
                    line.next,
                ));
            }
        }
        if let Some((at, entry, from)) = current {
            take(at, entry, from..part.body.end);
        }
    }

    /// Adds a handoff at the end. When there is one of the same leg, holder and time already, nothing changes.
    /// Returns whether the text changed.
    ///
    /// # Errors
    /// When the file would become too large.
    pub fn append_handoff(
        &mut self,
        leg: Leg,
        who: &str,
        at: Time,
        note: &str,
    ) -> Result<bool, EditError> {
        let who = holder_name(who);
        let at = at.to_string();
        let mut last = 0;
        let mut told = false;
        self.each_entry(|_, entry, _| {
            if let Entry::Good(head) = entry {
                last = last.max(head.n);
                told |= head.leg == leg && head.who == who && head.at == at;
            }
        });
        if told {
            return Ok(false);
        }
        let n = last.saturating_add(1);
        let mut lines = vec![
            String::new(),
            format!("### {n} · {leg} · {who} · {at}"),
            String::new(),
        ];
        lines.extend(quoted(note));
        if lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        let mut change = Change::default();
        match self.part(Section::Handoffs) {
            Some(part) => self.add_lines(&mut change, part, &lines),
            None => self.add_section(&mut change, Section::Handoffs, None, &lines),
        }
        self.make(change)
    }
}

/// Reads `1 · prepare · architect · 2026-11-20T10:03:11Z`.
fn read_head(text: &str) -> Option<Head<'_>> {
    let mut words = text.split('·').map(str::trim);
    let head = Head {
        n: words.next()?.parse().ok()?,
        leg: Leg::from_word(words.next()?)?,
        who: words.next()?,
        at: words.next()?,
    };
    words.next().is_none().then_some(head)
}

/// A holder's name as it stands in a heading.
fn holder_name(who: &str) -> String {
    let name = one_line(&who.replace('·', "-"));
    let name: String = name.chars().take(MAX_WHO_CHARS).collect();
    match name.trim() {
        "" => "unknown".to_owned(),
        name => name.to_owned(),
    }
}

/// A note as the lines of a block quote.
fn quoted(note: &str) -> Vec<String> {
    without_blank_ends(clean(note).split('\n').collect())
        .into_iter()
        .map(|line| match line.trim_end() {
            "" => ">".to_owned(),
            line => format!("> {line}"),
        })
        .collect()
}

/// The text of a block quote. Lines somebody wrote without the `>` count as well.
fn unquoted(text: &str) -> String {
    let lines = Lines::within(text, 0..text.len())
        .map(
            |line| match line.text.trim_start_matches(' ').strip_prefix('>') {
                Some(quote) => quote.strip_prefix(' ').unwrap_or(quote),
                None => line.text,
            },
        )
        .collect();
    without_blank_ends(lines).join("\n")
}
