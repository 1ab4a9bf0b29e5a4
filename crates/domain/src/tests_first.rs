//! Test-driven work: a task may name tests that must fail before the work and pass after it. Both are gates of that task, checked when it
//! is submitted, with their receipts; the first one at the commit the work began from, with the tests of now laid over it.
//!
//! The tests' names come from a task file and are never more than one quoted word of the command that the person accepted.

use crate::{CommitId, Gate, State, TaskId, config::Tests};

/// The gate that sees them fail.
pub const BEFORE: &str = "tests (before)";
/// The gate that sees them pass.
pub const AFTER: &str = "tests (after)";

impl State {
    /// The gates of a task: those of its own tests, then those of the project.
    #[must_use]
    pub fn gates_of(&self, task: &TaskId) -> Vec<Gate> {
        let names = self
            .cards
            .get(task)
            .map_or(&[][..], |card| card.tests.as_slice());
        let mut gates = Vec::new();
        if let Some(tests) = self.config.tests.as_ref().filter(|_| !names.is_empty()) {
            let place = self.tasks.get(task).and_then(|found| found.place.as_ref());
            let base = place
                .filter(|place| place.branch.is_some())
                .and_then(|place| place.base.as_ref());
            // Without git there is nothing left of how it was before.
            if let Some(base) = base.filter(|base| is_plain(base)) {
                gates.push(gate(BEFORE, before(tests, names, base), tests, names));
            }
            gates.push(gate(AFTER, after(tests, names), tests, names));
        }
        gates.extend(self.config.gates.iter().cloned());
        gates
    }
}

/// The same in words: what is run of a task's own tests is a script that nobody wants to read.
#[must_use]
pub fn told(state: &State, task: &TaskId) -> Vec<Gate> {
    let run = state
        .config
        .tests
        .as_ref()
        .map_or("", |tests| tests.run.as_str());
    let in_words = |gate: Gate| match gate.name.as_str() {
        BEFORE => Gate {
            run: format!(
                "{run}  # each test under ## Tests must FAIL with the files of the commit the work began from and the tests of now"
            ),
            ..gate
        },
        AFTER => Gate {
            run: format!("{run}  # each test under ## Tests must pass"),
            ..gate
        },
        _ => gate,
    };
    state.gates_of(task).into_iter().map(in_words).collect()
}

fn gate(name: &str, run: String, tests: &Tests, names: &[String]) -> Gate {
    let count = u64::try_from(names.len()).unwrap_or(u64::MAX);
    Gate {
        name: name.to_owned(),
        run,
        timeout_s: tests.timeout_s.saturating_mul(count),
        at_commit: false,
        ..Gate::default()
    }
}

fn is_plain(base: &CommitId) -> bool {
    !base.0.is_empty() && base.0.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// One word of the shell, whatever it says.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn command(tests: &Tests, name: &str) -> String {
    tests.run.replace("${test}", &quoted(name))
}

fn after(tests: &Tests, names: &[String]) -> String {
    let mut script = String::from("failed=0\n");
    for name in names {
        let (word, command) = (quoted(name), command(tests, name));
        script.push_str(&format!(
            "printf '== %s\\n' {word}\n(\n{command}\n) </dev/null || {{ printf 'This test must pass, and does not: %s\\n' {word}; failed=1; }}\n"
        ));
    }
    script.push_str("exit $failed\n");
    script
}

/// The files of the commit the work began from lie in a folder of their own, with the tests of now over them, and links to what git
/// ignores (packages, build output). The worktree, its index and the repository's worktrees are not touched.
fn before(tests: &Tests, names: &[String], base: &CommitId) -> String {
    let base = &base.0;
    let specs = pathspecs(tests, names);
    let mut script = format!(
        "top=$(git rev-parse --show-toplevel) && prefix=$(git rev-parse --show-prefix) && dir=$(mktemp -d) || exit 2\n\
         trap 'rm -rf \"$dir\"' EXIT\n\
         cd \"$top\" || exit 2\n\
         GIT_INDEX_FILE=\"$dir/then\" git read-tree {base} && GIT_INDEX_FILE=\"$dir/then\" git checkout-index -a --prefix=\"$dir/t/\" || exit 2\n\
         GIT_INDEX_FILE=\"$dir/now\" git read-tree HEAD || exit 2\n\
         ( cd \"./$prefix\" && git diff --name-only -z --no-renames --diff-filter=ACM {base} HEAD -- {specs} ) >\"$dir/names\" || exit 2\n\
         GIT_INDEX_FILE=\"$dir/now\" git checkout-index -f -z --stdin --prefix=\"$dir/t/\" <\"$dir/names\" || exit 2\n\
         git ls-files --others --ignored --exclude-standard --directory | while IFS= read -r path; do\n  path=${{path%/}}\n  [ -e \"$dir/t/$path\" ] || {{ mkdir -p \"$(dirname \"$dir/t/$path\")\" && ln -s \"$top/$path\" \"$dir/t/$path\"; }}\ndone\n\
         cd \"$dir/t/$prefix\" || exit 2\nfailed=0\n"
    );
    for name in names {
        let (word, command) = (quoted(name), command(tests, name));
        script.push_str(&format!(
            "printf '== %s, before the work\\n' {word}\nif (\n{command}\n) </dev/null; then printf 'This test must fail without the work, and passes at {base}: %s\\n' {word}; failed=1; else printf 'It fails at {base}, as it must.\\n'; fi\n"
        ));
    }
    script.push_str("exit $failed\n");
    script
}

