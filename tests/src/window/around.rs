//! More of the system around the window: what else can be pressed in the tray and on notifications, quiet hours, sound, windows that come
//! back where they were, and the palette at the keyboard.

use super::{
    desktop::{Desktop, find},
    dialogs::dialog,
    driver::{Screen, Session},
    x11::{Display, RETURN, TopWindow},
};
use crate::{environment::TestEnvironment, stage::Stage};
use std::{
    fs, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const SOON: Duration = Duration::from_secs(30);
const LEG: Duration = Duration::from_secs(90);
/// What is pressed sooner after the menu changed is only shown.
const READ: Duration = Duration::from_millis(800);

/// Writes what is told when.
fn notify(env: &TestEnvironment, how: &str) {
    let path = env.project().join(".mcp/config.yaml");
    let text = fs::read_to_string(&path).expect("the configuration");
    let own = text.split("notify:").next().expect("what stands before it");
    fs::write(&path, format!("{own}notify: {{ {how} }}\n")).expect("the configuration");
}

fn feedback(env: &TestEnvironment) -> String {
    let files = fs::read_dir(env.project().join(".mcp/feedback")).into_iter();
    let files = files.flatten().flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    texts.collect()
}

#[test]
fn the_tray_asks_for_changes_opens_requests_and_pauses_all() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "only the tray"]);
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    let tray = desktop.wait_for_tray(env);
    let asked = env.request("review").expect("a review");
    let first = format!("/needs-you?request={}", asked["id"]);
    let task = asked["task"].as_str().expect("its task").to_owned();

    // Open shows this very request; in your words, with the box for them.
    tray.wait_for_entry(env, &[&task, "Open"]);
    thread::sleep(READ);
    tray.press(env, &[&task, "Open"]);
    window.wait_for_address(env, &first);
    tray.press(env, &[&task, "Request changes", "In your words"]);
    window.wait_for_address(env, &format!("{first}&do=changes"));

    // A reason goes back to whoever did the work.
    tray.press(env, &[&task, "Request changes", "Tests are missing"]);
    env.wait_for("the task to go back", SOON, || {
        (env.status_of(&task) != "review").then_some(())
    });
    env.wait_for("the reason in its feedback", SOON, || {
        feedback(env)
            .contains("Add tests that would fail without this change")
            .then_some(())
    });
    env.wait_for("the entry to go", SOON, || {
        find(&tray.menu(), &[&task, "Approve"])
            .is_none()
            .then_some(())
    });

    // Everything is paused and goes on by one press each.
    let paused = || env.json(&["status"])["engine"]["paused"] != serde_json::Value::Null;
    thread::sleep(READ);
    tray.press(env, &["Go on"]);
    tray.wait_for_entry(env, &["Pause all"]);
    env.wait_for("it to go on", SOON, || (!paused()).then_some(()));
    thread::sleep(READ);
    tray.press(env, &["Pause all"]);
    tray.wait_for_entry(env, &["Go on"]);
    env.wait_for("the pause", SOON, || paused().then_some(()));
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

/// The hour of the day, so many hours from now, as `notify` writes it.
fn hours_from_now(hours: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let minutes = i64::try_from(now.as_secs()).expect("it fits") / 60 + hours * 60;
    format!("{:02}:{:02}", minutes.rem_euclid(1440) / 60, minutes % 60)
}

#[test]
fn a_click_opens_the_very_request_and_quiet_hours_kinds_and_sound_are_as_set() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents yet"]);
    env.json(&["approve", "TASK-002"]);
    let (from, to) = (hours_from_now(-1), hours_from_now(2));
    let quiet =
        format!("quiet: {{ from: \"{from}\", to: \"{to}\", except: [permission] }}, zone: UTC");
    notify(
        env,
        &format!("review: now, permission: now, apart: 1s, {quiet}"),
    );
    let screen = Screen::new(env);
    let desktop = Desktop::without_tray(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    window.go("/settings");
    env.json(&["resume"]);

    // The permission is let through, with a sound; the review, which was there before, waits for the morning.
    let asked = env.wait_for_request("permission", LEG);
    let told = env.wait_for("the permission's notification", SOON, || {
        let mut shown = desktop.shown().into_iter();
        shown.find(|shown| shown.body.contains("--rows 100000"))
    });
    assert!(told.sound, "{told:?}");
    assert_eq!(desktop.shown().len(), 1, "{:#?}", desktop.shown());
    desktop.invoke(told.number, "default");
    window.wait_for_address(env, &format!("/needs-you?request={}", asked["id"]));

    // The hours are over, and it is to be silent.
    window.go("/settings");
    notify(env, "review: now, permission: off, apart: 1s, sound: false");
    let told = desktop.wait_for_notification(env, "Rate-limit");
    assert!(!told.sound, "{told:?}");
    let review = env.request("review").expect("a review");
    desktop.invoke(told.number, "default");
    window.wait_for_address(env, &format!("/needs-you?request={}", review["id"]));
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

fn main_window(env: &TestEnvironment, display: &Display) -> TopWindow {
    env.wait_for("the window", SOON, || {
        let mut shown = display.windows().into_iter();
        shown.find(|window| window.title == "shop · Orchestron")
    })
}

#[test]
fn windows_come_back_where_they_were_and_the_palette_leads_anywhere_by_the_keyboard() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let project = env.project().to_string_lossy().into_owned();
    let display = Display::connect(&screen.number);
    let start = |args: &[&str]| {
        let mut command = screen.app(env, args);
        command
            .current_dir(env.root())
            .spawn()
            .expect("the app starts")
    };
    let quit = |mut app: std::process::Child, shown: &TopWindow| {
        display.close(shown);
        let ended = env.wait_for("the app to end", SOON, || {
            app.try_wait().expect("a child of ours")
        });
        assert!(ended.success(), "{ended}");
    };

    let app = start(&["--project", &project]);
    let shown = main_window(env, &display);
    display.put(&shown, (120, 80), (1100, 760));
    env.wait_for("the window to be there", SOON, || {
        let now = main_window(env, &display);
        ((now.x, now.y, now.width, now.height) == (120, 80, 1100, 760)).then_some(())
    });
    // The app hears of it a moment later.
    thread::sleep(READ);
    quit(app, &shown);

    // Without a word it opens what was open, where it was.
    let app = start(&[]);
    let shown = env.wait_for("the window where it was", SOON, || {
        let now = main_window(env, &display);
        ((now.x, now.y, now.width, now.height) == (120, 80, 1100, 760)).then_some(now)
    });
    quit(app, &shown);

    let window = Session::of_project(env, &screen);
    window.wait_for(env, "[data-testid=card-TASK-003]", SOON);
    dialog(env, &display, "shop · Orchestron");
    display.with_control('k');
    window.wait_for(env, "[data-testid=palette-input]", SOON);
    display.type_text("insights");
    thread::sleep(READ);
    display.press(RETURN);
    window.wait_for_address(env, "/insights");
    window.close();
    drop(screen);
}
