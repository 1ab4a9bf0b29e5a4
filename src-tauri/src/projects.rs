//! The open projects, each with its engine, and which window shows which.

use crate::{demo::Model, desk::Desk, keepers::Sidecars, log, several::Several};
use orchestron_adapters::{
    host::{Changed, EngineStatus, EngineThread, tell_changes},
    process::runs::KeeperSpawner,
    project::Project,
    watch::StopHandle,
};
use orchestron_engine::ports::PortError;
use orchestron_operations::{
    Context, OpError, board,
    wire::{ErrorView, Topic, input},
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tauri::{AppHandle, Emitter, Manager};
use thiserror::Error;

/// So many look at a project at once: what stands on the screen is not asked for behind what tray and notifications want to know.
const AT_ONCE: usize = 2;
/// How long a window waits for its project before it is told that there is none yet.
const OPENING: Duration = Duration::from_secs(30);

/// Why a project cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The project cannot be opened.
    #[error(transparent)]
    Port(#[from] PortError),
    /// No project where one was named.
    #[error("there is no `.mcp` folder in {0} or above it; `orchestron init` sets one up")]
    NoProject(PathBuf),
    /// The system gave no thread.
    #[error("cannot start: {0}")]
    Io(#[from] io::Error),
    /// The sample project could not be made.
    #[error(transparent)]
    Demo(#[from] crate::demo::DemoError),
}

impl OpenError {
    /// As windows show it.
    pub fn view(self) -> ErrorView {
        let (message, field) = (self.to_string(), None);
        match self {
            Self::Port(error) => OpError::Store(orchestron_engine::StoreError::Port(error)).view(),
            Self::NoProject(_) => ErrorView {
                code: "no_project".to_owned(),
                message,
                hints: vec!["set it up first, or choose another folder".to_owned()],
                field: Some("path".to_owned()),
            },
            Self::Io(_) | Self::Demo(_) => ErrorView {
                code: "cannot_open".to_owned(),
                message,
                hints: Vec::new(),
                field,
            },
        }
    }
}

/// One project behind windows, tray and notifications.
pub struct OpenProject {
    /// The folder that holds `.mcp`.
    pub root: PathBuf,
    /// What it is called.
    pub name: String,
    contexts: Several<Context>,
    engine: Mutex<Option<EngineThread>>,
    changes: StopHandle,
    /// The scripted model of the demo; it ends when this is dropped.
    model: Option<Model>,
}

impl OpenProject {
    fn open(app: &AppHandle, root: &Path, model: Option<Model>) -> Result<Self, OpenError> {
        let project = Arc::new(Project::open(root)?);
        let sidecars = app.clone();
        let keepers =
            Arc::new(move || Box::new(Sidecars::new(sidecars.clone())) as Box<dyn KeeperSpawner>);
        let told = root.to_path_buf();
        let bell = app.clone();
        let engine = EngineThread::start(Arc::clone(&project), keepers, move |status| {
            if let EngineStatus::Failed { error } = &status {
                log::note(&format!("the engine of {}: {error}", told.display()));
            }
            if let Some(desk) = bell.try_state::<Desk>() {
                desk.bell.ring();
            }
        })?;
        let windows = app.clone();
        let shown = root.to_path_buf();
        let changes = tell_changes(&project, move |changed| tell(&windows, &shown, changed))?;
        let mut first = context(&project)?;
        let name = name(&mut first, root);
        let contexts = Several::new(first, AT_ONCE, move || another(&project));
        Ok(Self {
            root: root.to_path_buf(),
            name,
            contexts,
            engine: Mutex::new(Some(engine)),
            changes,
            model,
        })
    }

    /// Whether it is the sample project.
    pub const fn is_demo(&self) -> bool {
        self.model.is_some()
    }

    /// Works on it. Others may do so at the same time, as other processes may.
    pub fn with<T>(&self, work: impl FnOnce(&mut Context) -> T) -> T {
        self.contexts.with(work)
    }

    /// Stops the engine; agents go on and are taken up by the next one.
    fn stop(&self) {
        self.changes.stop();
        let engine = self
            .engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(engine) = engine {
            engine.stop();
        }
    }
}

/// Tells the windows that show this project, tray and notifications. False ends the telling.
fn tell(app: &AppHandle, root: &Path, changed: Changed) -> bool {
    let Some(desk) = app.try_state::<Desk>() else {
        return true;
    };
    let topic = match changed {
        Changed::Runs => Topic::Runs,
        Changed::Store => Topic::Store,
    };
    for label in desk.projects.windows_of(root) {
        if let Err(error) = app.emit_to(label.as_str(), "changed", topic) {
            log::note(&format!("cannot tell the window {label}: {error}"));
        }
    }
    if changed == Changed::Store {
        desk.bell.ring();
    }
    true
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
        actor: project.caller().into(),
    })
}

/// For whoever comes while the first one is at work: it keeps no copy of the index.
fn another(project: &Project) -> Option<Context> {
    let mut made = context(project)
        .inspect_err(|error| log::note(&format!("one at a time looks at the project: {error}")))
        .ok()?;
    made.store.keep_no_copy();
    Some(made)
}

fn name(context: &mut Context, root: &Path) -> String {
    let called = board::status(context, &input::Nothing {}).map(|status| status.name);
    called.unwrap_or_else(|error| {
        log::note(&format!("{}: {error}", root.display()));
        root.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    })
}

/// What a window shows.
#[derive(Clone, Debug)]
pub enum Shows {
    /// Its project is being opened.
    Opening,
    /// This project.
    Project(PathBuf),
    /// None yet, perhaps because the one asked for cannot be opened.
    Nothing(Option<ErrorView>),
}

#[derive(Default)]
struct Table {
    open: BTreeMap<PathBuf, Arc<OpenProject>>,
    windows: BTreeMap<String, Shows>,
    /// The window that had the focus last.
    front: Option<String>,
}

/// All open projects and all windows.
#[derive(Default)]
pub struct Projects {
    table: Mutex<Table>,
    settled: Condvar,
    /// Held while a project is opened, so that none is opened twice.
    opening: Mutex<()>,
}

impl Projects {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a project, or gives the one that is open.
    pub fn open(
        &self,
        app: &AppHandle,
        root: &Path,
        model: Option<Model>,
    ) -> Result<Arc<OpenProject>, OpenError> {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let one_at_a_time = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = self.get(&root) {
            return Ok(open);
        }
        let open = Arc::new(OpenProject::open(app, &root, model)?);
        self.table().open.insert(root, Arc::clone(&open));
        drop(one_at_a_time);
        Ok(open)
    }

    /// The open project in this folder.
    pub fn get(&self, root: &Path) -> Option<Arc<OpenProject>> {
        self.table().open.get(root).cloned()
    }

    /// All that are open.
    pub fn all(&self) -> Vec<Arc<OpenProject>> {
        self.table().open.values().cloned().collect()
    }

    /// Says what a window shows.
    pub fn show(&self, label: &str, shows: Shows) {
        self.table().windows.insert(label.to_owned(), shows);
        self.settled.notify_all();
    }

    /// A window is gone.
    pub fn gone(&self, label: &str) {
        let mut table = self.table();
        table.windows.remove(label);
        if table.front.as_deref() == Some(label) {
            table.front = None;
        }
    }

    /// What a window shows now.
    pub fn shown(&self, label: &str) -> Shows {
        let table = self.table();
        table
            .windows
            .get(label)
            .cloned()
            .unwrap_or(Shows::Nothing(None))
    }

    /// The folder of the project that a window shows.
    pub fn root_of(&self, label: &str) -> Option<PathBuf> {
        match self.shown(label) {
            Shows::Project(root) => Some(root),
            Shows::Opening | Shows::Nothing(_) => None,
        }
    }

    /// What a window shows, when that is settled.
    pub fn settled(&self, label: &str) -> Shows {
        let opening = |table: &mut Table| matches!(table.windows.get(label), Some(Shows::Opening));
        let (table, _) = self
            .settled
            .wait_timeout_while(self.table(), OPENING, opening)
            .unwrap_or_else(PoisonError::into_inner);
        table
            .windows
            .get(label)
            .cloned()
            .unwrap_or(Shows::Nothing(None))
    }

    /// The project of a window.
    pub fn project_of(&self, label: &str) -> Result<Arc<OpenProject>, ErrorView> {
        let problem = match self.settled(label) {
            Shows::Project(root) => match self.get(&root) {
                Some(project) => return Ok(project),
                None => None,
            },
            Shows::Nothing(problem) => problem,
            Shows::Opening => None,
        };
        Err(problem.unwrap_or_else(|| ErrorView {
            code: "no_project".to_owned(),
            message: "this window shows no project yet".to_owned(),
            hints: vec!["choose a folder".to_owned()],
            field: None,
        }))
    }

    /// The windows that show a project.
    pub fn windows_of(&self, root: &Path) -> Vec<String> {
        let table = self.table();
        let shows = |shows: &Shows| matches!(shows, Shows::Project(shown) if shown == root);
        let windows = table.windows.iter().filter(|(_, shown)| shows(shown));
        windows.map(|(label, _)| label.clone()).collect()
    }

    /// A window has the focus.
    pub fn in_front(&self, label: &str) {
        self.table().front = Some(label.to_owned());
    }

    /// The window that had the focus last, else any.
    pub fn front(&self) -> Option<String> {
        let table = self.table();
        table
            .front
            .clone()
            .or_else(|| table.windows.keys().next().cloned())
    }

    /// A name for a window that is to be made; windows have the rights of `capabilities/main.json` by these names.
    pub fn new_label(&self) -> String {
        let table = self.table();
        let free = |label: &String| !table.windows.contains_key(label);
        let others = (2..).map(|number| format!("window-{number}"));
        std::iter::once("main".to_owned())
            .chain(others)
            .find(free)
            .unwrap_or_default()
    }

    /// Closes a project: its engine stops, its agents go on.
    pub fn close(&self, root: &Path) {
        let closed = self.table().open.remove(root);
        if let Some(project) = closed {
            project.stop();
        }
    }

    /// Closes all.
    pub fn close_all(&self) {
        for project in self.all() {
            self.close(&project.root);
        }
    }
}
