//! Looking at the files: what people did to them meanwhile becomes facts, and the index is made to agree with them.
//!
//! Looking through thousands of files takes longer than anybody who writes should wait, so it is done without the lock. What was
//! found is written under the lock, and only when nobody changed the index meanwhile: then somebody's own write may have been
//! taken for a stranger's, and it is looked again.

use crate::{
    moves::moved_commit,
    ports::{Commit, IndexedFile, Intent, KnownFiles, PortErrorKind, PortResult, Scan},
    store::Store,
};
use orchestron_domain::{Actor, Event, Fact, Status, TaskId, Time, task_file::id_from_file_name};
use std::{collections::BTreeSet, sync::Arc};

/// The setting that says how the task folders looked when the index last agreed with every file, written while an engine runs:
/// it hears of edits in place, which the folders do not show.
const KEPT: &str = "index-kept";
/// The setting that says how the task folders looked when the index last had the names of all files, whoever looked: what is in them
/// may have been edited since.
const NAMES: &str = "index-names";
/// So often it is looked without the lock; somebody who writes all the time must not keep us from ever coming to an end.
const UNLOCKED_TRIES: u32 = 3;
/// Every file is looked at again, though nobody told of a change, after this long at the earliest and at the latest.
const FULL_LOOK_MS: (i64, i64) = (30_000, 600_000);
/// In between so many times as long as it took.
const FULL_LOOK_SHARE: i64 = 10_000;

/// What a store remembers of its looks.
#[derive(Debug, Default)]
pub struct Looks {
    /// How the task folders looked before they were last looked through, until it is noted.
    seen: Option<String>,
    /// When every file was last looked at, and how many milliseconds that took.
    full: Option<(Time, i64)>,
}

/// What a [`Store::refresh`] found.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// Facts about what people did, now in the log.
    pub events: Vec<Event>,
    /// Whether the index changed at all (also when only a text did).
    pub changed: bool,
    /// The tasks folder could not be read; nothing was concluded from it.
    pub unreadable: Option<PortErrorKind>,
    /// Why the files are not taken as they are.
    pub held: Option<String>,
}

/// How much of the index is right without a look at files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honest {
    /// Nothing is known of that.
    Unknown,
    /// Where each task stands: no file came, went or was moved since all were looked at.
    Names,
    /// All of it: a running engine hears of edits, too.
    All,
}

/// What was known of the files that were looked at, and how they differ from it.
type Found = (KnownFiles, Scan);

