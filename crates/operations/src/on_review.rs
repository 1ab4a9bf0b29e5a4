//! `approve` and `reject`: decide about a task in review.

use crate::{
    Context, OpError,
    create::create,
    decide::{answer, tip, with_remarks},
    remarks::Given,
    view::{Sight, is_for_the_person, word::first_line},
    who::{Who, only_person},
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, must_rest, tell_engine, trimmed, write},
};
use orchestron_domain::{
    Actor, Decision, Fact, Leg, Request, RequestId, RequestKind, State, Status, TaskId,
    run::Verdict,
};

/// Approves the work on a task and lets it be merged.
///
/// # Errors
/// When nothing about it waits for a decision, or the branch has moved since it was looked at.
pub fn approve(cx: &mut Context, input: &input::OnReview) -> Result<Done, OpError> {
    only_person(cx, "approve")?;
    if let Some(agent) = input.agent.as_deref().filter(|agent| *agent != "person") {
        return Err(OpError::Forbidden {
            who: agent.to_owned(),
            what: "approve".into(),
        });
    }
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let note = Some(trimmed(input.note.as_deref())).filter(|note| !note.is_empty());
    let later = match (input.follow_up, &note) {
        (false, _) => None,
        (true, Some(note)) => Some(follow_up(&state, &task, note)?),
        (true, None) => {
            return Err(OpError::Input {
                field: "note",
                what: "say what is to follow; it becomes the goal of the next task".into(),
            });
        }
    };
    if let Some(conflict) = open_of(&state, &task, |kind| {
        matches!(kind, RequestKind::Conflict { .. })
    }) {
        let cure = format!(
            "it cannot be merged (request {conflict}): `orchestron retry {task}` merges again, `orchestron reject {task} -m …` sends it back"
        );
        return Err(nothing(&task, &cure));
    }
    let request = the_review(cx, &state, &task)?;
    let mut told = answer(
        cx,
        request,
        &Decision::Approve { note },
        input.commit.as_deref(),
    )?;
    if let Some(later) = later {
        write_later(cx, &later, &mut told);
    }
    Ok(told)
}

/// The task that comes after an approved one.
fn follow_up(state: &State, task: &TaskId, note: &str) -> Result<input::Create, OpError> {
    let first = first_line(note);
    let card = card(state, task)?;
    Ok(input::Create {
        title: first.chars().take(80).collect(),
        priority: Some(card.priority.to_string()),
        agent: card.agent.as_ref().map(ToString::to_string),
        goal: Some(format!("{note}\n\nAsked for when {task} was approved.")),
        criteria: Vec::new(),
        depends_on: vec![task.to_string()],
        files: card.files_affected.clone(),
        needs: Vec::new(),
        order: None,
        notes: None,
    })
}

/// The approval stands whatever becomes of what is to follow.
fn write_later(cx: &mut Context, later: &input::Create, told: &mut Done) {
    match create(cx, later) {
        Ok(made) => {
            let id = made.task.unwrap_or_default();
            told.next
                .push(format!("{id} comes after it: {}", later.title));
        }
        Err(error) => told
            .not_done
            .push(format!("what is to follow was not written: {error}")),
    }
}

/// Sends a task in review back to its implementer: as the person who decides, or as its reviewer.
///
/// # Errors
/// When the note says nothing, or nothing about the task waits for a verdict.
pub fn reject(cx: &mut Context, input: &input::Reject) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let given = Given {
        comments: &input.comments,
        hunks: &input.hunks,
    };
    let commit = state
        .tasks
        .get(&task)
        .and_then(|found| found.commit.as_ref());
    let note = input.note.as_deref().unwrap_or_default();
    let note = with_remarks(cx, &state, Some((&task, commit)), note, given)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let found = card(&state, &task)?;
    if found.status != Status::Review {
        return Err(nothing(&task, &format!("{}, not in review", found.status)));
    }
    if is_for_the_person(&state, found) {
        if !who.is_person() {
            return Err(OpError::Forbidden {
                who: who.name(),
                what: "decide about reviewed work".into(),
            });
        }
        let conflict = open_of(&state, &task, |kind| {
            matches!(kind, RequestKind::Conflict { .. })
        });
        let request = match conflict {
            Some(request) => request,
            None => the_review(cx, &state, &task)?,
        };
        return answer(
            cx,
            request,
            &Decision::Changes { note },
            input.commit.as_deref(),
        );
    }
    as_reviewer(cx, &task, &who, note)
}

/// The reviewer's own verdict.
fn as_reviewer(cx: &mut Context, task: &TaskId, who: &Who, note: String) -> Result<Done, OpError> {
    write(cx, [task], |state| {
        must_rest(state, task, "rejected")?;
        who.may_end(state, task, Leg::Review)?;
        let fact = Fact::Reviewed {
            task: task.clone(),
            verdict: Verdict::Changes,
            note,
            run: None,
        };
        Ok((vec![(who.actor.clone(), fact)], ()))
    })?;
    let did = format!("{task} goes back to its implementer with your words");
    let mut told = done(Some(task), Some(Status::Review), did);
    tell_engine(cx, &mut told, "the feedback is written and the task moved")?;
    Ok(told)
}

fn open_of(state: &State, task: &TaskId, is: impl Fn(&RequestKind) -> bool) -> Option<RequestId> {
    state
        .requests_of(task)
        .find(|request: &&Request| is(&request.kind))
        .map(|request| request.id)
}

/// The open review of a task. When only the decision is left and no engine is there to ask for it, the request is opened here.
fn the_review(cx: &mut Context, state: &State, task: &TaskId) -> Result<RequestId, OpError> {
    let is_review = |kind: &RequestKind| matches!(kind, RequestKind::Review { .. });
    if let Some(request) = open_of(state, task, is_review) {
        return Ok(request);
    }
    let found = card(state, task)?;
    if !is_for_the_person(state, found) {
        let state = cx.shown(task)?;
        let sight = Sight::new(cx, &state)?;
        let stands = crate::view::where_it_stands(&sight, card(&state, task)?);
        return Err(nothing(task, &stands));
    }
    must_rest(state, task, "decided")?;
    if cx.store.locks().lease_is_held()? {
        return Err(OpError::NotNow {
            task: task.clone(),
            done: "decided",
            why: "the engine is just asking for your decision".into(),
            cure: "try again in a moment".into(),
        });
    }
    let commit = match state.tasks.get(task).and_then(|found| found.commit.clone()) {
        Some(commit) => Some(commit),
        None => tip(cx, state, task)?,
    };
    write(cx, [task], |state| {
        if open_of(state, task, is_review).is_some() {
            return Ok((Vec::new(), ()));
        }
        must_rest(state, task, "decided")?;
        let kind = RequestKind::Review { commit };
        let fact = Fact::RequestOpened {
            task: Some(task.clone()),
            kind,
        };
        Ok((vec![(Actor::Person, fact)], ()))
    })?;
    let state = cx.story()?;
    open_of(&state, task, is_review).ok_or_else(|| nothing(task, "decided by somebody else"))
}

fn nothing(task: &TaskId, found: &str) -> OpError {
    OpError::NothingToDecide {
        task: task.clone(),
        found: found.to_owned(),
    }
}
