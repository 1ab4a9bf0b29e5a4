//! Merging into the base branch: what is the user's stays as it is.

use super::{Lab, git_in, merged, read, refusal, task, try_git, write};
use orchestron_engine::ports::{Git, MergeOutcome};
use std::{fs, path::Path, thread};

/// Everything git and the file system say about the user's checkout.
fn snapshot(lab: &Lab) -> String {
    let mut all = vec![
        lab.run(&[
            "status",
            "--porcelain=v2",
            "--branch",
            "--ignored",
            "--untracked-files=all",
        ]),
        lab.run(&["ls-files", "--stage"]),
        lab.run(&["for-each-ref"]),
        lab.run(&["reflog", "show", "main"]),
    ];
    let files = lab.run(&["ls-files", "--cached", "--others"]);
    for file in files.lines() {
        let content = fs::read(lab.root.join(file)).unwrap_or_default();
        all.push(format!("{file}: {}", String::from_utf8_lossy(&content)));
    }
    all.join("\n")
}

#[test]
fn an_approved_commit_becomes_a_merge_commit() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n"), ("a.txt", "changed\n")]);
    let base = lab.save(&[("c.txt", "c\n")], "Base moves");
    assert!(lab.git.forecast(&tree, "main").unwrap().is_empty());
    let commit = merged(lab.merge(&tree, &tip));
    assert_eq!(lab.tip("main"), commit);
    let shown = lab.run(&["log", "-1", "--format=%P|%an <%ae>|%B", &commit.0]);
    assert_eq!(
        shown,
        format!(
            "{} {}|Orchestron <orchestron@orchestron.local>|Merge TASK-001\n\nTask: TASK-001",
            base.0, tip.0
        )
    );
    assert_eq!(read(&lab.root.join("new.txt")), "1\n");
    assert_eq!(lab.run(&["status", "--short"]), "");
}

#[test]
fn a_merge_without_a_moved_base_is_a_merge_commit_too() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let commit = merged(lab.merge(&tree, &tip));
    assert_ne!(commit, tip);
    assert_eq!(lab.run(&["rev-list", "--count", "--merges", "main"]), "1");
}

#[test]
fn exactly_the_approved_commit_is_merged() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "approved\n")]);
    write(&Path::new(&tree.path).join("new.txt"), "later\n");
    let (later, _) = lab.commit(&tree).unwrap();
    write(&Path::new(&tree.path).join("new.txt"), "not committed\n");
    merged(lab.merge(&tree, &tip));
    assert_eq!(read(&lab.root.join("new.txt")), "approved\n");
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(later));
    merged(lab.git.merge(&tree, "main", None, "The tip").unwrap());
    assert_eq!(read(&lab.root.join("new.txt")), "later\n");
}

#[test]
fn merging_again_finds_the_merge_that_was_made() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let commit = merged(lab.merge(&tree, &tip));
    let head = lab.save(&[("c.txt", "c\n")], "Base moves");
    assert_eq!(merged(lab.merge(&tree, &tip)), commit);
    assert_eq!(lab.tip("main"), head);
    let nothing = MergeOutcome::Merged {
        commit: None,
        into: "main".to_owned(),
    };
    assert_eq!(
        lab.git.merge(&lab.tree(2), "main", None, "x").unwrap(),
        nothing
    );
    let (tree, tip) = lab.done(3, &[("d.txt", "d\n")]);
    lab.run(&["merge", "--quiet", "--ff-only", &tip.0]);
    assert_eq!(
        lab.merge(&tree, &tip),
        nothing,
        "brought in by hand without a merge commit"
    );
}

#[test]
fn a_conflict_is_refused_with_its_files() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("a.txt", "theirs\n"), ("new\u{e4}\n.txt", "x")]);
    lab.save(
        &[("a.txt", "ours\n"), ("new\u{e4}\n.txt", "y")],
        "Base moves",
    );
    let before = snapshot(&lab);
    let files = ["a.txt", "new\u{e4}\n.txt"];
    assert_eq!(lab.git.forecast(&tree, "main").unwrap(), files);
    let (refused, why) = refusal(lab.merge(&tree, &tip));
    assert_eq!(refused, files);
    assert!(why.contains("conflicts with what is on `main`"), "{why}");
    assert_eq!(snapshot(&lab), before);
}

