//! The demo's script, played on a copy of the demo's project by a small stand-in for the CLI: it
//! reads, writes, edits and runs for real, and refuses what the CLI would refuse.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::Scenario;
use super::choice::{FaultCounters, Reason, choose};
use super::conversation::{Conversation, MessagesRequest};
use super::wire::Reply;

const HELP: &str = "mcp__orchestron__request_help";

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/demo")
}

fn scenario() -> Scenario {
    Scenario::load(&demo().join("scenario.yaml")).unwrap_or_else(|error| panic!("{error}"))
}

/// Whether Node is there; says so when it is not.
fn has_node() -> bool {
    let found = Command::new("node").arg("--version").output().is_ok();
    if !found {
        println!("SKIPPED: node is not on PATH; the demo's project needs Node 18 or newer");
    }
    found
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A worktree with the demo's project, and a person who answers.
struct Desk {
    scenario: Scenario,
    dir: tempfile::TempDir,
    answer: &'static str,
    allows: bool,
    /// Whether commands are run; the pauses do not depend on what they say.
    runs_commands: bool,
    /// The conversation so far; a new attempt of the same desk resumes it.
    messages: Vec<Value>,
    read: BTreeSet<PathBuf>,
}

/// What one run did.
#[derive(Debug, Default)]
struct Run {
    /// Calls of our own tools, with their inputs.
    ours: Vec<(String, Value)>,
    /// Calls that failed, with the reason.
    failed: Vec<String>,
    /// How long the script pauses in all.
    pauses: Duration,
}

impl Run {
    fn call(&self, tool: &str) -> &Value {
        let named = |(name, _): &&(String, Value)| name.ends_with(tool);
        let call = self.ours.iter().rev().find(named);
        &call
            .unwrap_or_else(|| panic!("{tool} was not called: {self:?}"))
            .1
    }
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_tree(&demo().join("project"), dir.path());
        Self::at(dir)
    }

    fn at(dir: tempfile::TempDir) -> Self {
        Self {
            scenario: scenario(),
            dir,
            answer: "A JSON Lines file, data/audit.jsonl",
            allows: true,
            runs_commands: true,
            messages: Vec::new(),
            read: BTreeSet::new(),
        }
    }

    /// Plays one run to its end.
    fn run(&mut self, task: &str, leg: &str, attempt: u32) -> Run {
        let worktree = self.dir.path().display();
        let prompt = format!("# {task} · {leg} · attempt {attempt}\n\nWork in `{worktree}`.\n");
        self.messages
            .push(json!({"role": "user", "content": prompt}));
        let mut run = Run::default();
        for _ in 0..30 {
            if !self.turn(&mut run) {
                return run;
            }
        }
        panic!("the run does not end");
    }

    /// Plays one turn; false when it was the last.
    fn turn(&mut self, run: &mut Run) -> bool {
        let request = json!({"tools": [{"name": "Read"}], "messages": self.messages});
        let request: MessagesRequest = serde_json::from_value(request).unwrap();
        let conversation = Conversation::read(&request);
        let scenario = self.scenario.clone();
        let counters = FaultCounters::for_scenario(&scenario);
        let choice = choose(&scenario, &counters, &conversation);
        assert!(
            !matches!(choice.reason, Reason::NoPlay | Reason::Aside),
            "{choice:?}"
        );
        let unique = format!("u{}", self.messages.len());
        let reply = Reply::new(choice.words, "sonnet", &unique, &conversation);
        let frames = reply.frames(&scenario.pacing);
        run.pauses += frames.iter().map(|frame| frame.pause).sum::<Duration>();
        let content = reply.whole()["content"].clone();
        let calls: Vec<Value> = content.as_array().unwrap().clone();
        self.messages
            .push(json!({"role": "assistant", "content": content}));
        let mut results = Vec::new();
        for call in calls.iter().filter(|block| block["type"] == "tool_use") {
            let name = call["name"].as_str().unwrap();
            let outcome = self.call(name, &call["input"], run);
            if let Err(reason) = &outcome {
                run.failed.push(format!("{name}: {reason}"));
            }
            results.push(json!({"type": "tool_result", "tool_use_id": call["id"],
                "is_error": outcome.is_err(), "content": outcome.unwrap_or_else(|reason| reason)}));
        }
        let goes_on = !results.is_empty();
        if goes_on {
            self.messages
                .push(json!({"role": "user", "content": results}));
        }
        goes_on
    }

    fn call(&mut self, tool: &str, input: &Value, run: &mut Run) -> Result<String, String> {
        let text = |key: &str| input[key].as_str().unwrap_or_default();
        match tool {
            "Read" => {
                let path = self.inside(text("file_path"));
                let content = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
                self.read.insert(path);
                Ok(content)
            }
            "Write" => {
                let path = self.inside(text("file_path"));
                if path.exists() && !self.read.contains(&path) {
                    return Err(format!("{} was not read", path.display()));
                }
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, text("content")).unwrap();
                self.read.insert(path);
                Ok("written".to_owned())
            }
            "Edit" => self.edit(text("file_path"), text("old_string"), text("new_string")),
            "Bash" => self.shell(text("command")),
            _ => {
                run.ours.push((tool.to_owned(), input.clone()));
                let answer = if tool == HELP { self.answer } else { "ok" };
                Ok(answer.to_owned())
            }
        }
    }

    fn edit(&self, path: &str, old: &str, new: &str) -> Result<String, String> {
        let path = self.inside(path);
        if !self.read.contains(&path) {
            return Err(format!("{} was not read", path.display()));
        }
        let content = std::fs::read_to_string(&path).unwrap();
        if content.matches(old).count() != 1 {
            return Err(format!(
                "not exactly one match in {}: {old}",
                path.display()
            ));
        }
        std::fs::write(&path, content.replace(old, new)).unwrap();
        Ok("edited".to_owned())
    }

    fn shell(&self, command: &str) -> Result<String, String> {
        let needs_permission = !command.starts_with("node --test") && !command.starts_with("ls ");
        if needs_permission && !self.allows {
            return Err("a person said no".to_owned());
        }
        if !self.runs_commands {
            return Ok(String::new());
        }
        let mut words = command.split(' ');
        let output = Command::new(words.next().unwrap())
            .args(words)
            .current_dir(self.dir.path())
            // Set inside a `node --test`: a nested one would report to it.
            .env_remove("NODE_TEST_CONTEXT")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            Ok(text)
        } else {
            Err(text)
        }
    }

    fn inside(&self, path: &str) -> PathBuf {
        let path = PathBuf::from(path);
        assert!(
            path.starts_with(self.dir.path()),
            "{} is outside",
            path.display()
        );
        path
    }

    /// The project's gate.
    fn gate(&self) -> Result<String, String> {
        self.shell("node --test")
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=Demo", "-c", "user.email=demo@example.com"])
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "git {arguments:?}: {said}");
    }
}

