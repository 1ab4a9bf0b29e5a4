//! The seeds of the tests that kill things.

use std::env;

/// What an environment variable says, if it is set.
pub fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// The seed that is asked for (`ORCHESTRON_CRASH_SEED`), or any. It is printed, and shown when a test fails.
pub fn seed() -> u64 {
    let seed = number("ORCHESTRON_CRASH_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("ORCHESTRON_CRASH_SEED={seed}");
    seed
}
