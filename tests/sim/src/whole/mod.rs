//! Level B: the real engine and store over the testkit's ports in memory. It is killed at any write of the log and at any system call on
//! a task file, loses its power, is overtaken by another engine in the middle of a start, and starts again; people edit, move and delete
//! files, and decide in between, and in the middle of its work.

mod check;
mod people;
mod scripts;
mod setting;

use crate::{
    core::differs,
    judge::{self, FailedStarts, Promises, Wrong},
    knobs::{Knobs, Shrunk, Trouble},
    outcome::{Outcome, Violation},
    rng::{Rng, mix},
};
use orchestron_domain::{MicroUsd, State, Status, Time};
use orchestron_engine::{Engine, EngineError, Mode};
use orchestron_testkit::{Meddling, World};
use std::collections::{BTreeMap, BTreeSet};

/// Rounds in which things go wrong.
const ROUNDS: u32 = 10;
/// Rounds until everything must be done once it is calm.
const CALM_ROUNDS: u32 = 60;
/// What a run costs at most.
const PRICE: MicroUsd = MicroUsd(1_000_000);
/// So often an engine may write until it comes to rest.
const WRITES_MAX: u32 = 3_000;
/// Tasks at most.
const TASKS_MAX: usize = 5;
/// Kinds of runs whose start may be the moment in which something happens.
const STARTS: [&str; 4] = ["implement", "implement", "review", "gate-test"];

struct Play {
    rng: Rng,
    knobs: Knobs,
    world: World,
    calm: bool,
    marks: BTreeMap<String, u32>,
    tasks: BTreeSet<String>,
    /// Tasks that somebody deleted.
    deleted: BTreeSet<String>,
    approved: BTreeSet<(String, String)>,
    /// Another engine comes, or came, while the first one was at work.
    overtaken: bool,
    /// What the log tells, with the cards and the configuration as they are.
    state: State,
    starts: FailedStarts,
    promises: Promises,
    /// An engine carries out what an earlier one decided: until it says that it has started.
    redoes: bool,
    /// When the newest engine started.
    up: Time,
    /// The last event was a stranger's.
    strange: bool,
    steps: u64,
    hash: u64,
    told: usize,
    trace: Option<Vec<String>>,
    violation: Option<Violation>,
}

/// Plays a seed's world to its end.
#[must_use]
pub fn play(seed: u64, shrunk: &Shrunk, traced: bool) -> Outcome {
    let mut play = Play::new(seed, shrunk, traced);
    let begin = play.world.now();
    for _ in 0..ROUNDS.min(1 + play.knobs.acts) {
        if play.violation.is_some() {
            break;
        }
        play.people();
        play.scripts();
        play.round();
    }
    play.grow_calm();
    Outcome {
        steps: play.steps,
        hash: play.hash,
        virtual_ms: play.world.now().since(begin),
        violation: play.violation,
        trace: play.trace.unwrap_or_default(),
        end: Some(Box::new(play.state)),
    }
}

impl Play {
    fn new(seed: u64, shrunk: &Shrunk, traced: bool) -> Self {
        let knobs = Knobs::new(seed, shrunk);
        let mut play = Self {
            rng: Rng::new(seed, 3),
            world: World::new(),
            calm: false,
            marks: BTreeMap::new(),
            tasks: BTreeSet::new(),
            deleted: BTreeSet::new(),
            approved: BTreeSet::new(),
            overtaken: false,
            state: State::default(),
            starts: FailedStarts::default(),
            promises: Promises::default(),
            redoes: true,
            up: Time(0),
            strange: false,
            steps: 0,
            hash: mix(1, seed),
            told: 0,
            trace: traced.then(Vec::new),
            violation: None,
            knobs,
        };
        play.furnish();
        play
    }

    fn any_task(&mut self) -> String {
        let at = self.rng.index(self.tasks.len());
        self.tasks.iter().nth(at).cloned().unwrap_or_default()
    }

    const fn any_status(&mut self) -> Status {
        Status::ALL[self.rng.index(Status::ALL.len())]
    }

    fn path_of(&self, task: &str) -> Option<String> {
        let mut paths = self.world.paths().into_iter();
        paths.find(|path| {
            let name = path.rsplit('/').next().unwrap_or("");
            path.starts_with("tasks/") && name.starts_with(task)
        })
    }

