//! The port [`Runs`]: agents and gates as processes, each under its keeper.

use super::{
    environment,
    folder::{
        DEFAULT_LOG_LIMIT_BYTES, ExitRecord, FORMAT, FolderError, KEY_SOCKET, MARKER, RUN_VARIABLE,
        RunFolder, Spec, write_atomic, write_json,
    },
    guard::{self, Guard},
    keeper,
    live::{Live, Talk},
    programs::{InstalledPrograms, find},
};
use crate::failure::{failure, io_failure};
use orchestron_agents::{LaunchPlan, driver};
use orchestron_domain::{Agent, Halt, Leg, RunId, SessionId, run::Work, signal::Say};
use orchestron_engine::ports::{
    InstalledAgent, Look, PortError, PortErrorKind, PortResult, Programs, RunProgram, RunSpec, Runs,
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

pub use super::spawner::{
    KeeperSpawner, ProcessSpawner, arguments_of_waiting, environment_of_keepers, keeper_ended,
    order_for_waiting,
};

/// How long the end of a run that still goes on is waited for when it is settled.
const SETTLE_PATIENCE: Duration = Duration::from_secs(3);

/// Where the keys of agents come from.
pub trait Secrets: Send + Sync {
    /// The key of an account; none when there is none, and the agent's own login is to be used.
    fn for_account(&self, account: &str) -> Option<String>;
}

impl From<FolderError> for PortError {
    fn from(error: FolderError) -> Self {
        match error {
            FolderError::Io {
                doing,
                path,
                source,
            } => io_failure(doing, path.display(), &source),
            FolderError::Malformed { path, source } => failure(
                PortErrorKind::Malformed,
                "cannot understand",
                path.display(),
                source.to_string(),
                "It was written by another version or damaged; end the run and start the leg again.",
            ),
        }
    }
}

/// The runs of one project on this machine.
pub struct ProcessRuns {
    /// The folder of run folders.
    runs: PathBuf,
    /// The project's `.mcp` folder.
    mcp: PathBuf,
    keepers: Box<dyn KeeperSpawner>,
    secrets: Arc<dyn Secrets>,
    environment: BTreeMap<String, String>,
    /// Where agents keep their own settings and sessions; none = where they do for the person.
    agents_home: Option<String>,
    live: BTreeMap<RunId, Live>,
    guard: RefCell<guard::Seen>,
}

impl ProcessRuns {
    /// Runs whose folders lie in `runs`, of the project whose `.mcp` folder is `mcp`.
    #[must_use]
    pub fn new(
        runs: PathBuf,
        mcp: PathBuf,
        keepers: Box<dyn KeeperSpawner>,
        secrets: Arc<dyn Secrets>,
    ) -> Self {
        Self {
            runs,
            mcp,
            keepers,
            secrets,
            environment: environment::own(),
            agents_home: None,
            live: BTreeMap::new(),
            guard: RefCell::default(),
        }
    }

    /// Lets agents keep their own settings and sessions in `dir`, apart from the person's.
    #[must_use]
    pub fn with_agents_home(mut self, dir: &Path) -> Self {
        self.agents_home = Some(dir.display().to_string());
        self
    }

    /// Takes this for our own environment.
    #[cfg(test)]
    pub(crate) fn see(&mut self, environment: BTreeMap<String, String>) {
        self.environment = environment;
    }

    fn folder(&self, run: &RunId) -> RunFolder {
        RunFolder::new(self.runs.join(run.as_str()))
    }

    fn live(&mut self, run: &RunId) -> PortResult<&mut Live> {
        self.live.get_mut(run).ok_or_else(|| {
            failure(
                PortErrorKind::Missing,
                "cannot reach the run",
                run,
                "it was neither started nor taken up by this engine",
                "Start the engine again.",
            )
        })
    }

    /// Writes the run's folder; `spec.json` comes last and says that it is whole.
    fn prepare(&self, folder: &RunFolder, spec: &RunSpec, has_key: bool) -> PortResult<()> {
        folder.create()?;
        #[cfg(unix)]
        keeper::make_bell(&folder.bell())?;
        let to_start = match &spec.program {
            RunProgram::Shell { command } => self.shell(folder, spec, command),
            RunProgram::Agent {
                agent,
                resume,
                role,
                prompt,
                may_write,
            } => {
                let wanted = Wanted {
                    agent,
                    resume: resume.as_ref(),
                    role,
                    prompt,
                    may_write: *may_write,
                    has_key,
                };
                self.agent(folder, spec, &wanted)?
            }
        };
        Ok(write_json(&folder.spec(), &to_start)?)
    }

    fn shell(&self, folder: &RunFolder, spec: &RunSpec, command: &str) -> Spec {
        let shell: [&str; 2] = if cfg!(windows) {
            ["cmd", "/C"]
        } else {
            ["/bin/sh", "-c"]
        };
        let mut argv: Vec<String> = shell.map(str::to_owned).to_vec();
        argv.push(command.to_owned());
        let env = environment::scrubbed(&self.environment);
        Spec {
            merge_output: true,
            ..to_start(folder, spec, argv, env)
        }
    }

    fn agent(&self, folder: &RunFolder, spec: &RunSpec, wanted: &Wanted<'_>) -> PortResult<Spec> {
        let cli = wanted.agent.cli.as_deref().unwrap_or_default();
        let driver = driver(cli).ok_or_else(|| unknown_agent(cli))?;
        let mut agent = wanted.agent.clone();
        if agent.program.is_none() {
            let found = find(driver);
            let cure = found.cure(driver);
            let found = found
                .program()
                .ok_or_else(|| not_installed(driver.program(), cure))?;
            agent.program = Some(text(&found)?.to_owned());
        }
        let session = match wanted.resume {
            Some(session) => session.clone(),
            None => SessionId(uuid::Uuid::new_v4().to_string()),
        };
        let helper = self.keepers.program()?;
        let launch = driver.launch(&LaunchPlan {
            run: &spec.run,
            leg: leg(&spec.work),
            run_dir: text(folder.dir())?,
            worktree: &spec.dir,
            mcp_dir: text(&self.mcp)?,
            session: &session,
            resume: wanted.resume.is_some(),
            agent: &agent,
            role: wanted.role,
            prompt: wanted.prompt,
            may_write: wanted.may_write,
            helper_program: text(&helper)?,
            has_key: wanted.has_key,
            config_dir: self.agents_home.as_deref(),
        });
        for (name, bytes) in &launch.files {
            write_atomic(&folder.dir().join(name), bytes)?;
        }
        let talk = Talk {
            cli: cli.to_owned(),
            opening: launch.opening,
        };
        write_json(&folder.dir().join(Talk::FILE), &talk)?;
        let mut env = environment::chosen(&self.environment, &launch.inherit, &launch.env);
        if let Some(state) = self.runs.parent() {
            let guard = Guard::new(state.join("guard"));
            guard.around(&mut env, &helper, &mut self.guard.borrow_mut())?;
        }
        Ok(Spec {
            input: true,
            ..to_start(folder, spec, launch.argv, env)
        })
    }

    /// The key of the run's account, where one can be handed over (see the keeper).
    fn key(&self, program: &RunProgram) -> Option<String> {
        match program {
            RunProgram::Agent { agent, .. } if cfg!(target_os = "linux") => {
                self.secrets.for_account(&agent.account)
            }
            _ => None,
        }
    }
}

/// Whether the run has a keeper or had one.
fn was_kept(folder: &RunFolder) -> PortResult<bool> {
    Ok(folder.exit().exists() || folder.record().exists() || folder.is_kept()?)
}

impl Runs for ProcessRuns {
    fn start(&mut self, spec: &RunSpec) -> PortResult<Option<SessionId>> {
        if let Some(live) = self.live.get(&spec.run) {
            return Ok(live.session().cloned());
        }
        let folder = self.folder(&spec.run);
        let needs_keeper = !was_kept(&folder)?;
        let key = needs_keeper.then(|| self.key(&spec.program)).flatten();
        if !folder.spec().exists() {
            self.prepare(&folder, spec, key.is_some())?;
        }
        let mut live = Live::open(folder.clone(), 0)?;
        live.greet()?;
        if needs_keeper {
            let first_line = keeper::first_line(key.as_deref());
            self.keepers.spawn(folder.dir(), &first_line)?;
        }
        let session = live.session().cloned();
        self.live.insert(spec.run.clone(), live);
        Ok(session)
    }

    fn attach(&mut self, run: &RunId, read_to: u64) -> PortResult<Option<SessionId>> {
        // One that told what could not be written down (the disk was full) is taken up anew, and tells it again.
        let known = self.live.get(run).filter(|live| !live.is_ahead_of(read_to));
        if let Some(live) = known {
            return Ok(live.session().cloned());
        }
        let mut live = Live::open(self.folder(run), read_to)?;
        live.greet()?;
        // A run that nobody will ever ask about is not read through.
        if read_to != u64::MAX {
            live.catch_up()?;
        }
        let session = live.session().cloned();
        self.live.insert(run.clone(), live);
        Ok(session)
    }

    fn was_started(&self, run: &RunId) -> PortResult<bool> {
        let folder = self.folder(run);
        Ok(folder.record().exists() || folder.is_kept()?)
    }

    fn look(&mut self, run: &RunId) -> PortResult<Look> {
        Ok(self.live(run)?.look()?)
    }

    fn say(&mut self, run: &RunId, say: &Say) -> PortResult<()> {
        if self.live(run)?.say(say)? {
            return Ok(());
        }
        Err(failure(
            PortErrorKind::Other,
            "cannot speak to",
            run,
            "it is a command, not an agent",
            "Only agents can be spoken to.",
        ))
    }

    fn halt(&mut self, run: &RunId, halt: Halt) -> PortResult<()> {
        Ok(self.live(run)?.halt(halt)?)
    }

    fn found(&self) -> PortResult<Vec<RunId>> {
        let entries = match fs::read_dir(&self.runs) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_failure("cannot read", self.runs.display(), &error)),
        };
        let mut found: Vec<RunId> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|run| self.folder(run).spec().exists())
            .collect();
        found.sort();
        Ok(found)
    }

    fn get_ready(&mut self) {
        self.keepers.get_ready();
    }

    fn forget(&mut self, run: &RunId) -> PortResult<()> {
        super::kept::forget(&self.runs, run)?;
        self.live.remove(run);
        Ok(())
    }

    fn settle(&mut self, run: &RunId) -> PortResult<()> {
        let folder = self.folder(run);
        // A keeper that has told the end only makes it durable; nobody waits for that.
        if folder.exit_record()?.is_none() && folder.is_kept()? {
            end_by_force(&folder, self.live.get_mut(run))?;
        }
        let end = folder.exit_record()?.unwrap_or_default();
        if end.lost || end.left > 0 || end.format == 0 {
            sweep(&folder, end)?;
        }
        self.live.remove(run);
        // Nobody rings or asks for the key any more. The keeper has taken its own socket away, unless it was killed.
        remove(&folder.bell())?;
        remove(&folder.dir().join(KEY_SOCKET))
    }

    fn installed(&self) -> PortResult<Vec<InstalledAgent>> {
        InstalledPrograms.installed()
    }
}

