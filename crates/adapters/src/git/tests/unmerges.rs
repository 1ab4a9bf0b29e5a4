//! Merges taken back: the branch goes back where nothing came after, else a new commit does it; the user's own work stays.

use super::{Lab, git_in, merged, read, task, write};
use orchestron_domain::{CommitId, Time};
use orchestron_engine::ports::{Git, Unmerged};
use std::fs;

fn unmerge(lab: &Lab, merge: &CommitId) -> Unmerged {
    lab.git.unmerge("main", merge, "Take it back\n").unwrap()
}

fn why(outcome: Unmerged) -> (Vec<String>, String) {
    match outcome {
        Unmerged::Refused { files, why, cure } => {
            assert!(cure.contains("git revert -m 1"), "{cure}");
            (files, why)
        }
        other => panic!("{other:?}"),
    }
}

/// A project with a merge that changes `a.txt`, deletes `b.txt` and brings `new.txt`; main's tip before it, and the merge.
fn with_merge() -> (Lab, CommitId, CommitId) {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n"), ("a.txt", "changed\n")]);
    git_in(
        std::path::Path::new(&tree.path),
        &["rm", "--quiet", "b.txt"],
    );
    git_in(
        std::path::Path::new(&tree.path),
        &["commit", "--quiet", "-m", "Without b"],
    );
    let tip = lab.git.tip(&tree).unwrap().unwrap();
    let before = lab.tip("main");
    let merge = merged(lab.merge(&tree, &tip));
    (lab, before, merge)
}

#[test]
fn a_merge_that_nothing_came_after_is_taken_off_with_its_files() {
    let (lab, before, merge) = with_merge();
    write(&lab.root.join("mine.txt"), "untracked");
    assert_eq!(
        unmerge(&lab, &merge),
        Unmerged::MovedBack { to: before.clone() }
    );
    assert_eq!(lab.tip("main"), before);
    assert_eq!(read(&lab.root.join("a.txt")), "a\n");
    assert_eq!(read(&lab.root.join("b.txt")), "b\n");
    assert!(!lab.root.join("new.txt").exists());
    assert_eq!(lab.run(&["status", "--porcelain"]), "?? mine.txt");
    assert_eq!(
        lab.run(&["rev-parse", &format!("refs/orchestron/undo/{}", merge.0)]),
        merge.0
    );
    assert_eq!(unmerge(&lab, &merge), Unmerged::Nothing, "twice is once");
    assert_eq!(lab.tip("main"), before);
}

#[test]
fn a_branch_that_is_not_checked_out_goes_back_as_well() {
    let (lab, before, merge) = with_merge();
    lab.run(&["switch", "--quiet", "--create", "other"]);
    assert_eq!(
        unmerge(&lab, &merge),
        Unmerged::MovedBack { to: before.clone() }
    );
    assert_eq!(lab.tip("main"), before);
    assert_eq!(lab.tip("other"), merge);
}

#[test]
fn own_changes_elsewhere_stay_and_those_in_the_way_are_named() {
    let (lab, before, merge) = with_merge();
    write(&lab.root.join("a.txt"), "mine\n");
    let (files, _) = why(unmerge(&lab, &merge));
    assert_eq!(files, ["a.txt"]);
    assert_eq!(lab.tip("main"), merge);
    assert_eq!(read(&lab.root.join("a.txt")), "mine\n");
    assert_eq!(read(&lab.root.join("new.txt")), "1\n");
    lab.run(&["checkout", "--quiet", "--", "a.txt"]);
    // What the merge deleted somebody may have made anew.
    write(&lab.root.join("b.txt"), "mine\n");
    let (files, _) = why(unmerge(&lab, &merge));
    assert_eq!(files, ["b.txt"]);
    assert_eq!(read(&lab.root.join("b.txt")), "mine\n");
    fs::remove_file(lab.root.join("b.txt")).unwrap();
    write(&lab.root.join(".gitignore"), "*.log\nout/\nmine/\n");
    assert_eq!(unmerge(&lab, &merge), Unmerged::MovedBack { to: before });
    assert_eq!(lab.run(&["status", "--porcelain"]), " M .gitignore");
}

