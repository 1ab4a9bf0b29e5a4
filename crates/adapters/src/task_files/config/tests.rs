//! Whole files, as people write them.

use super::{Setup, write_default};
use crate::task_files::McpFolder;
use orchestron_domain::{
    AgentName, Config, Gate, Holder, Leg, MicroUsd, Status,
    config::{Budgets, Limits, Rate},
};
use orchestron_engine::ports::{InstalledAgent, PortErrorKind, Problem, TaskFiles};
use std::fs;

struct World {
    dir: tempfile::TempDir,
    folder: McpFolder,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join("my project");
        fs::create_dir_all(project.join(".mcp/prompts")).unwrap();
        fs::create_dir(dir.path().join("trash")).unwrap();
        let folder = McpFolder::new(project, dir.path().join("trash"));
        Self { dir, folder }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.dir.path().join("my project/.mcp").join(name), text).unwrap();
    }

    fn read(&self) -> (Config, Vec<String>) {
        let (config, problems) = self.folder.config().unwrap();
        (config, problems.iter().map(told).collect())
    }
}

fn told(problem: &Problem) -> String {
    let line = problem
        .line
        .map_or_else(|| "-".to_owned(), |line| line.to_string());
    assert!(!problem.cure.is_empty(), "{problem:?}");
    let file = problem.path.strip_prefix(".mcp/").unwrap();
    format!("{file}:{line}: {} | {}", problem.what, problem.cure)
}

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
}

fn claude(program: Option<&str>) -> Vec<InstalledAgent> {
    vec![InstalledAgent {
        cli: "claude".to_owned(),
        program: program.map(str::to_owned),
        version: None,
        install: String::new(),
        remark: None,
    }]
}

#[track_caller]
fn limits_are_read(config: &Config) {
    let limits = Limits {
        parallel: 2,
        attempts: 5,
        backoff_ms: 500,
        backoff_max_ms: 60_000,
        park_s: 90,
        starts: 3,
        per_status: [(Status::InProgress, 3), (Status::Review, 1)].into(),
        aging_s: 1_800,
        stalled_s: 3_600,
        same_files: true,
        budget: Budgets {
            task: Some(MicroUsd(5_000_000)),
            day: Some(MicroUsd(40_500_000)),
            project: Some(MicroUsd(500_000_000)),
        },
        reserve: MicroUsd(1_000_000),
        breaker: 4,
        breaker_s: 60,
        unchanged: 2,
        ..Limits::default()
    };
    assert_eq!(config.limits, limits);
    assert_eq!((config.keep.days, config.keep.megabytes), (7, 0));
    let rate = Rate {
        tokens_per_minute: Some(400_000),
        requests_per_minute: Some(50),
        runs: Some(3),
    };
    assert_eq!(config.accounts, [("anthropic".to_owned(), rate)].into());
}

#[test]
fn everything_that_can_be_said_is_read() {
    let world = World::new();
    world.write("prompts/i.md", "x");
    world.write(
        "config.yaml",
        "project: Shop\nbase_branch: main\ntask_prefix: SHOP\nworktrees: ../trees\n\
         chain: {prepare: architect, implement: claude-impl, review: claude-review, approve: person}\n\
         gates:\n- {name: tests, run: npm test, timeout: 2m}\n- run: |\n    make lint\n    make docs\n- cargo test\n\
         limits: {parallel: 2, attempts: 5, backoff: 500ms, backoff_max: 1m, park: 90, starts: 3, per_status: {in-progress: 3, review: 1},\
         \x20 aging: 30m, stalled: 1h, same_files: true, budget_usd: {task: 5, day: 40.5, project: 500}, reserve_usd: 1, breaker: 4,\
         \x20 breaker_rest: 1m, unchanged: 2}\n\
         accounts: {anthropic: {tokens_per_minute: 400000, requests_per_minute: 50, runs: 3}}\nkeep: {days: 7, megabytes: 0}\n",
    );
    world.write(
        "agents.yaml",
        "agents:\n  claude-impl:\n    cli: claude\n    model: opus\n    persona: |\n      You are careful.\n      Very.\n\
         \x20   prompt_file: prompts/i.md\n    capabilities: [backend, tests]\n    tools_allowed: [Read, 'Bash(npm test)']\n\
         \x20   tools_restricted: WebFetch\n    directories: [src, ./tests/]\n    timeout: 1h30m\n    silence: 5m\n\
         \x20   max_turns: 50\n    budget_usd: 2.5\n    base_url: http://127.0.0.1:8080\n    account: work\n  cursor:\n",
    );
    let (config, problems) = world.read();
    assert_eq!(problems, [""; 0]);
    assert_eq!(
        (config.project.as_str(), config.task_prefix.as_str()),
        ("Shop", "SHOP")
    );
    assert_eq!(config.worktrees.as_deref(), Some("../trees"));
    assert_eq!(config.base_branch.as_deref(), Some("main"));
    let gate = |name: &str, run: &str, timeout_s| Gate {
        name: name.to_owned(),
        run: run.to_owned(),
        timeout_s,
        ..Gate::default()
    };
    assert_eq!(
        config.gates,
        [
            gate("tests", "npm test", 120),
            gate("make lint make", "make lint\nmake docs", 600),
            gate("cargo test", "cargo test", 600),
        ]
    );
    limits_are_read(&config);
    let agent = &config.agents[&name("claude-impl")];
    assert_eq!(agent.persona.as_deref(), Some("You are careful.\nVery."));
    assert_eq!(agent.tools_allowed, ["Read", "Bash(npm test)"]);
    assert_eq!(agent.tools_restricted, ["WebFetch"]);
    assert_eq!(agent.directories, ["src", "./tests/"]);
    assert_eq!((agent.timeout_s, agent.silence_s), (5_400, 300));
    assert_eq!(
        (agent.max_turns, agent.budget),
        (Some(50), Some(MicroUsd(2_500_000)))
    );
    assert_eq!(agent.account, "work");
    assert_eq!(
        config.holder(Leg::Implement, None),
        Holder::Agent(name("claude-impl"))
    );
    assert_eq!(
        config.holder(Leg::Implement, Some(&name("cursor"))),
        Holder::Outside(name("cursor"))
    );
    assert_eq!(
        config.holder(Leg::Prepare, None),
        Holder::Outside(name("architect"))
    );
}

