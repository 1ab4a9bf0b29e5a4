//! From one agent to the next: ready → keeper spawned, and one agent's end → the next one's first instruction. The agents are
//! this very program, playing the fake agent and noting when it begins and ends.

use super::{
    failed::{Doing as _, Failed, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, at, median, ms, times},
    world::World,
};
use rusqlite::Connection;
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// Where the fake agents note their times, below `$HOME`.
const TIMES: &str = "bench-times";
/// Everybody is an agent, one at a time.
const AGENTS: &str = "  prepare: architect\n  implement: coder\n  review: reviewer\n";
/// Links of the floor.
const FLOOR_LINKS: usize = 40;

/// Nanoseconds since 1970.
pub fn now_ns() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Notes that an agent begins or ends; one write, so that lines never mix.
pub fn note(home: &Path, what: &str, run: &str) -> Measured<()> {
    let line = format!("{what} {run} {}\n", now_ns());
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(home.join(TIMES))
        .doing("open the agents' times")?;
    file.write_all(line.as_bytes())
        .doing("note an agent's time")
}

/// One noted time.
#[derive(Clone, Debug)]
struct Noted {
    begins: bool,
    run: String,
    ns: u64,
}

fn noted(world: &World) -> Vec<Noted> {
    let text = fs::read_to_string(world.root().join("home").join(TIMES)).unwrap_or_default();
    let mut all: Vec<Noted> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (what, run, ns) = (words.next()?, words.next()?, words.next()?);
            Some(Noted {
                begins: what == "begin",
                run: run.to_owned(),
                ns: ns.parse().ok()?,
            })
        })
        .collect();
    all.sort_by_key(|one| one.ns);
    all
}

/// Measures both, without and with git.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let floor = floor_links()?;
    let own = own_start()?;
    report.told(
        "a fake agent's own start (spawn → first instruction), p50",
        ms(median(&own)),
    );
    for git in [false, true] {
        hand_overs(plan, git, (&floor, median(&own)), report)?;
    }
    for git in [false, true] {
        counted(git, report)?;
    }
    dropped(plan, median(&own), report)?;
    report.section("From one agent to the next (fake agents, one at a time)");
    Ok(())
}

fn hand_overs(
    plan: &Plan,
    git: bool,
    (floor, own): (&[f64], f64),
    report: &mut Report,
) -> Measured<()> {
    let world = World::new()?;
    if git {
        repository(&world)?;
    }
    world.set_up(AGENTS, "parallel: 1, attempts: 3, backoff: 100ms")?;
    for number in 0..plan.chains() {
        process::output(&mut world.product(&["create", &format!("Chained {number}")]))?;
    }
    let engine = world.engine(&[])?;
    let runs = plan.chains() * 3;
    let all = world.wait("the chain's end", || {
        let all = noted(&world);
        (all.len() >= runs * 2).then_some(all)
    });
    let all = all.inspect_err(|_| eprintln!("{}", world.engine_said_last()))?;
    engine.stop()?;
    let title = if git {
        "in a git repository"
    } else {
        "without git"
    };
    if all.len() > runs * 2 {
        return Err(Failed::Wrong(format!(
            "{} runs instead of {runs}: something ran twice",
            all.len() / 2
        )));
    }
    let mut links: Vec<(&str, f64)> = Vec::new();
    for two in all.windows(2) {
        if let [end, begin] = two
            && !end.begins
            && begin.begins
        {
            links.push((kind(&end.run, &begin.run), between(end.ns, begin.ns)));
        }
    }
    let values: Vec<f64> = links.iter().map(|(_, value)| *value).collect();
    let p50 = at(&values, 0.5);
    let beyond = p50 - own;
    let cells = [
        format!("p50 {}, p99 {}", ms(p50), ms(at(&values, 0.99))),
        format!("p50 {}, p99 {}", ms(at(floor, 0.5)), ms(at(floor, 0.99))),
        times(p50 / at(floor, 0.5)),
        "p50 ≤ 5 ms beyond the agent's start".to_owned(),
    ];
    report.line(
        format!("hand-over {title}, {} links", values.len()),
        cells,
        Verdict::of(beyond <= 5.0),
    );
    for wanted in [
        "prepare → implement",
        "implement → review",
        "review → next task",
    ] {
        let some: Vec<f64> = links
            .iter()
            .filter(|(kind, _)| *kind == wanted)
            .map(|(_, value)| *value)
            .collect();
        report.told(
            format!("  {wanted}"),
            format!("p50 {}, p99 {}", ms(at(&some, 0.5)), ms(at(&some, 0.99))),
        );
    }
    Ok(())
}

