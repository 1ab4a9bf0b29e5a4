//! The watches, and the small set in which what they tell is gathered until somebody asks.

use super::{
    Places,
    sorting::{News, sort},
};
use crate::failure::io_failure;
use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher as _};
use orchestron_domain::{RunId, Status};
use orchestron_engine::ports::PortResult;
use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long after the first event in the files they are looked at: an editor that empties a file and then fills it is done
/// by then, and a branch switch is one change instead of a thousand.
pub(super) const SETTLE: Duration = Duration::from_millis(15);
/// From so many names on it is simpler to look at all files.
const MOST_NAMED: usize = 64;
/// Inboxes of the drop folder that are watched; others are looked at now and then.
const MOST_INBOXES: usize = 200;
/// How often everybody is woken without an event, should one have been missed.
const SAFETY_NET: Duration = Duration::from_secs(30);
/// The same when nothing can be watched (no watches left on this machine).
const BLIND: Duration = Duration::from_secs(1);
/// How often a missing folder is looked for.
const MISSING: Duration = Duration::from_millis(250);

/// What was seen since the last wait.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Everything here is to stop; stays so.
    pub stop: bool,
    /// The doorbell rang.
    pub doorbell: bool,
    /// Files changed.
    pub files: Option<Files>,
    /// Nothing was told for a while.
    pub quiet: bool,
    /// These runs have news.
    pub runs: BTreeSet<RunId>,
}

/// Which files changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// Any.
    All,
    /// These, below the tasks folder; with none, the configuration.
    Named(BTreeSet<String>),
}

impl Files {
    fn add(&mut self, named: Vec<String>, all: bool) {
        let Self::Named(names) = self else { return };
        names.extend(named);
        if all || names.len() > MOST_NAMED {
            *self = Self::All;
        }
    }
}

/// What watcher and waiter share. The watcher's thread only ever adds to it, so that its queue cannot overflow.
#[derive(Debug, Default)]
struct Shared {
    pending: Mutex<Pending>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Pending {
    stop: bool,
    doorbell: bool,
    files: Option<(Instant, Files)>,
    quiet: bool,
    runs: BTreeSet<RunId>,
    rewatch: bool,
    everything: bool,
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, news: News) {
        if news == News::default() {
            return;
        }
        let mut pending = self.pending();
        pending.doorbell |= news.doorbell;
        pending.rewatch |= news.rewatch;
        pending.everything |= news.everything;
        if news.files {
            let none = || (Instant::now(), Files::Named(BTreeSet::new()));
            let (_, files) = pending.files.get_or_insert_with(none);
            files.add(news.named, news.folders);
        }
        pending.runs.extend(news.runs);
        drop(pending);
        self.bell.notify_all();
    }
}

/// Stops a waiter from any thread.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<Shared>);

impl StopHandle {
    /// Stops it, now and for good.
    pub fn stop(&self) {
        self.0.pending().stop = true;
        self.0.bell.notify_all();
    }
}

/// The watches of one waiter.
pub(super) struct Watching {
    places: Places,
    shared: Arc<Shared>,
    watcher: Option<RecommendedWatcher>,
    runs: BTreeSet<RunId>,
    /// The system refused a watch (it has a limit), so events cannot be relied on.
    blind: bool,
    /// Something that is to be watched was not there.
    incomplete: bool,
    looked: Instant,
    told_all: Instant,
}

impl Watching {
    pub(super) fn new(places: Places) -> PortResult<Self> {
        let places = Places {
            mcp: settled(&places.mcp),
            doorbell: settled(&places.doorbell),
            runs: settled(&places.runs),
        };
        make_doorbell(&places.doorbell)?;
        let mut watching = Self {
            places,
            shared: Arc::default(),
            watcher: None,
            runs: BTreeSet::new(),
            blind: false,
            incomplete: false,
            looked: Instant::now(),
            told_all: Instant::now(),
        };
        watching.arm();
        Ok(watching)
    }

    pub(super) fn stop_handle(&self) -> StopHandle {
        StopHandle(Arc::clone(&self.shared))
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.shared.pending().stop
    }