#[test]
fn what_came_after_a_merge_stays_under_a_new_commit() {
    let (lab, _, merge) = with_merge();
    lab.save(&[("later.txt", "later\n")], "Later");
    let later = lab.tip("main");
    let Unmerged::Reverted { commit } = unmerge(&lab, &merge) else {
        panic!("not taken back");
    };
    assert_eq!(lab.tip("main"), commit);
    assert_eq!(lab.run(&["rev-parse", "main^"]), later.0);
    assert_eq!(read(&lab.root.join("a.txt")), "a\n");
    assert_eq!(read(&lab.root.join("later.txt")), "later\n");
    assert!(!lab.root.join("new.txt").exists());
    assert_eq!(lab.run(&["status", "--porcelain"]), "");
    assert_eq!(unmerge(&lab, &merge), Unmerged::Nothing, "twice is once");
}

#[test]
fn what_builds_on_a_merge_keeps_it_there() {
    let (lab, _, merge) = with_merge();
    lab.save(&[("a.txt", "changed again\n")], "On top");
    let tip = lab.tip("main");
    let (files, _) = why(unmerge(&lab, &merge));
    assert_eq!(files, ["a.txt"]);
    assert_eq!(lab.tip("main"), tip);
    assert_eq!(lab.run(&["status", "--porcelain"]), "");
}

#[test]
fn what_was_published_is_not_taken_off() {
    let (lab, _, merge) = with_merge();
    lab.run(&["update-ref", "refs/remotes/origin/main", &merge.0]);
    assert!(matches!(unmerge(&lab, &merge), Unmerged::Reverted { .. }));
    assert_eq!(
        lab.run(&["merge-base", "--is-ancestor", &merge.0, "main"]),
        ""
    );
}

#[test]
fn a_merge_that_was_refused_leaves_no_ref() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("a.txt", "theirs\n")]);
    write(&lab.root.join("a.txt"), "mine\n");
    let refused = lab.merge(&tree, &tip);
    assert!(matches!(
        refused,
        orchestron_engine::ports::MergeOutcome::Refused { .. }
    ));
    assert_eq!(lab.run(&["for-each-ref", "refs/orchestron/undo/"]), "");
}

#[test]
fn a_removed_worktree_comes_back_with_its_uncommitted_work() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let path = std::path::PathBuf::from(&tree.path);
    write(&path.join("new.txt"), "2\n");
    write(&path.join("draft.txt"), "draft\n");
    fs::remove_file(path.join("b.txt")).unwrap();
    let saved = lab.git.remove_worktree(&task(1), &tree).unwrap().unwrap();
    assert!(!path.exists());
    let back = lab
        .git
        .bring_back(&task(1), "slug", "main", Some(&saved))
        .unwrap();
    assert_eq!(
        (back.path.as_str(), &back.branch),
        (tree.path.as_str(), &tree.branch)
    );
    assert_eq!(lab.git.tip(&back).unwrap(), Some(tip));
    assert_eq!(read(&path.join("new.txt")), "2\n");
    assert_eq!(read(&path.join("draft.txt")), "draft\n");
    assert!(!path.join("b.txt").exists());
    let named = lab.git.worktrees().unwrap();
    assert_eq!(
        named.into_iter().map(|(task, _)| task).collect::<Vec<_>>(),
        [task(1)]
    );
}

#[test]
fn what_is_kept_for_undoing_goes_after_its_time() {
    let (lab, _, _) = with_merge();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(now.as_millis()).unwrap();
    assert_eq!(lab.git.forget_old(Time(now - 86_400_000)).unwrap(), 0);
    assert_eq!(lab.git.forget_old(Time(now + 86_400_000)).unwrap(), 1);
    assert_eq!(lab.run(&["for-each-ref", "refs/orchestron/undo/"]), "");
}

#[test]
fn a_lock_is_only_left_behind_when_it_is_old_and_nobodys() {
    let lab = Lab::new();
    let lock = lab.root.join(".git/index.lock");
    write(&lock, "");
    assert!(lab.git.stale_locks().unwrap().is_empty());
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = fs::File::options().append(true).open(&lock).unwrap();
    file.set_modified(then).unwrap();
    assert!(
        lab.git.stale_locks().unwrap().is_empty(),
        "somebody has it open"
    );
    drop(file);
    let found = lab.git.stale_locks().unwrap();
    assert_eq!(found.len(), 1);
    assert!(lab.git.clear_lock(&found[0]).unwrap());
    assert!(!lock.exists() && !lab.git.clear_lock(&found[0]).unwrap());
}