/// What a hand-over costs that no other load can change: how often the disk is waited for, and how many programs are started. Nothing
/// is told where strace is missing.
#[allow(clippy::cast_precision_loss)] // some hundreds at most
fn counted(git: bool, report: &mut Report) -> Measured<()> {
    const TASKS: usize = 3;
    let world = World::new()?;
    if git {
        repository(&world)?;
    }
    world.set_up(AGENTS, "parallel: 1, attempts: 3, backoff: 100ms")?;
    for number in 0..TASKS {
        process::output(&mut world.product(&["create", &format!("Counted {number}")]))?;
    }
    let found = world.root().join("calls");
    let mut traced = world.traced(&found, &["run", "--json"]);
    let Ok(mut traced) = process::Background::start(&mut traced) else {
        return Ok(());
    };
    let ends = || noted(&world).iter().filter(|one| !one.begins).count();
    let ended = world.wait("the counted chain's end", || {
        let gone = !matches!(traced.0.try_wait(), Ok(None));
        (gone || ends() >= TASKS * 3).then_some(gone)
    })?;
    if ended {
        return Ok(()); // strace may not trace here
    }
    let is_engine = |words: &str| words.contains("orchestron run ") && !words.contains("strace");
    for (pid, _) in process::of(world.root())
        .iter()
        .filter(|(_, words)| is_engine(words))
    {
        process::signal(*pid, rustix::process::Signal::TERM);
    }
    world.wait("the counted engine's end", || {
        (!matches!(traced.0.try_wait(), Ok(None))).then_some(())
    })?;
    let text = fs::read_to_string(&found).doing("read what strace found")?;
    let called = |name: &str| text.lines().filter(|line| line.contains(name)).count();
    let started = |line: &&str| line.contains("execve") && line.trim_end().ends_with("= 0");
    let started = text.lines().filter(started).count();
    // Each run begins with a hand-over, and all of what was done is theirs.
    let each = |count: usize| count as f64 / (TASKS * 3) as f64;
    let title = if git { "with git" } else { "without git" };
    report.told(
        format!("for each run {title}, keepers and agents included"),
        format!(
            "{:.1} syncs of the disk, {:.1} programs started",
            each(called("sync(")),
            each(started)
        ),
    );
    Ok(())
}

fn kind(from: &str, to: &str) -> &'static str {
    match (from.contains("-prepare-"), to.contains("-review-")) {
        (true, _) => "prepare → implement",
        (_, true) => "implement → review",
        _ => "review → next task",
    }
}

/// Nanoseconds between two moments, as milliseconds.
#[allow(clippy::cast_precision_loss)] // minutes at most
fn between(from: u64, to: u64) -> f64 {
    to.saturating_sub(from) as f64 / 1e6
}

/// Makes the project a repository with one commit.
pub fn repository(world: &World) -> Measured<()> {
    let git = |words: &[&str]| {
        let mut command = world.command(Path::new("git"));
        command
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com"])
            .args(words);
        process::output(&mut command).map(drop)
    };
    fs::write(
        world.root().join("home/.gitconfig"),
        "[user]\n\tname = Ada\n\temail = ada@example.com\n",
    )
    .doing("write .gitconfig")?;
    fs::write(world.project().join("README.md"), "# Shop\n").doing("write README.md")?;
    git(&["init", "--quiet", "--initial-branch=main"])?;
    git(&["add", "--all"])?;
    git(&["commit", "--quiet", "-m", "The shop"])
}

