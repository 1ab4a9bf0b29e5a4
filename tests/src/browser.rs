//! The UI in a browser: `orchestron run --ui`, driven in headless Chromium by `tests/browser/journey.mjs`.

use crate::{
    environment::{Engine, TestEnvironment, binary, finish},
    source::root,
    stage::{Stage, pictures},
};
use std::{env, ffi::OsString, fs, time::Duration};

/// How long the whole tour may take.
const TOUR: Duration = Duration::from_secs(180);
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_person_decides_everything_in_the_browser() {
    let stage = Stage::new();
    let env = &stage.env;
    let (engine, address) = served(env);

    takes_the_tour(env, "journey.mjs", &address);

    // What was decided there is in git and in the files.
    env.wait_for_status("TASK-001", "done", SOON);
    env.wait_for_status("TASK-003", "done", SOON);
    assert!(
        env.git(&["show", "main:src/limiter.js"])
            .contains("MAX_TRIES = 5")
    );
    assert!(
        env.git(&["show", "main:src/orders.js"])
            .contains("yield toLine(row)")
    );
    let merges = env.git(&["log", "--merges", "--format=%s", "main"]);
    assert_eq!(merges.lines().count(), 2, "{merges}");
    let feedback = env.read(".mcp/feedback/TASK-002-1.md");
    assert!(feedback.contains("Say where it is, too."), "{feedback}");
    engine.stop();
    env.wait_until_quiet();
}

/// What is said about a line of the changes reaches the agent with the code it is about, and what was allowed for the whole task is
/// not asked again.
#[test]
fn what_is_said_about_a_line_reaches_the_next_try() {
    let stage = Stage::new();
    let env = &stage.env;
    let (engine, address) = served(env);
    takes_the_tour(env, "review.mjs", &address);

    let told = env
        .state()
        .join("runs")
        .join("TASK-003-implement-2")
        .join("in.jsonl");
    let prompt = env.wait_for("the next try to be told", TOUR, || {
        fs::read_to_string(&told)
            .ok()
            .filter(|text| text.contains("Feedback 1"))
    });
    for part in [
        "### `src/orders.js:4`",
        "for (const row of rows) yield toLine(row);",
        "> A shop without orders needs its head line, too.",
    ] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    let feedback = env.read(".mcp/feedback/TASK-003-1.md");
    assert!(
        feedback.contains("- From: you") && feedback.contains("### `src/orders.js:4`"),
        "{feedback}"
    );
    // The same command again needs nobody: what waits next is what becomes of the work, and no permission.
    env.wait_for("the next try to be over", TOUR, || {
        env.request("permission")
            .is_some()
            .then(|| panic!("asked again\n{}", env.story()))
            .or_else(|| (env.status_of("TASK-003") != "in-progress").then_some(()))
    });
    engine.stop();
    env.wait_until_quiet();
}

/// A template with one parameter.
const TWO_STEPS: &str = "about: Two steps\nparameters:\n  goal: What is wanted\nsteps:\n  first:\n    title: \"First: ${goal}\"\n    agent: cursor\n  second:\n    title: \"Second: ${goal}\"\n    depends_on: [first]\n    agent: cursor\n";

/// The other views and screens; what was changed there is in the files, and what else stood in them still is.
#[test]
fn every_other_screen_does_what_it_says() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "nobody starts anything here"]);
    env.write(".mcp/workflows/two-steps.yaml", TWO_STEPS);
    let config = env.read(".mcp/config.yaml");
    let (before, _) = config.split_once("limits:").expect("limits");
    let limits = "limits:\n  parallel: 1\n  # three were too few\n  attempts: 4 # tries\n";
    env.write(
        ".mcp/config.yaml",
        &format!("# mine, and to be kept\n{before}{limits}"),
    );
    let (engine, address) = served(env);
    takes_the_tour(env, "screens.mjs", &address);

    let config = env.read(".mcp/config.yaml");
    for kept in [
        "# mine, and to be kept\n",
        "  # three were too few\n  attempts: 5 # tries\n",
        "review: person",
    ] {
        assert!(config.contains(kept), "{kept}: {config}");
    }
    // What was dragged is a person's now; what was refused did nothing.
    assert_eq!(env.status_of("TASK-003"), "in-progress");
    for task in ["TASK-002", "TASK-004"] {
        let shown = env.json(&["show", task]);
        assert_eq!(shown["task"]["card"]["priority"], "P1", "{shown}");
    }
    let gifts = env.json(&["workflow", "status", "gifts"]);
    let steps = gifts["instances"][0]["steps"].as_array().map(Vec::len);
    assert_eq!(steps, Some(2), "{gifts}");
    let listed = env.json(&["list"]).to_string();
    assert!(
        listed.contains("The first task of a new person"),
        "{listed}"
    );
    engine.stop();
    env.wait_until_quiet();
}

/// An engine that serves the UI, and the address of it.
fn served(env: &TestEnvironment) -> (Engine, String) {
    let engine = env.engine_without_waiting(&["run", "--ui"], &[]);
    let address = engine.wait_for_line(env, "ui")["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    engine.wait_until_running(env);
    (engine, address)
}

/// Runs one of the scripts in `tests/browser` on the UI at that address.
fn takes_the_tour(env: &TestEnvironment, script: &str, address: &str) {
    assert!(
        root().join("tests/browser/node_modules").is_dir(),
        "tests/browser/node_modules is missing: `./dev test` installs it"
    );
    let mut node = env.command("node");
    node.arg(root().join("tests/browser").join(script))
        .env("TOUR_ADDRESS", address)
        .env("TOUR_PICTURES", pictures())
        .env("TOUR_ORCHESTRON", binary("orchestron"))
        .env("TOUR_CHROMIUM", chromium());
    let done = finish(&mut node, TOUR);
    assert_eq!(done.code, 0, "{done}\n{}", env.story());
}

fn chromium() -> OsString {
    env::var_os("ORCHESTRON_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into())
}
