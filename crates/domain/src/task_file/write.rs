//! New task files, and their names.

use super::harmless::{harmless, one_line};
use super::section::Section;
use crate::{AgentName, Priority, Status, TaskId, Time, workflow::Origin};

/// Longest slug, in bytes.
const MAX_SLUG: usize = 60;
/// A title is cut after so many characters.
const MAX_TITLE_CHARS: usize = 200;

/// What a new task file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskDraft {
    /// The id.
    pub id: TaskId,
    /// The title; made one line.
    pub title: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Who is to do it, when that is settled.
    pub agent: Option<AgentName>,
    /// What is wanted.
    pub goal: String,
    /// Acceptance criteria, each one line.
    pub criteria: Vec<String>,
    /// Tasks that must be done first.
    pub depends_on: Vec<TaskId>,
    /// Files it is about.
    pub files: Vec<String>,
    /// Its place among tasks of its priority; the lower goes first.
    pub order: Option<i64>,
    /// What whoever does it must have.
    pub needs: Vec<String>,
    /// Tests that must fail before the work and pass after it.
    pub tests: Vec<String>,
    /// The workflow that made it.
    pub workflow: Option<Origin>,
    /// Guidance for the implementer.
    pub notes: String,
    /// When it was written.
    pub created: Time,
}

/// A new task file, pending, with every heading of the schema (those that are optional only when they say something).
///
/// Texts are made [harmless](harmless()). Whoever passes texts of unknown length parses the result before writing it: it may be larger
/// than [`MAX_BYTES`](super::MAX_BYTES).
#[must_use]
pub fn new_task(draft: &TaskDraft) -> Vec<u8> {
    let mut text = format!("# Task: {} - {}\n\n", draft.id, title_line(&draft.title));
    for section in Section::ALL {
        let says_nothing = match section {
            Section::Order => draft.order.is_none(),
            Section::Needs | Section::Tests | Section::Workflow => {
                body_of(draft, section).is_empty()
            }
            _ => false,
        };
        if says_nothing {
            continue; // these are optional
        }
        if section.is_header() {
            let value = header_value(draft, section);
            // The schema has Created and Last Updated on adjacent lines.
            let apart = if section == Section::Created {
                "\n"
            } else {
                "\n\n"
            };
            text.push_str(&format!("## {section}: {value}{apart}"));
        } else {
            let body = body_of(draft, section);
            let end = if body.is_empty() { "" } else { "\n" };
            text.push_str(&format!("## {section}\n{body}{end}\n"));
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text.into_bytes()
}

fn header_value(draft: &TaskDraft, section: Section) -> String {
    match section {
        Section::Status => Status::Pending.to_string(),
        Section::Priority => draft.priority.to_string(),
        Section::Agent => draft
            .agent
            .as_ref()
            .map_or_else(|| "unassigned".to_owned(), ToString::to_string),
        Section::Order => draft.order.map_or_else(String::new, |n| n.to_string()),
        _ => draft.created.to_string(),
    }
}

fn body_of(draft: &TaskDraft, section: Section) -> String {
    let boxes = |items: &[&str]| list("- [ ] ", items.iter().map(|item| one_line(item)));
    match section {
        Section::Goal => harmless(&draft.goal),
        Section::AcceptanceCriteria => {
            list("- [ ] ", draft.criteria.iter().map(|text| one_line(text)))
        }
        Section::DefinitionOfReady => {
            boxes(&["Prerequisites met", "Context provided", "Files identified"])
        }
        Section::DefinitionOfDone => {
            boxes(&["All tests pass", "Code reviewed", "Documentation updated"])
        }
        Section::FilesAffected => list("- ", draft.files.iter().map(|path| one_line(path))),
        Section::DependsOn => list("- ", draft.depends_on.iter().map(ToString::to_string)),
        Section::Needs => list("- ", draft.needs.iter().map(|need| one_line(need))),
        Section::Tests => list("- ", draft.tests.iter().map(|test| one_line(test))),
        Section::Workflow => draft
            .workflow
            .as_ref()
            .map_or_else(String::new, ToString::to_string),
        Section::ImplementationNotes => harmless(&draft.notes),
        Section::GitContext => "- Branch:\n- Commit:\n- PR:".to_owned(),
        _ => String::new(),
    }
}

fn list(marker: &str, items: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = items
        .filter(|item| !item.is_empty())
        .map(|item| format!("{marker}{item}"))
        .collect();
    lines.join("\n")
}

/// A title as it stands in the heading. A run of `#` at its end would be read as the heading's end, so it goes.
fn title_line(title: &str) -> String {
    let title = one_line(title);
    let mut line: String = title.chars().take(MAX_TITLE_CHARS).collect();
    if line.len() < title.len() {
        line.push('…');
    }
    loop {
        let open = line.trim_end_matches('#');
        if open.len() == line.len() || !(open.is_empty() || open.ends_with(' ')) {
            break;
        }
        line.truncate(open.trim_end().len());
    }
    if line.is_empty() {
        "Untitled".to_owned()
    } else {
        line
    }
}

/// A title as part of a file or branch name: `a-z`, `0-9` and single `-`, 1 to 60 bytes, no name that Windows keeps for devices.
#[must_use]
pub fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(MAX_SLUG);
    for c in title.chars() {
        let plain = plain_letters(c);
        if plain.is_empty() {
            if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            continue;
        }
        slug.push_str(plain.as_str());
        if slug.len() > MAX_SLUG {
            break;
        }
    }
    if slug.len() > MAX_SLUG {
        let cut = slug
            .get(..=MAX_SLUG)
            .and_then(|start| start.rfind('-'))
            .filter(|at| *at >= MAX_SLUG / 2);
        slug.truncate(cut.unwrap_or(MAX_SLUG));
    }
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => "task".to_owned(),
        name if is_device(name) => format!("{name}-task"),
        name => name.to_owned(),
    }
}