/// Files dropped into `ready` by hand while the engine runs: how long until the agent's first instruction.
fn dropped(plan: &Plan, own: f64, report: &mut Report) -> Measured<()> {
    let world = World::new()?;
    world.set_up(
        "  prepare: person\n  implement: coder\n",
        "parallel: 1, attempts: 3, backoff: 100ms",
    )?;
    let ready = world.project().join(".mcp/tasks/ready");
    fs::create_dir_all(&ready).doing("make ready")?;
    let engine = world.engine(&[])?;
    let mut from_drop = Vec::new();
    for number in 1..=plan.rounds() * 3 {
        let name = format!("TASK-{number:03}-dropped.md");
        let temp = world.root().join(&name);
        let text = super::world::fresh(number, "coder");
        fs::write(&temp, text).doing("write a task")?;
        let began = now_ns();
        fs::rename(&temp, ready.join(&name)).doing("drop a task")?;
        let run = format!("TASK-{number:03}-implement-1");
        let begins = world.wait(&format!("{run} to begin and end"), || {
            let all = noted(&world);
            let ended = all.iter().any(|one| one.run == run && !one.begins);
            ended
                .then(|| all.into_iter().find(|one| one.run == run && one.begins))
                .flatten()
        });
        let begins = begins.inspect_err(|_| eprintln!("{}", world.engine_said_last()))?;
        from_drop.push(between(began, begins.ns));
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    let since_event = since_ready(&world)?;
    engine.stop()?;
    let beyond = median(&since_event) - own;
    let figure = format!(
        "p50 {}, p99 {}",
        ms(median(&since_event)),
        ms(at(&since_event, 0.99))
    );
    report.judged(
        "ready in the log → agent's first instruction",
        figure,
        "p50 ≤ 5 ms beyond the agent's start",
        Verdict::of(beyond <= 5.0),
    );
    let figure = format!(
        "p50 {}, p99 {}",
        ms(median(&from_drop)),
        ms(at(&from_drop, 0.99))
    );
    let verdict = Verdict::of(median(&from_drop) <= 50.0 + 5.0);
    report.judged(
        "file dropped by hand → agent's first instruction",
        figure,
        "≤ 5 ms + debounce (≤ 50 ms)",
        verdict,
    );
    Ok(())
}

/// Milliseconds from the event that made a task ready to its agent's first instruction. The log tells whole milliseconds.
fn since_ready(world: &World) -> Measured<Vec<f64>> {
    let text = process::output(&mut world.product(&["log", "--json", "-n", "1000"]))?;
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|said| Failed::Wrong(format!("`log --json`: {said}")))?;
    let data = &value["data"];
    let events = data["events"]
        .as_array()
        .or_else(|| data.as_array())
        .cloned()
        .unwrap_or_default();
    let begins = noted(world);
    let mut found = Vec::new();
    for event in events
        .iter()
        .filter(|event| event["kind"] == "task-created")
    {
        let run = format!("{}-implement-1", event["task"].as_str().unwrap_or_default());
        let at = event["at"]
            .as_u64()
            .or_else(|| event["at"].as_str().and_then(|at| at.parse().ok()));
        if let (Some(at), Some(begin)) =
            (at, begins.iter().find(|one| one.run == run && one.begins))
        {
            found.push(between(at * 1_000_000, begin.ns));
        }
    }
    if found.is_empty() {
        return Err(Failed::Wrong(
            "`log --json` tells no task-created event".to_owned(),
        ));
    }
    Ok(found)
}

/// Spawn → first instruction of the fake agent, without anything of the product.
fn own_start() -> Measured<Vec<f64>> {
    let mut values = Vec::new();
    let world = World::new()?;
    for _ in 0..FLOOR_LINKS {
        let began = now_ns();
        let (begin, _) = floor_agent(&world)?;
        values.push(between(began, begin));
    }
    Ok(values)
}

/// Starts the fake agent's floor and waits for it: when it began and ended.
fn floor_agent(world: &World) -> Measured<(u64, u64)> {
    let mut command: Command = world.command(&world.root().join("bin/claude"));
    let text = process::output(command.args(["floor", "agent"]).stdout(Stdio::piped()))?;
    let mut numbers = text.split_whitespace().flat_map(str::parse::<u64>);
    numbers
        .next()
        .zip(numbers.next())
        .ok_or_else(|| Failed::Wrong(format!("the floor's agent said `{text}`")))
}

/// The floor of a hand-over: one process ends, a file is renamed, a row is committed, the next process begins.
fn floor_links() -> Measured<Vec<f64>> {
    let world = World::new()?;
    let db = Connection::open(world.root().join("links.db"))?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE events (seq INTEGER PRIMARY KEY, what TEXT) STRICT;")?;
    let places = [
        world.root().join("tmp/task.md"),
        world.root().join("home/task.md"),
    ];
    fs::write(&places[0], "# Task\n").doing("write a task")?;
    let mut values = Vec::new();
    let mut ended = None;
    let began = Instant::now();
    for link in 0..=FLOOR_LINKS {
        let (begin, end) = floor_agent(&world)?;
        if let Some(before) = ended {
            values.push(between(before, begin));
        }
        fs::rename(&places[link % 2], &places[(link + 1) % 2]).doing("move a task")?;
        db.execute("INSERT INTO events (what) VALUES ('moved')", [])?;
        ended = Some(end);
    }
    debug_assert!(began.elapsed().as_secs() < 600);
    Ok(values)
}
