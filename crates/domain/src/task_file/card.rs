//! What the board shows of a task file, and what is odd in it.

use super::blocks::{Kind, Line, Open};
use super::handoff::Entry;
use super::parse::without_comment;
use super::read::{is_placeholder, list_item, read_priority, read_status, split_box};
use super::{Oddity, Section, TaskFile};
use crate::task::Ticks;
use crate::{AgentName, Status, TaskCard, TaskId, workflow::Origin};
use std::collections::BTreeSet;

/// At most so many oddities are told of one file.
const MAX_ODDITIES: usize = 100;

/// Words between two ids that say nothing.
const JOINS: [&str; 4] = ["and ", "& ", "+ ", "und "];

/// Longest name of a test, in bytes.
const MAX_TEST: usize = 300;

/// Whether this can be given to a test command: an option of it is no test.
fn is_test(entry: &str) -> bool {
    !entry.starts_with('-') && entry.len() <= MAX_TEST && !entry.chars().any(char::is_control)
}

/// What an entry of `## Depends On` is.
enum Dependency<'a> {
    /// A task.
    On(TaskId),
    /// No id; as written.
    Unknown(&'a str),
}

impl TaskFile {
    /// The card of this task, whose file lies in the folder of `status`.
    #[must_use]
    pub fn card(&self, status: Status) -> TaskCard {
        let (handoffs, last_leg) = self.handoff_count();
        TaskCard {
            id: self.id().clone(),
            title: match self.title() {
                "" => "(no title)".to_owned(),
                title => title.to_owned(),
            },
            status,
            priority: self.priority().unwrap_or_default(),
            agent: self.agent(),
            depends_on: self.depends_on(),
            files_affected: self.files_affected(),
            order: self.order(),
            needs: self.needs(),
            criteria: self.ticks(Section::AcceptanceCriteria),
            ready_boxes: self.ticks(Section::DefinitionOfReady),
            created: self.created().map(str::to_owned),
            handoffs,
            last_leg,
            tests: self.tests(),
        }
    }

    /// `## Agent`, when it names one. A capital letter in the name is forgiven.
    #[must_use]
    pub fn agent(&self) -> Option<AgentName> {
        let value = self.value(Section::Agent)?;
        if value.eq_ignore_ascii_case("unassigned") {
            return None;
        }
        value.to_ascii_lowercase().parse().ok()
    }

    /// `## Created`, as written.
    #[must_use]
    pub fn created(&self) -> Option<&str> {
        self.value(Section::Created)
    }

    /// How many boxes of a section are ticked.
    #[must_use]
    pub fn ticks(&self, section: Section) -> Ticks {
        let mut ticks = Ticks::default();
        for found in self.box_lines(section) {
            ticks.all += 1;
            ticks.done += u32::from(found.done);
        }
        ticks
    }

    /// Tasks that `## Depends On` names, each once, without the task itself.
    #[must_use]
    pub fn depends_on(&self) -> Vec<TaskId> {
        let mut seen = BTreeSet::new();
        let mut ids = Vec::new();
        self.each_dependency(|_, found| match found {
            Dependency::On(id) if id != *self.id() && seen.insert(id.clone()) => ids.push(id),
            _ => {}
        });
        ids
    }

    /// `## Order`, when it is a number.
    #[must_use]
    pub fn order(&self) -> Option<i64> {
        read_order(self.value(Section::Order)?)
    }

    /// Entries of `## Needs`, each once: capabilities as they are written, tools as `tool: …`.
    #[must_use]
    pub fn needs(&self) -> Vec<String> {
        let mut needs: Vec<String> = Vec::new();
        for entry in self.entries(Section::Needs) {
            if let Some(found) = need(entry).filter(|found| !needs.contains(found)) {
                needs.push(found);
            }
        }
        needs
    }

    /// Entries of `## Tests`, each once: names of tests as the project's test command takes them.
    #[must_use]
    pub fn tests(&self) -> Vec<String> {
        let mut tests: Vec<String> = Vec::new();
        for entry in self.entries(Section::Tests) {
            if is_test(entry) && !tests.iter().any(|known| known == entry) {
                tests.push(entry.to_owned());
            }
        }
        tests
    }

