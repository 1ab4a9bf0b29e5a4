//! Throws lines at the server as a client would over standard input: it must live, say nothing but whole messages of JSON-RPC, and answer
//! no question twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orchestron_operations::{Context, Project};
use orchestron_server::mcp::{Connection, Mcp, stdio};
use orchestron_testkit::{Status, World};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};

const HELLO: &str = concat!(
    r#"{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"f","version":"1"}}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    "\n"
);

fn server() -> Mcp {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let context = Context {
        store: world.store(),
        git: world.git(),
        logs: world.logs(),
        keys: world.keys(),
        programs: world.programs(),
        project: Project {
            path: "/p".into(),
            scripted: false,
        },
        actor: World::person().into(),
    };
    Mcp::new(Connection {
        context: Arc::new(Mutex::new(context)),
        bell: Arc::new(|| None),
        settle: None,
        secret: [7; 32],
    })
    .expect("a server")
}

/// All that the server says to these bytes, when the client then hangs up.
async fn answers(input: Vec<u8>) -> Vec<u8> {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (read, write) = split(theirs);
    let serving = tokio::spawn(stdio::over(server(), read, write));
    let (mut read, mut write) = split(ours);
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        read.read_to_end(&mut all).await.ok();
        all
    });
    write.write_all(&input).await.ok();
    write.shutdown().await.ok();
    let ended = tokio::time::timeout(Duration::from_secs(20), serving).await;
    // What it says of a client that began with nonsense is no matter; that it panicked would be.
    ended.expect("it hangs").expect("it panicked").ok();
    reading.await.expect("it panicked")
}

fuzz_target!(|input: &[u8]| {
    // The first byte says whether the client greets before it goes on.
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let mut said = Vec::new();
    if first % 4 != 0 {
        said.extend_from_slice(HELLO.as_bytes());
    }
    said.extend_from_slice(rest);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let came = runtime.block_on(answers(said.clone()));
    let mut asked = BTreeMap::<String, i32>::new();
    for line in said.split(|byte| *byte == b'\n') {
        if let Ok(Value::Object(message)) = serde_json::from_slice(line)
            && let Some(id) = message.get("id")
        {
            *asked.entry(id.to_string()).or_default() += 1;
        }
    }
    for line in came.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let message: Value = serde_json::from_slice(line).expect("whole messages");
        assert_eq!(message["jsonrpc"], "2.0");
        let answers = message.get("result").is_some() || message.get("error").is_some();
        let id = message.get("id").filter(|id| !id.is_null());
        if let Some(id) = id.filter(|_| answers) {
            let left = asked.entry(id.to_string()).or_default();
            *left -= 1;
            assert!(*left >= 0, "answered more often than asked: {id}");
        }
    }
});
