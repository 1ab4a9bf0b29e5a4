//! Who takes a leg: the agent that is named, one of its pool, or another that has what the task needs; and why not the others.

use super::Places;
use crate::{
    Agent, AgentName, Holder, Leg, State, TaskCard, Time, budget, failure,
    planted::{Fault, is},
    rate,
    record::Share,
};
use std::cmp::Reverse;

/// Who takes a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Who; none when nobody can now.
    pub to: Option<AgentName>,
    /// Why this one, or why nobody, in a sentence.
    pub why: String,
    /// Whether there was a choice.
    pub chosen: bool,
    /// Who was passed over, and why.
    pub passed: Vec<(AgentName, Refusal)>,
}

/// Why an agent does not take a leg now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It does not have what the task needs.
    Unfit(Unfit),
    /// A person paused it.
    Paused(String),
    /// Its program could not be started several times in a row.
    Breaker {
        /// Until when it is left alone.
        until: Time,
        /// What went wrong.
        why: String,
    },
    /// Its account rests.
    Parked {
        /// The account.
        account: String,
        /// Until when.
        until: Time,
    },
    /// It has as many runs as it may have.
    Full {
        /// Runs it has.
        has: u32,
        /// Runs it may have.
        of: u32,
    },
    /// Its account has as many runs as it may have.
    AccountFull {
        /// The account.
        account: String,
        /// Runs it has.
        has: u32,
        /// Runs it may have.
        of: u32,
    },
    /// It, or its account, was used too fast.
    Rate(rate::Over),
    /// There is too little money for a run of it.
    Budget(budget::Blocked),
}

/// What an agent lacks for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Capabilities that the task needs.
    Capability(Vec<String>),
    /// Tools that the task needs and the agent may not use.
    Tool(Vec<String>),
    /// Files that the task is about and that lie outside of the folders in which the agent may write; another one may.
    Folder(Vec<String>),
}

/// Who takes `leg` of a task, on what is under way now.
#[must_use]
pub fn route(state: &State, card: &TaskCard, leg: Leg, now: Time) -> Route {
    route_given(state, &Places::count(state), card, leg, now)
}

/// [`route`], for those who have counted the places.
pub(super) fn route_given(
    state: &State,
    places: &Places,
    card: &TaskCard,
    leg: Leg,
    now: Time,
) -> Route {
    let named = match state.holder(&card.id, leg) {
        Holder::Agent(name) => name,
        _ => {
            return Route {
                to: None,
                why: "no agent has this leg".to_owned(),
                chosen: false,
                passed: Vec::new(),
            };
        }
    };
    let mut passed = Vec::new();
    let mut usable = Vec::new();
    let (first, others, somebody_may) = all_candidates(state, card, leg, &named);
    // Whether it can.
    let mut look = |agent: &Agent| {
        let files = outside(card, leg, agent);
        let astray = somebody_may && !files.is_empty();
        let astray = astray.then_some(Refusal::Unfit(Unfit::Folder(files)));
        match astray.or_else(|| refusal(state, places, card, leg, agent, now)) {
            None => usable.push(agent.name.clone()),
            Some(refusal) => {
                passed.push((agent.name.clone(), refusal));
                return false;
            }
        }
        true
    };
    if first.iter().filter(|agent| look(agent)).count() == 0 {
        others.iter().for_each(|agent| {
            look(agent);
        });
    }
    choose(state, places, card, leg, &named, usable, passed)
}

/// Whether anybody can take a leg now: [`route_given`] without words, for those who look at many tasks.
pub(super) fn can_start(
    state: &State,
    places: &Places,
    card: &TaskCard,
    leg: Leg,
    now: Time,
) -> bool {
    let Holder::Agent(named) = state.holder(&card.id, leg) else {
        return false;
    };
    let (first, others, somebody_may) = all_candidates(state, card, leg, &named);
    first.iter().chain(&others).any(|agent| {
        let astray = somebody_may && !outside(card, leg, agent).is_empty();
        !astray && refusal(state, places, card, leg, agent, now).is_none()
    })
}

/// The agents that are asked first, those that are asked when none of them can, and whether any of them may write where the work
/// lies. When nobody may without asking, whoever does it has to ask.
fn all_candidates<'a>(
    state: &'a State,
    card: &'a TaskCard,
    leg: Leg,
    named: &AgentName,
) -> (Vec<&'a Agent>, Vec<&'a Agent>, bool) {
    let first = candidates(state, card, leg, named);
    let others: Vec<&Agent> = match is_asked_for(state, card, leg) {
        true => Vec::new(),
        false => able(state, card, leg)
            .filter(|agent| !first.iter().any(|one| one.name == agent.name))
            .collect(),
    };
    let may_write = |agent: &&Agent| outside(card, leg, agent).is_empty();
    let somebody_may = first.iter().chain(&others).any(may_write);
    (first, others, somebody_may)
}

