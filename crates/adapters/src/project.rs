//! One project's real ports, put together. The only place that knows all adapters.

use crate::{
    clock::SystemClock,
    event_log::SqliteLog,
    git::GitCli,
    keyring::KeyStore,
    locks::FileLocks,
    process::{
        caller,
        logs::RunLogReader,
        runs::{KeeperSpawner, ProcessRuns, ProcessSpawner, Secrets},
    },
    state_dir::{self, StateDir},
    task_files::McpFolder,
    watch::{Changes, FileWaker, Places, StopHandle},
};
use orchestron_domain::{Actor, Fact};
use orchestron_engine::{
    Ports, Store,
    ports::{
        Clock, Commit, EventLog, Git, Keys, Locks, PortResult, Programs, RunLogs, SET_ASIDE,
        TaskFiles,
    },
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use crate::git::find_project as find;

/// The setting that marks a project whose agents talk to the scripted model.
const SCRIPTED: &str = "scripted";

/// Keys from the keyring (or, as told there, from our own environment).
struct Keyring(Arc<KeyStore>);

impl Secrets for Keyring {
    fn for_account(&self, account: &str) -> Option<String> {
        self.0.for_account(account)
    }
}

/// The scripted model looks at no key, but an agent does not start without one. A real one never goes there.
struct NoSecret;

impl Secrets for NoSecret {
    fn for_account(&self, _account: &str) -> Option<String> {
        Some("no-key-needed-by-the-scripted-model".to_owned())
    }
}

/// The run whose folder this is.
fn actor_of(folder: &Path) -> Actor {
    let name = folder.file_name().and_then(|name| name.to_str());
    match name.and_then(|name| name.parse().ok()) {
        Some(run) => Actor::Run { run },
        None => Actor::Unknown,
    }
}

/// What the configuration of the project in `root` says, without opening anything else: for those who have no time.
///
/// # Errors
/// When it cannot be read.
pub fn config_of(root: &Path) -> PortResult<orchestron_domain::Config> {
    // The second folder is for edits, of which there are none.
    Ok(McpFolder::new(root, root).config()?.0)
}

/// One project on this machine.
pub struct Project {
    root: PathBuf,
    state: StateDir,
    files: Arc<McpFolder>,
    locks: Arc<FileLocks>,
    clock: Arc<SystemClock>,
    git: Arc<GitCli>,
    logs: Arc<RunLogReader>,
    keys: Arc<KeyStore>,
}

impl Project {
    /// Opens the project whose `.mcp` lies in `root`.
    ///
    /// # Errors
    /// When there is none, or its state folder cannot be made.
    pub fn open(root: &Path) -> PortResult<Self> {
        let state = StateDir::for_project(root)?;
        let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
        let files = Arc::new(McpFolder::new(&root, state.trash()));
        let worktrees = match files.config()?.0.worktrees {
            Some(named) => root.join(named),
            None => state.worktrees(),
        };
        Ok(Self {
            locks: Arc::new(FileLocks::new(state.root())),
            clock: Arc::new(SystemClock::new()),
            git: Arc::new(GitCli::new(root.clone(), worktrees)),
            logs: Arc::new(RunLogReader::new(state.runs())),
            keys: Arc::new(KeyStore::new()),
            files,
            root,
            state,
        })
    }

    /// The folder that holds `.mcp`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What this machine knows about the project.
    #[must_use]
    pub const fn state_dir(&self) -> &StateDir {
        &self.state
    }

    /// What the configuration says now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn config(&self) -> PortResult<orchestron_domain::Config> {
        Ok(self.files.config()?.0)
    }

    /// Git.
    #[must_use]
    pub fn git(&self) -> Arc<dyn Git> {
        self.git.clone()
    }

    /// What runs have said.
    #[must_use]
    pub fn logs(&self) -> Arc<dyn RunLogs> {
        self.logs.clone()
    }

    /// API keys.
    #[must_use]
    pub fn keys(&self) -> Arc<dyn Keys> {
        self.keys.clone()
    }

    /// What can be started here.
    #[must_use]
    pub fn programs(&self) -> Arc<dyn Programs> {
        Arc::new(crate::process::programs::InstalledPrograms)
    }

    /// A connection to the store. Each thread or process has its own.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn store(&self) -> PortResult<Store> {
        Ok(self.opened(SqliteLog::open(&self.state.log_db())?)?.0)
    }

    /// The same for an engine: the database is read as a whole first.
    fn checked_store(&self) -> PortResult<Store> {
        Ok(self
            .opened(SqliteLog::open_checked(&self.state.log_db())?)?
            .0)
    }

    /// Reads the whole database; a damaged one is set aside and a new one begun. What was done then, in words.
    ///
    /// # Errors
    /// When it cannot be read, or was made by a newer version.
    pub fn check(&self) -> PortResult<Option<String>> {
        Ok(self
            .opened(SqliteLog::open_checked(&self.state.log_db())?)?
            .1)
    }

    /// History that was lost with a damaged database is told in the new one.
    fn opened(&self, mut log: SqliteLog) -> PortResult<(Store, Option<String>)> {
        let told = log.mended().map(|mended| {
            format!(
                "the database was damaged ({}) and is kept as {}; the board is read from the files, history begins anew",
                mended.said,
                mended.aside.display()
            )
        });
        if let Some(what) = told.clone() {
            log.set_setting(SET_ASIDE, &what)?;
            let noted = Commit {
                facts: vec![(Actor::Engine, Fact::Noted { what })],
                ..Commit::default()
            };
            log.commit(self.clock.now(), noted)?;
        }
        Ok((self.store_over(log), told))
    }

    fn store_over(&self, log: SqliteLog) -> Store {
        let log: Box<dyn EventLog> = Box::new(log);
        Store::new(
            self.files.clone() as Arc<dyn TaskFiles>,
            log,
            self.locks.clone() as Arc<dyn Locks>,
            self.clock.clone() as Arc<dyn Clock>,
        )
    }

    /// Keepers as children of this very program.
    #[must_use]
    #[allow(clippy::unused_self)] // the desktop app has another way, chosen by whoever holds the project
    pub fn keepers(&self) -> Box<dyn KeeperSpawner> {
        Box::new(ProcessSpawner::default())
    }

    /// All ports of an engine, and the handle that wakes and stops it.
    ///
    /// # Errors
    /// When database or watcher cannot be opened.
    pub fn engine_ports(&self, keepers: Box<dyn KeeperSpawner>) -> PortResult<(Ports, StopHandle)> {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let waker = FileWaker::new(self.places(), clock.clone())?;
        let stop = waker.stop_handle();
        let mcp = self.root.join(".mcp");
        let runs = if self.is_scripted()? {
            let home = self.state.root().join("agents");
            ProcessRuns::new(self.state.runs(), mcp, keepers, Arc::new(NoSecret))
                .with_agents_home(&home)
        } else {
            ProcessRuns::new(
                self.state.runs(),
                mcp,
                keepers,
                Arc::new(Keyring(self.keys.clone())),
            )
        };
        let ports = Ports {
            store: self.checked_store()?,
            git: self.git(),
            runs: Box::new(runs),
            logs: self.logs(),
            waker: Box::new(waker),
            clock,
        };
        Ok((ports, stop))
    }

    /// Hears of every change of files and log.
    ///
    /// # Errors
    /// When nothing can be watched.
    pub fn changes(&self) -> PortResult<Changes> {
        Changes::subscribe(self.places())
    }

    fn places(&self) -> Places {
        Places {
            mcp: self.root.join(".mcp"),
            doorbell: self.state.doorbell(),
            runs: self.state.runs(),
        }
    }

    /// Who acts through this process: the person at this machine, or a run of ours that this process descends from. An agent's shell
    /// can type what a person can type, but is not the person.
    #[must_use]
    pub fn caller(&self) -> Actor {
        let around = caller::runs_around_us();
        let ours = around.iter().find(|folder| self.is_close_to(folder));
        ours.map_or(Actor::Person, |folder| actor_of(folder))
    }

    /// Whether a run has something to do with this project: it is one of this project, or one whose state lies beside this one's. A run
    /// that tries Orchestron itself out, on projects and with a state folder of its own making, has not.
    fn is_close_to(&self, run: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        // …/projects/NAME-HASH/runs/TASK-001-implement-1
        let Some(state) = run.parent().and_then(Path::parent) else {
            return true;
        };
        let beside = |state: &Path| state.parent().map(real);
        if beside(state) == beside(self.state.root()) {
            return true;
        }
        // What does not say whose it is is not taken for a stranger.
        state_dir::project_of(state).is_none_or(|project| project == self.root)
    }

    /// Whether its agents talk to the scripted model.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_scripted(&self) -> PortResult<bool> {
        self.is_scripted_in(&self.store()?)
    }

    /// The same, with a connection that is open already.
    ///
    /// # Errors
    /// When the database cannot be read.
    #[allow(clippy::unused_self)] // a question about the project
    pub fn is_scripted_in(&self, store: &Store) -> PortResult<bool> {
        Ok(store.log().setting(SCRIPTED)?.as_deref() == Some("yes"))
    }

    /// Marks it as one whose agents talk to the scripted model.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn mark_scripted(&self) -> PortResult<()> {
        self.store()?.set_setting(SCRIPTED, "yes")
    }
}
