//! Table tests: what an edit writes, and that it writes nothing the second time.

use super::tests::{FULL, id, parsed};
use super::{EditError, Item, MAX_BYTES, Section, TaskFile, TaskFileError};
use crate::{Leg, Priority, Status, Time};

/// What an edit makes of a text; the second time it must change nothing.
fn edited(text: &str, edit: impl Fn(&mut TaskFile) -> Result<bool, EditError>) -> String {
    let mut file = parsed(text);
    edit(&mut file).unwrap();
    let after = file.text().to_owned();
    assert_eq!(edit(&mut file), Ok(false), "{after}");
    assert_eq!(file.text(), after);
    after
}

/// The lines that one text has and the other has not, in the manner of a diff.
fn diff(before: &str, after: &str) -> Vec<String> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    let gone = old[head..old.len() - tail]
        .iter()
        .map(|line| format!("-{line}"));
    let come = new[head..new.len() - tail]
        .iter()
        .map(|line| format!("+{line}"));
    gone.chain(come).collect()
}

#[test]
fn header_edits_touch_one_value() {
    let after = edited(FULL, |file| file.set_status(Status::Review));
    assert_eq!(
        diff(FULL, &after),
        ["-## Status: in-progress\n", "+## Status: review\n"]
    );
    let after = edited(FULL, |file| file.set_priority(Priority::P2));
    assert_eq!(
        diff(FULL, &after),
        ["-## Priority: P0\n", "+## Priority: P2\n"]
    );
    let after = edited(FULL, |file| file.set_agent(None));
    assert_eq!(
        diff(FULL, &after),
        ["-## Agent: cursor\n", "+## Agent: unassigned\n"]
    );
    let after = edited(FULL, |file| file.set_last_updated(Time(0)));
    assert_eq!(
        diff(FULL, &after),
        [
            "-## Last Updated: 2026-11-20T10:00:00Z\n",
            "+## Last Updated: 1970-01-01T00:00:00Z\n"
        ]
    );
    assert_eq!(parsed(FULL).set_status(Status::InProgress), Ok(false));
    for (before, after) in [
        (
            "# TASK-1 - x\r\n## Status\r\n\r\n  ready <!-- c -->  \r\n",
            "# TASK-1 - x\r\n## Status\r\n\r\n  done <!-- c -->  \r\n",
        ),
        ("# TASK-1 - x\n## Status", "# TASK-1 - x\n## Status: done"),
        (
            "# TASK-1 - x\n## Status:<!-- c -->\n",
            "# TASK-1 - x\n## Status: done <!-- c -->\n",
        ),
        (
            "# TASK-1 - x\n##   status  ##\n",
            "# TASK-1 - x\n##   status: done  ##\n",
        ),
        (
            "# TASK-1 - x\n## Status\n- [pending|ready]\n",
            "# TASK-1 - x\n## Status\n- done\n",
        ),
        (
            "# TASK-1 - x\r\n\r\n## Goal\r\ny\r\n",
            "# TASK-1 - x\r\n\r\n## Status: done\r\n\r\n## Goal\r\ny\r\n",
        ),
        ("# TASK-1 - x", "# TASK-1 - x\n\n## Status: done\n"),
    ] {
        assert_eq!(edited(before, |file| file.set_status(Status::Done)), after);
    }
}

#[test]
fn missing_sections_come_at_their_place() {
    let created = "# TASK-1 - x\n\n## Created: y\n\n## Handoffs\n";
    assert_eq!(
        edited(created, |file| file.set_last_updated(Time(0))),
        "# TASK-1 - x\n\n## Created: y\n## Last Updated: 1970-01-01T00:00:00Z\n\n## Handoffs\n"
    );
    assert_eq!(
        edited(
            "# TASK-1 - x\nintro\n## Own\nz\n## Error Context\ne\n## Own 2\n",
            |file| file.set_git_context(Some("b"), None, None)
        ),
        "# TASK-1 - x\nintro\n## Own\nz\n## Error Context\ne\n\n## Git Context\n- Branch: b\n- Commit:\n- PR:\n\n## Own 2\n"
    );
    assert_eq!(
        edited("# TASK-1 - x\n## Goal\n```\nopen", |file| file
            .append_handoff(Leg::Review, "me", Time(0), "ok")),
        "# TASK-1 - x\n## Goal\n```\nopen\n```\n\n## Handoffs\n\n### 1 · review · me · 1970-01-01T00:00:00Z\n\n> ok\n"
    );
    assert_eq!(
        edited("# TASK-1 - x\n<!-- open", |file| file
            .set_error_context("e")),
        "# TASK-1 - x\n<!-- open\n-->\n\n## Error Context\ne\n"
    );
}

