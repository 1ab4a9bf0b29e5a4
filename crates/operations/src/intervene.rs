//! `intervene`: interrupt what the agent at work on a task does now, and let it go on with the person's words. What is said with `words`
//! is heard at the next chance; this is heard at once.

use crate::{
    Context, OpError,
    say::{agent_at_work, words_to_say},
    who::only_person,
    wire::{Done, input},
    writing::{done, id, must_be_clear, tell_engine, write},
};
use orchestron_domain::{Actor, Fact};

/// Interrupts the agent at work on a task with words.
///
/// # Errors
/// When no agent works on it, or its turn is over.
pub fn intervene(cx: &mut Context, input: &input::Words) -> Result<Done, OpError> {
    only_person(cx, "interrupt an agent")?;
    let text = words_to_say(&input.text)?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let (agent, asked) = write(cx, [&task], |state| {
        let (run, agent) = agent_at_work(state, &task, "interrupted")?;
        let asks = |request: &orchestron_domain::Request| request.run() == Some(&run);
        let asked = state.open_requests().any(asks);
        let fact = Fact::PersonIntervened { run, text };
        Ok((vec![(Actor::Person, fact)], (agent, asked)))
    })?;
    let did = format!("interrupted {agent}; it goes on with your words");
    let mut told = done(Some(&task), state.status(&task), did);
    if asked {
        told.not_done
            .push("what it was just asking you is void: your words are the answer".into());
    }
    told.next
        .push(format!("`orchestron logs {task} -f` shows what it does"));
    tell_engine(cx, &mut told, "the agent hears it")?;
    Ok(told)
}
