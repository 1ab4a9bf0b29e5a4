//! What stands behind the window: one project, its engine's thread, and the one command the window can call.

#![allow(clippy::let_underscore_must_use)] // in what `tauri::command` writes, not in what we write

use crate::{args::Args, demo::Model, keepers::Sidecars};
use orchestron_adapters::{
    host::{Changed, EngineThread, tell_changes},
    process::runs::KeeperSpawner,
    project::{self, Project},
    watch::StopHandle,
};
use orchestron_engine::ports::PortError;
use orchestron_operations::{
    Context,
    wire::{ErrorView, Topic},
};
use serde_json::Value;
use std::{
    env, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tauri::{AppHandle, Emitter, State};
use thiserror::Error;

/// Why the app cannot show a project.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The project cannot be opened.
    #[error(transparent)]
    Port(#[from] PortError),
    /// No project where one was named.
    #[error("there is no `.mcp` folder in {0} or above it; `orchestron init` sets one up")]
    NoProject(PathBuf),
    /// The system gave no thread, or no current folder.
    #[error("cannot start: {0}")]
    Io(#[from] io::Error),
    /// The sample project could not be made.
    #[error(transparent)]
    Demo(#[from] crate::demo::DemoError),
}

/// One project behind the window.
pub struct Backend {
    context: Arc<Mutex<Context>>,
    engine: Mutex<Option<EngineThread>>,
    changes: StopHandle,
    /// The scripted model of the demo; it ends when this is dropped.
    _model: Option<Model>,
}

impl Backend {
    /// Opens what the command line names and starts the engine.
    pub fn open(app: &AppHandle, args: &Args) -> Result<Self, OpenError> {
        let (root, model) = root(app, args)?;
        let project = Arc::new(Project::open(&root)?);
        let sidecars = app.clone();
        let keepers =
            Arc::new(move || Box::new(Sidecars(sidecars.clone())) as Box<dyn KeeperSpawner>);
        let engine = EngineThread::start(Arc::clone(&project), keepers, |_| {})?;
        let window = app.clone();
        let changes = tell_changes(&project, move |changed| {
            let topic = if changed == Changed::Runs {
                Topic::Runs
            } else {
                Topic::Store
            };
            window.emit("changed", topic).is_ok()
        })?;
        Ok(Self {
            context: Arc::new(Mutex::new(context(&project)?)),
            engine: Mutex::new(Some(engine)),
            changes,
            _model: model,
        })
    }

    /// Stops the engine; agents go on and are taken up by the next one.
    pub fn stop(&self) {
        self.changes.stop();
        if let Some(engine) = self
            .engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            engine.stop();
        }
    }
}

fn root(app: &AppHandle, args: &Args) -> Result<(PathBuf, Option<Model>), OpenError> {
    if let Some(named) = &args.project {
        let found = project::find(named).ok_or_else(|| OpenError::NoProject(named.clone()))?;
        return Ok((found, None));
    }
    if !args.demo
        && let Some(found) = project::find(&env::current_dir()?)
    {
        return Ok((found, None));
    }
    let model = Model::start(app)?;
    Ok((model.project.clone(), Some(model)))
}

fn context(project: &Project) -> Result<Context, PortError> {
    Ok(Context {
        store: project.store()?,
        git: project.git(),
        logs: project.logs(),
        keys: project.keys(),
        programs: project.programs(),
        project: orchestron_operations::Project {
            path: project.root().display().to_string(),
            scripted: project.is_scripted()?,
        },
        actor: project.caller(),
    })
}

/// The window's one command: an operation by name.
#[tauri::command]
pub async fn call(
    backend: State<'_, Backend>,
    name: String,
    input: Value,
) -> Result<Value, ErrorView> {
    let context = Arc::clone(&backend.context);
    let done = tauri::async_runtime::spawn_blocking(move || {
        let mut context = context.lock().unwrap_or_else(PoisonError::into_inner);
        orchestron_operations::call(&mut context, &name, input).map_err(|error| error.view())
    });
    done.await.unwrap_or_else(|error| {
        Err(ErrorView {
            code: "fault".to_owned(),
            message: format!("the operation ended unexpectedly: {error}"),
            hints: Vec::new(),
            field: None,
        })
    })
}
