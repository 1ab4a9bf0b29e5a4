//! Real files, real processes.

use super::{SCHEMA_VERSION, SqliteLog};
use crate::test_child;
use orchestron_domain::{
    Actor, Command, Decision, Event, Fact, RequestId, RequestKind, Seq, State, Status, TaskCard,
    TaskId, Time, apply::apply, task::Ticks,
};
use orchestron_engine::ports::{
    Commit, EventFilter, EventLog, IndexedFile, Intent, PortErrorKind, Problem, Stamp,
};
use rusqlite::Connection;
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const NOW: Time = Time(1_795_165_920_000);

fn fresh() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    (dir, path)
}

fn task(number: u32) -> TaskId {
    TaskId::new("TASK", number).unwrap()
}

fn created(number: u32) -> (Actor, Fact) {
    let fact = Fact::TaskCreated {
        task: task(number),
        title: format!("Task {number}"),
        status: Status::Pending,
    };
    (Actor::Person, fact)
}

fn facts(facts: Vec<(Actor, Fact)>) -> Commit {
    Commit {
        facts,
        ..Commit::default()
    }
}

fn card(number: u32) -> TaskCard {
    TaskCard {
        id: task(number),
        title: format!("A task with the number {number} and a title of usual length"),
        status: Status::Ready,
        priority: orchestron_domain::Priority::P1,
        agent: None,
        depends_on: vec![task(1)],
        files_affected: vec!["src/main.rs".to_owned()],
        order: None,
        needs: Vec::new(),
        criteria: Ticks { done: 1, all: 3 },
        ready_boxes: Ticks::default(),
        created: Some("2026-11-20".to_owned()),
        handoffs: 0,
        last_leg: None,
        tests: Vec::new(),
    }
}

fn file(number: u32) -> IndexedFile {
    IndexedFile {
        path: format!("ready/TASK-{number:03}-a-task.md"),
        stamp: Stamp {
            ino: u64::MAX - u64::from(number),
            mtime_ns: 1_795_165_920_000_000_000,
            ctime_ns: -1,
            size: 1_200,
        },
        hash: "0".repeat(64),
        card: Some(card(number)),
        problem: None,
    }
}

#[test]
fn what_was_written_is_read_again() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    assert_eq!(log.last().unwrap(), Seq(0));
    let commands = vec![Command::PrepareWorktree { task: task(1) }];
    let state = State {
        seq: Seq(2),
        ..State::default()
    };
    let done = log
        .commit(
            NOW,
            Commit {
                facts: vec![created(1), created(2)],
                index_put: vec![file(1), file(2)],
                decided: Some((Seq(2), commands)),
                checkpoint: Some((Seq(2), state.clone())),
                ..Commit::default()
            },
        )
        .unwrap();
    assert_eq!(done.events.len(), 2);
    drop(log);
    let log = SqliteLog::open_read_only(&path).unwrap();
    assert_eq!(log.after(Seq(0), 10).unwrap(), done.events);
    assert_eq!(log.after(Seq(1), 10).unwrap(), done.events[1..]);
    assert_eq!(log.after(Seq(u64::MAX), 10).unwrap(), []);
    assert_eq!(log.open_commands().unwrap(), done.commands);
    assert_eq!(log.decided_to().unwrap(), Seq(2));
    assert_eq!(log.checkpoint().unwrap(), Some((Seq(2), state)));
    let index = log.index().unwrap();
    assert_eq!(
        index.values().cloned().collect::<Vec<_>>(),
        [file(1), file(2)]
    );
    assert_eq!(log.index_of(&task(2)).unwrap(), [file(2)]);
}

