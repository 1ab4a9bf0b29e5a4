//! The one list of operations. Every surface maps its own words to these.

use crate::{
    Context, OpError, attach, board, by_hand, claim, clarify, config, conflicts, create, decide,
    diff, doctor, edit, editor, end_leg, escalate, events, give_up, handover, help, hooks, impact,
    insights, intervene, key_test, keys, messages, next, notices, on_review, order, own_run,
    priority, progress, project, reassign, release, requests, review, roster, roster_edit,
    run_tokens, saved, say, session, start, stop, switch, task, transcript, undo, verdict, why,
    wire::input, workflows,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Something a person or an agent can ask.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// Whether it changes something.
    pub writes: bool,
    /// Whether it is asked from this machine's own window or terminal only: it starts a program on the person's screen.
    pub local: bool,
    /// Carries it out.
    pub run: fn(&mut Context, Value) -> Result<Value, OpError>,
}

/// A read or a write: its name, what it does, its input, its function.
macro_rules! operation {
    ($kind:ident $name:literal, $about:literal, $input:ident, $run:path) => {
        Operation {
            name: $name,
            about: $about,
            writes: operation!(@writes $kind),
            local: operation!(@local $kind),
            run: |cx, input| carry_out::<input::$input, _>($name, cx, input, $run),
        }
    };
    (@writes read) => { false };
    (@writes write) => { true };
    (@writes local) => { true };
    (@local local) => { true };
    (@local $other:ident) => { false };
}

