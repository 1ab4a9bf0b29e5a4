//! `.mcp/agents.yaml`.

use super::{
    AGENTS_FILE,
    fields::{Fields, Findings},
    yaml::Node,
};
use orchestron_domain::{Agent, AgentName};
use orchestron_engine::ports::Problem;
use std::collections::BTreeMap;

const KEYS: [&str; 19] = [
    "cli",
    "model",
    "persona",
    "prompt_file",
    "capabilities",
    "tools_allowed",
    "tools_restricted",
    "directories",
    "timeout",
    "silence",
    "max_turns",
    "budget_usd",
    "base_url",
    "account",
    "program",
    "instances",
    "retries",
    "tokens_per_minute",
    "requests_per_minute",
];
/// What limits what an agent may do, as keys and as words that people use for it in keys of their own making (`disallowedTools`):
/// none of it must go by unnoticed.
const GUARDS: [&str; 12] = [
    "tools_allowed",
    "tools_restricted",
    "directories",
    "max_turns",
    "budget_usd",
    "base_url",
    "allow",
    "restrict",
    "deny",
    "permission",
    "tool",
    "limit",
];

/// The agents, with the lines of their prompt files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Agents {
    pub by_name: BTreeMap<AgentName, Agent>,
    pub prompt_files: Vec<(String, u32)>,
}

/// Reads the tree; none when it is no group of agents at all.
pub(super) fn read(node: &Node) -> (Option<Agents>, Vec<Problem>) {
    let mut findings = Findings::new(AGENTS_FILE);
    let Some(fields) = findings.fields("", node) else {
        return (None, findings.problems);
    };
    findings.known(&fields, &["agents"], &["agents"]);
    let before = findings.serious;
    let group = findings.group(&fields, "agents");
    if findings.serious > before {
        return (None, findings.problems);
    }
    let mut agents = Agents::default();
    if let Some(group) = group {
        for (name, line, node) in group.iter() {
            if let Some(agent) = agent(
                &mut findings,
                &group,
                (name, line),
                node,
                &mut agents.prompt_files,
            ) {
                agents.by_name.insert(agent.name.clone(), agent);
            }
        }
    }
    (Some(agents), findings.problems)
}

/// One entry. One that cannot be understood in full is kept as a holder that nothing is launched for: better no agent than one
/// without its limits.
fn agent(
    findings: &mut Findings,
    group: &Fields<'_>,
    (name, line): (&str, u32),
    node: &Node,
    prompt_files: &mut Vec<(String, u32)>,
) -> Option<Agent> {
    let place = group.name(name);
    let parsed = match name.parse::<AgentName>() {
        Ok(parsed) if name != "person" => parsed,
        Ok(_) => {
            findings.slight(
                Some(line),
                "`person` is no agent but the person here",
                "Give the agent another name.",
            );
            return None;
        }
        Err(error) => {
            findings.slight(
                Some(line),
                error.to_string(),
                "Rename the agent, here and in the chain of config.yaml.",
            );
            return None;
        }
    };
    let before = findings.serious;
    let fields = findings.fields(&place, node)?;
    findings.known(&fields, &KEYS, &GUARDS);
    let cli = cli(findings, &fields);
    let prompt_file = prompt_file(findings, &fields);
    if let Some(file) = &prompt_file {
        prompt_files.push((file.clone(), fields.line_of("prompt_file")));
    }
    no_program(findings, &fields);
    let named = Agent::named(parsed);
    let mut agent = Agent {
        account: account(findings, &fields, cli.as_deref()).unwrap_or(named.account),
        cli,
        model: findings.text(&fields, "model"),
        persona: findings.long_text(&fields, "persona"),
        prompt_file,
        capabilities: texts(findings, &fields, "capabilities"),
        tools_allowed: texts(findings, &fields, "tools_allowed"),
        tools_restricted: texts(findings, &fields, "tools_restricted"),
        directories: directories(findings, &fields),
        timeout_s: findings
            .seconds(&fields, "timeout")
            .unwrap_or(named.timeout_s),
        silence_s: findings
            .seconds(&fields, "silence")
            .unwrap_or(named.silence_s),
        max_turns: findings.number(&fields, "max_turns", (1, 100_000)),
        budget: findings.dollars(&fields, "budget_usd"),
        base_url: base_url(findings, &fields),
        instances: findings.number(&fields, "instances", (1, 64)),
        retries: findings.number(&fields, "retries", (1, 100)),
        rate: super::limits::rate(findings, &fields),
        ..named
    };
    if findings.serious > before && agent.cli.take().is_some() {
        findings.slight(
            Some(line),
            format!("`{name}` is not launched until the problems of its entry are mended"),
            "Mend them; the file is read again as soon as it is saved.",
        );
    }
    Some(agent)
}

