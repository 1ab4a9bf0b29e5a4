//! A hundred handovers, measured: of what holders saved and were told is saved, how much arrives at whoever goes on?
//!
//! Tasks are passed on again and again: the agent, its keeper or the engine is killed at seeded moments, the leg is given to another
//! agent, or to a holder outside who gives it back. Each holder writes down what arrived (`fake-claude` with its file `relay`: the saved
//! context in its prompt, what `context_load` gives, and the whole by its pointer) and, once it was answered, what it saved. Nobody
//! looks into the product's own records for that.
//!
//! `ORCHESTRON_CRASH_SEED` repeats a seed, `ORCHESTRON_HANDOVERS` says how many there are (100 when it does not).

use crate::environment::{Chain, Engine, TestEnvironment, dice, kill};
use fastrand::Rng;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

/// Handovers in all.
const ALL: u64 = 100;
/// Tasks that are passed on side by side, each on a machine of its own.
const LANES: u64 = 4;
/// How many of a hundred must arrive complete.
const TARGET: u64 = 95;
/// How long a step of the fake agent takes, in milliseconds: it saves once in each.
const PAUSE_MS: &str = "270";
/// How long one handover may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// Failures in a row of the same agent; then another one goes on.
const SAME_AGENT: u32 = 5;
/// The lists of a context.
const LISTS: [&str; 5] = ["completed", "next", "decisions", "questions", "pointers"];

/// What became of one handover.
#[derive(Debug, PartialEq, Eq)]
enum Arrived {
    /// All of it, at once.
    Whole,
    /// What fits at once, and all of it by the pointer that was given.
    ByPointer,
    /// Something that was acknowledged did not arrive.
    Lost(String),
}

#[derive(Default)]
struct Figures {
    whole: u64,
    by_pointer: u64,
    lost: Vec<String>,
    ways: BTreeMap<&'static str, u64>,
}

#[test]
fn what_was_saved_arrives_whoever_goes_on_and_whatever_dies() {
    let seed = dice::seed();
    let all = dice::number("ORCHESTRON_HANDOVERS").unwrap_or(ALL);
    let lanes: Vec<Figures> = thread::scope(|scope| {
        let lanes = (0..LANES).map(|lane| {
            let count = all / LANES + u64::from(lane < all % LANES);
            scope.spawn(move || Lane::new(seed ^ (lane << 32)).run(count))
        });
        let lanes: Vec<_> = lanes.collect();
        let ended = lanes.into_iter().map(|lane| lane.join().expect("a lane"));
        ended.collect()
    });
    let mut sum = Figures::default();
    for lane in lanes {
        sum.whole += lane.whole;
        sum.by_pointer += lane.by_pointer;
        sum.lost.extend(lane.lost);
        for (way, count) in lane.ways {
            *sum.ways.entry(way).or_default() += count;
        }
    }
    let complete = sum.whole + sum.by_pointer;
    let handovers = complete + sum.lost.len() as u64;
    println!(
        "handovers: {handovers}, complete: {complete} ({} at once, {} with what did not fit fetched by its pointer), lost: {}; by way: {:?}",
        sum.whole,
        sum.by_pointer,
        sum.lost.len(),
        sum.ways
    );
    for loss in &sum.lost {
        println!("lost: {loss}");
    }
    assert!(handovers >= all, "{handovers} of {all}");
    assert!(complete * 100 >= TARGET * handovers, "{:#?}", sum.lost);
}

/// One task that is passed on.
struct Lane {
    env: TestEnvironment,
    task: String,
    dice: Rng,
    engine: Option<Engine>,
    /// Arrivals that were looked at.
    seen: usize,
    figures: Figures,
    agent: &'static str,
}

impl Lane {
    fn new(seed: u64) -> Self {
        let (env, notes) = TestEnvironment::with_fast_agents(&Chain {
            attempts: 100,
            backoff: "40ms",
            ..Chain::ALONE
        });
        fs::write(notes.join("pause_ms"), PAUSE_MS).expect("a file");
        fs::write(notes.join("relay"), "").expect("a file");
        let done = env.json(&["create", "Passed on and on"]);
        let task = done["task"].as_str().expect("a task").to_owned();
        Self {
            env,
            task,
            dice: Rng::with_seed(seed),
            engine: None,
            seen: 0,
            figures: Figures::default(),
            agent: "coder",
        }
    }

