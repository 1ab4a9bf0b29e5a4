//! The commands of the command line at 100, 1,000 and 10,000 tasks, in turn with their floors.

use super::{
    failed::{Failed, Measured},
    plan::Plan,
    process,
    report::{Report, Verdict, median, ms, paired, times},
    world::{FOLDERS, World, folder_of, id},
};
use std::{collections::BTreeMap, process::Command};

/// The chain of the measured project: nothing is launched.
pub const BY_HAND: &str = "  prepare: person\n  implement: cursor\n";
/// Its limits.
pub const LIMITS: &str = "parallel: 1, attempts: 3, backoff: 5s";

/// A verb with what it is measured against.
struct Verb {
    name: &'static str,
    /// Kinds of floors; the ratio of the first is judged.
    floors: &'static [&'static str],
    /// The largest ratio that is good.
    goal: f64,
    /// The largest growth from 100 to 10,000 tasks that is good.
    growth: f64,
}

/// What an engine has to do with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// One runs and keeps the index honest.
    Engine,
    /// None runs: the index is proved by the stamp of each file.
    Nobody,
}

const VERBS: [(Beside, Verb); 8] = [
    (
        Beside::Engine,
        Verb {
            name: "create",
            floors: &["db", "sync"],
            goal: 2.0,
            growth: 1.2,
        },
    ),
    (
        Beside::Engine,
        Verb {
            name: "list",
            floors: &["db", "files"],
            goal: 1.5,
            growth: f64::INFINITY,
        },
    ),
    (
        Beside::Engine,
        Verb {
            name: "status",
            floors: &["files", "db"],
            goal: 1.5,
            growth: 4.0,
        },
    ),
    (
        Beside::Engine,
        Verb {
            name: "next",
            floors: &["db", "files"],
            goal: 2.0,
            growth: 1.5,
        },
    ),
    (
        Beside::Engine,
        Verb {
            name: "move",
            floors: &["db", "sync"],
            goal: 2.0,
            growth: 1.2,
        },
    ),
    (
        Beside::Nobody,
        Verb {
            name: "list",
            floors: &["dbcheck", "files"],
            goal: 1.3,
            growth: f64::INFINITY,
        },
    ),
    (
        Beside::Nobody,
        Verb {
            name: "next",
            floors: &["dbcheck"],
            goal: 1.3,
            growth: f64::INFINITY,
        },
    ),
    (
        Beside::Nobody,
        Verb {
            name: "create",
            floors: &["sync"],
            goal: 1.5,
            growth: f64::INFINITY,
        },
    ),
];

/// Measures all verbs at all sizes.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let mut small: BTreeMap<(usize, &str), f64> = BTreeMap::new();
    for &size in plan.sizes() {
        let pair = Pair::new(size)?;
        first_look(&pair, size, report)?;
        for beside in [Beside::Nobody, Beside::Engine] {
            let engine = match beside {
                Beside::Engine => Some(pair.ours.engine(&[])?),
                Beside::Nobody => None,
            };
            for (at, (_, verb)) in VERBS
                .iter()
                .enumerate()
                .filter(|(_, (found, _))| *found == beside)
            {
                let (ours, floors) = rounds(&pair, verb, plan.rounds())?;
                let title = name(verb.name, beside, size);
                add(report, &title, verb, &ours, &floors);
                let first = *small.entry((at, verb.name)).or_insert(median(&ours));
                if Some(&size) == plan.sizes().last() && size > 100 && verb.growth.is_finite() {
                    let growth = median(&ours) / first;
                    let verdict = Verdict::of(growth <= verb.growth);
                    let goal = format!("≤ ×{}", verb.growth);
                    report.judged(
                        format!("{title}: growth from 100"),
                        times(growth),
                        &goal,
                        verdict,
                    );
                }
            }
            if size == 10_000 || plan.sizes().last() == Some(&size) {
                counts(&pair, beside, size, report)?;
            }
            if let Some(engine) = engine {
                engine.stop()?;
            }
        }
        report.section(&format!(
            "Commands at {size} tasks (medians of {} rounds in turn with their floors)",
            plan.rounds()
        ));
    }
    Ok(())
}

fn name(verb: &str, beside: Beside, size: usize) -> String {
    match beside {
        Beside::Engine => format!("{verb}, {size} tasks"),
        Beside::Nobody => format!("{verb}, {size} tasks, no engine"),
    }
}

/// Two machines with the same tasks: one for the product, one for the floors.
struct Pair {
    ours: World,
    floor: World,
    next: std::cell::Cell<usize>,
    size: usize,
}

impl Pair {
    fn new(size: usize) -> Measured<Self> {
        let pair = Self {
            ours: World::new()?,
            floor: World::new()?,
            next: std::cell::Cell::new(0),
            size,
        };
        pair.ours.set_up(BY_HAND, LIMITS)?;
        pair.ours.seed(size)?;
        pair.floor.seed(size)?;
        Ok(pair)
    }

    /// A ready task that nobody took yet and that waits for none.
    fn ready(&self) -> Measured<usize> {
        let from = self.next.get() + 1;
        let found = (from..=self.size).find(|number| folder_of(*number) == "ready");
        let found =
            found.ok_or_else(|| Failed::Wrong("no ready task is left to be taken".to_owned()))?;
        self.next.set(found);
        Ok(found)
    }
}

