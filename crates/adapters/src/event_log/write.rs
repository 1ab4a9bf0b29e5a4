//! Everything that writes: one transaction per call.

use super::{
    SqliteLog, card, checkpoint,
    open::{self, WAL_PAGES},
    rows::{kind_in, number, position, task_of_file, task_of_run, text},
};
use crate::failure::failure;
use orchestron_domain::{Actor, Command, Event, Fact, RequestId, Seq, TaskId, Time};
use orchestron_engine::ports::{
    Commit, Committed, IndexedFile, Intent, OpenCommand, PortError, PortErrorKind, PortResult,
};
use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;

/// The setting that counts the commits that changed the index.
pub(super) const INDEX_VERSION: &str = "index-version";
/// The setting with the fence of the newest engine.
pub(super) const FENCE: &str = "engine-fence";
/// After so many pages in the WAL even an engine moves them into the database in the middle of its work. Before, it does so when it has
/// nothing else to do: two syncs and some dozens of pages are what a hand-over would wait for.
const ENGINE_WAL_PAGES: u32 = 4 * WAL_PAGES;
/// So many transactions of an engine make about as many pages as other writers leave in the WAL.
const TIDY_AFTER: u32 = 40;
/// The largest task number there is.
const MAX_NUMBER: u32 = 999_999_999;

/// Why a transaction was given up.
pub(super) enum Refusal {
    /// SQLite said so.
    Sqlite(rusqlite::Error),
    /// What it builds on is not there any more: somebody else was first.
    Changed(String),
    /// The file was moved or deleted while it was open: nobody would ever read what is written to it.
    Moved,
    /// A newer engine has taken over.
    Overtaken(u64),
    /// There is no larger number.
    NoNumber,
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// What a transaction must be when it returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durable {
    /// On the disk.
    Now,
    /// On the disk with the next one that is.
    Later,
}

pub(super) fn transact<T>(
    log: &mut SqliteLog,
    doing: &'static str,
    durable: Durable,
    body: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>,
) -> PortResult<T> {
    let outcome = run(log, durable, body);
    outcome.map_err(|refusal| match refusal {
        Refusal::Sqlite(error) => log.failed(doing, &error),
        Refusal::Changed(said) => changed(doing, log, said),
        Refusal::Moved => failure(
            PortErrorKind::Missing,
            doing,
            log.path.display(),
            "the database was moved away, deleted or replaced while it was open",
            "Start orchestron again; it begins a new log from the task files.",
        ),
        Refusal::Overtaken(newest) => failure(
            PortErrorKind::Overtaken,
            doing,
            log.path.display(),
            format!("a newer engine (number {newest}) has taken this project over; nothing was written"),
            "Nothing has to be done: the newer one goes on. (The lock file of this one was deleted or replaced while it ran.)",
        ),
        Refusal::NoNumber => failure(
            PortErrorKind::NoRoom,
            doing,
            log.path.display(),
            "all numbers of this prefix are used",
            "Choose another `task_prefix` in .mcp/config.yaml.",
        ),
    })
}

fn run<T>(
    log: &mut SqliteLog,
    durable: Durable,
    body: impl FnOnce(&Transaction<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let full = durable == Durable::Now;
    if log.full != full {
        log.connection
            .pragma_update(None, "synchronous", if full { "FULL" } else { "NORMAL" })?;
        log.full = full;
    }
    let transaction = log
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)?;
    if open::identity(&log.path) != log.identity {
        return Err(Refusal::Moved);
    }
    if let Some(fence) = log.fence {
        let newest = newest_fence(&transaction)?;
        if newest != fence {
            return Err(Refusal::Overtaken(newest));
        }
    }
    let outcome = body(&transaction)?;
    transaction.commit()?;
    log.untidied = log.untidied.saturating_add(1);
    Ok(outcome)
}

fn changed(doing: &'static str, log: &SqliteLog, said: String) -> PortError {
    failure(
        PortErrorKind::Changed,
        doing,
        log.path.display(),
        said,
        "Read the log again and decide anew; nothing was written.",
    )
}

