//! Sets a project up: the `.mcp/` folder with its task folders, configuration and prompts. Never replaces a file that is there.

use crate::{
    config::{self, write_default},
    event_log::SqliteLog,
    failure::{failure, io_failure},
    git::GitCli,
    process::programs::InstalledPrograms,
    project::Project,
    state_dir::StateDir,
    task_files::McpFolder,
};
use orchestron_domain::{Actor, Status};
use orchestron_engine::{
    ports::{EventLog, Git, PortErrorKind, PortResult, Programs, TaskFiles},
    trust,
};
use std::{fs, path::Path};

/// What to set up.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The branch approved work is merged into; none = the one that is checked out.
    pub base_branch: Option<String>,
}

/// What was set up.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// Files that were written.
    pub created: Vec<String>,
    /// Files that were there and were left as they are.
    pub kept: Vec<String>,
    /// The chain, in words.
    pub chain: String,
    /// What the person should know.
    pub notes: Vec<String>,
}

/// Sets the project in `root` up.
///
/// # Errors
/// When something cannot be written.
pub fn set_up(root: &Path, setup: &Setup) -> PortResult<Made> {
    let mut made = Made::default();
    must_be_a_folder_of_files(root)?;
    let git = GitCli::new(root.to_path_buf(), root.join(".mcp"));
    let repository = git.is_repository()?;
    if let Some(named) = setup.base_branch.as_deref().filter(|_| repository)
        && !git.has_branch(named)?
    {
        return Err(failure(
            PortErrorKind::Missing,
            "cannot set up",
            root.display(),
            format!("there is no branch `{named}` that approved work could be merged into"),
            format!("Make it (`git branch {named}`), or name another with --base."),
        ));
    }
    for status in Status::ALL {
        make_folder(&root.join(".mcp/tasks").join(status.folder()))?;
    }
    make_folder(&root.join(".mcp/feedback"))?;
    make_folder(&root.join(".mcp/results"))?;
    let base = match &setup.base_branch {
        Some(named) => Some(named.clone()),
        None if repository => git.current_branch()?,
        None => None,
    };
    let installed = InstalledPrograms.installed()?;
    let gates = gates_for(root);
    let name = root.canonicalize().ok().and_then(|path| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    });
    let files = write_default(&config::Setup {
        project: name.as_deref().unwrap_or("project"),
        base_branch: base.as_deref(),
        installed: &installed,
        gates: &gates,
    });
    for file in files {
        write_new(root, file.path, &file.text, &mut made)?;
    }
    if installed.iter().all(|agent| agent.program.is_none()) {
        let hints = installed
            .iter()
            .map(|agent| format!("{}: {}", agent.cli, agent.install))
            .collect::<Vec<_>>()
            .join("; ");
        made.notes.push(format!("no coding agent was found on this machine, so the chain is held by tools outside and by you. To have agents started: {hints}; then edit .mcp/agents.yaml"));
    }
    if !repository && matches!(git.current_branch(), Ok(Some(_))) {
        made.notes.push("this git repository has no commit yet, and without one no task can have a worktree: `git add -A && git commit -m start` before the first is begun".to_owned());
    } else if !repository {
        made.notes.push("this is no git repository with a commit: work happens in the folder itself and nothing is merged; `git init` and a first commit give each task a worktree and a branch".to_owned());
    }
    accept_own_commands(root, setup, &mut made)
}

/// A bare repository, or the inside of a `.git`, has no files that could be worked on.
fn must_be_a_folder_of_files(root: &Path) -> PortResult<()> {
    let is_gits_own =
        root.join("HEAD").is_file() && root.join("objects").is_dir() && root.join("refs").is_dir();
    if !is_gits_own {
        return Ok(());
    }
    Err(failure(
        PortErrorKind::Other,
        "cannot set up",
        root.display(),
        "it is what git itself keeps (a bare repository), with no files to work on",
        format!(
            "Clone it (`git clone {} FOLDER`), and set the clone up.",
            root.display()
        ),
    ))
}

/// The commands in files that were written just now need no question; those in files that were there do.
fn accept_own_commands(root: &Path, setup: &Setup, made: &mut Made) -> PortResult<Made> {
    let state = StateDir::for_project(root)?;
    let (config, problems) = McpFolder::new(root, state.trash()).config()?;
    made.chain = describe(&config);
    made.notes.extend(
        problems
            .into_iter()
            .map(|problem| format!("{}: {} ({})", problem.path, problem.what, problem.cure)),
    );
    if let Some(named) = &setup.base_branch
        && config.base_branch.as_ref() != Some(named)
    {
        made.notes.push(format!("`base_branch` in .mcp/config.yaml was kept; to change it: `orchestron config set base_branch {named}`"));
    }
    let mut log = SqliteLog::open(&state.log_db())?;
    let ours = !made.kept.iter().any(|file| file.ends_with(".yaml"));
    // An agent's shell that sets a project up anew accepts nothing in the person's stead.
    if ours && Project::open(root)?.caller() == Actor::Person {
        log.set_setting(trust::KEY, &trust::commands(&config))?;
    } else if !trust::is_trusted(&config, log.setting(trust::KEY)?.as_deref()) {
        made.notes.push("nobody has accepted the commands in its configuration yet: look at them, then `orchestron trust`".to_owned());
    }
    Ok(std::mem::take(made))
}

fn describe(config: &orchestron_domain::Config) -> String {
    let name = |holder: &Option<orchestron_domain::AgentName>| {
        holder
            .as_ref()
            .map_or_else(|| "nobody".to_owned(), ToString::to_string)
    };
    format!(
        "{} prepares · {} implements · {} reviews · you approve",
        name(&config.chain.prepare),
        name(&config.chain.implement),
        name(&config.chain.review)
    )
}

fn make_folder(path: &Path) -> PortResult<()> {
    fs::create_dir_all(path).map_err(|error| io_failure("cannot make", path.display(), &error))
}

fn write_new(root: &Path, name: &str, text: &str, made: &mut Made) -> PortResult<()> {
    let path = root.join(".mcp").join(name);
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let shown = format!(".mcp/{name}");
    match fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
    {
        Ok(mut file) => {
            std::io::Write::write_all(&mut file, text.as_bytes())
                .map_err(|error| io_failure("cannot write", &shown, &error))?;
            made.created.push(shown);
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => made.kept.push(shown),
        Err(error) => return Err(io_failure("cannot write", &shown, &error)),
    }
    Ok(())
}

/// Commands that look like this project's checks.
fn gates_for(root: &Path) -> Vec<String> {
    let has = |name: &str| root.join(name).is_file();
    let npm_tests = || {
        fs::read_to_string(root.join("package.json"))
            .is_ok_and(|text| text.contains("\"test\":") && !text.contains("no test specified"))
    };
    let mut gates = Vec::new();
    if has("Cargo.toml") {
        gates.push("cargo test".to_owned());
    }
    if has("package.json") && npm_tests() {
        gates.push("npm test".to_owned());
    }
    if has("go.mod") {
        gates.push("go test ./...".to_owned());
    }
    if has("pytest.ini") || has("conftest.py") {
        gates.push("python3 -m pytest".to_owned());
    }
    gates
}
