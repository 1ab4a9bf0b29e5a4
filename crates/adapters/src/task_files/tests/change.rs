//! Creating, moving, editing, writing beside.

use super::{World, age, folder_in, task};
use crate::{
    task_files::{
        names::{Purpose, Temp, short},
        reading::hash,
        trash,
    },
    test_child,
};
use orchestron_domain::Status;
use orchestron_engine::ports::{Exchange, PortErrorKind, Scan, TaskFiles};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    thread,
    time::Instant,
};

#[test]
fn a_created_file_is_whole_and_known() {
    let mut world = World::new();
    fs::remove_dir(world.path("ready")).unwrap(); // git keeps no empty folders
    let row = world
        .folder
        .create(Status::Ready, "TASK-001-a.md", task(1).as_bytes())
        .unwrap();
    assert_eq!(row.card.as_ref().unwrap().status, Status::Ready);
    assert_eq!(row.hash, hash(task(1).as_bytes()));
    world.known.insert(row.path.clone(), row);
    assert_eq!(
        world.scan(),
        Scan::default(),
        "the row is as a scan would find it"
    );
    let taken = world
        .folder
        .create(Status::Ready, "TASK-001-a.md", b"x")
        .unwrap_err();
    assert_eq!(taken.kind, PortErrorKind::Exists);
    assert_eq!(world.read("ready/TASK-001-a.md"), task(1));
    for name in [
        "../TASK-002-a.md",
        "TASK-002-A b.md",
        ".TASK-002-a.md",
        "CON.md",
        "TASK-002-a.txt",
    ] {
        let refused = world.folder.create(Status::Ready, name, b"x").unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Malformed, "{name}");
    }
    let large = vec![b'x'; (1 << 20) + 1];
    assert!(
        world
            .folder
            .create(Status::Ready, "TASK-003-a.md", &large)
            .is_err()
    );
    assert_eq!(world.leftovers(), [""; 0]);
}

#[test]
fn a_move_is_a_pure_rename() {
    for flags in [true, false] {
        let mut world = World::new();
        if !flags {
            world.folder = folder_in(world.dir.path()).without_rename_flags();
        }
        world.write("ready/TASK-001-a.md", task(1));
        fs::remove_dir(world.path("in-progress")).unwrap();
        let before = fs::metadata(world.path("ready/TASK-001-a.md"))
            .unwrap()
            .modified()
            .unwrap();
        let expected = hash(task(1).as_bytes());
        let row = world
            .folder
            .rename("ready/TASK-001-a.md", Status::InProgress, Some(&expected))
            .unwrap();
        assert_eq!(row.path, "in-progress/TASK-001-a.md");
        assert_eq!(row.card.as_ref().unwrap().status, Status::InProgress);
        assert_eq!(
            world.read("in-progress/TASK-001-a.md"),
            task(1),
            "not rewritten"
        );
        let after = fs::metadata(world.path("in-progress/TASK-001-a.md"))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(before, after);
        assert!(!world.path("ready/TASK-001-a.md").exists());
        world.known.insert(row.path.clone(), row);
        assert_eq!(world.scan(), Scan::default());
    }
}

#[test]
fn a_move_never_replaces_and_never_takes_a_changed_file() {
    for flags in [true, false] {
        let mut world = World::new();
        if !flags {
            world.folder = folder_in(world.dir.path()).without_rename_flags();
        }
        world.write("ready/TASK-001-a.md", task(1));
        world.write("done/TASK-001-a.md", "another");
        let moved = |to, expected: Option<&str>| {
            world
                .folder
                .rename("ready/TASK-001-a.md", to, expected)
                .unwrap_err()
                .kind
        };
        assert_eq!(moved(Status::Done, None), PortErrorKind::Exists);
        assert_eq!(moved(Status::Review, Some("0000")), PortErrorKind::Changed);
        assert_eq!(world.read("ready/TASK-001-a.md"), task(1));
        assert_eq!(world.read("done/TASK-001-a.md"), "another");
        let missing = world
            .folder
            .rename("failed/TASK-001-a.md", Status::Done, None)
            .unwrap_err();
        assert_eq!(missing.kind, PortErrorKind::Missing);
        assert!(
            world
                .folder
                .rename("ready/../done/TASK-001-a.md", Status::Failed, None)
                .is_err()
        );
    }
}

