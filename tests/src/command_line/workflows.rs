//! `workflow`: templates that make tasks.

use super::{does, prints, quiet_shop, refuses};

#[test]
fn the_example_makes_tasks_that_wait_for_one_another() {
    let env = quiet_shop();
    let made = env.json(&[
        "workflow",
        "start",
        "rpiv",
        "--set",
        "goal=Greet in French",
        "--key",
        "french",
    ]);
    assert_eq!(
        (made["again"].as_bool(), made["instance"]["all"].as_u64()),
        (Some(false), Some(4))
    );
    let text = env.task_text("TASK-002");
    for line in [
        "# Task: TASK-002 - Plan: Greet in French\n",
        "## Depends On\n- TASK-001\n",
        "## Workflow\nrpiv french plan\n",
        "the findings of TASK-001",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let again = env.json(&[
        "workflow",
        "start",
        "rpiv",
        "--set",
        "goal=Greet in French",
        "--key",
        "french",
    ]);
    assert_eq!(again["again"], true);
    assert_eq!(env.json(&["list"]).as_array().map(Vec::len), Some(4));
    let shown = env.json(&["show", "TASK-3"])["task"]["workflow"].clone();
    assert_eq!(
        (shown["instance"].as_str(), shown["step"].as_str()),
        (Some("french"), Some("implement"))
    );
    let status = env.json(&["workflow", "status", "french"])["instances"][0].clone();
    assert_eq!(
        (
            status["state"].as_str(),
            status["steps"][1]["depends_on"][0].as_str()
        ),
        (Some("running"), Some("research"))
    );
    prints(
        &env,
        &["workflow", "status"],
        "
        running french (rpiv) 0 of 4 steps done
          pending      TASK-001 research     Research: Greet in French  your turn
          pending      TASK-002 plan         Plan: Greet in French  your turn
          pending      TASK-003 implement    Implement: Greet in French  your turn
          pending      TASK-004 verify       Verify: Greet in French  your turn",
    );
}

#[test]
fn what_is_wrong_is_told_before_anything_is_made() {
    let env = quiet_shop();
    env.write(
        ".mcp/workflows/broken.yaml",
        "steps:\n  a:\n    title: ${who}\n    depends_on: b\n",
    );
    refuses(
        &env,
        &["workflow", "start", "rpiv"],
        2,
        "
        error: set: `goal` must be said: What is wanted, in a sentence",
    );
    let refused = env.orchestron(&["workflow", "start", "broken"]);
    assert!(
        refused.code == 2 && refused.stderr.contains(".mcp/workflows/broken.yaml:4"),
        "{refused}"
    );
    let refused = env.orchestron(&["workflow", "start", "nothing"]);
    assert!(
        refused.stderr.contains("there are broken, rpiv"),
        "{refused}"
    );
    let doctor = env.orchestron(&["doctor"]);
    assert!(
        doctor.code == 7 && doctor.stdout.contains("broken.yaml"),
        "{doctor}"
    );
    assert_eq!(env.json(&["list"]).as_array().map(Vec::len), Some(0));
    does(&env, &["workflow", "list"]);
    does(&env, &["workflow", "show", "rpiv"]);
}

#[test]
fn an_instance_is_found_without_the_log() {
    let env = quiet_shop();
    does(
        &env,
        &[
            "workflow", "start", "rpiv", "--set", "goal=x", "--key", "one",
        ],
    );
    for name in ["log.db", "log.db-wal", "log.db-shm"] {
        let file = env.state().join(name);
        if file.exists() {
            std::fs::remove_file(file).expect("gone");
        }
    }
    let status = env.json(&["workflow", "status", "one"])["instances"][0].clone();
    assert_eq!(
        (status["all"].as_u64(), status["workflow"].as_str()),
        (Some(4), Some("rpiv"))
    );
    let again = env.json(&[
        "workflow", "start", "rpiv", "--set", "goal=x", "--key", "one",
    ]);
    assert_eq!(
        env.json(&["list"]).as_array().map(Vec::len),
        Some(4),
        "{again}"
    );
}
