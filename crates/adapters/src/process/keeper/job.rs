//! What belongs to a run on Windows: the keeper puts itself into a job object before it starts the program, so whatever that starts,
//! and what those start, is in the job from its first instruction. Nothing can leave it, and what is in it ends with the keeper.

use super::KeeperError;
use std::{
    io,
    mem::ManuallyDrop,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use win32job::ExtendedLimitInfo;

/// How long what outlives the program has to end by itself, so that it can remove its own lock files.
const SURVIVOR_GRACE: Duration = Duration::from_millis(300);
/// After so long, what cannot be ended is left, and said to be left.
const SWEEP_PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The keeper's job. It is never closed by us: that would end the keeper too. The system closes it when the keeper has ended.
#[derive(Debug)]
pub(super) struct Job(ManuallyDrop<win32job::Job>);

impl Job {
    /// Puts this process, and all it will start, into a job of its own.
    pub(super) fn enter() -> Result<Self, KeeperError> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let made = win32job::Job::create_with_limit_info(&limits).map(ManuallyDrop::new);
        made.and_then(|job| job.assign_current_process().map(|()| Self(job)))
            .map_err(|error| KeeperError::system("cannot make a job object")(error.into()))
    }

    /// Who is in it besides this process.
    fn others(&self) -> io::Result<Vec<usize>> {
        let mut pids = self.0.query_process_id_list()?;
        pids.retain(|pid| u32::try_from(*pid).ok() != Some(std::process::id()));
        Ok(pids)
    }

    /// Ends all others. Returns how many were ended, and how many are left.
    pub(super) fn sweep(&self) -> io::Result<(u32, u32)> {
        let began = Instant::now();
        let mut ended = 0;
        loop {
            let others = self.others()?;
            let waited = began.elapsed();
            if others.is_empty() || waited > SWEEP_PATIENCE {
                return Ok((ended, count(&others)));
            }
            if waited >= SURVIVOR_GRACE {
                ended = ended.max(count(&others));
                for pid in &others {
                    end(*pid);
                }
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn count(pids: &[usize]) -> u32 {
    u32::try_from(pids.len()).unwrap_or(u32::MAX)
}

/// Ends one process. Whether it worked is seen by looking again.
fn end(pid: usize) {
    let mut command = Command::new("taskkill");
    command
        .args(["/F", "/PID", &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok();
}
