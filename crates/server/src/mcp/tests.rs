//! The server as a client sees it, over a pipe in memory, on a world of fakes.

mod holders;
mod hostile;
mod step_in;

use super::{Connection, Mcp, listed, stdio, tools};
use crate::testing::context;
use orchestron_operations::{Context, caller::connect_as, wire::Topic};
use orchestron_testkit::{Status, World, run_engine, waits_for_a_permission};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, split},
    sync::broadcast,
    time::timeout,
};
use tools::Role;

const MODERN: &str = "2026-07-28";

/// A client over a pipe.
struct Client {
    input: WriteHalf<DuplexStream>,
    output: BufReader<ReadHalf<DuplexStream>>,
    bell: broadcast::Sender<Topic>,
    notes: Vec<Value>,
    last: u64,
    modern: bool,
}

impl Client {
    /// Connects the person's own client, or a holder outside.
    fn connect(world: &World, holder: Option<&str>) -> Self {
        let mut context = context(world);
        if let Some(name) = holder {
            connect_as(&mut context, name).unwrap();
        }
        Self::over(context)
    }

    /// Connects what runs inside a run.
    fn inside(world: &World, run: &str) -> Self {
        let mut context = context(world);
        context.actor = World::inside(run).into();
        Self::over(context)
    }

    fn over(context: Context) -> Self {
        let bell = broadcast::channel(8).0;
        let rings = bell.clone();
        let mcp = Mcp::new(Connection {
            context: Arc::new(Mutex::new(context)),
            bell: Arc::new(move || Some(rings.subscribe())),
            settle: None,
            secret: [7; 32],
        })
        .unwrap();
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let (from, to) = split(theirs);
        tokio::spawn(stdio::over(mcp, from, to));
        let (output, input) = split(ours);
        Self {
            input,
            output: BufReader::new(output),
            bell,
            notes: Vec::new(),
            last: 0,
            modern: false,
        }
    }

    async fn write(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).await.unwrap();
        self.input.write_all(b"\n").await.unwrap();
    }

    async fn read(&mut self) -> Value {
        let mut line = String::new();
        let read = timeout(Duration::from_secs(20), self.output.read_line(&mut line));
        assert!(
            read.await.expect("an answer").unwrap() > 0,
            "the server hung up"
        );
        serde_json::from_str(&line).unwrap()
    }

    async fn send(&mut self, method: &str, mut params: Value) -> u64 {
        self.last += 1;
        if self.modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!(MODERN);
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
                json!({"elicitation": {"form": {}}});
        }
        let message =
            json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params});
        self.write(&message.to_string()).await;
        self.last
    }

    /// Asks, and puts aside what comes before the answer.
    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params).await;
        loop {
            let came = self.read().await;
            if came["id"] == json!(id) && came.get("method").is_none() {
                return came;
            }
            self.notes.push(came);
        }
    }

    async fn hello(mut self, capabilities: Value) -> Self {
        let info = json!({"name": "test", "version": "1"});
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": info});
        let hello = self.ask("initialize", params).await;
        assert_eq!(hello["result"]["protocolVersion"], "2025-11-25");
        self.write(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        self
    }

    async fn tool(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self
            .ask("tools/call", json!({"name": name, "arguments": arguments}))
            .await;
        answer.get("result").unwrap_or(&answer).clone()
    }

    /// A tool that must work; its structured content.
    async fn good(&mut self, name: &str, arguments: Value) -> Value {
        let result = self.tool(name, arguments).await;
        assert_eq!(result["isError"], false, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        let parsed: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            parsed, result["structuredContent"],
            "the text says the same"
        );
        parsed
    }
}

/// A world whose implementer works on TASK-001 until it is stopped.
fn at_work() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Take card payments");
    world.script("implement", waits_for_a_permission());
    run_engine(&world).unwrap();
    world
}

/// The run of that implementer.
const RUN: &str = "TASK-001-implement-1";

async fn person(world: &World) -> Client {
    Client::connect(world, None).hello(json!({})).await
}

