//! How deep operations look. What is judged on a few tasks must be judged as on all of them, and how much of the index is read for it
//! must not grow with the board. Both over the real database: the fakes read everything anyway.

use orchestron_adapters::event_log::SqliteLog;
use orchestron_domain::{
    Actor, AgentName, AskId, Event, Fact, RequestKind, Seq, State, Status, TaskId, Time,
    signal::Signal,
};
use orchestron_engine::{
    Engine, Mode, Ports, Store,
    ports::{
        BoardRow, Commit, Committed, EventFilter, EventLog, IndexedFile, Intent, KnownFiles,
        OpenCommand, PortResult,
    },
    trust,
};
use orchestron_operations::{Context, Project, call};
use orchestron_testkit::{Act, World};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;

/// The real log, seen through: how many cards and how much of the checkpoint are read is counted. With `whole`, whoever asks about a
/// few tasks gets all of them.
struct Through {
    log: SqliteLog,
    whole: bool,
    read: Arc<AtomicUsize>,
}

impl Through {
    fn count<T>(&self, rows: Vec<T>) -> Vec<T> {
        self.read.fetch_add(rows.len(), Ordering::Relaxed);
        rows
    }

    fn count_tasks(&self, found: Option<(Seq, State)>) -> Option<(Seq, State)> {
        if let Some((_, state)) = &found {
            self.read.fetch_add(state.tasks.len(), Ordering::Relaxed);
        }
        found
    }

    fn all(&self) -> PortResult<Vec<BoardRow>> {
        let mut rows = Vec::new();
        self.log.each_row(&mut |row| rows.push(row))?;
        Ok(rows)
    }
}

impl EventLog for Through {
    fn take_fence(&mut self, at_least: u64) -> PortResult<u64> {
        self.log.take_fence(at_least)
    }
    fn is_unfenced(&self) -> PortResult<bool> {
        self.log.is_unfenced()
    }
    fn commit(&mut self, now: Time, commit: Commit) -> PortResult<Committed> {
        self.log.commit(now, commit)
    }
    fn after(&self, seq: Seq, limit: u32) -> PortResult<Vec<Event>> {
        self.log.after(seq, limit)
    }
    fn recent(&self, filter: &EventFilter) -> PortResult<Vec<Event>> {
        self.log.recent(filter)
    }
    fn last(&self) -> PortResult<Seq> {
        self.log.last()
    }
    fn checkpoint(&self) -> PortResult<Option<(Seq, State)>> {
        Ok(self.count_tasks(self.log.checkpoint()?))
    }
    fn checkpoint_about(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        match self.whole {
            true => self.checkpoint(),
            false => Ok(self.count_tasks(self.log.checkpoint_about(tasks)?)),
        }
    }
    fn checkpoint_of(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Option<(Seq, State)>> {
        match self.whole {
            true => self.checkpoint(),
            false => Ok(self.count_tasks(self.log.checkpoint_of(tasks)?)),
        }
    }
    fn checkpoint_at(&self) -> PortResult<Seq> {
        self.log.checkpoint_at()
    }
    fn put_checkpoint(&mut self, now: Time, state: &mut State) -> PortResult<()> {
        self.log.put_checkpoint(now, state)
    }
    fn decided_to(&self) -> PortResult<Seq> {
        self.log.decided_to()
    }
    fn open_commands(&self) -> PortResult<Vec<OpenCommand>> {
        self.log.open_commands()
    }
    fn index_version(&self) -> PortResult<Option<u64>> {
        self.log.index_version()
    }
    fn highest(&self, prefix: &str) -> PortResult<u32> {
        self.log.highest(prefix)
    }
    fn index(&self) -> PortResult<BTreeMap<String, IndexedFile>> {
        let files = self.log.index()?;
        self.read.fetch_add(files.len(), Ordering::Relaxed);
        Ok(files)
    }
    fn each_row(&self, with: &mut dyn FnMut(BoardRow)) -> PortResult<()> {
        let rows = self.count(self.all()?);
        rows.into_iter().for_each(with);
        Ok(())
    }
    fn each_need(
        &self,
        with: &mut dyn FnMut(&str, &mut dyn Iterator<Item = &str>),
    ) -> PortResult<()> {
        self.log.each_need(with)
    }
    fn is_named(&self, agent: &AgentName) -> PortResult<bool> {
        self.log.is_named(agent)
    }
    fn known_files(&self) -> PortResult<KnownFiles> {
        self.log.known_files()
    }
    fn changed_since(&self, version: u64) -> PortResult<Option<BTreeSet<TaskId>>> {
        self.log.changed_since(version)
    }
    fn index_in(&self, status: Status) -> PortResult<Vec<BoardRow>> {
        Ok(self.count(self.log.index_in(status)?))
    }
    fn index_in_turn(
        &self,
        after: Option<i64>,
        limit: u32,
        wanted: &dyn Fn(&TaskId) -> bool,
    ) -> PortResult<Vec<(i64, IndexedFile)>> {
        Ok(self.count(self.log.index_in_turn(after, limit, wanted)?))
    }
    fn index_counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        self.log.index_counts()
    }
    fn index_problems(&self) -> PortResult<Vec<IndexedFile>> {
        Ok(self.count(self.log.index_problems()?))
    }
    fn index_of(&self, task: &TaskId) -> PortResult<Vec<IndexedFile>> {
        Ok(self.count(self.log.index_of(task)?))
    }
    fn index_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<BoardRow>> {
        // Whoever asks about none has all it needs.
        match self.whole && !tasks.is_empty() {
            true => self.all(),
            false => Ok(self.count(self.log.index_of_all(tasks)?)),
        }
    }
    fn places_of_all(&self, tasks: &BTreeSet<TaskId>) -> PortResult<Vec<(TaskId, String)>> {
        self.log.places_of_all(tasks)
    }
    fn index_at(&self, path: &str) -> PortResult<Option<IndexedFile>> {
        self.log.index_at(path)
    }
    fn intend(&mut self, intent: &Intent) -> PortResult<u64> {
        self.log.intend(intent)
    }
    fn open_intents(&self) -> PortResult<Vec<Intent>> {
        self.log.open_intents()
    }
    fn drop_intent(&mut self, id: u64) -> PortResult<()> {
        self.log.drop_intent(id)
    }
    fn next_number(&mut self, prefix: &str, seen: u32) -> PortResult<u32> {
        self.log.next_number(prefix, seen)
    }
    fn setting(&self, key: &str) -> PortResult<Option<String>> {
        self.log.setting(key)
    }
    fn set_setting(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.log.set_setting(key, value)
    }
    fn note(&mut self, key: &str, value: &str) -> PortResult<()> {
        self.log.note(key, value)
    }
}

