//! `start`: ask the engine to start a task's agent before all others. It starts nothing itself, and no limit is passed over: trust,
//! places, budgets, rates, dependencies and files in use hold as they always do. Only the rest after a failure is not waited for.

use crate::{
    Context, OpError,
    reassign::reassign,
    view::{Sight, where_it_stands, word},
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear, must_rest, tell_engine, write},
};
use orchestron_domain::{
    Actor, Fact, Holder, Leg, State, TaskId,
    schedule::{Wait, leg_of},
};

/// Asks for a task's agent to be started next, perhaps another one than the chain names.
///
/// # Errors
/// When the task is over, something else is under way with it, or its leg is nobody's that can be started.
pub fn start(cx: &mut Context, input: &input::Start) -> Result<Done, OpError> {
    only_person(cx, "start an agent")?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    if let Some(run) = state.live_run(&task) {
        let agent = run.agent().map_or("a gate", |name| name.as_str());
        let did = format!("{agent} works on {task} already ({})", run.id);
        return Ok(done(Some(&task), state.status(&task), did));
    }
    if let Some(agent) = &input.agent {
        let wanted = input::Reassign {
            task: task.to_string(),
            agent: Some(agent.clone()),
            leg: None,
            why: Some("to be started now".to_owned()),
        };
        reassign(cx, &wanted)?;
    }
    let agent = write(cx, [&task], |state| {
        let (leg, agent) = startable(state, &task)?;
        let wanted = state.tasks.get(&task).is_some_and(|found| found.wanted);
        let fact = Fact::StartAsked { task: task.clone() };
        let facts = (!wanted).then_some((Actor::Person, fact));
        Ok((facts.into_iter().collect(), format!("{agent} ({leg})")))
    })?;
    let state = cx.about([&task])?;
    let sight = Sight::new(cx, &state)?;
    let card = card(&state, &task)?;
    let mut told = done(
        Some(&task),
        Some(card.status),
        format!("{task} goes to {agent} before all others"),
    );
    match sight.wait(card) {
        Wait::Next => tell_engine(cx, &mut told, "it is started")?,
        _ => told.not_done.push(format!(
            "it does not start now: {}; `orchestron why {task}` tells more",
            where_it_stands(&sight, card)
        )),
    }
    Ok(told)
}

/// The leg and the agent that could be started for a task.
fn startable(state: &State, task: &TaskId) -> Result<(Leg, String), OpError> {
    let card = card(state, task)?;
    let leg = leg_of(card.status).ok_or_else(|| OpError::WrongStatus {
        task: task.clone(),
        found: card.status,
        done: "started",
        wanted: "not over",
    })?;
    must_rest(state, task, "started")?;
    let not_now = |why: String, cure: String| OpError::NotNow {
        task: task.clone(),
        done: "started",
        why,
        cure,
    };
    if let Some(holder) = crate::who::holds(state, task) {
        return Err(OpError::Held {
            task: task.clone(),
            holder: word::holder_name(&holder),
        });
    }
    match state.holder(task, leg) {
        Holder::Agent(name) => Ok((leg, name.to_string())),
        Holder::Outside(name) => Err(not_now(
            format!("{name} is a holder outside: nothing is launched for it"),
            format!("name an agent that can be launched, or `orchestron next --agent {name}`"),
        )),
        Holder::Person => Err(not_now(
            "the leg is yours".to_owned(),
            format!("`orchestron claim {task}` takes it, or name an agent"),
        )),
        Holder::Nobody => Err(not_now(
            "nobody is named for the leg".to_owned(),
            "name an agent".to_owned(),
        )),
    }
}
