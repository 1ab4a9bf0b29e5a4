//! The keeper on Unix: one `poll` over the bell, the exits, the agent's stdin, the key socket and the log watch.

#[cfg(target_os = "linux")]
use super::key::KeyServer;
use super::{
    KeeperError, Stage,
    exits::{Exit, ExitWatch},
    inbox::{Inbox, Next, Order},
    program::{self, Program},
    quota::{Quota, Seen},
    stage::{self, NOT_STARTED_CODE, NotStarted},
};
use crate::process::{
    folder::{
        ExitRecord, FORMAT, FolderError, KEEPER_LOG, KEY_SOCKET, ProcessMark, Record, RunFolder,
        Spec, now_millis, private, read_json, write_json,
    },
    tree::{self, ControlGroup},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::OFlags,
    process::{Pid, Signal, getpid, kill_process_group, setsid},
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::{Path, PathBuf},
    process::{ChildStdin, ExitCode},
    time::{Duration, Instant},
};

/// How long a keeper waits for the line with the secrets.
const FIRST_LINE_PATIENCE: Duration = Duration::from_secs(5);
/// How long that line may be.
const FIRST_LINE_BYTES: usize = 64 * 1024;
/// So long after the end was told it is made durable: by then the next run has started, whose start would wait for the same disk.
const SYNC_AFTER: Duration = Duration::from_millis(50);
/// How long a keeper tries to get its lock: whoever looks at it holds it for an instant.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);
/// How long what outlives the program has to end by itself, so that it can remove its own lock files.
const SURVIVOR_GRACE: Duration = Duration::from_millis(300);
/// After so long, what cannot be ended is left, and said to be left.
const SWEEP_PATIENCE: Duration = Duration::from_secs(10);
/// When a run is put into its control group. Each process that joins can hold its keeper up for ten milliseconds, which short
/// runs are spared; whoever was started before is put into it too.
const JOIN_AFTER: Duration = Duration::from_millis(250);

/// Minds a run. Returns at once when somebody else does, did, or was lost doing it.
pub(super) fn keep(folder: &RunFolder, stage: &Stage) -> Result<(), KeeperError> {
    own_session();
    // Read before anything can end this process: whoever started it must not find its pipe broken.
    let first_line = lines(1, Some(FIRST_LINE_PATIENCE));
    let key = first_line.and_then(|line| key_of(&line));
    mind(folder, Program { stage, ready: None }, key)
}

/// Waits to be told a run, and minds it. Returns when there is none.
pub(super) fn keep_ready(stage: &Stage) -> Result<(), KeeperError> {
    own_session();
    // Should the system refuse it now, it is tried again when it is needed.
    let ready = program::wait_for_a_run(stage).ok();
    let order = lines(2, None)?;
    let Some(end) = order.iter().position(|byte| *byte == b'\n') else {
        return Ok(()); // nothing is to be minded any more, and the stage ends with its input
    };
    let (dir, first_line) = order.split_at(end);
    let dir: PathBuf =
        serde_json::from_slice(dir).map_err(|source| KeeperError::Order { source })?;
    let folder = dir
        .canonicalize()
        .map(RunFolder::new)
        .map_err(FolderError::io("cannot find", &dir))?;
    let minded = mind(&folder, Program { stage, ready }, key_of(first_line));
    if let Err(error) = &minded {
        // It was started before it could have been given this file for its complaints.
        let log = private()
            .append(true)
            .create(true)
            .open(dir.join(KEEPER_LOG));
        // Whoever started it learns of its end anyway.
        log.and_then(|mut log| writeln!(log, "orchestron keep: {error}"))
            .ok();
    }
    minded
}

