//! Level A: the real core (`apply`, `decide`, `schedule`, `due`) in a world of data: files, log, git, processes, people, and a host that
//! carries commands out as the engine does, and can be killed between any two of its steps.

mod agents;
mod carry_out;
mod check;
mod disk;
mod git;
mod host;
mod people;
mod setting;
mod store;

use crate::{
    knobs::{Knobs, Shrunk, Trouble},
    outcome::{Outcome, Violation},
    rng::{Rng, mix},
};
use agents::Process;
use check::Ledger;
pub use check::differs;
use disk::{Disk, TASKS_MAX};
use host::Host;
use orchestron_domain::{Config, RunId, SessionId, State, TaskId, Time};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    rc::Rc,
};
use store::Log;

/// Steps a world may take before it counts as going round in circles. A step is one event that the core applies and decides, one round
/// of what time, clashes and the schedule bring, or one command that is carried out.
const STEPS_MAX: u64 = 24_000;
/// Deadlines in a row that may come without anything following.
const WAKES_MAX: u32 = 300;
/// Virtual time that everything must have drained in once it is calm.
const CALM_MS: i64 = 40 * 86_400_000;
/// When every world begins.
const BEGIN: i64 = 1_795_165_200_000;
/// The watcher's safety net.
const RESCAN_MS: i64 = 30_000;
/// How often somebody looks what there is to decide once it is calm.
const LOOK_MS: i64 = 60_000;

/// What happens at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// A process goes on.
    Process(u32),
    /// People do something.
    People,
    /// Everything is looked at again.
    Rescan,
    /// Somebody starts the engine.
    Start,
}

/// One seed's world.
pub struct World {
    rng: Rng,
    knobs: Knobs,
    calm: bool,
    calm_since: i64,
    acts_left: u32,
    /// Time that passes, and how far the clock is off.
    now: i64,
    skew: i64,
    queue: BinaryHeap<Reverse<(i64, u32, Next)>>,
    ties: u32,
    ids: Vec<TaskId>,
    files_of: [git::Files; TASKS_MAX],
    disk: Disk,
    log: Log,
    git: git::Repository,
    config: Config,
    /// All there ever were, the present one last: an engine knows one of them.
    configs: Vec<Rc<Config>>,
    /// The newest one that engines were told of, by the watcher or its safety net.
    config_told: u32,
    /// The configuration that the engine knew which claimed each task last.
    claimed_by: [u32; TASKS_MAX],
    trusted: bool,
    processes: Vec<Process>,
    by_run: BTreeMap<RunId, u32>,
    living: Vec<u32>,
    sessions: u32,
    session_costs: BTreeMap<SessionId, u64>,
    /// What woke the engine: files, runs.
    wakes: (bool, Vec<u32>),
    engine: Option<Box<Host>>,
    stale: Option<Box<Host>>,
    fence: u64,
    ledger: Ledger,
    /// How often time woke the engine since the log had this many events.
    woken: (u64, u32),
    steps: u64,
    hash: u64,
    violation: Option<Violation>,
    trace: Option<Vec<String>>,
    end: Option<Box<State>>,
    /// It was played before: only whether it comes out the same is looked at. What is looked at in between changes nothing, and would
    /// be seen again.
    again: bool,
}

/// Plays a seed's world to its end.
#[must_use]
pub fn play(seed: u64, shrunk: &Shrunk, traced: bool) -> Outcome {
    let mut world = World::new(seed, shrunk, traced);
    world.run();
    world.finish()
}

/// Plays a world once more that was played to its end, to see whether it comes to the same.
#[must_use]
pub fn play_again(seed: u64, shrunk: &Shrunk) -> Outcome {
    let mut world = World::new(seed, shrunk, false);
    world.again = true;
    world.run();
    world.finish()
}

