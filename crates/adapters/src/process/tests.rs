//! The port on real processes: real keepers, and an agent that speaks the Claude CLI's protocol (this test binary again).

use super::{
    folder::RunFolder,
    keeper::tests::{is_alive, role_command, wait_for},
    logs::RunLogReader,
    runs::{KeeperSpawner, ProcessRuns, ProcessSpawner, Secrets},
};
use orchestron_domain::{
    Agent, Halt, Leg, RunEnd, RunId, SessionId,
    run::Work,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};
use orchestron_engine::ports::{
    Heard, Over, PortErrorKind, PortResult, RunLogs, RunProgram, RunSpec, Runs,
};
use serde_json::{Value, json};
use std::{
    fs::{self, OpenOptions},
    io::{BufRead, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

// ------------------------------------------------------------------------------------------------- the agent

/// What this binary does as an agent: follows its rules, asks once for each `ASK!` in its prompt, and notes in its working
/// folder everything it is told.
pub(crate) fn be_agent() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let settings = args.iter().position(|arg| arg == "--settings").unwrap();
    let settings: Value = serde_json::from_slice(&fs::read(&args[settings + 1]).unwrap()).unwrap();
    let mut open_asks = 0;
    // Ends the line the test harness has begun.
    println!();
    for line in std::io::stdin().lock().lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        match line["type"].as_str().unwrap() {
            "control_request" => {
                let id = line["request_id"].as_str().unwrap();
                note(&format!("request {id}"));
                let body = match line["request"]["subtype"].as_str().unwrap() {
                    "list_permission_rules" => json!({"state": {"rules": rules_in(&settings)}}),
                    _ => json!({}),
                };
                say(json!({"type": "control_response",
                    "response": {"subtype": "success", "request_id": id, "response": body}}));
            }
            "control_response" => {
                let id = line["response"]["request_id"].as_str().unwrap();
                note(&format!("answer {id}"));
                open_asks -= 1;
                if open_asks == 0 {
                    end_turn();
                }
            }
            "user" => {
                note(&format!("told {}", line["uuid"].as_str().unwrap()));
                let text = line["message"]["content"].as_str().unwrap();
                open_asks = begin_turn(&line, text);
            }
            other => panic!("{other}"),
        }
    }
    ExitCode::SUCCESS
}

fn begin_turn(line: &Value, text: &str) -> i32 {
    say(
        json!({"type": "system", "subtype": "init", "session_id": "s", "claude_code_version": "2.1.328",
        "model": "fake", "mcp_servers": [{"name": "orchestron", "status": "connected"}]}),
    );
    say(
        json!({"type": "user", "isReplay": true, "message": line["message"], "uuid": line["uuid"]}),
    );
    if text.contains("DIE") {
        eprintln!("error: it went wrong");
        std::process::exit(3);
    }
    let asks = text.matches("ASK!").count();
    for ask in 0..asks {
        let (id, tool) = (format!("ask-{ask}"), format!("toolu_{ask}"));
        say(
            json!({"type": "assistant", "message": {"content": [{"type": "tool_use", "id": tool, "name": "Bash",
            "input": {"command": "make it"}}]}}),
        );
        say(
            json!({"type": "control_request", "request_id": id, "request": {"subtype": "can_use_tool",
            "tool_name": "Bash", "input": {"command": "make it"}, "tool_use_id": tool}}),
        );
    }
    if asks == 0 {
        end_turn();
    }
    i32::try_from(asks).unwrap()
}

fn end_turn() {
    say(
        json!({"type": "assistant", "message": {"content": [{"type": "text", "text": "All done."}]}}),
    );
    say(
        json!({"type": "result", "subtype": "success", "is_error": false, "result": "All done.",
        "terminal_reason": "completed", "total_cost_usd": 0.01, "permission_denials": []}),
    );
    say(json!({"type": "system", "subtype": "session_state_changed", "state": "idle"}));
}

