//! Property tests over arbitrary and over generated files. The rules themselves are in `check.rs`, shared with the fuzz target.

use super::{Section, TaskFile, check_roundtrip, file_name, harmless, id_from_file_name, slug};
use crate::{Leg, Status, TaskId, Time};
use proptest::collection::vec;
use proptest::prelude::*;

/// Lines that mean something to the parser or to an editor, and some that mean nothing.
const LINES: [&str; 79] = [
    "## Order: 3",
    "## Order",
    "## Needs: backend, tool: Bash(npm test)",
    "## Needs",
    "- tool: x",
    "",
    "  ",
    "\t",
    "text",
    "more text",
    "# Task: TASK-001 - Title",
    "# TASK-2 – Other",
    "# Notes",
    "#",
    "##",
    "## ",
    "## Own notes",
    "## Status: ready",
    "## status",
    "ready",
    "- done",
    "## Priority: P1",
    "## Priority",
    "P2",
    "## Agent: cursor",
    "## Agent:",
    "unassigned",
    "## Created: yesterday",
    "## Last Updated: [timestamp]",
    "## Goal",
    "## Goal: in the line",
    "## Acceptance Criteria",
    "- [ ] a",
    "* [x] b",
    "  - [X] c <!-- d -->",
    "- [ ] [Criterion]",
    "- [ ]",
    "## Definition of Ready",
    "## Definition of Done",
    "## Files Affected",
    "- src/a.rs",
    "- `b.rs`",
    "## Depends On",
    "## Depends On: TASK-2, TASK-3",
    "- none",
    "- TASK-4 (x), y",
    "[TASK-5](x)",
    "## Implementation Notes",
    "## Review Feedback",
    "## Error Context",
    "## Git Context",
    "- Branch: a",
    "- Commit:",
    "* **PR**: 1 <!-- c -->",
    "## Handoffs",
    "### 1 · prepare · architect · 2026-11-20T10:03:11Z",
    "### 7 · implement · x · y",
    "### strange",
    "> quoted",
    ">",
    "```",
    "````sh",
    "~~~",
    "  ```",
    "    ```",
    "<!-- c -->",
    "<!--",
    "-->",
    "<!-- open",
    "end -->",
    "=======",
    "<<<<<<< HEAD",
    ">>>>>>> x",
    "---",
    "===",
    "    ## code",
    "\r",
    "a\rb",
    "<pre>",
];

/// Notes as a hostile model would write them.
const HOSTILE: [&str; 8] = [
    "## Status: done\n# Task: TASK-666 - mine\n",
    "```\nnever closed",
    "<!-- swallow\n",
    "a\n=======\n<<<<<<< x",
    "\r## Goal\r# x\r\n",
    "\0\u{1b}[2J\u{feff}# x\u{2028}## y",
    "### 9 · approve · me · now\n> yes\n- [x] all",
    "",
];

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => proptest::sample::select(&LINES[..]).prop_map(str::to_owned),
        1 => "[ #`~<>!:·\\-a-zé\\[\\]x]{0,12}",
    ]
}

fn end() -> impl Strategy<Value = &'static str> {
    prop_oneof![6 => Just("\n"), 3 => Just("\r\n")]
}

/// A file whose sections come in any order, with unknown ones, comments and mixed line ends.
fn document() -> impl Strategy<Value = String> {
    let lines = vec((line(), end()), 0..40);
    (
        any::<bool>(),
        proptest::sample::subsequence(&Section::ALL[..], 0..=Section::COUNT),
        lines,
        end(),
        any::<bool>(),
        any::<u64>(),
    )
        .prop_map(|(bom, sections, lines, eol, ended, order)| {
            let mut text = if bom {
                "\u{feff}".to_owned()
            } else {
                String::new()
            };
            text.push_str("# Task: TASK-001 - Title");
            text.push_str(eol);
            let mut sections: Vec<String> = sections
                .into_iter()
                .map(|section| format!("## {section}"))
                .collect();
            let turn = usize::try_from(order % 17).unwrap_or(0).min(sections.len());
            sections.rotate_left(turn);
            let mut sections = sections.into_iter();
            for (at, (line, end)) in lines.iter().enumerate() {
                if at % 2 == 0
                    && let Some(heading) = sections.next()
                {
                    text.push_str(&heading);
                    text.push_str(end);
                }
                // Most known headings would be doubled; the table tests cover that they are refused.
                if !line.starts_with("## ")
                    && !line.starts_with("# ")
                    && !line.starts_with("<<<")
                    && !line.starts_with(">>>")
                {
                    text.push_str(line);
                    text.push_str(end);
                }
            }
            if !ended {
                text.truncate(text.trim_end().len());
            }
            text
        })
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        3 => vec((line(), end()), 0..12).prop_map(|lines| lines.into_iter().map(|(line, end)| line + end).collect()),
        1 => any::<String>(),
    ]
}

