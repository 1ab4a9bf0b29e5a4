//! Stop means stopped: an agent that hears nothing, and children that want to outlive it.

use super::{create, does};
use crate::environment::{Chain, TestEnvironment};
use std::{fs, os::unix::fs::FileTypeExt, path::Path, time::Duration};

const SOON: Duration = Duration::from_secs(30);

/// A project whose implementer is the fast agent.
fn shop() -> TestEnvironment {
    TestEnvironment::with_fast_agents(&Chain::ALONE).0
}

fn children(env: &TestEnvironment) -> usize {
    let processes = env.processes().into_iter();
    let ours = processes.filter(|process| process.words.contains("sleep 432"));
    ours.count()
}

/// Sockets and pipes in the folders of runs.
fn sockets(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut found = Vec::new();
    for entry in entries {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            found.extend(sockets(&entry.path()));
        } else if kind.is_socket() || kind.is_fifo() {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

#[test]
fn an_agent_that_hears_nothing_is_stopped_with_all_it_started() {
    let env = shop();
    let stubborn = env.root().join("home/fake-claude/stubborn");
    fs::write(&stubborn, "").expect("a file");
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    env.wait_for("the children", SOON, || (children(&env) >= 4).then_some(()));

    let said = does(&env, &["stop", &task, "-m", "it hangs"]);
    assert!(said.contains("is being stopped"), "{said}");
    let request = env.wait_for_request("escalation", SOON);
    let told = request["detail"].as_str().expect("words").to_owned();
    assert!(told.contains("stopped: by you (it hangs)"), "{told}");
    assert_eq!(children(&env), 0, "{:?}", env.processes());
    // The keeper tells the end before it goes itself.
    env.wait_for("the keeper to go", SOON, || {
        env.processes_of_runs(&engine).is_empty().then_some(())
    });
    assert_eq!(sockets(&env.state().join("runs")), Vec::<String>::new());
    let again = env.orchestron(&["stop", &task]);
    assert_ne!(again.code, 0, "nothing runs any more: {again}");

    // Nothing of it keeps the next attempt from working in the same place.
    fs::remove_file(&stubborn).expect("removed");
    does(&env, &["retry", &task]);
    super::approve(&env, &task);
    engine.stop();
    env.wait_until_quiet();
}

#[test]
fn what_runs_can_be_stopped_when_the_engine_is_gone() {
    let env = shop();
    fs::write(env.root().join("home/fake-claude/stubborn"), "").expect("a file");
    let task = create(&env, "Greet the customers");
    let engine = env.engine();
    env.wait_for("the children", SOON, || (children(&env) >= 4).then_some(()));
    engine.stop();
    assert!(children(&env) >= 4, "agents go on without an engine");
    does(&env, &["stop", &format!("{task}-implement-1")]);
    assert_eq!(children(&env), 0);
    env.wait_for_request("escalation", SOON);
    env.wait_until_quiet();
}
