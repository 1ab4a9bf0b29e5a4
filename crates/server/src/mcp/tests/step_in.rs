//! The person's own client steps in; nobody else's can.

use super::{Client, RUN, at_work, by_cursor, names, person};
use orchestron_operations::call;
use orchestron_testkit::{Status, World};
use serde_json::json;

const TOOLS: [&str; 6] = [
    "task_intervene",
    "task_pause",
    "task_resume",
    "task_clarify",
    "task_priority",
    "run_attach",
];

#[tokio::test]
async fn only_the_persons_client_sees_what_steps_in() {
    let world = at_work();
    let mut mine = person(&world).await;
    let list = mine.ask("tools/list", json!({})).await;
    for tool in TOOLS {
        assert!(names(&list).contains(tool), "{tool}");
    }
    let tools = list["result"]["tools"].as_array().unwrap();
    let hints = |name: &str| {
        let found = tools.iter().find(|tool| tool["name"] == name);
        found.unwrap()["annotations"].clone()
    };
    assert_eq!(hints("task_intervene")["destructiveHint"], true);
    assert_eq!(hints("run_attach")["readOnlyHint"], true);
    let outside = by_cursor();
    let cursor = Client::connect(&outside, Some("cursor"));
    for mut client in [
        Client::inside(&world, RUN).hello(json!({})).await,
        cursor.hello(json!({})).await,
    ] {
        let list = client.ask("tools/list", json!({})).await;
        for tool in TOOLS {
            assert!(!names(&list).contains(tool), "{tool}");
            let params = json!({"name": tool, "arguments": {"task": "TASK-1"}});
            let refused = client.ask("tools/call", params).await;
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
        }
    }
}

#[tokio::test]
async fn an_agent_is_interrupted_once_however_often_the_call_is_repeated() {
    let world = at_work();
    let mut client = person(&world).await;
    let words = json!({"task": "TASK-1", "text": "Use Stripe"});
    let did = client.good("task_intervene", words.clone()).await;
    assert!(
        did["did"].as_str().unwrap().contains("interrupted"),
        "{did}"
    );
    assert_eq!(client.good("task_intervene", words).await, did);
    let facts = format!("{:?}", world.facts());
    assert_eq!(facts.matches("PersonIntervened").count(), 1);
    let nobody = client
        .tool("task_intervene", json!({"task": "TASK-9", "text": "x"}))
        .await;
    assert_eq!(nobody["isError"], true);
    let missing = client
        .tool("task_intervene", json!({"task": "TASK-1"}))
        .await;
    assert_eq!(missing["_meta"]["orchestron/error"]["field"], "text");
}

#[tokio::test]
async fn a_task_is_paused_put_first_and_goes_on() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let mut client = person(&world).await;
    let pause = json!({"task": "TASK-1", "why": "the price is open"});
    client.good("task_pause", pause).await;
    let paused = |world: &World| super::context(world).state().unwrap().paused_tasks.len();
    assert_eq!(paused(&world), 1);
    let done = client
        .good("task_priority", json!({"task": "TASK-1", "to": "P0"}))
        .await;
    assert!(done["did"].as_str().unwrap().contains("P0 now"), "{done}");
    client.good("task_resume", json!({"task": "TASK-1"})).await;
    assert_eq!(paused(&world), 0);
    let wrong = client
        .tool("task_priority", json!({"task": "TASK-1", "to": "P7"}))
        .await;
    assert_eq!(wrong["_meta"]["orchestron/error"]["field"], "to");
}

#[tokio::test]
async fn how_a_conversation_is_taken_over_is_shown_and_nothing_is_ended_by_it() {
    let world = at_work();
    let mut client = person(&world).await;
    let before = world.facts().len();
    let shown = client.tool("run_attach", json!({"task": "TASK-1"})).await;
    assert_eq!(world.facts().len(), before, "{shown}");
    if shown["isError"] == false {
        assert_eq!(shown["structuredContent"]["run"], RUN);
    }
}

#[tokio::test]
async fn an_answer_is_the_persons_and_a_clearer_goal_is_not_a_decision() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let mut cursor = Client::connect(&world, Some("cursor"))
        .hello(json!({}))
        .await;
    cursor.good("task_claim", json!({"task": "TASK-1"})).await;
    orchestron_testkit::run_engine(&world).unwrap();
    let ask = json!({"question": "Which index?", "task": "TASK-1", "wait_seconds": 0});
    cursor.good("request_help", ask).await;
    let words = json!({"task": "TASK-1", "text": "The small one"});
    let mut mute = person(&world).await;
    let refused = mute.tool("task_clarify", words.clone()).await;
    assert_eq!(refused["_meta"]["orchestron/error"]["code"], "not_allowed");
    let mut client = Client::connect(&world, None)
        .hello(json!({"elicitation": {}}))
        .await;
    let call_it = json!({"name": "task_clarify", "arguments": words});
    let id = client.send("tools/call", call_it).await;
    let question = client.read().await;
    let message = question["params"]["message"].as_str().unwrap();
    assert!(
        message.contains("Which index?") && message.contains("The small one"),
        "{message}"
    );
    let yes = json!({"action": "accept", "content": {"confirm": true}});
    let reply = json!({"jsonrpc": "2.0", "id": question["id"], "result": yes});
    client.write(&reply.to_string()).await;
    let result = client.read().await;
    assert_eq!(
        (&result["id"], &result["result"]["isError"]),
        (&json!(id), &json!(false))
    );
    let open = call(&mut super::context(&world), "requests", json!({})).unwrap();
    let question = |one: &&serde_json::Value| one["kind"] == "question";
    let asked = open.as_array().unwrap().iter().find(question).unwrap();
    assert_eq!(asked["outcome"], "answered: The small one", "{asked}");
    let clear = json!({"task": "TASK-1", "text": "Only titles are searched"});
    let did = mute.good("task_clarify", clear).await;
    assert!(
        did["did"].as_str().unwrap().contains("into the goal"),
        "{did}"
    );
}