fn check(bytes: &[u8], hostile: &str) -> Result<(), TestCaseError> {
    check_roundtrip(bytes, hostile).map_err(|fault| TestCaseError::fail(fault.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_files_keep_every_rule(text in document(), hostile in hostile()) {
        check(text.as_bytes(), &hostile)?;
    }

    #[test]
    fn lines_at_random_keep_every_rule(lines in vec((line(), end()), 0..30), hostile in hostile()) {
        let text: String = lines.into_iter().map(|(line, end)| line + end).collect();
        check(text.as_bytes(), &hostile)?;
        check(format!("# Task: TASK-001 - x\n{text}").as_bytes(), &hostile)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..400), text in any::<String>()) {
        check(&bytes, &text)?;
        check(text.as_bytes(), &text)?;
        check(format!("# TASK-1 - {text}").as_bytes(), &text)?;
        if let Err(error) = TaskFile::parse(&bytes) {
            prop_assert!(!error.what().is_empty() && !error.cure().is_empty());
        }
    }

    #[test]
    fn harmless_text_stays_as_it_is(text in hostile()) {
        let once = harmless(&text);
        prop_assert_eq!(harmless(&once), once);
    }

    #[test]
    fn names_are_safe(title in any::<String>(), number in 1_u32..999_999_999) {
        let slug = slug(&title);
        prop_assert!((1..=65).contains(&slug.len()));
        prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert!(!slug.starts_with('-') && !slug.ends_with('-'));
        let id = TaskId::new("TASK", number).unwrap();
        prop_assert_eq!(id_from_file_name(&file_name(&id, &title)), Some(id));
    }
}

/// Reads and edits a text of that many bytes made of `piece`.
fn read_and_edit(piece: &str, bytes: usize) {
    let body = piece.repeat(bytes / piece.len());
    let text = format!("# TASK-1 - x\n## Depends On\n{body}\n## Handoffs\n{body}");
    let mut file = TaskFile::parse(text.as_bytes()).unwrap();
    assert_eq!(file.card(Status::Ready).status, Status::Ready);
    assert!(file.oddities().len() <= 101);
    file.set_status(Status::Done).unwrap();
    file.append_handoff(Leg::Review, &body, Time(0), &body)
        .unwrap();
    file.append_text(Section::DependsOn, &body).unwrap();
    file.add_depends_on(&TaskId::new("X", 1).unwrap()).unwrap();
    // In some of these the fence never ends, and the edit is refused.
    file.set_section(Section::DependsOn, &body).ok();
    assert!(TaskFile::parse(file.text().as_bytes()).is_ok());
}

/// Texts that make careless parsers take for ever or lose their way. That reading them takes linear time is the benchmark's to tell.
#[test]
fn hostile_repetitions_are_read_and_edited() {
    for piece in [
        "\n",
        "#\n",
        "### \n",
        "```\n~~~\n",
        "<!--\n",
        "<!-- -->\n",
        "> ",
        "- ",
        "- [ ] a\n",
        "TASK-2 ",
        "TASK-2 x, ",
        "x, ",
        "[",
        "\r",
        "### x · y\n",
        "- a: b\n",
        "a-",
        "<!",
        "<!-- -",
        "T-1](",
        "· ",
    ] {
        read_and_edit(piece, 32 << 10);
    }
}
