//! Money: what a task, a day and the project may cost, and what live runs may still cost.

use crate::{
    AgentName, Command, Decision, Holder, Leg, MicroUsd, Request, RequestKind, Run, RunEnd, RunId,
    SessionId, State, TaskCard, TaskId, Time,
    planted::{Fault, is},
    run::Work,
    state::DAY_MS,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a budget is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum BudgetScope {
    /// One task.
    Task(TaskId),
    /// One day (days since 1970, UTC).
    Day(i64),
    /// The whole project.
    Project,
}

/// Why a text names no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no budget: write project, day:20000 or task:TASK-7")]
pub struct NoScope(String);

impl From<BudgetScope> for String {
    fn from(scope: BudgetScope) -> Self {
        match scope {
            BudgetScope::Task(task) => format!("task:{task}"),
            BudgetScope::Day(day) => format!("day:{day}"),
            BudgetScope::Project => "project".to_owned(),
        }
    }
}

impl TryFrom<String> for BudgetScope {
    type Error = NoScope;

    fn try_from(text: String) -> Result<Self, NoScope> {
        let no = || NoScope(text.clone());
        match text.split_once(':') {
            None if text == "project" => Ok(Self::Project),
            Some(("day", day)) => day.parse().map(Self::Day).map_err(|_| no()),
            Some(("task", task)) => task.parse().map(Self::Task).map_err(|_| no()),
            _ => Err(no()),
        }
    }
}

/// A run that ended without telling what it cost: killed, or lost with its keeper. It counts as if it had cost all it might have,
/// until its conversation is gone on with and tells the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpriced {
    /// Its task.
    pub task: TaskId,
    /// Its agent.
    pub agent: AgentName,
    /// Its conversation.
    pub session: Option<SessionId>,
    /// The day it ended (days since 1970).
    pub day: i64,
    /// What it did tell.
    pub told: MicroUsd,
    /// What was reckoned for it when it was started. Reckoned with what its agent may cost by now when that was not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<MicroUsd>,
}

/// Why nothing that costs money may be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// A limit of money or rate is written in the configuration and cannot be understood.
    Unread,
    /// There is too little left.
    Short(Short),
}

/// A budget that has too little left for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// Which.
    pub scope: BudgetScope,
    /// What was spent, runs without a known price with all they may have cost.
    pub spent: MicroUsd,
    /// What live runs may still cost.
    pub reserved: MicroUsd,
    /// What another run is reckoned to cost at most.
    pub asks: MicroUsd,
    /// What there is: the configured budget and what a person granted beyond it.
    pub limit: MicroUsd,
}

impl Short {
    /// Whether only live runs stand in the way: when they end cheaper than they might, there is money again.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        self.spent.plus(self.asks) <= self.limit
    }
}

impl fmt::Display for BudgetScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "the budget of {task}"),
            Self::Day(_) => f.write_str("the day's budget"),
            Self::Project => f.write_str("the project's budget"),
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread => f.write_str(
                "a limit in .mcp/config.yaml cannot be understood (`orchestron doctor` shows it); nothing that costs money is started until it is mended",
            ),
            Self::Short(short) => write!(
                f,
                "{}: {} is spent and {} is reserved of {}, and another run may cost {}",
                short.scope, short.spent, short.reserved, short.limit, short.asks
            ),
        }
    }
}

/// The day of a moment (days since 1970, UTC).
const fn day(at: Time) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// What keeps the present holder of `leg` from starting for money's sake.
#[must_use]
pub fn blocker(state: &State, card: &TaskCard, leg: Leg, now: Time) -> Option<Blocked> {
    match state.holder(&card.id, leg) {
        Holder::Agent(agent) => blocker_of(state, &card.id, &agent, now),
        _ => None,
    }
}

/// What keeps `agent` from starting on `task` for money's sake.
#[must_use]
pub fn blocker_of(state: &State, task: &TaskId, agent: &AgentName, now: Time) -> Option<Blocked> {
    let limits = &state.config.limits;
    if is(Fault::NoBudget) {
        return None;
    }
    if limits.unread {
        return Some(Blocked::Unread);
    }
    let wanted = most(state, agent);
    let scopes = [
        (BudgetScope::Task(task.clone()), limits.budget.task),
        (BudgetScope::Day(day(now)), limits.budget.day),
        (BudgetScope::Project, limits.budget.project),
    ];
    let short = scopes
        .into_iter()
        .find_map(|(scope, configured)| short(state, scope, configured?, wanted))?;
    Some(Blocked::Short(short))
}

