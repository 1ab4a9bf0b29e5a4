//! Making a failing seed's world small: fewer troubles, fewer tasks, fewer acts of people, as long as the same thing goes wrong.

use crate::{
    Level, Outcome,
    knobs::{Shrunk, Trouble},
    play,
};

/// Plays that shrinking may take.
const PLAYS_MAX: u32 = 400;

/// The smallest world of this seed found in which the same invariant is broken, and how that world ends.
#[must_use]
pub fn shrink(level: Level, seed: u64, what: &str) -> (Shrunk, Outcome) {
    let mut search = Search {
        level,
        seed,
        what,
        plays: 0,
    };
    let mut best = Shrunk::default();
    while let Some(smaller) = search.smaller(&best) {
        best = smaller;
    }
    let outcome = play(level, seed, &best, true);
    (best, outcome)
}

struct Search<'a> {
    level: Level,
    seed: u64,
    what: &'a str,
    plays: u32,
}

impl Search<'_> {
    fn fails(&mut self, shrunk: &Shrunk) -> bool {
        if self.plays >= PLAYS_MAX {
            return false;
        }
        self.plays += 1;
        let outcome = play(self.level, self.seed, shrunk, false);
        outcome
            .violation
            .is_some_and(|found| found.what == self.what)
    }

    /// A step smaller that still fails.
    fn smaller(&mut self, best: &Shrunk) -> Option<Shrunk> {
        let less = |count: usize| [1, count / 2, count.saturating_sub(1)];
        let tasks = best.tasks.unwrap_or(10);
        for fewer in less(tasks)
            .into_iter()
            .filter(|fewer| (1..tasks).contains(fewer))
        {
            let shrunk = Shrunk {
                tasks: Some(fewer),
                ..best.clone()
            };
            if self.fails(&shrunk) {
                return Some(shrunk);
            }
        }
        for trouble in Trouble::ALL {
            let mut shrunk = best.clone();
            if shrunk.without.insert(*trouble) && self.fails(&shrunk) {
                return Some(shrunk);
            }
        }
        let acts = best.acts.unwrap_or(48);
        for fewer in [0, acts / 2, acts.saturating_sub(1)] {
            let shrunk = Shrunk {
                acts: Some(fewer),
                ..best.clone()
            };
            if fewer < acts && self.fails(&shrunk) {
                return Some(shrunk);
            }
        }
        None
    }
}
