//! Hearing a git out: what it writes on both its outputs, while it is told what it reads.
//!
//! On Unix by one `poll` in the thread that waits anyway: three threads for each of a dozen gits between two agents cost more than
//! some of the gits. Elsewhere pipes cannot be waited for like that, and each has a thread.

use std::{ops::ControlFlow, process::Child, time::Instant};

/// How much of git's complaints is kept.
const MAX_COMPLAINT_BYTES: usize = 64 * 1024;

/// How hearing it out ended.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What it wrote to stderr, cut.
    pub complaint: Vec<u8>,
    /// Whether the receiver of its output had enough; it may still be at work then.
    pub stopped: bool,
    /// Whether it was still talking at the deadline.
    pub timed_out: bool,
}

impl Heard {
    fn complain(&mut self, bytes: &[u8]) {
        let room = MAX_COMPLAINT_BYTES
            .saturating_sub(self.complaint.len())
            .min(bytes.len());
        self.complaint
            .extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

#[cfg(unix)]
pub(super) use unix::{end_of, hear};

#[cfg(not(unix))]
pub(super) use threads::hear;

#[cfg(unix)]
mod unix {
    use super::{Child, ControlFlow, Heard, Instant};
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fd::{AsFd, OwnedFd},
        io::{Errno, ioctl_fionbio},
    };
    use std::{
        io::{ErrorKind, Read, Write},
        process::{ChildStderr, ChildStdin, ChildStdout},
        time::Duration,
    };

    /// Read at once.
    const CHUNK_BYTES: usize = 16 * 1024;
    /// Where the system does not tell that a child has ended, it is looked for so often once it has closed its output.
    const LOOK_EVERY: Duration = Duration::from_millis(5);

    /// Hears a child until it has closed both outputs, or has ended, whatever it left behind that holds them open.
    pub(in crate::git) fn hear(
        child: &mut Child,
        stdin: &[u8],
        deadline: Instant,
        sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Heard {
        let ended = end_of(child);
        let mut pipes = Pipes {
            stdin: child.stdin.take().filter(|_| !stdin.is_empty()),
            out: child.stdout.take(),
            err: child.stderr.take(),
            unsaid: stdin,
            heard: Heard::default(),
        };
        pipes.never_block();
        pipes.tell();
        loop {
            if pipes.out.is_none() && pipes.err.is_none() {
                return pipes.heard;
            }
            let now = Instant::now();
            if now >= deadline {
                pipes.heard.timed_out = true;
                return pipes.heard;
            }
            let mut left = deadline - now;
            if pipes.out.is_none() && ended.is_none() {
                left = left.min(LOOK_EVERY);
            }
            let is_over = pipes.wait(ended.as_ref(), left);
            if pipes.listen(sink).is_break() {
                pipes.heard.stopped = true;
                return pipes.heard;
            }
            let mut gone = || matches!(child.try_wait(), Ok(Some(_)));
            if pipes.out.is_none() && (is_over || (ended.is_none() && gone())) {
                // What it had written before is in the pipe already.
                pipes.complaints();
                return pipes.heard;
            }
            pipes.tell();
        }
    }

    /// Becomes readable when the child ends, where the system can tell that.
    #[cfg(target_os = "linux")]
    pub(in crate::git) fn end_of(child: &Child) -> Option<OwnedFd> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw)?;
        pidfd_open(pid, PidfdFlags::empty()).ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(in crate::git) const fn end_of(_child: &Child) -> Option<OwnedFd> {
        None
    }

    struct Pipes<'a> {
        stdin: Option<ChildStdin>,
        out: Option<ChildStdout>,
        err: Option<ChildStderr>,
        unsaid: &'a [u8],
        heard: Heard,
    }

    impl Pipes<'_> {
        /// Only our ends: the child's are its own.
        fn never_block(&self) {
            let ends = [
                self.stdin.as_ref().map(AsFd::as_fd),
                self.out.as_ref().map(AsFd::as_fd),
                self.err.as_ref().map(AsFd::as_fd),
            ];
            for end in ends.into_iter().flatten() {
                // Pipes know this on every Unix; one that did not would only be waited for.
                ioctl_fionbio(end, true).ok();
            }
        }

        /// Waits for anything. Whether the child has ended.
        fn wait(&self, ended: Option<&OwnedFd>, left: Duration) -> bool {
            let mut fds = Vec::with_capacity(4);
            fds.extend(ended.map(|end| PollFd::new(end, PollFlags::IN)));
            let (out, err) = (self.out.as_ref(), self.err.as_ref());
            fds.extend(out.map(|out| PollFd::new(out, PollFlags::IN)));
            fds.extend(err.map(|err| PollFd::new(err, PollFlags::IN)));
            let stdin = self.stdin.as_ref();
            fds.extend(stdin.map(|fd| PollFd::new(fd, PollFlags::OUT)));
            let left = Timespec::try_from(left).ok();
            // Interrupted: whoever asked looks again.
            poll(&mut fds, left.as_ref()).ok();
            ended.is_some() && fds.first().is_some_and(|fd| !fd.revents().is_empty())
        }

        /// Says as much as the child takes.
        fn tell(&mut self) {
            while let Some(stdin) = &mut self.stdin {
                match stdin.write(self.unsaid) {
                    Ok(written) => self.unsaid = self.unsaid.get(written..).unwrap_or_default(),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // A git that does not want all of it ends early; its exit code tells.
                    Err(_) => self.unsaid = &[],
                }
                if self.unsaid.is_empty() {
                    self.stdin = None;
                }
            }
        }

