//! Input that nobody should send: malformed, oversized, out of order, hostile. Whatever comes, every question gets at most one answer,
//! the server lives, its memory does not grow with it, and others are served.

use super::{Client, by_cursor, person};
use crate::mcp::{
    schema::check,
    tools::{Role, TABLES, of},
};
use orchestron_testkit::Status;
use proptest::{
    collection::vec,
    prelude::{Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_oneof, proptest},
};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tokio::{io::AsyncBufReadExt, time::timeout};

/// Values as nobody expects them.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,40}".prop_map(Value::from),
        "(TASK-[0-9]{1,20}|\\.\\./etc/passwd|orchestron://task/.{0,9}|\u{0}|[\u{202e}\u{feff}]{1,3})".prop_map(Value::from),
        Just(Value::from("x".repeat(70_000))),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec(("[a-z_]{1,12}", inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "initialize",
            "tools/list",
            "tools/call",
            "resources/read",
            "resources/subscribe",
            "resources/unsubscribe",
            "prompts/get",
            "prompts/list",
            "completion/complete",
            "logging/setLevel",
            "server/discover",
            "notifications/initialized",
            "notifications/cancelled",
            "notifications/progress",
            "subscriptions/listen",
            "ping",
        ])
        .prop_map(str::to_owned),
        "[a-z/]{0,20}",
    ]
}

/// A call of a tool there is, with fields that it has and values that it has not.
fn call() -> impl Strategy<Value = Value> {
    let tools: Vec<_> = of(Some(Role::Person))
        .filter(|tool| tool.name != "request_help")
        .collect();
    (prop::sample::select(tools), vec(value(), 8), any::<u8>()).prop_map(|(tool, values, which)| {
        let fields = tool.takes.iter().zip(values).enumerate();
        let given: Map<String, Value> = fields
            .filter(|(at, (field, _))| field.name != "wait_seconds" && (which >> (at % 8)) & 1 == 1)
            .map(|(_, (field, value))| (field.name.to_owned(), value))
            .collect();
        json!({"name": tool.name, "arguments": given})
    })
}

/// A line, with the id that it may be answered under.
fn line() -> impl Strategy<Value = String> {
    let message = (1..40_u64, method(), value())
        .prop_map(|(id, method, params)| {
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
        })
        .boxed();
    let called = (1..40_u64, call())
        .prop_map(|(id, params)| {
            json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
                .to_string()
        })
        .boxed();
    let odd = value().prop_map(|value| value.to_string());
    let answer = (any::<u64>(), value())
        .prop_map(|(id, result)| json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string());
    let cut = (
        prop_oneof![message.clone(), called.clone()],
        any::<prop::sample::Index>(),
    )
        .prop_map(|(text, at)| {
            let mut end = at.index(text.len().max(1)).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text[..end].to_owned()
        });
    let deep = (1..400_usize).prop_map(|depth| "[".repeat(depth * 10));
    let any_text = "[^\n\r]{0,80}";
    prop_oneof![3 => message, 5 => called, 1 => odd, 1 => answer, 1 => cut, 1 => deep, 1 => any_text]
        .prop_map(|line| line.replace(['\n', '\r'], " "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_client_says_each_question_gets_one_answer_and_the_server_lives(
        greets in any::<bool>(),
        lines in vec(line(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let told: Result<(), String> = runtime.block_on(async move {
            let world = by_cursor();
            world.task(1, Status::Ready, "Search");
            let mut client = Client::connect(&world, None);
            if greets {
                client = client.hello(json!({})).await;
            }
            let mut asked: BTreeMap<u64, u32> = BTreeMap::new();
            let (mut input, mut output) = (client.input, client.output);
            for line in &lines {
                if let Ok(Value::Object(message)) = serde_json::from_str::<Value>(line)
                    && let Some(id) = message.get("id").and_then(Value::as_u64)
                {
                    *asked.entry(id).or_default() += 1;
                }
            }
            let writing = tokio::spawn(async move {
                use tokio::io::AsyncWriteExt;
                for line in lines {
                    if input.write_all(format!("{line}\n").as_bytes()).await.is_err() {
                        return None;
                    }
                }
                let ping = json!({"jsonrpc": "2.0", "id": 999_999, "method": "ping"});
                input.write_all(format!("{ping}\n").as_bytes()).await.ok()?;
                Some(input)
            });
            let begun = Instant::now();
            loop {
                let mut text = String::new();
                let read = timeout(Duration::from_secs(20), output.read_line(&mut text)).await;
                let read = read.map_err(|_| "the server says nothing any more".to_owned())?;
                match read {
                    // Who never says hello is hung up on, which is an answer too.
                    Ok(0) | Err(_) if !greets => break,
                    Ok(0) | Err(_) => return Err("the server hung up".to_owned()),
                    Ok(_) => {}
                }
                let said: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
                if said.get("method").is_some() {
                    continue;
                }
                if said["id"] == json!(999_999) {
                    break;
                }
                if let Some(id) = said["id"].as_u64() {
                    let left = asked.get_mut(&id).ok_or_else(|| format!("nobody asked {id}: {text}"))?;
                    *left = left.checked_sub(1).ok_or_else(|| format!("{id} is answered twice"))?;
                }
                if begun.elapsed() > Duration::from_secs(60) {
                    return Err("it takes too long".to_owned());
                }
            }
            drop(output);
            writing.await.map_err(|error| error.to_string())?;
            // Somebody else is served as if nothing had happened.
            let mut other = person(&world).await;
            let list = other.ask("tools/call", json!({"name": "task_get", "arguments": {"task": "TASK-1"}})).await;
            if list["result"]["structuredContent"]["id"] != "TASK-001" {
                return Err(format!("others are not served: {list}"));
            }
            Ok(())
        });
        prop_assert!(told.is_ok(), "{told:?}");
    }

    #[test]
    fn a_check_of_arguments_names_a_field_or_lets_them_pass(given in vec(("[a-z_]{1,12}", value()), 0..8), at in any::<prop::sample::Index>()) {
        let all: Vec<_> = TABLES.iter().copied().flatten().collect();
        let tool = all[at.index(all.len())];
        let given: Map<String, Value> = given.into_iter().collect();
        if let Err(fault) = check(tool.name, tool.takes, &given) {
            let known = tool.takes.iter().any(|field| field.name == fault.field) || given.contains_key(&fault.field);
            prop_assert!(known && fault.what.contains(&fault.field), "{fault:?}");
            prop_assert!(fault.what.len() < 1_000, "{}", fault.what.len());
        }
    }
}
