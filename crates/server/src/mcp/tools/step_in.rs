//! Stepping in: what the person's own client may do to work that is under way. No run and no holder outside has any of it.

use super::{Asks, Effect, PERSON, REPEATED, TASK, Tool};
use crate::mcp::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::once::Repeat;
use serde_json::{Map, Value, json};

/// In the order in which they are listed.
pub const ALL: &[Tool] = &[
    Tool {
        name: "task_intervene",
        title: "Interrupt an agent",
        about: "Interrupts the agent that works on a task with words of the person; it goes on with them in the same conversation.",
        takes: &[TASK, Field::needed("text", "", Kind::Text), REPEATED],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "intervene",
        effect: Effect::Changes,
        repeat: Repeat::AskFirst,
        who: PERSON,
    },
    Tool {
        name: "task_pause",
        title: "Pause a task",
        about: "Starts nothing for a task and interrupts what works on it; no failure, and task_resume goes on where it was.",
        takes: &[TASK, Field::maybe("why", "", Kind::Text)],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "pause",
        effect: Effect::Changes,
        repeat: Repeat::Safe,
        who: PERSON,
    },
    Tool {
        name: "task_resume",
        title: "Go on with a task",
        about: "Goes on with a task that was paused.",
        takes: &[TASK],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "resume",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: PERSON,
    },
    Tool {
        name: "task_clarify",
        title: "Make a task clearer",
        about: "Writes it into the goal and tells whoever works on it. An open question about the task is answered with it instead; the person confirms that.",
        takes: &[
            TASK,
            Field::needed("text", "", Kind::Text),
            Field::maybe(
                "request",
                "Which question, when several are open.",
                Kind::Id,
            ),
            REPEATED,
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "clarify",
        effect: Effect::Adds,
        repeat: Repeat::AskFirst,
        who: PERSON,
    },
    Tool {
        name: "task_priority",
        title: "Set a priority",
        about: "P0 goes before P1 before P2.",
        takes: &[
            TASK,
            Field::needed("to", "", Kind::Choice(&["P0", "P1", "P2"])),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "priority",
        effect: Effect::Changes,
        repeat: Repeat::Safe,
        who: PERSON,
    },
    Tool {
        name: "run_attach",
        title: "How to take a conversation over",
        about: "The command with which the person takes the conversation of a task's agent over in a terminal. Only shows it.",
        takes: &[TASK],
        asks: Asks::OnlyShown,
        gives: Shape::Attach,
        operation: "attach",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: PERSON,
    },
];

/// An attach that changes nothing.
pub(super) fn only_shown(input: &mut Map<String, Value>) {
    input.insert("only_show".to_owned(), json!(true));
}
