//! Tests of how turns end.

use super::{Ended, Turn, end_of, explain_exit, seconds_of};
use orchestron_domain::RunEnd;
use serde_json::{Value, json};

fn says(end: &RunEnd) -> String {
    end.to_string()
}

/// Lines as the CLI 2.1.328 wrote them (shortened), the error kind of the message before, and what they must mean.
const RESULTS: &[(&str, &str, &str)] = &[
    (
        r#"{"subtype":"success","is_error":false,"result":"done","terminal_reason":"completed"}"#,
        "",
        "completed",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":401,"result":"Invalid API key · Fix external API key"}"#,
        "authentication_failed",
        "the agent is not logged in: Invalid API key · Fix external API key. Run `claude` once in a terminal to log in, \
         or enter an API key in Orchestron's settings",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":null,"result":"Not logged in · Please run /login"}"#,
        "",
        "the agent is not logged in: Not logged in · Please run /login. Run `claude` once in a terminal to log in, \
         or enter an API key in Orchestron's settings",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":400,"result":"Credit balance is too low"}"#,
        "billing_error",
        "could not start: the provider wants to be paid first: Credit balance is too low",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":404,"result":"There's an issue with the selected model (x)."}"#,
        "model_not_found",
        "could not start: There's an issue with the selected model (x). (`model` in .mcp/agents.yaml names it)",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":429,"result":"API Error: Request rejected (429)"}"#,
        "rate_limit",
        "the provider's limit was reached",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":529,"result":"API Error: Repeated 529"}"#,
        "server_error",
        "the provider's limit was reached",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":500,"result":"API Error: 500 boom."}"#,
        "server_error",
        "the agent ended with an error: API Error: 500 boom.",
    ),
    (
        r#"{"subtype":"success","is_error":true,"api_error_status":400,"terminal_reason":"prompt_too_long","result":"Prompt is too long"}"#,
        "invalid_request",
        "the agent ended with an error: the conversation no longer fits the model's window (Prompt is too long): \
         make the task smaller",
    ),
    (
        r#"{"subtype":"error_max_turns","is_error":true,"errors":["Reached maximum number of turns (1)"]}"#,
        "",
        "the agent ended with an error: it used up its turns (Reached maximum number of turns (1)): raise `max_turns` in \
         .mcp/agents.yaml, or make the task smaller",
    ),
    (
        r#"{"subtype":"error_max_budget_usd","is_error":true,"errors":["Reached maximum budget ($0.001)"]}"#,
        "",
        "the agent ended with an error: it used up its budget (Reached maximum budget ($0.001)): raise `budget` in \
         .mcp/agents.yaml, or make the task smaller",
    ),
    (
        r#"{"subtype":"error_during_execution","is_error":true,"num_turns":0,"errors":["No conversation found with session ID: 0473"]}"#,
        "",
        "there is no conversation to resume (No conversation found with session ID: 0473): \
         the next attempt has to start a new one",
    ),
    (
        r#"{"subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_tools","errors":["[ede_diagnostic] x"]}"#,
        "",
        "stopped: its turn was interrupted",
    ),
    (
        r#"{"subtype":"error_during_execution","is_error":true,"errors":["[ede_diagnostic] x"]}"#,
        "",
        "the agent ended with an error: error during execution",
    ),
    (
        r#"{"subtype":"error_new_kind","is_error":false}"#,
        "",
        "the agent ended with an error: error_new_kind: error new kind",
    ),
    ("{}", "", "completed"),
];

#[test]
fn every_result_has_its_meaning() {
    for (line, error, meaning) in RESULTS {
        let result: Value = serde_json::from_str(line).unwrap();
        let error = Some(*error).filter(|error| !error.is_empty());
        assert_eq!(says(&end_of(&result, error, "")), *meaning, "{line}");
    }
}

fn good_result(denied: &[&str]) -> Value {
    let denials: Vec<Value> = denied
        .iter()
        .map(|id| json!({"tool_use_id": id, "tool_name": "Write"}))
        .collect();
    json!({"subtype": "success", "is_error": false, "result": "done", "permission_denials": denials})
}

