//! Samples that ask the client something: by requests of the server's own in the old way, by answers that require input in the new one.

use super::typed;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock,
        GetPromptRequestParams, GetPromptResponse, InputRequests, InputRequiredResult,
        ProgressNotificationParam, RequestStateCodec, SealOptions, ServerNotification,
        ServerRequest,
    },
    service::RequestContext,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;

/// Between two signs of a tool at work.
const MOMENT: Duration = Duration::from_millis(50);

/// A tool's call.
pub async fn tool(
    codec: &RequestStateCodec,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    match &*request.name {
        "test_tool_with_logging" => {
            for said in [
                "Tool execution started",
                "Tool processing data",
                "Tool execution completed",
            ] {
                let note = json!({"method": "notifications/message", "params": {"level": "info", "data": said}});
                tell(context, typed(note)).await?;
                sleep(MOMENT).await;
            }
            Ok(said("Logged."))
        }
        "test_tool_with_progress" => {
            for progress in [0.0, 50.0, 100.0] {
                if let Some(token) = context.meta.get_progress_token() {
                    let mut note = ProgressNotificationParam::new(token, progress);
                    note.total = Some(100.0);
                    context.peer.notify_progress(note).await.map_err(gone)?;
                }
                sleep(MOMENT).await;
            }
            Ok(said("Done."))
        }
        "test_sampling"
        | "test_elicitation"
        | "test_elicitation_sep1034_defaults"
        | "test_elicitation_sep1330_enums" => by_request(request, context).await,
        "test_missing_capability" => match context.client_capabilities() {
            Some(found) if found.sampling.is_some() => Ok(said("There it is.")),
            _ => Err(ErrorData::missing_required_client_capability(typed::<
                ClientCapabilities,
            >(
                json!({ "sampling": {} }),
            ))),
        },
        name => required(codec, name, request, context),
    }
}

/// Tools that ask by a request of the server's own.
async fn by_request(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let argument = |name: &str| {
        let given = request.arguments.as_ref().and_then(|given| given.get(name));
        given.cloned().unwrap_or_default()
    };
    let asked = match &*request.name {
        "test_sampling" => sampling(&argument("prompt"), 100),
        "test_elicitation" => {
            let text = |about| json!({"type": "string", "description": about});
            let properties =
                json!({"username": text("User's response"), "email": text("User's email address")});
            elicitation(
                &argument("message"),
                &properties,
                &json!(["username", "email"]),
            )
        }
        "test_elicitation_sep1034_defaults" => {
            elicitation(&json!("Defaults"), &defaults(), &json!([]))
        }
        _ => elicitation(&json!("Choices"), &choices(), &json!([])),
    };
    let answer = ask(context, asked).await?;
    Ok(said(&match &*request.name {
        "test_sampling" => format!("LLM response: {}", answer["content"]["text"]),
        "test_elicitation" => format!("User response: {}", outcome(&answer)),
        _ => format!("Elicitation completed: {}", outcome(&answer)),
    }))
}

async fn tell(
    context: &RequestContext<RoleServer>,
    note: ServerNotification,
) -> Result<(), ErrorData> {
    context.peer.send_notification(note).await.map_err(gone)
}

async fn ask(context: &RequestContext<RoleServer>, asked: Value) -> Result<Value, ErrorData> {
    let asked: ServerRequest = typed(asked);
    let answer = context.peer.send_request(asked).await.map_err(gone)?;
    serde_json::to_value(answer).map_err(gone)
}

fn gone(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

fn said(text: &str) -> CallToolResponse {
    CallToolResult::success(vec![ContentBlock::text(text)]).into()
}

fn outcome(answer: &Value) -> String {
    format!(
        "action={}, content={}",
        answer["action"].as_str().unwrap_or_default(),
        answer["content"]
    )
}

fn sampling(prompt: &Value, most: u32) -> Value {
    let message = json!({"role": "user", "content": {"type": "text", "text": prompt}});
    json!({"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": most}})
}

fn elicitation(message: &Value, properties: &Value, required: &Value) -> Value {
    let mut schema = json!({"type": "object", "properties": properties});
    if required != &json!([]) {
        schema["required"] = required.clone();
    }
    json!({"method": "elicitation/create", "params": {"mode": "form", "message": message, "requestedSchema": schema}})
}

fn defaults() -> Value {
    json!({
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": true},
    })
}

