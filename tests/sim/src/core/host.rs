//! The engine's loop in steps: take in, decide, journal, carry out one command at a time, let time and schedule order more. It mirrors
//! `orchestron_engine::Engine`, whose real loop the other level runs; here it can be killed, overtaken and watched between any two steps.

use super::{World, check::without_observed, disk::TASKS_MAX};
use crate::{judge::Turn, knobs::Trouble};
use orchestron_domain::{
    Actor, Command, Event, Fact, Halt, RunEnd, Seq, State, Time,
    apply::apply,
    conflict,
    decide::decide,
    heard, rules,
    schedule::{due, next_deadline, schedule},
};
use std::collections::VecDeque;

/// Why an engine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It was killed.
    Killed,
    /// Somebody else has the lease, or the outcome is told already.
    Overtaken,
}

/// An engine.
pub struct Host {
    /// What it knows.
    pub state: State,
    /// Its right to act.
    pub fence: u64,
    decided_to: Seq,
    queue: VecDeque<(u64, Command)>,
    seen: [u32; TASKS_MAX],
    seen_all: u32,
    seen_config: u32,
    /// Runs it follows, with how many signals it has read of each.
    reading: Vec<Option<u32>>,
    restless: bool,
    checkpoint: Seq,
    /// Commands up to this number were decided by an earlier engine.
    pub inherited: u64,
}

impl Host {
    /// Takes the lease and goes on where the last engine was.
    pub fn start(world: &mut World) -> Result<Self, Stop> {
        world.fence += 1;
        let fence = world.fence;
        world.note(|_| format!("an engine starts with fence {fence}"));
        world.refresh();
        let mut host = Self {
            state: State::default(),
            fence,
            decided_to: world.log.decided_to,
            queue: VecDeque::new(),
            seen: [0; TASKS_MAX],
            seen_all: 0,
            seen_config: u32::MAX,
            reading: Vec::new(),
            restless: true,
            checkpoint: Seq(0),
            inherited: world.log.newest_command(),
        };
        host.observe(world);
        let lived: Vec<_> = world
            .ledger
            .state
            .live_runs()
            .map(|run| run.id.clone())
            .collect();
        let observed = std::mem::take(&mut host.state);
        let to = world.log.decided_to;
        host.state = world.state_at(to, observed);
        if orchestron_domain::planted::is(crate::Fault::NoRecovery) {
            host.state = world.state_at(world.log.last(), host.state);
        }
        host.state.git = world.git.there;
        host.checkpoint = world
            .log
            .checkpoint
            .as_ref()
            .map_or(Seq(0), |(seq, _)| *seq);
        host.take_up_runs(world);
        for run in lived {
            if !world.by_run.contains_key(&run) {
                let (end, tail) = (RunEnd::Lost, String::new());
                world.tell(Actor::Engine, Fact::RunEnded { run, end, tail });
            }
        }
        if !orchestron_domain::planted::is(crate::Fault::NoRedo) {
            let open = &world.log.open;
            host.queue
                .extend(open.iter().map(|(id, command)| (*id, command.clone())));
        }
        let version = String::new();
        world.tell(Actor::Engine, Fact::EngineStarted { version, fence });
        Ok(host)
    }

    fn take_up_runs(&mut self, world: &mut World) {
        self.state.taken = world.by_run.keys().cloned().collect();
        let now = world.clock();
        let live: Vec<_> = self
            .state
            .live_runs()
            .map(|run| {
                // What it said up to there is in the log, decided or not.
                let newest = world.ledger.state.runs.get(&run.id);
                (run.id.clone(), newest.unwrap_or(run).read_to)
            })
            .collect();
        for (run, read_to) in live {
            if let Some(at) = world.by_run.get(&run).copied() {
                self.follow(at, u32::try_from(read_to).unwrap_or(u32::MAX));
                world.wake_run(at);
                self.state.heard.insert(run, now);
            }
        }
    }

    /// Follows a run from a place in its output.
    pub fn follow(&mut self, at: u32, from: u32) {
        let at = at as usize;
        if self.reading.len() <= at {
            self.reading.resize(at + 1, None);
        }
        self.reading[at] = Some(from);
    }

    /// Commands that wait to be carried out.
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Time came: what it brings is looked at.
    pub const fn time_came(&mut self) {
        self.restless = true;
    }

    /// The machine woke from sleep: nothing was heard meanwhile, which says nothing about anybody.
    pub fn woke(&mut self, now: Time, millis: i64) {
        self.state.absent.came_back(now, millis);
        let live: Vec<_> = self.state.live_runs().map(|run| run.id.clone()).collect();
        self.state
            .heard
            .extend(live.into_iter().map(|run| (run, now)));
        self.restless = true;
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self, world: &World) -> bool {
        self.queue.is_empty()
            && !self.restless
            && !world.wakes.0
            && world.wakes.1.is_empty()
            && self.state.seq == world.log.last()
    }

    /// When time brings the next thing.
    pub fn deadline(&self, world: &World) -> Option<i64> {
        let now = world.clock();
        let soonest = [
            next_deadline(&self.state, now),
            conflict::next_deadline(&self.state, now),
            rules::next_deadline(&self.state, now),
        ];
        let soonest = soonest.into_iter().flatten().min();
        soonest.map(|at| at.0.saturating_sub(world.skew))
    }

