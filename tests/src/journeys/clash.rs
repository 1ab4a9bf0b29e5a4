//! Two tasks at once that change the same file: nobody is called but to approve, and git has both changes in the end.

use super::{LEG, create, does, shop};
use crate::environment::{Chain, Model, TestEnvironment};
use serde_json::Value;

const CHAIN: Chain<'_> = Chain {
    gates: &["grep --quiet bread menu.txt"],
    ..Chain::ALONE
};

/// The first line and the last one are far enough apart for git to merge changes of both.
const MENU: &str = "today: nothing\n\nbread\nmilk\nhoney\neggs\ncheese\n\nclosed: never\n";

/// Each of two tasks changes a line of the menu.
fn plays(first: (&str, &str), second: (&str, &str)) -> String {
    let play = |task: &str, (old, new): (&str, &str)| {
        format!(
            r#"
  - when: {{ task: {task}, leg: implement, attempt: 1 }}
    steps:
      - calls:
          - {{ tool: Read, input: {{ file_path: "${{worktree}}/menu.txt" }} }}
      - calls:
          - {{ tool: Edit, input: {{ file_path: "${{worktree}}/menu.txt", old_string: "{old}", new_string: "{new}" }} }}
      - calls:
          - {{ tool: mcp__orchestron__task_submit, input: {{ note: "It says {new}." }} }}"#
        )
    };
    format!("{}{}", play("TASK-001", first), play("TASK-002", second))
}

/// Whoever comes second merges main and keeps both.
const KEEPS_BOTH: &str = r#"
  - when: { leg: implement, attempt: 2+ }
    steps:
      - say: Somebody else changed that line. I merge main and keep both.
        calls:
          - { tool: Bash, input: { command: "git merge main", description: "Merge the base branch" } }
      - calls:
          - { tool: Read, input: { file_path: "${worktree}/menu.txt" } }
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/menu.txt", content: "today: soup and cake\n\nbread\nmilk\nhoney\neggs\ncheese\n\nclosed: never\n" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Both are on the menu." } }"#;

/// Two places, a menu, and an implementer who may merge.
fn kitchen(implement: &str) -> (TestEnvironment, Model) {
    let (env, model) = shop(&CHAIN, implement);
    env.write("menu.txt", MENU);
    env.git(&["add", "menu.txt"]);
    env.git(&["commit", "--quiet", "-m", "The menu"]);
    let config = env.read(".mcp/config.yaml");
    env.write(
        ".mcp/config.yaml",
        &config.replace("parallel: 1", "parallel: 2"),
    );
    let agents = env.read(".mcp/agents.yaml");
    env.write(
        ".mcp/agents.yaml",
        &agents.replace("[Read]", "[Read, \"Bash(git merge:*)\"]"),
    );
    does(&env, &["trust"]);
    create(&env, "Soup for today");
    create(&env, "Cake for today");
    (env, model)
}

/// The open request to approve a task.
fn review_of(env: &TestEnvironment, task: &str) -> Option<Value> {
    let open = env.json(&["requests"]);
    let mut open = open.as_array().expect("requests").iter();
    let is = |request: &&Value| {
        request["open"] == true && request["kind"] == "review" && request["task"] == task
    };
    open.find(is).cloned()
}

fn approve(env: &TestEnvironment, task: &str) {
    env.wait_for(&format!("the review of {task}"), LEG * 2, || {
        review_of(env, task)
    });
    does(env, &["approve", task]);
    env.wait_for_status(task, "done", LEG);
}

/// Nobody was asked anything but to approve.
#[track_caller]
fn nobody_was_called(env: &TestEnvironment) {
    let requests = env.json(&["requests"]);
    let requests = requests.as_array().expect("requests");
    assert!(
        requests.iter().all(|request| request["kind"] == "review"),
        "{requests:#?}"
    );
}

#[test]
fn changes_that_merge_go_on_side_by_side() {
    let script = plays(
        ("today: nothing", "today: soup"),
        ("closed: never", "closed: sundays"),
    );
    let (env, _model) = kitchen(&script);
    let engine = env.engine();
    for task in ["TASK-001", "TASK-002"] {
        env.wait_for("both to be asked about", LEG * 2, || review_of(&env, task));
    }
    approve(&env, "TASK-002");
    approve(&env, "TASK-001");
    let menu = env.git(&["show", "main:menu.txt"]);
    assert!(
        menu.contains("today: soup") && menu.contains("closed: sundays"),
        "{menu}"
    );
    nobody_was_called(&env);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn changes_that_collide_are_ordered_and_the_second_is_brought_up_by_its_implementer() {
    let both = plays(
        ("today: nothing", "today: soup"),
        ("today: nothing", "today: cake"),
    );
    let (env, _model) = kitchen(&format!("{both}{KEEPS_BOTH}"));
    let engine = env.engine();
    let conflict = env.wait_for("the two to be ordered", LEG * 2, || {
        let told = env.json(&["conflicts"]);
        let mut conflicts = told["conflicts"].as_array().expect("conflicts").iter();
        let queued = |one: &&Value| one["kind"] == "forecast" && one["stage"] == "queued";
        conflicts.find(queued).cloned()
    });
    assert_eq!(
        conflict["files"],
        serde_json::json!(["menu.txt"]),
        "{conflict}"
    );
    let name = |at: usize| conflict["tasks"][at].as_str().expect("a task").to_owned();
    let (first, later) = (name(0), name(1));
    env.wait_for(&format!("{later} to wait in review"), LEG, || {
        (env.status_of(&later) == "review").then_some(())
    });
    assert_eq!(review_of(&env, &later), None, "it is shown to nobody yet");
    let why = does(&env, &["why", &later]);
    assert!(why.contains(&first), "{why}");

    approve(&env, &first);
    approve(&env, &later);
    let menu = env.git(&["show", "main:menu.txt"]);
    assert!(menu.contains("today: soup and cake"), "{menu}");
    let feedback = env.read(&format!(".mcp/feedback/{later}-1.md"));
    assert!(
        feedback.contains("menu.txt") && feedback.contains("git merge main"),
        "{feedback}"
    );
    nobody_was_called(&env);
    let told = env.json(&["conflicts"]);
    assert_eq!(told["conflicts"], serde_json::json!([]), "{told}");
    engine.stop();
    env.wait_until_quiet();
}
