//! Committing what agents leave.

use super::{Lab, git_in, read, try_git, write};
use orchestron_engine::ports::{Git, PortErrorKind};
use std::{fs, path::Path};

#[test]
fn everything_but_the_ignored_is_committed_in_the_agents_name() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("new/deep.txt"), "n\n");
    write(&path.join("a.txt"), "changed\n");
    fs::remove_file(path.join("b.txt")).unwrap();
    for odd in [
        "-dash",
        "new\nline",
        "tab\there",
        "\u{e4}\u{1f600}",
        ":(top)x",
        "a*b",
        "\"quoted\"",
    ] {
        write(&path.join(odd), odd);
    }
    write(&path.join("debug.log"), "ignored");
    write(&path.join("out/x"), "ignored");
    let (tip, changed) = lab.commit(&tree).unwrap();
    assert!(changed);
    assert_eq!(tip, lab.tip("task/TASK-001-slug"));
    assert_eq!(git_in(path, &["status", "--short"]), "");
    let shown = lab.run(&["log", "-1", "--format=%an <%ae>|%cn|%B", &tip.0]);
    assert_eq!(
        shown,
        "claude-impl <claude-impl@orchestron.local>|claude-impl|Do it\n\nTask: TASK-001\nAgent: claude-impl"
    );
    let trailers = lab.run(&[
        "log",
        "-1",
        "--format=%(trailers:key=Task,valueonly)",
        &tip.0,
    ]);
    assert_eq!(trailers, "TASK-001");
    let files = lab.run(&["ls-tree", "-r", "-z", "--name-only", &tip.0]);
    assert_eq!(files.matches('\0').count(), 10, "{files:?}");
    assert!(!files.contains("debug.log") && !files.contains("out/x"));
    assert_eq!(
        lab.commit(&tree).unwrap(),
        (tip, true),
        "nothing new, nothing committed"
    );
}

#[test]
fn no_change_is_told_as_no_change() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    assert_eq!(lab.commit(&tree).unwrap(), (lab.tip("main"), false));
    let path = Path::new(&tree.path);
    git_in(path, &["commit", "-q", "--allow-empty", "-m", "Nothing"]);
    assert!(
        !lab.commit(&tree).unwrap().1,
        "an empty commit changes nothing"
    );
    write(&path.join("x"), "x");
    git_in(path, &["add", "."]);
    git_in(path, &["commit", "-qm", "By the agent itself"]);
    let tip = lab.tip("task/TASK-001-slug");
    assert_eq!(lab.commit(&tree).unwrap(), (tip, true));
}

#[test]
fn nobodys_configuration_matters() {
    let lab = Lab::new();
    for (key, value) in [
        ("user.useConfigOnly", "true"),
        ("commit.gpgSign", "true"),
        ("gpg.program", "false"),
        ("commit.template", "/no/such/file"),
        ("commit.cleanup", "scissors"),
        ("core.commentChar", "D"),
        ("core.hooksPath", "hooks"),
        ("core.editor", "false"),
        ("alias.commit", "!false"),
        ("alias.add", "!false"),
        ("core.quotePath", "true"),
        ("color.ui", "always"),
    ] {
        lab.run(&["config", key, value]);
    }
    for hook in [
        "pre-commit",
        "commit-msg",
        "prepare-commit-msg",
        "post-commit",
        "reference-transaction",
    ] {
        let file = lab.root.join("hooks").join(hook);
        write(&file, "#!/bin/sh\nexit 1\n");
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let tree = lab.tree(1);
    write(&Path::new(&tree.path).join("x"), "x");
    let message = "Do it\n\n# not a comment\n--- >8 ---\n";
    let done = lab
        .git
        .commit_all(&tree, "main", "claude-impl", message)
        .unwrap();
    let body = lab.run(&["log", "-1", "--format=%B", &done.tip.unwrap().0]);
    assert!(
        body.starts_with("Do it\n\n# not a comment\n--- >8 ---\n\nTask: TASK-001\n"),
        "{body}"
    );
}

#[test]
fn odd_authors_become_possible_ones() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    for (author, shown) in [
        ("a <b>\nc", "a  b  c <abc@orchestron.local>"),
        ("", "agent <agent@orchestron.local>"),
        ("...", "agent <agent@orchestron.local>"),
        ("J\u{fc}rgen", "J\u{fc}rgen <jrgen@orchestron.local>"),
    ] {
        write(&Path::new(&tree.path).join("x"), author);
        let done = lab.git.commit_all(&tree, "main", author, "x").unwrap();
        let by = lab.run(&["log", "-1", "--format=%an <%ae>", &done.tip.unwrap().0]);
        assert_eq!(by, shown);
    }
}

