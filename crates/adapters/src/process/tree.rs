//! Process trees: who descends from whom, who carries a run's mark, and ending them.
//!
//! On Linux from `/proc`; elsewhere on Unix from `ps`, which was written from its manual and has not been run there.

use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
    time::{Duration, Instant},
};

/// A process as a scan saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// Ended, and not yet waited for: nothing is left of it but its number.
    pub(crate) zombie: bool,
}

/// All processes there are.
#[cfg(target_os = "linux")]
pub(crate) fn processes() -> io::Result<Vec<Process>> {
    Ok(numbers()?
        .filter_map(|pid| {
            let (parent, zombie, _) = stat(pid)?;
            Some(Process {
                pid,
                parent,
                zombie,
            })
        })
        .collect())
}

#[cfg(target_os = "linux")]
fn numbers() -> io::Result<impl Iterator<Item = i32>> {
    Ok(std::fs::read_dir("/proc")?
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok()))
}

/// Parent, whether it is a zombie, and start time of a process.
#[cfg(target_os = "linux")]
fn stat(pid: i32) -> Option<(i32, bool, u64)> {
    // One read tells all of it; growing a buffer for a file without a size would take six.
    let mut buffer = [0_u8; 1024];
    let mut file = std::fs::File::open(format!("/proc/{pid}/stat")).ok()?;
    let read = std::io::Read::read(&mut file, &mut buffer).ok()?;
    let bytes = buffer.get(..read)?;
    // The name stands in parentheses and may hold anything, also `)`; what counts stands behind the last one.
    let behind = bytes.iter().rposition(|b| *b == b')')?;
    let text = std::str::from_utf8(bytes.get(behind + 2..)?).ok()?;
    let mut fields = text.split(' ');
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let start = fields.nth(17)?.parse().ok()?;
    Some((parent, zombie, start))
}

/// When a process started, in clock ticks since boot; 0 when that cannot be told.
pub(crate) fn started(pid: i32) -> u64 {
    #[cfg(target_os = "linux")]
    return stat(pid).map_or(0, |(_, _, start)| start);
    #[cfg(not(target_os = "linux"))]
    {
        let _no_source = pid;
        0
    }
}

/// The parent of a process.
#[cfg(target_os = "linux")]
pub(crate) fn parent(pid: i32) -> Option<i32> {
    stat(pid).map(|(parent, _, _)| parent)
}

/// What tells this boot from another; empty when the system does not say.
pub(crate) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// Processes whose environment, as they were started, holds `NAME=value`.
#[cfg(target_os = "linux")]
fn marked(mark: &str) -> io::Result<Vec<i32>> {
    let own = std::process::id().cast_signed();
    Ok(numbers()?
        .filter(|pid| *pid != own)
        .filter(|pid| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|bytes| bytes.split(|b| *b == 0).any(|v| v == mark.as_bytes()))
        })
        .collect())
}

/// Processes with this variable in their environment, as they were started, and its value.
#[cfg(target_os = "linux")]
pub(crate) fn marks(name: &str) -> io::Result<Vec<(i32, String)>> {
    let own = std::process::id().cast_signed();
    let value = |pid: i32| {
        let bytes = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        let mut variables = bytes.split(|byte| *byte == 0);
        variables.find_map(|one| {
            let text = std::str::from_utf8(one).ok()?;
            Some((pid, text.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
        })
    };
    let zombie = |pid: i32| stat(pid).is_none_or(|(_, zombie, _)| zombie);
    Ok(numbers()?
        .filter(|pid| *pid != own && !zombie(*pid))
        .filter_map(value)
        .collect())
}

/// The same from `ps`, which shows environments with spaces between; a value ends at the first.
#[cfg(not(target_os = "linux"))]
pub(crate) fn marks(name: &str) -> io::Result<Vec<(i32, String)>> {
    let own = std::process::id().cast_signed();
    let text = ps(&["-A", "-E", "-ww", "-o", "pid=,command="])?;
    let mark = |line: &str| {
        let pid = line.split_ascii_whitespace().next()?.parse().ok()?;
        let mut words = line.split(' ');
        let value = words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))?;
        Some((pid, value.to_owned()))
    };
    Ok(text
        .lines()
        .filter_map(mark)
        .filter(|(pid, _)| *pid != own)
        .collect())
}

/// This process and all above it.
pub(crate) fn ancestors() -> BTreeSet<i32> {
    let parents: BTreeMap<i32, i32> = processes()
        .unwrap_or_default()
        .into_iter()
        .map(|process| (process.pid, process.parent))
        .collect();
    let mut found = BTreeSet::new();
    let mut pid = std::process::id().cast_signed();
    while pid > 0 && found.insert(pid) {
        pid = parents.get(&pid).copied().unwrap_or(0);
    }
    found
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn processes() -> io::Result<Vec<Process>> {
    let text = ps(&["-A", "-o", "pid=,ppid=,stat="])?;
    Ok(text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            Some(Process {
                pid: fields.next()?.parse().ok()?,
                parent: fields.next()?.parse().ok()?,
                zombie: fields.next()?.starts_with('Z'),
            })
        })
        .collect())
}

#[cfg(not(target_os = "linux"))]
fn marked(mark: &str) -> io::Result<Vec<i32>> {
    let own = std::process::id().cast_signed();
    let text = ps(&["-A", "-E", "-ww", "-o", "pid=,command="])?;
    Ok(text
        .lines()
        .filter(|line| line.split(' ').any(|word| word == mark))
        .filter_map(|line| line.split_ascii_whitespace().next()?.parse().ok())
        .filter(|pid| *pid != own)
        .collect())
}

