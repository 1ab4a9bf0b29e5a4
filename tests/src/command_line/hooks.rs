//! Git's hooks as a person has them: gates before a commit, commits linked to their tasks, and everything as it was afterwards.

use super::{does, quiet_shop};
use crate::environment::{Finished, TestEnvironment, finish};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

const SOON: Duration = Duration::from_secs(60);

/// A shop whose hooks call us, with a task that the person has in hand.
fn hooked() -> (TestEnvironment, PathBuf) {
    let env = quiet_shop();
    does(
        &env,
        &[
            "create",
            "Greet the customers",
            "-c",
            "`npm test` is green",
            "-c",
            "gate check-1 is happy",
        ],
    );
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1"]);
    does(&env, &["hooks", "install"]);
    let tree = env.json(&["show", "TASK-1"])["task"]["worktree"]
        .as_str()
        .expect("a worktree")
        .into();
    (env, tree)
}

fn git_in(env: &TestEnvironment, dir: &Path, args: &[&str]) -> Finished {
    finish(env.command("git").args(args).current_dir(dir), SOON)
}

fn save(env: &TestEnvironment, dir: &Path, text: &str, more: &[&str]) -> Finished {
    fs::write(dir.join("greeting.txt"), text).expect("a file");
    assert_eq!(git_in(env, dir, &["add", "greeting.txt"]).code, 0);
    git_in(
        env,
        dir,
        &[&["commit", "-q", "-m", "Greet them"], more].concat(),
    )
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

#[test]
fn a_failed_gate_keeps_the_commit_from_being_made_and_sends_the_task_back() {
    let (env, tree) = hooked();
    let before = git_in(&env, &tree, &["rev-parse", "HEAD"]).stdout;
    let done = save(&env, &tree, "Good day\n", &[]);
    assert_eq!(done.code, 1, "{done}");
    assert!(
        done.stderr.contains("it does not greet") && done.stderr.contains("the commit is not made"),
        "{done}"
    );
    assert_eq!(git_in(&env, &tree, &["rev-parse", "HEAD"]).stdout, before);
    assert_eq!(env.status_of("TASK-001"), "ready");
    let feedback = env.read(".mcp/feedback/TASK-001-1.md");
    assert!(
        feedback.contains("it does not greet") && feedback.contains("exit code 3"),
        "{feedback}"
    );
    let card = env.json(&["show", "TASK-1"])["task"]["card"].clone();
    assert_eq!(
        card["turn"]["kind"], "person",
        "nobody else takes it: {card}"
    );

    // Mended, it goes through: the task is in progress again and its boxes are ticked.
    let done = save(&env, &tree, "Hello\n", &[]);
    assert_eq!(done.code, 0, "{done}");
    assert_eq!(env.status_of("TASK-001"), "in-progress");
    let text = env.task_text("TASK-001");
    assert!(
        text.contains("- [x] gate check-1 is happy") && text.contains("- [ ] `npm test` is green"),
        "{text}"
    );
    assert!(text.contains("- [x] All tests pass"), "{text}");
    let message = git_in(&env, &tree, &["log", "-1", "--format=%B"]).stdout;
    assert_eq!(message.trim(), "Greet them\n\nTask: TASK-001");
    let commits = env.json(&["show", "TASK-1"])["task"]["commits"].clone();
    assert_eq!(commits[0]["subject"], "Greet them", "{commits}");
    assert_eq!(
        commits[0].get("unchecked"),
        Some(&serde_json::Value::Bool(false))
    );
    let log = env.orchestron(&["log", "TASK-1"]).stdout;
    assert!(
        log.contains("gates passed before a commit") && log.contains("committed"),
        "{log}"
    );
}

#[test]
fn what_no_verify_left_out_is_noticed_and_shown() {
    let (env, tree) = hooked();
    let done = save(&env, &tree, "Good day\n", &["--no-verify"]);
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains("--no-verify"), "{done}");
    let commits = env.json(&["show", "TASK-1"])["task"]["commits"].clone();
    assert_eq!(commits[0]["unchecked"], true, "{commits}");
    // On no task's branch it is in the log all the same.
    fs::write(env.project().join("other.txt"), "x").expect("a file");
    env.git(&["add", "other.txt"]);
    let done = finish(
        env.command("git")
            .args(["commit", "-q", "--no-verify", "-m", "Mine"]),
        SOON,
    );
    assert_eq!(done.code, 0, "{done}");
    let log = env.orchestron(&["log"]).stdout;
    assert!(
        log.contains("Mine; the checks before it were left out"),
        "{log}"
    );
    // A rebase makes commits without asking anybody; nothing was left out.
    let at = env.json(&["log"]).to_string().matches("left out").count();
    env.git(&["commit", "-q", "--allow-empty", "-m", "Empty"]);
    env.git(&["rebase", "-q", "--force-rebase", "--keep-empty", "HEAD~1"]);
    assert_eq!(
        env.json(&["log"]).to_string().matches("left out").count(),
        at
    );
}