fn no_program(findings: &mut Findings, fields: &Fields<'_>) {
    if findings.text(fields, "program").is_some() {
        findings.slight(
            Some(fields.line_of("program")),
            format!(
                "`{}` is ignored: a repository must not choose which program is started",
                fields.name("program")
            ),
            "Delete it, and see to it that the right program is found on PATH.",
        );
    }
}

/// The account it names, else that of its command line.
fn account(findings: &mut Findings, fields: &Fields<'_>, cli: Option<&str>) -> Option<String> {
    findings.text(fields, "account").or_else(|| {
        let driver = orchestron_agents::driver(cli?)?;
        Some(driver.account().to_owned())
    })
}

fn texts(findings: &mut Findings, fields: &Fields<'_>, key: &str) -> Vec<String> {
    findings
        .texts(fields, key)
        .into_iter()
        .map(|(text, _)| text)
        .collect()
}

fn cli(findings: &mut Findings, fields: &Fields<'_>) -> Option<String> {
    let cli = findings.text(fields, "cli")?;
    if orchestron_agents::driver(&cli).is_some() {
        return Some(cli);
    }
    let known: Vec<&str> = orchestron_agents::known()
        .iter()
        .map(|driver| driver.word())
        .collect();
    findings.serious(
        Some(fields.line_of("cli")),
        format!("`{cli}` is no coding agent that orchestron can launch"),
        format!(
            "Write one of: {}. For a tool that you start yourself, leave `cli` out.",
            known.join(", ")
        ),
    );
    None
}

fn prompt_file(findings: &mut Findings, fields: &Fields<'_>) -> Option<String> {
    let given = findings.text(fields, "prompt_file")?;
    let below = given.strip_prefix(".mcp/").unwrap_or(&given);
    if is_below(below) {
        return Some(below.to_owned());
    }
    findings.serious(
        Some(fields.line_of("prompt_file")),
        format!("`{given}` is no file below .mcp/"),
        "Put the file into .mcp/prompts/ and write prompts/its-name.md here.",
    );
    None
}

fn directories(findings: &mut Findings, fields: &Fields<'_>) -> Vec<String> {
    let mut directories = Vec::new();
    for (directory, line) in findings.texts(fields, "directories") {
        if directory == "." || is_below(directory.trim_start_matches("./").trim_end_matches('/')) {
            directories.push(directory);
        } else {
            findings.serious(
                Some(line),
                format!("`{directory}` is no folder of the project"),
                "Write it relative to the project, such as src/frontend, without `..`.",
            );
        }
    }
    directories
}

/// Whether a path stays below the folder it is relative to.
fn is_below(path: &str) -> bool {
    !path.contains(['\\', ':'])
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

fn base_url(findings: &mut Findings, fields: &Fields<'_>) -> Option<String> {
    let url = findings.text(fields, "base_url")?;
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace)) {
        return Some(url);
    }
    findings.serious(
        Some(fields.line_of("base_url")),
        format!("`{url}` is no address of a model's API"),
        "Write the whole address, such as https://proxy.example.com, or leave it out.",
    );
    None
}
