//! Repositories as people have them: another branch checked out, no identity, hooks, signing, merges that must be
//! fast-forwards. The work is committed and merged all the same, and nothing of the person's is touched.

use super::{create, does};
use crate::environment::{Chain, TestEnvironment};
use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

const SOON: Duration = Duration::from_secs(20);

fn shop_for_cursor() -> TestEnvironment {
    TestEnvironment::with(&Chain::CURSOR)
}

/// A task whose work is this file; it waits for its approval.
fn in_review(env: &TestEnvironment, file: &str, text: &str) -> String {
    let task = create(env, "Greet the customers");
    does(env, &["claim", &task, "--agent", "cursor"]);
    fs::write(env.worktree(&task).join(file), text).expect("a file");
    does(env, &["review", &task, "--agent", "cursor", "-m", "Done."]);
    env.wait_for_request("review", SOON);
    task
}

#[test]
fn the_base_branch_need_not_be_checked_out() {
    let env = shop_for_cursor();
    let task = in_review(&env, "greeting.txt", "Hello\n");
    env.git(&["switch", "--quiet", "-c", "my-own"]);
    env.write("README.md", "# Shop\nhalf a sentence");
    let before = env.git(&["rev-parse", "HEAD"]);
    does(&env, &["approve", &task]);
    assert_eq!(env.status_of(&task), "done");
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    assert_eq!(env.git(&["branch", "--show-current"]), "my-own");
    assert_eq!(env.git(&["rev-parse", "HEAD"]), before);
    assert_eq!(env.read("README.md"), "# Shop\nhalf a sentence");
    assert!(!env.project().join("greeting.txt").exists());
}

#[test]
fn staged_work_of_the_person_stays_staged() {
    let env = shop_for_cursor();
    let task = in_review(&env, "greeting.txt", "Hello\n");
    env.write("mine.txt", "staged");
    env.git(&["add", "mine.txt"]);
    env.write("mine.txt", "and changed again");
    does(&env, &["approve", &task]);
    assert_eq!(env.status_of(&task), "done");
    assert_eq!(
        env.git(&["status", "--porcelain", "mine.txt"]),
        "AM mine.txt"
    );
    assert_eq!(env.read("mine.txt"), "and changed again");
    assert_eq!(env.git(&["show", ":mine.txt"]), "staged");
    assert_eq!(
        env.read("greeting.txt"),
        "Hello\n",
        "the checkout of main follows"
    );
    assert!(
        !env.git(&["show", "--stat", "--format=", "main"])
            .contains("mine.txt")
    );
}

#[test]
fn neither_identity_nor_hooks_nor_signing_stand_in_the_way() {
    let env = shop_for_cursor();
    fs::write(
        env.root().join("home/.gitconfig"),
        "[merge]\n\tff = only\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /nowhere/gpg\n",
    )
    .expect("a file");
    for hook in [
        "pre-commit",
        "commit-msg",
        "prepare-commit-msg",
        "pre-merge-commit",
        "post-checkout",
        "post-commit",
    ] {
        let path = env.project().join(".git/hooks").join(hook);
        fs::write(&path, "#!/bin/sh\ntouch $HOME/hook-ran\nexit 1\n").expect("a hook");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a hook");
    }
    let task = in_review(&env, "greeting.txt", "Hello\n");
    does(&env, &["approve", &task]);
    assert_eq!(env.status_of(&task), "done", "{}", env.story());
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    assert_eq!(
        env.git(&["rev-list", "--parents", "-1", "main"])
            .split(' ')
            .count(),
        3
    );
}

#[test]
fn uncommitted_work_in_a_worktree_is_saved_to_a_ref_before_it_is_cleared_away() {
    let env = shop_for_cursor();
    let task = in_review(&env, "greeting.txt", "Hello\n");
    // Written after the submission: approved is what was submitted.
    fs::write(env.worktree(&task).join("later.txt"), "not lost\n").expect("a file");
    does(&env, &["approve", &task]);
    assert_eq!(env.status_of(&task), "done");
    assert_eq!(env.git(&["worktree", "list"]).lines().count(), 1);
    let refs = env.git(&["for-each-ref", "--format=%(refname)"]);
    let saved = refs.lines().find(|name| {
        let done = crate::environment::finish(
            env.command("git")
                .args(["show", &format!("{name}:later.txt")]),
            SOON,
        );
        done.stdout == "not lost\n"
    });
    assert!(saved.is_some(), "no ref has it:\n{refs}");
    assert!(
        !env.git(&["ls-tree", "--name-only", "main"])
            .contains("later.txt")
    );
    let log = env.orchestron(&["log", &task]).stdout;
    assert!(
        log.contains(saved.expect("a ref")),
        "the log tells where it is:\n{log}"
    );
}

#[test]
fn what_was_approved_is_what_was_looked_at() {
    let env = shop_for_cursor();
    let task = in_review(&env, "greeting.txt", "Hello\n");
    let place = env.worktree(&task);
    fs::write(place.join("greeting.txt"), "Goodbye\n").expect("a file");
    let git = |args: &[&str]| {
        let done =
            crate::environment::finish(env.command("git").current_dir(&place).args(args), SOON);
        assert_eq!(done.code, 0, "{done}");
    };
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "Sneaked in after the submission"]);
    let done = env.orchestron(&["approve", &task]);
    let merged =
        crate::environment::finish(env.command("git").args(["show", "main:greeting.txt"]), SOON);
    assert_ne!(
        merged.stdout,
        "Goodbye\n",
        "a commit nobody looked at was merged: {done}\n{}",
        env.story()
    );
}
