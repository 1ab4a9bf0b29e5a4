//! Running git: a clean environment, no programs of the repository, no prompts, a time limit, and errors that say what to do.
//!
//! Two kinds of access. A *reading* command may be run on a repository nobody has looked at: file system monitors, hooks,
//! external diffs, filters and merge drivers of the repository and any network access are switched off. A *writing* command
//! honours filters and merge drivers (git-lfs, git-crypt need them) and still runs no hooks, signs nothing and starts nothing
//! in the background.

use super::{
    error::{GitError, GitResult},
    talk::hear,
    turn,
};
use std::{
    ffi::{OsStr, OsString},
    io,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How long a reading command may take.
const READ_SECONDS: u64 = 60;
/// How long a writing command may take (checkouts and commits of huge trees).
const WRITE_SECONDS: u64 = 900;
/// How much of them is passed on.
const MAX_SAID_CHARS: usize = 2_000;
/// How much output is kept where no limit was asked for: more than any list of files.
const MAX_OUTPUT_BYTES: usize = 512 * 1024 * 1024;

/// Asks what is changed, staged or new in a worktree: `XY path`, each with a NUL behind it.
pub(super) const CHANGED: [&str; 6] = [
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=dirty",
];

/// Settings for every command. They win over the configuration of the user and of the repository.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.longpaths=true",
    "safe.bareRepository=explicit",
    "gc.auto=0",
    "maintenance.auto=false",
    "color.ui=false",
    "commit.gpgSign=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "core.fsync=committed,reference",
    "core.fsyncMethod=batch",
    "submodule.recurse=false",
    "advice.detachedHead=false",
];

/// Whether a command changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// A repository's folder with the files that belong to it, named explicitly: what lies in the folder's own `.git` is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The (per-worktree) git folder.
    pub git_dir: PathBuf,
    /// The files.
    pub work_tree: PathBuf,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(super) struct Said {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it wrote to stdout, unless it was streamed.
    pub out: Vec<u8>,
    /// What it wrote to stderr.
    pub complaint: String,
    /// Whether the receiver of the stream had enough.
    pub stopped: bool,
}

/// One git command, to be run once.
#[derive(Debug)]
pub(super) struct Git {
    name: String,
    access: Access,
    dir: PathBuf,
    place: Option<Place>,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    config: Vec<(String, String)>,
    literal_paths: bool,
    stdin: Vec<u8>,
}

impl Git {
    /// A command that changes nothing; the first word names it.
    pub fn read<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> Self {
        Self::new(Access::Read, dir, args)
    }

    /// A command that writes; the first word names it.
    pub fn write<A: AsRef<OsStr>>(dir: &Path, args: &[A]) -> Self {
        Self::new(Access::Write, dir, args)
    }

    /// A reading command in a place.
    pub fn read_in<A: AsRef<OsStr>>(place: &Place, args: &[A]) -> Self {
        Self::new(Access::Read, &place.work_tree, args).place(place)
    }

    /// A writing command in a place.
    pub fn write_in<A: AsRef<OsStr>>(place: &Place, args: &[A]) -> Self {
        Self::new(Access::Write, &place.work_tree, args).place(place)
    }

    fn new<A: AsRef<OsStr>>(access: Access, dir: &Path, args: &[A]) -> Self {
        let args: Vec<OsString> = args.iter().map(|a| a.as_ref().to_owned()).collect();
        let words: Vec<_> = args.iter().map(|a| a.to_string_lossy()).collect();
        Self {
            name: words.join(" ").chars().take(160).collect(),
            access,
            dir: dir.to_owned(),
            place: None,
            args,
            env: Vec::new(),
            config: Vec::new(),
            literal_paths: false,
            stdin: Vec::new(),
        }
    }

    fn place(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: &[A]) -> Self {
        self.args.extend(args.iter().map(|a| a.as_ref().to_owned()));
        self
    }

    /// Paths are names, never patterns.
    pub const fn literal_paths(mut self) -> Self {
        self.literal_paths = true;
        self
    }

    /// Uses another index than the place's own.
    pub fn index(self, file: &Path) -> Self {
        self.env("GIT_INDEX_FILE", file)
    }