fn rules_in(settings: &Value) -> Vec<Value> {
    let of = |behavior: &str| {
        let rules = settings["permissions"][behavior].as_array().cloned();
        let rule =
            move |rule| json!({"behavior": behavior, "source": "flagSettings", "rule": rule});
        rules
            .unwrap_or_default()
            .into_iter()
            .map(rule)
            .collect::<Vec<_>>()
    };
    [of("allow"), of("deny")].concat()
}

fn say(line: Value) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn note(text: &str) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open("told")
        .unwrap();
    file.write_all(format!("{text}\n").as_bytes()).unwrap();
}

// ------------------------------------------------------------------------------------------------- the stage

struct Key(Option<&'static str>);

impl Secrets for Key {
    fn for_account(&self, account: &str) -> Option<String> {
        assert_eq!(account, "default");
        self.0.map(str::to_owned)
    }
}

/// A state folder, a worktree, and an agent's program.
struct Scene {
    temp: tempfile::TempDir,
    key: Option<&'static str>,
}

impl Scene {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("work")).unwrap();
        let (program, args) = role_command();
        let args: Vec<_> = args.iter().map(|a| a.to_string_lossy()).collect();
        let script = format!(
            "#!/bin/sh\nexec '{}' {} agent \"$@\"\n",
            program.display(),
            args.join(" ")
        );
        let path = temp.path().join("agent");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self { temp, key: None }
    }

    /// A new engine's port, as after a restart.
    fn engine(&self) -> ProcessRuns {
        let (program, mut args) = role_command();
        args.push("keep".into());
        self.engine_with(ProcessSpawner::with_command(program, args))
    }

    fn engine_with(&self, keepers: impl KeeperSpawner + 'static) -> ProcessRuns {
        let (runs, mcp) = (self.runs(), self.temp.path().join(".mcp"));
        ProcessRuns::new(runs, mcp, Box::new(keepers), Arc::new(Key(self.key)))
    }

    fn runs(&self) -> PathBuf {
        self.temp.path().join("runs")
    }

    fn work(&self) -> PathBuf {
        self.temp.path().join("work")
    }

    fn told(&self) -> Vec<String> {
        let text = fs::read_to_string(self.work().join("told")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn agent(&self, prompt: &str) -> RunSpec {
        let agent = Agent {
            cli: Some("claude".into()),
            program: Some(self.temp.path().join("agent").display().to_string()),
            tools_restricted: vec!["WebFetch".into()],
            account: "default".into(),
            ..Agent::named("ada".parse().unwrap())
        };
        let work = Work::Leg {
            leg: Leg::Implement,
            agent: agent.name.clone(),
            attempt: 1,
        };
        let program = RunProgram::Agent {
            agent: Box::new(agent),
            resume: None,
            role: "You are Ada.".into(),
            prompt: prompt.into(),
            may_write: true,
        };
        self.spec("implement", work, program)
    }

    fn gate(&self, command: &str) -> RunSpec {
        let work = Work::Gate {
            gate: "test".into(),
            commit: None,
        };
        let program = RunProgram::Shell {
            command: command.into(),
        };
        self.spec("gate-test", work, program)
    }

    fn spec(&self, what: &str, work: Work, program: RunProgram) -> RunSpec {
        let task = "TASK-1".parse().unwrap();
        RunSpec {
            run: RunId::of(&task, what, 1),
            task,
            work,
            dir: self.work().display().to_string(),
            program,
        }
    }
}

impl Drop for Scene {
    /// Leaves nothing running, also when a test failed.
    fn drop(&mut self) {
        let mut engine = self.engine();
        for run in engine.found().unwrap_or_default() {
            engine.settle(&run).ok();
        }
    }
}

/// Looks until the run is over.
fn to_the_end(engine: &mut ProcessRuns, run: &RunId) -> (Vec<Heard>, Over) {
    let mut heard = Vec::new();
    wait_for(|| {
        let look = engine.look(run).unwrap();
        heard.extend(look.heard);
        look.over.map(|over| (std::mem::take(&mut heard), over))
    })
}

/// Looks until `wanted` is heard.
fn until(engine: &mut ProcessRuns, run: &RunId, wanted: fn(&Signal) -> bool) -> Vec<Heard> {
    let mut heard: Vec<Heard> = Vec::new();
    wait_for(|| {
        let look = engine.look(run).unwrap();
        assert_eq!(look.over, None, "{heard:?}");
        heard.extend(look.heard);
        let found = heard.iter().any(|h| wanted(&h.signal));
        found.then(|| std::mem::take(&mut heard))
    })
}

fn is_end(signal: &Signal) -> bool {
    matches!(signal, Signal::TurnEnded { .. })
}

fn permit(ask: u32) -> Say {
    Say::Permit {
        ask: format!("ask-{ask}").as_str().into(),
        allow: true,
        message: String::new(),
    }
}

fn keeper_pid(scene: &Scene, run: &RunId) -> i32 {
    let folder = RunFolder::new(scene.runs().join(run.as_str()));
    wait_for(|| folder.keeper_record().unwrap()).keeper.pid
}

// ------------------------------------------------------------------------------------------------- the tests

#[test]
fn an_agent_asks_is_answered_and_ends_its_turn() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.agent("# TASK-001\nASK!");
    let run = &spec.run;
    let session = engine.start(&spec).unwrap().unwrap();
    assert_eq!(session.0.len(), 36);
    assert_eq!(engine.start(&spec).unwrap(), Some(session.clone()));
    let heard = until(&mut engine, run, |s| matches!(s, Signal::Asked { .. }));
    let started =
        |h: &Heard| matches!(&h.signal, Signal::Started { version, .. } if version == "2.1.328");
    assert!(heard.iter().any(started), "{heard:?}");
    engine.say(run, &permit(0)).unwrap();
    engine.say(run, &permit(0)).unwrap();
    let heard = until(&mut engine, run, is_end);
    let end = &heard.iter().find(|h| is_end(&h.signal)).unwrap().signal;
    assert!(
        matches!(end, Signal::TurnEnded { end: RunEnd::Completed, words, .. } if words == "All done.")
    );
    engine.halt(run, Halt::CloseInput).unwrap();
    let (_, over) = to_the_end(&mut engine, run);
    assert_eq!((over.code, over.end), (Some(0), None));
    let told = scene.told();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(&told[..2], ["request initialize", "request rules"]);
    assert_eq!(told[3], "answer ask-0");
    // Nothing of it can be read by others.
    let folder = scene.runs().join(run.as_str());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
    engine.settle(run).unwrap();
    assert_eq!(engine.look(run).unwrap_err().kind, PortErrorKind::Missing);
    assert_eq!(engine.found().unwrap(), std::slice::from_ref(run));
}