fn choices() -> Value {
    let titled = |word: &str| json!([{"const": "value1", "title": format!("First {word}")}, {"const": "value2", "title": format!("Second {word}")}, {"const": "value3", "title": format!("Third {word}")}]);
    let plain = json!({"type": "string", "enum": ["option1", "option2", "option3"]});
    json!({
        "untitledSingle": plain,
        "titledSingle": {"type": "string", "oneOf": titled("Option")},
        "legacyEnum": {"type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "items": plain},
        "titledMulti": {"type": "array", "items": {"anyOf": titled("Choice")}},
    })
}

/// What can be asked, by the name under which it is answered.
fn question(key: &str) -> Value {
    let text = |message: &str, field: &str| {
        elicitation(
            &json!(message),
            &json!({ field: {"type": "string"} }),
            &json!([field]),
        )
    };
    match key {
        "user_name" => text("What is your name?", "name"),
        "step1" => text("Step 1: What is your name?", "name"),
        "step2" => text("Step 2: What is your favorite color?", "color"),
        "user_context" => text("What context should the prompt use?", "context"),
        "confirm" => elicitation(
            &json!("Please confirm"),
            &json!({"ok": {"type": "boolean"}}),
            &json!(["ok"]),
        ),
        "capital_question" => sampling(&json!("What is the capital of France?"), 100),
        "greeting" => sampling(&json!("Generate a greeting"), 50),
        _ => json!({"method": "roots/list", "params": {}}),
    }
}

fn questions(keys: &[&str]) -> InputRequests {
    let asked: BTreeMap<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), question(key)))
        .collect();
    typed(json!(asked))
}

/// Whether an answer is one: an accepted form with content, a message, or roots.
fn is_answer(answer: Option<&Value>) -> bool {
    answer.is_some_and(|answer| {
        (answer["action"] == "accept" && answer["content"].is_object())
            || answer["role"].is_string()
            || answer["roots"].is_array()
    })
}

/// Tools that need input: which questions, and whether a sealed note travels with them.
fn required(
    codec: &RequestStateCodec,
    name: &str,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let (first, sealed): (Vec<&str>, bool) =
        match name.trim_start_matches("test_input_required_result_") {
            "elicitation" | "test_streaming_elicitation" => (vec!["user_name"], false),
            "sampling" => (vec!["capital_question"], false),
            "list_roots" => (vec!["client_roots"], false),
            "request_state" | "tampered_state" => (vec!["confirm"], true),
            "multiple_inputs" => (vec!["user_name", "greeting", "client_roots"], true),
            "multi_round" => (vec!["step1"], true),
            "capabilities" => (within(context.client_capabilities().as_ref()), false),
            _ => {
                return Err(ErrorData::invalid_params(
                    format!("there is no tool `{name}`"),
                    None,
                ));
            }
        };
    let round = match &request.request_state {
        Some(state) => Some(codec.open_with(state, name.as_bytes()).map_err(|error| {
            ErrorData::invalid_params(format!("`requestState`: {error}"), None)
        })?),
        None => None,
    };
    let answers = request.input_responses.clone().unwrap_or_default();
    let answered = |keys: &[&str]| keys.iter().all(|key| is_answer(answers.get(*key)));
    let again = |keys: &[&str], round: &[u8]| {
        let seal = SealOptions::new().associated_data(name.as_bytes());
        let state = sealed.then(|| codec.seal_with(round, &seal));
        Ok(InputRequiredResult::new(Some(questions(keys)), state).into())
    };
    let second = name.ends_with("multi_round") && round.as_deref() == Some(b"two");
    if second && answered(&["step2"]) {
        return Ok(said(&format!("Done: {}", answers["step2"])));
    }
    if !answered(&first) || (sealed && round.is_none()) {
        return again(&first, b"one");
    }
    if name.ends_with("multi_round") {
        return again(&["step2"], b"two");
    }
    let name = answers
        .get("user_name")
        .map(|answer| answer["content"]["name"].clone());
    let name = name.as_ref().and_then(Value::as_str).unwrap_or("you");
    Ok(said(&format!("Hello, {name}! state-ok {}", json!(answers))))
}

/// What may be asked of a client that can do so much.
fn within(can: Option<&ClientCapabilities>) -> Vec<&'static str> {
    let mut keys = Vec::new();
    if can.is_some_and(|can| can.elicitation.is_some()) {
        keys.push("user_name");
    }
    if can.is_some_and(|can| can.sampling.is_some()) {
        keys.push("capital_question");
    }
    keys
}

/// The prompt that asks first.
pub fn prompt(request: &GetPromptRequestParams) -> GetPromptResponse {
    let answer = request
        .input_responses
        .as_ref()
        .and_then(|all| all.get("user_context"));
    if !is_answer(answer) {
        return InputRequiredResult::from_input_requests(questions(&["user_context"])).into();
    }
    let said = answer.map(ToString::to_string).unwrap_or_default();
    let message = json!({"role": "user", "content": {"type": "text", "text": said}});
    GetPromptResponse::Complete(typed(
        json!({"messages": [message], "resultType": "complete"}),
    ))
}