/// Up to two ASCII letters.
struct Letters([u8; 2], usize);

impl Letters {
    const fn is_empty(&self) -> bool {
        self.1 == 0
    }

    fn as_str(&self) -> &str {
        self.0
            .get(..self.1)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// A character in letters a slug may have; none for what separates words.
fn plain_letters(c: char) -> Letters {
    let lower = c.to_lowercase().next().unwrap_or(c);
    let one = |letter: u8| Letters([letter, 0], 1);
    match lower {
        'a'..='z' | '0'..='9' => one(u8::try_from(lower).unwrap_or(b'-')),
        'ä' | 'æ' => Letters(*b"ae", 2),
        'ö' | 'œ' | 'ø' => Letters(*b"oe", 2),
        'ü' => Letters(*b"ue", 2),
        'ß' => Letters(*b"ss", 2),
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ą' | 'ă' => one(b'a'),
        'ç' | 'ć' | 'č' => one(b'c'),
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => one(b'e'),
        'ì' | 'í' | 'î' | 'ï' => one(b'i'),
        'ñ' | 'ń' | 'ň' => one(b'n'),
        'ò' | 'ó' | 'ô' | 'õ' | 'ő' => one(b'o'),
        'ù' | 'ú' | 'û' | 'ű' | 'ů' => one(b'u'),
        'ý' | 'ÿ' => one(b'y'),
        'ś' | 'š' => one(b's'),
        'ź' | 'ż' | 'ž' => one(b'z'),
        'ł' => one(b'l'),
        'ř' => one(b'r'),
        'ť' => one(b't'),
        'ď' => one(b'd'),
        _ => Letters([0, 0], 0),
    }
}

/// Whether Windows keeps this name for a device.
fn is_device(name: &str) -> bool {
    let numbered = |prefix| {
        name.strip_prefix(prefix)
            .is_some_and(|rest: &str| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// The name of a task's file: `TASK-001-slug.md`.
#[must_use]
pub fn file_name(id: &TaskId, title: &str) -> String {
    format!("{id}-{}.md", slug(title))
}

/// The id a file's name begins with: `TASK-001-slug.md`, `TASK-001.md`. None when it is no task file's name.
#[must_use]
pub fn id_from_file_name(name: &str) -> Option<TaskId> {
    let dot = name.len().checked_sub(3)?;
    let stem = name.get(..dot)?;
    let is_markdown = name
        .get(dot..)
        .is_some_and(|end| end.eq_ignore_ascii_case(".md"));
    if !is_markdown
        || stem
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':'))
    {
        return None;
    }
    let dash = stem.find('-')?;
    let behind = stem.get(dash + 1..)?;
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    let ended = matches!(behind.as_bytes().get(digits), None | Some(b'-'));
    ended.then(|| stem.get(..dash + 1 + digits)?.parse().ok())?
}
