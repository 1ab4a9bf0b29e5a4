//! Reviews: what was seen, what is said line by line and where it goes, what becomes of it.

use super::{code, good, in_review, outside, run, settle};
use crate::call;
use orchestron_engine::ports::{Between, FileDiff};
use orchestron_testkit::World;
use serde_json::{Value, json};

const PATCH: &str = "@@ -1,2 +1,3 @@\n fn check() {\n-    allow()\n+    let now = now();\n+    deny(now)\n@@ -20,1 +21,2 @@\n }\n+// end\n";

fn file(patch: &str) -> FileDiff {
    FileDiff {
        path: "src/limit.rs".into(),
        old_path: None,
        kind: "modified".into(),
        added: Some(3),
        removed: Some(1),
        patch: patch.into(),
        cut: false,
    }
}

fn between(patch: &str) -> Between {
    Between {
        files: vec![file(patch)],
        follows: true,
        caught_up: false,
    }
}

fn request(world: &World) -> Value {
    let all = good(world, "requests", json!({}));
    all.as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "review" && one["open"] == true)
        .unwrap()
        .clone()
}

/// A world in review whose changes are `PATCH`, with the open request.
fn reviewing() -> (World, Value, String) {
    let world = in_review();
    let request = request(&world);
    let commit = request["commit"].as_str().unwrap().to_owned();
    world.between(None, &commit, between(PATCH));
    (world, request, commit)
}

fn send_back(request: &Value, note: &str, comments: &Value, hunks: &Value) -> Value {
    json!({"request": request["id"], "commit": request["commit"], "decision": {"type": "changes", "note": note, "comments": comments, "hunks": hunks}})
}

#[test]
fn comments_and_verdicts_reach_the_next_attempt_with_the_code_they_are_about() {
    let (world, request, _) = reviewing();
    let comments = json!([{"path": "src/limit.rs", "line": 2, "to": 3, "text": "Retry-After is the whole window."}]);
    let hunks = json!([{"path": "src/limit.rs", "line": 21, "keep": true}, {"path": "src/limit.rs", "line": 1, "keep": false}]);
    good(
        &world,
        "decide",
        send_back(&request, "Nearly.", &comments, &hunks),
    );
    settle(&world);
    let task = good(&world, "task", json!({"task": "TASK-1"}));
    let feedback = task["feedback"].as_array().unwrap().last().unwrap()["text"]
        .as_str()
        .unwrap()
        .to_owned();
    for part in [
        "Nearly.",
        "### `src/limit.rs:2-3`",
        "    let now = now();\n    deny(now)",
        "> Retry-After is the whole window.",
        "- `src/limit.rs:21-22`",
        "-    allow()",
    ] {
        assert!(feedback.contains(part), "{part}: {feedback}");
    }
    let told = good(&world, "context", json!({"task": "TASK-1"}));
    let document = told["document"].as_str().unwrap();
    assert!(
        document.contains("> Retry-After is the whole window.")
            && document.contains("## Keep as it is"),
        "{document}"
    );
}

#[test]
fn what_is_said_needs_no_note_and_what_is_only_accepted_does() {
    let (world, request, _) = reviewing();
    let kept = json!([{"path": "src/limit.rs", "line": 21, "keep": true}]);
    assert_eq!(
        code(
            &world,
            "decide",
            send_back(&request, " ", &json!([]), &kept)
        ),
        "input_invalid"
    );
    assert_eq!(
        code(
            &world,
            "decide",
            send_back(&request, "", &json!([]), &json!([]))
        ),
        "input_invalid"
    );
    let other = json!([{"path": "src/other.rs", "line": 1, "text": "x"}]);
    assert_eq!(
        code(
            &world,
            "decide",
            send_back(&request, "x", &other, &json!([]))
        ),
        "input_invalid"
    );
    assert!(
        request["open"] == true
            && good(&world, "task", json!({"task": "TASK-1"}))["feedback"] == json!([])
    );
    let comment = json!([{"path": "src/limit.rs", "line": 2, "text": "no"}]);
    let done = good(
        &world,
        "reject",
        json!({"task": "TASK-1", "comments": comment}),
    );
    assert!(done["did"].as_str().unwrap().contains("TASK-001"), "{done}");
}

#[test]
fn comments_on_what_has_moved_are_refused_as_the_decision_is() {
    let (world, request, _) = reviewing();
    let comments = json!([{"path": "src/limit.rs", "line": 2, "text": "no"}]);
    let mut input = send_back(&request, "", &comments, &json!([]));
    input["commit"] = json!("f".repeat(40));
    assert_eq!(code(&world, "decide", input), "decision_stale");
}

