//! What cannot be done is said plainly, with how to mend it, and with an exit code of its own.

use super::{does, quiet_shop, refuses};
use crate::environment::{Chain, TestEnvironment, binary, check, file_of, finish};
use serde_json::json;
use std::time::Duration;

#[test]
fn without_a_project_it_says_how_to_get_one() {
    let env = TestEnvironment::new();
    for verb in [
        &["status"][..],
        &["list"],
        &["create", "x"],
        &["run"],
        &["next"],
    ] {
        refuses(
            &env,
            verb,
            3,
            "
            error: there is no `.mcp` folder in [ROOT] or above it
              hint: `orchestron init` sets one up here
              hint: `--project DIR` names another folder
              hint: `orchestron demo` shows one at work",
        );
    }
}

#[test]
fn tasks_that_are_not_there() {
    let env = quiet_shop();
    refuses(
        &env,
        &["show", "TASK-9"],
        3,
        "
        error: there is no task TASK-009
          hint: `orchestron list` shows all tasks",
    );
    refuses(
        &env,
        &["claim", "../TASK-1"],
        2,
        "error: `../TASK-1` is no task id: write a prefix of capital letters, a dash and a number, such as TASK-7",
    );
}

#[test]
fn views_of_what_is_not_there() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    for verb in [["log", "TASK-999"], ["watch", "TASK-999"]] {
        refuses(
            &env,
            &verb,
            3,
            "
            error: there is no task TASK-999
              hint: `orchestron list` shows all tasks",
        );
    }
    refuses(
        &env,
        &["list", "-a", "nobody-here"],
        2,
        "error: agent: nobody is called `nobody-here` here; .mcp/agents.yaml names architect, coder, cursor, reviewer. To add a holder outside, write it there without a cli",
    );
    refuses(
        &env,
        &["answer", "R-99", "--allow"],
        3,
        "
        error: there is no request [REQUEST]
          hint: `orchestron requests` shows what is open",
    );
    // What is gone has a history still, and what is yours can be asked for.
    let file = file_of(&env.project().join(".mcp/tasks/pending"), "TASK-001").expect("there");
    assert_eq!(env.json(&["list", "-a", "person"])[0]["id"], "TASK-001");
    std::fs::remove_file(file).expect("removed");
    let log = env.orchestron(&["log", "TASK-1"]);
    assert!(
        log.code == 0 && log.stdout.contains("wrote TASK-001"),
        "{log}"
    );
}

#[test]
fn only_one_holder_at_a_time() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    refuses(
        &env,
        &["claim", "TASK-1"],
        4,
        "
        error: TASK-001 is held by cursor
          hint: `orchestron show TASK-001` tells since when and what it does
          hint: only one agent holds a task at a time",
    );
    // The holder itself may ask again.
    let again = env.orchestron(&["claim", "TASK-1", "--agent", "cursor"]);
    assert!(
        again.code == 0 && again.stdout.contains("TASK-001 is cursor's already"),
        "{again}"
    );
}

#[test]
fn of_many_who_claim_at_once_one_gets_it() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    let names = ["person", "cursor", "architect", "coder", "reviewer"];
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            let mut command =
                env.orchestron_command(&["claim", "TASK-1", "--agent", name, "--json"]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .expect("it starts")
        })
        .collect();
    let done: Vec<_> = children
        .into_iter()
        .map(|child| child.wait_with_output().expect("a child of ours"))
        .collect();
    let codes: Vec<_> = done.iter().map(|done| done.status.code()).collect();
    let won = codes.iter().filter(|code| **code == Some(0)).count();
    assert_eq!(
        won,
        1,
        "{codes:?} {:?}",
        done.iter()
            .map(|d| String::from_utf8_lossy(&d.stdout))
            .collect::<Vec<_>>()
    );
    assert!(
        codes.iter().all(|code| matches!(code, Some(0 | 1 | 4))),
        "{codes:?}"
    );
}

