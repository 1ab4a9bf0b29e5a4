//! The driver on every recording of the real CLI (2.1.328): which signals each line gives, exactly.
//!
//! A recording is either the CLI's raw output or both directions (`{"dir":"in"|"out","msg":…}`), with the requests of
//! another host; the names that host gave to the requests we also make are replaced by ours.

use super::{protocol::Conversation, rules, transcript, wire};
use crate::{Opening, Protocol, Rule, json_line};
use orchestron_domain::{
    Leg, RunId,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

mod expected;

macro_rules! recordings {
    ($($name:literal $server:expr,)*) => {
        /// Name, our server's name in it, text.
        const RECORDINGS: &[(&str, Option<&str>, &str)] = &[
            $(($name, $server, include_str!(concat!("recordings/", $name, ".jsonl"))),)*
        ];
    };
}

recordings! {
    "00-recommended" Some("orc"),
    "01-text" None,
    "02a-write-default-denied" None,
    "02b-write-allowed" None,
    "03-mcp" Some("labs"),
    "06-control-can_use_tool" None,
    "07-control-interrupt" None,
    "08-signal-SIGTERM" None,
    "08-signal-interrupt" None,
    "10-fork" None,
    "10-maxturns" None,
    "10-resume" None,
    "11-err-401" None,
    "11-err-429-long-retry-after" None,
    "11-err-429-retry-after" None,
    "11-err-529-forever" None,
    "11-err-stall-mid" None,
    "12-rules-denyedit-rel" None,
    "15-agents-nobg" None,
    "16-partial" None,
    "16-schema-bad-then-ok" None,
    "16-schema-ok" None,
    "17-sdk-mcp" Some("orc"),
    "18-ask-plan" None,
    // Made with this driver itself, on a small scripted endpoint: the output only.
    "40-implement" Some("orchestron"),
    "41-denied-everything" Some("orchestron"),
    "42-interrupt-asking" Some("orchestron"),
    "43-resume-help" Some("orchestron"),
    "44-half-surrogate" Some("orchestron"),
    "45-resume-unknown" Some("orchestron"),
    "46-rule-ignored" Some("orchestron"),
    "47-review" Some("orchestron"),
    "48-no-such-model" Some("orchestron"),
}

/// What the CLI wrote, line by line.
fn output(text: &str) -> Vec<Value> {
    let mut ours: Vec<(String, &str)> = Vec::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut line = json_line::read(line.as_bytes()).unwrap();
        if line.get("argv").is_some() || line.get("exit").is_some() {
            continue;
        }
        if line.get("dir").is_none() {
            lines.push(line);
            continue;
        }
        let mut said = line["msg"].take();
        if line["dir"] == "in" {
            let key = match said.pointer("/request/subtype").and_then(Value::as_str) {
                Some("initialize") => wire::INITIALIZE,
                Some("list_permission_rules") => wire::RULES,
                _ => continue,
            };
            ours.push((said["request_id"].as_str().unwrap().to_owned(), key));
            continue;
        }
        if let Some(id) = said.pointer_mut("/response/request_id") {
            let renamed = ours.iter().find(|(theirs, _)| id == theirs.as_str());
            *id = renamed.map_or(id.take(), |(_, key)| json!(key));
        }
        lines.push(said);
    }
    lines
}

fn opening(leg: Leg, rules: Vec<Rule>) -> Opening {
    Opening {
        run: RunId::of(&"TASK-1".parse().unwrap(), "implement", 1),
        leg,
        session: "3defbe61-f496-4b92-bebc-015d25eb306d".into(),
        worktree: "/home/dev/project".into(),
        may_write: leg == Leg::Implement,
        prompt: "# TASK-001 · implement · attempt 1".into(),
        rules,
    }
}

fn conversation(name: &str, server: Option<&'static str>) -> Conversation {
    let leg = if name == "47-review" {
        Leg::Review
    } else {
        Leg::Implement
    };
    // The one rule that was not understood; all others were in force.
    let lost = Rule {
        allow: false,
        text: "bash(rm)".to_owned(),
    };
    let kept = Rule {
        allow: false,
        text: "AskUserQuestion".to_owned(),
    };
    let rules = if name == "46-rule-ignored" {
        vec![kept, lost]
    } else {
        vec![]
    };
    Conversation::of_recording(opening(leg, rules), server)
}

