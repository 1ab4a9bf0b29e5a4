//! What follows from a person's commit: the gates before it, what they came to, and the task it belongs to. Called by git's hooks, by way of
//! `orchestron hook`; no surface offers these.
//!
//! Which task a commit belongs to: the one its branch names, else the one whose worktree it is made in, else (where tasks have no worktree of
//! their own) the only one that the person holds. Its message may name others.

use crate::{Context, OpError, claim, who::holds, wire::input, writing::write};
use orchestron_domain::{
    Actor, AgentName, Fact, Gate, Holder, Leg, State, Status, TaskId,
    commits::{Check, SeenCommit, ids_in, needed, task_of_branch, ticked_by},
    state::Step,
    task_file::{Item, Section, TaskFile},
};

/// Lists whose boxes a passed gate may tick.
const BOXES: [Section; 2] = [Section::AcceptanceCriteria, Section::DefinitionOfDone];
/// The box that every project's tasks have, ticked when all gates passed.
const ALL_PASS: &str = "All tests pass";

/// A commit that is being made.
#[derive(Clone, Debug, Default)]
pub struct Making {
    /// Where: the top folder of the worktree.
    pub top: String,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// Files of the project that are staged.
    pub files: Vec<String>,
}

/// What is to be checked before it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The task it belongs to.
    pub task: Option<TaskId>,
    /// Gates to be run, in order.
    pub gates: Vec<Gate>,
    /// Nobody accepted the project's commands on this machine: none is run.
    pub untrusted: bool,
}

/// What became of checks before a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines for the person.
    pub lines: Vec<String>,
    /// Whether the engine has something to do now.
    pub follows: bool,
}

/// What is to be checked before a commit.
///
/// # Errors
/// When log or configuration cannot be read.
pub fn plan(cx: &mut Context, making: &Making) -> Result<Plan, OpError> {
    let configured = cx.store.configured()?;
    let gates: Vec<Gate> = needed(&configured.config.gates, &making.files)
        .into_iter()
        .cloned()
        .collect();
    if gates.is_empty() {
        return Ok(Plan::default());
    }
    if !configured.trusted {
        return Ok(Plan {
            untrusted: true,
            ..Plan::default()
        });
    }
    Ok(Plan {
        task: whose(cx, &making.top, making.branch.as_deref())?,
        gates,
        untrusted: false,
    })
}

/// The task that a commit made there belongs to.
///
/// # Errors
/// When log or files cannot be read.
pub fn whose(cx: &mut Context, top: &str, branch: Option<&str>) -> Result<Option<TaskId>, OpError> {
    if let Some(task) = branch.and_then(task_of_branch)
        && exists(cx, &task)?
    {
        return Ok(Some(task));
    }
    let state = cx.store.story()?;
    Ok(worked_on_in(&state, top, &cx.project.path))
}

fn worked_on_in(state: &State, top: &str, project: &str) -> Option<TaskId> {
    let own = |task: &TaskId| {
        state
            .tasks
            .get(task)?
            .place
            .as_ref()
            .filter(|place| place.branch.is_some())
    };
    let here = state.tasks.keys().find(|task| {
        own(task)
            .is_some_and(|place| place.path == top || place.path.starts_with(&format!("{top}/")))
    });
    if let Some(task) = here.filter(|_| top != project) {
        return Some(task.clone());
    }
    let held = |task: &&TaskId| {
        let person = matches!(
            state.step(task),
            Step::Held {
                leg: Leg::Implement,
                holder: Holder::Person
            }
        );
        person && own(task).is_none()
    };
    let mut mine = state.tasks.keys().filter(held);
    match (mine.next(), mine.next()) {
        (Some(task), None) => Some(task.clone()),
        _ => None,
    }
}

fn exists(cx: &mut Context, task: &TaskId) -> Result<bool, OpError> {
    cx.look()?;
    Ok(cx.store.find(task).is_ok())
}

