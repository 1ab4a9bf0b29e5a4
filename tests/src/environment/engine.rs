//! `orchestron run` as a process of its own, which tests stop and kill.

use super::{TestEnvironment, kill, processes::terminate};
use serde_json::Value;
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long an engine may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// Names the output files of all engines of a test binary.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A running engine; it is killed when dropped.
pub struct Engine {
    child: Child,
    out: PathBuf,
}

impl TestEnvironment {
    /// Starts an engine and waits until it holds the lease.
    pub fn engine(&self) -> Engine {
        let engine = self.engine_without_waiting(&["run"], &[]);
        engine.wait_until_running(self);
        engine
    }

    /// Starts an engine by these words with these variables; it may not be up yet.
    pub fn engine_without_waiting(&self, words: &[&str], variables: &[(&str, &str)]) -> Engine {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let out = self.root().join(format!("logs/engine-{count}.out"));
        let err = self.root().join(format!("logs/engine-{count}.err"));
        let file = |path: &PathBuf| File::create(path).expect("a file for the engine's output");
        let child = self
            .orchestron_command(&[words, &["--json"]].concat())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(file(&out))
            .stderr(file(&err))
            .spawn()
            .expect("the engine can be started");
        Engine { child, out }
    }
}

/// What one line of a stream says; a line without the envelope, or with an error, fails the test.
#[track_caller]
pub fn out_of_envelope(line: &str) -> Value {
    let mut envelope: Value =
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    let keys: Vec<_> = envelope.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["data", "ok", "orchestron"], "{line}");
    assert!(
        envelope["orchestron"] == 1 && envelope["ok"] == true,
        "{line}"
    );
    envelope["data"].take()
}

impl Engine {
    /// What it has printed so far, line by line, each taken out of its envelope.
    pub fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.out).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(out_of_envelope).collect()
    }

    /// Waits for the line whose `event` is this word.
    pub fn wait_for_line(&self, env: &TestEnvironment, event: &str) -> Value {
        env.wait_for(&format!("the engine's line `{event}`"), PATIENCE, || {
            self.lines().into_iter().find(|line| line["event"] == event)
        })
    }

    /// Waits until it is the project's engine.
    pub fn wait_until_running(&self, env: &TestEnvironment) {
        env.wait_for("the engine", PATIENCE, || {
            self.lines()
                .into_iter()
                .find(|line| line["event"] == "engine" && line["status"] == "running")
        });
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_some()
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop, as Ctrl-C does, and waits for it.
    pub fn stop(mut self) {
        terminate(self.child.id());
        let began = Instant::now();
        while self.child.try_wait().expect("a child of ours").is_none() {
            if began.elapsed() > PATIENCE {
                panic!("the engine does not stop\n{}", stacks(self.child.id()));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn end(&mut self) {
        kill(self.child.id());
        self.child.wait().expect("a child of ours");
    }
}

/// Where its threads stand, when there is a debugger to tell.
fn stacks(pid: u32) -> String {
    let done = Command::new("gdb")
        .args([
            "-p",
            &pid.to_string(),
            "-batch",
            "-ex",
            "thread apply all bt 20",
        ])
        .output();
    let text = done.map_or_else(
        |error| error.to_string(),
        |done| String::from_utf8_lossy(&done.stdout).into_owned(),
    );
    let lines = text
        .lines()
        .filter(|line| line.starts_with('#') || line.starts_with("Thread"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.end();
        }
    }
}
