//! The run folder: which files it has, what they say, and who writes them.
//!
//! | file | written by | what |
//! |---|---|---|
//! | `spec.json` | engine, before the keeper starts; last of its files, so its presence means the folder is whole | what to start |
//! | `settings.json`, `role.md` | engine | files the agent is pointed at |
//! | `in.jsonl` | engine alone, append only | lines for the agent's stdin, and orders to the keeper |
//! | `bell` | engine makes it; a byte in it wakes the keeper | |
//! | `alive.lock` | locked by the keeper while it lives | proof of life without pids |
//! | `run.json` | keeper, before and after the program starts | pids, boot id; once it is there, no keeper starts the program again |
//! | `out.jsonl`, `err.log` | the program, append only | what it says |
//! | `not-started.json` | the keeper's exec stage | why the program could not be started |
//! | `exit.json` | keeper, last, atomic | how it ended |
//! | `keeper.log` | keeper | what it can say nowhere else; empty when all is well |
//! | `keeper-gone` | whoever started the keeper | a keeper ended without `exit.json`; only there to wake the engine |

use orchestron_domain::RunId;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The format of the files keepers and engines of different versions share. Unknown fields are ignored by both.
pub const FORMAT: u32 = 1;

/// How much a run may write before it is ended: 1 GiB.
pub const DEFAULT_LOG_LIMIT_BYTES: u64 = 1 << 30;

/// The environment variable that marks every process of a run; its value is the run's folder, which no other run on this machine has
/// (run ids repeat in other projects).
pub const MARKER: &str = "ORCHESTRON_RUN_DIR";

/// The environment variable that tells a run's processes which run they belong to.
pub const RUN_VARIABLE: &str = "ORCHESTRON_RUN";

/// What went wrong with a file of a run folder.
#[derive(Debug, Error)]
pub enum FolderError {
    /// The system refused.
    #[error("{doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried: `cannot read`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is there and does not say what it should.
    #[error("{path} is malformed: {source}; it was written by another version or damaged", path = path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
}

impl FolderError {
    /// Wraps what the system said about `path`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// What a keeper is to start. The engine adds fields of its own to the same file, which the keeper does not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// [`FORMAT`].
    pub format: u32,
    /// The run.
    pub run: RunId,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The whole environment; nothing else is inherited. Never holds a secret.
    pub env: BTreeMap<String, String>,
    /// Where.
    pub cwd: String,
    /// Whether the program reads `in.jsonl`; otherwise its stdin is empty.
    #[serde(default)]
    pub input: bool,
    /// Whether stderr goes into `out.jsonl` too, in order (gates).
    #[serde(default)]
    pub merge_output: bool,
    /// How many bytes of output it may write before it is ended.
    #[serde(default = "default_log_limit")]
    pub log_limit_bytes: u64,
}

impl Spec {
    /// What every process of the run carries in its environment: `NAME=value`.
    #[must_use]
    pub fn mark(&self) -> String {
        let value = self.env.get(MARKER).map_or("", String::as_str);
        format!("{MARKER}={value}")
    }
}

const fn default_log_limit() -> u64 {
    DEFAULT_LOG_LIMIT_BYTES
}

/// A process, told apart from a later one with the same number by its start time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessMark {
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since boot; 0 where the system does not tell.
    pub start: u64,
}

/// `run.json`: who keeps the run, and who runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// The keeper.
    pub keeper: ProcessMark,
    /// The program; none until it is started.
    pub agent: Option<ProcessMark>,
    /// The boot these numbers belong to.
    pub boot: String,
    /// The control group the program is in, when one could be made.
    pub cgroup: Option<PathBuf>,
    /// When, in milliseconds since 1970.
    pub started_at: i64,
}

/// `exit.json`: how a run ended, and that nothing of it is left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExitRecord {
    /// [`FORMAT`].
    pub format: u32,
    /// The program's exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// When, in milliseconds since 1970.
    pub ended_at: i64,
    /// Why the program could not be started at all.
    pub could_not_start: Option<String>,
    /// The limit of its output, when it was ended for passing it.
    pub log_limit_bytes: Option<u64>,
    /// What went wrong in the keeper, when it had to end the run for that.
    pub trouble: Option<String>,
    /// Written by an engine, because the keeper was lost; keeps a late keeper from starting the program.
    pub lost: bool,
    /// Processes that outlived the program and were ended.
    pub swept: u32,
    /// Processes that could not be ended.
    pub left: u32,
    /// How often somebody who is no helper of the agent asked for its key.
    pub key_refused: u32,
}

