//! Taking worktrees away: nothing that is in no commit is ever lost.

use super::{Lab, git_in, read, task, write};
use orchestron_engine::ports::{Git, PortErrorKind, Worktree};
use std::{fs, path::Path};

fn remove(lab: &Lab, tree: &Worktree) -> Option<String> {
    lab.git.remove_worktree(&task(1), tree).unwrap()
}

/// Nothing is left but the branch.
fn assert_gone(lab: &Lab) {
    assert_eq!(fs::read_dir(&lab.trees).unwrap().count(), 0);
    assert!(!lab.root.join(".git/worktrees/TASK-001").exists());
    lab.run(&["show-ref", "--verify", "refs/heads/task/TASK-001-slug"]);
    assert_eq!(lab.git.find_worktree(&task(1)).unwrap(), None);
}

#[test]
fn a_clean_worktree_goes_and_its_branch_stays() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    write(&Path::new(&tree.path).join("debug.log"), "ignored\n");
    assert_eq!(remove(&lab, &tree), None);
    assert_gone(&lab);
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(tip));
    assert_eq!(remove(&lab, &tree), None, "twice is fine");
}

#[test]
fn uncommitted_work_is_saved_whole() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let path = Path::new(&tree.path);
    write(&path.join("a.txt"), "changed\n");
    fs::remove_file(path.join("b.txt")).unwrap();
    write(&path.join("un\ntracked"), "u\n");
    write(&path.join("debug.log"), "ignored\n");
    write(&path.join("staged.txt"), "staged\n");
    git_in(path, &["add", "staged.txt"]);
    write(&path.join("staged.txt"), "and changed\n");
    let name = remove(&lab, &tree).unwrap();
    assert_eq!(name, "refs/orchestron/saved/TASK-001/2");
    assert_gone(&lab);
    assert_eq!(lab.tip(&format!("{name}^")), tip);
    assert_eq!(lab.show(&format!("{name}:a.txt")), "changed");
    assert_eq!(lab.show(&format!("{name}:un\ntracked")), "u");
    assert_eq!(lab.show(&format!("{name}:staged.txt")), "and changed");
    let files = lab.run(&["ls-tree", "-r", "--name-only", &name]);
    assert!(
        !files.contains("b.txt") && !files.contains("debug.log"),
        "{files}"
    );
    assert_eq!(
        lab.show("refs/orchestron/saved/TASK-001/1:staged.txt"),
        "staged"
    );
}

#[test]
fn a_change_within_the_second_of_the_last_commit_is_seen() {
    for _ in 0..3 {
        let lab = Lab::new();
        let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
        // Same length, same second: only the time of the index tells git to look into the file.
        write(&Path::new(&tree.path).join("new.txt"), "2\n");
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert_eq!(
            lab.git.diff(&tree, "main", true).unwrap()[0].patch,
            "@@ -0,0 +1 @@\n+2\n"
        );
        let name = remove(&lab, &tree).unwrap();
        assert_eq!(lab.show(&format!("{name}:new.txt")), "2");
    }
}

#[test]
fn staged_work_and_lonely_commits_are_saved() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    git_in(path, &["rm", "-q", "--cached", "b.txt"]);
    let name = remove(&lab, &tree).unwrap();
    assert!(
        !lab.run(&["ls-tree", "--name-only", &name])
            .contains("b.txt")
    );
    let tree = lab.tree(1);
    git_in(path, &["checkout", "-q", "--detach"]);
    write(&path.join("x"), "x");
    git_in(path, &["add", "."]);
    git_in(path, &["commit", "-qm", "Alone"]);
    let alone = git_in(path, &["rev-parse", "HEAD"]);
    let name = remove(&lab, &tree).unwrap();
    assert_eq!(lab.tip(&name).0, alone);
    assert_gone(&lab);
}

#[test]
fn a_conflict_half_way_through_is_saved() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("a.txt", "theirs\n")]);
    lab.save(&[("a.txt", "ours\n")], "Base moves");
    let path = Path::new(&tree.path);
    super::try_git(path, &["merge", "main"]);
    let name = remove(&lab, &tree).unwrap();
    assert!(lab.show(&format!("{name}:a.txt")).contains("<<<<<<<"));
    assert_gone(&lab);
}

#[test]
fn removing_goes_on_after_a_crash_at_each_step() {
    for step in 0..4 {
        let lab = Lab::new();
        let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
        let path = lab.trees.join("TASK-001");
        write(&path.join("new.txt"), "2\n");
        write(&path.join("untracked"), "u\n");
        let leaving = lab.trees.join("TASK-001.removing");
        fs::rename(&path, &leaving).unwrap();
        if step > 0 {
            // Saved, but not yet renamed: as removing does it, on a copy.
            fs::rename(&leaving, &path).unwrap();
            let admin = lab.root.join(".git/worktrees/TASK-001");
            let kept = lab.root.with_file_name("kept");
            for (from, to) in [(&path, &leaving), (&admin, &kept)] {
                let copy = std::process::Command::new("cp")
                    .arg("-a")
                    .args([from, to])
                    .status();
                assert!(copy.unwrap().success());
            }
            fs::rename(&leaving, lab.root.with_file_name("leaving")).unwrap();
            assert!(remove(&lab, &tree).is_some());
            fs::create_dir_all(admin.parent().unwrap()).unwrap();
            fs::rename(&kept, &admin).unwrap();
            fs::rename(lab.root.with_file_name("leaving"), &leaving).unwrap();
        }
        if step > 1 {
            fs::rename(&leaving, lab.trees.join("TASK-001.saved-1")).unwrap();
        }
        if step > 2 {
            fs::remove_dir_all(lab.root.join(".git/worktrees/TASK-001")).unwrap();
            fs::remove_file(lab.trees.join("TASK-001.saved-1/a.txt")).unwrap();
        }
        let name = remove(&lab, &tree);
        assert_gone(&lab);
        assert_eq!(
            lab.saved(1),
            ["refs/orchestron/saved/TASK-001/1"],
            "step {step}"
        );
        assert_eq!(name.is_some(), step < 2, "step {step}");
        assert_eq!(lab.show("refs/orchestron/saved/TASK-001/1:untracked"), "u");
    }
}

