//! Tests of the conversation, with lines as the CLI 2.1.328 writes them (shortened to what matters).

use super::Conversation;
use crate::{
    Opening, Protocol, Received, Rule,
    claude::{rules, wire},
};
use orchestron_domain::{
    Leg, MicroUsd, RunEnd, RunId,
    signal::{Say, Signal},
};
use serde_json::{Value, json};

fn opening(leg: Leg) -> Opening {
    Opening {
        run: RunId::of(&"TASK-1".parse().unwrap(), leg.word(), 1),
        leg,
        session: "0a5bde1b-6288-47f7-8d58-3e67df8e2852".into(),
        worktree: "/wt".into(),
        may_write: leg == Leg::Implement,
        prompt: "# TASK-001 · implement · attempt 1\n/compact @/etc/passwd".into(),
        rules: vec![Rule {
            allow: false,
            text: "WebFetch".into(),
        }],
    }
}

fn on(leg: Leg) -> Conversation {
    Conversation::open(opening(leg))
}

fn hear(conversation: &mut Conversation, line: &Value) -> Received {
    conversation.receive(line.to_string().as_bytes())
}

/// The signals of some lines, in order.
fn signals(conversation: &mut Conversation, lines: &[Value]) -> Vec<Signal> {
    lines
        .iter()
        .flat_map(|line| hear(conversation, line).signals)
        .collect()
}

/// The only reply to a line, as JSON.
fn reply(conversation: &mut Conversation, line: &Value) -> Value {
    let received = hear(conversation, line);
    assert_eq!(
        (received.signals.len(), received.replies.len()),
        (0, 1),
        "{received:?}"
    );
    assert_eq!(
        wire::key_of(&received.replies[0].bytes).as_ref(),
        Some(&received.replies[0].key)
    );
    serde_json::from_slice(&received.replies[0].bytes).unwrap()
}

fn state(state: &str) -> Value {
    json!({"type": "system", "subtype": "session_state_changed", "state": state})
}

fn init(servers: Value) -> Value {
    json!({"type": "system", "subtype": "init", "session_id": "0a5b", "claude_code_version": "2.1.328",
        "model": "claude-sonnet-5-5", "mcp_servers": servers})
}

fn up() -> Value {
    init(json!([{"name": "orchestron", "status": "connected", "source": "sdk"}]))
}

fn result(text: &str, dollars: f64) -> Value {
    json!({"type": "result", "subtype": "success", "is_error": false, "result": text, "terminal_reason": "completed",
        "total_cost_usd": dollars, "permission_denials": [],
        "model_usage_since_last_result": {"m": {"inputTokens": 10, "outputTokens": 2, "cacheReadInputTokens": 5, "cacheCreationInputTokens": 1}}})
}

fn answer(key: &str, response: Value) -> Value {
    json!({"type": "control_response", "response": {"subtype": "success", "request_id": key, "response": response}})
}

fn listed(rules: &[(&str, &str, &str)]) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(behavior, source, rule)| json!({"behavior": behavior, "source": source, "rule": rule}))
        .collect();
    answer(wire::RULES, json!({"state": {"rules": rules}}))
}

fn ask(tool: &str, input: Value) -> Value {
    json!({"type": "control_request", "request_id": "ask-1", "request": {"subtype": "can_use_tool", "tool_name": tool, "input": input}})
}

fn ends(signals: &[Signal]) -> Vec<(String, &str, u32)> {
    let ended = signals.iter().filter_map(|signal| match signal {
        Signal::TurnEnded {
            end,
            words,
            denials,
        } => Some((end.to_string(), words.as_str(), *denials)),
        _ => None,
    });
    ended.collect()
}

fn dooms(signals: &[Signal]) -> Vec<String> {
    let doomed = signals.iter().filter_map(|signal| match signal {
        Signal::Doomed { end } => Some(end.to_string()),
        _ => None,
    });
    doomed.collect()
}

