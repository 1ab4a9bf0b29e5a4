//! Runs one test of this binary again in a child process, which can then be killed without mercy.

use std::process::{Child, Command, Stdio};

/// The variable that tells a test that it is the child, and what to do.
const VARIABLE: &str = "ORCHESTRON_TEST_CHILD";

/// What the child is to do; none in the parent.
pub(crate) fn orders() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// Starts the test `name` (its whole path in the crate) as a child with these orders; its stdout can be read.
pub(crate) fn start(name: &str, orders: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, orders)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}
