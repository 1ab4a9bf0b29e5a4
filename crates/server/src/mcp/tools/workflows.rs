//! Workflows: templates that make tasks.

use super::{Asks, Effect, KEY, OUTSIDE, PERSON, REPEATED, Tool};
use crate::mcp::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::once::Repeat;
use serde_json::{Map, Value, json};

/// Instances that are told at once; of a single one all steps are.
const INSTANCES: usize = 10;

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
        repeat: Repeat::AskFirst,
        who: PERSON,
    },
    Tool {
        name: "workflow_status",
        title: "How far workflows are",
        about: "What was made from workflows, step by step; the newest ones, or one.",
        takes: &[Field::maybe(
            "instance",
            "What was made, by its name.",
            Kind::Text,
        )],
        asks: Asks::AsGiven,
        gives: Shape::Workflow,
        operation: "workflow-status",
        effect: Effect::Reads,
        repeat: Repeat::Safe,
        who: OUTSIDE,
    },
];

/// `["goal=log in"]` as the operation takes it; what has no `=` is for the operation to refuse.
pub(super) fn settings(input: &mut Map<String, Value>, given: &Map<String, Value>) {
    let said = |text: &Value| {
        let text = text.as_str().unwrap_or_default();
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        json!({"name": name.trim(), "value": value.trim()})
    };
    if let Some(Value::Array(set)) = input.get("set") {
        let set: Vec<Value> = set.iter().map(said).collect();
        input.insert("set".to_owned(), Value::Array(set));
    }
    if let Some(key) = given.get(KEY).filter(|key| key.is_string()) {
        input.insert(KEY.to_owned(), key.clone());
    }
}

/// What was made, in few words.
pub fn made(output: &Value) -> Value {
    let one = output.get("instance").map(std::slice::from_ref);
    let all = one.or_else(|| output["instances"].as_array().map(Vec::as_slice));
    let all = all.unwrap_or_default();
    let whole = all.len() == 1;
    let rows: Vec<Value> = all
        .iter()
        .take(INSTANCES)
        .map(|made| instance(made, whole))
        .collect();
    json!({
        "instances": rows,
        "more": all.len().saturating_sub(INSTANCES) > 0,
        "again": output["again"],
        "did": output["done"]["did"],
        "not_done": output["done"]["not_done"],
    })
}

fn instance(made: &Value, whole: bool) -> Value {
    let steps = made["steps"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let step = |step: &Value| {
        json!({
            "step": step["step"], "task": step["task"], "status": step["status"],
            "line": step["line"], "waits_for": step["waits_for"],
        })
    };
    let steps: Vec<Value> = steps.iter().filter(|_| whole).map(step).collect();
    json!({
        "id": made["id"], "workflow": made["workflow"], "state": made["state"],
        "done": made["done"], "all": made["all"], "line": made["line"], "steps": steps,
    })
}
