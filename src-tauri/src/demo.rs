//! The demo in the window: the sidecar makes the sample project and plays the scripted model for as long as the app lives.

use crate::keepers::SIDECAR;
use serde::Deserialize;
use std::path::PathBuf;
use tauri::AppHandle;
use tauri_plugin_shell::{
    ShellExt,
    process::{CommandChild, CommandEvent},
};
use thiserror::Error;

/// Why there is no demo.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The sidecar cannot be started.
    #[error("the demo cannot be started: {0}")]
    Start(#[from] tauri_plugin_shell::Error),
    /// It ended without telling where the project is.
    #[error("the demo could not be set up: {0}")]
    Ended(String),
}

#[derive(Deserialize)]
struct Ready {
    project: PathBuf,
}

/// The running scripted model.
pub struct Model {
    /// The sample project.
    pub project: PathBuf,
    /// Its input is open for as long as this lives; when it closes, the model ends by itself.
    _child: CommandChild,
}

impl Model {
    /// Starts it and waits until the sample project is there.
    pub fn start(app: &AppHandle) -> Result<Self, DemoError> {
        let (mut output, child) = app
            .shell()
            .sidecar(SIDECAR)?
            .args(["demo", "--only-model"])
            .spawn()?;
        let mut said = String::new();
        while let Some(event) = output.blocking_recv() {
            match event {
                CommandEvent::Stdout(line) => {
                    if let Ok(ready) = serde_json::from_slice::<Ready>(&line) {
                        return Ok(Self {
                            project: ready.project,
                            _child: child,
                        });
                    }
                }
                CommandEvent::Stderr(line) => said.push_str(&String::from_utf8_lossy(&line)),
                CommandEvent::Error(error) => said.push_str(&error),
                _ => {}
            }
        }
        Err(DemoError::Ended(said.trim().to_owned()))
    }
}
