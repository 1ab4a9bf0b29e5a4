//! Worktrees: made, found again, mended.

use super::{Lab, git_in, read, task, try_git, write};
use crate::git::{
    GitCli,
    layout::{Entry, Repo, normal},
};
use orchestron_engine::ports::{Git, PortErrorKind};
use std::{fs, path::Path};

#[test]
fn a_worktree_starts_from_the_base_and_is_locked() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    assert_eq!(Path::new(&tree.path), lab.trees.join("TASK-001"));
    assert_eq!(tree.branch.as_deref(), Some("task/TASK-001-slug"));
    assert_eq!(tree.base, Some(lab.tip("main")));
    assert_eq!(read(&lab.trees.join("TASK-001/a.txt")), "a\n");
    let list = lab.run(&["worktree", "list", "--porcelain"]);
    assert!(list.contains("locked orchestron: TASK-001"), "{list}");
    assert_eq!(lab.git.find_worktree(&task(1)).unwrap(), Some(tree));
    assert_eq!(lab.git.find_worktree(&task(2)).unwrap(), None);
    assert_eq!(lab.git.current_branch().unwrap().as_deref(), Some("main"));
}

#[test]
fn a_worktree_is_found_again_whatever_its_slug_and_place() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    write(&lab.trees.join("TASK-001/new.txt"), "mine\n");
    lab.save(&[("c.txt", "c\n")], "Base moves");
    let again = lab.git.worktree(&task(1), "another-name", "main").unwrap();
    assert_eq!(again, tree);
    let elsewhere = GitCli::new(lab.root.clone(), lab.root.join("../other"));
    assert_eq!(elsewhere.worktree(&task(1), "slug", "main").unwrap(), tree);
    assert_eq!(elsewhere.find_worktree(&task(1)).unwrap(), Some(tree));
    assert_eq!(read(&lab.trees.join("TASK-001/new.txt")), "mine\n");
    assert_eq!(
        read(&lab.trees.join("TASK-001/c.txt")),
        "c\n",
        "a branch without work of its own starts from where the base is now"
    );
}

/// What is read without git is what git says, and what is not plain is left to git.
#[test]
#[cfg(target_os = "linux")]
fn a_plain_worktree_is_found_without_git() {
    let lab = Lab::new();
    lab.tree(1);
    let path = normal(&lab.trees.join("TASK-001"));
    let found = || {
        let repo = Repo::find(&lab.root).unwrap().unwrap();
        let plain = repo.plain_entry(&task(1), &path).unwrap();
        let listed = repo.entries().unwrap().into_iter();
        let listed = listed.skip(1).find(|entry| normal(&entry.path) == path);
        (
            plain,
            listed.map(|entry| Entry {
                head: None,
                ..entry
            }),
        )
    };
    let (plain, listed) = found();
    assert!(plain.is_some());
    assert_eq!(plain, listed);
    lab.run(&["worktree", "unlock", "--", path.to_str().unwrap()]);
    let (plain, listed) = found();
    assert_eq!(plain, listed, "not locked");
    lab.run(&[
        "worktree",
        "lock",
        "--reason",
        " two words ",
        path.to_str().unwrap(),
    ]);
    let (plain, listed) = found();
    assert_eq!(plain, listed, "locked by somebody");
    git_in(&path, &["checkout", "--quiet", "--detach"]);
    assert_eq!(found().0, None, "on no branch");
    git_in(&path, &["checkout", "--quiet", "-b", "another"]);
    assert_eq!(found().0, None, "on a branch of somebody else");
    git_in(&path, &["checkout", "--quiet", "task/TASK-001-slug"]);
    lab.run(&["pack-refs", "--all"]);
    assert_eq!(found().0, None, "the branch has no file of its own");
    let repo = Repo::find(&lab.root).unwrap().unwrap();
    assert!(repo.is_task_branch("task/TASK-001-slug", &task(1)).unwrap());
    assert!(!repo.is_task_branch("task/TASK-001-gone", &task(1)).unwrap());
    assert!(!repo.is_task_branch("another", &task(1)).unwrap());
}

