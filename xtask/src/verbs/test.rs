//! `test`: every test of every kind, and a summary with one line per kind.
//!
//! What has to be built first stops the run when it fails. The checks after it do not stop each other: one run
//! tells everything that is wrong.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::claude;
use crate::commands::{Job, on_path};
use crate::doctests;
use crate::failure::Failure;
use crate::npm;
use crate::project::{Build, Project};
use crate::python;
use crate::results::{Case, LibtestReader, Outcome, Tally, one_kind, read_junit, rust_kinds};
use crate::steps::{Done, Output, Steps};
use crate::verbs::setup::{COMPILING, PREPARING, SELECTION, compile, prepare};
use crate::verbs::sim::{SEEDS, simulate};

/// Format, UI types, UI tests, lints, Rust tests, doc tests, simulation and planted faults.
const CHECKS: usize = 8;
/// With filters only UI tests and Rust tests run.
const FILTERED_CHECKS: usize = 2;

/// The verb.
pub fn test(project: &Project, filters: &[String]) -> Result<(), Failure> {
    let everything = filters.is_empty();
    let checks = if everything { CHECKS } else { FILTERED_CHECKS };
    let mut run = TestRun {
        project,
        filters,
        steps: Steps::new(PREPARING + 3 + checks + COMPILING),
        summary: Summary::default(),
    };
    let lock = project.lock()?;
    prepare(project, &mut run.steps)?;
    run.steps
        .step("Install the browser driver", Output::Hidden, || {
            npm::install(project, "tests/browser")
        })?;
    run.steps
        .step("Install the official MCP tools", Output::Hidden, || {
            npm::install(project, "tests/mcp")
        })?;
    run.steps.step(
        "Install the official MCP client for Python",
        Output::Hidden,
        || python::install(project),
    )?;
    drop(lock);
    // The cheap checks first: who forgot to format learns it in a second.
    if everything {
        run.format();
        run.ui_types();
    }
    run.ui_tests();
    compile(project, &mut run.steps, Build::Debug, &["--bins"])?;
    if everything {
        run.lints();
    }
    run.rust_tests();
    if everything {
        run.doc_tests();
        run.simulation();
    }
    let took = run.steps.elapsed();
    run.summary.print(took, filters)
}

struct TestRun<'a> {
    project: &'a Project,
    filters: &'a [String],
    steps: Steps,
    summary: Summary,
}

