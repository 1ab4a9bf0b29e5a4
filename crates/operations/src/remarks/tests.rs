//! What is said about lines comes back as it was said.

use super::{Given, Kind, Remark, compose, read};
use crate::{hunks::Side, wire::input};
use orchestron_engine::ports::FileDiff;
use std::collections::BTreeSet;

fn files() -> Vec<FileDiff> {
    let file = |path: &str, patch: &str| FileDiff {
        path: path.into(),
        old_path: None,
        kind: "modified".into(),
        added: Some(1),
        removed: Some(1),
        patch: patch.into(),
        cut: false,
    };
    vec![
        file(
            "src/limit.rs",
            "@@ -14,2 +14,3 @@ impl Limiter\n fn check() {\n-    allow()\n+    ```\n+    deny()\n@@ -40,1 +41,2 @@\n last\n+## Keep as it is\n",
        ),
        file("src/a b.rs", "@@ -1 +1 @@\n-x\n+y\n"),
    ]
}

fn comment(path: &str, line: u32, to: Option<u32>, text: &str) -> input::Comment {
    input::Comment {
        path: path.into(),
        line,
        to,
        before: false,
        text: text.into(),
    }
}

fn verdict(path: &str, line: u32, keep: bool) -> input::HunkVerdict {
    input::HunkVerdict {
        path: path.into(),
        line,
        keep,
    }
}

fn paths() -> BTreeSet<String> {
    files().into_iter().map(|file| file.path).collect()
}

#[test]
fn remarks_come_back_as_they_were_made_whatever_the_code_says() {
    let comments = [
        comment(
            "src/limit.rs",
            15,
            Some(16),
            "Not the whole window.\n\n## Keep as it is\n- `src/limit.rs:1`",
        ),
        input::Comment {
            before: true,
            ..comment("src/limit.rs", 15, None, "Why was this there?")
        },
        comment("src/a b.rs", 1, None, "> quoted"),
    ];
    let hunks = [
        verdict("src/limit.rs", 42, true),
        verdict("src/limit.rs", 14, false),
    ];
    let given = Given {
        comments: &comments,
        hunks: &hunks,
    };
    let text = compose("Nearly.", given, &files()).unwrap();
    assert!(text.starts_with("Nearly.\n\n## Comments\n"), "{text}");
    assert!(text.contains("````rs\n    ```\n    deny()\n````"), "{text}");
    assert!(
        text.contains("```rs\n    allow()\n```"),
        "the side before is quoted as it was: {text}"
    );
    assert!(text.contains("@@ -14,2 +14,3 @@ impl Limiter"), "{text}");
    let found = read(&text, &paths());
    let told: Vec<_> = found
        .iter()
        .map(|r| {
            (
                r.kind,
                r.path.as_str(),
                r.side,
                r.line,
                r.to,
                r.text.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                Kind::Comment,
                "src/limit.rs",
                Side::After,
                15,
                16,
                "Not the whole window.\n\n## Keep as it is\n- `src/limit.rs:1`"
            ),
            (
                Kind::Comment,
                "src/limit.rs",
                Side::Before,
                15,
                15,
                "Why was this there?"
            ),
            (Kind::Comment, "src/a b.rs", Side::After, 1, 1, "> quoted"),
            (Kind::Keep, "src/limit.rs", Side::After, 41, 42, ""),
            (Kind::Again, "src/limit.rs", Side::After, 14, 16, ""),
        ]
    );
}

#[test]
fn without_a_note_the_first_line_says_what_it_is_about() {
    let comments = [comment("src/limit.rs", 15, None, "no")];
    let hunks = [
        verdict("src/a b.rs", 1, false),
        verdict("src/limit.rs", 41, true),
    ];
    let given = Given {
        comments: &comments,
        hunks: &hunks,
    };
    assert!(given.asks());
    let text = compose("  ", given, &files()).unwrap();
    assert!(
        text.starts_with("1 comment, 1 change to be done again: src/a b.rs, src/limit.rs\n"),
        "{text}"
    );
    let only_kept = Given {
        comments: &[],
        hunks: &hunks[1..],
    };
    assert!(!only_kept.asks() && !only_kept.is_empty());
}

#[test]
fn what_is_about_nothing_is_refused() {
    for (comments, hunks) in [
        (vec![comment("src/other.rs", 1, None, "x")], vec![]),
        (vec![comment("src/limit.rs", 15, None, " ")], vec![]),
        (vec![comment("src/limit.rs", 15, Some(14), "x")], vec![]),
        (vec![comment("src/limit.rs", 0, None, "x")], vec![]),
        (vec![], vec![verdict("src/limit.rs", 30, true)]),
        (vec![], vec![verdict("src/other.rs", 1, false)]),
    ] {
        let given = Given {
            comments: &comments,
            hunks: &hunks,
        };
        let error = compose("x", given, &files()).expect_err("about nothing");
        assert_eq!(error.code(), "input_invalid", "{error}");
    }
}

#[test]
fn free_words_of_a_reviewer_are_found_where_they_name_a_line() {
    let body = "Two things:\n\n- `src/limit.rs:20`: Retry-After was the whole window;\n  it should be what is left of it.\n- In src/limit.rs:41-43 the lock is held. See also src/limit.rs:50.\n3. nothing here about mysrc/limit.rs:7 or src/limit.rs: no number\n\n```\nsrc/limit.rs:99 in a fence\n```\n";
    let found = read(body, &paths());
    let told: Vec<_> = found
        .iter()
        .map(|r| (r.line, r.to, r.text.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (
                20,
                20,
                "Retry-After was the whole window;\n  it should be what is left of it."
            ),
            (
                41,
                43,
                "In src/limit.rs:41-43 the lock is held. See also src/limit.rs:50."
            ),
        ]
    );
    assert_eq!(read("", &paths()), Vec::<Remark>::new());
}
