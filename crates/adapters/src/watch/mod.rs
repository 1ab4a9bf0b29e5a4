//! Where the engine sleeps, and how surfaces hear that something changed.
//!
//! Watching is a hint, never the truth: whoever wakes looks by itself at what there is. So events are only sorted into a few
//! kinds and coalesced, with the names of task files as long as they are few; and twice a minute everybody is woken without any
//! event, in case one was missed.
//!
//! Watched are the `.mcp/` folder, its `tasks/` folder and the six folders in it, the doorbell file, and the folders of live
//! runs. Nothing is watched recursively: nobody knows how big the folders of people are.

mod sorting;
mod watching;

#[cfg(test)]
mod tests;

use orchestron_domain::{RunId, Time};
use orchestron_engine::ports::{Clock, PortResult, Wake, Waker};
use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use watching::{Files, Seen, Watching};

pub use watching::StopHandle;

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The project's `.mcp/` folder.
    pub mcp: PathBuf,
    /// The doorbell file in the state folder.
    pub doorbell: PathBuf,
    /// The folder with the folders of runs.
    pub runs: PathBuf,
}

/// Where the engine sleeps.
pub struct FileWaker {
    watching: Watching,
    clock: Arc<dyn Clock>,
}

impl FileWaker {
    /// Begins to watch. The first [`Waker::wait`] returns at once: what happened before is unknown.
    ///
    /// # Errors
    /// When the doorbell cannot be made. A system that lets us watch nothing is no error: everything is looked at each second.
    pub fn new(places: Places, clock: Arc<dyn Clock>) -> PortResult<Self> {
        Ok(Self {
            watching: Watching::new(places)?,
            clock,
        })
    }

    /// A handle that stops whoever waits here, from any thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.watching.stop_handle()
    }
}

impl Waker for FileWaker {
    fn wait(&mut self, deadline: Option<Time>) -> Vec<Wake> {
        let until = deadline.map(|deadline| {
            let left = u64::try_from(deadline.since(self.clock.now())).unwrap_or(0);
            Instant::now() + Duration::from_millis(left.min(DAY_MS))
        });
        let seen = self.watching.wait(until);
        let mut wakes = Vec::new();
        if seen.stop {
            wakes.push(Wake::Stop);
        }
        if seen.doorbell {
            wakes.push(Wake::Doorbell);
        }
        match seen.files {
            Some(Files::All) => wakes.push(Wake::Files),
            Some(Files::Named(named)) => wakes.push(Wake::Named(named)),
            None => {}
        }
        if seen.quiet {
            wakes.push(Wake::Quiet);
        }
        wakes.extend(seen.runs.into_iter().map(Wake::Run));
        if deadline.is_some_and(|deadline| self.clock.now() >= deadline) {
            wakes.push(Wake::Time);
        }
        wakes
    }

    fn listen(&mut self, runs: &[RunId]) {
        self.watching.listen(runs);
    }
}

/// Longest sleep that is asked of the system at once.
const DAY_MS: u64 = 86_400_000;

/// What changed, for a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Something below `.mcp/`.
    pub files: bool,
    /// Something was written to the log.
    pub log: bool,
    /// A run that is listened to said something or ended.
    pub runs: bool,
}

/// A subscription for surfaces: tells that something changed, not what. The first change comes at once.
pub struct Changes {
    watching: Watching,
}

impl Changes {
    /// Begins to watch the same places as the engine does; runs only those that are [listened to](Self::listen).
    ///
    /// # Errors
    /// As [`FileWaker::new`].
    pub fn subscribe(places: Places) -> PortResult<Self> {
        Ok(Self {
            watching: Watching::new(places)?,
        })
    }

    /// Listens to these runs, and to no others.
    pub fn listen(&mut self, runs: &[RunId]) {
        self.watching.listen(runs);
    }

    /// A handle that ends the subscription, from any thread.
    #[must_use]
    pub fn stop_handle(&self) -> StopHandle {
        self.watching.stop_handle()
    }

    /// Whether the subscription was ended.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.watching.is_stopped()
    }

    /// The next change, if one comes in this time; none also when the subscription was ended.
    pub fn recv_timeout(&mut self, patience: Duration) -> Option<Change> {
        let until = Instant::now() + patience.min(Duration::from_millis(DAY_MS));
        change(&self.watching.wait(Some(until)))
    }
}

impl Iterator for Changes {
    type Item = Change;

    /// Waits for the next change; none when the subscription was ended.
    fn next(&mut self) -> Option<Change> {
        loop {
            let seen = self.watching.wait(None);
            let change = change(&seen);
            if change.is_some() || seen.stop {
                return change;
            }
        }
    }
}

fn change(seen: &Seen) -> Option<Change> {
    let runs = !seen.runs.is_empty();
    let files = seen.files.is_some() || seen.quiet;
    (!seen.stop && (files || seen.doorbell || runs)).then_some(Change {
        files,
        log: seen.doorbell,
        runs,
    })
}
