//! How a turn of the Claude CLI ended: from `result` lines, the error kinds of its messages, and what it wrote on stderr.

use crate::{text::one_line, tools};
use orchestron_domain::RunEnd;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Longest message of the agent that is passed on, in characters.
const MAX_MESSAGE: usize = 400;

/// Error kinds that a person has to mend: the login, the account, the key.
const LOGIN_ERRORS: [&str; 5] = [
    "authentication_failed",
    "oauth_org_not_allowed",
    "account_on_hold",
    "verification_required",
    "cloud_credential_error",
];

/// What is known of the current turn, and of the run so far, when a `result` line comes.
#[derive(Debug, Default)]
pub struct Turn {
    /// Tool calls of this turn, by id.
    calls: BTreeMap<String, String>,
    /// Calls of this turn that have a result.
    done: BTreeSet<String>,
    /// Calls of this turn that were denied.
    denied: BTreeSet<String>,
    /// Whether any call of the run went through that can have changed or told something.
    worked: bool,
    /// The last text of the model in this turn.
    words: String,
    /// The error kind of the last message of this turn, if it was one.
    error: Option<String>,
    /// When the provider's limit resets, and the time of the last message, both in seconds since 1970.
    resets_at: Option<i64>,
    /// See `resets_at`.
    heard_at: Option<i64>,
}

/// The end of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub end: RunEnd,
    /// The agent's last words.
    pub words: String,
    /// How many calls were denied.
    pub denials: u32,
}

impl Turn {
    /// The model calls a tool.
    pub fn calls(&mut self, id: &str, tool: &str) {
        self.calls.insert(id.to_owned(), tool.to_owned());
    }

    /// A call has its result.
    pub fn done(&mut self, id: &str) {
        self.done.insert(id.to_owned());
    }

    /// A call was denied.
    pub fn denied(&mut self, id: &str) {
        self.denied.insert(id.to_owned());
    }

    /// The model says something.
    pub fn says(&mut self, words: &str) {
        words.clone_into(&mut self.words);
    }

    /// Notes the error kind of a message (none for a good one).
    pub fn error(&mut self, kind: Option<&str>) {
        self.error = kind.map(str::to_owned);
    }

    /// Notes the limits and times that a line carries.
    pub fn clock(&mut self, line: &Value) {
        let said = line.get("timestamp").and_then(Value::as_str);
        if let Some(seconds) = said.and_then(seconds_of) {
            self.heard_at = Some(seconds);
        }
        for place in ["/rate_limit_info", "/api_error_params/rate_limit_info"] {
            if let Some(info) = line.pointer(place)
                && info["status"] == "rejected"
            {
                self.resets_at = info["resetsAt"].as_i64();
            }
        }
    }

    /// The turn ends with this `result` line.
    pub fn end(&mut self, result: &Value) -> Ended {
        let denials = result["permission_denials"]
            .as_array()
            .map_or(&[][..], Vec::as_slice);
        for denial in denials {
            if let Some(id) = denial["tool_use_id"].as_str() {
                self.denied.insert(id.to_owned());
            }
        }
        let went_through = |id: &String| {
            !self.denied.contains(id) && self.calls.get(id).is_some_and(|tool| counts_as_work(tool))
        };
        self.worked |= self.done.iter().any(went_through);
        let error = self.error.take();
        let mut end = end_of(result, error.as_deref(), &self.words);
        if end == RunEnd::Completed && !self.denied.is_empty() && !self.worked {
            end = RunEnd::DeniedEverything;
        }
        if let RunEnd::RateLimited { retry_after_s } = &mut end
            && let (Some(reset), Some(heard)) = (self.resets_at, self.heard_at)
        {
            *retry_after_s = u64::try_from(reset.saturating_sub(heard)).ok();
        }
        let words = match result["result"].as_str() {
            Some(words) => words.to_owned(),
            None => std::mem::take(&mut self.words),
        };
        let ended = Ended {
            end,
            words,
            denials: u32::try_from(self.denied.len()).unwrap_or(u32::MAX),
        };
        self.calls.clear();
        self.done.clear();
        self.denied.clear();
        self.words.clear();
        ended
    }
}

/// Looking things up is not work: a run that could do nothing else has done nothing.
fn counts_as_work(tool: &str) -> bool {
    let own = tool
        .strip_prefix("mcp__")
        .and_then(|rest| rest.strip_prefix(tools::SERVER));
    tool != "ToolSearch" && own != Some("__task_get")
}