impl TestRun<'_> {
    /// Does one step; a failure is shown at once and told to the caller, so that the run goes on.
    fn check(
        &mut self,
        title: &str,
        output: Output,
        work: impl FnOnce() -> Result<(), Failure>,
    ) -> bool {
        match self
            .steps
            .step(title, output, || work().map(|()| Done::Worked))
        {
            Ok(_) => true,
            Err(Failure::Step { cause, .. }) => {
                eprintln!("{cause}");
                false
            }
            Err(failure) => {
                eprintln!("{failure}");
                false
            }
        }
    }

    fn format(&mut self) {
        let job = Job::cargo(self.project).args(["fmt", "--all", "--check"]);
        let passed = self.check("Check the format of the Rust code", Output::Hidden, || {
            job.quiet(self.project, "format")
        });
        self.summary.checked("format", passed);
    }

    fn ui_types(&mut self) {
        let job = Job::npm(self.project, &self.project.root.join("ui")).args(["run", "typecheck"]);
        let passed = self.check("Check the types of the UI", Output::Hidden, || {
            job.quiet(self.project, "ui-types")
        });
        self.summary.checked("UI types", passed);
    }

    fn ui_tests(&mut self) {
        let report = self.project.logs().join("ui-tests.xml");
        let mut job = Job::npm(self.project, &self.project.root.join("ui"))
            .args([
                "test",
                "--silent",
                "--",
                "--reporter=default",
                "--reporter=junit",
            ])
            .args([format!("--outputFile.junit={}", report.display())]);
        if !self.filters.is_empty() {
            let pattern: Vec<String> = self
                .filters
                .iter()
                .map(|filter| escape_pattern(filter))
                .collect();
            job = job.args(["--passWithNoTests", "-t", &pattern.join("|")]);
        }
        let cases = self.reported("Test the UI's components", job, &report);
        self.summary
            .tested("UI tests", one_kind(&cases.found), cases.passed);
    }

    fn lints(&mut self) {
        let job = Job::cargo(self.project)
            .args(["clippy"])
            .args(SELECTION)
            .args(["--all-targets", "--", "-D", "warnings"]);
        let passed = self.check("Check the Rust code for lints", Output::Shown, || {
            job.shown()
        });
        self.summary.checked("lints", passed);
    }

    fn rust_tests(&mut self) {
        let cases = if on_path("cargo-nextest").is_some() {
            let report = self.project.target.join("nextest/default/junit.xml");
            let job = self
                .with_claude(
                    Job::cargo(self.project)
                        .args(["nextest", "run"])
                        .args(SELECTION),
                )
                .args(["--no-tests=pass"])
                .args(self.filters);
            self.reported("Run the Rust tests", job, &report)
        } else {
            eprintln!(
                "      note: cargo-nextest is not installed, so cargo test runs the tests (slower; cargo install --locked cargo-nextest)"
            );
            self.with_cargo_test()
        };
        let all_told = cases.passed
            || cases
                .found
                .iter()
                .any(|case| case.outcome == Outcome::Failed);
        for (kind, tally) in rust_kinds(&cases.found) {
            let passed = tally.failed.is_empty();
            self.summary.tested(&kind, tally, passed);
        }
        if !all_told {
            // It did not come to the tests: they did not compile, or the runner itself failed.
            self.summary.checked("Rust tests", false);
        }
    }

    fn with_cargo_test(&mut self) -> Found {
        let job = self
            .with_claude(Job::cargo(self.project).args(["test"]).args(SELECTION))
            .args(["--lib", "--bins", "--no-fail-fast", "--"])
            .args(self.filters);
        self.streamed("Run the Rust tests", "rust-tests", job)
    }

    fn doc_tests(&mut self) {
        let job = Job::cargo(self.project)
            .args(["test", "--doc", "--no-fail-fast"])
            .args(SELECTION);
        match doctests::any(&self.project.root) {
            Ok(true) => {
                let cases = self.streamed("Run the doc tests", "doc-tests", job);
                self.summary
                    .tested("doc tests", one_kind(&cases.found), cases.passed);
            }
            Ok(false) => {
                self.check("Run the doc tests (there are none)", Output::Hidden, || {
                    Ok(())
                });
            }
            Err(failure) => {
                let passed = self.check("Look for doc tests", Output::Hidden, || Err(failure));
                self.summary.checked("doc tests", passed);
            }
        }
    }

    /// Seeds' worlds, and the proof that the simulator finds faults.
    fn simulation(&mut self) {
        let worlds = simulate(self.project, &SEEDS);
        let passed = self.check("Simulate 10,000 worlds and more", Output::Shown, || {
            worlds.shown()
        });
        self.summary.checked("simulation", passed);
        let faults = simulate(self.project, &["--faults"]);
        let passed = self.check("Plant faults and catch them", Output::Shown, || {
            faults.shown()
        });
        self.summary.checked("planted faults", passed);
    }

    /// Journeys run the pinned CLI, whatever else is installed.
    fn with_claude(&self, job: Job) -> Job {
        match claude::pinned(&self.project.root) {
            Some(path) => job.env("ORCHESTRON_CLAUDE", path),
            None => job,
        }
    }

    /// Runs a runner that writes a JUnit report.
    fn reported(&mut self, title: &str, job: Job, report: &PathBuf) -> Found {
        let passed = self.check(title, Output::Shown, || {
            // A report of an earlier run must not be taken for this one's.
            match fs::remove_file(report) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Failure::File {
                        doing: "remove",
                        path: report.clone(),
                        source: error,
                    });
                }
                _ => {}
            }
            job.shown()
        });
        let found = fs::read_to_string(report)
            .map(|xml| read_junit(&xml))
            .unwrap_or_default();
        Found { passed, found }
    }

    /// Runs a runner whose printed lines are the report.
    fn streamed(&mut self, title: &str, log: &str, job: Job) -> Found {
        let mut reader = LibtestReader::default();
        let passed = self.check(title, Output::Shown, || {
            job.streamed(self.project, log, |line| reader.line(line))
        });
        Found {
            passed,
            found: reader.cases,
        }
    }
}

/// What a runner reported.
struct Found {
    passed: bool,
    found: Vec<Case>,
}

