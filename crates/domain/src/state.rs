//! The state that follows from a project's log: how far each task's chain is, which runs live, what waits for a person.
//!
//! It is a fold of events ([`crate::apply`]); only the fields marked "observed" come from elsewhere, at start and on every change,
//! and are never part of a checkpoint.

use crate::{
    AgentName, CommitId, Config, Holder, Leg, MicroUsd, Request, RequestId, Run, RunId, Seq,
    SessionId, Status, TaskCard, TaskId, Time,
    absence::Absences,
    budget::{BudgetScope, Unpriced},
    commits::SeenCommit,
    conflict::{Conflict, Forecast, Landed},
    context::Saved,
    failure::{Breaker, Trouble},
    message::Message,
    planted::{Fault, is},
    rate::Bucket,
    record::Record,
    register::Register,
    rules::Ruled,
    run::Verdict,
    sitting::Sitting,
    workflow::Made,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds of a day, for what was spent when.
pub const DAY_MS: i64 = 86_400_000;

/// What follows from the log, plus what is observed of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The newest event in it.
    pub seq: Seq,
    /// The chain of each task that has one.
    pub tasks: BTreeMap<TaskId, Progress>,
    /// Tasks whose files were removed, should they come back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removed: BTreeMap<TaskId, Progress>,
    /// Live runs, and the newest ended ones.
    pub runs: Register<RunId, Run>,
    /// Open requests, and the newest closed ones.
    pub requests: Register<RequestId, Request>,
    /// Why nothing new is started, while paused.
    pub paused: Option<String>,
    /// Accounts that rest, and until when.
    pub parked: BTreeMap<String, Time>,
    /// What sessions have cost so far.
    pub sessions: BTreeMap<SessionId, MicroUsd>,
    /// What was spent on each day (days since 1970).
    pub spent: BTreeMap<i64, MicroUsd>,
    /// Milliseconds from one holder's end to the next one's start, newest last, at most 100.
    pub handoffs_ms: Vec<u32>,
    /// Tasks that are not started while paused, and why.
    #[serde(default)]
    pub paused_tasks: BTreeMap<TaskId, String>,
    /// Agents that are not started while paused, and why.
    #[serde(default)]
    pub paused_agents: BTreeMap<AgentName, String>,
    /// What each agent has done so far.
    #[serde(default)]
    pub records: BTreeMap<AgentName, Record>,
    /// Programs that could not be started lately.
    #[serde(default)]
    pub breakers: BTreeMap<AgentName, Breaker>,
    /// Open conflicts, and the newest resolved ones, by the event that told them.
    #[serde(default)]
    pub conflicts: BTreeMap<Seq, Conflict>,
    /// What merging two tasks' branches would run into, by the tips that were compared.
    #[serde(default, with = "crate::conflict::forecast_pairs")]
    pub forecasts: BTreeMap<(TaskId, TaskId), Forecast>,
    /// The newest merge into the base branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Landed>,
    /// What each agent used lately.
    #[serde(default)]
    pub used: BTreeMap<AgentName, Bucket>,
    /// Runs that ended without telling what they cost.
    #[serde(default)]
    pub unpriced: BTreeMap<RunId, Unpriced>,
    /// Commands that could not be carried out lately, oldest first.
    #[serde(default)]
    pub troubles: Vec<Trouble>,
    /// Messages that wait for somebody, and the newest settled ones, by the event that told them.
    #[serde(default)]
    pub messages: BTreeMap<Seq, Message>,
    /// What holders saved of their work, by task.
    #[serde(default)]
    pub contexts: BTreeMap<TaskId, Saved>,
    /// Sessions of holders outside that go on, and the newest that are over, by the event that told them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sittings: BTreeMap<Seq, Sitting>,
    /// How many of our tools each live run called, and since when that is counted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub calls: BTreeMap<RunId, (Time, u32)>,
    /// Money a person granted beyond the configured budgets.
    #[serde(default)]
    pub raised: BTreeMap<BudgetScope, MicroUsd>,
    /// What was made from workflows, by its name.
    #[serde(default)]
    pub workflows: BTreeMap<String, Made>,
    /// Observed: the cards of the task files.
    #[serde(skip)]
    pub cards: BTreeMap<TaskId, TaskCard>,
    /// Observed: ids that lie in two places or whose file has a problem; nothing is started for them.
    #[serde(skip)]
    pub unclear: BTreeSet<TaskId>,
    /// Observed: run folders there are, so that no run id is given twice even when the log is new.
    #[serde(skip)]
    pub taken: BTreeSet<RunId>,
    /// Observed: the configuration.
    #[serde(skip)]
    pub config: Config,
    /// Observed: whether the project's commands are trusted on this machine.
    #[serde(skip)]
    pub trusted: bool,
    /// Observed: whether the project is a git repository.
    #[serde(skip)]
    pub git: bool,
    /// Observed: when each live run was last heard.
    #[serde(skip)]
    pub heard: BTreeMap<RunId, Time>,
    /// Observed: when nobody looked. Limits on time do not count that.
    #[serde(skip)]
    pub absent: Absences,
}

