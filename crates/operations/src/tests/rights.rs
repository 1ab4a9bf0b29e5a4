//! Who may do what.

use super::{asking, by_cursor, code, cx, escalated, good, in_review, outside, settle};
use crate::{ALL, OpError, call};
use orchestron_domain::{Actor, Status};
use orchestron_testkit::World;
use serde_json::{Value, json};

/// An input each write would take from the person.
fn input(name: &str) -> Value {
    match name {
        "create" => json!({"title": "x"}),
        "move" => json!({"task": "TASK-1", "to": "done"}),
        "decide" => json!({"request": 1, "decision": {"type": "allow"}}),
        "approve" => json!({"task": "TASK-1"}),
        "reject" => json!({"task": "TASK-1", "note": "no"}),
        "open" => json!({"task": "TASK-1", "path": "a.rs"}),
        "editor-set" => json!({"command": ["code"]}),
        "seen" => json!({"task": "TASK-1", "commit": "f".repeat(40)}),
        "pause" | "resume" | "doctor-fix" | "hooks-install" | "hooks-uninstall" => json!({}),
        "workflow-start" => json!({"workflow": "rpiv"}),
        "order" => json!({"task": "TASK-1", "first": true}),
        "agent-add" | "agent-remove" => json!({"name": "new"}),
        "agent-set" => json!({"name": "claude-impl", "key": "model", "values": ["x"]}),
        "trust" => json!({"commands": ""}),
        "next" => json!({"claim": true}),
        "words" | "intervene" | "clarify" => json!({"task": "TASK-1", "text": "hello"}),
        "verdict" => json!({"task": "TASK-1", "verdict": "approve"}),
        "edit" => json!({"task": "TASK-1", "section": "Goal", "text": "x"}),
        "run-edit" => json!({"section": "Goal", "text": "x"}),
        "run-submit" => json!({"note": "x"}),
        "run-verdict" => json!({"verdict": "approve", "note": "x"}),
        "resolve" => json!({"conflict": 1, "how": "queue"}),
        "reassign" => json!({"task": "TASK-1", "agent": "cursor"}),
        "escalate" => json!({"task": "TASK-1", "note": "it is stuck"}),
        "undo" => json!({"event": 1}),
        "stop" => json!({"what": "TASK-1"}),
        "message-send" => json!({"to": "person", "text": "hello"}),
        "message-ack" => json!({"message": 1}),
        "context-save" => json!({"task": "TASK-1", "version": 0, "context": {"now": "x"}}),
        "request-help" => json!({"question": "which?"}),
        "progress" => json!({"task": "TASK-1", "step": "x"}),
        "checkpoint" => json!({"task": "TASK-1", "context": {"now": "x"}}),
        "session-start" => json!({"look": true}),
        "session-end" => json!({}),
        "run-escalate" => json!({"note": "x"}),
        "run-token" => json!({"hash": "0".repeat(64)}),
        "key-set" => json!({"account": "a", "key": "k"}),
        "priority" => json!({"task": "TASK-1", "to": "P0"}),
        "config-set" => json!({"changes": [{"key": "limits.parallel", "values": ["2"]}]}),
        "config-write" => json!({"text": ""}),
        "key-delete" | "key-test" => json!({"account": "a"}),
        _ => json!({"task": "TASK-1"}),
    }
}

#[test]
fn a_holder_outside_decides_nothing_and_touches_no_switch() {
    let world = in_review();
    world.outside("cursor");
    world.trust();
    let events = world.events().len();
    let own_leg = [
        "claim", "submit", "prepare", "complete", "reject", "verdict", "next", "fail", "edit",
    ];
    // Whoever holds a leg may say something, and begin and end its own session.
    let words = [
        "escalate",
        "message-send",
        "message-ack",
        "context-save",
        "checkpoint",
        "request-help",
        "progress",
        "session-start",
        "session-end",
        "release",
    ];
    let writes = ALL.iter().filter(|operation| operation.writes);
    for operation in writes.filter(|operation| !words.contains(&operation.name)) {
        let told = call(
            &mut outside(&world, "cursor"),
            operation.name,
            input(operation.name),
        );
        if own_leg.contains(&operation.name) || operation.name.starts_with("run-") {
            continue;
        }
        let error = told.expect_err(operation.name);
        assert_eq!(error.code(), "not_allowed", "{}: {error}", operation.name);
    }
    assert_eq!(
        code_of(call(
            &mut outside(&world, "cursor"),
            "reject",
            input("reject")
        )),
        "not_allowed",
        "reviewed work is the person's"
    );
    assert_eq!(world.events().len(), events, "none of it left a fact");
}

