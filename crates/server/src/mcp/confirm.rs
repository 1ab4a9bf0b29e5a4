//! Decisions that are the person's: the client asks the person before they are carried out.
//!
//! A model that speaks through the person's client is not the person. Where the client can ask (elicitation), it is asked: clients
//! before 2026-07-28 by a request of ours in the middle of the call, newer ones by an answer that says what input is required, after
//! which they call again. Where it cannot, the decision waits for the window or a terminal.

use super::{
    Mcp,
    call::{Call, is_person, refused, result, run},
    replies::cut_text,
};
use orchestron_operations::{
    OpError, call as operation,
    caller::Caller,
    wire::{ConflictsView, ErrorView, HolderKind, RequestWord, TaskView},
};
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, ClientResult, ElicitRequest, ElicitRequestParams,
        ElicitResult, ElicitationAction, ElicitationSchema, InputRequest, InputRequests,
        InputRequiredResult, ProtocolVersion, SealOptions, ServerRequest,
    },
    service::{PeerRequestOptions, RequestContext},
};
use serde_json::{Value, json};
use std::time::Duration;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// Name of the one question.
const QUESTION: &str = "decision";
/// Name of its one field.
const YES: &str = "confirm";

/// Whether a call is a decision that the person has to confirm.
pub fn is_the_persons(caller: &Caller, call: &Call) -> bool {
    is_person(caller) && matches!(call.tool.operation, "verdict" | "resolve" | "clarify")
}

/// What the person is asked: in a sentence, and what a yes does.
struct Asking {
    message: String,
    does: &'static str,
}

/// Lets the person confirm the decision, then carries it out.
pub async fn decide(
    mcp: &Mcp,
    mut call: Call,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let asking = match call.tool.operation {
        "resolve" => of_conflict(mcp, &call).await?,
        "clarify" => match of_question(mcp, &mut call).await? {
            Ok(Some(asking)) => Ok(asking),
            // Nobody asked: it is written into the goal, which is no decision.
            Ok(None) => return Ok(result(&call, run(mcp, &call, context).await?).into()),
            Err(error) => Err(error),
        },
        _ => of_review(mcp, &mut call).await?,
    };
    let asking = match asking {
        Ok(asking) => asking,
        Err(error) => return Ok(refused(&error.view()).into()),
    };
    let said = match ask(mcp, &call, &asking, request, context).await? {
        Asked::Said(said) => said,
        Asked::Later(response) => return Ok(response),
        Asked::Nobody => return Ok(refused(&nobody(&call)).into()),
    };
    if !said {
        return Ok(refused(&declined(&call)).into());
    }
    let answer: Result<Value, OpError> = run(mcp, &call, context).await?;
    Ok(result(&call, answer).into())
}

/// The question about work in review.
async fn of_review(mcp: &Mcp, call: &mut Call) -> Result<Result<Asking, OpError>, ErrorData> {
    let view = match task_of(mcp, call).await? {
        Ok(view) => view,
        Err(error) => return Ok(Err(error)),
    };
    // What the person is shown is what is decided about: a branch that moves meanwhile makes the decision stale.
    if let Some(commit) = view
        .commit
        .as_deref()
        .filter(|_| !call.input.contains_key("commit"))
    {
        call.input.insert("commit".to_owned(), json!(commit));
    }
    Ok(Ok(about_review(call, &view)))
}