impl World {
    fn new(seed: u64, shrunk: &Shrunk, traced: bool) -> Self {
        let knobs = Knobs::new(seed, shrunk);
        let mut world = Self {
            rng: Rng::new(seed, 2),
            calm: false,
            calm_since: 0,
            acts_left: knobs.acts,
            now: BEGIN,
            skew: 0,
            queue: BinaryHeap::new(),
            ties: 0,
            ids: setting::ids(),
            files_of: [0; TASKS_MAX],
            disk: Disk::default(),
            log: Log::default(),
            git: git::Repository::default(),
            config: Config::default(),
            configs: Vec::new(),
            config_told: 0,
            claimed_by: [0; TASKS_MAX],
            trusted: true,
            processes: Vec::new(),
            by_run: BTreeMap::new(),
            living: Vec::new(),
            sessions: 0,
            session_costs: BTreeMap::new(),
            wakes: (false, Vec::new()),
            engine: None,
            stale: None,
            fence: 0,
            ledger: Ledger::default(),
            woken: (0, 0),
            steps: 0,
            hash: mix(0, seed),
            violation: None,
            trace: traced.then(Vec::new),
            end: None,
            again: false,
            knobs,
        };
        world.furnish();
        world.config_changed();
        world.at(1, Next::Start);
        world.at(world.knobs.gap_ms, Next::People);
        world.at(RESCAN_MS, Next::Rescan);
        world
    }

    /// What the engine's clock shows.
    const fn clock(&self) -> Time {
        Time(self.now.saturating_add(self.skew))
    }

    fn at(&mut self, wait: i64, next: Next) {
        self.ties += 1;
        self.queue
            .push(Reverse((self.now.saturating_add(wait), self.ties, next)));
    }

    /// Whether a trouble comes now.
    fn trouble(&mut self, trouble: Trouble) -> bool {
        self.trouble_now(trouble, 1)
    }

    /// Whether a trouble that has many chances comes now: one in `rarer` of the others.
    fn trouble_now(&mut self, trouble: Trouble, rarer: u16) -> bool {
        let rate = self.knobs.rate(trouble);
        if self.calm || rate == 0 {
            return false;
        }
        self.rng.chance(rate) && (rarer <= 1 || self.rng.below(u64::from(rarer)) == 0)
    }

    fn wake_run(&mut self, at: u32) {
        if !self.wakes.1.contains(&at) {
            self.wakes.1.push(at);
        }
    }

    /// Something changed below `.mcp/`; the watcher may miss it.
    fn wake_files(&mut self) {
        self.disk.dirty = true;
        if !self.trouble(Trouble::Unseen) {
            self.told_of_files();
        }
    }

    /// Engines are told that files changed.
    fn told_of_files(&mut self) {
        self.wakes.0 = true;
        self.config_told = self.config_revision();
    }

    /// Which configuration is the present one.
    fn config_revision(&self) -> u32 {
        u32::try_from(self.configs.len())
            .unwrap_or(u32::MAX)
            .saturating_sub(1)
    }

    /// Somebody changed the configuration.
    fn config_changed(&mut self) {
        self.configs.push(Rc::new(self.config.clone()));
    }

    fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_some() {
            let text = format!("{:>9} ms  {}", self.now - BEGIN, line(self));
            if let Some(trace) = &mut self.trace {
                trace.push(text);
            }
        }
    }

    /// Records that something is wrong; the first one counts.
    fn wrong(&mut self, what: &'static str, detail: String) {
        if self.violation.is_none() {
            self.note(|_| format!("VIOLATION {what}: {detail}"));
            self.violation = Some(Violation {
                what,
                detail,
                step: self.steps,
            });
        }
    }

    fn run(&mut self) {
        while self.violation.is_none() {
            if self.steps > STEPS_MAX {
                let state = self.open_ends();
                self.wrong("it goes round in circles", state);
                return;
            }
            if let Some(stale) = self.stale.take() {
                self.stale = self.drive(stale);
            }
            let Some(host) = self.engine.take() else {
                self.next();
                continue;
            };
            if self.dies(&host) {
                continue;
            }
            if host.is_idle(self) {
                self.engine = Some(host);
                self.settled();
                if self.is_over() {
                    return;
                }
                self.next();
                continue;
            }
            self.engine = self.drive(host);
            if self.engine.is_none() {
                self.restart_later();
            }
            if self.trouble(Trouble::Slow) {
                self.next();
            }
        }
    }

    /// Whether the engine is killed, or taken over, right here.
    fn dies(&mut self, host: &Host) -> bool {
        if self.trouble(Trouble::Crash) {
            let left = host.pending();
            self.note(|_| format!("the engine is killed with {left} commands to carry out"));
            self.steps += 1;
            self.restart_later();
            return true;
        }
        false
    }

    fn restart_later(&mut self) {
        self.wakes = (false, Vec::new());
        let wait = if self.calm { 1 } else { self.knobs.restart_ms };
        let wait = self.rng.range(1, wait.max(1));
        self.at(wait, Next::Start);
    }

    /// The next thing that happens, when the engine has nothing to do until then.
    fn next(&mut self) {
        let deadline = self.engine.as_ref().and_then(|host| host.deadline(self));
        let due = self.queue.peek().map(|Reverse((at, _, _))| *at);
        if let Some(at) = deadline.filter(|at| due.is_none_or(|due| *at <= due)) {
            self.now = self.now.max(at);
            self.note(|_| "time comes".to_owned());
            self.woken.1 += 1;
            if self.woken.0 != self.log.last().0 {
                self.woken = (self.log.last().0, 0);
            }
            // A clock that was set back makes what was used lately look new until it has caught up.
            if self.woken.1 > WAKES_MAX && self.knobs.rate(Trouble::Clock) == 0 {
                let ends = self.open_ends();
                self.wrong("the engine wakes again and again for nothing", ends);
            }
            if let Some(host) = &mut self.engine {
                host.time_came();
            }
            return;
        }
        let Some(Reverse((at, _, next))) = self.queue.pop() else {
            self.wrong("nothing happens any more", self.open_ends());
            return;
        };
        self.now = self.now.max(at);
        self.hash = mix(self.hash, self.now.cast_unsigned() ^ self.steps);
        match next {
            Next::Process(at) => self.play(at),
            Next::People => self.people(),
            Next::Rescan => {
                self.told_of_files();
                let live = self.ledger.state.live_runs();
                let live: Vec<_> = live
                    .filter_map(|run| self.by_run.get(&run.id))
                    .copied()
                    .collect();
                for at in live {
                    self.wake_run(at);
                }
                if let Some(host) = &mut self.engine {
                    host.time_came();
                }
                self.at(RESCAN_MS.max(self.knobs.pace_ms / 4), Next::Rescan);
            }
            Next::Start => self.start_engine(),
        }
        self.check_step();
    }

    fn start_engine(&mut self) {
        if self.engine.is_some() {
            return;
        }
        self.steps += 1;
        match Host::start(self) {
            Ok(host) => self.engine = Some(Box::new(host)),
            Err(_) => self.restart_later(),
        }
    }

    /// One step of an engine; none when it is dead afterwards.
    fn drive(&mut self, mut host: Box<Host>) -> Option<Box<Host>> {
        let alive = host.step(self).is_ok();
        self.check_step();
        alive.then_some(host)
    }

    fn is_over(&mut self) -> bool {
        if !self.calm {
            return false;
        }
        if self.is_drained() {
            return true;
        }
        if self.now - self.calm_since > CALM_MS {
            let ends = self.open_ends();
            self.wrong("it does not drain", ends);
            return true;
        }
        false
    }

    fn finish(mut self) -> Outcome {
        if self.violation.is_none() {
            self.check_end();
        }
        Outcome {
            steps: self.steps,
            hash: self.hash,
            virtual_ms: self.now - BEGIN,
            violation: self.violation,
            trace: self.trace.unwrap_or_default(),
            end: self.end,
        }
    }
}
