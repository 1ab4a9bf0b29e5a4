//! An agent that speaks the Claude CLI's stream-json protocol and starts in milliseconds. The crash tests start it
//! hundreds of times and kill it wherever it stands.
//!
//! Like the real one it shakes hands, lists the permission rules of its settings file, keeps sessions (a session id
//! cannot be used twice, an unknown one cannot be resumed), works one turn per message and ends when its input ends.
//! It plays by the first line of its prompt: `implement` writes `work/<task>.txt`, `review` approves.
//!
//! What it leaves behind for the tests lies in `$HOME/fake-claude/`: `starts` has a line for each start (run id, process
//! id), `sessions/` a file for each session. `$HOME/fake-claude/pause_ms` says how long each step takes. While there is a file
//! `$HOME/fake-claude/wait`, an implementer does not hand in; while there is a file
//! `$HOME/fake-claude/stubborn`, an implementer starts children that want to outlive it, and hears nothing any more; while there is a file
//! `$HOME/fake-claude/relay`, it saves what it does in each step (`saved`), having written down what it got from whoever was before
//! it (`arrived`), until there is a file `finish`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a program of the tests: what fails here has to be loud

use serde_json::{Value, json};
use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    process::{Command, ExitCode},
    thread,
    time::Duration,
};

/// The version it claims to be.
const VERSION: &str = "2.1.328";
/// Our MCP server, as the host names it.
const SERVER: &str = "orchestron";

/// Plays the agent.
pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--version") {
        println!("{VERSION} (Claude Code)");
        return ExitCode::SUCCESS;
    }
    let mut agent = Agent::new(&args);
    agent.note_start();
    if let Err(code) = agent.open_session() {
        return code;
    }
    agent.live()
}

/// What follows a flag.
fn after<'a>(args: &'a [String], flag: &str) -> Option<&'a str> {
    let at = args.iter().position(|arg| arg == flag)?;
    args.get(at + 1).map(String::as_str)
}

struct Agent {
    home: PathBuf,
    session: String,
    resumed: bool,
    settings: Value,
    pause: Duration,
    calls: u64,
    input: io::Lines<io::StdinLock<'static>>,
}

impl Agent {
    fn new(args: &[String]) -> Self {
        let home = PathBuf::from(env::var_os("HOME").expect("HOME")).join("fake-claude");
        let resume = after(args, "--resume");
        let session = resume
            .or_else(|| after(args, "--session-id"))
            .expect("--session-id or --resume");
        let settings = fs::read(after(args, "--settings").expect("--settings")).expect("settings");
        let pause = fs::read_to_string(home.join("pause_ms")).unwrap_or_default();
        Self {
            session: session.to_owned(),
            resumed: resume.is_some(),
            settings: serde_json::from_slice(&settings).expect("settings are JSON"),
            pause: Duration::from_millis(pause.trim().parse().unwrap_or(0)),
            calls: 0,
            input: io::stdin().lines(),
            home,
        }
    }

