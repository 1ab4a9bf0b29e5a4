//! What happens after failures: the same agent again, another one, the architect, a person; and the breaker that stops respawn loops.

use crate::{Event, Fact, State, Time, state::Step};
use serde::{Deserialize, Serialize};

/// How often in a row an agent's program could not be started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Failed starts in a row.
    pub failures: u32,
    /// Until when it is open, and why; none while it is closed.
    pub open: Option<(Time, String)>,
}

/// Changes `state` by a fact about failures.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::BreakerOpened { agent, why, until } => {
            let breaker = state.breakers.entry(agent.clone()).or_default();
            breaker.open = Some((*until, why.clone()));
        }
        Fact::BreakerClosed { agent } => {
            state.breakers.remove(agent);
        }
        Fact::Reassigned { task, leg, to, .. } => {
            let Some(found) = state.tasks.get_mut(task) else {
                return;
            };
            found.failures = 0;
            found.failed_at = None;
            match to {
                Some(agent) => found.assigned.insert(*leg, agent.clone()),
                None => found.assigned.remove(leg),
            };
        }
        Fact::Rethought { task, .. } => {
            let Some(found) = state.tasks.get_mut(task) else {
                return;
            };
            found.rethought = true;
            found.failures = 0;
            found.failed_at = None;
            found.unchanged = 0;
            found.assigned.clear();
            found.tried.clear();
            found.step = Step::Idle;
        }
        _ => {}
    }
}