#[test]
fn an_ancestor_is_what_both_have_in_common() {
    let lab = Lab::new();
    let (old, other) = (lab.tip("main"), lab.done(1, &[("new.txt", "1\n")]).1);
    let new = lab.save(&[("c.txt", "c\n")], "Base moves");
    let repo = Repo::find(&lab.root).unwrap().unwrap();
    for (older, newer, is) in [
        (&old, &new, true),
        (&new, &old, false),
        (&old, &old, true),
        (&other, &new, false),
        (&new, &other, false),
        (&old, &other, true),
    ] {
        assert_eq!(
            repo.is_ancestor(older, newer).unwrap(),
            is,
            "{older:?} {newer:?}"
        );
        assert_eq!(repo.is_ancestor(older, newer).unwrap(), is, "asked again");
    }
    // Somebody replaces a commit: from then on the old one has no past.
    let alone = lab.run(&["commit-tree", "HEAD^{tree}", "-m", "Alone"]);
    lab.run(&["replace", &new.0, &alone]);
    assert!(!repo.is_ancestor(&old, &new).unwrap());
    lab.run(&["replace", "-d", &new.0]);
    assert!(repo.is_ancestor(&old, &new).unwrap());
}

#[test]
fn programs_of_the_repository_are_switched_off_from_the_moment_it_names_them() {
    let lab = Lab::new();
    let off = || {
        let repo = Repo::find(&lab.root).unwrap().unwrap();
        repo.without_programs().unwrap().len()
    };
    assert_eq!((off(), off()), (0, 0));
    lab.run(&["config", "filter.evil.clean", "rm -rf ~"]);
    assert_eq!((off(), off()), (1, 1));
    let more = lab.root.join("../more.config");
    write(&more, "[merge \"evil\"]\n\tdriver = rm\n");
    lab.run(&["config", "include.path", more.to_str().unwrap()]);
    assert_eq!(off(), 2);
    write(
        &more,
        "[filter \"more\"]\n\tclean = rm\n[merge \"evil\"]\n\tdriver = rm\n",
    );
    assert_eq!(off(), 3, "a file that is included changed");
}

#[test]
fn changes_in_the_way_of_a_base_that_moved_stay_and_so_does_the_start() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    let old = lab.git.tip(&tree).unwrap();
    write(&lab.trees.join("TASK-001/c.txt"), "mine\n");
    lab.save(&[("c.txt", "c\n")], "Base moves");
    let again = lab.git.worktree(&task(1), "slug", "main").unwrap();
    assert_eq!(lab.git.tip(&again).unwrap(), old);
    assert_eq!(read(&lab.trees.join("TASK-001/c.txt")), "mine\n");
}

#[test]
fn a_kept_branch_goes_on_and_an_empty_one_follows_the_base() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let empty = lab.tree(2);
    for (n, tree) in [(1, &tree), (2, &empty)] {
        assert_eq!(lab.git.remove_worktree(&task(n), tree).unwrap(), None);
    }
    let base = lab.save(&[("c.txt", "c\n")], "Base moves");
    let tree = lab.git.worktree(&task(1), "renamed", "main").unwrap();
    assert_eq!(tree.branch.as_deref(), Some("task/TASK-001-slug"));
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(tip));
    assert_eq!(lab.git.tip(&lab.tree(2)).unwrap(), Some(base));
}

#[test]
fn a_deleted_folder_is_made_again_and_staged_work_rescued() {
    let lab = Lab::new();
    let (_, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("staged.txt"), "only in the index\n");
    git_in(&path, &["add", "staged.txt"]);
    fs::remove_dir_all(&path).unwrap();
    assert_eq!(lab.git.find_worktree(&task(1)).unwrap(), None);
    let tree = lab.tree(1);
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(tip));
    assert_eq!(read(&path.join("new.txt")), "1\n");
    let saved = lab.saved(1);
    assert_eq!(saved.len(), 1);
    assert_eq!(
        lab.show(&format!("{}:staged.txt", saved[0])),
        "only in the index"
    );
}

#[test]
fn a_lost_link_is_written_again_without_touching_the_files() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("new.txt"), "2\n");
    fs::remove_file(path.join(".git")).unwrap();
    assert_eq!(lab.tree(1), tree);
    assert_eq!(git_in(&path, &["status", "--short"]), " M new.txt");
}