/// Whether a commit cannot be had again when it is lost: see the module's notes. What completes an intent can: the intent is on the
/// disk and has all of it.
fn durable(commit: &Commit) -> Durable {
    if commit.close_intent.is_some() {
        return Durable::Later;
    }
    let said_by_people = |(by, fact): &(Actor, Fact)| {
        matches!(by, Actor::Person | Actor::Outside { .. })
            || matches!(fact, Fact::RequestDecided { .. })
    };
    if commit.facts.iter().any(said_by_people) {
        Durable::Now
    } else {
        Durable::Later
    }
}

pub(super) fn commit(log: &mut SqliteLog, now: Time, commit: Commit) -> PortResult<Committed> {
    if commit == Commit::default() {
        return Ok(Committed::default());
    }
    let durable = durable(&commit);
    transact(log, "cannot write to", durable, |tx| {
        write_all(tx, now, commit)
    })
}

fn write_all(tx: &Transaction<'_>, now: Time, commit: Commit) -> Result<Committed, Refusal> {
    for id in commit.close_commands {
        if tx
            .prepare_cached("DELETE FROM commands WHERE id = ?1")?
            .execute([id.cast_signed()])?
            == 0
        {
            return Err(Refusal::Changed(format!(
                "command {id} has its outcome already"
            )));
        }
    }
    if let Some(id) = commit.close_intent
        && !remove_intent(tx, id)?
    {
        return Err(Refusal::Changed(format!(
            "intent {id} is completed already"
        )));
    }
    write_index(tx, &commit.index_put, &commit.index_remove)?;
    if let Some((key, value)) = &commit.note {
        put(tx, key, value)?;
    }
    let events = append(tx, now, commit.facts)?;
    let commands = match commit.decided {
        Some((to, commands)) => decide(tx, to, commands)?,
        None => Vec::new(),
    };
    if let Some((seq, mut state)) = commit.checkpoint {
        let tasks = std::mem::take(&mut state.tasks);
        checkpoint::put(tx, seq, &text(&state)?, &tasks, &mut None)?;
    }
    Ok(Committed { events, commands })
}

fn append(
    tx: &Transaction<'_>,
    now: Time,
    facts: Vec<(Actor, Fact)>,
) -> Result<Vec<Event>, Refusal> {
    let mut events = Vec::with_capacity(facts.len());
    if facts.is_empty() {
        return Ok(events);
    }
    let mut seq = tx
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM events")?
        .query_row([], |row| number(row, 0))?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO events (seq, at, kind, task, run, by, fact) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (by, fact) in facts {
        seq += 1;
        let said = text(&fact)?;
        let task = task_of(tx, &by, &fact)?.map(|task| task.to_string());
        let run = fact.run().map(|run| run.as_str());
        insert.execute(params![
            position(Seq(seq)),
            now.0,
            kind_in(&said),
            task,
            run,
            text(&by)?,
            said
        ])?;
        events.push(Event {
            seq: Seq(seq),
            at: now,
            by,
            fact,
        });
    }
    Ok(events)
}

/// The task a fact is about: named by itself, by its run, by the request it answers, or by the run that said it.
fn task_of(tx: &Transaction<'_>, by: &Actor, fact: &Fact) -> rusqlite::Result<Option<TaskId>> {
    if let Some(task) = fact.task() {
        return Ok(Some(task.clone()));
    }
    if let Some(run) = fact.run() {
        return Ok(task_of_run(run));
    }
    match (fact, by) {
        (
            Fact::RequestDecided { request, .. }
            | Fact::RequestWithdrawn { request, .. }
            | Fact::RequestLapsed { request },
            _,
        ) => task_of_request(tx, *request),
        (Fact::CommandFailed { command, .. }, _) => Ok(task_of_command(command)),
        (_, Actor::Run { run }) => Ok(task_of_run(run)),
        _ => Ok(None),
    }
}

fn task_of_request(tx: &Transaction<'_>, request: RequestId) -> rusqlite::Result<Option<TaskId>> {
    let task: Option<Option<String>> = tx
        .prepare_cached("SELECT task FROM events WHERE seq = ?1")?
        .query_row([position(Seq(request.0))], |row| row.get(0))
        .optional()?;
    Ok(task.flatten().and_then(|task| task.parse().ok()))
}

