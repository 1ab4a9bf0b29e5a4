//! `prepare`, `submit` and `complete`: end the leg whose turn it is, with words for the next holder.

use crate::{
    Context, OpError,
    view::is_for_the_person,
    who::Who,
    wire::{Done, input},
    writing::{self, card, id, must_be_clear, must_rest, tell_engine, trimmed, write},
};
use orchestron_domain::{Fact, Leg, State, Status, TaskId, run::Verdict, state::Step};

/// A leg that is to be ended.
struct Ending {
    task: TaskId,
    leg: Leg,
    who: Who,
    note: String,
    done: &'static str,
}

/// Says that a pending task is prepared; it goes to ready.
///
/// # Errors
/// When it is not pending, or somebody else prepares it.
pub fn prepare(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    end(cx, input, "prepared", Some(Leg::Prepare))
}

/// Submits the work on a task; the gates are run on it, then it goes to review.
///
/// # Errors
/// When it is not in progress, somebody else holds it, or there is no place where the work lies.
pub fn submit(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    end(cx, input, "submitted", Some(Leg::Implement))
}

/// Ends the present leg: a pending task is prepared, one in progress submitted, one in review found good by its reviewer.
///
/// # Errors
/// When the present leg is not the caller's to end, or only a person's decision is left.
pub fn complete(cx: &mut Context, input: &input::EndLeg) -> Result<Done, OpError> {
    end(cx, input, "completed", None)
}

fn end(
    cx: &mut Context,
    input: &input::EndLeg,
    done: &'static str,
    wanted: Option<Leg>,
) -> Result<Done, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let leg = leg(&state, &task, done, wanted)?;
    if leg == Leg::Review && is_for_the_person(&state, card(&state, &task)?) {
        return Err(OpError::NotNow {
            task: task.clone(),
            done: "completed",
            why: "there is no reviewer's leg to end; only your decision is left".into(),
            cure: format!("`orchestron approve {task}` merges it"),
        });
    }
    let ending = Ending {
        note: trimmed(input.note.as_deref()),
        task,
        leg,
        who,
        done,
    };
    if leg == Leg::Implement {
        must_have_a_place(cx, &state, &ending.task)?;
    }
    write(cx, [&ending.task], |state| {
        ending.judge(state)?;
        Ok((vec![(ending.who.actor.clone(), ending.fact())], ()))
    })?;
    ending.told(cx, &state)
}

/// The leg that is to be ended.
fn leg(
    state: &State,
    task: &TaskId,
    done: &'static str,
    wanted: Option<Leg>,
) -> Result<Leg, OpError> {
    let found = card(state, task)?.status;
    let present = match found {
        Status::Pending => Some(Leg::Prepare),
        Status::InProgress => Some(Leg::Implement),
        Status::Review => Some(Leg::Review),
        Status::Ready | Status::Done | Status::Failed => None,
    };
    match (present, wanted) {
        (Some(leg), None) => Ok(leg),
        (Some(leg), Some(wanted)) if leg == wanted => Ok(leg),
        _ => Err(OpError::WrongStatus {
            task: task.clone(),
            found,
            done,
            wanted: match wanted {
                Some(Leg::Prepare) => "pending",
                Some(_) => "in-progress",
                None => "pending, in-progress or in review",
            },
        }),
    }
}

/// Work that was never given a place cannot be committed.
fn must_have_a_place(cx: &Context, state: &State, task: &TaskId) -> Result<(), OpError> {
    let found = state.tasks.get(task);
    let has = found.is_some_and(|found| found.place.is_some())
        || matches!(state.step(task), Step::Claimed { .. })
        || cx.git.find_worktree(task)?.is_some();
    if has {
        return Ok(());
    }
    Err(OpError::NoWorktree { task: task.clone() })
}

impl Ending {
    fn judge(&self, state: &State) -> Result<(), OpError> {
        leg(state, &self.task, self.done, Some(self.leg))?;
        let done = match self.leg {
            Leg::Prepare => "prepared",
            Leg::Implement => "submitted",
            Leg::Review | Leg::Approve => "completed",
        };
        must_rest(state, &self.task, done)?;
        self.who.may_end(state, &self.task, self.leg)
    }

    fn fact(&self) -> Fact {
        let (task, note) = (self.task.clone(), self.note.clone());
        if self.leg == Leg::Review {
            return Fact::Reviewed {
                task,
                verdict: Verdict::Approve,
                note,
                run: None,
            };
        }
        Fact::Submitted {
            task,
            leg: self.leg,
            note,
            run: None,
        }
    }

    fn told(&self, cx: &Context, state: &State) -> Result<Done, OpError> {
        let task = &self.task;
        let status = state.status(task);
        let gates: Vec<_> = state
            .config
            .gates
            .iter()
            .map(|gate| gate.name.as_str())
            .collect();
        let (did, next, later) = match self.leg {
            Leg::Prepare => (
                format!("{task} is prepared"),
                "it goes to ready".to_owned(),
                "it goes to ready",
            ),
            Leg::Implement if gates.is_empty() => (
                format!("{task} is submitted"),
                "it goes to review".to_owned(),
                "the work is committed",
            ),
            Leg::Implement => (
                format!("{task} is submitted"),
                format!("the gates are run on it: {}", gates.join(", ")),
                "the work is committed and the gates are run",
            ),
            Leg::Review | Leg::Approve => (
                format!("{task} is reviewed and good"),
                format!("`orchestron approve {task}` merges it"),
                "the request for your decision is opened",
            ),
        };
        let mut told = writing::done(Some(task), status, did);
        told.next.push(next);
        if self.leg == Leg::Prepare
            && let Ok(card) = card(state, task)
            && card.ready_boxes.done < card.ready_boxes.all
        {
            let ticks = card.ready_boxes;
            let open = ticks.all - ticks.done;
            let line = format!(
                "{open} of {} boxes under `## Definition of Ready` were not ticked; they stay as they are",
                ticks.all
            );
            told.not_done.push(line);
        }
        tell_engine(cx, &mut told, later)?;
        Ok(told)
    }
}