/// A folder whose disk need not be waited for, where there is one.
fn in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory).unwrap(),
        false => tempfile::tempdir().unwrap(),
    }
}

/// A world with its log in a real database.
struct Side {
    world: World,
    folder: TempDir,
    /// Where the log ended when the last checkpoint was written.
    checked: Cell<Seq>,
    whole: bool,
    read: Arc<AtomicUsize>,
}

impl Side {
    /// Tasks in every status and with everything under way, among `resting` others.
    fn new(whole: bool, resting: u32) -> Self {
        let side = Self {
            world: World::new(),
            folder: in_memory(),
            checked: Cell::default(),
            whole,
            read: Arc::default(),
        };
        let world = &side.world;
        world.outside("cursor");
        let by_cursor = "## Agent: cursor";
        let behind_two = "## Agent: cursor\n\n## Depends On\n- TASK-002";
        world.task(1, Status::Ready, "Payments");
        world.task_with(2, Status::Ready, "Search", by_cursor);
        world.task(3, Status::Ready, "Limits");
        world.task_with(4, Status::Ready, "Behind search", behind_two);
        world.task_with(5, Status::Ready, "Behind that", "## Depends On\n- TASK-004");
        world.task(6, Status::Failed, "It failed");
        world.task_with(7, Status::Ready, "Another of cursor's", by_cursor);
        world.task(8, Status::Done, "Login");
        world.task_with(9, Status::InProgress, "Begun by hand", by_cursor);
        world.task_with(10, Status::Ready, "For somebody unknown", "## Agent: zed");
        for number in 100..100 + resting {
            match number % 4 {
                0 => world.task_with(number, Status::Ready, "Rests", behind_two),
                _ => world.task(number, Status::Done, "Was done"),
            }
        }
        let asked = Signal::Asked {
            ask: AskId("req-1".into()),
            tool: "Bash".into(),
            input: r#"{"command":"npm install"}"#.into(),
            summary: "Run npm install".into(),
            reason: None,
        };
        let wait = Act::AwaitsPermit(AskId("req-1".into()));
        world.script("implement", vec![Act::Says(asked), wait]);
        let mut store = side.store();
        let accepted = trust::commands(&store.configured().unwrap().config);
        store.set_setting(trust::KEY, &accepted).unwrap();
        side.run();
        side
    }

    fn store(&self) -> Store {
        self.world.store_over(Box::new(Through {
            log: SqliteLog::open(&self.folder.path().join("log.db")).unwrap(),
            whole: self.whole,
            read: self.read.clone(),
        }))
    }

