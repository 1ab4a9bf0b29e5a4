//! Who is connected, for surfaces that show each caller only what it may use.

use crate::{Context, OpError};
use orchestron_domain::{Actor, Leg};

/// Who is connected: told by how, never by what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The person at this machine.
    Person,
    /// A holder outside, under the name that the person gave the connection.
    Holder {
        /// The name.
        name: String,
    },
    /// A run at work on a leg.
    Run {
        /// Its id.
        run: String,
        /// Its agent.
        agent: String,
        /// Its task.
        task: String,
        /// Whether its leg is a review.
        reviews: bool,
    },
    /// A run that is over, a gate, or somebody unknown.
    Nobody,
}

/// Who is connected through this context.
///
/// # Errors
/// When the project cannot be read.
pub fn caller(cx: &mut Context) -> Result<Caller, OpError> {
    Ok(match Actor::clone(&cx.actor) {
        Actor::Person => Caller::Person,
        Actor::Outside { name } => Caller::Holder {
            name: name.to_string(),
        },
        Actor::Run { run } => {
            let state = cx.story()?;
            let found = state.runs.get(&run).filter(|found| found.is_live());
            let of_leg = |found: &orchestron_domain::Run| {
                let agent = found.agent()?.to_string();
                Some((agent, found.task.to_string(), found.leg()?))
            };
            match found.and_then(of_leg) {
                Some((agent, task, leg)) => Caller::Run {
                    run: run.to_string(),
                    agent,
                    task,
                    reviews: leg == Leg::Review,
                },
                None => Caller::Nobody,
            }
        }
        Actor::Engine | Actor::Rule { .. } | Actor::Unknown => Caller::Nobody,
    })
}

/// Connects a holder outside under its name. Only the person at this machine lends a name.
///
/// # Errors
/// When somebody else asks, or nobody of that name is known to the project.
pub fn connect_as(cx: &mut Context, name: &str) -> Result<(), OpError> {
    crate::who::only_person(cx, "connect somebody")?;
    let state = cx.story()?;
    let who = crate::who::Who::asks(cx, &state, Some(name))?;
    cx.actor = who.actor.into();
    Ok(())
}