#[test]
fn a_removal_that_was_cut_short_can_be_undone_by_working_on() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("new.txt"), "2\n");
    fs::rename(&path, lab.trees.join("TASK-001.removing")).unwrap();
    assert_eq!(lab.git.find_worktree(&task(1)).unwrap(), None);
    assert_eq!(lab.tree(1), tree);
    assert_eq!(read(&path.join("new.txt")), "2\n");
    assert_eq!(git_in(&path, &["status", "--short"]), " M new.txt");
}

#[test]
fn a_folder_made_while_another_was_leaving_loses_nothing() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&lab.trees.join("TASK-001.removing/left.txt"), "left\n");
    write(&path.join("there.txt"), "there\n");
    remove(&lab, &tree).unwrap();
    assert_gone(&lab);
    let all: String = lab
        .saved(1)
        .iter()
        .map(|n| lab.run(&["ls-tree", "-r", "--name-only", n]))
        .collect();
    assert!(
        all.contains("left.txt") && all.contains("there.txt"),
        "{all}"
    );
}

#[test]
fn what_cannot_be_saved_is_not_removed() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("work.bad"), "precious\n");
    write(&path.join(".gitattributes"), "*.bad filter=broken\n");
    lab.run(&["config", "filter.broken.clean", "false"]);
    lab.run(&["config", "filter.broken.required", "true"]);
    lab.git.remove_worktree(&task(1), &tree).unwrap_err();
    assert_eq!(read(&path.join("work.bad")), "precious\n");
    assert!(lab.git.find_worktree(&task(1)).unwrap().is_some());
    lab.run(&["config", "--unset", "filter.broken.required"]);
    remove(&lab, &tree).unwrap();
    assert_gone(&lab);
}

#[test]
fn nested_repositories_with_work_stop_the_removal() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = lab.trees.join("TASK-001");
    let origin = lab.root.with_file_name("origin.git");
    git_in(
        &lab.trees,
        &["init", "-q", "--bare", origin.to_str().unwrap()],
    );
    let nested = path.join("sub/nested");
    git_in(
        &path,
        &[
            "clone",
            "-q",
            origin.to_str().unwrap(),
            nested.to_str().unwrap(),
        ],
    );
    write(&nested.join("x"), "x");
    let refused = |why: &str| {
        let error = lab.git.remove_worktree(&task(1), &tree).unwrap_err();
        assert!(error.said.contains("sub/nested"), "{why}: {error}");
        assert!(error.cure.unwrap().contains("push"));
        assert!(nested.join("x").exists());
    };
    refused("untracked file");
    git_in(&nested, &["add", "."]);
    git_in(&nested, &["commit", "-qm", "x"]);
    refused("commit that is not pushed");
    git_in(&nested, &["push", "-q", "origin", "HEAD"]);
    git_in(&nested, &["fetch", "-q"]);
    assert_eq!(remove(&lab, &tree), None);
    assert_gone(&lab);
}

#[test]
fn only_the_tasks_own_worktree_is_removed() {
    let lab = Lab::new();
    let mut tree = lab.tree(1);
    let other = lab.tree(2);
    write(&lab.root.join("mine"), "mine");
    for path in [
        lab.root.to_str().unwrap(),
        &other.path,
        lab.trees.to_str().unwrap(),
    ] {
        tree.path = path.to_owned();
        let error = lab.git.remove_worktree(&task(1), &tree).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Missing);
    }
    let foreign = lab.root.with_file_name("TASK-001");
    write(&foreign.join("x"), "x");
    tree.path = foreign.to_str().unwrap().to_owned();
    assert!(lab.git.remove_worktree(&task(1), &tree).is_err());
    assert!(foreign.join("x").exists() && Path::new(&other.path).exists());
    assert_eq!(read(&lab.root.join("mine")), "mine");
}

#[cfg(unix)]
#[test]
fn read_only_folders_and_links_are_no_obstacle() {
    use std::os::unix::fs::PermissionsExt;
    let lab = Lab::new();
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    write(&path.join("out/cache/file"), "x");
    let outside = lab.root.with_file_name("outside");
    write(&outside.join("file"), "theirs");
    std::os::unix::fs::symlink(&outside, path.join("out/link")).unwrap();
    fs::set_permissions(path.join("out/cache"), fs::Permissions::from_mode(0o555)).unwrap();
    assert_eq!(remove(&lab, &tree), None);
    assert_gone(&lab);
    assert_eq!(read(&outside.join("file")), "theirs");
}
