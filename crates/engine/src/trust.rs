//! Trust: a repository may bring commands (gates), programs and addresses in its `.mcp/` folder. None of them is run or spoken to before
//! the person at this machine has seen and accepted exactly these.

use orchestron_domain::Config;

/// The setting that keeps what was accepted.
pub const KEY: &str = "trusted-commands";

/// Everything in the configuration that runs something or sends something somewhere, one per line, in a fixed order.
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
        .map(|agent| {
            format!(
                "agent {}: {} {} base_url={} allowed={:?} account={}",
                agent.name,
                agent.cli.as_deref().unwrap_or(""),
                agent.program.as_deref().unwrap_or(""),
                agent.base_url.as_deref().unwrap_or(""),
                agent.tools_allowed,
                agent.account,
            )
        });
    let place = config
        .worktrees
        .iter()
        .map(|path| format!("worktrees: {path}"));
    gates
        .chain(agents)
        .chain(place)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether exactly these commands were accepted. A configuration that runs nothing needs no trust.
#[must_use]
pub fn is_trusted(config: &Config, accepted: Option<&str>) -> bool {
    let wanted = commands(config);
    wanted.is_empty() || accepted == Some(wanted.as_str())
}
