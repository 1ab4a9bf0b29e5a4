//! What is offered for which request.

use super::{Entry, What, buttons, entries, entry_title, title, visible};
use orchestron_operations::wire::{DecisionInput, RequestView, RequestWord};

fn request(kind: RequestWord) -> RequestView {
    let view = serde_json::json!({
        "id": 7, "kind": kind, "task": "TASK-001", "title": "Rate-limit the login", "detail": "", "since": 0,
        "commit": "abc", "options": [], "files": [], "open": true, "urgency": 1,
    });
    serde_json::from_value(view).unwrap()
}

fn permission(command: &str) -> RequestView {
    RequestView {
        tool: Some("Bash".to_owned()),
        input: Some(serde_json::json!({"command": command, "description": "harmless"}).to_string()),
        title: command.lines().next().unwrap_or_default().to_owned(),
        ..request(RequestWord::Permission)
    }
}

fn labels(entries: &[Entry]) -> Vec<&str> {
    let labels = entries.iter().map(|entry| match entry {
        Entry::Act { label, .. } | Entry::Group { label, .. } => label.as_str(),
    });
    labels.collect()
}

#[test]
fn each_kind_offers_what_decides_it() {
    for (kind, offered) in [
        (
            RequestWord::Review,
            &["Approve", "Request changes", "Open"][..],
        ),
        (
            RequestWord::Escalation,
            &["Try again", "Leave it failed", "Open"],
        ),
        (RequestWord::Conflict, &["Try the merge again", "Open"]),
        (RequestWord::Budget, &["Open"]),
        (RequestWord::Question, &["Open"]),
    ] {
        assert_eq!(labels(&entries(&request(kind))), offered, "{kind:?}");
    }
    assert_eq!(
        labels(&entries(&permission("ls"))),
        ["Allow once", "Deny", "Open"]
    );
}

#[test]
fn work_without_a_commit_is_approved_in_the_window() {
    let review = RequestView {
        commit: None,
        ..request(RequestWord::Review)
    };
    assert_eq!(labels(&entries(&review)), ["Request changes", "Open"]);
}

#[test]
fn what_was_not_seen_whole_is_not_allowed_here() {
    for hidden in [
        format!("echo {}; rm -rf /", "x".repeat(200)),
        "ls\nrm -rf /".to_owned(),
        "ls \u{202e}fdsa".to_owned(),
        "ls\u{200b}x".to_owned(),
        String::new(),
    ] {
        let offered = entries(&permission(&hidden));
        assert_eq!(labels(&offered), ["Deny", "Open"], "{hidden:?}");
        let line = title(&permission(&hidden));
        assert!(!line.contains(['\n', '\u{202e}', '\u{200b}']), "{line}");
    }
    let command = format!("echo {}", "y".repeat(100));
    assert!(
        entry_title(&permission(&command)).contains(&command),
        "shown whole"
    );
}

#[test]
fn another_tool_is_shown_with_all_it_is_given() {
    let write = RequestView {
        tool: Some("Write".to_owned()),
        input: Some(r#"{"file_path":"/etc/hosts"}"#.to_owned()),
        title: "/etc/hosts".to_owned(),
        ..request(RequestWord::Permission)
    };
    assert!(
        title(&write).contains(r#"Write {"file_path":"/etc/hosts"}"#),
        "{}",
        title(&write)
    );
}

#[test]
fn answers_are_given_as_they_were_suggested() {
    let question = RequestView {
        options: vec!["Redis".to_owned(), "x\ny".to_owned(), "z".repeat(300)],
        ..request(RequestWord::Question)
    };
    let offered = entries(&question);
    assert_eq!(offered.len(), 3);
    let Entry::Act {
        what: What::Decide(DecisionInput::Answer { text }),
        label,
    } = &offered[1]
    else {
        panic!("{offered:?}")
    };
    assert_eq!((text.len(), label.chars().count()), (300, 70));
}

#[test]
fn a_notification_has_few_buttons_and_none_for_open() {
    let told = buttons(&request(RequestWord::Review));
    let labels: Vec<_> = told.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Approve", "Request changes"]);
    assert_eq!(told[1].1, What::Words);
    assert!(buttons(&request(RequestWord::Budget)).is_empty());
}

#[test]
fn nothing_invisible_gets_into_a_menu() {
    assert_eq!(visible("a\u{202e}b\nc"), "a\u{fffd}b\u{fffd}c");
}