fn mind(
    folder: &RunFolder,
    program: Program<'_>,
    key: Result<Option<String>, KeeperError>,
) -> Result<(), KeeperError> {
    let Some(_alive) = hold(folder)? else {
        return Ok(());
    };
    // A record without an exit is a run whose keeper was lost: the program may have run, so it must not run again.
    if folder.exit().exists() || folder.record().exists() {
        return Ok(());
    }
    let started = key.and_then(|key| Keeper::start(folder, program, key));
    // It lives until the end is told: closing its log watch takes the kernel fifteen milliseconds.
    let mut keeper = None;
    let end = match started {
        Ok(started) => keeper.insert(started).mind(),
        Err(error) => ExitRecord {
            could_not_start: Some(error.to_string()),
            ..ExitRecord::default()
        },
    };
    let end = ExitRecord {
        format: FORMAT,
        ended_at: now_millis(),
        ..end
    };
    write_json(&folder.exit(), &end)?;
    // Told first and made durable then, while nobody waits: on a busy disk this takes a tenth of a second, and the next run
    // starts on the news of this one's end. A power cut in between makes the run a lost one.
    drop(keeper);
    std::thread::sleep(SYNC_AFTER);
    for file in [folder.exit(), folder.out(), folder.err()] {
        sync(&file);
    }
    Ok(())
}

/// The stage: see [`stage`].
pub(super) fn execute(folder: &RunFolder, keeper: &OsStr) -> ExitCode {
    let keeper = keeper.to_str().and_then(|pid| pid.parse().ok());
    let error = stage::become_program(folder, keeper.unwrap_or_default());
    eprintln!("orchestron keep: {error}");
    u8::try_from(NOT_STARTED_CODE).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// The stage that is told its run later.
pub(super) fn execute_ready(keeper: &OsStr) -> ExitCode {
    let keeper = keeper.to_str().and_then(|pid| pid.parse().ok());
    match stage::wait_and_become_program(keeper.unwrap_or_default()) {
        None => ExitCode::SUCCESS,
        Some(error) => {
            eprintln!("orchestron keep: {error}");
            u8::try_from(NOT_STARTED_CODE).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

/// Asks the keeper of a run for the key; empty when it refuses.
pub(super) fn ask_for_key(run_dir: &Path) -> Result<String, KeeperError> {
    // A whole path could be longer than a socket's address may be.
    std::env::set_current_dir(run_dir).map_err(FolderError::io("cannot enter", run_dir))?;
    let mut stream = std::os::unix::net::UnixStream::connect(KEY_SOCKET)
        .map_err(FolderError::io("cannot reach", &run_dir.join(KEY_SOCKET)))?;
    let mut key = String::new();
    stream
        .read_to_string(&mut key)
        .map_err(KeeperError::system("cannot read the key"))?;
    Ok(key)
}

/// A session of its own, so that no terminal's end reaches it, and the parent of all orphans below it.
fn own_session() {
    // Refused only to the leader of a group, which has what it needs already.
    setsid().ok();
    #[cfg(target_os = "linux")]
    {
        // Without it, orphans are found by their mark only.
        rustix::process::set_child_subreaper(Some(getpid())).ok();
    }
}

/// Takes the lock; none when another keeper has it.
fn hold(folder: &RunFolder) -> Result<Option<File>, KeeperError> {
    let path = folder.lock();
    let file = private()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(FolderError::io("cannot open", &path))?;
    let give_up = Instant::now() + LOCK_PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(fs::TryLockError::WouldBlock) if Instant::now() > give_up => return Ok(None),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
            Err(fs::TryLockError::Error(error)) => {
                return Err(FolderError::io("cannot lock", &path)(error).into());
            }
        }
    }
    // A lock on a file that is no longer the one in the folder proves nothing.
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    let held = file
        .metadata()
        .and_then(|own| fs::metadata(&path).map(|there| same(own, there)))
        .map_err(FolderError::io("cannot look at", &path))?;
    Ok(held.then_some(file))
}

/// The one line a keeper reads on its input.
#[derive(Default, Deserialize)]
#[serde(default)]
struct FirstLine {
    secrets: BTreeMap<String, String>,
}

/// The key in a first line; none when there is none.
fn key_of(line: &[u8]) -> Result<Option<String>, KeeperError> {
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let line: FirstLine =
        serde_json::from_slice(line).map_err(|source| KeeperError::Secrets { source })?;
    Ok(line.secrets.into_values().next())
}

/// Reads so many lines on stdin. Nothing, an end, or silence for so long is an empty line.
fn lines(count: usize, patience: Option<Duration>) -> Result<Vec<u8>, KeeperError> {
    #[cfg(target_os = "linux")]
    {
        // From here on this process holds a key: no debugger and no core file of the same user may show it.
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable).ok();
    }
    let stdin = io::stdin();
    let give_up = patience.map(|patience| Instant::now() + patience);
    let mut read_so_far = Vec::new();
    let mut buffer = [0_u8; 4096];
    let is_whole = |read: &[u8]| read.iter().filter(|byte| **byte == b'\n').count() >= count;
    while !is_whole(&read_so_far) && read_so_far.len() < FIRST_LINE_BYTES {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let left = give_up.map(|at| timespec(at.saturating_duration_since(Instant::now())));
        match poll(&mut fds, left.as_ref()) {
            Ok(0) => break,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(errno) => return Err(KeeperError::system("cannot wait for input")(errno.into())),
        }
        match rustix::io::read(&stdin, &mut buffer[..]) {
            Ok(0) => break,
            Ok(read) => read_so_far.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(rustix::io::Errno::INTR) => {}
            // Started without an input at all.
            Err(_) => break,
        }
    }
    Ok(read_so_far)
}

fn sync(path: &Path) {
    // What cannot be synced is still there unless the power fails; of an empty file there is nothing to be kept.
    if let Ok(file) = File::open(path)
        && file.metadata().map_or(true, |meta| meta.len() > 0)
    {
        file.sync_data().ok();
    }
}

fn timespec(duration: Duration) -> Timespec {
    // One more than asked for: waking a hair too early would only mean waking twice.
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2) + 1;
    Timespec {
        tv_sec: millis / 1000,
        tv_nsec: millis % 1000 * 1_000_000,
    }
}