#[test]
fn the_prompt_comes_after_the_rules_are_confirmed() {
    let mut conversation = on(Leg::Implement);
    let hello = conversation.hello();
    let first: Value = serde_json::from_slice(&hello[0].bytes).unwrap();
    assert_eq!((hello.len(), hello[0].key.as_str()), (1, "initialize"));
    assert_eq!(
        first["request"],
        json!({"subtype": "initialize", "sdkMcpServers": ["orchestron"]})
    );
    let second = reply(
        &mut conversation,
        &answer("initialize", json!({"commands": []})),
    );
    assert_eq!(
        second["request"],
        json!({"subtype": "list_permission_rules"})
    );
    let prompt = reply(
        &mut conversation,
        &listed(&[("deny", "flagSettings", "WebFetch")]),
    );
    assert_eq!(
        prompt["message"]["content"],
        "# TASK-001 · implement · attempt 1\n/compact @/etc/passwd"
    );
    assert_eq!(prompt["client_composed"], true);
}

#[test]
fn an_agent_that_ignored_its_rules_is_told_nothing() {
    for (answered, said) in [
        (listed(&[]), "ignored its settings file"),
        (
            listed(&[("deny", "cliArg", "WebFetch")]),
            "ignored its settings file",
        ),
        (
            listed(&[("allow", "flagSettings", "WebFetch")]),
            "ignored its settings file",
        ),
        (answer("rules", json!({})), "ignored its settings file"),
        (
            json!({"type": "control_response", "response": {"subtype": "error", "request_id": "rules", "error": "Unsupported"}}),
            "cannot say which permission rules it follows (Unsupported)",
        ),
        (
            json!({"type": "control_response", "response": {"subtype": "error", "request_id": "initialize", "error": "no"}}),
            "refused to begin (no)",
        ),
    ] {
        let received = hear(&mut on(Leg::Implement), &answered);
        assert!(received.replies.is_empty(), "{answered}");
        let dooms = dooms(&received.signals);
        assert!(
            dooms[0].starts_with("could not start: ") && dooms[0].contains(said),
            "{dooms:?}"
        );
    }
}

#[test]
fn a_server_that_is_not_there_dooms_the_run() {
    for (servers, status) in [
        (
            json!([{"name": "orchestron", "status": "failed"}]),
            Some("failed"),
        ),
        (
            json!([{"name": "orchestron", "status": "needs-auth"}]),
            Some("needs-auth"),
        ),
        (
            json!([{"name": "other", "status": "connected"}]),
            Some("missing"),
        ),
        (json!(null), Some("missing")),
        (json!([{"name": "orchestron", "status": "pending"}]), None),
        (json!([{"name": "orchestron", "status": "connected"}]), None),
    ] {
        let signals = signals(&mut on(Leg::Implement), &[init(servers)]);
        let dooms = dooms(&signals);
        assert_eq!(dooms.len(), usize::from(status.is_some()));
        if let Some(status) = status {
            assert!(
                dooms[0].contains(&format!("MCP server `orchestron` is {status}")),
                "{dooms:?}"
            );
        }
    }
}

#[test]
fn a_turn_is_over_when_the_agent_is_idle() {
    let mut conversation = on(Leg::Implement);
    let lines = [
        state("running"),
        up(),
        result("first", 0.01),
        up(),
        result("second", 0.03),
    ];
    let signals_before = signals(&mut conversation, &lines);
    assert!(
        ends(&signals_before).is_empty(),
        "there may be more than one result"
    );
    let costs: Vec<&Signal> = signals_before
        .iter()
        .filter(|s| matches!(s, Signal::Cost { .. }))
        .collect();
    let cost = |total, times| Signal::Cost {
        session_total: MicroUsd(total),
        input_tokens: 16_u64 * times,
        cached_tokens: 5 * times,
        output_tokens: 2_u64 * times,
        requests: 0,
    };
    assert_eq!(
        costs,
        [&cost(10_000, 1), &cost(30_000, 2)],
        "dollars are cumulative, tokens are added up"
    );
    let after = signals(&mut conversation, &[state("idle"), state("idle")]);
    assert_eq!(ends(&after), [("completed".to_owned(), "second", 0)]);
    assert!(conversation.end().is_empty() && conversation.doing().is_empty());
}

