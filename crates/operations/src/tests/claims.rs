//! Only one holder has a task.

use super::{by_cursor, code, good, mark, person, run, settle, since};
use crate::{OpError, call};
use orchestron_domain::{Actor, Fact, Holder, Leg, Status};
use orchestron_testkit::World;
use serde_json::json;

fn cursor() -> Actor {
    Actor::Outside {
        name: "cursor".parse().unwrap(),
    }
}

#[test]
fn a_claim_moves_the_task_and_names_its_holder() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let begun = mark(&world);
    let done = good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    assert_eq!(
        (done["did"].as_str(), done["status"].as_str()),
        (
            Some("cursor took TASK-001 (implement)"),
            Some("in-progress")
        )
    );
    assert_eq!(world.status("TASK-001"), Some(Status::InProgress));
    let told = since(&world, begun);
    let [.., (by, fact), (mover, _)] = &told[..] else {
        panic!("{told:?}")
    };
    let holder = Holder::Outside("cursor".parse().unwrap());
    assert_eq!(
        (by, fact),
        (
            &cursor(),
            &Fact::Claimed {
                task: "TASK-1".parse().unwrap(),
                leg: Leg::Implement,
                holder,
                attempt: 1,
                why: None,
            }
        )
    );
    assert_eq!(*mover, Actor::Engine, "a step of the chain is no hand move");
}

#[test]
fn a_second_claim_is_refused_and_names_the_holder() {
    let world = by_cursor();
    world.outside("chatgpt");
    world.trust();
    world.task(1, Status::Ready, "Search");
    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    for input in [
        json!({"task": "TASK-1", "agent": "chatgpt"}),
        json!({"task": "TASK-1"}),
    ] {
        let error = call(&mut person(&world), "claim", input).unwrap_err();
        assert!(
            matches!(&error, OpError::Held { holder, .. } if holder == "cursor"),
            "{error}"
        );
        assert_eq!(error.to_string(), "TASK-001 is held by cursor");
    }
    let again = good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    assert_eq!(again["did"], "TASK-001 is cursor's already (implement)");
}

#[test]
fn of_many_claims_at_once_one_wins() {
    let world = by_cursor();
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        world.outside(name);
    }
    world.trust();
    world.task(1, Status::Ready, "By a move");
    world.task(2, Status::Pending, "Without a move");
    for task in ["TASK-1", "TASK-2"] {
        let won = std::thread::scope(|scope| {
            let claims = names.map(|name| {
                let world = world.clone();
                scope.spawn(move || {
                    call(
                        &mut person(&world),
                        "claim",
                        json!({"task": task, "agent": name}),
                    )
                })
            });
            claims.map(|claim| claim.join().unwrap())
        });
        let (good, bad): (Vec<_>, Vec<_>) = won.into_iter().partition(Result::is_ok);
        assert_eq!(good.len(), 1, "{task}: {bad:?}");
        for error in bad {
            assert_eq!(error.unwrap_err().code(), "task_held", "{task}");
        }
    }
    let claims = world
        .facts()
        .into_iter()
        .filter(|fact| matches!(fact, Fact::Claimed { .. }))
        .count();
    assert_eq!(claims, 2);
}

#[test]
fn what_waits_for_others_cannot_be_taken() {
    let world = by_cursor();
    world.task(1, Status::Ready, "First");
    world.task_with(2, Status::Ready, "Second", "## Depends On\n- TASK-001");
    let error = call(&mut person(&world), "claim", json!({"task": "TASK-2"})).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        ("task_blocked", "TASK-002 waits for TASK-001".into())
    );
}

#[test]
fn what_stands_elsewhere_cannot_be_taken() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    for (number, status) in [(1, Status::Pending), (2, Status::Done), (3, Status::Failed)] {
        world.task(number, status, "Search");
        assert_eq!(
            code(&world, "claim", json!({"task": format!("TASK-{number}")})),
            "status_wrong"
        );
    }
    world.task(4, Status::Review, "Search");
    assert_eq!(
        code(&world, "claim", json!({"task": "TASK-4"})),
        "not_now",
        "only a decision is left"
    );
    assert_eq!(
        code(&world, "claim", json!({"task": "TASK-9"})),
        "task_not_found"
    );
    assert_eq!(
        code(&world, "claim", json!({"task": "../x"})),
        "input_invalid"
    );
}

#[test]
fn a_running_agent_holds_its_task() {
    let world = super::asking();
    let error = call(&mut person(&world), "claim", json!({"task": "TASK-1"})).unwrap_err();
    assert_eq!(error.to_string(), "TASK-001 is held by claude-impl");
    assert_eq!(
        code(&world, "submit", json!({"task": "TASK-1"})),
        "task_held"
    );
}

#[test]
fn a_prepare_or_review_leg_is_taken_without_a_move() {
    let world = by_cursor();
    world.task(1, Status::Pending, "Search");
    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    assert_eq!(world.status("TASK-001"), Some(Status::Pending));
    let Some(Fact::Claimed {
        leg: Leg::Prepare, ..
    }) = world.facts().pop()
    else {
        panic!()
    };

    world.task(2, Status::Review, "Pay");
    good(
        &world,
        "claim",
        json!({"task": "TASK-2", "agent": "cursor"}),
    );
    let Some(Fact::Claimed {
        leg: Leg::Review, ..
    }) = world.facts().pop()
    else {
        panic!()
    };
}

#[test]
fn an_engine_makes_the_worktree_and_starts_nothing_for_an_outside_holder() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let done = good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    assert_eq!(
        done["not_done"][0],
        "no engine is running; its worktree is made when one does (`orchestron run`)"
    );
    settle(&world);
    let task = good(&world, "task", json!({"task": "TASK-1"}));
    assert_eq!(task["worktree"], "/worktrees/TASK-001");
    run(&world);
    assert!(world.started().is_empty());
}

#[test]
fn a_person_may_take_what_an_agent_would_do() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    good(&world, "claim", json!({"task": "TASK-1"}));
    run(&world);
    assert!(
        world.started().is_empty(),
        "the person has it: no agent is started"
    );
}

#[test]
fn a_task_moved_by_hand_gets_its_worktree_by_a_claim() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    good(
        &world,
        "move",
        json!({"task": "TASK-1", "to": "in-progress"}),
    );
    assert_eq!(
        code(&world, "submit", json!({"task": "TASK-1"})),
        "no_worktree"
    );
    good(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    good(&world, "submit", json!({"task": "TASK-1", "note": "done"}));
}
