//! Real folders, real events.

use super::{Changes, FileWaker, Places};
use crate::{clock::SystemClock, locks::FileLocks};
use orchestron_domain::{RunId, Status};
use orchestron_engine::ports::{Clock, Locks, Wake, Waker};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

struct World {
    _dir: tempfile::TempDir,
    places: Places,
    clock: Arc<SystemClock>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let places = Places {
            mcp: dir.path().join("project/.mcp"),
            doorbell: dir.path().join("state/doorbell"),
            runs: dir.path().join("state/runs"),
        };
        fs::create_dir_all(&places.runs).unwrap();
        make_folders(&places.mcp);
        Self {
            _dir: dir,
            places,
            clock: Arc::new(SystemClock::new()),
        }
    }

    fn waker(&self) -> FileWaker {
        let mut waker = FileWaker::new(self.places.clone(), self.clock.clone()).unwrap();
        let first = self.within(&mut waker, 5_000);
        assert_eq!(
            first,
            [Wake::Doorbell, Wake::Files],
            "the first wait returns at once"
        );
        waker
    }

    fn within(&self, waker: &mut FileWaker, millis: i64) -> Vec<Wake> {
        waker.wait(Some(self.clock.now().plus_millis(millis)))
    }

    fn task(&self, folder: &str, name: &str) -> PathBuf {
        self.places.mcp.join("tasks").join(folder).join(name)
    }

    fn locks(&self) -> FileLocks {
        FileLocks::new(self.places.doorbell.parent().unwrap())
    }
}

fn named(path: &str) -> Wake {
    Wake::Named([path.to_owned()].into())
}

fn tells_of_files(told: &[Wake]) -> bool {
    let files = |wake: &Wake| matches!(wake, Wake::Files | Wake::Named(_));
    told.iter().any(files)
}

fn make_folders(mcp: &Path) {
    for status in Status::ALL {
        fs::create_dir_all(mcp.join("tasks").join(status.folder())).unwrap();
    }
}

fn run(text: &str) -> RunId {
    text.parse().unwrap()
}

#[test]
fn an_outside_edit_wakes_soon_and_once() {
    let world = World::new();
    let mut waker = world.waker();
    let file = world.task("ready", "TASK-001-a.md");
    let (mut slowest, mut twice) = (Duration::ZERO, 0);
    for round in 0..20 {
        let begun = Instant::now();
        fs::write(&file, format!("round {round}")).unwrap();
        assert_eq!(
            world.within(&mut waker, 5_000),
            [named("ready/TASK-001-a.md")]
        );
        slowest = slowest.max(begun.elapsed());
        while world.within(&mut waker, 60) != [Wake::Time] {
            twice += 1;
        }
    }
    // A write is three events; on a busy machine one of them may come after the others were told.
    assert!(twice <= 5, "one write woke twice, {twice} times of 20");
    println!(
        "outside edit → wake, slowest of 20: {} ms",
        slowest.as_millis()
    );
}

#[test]
fn reading_wakes_nobody() {
    let world = World::new();
    let file = world.task("ready", "TASK-001-a.md");
    fs::write(&file, "text").unwrap();
    let mut waker = world.waker();
    fs::read(&file).unwrap();
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    assert_eq!(world.within(&mut waker, 80), [Wake::Time]);
}

#[test]
fn the_doorbell_wakes_at_once_also_after_it_was_deleted() {
    let world = World::new();
    let mut waker = world.waker();
    let locks = world.locks();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begun = Instant::now();
        locks.ring();
        assert_eq!(world.within(&mut waker, 5_000), [Wake::Doorbell]);
        slowest = slowest.max(begun.elapsed());
        while world.within(&mut waker, 5) != [Wake::Time] {}
    }
    println!("doorbell → wake, slowest of 20: {} µs", slowest.as_micros());
    fs::remove_file(&world.places.doorbell).unwrap();
    let told = world.within(&mut waker, 5_000);
    assert!(told.contains(&Wake::Doorbell), "{told:?}");
    while world.within(&mut waker, 100) != [Wake::Time] {}
    locks.ring();
    assert_eq!(world.within(&mut waker, 5_000), [Wake::Doorbell]);
}

#[test]
fn a_run_is_heard_when_it_speaks_and_when_its_keeper_dies() {
    let world = World::new();
    let mut waker = world.waker();
    let (heard, other) = (run("TASK-001-implement-1"), run("TASK-002-implement-1"));
    for run in [&heard, &other] {
        fs::create_dir(world.places.runs.join(run.as_str())).unwrap();
    }
    let dir = world.places.runs.join(heard.as_str());
    waker.listen(std::slice::from_ref(&heard));
    let wanted = [Wake::Run(heard.clone())];
    assert_eq!(
        world.within(&mut waker, 5_000),
        wanted,
        "a new run has news"
    );
    let out = fs::File::create(dir.join("out.jsonl")).unwrap();
    assert_eq!(world.within(&mut waker, 5_000), wanted);
    while world.within(&mut waker, 100) != [Wake::Time] {}
    drop(out); // the keeper's end without a word
    assert_eq!(world.within(&mut waker, 5_000), wanted);
    while world.within(&mut waker, 100) != [Wake::Time] {}
    fs::write(dir.join("in.jsonl"), "ours").unwrap();
    fs::write(
        world.places.runs.join("TASK-002-implement-1/out.jsonl"),
        "x",
    )
    .unwrap();
    assert_eq!(world.within(&mut waker, 50), [Wake::Time]);
    waker.listen(&[]);
    fs::write(dir.join("exit.json"), "{}").unwrap();
    assert_eq!(world.within(&mut waker, 50), [Wake::Time]);
}

