//! Starting programs, and what the system tells of them.

use super::failed::{Doing as _, Failed, Measured};
use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Clock ticks of /proc in a second; fixed on Linux.
const TICKS: u64 = 100;

/// The words of a command, for messages.
pub fn words(command: &Command) -> String {
    let mut text = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    for word in command.get_args() {
        text.push(' ');
        text.push_str(&word.to_string_lossy());
    }
    text
}

/// Runs a command and gives its milliseconds; it must succeed. Its output goes nowhere.
pub fn time(command: &mut Command) -> Measured<f64> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let began = Instant::now();
    let status = command
        .status()
        .doing(format!("start {}", words(command)))?;
    let took = began.elapsed().as_secs_f64() * 1000.0;
    if status.success() {
        return Ok(took);
    }
    Err(Failed::Program {
        words: words(command),
        said: format!("ended with {status}"),
    })
}

/// Runs a command and gives its output; it must succeed.
pub fn output(command: &mut Command) -> Measured<String> {
    let done = command
        .stdin(Stdio::null())
        .output()
        .doing(format!("start {}", words(command)))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    Err(Failed::Program {
        words: words(command),
        said: format!("{}: {}", done.status, String::from_utf8_lossy(&done.stderr)),
    })
}

/// The largest resident size of a command in kB, looked at again and again while it runs: the standard library tells no more.
pub fn peak_kb(command: &mut Command) -> Measured<u64> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .doing(format!("start {}", words(command)))?;
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().doing("wait for a child")?.is_none() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        peak = peak.max(field(&text, "VmHWM:").unwrap_or(0));
    }
    Ok(peak)
}

fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The proportional set size of a process in kB.
pub fn pss_kb(pid: u32) -> Measured<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs::read_to_string(&path).doing(format!("read {path}"))?;
    field(&text, "Pss:").ok_or_else(|| Failed::Wrong(format!("{path} tells no Pss")))
}

/// Milliseconds of processor time a process has used.
pub fn cpu_ms(pid: u32) -> Measured<u64> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).doing(format!("read {path}"))?;
    // The name may hold blanks; what follows it is counted from its closing bracket.
    let rest = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: Vec<u64> = rest
        .split(' ')
        .skip(11)
        .take(2)
        .flat_map(str::parse)
        .collect();
    Ok(ticks.iter().sum::<u64>() * 1000 / TICKS)
}

/// How long ago a process was started, by the system's clock, in milliseconds.
pub fn age_ms(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let ticks: f64 = rest.split(' ').nth(19)?.parse().ok()?;
    let up = fs::read_to_string("/proc/uptime").ok()?;
    let up: f64 = up.split(' ').next()?.parse().ok()?;
    Some(up * 1000.0 - ticks * 10.0)
}

/// All processes with `root` in their environment or command line, with their words.
pub fn of(root: &Path) -> Vec<(u32, String)> {
    let root = root.to_string_lossy().into_owned();
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid| {
            let read = |name: &str| {
                let bytes = fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            };
            let words = read("cmdline");
            (words.contains(&root) || read("environ").contains(&root))
                .then(|| (pid, words.replace('\0', " ")))
        })
        .collect()
}

/// A child that does not outlive us.
pub struct Background(pub Child);

impl Background {
    /// Starts it.
    pub fn start(command: &mut Command) -> Measured<Self> {
        let child = command.spawn().doing(format!("start {}", words(command)))?;
        Ok(Self(child))
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end and waits for it.
    pub fn stop(mut self) -> Measured<()> {
        signal(self.pid(), rustix::process::Signal::TERM);
        let began = Instant::now();
        while self.0.try_wait().doing("wait for a child")?.is_none() {
            if began.elapsed() > Duration::from_secs(20) {
                return Err(Failed::Waited {
                    what: "an engine to stop".to_owned(),
                });
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            end_child(&mut self.0).unwrap_or_default();
        }
    }
}

fn end_child(child: &mut Child) -> io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// Sends a signal to a process; one that is gone already is fine.
pub fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = i32::try_from(pid)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        rustix::process::kill_process(pid, signal).unwrap_or_default();
    }
}

/// System calls a command makes: all, opens and fsyncs. None when strace is not installed or may not trace.
pub fn calls(command: &Command) -> Option<[u64; 3]> {
    let mut traced = Command::new("strace");
    traced
        .args(["-f", "-c", "-U", "name,calls", "-o", "|cat >&2", "--"])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear()
        .stdin(Stdio::null());
    if let Some(dir) = command.get_current_dir() {
        traced.current_dir(dir);
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            traced.env(name, value);
        }
    }
    let done = traced.output().ok()?;
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    let mut found = [0; 3];
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(Ok(count))) = (words.next(), words.next().map(str::parse::<u64>))
        else {
            continue;
        };
        match name {
            "total" => found[0] = count,
            "open" | "openat" | "openat2" => found[1] += count,
            "fsync" | "fdatasync" => found[2] += count,
            _ => {}
        }
    }
    (found[0] > 0).then_some(found)
}
