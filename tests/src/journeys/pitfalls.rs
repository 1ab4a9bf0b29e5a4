//! What the real CLI does when it goes wrong: a stream that stalls, a kill -9 that leaves its shell's children behind.

use super::{LEG, approve, create, does, shop};
use crate::environment::{Chain, Model, TestEnvironment, kill};
use serde_json::Value;
use std::{fs, time::Duration};

const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_stalled_stream_is_ended_by_our_own_watchdog_and_tried_again() {
    let stalls = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - stall_s: 600
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
"#;
    let (env, model) = shop(&Chain::ALONE, stalls);
    env.configure(&Chain::ALONE, Some(&model.url()));
    let agents = env.read(".mcp/agents.yaml").replace(
        "    model: sonnet\n",
        "    model: sonnet\n    silence: 4s\n",
    );
    env.write(".mcp/agents.yaml", &agents);
    does(&env, &["trust"]);
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    approve(&env, &task);
    let events = env.json(&["log", &task])["events"].to_string();
    assert!(events.contains("was silent for"), "{events}");
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    engine.stop();
    env.wait_until_quiet();
}

const STARTS_A_CHILD: &str = r#"
  - when: { leg: implement, attempt: 1 }
    steps:
      - calls:
          - { tool: Bash, input: { command: "setsid sleep 4321 & sleep 4322", description: "Leave something behind" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Never." } }
  - when: { leg: implement, attempt: 2+ }
    steps:
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
"#;

/// An agent whose shell has two children, one of them in a session of its own.
fn with_children() -> (TestEnvironment, Model, String, crate::environment::Engine) {
    let (env, model) = shop(&Chain::ALONE, STARTS_A_CHILD);
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    let asked = env.wait_for_request("permission", LEG);
    does(&env, &["answer", &format!("R-{}", asked["id"]), "--allow"]);
    env.wait_for("the children", SOON, || (children(&env) == 2).then_some(()));
    (env, model, task, engine)
}

fn children(env: &TestEnvironment) -> usize {
    let processes = env.processes().into_iter();
    processes
        .filter(|process| process.words.starts_with("sleep 432"))
        .count()
}

/// The process of the first run that is called this in its record.
fn process_of_the_run(env: &TestEnvironment, task: &str, who: &str) -> u32 {
    let path = env
        .state()
        .join("runs")
        .join(format!("{task}-implement-1/run.json"));
    let record: Value = serde_json::from_slice(&fs::read(path).expect("run.json")).expect("JSON");
    u32::try_from(record[who]["pid"].as_u64().expect("a process")).expect("a process id")
}

fn nothing_is_left_and_work_goes_on(env: &TestEnvironment, task: &str) {
    env.wait_for("the children to be gone", SOON, || {
        (children(env) == 0).then_some(())
    });
    approve(env, task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
}

#[test]
fn what_a_killed_agent_leaves_behind_is_ended() {
    let (env, _model, task, engine) = with_children();
    kill(process_of_the_run(&env, &task, "agent"));
    nothing_is_left_and_work_goes_on(&env, &task);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn what_a_killed_keeper_leaves_behind_is_ended_too() {
    let (env, _model, task, engine) = with_children();
    kill(process_of_the_run(&env, &task, "keeper"));
    nothing_is_left_and_work_goes_on(&env, &task);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_task_that_is_moved_by_hand_takes_its_agent_with_it() {
    let (env, _model, task, engine) = with_children();
    let tasks = env.project().join(".mcp/tasks");
    let file = crate::environment::file_of(&tasks.join("in-progress"), &task).expect("there");
    let name = file.file_name().expect("a name").to_owned();
    fs::rename(&file, tasks.join("failed").join(name)).expect("moved");
    env.wait_for("the agent and its children to be gone", SOON, || {
        env.processes_of_runs(&engine).is_empty().then_some(())
    });
    assert_eq!(env.status_of(&task), "failed");
    engine.stop();
}
