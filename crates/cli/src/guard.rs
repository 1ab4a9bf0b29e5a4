//! `orchestron guard git|refs|push`: what stands between a run and git. No verb for people; see `adapters::process::guard`.
//!
//! It holds for the project's own repository only: tests that make repositories of their own are left alone.

use orchestron_adapters::{
    git,
    process::{caller, guard::VARIABLE},
    project, state_dir,
};
use orchestron_domain::{
    TaskId,
    guard::{self, Move, Pushed, Refusal},
};
use std::{
    env,
    ffi::OsString,
    io::{self, BufRead},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

/// What git itself ends with when it will not do something.
const REFUSED: u8 = 128;
/// Names of a remote or of the repository that one command may move and are looked at.
const MOST_LINES: usize = 10_000;

/// The run that asks.
struct Run {
    task: Option<TaskId>,
    /// The project.
    root: PathBuf,
    /// The repository all its worktrees share.
    common: PathBuf,
}

/// Carries it out.
pub fn run(args: &[OsString]) -> ExitCode {
    let (verb, rest) = match args.split_first() {
        Some((verb, rest)) => (verb.to_string_lossy().into_owned(), rest),
        None => return ExitCode::SUCCESS,
    };
    match verb.as_str() {
        "git" => git_command(rest),
        "refs" => answer(refs(&runs_around_us())),
        "push" if in_repository_of(&runs_around_us()).is_none() => ExitCode::SUCCESS,
        "push" => answer(pushes()),
        _ => ExitCode::SUCCESS,
    }
}

fn answer(judged: Result<(), Refusal>) -> ExitCode {
    match judged {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            eprint!("{}", refusal.text());
            ExitCode::from(1)
        }
    }
}

/// The runs we are inside of: none outside of runs, several when a run tries Orchestron itself out.
fn runs_around_us() -> Vec<Run> {
    let found = caller::runs_around_us();
    found.iter().filter_map(|folder| run_of(folder)).collect()
}

fn run_of(folder: &Path) -> Option<Run> {
    let root = state_dir::project_of(folder.parent()?.parent()?)?;
    let common = root.ancestors().find_map(git::common_dir)?;
    let name = folder.file_name()?.to_str()?;
    let mut words = name.splitn(3, '-');
    let task = format!("{}-{}", words.next()?, words.next()?).parse().ok();
    Some(Run { task, root, common })
}

/// The git that would be called without us.
fn real_git() -> OsString {
    let own = env::var_os(VARIABLE).map(|dir| PathBuf::from(dir).join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let name = format!("git{}", env::consts::EXE_SUFFIX);
    let mut found = env::split_paths(&path)
        .filter(|dir| Some(dir) != own.as_ref())
        .map(|dir| dir.join(&name))
        .filter(|file| file.is_file());
    found
        .next()
        .map_or_else(|| OsString::from("/usr/bin/git"), PathBuf::into_os_string)
}

fn git_command(args: &[OsString]) -> ExitCode {
    let words: Vec<String> = args
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if let Err(refusal) = guard::command(&words)
        && runs_around_us().iter().any(|run| is_about(run, &words))
    {
        eprint!("{}", refusal.text());
        return ExitCode::from(REFUSED);
    }
    pass_on(args)
}

/// Whether a command is about the project's repository.
fn is_about(run: &Run, words: &[String]) -> bool {
    let mut dir = env::current_dir().unwrap_or_default();
    let mut named = env::var_os("GIT_DIR").map(PathBuf::from);
    let mut rest = words.iter();
    while let Some(word) = rest.next().filter(|word| word.starts_with('-')) {
        match word.as_str() {
            "-C" => dir = dir.join(rest.next().map_or("", String::as_str)),
            "--git-dir" => named = rest.next().map(PathBuf::from),
            "-c" | "--work-tree" | "--namespace" | "--exec-path" | "--config-env" => {
                rest.next();
            }
            other => {
                named = other
                    .strip_prefix("--git-dir=")
                    .map(PathBuf::from)
                    .or(named)
            }
        }
    }
    let common = match named {
        Some(git_dir) => git::common_of(&dir.join(git_dir)),
        None => dir.ancestors().find_map(git::common_dir),
    };
    // What the person has for all repositories is theirs, wherever it is changed from.
    let for_all = words
        .iter()
        .any(|word| word == "--global" || word == "--system");
    common.is_some_and(|common| common == run.common) || for_all && common_is_none(&dir)
}

fn common_is_none(dir: &Path) -> bool {
    dir.ancestors().find_map(git::common_dir).is_none()
}

#[cfg(unix)]
fn pass_on(args: &[OsString]) -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let error = Command::new(real_git()).args(args).exec();
    eprintln!("orchestron: git cannot be started: {error}");
    ExitCode::from(127)
}

#[cfg(not(unix))]
fn pass_on(args: &[OsString]) -> ExitCode {
    match Command::new(real_git()).args(args).status() {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("orchestron: git cannot be started: {error}");
            ExitCode::from(127)
        }
    }
}

fn lines() -> Vec<Vec<String>> {
    let read = io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .take(MOST_LINES);
    read.map(|line| line.split(' ').map(str::to_owned).collect())
        .collect()
}

fn is_zero(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}

/// The run whose repository git works in now. Repositories that a run makes for itself are its own.
fn in_repository_of(runs: &[Run]) -> Option<&Run> {
    let here = env::current_dir().ok()?;
    let git_dir = env::var_os("GIT_DIR")
        .map(|dir| here.join(dir))
        .or_else(|| here.ancestors().find_map(git::git_dir_of))?;
    let common = git::common_of(&git_dir)?;
    runs.iter().find(|run| run.common == common)
}

/// `<old> <new> <name>`, when git is about to move names of the repository in its environment.
fn refs(runs: &[Run]) -> Result<(), Refusal> {
    let Some(run) = in_repository_of(runs) else {
        return Ok(());
    };
    let moved: Vec<Vec<String>> = lines()
        .into_iter()
        .filter(|words| words.get(2).is_some_and(|name| name.starts_with("refs/")))
        .collect();
    if moved.is_empty() {
        return Ok(());
    }
    let base = project::config_of(&run.root)
        .ok()
        .and_then(|config| config.base_branch)
        .unwrap_or_else(|| "main".to_owned());
    let head = ask_git(&["symbolic-ref", "--quiet", "HEAD"]);
    for words in &moved {
        let [_, new, name, ..] = words.as_slice() else {
            continue;
        };
        let judged = Move {
            name,
            exists: ask_git(&["rev-parse", "--quiet", "--verify", name]).is_some(),
            deletes: is_zero(new),
            checked_out: head.as_deref() == Some(name),
        };
        guard::moves(&judged, run.task.as_ref(), &base)?;
    }
    Ok(())
}

/// `<local name> <local id> <remote name> <remote id>`, for each name that is about to be pushed.
fn pushes() -> Result<(), Refusal> {
    for words in lines() {
        let [_, local, name, remote, ..] = words.as_slice() else {
            continue;
        };
        let keeps = is_zero(remote) || succeeds(&["merge-base", "--is-ancestor", remote, local]);
        guard::pushes(&Pushed {
            name,
            deletes: is_zero(local),
            keeps,
        })?;
    }
    Ok(())
}

/// What git answers in a line; none when it does not.
fn ask_git(args: &[&str]) -> Option<String> {
    let said = Command::new(real_git())
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let line = String::from_utf8(said.stdout).ok()?;
    (said.status.success() && !line.trim().is_empty()).then(|| line.trim().to_owned())
}

fn succeeds(args: &[&str]) -> bool {
    let status = Command::new(real_git())
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
