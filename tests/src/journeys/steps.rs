//! A person steps in while the real Claude CLI works: its turn is interrupted, it rests and goes on, its question waits for free.

use super::{LEG, approve, create, does, shop};
use crate::environment::{Chain, Model, TestEnvironment};
use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// Generous: what is promised is a second, on a machine that is not building eight other things.
const AT_ONCE: Duration = Duration::from_secs(15);

/// The model falls silent in the midst of its first words, once.
const STALLS: &str = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - stall_s: 600
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
"#;

const ASKS: &str = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - calls:
          - tool: mcp__orchestron__request_help
            input: { question: "Which database?", options: [SQLite, PostgreSQL] }
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
"#;

fn alone(script: &str) -> (TestEnvironment, Model, String) {
    let (env, model) = shop(&Chain::ALONE, script);
    let task = create(&env, "Greet the customers");
    (env, model, task)
}

fn run_file(env: &TestEnvironment, run: &str, name: &str) -> PathBuf {
    env.state().join("runs").join(run).join(name)
}

fn text(path: &PathBuf) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Kinds of what happened to a task, oldest first.
fn kinds(env: &TestEnvironment, task: &str) -> Vec<String> {
    let log = env.json(&["log", task, "-n", "500"]);
    let events = log["events"].as_array().expect("events").iter().rev();
    let kind = |event: &Value| event["kind"].as_str().expect("a kind").to_owned();
    events.map(kind).collect()
}

/// Waits until a run is in the midst of its first words.
fn wait_until_at_work(env: &TestEnvironment, run: &str) {
    let out = run_file(env, run, "out.jsonl");
    env.wait_for("the agent's first words", LEG, || {
        text(&out).contains("\"requesting\"").then_some(())
    });
}

#[test]
fn stepping_in_interrupts_the_turn_and_the_same_run_goes_on_with_the_words() {
    let (env, _model, task) = alone(STALLS);
    let engine = env.engine();
    let run = format!("{task}-implement-1");
    wait_until_at_work(&env, &run);
    let told = Instant::now();
    let said = does(&env, &["intervene", &task, "-m", "Use PostgreSQL instead"]);
    assert!(said.contains("interrupted coder"), "{said}");
    let inbox = run_file(&env, &run, "in.jsonl");
    env.wait_for("the words to reach the agent", AT_ONCE, || {
        text(&inbox)
            .contains("Use PostgreSQL instead")
            .then_some(())
    });
    eprintln!("intervene: heard after {:?}", told.elapsed());
    // Interrupted first, spoken to when its turn was over.
    let lines = text(&inbox);
    let at = |what: &str| lines.find(what).expect(what);
    assert!(
        at("\"interrupt\"") < at("Use PostgreSQL instead"),
        "{lines}"
    );
    approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    let kinds = kinds(&env, &task);
    assert!(kinds.contains(&"person-intervened".to_owned()), "{kinds:?}");
    let started = kinds.iter().filter(|kind| *kind == "run-started");
    assert_eq!(started.count(), 1, "{kinds:?}");

    let logs = does(&env, &["logs", &task]);
    for part in [
        "▸ Write greeting.txt",
        "■ completed",
        "more lines; --verbose",
    ] {
        assert!(logs.contains(part), "`{part}` is not in\n{logs}");
    }
    assert!(!logs.contains('\u{1b}'), "{logs}");
    let followed = does(&env, &["logs", &task, "--follow"]);
    assert_eq!(followed, logs, "what is over is shown and not waited for");
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn stepping_in_answers_what_was_just_asked() {
    let (env, _model, task) = alone(ASKS);
    let engine = env.engine();
    env.wait_for_request("question", LEG);
    let said = does(&env, &["intervene", &task, "-m", "Neither: write a file."]);
    assert!(said.contains("is void"), "{said}");
    approve(&env, &task);
    assert_eq!(env.request("question"), None);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    engine.stop();
}

#[test]
fn a_paused_agent_rests_and_goes_on_in_the_same_conversation() {
    let (env, _model, task) = alone(STALLS);
    let engine = env.engine();
    let run = format!("{task}-implement-1");
    wait_until_at_work(&env, &run);
    let watching = env
        .orchestron_command(&["watch", "--session", "current", "--json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("watch can be started");
    // It is there when it has begun to look.
    thread::sleep(Duration::from_millis(700));
    let told = Instant::now();
    does(
        &env,
        &["pause", &task, "--reason", "Needs architecture review"],
    );
    env.wait_for("the run to end", AT_ONCE, || {
        run_file(&env, &run, "exit.json").exists().then_some(())
    });
    eprintln!("pause: ended after {:?}", told.elapsed());
    let watched = watching.wait_with_output().expect("it ends by itself");
    let watched = String::from_utf8_lossy(&watched.stdout).into_owned();
    assert!(
        watched.contains("run-started"),
        "from its start on: {watched}"
    );
    assert!(watched.contains("Needs architecture review"), "{watched}");
    env.wait_for("the pause to be told", AT_ONCE, || {
        let why = env.orchestron(&["why", &task]).stdout;
        why.contains("Needs architecture review").then_some(())
    });
    assert_eq!(env.request("escalation"), None, "nobody is asked anything");
    thread::sleep(Duration::from_millis(500));
    let runs = fs::read_dir(env.state().join("runs")).expect("runs");
    assert_eq!(runs.count(), 1, "it rests");

    let shown = env.json(&["attach", &task, "--print"]);
    let session: Value =
        serde_json::from_str(&text(&run_file(&env, &run, "talk.json"))).expect("JSON");
    let session = session["opening"]["session"]
        .as_str()
        .expect("a session")
        .to_owned();
    assert_eq!(shown["args"], serde_json::json!(["--resume", session]));
    assert!(
        shown["shell"].as_str().expect("a line").starts_with("cd "),
        "{shown}"
    );

    does(&env, &["resume", &task]);
    approve(&env, &task);
    let again: Value = serde_json::from_str(&text(&run_file(
        &env,
        &format!("{task}-implement-2"),
        "talk.json",
    )))
    .expect("JSON");
    assert_eq!(again["opening"]["session"].as_str(), Some(session.as_str()));
    let shown = env.json(&["show", &task]);
    assert_eq!(
        shown["task"]["feedback"],
        serde_json::json!([]),
        "a pause is no failure"
    );
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_question_waits_without_a_word_to_the_model_also_over_a_restart_and_goes_on_by_itself() {
    let (env, _model, task) = alone(ASKS);
    let engine = env.engine();
    let asked = env.wait_for_request("question", LEG);
    let out = run_file(&env, &format!("{task}-implement-1"), "out.jsonl");
    let requests = |text: &str| text.matches("\"requesting\"").count();
    thread::sleep(Duration::from_millis(300));
    let before = requests(&text(&out));
    thread::sleep(Duration::from_secs(2));
    engine.kill();
    let engine = env.engine();
    thread::sleep(Duration::from_secs(1));
    assert_eq!(requests(&text(&out)), before, "it waits for free");
    let waits = env.wait_for_request("question", LEG);
    assert_eq!(waits["id"], asked["id"], "asked once");
    assert_eq!(waits["urgency_why"], "coder waits in its run");

    does(&env, &["clarify", &task, "PostgreSQL"]);
    approve(&env, &task);
    assert!(
        text(&out).contains("PostgreSQL"),
        "the answer came back as the call's result"
    );
    let goal = env.task_text(&task);
    assert!(
        !goal.contains("Clarification"),
        "an answer is no change of the goal: {goal}"
    );
    engine.stop();
    env.wait_until_quiet();
}