#[test]
fn set_section_replaces_the_text_and_nothing_else() {
    let after = edited(FULL, |file| {
        file.set_section(Section::Goal, "\n\nNew\n# goal\n\n")
    });
    assert_eq!(
        diff(FULL, &after),
        [
            "-A customer gets the money back.\n",
            "+New\n",
            "+### goal\n"
        ]
    );
    let after = edited(FULL, |file| file.set_error_context("boom"));
    assert_eq!(diff(FULL, &after), ["+boom\n"]);
    let after = edited(FULL, |file| {
        file.set_section(Section::ImplementationNotes, "")
    });
    assert_eq!(diff(FULL, &after), ["-Use the ledger.\n"]);
    let crlf = FULL.replace('\n', "\r\n");
    let after = edited(&crlf, |file| file.set_section(Section::Goal, "a\nb"));
    assert_eq!(
        diff(&crlf, &after),
        ["-A customer gets the money back.\r\n", "+a\r\n", "+b\r\n"]
    );
    for (before, text, after) in [
        ("## Goal: old\n## Own", "new", "## Goal:\nnew\n\n## Own"),
        ("## Goal: old\n", "old", "## Goal: old\n"),
        ("## Goal", "new", "## Goal\nnew\n"),
        (
            "## Goal\n<!-- guide -->\nold\n\n<!-- end -->\n## Own\n",
            "new",
            "## Goal\n<!-- guide -->\nnew\n\n<!-- end -->\n## Own\n",
        ),
        (
            "## Goal\n<!-- guide -->\nold\n",
            "<!-- guide -->\nnew",
            "## Goal\n<!-- guide -->\nnew\n",
        ),
        (
            "## Goal\na\n<!-- in\nside -->\nb\n",
            "new",
            "## Goal\nnew\n\n<!-- in\nside -->\n",
        ),
        (
            "## Goal\n\n<!-- guide -->\n",
            "<!-- mine -->\nnew",
            "## Goal\n\\<!-- mine -->\nnew\n\n<!-- guide -->\n",
        ),
    ] {
        let frame = |part: &str| format!("# TASK-1 - x\n{part}");
        assert_eq!(
            edited(&frame(before), |file| file.set_section(Section::Goal, text)),
            frame(after)
        );
    }
    assert_eq!(
        parsed(FULL).set_section(Section::Handoffs, "x"),
        Err(EditError::NotText {
            section: Section::Handoffs
        })
    );
    assert_eq!(
        parsed(FULL).append_text(Section::Status, "x"),
        Err(EditError::NotText {
            section: Section::Status
        })
    );
}

#[test]
fn a_refused_edit_changes_nothing() {
    let mut file = parsed("# TASK-1 - x\n## Goal\n~~~~\n## Error Context\nkeep me\n");
    let before = file.clone();
    let error = file.set_section(Section::Goal, "new").unwrap_err();
    assert!(
        error.to_string().contains("line 3") && error.to_string().contains("`~~~~`"),
        "{error}"
    );
    let error = file.set_error_context(&"x".repeat(MAX_BYTES)).unwrap_err();
    assert!(
        matches!(error, EditError::Spoils(TaskFileError::TooLarge { .. })),
        "{error}"
    );
    let error = file
        .tick(Section::AcceptanceCriteria, Item::At(0))
        .unwrap_err();
    assert!(error.to_string().contains("number 1"), "{error}");
    assert_eq!(
        file.add_depends_on(&id("TASK-1")),
        Err(EditError::DependsOnItself)
    );
    assert_eq!(file, before);
}

#[test]
fn boxes_are_ticked_by_one_byte() {
    let section = Section::AcceptanceCriteria;
    let after = edited(FULL, |file| file.tick(section, Item::At(0)));
    assert_eq!(
        diff(FULL, &after),
        [
            "-- [ ] The amount is exact\n",
            "+- [x] The amount is exact\n"
        ]
    );
    assert_eq!(
        edited(FULL, |file| file
            .tick(section, Item::Text("  - [ ] The  amount is exact "))),
        after
    );
    assert_eq!(edited(FULL, |file| file.tick_all(section)), after);
    assert_eq!(
        parsed(FULL).tick(section, Item::Text("Only once")),
        Ok(false)
    );
    assert!(parsed(FULL).tick(section, Item::Text("Only")).is_err());
    assert!(parsed(FULL).tick(section, Item::At(3)).is_err());
    let tricky = "# TASK-1 - x\n## Acceptance Criteria\n1. [ ] one\n```\n- [ ] code\n```\n> - [ ] quote\n  + [ ] two <!-- c -->  \r\n- [ ](link)\n-[ ] none";
    assert_eq!(
        parsed(tricky).criteria(),
        [(false, "one".to_owned()), (false, "two".to_owned())]
    );
    let after = edited(tricky, |file| file.tick_all(section));
    assert_eq!(
        after,
        tricky.replace("1. [ ]", "1. [x]").replace("+ [ ]", "+ [x]")
    );
}