/// Ending a tree: gently until `kill_at`, then by force, until nobody is left or it is given up.
#[derive(Debug)]
struct Sweep {
    kill_at: Instant,
    give_up: Instant,
    pause: Duration,
    next: Instant,
}

impl Sweep {
    fn new(grace: Duration) -> Self {
        let now = Instant::now();
        Self {
            kill_at: now + grace,
            give_up: now + grace + SWEEP_PATIENCE,
            pause: Duration::from_millis(1),
            next: now,
        }
    }
}

/// What there is to do after a `poll`.
#[derive(Debug, Default)]
struct Ready {
    bell: bool,
    exit: bool,
    stdin: bool,
    #[cfg(target_os = "linux")]
    key: bool,
    log: bool,
}

struct Keeper<'a> {
    folder: &'a RunFolder,
    program: i32,
    inbox: Inbox,
    stdin: Option<ChildStdin>,
    /// The program does not read; wait until it does.
    stdin_is_full: bool,
    bell: File,
    exits: ExitWatch,
    #[cfg(target_os = "linux")]
    key: Option<KeyServer>,
    quota: Quota,
    limit_bytes: u64,
    /// What every process of the run carries in its environment.
    #[cfg(not(target_os = "linux"))]
    mark: String,
    record: Record,
    group: Option<ControlGroup>,
    join_at: Option<Instant>,
    sweep: Option<Sweep>,
    end: ExitRecord,
}

