//! What needs hands: the system's own dialogs, pressed and typed into; what was decided and could still be undone when a window goes; and
//! what a window may do and what it may not.

use super::{
    desktop::Desktop,
    driver::{Screen, Session},
    x11::{Display, RETURN, TopWindow},
};
use crate::{
    environment::{TestEnvironment, binary, finish},
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

const SOON: Duration = Duration::from_secs(30);
const LEG: Duration = Duration::from_secs(90);
/// What the system's dialogs need to take in what was typed.
const TYPED: Duration = Duration::from_millis(1000);
/// How long a decision can be undone (`ui/src/backend/held.ts`).
const UNDO: Duration = Duration::from_secs(5);

/// Waits for a window whose title has these words, and gives it the keyboard.
pub(super) fn dialog(env: &TestEnvironment, display: &Display, words: &str) -> TopWindow {
    let shown = env.wait_for(&format!("a dialog `{words}`"), SOON, || {
        let mut shown = display.windows().into_iter();
        shown.find(|window| window.title.contains(words))
    });
    display.focus(&shown);
    // It takes the keyboard in when it is told of it.
    thread::sleep(Duration::from_millis(300));
    shown
}

pub(super) fn gone(env: &TestEnvironment, display: &Display, dialog: &TopWindow) {
    env.wait_for("the dialog to go", SOON, || {
        let mut shown = display.windows().into_iter();
        (!shown.any(|window| window.id == dialog.id)).then_some(())
    });
}

/// Clicks on something until what it leads to is there: what comes in above it (a banner, a line of a setting) moves it away from under the
/// pointer.
fn lead(env: &TestEnvironment, window: &Session, from: &str, to: &str) {
    let there = format!("return document.querySelector(\"{to}\") !== null;");
    for _ in 0..5 {
        window.click(env, from);
        thread::sleep(TYPED);
        if window.script(&there) == json!(true) {
            return;
        }
    }
    window.wait_for(env, to, SOON);
}

/// Types a path. The first letter opens the box for it, and what is typed meanwhile is lost.
fn type_path(display: &Display, path: &Path) {
    let path = path.to_string_lossy();
    let (first, rest) = path.split_at(1);
    display.type_text(first);
    thread::sleep(TYPED);
    display.type_text(rest);
}

/// Presses the button in the lower right corner of a file dialog.
fn accept(env: &TestEnvironment, display: &Display, dialog: &TopWindow) {
    // It completes what was typed; what is pressed meanwhile is not heard.
    thread::sleep(TYPED);
    display.click(dialog, 50, 23);
    gone(env, display, dialog);
}

/// Approves the first task on its card; the approval is held back.
fn approve_and_hold(env: &TestEnvironment, window: &Session) -> Instant {
    window.click(
        env,
        "[data-testid=card-TASK-001] [data-testid=approve]:not([disabled])",
    );
    window.wait_for(env, "[data-testid=held]", SOON);
    assert_eq!(env.status_of("TASK-001"), "review", "it can be undone yet");
    Instant::now()
}

fn merged(env: &TestEnvironment) {
    env.wait_for_status("TASK-001", "done", SOON);
    assert!(
        env.git(&["show", "main:src/limiter.js"])
            .contains("MAX_TRIES = 5")
    );
}

#[test]
fn a_folder_is_picked_with_the_systems_own_picker_set_up_and_gets_its_first_task() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let folder = env.root().join("picked");
    fs::create_dir_all(&folder).expect("a folder");
    let window = Session::open(env, &screen, &[]);
    let display = Display::connect(&screen.number);

    window.click(env, "[data-testid=welcome-pick]");
    let picker = dialog(env, &display, "Choose a project's folder");
    type_path(&display, &folder);
    accept(env, &display, &picker);
    // What was picked is looked at without another press.
    window.wait_for(env, "[data-testid=welcome-agents]", SOON);
    let shown = window.script("return document.querySelector('[data-testid=welcome-path]').value;");
    assert_eq!(shown, json!(folder));
    assert!(!folder.join(".mcp").exists(), "looking makes nothing");

    window.click(env, "[data-testid=welcome-set-up]");
    window.wait_for(env, "[data-testid=welcome-open]", SOON);
    // Nobody starts on what comes: the agents' provider is far from here.
    let paused = finish(
        env.command(binary("orchestron"))
            .args(["pause", "-m", "no agents here"])
            .current_dir(&folder),
        SOON,
    );
    assert_eq!(paused.code, 0, "{paused}");
    window.click(env, "[data-testid=welcome-open]");
    window.wait_for_address(env, "/board");
    let config = || fs::read_to_string(folder.join(".mcp/config.yaml")).expect("its settings");
    assert!(config().contains("review: "), "{}", config());

    // Then agents, the chain, and the first task.
    lead(
        env,
        &window,
        "a[href='/welcome']",
        "[data-testid=step-agents]",
    );
    window.click(env, "[data-testid='choice-chain.review'] button");
    window.click(env, "[role=option][data-key=person]");
    env.wait_for("the chain as it was chosen", SOON, || {
        config().contains("review: person").then_some(())
    });
    lead(
        env,
        &window,
        "[data-testid=welcome-task]",
        "[data-testid=new-task-title]",
    );
    window.write(env, "[data-testid=new-task-title]", "The first task");
    window.click(env, "[data-testid=new-task-create]");
    window.wait_for_address(env, "/task/TASK-001");
    let tasks = window.invoke("board", &json!({})).expect("its board");
    assert_eq!(tasks["cards"][0]["title"], "The first task", "{tasks}");
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn the_log_is_exported_to_the_file_that_is_chosen() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let window = Session::of_project(env, &screen);
    let display = Display::connect(&screen.number);
    let file = env.root().join("taken-along.json");

    window.click(env, "[data-testid=nav-activity]");
    window.click(env, "[data-testid=activity-export]");
    window.click(env, "[role=menuitem]");
    let picker = dialog(env, &display, "Save as");
    display.select_all();
    type_path(&display, &file);
    accept(env, &display, &picker);
    let toast = window.wait_for(env, "[data-testid=toast]", SOON);
    assert!(!toast.is_empty());
    let text = fs::read_to_string(&file).expect("it was written");
    let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert!(events.len() > 5, "{text}");
    assert!(text.contains("TASK-001"), "{text}");

    // Whoever wants it nowhere is told of nothing.
    window.script("document.querySelectorAll('[data-testid=toast] button').forEach((button) => button.click());");
    window.click(env, "[data-testid=activity-export]");
    window.click(env, "[role=menuitem]");
    let picker = dialog(env, &display, "Save as");
    display.close(&picker);
    gone(env, &display, &picker);
    window.wait_for(
        env,
        "[data-testid=activity-export]:not([data-pending])",
        SOON,
    );
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn quit_is_pressed_in_the_question_and_agents_go_on() {
    let stage = Stage::new();
    let env = &stage.env;
    let screen = Screen::new(env);
    let project = env.project().to_string_lossy().into_owned();
    let mut app = screen
        .app(env, &["--project", &project])
        .spawn()
        .expect("the app starts");
    env.wait_for_request("permission", LEG);
    let display = Display::connect(&screen.number);
    let shown = env.wait_for("the window", SOON, || {
        let mut shown = display.windows().into_iter();
        shown.find(|window| window.title == "shop · Orchestron")
    });

    // Without a tray, closing the last window is quitting.
    display.close(&shown);
    dialog(env, &display, "Quit");
    display.press(RETURN);
    let status = env.wait_for("the app to end", SOON, || {
        app.try_wait().expect("a child of ours")
    });
    assert!(status.success(), "{status}");
    let keepers = env.processes();
    assert!(
        keepers
            .iter()
            .any(|process| process.words.contains(" keep ")),
        "the agent goes on: {keepers:#?}"
    );
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn what_could_still_be_undone_is_sent_before_the_app_quits() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    let tray = desktop.wait_for_tray(env);
    tray.wait_for_entry(env, &["Quit"]);

    let held = approve_and_hold(env, &window);
    tray.press(env, &["Quit"]);
    env.wait_for("the app to end", SOON, || {
        let mut left = env.processes().into_iter();
        (!left.any(|process| process.words.contains("orchestron-desktop"))).then_some(())
    });
    merged(env);
    assert!(
        held.elapsed() < UNDO * 2,
        "it waited for nothing: {:?}",
        held.elapsed()
    );
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn what_was_decided_in_one_project_is_never_sent_to_the_next_one_in_its_window() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let other = env.root().join("other");
    fs::create_dir_all(&other).expect("a folder");
    let window = Session::of_project(env, &screen);
    window
        .invoke("desktop-set-up", &json!({"path": other}))
        .expect("it is set up");

    approve_and_hold(env, &window);
    window.leave_by("desktop-open", &json!({"path": other}));
    env.wait_for("the other project's board", SOON, || {
        let path = window.script("return document.title;").to_string();
        path.contains("other").then_some(())
    });
    merged(env);
    let left = window.script("return localStorage.getItem('orchestron-held');");
    assert_eq!(left, Value::Null);
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn nobody_is_told_what_they_are_looking_at() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents yet"]);
    env.json(&["approve", "TASK-002"]);
    let asked = env.request("review").expect("one review is left");
    let config = env.project().join(".mcp/config.yaml");
    let text = fs::read_to_string(&config).expect("the configuration");
    let notify = |review: &str| {
        let notify = format!("notify: {{ review: {review}, permission: now, apart: 1s }}\n");
        fs::write(&config, format!("{text}{notify}")).expect("the configuration");
    };
    notify("off");
    let screen = Screen::new(env);
    let desktop = Desktop::without_tray(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    window.click(env, "[data-testid=nav-needs-you]");
    window.wait_for(
        env,
        "[data-testid=needs-you-detail] [data-testid=approve]",
        SOON,
    );
    let display = Display::connect(&screen.number);
    dialog(env, &display, "shop · Orchestron");

    // It is due from now on, and it counts as told.
    notify("now");
    env.wait_for("the review to be taken for told", SOON, || {
        let told = fs::read_dir(env.root().join("state/told")).ok()?;
        let mut told = told
            .flatten()
            .filter_map(|file| fs::read_to_string(file.path()).ok());
        told.find(|text| {
            let memory: Value = serde_json::from_str(text).unwrap_or_default();
            memory["told"]
                .as_array()
                .is_some_and(|told| told.contains(&asked["id"]))
        })
    });
    assert!(desktop.shown().is_empty(), "{:#?}", desktop.shown());

    // What is not before their eyes any more, or never was, is told, although the window has the keyboard.
    window.go("/board");
    env.wait_for("the review that was not decided to be told", SOON, || {
        (desktop.shown().len() == 1).then_some(())
    });
    env.json(&["resume"]);
    env.wait_for_request("permission", LEG);
    env.wait_for("the permission's notification", SOON, || {
        let shown = desktop.shown();
        shown
            .into_iter()
            .find(|shown| shown.body.contains("--rows 100000"))
    });
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn every_window_has_the_rights_it_needs_and_no_more() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let other = env.root().join("other");
    fs::create_dir_all(&other).expect("a folder");
    let project = env.project().to_string_lossy().into_owned();
    let window = Session::of_project(env, &screen);
    window
        .invoke("desktop-set-up", &json!({"path": other}))
        .expect("it is set up");
    window
        .invoke("desktop-open", &json!({"path": other, "new_window": true}))
        .expect("it is opened");
    let windows = env.wait_for("two windows", SOON, || {
        let windows = window.windows();
        (windows.len() == 2).then_some(windows)
    });

    let mut seen = Vec::new();
    for name in &windows {
        window.switch_to(name);
        window.wait_for(env, "[data-testid=nav-board]", SOON);
        let board = window.invoke("board", &json!({})).expect("its board");
        seen.push(board["project"]["path"].clone());
        for command in [
            "plugin:dialog|open",
            "plugin:dialog|save",
            "plugin:fs|read_text_file",
            "plugin:shell|execute",
            "plugin:shell|open",
            "plugin:event|emit",
            "plugin:window|create",
            "plugin:webview|create_webview_window",
            "plugin:autostart|enable",
            "plugin:app|version",
        ] {
            let refused = window.plugin(command).expect_err(command).to_string();
            assert!(
                refused.contains("not allowed") || refused.contains("not found"),
                "{command}: {refused}"
            );
        }
    }
    // The second one hears of what happens in its own project, and of nothing else.
    let second = seen.iter().position(|path| *path != json!(project));
    window.switch_to(&windows[second.expect("the other project's window")]);
    let made = finish(
        env.command(binary("orchestron"))
            .args(["create", "Seen at once"])
            .current_dir(&other),
        SOON,
    );
    assert_eq!(made.code, 0, "{made}");
    window.wait_for(env, "[data-testid^=card-TASK-]", SOON);
    let cards =
        window.script("return document.querySelectorAll('[data-testid^=card-TASK-]').length;");
    assert_eq!(cards, 1);
    seen.sort_by_key(Value::to_string);
    let mut wanted = [json!(other.canonicalize().expect("a path")), json!(project)];
    wanted.sort_by_key(Value::to_string);
    assert_eq!(seen, wanted);
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}