    /// Watches these runs and no others. A run that is new here counts as having news.
    pub(super) fn listen(&mut self, runs: &[RunId]) {
        let wanted: BTreeSet<RunId> = runs.iter().cloned().collect();
        let mut news = News::default();
        let new: Vec<RunId> = wanted.difference(&self.runs).cloned().collect();
        for run in new {
            let outcome = self.watch(&self.places.runs.join(run.as_str()));
            self.note(outcome);
            news.runs.insert(run);
        }
        if let Some(watcher) = &mut self.watcher {
            for run in self.runs.difference(&wanted) {
                // It fails when the folder is gone already, and then there is nothing to unwatch.
                watcher
                    .unwatch(&self.places.runs.join(run.as_str()))
                    .unwrap_or_default();
            }
        }
        self.runs = wanted;
        self.shared.add(news);
    }

    /// Waits for something, at most until `until`.
    pub(super) fn wait(&mut self, until: Option<Instant>) -> Seen {
        loop {
            self.mend();
            let shared = Arc::clone(&self.shared);
            let mut pending = shared.pending();
            let now = Instant::now();
            let lost = std::mem::take(&mut pending.everything);
            if lost || now >= self.told_all + self.net() {
                self.told_all = now;
                pending.doorbell = true;
                pending.runs.extend(self.runs.iter().cloned());
                if lost || self.blind {
                    pending.files = Some((now.checked_sub(SETTLE).unwrap_or(now), Files::All));
                } else {
                    pending.quiet = true;
                }
            }
            if let Some(seen) = take(&mut pending, now) {
                return seen;
            }
            if until.is_some_and(|until| now >= until) {
                return Seen::default();
            }
            let mut next = self.told_all + self.net();
            if self.incomplete {
                next = next.min(self.looked + MISSING);
            }
            if let Some((since, _)) = pending.files {
                next = next.min(since + SETTLE);
            }
            next = until.map_or(next, |until| next.min(until));
            if !pending.rewatch {
                let sleep = next.saturating_duration_since(now);
                drop(
                    shared
                        .bell
                        .wait_timeout(pending, sleep)
                        .unwrap_or_else(PoisonError::into_inner),
                );
            }
        }
    }

    const fn net(&self) -> Duration {
        if self.blind { BLIND } else { SAFETY_NET }
    }

    /// Sets the watches up again when a watched folder came, went or was replaced, or one was missing.
    fn mend(&mut self) {
        let asked = std::mem::take(&mut self.shared.pending().rewatch);
        let overdue = self.incomplete && self.looked.elapsed() >= MISSING;
        if asked || (overdue && self.all_there()) {
            self.arm();
        } else if overdue {
            self.looked = Instant::now();
        }
    }

    fn all_there(&self) -> bool {
        let tasks = self.places.mcp.join("tasks");
        let mut runs = self.runs.iter();
        tasks.is_dir() && runs.all(|run| self.places.runs.join(run.as_str()).is_dir())
    }

    /// Sets all watches up anew. What happened meanwhile is unknown, so everything counts as changed.
    fn arm(&mut self) {
        self.looked = Instant::now();
        self.incomplete = false;
        let (shared, places) = (Arc::clone(&self.shared), self.places.clone());
        let heard = move |event: notify::Result<notify::Event>| {
            shared.add(event.map_or_else(
                |_| News {
                    everything: true,
                    ..News::default()
                },
                |event| sort(&places, &event),
            ));
        };
        self.watcher = RecommendedWatcher::new(heard, Config::default()).ok();
        self.blind = self.watcher.is_none();
        // A doorbell that cannot be made again is missing, and is looked for again.
        make_doorbell(&self.places.doorbell).unwrap_or_default();
        let tasks = self.places.mcp.join("tasks");
        let mut all = vec![
            self.places.doorbell.clone(),
            self.places.mcp.clone(),
            tasks.clone(),
        ];
        all.extend(
            self.runs
                .iter()
                .map(|run| self.places.runs.join(run.as_str())),
        );
        for path in all {
            let outcome = self.watch(&path);
            self.note(outcome);
        }
        for path in inboxes(&self.places.mcp.join("messages")) {
            // Gone again meanwhile: the folder above tells.
            if self.watch(&path) == Outcome::Refused {
                self.note(Outcome::Refused);
            }
        }
        for status in Status::ALL {
            // A folder that is not there comes later, and the tasks folder tells.
            if self.watch(&tasks.join(status.folder())) == Outcome::Refused {
                self.note(Outcome::Refused);
            }
        }
        self.shared.add(News {
            everything: true,
            ..News::default()
        });
    }

