//! The UI in a browser: `orchestron run --ui`, driven in headless Chromium by `tests/browser/journey.mjs`.

use crate::{
    environment::{binary, finish},
    source::root,
    stage::{Stage, pictures},
};
use std::{env, ffi::OsString, time::Duration};

/// How long the whole tour may take.
const TOUR: Duration = Duration::from_secs(180);
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_person_decides_everything_in_the_browser() {
    let stage = Stage::new();
    let env = &stage.env;
    let engine = env.engine_without_waiting(&["run", "--ui"], &[]);
    let address = engine.wait_for_line(env, "ui")["address"]
        .as_str()
        .expect("an address")
        .to_owned();
    engine.wait_until_running(env);

    let tour = root().join("tests/browser/journey.mjs");
    assert!(
        root().join("tests/browser/node_modules").is_dir(),
        "tests/browser/node_modules is missing: `./dev test` installs it"
    );
    let mut node = env.command("node");
    node.arg(tour)
        .env("TOUR_ADDRESS", &address)
        .env("TOUR_PICTURES", pictures())
        .env("TOUR_ORCHESTRON", binary("orchestron"))
        .env("TOUR_CHROMIUM", chromium());
    let done = finish(&mut node, TOUR);
    assert_eq!(done.code, 0, "{done}\n{}", env.story());

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

fn chromium() -> OsString {
    env::var_os("ORCHESTRON_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into())
}
