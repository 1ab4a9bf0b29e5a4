//! `orchestron demo` to its natural end, with a person who decides whatever comes.

use super::LEG;
use crate::environment::{TestEnvironment, claude};
use serde_json::Value;
use std::collections::BTreeMap;

/// All five tasks, one agent at a time, on two cores.
const WHOLE_DEMO: u32 = 4;

#[test]
fn the_demo_comes_to_its_end_with_decisions_from_the_command_line() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", claude());
    let project = env.project();
    let dir = project.to_string_lossy().into_owned();
    let engine = env.engine_without_waiting(&["demo", "--fast", "--dir", &dir], &[]);
    let ready = engine.wait_for_line(&env, "demo");
    assert_eq!(ready["project"], Value::from(dir));
    engine.wait_until_running(&env);

    let mut decided: BTreeMap<String, u32> = BTreeMap::new();
    env.wait_for("all five tasks to be done", LEG * WHOLE_DEMO, || {
        for request in env.json(&["requests"]).as_array().expect("a list") {
            let kind = request["kind"].as_str().expect("a kind").to_owned();
            if decide(&env, request) {
                *decided.entry(kind).or_default() += 1;
            }
        }
        let cards = env.json(&["list"]);
        let cards = cards.as_array().expect("a list");
        (cards.len() == 5 && cards.iter().all(|card| card["status"] == "done")).then_some(())
    });
    assert_eq!(decided.get("review"), Some(&5), "{decided:?}");
    assert_eq!(
        (decided.get("permission"), decided.get("question")),
        (Some(&1), Some(&1)),
        "{decided:?}"
    );
    assert_eq!(decided.len(), 3, "{decided:?}");

    // What the script promises happened: a gate failed once, a reviewer asked for changes once.
    assert!(env.read(".mcp/feedback/TASK-001-1.md").contains("gate"));
    assert!(env.read(".mcp/feedback/TASK-002-1.md").contains("- From: "));
    let merges = env.git(&["log", "--merges", "--format=%s", "main"]);
    assert_eq!(merges.lines().count(), 5, "{merges}");
    env.git(&["diff", "--quiet", "HEAD", "--", "src", "test"]);
    let tests = crate::environment::finish(env.command("node").arg("--test"), LEG);
    assert_eq!(tests.code, 0, "the finished project's own tests: {tests}");
    engine.stop();
    env.wait_until_quiet();
}

/// Decides a request; false when somebody or something else was quicker.
fn decide(env: &TestEnvironment, request: &Value) -> bool {
    let id = format!("R-{}", request["id"]);
    let task = request["task"].as_str().unwrap_or("");
    let done = match request["kind"].as_str() {
        Some("review") => env.orchestron(&["approve", task]),
        Some("permission") => env.orchestron(&["answer", &id, "--allow"]),
        Some("question") => {
            let answer = request["options"][0]
                .as_str()
                .expect("the script offers answers");
            env.orchestron(&["answer", &id, "--text", answer])
        }
        _ => panic!("nobody scripted {request}\n{}", env.story()),
    };
    done.code == 0
}