    /// The workflow that made this task, when one did.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.section(Section::Workflow)?
            .lines()
            .next()?
            .parse()
            .ok()
    }

    /// Entries of `## Files Affected`, as written but without quotes around them.
    #[must_use]
    pub fn files_affected(&self) -> Vec<String> {
        let entries = self.entries(Section::FilesAffected);
        entries.into_iter().map(str::to_owned).collect()
    }

    /// Entries of a list: in the heading's line and in the lines below it, with `, ` between them or as list items. Without quotes
    /// around them; what says nothing is none.
    fn entries(&self, section: Section) -> Vec<&str> {
        let mut entries = Vec::new();
        let mut take = |text| {
            let text = without_comment(text).trim();
            let bare = text.strip_prefix('`').and_then(|t| t.strip_suffix('`'));
            let entry = bare.filter(|t| !t.contains('`')).unwrap_or(text);
            if !is_placeholder(entry) {
                entries.push(entry);
            }
        };
        if let Some(part) = self.part(section) {
            self.slice(part.value.clone())
                .split(", ")
                .for_each(&mut take);
        }
        for line in self.body_lines(section) {
            match (line.kind, list_item(line.text)) {
                (Kind::Plain, Some(item)) => take(split_box(item).map_or(item, |(_, rest)| rest)),
                (Kind::Plain, None) => line.text.split(", ").for_each(&mut take),
                _ => {}
            }
        }
        entries
    }

    /// Calls `take` for each entry of `## Depends On`, with its line.
    fn each_dependency<'a>(&'a self, mut take: impl FnMut(u32, Dependency<'a>)) {
        let Some(part) = self.part(Section::DependsOn) else {
            return;
        };
        dependencies(self.slice(part.value.clone()), |found| {
            take(part.line, found)
        });
        for (number, line) in (part.line + 1..).zip(self.body_lines(Section::DependsOn)) {
            if line.kind == Kind::Plain {
                let text = list_item(line.text).unwrap_or(line.text);
                let text = split_box(text).map_or(text, |(_, rest)| rest);
                dependencies(text, |found| take(number, found));
            }
        }
    }

    /// What is odd in the file, apart from where it lies. At most a hundred things, by line.
    #[must_use]
    pub fn oddities(&self) -> Vec<Oddity> {
        let mut found = Oddities::default();
        self.odd_headers(&mut found);
        self.odd_lists(&mut found);
        self.odd_handoffs(&mut found);
        if let Some(unclosed) = &self.unclosed {
            let block = block_word(unclosed.open);
            let closer = unclosed.open.closer().unwrap_or_default();
            found.add(
                unclosed.line,
                format!(
                    "The {block} that begins here never ends, so everything below it is part of it."
                ),
                format!("Add a line `{closer}` where it should end."),
            );
        }
        found.list.sort();
        found.list
    }

    /// What is odd in the file when it lies in the folder of `status`.
    #[must_use]
    pub fn oddities_in(&self, status: Status) -> Vec<Oddity> {
        let mut odd = self.oddities();
        if let (Some(told), Some(part)) = (self.status_line(), self.part(Section::Status))
            && told != status
        {
            odd.push(Oddity {
                line: part.line,
                what: format!(
                    "The file says `{told}` but lies in the folder `{status}`. The folder counts."
                ),
                cure: format!(
                    "Write `## Status: {status}`, or move the task with the `orchestron` command."
                ),
            });
            odd.sort();
        }
        odd
    }

    fn odd_headers(&self, found: &mut Oddities) {
        if self.title().is_empty() {
            found.add(
                self.heading.line,
                "The task has no title.".to_owned(),
                format!(
                    "Write it behind the id: `# Task: {} - What is wanted`.",
                    self.id()
                ),
            );
        }
        let line_of = |section| self.part(section).map_or(0, |part| part.line);
        if let Some(value) = self
            .value(Section::Status)
            .filter(|v| read_status(v).is_none())
        {
            found.add(
                line_of(Section::Status),
                format!("`{}` is no status. The folder counts.", shown(value)),
                "Write one of pending, ready, in-progress, review, done, failed.".to_owned(),
            );
        }
        if let Some(value) = self
            .value(Section::Priority)
            .filter(|v| read_priority(v).is_none())
        {
            found.add(
                line_of(Section::Priority),
                format!("`{}` is no priority; the task counts as P1.", shown(value)),
                "Write P0, P1 or P2.".to_owned(),
            );
        }
        if let Some(value) = self
            .value(Section::Order)
            .filter(|value| !is_placeholder(value) && read_order(value).is_none())
        {
            found.add(
                line_of(Section::Order),
                format!("`{}` is no order; the task goes by its age.", shown(value)),
                "Write a whole number such as 10: the lower goes first.".to_owned(),
            );
        }
        let agent = self
            .value(Section::Agent)
            .filter(|v| !v.eq_ignore_ascii_case("unassigned"));
        if let Some(value) = agent
            && self.agent().is_none()
        {
            found.add(
                line_of(Section::Agent),
                format!(
                    "`{}` is no agent name; the task counts as unassigned.",
                    shown(value)
                ),
                "Write the name an agent has in `.mcp/agents.yaml`, or `unassigned`.".to_owned(),
            );
        }
    }

    fn odd_lists(&self, found: &mut Oddities) {
        self.each_dependency(|line, dependency| match dependency {
            Dependency::On(id) if id == *self.id() => found.add(
                line,
                "The task depends on itself; that entry is ignored.".to_owned(),
                "Delete it, or name another task.".to_owned(),
            ),
            Dependency::On(_) => {}
            Dependency::Unknown(text) => found.add(
                line,
                format!(
                    "`{}` is no task id, so the task does not wait for it.",
                    shown(text)
                ),
                "Write the id of a task, such as TASK-002.".to_owned(),
            ),
        });
        for entry in self.entries(Section::Needs) {
            if need(entry).is_none() {
                found.add(
                    self.part(Section::Needs).map_or(0, |part| part.line),
                    format!("`{}` is nothing that a task can need; it is ignored.", shown(entry)),
                    "Write a capability such as `backend`, or a tool such as `tool: Bash(npm test)`."
                        .to_owned(),
                );
            }
        }
        for entry in self.entries(Section::Tests) {
            if !is_test(entry) {
                found.add(
                    self.part(Section::Tests).map_or(0, |part| part.line),
                    format!(
                        "`{}` cannot be the name of a test; it is ignored.",
                        shown(entry)
                    ),
                    "Write the name as the test command takes it; none begins with `-`.".to_owned(),
                );
            }
        }
        for section in Section::ALL
            .into_iter()
            .filter(|section| section.has_boxes())
        {
            let first = self.part(section).map_or(0, |part| part.line + 1);
            let bare = (first..)
                .zip(self.body_lines(section))
                .find(|(_, line)| is_bare_item(line));
            if let Some((line, _)) = bare {
                found.add(
                    line,
                    format!("A list item of `## {section}` has no box, so it is not counted."),
                    "Write it as `- [ ] …`.".to_owned(),
                );
            }
        }
    }

    fn odd_handoffs(&self, found: &mut Oddities) {
        self.each_entry(|line, entry, _| {
            if let Entry::Strange(text) = entry {
                found.add(
                    line,
                    format!(
                        "`{}` is no handoff heading, so this entry is not counted.",
                        shown(text)
                    ),
                    "Write it as `### 1 · implement · who · 2026-11-20T09:12:00Z`.".to_owned(),
                );
            }
        });
    }

    /// How many handoffs there are, and the leg the last one ended.
    fn handoff_count(&self) -> (u32, Option<crate::Leg>) {
        let mut count = 0;
        let mut last = None;
        self.each_entry(|_, entry, _| {
            if let Entry::Good(head) = entry {
                count += 1;
                last = Some(head.leg);
            }
        });
        (count, last)
    }
}

