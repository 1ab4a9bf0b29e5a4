//! Taking typed values out of a YAML tree, and gathering everything that is wrong with them, each with its line and cure.

use super::yaml::{Node, Value};
use orchestron_domain::MicroUsd;
use orchestron_engine::ports::Problem;
use std::collections::BTreeMap;

/// What was found wrong in one file so far.
pub(super) struct Findings {
    file: &'static str,
    pub problems: Vec<Problem>,
    /// How many of them change what the file means, so that what it says there must not be used.
    pub serious: usize,
}

/// A group of keys.
pub(super) struct Fields<'a> {
    /// Where it is, for people: `limits`, `agents.claude-impl`; empty for the whole file.
    place: String,
    pub line: u32,
    entries: BTreeMap<&'a str, (u32, &'a Node)>,
}

impl<'a> Fields<'a> {
    pub(super) fn line_of(&self, key: &str) -> u32 {
        self.entries.get(key).map_or(self.line, |(line, _)| *line)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, u32, &'a Node)> + '_ {
        self.entries
            .iter()
            .map(|(key, (line, node))| (*key, *line, *node))
    }

    /// The full name of a key in this group.
    pub(super) fn name(&self, key: &str) -> String {
        if self.place.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.place)
        }
    }

    /// The value of a key, if it is there and says something.
    /// Whether a value is this very word.
    pub(super) fn is_word(&self, key: &str, word: &str) -> bool {
        let found = self.get(key).map(|node| &node.value);
        matches!(found, Some(Value::Text(text)) if text == word)
    }

    fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries
            .get(key)
            .map(|(_, node)| *node)
            .filter(|node| node.value != Value::Null)
    }
}

impl Findings {
    pub(super) const fn new(file: &'static str) -> Self {
        Self {
            file,
            problems: Vec::new(),
            serious: 0,
        }
    }

    /// A problem that leaves everything else usable.
    pub(super) fn slight(
        &mut self,
        line: Option<u32>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.problems.push(Problem {
            path: format!(".mcp/{}", self.file),
            line,
            what: what.into(),
            cure: cure.into(),
        });
    }

    /// A problem that makes what surrounds it unusable.
    pub(super) fn serious(
        &mut self,
        line: Option<u32>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) {
        self.serious += 1;
        self.slight(line, what, cure);
    }

