//! What a tool takes and gives, said once: from it come the JSON schemas that clients see and the check of every call.
//!
//! A wrong call is answered with the field that is wrong and the value that would be right, so that a model can mend it by itself.

use serde_json::{Map, Value, json};

/// A field of a tool's input.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name; the operation's input has the same.
    pub name: &'static str,
    /// What it is, in words for a model.
    pub about: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether it must be given.
    pub needed: bool,
}

/// What a field may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text that is not blank.
    Text,
    /// A task's id.
    Task,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
    /// A number that we gave.
    Id,
    /// A whole number in these bounds.
    Number(u64, u64),
    /// Yes or no.
    Flag,
}

impl Field {
    /// A field that must be given.
    pub const fn needed(name: &'static str, about: &'static str, kind: Kind) -> Self {
        Self {
            name,
            about,
            kind,
            needed: true,
        }
    }

    /// A field that may be left out.
    pub const fn maybe(name: &'static str, about: &'static str, kind: Kind) -> Self {
        Self {
            name,
            about,
            kind,
            needed: false,
        }
    }

    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text | Kind::Task => json!({"type": "string"}),
            Kind::Choice(words) => json!({"type": "string", "enum": words}),
            Kind::Texts => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Id => json!({"type": "integer"}),
            Kind::Number(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Kind::Flag => json!({"type": "boolean"}),
        };
        if !self.about.is_empty() {
            schema["description"] = json!(self.about);
        }
        schema
    }

    /// What would be right.
    fn right(&self) -> String {
        match self.kind {
            Kind::Text => "a text that is not blank".to_owned(),
            Kind::Task => "a task's id, such as \"TASK-7\"".to_owned(),
            Kind::Choice(words) => format!("one of \"{}\"", words.join("\", \"")),
            Kind::Texts => "a list of texts, such as [\"…\"]".to_owned(),
            Kind::Id => "a number, as it was given to you".to_owned(),
            Kind::Number(least, most) => format!("a whole number from {least} to {most}"),
            Kind::Flag => "true or false".to_owned(),
        }
    }

    fn accepts(&self, value: &Value) -> bool {
        match self.kind {
            Kind::Text => value.as_str().is_some_and(|text| !text.trim().is_empty()),
            Kind::Task => value.as_str().is_some_and(is_task),
            Kind::Choice(words) => value.as_str().is_some_and(|text| words.contains(&text)),
            Kind::Texts => value
                .as_array()
                .is_some_and(|items| items.iter().all(Value::is_string)),
            Kind::Id => value.is_u64(),
            Kind::Number(least, most) => value
                .as_u64()
                .is_some_and(|number| (least..=most).contains(&number)),
            Kind::Flag => value.is_boolean(),
        }
    }
}

fn is_task(text: &str) -> bool {
    let Some((prefix, number)) = text.trim().rsplit_once('-') else {
        return false;
    };
    let good =
        |part: &str, test: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|b| test(&b));
    good(prefix, u8::is_ascii_alphanumeric) && good(number, u8::is_ascii_digit)
}

/// The schema of an input.
pub fn input(fields: &[Field]) -> Map<String, Value> {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), field.schema()))
        .collect();
    let needed: Vec<&str> = fields
        .iter()
        .filter(|field| field.needed)
        .map(|field| field.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    if !needed.is_empty() {
        schema.insert("required".into(), json!(needed));
    }
    schema.insert("additionalProperties".into(), json!(false));
    schema
}

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field that is wrong.
    pub field: String,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Checks a call's arguments. A field that is null counts as left out.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(tool: &str, fields: &[Field], given: &Map<String, Value>) -> Result<(), Fault> {
    for name in given.keys() {
        if fields.iter().any(|field| field.name == name) {
            continue;
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let known = if names.is_empty() {
            "it takes none".to_owned()
        } else {
            format!("it takes {}", names.join(", "))
        };
        let shown: String = name.chars().take(60).collect();
        return Err(Fault {
            what: format!("{tool} has no field `{shown}`; {known}"),
            field: shown,
        });
    }
    for field in fields {
        let value = given.get(field.name).filter(|value| !value.is_null());
        let wrong = match value {
            None if field.needed => "is missing".to_owned(),
            Some(value) if !field.accepts(value) => format!("is {}", shown(value)),
            _ => continue,
        };
        return Err(Fault {
            field: field.name.to_owned(),
            what: format!(
                "`{}` of {tool} {wrong}; it must be {}",
                field.name,
                field.right()
            ),
        });
    }
    Ok(())
}

/// A value, short enough to be told back.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 {
        return text;
    }
    let start: String = text.chars().take(57).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use super::{Fault, Field, Kind, check, input};
    use serde_json::{Value, json};

    const FIELDS: &[Field] = &[
        Field::needed("task", "Which.", Kind::Task),
        Field::maybe("priority", "", Kind::Choice(&["P0", "P1", "P2"])),
        Field::maybe("limit", "", Kind::Number(1, 100)),
        Field::maybe("files", "", Kind::Texts),
        Field::maybe("note", "", Kind::Text),
        Field::maybe("claim", "", Kind::Flag),
    ];

    fn fault(value: &Value) -> Option<Fault> {
        check("tool", FIELDS, value.as_object().unwrap()).err()
    }

    #[test]
    fn good_calls_pass() {
        for good in [
            json!({"task": "TASK-7"}),
            json!({"task": "web-12", "priority": "P0", "limit": 100, "files": [], "note": "x", "claim": false}),
            json!({"task": "TASK-7", "priority": null}),
        ] {
            assert_eq!(fault(&good), None, "{good}");
        }
    }

    #[test]
    fn the_field_that_is_wrong_and_what_would_be_right_are_named() {
        for (bad, field, right) in [
            (json!({}), "task", "TASK-7"),
            (json!({"task": 7}), "task", "TASK-7"),
            (json!({"task": "../etc"}), "task", "TASK-7"),
            (
                json!({"task": "T-1", "priority": "high"}),
                "priority",
                "\"P0\", \"P1\", \"P2\"",
            ),
            (json!({"task": "T-1", "limit": 0}), "limit", "from 1 to 100"),
            (
                json!({"task": "T-1", "limit": "5"}),
                "limit",
                "whole number",
            ),
            (
                json!({"task": "T-1", "files": "a"}),
                "files",
                "list of texts",
            ),
            (json!({"task": "T-1", "note": "  "}), "note", "not blank"),
            (
                json!({"task": "T-1", "zzz": 1}),
                "zzz",
                "it takes task, priority",
            ),
        ] {
            let found = fault(&bad).unwrap_or_else(|| panic!("{bad} passed"));
            assert_eq!(found.field, field, "{bad}");
            assert!(found.what.contains(right), "{}", found.what);
        }
    }

    #[test]
    fn a_long_value_is_not_told_back_whole() {
        let found = fault(&json!({"task": "x".repeat(100_000)})).unwrap();
        assert!(found.what.len() < 300, "{}", found.what.len());
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema = Value::Object(input(FIELDS));
        assert_eq!(schema["required"], json!(["task"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["limit"]["maximum"], 100);
        assert_eq!(schema["properties"]["priority"].get("description"), None);
    }
}