    fn run(mut self, count: u64) -> Figures {
        self.start_engine();
        let handed =
            |figures: &Figures| figures.whole + figures.by_pointer + figures.lost.len() as u64;
        self.next_arrival();
        let mut in_a_row = 0;
        while handed(&self.figures) < count {
            self.let_it_save();
            // After each failure the same agent rests twice as long.
            let way = if in_a_row >= SAME_AGENT {
                5
            } else {
                self.dice.u64(..8)
            };
            in_a_row = if way >= 5 { 0 } else { in_a_row + 1 };
            let way = match way {
                0 | 1 => self.kill_of_run("agent"),
                2 => self.kill_of_run("keeper"),
                3 => self.kill_engine_and("agent"),
                4 => self.kill_engine_and("keeper"),
                5 | 6 => self.hand_to_another(),
                _ => self.by_a_holder_outside(),
            };
            *self.figures.ways.entry(way).or_default() += 1;
            self.next_arrival();
        }
        self.end();
        self.figures
    }

    fn start_engine(&mut self) {
        self.engine = Some(self.env.engine_without_waiting(&["run"], &[]));
    }

    // ------------------------------------------------------------------------------------ what the agents wrote down

    fn notes(&self, name: &str) -> Vec<Value> {
        let path = self.env.root().join("home/fake-claude").join(name);
        let text = fs::read_to_string(path).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().map(serde_json::from_str);
        lines.map(|line| line.expect("a line of JSON")).collect()
    }

