//! The real binary over a pipe: how it begins and ends, who it takes for whom, and clients that behave badly.

use super::project;
use crate::environment::{TestEnvironment, binary};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long an end may take.
const SOON: Duration = Duration::from_secs(10);

/// A client that says what it likes.
struct Raw {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last: u64,
}

impl Raw {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server can be started");
        Self {
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("its output")),
            child,
            last: 0,
        }
    }

    fn connect(env: &TestEnvironment, words: &[&str]) -> Self {
        let mut client = Self::start(&mut env.orchestron_command(&[&["mcp"], words].concat()));
        let info = json!({"name": "test", "version": "1"});
        let hello =
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": info});
        let answer = client.ask("initialize", &hello);
        assert_eq!(
            answer["result"]["protocolVersion"], "2025-06-18",
            "{answer}"
        );
        client.write(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        client
    }

    fn write(&mut self, line: &[u8]) {
        let input = self.input.as_mut().expect("it is open");
        input.write_all(line).expect("the server reads");
        input.write_all(b"\n").expect("the server reads");
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        self.write(message.to_string().as_bytes());
        loop {
            let came = self.read();
            if came["id"] == json!(id) {
                return came;
            }
        }
    }

    fn tools(&mut self) -> Vec<String> {
        let list = self.ask("tools/list", &json!({}));
        let tools = list["result"]["tools"].as_array().expect("tools");
        let name = |tool: &Value| tool["name"].as_str().expect("a name").to_owned();
        tools.iter().map(name).collect()
    }

    /// Waits for the end; its exit code.
    fn end(mut self) -> Option<i32> {
        drop(self.input.take());
        self.ended()
    }

    fn ended(&mut self) -> Option<i32> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status.code();
            }
            assert!(began.elapsed() < SOON, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.child.kill().expect("a child of ours");
            self.child.wait().expect("a child of ours");
        }
    }
}

#[test]
fn it_ends_when_its_client_does() {
    let env = project();
    assert_eq!(Raw::connect(&env, &[]).end(), Some(0), "input ended");
    let mut client = Raw::connect(&env, &[]);
    crate::environment::terminate(client.child.id());
    assert_eq!(client.ended(), Some(0), "asked to end");
    let mut silent = Raw::start(&mut env.orchestron_command(&["mcp"]));
    drop(silent.input.take());
    assert_eq!(silent.ended(), Some(0), "hung up before a word");
    env.wait_until_quiet();
}

#[test]
fn who_calls_is_told_by_how_it_is_connected() {
    let env = project();
    let mut person = Raw::connect(&env, &[]);
    assert!(person.tools().contains(&"task_create".to_owned()));
    let mut cursor = Raw::connect(&env, &["--agent", "cursor"]);
    let tools = cursor.tools();
    assert!(tools.contains(&"task_claim".to_owned()) && !tools.contains(&"task_create".to_owned()));
    let unknown = env.orchestron(&["mcp", "--agent", "nobody-known"]);
    assert_eq!(unknown.code, 2, "{unknown}");
    assert!(
        unknown.stderr.contains("nobody is called `nobody-known`"),
        "{unknown}"
    );
    // A command inside a run is that run, whatever it says: one that is over has no tools at all.
    let run = env.state().join("runs/TASK-001-implement-1");
    let mut inside = env.orchestron_command(&["mcp"]);
    inside.env("ORCHESTRON_RUN_DIR", &run);
    let mut inside = Raw::start(&mut inside);
    let info = json!({"name": "claude", "version": "1"});
    inside.ask(
        "initialize",
        &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}),
    );
    inside.write(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    assert_eq!(inside.tools(), Vec::<String>::new());
    for client in [person, cursor, inside] {
        assert_eq!(client.end(), Some(0));
    }
    env.wait_until_quiet();
}

#[test]
fn a_client_that_hangs_holds_up_nobody_else() {
    let env = project();
    env.json(&["create", "Search"]);
    // It asks and asks, and never reads.
    let mut hanging = Raw::connect(&env, &[]);
    let mut input = hanging.input.take().expect("it is open");
    let flood = thread::spawn(move || {
        for id in 0..20_000_u32 {
            let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "task_list", "arguments": {}}});
            if writeln!(input, "{call}").is_err() {
                return;
            }
        }
    });
    thread::sleep(Duration::from_millis(500));
    let mut other = Raw::connect(&env, &[]);
    for _ in 0..20 {
        let began = Instant::now();
        let list = other.ask("tools/call", &json!({"name": "task_list", "arguments": {}}));
        assert_eq!(list["result"]["structuredContent"]["total"], 1, "{list}");
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{:?}",
            began.elapsed()
        );
    }
    let memory = resident_kb(hanging.child.id());
    assert!(
        memory < 60_000,
        "the hanging client's server takes {memory} kB"
    );
    assert_eq!(other.end(), Some(0));
    drop(hanging);
    flood.join().expect("the flood ends");
    env.wait_until_quiet();
}

fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number
        .and_then(|number| number.trim().parse().ok())
        .expect("a number")
}

#[test]
fn clients_are_told_how_to_reach_it() {
    let env = project();
    let shown = env.orchestron(&["mcp", "install", "cursor", "--print"]);
    assert!(
        shown.code == 0 && shown.stdout.contains("mcpServers"),
        "{shown}"
    );
    assert!(!env.project().join(".cursor").exists(), "it was only shown");
    env.write(
        ".cursor/mcp.json",
        "{\n  \"mcpServers\": { \"other\": {\"command\": \"x\"} }\n}\n",
    );
    for (client, file) in [
        ("claude", ".mcp.json"),
        ("codex", ".codex/config.toml"),
        ("cursor", ".cursor/mcp.json"),
        ("gemini", ".gemini/settings.json"),
        ("vscode", ".vscode/mcp.json"),
    ] {
        let done = env.json(&["mcp", "install", client, "--agent", "cursor"]);
        assert_eq!(done["file"], file);
        let text = env.read(file);
        assert!(
            text.contains("--agent") && text.contains(&binary("orchestron").display().to_string()),
            "{text}"
        );
    }
    assert!(
        env.read(".cursor/mcp.json")
            .contains("\"other\": {\"command\": \"x\"}")
    );
    let home: Vec<_> = std::fs::read_dir(env.root().join("home"))
        .expect("a home")
        .collect();
    assert_eq!(
        home.len(),
        1,
        "nothing outside of the project is touched: {home:?}"
    );
}