#[test]
fn tokens_and_requests_are_told_while_they_are_used_and_their_price_at_the_end() {
    let mut conversation = on(Leg::Implement);
    let message = |id: &str, tokens: u64| {
        json!({"type": "assistant", "message": {"id": id, "content": [],
            "usage": {"input_tokens": tokens, "cache_read_input_tokens": 5, "output_tokens": 1}}})
    };
    // One message in two lines, one refusal of the provider in the CLI's own words.
    let lines = [
        state("running"),
        message("a", 10),
        message("a", 10),
        message("b", 20),
        json!({"type": "assistant", "message": {"id": "c", "content": [], "usage": {"input_tokens": 0, "output_tokens": 0}}}),
        json!({"type": "result", "subtype": "success", "is_error": false, "result": "done", "total_cost_usd": 0.02,
            "usage": {"input_tokens": 40, "output_tokens": 90}}),
    ];
    let told = signals(&mut conversation, &lines);
    let costs: Vec<_> = told
        .iter()
        .filter_map(|signal| match signal {
            Signal::Cost {
                session_total,
                input_tokens,
                cached_tokens,
                output_tokens,
                requests,
            } => Some((
                session_total.0,
                (*input_tokens, *cached_tokens),
                *output_tokens,
                *requests,
            )),
            _ => None,
        })
        .collect();
    assert_eq!(
        costs,
        [
            (0, (15, 5), 1, 1),
            (0, (40, 10), 2, 2),
            (20_000, (40, 10), 90, 2)
        ]
    );
}

#[test]
fn what_was_held_back_is_told_when_the_output_ends() {
    let mut conversation = on(Leg::Implement);
    signals(&mut conversation, &[state("running"), result("done", 0.01)]);
    assert_eq!(
        ends(&conversation.end()),
        [("completed".to_owned(), "done", 0)]
    );
    assert!(conversation.end().is_empty());
}

#[test]
fn a_conversation_that_is_not_there_ends_the_turn_at_once() {
    let line = json!({"type": "result", "subtype": "error_during_execution", "is_error": true, "num_turns": 0,
        "errors": ["No conversation found with session ID: 0a5b"], "total_cost_usd": 0});
    let signals = signals(&mut on(Leg::Implement), &[line]);
    assert!(
        ends(&signals)[0]
            .0
            .contains("there is no conversation to resume"),
        "{signals:?}"
    );
}

#[test]
fn a_refused_login_dooms_the_run_once() {
    let retry = |n: u32, status: u32| {
        json!({"type": "system", "subtype": "api_retry", "attempt": n, "max_retries": 6, "retry_delay_ms": 623.7,
            "error_status": status, "error": "authentication_failed"})
    };
    let synthetic = json!({"type": "assistant", "error": "authentication_failed",
        "message": {"content": [{"type": "text", "text": "Invalid API key · Fix external API key"}]}});
    for first in [retry(1, 401), retry(1, 403), synthetic.clone()] {
        let mut conversation = on(Leg::Implement);
        let signals = signals(
            &mut conversation,
            &[first, retry(2, 401), synthetic.clone()],
        );
        assert_eq!(signals.len(), 1, "{signals:?}");
        assert!(matches!(
            &signals[0],
            Signal::Doomed {
                end: RunEnd::NotLoggedIn { .. }
            }
        ));
    }
}

#[test]
fn other_refusals_are_waits() {
    let retry = |kind: &str, status: Value| json!({"type": "system", "subtype": "api_retry", "attempt": 2, "retry_delay_ms": 504.4, "error_status": status, "error": kind});
    for (line, reason) in [
        (
            retry("rate_limit", json!(429)),
            "the provider limits the rate (429)",
        ),
        (
            retry("overloaded", json!(529)),
            "the provider is overloaded (529)",
        ),
        (
            retry("server_error", json!(500)),
            "the provider had an error (500)",
        ),
        (
            retry("unknown", json!(null)),
            "the provider cannot be reached",
        ),
        (retry("new_kind", json!(418)), "the provider refused (418)"),
    ] {
        let expected = Signal::Retrying {
            attempt: 2,
            delay_ms: 504,
            reason: reason.into(),
        };
        assert_eq!(signals(&mut on(Leg::Implement), &[line]), [expected]);
    }
}

