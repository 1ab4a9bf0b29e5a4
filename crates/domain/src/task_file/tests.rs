//! Table tests: what is read, what is refused, what a new file says.

use super::{
    MAX_BYTES, Section, TaskDraft, TaskFile, TaskFileError, fenced, file_name, harmless,
    id_from_file_name, new_task, slug,
};
use crate::{Leg, Priority, Status, TaskId, Time};

/// The schema of the specification with everything filled in.
pub(super) const FULL: &str = "\
# Task: TASK-007 - Refund within 14 days

## Status: in-progress

## Priority: P0

## Agent: cursor

## Created: 2026-11-20T09:12:00Z
## Last Updated: 2026-11-20T10:00:00Z

## Goal
A customer gets the money back.

## Acceptance Criteria
- [ ] The amount is exact
- [x] Only once
* [X] A mail is sent
- [ ] [Criterion 4]

## Definition of Ready
- [x] Prerequisites met
- [ ] Files identified

## Definition of Done
- [ ] All tests pass

## Files Affected
- src/pay.rs
- `src/mail.rs`
- none

## Depends On
- TASK-002, TASK-3 (the mailer)
- [TASK-004](../done/TASK-004-x.md)

## Implementation Notes
Use the ledger.

## Review Feedback

## Error Context

## Git Context
- Branch: task/TASK-007-refund
- Commit: [commit-hash]
- PR:

## Handoffs

### 1 · prepare · architect · 2026-11-20T10:03:11Z

> Start in `src/pay.rs`.
>
> # no heading
";

/// A task id.
pub(super) fn id(text: &str) -> TaskId {
    text.parse().unwrap()
}