    /// One step.
    pub fn step(&mut self, world: &mut World) -> Result<(), Stop> {
        if let Some((id, command)) = self.queue.pop_front() {
            world.steps += 1;
            self.restless = true;
            return self.carry_out(world, id, &command);
        }
        if self.state.seq < world.log.last() {
            return self.take_in(world);
        }
        let (files, runs) = &mut world.wakes;
        if std::mem::take(files) {
            world.refresh();
            self.observe(world);
            self.restless = true;
            return Ok(());
        }
        if !runs.is_empty() {
            let at = runs.remove(0);
            self.restless = true;
            return self.look(world, at);
        }
        if !self.restless {
            return Ok(());
        }
        world.steps += 1;
        let now = world.clock();
        let mut commands = due(&self.state, now);
        commands.extend(conflict::found(&self.state, now));
        if commands.is_empty() {
            commands = rules::found(&self.state, now);
        }
        if commands.is_empty() {
            commands = schedule(&self.state, now);
        }
        if commands.is_empty() {
            self.restless = false;
            self.rest(world);
            return Ok(());
        }
        self.order(world, self.state.seq, commands)
    }

    /// The configuration it knows.
    pub const fn knows_config(&self) -> u32 {
        self.seen_config
    }

    fn order(&mut self, world: &mut World, to: Seq, commands: Vec<Command>) -> Result<(), Stop> {
        let open = world.journal(self.fence, to, commands)?;
        self.decided_to = self.decided_to.max(to);
        self.queue.extend(open);
        Ok(())
    }

    /// Applies new facts, decides, journals.
    fn take_in(&mut self, world: &mut World) -> Result<(), Stop> {
        let now = world.clock();
        let fresh = world.log.after(self.state.seq);
        if fresh.iter().any(|event| event.fact.touches_files()) {
            self.observe(world);
        }
        let mut commands = Vec::new();
        // The log is lent out meanwhile: deciding writes nothing to it.
        let events: Vec<Event> = std::mem::take(&mut world.log.events);
        let from = usize::try_from(self.state.seq.0).unwrap_or(usize::MAX);
        for event in events.get(from..).unwrap_or_default() {
            world.steps += 1;
            let turn = Turn::before(&self.state, event);
            apply(&mut self.state, event);
            if event.seq > self.decided_to {
                let follows = decide(&self.state, event, now);
                if let Some((what, why)) = turn.unanswered(&self.state, event, &follows) {
                    world.wrong(what, why);
                }
                commands.extend(follows);
            }
        }
        world.log.events = events;
        self.restless = true;
        if self.state.seq > self.decided_to {
            self.order(world, self.state.seq, commands)?;
        }
        Ok(())
    }

    /// Takes index and configuration into the state, when they have changed.
    pub fn observe(&mut self, world: &World) {
        self.state.trusted = world.trusted;
        let revision = world.config_revision();
        if self.seen_config != revision {
            self.seen_config = revision;
            self.state.config = world.config.clone();
        }
        if self.seen_all == world.disk.revision {
            return;
        }
        self.seen_all = world.disk.revision;
        for (task, id) in world.ids.iter().enumerate() {
            if self.seen[task] == world.disk.revisions[task] {
                continue;
            }
            self.seen[task] = world.disk.revisions[task];
            let mut rows = world.disk.known(u8::try_from(task).unwrap_or(0));
            match rows.next() {
                Some((_, file)) => {
                    self.state
                        .cards
                        .insert(id.clone(), file.card.as_ref().clone());
                }
                None => {
                    self.state.cards.remove(id);
                }
            }
            if rows.next().is_some() {
                self.state.unclear.insert(id.clone());
            } else {
                self.state.unclear.remove(id);
            }
        }
    }

    /// Nothing follows any more: perhaps a checkpoint.
    fn rest(&mut self, world: &mut World) {
        if self.state.seq.0.saturating_sub(self.checkpoint.0) < world.knobs.checkpoint_every {
            return;
        }
        if world.must_hold(self.fence).is_err() {
            return;
        }
        world.compare(&mut self.state);
        self.checkpoint = self.state.seq;
        let kept = without_observed(&mut self.state, State::clone);
        world.log.checkpoint = Some((self.state.seq, Box::new(kept)));
    }

    /// Turns what a run said into facts.
    fn look(&mut self, world: &mut World, at: u32) -> Result<(), Stop> {
        let index = at as usize;
        let process = &world.processes[index];
        let Some(run) = self
            .state
            .runs
            .get(&process.run)
            .filter(|run| run.is_live())
        else {
            return Ok(());
        };
        let Some(read) = self.reading.get(index).copied().flatten() else {
            // Started by an engine that did not live to decide about it: the engine recovers, as after an error of the world.
            return Err(Stop::Killed);
        };
        let new = process.out.get(read as usize..).unwrap_or_default();
        if !new.is_empty() {
            let now = world.clock();
            self.state.heard.insert(process.run.clone(), now);
        }
        let ends = u64::from(read) + 1..;
        let facts = heard::facts(run, new.iter().zip(ends), process.over.as_ref());
        let doom = heard::doom(new.iter());
        let (id, over) = (process.run.clone(), process.over.is_some());
        let halting = run.halting.is_some();
        let to = u32::try_from(process.out.len()).unwrap_or(u32::MAX);
        self.reading[index] = Some(to);
        if over {
            // Swept before its end is told: an engine that dies in between sweeps again, and nothing is left behind.
            world.must_hold(self.fence)?;
            world.sweep(at);
            if world.trouble(Trouble::CrashMidway) {
                world.note(|_| "the engine is killed before it tells an end".to_owned());
                return Err(Stop::Killed);
            }
        }
        if !facts.is_empty() {
            let by = Actor::Run { run: id.clone() };
            let facts = facts.into_iter().map(|fact| (by.clone(), fact));
            world.commit(self.fence, None, facts.collect())?;
        }
        if let Some(end) = doom.filter(|_| !halting && !over) {
            self.take_in(world)?;
            let halt = Halt::Terminate;
            let run = id;
            let command = Command::HaltRun { run, halt, end };
            self.order(world, self.state.seq, vec![command])?;
        }
        Ok(())
    }
}