    /// One more environment variable.
    pub fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.env.push((key.into(), value.as_ref().to_owned()));
        self
    }

    /// A setting whose name may hold anything.
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.push((key.into(), value.into()));
        self
    }

    /// Settings whose names may hold anything.
    pub fn configs(mut self, settings: &[(String, String)]) -> Self {
        self.config.extend_from_slice(settings);
        self
    }

    /// What the command reads from stdin.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it and returns what it said, whatever its exit code.
    pub fn run(self) -> GitResult<Said> {
        let mut out = Vec::new();
        let mut too_much = false;
        let name = self.name.clone();
        let mut said = self.stream(|chunk| {
            too_much = out.len() + chunk.len() > MAX_OUTPUT_BYTES;
            if too_much {
                return ControlFlow::Break(());
            }
            out.extend_from_slice(chunk);
            ControlFlow::Continue(())
        })?;
        if too_much {
            return Err(GitError::Unexpected {
                command: name,
                said: format!("more than {MAX_OUTPUT_BYTES} bytes"),
            });
        }
        said.out = out;
        Ok(said)
    }

    /// Runs it; any exit code but 0 is an error. Returns stdout.
    pub fn ok(self) -> GitResult<Vec<u8>> {
        let name = self.name.clone();
        let said = self.run()?;
        if said.code == 0 {
            Ok(said.out)
        } else {
            Err(said.failure(&name))
        }
    }

    /// Runs it; exit code 0 is true, 1 is false, anything else an error.
    pub fn test(self) -> GitResult<bool> {
        let name = self.name.clone();
        let said = self.run()?;
        match said.code {
            0 => Ok(true),
            1 => Ok(false),
            _ => Err(said.failure(&name)),
        }
    }

    /// Runs it; returns the one line it prints.
    pub fn line(self) -> GitResult<String> {
        let name = self.name.clone();
        let out = self.ok()?;
        one_line(&name, &out)
    }

    /// Runs it; the one line it prints, or none when it ends with exit code 1.
    pub fn line_or_none(self) -> GitResult<Option<String>> {
        let name = self.name.clone();
        let said = self.run()?;
        match said.code {
            0 => one_line(&name, &said.out).map(Some),
            1 => Ok(None),
            _ => Err(said.failure(&name)),
        }
    }

    /// Runs it, handing its output on piece by piece; `Break` ends the command.
    pub fn stream(mut self, mut sink: impl FnMut(&[u8]) -> ControlFlow<()>) -> GitResult<Said> {
        let limit = Duration::from_secs(match self.access {
            Access::Read => READ_SECONDS,
            Access::Write => WRITE_SECONDS,
        });
        let deadline = Instant::now() + limit;
        let mut child = self.spawn()?;
        let stdin = std::mem::take(&mut self.stdin);
        let heard = hear(&mut child, &stdin, deadline, &mut sink);
        if heard.stopped || heard.timed_out {
            end(&mut child);
        }
        if heard.timed_out {
            return Err(GitError::TimedOut {
                command: self.name,
                seconds: limit.as_secs(),
            });
        }
        let status = self.wait(&mut child, deadline, limit)?;
        Ok(Said {
            code: status.code().unwrap_or(-1),
            out: Vec::new(),
            complaint: String::from_utf8_lossy(&heard.complaint).into_owned(),
            stopped: heard.stopped,
        })
    }

    /// Waits for the end; git closes its output when it ends, so this is a matter of microseconds.
    fn wait(&self, child: &mut Child, deadline: Instant, limit: Duration) -> GitResult<ExitStatus> {
        until_it_ends(child, deadline);
        let mut pause = Duration::from_micros(200);
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if Instant::now() < deadline => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(20));
                }
                Ok(None) => {
                    end(child);
                    return Err(GitError::TimedOut {
                        command: self.name.clone(),
                        seconds: limit.as_secs(),
                    });
                }
                Err(source) => return Err(self.spawn_error(source)),
            }
        }
    }

    fn spawn_error(&self, source: io::Error) -> GitError {
        GitError::Spawn {
            command: self.name.clone(),
            source,
        }
    }

    fn input(&self) -> Stdio {
        match (self.access, self.stdin.is_empty()) {
            (Access::Write, true) => turn::carried(),
            (Access::Read, true) => Stdio::null(),
            (_, false) => Stdio::piped(),
        }
    }

    fn spawn(&self) -> GitResult<Child> {
        #[cfg(test)]
        counted::add(&self.name);
        let mut command = Command::new(program());
        clean_environment(&mut command);
        if self.access == Access::Read {
            command
                .env("GIT_OPTIONAL_LOCKS", "0")
                .env("GIT_NO_LAZY_FETCH", "1")
                .env("GIT_ALLOW_PROTOCOL", "none");
        }
        if let Some(place) = &self.place {
            command
                .env("GIT_DIR", &place.git_dir)
                .env("GIT_WORK_TREE", &place.work_tree);
        }
        if self.literal_paths {
            command.env("GIT_LITERAL_PATHSPECS", "1");
        }
        command.env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (n, (key, value)) in self.config.iter().enumerate() {
            command
                .env(format!("GIT_CONFIG_KEY_{n}"), key)
                .env(format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command.arg("--no-pager");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
            .args(&self.args)
            .current_dir(&self.dir)
            .stdin(self.input())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        own_group(&mut command);
        command.spawn().map_err(|source| {
            if !self.dir.is_dir() {
                GitError::File {
                    doing: "enter",
                    path: self.dir.clone(),
                    source,
                }
            } else if source.kind() == io::ErrorKind::NotFound {
                GitError::NotInstalled
            } else {
                self.spawn_error(source)
            }
        })
    }
}

impl Said {
    /// The error that this is.
    pub fn failure(&self, command: &str) -> GitError {
        let said: String = self.complaint.trim().chars().take(MAX_SAID_CHARS).collect();
        if said.contains("detected dubious ownership") {
            return GitError::ForeignOwner {
                root: between(&said, "repository at '", "'")
                    .map_or_else(PathBuf::new, PathBuf::from),
            };
        }
        if said.contains(".lock': File exists")
            && let Some(lock) = between(&said, "Unable to create '", "'")
        {
            return GitError::Locked { lock: lock.into() };
        }
        GitError::Failed {
            command: command.to_owned(),
            code: self.code,
            said,
        }
    }
}

/// The text between two markers.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inner, _)| inner)
}

