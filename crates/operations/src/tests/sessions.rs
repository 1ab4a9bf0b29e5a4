//! Holders that Orchestron does not start: sessions, contexts, questions, progress; and what a run may say of its own task.

use super::{asking, by_cursor, code, cx, good, mark, outside, person, run, settle, since};
use crate::{
    call,
    caller::{Caller, caller},
    run_tokens,
};
use orchestron_domain::{Actor, Fact, Status};
use orchestron_testkit::World;
use serde_json::{Value, json};

fn run_of(world: &World) -> Actor {
    let state = person(world).state().unwrap();
    let run = state.live_runs().next().unwrap().id.clone();
    Actor::Run { run }
}

/// cursor asks, and it must work.
fn cursor(world: &World, name: &str, input: Value) -> Value {
    call(&mut outside(world, "cursor"), name, input)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn refused(world: &World, name: &str, input: Value) -> (String, Option<String>) {
    let error = call(&mut outside(world, "cursor"), name, input).expect_err(name);
    let view = error.view();
    (view.code, view.field)
}

#[test]
fn a_session_that_died_is_taken_up_again_with_what_was_saved() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let first = cursor(&world, "session-start", json!({}));
    assert_eq!(
        (&first["resumed"], &first["work"]["task"]["id"]),
        (&json!(false), &json!("TASK-001"))
    );
    settle(&world);
    cursor(
        &world,
        "checkpoint",
        json!({"task": "TASK-1", "context": {
            "now": "the index", "completed": ["the parser"], "next": ["the index", "the page"], "pointers": ["src/search.rs:40"],
        }}),
    );
    // It dies; nobody ends the session. The next one goes on.
    let again = cursor(&world, "session-start", json!({}));
    assert_eq!(
        (&again["resumed"], &again["session"]["id"]),
        (&json!(true), &first["session"]["id"])
    );
    assert_eq!(
        again["saved"]["context"]["completed"],
        json!(["the parser"])
    );
    let document = again["work"]["document"].as_str().unwrap();
    assert!(
        document.contains("src/search.rs:40") && document.contains("Search"),
        "{document}"
    );
    let list = good(&world, "sessions", json!({}));
    assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
    cursor(
        &world,
        "session-end",
        json!({"note": "back tomorrow", "context": {"completed": ["the index"], "next": ["the page"]}}),
    );
    assert_eq!(good(&world, "sessions", json!({}))["sessions"], json!([]));
    let over = &good(&world, "sessions", json!({"all": true}))["sessions"][0];
    assert_eq!(
        (&over["task"], &over["note"]),
        (&json!("TASK-001"), &json!("back tomorrow"))
    );
    assert_eq!(refused(&world, "session-end", json!({})).0, "session_over");
    // The task is still cursor's, and its context grew.
    let third = cursor(&world, "session-start", json!({}));
    assert_ne!(third["session"]["id"], first["session"]["id"]);
    assert_eq!(
        third["saved"]["context"]["completed"],
        json!(["the parser", "the index"])
    );
    assert_eq!(
        third["saved"]["context"]["now"],
        json!("the index"),
        "what is not said again stays"
    );
}

#[test]
fn a_task_that_is_given_back_goes_to_another_holder_with_its_context() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    cursor(&world, "session-start", json!({}));
    settle(&world);
    cursor(
        &world,
        "session-end",
        json!({"release": true, "note": "no time", "context": {"now": "x", "next": ["the page"]}}),
    );
    assert_eq!(
        good(&world, "task", json!({"task": "TASK-1"}))["card"]["status"],
        "in-progress"
    );
    assert_eq!(
        code(&world, "release", json!({"task": "TASK-1"})),
        "not_now",
        "nobody holds it"
    );
    world.configure(|config| {
        let name: orchestron_domain::AgentName = "claude-impl".parse().unwrap();
        config.agents.insert(
            name.clone(),
            orchestron_testkit::agent(&name, Some("claude")),
        );
    });
    world.trust();
    good(
        &world,
        "start",
        json!({"task": "TASK-1", "agent": "claude-impl"}),
    );
    run(&world);
    let prompt = world
        .prompt("TASK-001-implement-2")
        .expect("claude-impl went on");
    assert!(prompt.contains("the page"), "{prompt}");
}