#[test]
fn a_verb_at_the_wrong_time_says_where_the_task_stands() {
    let env = quiet_shop();
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    refuses(
        &env,
        &["prep", "TASK-1"],
        1,
        "
        error: TASK-001 is ready; only a task that is pending can be prepared
          hint: `orchestron show TASK-001` tells where it stands and whose turn it is",
    );
    refuses(
        &env,
        &["review", "TASK-1", "-a", "cursor"],
        1,
        "
        error: TASK-001 is ready; only a task that is in-progress can be submitted
          hint: `orchestron claim TASK-001` takes it first",
    );
    refuses(
        &env,
        &["approve", "TASK-1"],
        1,
        "
        error: nothing about TASK-001 waits for a decision: it is ready (cursor's turn)
          hint: `orchestron show TASK-001` tells what it waits for",
    );
}

#[test]
fn a_task_waits_for_what_it_depends_on() {
    let env = quiet_shop();
    does(&env, &["create", "First"]);
    does(&env, &["create", "Second", "-d", "TASK-1"]);
    does(&env, &["prep", "TASK-2"]);
    refuses(
        &env,
        &["claim", "TASK-2", "--agent", "cursor"],
        1,
        "
        error: TASK-002 waits for TASK-001
          hint: finish those first, or remove them under `## Depends On`",
    );
    let card = &env.json(&["list", "--status", "ready"])[0];
    assert_eq!(card["blocked_by"], json!(["TASK-001"]));
}

#[test]
fn wrong_words_are_exit_code_2() {
    let env = quiet_shop();
    refuses(
        &env,
        &["create", ""],
        2,
        "error: title: say in a line what is to be done",
    );
    refuses(
        &env,
        &["create", "x", "-p", "P9"],
        2,
        "error: priority: `P9` is none: write P0, P1 or P2",
    );
    refuses(
        &env,
        &["create", "x", "-d", "TASK-77"],
        2,
        "error: depends_on: there is no task TASK-077",
    );
    refuses(
        &env,
        &["list", "-s", "nowhere"],
        2,
        "error: `nowhere` is no status; it is one of pending, ready, in-progress, review, done, failed",
    );
    refuses(
        &env,
        &["answer", "nonsense", "--allow"],
        2,
        "error: `nonsense` is no request: write it like [REQUEST]",
    );
    assert_eq!(env.orchestron(&["frobnicate"]).code, 2);
    assert_eq!(
        env.orchestron(&["reject", "TASK-1"]).code,
        2,
        "words are required"
    );
    assert_eq!(env.json(&["list"]), json!([]), "nothing was written");
}

#[test]
fn next_with_nothing_to_do_is_exit_code_6() {
    let env = quiet_shop();
    let done = env.orchestron(&["next", "--agent", "cursor"]);
    assert_eq!(done.code, 6, "{done}");
    assert!(
        done.stdout
            .contains("there is nothing to do: no task is open"),
        "{done}"
    );
}

#[test]
fn nothing_is_asked_without_a_terminal() {
    let env = quiet_shop();
    // Standard input is closed here; what would ask must refuse instead of waiting.
    refuses(
        &env,
        &["keys", "set"],
        2,
        "error: no key came on standard input",
    );
    assert_eq!(env.orchestron(&["trust"]).code, 0);
    assert_eq!(env.orchestron(&["init"]).code, 0);
}

#[test]
fn a_key_is_never_taken_from_the_command_line() {
    let env = quiet_shop();
    let done = env.orchestron(&["keys", "set", "anthropic", "sk-secret"]);
    assert_eq!(done.code, 2, "{done}");
}

#[test]
fn commands_that_were_not_accepted_are_not_run() {
    let env = quiet_shop();
    let config = env
        .read(".mcp/config.yaml")
        .replace("grep -q Hello", "touch $HOME/was-run; grep -q Hello");
    env.write(".mcp/config.yaml", &config);
    let status = env.orchestron(&["status"]);
    assert!(
        status
            .stdout
            .contains("not trusted on this machine yet: orchestron trust"),
        "{status}"
    );
    does(&env, &["create", "Greet"]);
    does(&env, &["prep", "TASK-1"]);
    does(&env, &["claim", "TASK-1", "--agent", "cursor"]);
    let done = env.orchestron(&["review", "TASK-1", "--agent", "cursor"]);
    assert!(
        !env.root().join("home/was-run").exists(),
        "the new gate was run unasked: {done}\n{}",
        env.story()
    );
    does(&env, &["trust"]);
}

/// What a command says that is typed inside a run: by a gate, in an emptied environment and a session of its own.
#[test]
fn a_command_inside_a_run_is_not_the_person() {
    let env = quiet_shop();
    let said = env.root().join("said");
    let typed = |words: &str| {
        format!(
            "env -i PATH=\"$PATH\" ORCHESTRON_STATE_DIR={} setsid --wait {} -C {} {words} >> {} 2>&1",
            env.root().join("state").display(),
            binary("orchestron").display(),
            env.project().display(),
            said.display(),
        )
    };
    let gate = [
        typed("approve TASK-1"),
        typed("trust"),
        typed("claim TASK-1 --agent cursor"),
        "true".to_owned(),
    ]
    .join("; ");
    let chain = Chain {
        prepare: "",
        implement: "cursor",
        review: "",
        gates: &[&gate],
        ..Chain::default()
    };
    env.configure(&chain, None);
    for task in ["TASK-1", "TASK-2"] {
        does(&env, &["create", "Greet"]);
        does(&env, &["claim", task, "--agent", "cursor"]);
        let place = env.json(&["show", task])["task"]["worktree"].clone();
        let place = std::path::PathBuf::from(place.as_str().expect("a worktree"));
        std::fs::write(place.join("work.txt"), task).expect("a file");
        std::fs::write(&said, "").expect("a file");
        does(&env, &["review", task, "--agent", "cursor"]);
    }
    // The first was in review while the gate of the second tried to approve it.
    check(
        &std::fs::read_to_string(&said).expect("said"),
        "
        error: a command inside the run TASK-002-gate-check-1-1 may not approve: only the person at this machine may
          hint: the person decides in the window, or in a terminal of their own
        error: a command inside the run TASK-002-gate-check-1-1 may not trust this project's commands: only the person at this machine may
          hint: the person decides in the window, or in a terminal of their own
        error: a command inside the run TASK-002-gate-check-1-1 may not take or end a leg: only the person at this machine may
          hint: the person decides in the window, or in a terminal of their own",
        env.root(),
    );
    assert_eq!(
        env.status_of("TASK-001"),
        "review",
        "it waits for the person"
    );
    // The mark alone is enough where there is no process tree to look at; looking is free.
    let mark = env.state().join("runs/TASK-001-implement-1");
    let inside = |words: &[&str]| {
        let mut command = env.orchestron_command(words);
        finish(
            command.env("ORCHESTRON_RUN_DIR", &mark),
            Duration::from_secs(20),
        )
    };
    let done = inside(&["answer", "R-1", "--allow"]);
    assert!(
        done.code == 1 && done.stderr.contains("may not decide"),
        "{done}"
    );
    assert_eq!(inside(&["status"]).code, 0);
    // A run that tries Orchestron out elsewhere, with a state folder of its own, is no concern of this project.
    let elsewhere = env
        .root()
        .join("elsewhere/projects/other-1234/runs/TASK-001-implement-1");
    std::fs::create_dir_all(&elsewhere).expect("folders");
    std::fs::write(elsewhere.join("../../project"), "/some/where/else").expect("a file");
    let mut command = env.orchestron_command(&["approve", "TASK-1"]);
    let done = finish(
        command.env("ORCHESTRON_RUN_DIR", &elsewhere),
        Duration::from_secs(20),
    );
    assert_eq!(done.code, 0, "{done}");
}