/// A world with an outside holder for all legs.
fn by_cursor() -> World {
    let world = World::new();
    world.outside("cursor");
    world.chain(Some("cursor"), Some("cursor"), Some("cursor"));
    world.trust();
    world
}

fn names(list: &Value) -> BTreeSet<&str> {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect()
}

#[test]
fn the_list_of_tools_is_short_for_every_caller() {
    for (role, most) in [
        (Role::Person, 22_000),
        (Role::Holder, 18_000),
        (Role::Worker, 12_000),
        (Role::Reviewer, 12_000),
    ] {
        let all: Vec<_> = tools::of(Some(role))
            .map(|tool| listed(tool, Some(role)))
            .collect();
        let bytes = serde_json::to_string(&all).unwrap().len();
        println!("{role:?}: {bytes} bytes of tools");
        assert!(bytes <= most, "{role:?}: {bytes}");
    }
}

#[tokio::test]
async fn both_ways_to_begin_are_understood() {
    let world = World::new();
    let mut old = person(&world).await;
    assert_eq!(old.ask("ping", json!({})).await["result"], json!({}));
    let mut new = Client::connect(&world, None);
    new.modern = true;
    let found = new.ask("server/discover", json!({})).await;
    let versions = found["result"]["supportedVersions"].to_string();
    for version in ["2025-06-18", "2025-11-25", MODERN] {
        assert!(versions.contains(version), "{found}");
    }
    let list = new.ask("tools/list", json!({})).await;
    assert_eq!(list["result"]["resultType"], "complete", "{list}");
    assert_eq!(names(&list), names(&old.ask("tools/list", json!({})).await));
}

#[tokio::test]
async fn a_holder_outside_sees_only_what_it_may_use() {
    let world = by_cursor();
    let mut cursor = Client::connect(&world, Some("cursor"))
        .hello(json!({}))
        .await;
    let list = cursor.ask("tools/list", json!({})).await;
    assert!(names(&list).contains("task_claim") && !names(&list).contains("task_create"));
    let answer = cursor
        .ask(
            "tools/call",
            json!({"name": "task_create", "arguments": {"title": "x"}}),
        )
        .await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let result = cursor
        .tool("task_claim", json!({"task": "TASK-1", "agent": "other"}))
        .await;
    assert_eq!(
        result["_meta"]["orchestron/error"]["field"], "agent",
        "no name is taken from a call"
    );
}

#[tokio::test]
async fn a_task_goes_through_a_holders_hands() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut cursor = Client::connect(&world, Some("cursor"))
        .hello(json!({}))
        .await;
    let next = cursor.good("task_next", json!({"claim": true})).await;
    assert_eq!(next["task"]["id"], "TASK-001");
    assert!(next["document"].as_str().unwrap().contains("Search"));
    let beside = next.to_string().len() - next["document"].to_string().len();
    assert!(beside <= 2_000, "{beside}");
    run_engine(&world).unwrap();
    let again = cursor.good("task_claim", json!({"task": "TASK-1"})).await;
    assert!(
        again["did"].as_str().unwrap().contains("already"),
        "{again}"
    );
    let input = json!({"task": "TASK-1", "note": "see search.rs"});
    let submitted = cursor.good("task_submit", input.clone()).await;
    assert_eq!(
        submitted,
        cursor.good("task_submit", input).await,
        "the same answer, and once"
    );
    let events = cursor.good("events_list", json!({"task": "TASK-1"})).await;
    let told = events["events"].as_array().unwrap().iter();
    let count = told
        .filter(|event| event["text"].as_str().unwrap().contains("see search.rs"))
        .count();
    assert_eq!(count, 1, "{events}");
}

#[tokio::test]
async fn a_repeated_create_writes_one_task() {
    let world = World::new();
    let mut client = person(&world).await;
    let input = json!({"title": "Search", "goal": "Find things"});
    let first = client.good("task_create", input.clone()).await;
    let other = Client::connect(&world, None).hello(json!({})).await;
    let mut other = other;
    assert_eq!(
        other.good("task_create", input.clone()).await,
        first,
        "after a new start as well"
    );
    let keyed = json!({"title": "Search", "goal": "Find things", "key": "a"});
    let second = client.good("task_create", keyed.clone()).await;
    assert_ne!(second["task"], first["task"]);
    assert_eq!(client.good("task_create", keyed).await, second);
    let list = client.good("task_list", json!({})).await;
    assert_eq!(list["total"], 2);
}

