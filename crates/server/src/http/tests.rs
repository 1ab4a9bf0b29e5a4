//! The server over a real socket: who may call, and that it stops.

use super::{Serve, Serving, start};
use crate::{mcp::run_servers::hash, testing::context};
use orchestron_operations::{call, wire::Topic};
use orchestron_testkit::{Status, World, run_engine, waits_for_a_permission};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::broadcast};

const TOKEN: &str = "secret-of-this-start";

fn serving(runtime: &Runtime) -> Serving {
    over(runtime, &World::new(), broadcast::channel(8).0)
}

fn over(runtime: &Runtime, world: &World, changes: broadcast::Sender<Topic>) -> Serving {
    let serve = Serve {
        context: Arc::new(Mutex::new(context(world))),
        token: TOKEN.to_owned(),
        secret: [7; 32],
        changes,
    };
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    runtime.block_on(start(any_port, serve)).unwrap()
}

/// Sends a request and reads the first of the answer.
fn ask(addr: SocketAddr, request: &str, headers: &[String]) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(addr).unwrap();
    let headers = headers.concat();
    write!(
        stream,
        "{request} HTTP/1.1\r\n{headers}content-length: 0\r\n\r\n"
    )
    .unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    (String::from_utf8_lossy(&start[9..]).into_owned(), stream)
}

fn header(name: &str, value: &str) -> String {
    format!("{name}: {value}\r\n")
}

#[test]
fn only_pages_of_this_address_with_the_token_may_call() {
    let runtime = Runtime::new().unwrap();
    let serving = serving(&runtime);
    let addr = serving.addr();
    let port = addr.port();
    let host = header("host", &addr.to_string());
    let token = header("authorization", &format!("Bearer {TOKEN}"));
    let origin = |origin: &str| header("origin", origin);
    let own = origin(&format!("http://127.0.0.1:{port}"));
    for (headers, wanted) in [
        (vec![host.clone(), token.clone()], "200"),
        (vec![host.clone(), token.clone(), own], "200"),
        (vec![host.clone()], "401"),
        (
            vec![host.clone(), header("authorization", "Bearer ")],
            "401",
        ),
        (vec![host.clone(), token.clone(), origin("null")], "403"),
        (
            vec![host.clone(), token.clone(), origin("http://evil.example")],
            "403",
        ),
        (
            vec![
                header("host", &format!("evil.example:{port}")),
                token.clone(),
            ],
            "403",
        ),
        (vec![header("host", "127.0.0.1"), token.clone()], "403"),
    ] {
        let (status, _) = ask(addr, "POST /api/board", &headers);
        assert_eq!(status, wanted, "{headers:?}");
    }
    runtime.block_on(serving.stop()).unwrap();
}

#[test]
fn no_page_starts_a_program_on_the_person_s_screen() {
    let runtime = Runtime::new().unwrap();
    let world = World::new();
    world.editors(&["code"]);
    let (changes, _) = broadcast::channel(1);
    let serving = over(&runtime, &world, changes);
    let headers = [
        header("host", &serving.addr().to_string()),
        header("authorization", &format!("Bearer {TOKEN}")),
    ];
    for (operation, wanted) in [("open", "403"), ("editor-set", "403"), ("editor", "200")] {
        let (status, _) = ask(serving.addr(), &format!("POST /api/{operation}"), &headers);
        assert_eq!(status, wanted, "{operation}");
    }
    assert!(world.opened().is_empty());
    runtime.block_on(serving.stop()).unwrap();
}

#[test]
fn an_open_page_does_not_keep_the_server_from_stopping() {
    let runtime = Runtime::new().unwrap();
    let serving = serving(&runtime);
    let addr = serving.addr();
    let headers = [
        header("host", &addr.to_string()),
        header("authorization", &format!("Bearer {TOKEN}")),
    ];
    let (status, page) = ask(addr, "GET /api/changes", &headers);
    assert_eq!(status, "200");
    let silent = TcpStream::connect(addr).unwrap();
    let begun = Instant::now();
    runtime.block_on(serving.stop()).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
    drop((page, silent));
}

/// Posts to `/mcp` as the revision without sessions has it.
fn mcp(addr: SocketAddr, token: &str, method: &str, mut params: Value) -> (u16, Value) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let name = params["name"].as_str().unwrap_or_default().to_owned();
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut post = ureq::post(format!("http://{addr}/mcp"))
        .config()
        .http_status_as_error(false)
        .build()
        .header("authorization", format!("Bearer {token}"))
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    if !name.is_empty() {
        post = post.header("mcp-name", name);
    }
    let mut answer = post.send_json(body).unwrap();
    let status = answer.status().as_u16();
    (status, answer.body_mut().read_json().unwrap_or_default())
}

#[test]
fn a_runs_token_opens_its_own_task_at_mcp_and_nothing_else_and_ends_with_it() {
    const RUN: &str = "TASK-001-implement-1";
    const ITS_TOKEN: &str = "drawn-by-the-run-and-told-to-nobody";
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.script("implement", waits_for_a_permission());
    run_engine(&world).unwrap();
    let runtime = Runtime::new().unwrap();
    let changes = broadcast::channel(8).0;
    let serving = over(&runtime, &world, changes.clone());
    let addr = serving.addr();
    let list = |token: &str| mcp(addr, token, "tools/list", json!({}));
    assert_eq!(list(ITS_TOKEN).0, 401, "nobody has drawn it yet");
    let mut inside = context(&world);
    inside.actor = World::inside(RUN).into();
    let told = call(&mut inside, "run-token", json!({"hash": hash(ITS_TOKEN)})).unwrap();
    assert_eq!(told["address"], format!("http://{addr}/mcp"));
    let (status, answer) = list(ITS_TOKEN);
    let tools = answer["result"]["tools"].to_string();
    assert_eq!(status, 200, "{answer}");
    assert!(
        tools.contains("task_submit") && !tools.contains("task_create"),
        "{tools}"
    );
    let (_, all) = list(TOKEN);
    assert!(
        all["result"]["tools"].to_string().contains("task_create"),
        "the person's own is as it was"
    );
    let say = |name: &str, arguments: Value| {
        mcp(
            addr,
            ITS_TOKEN,
            "tools/call",
            json!({"name": name, "arguments": arguments}),
        )
        .1
    };
    let saved = say("task_checkpoint", json!({"now": "the index"}));
    assert_eq!(saved["result"]["isError"], false, "{saved}");
    assert_eq!(
        say("task_create", json!({"title": "x"}))["error"]["code"],
        -32602
    );
    for (token, request) in [
        (ITS_TOKEN, "POST /api/board"),
        (&hash(ITS_TOKEN), "POST /mcp"),
        ("", "POST /mcp"),
    ] {
        let headers = [
            header("host", &addr.to_string()),
            header("authorization", &format!("Bearer {token}")),
        ];
        assert_eq!(ask(addr, request, &headers).0, "401", "{request}");
    }
    let text = format!("{:?}", world.facts()) + &world.setting("run-tokens").unwrap();
    assert!(!text.contains(ITS_TOKEN), "only its hash is kept");
    call(&mut context(&world), "stop", json!({"what": "TASK-1"})).unwrap();
    run_engine(&world).unwrap();
    changes.send(Topic::Store).unwrap();
    assert_eq!(list(ITS_TOKEN).0, 401, "it ended with the run");
    runtime.block_on(serving.stop()).unwrap();
}