    /// Waits until whoever works has saved something and been told so, and a moment more.
    fn let_it_save(&mut self) {
        let run = self.live_run();
        let wanted = 1 + self.dice.u64(..2) as usize;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let saved = self.notes("saved");
            if saved
                .iter()
                .filter(|note| note["run"] == json!(run))
                .count()
                >= wanted
            {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // Into the middle of the next one.
        thread::sleep(Duration::from_millis(self.dice.u64(..300)));
    }

    /// Waits for whoever goes on, and compares.
    fn next_arrival(&mut self) {
        let (env, seen) = (&self.env, self.seen);
        let found = env.wait_for("somebody who goes on", PATIENCE, || {
            let all = self.notes("arrived");
            (all.len() > seen).then_some(all)
        });
        for arrived in &found[seen..] {
            let saved = self.notes("saved");
            // Only what was there before it came.
            let before = arrived["after"].as_u64().unwrap_or(0) as usize;
            if before > 0 {
                let verdict = compare(&saved[..before.min(saved.len())], arrived);
                self.count(verdict, &arrived["run"]);
            }
        }
        self.seen = found.len();
    }

    fn count(&mut self, verdict: Arrived, run: &Value) {
        match verdict {
            Arrived::Whole => self.figures.whole += 1,
            Arrived::ByPointer => self.figures.by_pointer += 1,
            Arrived::Lost(what) => self.figures.lost.push(format!("{run}: {what}")),
        }
    }

    // --------------------------------------------------------------------------------------------------- ways to hand over

    fn live_run(&self) -> Option<String> {
        let runs = fs::read_dir(self.env.state().join("runs")).ok()?.flatten();
        let live = runs.filter(|run| !run.path().join("exit.json").exists());
        live.map(|run| run.file_name().to_string_lossy().into_owned())
            .max()
    }

    fn kill_of_run(&mut self, who: &'static str) -> &'static str {
        if let Some(pid) = self.pid(who) {
            kill(pid);
        }
        who
    }

    fn pid(&self, who: &str) -> Option<u32> {
        let run = self.live_run()?;
        let record = self.env.state().join("runs").join(run).join("run.json");
        let record: Value = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
        let pid = u32::try_from(record[who]["pid"].as_u64()?).ok()?;
        // Never a process that only has the number of one of ours.
        let ours = self.env.processes();
        ours.iter().any(|process| process.pid == pid).then_some(pid)
    }

    fn kill_engine_and(&mut self, who: &'static str) -> &'static str {
        if let Some(engine) = self.engine.take() {
            engine.kill();
        }
        thread::sleep(Duration::from_millis(self.dice.u64(..200)));
        self.kill_of_run(who);
        thread::sleep(Duration::from_millis(self.dice.u64(..100)));
        self.start_engine();
        if who == "agent" {
            "engine and agent"
        } else {
            "engine and keeper"
        }
    }

    /// The leg is given to somebody else as soon as nobody works on it. False when the same agent was faster.
    fn reassign(&mut self, to: &str) -> bool {
        let (begun, mut last) = (Instant::now(), String::new());
        while begun.elapsed() < Duration::from_secs(5) {
            let done = self.env.orchestron(&["reassign", &self.task, to]);
            if done.code == 0 {
                return true;
            }
            last = done.to_string();
            thread::sleep(Duration::from_millis(10));
        }
        println!("not given to {to}: {last}");
        false
    }

    fn hand_to_another(&mut self) -> &'static str {
        let to = if self.agent == "coder" {
            "architect"
        } else {
            "coder"
        };
        self.env.orchestron(&["pause", &self.task, "--let-finish"]);
        self.kill_of_run("agent");
        if self.reassign(to) {
            self.agent = to;
        }
        self.env.orchestron(&["resume", &self.task]);
        "another agent"
    }

    /// Cursor takes it, saves what it did, and gives it back: two handovers.
    fn by_a_holder_outside(&mut self) -> &'static str {
        self.env.orchestron(&["pause", &self.task, "--let-finish"]);
        self.kill_of_run("agent");
        if !self.reassign("cursor") {
            self.env.orchestron(&["resume", &self.task]);
            return "agent";
        }
        let before = self.notes("saved");
        let begun = self.env.json(&["session", "start", "--agent", "cursor"]);
        let version = &begun["saved"]["version"];
        let whole = self.env.json(&["context", &self.task, "--whole"]);
        let arrived = json!({
            "run": "cursor", "prompt": begun["saved"]["context"], "left_out": begun["saved"]["left_out"], "whole": whole["context"],
        });
        let verdict = compare(&before, &arrived);
        self.count(verdict, &json!(format!("cursor at version {version}")));
        let entry = format!("cursor after version {version}");
        let words = ["completed", "next", "decisions", "questions", "pointers"]
            .map(|list| format!("{list}: {entry}"));
        let mut checkpoint = vec![
            "checkpoint",
            &self.task,
            "--agent",
            "cursor",
            "--now",
            &entry,
        ];
        for (flag, word) in ["--done", "--next", "--decision", "--question", "--pointer"]
            .into_iter()
            .zip(&words)
        {
            checkpoint.extend([flag, word.as_str()]);
        }
        self.env.json(&checkpoint);
        let mut note = json!({"run": "cursor", "now": entry});
        for (list, word) in LISTS.into_iter().zip(&words) {
            note[list] = json!([word]);
        }
        self.note("saved", &note);
        // Its worktree may only just be found again.
        let ended = self.env.wait_for("the session's end", PATIENCE, || {
            let words = [
                "session",
                "end",
                "--agent",
                "cursor",
                "--release",
                "-m",
                "back to you",
                "--json",
            ];
            let done = self.env.orchestron(&words);
            (done.code == 0).then(|| done.json()["data"].clone())
        });
        assert_eq!(ended["task"], json!(self.task));
        assert!(self.reassign("coder"), "{}", self.env.story());
        self.agent = "coder";
        self.env.orchestron(&["resume", &self.task]);
        "holder outside"
    }

    /// Written as the agents do, one line in one write.
    fn note(&self, name: &str, note: &Value) {
        use std::io::Write;
        let path = self.env.root().join("home/fake-claude").join(name);
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("notes");
        file.write_all(format!("{note}\n").as_bytes())
            .expect("notes");
    }

    fn end(&mut self) {
        let finish: PathBuf = self.env.root().join("home/fake-claude/finish");
        fs::write(finish, "").expect("a file");
        self.env.wait_for_status(&self.task, "review", PATIENCE);
        self.engine.take().expect("it runs").stop();
        self.env.wait_until_quiet();
    }
}

/// Of what was acknowledged, all must arrive: in what is handed over, or by the pointer when it is said that something did not fit.
/// Steps, decisions and pointers add up; what comes next, what is open and what one is at are those of the last one who saved.
fn compare(saved: &[Value], arrived: &Value) -> Arrived {
    let lists = |context: &Value, list: &str| -> Vec<String> {
        let entries = context[list].as_array().into_iter().flatten();
        entries
            .filter_map(|entry| entry.as_str().map(str::to_owned))
            .collect()
    };
    let mut wanted: Vec<(&str, String)> = Vec::new();
    for (n, note) in saved.iter().enumerate() {
        let last = n + 1 == saved.len();
        for list in LISTS {
            let adds_up = matches!(list, "completed" | "decisions" | "pointers");
            // A save that was not acknowledged may have replaced these; then the list is another one's and not empty.
            if adds_up || last {
                wanted.extend(lists(note, list).into_iter().map(|entry| (list, entry)));
            }
        }
    }
    let missing = |context: &Value| {
        let gone = |(list, entry): &&(&str, String)| {
            let there = lists(context, list);
            let replaced = matches!(*list, "next" | "questions") && !there.is_empty();
            !there.contains(entry) && !replaced
        };
        wanted
            .iter()
            .find(gone)
            .map(|(list, entry)| format!("{list}: {entry}"))
    };
    let Some(first) = missing(&arrived["prompt"]) else {
        return Arrived::Whole;
    };
    let said = arrived["left_out"].as_u64().unwrap_or(0) > 0;
    match missing(&arrived["whole"]) {
        None if said => Arrived::ByPointer,
        None => Arrived::Lost(format!("{first} was left out and that was not said")),
        Some(what) => Arrived::Lost(what),
    }
}
