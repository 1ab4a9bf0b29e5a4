//! Commands with a time limit, and what came of them.

use super::kill;
use serde_json::Value;
use std::{
    fmt,
    io::{Read, Seek},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What came of a command.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

impl Finished {
    /// The one JSON document it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n{}{}", self.code, self.stdout, self.stderr)
    }
}

/// Starts a command without input and waits for it. Output goes through files, so that nothing it leaves behind can keep
/// us waiting.
pub fn finish(command: &mut Command, limit: Duration) -> Finished {
    let mut out = tempfile::tempfile().expect("a file for the output");
    let mut err = tempfile::tempfile().expect("a file for the output");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone().expect("the file again"))
        .stderr(err.try_clone().expect("the file again"))
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            break status;
        }
        if began.elapsed() > limit {
            kill(child.id());
            child.wait().expect("a child of ours");
            panic!(
                "{command:?} took longer than {limit:?}\n{}{}",
                text(&mut out),
                text(&mut err)
            );
        }
        // Short commands are many: looking often costs less than waiting too long.
        thread::sleep(if began.elapsed() < Duration::from_millis(200) {
            Duration::from_millis(2)
        } else {
            Duration::from_millis(20)
        });
    };
    Finished {
        code: status.code().unwrap_or(-1),
        stdout: text(&mut out),
        stderr: text(&mut err),
    }
}

fn text(file: &mut std::fs::File) -> String {
    let mut bytes = Vec::new();
    file.rewind().expect("a file of ours");
    file.read_to_end(&mut bytes).expect("a file of ours");
    String::from_utf8_lossy(&bytes).into_owned()
}
