//! Rows of the tables and the values they stand for.

use orchestron_domain::{
    Actor, Event, Fact, RunId, Seq, TaskId, Time, task_file::id_from_file_name,
};
use orchestron_engine::ports::{IndexedFile, Intent, KnownFile, OpenCommand, Problem, Stamp};
use rusqlite::{Error, Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};

/// Columns of an event.
pub(super) const EVENT: &str = "SELECT seq, at, by, fact FROM events";
/// Columns of an index row.
pub(super) const FILE: &str =
    "SELECT path, ino, mtime_ns, ctime_ns, size, hash, card, problem FROM files";
/// Columns that tell whether a file changed.
pub(super) const KNOWN: &str =
    "SELECT path, ino, mtime_ns, ctime_ns, size, hash, problem FROM files";
/// Columns of an intent.
pub(super) const INTENT: &str = "SELECT id, task, source, target, hash, facts, closes FROM intents";
/// A checkpoint is read by the version that wrote it and by no other: a field that another version does not know would be lost.
pub(super) const STATE_VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        seq: Seq(number(row, 0)?),
        at: Time(row.get(1)?),
        by: json(row, 2)?,
        fact: json(row, 3)?,
    })
}

pub(super) fn command(row: &Row<'_>) -> rusqlite::Result<OpenCommand> {
    Ok(OpenCommand {
        id: number(row, 0)?,
        command: json(row, 1)?,
    })
}

pub(super) fn intent(row: &Row<'_>) -> rusqlite::Result<Intent> {
    let task: String = row.get(1)?;
    Ok(Intent {
        id: number(row, 0)?,
        task: task.parse().map_err(|e| unreadable(1, e))?,
        from: row.get(2)?,
        to: row.get(3)?,
        hash: row.get(4)?,
        facts: json::<Vec<(Actor, Fact)>>(row, 5)?,
        closes: json(row, 6)?,
    })
}

pub(super) fn file(row: &Row<'_>) -> rusqlite::Result<IndexedFile> {
    Ok(IndexedFile {
        path: row.get(0)?,
        stamp: Stamp {
            ino: number(row, 1)?,
            mtime_ns: row.get(2)?,
            ctime_ns: row.get(3)?,
            size: number(row, 4)?,
        },
        hash: row.get(5)?,
        card: optional_json(row, 6)?,
        problem: optional_json(row, 7)?,
    })
}

pub(super) fn known(row: &Row<'_>) -> rusqlite::Result<(String, KnownFile)> {
    let file = KnownFile {
        stamp: Stamp {
            ino: number(row, 1)?,
            mtime_ns: row.get(2)?,
            ctime_ns: row.get(3)?,
            size: number(row, 4)?,
        },
        hash: row.get(5)?,
        problem: optional_json::<Problem>(row, 6)?.map(Box::new),
    };
    Ok((row.get(0)?, file))
}

pub(super) fn task(row: &Row<'_>) -> rusqlite::Result<TaskId> {
    let task = row.get_ref(0)?.as_str().map_err(|e| unreadable(0, e))?;
    task.parse().map_err(|e| unreadable(0, e))
}

/// An unsigned number; SQLite's are signed, so the largest ones are stored as negative ones.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

/// A position as SQLite compares it; no log is ever longer.
pub(super) fn position(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text = row
        .get_ref(column)?
        .as_str()
        .map_err(|e| unreadable(column, e))?;
    serde_json::from_str(text).map_err(|e| unreadable(column, e))
}

fn optional_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text = row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(|e| unreadable(column, e))?;
    text.map(|text| serde_json::from_str(text).map_err(|e| unreadable(column, e)))
        .transpose()
}

fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

/// A value as the text of a column.
pub(super) fn text<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))
}

/// The kind of a fact, from its own text: the tag comes first.
pub(super) fn kind_in(fact: &str) -> &str {
    fact.strip_prefix("{\"type\":\"")
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default()
}

/// The task a run belongs to: its id begins with it.
pub(super) fn task_of_run(run: &RunId) -> Option<TaskId> {
    let mut parts = run.as_str().splitn(3, '-');
    let (prefix, number) = (parts.next()?, parts.next()?);
    format!("{prefix}-{number}").parse().ok()
}

/// The task an index row is about: what its card says, else what the file's name claims, so that a file with a problem
/// is found under the id it disputes.
pub(super) fn task_of_file(file: &IndexedFile) -> Option<TaskId> {
    if let Some(card) = &file.card {
        return Some(card.id.clone());
    }
    id_from_file_name(file.path.rsplit('/').next()?)
}