/// Oddities as they are found.
#[derive(Default)]
struct Oddities {
    list: Vec<Oddity>,
}

impl Oddities {
    fn add(&mut self, line: u32, what: String, cure: String) {
        if self.list.len() < MAX_ODDITIES {
            self.list.push(Oddity { line, what, cure });
        }
    }
}

/// The word for an open block.
pub(super) const fn block_word(open: Open) -> &'static str {
    match open {
        Open::Comment => "comment",
        Open::Fence { .. } | Open::Nothing => "code fence",
    }
}

/// A whole number.
fn read_order(value: &str) -> Option<i64> {
    let value = without_comment(value).trim();
    value.strip_prefix('#').unwrap_or(value).parse().ok()
}

/// Reads a need: `backend`, `capability: backend`, `tool: Bash(npm test)`. None when it names nothing.
#[must_use]
pub fn need(entry: &str) -> Option<String> {
    let (kind, rest) = match entry.split_once(':') {
        // `Bash(npm:*)` is no kind.
        Some((kind, rest)) if kind.trim().bytes().all(|b| b.is_ascii_alphabetic()) => {
            (kind.trim().to_ascii_lowercase(), rest.trim())
        }
        _ => (String::new(), entry.trim()),
    };
    let word = rest.trim_matches('`').trim();
    if word.is_empty() || word.chars().any(char::is_control) {
        return None;
    }
    match kind.as_str() {
        "" | "capability" | "capabilities" => Some(word.to_owned()),
        "tool" | "tools" => Some(format!("tool: {word}")),
        _ => None,
    }
}

