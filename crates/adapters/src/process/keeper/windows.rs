//! The keeper on Windows, with the standard library alone.
//!
//! It does what the one on Unix does as far as that goes without unsafe code, and is simpler where that is not far:
//!
//! - `in.jsonl` and the exit are looked at every 50 ms, for there is no bell.
//! - What belongs to a run is in its keeper's job object, and ends with the keeper at the latest.
//! - No key is handed over, because who asks could not be told: agents use their own login.
//!
//! The loop is tested on other systems too; on Windows itself it has never been run.

#[cfg(windows)]
use super::job::Job;
use super::{
    KeeperError, Stage,
    inbox::{Inbox, Next, Order},
};
use crate::process::folder::{
    ExitRecord, FORMAT, FolderError, ProcessMark, Record, RunFolder, Spec, now_millis, private,
    read_json, write_json,
};
use std::{
    fs::{File, TryLockError},
    io::{self, Write},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{SyncSender, TrySendError, sync_channel},
    time::Duration,
};

const PAUSE: Duration = Duration::from_millis(50);

/// Minds a run; see the keeper on Unix.
pub(super) fn keep(folder: &RunFolder, _stage: &Stage) -> Result<(), KeeperError> {
    let Some(_alive) = hold(folder)? else {
        return Ok(());
    };
    if folder.exit().exists() || folder.record().exists() {
        return Ok(());
    }
    let end = Job::enter()
        .and_then(|job| {
            let (child, spec) = start(folder)?;
            let end = mind(folder, child, &spec)?;
            sweep(&job, end)
        })
        .unwrap_or_else(|error| ExitRecord {
            could_not_start: Some(error.to_string()),
            ..ExitRecord::default()
        });
    let end = ExitRecord {
        format: FORMAT,
        ended_at: now_millis(),
        ..end
    };
    Ok(write_json(&folder.exit(), &end)?)
}

/// There is no stage here: a program cannot be become.
#[cfg(windows)]
pub(super) fn execute(_folder: &RunFolder, _keeper: &std::ffi::OsStr) -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}

/// Not possible here.
#[cfg(windows)]
pub(super) fn ask_for_key(_run_dir: &Path) -> Result<String, KeeperError> {
    Err(KeeperError::System {
        doing: "cannot hand a key over",
        source: io::Error::from(io::ErrorKind::Unsupported),
    })
}

/// There is no bell here.
#[cfg(windows)]
pub(in crate::process) fn ring_bell(_path: &Path) {}

fn hold(folder: &RunFolder) -> Result<Option<File>, KeeperError> {
    let path = folder.lock();
    let file = private()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(FolderError::io("cannot open", &path))?;
    for _ in 0..6 {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => {
                return Err(FolderError::io("cannot lock", &path)(error).into());
            }
        }
    }
    Ok(None)
}

fn start(folder: &RunFolder) -> Result<(Child, Spec), KeeperError> {
    let spec: Spec = read_json(&folder.spec())?.ok_or_else(|| KeeperError::NoSpec {
        path: folder.spec(),
    })?;
    let [program, args @ ..] = spec.argv.as_slice() else {
        return Err(KeeperError::NoProgram);
    };
    let mut record = Record {
        format: FORMAT,
        keeper: mark(std::process::id()),
        agent: None,
        boot: String::new(),
        cgroup: None,
        started_at: now_millis(),
    };
    write_json(&folder.record(), &record)?;
    let out = append(&folder.out())?;
    let err = if spec.merge_output {
        out.try_clone()
            .map_err(FolderError::io("cannot open", &folder.out()))?
    } else {
        append(&folder.err())?
    };
    let stdin = if spec.input {
        Stdio::piped()
    } else {
        Stdio::null()
    };
    let child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(&spec.env)
        .current_dir(&spec.cwd)
        .stdin(stdin)
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeeperError::ProgramMissing {
                program: program.clone(),
            },
            _ => KeeperError::ProgramRefused {
                program: program.clone(),
                source,
            },
        })?;
    record.agent = Some(mark(child.id()));
    write_json(&folder.record(), &record)?;
    Ok((child, spec))
}

fn mark(pid: u32) -> ProcessMark {
    ProcessMark {
        pid: pid.cast_signed(),
        start: 0,
    }
}

