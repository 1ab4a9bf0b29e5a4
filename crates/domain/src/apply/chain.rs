//! Facts about the chain: who holds a task, what they hand on, what comes back.

use super::progress;
use crate::{
    Actor, CommitId, Event, Fact, Holder, Leg, State, Status, TaskId, Time,
    run::Verdict,
    state::{Place, Progress, Step, Stop, Told},
};

/// Stops of a task's chain kept in memory.
const KEPT_STOPS: usize = 60;
/// Handoff times kept for the median.
const KEPT_HANDOFFS: usize = 100;

/// A step of a task's chain.
pub(super) fn apply(state: &mut State, event: &Event) {
    let Some(task) = event.fact.task() else {
        return;
    };
    let handoff = handoff_ms(state, event, task);
    change(progress(state, task, event.at), event);
    if let Fact::HandedOff { .. } | Fact::SentBack { .. } | Fact::Released { .. } = &event.fact {
        void_questions(state, task);
    }
    note_on_run(state, &event.fact);
    if let Some(ms) = handoff {
        if state.handoffs_ms.len() >= KEPT_HANDOFFS {
            state.handoffs_ms.remove(0);
        }
        state.handoffs_ms.push(ms);
    }
}

/// What a fact changes in its task's own progress.
fn change(found: &mut Progress, event: &Event) {
    match &event.fact {
        Fact::Claimed {
            leg,
            holder,
            attempt,
            ..
        } => claimed(found, *leg, holder, *attempt, event.at),
        Fact::WorktreeReady {
            path, branch, base, ..
        } => {
            let (path, branch, base) = (path.clone(), branch.clone(), base.clone());
            placed(found, Place { path, branch, base });
        }
        Fact::Submitted {
            leg,
            note,
            run: None,
            ..
        } => {
            let holder = held_by(found, &event.by);
            found.step = if *leg == Leg::Implement {
                Step::Committing {
                    holder,
                    note: note.clone(),
                }
            } else {
                Step::Handing
            };
        }
        Fact::Reviewed {
            verdict, run: None, ..
        } => {
            found.verdict = Some(*verdict);
            found.step = Step::Handing;
        }
        Fact::Committed {
            commit, changed, ..
        } => committed(found, commit.as_ref(), *changed),
        Fact::HandedOff { leg, note, .. } => handed_off(found, *leg, note, event.at),
        Fact::SentBack {
            feedback, counts, ..
        } => sent_back(found, *feedback, *counts, event.at),
        Fact::Failed { why, .. } => {
            end_stop(found, event.at, Some(false));
            found.why = Some(why.clone());
            found.step = Step::Asking;
        }
        // A task that somebody moved while it was being merged stays theirs.
        Fact::Merged { .. } if found.step == Step::Merging => found.step = Step::Handing,
        Fact::MergeRefused { .. } if found.step == Step::Merging => found.step = Step::Asking,
        Fact::WorktreeRemoved { .. } => found.place = None,
        Fact::Released { note, .. } => released(found, note, event.at),
        Fact::Progressed { percent, step, .. } => {
            found.told = Some(Told {
                percent: *percent,
                step: step.clone(),
                at: event.at,
            });
        }
        Fact::StartAsked { .. } => found.wanted = true,
        _ => {}
    }
}

/// The work is committed. An agent that says it is done and leaves the branch where it was has changed nothing.
fn committed(found: &mut Progress, commit: Option<&CommitId>, changed: bool) {
    let tip = found.commit.take();
    found.commit = commit.cloned();
    let Step::Committing { holder, note } = found.step.clone() else {
        return;
    };
    if matches!(holder, Holder::Agent(_)) && commit.is_some() {
        let stayed = !changed || found.commit == tip;
        found.unchanged = if stayed { found.unchanged + 1 } else { 0 };
    }
    found.step = Step::Gating { holder, note };
}

/// The place to work in is there: the agent can start, a holder can begin.
fn placed(found: &mut Progress, place: Place) {
    found.place = Some(place);
    let Step::Claimed {
        leg,
        holder,
        attempt,
    } = found.step.clone()
    else {
        return;
    };
    found.step = match holder {
        Holder::Agent(agent) => Step::Starting {
            leg,
            agent,
            attempt,
        },
        other => Step::Held { leg, holder: other },
    };
}