    fn cx(&self, actor: Actor) -> Context {
        let mut store = self.store();
        store.keep_no_copy();
        Context {
            store,
            git: self.world.git(),
            logs: self.world.logs(),
            keys: self.world.keys(),
            programs: self.world.programs(),
            project: Project::default(),
            actor: actor.into(),
        }
    }

    fn run(&self) {
        let ports = Ports {
            store: self.store(),
            ..self.world.ports()
        };
        Engine::start(ports, Mode::Run).unwrap().run().unwrap();
    }

    /// Everything that happened is in the checkpoint, so that of other tasks nothing is known but what was asked for.
    fn checkpoint(&self) {
        let mut store = self.store();
        let last = store.log().last().unwrap();
        if self.checked.replace(last) == last {
            return;
        }
        let mut state = store.state().unwrap();
        store.checkpoint(&mut state, &mut Seq(0)).unwrap();
        assert_eq!(store.log().checkpoint().unwrap().unwrap().0, state.seq);
    }

    /// What an operation answers, what it wrote, and how many cards were read for it.
    fn ask(&self, actor: &Actor, name: &str, input: &Value) -> (Value, Vec<Event>, usize) {
        self.checkpoint();
        self.world.pass(2_000);
        let mut cx = self.cx(actor.clone());
        let mark = cx.store.log().last().unwrap();
        let before = self.read.load(Ordering::Relaxed);
        let answer = match call(&mut cx, name, input.clone()) {
            Ok(answer) => answer,
            Err(error) => json!({"refused": error.to_string(), "code": error.code()}),
        };
        let read = self.read.load(Ordering::Relaxed) - before;
        (answer, cx.store.log().after(mark, 1_000).unwrap(), read)
    }
}