#[test]
fn a_conversation_can_be_read_in_pages_while_it_goes_on() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.agent("# TASK-001\nASK!");
    engine.start(&spec).unwrap();
    until(&mut engine, &spec.run, |s| {
        matches!(s, Signal::Asked { .. })
    });
    let logs = RunLogReader::new(scene.runs());
    assert_eq!(
        logs.doing(&spec.run).unwrap().as_deref(),
        Some("Asks: Bash make it")
    );
    engine.say(&spec.run, &permit(0)).unwrap();
    until(&mut engine, &spec.run, is_end);
    let (mut items, mut from) = (Vec::new(), 0);
    loop {
        let (page, next) = logs.transcript(&spec.run, from, 1).unwrap();
        assert!(next > from || page.is_empty());
        from = next;
        if page.is_empty() {
            break;
        }
        items.extend(page);
    }
    let (all, end) = logs.transcript(&spec.run, 0, 1000).unwrap();
    assert_eq!((&items, from), (&all, end));
    let told = |i: &TranscriptItem| matches!(i, TranscriptItem::Told { text } if text.contains("# TASK-001"));
    let uses = |i: &TranscriptItem| matches!(i, TranscriptItem::Uses { tool, summary, .. } if tool == "Bash" && summary == "make it");
    let says =
        |i: &TranscriptItem| matches!(i, TranscriptItem::Says { text } if text == "All done.");
    assert!(
        all.iter().any(told) && all.iter().any(uses) && all.iter().any(says),
        "{all:?}"
    );
    assert_eq!(logs.transcript(&spec.run, 0, 0).unwrap(), (vec![], 0));
}

