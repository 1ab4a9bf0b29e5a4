//! The official conformance suite. It can send no header of its own, so a relay adds the token: what is tested is the server as it is
//! served. What the suite asks of a sample server by name (`test_simple_text`, …) only the fixture has.

use super::{Served, installed, node};
use crate::{
    environment::{binary, finish},
    source::root,
};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// How long a whole set of requirements may take.
const LIMIT: Duration = Duration::from_secs(240);

/// The relay; it ends with us.
struct Relay {
    child: Child,
    url: String,
}

impl Relay {
    fn to(served: &Served) -> Self {
        let origin = served.url.trim_end_matches("/mcp");
        let mut child = served
            .tool(node())
            .arg(installed("tests/mcp/proxy.mjs"))
            .env("MCP_TARGET", origin)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the relay can be started");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("its port");
        let port: serde_json::Value = serde_json::from_str(&line).expect("its port");
        Self {
            child,
            url: format!("http://127.0.0.1:{}/mcp", port["port"]),
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It ends when nobody holds its input any more.
        drop(self.child.stdin.take());
        self.child.wait().expect("a child of ours");
    }
}

fn suite(command: &mut Command, url: &str, revision: &str) {
    let program =
        installed("tests/mcp/node_modules/@modelcontextprotocol/conformance/dist/index.js");
    command
        .arg(program)
        .args(["server", "--url", url, "--requirements", revision]);
}

/// What needs no fixtures, against the product itself; and nothing that fails may be missing from the list of what does.
fn the_product_meets(revision: &str) {
    let served = Served::new();
    let relay = Relay::to(&served);
    let mut command = served.tool(node());
    suite(&mut command, &relay.url, revision);
    let known = root().join(format!("tests/mcp/needs-fixtures-{revision}.yml"));
    command.arg("--expected-failures").arg(known);
    let done = finish(&mut command, LIMIT);
    assert_eq!(done.code, 0, "{done}");
    drop(relay);
    served.end();
}

#[test]
fn the_product_meets_what_the_revision_2025_11_25_requires() {
    the_product_meets("2025-11-25");
}

#[test]
fn the_product_meets_what_the_revision_2026_07_28_requires() {
    the_product_meets("2026-07-28");
}

/// All of it, with what the suite knows by name.
fn the_fixture_meets(revision: &str) {
    let env = super::project();
    let mut fixture = env
        .command(binary("mcp-fixture"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the fixture can be started");
    let mut line = String::new();
    let out = fixture.stdout.take().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("its port");
    let port: serde_json::Value = serde_json::from_str(&line).expect("its port");
    let url = format!("http://127.0.0.1:{}/mcp", port["port"]);
    let mut command = env.command(node());
    suite(&mut command, &url, revision);
    let done = finish(&mut command, LIMIT);
    drop(fixture.stdin.take());
    fixture.wait().expect("a child of ours");
    assert_eq!(done.code, 0, "{done}");
}

#[test]
fn with_fixtures_everything_of_2025_11_25_is_met() {
    the_fixture_meets("2025-11-25");
}

#[test]
fn with_fixtures_everything_of_2026_07_28_is_met() {
    the_fixture_meets("2026-07-28");
}