/// How far the chain of one task is. Most tasks of an old project are over or have not begun: what is as at the beginning is not
/// written to a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Where the log says it stands.
    pub status: Status,
    /// When it got there.
    pub moved: Time,
    /// What is under way.
    #[serde(default, skip_serializing_if = "Step::is_idle")]
    pub step: Step,
    /// Tries on each leg so far.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attempts: BTreeMap<Leg, u32>,
    /// Failed attempts in a row, since a person last decided.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// The same, leg by leg. `failures` is that of the leg that failed last.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub misses: BTreeMap<Leg, u32>,
    /// The conversation of each leg's last run, with its agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions: BTreeMap<Leg, (AgentName, SessionId)>,
    /// How many feedback files it has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub feedback: u32,
    /// Where it is worked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Tip of its branch when it was last committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// Results of gates, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// What the reviewer said of the present commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// When the last failed attempt ended; the next one waits a while from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Time>,
    /// What it has cost.
    #[serde(default, skip_serializing_if = "is_free")]
    pub cost: MicroUsd,
    /// Who held it, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Stop>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// A person decided to leave it failed.
    #[serde(default, skip_serializing_if = "is_no")]
    pub given_up: bool,
    /// When the last holder ended, until the next one starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_at: Option<Time>,
    /// What the last holder said to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_note: Option<String>,
    /// Agents a leg was given to instead of the one the chain names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assigned: BTreeMap<Leg, AgentName>,
    /// Agents that have used up their tries since a person last decided.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tried: BTreeSet<AgentName>,
    /// The architect was asked to prepare it anew since a person last decided.
    #[serde(default, skip_serializing_if = "is_no")]
    pub rethought: bool,
    /// What was tried since a person last decided: one line for each rung of the ladder that is behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ladder: Vec<String>,
    /// What a person allowed for the whole task ([`crate::alike::of`]).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed: BTreeSet<String>,
    /// Runs in a row that changed nothing in the worktree.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: u32,
    /// Files its branch really touches, as last looked at, with the tip they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched: Option<Touched>,
    /// When something last went forward: a step, a commit, a checkpoint. For what stalls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub went_on: Option<Time>,
    /// Commits that people made and that name it, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<SeenCommit>,
    /// How far its holder said it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// A person wants it started before the others.
    #[serde(default, skip_serializing_if = "is_no")]
    pub wanted: bool,
    /// Rules that do not move it any more, by name, until a person says something of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ruled: BTreeMap<String, Ruled>,
}

/// How far a holder said its work is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How much of it, in percent, when that is known.
    pub percent: Option<u8>,
    /// What it is at.
    pub step: String,
    /// When that was said.
    pub at: Time,
}

/// What a task's branch really touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// Tip of the branch then.
    pub tip: Option<CommitId>,
    /// Files, relative to the project, uncommitted ones included.
    pub files: BTreeSet<String>,
}

/// Where a task is worked on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Absolute path.
    pub path: String,
    /// The branch; none without git.
    pub branch: Option<String>,
    /// The commit it started from.
    pub base: Option<CommitId>,
}

