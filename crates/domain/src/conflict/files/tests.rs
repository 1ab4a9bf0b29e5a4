//! What entries of `## Files Affected` mean.

use super::{Claims, Pattern, declared, near};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn read(entry: &str) -> Pattern<'_> {
    Pattern::parse(entry).unwrap_or_else(|| panic!("`{entry}` names no path"))
}

fn files(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[track_caller]
fn check(one: &str, other: &str, overlap: bool) {
    assert_eq!(
        read(one).overlaps(&read(other)),
        overlap,
        "{one} and {other}"
    );
    assert_eq!(
        read(other).overlaps(&read(one)),
        overlap,
        "{other} and {one}"
    );
}

#[test]
fn two_entries_overlap_when_some_file_could_be_meant_by_both() {
    for (one, other) in [
        ("src/a.rs", "src/a.rs"),
        ("src/a.rs", "./src/a.rs"),
        ("src/", "src/a.rs"),
        ("src", "src/deep/er/a.rs"),
        ("**/*.md", "docs/x.md"),
        ("**/*.md", "x.md"),
        ("src/*.rs", "src/*_test.rs"),
        ("src/**/mod.rs", "src/pay/card/mod.rs"),
        ("src/{a,b}.rs", "src/b.rs"),
        ("src/{a/x,b}.rs", "src/a/x.rs"),
        ("src/[ab].rs", "src/a.rs"),
        ("src/?.rs", "src/a.rs"),
        ("**", "anything/at/all"),
        ("a*c", "*bc"),
        ("src/**", "**/mod.rs"),
    ] {
        check(one, other, true);
    }
    for (one, other) in [
        ("src/a.rs", "src/b.rs"),
        ("src/", "srcs/a.rs"),
        ("src/a.rs", "a.rs"),
        ("*.md", "docs/x.md"),
        ("**/*.md", "docs/x.rs"),
        ("src/*.rs", "src/a.ts"),
        ("src/*/mod.rs", "src/mod.rs"),
        ("tests/**/*.rs", "src/a.rs"),
        ("a*c", "*b"),
        ("src/??.rs", "src/a.rs"),
        ("ui/", "src/"),
    ] {
        check(one, other, false);
    }
}

#[test]
fn entries_are_read_as_people_write_them() {
    for (entry, path) in [
        ("`src/pay.rs` (new)", "src/pay.rs"),
        ("src/pay.rs - the card reader", "src/pay.rs"),
        ("src/pay.rs — the card reader", "src/pay.rs"),
        ("New file: `docs/pay.md`", "docs/pay.md"),
        ("src/pay.rs: adds a field", "src/pay.rs"),
        ("my notes/a file.txt", "my notes/a file.txt"),
    ] {
        assert_eq!(read(entry).text(), path, "{entry}");
        assert!(read(entry).covers(path), "{entry}");
    }
    for nothing in ["", "  ", "/", "./", "../other/x.rs", "a/../../b", "``"] {
        assert_eq!(Pattern::parse(nothing), None, "{nothing}");
    }
}

#[test]
fn hostile_entries_cost_little_and_count_as_perhaps() {
    let stars = "*a".repeat(240);
    let deep = "**/a*/".repeat(80);
    let long = "x".repeat(100_000);
    for one in [&stars, &deep, &long] {
        for other in [&stars, &deep, &long] {
            let (one, other) = (read(one), read(other));
            assert_eq!(one.overlaps(&other), other.overlaps(&one));
        }
        let long = "a".repeat(4_000);
        assert_eq!(read(one).covers(&long), read(one).covers(&long));
    }
    assert!(read(&long).covers("anything"), "it could mean anything");
    let many: Vec<String> = (0..5_000).map(|n| format!("*{n}*a*b*c*")).collect();
    let many = Claims {
        declared: declared(&many),
        touched: None,
    };
    assert!(many.declared.len() <= 200);
    assert!(!many.shared(&many).is_empty());
}

#[test]
fn what_two_tasks_share_is_named() {
    let touched = files(&["src/pay.rs", "src/mail.rs"]);
    let (one, other) = (["src/"], ["docs/", "src/card.rs"]);
    let (one, other) = (one.map(str::to_owned), other.map(str::to_owned));
    let one = Claims {
        declared: declared(&one),
        touched: Some(&touched),
    };
    let mine = files(&["src/pay.rs", "docs/a.md"]);
    let other = Claims {
        declared: declared(&other),
        touched: Some(&mine),
    };
    assert_eq!(one.shared(&other), ["src/card.rs", "src/pay.rs"]);
    assert_eq!(other.shared(&one), ["src/card.rs", "src/pay.rs"]);
    assert_eq!(other.strayed(), ["src/pay.rs"]);
    assert_eq!(one.strayed(), [""; 0]);
    let silent = Claims {
        declared: Vec::new(),
        touched: Some(&mine),
    };
    assert_eq!(
        silent.strayed(),
        [""; 0],
        "who plans nothing strays nowhere"
    );
}

#[test]
fn branches_are_near_when_they_share_files_or_folders() {
    for (one, other, is) in [
        (&["a.txt"][..], &["a.txt"][..], true),
        (&["a.txt"], &["b.txt"], false),
        (&["src/a.rs"], &["src/b.rs"], true),
        (&["src/a.rs"], &["docs/a.md"], false),
        (&["lib"], &["lib/a.rs"], true),
        (&["lib"], &["library/a.rs"], false),
        (&["a/b/c.rs"], &["a/x.rs"], false),
        (&["a/b"], &["a/b/c/d.rs"], true),
        (&["lib"], &["lib-x/a.rs", "lib/c/a.rs"], true),
    ] {
        assert_eq!(near(&files(one), &files(other)), is, "{one:?} {other:?}");
        assert_eq!(near(&files(other), &files(one)), is, "{other:?} {one:?}");
    }
}

/// Whether a pattern without `?`, sets and braces means a file, told in another way: by trying all splits.
fn means(pattern: &[char], file: &[char]) -> bool {
    match (pattern.first(), file.first()) {
        (None, None) => true,
        (Some('*'), _) if pattern.starts_with(&['*', '*', '/']) => {
            means(&pattern[3..], file)
                || file
                    .iter()
                    .enumerate()
                    .any(|(at, letter)| *letter == '/' && means(pattern, &file[at + 1..]))
        }
        (Some('*'), _) => {
            means(&pattern[1..], file)
                || file
                    .first()
                    .is_some_and(|letter| *letter != '/' && means(pattern, &file[1..]))
        }
        (Some(a), Some(b)) => a == b && means(&pattern[1..], &file[1..]),
        _ => false,
    }
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ab]{1,3}",
        2 => "[ab*]{1,3}".prop_filter("folders stand alone", |word| !word.contains("**")),
        1 => Just("**".to_owned()),
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    // The last one has a star, so that it means files only and no folder.
    (
        proptest::collection::vec(segment(), 0..3),
        "[ab]{0,2}\\*[ab]{0,2}",
    )
        .prop_map(|(mut words, last)| {
            words.push(last);
            words.join("/")
        })
}

fn file() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{1,3}", 1..4).prop_map(|names| names.join("/"))
}

proptest! {
    #[test]
    fn a_pattern_covers_what_it_means(pattern in pattern(), file in file()) {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        let expected = means(&letters(&pattern), &letters(&file));
        prop_assert_eq!(read(&pattern).covers(&file), expected, "{} {}", pattern, file);
    }

    #[test]
    fn who_covers_one_file_overlaps(one in pattern(), other in pattern(), file in file()) {
        let (one, other) = (read(&one), read(&other));
        if one.covers(&file) && other.covers(&file) {
            prop_assert!(one.overlaps(&other));
        }
        prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
        prop_assert!(one.overlaps(&one));
    }

    #[test]
    fn anything_can_be_written(one in ".{0,200}", other in "[a*?/{}\\[\\]., `]{0,120}") {
        if let (Some(one), Some(other)) = (Pattern::parse(&one), Pattern::parse(&other)) {
            prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
        }
    }
}
