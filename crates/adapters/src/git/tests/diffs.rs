//! What a task changes, shown without changing anything.

use super::{Lab, git_in, task, write};
use orchestron_engine::ports::{FileDiff, Git};
use std::{collections::BTreeMap, fs, path::Path, process::Command};

fn diff(lab: &Lab, with_uncommitted: bool) -> BTreeMap<String, FileDiff> {
    let tree = lab.tree(1);
    let files = lab.git.diff(&tree, "main", with_uncommitted).unwrap();
    files
        .into_iter()
        .map(|file| (file.path.clone(), file))
        .collect()
}

#[test]
fn every_kind_of_change_is_shown() {
    let lab = Lab::new();
    let long: String = (0..50).map(|n| format!("line {n}\n")).collect();
    lab.save(
        &[
            ("old name.txt", &long),
            ("gone.txt", "g\n"),
            ("kind.txt", "k\n"),
            ("bin", "\0\0"),
        ],
        "More",
    );
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    fs::rename(path.join("old name.txt"), path.join("new\nname.txt")).unwrap();
    fs::remove_file(path.join("gone.txt")).unwrap();
    fs::remove_file(path.join("kind.txt")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.txt", path.join("kind.txt")).unwrap();
    write(&path.join("a.txt"), "a\nb\n");
    write(&path.join("bin"), "\0\x01\x02");
    write(&path.join("-dash"), "no end of line");
    write(&path.join("empty"), "");
    write(&path.join("x.log"), "ignored\n");
    write(
        &path.join("zz.txt"),
        "diff --git a/a.txt b/a.txt\n@@ -1 +1 @@\n",
    );
    let shown = diff(&lab, true);
    assert!(diff(&lab, false).is_empty());
    lab.commit(&tree).unwrap();
    // Base moves on: what it changes is not the task's.
    lab.save(&[("b.txt", "base\n")], "Base moves");
    assert_eq!(diff(&lab, false), shown);
    assert_eq!(diff(&lab, true), shown);
    let told: Vec<_> = shown
        .values()
        .map(|f| (f.path.as_str(), f.kind.as_str(), f.added, f.removed))
        .collect();
    assert_eq!(
        told,
        [
            ("-dash", "added", Some(1), Some(0)),
            ("a.txt", "modified", Some(1), Some(0)),
            ("bin", "modified", None, None),
            ("empty", "added", Some(0), Some(0)),
            ("gone.txt", "deleted", Some(0), Some(1)),
            ("kind.txt", "modified", Some(1), Some(1)),
            ("new\nname.txt", "renamed", Some(0), Some(0)),
            ("zz.txt", "added", Some(2), Some(0)),
        ]
    );
    assert_eq!(shown["a.txt"].patch, "@@ -1 +1,2 @@\n a\n+b\n");
    assert_eq!(
        shown["-dash"].patch,
        "@@ -0,0 +1 @@\n+no end of line\n\\ No newline at end of file\n"
    );
    assert_eq!(
        shown["new\nname.txt"].old_path.as_deref(),
        Some("old name.txt")
    );
    assert!(shown["kind.txt"].patch.contains("-k\n") && shown["kind.txt"].patch.contains("+a.txt"));
    assert!(shown["zz.txt"].patch.contains("+diff --git a/a.txt"));
    assert!(shown.values().all(|file| !file.cut));
}

#[test]
fn looking_changes_nothing() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let path = Path::new(&tree.path);
    write(&path.join("staged.txt"), "s\n");
    git_in(path, &["add", "staged.txt"]);
    write(&path.join("a.txt"), "changed\n");
    write(&path.join("untracked.txt"), "u\n");
    let git_dir = lab.root.join(".git");
    let admin = git_dir.join("worktrees/TASK-001");
    let look = || {
        let objects = lab.run(&["count-objects", "-v"]);
        let index = fs::read(admin.join("index")).unwrap();
        let mut names: Vec<_> = fs::read_dir(&admin)
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        names.sort();
        (objects, index, names)
    };
    // Git writes the blob of an empty file once in the life of a repository.
    diff(&lab, true);
    let before = look();
    let paths: Vec<_> = diff(&lab, true).into_keys().collect();
    assert_eq!(paths, ["a.txt", "new.txt", "staged.txt", "untracked.txt"]);
    assert_eq!(look(), before);
    assert_eq!(
        git_in(path, &["status", "--short"]),
        " M a.txt\nA  staged.txt\n?? untracked.txt"
    );
}

