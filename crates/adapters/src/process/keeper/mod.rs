//! The keeper: one tiny process that minds one run, `orchestron keep <run-dir>`.
//!
//! It starts the program of `spec.json`, passes `in.jsonl` on to it, and when it ends, ends whatever it left behind and writes
//! how it ended. It knows no task, no agent and no database, and speaks to nobody: the run folder is all it sees.
//! The engine may crash, be updated and come back; a keeper and its program go on. It lives as long as the run, so newer engines
//! meet older keepers: what both read and write is in [`super::folder`], and changes only by addition.
//!
//! Kept small on purpose: no async runtime, no arguments parser, and on Linux no timer while nothing happens.

pub(crate) mod inbox;

#[cfg(unix)]
mod exits;
#[cfg(target_os = "linux")]
mod key;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod quota;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as platform;

#[cfg(windows)]
mod job;
#[cfg(any(windows, test))]
mod windows;
#[cfg(windows)]
use windows as platform;

#[cfg(unix)]
pub(super) use platform::make_bell;
pub(super) use platform::ring_bell;

#[cfg(test)]
#[cfg(unix)]
pub(super) mod tests;

use super::folder::{FolderError, RunFolder};
use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use thiserror::Error;

/// The argument of a keeper that is told its run later.
#[cfg(unix)]
pub(super) const READY: &str = "--ready";
/// The argument of its stage.
#[cfg(unix)]
const EXEC_READY: &str = "--exec-ready";

/// What a keeper, or the stage before its program, could not do.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// A file of the run folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The folder holds nothing to start.
    #[error("{path} is missing: this is no run folder, or it was not finished", path = path.display())]
    NoSpec {
        /// Where it should be.
        path: PathBuf,
    },
    /// Nothing is named to start.
    #[error("the run names no program to start")]
    NoProgram,
    /// The working directory is gone.
    #[error("the folder to work in, {path}, is not there (any more)", path = path.display())]
    NoFolder {
        /// Which.
        path: PathBuf,
    },
    /// The program is not there.
    #[error(
        "{program} was not found: install it, or name its place in .mcp/agents.yaml (`program`)"
    )]
    ProgramMissing {
        /// As it was named.
        program: String,
    },
    /// The program is there and cannot be run.
    #[error(
        "{program} cannot be run: {source}; look at its permissions and whether it is meant for this kind of machine"
    )]
    ProgramRefused {
        /// As it was named.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// The keeper ended before its program began.
    #[error("the keeper ended before the program was started")]
    Orphaned,
    /// The line that names the run is no JSON text.
    #[error("the line that names the run is not understood: {source}")]
    Order {
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The line with the secrets is no JSON object of texts.
    #[error("the first line on the keeper's input is not understood: {source}")]
    Secrets {
        /// What is wrong; the line itself is not repeated.
        source: serde_json::Error,
    },
    /// The system refused something else.
    #[error("{doing}: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl KeeperError {
    fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { doing, source }
    }
}

/// The command that starts the stage between keeper and program; it is given `--exec <keeper's pid> <run-dir>`, or
/// `--exec-ready <keeper's pid>` when the run is not known yet.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub args: Vec<OsString>,
}

impl Stage {
    /// This program with `keep`. On Linux by the link that keeps working when the file was replaced by an update.
    ///
    /// # Errors
    /// When the system does not tell which program this is.
    pub fn own() -> io::Result<Self> {
        let program = if cfg!(target_os = "linux") {
            PathBuf::from("/proc/self/exe")
        } else {
            std::env::current_exe()?
        };
        Ok(Self {
            program,
            args: vec![OsString::from("keep")],
        })
    }
}

