//! Who asks, in whose name, and what they may do.
//!
//! The person at this machine may do everything. A holder outside acts in its own leg and decides nothing. A person who gives a name
//! (`--agent cursor`) speaks as that holder; the facts then carry its name. A run (an agent's shell, a gate) may look and nothing more:
//! what an agent has to say it says through the tools it was given.

use crate::{Context, OpError, view::word};
use orchestron_domain::{Actor, AgentName, Holder, Leg, State, TaskId, state::Step};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Who the facts name.
    pub actor: Actor,
    /// Whether the person at this machine gave the name.
    lent: bool,
}

impl Who {
    /// Who asks, when `agent` is the name that was given with the call.
    ///
    /// # Errors
    /// When the name is none, is unknown to the project, or is not the caller's own.
    pub fn asks(cx: &Context, state: &State, agent: Option<&str>) -> Result<Self, OpError> {
        let own = Self {
            actor: cx.actor.clone(),
            lent: false,
        };
        if !matches!(cx.actor, Actor::Person | Actor::Outside { .. }) {
            return Err(OpError::Forbidden {
                who: actor_name(&cx.actor),
                what: "take or end a leg".to_owned(),
            });
        }
        let Some(text) = agent.filter(|text| *text != "person") else {
            return Ok(own);
        };
        let name: AgentName = text
            .parse()
            .map_err(|error: orchestron_domain::ids::IdError| OpError::Input {
                field: "agent",
                what: error.to_string(),
            })?;
        match &cx.actor {
            Actor::Outside { name: own_name } if *own_name == name => Ok(own),
            Actor::Person if is_known(state, &name) || is_on_a_card(cx, &name)? => Ok(Self {
                actor: Actor::Outside { name },
                lent: true,
            }),
            Actor::Person => Err(OpError::Input {
                field: "agent",
                what: unknown(state, &name),
            }),
            other => Err(OpError::Forbidden {
                who: actor_name(other),
                what: format!("speak as {name}"),
            }),
        }
    }

    /// The holder this makes.
    #[must_use]
    pub fn holder(&self) -> Holder {
        orchestron_domain::decide::actor_as_holder(&self.actor)
    }

    /// Its name in a sentence.
    #[must_use]
    pub fn name(&self) -> String {
        actor_name(&self.actor)
    }

    /// Whether it is the person, in nobody else's name.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.actor == Actor::Person
    }

    fn is(&self, holder: &Holder) -> bool {
        match &self.actor {
            Actor::Outside { name } => word::name_of(holder) == Some(name),
            _ => *holder == Holder::Person,
        }
    }

    /// Whether it may take `leg` of `task`, which nobody holds.
    ///
    /// # Errors
    /// When the leg is another's.
    pub fn may_take(&self, state: &State, task: &TaskId, leg: Leg) -> Result<(), OpError> {
        let holder = state.holder(task, leg);
        if self.is_person() || self.lent || holder == Holder::Nobody || self.is(&holder) {
            return Ok(());
        }
        Err(OpError::NotYours {
            task: task.clone(),
            leg,
            holder: word::holder_name(&holder),
            who: self.name(),
        })
    }

    /// Whether it may end `leg` of `task`: as its holder, or as the person, who may act for every holder but a running agent.
    ///
    /// # Errors
    /// When somebody else holds it.
    pub fn may_end(&self, state: &State, task: &TaskId, leg: Leg) -> Result<(), OpError> {
        let held = |holder: &Holder| OpError::Held {
            task: task.clone(),
            holder: word::holder_name(holder),
        };
        match holds(state, task) {
            Some(holder @ Holder::Agent(_)) => Err(held(&holder)),
            Some(holder) if self.is_person() || self.is(&holder) => Ok(()),
            Some(holder) => Err(held(&holder)),
            None => self.may_take(state, task, leg),
        }
    }
}

/// Refuses everybody but the person at this machine.
///
/// # Errors
/// When somebody else asks.
pub fn only_person(cx: &Context, what: &str) -> Result<(), OpError> {
    if cx.actor == Actor::Person {
        return Ok(());
    }
    Err(OpError::Forbidden {
        who: actor_name(&cx.actor),
        what: what.to_owned(),
    })
}

/// Who holds a task now: a running agent, or who took it.
#[must_use]
pub fn holds(state: &State, task: &TaskId) -> Option<Holder> {
    let working = state.live_run(task).and_then(orchestron_domain::Run::agent);
    if let Some(agent) = working {
        return Some(Holder::Agent(agent.clone()));
    }
    match state.step(task) {
        Step::Claimed { holder, .. } | Step::Held { holder, .. } => Some(holder.clone()),
        Step::Starting { agent, .. } => Some(Holder::Agent(agent.clone())),
        Step::Working { run, .. } => {
            let agent = state.runs.get(run).and_then(orchestron_domain::Run::agent);
            Some(agent.map_or(Holder::Nobody, |agent| Holder::Agent(agent.clone())))
        }
        _ => None,
    }
}

fn actor_name(actor: &Actor) -> String {
    match actor {
        Actor::Person => "you".to_owned(),
        Actor::Outside { name } => name.to_string(),
        Actor::Run { run } => format!("a command inside the run {run}"),
        Actor::Engine => "the engine".to_owned(),
        Actor::Unknown => "somebody unknown".to_owned(),
    }
}

/// Whether the configuration or a task names it.
#[must_use]
pub fn is_known(state: &State, name: &AgentName) -> bool {
    let chain = &state.config.chain;
    let named = [&chain.prepare, &chain.implement, &chain.review];
    state.config.agents.contains_key(name)
        || named.into_iter().flatten().any(|found| found == name)
        || state
            .cards
            .values()
            .any(|card| card.agent.as_ref() == Some(name))
}

/// Whether a task names it, in all of them.
fn is_on_a_card(cx: &Context, name: &AgentName) -> Result<bool, OpError> {
    let (cards, _, _) = cx.store.board()?;
    Ok(cards.values().any(|card| card.agent.as_ref() == Some(name)))
}

/// That nobody has the name, and who is known.
#[must_use]
pub fn unknown(state: &State, name: &AgentName) -> String {
    let known: Vec<_> = state
        .config
        .agents
        .keys()
        .map(ToString::to_string)
        .collect();
    let known = if known.is_empty() {
        "nobody".to_owned()
    } else {
        known.join(", ")
    };
    format!(
        "nobody is called `{name}` here; .mcp/agents.yaml names {known}. To add a holder outside, write it there without a cli"
    )
}