/// The question about a question that an agent put to the person: an answer is the person's, whoever writes it down.
async fn of_question(
    mcp: &Mcp,
    call: &mut Call,
) -> Result<Result<Option<Asking>, OpError>, ErrorData> {
    let view = match task_of(mcp, call).await? {
        Ok(view) => view,
        Err(error) => return Ok(Err(error)),
    };
    let named = call.input.get("request").and_then(Value::as_u64);
    let mut open = view
        .requests
        .iter()
        .filter(|found| found.open && found.kind == RequestWord::Question);
    let Some(question) = open.find(|found| named.is_none_or(|named| found.id.0 == named)) else {
        return Ok(Ok(None)); // also when another was named: the operation says so
    };
    if named.is_none() && open.next().is_some() {
        return Ok(Ok(None)); // the operation says that one of several has to be named
    }
    // What is asked now is what is answered: another question meanwhile is not.
    call.input
        .insert("request".to_owned(), json!(question.id.0));
    let text = call.input.get("text").and_then(Value::as_str);
    let message = format!(
        "{} of {} asks: {}. The answer would be: {}",
        question.from.as_deref().unwrap_or("The holder"),
        view.card.id,
        cut_text(&question.title, 600),
        cut_text(text.unwrap_or_default(), 600)
    );
    let does = "Answer it so";
    Ok(Ok(Some(Asking { message, does })))
}

/// The task a call is about.
async fn task_of(mcp: &Mcp, call: &Call) -> Result<Result<TaskView, OpError>, ErrorData> {
    let task = call.input.get("task").cloned().unwrap_or_default();
    let found = mcp
        .ask(move |cx| operation(cx, "task", json!({ "task": task })))
        .await?;
    match found.map(serde_json::from_value) {
        Ok(Ok(view)) => Ok(Ok(view)),
        Ok(Err(error)) => Err(ErrorData::internal_error(error.to_string(), None)),
        Err(error) => Ok(Err(error)),
    }
}

/// The question about tasks that clash.
async fn of_conflict(mcp: &Mcp, call: &Call) -> Result<Result<Asking, OpError>, ErrorData> {
    let found = mcp.ask(|cx| operation(cx, "conflicts", json!({}))).await?;
    let view: ConflictsView = match found.map(serde_json::from_value) {
        Ok(Ok(view)) => view,
        Ok(Err(error)) => return Err(ErrorData::internal_error(error.to_string(), None)),
        Err(error) => return Ok(Err(error)),
    };
    let id = call.input.get("conflict").and_then(Value::as_u64);
    let id = id.unwrap_or_default();
    let Some(found) = view.conflicts.iter().find(|found| found.id.0 == id) else {
        return Ok(Err(OpError::NoConflict { id }));
    };
    let how = call.input.get("how").and_then(Value::as_str);
    let does = match how {
        Some("queue") => "Let one wait until the other is merged",
        Some("reassign") => "Give it to another agent",
        _ => "Say that it is no conflict any more",
    };
    let message = format!(
        "Conflict {id} between {}: {}. {does}?",
        found.tasks.join(" and "),
        cut_text(&found.evidence, 600)
    );
    Ok(Ok(Asking { message, does }))
}

enum Asked {
    /// The person said yes or no.
    Said(bool),
    /// The client asks the person and calls again.
    Later(CallToolResponse),
    /// The client cannot ask.
    Nobody,
}

async fn ask(
    mcp: &Mcp,
    call: &Call,
    asking: &Asking,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<Asked, ErrorData> {
    let can = context
        .client_capabilities()
        .is_some_and(|capabilities| capabilities.elicitation.is_some());
    if !can {
        return Ok(Asked::Nobody);
    }
    let modern = context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str());
    let form = form(asking)?;
    if modern {
        return again(mcp, call, request, form);
    }
    let asked = ServerRequest::ElicitRequest(ElicitRequest::new(form));
    let options = PeerRequestOptions::with_timeout(PATIENCE);
    let sent = context.peer.send_request_with_option(asked, options).await;
    let answer = match sent {
        Ok(handle) => handle.await_response().await,
        Err(error) => Err(error),
    };
    Ok(match answer {
        Ok(ClientResult::ElicitResult(result)) => Asked::Said(is_yes(&result)),
        _ => Asked::Said(false),
    })
}

