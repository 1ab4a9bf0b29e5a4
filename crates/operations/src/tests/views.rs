//! Cards at every point of the chain.

use super::{asking, by_cursor, escalated, failing, good, in_review, run, settle};
use crate::wire::{CardView, StopState};
use orchestron_domain::{Status, signal::Signal};
use orchestron_testkit::{Act, World, quiet_end};
use serde_json::json;

fn cards(world: &World) -> Vec<CardView> {
    serde_json::from_value(good(world, "list", json!({}))).unwrap()
}

fn card(world: &World, id: &str) -> CardView {
    cards(world).into_iter().find(|card| card.id == id).unwrap()
}

/// `prepare:architect done, implement:claude-impl×2 current`.
fn strip(card: &CardView) -> String {
    let stop = |stop: &crate::wire::ChainStop| {
        let word = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let who = if stop.holder.name.is_empty() {
            word(json!(stop.holder.kind))
        } else {
            stop.holder.name.clone()
        };
        let tries = if stop.attempt > 1 {
            format!("×{}", stop.attempt)
        } else {
            String::new()
        };
        format!(
            "{}:{who}{tries} {}",
            word(json!(stop.leg)),
            word(json!(stop.state))
        )
    };
    card.chain.iter().map(stop).collect::<Vec<_>>().join(", ")
}

fn turn(card: &CardView) -> String {
    match card.turn.name.as_str() {
        "" => serde_json::to_value(card.turn.kind)
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned(),
        name => name.to_owned(),
    }
}

#[track_caller]
fn check(world: &World, wanted_strip: &str, wanted_turn: &str, wanted_line: Option<&str>) {
    let card = card(world, "TASK-001");
    assert_eq!(strip(&card), wanted_strip);
    assert_eq!(
        (turn(&card).as_str(), card.line.as_deref()),
        (wanted_turn, wanted_line)
    );
}

#[test]
fn before_anything_happened() {
    let world = World::new();
    world.task(1, Status::Pending, "Search");
    let later = "prepare:architect next, implement:claude-impl next, review:codex-review next, approve:person next";
    check(
        &world,
        later,
        "architect",
        Some("starts when an engine runs"),
    );
}

#[test]
fn while_an_agent_waits_for_a_permission() {
    let world = asking();
    let strip = "prepare:architect done, implement:claude-impl waiting, review:codex-review next, approve:person next";
    check(
        &world,
        strip,
        "person",
        Some("waiting for you: Run npm install stripe@17"),
    );
    let card = card(&world, "TASK-001");
    assert_eq!(card.run.as_deref(), Some("TASK-001-implement-1"));
    assert!(card.request.is_some() && card.since.is_some());
}

#[test]
fn while_an_agent_works() {
    let world = asking();
    let id = good(&world, "requests", json!({}))[0]["id"].clone();
    good(
        &world,
        "decide",
        json!({"request": id, "decision": {"type": "allow"}}),
    );
    let strip = "prepare:architect done, implement:claude-impl current, review:codex-review next, approve:person next";
    check(&world, strip, "claude-impl", Some("Edit src/pay/card.rs"));
}

#[test]
fn while_it_waits_for_the_decision() {
    let world = in_review();
    let strip = "prepare:architect done, implement:claude-impl done, review:codex-review done, approve:person waiting";
    check(&world, strip, "person", Some("waits for your decision"));
    let card = card(&world, "TASK-001");
    assert!(
        card.chain.iter().skip(1).all(|stop| stop.at.is_some()),
        "{:?}",
        card.chain
    );
    assert!(card.chain[1].took.is_some() && card.chain[3].took.is_none());
}

#[test]
fn while_it_is_merged() {
    let world = in_review();
    good(&world, "approve", json!({"task": "TASK-1"}));
    check(
        &world,
        "prepare:architect done, implement:claude-impl done, review:codex-review done, approve:person current",
        "nobody",
        Some("being merged, once an engine runs"),
    );
}

#[test]
fn merged() {
    let world = in_review();
    good(&world, "approve", json!({"task": "TASK-1"}));
    settle(&world);
    let strip = "prepare:architect done, implement:claude-impl done, review:codex-review done, approve:person done";
    check(&world, strip, "nobody", None);
    assert_eq!(card(&world, "TASK-001").handoffs, 3);
}

#[test]
fn after_three_failures_and_three_more() {
    let world = escalated();
    let strip = "prepare:architect done, implement:claude-impl×6 failed, review:codex-review next, approve:person next";
    let card = card(&world, "TASK-001");
    check(&world, strip, "person", card.line.clone().as_deref());
    assert!(
        card.line
            .unwrap()
            .starts_with("escalated to you: claude-impl: 3 attempts in a row failed at implement")
    );
    assert!(card.why.unwrap().contains("3 attempts"));
}