    /// One line in one write, so that lines of several agents never mix.
    fn note_start(&self) {
        let run = env::var("ORCHESTRON_RUN").unwrap_or_default();
        let line = format!("{run} {}\n", std::process::id());
        fs::create_dir_all(self.home.join("sessions")).expect("folder");
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.home.join("starts"))
            .expect("starts");
        file.write_all(line.as_bytes()).expect("starts");
    }

    fn open_session(&self) -> Result<(), ExitCode> {
        let file = self.home.join("sessions").join(&self.session);
        match (self.resumed, file.exists()) {
            (false, true) => {
                eprintln!("Error: Session ID {} is already in use.", self.session);
                Err(ExitCode::FAILURE)
            }
            (true, false) => {
                let said = format!("No conversation found with session ID: {}", self.session);
                say(
                    &json!({"type": "result", "subtype": "error_during_execution", "is_error": true, "num_turns": 0,
                    "session_id": self.session, "total_cost_usd": 0, "errors": [said]}),
                );
                Err(ExitCode::FAILURE)
            }
            _ => Ok(()),
        }
    }

    /// Reads until the input ends.
    fn live(&mut self) -> ExitCode {
        while let Some(line) = self.next_line() {
            if line["type"] == "control_request" {
                self.asked(&line);
            } else if line["type"] == "user" {
                let prompt = line["message"]["content"].as_str().unwrap_or("").to_owned();
                // As the real one: a session is there from its first message on.
                fs::write(self.home.join("sessions").join(&self.session), "").expect("session");
                say(
                    &json!({"type": "system", "subtype": "session_state_changed", "state": "running"}),
                );
                say(
                    &json!({"type": "system", "subtype": "init", "session_id": self.session, "model": "claude-fake",
                    "mcp_servers": [{"name": SERVER, "status": "connected"}], "claude_code_version": VERSION}),
                );
                if self.work(&prompt).is_none() {
                    return ExitCode::SUCCESS; // the input ended in the middle of a turn
                }
                self.turn_ends("success", json!("Done."));
            }
        }
        ExitCode::SUCCESS
    }

    fn next_line(&mut self) -> Option<Value> {
        let line = self.input.next()?.ok()?;
        Some(serde_json::from_str(&line).expect("the host says JSON"))
    }

    fn asked(&mut self, line: &Value) {
        let id = &line["request_id"];
        let body = match line["request"]["subtype"].as_str().unwrap_or("") {
            "initialize" => {
                let shake = json!({"method": "initialize", "params": {"protocolVersion": "2025-11-25"}, "jsonrpc": "2.0", "id": 0});
                say(&json!({"type": "control_request", "request_id": "mcp-0",
                    "request": {"subtype": "mcp_message", "server_name": SERVER, "message": shake}}));
                json!({"claude_code_version": VERSION, "pid": std::process::id()})
            }
            "list_permission_rules" => json!({"state": {"rules": self.rules()}}),
            "interrupt" => {
                self.turn_ends("error_during_execution", Value::Null);
                json!({"still_queued": []})
            }
            other => {
                say(
                    &json!({"type": "control_response", "response": {"subtype": "error", "request_id": id,
                    "error": format!("unsupported {other}")}}),
                );
                return;
            }
        };
        say(
            &json!({"type": "control_response", "response": {"subtype": "success", "request_id": id, "response": body}}),
        );
    }

    fn rules(&self) -> Vec<Value> {
        let listed = |behavior: &str| {
            let rules = self.settings["permissions"][behavior].as_array();
            let rules = rules.map_or(&[][..], Vec::as_slice);
            rules
                .iter()
                .map(|rule| json!({"behavior": behavior, "source": "flagSettings", "rule": rule}))
                .collect::<Vec<_>>()
        };
        [listed("allow"), listed("deny")].concat()
    }

    /// Plays the leg its prompt names. None when the input ended.
    fn work(&mut self, prompt: &str) -> Option<()> {
        let header = prompt.lines().next().unwrap_or("");
        let mut words = header.trim_start_matches("# ").split(" · ");
        let (task, leg) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        self.rest();
        match leg {
            "prepare" => {
                let goal = json!({"section": "Goal", "text": format!("What {task} is for.")});
                self.tool("task_update", &goal)?;
                self.rest();
                let note = json!({"note": format!("{task} is prepared")});
                self.tool("task_submit", &note).map(drop)
            }
            "implement" if self.home.join("stubborn").exists() => self.hangs_on(),
            "implement" => {
                if self.home.join("relay").exists() {
                    self.relay(prompt)?;
                }
                self.write_file(task);
                self.rest();
                while self.home.join("wait").exists() {
                    thread::sleep(Duration::from_millis(20));
                }
                let note = json!({"note": format!("{task} is implemented")});
                self.tool("task_submit", &note).map(drop)
            }
            "review" => {
                let verdict = json!({"verdict": "approve", "note": format!("{task} is good")});
                self.tool("review_decide", &verdict).map(drop)
            }
            _ => Some(()),
        }
    }

    /// Goes on where somebody else stopped, and saves after each step.
    fn relay(&mut self, prompt: &str) -> Option<()> {
        let run = env::var("ORCHESTRON_RUN").unwrap_or_default();
        let after = self.lines("saved");
        let loaded = json_in(&self.tool("context_load", &json!({}))?);
        let whole = json_in(&self.tool("context_load", &json!({"whole": true}))?);
        // Who goes on with its own conversation is not told again what it knows; it asks.
        let given = prompt
            .split_once("## Saved context")
            .map(|(_, rest)| json_in(rest));
        let given = if self.resumed {
            loaded
        } else {
            given.unwrap_or_default()
        };
        self.note("arrived", &json!({
            "run": run, "resumed": self.resumed, "after": after, "left_out": given["left_out"], "prompt": given, "whole": whole,
        }));
        for step in 1.. {
            self.rest();
            if self.home.join("finish").exists() {
                return Some(());
            }
            let word = |list: &str| json!([format!("{list}: {run} {step}")]);
            let known = json!({
                "now": format!("{run} {step}"), "completed": word("completed"), "next": word("next"), "decisions": word("decisions"),
                "questions": word("questions"), "pointers": word("pointers"),
            });
            let said = self.tool("task_checkpoint", &known)?;
            if said.starts_with("Saved") {
                let mut note = known;
                note["run"] = json!(run);
                self.note("saved", &note);
            }
        }
        Some(())
    }

    fn lines(&self, name: &str) -> usize {
        let text = fs::read_to_string(self.home.join(name)).unwrap_or_default();
        text.lines().count()
    }

    /// One line in one write.
    fn note(&self, name: &str, note: &Value) {
        let path = self.home.join(name);
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("notes");
        file.write_all(format!("{note}\n").as_bytes())
            .expect("notes");
    }

    /// Starts a child in a session of its own that minds no signal, and one whose parent is gone; then neither reads nor ends.
    fn hangs_on(&self) -> ! {
        const CHILDREN: &str =
            "setsid sh -c 'trap \"\" TERM INT HUP; while :; do sleep 4323; done' &
            (setsid sleep 4324 &)
            sleep 4325 & wait";
        let _ended = Command::new("sh").args(["-c", CHILDREN]).status();
        loop {
            thread::sleep(Duration::from_secs(1));
        }
    }

    fn rest(&self) {
        thread::sleep(self.pause);
    }

    /// The same file with the same text, however often it is written.
    fn write_file(&mut self, task: &str) {
        let id = self.uses("Write", &json!({"file_path": format!("work/{task}.txt")}));
        fs::create_dir_all("work").expect("work/");
        fs::write(format!("work/{task}.txt"), format!("The work on {task}.\n")).expect("work");
        result_of(&id, "written");
    }

    fn uses(&mut self, tool: &str, input: &Value) -> String {
        self.calls += 1;
        let id = format!("toolu_{}", self.calls);
        say(
            &json!({"type": "assistant", "parent_tool_use_id": null, "session_id": self.session, "message":
            {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": tool, "input": input}]}}),
        );
        id
    }

    /// Calls a tool of the host and waits for its answer: its words.
    fn tool(&mut self, name: &str, arguments: &Value) -> Option<String> {
        let id = self.uses(&format!("mcp__{SERVER}__{name}"), arguments);
        let request = format!("mcp-{}-{}", std::process::id(), self.calls);
        let call = json!({"method": "tools/call", "params": {"name": name, "arguments": arguments}, "jsonrpc": "2.0", "id": self.calls});
        say(&json!({"type": "control_request", "request_id": request,
            "request": {"subtype": "mcp_message", "server_name": SERVER, "message": call}}));
        loop {
            let line = self.next_line()?;
            if line["type"] == "control_request" {
                self.asked(&line);
            } else if line["response"]["request_id"] == request.as_str() {
                result_of(&id, "noted");
                let said = line.pointer("/response/response/mcp_response/result/content/0/text");
                return Some(said.and_then(Value::as_str).unwrap_or_default().to_owned());
            }
        }
    }

    fn turn_ends(&self, subtype: &str, result: Value) {
        say(
            &json!({"type": "result", "subtype": subtype, "is_error": subtype != "success", "num_turns": 1, "result": result,
            "terminal_reason": if subtype == "success" { "completed" } else { "aborted_tools" }, "session_id": self.session,
            "total_cost_usd": 0.01, "usage": {"input_tokens": 10, "output_tokens": 5}, "permission_denials": []}),
        );
        say(&json!({"type": "system", "subtype": "session_state_changed", "state": "idle"}));
    }
}

/// The first line that is a JSON object.
fn json_in(text: &str) -> Value {
    let mut lines = text.lines().filter(|line| line.starts_with('{'));
    let found = lines.find_map(|line| serde_json::from_str(line).ok());
    found.unwrap_or_default()
}

fn result_of(id: &str, text: &str) {
    say(
        &json!({"type": "user", "message": {"role": "user", "content":
        [{"type": "tool_result", "tool_use_id": id, "content": text}]}}),
    );
}

/// One line, in one write.
fn say(line: &Value) {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())
        .and_then(|()| out.flush())
        .expect("somebody listens");
}