/// Takes a file away; one that is gone already is fine.
fn remove(path: &Path) -> PortResult<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io_failure("cannot remove", path.display(), &error))
        }
        _ => Ok(()),
    }
}

/// What of a [`RunSpec`] is about an agent.
struct Wanted<'a> {
    agent: &'a Agent,
    resume: Option<&'a SessionId>,
    role: &'a str,
    prompt: &'a str,
    may_write: bool,
    has_key: bool,
}

fn to_start(
    folder: &RunFolder,
    spec: &RunSpec,
    argv: Vec<String>,
    mut env: BTreeMap<String, String>,
) -> Spec {
    env.insert(MARKER.to_owned(), folder.dir().display().to_string());
    env.insert(RUN_VARIABLE.to_owned(), spec.run.to_string());
    Spec {
        format: FORMAT,
        run: spec.run.clone(),
        argv,
        env,
        cwd: spec.dir.clone(),
        input: false,
        merge_output: false,
        log_limit_bytes: DEFAULT_LOG_LIMIT_BYTES,
    }
}

const fn leg(work: &Work) -> Leg {
    match work {
        Work::Leg { leg, .. } => *leg,
        // An agent as a gate does not exist; if it did, it would only read.
        Work::Gate { .. } => Leg::Review,
    }
}