    /// The group of keys that a node is. Nothing is an empty group.
    pub(super) fn fields<'a>(&mut self, place: &str, node: &'a Node) -> Option<Fields<'a>> {
        let entries = match &node.value {
            Value::Map(entries) => entries
                .iter()
                .map(|(k, line, v)| (k.as_str(), (*line, v)))
                .collect(),
            Value::Null => BTreeMap::new(),
            other => {
                self.wrong_kind(place, node.line, "a group of keys", other);
                return None;
            }
        };
        Some(Fields {
            place: place.to_owned(),
            line: node.line,
            entries,
        })
    }

    /// The group of keys below a key.
    pub(super) fn group<'a>(&mut self, fields: &Fields<'a>, key: &str) -> Option<Fields<'a>> {
        let node = fields.get(key)?;
        self.fields(&fields.name(key), node)
    }

    /// Tells of keys that nobody knows. One that looks like one of `guards`, without which more would be allowed than was meant, is
    /// serious: it would be missing without a word.
    pub(super) fn known(&mut self, fields: &Fields<'_>, known: &[&str], guards: &[&str]) {
        for (key, line, _) in fields.iter() {
            if known.contains(&key) {
                continue;
            }
            let near = nearest(key, known.iter().copied());
            let what = format!("`{}` is no key that orchestron knows", fields.name(key));
            let cure = near.map_or_else(
                || format!("Delete it. The keys here are {}.", list(known)),
                |near| format!("Did you mean `{near}`?"),
            );
            let meant_as_guard = guards.iter().any(|guard| {
                let first = guard.split('_').next().unwrap_or(guard);
                near == Some(guard) || key.to_lowercase().contains(first)
            });
            if meant_as_guard {
                self.serious(Some(line), what, cure);
            } else {
                self.slight(Some(line), what, cure);
            }
        }
    }

    /// A text of one line.
    pub(super) fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let text = self.long_text(fields, key)?;
        if text.chars().any(char::is_control) {
            let line = fields.line_of(key);
            self.serious(
                Some(line),
                format!(
                    "`{}` has a line break or another control character in it",
                    fields.name(key)
                ),
                "Write it in one line.",
            );
            return None;
        }
        Some(text)
    }

    /// A text of any number of lines, trimmed; an empty one is none.
    pub(super) fn long_text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let node = fields.get(key)?;
        let text = self.text_in(&fields.name(key), node)?;
        (!text.is_empty()).then_some(text)
    }

    fn text_in(&mut self, name: &str, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Bool(word) => Some(word.to_string()),
            Value::Float(_) => {
                self.serious(
                    Some(node.line),
                    format!("`{name}` must be a text, but reads as a number"),
                    "Put it in quotes, so that no digit is lost.",
                );
                None
            }
            other => {
                self.wrong_kind(name, node.line, "a text", other);
                None
            }
        }
    }

    /// A list of texts of one line; a single text is a list of one.
    pub(super) fn texts(&mut self, fields: &Fields<'_>, key: &str) -> Vec<(String, u32)> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        let name = fields.name(key);
        let single = std::slice::from_ref(node);
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            _ => single,
        };
        let mut texts = Vec::new();
        for item in items {
            match self.text_in(&name, item) {
                Some(text) if text.is_empty() || text.chars().any(char::is_control) => {
                    self.serious(
                        Some(item.line),
                        format!("`{name}` has an entry that is empty or of several lines"),
                        "Write each entry in one line, or delete it.",
                    );
                }
                Some(text) => texts.push((text, item.line)),
                None => {}
            }
        }
        texts
    }

    /// The items of a list.
    pub(super) fn list<'a>(&mut self, fields: &Fields<'a>, key: &str) -> &'a [Node] {
        match fields.get(key) {
            None => &[],
            Some(Node {
                value: Value::List(items),
                ..
            }) => items,
            Some(node) => {
                self.wrong_kind(&fields.name(key), node.line, "a list", &node.value);
                &[]
            }
        }
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        range: (u32, u32),
    ) -> Option<u32> {
        let node = fields.get(key)?;
        let number = match node.value {
            Value::Int(number) => u32::try_from(number).ok(),
            _ => None,
        };
        let good = number.filter(|number| (range.0..=range.1).contains(number));
        if good.is_none() {
            self.serious(
                Some(node.line),
                format!(
                    "`{}` is no whole number from {} to {}",
                    fields.name(key),
                    range.0,
                    range.1
                ),
                format!(
                    "Write a number from {} to {}, or leave the key out.",
                    range.0, range.1
                ),
            );
        }
        good
    }

    /// Yes or no.
    pub(super) fn truth(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        if let Value::Bool(truth) = node.value {
            return Some(truth);
        }
        self.wrong_kind(&fields.name(key), node.line, "true or false", &node.value);
        None
    }

    /// A span of time, in milliseconds: `30s`, `10m`, `2h`, `1h30m`, or a number of seconds.
    pub(super) fn millis(&mut self, fields: &Fields<'_>, key: &str) -> Option<u64> {
        let node = fields.get(key)?;
        let millis = match &node.value {
            Value::Int(seconds) => u64::try_from(*seconds)
                .ok()
                .and_then(|s| s.checked_mul(1000)),
            Value::Text(text) => span(text),
            _ => None,
        };
        let good = millis.filter(|millis| (1..=MAX_MILLIS).contains(millis));
        if good.is_none() {
            self.serious(
                Some(node.line),
                format!("`{}` is no span of time", fields.name(key)),
                "Write it like 30s, 10m, 2h or 1h30m (a number alone means seconds), at most 30 days.",
            );
        }
        good
    }

    /// The same in whole seconds, at least one.
    pub(super) fn seconds(&mut self, fields: &Fields<'_>, key: &str) -> Option<u64> {
        self.millis(fields, key).map(|millis| millis.div_ceil(1000))
    }

    /// An amount of dollars, more than nothing.
    pub(super) fn dollars(&mut self, fields: &Fields<'_>, key: &str) -> Option<MicroUsd> {
        let node = fields.get(key)?;
        let dollars = match node.value {
            #[allow(clippy::cast_precision_loss)] // amounts of dollars are small
            Value::Int(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            _ => None,
        };
        let good = dollars
            .map(MicroUsd::from_dollars)
            .filter(|amount| *amount > MicroUsd(0));
        if good.is_none() {
            self.serious(
                Some(node.line),
                format!("`{}` is no amount of dollars", fields.name(key)),
                "Write a number above zero, such as 2.5, or leave the key out for no limit.",
            );
        }
        good
    }

    pub(super) fn wrong_kind(&mut self, name: &str, line: u32, wanted: &str, found: &Value) {
        let what = if name.is_empty() {
            format!("the file must be {wanted}, but is {}", found.kind())
        } else {
            format!("`{name}` must be {wanted}, but is {}", found.kind())
        };
        self.serious(
            Some(line),
            what,
            format!("Write {wanted} here, or leave it out."),
        );
    }
}

/// Thirty days.
const MAX_MILLIS: u64 = 30 * 24 * 3_600_000;

/// Reads `90s`, `1h30m`, `500ms`, `45` (seconds), in milliseconds.
fn span(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<u64>() {
        return seconds.checked_mul(1000);
    }
    let mut total = 0_u64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?.trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = match rest.get(..letters)? {
            "ms" => 1,
            "s" | "sec" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = rest.get(letters..)?.trim_start();
    }
    Some(total)
}

/// The candidate that is meant by a misspelt word, if one is near.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = (word.len() / 3).max(1);
    candidates
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(far, candidate)| *far <= limit && *far < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added, left out or swapped with their neighbour; `-` and `_` count as one letter.
fn distance(one: &str, other: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        text.to_lowercase()
            .chars()
            .map(|c| if c == '-' { '_' } else { c })
            .collect()
    };
    let (one, other) = (letters(one), letters(other));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::{nearest, span};

    #[test]
    fn spans_of_time() {
        for (text, millis) in [
            ("30s", Some(30_000)),
            ("10m", Some(600_000)),
            ("2h", Some(7_200_000)),
            ("1h30m", Some(5_400_000)),
            ("1 h 30 m", Some(5_400_000)),
            ("500ms", Some(500)),
            ("45", Some(45_000)),
            ("1d", Some(86_400_000)),
            ("", None),
            ("10 apples", None),
            ("m", None),
            ("-5s", None),
            ("1.5h", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(span(text), millis, "{text}");
        }
    }

    #[test]
    fn misspelt_words_are_recognised() {
        let keys = [
            "tools_allowed",
            "tools_restricted",
            "timeout",
            "cli",
            "model",
        ];
        for (word, meant) in [
            ("tools-allowed", Some("tools_allowed")),
            ("toolsrestricted", Some("tools_restricted")),
            ("timeuot", Some("timeout")),
            ("Timeout", Some("timeout")),
            ("modle", Some("model")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, keys.into_iter()), meant, "{word}");
        }
    }
}
