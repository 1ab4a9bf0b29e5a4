//! The store: task files, log and index together, under one short lock. Any process may write through it.
//!
//! The order of every write is the one measured in durability tests: intent, rename, events with the intent's end. What people do to
//! the files meanwhile is a normal input: it is found by [`Store::refresh`] and told as events by an unknown actor.

use crate::known::{Files, Known};
use crate::ports::{
    Clock, Commit, Committed, EventLog, Exchange, IndexedFile, Intent, Locks, OpenCommand,
    PortError, PortErrorKind, PortResult, Problem, TaskFiles,
};
use crate::told::{doubled, read_board, told_by_files};
use orchestron_domain::{
    Actor, Event, Fact, Seq, State, Status, TaskCard, TaskId, Time,
    apply::apply,
    state::Step,
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
/// Events read from the log at once.
const PAGE: u32 = 2_000;
/// A checkpoint is worth writing when so many events have come since the last one.
const CHECKPOINT_EVERY: u64 = 500;
/// The setting that says how the task folders looked when the index last agreed with every file, written by the engine alone:
/// while it runs it hears of edits in place, which the folders do not show.
const KEPT: &str = "index-kept";

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
    files: Arc<dyn TaskFiles>,
    log: Box<dyn EventLog>,
    locks: Arc<dyn Locks>,
    clock: Arc<dyn Clock>,
    known: RefCell<Known>,
    /// How the task folders looked before they were last looked through, until it is noted.
    seen: Option<String>,
}

/// Cards by id, ids that are unclear, and problems.
pub type Board = (BTreeMap<TaskId, TaskCard>, BTreeSet<TaskId>, Vec<Problem>);