#[test]
fn without_files_a_person_does_the_work() {
    let world = World::new();
    let (config, problems) = world.read();
    assert_eq!(problems, [""; 0]);
    assert_eq!(config.project, "my project");
    assert_eq!(config.task_prefix, "TASK");
    assert_eq!(config.holder(Leg::Prepare, None), Holder::Nobody);
    assert_eq!(config.holder(Leg::Implement, None), Holder::Person);
    fs::remove_dir_all(world.dir.path().join("my project/.mcp")).unwrap();
    assert_eq!(
        world.folder.config().unwrap_err().kind,
        PortErrorKind::Missing
    );
}

/// File, what it says, and what is told about it (a part of it).
const PROBLEMS: &[(&str, &str, &str)] = &[
    (
        "config.yaml",
        "project: x\nchian: {}\n",
        "config.yaml:2: `chian` is no key that orchestron knows | Did you mean `chain`?",
    ),
    (
        "config.yaml",
        "colour: red\n",
        "config.yaml:1: `colour` is no key that orchestron knows | Delete it. The keys here are",
    ),
    (
        "config.yaml",
        "limits:\n  attempts: many\n",
        "config.yaml:2: `limits.attempts` is no whole number from 1 to 100",
    ),
    (
        "config.yaml",
        "limits:\n  paralel: 2\n",
        "config.yaml:2: `limits.paralel` is no key that orchestron knows | Did you mean `parallel`?",
    ),
    (
        "config.yaml",
        "limits:\n  backoff: soon\n",
        "config.yaml:2: `limits.backoff` is no span of time | Write it like 30s",
    ),
    (
        "config.yaml",
        "gates:\n- name: a\n",
        "config.yaml:2: `gates[1]` has no `run`",
    ),
    (
        "config.yaml",
        "gates: npm test\n",
        "config.yaml:1: `gates` must be a list, but is a text",
    ),
    (
        "config.yaml",
        "gates:\n- {name: a, run: b}\n- {name: a, run: c}\n",
        "config.yaml:3: there are two gates with the name `a`",
    ),
    (
        "config.yaml",
        "chain:\n  implement: Claude Impl\n",
        "config.yaml:2: `Claude Impl` is no agent name",
    ),
    (
        "config.yaml",
        "chain:\n  approve: claude\n",
        "config.yaml:2: `claude` cannot approve: that is always a person's decision",
    ),
    (
        "config.yaml",
        "task_prefix: task\n",
        "config.yaml:1: `task` cannot begin a task's id",
    ),
    (
        "config.yaml",
        "- a\n- b\n",
        "config.yaml:1: the file must be a group of keys, but is a list",
    ),
    ("config.yaml", "a: [1\n", "this is no YAML: "),
    (
        "agents.yaml",
        "agent:\n  x: {}\n",
        "agents.yaml:1: `agent` is no key that orchestron knows | Did you mean `agents`?",
    ),
    (
        "agents.yaml",
        "agents:\n  Big Name: {}\n",
        "agents.yaml:2: `Big Name` is no agent name",
    ),
    (
        "agents.yaml",
        "agents:\n  person: {cli: claude}\n",
        "agents.yaml:2: `person` is no agent but the person here",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    cli: clod\n",
        "agents.yaml:3: `clod` is no coding agent that orchestron can launch | Write one of: claude",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    model: 4.50\n",
        "agents.yaml:3: `agents.a.model` must be a text, but reads as a number | Put it in quotes",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    prompt_file: ../../etc/passwd\n",
        "agents.yaml:3: `../../etc/passwd` is no file below .mcp/",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    prompt_file: prompts/none.md\n",
        "agents.yaml:3: there is no file .mcp/prompts/none.md",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    directories: [src, /etc]\n",
        "agents.yaml:3: `/etc` is no folder of the project",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    budget_usd: lots\n",
        "agents.yaml:3: `agents.a.budget_usd` is no amount of dollars",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    base_url: ftp://x\n",
        "agents.yaml:3: `ftp://x` is no address of a model's API",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    program: ./evil\n",
        "agents.yaml:3: `agents.a.program` is ignored",
    ),
    (
        "agents.yaml",
        "agents:\n  a:\n    tools_restrictd: [Bash]\n",
        "agents.yaml:3: `agents.a.tools_restrictd` is no key that orchestron knows | Did you mean `tools_restricted`?",
    ),
];

