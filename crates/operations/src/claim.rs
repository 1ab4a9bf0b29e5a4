//! `claim`: take a task. One holder at a time.

use crate::{
    Context, OpError,
    view::{is_for_the_person, word},
    who::{Who, holds},
    wire::{Done, input},
    writing::{Facts, card, done, id, must_be_clear, must_rest, relocate, tell_engine, write},
};
use orchestron_domain::{
    Actor, Fact, Holder, Leg, State, Status, TaskId, schedule::leg_of, state::Step,
};

/// What a claim comes to.
enum Claim {
    /// It is the caller's already.
    Yours(Leg),
    /// It can be taken.
    Take(Leg, Box<Fact>),
}

/// Takes a task for the caller: ready → in-progress, or the leg whose turn it is.
///
/// # Errors
/// `Held` when somebody else has it, `Blocked` when it waits for others, `WrongStatus` when there is nothing to take.
pub fn claim(cx: &mut Context, input: &input::Claim) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    not_for_the_person(&state, &task)?;
    match judge(&state, &task, &who)? {
        Claim::Yours(leg) => {
            let whose = match who.is_person() {
                true => "yours".to_owned(),
                false => format!("{}'s", who.name()),
            };
            let did = format!("{task} is {whose} already ({leg})");
            Ok(done(Some(&task), state.status(&task), did))
        }
        Claim::Take(leg, _) => {
            if state.status(&task) == Some(Status::Ready) {
                take_and_move(cx, state, &task, &who)?;
            } else {
                take_where_it_is(cx, &task, &who)?;
            }
            told(cx, &task, leg, &who)
        }
    }
}

/// Ready → in-progress: the rename decides between two that come at once.
fn take_and_move(cx: &mut Context, seen: State, task: &TaskId, who: &Who) -> Result<(), OpError> {
    relocate(cx, Some(seen), task, &Actor::Engine, |state| {
        let facts = facts_of(judge(state, task, who)?, who);
        let from = card(state, task)?.status;
        if from != Status::Ready {
            return Err(wrong_status(task, from));
        }
        Ok(((Status::Ready, Status::InProgress), facts, ()))
    })
}

fn take_where_it_is(cx: &mut Context, task: &TaskId, who: &Who) -> Result<(), OpError> {
    write(cx, [task], |state| {
        Ok((facts_of(judge(state, task, who)?, who), ()))
    })
}

fn facts_of(claim: Claim, who: &Who) -> Facts {
    match claim {
        Claim::Yours(_) => Vec::new(),
        Claim::Take(_, fact) => vec![(who.actor.clone(), *fact)],
    }
}

fn judge(state: &State, task: &TaskId, who: &Who) -> Result<Claim, OpError> {
    let card = card(state, task)?;
    let leg = leg_of(card.status).ok_or_else(|| wrong_status(task, card.status))?;
    if let Some(holder) = holds(state, task) {
        if holder != who.holder() {
            return Err(OpError::Held {
                task: task.clone(),
                holder: word::holder_name(&holder),
            });
        }
        // A task that was moved by hand has no place to work in yet; claiming it makes one.
        let no_place = state
            .tasks
            .get(task)
            .is_some_and(|found| found.place.is_none());
        let by_hand = leg == Leg::Implement && matches!(state.step(task), Step::Held { .. });
        if !(no_place && by_hand) {
            return Ok(Claim::Yours(leg));
        }
    }
    must_rest(state, task, "claimed")?;
    if leg == Leg::Prepare && state.holder(task, leg) == Holder::Nobody {
        return Err(wrong_status(task, card.status));
    }
    let waits_for: Vec<_> = match leg {
        Leg::Implement => state.undone(card).into_iter().cloned().collect(),
        _ => Vec::new(),
    };
    if !waits_for.is_empty() {
        return Err(OpError::Blocked {
            task: task.clone(),
            waits_for,
        });
    }
    who.may_take(state, task, leg)?;
    let attempt = state.tasks.get(task).map_or(0, |found| found.tries(leg)) + 1;
    let fact = Fact::Claimed {
        task: task.clone(),
        leg,
        holder: who.holder(),
        attempt,
        why: None,
    };
    Ok(Claim::Take(leg, Box::new(fact)))
}

fn wrong_status(task: &TaskId, found: Status) -> OpError {
    OpError::WrongStatus {
        task: task.clone(),
        found,
        done: "claimed",
        wanted: "ready",
    }
}

/// What waits for a decision is nobody's to take.
fn not_for_the_person(state: &State, task: &TaskId) -> Result<(), OpError> {
    if is_for_the_person(state, card(state, task)?) {
        return Err(OpError::NotNow {
            task: task.clone(),
            done: "claimed",
            why: "only a person's decision is left".into(),
            cure: format!("decide with `orchestron approve {task}` or `orchestron reject {task}`"),
        });
    }
    Ok(())
}

fn told(cx: &Context, task: &TaskId, leg: Leg, who: &Who) -> Result<Done, OpError> {
    let status = match leg {
        Leg::Prepare => Status::Pending,
        Leg::Implement => Status::InProgress,
        Leg::Review | Leg::Approve => Status::Review,
    };
    let mut told = done(
        Some(task),
        Some(status),
        format!("{} took {task} ({leg})", who.name()),
    );
    let name =
        word::name_of(&who.holder()).map_or_else(String::new, |name| format!(" --agent {name}"));
    let verb = match leg {
        Leg::Prepare => "prep",
        Leg::Implement => "review",
        Leg::Review | Leg::Approve => "complete",
    };
    told.next.push(format!(
        "`orchestron next{name}` gives the task with its whole context"
    ));
    told.next.push(format!(
        "`orchestron {verb} {task}{name} -m \"…\"` when it is done"
    ));
    if leg == Leg::Implement {
        tell_engine(cx, &mut told, "its worktree is made")?;
    }
    Ok(told)
}
