//! Sessions, questions and runs as a client meets them; and how many bytes that takes.

use super::{Client, RUN, at_work, by_cursor, names, person};
use orchestron_operations::{call, wire::Topic};
use orchestron_testkit::{Status, World, run_engine};
use serde_json::json;
use std::time::Duration;

async fn cursor(world: &World) -> Client {
    Client::connect(world, Some("cursor"))
        .hello(json!({}))
        .await
}

#[tokio::test]
async fn a_session_begins_goes_on_and_ends_over_the_protocol() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut client = cursor(&world).await;
    let begun = client.good("session_start", json!({})).await;
    assert_eq!(
        (&begun["resumed"], &begun["task"]["id"]),
        (&json!(false), &json!("TASK-001"))
    );
    run_engine(&world).unwrap();
    let input = json!({"task": "TASK-1", "now": "the index", "completed": ["the parser"], "next": ["the page"], "pointers": ["src/x.rs:4"]});
    client.good("task_checkpoint", input).await;
    let prepared = client
        .good("handoff_prepare", json!({"task": "TASK-1"}))
        .await;
    let lacks = json!(["1 of 2 acceptance criteria are not ticked"]);
    assert_eq!(prepared["lacks"], lacks, "{prepared}");
    drop(client);
    let mut again = cursor(&world).await;
    let begun = again.good("session_start", json!({})).await;
    assert_eq!(
        (&begun["resumed"], &begun["version"]),
        (&json!(true), &json!(1))
    );
    assert!(
        begun["document"].as_str().unwrap().contains("src/x.rs:4"),
        "{begun}"
    );
    let beside = begun.to_string().len() - begun["document"].to_string().len();
    assert!(beside <= 2_000, "{beside}");
    let saved = again.good("context_load", json!({"task": "TASK-1"})).await;
    assert_eq!(saved["context"]["next"], json!(["the page"]));
    let stale = again
        .tool(
            "context_save",
            json!({"task": "TASK-1", "version": 0, "now": "x"}),
        )
        .await;
    assert_eq!(stale["_meta"]["orchestron/error"]["code"], "context_stale");
    let said = stale["content"][0]["text"].as_str().unwrap();
    assert!(
        said.contains("version 0") && said.contains("version 1"),
        "{said}"
    );
    let end = json!({"note": "tomorrow", "release": true});
    let ended = again.good("session_end", end.clone()).await;
    assert_eq!(
        again.good("session_end", end).await,
        ended,
        "a repetition gets the same answer"
    );
    let sessions = again
        .ask("resources/read", json!({"uri": "orchestron://sessions"}))
        .await;
    assert!(sessions.to_string().contains("tomorrow"), "{sessions}");
}

#[tokio::test]
async fn a_question_waits_for_its_answer_with_signs_of_life_and_no_longer_than_its_default() {
    let world = by_cursor();
    let mut client = cursor(&world).await;
    let ask = json!({"question": "Which engine?", "options": ["a", "b"], "wait_seconds": 60});
    let asked = client
        .send(
            "tools/call",
            json!({"name": "request_help", "arguments": ask}),
        )
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    let mut other = super::context(&world);
    let open = call(&mut other, "requests", json!({})).unwrap();
    let answer = json!({"request": open[0]["id"], "decision": {"type": "answer", "text": "b"}});
    call(&mut other, "decide", answer).unwrap();
    client.bell.send(Topic::Store).unwrap();
    let came = client.read().await;
    assert_eq!(came["id"], json!(asked));
    let said = &came["result"]["structuredContent"];
    assert_eq!(
        (&said["answer"], &said["by"]),
        (&json!("b"), &json!("person")),
        "{came}"
    );
    let ask = json!({"question": "Which port?", "default": "8080", "deadline_minutes": 1, "wait_seconds": 0});
    let open = client.good("request_help", ask).await;
    assert_eq!(open["open"], true);
    world.pass(60_000);
    let lapsed = client
        .good("request_help", json!({"request": open["request"]}))
        .await;
    assert_eq!(lapsed["by"], "default", "{lapsed}");
    for (input, field) in [
        (json!({"question": "?", "default": "x"}), "deadline_minutes"),
        (json!({"question": "?", "deadline_minutes": 5}), "default"),
        (json!({}), "question"),
        (json!({"question": "?", "task": "TASK-1"}), ""),
    ] {
        let refused = client.tool("request_help", input).await;
        assert_eq!(refused["isError"], true);
        let told = &refused["_meta"]["orchestron/error"];
        assert!(field.is_empty() || told["field"] == field, "{refused}");
    }
}