#[test]
fn each_problem_has_its_line_and_cure() {
    for (file, text, wanted) in PROBLEMS {
        let world = World::new();
        world.write(file, text);
        let (_, problems) = world.read();
        assert!(
            problems.iter().any(|problem| problem.contains(wanted)),
            "{text}\n{problems:#?}"
        );
    }
}

#[test]
fn a_name_in_the_chain_that_is_nearly_an_agent_is_asked_about() {
    let world = World::new();
    world.write(
        "config.yaml",
        "chain:\n  implement: claude-imp\n  review: cursor\n",
    );
    world.write("agents.yaml", "agents:\n  claude-impl: {cli: claude}\n");
    let (config, problems) = world.read();
    assert_eq!(
        config.holder(Leg::Implement, None),
        Holder::Outside(name("claude-imp"))
    );
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(
        problems[0].starts_with("config.yaml:2: there is no agent `claude-imp`"),
        "{problems:?}"
    );
    assert!(problems[0].ends_with("Did you mean `claude-impl`?"));
}

#[test]
fn a_broken_file_counts_as_it_was() {
    let world = World::new();
    world.write(
        "config.yaml",
        "chain: {implement: a}\ngates: [cargo test]\n",
    );
    world.write("agents.yaml", "agents: {a: {cli: claude}}\n");
    let good = world.read().0;
    for broken in [
        "chain: {implement: a}\ngates: [{name: x}]\n",
        "chain: [",
        "gate: [cargo test]\n",
        "\u{1}",
    ] {
        world.write("config.yaml", broken);
        world.write("agents.yaml", "agents: [a]\n");
        let (config, problems) = world.read();
        assert_eq!(config, good, "{broken:?}");
        assert!(
            problems
                .iter()
                .any(|p| p.contains("counts as it was before")),
            "{problems:#?}"
        );
        // Somebody who starts now knows no better, and launches nothing.
        let fresh = McpFolder::new(world.folder.project(), world.dir.path().join("trash"));
        let (config, _) = fresh.config().unwrap();
        assert_eq!(
            config.holder(Leg::Implement, None),
            Holder::Person,
            "{broken:?}"
        );
        assert!(config.agents.is_empty());
    }
    world.write("config.yaml", b"project: \xff\n");
    assert!(
        world
            .read()
            .1
            .iter()
            .any(|p| p.contains("config.yaml:1: the text is not UTF-8"))
    );
    world.write("config.yaml", vec![b' '; 2 << 20]);
    assert!(world.read().1.iter().any(|p| p.contains("too large")));
}

#[test]
fn an_agent_whose_limits_cannot_be_read_is_not_launched() {
    for entry in [
        "{cli: claude, tools_restrictd: [Bash]}",
        "{cli: claude, directory: [src]}",
        "{cli: claude, disallowedTools: [Bash]}",
        "{cli: claude, permissions: {deny: [Bash]}}",
        "{cli: claude, directories: [../other]}",
        "{cli: claude, budget_usd: -1}",
        "{cli: claude, max_turns: 1.5}",
        "{cli: claude, tools_restricted: {a: b}}",
        "{cli: claude, account: \"a\\nagent b: claude\"}",
    ] {
        let world = World::new();
        world.write("config.yaml", "chain: {implement: a, review: b}\n");
        world.write(
            "agents.yaml",
            format!("agents:\n  a: {entry}\n  b: {{cli: claude, colour: red}}\n"),
        );
        let (config, problems) = world.read();
        assert_eq!(
            config.holder(Leg::Implement, None),
            Holder::Outside(name("a")),
            "{entry}"
        );
        assert!(
            problems.iter().any(|p| p.contains("`a` is not launched")),
            "{entry}: {problems:#?}"
        );
        assert_eq!(
            config.holder(Leg::Review, None),
            Holder::Agent(name("b")),
            "the others go on"
        );
    }
}

