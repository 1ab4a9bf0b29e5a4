//! Prompts: what a person starts with a word in their client. Each comes with the context it is about.

use super::Mcp;
use orchestron_operations::{Context, OpError, call, caller::Caller, wire::NextView};
use rmcp::{
    ErrorData,
    model::{
        GetPromptResult, JsonObject, ListPromptsResult, Prompt, PromptArgument, PromptMessage, Role,
    },
};
use serde_json::{Value, json};

struct Guide {
    name: &'static str,
    title: &'static str,
    about: &'static str,
    /// Whether it is about a task that is named.
    of_task: bool,
    /// What the model is to do.
    says: &'static str,
}

const ALL: &[Guide] = &[
    Guide {
        name: "next",
        title: "Pick up the next task",
        about: "Takes the next task and works on it",
        of_task: false,
        says: "Take the task below with `task_claim` if it is not yours yet, work on it in its worktree and nowhere else, tick the criteria you have seen hold (`task_update`), and hand it on with `task_submit` and a note to the next holder.",
    },
    Guide {
        name: "prepare",
        title: "Prepare a task",
        about: "Makes a pending task clear enough to be worked on without asking",
        of_task: true,
        says: "Prepare the task below: read the code it is about, then write its Goal, Acceptance Criteria, Files Affected and Implementation Notes with `task_update`, so that somebody else can implement it without asking. Change no code. End with `task_complete` and a note to the implementer.",
    },
    Guide {
        name: "review",
        title: "Review a task",
        about: "Reads what a task changes and gives a verdict",
        of_task: true,
        says: "Review the task below: read its diff against each acceptance criterion, look for what is missing, wrong or dangerous. Change nothing. End with `review_decide`: `approve` when it is good as it is, `changes` with each point's file and line when it is not.",
    },
    Guide {
        name: "resume",
        title: "Resume where it was left",
        about: "Goes on with the task that is held already, else with the next one",
        of_task: false,
        says: "Go on with the task below where it was left: look first at its saved context, at what its worktree has and at the newest feedback, then do what is still missing. Say after each bigger step where you are (`task_checkpoint`), and hand it on with `task_submit`.",
    },
    Guide {
        name: "hand-over",
        title: "Hand over",
        about: "Leaves a task so that the next holder can go on at once",
        of_task: true,
        says: "You hand the task below over now. Save with `task_checkpoint` what is done, what is not, what you decided and why, and where to look; ask `handoff_prepare` what is still missing. Then `task_submit` when the work is done, `session_end` when somebody else or a later session goes on, or `escalate` when a person has to decide how it goes on.",
    },
];

/// Answers `prompts/list`. A run was told what to do when it was started.
pub fn list(caller: &Caller) -> ListPromptsResult {
    let all = match caller {
        Caller::Person | Caller::Holder { .. } => ALL,
        Caller::Run { .. } | Caller::Nobody => &[],
    };
    let prompts = all.iter().map(|guide| {
        let argument = PromptArgument::new("task")
            .with_description("The task, such as TASK-7")
            .with_required(true);
        let arguments = guide.of_task.then(|| vec![argument]);
        Prompt::new(guide.name, Some(guide.about), arguments).with_title(guide.title)
    });
    ListPromptsResult::with_all_items(prompts.collect())
}

/// Answers `prompts/get`.
pub async fn get(mcp: &Mcp, name: &str, given: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let may = matches!(mcp.shared.caller, Caller::Person | Caller::Holder { .. });
    let guide = ALL.iter().find(|guide| may && guide.name == name);
    let Some(guide) = guide else {
        let names: Vec<&str> = ALL.iter().map(|guide| guide.name).collect();
        return Err(ErrorData::invalid_params(
            format!("there is no such prompt; there are {}", names.join(", ")),
            None,
        ));
    };
    let task = match (guide.of_task, given.get("task").and_then(Value::as_str)) {
        (false, _) => None,
        (true, Some(task)) => Some(task.to_owned()),
        (true, None) => {
            return Err(ErrorData::invalid_params(
                format!("`task` of {name} is missing; it must be a task's id, such as TASK-7"),
                None,
            ));
        }
    };
    let found = mcp.ask(move |cx| document(cx, task.as_deref())).await?;
    let document = found.map_err(|error| {
        let view = error.view();
        ErrorData::invalid_params(
            view.message,
            Some(json!({"code": view.code, "field": view.field})),
        )
    })?;
    let text = format!("{}\n\n{document}", guide.says);
    let message = PromptMessage::new_text(Role::User, text);
    let mut result = GetPromptResult::new(vec![message]);
    result.description = Some(guide.title.to_owned());
    Ok(result)
}

fn document(cx: &mut Context, task: Option<&str>) -> Result<String, OpError> {
    let output = match task {
        Some(task) => call(cx, "context", json!({ "task": task }))?,
        None => call(cx, "next", json!({}))?,
    };
    let view: NextView = serde_json::from_value(output).map_err(|error| OpError::Answer {
        operation: "context",
        what: error.to_string(),
    })?;
    Ok(match view.none {
        Some(none) => format!("There is no task now: {none}."),
        None => view.document,
    })
}