fn append(path: &Path) -> Result<File, FolderError> {
    private()
        .append(true)
        .create(true)
        .open(path)
        .map_err(FolderError::io("cannot open", path))
}

fn mind(folder: &RunFolder, mut child: Child, spec: &Spec) -> Result<ExitRecord, KeeperError> {
    let mut end = ExitRecord::default();
    let inbox = Inbox::open(&folder.inbox());
    let mut inbox = inbox.map_err(FolderError::io("cannot open", &folder.inbox()))?;
    let mut mouth = child.stdin.take().map(speak).transpose()?;
    loop {
        let status = child
            .try_wait()
            .map_err(KeeperError::system("cannot wait for the program"))?;
        if let Some(status) = status {
            (end.code, end.signal) = (status.code(), signal(status));
            return Ok(end);
        }
        let heeded = heed(&mut inbox, &mut mouth, &mut child);
        let too_much = written(folder) > spec.log_limit_bytes;
        if too_much && end.log_limit_bytes.is_none() {
            end.log_limit_bytes = Some(spec.log_limit_bytes);
        }
        if let Err(error) = &heeded {
            end.trouble.get_or_insert(error.to_string());
        }
        if too_much || heeded.is_err() {
            end_tree(&mut child, true);
        }
        std::thread::sleep(PAUSE);
    }
}

/// A thread that writes to the program, so that one that does not read cannot keep its keeper from ending it.
fn speak(mut stdin: ChildStdin) -> Result<SyncSender<Vec<u8>>, KeeperError> {
    let (sender, receiver) = sync_channel::<Vec<u8>>(1);
    std::thread::Builder::new()
        .spawn(move || {
            for bytes in receiver {
                if stdin.write_all(&bytes).is_err() {
                    return;
                }
            }
        })
        .map_err(KeeperError::system("cannot start a thread"))?;
    Ok(sender)
}

fn heed(
    inbox: &mut Inbox,
    mouth: &mut Option<SyncSender<Vec<u8>>>,
    child: &mut Child,
) -> io::Result<()> {
    for order in inbox.scan()? {
        if order != Order::Interrupt {
            end_tree(child, order == Order::Kill);
        }
    }
    let mut buffer = vec![0_u8; 16 * 1024];
    while let Some(sender) = mouth {
        match inbox.next(&mut buffer)? {
            Next::Nothing => return Ok(()),
            Next::Close => *mouth = None,
            Next::Bytes(bytes) => {
                match sender.try_send(buffer.get(..bytes).unwrap_or_default().to_vec()) {
                    Ok(()) => inbox.sent(bytes),
                    Err(TrySendError::Full(_)) => return Ok(()),
                    Err(TrySendError::Disconnected(_)) => *mouth = None,
                }
            }
        }
    }
    Ok(())
}

/// Ends what outlives the program, and notes it.
fn sweep(job: &Job, mut end: ExitRecord) -> Result<ExitRecord, KeeperError> {
    (end.swept, end.left) = job.sweep().map_err(KeeperError::system(
        "cannot look at what the run left behind",
    ))?;
    Ok(end)
}

/// Stands in for the job object where the loop is only tested.
#[cfg(not(windows))]
struct Job;

#[cfg(not(windows))]
impl Job {
    fn enter() -> Result<Self, KeeperError> {
        Ok(Self)
    }

    fn sweep(&self) -> io::Result<(u32, u32)> {
        Ok((0, 0))
    }
}

fn written(folder: &RunFolder) -> u64 {
    [folder.out(), folder.err()]
        .iter()
        .filter_map(|log| std::fs::metadata(log).ok())
        .map(|meta| meta.len())
        .sum()
}

#[cfg(windows)]
fn end_tree(child: &mut Child, force: bool) {
    let mut command = Command::new("taskkill");
    command.args(["/T", "/PID", &child.id().to_string()]);
    if force {
        command.arg("/F");
    }
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if force && !ended.is_ok_and(|status| status.success()) {
        child.kill().ok();
    }
}

#[cfg(not(windows))]
fn end_tree(child: &mut Child, _force: bool) {
    child.kill().ok();
}

#[cfg(windows)]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(not(windows))]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}
