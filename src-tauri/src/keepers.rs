//! Keepers of the desktop app: the bundled `orchestron` program, started through Tauri's shell plugin.

use orchestron_adapters::process::{
    folder::RunFolder,
    runs::{KeeperSpawner, environment_of_keepers, keeper_ended},
};
use orchestron_engine::ports::{PortError, PortErrorKind, PortResult};
use std::path::Path;
use tauri::AppHandle;
use tauri_plugin_shell::{ShellExt, process::CommandEvent};

/// The bundled program's name in `tauri.conf.json` (`externalBin`).
pub const SIDECAR: &str = "orchestron";

/// Starts keepers as sidecars. They outlive the app: the plugin ends only what JavaScript started.
pub struct Sidecars(pub AppHandle);

impl KeeperSpawner for Sidecars {
    fn spawn(&self, run_dir: &Path, first_line: &str) -> PortResult<()> {
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
        let command = self.0.shell().sidecar(SIDECAR).map_err(failed)?;
        let (mut output, mut child) = command
            .arg("keep")
            .arg(run_dir)
            .env_clear()
            .envs(environment_of_keepers())
            .spawn()
            .map_err(failed)?;
        let folder = RunFolder::new(run_dir);
        // A task of the app's own, because a thread would have to wait for as long as the run takes.
        tauri::async_runtime::spawn(async move {
            while let Some(event) = output.recv().await {
                if let CommandEvent::Terminated(end) = event {
                    keeper_ended(&folder, end.code == Some(0));
                }
            }
        });
        // Dropping the child closes the keeper's input, which is how it knows that the line was all.
        child.write(first_line.as_bytes()).map_err(failed)
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
