//! What git costs between two agents: how many are started, and that what is remembered instead is what git would say.

use super::{Lab, git_in, task, write};
use crate::git::command::counted;
use orchestron_domain::CommitId;
use orchestron_engine::ports::{CommittedWork, Git, Worktree};
use std::{fs, path::Path, time::Duration};

fn committed(lab: &Lab, tree: &Worktree) -> CommittedWork {
    let (author, message) = ("claude-impl", "Do it");
    lab.git.commit_all(tree, "main", author, message).unwrap()
}

fn tip(done: &CommittedWork) -> CommitId {
    done.tip.clone().unwrap()
}

fn touched(done: CommittedWork) -> Vec<String> {
    done.touched.unwrap().into_iter().collect()
}

/// Each git more is two milliseconds in which no agent works.
#[test]
fn from_an_implementer_to_its_reviewer_four_gits_are_asked() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    write(&Path::new(&tree.path).join("work/a.txt"), "new\n");
    write(&Path::new(&tree.path).join("a.txt"), "changed\n");
    counted::take();
    let done = committed(&lab, &tree);
    assert_eq!(
        counted::take(),
        ["status", "add", "commit", "diff-tree"],
        "to commit, and to know what was"
    );
    assert!(done.differs);
    let files = lab.git.diff(&tree, "main", false).unwrap();
    assert_eq!(counted::take(), [""; 0], "the reviewer's difference");
    let named: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(named, ["a.txt", "work/a.txt"]);
    assert!(files[0].patch.ends_with("-a\n+changed\n"), "{files:?}");
    assert_eq!(touched(done), ["a.txt", "work/a.txt"]);
    let again = committed(&lab, &tree);
    assert_eq!(counted::take(), ["status"], "nothing was to be committed");
    assert_eq!(touched(again), ["a.txt", "work/a.txt"]);
}

#[test]
fn what_a_new_commit_has_in_common_with_a_base_that_moved_is_what_git_says() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    lab.save(&[("b.txt", "moved\n")], "The base goes on");
    for round in 0..3 {
        write(
            &Path::new(&tree.path).join("a.txt"),
            format!("round {round}\n"),
        );
        counted::take();
        let done = committed(&lab, &tree);
        let asked = counted::take();
        let bases = asked.iter().filter(|name| *name == "merge-base").count();
        assert_eq!(bases, usize::from(round == 0), "{asked:?}");
        let base = lab.run(&["merge-base", "main", &tip(&done).0]);
        let names = lab.run(&["diff", "--name-only", &base, &tip(&done).0]);
        assert_eq!(touched(done), names.lines().collect::<Vec<_>>());
    }
    // A merge commit has more than one parent: git is asked.
    let path = Path::new(&tree.path);
    git_in(path, &["merge", "-q", "--no-commit", "--no-ff", "main"]);
    let done = committed(&lab, &tree);
    assert_eq!(touched(done), ["a.txt"]);
    assert_eq!(
        lab.run(&["merge-base", "main", "task/TASK-001-slug"]),
        lab.tip("main").0
    );
}

#[test]
fn what_is_staged_but_lies_there_as_before_is_no_work() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("a.txt"), "staged\n");
    git_in(path, &["add", "a.txt"]);
    write(&path.join("a.txt"), "a\n");
    let done = committed(&lab, &tree);
    assert_eq!((tip(&done), done.differs), (lab.tip("main"), false));
}

#[test]
fn branches_that_are_apart_are_known_to_merge_and_all_others_are_asked_about() {
    let lab = Lab::new();
    let done = |number: u32, change: &dyn Fn(&Path)| {
        let tree = lab.tree(number);
        change(Path::new(&tree.path));
        tip(&committed(&lab, &tree))
    };
    let one = done(1, &|path| write(&path.join("work/one.txt"), "1\n"));
    let two = done(2, &|path| {
        write(&path.join("work/two.txt"), "2\n");
        write(&path.join("a.txt"), "two's\n");
    });
    let three = done(3, &|path| write(&path.join("a.txt"), "three's\n"));
    let four = done(4, &|path| write(&path.join("work/one.txt/deeper"), "4\n"));
    let five = done(5, &|path| fs::remove_file(path.join("a.txt")).unwrap());
    let six = done(6, &|path| {
        git_in(path, &["mv", "b.txt", "c.txt"]);
    });
    counted::take();
    let forecast = |one: &CommitId, other: &CommitId| {
        let files = lab.git.forecast_pair(one, other).unwrap();
        let asked = counted::take();
        (
            files.join(" "),
            asked.iter().any(|name| name == "merge-tree"),
        )
    };
    assert_eq!(forecast(&one, &two), (String::new(), false));
    assert_eq!(forecast(&three, &one), (String::new(), false));
    assert_eq!(forecast(&two, &three), ("a.txt".into(), true), "one file");
    let (files, asked) = forecast(&one, &four);
    assert!(
        asked && files.contains("work/one.txt"),
        "a file and a folder"
    );
    assert!(
        forecast(&five, &one).1,
        "a deleted file may have been moved"
    );
    assert!(
        forecast(&six, &one).1,
        "and a moved one takes others with it"
    );
}

#[test]
fn a_worktree_that_was_made_ahead_is_found() {
    let lab = Lab::new();
    lab.git.get_ready(&task(1), "slug", "main");
    let made = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        lab.git.find_worktree(&task(1)).unwrap()
    });
    let made = made.expect("made in the background");
    // It may be found while the last lock is being taken: whoever needs it waits for its turn.
    let tree = lab.tree(1);
    assert_eq!(tree, made);
    counted::take();
    assert_eq!(lab.tree(1), made);
    assert_eq!(counted::take(), [""; 0], "nothing is left to be done");
}