/// A filter is plain text, vitest wants a regular expression.
fn escape_pattern(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// One line per kind.
#[derive(Debug, Default)]
struct Summary {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    kind: String,
    passed: bool,
    tally: Option<Tally>,
}

impl Summary {
    fn checked(&mut self, kind: &str, passed: bool) {
        self.lines.push(Line {
            kind: kind.to_owned(),
            passed,
            tally: None,
        });
    }

    fn tested(&mut self, kind: &str, tally: Tally, passed: bool) {
        self.lines.push(Line {
            kind: kind.to_owned(),
            passed: passed && tally.failed.is_empty(),
            tally: Some(tally),
        });
    }

    fn print(&self, took: Duration, filters: &[String]) -> Result<(), Failure> {
        let ran: usize = self
            .lines
            .iter()
            .filter_map(|line| line.tally.as_ref())
            .map(|t| t.passed + t.failed.len())
            .sum();
        let failed: Vec<String> = self
            .lines
            .iter()
            .filter(|line| !line.passed)
            .map(|line| line.kind.clone())
            .collect();
        if !filters.is_empty() && ran == 0 && failed.is_empty() {
            return Err(Failure::NothingMatches {
                filters: filters.to_vec(),
            });
        }
        println!("\nSummary");
        for line in &self.lines {
            println!("  {:<14} {}", line.kind, line.describe(!filters.is_empty()));
        }
        let took = format!("{} min {:02} s", took.as_secs() / 60, took.as_secs() % 60);
        let tests = format!("{ran} test{}", if ran == 1 { "" } else { "s" });
        if failed.is_empty() {
            println!("Everything passed: {tests} in {took}.");
            return Ok(());
        }
        println!("Not everything passed: {tests} in {took}.");
        Err(Failure::ChecksFailed { kinds: failed })
    }
}

impl Line {
    fn describe(&self, filtered: bool) -> String {
        let Some(tally) = &self.tally else {
            return if self.passed { "passed" } else { "FAILED" }.to_owned();
        };
        let mut text = format!("{} passed", tally.passed);
        if tally.skipped > 0 && !filtered {
            text.push_str(&format!(", {} ignored", tally.skipped));
        }
        if !tally.failed.is_empty() {
            text.push_str(&format!(
                ", {} FAILED: {}",
                tally.failed.len(),
                tally.failed.join(", ")
            ));
        } else if !self.passed {
            text.push_str(", FAILED to run");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: usize, failed: &[&str], skipped: usize) -> Tally {
        Tally {
            passed,
            failed: failed.iter().map(|name| (*name).to_owned()).collect(),
            skipped,
        }
    }

    #[test]
    fn a_line_names_what_failed() {
        let mut summary = Summary::default();
        summary.tested("journeys", tally(3, &["journeys::approve"], 1), false);
        summary.tested("window", tally(2, &[], 0), true);
        summary.tested("UI tests", tally(0, &[], 0), false);
        summary.checked("lints", true);
        let lines: Vec<String> = summary
            .lines
            .iter()
            .map(|line| line.describe(false))
            .collect();
        assert_eq!(
            lines,
            [
                "3 passed, 1 ignored, 1 FAILED: journeys::approve",
                "2 passed",
                "0 passed, FAILED to run",
                "passed"
            ]
        );
    }

    #[test]
    fn the_summary_fails_with_the_kinds_that_failed() {
        let mut summary = Summary::default();
        summary.tested("journeys", tally(3, &["x"], 0), true);
        summary.checked("format", false);
        summary.checked("lints", true);
        let Err(Failure::ChecksFailed { kinds }) = summary.print(Duration::ZERO, &[]) else {
            panic!("it passed")
        };
        assert_eq!(kinds, ["journeys", "format"]);
    }

    #[test]
    fn filters_that_match_nothing_are_a_failure_and_no_filters_are_not() {
        let filters = ["nothing".to_owned()];
        let mut summary = Summary::default();
        summary.tested("unit tests", tally(0, &[], 9), true);
        assert!(matches!(
            summary.print(Duration::ZERO, &filters),
            Err(Failure::NothingMatches { .. })
        ));
        assert!(summary.print(Duration::ZERO, &[]).is_ok());
    }

    #[test]
    fn filters_reach_vitest_as_plain_text() {
        assert_eq!(escape_pattern("a.b (c) d|é"), "a\\.b \\(c\\) d\\|é");
    }
}
