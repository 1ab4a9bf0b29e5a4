//! Which processes belong to a test, told by its folder in their environment or command line.

use rustix::process::{Pid, Signal, kill_process};
use std::{fs, path::Path};

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its command line, words separated by spaces.
    pub words: String,
}

/// Ends a process at once. One that is gone already is fine.
pub fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

/// Asks a process to end.
pub fn terminate(pid: u32) {
    signal(pid, Signal::TERM);
}

/// Lets a process do nothing any more, as a machine that sleeps does.
pub fn suspend(pid: u32) {
    signal(pid, Signal::STOP);
}

/// Wakes it.
pub fn resume(pid: u32) {
    signal(pid, Signal::CONT);
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended in this instant.
    kill_process(pid.expect("a process id"), signal).ok();
}

/// All processes that carry `root` in their environment or command line.
pub fn of(root: &Path) -> Vec<Process> {
    let root = root.to_string_lossy().into_owned();
    let own = std::process::id();
    let entries = fs::read_dir("/proc").map(|entries| entries.flatten().collect::<Vec<_>>());
    let pids = entries.unwrap_or_default().into_iter();
    pids.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid| belongs(pid, &root))
        .collect()
}

fn belongs(pid: u32, root: &str) -> Option<Process> {
    let read = |name: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let words = read("cmdline");
    let environment = read("environ");
    // A zombie has neither, and is nobody's process any more.
    (words.contains(root) || environment.contains(root)).then(|| Process {
        pid,
        words: words.trim_end_matches('\0').replace('\0', " "),
    })
}
