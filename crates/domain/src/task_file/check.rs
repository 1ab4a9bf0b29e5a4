//! What must hold for every text and every edit; one function that the property tests and the fuzz target share.

use super::blocks::Kind;
use super::{
    EditError, Item, Section, TaskDraft, TaskFile, file_name, id_from_file_name, new_task,
};
use crate::{AgentName, Leg, Priority, Status, TaskId, Time};
use thiserror::Error;

/// A rule that does not hold: a mistake in this module, never in the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{rule}: {detail}")]
pub struct Fault {
    /// The rule.
    pub rule: &'static str,
    /// Which edit broke it, and how.
    pub detail: String,
}

/// An edit under test.
struct Trial<'a> {
    name: &'static str,
    /// The section it may touch.
    section: Section,
    edit: Edit<'a>,
    /// What must be true of the file afterwards, when the edit was made.
    then: Then<'a>,
}

type Edit<'a> = Box<dyn Fn(&mut TaskFile) -> Result<bool, EditError> + 'a>;
type Then<'a> = Box<dyn Fn(&TaskFile) -> bool + 'a>;

/// Parses the bytes and, when they are a task file, tries every edit on it, with the file's own text and `hostile` as what models
/// and people hand in. Holds for every input: no panic; bytes come back unchanged; an edit changes nothing outside of its section,
/// adds no heading but its own, keeps comments, can be parsed again, and changes nothing when it is made a second time.
///
/// # Errors
/// With the first rule that does not hold.
pub fn check_roundtrip(bytes: &[u8], hostile: &str) -> Result<(), Fault> {
    let Ok(file) = TaskFile::parse(bytes) else {
        return Ok(());
    };
    rule(
        file.to_bytes() == bytes,
        "the bytes come back unchanged",
        String::new,
    )?;
    let card = file.card(Status::Ready);
    rule(
        card.criteria.done <= card.criteria.all,
        "no more boxes are ticked than there are",
        String::new,
    )?;
    rule(
        file.oddities_in(Status::Ready).is_sorted(),
        "oddities stand in order",
        String::new,
    )?;
    rule(
        file.handoffs().len() == card.handoffs as usize,
        "handoffs are counted",
        String::new,
    )?;
    let name = file_name(file.id(), file.title());
    rule(
        id_from_file_name(&name).as_ref() == Some(file.id()),
        "a file's name tells its id",
        || name.clone(),
    )?;
    for text in [hostile, file.text()] {
        for trial in trials(text) {
            check_edit(&file, &trial)?;
        }
        check_new(&file, text)?;
    }
    Ok(())
}

fn rule(holds: bool, rule: &'static str, detail: impl FnOnce() -> String) -> Result<(), Fault> {
    if holds {
        Ok(())
    } else {
        Err(Fault {
            rule,
            detail: detail(),
        })
    }
}

/// Every edit there is.
fn trials(text: &str) -> Vec<Trial<'_>> {
    let mut all = header_trials();
    all.extend(text_trials(text));
    for section in Section::ALL {
        if section.is_text() {
            all.push(trial(
                "set_section",
                section,
                move |f| f.set_section(section, text),
                |_| true,
            ));
            all.push(trial(
                "append_text",
                section,
                move |f| f.append_text(section, text),
                |_| true,
            ));
        }
        if section.has_boxes() {
            let all_done = move |f: &TaskFile| f.boxes(section).iter().all(|(done, _)| *done);
            let first_done =
                move |f: &TaskFile| f.boxes(section).first().is_some_and(|(done, _)| *done);
            all.push(trial(
                "tick_all",
                section,
                move |f| f.tick_all(section),
                all_done,
            ));
            all.push(trial(
                "tick",
                section,
                move |f| f.tick(section, Item::At(0)),
                first_done,
            ));
        }
    }
    all
}

fn header_trials<'a>() -> Vec<Trial<'a>> {
    let at = Time(1_795_165_920_000);
    let agent: Option<AgentName> = "claude-impl".parse().ok();
    let same = agent.clone();
    vec![
        trial(
            "set_status",
            Section::Status,
            |f| f.set_status(Status::Review),
            |f| f.status_line() == Some(Status::Review),
        ),
        trial(
            "set_priority",
            Section::Priority,
            |f| f.set_priority(Priority::P0),
            |f| f.priority() == Some(Priority::P0),
        ),
        trial(
            "set_agent",
            Section::Agent,
            move |f| f.set_agent(agent.as_ref()),
            move |f| f.agent() == same,
        ),
        trial(
            "set_agent none",
            Section::Agent,
            |f| f.set_agent(None),
            |f| f.agent().is_none(),
        ),
        trial(
            "set_order",
            Section::Order,
            |f| f.set_order(Some(-7)),
            |f| f.order() == Some(-7),
        ),
        trial(
            "set_order none",
            Section::Order,
            |f| f.set_order(None),
            |f| f.order().is_none(),
        ),
        trial(
            "set_last_updated",
            Section::LastUpdated,
            move |f| f.set_last_updated(at),
            move |f| f.last_updated() == Some(at.to_string().as_str()),
        ),
    ]
}

