//! What a scan finds.

use super::{World, age, folder_in, task};
use orchestron_domain::Status;
use orchestron_engine::ports::{PortErrorKind, Scan, TaskFiles};
use std::{
    collections::BTreeMap,
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

#[test]
fn tasks_where_no_status_is_are_told_with_the_folder_that_was_meant() {
    let world = World::new();
    for folder in ["in_progress", "blocked", "Notes", ".hidden"] {
        fs::create_dir(world.path(folder)).unwrap();
    }
    assert_eq!(world.folder.misplaced().unwrap(), []);
    world.write("TASK-001-a.md", task(1));
    world.write("in_progress/TASK-002-b.md", task(2));
    world.write("blocked/TASK-003-c.md", task(3));
    world.write("blocked/TASK-004-d.md", task(4));
    world.write("Notes/ideas.md", "no task");
    world.write(".hidden/TASK-005-e.md", task(5));
    world.write("README.md", "how we work");
    world.write("ready/TASK-006-f.md", task(6));
    let told = world.folder.misplaced().unwrap();
    let told: Vec<_> = told.iter().map(|one| (one.path.as_str(), one)).collect();
    let paths: Vec<_> = told.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        paths,
        [
            ".mcp/tasks/TASK-001-a.md",
            ".mcp/tasks/blocked",
            ".mcp/tasks/in_progress"
        ]
    );
    assert!(told[1].1.what.contains("the 2 tasks in it"), "{told:?}");
    assert!(told[1].1.cure.contains("## Depends On"), "{told:?}");
    assert!(
        told[2].1.cure.contains(".mcp/tasks/in-progress/"),
        "{told:?}"
    );
}

#[test]
fn changes_are_told_once() {
    let mut world = World::new();
    world.write("ready/TASK-001-a.md", task(1));
    world.write("done/TASK-002-b.md", task(2));
    let scan = world.scan();
    assert_eq!(scan.changed.len(), 2);
    let card = scan.changed[1].card.as_ref().unwrap();
    assert_eq!(
        (card.id.to_string().as_str(), card.status),
        ("TASK-001", Status::Ready)
    );
    assert_eq!(world.scan(), Scan::default());
    // Changed, moved, deleted.
    world.write("ready/TASK-001-a.md", task(1).replace("Something", "More"));
    assert_eq!(world.scan().changed.len(), 1);
    fs::rename(
        world.path("ready/TASK-001-a.md"),
        world.path("review/TASK-001-a.md"),
    )
    .unwrap();
    let scan = world.scan();
    assert_eq!(scan.changed[0].path, "review/TASK-001-a.md");
    assert_eq!(scan.gone, ["ready/TASK-001-a.md"]);
    fs::remove_file(world.path("review/TASK-001-a.md")).unwrap();
    assert_eq!(world.scan().gone, ["review/TASK-001-a.md"]);
    assert_eq!(world.scan(), Scan::default());
}

/// Git's racy rule: a file may change again within the clock's grain and look the same.
#[test]
fn a_file_read_just_after_it_was_written_is_read_again() {
    let mut world = World::new();
    let path = world.path("ready/TASK-001-a.md");
    fs::write(&path, task(1)).unwrap();
    let first = world.scan().changed.remove(0);
    assert_eq!(
        world.scan(),
        Scan::default(),
        "not told again without a change"
    );
    // Same length, same inode; even the modification time is put back. Only reading tells.
    let stamp = fs::metadata(&path).unwrap().modified().unwrap();
    fs::write(&path, task(1).replace("Something", "Samething")).unwrap();
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(stamp)
        .unwrap();
    let second = world.scan().changed.remove(0);
    assert_ne!(first.hash, second.hash);
    // Once it has rested, its stamp is remembered for good.
    age(&path);
    let rested = world.scan().changed.remove(0);
    assert_eq!(rested.hash, second.hash);
    assert_eq!(world.scan(), Scan::default());
}

