//! A permission ask waits for a person as long as it takes, survives the engine, and dies with its run.

use super::{LEG, approve, create, does, shop};
use crate::environment::{Chain, Model, TestEnvironment, kill};
use serde_json::Value;
use std::{fs, thread, time::Duration};

const IMPLEMENT: &str = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - say: This needs your permission.
        calls:
          - { tool: Bash, input: { command: "node -e 'console.log(1)' > asked.txt", description: "Write asked.txt" } }
      - say: It was allowed.
        calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "allowed\n" } }
        instead:
          - if: { tool: Bash, failed: true }
            say: It was not allowed.
            calls:
              - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "denied\n" } }
      - calls:
          - tool: mcp__orchestron__task_submit
            input: { note: "Submitted." }
"#;

fn asking_shop() -> (TestEnvironment, Model, String) {
    let chain = Chain::ALONE;
    let (env, model) = shop(&chain, IMPLEMENT);
    let task = create(&env, "Ask first");
    (env, model, task)
}

/// The agent's process of a run.
fn agent(env: &TestEnvironment, run: &str) -> u32 {
    let text = fs::read(env.state().join("runs").join(run).join("run.json")).expect("run.json");
    let record: Value = serde_json::from_slice(&text).expect("JSON");
    let pid = record["agent"]["pid"].as_u64().expect("an agent");
    u32::try_from(pid).expect("a process id")
}

fn is_alive(env: &TestEnvironment, pid: u32) -> bool {
    env.processes().iter().any(|process| process.pid == pid)
}

#[test]
fn an_ask_survives_kill_9_of_the_engine_and_is_answered_by_the_next_one() {
    let (env, _model, task) = asking_shop();
    let engine = env.engine();
    let asked = env.wait_for_request("permission", LEG);
    assert_eq!(asked["tool"], "Bash");
    assert!(
        asked["input"]
            .as_str()
            .expect("input")
            .contains("asked.txt"),
        "{asked}"
    );
    let pid = agent(&env, &format!("{task}-implement-1"));

    engine.kill();
    thread::sleep(Duration::from_millis(300));
    assert!(is_alive(&env, pid), "the agent goes on without its engine");
    let again = env
        .request("permission")
        .expect("it waits without an engine");
    assert_eq!(again["id"], asked["id"]);

    let engine = env.engine();
    thread::sleep(Duration::from_millis(500));
    let requests = env.json(&["requests"]);
    assert_eq!(
        requests.as_array().expect("a list").len(),
        1,
        "asked once: {requests}"
    );
    assert!(
        is_alive(&env, pid),
        "the agent was taken up, not started again"
    );

    does(&env, &["answer", &format!("R-{}", asked["id"]), "--allow"]);
    approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "allowed");
    assert!(
        env.git(&["ls-tree", "--name-only", "main"])
            .contains("asked.txt")
    );
    let runs: Vec<_> = fs::read_dir(env.state().join("runs"))
        .expect("runs")
        .flatten()
        .collect();
    assert_eq!(runs.len(), 1, "one run did it: {runs:?}");
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn an_answer_given_while_no_engine_runs_reaches_the_agent() {
    let (env, _model, task) = asking_shop();
    let engine = env.engine();
    let asked = env.wait_for_request("permission", LEG);
    engine.kill();
    does(
        &env,
        &[
            "answer",
            &format!("R-{}", asked["id"]),
            "--deny",
            "-m",
            "Not like this.",
        ],
    );
    let engine = env.engine();
    approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "denied");
    engine.stop();
}

#[test]
fn an_ask_dies_with_its_run() {
    let (env, _model, task) = asking_shop();
    let engine = env.engine();
    let asked = env.wait_for_request("permission", LEG);
    kill(agent(&env, &format!("{task}-implement-1")));
    // The next try asks anew.
    let second = env.wait_for("the second try's ask", LEG, || {
        env.request("permission")
            .filter(|request| request["id"] != asked["id"])
    });
    // Its conversation may have been lost with it; then there is another try in between.
    assert_ne!(second["run"], asked["run"]);
    let refused = env.orchestron(&["answer", &format!("R-{}", asked["id"]), "--allow"]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("its run is over"), "{refused}");
    does(&env, &["answer", &format!("R-{}", second["id"]), "--allow"]);
    approve(&env, &task);
    engine.stop();
}
