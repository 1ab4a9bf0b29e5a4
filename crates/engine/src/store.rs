//! The store: task files, log and index together, under one short lock. Any process may write through it.
//!
//! The order of every write is the one measured in durability tests: intent, rename, events with the intent's end. What people do to
//! the files meanwhile is a normal input: it is found by [`Store::refresh`] and told as events by an unknown actor.

use crate::hold::Hold;
use crate::known::Known;
use crate::looks::{Honest, Looks};
use crate::ports::{
    Clock, Commit, Committed, EventFilter, EventLog, Exchange, FileText, IndexedFile, Intent,
    Locks, OpenCommand, PortError, PortErrorKind, PortResult, Problem, TaskFiles,
};
use crate::sections::marks;
use crate::told::{Reading, doubled, read_board};
use orchestron_domain::{
    Actor, Event, Fact, Seq, State, Status, TaskCard, TaskId, Time,
    apply::apply,
    task_file::{EditError, TaskDraft, TaskFile, TaskFileError, file_name, new_task},
};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use thiserror::Error;

/// How often an edit is tried anew when somebody changes the file at the same time.
const EDIT_TRIES: u32 = 8;
/// So many of the last events are looked through for moves whose line may not be written.
const LATELY: u32 = 100;
/// Events read from the log at once.
const PAGE: u32 = 2_000;
/// A checkpoint is worth writing when so many events have come since the last one.
const CHECKPOINT_EVERY: u64 = 200;

/// Why the store did not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The world said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// No such task.
    #[error("there is no task {task}")]
    NoTask {
        /// The id.
        task: TaskId,
    },
    /// The id lies in several places, or its file has a problem.
    #[error("{task} cannot be worked with until its file is mended: {}", problems.iter().map(|p| format!("{}: {}", p.path, p.what)).collect::<Vec<_>>().join("; "))]
    Unclear {
        /// The id.
        task: TaskId,
        /// What is wrong, with cures.
        problems: Vec<Problem>,
    },
    /// The task stands somewhere else.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The task file cannot be read as one.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong.
        error: TaskFileError,
    },
    /// The edit does not fit the file.
    #[error("{path}: {error}")]
    Edit {
        /// Which file.
        path: String,
        /// What is wrong.
        error: EditError,
    },
    /// The configuration names something that is not there.
    #[error("{path}: {said}")]
    Config {
        /// Which file.
        path: String,
        /// What is wrong, and how to mend it.
        said: String,
    },
    /// Somebody kept changing the file.
    #[error(
        "{path} is being changed by somebody else; nothing of it was lost, and nothing was written"
    )]
    Busy {
        /// Which file.
        path: String,
    },
}

/// A task does not stand where a move wants to take it from.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{task} stands in {found}, not in {expected}")]
pub struct MoveError {
    /// The task.
    pub task: TaskId,
    /// Where it stands.
    pub found: Status,
    /// Where it was expected.
    pub expected: Status,
}

/// Files, log and index of one project.
pub struct Store {
    pub(crate) files: Arc<dyn TaskFiles>,
    pub(crate) log: Box<dyn EventLog>,
    pub(crate) locks: Arc<dyn Locks>,
    pub(crate) clock: Arc<dyn Clock>,
    known: RefCell<Known>,
    pub(crate) looks: Looks,
    /// What is not told yet.
    pub(crate) hold: Hold,
    /// This is the engine's store: it asks about, and ends, what is held.
    pub(crate) is_engine: bool,
    /// Something was written since the doorbell rang, when rings are gathered.
    unrung: Option<bool>,
}

/// Cards by id, ids that are unclear, and problems.
pub type Board = (BTreeMap<TaskId, TaskCard>, BTreeSet<TaskId>, Vec<Problem>);

