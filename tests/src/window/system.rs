//! The system around the window: tray and notifications observed and pressed over D-Bus, links, closing, several projects.

use super::{
    desktop::{Desktop, find},
    driver::{Screen, Session},
    x11::Display,
};
use crate::{
    environment::{TestEnvironment, finish},
    stage::Stage,
};
use serde_json::json;
use std::{fs, path::PathBuf, process::Command, thread, time::Duration};

const SOON: Duration = Duration::from_secs(30);
const LEG: Duration = Duration::from_secs(90);
/// What is pressed sooner after the menu changed is only shown.
const READ: Duration = Duration::from_millis(800);

/// Everything is told at once.
fn tell_at_once(env: &TestEnvironment) {
    let path = env.project().join(".mcp/config.yaml");
    let text = fs::read_to_string(&path).expect("the configuration");
    let notify = "notify: { review: now, permission: now, escalation: now, apart: 1s }\n";
    fs::write(&path, format!("{text}{notify}")).expect("the configuration");
}

fn commits(env: &TestEnvironment, task: &str) -> PathBuf {
    let shown = env.json(&["show", task]);
    PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"))
}

fn in_worktree(env: &TestEnvironment, worktree: &PathBuf, args: &[&str]) {
    let done = finish(env.command("git").args(args).current_dir(worktree), SOON);
    assert_eq!(done.code, 0, "git {args:?}: {done}");
}

