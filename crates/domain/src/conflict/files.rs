//! What `## Files Affected` names: paths, folders (`src/`) and globs (`*`, `?`, `**`), and whether two of them could mean the same file.
//!
//! The text is anybody's: its length, and the work that comparing it may cost, have limits. Beyond them the answer is "perhaps", which
//! counts as yes.

use std::{borrow::Cow, collections::BTreeSet};

/// Longest entry that is read, in bytes; what is longer could mean anything.
const LONGEST: usize = 512;
/// Most folders in an entry.
const DEEPEST: usize = 40;
/// Most entries of a task that are looked at.
const MOST: usize = 200;
/// Steps that one comparison of two tasks may take.
const PATIENCE: u32 = 400_000;
/// Up to so many pairs of files are compared one by one.
const FEW_PAIRS: usize = 256;
/// Names that are told.
pub(crate) const TOLD: usize = 20;

/// One entry, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern<'a> {
    text: &'a str,
    segments: Vec<Segment<'a>>,
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment<'a> {
    /// `**`: any number of folders.
    Any,
    /// A name without wildcards.
    Name(Cow<'a, str>),
    /// A name with wildcards.
    Glob(Vec<char>),
}

impl<'a> Pattern<'a> {
    /// Reads an entry as it is written in a task file; none when it names no path of the project.
    #[must_use]
    pub fn parse(entry: &'a str) -> Option<Self> {
        if let Some(plain) = Self::plain(entry) {
            return plain;
        }
        let text = path_in(entry);
        if text.is_empty() {
            return None;
        }
        if text.len() > LONGEST {
            let segments = vec![Segment::Any];
            return Some(Self { text, segments });
        }
        let mut segments = Vec::new();
        match without_braces(text) {
            Cow::Borrowed(path) => {
                for word in words(path)? {
                    segments.push(segment(Cow::Borrowed(word)));
                }
            }
            Cow::Owned(path) => {
                for word in words(&path)? {
                    segments.push(segment(Cow::Owned(word.to_owned())));
                }
            }
        }
        if segments.is_empty() {
            return None;
        }
        if segments.len() > DEEPEST {
            segments.truncate(DEEPEST);
            segments.push(Segment::Any);
        }
        if text.ends_with('/') || names_folder(&segments) {
            segments.push(Segment::Any);
        }
        segments.dedup_by(|a, b| *a == Segment::Any && *b == Segment::Any);
        Some(Self { text, segments })
    }

    /// [`Self::parse`] for what most entries are: a path and nothing else. None when there is more to it.
    fn plain(entry: &'a str) -> Option<Option<Self>> {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
        if entry.is_empty() || entry.len() > LONGEST || !entry.bytes().all(is_plain) {
            return None;
        }
        let Some(words) = words(entry) else {
            return Some(None);
        };
        let mut segments = Vec::with_capacity(4);
        segments.extend(words.map(|word| Segment::Name(Cow::Borrowed(word))));
        if segments.is_empty() {
            return Some(None);
        }
        if segments.len() > DEEPEST {
            return None;
        }
        if entry.ends_with('/') || names_folder(&segments) {
            segments.push(Segment::Any);
        }
        let text = entry;
        Some(Some(Self { text, segments }))
    }

