//! Places: how many agents are at work, in all, in each status, by agent and by account, and how many of them are only starting.

use crate::{
    AgentName, Config, Holder, Leg, RunStatus, State, Status,
    config::Limits,
    planted::{Fault, is},
    run::Work,
    state::Step,
};
use std::collections::BTreeMap;

/// What is taken now. A place is taken for a whole leg, from the claim to the handoff, gates included: with `parallel: 1` the next
/// agent starts when the work is handed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Legs that agents have under way, gates included.
    pub taken: u32,
    /// Of those, agents that are not up yet.
    pub starting: u32,
    /// Tasks that anybody works on, by where they stand while it is done.
    pub by_status: BTreeMap<Status, u32>,
    /// Runs of each agent, those that are about to start included.
    pub by_agent: BTreeMap<AgentName, u32>,
    /// Runs on each account.
    pub by_account: BTreeMap<String, u32>,
}

impl Places {
    /// Counts what is under way.
    #[must_use]
    pub fn count(state: &State) -> Self {
        let mut places = Self::default();
        for found in state.tasks.values() {
            match &found.step {
                Step::Claimed {
                    leg,
                    holder: Holder::Agent(agent),
                    ..
                }
                | Step::Starting { leg, agent, .. } => {
                    places.take(&state.config, agent, *leg);
                }
                Step::Claimed { leg, .. } | Step::Held { leg, .. } => places.work_in(*leg),
                Step::Committing { .. } | Step::Gating { .. } => {
                    places.taken += 1;
                    places.work_in(Leg::Implement);
                }
                _ => {}
            }
        }
        for run in state.live_runs() {
            if let Work::Leg { leg, agent, .. } = &run.work {
                places.take(&state.config, agent, *leg);
                if run.status != RunStatus::Starting {
                    places.starting -= 1;
                }
            }
        }
        places
    }

    /// Takes a place for an agent that is about to start.
    pub fn take(&mut self, config: &Config, agent: &AgentName, leg: Leg) {
        self.taken += 1;
        self.starting += 1;
        self.work_in(leg);
        *self.by_agent.entry(agent.clone()).or_default() += 1;
        if let Some(known) = config.agents.get(agent) {
            *self.by_account.entry(known.account.clone()).or_default() += 1;
        }
    }

    fn work_in(&mut self, leg: Leg) {
        *self.by_status.entry(status_of(leg)).or_default() += 1;
    }

    /// How many more agents may work.
    #[must_use]
    pub fn free(&self, limits: &Limits) -> u32 {
        if is(Fault::NoParallel) {
            return u32::MAX;
        }
        limits.parallel.max(1).saturating_sub(self.taken)
    }

    /// Whether another agent may start: there is a place, and not too many are starting already.
    #[must_use]
    pub fn are_left(&self, limits: &Limits) -> bool {
        self.free(limits) > 0 && self.starting < limits.starts.max(1)
    }

    /// Whether the status in which a leg is done takes no more tasks; then how many it takes.
    #[must_use]
    pub fn full_status(&self, limits: &Limits, leg: Leg) -> Option<(Status, u32)> {
        let status = status_of(leg);
        let of = *limits.per_status.get(&status)?;
        (self.by_status.get(&status).copied().unwrap_or(0) >= of).then_some((status, of))
    }

    /// Runs of an agent.
    #[must_use]
    pub fn of_agent(&self, agent: &AgentName) -> u32 {
        self.by_agent.get(agent).copied().unwrap_or(0)
    }

    /// Runs on an account.
    #[must_use]
    pub fn of_account(&self, account: &str) -> u32 {
        self.by_account.get(account).copied().unwrap_or(0)
    }
}

/// Where a task stands while a leg of it is done.
const fn status_of(leg: Leg) -> Status {
    match leg {
        Leg::Prepare => Status::Pending,
        Leg::Implement => Status::InProgress,
        Leg::Review | Leg::Approve => Status::Review,
    }
}
