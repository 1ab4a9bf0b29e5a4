//! The loop: wake → take in → apply → decide → journal → carry out, until nothing follows any more.

use crate::{
    clashes::Looks,
    clear::Cleared,
    ports::{
        Clock, Git, Guard, Heard, OpenCommand, PortError, PortErrorKind, PortResult, RunLogs, Runs,
        Wake, Waker,
    },
    store::{Store, StoreError},
};
use orchestron_domain::{
    Actor, Command, Fact, Holder, RunId, Seq, State, Time, apply::apply, conflict, decide::decide,
    run::Work, schedule,
};
use std::sync::Arc;
use thiserror::Error;

/// Events taken from the log at once.
const PAGE: u32 = 500;
/// After an error of the world the engine looks again after so many milliseconds.
const RETRY_MS: i64 = 2_000;
/// When files have just changed, they are looked at once more after so many milliseconds.
const LOOK_AGAIN_MS: i64 = 25;
/// Waking so much later than asked for is no delay but sleep: a suspended machine, a stopped process.
const OVERSLEPT_MS: i64 = 60_000;
/// So long it is not gone through all tasks again when nothing has happened; should a deadline have been forgotten.
const REST_MS: i64 = 600_000;
/// Rounds of deciding in one step; more would mean that two rules answer each other for ever.
const MAX_ROUNDS: u32 = 10_000;

/// Why an engine cannot go on.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The world said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules answer each other for ever. A fault of ours; the log is kept.
    #[error(
        "the engine decided {MAX_ROUNDS} times in one step without coming to rest; this is a fault in Orchestron, please report it with `orchestron log --json`"
    )]
    Restless,
}

impl EngineError {
    /// What kind of failure of the world it is, when it is one.
    #[must_use]
    pub const fn kind(&self) -> Option<PortErrorKind> {
        match self {
            Self::Port(error) | Self::Store(StoreError::Port(error)) => Some(error.kind),
            _ => None,
        }
    }

    /// Whether another engine is this project's.
    #[must_use]
    pub const fn is_held(&self) -> bool {
        matches!(
            self.kind(),
            Some(PortErrorKind::Held | PortErrorKind::Overtaken)
        )
    }
}

/// Everything outside that an engine acts through.
pub struct Ports {
    /// Files, log and index.
    pub store: Store,
    /// Git.
    pub git: Arc<dyn Git>,
    /// Processes under keepers.
    pub runs: Box<dyn Runs>,
    /// What runs have said.
    pub logs: Arc<dyn RunLogs>,
    /// Where the engine sleeps.
    pub waker: Box<dyn Waker>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// What an engine may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All: start agents, follow them, until told to stop.
    Run,
    /// Carry out what follows from decisions already made, gates included, but start no agent. For single commands when no engine runs.
    Settle,
}

/// The engine of one project. Exists only while it holds the lease.
pub struct Engine {
    pub(crate) ports: Ports,
    pub(crate) state: State,
    pub(crate) mode: Mode,
    decided_to: Seq,
    checkpoint: Seq,
    listening: Vec<RunId>,
    /// What the state showed when nothing followed from it, and until when nothing will by time alone.
    rested: Option<(Seq, (u64, String), Option<Time>)>,
    /// Tasks that were moved and whose `## Status` line may not say so yet.
    lines: std::collections::BTreeSet<orchestron_domain::TaskId>,
    /// Version of the index and fingerprint of the configuration that the state shows.
    observed: Option<(u64, String)>,
    /// The task folders had just changed when they were looked at.
    look_again: bool,
    /// Whose work is to be looked at when.
    pub(crate) looks: Looks,
    /// When it is time to clear old runs away.
    pub(crate) clear_at: Time,
    /// What was cleared away since this round of it began.
    pub(crate) cleared: Cleared,
    _lease: Box<dyn Guard>,
}

