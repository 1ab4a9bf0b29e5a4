//! What a Messages API request tells about where the conversation stands: which run it is, how
//! many turns have been played in it, where its worktree is and what its tools answered.

use serde::Deserialize;
use serde_json::Value;

/// The part of a request to `/v1/messages` the scripted model looks at. Everything else a client
/// sends is an open set and ignored.
#[derive(Debug, Deserialize)]
pub(super) struct MessagesRequest {
    #[serde(default)]
    pub(super) model: String,
    #[serde(default)]
    pub(super) stream: bool,
    #[serde(default)]
    pub(super) system: Value,
    #[serde(default)]
    pub(super) messages: Vec<Message>,
    #[serde(default)]
    pub(super) tools: Vec<Value>,
}

/// One message; `content` is a string or a list of blocks.
#[derive(Debug, Deserialize)]
pub(super) struct Message {
    pub(super) role: String,
    #[serde(default)]
    pub(super) content: Value,
}

/// The line a prompt of ours begins with: `# TASK-001 · implement · attempt 2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The task's id.
    pub task: String,
    /// The leg of the chain.
    pub leg: String,
    /// Which try on this leg, from 1.
    pub attempt: u32,
}

impl std::fmt::Display for Header {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} · {} · attempt {}", self.task, self.leg, self.attempt)
    }
}

impl Header {
    /// Reads a header line; nothing when the line is not one.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("# ")?.split('·').map(str::trim);
        let (task, leg, attempt) = (parts.next()?, parts.next()?, parts.next()?);
        let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
        let attempt = attempt.strip_prefix("attempt")?;
        let attempt = attempt.split_whitespace().next()?.parse().ok()?;
        (is_word(task) && is_word(leg)).then(|| Self {
            task: task.to_owned(),
            leg: leg.to_owned(),
            attempt,
        })
    }

    fn find(text: &str) -> Option<Self> {
        text.lines().find_map(Self::parse)
    }
}

/// One tool result of the run at hand.
#[derive(Debug)]
pub(super) struct ToolResult {
    /// The tool that was called; empty when its call is not in the request.
    pub(super) tool: String,
    pub(super) failed: bool,
    pub(super) text: String,
    /// After how many turns of the run the result came.
    pub(super) round: usize,
}

/// Where a conversation stands.
#[derive(Debug)]
pub(super) struct Conversation {
    /// The newest header line of the user's messages.
    pub(super) header: Option<Header>,
    /// How many turns the model has spoken since that header.
    pub(super) turn: usize,
    /// The folder the agent works in, as its prompt says.
    pub(super) worktree: Option<String>,
    /// What the tools answered since the header, oldest first.
    pub(super) results: Vec<ToolResult>,
    /// Whether the request offers tools; the CLI's requests for itself (titles, probes) do not.
    pub(super) offers_tools: bool,
    /// Characters of the last message, and of everything before it.
    pub(super) chars: (usize, usize),
}

impl Conversation {
    /// Reads a request.
    pub(super) fn read(request: &MessagesRequest) -> Self {
        let mut found = Self {
            header: None,
            turn: 0,
            worktree: None,
            results: Vec::new(),
            offers_tools: !request.tools.is_empty(),
            chars: (0, 0),
        };
        let mut environment = Vec::new();
        collect_texts(&request.system, &mut environment);
        // The header's own prompt may name the worktree; that is nearer to the task than the
        // environment the CLI describes.
        let mut named_by_prompt = None;
        let mut calls: Vec<(String, String)> = Vec::new();
        for message in &request.messages {
            match message.role.as_str() {
                "assistant" => {
                    found.turn += 1;
                    calls.extend(tool_calls(&message.content));
                }
                "user" => {
                    let mut texts = Vec::new();
                    collect_texts(&message.content, &mut texts);
                    for text in texts {
                        if text.starts_with(CUT_OFF) {
                            found.turn = found.turn.saturating_sub(1);
                        } else if let Some(header) = Header::find(text) {
                            found.header = Some(header);
                            found.turn = 0;
                            found.results.clear();
                            named_by_prompt = place_of_prompt(text);
                        }
                    }
                    found.take_results(&message.content, &calls);
                }
                _ => collect_texts(&message.content, &mut environment),
            }
        }
        found.worktree = named_by_prompt.or_else(|| {
            let mut newest_first = environment.iter().rev();
            newest_first.find_map(|text| place_of_environment(text))
        });
        found.chars = count_chars(request);
        found
    }

    fn take_results(&mut self, content: &Value, calls: &[(String, String)]) {
        for block in blocks(content) {
            if block_type(block) != "tool_result" {
                continue;
            }
            let id = block.get("tool_use_id").and_then(Value::as_str);
            let tool = calls
                .iter()
                .rev()
                .find(|(call, _)| Some(call.as_str()) == id);
            let mut texts = Vec::new();
            collect_texts(block.get("content").unwrap_or(&Value::Null), &mut texts);
            self.results.push(ToolResult {
                tool: tool.map(|(_, name)| name.clone()).unwrap_or_default(),
                failed: block.get("is_error").and_then(Value::as_bool) == Some(true),
                text: texts.join("\n"),
                round: self.turn,
            });
        }
    }
}

/// How the CLI (2.1.328) asks a model to go on after a stream broke in the middle of its words. The
/// half message before it stays in the conversation, but it was no whole turn.
const CUT_OFF: &str = "Your response above was cut off mid-stream";

/// Where a prompt of ours says to work: "Work in `/path`."
fn place_of_prompt(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (path, _) = line.strip_prefix("Work in `")?.split_once('`')?;
        absolute(path)
    })
}

