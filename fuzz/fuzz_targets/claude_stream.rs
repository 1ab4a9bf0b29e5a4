//! Throws bytes at the driver of Claude's stream, line by line: it must live, give the same for the same lines, and answer in whole lines
//! of JSON whose keys it finds again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orchestron_agents::{Opening, Received, driver};
use orchestron_domain::{Leg, SessionId, signal::Say};

/// More of one line than it can mean.
const MOST: usize = 64;

fn opening() -> Opening {
    Opening {
        run: "TASK-001-implement-1".parse().expect("a run"),
        leg: Leg::Implement,
        session: SessionId("6f9619ff-8b86-d011-b42d-00c04fc964ff".to_owned()),
        worktree: "/w".to_owned(),
        may_write: true,
        prompt: "Do it.".to_owned(),
        rules: Vec::new(),
    }
}

/// What all lines mean.
fn hear(input: &[u8]) -> Vec<Received> {
    let driver = driver("claude").expect("a driver");
    let mut protocol = driver.open(&opening());
    let mut all = vec![Received {
        signals: Vec::new(),
        replies: protocol.hello(),
    }];
    for line in input.split(|byte| *byte == b'\n') {
        let received = protocol.receive(line);
        assert!(received.signals.len() <= MOST, "{} signals of one line", received.signals.len());
        all.push(received);
        driver.transcript("/w", line);
        driver.key_of(line);
        assert!(protocol.doing().len() <= 4_096, "what it does is told in a line");
    }
    let say = Say::Words {
        id: "person-1".to_owned(),
        text: String::from_utf8_lossy(input).into_owned(),
    };
    let replies = vec![protocol.say(&say)];
    let signals = protocol.end();
    all.push(Received { signals, replies });
    all
}

fuzz_target!(|input: &[u8]| {
    let all = hear(input);
    assert_eq!(all, hear(input), "a restarted engine hears the same");
    let driver = driver("claude").expect("a driver");
    for reply in all.iter().flat_map(|received| &received.replies) {
        let (end, line) = reply.bytes.split_last().expect("a line");
        assert!(*end == b'\n' && !line.contains(end), "one whole line");
        serde_json::from_slice::<serde_json::Value>(line).expect("JSON");
        assert_eq!(driver.key_of(line).as_deref(), Some(reply.key.as_str()));
    }
});
