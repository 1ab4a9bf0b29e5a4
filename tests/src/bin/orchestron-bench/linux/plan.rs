//! What is measured, and how often.

use super::failed::{Failed, Measured};

/// Names of the parts, in their order.
pub const PARTS: [&str; 9] = [
    "commands", "writers", "chain", "edits", "engine", "mcp", "hooks", "core", "window",
];

/// The usage text.
pub const USAGE: &str = "Usage: orchestron-bench [--quick] [--only PART]…

Measures the release build of Orchestron beside the least that any program could do, and prints a table.
  --quick      smaller sizes and fewer rounds, for a busy machine
  --only PART  commands, writers, chain, edits, engine, mcp, hooks, core or window; may be given several times
Everything happens in temporary folders with their own state; nothing of yours is touched.";

/// What is asked for.
#[derive(Debug, Default)]
pub struct Plan {
    quick: bool,
    only: Vec<String>,
    /// Only the usage text is wanted.
    pub help: bool,
}

impl Plan {
    /// Reads the words of the command line.
    pub fn parse(words: &[String]) -> Measured<Self> {
        let mut plan = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => plan.quick = true,
                "--help" | "-h" => plan.help = true,
                "--only" => {
                    let part = words.next().map_or("", String::as_str);
                    if !PARTS.contains(&part) {
                        return Err(Failed::Wrong(format!("`{part}` is no part\n\n{USAGE}")));
                    }
                    plan.only.push(part.to_owned());
                }
                other => {
                    return Err(Failed::Wrong(format!(
                        "`{other}` is not understood\n\n{USAGE}"
                    )));
                }
            }
        }
        Ok(plan)
    }

    /// Whether a part is wanted.
    pub fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    /// Numbers of tasks.
    pub const fn sizes(&self) -> &'static [usize] {
        if self.quick {
            &[100, 1_000]
        } else {
            &[100, 1_000, 10_000]
        }
    }

    /// The largest number of tasks.
    pub const fn large(&self) -> usize {
        if self.quick { 1_000 } else { 10_000 }
    }

    /// Counted rounds of each command.
    pub const fn rounds(&self) -> usize {
        if self.quick { 5 } else { 9 }
    }

    /// Tasks that go through the chain; each is three runs.
    pub const fn chains(&self) -> usize {
        if self.quick { 4 } else { 12 }
    }

    /// Edits from outside.
    pub const fn edits(&self) -> usize {
        if self.quick { 100 } else { 1_000 }
    }

    /// Worlds that the simulator plays.
    pub const fn worlds(&self) -> u64 {
        if self.quick { 300 } else { 3_000 }
    }

    /// Seconds without work.
    pub const fn idle(&self) -> u64 {
        if self.quick { 10 } else { 60 }
    }
}