/// Whether somebody asked for this very agent: the task file, or whoever gave the leg to another one.
fn is_asked_for(state: &State, card: &TaskCard, leg: Leg) -> bool {
    state.assigned(&card.id, leg).is_some() || (leg == Leg::Implement && card.agent.is_some())
}

/// The agent that is named, and its pool when nobody asked for that very one.
fn candidates<'a>(
    state: &'a State,
    card: &TaskCard,
    leg: Leg,
    named: &AgentName,
) -> Vec<&'a Agent> {
    let mut found: Vec<&Agent> = state.config.agents.get(named).into_iter().collect();
    if !is_asked_for(state, card, leg) {
        let pool = state.config.pools.get(&leg).into_iter().flatten();
        let known = pool.filter_map(|name| state.config.agents.get(name));
        for agent in known.filter(|agent| agent.cli.is_some()) {
            if !found.iter().any(|one| one.name == agent.name) {
                found.push(agent);
            }
        }
    }
    found
}

/// Agents that have all that a task says it needs.
fn able<'a>(state: &'a State, card: &'a TaskCard, leg: Leg) -> impl Iterator<Item = &'a Agent> {
    let says = leg == Leg::Implement && !card.needs.is_empty();
    let agents = state.config.agents.values();
    agents.filter(move |agent| says && agent.cli.is_some() && meets(card, agent))
}

/// Other agents that could take a leg, apart from limits, in the order they are preferred: the pool, then those that have what the
/// task needs or can all that `than` can. Who has used up its tries is not among them.
#[must_use]
pub fn others(state: &State, card: &TaskCard, leg: Leg, than: &AgentName) -> Vec<AgentName> {
    let pool = state.config.pools.get(&leg).into_iter().flatten();
    let chain = match state.config.holder(leg, None) {
        Holder::Agent(name) => Some(name),
        _ => None,
    };
    let mut names: Vec<AgentName> = chain.into_iter().chain(pool.cloned()).collect();
    let like = state.config.agents.values().filter(|agent| {
        let words = state.config.agents.get(than).map(|one| &one.capabilities);
        words.is_some_and(|words| !words.is_empty() && words.iter().all(|word| has(agent, word)))
    });
    names.extend(
        able(state, card, leg)
            .chain(like)
            .map(|agent| agent.name.clone()),
    );
    let tried = state.tasks.get(&card.id).map(|found| &found.tried);
    let mut others = Vec::new();
    for name in names {
        let fits = state
            .config
            .agents
            .get(&name)
            .is_some_and(|agent| agent.cli.is_some() && unfit(card, leg, agent).is_none());
        let is_tried = tried.is_some_and(|tried| tried.contains(&name));
        if name != *than && fits && !is_tried && !others.contains(&name) {
            others.push(name);
        }
    }
    others
}

/// Why an agent does not take a leg now.
fn refusal(
    state: &State,
    places: &Places,
    card: &TaskCard,
    leg: Leg,
    agent: &Agent,
    now: Time,
) -> Option<Refusal> {
    if let Some(unfit) = unfit(card, leg, agent) {
        return Some(Refusal::Unfit(unfit));
    }
    if let Some(why) = state.paused_agents.get(&agent.name) {
        return Some(Refusal::Paused(why.clone()));
    }
    if let Some(rests) = failure::blocker(state, &agent.name, now) {
        return Some(Refusal::Breaker {
            until: rests.until.unwrap_or(now),
            why: rests.why,
        });
    }
    let account = &agent.account;
    if let Some(until) = state.parked.get(account).filter(|until| **until > now) {
        return Some(Refusal::Parked {
            account: account.clone(),
            until: *until,
        });
    }
    let has = places.of_agent(&agent.name);
    if let Some(of) = most_runs(agent).filter(|of| has >= *of && !is(Fault::NoInstances)) {
        return Some(Refusal::Full { has, of });
    }
    let has = places.of_account(account);
    let of = state
        .config
        .accounts
        .get(account)
        .and_then(|rate| rate.runs);
    if let Some(of) = of.filter(|of| has >= *of) {
        return Some(Refusal::AccountFull {
            account: account.clone(),
            has,
            of,
        });
    }
    if let Some(over) = rate::blocker(state, &agent.name, now) {
        return Some(Refusal::Rate(over));
    }
    budget::blocker_of(state, &card.id, &agent.name, now).map(Refusal::Budget)
}