#[test]
fn a_stale_save_is_refused_with_both_versions_and_a_checkpoint_never_is() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    cursor(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    let save = |version: u64, now: &str| {
        let input = json!({"task": "TASK-1", "version": version, "context": {"now": now}});
        call(&mut outside(&world, "cursor"), "context-save", input)
    };
    save(0, "one").unwrap();
    let error = save(0, "two").unwrap_err();
    let view = error.view();
    assert_eq!(view.code, "context_stale");
    assert!(
        view.message.contains("version 0")
            && view.message.contains("version 1")
            && view.message.contains("\"one\""),
        "{}",
        view.message
    );
    assert!(view.hints[0].contains("version 1"), "{:?}", view.hints);
    cursor(
        &world,
        "checkpoint",
        json!({"task": "TASK-1", "context": {"now": "two", "completed": ["a"]}}),
    );
    save(2, "three").unwrap();
    assert_eq!(
        refused(
            &world,
            "checkpoint",
            json!({"task": "TASK-1", "context": {}})
        )
        .1
        .as_deref(),
        Some("now")
    );
    let long = json!({"task": "TASK-1", "context": {"now": "x".repeat(70_000)}});
    assert_eq!(
        refused(&world, "checkpoint", long).1.as_deref(),
        Some("context")
    );
}

#[test]
fn what_falls_out_is_said_and_fetched_by_its_pointer() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    cursor(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    let mut steps = Vec::new();
    for n in 0..200 {
        let step = format!("step {n}: looked at every one of the files that have to do with it");
        let input = json!({"task": "TASK-1", "context": {"now": "on it", "completed": [step], "next": ["the last"]}});
        cursor(&world, "checkpoint", input);
        steps.push(step);
    }
    let loaded = good(&world, "context-load", json!({"task": "TASK-1"}));
    assert!(loaded["context"].to_string().len() <= 4_096);
    assert!(
        loaded["left_out"].as_u64().unwrap() > 0 && loaded["whole"].is_number(),
        "{loaded}"
    );
    assert_eq!(loaded["context"]["next"], json!(["the last"]));
    let whole = good(
        &world,
        "context-load",
        json!({"task": "TASK-1", "whole": true}),
    );
    assert_eq!(
        whole["context"]["completed"],
        json!(steps),
        "nothing is lost"
    );
    let prepared = good(&world, "handoff", json!({"task": "TASK-1"}));
    let lacks = prepared["lacks"].to_string();
    assert!(
        lacks.contains("do not fit") && lacks.contains("`pointers` is empty"),
        "{lacks}"
    );
}

#[test]
fn progress_is_shown_on_the_card_and_told_in_the_log() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let say = json!({"task": "TASK-1", "step": "the parser", "percent": 40});
    assert_eq!(
        refused(&world, "progress", say.clone()).0,
        "not_now",
        "it does not hold it"
    );
    cursor(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    let before = mark(&world);
    cursor(&world, "progress", say.clone());
    cursor(&world, "progress", say);
    assert_eq!(since(&world, before).len(), 1, "the same again is no news");
    let card = &good(&world, "task", json!({"task": "TASK-1"}))["card"];
    assert_eq!(card["line"], "40 % · the parser · cursor works on it");
    let events = good(&world, "events", json!({"task": "TASK-1"})).to_string();
    assert!(events.contains("cursor is at 40 %: the parser"), "{events}");
    let too_much = json!({"task": "TASK-1", "step": "x", "percent": 101});
    assert_eq!(
        refused(&world, "progress", too_much).1.as_deref(),
        Some("percent")
    );
    // Steps tell it as well.
    world.pass(2_000);
    cursor(
        &world,
        "checkpoint",
        json!({"task": "TASK-1", "context": {"now": "the page", "completed": ["a", "b", "c"], "next": ["d"]}}),
    );
    let card = &good(&world, "task", json!({"task": "TASK-1"}))["card"];
    assert_eq!(card["line"], "75 % · the page · cursor works on it");
}