#[test]
fn a_run_decides_nothing_and_holds_no_leg_by_hand() {
    let world = in_review();
    world.trust();
    let before = world.events().len();
    let run = || Actor::Run {
        run: "TASK-001-implement-1".parse().unwrap(),
    };
    for operation in ALL {
        let mut shell = cx(&world, run());
        let told = call(&mut shell, operation.name, input(operation.name));
        // What a run says of its own leg it says as itself, as long as it lives; this one is over.
        let words = [
            "message-send",
            "message-ack",
            "context-save",
            "checkpoint",
            "request-help",
            "progress",
        ];
        if operation.writes && !operation.name.starts_with("run-") {
            let error = told.expect_err(operation.name);
            let right = if words.contains(&operation.name) {
                "run_over"
            } else {
                "not_allowed"
            };
            assert_eq!(error.code(), right, "{}: {error}", operation.name);
        }
    }
    assert_eq!(world.events().len(), before, "none of it left a fact");
    let error = call(&mut cx(&world, run()), "approve", input("approve")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a command inside the run TASK-001-implement-1 may not approve: only the person at this machine may"
    );
    let looked = call(&mut cx(&world, run()), "status", json!({}));
    assert!(looked.is_ok(), "{looked:?}");
}

fn code_of(told: Result<Value, OpError>) -> &'static str {
    told.unwrap_err().code()
}

#[test]
fn a_holder_outside_acts_only_in_its_own_leg() {
    let world = World::new();
    world.outside("cursor");
    world.chain(Some("architect"), Some("claude-impl"), Some("cursor"));
    world.trust();
    world.task(1, Status::Ready, "Not its leg");
    world.task_with(2, Status::Ready, "Named in the file", "## Agent: cursor");
    let mut cursor = outside(&world, "cursor");
    let error = call(&mut cursor, "claim", json!({"task": "TASK-1"})).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        (
            "leg_not_yours",
            "the implement leg of TASK-001 is claude-impl's, not cursor's".into()
        )
    );
    call(&mut cursor, "claim", json!({"task": "TASK-2"})).unwrap();
    good(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    assert_eq!(
        code_of(call(&mut cursor, "submit", json!({"task": "TASK-1"}))),
        "task_held",
        "the person has it"
    );
    call(&mut cursor, "submit", json!({"task": "TASK-2"})).unwrap();
}

#[test]
fn nobody_speaks_for_another() {
    let world = by_cursor();
    world.outside("chatgpt");
    world.task(1, Status::Ready, "Search");
    let mut chatgpt = outside(&world, "chatgpt");
    assert_eq!(
        code_of(call(
            &mut chatgpt,
            "claim",
            json!({"task": "TASK-1", "agent": "cursor"})
        )),
        "not_allowed"
    );
    let mut engine = cx(&world, Actor::Engine);
    assert_eq!(
        code_of(call(
            &mut engine,
            "claim",
            json!({"task": "TASK-1", "agent": "cursor"})
        )),
        "not_allowed"
    );
}

#[test]
fn a_person_acts_for_everybody_the_project_knows() {
    let world = World::new();
    world.outside("cursor");
    world.task(1, Status::Ready, "Search");
    world.task(2, Status::Ready, "Pay");
    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    good(
        &world,
        "claim",
        json!({"task": "TASK-2", "agent": "claude-impl"}),
    );
    settle(&world);
    good(&world, "submit", json!({"task": "TASK-1"}));
    let view = call(
        &mut cx(&world, Actor::Person),
        "claim",
        json!({"task": "TASK-1", "agent": "curser"}),
    )
    .unwrap_err()
    .view();
    assert_eq!(view.field.as_deref(), Some("agent"));
    assert!(
        view.message.contains("nobody is called `curser`") && view.message.contains("cursor"),
        "{}",
        view.message
    );
    assert_eq!(
        code(
            &world,
            "claim",
            json!({"task": "TASK-1", "agent": "No Name"})
        ),
        "input_invalid"
    );
}

#[test]
fn decisions_cannot_be_lent() {
    let world = in_review();
    assert_eq!(
        code(
            &world,
            "approve",
            json!({"task": "TASK-1", "agent": "claude-impl"})
        ),
        "not_allowed"
    );
    assert_eq!(
        code(
            &world,
            "reject",
            json!({"task": "TASK-1", "agent": "claude-impl", "note": "no"})
        ),
        "not_allowed"
    );
    assert_eq!(
        code(
            &escalated(),
            "retry",
            json!({"task": "TASK-1", "agent": "claude-impl"})
        ),
        "not_allowed"
    );
}

#[test]
fn a_holder_outside_cannot_give_up_what_is_not_its() {
    let world = asking();
    world.outside("cursor");
    assert_eq!(
        code_of(call(
            &mut outside(&world, "cursor"),
            "fail",
            json!({"task": "TASK-1"})
        )),
        "task_held"
    );
}
