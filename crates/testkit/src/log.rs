//! The event log in memory: one transaction is all or nothing, and everything goes through its JSON.

use crate::world::{Things, World, refused};
use orchestron_domain::{
    Event, Seq, State, TaskId, Time,
    apply::apply,
    planted::{Fault, is},
    task_file::id_from_file_name,
};
use orchestron_engine::ports::{
    Commit, Committed, EventFilter, EventLog, IndexedFile, Intent, OpenCommand, PortErrorKind,
    PortResult,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::MutexGuard,
};

/// What the log keeps.
#[derive(Default)]
pub struct Tables {
    events: Vec<String>,
    commands: BTreeMap<u64, String>,
    intents: BTreeMap<u64, Intent>,
    index: BTreeMap<String, IndexedFile>,
    numbers: BTreeMap<String, u32>,
    pub settings: BTreeMap<String, String>,
    checkpoint: Option<(Seq, String)>,
    decided_to: Seq,
    fence: u64,
    ids: u64,
    /// Writes of engines that had been overtaken.
    pub stale_writes: u32,
}

impl Tables {
    pub fn read_events(&self) -> Vec<Event> {
        self.events
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect()
    }

    fn next_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    /// What another process closed meanwhile cannot be closed again.
    fn check(&self, commit: &Commit) -> Result<(), String> {
        if let Some(id) = commit
            .close_commands
            .iter()
            .find(|id| !self.commands.contains_key(id))
        {
            return Err(format!("command {id} has its outcome already"));
        }
        if let Some(id) = commit
            .close_intent
            .filter(|id| !self.intents.contains_key(id))
        {
            return Err(format!("intent {id} is completed already"));
        }
        match &commit.decided {
            Some((to, _)) if *to < self.decided_to => Err("decided beyond that already".into()),
            _ => Ok(()),
        }
    }

    fn write(&mut self, now: Time, commit: Commit) -> Result<Committed, serde_json::Error> {
        let mut done = Committed::default();
        for (by, fact) in commit.facts {
            let seq = Seq(u64::try_from(self.events.len()).unwrap_or(u64::MAX) + 1);
            let event = Event {
                seq,
                at: now,
                by,
                fact,
            };
            self.events.push(serde_json::to_string(&event)?);
            done.events.push(event);
        }
        for id in &commit.close_commands {
            self.commands.remove(id);
        }
        if let Some(id) = commit.close_intent {
            self.intents.remove(&id);
        }
        for path in &commit.index_remove {
            self.index.remove(path);
        }
        self.index.extend(
            commit
                .index_put
                .into_iter()
                .map(|file| (file.path.clone(), file)),
        );
        if let Some((to, commands)) = commit.decided {
            self.decided_to = to;
            for command in commands {
                let id = self.next_id();
                self.commands.insert(id, serde_json::to_string(&command)?);
                done.commands.push(OpenCommand { id, command });
            }
        }
        if let Some((seq, state)) = commit.checkpoint {
            self.checkpoint = Some((seq, serde_json::to_string(&state)?));
        }
        Ok(done)
    }
}

fn other(error: &serde_json::Error) -> orchestron_engine::ports::PortError {
    refused(
        PortErrorKind::Malformed,
        "cannot write",
        "the log",
        error.to_string(),
    )
}