#[tokio::test]
async fn hundreds_of_tasks_come_in_small_pages() {
    let world = World::new();
    for n in 1..=300 {
        world.task(
            n,
            Status::Pending,
            &format!("A task with quite a long title, number {n}"),
        );
    }
    let mut client = person(&world).await;
    let (mut seen, mut cursor) = (BTreeSet::new(), Value::Null);
    loop {
        let result = client
            .tool("task_list", json!({"cursor": cursor, "limit": 100}))
            .await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.len() <= 8_000, "{}", text.len());
        let page = &result["structuredContent"];
        for row in page["tasks"].as_array().unwrap() {
            assert!(seen.insert(row["id"].as_str().unwrap().to_owned()));
        }
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen.len(), 300);
    let refused = client
        .tool("task_list", json!({"cursor": "elsewhere"}))
        .await;
    assert_eq!(refused["_meta"]["orchestron/error"]["field"], "cursor");
    let list = client.ask("resources/list", json!({})).await;
    assert!(list.to_string().len() <= 10_000 && list["result"]["nextCursor"].is_string());
}

#[tokio::test]
async fn what_is_wrong_is_told_to_the_model() {
    let world = World::new();
    let mut client = person(&world).await;
    for (tool, input, field, right) in [
        ("task_get", json!({}), "task", "TASK-7"),
        (
            "task_create",
            json!({"title": "x", "priority": "high"}),
            "priority",
            "P1",
        ),
        (
            "task_create",
            json!({"title": "x", "depends_on": ["TASK-9"]}),
            "depends_on",
            "TASK-009",
        ),
        (
            "task_next",
            json!({"wait_seconds": 9_999}),
            "wait_seconds",
            "600",
        ),
        (
            "task_list",
            json!({"agent": "nobody-known"}),
            "agent",
            "nobody-known",
        ),
    ] {
        let result = client.tool(tool, input).await;
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(right), "{text}");
        assert_eq!(result["_meta"]["orchestron/error"]["field"], field);
    }
    let missing = client.tool("task_get", json!({"task": "TASK-404"})).await;
    assert_eq!(
        missing["_meta"]["orchestron/error"]["code"],
        "task_not_found"
    );
}

#[tokio::test]
async fn hostile_input_is_answered_and_does_no_harm() {
    let world = World::new();
    let mut client = person(&world).await;
    client.write("garbage").await;
    assert_eq!(client.read().await["error"]["code"], -32700);
    client
        .write("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]")
        .await;
    assert_eq!(client.read().await["error"]["code"], -32600);
    let long = format!(
        r#"{{"jsonrpc":"2.0","id":"big","method":"ping","x":"{}"}}"#,
        "a".repeat(stdio::LONGEST)
    );
    client.write(&long).await;
    let refused = client.read().await;
    assert_eq!(
        (&refused["error"]["code"], &refused["id"]),
        (&json!(-32600), &json!("big"))
    );
    client.write("").await;
    client
        .write(r#"{"jsonrpc":"2.0","method":"notifications/unheard-of"}"#)
        .await;
    client
        .write(r#"{"jsonrpc":"2.0","id":999,"result":{}}"#)
        .await;
    let unknown = client.ask("no/such", json!({})).await;
    assert_eq!(unknown["error"]["code"], -32601);
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
}

#[tokio::test]
async fn a_flood_is_answered_call_by_call() {
    let world = World::new();
    let mut client = person(&world).await;
    let (mut input, mut output) = (client.input, client.output);
    let flood = tokio::spawn(async move {
        for id in 1_000..2_000 {
            let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "task_list", "arguments": {}}});
            input
                .write_all(format!("{call}\n").as_bytes())
                .await
                .unwrap();
        }
        input
    });
    let (mut answered, mut refused) = (BTreeSet::new(), 0);
    while answered.len() < 1_000 {
        let mut line = String::new();
        output.read_line(&mut line).await.unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap();
        refused += usize::from(answer["error"]["code"] == -32000);
        assert!(answered.insert(answer["id"].as_u64().unwrap()), "{answer}");
    }
    assert!(refused < 1_000, "some are answered");
    (client.input, client.output) = (flood.await.unwrap(), output);
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
}

