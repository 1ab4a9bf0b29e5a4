//! Task files as people and editors leave them: changed at any time, sometimes broken. What is broken is shown with file,
//! line and cure, and never touched.

use super::{does, quiet_shop};
use crate::environment::{TestEnvironment, file_of};
use serde_json::Value;
use std::{fs, os::unix::fs::symlink, path::PathBuf, time::Duration};

const SOON: Duration = Duration::from_secs(20);

/// Largest file that is read here as a whole; the one larger than this is looked at by its size.
const BIG: u64 = 50 * 1024 * 1024;

struct Broken {
    path: PathBuf,
    name: &'static str,
    bytes: Vec<u8>,
}

fn broken(env: &TestEnvironment) -> Vec<Broken> {
    let files: [(&str, &[u8]); 7] = [
        (
            "ready/TASK-010-bytes.md",
            b"# Task: TASK-010 - bad \xff bytes\n",
        ),
        (
            "ready/TASK-011-merge.md",
            b"# Task: TASK-011 - merge\n\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> x\n",
        ),
        ("ready/TASK-012-none.md", b"no heading\n"),
        ("ready/TASK-013-up.md", b"# Task: TASK-../013 - up\n"),
        ("ready/TASK-014-one.md", b"# Task: TASK-014 - one\n"),
        ("pending/TASK-014-two.md", b"# Task: TASK-014 - two\n"),
        ("ready/TASK-015-empty.md", b""),
    ];
    files
        .into_iter()
        .map(|(name, bytes)| {
            let path = env.project().join(".mcp/tasks").join(name);
            fs::write(&path, bytes).expect("a file");
            Broken {
                path,
                name,
                bytes: bytes.to_vec(),
            }
        })
        .collect()
}

#[test]
fn broken_files_are_shown_with_line_and_cure_and_stay_as_they_are() {
    let env = quiet_shop();
    does(&env, &["create", "A good one"]);
    let files = broken(&env);
    let big = env.project().join(".mcp/tasks/ready/TASK-016-big.md");
    fs::File::create(&big)
        .and_then(|file| file.set_len(BIG))
        .expect("a big file");
    let secret = env.root().join("outside.md");
    fs::write(&secret, "# Task: TASK-017 - outside\n").expect("a file");
    let link = env.project().join(".mcp/tasks/ready/TASK-017-link.md");
    symlink(&secret, &link).expect("a link");

    let status = env.json(&["status"]);
    let problems = status["problems"].as_array().expect("problems");
    for (name, line, what) in [
        ("TASK-010-bytes.md", Some(1), "the text is not UTF-8"),
        (
            "TASK-011-merge.md",
            Some(3),
            "a merge conflict is not resolved",
        ),
        ("TASK-012-none.md", None, "there is no task heading"),
        ("TASK-013-up.md", Some(1), "`TASK-../013` is no task id"),
        ("TASK-014-one.md", None, "the id TASK-014 is used twice"),
        ("TASK-014-two.md", None, "the id TASK-014 is used twice"),
        ("TASK-015-empty.md", None, "the file is empty"),
        ("TASK-016-big.md", None, "the file is too large"),
        ("TASK-017-link.md", None, "it is a symbolic link"),
    ] {
        let found = problems.iter().find(|problem| {
            problem["path"]
                .as_str()
                .is_some_and(|path| path.ends_with(name))
        });
        let found = found.unwrap_or_else(|| panic!("{name} is not among {problems:#?}"));
        assert!(
            found["what"]
                .as_str()
                .is_some_and(|text| text.starts_with(what)),
            "{found}"
        );
        assert_eq!(
            found["line"],
            line.map_or(Value::Null, Value::from),
            "{found}"
        );
        assert!(
            found["cure"].as_str().is_some_and(|cure| !cure.is_empty()),
            "{found}"
        );
    }
    assert_eq!(problems.len(), 9, "{problems:#?}");
    for verb in ["status", "list", "doctor"] {
        let done = env.orchestron(&[verb]);
        assert!(
            done.stdout
                .contains(".mcp/tasks/ready/TASK-011-merge.md:3: a merge conflict is not resolved"),
            "{done}"
        );
        assert!(
            done.stdout.contains("Choose between the two versions"),
            "{done}"
        );
    }

    // Nothing works with them, everything else goes on, and with an engine it is the same.
    for task in ["TASK-10", "TASK-11", "TASK-12", "TASK-14", "TASK-17"] {
        assert_eq!(
            env.orchestron(&["claim", task, "--agent", "cursor"]).code,
            1,
            "{task}"
        );
    }
    let engine = env.engine();
    does(&env, &["prep", "TASK-1"]);
    env.wait_for_status("TASK-001", "ready", SOON);
    does(&env, &["create", "After them"]);
    engine.stop();
    for file in &files {
        assert_eq!(
            fs::read(&file.path).expect("still there"),
            file.bytes,
            "{}",
            file.name
        );
    }
    assert_eq!(fs::metadata(&big).expect("still there").len(), BIG);
    assert!(link.is_symlink());
    assert_eq!(
        fs::read_to_string(&secret).expect("still there"),
        "# Task: TASK-017 - outside\n"
    );
    assert_eq!(
        env.json(&["create", "Not an id of theirs"])["task"],
        "TASK-019"
    );
}