/// Where rename has no flags a crash can leave one file under both names; the same move again ends it.
#[test]
fn a_move_that_was_cut_in_half_is_finished() {
    let mut world = World::new();
    world.folder = folder_in(world.dir.path()).without_rename_flags();
    world.write("ready/TASK-001-a.md", task(1));
    fs::hard_link(
        world.path("ready/TASK-001-a.md"),
        world.path("review/TASK-001-a.md"),
    )
    .unwrap();
    world
        .folder
        .rename("ready/TASK-001-a.md", Status::Review, None)
        .unwrap();
    assert!(!world.path("ready/TASK-001-a.md").exists());
    assert_eq!(world.read("review/TASK-001-a.md"), task(1));
}

#[test]
fn an_edit_replaces_only_what_it_was_made_from() {
    for flags in [true, false] {
        let mut world = World::new();
        if !flags {
            world.folder = folder_in(world.dir.path()).without_rename_flags();
        }
        let path = "ready/TASK-001-a.md";
        world.write(path, task(1));
        let new = task(1).replace("Something", "Something new");
        let outcome = world
            .folder
            .exchange(path, &hash(task(1).as_bytes()), new.as_bytes())
            .unwrap();
        let Exchange::Replaced(row) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(row.hash, hash(new.as_bytes()));
        assert_eq!(world.read(path), new);
        assert_eq!(world.trash(), [task(1)], "the old text is kept");
        // Somebody else changes it, then an edit made from the text before comes.
        world.write(path, "theirs");
        let outcome = world
            .folder
            .exchange(path, &hash(new.as_bytes()), b"ours")
            .unwrap();
        let Exchange::TheirsKept(theirs) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(
            (theirs.bytes.as_slice(), theirs.hash),
            (b"theirs".as_slice(), hash(b"theirs"))
        );
        assert_eq!(world.read(path), "theirs");
        assert_eq!(world.leftovers(), [""; 0]);
        // An edit that changes nothing writes nothing.
        let same = world
            .folder
            .exchange(path, &hash(b"theirs"), b"theirs")
            .unwrap();
        assert!(matches!(same, Exchange::Replaced(_)));
        assert_eq!(world.trash().len(), 1);
        fs::remove_file(world.path(path)).unwrap();
        let gone = world
            .folder
            .exchange(path, &hash(b"theirs"), b"ours")
            .unwrap_err();
        assert_eq!(gone.kind, PortErrorKind::Missing);
    }
}

#[test]
fn without_exchange_a_file_that_changed_just_now_is_left_alone() {
    let mut world = World::new();
    world.folder = folder_in(world.dir.path()).without_rename_flags();
    fs::write(world.path("ready/TASK-001-a.md"), "now").unwrap();
    let refused = world
        .folder
        .exchange("ready/TASK-001-a.md", &hash(b"now"), b"x")
        .unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Changed);
    assert_eq!(
        (
            world.read("ready/TASK-001-a.md").as_str(),
            world.leftovers().len()
        ),
        ("now", 0)
    );
}

/// An editor that opened the old file before the exchange and writes into it afterwards.
#[test]
fn a_late_write_into_a_replaced_file_is_found() {
    use std::io::Write as _;
    let world = World::new();
    let path = "ready/TASK-001-a.md";
    world.write(path, task(1));
    let mut slow = fs::File::options()
        .write(true)
        .open(world.path(path))
        .unwrap();
    world
        .folder
        .exchange(path, &hash(task(1).as_bytes()), b"ours")
        .unwrap();
    let all = || world.folder.late_edits(0..i64::MAX).unwrap();
    assert_eq!(all(), []);
    slow.write_all(b"THEIRS").unwrap();
    drop(slow);
    let late = all();
    assert_eq!(late.len(), 1);
    assert_eq!(late[0].name, "TASK-001-a.md");
    assert!(
        fs::read_to_string(&late[0].kept)
            .unwrap()
            .starts_with("THEIRS")
    );
    // It is told once, a minute after it was replaced.
    assert_eq!(
        TaskFiles::late_edits(&world.folder).unwrap().len(),
        0,
        "too early"
    );
    let name = late[0].kept.file_name().unwrap().to_str().unwrap();
    let (since, rest) = name.split_once('-').unwrap();
    let older: i64 = since.parse::<i64>().unwrap() - 70_000;
    fs::rename(
        &late[0].kept,
        late[0].kept.with_file_name(format!("{older}-{rest}")),
    )
    .unwrap();
    let again = folder_in(world.dir.path());
    let told = TaskFiles::late_edits(&again).unwrap();
    assert!(told[0].contains("TASK-001-a.md"), "{told:?}");
    assert_eq!(TaskFiles::late_edits(&again).unwrap().len(), 0, "once");
}