/// Tells how the checks before a commit ended: a failure sends the task back with feedback, a success ticks its boxes.
///
/// # Errors
/// When files or log cannot be written.
pub fn checked(cx: &mut Context, task: &TaskId, checks: Vec<Check>) -> Result<Outcome, OpError> {
    let mut outcome = Outcome::default();
    let failed = checks.iter().any(|check| !check.passed);
    let passed: Vec<String> = checks
        .iter()
        .filter(|check| check.passed)
        .map(|check| check.gate.clone())
        .collect();
    let told = Fact::CommitChecked {
        task: task.clone(),
        checks,
    };
    if failed {
        let actor = Actor::clone(&cx.actor);
        let goes_back = write(cx, [task], |state| {
            let held = holds(state, task);
            let goes = goes_back(state, task, held.as_ref());
            let kept = held
                .filter(|_| goes)
                .and_then(|holder| kept_for(task, &holder));
            let facts = kept
                .into_iter()
                .chain([told])
                .map(|fact| (actor.clone(), fact))
                .collect();
            Ok((facts, goes))
        })?;
        outcome.follows = goes_back;
        if goes_back {
            outcome.lines.push(format!("{task} went back to ready with feedback; it stays with its holder: commit again when it is mended"));
        }
        return Ok(outcome);
    }
    take_again(cx, task, &mut outcome)?;
    let state = cx.of([task])?;
    let ticked = tick(cx, &state, task, &passed)?;
    let actor = Actor::clone(&cx.actor);
    write(cx, [task], |_| Ok((vec![(actor, told)], ())))?;
    if ticked > 0 {
        outcome
            .lines
            .push(format!("{task}: {} ticked", boxes(ticked)));
    }
    Ok(outcome)
}

/// Only what a person or somebody outside has in hand goes back: a run's work is checked when it is handed in.
fn goes_back(state: &State, task: &TaskId, held: Option<&Holder>) -> bool {
    let by_hand = matches!(held, None | Some(Holder::Person | Holder::Outside(_)));
    let rests = matches!(
        state.step(task),
        Step::Idle
            | Step::Held {
                leg: Leg::Implement,
                ..
            }
    );
    by_hand && rests && state.status(task) == Some(Status::InProgress)
}

/// Whoever had it in hand goes on with it: nobody else takes it from the column it goes back to.
fn kept_for(task: &TaskId, holder: &Holder) -> Option<Fact> {
    let name: AgentName = match holder {
        Holder::Person => "person".parse().ok()?,
        Holder::Outside(name) => name.clone(),
        Holder::Agent(_) | Holder::Nobody => return None,
    };
    Some(Fact::Reassigned {
        task: task.clone(),
        leg: Leg::Implement,
        to: Some(name),
        why: "a check before a commit failed; its holder goes on with it".to_owned(),
    })
}

/// A task that went back because of an earlier check is in progress again, with the holder it was kept for.
fn take_again(cx: &mut Context, task: &TaskId, outcome: &mut Outcome) -> Result<(), OpError> {
    let state = cx.of([task])?;
    if state.status(task) != Some(Status::Ready) {
        return Ok(());
    }
    let Some(name) = state.assigned(task, Leg::Implement).cloned() else {
        return Ok(());
    };
    let agent = match state.config.called(name.clone()) {
        Holder::Person => None,
        Holder::Outside(name) => Some(name.to_string()),
        Holder::Agent(_) | Holder::Nobody => return Ok(()),
    };
    claim::claim(
        cx,
        &input::Claim {
            task: task.to_string(),
            agent,
        },
    )?;
    outcome.follows = true;
    outcome.lines.push(format!("{task} is in progress again"));
    Ok(())
}

fn boxes(count: usize) -> String {
    match count {
        1 => "one box".to_owned(),
        more => format!("{more} boxes"),
    }
}

