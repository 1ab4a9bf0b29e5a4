//! Words as a Messages API answer: one JSON message, or the same as a stream of server-sent events
//! cut into small deltas so that a person can watch it being written.

use std::time::Duration;

use serde_json::{Value, json};

use super::choice::Words;
use super::conversation::Conversation;
use super::scenario::{Pacing, WrittenError, WrittenUsage};

/// One answer of the model, complete.
#[derive(Debug)]
pub(super) struct Reply {
    id: String,
    model: String,
    think: Duration,
    blocks: Vec<Block>,
    stop_reason: String,
    usage: Usage,
}

#[derive(Debug)]
enum Block {
    Text(String),
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
}

/// Token counts of an answer.
#[derive(Clone, Copy, Debug)]
struct Usage {
    input: u64,
    output: u64,
    cache_read: u64,
    cache_creation: u64,
}

impl Usage {
    /// What the script says, and an estimate of four characters to a token for the rest.
    fn of(written: WrittenUsage, spoken: usize, conversation: &Conversation) -> Self {
        let tokens = |chars: usize| u64::try_from(chars / 4 + 1).unwrap_or(u64::MAX);
        let (last, before) = conversation.chars;
        Self {
            input: written.input.unwrap_or_else(|| tokens(last)),
            output: written.output.unwrap_or_else(|| tokens(spoken)),
            cache_read: written.cache_read.unwrap_or_else(|| tokens(before)),
            cache_creation: written.cache_creation.unwrap_or(0),
        }
    }

    fn json(self, output: u64) -> Value {
        json!({
            "input_tokens": self.input,
            "output_tokens": output,
            "cache_read_input_tokens": self.cache_read,
            "cache_creation_input_tokens": self.cache_creation,
        })
    }
}

impl Reply {
    /// Makes the answer; `unique` tells its ids from those of every other answer.
    pub(super) fn new(
        words: Words,
        model: &str,
        unique: &str,
        conversation: &Conversation,
    ) -> Self {
        let mut blocks = Vec::new();
        let mut spoken = 0;
        if let Some(text) = words.say {
            spoken += text.len();
            blocks.push(Block::Text(text));
        }
        let calls_tools = !words.calls.is_empty();
        for (index, call) in words.calls.into_iter().enumerate() {
            spoken += call.input.to_string().len();
            blocks.push(Block::ToolUse {
                id: format!("toolu_{unique}_{index}"),
                name: call.tool,
                input: call.input,
            });
        }
        let usual = if calls_tools { "tool_use" } else { "end_turn" };
        Self {
            id: format!("msg_{unique}"),
            model: model.to_owned(),
            think: words.think,
            blocks,
            stop_reason: words.stop_reason.unwrap_or_else(|| usual.to_owned()),
            usage: Usage::of(words.usage, spoken, conversation),
        }
    }

    /// How long the model thinks before its first word.
    pub(super) fn think(&self) -> Duration {
        self.think
    }

    /// The answer to a request that does not stream.
    pub(super) fn whole(&self) -> Value {
        let content = self.blocks.iter().map(|block| match block {
            Block::Text(text) => json!({"type": "text", "text": text}),
            Block::ToolUse { id, name, input } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": input})
            }
        });
        let mut message = self.envelope();
        message["content"] = content.collect();
        message["stop_reason"] = json!(self.stop_reason);
        message["usage"] = self.usage.json(self.usage.output);
        message
    }

    /// The answer as frames of a stream, each with the pause that comes before it.
    pub(super) fn frames(&self, pacing: &Pacing) -> Vec<Frame> {
        let mut frames = Frames {
            pause: pacing.scaled(pacing.delta),
            frames: Vec::new(),
        };
        let mut start = self.envelope();
        start["usage"] = self.usage.json(1);
        frames.now("message_start", json!({"message": start}));
        frames.after(pacing.scaled(self.think), "ping", json!({}));
        for (index, block) in self.blocks.iter().enumerate() {
            frames.block(index, block, pacing);
        }
        frames.now(
            "message_delta",
            json!({
                "delta": {"stop_reason": self.stop_reason, "stop_sequence": null},
                "usage": self.usage.json(self.usage.output),
            }),
        );
        frames.now("message_stop", json!({}));
        frames.frames
    }

    fn envelope(&self) -> Value {
        json!({
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
        })
    }
}

/// One server-sent event and the pause before it.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) pause: Duration,
    pub(super) text: String,
}

struct Frames {
    pause: Duration,
    frames: Vec<Frame>,
}

impl Frames {
    fn now(&mut self, event: &str, data: Value) {
        self.after(Duration::ZERO, event, data);
    }

    fn after(&mut self, pause: Duration, event: &str, data: Value) {
        self.frames.push(Frame {
            pause,
            text: event_text(event, data),
        });
    }

    fn block(&mut self, index: usize, block: &Block, pacing: &Pacing) {
        let (start, written, chars) = match block {
            Block::Text(text) => (
                json!({"type": "text", "text": ""}),
                text.clone(),
                pacing.text_chars,
            ),
            Block::ToolUse { id, name, input } => (
                json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                input.to_string(),
                pacing.input_chars,
            ),
        };
        self.now(
            "content_block_start",
            json!({"index": index, "content_block": start}),
        );
        let chars = if pacing.is_instant() {
            usize::MAX
        } else {
            chars
        };
        for piece in pieces(&written, chars) {
            let delta = match block {
                Block::Text(_) => json!({"type": "text_delta", "text": piece}),
                Block::ToolUse { .. } => json!({"type": "input_json_delta", "partial_json": piece}),
            };
            self.after(
                self.pause,
                "content_block_delta",
                json!({"index": index, "delta": delta}),
            );
        }
        self.now("content_block_stop", json!({"index": index}));
    }
}

