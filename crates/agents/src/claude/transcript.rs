//! A run's output as a person reads it: one item for each block of a message, notes for what else matters.
//!
//! Every line stands for itself, so that reading can begin anywhere. What the agent was told is in its output too: the CLI
//! is started so that it repeats every message when it takes it up, which puts it in its right place.

use super::{
    protocol::{blocks, retry_reason},
    summary, turn,
};
use crate::{
    json_line,
    text::{cut, one_line},
};
use orchestron_domain::{
    MicroUsd, RunEnd,
    transcript::{Image, TranscriptItem},
};
use serde_json::Value;

/// Longest input or result that is shown, in bytes.
const MAX_TEXT: usize = 16 * 1024;
/// Longest picture that is shown, in characters of base64, and how many of one result.
const MAX_IMAGE: usize = 1024 * 1024;
const MOST_IMAGES: usize = 4;
/// Kinds of pictures that are shown.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// Longest note, in characters.
const MAX_NOTE: usize = 400;

/// What the line shows.
pub fn items(worktree: &str, line: &[u8]) -> Vec<TranscriptItem> {
    let Some(line) = json_line::read(line) else {
        return Vec::new();
    };
    match line["type"].as_str().unwrap_or("") {
        "assistant" => assistant(worktree, &line),
        "user" => user(&line),
        "system" => system(&line).map(note).into_iter().collect(),
        "control_request" => asked(worktree, &line).map(note).into_iter().collect(),
        "control_cancel_request" => vec![note("It no longer waits for an answer.".to_owned())],
        "result" => vec![note(ended(&line))],
        _ => Vec::new(),
    }
}

fn note(text: String) -> TranscriptItem {
    TranscriptItem::Note {
        text: one_line(&text, MAX_NOTE),
    }
}

fn assistant(worktree: &str, line: &Value) -> Vec<TranscriptItem> {
    let is_error = line["error"].is_string();
    let item = |block: &Value| match block["type"].as_str()? {
        "text" => {
            let text = block["text"].as_str()?;
            if text.trim().is_empty() {
                return None;
            }
            Some(if is_error {
                note(text.to_owned())
            } else {
                TranscriptItem::Says {
                    text: text.to_owned(),
                }
            })
        }
        "thinking" => {
            let text = block["thinking"]
                .as_str()
                .filter(|text| !text.trim().is_empty())?;
            Some(TranscriptItem::Thinks {
                text: text.to_owned(),
            })
        }
        "tool_use" => {
            let tool = block["name"].as_str().unwrap_or("");
            Some(TranscriptItem::Uses {
                id: block["id"].as_str().unwrap_or("").to_owned(),
                tool: summary::tool_name(tool),
                summary: summary::of_call(tool, &block["input"], worktree),
                input: cut(&block["input"].to_string(), MAX_TEXT),
            })
        }
        _ => None,
    };
    blocks(line).iter().filter_map(item).collect()
}

/// Results of tools, and what the agent was told. Text the CLI says to its model in the user's name is left out.
fn user(line: &Value) -> Vec<TranscriptItem> {
    if line["isReplay"] == true {
        return told(line).into_iter().collect();
    }
    let item = |block: &Value| {
        if block["type"] == "tool_result" {
            return Some(TranscriptItem::Got {
                id: block["tool_use_id"].as_str().unwrap_or("").to_owned(),
                failed: block["is_error"] == true,
                text: cut(&result_text(&block["content"]), MAX_TEXT),
                images: images(&block["content"]),
            });
        }
        let text = block["text"].as_str()?;
        text.starts_with("[Request interrupted")
            .then(|| note("Its turn was interrupted.".to_owned()))
    };
    blocks(line).iter().filter_map(item).collect()
}

fn told(line: &Value) -> Option<TranscriptItem> {
    let content = &line["message"]["content"];
    let text = match content.as_str() {
        Some(text) => text.to_owned(),
        None => result_text(content),
    };
    // What a command of the CLI printed is repeated the same way.
    let is_ours =
        !text.is_empty() && !text.starts_with("<local-command-") && !text.starts_with("<bash-");
    is_ours.then_some(TranscriptItem::Told { text })
}

