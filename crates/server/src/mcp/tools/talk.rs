//! Messages, contexts and sessions: what holders leave each other.

use super::{
    Asks, COMPLETED, DECISIONS, Effect, LIMIT, NEXT, NEXT_PAGE, NOW, OUTSIDE, POINTERS, QUESTIONS,
    REPEATED, TASK, Tool,
};
use crate::mcp::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::{messages::KINDS, once::Repeat};

/// Also what is not handed over by itself.
pub(super) const WHOLE: Field =
    Field::maybe("whole", "Also what does not fit into 4 kB.", Kind::Flag);

/// In the order in which they are listed.
pub const ALL: &[Tool] = &[
    SEND,
    INBOX,
    ACK,
    SAVE,
    LOAD,
    PREPARE,
    Tool {
        name: "session_start",
        title: "Begin a session",
        about: "Begins your session, or takes up the one you did not end: the task you hold with what was saved, else the next one, which is then yours.",
        takes: &[Field::maybe("look", "Take nothing.", Kind::Flag)],
        asks: Asks::AsGiven,
        gives: Shape::Session,
        operation: "session-start",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
    Tool {
        name: "session_end",
        title: "End your session",
        about: "Saves what you give as a checkpoint. Your task stays yours for your next session; with `release` somebody else goes on with it.",
        takes: &[
            Field::maybe("note", "For whoever goes on.", Kind::Text),
            Field::maybe("release", "", Kind::Flag),
            Field::maybe("task", "When you hold several.", Kind::Task),
            NOW,
            COMPLETED,
            NEXT,
            DECISIONS,
            QUESTIONS,
            POINTERS,
        ],
        asks: Asks::Context,
        gives: Shape::Done,
        operation: "session-end",
        effect: Effect::Changes,
        repeat: Repeat::AskWhenRefused,
        who: OUTSIDE,
    },
];

pub(super) const SEND: Tool = Tool {
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
        Field::maybe("kind", "", Kind::Choice(KINDS)),
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
};

pub(super) const INBOX: Tool = Tool {
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
};

pub(super) const ACK: Tool = Tool {
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
};

pub(super) const SAVE: Tool = Tool {
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
        NOW,
        COMPLETED,
        NEXT,
        DECISIONS,
        QUESTIONS,
        POINTERS,
    ],
    asks: Asks::Context,
    gives: Shape::Done,
    operation: "context-save",
    effect: Effect::Changes,
    repeat: Repeat::AskFirst,
    who: OUTSIDE,
};

pub(super) const LOAD: Tool = Tool {
    name: "context_load",
    title: "Load a context",
    about: "What was saved last of the work on a task, with its version.",
    takes: &[TASK, WHOLE],
    asks: Asks::AsGiven,
    gives: Shape::Saved,
    operation: "context-load",
    effect: Effect::Reads,
    repeat: Repeat::Safe,
    who: OUTSIDE,
};

pub(super) const PREPARE: Tool = Tool {
    name: "handoff_prepare",
    title: "Prepare a handover",
    about: "What whoever goes on with a task would get of what was saved, and what is missing.",
    takes: &[TASK],
    asks: Asks::AsGiven,
    gives: Shape::Prepared,
    operation: "handoff",
    effect: Effect::Reads,
    repeat: Repeat::Safe,
    who: OUTSIDE,
};
