//! Opening the database: is it ours, is it of a version we know, is it intact; making the tables; moving a damaged one aside.

use super::{
    SCHEMA_VERSION, SqliteLog, card,
    failure::{is_busy, is_damage, refused},
};
use crate::failure::{failure, io_failure};
use orchestron_domain::TaskCard;
use orchestron_engine::ports::{PortError, PortErrorKind, PortResult};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};
#[cfg(unix)]
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Marks the file as ours: `ORCH`.
const APPLICATION_ID: u32 = 0x4f52_4348;
/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// How long the header of every SQLite file is.
const HEADER: usize = 100;
/// How long a writer waits for others. Long, for there is no queue: with fifty writers, each of whose commits takes a busy disk 30 ms,
/// one in a thousand waits is longer than ten seconds, and it is no sign that anything hangs.
const PATIENCE: Duration = Duration::from_secs(30);
/// After so many pages in the WAL a writer moves them into the database; who opens the log first reads at most so many.
pub(super) const WAL_PAGES: u32 = 400;
/// Statements kept ready.
const STATEMENTS: usize = 48;

const TABLES: &str = "
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, task TEXT, run TEXT, by TEXT NOT NULL, fact TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_task ON events (task, seq) WHERE task IS NOT NULL;
CREATE TABLE commands (id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL) STRICT;
CREATE TABLE intents (
  id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, hash TEXT NOT NULL,
  facts TEXT NOT NULL, closes TEXT NOT NULL
) STRICT;
CREATE TABLE files (
  path TEXT PRIMARY KEY, task TEXT, ino INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
  size INTEGER NOT NULL, hash TEXT NOT NULL, card TEXT, problem TEXT, version INTEGER NOT NULL DEFAULT 0, turn INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX files_in_turn ON files (turn) WHERE turn IS NOT NULL;
CREATE INDEX files_by_version ON files (version, task);
CREATE TABLE removed (task TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX removed_by_version ON removed (version);
CREATE INDEX files_of_task ON files (task) WHERE task IS NOT NULL;
CREATE INDEX files_with_problem ON files (path) WHERE problem IS NOT NULL;
CREATE INDEX files_by_place ON files (path, task) WHERE task IS NOT NULL;
CREATE TABLE cursor (only INTEGER PRIMARY KEY CHECK (only = 1), decided_to INTEGER NOT NULL) STRICT;
CREATE TABLE checkpoint (only INTEGER PRIMARY KEY CHECK (only = 1), seq INTEGER NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE progress (task TEXT PRIMARY KEY, lively INTEGER NOT NULL, done INTEGER, told TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX progress_lively ON progress (task) WHERE lively = 1;
CREATE INDEX progress_done ON progress (task, done) WHERE done IS NOT NULL;
CREATE TABLE numbers (prefix TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// From tables of version 1 to those of version 2. What is in them stays.
const FROM_1_TO_2: &str = "
ALTER TABLE files ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX files_by_version ON files (version, task);
CREATE TABLE removed (task TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX removed_by_version ON removed (version);
";

/// From tables of version 2 to those of version 3. A checkpoint is made anew from the events.
const FROM_2_TO_3: &str = "
ALTER TABLE files ADD COLUMN turn INTEGER;
CREATE INDEX files_in_turn ON files (turn) WHERE turn IS NOT NULL;
UPDATE files SET turn = ((CASE substr(path, 1, instr(path, '/') - 1)
    WHEN 'review' THEN 0 WHEN 'in-progress' THEN 1 WHEN 'ready' THEN 2 WHEN 'pending' THEN 3 END << 8
  | CAST(substr(json_extract(card, '$.priority'), 2) AS INTEGER)) << 32) | CAST(substr(task, instr(task, '-') + 1) AS INTEGER)
  WHERE card IS NOT NULL;
CREATE TABLE progress (task TEXT PRIMARY KEY, lively INTEGER NOT NULL, told TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX progress_lively ON progress (task) WHERE lively = 1;
DELETE FROM checkpoint;
";

/// From tables of version 3 to those of version 4. Cards are written anew by [`rewrite_cards`].
const FROM_3_TO_4: &str = "
CREATE INDEX files_by_place ON files (path, task) WHERE task IS NOT NULL;
DROP TABLE progress;
CREATE TABLE progress (task TEXT PRIMARY KEY, lively INTEGER NOT NULL, done INTEGER, told TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX progress_lively ON progress (task) WHERE lively = 1;
CREATE INDEX progress_done ON progress (task, done) WHERE done IS NOT NULL;
DELETE FROM checkpoint;
";

/// What was done about a damaged database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// Where the damaged file is now.
    pub aside: PathBuf,
    /// What was wrong with it.
    pub said: String,
}

/// Why a database cannot be used.
enum Trouble {
    /// It is damaged: it may be moved aside.
    Damaged(String),
    /// It must stay as it is.
    Refused(PortError),
}

/// Opens for reading and writing; with `check`, reads every page first.
pub(super) fn read_write(path: &Path, check: bool) -> PortResult<SqliteLog> {
    let said = match attempt(path, check) {
        Ok(log) => return Ok(log),
        Err(Trouble::Refused(error)) => return Err(error),
        Err(Trouble::Damaged(said)) => said,
    };
    let failed = |e: &io::Error| io_failure("cannot move aside", path.display(), e);
    // Two processes may find the damage at once; the second must not move the first one's new database away.
    let guard = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(beside(path, ".mending"))
        .map_err(|e| failed(&e))?;
    guard.lock().map_err(|e| failed(&e))?;
    match attempt(path, check) {
        Ok(log) => return Ok(log),
        Err(Trouble::Refused(error)) => return Err(error),
        Err(Trouble::Damaged(_)) => {}
    }
    let aside = move_aside(path).map_err(|e| failed(&e))?;
    let mut log = attempt(path, false).map_err(|trouble| match trouble {
        Trouble::Refused(error) => error,
        Trouble::Damaged(said) => damaged(path, &said),
    })?;
    log.mended = Some(Mended { aside, said });
    Ok(log)
}

/// Opens for reading only.
pub(super) fn read_only(path: &Path) -> PortResult<SqliteLog> {
    let open = || -> Result<SqliteLog, Trouble> {
        if !look_at_header(path)? {
            return Err(Trouble::Refused(failure(
                PortErrorKind::Missing,
                "cannot open",
                path.display(),
                "there is no database yet",
                "It is made by the first command that writes.",
            )));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let log = connect(path, flags)?;
        match version(&log.connection, path)? {
            before if before < SCHEMA_VERSION => Err(Trouble::Refused(failure(
                PortErrorKind::Missing,
                "cannot open",
                path.display(),
                "the database has no tables of this version yet",
                "They are made by the first command that writes.",
            ))),
            _ => Ok(log),
        }
    };
    open().map_err(|trouble| match trouble {
        Trouble::Refused(error) => error,
        Trouble::Damaged(said) => damaged(path, &said),
    })
}

fn damaged(path: &Path, said: &str) -> PortError {
    failure(
        PortErrorKind::Malformed,
        "cannot open",
        path.display(),
        said,
        "Run `orchestron doctor`: it moves the damaged database aside and builds a new one from the task files.",
    )
}

fn attempt(path: &Path, check: bool) -> Result<SqliteLog, Trouble> {
    look_at_header(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut log = connect(path, flags)?;
    if version(&log.connection, path)? < SCHEMA_VERSION {
        make_tables(&mut log.connection).map_err(|e| trouble(path, &e))?;
        version(&log.connection, path)?;
    }
    if check && let Some(said) = damage(&log.connection).map_err(|e| trouble(path, &e))? {
        return Err(Trouble::Damaged(said));
    }
    Ok(log)
}

fn trouble(path: &Path, error: &rusqlite::Error) -> Trouble {
    if is_damage(error) {
        Trouble::Damaged(error.to_string())
    } else {
        Trouble::Refused(refused("cannot open", path, error))
    }
}

/// Reads the first bytes as a plain file, so that a newer version's database is not even opened. False when there is none yet.
fn look_at_header(path: &Path) -> Result<bool, Trouble> {
    let header = match first_bytes(path) {
        Ok(header) => header,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => {
            return Err(Trouble::Refused(io_failure(
                "cannot read",
                path.display(),
                &e,
            )));
        }
    };
    if header.is_empty() {
        return Ok(false);
    }
    if header.len() < HEADER || !header.starts_with(MAGIC) {
        return Err(Trouble::Damaged("it is no SQLite database".to_owned()));
    }
    let number = |at: usize| {
        header.get(at..at + 4).map_or(0, |bytes| {
            bytes
                .iter()
                .fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte))
        })
    };
    judge(path, number(60), number(68))?;
    // SQLite takes a file that is shorter than a page for a new one, and would begin it anew without a word.
    let page = match number(16) >> 16 {
        1 => 65_536,
        size => u64::from(size),
    };
    if fs::metadata(path).is_ok_and(|there| there.len() < page) {
        return Err(Trouble::Damaged("it was cut off".to_owned()));
    }
    Ok(true)
}

/// Database files of this process that were looked into. On Unix, closing any handle of a file gives up all locks that the whole
/// process has on it, also those of its open connections; whoever looks next with SQLite's own tool would then take the log
/// for unused and delete its WAL under our feet. So a file that was looked into is never closed again.
#[cfg(unix)]
static LOOKED_INTO: Mutex<BTreeMap<(u64, u64), File>> = Mutex::new(BTreeMap::new());

#[cfg(unix)]
fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    use std::os::unix::fs::MetadataExt as _;
    let mut files = LOOKED_INTO.lock().unwrap_or_else(PoisonError::into_inner);
    let there = fs::metadata(path)?;
    let known = (there.dev(), there.ino());
    if let Some(file) = files.get(&known) {
        return read_header(file);
    }
    let file = File::open(path)?;
    let opened = file.metadata()?;
    // Replaced in this instant, perhaps by one that is open already: kept open all the same.
    let mut key = (opened.dev(), opened.ino());
    while files.contains_key(&key) {
        key.1 = key.1.wrapping_add(1);
    }
    let header = read_header(&file);
    files.insert(key, file);
    header
}

#[cfg(not(unix))]
fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    read_header(&File::open(path)?)
}

fn read_header(mut file: &File) -> io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER);
    file.seek(io::SeekFrom::Start(0))?;
    file.take(HEADER as u64).read_to_end(&mut header)?;
    Ok(header)
}

/// The version of the tables in an open database, when it is one we may use.
fn version(connection: &Connection, path: &Path) -> Result<u32, Trouble> {
    let read = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let get = |name: &str| {
        read(name)
            .map(|value| u32::try_from(value).unwrap_or(u32::MAX))
            .map_err(|e| trouble(path, &e))
    };
    let version = get("user_version")?;
    judge(path, version, get("application_id")?)?;
    Ok(version)
}

fn judge(path: &Path, version: u32, application: u32) -> Result<(), Trouble> {
    if application != APPLICATION_ID && (application != 0 || version != 0) {
        return Err(Trouble::Refused(failure(
            PortErrorKind::Malformed,
            "cannot use",
            path.display(),
            "it is the database of another program",
            "Move it away, or set ORCHESTRON_STATE_DIR to another folder.",
        )));
    }
    if version > SCHEMA_VERSION {
        return Err(Trouble::Refused(failure(
            PortErrorKind::Malformed,
            "cannot use",
            path.display(),
            format!(
                "a newer version of orchestron made it (its tables are version {version}, this one knows up to {SCHEMA_VERSION})"
            ),
            "Use that newer version here. Nothing was changed.",
        )));
    }
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<SqliteLog, Trouble> {
    let open = || -> rusqlite::Result<Connection> {
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_handler(Some(waiting()))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        // Partial indexes would else be thought over again, and the statement prepared anew, each time it is asked with another value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        if !flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
            connection.pragma_update(None, "wal_autocheckpoint", WAL_PAGES)?;
        }
        if cfg!(target_os = "macos") {
            // There, fsync does not reach the disk; this does.
            connection.pragma_update(None, "fullfsync", true)?;
        }
        Ok(connection)
    };
    let connection = open().map_err(|e| trouble(path, &e))?;
    Ok(SqliteLog {
        connection,
        path: path.to_owned(),
        identity: identity(path),
        full: false,
        untidied: 0,
        fence: None,
        mended: None,
        written: None,
    })
}

/// Waits for other writers: short sleeps of uneven length, so that nobody is always the one that comes too late.
fn waiting() -> impl FnMut(i32) -> bool + Send + 'static {
    let mut since = Instant::now();
    let mut uneven = u64::from(std::process::id());
    move |count| {
        if count == 0 {
            since = Instant::now();
        }
        uneven = uneven
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let longest_us = 500 + 250 * u64::try_from(count).unwrap_or(0).min(14);
        thread::sleep(Duration::from_micros(100 + (uneven >> 33) % longest_us));
        since.elapsed() < PATIENCE
    }
}

/// Makes the tables, or brings those of an earlier version up to date, unless another process has just done so.
fn make_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let begun = Instant::now();
    // Switching to WAL needs the file alone and does not always wait by itself.
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(2));
            }
            outcome => break outcome?,
        }
    }
    // Durable from the start: the first number that is given must not be given again.
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // Another process may have done it meanwhile.
    let wanted: &[&str] = match version {
        0 => &[TABLES],
        1 => &[FROM_1_TO_2, FROM_2_TO_3, FROM_3_TO_4],
        2 => &[FROM_2_TO_3, FROM_3_TO_4],
        3 => &[FROM_3_TO_4],
        _ => &[],
    };
    if !wanted.is_empty() {
        for sql in wanted {
            transaction.execute_batch(sql)?;
        }
        if version > 0 {
            rewrite_cards(&transaction)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    }
    transaction.commit()?;
    connection.pragma_update(None, "synchronous", "NORMAL")
}

