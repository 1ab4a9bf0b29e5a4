//! The whole way of one task: a failing gate sends it back, the same session mends it, a person approves, git has it.

use super::{LEG, create, does, handoffs, shop};
use crate::environment::Chain;
use serde_json::Value;
use std::fs;

const IMPLEMENT: &str = r#"
  - when: { leg: implement, attempt: 1 }
    end: Submitted.
    steps:
      - say: A greeting, quickly.
        calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Goodbye\n" } }
      - calls:
          - tool: mcp__orchestron__task_submit
            input: { note: "greeting.txt says Goodbye." }
  - when: { leg: implement, attempt: 2 }
    end: Submitted again.
    steps:
      - say: The gate is right.
        calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - tool: mcp__orchestron__task_submit
            input: { note: "greeting.txt says Hello now." }
"#;

#[test]
fn a_failing_gate_sends_it_back_the_same_session_mends_it_and_approval_merges_it() {
    let chain = Chain {
        gates: &["grep Hello greeting.txt || { echo 'it does not greet'; exit 3; }"],
        ..Chain::default()
    };
    let (env, _model) = shop(&chain, IMPLEMENT);
    // The person is in the middle of something.
    env.write("README.md", "# Shop\nhalf a sentence");
    env.write("notes.txt", "mine");

    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    env.wait_for_request("review", LEG * 2);
    assert_eq!(env.status_of(&task), "review");

    // The gate failed once, and its feedback tells what, how and where.
    let feedback = env.read(&format!(".mcp/feedback/{task}-1.md"));
    for part in [
        "grep Hello greeting.txt",
        "exit code 3",
        "it does not greet",
        "- Commit: ",
        "gate check-1",
    ] {
        assert!(feedback.contains(part), "`{part}` is not in\n{feedback}");
    }
    assert!(
        !env.project()
            .join(format!(".mcp/feedback/{task}-2.md"))
            .exists()
    );

    // The same conversation was resumed, and the feedback was in its prompt.
    let first = spec(&env, &format!("{task}-implement-1"));
    let second = spec(&env, &format!("{task}-implement-2"));
    assert_eq!(after(&second, "--resume"), after(&first, "--session-id"));
    let said = input(&env, &format!("{task}-implement-2"));
    assert!(
        said.contains("it does not greet")
            && said.contains(&format!("# {task} · implement · attempt 2")),
        "{said}"
    );
    // The reviewer got everything without anybody copying it.
    let said = input(&env, &format!("{task}-review-1"));
    for part in [
        "Write greeting.txt, nothing else.",
        "greeting.txt says Hello now.",
        "+Hello",
        "The shop greets its customers.",
    ] {
        assert!(said.contains(part), "`{part}` is not in\n{said}");
    }

    does(&env, &["approve", &task, "--with-feedback", "Nicely put."]);
    env.wait_for_status(&task, "done", LEG);
    assert_eq!(
        handoffs(&env, &task),
        [
            "prepare by architect",
            "implement by coder",
            "review by reviewer",
            "approve by person"
        ]
    );

    // One merge commit with the work, the receipts and the person's words.
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    assert_eq!(
        env.git(&["rev-list", "--parents", "-1", "main"])
            .split(' ')
            .count(),
        3
    );
    let message = env.git(&["log", "-1", "--format=%B", "main"]);
    for part in [
        format!("Merge {task}: Greet the customers"),
        "Nicely put.".into(),
        "Gate: check-1 passed at ".into(),
        "Approved-by: person".into(),
        format!("Task: {task}"),
    ] {
        assert!(message.contains(&part), "`{part}` is not in\n{message}");
    }
    let work = env.git(&[
        "log",
        "--format=%an|%s|%(trailers:key=Task,valueonly)",
        "--no-merges",
        "--grep",
        &format!("Task: {task}"),
        "main",
    ]);
    let work: Vec<_> = work.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(work.len(), 2, "one commit for each submission: {work:?}");
    assert!(
        work.iter()
            .all(|line| line.starts_with("coder") && line.contains("Greet the customers")),
        "{work:?}"
    );

    // Nothing of the person's was touched, and nothing is left.
    assert_eq!(
        (env.read("README.md"), env.read("notes.txt")),
        ("# Shop\nhalf a sentence".to_owned(), "mine".to_owned())
    );
    env.wait_for("the worktree to be gone", LEG, || {
        (env.git(&["worktree", "list"]).lines().count() == 1).then_some(())
    });
    assert_eq!(env.git(&["stash", "list"]), "");
    engine.stop();
    env.wait_until_quiet();
}

/// `spec.json` of a run.
fn spec(env: &crate::environment::TestEnvironment, run: &str) -> Value {
    let path = env.state().join("runs").join(run).join("spec.json");
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

/// What a run was told.
fn input(env: &crate::environment::TestEnvironment, run: &str) -> String {
    let path = env.state().join("runs").join(run).join("in.jsonl");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // As the model sees it, not as JSON quotes it.
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let said = lines.filter_map(|line| line["message"]["content"].as_str().map(str::to_owned));
    said.collect::<Vec<_>>().join("\n")
}

fn after<'a>(spec: &'a Value, flag: &str) -> Option<&'a str> {
    let argv = spec["argv"].as_array().expect("argv");
    let at = argv.iter().position(|word| word == flag)?;
    argv.get(at + 1)?.as_str()
}