/// What was heard when the disk was full could not be written down: the same engine takes the run up again where the log is.
#[test]
fn what_was_told_and_is_not_known_is_told_again_and_what_is_known_is_not() {
    let scene = Scene::new();
    let spec = scene.agent("ASK!");
    let run = &spec.run;
    let mut engine = scene.engine();
    engine.start(&spec).unwrap();
    let asked = |signal: &Signal| matches!(signal, Signal::Asked { .. });
    let heard = until(&mut engine, run, asked);
    engine.attach(run, 0).unwrap();
    let again = until(&mut engine, run, asked);
    assert_eq!(heard.last(), again.last());
    // All of it is known now.
    engine.attach(run, again.last().unwrap().offset).unwrap();
    assert_eq!(engine.look(run).unwrap().heard, []);
    engine.say(run, &permit(0)).unwrap();
    let rest = until(&mut engine, run, is_end);
    assert!(!rest.iter().any(|heard| asked(&heard.signal)), "{rest:?}");
    engine.halt(run, Halt::CloseInput).unwrap();
    to_the_end(&mut engine, run);
    assert_eq!(
        scene.told().last().map(String::as_str),
        Some("answer ask-0")
    );
    engine.settle(run).unwrap();
}

/// The engine is replaced after every single look and every answer; sometimes it had died while it wrote.
#[test]
fn engines_come_and_go_and_nothing_is_said_or_heard_twice() {
    let scene = Scene::new();
    let spec = scene.agent("ASK! ASK! ASK! ASK! ASK!");
    let run = &spec.run;
    let session = scene.engine().start(&spec).unwrap();
    // Killed before it noted that the run was started: it is started again.
    assert_eq!(scene.engine().start(&spec).unwrap(), session);
    let inbox = RunFolder::new(scene.runs().join(run.as_str())).inbox();
    let (mut heard, mut read_to, mut answered) = (Vec::new(), 0, 0);
    wait_for(|| {
        let mut engine = scene.engine();
        engine.attach(run, read_to).unwrap();
        let look = engine.look(run).unwrap();
        read_to = look.heard.last().map_or(read_to, |last| last.offset);
        heard.extend(look.heard);
        if answered < 5
            && heard
                .iter()
                .any(|h| matches!(h.signal, Signal::Asked { .. }))
        {
            let mut torn = OpenOptions::new().append(true).open(&inbox).unwrap();
            torn.write_all(b"{\"type\":\"control_response\",\"respo")
                .unwrap();
            let mut next = scene.engine();
            next.attach(run, read_to).unwrap();
            next.say(run, &permit(answered)).unwrap();
            let mut again = scene.engine();
            again.attach(run, read_to).unwrap();
            again.say(run, &permit(answered)).unwrap();
            answered += 1;
        }
        heard.iter().any(|h| is_end(&h.signal)).then_some(())
    });
    let count = |wanted: fn(&Signal) -> bool| heard.iter().filter(|h| wanted(&h.signal)).count();
    assert_eq!(count(|s| matches!(s, Signal::Started { .. })), 1);
    assert_eq!(count(|s| matches!(s, Signal::Asked { .. })), 5);
    assert_eq!(count(is_end), 1);
    assert!(heard.is_sorted_by_key(|h| h.offset));
    let mut last = scene.engine();
    last.attach(run, read_to).unwrap();
    last.halt(run, Halt::CloseInput).unwrap();
    let (rest, over) = to_the_end(&mut last, run);
    assert_eq!((rest, over.code), (vec![], Some(0)));
    let mut told = scene.told();
    assert_eq!(told.len(), 8, "{told:?}");
    told.dedup();
    assert_eq!(told.len(), 8, "{told:?}");
    // And an engine that comes after the end hears the same end.
    let mut late = scene.engine();
    late.attach(run, read_to).unwrap();
    assert_eq!(to_the_end(&mut late, run).1.code, Some(0));
}

#[test]
fn an_agent_that_dies_has_its_last_words_told() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.agent("DIE");
    engine.start(&spec).unwrap();
    let (_, over) = to_the_end(&mut engine, &spec.run);
    assert_eq!(over.code, Some(3));
    assert!(over.tail.contains("error: it went wrong"), "{}", over.tail);
}

