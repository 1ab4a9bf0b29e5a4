//! The project's SQLite: events, the journal of commands, the index of task files.

use super::{BoardRow, Head, IndexedFile, KnownFiles, PortResult, Problem};
use orchestron_domain::{
    Actor, AgentName, Command, Event, Fact, Seq, State, Status, TaskCard, TaskId, Time,
    state::Progress,
};
use std::collections::{BTreeMap, BTreeSet};

/// Row written before a file is moved and removed with the event that tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Its number.
    pub id: u64,
    /// The task.
    pub task: TaskId,
    /// `ready/TASK-001-slug.md`.
    pub from: String,
    /// `in-progress/TASK-001-slug.md`.
    pub to: String,
    /// Hash of the file when the intent was written.
    pub hash: String,
    /// The facts to write when the move is found done.
    pub facts: Vec<(Actor, Fact)>,
    /// Journal entries that these facts are the outcome of.
    pub closes: Vec<u64>,
}

/// A command that was journaled and has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCommand {
    /// Its number in the journal.
    pub id: u64,
    /// What.
    pub command: Command,
}

/// Everything one transaction of the log writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commit {
    /// Facts to append, in order.
    pub facts: Vec<(Actor, Fact)>,
    /// Journal entries that these facts are the outcome of.
    pub close_commands: Vec<u64>,
    /// Intent that these facts complete.
    pub close_intent: Option<u64>,
    /// Index rows to write.
    pub index_put: Vec<IndexedFile>,
    /// Index rows to remove.
    pub index_remove: Vec<String>,
    /// Commands to journal, decided from events up to the given position.
    pub decided: Option<(Seq, Vec<Command>)>,
    /// A checkpoint of the state at that position.
    pub checkpoint: Option<(Seq, State)>,
    /// A small setting that only spares work, written with the rest.
    pub note: Option<(&'static str, String)>,
}

/// What one transaction wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// The appended events, with their positions.
    pub events: Vec<Event>,
    /// The journaled commands, with their numbers.
    pub commands: Vec<OpenCommand>,
}

/// Filter for reading the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Only events of this task.
    pub task: Option<TaskId>,
    /// Only events before this position (paging backwards).
    pub before: Option<Seq>,
    /// At most so many.
    pub limit: u32,
}

/// The setting that tells of a damaged database that was set aside: what was wrong with it, and where it is.
pub const SET_ASIDE: &str = "database-set-aside";

