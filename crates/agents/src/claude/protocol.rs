//! The conversation with the Claude CLI: what each of its lines means, and what is answered at once.
//!
//! Order of a run: we send `initialize`; it asks our MCP server for its hand (`initialize`), answers ours, is asked which
//! permission rules are in force, and only when all of ours are among them does it get the prompt. Every answer is named by the
//! request it answers, so that replaying the output gives the same answers under the same keys.
//!
//! A turn is over when the CLI says `idle`, not at its `result` line: there may be several of those before it. Output that
//! has no such events (a run whose conversation could not be resumed) ends its turn with the `result`.

use super::{
    rules,
    server::{self, Outcome},
    summary,
    turn::{self, Ended, Turn},
    wire,
};
use crate::{Opening, Protocol, Received, Reply, json_line, text::one_line, tools};
use orchestron_domain::{
    AskId, MicroUsd, RunEnd, SessionId,
    signal::{Say, Signal},
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Longest line on what the agent does, in characters.
const MAX_DOING: usize = 120;
/// While the model writes, life is shown once in so many bytes.
const STEP_BYTES: usize = 4096;

/// One run's conversation.
pub struct Conversation {
    opening: Opening,
    /// Our MCP server, as the CLI has to list it.
    server: Option<&'static str>,
    started: bool,
    doomed: bool,
    /// Whether the CLI tells its state, so that `idle` can be waited for.
    tells_state: bool,
    /// `result` lines so far.
    results: u64,
    /// Asks that were not withdrawn, answered or not: what was said must not change what a line means.
    asks: BTreeSet<String>,
    turn: Turn,
    /// The turn's end, while `idle` has not come.
    ending: Option<Ended>,
    doing: String,
    /// What the calls of this turn do, by id.
    calls: BTreeMap<String, String>,
    stream: Stream,
    bill: Bill,
    tab: Tab,
    malformed: u64,
}

/// What the model is writing.
#[derive(Default)]
struct Stream {
    what: String,
    bytes: usize,
}

/// What the run has used.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Bill {
    session_total: MicroUsd,
    tokens: Tokens,
    requests: u64,
}

/// Tokens of messages.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Tokens {
    /// All that went in, cached ones included.
    input: u64,
    /// Of those, read from the cache.
    cached: u64,
    output: u64,
}

impl Tokens {
    fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached: self.cached.saturating_add(other.cached),
            output: self.output.saturating_add(other.output),
        }
    }

    /// The greater of two counts of the same.
    fn at_least(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cached: self.cached.max(other.cached),
            output: self.output.max(other.output),
        }
    }
}

/// What the turn has used so far, while no `result` has told what it really was.
#[derive(Default)]
struct Tab {
    /// Messages of the model that were counted; a message comes in several lines.
    messages: BTreeSet<String>,
    tokens: Tokens,
}

impl Conversation {
    /// A conversation about to begin.
    pub fn open(opening: Opening) -> Self {
        Self {
            opening,
            server: Some(tools::SERVER),
            started: false,
            doomed: false,
            tells_state: false,
            results: 0,
            asks: BTreeSet::new(),
            turn: Turn::default(),
            ending: None,
            doing: String::new(),
            calls: BTreeMap::new(),
            stream: Stream::default(),
            bill: Bill::default(),
            tab: Tab::default(),
            malformed: 0,
        }
    }

    /// The same, for a recording that was made with another MCP server than ours, or with none.
    #[cfg(test)]
    pub fn of_recording(opening: Opening, server: Option<&'static str>) -> Self {
        Self {
            server,
            ..Self::open(opening)
        }
    }

    fn doom(&mut self, end: RunEnd, out: &mut Received) {
        if !std::mem::replace(&mut self.doomed, true) {
            out.signals.push(Signal::Doomed { end });
        }
    }

    fn does(&mut self, doing: String, out: &mut Received) {
        if !doing.is_empty() && doing != self.doing {
            self.doing.clone_from(&doing);
            out.signals.push(Signal::Alive { doing });
        }
    }

    // ----------------------------------------------------------------------------------- control requests

