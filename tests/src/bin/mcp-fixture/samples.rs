//! What the suite knows by heart: tools, resources and prompts that always say the same.

use super::typed;
use rmcp::model::{GetPromptRequestParams, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::{Value, json};

/// A picture of one pixel.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
/// A sound of no samples.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=";
/// A resource that may be followed.
pub const WATCHED: &str = "test://watched-resource";
/// A prompt that asks something first.
pub const ASKING_PROMPT: &str = "test_input_required_result_prompt";

/// Tools, each with the name of an argument if it takes one.
const TOOLS: &[(&str, Option<&str>)] = &[
    ("test_simple_text", None),
    ("test_image_content", None),
    ("test_audio_content", None),
    ("test_embedded_resource", None),
    ("test_multiple_content_types", None),
    ("test_error_handling", None),
    ("test_logging_tool", None),
    ("test_tool_with_logging", None),
    ("test_tool_with_progress", None),
    ("test_sampling", Some("prompt")),
    ("test_elicitation", Some("message")),
    ("test_elicitation_sep1034_defaults", None),
    ("test_elicitation_sep1330_enums", None),
    ("test_missing_capability", None),
    ("test_streaming_elicitation", None),
    ("test_input_required_result_elicitation", None),
    ("test_input_required_result_sampling", None),
    ("test_input_required_result_list_roots", None),
    ("test_input_required_result_request_state", None),
    ("test_input_required_result_multiple_inputs", None),
    ("test_input_required_result_multi_round", None),
    ("test_input_required_result_tampered_state", None),
    ("test_input_required_result_capabilities", None),
];

/// The tools.
pub fn tools() -> Vec<Tool> {
    let tool = |(name, argument): &(&str, Option<&str>)| {
        let schema = match argument {
            Some(argument) => {
                json!({"type": "object", "properties": { *argument: {"type": "string"} }, "required": [argument]})
            }
            None => json!({"type": "object", "properties": {}}),
        };
        typed(json!({"name": name, "description": "A sample of the suite.", "inputSchema": schema}))
    };
    TOOLS.iter().map(tool).collect()
}

fn text(said: &str) -> Value {
    json!({"type": "text", "text": said})
}

fn image() -> Value {
    json!({"type": "image", "data": PNG, "mimeType": "image/png"})
}

/// The result of a tool that always gives the same.
pub fn result_of(name: &str) -> Option<Value> {
    let embedded = |uri: &str, mime: &str, said: &str| json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime, "text": said}});
    let content = match name {
        "test_simple_text" => vec![text("This is a simple text response for testing.")],
        "test_logging_tool" => vec![text("Nothing is logged unless it is asked for.")],
        "test_image_content" => vec![image()],
        "test_audio_content" => {
            vec![json!({"type": "audio", "data": WAV, "mimeType": "audio/wav"})]
        }
        "test_embedded_resource" => vec![embedded(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )],
        "test_multiple_content_types" => vec![
            text("Multiple content types test:"),
            image(),
            embedded(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ],
        "test_error_handling" => {
            let said = text("This tool intentionally returns an error for testing");
            return Some(json!({"content": [said], "isError": true, "resultType": "complete"}));
        }
        _ => return None,
    };
    Some(json!({"content": content, "resultType": "complete"}))
}

/// The resources.
pub fn resources() -> Vec<Resource> {
    let all = ["test://static-text", "test://static-binary", WATCHED];
    all.map(|uri| Resource::new(uri, uri)).into()
}

/// The template.
pub fn template() -> ResourceTemplate {
    ResourceTemplate::new("test://template/{id}/data", "template")
}

/// What a resource has.
pub fn contents_of(uri: &str) -> Option<Value> {
    let id = uri
        .strip_prefix("test://template/")
        .and_then(|rest| rest.strip_suffix("/data"));
    Some(match (uri, id) {
        (_, Some(id)) => {
            let data =
                json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
            json!({"uri": uri, "mimeType": "application/json", "text": data.to_string()})
        }
        ("test://static-text", _) => {
            json!({"uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource."})
        }
        ("test://static-binary", _) => json!({"uri": uri, "mimeType": "image/png", "blob": PNG}),
        (WATCHED, _) => json!({"uri": uri, "mimeType": "text/plain", "text": "Watched."}),
        _ => return None,
    })
}

/// The prompts, each with its arguments.
pub fn prompts() -> Vec<Prompt> {
    let all: [(&str, &[&str]); 5] = [
        ("test_simple_prompt", &[]),
        ("test_prompt_with_arguments", &["arg1", "arg2"]),
        ("test_prompt_with_embedded_resource", &["resourceUri"]),
        ("test_prompt_with_image", &[]),
        (ASKING_PROMPT, &[]),
    ];
    let prompt = |(name, arguments): (&str, &[&str])| {
        let arguments: Vec<_> = arguments
            .iter()
            .map(|name| json!({"name": name, "description": "A sample of the suite.", "required": true}))
            .collect();
        typed(
            json!({"name": name, "description": "A sample of the suite.", "arguments": arguments}),
        )
    };
    all.map(prompt).into()
}

/// A prompt's messages.
pub fn messages_of(request: &GetPromptRequestParams) -> Option<Vec<Value>> {
    let given = |name: &str| {
        let given = request.arguments.as_ref().and_then(|given| given.get(name));
        given.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let content = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => vec![text(&format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            given("arg1"),
            given("arg2")
        ))],
        "test_prompt_with_embedded_resource" => vec![
            json!({"type": "resource", "resource": {"uri": given("resourceUri"), "mimeType": "text/plain", "text": "Embedded resource content for testing."}}),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![image(), text("Please analyze the image above.")],
        _ => return None,
    };
    let message = |content| json!({"role": "user", "content": content});
    Some(content.into_iter().map(message).collect())
}