    /// A file there is.
    fn of_file(path: &'a str) -> Self {
        let names = path.split('/').filter(|name| !name.is_empty());
        let segments = names.map(|name| Segment::Name(Cow::Borrowed(name)));
        Self {
            text: path,
            segments: segments.collect(),
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// Whether this file is meant.
    #[must_use]
    pub fn covers(&self, file: &str) -> bool {
        self.overlaps(&Pattern::of_file(file))
    }

    /// Whether some file could be meant by both.
    #[must_use]
    pub fn overlaps(&self, other: &Pattern<'_>) -> bool {
        let mut patience = PATIENCE;
        meet(&self.segments, &other.segments, &mut patience)
    }

    /// How much it says: a file more than a folder, and names more than wildcards.
    fn says(&self) -> (bool, usize) {
        let names = self.segments.iter();
        let names = names.filter(|segment| matches!(segment, Segment::Name(_)));
        (self.segments.last() != Some(&Segment::Any), names.count())
    }
}

/// A folder means all that is in it, with or without a slash at its end. What has an ending is a file.
fn names_folder(segments: &[Segment<'_>]) -> bool {
    match segments.last() {
        Some(Segment::Name(name)) => !name.trim_start_matches('.').contains('.'),
        _ => false,
    }
}

/// The path of an entry, without what is said about it: "`src/a.rs` (new)", "src/a.rs - the reader".
fn path_in(entry: &str) -> &str {
    let entry = entry.trim();
    if let Some((_, rest)) = entry.split_once('`')
        && let Some((path, _)) = rest.split_once('`')
    {
        return path.trim();
    }
    let path = match end_of_path(entry) {
        Some(end) => entry.get(..end).unwrap_or(entry),
        None => entry,
    };
    path.trim().trim_end_matches([',', ';', ':'])
}

/// Where in an entry something begins to be said about its path.
fn end_of_path(entry: &str) -> Option<usize> {
    let marks = [" - ", " – ", " — ", " ("];
    let mut places = entry.bytes().enumerate();
    let end = places.find(|(at, byte)| {
        let rest = || entry.get(*at..).unwrap_or_default();
        match byte {
            b' ' => marks.iter().any(|mark| rest().starts_with(mark)),
            b':' => rest().starts_with(": "),
            _ => false,
        }
    });
    end.map(|(at, _)| at)
}

/// What stands between the slashes; none when it leads out of the project.
fn words(path: &str) -> Option<impl Iterator<Item = &str>> {
    let words = || path.split('/').filter(|word| !matches!(*word, "" | "."));
    (!words().any(|word| word == "..")).then(words)
}

/// `src/{a,b}.rs` could mean several files: it is read as `src/*.rs`.
fn without_braces(path: &str) -> Cow<'_, str> {
    if !path.contains('{') {
        return Cow::Borrowed(path);
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((inside, after)) = behind.split_once('}') else {
            break;
        };
        plain.push_str(before);
        plain.push_str(if inside.contains('/') { "*/**/*" } else { "*" });
        rest = after;
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn segment(word: Cow<'_, str>) -> Segment<'_> {
    if word == "**" {
        return Segment::Any;
    }
    if !word.bytes().any(|byte| matches!(byte, b'*' | b'?' | b'[')) {
        return Segment::Name(word);
    }
    let mut glob = Vec::new();
    let mut letters = word.chars();
    while let Some(letter) = letters.next() {
        let letter = match letter {
            // A set of letters could be any one of them.
            '[' if letters.clone().any(|c| c == ']') => {
                letters.by_ref().find(|c| *c == ']');
                '?'
            }
            other => other,
        };
        if letter != '*' || glob.last() != Some(&'*') {
            glob.push(letter);
        }
    }
    Segment::Glob(glob)
}

/// Whether two lists of segments have a path in common.
fn meet(one: &[Segment<'_>], other: &[Segment<'_>], patience: &mut u32) -> bool {
    match meet_plainly(one, other) {
        Some(told) => {
            *patience = patience.saturating_sub(1);
            told
        }
        None => meet_anywhere(one, other, patience),
    }
}

/// The same for what most entries are: names, and perhaps all that is below them. None when there is more to it.
fn meet_plainly(one: &[Segment<'_>], other: &[Segment<'_>]) -> Option<bool> {
    let mut at = 0;
    loop {
        match (one.get(at), other.get(at)) {
            (None, None) => return Some(true),
            (Some(Segment::Any), _) if at + 1 == one.len() => return Some(true),
            (_, Some(Segment::Any)) if at + 1 == other.len() => return Some(true),
            (Some(Segment::Name(a)), Some(Segment::Name(b))) if a == b => at += 1,
            (Some(Segment::Name(_)), Some(Segment::Name(_)) | None)
            | (None, Some(Segment::Name(_))) => return Some(false),
            _ => return None,
        }
    }
}

/// Each pair of places is looked at once.
fn meet_anywhere(one: &[Segment<'_>], other: &[Segment<'_>], patience: &mut u32) -> bool {
    let width = other.len() + 1;
    let mut reached = vec![false; (one.len() + 1) * width];
    let mut open = vec![(0, 0)];
    while let Some((i, j)) = open.pop() {
        let Some(seen) = reached.get_mut(i * width + j) else {
            continue;
        };
        if std::mem::replace(seen, true) {
            continue;
        }
        *patience = patience.saturating_sub(1);
        match (one.get(i), other.get(j)) {
            (None, None) => return true,
            (a, b) => {
                let (any_a, any_b) = (a == Some(&Segment::Any), b == Some(&Segment::Any));
                if any_a {
                    open.push((i + 1, j));
                }
                if any_b {
                    open.push((i, j + 1));
                }
                let (Some(a), Some(b)) = (a, b) else {
                    continue;
                };
                if any_a && !any_b {
                    open.push((i, j + 1));
                } else if any_b && !any_a {
                    open.push((i + 1, j));
                } else if !any_a && same_name(a, b, patience) {
                    open.push((i + 1, j + 1));
                }
            }
        }
        if *patience == 0 {
            return true;
        }
    }
    false
}

fn same_name(a: &Segment<'_>, b: &Segment<'_>, patience: &mut u32) -> bool {
    let letters = |segment: &Segment<'_>| match segment {
        Segment::Name(name) => name.chars().collect(),
        Segment::Glob(glob) => glob.clone(),
        Segment::Any => vec!['*'],
    };
    match (a, b) {
        (Segment::Name(a), Segment::Name(b)) => a == b,
        // In a name a star is a star only when it is no glob.
        (Segment::Name(name), Segment::Glob(glob)) | (Segment::Glob(glob), Segment::Name(name)) => {
            let name: Vec<char> = name.chars().collect();
            globs_meet(glob, &name, false, patience)
        }
        _ => globs_meet(&letters(a), &letters(b), true, patience),
    }
}

/// Whether two names with wildcards have a name in common; `both` when the second one has wildcards, too.
fn globs_meet(one: &[char], other: &[char], both: bool, patience: &mut u32) -> bool {
    let star = |letter: Option<&char>, wild: bool| wild && letter == Some(&'*');
    // One row for each letter of `one`: which places of `other` can be reached.
    let mut row = vec![false; other.len() + 1];
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    for i in 0..=one.len() {
        let mut next = vec![false; other.len() + 1];
        for j in 0..=other.len() {
            *patience = patience.saturating_sub(1);
            if !row.get(j).copied().unwrap_or(false) {
                continue;
            }
            let (a, b) = (one.get(i), other.get(j));
            let (star_a, star_b) = (star(a, true), star(b, both));
            if star_b || (star_a && b.is_some()) {
                set(&mut row, j + 1);
            }
            if star_a || (star_b && a.is_some()) {
                set(&mut next, j);
            }
            if let (Some(a), Some(b)) = (a, b)
                && !star_a
                && !star_b
                && (a == b || *a == '?' || (both && *b == '?'))
            {
                set(&mut next, j + 1);
            }
        }
        if i == one.len() {
            return row.last().copied().unwrap_or(false);
        }
        row = next;
    }
    false
}

fn set(row: &mut [bool], at: usize) {
    if let Some(place) = row.get_mut(at) {
        *place = true;
    }
}

/// What a task means to change, and what it has changed.
#[derive(Clone, Debug, Default)]
pub struct Claims<'a> {
    /// What its file declares.
    pub declared: Vec<Pattern<'a>>,
    /// What its branch touches.
    pub touched: Option<&'a BTreeSet<String>>,
}

/// The entries of a task file, as far as they name paths.
#[must_use]
pub fn declared(entries: &[String]) -> Vec<Pattern<'_>> {
    let read = entries.iter().take(MOST);
    read.filter_map(|entry| Pattern::parse(entry)).collect()
}

impl Claims<'_> {
    /// Whether nothing is known of what it changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.declared.is_empty() && self.touched.is_none_or(BTreeSet::is_empty)
    }

