//! `orchestron-sim`: plays seeds' worlds and tells what is wrong; `./dev sim` builds and starts it.

use orchestron_sim::{
    Level, Outcome,
    knobs::Shrunk,
    play,
    runner::{Range, Tally, run},
    shrink::shrink,
};
use std::{process::ExitCode, time::Duration};

const HELP: &str = "\
./dev sim [--seeds N] [--seed S] [--minutes N] [--level core|engine] [--shrunk WORDS] [--faults]

  --seeds N        how many worlds are played, each twice (10,000; of the engine a tenth)
  --seed S         the first seed (0); alone or with --shrunk: this one world, with its story
  --minutes N      goes on for so long, from a seed that is new each time unless --seed is given
  --level LEVEL    only the core, or only the engine with its store
  --shrunk WORDS   the world made smaller: tasks=3,acts=5,no-crash,…
  --faults         plants faults into the core and proves that each is caught

Seeds in tests/sim/seeds.txt are always played. Exit code 1 when something is wrong.";

/// Lines of a failing world's story that are printed.
const STORY: usize = 60;

#[derive(Default)]
struct Arguments {
    seeds: Option<u64>,
    seed: Option<u64>,
    minutes: Option<u64>,
    level: Option<Level>,
    shrunk: Option<Shrunk>,
    faults: bool,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("{wrong}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    let good = if arguments.faults {
        faults(&arguments)
    } else if let (Some(seed), None | Some(1)) = (arguments.seed, arguments.seeds) {
        one(&arguments, seed)
    } else {
        many(&arguments)
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn parse(words: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut arguments = Arguments::default();
    let mut words = words;
    while let Some(word) = words.next() {
        let (name, mut value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let mut text = || {
            value
                .take()
                .or_else(|| words.next())
                .ok_or(format!("{name} needs a value"))
        };
        let number = |text: String| {
            text.replace(['_', ','], "")
                .parse::<u64>()
                .map_err(|e| format!("{text}: {e}"))
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--seeds" => arguments.seeds = Some(number(text()?)?),
            "--seed" => arguments.seed = Some(number(text()?)?),
            "--minutes" => arguments.minutes = Some(number(text()?)?),
            "--shrunk" => arguments.shrunk = Some(text()?.parse()?),
            "--faults" => arguments.faults = true,
            "--level" => {
                arguments.level = Some(match text()?.as_str() {
                    "core" => Level::Core,
                    "engine" => Level::Engine,
                    other => return Err(format!("there is no level `{other}`")),
                });
            }
            other => return Err(format!("`{other}` is not known")),
        }
    }
    Ok(Some(arguments))
}

/// One world, with its story.
fn one(arguments: &Arguments, seed: u64) -> bool {
    let shrunk = arguments.shrunk.clone().unwrap_or_default();
    let mut good = true;
    for level in levels(arguments) {
        let outcome = play(level, seed, &shrunk, true);
        for line in &outcome.trace {
            println!("{line}");
        }
        let wrong = outcome.violation.as_ref().map(|found| found.what);
        println!(
            "{} {seed}: {} steps, {} virtual seconds, hash {:016x}: {}",
            level.word(),
            outcome.steps,
            outcome.virtual_ms / 1000,
            outcome.hash,
            wrong.unwrap_or("all is well")
        );
        good &= wrong.is_none();
    }
    good
}

fn levels(arguments: &Arguments) -> Vec<Level> {
    arguments
        .level
        .map_or(vec![Level::Core, Level::Engine], |level| vec![level])
}

/// Seeds that failed once.
fn kept() -> Vec<u64> {
    let lines = include_str!("../seeds.txt").lines();
    lines
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect()
}

fn many(arguments: &Arguments) -> bool {
    let from = arguments
        .seed
        .unwrap_or_else(|| arguments.minutes.map_or(0, |_| fresh()));
    let minutes = arguments
        .minutes
        .map(|minutes| Duration::from_secs(60 * minutes));
    let levels = levels(arguments);
    let parts = u32::try_from(levels.len()).unwrap_or(1);
    let mut all = Tally::default();
    for level in levels {
        let unbounded = minutes.map(|_| u64::MAX);
        let usual = match level {
            Level::Core => 10_000,
            Level::Engine => 1_000,
        };
        let seeds = match (arguments.seeds, level, arguments.level) {
            (Some(seeds), Level::Engine, None) => seeds.div_ceil(10),
            (Some(seeds), ..) => seeds,
            (None, ..) => unbounded.unwrap_or(usual),
        };
        let mut tally = Tally::default();
        for seed in kept() {
            let until = None;
            tally.join(run(
                level,
                Range {
                    from: seed,
                    seeds: 1,
                    until,
                },
            ));
        }
        let until = minutes.map(|all| all / parts);
        tally.join(run(level, Range { from, seeds, until }));
        tell(level, &tally);
        all.join(tally);
    }
    println!(
        "worlds: {}  violations: {}  steps/s: {}",
        all.worlds,
        all.violations,
        all.speed()
    );
    all.violations == 0
}

/// A first seed that is new each time.
fn fresh() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(1, |now| now.as_secs() * 1_000_000)
}

fn tell(level: Level, tally: &Tally) {
    for (seed, outcome) in &tally.failed {
        story(level, *seed, outcome);
    }
    println!(
        "{}: {} worlds, each twice: {} steps, {} virtual days in {:.1} s of a core; {} steps/s",
        level.word(),
        tally.worlds,
        tally.steps,
        tally.virtual_ms / 86_400_000,
        tally.spent.as_secs_f64(),
        tally.speed()
    );
}

/// A failing world, made small, with the end of its story and how to repeat it.
fn story(level: Level, seed: u64, outcome: &Outcome) {
    let Some(found) = &outcome.violation else {
        return;
    };
    println!(
        "\nseed {seed} ({}): {}\n  {}",
        level.word(),
        found.what,
        found.detail
    );
    let (shrunk, small) = shrink(level, seed, found.what);
    let from = small.trace.len().saturating_sub(STORY);
    for line in small.trace.get(from..).unwrap_or_default() {
        println!("  {line}");
    }
    let words = shrunk.to_string();
    let shrunk = if words.is_empty() {
        String::new()
    } else {
        format!(" --shrunk {words}")
    };
    println!(
        "  repeat it: ./dev sim --level {} --seed {seed}{shrunk}\n",
        level.word()
    );
}

#[cfg(feature = "planted")]
fn faults(arguments: &Arguments) -> bool {
    orchestron_sim::faults::prove(arguments.level, arguments.seed.unwrap_or(0))
}

#[cfg(not(feature = "planted"))]
fn faults(_: &Arguments) -> bool {
    eprintln!("this build has no planted faults: `./dev sim --faults` makes one that has");
    false
}
