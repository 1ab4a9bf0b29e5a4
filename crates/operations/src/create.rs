//! `create`: a new task in pending.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{Done, input},
    writing::{done, some_text, tell_engine, trimmed},
};
use orchestron_domain::{
    AgentName, Holder, Leg, Priority, State, Status, TaskCard, TaskId, Time,
    task_file::{TaskDraft, TaskFile, new_task},
};
use std::path::Path;

/// Prefix of ids when the configuration names none.
const PREFIX: &str = "TASK";

/// Writes a new task.
///
/// # Errors
/// When a field is wrong, or the file cannot be written.
pub fn create(cx: &mut Context, input: &input::Create) -> Result<Done, OpError> {
    only_person(cx, "write tasks")?;
    // Only what it depends on has to be looked for among the tasks.
    let needs = input.depends_on.iter();
    let needs: Vec<TaskId> = needs.flat_map(|text| text.trim().parse()).collect();
    let state = if needs.is_empty() {
        cx.store.configured()?
    } else {
        cx.of(&needs)?
    };
    let draft = draft(&state, input)?;
    let prefix = match state.config.task_prefix.as_str() {
        "" => PREFIX,
        prefix => prefix,
    };
    let (prefix, actor) = (prefix.to_owned(), (*cx.actor).clone());
    let card = cx.store.create(&actor, &prefix, draft)?;
    told(cx, &state, &card)
}

fn wrong(field: &'static str, what: impl Into<String>) -> OpError {
    OpError::Input {
        field,
        what: what.into(),
    }
}

fn draft(state: &State, input: &input::Create) -> Result<TaskDraft, OpError> {
    let title = some_text(
        "title",
        Some(&input.title),
        "say in a line what is to be done",
    )?;
    let priority = match trimmed(input.priority.as_deref()) {
        text if text.is_empty() => Priority::default(),
        text => Priority::parse(&text)
            .ok_or_else(|| wrong("priority", format!("`{text}` is none: write P0, P1 or P2")))?,
    };
    let agent = match trimmed(input.agent.as_deref()) {
        text if text.is_empty() || text == "unassigned" => None,
        text => Some(
            text.parse::<AgentName>()
                .map_err(|error| wrong("agent", error.to_string()))?,
        ),
    };
    let mut depends_on = Vec::new();
    for text in &input.depends_on {
        let id: TaskId =
            text.trim()
                .parse()
                .map_err(|error: orchestron_domain::ids::IdError| {
                    wrong("depends_on", error.to_string())
                })?;
        if state.status(&id).is_none() {
            return Err(wrong("depends_on", format!("there is no task {id}")));
        }
        depends_on.push(id);
    }
    for file in &input.files {
        below(file)?;
    }
    let draft = TaskDraft {
        id: TaskId::new(PREFIX, 1)?,
        title,
        priority,
        agent,
        goal: trimmed(input.goal.as_deref()),
        criteria: input.criteria.clone(),
        depends_on,
        files: input.files.clone(),
        order: input.order.map(i64::from),
        needs: input.needs.clone(),
        tests: Vec::new(),
        workflow: None,
        notes: trimmed(input.notes.as_deref()),
        created: Time::default(),
    };
    needs(&draft)?;
    // Found out before an id is spent on it: all together it may be larger than a task file can be.
    TaskFile::parse(&new_task(&draft)).map_err(|error| wrong("goal", error.to_string()))?;
    Ok(draft)
}

/// Files are told by their place in the project, and none beside it is anybody's to touch.
fn below(file: &str) -> Result<(), OpError> {
    let file = file.trim();
    let leads_out =
        Path::new(file).is_absolute() || file.split(['/', '\\']).any(|part| part == "..");
    if leads_out {
        let what = format!(
            "`{file}` is outside the project: write its place in it, such as src/pay.rs or src/**"
        );
        return Err(wrong("files", what));
    }
    Ok(())
}

/// What cannot be read back must not be lost without a word.
fn needs(draft: &TaskDraft) -> Result<(), OpError> {
    for need in draft.needs.iter().filter(|need| !need.trim().is_empty()) {
        if orchestron_domain::task_file::need(need).is_none() {
            let what = format!(
                "`{need}` is none: write a capability such as backend, or a tool such as `tool: Bash(npm test)`"
            );
            return Err(wrong("needs", what));
        }
    }
    Ok(())
}

fn told(cx: &Context, state: &State, card: &TaskCard) -> Result<Done, OpError> {
    let task = &card.id;
    let mut told = done(
        Some(task),
        Some(Status::Pending),
        format!("wrote {task}: {}", card.title),
    );
    match state.config.holder(Leg::Prepare, None) {
        Holder::Nobody => tell_engine(cx, &mut told, "it goes to ready")?,
        Holder::Agent(name) => {
            told.next.push(format!("{name} prepares it"));
            tell_engine(cx, &mut told, "it is prepared")?;
        }
        Holder::Outside(name) => told.next.push(format!(
            "`orchestron next --agent {name}` hands it to {name}"
        )),
        Holder::Person => told.next.push(format!(
            "`orchestron prep {task}` when it can be worked on without asking"
        )),
    }
    if let Some(agent) = &card.agent {
        let holder = state.config.holder(Leg::Implement, Some(agent));
        if !state.config.agents.contains_key(agent) && word::name_of(&holder).is_some() {
            told.not_done.push(format!("nobody is called `{agent}` in .mcp/agents.yaml, so nothing is launched for it: it counts as a holder outside"));
        }
    }
    Ok(told)
}
