//! How the Claude CLI is launched: command line, environment and files of a run.
//!
//! Nothing that a repository can write becomes an argument of its own: rules go into the settings file, names stand behind
//! `=`. Variadic flags (`--disallowedTools`, `--allowedTools`) come last, with constant words only, because they swallow
//! whatever follows them.

use super::rules;
use crate::{Launch, LaunchPlan, Opening, tools};
use orchestron_domain::MicroUsd;

/// Variables taken over from our environment: what the CLI and the developer's own tools need to work as in a terminal. No
/// key, token or agent socket is among them, and nothing that makes the CLI talk to another account than the configured one.
const INHERIT: &[&str] = &[
    // who and where
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    // the network around us
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    // tool chains that gates and tests use
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "GOPATH",
    "GOROOT",
    "JAVA_HOME",
    "NVM_DIR",
    "NVM_BIN",
    "VOLTA_HOME",
    "PNPM_HOME",
    "PYENV_ROOT",
    "RBENV_ROOT",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "NIX_PATH",
    "NIX_PROFILES",
    // Windows
    "SYSTEMROOT",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "USERNAME",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "TEMP",
    "TMP",
    "CLAUDE_CODE_GIT_BASH_PATH",
];

/// Fixed variables.
const FIXED: &[(&str, &str)] = &[
    // With these four the model's address is the only thing the CLI connects to.
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("DISABLE_TELEMETRY", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    // `idle` says that a turn is really over; a `result` line does not.
    ("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS", "1"),
    // Sub-agents and commands in the background would start turns by themselves after the end.
    ("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1"),
    // About 35 s of patience; the default of 10 retries for minutes. Longer waits are the engine's business.
    ("CLAUDE_CODE_MAX_RETRIES", "6"),
    ("MCP_TIMEOUT", "10000"),
    // A call of ours may wait for a person for days. 2^31 and more would be no timeout but none at all.
    ("MCP_TOOL_TIMEOUT", "2000000000"),
    ("CLAUDE_CODE_MCP_TOOL_IDLE_TIMEOUT", "2000000000"),
    // What one run learned reaches the next through the task, where people can read it, not through a memory of its own.
    ("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"),
    // Git asks nobody: there is no terminal.
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// The launch of a run.
pub fn launch(plan: &LaunchPlan<'_>) -> Launch {
    let rules = rules::of(plan);
    let helper = plan.has_key.then(|| key_helper(plan));
    let files = vec![
        (
            "settings.json".to_owned(),
            rules::settings(&rules, helper.as_deref()),
        ),
        ("role.md".to_owned(), plan.role.as_bytes().to_vec()),
    ];
    Launch {
        argv: argv(plan),
        inherit: inherited(plan),
        env: environment(plan),
        files,
        opening: Opening {
            run: plan.run.clone(),
            leg: plan.leg,
            session: plan.session.clone(),
            worktree: plan.worktree.to_owned(),
            may_write: plan.may_write,
            prompt: plan.prompt.to_owned(),
            rules,
        },
    }
}

fn argv(plan: &LaunchPlan<'_>) -> Vec<String> {
    let agent = plan.agent;
    let run_dir = plan.run_dir.trim_end_matches('/');
    let mut argv = vec![agent.program.clone().unwrap_or_else(|| "claude".to_owned())];
    let mut add = |words: &[&str]| argv.extend(words.iter().map(|&word| word.to_owned()));
    add(&[
        "-p",
        "--input-format",
        "stream-json",
        "--output-format",
        "stream-json",
    ]);
    add(&[
        "--verbose",
        "--include-partial-messages",
        "--replay-user-messages",
    ]);
    add(&[
        "--permission-prompt-tool",
        "stdio",
        "--permission-mode",
        permission_mode(plan),
    ]);
    // A repository's own settings and servers are not trusted: agents can write them.
    add(&["--setting-sources", "", "--strict-mcp-config"]);
    add(&["--settings", &format!("{run_dir}/settings.json")]);
    add(&["--append-system-prompt-file", &format!("{run_dir}/role.md")]);
    add(&[
        if plan.resume {
            "--resume"
        } else {
            "--session-id"
        },
        &plan.session.0,
    ]);
    if let Some(model) = agent
        .model
        .as_deref()
        .filter(|model| !model.trim().is_empty())
    {
        add(&[&format!("--model={}", model.trim())]);
    }
    if let Some(turns) = agent.max_turns {
        add(&["--max-turns", &turns.to_string()]);
    }
    if let Some(budget) = agent.budget {
        add(&["--max-budget-usd", &dollars(budget)]);
    }
    add(&["--disallowedTools"]);
    add(&rules::tools_taken_away(plan.may_write));
    add(&["--allowedTools", &format!("mcp__{}", tools::SERVER)]);
    argv
}

/// A run that may write edits without asking; one that may write in some folders only asks outside of them.
fn permission_mode(plan: &LaunchPlan<'_>) -> &'static str {
    if plan.may_write && rules::write_folders(plan).is_none() {
        "acceptEdits"
    } else {
        "default"
    }
}

fn inherited(plan: &LaunchPlan<'_>) -> Vec<&'static str> {
    let mut names = INHERIT.to_vec();
    if plan.config_dir.is_none() {
        names.push("CLAUDE_CONFIG_DIR");
    }
    names
}

fn environment(plan: &LaunchPlan<'_>) -> Vec<(String, String)> {
    let fixed = FIXED.iter().map(|&(name, value)| (name, value));
    let config_dir = plan.config_dir.map(|folder| ("CLAUDE_CONFIG_DIR", folder));
    let base_url = plan
        .agent
        .base_url
        .as_deref()
        .map(|url| ("ANTHROPIC_BASE_URL", url));
    fixed
        .chain(config_dir)
        .chain(base_url)
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The command the CLI runs through the shell whenever it needs the key. `exec` makes the helper the CLI's own child, which
/// is how the keeper knows whom it answers.
fn key_helper(plan: &LaunchPlan<'_>) -> String {
    if cfg!(windows) {
        return format!(
            "\"{}\" key-helper \"{}\"",
            plan.helper_program, plan.run_dir
        );
    }
    format!(
        "exec {} key-helper {}",
        shell_quoted(plan.helper_program),
        shell_quoted(plan.run_dir)
    )
}

fn shell_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

fn dollars(amount: MicroUsd) -> String {
    format!("{}.{:06}", amount.0 / 1_000_000, amount.0 % 1_000_000)
}

#[cfg(test)]
pub mod tests {
    use super::launch;
    use crate::{Launch, LaunchPlan};
    use orchestron_domain::{Agent, Leg, MicroUsd, RunId, SessionId};

    /// Gives `use_plan` a plan that `change` has changed.
    pub fn plan_with<R>(
        change: impl FnOnce(&mut LaunchPlan<'_>, &mut Agent),
        use_plan: impl FnOnce(&LaunchPlan<'_>) -> R,
    ) -> R {
        let blank = agent();
        let mut agent = agent();
        let run = RunId::of(&"TASK-1".parse().unwrap(), "implement", 1);
        let session = SessionId::from("0a5bde1b-6288-47f7-8d58-3e67df8e2852");
        let mut plan = LaunchPlan {
            run: &run,
            leg: Leg::Implement,
            run_dir: "/state/it's/runs/TASK-001-implement-1",
            worktree: "/state/worktrees/TASK-001",
            mcp_dir: "/work/shop/.mcp",
            session: &session,
            resume: false,
            agent: &blank,
            role: "You are Ada.\n",
            prompt: "# TASK-001",
            may_write: true,
            helper_program: "/opt/my tools/orchestron",
            has_key: false,
            config_dir: None,
        };
        change(&mut plan, &mut agent);
        use_plan(&LaunchPlan {
            agent: &agent,
            ..plan
        })
    }

    fn agent() -> Agent {
        Agent {
            cli: Some("claude".into()),
            ..Agent::named("ada".parse().unwrap())
        }
    }

    fn after<'a>(launch: &'a Launch, flag: &str) -> Option<&'a str> {
        let at = launch.argv.iter().position(|word| word == flag)?;
        launch.argv.get(at + 1).map(String::as_str)
    }

    #[test]
    fn the_command_line_is_the_measured_one() {
        let launch = plan_with(|_, _| (), launch);
        let expected = "claude -p --input-format stream-json --output-format stream-json --verbose \
             --include-partial-messages --replay-user-messages --permission-prompt-tool stdio --permission-mode acceptEdits \
             --setting-sources  --strict-mcp-config --settings /state/it's/runs/TASK-001-implement-1/settings.json \
             --append-system-prompt-file /state/it's/runs/TASK-001-implement-1/role.md \
             --session-id 0a5bde1b-6288-47f7-8d58-3e67df8e2852 --disallowedTools AskUserQuestion EnterPlanMode ExitPlanMode \
             EnterWorktree ExitWorktree CronCreate CronDelete CronList ScheduleWakeup Monitor SendMessage ListAgents Workflow \
             --allowedTools mcp__orchestron";
        assert_eq!(launch.argv.join(" "), expected);
        let names: Vec<&str> = launch.files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["settings.json", "role.md"]);
        assert_eq!(launch.files[1].1, b"You are Ada.\n");
    }

    #[test]
    fn configuration_becomes_flags() {
        let launch = plan_with(
            |plan, agent| {
                plan.resume = true;
                plan.may_write = false;
                agent.program = Some("/opt/claude".into());
                agent.model = Some("sonnet".into());
                agent.max_turns = Some(40);
                agent.budget = Some(MicroUsd(2_500_000));
            },
            launch,
        );
        assert_eq!(launch.argv[0], "/opt/claude");
        assert_eq!(
            after(&launch, "--resume"),
            Some("0a5bde1b-6288-47f7-8d58-3e67df8e2852")
        );
        assert_eq!(after(&launch, "--session-id"), None);
        assert!(launch.argv.contains(&"--model=sonnet".to_owned()));
        assert_eq!(after(&launch, "--max-turns"), Some("40"));
        assert_eq!(after(&launch, "--max-budget-usd"), Some("2.500000"));
        assert_eq!(after(&launch, "--permission-mode"), Some("default"));
        assert!(launch.argv.contains(&"NotebookEdit".to_owned()));
    }

    #[test]
    fn folders_make_it_ask_elsewhere() {
        let launch = plan_with(|_, agent| agent.directories = vec!["src".into()], launch);
        assert_eq!(after(&launch, "--permission-mode"), Some("default"));
        assert!(
            launch
                .opening
                .rules
                .iter()
                .any(|rule| rule.allow && rule.text == "Edit(src/**)")
        );
    }

    #[test]
    fn a_configuration_cannot_smuggle_in_a_flag() {
        let evil = "--dangerously-skip-permissions".to_owned();
        let launch = plan_with(
            |_, agent| {
                agent.model = Some(evil.clone());
                agent.tools_allowed = vec![evil.clone()];
                agent.tools_restricted = vec![evil.clone()];
                agent.directories = vec![evil.clone()];
            },
            launch,
        );
        assert!(!launch.argv.contains(&evil), "{:?}", launch.argv);
    }

    #[test]
    fn no_key_is_anywhere_and_the_helper_is_quoted() {
        let launch = plan_with(|plan, _| plan.has_key = true, launch);
        let settings = String::from_utf8(launch.files[0].1.clone()).unwrap();
        if cfg!(unix) {
            let command = r"exec '/opt/my tools/orchestron' key-helper '/state/it'\\''s/runs/TASK-001-implement-1'";
            assert!(settings.contains(command), "{settings}");
        }
        let names = launch.env.iter().map(|(name, _)| name.as_str());
        for name in names.chain(launch.inherit.iter().copied()) {
            assert!(
                !name.contains("KEY") && !name.contains("TOKEN") && !name.contains("SSH"),
                "{name}"
            );
        }
        let launch = plan_with(|_, _| (), super::launch);
        let settings = String::from_utf8(launch.files[0].1.clone()).unwrap();
        assert!(
            !settings.contains("apiKeyHelper"),
            "no key: the agent's own login counts"
        );
    }

    #[test]
    fn the_environment_is_explicit() {
        let launch = plan_with(
            |plan, agent| {
                plan.config_dir = Some("/cfg");
                agent.base_url = Some("http://127.0.0.1:1".into());
            },
            launch,
        );
        let value = |wanted: &str| {
            let found = launch.env.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(value("CLAUDE_CONFIG_DIR"), Some("/cfg"));
        assert_eq!(value("ANTHROPIC_BASE_URL"), Some("http://127.0.0.1:1"));
        assert_eq!(value("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"), Some("1"));
        assert_eq!(value("CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS"), Some("1"));
        assert!(launch.inherit.contains(&"PATH") && !launch.inherit.contains(&"CLAUDE_CONFIG_DIR"));
        let launch = plan_with(|_, _| (), super::launch);
        assert!(launch.inherit.contains(&"CLAUDE_CONFIG_DIR"));
        assert!(
            launch
                .env
                .iter()
                .all(|(name, _)| name != "ANTHROPIC_BASE_URL")
        );
    }
}
