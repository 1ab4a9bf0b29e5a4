//! Keepers of the desktop app: the bundled `orchestron` program, started through Tauri's shell plugin.

use orchestron_adapters::process::{
    folder::RunFolder,
    runs::{
        KeeperSpawner, arguments_of_waiting, environment_of_keepers, keeper_ended,
        order_for_waiting,
    },
};
use orchestron_engine::ports::{PortError, PortErrorKind, PortResult};
use std::{
    ffi::OsStr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tauri::AppHandle;
use tauri_plugin_shell::{
    ShellExt,
    process::{CommandChild, CommandEvent},
};

/// The bundled program's name in `tauri.conf.json` (`externalBin`).
pub const SIDECAR: &str = "orchestron";

/// Starts keepers as sidecars. They outlive the app: the plugin ends only what JavaScript started.
pub struct Sidecars {
    app: AppHandle,
    /// A keeper that waits for its run. It ends when it is dropped, as it does when this process dies: its input ends.
    ready: Mutex<Option<Started>>,
}

/// A keeper that was started and not told anything yet.
struct Started {
    child: CommandChild,
    minding: Arc<Minding>,
}

impl Sidecars {
    /// For one engine of this app.
    pub fn new(app: AppHandle) -> Self {
        Self {
            app,
            ready: Mutex::default(),
        }
    }

    fn ready(&self) -> MutexGuard<'_, Option<Started>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
    ) -> Result<Started, tauri_plugin_shell::Error> {
        let command = self.app.shell().sidecar(SIDECAR)?;
        let (mut output, child) = command
            .args(words)
            .env_clear()
            .envs(environment_of_keepers())
            .spawn()?;
        let minding = Arc::new(Minding::default());
        let told = Arc::clone(&minding);
        // A task of the app's own, because a thread would have to wait for as long as the run takes.
        tauri::async_runtime::spawn(async move {
            while let Some(event) = output.recv().await {
                if let CommandEvent::Terminated(end) = event {
                    told.ended(end.code == Some(0));
                }
            }
        });
        Ok(Started { child, minding })
    }

    /// Tells the waiting keeper its run, when there is one that lives.
    fn tell(&self, run_dir: &Path, first_line: &str) -> Option<()> {
        let order = order_for_waiting(run_dir, first_line)?;
        let Started { mut child, minding } = self.ready().take()?;
        // Dropped behind it, which tells the keeper that it is whole. One that is gone has heard nothing of this run.
        child.write(order.as_bytes()).ok()?;
        minding.runs(RunFolder::new(run_dir));
        Some(())
    }
}

impl KeeperSpawner for Sidecars {
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()> {
        if self.tell(run_dir, first_line).is_some() {
            return Ok(());
        }
        let failed = |error: tauri_plugin_shell::Error| PortError {
            doing: "cannot start the keeper of",
            what: run_dir.display().to_string(),
            said: error.to_string(),
            cure: Some(
                "the program `orchestron` belongs beside the app; install Orchestron again"
                    .to_owned(),
            ),
            kind: PortErrorKind::Other,
        };
        let words = [OsStr::new("keep"), run_dir.as_os_str()];
        let Started { mut child, minding } = self.start(words).map_err(failed)?;
        minding.runs(RunFolder::new(run_dir));
        // Dropping the child closes the keeper's input, which is how it knows that the line was all.
        child.write(first_line.as_bytes()).map_err(failed)
    }

    fn get_ready(&self) {
        let mut ready = self.ready();
        if ready.is_none() {
            // Whatever is in the way will be told when a run is to be started.
            *ready = arguments_of_waiting().and_then(|words| self.start(words).ok());
        }
    }

    fn program(&self) -> PortResult<std::path::PathBuf> {
        let beside = tauri::utils::platform::current_exe().map_err(|error| PortError {
            doing: "cannot tell where",
            what: "this program lies".to_owned(),
            said: error.to_string(),
            cure: None,
            kind: PortErrorKind::Other,
        })?;
        let name = if cfg!(windows) {
            "orchestron.exe"
        } else {
            "orchestron"
        };
        Ok(beside.with_file_name(name))
    }
}

/// What a keeper minds, and how it ended: they come in any order, because a keeper may end the moment it is told its run.
#[derive(Default)]
struct Minding(Mutex<(Option<RunFolder>, Option<bool>)>);

impl Minding {
    fn runs(&self, folder: RunFolder) {
        self.know(|known| known.0 = Some(folder));
    }

    fn ended(&self, well: bool) {
        self.know(|known| known.1 = Some(well));
    }

    /// Whoever watches the run is told when both are known. One that ends while it waits is nobody's.
    fn know(&self, more: impl FnOnce(&mut (Option<RunFolder>, Option<bool>))) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        more(&mut known);
        if let (Some(folder), Some(well)) = &*known {
            keeper_ended(folder, *well);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Minding, RunFolder};

    #[test]
    fn a_keeper_that_ends_without_a_word_is_told_of_whichever_is_known_first() {
        let told = |in_order: fn(&Minding, RunFolder)| {
            let dir = tempfile::tempdir().unwrap();
            let folder = RunFolder::new(dir.path());
            in_order(&Minding::default(), folder.clone());
            folder.gone().exists()
        };
        assert!(told(|minding, folder| {
            minding.runs(folder);
            minding.ended(false);
        }));
        assert!(told(|minding, folder| {
            minding.ended(false);
            minding.runs(folder);
        }));
        assert!(!told(|minding, folder| {
            minding.runs(folder);
            minding.ended(true);
        }));
        assert!(!told(|minding, _| minding.ended(false)));
        assert!(!told(|minding, folder| minding.runs(folder)));
    }
}
