//! A command that a person waits for at a terminal: what it says is shown as it comes, the end of it is kept, and it may only take so
//! long. It stays in our process group, so that Ctrl-C ends it with us.

use super::environment;
use std::{
    io::{self, Read, Write},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How much of its output is kept.
const TAIL_BYTES: usize = 8 * 1024;
/// How often is looked whether it ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Set for whatever a hook runs: hooks inside it do nothing.
pub const IN_HOOK: &str = "ORCHESTRON_IN_HOOK";

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whether with exit code 0.
    pub good: bool,
    /// In words: `exit code 1`.
    pub end: String,
    /// The end of its output.
    pub tail: String,
    /// How long it took.
    pub took: Duration,
}

/// Runs a shell command in `dir`, without git's own variables and without secrets.
///
/// # Errors
/// When no shell can be started.
pub fn run(command: &str, dir: &Path, limit: Duration) -> io::Result<Ended> {
    let started = Instant::now();
    let env = environment::scrubbed(&environment::own());
    let mut shell = shell(command);
    shell
        .env_clear()
        .envs(env.iter().filter(|(name, _)| !name.starts_with("GIT_")))
        .env(IN_HOOK, "1")
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = shell.spawn()?;
    let tail = Arc::new(Mutex::new(Vec::new()));
    let readers: Vec<JoinHandle<()>> = [
        child
            .stdout
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        child
            .stderr
            .take()
            .map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
    ]
    .into_iter()
    .flatten()
    .map(|pipe| show(pipe, Arc::clone(&tail)))
    .collect();
    let mut ended: Option<ExitStatus> = None;
    while ended.is_none() && started.elapsed() < limit {
        ended = child.try_wait()?;
        if ended.is_none() {
            thread::sleep(LOOK_EVERY);
        }
    }
    if ended.is_none() {
        kill_tree(child.id());
        child.kill()?;
        child.wait()?;
    } else {
        // What it left running has our pipes still and may keep them open for ever.
        let patience = Instant::now() + Duration::from_secs(1);
        while readers.iter().any(|reader| !reader.is_finished()) && Instant::now() < patience {
            thread::sleep(LOOK_EVERY);
        }
    }
    let kept = tail.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Ended {
        good: ended.is_some_and(|status| status.success()),
        end: words(ended, limit),
        tail: String::from_utf8_lossy(&kept).into_owned(),
        took: started.elapsed(),
    })
}

fn words(ended: Option<ExitStatus>, limit: Duration) -> String {
    match ended {
        None => format!("stopped after {} seconds", limit.as_secs()),
        Some(status) => status.code().map_or_else(
            || "ended by a signal".to_owned(),
            |code| format!("exit code {code}"),
        ),
    }
}

fn shell(command: &str) -> Command {
    if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.args(["/C", command]);
        return shell;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", command]);
    shell
}

fn show(mut pipe: Box<dyn Read + Send>, tail: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut chunk = [0_u8; 8192];
        while let Ok(read) = pipe.read(&mut chunk) {
            let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return;
            };
            let mut kept = tail.lock().unwrap_or_else(PoisonError::into_inner);
            kept.extend_from_slice(bytes);
            let over = kept.len().saturating_sub(TAIL_BYTES);
            kept.drain(..over);
            drop(kept);
            if io::stderr().write_all(bytes).is_err() {
                // Nobody looks any more; it goes on all the same.
            }
        }
    })
}

#[cfg(unix)]
fn kill_tree(root: u32) {
    use super::tree;
    let Ok(root) = i32::try_from(root) else {
        return;
    };
    // Stopped first, so that none starts another between the look and its end.
    for _ in 0..3 {
        let Ok(all) = tree::processes() else {
            return;
        };
        let below = tree::descendants(&[root], &all);
        if below.is_empty() {
            return;
        }
        tree::send(&below, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_tree(_root: u32) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::run;
    use std::{path::Path, time::Duration};

    #[test]
    fn it_is_told_how_a_command_ended_and_what_it_said_last() {
        let dir = Path::new("/");
        let failed = run(
            "echo one; echo two >&2; exit 3",
            dir,
            Duration::from_secs(20),
        )
        .unwrap();
        assert!(!failed.good && failed.end == "exit code 3");
        assert!(failed.tail.contains("one\n") && failed.tail.contains("two\n"));
        assert!(
            run(
                "test -n \"$ORCHESTRON_IN_HOOK\"",
                dir,
                Duration::from_secs(20)
            )
            .unwrap()
            .good
        );
    }

    #[test]
    fn what_takes_too_long_is_ended_with_all_below_it() {
        let late = run(
            "sleep 60 & sleep 60",
            Path::new("/"),
            Duration::from_millis(200),
        )
        .unwrap();
        assert!(!late.good && late.end.starts_with("stopped after"));
        assert!(late.took < Duration::from_secs(20));
    }
}