/// A signal in a line.
fn brief(signal: &Signal) -> String {
    match signal {
        Signal::Started {
            session,
            version,
            model,
        } => {
            let session = session.as_ref().map_or("none", |session| &session.0[..8]);
            format!("started {session} {version} {model}")
        }
        Signal::Alive { doing } => format!("alive {doing}"),
        Signal::Asked {
            ask,
            tool,
            summary,
            reason,
            ..
        } => {
            let reason = reason.as_ref().map(|reason| format!(" ({reason})"));
            format!(
                "asked {} {tool}: {summary}{}",
                &ask.0[..4],
                reason.unwrap_or_default()
            )
        }
        Signal::AskWithdrawn { ask } => format!("withdrawn {}", &ask.0[..4]),
        Signal::ToolCalled {
            call,
            tool,
            arguments,
        } => {
            let fields: BTreeMap<String, Value> = serde_json::from_str(arguments).unwrap();
            format!("called {} {tool} {fields:?}", &call.0[..4])
        }
        Signal::Cost {
            session_total,
            input_tokens,
            output_tokens,
            ..
        } => {
            format!("cost {} {input_tokens} {output_tokens}", session_total.0)
        }
        Signal::Retrying {
            attempt,
            delay_ms,
            reason,
        } => format!("retry {attempt} {delay_ms} {reason}"),
        Signal::Doomed { end } => format!("doomed {end}"),
        Signal::TurnEnded {
            end,
            words,
            denials,
        } => format!("ended {end} [{denials}] {words:?}"),
    }
}

/// A reply in a line.
fn brief_reply(key: &str, bytes: &[u8]) -> String {
    let line: Value = serde_json::from_slice(bytes).unwrap();
    let what = [
        "/request/subtype",
        "/response/response/behavior",
        "/response/error",
        "/message/content",
    ];
    let what = what
        .iter()
        .find_map(|place| line.pointer(place)?.as_str())
        .unwrap_or("");
    let server = line.pointer("/response/response/mcp_response");
    let short: String = key.chars().take(4).collect();
    format!(
        "  -> {short} {}",
        if server.is_some() { "mcp" } else { what }
    )
}

/// Everything a recording gives, one line each; replies are set in.
fn told(name: &str, server: Option<&'static str>, text: &str) -> String {
    let mut conversation = conversation(name, server);
    let mut all = String::new();
    for line in output(text) {
        let received = conversation.receive(line.to_string().as_bytes());
        // What is told of each request is the subject of a test of its own.
        let on_the_way =
            |signal: &&Signal| line["type"] == "assistant" && matches!(signal, Signal::Cost { .. });
        for signal in received.signals.iter().filter(|s| !on_the_way(s)) {
            writeln!(all, "{}", brief(signal)).unwrap();
        }
        for reply in &received.replies {
            writeln!(all, "{}", brief_reply(&reply.key, &reply.bytes)).unwrap();
        }
    }
    for signal in conversation.end() {
        writeln!(all, "at the end: {}", brief(&signal)).unwrap();
    }
    assert_eq!(conversation.malformed(), 0, "{name}");
    all
}