/// Counts down to the moment the world dies.
fn spend(things: &mut Things) -> PortResult<()> {
    match &mut things.commits_left {
        Some(0) => {
            things.down = true;
            Err(refused(
                PortErrorKind::Other,
                "cannot write",
                "the log",
                "it is down",
            ))
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}

pub struct MemoryLog {
    world: World,
    /// The fence of the engine that writes through it.
    fence: Option<u64>,
}

impl MemoryLog {
    pub const fn new(world: World) -> Self {
        Self { world, fence: None }
    }

    /// The world, for a write: refused when a newer engine has taken over.
    fn write(&self) -> PortResult<MutexGuard<'_, Things>> {
        let mut things = self.world.up()?;
        let stale = self.fence.is_some_and(|fence| fence != things.log.fence);
        things.log.stale_writes += u32::from(stale && is(Fault::NoFence));
        if stale && !is(Fault::NoFence) {
            let said = "a newer engine has taken over";
            return Err(refused(
                PortErrorKind::Overtaken,
                "cannot write to",
                "the log",
                said,
            ));
        }
        things.must_have_room("the log")?;
        Ok(things)
    }
}

impl EventLog for MemoryLog {
    fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        let mut things = self.world.up()?;
        let fence = (things.log.fence + 1).max(at_least);
        things.log.fence = fence;
        drop(things);
        self.fence = Some(fence);
        Ok(fence)
    }

    fn is_unfenced(&self) -> PortResult<bool> {
        let newest = self.world.up()?.log.fence;
        Ok(self.fence.is_none_or(|fence| fence == newest) || is(Fault::NoFence))
    }

    fn commit(&mut self, now: Time, commit: Commit) -> PortResult<Committed> {
        let mut things = self.write()?;
        if commit == Commit::default() {
            return Ok(Committed::default());
        }
        spend(&mut things)?;
        let checked = things.log.check(&commit);
        checked
            .map_err(|said| refused(PortErrorKind::Changed, "cannot write to", "the log", said))?;
        things.log.write(now, commit).map_err(|error| other(&error))
    }

    fn after(&self, seq: Seq, limit: u32) -> PortResult<Vec<Event>> {
        // Positions are dense, from 1.
        let known = usize::try_from(seq.0).unwrap_or(usize::MAX);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let things = self.world.up()?;
        let read = |text: &String| serde_json::from_str(text).map_err(|error| other(&error));
        things
            .log
            .events
            .iter()
            .skip(known)
            .take(limit)
            .map(read)
            .collect()
    }

    fn recent(&self, filter: &EventFilter) -> PortResult<Vec<Event>> {
        let mut events = self.world.up()?.log.read_events();
        events.reverse();
        events.retain(|event| {
            filter.before.is_none_or(|before| event.seq < before)
                && filter
                    .task
                    .as_ref()
                    .is_none_or(|task| is_about(event, task))
        });
        events.truncate(usize::try_from(filter.limit).unwrap_or(usize::MAX));
        Ok(events)
    }

    fn last(&self) -> PortResult<Seq> {
        Ok(Seq(
            u64::try_from(self.world.up()?.log.events.len()).unwrap_or(u64::MAX)
        ))
    }

    fn checkpoint(&self) -> PortResult<Option<(Seq, State)>> {
        let things = self.world.up()?;
        let Some((seq, text)) = &things.log.checkpoint else {
            return Ok(None);
        };
        let state = serde_json::from_str(text).map_err(|error| other(&error))?;
        Ok(Some((*seq, state)))
    }

    /// Always as if everything were in a checkpoint, of which only these tasks are read: whoever asks for too few learns it here.
    fn checkpoint_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        let mut state = self
            .checkpoint()?
            .map_or_else(State::default, |(_, state)| state);
        for event in self.after(state.seq, u32::MAX)? {
            apply(&mut state, &event);
        }
        state.tasks.retain(|task, _| tasks.contains(task));
        Ok(Some((state.seq, state)))
    }

    fn decided_to(&self) -> PortResult<Seq> {
        Ok(self.world.up()?.log.decided_to)
    }

    fn open_commands(&self) -> PortResult<Vec<OpenCommand>> {
        let things = self.world.up()?;
        let read = |(id, text): (&u64, &String)| {
            let command = serde_json::from_str(text).map_err(|error| other(&error))?;
            Ok(OpenCommand { id: *id, command })
        };
        things.log.commands.iter().map(read).collect()
    }

    fn index(&self) -> PortResult<BTreeMap<String, IndexedFile>> {
        Ok(self.world.up()?.log.index.clone())
    }

    fn index_of(&self, task: &TaskId) -> PortResult<Vec<IndexedFile>> {
        let things = self.world.up()?;
        let of = |file: &&IndexedFile| {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            file.card
                .as_ref()
                .map(|card| card.id.clone())
                .or_else(|| id_from_file_name(name))
                .as_ref()
                == Some(task)
        };
        Ok(things.log.index.values().filter(of).cloned().collect())
    }

    fn intend(&mut self, intent: &Intent) -> PortResult<u64> {
        let mut things = self.write()?;
        spend(&mut things)?;
        let id = things.log.next_id();
        things.log.intents.insert(
            id,
            Intent {
                id,
                ..intent.clone()
            },
        );
        Ok(id)
    }

    fn open_intents(&self) -> PortResult<Vec<Intent>> {
        Ok(self.world.up()?.log.intents.values().cloned().collect())
    }

    fn drop_intent(&mut self, id: u64) -> PortResult<()> {
        self.write()?.log.intents.remove(&id);
        Ok(())
    }

    fn next_number(&mut self, prefix: &str, seen: u32) -> PortResult<u32> {
        let mut things = self.write()?;
        let last = things.log.numbers.entry(prefix.to_owned()).or_insert(0);
        *last = (*last).max(seen) + 1;
        Ok(*last)
    }

    fn setting(&self, key: &str) -> PortResult<Option<String>> {
        Ok(self.world.up()?.log.settings.get(key).cloned())
    }

    fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.write()?
            .log
            .settings
            .insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}

/// Named by the fact itself or by its run, whose id begins with the task.
fn is_about(event: &Event, task: &TaskId) -> bool {
    let run = event
        .fact
        .run()
        .is_some_and(|run| run.as_str().starts_with(&format!("{task}-")));
    run || event.fact.task() == Some(task)
}