    fn watch(&mut self, path: &Path) -> Outcome {
        let Some(watcher) = &mut self.watcher else {
            return Outcome::Refused;
        };
        match watcher.watch(path, RecursiveMode::NonRecursive) {
            Ok(()) => Outcome::Watched,
            Err(_) if path.exists() => Outcome::Refused,
            Err(_) => Outcome::Missing,
        }
    }

    const fn note(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Watched => {}
            Outcome::Missing => self.incomplete = true,
            Outcome::Refused => self.blind = true,
        }
    }
}

/// How setting up one watch went.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Watched,
    /// There is nothing at that place.
    Missing,
    /// The system does not give us another watch.
    Refused,
}

/// What is ripe to be told.
fn take(pending: &mut Pending, now: Instant) -> Option<Seen> {
    let ripe = |(since, _): &mut (Instant, Files)| now >= *since + SETTLE;
    let files = pending.files.take_if(ripe).map(|(_, files)| files);
    let any = pending.stop || pending.doorbell || pending.quiet || files.is_some();
    if !any && pending.runs.is_empty() {
        return None;
    }
    Some(Seen {
        stop: pending.stop,
        doorbell: std::mem::take(&mut pending.doorbell),
        files,
        quiet: std::mem::take(&mut pending.quiet),
        runs: std::mem::take(&mut pending.runs),
    })
}

/// The path as the system will name it in events. What is not there yet keeps the name it was given.
fn settled(path: &Path) -> std::path::PathBuf {
    let parent = path
        .parent()
        .and_then(|parent| fs::canonicalize(parent).ok());
    match (parent, path.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => path.to_owned(),
    }
}

/// The drop folder, its folders and their inboxes, as far as they are there; not too many.
fn inboxes(messages: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    if let Ok(entries) = std::fs::read_dir(messages) {
        found.push(messages.to_path_buf());
        for entry in entries.flatten().take(MOST_INBOXES) {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                found.extend([entry.path(), entry.path().join("inbox")]);
            }
        }
    }
    found
}

fn make_doorbell(path: &Path) -> PortResult<()> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map(drop)
        .map_err(|e| io_failure("cannot make", path.display(), &e))
}

#[cfg(test)]
mod tests {
    use super::{Files, News, Places, Watching};
    use notify::{Event, EventKind, event::Flag};
    use std::{
        fs,
        time::{Duration, Instant},
    };

    #[test]
    fn after_an_overflow_every_file_and_every_run_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places {
            mcp: dir.path().join("project/.mcp"),
            doorbell: dir.path().join("doorbell"),
            runs: dir.path().join("runs"),
        };
        fs::create_dir_all(places.mcp.join("tasks/ready")).unwrap();
        fs::create_dir_all(&places.runs).unwrap();
        let mut watching = Watching::new(places.clone()).unwrap();
        let run = "TASK-001-implement-1".parse().unwrap();
        fs::create_dir_all(places.runs.join("TASK-001-implement-1")).unwrap();
        watching.listen(std::slice::from_ref(&run));
        let soon = || Some(Instant::now() + Duration::from_millis(200));
        while watching.wait(soon()) != super::Seen::default() {}
        // More events than the kernel keeps: it says only that.
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        let news: News = super::sort(&watching.places, &overflow);
        watching.shared.add(news);
        let seen = watching.wait(soon());
        assert_eq!(seen.files, Some(Files::All));
        assert!(seen.doorbell && seen.runs.contains(&run));
    }
}
