//! Locks between threads (each opens its own file, so they exclude each other like processes) and real processes.

use super::FileLocks;
use crate::test_child;
use orchestron_engine::ports::{Locks, PortErrorKind};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

fn locks() -> (tempfile::TempDir, FileLocks) {
    let dir = tempfile::tempdir().unwrap();
    let locks = FileLocks::new(dir.path());
    (dir, locks)
}

#[test]
fn sixty_four_writers_take_turns() {
    let (dir, _) = locks();
    let inside = Arc::new(AtomicBool::new(false));
    let slowest = Arc::new(AtomicU32::new(0));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let locks = FileLocks::new(dir.path());
                for _ in 0..10 {
                    let asked = Instant::now();
                    let guard = locks.store().unwrap();
                    let waited = u32::try_from(asked.elapsed().as_millis()).unwrap();
                    slowest.fetch_max(waited, Ordering::Relaxed);
                    assert!(!inside.swap(true, Ordering::SeqCst), "two at once");
                    thread::sleep(Duration::from_micros(200));
                    inside.store(false, Ordering::SeqCst);
                    drop(guard);
                }
            });
        }
    });
    println!(
        "640 turns of 64 writers in {} ms, slowest wait {} ms",
        start.elapsed().as_millis(),
        slowest.load(Ordering::Relaxed)
    );
}

#[test]
fn a_store_that_is_held_too_long_says_so() {
    let (dir, locks) = locks();
    let _held = locks.store().unwrap();
    let other = FileLocks::new(dir.path()).with_patience(Duration::from_millis(50));
    let asked = Instant::now();
    let refused = other.store().err().unwrap();
    assert_eq!(refused.kind, PortErrorKind::Held);
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn giving_up_does_not_leave_the_store_locked() {
    let (dir, locks) = locks();
    let held = locks.store().unwrap();
    let other = FileLocks::new(dir.path()).with_patience(Duration::from_millis(20));
    assert!(other.store().is_err());
    drop(held);
    // The waiter that gave up may get the lock for a moment; it must give it back by itself.
    drop(locks.store().unwrap());
}

#[test]
fn a_deleted_lock_file_does_not_let_two_in() {
    let (dir, locks) = locks();
    let held = locks.store().unwrap();
    let waiter = {
        let other = FileLocks::new(dir.path());
        thread::spawn(move || other.store().map(drop))
    };
    thread::sleep(Duration::from_millis(30));
    std::fs::remove_file(dir.path().join("store.lock")).unwrap();
    let second = FileLocks::new(dir.path()).store().unwrap();
    drop(held); // the waiter now gets the deleted file's lock, sees that it is worthless and queues up again
    thread::sleep(Duration::from_millis(30));
    assert!(!waiter.is_finished(), "locked a file that is not there");
    drop(second);
    waiter.join().unwrap().unwrap();
}

#[test]
#[cfg(unix)]
fn a_child_does_not_inherit_a_lock() {
    let (_dir, locks) = locks();
    let guard = locks.store().unwrap();
    let mut child = std::process::Command::new("sleep")
        .arg("20")
        .spawn()
        .unwrap();
    drop(guard);
    let asked = Instant::now();
    drop(locks.store().unwrap());
    assert!(asked.elapsed() < Duration::from_secs(5));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_fence_rises_with_each_lease() {
    let (dir, locks) = locks();
    assert!(!locks.lease_is_held().unwrap());
    for wanted in 1..=3 {
        let (guard, fence) = locks.lease().unwrap();
        assert_eq!(fence, wanted);
        assert!(locks.lease_is_held().unwrap());
        let refused = FileLocks::new(dir.path()).lease().err().unwrap();
        assert_eq!(refused.kind, PortErrorKind::Held);
        let pid = std::process::id().to_string();
        assert!(
            refused.what.contains(&format!("process {pid}")),
            "{refused}"
        );
        drop(guard);
    }
    assert!(!locks.lease_is_held().unwrap());
    std::fs::write(dir.path().join("engine.lock"), "torn").unwrap();
    let (_guard, fence) = locks.lease().unwrap();
    assert!(fence > 1_000_000, "a lost count must still rise: {fence}");
}

#[test]
fn asking_who_holds_the_lease_never_refuses_it() {
    let (dir, locks) = locks();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let asker = FileLocks::new(dir.path());
                while !stop.load(Ordering::Relaxed) {
                    asker.lease_is_held().unwrap();
                    thread::sleep(Duration::from_micros(300));
                }
            });
        }
        for _ in 0..50 {
            let taken = locks.lease();
            if taken.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            taken.unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_killed_holder_leaves_the_lease_free() {
    if let Some(dir) = test_child::orders() {
        let _guard = FileLocks::new(Path::new(&dir)).lease().unwrap();
        println!("held");
        thread::sleep(Duration::from_secs(60));
        return;
    }
    let (dir, locks) = locks();
    let mut child = test_child::start(
        "locks::tests::a_killed_holder_leaves_the_lease_free",
        dir.path().to_str().unwrap(),
    );
    let out = BufReader::new(child.stdout.take().unwrap());
    assert!(
        out.lines().any(|line| line.unwrap().ends_with("held")),
        "the child never held the lease"
    );
    assert!(locks.lease_is_held().unwrap());
    let refused = locks.lease().err().unwrap();
    assert!(refused.what.contains(&child.id().to_string()), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    let (_guard, fence) = locks.lease().unwrap();
    assert_eq!(fence, 2);
}

#[test]
fn the_doorbell_stays_small() {
    let (dir, locks) = locks();
    for _ in 0..10_000 {
        locks.ring();
    }
    let length = std::fs::metadata(dir.path().join("doorbell"))
        .unwrap()
        .len();
    assert!(length > 0 && length <= super::DOORBELL_BYTES, "{length}");
}