#[tokio::test]
async fn a_run_has_its_own_tools_and_no_others() {
    let world = at_work();
    let mut inside = Client::inside(&world, RUN).hello(json!({})).await;
    let list = inside.ask("tools/list", json!({})).await;
    let bytes = list["result"].to_string().len();
    println!("tools/list as a run sees it: {bytes} bytes");
    assert!(bytes <= 12_000, "{bytes}");
    let seen = names(&list);
    for tool in [
        "task_get",
        "task_submit",
        "task_checkpoint",
        "request_help",
        "message_send",
        "escalate",
    ] {
        assert!(seen.contains(tool), "{tool}");
    }
    for tool in [
        "task_list",
        "task_create",
        "session_start",
        "agent_spawn",
        "review_decide",
        "conflict_resolve",
    ] {
        assert!(!seen.contains(tool), "{tool}");
        let params = json!({"name": tool, "arguments": {}});
        assert_eq!(
            inside.ask("tools/call", params).await["error"]["code"],
            -32602
        );
    }
}

#[tokio::test]
async fn a_run_speaks_of_its_own_task_to_whomever_it_likes() {
    let world = at_work();
    let mut inside = Client::inside(&world, RUN).hello(json!({})).await;
    inside
        .good(
            "task_checkpoint",
            json!({"now": "the form", "next": ["its test"]}),
        )
        .await;
    inside
        .good("message_send", json!({"to": "person", "text": "hello"}))
        .await;
    let foreign = inside
        .tool(
            "message_send",
            json!({"to": "person", "text": "x", "task": "TASK-2"}),
        )
        .await;
    assert_eq!(
        foreign["_meta"]["orchestron/error"]["field"], "task",
        "{foreign}"
    );
    assert_eq!(
        inside.good("message_inbox", json!({})).await["messages"],
        json!([])
    );
    let mut person = person(&world).await;
    person
        .good(
            "message_send",
            json!({"to": "claude-impl", "text": "use v2"}),
        )
        .await;
    let mine = inside.good("message_inbox", json!({})).await;
    assert_eq!(mine["messages"][0]["text"], "use v2");
    inside
        .good("message_ack", json!({"message": mine["messages"][0]["id"]}))
        .await;
    assert_eq!(
        inside.good("message_inbox", json!({})).await["messages"],
        json!([])
    );
    assert_eq!(inside.good("context_load", json!({})).await["version"], 1);
    for (uri, may) in [
        ("orchestron://context/TASK-001", true),
        ("orchestron://task/TASK-002", false),
        ("orchestron://board", false),
    ] {
        let read = inside.ask("resources/read", json!({ "uri": uri })).await;
        assert_eq!(read["result"].is_object(), may, "{uri}: {read}");
    }
}

#[tokio::test]
async fn a_clash_is_decided_by_the_person_alone() {
    let world = World::new();
    let mut mute = person(&world).await;
    let input = json!({"conflict": 7, "how": "queue"});
    let none = mute.tool("conflict_resolve", input).await;
    assert_eq!(
        none["_meta"]["orchestron/error"]["code"], "conflict_not_found",
        "{none}"
    );
    let wrong = mute
        .tool("conflict_resolve", json!({"conflict": 7, "how": "merge"}))
        .await;
    assert_eq!(wrong["_meta"]["orchestron/error"]["field"], "how");
}

/// A project with much of everything.
fn crowded() -> World {
    let world = by_cursor();
    for n in 1..=120 {
        let status = if n % 3 == 0 {
            Status::Pending
        } else {
            Status::Ready
        };
        world.task(
            n,
            status,
            &format!("A task with quite a long title, number {n}"),
        );
    }
    world
}

#[tokio::test]
async fn what_is_given_unasked_is_small() {
    let world = crowded();
    let mut holder = cursor(&world).await;
    let next = holder.good("task_next", json!({"claim": true})).await;
    let beside = next.to_string().len() - next["document"].to_string().len();
    println!("task_next beside the context: {beside} bytes");
    assert!(beside <= 2_000, "{beside}");
    let task = next["task"]["id"].clone();
    run_engine(&world).unwrap();
    let many: Vec<String> = (0..300)
        .map(|n| format!("step {n}: the parser, the index and the page of it"))
        .collect();
    let save = json!({"task": task, "version": 0, "now": "x", "completed": many, "next": many, "decisions": many, "pointers": many});
    holder.good("context_save", save).await;
    let mut client = person(&world).await;
    for n in 0..60 {
        client
            .good(
                "message_send",
                json!({"to": "cursor", "text": format!("{n} {}", "word ".repeat(100))}),
            )
            .await;
    }
    let reads = [
        ("task_get", json!({"task": task})),
        ("task_list", json!({})),
        ("agent_list", json!({})),
        ("events_list", json!({})),
        ("message_inbox", json!({})),
        ("context_load", json!({"task": task})),
        ("handoff_prepare", json!({"task": task})),
    ];
    for (name, input) in reads {
        for asker in [&mut holder, &mut client] {
            let reply = asker.good(name, input.clone()).await.to_string().len();
            println!("{name}: {reply} bytes");
            assert!(reply <= 8_000, "{name}: {reply}");
        }
    }
}