impl Engine {
    /// Takes the lease and goes on where the last engine was: replays the log, takes up living runs, carries out what was journaled and
    /// has no outcome yet.
    ///
    /// # Errors
    /// `Held` when another process is the engine; else what kept it from starting.
    pub fn start(mut ports: Ports, mode: Mode) -> Result<Self, EngineError> {
        let (lease, fence) = ports.store.locks().lease()?;
        // The lock is lost when its file is deleted; the log itself then refuses whoever was overtaken.
        let fence = ports.store.take_fence(fence)?;
        ports.store.forget_kept()?;
        let again = ports.store.keep()?;
        ports.store.keep_no_copy();
        let state = ports.store.state()?;
        let decided_to = ports.store.log().decided_to()?;
        let mut engine = Self {
            checkpoint: ports
                .store
                .log()
                .checkpoint_about(&std::collections::BTreeSet::new())?
                .map_or(Seq(0), |(seq, _)| seq),
            lines: ports.store.moved_lately()?,
            rested: None,
            observed: None,
            look_again: again,
            ports,
            state: State::default(),
            mode,
            decided_to,
            listening: Vec::new(),
            looks: Looks::default(),
            clear_at: Time(0),
            cleared: Cleared::default(),
            _lease: lease,
        };
        engine.recover(state)?;
        if mode == Mode::Run {
            engine.ports.store.append(
                &Actor::Engine,
                vec![Fact::EngineStarted {
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    fence,
                }],
            )?;
        }
        engine.pump()?;
        Ok(engine)
    }

    /// The state, for looking.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Brings the engine to the newest decided point, then redoes what has no outcome.
    fn recover(&mut self, newest: State) -> Result<(), EngineError> {
        let lived: Vec<_> = newest.live_runs().map(|run| run.id.clone()).collect();
        // Facts after the decided point must still be decided, each in the state it was in: apply only up to that point.
        self.state = if newest.seq <= self.decided_to {
            newest
        } else {
            self.state_at(self.decided_to)?
        };
        self.observed = None;
        self.rested = None;
        self.observe()?;
        self.state.git = self.ports.git.is_repository()?;
        self.take_up_runs()?;
        self.end_lost_runs(lived)?;
        for open in self.ports.store.log().open_commands()? {
            self.carry_out(&open)?;
        }
        Ok(())
    }

