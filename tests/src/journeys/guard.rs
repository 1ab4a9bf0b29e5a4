//! A real agent that tries what others in the same repository must not suffer from: the stash, their branches, a forced push, worktrees,
//! configuration. It is told what to do instead, by whichever git it calls, and its own work goes on.

use super::{approve, create, does, shop};
use crate::environment::{Chain, TestEnvironment};
use std::{env, path::PathBuf};

/// The git behind the guard's.
fn real_git() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&path).map(|dir| dir.join("git"));
    files.find(|file| file.is_file()).expect("git")
}

fn play() -> String {
    let real = real_git().display().to_string();
    let tries = [
        ("stash", "git stash"),
        ("stash-by-path", "GIT stash"),
        ("stash-in-a-script", "sh -c 'git stash push -m mine'"),
        ("branch", "git branch -f other HEAD"),
        ("branch-by-path", "GIT branch -D other"),
        ("base", "GIT update-ref refs/heads/main HEAD"),
        ("push", "git push --force origin HEAD:other"),
        ("push-by-path", "GIT push origin :other"),
        ("worktree", "git worktree prune"),
        ("config", "git config user.name Mallory"),
        ("read-config", "git config --get user.name"),
        ("commit", "git commit -q --allow-empty -m Mine"),
        (
            "own-branch",
            "git switch -q -c scratch && git commit -q --allow-empty -m Scratch && git switch -q -",
        ),
        (
            "elsewhere",
            "cd \\\"$(mktemp -d)\\\" && git init -q && git config user.name T && git config user.email t@t && git commit -q --allow-empty -m x && echo a >a && git add a && git stash -q && git branch x && git branch -D x",
        ),
    ];
    let mut command = String::from("echo changed >>README.md; ");
    for (name, tried) in tries {
        command.push_str(&format!(
            "echo \\\"== {name}\\\"; ( {} ); echo \\\"code $?\\\"; ",
            tried.replace("GIT", &real)
        ));
    }
    format!(
        r#"
  - when: {{ leg: implement }}
    end: Submitted.
    steps:
      - calls:
          - {{ tool: Bash, input: {{ command: "{{ {command} }} >tried.txt 2>&1; git checkout -q README.md", description: "Try git" }} }}
      - calls:
          - {{ tool: Write, input: {{ file_path: "${{worktree}}/greeting.txt", content: "Hello\n" }} }}
      - calls:
          - {{ tool: mcp__orchestron__task_submit, input: {{ note: "Hello." }} }}
"#
    )
}

/// What a try printed, with its exit code.
fn tried<'a>(all: &'a str, name: &str) -> (&'a str, bool) {
    let (_, rest) = all
        .split_once(&format!("== {name}\n"))
        .unwrap_or_else(|| panic!("{name} in {all}"));
    let text = rest.split("\n== ").next().unwrap_or(rest);
    (text, text.trim_end().ends_with("code 0"))
}

fn with_a_remote(env: &TestEnvironment) {
    let remote = env.root().join("remote.git").display().to_string();
    env.git(&["init", "-q", "--bare", &remote]);
    env.git(&["remote", "add", "origin", &remote]);
    env.git(&["branch", "other"]);
    env.git(&["push", "-q", "origin", "main", "other"]);
}

#[test]
fn an_agents_git_leaves_alone_what_others_need() {
    let (env, model) = shop(&Chain::ALONE, &play());
    env.configure(&Chain::ALONE, Some(&model.url()));
    let agents = env
        .read(".mcp/agents.yaml")
        .replace("tools_allowed: [Read]", "tools_allowed: [Read, Bash]");
    env.write(".mcp/agents.yaml", &agents);
    does(&env, &["trust"]);
    with_a_remote(&env);
    let config = env.read(".git/config");
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    approve(&env, &task);
    let all = env.git(&["show", "main:tried.txt"]);
    for (name, instead) in [
        ("stash", "leave your changes where they are"),
        ("stash-by-path", "leave your changes where they are"),
        ("stash-in-a-script", "leave your changes where they are"),
        ("branch", "work on your own branch"),
        ("branch-by-path", "work on your own branch"),
        ("base", "work on your own branch"),
        ("push", "do not push"),
        ("push-by-path", "do not push"),
        ("worktree", "work in this worktree only"),
        ("config", "ask the person with request_help"),
    ] {
        let (text, good) = tried(&all, name);
        assert!(
            !good && text.contains("refused inside a run") && text.contains(instead),
            "{name}: {text}"
        );
    }
    for name in ["read-config", "commit", "own-branch", "elsewhere"] {
        let (text, good) = tried(&all, name);
        assert!(good, "{name}: {text}");
    }
    assert_eq!(env.git(&["stash", "list"]), "");
    assert_eq!(
        env.git(&["rev-parse", "other"]),
        env.git(&["rev-parse", "origin/other"])
    );
    assert_eq!(
        env.git(&["ls-remote", "--heads", "origin", "other"])
            .lines()
            .count(),
        1
    );
    assert_eq!(env.git(&["show", "main:greeting.txt"]), "Hello");
    assert!(!env.read(".git/config").contains("Mallory"), "{config}");
    engine.stop();
    env.wait_until_quiet();
}
