//! The registry itself.

use super::{ALL, call};
use crate::tests::person;
use orchestron_testkit::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let names: BTreeSet<_> = ALL.iter().map(|operation| operation.name).collect();
    assert_eq!(names.len(), ALL.len());
    for operation in ALL {
        let good = operation
            .name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(good, "{}", operation.name);
        assert!(
            operation.about.len() > 20 && !operation.about.ends_with('.'),
            "{}",
            operation.name
        );
    }
}

#[test]
fn every_operation_refuses_a_field_it_does_not_know_and_names_it() {
    let world = World::new();
    for operation in ALL {
        let error = call(&mut person(&world), operation.name, json!({"zzz": 1})).unwrap_err();
        let view = error.view();
        assert_eq!(
            (view.code.as_str(), view.field.as_deref()),
            ("input_invalid", Some("zzz")),
            "{}: {error}",
            operation.name
        );
        assert!(
            view.message.contains("`zzz`") && view.message.starts_with(operation.name),
            "{}",
            view.message
        );
    }
}

#[test]
fn a_field_of_the_wrong_type_or_missing_is_named() {
    let world = World::new();
    let table = [
        ("claim", json!({}), "task"),
        ("claim", json!({"task": 5}), "task"),
        (
            "create",
            json!({"title": "x", "criteria": "one"}),
            "criteria",
        ),
        ("move", json!({"task": "TASK-1", "to": "nowhere"}), "to"),
        (
            "decide",
            json!({"request": 1, "decision": {"type": "perhaps"}}),
            "decision",
        ),
        (
            "decide",
            json!({"request": -1, "decision": {"type": "allow"}}),
            "request",
        ),
    ];
    for (name, input, field) in table {
        let view = call(&mut person(&world), name, input).unwrap_err().view();
        assert_eq!(
            (view.code.as_str(), view.field.as_deref()),
            ("input_invalid", Some(field)),
            "{view:?}"
        );
    }
}

#[test]
fn an_input_that_is_no_object_is_refused_and_none_is_an_empty_one() {
    let world = World::new();
    for input in [json!([]), json!("x"), json!(1)] {
        assert_eq!(
            call(&mut person(&world), "board", input)
                .unwrap_err()
                .code(),
            "input_invalid"
        );
    }
    call(&mut person(&world), "board", Value::Null).unwrap();
    assert_eq!(
        call(&mut person(&world), "bored", json!({}))
            .unwrap_err()
            .code(),
        "operation_unknown"
    );
}

#[test]
fn the_ui_calls_only_what_there_is() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/backend/operations.ts");
    let text = std::fs::read_to_string(path).unwrap();
    let named = text
        .lines()
        .filter(|line| line.contains("{ input: wire."))
        .map(|line| line.trim().split(':').next().unwrap().trim_matches('"'))
        // These the desktop app answers by itself (`src-tauri/src/system.rs`, which has the same test).
        .filter(|name| *name != "desktop" && !name.starts_with("desktop-"));
    let mut count = 0;
    for name in named {
        count += 1;
        assert!(
            ALL.iter().any(|operation| operation.name == name),
            "the UI calls `{name}`"
        );
    }
    assert!(count > 20);
}