/// Evidence that a gate was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The gate.
    pub gate: String,
    /// The commit.
    pub commit: Option<CommitId>,
    /// Whether it passed; none while it runs.
    pub passed: Option<bool>,
    /// The run that checked it.
    pub run: RunId,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
}

/// One holder's turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// The leg.
    pub leg: Leg,
    /// Who.
    pub holder: Holder,
    /// Which try.
    pub attempt: u32,
    /// Since when.
    pub since: Time,
    /// Until when.
    pub until: Option<Time>,
    /// Whether it ended well.
    pub good: Option<bool>,
}

/// What is under way with a task, within its status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Step {
    /// Nothing; the schedule may start something.
    #[default]
    Idle,
    /// Given to a holder; its place is being made.
    Claimed {
        /// The leg.
        leg: Leg,
        /// The holder.
        holder: Holder,
        /// Which try.
        attempt: u32,
    },
    /// The place is there; the agent is being started.
    Starting {
        /// The leg.
        leg: Leg,
        /// The agent.
        agent: AgentName,
        /// Which try.
        attempt: u32,
    },
    /// An agent works.
    Working {
        /// The leg.
        leg: Leg,
        /// Its run.
        run: RunId,
    },
    /// A person or an outside tool works.
    Held {
        /// The leg.
        leg: Leg,
        /// Who.
        holder: Holder,
    },
    /// The work is being committed.
    Committing {
        /// Who did it.
        holder: Holder,
        /// What they say.
        note: String,
    },
    /// Gates are being checked.
    Gating {
        /// Who did the work.
        holder: Holder,
        /// What they say.
        note: String,
    },
    /// A handoff, a send-back or a failure is being written.
    Handing,
    /// A person has to decide.
    Asking,
    /// The approved work is being merged.
    Merging,
}

impl Step {
    const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_free(cost: &MicroUsd) -> bool {
    cost.0 == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_no(value: &bool) -> bool {
    !*value
}

impl Progress {
    /// A task nothing has happened to yet.
    #[must_use]
    pub const fn new(status: Status, at: Time) -> Self {
        Self {
            status,
            moved: at,
            step: Step::Idle,
            attempts: BTreeMap::new(),
            failures: 0,
            misses: BTreeMap::new(),
            sessions: BTreeMap::new(),
            feedback: 0,
            place: None,
            commit: None,
            receipts: Vec::new(),
            verdict: None,
            failed_at: None,
            cost: MicroUsd(0),
            stops: Vec::new(),
            why: None,
            given_up: false,
            handed_at: None,
            last_note: None,
            assigned: BTreeMap::new(),
            tried: BTreeSet::new(),
            allowed: BTreeSet::new(),
            rethought: false,
            ladder: Vec::new(),
            unchanged: 0,
            touched: None,
            went_on: None,
            commits: Vec::new(),
            told: None,
            wanted: false,
            ruled: BTreeMap::new(),
        }
    }

    /// Failed attempts in a row on a leg, of the agent that has it now.
    #[must_use]
    pub fn misses(&self, leg: Leg) -> u32 {
        self.misses.get(&leg).copied().unwrap_or(0)
    }

    /// An attempt on a leg failed.
    pub(crate) fn went_wrong(&mut self, leg: Leg) {
        let misses = self.misses.entry(leg).or_default();
        *misses = misses.saturating_add(1);
        self.failures = *misses;
    }

    /// A leg ended well; what went wrong on others before still counts.
    pub(crate) fn went_well(&mut self, leg: Leg) {
        self.misses.remove(&leg);
        self.failures = self.misses.values().copied().max().unwrap_or(0);
    }

    /// The next attempt has nothing to do with those before: another agent has it now.
    pub(crate) fn forgets_misses(&mut self) {
        self.misses.clear();
        self.failures = 0;
        self.failed_at = None;
    }

    /// A person decided: everybody may try again.
    pub(crate) fn starts_anew(&mut self) {
        self.forgets_misses();
        self.assigned.clear();
        self.tried.clear();
        self.rethought = false;
        self.ladder.clear();
        self.unchanged = 0;
    }

    /// The work is taken anew: without git nothing else tells which results of gates are about what was done before. Not by time, for
    /// clocks are set back.
    pub(crate) fn forgets_round(&mut self) {
        self.receipts.retain(|receipt| receipt.commit.is_some());
    }

    /// Tries on a leg so far.
    #[must_use]
    pub fn tries(&self, leg: Leg) -> u32 {
        self.attempts.get(&leg).copied().unwrap_or(0)
    }

    /// The first gate of `gates` without a pass on the present commit.
    #[must_use]
    pub fn next_gate<'a>(&self, gates: &'a [crate::Gate]) -> Option<&'a crate::Gate> {
        gates.iter().find(|gate| {
            !self.receipts.iter().any(|r| {
                r.gate == gate.name
                    && r.commit == self.commit
                    && self.commit.is_some()
                    && r.passed == Some(true)
            })
        })
    }
}