    fn control_request(&mut self, line: &Value, out: &mut Received) {
        let Some(id) = line["request_id"].as_str() else {
            return;
        };
        let request = &line["request"];
        let subtype = request["subtype"].as_str().unwrap_or("");
        match subtype {
            "mcp_message" if request["server_name"] == *self.server.unwrap_or(tools::SERVER) => {
                match server::handle(self.opening.leg, id, &request["message"]) {
                    Outcome::Answer(reply) => out.replies.push(reply),
                    Outcome::Call(signal) => out.signals.push(signal),
                }
            }
            "can_use_tool" => self.asks_to_use(id, request, out),
            // Silence would make it wait for ever.
            _ => {
                let why = format!("Orchestron does not answer `{}`", one_line(subtype, 60));
                out.replies.push(wire::refusal(id, &why));
            }
        }
    }

    /// It asks whether it may use a tool. What is decided by the leg is answered here, the rest by a person.
    fn asks_to_use(&mut self, id: &str, request: &Value, out: &mut Received) {
        let tool = request["tool_name"].as_str().unwrap_or("");
        let input = &request["input"];
        if summary::is_ours(tool) {
            out.replies.push(wire::permit(id, true, ""));
        } else if rules::NEVER.contains(&tool) || request["requires_user_interaction"] == true {
            let why = "Nobody reads this session. Use the tool request_help to ask a person, or decide yourself.";
            out.replies.push(wire::permit(id, false, why));
        } else if !self.opening.may_write && rules::WRITING.contains(&tool) {
            let why = format!(
                "The {} leg only reads; nothing may be written.",
                self.opening.leg
            );
            out.replies.push(wire::permit(id, false, &why));
        } else {
            self.asks.insert(id.to_owned());
            out.signals.push(Signal::Asked {
                ask: AskId::from(id),
                tool: summary::tool_name(tool),
                input: input.to_string(),
                summary: summary::of_call(tool, input, &self.opening.worktree),
                reason: reason_of(request),
            });
        }
    }

    // ---------------------------------------------------------------------------------- control responses

    fn control_response(&mut self, line: &Value, out: &mut Received) {
        let response = &line["response"];
        let failed = (response["subtype"] != "success")
            .then(|| one_line(response["error"].as_str().unwrap_or("no reason given"), 200));
        match (response["request_id"].as_str(), failed) {
            (Some(wire::INITIALIZE), None) => {
                let body = json!({ "subtype": "list_permission_rules" });
                out.replies.push(wire::request(wire::RULES, &body));
            }
            (Some(wire::INITIALIZE), Some(said)) => {
                let message = format!("the agent refused to begin ({said}); {}", other_version());
                self.doom(RunEnd::CouldNotStart { message }, out);
            }
            (Some(wire::RULES), None) => self.rules_listed(&response["response"], out),
            (Some(wire::RULES), Some(said)) => {
                let message = format!(
                    "the agent cannot say which permission rules it follows ({said}), so it is not trusted with the task; {}",
                    other_version()
                );
                self.doom(RunEnd::CouldNotStart { message }, out);
            }
            _ => {}
        }
    }

    /// The prompt is said only to an agent that follows every rule it was given.
    fn rules_listed(&mut self, listed: &Value, out: &mut Received) {
        let missing = rules::missing(&self.opening.rules, listed);
        if missing.is_empty() {
            let opening = &self.opening;
            let uuid = wire::message_uuid(&opening.session, &opening.run, "prompt");
            out.replies.push(wire::words(&uuid, &opening.prompt));
            return;
        }
        let texts: Vec<String> = missing
            .iter()
            .map(|rule| format!("`{}`", rule.text))
            .collect();
        let message = if missing.len() == self.opening.rules.len() {
            format!(
                "the agent ignored its settings file, so none of its permission rules hold; {}",
                other_version()
            )
        } else {
            format!(
                "the agent ignored permission rules that it does not understand: {}; mend `tools_allowed` and \
                 `tools_restricted` in .mcp/agents.yaml",
                one_line(&texts.join(", "), 400)
            )
        };
        self.doom(RunEnd::CouldNotStart { message }, out);
    }

    // --------------------------------------------------------------------------------------------- system

    fn system(&mut self, line: &Value, out: &mut Received) {
        match line["subtype"].as_str().unwrap_or("") {
            "init" => self.up(line, out),
            "session_state_changed" => {
                self.tells_state = true;
                if line["state"] == "idle" {
                    self.turn_over(out);
                }
            }
            "status" => match line["status"].as_str() {
                Some("requesting") => self.does("waiting for the model".to_owned(), out),
                Some("compacting") => self.does("shortening the conversation".to_owned(), out),
                _ => {}
            },
            "api_retry" => self.retries(line, out),
            "permission_denied" => {
                if let Some(id) = line["tool_use_id"].as_str() {
                    self.turn.denied(id);
                }
            }
            "task_progress" => {
                let about = line["description"].as_str().unwrap_or("sub-agent");
                let steps = line.pointer("/usage/tool_uses").and_then(Value::as_u64);
                let steps = steps
                    .map(|steps| format!(" · step {steps}"))
                    .unwrap_or_default();
                self.does(format!("Agent {}{steps}", one_line(about, MAX_DOING)), out);
            }
            _ => {}
        }
    }

