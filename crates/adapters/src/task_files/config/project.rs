//! `.mcp/config.yaml`.

use super::{
    PROJECT_FILE,
    fields::{Fields, Findings},
    limits::{accounts, keep, limits},
    notify::notify,
    rules::rules,
    yaml::{Node, Value},
};
use orchestron_domain::{
    AgentName, Chain, Gate, Leg, TaskId,
    config::{Keep, Limits, Rate, Tests},
    conflict::Pattern,
    notice::Notify,
    rules::Rule,
};
use orchestron_engine::ports::Problem;
use std::collections::{BTreeMap, BTreeSet};

const KEYS: [&str; 12] = [
    "project",
    "base_branch",
    "task_prefix",
    "chain",
    "gates",
    "tests",
    "limits",
    "worktrees",
    "accounts",
    "keep",
    "notify",
    "rules",
];
/// How long a gate may take when it does not say.
const GATE_TIMEOUT_S: u64 = 600;

/// What the file says, with the lines of the names in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Project {
    pub name: Option<String>,
    pub base_branch: Option<String>,
    pub task_prefix: String,
    pub chain: Chain,
    pub chain_lines: Vec<(AgentName, u32)>,
    pub pools: BTreeMap<Leg, Vec<AgentName>>,
    pub accounts: BTreeMap<String, Rate>,
    pub gates: Vec<Gate>,
    pub tests: Option<Tests>,
    pub limits: Limits,
    pub keep: Keep,
    pub notify: Notify,
    pub rules: Vec<Rule>,
    pub worktrees: Option<String>,
}

impl Default for Project {
    /// What holds without a file: a person does the work, and nothing is launched.
    fn default() -> Self {
        Self {
            name: None,
            base_branch: None,
            task_prefix: "TASK".to_owned(),
            chain: Chain {
                implement: person(),
                ..Chain::default()
            },
            chain_lines: Vec::new(),
            pools: BTreeMap::new(),
            accounts: BTreeMap::new(),
            gates: Vec::new(),
            tests: None,
            limits: Limits::default(),
            keep: Keep::default(),
            notify: Notify::default(),
            rules: Vec::new(),
            worktrees: None,
        }
    }
}

fn person() -> Option<AgentName> {
    "person".parse().ok()
}

/// Reads the tree. None when what it says about the chain or the gates cannot be used: then nothing of it is, so that no work goes
/// on without its gate or to somebody who was not meant.
pub(super) fn read(node: &Node) -> (Option<Project>, Vec<Problem>) {
    let mut findings = Findings::new(PROJECT_FILE);
    let Some(fields) = findings.fields("", node) else {
        return (None, findings.problems);
    };
    findings.known(
        &fields,
        &KEYS,
        &["chain", "gates", "tests", "limits", "accounts"],
    );
    let (chain, pools, chain_lines) = chain(&mut findings, &fields);
    let gates = gates(&mut findings, &fields);
    let tests = tests(&mut findings, &fields);
    let usable = findings.serious == 0;
    let before = findings.serious;
    let accounts = accounts(&mut findings, &fields);
    let accounts_unread = findings.serious > before;
    let limits = limits(&mut findings, &fields);
    let defaults = Project::default();
    let project = Project {
        name: findings.text(&fields, "project"),
        base_branch: findings.text(&fields, "base_branch"),
        task_prefix: prefix(&mut findings, &fields).unwrap_or(defaults.task_prefix),
        chain,
        chain_lines,
        pools,
        accounts,
        gates,
        tests,
        limits: Limits {
            unread: limits.unread || accounts_unread,
            ..limits
        },
        keep: keep(&mut findings, &fields),
        notify: notify(&mut findings, &fields),
        rules: rules(&mut findings, &fields),
        worktrees: findings.text(&fields, "worktrees"),
    };
    (usable.then_some(project), findings.problems)
}

fn prefix(findings: &mut Findings, fields: &Fields<'_>) -> Option<String> {
    let prefix = findings.text(fields, "task_prefix")?;
    if TaskId::new(&prefix, 1).is_ok() {
        return Some(prefix);
    }
    findings.slight(
        Some(fields.line_of("task_prefix")),
        format!("`{prefix}` cannot begin a task's id"),
        "Use 1 to 16 capital letters and digits, beginning with a letter, such as TASK or WEB2.",
    );
    None
}

/// The agents that may take a leg beside the first one.
type Pools = BTreeMap<Leg, Vec<AgentName>>;