/// What a [`Store::refresh`] found.
#[derive(Debug, Default)]
pub struct Refreshed {
    /// Facts about what people did, now in the log.
    pub events: Vec<Event>,
    /// Whether the index changed at all (also when only a text did).
    pub changed: bool,
    /// The tasks folder could not be read; nothing was concluded from it.
    pub unreadable: Option<PortErrorKind>,
}

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
            seen: None,
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

    /// Writes one commit and rings the doorbell.
    ///
    /// # Errors
    /// When the log cannot be written; then nothing of it was.
    pub fn commit(&mut self, commit: Commit) -> PortResult<Committed> {
        let rings = !commit.facts.is_empty();
        let index = Known::is_changed_by(&commit)
            .then(|| (commit.index_put.clone(), commit.index_remove.clone()));
        let done = self.log.commit(self.clock.now(), commit)?;
        if let Some((put, removed)) = index {
            let log = self.log.as_ref();
            self.known.borrow_mut().wrote(log, put, &removed)?;
        }
        if rings {
            self.locks.ring();
        }
        Ok(done)
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

    /// Writes a small setting of this machine.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.log.set_setting(key, value)
    }

    // ------------------------------------------------------------------------------------------ reading

    fn known(&self) -> PortResult<Files> {
        let read = self.known.borrow_mut().read(self.log.as_ref());
        read.map(|(_, files)| files)
    }

    /// The version of the index; the board is the same while it is. None when versions are not counted.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn index_version(&self) -> PortResult<Option<u64>> {
        self.log.index_version()
    }

    /// Like [`Self::refresh`], but looks at no file when a running engine keeps the index honest and no file came, went or was
    /// moved since it looked. An edit in place is then seen when the engine has seen it, some milliseconds after it was made.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn look(&mut self) -> PortResult<()> {
        if self.is_kept()? {
            return Ok(());
        }
        self.refresh().map(drop)
    }

    fn is_kept(&self) -> PortResult<bool> {
        if !self.locks.lease_is_held()? {
            return Ok(false);
        }
        let Some(kept) = self.log.setting(KEPT)? else {
            return Ok(false);
        };
        let now = self.files.folders()?;
        Ok(now.is_some_and(|now| now.print == kept) && self.log.open_intents()?.is_empty())
    }

    /// The engine's own [`Self::refresh`]: looks at every file, and notes how the folders looked for those who come after.
    /// Returns whether it should look again soon, because the folders have just changed.
    ///
    /// # Errors
    /// As [`Self::refresh`].
    pub fn keep(&mut self) -> PortResult<bool> {
        let before = self.files.folders()?;
        let done = self.refresh()?;
        let Some(before) = before.filter(|_| done.unreadable.is_none()) else {
            return Ok(false);
        };
        self.seen = Some(before.print);
        self.keep_what_was_seen()
    }

    /// Notes how the folders looked, once they rest and if they still look so. Returns whether they do not rest yet.
    ///
    /// # Errors
    /// When folders or log cannot be read or written.
    pub fn keep_what_was_seen(&mut self) -> PortResult<bool> {
        let (Some(seen), Some(now)) = (self.seen.take(), self.files.folders()?) else {
            return Ok(false);
        };
        if now.print != seen {
            return Ok(false); // the watcher tells of this change, too
        }
        if !now.settled {
            self.seen = Some(seen);
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
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        self.finish_intents()?;
        let known = self.known()?;
        let scan = self.files.scan(&known)?;
        if scan.unreadable.is_some() || (scan.changed.is_empty() && scan.gone.is_empty()) {
            return Ok(Refreshed {
                unreadable: scan.unreadable,
                ..Refreshed::default()
            });
        }
        let facts = told_by_files(&known, &scan);
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
        })
    }

    /// A move is in the log exactly when the file is at its new place; anything else a person did meanwhile wins.
    fn finish_intents(&mut self) -> PortResult<()> {
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

    fn at_destination(&self, intent: &Intent) -> PortResult<Option<IndexedFile>> {
        match self.files.read(&intent.to) {
            Ok(text) if text.hash == intent.hash => {
                let mut known = BTreeMap::clone(&*self.known()?);
                known.remove(&intent.to);
                Ok(self
                    .files
                    .scan(&known)?
                    .changed
                    .into_iter()
                    .find(|file| file.path == intent.to))
            }
            _ => Ok(None),
        }
    }

    /// The cards of all good task files, and the ids that are unclear.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn board(&self) -> PortResult<Board> {
        Ok(read_board(&*self.known()?))
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

    /// The state with the cards of those tasks only that something is under way with: live runs, open requests, steps, and all
    /// in progress; and the problems of all files. Whether other cards exist is not in it.
    ///
    /// # Errors
    /// When log, index or configuration cannot be read.
    pub fn in_flight(&self) -> PortResult<(State, Vec<Problem>)> {
        let mut state = self.story()?;
        let troubled = self.log.index_problems()?;
        let mut files = self.log.index_in(Status::InProgress)?;
        let steps = state
            .tasks
            .iter()
            .filter(|(_, found)| found.step != Step::Idle);
        let mut tasks: BTreeSet<TaskId> = steps.map(|(task, _)| task.clone()).collect();
        tasks.extend(state.live_runs().map(|run| run.task.clone()));
        tasks.extend(
            state
                .open_requests()
                .filter_map(|request| request.task.clone()),
        );
        for task in &tasks {
            files.extend(self.log.index_of(task)?);
        }
        let files = files.into_iter().chain(troubled);
        let files = files.map(|file| (file.path.clone(), file)).collect();
        let (cards, unclear, problems) = read_board(&files);
        state.cards = cards;
        state.unclear = unclear;
        self.observe_config(&mut state)?;
        Ok((state, problems))
    }

    /// Puts what the files and the configuration say into `state`.
    ///
    /// # Errors
    /// When index or configuration cannot be read.
    pub fn observe(&self, state: &mut State) -> PortResult<()> {
        let (cards, unclear, _) = self.board()?;
        state.cards = cards;
        state.unclear = unclear;
        self.observe_config(state)
    }

    /// Like [`Self::observe`], for a state that has observed version `since` of the index: looks only at the tasks that this
    /// process has changed since, when nobody else changed any.
    ///
    /// # Errors
    /// When index or configuration cannot be read.
    pub fn observe_since(&self, since: u64, state: &mut State) -> PortResult<()> {
        let changed = self.known.borrow_mut().changed(self.log.as_ref(), since)?;
        let Some(changed) = changed else {
            return self.observe(state);
        };
        for task in &changed {
            let files = self.log.index_of(task)?;
            let files = files.into_iter().map(|file| (file.path.clone(), file));
            let (cards, unclear, _) = read_board(&files.collect());
            state.cards.remove(task);
            state.unclear.remove(task);
            state.cards.extend(cards);
            state.unclear.extend(unclear);
        }
        self.observe_config(state)
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

    fn observe_config(&self, state: &mut State) -> PortResult<()> {
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
    pub fn checkpoint(&mut self, state: &State, last: &mut Seq) -> PortResult<()> {
        if state.seq.0.saturating_sub(last.0) >= CHECKPOINT_EVERY {
            self.log.commit(
                self.clock.now(),
                Commit {
                    checkpoint: Some((state.seq, state.clone())),
                    ..Commit::default()
                },
            )?;
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
            && self
                .files
                .read(&only.path)
                .is_ok_and(|text| text.hash == only.hash)
        {
            return Ok(only.clone());
        }
        self.refresh()?;
        let found = self.log.index_of(task)?;
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
        mut draft: TaskDraft,
    ) -> Result<TaskCard, StoreError> {
        let named = self.files.highest(prefix)?;
        if named.is_none() {
            self.look()?;
        }
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        let seen = self.log.highest(prefix)?.max(named.unwrap_or(0));
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
            self.commit(Commit {
                facts: vec![(by.clone(), fact)],
                index_put: vec![file.clone()],
                ..Commit::default()
            })?;
            return file.card.ok_or_else(|| StoreError::Config {
                path: file.path,
                said: "the new file cannot be read back as a task".into(),
            });
        }
    }

    /// Moves a task from one folder to another and writes `facts` with the move in one transaction.
    /// Nothing happens, and nothing is written, when it does not stand in `from`.
    ///
    /// # Errors
    /// [`StoreError::Move`] when it stands elsewhere; else what kept it from being moved.
    pub fn move_task(
        &mut self,
        task: &TaskId,
        (from, to): (Status, Status),
        mover: &Actor,
        facts: Vec<(Actor, Fact)>,
        closes: Vec<u64>,
    ) -> Result<Committed, StoreError> {
        let file = self.find(task)?;
        let locks = Arc::clone(&self.locks);
        let held = locks.store()?;
        let found = file.card.as_ref().map_or(from, |card| card.status);
        if found != from {
            return Err(MoveError {
                task: task.clone(),
                found,
                expected: from,
            }
            .into());
        }
        let name = file
            .path
            .rsplit('/')
            .next()
            .unwrap_or(&file.path)
            .to_owned();
        let mut told = facts;
        told.push((
            mover.clone(),
            Fact::TaskMoved {
                task: task.clone(),
                from,
                to,
            },
        ));
        let mut intent = Intent {
            id: 0,
            task: task.clone(),
            from: file.path.clone(),
            to: format!("{}/{name}", to.folder()),
            hash: file.hash.clone(),
            facts: told,
            closes,
        };
        intent.id = self.log.intend(&intent)?;
        let moved = match self.files.rename(&intent.from, to, Some(&intent.hash)) {
            Ok(moved) => moved,
            Err(error) => {
                self.log.drop_intent(intent.id)?;
                return Err(error.into());
            }
        };
        let done = self.commit(moved_commit(&intent, moved))?;
        drop(held);
        self.write_status_line(task, to)?;
        Ok(done)
    }

    /// The `## Status` line repeats the folder for readers of the file. That it lags for a moment is no error.
    fn write_status_line(&mut self, task: &TaskId, status: Status) -> Result<(), StoreError> {
        let now = self.clock.now();
        match self.edit(task, |file| {
            file.set_status(status)?;
            file.set_last_updated(now).map(|_| ())
        }) {
            Err(StoreError::Port(error))
                if matches!(error.kind, PortErrorKind::NoRoom | PortErrorKind::Held) =>
            {
                Err(error.into())
            }
            // The move itself is done and told: whatever keeps the line from being written is no failure of it.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Changes a task's text. When somebody changes the file at the same time, theirs is kept and the edit is made on theirs.
    /// Returns whether anything was to change.
    ///
    /// # Errors
    /// When the edit does not fit, or somebody keeps changing the file.
    pub fn edit(
        &mut self,
        task: &TaskId,
        mut change: impl FnMut(&mut TaskFile) -> Result<(), EditError>,
    ) -> Result<bool, StoreError> {
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
            let bytes = parsed.to_bytes();
            if bytes == text.bytes {
                return Ok(false);
            }
            if let Exchange::Replaced(new) = self.files.exchange(&file.path, &file.hash, &bytes)? {
                self.commit(Commit {
                    index_put: vec![*new],
                    ..Commit::default()
                })?;
                self.locks.ring();
                return Ok(true);
            }
        }
        Err(StoreError::Busy { path })
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

fn moved_commit(intent: &Intent, moved: IndexedFile) -> Commit {
    Commit {
        facts: intent.facts.clone(),
        close_commands: intent.closes.clone(),
        close_intent: Some(intent.id),
        index_put: vec![moved],
        index_remove: vec![intent.from.clone()],
        ..Commit::default()
    }
}
