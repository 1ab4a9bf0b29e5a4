//! Numbered steps with the time each took.

use std::env;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use crate::commands::in_ci;
use crate::failure::Failure;

/// What a step that went well did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It did its work.
    Worked,
    /// Everything was as it should be already.
    Unchanged,
}

/// Whether programs print to the terminal while a step is at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// They do not: the outcome goes on the same line as the title.
    Hidden,
    /// They do: the outcome gets a line of its own.
    Shown,
}

/// Counts steps and prints how they go, on the error stream.
#[derive(Debug)]
pub struct Steps {
    of: usize,
    begun: usize,
    started: Instant,
    coloured: bool,
}

impl Steps {
    /// A row of that many steps.
    pub fn new(of: usize) -> Self {
        let coloured = stderr().is_terminal()
            && !in_ci()
            && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            of,
            begun: 0,
            started: Instant::now(),
            coloured,
        }
    }

    /// The time since the first step began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Does one step. A failure comes back with the step's number and title.
    pub fn step(
        &mut self,
        title: &str,
        output: Output,
        work: impl FnOnce() -> Result<Done, Failure>,
    ) -> Result<Done, Failure> {
        self.begun += 1;
        let counter = self.paint("1", &format!("[{}/{}]", self.begun, self.of));
        let width = 44;
        match output {
            Output::Hidden => eprint!("{counter} {title:<width$} "),
            Output::Shown => eprintln!("{counter} {title}"),
        }
        let began = Instant::now();
        let result = work();
        let elapsed = began.elapsed();
        let took = format!("{:.1} s", elapsed.as_secs_f64());
        let outcome = match &result {
            Ok(Done::Worked) => took,
            Ok(Done::Unchanged) => "nothing to do".to_owned(),
            Err(_) => self.paint("1;31", &format!("FAILED after {took}")),
        };
        match output {
            Output::Hidden => eprintln!("{outcome}"),
            Output::Shown => eprintln!("      {outcome}"),
        }
        result.map_err(|cause| Failure::Step {
            number: (self.begun, self.of),
            title: title.to_owned(),
            elapsed,
            cause: Box::new(cause),
        })
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.coloured {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_step_is_named_with_its_number_and_keeps_its_cure() {
        let mut steps = Steps::new(2);
        assert_eq!(
            steps
                .step("first", Output::Hidden, || Ok(Done::Unchanged))
                .unwrap(),
            Done::Unchanged
        );
        let failure = steps
            .step("second", Output::Shown, || {
                Err(Failure::NothingMatches {
                    filters: vec!["x".to_owned()],
                })
            })
            .unwrap_err();
        let text = failure.to_string();
        assert!(
            text.starts_with("Step 2 of 2 failed after 0.0 s: second\n"),
            "{text}"
        );
        assert!(
            failure
                .cure()
                .is_some_and(|cure| cure.contains("part of a test's name"))
        );
    }
}