#[test]
fn a_moved_project_finds_its_worktrees() {
    let lab = Lab::new();
    lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("new.txt"), "2\n");
    let moved = lab.root.with_file_name("moved");
    fs::rename(&lab.root, &moved).unwrap();
    let git = GitCli::new(moved, lab.trees.clone());
    let tree = git.worktree(&task(1), "slug", "main").unwrap();
    assert_eq!(git_in(&path, &["status", "--short"]), " M new.txt");
    let done = git.commit_all(&tree, "main", "a", "Do").unwrap();
    assert!(done.differs);
}

#[test]
fn a_folder_whose_git_side_was_deleted_is_joined_again() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    write(&path.join("new.txt"), "2\n");
    write(&path.join("untracked.txt"), "u\n");
    fs::remove_dir_all(lab.root.join(".git/worktrees/TASK-001")).unwrap();
    assert_eq!(lab.tree(1).branch, tree.branch);
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(tip));
    assert_eq!(
        git_in(&path, &["status", "--short"]),
        " M new.txt\n?? untracked.txt"
    );
    let list = lab.run(&["worktree", "list", "--porcelain"]);
    assert!(list.contains("locked orchestron: TASK-001"), "{list}");
    assert!(!lab.trees.join("TASK-001.link").exists());
    assert_eq!(lab.tree(1).branch, tree.branch);
}

#[test]
fn joining_goes_on_after_a_crash_at_each_step() {
    for step in 0..3 {
        let lab = Lab::new();
        lab.done(1, &[("new.txt", "1\n")]);
        let (path, link) = (lab.trees.join("TASK-001"), lab.trees.join("TASK-001.link"));
        write(&path.join("new.txt"), "2\n");
        fs::remove_dir_all(lab.root.join(".git/worktrees/TASK-001")).unwrap();
        let reason = "orchestron: being joined again";
        let add = [
            "worktree",
            "add",
            "-q",
            "-f",
            "--no-checkout",
            "--lock",
            "--reason",
            reason,
        ];
        lab.run(&[&add[..], &[link.to_str().unwrap(), "task/TASK-001-slug"]].concat());
        if step > 0 {
            fs::rename(link.join(".git"), path.join(".git")).unwrap();
        }
        if step > 1 {
            let gitdir = lab.root.join(".git/worktrees/TASK-001.link/gitdir");
            fs::write(gitdir, format!("{}/.git\n", path.display())).unwrap();
        }
        lab.tree(1);
        assert_eq!(
            git_in(&path, &["status", "--short"]),
            " M new.txt",
            "step {step}"
        );
        assert!(!link.exists());
        let list = lab.run(&["worktree", "list", "--porcelain"]);
        assert!(list.ends_with("locked orchestron: TASK-001"), "{list}");
        assert_eq!(list.matches("worktree ").count(), 2, "{list}");
    }
}

#[test]
fn a_new_clone_saves_what_the_old_worktree_held() {
    let lab = Lab::new();
    lab.done(1, &[("new.txt", "1\n")]);
    let path = lab.trees.join("TASK-001");
    let old = lab.root.with_file_name("old");
    fs::rename(&lab.root, &old).unwrap();
    git_in(
        &lab.trees,
        &[
            "clone",
            "-q",
            old.to_str().unwrap(),
            lab.root.to_str().unwrap(),
        ],
    );
    fs::remove_dir_all(&old).unwrap();
    let tree = lab.tree(1);
    assert!(!path.join("new.txt").exists());
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(lab.tip("main")));
    assert_eq!(lab.show("refs/orchestron/saved/TASK-001/1:new.txt"), "1");
}

#[test]
fn a_half_made_worktree_is_made_anew() {
    let lab = Lab::new();
    let path = lab.trees.join("TASK-001");
    fs::create_dir_all(&lab.trees).unwrap();
    lab.run(&["branch", "task/TASK-001-slug"]);
    let add = [
        "worktree",
        "add",
        "-q",
        "--lock",
        "--reason",
        "orchestron: being made",
    ];
    lab.run(&[&add[..], &[path.to_str().unwrap(), "task/TASK-001-slug"]].concat());
    // Killed in the checkout: one file missing, one cut short, the index not written; and somebody put a file in.
    fs::remove_file(path.join("a.txt")).unwrap();
    write(&path.join("b.txt"), "");
    write(&path.join("theirs.txt"), "keep me\n");
    let admin = lab.root.join(".git/worktrees/TASK-001");
    fs::rename(admin.join("index"), admin.join("index.lock")).unwrap();
    assert_eq!(lab.git.find_worktree(&task(1)).unwrap(), None);
    lab.tree(1);
    assert_eq!(git_in(&path, &["status", "--short"]), "");
    assert_eq!(read(&path.join("b.txt")), "b\n");
    assert_eq!(
        lab.show("refs/orchestron/saved/TASK-001/1:theirs.txt"),
        "keep me"
    );
    assert_eq!(lab.show("refs/orchestron/saved/TASK-001/1:a.txt"), "a");
    assert_eq!(fs::read_dir(&lab.trees).unwrap().count(), 1);
}