fn short(
    state: &State,
    scope: BudgetScope,
    configured: MicroUsd,
    wanted: MicroUsd,
) -> Option<Short> {
    let limit = limit_of(state, &scope, configured);
    let (spent, reserved) = (spent(state, &scope), reserved(state, &scope));
    // A budget that is smaller than one run may cost is not of no use: the run is started with what there is.
    let asks = wanted.min(configured);
    (spent.plus(reserved).plus(asks) > limit).then_some(Short {
        scope,
        spent,
        reserved,
        asks,
        limit,
    })
}

fn limit_of(state: &State, scope: &BudgetScope, configured: MicroUsd) -> MicroUsd {
    configured.plus(state.raised.get(scope).copied().unwrap_or_default())
}

/// What a run of an agent may cost.
pub(crate) fn most(state: &State, agent: &AgentName) -> MicroUsd {
    let own = state
        .config
        .agents
        .get(agent)
        .and_then(|found| found.budget);
    own.unwrap_or(state.config.limits.reserve)
}

/// What was spent, runs without a known price with all they may have cost.
#[must_use]
pub fn spent(state: &State, scope: &BudgetScope) -> MicroUsd {
    let known = match scope {
        BudgetScope::Task(task) => state.tasks.get(task).map(|found| found.cost),
        BudgetScope::Day(day) => state.spent.get(day).copied(),
        BudgetScope::Project => Some(
            state
                .spent
                .values()
                .copied()
                .fold(MicroUsd(0), MicroUsd::plus),
        ),
    };
    let counts = |run: &&Unpriced| match scope {
        BudgetScope::Task(task) => run.task == *task,
        BudgetScope::Day(day) => run.day == *day,
        BudgetScope::Project => true,
    };
    let unknown = state.unpriced.values().filter(counts);
    unknown
        .map(|run| {
            run.cap
                .unwrap_or_else(|| most(state, &run.agent))
                .beyond(run.told)
        })
        .fold(known.unwrap_or_default(), MicroUsd::plus)
}

/// What live runs may still cost.
fn reserved(state: &State, scope: &BudgetScope) -> MicroUsd {
    let counts = |run: &&Run| match scope {
        BudgetScope::Task(task) => run.task == *task,
        BudgetScope::Day(_) | BudgetScope::Project => true,
    };
    let live = state.live_runs().filter(counts);
    let most = |run: &Run| run.cap.or_else(|| Some(most(state, run.agent()?)));
    live.filter_map(|run| Some(most(run)?.beyond(run.cost)))
        .fold(MicroUsd(0), MicroUsd::plus)
}

/// The budget a run of `agent` on `task` is started with: its own, or what is left for the task when that is less. Where a task, a
/// day or the project has a budget, no run goes without one.
#[must_use]
pub fn of_run(state: &State, task: &TaskId, agent: &AgentName) -> Option<MicroUsd> {
    let budgets = &state.config.limits.budget;
    let own = state
        .config
        .agents
        .get(agent)
        .and_then(|found| found.budget);
    // What is reckoned for a run that never tells its price must be all that it could have spent.
    let counted = budgets.task.is_some() || budgets.day.is_some() || budgets.project.is_some();
    let shared = counted.then(|| most(state, agent));
    let scope = BudgetScope::Task(task.clone());
    let left = budgets
        .task
        .map(|configured| limit_of(state, &scope, configured).beyond(spent(state, &scope)));
    own.or(shared).into_iter().chain(left).min()
}