/// Words of the file as they are quoted in a message.
fn shown(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Whether a line is a list item at the margin that has no box.
fn is_bare_item(line: &Line<'_>) -> bool {
    line.kind == Kind::Plain
        && !line.text.starts_with([' ', '\t'])
        && list_item(line.text)
            .is_some_and(|item| split_box(item).is_none() && !is_placeholder(without_comment(item)))
}

/// Calls `take` for each entry of one line of `## Depends On`: `TASK-1, TASK-2`, `TASK-3 (the parser) and TASK-4`,
/// `[TASK-5](../done/TASK-5-x.md)`. Words behind an id are a remark, up to the next comma.
fn dependencies<'a>(line: &'a str, mut take: impl FnMut(Dependency<'a>)) {
    let mut rest = without_comment(line).trim();
    let mut remark = false;
    loop {
        let mut any = false;
        while let Some((id, behind)) = leading_id(rest) {
            any = true;
            take(Dependency::On(id));
            let behind = behind.trim_start();
            let joined = JOINS.iter().find_map(|join| behind.strip_prefix(join));
            rest = joined.unwrap_or(behind).trim_start();
        }
        let (piece, more) = match rest.split_once([',', ';']) {
            Some((piece, more)) => (piece.trim(), Some(more)),
            None => (rest.trim(), None),
        };
        if !any && !remark && !is_placeholder(piece.trim_matches(['*', '`', '_'])) {
            take(Dependency::Unknown(piece));
        }
        remark |= any && !piece.is_empty();
        match more {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
}

/// The task id a text begins with, also as a link or a file name, and what follows it.
fn leading_id(text: &str) -> Option<(TaskId, &str)> {
    let bare = text.trim_start_matches(['[', '`', '*', '(', '_']);
    let dash = bare.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let number = bare.get(dash..)?.strip_prefix('-')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let id = bare
        .get(..dash + 1 + digits)?
        .to_ascii_uppercase()
        .parse()
        .ok()?;
    let behind = bare.get(dash + 1 + digits..)?;
    let slug = behind
        .strip_prefix('-')
        .filter(|slug| slug.starts_with(|c: char| c.is_ascii_alphabetic()));
    let behind = match slug {
        Some(slug) => {
            slug.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        }
        None => behind,
    };
    let link = behind.starts_with("](");
    let sentence_end = behind.strip_prefix('.').unwrap_or(behind);
    let ended = sentence_end.is_empty()
        || sentence_end.starts_with(char::is_whitespace)
        || behind.starts_with([',', ';', ':', ']', ')', '`', '*', '_', '–', '—', '(']);
    let behind = if link {
        behind.split_once(')').map_or("", |(_, rest)| rest)
    } else {
        behind.trim_start_matches([']', ')', '`', '*', '_'])
    };
    ended.then_some((id, behind))
}

/// Whether an entry of `## Depends On` names no task.
pub(super) fn names_no_task(text: &str) -> bool {
    let mut none = true;
    dependencies(text, |found| {
        none &= matches!(found, Dependency::Unknown(_))
    });
    none
}