#[test]
fn sent_back_and_at_work_again() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.script("gate-test", failing("FAIL"));
    let doing = Signal::Alive {
        doing: "Read docs/openapi.yaml".into(),
    };
    world.script(
        "implement",
        vec![
            Act::Edits,
            Act::Says(Signal::TurnEnded {
                end: orchestron_domain::RunEnd::Completed,
                words: "done".into(),
                denials: 0,
            }),
            Act::AwaitsHalt,
            Act::Ends(quiet_end()),
        ],
    );
    let ask = orchestron_domain::AskId("a".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.script(
        "implement",
        vec![Act::Says(doing), Act::Says(asked), Act::AwaitsPermit(ask)],
    );
    run(&world);
    let strip = "prepare:architect done, implement:claude-impl×2 waiting, review:codex-review next, approve:person next";
    check(&world, strip, "person", Some("waiting for you: ls"));
    assert_eq!(card(&world, "TASK-001").attempts, 2);
}

#[test]
fn whose_turn_it_is_outside() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    let strip =
        "prepare:cursor done, implement:cursor waiting, review:cursor next, approve:person next";
    check(&world, strip, "cursor", Some("cursor's turn"));
    good(
        &world,
        "claim",
        json!({"task": "TASK-1", "agent": "cursor"}),
    );
    settle(&world);
    let strip =
        "prepare:cursor done, implement:cursor current, review:cursor next, approve:person next";
    check(&world, strip, "cursor", Some("cursor works on it"));
}

#[test]
fn why_nothing_happens() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    world.task(1, Status::Ready, "First");
    world.task_with(
        2,
        Status::Ready,
        "Second",
        "## Depends On\n- TASK-001, TASK-003",
    );
    world.task_with(3, Status::Ready, "Third", "## Agent: person");
    world.task_with(4, Status::Ready, "Fourth", "## Priority: P2");
    let lines = |world: &World| {
        let mut lines: Vec<_> = cards(world)
            .into_iter()
            .map(|card| (card.id, card.line.unwrap_or_default()))
            .collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&world),
        [
            "starts when an engine runs",
            "waits for TASK-001, TASK-003",
            "your turn",
            "starts when an engine runs"
        ]
    );
    let lease = world.store().locks().lease().unwrap();
    assert_eq!(
        lines(&world),
        [
            "starts next",
            "waits for TASK-001, TASK-003",
            "your turn",
            ""
        ]
    );
    drop(lease);
    good(&world, "pause", json!({}));
    assert_eq!(lines(&world)[0], "paused");
    good(&world, "resume", json!({}));
    world.configure(|config| config.gates[0].run = "other".into());
    assert_eq!(
        lines(&world)[0],
        "its commands are not trusted on this machine yet"
    );
    world.configure(|config| config.chain.implement = None);
    assert_eq!(lines(&world)[0], "nobody is named to implement it");
}

#[test]
fn a_failed_try_rests_before_the_next() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.script("implement", failing("boom"));
    let mut engine =
        orchestron_engine::Engine::start(world.ports(), orchestron_engine::Mode::Run).unwrap();
    engine
        .step(&[orchestron_engine::ports::Wake::Run(
            "TASK-001-implement-1".parse().unwrap(),
        )])
        .unwrap();
    let card = card(&world, "TASK-001");
    assert_eq!(
        card.line.as_deref(),
        Some("tries again in 4 s (1st try failed)"),
        "5 s, less what keeps many tasks from coming back at once"
    );
    assert_eq!(card.chain[1].state, StopState::Failed);
}

#[test]
fn cards_stand_in_the_order_they_are_taken_and_the_newest_done_first() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    world.task_with(1, Status::Ready, "Later", "## Priority: P2");
    world.task_with(
        2,
        Status::Ready,
        "Blocked",
        "## Priority: P0\n\n## Depends On\n- TASK-001",
    );
    world.task(3, Status::Ready, "Normal");
    world.task_with(4, Status::Ready, "Urgent", "## Priority: P0");
    world.task(5, Status::Review, "Old");
    world.task(6, Status::Review, "New");
    good(&world, "list", json!({}));
    good(&world, "move", json!({"task": "TASK-5", "to": "done"}));
    world.pass(60_000);
    good(&world, "move", json!({"task": "TASK-6", "to": "done"}));
    let order: Vec<_> = cards(&world)
        .into_iter()
        .map(|card| format!("{}@{}", card.id, card.order))
        .collect();
    assert_eq!(
        order,
        [
            "TASK-004@0",
            "TASK-003@1",
            "TASK-001@2",
            "TASK-002@3",
            "TASK-006@0",
            "TASK-005@1"
        ]
    );
}

#[test]
fn a_board_goes_on_without_its_database() {
    let world = in_review();
    world.lose_log();
    let strip = "prepare:architect done, implement:claude-impl done, review:codex-review done, approve:person waiting";
    check(&world, strip, "person", Some("waits for your decision"));
}

#[test]
fn a_list_can_be_of_one_status_or_one_holder() {
    let world = by_cursor();
    world.task(1, Status::Ready, "Search");
    world.task_with(2, Status::Ready, "Pay", "## Agent: claude-impl");
    world.task(3, Status::Done, "Old");
    let ids = |input| {
        let cards: Vec<CardView> = serde_json::from_value(good(&world, "list", input)).unwrap();
        cards.into_iter().map(|card| card.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({"status": "done"})), ["TASK-003"]);
    assert_eq!(ids(json!({"agent": "cursor"})), ["TASK-001"]);
    assert_eq!(
        ids(json!({"agent": "claude-impl", "status": "ready"})),
        ["TASK-002"]
    );
}