#[test]
fn git_folders_that_were_never_whole_do_not_matter() {
    for files in [
        &[][..],
        &["locked"],
        &["locked", "gitdir"],
        &["locked", "gitdir", "commondir"],
    ] {
        let lab = Lab::new();
        let path = lab.trees.join("TASK-001");
        let admin = lab.root.join(".git/worktrees/TASK-001");
        for file in files {
            let text = match *file {
                "gitdir" => format!("{}/.git\n", path.display()),
                "commondir" => "../..\n".to_owned(),
                _ => "orchestron: being made".to_owned(),
            };
            write(&admin.join(file), text);
        }
        fs::create_dir_all(if files.is_empty() { &admin } else { &path }).unwrap();
        lab.tree(1);
        assert_eq!(git_in(&path, &["status", "--short"]), "", "{files:?}");
    }
}

#[test]
fn a_branch_in_use_elsewhere_is_not_taken() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    lab.git.remove_worktree(&task(1), &tree).unwrap();
    lab.run(&["switch", "--quiet", "task/TASK-001-slug"]);
    let error = lab.git.worktree(&task(1), "slug", "main").unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Held);
    assert!(error.cure.unwrap().contains("git switch"));
    assert!(!lab.trees.join("TASK-001").exists());
}

#[test]
fn a_copied_project_does_not_share_worktrees_with_its_original() {
    let lab = Lab::new();
    let (tree, _) = lab.done(1, &[("new.txt", "1\n")]);
    let copy = lab.root.with_file_name("copy");
    let status = std::process::Command::new("cp")
        .arg("-r")
        .args([&lab.root, &copy])
        .status();
    assert!(status.unwrap().success());
    let git = GitCli::new(copy.clone(), lab.trees.with_file_name("worktrees-of-copy"));
    assert_eq!(git.find_worktree(&task(1)).unwrap(), None);
    let other = git.worktree(&task(1), "slug", "main").unwrap();
    assert_ne!(other.path, tree.path);
    write(&Path::new(&other.path).join("new.txt"), "copy\n");
    git.commit_all(&other, "main", "a", "In the copy").unwrap();
    assert_eq!(lab.commit(&tree).unwrap().0, lab.tip("task/TASK-001-slug"));
    assert_eq!(read(&Path::new(&tree.path).join("new.txt")), "1\n");
}

#[test]
fn what_is_in_the_way_is_named() {
    let lab = Lab::new();
    lab.run(&["branch", "task"]);
    let error = lab.git.worktree(&task(1), "slug", "main").unwrap_err();
    assert!(error.cure.unwrap().contains("git branch -m 'task'"));
    lab.run(&["branch", "-D", "task"]);
    let error = lab.git.worktree(&task(1), "slug", "trunk").unwrap_err();
    assert!(error.said.contains("no branch `trunk`") && error.cure.is_some());
    for theirs in ["main~0", "-x", "*", "a..b", "@{-1}", ""] {
        assert!(
            lab.git.worktree(&task(1), "slug", theirs).is_err(),
            "{theirs}"
        );
    }
    write(&lab.trees.join("TASK-001/.git/HEAD"), "theirs");
    let error = lab.git.worktree(&task(1), "slug", "main").unwrap_err();
    assert!(
        error.said.contains("no worktree of this project"),
        "{error}"
    );
    assert_eq!(read(&lab.trees.join("TASK-001/.git/HEAD")), "theirs");
}

#[test]
fn other_peoples_worktrees_are_left_alone() {
    let lab = Lab::new();
    let theirs = lab.root.with_file_name("theirs");
    lab.run(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "theirs",
        theirs.to_str().unwrap(),
    ]);
    fs::remove_dir_all(&theirs).unwrap();
    let tree = lab.tree(1);
    fs::remove_dir_all(&tree.path).unwrap();
    let tree = lab.tree(1);
    lab.git.remove_worktree(&task(1), &tree).unwrap();
    assert!(lab.root.join(".git/worktrees/theirs/HEAD").exists());
}

