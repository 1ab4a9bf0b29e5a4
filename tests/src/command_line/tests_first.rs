//! Tests that a task names must fail before the work and pass after it.

use super::{does, quiet_shop};
use crate::environment::TestEnvironment;
use std::{fs, path::PathBuf};

/// A task with this test, in Cursor's hands, and its worktree.
fn shop(test: &str) -> (TestEnvironment, PathBuf) {
    let env = quiet_shop();
    let config =
        env.read(".mcp/config.yaml") + "tests: { run: \"sh ${test}\", files: [\"tests/\"] }\n";
    env.write(".mcp/config.yaml", &config);
    does(&env, &["trust"]);
    does(&env, &["create", "Greet the customers"]);
    let file = env
        .project()
        .join(".mcp/tasks/pending/TASK-001-greet-the-customers.md");
    let text = fs::read_to_string(&file).expect("the task") + "\n## Tests\n- tests/greets.sh\n";
    fs::write(&file, text).expect("the task");
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "-a", "cursor"]);
    let tree: PathBuf = env.json(&["show", "TASK-1"])["task"]["worktree"]
        .as_str()
        .expect("a worktree")
        .into();
    fs::create_dir_all(tree.join("tests")).expect("a folder");
    fs::write(tree.join("tests/greets.sh"), test).expect("the test");
    fs::write(tree.join("greeting.txt"), "Hello\n").expect("the work");
    (env, tree)
}

#[test]
fn a_test_that_fails_first_and_passes_after_is_told_with_its_receipts() {
    let (env, tree) = shop("grep -q Hello greeting.txt\n");
    does(&env, &["review", "TASK-1", "-a", "cursor"]);
    assert_eq!(env.status_of("TASK-001"), "review", "{}", env.story());
    let task = env.json(&["show", "TASK-1"])["task"].clone();
    let test = &task["tests"][0];
    assert_eq!(
        (test["before"].as_str(), test["after"].as_str()),
        (Some("failed"), Some("passed")),
        "{test}"
    );
    assert_eq!(
        test["before_commit"].as_str(),
        Some(env.git(&["rev-parse", "main"]).as_str())
    );
    assert_eq!(test["after_commit"], task["commit"]);
    let gates: Vec<_> = task["gates"]
        .as_array()
        .expect("gates")
        .iter()
        .map(|gate| gate["name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(gates, ["tests (before)", "tests (after)", "check-1"]);
    assert!(!tree.join("tests/greets.sh.orig").exists());
    does(&env, &["approve", "TASK-1"]);
    let message = env.git(&["log", "-1", "--format=%B", "main"]);
    assert!(
        message.contains("Gate: tests (before) passed at")
            && message.contains("Gate: tests (after) passed at"),
        "{message}"
    );
}

#[test]
fn a_test_that_passes_already_proves_nothing() {
    let (env, _) = shop("true\n");
    does(&env, &["review", "TASK-1", "-a", "cursor"]);
    assert_eq!(env.status_of("TASK-001"), "ready");
    let feedback = env.read(".mcp/feedback/TASK-001-1.md");
    assert!(
        feedback.contains("This test must fail without the work")
            && feedback.contains("tests/greets.sh"),
        "{feedback}"
    );
}

#[test]
fn a_test_that_does_not_pass_sends_the_work_back() {
    let (env, _) = shop("grep -q Bonjour greeting.txt\n");
    does(&env, &["review", "TASK-1", "-a", "cursor"]);
    assert_eq!(env.status_of("TASK-001"), "ready");
    let feedback = env.read(".mcp/feedback/TASK-001-1.md");
    assert!(
        feedback.contains("tests (after)")
            && feedback.contains("must pass, and does not: tests/greets.sh"),
        "{feedback}"
    );
}
