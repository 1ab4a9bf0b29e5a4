//! The loop: wake → take in → apply → decide → journal → carry out, until nothing follows any more.

mod doubles;
mod notice;
mod pump;
mod recover;

use crate::{
    clashes::Looks,
    clear::Cleared,
    drops::Drops,
    ports::{Clock, Git, Guard, PortError, PortErrorKind, RunLogs, Runs, Wake, Waker},
    store::{Store, StoreError},
};
use doubles::Doubles;
use orchestron_domain::{Actor, Fact, Halt, Run, RunId, Seq, State, TaskId, Time, run::Work};
use std::{collections::BTreeSet, sync::Arc};
use thiserror::Error;

/// Events taken from the log at once.
const PAGE: u32 = 500;
/// After an error of the world the engine looks again after so many milliseconds.
const RETRY_MS: i64 = 2_000;
/// When files have just changed, they are looked at once more after so many milliseconds.
const LOOK_AGAIN_MS: i64 = 25;
/// `## Status` lines are not written for so many milliseconds after a run was started: its start would wait for the disk and for a
/// processor, and for the lines nobody waits.
const LINES_AFTER_MS: i64 = 50;
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
    lines: BTreeSet<TaskId>,
    /// Not before then are these lines written: a run was just started.
    lines_at: Option<Time>,
    /// An agent was started: when it is up, the worktree of whoever comes next is made ready.
    is_next_unready: bool,
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
    /// What is known of the drop folder.
    pub(crate) drops: Drops,
    /// Ids that lie in several files, perhaps only for a moment.
    doubles: Doubles,
    /// What the clock showed when it was last looked at.
    clock_seen: Time,
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
        ports.store.gather_rings();
        let state = ports.store.state()?;
        let decided_to = ports.store.log().decided_to()?;
        let clock_seen = ports.clock.now();
        let mut engine = Self {
            checkpoint: ports
                .store
                .log()
                .checkpoint_about(&BTreeSet::new())?
                .map_or(Seq(0), |(seq, _)| seq),
            lines: ports.store.moved_lately()?,
            lines_at: None,
            is_next_unready: false,
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
            drops: Drops::default(),
            doubles: Doubles::default(),
            clock_seen,
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
        engine.ports.store.ring_gathered();
        Ok(engine)
    }

    /// The state, for looking.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
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
            let unsure = self.doubles.next();
            let lines = self.lines_at.filter(|_| !self.lines.is_empty());
            let more = again.into_iter().chain(missing).chain(rest).chain(lines);
            let deadline = deadline.into_iter().chain(more).min();
            self.listen();
            self.ports.store.ring_gathered();
            let mut wakes = self.ports.waker.wait(deadline);
            if wakes.contains(&Wake::Stop) {
                self.write_lines();
                return Ok(());
            }
            self.forgive_sleep(now, deadline, &mut wakes);
            let overdue = again.is_some_and(|again| self.ports.clock.now() >= again);
            let looks = [missing, unsure].into_iter().flatten();
            if looks.min().is_some_and(|due| self.ports.clock.now() >= due) {
                wakes.push(Wake::Files);
            }
            let noted = if overdue { self.note_folders() } else { Ok(()) };
            if let Err(error) = noted.and_then(|()| self.step(&wakes)) {
                self.bear(error)?;
            }
        }
    }

    /// One step: takes in what woke the engine and acts on all that follows. The only door.
    ///
    /// # Errors
    /// When the world said no; the log then holds all that was done.
    pub fn step(&mut self, wakes: &[Wake]) -> Result<(), EngineError> {
        let done = self.take_in_and_act(wakes);
        self.ports.store.ring_gathered();
        done
    }

    fn take_in_and_act(&mut self, wakes: &[Wake]) -> Result<(), EngineError> {
        self.clock_seen = self.ports.clock.now();
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
        self.pump()?;
        let files = |wake: &Wake| matches!(wake, Wake::Files | Wake::Named(_) | Wake::Quiet);
        self.look_at_drops(wakes.iter().any(files))
    }

    /// Carries out what follows from decisions made, waiting for gates and for what is being stopped, until nothing is under way any more; starts no agent.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn settle(&mut self) -> Result<(), EngineError> {
        self.look_at_drops(true)?;
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
}

/// Whether somebody has to go on with the stop ladder until it is over.
fn is_being_stopped(run: &Run) -> bool {
    run.halting.is_some_and(|(rung, _)| rung > Halt::CloseInput)
}

pub(crate) fn log_is_broken(error: &StoreError) -> bool {
    matches!(error, StoreError::Port(error) if matches!(error.kind, PortErrorKind::NoRoom | PortErrorKind::Held | PortErrorKind::Overtaken))
}