impl<'a> Keeper<'a> {
    fn start(
        folder: &'a RunFolder,
        program: Program<'_>,
        key: Option<String>,
    ) -> Result<Self, KeeperError> {
        let dir = folder.dir();
        std::env::set_current_dir(dir).map_err(FolderError::io("cannot enter", dir))?;
        let spec: Spec = read_json(&folder.spec())?.ok_or_else(|| KeeperError::NoSpec {
            path: folder.spec(),
        })?;
        for log in [folder.out(), folder.err()] {
            private()
                .append(true)
                .create(true)
                .open(&log)
                .map_err(FolderError::io("cannot make", &log))?;
        }
        let bell = open_bell(&folder.bell())?;
        let inbox = Inbox::open(&folder.inbox())
            .map_err(FolderError::io("cannot open", &folder.inbox()))?;
        #[cfg(target_os = "linux")]
        let key = key
            .map(KeyServer::open)
            .transpose()
            .map_err(FolderError::io("cannot listen on", &dir.join(KEY_SOCKET)))?;
        #[cfg(not(target_os = "linux"))]
        drop(key);
        let mut record = record();
        // From here on this run is never started again, whatever happens to this keeper.
        write_json(&folder.record(), &record)?;
        let (program, stdin) = program.start(folder, &spec)?;
        let exits = ExitWatch::start(program)
            .map_err(KeeperError::system("cannot wait for the program"))?;
        record.agent = Some(ProcessMark {
            pid: program,
            start: tree::started(program),
        });
        write_json(&folder.record(), &record)?;
        Ok(Self {
            folder,
            program,
            inbox,
            stdin,
            stdin_is_full: false,
            bell,
            exits,
            #[cfg(target_os = "linux")]
            key,
            quota: Quota::new(
                spec.log_limit_bytes,
                folder.spec(),
                [folder.out(), folder.err()],
            ),
            limit_bytes: spec.log_limit_bytes,
            #[cfg(not(target_os = "linux"))]
            mark: spec.mark(),
            record,
            join_at: Some(Instant::now() + JOIN_AFTER),
            group: None,
            sweep: None,
            end: ExitRecord::default(),
        })
    }

