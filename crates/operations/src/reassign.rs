//! `reassign`: give a leg of a task to another agent, or back to whom the chain names.

use crate::{
    Context, OpError,
    view::word,
    who::{holds, is_known_in, only_person, unknown},
    wire::{Done, LegWord, input},
    writing::{card, done, id, must_be_clear, must_rest, tell_engine, trimmed, write},
};
use orchestron_domain::{
    Actor, AgentName, Fact, Holder, Leg, State, TaskId,
    ids::IdError,
    schedule::{leg_of, unfit},
};

/// Gives a leg to another agent. It gets the next try; what others tried counts no more.
///
/// # Errors
/// When somebody works on it, it is over, or nobody has that name.
pub fn reassign(cx: &mut Context, input: &input::Reassign) -> Result<Done, OpError> {
    only_person(cx, "give a task to another agent")?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let to = input
        .agent
        .as_deref()
        .map(|text| name(cx, &state, text))
        .transpose()?;
    let why = match trimmed(input.why.as_deref()) {
        why if why.is_empty() => "by a person".to_owned(),
        why => why,
    };
    let (leg, status) = write(cx, [&task], |state| {
        let found = card(state, &task)?;
        let now = leg_of(found.status).ok_or_else(|| OpError::WrongStatus {
            task: task.clone(),
            found: found.status,
            done: "reassigned",
            wanted: "not over",
        })?;
        let leg = input.leg.map_or(now, leg);
        may_change(state, &task, leg, now)?;
        let fact = Fact::Reassigned {
            task: task.clone(),
            leg,
            to: to.clone(),
            why,
        };
        Ok((vec![(Actor::Person, fact)], (leg, found.status)))
    })?;
    let state = cx.of([&task])?;
    let holder = state.holder(&task, leg);
    let did = match &to {
        Some(to) => format!("{to} has the {leg} leg of {task}"),
        None => format!(
            "the {leg} leg of {task} is {}'s again, as the chain says",
            word::holder_name(&holder)
        ),
    };
    let mut told = done(Some(&task), Some(status), did);
    match &holder {
        Holder::Agent(agent) => {
            let lacks = state.config.agents.get(agent);
            let lacks = lacks.and_then(|agent| unfit(card(&state, &task).ok()?, leg, agent));
            if let Some(unfit) = lacks {
                told.not_done
                    .push(format!("it does not start there: {agent} {unfit}"));
            } else {
                tell_engine(cx, &mut told, "it is started")?;
            }
        }
        Holder::Outside(name) => told.next.push(format!(
            "nothing is launched for {name}: `orchestron next --agent {name}` hands it over"
        )),
        Holder::Person | Holder::Nobody => {}
    }
    told.next
        .push(format!("`orchestron why {task}` tells what it waits for"));
    Ok(told)
}

/// Only a leg that nobody works on can change hands.
fn may_change(state: &State, task: &TaskId, leg: Leg, now: Leg) -> Result<(), OpError> {
    if leg == Leg::Approve {
        return Err(OpError::Input {
            field: "leg",
            what: "approving is always a person's".to_owned(),
        });
    }
    if leg != now {
        return Ok(());
    }
    if let Some(holder) = holds(state, task) {
        return Err(OpError::Held {
            task: task.clone(),
            holder: word::holder_name(&holder),
        });
    }
    must_rest(state, task, "reassigned")
}

fn name(cx: &Context, state: &State, text: &str) -> Result<AgentName, OpError> {
    let wrong = |what| OpError::Input {
        field: "agent",
        what,
    };
    let name: AgentName = text
        .trim()
        .parse()
        .map_err(|error: IdError| wrong(error.to_string()))?;
    if state.config.names(&name) || is_known_in(cx, state, &name)? {
        Ok(name)
    } else {
        Err(wrong(unknown(state, &name)))
    }
}

const fn leg(word: LegWord) -> Leg {
    match word {
        LegWord::Prepare => Leg::Prepare,
        LegWord::Implement => Leg::Implement,
        LegWord::Review => Leg::Review,
        LegWord::Approve => Leg::Approve,
    }
}
