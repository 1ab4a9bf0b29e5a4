//! Starting other programs: quietly into a log, in plain sight, line by line, or in our place.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;
use crate::project::Project;

/// How much of a log is shown when a quiet step fails.
const TAIL_LINES: usize = 30;
/// How long output may still come after a program has ended and left children behind that hold its output open.
const GRACE: Duration = Duration::from_millis(500);
/// How many lines may wait between reader and writer.
const LINES_WAITING: usize = 1024;

/// What packages are signed with. Only the signer gets it: installing npm's packages or compiling others' code is no place for it.
pub const SIGNING: [&str; 3] = [
    "TAURI_SIGNING_PRIVATE_KEY",
    "TAURI_SIGNING_PRIVATE_KEY_PATH",
    "TAURI_SIGNING_PRIVATE_KEY_PASSWORD",
];

/// True where nobody watches: no colour, no questions, no progress bars.
pub fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// One start of one program.
#[derive(Debug)]
pub struct Job {
    command: Command,
    described: String,
    cure: &'static str,
}

impl Job {
    /// A program of the system, started in the checkout.
    pub fn new(project: &Project, program: impl AsRef<OsStr>) -> Self {
        let described = Path::new(program.as_ref())
            .strip_prefix(&project.root)
            .unwrap_or(Path::new(program.as_ref()))
            .display()
            .to_string();
        let mut command = Command::new(program);
        command.current_dir(&project.root);
        clean_environment(&mut command, project);
        if in_ci() {
            command.stdin(Stdio::null()).env_remove("FORCE_COLOR");
            command
                .env("NO_COLOR", "1")
                .env("CARGO_TERM_COLOR", "never")
                .env("CARGO_TERM_PROGRESS_WHEN", "never");
            command
                .env("npm_config_color", "false")
                .env("npm_config_progress", "false");
        }
        Self {
            command,
            described,
            cure: "its own message says what is wrong; mend that, then run the same command again.",
        }
    }

    /// The cargo that runs us.
    pub fn cargo(project: &Project) -> Self {
        let mut job = Self::new(
            project,
            env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")),
        );
        job.described = "cargo".to_owned();
        job.cure("the compiler's message above says what is wrong; mend that, then run the same command again.")
    }

    /// npm in a folder of the checkout.
    pub fn npm(project: &Project, folder: &Path) -> Self {
        let mut job = Self::new(project, if cfg!(windows) { "npm.cmd" } else { "npm" });
        job.command.current_dir(folder);
        job.described = format!(
            "npm --prefix {}",
            folder
                .strip_prefix(&project.root)
                .unwrap_or(folder)
                .display()
        );
        job
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        for argument in arguments {
            self.described.push(' ');
            self.described
                .push_str(&argument.as_ref().to_string_lossy());
            self.command.arg(argument);
        }
        self
    }

    /// Sets one variable of the program's environment.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the folder the program starts in.
    pub fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Says what usually helps when the program fails.
    pub fn cure(mut self, cure: &'static str) -> Self {
        self.cure = cure;
        self
    }

    /// Runs it with its output in plain sight.
    pub fn shown(mut self) -> Result<(), Failure> {
        let status = self
            .command
            .status()
            .map_err(|source| self.not_started(source))?;
        self.judge(status, None)
    }

    /// Runs it with its output in `<name>.log`, whose end is shown if it fails.
    pub fn quiet(mut self, project: &Project, name: &str) -> Result<(), Failure> {
        let (log, path) = open_log(project, name)?;
        let both = log.try_clone().map_err(Failure::file("open", &path))?;
        self.command.stdin(Stdio::null()).stdout(log).stderr(both);
        let status = self
            .command
            .status()
            .map_err(|source| self.not_started(source))?;
        self.judge(status, Some(path))
    }