    /// Files and entries that both mean, at most some; empty when they have nothing in common.
    #[must_use]
    pub fn shared(&self, other: &Claims<'_>) -> Vec<String> {
        let mut found = BTreeSet::new();
        if let (Some(one), Some(two)) = (self.touched, other.touched) {
            found.extend(one.intersection(two).take(TOLD).cloned());
        }
        touched_and_declared(self, other, &mut found);
        touched_and_declared(other, self, &mut found);
        let mut patience = PATIENCE;
        for one in &self.declared {
            for two in &other.declared {
                if found.len() >= TOLD {
                    break;
                }
                if meet(&one.segments, &two.segments, &mut patience) {
                    // The one that says more is told.
                    let named = if two.says() > one.says() { two } else { one };
                    found.insert(named.text.to_owned());
                }
            }
        }
        found.into_iter().take(TOLD).collect()
    }

    /// Files it touches that its plan does not name; empty when the plan names none at all.
    #[must_use]
    pub fn strayed(&self) -> Vec<String> {
        let Some(touched) = self.touched.filter(|_| !self.declared.is_empty()) else {
            return Vec::new();
        };
        let mut patience = PATIENCE;
        let mut planned = |file: &String| {
            let file = Pattern::of_file(file);
            let mut plan = self.declared.iter();
            plan.any(|entry| meet(&entry.segments, &file.segments, &mut patience))
        };
        let strays = touched.iter().filter(|file| !planned(file));
        strays.take(TOLD).cloned().collect()
    }
}

