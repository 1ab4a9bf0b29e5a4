//! Beginning anew: at the start, and after an error of the world that waiting heals.

use super::{Engine, EngineError, PAGE, RETRY_MS};
use crate::{
    ports::{PortErrorKind, Wake},
    store::StoreError,
};
use orchestron_domain::{
    Actor, Fact, Halt, RunEnd, RunId, Seq, State,
    apply::apply,
    planted::{Fault, is},
};
use std::collections::BTreeMap;

impl Engine {
    /// Brings the engine to the newest decided point, then redoes what has no outcome.
    pub(super) fn recover(&mut self, newest: State) -> Result<(), EngineError> {
        let lived: Vec<_> = newest.live_runs().map(|run| run.id.clone()).collect();
        // What a run said up to there is in the log, whether or not it is decided: heard again it would be told twice.
        let read: BTreeMap<_, _> = newest
            .runs
            .values()
            .map(|run| (run.id.clone(), run.read_to))
            .collect();
        // Facts after the decided point must still be decided, each in the state it was in: apply only up to that point.
        let absent = std::mem::take(&mut self.state.absent);
        self.state = if newest.seq <= self.decided_to || is(Fault::NoRecovery) {
            newest
        } else {
            self.state_at(self.decided_to)?
        };
        self.state.absent = absent;
        self.observed = None;
        self.rested = None;
        self.observe()?;
        self.state.git = self.ports.git.is_repository()?;
        self.take_up_runs(&read)?;
        self.end_lost_runs(lived)?;
        let open = self.ports.store.log().open_commands()?;
        for open in open.iter().filter(|_| !is(Fault::NoRedo)) {
            self.carry_out(open)?;
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

    fn take_up_runs(&mut self, read: &BTreeMap<RunId, u64>) -> Result<(), EngineError> {
        let new_log = self.state.seq == Seq(0);
        self.state.taken = self.ports.runs.found()?.into_iter().collect();
        let live: Vec<_> = self
            .state
            .live_runs()
            .map(|run| {
                let read_to = read.get(&run.id).copied().unwrap_or(run.read_to);
                (run.id.clone(), read_to)
            })
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
                let end = RunEnd::Lost;
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
                self.ports.runs.halt(&run, Halt::Kill)?;
            }
            self.ports.runs.settle(&run)?;
        }
        Ok(())
    }

    /// Full disks and locks of others pass: the engine rests, says why, and goes on by itself when it can. Anything else ends it (the
    /// host starts it again).
    pub(super) fn bear(&mut self, error: EngineError) -> Result<(), EngineError> {
        let mut error = error;
        loop {
            let again = match error.kind() {
                Some(PortErrorKind::NoRoom) => {
                    let why = format!("{}; it goes on by itself when there is room", what(&error));
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
        // The machine may be suspended here as anywhere.
        while self.look_at_clock() < until {
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
}

/// What the world said, without the cure: this passes by itself.
fn what(error: &EngineError) -> String {
    match error {
        EngineError::Port(error) | EngineError::Store(StoreError::Port(error)) => {
            format!("{} {}: {}", error.doing, error.what, error.said)
        }
        other => other.to_string(),
    }
}
