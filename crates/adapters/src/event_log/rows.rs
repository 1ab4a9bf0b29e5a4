//! Rows of the tables and the values they stand for.

use super::card;
use orchestron_domain::{
    Actor, Event, Fact, RunId, Seq, TaskCard, TaskId, Time, task_file::id_from_file_name,
};
use orchestron_engine::ports::{
    BoardRow, Head, IndexedFile, Intent, KnownFile, ListReader, OpenCommand, Problem, Stamp,
};
use rusqlite::{Error, Row, types::Type};
use serde::{Serialize, de::DeserializeOwned};
use std::io;

/// Columns of an event.
pub(super) const EVENT: &str = "SELECT seq, at, by, fact FROM events";
/// Columns of an index row.
pub(super) const FILE: &str =
    "SELECT path, task, card, problem, ino, mtime_ns, ctime_ns, size, hash FROM files";
/// Columns of what the board shows of an index row.
pub(super) const BOARD: &str = "SELECT path, task, card, problem FROM files";
/// Columns that tell whether a file changed.
pub(super) const KNOWN: &str =
    "SELECT path, ino, mtime_ns, ctime_ns, size, hash, problem FROM files";
/// Columns of an intent.
pub(super) const INTENT: &str = "SELECT id, task, source, target, hash, facts, closes FROM intents";
/// What is said of a column that holds something else.
const NO_CARD: &str = "this is no card";
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
    let BoardRow {
        path,
        card,
        problem,
    } = board(row)?;
    Ok(IndexedFile {
        path,
        stamp: Stamp {
            ino: number(row, 4)?,
            mtime_ns: row.get(5)?,
            ctime_ns: row.get(6)?,
            size: number(row, 7)?,
        },
        hash: row.get(8)?,
        card,
        problem,
    })
}

pub(super) fn board(row: &Row<'_>) -> rusqlite::Result<BoardRow> {
    Ok(BoardRow {
        path: row.get(0)?,
        card: card_in(row, true)?,
        problem: optional_json(row, 3)?,
    })
}

/// Tells the reader of a list as much of a row with [`BOARD`]'s columns as it wants. `needs` is a place to put ids.
pub(super) fn listed(
    row: &Row<'_>,
    whole: bool,
    needs: &mut Vec<TaskId>,
    reader: &mut dyn ListReader,
) -> rusqlite::Result<()> {
    let text = |column| {
        let found = row.get_ref(column)?.as_str_or_null();
        found.map_err(|e| unreadable(column, e))
    };
    if let (Some(card), None) = (text(2)?, text(3)?) {
        let begins = card::start(card).ok_or_else(no_card)?;
        needs.clear();
        for need in card::entries(begins.needs) {
            needs.push(need.parse().map_err(|_| no_card())?);
        }
        let enough = reader.is_enough(&Head {
            id: task_in(row, 1)?,
            status: begins.status,
            title: begins.title,
            priority: begins.priority,
            agent: begins.agent,
            needs,
        });
        if enough {
            return Ok(());
        }
    }
    let path = text(0)?.unwrap_or_default();
    reader.row(path, card_in(row, whole)?, optional_json(row, 3)?);
    Ok(())
}

fn no_card() -> Error {
    unreadable(2, io::Error::other(NO_CARD))
}

/// The card of a row with [`BOARD`]'s columns.
pub(super) fn card_in(row: &Row<'_>, whole: bool) -> rusqlite::Result<Option<TaskCard>> {
    let text = |column| {
        let found = row.get_ref(column)?.as_str_or_null();
        found.map_err(|e| unreadable(column, e))
    };
    let (Some(id), Some(card)) = (text(1)?, text(2)?) else {
        return Ok(None);
    };
    let id = id.parse().map_err(|e| unreadable(1, e))?;
    let read = card::read(card, id, whole);
    read.ok_or_else(no_card).map(Some)
}

/// Task and card of a good file, as they are written.
pub(super) fn task_and_card<'row>(row: &'row Row<'_>) -> rusqlite::Result<(&'row str, &'row str)> {
    let text = |column| {
        let found = row.get_ref(column)?.as_str();
        found.map_err(|e| unreadable(column, e))
    };
    Ok((text(0)?, text(1)?))
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

/// The path in a column.
pub(super) fn path<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    let path = row.get_ref(column)?;
    path.as_str().map_err(|e| unreadable(column, e))
}

/// The task that the name of a file claims.
pub(super) fn task_in_path(path: &str) -> Option<TaskId> {
    id_from_file_name(path.rsplit('/').next()?)
}

pub(super) fn task(row: &Row<'_>) -> rusqlite::Result<TaskId> {
    task_in(row, 0)
}

fn task_in(row: &Row<'_>, column: usize) -> rusqlite::Result<TaskId> {
    let task = row.get_ref(column)?;
    let task = task.as_str().map_err(|e| unreadable(column, e))?;
    task.parse().map_err(|e| unreadable(column, e))
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
    task_in_path(&file.path)
}