    /// Runs it and returns what it printed.
    pub fn read(mut self) -> Result<String, Failure> {
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| self.not_started(source))?;
        self.judge(output.status, None)?;
        String::from_utf8(output.stdout).map_err(|error| Failure::Unreadable {
            what: format!("the output of `{}`", self.described),
            problem: error.to_string(),
        })
    }

    /// Runs it in plain sight and hands on every line, both streams in the order they were printed.
    /// A line of the log is kept too, because it scrolls away. The exit status is the caller's to judge.
    pub fn streamed(
        mut self,
        project: &Project,
        name: &str,
        mut on_line: impl FnMut(&str),
    ) -> Result<(), Failure> {
        let (mut log, path) = open_log(project, name)?;
        let (reader, writer) = std::io::pipe().map_err(|source| self.not_started(source))?;
        let both = writer
            .try_clone()
            .map_err(|source| self.not_started(source))?;
        self.command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(both);
        let mut child = self
            .command
            .spawn()
            .map_err(|source| self.not_started(source))?;
        // Our own copies of the writing end go, so that the pipe ends when the program does.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let (sender, lines) = sync_channel(LINES_WAITING);
        thread::spawn(move || {
            let lines = BufReader::new(reader).split(b'\n');
            lines
                .map_while(Result::ok)
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        let status = loop {
            match lines.recv_timeout(GRACE) {
                Ok(line) => {
                    let line = String::from_utf8_lossy(&line);
                    eprintln!("{line}");
                    writeln!(log, "{line}").map_err(Failure::file("write", &path))?;
                    on_line(&line);
                }
                Err(RecvTimeoutError::Disconnected) => break child.wait(),
                Err(RecvTimeoutError::Timeout) => match child.try_wait() {
                    Ok(None) => {}
                    Ok(Some(status)) => break Ok(status),
                    Err(error) => break Err(error),
                },
            }
        };
        self.judge(status.map_err(|source| self.not_started(source))?, None)
    }

    /// Becomes the program, so that it gets the terminal and every signal itself. Returns only when that failed or,
    /// where a process cannot become another program, when the program has ended.
    pub fn replace(mut self) -> Result<(), Failure> {
        #[cfg(unix)]
        {
            let source = std::os::unix::process::CommandExt::exec(&mut self.command);
            Err(self.not_started(source))
        }
        #[cfg(not(unix))]
        {
            let status = self
                .command
                .status()
                .map_err(|source| self.not_started(source))?;
            self.judge(status, None)
        }
    }

    fn not_started(&self, source: std::io::Error) -> Failure {
        Failure::NotStarted {
            program: self.command.get_program().to_string_lossy().into_owned(),
            source,
        }
    }

    fn judge(&self, status: ExitStatus, log: Option<PathBuf>) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        let tail = match &log {
            Some(path) => last_lines(&fs::read(path).map_err(Failure::file("read", path))?),
            None => Vec::new(),
        };
        Err(Failure::CommandFailed {
            command: self.described.clone(),
            status,
            log,
            tail,
            cure: self.cure,
        })
    }
}

fn open_log(project: &Project, name: &str) -> Result<(File, PathBuf), Failure> {
    let folder = project.logs();
    fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
    let path = folder.join(format!("{name}.log"));
    let log = File::create(&path).map_err(Failure::file("create", &path))?;
    Ok((log, path))
}

fn last_lines(log: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
}

/// `cargo run` describes the xtask package in the environment and puts build folders on the library path. Passed
/// on, that would reach the product, and build scripts that look at such variables would run again. Signing keys
/// are taken out, too.
fn clean_environment(command: &mut Command, project: &Project) {
    for (name, _) in env::vars_os() {
        let name_text = name.to_string_lossy();
        let of_cargo_run = name_text.starts_with("CARGO_PKG_")
            || name_text.starts_with("CARGO_MANIFEST_")
            || matches!(
                &*name_text,
                "CARGO_BIN_NAME"
                    | "CARGO_CRATE_NAME"
                    | "CARGO_PRIMARY_PACKAGE"
                    | "RUST_RECURSION_COUNT"
            );
        let is_secret = SIGNING.contains(&&*name_text);
        if of_cargo_run || is_secret || name_text == "ORCHESTRON_INVOKED_FROM" {
            command.env_remove(&name);
        }
    }
    let Some(libraries) = env::var_os("LD_LIBRARY_PATH") else {
        return;
    };
    let kept =
        env::split_paths(&libraries).filter(|path| !is_from_cargo_run(path, &project.target));
    match env::join_paths(kept) {
        Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
        _ => command.env_remove("LD_LIBRARY_PATH"),
    };
}

