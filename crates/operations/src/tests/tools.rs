//! What agents' clients need: calls that may be repeated, a run that speaks of its own leg only, verdicts, sections.

use super::{asking, by_cursor, cx, good, in_review, mark, outside, person, settle, since};
use crate::{
    call,
    caller::{Caller, caller, connect_as},
    once::{Repeat, call_once},
};
use orchestron_domain::{Actor, Fact, RequestKind, Status};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn run_of(world: &World) -> Actor {
    let state = person(world).state().unwrap();
    let run = state.live_runs().next().unwrap().id.clone();
    Actor::Run { run }
}

#[test]
fn a_repeated_call_is_answered_and_not_done_again() {
    let world = World::new();
    let make = |key: Option<&str>, title: &str| -> Value {
        let input = json!({ "title": title });
        call_once(&mut person(&world), "create", input, key, Repeat::AskFirst).unwrap()
    };
    let first = make(None, "Search");
    assert_eq!(make(None, "Search"), first);
    assert_ne!(make(None, "Pay"), first, "another call is another");
    let keyed = make(Some("k"), "Search");
    assert_ne!(keyed, first);
    assert_eq!(make(Some("k"), "Search again"), keyed, "the key says which");
    assert_eq!(person(&world).state().unwrap().cards.len(), 3);
    for n in 0..70 {
        make(Some(&format!("k{n}")), "Other");
    }
    let text = world.store().log().setting("answers").unwrap().unwrap();
    let kept: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(kept.len(), 64, "old answers are forgotten");
}

#[test]
fn a_refused_repetition_gets_the_answer_it_missed() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut cursor = outside(&world, "cursor");
    call(&mut cursor, "claim", json!({"task": "TASK-1"})).unwrap();
    settle(&world);
    let input = json!({"task": "TASK-1", "note": "done"});
    let submit = |cx: &mut crate::Context, input: &Value| {
        call_once(cx, "submit", input.clone(), None, Repeat::AskWhenRefused)
    };
    let first = submit(&mut cursor, &input).unwrap();
    assert_eq!(submit(&mut cursor, &input).unwrap(), first);
    let other = json!({"task": "TASK-1", "note": "something else"});
    assert_eq!(submit(&mut cursor, &other).unwrap_err().code(), "not_now");
    assert!(
        submit(&mut person(&world), &input).is_err(),
        "answers are each caller's own"
    );
}

#[test]
fn a_run_speaks_of_its_own_leg_and_of_nothing_else() {
    let world = asking();
    let actor = run_of(&world);
    let mut run = cx(&world, actor.clone());
    let found = caller(&mut run).unwrap();
    assert!(
        matches!(&found, Caller::Run { task, reviews: false, .. } if task == "TASK-001"),
        "{found:?}"
    );
    let context = call(&mut run, "run-context", json!({})).unwrap();
    assert!(
        context["document"]
            .as_str()
            .unwrap()
            .contains("Take card payments")
    );
    let before = mark(&world);
    let edit = json!({"section": "Implementation Notes", "text": "Uses Stripe."});
    call(&mut run, "run-edit", edit.clone()).unwrap();
    call(&mut run, "run-edit", edit).unwrap();
    let goal = json!({"section": "Goal", "text": "Something else"});
    assert_eq!(
        call(&mut run, "run-edit", goal)
            .unwrap_err()
            .view()
            .field
            .as_deref(),
        Some("section")
    );
    call(&mut run, "run-submit", json!({"note": "works"})).unwrap();
    let told = since(&world, before);
    let edits = told
        .iter()
        .filter(|(_, fact)| matches!(fact, Fact::TaskEdited { .. }));
    assert_eq!(edits.count(), 1, "the same text again changes nothing");
    assert!(told.iter().any(|(by, fact)| *by == actor
        && matches!(fact, Fact::Submitted { run: Some(_), note, .. } if note == "works")));
    let verdict = json!({"verdict": "approve", "note": "fine"});
    assert_eq!(
        call(&mut run, "run-verdict", verdict).unwrap_err().code(),
        "input_invalid"
    );
    for (name, input) in [
        (
            "edit",
            json!({"task": "TASK-1", "section": "Goal", "text": "x"}),
        ),
        ("verdict", json!({"task": "TASK-1", "verdict": "approve"})),
        ("escalate", json!({"task": "TASK-1", "note": "x"})),
        ("context", json!({"task": "TASK-1"})),
    ] {
        assert!(call(&mut run, name, input).is_err(), "{name}");
    }
    let nobody = call(&mut person(&world), "run-submit", json!({"note": "x"})).unwrap_err();
    assert_eq!(nobody.code(), "not_a_run");
    let over = Actor::Run {
        run: "TASK-001-implement-9".parse().unwrap(),
    };
    let mut over = cx(&world, over);
    assert_eq!(caller(&mut over).unwrap(), Caller::Nobody);
    assert_eq!(
        call(&mut over, "run-context", json!({}))
            .unwrap_err()
            .code(),
        "run_over"
    );
}

#[test]
fn a_verdict_is_given_only_on_what_is_in_review() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut cursor = outside(&world, "cursor");
    call(&mut cursor, "claim", json!({"task": "TASK-1"})).unwrap();
    settle(&world);
    let verdict = json!({"task": "TASK-1", "verdict": "approve", "note": "x"});
    assert_eq!(
        call(&mut cursor, "verdict", verdict.clone())
            .unwrap_err()
            .code(),
        "status_wrong"
    );
    let world = in_review();
    good(&world, "verdict", verdict);
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
}

#[test]
fn a_holder_that_cannot_go_on_asks_the_person() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut cursor = outside(&world, "cursor");
    call(&mut cursor, "claim", json!({"task": "TASK-1"})).unwrap();
    settle(&world);
    let input = json!({"task": "TASK-1", "note": "which index?"});
    call(&mut cursor, "escalate", input.clone()).unwrap();
    assert_eq!(
        call(&mut cursor, "escalate", input).unwrap_err().code(),
        "not_now",
        "once is enough"
    );
    let state = person(&world).state().unwrap();
    let request = state.open_requests().next().unwrap();
    assert!(matches!(&request.kind, RequestKind::Escalation { why } if why == "which index?"));
}

#[test]
fn only_the_person_lends_a_name() {
    let world = by_cursor();
    let mut mine = person(&world);
    connect_as(&mut mine, "cursor").unwrap();
    assert_eq!(
        caller(&mut mine).unwrap(),
        Caller::Holder {
            name: "cursor".into()
        }
    );
    assert_eq!(
        connect_as(&mut mine, "cursor").unwrap_err().code(),
        "not_allowed"
    );
    assert!(connect_as(&mut person(&world), "nobody-known").is_err());
}
