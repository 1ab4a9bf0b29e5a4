//! Hooks of ours beside those of others, in real repositories.

use super::super::tests::{Lab, git_in, read, try_git, write};
use orchestron_engine::ports::{Git, HOOKS, HookState, Hooks};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

fn states(found: &Hooks) -> Vec<HookState> {
    found.hooks.iter().map(|hook| hook.state).collect()
}

fn script(path: &Path, text: &str) {
    write(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Everything below a folder with its text and mode.
fn picture(dir: &Path) -> Vec<(String, String, u32)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let look = fs::symlink_metadata(&path).unwrap();
        if look.is_file() {
            all.push((path.display().to_string(), read(&path), look.mode()));
        }
    }
    all.sort();
    all
}

#[test]
fn without_hooks_ours_come_alone_and_go_again() {
    let lab = Lab::new();
    let hooks = lab.root.join(".git/hooks");
    let before = picture(&hooks);
    assert_eq!(
        states(&lab.git.hooks().unwrap()),
        [HookState::Missing; HOOKS.len()]
    );
    let found = lab.git.install_hooks().unwrap();
    assert!(found.installed() && found.problems.is_empty(), "{found:?}");
    assert_eq!(states(&found), [HookState::Ours; HOOKS.len()]);
    let once = picture(&hooks);
    lab.git.install_hooks().unwrap();
    assert_eq!(picture(&hooks), once, "twice is once");
    let gone = lab.git.uninstall_hooks().unwrap();
    assert_eq!(states(&gone), [HookState::Missing; HOOKS.len()]);
    assert_eq!(picture(&hooks), before);
    assert!(!lab.root.join(".git/orchestron").exists());
}

#[test]
fn a_hook_that_is_there_is_called_first_and_comes_back_byte_for_byte() {
    let lab = Lab::new();
    let hooks = lab.root.join(".git/hooks");
    script(
        &hooks.join("pre-commit"),
        "#!/bin/sh\necho theirs >>../said\nexit 7\n",
    );
    fs::set_permissions(hooks.join("pre-commit"), fs::Permissions::from_mode(0o750)).unwrap();
    script(&hooks.join("commit-msg"), "#!/bin/sh\nexit 0\n");
    let before = picture(&hooks);
    let found = lab.git.install_hooks().unwrap();
    assert_eq!(found.hooks[0].state, HookState::Chained);
    write(&lab.root.join("a.txt"), "new");
    let (code, _, _) = try_git(&lab.root, &["commit", "-qam", "x"]);
    assert_ne!(code, Some(0), "theirs keeps the commit from being made");
    assert_eq!(read(&lab.root.parent().unwrap().join("said")), "theirs\n");
    lab.git.uninstall_hooks().unwrap();
    assert_eq!(picture(&hooks), before);
}

#[test]
fn when_orchestron_is_gone_or_broken_git_goes_on() {
    let lab = Lab::new();
    lab.git.install_hooks().unwrap();
    for program in ["/nowhere/orchestron", "/bin/false-is-not-there", "/bin/cat"] {
        for name in HOOKS {
            let path = lab.root.join(".git/hooks").join(name);
            let text = read(&path);
            let line = text
                .lines()
                .find(|line| line.starts_with("orchestron="))
                .unwrap();
            let text = text.replace(line, &format!("orchestron='{program}'"));
            // `cat hook …` fails with 1: only before a commit is that a reason.
            script(
                &path,
                &if program == "/bin/cat" {
                    text.replace("-eq 1 ]", "-eq 77 ]")
                } else {
                    text
                },
            );
        }
        git_in(&lab.root, &["commit", "-q", "--allow-empty", "-m", program]);
        git_in(&lab.root, &["checkout", "-q", "-B", "other"]);
    }
    let found = lab.git.hooks().unwrap();
    assert_eq!(found.hooks[0].state, HookState::Changed);
    assert!(!found.problems.is_empty());
    assert!(lab.git.install_hooks().unwrap().installed());
}

#[test]
fn a_folder_that_belongs_to_others_is_not_written_to() {
    let lab = Lab::new();
    let theirs = lab.root.join(".husky/_");
    script(
        &theirs.join("pre-commit"),
        "#!/bin/sh\necho \"$0\" >>../said\n",
    );
    script(&theirs.join("pre-push"), "#!/bin/sh\nexit 3\n");
    git_in(&lab.root, &["config", "core.hooksPath", ".husky/_"]);
    let config = lab.root.join(".git/config");
    let (before, folder) = (read(&config), picture(&theirs));
    let found = lab.git.install_hooks().unwrap();
    assert!(found.installed(), "{found:?}");
    assert_eq!(found.managed_by.as_deref(), Some("husky"));
    assert_eq!(found.hooks[0].state, HookState::Chained);
    assert_eq!(picture(&theirs), folder);
    git_in(&lab.root, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(
        read(&lab.root.parent().unwrap().join("said")),
        ".husky/_/pre-commit\n"
    );
    assert!(read(&lab.root.join(".git/orchestron/hooks/pre-push")).contains(".husky/_/pre-push"));
    // `npm install` sets it anew, and ours stay.
    git_in(&lab.root, &["config", "core.hooksPath", ".husky/_"]);
    assert!(lab.git.hooks().unwrap().installed());
    lab.git.uninstall_hooks().unwrap();
    assert_eq!(read(&config), before);
    assert_eq!(picture(&theirs), folder);
    assert!(!lab.root.join(".git/orchestron").exists());
}

#[test]
fn a_moved_repository_has_its_own_hooks_again() {
    let lab = Lab::new();
    script(
        &lab.root.join(".githooks/pre-commit"),
        "#!/bin/sh\necho ran >>../said\n",
    );
    git_in(&lab.root, &["config", "core.hooksPath", ".githooks"]);
    assert!(lab.git.install_hooks().unwrap().installed());
    let moved = lab.root.with_file_name("moved");
    fs::rename(&lab.root, &moved).unwrap();
    git_in(&moved, &["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(read(&moved.parent().unwrap().join("said")), "ran\n");
}

#[test]
fn a_hook_that_took_our_place_is_told_and_kept() {
    let lab = Lab::new();
    let hooks = lab.root.join(".git/hooks");
    script(&hooks.join("pre-commit"), "#!/bin/sh\n# the first\n");
    lab.git.install_hooks().unwrap();
    // What pre-commit and lefthook do with a hook they do not know.
    fs::rename(hooks.join("pre-commit"), hooks.join("pre-commit.legacy")).unwrap();
    script(&hooks.join("pre-commit"), "#!/bin/sh\n# the second\n");
    let found = lab.git.hooks().unwrap();
    assert_eq!(found.hooks[0].state, HookState::Theirs);
    assert_eq!(found.problems.len(), 2, "{found:?}");
    assert!(lab.git.install_hooks().unwrap().installed());
    assert!(read(&hooks.join("pre-commit.before-orchestron")).contains("the second"));
    assert!(read(&hooks.join("pre-commit.before-orchestron.1")).contains("the first"));
    lab.git.uninstall_hooks().unwrap();
    assert!(read(&hooks.join("pre-commit")).contains("the second"));
    assert!(
        !hooks.join("pre-commit.legacy").exists(),
        "ours, under another name"
    );
}
