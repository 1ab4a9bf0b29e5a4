//! The proof that the simulator finds faults: each is planted into the core, and must be caught within so many seeds.

use crate::{Fault, Level, knobs::Shrunk, play};
use orchestron_domain::planted::plant;
use std::{
    sync::{Mutex, PoisonError},
    thread,
};

/// A fault must be caught within so many seeds, by the core alone.
pub const SEEDS_MAX: u64 = 4_000;
/// The same for the engine with its store, whose worlds take ten times as long.
pub const SEEDS_MAX_ENGINE: u64 = 200;

/// How a planted fault was caught.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Which.
    pub fault: Fault,
    /// The seed that caught it, and what was broken; none when nothing noticed.
    pub by: Option<(u64, &'static str)>,
    /// Seeds that were played.
    pub seeds: u64,
}

/// Faults that one level alone is not asked to catch, with why.
pub const LEFT_OUT: &[(Level, Fault, &str)] = &[(
    Level::Core,
    Fault::Optimist,
    "its worlds brought it about until they changed (within 478 seeds), now they do not within 4,000; the engine's worlds catch it",
)];

/// Plants one fault and plays at most so many seeds, until something is wrong.
#[must_use]
pub fn catch(level: Level, fault: Fault, (from, most): (u64, u64)) -> Caught {
    plant(Some(fault));
    let mut caught = Caught {
        fault,
        by: None,
        seeds: 0,
    };
    for seed in from..from.saturating_add(most) {
        caught.seeds += 1;
        let outcome = play(level, seed, &Shrunk::default(), false);
        let Some(found) = outcome.violation else {
            continue;
        };
        // It must be the fault that was found, and nothing else.
        plant(None);
        let sound = play(level, seed, &Shrunk::default(), false);
        plant(Some(fault));
        if sound.violation.is_none() {
            caught.by = Some((seed, found.what));
            break;
        }
    }
    plant(None);
    caught
}

/// Plants every fault, one after the other, and prints how soon each was caught, at each level. Whether all were caught that are not
/// [left out](LEFT_OUT) there.
#[must_use]
pub fn prove(only: Option<Level>, from: u64) -> bool {
    let levels = only.map_or(vec![Level::Core, Level::Engine], |level| vec![level]);
    let mut good = true;
    for level in levels {
        let most = match level {
            Level::Core => SEEDS_MAX,
            Level::Engine => SEEDS_MAX_ENGINE,
        };
        let left_out = |fault: &Fault| {
            let mut all = LEFT_OUT.iter();
            all.any(|(at, known, _)| *at == level && known == fault)
        };
        let must = Fault::ALL.iter().copied().filter(|one| !left_out(one));
        let must: Vec<_> = must.collect();
        let caught = try_all(level, &must, (from, most));
        for (_, fault, why) in LEFT_OUT.iter().filter(|(at, ..)| *at == level) {
            println!("{}: left out: {why}", fault.words());
        }
        tell(level, &caught, most);
        good &= caught.iter().all(|one| one.by.is_some());
    }
    good
}

fn try_all(level: Level, faults: &[Fault], seeds: (u64, u64)) -> Vec<Caught> {
    let queue = Mutex::new(faults.iter());
    let told = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(fault) = next else { break };
                    let caught = catch(level, *fault, seeds);
                    told.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(caught);
                }
            });
        }
    });
    let mut all = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|caught| caught.fault);
    all
}

fn tell(level: Level, all: &[Caught], most: u64) {
    let title = format!("planted fault ({})", level.word());
    println!("{title:<62} {:>6}  caught by", "seeds");
    for caught in all {
        let by = caught.by.map_or("NOT CAUGHT", |(_, what)| what);
        println!("{:<62} {:>6}  {by}", caught.fault.words(), caught.seeds);
    }
    let missed = all.iter().filter(|caught| caught.by.is_none()).count();
    println!(
        "{}: planted: {}  caught: {}  within {most} seeds each",
        level.word(),
        all.len(),
        all.len() - missed
    );
}
