//! Starting keepers.

use super::{environment, folder::RunFolder};
use crate::failure::io_failure;
use orchestron_engine::ports::PortResult;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// How a keeper is started. The desktop app has its own way, through the shell plugin of its framework.
pub trait KeeperSpawner: Send {
    /// Starts a keeper for this run folder and tells it `first_line` (with its line end) on its input.
    ///
    /// # Errors
    /// When it cannot be started.
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()>;

    /// The program `orchestron`, which agents call to get their key (`key-helper`).
    ///
    /// # Errors
    /// When that is not known.
    fn program(&self) -> PortResult<PathBuf>;
}

/// Enough for a thread that waits for a child.
const STACK_BYTES: usize = 64 * 1024;

/// Starts keepers as children of this process. A thread for each waits for its end, so that no zombie stays.
#[derive(Clone, Debug, Default)]
pub struct ProcessSpawner {
    command: Option<(PathBuf, Vec<OsString>)>,
}

impl ProcessSpawner {
    /// Keepers by another command than this program's `keep`; the run folder is appended.
    #[must_use]
    pub fn with_command(program: PathBuf, args: Vec<OsString>) -> Self {
        Self {
            command: Some((program, args)),
        }
    }
}

impl KeeperSpawner for ProcessSpawner {
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()> {
        let (program, args) = match &self.command {
            Some(command) => command.clone(),
            None => (self.program()?, vec![OsString::from("keep")]),
        };
        let mut command = Command::new(&program);
        command.args(args).arg(run_dir).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(complaints(run_dir));
        command.env_clear().envs(environment_of_keepers());
        let failed = |error| io_failure("cannot start the keeper", program.display(), &error);
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        let folder = RunFolder::new(run_dir);
        std::thread::Builder::new()
            .name("keeper".into())
            .stack_size(STACK_BYTES)
            .spawn(move || wait(child, &folder))
            .map_err(failed)?;
        match stdin {
            // Dropped behind it, which tells the keeper that the line is whole.
            Some(mut stdin) => match stdin.write_all(first_line.as_bytes()) {
                Ok(()) => Ok(()),
                // It found that there is nothing to do and ended, which it may.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                Err(error) => Err(failed(error)),
            },
            None => Ok(()),
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
        .open(run_dir.join("keeper.log"));
    log.map_or_else(|_| Stdio::null(), Stdio::from)
}

/// What of our own environment a keeper gets: all but secrets. It is told the one it needs on its input.
#[must_use]
pub fn environment_of_keepers() -> BTreeMap<String, String> {
    environment::scrubbed(&environment::own())
}

fn wait(mut child: Child, folder: &RunFolder) {
    let ended = child.wait();
    keeper_ended(folder, ended.is_ok_and(|status| status.success()));
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