#[test]
fn an_interrupt_is_said_or_signalled_once_nothing_can_be_said() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.agent("ASK!");
    let run = &spec.run;
    engine.start(&spec).unwrap();
    until(&mut engine, run, |s| matches!(s, Signal::Asked { .. }));
    engine.halt(run, Halt::Interrupt).unwrap();
    assert_eq!(to_the_end(&mut engine, run).1.code, Some(0));
    assert_eq!(scene.told().last().unwrap(), "request interrupt-0");
    let scene = Scene::new();
    let mut engine = scene.engine();
    let gate = scene.gate("sleep 300");
    engine.start(&gate).unwrap();
    keeper_pid(&scene, &gate.run);
    std::thread::sleep(std::time::Duration::from_millis(100));
    engine.halt(&gate.run, Halt::Interrupt).unwrap();
    let (_, over) = to_the_end(&mut engine, &gate.run);
    assert_eq!((over.code, over.signal), (None, Some(2)));
}

#[test]
fn gates_pass_and_fail_with_the_useful_end_of_their_output() {
    for (command, code, tail) in [
        ("echo fine", 0, "fine"),
        (
            "printf '\\033[31mred\\033[0m\\n'; echo oops >&2; exit 4",
            4,
            "red\noops",
        ),
        ("cat; echo no input", 0, "no input"),
        ("no-such-command-at-all 2>/dev/null", 127, ""),
    ] {
        let scene = Scene::new();
        let mut engine = scene.engine();
        let spec = scene.gate(command);
        assert_eq!(engine.start(&spec).unwrap(), None);
        let (heard, over) = to_the_end(&mut engine, &spec.run);
        assert_eq!(
            (heard, over.code, over.end),
            (vec![], Some(code), None),
            "{command}"
        );
        assert_eq!(over.tail, tail);
        let logs = RunLogReader::new(scene.runs());
        assert_eq!(logs.output_tail(&spec.run, 1000).unwrap(), tail);
        assert_eq!(
            logs.doing(&spec.run).unwrap().as_deref(),
            tail.lines().next_back()
        );
        assert!(engine.say(&spec.run, &Say::Interrupt).is_err());
    }
}

#[test]
fn gates_see_no_secrets_and_know_their_run() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let own = [
        ("ANTHROPIC_API_KEY", "sk-x"),
        ("GH_TOKEN", "t"),
        ("EDITOR", "vi"),
        ("PATH", "/usr/bin:/bin"),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
    engine.see(own.into_iter().collect());
    let spec = scene.gate("env");
    engine.start(&spec).unwrap();
    let (_, over) = to_the_end(&mut engine, &spec.run);
    assert!(
        over.tail.contains("EDITOR=vi")
            && over.tail.contains("ORCHESTRON_RUN=TASK-001-gate-test-1")
    );
    assert!(
        !over.tail.contains("sk-x") && !over.tail.contains("TOKEN"),
        "{}",
        over.tail
    );
}

#[test]
fn the_ladder_ends_what_does_not_want_to_end() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.gate("trap '' TERM INT; echo up; while :; do sleep 0.1; done");
    let run = &spec.run;
    engine.start(&spec).unwrap();
    let out = scene.runs().join(run.as_str()).join("out.jsonl");
    wait_for(|| {
        fs::read_to_string(&out)
            .is_ok_and(|t| t.contains("up"))
            .then_some(())
    });
    for halt in [Halt::CloseInput, Halt::Interrupt, Halt::Terminate] {
        engine.halt(run, halt).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(engine.look(run).unwrap().over, None);
    }
    engine.halt(run, Halt::Kill).unwrap();
    assert_eq!(to_the_end(&mut engine, run).1.signal, Some(9));
}

