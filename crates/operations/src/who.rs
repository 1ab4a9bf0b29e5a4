//! Who asks, in whose name, and what they may do.
//!
//! The person at this machine may do everything. A holder outside acts in its own leg and decides nothing. A person who gives a name
//! (`--agent cursor`) speaks as that holder; the facts then carry its name. A run at work on a leg says what there is to say of its own
//! task (messages, contexts, questions, progress) and ends its leg; it takes nothing and decides nothing. A gate may only look.

use crate::{Context, OpError, own_run::Own, view::word};
use orchestron_domain::{
    Actor, AgentName, Holder, Leg, Run, State, TaskId, schedule::leg_of, state::Step,
};

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
            actor: Actor::clone(&cx.actor),
            lent: false,
        };
        if !matches!(*cx.actor, Actor::Person | Actor::Outside { .. }) {
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
        match &*cx.actor {
            Actor::Outside { name: own_name } if *own_name == name => Ok(own),
            Actor::Person if is_known_in(cx, state, &name)? => Ok(Self {
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

    /// Who says something of its work: as [`Self::asks`], and also a run at work on a leg. With it comes the task it is about; a run
    /// has one and may speak of no other.
    ///
    /// # Errors
    /// As [`Self::asks`]; when a run is over, or names another task or name than its own.
    pub fn tells(
        cx: &Context,
        state: &State,
        agent: Option<&str>,
        task: Option<&str>,
    ) -> Result<(Self, Option<TaskId>), OpError> {
        let task = task.map(crate::writing::id).transpose()?;
        let Actor::Run { run } = &*cx.actor else {
            return Ok((Self::asks(cx, state, agent)?, task));
        };
        let own = Own::of(cx, state)?;
        let name = state.runs.get(run).and_then(Run::agent);
        let foreign = |field, own: String| {
            Err(OpError::Input {
                field,
                what: format!("a run speaks for itself only; leave it out, or write {own}"),
            })
        };
        if let Some(name) = name.filter(|name| agent.is_some_and(|given| given != name.as_str())) {
            return foreign("agent", name.to_string());
        }
        if task.as_ref().is_some_and(|task| *task != own.task) {
            return foreign("task", own.task.to_string());
        }
        let who = Self {
            actor: Actor::clone(&cx.actor),
            lent: false,
        };
        Ok((who, Some(own.task)))
    }

    /// That no task was named.
    #[must_use]
    pub fn no_task() -> OpError {
        OpError::Input {
            field: "task",
            what: "it is missing; name the task you hold, such as TASK-7".to_owned(),
        }
    }

    /// Whether it holds `task` now. A run does as long as it is at work.
    ///
    /// # Errors
    /// When somebody else does, or nobody.
    pub fn must_hold(&self, state: &State, task: &TaskId) -> Result<(), OpError> {
        let own = match &self.actor {
            Actor::Run { run } => state.live_run(task).is_some_and(|found| found.id == *run),
            _ => false,
        };
        match holds(state, task) {
            _ if own => Ok(()),
            Some(holder) if holder == self.holder() && !self.is_run() => Ok(()),
            Some(holder) => Err(OpError::Held {
                task: task.clone(),
                holder: word::holder_name(&holder),
            }),
            None => Err(OpError::NotNow {
                task: task.clone(),
                done: "spoken of as yours",
                why: self.holds_nothing(),
                cure: format!("claim {task} first"),
            }),
        }
    }

    /// The same, or that the leg nobody holds is its to take. The person may write for whoever does not work just now.
    ///
    /// # Errors
    /// When it is somebody else's.
    pub fn must_hold_or_take(&self, state: &State, task: &TaskId) -> Result<(), OpError> {
        match (holds(state, task), state.status(task).and_then(leg_of)) {
            (None, Some(leg)) if !self.is_run() => self.may_take(state, task, leg),
            (Some(holder), Some(leg))
                if self.is_person() && !matches!(holder, Holder::Agent(_)) =>
            {
                self.may_end(state, task, leg)
            }
            _ => self.must_hold(state, task),
        }
    }

    const fn is_run(&self) -> bool {
        matches!(self.actor, Actor::Run { .. })
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

    /// That a task is not held by it, in a sentence.
    #[must_use]
    pub fn holds_nothing(&self) -> String {
        if self.is_person() {
            "you do not hold it".to_owned()
        } else {
            format!("{} does not hold it", self.name())
        }
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
    if *cx.actor == Actor::Person {
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
        Actor::Rule { name } => format!("the rule {name}"),
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

/// The same when the state does not have all tasks.
///
/// # Errors
/// When the index cannot be read.
pub fn is_known_in(cx: &Context, state: &State, name: &AgentName) -> Result<bool, OpError> {
    Ok(is_known(state, name) || cx.store.log().is_named(name)?)
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