#[test]
fn the_first_try_of_task_1_fails_the_gate_and_the_second_passes_it() {
    if !has_node() {
        return;
    }
    let mut desk = Desk::new();
    assert!(desk.gate().is_ok(), "the project is green to begin with");
    let prepared = desk.run("TASK-001", "prepare", 1);
    assert!(prepared.call("task_submit")["note"].is_string());
    desk.messages.clear();

    let first = desk.run("TASK-001", "implement", 1);
    assert_eq!(first.failed, Vec::<String>::new(), "its own tests pass");
    first.call("task_submit");
    let output = desk.gate().expect_err("the gate must fail");
    assert!(output.contains("device 6 was refused"), "{output}");

    let second = desk.run("TASK-001", "implement", 2);
    assert_eq!(second.failed, Vec::<String>::new());
    second.call("task_submit");
    assert!(desk.gate().is_ok());

    let review = desk.run("TASK-001", "review", 1);
    assert_eq!(review.call("review_decide")["verdict"], "approve");
}

#[test]
fn the_reviewer_of_task_2_asks_for_changes_once() {
    if !has_node() {
        return;
    }
    let mut desk = Desk::new();
    let first = desk.run("TASK-002", "implement", 1);
    assert_eq!(first.failed, Vec::<String>::new());
    assert!(desk.gate().is_ok());
    let review = desk.run("TASK-002", "review", 1);
    assert_eq!(review.call("review_decide")["verdict"], "changes");
    let second = desk.run("TASK-002", "implement", 2);
    assert_eq!(second.failed, Vec::<String>::new());
    assert!(desk.gate().is_ok());
    let review = desk.run("TASK-002", "review", 2);
    assert_eq!(review.call("review_decide")["verdict"], "approve");
}

