//! `edit`: write one section of a task file, or tick its boxes. Whoever holds a leg writes what that leg may write.

use crate::{
    Context, OpError,
    who::{Who, holds},
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, some_text},
};
use orchestron_domain::{Actor, Fact, Leg, State, TaskId, schedule::leg_of, task_file::Section};

/// The sections that somebody may write, as protocols list them: whoever prepares may write all that anybody may.
pub const SECTIONS: &[&str] = &orchestron_domain::task_file::NAMES_WHEN_PREPARING;

/// Longest text of a section, in bytes.
const MAX_TEXT: usize = 256 * 1024;

/// Writes a section of a task.
///
/// # Errors
/// When the caller does not hold the task, or the section is not its to write.
pub fn edit(cx: &mut Context, input: &input::Edit) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let leg = if who.is_person() {
        Leg::Prepare
    } else {
        leg_held(&state, &task, &who)?
    };
    write_section(cx, &task, leg, &input.section, &input.text, &who.actor)?;
    Ok(done(
        Some(&task),
        state.status(&task),
        format!("`{}` of {task} is written", input.section.trim()),
    ))
}

/// The leg of `task` that the caller holds now.
fn leg_held(state: &State, task: &TaskId, who: &Who) -> Result<Leg, OpError> {
    let status = card(state, task)?.status;
    let leg = leg_of(status).ok_or_else(|| OpError::WrongStatus {
        task: task.clone(),
        found: status,
        done: "written to",
        wanted: "not over",
    })?;
    match holds(state, task) {
        Some(holder) if holder == who.holder() => Ok(leg),
        Some(holder) => Err(OpError::Held {
            task: task.clone(),
            holder: crate::view::word::holder_name(&holder),
        }),
        None => Err(OpError::NotNow {
            task: task.clone(),
            done: "written to",
            why: who.holds_nothing(),
            cure: format!("claim {task} first"),
        }),
    }
}

/// Writes a section that `leg` may write. The same text again changes nothing.
pub(crate) fn write_section(
    cx: &mut Context,
    task: &TaskId,
    leg: Leg,
    section: &str,
    text: &str,
    by: &Actor,
) -> Result<(), OpError> {
    let text = some_text("text", Some(text), "write the section's new text")?;
    if text.len() > MAX_TEXT {
        let what = format!(
            "{} bytes are too many; at most {MAX_TEXT} are taken",
            text.len()
        );
        return Err(OpError::Input {
            field: "text",
            what,
        });
    }
    let section = allowed(leg, section)?;
    let changed = cx
        .store
        .edit(task, |file| file.write_in(leg, section, &text))?;
    if changed {
        let fact = Fact::TaskEdited {
            task: task.clone(),
            what: section.name().to_owned(),
        };
        cx.store.append(by, vec![fact])?;
    }
    Ok(())
}

fn allowed(leg: Leg, written: &str) -> Result<Section, OpError> {
    let sections = Section::of_leg(leg);
    let named = written.trim().trim_start_matches('#').trim();
    let found = Section::from_name(named).filter(|section| sections.contains(section));
    found.ok_or_else(|| {
        let names: Vec<_> = sections.iter().map(|section| section.name()).collect();
        let may = if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        };
        OpError::Input {
            field: "section",
            what: format!("the {leg} leg may not write `{named}`; it may write: {may}"),
        }
    })
}
