//! The checkpoint: what followed from all events up to one. What it knows of each task is a row of its own, so that a question about
//! a few tasks reads a few rows, and a new checkpoint writes only those that changed.

use super::{
    SqliteLog,
    rows::{STATE_VERSION, number, position, text},
    write::{Durable, Refusal, transact},
};
use orchestron_domain::{
    Seq, State, Status, TaskId,
    state::{Progress, Step},
};
use orchestron_engine::ports::PortResult;
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// Hashes of the rows of the newest checkpoint, when this connection wrote it: at which position, and by task.
pub(super) type Written = Option<(Seq, BTreeMap<TaskId, u64>)>;

const DOING: &str = "cannot read the checkpoint of";

/// How much of a checkpoint is read. What later events are about always is.
#[derive(Clone, Copy)]
pub(super) enum Depth<'a> {
    /// All tasks.
    All,
    /// These, and the lively ones.
    About(&'a BTreeSet<TaskId>),
    /// These.
    Of(&'a BTreeSet<TaskId>),
}

/// Reads the newest checkpoint. One that this version cannot read is as good as none: the state is built from the events instead.
pub(super) fn read(log: &SqliteLog, depth: Depth<'_>) -> PortResult<Option<(Seq, State)>> {
    let read = || {
        // All from one moment: an engine may write the next one meanwhile.
        let moment = log.connection.unchecked_transaction()?;
        let found = read_in(&moment, depth)?;
        moment.finish()?;
        Ok(found)
    };
    read().map_err(|e: rusqlite::Error| log.failed(DOING, &e))
}

fn read_in(moment: &Connection, depth: Depth<'_>) -> rusqlite::Result<Option<(Seq, State)>> {
    let base = moment
        .prepare_cached("SELECT seq, state FROM checkpoint WHERE version = ?1")?
        .query_row([STATE_VERSION], |row| {
            Ok((Seq(number(row, 0)?), row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((seq, mut state)) =
        base.and_then(|(seq, state)| Some((seq, serde_json::from_str::<State>(&state).ok()?)))
    else {
        return Ok(None);
    };
    let mut readable = true;
    let mut found: Vec<(TaskId, Progress)> = Vec::new();
    let mut add = |row: &Row<'_>| {
        match known(row)? {
            Some(one) => found.push(one),
            None => readable = false,
        }
        Ok(())
    };
    let tasks = match depth {
        Depth::All => {
            each(moment, "SELECT task, told FROM progress", [], &mut add)?;
            // Made in one piece, a map has no empty places; put in one after the other, thousands of tasks leave half of it empty.
            state.tasks = found.into_iter().collect();
            return Ok(readable.then_some((seq, state)));
        }
        Depth::About(tasks) => {
            let lively = "SELECT task, told FROM progress WHERE lively = 1";
            each(moment, lively, [], &mut add)?;
            tasks
        }
        Depth::Of(tasks) => tasks,
    };
    each(
        moment,
        "SELECT task, told FROM progress WHERE task IN (SELECT task FROM events WHERE seq > ?1 AND task IS NOT NULL)",
        [position(seq)],
        &mut add,
    )?;
    for task in tasks {
        each(
            moment,
            "SELECT task, told FROM progress WHERE task = ?1",
            [task.to_string()],
            &mut add,
        )?;
    }
    state.tasks = found.into_iter().collect();
    Ok(readable.then_some((seq, state)))
}

fn each(
    moment: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    with: &mut dyn FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = moment.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        with(row)?;
    }
    Ok(())
}

pub(super) fn known(row: &Row<'_>) -> rusqlite::Result<Option<(TaskId, Progress)>> {
    let task = row.get_ref(0)?.as_str().ok();
    let told = row.get_ref(1)?.as_str().ok();
    let parsed = task.and_then(|task| task.parse().ok());
    let told = told.and_then(|told| serde_json::from_str(told).ok());
    Ok(parsed.zip(told))
}

/// Writes a checkpoint; the state is the same afterwards.
pub(super) fn write(log: &mut SqliteLog, state: &mut State) -> PortResult<()> {
    let mut written = log.written.take();
    let tasks = std::mem::take(&mut state.tasks);
    let base = text(state);
    let seq = state.seq;
    let outcome = transact(log, "cannot write to", Durable::Later, |tx| {
        put(tx, seq, &base?, &tasks, &mut written)
    });
    state.tasks = tasks;
    outcome?;
    log.written = written;
    Ok(())
}

/// Writes it as part of a transaction.
pub(super) fn put(
    tx: &Transaction<'_>,
    seq: Seq,
    base: &str,
    tasks: &BTreeMap<TaskId, Progress>,
    written: &mut Written,
) -> Result<(), Refusal> {
    let newest: Option<u64> = tx
        .prepare_cached("SELECT seq FROM checkpoint")?
        .query_row([], |row| number(row, 0))
        .optional()?;
    // Somebody else's rows are not known here.
    let own = written.take().filter(|(at, _)| Some(at.0) == newest);
    let mut hashes = match own {
        Some((_, hashes)) => hashes,
        None => {
            tx.execute("DELETE FROM progress", [])?;
            BTreeMap::new()
        }
    };
    tx.prepare_cached(
        "INSERT OR REPLACE INTO checkpoint (only, seq, version, state) VALUES (1, ?1, ?2, ?3)",
    )?
    .execute(params![position(seq), STATE_VERSION, base])?;
    for (task, progress) in tasks {
        let told = text(progress)?;
        let mut hasher = DefaultHasher::new();
        told.hash(&mut hasher);
        let hash = hasher.finish();
        if hashes.get(task) == Some(&hash) {
            continue;
        }
        tx.prepare_cached(
            "INSERT OR REPLACE INTO progress (task, lively, done, told) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            task.to_string(),
            is_lively(progress),
            (progress.status == Status::Done).then_some(progress.moved.0),
            told
        ])?;
        hashes.insert(task.clone(), hash);
    }
    let gone: Vec<TaskId> = hashes
        .keys()
        .filter(|task| !tasks.contains_key(*task))
        .cloned()
        .collect();
    for task in gone {
        tx.prepare_cached("DELETE FROM progress WHERE task = ?1")?
            .execute([task.to_string()])?;
        hashes.remove(&task);
    }
    *written = Some((seq, hashes));
    Ok(())
}

/// Whether something is under way with a task, or it has begun and is not over.
fn is_lively(progress: &Progress) -> bool {
    // That time went on for it says nothing of it: every event about a task does that.
    let untouched = || {
        let fresh = Progress::new(progress.status, progress.moved);
        *progress
            == Progress {
                went_on: progress.went_on,
                ..fresh
            }
    };
    progress.step != Step::Idle || (!progress.status.is_over() && !untouched())
}
