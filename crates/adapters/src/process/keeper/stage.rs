//! The step between the keeper and the program: a process of our own that sets what only the child itself can set, and
//! then becomes the program.
//!
//! Doing this in the keeper, between `fork` and `exec`, would need unsafe code and a full copy of its address space;
//! a process of its own needs neither. It dies with its keeper from its first instruction on, and since signals to be
//! sent at the parent's death survive `exec`, so does the program.

use super::{
    super::folder::{FolderError, RunFolder, Spec, private, read_json, write_json},
    KeeperError,
};
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::unix::{
        ffi::OsStrExt,
        process::{CommandExt, parent_id},
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

/// The exit code of a stage that did not become the program; `not-started.json` says why.
pub(super) const NOT_STARTED_CODE: i32 = 127;

/// `not-started.json`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct NotStarted {
    pub(super) message: String,
}

/// Longest path of a run folder that a waiting stage is told.
const MAX_PATH_BYTES: u32 = 64 * 1024;

/// What a waiting stage is told on its input, before what the program will read there: how long the folder's path is, and the path.
pub(super) fn order(folder: &RunFolder) -> Vec<u8> {
    let path = folder.dir().as_os_str().as_bytes();
    let length = u32::try_from(path.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], path].concat()
}

/// Waits, loaded and tied to its keeper, until it is told which run it is for, and becomes its program. None when it is never needed.
pub(super) fn wait_and_become_program(keeper: u32) -> Option<KeeperError> {
    let tied = die_with_parent().and_then(|()| {
        // As in `prepare`: nobody would ever tell it anything.
        if parent_id() == keeper {
            Ok(())
        } else {
            Err(KeeperError::Orphaned)
        }
    });
    match tied.and_then(|()| told()) {
        Ok(Some(folder)) => Some(become_program(&folder, keeper)),
        Ok(None) => None,
        Err(error) => Some(error),
    }
}

/// Reads the order and not one byte more: what follows is the program's.
fn told() -> Result<Option<RunFolder>, KeeperError> {
    let failed = KeeperError::system("cannot read which run this is");
    let mut length = [0_u8; 4];
    match read_whole(&mut length) {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let length = u32::from_le_bytes(length).min(MAX_PATH_BYTES);
    let mut path = vec![0_u8; usize::try_from(length).unwrap_or_default()];
    match read_whole(&mut path) {
        Ok(whole) => Ok(whole.then(|| RunFolder::new(Path::new(OsStr::from_bytes(&path))))),
        Err(error) => Err(failed(error)),
    }
}

/// Fills the buffer from the input, without reading ahead. False when the input ends before.
fn read_whole(mut rest: &mut [u8]) -> io::Result<bool> {
    let stdin = io::stdin();
    while !rest.is_empty() {
        match rustix::io::read(&stdin, &mut *rest) {
            Ok(0) => return Ok(false),
            Ok(read) => rest = rest.get_mut(read..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(true)
}

/// Becomes the program of the run. Returns only when that is not possible.
pub(super) fn become_program(folder: &RunFolder, keeper: u32) -> KeeperError {
    let error = match prepare(folder, keeper) {
        Ok((spec, mut command)) => {
            let source = command.exec();
            not_executed(&spec, source)
        }
        Err(error) => error,
    };
    let note = NotStarted {
        message: error.to_string(),
    };
    // When even this fails, exit code 127 remains.
    write_json(&folder.not_started(), &note).ok();
    error
}

fn prepare(folder: &RunFolder, keeper: u32) -> Result<(Spec, Command), KeeperError> {
    die_with_parent()?;
    hear_signals()?;
    // The keeper may have died before that took effect; then there is another parent already.
    if parent_id() != keeper {
        return Err(KeeperError::Orphaned);
    }
    let spec: Spec = read_json(&folder.spec())?.ok_or_else(|| KeeperError::NoSpec {
        path: folder.spec(),
    })?;
    let [program, args @ ..] = spec.argv.as_slice() else {
        return Err(KeeperError::NoProgram);
    };
    let out = append(&folder.out())?;
    let err = if spec.merge_output {
        out.try_clone()
            .map_err(FolderError::io("cannot open", &folder.out()))?
    } else {
        append(&folder.err())?
    };
    if !Path::new(&spec.cwd).is_dir() {
        return Err(KeeperError::NoFolder {
            path: PathBuf::from(&spec.cwd),
        });
    }
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(&spec.env)
        .current_dir(&spec.cwd)
        .stdout(Stdio::from(out))
        .stderr(Stdio::from(err));
    if !spec.input {
        // Whoever waited to be told has a pipe there.
        command.stdin(Stdio::null());
    }
    Ok((spec, command))
}

fn append(path: &Path) -> Result<File, FolderError> {
    private()
        .append(true)
        .create(true)
        .open(path)
        .map_err(FolderError::io("cannot open", path))
}

fn not_executed(spec: &Spec, source: io::Error) -> KeeperError {
    let program = spec.argv.first().cloned().unwrap_or_default();
    if source.kind() == io::ErrorKind::NotFound {
        KeeperError::ProgramMissing { program }
    } else {
        KeeperError::ProgramRefused { program, source }
    }
}

/// What was started in the background of a shell script ignores interrupts, and so does all that it starts; a shell cannot even
/// trap them then. A signal that is handled here is not ignored any more, and `exec` makes it do what it does by default.
fn hear_signals() -> Result<(), KeeperError> {
    use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
    for signal in [SIGINT, SIGQUIT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::default()).map_err(|source| {
            KeeperError::System {
                doing: "cannot make the program hear signals",
                source,
            }
        })?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn die_with_parent() -> Result<(), KeeperError> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|errno| KeeperError::System {
        doing: "cannot tie the program to its keeper",
        source: errno.into(),
    })
}

#[cfg(not(target_os = "linux"))]
const fn die_with_parent() -> Result<(), KeeperError> {
    Ok(())
}