    /// `init` comes at the start of every turn. A server of ours that is not there would leave the agent without hands.
    fn up(&mut self, line: &Value, out: &mut Received) {
        if let Some(server) = self.server {
            let servers = line["mcp_servers"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            let ours = servers.iter().find(|one| one["name"] == server);
            let status = ours.map_or("missing", |one| one["status"].as_str().unwrap_or("unknown"));
            if !matches!(status, "connected" | "pending") {
                let message = format!(
                    "the agent has no connection to Orchestron's own tools (MCP server `{server}` is {status}); {}",
                    other_version()
                );
                self.doom(RunEnd::CouldNotStart { message }, out);
            }
        }
        if !std::mem::replace(&mut self.started, true) {
            let text = |name: &str| one_line(line[name].as_str().unwrap_or(""), 100);
            out.signals.push(Signal::Started {
                session: line["session_id"].as_str().map(SessionId::from),
                version: text("claude_code_version"),
                model: text("model"),
            });
        }
    }

    /// The provider refuses. A refused login would be tried again for minutes and cannot get better.
    fn retries(&mut self, line: &Value, out: &mut Received) {
        let kind = line["error"].as_str().unwrap_or("");
        let status = line["error_status"].as_u64();
        let reason = retry_reason(kind, status);
        if turn::is_login_error(kind) || matches!(status, Some(401 | 403)) {
            self.doom(turn::not_logged_in(&reason), out);
            return;
        }
        out.signals.push(Signal::Retrying {
            attempt: line["attempt"]
                .as_u64()
                .and_then(|n| n.try_into().ok())
                .unwrap_or(0),
            delay_ms: line["retry_delay_ms"].as_f64().map_or(0, whole),
            reason,
        });
    }

    // -------------------------------------------------------------------------------------------- messages

    fn assistant(&mut self, line: &Value, out: &mut Received) {
        self.turn.clock(line);
        let error = line["error"].as_str();
        self.turn.error(error);
        self.counts(&line["message"], out);
        for block in blocks(line) {
            let text = block["text"].as_str().unwrap_or("");
            match block["type"].as_str().unwrap_or("") {
                "text" if !text.trim().is_empty() => {
                    if line["parent_tool_use_id"].is_null() {
                        self.turn.says(text);
                    }
                    if error.is_none() {
                        let first = text.trim().lines().next().unwrap_or("");
                        self.does(format!("says “{}”", one_line(first, MAX_DOING)), out);
                    } else if error.is_some_and(turn::is_login_error) {
                        self.doom(turn::not_logged_in(&one_line(text, 200)), out);
                    }
                }
                "tool_use" => self.uses(block, out),
                "thinking" => self.does("thinking".to_owned(), out),
                _ => {}
            }
        }
    }

    fn uses(&mut self, block: &Value, out: &mut Received) {
        let tool = block["name"].as_str().unwrap_or("");
        let doing = summary::doing(tool, &block["input"], &self.opening.worktree);
        let doing = one_line(&doing, MAX_DOING);
        if let Some(id) = block["id"].as_str() {
            self.turn.calls(id, tool);
            self.calls.insert(id.to_owned(), doing.clone());
        }
        self.does(doing, out);
    }

    fn user(&mut self, line: &Value) {
        for block in blocks(line) {
            if block["type"] == "tool_result"
                && let Some(id) = block["tool_use_id"].as_str()
            {
                self.turn.done(id);
            }
        }
    }

    /// Parts of a message while the model writes it. Only a sign of life: the whole block comes as a message later.
    fn stream_event(&mut self, line: &Value, out: &mut Received) {
        if line["parent_tool_use_id"].is_string() {
            return;
        }
        let event = &line["event"];
        match event["type"].as_str().unwrap_or("") {
            "content_block_start" => {
                let block = &event["content_block"];
                let what = match block["type"].as_str().unwrap_or("") {
                    "thinking" | "redacted_thinking" => "thinking".to_owned(),
                    "text" => "writing".to_owned(),
                    "tool_use" => format!(
                        "preparing {}",
                        summary::tool_name(block["name"].as_str().unwrap_or(""))
                    ),
                    _ => return,
                };
                self.stream = Stream {
                    what: what.clone(),
                    bytes: 0,
                };
                self.does(what, out);
            }
            "content_block_delta" => {
                let delta = &event["delta"];
                let parts = ["text", "thinking", "partial_json"]
                    .map(|name| delta[name].as_str().map_or(0, str::len));
                let before = self.stream.bytes / STEP_BYTES;
                self.stream.bytes += parts.iter().sum::<usize>();
                if self.stream.bytes / STEP_BYTES > before && !self.stream.what.is_empty() {
                    self.does(
                        format!("{} · {} kB", self.stream.what, self.stream.bytes / 1024),
                        out,
                    );
                }
            }
            _ => {}
        }
    }

    fn tool_progress(&mut self, line: &Value, out: &mut Received) {
        let ids = ["parent_tool_use_id", "tool_use_id"];
        let known = ids
            .iter()
            .find_map(|id| self.calls.get(line[*id].as_str()?));
        let name = || summary::tool_name(line["tool_name"].as_str().unwrap_or("tool"));
        let doing = known.cloned().unwrap_or_else(name);
        let seconds = line["elapsed_time_seconds"].as_f64().map_or(0, whole);
        self.does(format!("{doing} · {seconds} s"), out);
    }

    // -------------------------------------------------------------------------------------------- the end

    fn result(&mut self, line: &Value, out: &mut Received) {
        self.turn.clock(line);
        self.results += 1;
        self.calls.clear();
        self.book(line, out);
        let mut ended = self.turn.end(line);
        if let Some(earlier) = self.ending.take() {
            ended.denials = ended.denials.saturating_add(earlier.denials);
        }
        self.ending = Some(ended);
        if !self.tells_state {
            self.turn_over(out);
        }
    }

    /// The dollars are the session's, over all its runs; the tokens are this run's.
    fn book(&mut self, line: &Value, out: &mut Received) {
        let mut bill = self.bill;
        if let Some(dollars) = line["total_cost_usd"].as_f64() {
            bill.session_total = MicroUsd::from_dollars(dollars);
        }
        let tab = std::mem::take(&mut self.tab);
        bill.tokens = bill.tokens.plus(tokens_of(line).at_least(tab.tokens));
        if bill != self.bill {
            self.bill = bill;
            self.tell_bill(out);
        }
    }

    /// A message of the model was a request to it. How many there are a minute counts while they are made, not when the turn is over.
    fn counts(&mut self, message: &Value, out: &mut Received) {
        let used = usage_of(&message["usage"]);
        let Some(id) = message["id"].as_str().filter(|_| used.input > 0) else {
            return; // the CLI's own words, when the provider refused
        };
        if !self.tab.messages.insert(id.to_owned()) {
            return;
        }
        self.tab.tokens = self.tab.tokens.plus(used);
        self.bill.requests = self.bill.requests.saturating_add(1);
        self.tell_bill(out);
    }

    fn tell_bill(&self, out: &mut Received) {
        let bill = self.bill;
        let tokens = bill.tokens.plus(self.tab.tokens);
        out.signals.push(Signal::Cost {
            session_total: bill.session_total,
            input_tokens: tokens.input,
            cached_tokens: tokens.cached,
            output_tokens: tokens.output,
            requests: bill.requests,
        });
    }

    fn turn_over(&mut self, out: &mut Received) {
        self.doing.clear();
        if let Some(Ended {
            end,
            words,
            denials,
        }) = self.ending.take()
        {
            out.signals.push(Signal::TurnEnded {
                end,
                words,
                denials,
            });
        }
    }
}

impl Protocol for Conversation {
    fn hello(&mut self) -> Vec<Reply> {
        let body = json!({ "subtype": "initialize", "sdkMcpServers": [tools::SERVER] });
        vec![wire::request(wire::INITIALIZE, &body)]
    }

