//! Every reason why a task is not running, with its evidence and what would change it.

use super::{Survey, Unfit, Wait, circles::path_words, leg_of, wait::every};
use crate::{
    AgentName, Holder, Leg, RequestKind, State, Status, TaskCard, TaskId, Time, run::Work,
    state::Step,
};

/// How many tasks that go before one are named.
const NAMED: usize = 5;

/// One reason why a task is not running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is.
    pub wait: Wait,
    /// What was seen, in a sentence.
    pub evidence: String,
    /// What would change it.
    pub change: String,
    /// Tasks that have to do with it.
    pub tasks: Vec<TaskId>,
    /// When it passes by itself, when that is known.
    pub until: Option<Time>,
}

/// Every reason why a task is not running, the most important first.
#[must_use]
pub fn why(state: &State, card: &TaskCard, now: Time) -> Vec<Reason> {
    let survey = Survey::new(state, now);
    every(&survey, card)
        .into_iter()
        .map(|wait| reason(&survey, card, wait))
        .collect()
}

fn about(files: &[String]) -> String {
    if files.is_empty() {
        String::new()
    } else {
        format!(", which is about the same files: {}", files.join(", "))
    }
}

/// What was seen of one reason, in a sentence.
pub(super) fn evidence(survey: &Survey<'_>, card: &TaskCard, wait: &Wait) -> String {
    reason(survey, card, wait.clone()).evidence
}

fn reason(survey: &Survey<'_>, card: &TaskCard, wait: Wait) -> Reason {
    let (evidence, change) = match &wait {
        Wait::UnderWay | Wait::Over | Wait::Request | Wait::Unclear | Wait::Turn(_) => {
            of_itself(survey, card, &wait)
        }
        Wait::NobodyNamed(_)
        | Wait::Untrusted
        | Wait::Paused
        | Wait::TaskPaused(_)
        | Wait::AgentPaused(..) => switched_off(survey, card, &wait),
        Wait::Dependencies(_) | Wait::Circle(_) => others(survey.state, card, &wait),
        Wait::BackOff(_) | Wait::Parked(_) | Wait::Breaker(..) => rests(survey, card, &wait),
        Wait::Unfit(agent, unfit) => lacking(card, agent, unfit),
        Wait::Rate(over) => (over.to_string(), "it goes on by itself then".to_owned()),
        Wait::Budget(blocked) => (
            blocked.to_string(),
            "grant more money (`orchestron requests`), or raise `limits.budget_usd` in .mcp/config.yaml".to_owned(),
        ),
        Wait::InUse(other, files) => (
            format!("{other} is under way and is about the same files: {}", files.join(", ")),
            format!("it starts when {other} is merged; `limits.same_files: true` lets both be worked on at once"),
        ),
        Wait::Behind(other, files) => (
            format!("it was queued behind {other}{}", about(files)),
            format!("it goes on when {other} is merged"),
        ),
        Wait::AgentFull(..)
        | Wait::AccountFull(..)
        | Wait::StatusFull(..)
        | Wait::Full
        | Wait::Starting
        | Wait::Next => no_place(survey, card, &wait),
    };
    let tasks = match &wait {
        Wait::Dependencies(ids) | Wait::Circle(ids) => ids.clone(),
        Wait::InUse(other, _) | Wait::Behind(other, _) => vec![other.clone()],
        Wait::Full | Wait::AgentFull(..) | Wait::AccountFull(..) | Wait::StatusFull(..) => {
            at_work(survey.state, &wait)
        }
        _ => Vec::new(),
    };
    let until = match &wait {
        Wait::BackOff(until) | Wait::Parked(until) | Wait::Breaker(_, until, _) => Some(*until),
        Wait::Rate(over) => Some(over.until),
        _ => None,
    };
    Reason {
        wait,
        evidence,
        change,
        tasks,
        until,
    }
}

