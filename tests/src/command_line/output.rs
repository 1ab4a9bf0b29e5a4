//! How answers look: for people with colour, for pipes without, for programs as JSON in a versioned envelope.

use super::{does, quiet_shop};
use crate::environment::{TestEnvironment, finish};
use serde_json::{Value, json};
use std::{process::Stdio, time::Duration};

const ESCAPE: char = '\u{1b}';

#[test]
fn every_verb_answers_in_the_envelope() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    let verbs: &[&[&str]] = &[
        &["init"],
        &["create", "Another"],
        &["prep", "TASK-1"],
        &["claim", "TASK-1"],
        &["status"],
        &["list"],
        &["show", "TASK-1"],
        &["log"],
        &["requests"],
        &["pause"],
        &["resume"],
        &["trust"],
        &["keys"],
        &["next"],
        &["fail", "TASK-1"],
        &["retry", "TASK-1"],
    ];
    for verb in verbs {
        let done = env.orchestron(&[verb, &["--json"][..]].concat());
        let envelope = done.json();
        assert_eq!(
            (&envelope["orchestron"], &envelope["ok"]),
            (&json!(1), &json!(true)),
            "{verb:?}: {done}"
        );
        assert!(
            envelope.get("data").is_some() && envelope.get("error").is_none(),
            "{verb:?}: {done}"
        );
        assert_eq!(done.stderr, "", "{verb:?}");
    }
}

#[test]
fn errors_are_in_the_envelope_too() {
    let env = quiet_shop();
    for (verb, code, word) in [
        (&["show", "TASK-9"][..], 3, "task_not_found"),
        (&["show", "nonsense"], 2, "input_invalid"),
        (&["approve"], 2, "input_invalid"),
        (&["frobnicate"], 2, "input_invalid"),
        (&["answer", "R-9", "--allow"], 3, "request_not_found"),
        (&["log", "TASK-9"], 3, "task_not_found"),
        (&["watch", "TASK-9"], 3, "task_not_found"),
    ] {
        let done = env.orchestron(&[verb, &["--json"]].concat());
        assert_eq!(done.code, code, "{verb:?}: {done}");
        let envelope = done.json();
        assert_eq!(
            (&envelope["orchestron"], &envelope["ok"]),
            (&json!(1), &json!(false)),
            "{verb:?}"
        );
        assert_eq!(envelope["error"]["code"], word, "{verb:?}: {done}");
        assert!(
            envelope["error"]["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty()),
            "{done}"
        );
        assert!(
            envelope["error"]["hints"].is_array() && envelope.get("data").is_none(),
            "{done}"
        );
    }
    let outside = TestEnvironment::new();
    assert_eq!(
        outside.orchestron(&["status", "--json"]).json()["error"]["code"],
        "project_not_found"
    );
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    let plain = env.orchestron(&["list"]);
    assert!(
        !plain.stdout.contains(ESCAPE),
        "a pipe gets no colour: {plain}"
    );
    let coloured = env.orchestron(&["list", "--color", "always"]);
    assert!(coloured.stdout.contains(ESCAPE), "{coloured}");
    let never = on_a_terminal(&env, "list --color never");
    assert!(!never.contains(ESCAPE), "{never}");
    assert!(
        on_a_terminal(&env, "list").contains(ESCAPE),
        "a terminal gets colour"
    );
    env.set("NO_COLOR", "1");
    let without = on_a_terminal(&env, "list");
    assert!(
        !without.contains(ESCAPE) && without.contains("TASK-001"),
        "{without}"
    );
}

/// What a command prints at a terminal.
fn on_a_terminal(env: &TestEnvironment, words: &str) -> String {
    let line = format!(
        "{} {words}",
        crate::environment::binary("orchestron").display()
    );
    let mut script = env.command("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .env("TERM", "xterm-256color");
    finish(&mut script, Duration::from_secs(20)).stdout
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    let mut child = env
        .orchestron_command(&["log"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let done = child.wait_with_output().expect("a child of ours");
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn texts_of_others_cannot_steer_the_terminal() {
    let env = quiet_shop();
    does(
        &env,
        &[
            "create",
            "Greet",
            "-g",
            "Clear it: \u{1b}[2J and ring \u{7}",
        ],
    );
    for verb in [&["show", "TASK-1"][..], &["list"], &["next"]] {
        let done = env.orchestron(verb);
        assert!(!done.stdout.contains([ESCAPE, '\u{7}']), "{verb:?}: {done}");
    }
}

#[test]
fn fifty_at_once_get_fifty_ids() {
    let env = quiet_shop();
    let children: Vec<_> = (0..50)
        .map(|number| {
            let title = format!("Task of writer {number}");
            let mut command = env.orchestron_command(&["create", &title, "--json"]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    let mut ids: Vec<String> = children
        .into_iter()
        .map(|child| {
            let done = child.wait_with_output().expect("a child of ours");
            let envelope: Value = serde_json::from_slice(&done.stdout).expect("JSON");
            assert_eq!(envelope["ok"], true, "{envelope}");
            envelope["data"]["task"].as_str().expect("an id").to_owned()
        })
        .collect();
    ids.sort();
    let expected: Vec<String> = (1..=50).map(|number| format!("TASK-{number:03}")).collect();
    assert_eq!(ids, expected);
    let cards = env.json(&["list"]);
    assert_eq!(
        cards.as_array().expect("a list").len(),
        50,
        "no write was lost"
    );
    // An id that was given away is never given again.
    std::fs::remove_file(
        crate::environment::file_of(&env.project().join(".mcp/tasks/pending"), "TASK-050")
            .expect("there"),
    )
    .expect("removed");
    assert_eq!(env.json(&["create", "After"])["task"], "TASK-051");
}
