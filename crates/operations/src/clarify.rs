//! `clarify`: make clear what is wanted. When an agent asks about the task, this is the answer; else it is written into the task's goal,
//! and whoever works on it is told.

use crate::{
    Context, OpError,
    decide::answer,
    say::{agent_at_work, words_to_say},
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, tell_engine, write},
};
use orchestron_domain::{
    Actor, Decision, Fact, Request, RequestId, RequestKind, State, TaskId, task_file::Section,
};

/// Answers the open question about a task, or adds to its goal when there is none.
///
/// # Errors
/// When several questions are open and none is named, or the task is over.
pub fn clarify(cx: &mut Context, input: &input::Clarify) -> Result<Done, OpError> {
    only_person(cx, "make a task clearer")?;
    let text = words_to_say(&input.text)?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    if let Some(request) = question(&state, &task, input.request.map(|id| RequestId(id.0)))? {
        return answer(cx, request, &Decision::Answer { text }, None);
    }
    let status = card(&state, &task)?.status;
    if status.is_over() {
        return Err(OpError::WrongStatus {
            task,
            found: status,
            done: "made clearer",
            wanted: "not over",
        });
    }
    let entry = format!("Clarification ({}, by you): {text}", cx.store.now());
    cx.store.edit(&task, |file| {
        file.append_text(Section::Goal, &entry).map(|_| ())
    })?;
    let agent = write(cx, [&task], |state| {
        let what = format!("{}, with a clarification", Section::Goal.name());
        let edited = Fact::TaskEdited {
            task: task.clone(),
            what,
        };
        let mut facts = vec![(Actor::Person, edited)];
        let agent = agent_at_work(state, &task, "spoken about").ok();
        let agent = agent.map(|(run, agent)| {
            let text = format!("The person makes your task clearer: {text}");
            facts.push((Actor::Person, Fact::PersonSaid { run, text }));
            agent
        });
        Ok((facts, agent))
    })?;
    let did = match &agent {
        Some(agent) => format!("wrote it into the goal of {task} and told {agent}"),
        None => format!("wrote it into the goal of {task}; nobody was asking about it"),
    };
    let mut told = done(Some(&task), Some(status), did);
    if agent.is_some() {
        tell_engine(cx, &mut told, "the agent hears it")?;
    }
    Ok(told)
}

/// The open question that is answered; none when nobody asks.
fn question(
    state: &State,
    task: &TaskId,
    named: Option<RequestId>,
) -> Result<Option<RequestId>, OpError> {
    let wrong = |what: String| OpError::Input {
        field: "request",
        what,
    };
    let is_question = |request: &&Request| matches!(request.kind, RequestKind::Question(_));
    let open: Vec<_> = state.requests_of(task).filter(is_question).collect();
    if let Some(named) = named {
        return match open.iter().find(|request| request.id == named) {
            Some(found) => Ok(Some(found.id)),
            None => Err(wrong(format!("{named} is no open question about {task}"))),
        };
    }
    match open.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one.id)),
        several => {
            let ids: Vec<_> = several.iter().map(|one| one.id.to_string()).collect();
            Err(wrong(format!(
                "{} questions about {task} are open ({}): name the one you answer",
                several.len(),
                ids.join(", ")
            )))
        }
    }
}