#[test]
fn large_changes_are_cut() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    let line = format!("{}\n", "x".repeat(99));
    write(&path.join("1-large.txt"), line.repeat(10_000));
    write(&path.join("2-one-line.txt"), "y".repeat(600_000));
    for n in 3..12 {
        write(&path.join(format!("z-{n:02}.txt")), line.repeat(3_500));
    }
    let huge = fs::File::create(path.join("huge.bin")).unwrap();
    huge.set_len(3 << 30).unwrap();
    drop(huge);
    let shown = diff(&lab, true);
    assert_eq!(shown.len(), 12);
    assert_eq!(shown["1-large.txt"].added, Some(10_000));
    assert!(shown["1-large.txt"].cut && shown["1-large.txt"].patch.len() <= 400 * 1024);
    assert!(shown["2-one-line.txt"].cut && shown["2-one-line.txt"].patch.contains("yyy"));
    assert!(shown["huge.bin"].patch.is_empty() && shown["huge.bin"].added.is_none());
    let total: usize = shown.values().map(|file| file.patch.len()).sum();
    assert!(total <= 2 * 1024 * 1024, "{total}");
    assert!(shown.values().filter(|file| file.cut).count() > 2);
}

/// A repository that would run programs whenever git looks at it.
fn hostile(lab: &Lab) -> std::path::PathBuf {
    let ran = lab.root.with_file_name("ran");
    let program = lab.root.with_file_name("program");
    write(
        &program,
        format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\ncat\n", ran.display()),
    );
    #[cfg(unix)]
    fs::set_permissions(
        &program,
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let program = program.to_str().unwrap();
    lab.save(
        &[(".gitattributes", "*.txt diff=evil filter=evil merge=evil\n")],
        "Attributes",
    );
    for key in [
        "core.fsmonitor",
        "core.hooksPath",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "filter.b=c.d.clean",
        "merge.evil.driver",
        "gpg.program",
        "alias.diff",
        "interactive.diffFilter",
        "credential.helper",
    ] {
        lab.run(&["config", key, program]);
    }
    lab.run(&["config", "filter.evil.required", "true"]);
    lab.run(&["config", "pager.diff", "true"]);
    ran
}

#[test]
fn looking_runs_no_program_of_the_repository() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n"), ("a.txt", "theirs\n")]);
    lab.save(&[("a.txt", "ours\n")], "Base moves");
    let ran = hostile(&lab);
    let path = Path::new(&tree.path);
    write(
        &path.join(".gitattributes"),
        "*.txt diff=evil filter=evil merge=evil\n",
    );
    write(&path.join("b.txt"), "changed\n");
    write(&path.join("untracked.txt"), "u\n");
    if ran.exists() {
        fs::remove_file(&ran).unwrap();
    }
    assert!(lab.git.is_repository().unwrap());
    assert_eq!(lab.git.current_branch().unwrap().as_deref(), Some("main"));
    assert!(lab.git.find_worktree(&task(1)).unwrap().is_some());
    lab.git.tip(&tree).unwrap();
    let shown = lab.git.diff(&tree, "main", true).unwrap();
    let patch = &shown.iter().find(|f| f.path == "b.txt").unwrap().patch;
    assert_eq!(patch, "@@ -1 +1 @@\n-b\n+changed\n");
    assert_eq!(lab.git.diff(&tree, "main", false).unwrap().len(), 2);
    assert_eq!(lab.git.forecast(&tree, "main").unwrap(), ["a.txt"]);
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap());
}

#[test]
fn our_own_git_variables_do_not_lead_astray() {
    // As when Orchestron is started by a hook, or in a shell with GIT_DIR set.
    if crate::test_child::orders().is_none() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "git::tests::diffs::our_own_git_variables_do_not_lead_astray",
            ])
            .env("ORCHESTRON_TEST_CHILD", "go")
            .env("GIT_DIR", "/nowhere")
            .env("GIT_WORK_TREE", "/nowhere")
            .env("GIT_INDEX_FILE", "/nowhere")
            .env("GIT_AUTHOR_NAME", "Nobody")
            .env("GIT_CONFIG_PARAMETERS", "'core.bare'='true'")
            .env("LANGUAGE", "de")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(dir.path()).unwrap().join("p");
    fs::create_dir(&root).unwrap();
    let clean = |args: &[&str]| {
        let mut command = Command::new("git");
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("GIT_") {
                command.env_remove(key);
            }
        }
        let git = ["-c", "user.name=P", "-c", "user.email=p@x"];
        assert!(
            command
                .args(git)
                .args(args)
                .current_dir(&root)
                .status()
                .unwrap()
                .success()
        );
    };
    clean(&["init", "-q", "-b", "main"]);
    clean(&["commit", "-q", "--allow-empty", "-m", "Start"]);
    let git = crate::git::GitCli::new(root.clone(), root.with_file_name("trees"));
    let tree = git.worktree(&task(1), "slug", "main").unwrap();
    write(&Path::new(&tree.path).join("x"), "x");
    assert!(git.commit_all(&tree, "main", "a", "x").unwrap().differs);
    assert_eq!(git.diff(&tree, "main", true).unwrap().len(), 1);
}