#[cfg(not(target_os = "linux"))]
fn ps(args: &[&str]) -> io::Result<String> {
    let output = std::process::Command::new("/bin/ps").args(args).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Everybody below `roots`, without them, zombies left out.
pub(crate) fn descendants(roots: &[i32], all: &[Process]) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
    for process in all {
        children.entry(process.parent).or_default().push(*process);
    }
    let mut seen: BTreeSet<i32> = roots.iter().copied().collect();
    let mut open: Vec<i32> = roots.to_vec();
    let mut found = Vec::new();
    while let Some(pid) = open.pop() {
        for child in children.get(&pid).map_or(&[][..], Vec::as_slice) {
            if seen.insert(child.pid) {
                open.push(child.pid);
                if !child.zombie {
                    found.push(child.pid);
                }
            }
        }
    }
    found
}

/// Sends a signal to each. Those that are gone already, or are not ours to end, are passed over: the next look tells.
pub(crate) fn send(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter(|pid| **pid > 1) {
        if let Some(pid) = Pid::from_raw(*pid) {
            kill_process(pid, signal).ok();
        }
    }
}

/// Ends every process that carries `mark` and everybody below them. Returns how many were found and how many are left.
pub(crate) fn sweep(mark: &str, patience: Duration) -> io::Result<(u32, u32)> {
    let give_up = Instant::now() + patience;
    let mut ended = BTreeSet::new();
    loop {
        let all = processes()?;
        let zombies: BTreeSet<i32> = all.iter().filter(|p| p.zombie).map(|p| p.pid).collect();
        let mut found = marked(mark)?;
        found.extend(descendants(&found, &all));
        found.retain(|pid| !zombies.contains(pid));
        let left = u32::try_from(found.len()).unwrap_or(u32::MAX);
        if left == 0 || Instant::now() > give_up {
            return Ok((u32::try_from(ended.len()).unwrap_or(u32::MAX), left));
        }
        send(&found, Signal::KILL);
        ended.extend(found);
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A control group of the second kind for one run, where this user may make one. It catches what leaves both the process
/// tree and the marked environment, and ends all at once.
#[derive(Debug)]
pub(crate) struct ControlGroup(std::path::PathBuf);

/// How the groups made here begin, so that no other is ever ended.
const GROUP_PREFIX: &str = "orchestron-";

impl ControlGroup {
    /// Makes a group below this process's own; none when that is not possible here, which is no error.
    pub(crate) fn create(run: &str) -> Option<Self> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
        let name = format!("{GROUP_PREFIX}{run}-{}", std::process::id());
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
            .into_iter()
            .map(|mount| Path::new(mount).join(own))
            .find(|parent| parent.join("cgroup.procs").exists())
            .map(|parent| parent.join(name))
            .filter(|dir| std::fs::create_dir(dir).is_ok())
            .map(Self)
    }

    /// A group another keeper made, if it still is one.
    pub(crate) fn found(path: &Path) -> Option<Self> {
        let ours = path.starts_with("/sys/fs/cgroup")
            && path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(GROUP_PREFIX));
        (ours && path.join("cgroup.kill").exists()).then(|| Self(path.to_path_buf()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Puts a process into it. What it starts from then on is in it too.
    pub(crate) fn add(&self, pid: i32) -> io::Result<()> {
        std::fs::write(self.0.join("cgroup.procs"), pid.to_string())
    }

    /// Ends everybody in it at once.
    pub(crate) fn kill(&self) -> io::Result<()> {
        std::fs::write(self.0.join("cgroup.kill"), "1")
    }

    /// Removes it. Whoever was ended in it may take a moment to be gone; a group that stays is empty and costs nothing.
    pub(crate) fn remove(&self) {
        for _ in 0..50 {
            if std::fs::remove_dir(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, descendants, processes, sweep};
    use std::{process::Command, time::Duration};

    #[test]
    fn descendants_are_found_through_zombies_and_never_twice() {
        let at = |pid, parent, zombie| Process {
            pid,
            parent,
            zombie,
        };
        let all = [
            at(1, 0, false),
            at(10, 1, false),
            at(11, 10, true),
            at(12, 11, false),
            at(13, 12, false),
            at(20, 1, false),
            // A nonsense loop, as a scan over moving processes can show.
            at(30, 31, false),
            at(31, 30, false),
        ];
        let mut below = descendants(&[10], &all);
        below.sort_unstable();
        assert_eq!(below, [12, 13]);
        assert_eq!(descendants(&[30], &all), [31]);
    }

    #[test]
    fn this_process_is_among_them() {
        let own = std::process::id().cast_signed();
        let all = processes().unwrap();
        let me = all.iter().find(|p| p.pid == own).unwrap();
        assert!(!me.zombie);
        assert!(me.parent > 0);
    }

    #[test]
    fn a_sweep_ends_the_marked_and_those_below_them_only() {
        let dir = tempfile::tempdir().unwrap();
        let mark = format!("ORCHESTRON_SWEEP_TEST={}", dir.path().display());
        let (name, value) = mark.split_once('=').unwrap();
        // The inner one drops the mark with its environment; it is still below a marked one.
        let mut marked = Command::new("sh")
            .args(["-c", "env -i sleep 300 & wait"])
            .env(name, value)
            .spawn()
            .unwrap();
        let mut other = Command::new("sleep").arg("300").spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100));
        let (found, left) = sweep(&mark, Duration::from_secs(5)).unwrap();
        assert_eq!((found, left), (2, 0));
        assert!(!marked.wait().unwrap().success());
        assert!(other.try_wait().unwrap().is_none(), "a stranger was ended");
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