impl Store {
    /// A store over these ports.
    #[must_use]
    pub fn new(
        files: Arc<dyn TaskFiles>,
        log: Box<dyn EventLog>,
        locks: Arc<dyn Locks>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            files,
            log,
            locks,
            clock,
            known: RefCell::default(),
            looks: Looks::default(),
            hold: Hold::default(),
            is_engine: false,
            unrung: None,
        }
    }

    /// From now on the doorbell rings only with [`Self::ring_gathered`]: whoever acts in many small steps would else wake everybody after
    /// each of them, to look at what is about to change again.
    pub(crate) const fn gather_rings(&mut self) {
        self.unrung = Some(false);
    }

    /// Rings if there is something to be told.
    pub(crate) fn ring_gathered(&mut self) {
        if self.unrung == Some(true) {
            self.unrung = Some(false);
            self.locks.ring();
        }
    }

    fn ring(&mut self) {
        match &mut self.unrung {
            Some(unrung) => *unrung = true,
            None => self.locks.ring(),
        }
    }

    /// The log, for reading.
    #[must_use]
    pub fn log(&self) -> &dyn EventLog {
        self.log.as_ref()
    }

    /// The files, for reading.
    #[must_use]
    pub fn files(&self) -> &dyn TaskFiles {
        self.files.as_ref()
    }

    /// The locks.
    #[must_use]
    pub fn locks(&self) -> &dyn Locks {
        self.locks.as_ref()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Seconds that clocks in a zone are ahead of UTC now; a zone that is not known counts as the machine's own.
    #[must_use]
    pub fn offset_s(&self, zone: Option<&str>) -> i32 {
        let now = self.clock.now();
        let own = || self.clock.offset_s(None, now);
        self.clock.offset_s(zone, now).or_else(own).unwrap_or(0)
    }

    /// Writes one commit and rings the doorbell.
    ///
    /// # Errors
    /// When the log cannot be written; then nothing of it was.
    pub fn commit(&mut self, commit: Commit) -> PortResult<Committed> {
        let rings = !commit.facts.is_empty();
        let keeps = self.known.borrow().keeps();
        let index = (keeps && Known::is_changed_by(&commit))
            .then(|| (commit.index_put.clone(), commit.index_remove.clone()));
        let done = self.log.commit(self.clock.now(), commit)?;
        if let Some((put, removed)) = index {
            let log = self.log.as_ref();
            self.known.borrow_mut().wrote(log, put, &removed)?;
        }
        if rings {
            self.ring();
        }
        Ok(done)
    }

    /// Writes one commit with the intent of the move that follows it. The doorbell rings with the move.
    pub(crate) fn intend_with(&mut self, commit: Commit, intent: &Intent) -> PortResult<u64> {
        let keeps = self.known.borrow().keeps();
        let index = (keeps && Known::is_changed_by(&commit))
            .then(|| (commit.index_put.clone(), commit.index_remove.clone()));
        let id = self.log.intend_with(self.clock.now(), commit, intent)?;
        if let Some((put, removed)) = index {
            let log = self.log.as_ref();
            self.known.borrow_mut().wrote(log, put, &removed)?;
        }
        Ok(id)
    }

    /// Makes this store the engine's; see [`EventLog::take_fence`].
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        self.is_engine = true;
        self.log.take_fence(at_least)
    }

    /// Refuses to go on when a newer engine has taken over.
    ///
    /// # Errors
    /// `Overtaken` then; or when the log cannot be read.
    pub fn must_be_newest(&self) -> PortResult<()> {
        if self.log.is_unfenced()? {
            return Ok(());
        }
        Err(PortError {
            doing: "cannot act for",
            what: "this project".into(),
            said: "a newer engine has taken it over".into(),
            cure: None,
            kind: PortErrorKind::Overtaken,
        })
    }

    /// Appends facts by one actor.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn append(&mut self, by: &Actor, facts: Vec<Fact>) -> PortResult<Committed> {
        self.commit(Commit {
            facts: facts.into_iter().map(|fact| (by.clone(), fact)).collect(),
            ..Commit::default()
        })
    }

    /// Does for the log what a later write would have to do; see [`EventLog::tidy`].
    pub(crate) fn tidy(&mut self) -> PortResult<()> {
        self.log.tidy()
    }

    /// Writes a small setting of this machine.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.log.set_setting(key, value)
    }

    // ------------------------------------------------------------------------------------------ reading

    /// Keeps no copy of the index in memory: for an engine, which has the cards in its state, and for whoever asks only once.
    pub fn keep_no_copy(&mut self) {
        self.known = RefCell::new(Known::absent());
    }

    /// The version of the index; the board is the same while it is. None when versions are not counted.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn index_version(&self) -> PortResult<Option<u64>> {
        self.log.index_version()
    }

    /// The cards of all good task files, and the ids that are unclear.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn board(&self) -> PortResult<Board> {
        let mut board = Reading::default();
        match self.known.borrow_mut().read(self.log.as_ref())? {
            Some(files) => files
                .values()
                .for_each(|file| board.add(file.clone().into())),
            None => self.log.each_row(&mut |row| board.add(row))?,
        }
        let again = self.log.index_of_all(board.doubled())?;
        Ok(board.end(again))
    }

    /// The state: newest checkpoint, the events after it, and what is observed of files and configuration.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn state(&self) -> PortResult<State> {
        let mut state = self
            .log
            .checkpoint()?
            .map(|(_, state)| state)
            .unwrap_or_default();
        self.observe(&mut state)?;
        self.fold(&mut state)?;
        Ok(state)
    }

    /// What follows from the log alone, without looking at files and configuration.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn story(&self) -> PortResult<State> {
        let newest = self.log.checkpoint()?;
        let mut state = newest.map(|(_, state)| state).unwrap_or_default();
        self.fold(&mut state)?;
        Ok(state)
    }

    /// The same for some tasks only; see [`EventLog::checkpoint_about`].
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn story_about(&self, tasks: &BTreeSet<TaskId>) -> PortResult<State> {
        let newest = self.log.checkpoint_about(tasks)?;
        let mut state = newest.map(|(_, state)| state).unwrap_or_default();
        self.fold(&mut state)?;
        Ok(state)
    }

    /// The same without what else is under way; see [`EventLog::checkpoint_of`].
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(crate) fn story_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<State> {
        let newest = self.log.checkpoint_of(tasks)?;
        let mut state = newest.map(|(_, state)| state).unwrap_or_default();
        self.fold(&mut state)?;
        Ok(state)
    }

    fn fold(&self, state: &mut State) -> PortResult<()> {
        loop {
            let events = self.log.after(state.seq, PAGE)?;
            if events.is_empty() {
                return Ok(());
            }
            for event in &events {
                apply(state, event);
            }
        }
    }

    /// Puts what the files and the configuration say into `state`.
    ///
    /// # Errors
    /// When index or configuration cannot be read.
    pub fn observe(&self, state: &mut State) -> PortResult<()> {
        let (cards, unclear, _) = self.board()?;
        state.cards = cards;
        state.unclear = unclear;
        state.unclear.extend(self.hold.tasks.keys().cloned());
        self.observe_config(state)
    }

    /// Like [`Self::observe`], for a state that has observed version `since` of the index: looks only at the tasks whose files
    /// somebody has changed since.
    ///
    /// # Errors
    /// When index or configuration cannot be read.
    pub fn observe_since(&self, since: u64, state: &mut State) -> PortResult<()> {
        self.observe_cards_since(since, state)?;
        self.observe_config(state)
    }

    /// The same for whoever knows that the configuration, and what of it is accepted, is still as it was observed.
    ///
    /// # Errors
    /// When index or configuration cannot be read.
    pub(crate) fn observe_cards_since(&self, since: u64, state: &mut State) -> PortResult<()> {
        let Some(changed) = self.log.changed_since(since)? else {
            return self.observe(state);
        };
        for task in &changed {
            let (cards, unclear, _) = read_board(self.log.index_of_all(&[task.clone()].into())?);
            state.cards.remove(task);
            state.unclear.remove(task);
            state.cards.extend(cards);
            state.unclear.extend(unclear);
        }
        Ok(())
    }

    /// A state that knows the configuration and nothing else.
    ///
    /// # Errors
    /// When log or configuration cannot be read.
    pub fn configured(&self) -> PortResult<State> {
        let mut state = State::default();
        self.observe_config(&mut state)?;
        Ok(state)
    }

    pub(crate) fn observe_config(&self, state: &mut State) -> PortResult<()> {
        let (config, _) = self.files.config()?;
        state.trusted =
            crate::trust::is_trusted(&config, self.log.setting(crate::trust::KEY)?.as_deref());
        state.config = config;
        Ok(())
    }

    /// Writes a checkpoint when enough has happened since the last one.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn checkpoint(&mut self, state: &mut State, last: &mut Seq) -> PortResult<()> {
        if state.seq.0.saturating_sub(last.0) >= CHECKPOINT_EVERY {
            self.log.put_checkpoint(self.clock.now(), state)?;
            *last = state.seq;
        }
        Ok(())
    }

    /// The one file of a task, as the index knows it; looks again at the files when the index is out of date.
    ///
    /// # Errors
    /// When there is none, or more than one, or it has a problem.
    pub fn find(&mut self, task: &TaskId) -> Result<IndexedFile, StoreError> {
        if let [only] = &self.log.index_of(task)?[..]
            && only.problem.is_none()
            && self.is_there(only)
        {
            return Ok(only.clone());
        }
        let known = self.log.index_of(task)?;
        let named = known.into_iter().map(|file| file.path).collect();
        // Most often somebody has edited it or moved it; only when that is not all, every file is looked at.
        self.refresh_named(&named)?;
        let mut found = self.log.index_of(task)?;
        if !matches!(&found[..], [only] if only.card.is_some() && self.is_there(only)) {
            self.refresh()?;
            found = self.log.index_of(task)?;
        }
        match &found[..] {
            [] => Err(StoreError::NoTask { task: task.clone() }),
            [only] if only.card.is_some() => Ok(only.clone()),
            several => {
                let problems = several
                    .iter()
                    .map(|file| file.problem.clone().unwrap_or_else(|| doubled(task, file)))
                    .collect();
                Err(StoreError::Unclear {
                    task: task.clone(),
                    problems,
                })
            }
        }
    }

    fn is_there(&self, file: &IndexedFile) -> bool {
        let text = self.files.read(&file.path);
        text.is_ok_and(|text| text.hash == file.hash)
    }

    /// A task's file, read as one.
    ///
    /// # Errors
    /// As [`Self::find`], and when the file cannot be read as a task file.
    pub fn read(&mut self, task: &TaskId) -> Result<(IndexedFile, TaskFile), StoreError> {
        let file = self.find(task)?;
        let text = self.files.read(&file.path)?;
        let parsed = TaskFile::parse(&text.bytes).map_err(|error| StoreError::File {
            path: file.path.clone(),
            error,
        })?;
        Ok((file, parsed))
    }

    // ------------------------------------------------------------------------------------------ writing

    /// Writes a new task into pending. The draft's id is replaced by one that was never given before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(
        &mut self,
        by: &Actor,
        prefix: &str,
        draft: TaskDraft,
    ) -> Result<TaskCard, StoreError> {
        self.create_with(by, prefix, draft, |_| Vec::new())
    }

    /// The same, with facts about the new task that nobody may see it without.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create_with(
        &mut self,
        by: &Actor,
        prefix: &str,
        mut draft: TaskDraft,
        more: impl Fn(&TaskId) -> Vec<(Actor, Fact)>,
    ) -> Result<TaskCard, StoreError> {
        // An index that has all names has every number; else those in the folders that changed tell, or in the worst case a look at
        // all files.
        let named = match self.honest()? {
            Honest::Names | Honest::All => Some(0),
            Honest::Unknown => self.files.highest(prefix, &self.names_known()?)?,
        };
        if named.is_none() {
            self.look()?;
        }
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        let seen = self.log.highest(prefix)?.max(named.unwrap_or(0));
        let was_kept = self.is_kept()?;
        loop {
            let number = self.log.next_number(prefix, seen)?;
            draft.id = TaskId::new(prefix, number).map_err(|error| StoreError::Config {
                path: ".mcp/config.yaml".into(),
                said: error.to_string(),
            })?;
            if !self.log.index_of(&draft.id)?.is_empty() {
                continue;
            }
            draft.created = self.clock.now();
            let made = self.files.create(
                Status::Pending,
                &file_name(&draft.id, &draft.title),
                &new_task(&draft),
            );
            let file = match made {
                Err(error) if error.kind == PortErrorKind::Exists => continue,
                other => other?,
            };
            let fact = Fact::TaskCreated {
                task: draft.id.clone(),
                title: draft.title.clone(),
                status: Status::Pending,
            };
            let mut facts = vec![(by.clone(), fact)];
            facts.extend(more(&draft.id));
            self.commit(Commit {
                facts,
                index_put: vec![file.clone()],
                note: self.still_kept(was_kept),
                ..Commit::default()
            })?;
            return file.card.ok_or_else(|| StoreError::Config {
                path: file.path,
                said: "the new file cannot be read back as a task".into(),
            });
        }
    }

    /// Makes the `## Status` line of a task say where it stands.
    pub(crate) fn write_status_line(&mut self, task: &TaskId) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(card) = self.find(task)?.card else {
            return Ok(());
        };
        let wanted = card.status;
        self.edit(task, |file| {
            if file.set_status(wanted)? {
                file.set_last_updated(now)?;
            }
            Ok(())
        })
        .map(drop)
    }

    /// Tasks that were moved by the last events: an engine that was killed may not have come to write their `## Status` lines.
    pub(crate) fn moved_lately(&self) -> PortResult<BTreeSet<TaskId>> {
        let events = self.log.recent(&EventFilter {
            task: None,
            before: None,
            limit: LATELY,
        })?;
        Ok(events.iter().filter_map(moved_by_us).collect())
    }

    /// Changes a task's text. When somebody changes the file at the same time, theirs is kept and the edit is made on theirs.
    /// Returns whether anything was to change.
    ///
    /// # Errors
    /// When the edit does not fit, or somebody keeps changing the file.
    pub fn edit(
        &mut self,
        task: &TaskId,
        change: impl FnMut(&mut TaskFile) -> Result<(), EditError>,
    ) -> Result<bool, StoreError> {
        self.with_changed(task, change, |store, file, text, bytes| {
            if bytes == text.bytes {
                return Ok(Some(false));
            }
            let was_kept = store.is_kept()?;
            let done = store.files.exchange(&file.path, &file.hash, bytes)?;
            let Exchange::Replaced(new) = done else {
                return Ok(None);
            };
            store.commit(Commit {
                facts: store.replaced(task, text, bytes).into_iter().collect(),
                index_put: vec![*new],
                note: store.still_kept(was_kept),
                ..Commit::default()
            })?;
            store.ring();
            Ok(Some(true))
        })
    }

    /// Changes a task's text, and lets it be put in its file's place under the store's lock; told what the file is and was, and the new
    /// text. When somebody changed the file meanwhile (`put` may find that out, too, and gives none), the change is made on theirs.
    ///
    /// # Errors
    /// When the change does not fit, or somebody keeps changing the file; what `put` cannot do.
    pub(crate) fn with_changed<T>(
        &mut self,
        task: &TaskId,
        mut change: impl FnMut(&mut TaskFile) -> Result<(), EditError>,
        mut put: impl FnMut(&mut Self, &IndexedFile, FileText, &[u8]) -> Result<Option<T>, StoreError>,
    ) -> Result<T, StoreError> {
        let mut path = String::new();
        for _ in 0..EDIT_TRIES {
            let (file, mut parsed) = self.read(task)?;
            path.clone_from(&file.path);
            change(&mut parsed).map_err(|error| StoreError::Edit {
                path: path.clone(),
                error,
            })?;
            let locks = Arc::clone(&self.locks);
            let _held = locks.store()?;
            let text = match self.files.read(&file.path) {
                Ok(text) if text.hash == file.hash => text,
                _ => continue,
            };
            if let Some(done) = put(self, &file, text, &parsed.to_bytes())? {
                return Ok(done);
            }
        }
        Err(StoreError::Busy { path })
    }

    /// What is told of a text that was replaced.
    pub(crate) fn replaced(
        &self,
        task: &TaskId,
        before: FileText,
        bytes: &[u8],
    ) -> Option<(Actor, Fact)> {
        let by = if self.is_engine {
            Actor::Engine
        } else {
            Actor::Person
        };
        let marks = marks(&before.bytes, bytes);
        let replaced = (!marks.is_empty()).then(|| Fact::TextReplaced {
            task: task.clone(),
            before: before.hash,
            marks,
        });
        replaced.map(|fact| (by, fact))
    }

    /// Journals commands decided up to `seq`.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn journal(
        &mut self,
        seq: Seq,
        commands: Vec<orchestron_domain::Command>,
    ) -> PortResult<Vec<OpenCommand>> {
        Ok(self
            .log
            .commit(
                self.clock.now(),
                Commit {
                    decided: Some((seq, commands)),
                    ..Commit::default()
                },
            )?
            .commands)
    }
}

/// The task that a move by us is about: of people's own moves the file tells what they wrote.
pub(crate) fn moved_by_us(event: &Event) -> Option<TaskId> {
    match &event.fact {
        Fact::TaskMoved { task, .. } if event.by != Actor::Unknown => Some(task.clone()),
        _ => None,
    }
}