/// The paths of one run's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    dir: PathBuf,
}

macro_rules! files {
    ($($(#[$doc:meta])* $method:ident = $name:literal;)*) => {
        impl RunFolder {
            $($(#[$doc])* #[must_use] pub fn $method(&self) -> PathBuf { self.dir.join($name) })*
        }
    };
}

files! {
    /// What to start.
    spec = "spec.json";
    /// The agent's settings.
    settings = "settings.json";
    /// The role text.
    role = "role.md";
    /// Lines for the agent, and orders to the keeper.
    inbox = "in.jsonl";
    /// Wakes the keeper.
    bell = "bell";
    /// Locked while the keeper lives.
    lock = "alive.lock";
    /// Who keeps, who runs.
    record = "run.json";
    /// What the program says.
    out = "out.jsonl";
    /// What the program says on stderr.
    err = "err.log";
    /// Why the program could not be started.
    not_started = "not-started.json";
    /// How it ended.
    exit = "exit.json";
    /// A keeper ended without an exit record.
    gone = "keeper-gone";
}

/// The file in which a keeper says what it can say nowhere else.
pub(crate) const KEEPER_LOG: &str = "keeper.log";

/// The name of the socket a key is handed over; used relative to the folder, because socket addresses are short.
pub const KEY_SOCKET: &str = "key.sock";

impl RunFolder {
    /// The folder at `dir`, which need not exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the folder, for this user only.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create(&self) -> Result<(), FolderError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.dir)
            .map_err(FolderError::io("cannot make the folder", &self.dir))
    }

    /// How the run ended, if its keeper has said so. A record without sense says nothing: only a power cut leaves one, since it
    /// is put in place in one step, and then the run is lost.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn exit_record(&self) -> Result<Option<ExitRecord>, FolderError> {
        match read_json(&self.exit()) {
            Err(FolderError::Malformed { .. }) => Ok(None),
            other => other,
        }
    }

    /// Who keeps the run, if a keeper has started.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn keeper_record(&self) -> Result<Option<Record>, FolderError> {
        read_json(&self.record())
    }

    /// Whether a keeper holds the run now. A free lock is taken for an instant to find out, shared, so that two who look
    /// do not disturb each other (a starting keeper tries again for a while).
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub fn is_kept(&self) -> Result<bool, FolderError> {
        let path = self.lock();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(FolderError::io("cannot open", &path)(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(fs::TryLockError::WouldBlock) => Ok(true),
            Err(fs::TryLockError::Error(error)) => {
                Err(FolderError::io("cannot look at the lock", &path)(error))
            }
        }
    }
}

/// Options that create files readable by this user only.
pub(crate) fn private() -> OpenOptions {
    #[cfg(unix)]
    {
        let mut options = OpenOptions::new();
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
    }
    // The state folder is the user's own, and what is made in it inherits that.
    #[cfg(not(unix))]
    OpenOptions::new()
}

/// Reads a JSON file; none when it is not there.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FolderError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FolderError::io("cannot read", path)(error)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| FolderError::Malformed {
            path: path.to_path_buf(),
            source,
        })
}

/// Replaces a file in one step: readers see the old text or all of the new one. Not synced: what a power cut takes back
/// only makes the run count as lost, which it is.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temp = PathBuf::from(name);
    let mut file = private()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&temp)
        .map_err(FolderError::io("cannot write", &temp))?;
    file.write_all(bytes)
        .map_err(FolderError::io("cannot write", &temp))?;
    drop(file);
    fs::rename(&temp, path).map_err(FolderError::io("cannot put in place", path))
}

/// Writes a record as JSON, atomically.
pub(crate) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), FolderError> {
    let bytes = serde_json::to_vec(value).map_err(|source| FolderError::Malformed {
        path: path.to_path_buf(),
        source,
    })?;
    write_atomic(path, &bytes)
}

/// Milliseconds since 1970.
pub(crate) fn now_millis() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}
