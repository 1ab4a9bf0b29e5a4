//! The project a verb works on, and how a verb asks an operation.

use crate::{args::Common, failure::Failure};
use orchestron_adapters::{
    project::{self, Project},
    state_dir::once_project,
};
use orchestron_engine::{Engine, Mode};
use orchestron_operations::{Asker, Context, call};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    env,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How long an engine elsewhere may take until it has seen what was written here.
const PATIENCE: Duration = Duration::from_secs(3);
/// It is looked at soon, for an engine that runs needs a millisecond or two, then less and less often.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_micros(150), Duration::from_millis(20));
/// What has taken so long already is not told later than by this part of it.
const LATE: u32 = 10;

/// A found project, opened.
pub struct Here {
    /// Its real ports.
    pub project: Arc<Project>,
    /// Access for operations.
    pub context: Context,
}

/// Where verbs look when no project is named.
pub fn start(common: &Common) -> Result<PathBuf, Failure> {
    match &common.project {
        Some(named) => Ok(named.clone()),
        None => env::current_dir().map_err(|said| Failure::Io {
            doing: "cannot tell the current folder",
            said,
        }),
    }
}

/// The folder that holds `.mcp`: the named one, or the nearest above; from inside a worktree, that of the main checkout.
pub fn root(common: &Common) -> Result<PathBuf, Failure> {
    let from = start(common)?;
    project::find(&from).ok_or_else(|| Failure::NoProject {
        from: from.display().to_string(),
        once: once_project(&from).map(|folder| folder.display().to_string()),
    })
}

impl Here {
    /// Finds and opens the project.
    pub fn open(common: &Common) -> Result<Self, Failure> {
        let project = Arc::new(Project::open(&root(common)?)?);
        let ours = Arc::clone(&project);
        let mut context = context_of(&project, Asker::found_by(move || ours.caller()))?;
        // A command asks once or twice.
        context.store.keep_no_copy();
        Ok(Self { project, context })
    }

    /// Asks an operation by name.
    pub fn ask<T: DeserializeOwned>(
        &mut self,
        name: &str,
        input: &impl Serialize,
    ) -> Result<T, Failure> {
        ask(&mut self.context, name, input)
    }

    /// Carries out what follows from a write when no engine runs: moves, gates, merges. Starts no agents.
    /// Returns whether it was done here (false: a running engine does it).
    pub fn settle(&self) -> Result<bool, Failure> {
        let log = self.context.store.log();
        let written = log.last()?;
        let patience = Patience::new(PATIENCE);
        loop {
            if self.settle_now()? {
                return Ok(true);
            }
            // Who holds the lease may be another command at its very end, which has seen nothing of what was written here.
            if log.decided_to()? >= written || !patience.waits() {
                return Ok(false);
            }
        }
    }

    /// Ends in the log what is over without anybody having noticed; none when an engine runs, which does so by itself.
    pub fn take_stock(&self) -> Result<Option<Vec<String>>, Failure> {
        let live = |store: &orchestron_engine::Store| -> Result<Vec<String>, Failure> {
            let story = store.story()?;
            Ok(story.live_runs().map(|run| run.id.to_string()).collect())
        };
        let before = live(&self.context.store)?;
        if before.is_empty() || self.context.store.locks().lease_is_held()? {
            return Ok(None);
        }
        let (ports, _stop) = self.project.engine_ports(self.project.keepers())?;
        let looked = Engine::start(ports, Mode::Settle).and_then(|mut engine| engine.take_stock());
        match looked {
            Err(error) if error.is_held() => return Ok(None),
            other => other?,
        }
        let after = live(&self.context.store)?;
        let over = before.into_iter().filter(|run| !after.contains(run));
        Ok(Some(
            over.map(|run| format!("{run} is over; the log knows it now"))
                .collect(),
        ))
    }

    fn settle_now(&self) -> Result<bool, Failure> {
        if self.context.store.locks().lease_is_held()? {
            return Ok(false);
        }
        let (ports, _stop) = self.project.engine_ports(self.project.keepers())?;
        let settled = Engine::start(ports, Mode::Settle).and_then(|mut engine| engine.settle());
        match settled {
            Ok(()) => Ok(true),
            Err(error) if error.is_held() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Looks again and again at what an engine elsewhere does.
pub struct Patience {
    since: Instant,
    until: Instant,
}

impl Patience {
    /// So long.
    pub fn new(patience: Duration) -> Self {
        let since = Instant::now();
        Self {
            since,
            until: since + patience,
        }
    }

    /// Sleeps until it is time to look again; false when it took too long.
    pub fn waits(&self) -> bool {
        if Instant::now() > self.until {
            return false;
        }
        let (least, most) = LOOK_AGAIN;
        thread::sleep((self.since.elapsed() / LATE).clamp(least, most));
        true
    }
}

/// A context over a project's real ports. Who asks is told by where this process comes from, here and nowhere else.
pub fn context(project: &Project) -> Result<Context, Failure> {
    context_of(project, project.caller().into())
}

fn context_of(project: &Project, actor: Asker) -> Result<Context, Failure> {
    let store = project.store()?;
    let scripted = project.is_scripted_in(&store)?;
    Ok(Context {
        store,
        git: project.git(),
        logs: project.logs(),
        keys: project.keys(),
        programs: project.programs(),
        project: orchestron_operations::Project {
            path: project.root().display().to_string(),
            scripted,
        },
        actor,
    })
}

/// Asks an operation by name, typed.
pub fn ask<T: DeserializeOwned>(
    context: &mut Context,
    name: &str,
    input: &impl Serialize,
) -> Result<T, Failure> {
    let json = |error: serde_json::Error| Failure::Io {
        doing: "cannot convert an operation's data",
        said: error.into(),
    };
    let input = serde_json::to_value(input).map_err(json)?;
    let output = call(context, name, input)?;
    serde_json::from_value(output).map_err(json)
}

/// Ctrl-C, or the polite signal to end.
pub async fn interrupted() -> Result<(), Failure> {
    let failed = |said| Failure::Io {
        doing: "cannot listen for signals",
        said,
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut term = signal(SignalKind::terminate()).map_err(failed)?;
        tokio::select! {
            done = tokio::signal::ctrl_c() => done.map_err(failed),
            _ = term.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map_err(failed)
}
