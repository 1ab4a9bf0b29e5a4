//! A person decides: changes are requested, a task that failed three times is tried again.

use super::{LEG, approve, create, does, handoffs, shop};
use crate::environment::Chain;
use std::time::Duration;

const IMPLEMENT: &str = r#"
  - when: { leg: implement, attempt: 1 }
    end: Submitted.
    steps:
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Hello." } }
  - when: { leg: implement, attempt: 2+ }
    end: Submitted again.
    steps:
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello, friend\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Friendlier." } }
"#;

#[test]
fn a_person_requests_changes_and_gets_them() {
    let (env, _model) = shop(&Chain::default(), IMPLEMENT);
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    env.wait_for_request("review", LEG * 2);
    does(
        &env,
        &["reject", &task, "-m", "Friendlier, please.\n\nMore of it."],
    );

    env.wait_for("the second submission", LEG * 2, || {
        let greeting = env.orchestron(&["show", &task, "--diff"]).stdout;
        (greeting.contains("+Hello, friend") && env.request("review").is_some()).then_some(())
    });
    let feedback = env.read(&format!(".mcp/feedback/{task}-1.md"));
    for part in ["Friendlier, please.", "More of it.", "- From: you"] {
        assert!(feedback.contains(part), "`{part}` is not in\n{feedback}");
    }
    assert!(
        env.task_text(&task).contains("Friendlier, please."),
        "the task file tells it too"
    );
    approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello, friend");
    assert_eq!(
        handoffs(&env, &task).last().map(String::as_str),
        Some("approve by person")
    );
    engine.stop();
}

#[test]
fn after_three_failures_it_fails_asks_for_a_person_and_is_tried_again() {
    let chain = Chain {
        // The person mends what the agent cannot: the gate looks outside the worktree.
        gates: &["test -f $HOME/mended || { echo 'the world is not mended'; exit 1; }"],
        ..Chain::ALONE
    };
    let (env, _model) = shop(&chain, IMPLEMENT);
    let task = create(&env, "Cannot be done yet");
    let engine = env.engine();
    let request = env.wait_for_request("escalation", LEG * 4);
    assert_eq!(env.status_of(&task), "failed");
    for number in 1..=3 {
        let feedback = env.read(&format!(".mcp/feedback/{task}-{number}.md"));
        assert!(feedback.contains("the world is not mended"), "{feedback}");
    }
    assert!(
        !env.project()
            .join(format!(".mcp/feedback/{task}-4.md"))
            .exists()
    );
    let text = env.task_text(&task);
    assert!(text.contains("3 attempts in a row failed"), "{text}");
    // It rests until the person has decided.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(env.status_of(&task), "failed");

    std::fs::write(env.root().join("home/mended"), "").expect("a file");
    does(
        &env,
        &[
            "answer",
            &format!("R-{}", request["id"]),
            "--retry",
            "-m",
            "Try once more.",
        ],
    );
    approve(&env, &task);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello, friend");
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_task_given_up_stays_failed() {
    let chain = Chain {
        gates: &["exit 1"],
        attempts: 1,
        ..Chain::ALONE
    };
    let (env, _model) = shop(&chain, IMPLEMENT);
    let task = create(&env, "Hopeless");
    let engine = env.engine();
    let request = env.wait_for_request("escalation", LEG * 2);
    does(
        &env,
        &["answer", &format!("R-{}", request["id"]), "--give-up"],
    );
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(env.status_of(&task), "failed");
    assert_eq!(env.json(&["requests"]), serde_json::json!([]));
    // A later change of mind.
    does(&env, &["retry", &task, "-m", "Once more."]);
    env.wait_for("another escalation", LEG * 2, || {
        env.request("escalation")
            .filter(|again| again["id"] != request["id"])
    });
    engine.stop();
}
