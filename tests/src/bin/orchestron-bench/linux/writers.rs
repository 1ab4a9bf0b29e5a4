//! Fifty writers at once: nothing lost, nothing twice.

use super::{
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Measured},
    process::words,
    report::{Report, Verdict, at, ms},
    world::{World, folder_of, id},
};
use std::{
    collections::BTreeSet,
    fs,
    process::{Command, Stdio},
    thread,
    time::Instant,
};

/// At once.
const WRITERS: usize = 50;
/// Tasks there are before.
const TASKS: usize = 100;

/// How one writer ended.
struct Ended {
    good: bool,
    out: String,
    ms: f64,
}

/// Measures creates and claims.
pub fn measure(report: &mut Report) -> Measured<()> {
    for beside in [false, true] {
        let world = World::new()?;
        world.set_up(BY_HAND, LIMITS)?;
        world.seed(TASKS)?;
        let engine = if beside {
            Some(world.engine(&[])?)
        } else {
            None
        };
        let said = if beside {
            "beside an engine"
        } else {
            "no engine"
        };
        creates(&world, said, report)?;
        claims(&world, said, report)?;
        if let Some(engine) = engine {
            engine.stop()?;
        }
    }
    report.section("Fifty writers at once (100 tasks)");
    Ok(())
}

fn creates(world: &World, beside: &str, report: &mut Report) -> Measured<()> {
    let titles: Vec<String> = (0..WRITERS)
        .map(|n| format!("Written at once {n}"))
        .collect();
    let commands = titles
        .iter()
        .map(|title| world.product(&["create", title, "--json"]));
    let ended = at_once(commands.collect())?;
    let pending = world.project().join(".mcp/tasks/pending");
    let names = fs::read_dir(&pending).doing("read pending")?;
    let mut kept = BTreeSet::new();
    let mut ids = Vec::new();
    for entry in names.flatten() {
        let text = fs::read_to_string(entry.path()).doing("read a task")?;
        let first = text.lines().next().unwrap_or_default().to_owned();
        if let Some((head, title)) = first
            .split_once(" - ")
            .filter(|(_, title)| title.starts_with("Written at once"))
        {
            kept.insert(title.to_owned());
            ids.push(head.to_owned());
        }
    }
    let written = ended.iter().filter(|one| one.good).count();
    let lost = titles.iter().filter(|title| !kept.contains(*title)).count();
    let twice = ids.len() - ids.iter().collect::<BTreeSet<_>>().len();
    let verdict = if lost + twice > 0 || written < WRITERS {
        Verdict::Lost
    } else {
        Verdict::Met
    };
    let figure = format!("{} kept, {lost} lost, {twice} ids twice", kept.len());
    report.judged(
        format!("create, {beside}"),
        figure,
        "0 lost, 0 twice",
        verdict,
    );
    tell_times(
        &format!("create, {beside}: slowest of {WRITERS}"),
        &ended,
        report,
    );
    Ok(())
}

/// Each of 25 tasks is claimed by two at the same time; one of them gets it.
fn claims(world: &World, beside: &str, report: &mut Report) -> Measured<()> {
    let tasks: Vec<String> = (1..=TASKS)
        .filter(|n| folder_of(*n) == "ready")
        .take(WRITERS / 2)
        .map(id)
        .collect();
    let commands = tasks.iter().flat_map(|task| {
        [
            world.product(&["claim", task, "--agent", "cursor", "--json"]),
            world.product(&["claim", task, "--json"]),
        ]
    });
    let ended = at_once(commands.collect())?;
    let (mut none, mut both) = (Vec::new(), Vec::new());
    for (task, two) in tasks.iter().zip(ended.chunks(2)) {
        match two.iter().filter(|one| one.good).count() {
            0 => none.push(format!(
                "{task}: {}",
                two.iter()
                    .map(|one| one.out.trim())
                    .collect::<Vec<_>>()
                    .join(" | ")
            )),
            1 => {}
            _ => both.push(task.clone()),
        }
    }
    for line in &none {
        eprintln!("  nobody got {line}");
    }
    let verdict = if none.is_empty() && both.is_empty() {
        Verdict::Met
    } else {
        Verdict::Lost
    };
    let figure = format!(
        "{} claimed, {} by nobody, {} twice",
        tasks.len() - none.len(),
        none.len(),
        both.len()
    );
    report.judged(
        format!("claim, {beside}"),
        figure,
        "0 lost, 0 twice",
        verdict,
    );
    tell_times(
        &format!("claim, {beside}: slowest of {WRITERS}"),
        &ended,
        report,
    );
    Ok(())
}

fn tell_times(name: &str, ended: &[Ended], report: &mut Report) {
    let all: Vec<f64> = ended.iter().map(|one| one.ms).collect();
    let figure = format!("{} (median {})", ms(at(&all, 1.0)), ms(at(&all, 0.5)));
    report.told(name, figure);
}

fn at_once(commands: Vec<Command>) -> Measured<Vec<Ended>> {
    let threads: Vec<_> = commands
        .into_iter()
        .map(|command| thread::spawn(move || one(command)))
        .collect();
    let mut ended = Vec::new();
    for thread in threads {
        match thread.join() {
            Ok(one) => ended.push(one?),
            Err(_) => {
                return Err(super::failed::Failed::Wrong(
                    "a writer's thread panicked".to_owned(),
                ));
            }
        }
    }
    Ok(ended)
}

fn one(mut command: Command) -> Measured<Ended> {
    let began = Instant::now();
    let done = command
        .stdin(Stdio::null())
        .output()
        .doing(format!("start {}", words(&command)))?;
    let out = [done.stdout, done.stderr].concat();
    Ok(Ended {
        good: done.status.success(),
        out: String::from_utf8_lossy(&out).into_owned(),
        ms: began.elapsed().as_secs_f64() * 1000.0,
    })
}