#[test]
fn malformed_files_are_problems_with_a_line_and_a_cure() {
    let large = "# Task: TASK-001 - x\n".to_owned() + &"x".repeat(50 << 20);
    for (name, text, wanted) in [
        (
            "TASK-001-a.md",
            b"# Task: TASK-001 - x\n\xff\n".as_slice(),
            "2: the text is not UTF-8",
        ),
        (
            "TASK-001-a.md",
            b"# Task: TASK-001 - x\n\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n",
            "3: a merge conflict is not resolved",
        ),
        (
            "TASK-001-a.md",
            b"just text\n",
            "-: there is no task heading",
        ),
        ("TASK-001-a.md", b"", "-: the file is empty"),
        (
            "TASK-001-a.md",
            b"\n# Task: TASK-002 - x\n",
            "2: the heading says TASK-002, but the file's name says TASK-001",
        ),
        ("TASK-001-a.md", b"# Task: ../../etc/passwd - x\n", "1: "),
        (
            "TASK-001-a.md",
            large.as_bytes(),
            "-: the file is too large: 52428821 bytes",
        ),
        (
            "notes.md",
            b"# Task: TASK-001 - x\n",
            "-: the file's name begins with no task id",
        ),
        (
            "TASK-..-001.md",
            b"# Task: TASK-001 - x\n",
            "-: the file's name begins with no task id",
        ),
    ] {
        let mut world = World::new();
        let path = format!("ready/{name}");
        world.write(&path, text);
        world.write("ready/TASK-009-good.md", task(9));
        let before = fs::metadata(world.path(&path)).unwrap().modified().unwrap();
        world.scan();
        let told = world
            .problem(&path)
            .unwrap_or_else(|| panic!("{wanted}: no problem"));
        assert!(told.starts_with(wanted), "{told}");
        assert_eq!(world.known[&path].card, None);
        assert!(world.known["ready/TASK-009-good.md"].card.is_some());
        assert_eq!(world.scan(), Scan::default(), "told once: {wanted}");
        assert!(fs::read(world.path(&path)).unwrap() == text, "rewritten");
        assert_eq!(
            fs::metadata(world.path(&path)).unwrap().modified().unwrap(),
            before
        );
        world.write(&path, task(1));
        world.scan();
        assert_eq!(
            world.problem(&path).is_none(),
            name.starts_with("TASK-001"),
            "mended"
        );
    }
}

#[test]
#[cfg(unix)]
fn what_is_no_regular_file_is_neither_followed_nor_opened() {
    let mut world = World::new();
    let outside = world.dir.path().join("secret.md");
    fs::write(&outside, task(1)).unwrap();
    std::os::unix::fs::symlink(&outside, world.path("ready/TASK-001-link.md")).unwrap();
    std::os::unix::fs::symlink("nowhere", world.path("ready/TASK-002-dangling.md")).unwrap();
    fs::create_dir(world.path("ready/TASK-003-folder.md")).unwrap();
    let fifo = world.path("ready/TASK-004-pipe.md");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    world.scan();
    for (path, wanted) in [
        ("ready/TASK-001-link.md", "-: it is a symbolic link"),
        ("ready/TASK-002-dangling.md", "-: it is a symbolic link"),
        ("ready/TASK-003-folder.md", "-: it is a folder"),
        ("ready/TASK-004-pipe.md", "-: it is no regular file"),
    ] {
        assert!(world.problem(path).unwrap().starts_with(wanted), "{path}");
        assert!(world.folder.read(path).is_err(), "{path}");
        assert_eq!(world.known[path].hash, "");
    }
    assert_eq!(world.scan(), Scan::default());
}

#[test]
#[cfg(unix)]
fn a_folder_that_leads_out_of_the_project_is_not_looked_into() {
    let mut world = World::new();
    world.write("ready/TASK-001-a.md", task(1));
    world.scan();
    let outside = world.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("TASK-002-b.md"), task(2)).unwrap();
    fs::remove_dir_all(world.path("ready")).unwrap();
    std::os::unix::fs::symlink(&outside, world.path("ready")).unwrap();
    let scan = world.scan();
    assert_eq!(scan.unreadable, Some(PortErrorKind::Other));
    assert_eq!((scan.changed, scan.gone), (vec![], vec![]));
    assert!(world.folder.read("ready/TASK-002-b.md").is_err());
    assert!(
        world
            .folder
            .create(Status::Ready, "TASK-003-c.md", task(3).as_bytes())
            .is_err()
    );
    assert!(
        world
            .folder
            .rename("ready/TASK-002-b.md", Status::Done, None)
            .is_err()
    );
    assert!(
        world
            .folder
            .exchange("ready/TASK-002-b.md", "", b"x")
            .is_err()
    );
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
}

#[test]
fn an_id_that_is_used_twice_rests_until_one_is_gone() {
    let mut world = World::new();
    world.write("ready/TASK-001-a.md", task(1));
    world.scan();
    assert!(world.known["ready/TASK-001-a.md"].card.is_some());
    world.write("done/TASK-1-other.md", task(1));
    world.scan();
    for (path, other) in [
        ("ready/TASK-001-a.md", "done/TASK-1-other.md"),
        ("done/TASK-1-other.md", "ready/TASK-001-a.md"),
    ] {
        let told = world.problem(path).unwrap();
        assert!(
            told.contains("used twice") && told.contains(other),
            "{told}"
        );
        assert_eq!(world.known[path].card, None);
    }
    assert_eq!(world.scan(), Scan::default());
    fs::remove_file(world.path("done/TASK-1-other.md")).unwrap();
    let scan = world.scan();
    assert_eq!(scan.gone, ["done/TASK-1-other.md"]);
    assert!(
        world.known["ready/TASK-001-a.md"].card.is_some(),
        "{scan:?}"
    );
    assert_eq!(world.problem("ready/TASK-001-a.md"), None);
}

