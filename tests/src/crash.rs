//! kill -9 of engine, keeper, agent and command at seeded moments while tasks go through their chain. Whatever was killed,
//! in the end every task is done, exactly once.
//!
//! `ORCHESTRON_CRASH_SEED` repeats a seed that a failure named, `ORCHESTRON_CRASH_ROUNDS` says how many moments there are
//! (200 when it does not). The kills of a seed are the same; what they hit depends on the machine.

use crate::environment::{
    Chain, Engine, Model, Process, TestEnvironment, binary, claude, dice, file_of, kill,
};
use fastrand::Rng;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

/// Moments over all tests with the fake agent.
const MOMENTS: u64 = 200;
/// Tests that share them, so that they can run side by side.
const SHARDS: u64 = 4;
/// Moments in one round; then the tasks are let to their end.
const MOMENTS_PER_ROUND: u64 = 5;
/// How long the tasks of a round may take after the last kill.
const ROUND: Duration = Duration::from_secs(90);
/// Longest wait from one moment to the next.
const BETWEEN_MS: u64 = 500;
/// How long to wait for a process of the wanted kind.
const FOR_A_VICTIM: Duration = Duration::from_millis(1500);
/// How long to wait for the engine to write something.
const FOR_A_WRITE: Duration = Duration::from_millis(400);
/// How long a step of the fake agent takes: long enough to be hit.
const PAUSE_MS: &str = "40";

#[test]
fn nothing_is_lost_or_done_twice_1() {
    shard(0);
}

#[test]
fn nothing_is_lost_or_done_twice_2() {
    shard(1);
}

#[test]
fn nothing_is_lost_or_done_twice_3() {
    shard(2);
}

#[test]
fn nothing_is_lost_or_done_twice_4() {
    shard(3);
}

#[test]
fn nor_with_the_real_cli() {
    let seed = dice::seed();
    for round in 0..2 {
        let model = Model::plays(REAL_SCRIPT);
        let mut round = Round::new(
            seed ^ (0xc1a0 + round),
            &["Write it"],
            claude(),
            Some(&model.url()),
        );
        round.run(MOMENTS_PER_ROUND);
    }
}

