//! YAML as a tree whose every node knows its line, so that each problem can be shown where it is.

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Options, Spanned, UserMessageFormatter};
use std::fmt;

/// A value with the line it begins on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub value: Value,
    pub line: u32,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file; a key stands there once.
    Map(Vec<(String, u32, Node)>),
}

impl Value {
    /// What it is, for people.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "yes or no",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a group of keys",
        }
    }
}

/// Why a text is no YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub line: Option<u32>,
    pub said: String,
}

/// Reads one YAML document. An empty one is an empty group of keys.
pub(super) fn parse(text: &str) -> Result<Node, Broken> {
    let options: Options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options::<Option<Spanned<Value>>>(text, options) {
        Ok(Some(read)) => Ok(node(read)),
        Ok(None) => Ok(Node {
            value: Value::Null,
            line: 1,
        }),
        Err(error) => Err(Broken {
            line: error
                .location()
                .and_then(|location| u32::try_from(location.line()).ok())
                .filter(|line| *line > 0),
            said: said(&error),
        }),
    }
}

/// The error in one line, without the position, which is shown apart.
fn said(error: &serde_saphyr::Error) -> String {
    let text = error
        .without_snippet()
        .render_with_formatter(&UserMessageFormatter);
    let first = text.lines().next().unwrap_or_default();
    let end = first.find(" at line ").unwrap_or(first.len());
    let text = first.get(..end).unwrap_or(first).trim();
    text.strip_prefix("error: ").unwrap_or(text).to_owned()
}

fn node(read: Spanned<Value>) -> Node {
    Node {
        line: u32::try_from(read.referenced.line()).unwrap_or(u32::MAX),
        value: read.value,
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, a list or a group of keys")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(i64::try_from(value).unwrap_or(i64::MAX)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(node(item));
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key::<Spanned<String>>()? {
            let line = u32::try_from(key.referenced.line()).unwrap_or(u32::MAX);
            map.push((key.value, line, node(entries.next_value()?)));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, Value, parse};

    #[test]
    fn every_node_knows_its_line() {
        let read = parse("# a comment\na: 1\nb:\n  - x\n  - {c: no, d: 2.5}\ne:\n").unwrap();
        let Value::Map(entries) = read.value else {
            panic!("{read:?}");
        };
        let lines: Vec<(&str, u32)> = entries
            .iter()
            .map(|(k, line, _)| (k.as_str(), *line))
            .collect();
        assert_eq!(lines, [("a", 2), ("b", 3), ("e", 6)]);
        let Value::List(items) = &entries[1].2.value else {
            panic!("{entries:?}");
        };
        assert_eq!((items[0].line, items[1].line), (4, 5));
        let Value::Map(inner) = &items[1].value else {
            panic!("{items:?}");
        };
        assert_eq!(inner[0].2.value, Value::Text("no".into()));
        assert_eq!(inner[1].2.value, Value::Float(2.5));
        assert_eq!(entries[2].2.value, Value::Null);
    }

    #[test]
    fn an_empty_text_is_nothing() {
        for text in ["", "\n\n", "# only a comment\n", "---\n"] {
            let Node { value, .. } = parse(text).unwrap_or_else(|e| panic!("{text:?}: {e:?}"));
            assert_eq!(value, Value::Null, "{text:?}");
        }
    }

    #[test]
    fn broken_yaml_is_told_with_its_line() {
        for (text, line) in [
            ("a: 1\n  b: 2\n", 2),
            ("a: [1, 2\n", 2),
            ("a: 1\na: 2\n", 2),
            ("a: \"open\nb: 1\n", 1),
            ("a:\n\tb: 1\n", 2),
            ("a: *nowhere\n", 1),
        ] {
            let broken = parse(text).unwrap_err();
            println!("{text:?} → {broken:?}");
            assert!(
                broken.line.is_some_and(|found| found.abs_diff(line) <= 2),
                "{text:?} {broken:?}"
            );
            assert!(!broken.said.is_empty() && !broken.said.contains('\n'));
        }
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let of = format!("*a{}, ", n - 1).repeat(10);
            text.push_str(&format!("a{n}: &a{n} [{of}]\n"));
        }
        assert!(parse(&text).is_err());
    }
}
