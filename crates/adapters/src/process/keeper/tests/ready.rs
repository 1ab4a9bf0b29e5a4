//! Keepers that were started before there was a run for them.

use super::{Stand, is_alive, role_command, wait_for};
use crate::process::{
    keeper::{first_line, order, platform},
    runs::{KeeperSpawner, ProcessSpawner},
    tree,
};
use std::{
    io::Write,
    process::{Child, Command, Stdio},
};

/// A waiting keeper, and its stage.
fn waiting() -> (Child, i32) {
    let (program, args) = role_command();
    let child = Command::new(program)
        .args(args)
        .args(["keep", "--ready"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let own = child.id().cast_signed();
    let stage = wait_for(|| {
        let all = tree::processes().unwrap();
        let below = tree::descendants(&[own], &all);
        below.first().copied()
    });
    (child, stage)
}

fn tell(keeper: &mut Child, stand: &Stand, key: Option<&str>) {
    let order = order(stand.folder.dir(), &first_line(key)).unwrap();
    let mut stdin = keeper.stdin.take().unwrap();
    stdin.write_all(order.as_bytes()).unwrap();
}

#[test]
fn its_run_is_minded_as_any_other() {
    let stand =
        Stand::new("echo $$ > pids; while read -r line; do echo \"got $line\"; done; exit 3");
    let (mut keeper, stage) = waiting();
    // Said before it knows of the run, so that it follows its order at once.
    stand.say("{\"a\":1}\n{\"b\":2}\n{\"keeper\":\"close-input\"}");
    tell(&mut keeper, &stand, None);
    let end = stand.end(keeper);
    assert_eq!((end.code, end.signal, end.swept), (Some(3), None, 0));
    assert_eq!(stand.out(), "got {\"a\":1}\ngot {\"b\":2}\n");
    assert_eq!(stand.pids(1), [stage], "the stage became the program");
    let record = stand.folder.keeper_record().unwrap().unwrap();
    assert_eq!(record.agent.map(|agent| agent.pid), Some(stage));
}

#[test]
fn a_gate_has_no_input_and_leaves_nobody() {
    let script = "sleep 300 & echo $! > pids; read -r line || echo none";
    let stand = Stand::new(script).with(|spec| spec.input = false);
    let (mut keeper, _) = waiting();
    tell(&mut keeper, &stand, None);
    let end = stand.end(keeper);
    assert_eq!((end.code, end.left), (Some(0), 0));
    assert_eq!(stand.out(), "none\n");
    assert!(!stand.pids(1).into_iter().any(is_alive));
}

#[test]
fn it_ends_with_whoever_would_have_told_it_a_run() {
    let (mut keeper, stage) = waiting();
    drop(keeper.stdin.take());
    let status = wait_for(|| keeper.try_wait().unwrap());
    assert!(status.success(), "{status}");
    wait_for(|| (!is_alive(stage)).then_some(()));
    let (mut killed, stage) = waiting();
    killed.kill().unwrap();
    killed.wait().unwrap();
    wait_for(|| (!is_alive(stage)).then_some(()));
}

#[test]
fn a_stage_that_is_gone_is_started_anew() {
    let stand = Stand::new("cat");
    let (mut keeper, stage) = waiting();
    tree::send(&[stage], rustix::process::Signal::KILL);
    wait_for(|| (!is_alive(stage)).then_some(()));
    stand.say("{\"a\":1}\n{\"keeper\":\"close-input\"}");
    tell(&mut keeper, &stand, None);
    assert_eq!(stand.end(keeper).code, Some(0));
    assert_eq!(stand.out(), "{\"a\":1}\n");
}

#[test]
fn what_cannot_be_started_says_why_here_too() {
    let stand = Stand::new("").with(|spec| spec.argv = vec!["/no/such/program".into()]);
    let (mut keeper, _) = waiting();
    tell(&mut keeper, &stand, None);
    let end = stand.end(keeper);
    let said = end.could_not_start.unwrap();
    assert!(said.contains("/no/such/program was not found"), "{said}");
}

#[test]
fn a_run_that_was_minded_before_is_not_minded_again() {
    let stand = Stand::new("echo start >> starts");
    stand.end(stand.keeper(None));
    let (mut keeper, stage) = waiting();
    tell(&mut keeper, &stand, None);
    assert_eq!(stand.end(keeper).code, Some(0));
    wait_for(|| (!is_alive(stage)).then_some(()));
    let starts = std::fs::read_to_string(stand.file("starts")).unwrap();
    assert_eq!(starts, "start\n");
}

#[test]
fn the_spawner_uses_the_one_that_waits_and_starts_one_when_that_is_gone() {
    let children = |of: u32| {
        let all = tree::processes().unwrap();
        let parent = of.cast_signed();
        let below = all.iter().filter(move |one| one.parent == parent);
        below.map(|one| one.pid).collect::<Vec<_>>()
    };
    let (program, mut args) = role_command();
    args.push("keep".into());
    let spawner = ProcessSpawner::with_command(program, args);
    let mut keepers = Vec::new();
    for kill in [false, true] {
        spawner.get_ready();
        let ready = spawner.waits_as().unwrap();
        spawner.get_ready();
        assert_eq!(spawner.waits_as(), Some(ready), "one is enough");
        assert!(children(std::process::id()).contains(&ready.cast_signed()));
        if kill {
            tree::send(&[ready.cast_signed()], rustix::process::Signal::KILL);
            wait_for(|| (!is_alive(ready.cast_signed())).then_some(()));
        }
        let stand = Stand::new("read -r line; echo \"$line\"");
        stand.say("hello");
        platform::make_bell(&stand.folder.bell()).unwrap();
        spawner
            .spawn(stand.folder.dir(), &first_line(None))
            .unwrap();
        assert_eq!(spawner.waits_as(), None);
        wait_for(|| stand.folder.exit_record().unwrap());
        assert_eq!(stand.out(), "hello\n");
        let record = stand.folder.keeper_record().unwrap().unwrap();
        keepers.push(record.keeper.pid == ready.cast_signed());
    }
    assert_eq!(keepers, [true, false]);
    spawner.get_ready();
    let ready = spawner.waits_as().unwrap();
    drop(spawner);
    wait_for(|| (!is_alive(ready.cast_signed())).then_some(()));
}