/// How the turn ended that this `result` line ends. The `subtype` alone says little: an API error is a `success`.
pub fn end_of(result: &Value, error: Option<&str>, words: &str) -> RunEnd {
    let field = |name: &str| result[name].as_str().unwrap_or("");
    let (subtype, reason) = (field("subtype"), field("terminal_reason"));
    let message = message_of(result, words);
    if reason.starts_with("aborted") {
        return RunEnd::Stopped {
            why: "its turn was interrupted".to_owned(),
        };
    }
    match subtype {
        "error_max_turns" => {
            return agent_error(
                "it used up its turns",
                &message,
                "raise `max_turns` in .mcp/agents.yaml, or make the task smaller",
            );
        }
        "error_max_budget_usd" => {
            return agent_error(
                "it used up its budget",
                &message,
                "raise `budget` in .mcp/agents.yaml, or make the task smaller",
            );
        }
        _ => {}
    }
    if message.starts_with("No conversation found") {
        return no_conversation(&message);
    }
    if result["is_error"] != true {
        return if subtype == "success" || subtype.is_empty() {
            RunEnd::Completed
        } else {
            RunEnd::AgentError {
                message: format!("{subtype}: {message}"),
            }
        };
    }
    if reason == "prompt_too_long" {
        return agent_error(
            "the conversation no longer fits the model's window",
            &message,
            "make the task smaller",
        );
    }
    api_error(
        result["api_error_status"].as_u64(),
        error.unwrap_or(""),
        message,
    )
}

/// How an API error ends a turn.
fn api_error(status: Option<u64>, kind: &str, message: String) -> RunEnd {
    let no_login = ["Not logged in", "Invalid API key"]
        .iter()
        .any(|start| message.starts_with(start));
    match (status, kind) {
        _ if no_login || is_login_error(kind) => not_logged_in(&message),
        (Some(401 | 403), _) => not_logged_in(&message),
        (_, "billing_error") => RunEnd::CouldNotStart {
            message: format!("the provider wants to be paid first: {message}"),
        },
        (_, "model_not_found") | (Some(404), _) => RunEnd::CouldNotStart {
            message: format!("{message} (`model` in .mcp/agents.yaml names it)"),
        },
        // Overloaded and limited are the same to us: trying again at once cannot help, resting can.
        (Some(429 | 529), _) | (_, "rate_limit" | "overloaded") => RunEnd::RateLimited {
            retry_after_s: None,
        },
        _ => RunEnd::AgentError { message },
    }
}

/// Whether an error of this kind is mended by logging in or entering another key.
pub fn is_login_error(kind: &str) -> bool {
    LOGIN_ERRORS.contains(&kind)
}

/// The end of a run without a valid login.
pub fn not_logged_in(message: &str) -> RunEnd {
    RunEnd::NotLoggedIn {
        message: format!(
            "{message}. Run `claude` once in a terminal to log in, or enter an API key in Orchestron's settings"
        ),
    }
}

fn no_conversation(message: &str) -> RunEnd {
    RunEnd::ConversationLost {
        message: message.to_owned(),
    }
}

fn agent_error(what: &str, said: &str, cure: &str) -> RunEnd {
    let said = if said.is_empty() {
        String::new()
    } else {
        format!(" ({said})")
    };
    RunEnd::AgentError {
        message: format!("{what}{said}: {cure}"),
    }
}

/// What the line says went wrong, in a line. Diagnostics the CLI writes for its own makers are left out.
fn message_of(result: &Value, words: &str) -> String {
    let errors = result["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let errors: Vec<&str> = errors
        .iter()
        .filter_map(Value::as_str)
        .filter(|error| !error.starts_with("[ede_diagnostic]"))
        .collect();
    let said = match result["result"].as_str() {
        Some(said) if errors.is_empty() => said.to_owned(),
        _ if errors.is_empty() && !words.is_empty() => words.to_owned(),
        _ if errors.is_empty() => result["subtype"].as_str().unwrap_or("").replace('_', " "),
        _ => errors.join("; "),
    };
    one_line(&said, MAX_MESSAGE)
}

/// What an exit means, when the CLI said so on stderr only.
pub fn explain_exit(code: Option<i32>, stderr: &str) -> Option<RunEnd> {
    if code == Some(0) {
        return None;
    }
    let line = |needle: &str| {
        let found = stderr.lines().rev().find(|line| line.contains(needle));
        found.map(|line| one_line(line, MAX_MESSAGE))
    };
    if let Some(said) = line("is already in use") {
        return Some(agent_error(
            "its conversation exists already",
            &said,
            "the next attempt has to resume it or start a new one",
        ));
    }
    if let Some(said) = line("No conversation found") {
        return Some(no_conversation(&said));
    }
    if let Some(said) = line("unknown option").or_else(|| line("argument missing")) {
        let tested = super::TESTED_VERSION;
        let message = format!(
            "this `claude` does not know how we start it ({said}): install version {tested}"
        );
        return Some(RunEnd::CouldNotStart { message });
    }
    if let Some(said) = line("Not logged in").or_else(|| line("Invalid API key")) {
        return Some(not_logged_in(&said));
    }
    None
}

/// Seconds since 1970 of `2026-11-20T07:25:25.870Z`.
fn seconds_of(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|n| (0..=9999).contains(n));
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let mut time = time.split(['.', ':']).map(number);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    // Days before this one since 1970: leap days are those before March of the year, counted from year 0.
    let shifted = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let days = 365 * shifted + shifted / 4 - shifted / 100
        + shifted / 400
        + (153 * month_from_march + 2) / 5
        + day
        - 1
        - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests;
