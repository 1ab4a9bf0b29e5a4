//! A person edits task files while the UI is open: how long until the UI is told, and whether any edit is missed.

use super::{
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Failed, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, at, ms},
    world::{World, folder_of, id},
};
use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpStream,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// How long an event may take before the edit counts as missed.
const MISSED: Duration = Duration::from_secs(3);
/// So long nothing may come before the next edit is made: what comes then belongs to it.
const QUIET: Duration = Duration::from_millis(30);

/// Measures with the UI's own stream of changes.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let size = plan.large();
    let world = World::new()?;
    world.set_up(BY_HAND, LIMITS)?;
    world.seed(size)?;
    process::output(&mut world.product(&["status"]))?;
    let engine = world.engine(&["--ui", "--port", "0"])?;
    let (address, token) = world.wait("the UI's address", || address(&world.engine_said()))?;
    let events = subscribe(&address, &token)?;
    wait_until_quiet(&events)?;
    let (mut took, mut missed) = (Vec::new(), 0);
    for round in 0..plan.edits() {
        let number = round % size + 1;
        let path = world
            .project()
            .join(".mcp/tasks")
            .join(folder_of(number))
            .join(format!("{}-task-number-{number}.md", id(number)));
        let text = super::world::text(number, folder_of(number))
            .replace("Whoever", &format!("Round {round}: whoever"));
        let began = Instant::now();
        fs::write(&path, text).doing(format!("edit {}", path.display()))?;
        match events.recv_timeout(MISSED) {
            Ok(heard) => took.push(heard.saturating_duration_since(began).as_secs_f64() * 1000.0),
            Err(RecvTimeoutError::Timeout) => missed += 1,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failed::Wrong("the stream of changes ended".to_owned()));
            }
        }
        wait_until_quiet(&events)?;
    }
    let pss = process::pss_kb(engine.pid())?;
    engine.stop()?;
    let figure = format!("p50 {}, p99 {}", ms(at(&took, 0.5)), ms(at(&took, 0.99)));
    report.judged(
        format!("edit → event, {size} tasks"),
        figure,
        "p50 ≤ 50 ms",
        Verdict::of(at(&took, 0.5) <= 50.0),
    );
    let verdict = if missed == 0 {
        Verdict::Met
    } else {
        Verdict::Missed
    };
    report.judged(
        "missed",
        format!("{missed} of {}", plan.edits()),
        "0",
        verdict,
    );
    report.told(
        "engine and UI server afterwards, PSS",
        format!("{} MB", pss / 1024),
    );
    report.section("A task file is edited by hand → the UI is told");
    Ok(())
}

fn wait_until_quiet(events: &Receiver<Instant>) -> Measured<()> {
    loop {
        match events.recv_timeout(QUIET) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failed::Wrong("the stream of changes ended".to_owned()));
            }
        }
    }
}

fn address(said: &str) -> Option<(String, String)> {
    let line = said.lines().find(|line| line.contains("#token="))?;
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    let (address, token) = value["data"]["address"].as_str()?.split_once("/#token=")?;
    Some((
        address.trim_start_matches("http://").to_owned(),
        token.to_owned(),
    ))
}

/// The moments of all events of `GET /api/changes`, read as the UI reads them.
fn subscribe(address: &str, token: &str) -> Measured<Receiver<Instant>> {
    let mut stream = TcpStream::connect(address).doing("connect to the UI's server")?;
    let request = format!(
        "GET /api/changes HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream
        .write_all(request.as_bytes())
        .doing("ask for changes")?;
    let mut lines = BufReader::new(stream).lines();
    let status = lines
        .next()
        .transpose()
        .doing("read the answer")?
        .unwrap_or_default();
    if !status.contains(" 200 ") {
        return Err(Failed::Wrong(format!("GET /api/changes: {status}")));
    }
    let (send, events) = channel();
    thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if line.starts_with("data:") && send.send(Instant::now()).is_err() {
                return;
            }
        }
    });
    Ok(events)
}