#[test]
fn every_recording_gives_exactly_these_signals() {
    let mut wrong = String::new();
    for (name, server, text) in RECORDINGS {
        let told = told(name, *server, text);
        let expected = expected::SIGNALS
            .iter()
            .find(|(of, _)| of == name)
            .map_or("", |(_, lines)| lines);
        if told.trim() != expected.trim() {
            write!(wrong, "\n(\"{name}\", r##\"\n{told}\"##),").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
#[allow(clippy::disallowed_methods)] // only this test reads a folder: that none is left out
fn no_recording_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/claude/recordings");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned))
        .collect();
    found.sort();
    let known: Vec<&str> = RECORDINGS.iter().map(|(name, _, _)| *name).collect();
    assert_eq!(found, known);
}

#[test]
fn no_request_of_the_agent_is_left_unanswered() {
    for (name, server, text) in RECORDINGS {
        let mut conversation = conversation(name, *server);
        for line in output(text) {
            let received = conversation.receive(line.to_string().as_bytes());
            if line["type"] == "control_request" {
                let asked = received.signals.iter().filter(|signal| {
                    matches!(signal, Signal::Asked { .. } | Signal::ToolCalled { .. })
                });
                assert_eq!(asked.count() + received.replies.len(), 1, "{name}: {line}");
                let id = line["request_id"].as_str().unwrap();
                assert!(received.replies.iter().all(|reply| reply.key == id));
            }
        }
    }
}

#[test]
fn replaying_gives_the_same_whatever_was_said_in_between() {
    for (name, server, text) in RECORDINGS {
        let (mut first, mut again) = (conversation(name, *server), conversation(name, *server));
        assert_eq!(first.hello(), again.hello());
        for line in output(text) {
            let line = line.to_string();
            let received = first.receive(line.as_bytes());
            assert_eq!(
                received,
                again.receive(format!("{line}\r\n").as_bytes()),
                "{name}"
            );
            for signal in received.signals {
                if let Signal::Asked { ask, .. } = signal {
                    first.say(&Say::Permit {
                        ask,
                        allow: true,
                        message: String::new(),
                    });
                }
            }
            first.say(&Say::Words {
                id: "1".into(),
                text: "go on".into(),
            });
            assert_eq!(
                first.say(&Say::Interrupt).key,
                again.say(&Say::Interrupt).key
            );
        }
    }
}

#[test]
fn the_prompt_is_said_only_when_the_rules_hold() {
    let (_, _, text) = RECORDINGS[0];
    let run = |rules: Vec<Rule>| {
        let mut conversation =
            Conversation::of_recording(opening(Leg::Implement, rules), Some("orc"));
        let mut received: Vec<String> = Vec::new();
        for line in output(text) {
            let one = conversation.receive(line.to_string().as_bytes());
            received.extend(
                one.replies
                    .iter()
                    .map(|reply| brief_reply(&reply.key, &reply.bytes)),
            );
            received.extend(
                one.signals
                    .iter()
                    .filter(|s| matches!(s, Signal::Doomed { .. }))
                    .map(brief),
            );
        }
        received
    };
    let rule = |text: &str| Rule {
        allow: false,
        text: text.into(),
    };
    let good = run(vec![rule("Edit(src/backend/**)")]);
    assert!(
        good.iter()
            .any(|line| line.contains("# TASK-001 · implement")),
        "{good:?}"
    );
    let bad = run(vec![rule("Edit(src/backend/**)"), rule("bash(rm)")]);
    assert!(
        !bad.iter().any(|line| line.contains("# TASK-001")),
        "{bad:?}"
    );
    assert!(
        bad.iter()
            .any(|line| line.contains("does not understand: `bash(rm)`")),
        "{bad:?}"
    );
}

/// A recorded line of every shape, with every one of its values replaced by values of other kinds.
#[test]
fn no_distorted_line_makes_it_panic() {
    let strange = [json!(null), json!(-1.5), json!("x"), json!([{}])];
    let mut shapes = BTreeSet::new();
    for (name, server, text) in RECORDINGS {
        let mut conversation = conversation(name, *server);
        for line in output(text) {
            let kind = [
                &line["type"],
                &line["subtype"],
                &line["request"]["subtype"],
                &line["event"]["type"],
            ];
            let places = places(&line, String::new(), 5);
            if !shapes.insert((format!("{kind:?}"), places.clone())) || places.len() > 150 {
                continue;
            }
            for (n, place) in places.into_iter().enumerate() {
                for value in [&strange[n % 4], &strange[(n + 1) % 4]] {
                    let mut line = line.clone();
                    *line.pointer_mut(&place).unwrap() = value.clone();
                    let line = line.to_string();
                    conversation.receive(line.as_bytes());
                    transcript::items("/home/dev/project", line.as_bytes());
                }
            }
        }
        conversation.end();
    }
    assert!(shapes.len() > 40, "{}", shapes.len());
}

/// JSON pointers to the values below `value`; of long lists only the first entries.
fn places(value: &Value, at: String, depth: usize) -> Vec<String> {
    if depth == 0 {
        return vec![at];
    }
    let below: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .take(2)
            .enumerate()
            .map(|(n, value)| (n.to_string(), value))
            .collect(),
        _ => vec![],
    };
    let mut found: Vec<String> = below
        .into_iter()
        .flat_map(|(name, value)| places(value, format!("{at}/{name}"), depth - 1))
        .collect();
    if !at.is_empty() {
        found.push(at);
    }
    found
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(lines in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..200), 0..20)) {
        let mut conversation = conversation("", Some("orc"));
        for line in lines {
            conversation.receive(&line);
            conversation.receive(&[b"{\"type\":\"", line.as_slice()].concat());
            transcript::items("/wt", &line);
            wire::key_of(&line);
        }
    }
}

#[test]
fn transcripts_read_like_the_conversation() {
    let (_, _, text) = RECORDINGS
        .iter()
        .find(|(name, _, _)| *name == "07-control-interrupt")
        .unwrap();
    let items: Vec<TranscriptItem> = output(text)
        .iter()
        .flat_map(|line| transcript::items("/home/dev/project", line.to_string().as_bytes()))
        .collect();
    let kinds: String = items
        .iter()
        .map(|item| match item {
            TranscriptItem::Told { .. } => 't',
            TranscriptItem::Says { .. } => 's',
            TranscriptItem::Thinks { .. } => 'h',
            TranscriptItem::Uses { .. } => 'u',
            TranscriptItem::Got { .. } => 'g',
            TranscriptItem::Note { .. } => 'n',
        })
        .collect();
    // told, cut off, interrupted, over; told, said, over; told, tool, result, said, over; told, said, over; told, said, over
    assert_eq!(kinds, "tsnntsntugsntsntsn");
}

#[test]
fn the_settings_that_were_recorded_would_be_found_missing() {
    // The same answer of the CLI, seen by a run that expects its whole set of rules.
    let (_, _, text) = RECORDINGS[0];
    let lines = output(text);
    let listed = lines
        .iter()
        .find(|line| line.pointer("/response/request_id") == Some(&json!(wire::RULES)));
    let listed = listed.unwrap().pointer("/response/response").unwrap();
    let never = rules::NEVER.map(|text| Rule {
        allow: false,
        text: text.into(),
    });
    assert_eq!(
        rules::missing(&never, listed).len(),
        never.len(),
        "denied by flag is not denied by file"
    );
}