#[test]
fn the_users_files_stay_as_they_are() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(
        1,
        &[
            ("a.txt", "changed\n"),
            ("new.txt", "1\n"),
            ("dir/x.txt", "x\n"),
        ],
    );
    // Unrelated: changed, staged, staged and changed again, deleted, untracked, ignored.
    lab.save(
        &[("c.txt", "c\n"), ("d.txt", "d\n"), ("e.txt", "e\n")],
        "More",
    );
    write(&lab.root.join("b.txt"), "mine\n");
    write(&lab.root.join("c.txt"), "staged\n");
    lab.run(&["add", "c.txt"]);
    write(&lab.root.join("d.txt"), "staged\n");
    lab.run(&["add", "d.txt"]);
    write(&lab.root.join("d.txt"), "and changed\n");
    fs::remove_file(lab.root.join("e.txt")).unwrap();
    write(&lab.root.join("untracked.txt"), "u\n");
    write(&lab.root.join("dir/mine.txt"), "m\n");
    write(&lab.root.join("my.log"), "ignored\n");
    lab.run(&["stash", "list"]);
    let status = lab.run(&[
        "status",
        "--porcelain",
        "--ignored",
        "--untracked-files=all",
    ]);
    merged(lab.merge(&tree, &tip));
    assert_eq!(
        lab.run(&[
            "status",
            "--porcelain",
            "--ignored",
            "--untracked-files=all"
        ]),
        status
    );
    assert_eq!(lab.show(":c.txt"), "staged");
    assert_eq!(lab.show(":d.txt"), "staged");
    for (file, text) in [
        ("a.txt", "changed\n"),
        ("new.txt", "1\n"),
        ("dir/x.txt", "x\n"),
        ("b.txt", "mine\n"),
        ("c.txt", "staged\n"),
        ("d.txt", "and changed\n"),
        ("untracked.txt", "u\n"),
        ("dir/mine.txt", "m\n"),
        ("my.log", "ignored\n"),
    ] {
        assert_eq!(read(&lab.root.join(file)), text, "{file}");
    }
    assert_eq!(lab.run(&["stash", "list"]), "");
}

/// Makes a mess in the user's checkout.
type Mess = fn(&Lab);

/// What a user may have in the way of a merge that changes `a.txt`, deletes `b.txt` and adds files, and what is then named.
const IN_THE_WAY: &[(&str, &[&str], Mess)] = &[
    ("changed", &["a.txt"], |l| {
        write(&l.root.join("a.txt"), "mine\n")
    }),
    ("staged", &["a.txt"], |l| {
        write(&l.root.join("a.txt"), "mine\n");
        l.run(&["add", "a.txt"]);
    }),
    ("staged, then put back", &["a.txt"], |l| {
        write(&l.root.join("a.txt"), "mine\n");
        l.run(&["add", "a.txt"]);
        write(&l.root.join("a.txt"), "a\n");
    }),
    ("staged, then the same as the merge", &["a.txt"], |l| {
        write(&l.root.join("a.txt"), "mine\n");
        l.run(&["add", "a.txt"]);
        write(&l.root.join("a.txt"), "changed\n");
    }),
    ("deleted", &["a.txt"], |l| {
        fs::remove_file(l.root.join("a.txt")).unwrap()
    }),
    ("changed where it is deleted", &["b.txt"], |l| {
        write(&l.root.join("b.txt"), "mine\n")
    }),
    ("untracked", &["new.txt"], |l| {
        write(&l.root.join("new.txt"), "mine\n")
    }),
    ("ignored", &["forced.log"], |l| {
        write(&l.root.join("forced.log"), "mine\n")
    }),
    ("ignored folder", &["out/forced"], |l| {
        write(&l.root.join("out/forced"), "mine\n")
    }),
    ("staged new", &["new.txt"], |l| {
        write(&l.root.join("new.txt"), "mine\n");
        l.run(&["add", "new.txt"]);
    }),
    ("a folder where a file comes", &["new.txt/mine"], |l| {
        write(&l.root.join("new.txt/mine"), "mine\n")
    }),
    ("a file where a folder comes", &["dir"], |l| {
        write(&l.root.join("dir"), "mine\n")
    }),
    (
        "an ignored folder where a file comes",
        &["forced.log/x"],
        |l| write(&l.root.join("forced.log/x"), "mine\n"),
    ),
    ("several", &["a.txt", "new.txt"], |l| {
        write(&l.root.join("a.txt"), "mine\n");
        write(&l.root.join("new.txt"), "mine\n");
    }),
];

