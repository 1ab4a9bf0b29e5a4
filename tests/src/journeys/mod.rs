//! Whole chains: real files, real git, the real Claude CLI. Only the model's words are written beforehand; the scripted
//! model speaks them from this process.

mod chain;
mod clash;
mod conflict;
mod decisions;
mod demo;
mod engines;
mod git;
mod guard;
mod key;
mod missing;
mod money;
mod outside;
mod permission;
mod pitfalls;
#[cfg(target_os = "linux")]
mod recovery;
mod steps;
mod stop;

use crate::environment::{Chain, Model, TestEnvironment, claude};
use std::time::Duration;

/// How long one leg of the real CLI may take here; two cores start it in a second or two.
const LEG: Duration = Duration::from_secs(60);
/// A key no other text contains.
const KEY: &str = "sk-test-7f3c9b1e-not-a-real-key";

/// A preparer and a reviewer who are content with everything. Plays of the implementer go before them.
const OTHERS: &str = r#"
  - when: { leg: prepare }
    end: Prepared.
    steps:
      - say: I read the task.
        calls:
          - tool: mcp__orchestron__task_update
            input: { section: Goal, text: "The shop greets its customers." }
          - tool: mcp__orchestron__task_submit
            input: { note: "Write greeting.txt, nothing else." }
  - when: { leg: review }
    end: Reviewed.
    steps:
      - calls:
          - { tool: Read, input: { file_path: "${worktree}/greeting.txt" } }
      - calls:
          - tool: mcp__orchestron__review_decide
            input: { verdict: approve, note: "The greeting is right." }
"#;

/// A project whose chain is played by these plays of the implementer.
fn shop(chain: &Chain<'_>, implement: &str) -> (TestEnvironment, Model) {
    let model = Model::plays(&format!("name: shop\nplays:{implement}{OTHERS}"));
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", claude());
    env.set("ANTHROPIC_API_KEY", KEY);
    env.repository();
    env.set_up(chain, Some(&model.url()));
    (env, model)
}

/// An implementer who writes the greeting and submits.
const WRITES_THE_GREETING: &str = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - calls:
          - { tool: Write, input: { file_path: "${worktree}/greeting.txt", content: "Hello\n" } }
      - calls:
          - tool: mcp__orchestron__task_submit
            input: { note: "greeting.txt says Hello." }
"#;

/// Writes a task.
fn create(env: &TestEnvironment, title: &str) -> String {
    let done = env.json(&["create", title]);
    done["task"].as_str().expect("a task").to_owned()
}

/// Runs a verb that must succeed.
#[track_caller]
fn does(env: &TestEnvironment, args: &[&str]) -> String {
    let done = env.orchestron(args);
    assert_eq!(done.code, 0, "orchestron {args:?}: {done}\n{}", env.story());
    done.stdout
}

/// Approves a task when it waits for that, and waits until it is done.
fn approve(env: &TestEnvironment, task: &str) {
    env.wait_for_request("review", LEG);
    does(env, &["approve", task]);
    env.wait_for_status(task, "done", LEG);
}

/// The handoffs of a task as `leg by holder`, in order.
pub fn handoffs(env: &TestEnvironment, task: &str) -> Vec<String> {
    let shown = env.json(&["show", task]);
    let handoffs = shown["task"]["handoffs"].as_array().expect("handoffs");
    let word = |handoff: &serde_json::Value, name: &str| {
        handoff[name].as_str().expect("a word").to_owned()
    };
    handoffs
        .iter()
        .map(|handoff| format!("{} by {}", word(handoff, "leg"), word(handoff, "who")))
        .collect()
}