#[test]
fn files_that_come_and_go_while_it_is_looked_are_told_to_be_moving() {
    let mut world = World::new();
    for n in 1..=50 {
        world.write(&format!("ready/TASK-{n:03}-a.md"), task(n));
    }
    assert!(!world.scan().moving);
    let away = world.dir.path().join("away");
    fs::create_dir(&away).unwrap();
    let (ready, stop) = (world.path("ready"), AtomicBool::new(false));
    let moved = thread::scope(|scope| {
        scope.spawn(|| {
            // As git does it: one file after the other goes, then they come back.
            while !stop.load(Ordering::Relaxed) {
                for (from, to) in [(&ready, &away), (&away, &ready)] {
                    for n in 1..=50 {
                        let name = format!("TASK-{n:03}-a.md");
                        fs::rename(from.join(&name), to.join(&name)).unwrap();
                    }
                }
            }
        });
        let known = world.known.iter();
        let known = known
            .map(|(path, file)| (path.clone(), file.known()))
            .collect();
        let until = Instant::now() + Duration::from_secs(20);
        let mut moved = false;
        while !moved && Instant::now() < until {
            moved = world.folder.scan(&known).unwrap().moving;
        }
        stop.store(true, Ordering::Relaxed);
        moved
    });
    assert!(moved);
    let scan = world.scan();
    assert!(!scan.moving && scan.gone.is_empty(), "{scan:?}");
}

#[test]
fn a_missing_board_is_no_empty_board() {
    let mut world = World::new();
    world.write("ready/TASK-001-a.md", task(1));
    world.scan();
    let tasks = world.path("");
    let away = world.dir.path().join("away");
    fs::rename(&tasks, &away).unwrap();
    let nothing_concluded = Scan {
        unreadable: Some(PortErrorKind::Missing),
        ..Scan::default()
    };
    assert_eq!(world.scan(), nothing_concluded);
    fs::create_dir(&tasks).unwrap();
    assert_eq!(
        world.scan(),
        nothing_concluded,
        "nor is one without folders"
    );
    fs::create_dir(tasks.join("pending")).unwrap();
    // But git keeps no empty folders: with one folder left, what is not there is gone.
    assert_eq!(world.scan().gone, ["ready/TASK-001-a.md"]);
}

#[test]
fn hidden_files_and_backups_are_nobodys_business() {
    let mut world = World::new();
    for name in [
        ".gitkeep",
        ".TASK-001-a.md.swp",
        "TASK-001-a.md~",
        "README.md",
        "#TASK-001-a.md#",
        "notes.txt",
    ] {
        world.write(&format!("ready/{name}"), "x");
    }
    assert_eq!(world.scan(), Scan::default());
    assert_eq!(world.folder.counts().unwrap()[&Status::Ready], 0);
}

#[test]
fn counts_open_no_file() {
    let world = World::new();
    world.write("ready/TASK-001-a.md", "whatever");
    world.write("ready/TASK-002-a.md", task(2));
    world.write("done/TASK-003-a.md", task(3));
    let counts = world.folder.counts().unwrap();
    assert_eq!(counts.len(), 6);
    assert_eq!(
        (
            counts[&Status::Ready],
            counts[&Status::Done],
            counts[&Status::Failed]
        ),
        (2, 1, 0)
    );
}

/// While files move to and fro, no scan may call one gone or doubled.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn files_that_move_while_they_are_scanned_are_never_lost_or_doubled() {
    const TASKS: u32 = 40;
    let mut world = World::new();
    for number in 1..=TASKS {
        world.write(&format!("ready/TASK-{number:03}-a.md"), task(number));
    }
    world.scan();
    let (stop, moves) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let mover = folder_in(world.dir.path());
        let (stop, moves) = (&stop, &moves);
        scope.spawn(move || {
            let mut places = [0_usize; TASKS as usize];
            for round in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let number = round % TASKS as usize;
                let to = (places[number] + 1 + round % 4) % 6;
                let folders = [
                    Status::Ready,
                    Status::Done,
                    Status::Pending,
                    Status::Review,
                    Status::InProgress,
                    Status::Failed,
                ];
                let path = format!(
                    "{}/TASK-{:03}-a.md",
                    folders[places[number]].folder(),
                    number + 1
                );
                mover.rename(&path, folders[to], None).unwrap();
                places[number] = to;
                moves.store(true, Ordering::Relaxed);
                thread::sleep(Duration::from_micros(300));
            }
        });
        // Also when an assertion fails: the scope waits for the mover.
        let _stops = Stops(stop);
        while !moves.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        let end = Instant::now() + Duration::from_millis(1_500);
        let (mut scans, mut changes) = (0, 0);
        while Instant::now() < end {
            let scan = world.scan();
            changes += scan.changed.len();
            scans += 1;
            for file in &scan.changed {
                assert_eq!(file.problem, None, "scan {scans}");
            }
            for path in scan.gone.iter().filter(|_| !scan.moving) {
                let name = path.split('/').nth(1).unwrap();
                assert!(
                    world.known.keys().any(|known| known.ends_with(name)),
                    "{name} lost in scan {scans}"
                );
            }
        }
        println!("{scans} scans saw {changes} changes of files that moved");
    });
    world.scan();
    assert_eq!(world.known.len(), TASKS as usize);
}

