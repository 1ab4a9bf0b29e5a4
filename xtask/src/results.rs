//! What test runners report, as counts per kind of test.
//!
//! nextest and vitest write JUnit files; `cargo test` prints lines. All become [`Case`]s.

use std::collections::BTreeMap;

/// How one test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// It was not run.
    Skipped,
}

/// One test of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The package (cargo) or file (vitest) it belongs to.
    pub group: String,
    /// Its name within the group.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// Counts of one kind of test.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many passed.
    pub passed: usize,
    /// The names of those that failed.
    pub failed: Vec<String>,
    /// How many were not run.
    pub skipped: usize,
}

impl Tally {
    /// Counts one test.
    pub fn add(&mut self, case: &Case) {
        match case.outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed.push(case.name.clone()),
            Outcome::Skipped => self.skipped += 1,
        }
    }
}

/// Counts a run of all Rust tests per kind: the top module of `orchestron-tests` (journeys, window, browser, …),
/// and one kind for the unit tests of all crates.
pub fn rust_kinds(cases: &[Case]) -> BTreeMap<String, Tally> {
    let mut kinds: BTreeMap<String, Tally> = BTreeMap::new();
    for case in cases {
        let kind = match (case.group.as_str(), case.name.split_once("::")) {
            ("orchestron-tests", Some((module, _))) if module != "tests" => {
                module.replace('_', " ")
            }
            _ => "unit tests".to_owned(),
        };
        kinds.entry(kind).or_default().add(case);
    }
    kinds
}

/// Counts all cases as one kind.
pub fn one_kind(cases: &[Case]) -> Tally {
    let mut tally = Tally::default();
    cases.iter().for_each(|case| tally.add(case));
    tally
}

/// Reads a JUnit file. Anything that is not a test case is passed over.
pub fn read_junit(xml: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut suite = String::new();
    for tag in tags(xml) {
        let name_end = tag
            .find(|c: char| c.is_whitespace() || c == '/')
            .unwrap_or(tag.len());
        match &tag[..name_end] {
            "testsuite" => suite = attribute(tag, "name").unwrap_or_default(),
            "testcase" => cases.push(Case {
                // nextest calls a suite by package and binary: orchestron-cli::bin/orchestron.
                group: suite.split("::").next().unwrap_or_default().to_owned(),
                name: attribute(tag, "name").unwrap_or_default(),
                outcome: Outcome::Passed,
            }),
            "failure" | "error" => set_outcome(&mut cases, Outcome::Failed),
            "skipped" => set_outcome(&mut cases, Outcome::Skipped),
            _ => {}
        }
    }
    cases
}

fn set_outcome(cases: &mut [Case], outcome: Outcome) {
    if let Some(case) = cases.last_mut() {
        case.outcome = outcome;
    }
}

/// The inside of every tag, `<` and `>` not included. Output of tests may look like tags inside CDATA.
fn tags(xml: &str) -> impl Iterator<Item = &str> {
    let mut rest = xml;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find('<')? + 1..];
            if let Some(data) = rest.strip_prefix("![CDATA[") {
                rest = &data[data.find("]]>")? + 3..];
            } else if let Some(comment) = rest.strip_prefix("!--") {
                rest = &comment[comment.find("-->")? + 3..];
            } else {
                let tag = &rest[..tag_end(rest)?];
                rest = &rest[tag.len()..];
                return Some(tag);
            }
        }
    })
}

/// Where a tag ends: the first `>` outside of quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    let value = &value[..value.find('"')?];
    // The ampersand last, so that what it protects is not replaced again.
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    )
}

/// Reads what `cargo test` prints, line by line.
#[derive(Debug, Default)]
pub struct LibtestReader {
    group: String,
    /// What has been read so far.
    pub cases: Vec<Case>,
}

impl LibtestReader {
    /// Takes in one line.
    pub fn line(&mut self, line: &str) {
        let line = line.trim();
        if let Some(binary) = line.strip_prefix("Running ") {
            self.group = package_of_binary(binary);
        } else if let Some(package) = line.strip_prefix("Doc-tests ") {
            self.group = package.replace('_', "-");
        } else if let Some((name, outcome)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.rsplit_once(" ... "))
        {
            let outcome = match outcome {
                "ok" => Outcome::Passed,
                _ if outcome.starts_with("FAILED") => Outcome::Failed,
                _ if outcome.starts_with("ignored") => Outcome::Skipped,
                _ => return,
            };
            let name = name
                .strip_suffix(" - should panic")
                .unwrap_or(name)
                .to_owned();
            self.cases.push(Case {
                group: self.group.clone(),
                name,
                outcome,
            });
        }
    }
}

