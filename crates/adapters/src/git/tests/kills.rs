//! Killed without mercy, git and all, at seeded moments: nothing is lost, and the same calls go on.

use super::{Lab, git_in, read, task, write};
use crate::{
    git::GitCli,
    test_child::{orders, start},
};
use orchestron_engine::ports::{Git, Worktree};
use std::{fs, io::Read, path::Path, thread, time::Duration};

const NAME: &str = "git::tests::kills::work_survives_being_killed_at_any_moment";
const ROUNDS: u32 = 24;

/// What the child does over and over until it is killed: everything is repeated from the start, as the engine does after a crash.
fn live(root: &str, trees: &str) {
    rustix::process::setsid().unwrap();
    println!("ready");
    let git = GitCli::new(root.into(), trees.into());
    let tree = git.worktree(&task(1), "slug", "main").unwrap();
    git.commit_all(&tree, "main", "claude-impl", "Do it")
        .unwrap();
    write(&Path::new(&tree.path).join("late.txt"), "late\n");
    git.remove_worktree(&task(1), &tree).unwrap();
    println!("done");
    thread::sleep(Duration::from_secs(60));
}

/// Kills every process of a session.
fn kill_session(leader: u32) {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let Some((_, rest)) = stat.rsplit_once(')') else {
            continue;
        };
        let session = rest.split_whitespace().nth(3);
        let pid = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        if session == Some(&leader.to_string())
            && let Some(pid) = pid.and_then(rustix::process::Pid::from_raw)
        {
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok();
        }
    }
}

#[test]
fn work_survives_being_killed_at_any_moment() {
    if let Some(orders) = orders() {
        let (root, trees) = orders.split_once('|').unwrap();
        return live(root, trees);
    }
    let lab = Lab::new();
    for n in 0..60 {
        write(
            &lab.root.join(format!("src/{n}.txt")),
            format!("{n}\n").repeat(200),
        );
    }
    lab.run(&["add", "."]);
    lab.run(&["commit", "-qm", "Files"]);
    let mut seed = 0x9e37_79b9_u64;
    for round in 0..ROUNDS {
        // Work that is only in the worktree: it has to be in the branch or in a saved ref at the end.
        let tree = lab.git.worktree(&task(1), "slug", "main").unwrap();
        let path = Path::new(&tree.path);
        assert_whole(&lab, &tree);
        write(
            &path.join(format!("work{round}.txt")),
            format!("work {round}\n"),
        );
        let orders = format!("{}|{}", lab.root.display(), lab.trees.display());
        let mut child = start(NAME, &orders);
        let mut ready = [0; 1];
        let mut out = child.stdout.take().unwrap();
        let mut text = String::new();
        while !text.contains("ready") {
            assert_eq!(out.read(&mut ready).unwrap(), 1, "{text}");
            text.push(char::from(ready[0]));
        }
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        thread::sleep(Duration::from_millis((seed >> 33) % 260));
        kill_session(child.id());
        child.wait().unwrap();
        let tree = lab.git.worktree(&task(1), "slug", "main").unwrap();
        assert_whole(&lab, &tree);
        assert_kept(&lab, &tree, round);
        lab.commit(&tree).unwrap();
    }
    let tree = lab.tree(1);
    lab.git.remove_worktree(&task(1), &tree).unwrap();
    assert_eq!(fs::read_dir(&lab.trees).unwrap().count(), 0);
    assert_eq!(lab.run(&["worktree", "list"]).lines().count(), 1);
    lab.run(&["fsck", "--connectivity-only"]);
}

/// Every file of the project is there, and whole.
fn assert_whole(lab: &Lab, tree: &Worktree) {
    let path = Path::new(&tree.path);
    let status = git_in(path, &["status", "--short"]);
    assert!(!status.contains("src/"), "{status}");
    for n in [0, 59] {
        assert_eq!(
            read(&path.join(format!("src/{n}.txt"))),
            format!("{n}\n").repeat(200)
        );
    }
    let list = lab.run(&["worktree", "list", "--porcelain"]);
    assert!(list.contains("locked orchestron: TASK-001"), "{list}");
}

/// The round's work is in the worktree, in its branch, or saved.
fn assert_kept(lab: &Lab, tree: &Worktree, round: u32) {
    let name = format!("work{round}.txt");
    let in_files = Path::new(&tree.path).join(&name).exists();
    let holders = [vec!["task/TASK-001-slug".to_owned()], lab.saved(1)].concat();
    let in_refs = holders.iter().any(|holder| {
        super::try_git(&lab.root, &["cat-file", "-e", &format!("{holder}:{name}")]).0 == Some(0)
    });
    assert!(in_files || in_refs, "round {round}: {holders:?}");
}
