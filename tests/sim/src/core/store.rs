//! Log, journal, intents and index together: what the engine's store does, with each place where it can be killed.

use super::{
    World,
    disk::{Disk, Intent, Key},
    host::Stop,
};
use crate::{knobs::Trouble, rng::mix};
use orchestron_domain::{Actor, Command, Event, Fact, Seq, State, Status, TaskId};
use std::collections::BTreeMap;

/// How often a move is tried anew when somebody writes to the file at the same time.
const MOVE_TRIES: u32 = 8;

/// A move, the facts that tell it, and the command it closes.
type Begun = (Intent, Vec<(Actor, Fact)>, Option<u64>);

/// What is durable beside the files.
#[derive(Default)]
pub struct Log {
    /// What happened.
    pub events: Vec<Event>,
    /// Journaled commands without an outcome.
    pub open: BTreeMap<u64, Command>,
    /// Up to where was decided.
    pub decided_to: Seq,
    /// The newest checkpoint. It goes through JSON when it is read, which is seldomer than it is written.
    pub checkpoint: Option<(Seq, Box<State>)>,
    /// Moves that were begun, with the facts that tell them and the command they close.
    pub intents: Vec<Begun>,
    ids: u64,
}

impl Log {
    /// Events after a position.
    #[must_use]
    pub fn after(&self, seq: Seq) -> &[Event] {
        let from = usize::try_from(seq.0).unwrap_or(usize::MAX);
        self.events.get(from..).unwrap_or_default()
    }

    /// The newest command's number.
    #[must_use]
    pub const fn newest_command(&self) -> u64 {
        self.ids
    }

    /// The newest event.
    #[must_use]
    pub fn last(&self) -> Seq {
        Seq(self.events.len() as u64)
    }
}

/// Why a file could not be worked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The engine is dead.
    Stopped(Stop),
    /// No such task.
    NoTask,
    /// Its id lies in several places.
    Unclear,
    /// It stands elsewhere.
    Elsewhere,
    /// The world said no.
    Refused(&'static str),
}

impl From<Stop> for Trap {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl World {
    /// Appends a fact.
    pub fn tell(&mut self, by: Actor, fact: Fact) {
        let seq = Seq(self.log.events.len() as u64 + 1);
        let event = Event {
            seq,
            at: self.clock(),
            by,
            fact,
        };
        self.hash = mix(self.hash, seq.0 ^ self.now.cast_unsigned());
        self.note(|_| format!("log {} {:?}: {:?}", seq.0, event.by, event.fact));
        self.heard_of(&event);
        self.log.events.push(event);
    }

    /// One transaction of an engine: facts, and the command whose outcome they are. Refused to whoever has lost the lease.
    pub fn commit(
        &mut self,
        fence: u64,
        closes: Option<u64>,
        facts: Vec<(Actor, Fact)>,
    ) -> Result<(), Stop> {
        self.must_hold(fence)?;
        if let Some(id) = closes
            && self.log.open.remove(&id).is_none()
        {
            return Err(Stop::Overtaken);
        }
        for (by, fact) in facts {
            self.tell(by, fact);
        }
        Ok(())
    }

    /// Whether this engine is still the one that acts.
    pub fn must_hold(&self, fence: u64) -> Result<(), Stop> {
        if fence == self.fence || orchestron_domain::planted::is(crate::Fault::NoFence) {
            return Ok(());
        }
        Err(Stop::Overtaken)
    }

    /// Journals commands.
    pub fn journal(
        &mut self,
        fence: u64,
        to: Seq,
        commands: Vec<Command>,
    ) -> Result<Vec<(u64, Command)>, Stop> {
        self.must_hold(fence)?;
        if to < self.log.decided_to {
            return Err(Stop::Overtaken);
        }
        self.log.decided_to = to;
        let mut open = Vec::with_capacity(commands.len());
        for command in commands {
            self.log.ids += 1;
            self.note(|world| format!("  decided #{}: {}", world.log.ids, command.words()));
            self.log.open.insert(self.log.ids, command.clone());
            open.push((self.log.ids, command));
        }
        Ok(open)
    }

    /// Finishes moves a crash interrupted, and takes what people did to the files into log and index.
    pub fn refresh(&mut self) {
        self.finish_intents();
        if !std::mem::take(&mut self.disk.dirty) {
            return;
        }
        let before = Disk::places(&self.disk.index);
        let now = Disk::places(&self.disk.files);
        for task in self.changed_tasks() {
            self.disk.take_in(task);
        }
        let mut removed = Vec::new();
        for at in 0..now.len() {
            let Some(task) = self.ids.get(at).cloned() else {
                break;
            };
            let fact = match (before[at], now[at]) {
                (None, Some(status)) => Fact::TaskCreated {
                    task,
                    title: String::new(),
                    status,
                },
                (Some(from), Some(to)) if from != to => Fact::TaskMoved { task, from, to },
                (Some(status), None) => {
                    removed.push(Fact::TaskRemoved { task, status });
                    continue;
                }
                _ => continue,
            };
            self.tell(Actor::Unknown, fact);
        }
        for fact in removed {
            self.tell(Actor::Unknown, fact);
        }
    }