#[test]
fn a_file_with_a_problem_is_found_under_the_id_its_name_claims() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let bad = IndexedFile {
        path: "done/TASK-1-other.md".to_owned(),
        card: None,
        problem: Some(Problem {
            path: ".mcp/tasks/done/TASK-1-other.md".to_owned(),
            line: Some(3),
            what: "the id is used twice".to_owned(),
            cure: "rename one".to_owned(),
        }),
        ..file(1)
    };
    let commit = Commit {
        index_put: vec![file(1), bad.clone()],
        ..Commit::default()
    };
    log.commit(NOW, commit).unwrap();
    assert_eq!(log.index_of(&task(1)).unwrap(), [bad, file(1)]);
    let gone = Commit {
        index_remove: vec!["done/TASK-1-other.md".to_owned()],
        ..Commit::default()
    };
    log.commit(NOW, gone).unwrap();
    assert_eq!(log.index_of(&task(1)).unwrap(), [file(1)]);
}

#[test]
fn a_tasks_history_holds_what_its_runs_and_requests_did() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let asked = (
        Actor::Engine,
        Fact::RequestOpened {
            task: Some(task(7)),
            kind: some_kind(),
        },
    );
    log.commit(NOW, facts(vec![created(6), created(7), asked]))
        .unwrap();
    let decided = (
        Actor::Person,
        Fact::RequestDecided {
            request: RequestId(3),
            decision: Decision::Approve { note: None },
        },
    );
    let read = |task: u32| {
        let run = format!("TASK-{task:03}-implement-1").parse().unwrap();
        (Actor::Engine, Fact::RunRead { run, to: 5 })
    };
    log.commit(NOW, facts(vec![decided, read(7), read(6)]))
        .unwrap();
    let of = |task: Option<TaskId>, before: Option<Seq>, limit: u32| -> Vec<u64> {
        let filter = EventFilter {
            task,
            before,
            limit,
        };
        log.recent(&filter)
            .unwrap()
            .iter()
            .map(|event| event.seq.0)
            .collect()
    };
    assert_eq!(of(Some(task(7)), None, 10), [5, 4, 3, 2]);
    assert_eq!(of(Some(task(7)), Some(Seq(4)), 1), [3]);
    assert_eq!(of(None, None, 3), [6, 5, 4]);
}

/// Some request; which kind does not matter here.
fn some_kind() -> RequestKind {
    RequestKind::Escalation {
        why: "three attempts failed".to_owned(),
    }
}

#[test]
fn a_commit_that_builds_on_what_is_gone_writes_nothing() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let journal = |to: u64| Commit {
        decided: Some((Seq(to), vec![Command::PrepareWorktree { task: task(1) }])),
        ..Commit::default()
    };
    let command = log.commit(NOW, journal(5)).unwrap().commands[0].id;
    let close = Commit {
        facts: vec![created(1)],
        close_commands: vec![command],
        ..Commit::default()
    };
    log.commit(NOW, close.clone()).unwrap();
    for stale in [
        close,
        journal(4),
        Commit {
            facts: vec![created(1)],
            close_intent: Some(99),
            ..Commit::default()
        },
    ] {
        let refused = log.commit(NOW, stale).unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Changed, "{refused}");
    }
    assert_eq!(log.last().unwrap(), Seq(1));
    assert_eq!(log.open_commands().unwrap(), []);
    let next = log.commit(NOW, journal(5)).unwrap().commands[0].id;
    assert!(next > command, "a journal number was given twice");
}

#[test]
fn intents_are_kept_until_their_facts_are_written() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let mut intent = Intent {
        id: 0,
        task: task(1),
        from: "ready/TASK-001-a.md".to_owned(),
        to: "in-progress/TASK-001-a.md".to_owned(),
        hash: "ab".to_owned(),
        facts: vec![created(1)],
        closes: vec![3, 4],
    };
    intent.id = log.intend(&intent).unwrap();
    let void = log.intend(&intent).unwrap();
    drop(log);
    let mut log = SqliteLog::open(&path).unwrap();
    log.drop_intent(void).unwrap();
    log.drop_intent(void).unwrap();
    assert_eq!(log.open_intents().unwrap(), std::slice::from_ref(&intent));
    let commit = Commit {
        facts: intent.facts.clone(),
        close_intent: Some(intent.id),
        ..Commit::default()
    };
    log.commit(NOW, commit).unwrap();
    assert_eq!(log.open_intents().unwrap(), []);
}

