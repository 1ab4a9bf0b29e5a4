//! Where a command is run: in a subfolder, in a worktree, in a folder without git.

use super::{does, quiet_shop};
use crate::environment::{TestEnvironment, finish};
use std::{fs, path::PathBuf, time::Duration};

fn in_folder(
    env: &TestEnvironment,
    folder: &PathBuf,
    args: &[&str],
) -> crate::environment::Finished {
    finish(
        env.orchestron_command(args).current_dir(folder),
        Duration::from_secs(30),
    )
}

#[test]
fn from_inside_a_worktree_the_one_true_mcp_is_found() {
    let env = quiet_shop();
    // The worktree has a copy of `.mcp`, because the project commits it.
    env.git(&["add", "--all"]);
    env.git(&["commit", "--quiet", "-m", "With .mcp"]);
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    let shown = env.json(&["show", "TASK-1"]);
    let worktree = PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"));
    assert!(
        worktree.join(".mcp/config.yaml").is_file(),
        "a copy is there"
    );
    let deep = worktree.join("src/deep");
    fs::create_dir_all(&deep).expect("a folder");

    for folder in [&worktree, &deep] {
        let listed = in_folder(&env, folder, &["list"]);
        assert!(listed.stdout.contains("TASK-001"), "{listed}");
        let made = in_folder(&env, folder, &["create", "From a worktree", "--json"]);
        let id = made.json()["data"]["task"]
            .as_str()
            .expect("an id")
            .to_owned();
        assert_eq!(
            env.status_of(&id),
            "pending",
            "it lies in the project itself"
        );
    }
    let done = in_folder(&env, &deep, &["init"]);
    assert!(
        done.stdout
            .contains(&format!("set up in {}", env.project().display())),
        "{done}"
    );
    let copies = fs::read_dir(worktree.join(".mcp"))
        .expect("the copy")
        .flatten();
    assert!(
        copies.into_iter().all(|entry| entry.file_name() != "tasks"),
        "nothing was written into the copy"
    );
    assert_eq!(
        fs::read_dir(env.root().join("state/projects"))
            .expect("states")
            .count(),
        1
    );
}

#[test]
fn a_subfolder_is_inside_the_project_and_a_named_folder_is_taken_as_it_is() {
    let env = quiet_shop();
    let sub = env.project().join("src/deep");
    fs::create_dir_all(&sub).expect("a folder");
    assert_eq!(in_folder(&env, &sub, &["create", "From below"]).code, 0);
    let elsewhere = env.root().join("tmp");
    let listed = in_folder(&env, &elsewhere, &["-C", "../shop", "list"]);
    assert!(listed.stdout.contains("From below"), "{listed}");
}

#[test]
fn a_repository_inside_a_project_is_set_up_by_itself_and_a_subfolder_is_not() {
    let env = quiet_shop();
    let nested = env.project().join("vendor/lib");
    let sub = env.project().join("src");
    for folder in [&nested, &sub] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let inits = |folder: &PathBuf| in_folder(&env, folder, &["init"]);
    let done = inits(&sub);
    assert!(done.stdout.contains("= .mcp/config.yaml"), "{done}");
    assert!(!sub.join(".mcp").exists());
    let made = finish(
        env.command("git")
            .current_dir(&nested)
            .args(["init", "--quiet"]),
        Duration::from_secs(30),
    );
    assert_eq!(made.code, 0, "{made}");
    let done = inits(&nested);
    assert!(done.stdout.contains("+ .mcp/config.yaml"), "{done}");
    assert!(
        done.stdout
            .contains("this git repository has no commit yet"),
        "{done}"
    );
    let doctor = in_folder(&env, &nested, &["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("no commit yet, so no task can have a worktree"),
        "{doctor}"
    );
}

#[test]
fn a_base_branch_that_is_not_there_is_refused_before_anything_is_made_and_told_by_doctor() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", env.root().join("nowhere/claude"));
    env.repository();
    let refused = env.orchestron(&["init", "--base", "nope"]);
    assert_eq!(refused.code, 5, "{refused}");
    assert!(
        refused.stderr.contains("there is no branch `nope`"),
        "{refused}"
    );
    assert!(!env.project().join(".mcp").exists());
    env.git(&["branch", "nope"]);
    does(&env, &["init", "--base", "nope"]);
    env.git(&["branch", "-D", "nope"]);
    let doctor = env.orchestron(&["doctor"]);
    assert!(
        doctor
            .stdout
            .contains("there is no branch `nope`, which .mcp/config.yaml names as base_branch"),
        "{doctor}"
    );
    env.git(&["branch", "other"]);
    let again = env.orchestron(&["init", "--base", "other"]);
    assert!(
        again
            .stdout
            .contains("`orchestron config set base_branch other`"),
        "{again}"
    );
}

#[test]
fn what_git_itself_keeps_is_no_project() {
    let env = TestEnvironment::new();
    env.repository();
    env.git(&["init", "--quiet", "--bare", "../bare.git"]);
    for folder in [env.project().join(".git"), env.root().join("bare.git")] {
        let done = in_folder(&env, &folder, &["init"]);
        assert_eq!(done.code, 5, "{done}");
        assert!(done.stderr.contains("git clone"), "{done}");
        assert!(!folder.join(".mcp").exists());
    }
}

#[test]
fn a_project_whose_folder_was_taken_away_is_not_taken_for_a_new_one() {
    let env = quiet_shop();
    does(&env, &["create", "Still there"]);
    let (mcp, away) = (env.project().join(".mcp"), env.root().join("away"));
    fs::rename(&mcp, &away).expect("moved away");
    let refused = env.orchestron(&["list"]);
    assert_eq!(refused.code, 3, "{refused}");
    assert!(
        refused
            .stderr
            .contains("is a project whose `.mcp` is gone: `git checkout -- .mcp`"),
        "{refused}"
    );
    fs::rename(&away, &mcp).expect("moved back");
    assert!(env.orchestron(&["list"]).stdout.contains("Still there"));
}

#[test]
fn without_git_the_work_happens_in_the_folder_itself() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", env.root().join("nowhere/claude"));
    env.write("README.md", "# Shop\n");
    let done = env.orchestron(&["init"]);
    assert!(
        done.stdout
            .contains("this is no git repository with a commit"),
        "{done}"
    );
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    let shown = env.json(&["show", "TASK-1"]);
    assert_eq!(
        shown["task"]["worktree"],
        env.project().to_string_lossy().as_ref()
    );
    env.write("greeting.txt", "Hello\n");
    does(
        &env,
        &["review", "TASK-1", "--agent", "cursor", "-m", "Hello."],
    );
    does(&env, &["approve", "TASK-1"]);
    assert_eq!(env.status_of("TASK-001"), "done");
    assert_eq!(env.read("greeting.txt"), "Hello\n");
    let doctor = env.orchestron(&["doctor"]);
    assert!(doctor.stdout.contains("git init"), "{doctor}");
}