fn task_of_command(command: &Command) -> Option<TaskId> {
    match command {
        Command::Say { run, .. }
        | Command::AnswerTool { run, .. }
        | Command::HaltRun { run, .. } => task_of_run(run),
        other => other.task().cloned(),
    }
}

/// Writes rows of the index, with the version that begins with them, so that others can tell which tasks it changed.
fn write_index(
    tx: &Transaction<'_>,
    put: &[IndexedFile],
    remove: &[String],
) -> Result<(), Refusal> {
    if put.is_empty() && remove.is_empty() {
        return Ok(());
    }
    let version: String = tx
        .prepare_cached(
            "INSERT INTO settings (key, value) VALUES (?1, '1')
             ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING value",
        )?
        .query_row([INDEX_VERSION], |row| row.get(0))?;
    let version: i64 = version.parse().unwrap_or(0);
    for path in remove {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO removed (task, version) SELECT task, ?2 FROM files WHERE path = ?1 AND task IS NOT NULL",
        )?
        .execute(params![path, version])?;
        tx.prepare_cached("DELETE FROM files WHERE path = ?1")?
            .execute([path])?;
    }
    for file in put {
        put_file(tx, file, version)?;
    }
    keep_numbers(tx, put)
}

fn put_file(tx: &Transaction<'_>, file: &IndexedFile, version: i64) -> Result<(), Refusal> {
    let stamp = &file.stamp;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO files (path, task, ino, mtime_ns, ctime_ns, size, hash, card, problem, version, turn)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        file.path,
        task_of_file(file).map(|task| task.to_string()),
        stamp.ino.cast_signed(),
        stamp.mtime_ns,
        stamp.ctime_ns,
        stamp.size.cast_signed(),
        file.hash,
        file.card.as_ref().map(card::write),
        file.problem.as_ref().map(text).transpose()?,
        version,
        file.turn(),
    ])?;
    Ok(())
}

/// A number that was once seen in the index is never given again.
fn keep_numbers(tx: &Transaction<'_>, files: &[IndexedFile]) -> Result<(), Refusal> {
    let mut highest: BTreeMap<String, u32> = BTreeMap::new();
    for task in files.iter().filter_map(task_of_file) {
        let seen = highest.entry(task.prefix().to_owned()).or_default();
        *seen = task.number().max(*seen);
    }
    for (prefix, number) in highest {
        tx.prepare_cached(
            "INSERT INTO numbers (prefix, last) VALUES (?1, ?2)
             ON CONFLICT (prefix) DO UPDATE SET last = ?2 WHERE last < ?2",
        )?
        .execute(params![prefix, number])?;
    }
    Ok(())
}

/// Moves the cursor and journals what was decided. The cursor never goes back: who would do that decided from an old log.
fn decide(
    tx: &Transaction<'_>,
    to: Seq,
    commands: Vec<Command>,
) -> Result<Vec<OpenCommand>, Refusal> {
    let moved = tx
        .prepare_cached(
            "INSERT INTO cursor (only, decided_to) VALUES (1, ?1)
             ON CONFLICT (only) DO UPDATE SET decided_to = ?1 WHERE decided_to <= ?1",
        )?
        .execute([position(to)])?;
    if moved == 0 {
        return Err(Refusal::Changed(format!(
            "an engine has decided beyond event {} already",
            to.0
        )));
    }
    let mut insert = tx.prepare_cached("INSERT INTO commands (command) VALUES (?1)")?;
    let mut journaled = Vec::with_capacity(commands.len());
    for command in commands {
        insert.execute([text(&command)?])?;
        journaled.push(OpenCommand {
            id: tx.last_insert_rowid().cast_unsigned(),
            command,
        });
    }
    Ok(journaled)
}