    fn changed_tasks(&self) -> Vec<u8> {
        let (files, index) = (&self.disk.files, &self.disk.index);
        let same = |key: &Key, version: u32, other: &BTreeMap<Key, super::disk::File>| {
            other.get(key).is_some_and(|file| file.version == version)
        };
        let new = files.iter().filter(|(k, f)| !same(k, f.version, index));
        let gone = index.iter().filter(|(k, f)| !same(k, f.version, files));
        let mut tasks: Vec<u8> = new.chain(gone).map(|(key, _)| key.task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    }

    /// A move is in the log exactly when the file is at its new place; anything else a person did meanwhile wins.
    fn finish_intents(&mut self) {
        for (intent, facts, closes) in std::mem::take(&mut self.log.intents) {
            let version = |key: &Key| self.disk.files.get(key).map(|file| file.version);
            let there = version(&intent.to) == Some(intent.version);
            let here = version(&intent.from) == Some(intent.version);
            if (here && self.disk.rename(intent.from, intent.to)) || (!here && there) {
                self.moved(&intent, facts, closes);
            }
        }
    }

    /// The transaction that ends a move.
    fn moved(&mut self, intent: &Intent, facts: Vec<(Actor, Fact)>, closes: Option<u64>) {
        if let Some(file) = self.disk.files.get(&intent.to) {
            let file = file.clone();
            self.disk.index.remove(&intent.from);
            self.disk.index.insert(intent.to, file);
            self.disk.changed(intent.to.task);
        }
        if let Some(id) = closes {
            self.log.open.remove(&id);
        }
        for (by, fact) in facts {
            self.tell(by, fact);
        }
    }

    /// The one file of a task.
    pub fn find(&mut self, task: u8) -> Result<Key, Trap> {
        let mut rows = self.disk.known(task);
        if let (Some((key, row)), None) = (rows.next(), rows.next())
            && self
                .disk
                .files
                .get(key)
                .is_some_and(|file| file.version == row.version)
        {
            return Ok(*key);
        }
        drop(rows);
        self.refresh();
        let mut rows = self.disk.known(task);
        match (rows.next(), rows.next()) {
            (None, _) => Err(Trap::NoTask),
            (Some((key, _)), None) => Ok(*key),
            _ => Err(Trap::Unclear),
        }
    }

    /// Moves a task's file and tells `facts` with the move.
    pub fn move_task(
        &mut self,
        fence: Option<u64>,
        task: u8,
        (from, to): (Status, Status),
        mover: &Actor,
        mut facts: Vec<(Actor, Fact)>,
        closes: Option<u64>,
    ) -> Result<(), Trap> {
        for _ in 0..MOVE_TRIES {
            let key = self.find(task)?;
            if key.status() != from {
                return Err(Trap::Elsewhere);
            }
            if let Some(fence) = fence {
                self.must_hold(fence)?;
            }
            if closes.is_some_and(|id| !self.log.open.contains_key(&id)) {
                return Err(Stop::Overtaken.into());
            }
            let file = Key::new(task, to, key.copy);
            let version = self.disk.files.get(&key).map_or(0, |file| file.version);
            let intent = Intent {
                from: key,
                to: file,
                version,
            };
            let moved = Fact::TaskMoved {
                task: self.id(task),
                from,
                to,
            };
            facts.push((mover.clone(), moved));
            if fence.is_some() && self.trouble_now(Trouble::CrashMidway, 3) {
                self.log.intents.push((intent, facts, closes));
                return Err(self.killed("after an intent").into());
            }
            if self.trouble_now(Trouble::Moves, 20) {
                self.meddle(task);
            }
            let same = self
                .disk
                .files
                .get(&key)
                .is_some_and(|file| file.version == version);
            if !same || !self.disk.rename(key, file) {
                facts.pop();
                self.disk.dirty = true;
                continue;
            }
            if fence.is_some() && self.trouble_now(Trouble::CrashMidway, 3) {
                self.log.intents.push((intent, facts, closes));
                return Err(self.killed("after a rename").into());
            }
            self.moved(&intent, facts, closes);
            return Ok(());
        }
        Err(Trap::Refused("the file is being changed by somebody else"))
    }

    /// Changes a task's text, on whatever people made of it meanwhile.
    pub fn edit_task(
        &mut self,
        task: u8,
        change: impl FnOnce(&mut orchestron_domain::TaskCard),
    ) -> Result<(), Trap> {
        let key = self.find(task)?;
        self.disk.edit(key, change);
        // Only this row: what else people did to the task is found by the next look.
        if let Some(file) = self.disk.files.get(&key) {
            self.disk.index.insert(key, file.clone());
            self.disk.changed(task);
        }
        Ok(())
    }

    fn killed(&mut self, when: &str) -> Stop {
        self.note(|_| format!("the engine is killed {when}"));
        Stop::Killed
    }

    /// A task's id.
    pub fn id(&self, task: u8) -> TaskId {
        self.ids[task as usize].clone()
    }

    /// A task's place in this world.
    pub fn place_of(task: &TaskId) -> u8 {
        u8::try_from(task.number().saturating_sub(1)).unwrap_or(0)
    }

    /// The state that the log tells up to a position, from the newest checkpoint that is not beyond it.
    pub fn state_at(&self, seq: Seq, mut state: State) -> State {
        if let Some((at, kept)) = &self.log.checkpoint
            && *at <= seq
            && let Some(kept) = through_json(kept)
        {
            state = State {
                cards: state.cards,
                unclear: state.unclear,
                config: state.config,
                ..kept
            };
        }
        for event in self.log.after(state.seq) {
            if event.seq > seq {
                break;
            }
            orchestron_domain::apply::apply(&mut state, event);
        }
        state
    }
}

/// What is left of a state when it was written and is read again.
fn through_json(state: &State) -> Option<State> {
    let text = serde_json::to_string(state).ok()?;
    serde_json::from_str(&text).ok()
}