fn shard(shard: u64) {
    let moments = dice::number("ORCHESTRON_CRASH_ROUNDS").unwrap_or(MOMENTS);
    let rounds = moments.div_ceil(SHARDS * MOMENTS_PER_ROUND);
    let seed = dice::seed();
    let mut hit = BTreeMap::new();
    for round in 0..rounds {
        let titles = ["First of two", "Second of two"];
        let mut round = Round::new(
            seed ^ (shard << 32) ^ round,
            &titles,
            binary("fake-claude"),
            None,
        );
        round.run(MOMENTS_PER_ROUND);
        for victim in &round.hit {
            *hit.entry(*victim).or_insert(0) += 1;
        }
    }
    println!("killed: {hit:?}");
    // A test that kills nothing proves nothing.
    assert!(rounds < 8 || hit.len() == 4, "{hit:?}");
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Victim {
    Engine,
    Keeper,
    Agent,
    /// An `orchestron approve` in the middle of what follows from it, while no engine runs.
    Command,
}

/// One project whose processes are killed.
struct Round {
    env: TestEnvironment,
    tasks: Vec<String>,
    dice: Rng,
    engine: Option<Engine>,
    story: Vec<String>,
    hit: Vec<Victim>,
    /// The fake agent writes down its starts.
    fake: bool,
}

impl Round {
    fn new(seed: u64, titles: &[&str], agent: PathBuf, model: Option<&str>) -> Self {
        let env = TestEnvironment::new();
        env.set("ORCHESTRON_CLAUDE", &agent);
        env.set("ANTHROPIC_API_KEY", "scripted");
        let notes = env.root().join("home/fake-claude");
        fs::create_dir_all(&notes).expect("a folder");
        fs::write(notes.join("pause_ms"), PAUSE_MS).expect("a file");
        env.repository();
        let chain = Chain {
            gates: &["echo $ORCHESTRON_RUN >> $HOME/fake-claude/gates; sleep 0.1; ls work/*.txt"],
            attempts: 100,
            backoff: "10ms",
            ..Chain::default()
        };
        env.set_up(&chain, model);
        let mut tasks: Vec<String> = Vec::new();
        for title in titles {
            let after = tasks
                .last()
                .map_or_else(Vec::new, |last| vec!["--depends-on", last]);
            let done = env.json(&[&["create", title][..], &after].concat());
            tasks.push(done["task"].as_str().expect("a task").to_owned());
        }
        Self {
            env,
            tasks,
            dice: Rng::with_seed(seed),
            engine: None,
            hit: Vec::new(),
            story: vec![format!("round {seed}")],
            fake: model.is_none(),
        }
    }

    fn run(&mut self, moments: u64) {
        self.start_engine();
        for _ in 0..moments {
            let span = Duration::from_millis(self.dice.u64(..BETWEEN_MS));
            self.work_for(span);
            self.kill_something();
        }
        let began = Instant::now();
        while !self.is_done() {
            self.work_for(Duration::from_millis(100));
            assert!(
                began.elapsed() < ROUND,
                "{:#?}\nnot done after {ROUND:?}\n{}",
                self.story,
                self.env.story()
            );
        }
        self.check();
    }

    fn start_engine(&mut self) {
        self.engine = Some(self.env.engine_without_waiting(&["run"], &[]));
    }

    /// Lets things go on, with a person who approves what waits for that.
    fn work_for(&mut self, span: Duration) {
        let began = Instant::now();
        while began.elapsed() < span {
            self.approve_what_waits();
            thread::sleep(Duration::from_millis(10));
        }
        let ended = self.engine.as_mut().is_some_and(Engine::has_ended);
        assert!(
            !ended,
            "{:#?}\nthe engine ended by itself\n{}",
            self.story,
            self.env.story()
        );
    }

    fn approve_what_waits(&self) {
        for task in self.waiting() {
            // Refused when the engine is faster or the moment is over; then it is asked again.
            self.env.orchestron(&["approve", &task]);
        }
    }

    /// Tasks that wait for their approval. Nothing else may be asked for.
    fn waiting(&self) -> Vec<String> {
        // Asking costs a process; a look at the folder is enough to know that there is nothing to ask about.
        let review = self.env.project().join(".mcp/tasks/review");
        if fs::read_dir(review).is_ok_and(|mut entries| entries.next().is_none()) {
            return Vec::new();
        }
        let requests = self.env.json(&["requests"]);
        let mut waiting = Vec::new();
        for request in requests.as_array().expect("a list") {
            assert_eq!(
                request["kind"],
                "review",
                "{:#?}\n{request}\n{}",
                self.story,
                self.env.story()
            );
            waiting.push(request["task"].as_str().expect("a task").to_owned());
        }
        waiting
    }

    fn is_done(&self) -> bool {
        let done = self.env.project().join(".mcp/tasks/done");
        let mut tasks = self.tasks.iter();
        tasks.all(|task| file_of(&done, task).is_some())
    }

    // --------------------------------------------------------------------------------------------- killing

    fn kill_something(&mut self) {
        let victim = match self.dice.u64(..10) {
            0..=3 => Victim::Engine,
            4..=5 => Victim::Keeper,
            6..=7 => Victim::Agent,
            _ => Victim::Command,
        };
        let began = Instant::now();
        while began.elapsed() < FOR_A_VICTIM && !self.is_done() {
            if self.strike(victim) {
                return;
            }
            thread::sleep(Duration::from_millis(3));
        }
        self.strike(Victim::Engine);
    }

    /// Kills one, if there is one.
    fn strike(&mut self, victim: Victim) -> bool {
        match victim {
            Victim::Engine => self.kill_engine(),
            Victim::Command if !self.kill_command() => return false,
            Victim::Command => {}
            Victim::Keeper | Victim::Agent => {
                let Some(process) = self.process_of_a_run(victim) else {
                    return false;
                };
                thread::sleep(Duration::from_millis(self.dice.u64(..60)));
                kill(process.pid);
                self.story.push(format!("{victim:?} {}", process.words));
            }
        }
        self.hit.push(victim);
        true
    }

    fn kill_engine(&mut self) {
        // Every second time right behind something it has written: between two writes is where things get lost.
        if self.dice.u64(..2) == 0 {
            self.wait_for_a_write();
            thread::sleep(Duration::from_micros(self.dice.u64(..3000)));
        }
        if self.dice.u64(..4) == 0 {
            return self.overtake_engine();
        }
        if let Some(engine) = self.engine.take() {
            engine.kill();
        }
        self.story.push("Engine".to_owned());
        thread::sleep(Duration::from_millis(self.dice.u64(..150)));
        self.start_engine();
    }

    /// Somebody deletes the lock file: a second engine takes over while the first one still believes to be it.
    fn overtake_engine(&mut self) {
        let first = self.engine.take();
        // There is none yet when the first is only just starting.
        fs::remove_file(self.env.state().join("engine.lock")).ok();
        self.start_engine();
        thread::sleep(Duration::from_millis(self.dice.u64(..400)));
        if let Some(first) = first {
            first.kill();
        }
        self.story.push("Lease".to_owned());
    }

    fn wait_for_a_write(&self) {
        let before = self.written();
        let began = Instant::now();
        while self.written() == before && began.elapsed() < FOR_A_WRITE {
            thread::sleep(Duration::from_micros(200));
        }
    }

    /// Changes with whatever the engine writes: the doorbell, what runs are told, task files.
    fn written(&self) -> (u64, u64, Vec<SystemTime>) {
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |meta| meta.len());
        let state = self.env.state();
        let runs = fs::read_dir(state.join("runs"))
            .into_iter()
            .flatten()
            .flatten();
        let told = runs.map(|run| size(run.path().join("in.jsonl"))).sum();
        let tasks = fs::read_dir(self.env.project().join(".mcp/tasks"))
            .into_iter()
            .flatten()
            .flatten();
        let moved = tasks.filter_map(|folder| folder.metadata().ok()?.modified().ok());
        (size(state.join("doorbell")), told, moved.collect())
    }

    /// Without an engine, a command carries out itself what follows from it.
    fn kill_command(&mut self) -> bool {
        let Some(task) = self.waiting().pop() else {
            return false;
        };
        if let Some(engine) = self.engine.take() {
            engine.kill();
        }
        let mut command = self.env.orchestron_command(&["approve", &task]);
        let mut command = command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("the command can be started");
        thread::sleep(Duration::from_millis(self.dice.u64(..250)));
        kill(command.id());
        command.wait().expect("a child of ours");
        self.story.push(format!("Command approve {task}"));
        self.start_engine();
        true
    }

    fn process_of_a_run(&self, victim: Victim) -> Option<Process> {
        let who = if victim == Victim::Keeper {
            "keeper"
        } else {
            "agent"
        };
        let runs = fs::read_dir(self.env.state().join("runs")).ok()?.flatten();
        let live = runs
            .map(|run| run.path())
            .filter(|run| !run.join("exit.json").exists());
        let pids: BTreeSet<u64> = live.filter_map(|run| pid_in(&run, who)).collect();
        // Never a process that only has the number of one of ours.
        self.env
            .processes()
            .into_iter()
            .find(|process| pids.contains(&process.pid.into()))
    }

    // -------------------------------------------------------------------------------------------- checking

    fn check(&mut self) {
        let told = format!("{:#?}\n{}", self.story, self.env.story());
        for task in &self.tasks {
            assert_eq!(self.env.status_of(task), "done", "{told}");
            assert_eq!(
                super::journeys::handoffs(&self.env, task),
                [
                    "prepare by architect",
                    "implement by coder",
                    "review by reviewer",
                    "approve by person"
                ],
                "{told}"
            );
            let file = self.env.git(&["show", &format!("main:work/{task}.txt")]);
            assert_eq!(file, format!("The work on {task}."), "{told}");
            let trailer = format!("^Task: {task}$");
            for (kind, wanted) in [("--no-merges", "work"), ("--merges", "merge")] {
                let commits =
                    self.env
                        .git(&["log", "--format=%h %s", kind, "--grep", &trailer, "main"]);
                assert_eq!(
                    commits.lines().count(),
                    1,
                    "{wanted} of {task}: {commits}\n{told}"
                );
            }
        }
        let changed = self
            .env
            .git(&["status", "--porcelain", "--", ".", ":!.mcp"]);
        assert_eq!(changed, "", "the checkout is as main is\n{told}");
        self.env.wait_for("the worktrees to be gone", ROUND, || {
            (self.env.git(&["worktree", "list"]).lines().count() == 1).then_some(())
        });
        assert_eq!(
            self.env.json(&["requests"]),
            Value::Array(Vec::new()),
            "{told}"
        );
        self.engine.take().expect("it runs").stop();
        self.env.wait_until_quiet();
        self.check_starts(&told);
    }

    /// No run was started twice, and every run that was started is known.
    fn check_starts(&self, told: &str) {
        let runs = fs::read_dir(self.env.state().join("runs"))
            .expect("runs")
            .flatten();
        let known: BTreeSet<String> = runs
            .map(|run| run.file_name().to_string_lossy().into_owned())
            .collect();
        let mut seen = BTreeSet::new();
        let files: &[&str] = if self.fake {
            &["starts", "gates"]
        } else {
            &["gates"]
        };
        for file in files {
            let text = fs::read_to_string(self.env.root().join("home/fake-claude").join(file))
                .expect("starts");
            for line in text.lines() {
                let run = line.split(' ').next().unwrap_or("").to_owned();
                assert!(known.contains(&run), "{run} has no folder\n{told}");
                assert!(seen.insert(run.clone()), "{run} was started twice\n{told}");
            }
        }
    }
}

fn pid_in(run: &Path, who: &str) -> Option<u64> {
    let record: Value = serde_json::from_slice(&fs::read(run.join("run.json")).ok()?).ok()?;
    record[who]["pid"].as_u64()
}

/// What the fake agent does, for the real CLI.
const REAL_SCRIPT: &str = r#"
name: crash
plays:
  - when: { leg: prepare }
    steps:
      - calls: [{ tool: mcp__orchestron__task_update, input: { section: Goal, text: "What it is for." } }]
      - calls: [{ tool: mcp__orchestron__task_submit, input: { note: "Prepared." } }]
  - when: { leg: implement }
    steps:
      - calls: [{ tool: Write, input: { file_path: "${worktree}/work/${task}.txt", content: "The work on ${task}.\n" } }]
      - calls: [{ tool: mcp__orchestron__task_submit, input: { note: "Implemented." } }]
  - when: { leg: review }
    steps:
      - calls: [{ tool: mcp__orchestron__review_decide, input: { verdict: approve, note: "Good." } }]
"#;