#[test]
fn what_was_said_is_shown_at_its_line_with_what_became_of_it() {
    let (world, request, first) = reviewing();
    let comments = json!([
        {"path": "src/limit.rs", "line": 3, "text": "the window"},
        {"path": "src/limit.rs", "line": 22, "text": "why?"},
    ]);
    good(
        &world,
        "decide",
        send_back(&request, "", &comments, &json!([])),
    );
    settle(&world);
    let open = good(&world, "review", json!({"task": "TASK-1"}));
    assert_eq!(open["remarks"][0]["state"], "open", "{open}");
    run(&world);
    let tip = world.tip("TASK-001").unwrap();
    assert_ne!(tip, first);
    world.between(Some(&first), &tip, between("@@ -1,3 +1,5 @@\n+//! Limits.\n fn check() {\n     let now = now();\n-    deny(now)\n+    let left = left(now);\n+    deny(left)\n"));
    let review = good(&world, "review", json!({"task": "TASK-1"}));
    let told: Vec<_> = review["remarks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            (
                r["line"].clone(),
                r["now"].clone(),
                r["state"].clone(),
                r["by"].clone(),
                r["attempt"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!(3), json!(4), json!("changed"), json!("you"), json!(2)),
            (json!(22), json!(24), json!("left"), json!("you"), json!(2)),
        ]
    );
    // The handoffs know their commits: each legs's changes can be looked at alone.
    let points = review["points"].as_array().unwrap();
    assert_eq!(points.last().unwrap()["to"], json!(tip), "{points:?}");
    let second = points
        .iter()
        .find(|point| point["attempt"] == 2 && point["leg"] == "implement")
        .unwrap();
    assert_eq!(
        (&second["from"], &second["to"]),
        (&json!(first), &json!(tip))
    );
    let diff = good(
        &world,
        "diff",
        json!({"task": "TASK-1", "from": first, "to": tip}),
    );
    assert_eq!(diff["from"], json!(first));
    assert!(
        diff["files"][0]["patch"]
            .as_str()
            .unwrap()
            .contains("left(now)")
    );
}

#[test]
fn what_was_seen_is_remembered_until_the_branch_moves() {
    let (world, _, first) = reviewing();
    let review = |world: &World| good(world, "review", json!({"task": "TASK-1"}));
    assert_eq!(review(&world)["last_look"], Value::Null);
    good(&world, "seen", json!({"task": "TASK-1", "commit": first}));
    assert_eq!(
        review(&world)["last_look"],
        Value::Null,
        "nothing is new since"
    );
    world.commit_on("TASK-001");
    assert_eq!(review(&world)["last_look"]["commit"], json!(first));
    let tip = world.tip("TASK-001").unwrap();
    good(&world, "seen", json!({"task": "TASK-1", "commit": tip}));
    assert_eq!(
        review(&world)["last_look"]["commit"],
        json!(first),
        "what was seen before the present state"
    );
    assert_eq!(
        code(
            &world,
            "seen",
            json!({"task": "TASK-1", "commit": "--output=x"})
        ),
        "input_invalid"
    );
    let refused = call(
        &mut outside(&world, "cursor"),
        "seen",
        json!({"task": "TASK-1", "commit": tip}),
    );
    assert_eq!(refused.unwrap_err().code(), "not_allowed");
}

#[test]
fn a_decision_counts_as_a_look() {
    let (world, request, first) = reviewing();
    good(
        &world,
        "decide",
        send_back(&request, "more", &json!([]), &json!([])),
    );
    run(&world);
    let review = good(&world, "review", json!({"task": "TASK-1"}));
    assert_eq!(review["last_look"]["commit"], json!(first));
}

#[test]
fn a_rewritten_branch_is_said_to_be_one() {
    let (world, _, first) = reviewing();
    world.commit_on("TASK-001");
    let tip = world.tip("TASK-001").unwrap();
    let rewritten = Between {
        follows: false,
        caught_up: true,
        ..between("@@ -1 +1 @@\n-a\n+b\n")
    };
    world.between(Some(&first), &tip, rewritten);
    let diff = good(&world, "diff", json!({"task": "TASK-1", "from": first}));
    let notes = diff["notes"].to_string();
    assert!(
        notes.contains("rewritten") && notes.contains("main"),
        "{notes}"
    );
    // What git has cleared away cannot be compared, and that is said, too.
    let gone = good(
        &world,
        "diff",
        json!({"task": "TASK-1", "from": "e".repeat(40)}),
    );
    assert!(
        gone["none"]
            .as_str()
            .unwrap()
            .contains("not there any more"),
        "{gone}"
    );
    assert_eq!(
        code(&world, "diff", json!({"task": "TASK-1", "from": "HEAD"})),
        "input_invalid"
    );
    assert_eq!(
        code(&world, "diff", json!({"task": "TASK-1", "to": "-x"})),
        "input_invalid"
    );
}

#[test]
fn a_file_is_opened_in_the_editor_that_is_there_or_was_chosen() {
    let (world, _, _) = reviewing();
    let open = json!({"task": "TASK-1", "path": "src/limit.rs", "line": 20});
    assert_eq!(
        code(&world, "open", open.clone()),
        "input_invalid",
        "no editor is there"
    );
    world.editors(&["zed", "code"]);
    good(&world, "open", open.clone());
    let worktree = good(&world, "task", json!({"task": "TASK-1"}))["worktree"]
        .as_str()
        .unwrap()
        .to_owned();
    let file = format!("{worktree}/src/limit.rs");
    let args = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        world.opened(),
        [(
            args(&["code", "-g", &format!("{file}:20")]),
            worktree.clone()
        )]
    );
    good(
        &world,
        "editor-set",
        json!({"command": ["my editor", "{file}"]}),
    );
    good(&world, "open", open);
    assert_eq!(world.opened()[1].0, args(&["my editor", &file]));
    good(&world, "open", json!({"task": "TASK-1"}));
    assert_eq!(world.opened()[2].0, args(&["my editor", &worktree]));
    for path in ["../../etc/passwd", "/etc/passwd"] {
        assert_eq!(
            code(&world, "open", json!({"task": "TASK-1", "path": path})),
            "input_invalid"
        );
    }
    for command in [json!(["sh"]), json!(["sh", "-c", "x"])] {
        assert_eq!(
            code(&world, "editor-set", json!({"command": command})),
            "input_invalid"
        );
    }
    good(&world, "editor-set", json!({"command": []}));
    assert_eq!(good(&world, "editor", json!({}))["command"][0], "code");
    assert_eq!(world.opened().len(), 3);
}
