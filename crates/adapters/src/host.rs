//! A thread that is the project's engine, or waits to become it; and a thread that tells surfaces what changed.

use crate::{process::runs::KeeperSpawner, project::Project, watch::StopHandle};
use orchestron_engine::{
    Engine, EngineError, Mode, StoreError, Trail,
    ports::{PortErrorKind, PortResult},
};
use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How long to wait before trying again to become the engine.
const RETRY: Duration = Duration::from_secs(2);

/// What the engine thread is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineStatus {
    /// This process is the engine.
    Running,
    /// Another process is; this one takes over when that ends.
    Waiting {
        /// Who holds the lease.
        holder: String,
    },
    /// It ended with an error and will be started again.
    Failed {
        /// What is wrong.
        error: String,
    },
    /// It was stopped. Agents go on.
    Stopped,
}

/// Makes keepers for an engine; called again when the engine is started again.
pub type Keepers = Arc<dyn Fn() -> Box<dyn KeeperSpawner> + Send + Sync>;

/// The engine's thread.
pub struct EngineThread {
    stop: Sender<()>,
    waker: Arc<Mutex<Option<StopHandle>>>,
    thread: JoinHandle<()>,
}

impl EngineThread {
    /// Starts the thread. `tell` hears every change of its status.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        project: Arc<Project>,
        keepers: Keepers,
        tell: impl Fn(EngineStatus) + Send + 'static,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let waker = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&waker);
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(move || be_engine(&project, &keepers, &shared, &stopped, &tell))?;
        Ok(Self {
            stop,
            waker,
            thread,
        })
    }

    /// Stops the engine and waits for it. Agents go on under their keepers.
    pub fn stop(self) {
        let told = self.stop.send(());
        if let Some(waker) = self
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
        {
            waker.stop();
        }
        if told.is_ok() && self.thread.join().is_err() {
            // It panicked; the message is on standard error, and nothing is left to be stopped.
        }
    }
}

fn be_engine(
    project: &Project,
    keepers: &Keepers,
    shared: &Mutex<Option<StopHandle>>,
    stopped: &Receiver<()>,
    tell: &dyn Fn(EngineStatus),
) {
    loop {
        match run_once(project, keepers, shared, stopped, tell) {
            Ok(true) => return tell(EngineStatus::Stopped),
            Ok(false) => {}
            Err(EngineError::Port(error) | EngineError::Store(StoreError::Port(error)))
                if matches!(error.kind, PortErrorKind::Held | PortErrorKind::Overtaken) =>
            {
                tell(EngineStatus::Waiting { holder: error.said })
            }
            Err(error) => tell(EngineStatus::Failed {
                error: error.to_string(),
            }),
        }
        match stopped.recv_timeout(RETRY) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return tell(EngineStatus::Stopped),
        }
    }
}

/// Whether it was stopped before it could begin; else it ran until it was stopped.
fn run_once(
    project: &Project,
    keepers: &Keepers,
    shared: &Mutex<Option<StopHandle>>,
    stopped: &Receiver<()>,
    tell: &dyn Fn(EngineStatus),
) -> Result<bool, EngineError> {
    let (ports, stop) = project.engine_ports(keepers())?;
    *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    // A stop that came before the handle was there woke nobody.
    if !matches!(stopped.try_recv(), Err(TryRecvError::Empty)) {
        return Ok(true);
    }
    let mut engine = Engine::start(ports, Mode::Run)?;
    tell(EngineStatus::Running);
    engine.run()?;
    Ok(false)
}

/// What a surface should look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Tasks, events, requests.
    Store,
    /// What live runs say.
    Runs,
}

/// Starts a thread that tells `tell` of every change until it returns false.
///
/// # Errors
/// When nothing can be watched or the system gives no thread.
pub fn tell_changes(
    project: &Project,
    mut tell: impl FnMut(Changed) -> bool + Send + 'static,
) -> PortResult<StopHandle> {
    let mut changes = project.changes()?;
    let stop = changes.stop_handle();
    let store = project.store()?;
    let mut trail = Trail::from_now(&store)?;
    let spawned = std::thread::Builder::new()
        .name("changes".into())
        .spawn(move || {
            while let Some(change) = changes.next() {
                if (change.files || change.log) && !tell(Changed::Store) {
                    return;
                }
                if change.runs && !tell(Changed::Runs) {
                    return;
                }
                if change.log {
                    // What cannot be read now is read at the next bell.
                    while trail.follow(&store, |_, _| ()).unwrap_or_default() {}
                    changes.listen(&trail.live_runs());
                }
            }
        });
    spawned.map_err(|error| {
        crate::failure::io_failure("cannot start", "the thread that tells changes", &error)
    })?;
    Ok(stop)
}
