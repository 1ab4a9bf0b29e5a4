//! Agents and holders outside.

use super::{Sight, word};
use crate::{
    Context,
    wire::{AgentView, HolderKind, LegWord},
};
use orchestron_domain::{Agent, AgentName, Config, Leg, TaskId, run::Work, state::Step};
use orchestron_engine::ports::{InstalledAgent, PortErrorKind};
use std::collections::BTreeSet;

/// Everybody the configuration names, by name; the person is not among them.
#[must_use]
pub fn agents(cx: &Context, sight: &Sight<'_>, installed: &[InstalledAgent]) -> Vec<AgentView> {
    let config = &sight.state.config;
    let chain = [
        &config.chain.prepare,
        &config.chain.implement,
        &config.chain.review,
    ];
    let names: BTreeSet<&AgentName> = config
        .agents
        .keys()
        .chain(chain.into_iter().flatten())
        .filter(|name| name.as_str() != "person")
        .collect();
    names
        .into_iter()
        .map(|name| agent(cx, sight, installed, name))
        .collect()
}

fn agent(
    cx: &Context,
    sight: &Sight<'_>,
    installed: &[InstalledAgent],
    name: &AgentName,
) -> AgentView {
    let config = &sight.state.config;
    let known = config.agents.get(name);
    let launched = known.is_some_and(|agent| agent.cli.is_some());
    let busy = busy_with(sight, name);
    AgentView {
        name: name.to_string(),
        kind: if launched {
            HolderKind::Agent
        } else {
            HolderKind::Outside
        },
        cli: known.and_then(|agent| agent.cli.clone()),
        model: known.and_then(|agent| agent.model.clone()),
        persona: known.and_then(|agent| agent.persona.clone()),
        legs: legs(config, name),
        busy: busy.is_some(),
        doing: busy
            .as_ref()
            .and_then(|task| sight.live(task))
            .and_then(|run| sight.doing(run)),
        task: busy.map(|task| task.to_string()),
        account: known.map(|agent| agent.account.clone()).unwrap_or_default(),
        missing: known.and_then(|agent| missing(cx, agent, installed)),
    }
}

fn legs(config: &Config, name: &AgentName) -> Vec<LegWord> {
    let chain = &config.chain;
    [
        (Leg::Prepare, &chain.prepare),
        (Leg::Implement, &chain.implement),
        (Leg::Review, &chain.review),
    ]
    .into_iter()
    .filter(|(_, holder)| holder.as_ref() == Some(name))
    .map(|(leg, _)| word::leg(leg))
    .collect()
}

/// The task a holder works on now.
fn busy_with(sight: &Sight<'_>, name: &AgentName) -> Option<TaskId> {
    let run = sight
        .state
        .live_runs()
        .find(|run| matches!(&run.work, Work::Leg { agent, .. } if agent == name));
    if let Some(run) = run {
        return Some(run.task.clone());
    }
    let holds = |step: &Step| match step {
        Step::Claimed { holder, .. } | Step::Held { holder, .. } => {
            word::name_of(holder) == Some(name)
        }
        Step::Starting { agent, .. } => agent == name,
        _ => false,
    };
    sight
        .state
        .tasks
        .iter()
        .find(|(_, found)| holds(&found.step))
        .map(|(task, _)| task.clone())
}

/// What is missing before an agent can be started, with the cure.
fn missing(cx: &Context, agent: &Agent, installed: &[InstalledAgent]) -> Option<String> {
    let cli = agent.cli.as_ref()?;
    let Some(found) = installed.iter().find(|found| found.cli == *cli) else {
        let known: Vec<_> = installed.iter().map(|found| found.cli.as_str()).collect();
        return Some(format!(
            "Orchestron cannot start `{cli}`; write one of these as its cli in .mcp/agents.yaml: {}. Without a cli it is a holder outside.",
            known.join(", ")
        ));
    };
    if found.program.is_none() && agent.program.is_none() {
        return Some(format!("{cli} is not installed: {}", found.install));
    }
    let prompt = agent.prompt_file.as_ref()?;
    match cx.store.files().read_side(prompt) {
        Ok(_) => None,
        Err(error) if error.kind == PortErrorKind::Missing => Some(format!(
            "its prompt file .mcp/{prompt} is missing: write it, or remove `prompt_file` in .mcp/agents.yaml"
        )),
        Err(error) => Some(error.to_string()),
    }
}