#[test]
fn files_in_the_way_are_named_and_nothing_changes() {
    for (name, files, mess) in IN_THE_WAY {
        let lab = Lab::new();
        let tree = lab.tree(1);
        let path = Path::new(&tree.path);
        for file in ["new.txt", "forced.log", "out/forced", "dir/x.txt"] {
            write(&path.join(file), "theirs\n");
        }
        write(&path.join("a.txt"), "changed\n");
        fs::remove_file(path.join("b.txt")).unwrap();
        git_in(path, &["add", "--force", "--all"]);
        let (tip, _) = lab.commit(&tree).unwrap();
        mess(&lab);
        let before = snapshot(&lab);
        let (refused, why) = refusal(lab.merge(&tree, &tip));
        assert_eq!(refused, *files, "{name}");
        assert!(why.contains("nothing was touched"), "{name}: {why}");
        assert_eq!(snapshot(&lab), before, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_the_way_are_not_followed() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("dir/x.txt", "theirs\n")]);
    let outside = lab.root.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, lab.root.join("dir")).unwrap();
    let (refused, _) = refusal(lab.merge(&tree, &tip));
    assert_eq!(refused, ["dir"]);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_merge_that_was_cut_short_is_finished() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("a.txt"), "changed\n");
    write(&path.join("new.txt"), "1\n");
    write(&path.join("last.txt"), "2\n");
    fs::remove_file(path.join("b.txt")).unwrap();
    let (tip, _) = lab.commit(&tree).unwrap();
    // As after a power cut within git's checkout: some files are new already, the index and the branch are old.
    write(&lab.root.join("a.txt"), "changed\n");
    write(&lab.root.join("new.txt"), "1\n");
    fs::remove_file(lab.root.join("b.txt")).unwrap();
    merged(lab.merge(&tree, &tip));
    assert_eq!(lab.run(&["status", "--short"]), "");
    assert_eq!(read(&lab.root.join("last.txt")), "2\n");
}

#[test]
fn a_checkout_in_the_middle_of_something_is_left_alone() {
    type Start = fn(&Lab);
    let cases: &[(&str, Start)] = &[
        ("merge", |l| {
            try_git(&l.root, &["merge", "--no-commit", "--no-ff", "side"]);
        }),
        ("cherry-pick", |l| {
            try_git(&l.root, &["cherry-pick", "conflicting"]);
        }),
        ("revert", |l| {
            try_git(&l.root, &["revert", "HEAD~1"]);
        }),
        ("rebase", |l| {
            try_git(&l.root, &["rebase", "conflicting"]);
        }),
        ("index.lock", |l| write(&l.root.join(".git/index.lock"), "")),
    ];
    for (name, start) in cases {
        let lab = Lab::new();
        for (branch, file) in [("side", "side.txt"), ("conflicting", "a.txt")] {
            lab.run(&["switch", "-qc", branch, "main"]);
            write(&lab.root.join(file), branch);
            lab.run(&["add", "."]);
            lab.run(&["commit", "-qm", branch]);
        }
        lab.run(&["switch", "-q", "main"]);
        lab.save(&[("a.txt", "two\n")], "Two");
        lab.save(&[("a.txt", "three\n")], "Three");
        let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
        start(&lab);
        let before = lab.run(&["for-each-ref"]);
        let (files, why) = refusal(lab.merge(&tree, &tip));
        assert!(
            files.is_empty()
                && why.contains(name)
                && why.contains("approve again") | why.contains("Then approve"),
            "{name}: {why}"
        );
        assert_eq!(lab.run(&["for-each-ref"]), before);
        assert!(!lab.root.join("new.txt").exists());
    }
}

#[test]
fn a_base_that_is_not_checked_out_is_moved_alone() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    lab.run(&["switch", "-qc", "elsewhere"]);
    write(&lab.root.join("a.txt"), "mine\n");
    let commit = merged(lab.merge(&tree, &tip));
    assert_eq!(lab.tip("main"), commit);
    assert_eq!(lab.run(&["status", "--short"]), " M a.txt");
    assert!(!lab.root.join("new.txt").exists());
    lab.run(&["switch", "-q", "--detach"]);
    let (tree, tip) = lab.done(2, &[("two.txt", "2\n")]);
    merged(lab.merge(&tree, &tip));
}

#[test]
fn a_base_checked_out_in_another_worktree_is_updated_there() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let other = lab.root.with_file_name("other");
    lab.run(&["switch", "-qc", "elsewhere"]);
    lab.run(&["worktree", "add", "-q", other.to_str().unwrap(), "main"]);
    write(&other.join("b.txt"), "mine\n");
    merged(lab.merge(&tree, &tip));
    assert_eq!(read(&other.join("new.txt")), "1\n");
    assert_eq!(git_in(&other, &["status", "--short"]), " M b.txt");
    // Deleted without telling git: nobody's files.
    fs::remove_dir_all(&other).unwrap();
    let (tree, tip) = lab.done(2, &[("two.txt", "2\n")]);
    lab.run(&[
        "worktree",
        "lock",
        "--reason",
        "on a stick",
        other.to_str().unwrap(),
    ]);
    let (_, why) = refusal(lab.merge(&tree, &tip));
    assert!(why.contains("on a stick"), "{why}");
    lab.run(&["worktree", "unlock", other.to_str().unwrap()]);
    merged(lab.merge(&tree, &tip));
}