/// The task is busy, over, or a person's.
fn of_itself(survey: &Survey<'_>, card: &TaskCard, wait: &Wait) -> (String, String) {
    let (state, id) = (survey.state, &card.id);
    match wait {
        Wait::Over => (
            format!("{id} is {}", card.status),
            match card.status {
                Status::Failed => format!("`orchestron retry {id}` lets it be tried again"),
                _ => "nothing: it is finished".to_owned(),
            },
        ),
        Wait::Request => asked(state, card),
        Wait::Unclear => (
            "its file has a problem, or its id lies in two places, so nothing is started for it"
                .to_owned(),
            "mend the file; `orchestron doctor` names the problem".to_owned(),
        ),
        Wait::Turn(holder) => {
            let held = matches!(state.step(id), Step::Held { .. });
            let verb = if held { "works on it" } else { "has the turn" };
            let verb = if *holder == Holder::Person && held {
                "work on it"
            } else {
                verb
            };
            let verb = if *holder == Holder::Person && !held {
                "have the turn"
            } else {
                verb
            };
            (
                format!("{} {verb}; nothing is launched for that", name(holder)),
                match holder {
                    Holder::Outside(name) => {
                        format!("`orchestron next --agent {name}` hands it to {name}")
                    }
                    _ if card.status == Status::Review => {
                        format!("`orchestron approve {id}` or `orchestron reject {id} -m \"…\"`")
                    }
                    _ => format!("`orchestron complete {id}` when the leg is done"),
                },
            )
        }
        _ => (
            under_way(state, id),
            "nothing: it is being worked on".to_owned(),
        ),
    }
}

fn asked(state: &State, card: &TaskCard) -> (String, String) {
    let asked: Vec<_> = state
        .requests_of(&card.id)
        .map(|request| format!("R-{} ({})", request.id.0, request.kind.word()))
        .collect();
    let review = state
        .requests_of(&card.id)
        .any(|request| matches!(request.kind, RequestKind::Review { .. }));
    let how = if review {
        format!(
            "`orchestron approve {0}` or `orchestron reject {0} -m \"…\"`",
            card.id
        )
    } else {
        "decide: `orchestron requests` shows what is asked and how to answer".to_owned()
    };
    (
        format!("your decision is awaited: {}", asked.join(", ")),
        how,
    )
}

fn under_way(state: &State, task: &TaskId) -> String {
    if let Some(run) = state.live_run(task) {
        return match &run.work {
            Work::Leg { agent, leg, .. } => {
                format!(
                    "{agent} is at work on its {leg} leg ({}), since {}",
                    run.id, run.since
                )
            }
            Work::Gate { gate, .. } => format!("its gate {gate} is running ({})", run.id),
        };
    }
    match state.step(task) {
        Step::Claimed { holder, .. } => {
            format!("{} took it; its place is being made", name(holder))
        }
        Step::Starting { agent, .. } => format!("{agent} is being started"),
        Step::Committing { .. } => "its work is being committed".to_owned(),
        Step::Gating { .. } => "its gates are being checked".to_owned(),
        Step::Merging => "it is being merged".to_owned(),
        Step::Asking => "a question to you is being written".to_owned(),
        _ => "it is being handed on".to_owned(),
    }
}

/// Somebody has to switch something on.
fn switched_off(survey: &Survey<'_>, card: &TaskCard, wait: &Wait) -> (String, String) {
    let because = |why: &str| {
        if why.is_empty() {
            String::new()
        } else {
            format!(": {why}")
        }
    };
    match wait {
        Wait::NobodyNamed(Leg::Prepare) => (
            "nobody prepares tasks here, so it goes to ready by itself".to_owned(),
            "an engine moves it (`orchestron run`)".to_owned(),
        ),
        Wait::NobodyNamed(leg) => (
            format!("the chain names nobody for the {leg} leg, and the task neither"),
            format!(
                "name somebody under `## Agent` of {} or in the chain of .mcp/config.yaml",
                card.id
            ),
        ),
        Wait::Untrusted => (
            "what .mcp/config.yaml and .mcp/agents.yaml run was not accepted on this machine"
                .to_owned(),
            "`orchestron trust` shows it and accepts it".to_owned(),
        ),
        Wait::TaskPaused(why) => (
            format!("{} is paused{}", card.id, because(why)),
            format!("`orchestron resume {}`", card.id),
        ),
        Wait::AgentPaused(agent, why) => (
            format!("{agent} is paused{}", because(why)),
            format!("`orchestron resume --agent {agent}`, or give the task to another agent"),
        ),
        _ => {
            let why = survey.state.paused.as_deref().unwrap_or_default();
            (
                format!("the project is paused{}", because(why)),
                "`orchestron resume`".to_owned(),
            )
        }
    }
}