/// What counts as a test's file: what the configuration says, and each test that is named by its file.
fn pathspecs(tests: &Tests, names: &[String]) -> String {
    let mut specs: Vec<String> = Vec::new();
    for entry in &tests.files {
        let (takes_out, path) = match entry.strip_prefix('!') {
            Some(path) => (true, path),
            None => (false, entry.as_str()),
        };
        let magic = if takes_out {
            ":(exclude,glob)"
        } else {
            ":(glob)"
        };
        let path = path.trim_start_matches("./");
        match path.strip_suffix('/') {
            Some(folder) => specs.push(format!("{magic}{folder}/**")),
            None if path.contains('/') => {
                specs.push(format!("{magic}{path}"));
                specs.push(format!("{magic}{path}/**"));
            }
            None => {
                specs.push(format!("{magic}**/{path}"));
                specs.push(format!("{magic}**/{path}/**"));
            }
        }
    }
    for name in names {
        let file = name.split("::").next().unwrap_or(name);
        if file.contains(['/', '.']) && !file.contains(' ') {
            specs.push(format!(":(literal){file}"));
        }
    }
    if specs.iter().all(|spec| spec.starts_with(":(exclude")) {
        // Nothing is laid over: a pattern that means nothing keeps git from taking all.
        specs.insert(0, ":(literal).orchestron-no-tests".to_owned());
    }
    specs
        .iter()
        .map(|spec| quoted(spec))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::{AFTER, BEFORE, after, pathspecs};
    use crate::{
        Gate, State, Status, TaskId, Time,
        config::Tests,
        state::{Place, Progress},
    };

    fn tests() -> Tests {
        Tests {
            run: "npm test -- ${test}".into(),
            timeout_s: 60,
            files: vec!["tests/".into(), "*.test.js".into(), "!tests/slow/**".into()],
        }
    }

    #[test]
    fn a_name_is_never_more_than_a_word() {
        let script = after(&tests(), &["it's; rm -rf /".to_owned()]);
        assert!(
            script.contains("npm test -- 'it'\\''s; rm -rf /'\n"),
            "{script}"
        );
    }

    #[test]
    fn files_of_tests_are_told_to_git() {
        let specs = pathspecs(
            &tests(),
            &["src/a.test.js".to_owned(), "login works".to_owned()],
        );
        assert_eq!(
            specs,
            "':(glob)tests/**' ':(glob)**/*.test.js' ':(glob)**/*.test.js/**' ':(exclude,glob)tests/slow/**' ':(exclude,glob)tests/slow/**/**' ':(literal)src/a.test.js'"
        );
        let none = Tests {
            files: Vec::new(),
            ..tests()
        };
        assert_eq!(
            pathspecs(&none, &["login works".to_owned()]),
            "':(literal).orchestron-no-tests'"
        );
    }

    #[test]
    fn a_task_has_gates_of_its_own_before_those_of_the_project() {
        let task: TaskId = "TASK-1".parse().unwrap();
        let mut state = State::default();
        state.config.gates = vec![Gate {
            name: "lint".into(),
            ..Gate::default()
        }];
        state.config.tests = Some(tests());
        let file = crate::task_file::TaskFile::parse(
            b"# Task: TASK-001 - x\n\n## Tests\n- `a.test.js`\n- login works\n",
        )
        .unwrap();
        state
            .cards
            .insert(task.clone(), file.card(Status::InProgress));
        let names = |state: &State| {
            state
                .gates_of(&task)
                .into_iter()
                .map(|gate| gate.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&state), [AFTER, "lint"], "without git");
        let mut progress = Progress::new(Status::InProgress, Time(0));
        progress.place = Some(Place {
            path: "/t".into(),
            branch: Some("task/TASK-001-x".into()),
            base: Some("12ab".into()),
        });
        state.tasks.insert(task.clone(), progress);
        assert_eq!(names(&state), [BEFORE, AFTER, "lint"]);
        assert_eq!(state.gates_of(&task)[1].timeout_s, 120);
        state.config.tests = None;
        assert_eq!(names(&state), ["lint"]);
    }
}