/// How many runs of an agent there may be at once; none = as many as there are places.
fn most_runs(agent: &Agent) -> Option<u32> {
    [agent.instances, agent.rate.runs]
        .into_iter()
        .flatten()
        .min()
}

/// What an agent lacks for a leg of a task. Needs are about the work itself: for preparing and reading it, everybody named
/// for that will do.
#[must_use]
pub fn unfit(card: &TaskCard, leg: Leg, agent: &Agent) -> Option<Unfit> {
    if leg != Leg::Implement {
        return None;
    }
    let lacks: Vec<String> = capabilities(card)
        .filter(|word| !has(agent, word))
        .map(str::to_owned)
        .collect();
    if !lacks.is_empty() {
        return Some(Unfit::Capability(lacks));
    }
    let lacks: Vec<String> = tools(card)
        .filter(|tool| !may_use(agent, tool))
        .map(str::to_owned)
        .collect();
    (!lacks.is_empty()).then_some(Unfit::Tool(lacks))
}

/// Files a task is about that lie outside of the folders in which an agent may write without asking.
#[must_use]
pub fn outside(card: &TaskCard, leg: Leg, agent: &Agent) -> Vec<String> {
    if leg != Leg::Implement {
        return Vec::new();
    }
    let files = card.files_affected.iter();
    files
        .filter(|file| !may_write(agent, file))
        .cloned()
        .collect()
}

fn meets(card: &TaskCard, agent: &Agent) -> bool {
    capabilities(card).all(|word| has(agent, word))
}

/// Capabilities that a task needs.
fn capabilities(card: &TaskCard) -> impl Iterator<Item = &str> {
    let needs = card.needs.iter().map(String::as_str);
    needs.filter(|need| tool_of(need).is_none())
}

/// Tools that a task needs.
fn tools(card: &TaskCard) -> impl Iterator<Item = &str> {
    card.needs.iter().filter_map(|need| tool_of(need))
}

/// `tool: Bash(npm test)`
fn tool_of(need: &str) -> Option<&str> {
    need.strip_prefix("tool:").map(str::trim)
}

fn has(agent: &Agent, word: &str) -> bool {
    let mut words = agent.capabilities.iter();
    words.any(|found| found.trim().eq_ignore_ascii_case(word.trim()))
}

/// Whether an agent may use a tool: it is allowed, or no rule forbids it.
fn may_use(agent: &Agent, tool: &str) -> bool {
    let covers = |rule: &String| covers(rule, tool);
    agent.tools_allowed.iter().any(covers) || !agent.tools_restricted.iter().any(covers)
}

/// Whether a rule (`Bash`, `Bash(npm *)`, `Bash(npm:*)`) is about a tool (`Bash(npm test)`).
fn covers(rule: &str, tool: &str) -> bool {
    if rule == tool {
        return true;
    }
    let Some((name, pattern)) = rule.split_once('(') else {
        return tool.split('(').next() == Some(rule);
    };
    let Some((other, words)) = tool.split_once('(') else {
        return false;
    };
    let (pattern, words) = (pattern.trim_end_matches(')'), words.trim_end_matches(')'));
    let prefix = pattern
        .strip_suffix('*')
        .map(|text| text.trim_end_matches([':', ' ']));
    let starts = |prefix: &str| {
        let rest = words.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || prefix.is_empty() || rest.starts_with(' '))
    };
    name == other && (pattern == words || prefix.is_some_and(starts))
}

/// Whether a file lies in one of the folders an agent may write in. A remark that is no path forbids nothing.
fn may_write(agent: &Agent, file: &str) -> bool {
    let mut words = file.split_whitespace();
    let path = words.next().unwrap_or_default();
    let path = path.trim_end_matches([':', ';', ',']);
    let is_remark = words.next().is_some() && !path.contains(['/', '.']);
    let file = folders(path);
    agent.directories.is_empty()
        || is_remark
        || file.is_empty()
        || agent
            .directories
            .iter()
            .any(|folder| file.starts_with(&folders(folder)))
}

/// The parts of a path, up to the first pattern.
fn folders(path: &str) -> Vec<&str> {
    let path = path.trim().trim_start_matches("./").trim_matches('/');
    let parts = path.split('/');
    parts
        .take_while(|part| !matches!(*part, "" | "." | "*" | "**"))
        .collect()
}