    fn receive(&mut self, line: &[u8]) -> Received {
        let mut out = Received::default();
        let Some(line) = json_line::read(line) else {
            if !line.trim_ascii().is_empty() {
                self.malformed = self.malformed.saturating_add(1);
            }
            return out;
        };
        match line["type"].as_str().unwrap_or("") {
            "control_request" => self.control_request(&line, &mut out),
            "control_response" => self.control_response(&line, &mut out),
            "control_cancel_request" => {
                if let Some(id) = line["request_id"].as_str()
                    && self.asks.remove(id)
                {
                    out.signals.push(Signal::AskWithdrawn {
                        ask: AskId::from(id),
                    });
                }
            }
            "system" => self.system(&line, &mut out),
            "assistant" => self.assistant(&line, &mut out),
            "user" => self.user(&line),
            "stream_event" => self.stream_event(&line, &mut out),
            "tool_progress" => self.tool_progress(&line, &mut out),
            "rate_limit_event" => self.turn.clock(&line),
            "result" => self.result(&line, &mut out),
            _ => {}
        }
        out
    }

    fn say(&mut self, say: &Say) -> Reply {
        match say {
            Say::Words { id, text } => {
                let uuid = wire::message_uuid(
                    &self.opening.session,
                    &self.opening.run,
                    &format!("words {id}"),
                );
                wire::words(&uuid, text)
            }
            Say::Permit {
                ask,
                allow,
                message,
            } => wire::permit(&ask.0, *allow, message),
            Say::Reply { call, ok, text } => server::answer(call, *ok, text),
            // One interrupt for each turn: saying it again while the turn ends must not stop the next one.
            Say::Interrupt => {
                let key = format!("interrupt-{}", self.results);
                wire::request(&key, &json!({ "subtype": "interrupt" }))
            }
        }
    }

