//! The project's SQLite file: what happened, the journal of commands, the index of task files. Any process may write.
//!
//! **What survives a power cut.** The file is in WAL mode. A commit with `synchronous = FULL` is on the disk when it returns,
//! and with it every commit before it; a commit with `NORMAL` is atomic and in order, but the newest ones may be missing
//! after a power cut (never after a crash of a process). `FULL` is used for what cannot be had again: intents, settings, and
//! everything a person or an outside tool said or decided, unless it stands in an intent already. A task's number is on the disk
//! with what is told of that task, or in its file's name. `NORMAL` is enough for what the engine writes by
//! itself, because it is derived and every command can be carried out twice: a lost event behind a file move comes back from
//! its intent (which was `FULL`), a lost signal is read from the run's output again, a lost command is decided again from the
//! event that led to it and finds its run folder, worktree or merge already there.
//!
//! **Many processes.** Each write is one `BEGIN IMMEDIATE` transaction and waits its turn with short, uneven sleeps (SQLite's
//! own waiting backs off to 100 ms and starves some writers). Positions are dense: rolled back writes leave no gap.
//!
//! **Closing** leaves the WAL where it is, so that a short command does not pay for a checkpoint; writers keep it small.
//! The file is never mapped into memory.

mod card;
mod checkpoint;
mod failure;
mod open;
mod rows;
mod write;

#[cfg(test)]
mod tests;

use checkpoint::Depth;
use failure::refused;
use orchestron_domain::{AgentName, Event, Seq, State, Status, TaskId, Time, state::Progress};
use orchestron_engine::ports::{
    BoardRow, Commit, Committed, EventFilter, EventLog, IndexedFile, Intent, KnownFiles,
    ListReader, OpenCommand, PortResult,
};
use rows::{EVENT, FILE, INTENT, number, position};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use open::Mended;

/// Kilobytes of pages that a connection keeps: SQLite's own default, and while a whole table is read.
const CACHE_KB: (i32, i32) = (2_000, 256);

/// The version of the tables; rises when they change.
pub const SCHEMA_VERSION: u32 = 4;

/// The event log of one project.
#[derive(Debug)]
pub struct SqliteLog {
    connection: Connection,
    path: PathBuf,
    /// Which file it is; none when it was gone again before we could look.
    identity: Option<(u64, u64)>,
    /// Whether the connection is set to `synchronous = FULL` now.
    full: bool,
    /// Transactions since the WAL was last moved into the database from here.
    untidied: u32,
    /// The fence of the engine that writes through this connection.
    fence: Option<u64>,
    mended: Option<Mended>,
    /// What this connection knows of the rows of the newest checkpoint.
    written: checkpoint::Written,
}

impl SqliteLog {
    /// Opens the log for reading and writing; makes it when it is not there. A file that is no intact database is moved aside
    /// and a new one begun, see [`Self::mended`].
    ///
    /// # Errors
    /// When it was made by a newer version, belongs to another program, or cannot be opened.
    pub fn open(path: &Path) -> PortResult<Self> {
        open::read_write(path, false)
    }