#[test]
fn settings_and_numbers_last() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    assert_eq!(log.setting("trust").unwrap(), None);
    log.set_setting("trust", "yes").unwrap();
    log.set_setting("trust", "no").unwrap();
    assert_eq!(log.next_number("TASK", 0).unwrap(), 1);
    assert_eq!(log.next_number("TASK", 40).unwrap(), 41);
    assert_eq!(log.next_number("BUG", 3).unwrap(), 4);
    drop(log);
    let mut log = SqliteLog::open(&path).unwrap();
    assert_eq!(log.setting("trust").unwrap().as_deref(), Some("no"));
    assert_eq!(log.next_number("TASK", 2).unwrap(), 42);
    let full = log.next_number("TASK", 999_999_999).unwrap_err();
    assert_eq!(full.kind, PortErrorKind::NoRoom);
}

#[test]
fn a_newer_versions_file_is_refused_and_not_touched() {
    let (_dir, path) = fresh();
    drop(SqliteLog::open(&path).unwrap());
    let raw = Connection::open(&path).unwrap();
    raw.pragma_update(None, "user_version", SCHEMA_VERSION + 1)
        .unwrap();
    raw.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap_or_default();
    drop(raw);
    let look = |name: &str| fs::read(path.with_file_name(name)).ok();
    let before = (look("log.db"), look("log.db-wal"), look("log.db-shm"));
    for refused in [SqliteLog::open(&path), SqliteLog::open_read_only(&path)] {
        let refused = refused.unwrap_err();
        assert!(refused.to_string().contains("newer version"), "{refused}");
    }
    assert!(
        before == (look("log.db"), look("log.db-wal"), look("log.db-shm")),
        "touched"
    );
}

#[test]
fn another_programs_database_is_refused_and_not_touched() {
    let (_dir, path) = fresh();
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch("PRAGMA user_version = 3; CREATE TABLE theirs (x);")
        .unwrap();
    drop(raw);
    let before = fs::read(&path).unwrap();
    let refused = SqliteLog::open(&path).unwrap_err();
    assert!(refused.to_string().contains("another program"), "{refused}");
    assert!(before == fs::read(&path).unwrap());
}

