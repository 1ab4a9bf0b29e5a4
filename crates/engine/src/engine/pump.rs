//! Take in, decide, journal, carry out; until nothing follows any more.

use super::{Engine, EngineError, LINES_AFTER_MS, MAX_ROUNDS, Mode, PAGE, REST_MS, log_is_broken};
use crate::{
    carry_out::{Outcome, overtaken},
    ports::{Commit, OpenCommand, PortErrorKind},
    store::{StoreError, moved_by_us},
};
use orchestron_domain::{
    Actor, Command, Event, Fact, Holder, Seq, Time, apply::apply, conflict, decide::decide, rules,
    schedule,
};

/// How often something is tried whose file is not where it should be, although a look says that it is there.
const FILE_TRIES: u32 = 3;

impl Engine {
    /// Applies new facts, decides, journals, carries out; then lets the schedule start what may start; until nothing follows.
    pub(crate) fn pump(&mut self) -> Result<(), EngineError> {
        for _ in 0..MAX_ROUNDS {
            let now = self.look_at_clock();
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
                if self.lines_at.is_none_or(|at| at <= now) {
                    self.write_lines();
                }
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
            && (self.lines.is_empty() || self.lines_at.is_some_and(|at| now < at))
    }

    /// The `## Status` lines repeat the folders for readers of the files. Written when nothing else is to be done: nobody waits for them.
    /// Should the engine die before, the next one finds in the log which they are.
    pub(super) fn write_lines(&mut self) {
        self.lines_at = None;
        if self.lines.is_empty() {
            return;
        }
        for task in std::mem::take(&mut self.lines) {
            // The move itself is done and told: whatever keeps the line from being written is no failure of it, and mends itself
            // with the next move.
            self.ports.store.write_status_line(&task).ok();
        }
        // Should it not be possible now, a later write does it.
        self.ports.store.tidy().ok();
    }

    fn take_in(&mut self, events: &[Event], now: Time) -> Result<(), EngineError> {
        let mut commands = Vec::new();
        // Files first: facts about moves are decided with the cards as they are.
        let is_trust = |event: &Event| matches!(event.fact, Fact::Trusted { .. });
        if events.iter().any(is_trust) {
            self.observed = None; // neither files nor configuration changed, only what is accepted of them
        }
        if events.iter().any(|event| event.fact.touches_files()) {
            self.observe()?;
        }
        for event in events {
            self.lines.extend(moved_by_us(event));
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
    pub(super) fn next_deadline(&self, now: Time) -> Option<Time> {
        let deadlines = [
            schedule::next_deadline(&self.state, now),
            conflict::next_deadline(&self.state, now),
            rules::next_deadline(&self.state, now),
            self.looks.next(),
            self.doubles.next(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// What time brings, what clashes, and what the schedule starts.
    fn follows_from_time(&mut self, now: Time) -> Vec<Command> {
        self.doubles.see(&self.state.unclear, now);
        let mut commands = schedule::due(&self.state, now);
        commands.extend(self.looks.due(now));
        commands.extend(conflict::found(&self.state, now));
        commands.retain(|command| self.is_sure(command, now));
        if commands.is_empty() {
            commands = rules::found(&self.state, now);
        }
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
    pub(super) fn carry_out(&mut self, open: &OpenCommand) -> Result<(), EngineError> {
        // Whoever only settles starts no agent it would not follow; the command stays for the next engine.
        if self.mode == Mode::Settle && open.command.starts_agent() {
            return Ok(());
        }
        if self.is_away(&open.command) {
            return Ok(());
        }
        // Asked before the act, for not every act begins with a write to the log.
        self.ports.store.must_be_newest()?;
        if self.mode == Mode::Run && matches!(open.command, Command::StartRun { .. }) {
            let now = self.ports.clock.now();
            let later = self.lines_at.filter(|at| now < *at);
            self.lines_at = later.or(Some(now.plus_millis(LINES_AFTER_MS)));
            self.is_next_unready = true;
        }
        if self.state.git && may_take_long(&open.command) {
            self.ports.store.ring_gathered();
        }
        let Some(outcome) = self.try_with_files(open)? else {
            return Ok(());
        };
        let facts = match outcome {
            Ok(facts) => facts,
            Err(error) if log_is_broken(&error) => return Err(error.into()),
            Err(error) => self.refused(&open.command, &error)?,
        };
        // No facts: the outcome was written together with a move, and closed the command.
        if facts.is_empty() {
            return Ok(());
        }
        self.close(open, facts)
    }

    /// Tries a command. None when what it works with is away for now, by a branch switch that nobody had noticed yet: it stays in the
    /// journal and is carried out when the files are back. A file that was away for that moment only is there at the next try.
    fn try_with_files(&mut self, open: &OpenCommand) -> Result<Option<Outcome>, EngineError> {
        let mut tries = 1;
        loop {
            let outcome = self.try_command(open);
            let Err(error) = &outcome else {
                return Ok(Some(outcome));
            };
            if log_is_broken(error) || !open.command.needs_files() {
                return Ok(Some(outcome));
            }
            if self.went_away(&open.command)? {
                return Ok(None);
            }
            if tries == FILE_TRIES || !is_missing(error) {
                return Ok(Some(outcome));
            }
            tries += 1;
        }
    }

    /// What a command ends in that the world refused.
    fn refused(
        &mut self,
        command: &Command,
        error: &StoreError,
    ) -> Result<Vec<(Actor, Fact)>, EngineError> {
        let why = error.to_string();
        // A try before a crash may have got further than this one.
        let error = match self.stop_started(command, &why) {
            Ok(Some(facts)) => return Ok(facts),
            // There is nobody to be asked about it.
            Ok(None) if matches!(error, StoreError::NoTask { .. }) => {
                return Ok(overtaken("the task is gone"));
            }
            Ok(None) => why,
            Err(broken) if log_is_broken(&broken) => return Err(broken.into()),
            Err(other) => format!("{why}; and what had been started could not be ended: {other}"),
        };
        let command = Box::new(command.clone());
        Ok(vec![(
            Actor::Engine,
            Fact::CommandFailed { command, error },
        )])
    }

    fn close(&mut self, open: &OpenCommand, facts: Vec<(Actor, Fact)>) -> Result<(), EngineError> {
        self.ports.store.commit(Commit {
            facts,
            close_commands: vec![open.id],
            ..Default::default()
        })?;
        Ok(())
    }
}

/// Whether git has to do something for it that may take seconds, in which what was done before is to be seen.
const fn may_take_long(command: &Command) -> bool {
    matches!(
        command,
        Command::PrepareWorktree { .. }
            | Command::CommitWork { .. }
            | Command::Merge { .. }
            | Command::CatchUp { .. }
            | Command::RemoveWorktree { .. }
    )
}

/// Whether a task's file was not where it should be.
fn is_missing(error: &StoreError) -> bool {
    match error {
        StoreError::NoTask { .. } => true,
        StoreError::Port(error) => error.kind == PortErrorKind::Missing,
        _ => false,
    }
}
