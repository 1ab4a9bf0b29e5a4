//! The clock: wall time in UTC that never goes backwards within a process.

use orchestron_domain::Time;
use orchestron_engine::ports::Clock;
use std::{
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The machine's clock. When somebody sets it back, time goes on from where it was, at the pace of the monotonic clock,
/// until the wall clock has caught up: a deadline neither fires twice nor waits for an hour that happens again.
#[derive(Debug, Default)]
pub struct SystemClock {
    last: Mutex<Option<Reading>>,
}

/// What was told last, and when by the monotonic clock.
#[derive(Clone, Copy, Debug)]
struct Reading {
    told: i64,
    at: Instant,
}

impl SystemClock {
    /// The machine's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The moment to tell when the wall clock shows `wall` and the monotonic clock `at`.
    fn tell(&self, wall: i64, at: Instant) -> Time {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let told = match *last {
            Some(before) if wall < before.told => {
                let gone = at.saturating_duration_since(before.at).as_millis();
                before
                    .told
                    .saturating_add(i64::try_from(gone).unwrap_or(i64::MAX))
            }
            _ => wall,
        };
        *last = Some(Reading { told, at });
        Time(told)
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let wall = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        self.tell(wall, Instant::now())
    }

    fn offset_s(&self, zone: Option<&str>, at: Time) -> Option<i32> {
        crate::zones::offset_s(zone, at)
    }
}

#[cfg(test)]
mod tests {
    use super::SystemClock;
    use orchestron_domain::Time;
    use orchestron_engine::ports::Clock;
    use std::time::{Duration, Instant};

    #[test]
    fn a_clock_set_back_does_not_take_time_back() {
        let clock = SystemClock::new();
        let start = Instant::now();
        assert_eq!(clock.tell(10_000, start), Time(10_000));
        let later = start + Duration::from_millis(40);
        assert_eq!(clock.tell(3_000, later), Time(10_040));
        let later = start + Duration::from_millis(90);
        assert_eq!(clock.tell(3_050, later), Time(10_090));
        assert_eq!(clock.tell(20_000, later), Time(20_000));
    }

    #[test]
    fn it_tells_the_wall_clock() {
        let clock = SystemClock::new();
        let first = clock.now();
        assert!(first > Time(1_700_000_000_000));
        assert!(clock.now() >= first);
    }
}
