//! The tools of ours that a run sees, and what they take.
//!
//! Which tools there are depends on the leg. A call that is malformed, or of a tool this leg has not, is answered by the
//! driver itself with words the model can act on; the engine only ever hears of good calls.

use orchestron_domain::{
    Leg,
    message::MessageKind,
    task_file::{NAMES_WHEN_IMPLEMENTING, NAMES_WHEN_PREPARING},
};
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
    /// A whole number from 0.
    Number,
    /// Yes or no.
    Flag,
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
            kind: Kind::Choice(&NAMES_WHEN_PREPARING),
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
            kind: Kind::Choice(&NAMES_WHEN_IMPLEMENTING),
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
            about: "Answers to choose from, the one you recommend first.",
            kind: Kind::Texts,
            optional: true,
        },
        Parameter {
            name: "default",
            about: "What you go on with when nobody answers in time. It approves nothing.",
            kind: Kind::Text,
            optional: true,
        },
        Parameter {
            name: "deadline_minutes",
            about: "After how many minutes your default stands. With `default` only.",
            kind: Kind::Number,
            optional: true,
        },
    ],
};

const ESCALATE: Tool = Tool {
    name: "escalate",
    about: "You cannot go on with the task: a person decides what becomes of it, and your run ends. For a question that you can wait for, use request_help.",
    takes: &[Parameter {
        name: "note",
        about: "Why it cannot go on, what was tried, what you would do.",
        kind: Kind::Text,
        optional: false,
    }],
};

const PROGRESS_UPDATE: Tool = Tool {
    name: "progress_update",
    about: "Shows people how far you are, as a line on the card. Once for each bigger step.",
    takes: &[
        Parameter {
            name: "step",
            about: "What you are at, in a few words.",
            kind: Kind::Text,
            optional: false,
        },
        Parameter {
            name: "percent",
            about: "How much of the task is done, 0 to 100.",
            kind: Kind::Number,
            optional: true,
        },
    ],
};

const TASK_CHECKPOINT: Tool = Tool {
    name: "task_checkpoint",
    about: "Adds to your saved context what is done since, and replaces what comes next and what is open. Needs no version. Call it after each bigger step, so that whoever goes on should your run end has it.",
    takes: &[NOW, COMPLETED, NEXT, QUESTIONS, DECISIONS, POINTERS],
};

const HANDOFF_PREPARE: Tool = Tool {
    name: "handoff_prepare",
    about: "Shows what whoever goes on after you would get of your saved context, and what is missing.",
    takes: &[],
};

const NOW: Parameter = Parameter {
    name: "now",
    about: "What you are doing, in a sentence.",
    kind: Kind::Text,
    optional: false,
};
const COMPLETED: Parameter = Parameter {
    name: "completed",
    about: "What is done, oldest first.",
    kind: Kind::Texts,
    optional: true,
};
const NEXT: Parameter = Parameter {
    name: "next",
    about: "What comes next, in order.",
    kind: Kind::Texts,
    optional: true,
};
const DECISIONS: Parameter = Parameter {
    name: "decisions",
    about: "Decisions taken, each with why.",
    kind: Kind::Texts,
    optional: true,
};
const QUESTIONS: Parameter = Parameter {
    name: "questions",
    about: "What is still open.",
    kind: Kind::Texts,
    optional: true,
};
const POINTERS: Parameter = Parameter {
    name: "pointers",
    about: "Where to look: `src/pay/card.rs:40`, a commit.",
    kind: Kind::Texts,
    optional: true,
};

const MESSAGE_SEND: Tool = Tool {
    name: "message_send",
    about: "Tells another agent, everyone, a role or the person something they must know while you both work. Not for questions to the person: that is request_help.",
    takes: &[
        Parameter {
            name: "to",
            about: "An agent's name, `prepare`, `implement` or `review` for whoever does that leg, `everyone`, or `person`.",
            kind: Kind::Text,
            optional: false,
        },
        Parameter {
            name: "kind",
            about: "What kind.",
            kind: Kind::Choice(&MessageKind::WORDS),
            optional: true,
        },
        Parameter {
            name: "text",
            about: "The words, at most 16 kB.",
            kind: Kind::Text,
            optional: false,
        },
        Parameter {
            name: "reply_to",
            about: "The message this answers.",
            kind: Kind::Number,
            optional: true,
        },
    ],
};

const MESSAGE_INBOX: Tool = Tool {
    name: "message_inbox",
    about: "Messages for you that are not acknowledged yet, oldest first, at most 10.",
    takes: &[],
};