    fn state_at(&self, seq: Seq) -> Result<State, EngineError> {
        let mut state = match self.ports.store.log().checkpoint()? {
            Some((at, state)) if at <= seq => state,
            _ => State::default(),
        };
        'pages: loop {
            let events = self.ports.store.log().after(state.seq, PAGE)?;
            if events.is_empty() {
                break;
            }
            for event in &events {
                if event.seq > seq {
                    break 'pages;
                }
                apply(&mut state, event);
            }
        }
        Ok(state)
    }

    fn take_up_runs(&mut self) -> Result<(), EngineError> {
        let new_log = self.state.seq == Seq(0);
        self.state.taken = self.ports.runs.found()?.into_iter().collect();
        let live: Vec<_> = self
            .state
            .live_runs()
            .map(|run| (run.id.clone(), run.read_to))
            .collect();
        for (run, read_to) in live {
            if self.state.taken.contains(&run) {
                self.ports.runs.attach(&run, read_to)?;
                self.state.heard.insert(run, self.ports.clock.now());
            }
        }
        if new_log {
            self.end_unknown_runs()?;
        }
        Ok(())
    }

    /// Live runs whose folder somebody removed: nothing will ever be heard of them, so their end is told here.
    fn end_lost_runs(&mut self, live: Vec<RunId>) -> Result<(), EngineError> {
        for run in live {
            if !self.state.taken.contains(&run) {
                let tail = String::new();
                let end = orchestron_domain::RunEnd::Lost;
                let fact = Fact::RunEnded { run, end, tail };
                self.ports.store.append(&Actor::Engine, vec![fact])?;
            }
        }
        Ok(())
    }

    /// The database is new but agents of the old one may live: nobody would ever act on what they say, so they are ended.
    fn end_unknown_runs(&mut self) -> Result<(), EngineError> {
        for run in self.state.taken.clone() {
            self.ports.runs.attach(&run, u64::MAX)?;
            if self.ports.runs.look(&run)?.over.is_none() {
                self.ports.runs.halt(&run, orchestron_domain::Halt::Kill)?;
            }
            self.ports.runs.settle(&run)?;
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------ the loop

    /// Runs until told to stop. Agents go on when the engine stops.
    ///
    /// # Errors
    /// When something failed that waiting cannot heal.
    pub fn run(&mut self) -> Result<(), EngineError> {
        loop {
            if let Err(error) = self.clear_when_due() {
                self.bear(error)?;
            }
            let now = self.ports.clock.now();
            let again = self.look_again.then(|| now.plus_millis(LOOK_AGAIN_MS));
            let deadline = self.next_deadline(now);
            let rest = self.rest_of_clearing();
            let missing = self.ports.store.look_again_at();
            let more = again.into_iter().chain(missing).chain(rest);
            let deadline = deadline.into_iter().chain(more).min();
            self.listen();
            let mut wakes = self.ports.waker.wait(deadline);
            if wakes.contains(&Wake::Stop) {
                return Ok(());
            }
            self.forgive_sleep(now, deadline, &mut wakes);
            let overdue = again.is_some_and(|again| self.ports.clock.now() >= again);
            if missing.is_some_and(|due| self.ports.clock.now() >= due) {
                wakes.push(Wake::Files);
            }
            let noted = if overdue { self.note_folders() } else { Ok(()) };
            if let Err(error) = noted.and_then(|()| self.step(&wakes)) {
                self.bear(error)?;
            }
        }
    }

    /// Whoever slept (the machine, or this process) heard nothing meanwhile, which says nothing about the agents: they are heard
    /// now, and what they said is read before anything is concluded from silence.
    fn forgive_sleep(&mut self, from: Time, deadline: Option<Time>, wakes: &mut Vec<Wake>) {
        let now = self.ports.clock.now();
        let due = deadline.map_or(from, |deadline| deadline.max(from));
        if now.since(due) < OVERSLEPT_MS {
            return;
        }
        let live: Vec<_> = self.state.live_runs().map(|run| run.id.clone()).collect();
        for run in live {
            self.state.heard.insert(run.clone(), now);
            wakes.push(Wake::Run(run));
        }
    }

    /// What was seen while the folders were changing is noted when they rest.
    fn note_folders(&mut self) -> Result<(), EngineError> {
        self.look_again = self.ports.store.keep_what_was_seen()?;
        Ok(())
    }

    /// Full disks and locks of others pass: the engine rests, says why, and goes on by itself when it can. Anything else ends it (the
    /// host starts it again).
    fn bear(&mut self, error: EngineError) -> Result<(), EngineError> {
        let mut error = error;
        loop {
            let again = match error.kind() {
                Some(PortErrorKind::NoRoom) => {
                    let why = format!("{error}; it goes on by itself when there is room");
                    self.ports.store.locks().tell_trouble(Some(&why));
                    true
                }
                Some(PortErrorKind::Held) => true,
                // Tried once more; a database that was moved away does not come back, and is opened anew by who starts the engine again.
                Some(PortErrorKind::Changed | PortErrorKind::Missing) => false,
                _ => return Err(error),
            };
            if self.rest() {
                return Ok(());
            }
            match self.try_again() {
                Ok(()) => {
                    self.ports.store.locks().tell_trouble(None);
                    return Ok(());
                }
                Err(next) if again => error = next,
                Err(next) => return Err(next),
            }
        }
    }

    /// Waits for the next try. Returns whether it was told to stop meanwhile.
    fn rest(&mut self) -> bool {
        let until = self.ports.clock.now().plus_millis(RETRY_MS);
        while self.ports.clock.now() < until {
            if self.ports.waker.wait(Some(until)).contains(&Wake::Stop) {
                return true;
            }
        }
        false
    }

    /// Begins anew from what the log says.
    fn try_again(&mut self) -> Result<(), EngineError> {
        let newest = self.ports.store.state()?;
        self.decided_to = self.ports.store.log().decided_to()?;
        self.recover(newest)?;
        // What woke us during and before the trouble was not looked at to the end.
        let runs = self.state.live_runs().map(|run| Wake::Run(run.id.clone()));
        let wakes: Vec<_> = runs.chain([Wake::Files]).collect();
        self.step(&wakes)
    }

    /// One step: takes in what woke the engine and acts on all that follows. The only door.
    ///
    /// # Errors
    /// When the world said no; the log then holds all that was done.
    pub fn step(&mut self, wakes: &[Wake]) -> Result<(), EngineError> {
        for wake in wakes {
            match wake {
                Wake::Files => self.look_at_files(Store::keep)?,
                Wake::Named(named) => self.look_at_files(|store| store.keep_named(named))?,
                Wake::Quiet => {
                    self.look_at_files(Store::glance)?;
                    self.tell_late_edits()?;
                }
                Wake::Run(run) => self.look_at_run(&run.clone())?,
                // A person may have said that the files are right as they are.
                Wake::Doorbell if self.ports.store.held_why().is_some() => {
                    self.look_at_files(Store::keep)?;
                }
                Wake::Doorbell | Wake::Time | Wake::Stop => {}
            }
        }
        self.pump()
    }

    /// Carries out what follows from decisions made, waiting for gates and for what is being stopped, until nothing is under way any more; starts no agent.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn settle(&mut self) -> Result<(), EngineError> {
        while self
            .state
            .live_runs()
            .any(|run| matches!(run.work, Work::Gate { .. }) || is_being_stopped(run))
        {
            self.listen();
            let deadline = self.next_deadline(self.ports.clock.now());
            let wakes = self.ports.waker.wait(deadline);
            if wakes.contains(&Wake::Stop) {
                return Ok(());
            }
            self.step(&wakes)?;
        }
        Ok(())
    }

    /// Looks once at every run that the log believes to live: the ends of those whose keepers died are told.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn take_stock(&mut self) -> Result<(), EngineError> {
        let runs = self.state.live_runs().map(|run| Wake::Run(run.id.clone()));
        let wakes: Vec<_> = runs.collect();
        self.step(&wakes)
    }

    fn listen(&mut self) {
        let live: Vec<_> = self.state.live_runs().map(|run| run.id.clone()).collect();
        if live != self.listening {
            self.ports.waker.listen(&live);
            self.listening = live;
        }
    }

    fn look_at_files(
        &mut self,
        look: impl FnOnce(&mut Store) -> PortResult<bool>,
    ) -> Result<(), EngineError> {
        let held = self.ports.store.hold.clone();
        self.look_again = look(&mut self.ports.store)?;
        if self.ports.store.hold != held {
            self.observed = None;
        }
        // Also when that found nothing: another process may have taken the change into the index already.
        self.observe()?;
        if held.is_any() && self.ports.store.hold != held {
            self.redo_open()?;
        }
        Ok(())
    }

    /// Carries out what was left because its task's file was away.
    fn redo_open(&mut self) -> Result<(), EngineError> {
        self.pump()?; // what was told with the files' coming back comes first
        for open in self.ports.store.log().open_commands()? {
            self.carry_out(&open)?;
        }
        Ok(())
    }

    /// Whether a command failed because its task's file was just taken away, by a branch switch that nobody has noticed yet.
    fn went_away(&mut self, command: &Command) -> Result<bool, EngineError> {
        if !needs_files(command) {
            return Ok(false);
        }
        self.look_again |= self.ports.store.keep()?;
        self.observed = None;
        Ok(self.is_away(command))
    }

    /// Whether what this command is about is not there now, but may be soon: it is left as it is until the files are back.
    fn is_away(&self, command: &Command) -> bool {
        let task = match command {
            Command::AnswerTool { run, .. } => self.state.runs.get(run).map(|run| &run.task),
            command if needs_files(command) => command.task(),
            _ => None,
        };
        task.is_some_and(|task| self.ports.store.is_away(task))
    }

    /// Takes index and configuration into the state, when they have changed.
    fn observe(&mut self) -> Result<(), EngineError> {
        let store = &self.ports.store;
        // What cannot be read now stays as it was.
        if store.is_absent() && !self.state.config.agents.is_empty() {
            return Ok(());
        }
        let now = match store.index_version()? {
            Some(version) => Some((version, store.files().config_stamp()?)),
            None => None,
        };
        if now.is_none() || now != self.observed {
            match &self.observed {
                Some((version, _)) => store.observe_since(*version, &mut self.state)?,
                None => store.observe(&mut self.state)?,
            }
            self.observed = now;
        }
        Ok(())
    }

    /// Applies new facts, decides, journals, carries out; then lets the schedule start what may start; until nothing follows.
    pub(crate) fn pump(&mut self) -> Result<(), EngineError> {
        for _ in 0..MAX_ROUNDS {
            let now = self.ports.clock.now();
            let events = self.ports.store.log().after(self.state.seq, PAGE)?;
            if !events.is_empty() {
                self.take_in(&events, now)?;
                continue;
            }
            if self.rests(now) {
                return Ok(());
            }
            let commands = self.follows_from_time(now);
            if commands.is_empty() {
                let until = self.next_deadline(now).into_iter();
                let until = until.chain([now.plus_millis(REST_MS)]).min();
                let seen = self.observed.clone();
                self.rested = seen.map(|seen| (self.state.seq, seen, until));
                let Self {
                    ports,
                    state,
                    checkpoint,
                    ..
                } = self;
                ports.store.checkpoint(state, checkpoint)?;
                self.write_lines();
                return Ok(());
            }
            self.order(self.state.seq, commands)?;
        }
        Err(EngineError::Restless)
    }

    /// Whether nothing was to be done when it was last looked, nothing has happened since, and no time has come: going through
    /// thousands of tasks would find nothing again. It is what the engine relies on when it sleeps.
    fn rests(&self, now: Time) -> bool {
        let Some((seq, seen, until)) = &self.rested else {
            return false;
        };
        *seq == self.state.seq
            && self.observed.as_ref() == Some(seen)
            && until.is_none_or(|until| now < until)
            && self.lines.is_empty()
    }

    /// An editor that had a file open while we replaced it may have written into the old one: nobody would ever see that.
    fn tell_late_edits(&mut self) -> Result<(), EngineError> {
        let told = self.ports.store.files().late_edits()?.into_iter();
        let facts: Vec<_> = told.map(|what| Fact::Noted { what }).collect();
        if !facts.is_empty() {
            self.ports.store.append(&Actor::Engine, facts)?;
        }
        Ok(())
    }

    /// The `## Status` lines repeat the folders for readers of the files. Written when nothing else is to be done: nobody waits for them.
    fn write_lines(&mut self) {
        for task in std::mem::take(&mut self.lines) {
            // The move itself is done and told: whatever keeps the line from being written is no failure of it, and mends itself
            // with the next move.
            self.ports.store.write_status_line(&task).ok();
        }
    }

    fn take_in(
        &mut self,
        events: &[orchestron_domain::Event],
        now: Time,
    ) -> Result<(), EngineError> {
        let mut commands = Vec::new();
        // Files first: facts about moves are decided with the cards as they are.
        let is_trust =
            |event: &orchestron_domain::Event| matches!(event.fact, Fact::Trusted { .. });
        if events.iter().any(is_trust) {
            self.observed = None; // neither files nor configuration changed, only what is accepted of them
        }
        if events.iter().any(|event| touches_files(&event.fact)) {
            self.observe()?;
        }
        for event in events {
            self.lines.extend(crate::store::moved_by_us(event));
            apply(&mut self.state, event);
            if event.seq > self.decided_to {
                commands.extend(decide(&self.state, event, now));
            }
        }
        let seq = self.state.seq;
        if seq > self.decided_to {
            self.order(seq, commands)?;
        }
        Ok(())
    }

    /// When time will next bring something.
    fn next_deadline(&self, now: Time) -> Option<Time> {
        let deadlines = [
            schedule::next_deadline(&self.state, now),
            conflict::next_deadline(&self.state, now),
            self.looks.next(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// What time brings, what clashes, and what the schedule starts.
    fn follows_from_time(&self, now: Time) -> Vec<Command> {
        let mut commands = schedule::due(&self.state, now);
        commands.extend(self.looks.due(now));
        commands.extend(conflict::found(&self.state, now));
        // Nothing is started or shown to a person while what it would run into is not known.
        if commands.is_empty() {
            let mut started = schedule::schedule(&self.state, now);
            started.retain(|command| self.may(command));
            commands = started;
        }
        commands
    }

    /// Settling starts no agents.
    const fn may(&self, command: &Command) -> bool {
        matches!(self.mode, Mode::Run)
            || !matches!(
                command,
                Command::Claim {
                    holder: Holder::Agent(_),
                    ..
                }
            )
    }

    /// Journals commands and carries each out.
    pub(crate) fn order(&mut self, seq: Seq, commands: Vec<Command>) -> Result<(), EngineError> {
        let open = self.ports.store.journal(seq, commands)?;
        self.decided_to = self.decided_to.max(seq);
        for command in &open {
            self.carry_out(command)?;
        }
        Ok(())
    }

    /// Carries one command out. What goes wrong in the world is an outcome like any other; only a log that cannot be written is an error.
    fn carry_out(&mut self, open: &OpenCommand) -> Result<(), EngineError> {
        // Whoever only settles starts no agent it would not follow; the command stays for the next engine.
        if self.mode == Mode::Settle && starts_agent(&open.command) {
            return Ok(());
        }
        if self.is_away(&open.command) {
            return Ok(());
        }
        // Asked before the act, for not every act begins with a write to the log.
        self.ports.store.must_be_newest()?;
        let mut outcome = self.try_command(open);
        if needs_files(&open.command) && outcome.as_ref().is_err_and(is_missing) {
            // A branch switch that nobody has noticed yet; or the file was away for that moment only.
            if self.went_away(&open.command)? {
                return Ok(());
            }
            outcome = self.try_command(open);
            // Git is still writing it: the engine rests for a moment and does it again (see `bear`).
            if let (Mode::Run, Err(StoreError::Port(error))) = (self.mode, &outcome)
                && error.kind == PortErrorKind::Missing
            {
                return Err(error.clone().into());
            }
        }
        let facts = match outcome {
            Ok(facts) => facts,
            // There is nobody to be asked about it.
            Err(StoreError::NoTask { .. }) => crate::carry_out::overtaken("the task is gone"),
            Err(error) if log_is_broken(&error) => return Err(error.into()),
            Err(_) if self.went_away(&open.command)? => return Ok(()),
            Err(error) => {
                vec![(
                    Actor::Engine,
                    Fact::CommandFailed {
                        command: Box::new(open.command.clone()),
                        error: error.to_string(),
                    },
                )]
            }
        };
        // No facts: the outcome was written together with a move, and closed the command.
        if facts.is_empty() {
            return Ok(());
        }
        self.close(open, facts)
    }

    fn close(&mut self, open: &OpenCommand, facts: Vec<(Actor, Fact)>) -> Result<(), EngineError> {
        self.ports.store.commit(crate::ports::Commit {
            facts,
            close_commands: vec![open.id],
            ..Default::default()
        })?;
        Ok(())
    }

    /// Turns what a run said into facts; see `listen`.
    fn look_at_run(&mut self, run: &RunId) -> Result<(), EngineError> {
        let Some(found) = self
            .state
            .runs
            .get(run)
            .filter(|found| found.is_live())
            .cloned()
        else {
            return Ok(());
        };
        let look = self.ports.runs.look(run)?;
        if !look.heard.is_empty() {
            let now = self.ports.clock.now();
            self.state.heard.insert(run.clone(), now);
            self.looks.heard(&found, &look, now);
            self.rested = None; // it may have to be looked at earlier than was thought
        }
        let doom = look
            .heard
            .iter()
            .find_map(|Heard { signal, .. }| crate::listen::doom(signal));
        if look.over.is_some() {
            // Before its end is told: an engine that dies in between does it again, and nothing of the run is left behind.
            self.ports.runs.settle(run)?;
        }
        let facts = crate::listen::facts(&found, &look);
        if !facts.is_empty() {
            let by = Actor::Run { run: run.clone() };
            self.ports.store.append(&by, facts)?;
        }
        if let Some(end) = doom.filter(|_| found.halting.is_none() && look.over.is_none()) {
            self.pump()?;
            let halt = orchestron_domain::Halt::Terminate;
            self.order(
                self.state.seq,
                vec![Command::HaltRun {
                    run: run.clone(),
                    halt,
                    end,
                }],
            )?;
        }
        Ok(())
    }
}

/// Whether somebody has to go on with the stop ladder until it is over.
fn is_being_stopped(run: &orchestron_domain::Run) -> bool {
    run.halting
        .is_some_and(|(rung, _)| rung > orchestron_domain::Halt::CloseInput)
}

const fn starts_agent(command: &Command) -> bool {
    matches!(
        command,
        Command::StartRun {
            work: Work::Leg { .. },
            ..
        }
    )
}

/// Whether a command works with the task's file or with what follows from its place.
/// Whether a task's file was not where it should be.
fn is_missing(error: &StoreError) -> bool {
    match error {
        StoreError::NoTask { .. } => true,
        StoreError::Port(error) => error.kind == PortErrorKind::Missing,
        _ => false,
    }
}

const fn needs_files(command: &Command) -> bool {
    matches!(
        command,
        Command::Claim { .. }
            | Command::PrepareWorktree { .. }
            | Command::StartRun { .. }
            | Command::CommitWork { .. }
            | Command::HandOff { .. }
            | Command::SendBack(_)
            | Command::Fail { .. }
            | Command::Move { .. }
            | Command::Merge { .. }
            | Command::RemoveWorktree { .. }
            | Command::Rethink { .. }
    )
}

const fn touches_files(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::TaskCreated { .. }
            | Fact::TaskMoved { .. }
            | Fact::TaskRemoved { .. }
            | Fact::TaskEdited { .. }
            | Fact::HandedOff { .. }
            | Fact::Trusted { .. }
    )
}

pub(crate) fn log_is_broken(error: &StoreError) -> bool {
    matches!(error, StoreError::Port(error) if matches!(error.kind, PortErrorKind::NoRoom | PortErrorKind::Held | PortErrorKind::Overtaken))
}