#[test]
fn the_stamp_changes_with_each_file() {
    let world = World::new();
    let mut seen = vec![world.folder.config_stamp().unwrap()];
    for (file, text) in [
        ("config.yaml", "project: a\n"),
        ("agents.yaml", ""),
        ("config.yaml", "project: bb\n"),
    ] {
        world.write(file, text);
        let stamp = world.folder.config_stamp().unwrap();
        assert!(!seen.contains(&stamp), "{file}");
        assert_eq!(world.folder.config_stamp().unwrap(), stamp);
        seen.push(stamp);
    }
}

#[test]
fn what_init_writes_works_as_it_is() {
    let gates = ["npm test".to_owned(), "npm run \"lint: all\"".to_owned()];
    for (program, gates) in [(Some("/usr/bin/claude"), &gates[..]), (None, &[])] {
        let world = World::new();
        let setup = Setup {
            project: "A \"quoted\": name #1",
            base_branch: Some("main"),
            installed: &claude(program),
            gates,
        };
        for file in write_default(&setup) {
            world
                .folder
                .write_side(file.path, file.text.as_bytes(), false)
                .unwrap();
        }
        let (config, problems) = world.read();
        assert_eq!(problems, [""; 0]);
        assert_eq!(config.project, setup.project);
        assert_eq!(config.base_branch.as_deref(), Some("main"));
        assert_eq!(
            config
                .gates
                .iter()
                .map(|gate| gate.run.as_str())
                .collect::<Vec<_>>(),
            gates
        );
        let of_machine = Limits {
            parallel: config.limits.parallel,
            starts: config.limits.starts,
            ..Limits::default()
        };
        assert_eq!(config.limits, of_machine);
        let holders =
            [Leg::Prepare, Leg::Implement, Leg::Review].map(|leg| config.holder(leg, None));
        if program.is_some() {
            let agents =
                ["architect", "claude-impl", "claude-review"].map(|n| Holder::Agent(name(n)));
            assert_eq!(holders, agents);
        } else {
            let outside = [
                Holder::Person,
                Holder::Outside(name("cursor")),
                Holder::Nobody,
            ];
            assert_eq!(holders, outside);
            uncommented_example_works(&world);
        }
    }
}

/// The example in the comments is the one that is written when Claude is there.
fn uncommented_example_works(world: &World) {
    let path = world.dir.path().join("my project/.mcp/agents.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let uncommented: Vec<&str> = text
        .lines()
        .map(|line| {
            if line.starts_with("#   ") && !line.starts_with("#   cli  ") {
                &line[2..]
            } else {
                line
            }
        })
        .collect();
    let from = uncommented
        .iter()
        .position(|line| *line == "agents:")
        .unwrap();
    fs::write(&path, uncommented[from..].join("\n")).unwrap();
    let (config, problems) = world.read();
    assert_eq!(problems, [""; 0]);
    assert_eq!(config.agents.len(), 4);
}

#[test]
fn a_budget_that_cannot_be_read_stops_what_costs_money() {
    let unread = |text: &str| {
        let world = World::new();
        world.write("config.yaml", text);
        let (config, problems) = world.read();
        assert_eq!(problems.is_empty(), !config.limits.unread, "{problems:?}");
        config.limits.unread
    };
    for text in [
        "limits:\n  budget_usd: {task: five}\n",
        "limits:\n  budget_usd: {task: 0}\n",
        "limits:\n  budget_usd: 5\n",
        "limits:\n  budget_usd: {month: 100}\n",
        "limits:\n  budgets: {day: 5}\n",
        "limits:\n  reserve_usd: much\n",
        "limits: 5 dollars\n",
        "accounts: {anthropic: {tokens_per_minute: lots}}\n",
    ] {
        assert!(unread(text), "{text}");
    }
    assert!(!unread("limits:\n  budget_usd: {task: 2.5, day: 20}\n"));
}

#[test]
fn what_a_text_would_mean_is_told_without_writing_it() {
    let world = World::new();
    world.write("config.yaml", "limits:\n  attempts: 5\n");
    world.write("agents.yaml", "agents:\n  impl:\n    cli: claude\n");
    let (config, problems) = world
        .folder
        .config_as(b"chain:\n  implement: impl\nlimits:\n  attempts: many\n")
        .unwrap();
    assert_eq!(
        config.holder(Leg::Implement, None),
        Holder::Agent(name("impl"))
    );
    let told: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(told, [Some(4)]);
    // What is there is as it was, and so is what was remembered of it.
    assert_eq!(world.read().0.limits.attempts, 5);
}
