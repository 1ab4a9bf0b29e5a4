//! Tasks whose files were removed are remembered: a file that comes back (a branch is checked out again, a deletion is undone) takes
//! up where it was, with its attempts, its conversations, its worktree and what it has cost.

use crate::{
    Event, State, Status, TaskId,
    state::{Progress, Step},
};

/// So many are remembered; of more, those that moved last.
const KEPT: usize = 2_000;

/// A task's file is gone.
pub fn remember(state: &mut State, task: &TaskId) {
    let Some(mut found) = state.tasks.remove(task) else {
        return;
    };
    found.step = Step::Idle;
    if let Some(stop) = found.stops.last_mut().filter(|stop| stop.until.is_none()) {
        stop.until = Some(found.moved);
    }
    state.removed.insert(task.clone(), found);
    if state.removed.len() > KEPT {
        let oldest = state.removed.iter().min_by_key(|(_, found)| found.moved);
        if let Some(oldest) = oldest.map(|(task, _)| task.clone()) {
            state.removed.remove(&oldest);
        }
    }
}

/// A task's file appeared: it is new, or it has come back.
pub fn take_up(state: &mut State, event: &Event, task: &TaskId, status: Status) {
    let known = state.removed.remove(task);
    let mut found = known.unwrap_or_else(|| Progress::new(status, event.at));
    found.status = status;
    found.moved = event.at;
    state.tasks.insert(task.clone(), found);
}

#[cfg(test)]
mod tests {
    use crate::{Actor, Event, Fact, Leg, Seq, State, Status, TaskId, Time, apply::apply};

    #[test]
    fn a_file_that_comes_back_goes_on_where_it_was() {
        let task = TaskId::new("TASK", 1).unwrap();
        let created = |status| Fact::TaskCreated {
            task: task.clone(),
            title: "Search".into(),
            status,
        };
        let removed = Fact::TaskRemoved {
            task: task.clone(),
            status: Status::Ready,
        };
        let claimed = Fact::Claimed {
            task: task.clone(),
            leg: Leg::Implement,
            holder: crate::Holder::Person,
            attempt: 3,
            why: None,
        };
        let mut state = State::default();
        let told = [
            created(Status::Ready),
            claimed,
            removed,
            created(Status::Review),
        ];
        for (seq, fact) in (1..).zip(told) {
            let event = Event {
                seq: Seq(seq),
                at: Time(1_000),
                by: Actor::Unknown,
                fact,
            };
            apply(&mut state, &event);
        }
        let found = &state.tasks[&task];
        assert_eq!(found.tries(Leg::Implement), 3);
        assert_eq!(found.status, Status::Review);
        assert!(state.removed.is_empty());
    }
}