#[test]
fn a_commit_that_names_tasks_is_linked_to_them() {
    let (env, _) = hooked();
    does(&env, &["create", "Greet in Dutch"]);
    fs::write(env.project().join("notes.md"), "Hello").expect("a file");
    fs::write(env.project().join("greeting.txt"), "Hello").expect("a file");
    env.git(&["add", "notes.md", "greeting.txt"]);
    let done = finish(
        env.command("git")
            .args(["commit", "-q", "-m", "Notes for TASK-2 and TASK-99"]),
        SOON,
    );
    assert_eq!(done.code, 0, "{done}");
    assert!(
        done.stderr.contains("linked to TASK-002") && !done.stderr.contains("TASK-099"),
        "{done}"
    );
    let commits = env.json(&["show", "TASK-2"])["task"]["commits"].clone();
    assert_eq!(commits.as_array().map(Vec::len), Some(1));
    assert!(
        env.json(&["show", "TASK-1"])["task"]
            .get("commits")
            .is_none()
    );
}

#[test]
fn gates_run_only_for_files_they_are_about_and_never_untrusted() {
    let (env, _) = hooked();
    env.write(
        ".mcp/config.yaml",
        "project: shop\nbase_branch: main\nchain: { implement: person }\ngates:\n  - { name: docs, run: \"echo docs ran; false\", files: [\"docs/**\", \"!docs/drafts/\"] }\n  - { name: slow, run: \"false\", commit: false }\n",
    );
    let commit = |path: &str| {
        env.write(path, "text");
        env.git(&["add", path]);
        finish(env.command("git").args(["commit", "-q", "-m", "x"]), SOON)
    };
    let done = commit("docs/a.md");
    assert_eq!(done.code, 0, "{done}");
    assert!(done.stderr.contains("nobody has accepted"), "{done}");
    does(&env, &["trust"]);
    assert_eq!(commit("src/a.txt").code, 0);
    assert_eq!(commit("docs/drafts/b.md").code, 0);
    let done = commit("docs/c.md");
    assert_eq!(done.code, 1, "{done}");
    assert!(done.stderr.contains("docs ran"), "{done}");
}

#[test]
fn hooks_of_others_go_on_and_come_back_byte_for_byte() {
    let env = quiet_shop();
    let theirs = env.project().join(".git/hooks/pre-commit");
    script(
        &theirs,
        "#!/bin/sh\necho theirs \"$@\" >>\"$TMPDIR/said\"\n",
    );
    script(
        &env.project().join(".git/hooks/commit-msg"),
        "#!/bin/sh\necho msg >>\"$TMPDIR/said\"\n",
    );
    let before = fs::read(&theirs).expect("their hook");
    does(&env, &["hooks", "install"]);
    let view = env.json(&["hooks", "status"]);
    assert_eq!(
        (
            view["installed"].as_bool(),
            view["hooks"][0]["state"].as_str()
        ),
        (Some(true), Some("chained"))
    );
    env.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    let said = fs::read_to_string(env.root().join("tmp/said")).expect("what they said");
    assert_eq!(said, "theirs\nmsg\n");
    does(&env, &["hooks", "uninstall"]);
    assert_eq!(fs::read(&theirs).expect("their hook"), before);
    assert_eq!(env.json(&["hooks"])["installed"], false);
    env.git(&["commit", "-q", "--allow-empty", "-m", "y"]);
}

#[test]
fn hooks_do_nothing_without_a_project_inside_a_run_and_when_switched_off() {
    let (env, tree) = hooked();
    env.set(
        "ORCHESTRON_RUN_DIR",
        env.root()
            .join("state/projects/x/runs/TASK-001-implement-1"),
    );
    let done = save(&env, &tree, "Good day\n", &[]);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (0, ""),
        "an agent's work is checked when it is handed in"
    );
    env.unset("ORCHESTRON_RUN_DIR");
    env.set("ORCHESTRON_HOOKS", "off");
    assert_eq!(save(&env, &tree, "Good night\n", &[]).code, 0);
    env.unset("ORCHESTRON_HOOKS");
    fs::rename(env.project().join(".mcp"), env.root().join("away")).expect("moved");
    let done = save(&env, &tree, "Good morning\n", &[]);
    assert_eq!((done.code, done.stderr.as_str()), (0, ""));
    fs::rename(env.root().join("away"), env.project().join(".mcp")).expect("moved back");
}