/// The first command on a project whose index is gone.
fn first_look(pair: &Pair, size: usize, report: &mut Report) -> Measured<()> {
    let mut floors = Vec::new();
    for _ in 0..3 {
        floors.push(process::time(&mut pair.floor.floor("db", &["index"]))?);
    }
    let ours = process::time(&mut pair.ours.product(&["list"]))?;
    let floor = median(&floors);
    let goal = "≤ ×1.5".to_owned();
    let cells = [ms(ours), ms(floor), times(ours / floor), goal];
    report.line(
        format!("first list, {size} new files"),
        cells,
        Verdict::of(ours / floor <= 1.5),
    );
    Ok(())
}

/// Milliseconds of ours and of each floor, round by round.
fn rounds(pair: &Pair, verb: &Verb, count: usize) -> Measured<(Vec<f64>, Vec<Vec<f64>>)> {
    let mut ours = Vec::new();
    let mut floors = vec![Vec::new(); verb.floors.len()];
    for round in 0..=count {
        let number = if verb.name == "move" {
            pair.ready()?
        } else {
            0
        };
        let took = process::time(&mut product(pair, verb.name, number))?;
        let mut of_floors = Vec::new();
        for kind in verb.floors {
            if verb.name == "move" && !of_floors.is_empty() {
                back(pair, number)?;
            }
            of_floors.push(process::time(&mut floor(pair, kind, verb.name, number))?);
        }
        // The first round warms up.
        if round > 0 {
            ours.push(took);
            for (all, one) in floors.iter_mut().zip(of_floors) {
                all.push(one);
            }
        }
    }
    Ok((ours, floors))
}

fn product(pair: &Pair, verb: &str, number: usize) -> Command {
    let task = id(number);
    match verb {
        "create" => pair.ours.product(&[
            "create",
            "A new task",
            "--goal",
            "It is there.",
            "-c",
            "One",
            "-c",
            "Two",
        ]),
        "next" => pair.ours.product(&["next", "--agent", "cursor"]),
        "move" => pair.ours.product(&["claim", &task, "--agent", "cursor"]),
        verb => pair.ours.product(&[verb]),
    }
}

fn floor(pair: &Pair, kind: &str, verb: &str, number: usize) -> Command {
    let file = format!("{}-task-number-{number}.md", id(number));
    let what = if verb == "move" {
        file.as_str()
    } else {
        "A new task"
    };
    pair.floor.floor(kind, &[verb, what])
}

/// Puts the floor's task back to where it was, for the next kind of floor.
fn back(pair: &Pair, number: usize) -> Measured<()> {
    let tasks = pair.floor.project().join(".mcp/tasks");
    let name = format!("{}-task-number-{number}.md", id(number));
    let (from, to) = (
        tasks.join("in-progress").join(&name),
        tasks.join("ready").join(&name),
    );
    std::fs::rename(from, to).map_err(|said| Failed::Io {
        doing: format!("move {name} back"),
        said,
    })
}

fn add(report: &mut Report, title: &str, verb: &Verb, ours: &[f64], floors: &[Vec<f64>]) {
    for (at, (kind, floor)) in verb.floors.iter().zip(floors).enumerate() {
        let ratio = paired(ours, floor);
        let beside = format!("{} {}", ms(median(floor)), said(kind));
        if at == 0 {
            let goal = format!("≤ ×{}", verb.goal);
            report.line(
                title,
                [ms(median(ours)), beside, times(ratio), goal],
                Verdict::of(ratio <= verb.goal),
            );
        } else {
            report.line(
                "",
                [String::new(), beside, times(ratio), String::new()],
                Verdict::Told,
            );
        }
    }
}

fn said(kind: &str) -> &str {
    match kind {
        "db" => "(index)",
        "dbcheck" => "(index, stamps)",
        "sync" => "(index, on disk)",
        _ => "(files)",
    }
}

/// What noise cannot move: memory, system calls, opens, fsyncs.
fn counts(pair: &Pair, beside: Beside, size: usize, report: &mut Report) -> Measured<()> {
    let verbs: &[&str] = match beside {
        Beside::Engine => &["create", "list", "status", "next", "move"],
        Beside::Nobody => &["list", "next"],
    };
    for verb in verbs {
        let number = |wanted| if wanted { pair.ready() } else { Ok(0) };
        let title = name(verb, beside, size);
        let peak = process::peak_kb(&mut product(pair, verb, number(*verb == "move")?))?;
        #[allow(clippy::cast_precision_loss)] // kilobytes
        let megabytes = peak as f64 / 1024.0;
        let verdict = Verdict::of(megabytes <= 10.0);
        report.judged(
            format!("{title}: peak memory"),
            format!("{megabytes:.1} MB"),
            "≤ 10 MB",
            verdict,
        );
        let Some([all, opens, syncs]) =
            process::calls(&product(pair, verb, number(*verb == "move")?))
        else {
            report.absent(
                format!("{title}: system calls"),
                "strace is not installed, or may not trace",
            );
            continue;
        };
        let figure = format!("{all} calls, {opens} opens, {syncs} fsyncs");
        let (goal, verdict) = match *verb {
            "status" => ("≤ 20 opens", Verdict::of(opens <= 20)),
            "move" | "create" => ("≤ 4 fsyncs", Verdict::of(syncs <= 4)),
            _ => ("", Verdict::Told),
        };
        report.judged(format!("{title}: system calls"), figure, goal, verdict);
    }
    debug_assert_eq!(FOLDERS.iter().map(|(_, share)| share).sum::<usize>(), 100);
    Ok(())
}