/// Ticks the boxes that the passed gates are about; how many.
fn tick(
    cx: &mut Context,
    state: &State,
    task: &TaskId,
    passed: &[String],
) -> Result<usize, OpError> {
    let gates: Vec<&Gate> = state
        .config
        .gates
        .iter()
        .filter(|gate| passed.contains(&gate.name))
        .collect();
    let all = state.config.gates.len() == gates.len();
    let is_meant = |text: &str| {
        gates.iter().any(|gate| ticked_by(gate, text))
            || (all && text.trim().eq_ignore_ascii_case(ALL_PASS))
    };
    let mut ticked = 0;
    let changed = cx.store.edit(task, |file: &mut TaskFile| {
        ticked = 0;
        for section in BOXES {
            let open: Vec<String> = file
                .boxes(section)
                .into_iter()
                .filter(|(done, text)| !done && is_meant(text))
                .map(|(_, text)| text)
                .collect();
            for text in open {
                ticked += usize::from(file.tick(section, Item::Text(&text))?);
            }
        }
        Ok(())
    })?;
    if changed {
        let what = format!("{} ticked by gates that passed", boxes(ticked));
        let actor = Actor::clone(&cx.actor);
        cx.store.append(
            &actor,
            vec![Fact::TaskEdited {
                task: task.clone(),
                what,
            }],
        )?;
    }
    Ok(ticked)
}

/// A commit that was made.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is told of it.
    pub seen: SeenCommit,
    /// Its whole message.
    pub message: String,
    /// The top folder of the worktree it was made in.
    pub top: String,
}

/// Links a commit to every task it names, and tells of one whose checks were left out.
///
/// # Errors
/// When the log cannot be read or written.
pub fn made(cx: &mut Context, made: &Made) -> Result<Vec<String>, OpError> {
    let mut tasks: Vec<TaskId> = whose(cx, &made.top, made.seen.branch.as_deref())?
        .into_iter()
        .collect();
    for named in ids_in(&made.message) {
        if !tasks.contains(&named) && exists(cx, &named)? {
            tasks.push(named);
        }
    }
    let mut lines = Vec::new();
    let by = Actor::clone(&cx.actor);
    let told = |task: Option<TaskId>| {
        (
            by.clone(),
            Fact::CommitSeen {
                task,
                seen: made.seen.clone(),
            },
        )
    };
    for task in &tasks {
        let known = |state: &State| {
            state.tasks.get(task).is_some_and(|found| {
                found
                    .commits
                    .iter()
                    .any(|seen| seen.commit == made.seen.commit)
            })
        };
        write(cx, [task], |state| {
            let facts = if known(state) {
                Vec::new()
            } else {
                vec![told(Some(task.clone()))]
            };
            Ok((facts, ()))
        })?;
        lines.push(format!("this commit is linked to {task}"));
    }
    if made.seen.unchecked {
        if tasks.is_empty() {
            let (by, fact) = told(None);
            cx.store.append(&by, vec![fact])?;
        }
        lines.push(
            "the checks before this commit were left out (--no-verify); that is shown in the log"
                .to_owned(),
        );
    }
    Ok(lines)
}

/// What to say about a branch that was just checked out: whose task it is.
///
/// # Errors
/// When log or files cannot be read.
pub fn arrived(
    cx: &mut Context,
    top: &str,
    branch: Option<&str>,
) -> Result<Option<String>, OpError> {
    let Some(task) = whose(cx, top, branch)? else {
        return Ok(None);
    };
    let state = cx.of([&task])?;
    let Some(card) = state.cards.get(&task) else {
        return Ok(None);
    };
    let at = match holds(&state, &task) {
        Some(holder) => format!(", with {}", crate::view::word::holder_name(&holder)),
        None => String::new(),
    };
    Ok(Some(format!(
        "{task} ({}{at}): {}",
        card.status, card.title
    )))
}

/// Whether what asks is inside a run: hooks do nothing there.
#[must_use]
pub fn is_for_people(cx: &Context) -> bool {
    matches!(*cx.actor, Actor::Person | Actor::Outside { .. })
}