/// `unittests src/lib.rs (target/debug/deps/orchestron_domain-0a1b)` → `orchestron-domain`.
fn package_of_binary(text: &str) -> String {
    let path = text
        .rsplit_once('(')
        .map_or(text, |(_, path)| path.trim_end_matches(')'));
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    file.rsplit_once('-')
        .map_or(file, |(name, _)| name)
        .replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(group: &str, name: &str, outcome: Outcome) -> Case {
        Case {
            group: group.to_owned(),
            name: name.to_owned(),
            outcome,
        }
    }

    #[test]
    fn a_nextest_report_is_read() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="nextest-run" tests="4" failures="1">
    <testsuite name="orchestron-domain" tests="2">
        <testcase name="task::keeps &quot;a &lt; b&quot;" classname="orchestron-domain" time="0.01"/>
        <testcase name="task::breaks" time="0.02"><failure message="a > b">x</failure>
            <system-out>&lt;testcase name=</system-out><system-err><![CDATA[<testcase name="fake"><failure>]]></system-err></testcase>
    </testsuite>
    <!-- <testcase name="not this one"/> -->
    <testsuite name="orchestron-cli::bin/orchestron"><testcase name="args" ><flakyFailure/></testcase><testcase name="slow"><skipped/></testcase></testsuite>
</testsuites>"#;
        let expected = [
            case(
                "orchestron-domain",
                "task::keeps \"a < b\"",
                Outcome::Passed,
            ),
            case("orchestron-domain", "task::breaks", Outcome::Failed),
            case("orchestron-cli", "args", Outcome::Passed),
            case("orchestron-cli", "slow", Outcome::Skipped),
        ];
        assert_eq!(read_junit(xml), expected);
    }

    #[test]
    fn a_report_cut_short_gives_what_is_whole() {
        assert_eq!(
            read_junit("<testsuite name=\"a\"><testcase name=\"b\"/><testcase nam"),
            [case("a", "b", Outcome::Passed)]
        );
        assert_eq!(read_junit(""), []);
        assert_eq!(read_junit("<![CDATA["), []);
    }

    #[test]
    fn the_lines_of_cargo_test_are_read() {
        let mut reader = LibtestReader::default();
        let text = "
     Running unittests src/lib.rs (target/debug/deps/orchestron_domain-0a1b)
running 3 tests
test task::keeps ... ok
test task::panics - should panic ... ok
test task::breaks ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out
     Running unittests src/main.rs (C:\\target\\debug\\deps\\orchestron_tests-0a1b.exe)
test journeys::real ... ignored, needs the network
   Doc-tests orchestron_engine
test crates/engine/src/lib.rs - step (line 12) ... ok
test crates/engine/src/lib.rs - (line 3) - compile ... ok";
        text.lines().for_each(|line| reader.line(line));
        let expected = [
            case("orchestron-domain", "task::keeps", Outcome::Passed),
            case("orchestron-domain", "task::panics", Outcome::Passed),
            case("orchestron-domain", "task::breaks", Outcome::Failed),
            case("orchestron-tests", "journeys::real", Outcome::Skipped),
            case(
                "orchestron-engine",
                "crates/engine/src/lib.rs - step (line 12)",
                Outcome::Passed,
            ),
            case(
                "orchestron-engine",
                "crates/engine/src/lib.rs - (line 3) - compile",
                Outcome::Passed,
            ),
        ];
        assert_eq!(reader.cases, expected);
    }

    #[test]
    fn kinds_are_the_top_modules_of_the_tests_package() {
        let cases = [
            case("orchestron-domain", "journeys::not_one", Outcome::Passed),
            case("orchestron-tests", "journeys::approve", Outcome::Passed),
            case("orchestron-tests", "journeys::reject", Outcome::Failed),
            case("orchestron-tests", "tests::own", Outcome::Passed),
            case("orchestron-tests", "the_house::arrows", Outcome::Skipped),
        ];
        let kinds = rust_kinds(&cases);
        assert_eq!(
            kinds.keys().collect::<Vec<_>>(),
            ["journeys", "the house", "unit tests"]
        );
        assert_eq!(kinds["unit tests"].passed, 2);
        assert_eq!(
            kinds["journeys"],
            Tally {
                passed: 1,
                failed: vec!["journeys::reject".to_owned()],
                skipped: 0
            }
        );
        assert_eq!(kinds["the house"].skipped, 1);
        assert_eq!(one_kind(&cases).passed, 3);
    }
}