#[test]
fn the_trash_is_kept_a_month() {
    let world = World::new();
    let dir = world.dir.path().join("trash");
    let now = 2_000_000_000_000_i64;
    let day = 24 * 3_600_000;
    for (age, name) in [(31, "old"), (29, "new")] {
        fs::write(
            dir.join(format!("{}-0123456789abcdef-{name}.md", now - age * day)),
            name,
        )
        .unwrap();
    }
    fs::write(dir.join("something else"), "else").unwrap();
    assert_eq!(trash::sweep(&dir, now).unwrap(), 1);
    assert_eq!(world.trash(), ["else", "new"]);
}

#[test]
fn files_beside_the_tasks() {
    let world = World::new();
    let folder = &world.folder;
    folder
        .write_side("feedback/TASK-001-1.md", b"one", false)
        .unwrap();
    folder
        .write_side("feedback/TASK-001-1.md", b"one", false)
        .unwrap();
    let refused = folder
        .write_side("feedback/TASK-001-1.md", b"two", false)
        .unwrap_err();
    assert_eq!(refused.kind, PortErrorKind::Exists);
    assert_eq!(
        folder.read_side("feedback/TASK-001-1.md").unwrap().bytes,
        b"one"
    );
    folder.write_side("state.json", b"1", true).unwrap();
    folder.write_side("state.json", b"2", true).unwrap();
    assert_eq!(folder.read_side("state.json").unwrap().bytes, b"2");
    folder
        .write_side("results/TASK-001/a/b.txt", b"deep", false)
        .unwrap();
    assert_eq!(
        folder.read_side("nothing.md").unwrap_err().kind,
        PortErrorKind::Missing
    );
    for path in [
        "../outside",
        "tasks/ready/TASK-001-a.md",
        "/etc/passwd",
        "feedback/../../x",
    ] {
        assert!(folder.write_side(path, b"x", true).is_err(), "{path}");
        assert!(folder.read_side(path).is_err(), "{path}");
    }
    let names: Vec<_> = fs::read_dir(world.path("../feedback")).unwrap().collect();
    assert_eq!(names.len(), 1, "no leftovers");
}

#[test]
#[cfg(unix)]
fn nothing_beside_the_tasks_is_written_through_a_link() {
    let world = World::new();
    let outside = world.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("x"), "secret").unwrap();
    std::os::unix::fs::symlink(&outside, world.path("../feedback")).unwrap();
    std::os::unix::fs::symlink(outside.join("x"), world.path("../x")).unwrap();
    let folder = &world.folder;
    assert!(
        folder
            .write_side("feedback/TASK-001-1.md", b"x", false)
            .is_err()
    );
    assert!(folder.read_side("feedback/x").is_err());
    assert!(folder.read_side("x").is_err());
    folder.write_side("x", b"ours", true).unwrap();
    assert_eq!(fs::read_to_string(outside.join("x")).unwrap(), "secret");
    assert_eq!(folder.read_side("x").unwrap().bytes, b"ours");
}

