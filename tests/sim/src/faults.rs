//! The proof that the simulator finds faults: each is planted into the core, and must be caught within so many seeds.

use crate::{Fault, Level, knobs::Shrunk, play};
use orchestron_domain::planted::plant;
use std::{
    sync::{Mutex, PoisonError},
    thread,
};

/// A fault must be caught within so many seeds.
pub const SEEDS_MAX: u64 = 4_000;

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

/// Plants one fault and plays seeds until something is wrong.
#[must_use]
pub fn catch(level: Level, fault: Fault, from: u64) -> Caught {
    plant(Some(fault));
    let mut caught = Caught {
        fault,
        by: None,
        seeds: 0,
    };
    for seed in from..from + SEEDS_MAX {
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

/// Plants every fault, one after the other, and prints how soon each was caught. Whether all were.
#[must_use]
pub fn prove(from: u64) -> bool {
    println!("{:<62} {:>6}  caught by", "planted fault", "seeds");
    let queue = Mutex::new(Fault::ALL.iter());
    let told = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(fault) = next else { break };
                    let caught = catch(Level::Core, *fault, from);
                    told.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(caught);
                }
            });
        }
    });
    let mut all = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|caught| caught.fault);
    for caught in &all {
        let by = caught.by.map_or("NOT CAUGHT", |(_, what)| what);
        println!("{:<62} {:>6}  {by}", caught.fault.words(), caught.seeds);
    }
    let missed = all.iter().filter(|caught| caught.by.is_none()).count();
    println!(
        "planted: {}  caught: {}  within {SEEDS_MAX} seeds each",
        all.len(),
        all.len() - missed
    );
    missed == 0
}