/// Other tasks come first.
fn others(state: &State, card: &TaskCard, wait: &Wait) -> (String, String) {
    match wait {
        Wait::Circle(path) => (
            format!("it waits in a circle: {}", path_words(path)),
            format!(
                "take one of these out of `## Depends On`; none of them can start before, {} neither",
                card.id
            ),
        ),
        Wait::Dependencies(ids) => {
            let stands = |id: &TaskId| {
                state
                    .status(id)
                    .map_or_else(|| format!("{id} (no such task)"), |s| format!("{id} ({s})"))
            };
            let told: Vec<_> = ids.iter().map(stands).collect();
            let verb = if told.len() == 1 { "is" } else { "are" };
            (
                format!("{} {verb} not done", told.join(", ")),
                "it starts when the last of them is done, or is taken out of `## Depends On`"
                    .to_owned(),
            )
        }
        _ => (String::new(), String::new()),
    }
}

/// Time heals it.
fn rests(survey: &Survey<'_>, card: &TaskCard, wait: &Wait) -> (String, String) {
    let passes = |until: &Time| format!("it goes on by itself at {until}");
    match wait {
        Wait::BackOff(until) => {
            let found = survey.progress(card);
            let failures = found.map_or(0, |found| found.failures);
            let more = if failures == 1 {
                "try"
            } else {
                "tries in a row"
            };
            (
                format!("{failures} {more} failed, so the next one waits a while"),
                passes(until),
            )
        }
        Wait::Breaker(agent, until, why) => (
            format!("{agent} could not be started: {why}"),
            format!(
                "{}, or when {agent} is mended in .mcp/agents.yaml",
                passes(until)
            ),
        ),
        Wait::Parked(until) => {
            let accounts = survey.state.parked.iter();
            let resting: Vec<_> = accounts
                .filter(|(_, rests)| *rests == until)
                .map(|(account, _)| account.as_str())
                .collect();
            (
                format!(
                    "the account {} rests: its provider's limit was reached",
                    resting.join(", ")
                ),
                passes(until),
            )
        }
        _ => (String::new(), String::new()),
    }
}

fn lacking(card: &TaskCard, agent: &AgentName, unfit: &Unfit) -> (String, String) {
    let change = match unfit {
        Unfit::Capability(_) => format!(
            "give an agent that capability in .mcp/agents.yaml, or take it out of `## Needs` of {}",
            card.id
        ),
        Unfit::Tool(_) => {
            format!("allow it under `tools_allowed` of {agent} in .mcp/agents.yaml")
        }
        Unfit::Folder(_) => format!(
            "add the folder to `directories` of {agent} in .mcp/agents.yaml, mend `## Files Affected`, or give the task to another agent"
        ),
    };
    (format!("{agent} {unfit}"), change)
}