impl Store {
    /// Like [`Self::refresh`], but looks at no file when a running engine keeps the index honest and no file came, went or was
    /// moved since it looked. An edit in place is then seen when the engine has seen it, some milliseconds after it was made.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn look(&mut self) -> PortResult<()> {
        match self.honest()? {
            Honest::All => Ok(()),
            Honest::Names | Honest::Unknown => self.look_at_all(),
        }
    }

    /// Like [`Self::look`], for whoever asks about these tasks only: when no file came, went or was moved since all were looked at,
    /// theirs are looked at and no others.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn look_at(&mut self, tasks: &BTreeSet<TaskId>) -> PortResult<()> {
        match self.honest()? {
            Honest::All => return Ok(()),
            Honest::Names => {}
            Honest::Unknown => return self.look_at_all(),
        }
        let rows = self.log.index_of_all(tasks)?;
        let named = rows.into_iter().map(|row| row.path).collect();
        match self.refresh_named(&named)? {
            Some(_) => Ok(()),
            None => self.look_at_all(),
        }
    }

    /// Looks at every file, and notes how the folders looked for whoever asks next.
    fn look_at_all(&mut self) -> PortResult<()> {
        let before = self.files.folders()?.map(|folders| folders.print);
        let done = self.refresh()?;
        if before.is_none() || done.unreadable.is_some() || self.hold.is_any() {
            return Ok(());
        }
        let now = self.files.folders()?.filter(|now| now.settled);
        let Some(print) = now
            .map(|now| now.print)
            .filter(|now| before.as_ref() == Some(now))
        else {
            return Ok(());
        };
        if self.log.setting(NAMES)?.as_ref() == Some(&print) {
            return Ok(());
        }
        match self.log.note(NAMES, &print) {
            // It only spares work: where nothing can be written, the next one looks again.
            Err(error) if error.kind == PortErrorKind::Overtaken => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// How much of the index is right without a look at files.
    ///
    /// # Errors
    /// When folders, lease or log cannot be read.
    pub fn honest(&self) -> PortResult<Honest> {
        let (kept, names) = (self.log.setting(KEPT)?, self.log.setting(NAMES)?);
        if kept.is_none() && names.is_none() {
            return Ok(Honest::Unknown);
        }
        let now = self.files.folders()?.map(|now| now.print);
        let (kept, names) = (now.is_some() && now == kept, now.is_some() && now == names);
        if !(kept || names) || !self.log.open_intents()?.is_empty() {
            return Ok(Honest::Unknown);
        }
        match kept && self.locks.lease_is_held()? {
            true => Ok(Honest::All),
            false => Ok(Honest::Names),
        }
    }

    /// Whether a running engine keeps the index honest and nothing came, went or was moved since.
    ///
    /// # Errors
    /// When folders, lease or log cannot be read.
    pub fn is_kept(&self) -> PortResult<bool> {
        Ok(self.honest()? == Honest::All)
    }

    /// How the folders looked that the index has all names of.
    pub(crate) fn names_known(&self) -> PortResult<String> {
        let (names, kept) = (self.log.setting(NAMES)?, self.log.setting(KEPT)?);
        Ok(names.unwrap_or_default() + &kept.unwrap_or_default())
    }

    fn is_as_noted(&self) -> PortResult<bool> {
        let Some(kept) = self.log.setting(KEPT)? else {
            return Ok(false);
        };
        let now = self.files.folders()?;
        Ok(now.is_some_and(|now| now.print == kept))
    }

    /// For whoever has just changed a file under the lock, of an index that [was kept](Self::is_kept) before: it still is, with
    /// what the folders look like now. To be written with the change. What somebody else did to a folder in the same moment is told to
    /// the engine; without one nobody would hear of it, so nothing is noted then.
    pub(crate) fn still_kept(&self, was_kept: bool) -> Option<(&'static str, String)> {
        // What cannot be told spares no work, and that is all.
        let now = was_kept.then(|| self.files.folders().ok().flatten());
        Some((KEPT, now.flatten()?.print))
    }

    /// The engine's own [`Self::refresh`]: looks at every file, and notes how the folders looked for those who come after.
    /// Returns whether it should look again soon, because the folders have just changed.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn keep(&mut self) -> PortResult<bool> {
        let before = self.files.folders()?.map(|folders| folders.print);
        let began = self.clock.now();
        let done = self.refresh()?;
        let ended = self.clock.now();
        self.looks.full = Some((ended, ended.since(began)));
        self.saw(before, &done)
    }

    /// The same for these files only; when that tells too little, for all.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn keep_named(&mut self, named: &BTreeSet<String>) -> PortResult<bool> {
        let before = self.files.folders()?.map(|folders| folders.print);
        match self.refresh_named(named)? {
            Some(done) => self.saw(before, &done),
            None => self.keep(),
        }
    }

    /// Nobody told of a change for a while: looks at the folders alone, which show what came, went or was moved. Now and then,
    /// less often the longer it takes, at every file.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn glance(&mut self) -> PortResult<bool> {
        let now = self.clock.now();
        let (least, most) = FULL_LOOK_MS;
        let fresh = self.looks.full.is_some_and(|(at, took)| {
            now.since(at) < took.saturating_mul(FULL_LOOK_SHARE).clamp(least, most)
        });
        if fresh && self.is_as_noted()? && self.log.open_intents()?.is_empty() {
            return Ok(false);
        }
        self.keep()
    }

    fn saw(&mut self, before: Option<String>, done: &Refreshed) -> PortResult<bool> {
        if before.is_none() || done.unreadable.is_some() || self.hold.is_any() {
            return Ok(false);
        }
        self.looks.seen = before;
        self.keep_what_was_seen()
    }

    /// Notes how the folders looked, once they rest and if they still look so. Returns whether they do not rest yet.
    ///
    /// # Errors
    /// When folders or log cannot be read or written.
    pub fn keep_what_was_seen(&mut self) -> PortResult<bool> {
        let (Some(seen), Some(now)) = (self.looks.seen.take(), self.files.folders()?) else {
            return Ok(false);
        };
        if now.print != seen {
            return Ok(false); // the watcher tells of this change, too
        }
        if !now.settled {
            self.looks.seen = Some(seen);
            return Ok(true);
        }
        if self.log.setting(KEPT)?.as_deref() != Some(&seen) {
            self.log.note(KEPT, &seen)?;
        }
        Ok(false)
    }

    /// A new engine does not trust what an earlier one noted: files may have been edited while none ran.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn forget_kept(&mut self) -> PortResult<()> {
        match self.log.setting(KEPT)?.as_deref() {
            None | Some("") => Ok(()),
            Some(_) => self.log.note(KEPT, ""),
        }
    }

    /// Finishes moves that a crash interrupted, and takes what people did to the files into log and index.
    ///
    /// # Errors
    /// When files or log cannot be read or written.
    pub fn refresh(&mut self) -> PortResult<Refreshed> {
        let all = |store: &Self| {
            let known = store.log.known_files()?;
            let scan = store.files.scan(&known)?;
            Ok(Some((known, scan)))
        };
        Ok(self.refresh_by(&all, true)?.unwrap_or_default())
    }

    /// The same for these files only (`ready/TASK-001-slug.md`). None when what happened can only be told from all files.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn refresh_named(&mut self, named: &BTreeSet<String>) -> PortResult<Option<Refreshed>> {
        if named.is_empty() {
            return Ok(Some(Refreshed::default()));
        }
        let some = |store: &Self| {
            let known = store.known_of(named)?;
            let scan = store.files.scan_named(named, &known)?;
            Ok(scan.map(|scan| (known, scan)))
        };
        self.refresh_by(&some, false)
    }

    /// All that the index knows of the tasks with these files.
    fn known_of(&self, named: &BTreeSet<String>) -> PortResult<KnownFiles> {
        let mut known = KnownFiles::new();
        for path in named {
            let id = path.rsplit('/').next().and_then(id_from_file_name);
            let rows = match id {
                Some(id) => self.log.index_of(&id)?,
                None => self.log.index_at(path)?.into_iter().collect(),
            };
            known.extend(rows.into_iter().map(|row| (row.path.clone(), row.known())));
        }
        Ok(known)
    }

    fn refresh_by(
        &mut self,
        look: &dyn Fn(&Self) -> PortResult<Option<Found>>,
        all: bool,
    ) -> PortResult<Option<Refreshed>> {
        let locks = Arc::clone(&self.locks);
        let mut tries = 0;
        loop {
            tries += 1;
            self.finish_intents()?;
            let version = self.log.index_version()?;
            let patient = version.is_none() || tries > UNLOCKED_TRIES;
            let mut held = patient.then(|| locks.store()).transpose()?;
            let Some((known, scan)) = look(self)? else {
                return Ok(None);
            };
            if scan.unreadable.is_some() || (scan.changed.is_empty() && scan.gone.is_empty()) {
                return self.saw_no_change(&scan, all).map(Some);
            }
            if held.is_none() {
                held = Some(locks.store()?);
                let overtaken = self.log.index_version()? != version;
                if overtaken || !self.log.open_intents()?.is_empty() {
                    continue;
                }
            }
            let done = self.take_in(&known, scan, all)?;
            drop(held);
            return Ok(done);
        }
    }

    /// Writes what a look found into log and index.
    pub(crate) fn write_down(&mut self, facts: Vec<Fact>, scan: Scan) -> PortResult<Refreshed> {
        let held = self.held_why();
        if facts.is_empty() && scan.changed.is_empty() && scan.gone.is_empty() {
            return Ok(Refreshed {
                held,
                ..Refreshed::default()
            });
        }
        let done = self.commit(Commit {
            facts: facts
                .into_iter()
                .map(|fact| (Actor::Unknown, fact))
                .collect(),
            index_put: scan.changed,
            index_remove: scan.gone,
            ..Commit::default()
        })?;
        self.locks.ring(); // also when only a text changed: whoever shows it looks again
        Ok(Refreshed {
            events: done.events,
            changed: true,
            unreadable: None,
            held,
        })
    }

    /// A move is in the log exactly when the file is at its new place; anything else a person did meanwhile wins.
    fn finish_intents(&mut self) -> PortResult<()> {
        if self.log.open_intents()?.is_empty() {
            return Ok(());
        }
        // Whoever is in the middle of a move has the lock: what is still open when it is ours was left by a crash.
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        for intent in self.log.open_intents()? {
            let Some(to) = intent.to.split('/').next().and_then(Status::from_folder) else {
                self.log.drop_intent(intent.id)?;
                continue;
            };
            let moved = match self.files.rename(&intent.from, to, Some(&intent.hash)) {
                Ok(moved) => Some(moved),
                Err(error) if error.kind == PortErrorKind::Missing => {
                    self.at_destination(&intent)?
                }
                Err(_) => None, // edited or replaced meanwhile: that is the truth now
            };
            match moved {
                Some(moved) => {
                    self.commit(moved_commit(&intent, moved))?;
                }
                None => self.log.drop_intent(intent.id)?,
            }
        }
        Ok(())
    }

    /// The file of a move at its new place. It may say something else by now: whoever wrote into it since, we or a person, wrote into the
    /// moved file, and a power cut takes back what the log said of the move, not what was written after it.
    fn at_destination(&self, intent: &Intent) -> PortResult<Option<IndexedFile>> {
        match self.files.read(&intent.to) {
            Ok(_) => {
                let named = BTreeSet::from([intent.to.clone()]);
                let scan = match self.files.scan_named(&named, &KnownFiles::new())? {
                    Some(scan) => scan,
                    None => {
                        let mut known = self.log.known_files()?;
                        known.remove(&intent.to);
                        self.files.scan(&known)?
                    }
                };
                let mut changed = scan.changed.into_iter();
                Ok(changed.find(|file| file.path == intent.to))
            }
            _ => Ok(None),
        }
    }
}