fn is_from_cargo_run(path: &Path, target: &Path) -> bool {
    let of_toolchain = env::var_os("RUSTUP_HOME").is_some_and(|home| path.starts_with(home));
    path.starts_with(target)
        || of_toolchain
        || path.components().any(|part| part.as_os_str() == "rustlib")
}

/// The first file called `name` on PATH that may be executed.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let names: &[String] = if cfg!(windows) {
        &[format!("{name}.exe"), format!("{name}.cmd")]
    } else {
        &[name.to_owned()]
    };
    env::split_paths(&path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    let allowed = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let allowed = true;
    metadata.is_file() && allowed
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[allow(clippy::unwrap_used)]
    fn project(name: &str) -> Project {
        let root = env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        Project {
            target: root.join("target"),
            invoked_from: root.clone(),
            root,
        }
    }

    fn shell(project: &Project, script: &str) -> Job {
        Job::new(project, "/bin/sh").args(["-c", script])
    }

    #[test]
    fn a_quiet_failure_shows_the_end_of_its_log() {
        let project = project("quiet");
        let failure = shell(&project, "seq 1 50; echo bad news >&2; exit 3")
            .quiet(&project, "quiet")
            .unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("exit status: 3") && text.contains("| bad news"),
            "{text}"
        );
        assert!(text.contains("| 22") && !text.contains("| 21\n"), "{text}");
        assert!(project.logs().join("quiet.log").is_file());
        fs::remove_dir_all(&project.root).unwrap();
    }

    #[test]
    fn streamed_lines_arrive_in_order_from_both_streams() {
        let project = project("streamed");
        let mut lines = Vec::new();
        let script = "echo one; echo two >&2; printf three";
        shell(&project, script)
            .streamed(&project, "streamed", |line| lines.push(line.to_owned()))
            .unwrap();
        assert_eq!(lines, ["one", "two", "three"]);
        fs::remove_dir_all(&project.root).unwrap();
    }

    #[test]
    fn a_child_left_behind_does_not_hold_up_a_streamed_run() {
        let project = project("left-behind");
        let mut lines = Vec::new();
        // The child is ended by the pipe's end at its first write, or by itself after five seconds.
        let began = std::time::Instant::now();
        shell(&project, "sleep 5 & echo done")
            .streamed(&project, "left", |line| lines.push(line.to_owned()))
            .unwrap();
        assert!(began.elapsed() < Duration::from_secs(4));
        assert_eq!(lines, ["done"]);
        fs::remove_dir_all(&project.root).unwrap();
    }

    #[test]
    fn what_cargo_run_added_is_not_passed_on() {
        let project = project("environment");
        let seen = Job::new(&project, "/usr/bin/env").read().unwrap();
        let left: Vec<&str> = seen
            .lines()
            .filter(|line| {
                line.starts_with("CARGO_PKG_")
                    || (line.starts_with("LD_LIBRARY_PATH=") && line.contains("rustlib"))
            })
            .collect();
        assert!(left.is_empty(), "{left:?}");
        fs::remove_dir_all(&project.root).unwrap();
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let project = project("absent");
        let failure = Job::new(&project, "/nowhere/program").shown().unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("/nowhere/program could not be started"),
            "{failure}"
        );
        fs::remove_dir_all(&project.root).unwrap();
    }

    #[test]
    fn only_executable_files_count_as_programs() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-here").is_none());
        assert!(!is_executable(Path::new("/etc/passwd")) && !is_executable(Path::new("/tmp")));
    }
}
