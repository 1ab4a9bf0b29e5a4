//! Finding the one true `.mcp`.

use super::{Lab, git_in, task, write};
use crate::git::{GitCli, find_project};
use orchestron_engine::ports::Git;
use std::{fs, path::Path};

fn make_project(dir: &Path) {
    write(&dir.join(".mcp/config.yaml"), "a: 1\n");
}

#[test]
fn the_nearest_project_above_is_found() {
    let lab = Lab::empty();
    let deep = lab.root.join("a/b/c");
    fs::create_dir_all(&deep).unwrap();
    assert_eq!(find_project(&deep), None);
    fs::create_dir_all(lab.root.join("a/.mcp")).unwrap();
    assert_eq!(find_project(&deep), None, "an empty .mcp is no project");
    make_project(&lab.root);
    assert_eq!(find_project(&deep), Some(lab.root.clone()));
    fs::create_dir_all(lab.root.join("a/.mcp/tasks")).unwrap();
    assert_eq!(find_project(&deep), Some(lab.root.join("a")));
    write(&lab.root.join("a/b/.mcp"), "a file");
    assert_eq!(find_project(&deep), Some(lab.root.join("a")));
    assert_eq!(
        find_project(&lab.root.join("no/such/folder")),
        Some(lab.root.clone())
    );
}

#[test]
fn a_worktree_belongs_to_the_main_checkouts_project() {
    let lab = Lab::new();
    lab.save(&[(".mcp/config.yaml", "a: 1\n"), ("src/x", "x")], "Project");
    let tree = lab.tree(1);
    let path = Path::new(&tree.path);
    assert!(path.join(".mcp/config.yaml").exists(), "it has a copy");
    for dir in [path.to_path_buf(), path.join("src")] {
        assert_eq!(find_project(&dir), Some(lab.root.clone()));
    }
    fs::remove_dir_all(path.join(".mcp")).unwrap();
    assert_eq!(find_project(path), Some(lab.root.clone()));
    // An ignored, never committed `.mcp` is found just so; without any, the copy is better than nothing.
    make_project(path);
    fs::remove_dir_all(lab.root.join(".mcp")).unwrap();
    assert_eq!(find_project(&path.join("src")), Some(path.to_path_buf()));
}

#[test]
fn relative_links_between_worktrees_are_understood() {
    let lab = Lab::new();
    make_project(&lab.root);
    let tree = lab.tree(1);
    write(
        &Path::new(&tree.path).join(".git"),
        "gitdir: ../../../project/.git/worktrees/TASK-001\n",
    );
    assert_eq!(find_project(Path::new(&tree.path)), Some(lab.root.clone()));
    assert_eq!(
        lab.git.find_worktree(&task(1)).unwrap().unwrap().path,
        tree.path
    );
}

#[test]
fn a_project_below_the_top_is_found_from_its_place_in_a_worktree() {
    let lab = Lab::new();
    lab.save(
        &[("apps/web/.mcp/config.yaml", "a: 1\n"), ("apps/api/x", "x")],
        "Projects",
    );
    let web = lab.root.join("apps/web");
    let git = GitCli::new(web.clone(), lab.trees.clone());
    let tree = git.worktree(&task(1), "slug", "main").unwrap();
    assert_eq!(find_project(Path::new(&tree.path)), Some(web));
    assert_eq!(find_project(&lab.trees.join("TASK-001/apps/api")), None);
}

#[test]
fn folders_above_the_worktrees_do_not_count() {
    let lab = Lab::new();
    let tree = lab.tree(1);
    make_project(lab.trees.parent().unwrap());
    assert_eq!(find_project(Path::new(&tree.path)), None);
    make_project(lab.root.parent().unwrap());
    assert_eq!(
        find_project(Path::new(&tree.path)).as_deref(),
        lab.root.parent()
    );
}

#[test]
fn submodules_and_broken_links_are_just_folders() {
    let lab = Lab::new();
    make_project(&lab.root);
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
    assert_eq!(find_project(&lab.root.join("lib")), Some(lab.root.clone()));
    for (n, text) in [
        "",
        "gitdir:",
        "gitdir: /no/such",
        "nonsense",
        "gitdir: .",
        "gitdir: \0",
    ]
    .iter()
    .enumerate()
    {
        let dir = lab.root.join(format!("broken{n}"));
        write(&dir.join(".git"), text);
        assert_eq!(find_project(&dir), Some(lab.root.clone()), "{text}");
    }
    write(&lab.root.join("huge/.git"), vec![b'x'; 1 << 20]);
    assert_eq!(find_project(&lab.root.join("huge")), Some(lab.root.clone()));
}
