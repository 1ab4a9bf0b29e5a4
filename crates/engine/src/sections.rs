//! A task file's text as its sections, to tell what an edit changed and to take it back without touching what came after it.

use std::collections::{BTreeMap, BTreeSet};

/// Sections that follow from other facts: they are written again by themselves, and nobody needs them back.
const BY_THEMSELVES: [&str; 3] = ["Status", "Last Updated", "Git Context"];
/// What comes before the first heading.
const HEAD: &str = "the heading";

/// A section's name (with its number, when there are several of one name) and its lines, the heading included.
type Part<'a> = (String, &'a [u8]);

/// Cuts a text at its `## ` lines. Those in a fenced block are lines like any other.
fn parts(text: &[u8]) -> Vec<Part<'_>> {
    let mut cuts = vec![(HEAD.to_owned(), 0)];
    let (mut at, mut fenced) = (0, false);
    let mut seen = BTreeSet::new();
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"```") || line.starts_with(b"~~~") {
            fenced = !fenced;
        } else if !fenced && line.starts_with(b"## ") {
            let heading = String::from_utf8_lossy(&line[3..]);
            let name = heading.split(':').next().unwrap_or_default().trim();
            let mut unique = name.to_owned();
            let mut count = 1;
            while !seen.insert(unique.clone()) {
                count += 1;
                unique = format!("{name} ({count})");
            }
            cuts.push((unique, at));
        }
        at += line.len();
    }
    let ends: Vec<usize> = cuts.iter().skip(1).map(|cut| cut.1).chain([at]).collect();
    let cut = |((name, start), end): ((String, usize), usize)| (name, &text[start..end]);
    cuts.into_iter().zip(ends).map(cut).collect()
}

fn find<'a>(parts: &[Part<'a>], name: &str) -> Option<&'a [u8]> {
    parts.iter().find(|part| part.0 == name).map(|part| part.1)
}

/// Blank lines at the end belong to nobody.
fn trimmed(text: Option<&[u8]>) -> &[u8] {
    text.unwrap_or_default().trim_ascii_end()
}

/// The sections in which two texts differ, those left out that follow from other facts.
pub fn changed(before: &[u8], after: &[u8]) -> Vec<String> {
    let (before, after) = (parts(before), parts(after));
    let mut names: Vec<&String> = after.iter().map(|part| &part.0).collect();
    names.extend(before.iter().map(|part| &part.0));
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let differs = |name: &&&String| {
        trimmed(find(&before, name)) != trimmed(find(&after, name))
            && !BY_THEMSELVES.contains(&name.as_str())
    };
    names
        .iter()
        .filter(differs)
        .map(|name| (*name).clone())
        .collect()
}

/// What tells one text of a section from others: FNV-1a, for it only has to tell edits of one section apart.
fn mark(text: &[u8]) -> String {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = text.iter().fold(0xcbf2_9ce4_8422_2325, fold);
    format!("{hash:016x}")
}

/// The sections that an edit changed, each with the mark of what it says after it.
pub fn marks(before: &[u8], after: &[u8]) -> BTreeMap<String, String> {
    let names = changed(before, after);
    let after = parts(after);
    let marked = |name: String| {
        let mark = mark(trimmed(find(&after, &name)));
        (name, mark)
    };
    names.into_iter().map(marked).collect()
}

/// `now` without the edit of `before` that left these marks. An error names the sections that were changed since.
///
/// # Errors
/// When the edit cannot be taken back without losing something newer.
pub fn without(
    before: &[u8],
    marks: &BTreeMap<String, String>,
    now: &[u8],
) -> Result<Vec<u8>, Vec<String>> {
    let (before, now) = (parts(before), parts(now));
    let newer = |(name, after): &(&String, &String)| {
        let here = trimmed(find(&now, name));
        mark(here) != **after && here != trimmed(find(&before, name))
    };
    let newer: Vec<_> = marks
        .iter()
        .filter(newer)
        .map(|(name, _)| name.clone())
        .collect();
    if !newer.is_empty() {
        return Err(newer);
    }
    let mut text = Vec::new();
    for (name, here) in &now {
        if !marks.contains_key(name) {
            text.extend_from_slice(here);
        } else if let Some(old) = find(&before, name) {
            text.extend_from_slice(old);
        }
        // A section that the edit took away comes back behind the one it stood behind.
        let next = before.iter().skip_while(|part| part.0 != *name).skip(1);
        let is_lost =
            |part: &&Part<'_>| find(&now, &part.0).is_none() && marks.contains_key(&part.0);
        for (_, old) in next.take_while(is_lost) {
            if !text.ends_with(b"\n\n") {
                text.push(b'\n');
            }
            text.extend_from_slice(old);
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{changed, marks, without};

    const BEFORE: &[u8] = b"# TASK-1 - x\n\n## Status: ready\n\n## Goal\nold\n\n## Notes\nn\n";
    const AFTER: &[u8] = b"# TASK-1 - x\n\n## Status: review\n\n## Goal\nnew\n\n## Notes\nn\n";

    fn taken_back(before: &[u8], after: &[u8], now: &[u8]) -> Result<String, Vec<String>> {
        let text = without(before, &marks(before, after), now)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn what_follows_from_other_facts_is_no_change() {
        assert_eq!(changed(BEFORE, AFTER), ["Goal"]);
        assert!(changed(BEFORE, BEFORE).is_empty());
    }

    #[test]
    fn a_step_is_taken_back_and_what_came_after_stays() {
        let now = "# TASK-1 - x\n\n## Status: done\n\n## Goal\nnew\n\n## Notes\nn and more\n";
        let wanted = now.replace("new", "old");
        let once = taken_back(BEFORE, AFTER, now.as_bytes()).unwrap();
        assert_eq!(once, wanted);
        assert_eq!(taken_back(BEFORE, AFTER, once.as_bytes()).unwrap(), wanted);
    }

    #[test]
    fn what_is_newer_is_named_and_not_lost() {
        let now = b"# TASK-1 - x\n\n## Goal\nnew, and a person's words\n";
        assert_eq!(taken_back(BEFORE, AFTER, now), Err(vec!["Goal".to_owned()]));
    }

    #[test]
    fn sections_come_and_go() {
        let (less, more) = ("# x\n\n## A\na\n", "# x\n\n## A\na\n\n## B\nb\n");
        let (less, more) = (less.as_bytes(), more.as_bytes());
        assert_eq!(taken_back(less, more, more).unwrap(), "# x\n\n## A\na\n\n");
        assert_eq!(
            taken_back(more, less, less).unwrap(),
            "# x\n\n## A\na\n\n## B\nb\n"
        );
        let fenced = b"# x\n\n## A\n```\n## B\n```\n";
        assert_eq!(changed(less, fenced), ["A"]);
    }
}
