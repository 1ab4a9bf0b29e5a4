//! Starting keepers.

#[cfg(unix)]
use super::keeper;
use super::{
    environment,
    folder::{KEEPER_LOG, RunFolder},
    reaper,
};
use crate::failure::io_failure;
use orchestron_engine::ports::PortResult;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The arguments of a keeper that waits for its run; none where keepers cannot.
#[must_use]
pub const fn arguments_of_waiting() -> Option<[&'static str; 2]> {
    #[cfg(unix)]
    return Some(["keep", keeper::READY]);
    #[cfg(not(unix))]
    None
}

/// What a waiting keeper is told on its input, which then has to end; `first_line` is what every keeper is told. None when this run needs
/// a keeper of its own.
#[must_use]
pub fn order_for_waiting(run_dir: &Path, first_line: &str) -> Option<String> {
    #[cfg(unix)]
    return keeper::order(run_dir, first_line);
    #[cfg(not(unix))]
    {
        let _unused = (run_dir, first_line);
        None
    }
}

/// How a keeper is started. The desktop app has its own way, through the shell plugin of its framework.
pub trait KeeperSpawner: Send {
    /// Starts a keeper for this run folder and tells it `first_line` (with its line end) on its input.
    ///
    /// # Errors
    /// When it cannot be started.
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()>;

    /// Has a keeper wait that [`Self::spawn`] only has to tell its run, where that can be: starting one takes longer than all else between
    /// the end of one agent and the start of the next. Cheap when one waits already; nothing that goes wrong with it matters.
    fn get_ready(&self) {}

    /// The program `orchestron`, which agents call to get their key (`key-helper`).
    ///
    /// # Errors
    /// When that is not known.
    fn program(&self) -> PortResult<PathBuf>;
}

/// Starts keepers as children of this process. A thread waits for their ends, so that no zombie stays.
#[derive(Debug, Default)]
pub struct ProcessSpawner {
    command: Option<(PathBuf, Vec<OsString>)>,
    /// A keeper that waits for its run. It ends when it is dropped, as it does when this process dies: its input ends.
    ready: Mutex<Option<Child>>,
}

impl ProcessSpawner {
    /// Keepers by another command than this program's `keep`; the run folder is appended.
    #[must_use]
    pub fn with_command(program: PathBuf, args: Vec<OsString>) -> Self {
        Self {
            command: Some((program, args)),
            ready: Mutex::default(),
        }
    }

    fn command(&self) -> PortResult<Command> {
        let (program, args) = match &self.command {
            Some(command) => command.clone(),
            None => (self.program()?, vec![OsString::from("keep")]),
        };
        let mut command = Command::new(&program);
        command.args(args).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.env_clear().envs(environment_of_keepers());
        Ok(command)
    }

    /// The process id of the keeper that waits.
    #[cfg(test)]
    pub(super) fn waits_as(&self) -> Option<u32> {
        self.ready().as_ref().map(Child::id)
    }

    fn ready(&self) -> MutexGuard<'_, Option<Child>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the waiting keeper its run, when there is one that lives.
    fn tell(&self, run_dir: &Path, first_line: &str) -> Option<Child> {
        let order = order_for_waiting(run_dir, first_line)?;
        let mut keeper = self.ready().take()?;
        // Dropped behind it, which tells the keeper that it is whole.
        let told = keeper.stdin.take()?.write_all(order.as_bytes());
        if told.is_ok() {
            return Some(keeper);
        }
        reap(keeper);
        None
    }
}

impl Drop for ProcessSpawner {
    fn drop(&mut self) {
        if let Some(mut keeper) = self.ready().take() {
            drop(keeper.stdin.take());
            reap(keeper);
        }
    }
}

/// Waits for a keeper that nobody needs any more, elsewhere.
fn reap(keeper: Child) {
    // Without it a zombie stays until this process ends, which is all that a keeper without a run can do.
    reaper::wait_for(keeper, None).ok();
}

impl KeeperSpawner for ProcessSpawner {
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()> {
        let failed = |error| io_failure("cannot start the keeper of", run_dir.display(), &error);
        let (child, told) = match self.tell(run_dir, first_line) {
            Some(child) => (child, Ok(())),
            None => {
                let mut command = self.command()?;
                command.arg(run_dir).stderr(complaints(run_dir));
                let program = PathBuf::from(command.get_program());
                let mut child = command.spawn().map_err(|error| {
                    io_failure("cannot start the keeper", program.display(), &error)
                })?;
                // Dropped behind it, which tells the keeper that the line is whole.
                let told = child.stdin.take();
                let told = told.map_or(Ok(()), |mut stdin| stdin.write_all(first_line.as_bytes()));
                (child, told)
            }
        };
        reaper::wait_for(child, Some(RunFolder::new(run_dir))).map_err(failed)?;
        match told {
            // It found that there is nothing to do and ended, which it may.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(failed(error)),
            _ => Ok(()),
        }
    }

    fn get_ready(&self) {
        let Some([_, waiting]) = arguments_of_waiting() else {
            return;
        };
        let mut ready = self.ready();
        if ready.is_none() {
            let spawned = self.command().map(|mut it| it.arg(waiting).spawn());
            // Whatever is in the way will be told when a run is to be started.
            *ready = spawned.ok().and_then(Result::ok);
        }
    }

    fn program(&self) -> PortResult<PathBuf> {
        let own = std::env::current_exe()
            .map_err(|error| io_failure("cannot tell where", "this program lies", &error))?;
        Ok(after_update(own))
    }
}

/// Our own program while it was replaced by a newer one: Linux then calls ours `… (deleted)`, and the newer one minds runs just as well.
fn after_update(own: PathBuf) -> PathBuf {
    let named = own
        .to_str()
        .and_then(|path| path.strip_suffix(" (deleted)"));
    match named.map(PathBuf::from) {
        Some(newer) if newer.is_file() => newer,
        _ => own,
    }
}

/// Where a keeper says what it can say nowhere else.
fn complaints(run_dir: &Path) -> Stdio {
    let log = super::folder::private()
        .append(true)
        .create(true)
        .open(run_dir.join(KEEPER_LOG));
    log.map_or_else(|_| Stdio::null(), Stdio::from)
}

/// What of our own environment a keeper gets: all but secrets. It is told the one it needs on its input.
#[must_use]
pub fn environment_of_keepers() -> BTreeMap<String, String> {
    environment::scrubbed(&environment::own())
}

/// For whoever started a keeper, when it has ended. When it ended without a word, whoever watches the run is woken to
/// find that out.
pub fn keeper_ended(folder: &RunFolder, well: bool) {
    if well || folder.exit().exists() {
        return;
    }
    let private = super::folder::private;
    let gone: Result<File, _> = private().append(true).create(true).open(folder.gone());
    // Its output is what watchers watch. Both fail only with the folder, and then there is nobody to be woken.
    let woken: Result<File, _> = private().append(true).create(true).open(folder.out());
    drop((gone, woken));
}

#[cfg(test)]
mod tests {
    use super::after_update;
    use std::{fs, path::PathBuf};

    #[test]
    fn an_update_while_we_run_is_no_reason_to_start_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("orchestron");
        let gone = PathBuf::from(format!("{} (deleted)", program.display()));
        assert_eq!(after_update(gone.clone()), gone, "nothing newer is there");
        fs::write(&program, "newer").unwrap();
        assert_eq!(after_update(gone), program);
        assert_eq!(after_update(program.clone()), program);
    }
}
