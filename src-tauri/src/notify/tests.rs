//! What a notification says and what its buttons do.

use super::{Notice, reply};
use crate::{attention::What, link::Place};
use orchestron_operations::wire::{NoticeView, RequestView};
use serde_json::{Value, json};
use std::path::Path;

fn request(more: &Value) -> RequestView {
    let mut request = json!({
        "id": 7, "kind": "review", "task": "TASK-001", "title": "Rate-limit the login", "detail": "", "since": 0,
        "commit": "abc", "options": [], "files": [], "open": true, "urgency": 1,
    });
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    serde_json::from_value(request).unwrap()
}

fn notice(request: Option<RequestView>, task: Option<&str>) -> Notice {
    let view = NoticeView {
        id: orchestron_operations::wire::Big(7),
        kind: orchestron_operations::wire::NoticeWord::Review,
        title: "Review: Rate-limit\u{202e} the login".to_owned(),
        body: "by cursor\nmerges into main".to_owned(),
        sound: true,
        about: Vec::new(),
        request,
        task: task.map(str::to_owned),
    };
    Notice::of(Path::new("/shop"), "shop", &view)
}

#[test]
fn a_review_can_be_decided_from_it_at_the_commit_it_was_shown_for() {
    let notice = notice(Some(request(&json!({}))), Some("TASK-001"));
    assert_eq!(
        notice.place,
        Place::Request {
            id: 7,
            changes: false
        }
    );
    assert_eq!(notice.title, "Review: Rate-limit\u{fffd} the login · shop");
    let (label, deed) = &notice.buttons[0];
    assert_eq!(label, "Approve");
    assert_eq!((deed.request, deed.commit.as_deref()), (7, Some("abc")));
}

#[test]
fn several_lead_to_the_list_and_one_task_to_the_task() {
    let several = notice(None, None);
    assert_eq!((several.place, several.buttons.len()), (Place::NeedsYou, 0));
    assert_eq!(
        notice(None, Some("TASK-001")).place,
        Place::Task("TASK-001".parse().unwrap())
    );
    assert_eq!(notice(None, Some("../x")).place, Place::NeedsYou);
}

#[test]
fn a_permission_that_can_be_given_is_seen_whole() {
    let input = json!({"command": "npm test -- --watch=false"}).to_string();
    let asked = request(
        &json!({"kind": "permission", "tool": "Bash", "input": input, "title": "npm test"}),
    );
    let notice = notice(Some(asked), None);
    assert!(
        notice.body.contains("npm test -- --watch=false"),
        "{}",
        notice.body
    );
    assert_eq!(notice.buttons[0].0, "Allow once");
}

#[test]
fn typed_words_send_the_work_back() {
    let notice = notice(Some(request(&json!({}))), None);
    assert_eq!(
        reply(&notice, " smaller steps ").unwrap().what,
        What::sent_back("smaller steps")
    );
    assert_eq!(reply(&notice, "  ").unwrap().what, What::Words);
}