/// What a crash can leave behind, and what becomes of it.
#[test]
fn leftovers_are_cleared_away_without_losing_what_people_wrote() {
    const OURS: &str = "ours";
    let exchange = || Purpose::Exchange {
        expected: short(&hash(b"expected")),
        ours: short(&hash(OURS.as_bytes())),
    };
    let keep = || Purpose::Keep {
        expected: short(&hash(b"expected")),
    };
    // What for, what the leftover holds, what is in place: what is in place afterwards, and what is in the trash.
    for (purpose, held, placed, then_placed, then_kept) in [
        (Purpose::New, "half a ta", None, None, None),
        (exchange(), OURS, Some("expected"), Some("expected"), None),
        (
            exchange(),
            "our",
            Some("expected"),
            Some("expected"),
            Some("our"),
        ),
        (
            exchange(),
            "expected",
            Some(OURS),
            Some(OURS),
            Some("expected"),
        ),
        (exchange(), "theirs", Some(OURS), Some("theirs"), None),
        (
            exchange(),
            "theirs",
            Some("theirs, later"),
            Some("theirs, later"),
            Some("theirs"),
        ),
        (exchange(), "theirs", None, None, Some("theirs")),
        (keep(), "expected", Some(OURS), Some(OURS), Some("expected")),
    ] {
        let mut world = World::new();
        let name = Temp::name("TASK-001-a.md", &purpose);
        // Its maker is dead: no process has this id.
        let dead = name.replace(&format!(".{}-", std::process::id()), ".4194999-");
        world.write(&format!("ready/{dead}"), held);
        if let Some(placed) = placed {
            world.write("ready/TASK-001-a.md", placed);
        }
        world.scan();
        let found = fs::read_to_string(world.path("ready/TASK-001-a.md")).ok();
        assert_eq!(
            found.as_deref(),
            then_placed,
            "{purpose:?} {held} {placed:?}"
        );
        let kept: Vec<&str> = then_kept.into_iter().collect();
        assert_eq!(world.trash(), kept, "{purpose:?} {held} {placed:?}");
        assert_eq!(world.leftovers(), [""; 0]);
    }
}

#[test]
fn a_temporary_file_at_work_is_left_alone() {
    let mut world = World::new();
    let name = Temp::name("TASK-001-a.md", &Purpose::New);
    let path = world.path(&format!("ready/{name}"));
    fs::write(&path, "at work").unwrap();
    world.scan();
    assert!(path.exists());
    // An hour later it is none, though the process lives. (Its change time cannot be set, so this is as far as a test can go.)
    age(&path);
    world.scan();
    assert!(path.exists());
}

#[test]
fn fifty_threads_create_at_once() {
    let world = World::new();
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let folder = folder_in(world.dir.path());
                let mut made = 0;
                for number in 1.. {
                    let name = format!("TASK-{number:03}-a.md");
                    match folder.create(Status::Pending, &name, task(number).as_bytes()) {
                        Ok(_) => made += 1,
                        Err(e) => assert_eq!(e.kind, PortErrorKind::Exists),
                    }
                    if made == 4 {
                        break;
                    }
                }
            });
        }
    });
    assert_eq!(world.folder.counts().unwrap()[&Status::Pending], 200);
    assert_eq!(world.leftovers(), [""; 0]);
}

/// Fifty processes fight for the same names: each name goes to one of them.
#[test]
fn fifty_processes_create_at_once() {
    if let Some(orders) = test_child::orders() {
        let folder = folder_in(Path::new(&orders));
        let mut made = 0;
        for number in 1.. {
            let name = format!("TASK-{number:03}-a.md");
            if folder
                .create(Status::Pending, &name, task(number).as_bytes())
                .is_ok()
            {
                println!("\nmade {number}");
                made += 1;
            }
            if made == 4 {
                return;
            }
        }
    }
    let mut world = World::new();
    let begun = Instant::now();
    let children: Vec<_> = (0..50)
        .map(|_| {
            test_child::start(
                "task_files::tests::change::fifty_processes_create_at_once",
                world.dir.path().to_str().unwrap(),
            )
        })
        .collect();
    let mut made = BTreeSet::new();
    for mut child in children {
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            if let Some(number) = line.unwrap().strip_prefix("made ") {
                assert!(
                    made.insert(number.parse::<u32>().unwrap()),
                    "{number} given twice"
                );
            }
        }
        assert!(child.wait().unwrap().success());
    }
    println!(
        "50 processes created 200 files in {} ms",
        begun.elapsed().as_millis()
    );
    assert_eq!(made, (1..=200).collect());
    assert!(world.scan().changed.iter().all(|file| file.card.is_some()));
    assert_eq!(world.known.len(), 200);
}