impl State {
    /// Where a task stands: its card's folder, else what the log says.
    #[must_use]
    pub fn status(&self, task: &TaskId) -> Option<Status> {
        self.cards
            .get(task)
            .map(|card| card.status)
            .or_else(|| self.tasks.get(task).map(|p| p.status))
    }

    /// The step of a task; idle when nothing is known.
    #[must_use]
    pub fn step(&self, task: &TaskId) -> &Step {
        self.tasks
            .get(task)
            .map_or(&Step::Idle, |progress| &progress.step)
    }

    /// The live run of a task.
    #[must_use]
    pub fn live_run(&self, task: &TaskId) -> Option<&Run> {
        self.live_runs().find(|run| run.task == *task)
    }

    /// Live runs.
    pub fn live_runs(&self) -> impl Iterator<Item = &Run> {
        self.runs.open()
    }

    /// Open requests.
    pub fn open_requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.open()
    }

    /// Open requests about a task.
    pub fn requests_of<'a>(&'a self, task: &'a TaskId) -> impl Iterator<Item = &'a Request> {
        self.open_requests()
            .filter(move |request| request.task.as_ref() == Some(task))
    }

    /// Who holds `leg` of `task`: to whom it was given, else whom the card or the chain names.
    #[must_use]
    pub fn holder(&self, task: &TaskId, leg: Leg) -> Holder {
        match self.assigned(task, leg) {
            Some(name) if leg != Leg::Approve => self.config.called(name.clone()),
            _ => self.config.holder(
                leg,
                self.cards.get(task).and_then(|card| card.agent.as_ref()),
            ),
        }
    }

    /// To whom a leg of a task was given instead of whom the chain names. Somebody who was taken out of the configuration since then
    /// has nothing any more.
    #[must_use]
    pub fn assigned(&self, task: &TaskId, leg: Leg) -> Option<&AgentName> {
        let name = self.tasks.get(task)?.assigned.get(&leg)?;
        self.config.names(name).then_some(name)
    }

    /// Dependencies of a card that are not done.
    #[must_use]
    pub fn undone<'a>(&self, card: &'a TaskCard) -> Vec<&'a TaskId> {
        card.depends_on
            .iter()
            .filter(|_| !is(Fault::NoDependencies))
            .filter(|id| **id != card.id && self.status(id) != Some(Status::Done))
            .collect()
    }

    /// The id of the next run of `what` on `task` that was never given.
    #[must_use]
    pub fn next_run(&self, task: &TaskId, what: &str, from: u32) -> RunId {
        (from.max(1)..)
            .map(|ordinal| RunId::of(task, what, ordinal))
            .find(|run| !self.runs.contains_key(run) && !self.taken.contains(run))
            .unwrap_or_else(|| RunId::of(task, what, u32::MAX))
    }

    /// What was spent on the day of `now`.
    #[must_use]
    pub fn spent_on(&self, now: Time) -> MicroUsd {
        self.spent
            .get(&now.0.div_euclid(DAY_MS))
            .copied()
            .unwrap_or_default()
    }
}