#[test]
fn a_person_is_asked_in_words() {
    let mut conversation = on(Leg::Implement);
    let mut line = ask(
        "Bash",
        json!({"command": "rm -rf build\nrm -rf ~", "description": "clean"}),
    );
    line["request"]["decision_reason"] = json!("Contains several commands");
    let heard = signals(&mut conversation, &[line]);
    assert_eq!(
        heard,
        [Signal::Asked {
            ask: "ask-1".into(),
            tool: "Bash".into(),
            input: json!({"command": "rm -rf build\nrm -rf ~", "description": "clean"}).to_string(),
            summary: "rm -rf build ⏎ rm -rf ~".into(),
            reason: Some("Contains several commands".into()),
        }]
    );
    let said = conversation.say(&Say::Permit {
        ask: "ask-1".into(),
        allow: false,
        message: "not that".into(),
    });
    let line: Value = serde_json::from_slice(&said.bytes).unwrap();
    assert_eq!(
        (said.key.as_str(), &line["response"]["response"]),
        ("ask-1", &json!({"behavior": "deny", "message": "not that"}))
    );
}

#[test]
fn an_ask_is_withdrawn_once_and_only_if_it_was_one() {
    let mut conversation = on(Leg::Implement);
    let cancel = |id: &str| json!({"type": "control_cancel_request", "request_id": id});
    let lines = [
        ask("Bash", json!({"command": "x"})),
        cancel("other"),
        cancel("ask-1"),
        cancel("ask-1"),
    ];
    let heard = signals(&mut conversation, &lines);
    assert_eq!(
        heard[1..],
        [Signal::AskWithdrawn {
            ask: "ask-1".into()
        }]
    );
}

#[test]
fn what_the_leg_decides_is_answered_at_once() {
    for (leg, line, behavior) in [
        (
            Leg::Implement,
            ask("mcp__orchestron__task_get", json!({})),
            "allow",
        ),
        (
            Leg::Implement,
            ask("AskUserQuestion", json!({"questions": []})),
            "deny",
        ),
        (Leg::Implement, ask("ExitPlanMode", json!({})), "deny"),
        (
            Leg::Review,
            ask("Write", json!({"file_path": "/wt/x"})),
            "deny",
        ),
        (Leg::Prepare, ask("NotebookEdit", json!({})), "deny"),
    ] {
        let said = reply(&mut on(leg), &line);
        assert_eq!(said["response"]["response"]["behavior"], behavior, "{line}");
    }
    let foreign = signals(
        &mut on(Leg::Review),
        &[ask("mcp__orchestronx__y", json!({}))],
    );
    assert_eq!(
        foreign.len(),
        1,
        "another server's name that begins like ours is no server of ours"
    );
}

#[test]
fn requests_we_do_not_know_are_refused() {
    for subtype in ["hook_callback", "elicitation", "request_user_dialog", "new"] {
        let line =
            json!({"type": "control_request", "request_id": "r", "request": {"subtype": subtype}});
        let said = reply(&mut on(Leg::Implement), &line);
        assert_eq!(said["response"]["subtype"], "error", "{subtype}");
    }
    let elsewhere = json!({"type": "control_request", "request_id": "r", "request": {"subtype": "mcp_message",
        "server_name": "other", "message": {"jsonrpc": "2.0", "id": 1, "method": "ping"}}});
    assert_eq!(
        reply(&mut on(Leg::Implement), &elsewhere)["response"]["subtype"],
        "error"
    );
}

