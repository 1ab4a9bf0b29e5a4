//! The tools of ours that a run sees, and what they take.
//!
//! Which tools there are depends on the leg. A call that is malformed, or of a tool this leg has not, is answered by the
//! driver itself with words the model can act on; the engine only ever hears of good calls.

use orchestron_domain::Leg;
use serde_json::{Map, Value, json};

/// Name of the server that carries them, as agents see it.
pub const SERVER: &str = "orchestron";

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its name, without a server prefix.
    pub name: &'static str,
    /// What it is for, in words for the model.
    pub about: &'static str,
    /// What it takes.
    pub takes: &'static [Parameter],
}

/// A parameter of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it is, in words for the model.
    pub about: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// Whether it may be left out.
    pub optional: bool,
}

/// What a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text that is not blank.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    Texts,
}

const TASK_GET: Tool = Tool {
    name: "task_get",
    about: "The task as it stands now: its file with goal, criteria and notes, the handoffs so far, feedback and error context.",
    takes: &[],
};

const TASK_UPDATE_WHEN_PREPARING: Tool = Tool {
    name: "task_update",
    about: "Replaces one section of the task file.",
    takes: &[
        Parameter {
            name: "section",
            about: "Which section.",
            kind: Kind::Choice(&[
                "Goal",
                "Acceptance Criteria",
                "Definition of Ready",
                "Definition of Done",
                "Files Affected",
                "Implementation Notes",
            ]),
            optional: false,
        },
        SECTION_TEXT,
    ],
};

const TASK_UPDATE_WHEN_IMPLEMENTING: Tool = Tool {
    name: "task_update",
    about: "Replaces Implementation Notes, or ticks boxes: for a checklist give the same list again with `- [x]` where it is done.",
    takes: &[
        Parameter {
            name: "section",
            about: "Which section.",
            kind: Kind::Choice(&[
                "Implementation Notes",
                "Acceptance Criteria",
                "Definition of Done",
            ]),
            optional: false,
        },
        SECTION_TEXT,
    ],
};

const SECTION_TEXT: Parameter = Parameter {
    name: "text",
    about: "The section's new text, Markdown, without its heading.",
    kind: Kind::Text,
    optional: false,
};

const TASK_SUBMIT: Tool = Tool {
    name: "task_submit",
    about: "Your leg is done: hands the task to the next holder. Call it once, last, and end your turn.",
    takes: &[Parameter {
        name: "note",
        about: "What the next holder must know: what you did, what you checked, what is left.",
        kind: Kind::Text,
        optional: false,
    }],
};

const REVIEW_DECIDE: Tool = Tool {
    name: "review_decide",
    about: "Your verdict on the work. Call it once, last, and end your turn.",
    takes: &[
        Parameter {
            name: "verdict",
            about: "`approve` when it is good as it is, `changes` when it must go back.",
            kind: Kind::Choice(&["approve", "changes"]),
            optional: false,
        },
        Parameter {
            name: "note",
            about: "Why; for `changes`, what exactly has to change.",
            kind: Kind::Text,
            optional: false,
        },
    ],
};

const REQUEST_HELP: Tool = Tool {
    name: "request_help",
    about: "Asks a person, when only a person can decide. Waits for the answer, which may take long.",
    takes: &[
        Parameter {
            name: "question",
            about: "The question, with what the person needs to answer it.",
            kind: Kind::Text,
            optional: false,
        },
        Parameter {
            name: "options",
            about: "Answers to choose from.",
            kind: Kind::Texts,
            optional: true,
        },
    ],
};

/// The tools of a leg, in a fixed order.
#[must_use]
pub const fn of_leg(leg: Leg) -> &'static [Tool] {
    match leg {
        Leg::Prepare => &[
            TASK_GET,
            TASK_UPDATE_WHEN_PREPARING,
            TASK_SUBMIT,
            REQUEST_HELP,
        ],
        Leg::Implement => &[
            TASK_GET,
            TASK_UPDATE_WHEN_IMPLEMENTING,
            TASK_SUBMIT,
            REQUEST_HELP,
        ],
        Leg::Review => &[TASK_GET, REVIEW_DECIDE, REQUEST_HELP],
        Leg::Approve => &[],
    }
}

