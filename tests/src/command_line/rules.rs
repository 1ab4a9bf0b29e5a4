//! Status rules with the real binary: written into the configuration, followed by a running engine, told by `why`, `log` and `config`.

use super::{does, quiet_shop};
use crate::environment::TestEnvironment;
use std::{fs, time::Duration};

const SOON: Duration = Duration::from_secs(30);
const RULE: &str = "rules:\n  - name: ready-when-ticked\n    from: pending\n    to: ready\n    when: ready_ticked\n";

fn add(env: &TestEnvironment, text: &str) {
    let config = env.read(".mcp/config.yaml") + text;
    env.write(".mcp/config.yaml", &config);
}

#[test]
fn a_box_that_is_ticked_in_the_file_moves_the_task_and_everybody_can_see_why() {
    let env = quiet_shop();
    add(&env, RULE);
    does(&env, &["create", "Greet the customers"]);
    let engine = env.engine();
    let file = env
        .project()
        .join(".mcp/tasks/pending/TASK-001-greet-the-customers.md");
    let boxes = |mark| format!("\n## Definition of Ready\n- [{mark}] it is clear\n");
    let text = fs::read_to_string(&file).expect("the task");
    let (before, _) = text
        .split_once("## Definition of Ready")
        .unwrap_or((&text, ""));
    fs::write(&file, format!("{before}{}", boxes(' '))).expect("written");
    env.wait_for("the rule that waits for the box", SOON, || {
        let why = env.json(&["why", "TASK-1"]);
        let told = why["rules"][0]["text"].as_str().unwrap_or_default();
        let waits = told.contains("0 of 1 boxes under Definition of Ready");
        waits.then_some(())
    });
    fs::write(&file, format!("{before}{}", boxes('x'))).expect("written");
    env.wait_for_status("TASK-001", "ready", SOON);
    let events = env.json(&["log", "TASK-1"]);
    let rows = events["events"].as_array().expect("events");
    let moved = rows.iter().find(|row| row["kind"] == "task-moved");
    assert_eq!(
        moved.expect("a move")["by"],
        "rule ready-when-ticked",
        "{events}"
    );
    let done = env.orchestron(&["why", "TASK-1"]);
    let line = "rule ready-when-ticked moved it from pending to ready at";
    assert!(done.stdout.contains(line), "{}", done.stdout);
    // Where a person puts it, it stays.
    let ready = env.wait_for_status("TASK-001", "ready", SOON);
    fs::rename(ready, &file).expect("moved back");
    env.wait_for("the rule that rests", SOON, || {
        let why = env.orchestron(&["why", "TASK-1"]).stdout;
        why.contains("you put it here").then_some(())
    });
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(env.status_of("TASK-001"), "pending", "{}", env.story());
    engine.stop();
}

#[test]
fn what_would_go_round_gates_or_in_a_circle_is_told_with_its_line_and_not_followed() {
    let env = quiet_shop();
    add(&env, RULE);
    add(
        &env,
        "  - {name: back, from: ready, to: pending, when: {priority: P0}}\n  - {from: in-progress, to: review, when: criteria_ticked}\n",
    );
    let config = env.json(&["config"]);
    let problems = config["problems"].as_array().expect("problems");
    assert_eq!(problems.len(), 2, "{config}");
    let said = |part: &str| {
        problems.iter().any(|problem| {
            let words = format!("{} {}", problem["what"], problem["cure"]);
            words.contains(part) && problem["line"].is_u64()
        })
    };
    assert!(
        said("`ready-when-ticked` (pending → ready), then `back` (ready → pending)"),
        "{config}"
    );
    assert!(said("orchestron submit"), "{config}");
    let rules = config["rules"].as_array().expect("rules");
    assert!(rules.iter().all(|rule| rule["name"].is_null()), "{config}");
    assert!(
        rules.iter().any(|rule| rule["to"] == "done"),
        "what the chain does is told"
    );
}
