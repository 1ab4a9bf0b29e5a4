//! Many seeds, on all cores.

use crate::{Level, Outcome, knobs::Shrunk, play_twice};
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Failing seeds that are kept to be shown; the others are only counted.
const SHOWN: usize = 3;

/// Which seeds are played.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first.
    pub from: u64,
    /// How many.
    pub seeds: u64,
    /// Stop after so long, whatever is left.
    pub until: Option<Duration>,
}

/// What became of them.
#[derive(Debug, Default)]
pub struct Tally {
    /// Worlds that were played, each twice.
    pub worlds: u64,
    /// Worlds in which something was wrong.
    pub violations: u64,
    /// Steps in all.
    pub steps: u64,
    /// Virtual milliseconds in all.
    pub virtual_ms: i64,
    /// Time spent playing, over all threads.
    pub spent: Duration,
    /// The first that failed.
    pub failed: Vec<(u64, Outcome)>,
}

impl Tally {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.worlds += 1;
        self.steps += outcome.steps;
        self.virtual_ms += outcome.virtual_ms;
        if outcome.violation.is_some() {
            self.violations += 1;
            if self.failed.len() < SHOWN {
                self.failed.push((seed, outcome));
            }
        }
    }

    /// Takes in another tally.
    pub fn join(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.violations += other.violations;
        self.steps += other.steps;
        self.virtual_ms += other.virtual_ms;
        self.spent += other.spent;
        self.failed.extend(other.failed);
    }

    /// Worlds per second of one core, each played twice.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )] // a figure for people
    pub fn each(&self) -> u64 {
        (self.worlds as f64 / self.spent.as_secs_f64().max(1e-9)) as u64
    }

    /// Steps per second of one core: an event that is applied and decided, a round of what time, clashes and the schedule bring, a command
    /// that is carried out; in both plays of each world.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )] // a figure for people
    pub fn speed(&self) -> u64 {
        (self.steps as f64 / self.spent.as_secs_f64().max(1e-9)) as u64
    }
}

/// Plays a range of seeds, each twice.
#[must_use]
pub fn run(level: Level, range: Range) -> Tally {
    let next = AtomicU64::new(range.from);
    let end = range.from.saturating_add(range.seeds);
    let began = Instant::now();
    let tally = Mutex::new(Tally::default());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = Tally::default();
                while range.until.is_none_or(|until| began.elapsed() < until) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    let outcome = play_twice(level, seed, &Shrunk::default());
                    mine.add(seed, outcome);
                }
                mine.spent = on_core().unwrap_or_else(|| began.elapsed());
                tally
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .join(mine);
            });
        }
    });
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.failed.sort_by_key(|(seed, _)| *seed);
    tally
}

/// How long this thread has been on a core: other programs on the machine do not count. Linux tells; elsewhere the clock must do.
fn on_core() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace()
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}