    /// Like [`Self::open`], but reads every page first (some milliseconds per megabyte): for the start of an engine and `doctor`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_checked(path: &Path) -> PortResult<Self> {
        open::read_write(path, true)
    }

    /// Opens the log for reading only.
    ///
    /// # Errors
    /// `Missing` when there is none yet; otherwise as [`Self::open`]. A damaged file is an error here and stays where it is.
    pub fn open_read_only(path: &Path) -> PortResult<Self> {
        open::read_only(path)
    }

    /// What was done about a damaged file when this log was opened; history before it is gone from the log.
    #[must_use]
    pub fn mended(&self) -> Option<&Mended> {
        self.mended.as_ref()
    }

    /// Looks for damage; none when all is well.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn damage(&self) -> PortResult<Option<String>> {
        open::damage(&self.connection).map_err(|e| self.failed("cannot check", &e))
    }

    fn failed(
        &self,
        doing: &'static str,
        error: &rusqlite::Error,
    ) -> orchestron_engine::ports::PortError {
        refused(doing, &self.path, error)
    }

    /// Rows of a query, each read by `read`, which may find one unreadable.
    fn rows<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> PortResult<Vec<T>> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(parameters, |row| read(row))?;
            rows.collect::<rusqlite::Result<Vec<T>>>()
        };
        run().map_err(|e| self.failed(doing, &e))
    }

    /// Hands each row of a query on as it is read. Whoever reads all of a table reads each page once: few are kept meanwhile.
    fn each(
        &self,
        doing: &'static str,
        sql: &str,
        mut with: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
    ) -> PortResult<()> {
        let keep = |kilobytes: i32| {
            self.connection
                .pragma_update(None, "cache_size", -kilobytes)
        };
        let mut run = || {
            keep(CACHE_KB.1)?;
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                with(row)?;
            }
            Ok(())
        };
        let outcome = run().and_then(|()| keep(CACHE_KB.0));
        outcome.map_err(|e: rusqlite::Error| self.failed(doing, &e))
    }

    /// Rows about several tasks, all from one moment: each query alone would take and give back the locks of its own.
    fn at_once<T>(
        &self,
        tasks: &BTreeSet<TaskId>,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> PortResult<Vec<T>> {
        let mut found = Vec::new();
        if tasks.is_empty() {
            return Ok(found);
        }
        let mut run = || {
            let moment = self.connection.unchecked_transaction()?;
            let mut statement = moment.prepare_cached(sql)?;
            for task in tasks {
                let rows = statement.query_map([task.to_string()], |row| read(row))?;
                for row in rows {
                    found.push(row?);
                }
            }
            drop(statement);
            moment.finish()
        };
        run().map_err(|e| self.failed("cannot read the index of", &e))?;
        Ok(found)
    }

    /// The one row of a query, if there is one.
    fn row<T>(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: impl Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> PortResult<Option<T>> {
        let run = || {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.query_row(parameters, |row| read(row)).optional()
        };
        run().map_err(|e| self.failed(doing, &e))
    }
}

impl EventLog for SqliteLog {
    fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        write::take_fence(self, at_least)
    }

    fn tidy(&mut self) -> PortResult<()> {
        write::tidy(self)
    }

    fn is_unfenced(&self) -> PortResult<bool> {
        let Some(fence) = self.fence else {
            return Ok(true);
        };
        let newest = self.setting(write::FENCE)?;
        Ok(newest.and_then(|text| text.parse().ok()) == Some(fence))
    }

    fn commit(&mut self, now: Time, commit: Commit) -> PortResult<Committed> {
        write::commit(self, now, commit)
    }

    fn after(&self, seq: Seq, limit: u32) -> PortResult<Vec<Event>> {
        let sql = query(EVENT, "WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        self.rows(
            "cannot read events of",
            &sql,
            params![position(seq), limit],
            rows::event,
        )
    }

    fn recent(&self, filter: &EventFilter) -> PortResult<Vec<Event>> {
        const DOING: &str = "cannot read events of";
        let before = filter.before.map_or(i64::MAX, position);
        match &filter.task {
            None => {
                let sql = query(EVENT, "WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2");
                self.rows(DOING, &sql, params![before, filter.limit], rows::event)
            }
            Some(task) => {
                let sql = query(
                    EVENT,
                    "WHERE task = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3",
                );
                let parameters = params![task.to_string(), before, filter.limit];
                self.rows(DOING, &sql, parameters, rows::event)
            }
        }
    }

    fn last(&self) -> PortResult<Seq> {
        let sql = "SELECT coalesce(max(seq), 0) FROM events";
        let last = self.row("cannot read events of", sql, [], |row| number(row, 0))?;
        Ok(Seq(last.unwrap_or(0)))
    }

    fn checkpoint(&self) -> PortResult<Option<(Seq, State)>> {
        checkpoint::read(self, Depth::All)
    }

    fn checkpoint_about(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        checkpoint::read(self, Depth::About(tasks))
    }

    fn checkpoint_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        checkpoint::read(self, Depth::Of(tasks))
    }

    fn checkpoint_at(&self) -> PortResult<Seq> {
        let sql = "SELECT seq FROM checkpoint WHERE version = ?1";
        let version = rows::STATE_VERSION;
        let at = self.row("cannot read the checkpoint of", sql, [version], |row| {
            number(row, 0)
        })?;
        Ok(Seq(at.unwrap_or(0)))
    }

    fn put_checkpoint(&mut self, _now: Time, state: &mut State) -> PortResult<()> {
        checkpoint::write(self, state)
    }

    fn decided_to(&self) -> PortResult<Seq> {
        let sql = "SELECT decided_to FROM cursor";
        let to = self.row("cannot read the cursor of", sql, [], |row| number(row, 0))?;
        Ok(Seq(to.unwrap_or(0)))
    }

    fn open_commands(&self) -> PortResult<Vec<OpenCommand>> {
        let sql = "SELECT id, command FROM commands ORDER BY id";
        self.rows("cannot read the journal of", sql, [], rows::command)
    }

    fn index_version(&self) -> PortResult<Option<u64>> {
        let sql = "SELECT value FROM settings WHERE key = ?1";
        let version = self.row(
            "cannot read the index of",
            sql,
            [write::INDEX_VERSION],
            |row| row.get::<_, String>(0),
        )?;
        Ok(Some(version.map_or(0, |text| text.parse().unwrap_or(0))))
    }

    fn highest(&self, prefix: &str) -> PortResult<u32> {
        // Kept with each row that is written to the index.
        let sql = "SELECT last FROM numbers WHERE prefix = ?1";
        let last = self.row("cannot read the numbers of", sql, [prefix], |row| {
            row.get(0)
        })?;
        Ok(last.unwrap_or(0))
    }

    fn index(&self) -> PortResult<BTreeMap<String, IndexedFile>> {
        let files = self.rows("cannot read the index of", FILE, [], rows::file)?;
        Ok(files
            .into_iter()
            .map(|file| (file.path.clone(), file))
            .collect())
    }

    fn each_row(&self, with: &mut dyn FnMut(BoardRow)) -> PortResult<()> {
        self.each("cannot read the index of", rows::BOARD, |row| {
            with(rows::board(row)?);
            Ok(())
        })
    }

    fn each_listed(&self, whole: bool, reader: &mut dyn ListReader) -> PortResult<()> {
        let sql = query(rows::BOARD, "ORDER BY path");
        let mut needs = Vec::new();
        self.each("cannot read the index of", &sql, |row| {
            rows::listed(row, whole, &mut needs, reader)
        })
    }

    fn done_when(&self, with: &mut dyn FnMut(TaskId, Time)) -> PortResult<()> {
        let sql = "SELECT task, done FROM progress WHERE done IS NOT NULL";
        self.each("cannot read the checkpoint of", sql, |row| {
            with(rows::task(row)?, Time(row.get(1)?));
            Ok(())
        })
    }

    fn progress_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<BTreeMap<TaskId, Progress>> {
        let sql = "SELECT task, told FROM progress WHERE task = ?1";
        let found = self.at_once(tasks, sql, checkpoint::known)?;
        Ok(found.into_iter().flatten().collect())
    }

    fn known_files(&self) -> PortResult<KnownFiles> {
        let mut known = KnownFiles::new();
        self.each("cannot read the index of", rows::KNOWN, |row| {
            let (path, file) = rows::known(row)?;
            known.insert(path, file);
            Ok(())
        })?;
        Ok(known)
    }

    fn changed_since(&self, version: u64) -> PortResult<Option<BTreeSet<TaskId>>> {
        let tasks: Vec<TaskId> = self.rows(
            "cannot read the index of",
            CHANGED,
            [version.cast_signed()],
            rows::task,
        )?;
        Ok(Some(tasks.into_iter().collect()))
    }

    fn index_at(&self, path: &str) -> PortResult<Option<IndexedFile>> {
        let sql = query(FILE, "WHERE path = ?1");
        self.row("cannot read the index of", &sql, [path], rows::file)
    }

    fn index_in(&self, status: Status) -> PortResult<Vec<BoardRow>> {
        let sql = query(rows::BOARD, "WHERE path >= ?1 AND path < ?2 ORDER BY path");
        self.rows(
            "cannot read the index of",
            &sql,
            folder(status),
            rows::board,
        )
    }

    fn index_in_turn(
        &self,
        after: Option<i64>,
        limit: u32,
        wanted: &dyn Fn(&TaskId) -> bool,
    ) -> PortResult<Vec<(i64, IndexedFile)>> {
        // The index of turns has the paths, and their names the ids: no row is read of what is not wanted.
        let sql =
            "SELECT turn, path FROM files INDEXED BY files_in_turn WHERE turn > ?1 ORDER BY turn";
        let read = || {
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let mut turns = self.connection.prepare_cached(sql)?;
            let mut row_at = self
                .connection
                .prepare_cached(&query(FILE, "WHERE path = ?1"))?;
            let mut rows = turns.query([after.unwrap_or(-1)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let path = rows::path(row, 1)?;
                if !rows::task_in_path(path).is_some_and(|task| wanted(&task)) {
                    continue;
                }
                found.push((row.get(0)?, row_at.query_row([path], rows::file)?));
                if found.len() == limit {
                    break;
                }
            }
            Ok(found)
        };
        read().map_err(|e: rusqlite::Error| self.failed("cannot read the index of", &e))
    }

    fn index_counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        let sql = "SELECT count(*) FROM files INDEXED BY files_by_place
            WHERE task IS NOT NULL AND path >= ?1 AND path < ?2";
        let count = |status| {
            let found = self.row("cannot read the index of", sql, folder(status), |row| {
                row.get(0)
            })?;
            Ok((status, found.unwrap_or(0)))
        };
        Status::ALL.into_iter().map(count).collect()
    }

    fn index_problems(&self) -> PortResult<Vec<IndexedFile>> {
        let sql = query(FILE, "WHERE problem IS NOT NULL ORDER BY path");
        self.rows("cannot read the index of", &sql, [], rows::file)
    }

    fn index_of(&self, task: &TaskId) -> PortResult<Vec<IndexedFile>> {
        let sql = query(FILE, "WHERE task = ?1 ORDER BY path");
        self.rows(
            "cannot read the index of",
            &sql,
            [task.to_string()],
            rows::file,
        )
    }

    fn index_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<BoardRow>> {
        let sql = query(rows::BOARD, "WHERE task = ?1 ORDER BY path");
        self.at_once(tasks, &sql, rows::board)
    }

    fn each_need(
        &self,
        with: &mut dyn FnMut(&str, &mut dyn Iterator<Item = &str>),
    ) -> PortResult<()> {
        // All paths but those in done.
        let sql = "SELECT task, card FROM files WHERE path < 'done/' AND card IS NOT NULL
            UNION ALL SELECT task, card FROM files WHERE path >= 'done0' AND card IS NOT NULL";
        self.each("cannot read the index of", sql, |row| {
            let (task, card) = rows::task_and_card(row)?;
            let mut needs = card::needs(card).peekable();
            if needs.peek().is_some() {
                with(task, &mut needs);
            }
            Ok(())
        })
    }

    fn is_named(&self, agent: &AgentName) -> PortResult<bool> {
        let sql = "SELECT 1 FROM files WHERE instr(card, ?1) > 0 LIMIT 1";
        let line = card::line_of(agent);
        let found = self.row("cannot read the index of", sql, [line], |_| Ok(()))?;
        Ok(found.is_some())
    }

    fn places_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<(TaskId, String)>> {
        // The index of tasks has all paths: no row is read for it. Almost never a file has a problem.
        let bad = "SELECT path FROM files INDEXED BY files_with_problem WHERE problem IS NOT NULL";
        let bad: BTreeSet<String> = self
            .rows("cannot read the index of", bad, [], |row| row.get(0))?
            .into_iter()
            .collect();
        let sql = "SELECT task, path FROM files WHERE task = ?1 ORDER BY path";
        let mut places = self.at_once(tasks, sql, |row| Ok((rows::task(row)?, row.get(1)?)))?;
        places.retain(|(_, path)| !bad.contains(path));
        Ok(places)
    }

    fn intend(&mut self, intent: &Intent) -> PortResult<u64> {
        write::intend(self, None, intent)
    }

    fn intend_with(&mut self, now: Time, commit: Commit, intent: &Intent) -> PortResult<u64> {
        write::intend(self, Some((now, commit)), intent)
    }

    fn open_intents(&self) -> PortResult<Vec<Intent>> {
        let sql = query(INTENT, "ORDER BY id");
        self.rows("cannot read the intents of", &sql, [], rows::intent)
    }

    fn drop_intent(&mut self, id: u64) -> PortResult<()> {
        write::drop_intent(self, id)
    }

    fn next_number(&mut self, prefix: &str, seen: u32) -> PortResult<u32> {
        write::next_number(self, prefix, seen)
    }

    fn setting(&self, key: &str) -> PortResult<Option<String>> {
        let sql = "SELECT value FROM settings WHERE key = ?1";
        self.row("cannot read a setting of", sql, [key], |row| row.get(0))
    }

    fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()> {
        write::set_setting(self, key, value)
    }

    fn note(&mut self, key: &str, value: &str) -> PortResult<()> {
        write::note(self, key, value)
    }
}

/// Tasks whose files changed since a version. Each once would be told in order, and for the order SQLite goes through all files by their
/// tasks; so some are told twice.
const CHANGED: &str = "SELECT task FROM files WHERE version > ?1 AND task IS NOT NULL
    UNION ALL SELECT task FROM removed WHERE version > ?1";

/// The range of paths in a folder: the character after the slash ends it.
fn folder(status: Status) -> [String; 2] {
    let folder = status.folder();
    [format!("{folder}/"), format!("{folder}0")]
}

/// A query: which columns, then which rows.
fn query(head: &str, tail: &str) -> String {
    format!("{head} {tail}")
}