/// Where the CLI tells the model it is: " - Primary working directory: /path".
fn place_of_environment(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (label, path) = line.split_once(':')?;
        let label = label.trim_start_matches([' ', '-']).to_lowercase();
        let known = matches!(
            label.as_str(),
            "primary working directory" | "working directory"
        );
        if known { absolute(path.trim()) } else { None }
    })
}

fn absolute(path: &str) -> Option<String> {
    let is_absolute = std::path::Path::new(path).is_absolute();
    is_absolute.then(|| path.to_owned())
}

fn blocks(content: &Value) -> &[Value] {
    content.as_array().map_or(&[], Vec::as_slice)
}

fn block_type(block: &Value) -> &str {
    block
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The texts of a content that is a string or a list of blocks; tool results are left out.
fn collect_texts<'a>(content: &'a Value, into: &mut Vec<&'a str>) {
    if let Some(text) = content.as_str() {
        into.push(text);
    }
    let texts = blocks(content)
        .iter()
        .filter(|block| block_type(block) == "text");
    into.extend(texts.filter_map(|block| block.get("text").and_then(Value::as_str)));
}

/// Id and tool of every call in an assistant message.
fn tool_calls(content: &Value) -> Vec<(String, String)> {
    let calls = blocks(content)
        .iter()
        .filter(|block| block_type(block) == "tool_use");
    let word = |block: &Value, key| Some(block.get(key)?.as_str()?.to_owned());
    calls
        .filter_map(|block| Some((word(block, "id")?, word(block, "name")?)))
        .collect()
}

fn count_chars(request: &MessagesRequest) -> (usize, usize) {
    let size = |value: &Value| value.to_string().len();
    let spoken = request
        .messages
        .iter()
        .map(|message| size(&message.content));
    let tools: usize = request.tools.iter().map(size).sum();
    let last = request
        .messages
        .last()
        .map_or(0, |message| size(&message.content));
    let all = spoken.sum::<usize>() + tools + size(&request.system);
    (last, all - last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(request: Value) -> Conversation {
        let request: MessagesRequest = serde_json::from_value(request).unwrap();
        Conversation::read(&request)
    }

    #[test]
    fn a_header_line_is_told_from_lines_that_look_like_one() {
        let header = Header::parse("# TASK-001 · implement · attempt 2").unwrap();
        assert_eq!(header.to_string(), "TASK-001 · implement · attempt 2");
        assert_eq!((header.leg.as_str(), header.attempt), ("implement", 2));
        for line in [
            "# Task: TASK-001 - Rate-limit the login endpoint",
            "# TASK-001 · implement",
            "# TASK-001 . implement . attempt 2",
            "TASK-001 · implement · attempt 2",
            "# TASK-001 · implement · attempt two",
            "## TASK-001 · implement · attempt 2",
            "# a task · implement · attempt 2",
        ] {
            assert_eq!(Header::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn the_newest_header_counts_and_so_do_only_the_turns_after_it() {
        let conversation = read(json!({
            "tools": [{"name": "Write"}],
            "messages": [
                {"role": "user", "content": [
                    {"type": "text", "text": "<system-reminder>\nnothing\n</system-reminder>"},
                    {"type": "text", "text": "# TASK-001 · implement · attempt 1\nDo it."}]},
                {"role": "system", "content": "# Environment\n - Primary working directory: /work/tree\n"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Write", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "ok"}]},
                {"role": "assistant", "content": "done"},
                {"role": "user", "content": "# TASK-001 · implement · attempt 2\nAgain."},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "b", "name": "Bash", "input": {}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "b",
                    "is_error": true, "content": [{"type": "text", "text": "refused"}]}]},
                {"role": "system", "content": "more tools"}
            ]
        }));
        assert_eq!(conversation.header.unwrap().attempt, 2);
        assert_eq!(conversation.turn, 1);
        assert_eq!(conversation.worktree.as_deref(), Some("/work/tree"));
        let [result] = &conversation.results[..] else {
            panic!("only the result of the second attempt counts");
        };
        assert_eq!(
            (result.tool.as_str(), result.failed, result.round),
            ("Bash", true, 1)
        );
        assert_eq!(result.text, "refused");
    }

    #[test]
    fn a_header_inside_a_tool_result_or_the_models_own_words_is_not_the_header() {
        let fake = "# TASK-666 · implement · attempt 9";
        let conversation = read(json!({"messages": [
            {"role": "user", "content": "# TASK-001 · review · attempt 1"},
            {"role": "assistant", "content": fake},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": fake}]}
        ]}));
        assert_eq!(conversation.header.unwrap().task, "TASK-001");
        assert!(!conversation.offers_tools);
    }

    #[test]
    fn the_prompt_of_the_run_names_the_worktree_before_the_environment_does() {
        let conversation = read(json!({
            "system": [{"type": "text", "text": "- Working directory: /elsewhere"}],
            "messages": [{"role": "user",
                "content": "# TASK-001 · implement · attempt 1\n\n## Where\n\nWork in `/trees/TASK-001`. It is a git worktree."}]
        }));
        assert_eq!(conversation.worktree.as_deref(), Some("/trees/TASK-001"));
    }

    #[test]
    fn half_a_message_that_broke_off_is_no_turn() {
        let conversation = read(json!({"messages": [
            {"role": "user", "content": "# TASK-001 · implement · attempt 1"},
            {"role": "assistant", "content": [{"type": "text", "text": "I will rea"}]},
            {"role": "user", "content": [{"type": "text",
                "text": "Your response above was cut off mid-stream. Resume directly."}]}
        ]}));
        assert_eq!(conversation.turn, 0);
    }

    #[test]
    fn an_empty_or_odd_request_is_read_without_fuss() {
        let conversation =
            read(json!({"messages": [{"role": "user", "content": 7}, {"role": "user"}]}));
        assert_eq!(conversation.header, None);
        assert_eq!(conversation.turn, 0);
    }
}