#[test]
fn a_lost_keeper_is_noticed_its_tree_is_swept_and_nothing_runs_again() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    // The second one drops its mark, so that only a control group can find it.
    let spec = scene.gate("echo x >> starts; env -i sleep 300 & echo $! > bare; setsid sleep 300 & echo $! > pid; wait");
    let run = &spec.run;
    engine.start(&spec).unwrap();
    let keeper = keeper_pid(&scene, run);
    let pid = |name: &str| -> i32 {
        let path = scene.work().join(name);
        wait_for(|| fs::read_to_string(&path).ok()?.trim().parse().ok())
    };
    let (bare, orphan) = (pid("bare"), pid("pid"));
    let folder = RunFolder::new(scene.runs().join(run.as_str()));
    let group = folder.keeper_record().unwrap().unwrap().cgroup;
    if let Some(group) = &group {
        let members = || fs::read_to_string(group.join("cgroup.procs")).unwrap();
        wait_for(|| {
            members()
                .lines()
                .any(|m| m == bare.to_string())
                .then_some(())
        });
    }
    super::tree::send(&[keeper], rustix::process::Signal::KILL);
    let (_, over) = to_the_end(&mut engine, run);
    assert_eq!((over.code, over.end), (None, Some(RunEnd::Lost)));
    assert!(is_alive(orphan));
    engine.settle(run).unwrap();
    assert!(!is_alive(orphan));
    assert_eq!(is_alive(bare), group.is_none());
    super::tree::send(&[bare], rustix::process::Signal::KILL);
    // Neither this engine nor the next starts it again.
    engine.start(&spec).unwrap();
    let mut next = scene.engine();
    next.start(&spec).unwrap();
    assert_eq!(to_the_end(&mut next, run).1.end, Some(RunEnd::Lost));
    assert_eq!(
        fs::read_to_string(scene.work().join("starts")).unwrap(),
        "x\n"
    );
}

#[test]
fn a_keeper_that_cannot_even_start_is_lost_at_once() {
    let scene = Scene::new();
    let mut engine = scene.engine_with(ProcessSpawner::with_command("/bin/false".into(), vec![]));
    let spec = scene.gate("echo x > started");
    engine.start(&spec).unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(to_the_end(&mut engine, &spec.run).1.end, Some(RunEnd::Lost));
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    // A keeper that comes late finds the record and does nothing.
    scene.engine().start(&spec).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(!scene.work().join("started").exists());
    let mut none = scene.engine_with(ProcessSpawner::with_command(
        "/no/such/keeper".into(),
        vec![],
    ));
    let other = scene.spec("gate-other", spec.work.clone(), spec.program.clone());
    assert_eq!(none.start(&other).unwrap_err().kind, PortErrorKind::Missing);
}

#[test]
fn an_exit_record_that_a_power_cut_emptied_is_a_lost_run() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.gate("true");
    engine.start(&spec).unwrap();
    to_the_end(&mut engine, &spec.run);
    let folder = RunFolder::new(scene.runs().join(spec.run.as_str()));
    wait_for(|| (!folder.is_kept().unwrap()).then_some(()));
    fs::write(folder.exit(), "").unwrap();
    let mut next = scene.engine();
    next.attach(&spec.run, 0).unwrap();
    assert_eq!(to_the_end(&mut next, &spec.run).1.end, Some(RunEnd::Lost));
}

#[test]
fn settling_a_run_that_goes_on_ends_it() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.gate("sleep 300");
    engine.start(&spec).unwrap();
    let keeper = keeper_pid(&scene, &spec.run);
    let mut other = scene.engine();
    other.attach(&spec.run, u64::MAX).unwrap();
    other.settle(&spec.run).unwrap();
    wait_for(|| (!is_alive(keeper)).then_some(()));
    assert_eq!(to_the_end(&mut engine, &spec.run).1.signal, Some(9));
}

#[test]
fn a_folder_is_no_proof_that_its_run_was_started() {
    let scene = Scene::new();
    let spec = scene.gate("true");
    let mut none = scene.engine_with(ProcessSpawner::with_command(
        "/no/such/keeper".into(),
        vec![],
    ));
    none.start(&spec).unwrap_err();
    assert_eq!(none.found().unwrap(), std::slice::from_ref(&spec.run));
    assert!(!none.was_started(&spec.run).unwrap());
    // Nobody wants it any more: that nothing is left is made sure of, and that is no start either.
    none.attach(&spec.run, 0).unwrap();
    none.halt(&spec.run, Halt::Kill).unwrap();
    none.settle(&spec.run).unwrap();
    assert!(!none.was_started(&spec.run).unwrap());
    let mut engine = scene.engine();
    let other = scene.spec("gate-other", spec.work.clone(), spec.program.clone());
    engine.start(&other).unwrap();
    to_the_end(&mut engine, &other.run);
    assert!(scene.engine().was_started(&other.run).unwrap());
}