/// `orchestron keep …`: the arguments behind the verb, either `<run-dir>` (a keeper) or `--exec <pid> <run-dir>` (the stage of its
/// program), or the same for a run that is told later (`--ready`, `--exec-ready <pid>`). For the first thing in `main`, before anything
/// else is set up.
#[must_use]
pub fn keep_verb(args: &[OsString]) -> ExitCode {
    match args {
        [flag, keeper, dir] if flag == "--exec" => execute(Path::new(dir), keeper),
        #[cfg(unix)]
        [flag, keeper] if flag == EXEC_READY => platform::execute_ready(keeper),
        #[cfg(unix)]
        [flag] if flag == READY => match Stage::own() {
            Ok(stage) => keep_ready(&stage),
            Err(error) => failed(&error),
        },
        [dir] if !is_flag(dir) => keep(Path::new(dir)),
        _ => {
            eprintln!("usage: orchestron keep <run-dir>");
            ExitCode::from(2)
        }
    }
}

fn is_flag(word: &std::ffi::OsStr) -> bool {
    word.as_encoded_bytes().starts_with(b"-")
}

/// Minds the run in `run_dir` until nothing is left of it. Doing it twice, or again afterwards, does nothing.
#[must_use]
pub fn keep(run_dir: &Path) -> ExitCode {
    match Stage::own() {
        Ok(stage) => keep_with(run_dir, &stage),
        Err(error) => failed(&error),
    }
}

/// As [`keep`], with another command for the stage.
#[must_use]
pub fn keep_with(run_dir: &Path, stage: &Stage) -> ExitCode {
    // Absolute, because the keeper works in the folder and its stage in the program's.
    let result = run_dir
        .canonicalize()
        .map_err(FolderError::io("cannot find", run_dir))
        .map_err(KeeperError::from)
        .and_then(|dir| platform::keep(&RunFolder::new(dir), stage));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// A keeper that is started before there is a run for it, and waits with its stage until it is told one on its input: starting both takes
/// longer than all else between the end of one agent and the next one's first instruction. It ends when its input does.
#[cfg(unix)]
#[must_use]
pub fn keep_ready(stage: &Stage) -> ExitCode {
    match platform::keep_ready(stage) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// What a waiting keeper is told, its line ends included; `first_line` is what every keeper is told. None for a folder whose name is no
/// text.
#[cfg(unix)]
pub(super) fn order(run_dir: &Path, first_line: &str) -> Option<String> {
    let dir = serde_json::to_string(run_dir.to_str()?).ok()?;
    Some(format!("{dir}\n{first_line}"))
}

/// Becomes the program of the run in `run_dir`, for the keeper with this pid.
#[must_use]
pub fn execute(run_dir: &Path, keeper: &std::ffi::OsStr) -> ExitCode {
    platform::execute(&RunFolder::new(run_dir), keeper)
}

/// `orchestron key-helper …`: the arguments behind the verb.
#[must_use]
pub fn key_helper_verb(args: &[OsString]) -> ExitCode {
    match args {
        [dir] if !is_flag(dir) => key_helper(Path::new(dir)),
        _ => {
            eprintln!("usage: orchestron key-helper <run-dir>");
            ExitCode::from(2)
        }
    }
}

/// `orchestron key-helper <run-dir>`: prints the agent's key when its keeper hands it over.
#[must_use]
pub fn key_helper(run_dir: &Path) -> ExitCode {
    match platform::ask_for_key(run_dir) {
        Ok(key) if key.is_empty() => {
            eprintln!(
                "orchestron: the keeper of this run did not hand the key over: only the agent itself may ask"
            );
            ExitCode::FAILURE
        }
        Ok(key) => {
            print!("{key}");
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("orchestron keep: {error}");
    ExitCode::FAILURE
}

/// The first line a keeper is told, its line end included, from the key of the agent's account.
#[must_use]
pub fn first_line(key: Option<&str>) -> String {
    let line = match key {
        Some(key) => serde_json::json!({ "secrets": { "ANTHROPIC_API_KEY": key } }),
        None => serde_json::json!({}),
    };
    format!("{line}\n")
}
