//! What a power cut takes back. A commit that is not on the disk when it returns may be missing afterwards, with all that came behind
//! it, or with only some of it: then the log ends where its checksums break. Files that were synced stay.

use crate::{clock::SystemClock, event_log::SqliteLog, locks::FileLocks, task_files::McpFolder};
use orchestron_domain::{
    Actor, Fact, Holder, Leg, Priority, Status, TaskId, Time,
    task_file::{TaskDraft, new_task},
};
use orchestron_engine::{
    Store,
    ports::{EventFilter, PortErrorKind},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::TempDir;

/// Bytes before the first frame of a WAL, and before the page in each frame.
const HEADER: usize = 32;
const FRAME: usize = 24;

struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        for name in [
            "state",
            "trash",
            "project/.mcp/tasks/ready",
            "project/.mcp/tasks/pending",
        ] {
            fs::create_dir_all(machine.path().join(name)).unwrap();
        }
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn store(&self) -> Store {
        let at = |name: &str| self.path().join(name);
        Store::new(
            Arc::new(McpFolder::new(at("project"), at("trash"))),
            Box::new(SqliteLog::open(&at("state/log.db")).unwrap()),
            Arc::new(FileLocks::new(at("state"))),
            Arc::new(SystemClock::new()),
        )
    }

    fn wal(&self) -> PathBuf {
        self.path().join("state/log.db-wal")
    }

    /// The same machine after the power came back, with this left of the log.
    fn with_wal(&self, wal: &[u8]) -> Self {
        let other = Self(tempfile::tempdir().unwrap());
        copy(self.path(), other.path());
        fs::write(other.wal(), wal).unwrap();
        // It lies in memory, and is made anew.
        let shared = other.path().join("state/log.db-shm");
        if let Err(error) = fs::remove_file(shared) {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
        other
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &there),
            false => fs::copy(entry.path(), there).map(drop).unwrap(),
        }
    }
}

/// Where each frame of a WAL ends, and whether it ends a transaction.
fn frames(wal: &[u8]) -> Vec<(usize, bool)> {
    let number = |at: usize| u32::from_be_bytes(wal[at..at + 4].try_into().unwrap());
    let size = FRAME + usize::try_from(number(8)).unwrap();
    let starts = (HEADER..)
        .step_by(size)
        .take_while(|start| start + size <= wal.len());
    starts
        .map(|start| (start + size, number(start + 4) != 0))
        .collect()
}

/// What may be left of a WAL of which so much is on the disk for certain: any part of the rest, torn anywhere, or without its beginning.
fn left_overs(wal: &[u8], certain: usize) -> Vec<Vec<u8>> {
    let mut all = vec![wal[..certain].to_vec()];
    for (end, _) in frames(wal).into_iter().filter(|(end, _)| *end > certain) {
        all.push(wal[..end].to_vec());
        all.push(wal[..end - 1_000].to_vec());
        let mut holed = wal.to_vec();
        holed[end - 2_000..end].fill(0);
        all.push(holed);
    }
    all
}

fn draft(number: u32) -> TaskDraft {
    TaskDraft {
        id: TaskId::new("TASK", number).unwrap(),
        title: "Search".into(),
        priority: Priority::P1,
        agent: None,
        goal: "It finds what is there.".into(),
        criteria: vec!["it finds".into()],
        depends_on: Vec::new(),
        files: Vec::new(),
        order: None,
        needs: Vec::new(),
        tests: Vec::new(),
        workflow: None,
        notes: String::new(),
        created: Time(1_795_165_920_000),
    }
}

fn facts_of(store: &Store) -> Vec<(Actor, Fact)> {
    let filter = EventFilter {
        task: None,
        before: None,
        limit: 100,
    };
    let events = store.log().recent(&filter).unwrap();
    events
        .into_iter()
        .map(|event| (event.by, event.fact))
        .collect()
}

