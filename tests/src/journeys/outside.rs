//! A holder outside Orchestron: nothing is launched, `next` hands over everything, the gates run on what comes back.

use super::does;
use crate::environment::{Chain, TestEnvironment};
use std::{fs, time::Duration};

const SOON: Duration = Duration::from_secs(20);

fn shop_for_cursor(gate: &str) -> TestEnvironment {
    TestEnvironment::with(&Chain {
        gates: &[gate],
        ..Chain::CURSOR
    })
}

fn the_whole_way(env: &TestEnvironment) {
    let task = super::create(env, "Greet the customers");
    env.wait_for_status(&task, "ready", SOON);
    let next = env.json(&["next", "--agent", "cursor"]);
    assert_eq!(
        (&next["task"]["id"], &next["leg"]),
        (&task.clone().into(), &"implement".into())
    );

    does(env, &["claim", &task, "--agent", "cursor"]);
    env.wait_for_status(&task, "in-progress", SOON);
    let second = env.orchestron(&["claim", &task]);
    assert_eq!(second.code, 4, "{second}");
    assert!(
        second.stderr.contains(&format!("{task} is held by cursor")),
        "{second}"
    );
    env.wait_for("the worktree", SOON, || {
        let shown = env.json(&["show", &task]);
        shown["task"]["worktree"].as_str().map(|_| ())
    });
    let place = env.worktree(&task);
    let next = env.json(&["next", "--agent", "cursor"]);
    let document = next["document"].as_str().expect("a document");
    for part in [
        format!("# {task} · implement · attempt 1"),
        place.display().to_string(),
        "grep Hello greeting.txt".into(),
        format!("orchestron review {task} --agent cursor"),
    ] {
        assert!(document.contains(&part), "`{part}` is not in\n{document}");
    }

    // The first try does not pass.
    fs::write(place.join("greeting.txt"), "Goodbye\n").expect("a file");
    env.orchestron(&["review", &task, "--agent", "cursor", "-m", "Done."]);
    env.wait_for_status(&task, "ready", SOON);
    let document = env.json(&["next", "--agent", "cursor"])["document"].to_string();
    assert!(
        document.contains("it does not greet") && document.contains("Feedback 1"),
        "{document}"
    );

    does(env, &["claim", &task, "--agent", "cursor"]);
    env.wait_for_status(&task, "in-progress", SOON);
    fs::write(env.worktree(&task).join("greeting.txt"), "Hello\n").expect("a file");
    does(
        env,
        &["review", &task, "--agent", "cursor", "-m", "It greets now."],
    );
    env.wait_for_request("review", SOON);
    does(env, &["approve", &task]);
    env.wait_for_status(&task, "done", SOON);
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    assert_eq!(
        super::handoffs(env, &task),
        ["implement by cursor", "approve by person"]
    );
    // Children first: all of it may have happened within one second.
    let author = env.git(&[
        "log",
        "-1",
        "--topo-order",
        "--format=%an",
        "--no-merges",
        "main",
    ]);
    assert!(author.starts_with("cursor"), "{author}");
    env.wait_for("the worktree to be gone", SOON, || {
        (env.git(&["worktree", "list"]).lines().count() == 1).then_some(())
    });
}

const GATE: &str = "grep Hello greeting.txt || { echo 'it does not greet'; exit 3; }";

#[test]
fn a_holder_outside_works_beside_a_running_engine() {
    let env = shop_for_cursor(GATE);
    let engine = env.engine();
    the_whole_way(&env);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn a_holder_outside_needs_no_engine_at_all() {
    let env = shop_for_cursor(GATE);
    the_whole_way(&env);
    env.wait_until_quiet();
}