/// Who reads the index for a list.
pub trait ListReader {
    /// Is told the head of each good file; true when it need not know more of it.
    fn is_enough(&mut self, head: &Head<'_>) -> bool;
    /// Is told of all others.
    fn row(&mut self, path: &str, card: Option<TaskCard>, problem: Option<Problem>);
}

/// The project's SQLite: what happened, the journal of commands, the index of task files. Any process may write.
pub trait EventLog: Send {
    /// Makes whoever writes through this very log the project's engine: from now on each of its transactions is refused
    /// (`Overtaken`) once another one has done the same, compared within the transaction. Returns its fence, which is at least
    /// `at_least` and higher than every one before. For the time when the lease itself was lost (its file was deleted).
    fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        Ok(at_least)
    }
    /// Whether no newer engine has taken over; true for those that are no engine.
    fn is_unfenced(&self) -> PortResult<bool> {
        Ok(true)
    }
    /// Writes all of `commit` in one transaction, or nothing.
    fn commit(&mut self, now: Time, commit: Commit) -> PortResult<Committed>;
    /// Events after a position, oldest first.
    fn after(&self, seq: Seq, limit: u32) -> PortResult<Vec<Event>>;
    /// Events by filter, newest first.
    fn recent(&self, filter: &EventFilter) -> PortResult<Vec<Event>>;
    /// Position of the newest event.
    fn last(&self) -> PortResult<Seq>;
    /// The newest checkpoint, if there is one this version can read.
    fn checkpoint(&self) -> PortResult<Option<(Seq, State)>>;
    /// The same with what it knows of some tasks only: of these, of those that later events are about, and of all that something
    /// is under way with or that have begun and are not over.
    fn checkpoint_about(&self, _tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        self.checkpoint()
    }
    /// The same with what it knows of these tasks and of those that later events are about, and of no others.
    fn checkpoint_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        self.checkpoint_about(tasks)
    }
    /// Up to where the newest checkpoint goes that this version can read; the beginning when there is none.
    fn checkpoint_at(&self) -> PortResult<Seq> {
        Ok(self.checkpoint()?.map(|(seq, _)| seq).unwrap_or_default())
    }
    /// Writes a checkpoint of this state, which is the same afterwards.
    fn put_checkpoint(&mut self, now: Time, state: &mut State) -> PortResult<()> {
        let commit = Commit {
            checkpoint: Some((state.seq, state.clone())),
            ..Commit::default()
        };
        self.commit(now, commit).map(drop)
    }
    /// Up to where the engine has decided.
    fn decided_to(&self) -> PortResult<Seq>;
    /// Journaled commands without an outcome, oldest first.
    fn open_commands(&self) -> PortResult<Vec<OpenCommand>>;
    /// A number that rises by one with each commit that changes the index; none when they are not counted.
    fn index_version(&self) -> PortResult<Option<u64>> {
        Ok(None)
    }
    /// The highest task number ever seen with this prefix, in the index now or before; 0 when there was none.
    fn highest(&self, prefix: &str) -> PortResult<u32> {
        let ids = self.index()?.into_keys().filter_map(|path| {
            orchestron_domain::task_file::id_from_file_name(path.rsplit('/').next()?)
        });
        let numbers = ids.filter(|id| id.prefix() == prefix).map(|id| id.number());
        Ok(numbers.max().unwrap_or(0))
    }
    /// The whole index of task files.
    fn index(&self) -> PortResult<BTreeMap<String, IndexedFile>>;
    /// Every row of the index, in the order of the paths.
    fn each_row(&self, with: &mut dyn FnMut(BoardRow)) -> PortResult<()> {
        let files = self.index()?.into_values();
        files.map(BoardRow::from).for_each(with);
        Ok(())
    }
    /// The same, with no more of each row than its reader wants. Cards that are not `whole` may lack what only those look at who work
    /// on them: files, needs and tests.
    fn each_listed(&self, _whole: bool, reader: &mut dyn ListReader) -> PortResult<()> {
        self.each_row(&mut |row| {
            let enough = match &row.card {
                Some(card) if row.problem.is_none() => reader.is_enough(&Head {
                    id: card.id.clone(),
                    status: card.status,
                    title: card.title.as_str().into(),
                    priority: card.priority,
                    agent: card.agent.as_ref().map(|agent| agent.as_str()),
                    needs: &card.depends_on,
                }),
                _ => false,
            };
            if !enough {
                reader.row(&row.path, row.card, row.problem);
            }
        })
    }
    /// When the tasks got to `done` that the newest checkpoint knows to be there.
    fn done_when(&self, with: &mut dyn FnMut(TaskId, Time)) -> PortResult<()> {
        let tasks = self.checkpoint()?.map(|(_, state)| state.tasks);
        let tasks = tasks.into_iter().flatten();
        tasks
            .filter(|(_, found)| found.status == Status::Done)
            .for_each(|(task, found)| with(task, found.moved));
        Ok(())
    }
    /// What the newest checkpoint knows of these tasks.
    fn progress_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<BTreeMap<TaskId, Progress>> {
        let known = self.checkpoint()?.map(|(_, state)| state.tasks);
        let known = known.into_iter().flatten();
        Ok(known.filter(|(task, _)| tasks.contains(task)).collect())
    }
    /// The whole index without what the files say.
    fn known_files(&self) -> PortResult<KnownFiles> {
        let files = self.index()?.into_iter();
        Ok(files.map(|(path, file)| (path, file.known())).collect())
    }
    /// The tasks whose index rows were written or removed after that version; none when that is not known.
    fn changed_since(&self, _version: u64) -> PortResult<Option<BTreeSet<TaskId>>> {
        Ok(None)
    }
    /// Index rows of one folder.
    fn index_in(&self, status: Status) -> PortResult<Vec<BoardRow>> {
        let files = self.index()?.into_values();
        let folder = status.folder();
        let inside = |file: &IndexedFile| file.path.split('/').next() == Some(folder);
        Ok(files.filter(inside).map(BoardRow::from).collect())
    }
    /// Index rows of tasks that are not over, by [`IndexedFile::turn`]: so many of those that are `wanted`.
    fn index_in_turn(
        &self,
        after: Option<i64>,
        limit: u32,
        wanted: &dyn Fn(&TaskId) -> bool,
    ) -> PortResult<Vec<(i64, IndexedFile)>> {
        let files = self.index()?.into_values();
        let mut rows: Vec<_> = files
            .filter_map(|file| Some((file.turn()?, file)))
            .collect();
        rows.retain(|(turn, file)| {
            after.is_none_or(|after| *turn > after)
                && file.card.as_ref().is_some_and(|card| wanted(&card.id))
        });
        rows.sort_by_key(|(turn, _)| *turn);
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(rows)
    }
    /// How many files the index has in each folder, by their names.
    fn index_counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        let mut counts: BTreeMap<Status, u32> = Status::ALL.map(|status| (status, 0)).into();
        for path in self.index()?.into_keys() {
            let (folder, name) = path.split_once('/').unwrap_or(("", &path));
            if let Some(status) = Status::from_folder(folder)
                && orchestron_domain::task_file::id_from_file_name(name).is_some()
            {
                *counts.entry(status).or_default() += 1;
            }
        }
        Ok(counts)
    }
    /// Index rows of files with a problem.
    fn index_problems(&self) -> PortResult<Vec<IndexedFile>> {
        let files = self.index()?.into_values();
        Ok(files.filter(|file| file.problem.is_some()).collect())
    }
    /// Index rows of one task (more than one when the id is doubled).
    fn index_of(&self, task: &TaskId) -> PortResult<Vec<IndexedFile>>;
    /// Index rows of several tasks, all from one moment.
    fn index_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<BoardRow>> {
        let mut files = Vec::new();
        for task in tasks {
            files.extend(self.index_of(task)?.into_iter().map(BoardRow::from));
        }
        Ok(files)
    }
    /// Tells of each good file that is not in `done` and depends on something: its task, and what that depends on.
    fn each_need(
        &self,
        with: &mut dyn FnMut(&str, &mut dyn Iterator<Item = &str>),
    ) -> PortResult<()> {
        self.each_row(&mut |row| {
            let Some(card) = row.card.filter(|card| card.status != Status::Done) else {
                return;
            };
            let needs: Vec<String> = card.depends_on.iter().map(ToString::to_string).collect();
            if !needs.is_empty() {
                with(&card.id.to_string(), &mut needs.iter().map(String::as_str));
            }
        })
    }
    /// Whether a good file names this agent.
    fn is_named(&self, agent: &AgentName) -> PortResult<bool> {
        let mut named = false;
        self.each_row(&mut |row| {
            named |= row
                .card
                .is_some_and(|card| card.agent.as_ref() == Some(agent));
        })?;
        Ok(named)
    }
    /// Where the good files of several tasks lie, all from one moment.
    fn places_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<(TaskId, String)>> {
        let mut places = Vec::new();
        for task in tasks {
            let files = self.index_of(task)?.into_iter();
            let good = files.filter(|file| file.problem.is_none());
            places.extend(good.map(|file| (task.clone(), file.path)));
        }
        Ok(places)
    }
    /// The index row of a path.
    fn index_at(&self, path: &str) -> PortResult<Option<IndexedFile>> {
        Ok(self.index()?.remove(path))
    }
    /// Writes an intent before a move; durable on return. Returns its number.
    fn intend(&mut self, intent: &Intent) -> PortResult<u64>;
    /// Writes a commit and, with it, the intent of the move that follows it; both are durable on return. Returns the intent's number.
    fn intend_with(&mut self, now: Time, commit: Commit, intent: &Intent) -> PortResult<u64> {
        if commit != Commit::default() {
            self.commit(now, commit)?;
        }
        self.intend(intent)
    }
    /// Intents that were not completed.
    fn open_intents(&self) -> PortResult<Vec<Intent>>;
    /// Drops an intent that turned out void.
    fn drop_intent(&mut self, id: u64) -> PortResult<()>;
    /// Highest task number ever given for this prefix, raised to at least `seen`, plus one: never given again, once anything
    /// that has it is on the disk.
    fn next_number(&mut self, prefix: &str, seen: u32) -> PortResult<u32>;
    /// A small durable setting of this machine for this project (`trust`, `base-branch`), by key.
    fn setting(&self, key: &str) -> PortResult<Option<String>>;
    /// Writes such a setting.
    fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()>;
    /// Does what else some later write would have to do, when much has been written since the last time; for who has nothing else to do.
    fn tidy(&mut self) -> PortResult<()> {
        Ok(())
    }
    /// Writes a setting that may be lost in a power cut: it only spares work.
    fn note(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.set_setting(key, value)
    }
}