        /// Reads all that is there.
        fn listen(&mut self, sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>) -> ControlFlow<()> {
            let mut buffer = [0_u8; CHUNK_BYTES];
            while let Some(out) = &mut self.out {
                match read(out, &mut buffer) {
                    Some([]) => self.out = None,
                    Some(chunk) => sink(chunk)?,
                    None => break,
                }
            }
            self.complaints();
            ControlFlow::Continue(())
        }

        fn complaints(&mut self) {
            let mut buffer = [0_u8; CHUNK_BYTES];
            while let Some(err) = &mut self.err {
                match read(err, &mut buffer) {
                    Some([]) => self.err = None,
                    Some(chunk) => self.heard.complain(chunk),
                    None => return,
                }
            }
        }
    }

    /// What is there; nothing at the end; none when nothing is there yet.
    fn read<'a>(pipe: &mut impl Read, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        loop {
            match pipe.read(buffer) {
                Ok(read) => return buffer.get(..read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(Errno::AGAIN.raw_os_error()) => {
                    return None;
                }
                Err(_) => return Some(&[]),
            }
        }
    }
}

#[cfg(not(unix))]
mod threads {
    use super::{Child, ControlFlow, Heard, Instant};
    use std::{
        io::{Read, Write},
        sync::mpsc::{self, RecvTimeoutError},
        thread,
        time::Duration,
    };

    /// How long the complaints of a git that has closed its output are waited for.
    const PATIENCE: Duration = Duration::from_secs(2);

    /// Hears a child until it has closed its output.
    pub(in crate::git) fn hear(
        child: &mut Child,
        stdin: &[u8],
        deadline: Instant,
        sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Heard {
        let (to_out, out) = mpsc::sync_channel::<Vec<u8>>(8);
        let (to_err, err) = mpsc::sync_channel(1);
        if let Some(mut pipe) = child.stdin.take() {
            let stdin = stdin.to_vec();
            // A git that does not want all of it ends early; its exit code tells.
            thread::spawn(move || pipe.write_all(&stdin).ok());
        }
        if let Some(mut pipe) = child.stdout.take() {
            thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                    let chunk = buffer.get(..n).unwrap_or_default().to_vec();
                    if to_out.send(chunk).is_err() {
                        break;
                    }
                }
            });
        }
        if let Some(mut pipe) = child.stderr.take() {
            thread::spawn(move || {
                let mut kept = Heard::default();
                let mut buffer = vec![0; 8 * 1024];
                while let Ok(n @ 1..) = pipe.read(&mut buffer) {
                    kept.complain(buffer.get(..n).unwrap_or_default());
                }
                to_err.send(kept.complaint).ok();
            });
        }
        let mut heard = Heard::default();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match out.recv_timeout(left) {
                Ok(chunk) if sink(&chunk).is_break() => {
                    heard.stopped = true;
                    return heard;
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    heard.timed_out = true;
                    return heard;
                }
            }
        }
        heard.complaint = err.recv_timeout(PATIENCE).unwrap_or_default();
        heard
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::hear;
    use std::{
        ops::ControlFlow,
        process::{Child, Command, Stdio},
        time::{Duration, Instant},
    };

    fn child(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().unwrap()
    }

    #[test]
    fn more_than_any_pipe_holds_goes_both_ways_at_once() {
        let sent = vec![b'x'; 1024 * 1024];
        let mut child = child("echo first >&2; tee /dev/stderr");
        let mut got = 0;
        let soon = Instant::now() + Duration::from_secs(30);
        let heard = hear(&mut child, &sent, soon, &mut |chunk| {
            got += chunk.len();
            ControlFlow::Continue(())
        });
        assert_eq!(got, sent.len());
        assert!(!heard.stopped && !heard.timed_out);
        assert_eq!(heard.complaint.len(), super::MAX_COMPLAINT_BYTES);
        assert!(heard.complaint.starts_with(b"first\n"));
        child.wait().unwrap();
    }

    #[test]
    fn who_holds_the_outputs_open_is_not_waited_for() {
        let began = Instant::now();
        // Its child keeps stderr, for much longer than it lives itself.
        let mut child = child("echo said; echo complained >&2; sleep 20 >/dev/null & exec >&-");
        let mut got = Vec::new();
        let soon = Instant::now() + Duration::from_secs(15);
        let heard = hear(&mut child, b"", soon, &mut |chunk| {
            got.extend_from_slice(chunk);
            ControlFlow::Continue(())
        });
        assert_eq!(
            (&got[..], &heard.complaint[..]),
            (&b"said\n"[..], &b"complained\n"[..])
        );
        assert!(!heard.timed_out && began.elapsed() < Duration::from_secs(10));
        child.wait().unwrap();
    }

    #[test]
    fn silence_ends_at_the_deadline_and_too_much_where_the_receiver_says() {
        let mut silent = child("exec sleep 20");
        let soon = Instant::now() + Duration::from_millis(50);
        let heard = hear(&mut silent, b"", soon, &mut |_| ControlFlow::Continue(()));
        assert!(heard.timed_out);
        silent.kill().unwrap();
        silent.wait().unwrap();
        let mut talks = child("while :; do echo more; done");
        let soon = Instant::now() + Duration::from_secs(20);
        let heard = hear(&mut talks, b"", soon, &mut |_| ControlFlow::Break(()));
        assert!(heard.stopped && !heard.timed_out);
        talks.kill().unwrap();
        talks.wait().unwrap();
    }
}
