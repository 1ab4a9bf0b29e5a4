//! Learning of exits without a timer: one thread that sleeps in `wait`, and a pipe to the keeper's poll.
//!
//! As the subreaper of its tree the keeper becomes the parent of every orphan in it. The thread waits for all of them, so that
//! no zombies gather, and when the kernel says that there is no child left at all, the whole tree is gone: a proof no scan
//! of `/proc` can give.

use rustix::{
    io::Errno,
    process::{WaitOptions, WaitStatus, wait},
};
use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    os::fd::{AsFd, BorrowedFd},
};

/// What the waiting thread tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// The program exited with a code.
    Code(i32),
    /// A signal ended the program.
    Signal(i32),
    /// The keeper has no child left, so nothing of the tree is left.
    NobodyLeft,
}

/// Enough for `wait` and one write.
const STACK_BYTES: usize = 32 * 1024;

/// The reading end of the pipe.
#[derive(Debug)]
pub(super) struct ExitWatch {
    pipe: PipeReader,
}

impl ExitWatch {
    /// Starts to wait for all children of this process; `program` is the one whose exit is told.
    pub(super) fn start(program: i32) -> io::Result<Self> {
        let (pipe, mut write) = io::pipe()?;
        std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn(move || wait_for_all(program, &mut write))?;
        Ok(Self { pipe })
    }

    /// What to poll.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    /// Reads one message; blocks when there is none.
    pub(super) fn read(&mut self) -> io::Result<Exit> {
        let mut message = [0_u8; 5];
        self.pipe.read_exact(&mut message)?;
        let [kind, value @ ..] = message;
        let value = i32::from_le_bytes(value);
        Ok(match kind {
            b'c' => Exit::Code(value),
            b's' => Exit::Signal(value),
            _ => Exit::NobodyLeft,
        })
    }
}

/// Waits until there is nobody to wait for. Allocates nothing, so that the thread costs no more than its stack.
fn wait_for_all(program: i32, pipe: &mut PipeWriter) {
    loop {
        let sent = match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid.as_raw_pid() == program => tell(pipe, status),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(_) => {
                // Nobody is left to wait for. When even this cannot be told, the closed pipe tells it.
                pipe.write_all(&message(b'n', 0)).ok();
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn tell(pipe: &mut PipeWriter, status: WaitStatus) -> io::Result<()> {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => pipe.write_all(&message(b'c', code)),
        (None, Some(signal)) => pipe.write_all(&message(b's', signal)),
        (None, None) => Ok(()),
    }
}

fn message(kind: u8, value: i32) -> [u8; 5] {
    let [a, b, c, d] = value.to_le_bytes();
    [kind, a, b, c, d]
}
