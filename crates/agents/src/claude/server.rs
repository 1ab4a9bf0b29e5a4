//! Our MCP server as the Claude CLI sees it: JSON-RPC that travels inside control requests, over the agent's own pipe. No
//! port, no token, no other process: who calls is whoever holds the pipe.

use super::wire;
use crate::{Reply, tools};
use orchestron_domain::{CallId, Leg, signal::Signal};
use serde_json::{Value, json};

/// The protocol revision offered when the agent names none.
const REVISION: &str = "2025-11-25";
/// JSON-RPC: the method is not known. For `server/discover` it makes the agent fall back to `initialize`.
const METHOD_NOT_FOUND: i32 = -32601;

/// What becomes of a message.
pub enum Outcome {
    /// It is answered by us.
    Answer(Reply),
    /// The engine has to answer it.
    Call(Signal),
}

/// Handles a message that came in the control request `request_id`.
pub fn handle(leg: Leg, request_id: &str, message: &Value) -> Outcome {
    let Some(id) = message.get("id").filter(|id| !id.is_null()) else {
        // A notification. The CLI wants an answer to its control request all the same.
        let body = json!({ "jsonrpc": "2.0", "result": {}, "id": 0 });
        return Outcome::Answer(wrapped(request_id, &body));
    };
    let method = message.get("method").and_then(Value::as_str).unwrap_or("");
    let result = match method {
        "initialize" => initialize(message),
        "ping" => json!({}),
        "tools/list" => json!({ "tools": list(leg) }),
        "tools/call" => return call(leg, request_id, id, message),
        _ => {
            let error = json!({ "code": METHOD_NOT_FOUND, "message": format!("no method `{method}` here") });
            let body = json!({ "jsonrpc": "2.0", "id": id, "error": error });
            return Outcome::Answer(wrapped(request_id, &body));
        }
    };
    Outcome::Answer(wrapped(
        request_id,
        &json!({ "jsonrpc": "2.0", "id": id, "result": result }),
    ))
}

/// The answer to a call, as the engine says it. The call's name carries everything that is needed, so that it can be
/// answered after any restart.
pub fn answer(call: &CallId, ok: bool, text: &str) -> Reply {
    let (request_id, id) = call.0.split_once('#').unwrap_or((&call.0, "0"));
    let id: Value = serde_json::from_str(id).unwrap_or_else(|_| json!(id));
    result(request_id, &id, ok, text)
}

fn result(request_id: &str, id: &Value, ok: bool, text: &str) -> Reply {
    let content = json!([{ "type": "text", "text": text }]);
    let body =
        json!({ "jsonrpc": "2.0", "id": id, "result": { "content": content, "isError": !ok } });
    wrapped(request_id, &body)
}

fn wrapped(request_id: &str, body: &Value) -> Reply {
    wire::answer(request_id, &json!({ "mcp_response": body }))
}

fn initialize(message: &Value) -> Value {
    let asked = message
        .pointer("/params/protocolVersion")
        .and_then(Value::as_str);
    json!({
        "protocolVersion": asked.unwrap_or(REVISION),
        "capabilities": { "tools": {} },
        "serverInfo": { "name": tools::SERVER, "version": env!("CARGO_PKG_VERSION") },
    })
}

fn list(leg: Leg) -> Vec<Value> {
    let listed = tools::of_leg(leg).iter().map(|tool| {
        json!({
            "name": tool.name,
            "description": tool.about,
            "inputSchema": tool.schema(),
            // Without it the model sees names only and has to search for the tool first.
            "_meta": { "anthropic/alwaysLoad": true },
        })
    });
    listed.collect()
}

fn call(leg: Leg, request_id: &str, id: &Value, message: &Value) -> Outcome {
    let name = message
        .pointer("/params/name")
        .and_then(Value::as_str)
        .unwrap_or("");
    let arguments = message.pointer("/params/arguments").unwrap_or(&Value::Null);
    let Some(tool) = tools::of_leg(leg).iter().find(|tool| tool.name == name) else {
        let text = format!("There is no tool `{name}` on the {leg} leg.");
        return Outcome::Answer(result(request_id, id, false, &text));
    };
    if let Some(complaint) = tool.complaint(arguments) {
        return Outcome::Answer(result(request_id, id, false, &complaint));
    }
    let arguments = if arguments.is_null() {
        "{}".to_owned()
    } else {
        arguments.to_string()
    };
    Outcome::Call(Signal::ToolCalled {
        call: CallId(format!("{request_id}#{id}")),
        tool: name.to_owned(),
        arguments,
    })
}