#[test]
fn what_cannot_be_merged_says_why() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let outcome = lab.git.merge(&tree, "trunk", Some(&tip), "x").unwrap();
    assert!(refusal(outcome).1.contains("no branch `trunk`"));
    for id in [
        "0123456789012345678901234567890123456789",
        "main",
        "--all",
        "",
    ] {
        let outcome = lab.git.merge(&tree, "main", Some(&id.into()), "x").unwrap();
        assert!(
            refusal(outcome)
                .1
                .contains("not in the repository any more")
        );
    }
    lab.run(&["checkout", "-q", "--orphan", "alone"]);
    lab.run(&["commit", "-qm", "Alone"]);
    let outcome = lab.git.merge(&tree, "alone", Some(&tip), "x").unwrap();
    assert!(refusal(outcome).1.contains("no common history"));
    lab.run(&["switch", "-q", "main"]);
    write(&lab.root.join(".git/refs/heads/main.lock"), "");
    let (_, why) = refusal(lab.merge(&tree, &tip));
    assert!(why.contains("main.lock"), "{why}");
    assert_eq!(lab.run(&["status", "--short"]), "");
    assert!(!lab.root.join("new.txt").exists());
    fs::remove_file(lab.root.join(".git/refs/heads/main.lock")).unwrap();
    merged(lab.merge(&tree, &tip));
    assert_eq!(lab.run(&["status", "--short"]), "");
}

#[test]
fn the_users_merge_settings_do_not_matter() {
    let lab = Lab::new();
    let hook = lab.root.join(".git/hooks/post-merge");
    write(&hook, "#!/bin/sh\ntouch ran\n");
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (key, value) in [
        ("branch.main.mergeOptions", "--squash --no-commit"),
        ("merge.ff", "false"),
        ("merge.autoStash", "true"),
        ("merge.verifySignatures", "true"),
        ("pull.rebase", "true"),
    ] {
        lab.run(&["config", key, value]);
    }
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    write(&lab.root.join("b.txt"), "mine\n");
    merged(lab.merge(&tree, &tip));
    assert_eq!(lab.run(&["status", "--short"]), " M b.txt");
}

#[test]
fn merges_at_the_same_time_all_arrive() {
    for checked_out in [true, false] {
        let lab = Lab::new();
        let work: Vec<_> = (1..=4_u32)
            .map(|n| lab.done(n, &[(&format!("new{n}.txt"), "x\n")]))
            .collect();
        if !checked_out {
            lab.run(&["switch", "-qc", "elsewhere"]);
        }
        thread::scope(|scope| {
            for (tree, tip) in &work {
                scope.spawn(|| {
                    // A refusal for a git at work is told to a person, who approves again.
                    for _ in 0..20 {
                        match lab.merge(tree, tip) {
                            MergeOutcome::Merged { .. } => return,
                            MergeOutcome::Refused { files, why } => {
                                assert!(files.is_empty(), "{files:?} {why}");
                            }
                        }
                    }
                    panic!("never merged");
                });
            }
        });
        assert_eq!(lab.run(&["rev-list", "--count", "--merges", "main"]), "4");
        assert_eq!(lab.run(&["status", "--short"]), "");
        let files = lab.run(&["ls-tree", "--name-only", "main"]);
        assert_eq!(files.matches("new").count(), 4, "{files}");
    }
}

#[test]
fn merging_leaves_the_task_files_of_the_checkout_alone() {
    let lab = Lab::new();
    lab.save(&[(".mcp/tasks/ready/TASK-001-slug.md", "# One\n")], "Tasks");
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let (from, to) = (
        ".mcp/tasks/ready/TASK-001-slug.md",
        ".mcp/tasks/review/TASK-001-slug.md",
    );
    fs::create_dir_all(lab.root.join(to).parent().unwrap()).unwrap();
    fs::rename(lab.root.join(from), lab.root.join(to)).unwrap();
    merged(lab.merge(&tree, &tip));
    assert_eq!(read(&lab.root.join(to)), "# One\n");
    assert!(!lab.root.join(from).exists());
    lab.git.remove_worktree(&task(1), &tree).unwrap();
}