#[test]
fn life_is_shown_when_it_changes() {
    let delta = |kind: &str, text: &str| json!({"type": "stream_event", "event": {"type": "content_block_delta", "delta": {"type": kind, "text": text}}, "parent_tool_use_id": null});
    let start = |block: Value| json!({"type": "stream_event", "event": {"type": "content_block_start", "content_block": block}, "parent_tool_use_id": null});
    let beat = |seconds: u32| json!({"type": "tool_progress", "tool_use_id": "t1-heartbeat-0", "parent_tool_use_id": "t1", "tool_name": "Bash", "elapsed_time_seconds": seconds});
    let bash = json!({"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "node --test"}});
    let lines = [
        json!({"type": "system", "subtype": "status", "status": "requesting"}),
        json!({"type": "system", "subtype": "status", "status": "requesting"}),
        start(json!({"type": "thinking"})),
        start(json!({"type": "text"})),
        delta("text_delta", "short"),
        delta("text_delta", &"x".repeat(5000)),
        start(json!({"type": "tool_use", "name": "mcp__orchestron__task_submit"})),
        json!({"type": "assistant", "message": {"content": [bash]}}),
        beat(30),
        beat(60),
        json!({"type": "system", "subtype": "task_progress", "description": "review", "usage": {"tool_uses": 3}}),
        json!({"type": "system", "subtype": "status", "status": "compacting"}),
    ];
    let doing: Vec<String> = signals(&mut on(Leg::Implement), &lines)
        .into_iter()
        .map(|signal| match signal {
            Signal::Alive { doing } => doing,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        doing,
        [
            "waiting for the model",
            "thinking",
            "writing",
            "writing · 4 kB",
            "preparing task_submit",
            "Bash node --test",
            "Bash node --test · 30 s",
            "Bash node --test · 60 s",
            "Agent review · step 3",
            "shortening the conversation",
        ]
    );
}

#[test]
fn lines_that_are_none_are_counted_and_huge_ones_read() {
    let mut conversation = on(Leg::Implement);
    for line in ["", "\n", "  ", "(node:1) Warning: x", "{\"type\":", "[1]"] {
        assert_eq!(conversation.receive(line.as_bytes()), Received::default());
    }
    assert_eq!(conversation.malformed(), 3, "blank lines are no fault");
    let huge = ask(
        "Write",
        json!({"file_path": "/wt/big", "content": "x".repeat(8 << 20)}),
    );
    let heard = signals(&mut conversation, &[huge]);
    assert!(matches!(&heard[0], Signal::Asked { input, .. } if input.len() > 8 << 20));
}

#[test]
fn an_ask_with_half_a_character_in_it_is_not_lost() {
    let line = br#"{"type":"control_request","request_id":"06c3","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"echo \ud83d > q"}}}"#;
    let heard = on(Leg::Implement).receive(line).signals;
    assert!(
        matches!(&heard[0], Signal::Asked { summary, .. } if summary == "echo \u{fffd} > q"),
        "{heard:?}"
    );
}

#[test]
fn everything_said_has_a_key_of_its_own() {
    let mut conversation = on(Leg::Implement);
    let words = |id: &str| Say::Words {
        id: id.into(),
        text: "go on".into(),
    };
    let first = conversation.say(&words("1"));
    assert_eq!(first, conversation.say(&words("1")));
    assert_ne!(first.key, conversation.say(&words("2")).key);
    let stop = conversation.say(&Say::Interrupt);
    assert_eq!(
        stop,
        conversation.say(&Say::Interrupt),
        "once for each turn"
    );
    let line: Value = serde_json::from_slice(&stop.bytes).unwrap();
    assert_eq!(line["request"], json!({"subtype": "interrupt"}));
    hear(&mut conversation, &result("x", 0.0));
    assert_ne!(stop.key, conversation.say(&Say::Interrupt).key);
    let prompt = words("prompt");
    let uuid = wire::message_uuid(
        &opening(Leg::Implement).session,
        &opening(Leg::Implement).run,
        "prompt",
    );
    assert_ne!(
        conversation.say(&prompt).key,
        uuid,
        "no words can take the prompt's name"
    );
}

#[test]
fn every_tool_that_is_never_used_is_refused_by_rule_too() {
    let rules = rules::tools_taken_away(false);
    assert!(
        rules::NEVER
            .iter()
            .chain(&rules::WRITING)
            .all(|tool| rules.contains(tool))
    );
}
