//! The endpoint as a client sees it: real sockets, no CLI.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::{Outcome, Pace, Scenario, ScriptedModel, ScriptedModelError, ScriptedModelHandle};

const SCRIPT: &str = "
name: endpoint
plays:
  - when: { task: TASK-001 }
    steps:
      - error: { status: 429, message: Slow down, retry_after: 7 }
      - error: { status: 529, in_stream: true }
      - cut: true
      - say: one two three four five six seven eight nine ten
        calls: [{ tool: Bash, input: { command: ls } }]
      - say: the end
  - when: { task: TASK-002 }
    steps:
      - stall_s: 0.4
      - say: slowly
  - when: { task: TASK-003 }
    steps:
      - stall_s: 3000
      - say: never
  - when: { task: TASK-004 }
    steps:
      - silent_s: 3000
      - say: never
";

/// A server on a runtime of its own, so that the test itself may block.
struct Fixture {
    runtime: Runtime,
    model: ScriptedModelHandle,
}

fn start() -> Fixture {
    let runtime = Runtime::new().unwrap();
    let scenario = Scenario::from_yaml(SCRIPT, "endpoint.yaml").unwrap();
    let scenario = scenario.with_pace(Pace::Instant);
    let started = runtime.block_on(ScriptedModel::start(scenario, ([127, 0, 0, 1], 0).into()));
    Fixture {
        model: started.unwrap(),
        runtime,
    }
}

struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    /// What arrived, and whether it arrived whole.
    text: String,
    is_whole: bool,
}

impl Fixture {
    fn agent() -> ureq::Agent {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        config.build().into()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        let url = self.model.base_url() + path;
        let mut response = Self::agent().post(&url).send_json(body).unwrap();
        let mut bytes = Vec::new();
        let read = response.body_mut().as_reader().read_to_end(&mut bytes);
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: String::from_utf8(bytes).unwrap(),
            is_whole: read.is_ok(),
        }
    }

    fn ask(&self, task: &str, stream: bool) -> Answer {
        self.post("/v1/messages?beta=true", &request(task, stream))
    }
}

fn request(task: &str, stream: bool) -> Value {
    json!({
        "model": "sonnet",
        "stream": stream,
        "tools": [{"name": "Bash"}],
        "messages": [{"role": "user", "content": format!("# {task} · implement · attempt 1\nGo.")}],
    })
}

#[test]
fn faults_come_in_their_order_and_then_the_turn_is_played() {
    let fixture = start();
    let limited = fixture.ask("TASK-001", true);
    assert_eq!(limited.status, 429);
    assert_eq!(limited.headers["retry-after"], "7");
    assert!(limited.headers.contains_key("request-id"));
    let body: Value = serde_json::from_str(&limited.text).unwrap();
    assert_eq!(body["type"], "error");
    assert_eq!(
        body["error"],
        json!({"type": "rate_limit_error", "message": "Slow down"})
    );

    let overloaded = fixture.ask("TASK-001", true);
    assert_eq!(overloaded.status, 200);
    assert!(
        overloaded.text.contains("event: error"),
        "{}",
        overloaded.text
    );
    assert!(overloaded.text.contains("overloaded_error"));
    assert!(!overloaded.text.contains("message_stop"));

    let cut = fixture.ask("TASK-001", true);
    assert!(!cut.is_whole, "a cut stream must look cut to the client");
    assert!(cut.text.contains("message_start"));

    let played = fixture.ask("TASK-001", true);
    assert!(played.is_whole);
    assert_eq!(played.headers["content-type"], "text/event-stream");
    for event in [
        "message_start",
        "ping",
        "content_block_delta",
        "message_delta",
        "message_stop",
    ] {
        assert!(
            played.text.contains(&format!("event: {event}\n")),
            "{event}"
        );
    }
    let whole = fixture.ask("TASK-001", false);
    let message: Value = serde_json::from_str(&whole.text).unwrap();
    assert_eq!(message["stop_reason"], "tool_use");
    assert_eq!(message["content"][1]["name"], "Bash");
    assert_eq!(message["model"], "sonnet");

    let faults: Vec<_> = fixture
        .model
        .requests()
        .into_iter()
        .map(|r| r.outcome)
        .collect();
    let turn = |fault| Outcome::Turn {
        play_line: 4,
        turn: 1,
        fault,
    };
    let expected = [Some("error"), Some("error"), Some("cut"), None, None].map(turn);
    assert_eq!(faults, expected);
}