const MESSAGE_ACK: Tool = Tool {
    name: "message_ack",
    about: "Says that you have read a message; it is not shown to you again.",
    takes: &[Parameter {
        name: "message",
        about: "Its number.",
        kind: Kind::Number,
        optional: false,
    }],
};

const CONTEXT_SAVE: Tool = Tool {
    name: "context_save",
    about: "Replaces all that was saved for whoever goes on: steps and pointers, never file contents. To add to it, use task_checkpoint.",
    takes: &[
        Parameter {
            name: "version",
            about: "The version you know: 0 for the first, then what the last save or context_load told.",
            kind: Kind::Number,
            optional: false,
        },
        NOW,
        COMPLETED,
        NEXT,
        DECISIONS,
        QUESTIONS,
        POINTERS,
    ],
};

const CONTEXT_LOAD: Tool = Tool {
    name: "context_load",
    about: "What was saved last, with its version.",
    takes: &[Parameter {
        name: "whole",
        about: "Also what did not fit into 4 kB.",
        kind: Kind::Flag,
        optional: true,
    }],
};

/// What every leg has.
const COMMON: [Tool; 10] = [
    REQUEST_HELP,
    ESCALATE,
    PROGRESS_UPDATE,
    TASK_CHECKPOINT,
    CONTEXT_SAVE,
    CONTEXT_LOAD,
    HANDOFF_PREPARE,
    MESSAGE_SEND,
    MESSAGE_INBOX,
    MESSAGE_ACK,
];

const PREPARE: [Tool; 13] = with_common([TASK_GET, TASK_UPDATE_WHEN_PREPARING, TASK_SUBMIT]);
const IMPLEMENT: [Tool; 13] = with_common([TASK_GET, TASK_UPDATE_WHEN_IMPLEMENTING, TASK_SUBMIT]);
const REVIEW: [Tool; 12] = with_common([TASK_GET, REVIEW_DECIDE]);

const fn with_common<const N: usize, const ALL: usize>(own: [Tool; N]) -> [Tool; ALL] {
    let mut all = [TASK_GET; ALL];
    let mut at = 0;
    while at < ALL {
        all[at] = if at < N { own[at] } else { COMMON[at - N] };
        at += 1;
    }
    all
}

/// The tools of a leg, in a fixed order.
#[must_use]
pub const fn of_leg(leg: Leg) -> &'static [Tool] {
    match leg {
        Leg::Prepare => &PREPARE,
        Leg::Implement => &IMPLEMENT,
        Leg::Review => &REVIEW,
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
                Kind::Flag => format!("`{name}` of {tool} is true or false."),
                Kind::Number => format!("{tool} needs `{name}`: a whole number from 0."),
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
            Kind::Number => {
                json!({ "type": "integer", "minimum": 0, "description": self.about })
            }
            Kind::Flag => json!({ "type": "boolean", "description": self.about }),
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
            Kind::Number => given.as_u64().is_some(),
            Kind::Flag => given.is_boolean(),
            Kind::Texts => given
                .as_array()
                .is_some_and(|texts| texts.iter().all(Value::is_string)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{COMMON, of_leg};
    use orchestron_domain::Leg;
    use serde_json::{Value, json};

    fn names(leg: Leg) -> Vec<&'static str> {
        of_leg(leg).iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn each_leg_sees_its_own_tools() {
        let own = |leg| {
            let mut names = names(leg);
            let common = names.split_off(names.len() - COMMON.len());
            assert_eq!(common, COMMON.map(|tool| tool.name));
            names
        };
        assert_eq!(
            own(Leg::Prepare),
            ["task_get", "task_update", "task_submit"]
        );
        assert_eq!(own(Leg::Implement), own(Leg::Prepare));
        assert_eq!(own(Leg::Review), ["task_get", "review_decide"]);
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
            tools[6].schema()["required"],
            json!(["now"]),
            "a checkpoint needs no version"
        );
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
    fn the_list_of_each_leg_is_short() {
        for leg in Leg::ALL {
            let list: Vec<_> = of_leg(leg)
                .iter()
                .map(|tool| json!({"name": tool.name, "description": tool.about, "inputSchema": tool.schema(), "_meta": {"anthropic/alwaysLoad": true}}))
                .collect();
            let bytes = serde_json::to_string(&list).unwrap().len();
            println!("{leg}: {bytes} bytes of tools");
            assert!(bytes <= 12_000, "{leg}: {bytes}");
        }
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