#[test]
fn what_waits_is_decided_in_the_tray_and_a_stale_press_is_refused() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "only the tray"]);
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    let tray = desktop.wait_for_tray(env);
    let approve = tray.wait_for_entry(env, &["TASK-001", "Approve"]);
    assert!(
        tray.tooltip().contains("2 wait for you"),
        "{}",
        tray.tooltip()
    );
    let picture = tray.picture();

    thread::sleep(READ);
    tray.press(env, &["TASK-001", "Approve"]);
    env.wait_for_status("TASK-001", "done", SOON);
    assert!(
        env.git(&["show", "main:src/limiter.js"])
            .contains("MAX_TRIES = 5")
    );
    env.wait_for("the entry to go", SOON, || {
        find(&tray.menu(), &["TASK-001"]).is_none().then_some(())
    });
    assert_ne!(tray.picture(), picture, "the number on it has changed");
    // The entry that is no more does nothing, whatever stands in its place now.
    thread::sleep(READ);
    tray.press_whatever_it_is(&approve);

    // The branch moves after its commit was shown; what was shown is not what would be merged.
    let worktree = commits(env, "TASK-002");
    fs::write(worktree.join("ABOUT.md"), "# Something else\n").expect("a file");
    in_worktree(
        env,
        &worktree,
        &["commit", "-qam", "changed after it was shown"],
    );
    thread::sleep(READ * 2);
    tray.press(env, &["TASK-002", "Approve"]);
    let told = desktop.wait_for_notification(env, "Nothing was done");
    assert!(told.title.contains("TASK-002"), "{told:?}");
    assert_eq!(env.status_of("TASK-002"), "review");
    let asked = env.request("review").expect("it is still asked");
    window.wait_for_address(env, &format!("/needs-you?request={}", asked["id"]));

    tray.press(env, &["Go on"]);
    tray.wait_for_entry(env, &["Pause all"]);
    let quit = tray.wait_for_entry(env, &["Quit"]);
    assert!(quit.enabled);
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn notifications_are_decided_by_their_buttons_and_by_words_typed_into_them() {
    let stage = Stage::new();
    let env = &stage.env;
    tell_at_once(env);
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let window = Session::of_project(env, &screen);

    // What was open before the app came is told as one.
    let several = desktop.wait_for_notification(env, "2");
    assert!(
        several.actions.iter().all(|(key, _)| key == "default"),
        "{several:?}"
    );
    desktop.invoke(several.number, "default");
    window.wait_for_address(env, "/needs-you");
    // Somebody who looks at the next request is not told of it.
    window.go("/board");

    // The command is seen whole, as it is, and allowed from there.
    let asked = env.wait_for_request("permission", LEG);
    let told = env.wait_for("the permission's notification", SOON, || {
        desktop
            .shown()
            .into_iter()
            .find(|shown| shown.body.contains("--rows 100000"))
    });
    assert!(
        told.body
            .contains("node --expose-gc src/orders.js --rows 100000"),
        "{told:?}"
    );
    desktop.invoke(told.number, &told.key("Allow once"));
    env.wait_for_status("TASK-003", "review", LEG);
    assert!(
        env.request("permission")
            .is_none_or(|open| open["id"] != asked["id"])
    );

    // Words typed into the review's notification go back to the implementer.
    let review = env.wait_for("the review's notification", SOON, || {
        let mut shown = desktop.shown().into_iter().rev();
        shown.find(|shown| shown.actions.iter().any(|(key, _)| key == "inline-reply"))
    });
    desktop.reply(review.number, "Stream the header too");
    env.wait_for("the words in the task's feedback", SOON, || {
        let feedback = fs::read_dir(env.project().join(".mcp/feedback")).ok()?;
        let texts = feedback
            .flatten()
            .filter_map(|file| fs::read_to_string(file.path()).ok());
        texts
            .into_iter()
            .find(|text| text.contains("Stream the header too"))
    });
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn what_is_decided_elsewhere_is_taken_down() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    tell_at_once(env);
    env.json(&["approve", "TASK-002"]);
    let screen = Screen::new(env);
    let desktop = Desktop::without_tray(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    let told = desktop.wait_for_notification(env, "Rate-limit");
    env.json(&["approve", "TASK-001"]);
    env.wait_for("the notification to go", SOON, || {
        desktop
            .shown()
            .iter()
            .any(|shown| shown.number == told.number && shown.closed)
            .then_some(())
    });
    // Pressed in the same instant: it is not decided twice, and nothing breaks.
    desktop.invoke(told.number, "0");

    // A tray that comes later gets the icon.
    desktop.add_tray();
    desktop
        .wait_for_tray(env)
        .wait_for_entry(env, &["Open Orchestron"]);
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn closing_hides_in_the_tray_and_quitting_asks_when_agents_run() {
    let stage = Stage::new();
    let env = &stage.env;
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let project = env.project().to_string_lossy().into_owned();
    let mut app = screen
        .app(env, &["--project", &project])
        .spawn()
        .expect("the app starts");
    let tray = desktop.wait_for_tray(env);
    let display = Display::connect(&screen.number);
    let main = |display: &Display| {
        display
            .windows()
            .into_iter()
            .find(|window| window.title.contains("Orchestron"))
    };
    let shown = env.wait_for("the window", SOON, || main(&display));
    env.wait_for("its project's name", SOON, || {
        main(&display).filter(|window| window.title == "shop · Orchestron")
    });
    env.wait_for_request("permission", LEG);

    display.close(&shown);
    env.wait_for("the window to hide", SOON, || {
        main(&display).is_none().then_some(())
    });
    let told = desktop.wait_for_notification(env, "tray");
    assert!(told.body.contains("Quit"), "{told:?}");
    assert!(
        app.try_wait().expect("a child of ours").is_none(),
        "it goes on"
    );
    tray.click();
    let back = env.wait_for("the window to come back", SOON, || main(&display));
    assert_eq!((back.width, back.height), (shown.width, shown.height));

    // An agent waits for its permission, so it is asked first.
    tray.press(env, &["Quit"]);
    let question = |display: &Display| {
        display
            .windows()
            .into_iter()
            .find(|window| window.title.starts_with("Quit"))
    };
    let asked = env.wait_for("the question", SOON, || question(&display));
    display.close(&asked);
    env.wait_for("the question to go", SOON, || {
        question(&display).is_none().then_some(())
    });
    assert!(
        app.try_wait().expect("a child of ours").is_none(),
        "it was not meant"
    );

    let stop = env.json(&["requests"]);
    assert!(
        stop.to_string().contains("permission"),
        "the agent waits still"
    );
    env.json(&["pause", "-m", "the end"]);
    env.json(&["stop", "TASK-003"]);
    env.wait_for("no agent", SOON, || {
        // A keeper that waits for the next run, and the stage it has ready, are nobody's.
        let at_work = |words: &str| {
            words.contains("/claude ") || words.contains(" keep ") && !words.contains("-ready")
        };
        let mut left = env.processes().into_iter();
        (!left.any(|process| at_work(&process.words))).then_some(())
    });
    tray.press(env, &["Quit"]);
    env.wait_for("the app to end", SOON, || {
        app.try_wait().expect("a child of ours")
    });
    let kept =
        fs::read_to_string(env.root().join("state/desktop.json")).expect("what it remembers");
    assert!(
        kept.contains("\"width\": 1440") && kept.contains(&project),
        "{kept}"
    );
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn without_a_tray_closing_quits() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let project = env.project().to_string_lossy().into_owned();
    let mut app = screen
        .app(env, &["--project", &project])
        .spawn()
        .expect("the app starts");
    let display = Display::connect(&screen.number);
    let shown = env.wait_for("the window", SOON, || {
        display
            .windows()
            .into_iter()
            .find(|window| window.title == "shop · Orchestron")
    });
    display.close(&shown);
    let status = env.wait_for("the app to end", SOON, || {
        app.try_wait().expect("a child of ours")
    });
    assert!(status.success(), "{status}");
    drop(screen);
}

#[test]
fn links_show_what_they_lead_to_and_hostile_ones_are_refused() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let desktop = Desktop::without_tray(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    window.wait_for(env, "[data-testid=card-TASK-003]", SOON);
    let follow = |link: &str| finish(screen.app(env, &[link]).current_dir("/"), SOON);

    assert_eq!(follow("orchestron://task/TASK-003").code, 0);
    window.wait_for_address(env, "/task/TASK-003");
    // The task is shown, not only its address.
    env.wait_for("the task's page", SOON, || {
        let title = window.script("return document.querySelector('h1')?.innerText ?? '';");
        title
            .to_string()
            .contains("Export large shops")
            .then_some(())
    });
    let asked = env.request("review").expect("a review");
    assert_eq!(
        follow(&format!("orchestron://request/{}", asked["id"])).code,
        0
    );
    window.wait_for_address(env, &format!("/needs-you?request={}", asked["id"]));

    for hostile in [
        "orchestron://approve/1",
        "orchestron://task/..%2F..%2Fetc",
        "orchestron://task/TASK-1');alert(1)//",
    ] {
        let before = desktop.shown().len();
        assert_eq!(follow(hostile).code, 0, "{hostile}");
        env.wait_for("the refusal", SOON, || {
            (desktop.shown().len() > before).then_some(())
        });
        assert_eq!(
            desktop.shown().last().expect("one").title,
            "A link was not followed"
        );
    }
    assert_eq!(follow("https://example.com").code, 2);
    window.wait_for_address(env, &format!("/needs-you?request={}", asked["id"]));
    let log = fs::read_to_string(env.root().join("state/desktop.log")).expect("the log");
    assert!(log.contains("refused") && !log.contains("alert"), "{log}");
    window.close();
    drop(screen);
}

#[test]
fn without_a_project_it_asks_and_several_have_their_own_windows() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let (shop, other) = (env.project(), env.root().join("other"));
    fs::create_dir_all(&other).expect("a folder");
    let empty = env.root().join("empty");
    fs::create_dir_all(&empty).expect("a folder");
    let link = env.root().join("start");
    // The driver starts the app where it stands itself, which is no project.
    fs::write(&link, "").expect("a file");
    let window = Session::open(env, &screen, &[]);
    window.wait_for_address(env, "/welcome");
    let here = window
        .invoke("desktop", &json!({}))
        .expect("the app answers");
    assert_eq!(
        (&here["project"], &here["tray"]),
        (&json!(null), &json!(false)),
        "{here}"
    );
    let refused = window
        .invoke("board", &json!({}))
        .expect_err("there is none");
    assert_eq!(refused["code"], "no_project");
    let refused = window
        .invoke("desktop-open", &json!({"path": empty}))
        .expect_err("no project there");
    assert_eq!(refused["field"], "path", "{refused}");
    window
        .invoke("desktop-open", &json!({"path": "relative"}))
        .expect_err("no whole path");

    // Set up and opened in this window.
    let looked = window
        .invoke("desktop-look", &json!({"path": other}))
        .expect("a look");
    assert_eq!(
        (&looked["project"], &looked["problem"]),
        (&json!(null), &json!(null)),
        "{looked}"
    );
    let made = window
        .invoke("desktop-set-up", &json!({"path": other}))
        .expect("it is set up");
    assert!(
        made["created"]
            .as_array()
            .is_some_and(|files| !files.is_empty()),
        "{made}"
    );
    window.leave_by("desktop-open", &json!({"path": other}));
    window.wait_for_address(env, "/board");
    let board = window.invoke("board", &json!({})).expect("its board");
    assert_eq!(
        board["project"]["path"],
        json!(other.canonicalize().expect("a path"))
    );

    // Another one in a window of its own, by a second start.
    let display = Display::connect(&screen.number);
    let started = finish(
        &mut screen.app(env, &["--project", &shop.to_string_lossy()]),
        SOON,
    );
    assert_eq!(started.code, 0, "{started}");
    let titles = |display: &Display| -> Vec<String> {
        display
            .windows()
            .into_iter()
            .map(|window| window.title)
            .collect()
    };
    env.wait_for("two windows", SOON, || {
        let titles = titles(&display);
        ["other · Orchestron", "shop · Orchestron"]
            .iter()
            .all(|wanted| titles.iter().any(|title| title == wanted))
            .then_some(())
    });
    // What happens in one is not told of the other.
    let board = window.invoke("board", &json!({})).expect("its board");
    assert_eq!(board["cards"].as_array().map(Vec::len), Some(0), "{board}");
    let recent = window
        .invoke("desktop", &json!({}))
        .expect("the app answers");
    assert_eq!(
        recent["recent"].as_array().map(Vec::len),
        Some(2),
        "{recent}"
    );

    // At login, if wished.
    let set = window
        .invoke("desktop-set", &json!({"at_login": true}))
        .expect("it is set");
    assert_eq!(set["at_login"], true);
    let entries = fs::read_dir(env.root().join("home/.config/autostart")).expect("the folder");
    let entry = entries.flatten().next().expect("an entry");
    let text = fs::read_to_string(entry.path()).expect("a text");
    assert!(text.contains("--hidden"), "{text}");
    let set = window
        .invoke("desktop-set", &json!({"at_login": false}))
        .expect("it is set");
    assert_eq!(set["at_login"], false);
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

#[test]
fn started_at_login_it_is_in_the_tray_and_opens_on_a_click() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let project = env.project().to_string_lossy().into_owned();
    let mut command: Command = screen.app(env, &["--hidden", "--project", &project]);
    let mut app = command.spawn().expect("the app starts");
    let tray = desktop.wait_for_tray(env);
    tray.wait_for_entry(env, &["TASK-001", "Approve"]);
    let display = Display::connect(&screen.number);
    assert_eq!(display.windows(), []);
    tray.click();
    env.wait_for("the window", SOON, || {
        display
            .windows()
            .into_iter()
            .find(|window| window.title == "shop · Orchestron")
    });
    tray.press(env, &["Quit"]);
    let status = env.wait_for("the app to end", SOON, || {
        app.try_wait().expect("a child of ours")
    });
    assert!(status.success(), "{status}");
    drop(screen);
}
