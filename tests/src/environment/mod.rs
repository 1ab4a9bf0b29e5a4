//! A machine of its own for each test: a temporary folder with a private home, state folder, git and agent configuration.
//!
//! Everything that is started gets this environment and nothing of ours. When the environment is dropped, all that was
//! started is ended by process id, and a test that left a process behind fails.

mod command;
pub mod dice;
mod engine;
mod model;
mod processes;
mod project;
mod relay;
mod text;

pub use command::{Finished, finish};
pub use engine::{Engine, out_of_envelope};
pub use model::Model;
pub use processes::{Process, kill, of as processes_of, resume, suspend, terminate};
pub use project::Chain;
pub use relay::{Relay, has};
pub use text::check;

use serde_json::Value;
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Marks every process that a test started; its value is the test's own folder.
const MARKER: &str = "ORCHESTRON_TEST";
/// How long a command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// How often the world is looked at while something is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long processes may take to be gone after the last thing a test does.
const GONE_WITHIN: Duration = Duration::from_secs(10);

/// One machine.
pub struct TestEnvironment {
    folder: TempDir,
    root: PathBuf,
    leftovers_are_fine: Cell<bool>,
    extra: RefCell<BTreeMap<String, OsString>>,
}

impl TestEnvironment {
    /// A machine with a home, git, and nothing else.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("orchestron-test-")
            .tempdir()
            .expect("a temporary folder");
        let root = folder.path().canonicalize().expect("it is there");
        for name in ["home", "state", "tmp", "bin", "claude", "logs"] {
            fs::create_dir_all(root.join(name)).expect("a folder");
        }
        let identity =
            "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n";
        fs::write(root.join("home/.gitconfig"), identity).expect(".gitconfig");
        Self {
            folder,
            root,
            leftovers_are_fine: Cell::new(false),
            extra: RefCell::default(),
        }
    }

    /// The machine's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the test's project lies.
    pub fn project(&self) -> PathBuf {
        self.root.join("shop")
    }

    /// Where the product keeps what this machine knows of the project.
    pub fn state(&self) -> PathBuf {
        let mut found = fs::read_dir(self.root.join("state/projects"))
            .map(|entries| entries.flatten().map(|e| e.path()).collect::<Vec<_>>())
            .unwrap_or_default();
        assert_eq!(found.len(), 1, "one project, one state folder: {found:?}");
        found.remove(0)
    }

    /// A program on this machine, in the project's folder.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let here = self.project();
        command
            .env_clear()
            .envs(self.variables())
            .envs(self.extra.borrow().iter())
            .current_dir(if here.is_dir() { &here } else { &self.root });
        command
    }

    /// Sets a variable for everything that is started from now on.
    pub fn set(&self, name: &str, value: impl Into<OsString>) {
        self.extra
            .borrow_mut()
            .insert(name.to_owned(), value.into());
    }

    /// Takes a variable away again.
    pub fn unset(&self, name: &str) {
        self.extra.borrow_mut().remove(name);
    }

    fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = format!("{}:{}", self.root.join("bin").display(), path.display());
        vec![
            ("PATH", path.into()),
            ("HOME", self.root.join("home")),
            ("XDG_CONFIG_HOME", self.root.join("home/.config")),
            ("XDG_CACHE_HOME", self.root.join("home/.cache")),
            ("XDG_DATA_HOME", self.root.join("home/.local/share")),
            ("XDG_STATE_HOME", self.root.join("home/.local/state")),
            ("XDG_RUNTIME_DIR", self.root.join("tmp")),
            ("TMPDIR", self.root.join("tmp")),
            ("ORCHESTRON_STATE_DIR", self.root.join("state")),
            ("CLAUDE_CONFIG_DIR", self.root.join("claude")),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("LANG", "C.UTF-8".into()),
            ("TZ", "UTC".into()),
            (MARKER, self.root.clone()),
        ]
    }

    // ------------------------------------------------------------------------------------------- orchestron

    /// The `orchestron` command, ready to be started.
    pub fn orchestron_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(binary("orchestron"));
        command.args(args);
        command
    }

    /// Runs `orchestron`.
    pub fn orchestron(&self, args: &[&str]) -> Finished {
        finish(&mut self.orchestron_command(args), COMMAND_LIMIT)
    }

    /// Runs `orchestron --json` and takes its data out of the envelope; it must succeed.
    pub fn json(&self, args: &[&str]) -> Value {
        let done = self.orchestron(&[args, &["--json"]].concat());
        let envelope = done.json();
        assert_eq!(
            (done.code, &envelope["ok"]),
            (0, &Value::Bool(true)),
            "orchestron {args:?}: {done}"
        );
        envelope["data"].clone()
    }

    /// Runs git in the project; it must succeed. Its output without the last line end.
    pub fn git(&self, args: &[&str]) -> String {
        let done = finish(self.command("git").args(args), COMMAND_LIMIT);
        assert_eq!(done.code, 0, "git {args:?}: {done}");
        done.stdout.trim_end().to_owned()
    }

    // --------------------------------------------------------------------------------------------- waiting

    /// Waits until `look` finds something; else fails and tells where everything stands.
    pub fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut() -> Option<T>,
    ) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if began.elapsed() > limit {
                panic!("waited {limit:?} in vain for {what}\n{}", self.story());
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until the task's file lies in the folder of `status`.
    pub fn wait_for_status(&self, task: &str, status: &str, limit: Duration) -> PathBuf {
        let folder = self.project().join(".mcp/tasks").join(status);
        self.wait_for(&format!("{task} in {status}"), limit, || {
            file_of(&folder, task)
        })
    }

    /// Waits for an open request of this kind; gives it as `requests --json` shows it.
    ///
    /// An escalation that nobody waits for ends the waiting at once.
    pub fn wait_for_request(&self, kind: &str, limit: Duration) -> Value {
        self.wait_for(&format!("a request ({kind})"), limit, || {
            let found = self.request(kind);
            if kind != "escalation" && found.is_none() && self.request("escalation").is_some() {
                panic!("an escalation instead of a {kind}\n{}", self.story());
            }
            found
        })
    }

    /// The open request of this kind, if there is one.
    pub fn request(&self, kind: &str) -> Option<Value> {
        let requests = self.json(&["requests"]);
        let mut requests = requests.as_array().expect("a list").iter();
        requests.find(|request| request["kind"] == kind).cloned()
    }

    /// The folder a task's file lies in; exactly one.
    pub fn status_of(&self, task: &str) -> String {
        let tasks = self.project().join(".mcp/tasks");
        let folders = fs::read_dir(&tasks)
            .expect("tasks")
            .flatten()
            .map(|e| e.path());
        let found: Vec<_> = folders
            .filter(|folder| file_of(folder, task).is_some())
            .collect();
        assert_eq!(found.len(), 1, "{task} lies in {found:?}");
        found[0]
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned()
    }

    /// What a task's file says.
    pub fn task_text(&self, task: &str) -> String {
        let folder = self.project().join(".mcp/tasks").join(self.status_of(task));
        fs::read_to_string(file_of(&folder, task).expect("the file")).expect("a text")
    }

    /// Everything that may explain why something did not happen.
    pub fn story(&self) -> String {
        let mut story = String::new();
        for verb in [
            &["list"][..],
            &["requests"],
            &["log", "-n", "60"],
            &["doctor"],
        ] {
            story.push_str(&format!(
                "--- orchestron {verb:?}\n{}\n",
                self.orchestron(verb)
            ));
        }
        for (name, most) in [("logs", 3000), ("state/projects", 1500)] {
            text::tails(&self.root.join(name), most, &mut story);
        }
        story
    }

    // ------------------------------------------------------------------------------------------- processes

    /// All processes that belong to this machine.
    pub fn processes(&self) -> Vec<Process> {
        processes::of(&self.root)
    }

    /// The processes of runs: all but the engine, and the keeper that waits with it for its next run.
    pub fn processes_of_runs(&self, engine: &Engine) -> Vec<Process> {
        let mut found = self.processes();
        found.retain(|process| {
            let waits = |word: &str| process.words.split(' ').any(|one| one == word);
            process.pid != engine.pid() && !waits("--ready") && !waits("--exec-ready")
        });
        found
    }

    /// Waits until nothing runs any more.
    pub fn wait_until_quiet(&self) {
        let began = Instant::now();
        while began.elapsed() < GONE_WITHIN {
            if self.processes().is_empty() {
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
        let left = self.processes();
        assert!(left.is_empty(), "left behind: {left:#?}\n{}", self.story());
    }

    /// What still runs at the end belongs to the test's subject: it is ended without complaint.
    pub fn leftovers_are_fine(&self) {
        self.leftovers_are_fine.set(true);
    }
}

impl Drop for TestEnvironment {
    fn drop(&mut self) {
        let quiet = !thread::panicking() && !self.leftovers_are_fine.get();
        let began = Instant::now();
        while quiet && !self.processes().is_empty() && began.elapsed() < GONE_WITHIN {
            thread::sleep(LOOK_EVERY);
        }
        let left = self.processes();
        // What is killed may have started something in the same instant: look until there is nothing.
        for _ in 0..50 {
            let now = self.processes();
            if now.is_empty() {
                break;
            }
            now.iter().for_each(|process| kill(process.pid));
            thread::sleep(Duration::from_millis(20));
        }
        if env::var_os("ORCHESTRON_TESTS_KEEP").is_some() {
            eprintln!("kept: {}", self.root.display());
            self.folder.disable_cleanup(true);
        }
        assert!(
            !quiet || left.is_empty(),
            "the test left processes behind: {left:#?}"
        );
    }
}

/// A task's file in a folder.
pub fn file_of(folder: &Path, task: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(task);
        rest.is_some_and(|rest| rest.starts_with('-') || rest == ".md") && name.ends_with(".md")
    })
}

/// A binary of ours, built beside the tests.
pub fn binary(name: &str) -> PathBuf {
    let own = env::current_exe().expect("the test binary knows its place");
    let folder = own.parent().and_then(Path::parent).expect("target/debug");
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "{} is missing: `./dev test` builds it",
        path.display()
    );
    path
}

/// The real Claude CLI: the one named in the environment, else the one that tools/ pins.
pub fn claude() -> PathBuf {
    let pinned =
        crate::source::root().join("tools/node_modules/@anthropic-ai/claude-code-linux-x64/claude");
    let path = env::var_os("ORCHESTRON_CLAUDE").map_or(pinned, PathBuf::from);
    assert!(
        path.is_file(),
        "{} is missing: `./dev test` installs it",
        path.display()
    );
    path
}