/// A file that is good.
pub(super) fn parsed(text: &str) -> TaskFile {
    TaskFile::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_full_file_is_read() {
    let file = parsed(FULL);
    let card = file.card(Status::Ready);
    assert_eq!(card.id, id("TASK-7"));
    assert_eq!(card.title, "Refund within 14 days");
    assert_eq!(card.status, Status::Ready);
    assert_eq!(card.priority, Priority::P0);
    assert_eq!(card.agent, Some("cursor".parse().unwrap()));
    assert_eq!(card.depends_on, [id("TASK-2"), id("TASK-3"), id("TASK-4")]);
    assert_eq!(card.files_affected, ["src/pay.rs", "src/mail.rs"]);
    assert_eq!((card.criteria.done, card.criteria.all), (2, 3));
    assert_eq!((card.ready_boxes.done, card.ready_boxes.all), (1, 2));
    assert_eq!(card.created.as_deref(), Some("2026-11-20T09:12:00Z"));
    assert_eq!((card.handoffs, card.last_leg), (1, Some(Leg::Prepare)));
    assert_eq!(file.handoffs()[0].who, "architect");
    assert_eq!(
        file.handoffs()[0].note,
        "Start in `src/pay.rs`.\n\n# no heading"
    );
    assert_eq!(
        file.section(Section::Goal),
        Some("A customer gets the money back.")
    );
    assert_eq!(file.section(Section::ErrorContext), Some(""));
    assert_eq!(
        file.git_context().branch.as_deref(),
        Some("task/TASK-007-refund")
    );
    assert_eq!(file.git_context().commit, None);
    assert_eq!(file.oddities(), []);
    let said = file.oddities_in(Status::Ready);
    assert_eq!(said.len(), 1);
    assert_eq!(said[0].line, 3);
    assert!(said[0].what.contains("`in-progress`") && said[0].what.contains("`ready`"));
}

#[test]
fn headings_are_read_in_many_forms() {
    for (heading, title) in [
        ("# Task: TASK-001 - A title", "A title"),
        ("# TASK-001 - A title", "A title"),
        ("# TASK-001 – A title", "A title"),
        ("# TASK-001 — A title", "A title"),
        ("# TASK-001: A title", "A title"),
        ("# Task: TASK-001: A title", "A title"),
        ("# task TASK-1 A title", "A title"),
        ("#  TASK : [TASK-001] - A title  ", "A title"),
        ("   # Task: TASK-001- A title ##", "A title"),
        ("\u{feff}# Task: TASK-001 - C# and C++", "C# and C++"),
        ("# Task: TASK-001 - - dashes - stay", "- dashes - stay"),
        ("# Task: TASK-001", ""),
        ("intro\n\n# Notes\n\n# TASK-001 - A title", "A title"),
    ] {
        for end in ["", "\n", "\r\n"] {
            let file = parsed(&format!("{heading}{end}"));
            assert_eq!(
                (file.id(), file.title()),
                (&id("TASK-1"), title),
                "{heading:?}"
            );
        }
    }
}

#[test]
fn values_stand_in_the_heading_or_below_it() {
    for text in [
        "## Status: Ready\n## priority: p2\n## AGENT: Codex\n## depends-on: TASK-2, TASK-3\n",
        "## status\nready\n## Priority\n\n- P2\n## Agent:\n<!-- who -->\n`codex`\n## Depends On\nTASK-2 and TASK-3\n",
        "## Status :  **ready** ##\r\n## Priority: P2 (soon) <!-- P0 first -->\r\n## Agent: @x\r\n## agent_: -\r\n",
    ] {
        let source = format!("# TASK-1 - x\n{text}");
        let Ok(file) = TaskFile::parse(source.as_bytes()) else {
            // The last text names the agent twice; without its last line it is good.
            assert!(text.contains("agent_"));
            let shorter = source.replace("## agent_: -\r\n", "");
            assert_eq!(parsed(&shorter).status_line(), Some(Status::Ready));
            assert_eq!(parsed(&shorter).priority(), Some(Priority::P2));
            continue;
        };
        assert_eq!(file.status_line(), Some(Status::Ready), "{text}");
        assert_eq!(file.priority(), Some(Priority::P2), "{text}");
        assert_eq!(file.agent(), Some("codex".parse().unwrap()), "{text}");
        assert_eq!(file.depends_on(), [id("TASK-2"), id("TASK-3")], "{text}");
    }
    let file = parsed("# TASK-1 - x\n## Goal: in the line\nand below\n");
    assert_eq!(file.section(Section::Goal), Some("in the line\nand below"));
    assert_eq!(
        parsed("# TASK-1 - x\n## Status: In Progress").status_line(),
        Some(Status::InProgress)
    );
}

#[test]
fn fences_and_comments_hide_headings() {
    let file = parsed(
        "<!--\n# Task: TASK-9 - template\n-->\n# TASK-1 - x\n## Goal\n```md\n## Status: done\n<<<<<<< HEAD\n~~~\n```\n\
         ~~~~\n~~~\n## Goal\n~~~~\n    ## Agent: spy\n\t## Agent: spy\n<!-- ## Agent: spy -->\n<!--\n## Agent: spy\n--> tail\n\
         ##Agent: spy\n### Agent\n## Priority: P0\n",
    );
    assert_eq!(file.id(), &id("TASK-1"));
    assert_eq!(file.status_line(), None);
    assert_eq!(file.agent(), None);
    assert_eq!(file.priority(), Some(Priority::P0));
    assert_eq!(file.oddities(), []);
}

#[test]
fn placeholders_say_nothing() {
    let file = parsed(
        "# TASK-1 - x\n## Priority: [P0|P1|P2]\n## Agent: [cursor|codex]\n## Created: [timestamp]\n## Acceptance Criteria\n\
         - [ ] [Criterion 1]\n- [ ] \n- [ ] see [the page](x)\n## Depends On\n- none\n- -\n- [Task IDs]\n- N/A\n## Files Affected: none\n",
    );
    let card = file.card(Status::Pending);
    assert_eq!(card.priority, Priority::P1);
    assert_eq!((card.agent, card.created), (None, None));
    assert_eq!(file.criteria(), [(false, "see [the page](x)".to_owned())]);
    assert_eq!(card.depends_on, []);
    assert_eq!(card.files_affected, [""; 0]);
    assert_eq!(file.oddities(), []);
}

#[test]
fn dependencies_are_read_as_people_write_them() {
    for (line, ids) in [
        ("TASK-2, TASK-3", &[2, 3][..]),
        ("- TASK-002 - build the parser, then test it", &[2]),
        ("- TASK-2 (parser), TASK-3 (writer)", &[2, 3]),
        ("* `TASK-2` and **TASK-3**", &[2, 3]),
        ("- [ ] task-2: lower case", &[2]),
        ("1. TASK-002-parser.md", &[2]),
        ("TASK-2 TASK-3; TASK-3, TASK-2.", &[2, 3]),
        ("- [TASK-2](a,b.md), TASK-3 <!-- TASK-4 -->", &[2, 3]),
        ("- after TASK-2", &[]),
        ("- TASK-1", &[]),
        ("- TASK-2/../x", &[]),
        ("- TASK-2.5", &[]),
        ("```\nTASK-2\n```", &[]),
    ] {
        let file = parsed(&format!("# TASK-1 - x\n## Depends On\n{line}\n"));
        let wanted: Vec<TaskId> = ids
            .iter()
            .map(|n| TaskId::new("TASK", *n).unwrap())
            .collect();
        assert_eq!(file.depends_on(), wanted, "{line}");
        let odd = ids.is_empty() && !line.starts_with("```");
        assert_eq!(
            !file.oddities().is_empty(),
            odd,
            "{line}: {:?}",
            file.oddities()
        );
    }
}

/// That these bytes are refused with such a line, words and cure.
fn refused(bytes: &[u8], line: Option<u32>, what: &str, cure: &str) {
    let error = TaskFile::parse(bytes).unwrap_err();
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
    assert_eq!(error.line(), line, "{shown}: {error}");
    assert!(error.what().contains(what), "{shown}: {error}");
    assert!(error.cure().contains(cure), "{shown}: {}", error.cure());
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let big = format!("# TASK-1 - x\n{}", "x".repeat(MAX_BYTES));
    refused(b"", None, "empty", "# Task:");
    refused(b"\xef\xbb\xbf \r\n\t\n", None, "empty", "# Task:");
    refused(big.as_bytes(), None, "too large", ".mcp/results/");
    refused(b"# TASK-1 - x\n\nab\xffc", Some(3), "byte 16", "UTF-8");
    refused(b"\xff\xfe#\0 \0", Some(1), "not UTF-8", "UTF-16");
    refused(
        b"# TASK-1 - x\r\r## Status: ready",
        Some(1),
        "carriage return",
        "LF",
    );
    assert!(matches!(
        TaskFile::from_text(big),
        Err(TaskFileError::TooLarge { .. })
    ));
}

#[test]
fn texts_that_are_no_task_are_refused() {
    for (text, line, what, cure) in [
        ("## Status: ready\n", None, "no task heading", "# Task:"),
        (
            "\n# Something else\n",
            Some(2),
            "`Something else`",
            "# Task:",
        ),
        (
            "```\n# TASK-1 - x\n```\n",
            None,
            "no task heading",
            "# Task:",
        ),
        (
            "# Task: TASK-../../etc - x\n",
            Some(1),
            "TASK-../../etc",
            "file name",
        ),
        (
            "\n\n# Task: [Task ID] - [Title]\n",
            Some(3),
            "`[Task`",
            "# Task:",
        ),
        ("# Task: task-12 - x\n", Some(1), "task-12", "TASK-12."),
        ("# Task:\n", Some(1), "names no task id", "# Task:"),
        (
            "# TASK-99999999999 - x\n",
            Some(1),
            "TASK-99999999999",
            "# Task:",
        ),
        (
            "# TASK-1 - x\n<<<<<<< HEAD\n## Goal\n",
            Some(2),
            "<<<<<<<",
            "Choose",
        ),
        (
            "# TASK-1 - x\na b c\n=======\r\n",
            Some(3),
            "=======",
            "Choose",
        ),
        (
            "# TASK-1 - x\n\n>>>>>>> theirs\n",
            Some(3),
            ">>>>>>>",
            "Choose",
        ),
        ("# TASK-1 - x\n||||||| base\n", Some(2), "|||||||", "Choose"),
        (
            "# TASK-1 - x\n## Goal\n## goal:\n",
            Some(3),
            "`## Goal` is here a second time; the first is on line 2",
            "### Goal",
        ),
        (
            "# TASK-1 - x\n\n# TASK-2 - y\n",
            Some(3),
            "second task heading; the first is on line 1",
            "file of its own",
        ),
    ] {
        refused(text.as_bytes(), line, what, cure);
    }
}

#[test]
fn what_only_looks_like_a_conflict_is_good() {
    for text in [
        "Details\n=======\n",
        "```\n<<<<<<< a\n=======\n>>>>>>> b\n```\n",
        "  <<<<<<< indented\n",
        "======== eight\n",
        "<<<<<<<<\n",
        "=======x\n",
    ] {
        parsed(&format!("# TASK-1 - x\n\n{text}"));
    }
}

#[test]
fn oddities_name_line_and_cure() {
    let file = parsed(
        "# TASK-1\n## Status: soon\n## Priority: urgent\n## Agent: Big Bob\n## Acceptance Criteria\n- [ ] a\n- b\n  - detail\n\
         ## Depends On: TASK-1\n- the parser\n## Handoffs\n### yesterday\n## Goal\n```\nnever closed\n## Error Context\n",
    );
    let said: Vec<(u32, String)> = file
        .oddities_in(Status::Ready)
        .into_iter()
        .map(|odd| (odd.line, odd.what))
        .collect();
    for (line, word) in [
        (1, "no title"),
        (2, "`soon` is no status"),
        (3, "`urgent` is no priority"),
        (4, "`Big Bob` is no agent"),
        (7, "no box"),
        (9, "depends on itself"),
        (10, "`the parser` is no task id"),
        (12, "`yesterday` is no handoff"),
        (14, "code fence that begins here never ends"),
    ] {
        assert!(
            said.iter()
                .any(|(at, what)| *at == line && what.contains(word)),
            "{line} {word}: {said:?}"
        );
    }
    assert_eq!(said.len(), 9);
}

#[test]
fn hostile_text_is_made_harmless_visibly() {
    for (text, written) in [
        ("# a\n## b\n### c", "### a\n### b\n### c"),
        ("#\n  ##\tx", "###\n  ###\tx"),
        ("a\r## Status: done\r\nb", "a\n### Status: done\nb"),
        ("a\n===\n\n---\nb\n-", "a\n\\===\n\n---\nb\n\\-"),
        (
            "<<<<<<< HEAD\n=======\n>>>>>>> x",
            "\\<<<<<<< HEAD\n\\=======\n\\>>>>>>> x",
        ),
        ("<!-- hide\n## x", "\\<!-- hide\n### x"),
        (
            "<pre>\n<SCRIPT>\n<details>",
            "\\<pre>\n\\<SCRIPT>\n<details>",
        ),
        ("```sh\n# comment\n", "```sh\n# comment\n```"),
        ("~~~~\n~~~\n# x", "~~~~\n~~~\n# x\n~~~~"),
        ("a\0b\u{1b}[31m\u{feff}", "a\u{fffd}b\u{fffd}[31m"),
        ("\n \n    # code\n\t## code\n \n", "    # code\n\t## code"),
        (" \n\t\n", ""),
    ] {
        assert_eq!(harmless(text), written);
        assert_eq!(harmless(written), written);
    }
    assert_eq!(
        fenced("text", "a\n````\n# b\n"),
        "`````text\na\n````\n# b\n`````"
    );
    assert_eq!(harmless(&fenced("", "# x\n```")), fenced("", "# x\n```"));
}

#[test]
fn a_new_file_is_in_the_schema() {
    let draft = TaskDraft {
        id: id("TASK-12"),
        title: "Refund\nwithin 14 days ##".to_owned(),
        priority: Priority::P0,
        agent: None,
        goal: "Money back.\n# now".to_owned(),
        criteria: vec!["The amount\nis exact".to_owned(), " ".to_owned()],
        depends_on: vec![id("TASK-2")],
        files: vec!["src/pay.rs".to_owned()],
        order: None,
        needs: Vec::new(),
        tests: Vec::new(),
        workflow: None,
        notes: String::new(),
        created: Time(1_795_165_920_000),
    };
    let text = String::from_utf8(new_task(&draft)).unwrap();
    assert_eq!(
        text,
        "# Task: TASK-012 - Refund within 14 days\n\n## Status: pending\n\n## Priority: P0\n\n## Agent: unassigned\n\n\
         ## Created: 2026-11-20T09:12:00Z\n## Last Updated: 2026-11-20T09:12:00Z\n\n## Goal\nMoney back.\n### now\n\n\
         ## Acceptance Criteria\n- [ ] The amount is exact\n\n\
         ## Definition of Ready\n- [ ] Prerequisites met\n- [ ] Context provided\n- [ ] Files identified\n\n\
         ## Definition of Done\n- [ ] All tests pass\n- [ ] Code reviewed\n- [ ] Documentation updated\n\n\
         ## Files Affected\n- src/pay.rs\n\n## Depends On\n- TASK-002\n\n## Implementation Notes\n\n## Review Feedback\n\n\
         ## Error Context\n\n## Git Context\n- Branch:\n- Commit:\n- PR:\n\n## Handoffs\n"
    );
    let file = parsed(&text);
    assert_eq!(file.oddities_in(Status::Pending), []);
    assert_eq!(file.card(Status::Pending).depends_on, [id("TASK-2")]);
}

#[test]
fn slugs_are_safe_names() {
    for (title, wanted) in [
        ("Refund within 14 days", "refund-within-14-days"),
        ("  ../../Etc/Passwd  ", "etc-passwd"),
        ("Grüße, Ærø & Łódź", "gruesse-aeroe-lodz"),
        ("日本語", "task"),
        ("", "task"),
        ("NUL", "nul-task"),
        ("com7", "com7-task"),
        ("C++ / C#", "c-c"),
        ("İstanbul", "istanbul"),
    ] {
        assert_eq!(slug(title), wanted, "{title}");
    }
    let long =
        slug("a rather long title that goes on and on until nobody wants to read it any more");
    assert_eq!(
        long,
        "a-rather-long-title-that-goes-on-and-on-until-nobody-wants"
    );
    assert_eq!(slug(&"x".repeat(500)).len(), 60);
    assert_eq!(file_name(&id("TASK-7"), "Ein Test"), "TASK-007-ein-test.md");
}

#[test]
fn ids_are_read_from_file_names() {
    for (name, wanted) in [
        ("TASK-001-slug.md", Some("TASK-1")),
        ("TASK-001.MD", Some("TASK-1")),
        ("WEB2-12-a-b copy.md", Some("WEB2-12")),
        ("TASK-001-.md", Some("TASK-1")),
        ("TASK-001 copy.md", None),
        ("TASK-001-slug.md~", None),
        (".TASK-001-slug.md", None),
        ("task-001-slug.md", None),
        ("TASK-001-a/../../x.md", None),
        ("TASK-001-a\\x.md", None),
        ("TASK-.md", None),
        ("README.md", None),
        (".md", None),
        ("é.md", None),
        ("", None),
    ] {
        assert_eq!(id_from_file_name(name), wanted.map(id), "{name}");
    }
}

#[test]
fn unknown_sections_can_be_read_by_name() {
    let file = parsed("# TASK-1 - x\n## My Plan: v2\n\n  step\n\n### sub\n\n# Other\n## goal\ng\n");
    assert_eq!(file.section_named("my-plan"), Some("  step\n\n### sub"));
    assert_eq!(file.section_named("GOAL"), Some("g"));
    assert_eq!(file.section_named("nothing"), None);
    assert_eq!(file.headings().count(), 4);
    assert_eq!(
        Section::from_name("acceptance_criteria"),
        Some(Section::AcceptanceCriteria)
    );
    assert_eq!(Section::from_name("Goals"), None);
    for section in Section::ALL {
        assert_eq!(Section::ALL[section.place()], section);
        assert_eq!(
            Section::from_name(&section.name().to_uppercase()),
            Some(section)
        );
    }
}

#[test]
fn order_and_needs_are_read_as_people_write_them_and_what_cannot_be_read_is_told() {
    let read = |body: &str| {
        let text = format!("# Task: TASK-001 - x\n\n{body}\n");
        TaskFile::parse(text.as_bytes()).unwrap()
    };
    let file = read(
        "## Order: 10\n\n## Needs: backend, `tool: Bash(npm test)`\n- capability: Rust\n- [ ] backend\n- tools: WebFetch <!-- for the docs -->\n- none",
    );
    let card = file.card(Status::Ready);
    assert_eq!(card.order, Some(10));
    let needs = ["backend", "tool: Bash(npm test)", "Rust", "tool: WebFetch"];
    assert_eq!(card.needs, needs);
    assert_eq!(file.oddities(), []);
    assert_eq!(read("## Order\n-3").card(Status::Ready).order, Some(-3));
    assert_eq!(read("## Order: none").oddities(), []);
    let odd: Vec<_> = read("## Order: soon\n\n## Needs\n- color: blue\n- tool:")
        .oddities()
        .into_iter()
        .map(|one| (one.line, one.what))
        .collect();
    assert_eq!(
        odd,
        [
            (
                3,
                "`soon` is no order; the task goes by its age.".to_owned()
            ),
            (
                5,
                "`color: blue` is nothing that a task can need; it is ignored.".to_owned()
            ),
            (
                5,
                "`tool:` is nothing that a task can need; it is ignored.".to_owned()
            ),
        ]
    );
}
