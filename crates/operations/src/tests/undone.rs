//! `undo`: each kind of thing, twice, and when something newer is in the way.

use super::{cx, person, run, settle};
use crate::{Context, OpError, call};
use orchestron_domain::{Actor, Status};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn list(cx: &mut Context) -> Vec<Value> {
    let list = call(cx, "undo-list", Value::Null).unwrap();
    list["entries"].as_array().unwrap().clone()
}

/// The newest thing that says this.
fn about(cx: &mut Context, words: &str) -> u64 {
    let entries = list(cx);
    let found = entries
        .iter()
        .find(|entry| entry["what"].as_str().unwrap().contains(words));
    found.unwrap_or_else(|| panic!("{words} is not in {entries:#?}"))["event"]
        .as_u64()
        .unwrap()
}

fn undo(cx: &mut Context, event: u64) -> Result<String, OpError> {
    let done = call(cx, "undo", json!({ "event": event }))?;
    Ok(done["did"].as_str().unwrap().to_owned())
}

fn refused(cx: &mut Context, event: u64) -> String {
    match undo(cx, event).unwrap_err() {
        OpError::NotUndone { why, cure } => format!("{why} / {cure}"),
        other => panic!("{other}"),
    }
}

/// A project whose one task went through its chain.
fn done() -> World {
    let world = World::new();
    world.task(1, Status::Pending, "Search");
    run(&world);
    call(&mut person(&world), "approve", json!({ "task": "TASK-1" })).unwrap();
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    world
}

#[test]
fn a_merge_is_taken_back_once() {
    let world = done();
    let mut cx = person(&world);
    let event = about(&mut cx, "was merged");
    assert!(undo(&mut cx, event).unwrap().contains("main is at"));
    assert_eq!(world.merges(), []);
    assert!(undo(&mut cx, event).unwrap().contains("undone already"));
    let entries = list(&mut cx);
    let told = entries
        .iter()
        .find(|entry| entry["event"] == event)
        .unwrap();
    assert_eq!(told["undone"], true);
}

#[test]
fn steps_are_taken_back_in_the_order_they_can_be() {
    let world = done();
    let mut cx = person(&world);
    let review = about(&mut cx, "from in-progress to review");
    assert!(refused(&mut cx, review).contains("it stands in done now"));
    let last = about(&mut cx, "from review to done");
    undo(&mut cx, last).unwrap();
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    let tree = about(&mut cx, "worktree was removed");
    assert!(undo(&mut cx, tree).unwrap().contains("/worktrees/TASK-001"));
    assert!(world.tip("TASK-001").is_some());
    // What was undone was a step, too, and can be undone.
    let back = about(&mut cx, "from done to review");
    undo(&mut cx, back).unwrap();
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
}

#[test]
fn a_new_task_goes_into_the_trash_and_comes_out_of_it() {
    let world = World::new();
    let mut cx = person(&world);
    call(&mut cx, "create", json!({ "title": "Pay by card" })).unwrap();
    let text = world.text("tasks/pending/TASK-001-pay-by-card.md").unwrap();
    let event = about(&mut cx, "was written: Pay by card");
    undo(&mut cx, event).unwrap();
    assert_eq!(world.status("TASK-001"), None);
    let event = about(&mut cx, "was put away");
    undo(&mut cx, event).unwrap();
    assert_eq!(
        world.text("tasks/pending/TASK-001-pay-by-card.md").unwrap(),
        text
    );
    let moved = World::new();
    let mut cx = person(&moved);
    call(&mut cx, "create", json!({ "title": "Pay by card" })).unwrap();
    let event = about(&mut cx, "was written: Pay by card");
    call(&mut cx, "move", json!({ "task": "TASK-1", "to": "review" })).unwrap();
    assert!(refused(&mut cx, event).contains("more than a new file by now"));
}

#[test]
fn an_edit_is_taken_back_and_what_came_after_stays() {
    let world = World::new();
    world.task(1, Status::Pending, "Search");
    let mut cx = person(&world);
    let path = "tasks/pending/TASK-001-search.md";
    let edit = |cx: &mut Context, text: &str| {
        let input = json!({ "task": "TASK-1", "section": "Goal", "text": text });
        call(cx, "edit", input).unwrap();
    };
    edit(&mut cx, "Find things fast.");
    let first = about(&mut cx, "Goal was written");
    let more = world.text(path).unwrap() + "\n## Own words\nkeep this\n";
    world.write(path, &more);
    undo(&mut cx, first).unwrap();
    let text = world.text(path).unwrap();
    assert!(
        text.contains("Do it well.") && text.contains("keep this"),
        "{text}"
    );
    assert!(!text.contains("Find things fast."), "{text}");
    // With something newer in the same section it is left, and it is told where the old text lies.
    edit(&mut cx, "Find things fast.");
    let second = about(&mut cx, "Goal was written");
    edit(&mut cx, "Find things at once.");
    let why = refused(&mut cx, second);
    assert!(
        why.contains("Goal of TASK-001") && why.contains("/state/trash/"),
        "{why}"
    );
    assert!(world.text(path).unwrap().contains("Find things at once."));
}

#[test]
fn what_was_not_ours_or_is_too_old_or_nothing_is_left() {
    let world = done();
    let mut cx = person(&world);
    assert!(refused(&mut cx, 9_999).contains("there is no event 9999"));
    assert!(refused(&mut cx, 1).contains("did nothing"));
    let event = about(&mut cx, "was merged");
    world.pass(31 * 86_400_000);
    assert!(list(&mut cx).is_empty());
    assert!(refused(&mut cx, event).contains("30 days"));
    let agent = Actor::Run {
        run: "TASK-001-implement-1".parse().unwrap(),
    };
    let error = call(
        &mut self::cx(&world, agent),
        "undo",
        json!({ "event": event }),
    )
    .unwrap_err();
    assert_eq!(error.code(), "not_allowed");
}

#[test]
fn a_worktree_that_is_left_over_is_found_and_cleared_away() {
    let world = done();
    let mut cx = person(&world);
    let tree = about(&mut cx, "worktree was removed");
    undo(&mut cx, tree).unwrap();
    let found = call(&mut cx, "doctor", Value::Null).unwrap();
    assert_eq!(found["healthy"], false);
    let fixed = call(&mut cx, "doctor-fix", Value::Null).unwrap();
    let did = fixed["did"].as_array().unwrap();
    assert!(
        did.iter()
            .any(|line| line.as_str().unwrap().contains("its branch is kept")),
        "{fixed:#}"
    );
    assert_eq!(world.tip("TASK-001"), None);
    let fixed = call(&mut cx, "doctor-fix", Value::Null).unwrap();
    assert_eq!(fixed["did"], json!([]));
}
