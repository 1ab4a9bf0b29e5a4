//! What clashes, as surfaces show it, and what a person decides about it.

use super::{outside, person, run};
use crate::call;
use orchestron_domain::{
    Actor, Fact, Status, TaskId,
    conflict::{ConflictKind, Stage},
};
use orchestron_testkit::World;
use serde_json::{Value, json};

/// Two tasks in review that would collide; the later one waits.
fn world() -> World {
    let world = World::new();
    world.chain(None, Some("person"), None);
    world.task(1, Status::InProgress, "Pay by card");
    world.task(2, Status::InProgress, "Pay by mail");
    run(&world);
    note(
        &world,
        ConflictKind::Forecast,
        &[1, 2],
        "both change src/pay.rs",
    );
    world
}

fn note(world: &World, kind: ConflictKind, tasks: &[u32], evidence: &str) {
    let tasks = tasks.iter().map(|n| TaskId::new("TASK", *n).unwrap());
    let fact = Fact::ConflictFound {
        kind,
        tasks: tasks.collect(),
        files: vec!["src/pay.rs".into()],
        evidence: evidence.into(),
    };
    world.store().append(&Actor::Engine, vec![fact]).unwrap();
}

fn list(world: &World, all: bool) -> Vec<Value> {
    let told = call(&mut person(world), "conflicts", json!({ "all": all })).unwrap();
    told["conflicts"].as_array().unwrap().clone()
}

fn code(world: &World, input: Value) -> &'static str {
    call(&mut person(world), "resolve", input)
        .unwrap_err()
        .code()
}

#[test]
fn a_conflict_is_shown_with_what_can_be_decided_about_it() {
    let world = world();
    let [conflict] = &list(&world, false)[..] else {
        panic!("{:?}", list(&world, false))
    };
    assert_eq!(conflict["kind"], "forecast");
    assert_eq!(conflict["tasks"], json!(["TASK-001", "TASK-002"]));
    assert_eq!(conflict["files"], json!(["src/pay.rs"]));
    assert_eq!(conflict["stage"], "open");
    assert_eq!(conflict["options"], json!(["queue", "gone"]));
}

#[test]
fn a_person_decides_who_waits_and_the_engine_carries_it_out() {
    let world = world();
    let id = list(&world, false)[0]["id"].clone();
    let input = json!({"conflict": id, "how": "queue", "task": "TASK-001", "note": "mail first"});
    let told = call(&mut person(&world), "resolve", input).unwrap();
    let did = told["did"].as_str().unwrap();
    assert!(
        did.contains("TASK-001 waits until TASK-002 is merged"),
        "{did}"
    );
    let state = world.store().state().unwrap();
    let found = state.conflicts.values().next().unwrap();
    assert_eq!(found.stage, Stage::Queued);
    let behind = orchestron_domain::conflict::behind(&state, &TaskId::new("TASK", 1).unwrap());
    assert_eq!(
        behind.map(|behind| behind.task.to_string()).as_deref(),
        Some("TASK-002")
    );
    let input = json!({"conflict": id, "how": "gone"});
    call(&mut person(&world), "resolve", input).unwrap();
    let state = world.store().state().unwrap();
    assert_eq!(
        state.conflicts.values().next().unwrap().stage,
        Stage::Accepted
    );
    let events = call(&mut person(&world), "events", json!({})).unwrap();
    let text = events.to_string();
    assert!(
        text.contains("mail first") && text.contains("fine as it is"),
        "{text}"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let world = world();
    let id = list(&world, false)[0]["id"].clone();
    assert_eq!(
        code(&world, json!({"conflict": 9_999, "how": "gone"})),
        "conflict_not_found"
    );
    assert_eq!(
        code(&world, json!({"conflict": id, "how": "reassign"})),
        "input_invalid"
    );
    assert_eq!(
        code(
            &world,
            json!({"conflict": id, "how": "queue", "task": "TASK-009"})
        ),
        "input_invalid"
    );
    assert_eq!(
        code(
            &world,
            json!({"conflict": id, "how": "gone", "task": "TASK-001"})
        ),
        "input_invalid"
    );
    let input = json!({"conflict": id, "how": "gone"});
    let refused = call(&mut outside(&world, "cursor"), "resolve", input).unwrap_err();
    assert_eq!(refused.code(), "not_allowed");
    // Somebody takes one of them back: it is over.
    world.rename(
        "tasks/in-progress/TASK-002-pay-by-mail.md",
        "tasks/ready/TASK-002-pay-by-mail.md",
    );
    run(&world);
    assert_eq!(list(&world, false), Vec::<Value>::new());
    assert_eq!(list(&world, true)[0]["stage"], "over");
    assert_eq!(
        code(&world, json!({"conflict": id, "how": "gone"})),
        "conflict_over"
    );
}

#[test]
fn a_request_about_a_clash_names_its_conflict() {
    let world = World::new();
    world.chain(None, Some("person"), None);
    for (number, other) in [(1, 2), (2, 1)] {
        let more = format!("## Depends On\n- TASK-{other:03}");
        world.task_with(number, Status::Ready, "A circle", &more);
    }
    run(&world);
    let requests = call(&mut person(&world), "requests", json!({})).unwrap();
    let request = &requests[0];
    let [conflict] = &list(&world, false)[..] else {
        panic!("{:?}", list(&world, false))
    };
    assert_eq!(
        (&request["clash"], &conflict["request"]),
        (&conflict["id"], &request["id"])
    );
    let detail = request["detail"].as_str().unwrap();
    assert!(
        detail.contains("TASK-001 → TASK-002 → TASK-001"),
        "{detail}"
    );
    let input = json!({"conflict": conflict["id"], "how": "gone"});
    call(&mut person(&world), "resolve", input).unwrap();
    run(&world);
    let requests = call(&mut person(&world), "requests", json!({})).unwrap();
    assert_eq!(requests[0]["open"], false);
}