/// A move is on the disk with its intent: what its own commit said comes back from there, also when the file's `## Status` line, or a
/// person, has written into the moved file since.
#[test]
fn what_was_told_with_a_move_survives_a_power_cut() {
    let machine = Machine::new();
    let task = TaskId::new("TASK", 1).unwrap();
    let ready = machine
        .path()
        .join("project/.mcp/tasks/ready/TASK-001-search.md");
    fs::write(&ready, new_task(&draft(1))).unwrap();
    let mut store = machine.store();
    store.refresh().unwrap();
    let before = fs::read(machine.wal()).unwrap().len();
    let cursor = Actor::Outside {
        name: "cursor".parse().unwrap(),
    };
    let claimed = Fact::Claimed {
        task: task.clone(),
        leg: Leg::Implement,
        holder: Holder::Outside("cursor".parse().unwrap()),
        attempt: 1,
        why: None,
    };
    let told = vec![(cursor.clone(), claimed.clone())];
    let places = (Status::Ready, Status::InProgress);
    store
        .move_task(&task, places, &Actor::Engine, told, Vec::new())
        .unwrap();
    let wal = fs::read(machine.wal()).unwrap();
    let ends = frames(&wal);
    let mut commits = ends.iter().filter(|(end, whole)| *whole && *end > before);
    let intent = commits.next().unwrap().0;
    assert!(
        commits.next().is_some(),
        "the move itself is another commit"
    );
    let there = "project/.mcp/tasks/in-progress/TASK-001-search.md";
    let text = fs::read_to_string(machine.path().join(there)).unwrap();
    assert!(text.contains("## Status: in-progress"), "{text}");
    for edited in [false, true] {
        for left in left_overs(&wal, intent) {
            let machine = machine.with_wal(&left);
            if edited {
                fs::write(
                    machine.path().join(there),
                    text.replace("It finds", "It always finds"),
                )
                .unwrap();
            }
            let mut store = machine.store();
            store.refresh().unwrap();
            assert!(store.log().open_intents().unwrap().is_empty());
            let facts = facts_of(&store);
            let count =
                |wanted: &(Actor, Fact)| facts.iter().filter(|fact| *fact == wanted).count();
            assert_eq!(count(&(cursor.clone(), claimed.clone())), 1, "{facts:?}");
            let moved = facts
                .iter()
                .filter(|(_, fact)| matches!(fact, Fact::TaskMoved { .. }));
            assert_eq!(moved.count(), 1, "{facts:?}");
            let found = store.find(&task).unwrap();
            assert_eq!(found.path, "in-progress/TASK-001-search.md");
        }
    }
}

/// A move of which only the intent is on the disk is made, unless a person has changed the file since.
#[test]
fn a_move_that_was_not_made_is_made_unless_the_file_was_changed() {
    let machine = Machine::new();
    let task = TaskId::new("TASK", 1).unwrap();
    let ready = "project/.mcp/tasks/ready/TASK-001-search.md";
    fs::write(machine.path().join(ready), new_task(&draft(1))).unwrap();
    let mut store = machine.store();
    store.refresh().unwrap();
    let before = fs::read(machine.wal()).unwrap().len();
    let unmoved = Machine(tempfile::tempdir().unwrap());
    copy(machine.path(), unmoved.path());
    let places = (Status::Ready, Status::InProgress);
    store
        .move_task(&task, places, &Actor::Person, Vec::new(), Vec::new())
        .unwrap();
    let wal = fs::read(machine.wal()).unwrap();
    let intent = frames(&wal)
        .into_iter()
        .find(|(end, whole)| *whole && *end > before)
        .unwrap()
        .0;
    let text = String::from_utf8(new_task(&draft(1))).unwrap();
    for (said, stands) in [
        (text.clone(), "in-progress"),
        (text.replace("It finds", "It never finds"), "ready"),
    ] {
        let machine = unmoved.with_wal(&wal[..intent]);
        fs::write(machine.path().join(ready), said).unwrap();
        let mut store = machine.store();
        store.refresh().unwrap();
        assert!(store.log().open_intents().unwrap().is_empty());
        assert_eq!(
            store.find(&task).unwrap().path,
            format!("{stands}/TASK-001-search.md")
        );
    }
}

/// A task's number need not be on the disk before its file is: the file's own name keeps it from being given again.
#[test]
fn no_number_is_given_twice_after_a_power_cut() {
    let machine = Machine::new();
    let mut store = machine.store();
    store.refresh().unwrap();
    store.create(&Actor::Person, "TASK", draft(1)).unwrap();
    let before = fs::read(machine.wal()).unwrap().len();
    let made = store.create(&Actor::Person, "TASK", draft(1)).unwrap();
    assert_eq!(made.id.to_string(), "TASK-002");
    let wal = fs::read(machine.wal()).unwrap();
    for left in left_overs(&wal, before) {
        let machine = machine.with_wal(&left);
        let mut store = machine.store();
        let next = store.create(&Actor::Person, "TASK", draft(1)).unwrap();
        assert_eq!(next.id.to_string(), "TASK-003");
        store.refresh().unwrap();
        let (cards, unclear, problems) = store.board().unwrap();
        assert_eq!((cards.len(), unclear.len(), problems.len()), (3, 0, 0));
    }
    // Without its file nothing has the number.
    let machine = machine.with_wal(&wal[..before]);
    fs::remove_file(
        machine
            .path()
            .join("project/.mcp/tasks/pending/TASK-002-search.md"),
    )
    .unwrap();
    let mut store = machine.store();
    let again = store.create(&Actor::Person, "TASK", draft(1)).unwrap();
    assert_eq!(again.id.to_string(), "TASK-002");
    let missing = store
        .files()
        .read("pending/TASK-003-search.md")
        .unwrap_err();
    assert_eq!(missing.kind, PortErrorKind::Missing);
}