/// The best of those who can: least loaded, then the better record on this leg, then the order they are named in. Who has used up its
/// tries on the task comes last.
fn choose(
    state: &State,
    places: &Places,
    card: &TaskCard,
    leg: Leg,
    named: &AgentName,
    usable: Vec<AgentName>,
    passed: Vec<(AgentName, Refusal)>,
) -> Route {
    let tried = |name: &AgentName| {
        let found = state.tasks.get(&card.id);
        found.is_some_and(|found| found.tried.contains(name))
    };
    let rate = |name: &AgentName| {
        let record = state.records.get(name);
        record.and_then(|record| record.rate_on(leg))
    };
    let mut ranked: Vec<_> = usable
        .into_iter()
        .enumerate()
        .map(|(place, name)| {
            // A rate that is not known is neither good nor bad.
            let rank = (
                tried(&name),
                places.of_agent(&name),
                Reverse(rate(&name).unwrap_or(Share::MIDDLING)),
                place,
            );
            (rank, name)
        })
        .collect();
    ranked.sort();
    let best = ranked.first().map(|(_, name)| name.clone());
    let why = match (ranked.first(), ranked.get(1)) {
        (None, _) => nobody(&passed),
        (Some((_, best)), None) => alone(state, card, leg, named, best, &passed),
        (Some((a, best)), Some((b, second))) => {
            let because = if a.0 != b.0 {
                format!("{second} has used up its tries on this task")
            } else if a.1 != b.1 {
                format!("it has {}, {}", runs(a.1), more_runs(state, second, b.1))
            } else if a.2 != b.2 {
                let told = |name: &AgentName| {
                    let known = rate(name);
                    known.map_or_else(|| "not known yet".to_owned(), |rate| rate.to_string())
                };
                format!(
                    "its work on this leg passes at the first try in {}, that of {second} in {}",
                    told(best),
                    told(second)
                )
            } else {
                format!("it is named before {second}")
            };
            format!("{best}: {because}")
        }
    };
    let chosen = ranked.len() > 1 || best.as_ref().is_some_and(|best| best != named);
    Route {
        to: best,
        why,
        chosen,
        passed,
    }
}

fn runs(count: u32) -> String {
    match count {
        0 => "no run".to_owned(),
        1 => "1 run".to_owned(),
        more => format!("{more} runs"),
    }
}

fn more_runs(state: &State, name: &AgentName, has: u32) -> String {
    let of = state.config.agents.get(name).and_then(most_runs);
    match of {
        Some(of) => format!("{name} has {has} of {of}"),
        None => format!("{name} has {}", runs(has)),
    }
}

/// There was one who can.
fn alone(
    state: &State,
    card: &TaskCard,
    leg: Leg,
    named: &AgentName,
    best: &AgentName,
    passed: &[(AgentName, Refusal)],
) -> String {
    if let Some((other, refusal)) = passed.first().filter(|_| best != named) {
        return format!("{best}: {other} {refusal}");
    }
    if state.assigned(&card.id, leg).is_some() {
        return format!("{best}: the task was given to it");
    }
    if leg == Leg::Implement && card.agent.as_ref() == Some(best) {
        return format!("{best}: the task names it");
    }
    format!("{best}: the chain names it")
}

fn nobody(passed: &[(AgentName, Refusal)]) -> String {
    let told = passed
        .iter()
        .map(|(name, refusal)| format!("{name} {refusal}"));
    told.collect::<Vec<_>>().join("; ")
}

/// As what follows the agent's name in a sentence.
impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unfit(unfit) => write!(f, "{unfit}"),
            Self::Paused(why) if why.is_empty() => f.write_str("is paused"),
            Self::Paused(why) => write!(f, "is paused ({why})"),
            Self::Breaker { until, why } => {
                write!(
                    f,
                    "could not be started and is left alone until {until} ({why})"
                )
            }
            Self::Parked { account, until } => {
                write!(f, "has to wait: its account {account} rests until {until}")
            }
            Self::Full { has, of } => write!(f, "has {has} of {of} runs"),
            Self::AccountFull { account, has, of } => {
                write!(
                    f,
                    "has to wait: its account {account} has {has} of {of} runs"
                )
            }
            Self::Rate(over) => write!(f, "has to wait: {over}"),
            Self::Budget(blocked) => write!(f, "may not start: {blocked}"),
        }
    }
}

/// As what follows the agent's name in a sentence.
impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Capability(words) => {
                write!(f, "does not have the capability {}", words.join(", "))
            }
            Self::Tool(tools) => write!(f, "may not use {}", tools.join(", ")),
            Self::Folder(files) => write!(f, "may not write {} without asking", files.join(", ")),
        }
    }
}
