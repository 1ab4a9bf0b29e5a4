//! The run's folder, watched without waking up while nothing happens: the limit of its output, and that it is still there.
//!
//! A run whose folder was removed can be reached by nobody any more, so it is to be ended.
//!
//! A one-shot watch on both logs tells that something is written at all; from then on their size is looked at now and then, the
//! more seldom the further away the limit is, until nothing more comes, and the watch is set again. A silent run
//! costs nothing, a busy one a look every ten seconds while it is far from its limit. Where there is no such
//! watch (macOS), the size is looked at every ten seconds.

#[cfg(target_os = "linux")]
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use std::{
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Faster than this no run is thought to write: looks are spaced so that the limit is passed by little.
const FASTEST_BYTES_PER_MILLISECOND: u64 = 100_000;
const SHORTEST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(10);

/// What a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// All is well.
    Well,
    /// The limit is passed.
    TooMuch,
    /// The folder is gone.
    Gone,
}

/// Watches the size of a run's logs, and its folder.
#[derive(Debug)]
pub(super) struct Quota {
    limit_bytes: u64,
    /// A file that stays as long as the folder does.
    anchor: PathBuf,
    logs: [PathBuf; 2],
    watch: Option<OwnedFd>,
    seen_bytes: u64,
    next: Option<Instant>,
}

impl Quota {
    /// Starts to watch; the files must exist.
    pub(super) fn new(limit_bytes: u64, anchor: PathBuf, logs: [PathBuf; 2]) -> Self {
        let mut quota = Self {
            limit_bytes,
            watch: watch(&anchor),
            anchor,
            logs,
            seen_bytes: 0,
            next: None,
        };
        quota.rest(Instant::now());
        quota
    }

    /// What to poll, where there is something to poll.
    pub(super) fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.watch.as_ref().map(AsFd::as_fd)
    }

    /// When to look by the clock; none while nothing is written.
    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Something was written, or the time to look has come.
    pub(super) fn look(&mut self, now: Instant) -> Seen {
        self.drain();
        if !self.anchor.exists() {
            self.next = None;
            return Seen::Gone;
        }
        let mut written = self.written();
        if written == self.seen_bytes {
            self.rest(now);
            // Something may have been written between the look and the watch; then the clock goes on.
            written = self.written();
        }
        if written != self.seen_bytes {
            self.seen_bytes = written;
            let room = self.limit_bytes.saturating_sub(written);
            let pause = Duration::from_millis(room / FASTEST_BYTES_PER_MILLISECOND);
            self.next = Some(now + pause.clamp(SHORTEST, LONGEST));
        }
        if written > self.limit_bytes {
            Seen::TooMuch
        } else {
            Seen::Well
        }
    }

    fn written(&self) -> u64 {
        self.logs
            .iter()
            .filter_map(|log| std::fs::metadata(log).ok())
            .map(|meta| meta.len())
            .sum()
    }

    /// Waits for the next write.
    fn rest(&mut self, now: Instant) {
        let watched = self
            .watch
            .as_ref()
            .is_some_and(|watch| arm(watch, &self.logs));
        self.next = (!watched).then(|| now + LONGEST);
    }

    fn drain(&self) {
        let mut buffer = [0_u8; 256];
        if let Some(watch) = &self.watch {
            while rustix::io::read(watch, &mut buffer[..]).is_ok_and(|read| read > 0) {}
        }
    }
}

/// A watch; without one (there may be too many already) the clock does, which is no reason not to start a run.
#[cfg(target_os = "linux")]
fn watch(anchor: &Path) -> Option<OwnedFd> {
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    // A file that is removed or moved changes its attributes.
    let moved = WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    inotify::add_watch(&watch, anchor, moved).ok()?;
    Some(watch)
}

#[cfg(not(target_os = "linux"))]
const fn watch(_anchor: &Path) -> Option<OwnedFd> {
    None
}

#[cfg(target_os = "linux")]
fn arm(watch: &OwnedFd, logs: &[PathBuf]) -> bool {
    logs.iter()
        .all(|log| inotify::add_watch(watch, log, WatchFlags::MODIFY | WatchFlags::ONESHOT).is_ok())
}

#[cfg(not(target_os = "linux"))]
const fn arm(_watch: &OwnedFd, _logs: &[PathBuf]) -> bool {
    false
}