#[test]
fn a_run_folder_that_comes_later_is_found() {
    let world = World::new();
    let mut waker = world.waker();
    let late = run("TASK-001-implement-1");
    waker.listen(std::slice::from_ref(&late));
    assert_eq!(world.within(&mut waker, 5_000), [Wake::Run(late.clone())]);
    let dir = world.places.runs.join(late.as_str());
    fs::create_dir(&dir).unwrap();
    let told = world.within(&mut waker, 5_000);
    assert!(told.contains(&Wake::Run(late.clone())), "{told:?}");
    while world.within(&mut waker, 100) != [Wake::Time] {}
    fs::write(dir.join("out.jsonl"), "x").unwrap();
    assert_eq!(world.within(&mut waker, 5_000), [Wake::Run(late)]);
}

/// What git and people do to whole folders.
#[test]
fn folders_that_are_replaced_are_watched_again() {
    type Replace = fn(&World);
    let ways: [(&str, Replace); 4] = [
        ("a status folder is deleted and made again", |world| {
            fs::remove_dir_all(world.places.mcp.join("tasks/ready")).unwrap();
            fs::create_dir(world.places.mcp.join("tasks/ready")).unwrap();
        }),
        ("the tasks folder is moved away and made again", |world| {
            let tasks = world.places.mcp.join("tasks");
            fs::rename(&tasks, world.places.mcp.join("old")).unwrap();
            make_folders(&world.places.mcp);
        }),
        ("everything is moved away and made again", |world| {
            let away = world.places.mcp.with_file_name("away");
            fs::rename(&world.places.mcp, away).unwrap();
            thread::sleep(Duration::from_millis(50));
            make_folders(&world.places.mcp);
        }),
        ("everything is deleted and made again", |world| {
            fs::remove_dir_all(&world.places.mcp).unwrap();
            make_folders(&world.places.mcp);
        }),
    ];
    for (way, replace) in ways {
        let world = World::new();
        let mut waker = world.waker();
        replace(&world);
        let told = world.within(&mut waker, 5_000);
        assert!(told.contains(&Wake::Files), "{way}: {told:?}");
        // What is missing is looked for four times a second.
        let quiet = Instant::now() + Duration::from_millis(600);
        while Instant::now() < quiet {
            world.within(&mut waker, 20);
        }
        fs::write(world.task("ready", "TASK-001-a.md"), "x").unwrap();
        let told = world.within(&mut waker, 2_000);
        assert!(tells_of_files(&told), "{way}, then a file: {told:?}");
    }
}

#[test]
fn none_of_ten_thousand_edits_is_missed() {
    let world = World::new();
    let mut waker = world.waker();
    let stop = waker.stop_handle();
    let (file, clock) = (world.task("review", "TASK-009-z.md"), world.clock.clone());
    let writer = thread::spawn(move || {
        for round in 1..=10_000_u32 {
            fs::write(&file, round.to_string()).unwrap();
        }
        clock.now()
    });
    let file = world.task("review", "TASK-009-z.md");
    let (mut wakes, mut newest) = (0, String::new());
    while newest != "10000" {
        let told = world.within(&mut waker, 10_000);
        assert!(
            tells_of_files(&told),
            "missed the last edit, saw {newest}: {told:?}"
        );
        newest = fs::read_to_string(&file).unwrap_or_default();
        wakes += 1;
    }
    let late = world.clock.now().since(writer.join().unwrap());
    println!("10,000 edits in {wakes} wakes, the last one seen {late} ms after it");
    stop.stop();
    assert!(waker.wait(None).contains(&Wake::Stop));
    assert!(waker.wait(None).contains(&Wake::Stop), "stop stays");
}

#[test]
fn a_deadline_that_has_passed_does_not_hide_what_happened() {
    let world = World::new();
    let mut waker = world.waker();
    assert_eq!(world.within(&mut waker, -5_000), [Wake::Time]);
    world.locks().ring();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(
        world.within(&mut waker, -5_000),
        [Wake::Doorbell, Wake::Time]
    );
}

#[test]
fn surfaces_hear_changes_until_they_are_stopped() {
    let world = World::new();
    let mut changes = Changes::subscribe(world.places.clone()).unwrap();
    assert!(
        changes.recv_timeout(Duration::from_secs(5)).is_some(),
        "the first comes at once"
    );
    assert!(changes.recv_timeout(Duration::from_millis(50)).is_none());
    let locks = world.locks();
    let ringer = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        locks.ring();
    });
    let change = changes.next().unwrap();
    assert!(change.log && !change.files);
    ringer.join().unwrap();
    while changes.recv_timeout(Duration::from_millis(100)).is_some() {}
    fs::write(world.task("done", "TASK-003-c.md"), "x").unwrap();
    assert!(changes.next().unwrap().files);
    let stop = changes.stop_handle();
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        stop.stop();
    });
    while changes.next().is_some() {}
    stopper.join().unwrap();
    assert!(changes.is_stopped());
}
