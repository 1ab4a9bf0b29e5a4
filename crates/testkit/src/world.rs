//! The world the ports are views on, and what tests do to it.

use crate::{disk, files, git, locks, log, runs, small};
use orchestron_domain::{
    Agent, AgentName, Chain, Config, Event, Fact, Gate, RunId, Status, Time, absence::Absences,
    config::Limits, signal::Say, transcript::TranscriptItem,
};
use orchestron_engine::{
    Ports, Store,
    ports::{
        Between, Checkout, EventLog, Git, InstalledAgent, Keys, PortError, PortErrorKind,
        PortResult, Problem, Programs, RunLogs, Wake, WorkflowFile,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

/// 2026-11-20T09:00:00Z, when every world begins.
const BEGIN: i64 = 1_795_165_200_000;

/// Something that happens elsewhere at a certain moment.
pub(crate) type Meanwhile = Box<dyn FnOnce(&World) + Send>;

/// Everything there is in a world.
#[derive(Default)]
pub(crate) struct Things {
    pub now: Time,
    pub files: files::Folder,
    pub disk: disk::Disk,
    pub log: log::Tables,
    pub locks: locks::Held,
    pub git: git::Repository,
    pub runs: BTreeMap<RunId, runs::Process>,
    /// Run folders whose keeper never was.
    pub bare: BTreeSet<RunId>,
    pub scripts: BTreeMap<String, VecDeque<runs::Script>>,
    pub sessions: u32,
    pub bills: runs::Bills,
    /// So many of the next runs of a kind cannot be started.
    pub unstartable: BTreeMap<String, u32>,
    pub wakes: Vec<Wake>,
    pub keys: BTreeMap<String, String>,
    pub keyring_broken: bool,
    pub installed: Vec<InstalledAgent>,
    /// Editors on this machine.
    pub editors: Vec<String>,
    /// What was opened: argv and folder.
    pub opened: Vec<(Vec<String>, String)>,
    pub transcripts: BTreeMap<RunId, Vec<TranscriptItem>>,
    /// What happens elsewhere while a run of this kind is being started.
    pub meanwhile: BTreeMap<String, Meanwhile>,
    /// So many more commits succeed; then the world is down until [`World::revive`].
    pub commits_left: Option<u32>,
    pub down: bool,
    /// Nothing can be written until then.
    pub full_until: Option<Time>,
    /// What an engine told about that.
    pub trouble: Option<String>,
    pub troubles: Vec<String>,
    /// The next one who waits wakes so much later than asked for.
    pub oversleep: Option<i64>,
    /// When the machine slept.
    pub slept: Absences,
    /// Ids of a person's words that some run heard.
    pub words: BTreeSet<String>,
}

impl Things {
    /// Time passes, and nobody notices.
    pub fn sleep(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
        self.slept.came_back(self.now, millis);
    }

    /// Refuses to write on a full disk.
    pub fn must_have_room(&self, what: &str) -> PortResult<()> {
        if self.full_until.is_some_and(|until| self.now < until) {
            let said = "no space left on device";
            return Err(refused(PortErrorKind::NoRoom, "cannot write", what, said));
        }
        Ok(())
    }
}

/// A project on a machine. Clones are the same world.
#[derive(Clone, Default)]
pub struct World {
    things: Arc<(Mutex<Things>, Condvar)>,
}

pub(crate) fn refused(
    kind: PortErrorKind,
    doing: &'static str,
    what: impl Into<String>,
    said: impl Into<String>,
) -> PortError {
    PortError {
        doing,
        what: what.into(),
        said: said.into(),
        cure: None,
        kind,
    }
}

/// An agent of agents.yaml with everything at its default; `cli` is none for a holder outside.
#[must_use]
pub fn agent(name: &AgentName, cli: Option<&str>) -> Agent {
    Agent {
        cli: cli.map(str::to_owned),
        silence_s: 900,
        account: "anthropic".to_owned(),
        ..Agent::named(name.clone())
    }
}

impl World {
    /// A git project with the chain architect → claude-impl → codex-review → person, one gate `test`, three attempts, trusted commands,
    /// and no task.
    #[must_use]
    pub fn new() -> Self {
        let world = Self::default();
        {
            let mut things = world.things();
            things.now = Time(BEGIN);
            things.git.is_repository = true;
            things.installed = vec![InstalledAgent {
                cli: "claude".into(),
                program: Some("/usr/bin/claude".into()),
                version: Some("2.1.0".into()),
                install: "npm install -g @anthropic-ai/claude-code".into(),
                remark: None,
            }];
        }
        world.configure(|config| {
            config.project = "storefront".into();
            config.task_prefix = "TASK".into();
            config.limits = Limits::default();
            config.gates = vec![Gate {
                name: "test".into(),
                run: "npm test".into(),
                timeout_s: 600,
                ..Gate::default()
            }];
        });
        world.chain(Some("architect"), Some("claude-impl"), Some("codex-review"));
        world.trust();
        world
    }

    pub(crate) fn things(&self) -> MutexGuard<'_, Things> {
        self.things.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn changed(&self) -> &Condvar {
        &self.things.1
    }

    /// What is down does nothing.
    pub(crate) fn up(&self) -> PortResult<MutexGuard<'_, Things>> {
        let things = self.things();
        if things.down {
            return Err(refused(
                PortErrorKind::Other,
                "cannot reach",
                "the world",
                "it is down",
            ));
        }
        Ok(things)
    }

    // ------------------------------------------------------------------------------------ configuration

    /// Changes the configuration.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        let mut things = self.things();
        change(&mut things.files.config);
        things.files.config_version += 1;
        things.wakes.push(Wake::Files);
    }

    /// Sets who does which leg. Names that are not `person` and were not described become agents started with `claude`.
    pub fn chain(&self, prepare: Option<&str>, implement: Option<&str>, review: Option<&str>) {
        let name = |text: Option<&str>| text.and_then(|text| text.parse::<AgentName>().ok());
        let chain = Chain {
            prepare: name(prepare),
            implement: name(implement),
            review: name(review),
        };
        self.configure(|config| {
            for name in [&chain.prepare, &chain.implement, &chain.review]
                .into_iter()
                .flatten()
                .filter(|name| name.as_str() != "person")
            {
                config
                    .agents
                    .entry(name.clone())
                    .or_insert_with(|| agent(name, Some("claude")));
            }
            config.chain = chain;
        });
    }

    /// Makes a name that of a holder outside.
    pub fn outside(&self, name: &str) {
        if let Ok(name) = name.parse::<AgentName>() {
            self.configure(|config| {
                config.agents.insert(name.clone(), agent(&name, None));
            });
        }
    }

    /// Accepts the present configuration's commands.
    pub fn trust(&self) {
        let mut things = self.things();
        let commands = orchestron_engine::trust::commands(&things.files.config);
        things
            .log
            .settings
            .insert(orchestron_engine::trust::KEY.to_owned(), commands);
    }

    /// Problems the configuration has.
    pub fn config_problems(&self, problems: Vec<Problem>) {
        self.things().files.config_problems = problems;
    }

    /// These are the files of `.mcp/workflows/`.
    pub fn workflows(&self, files: Vec<WorkflowFile>) {
        self.things().files.workflows = files;
    }

    // ------------------------------------------------------------------------------------ files and time

    /// Writes a file below `.mcp/`, as a person with an editor does.
    pub fn write(&self, path: &str, text: &str) {
        let mut things = self.things();
        things.files.put(path, text.as_bytes().to_vec());
        things.wakes.push(Wake::Files);
    }

    /// Writes a plain task file `TASK-001-…` into a folder.
    pub fn task(&self, number: u32, status: Status, title: &str) {
        self.task_with(number, status, title, "");
    }

    /// Writes a task file with more sections below its heading.
    pub fn task_with(&self, number: u32, status: Status, title: &str, more: &str) {
        let text = format!(
            "# Task: TASK-{number:03} - {title}\n\n## Status: {status}\n\n{more}\n\n## Goal\nDo it well.\n\n## Acceptance Criteria\n- [x] it works\n- [ ] it is fast\n"
        );
        let name = format!(
            "TASK-{number:03}-{}.md",
            orchestron_domain::task_file::slug(title)
        );
        self.write(&format!("tasks/{status}/{name}"), &text);
    }

    /// Removes a file below `.mcp/`.
    pub fn remove(&self, path: &str) {
        let mut things = self.things();
        things.files.entries.remove(path);
        things.wakes.push(Wake::Files);
    }

    /// Moves a file below `.mcp/`, as `mv` does.
    pub fn rename(&self, from: &str, to: &str) {
        let mut things = self.things();
        if let Some(entry) = things.files.entries.remove(from) {
            things.files.entries.insert(to.to_owned(), entry);
        }
        things.wakes.push(Wake::Files);
    }

    /// The text of a file below `.mcp/`.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        let things = self.things();
        let entry = things.files.entries.get(path)?;
        Some(String::from_utf8_lossy(&entry.bytes).into_owned())
    }

    /// Paths of all files below `.mcp/`.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.things().files.entries.keys().cloned().collect()
    }

    /// The folder a task's file lies in; none when there is no such file.
    #[must_use]
    pub fn status(&self, task: &str) -> Option<Status> {
        self.things().files.entries.keys().find_map(|path| {
            let (folder, name) = path.strip_prefix("tasks/")?.split_once('/')?;
            name.starts_with(task)
                .then(|| Status::from_folder(folder))
                .flatten()
        })
    }

    /// The tasks folder cannot be read.
    pub fn hide_tasks(&self, hidden: bool) {
        let mut things = self.things();
        things.files.hidden = hidden;
        things.wakes.push(Wake::Files);
    }

    /// This is checked out in the project's own folder, and git is in the middle of that.
    pub fn checkout(&self, head: &str, at_work: Option<&'static str>) {
        let mut things = self.things();
        things.files.checkout = Checkout {
            head: Some(head.to_owned()),
            at_work,
            writing: false,
        };
        things.wakes.push(Wake::Files);
    }

    /// Git is writing files, or is done with it.
    pub fn git_writes(&self, writing: bool) {
        let mut things = self.things();
        things.files.checkout.writing = writing;
        things.wakes.push(Wake::Files);
    }

    /// Names come and go while somebody looks at the files, or rest.
    pub fn files_move(&self, moving: bool) {
        let mut things = self.things();
        things.files.moving = moving;
        things.wakes.push(Wake::Files);
    }

    /// The lock file that counts the leases begins anew.
    pub fn count_leases_anew(&self) {
        self.things().locks.fence = 0;
    }

    /// Somebody deletes the lock file of the engine: the next one can take the lease while the first still believes it has it.
    pub fn lose_lease(&self) {
        self.things().locks.lease = false;
    }

    /// The disk is full for so long.
    pub fn full_for(&self, millis: i64) {
        let mut things = self.things();
        things.full_until = Some(things.now.plus_millis(millis));
    }

    /// Whoever waits next sleeps on for so long, as a machine does that is suspended.
    pub fn oversleep(&self, millis: i64) {
        self.things().oversleep = Some(millis);
    }

    /// The machine sleeps for so long, right now.
    pub fn sleep(&self, millis: i64) {
        let mut things = self.things();
        things.sleep(millis);
    }

    /// When the machine slept.
    #[must_use]
    pub fn slept(&self) -> Absences {
        self.things().slept.clone()
    }

    /// Why the engine rested although nobody paused it, oldest first.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        self.things().troubles.clone()
    }

    /// Lets time pass.
    pub fn pass(&self, millis: i64) {
        let mut things = self.things();
        things.now = things.now.plus_millis(millis);
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.things().now
    }

    // ------------------------------------------------------------------------------------ log

    /// All events, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.things().log.read_events()
    }

    /// All facts, oldest first.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        self.events().into_iter().map(|event| event.fact).collect()
    }

    /// A setting of this machine.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<String> {
        self.things().log.settings.get(key).cloned()
    }

    /// Forgets log, index and settings, as when somebody deletes the database.
    pub fn lose_log(&self) {
        self.things().log = log::Tables::default();
    }

    /// Lets so many more commits succeed; then everything fails until [`Self::revive`], as after a kill.
    pub fn die_after(&self, commits: u32) {
        self.things().commits_left = Some(commits);
    }

    /// Whether a death was ordered that has not come yet.
    #[must_use]
    pub fn is_about_to_die(&self) -> bool {
        let things = self.things();
        things.commits_left.is_some() || things.disk.calls_left.is_some()
    }

    /// Ends what [`Self::die_after`] began. Returns whether the world was down.
    pub fn revive(&self) -> bool {
        let mut things = self.things();
        things.commits_left = None;
        things.disk.calls_left = None;
        things.disk.unsynced.clear();
        std::mem::take(&mut things.down)
    }

    /// Lets so many more system calls on task files succeed; then everything fails until [`Self::revive`], as after a kill.
    pub fn die_at(&self, calls: u32) {
        self.things().disk.calls_left = Some(calls);
    }

    /// The power goes: of the names that no synced folder holds yet, only the first `kept` are on the disk. Call [`Self::revive`] then.
    pub fn power_cut(&self, kept: usize) {
        disk::cut(&mut self.things(), kept);
    }

    /// The power goes, and which of the names are on the disk that no synced folder holds is chance. Call [`Self::revive`] then.
    pub fn power_cut_apart(&self, is_lost: impl FnMut() -> bool) {
        disk::cut_apart(&mut self.things(), is_lost);
    }

    /// After so many more system calls on files of ours somebody else does this to a task's file.
    pub fn meddle(&self, after: u32, how: disk::Meddling) {
        self.things().disk.meddling = Some((after, how));
    }

    /// Nobody comes in between any more. Whether somebody had.
    #[must_use]
    pub fn has_meddled(&self) -> bool {
        self.things().disk.meddling.take().is_none()
    }

    /// How often an engine wrote that had been overtaken.
    #[must_use]
    pub fn stale_writes(&self) -> u32 {
        self.things().log.stale_writes
    }

    // ------------------------------------------------------------------------------------ runs and git

    /// What the next run of this kind does: `implement`, `review`, `prepare`, `gate-test`. Runs nobody wrote a script for do their job well.
    pub fn script(&self, kind: &str, script: runs::Script) {
        self.things()
            .scripts
            .entry(kind.to_owned())
            .or_default()
            .push_back(script);
    }

    /// What happens elsewhere while the next run of this kind is being started: after its program is there, before the engine
    /// has told so.
    pub fn while_starting(&self, kind: &str, happens: impl FnOnce(&Self) + Send + 'static) {
        let happens = Box::new(happens);
        self.things().meanwhile.insert(kind.to_owned(), happens);
    }

    /// The shell commands that were run as gates.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let things = self.things();
        let programs = things.runs.values().map(runs::Process::command);
        programs.flatten().collect()
    }

    /// Runs that were started, each as often as its program was.
    #[must_use]
    pub fn started(&self) -> Vec<(RunId, u32)> {
        let things = self.things();
        things
            .runs
            .iter()
            .map(|(run, process)| (run.clone(), process.starts))
            .collect()
    }

    /// The engine died after it had made this run's folder and before its keeper was there.
    pub fn bare_run(&self, run: &str) {
        if let Ok(run) = run.parse::<RunId>() {
            let mut things = self.things();
            things.runs.remove(&run);
            things.bare.insert(run);
        }
    }

    /// Removes a run's folder, as somebody who cleans up too well does.
    pub fn lose_run(&self, run: &str) {
        if let Ok(run) = run.parse::<RunId>() {
            self.things().runs.remove(&run);
        }
    }

    /// The first user message of a run.
    #[must_use]
    pub fn prompt(&self, run: &str) -> Option<String> {
        let run: RunId = run.parse().ok()?;
        self.things().runs.get(&run)?.prompt()
    }

    /// Whether a run heard these words of a person, named by their id.
    #[must_use]
    pub fn was_heard(&self, words: &str) -> bool {
        self.things().words.contains(words)
    }

    /// What was said to a run.
    #[must_use]
    pub fn said(&self, run: &str) -> Vec<Say> {
        let Ok(run) = run.parse::<RunId>() else {
            return Vec::new();
        };
        let things = self.things();
        things
            .runs
            .get(&run)
            .map(|process| process.said.clone())
            .unwrap_or_default()
    }

    /// What a run's transcript shows.
    pub fn transcript(&self, run: &str, items: Vec<TranscriptItem>) {
        if let Ok(run) = run.parse() {
            self.things().transcripts.insert(run, items);
        }
    }

    /// Whether the project is a git repository.
    pub fn is_repository(&self, is: bool) {
        self.things().git.is_repository = is;
    }

    /// Somebody commits to a task's branch.
    pub fn commit_on(&self, task: &str) {
        let mut things = self.things();
        things.git.edit(task);
        things.git.commit(task);
    }

    /// What lies between two commits; with no older one, since the base.
    pub fn between(&self, from: Option<&str>, to: &str, found: Between) {
        let key = (from.unwrap_or_default().to_owned(), to.to_owned());
        self.things().git.between.insert(key, found);
    }

    /// Merging this task's branch would conflict in these files.
    pub fn conflict(&self, task: &str, files: &[&str]) {
        let files = files.iter().map(|file| (*file).to_owned()).collect();
        self.things().git.conflicts.insert(task.to_owned(), files);
    }

    /// Two changes of this file always conflict.
    pub fn collides(&self, file: &str) {
        self.things().git.collide.insert(file.to_owned());
    }

    /// How many pairs of branches were compared.
    #[must_use]
    pub fn forecasts(&self) -> u32 {
        self.things().git.forecasts
    }

    /// Merges that were made: task and commit.
    #[must_use]
    pub fn merges(&self) -> Vec<(String, String)> {
        self.things()
            .git
            .merges
            .iter()
            .map(|(task, commit)| (task.clone(), commit.0.clone()))
            .collect()
    }

    /// Tip of a task's branch.
    #[must_use]
    pub fn tip(&self, task: &str) -> Option<String> {
        self.things()
            .git
            .trees
            .get(task)
            .map(|tree| tree.tip.0.clone())
    }

    /// A task's worktree is gone, as when somebody deletes its folder.
    pub fn lose_worktree(&self, task: &str) {
        self.things().git.trees.remove(task);
    }

    /// Coding agents on this machine.
    pub fn installed(&self, installed: Vec<InstalledAgent>) {
        self.things().installed = installed;
    }

    /// Editors on this machine.
    pub fn editors(&self, names: &[&str]) {
        self.things().editors = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// What was opened for the person: argv and folder.
    #[must_use]
    pub fn opened(&self) -> Vec<(Vec<String>, String)> {
        self.things().opened.clone()
    }

    /// Whether the keyring works.
    pub fn keyring_works(&self, works: bool) {
        self.things().keyring_broken = !works;
    }

    /// Whatever runs inside a run.
    ///
    /// # Panics
    /// When that is no run's id.
    #[must_use]
    #[allow(clippy::expect_used)] // a name that a test writes
    pub fn inside(run: &str) -> orchestron_domain::Actor {
        let run = run.parse().expect("a run's id");
        orchestron_domain::Actor::Run { run }
    }

    // ------------------------------------------------------------------------------------ ports

    /// Who sits at this machine.
    #[must_use]
    pub const fn person() -> orchestron_domain::Actor {
        orchestron_domain::Actor::Person
    }

    /// A store over this world.
    #[must_use]
    pub fn store(&self) -> Store {
        self.store_over(Box::new(log::MemoryLog::new(self.clone())))
    }

    /// The same over another log.
    #[must_use]
    pub fn store_over(&self, log: Box<dyn EventLog>) -> Store {
        Store::new(
            Arc::new(files::MemoryFiles(self.clone())),
            log,
            Arc::new(locks::MemoryLocks(self.clone())),
            Arc::new(small::MemoryClock(self.clone())),
        )
    }

    /// Git.
    #[must_use]
    pub fn git(&self) -> Arc<dyn Git> {
        Arc::new(git::MemoryGit(self.clone()))
    }

    /// What runs have said.
    #[must_use]
    pub fn logs(&self) -> Arc<dyn RunLogs> {
        Arc::new(runs::MemoryLogs(self.clone()))
    }

    /// Keys.
    #[must_use]
    pub fn keys(&self) -> Arc<dyn Keys> {
        Arc::new(small::MemoryKeys(self.clone()))
    }

    /// Programs.
    #[must_use]
    pub fn programs(&self) -> Arc<dyn Programs> {
        Arc::new(small::MemoryPrograms(self.clone()))
    }

    /// All an engine acts through. Its waker lets time jump to the next deadline when nothing else is to be done, and says
    /// `Stop` when there is no deadline either.
    #[must_use]
    pub fn ports(&self) -> Ports {
        Ports {
            store: self.store(),
            git: self.git(),
            runs: Box::new(runs::MemoryRuns::new(self.clone())),
            logs: self.logs(),
            waker: Box::new(small::MemoryWaker(self.clone())),
            clock: Arc::new(small::MemoryClock(self.clone())),
        }
    }
}