    fn trouble(&mut self, trouble: Trouble) -> bool {
        !self.calm && self.rng.chance(self.knobs.rate(trouble))
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push(line());
        }
    }

    fn wrong_if(&mut self, wrong: Option<Wrong>) {
        if let Some((what, detail)) = wrong {
            self.wrong(what, detail);
        }
    }

    fn wrong(&mut self, what: &'static str, detail: String) {
        if self.violation.is_none() {
            self.note(|| format!("VIOLATION {what}: {detail}"));
            let step = self.steps;
            self.violation = Some(Violation { what, detail, step });
        }
    }

    // ------------------------------------------------------------------------------------ the engine

    /// One life of an engine: until nothing is to be done, or until it dies.
    fn round(&mut self) {
        let often = |rate: u16| rate.saturating_mul(20).min(700);
        let crash = often(self.knobs.rate(Trouble::Crash));
        if !self.calm && self.rng.chance(crash) {
            let writes = u32::try_from(self.rng.below(40)).unwrap_or(0);
            self.note(|| format!("the engine will be killed at write {writes}"));
            self.world.die_after(writes);
        }
        let midway = often(self.knobs.rate(Trouble::CrashMidway));
        if !self.calm && self.rng.chance(midway) {
            let calls = u32::try_from(self.rng.below(60)).unwrap_or(0);
            self.note(|| format!("the engine will be killed at system call {calls}"));
            self.world.die_at(calls);
        }
        // What goes round in circles would do so for ever.
        let fuse = !self.world.is_about_to_die();
        if fuse {
            self.world.die_after(WRITES_MAX);
        }
        self.let_another_in();
        let meddled = self.let_somebody_meddle();
        self.redoes = true;
        let ended = match Engine::start(self.world.ports(), Mode::Run) {
            Ok(mut engine) => {
                let ended = engine.run();
                if ended.is_ok() {
                    self.compare(&engine);
                }
                ended
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &ended {
            self.note(|| format!("the engine ends: {error}"));
        }
        if self.world.has_meddled()
            && let Some(task) = meddled
        {
            self.note(|| format!("somebody came in between, at {task}"));
            *self.marks.entry(task).or_default() += 1;
            self.promises.act();
        }
        if self.trouble(Trouble::CrashMidway) {
            self.cut_power();
        }
        let down = self.world.revive();
        let lost = ended.as_ref().is_err_and(EngineError::is_held) && self.overtaken;
        if down && fuse {
            let what = format!("an engine wrote {WRITES_MAX} times and had not come to rest");
            self.wrong("it goes round in circles", what);
        }
        if let (Err(error), false) = (&ended, down || lost) {
            let what = error.to_string();
            self.wrong("the engine gives up although nothing is wrong", what);
        }
        self.hear();
        self.check();
    }

    /// Names that no synced folder holds are lost: the last ones, or any.
    fn cut_power(&mut self) {
        if self.rng.chance(500) {
            let kept = self.rng.index(3);
            self.note(|| format!("the power goes; {kept} unsynced names are kept"));
            self.world.power_cut(kept);
            return;
        }
        self.note(|| "the power goes; some unsynced names are kept".to_owned());
        let rng = &mut self.rng;
        self.world.power_cut_apart(|| rng.chance(500));
    }

    /// An editor saves a task's file, or somebody moves it, between two system calls of the engine. Whose file then must have one more mark.
    fn let_somebody_meddle(&mut self) -> Option<String> {
        if !self.trouble(Trouble::Meddles) {
            return None;
        }
        let task = self.any_task();
        let after = u32::try_from(self.rng.below(60)).unwrap_or(0);
        if self.rng.chance(400) {
            let to = self.any_status();
            self.note(|| format!("somebody will move {task} to {to} at system call {after}"));
            self.world.meddle(after, Meddling::Moves { task, to });
            return None;
        }
        let mark = self.marks.get(&task).copied().unwrap_or(0) + 1;
        let text = format!("\nmark {mark} of {task}.\n");
        let named = task.clone();
        self.note(|| format!("an editor will save {named} at system call {after}"));
        self.world
            .meddle(after, Meddling::Appends { task: named, text });
        Some(task)
    }

    /// While the engine starts a run, its lease is lost and another engine comes, does all that is to be done, and goes. What the first one
    /// was at must come to nothing.
    fn let_another_in(&mut self) {
        let often = self.knobs.rate(Trouble::Stale).saturating_mul(20).min(500);
        if self.calm || !self.rng.chance(often) {
            return;
        }
        self.overtaken = true;
        let kind = *self.rng.pick(&STARTS).unwrap_or(&"implement");
        self.note(|| format!("another engine comes in the middle of the next start of {kind}"));
        self.world.while_starting(kind, |world| {
            world.lose_lease();
            // It may be killed, too.
            if let Ok(mut second) = Engine::start(world.ports(), Mode::Run) {
                second.run().ok();
            }
        });
    }

    /// Takes new events into the hash and the story.
    fn hear(&mut self) {
        let events = self.world.events();
        for event in events.iter().skip(self.told) {
            self.steps += 1;
            self.hash = mix(self.hash, event.seq.0 ^ event.at.0.cast_unsigned());
            self.judge(event);
            if self.trace.is_some() {
                let line = format!("log {} {:?}: {:?}", event.seq.0, event.by, event.fact);
                self.note(|| line);
            }
        }
        self.told = events.len();
    }

    /// The log alone must tell the engine's state.
    fn compare(&mut self, engine: &Engine) {
        self.hear();
        let mut told = self.state.clone();
        let mut state = engine.state().clone();
        if let Some(what) = differs(&mut state, &mut told) {
            self.wrong("the log does not tell the state", what);
        }
        let stuck = judge::stuck(engine.state()).or_else(|| judge::stray(engine.state()));
        self.wrong_if(stuck);
        let open = self.world.store().log().open_commands();
        if let Some(left) = open.ok().and_then(|open| open.into_iter().next()) {
            let what = left.command.words();
            self.wrong("the engine rests with a command not carried out", what);
        }
    }
}
