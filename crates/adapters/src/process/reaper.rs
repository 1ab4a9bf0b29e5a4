//! Waiting for keepers to end, so that none stays a zombie and whoever watches its run learns of an end without a word.
//!
//! One thread waits for all of them: each thread of its own would cost the engine half a megabyte as long as its run lives, for
//! what the C library asks for when a thread starts is never given back.

use super::{folder::RunFolder, spawner::keeper_ended};
use std::{io, process::Child};

/// Enough for a thread that waits for children.
const STACK_BYTES: usize = 64 * 1024;

/// A keeper to be waited for.
struct Waited {
    child: Child,
    /// The run it minds; none when it minds none.
    folder: Option<RunFolder>,
}

impl Waited {
    /// Waits for the end, and tells it.
    fn end(mut self) {
        let ended = self.child.wait();
        if let Some(folder) = &self.folder {
            keeper_ended(folder, ended.is_ok_and(|status| status.success()));
        }
    }
}

/// Has a keeper waited for, elsewhere.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn wait_for(child: Child, folder: Option<RunFolder>) -> io::Result<()> {
    let waited = Waited { child, folder };
    #[cfg(target_os = "linux")]
    let Some(waited) = together::add(waited) else {
        return Ok(());
    };
    let thread = std::thread::Builder::new().name("keeper".into());
    thread
        .stack_size(STACK_BYTES)
        .spawn(move || waited.end())
        .map(drop)
}

/// All in one thread, where the system can tell of the end of any of several processes.
#[cfg(target_os = "linux")]
mod together {
    use super::{STACK_BYTES, Waited};
    use rustix::{
        event::{EventfdFlags, PollFd, PollFlags, eventfd, poll},
        fd::OwnedFd,
        process::{Pid, PidfdFlags, pidfd_open},
    };
    use std::{
        io,
        sync::{
            Arc, Mutex, PoisonError,
            mpsc::{Receiver, Sender, channel},
        },
    };

    /// The thread, once there is one.
    static THREAD: Mutex<Option<Thread>> = Mutex::new(None);

    type Known = (OwnedFd, Waited);

    struct Thread {
        new: Sender<Known>,
        bell: Arc<OwnedFd>,
    }

    /// Hands one to the thread. Gives it back when it cannot be waited for like that.
    pub(super) fn add(waited: Waited) -> Option<Waited> {
        let end = i32::try_from(waited.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        let Some(end) = end else {
            return Some(waited);
        };
        let mut thread = THREAD.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            *thread = start().ok();
        }
        let Some(Thread { new, bell }) = &*thread else {
            return Some(waited);
        };
        match new.send((end, waited)) {
            Ok(()) => {
                ring(bell);
                None
            }
            // The thread is gone, which only a fault of ours could bring about.
            Err(unsent) => {
                *thread = None;
                Some(unsent.0.1)
            }
        }
    }

    fn ring(bell: &OwnedFd) {
        // It can only fail when it has been rung for ever without being heard.
        rustix::io::write(bell, &1_u64.to_ne_bytes()).ok();
    }

    fn start() -> io::Result<Thread> {
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (new, added) = channel();
        let heard = Arc::clone(&bell);
        std::thread::Builder::new()
            .name("keepers".into())
            .stack_size(STACK_BYTES)
            .spawn(move || wait(&heard, &added))?;
        Ok(Thread { new, bell })
    }

    fn wait(bell: &OwnedFd, added: &Receiver<Known>) {
        let mut all: Vec<Known> = Vec::new();
        loop {
            // Read before the new ones are taken: whoever adds one rings afterwards.
            rustix::io::read(bell, &mut [0; 8]).ok();
            all.extend(added.try_iter());
            let ends = all.iter().map(|(end, _)| end);
            let mut fds: Vec<_> = std::iter::once(bell)
                .chain(ends)
                .map(|fd| PollFd::new(fd, PollFlags::IN))
                .collect();
            // Interrupted: then nothing is found below, and it is waited for again.
            poll(&mut fds, None).ok();
            let over: Vec<bool> = fds
                .iter()
                .skip(1)
                .map(|fd| !fd.revents().is_empty())
                .collect();
            drop(fds);
            for at in (0..over.len())
                .rev()
                .filter(|at| over.get(*at) == Some(&true))
            {
                all.swap_remove(at).1.end();
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::wait_for;
    use crate::process::folder::RunFolder;
    use std::{
        fs,
        process::Command,
        time::{Duration, Instant},
    };

    fn until(what: impl Fn() -> bool) -> bool {
        let began = Instant::now();
        while !what() && began.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(2));
        }
        what()
    }

    #[test]
    fn many_are_waited_for_by_one_thread_and_each_end_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let mut folders = Vec::new();
        let mut pids = Vec::new();
        for n in 0..8 {
            let folder = RunFolder::new(dir.path().join(n.to_string()));
            folder.create().unwrap();
            // Every other one ends without a word and not well.
            let mut sh = Command::new("sh");
            let child = sh.args(["-c", &format!("exit {}", n % 2)]).spawn().unwrap();
            pids.push(child.id());
            wait_for(child, Some(folder.clone())).unwrap();
            folders.push(folder);
        }
        for (n, folder) in folders.iter().enumerate().filter(|(n, _)| n % 2 == 1) {
            assert!(until(|| folder.gone().exists()), "{n}");
        }
        let is_zombie = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.contains(") Z ")
        };
        assert!(until(|| !pids.iter().any(is_zombie)));
        assert!(!folders[0].gone().exists(), "that one ended well");
        let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
        let waiting = tasks
            .filter(|task| {
                let name = fs::read_to_string(task.path().join("comm"));
                name.is_ok_and(|name| name.trim() == "keepers")
            })
            .count();
        assert_eq!(waiting, 1);
    }
}
