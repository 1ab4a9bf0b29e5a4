//! What woke the engine is taken in: files and configuration into the state, what runs said into the log.

use super::{Engine, EngineError, Mode, OVERSLEPT_MS};
use crate::{
    context::base_branch,
    ports::{PortResult, Wake},
    store::Store,
};
use orchestron_domain::{
    Actor, Command, Fact, Halt, RunId, Time, heard, run::Work, schedule::Survey, task_file::slug,
};

impl Engine {
    /// Whoever slept (the machine, or this process) heard nothing meanwhile, which says nothing about the agents: they are heard
    /// now, and what they said is read before anything is concluded from silence.
    pub(super) fn forgive_sleep(
        &mut self,
        from: Time,
        deadline: Option<Time>,
        wakes: &mut Vec<Wake>,
    ) {
        let now = self.ports.clock.now();
        self.clock_seen = now;
        let due = deadline.map_or(from, |deadline| deadline.max(from));
        if now.since(due) < OVERSLEPT_MS {
            return;
        }
        if deadline.is_some() {
            self.state.absent.came_back(now, now.since(due));
        }
        let live: Vec<_> = self.state.live_runs().map(|run| run.id.clone()).collect();
        for run in live {
            self.state.heard.insert(run.clone(), now);
            wakes.push(Wake::Run(run));
        }
    }

    /// What time it is. A machine may be suspended in the middle of a step, too, or something take so long that nobody looked meanwhile:
    /// limits on time do not count that.
    pub(super) fn look_at_clock(&mut self) -> Time {
        let now = self.ports.clock.now();
        let gone = now.since(self.clock_seen);
        if gone >= OVERSLEPT_MS {
            self.state.absent.came_back(now, gone);
        }
        self.clock_seen = now;
        now
    }

    /// What was seen while the folders were changing is noted when they rest.
    pub(super) fn note_folders(&mut self) -> Result<(), EngineError> {
        self.look_again = self.ports.store.keep_what_was_seen()?;
        Ok(())
    }

    /// An editor that had a file open while we replaced it may have written into the old one: nobody would ever see that.
    pub(super) fn tell_late_edits(&mut self) -> Result<(), EngineError> {
        let told = self.ports.store.files().late_edits()?.into_iter();
        let facts: Vec<_> = told.map(|what| Fact::Noted { what }).collect();
        if !facts.is_empty() {
            self.ports.store.append(&Actor::Engine, facts)?;
        }
        Ok(())
    }

    pub(super) fn listen(&mut self) {
        let live: Vec<_> = self.state.live_runs().map(|run| run.id.clone()).collect();
        if live != self.listening {
            self.ports.waker.listen(&live);
            self.listening = live;
        }
    }

    pub(super) fn look_at_files(
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
    pub(super) fn redo_open(&mut self) -> Result<(), EngineError> {
        self.pump()?; // what was told with the files' coming back comes first
        for open in self.ports.store.log().open_commands()? {
            self.carry_out(&open)?;
        }
        Ok(())
    }

    /// Whether a command failed because its task's file was just taken away, by a branch switch that nobody has noticed yet.
    pub(super) fn went_away(&mut self, command: &Command) -> Result<bool, EngineError> {
        self.look_again |= self.ports.store.keep()?;
        self.observed = None;
        Ok(self.is_away(command))
    }

    /// Whether what this command is about is not there now, but may be soon: it is left as it is until the files are back.
    pub(super) fn is_away(&self, command: &Command) -> bool {
        let task = match command {
            Command::AnswerTool { run, .. } => self.state.runs.get(run).map(|run| &run.task),
            command if command.needs_files() => command.task(),
            _ => None,
        };
        task.is_some_and(|task| self.ports.store.is_away(task))
    }

    /// Takes index and configuration into the state, when they have changed.
    pub(super) fn observe(&mut self) -> Result<(), EngineError> {
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
                // Reading it takes longer than all the rest, and each move of a task comes here.
                Some((version, stamp)) if now.as_ref().is_some_and(|now| now.1 == *stamp) => {
                    store.observe_cards_since(*version, &mut self.state)?;
                }
                Some((version, _)) => store.observe_since(*version, &mut self.state)?,
                None => store.observe(&mut self.state)?,
            }
            self.observed = now;
        }
        Ok(())
    }

    /// Has the worktree made of the task that only waits for this run's place: git takes longer to make one than all else between the end
    /// of one agent and the start of the next. Should another one come first, or the task never start, its worktree is found and brought
    /// up to date when it does, or cleared away like any other.
    fn get_next_ready(&mut self) {
        if !std::mem::take(&mut self.is_next_unready) || !self.state.git || !self.state.trusted {
            return;
        }
        let survey = Survey::new(&self.state, self.ports.clock.now());
        let Some(card) = survey.in_line().into_iter().next() else {
            return;
        };
        let known = self.state.tasks.get(&card.id);
        if known.is_some_and(|found| found.place.is_some()) {
            return;
        }
        let git = self.ports.git.as_ref();
        if let Ok(base) = base_branch(&self.ports.store, git, &self.state) {
            git.get_ready(&card.id, &slug(&card.title), &base);
        }
    }

    /// Turns what a run said into facts; see `listen`.
    pub(super) fn look_at_run(&mut self, run: &RunId) -> Result<(), EngineError> {
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
        // It is up (a gate says nothing): the machine is free to get ready for whoever comes next.
        let is_up = !look.heard.is_empty() || matches!(found.work, Work::Gate { .. });
        if self.mode == Mode::Run && look.over.is_none() && is_up {
            self.ports.runs.get_ready();
            self.get_next_ready();
        }
        let signals = || look.heard.iter().map(|heard| (&heard.signal, heard.offset));
        let doom = heard::doom(signals().map(|(signal, _)| signal));
        if look.over.is_some() {
            // Before its end is told: an engine that dies in between does it again, and nothing of the run is left behind.
            self.ports.runs.settle(run)?;
        }
        let facts = heard::facts(&found, signals(), look.over.as_ref());
        if !facts.is_empty() {
            let by = Actor::Run { run: run.clone() };
            self.ports.store.append(&by, facts)?;
        }
        if let Some(end) = doom.filter(|_| found.halting.is_none() && look.over.is_none()) {
            self.pump()?;
            let halt = Halt::Terminate;
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
