//! Rules every source file keeps, whoever wrote it.

use crate::source::{Source, code_only, root, rust, sources, test_files, without_tests};
use std::{collections::BTreeSet, fs};

/// Longest Rust file, in lines.
const LINES_MAX: usize = 800;

/// Crates without clock, randomness, environment, files, processes and threads.
const PURE: [&str; 3] = ["domain", "agents", "engine"];

/// What their `clippy.toml` has to ban.
const BANNED: [&str; 10] = [
    "std::time::Instant",
    "std::time::SystemTime",
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::fs::File",
    "std::fs::read",
    "std::fs::write",
    "std::process::Command",
    "std::env::var",
    "std::thread::spawn",
];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] = [
    "util", "utils", "helper", "helpers", "manager", "services", "common", "misc", "stuff",
];

fn check(rule: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn every_rust_file_begins_with_what_it_is() {
    let wrong: Vec<_> = rust()
        .iter()
        .filter(|file| !file.text.trim_start().starts_with("//!"))
        .map(|file| file.path.clone())
        .collect();
    check("no `//!` at the top", &wrong);
}

#[test]
fn no_rust_file_is_longer_than_800_lines() {
    let wrong: Vec<_> = rust()
        .iter()
        .map(|file| (file.path.clone(), file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    check("too long; one file has one subject", &wrong);
}

#[test]
fn nothing_outside_of_tests_panics_on_purpose() {
    let files = rust();
    let tests = test_files(&files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !tests.contains(&file.path)) {
        let (code, _) = without_tests(&code_only(&file.text));
        for (number, line) in code.lines().enumerate() {
            if let Some(word) = panicking(line) {
                wrong.push(format!("{}:{}: {word}", file.path, number + 1));
            }
        }
    }
    check("an error is returned, never a panic", &wrong);
}

fn panicking(line: &str) -> Option<&'static str> {
    const WORDS: [&str; 7] = [
        ".unwrap()",
        ".expect(",
        ".expect_err(",
        "panic!",
        "unimplemented!",
        "todo!",
        "unreachable!",
    ];
    WORDS.into_iter().find(|word| line.contains(word))
}

#[test]
fn nothing_is_left_to_be_done_in_a_comment() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("HA", "CK:"),
    ];
    let folders = [
        "crates",
        "src-tauri",
        "tests",
        "xtask",
        "fuzz/fuzz_targets",
        "ui/src",
        "ui/scripts",
        "docs",
    ];
    let endings = [
        ".rs", ".ts", ".tsx", ".css", ".js", ".mjs", ".sh", ".toml", ".yaml", ".md",
    ];
    let mut wrong = Vec::new();
    for file in sources(&folders, &endings) {
        for (number, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    check("do it, or write an issue", &wrong);
}

#[test]
fn adapters_do_not_know_each_other() {
    let files = sources(&["crates/adapters/src"], &[".rs"]);
    let tests = test_files(&files);
    let folders: BTreeSet<_> = files
        .iter()
        .filter_map(|file| adapter_of(&file.path))
        .collect();
    assert!(
        folders.contains("git") && folders.contains("process"),
        "the adapters are elsewhere now: {folders:?}"
    );
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !tests.contains(&file.path)) {
        let Some(own) = adapter_of(&file.path) else {
            continue;
        };
        let code = code_only(&file.text);
        for other in folders.iter().filter(|other| **other != own) {
            if uses(&code, other) {
                wrong.push(format!("{} uses {other}", file.path));
            }
        }
    }
    check("one port each, put together in project.rs", &wrong);
}

fn adapter_of(path: &str) -> Option<&str> {
    let (folder, _) = path.strip_prefix("crates/adapters/src/")?.split_once('/')?;
    Some(folder)
}

/// Whether code names a folder at the crate's root, alone or in a list: `crate::git`, `crate::{clock, git::…}`.
fn uses(code: &str, folder: &str) -> bool {
    let is_word_end = |rest: &str| {
        !rest
            .chars()
            .next()
            .is_some_and(|c| c.is_alphanumeric() || c == '_')
    };
    code.match_indices("crate::").any(|(at, start)| {
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            None => rest.strip_prefix(folder).is_some_and(is_word_end),
            Some(list) => top_names(list).contains(&folder),
        }
    })
}

/// The first words of the items of a `{…}` list that is already open.
fn top_names(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let mut names = Vec::new();
    let mut start = Some(0);
    for (at, c) in list.char_indices() {
        if let Some(from) = start
            && !(c.is_alphanumeric() || c == '_' || c.is_whitespace())
        {
            names.push(list[from..at].trim());
            start = None;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return names,
            '}' => depth -= 1,
            ',' if depth == 0 => start = Some(at + 1),
            _ => {}
        }
    }
    names
}

#[test]
fn the_pure_crates_ban_the_world() {
    let root_limits = fs::read_to_string(root().join("clippy.toml")).expect("clippy.toml");
    let mut wrong = Vec::new();
    for name in PURE {
        let path = format!("crates/{name}/clippy.toml");
        let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
        // A crate's own file replaces the root's.
        for line in root_limits.lines().filter(|line| line.contains('=')) {
            if !text.contains(line) {
                wrong.push(format!("{path} does not repeat `{line}`"));
            }
        }
        for banned in BANNED {
            if !text.contains(&format!("\"{banned}\"")) {
                wrong.push(format!("{path} does not ban {banned}"));
            }
        }
    }
    check("a pure crate's clippy.toml", &wrong);
}

#[test]
fn names_say_what_is_inside() {
    let files = sources(
        &["crates", "src-tauri", "tests", "xtask", "ui/src"],
        &[".rs", ".ts", ".tsx"],
    );
    let wrong: Vec<_> = files.into_iter().filter(has_empty_name).collect();
    let wrong: Vec<_> = wrong.into_iter().map(|file| file.path).collect();
    check("a name that fits everything says nothing", &wrong);
}

fn has_empty_name(file: &Source) -> bool {
    file.path
        .split('/')
        .any(|part| EMPTY_NAMES.contains(&part.split('.').next().unwrap_or(part)))
}

#[test]
fn the_rules_themselves_see_what_they_should() {
    assert!(uses("use crate::git::GitCli;", "git"));
    assert!(uses("use crate::{clock::A, git::{B, C}, watch};", "watch"));
    assert!(uses("use crate::{\n    clock,\n    git,\n};", "git"));
    assert!(!uses("use crate::gitlike; use crate::{a::git};", "git"));
    assert_eq!(panicking("let x = y.unwrap();"), Some(".unwrap()"));
    assert_eq!(panicking("let x = y.unwrap_or(3);"), None);
}