/// Cards were JSON before version 4. One that cannot be read any more is read from its file by the next look: its stamp is forgotten.
fn rewrite_cards(transaction: &Connection) -> rusqlite::Result<()> {
    let mut found = transaction.prepare("SELECT path, card FROM files WHERE card IS NOT NULL")?;
    let rows: Vec<(String, String)> = found
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut put = transaction.prepare("UPDATE files SET card = ?2 WHERE path = ?1")?;
    let mut forget = transaction
        .prepare("UPDATE files SET card = NULL, turn = NULL, ino = 0, hash = '' WHERE path = ?1")?;
    for (path, card) in rows {
        match serde_json::from_str::<TaskCard>(&card) {
            Ok(card) => put.execute([path, card::write(&card)])?,
            Err(_) => forget.execute([path])?,
        };
    }
    Ok(())
}

/// Reads every page; says what is wrong.
pub(super) fn damage(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let said: rusqlite::Result<String> =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    match said {
        Ok(said) if said == "ok" => Ok(None),
        Ok(said) => Ok(Some(said)),
        Err(error) if is_damage(&error) => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// Moves the database and what belongs to it aside. The WAL goes first: a WAL that is left beside a new database would be
/// played into it.
fn move_aside(path: &Path) -> io::Result<PathBuf> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let aside = beside(path, &format!(".damaged-{now}"));
    for part in ["-wal", "-shm", ""] {
        match fs::rename(beside(path, part), beside(&aside, part)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(aside)
}

/// Which file a path names now, to notice that it was moved away; SQLite does not look in WAL mode.
#[cfg(unix)]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path)
        .ok()
        .map(|there| (there.dev(), there.ino()))
}

/// Which file a path names now: an open file cannot be moved here.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> Option<(u64, u64)> {
    path.exists().then_some((0, 0))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