/// Cuts a text into pieces of about `chars` characters, after a space where there is one near.
fn pieces(text: &str, chars: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut from, mut length) = (0, 0);
    for (at, c) in text.char_indices() {
        length += 1;
        let end = at + c.len_utf8();
        let is_full = length >= chars && (c.is_whitespace() || length >= chars.saturating_mul(2));
        if is_full || end == text.len() {
            pieces.push(&text[from..end]);
            (from, length) = (end, 0);
        }
    }
    pieces
}

fn event_text(event: &str, mut data: Value) -> String {
    data["type"] = json!(event);
    format!("event: {event}\ndata: {data}\n\n")
}

/// The body of an error answer.
pub(super) fn error_body(kind: &str, message: &str, request_id: &str) -> Value {
    json!({
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": request_id,
    })
}

/// An error as an event in the middle of a stream.
pub(super) fn error_frame(error: &WrittenError) -> Frame {
    Frame {
        pause: Duration::ZERO,
        text: event_text(
            "error",
            json!({"error": {"type": error.kind, "message": error.message}}),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::conversation::MessagesRequest;
    use super::super::scenario::{Call, Pace};
    use super::*;

    fn reply(text: &str) -> Reply {
        let words = Words {
            think: Duration::from_millis(300),
            say: Some(text.to_owned()),
            calls: vec![Call {
                tool: "Write".to_owned(),
                input: json!({"file_path": "/a", "content": "é · ✓ some words to cut"}),
            }],
            usage: WrittenUsage {
                cache_read: Some(7),
                ..WrittenUsage::default()
            },
            stop_reason: None,
        };
        let request: MessagesRequest = serde_json::from_value(json!({})).unwrap();
        Reply::new(words, "sonnet", "x1", &Conversation::read(&request))
    }

    fn pacing(pace: Pace) -> Pacing {
        Pacing {
            pace,
            delta: Duration::from_millis(10),
            text_chars: 4,
            input_chars: 9,
        }
    }

    /// Puts the message together again, as a client does.
    fn replayed(frames: &[Frame]) -> (Vec<Value>, Value) {
        let (mut blocks, mut partial, mut end) = (Vec::new(), String::new(), Value::Null);
        for frame in frames {
            let data = frame
                .text
                .lines()
                .find_map(|line| line.strip_prefix("data: "));
            let event: Value = serde_json::from_str(data.unwrap()).unwrap();
            match event["type"].as_str().unwrap() {
                "content_block_start" => blocks.push(event["content_block"].clone()),
                "content_block_delta" => {
                    let delta = &event["delta"];
                    let piece = delta["text"].as_str().or(delta["partial_json"].as_str());
                    partial.push_str(piece.unwrap());
                }
                "content_block_stop" => {
                    let block = blocks.last_mut().unwrap();
                    let text = std::mem::take(&mut partial);
                    if block["type"] == "text" {
                        block["text"] = json!(text);
                    } else {
                        block["input"] = serde_json::from_str(&text).unwrap();
                    }
                }
                "message_delta" => end = event.clone(),
                _ => {}
            }
        }
        (blocks, end)
    }

    #[test]
    fn the_stream_and_the_whole_message_say_the_same_at_every_pace() {
        for text in [
            "Héllo · world, said slowly.",
            "",
            "oneverylongwordwithoutanyspace",
        ] {
            let reply = reply(text);
            let whole = reply.whole();
            for pace in [Pace::AsWritten, Pace::Instant, Pace::Scaled(3.0)] {
                let (blocks, end) = replayed(&reply.frames(&pacing(pace)));
                assert_eq!(Value::Array(blocks), whole["content"]);
                assert_eq!(end["delta"]["stop_reason"], whole["stop_reason"]);
                assert_eq!(end["usage"], whole["usage"]);
            }
            assert_eq!(whole["stop_reason"], "tool_use");
            assert_eq!(whole["usage"]["cache_read_input_tokens"], 7);
        }
    }

    #[test]
    fn a_slow_pace_pauses_and_an_instant_one_does_not() {
        let total = |pace| -> Duration {
            let frames = reply("a few words to type").frames(&pacing(pace));
            frames.iter().map(|frame| frame.pause).sum()
        };
        assert!(total(Pace::AsWritten) > Duration::from_millis(350));
        assert_eq!(total(Pace::Instant), Duration::ZERO);
    }

    #[test]
    fn pieces_lose_nothing_and_stay_short() {
        let text = "ein wörtchen·nach dem anderen  und✓ noch eins";
        for chars in [1, 3, 7, usize::MAX] {
            let pieces = pieces(text, chars);
            assert_eq!(pieces.concat(), text);
            let longest = pieces.iter().map(|piece| piece.chars().count()).max();
            assert!(longest.unwrap() <= chars.saturating_mul(2));
        }
    }
}