    fn end(&mut self) -> Vec<Signal> {
        let mut out = Received::default();
        self.turn_over(&mut out);
        out.signals
    }

    fn doing(&self) -> &str {
        &self.doing
    }

    fn malformed(&self) -> u64 {
        self.malformed
    }
}

/// The blocks of a message's content.
pub fn blocks(line: &Value) -> &[Value] {
    let content = line.pointer("/message/content").and_then(Value::as_array);
    content.map_or(&[], Vec::as_slice)
}

/// Why a retry is made, for a person.
pub fn retry_reason(kind: &str, status: Option<u64>) -> String {
    let what = match (kind, status) {
        (_, Some(401 | 403)) | ("authentication_failed", _) => {
            "the provider refuses the key or login"
        }
        ("rate_limit", _) | (_, Some(429)) => "the provider limits the rate",
        ("overloaded", _) | (_, Some(529)) => "the provider is overloaded",
        ("server_error", _) => "the provider had an error",
        (_, None) => "the provider cannot be reached",
        _ => "the provider refused",
    };
    match status {
        Some(status) => format!("{what} ({status})"),
        None => what.to_owned(),
    }
}

/// Why the CLI's own rules did not decide.
fn reason_of(request: &Value) -> Option<String> {
    let field = |name: &str| request[name].as_str().filter(|text| !text.is_empty());
    let reason = field("decision_reason").map(|reason| one_line(reason, 240));
    let place = || field("blocked_path").map(|path| format!("it touches {}", one_line(path, 240)));
    let mode = || {
        (field("decision_reason_type")? == "mode").then(|| "its permission mode asks".to_owned())
    };
    reason.or_else(place).or_else(mode)
}

/// The sum of some counts.
fn sum(usage: &Value, names: &[&str]) -> u64 {
    let counts = names.iter().map(|name| usage[*name].as_u64().unwrap_or(0));
    counts.fold(0, u64::saturating_add)
}

/// Tokens of a `usage`.
fn usage_of(usage: &Value) -> Tokens {
    let input = [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    ];
    Tokens {
        input: sum(usage, &input),
        cached: sum(usage, &["cache_read_input_tokens"]),
        output: sum(usage, &["output_tokens"]),
    }
}

/// Tokens since the last `result`, sub-agents included.
fn tokens_of(line: &Value) -> Tokens {
    let Some(models) = line["model_usage_since_last_result"].as_object() else {
        return usage_of(&line["usage"]);
    };
    let input = [
        "inputTokens",
        "cacheReadInputTokens",
        "cacheCreationInputTokens",
    ];
    let used = models.values().map(|usage| Tokens {
        input: sum(usage, &input),
        cached: sum(usage, &["cacheReadInputTokens"]),
        output: sum(usage, &["outputTokens"]),
    });
    used.fold(Tokens::default(), Tokens::plus)
}

/// A count as a whole number; nothing when it is negative or no number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped just before
fn whole(count: f64) -> u64 {
    if count.is_finite() {
        count.clamp(0.0, 1e15) as u64
    } else {
        0
    }
}

fn other_version() -> String {
    format!("install version {} of it", super::TESTED_VERSION)
}

#[cfg(test)]
mod tests;
