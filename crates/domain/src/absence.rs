//! When nobody looked: the machine was suspended, or the engine was busy with something that took long. Limits on silence, on time and on
//! standing still do not count that time: whoever slept heard nothing, and that says nothing about the agents.

use crate::Time;

/// Absences that are remembered; older ones count no more.
const MOST: usize = 64;

/// The newest absences of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absences(Vec<(Time, i64)>);

impl Absences {
    /// The engine is back after so many milliseconds.
    pub fn came_back(&mut self, at: Time, millis: i64) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push((at, millis.max(0)));
    }

    /// How many milliseconds since then nobody looked.
    #[must_use]
    pub fn since(&self, from: Time) -> i64 {
        let later = self.0.iter().filter(|(back, _)| *back > from);
        later.fold(0, |all, (_, millis)| all.saturating_add(*millis))
    }
}

#[cfg(test)]
mod tests {
    use super::{Absences, MOST};
    use crate::Time;

    #[test]
    fn only_what_came_later_counts_and_the_newest_are_kept() {
        let mut away = Absences::default();
        assert_eq!(away.since(Time(0)), 0);
        away.came_back(Time(100), 50);
        away.came_back(Time(300), 20);
        assert_eq!(away.since(Time(0)), 70);
        assert_eq!(away.since(Time(100)), 20);
        assert_eq!(away.since(Time(300)), 0);
        for at in 0..MOST {
            away.came_back(Time(1_000 + i64::try_from(at).unwrap()), 1);
        }
        assert_eq!(away.since(Time(0)), i64::try_from(MOST).unwrap());
    }
}