/// A project that tracks its `.mcp`.
fn with_mcp() -> Lab {
    let lab = Lab::new();
    lab.save(
        &[
            (".mcp/tasks/ready/TASK-001-slug.md", "# One\n"),
            (".mcp/config.yaml", "a: 1\n"),
        ],
        "Tasks",
    );
    lab
}

#[test]
fn the_project_folder_is_never_part_of_the_work() {
    let lab = with_mcp();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    let mess = |n: u32| {
        write(&path.join(".mcp/config.yaml"), format!("a: {n}\n"));
        write(
            &path.join(format!(".mcp/tasks/done/TASK-{n}.md")),
            "# Mine\n",
        );
        write(&path.join("code.txt"), n.to_string());
    };
    mess(2);
    let (tip, _) = lab.commit(&tree).unwrap();
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "code.txt"
    );
    mess(3);
    git_in(path, &["add", "--all"]);
    let (tip, _) = lab.commit(&tree).unwrap();
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "code.txt"
    );
    mess(4);
    git_in(path, &["rm", "-rq", "--cached", ".mcp/tasks/ready"]);
    git_in(path, &["add", "--all"]);
    git_in(path, &["commit", "-qm", "By the agent itself"]);
    let (tip, changed) = lab.commit(&tree).unwrap();
    assert!(changed);
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "code.txt"
    );
    assert_eq!(
        read(&path.join(".mcp/config.yaml")),
        "a: 4\n",
        "its files are left alone"
    );
    assert_eq!(lab.commit(&tree).unwrap().0, tip);
    fs::remove_dir_all(path.join(".mcp")).unwrap();
    assert_eq!(lab.commit(&tree).unwrap().0, tip);
}

#[test]
fn work_in_the_project_folder_alone_is_no_change() {
    let lab = with_mcp();
    let tree = lab.tree(1);
    write(&Path::new(&tree.path).join(".mcp/config.yaml"), "a: 2\n");
    assert!(!lab.commit(&tree).unwrap().1);
    let other = Lab::new();
    let tree = other.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join(".mcp/x"), "not tracked on main\n");
    git_in(path, &["add", "."]);
    git_in(path, &["commit", "-qm", "Mine"]);
    assert!(!other.commit(&tree).unwrap().1);
}

#[test]
fn an_agent_that_merges_the_base_brings_the_bases_project_folder() {
    let lab = with_mcp();
    let (tree, _) = lab.done(1, &[("code.txt", "1\n"), ("a.txt", "theirs\n")]);
    lab.run(&["mv", ".mcp/tasks/ready/TASK-001-slug.md", ".mcp/config-old"]);
    lab.save(
        &[(".mcp/config.yaml", "a: 9\n"), ("a.txt", "ours\n")],
        "Base moves",
    );
    let path = Path::new(&tree.path);
    let (code, ..) = try_git(path, &["merge", "main"]);
    assert_eq!(code, Some(1), "a conflict in a.txt");
    write(&path.join("a.txt"), "both\n");
    let (tip, changed) = lab.commit(&tree).unwrap();
    assert!(changed);
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "a.txt\ncode.txt"
    );
    let base = lab.run(&["merge-base", "main", &tip.0]);
    assert_eq!(base, lab.tip("main").0, "the agent's merge is a merge");
    assert!(
        !path
            .join("../../project/.git/worktrees/TASK-001/MERGE_HEAD")
            .exists()
    );
}

