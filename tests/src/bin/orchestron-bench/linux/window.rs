//! The desktop window: from the start of its process until a card is on the board, and its memory. Needs a display (Xvfb will
//! do) and WebKitWebDriver, which is asked what the page shows.

use super::{
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Failed, Measured},
    plan::Plan,
    process::{self, Background},
    report::{Report, Verdict, median, ms},
    world::World,
};
use serde_json::{Value, json};
use std::{
    env,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

/// Tasks on the board.
const TASKS: usize = 100;
/// PSS of a bare WebKitGTK window of Tauri, measured once on this kind of machine, in MB.
const BARE_MB: f64 = 271.0;

/// Measures several starts.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    const NAME: &str = "window start → first card";
    let app = env::current_exe()
        .doing("find this program")?
        .with_file_name("orchestron-desktop");
    let missing = ["Xvfb", "WebKitWebDriver", "dbus-run-session"]
        .into_iter()
        .find(|program| !installed(program));
    match (app.is_file(), missing) {
        (false, _) => report.absent(NAME, "orchestron-desktop is not built"),
        (_, Some(program)) => report.absent(NAME, &format!("{program} is not installed")),
        (true, None) => starts(plan, &app, NAME, report)?,
    }
    report.section("The window");
    Ok(())
}

fn installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

fn starts(plan: &Plan, app: &Path, name: &str, report: &mut Report) -> Measured<()> {
    let world = World::new()?;
    world.set_up(BY_HAND, LIMITS)?;
    world.seed(TASKS)?;
    process::output(&mut world.product(&["status"]))?;
    let (mut took, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds().div_ceil(2) {
        let (start, size) = start(&world, app)?;
        took.push(start);
        sizes.push(size);
    }
    let p50 = median(&took);
    report.judged(
        format!("{name}, {TASKS} tasks"),
        ms(p50),
        "≤ 1 s (bare window 0.5 s)",
        Verdict::of(p50 <= 1000.0),
    );
    let size = median(&sizes);
    let goal = format!("≤ 1.15 × bare window ({:.0} MB)", BARE_MB * 1.15);
    report.judged(
        "window, PSS of all its processes",
        format!("{size:.0} MB"),
        &goal,
        Verdict::of(size <= BARE_MB * 1.15),
    );
    Ok(())
}

/// One start: milliseconds until the first card, megabytes afterwards.
fn start(world: &World, app: &Path) -> Measured<(f64, f64)> {
    let screen = Screen::new(world)?;
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into();
    let project = world.project().display().to_string();
    let options = json!({"binary": app, "args": ["--project", project]});
    let wanted = json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
    let opened = world.wait("the web driver", || {
        post(&agent, &format!("{}/session", screen.address), &wanted).ok()
    })?;
    let session = opened["value"]["sessionId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let at = format!("{}/session/{session}", screen.address);
    let script = json!({"script": "return document.querySelector('[data-testid^=card-TASK]') !== null", "args": []});
    let began = Instant::now();
    loop {
        let found = post(&agent, &format!("{at}/execute/sync"), &script)?;
        if found["value"] == true {
            break;
        }
        if began.elapsed() > super::world::PATIENCE {
            return Err(Failed::Waited {
                what: "a card on the board".to_owned(),
            });
        }
        thread::sleep(Duration::from_millis(3));
    }
    let all = process::of(world.root());
    let app = app.display().to_string();
    let pid = all
        .iter()
        .find(|(_, words)| words.starts_with(&app))
        .map(|(pid, _)| *pid);
    let took = pid
        .and_then(process::age_ms)
        .ok_or_else(|| Failed::Wrong("the app's process is gone".to_owned()))?;
    thread::sleep(Duration::from_secs(2));
    let ours = |words: &str| {
        words.starts_with(&app)
            || words.contains("WebKitWebProcess")
            || words.contains("WebKitNetworkProcess")
    };
    let kilobytes: u64 = all
        .iter()
        .filter(|(_, words)| ours(words))
        .filter_map(|(pid, _)| process::pss_kb(*pid).ok())
        .sum();
    // The session's end closes the window; what stays is ended with the screen.
    agent.delete(&at).call().map(drop).unwrap_or_default();
    drop(screen);
    for (pid, words) in process::of(world.root()) {
        if ours(&words) {
            process::signal(pid, rustix::process::Signal::TERM);
        }
    }
    world.wait("the window's processes to end", || {
        process::of(world.root())
            .iter()
            .all(|(_, words)| !ours(words))
            .then_some(())
    })?;
    Ok((
        took,
        f64::from(u32::try_from(kilobytes).unwrap_or(u32::MAX)) / 1024.0,
    ))
}

fn post(agent: &ureq::Agent, address: &str, body: &Value) -> Measured<Value> {
    let said = |error: ureq::Error| Failed::Wrong(format!("POST {address}: {error}"));
    let mut answer = agent.post(address).send_json(body).map_err(said)?;
    answer.body_mut().read_json().map_err(said)
}

/// A display of its own, a session bus and a driver.
struct Screen {
    _driver: Background,
    _display: Background,
    address: String,
}

impl Screen {
    fn new(world: &World) -> Measured<Self> {
        let quiet = |program: &str| {
            let mut command = world.command(&PathBuf::from(program));
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let mut xvfb = quiet("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1600x1000x24",
            "-nolisten",
            "tcp",
        ])
        .stdout(Stdio::piped());
        let mut display = Background::start(&mut xvfb)?;
        let mut number = String::new();
        if let Some(out) = display.0.stdout.take() {
            BufReader::new(out)
                .read_line(&mut number)
                .doing("read the display's number")?;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .doing("find a free port")?
            .port();
        let mut driver = quiet("dbus-run-session");
        driver
            .args([
                "--",
                "WebKitWebDriver",
                "--host=127.0.0.1",
                &format!("--port={port}"),
            ])
            .env("DISPLAY", format!(":{}", number.trim()))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        Ok(Self {
            _driver: Background::start(&mut driver)?,
            _display: display,
            address: format!("http://127.0.0.1:{port}"),
        })
    }
}