/// It is ready and waits for its turn.
fn no_place(survey: &Survey<'_>, card: &TaskCard, wait: &Wait) -> (String, String) {
    let state = survey.state;
    let limits = &state.config.limits;
    let busy = ids(&at_work(state, wait));
    let over = "it starts when one of them hands on";
    match wait {
        Wait::AgentFull(agent, has, of) => (
            format!("{agent} has {has} of {of} runs ({busy})"),
            format!("{over}; or raise `instances` of {agent}, or name more agents for the leg"),
        ),
        Wait::AccountFull(account, has, of) => (
            format!("the account {account} has {has} of {of} runs ({busy})"),
            format!("{over}; or raise `runs` of the account in .mcp/config.yaml"),
        ),
        Wait::StatusFull(status, of) => (
            format!("{of} of {of} tasks are worked on in {status} ({busy})"),
            format!("{over}; or raise `limits.per_status` in .mcp/config.yaml"),
        ),
        Wait::Starting => (
            format!(
                "{} of {} agents are starting, and too many at once starve each other",
                survey.places.starting, limits.starts
            ),
            "it starts as soon as one of them is up".to_owned(),
        ),
        Wait::Full => (
            format!(
                "{} of {} places are taken ({busy}){}",
                survey.places.taken,
                limits.parallel.max(1),
                before(survey, card)
            ),
            format!("{over}; or raise `limits.parallel` in .mcp/config.yaml"),
        ),
        _ => {
            let leg = leg_of(card.status).unwrap_or(Leg::Implement);
            let route = survey.route(card, leg);
            (
                format!(
                    "nothing stands in its way ({}){}",
                    route.why,
                    before(survey, card)
                ),
                "an engine starts it (`orchestron run`)".to_owned(),
            )
        }
    }
}

/// Who goes before a task.
fn before(survey: &Survey<'_>, card: &TaskCard) -> String {
    let line = survey.in_line();
    let place = line
        .iter()
        .position(|other| other.id == card.id)
        .unwrap_or(0);
    let before: Vec<_> = line
        .iter()
        .take(place)
        .map(|other| other.id.clone())
        .collect();
    match before.len() {
        0 => "; it is the next in line".to_owned(),
        1 => format!("; {} goes before it", ids(&before)),
        many => format!("; {many} go before it: {}", ids(&before)),
    }
}

fn ids(tasks: &[TaskId]) -> String {
    let named: Vec<_> = tasks.iter().take(NAMED).map(ToString::to_string).collect();
    let more = tasks.len().saturating_sub(NAMED);
    match more {
        0 => named.join(", "),
        _ => format!("{} and {more} more", named.join(", ")),
    }
}

/// Tasks that take the places which are lacking.
fn at_work(state: &State, wait: &Wait) -> Vec<TaskId> {
    let counts = |leg: Leg, agent: Option<&AgentName>| match wait {
        Wait::AgentFull(name, ..) => agent == Some(name),
        Wait::AccountFull(account, ..) => agent
            .and_then(|agent| state.config.agents.get(agent))
            .is_some_and(|agent| agent.account == *account),
        Wait::StatusFull(status, _) => {
            let leg_status = match leg {
                Leg::Prepare => Status::Pending,
                Leg::Implement => Status::InProgress,
                Leg::Review | Leg::Approve => Status::Review,
            };
            leg_status == *status
        }
        _ => agent.is_some(),
    };
    let mut tasks: Vec<TaskId> = Vec::new();
    for (task, found) in &state.tasks {
        let busy = match &found.step {
            Step::Claimed {
                leg,
                holder: Holder::Agent(agent),
                ..
            }
            | Step::Starting { leg, agent, .. } => counts(*leg, Some(agent)),
            Step::Claimed { leg, .. } | Step::Held { leg, .. } => counts(*leg, None),
            Step::Committing { .. } | Step::Gating { .. } => {
                matches!(wait, Wait::Full) || counts(Leg::Implement, None)
            }
            _ => false,
        };
        let runs = || state.live_runs().filter(|run| run.task == *task);
        let runs = || runs().any(|run| run.leg().is_some_and(|leg| counts(leg, run.agent())));
        if busy || (matches!(found.step, Step::Working { .. }) && runs()) {
            tasks.push(task.clone());
        }
    }
    tasks
}

fn name(holder: &Holder) -> String {
    match holder {
        Holder::Nobody => "nobody".to_owned(),
        Holder::Person => "you".to_owned(),
        Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
    }
}