impl Tool {
    /// Its input as a JSON schema.
    #[must_use]
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> = self
            .takes
            .iter()
            .map(|parameter| (parameter.name.to_owned(), parameter.schema()))
            .collect();
        let required: Vec<&str> = self
            .takes
            .iter()
            .filter(|parameter| !parameter.optional)
            .map(|parameter| parameter.name)
            .collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// What is wrong with a call's arguments, in words for the model; none when they are good.
    #[must_use]
    pub fn complaint(&self, arguments: &Value) -> Option<String> {
        self.takes.iter().find_map(|parameter| {
            let given = arguments.get(parameter.name).unwrap_or(&Value::Null);
            if parameter.accepts(given) {
                return None;
            }
            let (tool, name) = (self.name, parameter.name);
            Some(match parameter.kind {
                Kind::Text => format!("{tool} needs `{name}`: a text that is not blank."),
                Kind::Texts => format!("`{name}` of {tool} is a list of texts."),
                Kind::Choice(words) => {
                    format!("{tool} needs `{name}`: one of {}.", words.join(", "))
                }
            })
        })
    }
}

impl Parameter {
    fn schema(&self) -> Value {
        match self.kind {
            Kind::Text => json!({ "type": "string", "description": self.about }),
            Kind::Choice(words) => {
                json!({ "type": "string", "enum": words, "description": self.about })
            }
            Kind::Texts => {
                json!({ "type": "array", "items": { "type": "string" }, "description": self.about })
            }
        }
    }

    fn accepts(&self, given: &Value) -> bool {
        if given.is_null() {
            return self.optional;
        }
        match self.kind {
            Kind::Text => given.as_str().is_some_and(|text| !text.trim().is_empty()),
            Kind::Choice(words) => given.as_str().is_some_and(|word| words.contains(&word)),
            Kind::Texts => given
                .as_array()
                .is_some_and(|texts| texts.iter().all(Value::is_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_leg;
    use orchestron_domain::Leg;
    use serde_json::{Value, json};

    fn names(leg: Leg) -> Vec<&'static str> {
        of_leg(leg).iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn each_leg_sees_its_own_tools() {
        assert_eq!(
            names(Leg::Prepare),
            ["task_get", "task_update", "task_submit", "request_help"]
        );
        assert_eq!(names(Leg::Implement), names(Leg::Prepare));
        assert_eq!(
            names(Leg::Review),
            ["task_get", "review_decide", "request_help"]
        );
        assert!(names(Leg::Approve).is_empty());
    }

    #[test]
    fn schemas_name_what_is_required() {
        let tools = of_leg(Leg::Implement);
        assert_eq!(
            tools[0].schema(),
            json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
        );
        assert_eq!(tools[3].schema()["required"], json!(["question"]));
        assert_eq!(
            tools[1].schema()["properties"]["section"]["enum"],
            json!([
                "Implementation Notes",
                "Acceptance Criteria",
                "Definition of Done"
            ])
        );
    }

    #[test]
    fn bad_arguments_are_named() {
        let check = |leg: Leg, name: &str, arguments: Value| {
            let tool = of_leg(leg).iter().find(|tool| tool.name == name).unwrap();
            tool.complaint(&arguments)
        };
        let implement = Leg::Implement;
        assert_eq!(check(implement, "task_get", json!({})), None);
        assert_eq!(
            check(implement, "task_get", Value::Null),
            None,
            "no arguments at all"
        );
        assert_eq!(
            check(
                implement,
                "task_submit",
                json!({"note": "done", "extra": 1})
            ),
            None
        );
        assert!(check(implement, "task_submit", json!({"note": " "})).is_some());
        assert!(check(implement, "task_submit", json!(["note"])).is_some());
        assert!(
            check(
                implement,
                "task_update",
                json!({"section": "Goal", "text": "x"})
            )
            .unwrap()
            .contains("Implementation Notes"),
            "the goal is not the implementer's to change"
        );
        assert_eq!(
            check(
                Leg::Prepare,
                "task_update",
                json!({"section": "Goal", "text": "x"})
            ),
            None
        );
        assert!(
            check(
                Leg::Review,
                "review_decide",
                json!({"verdict": "maybe", "note": "x"})
            )
            .is_some()
        );
        assert_eq!(
            check(implement, "request_help", json!({"question": "?"})),
            None
        );
        assert!(
            check(
                implement,
                "request_help",
                json!({"question": "?", "options": [1]})
            )
            .is_some()
        );
    }
}
