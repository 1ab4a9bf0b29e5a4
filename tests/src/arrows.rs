//! The house holds: every arrow between crates is one the architecture draws, and libraries stay where they belong.

use crate::source::root;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// Who may use whom. `tests` may use anything, and nothing uses `tests`.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("agents", &["domain"]),
    ("engine", &["domain"]),
    ("adapters", &["engine", "agents", "domain"]),
    ("operations", &["engine", "domain"]),
    ("server", &["operations"]),
    (
        "cli",
        &["server", "operations", "adapters", "engine", "domain"],
    ),
    (
        "desktop",
        &["server", "operations", "adapters", "engine", "domain"],
    ),
    ("testkit", &["operations", "engine", "agents", "domain"]),
    ("sim", &["testkit", "engine", "domain"]),
    ("xtask", &[]),
];

/// What the pure crates may use from outside; `domain` not even all of it.
const PURE: &[(&str, &[&str])] = &[
    ("domain", &["serde", "thiserror"]),
    ("agents", &["serde", "serde_json", "thiserror"]),
    ("engine", &["serde", "serde_json", "thiserror"]),
];

/// Libraries that have one home: types of theirs anywhere else would tie the house to them.
const HOMES: &[(&str, &[&str])] = &[
    ("tauri", &["desktop"]),
    ("tauri-plugin-shell", &["desktop"]),
    ("tauri-plugin-single-instance", &["desktop"]),
    ("axum", &["server"]),
    ("rmcp", &["server", "tests"]),
    ("clap", &["cli"]),
    ("rusqlite", &["adapters", "tests"]),
    ("notify", &["adapters"]),
    ("keyring", &["adapters"]),
    ("tokio", &["server", "cli", "desktop", "tests"]),
    ("ts-rs", &["operations"]),
];

/// The ceiling.
const CRATES_MAX: usize = 8;

/// One `[dependencies]` line.
struct Dependency {
    name: String,
    /// `normal`, `dev` or `build`.
    kind: String,
    /// A crate of ours.
    ours: bool,
}

/// Every package of the workspace by its short name.
struct House(BTreeMap<String, Vec<Dependency>>);

impl House {
    fn read() -> Self {
        let done = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--no-deps",
                "--offline",
            ])
            .current_dir(root())
            .output()
            .expect("cargo can be started");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let metadata: Value = serde_json::from_slice(&done.stdout).expect("cargo prints JSON");
        let packages = metadata["packages"].as_array().expect("packages");
        Self(packages.iter().map(package).collect())
    }

    fn normal(&self, package: &str) -> impl Iterator<Item = &Dependency> {
        self.0[package].iter().filter(|found| found.kind != "dev")
    }
}

fn package(found: &Value) -> (String, Vec<Dependency>) {
    let name = short(found["name"].as_str().unwrap_or_default());
    let dependencies = found["dependencies"].as_array().expect("dependencies");
    let dependencies = dependencies.iter().map(|line| Dependency {
        name: short(line["name"].as_str().unwrap_or_default()),
        kind: line["kind"].as_str().unwrap_or("normal").to_owned(),
        ours: line["path"].is_string(),
    });
    (name, dependencies.collect())
}

fn short(name: &str) -> String {
    name.strip_prefix("orchestron-").unwrap_or(name).to_owned()
}

#[test]
fn every_arrow_is_drawn_in_the_architecture() {
    let house = House::read();
    let drawn: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (package, dependencies) in house.0.iter().filter(|(name, _)| *name != "tests") {
        let Some(allowed) = drawn.get(package.as_str()) else {
            wrong.push(format!("{package} has no place in the house"));
            continue;
        };
        for used in dependencies.iter().filter(|used| used.ours) {
            let name = used.name.as_str();
            // Fakes are for tests; a crate below them may use them in its own tests.
            let fake = name == "testkit" && used.kind == "dev";
            if !allowed.contains(&name) && !fake {
                wrong.push(format!("{package} → {name} ({})", used.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows nobody drew: {wrong:#?}");
}

#[test]
fn the_arrows_and_the_workspace_name_the_same_crates() {
    let house = House::read();
    let there: BTreeSet<_> = house
        .0
        .keys()
        .map(String::as_str)
        .filter(|name| *name != "tests")
        .collect();
    let drawn: BTreeSet<_> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(there, drawn);
}

#[test]
fn nothing_uses_the_tests() {
    let house = House::read();
    for (package, dependencies) in &house.0 {
        assert!(
            dependencies
                .iter()
                .all(|used| !(used.ours && used.name == "tests")),
            "{package} uses the tests"
        );
    }
}

#[test]
fn the_pure_crates_use_next_to_nothing() {
    let house = House::read();
    for (package, allowed) in PURE {
        let outside: Vec<_> = house
            .normal(package)
            .filter(|used| !used.ours && !allowed.contains(&used.name.as_str()))
            .map(|used| used.name.as_str())
            .collect();
        assert!(outside.is_empty(), "{package} uses {outside:?}");
    }
}

#[test]
fn libraries_stay_at_home() {
    let house = House::read();
    let mut wrong = Vec::new();
    for package in house.0.keys() {
        for used in house.normal(package).filter(|used| !used.ours) {
            let home = HOMES.iter().find(|(library, _)| *library == used.name);
            if home.is_some_and(|(_, homes)| !homes.contains(&package.as_str())) {
                wrong.push(format!("{package} uses {}", used.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn eight_crates_are_the_ceiling() {
    let crates = std::fs::read_dir(root().join("crates"))
        .expect("crates/")
        .flatten()
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .count();
    assert!(
        crates <= CRATES_MAX,
        "{crates} crates; {CRATES_MAX} are the ceiling"
    );
}
