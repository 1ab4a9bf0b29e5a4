//! Sessions of holders that Orchestron does not start: when one began to work, and when it said that it is over.
//!
//! A run is a session of its agent by itself and has no entry here. A holder has one session at a time: one that was never ended (its
//! program died) is taken up again by the next start, so that nothing has to be cleared away by hand.

use crate::{Event, Fact, Holder, Seq, State, TaskId, Time};
use serde::{Deserialize, Serialize};

/// Sessions that are over and kept in memory; older ones are in the log.
const KEPT: usize = 50;
/// Sessions that go on at most: names are few, and one that nobody ends is taken up again.
pub const OPEN_MAX: usize = 200;

/// A holder's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    /// Its id: the event that told its start.
    pub id: Seq,
    /// Whose.
    pub holder: Holder,
    /// When it began.
    pub since: Time,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Ended>,
}

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Time,
    /// The task it was about then.
    pub task: Option<TaskId>,
    /// What its holder said.
    pub note: String,
}

/// The session of a holder that goes on.
#[must_use]
pub fn of<'s>(state: &'s State, holder: &Holder) -> Option<&'s Sitting> {
    state
        .sittings
        .values()
        .rev()
        .find(|found| found.end.is_none() && found.holder == *holder)
}

/// Changes `state` by the start or the end of a session.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::SessionStarted { holder } => {
            let begun = Sitting {
                id: event.seq,
                holder: holder.clone(),
                since: event.at,
                end: None,
            };
            state.sittings.insert(event.seq, begun);
        }
        Fact::SessionEnded {
            session,
            task,
            note,
        } => {
            if let Some(found) = state.sittings.get_mut(session) {
                found.end.get_or_insert(Ended {
                    at: event.at,
                    task: task.clone(),
                    note: note.clone(),
                });
            }
        }
        _ => {}
    }
    prune(state, KEPT, |found| found.end.is_some());
    prune(state, OPEN_MAX, |found| found.end.is_none());
}

fn prune(state: &mut State, most: usize, which: impl Fn(&Sitting) -> bool) {
    let ids: Vec<Seq> = state
        .sittings
        .values()
        .filter(|found| which(found))
        .map(|found| found.id)
        .collect();
    for id in ids.iter().take(ids.len().saturating_sub(most)) {
        state.sittings.remove(id);
    }
}
