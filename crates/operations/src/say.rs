//! `words`: say something to the agent that works on a task.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, some_text, tell_engine, write},
};
use orchestron_domain::{Actor, Fact, Run, RunId, State, TaskId, run::Work};

/// Longest words, in bytes.
const MAX_WORDS: usize = 64 * 1024;

/// Says something to the agent that works on a task.
///
/// # Errors
/// When no agent works on it.
pub fn words(cx: &mut Context, input: &input::Words) -> Result<Done, OpError> {
    only_person(cx, "speak to an agent")?;
    let text = words_to_say(&input.text)?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let agent = write(cx, [&task], |state| {
        let (run, agent) = agent_at_work(state, &task, "spoken about")?;
        Ok((vec![(Actor::Person, Fact::PersonSaid { run, text })], agent))
    })?;
    let mut told = done(Some(&task), state.status(&task), format!("told {agent}"));
    tell_engine(cx, &mut told, "the agent hears it")?;
    Ok(told)
}

/// Words that say something and are not too many.
///
/// # Errors
/// When they are not.
pub(crate) fn words_to_say(text: &str) -> Result<String, OpError> {
    let text = some_text("text", Some(text), "there are no words to say")?;
    if text.len() > MAX_WORDS {
        let what = format!(
            "{} bytes are too many; write them into a file and name it",
            text.len()
        );
        return Err(OpError::Input {
            field: "text",
            what,
        });
    }
    Ok(text)
}

/// The agent at work on a task, with its run.
///
/// # Errors
/// When there is none, or its turn is over.
pub(crate) fn agent_at_work(
    state: &State,
    task: &TaskId,
    done: &'static str,
) -> Result<(RunId, String), OpError> {
    card(state, task)?;
    let not_now = |why: &str, cure: String| OpError::NotNow {
        task: task.clone(),
        done,
        why: why.into(),
        cure,
    };
    let live = state
        .live_run(task)
        .filter(|run: &&Run| run.halting.is_none());
    match live.map(|run| (run, &run.work)) {
        Some((run, Work::Leg { agent, .. })) if run.turn_over => Err(not_now(
            &format!("{agent} is done and its work is handed on"),
            format!("wait a moment, then send {task} back with a note when it is in review"),
        )),
        Some((run, Work::Leg { agent, .. })) => Ok((run.id.clone(), agent.to_string())),
        _ => Err(not_now(
            "no agent works on it",
            format!(
                "`orchestron clarify {task} \"…\"` writes it into the task; in review, send {task} back with a note"
            ),
        )),
    }
}