/// A leg is given back before it is done: anybody whose leg it is may take it.
fn released(found: &mut Progress, note: &str, at: Time) {
    end_stop(found, at, None);
    found.step = Step::Idle;
    found.handed_at = Some(at);
    found.last_note = Some(note.to_owned());
}

/// Who asked from outside has handed the task on and needs no answer any more. A run's questions end with the run.
fn void_questions(state: &mut State, task: &TaskId) {
    state.requests.each_open(|request| {
        let of_task = request.task.as_ref() == Some(task);
        if of_task && request.kind.is_aside() && request.run().is_none() {
            request.withdrawn = Some("its asker has handed the task on".to_owned());
        }
    });
}

/// What a run of ours says of its leg is kept with the run until it ends.
fn note_on_run(state: &mut State, fact: &Fact) {
    let (Fact::Submitted {
        note,
        run: Some(run),
        ..
    }
    | Fact::Reviewed {
        note,
        run: Some(run),
        ..
    }) = fact
    else {
        return;
    };
    let Some(found) = state.runs.get_mut(run) else {
        return;
    };
    found.note = Some(note.clone());
    if let Fact::Reviewed { verdict, .. } = fact {
        found.verdict = Some(*verdict);
    }
}

/// Time since the last holder ended, when this fact starts the next one.
fn handoff_ms(state: &State, event: &Event, task: &TaskId) -> Option<u32> {
    let Fact::Claimed {
        holder: Holder::Agent(_),
        ..
    } = &event.fact
    else {
        return None;
    };
    let ended = state.tasks.get(task)?.handed_at?;
    u32::try_from(event.at.since(ended)).ok()
}

fn claimed(found: &mut Progress, leg: Leg, holder: &Holder, attempt: u32, at: Time) {
    end_stop(found, at, None);
    found.attempts.insert(leg, attempt);
    found.failed_at = None;
    found.handed_at = None;
    found.given_up = false;
    found.wanted = false;
    if leg == Leg::Implement {
        found.status = Status::InProgress;
        found.verdict = None;
        found.forgets_round();
    }
    found.stops.push(Stop {
        leg,
        holder: holder.clone(),
        attempt,
        since: at,
        until: None,
        good: None,
    });
    if found.stops.len() > KEPT_STOPS {
        found.stops.remove(0);
    }
    found.step = if leg == Leg::Implement || matches!(holder, Holder::Agent(_)) {
        Step::Claimed {
            leg,
            holder: holder.clone(),
            attempt,
        }
    } else {
        Step::Held {
            leg,
            holder: holder.clone(),
        }
    };
}

fn held_by(found: &Progress, by: &Actor) -> Holder {
    match (&found.step, by) {
        (Step::Held { holder, .. } | Step::Claimed { holder, .. }, _) => holder.clone(),
        (_, Actor::Outside { name }) => Holder::Outside(name.clone()),
        _ => Holder::Person,
    }
}

fn handed_off(found: &mut Progress, leg: Leg, note: &str, at: Time) {
    end_stop(found, at, Some(true));
    found.step = Step::Idle;
    found.told = None;
    found.handed_at = Some(at);
    found.last_note = Some(note.to_owned());
    match leg {
        Leg::Prepare => found.went_well(leg),
        Leg::Implement => found.verdict = None,
        Leg::Review => {
            found.went_well(leg);
            found.verdict = Some(Verdict::Approve);
        }
        Leg::Approve => {
            found.starts_anew();
            found.handed_at = None;
        }
    }
}

fn sent_back(found: &mut Progress, feedback: u32, counts: bool, at: Time) {
    end_stop(found, at, Some(false));
    found.step = Step::Idle;
    found.told = None;
    found.feedback = found.feedback.max(feedback);
    if counts {
        found.went_wrong(Leg::Implement);
    }
    found.verdict = None;
    found.handed_at = Some(at);
    found.given_up = false;
    found.why = None;
}

pub(super) fn end_stop(found: &mut Progress, at: Time, good: Option<bool>) {
    if let Some(stop) = found.stops.last_mut().filter(|stop| stop.until.is_none()) {
        stop.until = Some(at);
        stop.good = good;
    }
}
