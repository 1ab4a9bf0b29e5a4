//! Commits that people make: which task they name, what was checked before them, and what follows from a check that failed.
//!
//! The engine's own commits are not told here: those are `Committed`.

use crate::{
    Command, Event, Fact, Gate, Leg, State, Status, TaskId, Time, conflict::Pattern,
    decide::send_back, state::Step, task_file::fenced,
};
use serde::{Deserialize, Serialize};

/// Commits kept in mind for each task; older ones are in the log.
const KEPT: usize = 30;
/// Ids that one text can name; the rest of it is a list, not a message.
const MOST_NAMED: usize = 20;

/// A commit that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCommit {
    /// Its id.
    pub commit: crate::CommitId,
    /// The first line of its message.
    pub subject: String,
    /// The branch it was made on; none on none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Whose name it bears.
    pub author: String,
    /// When it was made.
    pub at: Time,
    /// The checks before it were left out (`git commit --no-verify`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchecked: bool,
}

/// How a gate ended that was run before a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The gate.
    pub gate: String,
    /// Whether it passed.
    pub passed: bool,
    /// How it ended, in words: `exit code 1`.
    pub end: String,
    /// The useful end of its output; empty when it passed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Task ids in a text, each once, in order: whole words only, so that `XTASK-1` and `TASK-1x` are none.
#[must_use]
pub fn ids_in(text: &str) -> Vec<TaskId> {
    let mut found = Vec::new();
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    for word in words {
        if let Some(id) = id_of_word(word)
            && !found.contains(&id)
        {
            found.push(id);
        }
        if found.len() >= MOST_NAMED {
            break;
        }
    }
    found
}

/// `TASK-7`, also with more behind it: `TASK-7-login`.
fn id_of_word(word: &str) -> Option<TaskId> {
    let (prefix, rest) = word.split_once('-')?;
    let number = rest.split('-').next()?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{prefix}-{number}").parse().ok()
}

/// The task that a branch's name tells: `task/TASK-001-slug`, `feature/task-7-login`.
#[must_use]
pub fn task_of_branch(branch: &str) -> Option<TaskId> {
    let parts = branch.split('/').rev();
    let mut named = parts.filter_map(|part| {
        let (prefix, rest) = part.split_once('-')?;
        id_of_word(&format!("{}-{rest}", prefix.to_ascii_uppercase()))
    });
    named.next()
}

/// The gates that must pass before a commit of these files: those whose `files` mean one of them. A gate that names no files is about
/// all of them. What lies below `.mcp/` is no work.
#[must_use]
pub fn needed<'a>(gates: &'a [Gate], files: &[String]) -> Vec<&'a Gate> {
    let work: Vec<&str> = files
        .iter()
        .map(String::as_str)
        .filter(|file| !file.starts_with(".mcp/") && !file.contains("/.mcp/"))
        .collect();
    let is_about =
        |gate: &&Gate| gate.at_commit && work.iter().any(|file| means(&gate.files, file));
    gates.iter().filter(is_about).collect()
}

/// Whether a list of patterns means a file; `!pattern` takes out what others before it mean.
fn means(patterns: &[String], file: &str) -> bool {
    let all_take_out = patterns.iter().all(|entry| entry.starts_with('!'));
    let mut meant = patterns.is_empty() || all_take_out;
    for entry in patterns {
        let (takes_out, entry) = match entry.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, entry.as_str()),
        };
        // `*.rs` means such files in any folder, as it does in .gitignore.
        let anywhere = (!entry.contains('/')).then(|| format!("**/{entry}"));
        let covers = |entry: &str| Pattern::parse(entry).is_some_and(|found| found.covers(file));
        if covers(entry) || anywhere.as_deref().is_some_and(covers) {
            meant = !takes_out;
        }
    }
    meant
}

/// Boxes that a passed gate ticks: those that name it (its command in backticks, or `gate NAME`), and those it is told to.
#[must_use]
pub fn ticked_by(gate: &Gate, text: &str) -> bool {
    let lower = text.to_lowercase();
    text.contains(&format!("`{}`", gate.run.trim()))
        || lower.contains(&format!("gate {}", gate.name.to_lowercase()))
        || gate
            .ticks
            .iter()
            .any(|wanted| wanted.trim().to_lowercase() == lower.trim())
}

/// Changes `state` by a fact about commits.
pub(crate) fn apply(state: &mut State, event: &Event) {
    let Fact::CommitSeen {
        task: Some(task),
        seen,
    } = &event.fact
    else {
        return;
    };
    let Some(found) = state.tasks.get_mut(task) else {
        return;
    };
    found.commits.retain(|known| known.commit != seen.commit);
    found.commits.push(seen.clone());
    let over = found.commits.len().saturating_sub(KEPT);
    found.commits.drain(..over);
    found.went_on = Some(event.at);
}

