//! `demo`: the whole chain at work on a sample project, with the real Claude CLI and a scripted model. Nothing is sent anywhere.

use crate::{
    args::Demo,
    failure::Failure,
    output::{BOLD, DIM, Output, YELLOW, json_line},
    run::serve,
};
use orchestron_adapters::{
    init::{Setup, set_up},
    process::programs::InstalledPrograms,
    project::Project,
    state_dir,
};
use orchestron_engine::{
    ports::{InstalledAgent, PortError, PortErrorKind, Programs},
    trust,
};
use orchestron_server::scripted_model::{Pace, Scenario, ScriptedModel, ScriptedModelHandle};
use serde::Serialize;
use std::{
    env, fs,
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

include!(concat!(env!("OUT_DIR"), "/demo_files.rs"));

/// What the script is called in messages.
const SCENARIO: &str = "crates/cli/demo/scenario.yaml";
/// Earlier sample projects that are kept.
const KEPT: usize = 3;
/// The folder of the sample project.
const PROJECT: &str = "storefront";
/// What this program is called.
const NAME: &str = "orchestron";
/// The coding agent of the sample project.
const AGENT: &str = "claude";

#[derive(Serialize)]
struct Ready {
    event: &'static str,
    project: String,
    model: String,
}

/// `demo`
pub fn demo(args: &Demo, output: &Output) -> Result<(), Failure> {
    if !args.only_model {
        agents_must_be_there()?;
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|said| Failure::Io {
        doing: "cannot start",
        said,
    })?;
    let model = runtime.block_on(start_model(args.fast))?;
    let root = match &args.dir {
        Some(named) => named.clone(),
        None => fresh_folder()?,
    };
    let project = make_project(&root, &model.base_url())?;
    let ready = Ready {
        event: "demo",
        project: project.root().display().to_string(),
        model: model.base_url(),
    };
    if args.only_model {
        // Between two programs of ours: the window reads this line.
        json_line(&ready)?;
        until_input_ends()?;
        return end_agents(&project);
    }
    if output.is_json() {
        output.line(&ready)?;
    } else {
        output.answer(&ready, |out| {
            writeln!(out, "{YELLOW}Scripted model: nothing is sent anywhere.{YELLOW:#} Agents, files, git and tests are real.")?;
            writeln!(out, "{BOLD}Project{BOLD:#}  {}", ready.project)?;
            writeln!(out, "{DIM}In another terminal: cd {} && {} requests{DIM:#}", ready.project, this_program())
        })?;
    }
    let farewell = "the demo ends, and its agents with it; its project stays where it is";
    serve(&project, args.ui.then_some(args.port), farewell, output)?;
    end_agents(&project)?;
    runtime.block_on(model.stop());
    Ok(())
}

/// How this program is called from another terminal: by its name, unless another one or none would be found by that.
fn this_program() -> String {
    let Some(here) = env::current_exe()
        .ok()
        .and_then(|path| path.canonicalize().ok())
    else {
        return NAME.to_owned();
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).find_map(|folder| folder.join(NAME).canonicalize().ok());
    if found.as_ref() == Some(&here) {
        NAME.to_owned()
    } else {
        here.display().to_string()
    }
}

/// The demo's agents are real. Only what they would say is written down.
fn agents_must_be_there() -> Result<(), Failure> {
    let agents = InstalledPrograms.found()?;
    match agents.into_iter().find(|agent| agent.cli == AGENT) {
        Some(InstalledAgent {
            program: None,
            install,
            ..
        }) => Err(Failure::Missing {
            what: "the demo runs the real Claude command line, which is not installed here"
                .to_owned(),
            cure: format!(
                "{install}. For the demo neither a login nor a key is needed. ORCHESTRON_CLAUDE names a `claude` that lies elsewhere"
            ),
        }),
        _ => Ok(()),
    }
}

/// Agents cannot go on without the model that ends here.
fn end_agents(project: &Project) -> Result<(), Failure> {
    let (mut ports, _stop) = project.engine_ports(project.keepers())?;
    for run in ports.runs.found()? {
        ports.runs.settle(&run)?;
    }
    Ok(())
}

async fn start_model(fast: bool) -> Result<ScriptedModelHandle, Failure> {
    let mut scenario = Scenario::from_yaml(include_str!("../demo/scenario.yaml"), SCENARIO)?;
    if fast {
        scenario = scenario.with_pace(Pace::Instant);
    }
    Ok(ScriptedModel::start(scenario, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?)
}

/// Whoever started us holds our standard input open for as long as the model is needed.
fn until_input_ends() -> Result<(), Failure> {
    io::copy(&mut io::stdin().lock().take(u64::MAX), &mut io::sink()).map_err(|said| {
        Failure::Io {
            doing: "cannot read standard input",
            said,
        }
    })?;
    Ok(())
}

/// A new folder below the state directory; the oldest ones of earlier demos are cleared away.
fn fresh_folder() -> Result<PathBuf, Failure> {
    let base = state_dir::base_dir()?.join("demo");
    let said = |said| Failure::Io {
        doing: "cannot make the sample project's folder",
        said,
    };
    fs::create_dir_all(&base).map_err(said)?;
    let mut earlier: Vec<_> = fs::read_dir(&base)
        .map_err(said)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    earlier.sort();
    for old in earlier.iter().rev().skip(KEPT) {
        forget(old)?;
    }
    let stamp = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |gone| gone.as_millis());
    Ok(base.join(format!("{stamp}")).join(PROJECT))
}

/// Removes an earlier sample project with its state, unless it is still at work.
fn forget(demo: &Path) -> Result<(), Failure> {
    let root = demo.join(PROJECT);
    let mut gone = vec![demo.to_path_buf()];
    if root.join(".mcp").is_dir() {
        let project = Project::open(&root)?;
        if project.store()?.locks().lease_is_held()? {
            return Ok(());
        }
        gone.push(project.state_dir().root().to_path_buf());
    }
    for folder in gone {
        fs::remove_dir_all(folder).map_err(|said| Failure::Io {
            doing: "cannot remove an earlier sample project",
            said,
        })?;
    }
    Ok(())
}

/// Writes the sample project, makes it a git repository, and sets Orchestron up in it.
fn make_project(root: &Path, model: &str) -> Result<Arc<Project>, Failure> {
    if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::Usage(format!(
            "{} is not empty; name a new folder, the demo overwrites nothing",
            root.display()
        )));
    }
    for (name, bytes) in FILES
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("project/")?, bytes)))
    {
        write(&root.join(name), bytes)?;
    }
    git(root, &["init", "--quiet", "--initial-branch=main"])?;
    git(root, &["add", "--all"])?;
    git(
        root,
        &[
            "-c",
            "user.name=Demo",
            "-c",
            "user.email=demo@orchestron.local",
            "commit",
            "--quiet",
            "--no-verify",
            "-m",
            "The storefront",
        ],
    )?;
    for (name, bytes) in FILES
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("mcp/")?, bytes)))
    {
        let text = String::from_utf8_lossy(bytes).replace("${model}", model);
        write(&root.join(".mcp").join(name), text.as_bytes())?;
    }
    set_up(
        root,
        &Setup {
            base_branch: Some("main".to_owned()),
        },
    )?;
    for (name, bytes) in FILES
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix("tasks/")?, bytes)))
    {
        write(&root.join(".mcp/tasks/pending").join(name), bytes)?;
    }
    let project = Project::open(root)?;
    project.mark_scripted()?;
    project
        .store()?
        .set_setting(trust::KEY, &trust::commands(&project.config()?))?; // written by us just now
    Ok(Arc::new(project))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let said = |said: io::Error| {
        Failure::Port(PortError {
            doing: "cannot write the sample project's",
            what: path.display().to_string(),
            said: said.to_string(),
            cure: Some("Name a new folder in a place you may write to, with --dir.".to_owned()),
            kind: PortErrorKind::Other,
        })
    };
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(said)?;
    fs::write(path, bytes).map_err(said)
}

fn git(root: &Path, args: &[&str]) -> Result<(), Failure> {
    let missing = |what: String| Failure::Missing {
        what,
        cure: "install git 2.38 or newer (Debian: apt-get install git)".to_owned(),
    };
    let done = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(args)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output();
    match done {
        Ok(done) if done.status.success() => Ok(()),
        Ok(done) => Err(missing(format!(
            "`git {}` failed: {}",
            args.join(" "),
            String::from_utf8_lossy(&done.stderr).trim()
        ))),
        Err(error) => Err(missing(format!("git cannot be started: {error}"))),
    }
}
