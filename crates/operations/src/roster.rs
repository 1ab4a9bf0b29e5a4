//! `registry`: every agent with its status, its work and its record.

use crate::{
    Context, OpError,
    view::{Sight, agents, word},
    wire::{AgentView, AgentWord, Big, HolderKind, JudgedView, RegisteredView, input},
};
use orchestron_domain::{
    Agent, AgentName, Holder, MicroUsd, Run, State, Time,
    record::{BROKEN, Record, Share},
    schedule::Places,
    state::Step,
};

/// Every agent and holder outside that the configuration names, and every agent of which there is a run.
///
/// # Errors
/// When the project cannot be read.
pub fn registry(cx: &mut Context, _input: &input::Nothing) -> Result<Vec<RegisteredView>, OpError> {
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    let places = Places::count(&state);
    let mut views = agents(cx, &sight, &cx.programs.found()?);
    // Somebody who was taken out of the configuration while it worked goes on to its end.
    for name in state.live_runs().filter_map(Run::agent) {
        if !views.iter().any(|view| view.name == name.as_str()) {
            views.push(gone(name));
        }
    }
    Ok(views
        .into_iter()
        .filter_map(|view| {
            let name: AgentName = view.name.parse().ok()?;
            Some(registered(&sight, &places, view, &name))
        })
        .collect())
}

fn gone(name: &AgentName) -> AgentView {
    AgentView {
        name: name.to_string(),
        kind: HolderKind::Agent,
        cli: None,
        model: None,
        persona: None,
        legs: Vec::new(),
        busy: true,
        task: None,
        doing: None,
        account: String::new(),
        missing: Some(
            "it is in .mcp/agents.yaml no more: its run goes on to its end, and it gets no other"
                .to_owned(),
        ),
    }
}

fn registered(
    sight: &Sight<'_>,
    places: &Places,
    view: AgentView,
    name: &AgentName,
) -> RegisteredView {
    let state = sight.state;
    let fresh = Record::default();
    let record = state.records.get(name).unwrap_or(&fresh);
    let known = state.config.agents.get(name);
    let runs = places.of_agent(name);
    let (status, why) = status(sight, &view, name, record, runs);
    let judged = record.legs.values().fold((0, 0), |sum, judged| {
        (sum.0 + judged.first_pass, sum.1 + judged.all)
    });
    RegisteredView {
        status,
        why,
        tasks: tasks(state, name),
        runs,
        instances: known.and_then(|agent| agent.instances),
        capabilities: known
            .map(|agent| agent.capabilities.clone())
            .unwrap_or_default(),
        heard: heard(state, name, record).map(word::millis),
        completed: Big(record.completed),
        failed: Big(record.failed),
        failed_in_a_row: record.failed_in_a_row,
        submitted: Big(record.submitted),
        approved: Big(record.approved),
        average: record.worked_ms.checked_div(record.runs()).map(Big),
        error_rate: percent(record.failed, record.runs()),
        first_pass: Share::of(judged.0, judged.1).and_then(|_| percent(judged.0, judged.1)),
        legs: record
            .legs
            .iter()
            .map(|(leg, judged)| JudgedView {
                leg: word::leg(*leg),
                all: Big(judged.all),
                first_pass: Big(judged.first_pass),
            })
            .collect(),
        cost: word::money(record.cost),
        cost_per_approved: record
            .approved_cost
            .0
            .checked_div(record.approved)
            .map(|each| word::money(MicroUsd(each))),
        agent: view,
    }
}

fn percent(part: u64, all: u64) -> Option<u32> {
    let share = part.saturating_mul(100).checked_div(all)?;
    u32::try_from(share).ok()
}

fn status(
    sight: &Sight<'_>,
    view: &AgentView,
    name: &AgentName,
    record: &Record,
    runs: u32,
) -> (AgentWord, Option<String>) {
    let state = sight.state;
    if runs > 0 {
        return (AgentWord::Busy, view.missing.clone());
    }
    if view.kind == HolderKind::Outside {
        let why = "a holder outside: nothing is launched for it".to_owned();
        return (AgentWord::Offline, Some(why));
    }
    if let Some(missing) = &view.missing {
        return (AgentWord::Offline, Some(missing.clone()));
    }
    if let Some(why) = state.paused_agents.get(name) {
        let why = match why.as_str() {
            "" => "paused".to_owned(),
            why => format!("paused: {why}"),
        };
        return (AgentWord::Offline, Some(why));
    }
    let breaker = state.breakers.get(name);
    if let Some((until, why)) = breaker.and_then(|breaker| breaker.open.as_ref())
        && *until > sight.now
    {
        let left = word::span(until.since(sight.now));
        let why = format!("it could not be started ({why}); it is tried again in {left}");
        return (AgentWord::Error, Some(why));
    }
    if record.failed_in_a_row >= BROKEN {
        let why = format!("its last {} runs failed", record.failed_in_a_row);
        return (AgentWord::Error, Some(why));
    }
    let account = state
        .config
        .agents
        .get(name)
        .map(|agent: &Agent| &agent.account);
    let rests = account.and_then(|account| state.parked.get(account));
    let why = rests.filter(|until| **until > sight.now).map(|until| {
        let left = word::span(until.since(sight.now));
        format!("its account rests for {left}")
    });
    (AgentWord::Available, why)
}

/// What an agent or a holder outside works on.
fn tasks(state: &State, name: &AgentName) -> Vec<String> {
    let has = |step: &Step| match step {
        Step::Claimed { holder, .. } | Step::Held { holder, .. } => {
            word::name_of(holder) == Some(name)
        }
        Step::Starting { agent, .. } => agent == name,
        Step::Committing { holder, .. } | Step::Gating { holder, .. } => {
            *holder == Holder::Agent(name.clone())
        }
        Step::Working { run, .. } => state.runs.get(run).and_then(Run::agent) == Some(name),
        _ => false,
    };
    let busy = state.tasks.iter().filter(|(_, found)| has(&found.step));
    busy.map(|(task, _)| task.to_string()).collect()
}

/// When it was last heard: what the log says, or a live run's output since then.
fn heard(state: &State, name: &AgentName, record: &Record) -> Option<Time> {
    let live = state.live_runs().filter(|run| run.agent() == Some(name));
    let live = live.filter_map(|run| state.heard.get(&run.id).copied());
    live.chain(record.heard).max()
}
