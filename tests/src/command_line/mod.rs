//! The `orchestron` command as a user meets it: what is printed, word for word, and what the shell is told.

mod drops;
mod files;
mod hooks;
mod messages;
mod output;
mod places;
mod refusals;
mod reviews;
mod rules;
mod scheduling;
mod steps;
mod tests_first;
mod verbs;
mod workflows;

use crate::environment::{Chain, TestEnvironment, check};

/// A project of one person: no agents, no engine, nothing to wait for.
fn quiet_shop() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", env.root().join("nowhere/claude"));
    env.repository();
    let chain = Chain {
        prepare: "person",
        implement: "cursor",
        review: "",
        gates: &["grep -q Hello greeting.txt || { echo 'it does not greet'; exit 3; }"],
        ..Chain::default()
    };
    env.set_up(&chain, None);
    env
}

/// Runs a verb that must succeed, and compares what it prints.
#[track_caller]
fn prints(env: &TestEnvironment, args: &[&str], expected: &str) {
    let done = env.orchestron(args);
    assert_eq!(done.code, 0, "orchestron {args:?}: {done}");
    assert_eq!(done.stderr, "", "orchestron {args:?}");
    check(&done.stdout, expected, env.root());
}

/// Runs a verb that must be refused with this code, and compares what it says.
#[track_caller]
fn refuses(env: &TestEnvironment, args: &[&str], code: i32, expected: &str) {
    let done = env.orchestron(args);
    assert_eq!(done.code, code, "orchestron {args:?}: {done}");
    check(&done.stderr, expected, env.root());
}

/// Runs a verb that must succeed; what it prints does not matter here.
#[track_caller]
fn does(env: &TestEnvironment, args: &[&str]) {
    let done = env.orchestron(args);
    assert_eq!(done.code, 0, "orchestron {args:?}: {done}");
}