fn text_trials(text: &str) -> Vec<Trial<'_>> {
    let at = Time(1_795_165_920_000);
    let other: Option<TaskId> = TaskId::new("ZZ9", 999_999_999).ok();
    let same = other.clone();
    vec![
        trial(
            "add_depends_on",
            Section::DependsOn,
            move |f| other.as_ref().map_or(Ok(false), |id| f.add_depends_on(id)),
            move |f| same.as_ref().is_some_and(|id| f.depends_on().contains(id)),
        ),
        trial(
            "append_handoff",
            Section::Handoffs,
            move |f| f.append_handoff(Leg::Implement, text, at, text),
            move |f| {
                f.handoffs()
                    .iter()
                    .any(|told| told.leg == Leg::Implement && told.at == at.to_string())
            },
        ),
        trial(
            "set_git_context",
            Section::GitContext,
            |f| f.set_git_context(Some(text), Some("1a2b3c4"), None),
            |f| f.git_context().commit.as_deref() == Some("1a2b3c4"),
        ),
    ]
}

fn trial<'a>(
    name: &'static str,
    section: Section,
    edit: impl Fn(&mut TaskFile) -> Result<bool, EditError> + 'a,
    then: impl Fn(&TaskFile) -> bool + 'a,
) -> Trial<'a> {
    Trial {
        name,
        section,
        edit: Box::new(edit),
        then: Box::new(then),
    }
}

fn check_edit(before: &TaskFile, trial: &Trial<'_>) -> Result<(), Fault> {
    let told = |more: &str| format!("{} of {}{more}", trial.name, trial.section);
    let mut after = before.clone();
    let Ok(changed) = (trial.edit)(&mut after) else {
        return rule(after == *before, "a refused edit changes nothing", || {
            told("")
        });
    };
    rule(
        changed == (after.text() != before.text()),
        "an edit tells whether it changed the text",
        || told(""),
    )?;
    rule((trial.then)(&after), "an edit does what it says", || {
        told("")
    })?;
    let again = TaskFile::parse(after.text().as_bytes());
    rule(
        again.as_ref() == Ok(&after),
        "an edited file is read as the same",
        || told(""),
    )?;
    rule(
        headings_kept(before, &after, trial.section),
        "an edit adds no heading but its own",
        || told(""),
    )?;
    rule(
        others_kept(before, &after, trial.section),
        "an edit keeps every byte of the other sections",
        || told(""),
    )?;
    rule(
        comments_kept(before, &after, trial.section),
        "an edit keeps every comment",
        || told(""),
    )?;
    let mut twice = after.clone();
    let second = (trial.edit)(&mut twice);
    rule(
        second == Ok(false) && twice == after,
        "the same edit again changes nothing",
        || told(&format!(": {second:?}")),
    )
}

/// Whether all headings but the section's own are the same, and the section did not go away.
fn headings_kept(before: &TaskFile, after: &TaskFile, section: Section) -> bool {
    let others = |file: &TaskFile| -> Vec<String> {
        let own = file.part(section).map(|part| part.start);
        file.lines()
            .filter(|line| matches!(line.kind, Kind::Heading(1..=2)) && Some(line.start) != own)
            .map(|line| line.text.trim_end_matches('\r').to_owned())
            .collect()
    };
    (after.has(section) || !before.has(section)) && others(before) == others(after)
}

/// Whether the section's comments are all there still, in their order.
fn comments_kept(before: &TaskFile, after: &TaskFile, section: Section) -> bool {
    let mut left = after
        .body_lines(section)
        .filter(|line| line.kind == Kind::Comment);
    before
        .body_lines(section)
        .filter(|line| line.kind == Kind::Comment)
        .all(|old| {
            left.any(|new| new.text.trim_end_matches('\r') == old.text.trim_end_matches('\r'))
        })
}

/// Whether everything before and behind the section is the same; when the section is new, whether bytes were only added.
fn others_kept(before: &TaskFile, after: &TaskFile, section: Section) -> bool {
    let (old, new) = (before.text().as_bytes(), after.text().as_bytes());
    match before.part(section) {
        Some(part) => {
            let (head, tail) = (&old[..part.start], &old[part.body.end..]);
            new.len() >= head.len() + tail.len() && new.starts_with(head) && new.ends_with(tail)
        }
        None => {
            let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            let tail = old
                .iter()
                .rev()
                .zip(new.iter().rev())
                .take_while(|(a, b)| a == b)
                .count();
            head + tail >= old.len() && new.len() >= old.len()
        }
    }
}

/// A new file made of hostile words is one task with every section once.
fn check_new(file: &TaskFile, text: &str) -> Result<(), Fault> {
    let draft = TaskDraft {
        id: file.id().clone(),
        title: text.to_owned(),
        priority: Priority::P2,
        agent: None,
        goal: text.to_owned(),
        criteria: vec![text.to_owned()],
        depends_on: Vec::new(),
        files: vec![text.to_owned()],
        order: Some(-7),
        needs: vec![text.to_owned(), "backend".to_owned()],
        tests: vec![text.to_owned(), "login works".to_owned()],
        workflow: "rpiv login plan".parse().ok(),
        notes: text.to_owned(),
        created: Time(0),
    };
    let bytes = new_task(&draft);
    match TaskFile::parse(&bytes) {
        Err(super::TaskFileError::TooLarge { .. }) => Ok(()),
        Err(error) => rule(false, "a new file is a task file", || error.to_string()),
        Ok(new) => {
            rule(new.id() == file.id(), "a new file has its id", String::new)?;
            rule(
                new.headings().count() == Section::COUNT + 1,
                "a new file has each heading once",
                String::new,
            )?;
            rule(
                Section::ALL.into_iter().all(|section| new.has(section)),
                "a new file has every section",
                String::new,
            )
        }
    }
}