fn touched_and_declared(one: &Claims<'_>, other: &Claims<'_>, found: &mut BTreeSet<String>) {
    let Some(touched) = one.touched.filter(|_| !other.declared.is_empty()) else {
        return;
    };
    let mut patience = PATIENCE;
    for file in touched {
        if found.len() >= TOLD || patience == 0 {
            return;
        }
        let named = Pattern::of_file(file);
        let mut plan = other.declared.iter();
        if plan.any(|entry| meet(&entry.segments, &named.segments, &mut patience)) {
            found.insert(file.clone());
        }
    }
}

/// Whether two branches could run into each other: a file of both, a file of one that is a folder of the other, or a folder of both (below
/// the root, where everything would be neighbours).
#[must_use]
pub fn near(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    if one.len().saturating_mul(other.len()) <= FEW_PAIRS {
        return one.iter().any(|a| other.iter().any(|b| are_near(a, b)));
    }
    let (one_in, other_in) = (folders(one), folders(other));
    !one.is_disjoint(other)
        || !one_in.is_disjoint(&other_in)
        || inside(one, &other_in)
        || inside(other, &one_in)
}

/// Whether two files are the same, lie in one folder, or one lies below the other.
fn are_near(one: &str, other: &str) -> bool {
    let (one_in, other_in) = (folder(one), folder(other));
    let below = |file: &str, folder: Option<&str>| {
        let rest = folder.and_then(|folder| folder.strip_prefix(file));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    one == other
        || (one_in.is_some() && one_in == other_in)
        || below(one, other_in)
        || below(other, one_in)
}

fn folder(file: &str) -> Option<&str> {
    file.rsplit_once('/').map(|(folder, _)| folder)
}

fn folders(files: &BTreeSet<String>) -> BTreeSet<&str> {
    files.iter().filter_map(|file| folder(file)).collect()
}

/// Whether one of the files is one of the folders, or has one below it.
fn inside(files: &BTreeSet<String>, folders: &BTreeSet<&str>) -> bool {
    files.iter().any(|file| {
        let prefix = format!("{file}/");
        let mut from = folders.range(prefix.as_str()..);
        folders.contains(file.as_str())
            || from
                .next()
                .is_some_and(|folder| folder.starts_with(&prefix))
    })
}

#[cfg(test)]
mod tests;