#[test]
fn figures() {
    let mut world = World::new();
    let body = "## Implementation Notes\n".to_owned()
        + &"Some words of usual length, one line.\n".repeat(20);
    for number in 1..=10_000 {
        let folder = Status::ALL[number as usize % 6].folder();
        let path = world.path(&format!("{folder}/TASK-{number:05}-a-task.md"));
        fs::write(&path, task(number) + &body).unwrap();
        age(&path);
    }
    let mut time = |what: &str| {
        let begun = Instant::now();
        let scan = world.scan();
        println!(
            "{what}: {} ms, {} changed",
            begun.elapsed().as_millis(),
            scan.changed.len()
        );
    };
    time("scan of 10,000 files, all new");
    time("scan of 10,000 files, none changed");
    let begun = Instant::now();
    world.folder.counts().unwrap();
    println!("counts of 10,000 files: {} ms", begun.elapsed().as_millis());
    assert_eq!(world.scan(), Scan::default());
    let known = std::mem::take(&mut world.known);
    let empty: BTreeMap<_, _> = BTreeMap::new();
    assert_eq!(
        known.len(),
        world.folder.scan(&empty).unwrap().changed.len()
    );
}

/// A look at a few files tells the same as a look at all, or says that it cannot.
#[test]
fn a_look_at_some_files_tells_what_happened_to_them() {
    let mut world = World::new();
    for (number, name) in [
        (1, "TASK-001-a.md"),
        (2, "TASK-002-b.md"),
        (3, "TASK-003-c.md"),
    ] {
        world.write(&format!("ready/{name}"), task(number));
    }
    world.scan();
    let known = |world: &World, tasks: &[&str]| {
        let rows = world.known.iter();
        rows.filter(|(path, _)| tasks.iter().any(|task| path.contains(task)))
            .map(|(path, file)| (path.clone(), file.known()))
            .collect()
    };
    let look = |world: &World, named: &[&str], tasks: &[&str]| {
        let named = named.iter().map(ToString::to_string).collect();
        world
            .folder
            .scan_named(&named, &known(world, tasks))
            .unwrap()
    };
    let nothing = Some(Scan::default());
    assert_eq!(
        look(&world, &["ready/TASK-001-a.md"], &["TASK-001"]),
        nothing
    );
    assert_eq!(look(&world, &["ready/notes.txt"], &[]), nothing);
    world.write("ready/TASK-001-a.md", task(1) + "\nMore.\n");
    let edited = look(&world, &["ready/TASK-001-a.md"], &["TASK-001"]).unwrap();
    assert_eq!(edited, world.scan());
    assert_eq!(edited.changed.len(), 1);
    fs::rename(
        world.path("ready/TASK-002-b.md"),
        world.path("review/TASK-002-b.md"),
    )
    .unwrap();
    // One half of the news is enough.
    for named in ["ready/TASK-002-b.md", "review/TASK-002-b.md"] {
        let moved = look(&world, &[named], &["TASK-002"]).unwrap();
        assert_eq!(moved.gone, ["ready/TASK-002-b.md"], "{named}");
        assert_eq!(moved.changed[0].path, "review/TASK-002-b.md", "{named}");
    }
    world.scan();
    let unclear = |world: &World, named: &str, task: &str| {
        assert_eq!(look(world, &[named], &[task]), None, "{named}");
    };
    fs::rename(
        world.path("ready/TASK-003-c.md"),
        world.path("done/TASK-003-other.md"),
    )
    .unwrap();
    unclear(&world, "ready/TASK-003-c.md", "TASK-003");
    world.write("ready/TASK-003-c.md", task(3));
    unclear(&world, "done/TASK-003-other.md", "TASK-003");
    unclear(&world, "elsewhere/TASK-009-x.md", "TASK-009");
    fs::remove_file(world.path("review/TASK-002-b.md")).unwrap();
    unclear(&world, "review/TASK-002-b.md", "TASK-002");
}
