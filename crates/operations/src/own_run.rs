//! `run-context`, `run-edit`, `run-submit`, `run-verdict`, `run-escalate`: what a run says of its own leg.
//!
//! Who calls is known by the process it descends from, never by a name: there is no task among the inputs, because a run has one and
//! only that one. A gate is a run too, and has no leg to speak of.

use crate::{
    Context, OpError,
    edit::write_section,
    view::word,
    wire::{Done, NextView, VerdictWord, input},
    writing::{done, some_text, write},
};
use orchestron_domain::{Actor, Fact, Leg, RequestKind, RunId, State, TaskId, run::Verdict};

/// Feedback files that are part of a run's context, the newest ones.
const NEWEST: usize = 3;

/// The run that asks, with its task and leg.
pub(crate) struct Own {
    pub(crate) run: RunId,
    pub(crate) task: TaskId,
    leg: Leg,
}

impl Own {
    /// The run that asks.
    ///
    /// # Errors
    /// When none does, or it has no leg any more.
    pub(crate) fn of(cx: &Context, state: &State) -> Result<Self, OpError> {
        let Actor::Run { run } = &*cx.actor else {
            return Err(OpError::NotARun);
        };
        let found = state.runs.get(run).filter(|run| run.is_live());
        let own = found.and_then(|found| {
            Some(Self {
                run: run.clone(),
                task: found.task.clone(),
                leg: found.leg()?,
            })
        });
        own.ok_or_else(|| OpError::RunOver { run: run.clone() })
    }
}

/// The run's task as it stands now: its file, and what came back. How the leg is ended the run was told when it was started.
///
/// # Errors
/// When the caller is no run at work on a leg.
pub fn context(cx: &mut Context, _input: &input::Nothing) -> Result<NextView, OpError> {
    let own = Own::of(cx, &cx.story()?)?;
    let task = own.task.to_string();
    let found = crate::task::task(cx, &input::OnTask { task })?;
    let mut document = format!("# {} \u{b7} {}\n\n{}", own.task, own.leg, found.text);
    for feedback in found.feedback.iter().rev().take(NEWEST) {
        document.push_str(&format!("\n\n{}\n\n{}", feedback.path, feedback.text));
    }
    Ok(NextView {
        leg: Some(word::leg(own.leg)),
        worktree: found.worktree,
        task: Some(found.card),
        document,
        none: None,
    })
}

/// Writes a section that the run's leg may write.
///
/// # Errors
/// As [`context`]; or when the section is not its to write.
pub fn edit(cx: &mut Context, input: &input::RunEdit) -> Result<Done, OpError> {
    let own = Own::of(cx, &cx.story()?)?;
    let by = Actor::Run { run: own.run };
    write_section(cx, &own.task, own.leg, &input.section, &input.text, &by)?;
    let did = format!("`{}` of {} is written", input.section.trim(), own.task);
    let state = cx.of([&own.task])?;
    Ok(done(Some(&own.task), state.status(&own.task), did))
}

/// Says that the run's leg is done. The process's end, the diff and the gates decide; this is its word for the next holder.
///
/// # Errors
/// As [`context`]; a review ends with a verdict.
pub fn submit(cx: &mut Context, input: &input::RunSubmit) -> Result<Done, OpError> {
    let note = some_text(
        "note",
        Some(&input.note),
        "say what the next holder must know",
    )?;
    say(cx, |own| match own.leg {
        Leg::Review | Leg::Approve => Err(OpError::Input {
            field: "note",
            what: "a review ends with a verdict, not with a submission".into(),
        }),
        leg => Ok(Fact::Submitted {
            task: own.task.clone(),
            leg,
            note,
            run: Some(own.run.clone()),
        }),
    })
}

/// The verdict of a reviewing run.
///
/// # Errors
/// As [`context`]; only a review leg decides.
pub fn verdict(cx: &mut Context, input: &input::RunVerdict) -> Result<Done, OpError> {
    let note = some_text(
        "note",
        Some(&input.note),
        "say why; for changes, each point with file and line",
    )?;
    let verdict = match input.verdict {
        VerdictWord::Approve => Verdict::Approve,
        VerdictWord::Changes => Verdict::Changes,
    };
    say(cx, |own| {
        if own.leg != Leg::Review {
            return Err(OpError::Input {
                field: "verdict",
                what: format!(
                    "only a review leg decides; the {} leg ends with a submission",
                    own.leg
                ),
            });
        }
        Ok(Fact::Reviewed {
            task: own.task.clone(),
            verdict,
            note,
            run: Some(own.run.clone()),
        })
    })
}

/// The run cannot go on: the person decides what becomes of its task, and the run is ended.
///
/// # Errors
/// As [`context`]; when the person is asked about the task already.
pub fn escalate(cx: &mut Context, input: &input::RunSubmit) -> Result<Done, OpError> {
    let why = some_text(
        "note",
        Some(&input.note),
        "say why it cannot go on, what was tried, and what you would do",
    )?;
    let state = cx.story()?;
    let own = Own::of(cx, &state)?;
    if state
        .requests_of(&own.task)
        .any(|open| !open.kind.is_aside())
    {
        return Err(OpError::NotNow {
            task: own.task.clone(),
            done: "escalated",
            why: "the person is asked about it already".to_owned(),
            cure: "end your turn".to_owned(),
        });
    }
    say(cx, |own| {
        Ok(Fact::RequestOpened {
            task: Some(own.task.clone()),
            kind: RequestKind::Escalation { why },
        })
    })
}

fn say(
    cx: &mut Context,
    fact: impl FnOnce(&Own) -> Result<Fact, OpError>,
) -> Result<Done, OpError> {
    let own = Own::of(cx, &cx.story()?)?;
    let fact = fact(&own)?;
    let by = Actor::Run {
        run: own.run.clone(),
    };
    let status = write(cx, [&own.task], |state| {
        let live = state
            .runs
            .get(&own.run)
            .is_some_and(orchestron_domain::Run::is_live);
        if !live {
            return Err(OpError::RunOver {
                run: own.run.clone(),
            });
        }
        Ok((vec![(by, fact)], state.status(&own.task)))
    })?;
    let mut told = done(Some(&own.task), status, "noted");
    told.next
        .push("end your turn now; the work is checked and handed on by itself".into());
    Ok(told)
}
