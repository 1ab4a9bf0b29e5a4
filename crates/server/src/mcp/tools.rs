//! The tools, as a table: what each is for, what it takes, who may use it, and the one operation it is.
//!
//! The table holds nothing that an operation does not do. A tool that a caller may not use is not in the list that the caller sees.

use super::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::{caller::Caller, once::Repeat};
use serde_json::{Map, Value};

/// A tool.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What a client shows a person.
    pub title: &'static str,
    /// What it is for, in words for a model.
    pub about: &'static str,
    /// What it takes.
    pub takes: &'static [Field],
    /// How the operation wants it.
    pub asks: Asks,
    /// What it gives.
    pub gives: Shape,
    /// The operation.
    pub operation: &'static str,
    /// What it does to the project.
    pub effect: Effect,
    /// How a repetition is answered.
    pub repeat: Repeat,
    /// Who may use it.
    pub who: &'static [Role],
}

/// How a tool's input becomes the operation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// As it was given.
    AsGiven,
    /// What is not the task or the version is inside an object of this name.
    Inside(&'static str),
    /// What waits for the caller itself.
    OwnInbox,
}

/// What a tool does to the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Adds to it.
    Adds,
    /// Changes what is there, or ends something.
    Changes,
}

/// For whom tools are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The person's own client.
    Person,
    /// A holder outside, connected under its name.
    Holder,
    /// A run that prepares or implements.
    Worker,
    /// A run that reviews.
    Reviewer,
}

impl Role {
    /// What a caller is here; none for those who have no tools (a run that is over, a gate).
    pub fn of(caller: &Caller) -> Option<Self> {
        match caller {
            Caller::Person => Some(Self::Person),
            Caller::Holder { .. } => Some(Self::Holder),
            Caller::Run { reviews: true, .. } => Some(Self::Reviewer),
            Caller::Run { .. } => Some(Self::Worker),
            Caller::Nobody => None,
        }
    }
}

/// A cursor and a limit are the pages' own; no operation sees them.
pub const CURSOR: &str = "cursor";
/// See [`CURSOR`].
pub const LIMIT: &str = "limit";
/// How long a call may wait for something to do.
pub const WAIT: &str = "wait_seconds";
/// The client's own name for a call, under which a repetition is known.
pub const KEY: &str = "key";
/// Fields that are the protocol's and not the operation's.
pub const OURS: [&str; 4] = [CURSOR, LIMIT, WAIT, KEY];

const OUTSIDE: &[Role] = &[Role::Person, Role::Holder];
const STATUSES: &[&str] = &[
    "pending",
    "ready",
    "in-progress",
    "review",
    "done",
    "failed",
];
const TASK: Field = Field::needed("task", "", Kind::Task);
const NOTE: Field = Field::needed(
    "note",
    "For the next holder: what you did, what you checked, what is left.",
    Kind::Text,
);
const REPEATED: Field = Field::maybe(
    KEY,
    "Your name for this call: nothing is done twice under it.",
    Kind::Text,
);
const NEXT_PAGE: Field = Field::maybe(CURSOR, "`next_cursor` of the page before.", Kind::Text);
const SECTION: Field = Field::needed(
    "section",
    "",
    Kind::Choice(&[
        "Goal",
        "Acceptance Criteria",
        "Definition of Ready",
        "Definition of Done",
        "Files Affected",
        "Implementation Notes",
    ]),
);
const TEXT: Field = Field::needed(
    "text",
    "Markdown without the heading. Who implements ticks boxes: the list again with `- [x]`.",
    Kind::Text,
);
const VERDICT: Field = Field::needed(
    "verdict",
    "`approve` when it is good as it is, `changes` when it must go back.",
    Kind::Choice(&["approve", "changes"]),
);
const WHY: Field = Field::needed(
    "note",
    "Why; for `changes`, each point with file and line.",
    Kind::Text,
);