/// All operations, reads first.
pub const ALL: &[Operation] = &[
    operation!(read "project", "The project as a whole: engine, agents, counts, problems", Nothing, project::project),
    operation!(read "status", "How many tasks stand where, and what is under way", Nothing, board::status),
    operation!(read "board", "The project and every card, in the order they stand", Nothing, board::board),
    operation!(read "list", "Cards, perhaps only of one status or one holder", List, board::list),
    operation!(read "task", "Everything about one task", OnTask, task::task),
    operation!(read "why", "Every reason why a task is not running, with evidence and what would change it", OnTask, why::why),
    operation!(read "impact", "What the approval of a task would start", OnTask, impact::impact),
    operation!(read "conflicts", "What clashes: tasks about the same files, branches that would not merge, and what becomes of it", Conflicts, conflicts::conflicts),
    operation!(read "registry", "Every agent with its status, its work and its record", Nothing, roster::registry),
    operation!(read "messages", "What holders and the person told each other; with `inbox` what waits for one of them", Messages, messages::messages),
    operation!(read "context-load", "What was saved of the work on a task, with its version", ContextLoad, saved::load),
    operation!(read "handoff", "What whoever goes on with a task would get of what was saved, and what is missing", ForHolder, saved::handoff),
    operation!(read "sessions", "Who works now, and who did lately", Sessions, session::sessions),
    operation!(read "diff", "What a task changes, and whether it would merge cleanly", Diff, diff::diff),
    operation!(read "review", "What is known for a review of a task's changes: what was seen last, the handoffs' commits, and what was said line by line", OnTask, review::review),
    operation!(read "transcript", "What a run said and did", Transcript, transcript::transcript),
    operation!(read "requests", "What waits for a person's decision, most urgent first", Nothing, requests::requests),
    operation!(read "notices", "What the person is to be told now, and when to look again", Notices, notices::notices),
    operation!(read "events", "What happened, newest first", Events, events::events),
    operation!(read "insights", "How well the work goes: measures over some days, each with its aim", Insights, insights::insights),
    operation!(read "config", "What .mcp/config.yaml says, what holds, and what is wrong with it", Nothing, config::config),
    operation!(read "doctor", "Whether everything agrees, with cures for what does not", Nothing, doctor::doctor),
    operation!(read "undo-list", "What Orchestron did to files and git that can be undone, newest first", Nothing, undo::list),
    operation!(read "commands", "What the configuration wants to run on this machine, and whether that was accepted", Nothing, switch::wanted),
    operation!(read "hooks", "Whether git's hooks call Orchestron, and what was there before", Nothing, hooks::hooks),
    operation!(read "workflows", "Templates that make tasks, and what was made from them", Nothing, workflows::workflows),
    operation!(read "workflow-status", "How far what a workflow made is, step by step", WorkflowStatus, workflows::status),
    operation!(read "keys", "Which accounts have a key, and where it comes from", Nothing, keys::keys),
    operation!(read "key-test", "Ask an account's API whether its key is good; the key is never shown", KeyTest, key_test::test),
    operation!(read "context", "A task with its whole context, for the leg whose turn it is", ForHolder, handover::context),
    operation!(read "run-context", "The task of the run that asks, with its whole context", Nothing, own_run::context),
    operation!(read "editor", "Which program opens files for the person", Nothing, editor::editor),
    operation!(local "open", "Open a file of a task, or its worktree, in the person's editor", Open, editor::open),
    operation!(local "editor-set", "Say which program opens files for the person", EditorSet, editor::set),
    operation!(write "next", "The task a holder works on next, with its whole context; with `claim` it is taken at once", Next, next::next),
    operation!(write "create", "Write a new task into pending", Create, create::create),
    operation!(write "workflow-start", "Make the tasks of a workflow; with the same key they are made once", WorkflowStart, workflows::start),
    operation!(write "prepare", "Say that a pending task is prepared: it goes to ready", EndLeg, end_leg::prepare),
    operation!(write "claim", "Take a task; one holder at a time", Claim, claim::claim),
    operation!(write "submit", "Submit the work on a task: the gates are run, then it goes to review", EndLeg, end_leg::submit),
    operation!(write "complete", "End the present leg: prepared, implemented, or reviewed and good", EndLeg, end_leg::complete),
    operation!(write "fail", "Give a task up: it goes to failed", EndLeg, give_up::fail),
    operation!(write "retry", "Let a failed or stuck task be tried again", EndLeg, give_up::retry),
    operation!(write "move", "Put a task into another column by hand", Move, by_hand::put),
    operation!(write "decide", "Answer a request: a review, a permission, a question, an escalation, a conflict or a budget", Decide, decide::decide),
    operation!(write "approve", "Approve a task in review and merge it", OnReview, on_review::approve),
    operation!(write "reject", "Send a task in review back to its implementer", Reject, on_review::reject),
    operation!(write "seen", "Remember that the person looked at a task's changes as of a commit", Seen, review::seen),
    operation!(write "verdict", "Say whether work in review is good: as its reviewer, else as the person who decides", Verdict, verdict::verdict),
    operation!(write "edit", "Write a section of a task file, or tick its boxes", Edit, edit::edit),
    operation!(write "escalate", "Ask the person what to do with a task that cannot go on", EndLeg, escalate::escalate),
    operation!(write "run-edit", "Write a section of the task of the run that asks", RunEdit, own_run::edit),
    operation!(write "run-submit", "The run that asks says that its leg is done", RunSubmit, own_run::submit),
    operation!(write "run-verdict", "The verdict of the reviewing run that asks", RunVerdict, own_run::verdict),
    operation!(write "priority", "Give a task another priority", SetPriority, priority::priority),
    operation!(write "order", "Give a task its place among those of its priority", Order, order::order),
    operation!(write "resolve", "Decide what becomes of a conflict", Resolve, conflicts::resolve),
    operation!(write "reassign", "Give a leg of a task to another agent", Reassign, reassign::reassign),
    operation!(write "message-send", "Tell an agent, a role, everyone or the person something", MessageSend, messages::send),
    operation!(write "message-ack", "Say that a message was read", MessageAck, messages::ack),
    operation!(write "context-save", "Save what the next run needs to go on with a task", ContextSave, saved::save),
    operation!(write "checkpoint", "Add to what was saved: steps that are done, what comes next, what is open", Checkpoint, saved::checkpoint),
    operation!(write "request-help", "Ask the person something, perhaps with a default that stands when nobody answers in time", RequestHelp, help::help),
    operation!(write "progress", "Say how far the work on a task is", Progress, progress::progress),
    operation!(write "session-start", "Begin a session, or take up the one that was not ended: the task that is held with what was saved, else the next one", SessionStart, session::start),
    operation!(write "session-end", "End a session: saves what is given, and perhaps gives the task back", SessionEnd, session::end),
    operation!(write "release", "Give a leg back before it is done, so that somebody else goes on", EndLeg, release::release),
    operation!(write "start", "Ask for a task's agent to be started before all others, within all limits", Start, start::start),
    operation!(write "run-escalate", "The run that asks cannot go on: the person decides what becomes of its task", RunSubmit, own_run::escalate),
    operation!(write "run-token", "Let a client of the run that asks speak for it over HTTP while it lives", RunToken, run_tokens::take),
    operation!(write "stop", "End the run that works on a task; you are asked what becomes of it", Stop, stop::stop),
    operation!(write "pause", "Start nothing new, or nothing of one task or one agent, until resumed", Pause, switch::pause),
    operation!(write "resume", "Go on starting what is ready, after a pause", Resume, switch::resume),
    operation!(write "agent-add", "Add an agent to .mcp/agents.yaml", AgentAdd, roster_edit::add),
    operation!(write "agent-set", "Change one key of an agent in .mcp/agents.yaml", AgentSet, roster_edit::set),
    operation!(write "agent-remove", "Take an agent out of .mcp/agents.yaml", AgentRemove, roster_edit::remove),
    operation!(write "config-set", "Change settings of .mcp/config.yaml", ConfigSet, config::set),
    operation!(write "config-write", "Write the whole text of .mcp/config.yaml", ConfigWrite, config::write_text),
    operation!(write "intervene", "Interrupt what the agent at work on a task does now; it goes on with these words", Words, intervene::intervene),
    operation!(write "clarify", "Answer the open question about a task, or add to its goal when there is none", Clarify, clarify::clarify),
    operation!(write "attach", "Take a task's conversation over in a terminal: what runs is ended in good order, and given back by `resume`", Attach, attach::attach),
    operation!(write "words", "Say something to the agent that works on a task", Words, say::words),
    operation!(write "undo", "Take back something that Orchestron did to files or git", Undo, undo::undo),
    operation!(write "doctor-fix", "Make files, log, runs, worktrees and locks agree, without deleting work", Nothing, doctor::fix::fix),
    operation!(write "hooks-install", "Let git's hooks call Orchestron; those that are there are kept and called first", Nothing, hooks::install),
    operation!(write "hooks-uninstall", "Put git's hooks back as they were", Nothing, hooks::uninstall),
    operation!(write "trust", "Accept what the configuration wants to run on this machine", Trust, switch::trust),
    operation!(write "key-set", "Keep an account's API key in the operating system's keyring", KeySet, keys::set),
    operation!(write "key-delete", "Delete an account's API key", KeyDelete, keys::delete),
];

