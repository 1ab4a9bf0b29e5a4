//! Somebody edits the file while we do: no edit of theirs is ever lost.

use super::{Random, World, folder_in, task};
use crate::task_files::reading::hash;
use orchestron_domain::Status;
use orchestron_engine::ports::{Exchange, PortErrorKind, TaskFiles};
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How editors save.
#[derive(Clone, Copy, Debug)]
enum Style {
    /// Empties the file and writes it anew.
    InPlace,
    /// Writes another file and renames it over.
    RenameOver,
    /// Deletes, then renames: git.
    DeleteAndRename,
}

fn save(style: Style, path: &Path, text: &str) {
    let temp = path.with_file_name(".editor-temp");
    match style {
        Style::InPlace => fs::write(path, text).unwrap(),
        Style::RenameOver => {
            fs::write(&temp, text).unwrap();
            fs::rename(&temp, path).unwrap();
        }
        Style::DeleteAndRename => {
            fs::write(&temp, text).unwrap();
            fs::remove_file(path).unwrap_or_default();
            fs::rename(&temp, path).unwrap();
        }
    }
}

#[derive(Default)]
struct Tally {
    edits: u32,
    ours: u32,
    conflicts: u32,
    lost: u32,
}

/// One editor saves numbered versions of a file at random moments, each only after it has seen ours; we edit it all the time.
fn race(style: Style, rounds: u32, seed: u64) -> Tally {
    let world = World::new();
    let path = "ready/TASK-001-a.md";
    let file = world.path(path);
    let mut tally = Tally::default();
    let mut random = Random(seed);
    // How long an exchange takes here and now: the editor saves before, during or after it.
    let mut lasted = Duration::from_micros(500);
    for round in 0..rounds {
        let old = format!("{}\nround {round}\n", task(1));
        fs::write(&file, &old).unwrap();
        let theirs = format!("{}\ntheirs {round}\n", task(1));
        let ours = format!("{}\nours {round}\n", task(1));
        let span = u64::try_from(lasted.as_micros()).unwrap() * 3 / 2;
        let pause = Duration::from_micros(random.below(span.clamp(300, 20_000)));
        let outcome = thread::scope(|scope| {
            let editor = scope.spawn(|| {
                spin(pause);
                save(style, &file, &theirs);
            });
            let begun = Instant::now();
            let outcome = world
                .folder
                .exchange(path, &hash(old.as_bytes()), ours.as_bytes());
            lasted = begun.elapsed();
            editor.join().unwrap();
            outcome
        });
        tally.edits += 1;
        match outcome {
            Ok(Exchange::Replaced(_)) => tally.ours += 1,
            Ok(Exchange::TheirsKept(_)) => tally.conflicts += 1,
            Err(e) => assert!(
                matches!(e.kind, PortErrorKind::Missing | PortErrorKind::Changed),
                "{e}"
            ),
        }
        let found = fs::read_to_string(&file).unwrap();
        let kept = found == theirs || world.trash().contains(&theirs);
        tally.lost += u32::from(!kept);
        assert!(
            found == theirs || found == ours,
            "{style:?} round {round}: neither: {found}"
        );
        for entry in fs::read_dir(world.dir.path().join("trash")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        assert_eq!(world.leftovers(), [""; 0], "{style:?} round {round}");
    }
    tally
}

fn spin(pause: Duration) {
    let until = Instant::now() + pause;
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

#[test]
fn no_edit_is_lost_whatever_the_editor_does() {
    for style in [Style::InPlace, Style::RenameOver, Style::DeleteAndRename] {
        let tally = race(style, super::rounds(300), 7);
        println!(
            "{style:?}: {} edits, {} conflicts seen, {} times ours went in, {} lost",
            tally.edits, tally.conflicts, tally.ours, tally.lost
        );
        assert_eq!(tally.lost, 0, "{style:?}");
        assert!(
            tally.conflicts > 0 && tally.ours > 0,
            "{style:?}: no race took place"
        );
    }
}

/// An editor that saves all the time, faster than we can look: what it saved last stands, or ours that was made from it.
#[test]
fn an_editor_that_never_rests_still_wins() {
    for style in [Style::InPlace, Style::RenameOver, Style::DeleteAndRename] {
        let world = World::new();
        let path = "ready/TASK-001-a.md";
        let file = world.path(path);
        fs::write(&file, "start").unwrap();
        let stop = AtomicBool::new(false);
        let last = AtomicU32::new(0);
        let mut ours = BTreeSet::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                for count in 1.. {
                    save(style, &file, &format!("theirs {count}"));
                    last.store(count, Ordering::SeqCst);
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                }
            });
            for round in 0..400 {
                let Ok(now) = fs::read(&file) else { continue };
                let text = format!("ours {round} from {}", String::from_utf8_lossy(&now));
                match world.folder.exchange(path, &hash(&now), text.as_bytes()) {
                    Ok(Exchange::Replaced(_)) => {
                        ours.insert(text);
                    }
                    Ok(Exchange::TheirsKept(_)) => {}
                    Err(e) => assert!(
                        matches!(e.kind, PortErrorKind::Missing | PortErrorKind::Changed),
                        "{e}"
                    ),
                }
            }
            stop.store(true, Ordering::SeqCst);
        });
        let end = fs::read_to_string(&file).unwrap();
        let newest = format!("theirs {}", last.load(Ordering::SeqCst));
        // An editor that had the file open when we exchanged it writes into the one we set aside; it is found there and told.
        let stands = end == newest || (ours.contains(&end) && world.trash().contains(&newest));
        assert!(
            stands,
            "{style:?}: {newest} is nowhere, and there is: {end}"
        );
        println!(
            "{style:?}: {} saves, {} of 400 edits of ours went in",
            last.load(Ordering::SeqCst),
            ours.len()
        );
        assert_eq!(
            world
                .leftovers()
                .iter()
                .filter(|name| name.contains("TASK"))
                .count(),
            0
        );
    }
}

/// Moving while somebody edits: a pure rename takes nothing away.
#[test]
fn a_move_never_loses_an_edit() {
    let world = World::new();
    let other = folder_in(world.dir.path());
    let mut random = Random(11);
    for round in 0..600 {
        let (from, to) = if round % 2 == 0 {
            (Status::Ready, Status::Review)
        } else {
            (Status::Review, Status::Ready)
        };
        let path = format!("{}/TASK-001-a.md", from.folder());
        let text = format!("{}\nround {round}\n", task(1));
        if round == 0 {
            fs::write(world.path(&path), &text).unwrap();
        }
        let file = world.path(&path);
        let pause = Duration::from_micros(random.below(300));
        thread::scope(|scope| {
            scope.spawn(|| {
                spin(pause);
                // An editor that has the file open writes into it wherever it is now.
                if let Ok(mut open) = fs::File::options().write(true).truncate(true).open(&file) {
                    std::io::Write::write_all(&mut open, text.as_bytes()).unwrap();
                }
            });
            other.rename(&path, to, None).unwrap();
        });
        assert!(!file.exists(), "round {round}");
        let there =
            fs::read_to_string(world.path(&format!("{}/TASK-001-a.md", to.folder()))).unwrap();
        assert!(there.contains("round"), "round {round}: {there}");
    }
}
