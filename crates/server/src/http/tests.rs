//! The server over a real socket: who may call, and that it stops.

use super::{Serve, Serving, start};
use orchestron_operations::{Context, Project};
use orchestron_testkit::World;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::broadcast};

const TOKEN: &str = "secret-of-this-start";

fn serving(runtime: &Runtime) -> Serving {
    let world = World::new();
    let context = Context {
        store: world.store(),
        git: world.git(),
        logs: world.logs(),
        keys: world.keys(),
        programs: world.programs(),
        project: Project {
            path: "/home/me/storefront".into(),
            scripted: false,
        },
        actor: World::person(),
    };
    let serve = Serve {
        context: Arc::new(Mutex::new(context)),
        token: TOKEN.to_owned(),
        secret: [7; 32],
        changes: broadcast::channel(8).0,
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