/// All tools, in the order in which they are listed.
pub const ALL: &[Tool] = &[
    Tool {
        name: "task_next",
        title: "Next task",
        about: "The task to work on next with its whole context: goal, criteria, handoffs, feedback. With `claim` it is yours at once.",
        takes: &[
            Field::maybe("claim", "", Kind::Flag),
            Field::maybe(
                WAIT,
                "Wait so long for one when there is none.",
                Kind::Number(0, 600),
            ),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Handover,
        operation: "next",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "task_get",
        title: "A task",
        about: "Where a task stands, what it wants, what came back. Long texts are cut; the resource orchestron://task/ID is the whole file.",
        takes: &[TASK],
        asks: Asks::AsGiven,
        gives: Shape::Task,
        operation: "task",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "task_list",
        title: "Tasks",
        about: "Tasks in the order they stand, a page at a time.",
        takes: &[
            Field::maybe("status", "", Kind::Choice(STATUSES)),
            Field::maybe("agent", "", Kind::Text),
            NEXT_PAGE,
            Field::maybe(LIMIT, "", Kind::Number(1, 100)),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Tasks,
        operation: "list",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "task_create",
        title: "Write a task",
        about: "Writes a new task into pending, clear enough to be worked on without asking.",
        takes: &[
            Field::needed("title", "What is to be done, in a line.", Kind::Text),
            Field::maybe("goal", "What is wanted, in full.", Kind::Text),
            Field::maybe("criteria", "Acceptance criteria, each a line.", Kind::Texts),
            Field::maybe("priority", "", Kind::Choice(&["P0", "P1", "P2"])),
            Field::maybe("agent", "Who is to implement it.", Kind::Text),
            Field::maybe("depends_on", "Tasks that must be done first.", Kind::Texts),
            Field::maybe("files", "Files it will touch.", Kind::Texts),
            Field::maybe("notes", "", Kind::Text),
            REPEATED,
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "create",
        effect: Effect::Adds,
        repeat: Repeat::AskFirst,
        who: &[Role::Person],
    },
    Tool {
        name: "task_update",
        title: "Write in a task",
        about: "Replaces one section of a task file, or ticks its boxes.",
        takes: &[TASK, SECTION, TEXT],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "edit",
        effect: Effect::Changes,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "task_claim",
        title: "Take a task",
        about: "Takes a task; one holder at a time. A ready task goes to in-progress.",
        takes: &[TASK],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "claim",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "task_submit",
        title: "Submit work",
        about: "Your work on a task in progress is done: the gates are run on it, then it goes to review.",
        takes: &[TASK, NOTE],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "submit",
        effect: Effect::Adds,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
    Tool {
        name: "task_complete",
        title: "End a leg",
        about: "Ends the present leg of a task, whichever it is: prepared, implemented, or reviewed and good.",
        takes: &[TASK, NOTE],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "complete",
        effect: Effect::Adds,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
    Tool {
        name: "task_fail",
        title: "Give a task up",
        about: "Gives a task up: it goes to failed, and a person is asked what to do.",
        takes: &[
            TASK,
            Field::needed("note", "Why, and what was tried.", Kind::Text),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "fail",
        effect: Effect::Changes,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
    Tool {
        name: "review_decide",
        title: "Give a verdict",
        about: "Your verdict on work in review. Where only a person may decide, the person is asked.",
        takes: &[
            TASK,
            VERDICT,
            WHY,
            Field::maybe("commit", "The commit you looked at.", Kind::Text),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "verdict",
        effect: Effect::Changes,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
    Tool {
        name: "escalate",
        title: "Ask the person",
        about: "You hold a task and cannot go on: the person decides, and the task waits for it.",
        takes: &[
            TASK,
            Field::needed(
                "note",
                "Why it cannot go on, what was tried, what you would do.",
                Kind::Text,
            ),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "escalate",
        effect: Effect::Adds,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
    Tool {
        name: "agent_list",
        title: "Agents",
        about: "Who works here, on which legs, what each does now, what keeps one from starting.",
        takes: &[],
        asks: Asks::AsGiven,
        gives: Shape::Agents,
        operation: "registry",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "events_list",
        title: "What happened",
        about: "What happened, newest first, a page at a time.",
        takes: &[
            Field::maybe("task", "", Kind::Task),
            NEXT_PAGE,
            Field::maybe(LIMIT, "", Kind::Number(1, 100)),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Events,
        operation: "events",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "agent_stop",
        title: "Stop an agent",
        about: "Ends the run that works on a task; the person is asked what becomes of it.",
        takes: &[
            Field::needed("what", "A task, or a run by its id.", Kind::Text),
            Field::maybe("why", "", Kind::Text),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "stop",
        effect: Effect::Changes,
        repeat: Repeat::AskWhenRefused,
        who: &[Role::Person],
    },
    Tool {
        name: "message_send",
        title: "Send a message",
        about: "Tells somebody something. Who works hears it at once, the others when they start.",
        takes: &[
            Field::needed(
                "to",
                "A name of agent_list, a leg (`prepare`, `implement`, `review`), `everyone` or `person`.",
                Kind::Text,
            ),
            Field::needed("text", "At most 16 kB.", Kind::Text),
            Field::maybe(
                "kind",
                "",
                Kind::Choice(&[
                    "coordination",
                    "progress_update",
                    "task_assignment",
                    "escalation",
                ]),
            ),
            Field::maybe("task", "What it is about.", Kind::Task),
            Field::maybe("payload", "JSON text, for programs.", Kind::Text),
            Field::maybe("reply_to", "Id of the message it answers.", Kind::Id),
            REPEATED,
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "message-send",
        effect: Effect::Adds,
        repeat: Repeat::AskFirst,
        who: OUTSIDE,
    },
    Tool {
        name: "message_inbox",
        title: "Your messages",
        about: "Messages that wait for you, oldest first, a page at a time. Acknowledge what you have read with message_ack.",
        takes: &[NEXT_PAGE, Field::maybe(LIMIT, "", Kind::Number(1, 100))],
        asks: Asks::OwnInbox,
        gives: Shape::Messages,
        operation: "messages",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "message_ack",
        title: "Acknowledge a message",
        about: "Says that you have read a message: it does not wait for you any more.",
        takes: &[Field::needed("message", "Its id.", Kind::Id)],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "message-ack",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "context_save",
        title: "Save your context",
        about: "Saves what whoever goes on with a task needs: steps, decisions, pointers, never files' contents. 4 kB reach the next holder.",
        takes: &[
            TASK,
            Field::needed(
                "version",
                "The version you loaded, 0 for the first. Refused when somebody saved meanwhile.",
                Kind::Id,
            ),
            Field::maybe("now", "What you are at.", Kind::Text),
            Field::maybe("completed", "", Kind::Texts),
            Field::maybe("next", "", Kind::Texts),
            Field::maybe("decisions", "Each with its why.", Kind::Texts),
            Field::maybe("questions", "", Kind::Texts),
            Field::maybe("pointers", "Files and lines, commits.", Kind::Texts),
        ],
        asks: Asks::Inside("context"),
        gives: Shape::Done,
        operation: "context-save",
        effect: Effect::Changes,
        repeat: Repeat::AskFirst,
        who: OUTSIDE,
    },
    Tool {
        name: "context_load",
        title: "Load a context",
        about: "What was saved last of the work on a task, with its version.",
        takes: &[TASK],
        asks: Asks::AsGiven,
        gives: Shape::Saved,
        operation: "context-load",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    // --- a run's own: it has one task and names none ----------------------------------------------------------
    Tool {
        name: "task_get",
        title: "Your task",
        about: "Your task as it stands now: its file with goal, criteria and notes, the handoffs so far, feedback and error context.",
        takes: &[],
        asks: Asks::AsGiven,
        gives: Shape::Handover,
        operation: "run-context",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: &[Role::Worker, Role::Reviewer],
    },
    Tool {
        name: "task_update",
        title: "Write in your task",
        about: "Replaces one section of your task's file, or ticks its boxes.",
        takes: &[SECTION, TEXT],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "run-edit",
        effect: Effect::Changes,
        repeat: Repeat::Safe,
        who: &[Role::Worker],
    },
    Tool {
        name: "task_submit",
        title: "Hand on",
        about: "Your leg is done: hands the task to the next holder. Call it once, last, and end your turn.",
        takes: &[NOTE],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "run-submit",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: &[Role::Worker],
    },
    Tool {
        name: "review_decide",
        title: "Give your verdict",
        about: "Your verdict on the work. Call it once, last, and end your turn.",
        takes: &[VERDICT, WHY],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "run-verdict",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: &[Role::Reviewer],
    },
];

/// The tools that a caller sees.
pub fn of(role: Option<Role>) -> impl Iterator<Item = &'static Tool> {
    ALL.iter()
        .filter(move |tool| role.is_some_and(|role| tool.who.contains(&role)))
}

/// The operation's input: what was given, without what is the protocol's own.
pub fn input_of(tool: &Tool, given: &Map<String, Value>, caller: &Caller) -> Map<String, Value> {
    let theirs = given
        .iter()
        .filter(|(name, value)| !OURS.contains(&name.as_str()) && !value.is_null());
    let mut input: Map<String, Value> = theirs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    match tool.asks {
        Asks::AsGiven => input,
        Asks::Inside(name) => {
            let (outer, inner) = input
                .into_iter()
                .partition(|(name, _)| matches!(name.as_str(), "task" | "version"));
            input = outer;
            input.insert(name.to_owned(), Value::Object(inner));
            input
        }
        Asks::OwnInbox => {
            let name = match caller {
                Caller::Holder { name } => name,
                _ => "person",
            };
            input.insert("inbox".to_owned(), Value::String(name.to_owned()));
            input
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Role, of};
    use orchestron_operations::ALL as OPERATIONS;
    use std::collections::BTreeSet;

    #[test]
    fn every_tool_is_one_operation_and_its_name_is_unique_for_each_caller() {
        for role in [Role::Person, Role::Holder, Role::Worker, Role::Reviewer] {
            let mut names = BTreeSet::new();
            for tool in of(Some(role)) {
                assert!(names.insert(tool.name), "{} twice for {role:?}", tool.name);
                assert!(
                    OPERATIONS.iter().any(|found| found.name == tool.operation),
                    "{} is no operation",
                    tool.operation
                );
            }
            assert!(!names.is_empty());
        }
        assert_eq!(of(None).count(), 0);
    }

    #[test]
    fn a_reading_tool_is_a_reading_operation() {
        for tool in ALL {
            let operation = OPERATIONS.iter().find(|found| found.name == tool.operation);
            let writes = operation.unwrap().writes;
            let reads = tool.effect == super::Effect::Reads;
            assert!(!(reads && writes), "{} writes", tool.name);
        }
    }
}