/// Who asks what, in an order in which each finds something to do; `run` lets the engine go on.
fn questions(run: &Actor) -> Vec<(Actor, &'static str, Value)> {
    let cursor = || Actor::Outside {
        name: "cursor".parse().unwrap(),
    };
    let you = || Actor::Person;
    let on = |task: &str| json!({ "task": task });
    let note = |task: &str| json!({"task": task, "note": "because of that"});
    let context = json!({"now": "the index", "completed": ["the parser"], "next": ["the page"], "pointers": ["src/a.rs:1"]});
    let all = [
        "TASK-1", "TASK-2", "TASK-3", "TASK-4", "TASK-6", "TASK-8", "TASK-999",
    ];
    let mut asked = Vec::new();
    for task in all {
        asked.push((you(), "task", on(task)));
        asked.push((you(), "review", on(task)));
        asked.push((you(), "diff", on(task)));
        asked.push((you(), "context-load", on(task)));
        asked.push((you(), "handoff", on(task)));
        asked.push((cursor(), "context", on(task)));
        asked.push((you(), "attach", json!({"task": task, "only_show": true})));
        asked.push((
            cursor(),
            "progress",
            json!({"task": task, "step": "the index", "percent": 40}),
        ));
        asked.push((cursor(), "release", note(task)));
        asked.push((cursor(), "submit", note(task)));
        asked.push((
            cursor(),
            "checkpoint",
            json!({"task": task, "context": context}),
        ));
        asked.push((
            cursor(),
            "request-help",
            json!({"task": task, "question": "Which one?"}),
        ));
        asked.push((
            cursor(),
            "edit",
            json!({"task": task, "section": "Implementation Notes", "text": "So."}),
        ));
        asked.push((cursor(), "fail", note("TASK-4")));
        asked.push((
            you(),
            "words",
            json!({"task": task, "text": "mind the tests"}),
        ));
        asked.push((you(), "start", on(task)));
    }
    let more = [
        (cursor(), "claim", on("TASK-4")),
        (cursor(), "claim", on("TASK-1")),
        (cursor(), "claim", on("TASK-2")),
        (you(), "run", Value::Null),
        (cursor(), "claim", on("TASK-2")),
        (
            cursor(),
            "progress",
            json!({"task": "TASK-2", "step": "the index", "percent": 40}),
        ),
        (
            cursor(),
            "checkpoint",
            json!({"task": "TASK-2", "context": context}),
        ),
        (
            cursor(),
            "context-save",
            json!({"task": "TASK-2", "version": 1, "context": context}),
        ),
        (
            cursor(),
            "context-save",
            json!({"task": "TASK-2", "version": 1, "context": context}),
        ),
        (
            cursor(),
            "request-help",
            json!({"task": "TASK-2", "question": "Which one?", "options": ["a", "b"]}),
        ),
        (
            cursor(),
            "request-help",
            json!({"task": "TASK-2", "question": "Which one?", "options": ["a", "b"]}),
        ),
        (you(), "task", on("TASK-2")),
        (
            you(),
            "clarify",
            json!({"task": "TASK-2", "text": "the second one"}),
        ),
        (
            you(),
            "clarify",
            json!({"task": "TASK-2", "text": "and mind the tests"}),
        ),
        (
            cursor(),
            "message-send",
            json!({"to": "person", "text": "soon done", "task": "TASK-2", "key": "k"}),
        ),
        (
            cursor(),
            "message-send",
            json!({"to": "person", "text": "soon done", "task": "TASK-2", "key": "k"}),
        ),
        (
            you(),
            "message-send",
            json!({"to": "nobody-here", "text": "?"}),
        ),
        (you(), "messages", json!({"inbox": "person"})),
        (you(), "messages", json!({"inbox": "zed"})),
        (you(), "messages", json!({"inbox": "nobody-here"})),
        (cursor(), "message-ack", json!({"message": 1})),
        (cursor(), "session-start", json!({})),
        (you(), "sessions", json!({"all": true})),
        (
            cursor(),
            "session-end",
            json!({"task": "TASK-2", "note": "lunch"}),
        ),
        (
            you(),
            "words",
            json!({"task": "TASK-1", "text": "mind the tests"}),
        ),
        (
            you(),
            "intervene",
            json!({"task": "TASK-1", "text": "not that"}),
        ),
        (run.clone(), "run-context", json!({})),
        (run.clone(), "progress", json!({"step": "half of it"})),
        (
            run.clone(),
            "request-help",
            json!({"question": "May I?", "default": "no", "deadline_minutes": 1}),
        ),
        (
            run.clone(),
            "message-send",
            json!({"to": "person", "text": "hello"}),
        ),
        (
            run.clone(),
            "run-edit",
            json!({"section": "Implementation Notes", "text": "So."}),
        ),
        (
            run.clone(),
            "run-verdict",
            json!({"verdict": "approve", "note": "good"}),
        ),
        (you(), "priority", json!({"task": "TASK-2", "to": "P0"})),
        (you(), "order", json!({"task": "TASK-7", "at": 5})),
        (
            you(),
            "order",
            json!({"task": "TASK-4", "before": "TASK-7"}),
        ),
        (you(), "order", json!({"task": "TASK-7", "none": true})),
        (
            you(),
            "reassign",
            json!({"task": "TASK-7", "agent": "claude-impl"}),
        ),
        (you(), "reassign", json!({"task": "TASK-7", "agent": "zed"})),
        (
            you(),
            "reassign",
            json!({"task": "TASK-7", "agent": "nobody-here"}),
        ),
        (
            you(),
            "reassign",
            json!({"task": "TASK-1", "agent": "cursor"}),
        ),
        (you(), "pause", json!({"task": "TASK-5"})),
        (you(), "pause", json!({"task": "TASK-8"})),
        (you(), "pause", json!({"agent": "codex-review"})),
        (you(), "pause", json!({})),
        (you(), "resume", json!({})),
        (you(), "resume", json!({"agent": "codex-review"})),
        (you(), "resume", json!({"task": "TASK-5"})),
        (
            you(),
            "create",
            json!({"title": "After search", "depends_on": ["TASK-2", "TASK-8"]}),
        ),
        (
            you(),
            "create",
            json!({"title": "After nothing", "depends_on": ["TASK-999"]}),
        ),
        (
            you(),
            "verdict",
            json!({"task": "TASK-3", "verdict": "changes", "note": "not yet"}),
        ),
        (you(), "run", Value::Null),
        (you(), "approve", note("TASK-3")),
        (you(), "approve", note("TASK-2")),
        (you(), "reject", note("TASK-4")),
        (cursor(), "escalate", note("TASK-2")),
        (you(), "retry", note("TASK-2")),
        (you(), "run", Value::Null),
        (cursor(), "claim", on("TASK-2")),
        (cursor(), "submit", note("TASK-2")),
        (you(), "run", Value::Null),
        (you(), "retry", note("TASK-6")),
        (you(), "fail", note("TASK-9")),
        (you(), "move", json!({"task": "TASK-9", "to": "ready"})),
        (you(), "move", json!({"task": "TASK-9", "to": "ready"})),
        (you(), "resolve", json!({"conflict": 999, "how": "gone"})),
        (
            you(),
            "decide",
            json!({"request": 999, "decision": {"type": "allow"}}),
        ),
        (you(), "attach", on("TASK-1")),
        (you(), "stop", json!({"what": "TASK-1"})),
        (you(), "stop", json!({"what": "TASK-8"})),
        (
            run.clone(),
            "run-escalate",
            json!({"note": "it cannot be done"}),
        ),
        (run.clone(), "run-submit", json!({"note": "done"})),
    ];
    let looks = asked.clone();
    asked.extend(more);
    // Once more, now that more is under way: some of them.
    asked.extend(looks.into_iter().step_by(3));
    asked
}

