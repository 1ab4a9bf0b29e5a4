//! Which coding agents can be started on this machine.

use super::{editor, environment, npm::Found};
use orchestron_agents::{Driver, known};
use orchestron_engine::ports::{InstalledAgent, PortResult, Programs};
use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    time::{Duration, SystemTime},
};

/// How long a program may take to tell its version.
const VERSION_PATIENCE: Duration = Duration::from_secs(5);

/// Looks for coding agents: where `ORCHESTRON_<CLI>` says, on `PATH`, and where npm and installers put them, because an app
/// that was started from a desktop does not have the person's `PATH`.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstalledPrograms;

impl Programs for InstalledPrograms {
    fn installed(&self) -> PortResult<Vec<InstalledAgent>> {
        Ok(known().iter().map(|driver| look(*driver)).collect())
    }

    fn found(&self) -> PortResult<Vec<InstalledAgent>> {
        Ok(known().iter().map(|driver| look_for(*driver)).collect())
    }

    fn among(&self, asked: &[&str]) -> PortResult<Vec<String>> {
        let here = asked.iter().filter(|name| editor::find(name).is_some());
        Ok(here.map(|name| (*name).to_owned()).collect())
    }

    fn open(&self, argv: &[String], folder: &str) -> PortResult<()> {
        editor::open(argv, folder)
    }
}

fn look(driver: &dyn Driver) -> InstalledAgent {
    let found = look_for(driver);
    let program = found.program.as_ref().map(Path::new);
    InstalledAgent {
        version: program.and_then(|program| version(driver, program)),
        ..found
    }
}

fn look_for(driver: &dyn Driver) -> InstalledAgent {
    let found = find(driver);
    InstalledAgent {
        cli: driver.word().to_owned(),
        version: None,
        install: found.cure(driver),
        remark: found.remark(),
        program: found.program().map(|program| program.display().to_string()),
    }
}

/// The place of a coding agent's program.
pub(crate) fn find(driver: &dyn Driver) -> Found {
    let program = driver.program();
    if let Some(named) = env::var_os(variable(driver.word())).filter(|named| !named.is_empty()) {
        // Named on purpose: when it is not there, another one must not be taken instead.
        return Found::among(program, std::iter::once(PathBuf::from(named)));
    }
    Found::among(program, places(program))
}

/// Where a program of this name may be.
pub(super) fn places(program: &str) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = env::split_paths(&path).chain(usual_places()).collect();
    let names: Vec<String> = names(program).collect();
    dirs.into_iter()
        .flat_map(move |dir| names.clone().into_iter().map(move |name| dir.join(name)))
        .filter(|path| path.is_absolute())
}

/// The variable that names another program: `ORCHESTRON_CLAUDE`.
fn variable(word: &str) -> String {
    let word = word.replace('-', "_").to_ascii_uppercase();
    format!("ORCHESTRON_{word}")
}

fn names(program: &str) -> impl Iterator<Item = String> {
    let endings: &[&str] = if cfg!(windows) {
        &[".exe", ".cmd", ".bat"]
    } else {
        &[""]
    };
    let program = program.to_owned();
    endings
        .iter()
        .map(move |ending| format!("{program}{ending}"))
}

fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    if let Some(home) = env::home_dir() {
        let below = [
            ".local/bin",
            ".claude/local",
            ".npm-global/bin",
            ".volta/bin",
            ".bun/bin",
            ".local/share/pnpm",
            "Library/pnpm",
            "AppData/Roaming/npm",
        ];
        places.extend(below.iter().map(|place| home.join(place)));
        places.extend(node_versions(&home.join(".nvm/versions/node")));
    }
    places.extend(["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin"].map(PathBuf::from));
    places
}

/// The program folders of all Node versions nvm has installed, the newest names first.
fn node_versions(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten();
    let mut versions: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    versions.reverse();
    versions
}

pub(super) fn is_program(path: &Path) -> bool {
    let Ok(meta) = fs::metadata(path) else {
        return false;
    };
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    meta.is_file() && may_run
}

/// A file as it was when it told its version.
type Seen = (PathBuf, Option<SystemTime>, u64);

/// What the program says its version is. Asked once for each file, since starting an agent takes a while.
fn version(driver: &dyn Driver, program: &Path) -> Option<String> {
    static TOLD: Mutex<BTreeMap<Seen, Option<String>>> = Mutex::new(BTreeMap::new());
    let meta = fs::metadata(program).ok()?;
    let seen: Seen = (program.to_path_buf(), meta.modified().ok(), meta.len());
    let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(version) = told.get(&seen) {
        return version.clone();
    }
    drop(told);
    let printed = ask(program.as_os_str(), driver.version_args(), VERSION_PATIENCE)?;
    let version = driver.version(&printed);
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    told.insert(seen, version.clone());
    version
}

/// What a program prints, when it ends in time.
fn ask(program: &OsStr, args: &[&str], patience: Duration) -> Option<String> {
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(environment::scrubbed(&environment::own()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut printed = String::new();
        // A version is short; whoever prints more is no agent.
        if stdout.take(4096).read_to_string(&mut printed).is_ok() {
            // Nobody waits any more when it took too long.
            sender.send(printed).ok();
        }
    });
    let printed = receiver.recv_timeout(patience).ok();
    if printed.is_none() {
        child.kill().ok()?;
    }
    child.wait().ok()?;
    // The reader may still be held up by a child of the program that keeps its output open; it ends with that.
    drop(reader);
    printed
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{ask, is_program, look, names, variable};
    use std::{
        fs,
        os::unix::fs::PermissionsExt,
        time::{Duration, Instant},
    };

    #[test]
    fn a_program_is_asked_and_not_waited_for_for_ever() {
        let patience = Duration::from_secs(5);
        let hello = ask("echo".as_ref(), &["1.2.3 (Some Agent)"], patience);
        assert_eq!(hello.as_deref(), Some("1.2.3 (Some Agent)\n"));
        assert_eq!(ask("no-such-program".as_ref(), &[], patience), None);
        let begun = Instant::now();
        let slow = ask("sleep".as_ref(), &["60"], Duration::from_millis(50));
        assert_eq!(slow, None);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn only_files_that_may_be_run_are_programs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("claude");
        assert!(!is_program(&path));
        fs::write(&path, "").unwrap();
        assert!(!is_program(&path));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(is_program(&path));
        assert!(!is_program(dir.path()));
    }

    #[test]
    fn every_known_agent_says_how_to_install_it() {
        for driver in orchestron_agents::known() {
            let agent = look(*driver);
            assert!(!agent.install.is_empty());
            assert!(agent.version.is_none() || agent.program.is_some());
        }
        assert_eq!(variable("claude"), "ORCHESTRON_CLAUDE");
        assert_eq!(names("claude").count(), 1);
    }
}