/// Carries out the operation of that name.
///
/// # Errors
/// When there is none, its input is wrong, or it did not do what was asked.
pub fn call(cx: &mut Context, name: &str, input: Value) -> Result<Value, OpError> {
    let found = ALL.iter().find(|operation| operation.name == name);
    let operation = found.ok_or_else(|| OpError::NoOperation {
        name: name.chars().take(60).collect(),
    })?;
    (operation.run)(cx, input)
}

fn carry_out<I: DeserializeOwned, O: Serialize>(
    operation: &'static str,
    cx: &mut Context,
    input: Value,
    run: impl Fn(&mut Context, &I) -> Result<O, OpError>,
) -> Result<Value, OpError> {
    let input = read(operation, input)?;
    let output = run(cx, &input)?;
    serde_json::to_value(output).map_err(|error| OpError::Answer {
        operation,
        what: error.to_string(),
    })
}

fn read<I: DeserializeOwned>(operation: &'static str, input: Value) -> Result<I, OpError> {
    let input = if input.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        input
    };
    if !input.is_object() {
        return Err(OpError::Fields {
            operation,
            field: None,
            what: "the input must be an object".to_owned(),
        });
    }
    serde_json::from_value::<I>(input.clone()).map_err(|error| {
        let what = error.to_string();
        let field = named_in(&what).or_else(|| field_at_fault::<I>(&input, &what));
        let what = match &field {
            Some(field) if !what.contains(&format!("`{field}`")) => format!("`{field}`: {what}"),
            _ => what,
        };
        OpError::Fields {
            operation,
            field,
            what,
        }
    })
}

/// ``unknown field `x`…`` and ``missing field `x` `` name the field themselves.
fn named_in(said: &str) -> Option<String> {
    let rest = said
        .strip_prefix("unknown field `")
        .or_else(|| said.strip_prefix("missing field `"))?;
    Some(rest.split('`').next()?.to_owned())
}

/// The field whose value is wrong: without it something else is said.
fn field_at_fault<I: DeserializeOwned>(input: &Value, said: &str) -> Option<String> {
    let fields = input.as_object()?;
    let fault = |field: &&String| {
        let mut others = fields.clone();
        others.remove(field.as_str());
        let without = serde_json::from_value::<I>(Value::Object(others));
        without.map_or_else(|error| error.to_string() != said, |_| true)
    };
    fields.keys().find(fault).cloned()
}

#[cfg(test)]
mod tests;
