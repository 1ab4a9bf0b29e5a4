//! The lines we say to the Claude CLI, and the keys that name them.

use crate::{Reply, json_line};
use orchestron_domain::{RunId, SessionId};
use serde_json::{Value, json};

/// Key of the first control request.
pub const INITIALIZE: &str = "initialize";
/// Key of the control request for the permission rules in force.
pub const RULES: &str = "rules";

/// A control request of ours.
pub fn request(key: &str, body: &Value) -> Reply {
    let line = json!({ "type": "control_request", "request_id": key, "request": body });
    reply(key, &line)
}

/// The answer to a control request of the agent.
pub fn answer(request_id: &str, body: &Value) -> Reply {
    let response = json!({ "subtype": "success", "request_id": request_id, "response": body });
    reply(
        request_id,
        &json!({ "type": "control_response", "response": response }),
    )
}

/// The answer to a control request of the agent that we refuse or do not know.
pub fn refusal(request_id: &str, why: &str) -> Reply {
    let response = json!({ "subtype": "error", "request_id": request_id, "error": why });
    reply(
        request_id,
        &json!({ "type": "control_response", "response": response }),
    )
}

/// The answer to a permission ask. What was asked for is never rewritten, so `updatedInput` is left out.
pub fn permit(request_id: &str, allow: bool, message: &str) -> Reply {
    let body = if allow {
        json!({ "behavior": "allow" })
    } else {
        json!({ "behavior": "deny", "message": message })
    };
    answer(request_id, &body)
}

/// A user message. `client_composed` keeps the agent from taking `@path` and `/command` in it as orders to itself: the text
/// comes from task files and from other agents. The uuid makes saying it twice harmless: the agent drops the second one.
pub fn words(uuid: &str, text: &str) -> Reply {
    let line = json!({
        "type": "user",
        "message": { "role": "user", "content": text },
        "parent_tool_use_id": null,
        "client_composed": true,
        "uuid": uuid,
    });
    reply(uuid, &line)
}

fn reply(key: &str, line: &Value) -> Reply {
    let mut bytes = line.to_string().into_bytes();
    bytes.push(b'\n');
    Reply {
        key: key.to_owned(),
        bytes,
    }
}

/// The key of a line of `in.jsonl`.
pub fn key_of(line: &[u8]) -> Option<String> {
    let said = json_line::read(line)?;
    let key = match said.get("type")?.as_str()? {
        "user" => said.get("uuid"),
        "control_request" => said.get("request_id"),
        "control_response" => said.pointer("/response/request_id"),
        _ => None,
    };
    key?.as_str().map(str::to_owned)
}

/// The uuid of a message, derived from what names it: the same message always has the same one, and a session that several
/// runs take up never sees one twice. Version 8 (made by the application); 122 bits of an FNV-1a hash.
pub fn message_uuid(session: &SessionId, run: &RunId, id: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let name = [&session.0, run.as_str(), id].join("\n");
    let hash = name.bytes().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    let hex = format!("{hash:032x}");
    let variant = match hash >> 60 & 3 {
        0 => '8',
        1 => '9',
        2 => 'a',
        _ => 'b',
    };
    format!(
        "{}-{}-8{}-{variant}{}-{}",
        &hex[0..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..32]
    )
}

#[cfg(test)]
mod tests {
    use super::{answer, key_of, message_uuid, permit, refusal, request, words};
    use orchestron_domain::RunId;
    use serde_json::{Value, json};

    #[test]
    fn every_line_can_be_found_again_by_its_key() {
        for said in [
            request("initialize", &json!({"subtype": "initialize"})),
            answer("76df", &json!({})),
            refusal("76df", "no"),
            permit("76df", true, ""),
            permit("76df", false, "no\nreally"),
            words("11111111-1111-4111-8111-111111111111", "line\nline"),
        ] {
            assert_eq!(key_of(&said.bytes), Some(said.key));
            let newlines = said.bytes.iter().filter(|&&b| b == b'\n').count();
            assert_eq!((newlines, said.bytes.last()), (1, Some(&b'\n')));
        }
        for line in [r#"{"keeper":"close-input"}"#, "", "x", r#"{"type":1}"#] {
            assert_eq!(key_of(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn words_are_not_commands() {
        let line: Value =
            serde_json::from_slice(&words("u", "/compact @/etc/passwd").bytes).unwrap();
        assert_eq!(line["client_composed"], true);
        assert_eq!(line["message"]["content"], "/compact @/etc/passwd");
    }

    #[test]
    fn uuids_are_stable_and_differ() {
        let run = |ordinal| RunId::of(&"TASK-1".parse().unwrap(), "implement", ordinal);
        let session = "0a5bde1b-6288-47f7-8d58-3e67df8e2852".into();
        let first = message_uuid(&session, &run(1), "prompt");
        assert_eq!(first, message_uuid(&session, &run(1), "prompt"));
        assert_ne!(first, message_uuid(&session, &run(2), "prompt"));
        assert_ne!(first, message_uuid(&session, &run(1), "w-1"));
        assert_ne!(first, message_uuid(&"other".into(), &run(1), "prompt"));
        let groups: Vec<usize> = first.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
        assert_eq!(&first[14..15], "8");
        assert!("89ab".contains(&first[19..20]));
    }
}
