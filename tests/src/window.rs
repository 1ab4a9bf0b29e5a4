//! The desktop app under Xvfb, driven through WebKitWebDriver: a task goes its way with keepers started as sidecars, its card
//! is seen in review, Approve is pressed, and the merge is in git.

mod around;
mod colours;
mod desktop;
mod dialogs;
mod driver;
mod system;
mod updates;
mod x11;

use crate::{
    environment::{Process, Relay, TestEnvironment, claude, has},
    stage::{Stage, pictures},
};
use driver::{Screen, Session};
use serde_json::Value;
use std::{fs, time::Duration};

const SOON: Duration = Duration::from_secs(30);
const LEG: Duration = Duration::from_secs(90);

#[test]
fn the_card_is_in_review_and_approve_merges_it() {
    let stage = Stage::new();
    let env = &stage.env;
    let screen = Screen::new(env);
    let window = Session::of_project(env, &screen);

    // Worked on before the app was there: approved by a click on the card.
    window.wait_for(
        env,
        "[data-testid=column-review] [data-testid=card-TASK-001]",
        SOON,
    );
    // Worked on by an agent that the app itself has started, under a keeper that the shell plugin has started.
    let asked = env.wait_for_request("permission", LEG);
    let keepers = env
        .processes()
        .into_iter()
        .filter(|process| process.words.contains("orchestron keep"));
    for keeper in keepers {
        let environment = fs::read(format!("/proc/{}/environ", keeper.pid)).expect("it lives");
        assert!(!has(&environment, "ANTHROPIC_API_KEY"), "{keeper:?}");
    }
    // It is at work, and the app has the next keeper wait.
    let waits = |process: &Process| process.words.split(' ').any(|word| word == "--ready");
    let waiting = env.wait_for("a keeper that waits", SOON, || {
        env.processes().into_iter().find(waits)
    });
    window.wait_for(
        env,
        "[data-testid=column-in-progress] [data-testid=card-TASK-003]",
        SOON,
    );
    window.wait_for(
        env,
        "[data-testid=card-TASK-001] [data-testid=approve]:not([disabled])",
        SOON,
    );
    window.picture(&pictures().join("window-board-light.png"));
    window.click(env, "[data-testid=card-TASK-001] [data-testid=approve]");
    env.wait_for_status("TASK-001", "done", SOON);
    window.wait_for(
        env,
        "[data-testid=column-done] [data-testid=card-TASK-001]",
        SOON,
    );
    assert!(
        env.git(&["show", "main:src/limiter.js"])
            .contains("MAX_TRIES = 5")
    );

    // The same by the keyboard, on the page of everything that waits.
    window.click(env, "[data-testid=nav-needs-you]");
    window.click(
        env,
        &format!("[data-testid=needs-you-item-{}]", asked["id"]),
    );
    window.wait_for(
        env,
        "[data-testid=needs-you-detail] [data-testid=allow]",
        SOON,
    );
    window.picture(&pictures().join("window-needs-you-light.png"));
    window.press("a");
    env.wait_for_status("TASK-003", "review", LEG);
    let minded = fs::read_dir(env.state().join("runs")).expect("there were runs");
    let told = minded.flatten().any(|run| {
        let record = fs::read_to_string(run.path().join("run.json")).unwrap_or_default();
        let record: Value = serde_json::from_str(&record).unwrap_or_default();
        record["keeper"]["pid"] == waiting.pid
    });
    assert!(told, "the keeper that waited was told the next run");
    window.click(env, "[data-testid=nav-board]");
    window.wait_for(
        env,
        "[data-testid=column-review] [data-testid=card-TASK-003] [data-testid=approve]",
        SOON,
    );
    window.click(env, "[data-testid=nav-settings]");
    window.click(env, "[data-testid=theme-dark]");
    window.click(env, "[data-testid=nav-board]");
    window.wait_for(
        env,
        "[data-testid=column-review] [data-testid=card-TASK-003] [data-testid=approve]",
        SOON,
    );
    window.picture(&pictures().join("window-board-dark.png"));
    window.click(env, "[data-testid=card-TASK-003] [data-testid=approve]");
    env.wait_for_status("TASK-003", "done", SOON);
    assert!(
        env.git(&["show", "main:src/orders.js"])
            .contains("yield toLine(row)")
    );

    // What another process does is seen without a click.
    env.json(&["create", "Seen at once", "--agent", "cursor"]);
    window.wait_for(env, "[data-testid^=card-TASK-005]", SOON);
    window.close();
    drop(screen);
    env.wait_until_quiet();
}

/// A key no other text contains.
const KEY: &str = "sk-window-5d2e8c-not-a-real-key";

#[test]
fn a_key_entered_here_goes_to_the_keyring_and_from_there_to_the_agent_alone() {
    let stage = Stage::new();
    let env = &stage.env;
    env.unset("ANTHROPIC_API_KEY");
    let relay = Relay::to(&stage.model.url());
    stage.chain_at(&relay.url);
    let screen = Screen::new(env);
    env.json(&["pause", "-m", "first the key"]);
    let window = Session::of_project(env, &screen);

    window.click(env, "[data-testid=nav-settings]");
    window.click(env, "[data-testid=key-enter-anthropic]");
    window.write(env, "[data-testid=key-input]", KEY);
    window.click(env, "[data-testid=key-save]");
    window.wait_for(env, "[data-testid=key-delete-anthropic]", SOON);
    window.picture(&pictures().join("window-settings-light.png"));
    let shown = window.script("return document.body.innerText;");
    assert!(!shown.to_string().contains(KEY), "it is never shown again");

    env.json(&["resume"]);
    env.wait_for_request("permission", LEG);
    assert!(relay.has_seen(KEY), "the agent sends it to the model");
    env.no_process_knows(KEY, &[]);
    env.no_file_has(KEY);
    window.close();
    drop(screen);
    // The agent waits for its permission; that is for the next engine.
    env.leftovers_are_fine();
}

#[test]
fn the_demo_runs_by_itself_and_leaves_nothing_behind() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", claude());
    let screen = Screen::new(&env);
    let window = Session::open(&env, &screen, &["--demo"]);
    for task in 1..=5 {
        let card = format!("[data-testid=card-TASK-{task:03}]");
        window.wait_for(&env, &card, SOON);
    }
    let page = window.script("return document.body.innerText;").to_string();
    assert!(
        page.contains("nothing is sent anywhere"),
        "it is labelled as what it is: {page}"
    );
    // An agent has been started and the board shows what it does.
    window.wait_for(&env, "[data-testid=column-ready] [data-testid=card-TASK-001], [data-testid=column-in-progress] [data-testid=card-TASK-001]", LEG);
    window.picture(&pictures().join("window-demo-light.png"));
    window.close();
    drop(screen);
    env.wait_until_quiet();
}