#[test]
fn an_agent_that_left_the_branch_is_brought_back_when_that_loses_nothing() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    for leave in [
        &["checkout", "-q", "--detach"][..],
        &["switch", "-qc", "mine"],
    ] {
        git_in(path, leave);
        write(&path.join("x"), leave.join(" "));
        git_in(path, &["add", "."]);
        git_in(path, &["commit", "-qm", "Elsewhere"]);
        write(&path.join("y"), leave.join(" "));
        let (tip, _) = lab.commit(&tree).unwrap();
        assert_eq!(tip, lab.tip("task/TASK-001-slug"));
        assert_eq!(lab.show(&format!("{}:x", tip.0)), leave.join(" "));
        assert_eq!(lab.show(&format!("{}:y", tip.0)), leave.join(" "));
        assert_eq!(
            git_in(path, &["symbolic-ref", "HEAD"]),
            "refs/heads/task/TASK-001-slug"
        );
    }
    git_in(path, &["switch", "-q", "--detach", "main"]);
    write(&path.join("z"), "z");
    let error = lab.commit(&tree).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
    assert!(error.cure.unwrap().contains("switch 'task/TASK-001-slug'"));
    assert_eq!(read(&path.join("z")), "z");
}

#[test]
fn a_rebase_that_is_not_finished_is_an_error() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("a.txt", "theirs\n")]);
    lab.save(&[("a.txt", "ours\n")], "Base moves");
    let path = Path::new(&tree.path);
    assert_eq!(try_git(path, &["rebase", "main"]).0, Some(1));
    let error = lab.commit(&tree).unwrap_err();
    assert!(
        error.said.contains("a rebase that is not finished"),
        "{error}"
    );
}

#[test]
fn locks_of_killed_gits_are_cleared_in_worktrees() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let admin = lab.root.join(".git/worktrees/TASK-001");
    for lock in ["index.lock", "HEAD.lock"] {
        write(&admin.join(lock), "");
    }
    write(&Path::new(&tree.path).join("x"), "x");
    assert!(lab.commit(&tree).unwrap().1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_in_use_is_waited_for() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let lock = lab.root.join(".git/worktrees/TASK-001/index.lock");
    let held = fs::File::create(&lock).unwrap();
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_secs(3));
        assert!(lock.exists(), "somebody had it open");
        fs::remove_file(&lock).unwrap();
        drop(held);
    });
    write(&Path::new(&tree.path).join("x"), "x");
    assert!(lab.commit(&tree).unwrap().1);
    waiting.join().unwrap();
}

#[test]
fn repositories_inside_are_not_recorded_as_dead_pointers() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    for (name, commit) in [("empty-repo", false), ("full-repo*", true)] {
        write(&path.join(name).join("file"), "x");
        git_in(&path.join(name), &["init", "--quiet"]);
        if commit {
            git_in(&path.join(name), &["add", "."]);
            git_in(&path.join(name), &["commit", "-qm", "x"]);
        }
    }
    write(&path.join("full-repo-not"), "x");
    let (tip, _) = lab.commit(&tree).unwrap();
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "full-repo-not"
    );
}

#[test]
fn a_worktree_that_is_not_ours_is_not_committed_in() {
    let lab = Lab::new();
    let mut tree = lab.tree(1);
    tree.path = lab.root.to_str().unwrap().to_owned();
    write(&lab.root.join("mine"), "mine");
    let error = lab.commit(&tree).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Missing);
    assert_eq!(lab.run(&["status", "--short"]), "?? mine");
}

#[cfg(target_os = "linux")]
#[test]
fn links_and_special_files_are_committed_as_what_they_are() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    std::os::unix::fs::symlink("/etc/passwd", path.join("link")).unwrap();
    std::os::unix::fs::symlink("..", path.join("loop")).unwrap();
    let fifo = path.join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let (tip, _) = lab.commit(&tree).unwrap();
    assert_eq!(
        lab.run(&["diff", "--name-only", "main", &tip.0]),
        "link\nloop"
    );
    assert_eq!(lab.show(&format!("{}:link", tip.0)), "/etc/passwd");
}