#[test]
fn without_git_the_project_itself_is_the_place() {
    let lab = Lab::empty();
    assert!(!lab.git.is_repository().unwrap());
    assert_eq!(lab.git.current_branch().unwrap(), None);
    let tree = lab.tree(1);
    assert_eq!(
        (Path::new(&tree.path), tree.branch.as_ref()),
        (lab.root.as_path(), None)
    );
    let done = lab.git.commit_all(&tree, "main", "a", "x").unwrap();
    assert_eq!((done.tip, done.differs), (None, true));
    assert!(lab.git.diff(&tree, "main", true).unwrap().is_empty());
    assert!(lab.git.forecast(&tree, "main").unwrap().is_empty());
    assert_eq!(lab.git.tip(&tree).unwrap(), None);
    assert_eq!(lab.git.remove_worktree(&task(1), &tree).unwrap(), None);
    assert!(lab.git.merge(&tree, "main", None, "x").is_ok());
    write(&lab.root.join(".git"), "gitdir: nowhere\n");
    assert!(!lab.git.is_repository().unwrap());
}

#[test]
fn a_repository_without_a_commit_says_what_to_do() {
    let lab = Lab::empty();
    lab.run(&["init", "--quiet"]);
    assert!(!lab.git.is_repository().unwrap());
    assert_eq!(lab.git.current_branch().unwrap().as_deref(), Some("main"));
    let error = lab.git.worktree(&task(1), "slug", "main").unwrap_err();
    assert!(error.said.contains("without a commit"), "{error}");
    assert!(error.cure.unwrap().contains("git commit --allow-empty"));
}

#[test]
fn a_project_below_the_top_of_its_repository_works_there() {
    let lab = Lab::empty();
    let top = lab.root.join("mono");
    let project = top.join("apps/web");
    write(&project.join("x.txt"), "x\n");
    write(&project.join(".mcp/config.yaml"), "a: 1\n");
    git_in(&top, &["init", "--quiet"]);
    git_in(&top, &["add", "."]);
    git_in(&top, &["commit", "-qm", "Start"]);
    let git = GitCli::new(project.clone(), lab.trees.clone());
    let tree = git.worktree(&task(1), "slug", "main").unwrap();
    assert_eq!(Path::new(&tree.path), lab.trees.join("TASK-001/apps/web"));
    write(&Path::new(&tree.path).join("y.txt"), "y\n");
    write(&Path::new(&tree.path).join(".mcp/config.yaml"), "a: 2\n");
    write(&lab.trees.join("TASK-001/top.txt"), "t\n");
    let paths: Vec<_> = git
        .diff(&tree, "main", true)
        .unwrap()
        .into_iter()
        .map(|f| f.path)
        .collect();
    assert_eq!(paths, ["apps/web/y.txt", "top.txt"]);
    let done = git.commit_all(&tree, "main", "a", "Do").unwrap();
    let tip = done.tip.unwrap();
    assert_eq!(
        git_in(&top, &["show", "--format=", "--name-only", &tip.0]),
        "apps/web/y.txt\ntop.txt"
    );
    git.merge(&tree, "main", Some(&tip), "Merge").unwrap();
    assert_eq!(read(&project.join("y.txt")), "y\n");
    assert!(git.remove_worktree(&task(1), &tree).unwrap().is_some());
    assert!(!lab.trees.join("TASK-001").exists());
}

#[test]
fn worktrees_start_without_hooks_and_with_any_path() {
    let lab = Lab::new();
    let hook = lab.root.join(".git/hooks/post-checkout");
    write(&hook, "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\n");
    #[cfg(unix)]
    fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let trees = lab.root.with_file_name("a b\u{e9}'\"$(x)");
    let git = GitCli::new(lab.root.clone(), trees.clone());
    let tree = git
        .worktree(&task(1), "--x/../\u{202e}..lock", "main")
        .unwrap();
    assert_eq!(tree.branch.as_deref(), Some("task/TASK-001-x-lock"));
    assert_eq!(
        try_git(&trees.join("TASK-001"), &["status", "--short"]).1,
        ""
    );
    assert!(!lab.root.join(".git/hooks/ran").exists());
}