fn one_line(command: &str, out: &[u8]) -> GitResult<String> {
    std::str::from_utf8(out)
        .ok()
        .map(|text| text.trim_end_matches(['\n', '\r']))
        .filter(|text| !text.contains('\n'))
        .map(str::to_owned)
        .ok_or_else(|| unexpected(command, out))
}

/// Git's answer is not what this program understands.
pub(super) fn unexpected(command: &str, out: &[u8]) -> GitError {
    GitError::Unexpected {
        command: command.to_owned(),
        said: String::from_utf8_lossy(out).chars().take(200).collect(),
    }
}

/// Takes away every `GIT_*` of ours (we may run inside a hook or a worktree) and whatever could ask, page or speak another language.
fn clean_environment(command: &mut Command) {
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name
            .get(..4)
            .is_some_and(|p| p.eq_ignore_ascii_case("GIT_"))
        {
            command.env_remove(&key);
        }
    }
    command
        .env_remove("LANGUAGE")
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_EDITOR", "true")
        .env("GIT_SEQUENCE_EDITOR", "true")
        .env("GIT_ASKPASS", "true")
        .env("SSH_ASKPASS_REQUIRE", "never");
}

/// A group of its own, so that Ctrl-C at our terminal does not stop git half-way through a checkout, and that git's children can be
/// ended with it.
fn own_group(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW);
    }
    #[cfg(not(any(unix, windows)))]
    let _: &mut Command = command;
}

/// Sleeps until a child ends, or until the deadline. Where the system cannot tell that, who waits looks again and again, which takes
/// longer than most gits.
#[cfg(unix)]
fn until_it_ends(child: &Child, deadline: Instant) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let Some(end) = super::talk::end_of(child) else {
        return;
    };
    let left = deadline.saturating_duration_since(Instant::now());
    let Ok(left) = Timespec::try_from(left) else {
        return;
    };
    // Interrupted or not possible: then it is looked at as elsewhere.
    poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&left)).ok();
}

#[cfg(not(unix))]
const fn until_it_ends(_child: &Child, _deadline: Instant) {}

/// Where git is. Asked of the search path once, and again when that changed or nothing is there any more: each place the system
/// would look at first costs a failed start.
fn program() -> PathBuf {
    static FOUND: Mutex<Option<(OsString, PathBuf)>> = Mutex::new(None);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((searched, git)) = &*found
        && *searched == path
        && git.is_file()
    {
        return git.clone();
    }
    let git = in_path(&path);
    *found = git.clone().map(|git| (path, git));
    git.unwrap_or_else(|| PathBuf::from("git"))
}

#[cfg(unix)]
fn in_path(path: &OsStr) -> Option<PathBuf> {
    use rustix::fs::{Access, access};
    let mut places = std::env::split_paths(path).map(|dir| dir.join("git"));
    places.find(|git| git.is_absolute() && git.is_file() && access(git, Access::EXEC_OK).is_ok())
}

