//! Texts as tests compare them: without what differs from run to run.

use std::{fs, path::Path};

/// Compares what a command printed with what it should have; `root` is the test's folder.
#[track_caller]
pub fn check(printed: &str, expected: &str, root: &Path) {
    let printed = normal(printed, root);
    let (printed, expected) = (printed.trim_end(), unindented(expected));
    if printed == expected {
        return;
    }
    let mut both = String::new();
    let (there, wanted): (Vec<_>, Vec<_>) = (printed.lines().collect(), expected.lines().collect());
    for number in 0..there.len().max(wanted.len()) {
        let (there, wanted) = (there.get(number), wanted.get(number));
        match (there, wanted) {
            (Some(there), Some(wanted)) if there == wanted => {
                both.push_str(&format!("  {there}\n"))
            }
            _ => {
                wanted
                    .iter()
                    .for_each(|line| both.push_str(&format!("- {line}\n")));
                there
                    .iter()
                    .for_each(|line| both.push_str(&format!("+ {line}\n")));
            }
        }
    }
    panic!("printed (+) is not what was expected (-):\n{both}");
}

/// Without the first line end and the indentation that all lines share.
fn unindented(text: &str) -> String {
    let text = text.strip_prefix('\n').unwrap_or(text).trim_end();
    let indent = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let lines = text.lines().map(|line| line.get(indent..).unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// A text with paths, moments, spans of time and commits made equal.
pub fn normal(text: &str, root: &Path) -> String {
    let text = text.replace(&*root.to_string_lossy(), "[ROOT]");
    let text = without_project_name(&text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut after_word = false;
    while let Some(first) = rest.chars().next() {
        let (length, shown) = match token(rest).filter(|_| !after_word) {
            Some((length, name)) => (length, name.to_owned()),
            None => (first.len_utf8(), first.to_string()),
        };
        after_word = rest[..length]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
        out.push_str(&shown);
        rest = &rest[length..];
    }
    out
}

/// The state folder's name ends in a hash of the project's path.
fn without_project_name(text: &str) -> String {
    const PROJECTS: &str = "/state/projects/";
    let mut parts = text.split(PROJECTS);
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let name = part.find('/').unwrap_or(part.len());
        out.push_str(&format!("{PROJECTS}[PROJECT]{}", &part[name..]));
    }
    out
}

/// What stands at the start of `text` and differs from run to run: its length and what is shown for it.
fn token(text: &str) -> Option<(usize, &'static str)> {
    let word = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-:.".contains(c))
            .len();
    let token = text[..word].trim_end_matches(['.', ':', '-']);
    if token
        .strip_prefix("R-")
        .is_some_and(|number| number.parse::<u64>().is_ok())
    {
        return Some((token.len(), "[REQUEST]"));
    }
    let digits = token.len() - token.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 0 {
        let after = &text[digits..];
        for unit in [" s", " ms", " min"] {
            let ends = after
                .strip_prefix(unit)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
            if ends {
                return Some((digits + unit.len(), "[TIME]"));
            }
        }
    }
    if token.len() >= 19 && token.as_bytes()[10] == b'T' && digits == 4 && token.contains(':') {
        return Some((token.len(), "[WHEN]"));
    }
    let hex = |part: &str| {
        part.chars()
            .all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase())
    };
    if token.len() == 36 && token.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
        return Some((token.len(), "[UUID]"));
    }
    if (7..=40).contains(&token.len()) && hex(token) && token.contains(|c: char| c.is_ascii_digit())
    {
        return Some((token.len(), "[COMMIT]"));
    }
    None
}

/// The ends of all files below `folder`, for the story of a failure.
pub fn tails(folder: &Path, most: usize, story: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "worktrees" && name != "trash" {
            tails(&path, most, story);
        } else if path.is_file() && !name.starts_with("log.db") && !name.starts_with("spec") {
            let bytes = fs::read(&path).unwrap_or_default();
            let start = bytes.len().saturating_sub(most);
            story.push_str(&format!(
                "--- {}\n{}\n",
                path.display(),
                String::from_utf8_lossy(&bytes[start..])
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{check, normal};
    use std::path::Path;

    #[test]
    fn what_differs_is_made_equal() {
        let root = Path::new("/tmp/x1");
        for (text, expected) in [
            ("in /tmp/x1/shop", "in [ROOT]/shop"),
            ("3 s ago, 12 min.", "[TIME] ago, [TIME]."),
            ("at 2026-11-20T10:03:11Z.", "at [WHEN]."),
            ("as a1b2c3d4.", "as [COMMIT]."),
            ("TASK-001 3 tasks, defaced", "TASK-001 3 tasks, defaced"),
            ("0a5bde1b-6288-47f7-8d58-3e67df8e2852", "[UUID]"),
        ] {
            assert_eq!(normal(text, root), expected);
        }
    }

    #[test]
    fn expected_texts_may_be_indented() {
        check(
            "a\n  b\n",
            "\n            a\n              b\n            ",
            Path::new("/x"),
        );
    }
}