#[test]
fn reading_only_makes_nothing() {
    let (dir, path) = fresh();
    let missing = SqliteLog::open_read_only(&path).unwrap_err();
    assert_eq!(missing.kind, PortErrorKind::Missing);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    drop(SqliteLog::open(&path).unwrap());
    let mut log = SqliteLog::open_read_only(&path).unwrap();
    assert!(log.commit(NOW, facts(vec![created(1)])).is_err());
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_one_begun() {
    type Damage = fn(&Path);
    let ways: [(&str, Damage); 3] = [
        ("garbage", |path| {
            fs::write(path, "this is no database".repeat(400)).unwrap()
        }),
        ("cut off", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("pages overwritten", |path| {
            let mut bytes = fs::read(path).unwrap();
            let from = 4096.min(bytes.len());
            bytes[from..].fill(0xa5);
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (way, damage) in ways {
        let (_dir, path) = fresh();
        let mut log = SqliteLog::open(&path).unwrap();
        for number in 1..200 {
            log.commit(NOW, facts(vec![created(number)])).unwrap();
        }
        drop(log);
        let raw = Connection::open(&path).unwrap();
        raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        drop(raw);
        damage(&path);
        let mut log = SqliteLog::open_checked(&path).unwrap();
        let mended = log
            .mended()
            .unwrap_or_else(|| panic!("{way}: nothing was said"))
            .clone();
        assert!(mended.aside.exists(), "{way}: {mended:?}");
        assert_eq!(log.last().unwrap(), Seq(0));
        log.commit(NOW, facts(vec![created(1)])).unwrap();
        drop(log);
        let log = SqliteLog::open_checked(&path).unwrap();
        assert_eq!((log.mended(), log.last().unwrap()), (None, Seq(1)), "{way}");
    }
}

#[test]
fn whoever_still_holds_the_moved_file_cannot_write_into_it() {
    let (_dir, path) = fresh();
    let mut old = SqliteLog::open(&path).unwrap();
    old.commit(NOW, facts(vec![created(1)])).unwrap();
    fs::rename(&path, path.with_extension("aside")).unwrap();
    let refused = old.commit(NOW, facts(vec![created(2)])).unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Missing, "{refused}");
    assert_eq!(SqliteLog::open(&path).unwrap().last().unwrap(), Seq(0));
}

#[test]
fn nothing_is_mapped_into_memory() {
    let (_dir, path) = fresh();
    let log = SqliteLog::open(&path).unwrap();
    let mapped: i64 = log
        .connection
        .query_row("PRAGMA mmap_size", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mapped, 0);
}

/// Fifty processes at once, on a log that is not there yet: numbers differ, positions are dense, nothing is lost.
#[test]
fn fifty_processes_share_the_log() {
    const EACH: u32 = 4;
    if let Some(path) = test_child::orders() {
        let mut log = SqliteLog::open(Path::new(&path)).unwrap();
        for _ in 0..EACH {
            let number = log.next_number("TASK", 0).unwrap();
            let done = log
                .commit(NOW, facts(vec![created(number), created(number)]))
                .unwrap();
            assert_eq!(done.events[0].seq.0 + 1, done.events[1].seq.0, "torn apart");
            println!("\nnumber {number}");
        }
        return;
    }
    let (_dir, path) = fresh();
    let begun = Instant::now();
    let children: Vec<_> = (0..50)
        .map(|_| {
            test_child::start(
                "event_log::tests::fifty_processes_share_the_log",
                path.to_str().unwrap(),
            )
        })
        .collect();
    let mut numbers = BTreeSet::new();
    for mut child in children {
        let out = BufReader::new(child.stdout.take().unwrap());
        for line in out.lines() {
            if let Some(number) = line.unwrap().strip_prefix("number ") {
                assert!(
                    numbers.insert(number.parse::<u32>().unwrap()),
                    "{number} twice"
                );
            }
        }
        assert!(child.wait().unwrap().success());
    }
    println!(
        "50 processes × {EACH} creates: {} ms",
        begun.elapsed().as_millis()
    );
    assert_eq!(numbers, (1..=50 * EACH).collect());
    let log = SqliteLog::open(&path).unwrap();
    let events: Vec<Event> = log.after(Seq(0), u32::MAX).unwrap();
    assert_eq!(events.len(), 50 * 2 * EACH as usize);
    assert!(
        events
            .iter()
            .zip(1..)
            .all(|(event, seq)| event.seq == Seq(seq)),
        "not dense"
    );
}

/// A process that is killed while it writes: what it was told is written is there, and the file is whole.
#[test]
fn killed_writers_lose_nothing_they_were_promised() {
    if let Some(path) = test_child::orders() {
        let mut log = SqliteLog::open(Path::new(&path)).unwrap();
        println!("\nready");
        loop {
            let number = log.next_number("TASK", 0).unwrap();
            let commit = Commit {
                facts: vec![created(number), created(number)],
                index_put: vec![file(number)],
                ..Commit::default()
            };
            log.commit(NOW, commit).unwrap();
            println!("\nnumber {number}");
        }
    }
    let (_dir, path) = fresh();
    let (mut promised, mut random) = (BTreeSet::new(), 42_u64);
    for round in 0..25 {
        let mut child = test_child::start(
            "event_log::tests::killed_writers_lose_nothing_they_were_promised",
            path.to_str().unwrap(),
        );
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(round);
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut numbers = out.lines().map_while(Result::ok);
        assert!(numbers.any(|line| line == "ready"), "round {round}");
        thread::sleep(Duration::from_micros((random >> 33) % 30_000));
        child.kill().unwrap();
        promised
            .extend(numbers.filter_map(|line| line.strip_prefix("number ")?.parse::<u32>().ok()));
        child.wait().unwrap();
        let log = SqliteLog::open_checked(&path).unwrap();
        assert_eq!(log.mended(), None, "round {round}");
        let events = log.after(Seq(0), u32::MAX).unwrap();
        assert_eq!(events.len() % 2, 0, "half a commit");
        let index = log.index().unwrap();
        assert_eq!(index.len() * 2, events.len(), "round {round}");
        for number in &promised {
            assert!(
                index.contains_key(&file(*number).path),
                "{number} lost in round {round}"
            );
        }
    }
    println!("25 kills, {} creates promised and kept", promised.len());
    assert!(!promised.is_empty());
}

#[test]
fn figures() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let files: Vec<IndexedFile> = (1..=10_000).map(file).collect();
    let time = |what: &str, times: u32, body: &mut dyn FnMut()| {
        let begun = Instant::now();
        (0..times).for_each(|_| body());
        println!(
            "{what}: {} µs",
            begun.elapsed().as_micros() / u128::from(times)
        );
    };
    let put = Commit {
        index_put: files,
        ..Commit::default()
    };
    time("10,000 index rows written", 1, &mut || {
        log.commit(NOW, put.clone()).unwrap();
    });
    time("10,000 index rows read", 1, &mut || {
        assert_eq!(log.index().unwrap().len(), 10_000);
    });
    time("index_of", 200, &mut || {
        assert_eq!(log.index_of(&task(77)).unwrap().len(), 1);
    });
    time("commit of one event, FULL", 200, &mut || {
        log.commit(NOW, facts(vec![created(1)])).unwrap();
    });
    time("commit of one event, NORMAL", 200, &mut || {
        let engine = (Actor::Engine, created(1).1);
        log.commit(NOW, facts(vec![engine])).unwrap();
    });
    drop(log);
    time(
        "open, one index_of, close (WAL left behind)",
        50,
        &mut || {
            let log = SqliteLog::open(&path).unwrap();
            assert_eq!(log.index_of(&task(77)).unwrap().len(), 1);
        },
    );
    let _engine = SqliteLog::open(&path).unwrap();
    time("the same while an engine has it open", 50, &mut || {
        let log = SqliteLog::open(&path).unwrap();
        assert_eq!(log.index_of(&task(77)).unwrap().len(), 1);
    });
}

/// On Unix, closing any handle of a file gives up all locks that the process has on it. Looking into the file before it is opened
/// must not do that to a log that is open already: whoever has SQLite's own tool would take it for unused and delete its WAL.
#[test]
#[cfg(unix)]
fn looking_into_the_file_gives_up_no_lock_of_an_open_log() {
    use rustix::fs::{FlockOperation, fcntl_lock};
    if let Some(path) = test_child::orders() {
        let file = fs::File::options()
            .read(true)
            .write(true)
            .open(path)
            .unwrap();
        let alone = fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
        println!("\nalone {alone}");
        return;
    }
    let (_dir, path) = fresh();
    let is_alone = || {
        let mut child = test_child::start(
            "event_log::tests::looking_into_the_file_gives_up_no_lock_of_an_open_log",
            path.to_str().unwrap(),
        );
        let out = BufReader::new(child.stdout.take().unwrap());
        let line = out
            .lines()
            .map(Result::unwrap)
            .find_map(|line| line.strip_prefix("alone ").map(str::to_owned));
        child.wait().unwrap();
        line.unwrap()
    };
    let mut log = SqliteLog::open(&path).unwrap();
    log.commit(NOW, facts(vec![created(1)])).unwrap();
    assert_eq!(is_alone(), "false", "an open log has its locks");
    for _ in 0..3 {
        drop(SqliteLog::open(&path).unwrap());
        drop(SqliteLog::open_read_only(&path).unwrap());
    }
    assert_eq!(
        is_alone(),
        "false",
        "and keeps them when others come and go"
    );
    drop(log);
    assert_eq!(is_alone(), "true", "until it is closed");
}

/// The tables that an earlier version made, with what was in them.
#[test]
fn tables_of_earlier_versions_are_brought_up_to_date() {
    let (_dir, path) = fresh();
    drop(SqliteLog::open(&path).unwrap());
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(
        "DROP TABLE files; DROP TABLE removed; DROP TABLE progress; PRAGMA user_version = 1;
         CREATE TABLE files (
           path TEXT PRIMARY KEY, task TEXT, ino INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
           size INTEGER NOT NULL, hash TEXT NOT NULL, card TEXT, problem TEXT
         ) STRICT, WITHOUT ROWID;
         CREATE INDEX files_of_task ON files (task) WHERE task IS NOT NULL;
         CREATE INDEX files_with_problem ON files (path) WHERE problem IS NOT NULL;",
    )
    .unwrap();
    let old = file(7);
    let card = serde_json::to_string(old.card.as_ref().unwrap()).unwrap();
    raw.execute(
        "INSERT INTO files VALUES (?1, ?2, 1, 2, 3, 4, ?3, ?4, NULL)",
        [&old.path, &task(7).to_string(), &old.hash, &card],
    )
    .unwrap();
    drop(raw);
    let mut log = SqliteLog::open(&path).unwrap();
    let rows = log.index_in_turn(None, 10, &|_| true).unwrap();
    let turns: Vec<_> = rows
        .iter()
        .map(|(turn, row)| (Some(*turn), row.turn()))
        .collect();
    assert_eq!(turns.len(), usize::from(old.turn().is_some()));
    assert!(
        turns.iter().all(|(kept, counted)| kept == counted),
        "{turns:?}"
    );
    let others = log.index_in_turn(None, 10, &|id| *id != task(7)).unwrap();
    assert_eq!(others, Vec::new());
    let before = log.index_version().unwrap().unwrap();
    let commit = Commit {
        index_put: vec![file(8)],
        index_remove: vec![old.path],
        ..Commit::default()
    };
    log.commit(NOW, commit).unwrap();
    let changed = log.changed_since(before).unwrap().unwrap();
    assert_eq!(changed, BTreeSet::from([task(7), task(8)]));
    assert_eq!(
        log.changed_since(before + 1).unwrap().unwrap(),
        BTreeSet::new()
    );
}

/// An engine asks for it after every step.
#[test]
fn what_changed_is_found_without_going_through_all_files() {
    let steps = |files: u32| {
        let (_dir, path) = fresh();
        let mut log = SqliteLog::open(&path).unwrap();
        let put = |files: Vec<IndexedFile>| Commit {
            index_put: files,
            ..Commit::default()
        };
        log.commit(NOW, put((1..=files).map(file).collect()))
            .unwrap();
        let seen = log.index_version().unwrap().unwrap();
        log.commit(NOW, put(vec![file(3)])).unwrap();
        let changed = log.changed_since(seen).unwrap().unwrap();
        assert_eq!(changed, BTreeSet::from([task(3)]));
        let mut statement = log.connection.prepare(super::CHANGED).unwrap();
        let rows = statement.query_map([seen.cast_signed()], |_| Ok(()));
        assert_eq!(rows.unwrap().count(), 1);
        statement.get_status(rusqlite::StatementStatus::VmStep)
    };
    assert_eq!(steps(10), steps(500));
}

/// What a checkpoint knows of each task is read alone or with the rest, and only what changed is written again.
#[test]
fn a_checkpoint_is_read_as_far_as_it_is_asked_for() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    let told = (1..=5).map(created).collect();
    let events = log.commit(NOW, facts(told)).unwrap().events;
    let mut state = State::default();
    for event in &events {
        apply(&mut state, event);
    }
    // The second one has begun; the third is looked at because it is named, the fourth because of a later event.
    state.tasks.get_mut(&task(2)).unwrap().failures = 1;
    let whole = state.clone();
    log.put_checkpoint(NOW, &mut state).unwrap();
    assert_eq!(state, whole);
    assert_eq!(log.checkpoint().unwrap(), Some((state.seq, whole)));
    log.commit(NOW, facts(vec![created(4)])).unwrap();
    let (_, part) = log.checkpoint_about(&[task(3)].into()).unwrap().unwrap();
    let known: Vec<_> = part.tasks.into_keys().collect();
    assert_eq!(known, [task(2), task(3), task(4)]);
    state.tasks.remove(&task(5));
    state.seq = Seq(6);
    log.put_checkpoint(NOW, &mut state).unwrap();
    assert_eq!(log.checkpoint().unwrap(), Some((Seq(6), state.clone())));
    // Another connection does not know what was written, and writes all.
    let mut other = SqliteLog::open(&path).unwrap();
    state.tasks.remove(&task(1));
    other.put_checkpoint(NOW, &mut state).unwrap();
    assert_eq!(log.checkpoint().unwrap().unwrap().1, state);
}

#[test]
fn an_engine_that_was_overtaken_can_write_nothing() {
    let (_dir, path) = fresh();
    let mut first = SqliteLog::open(&path).unwrap();
    assert_eq!(first.take_fence(7).unwrap(), 7);
    first.commit(NOW, facts(vec![created(1)])).unwrap();
    let mut other = SqliteLog::open(&path).unwrap();
    other.commit(NOW, facts(vec![created(2)])).unwrap(); // who is no engine writes as ever
    let mut second = SqliteLog::open(&path).unwrap();
    // Its lock file counts anew; the log does not.
    assert_eq!(second.take_fence(1).unwrap(), 8);
    assert!(!first.is_unfenced().unwrap() && second.is_unfenced().unwrap());
    let before = first.last().unwrap();
    let refused = [
        first.commit(NOW, facts(vec![created(3)])).err(),
        first.set_setting("a", "b").err(),
        first.note("a", "b").err(),
        first.next_number("TASK", 0).err(),
        first.drop_intent(1).err(),
    ];
    for error in refused {
        assert_eq!(error.unwrap().kind, PortErrorKind::Overtaken);
    }
    assert_eq!(second.last().unwrap(), before);
    second.commit(NOW, facts(vec![created(3)])).unwrap();
    other.commit(NOW, facts(vec![created(4)])).unwrap();
}

#[test]
fn a_database_that_was_cut_off_is_set_aside() {
    let (_dir, path) = fresh();
    drop(SqliteLog::open(&path).unwrap());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..1000]).unwrap();
    for part in ["log.db-wal", "log.db-shm"] {
        fs::remove_file(path.with_file_name(part)).ok();
    }
    let log = SqliteLog::open(&path).unwrap();
    assert!(log.mended().unwrap().said.contains("cut off"));
}

/// An engine does not move the WAL into the database in the middle of its work, but when it is told that there is time.
#[test]
fn an_engine_tidies_its_log_when_it_has_time() {
    let (_dir, path) = fresh();
    let mut log = SqliteLog::open(&path).unwrap();
    log.take_fence(1).unwrap();
    let database = || fs::read(&path).unwrap();
    let write = |log: &mut SqliteLog, from: u32| {
        for number in from..from + 200 {
            log.commit(NOW, facts(vec![created(number)])).unwrap();
        }
    };
    let before = database();
    write(&mut log, 1);
    let wal = fs::metadata(path.with_file_name("log.db-wal")).unwrap();
    assert!(wal.len() > 400 * 4096, "more than others would leave there");
    assert!(before == database(), "nobody had to wait for it");
    log.tidy().unwrap();
    let tidied = database();
    assert!(before != tidied);
    log.commit(NOW, facts(vec![created(201)])).unwrap();
    log.tidy().unwrap();
    assert!(tidied == database(), "a few are not worth it");
    write(&mut log, 202);
    drop(log);
    let log = SqliteLog::open(&path).unwrap();
    assert_eq!(log.last().unwrap(), Seq(401));
}