#[test]
fn a_branch_whose_worktree_is_gone_still_shows_its_commits() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    lab.git.remove_worktree(&task(1), &tree).unwrap();
    for with_uncommitted in [true, false] {
        let shown = lab.git.diff(&tree, "main", with_uncommitted).unwrap();
        assert_eq!(shown.len(), 1);
    }
}

#[test]
fn the_project_folder_is_no_part_of_what_will_be_committed() {
    let lab = Lab::new();
    lab.save(&[(".mcp/config.yaml", "a: 1\n")], "Tasks");
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join(".mcp/config.yaml"), "a: 2\n");
    write(&path.join(".mcp/new.md"), "n\n");
    write(&path.join("new.txt"), "n\n");
    assert_eq!(
        diff(&lab, true).into_keys().collect::<Vec<_>>(),
        ["new.txt"]
    );
}

#[test]
fn submodules_and_nested_repositories_are_no_obstacle() {
    let lab = Lab::new();
    let library = lab.root.with_file_name("library");
    fs::create_dir(&library).unwrap();
    git_in(&library, &["init", "--quiet"]);
    git_in(
        &library,
        &["commit", "-q", "--allow-empty", "-m", "Library"],
    );
    lab.run(&[
        "submodule",
        "--quiet",
        "add",
        library.to_str().unwrap(),
        "lib",
    ]);
    lab.run(&["commit", "-qm", "Library"]);
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("new.txt"), "n\n");
    fs::create_dir(path.join("nested")).unwrap();
    git_in(&path.join("nested"), &["init", "--quiet"]);
    assert_eq!(
        diff(&lab, true).into_keys().collect::<Vec<_>>(),
        ["new.txt"]
    );
    let (tip, _) = lab.commit(&tree).unwrap();
    super::merged(lab.merge(&tree, &tip));
    git_in(path, &["submodule", "--quiet", "update", "--init"]);
    git_in(
        &path.join("lib"),
        &["commit", "-q", "--allow-empty", "-m", "New"],
    );
    let shown = diff(&lab, true);
    assert!(shown["lib"].patch.contains("+Subproject commit"));
}

fn names(files: &[FileDiff]) -> Vec<&str> {
    files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn between_two_commits_only_the_task_s_own_changes_are_told() {
    let lab = Lab::new();
    lab.save(&[("theirs.txt", "1\n"), ("both.txt", "1\n")], "More");
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("a.txt"), "first\n");
    write(&path.join("gone again.txt"), "x\n");
    let (first, _) = lab.commit(&tree).unwrap();
    write(&path.join("a.txt"), "second\n");
    fs::remove_file(path.join("gone again.txt")).unwrap();
    let (second, _) = lab.commit(&tree).unwrap();
    let between = |from, to| lab.git.between("main", from, to).unwrap();
    let found = between(Some(&first), &second).unwrap();
    assert_eq!(names(&found.files), ["a.txt", "gone again.txt"]);
    assert!(found.follows && !found.caught_up);
    assert!(found.files[0].patch.contains("-first\n+second"));
    // The whole of it is what the branch changes against its base.
    assert_eq!(names(&between(None, &second).unwrap().files), ["a.txt"]);
    // The base comes in: what it changed is no news of the task's.
    lab.save(&[("theirs.txt", "2\n")], "Base moves");
    git_in(path, &["merge", "--quiet", "--no-edit", "main"]);
    write(&path.join("b.txt"), "own\n");
    let (third, _) = lab.commit(&tree).unwrap();
    let found = between(Some(&second), &third).unwrap();
    assert_eq!(names(&found.files), ["b.txt"]);
    assert!(found.follows && found.caught_up);
    // Rewritten: what was seen is no part of it any more, and that is said.
    git_in(path, &["reset", "--quiet", "--hard", &first.0]);
    write(&path.join("a.txt"), "third\n");
    let (other, _) = lab.commit(&tree).unwrap();
    let found = between(Some(&second), &other).unwrap();
    assert!(!found.follows);
    assert!(found.files[0].patch.contains("-second\n+third"));
    let unknown = "f".repeat(40).as_str().into();
    assert_eq!(between(Some(&unknown), &other), None);
    let option = "--output=/tmp/x".into();
    assert_eq!(between(Some(&option), &other), None);
}