fn run_of(side: &Side) -> Actor {
    let state = side.store().state().unwrap();
    let run = state.live_runs().next().expect("a run").id.clone();
    Actor::Run { run }
}

/// What whoever asks for a decision about: the id is only known when it is there.
fn answers(narrow: &Side) -> Vec<(Actor, &'static str, Value)> {
    let state = narrow.store().state().unwrap();
    let open = state.open_requests();
    open.map(|request| {
        let decision = match &request.kind {
            RequestKind::Permission { .. } => json!({"type": "allow-alike"}),
            RequestKind::Question(_) => json!({"type": "answer", "text": "that one"}),
            RequestKind::Review { .. } => json!({"type": "changes", "note": "not yet"}),
            _ => json!({"type": "retry"}),
        };
        (
            Actor::Person,
            "decide",
            json!({"request": request.id.0, "decision": decision}),
        )
    })
    .collect()
}

/// The same is answered and written, whether all tasks were read for it or only those that it concerns.
#[test]
fn few_tasks_are_judged_as_all_of_them() {
    let (narrow, whole) = (Side::new(false, 210), Side::new(true, 210));
    let same = |(actor, name, input): (Actor, &'static str, Value)| {
        if name == "run" {
            narrow.run();
            whole.run();
            return;
        }
        let (answer, wrote, _) = narrow.ask(&actor, name, &input);
        let (expected, facts, _) = whole.ask(&actor, name, &input);
        assert_eq!(answer, expected, "{name} {input}");
        assert_eq!(wrote, facts, "{name} {input}");
    };
    let run = run_of(&narrow);
    let questions = questions(&run);
    let begun = questions.len() / 2;
    for (at, asked) in questions.into_iter().enumerate() {
        same(asked);
        if at == begun {
            answers(&narrow).into_iter().for_each(same);
        }
    }
    answers(&narrow).into_iter().for_each(same);
    let (a, b) = (narrow.store(), whole.store());
    assert_eq!(a.log().last().unwrap(), b.log().last().unwrap());
    assert!(a.log().last().unwrap() > Seq(400), "much happened");
}

/// Where no engine writes checkpoints, whoever asks after much has happened writes one.
#[test]
fn a_long_story_is_not_gone_through_with_every_question() {
    let side = Side::new(false, 0);
    let noted = |n: u32| {
        let what = format!("note {n}");
        (Actor::Engine, Fact::Noted { what })
    };
    for question in ["task", "status"] {
        let facts = (0..2_100).map(noted).collect();
        let mut store = side.store();
        store
            .commit(Commit {
                facts,
                ..Commit::default()
            })
            .unwrap();
        let told = store.log().last().unwrap();
        assert!(store.log().checkpoint_at().unwrap().0 + 2_000 < told.0);
        let input = match question {
            "task" => json!({"task": "TASK-1"}),
            _ => json!({}),
        };
        call(&mut side.cx(Actor::Person), question, input).unwrap();
        assert_eq!(
            store.log().checkpoint_at().unwrap(),
            told,
            "asked for {question}"
        );
    }
}

/// What is read for one task does not grow with the board.
#[test]
fn what_is_read_for_one_task_does_not_grow() {
    let (small, large) = (Side::new(false, 210), Side::new(false, 420));
    let run = run_of(&small);
    // All that rests waits for TASK-2, which those who look at it are told; an order is found among all; what is next is looked for until
    // something is found; what is not there is looked for everywhere.
    let grows = |name: &str, input: &Value| {
        (name == "task" && (input["task"] == "TASK-2" || input["task"] == "TASK-4"))
            || (name == "order" && input["before"].is_string())
    };
    for (actor, name, input) in questions(&run) {
        if name == "run" {
            small.run();
            large.run();
            continue;
        }
        let (answer, _, few) = small.ask(&actor, name, &input);
        let (_, _, many) = large.ask(&actor, name, &input);
        if grows(name, &input) || name == "session-start" || input["task"] == "TASK-999" {
            continue;
        }
        assert_eq!(few, many, "{name} {input}: {answer}");
        assert!(many < 60, "{name} {input} reads {many}: {answer}");
    }
}