#[test]
fn tasks_that_nobody_would_see_are_told_of() {
    let env = quiet_shop();
    let tasks = env.project().join(".mcp/tasks");
    fs::create_dir(tasks.join("in_progress")).expect("a folder");
    for (path, task) in [
        ("in_progress/TASK-001-a.md", "TASK-001"),
        ("TASK-002-b.md", "TASK-002"),
    ] {
        fs::write(tasks.join(path), format!("# Task: {task} - Lost\n")).expect("a file");
    }
    for (verb, code) in [("list", 0), ("status", 0), ("doctor", 7)] {
        let told = env.orchestron(&[verb]);
        assert_eq!(told.code, code, "{told}");
        for words in [
            "`in_progress` is no status, so nobody sees the task in it",
            "mv .mcp/tasks/in_progress/*.md .mcp/tasks/in-progress/",
            ".mcp/tasks/TASK-002-b.md: it lies in no folder of a status",
        ] {
            assert!(told.stdout.contains(words), "{verb}: {words}: {told}");
        }
    }
    // What only a person can mend is no agreement.
    let fixed = env.orchestron(&["doctor", "--fix"]);
    assert_eq!(fixed.code, 7, "{fixed}");
    assert!(!fixed.stdout.contains("Everything agrees"), "{fixed}");
    assert!(
        fixed.stdout.contains("`in_progress` is no status"),
        "{fixed}"
    );
    let misplaced = || {
        let fixed = env.orchestron(&["doctor", "--fix", "--json"]).json();
        let left = fixed["data"]["left"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        left.iter()
            .filter(|one| one["about"] == "task files")
            .count()
    };
    assert_eq!(misplaced(), 2);
    fs::rename(
        tasks.join("TASK-002-b.md"),
        tasks.join("ready/TASK-002-b.md"),
    )
    .expect("moved");
    fs::remove_dir_all(tasks.join("in_progress")).expect("removed");
    assert_eq!(misplaced(), 0);
    assert!(env.orchestron(&["list"]).stdout.contains("TASK-002"));
}

#[test]
fn slips_in_a_task_file_stop_nothing_and_are_told_by_show_and_doctor() {
    let env = quiet_shop();
    let path = env.project().join(".mcp/tasks/ready/TASK-001-slips.md");
    let text = "# Task: TASK-001 - Slips\n\n## Priority: urgent\n\n## Agent: curser\n\n## Depends On\n- TASK-077\n- the other one\n";
    fs::write(&path, text).expect("a file");
    let shown = env.orchestron(&["show", "TASK-1"]);
    for words in [
        ".mcp/tasks/ready/TASK-001-slips.md:3: `urgent` is no priority; the task counts as P1.",
        "TASK-001-slips.md:9: `the other one` is no task id",
    ] {
        assert!(shown.stdout.contains(words), "{words}: {shown}");
    }
    let doctor = env.orchestron(&["doctor"]);
    for words in [
        "`urgent` is no priority",
        "TASK-001 is for `curser`, and nobody is called that",
        "TASK-001 waits for TASK-077, and there is no such task",
    ] {
        assert!(doctor.stdout.contains(words), "{words}: {doctor}");
    }
    assert!(
        doctor.stdout.contains("✓ task files"),
        "notes are no faults: {doctor}"
    );
}

#[test]
fn a_mended_file_works_at_once() {
    let env = quiet_shop();
    let path = env.project().join(".mcp/tasks/ready/TASK-001-mine.md");
    fs::write(&path, "Not yet.\n").expect("a file");
    assert_eq!(env.orchestron(&["show", "TASK-1"]).code, 1);
    fs::write(&path, "# Task: TASK-001 - Mine\n").expect("a file");
    does(&env, &["show", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
}

#[test]
fn a_person_writes_moves_edits_and_deletes_task_files_by_hand() {
    let env = quiet_shop();
    let tasks = env.project().join(".mcp/tasks");
    let text = "# Task: TASK-007 - Written in an editor\r\n\r\n<!-- keep me -->\r\n## Goal\r\nWindows line ends.\r\n\r\n## My Own Section\r\n* as it is *\r\n";
    fs::write(tasks.join("pending/TASK-007-by-hand.md"), text).expect("a file");
    let engine = env.engine();
    assert_eq!(env.json(&["list"])[0]["title"], "Written in an editor");

    fs::rename(
        tasks.join("pending/TASK-007-by-hand.md"),
        tasks.join("ready/TASK-007-by-hand.md"),
    )
    .expect("moved");
    env.wait_for("the move to be seen", SOON, || {
        let log = env.orchestron(&["log", "TASK-7"]).stdout;
        log.contains("from pending to ready").then_some(())
    });
    does(&env, &["claim", "TASK-7", "--agent", "cursor"]);
    env.wait_for_status("TASK-007", "in-progress", SOON);
    env.wait_for("the worktree", SOON, || {
        env.json(&["show", "TASK-7"])["task"]["worktree"]
            .as_str()
            .map(|_| ())
    });
    // What we wrote into it left everything else as it was.
    let now = env.task_text("TASK-007");
    for part in [
        "<!-- keep me -->\r\n",
        "## Goal\r\nWindows line ends.\r\n",
        "## My Own Section\r\n* as it is *\r\n",
    ] {
        assert!(now.contains(part), "{part:?} is not in {now:?}");
    }
    assert!(
        !now.replace("\r\n", "").contains('\n'),
        "every line ends as the file's lines do: {now:?}"
    );

    fs::remove_file(file_of(&tasks.join("in-progress"), "TASK-007").expect("there"))
        .expect("deleted");
    env.wait_for("the deletion to be seen", SOON, || {
        env.json(&["list"])
            .as_array()
            .expect("a list")
            .is_empty()
            .then_some(())
    });
    engine.stop();
}

/// A task with a gate's run behind it, by verbs alone.
fn through_its_gate(env: &TestEnvironment, task: &str) {
    does(env, &["create", "Greet"]);
    does(env, &["prep", task]);
    does(env, &["claim", task, "--agent", "cursor"]);
    let place = env.json(&["show", task])["task"]["worktree"].clone();
    let place = PathBuf::from(place.as_str().expect("a worktree"));
    fs::write(place.join("greeting.txt"), format!("Hello from {task}\n")).expect("a file");
    does(env, &["review", task, "--agent", "cursor"]);
}

#[test]
fn what_finished_runs_said_long_ago_is_cleared_away_by_an_engine() {
    let env = quiet_shop();
    through_its_gate(&env, "TASK-1");
    does(&env, &["approve", "TASK-1"]);
    through_its_gate(&env, "TASK-2");
    let runs = env.state().join("runs");
    let (over, open) = (
        runs.join("TASK-001-gate-check-1-1"),
        runs.join("TASK-002-gate-check-1-1"),
    );
    let days_ago = |days: u64| {
        let now = std::time::SystemTime::now();
        let gone = now.duration_since(std::time::UNIX_EPOCH).expect("a clock");
        gone.as_millis() - u128::from(days) * 86_400_000
    };
    // Both ended long ago; one of their tasks is open still.
    for run in [&over, &open] {
        let exit = run.join("exit.json");
        let mut said: Value =
            serde_json::from_slice(&fs::read(&exit).expect("there")).expect("JSON");
        said["ended_at"] = u64::try_from(days_ago(31)).expect("small").into();
        fs::write(&exit, said.to_string()).expect("written");
    }
    let trash = env.state().join("trash");
    let text = |days| trash.join(format!("{}-0123456789abcdef-TASK-001.md", days_ago(days)));
    let (old, newer) = (text(31), text(29));
    fs::write(&old, "old").expect("a file");
    fs::write(&newer, "not so old").expect("a file");

    // A command that settles what follows clears nothing.
    does(&env, &["create", "Another"]);
    assert!(over.exists());
    let engine = env.engine();
    env.wait_for("the old run to be gone", SOON, || {
        (!over.exists()).then_some(())
    });
    env.wait_for("it to be told", SOON, || {
        let log = env.orchestron(&["log"]).stdout;
        log.contains("cleared away: what 1 run of finished tasks said (1 MB); 1 earlier version of task files")
            .then_some(())
    });
    assert!(open.exists() && !old.exists() && newer.exists());
    // What is gone is told as gone, not as an error.
    does(&env, &["show", "TASK-1"]);
    does(&env, &["show", "TASK-2"]);
    engine.stop();
}
