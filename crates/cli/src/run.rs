//! `run`: the engine without a window; with `--ui` the same UI in a browser.

use crate::{
    args::{Common, Run},
    failure::Failure,
    follow::Follower,
    here,
    output::{BOLD, DIM, Output, YELLOW},
};
use orchestron_adapters::{
    host::{Changed, EngineStatus, EngineThread, tell_changes},
    project::Project,
};
use orchestron_operations::wire::{ProjectView, Topic, input};
use orchestron_server::http::{self, Serve, Serving};
use serde_json::json;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};
use tokio::sync::{
    broadcast,
    mpsc::{self, error::TrySendError},
};

/// Changes a slow reader may lag behind before it is told to look at everything again.
const CHANGES: usize = 256;

/// `run`
pub fn run(common: &Common, args: &Run, output: &Output) -> Result<(), Failure> {
    let project = Arc::new(Project::open(&here::root(common)?)?);
    tell_hindrances(&project, output)?;
    serve(
        &project,
        args.ui.then_some(args.port),
        "the engine stops; agents that are at work go on and are taken up again by the next engine",
        output,
    )
}

/// What keeps agents from being started: said once, before somebody waits in vain or tasks come back for it.
fn tell_hindrances(project: &Project, output: &Output) -> Result<(), Failure> {
    let mut context = here::context(project)?;
    let view: ProjectView = here::ask(&mut context, "project", &input::Nothing {})?;
    if !view.engine.trusted {
        let text = "nothing is started: this project's commands are not trusted on this machine yet. Read .mcp/config.yaml and .mcp/agents.yaml, then: orchestron trust";
        tell(output, "untrusted", text)?;
    }
    if let Some(why) = &view.engine.paused {
        let text = format!("nothing new is started: {why}. To go on: orchestron resume");
        tell(output, "paused", &text)?;
    }
    let mut lacking: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for agent in view.agents.iter().filter(|agent| !agent.legs.is_empty()) {
        if let Some(missing) = &agent.missing {
            lacking.entry(missing).or_default().push(&agent.name);
        }
    }
    for (missing, names) in lacking {
        let text = format!("{} cannot be started: {missing}", names.join(", "));
        tell(output, "missing", &text)?;
    }
    Ok(())
}

/// Runs the engine, and the UI when a port is given, until interrupted; then says `farewell`.
pub fn serve(
    project: &Arc<Project>,
    ui: Option<u16>,
    farewell: &str,
    output: &Output,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new().map_err(|said| Failure::Io {
        doing: "cannot start",
        said,
    })?;
    runtime.block_on(serve_async(project, ui, farewell, output))
}

async fn serve_async(
    project: &Arc<Project>,
    ui: Option<u16>,
    farewell: &str,
    output: &Output,
) -> Result<(), Failure> {
    let (changes, _) = broadcast::channel(CHANGES);
    let serving = match ui {
        Some(port) => Some(start_ui(project, port, changes.clone(), output).await?),
        None => None,
    };
    let (status, mut statuses) = mpsc::unbounded_channel();
    let keepers = Arc::clone(project);
    let engine = EngineThread::start(
        Arc::clone(project),
        Arc::new(move || keepers.keepers()),
        move |now| {
            if status.send(now).is_err() {
                // Nobody listens any more: we are stopping.
            }
        },
    )
    .map_err(|said| Failure::Io {
        doing: "cannot start the engine",
        said,
    })?;
    let (bell, mut bells) = mpsc::channel(1);
    let stop = tell_changes(project, move |changed| {
        let topic = if changed == Changed::Runs {
            Topic::Runs
        } else {
            Topic::Store
        };
        // That no page is open is no reason to stop.
        changes.send(topic).unwrap_or_default();
        // A bell that is full rings already; one that nobody hears is the end.
        !matches!(bell.try_send(()), Err(TrySendError::Closed(())))
    })?;
    let mut follower = Follower::from_now(project, None)?;
    let mut last = None;
    // One listener for all rounds: a signal between two of them would be heard by nobody.
    let mut interrupted = std::pin::pin!(here::interrupted());
    loop {
        tokio::select! {
            done = &mut interrupted => { done?; break; }
            Some(now) = statuses.recv() => {
                // An engine that begins again may have begun a new log (the old one was deleted): that one is followed then.
                let failed = |status: &EngineStatus| matches!(status, EngineStatus::Failed { .. });
                if last.as_ref().is_some_and(failed) && !failed(&now) {
                    follower = Follower::from_now(project, None)?;
                }
                tell_status(now, &mut last, output)?;
            }
            Some(()) = bells.recv() => follower.print_new(output)?,
        }
    }
    stop.stop();
    tell(output, "stopping", farewell)?;
    let stopped = tokio::task::spawn_blocking(move || engine.stop()).await;
    if let Some(serving) = serving {
        serving.stop().await.map_err(|said| Failure::Io {
            doing: "the UI's server ended with an error",
            said,
        })?;
    }
    stopped.map_err(|error| Failure::Io {
        doing: "cannot stop the engine",
        said: error.into(),
    })
}

async fn start_ui(
    project: &Arc<Project>,
    port: u16,
    changes: broadcast::Sender<Topic>,
    output: &Output,
) -> Result<Serving, Failure> {
    let context = here::context(project)?;
    let token = format!(
        "{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    );
    let serve = Serve {
        context: Arc::new(Mutex::new(context)),
        token: token.clone(),
        secret: crate::mcp::secret(),
        changes,
    };
    let serving = http::start(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), serve).await?;
    let address = format!("http://{}/#token={token}", serving.addr());
    output_line(
        output,
        &json!({"event": "ui", "address": address}),
        &format!("{BOLD}UI{BOLD:#}  {address}"),
    )?;
    Ok(serving)
}

/// Says a status once: while another process is the engine, becoming it is tried again and again.
fn tell_status(
    now: EngineStatus,
    last: &mut Option<EngineStatus>,
    output: &Output,
) -> Result<(), Failure> {
    if last.as_ref() == Some(&now) {
        return Ok(());
    }
    match last.insert(now) {
        EngineStatus::Running => tell(output, "running", "the engine runs; Ctrl-C stops it"),
        EngineStatus::Waiting { holder } => tell(
            output,
            "waiting",
            &format!("{holder}; this one takes over when that ends"),
        ),
        EngineStatus::Failed { error } => tell(
            output,
            "failed",
            &format!("the engine ended with an error and is started again: {error}"),
        ),
        EngineStatus::Stopped => Ok(()),
    }
}

fn tell(output: &Output, word: &str, text: &str) -> Result<(), Failure> {
    let style = if word == "running" || word == "stopping" {
        DIM
    } else {
        YELLOW
    };
    output_line(
        output,
        &json!({"event": "engine", "status": word, "text": text}),
        &format!("{style}{text}{style:#}"),
    )
}

/// One line of a stream: JSON for programs, text for people.
fn output_line(output: &Output, data: &serde_json::Value, text: &str) -> Result<(), Failure> {
    if output.is_json() {
        output.line(data)
    } else {
        output.answer(&(), |out| writeln!(out, "{text}"))
    }
}
