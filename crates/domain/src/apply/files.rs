//! Facts about task files: where they are, and what it means when somebody else puts them there.

use super::{chain::end_stop, progress};
use crate::{
    Actor, Event, Fact, Holder, Leg, State, Status, TaskId, Time,
    planted::{Fault, is},
    removed,
    state::{Progress, Step},
};

/// A task file appeared, moved or is gone.
pub(super) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::TaskCreated { task, status, .. } => {
            removed::take_up(state, event, task, *status);
        }
        Fact::TaskMoved { task, from, to } => {
            let by_hand = event.by != Actor::Engine;
            let by_rule = matches!(event.by, Actor::Rule { .. });
            let found = progress(state, task, event.at);
            found.status = *to;
            found.moved = event.at;
            if by_hand {
                moved_by_hand(found, *to, event.at);
                if by_rule {
                    // Nobody decided anything: a person is asked what becomes of it.
                    found.given_up = false;
                    if *to == Status::Failed {
                        found.step = Step::Asking;
                    }
                } else {
                    found.ruled.clear();
                }
                void_requests(state, task, &moved_by(event, *to));
            } else if *from == Status::Failed {
                found.step = Step::Idle; // a retry
                found.why = None;
            }
        }
        Fact::TaskRemoved { task, .. } => {
            removed::remember(state, task);
            void_requests(state, task, "its task file was removed");
        }
        _ => {}
    }
}

/// Why what was asked about a task is void, and what worked on it is stopped.
pub(crate) fn moved_by(event: &Event, to: Status) -> String {
    match &event.by {
        Actor::Rule { name } => format!("the rule `{name}` moved the task to {to}"),
        _ => format!("the task was moved to {to} by hand"),
    }
}

/// What was asked about a task that somebody took elsewhere is void at once, also while no engine is there to say so: a later
/// approval must not merge what was taken back.
fn void_requests(state: &mut State, task: &TaskId, why: &str) {
    if is(Fault::ApprovalStands) {
        return;
    }
    state.requests.each_open(|request| {
        if request.task.as_ref() == Some(task) && request.run().is_none() {
            request.withdrawn = Some(why.to_owned());
        }
    });
}

/// A person put the task somewhere: whatever was under way is void, and the count of failures starts anew.
fn moved_by_hand(found: &mut Progress, to: Status, at: Time) {
    end_stop(found, at, None);
    found.forgets_round();
    found.step = if to == Status::InProgress {
        Step::Held {
            leg: Leg::Implement,
            holder: Holder::Person,
        }
    } else {
        Step::Idle
    };
    found.starts_anew();
    found.verdict = None;
    found.given_up = to == Status::Failed;
    if !found.given_up {
        found.why = None; // who fails a task by hand has just said why
    }
}