#[cfg(test)]
mod tests {
    use super::{Outcome, answer, handle};
    use orchestron_domain::{CallId, Leg, signal::Signal};
    use serde_json::{Value, json};

    fn answered(leg: Leg, message: &Value) -> Value {
        match handle(leg, "r-1", message) {
            Outcome::Answer(reply) => {
                assert_eq!(reply.key, "r-1");
                let line: Value = serde_json::from_slice(&reply.bytes).unwrap();
                line["response"]["response"]["mcp_response"].clone()
            }
            Outcome::Call(signal) => panic!("not answered: {signal:?}"),
        }
    }

    fn rpc(method: &str, params: &Value) -> Value {
        json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
    }

    #[test]
    fn the_handshake_is_answered_here() {
        let hello = answered(
            Leg::Implement,
            &rpc("initialize", &json!({"protocolVersion": "2026-07-28"})),
        );
        assert_eq!(
            (&hello["id"], &hello["result"]["protocolVersion"]),
            (&json!(7), &json!("2026-07-28"))
        );
        assert_eq!(
            answered(Leg::Implement, &rpc("ping", &json!({})))["result"],
            json!({})
        );
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(
            answered(Leg::Implement, &note),
            json!({"jsonrpc": "2.0", "result": {}, "id": 0})
        );
        for unknown in ["server/discover", "resources/list", ""] {
            assert_eq!(
                answered(Leg::Implement, &rpc(unknown, &json!({})))["error"]["code"],
                -32601
            );
        }
    }

    #[test]
    fn every_tool_is_listed_with_its_schema() {
        let list = answered(Leg::Review, &rpc("tools/list", &json!({})));
        let tools = list["result"]["tools"].as_array().unwrap();
        assert_eq!(tools.len(), crate::tools::of_leg(Leg::Review).len());
        assert!(tools.iter().all(|tool| {
            tool["_meta"]["anthropic/alwaysLoad"] == true && tool["inputSchema"]["type"] == "object"
        }));
    }

    #[test]
    fn a_good_call_goes_to_the_engine_and_is_answered_later() {
        let params = json!({"name": "task_submit", "arguments": {"note": "done"}, "_meta": {}});
        let Outcome::Call(Signal::ToolCalled {
            call,
            tool,
            arguments,
        }) = handle(Leg::Implement, "b60c-5", &rpc("tools/call", &params))
        else {
            panic!("a good call is the engine's to answer");
        };
        assert_eq!(
            (tool.as_str(), arguments.as_str()),
            ("task_submit", r#"{"note":"done"}"#)
        );
        let reply = answer(&call, false, "no");
        assert_eq!(reply.key, "b60c-5");
        let line: Value = serde_json::from_slice(&reply.bytes).unwrap();
        assert_eq!(
            line["response"]["response"]["mcp_response"],
            json!({"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "no"}], "isError": true}})
        );
        for (call, id) in [
            ("r#\"a#b\"", json!("a#b")),
            ("r#3", json!(3)),
            ("r", json!(0)),
        ] {
            let line: Value =
                serde_json::from_slice(&answer(&CallId::from(call), true, "x").bytes).unwrap();
            assert_eq!(line["response"]["request_id"], "r");
            assert_eq!(
                line["response"]["response"]["mcp_response"]["id"], id,
                "{call}"
            );
        }
    }

    #[test]
    fn bad_calls_never_reach_the_engine() {
        for params in [
            json!({"name": "review_decide", "arguments": {"verdict": "approve", "note": "x"}}),
            json!({"name": "task_submit", "arguments": {}}),
            json!({"name": "rm"}),
            json!({}),
        ] {
            let reply = answered(Leg::Implement, &rpc("tools/call", &params));
            assert_eq!(reply["result"]["isError"], true, "{params}");
        }
    }
}
