//! Workflows: templates that make tasks.

use super::{Asks, Effect, OUTSIDE, PERSON, REPEATED, Tool};
use crate::mcp::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::once::Repeat;

/// In the order in which they are listed.
pub const ALL: &[Tool] = &[
    Tool {
        name: "workflow_start",
        title: "Start a workflow",
        about: "Makes the tasks of a template in .mcp/workflows; they wait for one another.",
        takes: &[
            Field::needed("workflow", "Its name.", Kind::Text),
            Field::maybe("set", "Its parameters, each as `name=value`.", Kind::Texts),
            REPEATED,
        ],
        asks: Asks::Settings,
        gives: Shape::Workflow,
        operation: "workflow-start",
        effect: Effect::Adds,
        repeat: Repeat::Safe,
        who: PERSON,
    },
    Tool {
        name: "workflow_status",
        title: "How far workflows are",
        about: "What was made from workflows, step by step; the newest ones, or one.",
        takes: &[Field::maybe("instance", "What was made, by its name.", Kind::Text)],
        asks: Asks::AsGiven,
        gives: Shape::Workflow,
        operation: "workflow-status",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
];