pub(super) fn intend(
    log: &mut SqliteLog,
    before: Option<(Time, Commit)>,
    intent: &Intent,
) -> PortResult<u64> {
    transact(log, "cannot write an intent to", Durable::Now, |tx| {
        if let Some((now, commit)) = before {
            write_all(tx, now, commit)?;
        }
        tx.prepare_cached(
            "INSERT INTO intents (task, source, target, hash, facts, closes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            intent.task.to_string(),
            intent.from,
            intent.to,
            intent.hash,
            text(&intent.facts)?,
            text(&intent.closes)?,
        ])?;
        Ok(tx.last_insert_rowid().cast_unsigned())
    })
}

pub(super) fn drop_intent(log: &mut SqliteLog, id: u64) -> PortResult<()> {
    transact(log, "cannot drop an intent of", Durable::Later, |tx| {
        remove_intent(tx, id)?;
        Ok(())
    })
}

fn remove_intent(tx: &Transaction<'_>, id: u64) -> rusqlite::Result<bool> {
    let removed = tx
        .prepare_cached("DELETE FROM intents WHERE id = ?1")?
        .execute([id.cast_signed()])?;
    Ok(removed > 0)
}

pub(super) fn next_number(log: &mut SqliteLog, prefix: &str, seen: u32) -> PortResult<u32> {
    // On the disk with the commit that tells of what has the number; until then the file's own name keeps it from being given again.
    transact(log, "cannot take a number from", Durable::Later, |tx| {
        let last: Option<u32> = tx
            .prepare_cached("SELECT last FROM numbers WHERE prefix = ?1")?
            .query_row([prefix], |row| row.get(0))
            .optional()?;
        let next = last.unwrap_or(0).max(seen).checked_add(1);
        let Some(next) = next.filter(|next| *next <= MAX_NUMBER) else {
            return Err(Refusal::NoNumber);
        };
        tx.prepare_cached(
            "INSERT INTO numbers (prefix, last) VALUES (?1, ?2) ON CONFLICT (prefix) DO UPDATE SET last = ?2",
        )?
        .execute(params![prefix, next])?;
        Ok(next)
    })
}

fn newest_fence(tx: &Transaction<'_>) -> rusqlite::Result<u64> {
    let text: Option<String> = tx
        .prepare_cached("SELECT value FROM settings WHERE key = ?1")?
        .query_row([FENCE], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Later is durable enough: whoever wrote under an older fence is dead after a power cut as well.
pub(super) fn take_fence(log: &mut SqliteLog, at_least: u64) -> PortResult<u64> {
    log.fence = None;
    let fence = transact(log, "cannot take over", Durable::Later, |tx| {
        let fence = newest_fence(tx)?.saturating_add(1).max(at_least);
        tx.prepare_cached(
            "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
        )?
        .execute([FENCE, &fence.to_string()])?;
        Ok(fence)
    })?;
    log.fence = Some(fence);
    log.connection
        .pragma_update(None, "wal_autocheckpoint", ENGINE_WAL_PAGES)
        .map_err(|error| log.failed("cannot prepare", &error))?;
    Ok(fence)
}

/// Moves the WAL into the database when it may have become long. Readers and writers are not waited for: what they hold stays in the WAL.
pub(super) fn tidy(log: &mut SqliteLog) -> PortResult<()> {
    if log.untidied < TIDY_AFTER {
        return Ok(());
    }
    log.untidied = 0;
    log.connection
        .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
        .map_err(|error| log.failed("cannot tidy", &error))
}

pub(super) fn set_setting(log: &mut SqliteLog, key: &str, value: &str) -> PortResult<()> {
    put_setting(log, Durable::Now, key, value)
}

pub(super) fn note(log: &mut SqliteLog, key: &str, value: &str) -> PortResult<()> {
    put_setting(log, Durable::Later, key, value)
}

fn put_setting(log: &mut SqliteLog, durable: Durable, key: &str, value: &str) -> PortResult<()> {
    transact(log, "cannot write a setting to", durable, |tx| {
        Ok(put(tx, key, value)?)
    })
}

fn put(tx: &Transaction<'_>, key: &str, value: &str) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2",
    )?
    .execute([key, value])
    .map(drop)
}