#[test]
fn task_3_follows_either_answer() {
    if !has_node() {
        return;
    }
    for (answer, expected) in [
        ("A JSON Lines file, data/audit.jsonl", "appendFileSync"),
        ("In memory, the last 1,000 entries", "MAX_ENTRIES"),
        ("whatever you like", "appendFileSync"),
    ] {
        let mut desk = Desk::new();
        desk.run("TASK-001", "implement", 2);
        desk.messages.clear();
        desk.answer = answer;
        let run = desk.run("TASK-003", "implement", 1);
        assert_eq!(run.failed, Vec::<String>::new(), "{answer}");
        assert_eq!(
            run.call("request_help")["options"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert!(desk.gate().is_ok(), "{answer}");
        let audit = std::fs::read_to_string(desk.dir.path().join("src/auth/audit.js")).unwrap();
        assert!(audit.contains(expected), "{answer}");
    }
}

#[test]
fn task_4_goes_on_with_permission_and_without() {
    if !has_node() {
        return;
    }
    for allows in [true, false] {
        let mut desk = Desk::new();
        desk.allows = allows;
        let run = desk.run("TASK-004", "implement", 1);
        assert_eq!(run.failed.is_empty(), allows, "{:?}", run.failed);
        run.call("task_submit");
        let session = desk.dir.path().join("data/legacy-sessions/0117.json");
        assert_eq!(session.exists(), !allows);
        let kept = std::fs::read_to_string(desk.dir.path().join("data/KEPT.md")).unwrap();
        assert_eq!(kept.contains("decided to keep them"), !allows);
        assert!(desk.gate().is_ok());
    }
}

#[test]
fn a_later_try_makes_good_whatever_an_earlier_one_left() {
    if !has_node() {
        return;
    }
    for task in [
        "TASK-001", "TASK-002", "TASK-003", "TASK-004", "TASK-005", "TASK-777",
    ] {
        let mut desk = Desk::new();
        desk.git(&["init", "-q"]);
        if task == "TASK-003" {
            desk.run("TASK-001", "implement", 2);
        }
        let mut earlier = String::new();
        // A second try without a first one, and then a person who sends the work back.
        for attempt in 2..=3 {
            let run = desk.run(task, "implement", attempt);
            run.call("task_submit");
            // Each of these runs ends with all the tests, which is what the gate is.
            let tests = run.failed.iter().find(|failed| failed.starts_with("Bash"));
            assert_eq!(tests, None, "{task}, attempt {attempt}");
            desk.git(&["add", "--all"]);
            let tree = desk.shell("git write-tree").unwrap();
            assert_ne!(tree, earlier, "{task}, attempt {attempt} changes nothing");
            earlier = tree;
        }
    }
}

#[test]
fn the_tasks_merge_in_any_order_their_dependencies_allow() {
    if !has_node() {
        return;
    }
    for order in [
        ["TASK-001", "TASK-002", "TASK-003", "TASK-004", "TASK-005"],
        ["TASK-004", "TASK-002", "TASK-001", "TASK-005", "TASK-003"],
    ] {
        let mut desk = Desk::new();
        desk.git(&["init", "-q", "-b", "main"]);
        desk.git(&["add", "--all"]);
        desk.git(&["commit", "-q", "-m", "base"]);
        desk.git(&["tag", "base"]);
        for task in order {
            // A task without dependencies may have begun before anything was merged.
            let needs_others = matches!(task, "TASK-003" | "TASK-005");
            let start = if needs_others { "main" } else { "base" };
            desk.git(&["checkout", "-q", "-b", task, start]);
            desk.messages.clear();
            let attempts = if matches!(task, "TASK-001" | "TASK-002") {
                2
            } else {
                1
            };
            for attempt in 1..=attempts {
                let run = desk.run(task, "implement", attempt);
                assert_eq!(run.failed, Vec::<String>::new(), "{task} in {order:?}");
            }
            desk.git(&["add", "--all"]);
            desk.git(&["commit", "-q", "-m", task]);
            desk.git(&["checkout", "-q", "main"]);
            desk.git(&["merge", "-q", "--no-ff", "-m", task, task]);
        }
        let output = desk.gate();
        assert!(output.is_ok(), "main after {order:?}: {output:?}");
    }
}

#[test]
fn every_task_has_its_own_plays_and_keeps_to_the_schema() {
    let scenario = scenario();
    let mut files: Vec<_> = std::fs::read_dir(demo().join("tasks"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 5);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let id = &name[..8];
        assert!(text.starts_with(&format!("# Task: {id} - ")), "{name}");
        let headings: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        let expected = [
            "## Goal",
            "## Acceptance Criteria",
            "## Definition of Ready",
            "## Definition of Done",
            "## Files Affected",
            "## Implementation Notes",
            "## Review Feedback",
            "## Error Context",
            "## Git Context",
            "## Handoffs",
        ];
        assert!(headings.ends_with(&expected), "{name}: {headings:?}");
        for leg in ["prepare", "implement", "review"] {
            for attempt in 1..=4 {
                let named = |task: &Option<String>| task.as_deref() == Some(id);
                let play = scenario
                    .plays
                    .iter()
                    .find(|play| play.when.matches(id, leg, attempt));
                assert!(named(&play.unwrap().when.task), "{id} {leg} {attempt}");
            }
        }
    }
}

#[test]
fn a_person_can_watch_each_task_without_falling_asleep() {
    for (task, attempts) in [
        ("TASK-001", 2),
        ("TASK-002", 2),
        ("TASK-003", 1),
        ("TASK-004", 1),
        ("TASK-005", 1),
    ] {
        let mut desk = Desk::new();
        desk.runs_commands = false;
        let mut pauses = desk.run(task, "prepare", 1).pauses;
        for attempt in 1..=attempts {
            pauses += desk.run(task, "implement", attempt).pauses;
            pauses += desk.run(task, "review", attempt).pauses;
        }
        println!("{task}: {pauses:?} of thinking and typing");
        assert!(
            (Duration::from_secs(10)..Duration::from_secs(60)).contains(&pauses),
            "{task}: {pauses:?}"
        );
    }
}