/// Elsewhere the system looks in more places than these.
#[cfg(not(unix))]
const fn in_path(_path: &OsStr) -> Option<PathBuf> {
    None
}

/// Ends git and its children: politely first, so that it takes its lock files with it.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        for (signal, patience_ms) in [(Signal::TERM, 2_000), (Signal::KILL, 1_000)] {
            if let Some(group) = group
                && kill_process_group(group, signal).is_err()
            {
                break;
            }
            for _ in 0..patience_ms / 10 {
                if matches!(child.try_wait(), Ok(Some(_))) {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
    // Already gone is fine; anything else shows in the wait that follows.
    if child.kill().is_ok() && child.wait().is_err() {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Fails when git is missing or older than 2.38.
pub(super) fn check_version(dir: &Path) -> GitResult<()> {
    static GOOD: OnceLock<()> = OnceLock::new();
    if GOOD.get().is_some() {
        return Ok(());
    }
    let said = Git::read(dir, &["--version"]).line()?;
    if is_new_enough(&said) {
        GOOD.get_or_init(|| ());
        return Ok(());
    }
    Err(GitError::TooOld {
        found: said.chars().take(60).collect(),
    })
}

/// `2.39.5`, as git tells it.
pub(super) fn version(dir: &Path) -> GitResult<Option<String>> {
    let said = Git::read(dir, &["--version"]).line()?;
    let version = said.trim_start_matches("git version ").trim();
    Ok(Some(version.chars().take(60).collect()).filter(|version: &String| !version.is_empty()))
}

/// Reads `git version 2.39.5 (Apple Git-154)`.
fn is_new_enough(said: &str) -> bool {
    let version = said.trim_start_matches("git version ");
    let mut numbers = version.split(['.', ' ', '-']).map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (2, 38))
}

/// The parts of `-z` output.
pub(super) fn nul_separated(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|b| *b == 0).filter(|part| !part.is_empty())
}

/// A path as git names it: `/` between its parts, any bytes but NUL.
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// Such a path for people.
pub(super) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Which gits a test has had started.
#[cfg(test)]
pub(super) mod counted {
    use std::cell::RefCell;

    thread_local! {
        static STARTED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    pub fn add(name: &str) {
        let word = name.split(' ').next().unwrap_or_default().to_owned();
        STARTED.with_borrow_mut(|started| started.push(word));
    }

    /// The first words of those that this thread started since it last asked.
    pub fn take() -> Vec<String> {
        STARTED.take()
    }
}

#[cfg(test)]
mod tests {
    use super::{Git, Said, is_new_enough};
    use crate::git::GitError;
    use std::{ops::ControlFlow, path::Path};

    #[test]
    fn versions_are_compared_as_numbers() {
        for (said, enough) in [
            ("git version 2.39.5", true),
            ("git version 2.38.0.windows.1", true),
            ("git version 2.39.5 (Apple Git-154)", true),
            ("git version 3.0.0-rc1", true),
            ("git version 2.100.0", true),
            ("git version 2.37.9", false),
            ("git version 1.99.0", false),
            ("zsh: correct git?", false),
        ] {
            assert_eq!(is_new_enough(said), enough, "{said}");
        }
    }

    #[test]
    fn complaints_become_errors_with_a_cure() {
        let said = |text: &str| Said {
            code: 128,
            out: Vec::new(),
            complaint: text.to_owned(),
            stopped: false,
        };
        let lock = said(
            "fatal: Unable to create '/p/.git/index.lock': File exists.\n\nAnother git process",
        )
        .failure("add");
        assert!(
            matches!(&lock, GitError::Locked { lock } if lock == Path::new("/p/.git/index.lock"))
        );
        assert!(lock.cure().unwrap().contains("/p/.git/index.lock"));
        let owner =
            said("fatal: detected dubious ownership in repository at '/p'\nTo add").failure("x");
        assert!(owner.cure().unwrap().contains("safe.directory '/p'"));
    }

    #[test]
    fn a_missing_folder_is_told_from_a_missing_git() {
        let error = Git::read(Path::new("/no/such/folder"), &["version"])
            .ok()
            .unwrap_err();
        assert!(matches!(error, GitError::File { .. }), "{error}");
    }

    #[test]
    fn a_stream_can_be_stopped_early() {
        let said = Git::read(Path::new("/"), &["help", "--all"])
            .stream(|_| ControlFlow::Break(()))
            .unwrap();
        assert!(said.stopped);
    }
}
