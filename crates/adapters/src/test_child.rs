//! Runs one test of this binary again in a child process, which can then be killed without mercy.

use std::{
    ops::{Deref, DerefMut},
    process::{Child, Command, Stdio},
};

/// The variable that tells a test that it is the child, and what to do.
const VARIABLE: &str = "ORCHESTRON_TEST_CHILD";

/// What the child is to do; none in the parent.
pub(crate) fn orders() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

/// A child that does not outlive the test, however the test ends.
pub(crate) struct Guarded(Child);

impl Deref for Guarded {
    type Target = Child;
    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Guarded {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // It fails when the child is gone, which is what is wanted.
        self.0
            .kill()
            .and_then(|()| self.0.wait().map(drop))
            .unwrap_or_default();
    }
}

/// Starts the test `name` (its whole path in the crate) as a child with these orders; its stdout can be read.
pub(crate) fn start(name: &str, orders: &str) -> Guarded {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, orders)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    Guarded(child)
}