/// The text in a tool's result: a text, or a list of blocks.
fn result_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().map(part_text).collect();
            texts.join("\n")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Pictures in a tool's result: of the kinds that every browser draws and that run nothing, and not too big to be sent on.
fn images(content: &Value) -> Vec<Image> {
    let parts = content.as_array().map(Vec::as_slice).unwrap_or_default();
    let image = |part: &Value| {
        let source = &part["source"];
        let media = source["media_type"].as_str()?;
        let data = source["data"].as_str()?;
        let is_ours = part["type"] == "image" && source["type"] == "base64";
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
        let fits = data.len() <= MAX_IMAGE && data.bytes().all(is_base64);
        (is_ours && IMAGES.contains(&media) && fits).then(|| Image {
            media: media.to_owned(),
            data: data.to_owned(),
        })
    };
    parts.iter().filter_map(image).take(MOST_IMAGES).collect()
}

fn part_text(part: &Value) -> String {
    match (part["text"].as_str(), part["type"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (None, Some("tool_reference")) => {
            format!("[tool {}]", part["tool_name"].as_str().unwrap_or(""))
        }
        (None, kind) => format!("[{}]", kind.unwrap_or("something else")),
    }
}

fn system(line: &Value) -> Option<String> {
    let field = |name: &str| line[name].as_str().unwrap_or("");
    Some(match field("subtype") {
        "api_retry" => {
            let reason = retry_reason(field("error"), line["error_status"].as_u64());
            let (attempt, most) = (&line["attempt"], &line["max_retries"]);
            format!("Waits, because {reason}; try {attempt} of {most}.")
        }
        "permission_denied" => {
            format!(
                "{} was denied: {}",
                summary::tool_name(field("tool_name")),
                field("message")
            )
        }
        "model_fallback" => format!(
            "The model changed from {} to {} ({}).",
            field("original_model"),
            field("fallback_model"),
            field("trigger")
        ),
        "compact_boundary" => {
            "The conversation was shortened to fit the model's window.".to_owned()
        }
        _ => return None,
    })
}

fn asked(worktree: &str, line: &Value) -> Option<String> {
    let request = &line["request"];
    if request["subtype"] != "can_use_tool" {
        return None;
    }
    let tool = request["tool_name"].as_str().unwrap_or("");
    Some(format!(
        "Asks: {}",
        summary::doing(tool, &request["input"], worktree)
    ))
}

fn ended(line: &Value) -> String {
    let dollars = MicroUsd::from_dollars(line["total_cost_usd"].as_f64().unwrap_or(0.0));
    let denied = line["permission_denials"].as_array().map_or(0, Vec::len);
    let denied = match denied {
        0 => String::new(),
        1 => ", 1 call was denied".to_owned(),
        n => format!(", {n} calls were denied"),
    };
    match turn::end_of(line, None, "") {
        RunEnd::Completed => format!("The turn is over ({dollars} so far{denied})."),
        end => format!("The turn is over ({dollars} so far{denied}): {end}."),
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_IMAGE, MAX_TEXT, items};
    use orchestron_domain::transcript::TranscriptItem::{
        self, Got, Note, Says, Thinks, Told, Uses,
    };
    use serde_json::{Value, json};

    fn shown(line: &Value) -> Vec<TranscriptItem> {
        items("/wt", line.to_string().as_bytes())
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn messages_become_items() {
        let message = |kind: &str, content: Value| json!({"type": kind, "message": {"role": kind, "content": content}});
        let said = message(
            "assistant",
            json!([
                {"type": "thinking", "thinking": "hm"},
                {"type": "text", "text": "I will **write**."},
                {"type": "text", "text": " "},
                {"type": "tool_use", "id": "t1", "name": "Write", "input": {"file_path": "/wt/a.txt"}},
                {"type": "new_kind"}
            ]),
        );
        assert_eq!(
            shown(&said),
            [
                Thinks { text: text("hm") },
                Says {
                    text: text("I will **write**.")
                },
                Uses {
                    id: text("t1"),
                    tool: text("Write"),
                    summary: text("a.txt"),
                    input: text(r#"{"file_path":"/wt/a.txt"}"#)
                }
            ]
        );
        let got = message(
            "user",
            json!([
                {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": true},
                {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "a"}, {"type": "image"}]},
                {"type": "text", "text": "[Request interrupted by user]"},
                {"type": "text", "text": "words the CLI put in"}
            ]),
        );
        assert_eq!(
            shown(&got),
            [
                Got {
                    id: text("t1"),
                    failed: true,
                    text: text("no"),
                    images: vec![]
                },
                Got {
                    id: text("t2"),
                    failed: false,
                    text: text("a\n[image]"),
                    images: vec![]
                },
                Note {
                    text: text("Its turn was interrupted.")
                }
            ]
        );
    }

    #[test]
    fn what_it_was_told_is_shown_where_it_took_it_up() {
        let replay = |content: Value| json!({"type": "user", "isReplay": true, "message": {"role": "user", "content": content}});
        assert_eq!(
            shown(&replay(json!("# TASK-001"))),
            [Told {
                text: text("# TASK-001")
            }]
        );
        assert_eq!(
            shown(&replay(json!([{"type": "text", "text": "hi"}]))),
            [Told { text: text("hi") }]
        );
        assert_eq!(
            shown(&replay(json!(
                "<local-command-stdout>x</local-command-stdout>"
            ))),
            []
        );
    }

    #[test]
    fn pictures_come_with_their_result_when_they_are_harmless() {
        let image = |kind: &str, media: &str, data: &str| json!({"type": "image", "source": {"type": kind, "media_type": media, "data": data}});
        let parts = json!([
            {"type": "text", "text": "two"},
            image("base64", "image/png", "aGk="),
            image("base64", "image/svg+xml", "aGk="),
            image("url", "image/png", "aGk="),
            image("base64", "image/png", "\"><script>"),
            image("base64", "image/jpeg", &"a".repeat(MAX_IMAGE + 1)),
        ]);
        let line = json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": parts}]}});
        let Got { images, .. } = &shown(&line)[0] else {
            panic!("a result");
        };
        let told: Vec<_> = images
            .iter()
            .map(|i| (i.media.as_str(), i.data.as_str()))
            .collect();
        assert_eq!(told, [("image/png", "aGk=")]);
    }

    #[test]
    fn long_results_are_cut() {
        let long = "x".repeat(3 * MAX_TEXT);
        let line = json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": long}]}});
        let Got { text, .. } = &shown(&line)[0] else {
            panic!("a result");
        };
        assert!(text.len() < MAX_TEXT + 100 && text.ends_with("(32768 bytes more)"));
    }

    #[test]
    fn the_rest_becomes_notes() {
        for (line, note) in [
            (
                json!({"type": "system", "subtype": "api_retry", "attempt": 1, "max_retries": 6, "error": "overloaded", "error_status": 529}),
                "Waits, because the provider is overloaded (529); try 1 of 6.",
            ),
            (
                json!({"type": "system", "subtype": "permission_denied", "tool_name": "Bash", "message": "No."}),
                "Bash was denied: No.",
            ),
            (
                json!({"type": "control_request", "request": {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "touch x"}}}),
                "Asks: Bash touch x",
            ),
            (
                json!({"type": "result", "subtype": "success", "is_error": false, "result": "ok", "total_cost_usd": 0.03, "permission_denials": [{}]}),
                "The turn is over ($0.03 so far, 1 call was denied).",
            ),
            (
                json!({"type": "result", "subtype": "success", "is_error": true, "api_error_status": 429, "result": "x"}),
                "The turn is over ($0.00 so far): the provider's limit was reached.",
            ),
            (
                json!({"type": "assistant", "error": "rate_limit", "message": {"content": [{"type": "text", "text": "API Error"}]}}),
                "API Error",
            ),
        ] {
            assert_eq!(shown(&line), [Note { text: text(note) }], "{line}");
        }
    }

    #[test]
    fn chatter_shows_nothing() {
        for line in [
            json!({"type": "stream_event", "event": {"type": "content_block_delta"}}),
            json!({"type": "control_request", "request": {"subtype": "mcp_message"}}),
            json!({"type": "system", "subtype": "init"}),
            json!({"type": "command_lifecycle", "state": "queued"}),
            json!({"type": "user", "message": {"content": "a sub-agent's prompt"}}),
            json!({}),
        ] {
            assert_eq!(shown(&line), [], "{line}");
        }
        assert_eq!(items("/wt", b"not json"), []);
    }
}
