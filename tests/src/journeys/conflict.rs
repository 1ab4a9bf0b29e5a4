//! What cannot be merged becomes a request: a conflict, and a file the person has changed. Nothing is forced.

use super::{LEG, WRITES_THE_GREETING, create, does, shop};
use crate::environment::{Chain, Model, TestEnvironment};
use serde_json::Value;

/// A task in review that writes greeting.txt.
fn in_review(implement: &str) -> (TestEnvironment, Model, String, crate::environment::Engine) {
    let (env, model) = shop(&Chain::ALONE, implement);
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    env.wait_for_request("review", LEG);
    (env, model, task, engine)
}

fn conflict(env: &TestEnvironment, task: &str) -> Value {
    env.orchestron(&["approve", task]);
    let request = env.wait_for_request("conflict", LEG);
    assert_eq!(
        request["files"],
        serde_json::json!(["greeting.txt"]),
        "{request}"
    );
    assert_eq!(env.status_of(task), "review");
    request
}

#[test]
fn a_conflict_becomes_a_request_and_is_merged_when_it_is_resolved() {
    let (env, _model, task, engine) = in_review(WRITES_THE_GREETING);
    env.write("greeting.txt", "Moin\n");
    env.git(&["add", "greeting.txt"]);
    env.git(&["commit", "--quiet", "-m", "Another greeting"]);
    let before = env.git(&["rev-parse", "main"]);
    let request = conflict(&env, &task);
    assert_eq!(env.git(&["rev-parse", "main"]), before, "main did not move");
    assert_eq!(
        env.git(&["status", "--porcelain", "--untracked-files=no"]),
        "",
        "no merge is left half done"
    );

    env.git(&["revert", "--no-edit", "HEAD"]);
    does(
        &env,
        &["answer", &format!("R-{}", request["id"]), "--retry"],
    );
    env.wait_for_status(&task, "done", LEG);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    engine.stop();
}

#[test]
fn a_conflict_can_go_back_to_its_implementer() {
    let implement = r#"
  - when: { leg: implement, attempt: 1 }
    steps:
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
  - when: { leg: implement, attempt: 2+ }
    steps:
      - say: I merge main into my branch and keep both greetings.
        calls:
          - { tool: Bash, input: { command: "git merge main; printf 'Hello\nMoin\n' > greeting.txt; git add greeting.txt; git -c user.name=coder -c user.email=c@x commit --no-edit -q", description: "Resolve" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Both." } }
"#;
    let (env, _model, task, engine) = in_review(implement);
    env.write("greeting.txt", "Moin\n");
    env.git(&["add", "greeting.txt"]);
    env.git(&["commit", "--quiet", "-m", "Another greeting"]);
    let request = conflict(&env, &task);
    does(
        &env,
        &[
            "answer",
            &format!("R-{}", request["id"]),
            "--changes",
            "-m",
            "Keep both greetings.",
        ],
    );
    let asked = env.wait_for_request("permission", LEG);
    let feedback = env.read(&format!(".mcp/feedback/{task}-1.md"));
    assert!(
        feedback.contains("Keep both greetings.") && feedback.contains("greeting.txt"),
        "{feedback}"
    );
    does(&env, &["answer", &format!("R-{}", asked["id"]), "--allow"]);
    super::approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello\nMoin");
    engine.stop();
}

#[test]
fn a_dirty_file_in_the_way_is_asked_about_and_never_touched() {
    let (env, _model, task, engine) = in_review(WRITES_THE_GREETING);
    env.write("greeting.txt", "my own, not committed\n");
    let request = conflict(&env, &task);
    assert_eq!(env.read("greeting.txt"), "my own, not committed\n");
    assert_eq!(env.git(&["stash", "list"]), "");

    std::fs::rename(
        env.project().join("greeting.txt"),
        env.root().join("kept.txt"),
    )
    .expect("moved away");
    does(
        &env,
        &["answer", &format!("R-{}", request["id"]), "--retry"],
    );
    env.wait_for_status(&task, "done", LEG);
    assert_eq!(
        env.read("greeting.txt"),
        "Hello\n",
        "the checkout follows its branch"
    );
    engine.stop();
}
