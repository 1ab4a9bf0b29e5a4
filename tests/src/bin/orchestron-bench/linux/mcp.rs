//! The MCP server over a pipe: what a call takes beside `cat`, which gives every line back and does nothing; how that grows with the
//! project; and what a client that misbehaves costs.

use super::{
    commands::{BY_HAND, LIMITS},
    failed::{Doing as _, Failed, Measured},
    plan::Plan,
    report::{Report, Verdict, at, median, ms, paired, times},
    world::World,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

/// Calls of each kind.
const CALLS: usize = 400;
/// Lines that are no message.
const GARBAGE: usize = 10_000;
/// The most memory that a server takes, in MB.
const MEMORY: f64 = 60.0;

/// A program that answers each line with one.
struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last: u64,
}

impl Pipe {
    fn start(command: &mut Command) -> Measured<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .doing("start the server")?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Failed::Wrong("a pipe is missing".to_owned()));
        };
        Ok(Self {
            child,
            input,
            output: BufReader::new(output),
            last: 0,
        })
    }

    fn line(&mut self, text: &str) -> Measured<String> {
        self.input
            .write_all(format!("{text}\n").as_bytes())
            .doing("write to the server")?;
        self.read()
    }

    fn read(&mut self) -> Measured<String> {
        let mut line = String::new();
        self.output.read_line(&mut line).doing("read an answer")?;
        Ok(line)
    }

    /// One call and its milliseconds.
    fn ask(&mut self, method: &str, params: &Value) -> Measured<(f64, Value)> {
        self.last += 1;
        let id = self.last;
        let asked = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let began = Instant::now();
        let mut line = self.line(&asked.to_string())?;
        loop {
            let took = began.elapsed().as_secs_f64() * 1000.0;
            let said: Value = serde_json::from_str(&line)
                .map_err(|error| Failed::Wrong(format!("{error}: {line}")))?;
            if said["id"] == json!(id) {
                return Ok((took, said));
            }
            line = self.read()?;
        }
    }

    fn memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kb.and_then(|kb| kb.trim().parse::<f64>().ok())
            .map_or(f64::NAN, |kb| kb / 1024.0)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Measures the server.
pub fn measure(plan: &Plan, report: &mut Report) -> Measured<()> {
    let mut small: BTreeMap<&str, f64> = BTreeMap::new();
    for &size in plan.sizes() {
        let world = World::new()?;
        world.set_up(BY_HAND, LIMITS)?;
        world.seed(size)?;
        let began = Instant::now();
        let mut server = connect(&world)?;
        let cold = began.elapsed().as_secs_f64() * 1000.0;
        report.told(
            format!("{size} tasks: from nothing to the first answer"),
            ms(cold),
        );
        let mut cat = Pipe::start(&mut world.command(Path::new("/bin/cat")))?;
        for (name, method, params, goal) in calls() {
            let (mut ours, mut floor) = (Vec::new(), Vec::new());
            for _ in 0..CALLS {
                let (took, said) = server.ask(method, &params)?;
                if said.get("result").is_none() || said["result"]["isError"] == true {
                    return Err(Failed::Wrong(format!("{name}: {said}")));
                }
                ours.push(took);
                let began = Instant::now();
                cat.line(&said.to_string())?;
                floor.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            let cells = [
                format!("{} (p99 {})", ms(median(&ours)), ms(at(&ours, 0.99))),
                ms(median(&floor)),
                times(paired(&ours, &floor)),
                format!("≤ {}", ms(goal)),
            ];
            report.line(
                format!("{size} tasks: {name}"),
                cells,
                Verdict::of(median(&ours) <= goal),
            );
            let first = *small.entry(name).or_insert_with(|| median(&ours));
            if plan.sizes().last() == Some(&size) && name == "task_get" {
                let growth = median(&ours) / first;
                report.judged(
                    "task_get: growth from 100",
                    times(growth),
                    "≤ ×2",
                    Verdict::of(growth <= 2.0),
                );
            }
        }
        if plan.sizes().last() == Some(&size) {
            misbehave(&mut server, report)?;
        }
    }
    report.section("MCP over a pipe, beside cat");
    Ok(())
}

/// What is asked, with the most that half of the calls may take, in milliseconds.
fn calls() -> [(&'static str, &'static str, Value, f64); 5] {
    let tool = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    [
        ("ping", "ping", json!({}), 0.1),
        ("tools/list", "tools/list", json!({}), 0.5),
        (
            "task_get",
            "tools/call",
            tool("task_get", json!({"task": "TASK-001"})),
            10.0,
        ),
        (
            "task_list",
            "tools/call",
            tool("task_list", json!({})),
            60.0,
        ),
        (
            "message_inbox",
            "tools/call",
            tool("message_inbox", json!({})),
            30.0,
        ),
    ]
}

fn connect(world: &World) -> Measured<Pipe> {
    let mut server = Pipe::start(&mut world.product(&["mcp"]))?;
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}});
    server.ask("initialize", &hello)?;
    server
        .input
        .write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")
        .doing("write to the server")?;
    Ok(server)
}

/// Thousands of lines that are no message: each is answered, and nothing is kept of them.
fn misbehave(server: &mut Pipe, report: &mut Report) -> Measured<()> {
    let before = server.memory();
    let began = Instant::now();
    for n in 0..GARBAGE {
        let line = match n % 3 {
            0 => "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"none\"}}".to_owned(),
            1 => "[".repeat(300),
            _ => "x".repeat(20_000),
        };
        server.line(&line)?;
    }
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let (after, _) = (server.memory(), server.ask("ping", &json!({}))?);
    report.told(
        format!("{GARBAGE} lines that are no good call, each answered"),
        ms(took),
    );
    report.judged(
        "memory after them",
        format!("{after:.0} MB (before: {before:.0} MB)"),
        &format!("≤ {MEMORY:.0} MB"),
        Verdict::of(after <= MEMORY),
    );
    Ok(())
}