/// A world with one task in review that only the person can decide about.
fn in_review() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Rate-limit the login");
    run_engine(&world).unwrap();
    world
}

#[tokio::test]
async fn what_only_the_person_may_decide_is_asked_of_the_person() {
    let input = json!({"task": "TASK-1", "verdict": "approve", "note": "reads well"});
    let world = in_review();
    let mut mute = person(&world).await;
    let refused = mute.tool("review_decide", input.clone()).await;
    assert_eq!(refused["_meta"]["orchestron/error"]["code"], "not_allowed");
    let mut client = Client::connect(&world, None)
        .hello(json!({"elicitation": {}}))
        .await;
    for (action, confirm, worked) in [
        ("cancel", false, false),
        ("accept", false, false),
        ("accept", true, true),
    ] {
        let id = client
            .send(
                "tools/call",
                json!({"name": "review_decide", "arguments": input}),
            )
            .await;
        let question = client.read().await;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let message = question["params"]["message"].as_str().unwrap();
        assert!(
            message.contains("Rate-limit the login") && message.contains("reads well"),
            "{message}"
        );
        let mut answer = json!({"action": action});
        if action == "accept" {
            answer["content"] = json!({ "confirm": confirm });
        }
        let reply = json!({"jsonrpc": "2.0", "id": question["id"], "result": answer});
        client.write(&reply.to_string()).await;
        let result = client.read().await;
        assert_eq!(result["id"], json!(id));
        assert_eq!(result["result"]["isError"], json!(!worked), "{result}");
    }
}

#[tokio::test]
async fn without_requests_of_ours_the_client_calls_again_with_the_answer() {
    let world = in_review();
    let mut client = Client::connect(&world, None);
    client.modern = true;
    let call = |verdict: &str, state: &Value, yes: bool| {
        json!({
            "name": "review_decide",
            "arguments": {"task": "TASK-1", "verdict": verdict, "note": "reads well"},
            "requestState": state,
            "inputResponses": {"decision": {"action": "accept", "content": {"confirm": yes}}},
        })
    };
    let first = json!({"name": "review_decide", "arguments": {"task": "TASK-1", "verdict": "approve", "note": "reads well"}});
    let asked = client.ask("tools/call", first).await;
    let asked = &asked["result"];
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    assert_eq!(
        asked["inputRequests"]["decision"]["method"],
        "elicitation/create"
    );
    let state = asked["requestState"].clone();
    let forged = client
        .ask("tools/call", call("approve", &json!("rs1.x.y"), true))
        .await;
    assert_eq!(forged["error"]["code"], -32602, "{forged}");
    let other = client
        .ask("tools/call", call("changes", &state, true))
        .await;
    assert_eq!(
        other["error"]["code"], -32602,
        "what was confirmed was another verdict: {other}"
    );
    let no = client
        .ask("tools/call", call("approve", &state, false))
        .await;
    assert_eq!(no["result"]["isError"], true);
    let yes = client
        .ask("tools/call", call("approve", &state, true))
        .await;
    assert_eq!(yes["result"]["isError"], false, "{yes}");
}