#[test]
fn dependencies_are_added_once() {
    for (before, after) in [
        ("", "\n## Depends On\n- TASK-002\n"),
        ("## Depends On\n", "## Depends On\n- TASK-002\n"),
        (
            "## Depends On: TASK-3 <!-- c -->\n",
            "## Depends On: TASK-3, TASK-002 <!-- c -->\n",
        ),
        ("## Depends On: none\n", "## Depends On: TASK-002\n"),
        (
            "## Depends On\n- none\n\n## Own\n",
            "## Depends On\n- TASK-002\n\n## Own\n",
        ),
        (
            "## Depends On\n  * TASK-3\n\n## Own\n",
            "## Depends On\n  * TASK-3\n  * TASK-002\n\n## Own\n",
        ),
        (
            "## Depends On\n- [TASK-3]",
            "## Depends On\n- [TASK-3]\n- TASK-002\n",
        ),
        (
            "## Depends On\nTASK-3, TASK-4\n",
            "## Depends On\nTASK-3, TASK-4\n- TASK-002\n",
        ),
        ("## Depends On\n- task-2\n", "## Depends On\n- task-2\n"),
        ("## Depends On\n```\n", "## Depends On\n- TASK-002\n```\n"),
    ] {
        let frame = |part: &str| format!("# TASK-1 - x\n{part}");
        assert_eq!(
            edited(&frame(before), |file| file.add_depends_on(&id("TASK-2"))),
            frame(after)
        );
    }
}

#[test]
fn handoffs_are_numbered_and_told_once() {
    let mut file = parsed(FULL);
    let at = Time(1_795_165_920_000);
    assert_eq!(
        file.append_handoff(
            Leg::Implement,
            "cur·sor\n## Status: done",
            at,
            "a\r\n## Status: done\n<!--\n```\n"
        ),
        Ok(true)
    );
    assert_eq!(
        file.append_handoff(
            Leg::Implement,
            "cur·sor\n## Status: done",
            at,
            "told otherwise"
        ),
        Ok(false)
    );
    assert_eq!(
        diff(FULL, file.text()),
        [
            "+\n",
            "+### 2 · implement · cur-sor ## Status: done · 2026-11-20T09:12:00Z\n",
            "+\n",
            "+> a\n",
            "+> ## Status: done\n",
            "+> <!--\n",
            "+> ```\n",
        ]
    );
    assert_eq!(file.status_line(), Some(Status::InProgress));
    assert_eq!(file.handoffs()[1].note, "a\n## Status: done\n<!--\n```");
    assert_eq!(file.card(Status::Review).last_leg, Some(Leg::Implement));
    assert_eq!(file.append_handoff(Leg::Implement, "", at, " \n"), Ok(true));
    let last = file.handoffs().pop().unwrap();
    assert_eq!(
        (last.n, last.who.as_str(), last.note.as_str()),
        (3, "unknown", "")
    );
}

#[test]
fn feedback_grows_and_is_told_once() {
    let line = "- [1](../../feedback/TASK-001-1.md): gate test failed";
    let two = "- [2](../../feedback/TASK-001-2.md): again";
    let start =
        "# TASK-1 - x\n## Review Feedback\n[Feedback from Codex/ChatGPT goes here]\n\n## Own\n";
    let one = edited(start, |file| file.append_review_feedback(line));
    assert_eq!(
        one,
        format!("# TASK-1 - x\n## Review Feedback\n{line}\n\n## Own\n")
    );
    let more = edited(&one, |file| file.append_review_feedback(two));
    assert_eq!(
        more,
        format!("# TASK-1 - x\n## Review Feedback\n{line}\n{two}\n\n## Own\n")
    );
    let text = edited(&more, |file| {
        file.append_review_feedback("Look again.\n\n# Really\n```")
    });
    assert_eq!(
        text,
        format!(
            "# TASK-1 - x\n## Review Feedback\n{line}\n{two}\n\nLook again.\n\n### Really\n```\n```\n\n## Own\n"
        )
    );
    assert_eq!(parsed(&text).append_review_feedback(line), Ok(false));
}

#[test]
fn git_context_is_written_where_it_stands() {
    let after = edited(FULL, |file| {
        file.set_git_context(None, Some("1a2b"), Some("12"))
    });
    assert_eq!(
        diff(FULL, &after),
        [
            "-- Commit: [commit-hash]\n",
            "-- PR:\n",
            "+- Commit: 1a2b\n",
            "+- PR: 12\n"
        ]
    );
    let before =
        "# TASK-1 - x\n## Git Context\n* **Branch**: `a` <!-- c -->\n- own line\n\n## Own\n";
    let after = edited(before, |file| {
        file.set_git_context(Some("b\n## Status: done"), Some("c<!--d"), None)
    });
    assert_eq!(
        after,
        "# TASK-1 - x\n## Git Context\n* **Branch**: b ## Status: done <!-- c -->\n- own line\n- Commit: c<! --d\n\n## Own\n"
    );
    assert_eq!(parsed(&after).status_line(), None);
}