#[test]
fn what_cannot_be_launched_says_how_to_mend_it() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let mut spec = scene.agent("x");
    let RunProgram::Agent { agent, .. } = &mut spec.program else {
        unreachable!()
    };
    agent.cli = Some("nobody".into());
    let error = engine.start(&spec).unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Missing);
    assert!(error.to_string().contains("claude"), "{error}");
    let mut spec = scene.agent("x");
    let RunProgram::Agent { agent, resume, .. } = &mut spec.program else {
        unreachable!()
    };
    agent.program = Some("/no/such/claude".into());
    *resume = Some(SessionId("0a5bde1b-6288-47f7-8d58-3e67df8e2852".into()));
    let resumed = resume.clone();
    assert_eq!(engine.start(&spec).unwrap(), resumed);
    let (_, over) = to_the_end(&mut engine, &spec.run);
    assert!(
        matches!(&over.end, Some(RunEnd::CouldNotStart { message }) if message.contains("/no/such/claude was not found")),
        "{over:?}"
    );
}

#[test]
fn a_key_reaches_the_keeper_and_no_file() {
    let mut scene = Scene::new();
    scene.key = Some("sk-secret-77aa");
    let mut engine = scene.engine();
    let spec = scene.agent("ASK!");
    engine.start(&spec).unwrap();
    until(&mut engine, &spec.run, |s| {
        matches!(s, Signal::Asked { .. })
    });
    let folder = scene.runs().join(spec.run.as_str());
    assert!(folder.join("key.sock").exists());
    let settings = fs::read_to_string(folder.join("settings.json")).unwrap();
    assert!(settings.contains("key-helper"));
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let text = fs::read_to_string(&path).unwrap();
            assert!(!text.contains("sk-secret-77aa"), "{path:?}");
        }
    }
}

/// Not a test but a measurement: `cargo test -p orchestron-adapters measure -- --ignored --nocapture`.
#[test]
#[ignore = "prints figures"]
fn measure() {
    let mut first: Vec<u128> = Vec::new();
    for _ in 0..20 {
        let scene = Scene::new();
        let mut engine = scene.engine();
        let spec = scene.gate("echo up; sleep 0.2");
        let out = scene.runs().join(spec.run.as_str()).join("out.jsonl");
        let begun = std::time::Instant::now();
        engine.start(&spec).unwrap();
        while fs::metadata(&out).map_or(0, |meta| meta.len()) == 0 {
            std::thread::yield_now();
        }
        first.push(begun.elapsed().as_micros());
        if first.len() == 20 {
            let pid = keeper_pid(&scene, &spec.run);
            println!(
                "{}",
                fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap()
            );
        }
        to_the_end(&mut engine, &spec.run);
    }
    first.sort_unstable();
    println!("start() to the first output of `sh`, µs: {first:?}");
}

/// A spawner of another kind, as the desktop app has one.
struct Refusing;

impl KeeperSpawner for Refusing {
    fn spawn(&self, _run_dir: &Path, _first_line: &str) -> PortResult<()> {
        unreachable!("a run that has ended is not kept again")
    }

    fn program(&self) -> PortResult<PathBuf> {
        Ok(PathBuf::from("/opt/orchestron"))
    }
}

#[test]
fn a_run_that_ended_is_not_kept_again() {
    let scene = Scene::new();
    let mut engine = scene.engine();
    let spec = scene.gate("true");
    engine.start(&spec).unwrap();
    to_the_end(&mut engine, &spec.run);
    let mut other = scene.engine_with(Refusing);
    other.start(&spec).unwrap();
    assert_eq!(to_the_end(&mut other, &spec.run).1.code, Some(0));
}