/// Who does which leg: one name, or several in the order they are preferred.
fn chain(findings: &mut Findings, fields: &Fields<'_>) -> (Chain, Pools, Vec<(AgentName, u32)>) {
    let (mut lines, mut pools) = (Vec::new(), Pools::new());
    let Some(group) = findings.group(fields, "chain") else {
        return (Project::default().chain, pools, lines);
    };
    findings.known(
        &group,
        &["prepare", "implement", "review", "approve"],
        &["prepare", "implement", "review"],
    );
    let mut holder = |findings: &mut Findings, leg: Leg| {
        let mut named = Vec::new();
        for (name, line) in findings.texts(&group, leg.word()) {
            match name.parse::<AgentName>() {
                Ok(name) => {
                    lines.push((name.clone(), line));
                    named.push(name);
                }
                Err(error) => findings.serious(
                    Some(line),
                    error.to_string(),
                    "Write a name from .mcp/agents.yaml, `person`, or the name of a tool you start yourself, such as `cursor`.",
                ),
            }
        }
        let mut named = named.into_iter();
        let first = named.next();
        let rest: Vec<_> = named.collect();
        if !rest.is_empty() {
            pools.insert(leg, rest);
        }
        first
    };
    let chain = Chain {
        prepare: holder(findings, Leg::Prepare),
        implement: holder(findings, Leg::Implement).or_else(person),
        review: holder(findings, Leg::Review),
    };
    if let Some(approver) = findings.text(&group, "approve")
        && approver != "person"
    {
        findings.slight(
            Some(group.line_of("approve")),
            format!("`{approver}` cannot approve: that is always a person's decision"),
            "Write `approve: person`, or leave it out.",
        );
    }
    (chain, pools, lines)
}

fn gates(findings: &mut Findings, fields: &Fields<'_>) -> Vec<Gate> {
    let mut gates = Vec::new();
    let mut names = BTreeSet::new();
    for (at, node) in findings.list(fields, "gates").iter().enumerate() {
        let Some(gate) = gate(findings, at, node) else {
            continue;
        };
        if names.insert(gate.name.clone()) {
            gates.push(gate);
        } else {
            findings.serious(
                Some(node.line),
                format!("there are two gates with the name `{}`", gate.name),
                "Give each gate its own name.",
            );
        }
    }
    gates
}

fn gate(findings: &mut Findings, at: usize, node: &Node) -> Option<Gate> {
    let place = format!("gates[{}]", at + 1);
    if let Value::Text(command) = &node.value {
        // A command alone is a gate too; its first word names it.
        return shell_gate(command);
    }
    let fields = findings.fields(&place, node)?;
    findings.known(
        &fields,
        &["name", "run", "timeout", "files", "commit", "ticks"],
        &["run"],
    );
    let Some(run) = findings.long_text(&fields, "run") else {
        findings.serious(
            Some(fields.line),
            format!("`{place}` has no `run`: the command that must pass"),
            "Add it, such as `run: npm test`, or delete the gate.",
        );
        return None;
    };
    let name = findings
        .text(&fields, "name")
        .or_else(|| Some(shell_gate(&run)?.name))?;
    Some(Gate {
        name,
        run,
        timeout_s: findings
            .seconds(&fields, "timeout")
            .unwrap_or(GATE_TIMEOUT_S),
        files: patterns(findings, &fields, "files"),
        at_commit: findings.truth(&fields, "commit").unwrap_or(true),
        ticks: words(findings.texts(&fields, "ticks")),
    })
}

fn words(texts: Vec<(String, u32)>) -> Vec<String> {
    texts.into_iter().map(|(text, _)| text).collect()
}

/// Patterns of files; one that could mean nothing is told, and kept out.
fn patterns(findings: &mut Findings, fields: &Fields<'_>, key: &str) -> Vec<String> {
    let (good, bad): (Vec<_>, Vec<_>) = findings
        .texts(fields, key)
        .into_iter()
        .partition(|(text, _)| Pattern::parse(text.trim_start_matches('!')).is_some());
    for (text, line) in bad {
        findings.serious(
            Some(line),
            format!("`{text}` names no files of the project"),
            "Write paths from the project's folder, such as `src/**`, `*.rs` or `!docs/**`.",
        );
    }
    words(good)
}

/// How the tests are run that tasks name.
fn tests(findings: &mut Findings, fields: &Fields<'_>) -> Option<Tests> {
    let group = findings.group(fields, "tests")?;
    findings.known(&group, &["run", "timeout", "files"], &["run"]);
    let Some(run) = findings.long_text(&group, "run") else {
        findings.serious(
            Some(group.line),
            "`tests` has no `run`: the command that runs one test",
            "Add it, such as `run: npm test -- ${test}`, or delete the group.",
        );
        return None;
    };
    if !run.contains("${test}") {
        findings.serious(
            Some(group.line_of("run")),
            "`tests.run` does not say where the test's name goes",
            "Write `${test}` there, without quotes around it: `cargo test ${test}`.",
        );
        return None;
    }
    Some(Tests {
        run,
        timeout_s: findings
            .seconds(&group, "timeout")
            .unwrap_or(GATE_TIMEOUT_S),
        files: patterns(findings, &group, "files"),
    })
}

fn shell_gate(command: &str) -> Option<Gate> {
    let words: Vec<&str> = command.split_whitespace().take(3).collect();
    (!words.is_empty()).then(|| Gate {
        name: words.join(" "),
        run: command.trim().to_owned(),
        timeout_s: GATE_TIMEOUT_S,
        ..Gate::default()
    })
}
