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
    let text = some_text("text", Some(&input.text), "there are no words to say")?;
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
    let task = id(&input.task)?;
    let state = cx.state()?;
    must_be_clear(cx, &state, &task)?;
    let agent = write(cx, |state| {
        let (run, agent) = agent_at_work(state, &task)?;
        Ok((vec![(Actor::Person, Fact::PersonSaid { run, text })], agent))
    })?;
    let mut told = done(Some(&task), state.status(&task), format!("told {agent}"));
    tell_engine(cx, &mut told, "the agent hears it")?;
    Ok(told)
}

fn agent_at_work(state: &State, task: &TaskId) -> Result<(RunId, String), OpError> {
    card(state, task)?;
    let live = state
        .live_run(task)
        .filter(|run: &&Run| run.halting.is_none());
    match live.map(|run| (&run.id, &run.work)) {
        Some((run, Work::Leg { agent, .. })) => Ok((run.clone(), agent.to_string())),
        _ => Err(OpError::NotNow {
            task: task.clone(),
            done: "spoken about",
            why: "no agent works on it".into(),
            cure: format!(
                "write it into the task file, or send {task} back with a note when it is in review"
            ),
        }),
    }
}