/// The stateless way: first the question goes out with a sealed note of what it was about, then it comes back with the answer.
fn again(
    mcp: &Mcp,
    call: &Call,
    request: &CallToolRequestParams,
    form: ElicitRequestParams,
) -> Result<Asked, ErrorData> {
    // The note fits this very decision and no other.
    let about = format!("{} {}", call.tool.name, Value::Object(call.input.clone()));
    let answer = request
        .input_responses
        .as_ref()
        .and_then(|answers| answers.get(QUESTION));
    if let (Some(answer), Some(state)) = (answer, &request.request_state) {
        if mcp.shared.codec.open_with(state, about.as_bytes()).is_err() {
            return Err(ErrorData::invalid_params(
                "`requestState` does not belong to this call: call again without it",
                None,
            ));
        }
        let answer: ElicitResult = serde_json::from_value(answer.clone()).map_err(|error| {
            ErrorData::invalid_params(format!("`inputResponses.{QUESTION}`: {error}"), None)
        })?;
        return Ok(Asked::Said(is_yes(&answer)));
    }
    let seal = SealOptions::new()
        .associated_data(about.as_bytes())
        .ttl(PATIENCE);
    let state = mcp.shared.codec.seal_with(b"asked", &seal);
    let mut requests = InputRequests::new();
    requests.insert(
        QUESTION.to_owned(),
        InputRequest::Elicitation(ElicitRequest::new(form)),
    );
    let required = InputRequiredResult::new(Some(requests), Some(state));
    Ok(Asked::Later(required.into()))
}

fn is_yes(result: &ElicitResult) -> bool {
    let confirmed = result.content.as_ref().and_then(|content| content.get(YES));
    result.action == ElicitationAction::Accept && confirmed == Some(&Value::Bool(true))
}

fn about_review(call: &Call, view: &TaskView) -> Asking {
    let card = &view.card;
    let approves = call.input.get("verdict").and_then(Value::as_str) == Some("approve");
    let merges = approves && card.turn.kind == HolderKind::Person;
    let does = match (approves, merges) {
        (true, true) => "Approve it and let it be merged",
        (true, false) => "Say that it is reviewed and good",
        _ => "Send it back for changes",
    };
    let note = call
        .input
        .get("note")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let at = call
        .input
        .get("commit")
        .and_then(Value::as_str)
        .map_or_else(String::new, |commit| {
            format!(" at {}", commit.chars().take(10).collect::<String>())
        });
    let message = format!(
        "{}: {}{at}. {does}? The note says: {}",
        card.id,
        cut_text(&card.title, 200),
        cut_text(note, 600)
    );
    Asking { message, does }
}

fn form(asking: &Asking) -> Result<ElicitRequestParams, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": { YES: {"type": "boolean", "title": asking.does} },
        "required": [YES],
    });
    let requested_schema: ElicitationSchema = serde_json::from_value(schema)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    Ok(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: asking.message.clone(),
        requested_schema,
    })
}

fn nobody(call: &Call) -> ErrorView {
    let task = call
        .input
        .get("task")
        .and_then(Value::as_str)
        .unwrap_or("TASK");
    ErrorView {
        code: "not_allowed".to_owned(),
        message: "only the person may decide this, and this client cannot ask the person"
            .to_owned(),
        hints: vec![match call.tool.operation {
            "resolve" => {
                "the person decides in the window, or types `orchestron resolve`".to_owned()
            }
            "clarify" => format!(
                "the person answers in the window, or types `orchestron clarify {task} \"…\"`"
            ),
            _ => format!(
                "the person decides in the window, or types `orchestron approve {task}` or `orchestron reject {task} -m \"…\"`"
            ),
        }],
        field: None,
    }
}

fn declined(call: &Call) -> ErrorView {
    let task = call
        .input
        .get("task")
        .and_then(Value::as_str)
        .unwrap_or("TASK");
    ErrorView {
        code: "not_confirmed".to_owned(),
        message: format!("the person did not confirm it; nothing was decided about {task}"),
        hints: vec!["do not ask again by yourself: wait for what the person says".to_owned()],
        field: None,
    }
}