    /// Minds the run to its end. A keeper that cannot go on ends the run rather than leave it unminded.
    fn mind(&mut self) -> ExitRecord {
        let mut failures = 0;
        let mut over = self.heed_inbox().map(|()| false);
        loop {
            match over {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => {
                    failures += 1;
                    self.end.trouble.get_or_insert(error.to_string());
                    self.sweep.get_or_insert_with(|| Sweep::new(Duration::ZERO));
                    // Ended as far as that still goes; what is left dies with this process or is swept by the engine.
                    self.sweep_on(Instant::now()).ok();
                    if failures > 100 {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
            over = self.turn();
        }
        self.finish()
    }

    /// Waits for something to happen and deals with it. True when nothing is left of the run.
    fn turn(&mut self) -> io::Result<bool> {
        let ready = self.wait()?;
        if ready.exit && self.heed_exit()? {
            return Ok(true);
        }
        if ready.bell {
            drain(&self.bell);
            self.heed_inbox()?;
        }
        if ready.stdin {
            self.stdin_is_full = false;
        }
        self.feed()?;
        #[cfg(target_os = "linux")]
        if ready.key
            && let Some(key) = &mut self.key
        {
            key.serve(self.program);
        }
        let now = Instant::now();
        let due = self.quota.next().is_some_and(|next| now >= next);
        if ready.log || due {
            self.heed_folder(now);
        }
        if self.join_at.is_some_and(|at| now >= at) {
            self.join_at = None;
            if self.sweep.is_none() {
                self.join_group();
            }
        }
        self.sweep_on(now)
    }

    fn wait(&self) -> io::Result<Ready> {
        let mut fds = Vec::with_capacity(5);
        let exits = self.exits.fd();
        fds.push(PollFd::new(&self.bell, PollFlags::IN));
        fds.push(PollFd::from_borrowed_fd(exits, PollFlags::IN));
        let mut optional = |fd: Option<_>, flags| {
            fd.map(|fd| {
                fds.push(PollFd::from_borrowed_fd(fd, flags));
                fds.len() - 1
            })
        };
        let stdin = self.stdin.as_ref().filter(|_| self.stdin_is_full);
        let stdin = optional(stdin.map(AsFd::as_fd), PollFlags::OUT);
        #[cfg(target_os = "linux")]
        let key = {
            let key = self.key.as_ref();
            optional(key.map(|key| key.listener().as_fd()), PollFlags::IN)
        };
        let log = optional(self.quota.fd(), PollFlags::IN);
        let now = Instant::now();
        let sweep = self.sweep.as_ref().map(|sweep| sweep.next);
        let next = [self.quota.next(), sweep, self.join_at];
        let next = next.into_iter().flatten().min();
        let timeout = next.map(|next| timespec(next.saturating_duration_since(now)));
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let told = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
        Ok(Ready {
            bell: told(0),
            exit: told(1),
            stdin: stdin.is_some_and(told),
            #[cfg(target_os = "linux")]
            key: key.is_some_and(told),
            log: log.is_some_and(told),
        })
    }

    /// Puts what runs into a control group of its own. Without one, the tree below the keeper does.
    fn join_group(&mut self) {
        let run = self.folder.dir().file_name().and_then(OsStr::to_str);
        let Some(group) = run.and_then(ControlGroup::create) else {
            return;
        };
        // Written down first, so that it is found and cleared away should this keeper be lost.
        self.record.cgroup = Some(group.path().to_path_buf());
        if write_json(&self.folder.record(), &self.record).is_ok() {
            join(&group, self.program).ok();
        }
        self.group = Some(group);
    }

    /// Reads what the waiting thread says. True when nobody is left.
    fn heed_exit(&mut self) -> io::Result<bool> {
        match self.exits.read()? {
            Exit::Code(code) => self.end.code = Some(code),
            Exit::Signal(signal) => self.end.signal = Some(signal),
            Exit::NobodyLeft => return Ok(true),
        }
        self.stdin = None;
        // Whoever is left is ended. When nobody is, the next message says so before the first look at the process table.
        if self.sweep.is_none() {
            let mut sweep = Sweep::new(SURVIVOR_GRACE);
            sweep.next += Duration::from_millis(1);
            self.sweep = Some(sweep);
        }
        Ok(false)
    }

    /// Looks at the folder, and ends a run that writes too much or that nobody can reach any more.
    fn heed_folder(&mut self, now: Instant) {
        match self.quota.look(now) {
            Seen::Well => return,
            Seen::TooMuch if self.end.log_limit_bytes.is_some() => return,
            Seen::TooMuch => self.end.log_limit_bytes = Some(self.limit_bytes),
            Seen::Gone if self.end.trouble.is_some() => return,
            Seen::Gone => self.end.trouble = Some("its folder was removed".to_owned()),
        }
        self.sweep = Some(Sweep::new(Duration::ZERO));
    }

    fn heed_inbox(&mut self) -> io::Result<()> {
        for order in self.inbox.scan()? {
            match order {
                Order::Interrupt => {
                    if let Some(group) =
                        Pid::from_raw(self.program).filter(|_| self.sweep.is_none())
                    {
                        // Nobody there any more: then there is nothing to interrupt.
                        kill_process_group(group, Signal::INT).ok();
                    }
                }
                Order::Terminate => tree::send(&self.below()?, Signal::TERM),
                Order::Kill => self.sweep = Some(Sweep::new(Duration::ZERO)),
            }
        }
        self.feed()
    }

    /// Passes on as much as the program takes.
    fn feed(&mut self) -> io::Result<()> {
        let mut buffer = [0_u8; 16 * 1024];
        while !self.stdin_is_full && self.inbox.is_waiting() {
            let Some(stdin) = &mut self.stdin else {
                return Ok(());
            };
            let bytes = match self.inbox.next(&mut buffer)? {
                Next::Nothing => return Ok(()),
                Next::Close => {
                    self.stdin = None;
                    return Ok(());
                }
                Next::Bytes(bytes) => bytes,
            };
            match stdin.write(buffer.get(..bytes).unwrap_or_default()) {
                Ok(sent) => self.inbox.sent(sent),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.stdin_is_full = true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It closed its input, or is gone: what it does not want to hear is no reason to end it.
                Err(_) => self.stdin = None,
            }
        }
        Ok(())
    }

    /// Ends what is to be ended, if anything is. True when it is given up.
    fn sweep_on(&mut self, now: Instant) -> io::Result<bool> {
        let Some(sweep) = &mut self.sweep else {
            return Ok(false);
        };
        if now < sweep.next {
            return Ok(false);
        }
        sweep.next = now + sweep.pause;
        sweep.pause = (sweep.pause * 2).min(Duration::from_millis(100));
        let (force, give_up) = (now >= sweep.kill_at, now >= sweep.give_up);
        if force && let Some(group) = &self.group {
            // Everybody at once; whoever is not in the group is found below.
            group.kill().ok();
        }
        let below = self.below()?;
        let others = below.iter().filter(|pid| **pid != self.program).count();
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        self.end.swept = self.end.swept.max(others);
        if give_up {
            self.end.left = u32::try_from(below.len()).unwrap_or(u32::MAX);
            return Ok(true);
        }
        tree::send(&below, if force { Signal::KILL } else { Signal::TERM });
        Ok(false)
    }

    fn below(&self) -> io::Result<Vec<i32>> {
        let all = tree::processes()?;
        Ok(tree::descendants(&[getpid().as_raw_pid()], &all))
    }

    fn finish(&mut self) -> ExitRecord {
        if let Some(group) = &self.group {
            // Also whoever left the tree for another parent.
            group.kill().ok();
            group.remove();
        }
        #[cfg(not(target_os = "linux"))]
        if let Ok((swept, left)) = tree::sweep(&self.mark, SWEEP_PATIENCE) {
            // Orphans go to another parent here, so that having no child left proves nothing.
            self.end.swept = self.end.swept.max(swept);
            self.end.left = left;
        }
        #[cfg(target_os = "linux")]
        {
            self.end.key_refused = self.key.as_ref().map_or(0, KeyServer::refused);
        }
        if self.end.code == Some(NOT_STARTED_CODE) {
            let note: Option<NotStarted> = read_json(&self.folder.not_started()).unwrap_or(None);
            self.end.could_not_start = note.map(|note| note.message);
        }
        self.end.clone()
    }
}

/// Puts the program into its group, and what it has started until then. Whoever joins while others are still starting is
/// looked for again.
fn join(group: &ControlGroup, program: i32) -> io::Result<()> {
    group.add(program)?;
    let mut joined = BTreeSet::from([program]);
    for _ in 0..4 {
        let all = tree::processes()?;
        let below = tree::descendants(&[program], &all);
        let new: Vec<i32> = below
            .into_iter()
            .filter(|pid| joined.insert(*pid))
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        for pid in new {
            // One that has ended meanwhile needs no group.
            group.add(pid).ok();
        }
    }
    Ok(())
}

fn record() -> Record {
    let pid = getpid().as_raw_pid();
    Record {
        format: FORMAT,
        keeper: ProcessMark {
            pid,
            start: tree::started(pid),
        },
        agent: None,
        boot: tree::boot(),
        cgroup: None,
        started_at: now_millis(),
    }
}

/// Opens the bell for reading and, so that it never sees an end, for writing.
fn open_bell(path: &Path) -> Result<File, KeeperError> {
    make_bell(path)?;
    fs::OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(|e| FolderError::io("cannot open", path)(e).into())
}

/// Makes the fifo that wakes a keeper, unless it is there.
pub(in crate::process) fn make_bell(path: &Path) -> Result<(), FolderError> {
    if path.exists() {
        return Ok(());
    }
    #[cfg(target_os = "linux")]
    let made = rustix::fs::mkfifoat(
        rustix::fs::CWD,
        path,
        rustix::fs::Mode::from_raw_mode(0o600),
    )
    .map_err(io::Error::from);
    #[cfg(not(target_os = "linux"))]
    let made = std::process::Command::new("mkfifo")
        .args(["-m", "600"])
        .arg(path)
        .status()
        .map(|_| ());
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(FolderError::io("cannot make", path)(error))
        }
        _ => Ok(()),
    }
}

/// Wakes the keeper of a run; nothing happens when there is none, because a keeper reads `in.jsonl` when it starts.
pub(in crate::process) fn ring_bell(path: &Path) {
    let bell = fs::OpenOptions::new()
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path);
    if let Ok(mut bell) = bell {
        // Full means that it has not woken yet, so it will see what was just written.
        bell.write_all(b"!").ok();
    }
}

fn drain(mut bell: &File) {
    let mut buffer = [0_u8; 4096];
    while bell.read(&mut buffer).is_ok_and(|read| read > 0) {}
}
