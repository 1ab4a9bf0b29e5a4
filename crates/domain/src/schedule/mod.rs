//! Who may start, in what order and with which agent, and why not the others; and what time brings.
//!
//! One call orders at most one agent. The engine carries that out, takes the facts in and asks again, so every limit is judged on
//! what is really under way, and nothing has to reckon with agents that are only about to start.

mod circles;
mod due;
mod impact;
mod order;
mod places;
mod route;
mod survey;
mod wait;
mod why;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub(crate) use circles::{Graph, around};
pub use circles::{circles, path_words};
pub use due::{due, next_deadline};
pub use impact::{Impact, Starts, impact};
pub use order::{Urgency, urgency};
pub use places::Places;
pub use route::{Refusal, Route, Unfit, others, outside, route, unfit};
pub use survey::Survey;
pub use wait::{Wait, wait};
pub use why::{Reason, why};

use crate::{
    Command, Leg, State, Status, TaskCard, Time,
    budget::{self, Blocked},
};

/// What may start now: every step that takes no agent, and the first agent that may start. Deterministic: the same state and time
/// give the same commands.
#[must_use]
pub fn schedule(state: &State, now: Time) -> Vec<Command> {
    let survey = Survey::new(state, now);
    let mut commands = Vec::new();
    let mut waiting = Vec::new();
    for card in state.cards.values() {
        match survey.coming(card) {
            Some(survey::Coming::Free(command)) => commands.push(*command),
            Some(survey::Coming::Agent) => waiting.push(card),
            None => {}
        }
    }
    // When nothing can start anyway, nothing has to be put in order.
    if state.trusted && state.paused.is_none() && survey.places().are_left(&state.config.limits) {
        survey.sort(&mut waiting);
        commands.extend(first_agent(&survey, &waiting));
    }
    commands
}

/// The claim of the first task that may start, and the question for more money, when that is all that one before it lacks.
fn first_agent(survey: &Survey<'_>, waiting: &[&TaskCard]) -> Vec<Command> {
    let mut commands = Vec::new();
    for card in waiting {
        match survey.wait(card) {
            Wait::Next => {
                commands.extend(survey.claim(card));
                break;
            }
            Wait::Budget(Blocked::Short(short)) if commands.is_empty() => {
                commands.extend(budget::ask(survey.state, &short));
            }
            _ => {}
        }
    }
    commands
}

/// How many more agents may work now.
#[must_use]
pub fn free_places(state: &State) -> u32 {
    Places::count(state).free(&state.config.limits)
}

/// The leg whose turn it is for a task that stands there.
#[must_use]
pub const fn leg_of(status: Status) -> Option<Leg> {
    match status {
        Status::Pending => Some(Leg::Prepare),
        Status::Ready | Status::InProgress => Some(Leg::Implement),
        Status::Review => Some(Leg::Review),
        Status::Done | Status::Failed => None,
    }
}