#[test]
fn a_restarted_model_goes_on_where_the_conversation_stands() {
    let mut conversation = request("TASK-001", false);
    let said = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "a", "name": "Bash", "input": {}}]});
    let result = json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": ""}]});
    let messages = conversation["messages"].as_array_mut().unwrap();
    messages.extend([said, result]);
    let text = start().post("/v1/messages", &conversation).text;
    assert!(text.contains("the end"), "{text}");
}

#[test]
fn every_answer_has_ids_of_its_own() {
    let fixture = start();
    let ids: std::collections::BTreeSet<String> = (0..3)
        .map(|_| fixture.post("/v1/messages", &json!({"messages": []})).text)
        .filter_map(|text| serde_json::from_str::<Value>(&text).ok())
        .map(|message| message["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_stall_is_a_silence_after_which_the_stream_goes_on() {
    let fixture = start();
    let began = Instant::now();
    let stalled = fixture.ask("TASK-002", true);
    assert!(began.elapsed() >= Duration::from_millis(400));
    assert!(stalled.is_whole && stalled.text.contains("slowly"));
    let began = Instant::now();
    fixture.ask("TASK-002", true);
    assert!(began.elapsed() < Duration::from_millis(400), "once only");
}

#[test]
fn stopping_ends_streams_that_stall_and_answers_that_have_not_begun() {
    let fixture = start();
    let url = format!("{}/v1/messages", fixture.model.base_url());
    let waiting: Vec<_> = ["TASK-003", "TASK-004"]
        .map(|task| {
            let (url, body) = (url.clone(), request(task, true));
            std::thread::spawn(move || {
                let mut response = Fixture::agent().post(&url).send_json(&body).unwrap();
                response.body_mut().read_to_string().is_ok()
            })
        })
        .into();
    while fixture.model.request_count() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = Instant::now();
    fixture.runtime.block_on(fixture.model.stop());
    for thread in waiting {
        assert!(!thread.join().unwrap(), "a stopped answer must look cut");
    }
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[test]
fn only_loopback_is_listened_on() {
    let runtime = Runtime::new().unwrap();
    let scenario = Scenario::from_yaml(SCRIPT, "endpoint.yaml").unwrap();
    let started = runtime.block_on(ScriptedModel::start(scenario, ([0, 0, 0, 0], 0).into()));
    assert!(matches!(started, Err(ScriptedModelError::NotLoopback(_))));
}

#[test]
fn a_taken_port_is_named() {
    let fixture = start();
    let scenario = Scenario::from_yaml(SCRIPT, "endpoint.yaml").unwrap();
    let again = ScriptedModel::start(scenario, fixture.model.addr());
    let error = fixture.runtime.block_on(again).unwrap_err();
    assert!(
        error
            .to_string()
            .contains(&fixture.model.addr().to_string()),
        "{error}"
    );
}

#[test]
fn the_clis_other_requests_are_answered_and_unknown_ones_refused_in_shape() {
    let fixture = start();
    let base = fixture.model.base_url();
    let agent = Fixture::agent();
    for path in ["/", "/api/hello", "/v1/models"] {
        assert_eq!(
            agent.get(base.clone() + path).call().unwrap().status(),
            200,
            "{path}"
        );
        assert_eq!(
            agent.head(base.clone() + path).call().unwrap().status(),
            200,
            "{path}"
        );
    }
    let count = fixture.post("/v1/messages/count_tokens", &json!({"messages": []}));
    let count: Value = serde_json::from_str(&count.text).unwrap();
    assert!(count["input_tokens"].as_u64().unwrap() > 0);
    let aside = fixture.post(
        "/v1/messages",
        &json!({"messages": [{"role": "user", "content": "quota"}]}),
    );
    assert!(aside.text.contains("Scripted model"), "{}", aside.text);
    let unknown = fixture.post("/v1/complete", &json!({}));
    assert_eq!(unknown.status, 404);
    let unknown: Value = serde_json::from_str(&unknown.text).unwrap();
    assert_eq!(unknown["error"]["type"], "not_found_error");
    let garbage = fixture.post("/v1/messages", &json!("no request"));
    assert_eq!(garbage.status, 400);
    assert!(garbage.text.contains("invalid_request_error"));
    let last = fixture.model.requests().pop().unwrap();
    assert_eq!(
        (last.path.as_str(), last.outcome),
        ("/v1/messages", Outcome::Refused)
    );
}