/// A check before a commit failed: the task goes back with feedback. It counts as no failed try: nothing was handed in.
pub(crate) fn decide(state: &State, event: &Event, now: Time) -> Vec<Command> {
    let Fact::CommitChecked { task, checks } = &event.fact else {
        return Vec::new();
    };
    let failed: Vec<&Check> = checks.iter().filter(|check| !check.passed).collect();
    let Some(first) = failed.first() else {
        return Vec::new();
    };
    let with_its_holder = matches!(
        state.step(task),
        Step::Idle
            | Step::Held {
                leg: Leg::Implement,
                ..
            }
    );
    if state.status(task) != Some(Status::InProgress) || !with_its_holder {
        return Vec::new();
    }
    let why = format!("gate {} before a commit: {}", first.gate, first.end);
    vec![send_back(
        state,
        task,
        Status::InProgress,
        &why,
        "the checks before a commit",
        body(state, &failed),
        None,
        false,
        now,
    )]
}

fn body(state: &State, failed: &[&Check]) -> String {
    let mut text = String::from(
        "These checks failed before a commit, so it was not made. What was to be committed is in the working tree as it was.\n",
    );
    for check in failed {
        let gate = state
            .config
            .gates
            .iter()
            .find(|gate| gate.name == check.gate);
        let command = gate.map_or("", |gate| gate.run.as_str());
        text.push_str(&format!(
            "\nThe gate `{}` did not pass: {}.\n\nCommand: `{command}`\n\nEnd of its output:\n\n{}\n",
            check.gate,
            check.end,
            fenced("text", &check.tail)
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{ids_in, means, needed, task_of_branch, ticked_by};
    use crate::Gate;

    fn gate(name: &str, files: &[&str]) -> Gate {
        Gate {
            name: name.into(),
            run: format!("check {name}"),
            files: files.iter().map(|text| (*text).to_owned()).collect(),
            ..Gate::default()
        }
    }

    #[test]
    fn ids_are_whole_words() {
        let text =
            "TASK-7: fix (see TASK-007, WEB2-12) XTASK1 TASK-x ATASK-8b TASK-9\n\nTask: TASK-10";
        let found: Vec<_> = ids_in(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["TASK-007", "WEB2-012", "TASK-009", "TASK-010"]);
        assert!(ids_in("utf-8 sha-256 x86-64").is_empty());
    }

    #[test]
    fn a_branch_tells_its_task() {
        for (branch, task) in [
            ("task/TASK-001-slug", Some("TASK-001")),
            ("feature/task-7-login", Some("TASK-007")),
            ("TASK-7", Some("TASK-007")),
            ("main", None),
            ("release-2", Some("RELEASE-002")), // no such task: whoever asks looks it up
            ("fix/utf8-thing", None),
        ] {
            let found = task_of_branch(branch).map(|task| task.to_string());
            assert_eq!(found.as_deref(), task, "{branch}");
        }
    }

    #[test]
    fn only_gates_that_the_files_need_are_run() {
        let mut gates = vec![
            gate("all", &[]),
            gate("rust", &["*.rs", "Cargo.toml"]),
            gate("ui", &["ui/**", "!ui/**/*.md"]),
            gate("slow", &[]),
        ];
        gates[3].at_commit = false;
        let run = |files: &[&str]| {
            let files: Vec<String> = files.iter().map(|text| (*text).to_owned()).collect();
            let found = needed(&gates, &files);
            found
                .iter()
                .map(|gate| gate.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(run(&["crates/a/src/lib.rs"]), ["all", "rust"]);
        assert_eq!(run(&["ui/src/app.tsx"]), ["all", "ui"]);
        assert_eq!(run(&["ui/docs/x.md"]), ["all"]);
        assert!(run(&[".mcp/tasks/ready/TASK-001-x.md"]).is_empty());
        assert!(run(&[]).is_empty());
        assert!(means(&["!docs/".into()], "src/a.rs"));
        assert!(!means(&["!docs/".into()], "docs/a.md"));
    }

    #[test]
    fn a_box_is_ticked_by_the_gate_it_names() {
        let mut tests = gate("tests", &[]);
        tests.run = "npm test".into();
        tests.ticks = vec!["All tests pass".into()];
        assert!(ticked_by(&tests, "`npm test` passes"));
        assert!(ticked_by(&tests, "The gate tests is green"));
        assert!(ticked_by(&tests, "all tests pass"));
        assert!(!ticked_by(&tests, "Documentation updated"));
    }
}
