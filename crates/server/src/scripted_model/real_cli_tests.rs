//! The scripted model and the real Claude CLI together. Needs the pinned CLI: the program named by
//! `ORCHESTRON_CLAUDE`, or the one below `tools/`; without it the test says so and passes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::{Outcome, Pace, Scenario, ScriptedModel, ScriptedModelHandle};

const SCRIPT: &str = "
name: real cli
plays:
  - when: { task: TASK-001, leg: implement, attempt: 1 }
    end: Both files are there.
    steps:
      - error: { status: 529, message: Overloaded }
      - say: Two calls in one turn.
        calls:
          - { tool: Write, input: { file_path: '${worktree}/made.txt', content: 'by ${task}' } }
          - { tool: Read, input: { file_path: '${worktree}/nowhere.txt' } }
      - cut: true
      - error: { status: 529, in_stream: true }
      - say: And one more.
        instead: [{ if: { tool: Write, failed: true }, say: The first Write failed. }]
        calls: [{ tool: Write, input: { file_path: '${worktree}/second.txt', content: two } }]
  - when: { task: TASK-001, leg: implement, attempt: 2+ }
    end: Now it says three.
    steps:
      - calls: [{ tool: Read, input: { file_path: '${worktree}/second.txt' } }]
      - calls:
          - tool: Edit
            input: { file_path: '${worktree}/second.txt', old_string: two, new_string: three }
";

const SESSION: &str = "5f0c1c52-93a1-4c3b-9d6b-0d7d1b8a7a01";

fn claude() -> Option<PathBuf> {
    let named = std::env::var_os("ORCHESTRON_CLAUDE").map(PathBuf::from);
    let program = named.unwrap_or_else(|| {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools");
        tools.join("node_modules/@anthropic-ai/claude-code-linux-x64/claude")
    });
    let found = program.is_file();
    if !found {
        println!(
            "SKIPPED: the Claude CLI is not at {}; run ./dev test, which installs it, \
             or set ORCHESTRON_CLAUDE",
            program.display()
        );
    }
    found.then_some(program)
}

/// Runs one prompt with nothing but our endpoint in reach of its environment.
fn run(
    claude: &Path,
    home: &Path,
    model: &ScriptedModelHandle,
    session: &str,
    prompt: &str,
) -> Output {
    Command::new(claude)
        .args(["-p", prompt, session, SESSION])
        .args(["--output-format", "stream-json", "--verbose"])
        .args(["--permission-mode", "acceptEdits", "--setting-sources", ""])
        .arg("--strict-mcp-config")
        .current_dir(home.join("tree"))
        .stdin(Stdio::null())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("CLAUDE_CONFIG_DIR", home.join("config"))
        .env("ANTHROPIC_API_KEY", "scripted")
        .env("ANTHROPIC_BASE_URL", model.base_url())
        .env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
        .env("DISABLE_TELEMETRY", "1")
        .env("DISABLE_ERROR_REPORTING", "1")
        .env("DISABLE_AUTOUPDATER", "1")
        .output()
        .unwrap()
}

fn result_line(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let result = lines.rfind(|line| line["type"] == "result");
    result.unwrap_or_else(|| {
        panic!(
            "no result: {text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

#[test]
fn the_real_cli_plays_two_attempts_in_one_session() {
    let Some(claude) = claude() else { return };
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let scenario = Scenario::from_yaml(SCRIPT, "real.yaml").unwrap();
    let scenario = scenario.with_pace(Pace::Instant);
    let model = runtime
        .block_on(ScriptedModel::start(scenario, ([127, 0, 0, 1], 0).into()))
        .unwrap();

    let prompt = "# TASK-001 · implement · attempt 1\nWrite the two files.";
    let first = result_line(&run(&claude, home.path(), &model, "--session-id", prompt));
    assert_eq!(first["is_error"], false, "{first}");
    assert_eq!(first["result"], "Both files are there.");
    let read = |name: &str| std::fs::read_to_string(tree.join(name)).unwrap();
    assert_eq!(read("made.txt"), "by TASK-001");
    assert_eq!(read("second.txt"), "two");

    let prompt = "# TASK-001 · implement · attempt 2\nMake it three.";
    let second = result_line(&run(&claude, home.path(), &model, "--resume", prompt));
    assert_eq!(second["result"], "Now it says three.", "{second}");
    assert_eq!(read("second.txt"), "three");

    let faults = model
        .requests()
        .into_iter()
        .filter_map(|request| match request.outcome {
            Outcome::Turn { fault, .. } => fault,
            _ => None,
        });
    assert_eq!(faults.collect::<Vec<_>>(), ["error", "cut", "error"]);
    let strays = model.requests().into_iter();
    let strays = strays.filter(|request| request.outcome == Outcome::NoPlay);
    assert_eq!(strays.count(), 0, "every request of the CLI found its play");
    runtime.block_on(model.stop());
}
