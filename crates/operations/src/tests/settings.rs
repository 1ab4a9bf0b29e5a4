//! Insights, the log by who and what, the configuration as a file, and keys that are tested.

use super::{ask, code, good, in_review, outside, run};
use crate::{
    call,
    wire::{ConfigView, EventsView, InsightsView, KeyTestView, MeasureWord},
};
use orchestron_domain::{Actor, Status};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn told(world: &World, input: Value) -> InsightsView {
    serde_json::from_value(good(world, "insights", input)).unwrap()
}

fn value(view: &InsightsView, what: MeasureWord) -> Option<u64> {
    let mut found = view.measures.iter().filter(|one| one.what == what);
    found.next().unwrap().value.map(|value| value.0)
}

#[test]
fn insights_tell_what_the_log_has_of_some_days() {
    let world = in_review();
    good(
        &world,
        "approve",
        json!({"task": "TASK-1", "note": null, "commit": null, "agent": null}),
    );
    run(&world);
    let view = told(&world, json!({"days": 3}));
    assert_eq!(view.measures.len(), 9);
    assert!(view.measures.iter().all(|one| one.points.len() == 3));
    assert_eq!(value(&view, MeasureWord::FirstPass), Some(1000));
    assert_eq!(value(&view, MeasureWord::HumanShare), Some(0));
    assert!(value(&view, MeasureWord::HandOver).is_some());
    let names: Vec<_> = view
        .agents
        .iter()
        .map(|agent| agent.name.as_str())
        .collect();
    assert!(names.contains(&"claude-impl"), "{names:?}");
    // As many steps as fit on a screen.
    assert_eq!(
        told(&world, json!({"days": 366, "zone": 60})).measures[0]
            .points
            .len(),
        53
    );
    assert_eq!(told(&World::new(), json!({})).measures[0].points.len(), 14);
}

#[test]
fn the_log_is_told_by_who_and_what() {
    let world = in_review();
    let events = |input: Value| -> EventsView {
        serde_json::from_value(good(&world, "events", input)).unwrap()
    };
    let all = events(json!({}));
    let kinds = events(json!({"kinds": ["handed-off", "claimed"]}));
    assert!(!kinds.events.is_empty() && kinds.events.len() < all.events.len());
    assert!(
        kinds
            .events
            .iter()
            .all(|event| event.kind == "handed-off" || event.kind == "claimed")
    );
    let by = events(json!({"by": "engine", "limit": 2}));
    assert_eq!(by.events.len(), 2);
    assert!(by.events.iter().all(|event| event.by == "engine"));
    let older = events(json!({"by": "engine", "limit": 100, "before": by.before}));
    assert!(
        older
            .events
            .iter()
            .all(|event| event.seq < by.events[1].seq)
    );
    assert!(
        events(json!({"by": "nobody-of-that-name"}))
            .events
            .is_empty()
    );
}

#[test]
fn a_priority_is_changed_in_the_file() {
    let world = World::new();
    world.task(1, Status::Ready, "One");
    let done = good(&world, "priority", json!({"task": "TASK-1", "to": "P0"}));
    assert_eq!(done["did"], "TASK-001 is P0 now, was P1");
    assert_eq!(
        good(&world, "task", json!({"task": "TASK-1"}))["card"]["priority"],
        "P0"
    );
    let again = good(&world, "priority", json!({"task": "TASK-1", "to": "P0"}));
    assert_eq!(again["did"], "TASK-001 is P0 already");
    assert_eq!(
        code(&world, "priority", json!({"task": "TASK-1", "to": "P7"})),
        "input_invalid"
    );
    assert_eq!(
        code(&world, "priority", json!({"task": "TASK-9", "to": "P0"})),
        "task_not_found"
    );
}

#[test]
fn a_setting_is_changed_in_the_file_and_only_there() {
    let world = World::new();
    let before = "# Ours.\nproject: shop # the name\nlimits:\n  parallel: auto # agents\n";
    world
        .store()
        .files()
        .write_side("config.yaml", before.as_bytes(), true)
        .unwrap();
    let view =
        || -> ConfigView { serde_json::from_value(good(&world, "config", json!({}))).unwrap() };
    let seen = view();
    let parallel = seen
        .settings
        .iter()
        .find(|one| one.key == "limits.parallel")
        .unwrap();
    assert_eq!(
        (parallel.written.as_deref(), parallel.line),
        (Some("auto"), Some(4))
    );
    let changes = json!([{"key": "limits.parallel", "values": ["3"]}, {"key": "notify.sound", "values": ["false"]}]);
    let done = good(
        &world,
        "config-set",
        json!({"changes": changes, "hash": seen.hash}),
    );
    assert_eq!(
        done["did"],
        "limits.parallel is 3 now; notify.sound is false now"
    );
    let after = before.replace("auto #", "3 #") + "\nnotify:\n  sound: false\n";
    assert_eq!(view().text, after);
    // What was looked at is not what is there any more.
    assert_eq!(
        code(
            &world,
            "config-set",
            json!({"changes": changes, "hash": seen.hash})
        ),
        "input_invalid"
    );
    assert_eq!(view().text, after);
    let gates = json!([{"key": "gates", "values": ["true"]}]);
    assert_eq!(
        code(&world, "config-set", json!({"changes": gates})),
        "input_invalid"
    );
    good(
        &world,
        "config-write",
        json!({"text": "project: other\n", "hash": view().hash}),
    );
    assert_eq!(view().text, "project: other\n");
}

#[test]
fn a_key_is_tested_without_being_shown() {
    let world = World::new();
    let test = |account: &str| ask(&world, "key-test", json!({"account": account}));
    assert!(test("nobodys").is_err());
    assert!(test("anthropic").is_err(), "there is no key");
    for (key, is_good) in [("good-1234", true), ("bad-1234", false)] {
        good(
            &world,
            "key-set",
            json!({"account": "anthropic", "key": key}),
        );
        let told = test("anthropic").unwrap();
        assert!(!told.to_string().contains("1234"));
        let view: KeyTestView = serde_json::from_value(told).unwrap();
        assert_eq!((view.good, view.cure.is_none()), (is_good, is_good));
        assert_eq!(view.host, "api.anthropic.com");
    }
}

#[test]
fn an_address_of_the_repository_gets_no_key_before_it_was_accepted() {
    let world = World::new();
    world.trust();
    good(
        &world,
        "key-set",
        json!({"account": "anthropic", "key": "good-1234"}),
    );
    world.configure(|config| {
        for agent in config.agents.values_mut() {
            agent.base_url = Some("https://elsewhere.example".into());
        }
    });
    assert_eq!(
        code(&world, "key-test", json!({"account": "anthropic"})),
        "input_invalid"
    );
    world.trust();
    let told = good(&world, "key-test", json!({"account": "anthropic"}));
    assert_eq!(told["host"], "elsewhere.example");
}

#[test]
fn only_the_person_changes_settings_and_tests_keys() {
    let world = World::new();
    world.task(1, Status::Ready, "One");
    for (name, input) in [
        ("config-set", json!({"changes": []})),
        ("config-write", json!({"text": ""})),
        ("key-test", json!({"account": "anthropic"})),
    ] {
        let refused = call(&mut outside(&world, "cursor"), name, input.clone());
        assert_eq!(refused.unwrap_err().code(), "not_allowed", "{name}");
        let mut engine = super::cx(&world, Actor::Engine);
        assert!(call(&mut engine, name, input).is_err(), "{name}");
    }
}