#[test]
fn a_question_is_asked_once_answered_by_the_person_or_by_its_own_default() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    cursor(&world, "claim", json!({"task": "TASK-1"}));
    settle(&world);
    let ask = json!({"task": "TASK-1", "question": "Which engine?", "options": ["a", "b"]});
    let asked = cursor(&world, "request-help", ask.clone());
    assert_eq!(
        (&asked["open"], &asked["answer"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        cursor(&world, "request-help", ask.clone())["request"],
        asked["request"],
        "asked once"
    );
    assert_eq!(
        cursor(&world, "claim", json!({"task": "TASK-1"}))["did"],
        "TASK-001 is cursor's already (implement)",
        "it goes on holding it"
    );
    good(
        &world,
        "decide",
        json!({"request": asked["request"], "decision": {"type": "answer", "text": "b"}}),
    );
    let answered = cursor(&world, "request-help", json!({"request": asked["request"]}));
    assert_eq!(
        (&answered["answer"], &answered["by"]),
        (&json!("b"), &json!("person"))
    );
    assert_eq!(
        cursor(&world, "request-help", ask)["answer"],
        "b",
        "a repetition gets the same answer"
    );
    let ask = json!({"task": "TASK-1", "question": "And which port?", "default": "8080", "deadline_minutes": 5});
    let asked = cursor(&world, "request-help", ask);
    world.pass(4 * 60_000);
    assert_eq!(
        cursor(&world, "request-help", json!({"request": asked["request"]}))["open"],
        true
    );
    world.pass(60_000);
    let lapsed = cursor(&world, "request-help", json!({"request": asked["request"]}));
    assert_eq!(
        (&lapsed["open"], &lapsed["by"]),
        (&json!(false), &json!("default"))
    );
    let said = lapsed["answer"].as_str().unwrap();
    assert!(
        said.contains("8080") && said.contains("approves nothing"),
        "{said}"
    );
    let late = json!({"request": asked["request"], "decision": {"type": "answer", "text": "9090"}});
    assert_eq!(code(&world, "decide", late), "request_closed");
    // Nobody sees what others asked.
    assert_eq!(
        code(&world, "request-help", json!({"request": asked["request"]})),
        "request_not_found"
    );
}

#[test]
fn no_default_ever_decides_anything_but_its_own_question() {
    let world = super::in_review();
    let state = person(&world).state().unwrap();
    let review = state.open_requests().next().unwrap().id;
    assert_eq!(
        state.requests[&review].until(),
        None,
        "a review waits for as long as it takes"
    );
    let fact = Fact::RequestLapsed { request: review };
    let event = orchestron_domain::Event {
        seq: orchestron_domain::Seq(9_999),
        at: world.now(),
        by: Actor::Engine,
        fact,
    };
    // Not even a log that says so merges anything.
    assert_eq!(
        orchestron_domain::decide::decide(&state, &event, world.now()),
        []
    );
}

#[test]
fn a_run_speaks_of_its_own_task_and_of_no_other() {
    let world = asking();
    world.task(2, Status::Ready, "Another");
    let own = run_of(&world);
    let say = |name: &str, input: Value| call(&mut cx(&world, own.clone()), name, input);
    let field = |told: Result<Value, crate::OpError>| told.unwrap_err().view().field;
    say("message-send", json!({"to": "person", "text": "hello"})).unwrap();
    say(
        "checkpoint",
        json!({"task": "TASK-1", "context": {"now": "x"}}),
    )
    .unwrap();
    say(
        "context-save",
        json!({"task": "TASK-1", "version": 1, "context": {"now": "y"}}),
    )
    .unwrap();
    say("progress", json!({"step": "the form", "percent": 10})).unwrap_err(); // said a moment ago
    world.pass(1_000);
    say("progress", json!({"step": "the form", "percent": 10})).unwrap();
    say("handoff", json!({"task": "TASK-1"})).unwrap();
    assert_eq!(
        say("request-help", json!({"question": "?"})).unwrap()["open"],
        true
    );
    for (name, input) in [
        (
            "message-send",
            json!({"to": "person", "text": "hello", "task": "TASK-2"}),
        ),
        (
            "checkpoint",
            json!({"task": "TASK-2", "context": {"now": "x"}}),
        ),
        (
            "context-save",
            json!({"task": "TASK-2", "version": 0, "context": {"now": "x"}}),
        ),
        ("progress", json!({"task": "TASK-2", "step": "x"})),
        ("request-help", json!({"task": "TASK-2", "question": "?"})),
        ("handoff", json!({"task": "TASK-2"})),
    ] {
        assert_eq!(field(say(name, input)).as_deref(), Some("task"), "{name}");
    }
    let lent = json!({"to": "person", "text": "hello", "agent": "architect"});
    assert_eq!(field(say("message-send", lent)).as_deref(), Some("agent"));
    for (name, input) in [
        ("session-start", json!({})),
        ("session-end", json!({})),
        ("release", json!({"task": "TASK-1"})),
        ("start", json!({"task": "TASK-2"})),
        ("claim", json!({"task": "TASK-2"})),
        (
            "decide",
            json!({"request": 1, "decision": {"type": "allow"}}),
        ),
    ] {
        assert_eq!(
            say(name, input).unwrap_err().code(),
            "not_allowed",
            "{name}"
        );
    }
    let messages = good(&world, "messages", json!({"inbox": "person"}));
    assert_eq!(
        messages["messages"][0]["from"], "claude-impl",
        "the name is the run's own"
    );
    assert_eq!(messages["messages"][0]["task"], "TASK-001");
}

#[test]
fn a_run_that_cannot_go_on_ends_and_the_person_decides() {
    let world = asking();
    let own = run_of(&world);
    call(
        &mut cx(&world, own.clone()),
        "run-escalate",
        json!({"note": "the API is gone"}),
    )
    .unwrap();
    let again = call(
        &mut cx(&world, own),
        "run-escalate",
        json!({"note": "again"}),
    )
    .unwrap_err();
    assert_eq!(again.code(), "not_now");
    run(&world);
    let requests = good(&world, "requests", json!({}));
    let open = &requests[0];
    assert_eq!(
        (&open["kind"], &open["detail"]),
        (&json!("escalation"), &json!("the API is gone"))
    );
    assert!(
        person(&world).state().unwrap().live_runs().next().is_none(),
        "its run is over"
    );
    world.script("implement", vec![]);
    good(
        &world,
        "decide",
        json!({"request": open["id"], "decision": {"type": "retry", "note": null}}),
    );
    run(&world);
    assert!(
        world.prompt("TASK-001-implement-2").is_some(),
        "it is tried again"
    );
}

#[test]
fn a_runs_token_opens_its_own_leg_while_it_lives() {
    let world = asking();
    let own = run_of(&world);
    let hash = "0123456789abcdef".repeat(4);
    assert_eq!(
        code(&world, "run-token", json!({"hash": hash})),
        "not_a_run"
    );
    let mut shell = cx(&world, own.clone());
    for bad in ["", "x", &"G".repeat(64), &"a".repeat(63)] {
        let error = call(&mut shell, "run-token", json!({"hash": bad})).unwrap_err();
        assert_eq!(error.view().field.as_deref(), Some("hash"), "{bad}");
    }
    call(&mut shell, "run-token", json!({"hash": hash})).unwrap();
    let mut server = person(&world);
    assert_eq!(
        run_tokens::owner(&mut server, &"f".repeat(64)).unwrap(),
        None
    );
    let acting = run_tokens::owner(&mut server, &hash)
        .unwrap()
        .expect("the run's");
    let seen = run_tokens::acting(&mut server, &acting, caller).unwrap();
    let Caller::Run { task, agent, .. } = seen else {
        panic!("{seen:?}");
    };
    assert_eq!((task.as_str(), agent.as_str()), ("TASK-001", "claude-impl"));
    assert_eq!(
        *server.actor,
        Actor::Person,
        "the name was lent for that moment"
    );
    // Many tokens of one run: the oldest give way.
    for n in 0..5 {
        let hash = format!("{n:064}");
        call(&mut shell, "run-token", json!({"hash": hash})).unwrap();
    }
    assert_eq!(run_tokens::owner(&mut server, &hash).unwrap(), None);
    good(&world, "stop", json!({"what": "TASK-1"}));
    run(&world);
    assert_eq!(
        run_tokens::owner(&mut server, &format!("{:064}", 4)).unwrap(),
        None,
        "it ended with the run"
    );
    assert!(!run_tokens::lives(&mut server, &acting));
}

#[test]
fn who_is_asked_for_starts_first_and_no_limit_is_passed_over() {
    let world = World::new();
    world.configure(|config| config.limits.parallel = 1);
    world.trust();
    world.task(1, Status::Ready, "First");
    world.task(2, Status::Ready, "Second");
    let told = good(&world, "start", json!({"task": "TASK-2"}));
    assert!(
        told["did"]
            .as_str()
            .unwrap()
            .contains("claude-impl (implement)"),
        "{told}"
    );
    let before = mark(&world);
    good(&world, "start", json!({"task": "TASK-2"}));
    assert_eq!(since(&world, before), [], "asked once");
    good(&world, "pause", json!({}));
    let told = good(&world, "start", json!({"task": "TASK-2"}));
    assert!(
        told["not_done"][0].as_str().unwrap().contains("paused"),
        "{told}"
    );
    good(&world, "resume", json!({}));
    run(&world);
    let claims = world.facts().into_iter().find_map(|fact| match fact {
        Fact::Claimed { task, .. } => Some(task.to_string()),
        _ => None,
    });
    assert_eq!(claims.as_deref(), Some("TASK-002"));
    world.outside("cursor");
    world.task_with(3, Status::Ready, "Cursor's", "## Agent: cursor");
    assert_eq!(code(&world, "start", json!({"task": "TASK-3"})), "not_now");
    assert_eq!(
        refused(&world, "start", json!({"task": "TASK-3"})).0,
        "not_allowed"
    );
}

#[test]
fn ten_thousand_messages_fill_one_inbox_and_nobody_elses() {
    use orchestron_domain::message::{Address, Letter, MessageKind};
    let world = by_cursor();
    world.outside("codex");
    let name: orchestron_domain::AgentName = "cursor".parse().unwrap();
    let letter = |n: u32| Letter {
        to: Address::Holder(name.clone()),
        recipients: [name.clone()].into(),
        kind: MessageKind::Coordination,
        task: None,
        text: format!("message {n} {}", "word ".repeat(20)),
        payload: None,
        reply_to: None,
        key: None,
    };
    // More than are ever taken, as a log of another version may have them.
    for page in 0..10 {
        let facts = (0..1_000).map(|n| Fact::MessageSent {
            letter: letter(page * 1_000 + n),
        });
        person(&world)
            .store
            .append(&Actor::Person, facts.collect())
            .unwrap();
    }
    let begun = std::time::Instant::now();
    let send = |to: &str| {
        call(
            &mut person(&world),
            "message-send",
            json!({"to": to, "text": "hello"}),
        )
    };
    let view = send("cursor").unwrap_err().view();
    assert_eq!(view.field.as_deref(), Some("text"));
    assert!(
        view.message
            .contains("the inbox of cursor is full: 1000 messages"),
        "{}",
        view.message
    );
    send("codex").unwrap();
    let all = send("everyone").unwrap();
    assert!(all["did"].as_str().unwrap().contains("codex"), "{all}");
    assert!(
        all["not_done"][0]
            .as_str()
            .unwrap()
            .contains("the inbox of cursor is full"),
        "{all}"
    );
    let page = cursor(&world, "messages", json!({"inbox": "cursor"}));
    let messages = page["messages"].as_array().unwrap();
    assert_eq!((messages.len(), &page["more"]), (20, &json!(9_980)));
    assert!(
        messages[0]["text"]
            .as_str()
            .unwrap()
            .starts_with("message 0 "),
        "the oldest first"
    );
    cursor(&world, "message-ack", json!({"message": messages[0]["id"]}));
    assert_eq!(
        cursor(&world, "messages", json!({"inbox": "cursor"}))["more"],
        json!(9_979)
    );
    println!(
        "six calls beside ten thousand messages: {:?}",
        begun.elapsed()
    );
}