fn turn_of(turn: &mut Turn, calls: &[(&str, &str)], denied: &[&str]) -> Ended {
    for (id, tool) in calls {
        turn.calls(id, tool);
        turn.done(id);
    }
    turn.end(&good_result(denied))
}

#[test]
fn a_run_that_was_denied_everything_has_not_succeeded() {
    let denied = RunEnd::DeniedEverything;
    for (calls, denials, end) in [
        (
            &[("a", "Write"), ("b", "Bash")][..],
            &["a", "b"][..],
            &denied,
        ),
        (&[("a", "Write"), ("b", "Bash")], &["a"], &RunEnd::Completed),
        (
            &[("a", "Write"), ("b", "mcp__orchestron__task_get")],
            &["a"],
            &denied,
        ),
        (
            &[("a", "Write"), ("b", "mcp__orchestron__task_submit")],
            &["a"],
            &RunEnd::Completed,
        ),
        (&[("a", "Write"), ("b", "ToolSearch")], &["a"], &denied),
        (
            &[("a", "mcp__orchestron__task_get")],
            &[],
            &RunEnd::Completed,
        ),
        (&[], &[], &RunEnd::Completed),
    ] {
        let ended = turn_of(&mut Turn::default(), calls, denials);
        assert_eq!(
            (&ended.end, ended.denials as usize),
            (end, denials.len()),
            "{calls:?} {denials:?}"
        );
    }
}

#[test]
fn work_of_an_earlier_turn_counts() {
    let mut turn = Turn::default();
    assert_eq!(
        turn_of(&mut turn, &[("a", "Write")], &[]).end,
        RunEnd::Completed
    );
    let second = turn_of(&mut turn, &[("b", "Write")], &["b"]);
    assert_eq!((second.end, second.denials), (RunEnd::Completed, 1));
}

#[test]
fn a_far_reset_is_parked_until_then() {
    let mut turn = Turn::default();
    turn.clock(&json!({"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": 1_795_168_800}}));
    turn.clock(&json!({"type": "assistant", "timestamp": "2026-11-20T09:12:00.123Z"}));
    let result =
        json!({"subtype": "success", "is_error": true, "api_error_status": 429, "result": "limit"});
    assert_eq!(
        turn.end(&result).end,
        RunEnd::RateLimited {
            retry_after_s: Some(2880)
        }
    );
    let mut turn = Turn::default();
    turn.clock(&json!({"rate_limit_info": {"status": "allowed", "resetsAt": 1_795_168_800}}));
    turn.clock(&json!({"timestamp": "2026-11-20T09:12:00.123Z"}));
    assert_eq!(
        turn.end(&result).end,
        RunEnd::RateLimited {
            retry_after_s: None
        }
    );
}

#[test]
fn moments_are_read() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("2000-02-29T00:00:00.000Z", Some(951_782_400)),
        ("2026-11-20T09:12:00.999Z", Some(1_795_165_920)),
        ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
        ("", None),
        ("2026-11-20", None),
        ("x-y-zTa:b:cZ", None),
        ("99999999999-1-1T1:1:1Z", None),
    ] {
        assert_eq!(seconds_of(text), seconds, "{text}");
    }
}

#[test]
fn exits_that_only_stderr_explains() {
    for (code, stderr, meaning) in [
        (
            Some(1),
            "Error: Session ID a823 is already in use.\n",
            Some(
                "the agent ended with an error: its conversation exists already (Error: Session ID a823 is already in use.): \
                 the next attempt has to resume it or start a new one",
            ),
        ),
        (
            Some(1),
            "warn\nerror: unknown option '--replay-user-messages'\n",
            Some(
                "could not start: this `claude` does not know how we start it (error: unknown option '--replay-user-messages'): \
                 install version 2.1.328",
            ),
        ),
        (Some(0), "Error: Session ID a823 is already in use.", None),
        (None, "", None),
        (Some(143), "anything", None),
    ] {
        let found = explain_exit(code, stderr).map(|end| says(&end));
        assert_eq!(found.as_deref(), meaning, "{stderr}");
    }
}
