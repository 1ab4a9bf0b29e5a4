//! What a run of ours may do through a client of its own: it has one task and names none.

use super::{
    ASKS_PERSON, Asks, COMPLETED, DECISIONS, Effect, NEXT, NOTE, NOW, POINTERS, QUESTIONS, RUNS,
    Role, SECTION, STUCK, TEXT, Tool, VERDICT, WAIT, WHY, talk,
};
use crate::mcp::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::once::Repeat;

/// In the order in which they are listed.
pub const ALL: &[Tool] = &[
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
        who: RUNS,
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
    Tool {
        name: "request_help",
        title: "Ask the person something",
        about: ASKS_PERSON,
        takes: &[
            Field::maybe("question", "", Kind::Text),
            Field::maybe("options", "The one you recommend first.", Kind::Texts),
            Field::maybe("default", "", Kind::Text),
            Field::maybe("deadline_minutes", "", Kind::Number(1, 10_080)),
            Field::maybe("request", "", Kind::Id),
            Field::maybe(WAIT, "", Kind::Number(0, 600)),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Help,
        operation: "request-help",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: RUNS,
    },
    Tool {
        name: "escalate",
        title: "Ask the person what becomes of it",
        about: "You cannot go on: the person decides what becomes of the task, and your run ends.",
        takes: &[STUCK],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "run-escalate",
        effect: Effect::Adds,
        repeat: Repeat::AskWhenRefused,
        who: RUNS,
    },
    Tool {
        name: "progress_update",
        title: "Say how far you are",
        about: "A line on the card, for people to see. Once for each bigger step.",
        takes: &[
            Field::needed("step", "", Kind::Text),
            Field::maybe("percent", "", Kind::Number(0, 100)),
        ],
        asks: Asks::AsGiven,
        gives: Shape::Done,
        operation: "progress",
        effect: Effect::Changes,
        repeat: Repeat::Safe,
        who: RUNS,
    },
    Tool {
        name: "task_checkpoint",
        title: "Checkpoint",
        about: "Adds to your saved context what is done since, and replaces what comes next and what is open. Needs no version.",
        takes: &[NOW, COMPLETED, NEXT, DECISIONS, QUESTIONS, POINTERS],
        asks: Asks::ContextOfOwnTask,
        gives: Shape::Done,
        operation: "checkpoint",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: RUNS,
    },
    Tool {
        takes: &[
            Field::needed(
                "version",
                "The version you loaded, 0 for the first.",
                Kind::Id,
            ),
            NOW,
            COMPLETED,
            NEXT,
            DECISIONS,
            QUESTIONS,
            POINTERS,
        ],
        asks: Asks::ContextOfOwnTask,
        who: RUNS,
        ..talk::SAVE
    },
    Tool {
        takes: &[talk::WHOLE],
        asks: Asks::OfOwnTask,
        who: RUNS,
        ..talk::LOAD
    },
    Tool {
        takes: &[],
        asks: Asks::OfOwnTask,
        who: RUNS,
        ..talk::PREPARE
    },
    Tool {
        who: RUNS,
        ..talk::SEND
    },
    Tool {
        who: RUNS,
        ..talk::INBOX
    },
    Tool {
        who: RUNS,
        ..talk::ACK
    },
];