/// Ends a run that is to be over, and waits for it.
fn end_by_force(folder: &RunFolder, live: Option<&mut Live>) -> PortResult<()> {
    match live {
        Some(live) => live.halt(Halt::Kill)?,
        None => Live::open(folder.clone(), u64::MAX)?.halt(Halt::Kill)?,
    }
    let give_up = Instant::now() + SETTLE_PATIENCE;
    while folder.exit_record()?.is_none() && folder.is_kept()? {
        if Instant::now() > give_up {
            return Err(failure(
                PortErrorKind::Held,
                "cannot end",
                folder.dir().display(),
                "its keeper still lives",
                "It ends by itself as soon as the system lets go of its processes.",
            ));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Ends what a lost keeper left behind, and notes it.
#[cfg(unix)]
fn sweep(folder: &RunFolder, mut end: ExitRecord) -> PortResult<()> {
    use super::{
        folder::read_json,
        tree::{self, ControlGroup},
    };
    let record = folder.keeper_record()?;
    let group = record
        .filter(|record| record.boot == tree::boot())
        .and_then(|record| ControlGroup::found(&record.cgroup?));
    if let Some(group) = &group {
        // What is not in it is found by its mark.
        group.kill().ok();
    }
    if let Some(spec) = read_json::<Spec>(&folder.spec())? {
        let (swept, left) = tree::sweep(&spec.mark(), SETTLE_PATIENCE)
            .map_err(|error| io_failure("cannot look for", "what the run left behind", &error))?;
        end.swept = end.swept.saturating_add(swept);
        end.left = left;
        write_json(&folder.exit(), &end)?;
    }
    if let Some(group) = &group {
        group.remove();
    }
    Ok(())
}

#[cfg(not(unix))]
fn sweep(_folder: &RunFolder, _end: ExitRecord) -> PortResult<()> {
    Ok(())
}

fn text(path: &Path) -> PortResult<&str> {
    path.to_str().ok_or_else(|| {
        failure(
            PortErrorKind::Other,
            "cannot use",
            path.display(),
            "the path is not valid UTF-8",
            "Rename the folder, or set ORCHESTRON_STATE_DIR to another place.",
        )
    })
}

fn unknown_agent(cli: &str) -> PortError {
    let known: Vec<&str> = orchestron_agents::known()
        .iter()
        .map(|driver| driver.word())
        .collect();
    failure(
        PortErrorKind::Missing,
        "cannot launch",
        if cli.is_empty() { "an agent" } else { cli },
        format!("agents that can be launched are: {}", known.join(", ")),
        "Change `cli` in .mcp/agents.yaml, or leave it out for a holder that is not launched.",
    )
}

fn not_installed(program: &str, hint: String) -> PortError {
    failure(
        PortErrorKind::Missing,
        "cannot find",
        program,
        "it is not installed, or not where it is looked for",
        hint,
    )
}