/// Asks a person for more money, unless that is asked already, was refused, or live runs may still leave enough.
#[must_use]
pub fn ask(state: &State, short: &Short) -> Option<Command> {
    if is(Fault::NoBudgetRequest) {
        return None;
    }
    let about = |request: &&Request| matches!(&request.kind, RequestKind::Budget { scope, .. } if *scope == short.scope);
    let refused = |request: &Request| {
        let same =
            matches!(&request.kind, RequestKind::Budget { limit, .. } if *limit == short.limit);
        let decision = request.decided.as_ref().map(|decided| &decided.decision);
        same && matches!(decision, Some(Decision::GiveUp))
    };
    let known = state.requests.values().filter(about);
    if short.may_pass()
        || known
            .into_iter()
            .any(|request| request.is_open() || refused(request))
    {
        return None;
    }
    let task = match &short.scope {
        BudgetScope::Task(task) => Some(task.clone()),
        BudgetScope::Day(_) | BudgetScope::Project => None,
    };
    let kind = RequestKind::Budget {
        scope: short.scope.clone(),
        spent: short.spent.plus(short.reserved),
        limit: short.limit,
    };
    Some(Command::OpenRequest { task, kind })
}

/// Requests for money that are void: their day is over, or the budget was raised or lifted in the configuration.
#[must_use]
pub fn void(state: &State, now: Time) -> Vec<Command> {
    let budgets = &state.config.limits.budget;
    let why = |request: &Request| {
        let RequestKind::Budget { scope, limit, .. } = &request.kind else {
            return None;
        };
        let configured = match scope {
            BudgetScope::Day(asked) if *asked != day(now) => return Some("its day is over"),
            BudgetScope::Day(_) => budgets.day,
            BudgetScope::Task(_) => budgets.task,
            BudgetScope::Project => budgets.project,
        };
        let now = configured.map(|configured| limit_of(state, scope, configured));
        (now.is_none_or(|now| now > *limit)).then_some("the budget was changed")
    };
    let open = state.open_requests();
    open.filter_map(|request| {
        Some(Command::WithdrawRequest {
            request: request.id,
            why: why(request)?.to_owned(),
        })
    })
    .collect()
}

/// When there is money again without anybody doing anything: at midnight (UTC), when the day's budget keeps something from starting.
#[must_use]
pub fn opens(state: &State, now: Time) -> Option<Time> {
    state.config.limits.budget.day?;
    let today = |request: &Request| {
        let asked = matches!(&request.kind, RequestKind::Budget { scope: BudgetScope::Day(asked), .. } if *asked == day(now));
        asked && request.withdrawn.is_none()
    };
    let short = state.requests.values().any(today);
    short.then(|| Time(day(now).saturating_add(1).saturating_mul(DAY_MS)))
}

/// Books a session's new total: the difference to what was known goes to the run, the task and the day.
pub(crate) fn book(state: &mut State, at: Time, run: &RunId, session_total: MicroUsd) {
    let Some(found) = state.runs.get_mut(run) else {
        return;
    };
    let cost = session_total.beyond(found.cost_before);
    let known = if is(Fault::DoubleCost) {
        MicroUsd(0)
    } else {
        found.cost
    };
    let more = cost.beyond(known);
    found.cost = found.cost.max(cost);
    if let Some(session) = &found.session {
        let known = state.sessions.entry(session.clone()).or_default();
        *known = (*known).max(session_total);
        if more > MicroUsd(0) {
            // The total has what earlier runs of the conversation left untold.
            state
                .unpriced
                .retain(|_, other| other.session.as_ref() != Some(session));
        }
    }
    if let Some(task) = state.tasks.get_mut(&found.task) {
        task.cost = task.cost.plus(more);
    }
    let day = state.spent.entry(day(at)).or_default();
    *day = day.plus(more);
}

/// A run is over: what it may have cost and did not tell is kept in mind.
pub(crate) fn ended(state: &mut State, at: Time, run: &RunId) {
    let Some(found) = state.runs.get(run) else {
        return;
    };
    let Work::Leg { agent, .. } = &found.work else {
        return;
    };
    let lost = found.end == Some(RunEnd::Lost);
    let told_all = found.turn_over && found.unpriced == 0;
    if told_all || !(found.came_up || lost) || is(Fault::Optimist) {
        return;
    }
    let unpriced = Unpriced {
        task: found.task.clone(),
        agent: agent.clone(),
        session: found.session.clone(),
        day: day(at),
        told: found.cost,
        cap: found.cap,
    };
    state.unpriced.insert(run.clone(), unpriced);
}