#[tokio::test]
async fn who_follows_a_resource_hears_of_it_and_of_nothing_else() {
    let world = World::new();
    world.task(1, Status::Pending, "Search");
    world.task(2, Status::Pending, "Pay");
    let mut client = person(&world).await;
    for uri in ["orchestron://task/TASK-001", "orchestron://task/TASK-002"] {
        let answer = client
            .ask("resources/subscribe", json!({ "uri": uri }))
            .await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    let bad = client
        .ask(
            "resources/subscribe",
            json!({"uri": "orchestron://task/TASK-404"}),
        )
        .await;
    assert_eq!(bad["error"]["code"], -32002, "{bad}");
    let input = json!({"task": "TASK-2", "section": "Goal", "text": "Take cards"});
    client.good("task_update", input).await;
    client.bell.send(Topic::Store).unwrap();
    let note = client.read().await;
    assert_eq!(
        (note["method"].as_str(), note["params"]["uri"].as_str()),
        (
            Some("notifications/resources/updated"),
            Some("orchestron://task/TASK-002")
        )
    );
    client.bell.send(Topic::Store).unwrap();
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    assert_eq!(client.notes, Vec::<Value>::new(), "nothing changed");
}

#[tokio::test]
async fn a_stream_of_changes_says_what_changed() {
    let world = World::new();
    world.task(1, Status::Pending, "Search");
    let mut client = Client::connect(&world, None);
    client.modern = true;
    let wish = json!({"notifications": {"resourcesListChanged": true, "resourceSubscriptions": ["orchestron://board", "x://y"]}});
    client.send("subscriptions/listen", wish).await;
    let accepted = client.read().await;
    let took = &accepted["params"]["notifications"];
    assert_eq!(
        took["resourceSubscriptions"],
        json!(["orchestron://board"]),
        "{accepted}"
    );
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.good("task_create", json!({"title": "Pay"})).await;
    client.bell.send(Topic::Store).unwrap();
    let mut methods = client.notes.split_off(0);
    while methods.len() < 2 {
        methods.push(client.read().await);
    }
    let methods: BTreeSet<_> = methods
        .iter()
        .map(|note| note["method"].as_str().unwrap().to_owned())
        .collect();
    let wanted = [
        "notifications/resources/list_changed",
        "notifications/resources/updated",
    ];
    assert_eq!(methods, wanted.map(str::to_owned).into());
}

#[tokio::test]
async fn who_waits_for_a_task_gets_it_when_it_comes_or_may_stop_waiting() {
    let world = by_cursor();
    let mut client = Client::connect(&world, Some("cursor"))
        .hello(json!({}))
        .await;
    let now = client.good("task_next", json!({})).await;
    assert!(now["none"].is_string());
    let waiting = client
        .send(
            "tools/call",
            json!({"name": "task_next", "arguments": {"wait_seconds": 60}}),
        )
        .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        client.ask("ping", json!({})).await["result"],
        json!({}),
        "others are served meanwhile"
    );
    world.task(1, Status::Ready, "Search");
    client.bell.send(Topic::Store).unwrap();
    let came = client.read().await;
    assert_eq!(came["id"], json!(waiting));
    assert_eq!(
        came["result"]["structuredContent"]["task"]["id"], "TASK-001",
        "{came}"
    );
}

#[tokio::test]
async fn prompts_come_with_the_task_they_are_about() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut client = Client::connect(&world, Some("cursor"))
        .hello(json!({}))
        .await;
    let list = client.ask("prompts/list", json!({})).await;
    let all = list["result"]["prompts"].as_array().unwrap().clone();
    assert_eq!(all.len(), 5);
    for prompt in all {
        let got = client
            .ask(
                "prompts/get",
                json!({"name": prompt["name"], "arguments": {"task": "TASK-1"}}),
            )
            .await;
        let text = got["result"]["messages"][0]["content"]["text"]
            .as_str()
            .unwrap();
        assert!(
            text.contains("TASK-001") && text.contains("Search"),
            "{text}"
        );
    }
    for (params, right) in [
        (json!({"name": "review"}), "TASK-7"),
        (json!({"name": "no-such"}), "hand-over"),
        (
            json!({"name": "review", "arguments": {"task": "TASK-404"}}),
            "TASK-404",
        ),
    ] {
        let refused = client.ask("prompts/get", params).await;
        assert_eq!(refused["error"]["code"], -32602);
        assert!(
            refused["error"]["message"]
                .as_str()
                .unwrap()
                .contains(right),
            "{refused}"
        );
    }
}
