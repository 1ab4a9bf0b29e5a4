//! Decisions: what fits, what is stale, what is closed.

use super::{asking, code, escalated, good, in_review, mark, person, run, settle, since};
use crate::call;
use orchestron_domain::{Actor, AskId, Decision, Fact, Status, signal::Signal};
use orchestron_testkit::{Act, World};
use serde_json::{Value, json};

fn open(world: &World) -> Value {
    good(world, "requests", json!({}))[0].clone()
}

#[test]
fn each_kind_takes_only_decisions_that_fit() {
    let kinds = [
        (in_review(), "review"),
        (asking(), "permission"),
        (escalated(), "escalation"),
    ];
    let decisions = [
        (json!({"type": "approve"}), &["review"][..]),
        (json!({"type": "changes", "note": "more"}), &["review"]),
        (json!({"type": "allow"}), &["permission"]),
        (json!({"type": "allow-alike"}), &["permission"]),
        (json!({"type": "deny"}), &["permission"]),
        (json!({"type": "answer", "text": "42"}), &[]),
        (json!({"type": "retry"}), &["escalation"]),
        (json!({"type": "give-up"}), &["escalation"]),
    ];
    for (world, kind) in &kinds {
        let request = open(world);
        assert_eq!(request["kind"], *kind);
        for (decision, fits) in decisions.iter().filter(|(_, fits)| !fits.contains(kind)) {
            let input = json!({"request": request["id"], "decision": decision});
            assert_eq!(
                code(world, "decide", input),
                "decision_unfit",
                "{kind} {decision} {fits:?}"
            );
        }
        let (decision, _) = decisions
            .iter()
            .find(|(_, fits)| fits.contains(kind))
            .unwrap();
        let before = mark(world);
        good(
            world,
            "decide",
            json!({"request": request["id"], "decision": decision}),
        );
        let told = since(world, before);
        assert!(
            matches!(&told[..], [(Actor::Person, Fact::RequestDecided { .. })]),
            "{told:?}"
        );
        let again = call(
            &mut person(world),
            "decide",
            json!({"request": request["id"], "decision": decision}),
        )
        .unwrap_err();
        assert_eq!(again.code(), "request_closed");
        assert!(again.to_string().contains("is closed already"), "{again}");
    }
    assert_eq!(
        code(
            &in_review(),
            "decide",
            json!({"request": 9999, "decision": {"type": "allow"}})
        ),
        "request_not_found"
    );
}

#[test]
fn an_approval_is_bound_to_what_was_looked_at() {
    let world = in_review();
    let request = open(&world);
    let commit = request["commit"].as_str().unwrap().to_owned();
    let approve = |commit: Option<&str>| json!({"request": request["id"], "decision": {"type": "approve"}, "commit": commit});
    let other = "f".repeat(40);
    assert_eq!(
        code(&world, "decide", approve(Some(&other))),
        "decision_stale"
    );
    assert_eq!(
        code(
            &world,
            "approve",
            json!({"task": "TASK-1", "commit": other})
        ),
        "decision_stale"
    );
    world.commit_on("TASK-001");
    for commit in [Some(commit.as_str()), None] {
        let error = call(&mut person(&world), "decide", approve(commit)).unwrap_err();
        assert_eq!(
            error.code(),
            "decision_stale",
            "the branch has moved since it was reviewed"
        );
        assert!(
            error.to_string().contains(&world.tip("TASK-001").unwrap()),
            "{error}"
        );
    }
    good(
        &world,
        "decide",
        json!({"request": request["id"], "decision": {"type": "changes", "note": "what is that commit?"}}),
    );
}

#[test]
fn a_shortened_commit_is_the_same_commit() {
    let world = in_review();
    let commit = open(&world)["commit"].as_str().unwrap().to_owned();
    assert_eq!(
        code(
            &world,
            "approve",
            json!({"task": "TASK-1", "commit": &commit[..4]})
        ),
        "decision_stale"
    );
    good(
        &world,
        "approve",
        json!({"task": "TASK-1", "commit": &commit[..12]}),
    );
}

#[test]
fn a_worktree_that_is_gone_cannot_be_approved() {
    let world = in_review();
    world.lose_worktree("TASK-001");
    assert_ne!(
        code(&world, "approve", json!({"task": "TASK-1"})),
        "operation_unknown"
    );
    assert!(world.merges().is_empty());
}

#[test]
fn approve_with_words_merges_and_says_what_waits_for_an_engine() {
    let world = in_review();
    let done = good(
        &world,
        "approve",
        json!({"task": "TASK-1", "note": "lovely"}),
    );
    assert_eq!(done["did"], "approved TASK-001");
    assert_eq!(
        done["not_done"][0],
        "no engine is running; the merge happens when one does (`orchestron run`)"
    );
    let Some(Fact::RequestDecided { decision, .. }) = world.facts().pop() else {
        panic!()
    };
    assert_eq!(
        decision,
        Decision::Approve {
            note: Some("lovely".into())
        }
    );
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
}

#[test]
fn reject_needs_words_and_sends_them_to_the_implementer() {
    let world = in_review();
    assert_eq!(
        code(&world, "reject", json!({"task": "TASK-1"})),
        "input_invalid"
    );
    good(
        &world,
        "reject",
        json!({"task": "TASK-1", "note": "Retry-After is the whole window"}),
    );
    run(&world);
    assert!(
        world
            .text("feedback/TASK-001-1.md")
            .unwrap()
            .contains("Retry-After is the whole window")
    );
    assert!(
        world
            .prompt("TASK-001-implement-2")
            .unwrap()
            .contains("Retry-After is the whole window")
    );
}

#[test]
fn nothing_is_decided_where_nothing_is_asked() {
    let world = asking();
    let error = call(&mut person(&world), "approve", json!({"task": "TASK-1"})).unwrap_err();
    assert_eq!(error.code(), "nothing_to_decide");
    assert!(
        error
            .to_string()
            .contains("in-progress (waiting for you: Run npm install stripe@17)"),
        "{error}"
    );
    assert_eq!(
        code(&world, "reject", json!({"task": "TASK-1", "note": "no"})),
        "nothing_to_decide"
    );
}

#[test]
fn a_task_put_into_review_by_hand_is_approved_without_an_engine() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    world.task(1, Status::Review, "Search");
    good(&world, "approve", json!({"task": "TASK-1"}));
    settle(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    assert!(world.merges().is_empty(), "it has no branch");
}

#[test]
fn a_conflict_is_merged_again_by_retry_or_sent_back_by_reject() {
    for (verb, input, status) in [
        ("retry", json!({"task": "TASK-1"}), Status::Done),
        (
            "reject",
            json!({"task": "TASK-1", "note": "rebase it"}),
            Status::Review,
        ),
    ] {
        let world = in_review();
        world.conflict("TASK-001", &["src/login.js"]);
        good(&world, "approve", json!({"task": "TASK-1"}));
        run(&world);
        let request = open(&world);
        assert_eq!(
            (request["kind"].as_str(), &request["files"][0]),
            (Some("conflict"), &json!("src/login.js"))
        );
        let error = call(&mut person(&world), "approve", json!({"task": "TASK-1"})).unwrap_err();
        assert!(
            error.to_string().contains("orchestron retry TASK-001"),
            "{error}"
        );
        world.conflict("TASK-001", &[]);
        good(&world, verb, input);
        run(&world);
        assert_eq!(world.status("TASK-001"), Some(status), "{verb}");
    }
}

#[test]
fn an_answer_must_say_something() {
    let world = asking();
    let id = open(&world)["id"].clone();
    let table = [
        (json!({"type": "changes", "note": " "}), "note"),
        (json!({"type": "answer", "text": ""}), "text"),
    ];
    for (decision, field) in table {
        let view = call(
            &mut person(&world),
            "decide",
            json!({"request": id, "decision": decision}),
        )
        .unwrap_err()
        .view();
        assert_eq!(view.field.as_deref(), Some(field));
    }
}

#[test]
fn more_money_is_granted_to_what_waits_for_it() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.configure(|config| {
        config.limits.budget.project = Some(orchestron_domain::MicroUsd(1_000_000));
        let agent = config.agents.get_mut(&"claude-impl".parse().unwrap());
        agent.unwrap().budget = Some(orchestron_domain::MicroUsd(600_000));
    });
    let cost = orchestron_domain::signal::Signal::Cost {
        session_total: orchestron_domain::MicroUsd(500_000),
        input_tokens: 9,
        cached_tokens: 0,
        output_tokens: 1,
        requests: 1,
    };
    let mut script = super::failing("boom");
    script.insert(0, orchestron_testkit::Act::Says(cost));
    world.script("implement", script);
    run(&world);
    let request = open(&world);
    assert_eq!(request["kind"], "budget");
    assert_eq!(request["title"], "the project's budget is used up");
    assert!(
        request["detail"]
            .as_str()
            .unwrap()
            .starts_with("$0.50 of $1.00 is spent or reserved"),
        "{request}"
    );
    let decide = |decision: Value| json!({"request": request["id"], "decision": decision});
    assert_eq!(
        code(&world, "decide", decide(json!({"type": "approve"}))),
        "decision_unfit"
    );
    assert_eq!(
        code(&world, "decide", decide(json!({"type": "raise", "by": 0}))),
        "input_invalid"
    );
    let told = good(
        &world,
        "decide",
        decide(json!({"type": "raise", "by": 5_000_000})),
    );
    assert!(
        told["did"]
            .as_str()
            .unwrap()
            .starts_with("granted $5.00 more"),
        "{told}"
    );
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
}

#[test]
fn a_person_stops_what_works_and_is_asked_what_becomes_of_it() {
    let world = asking();
    let told = good(
        &world,
        "stop",
        json!({"what": "TASK-1", "why": "wrong branch"}),
    );
    assert_eq!(told["did"], "TASK-001-implement-1 is being stopped");
    assert_eq!(
        code(&world, "stop", json!({"what": "TASK-001-implement-1"})),
        "not_now",
        "once is enough"
    );
    settle(&world);
    let request = open(&world);
    assert_eq!(request["kind"], "escalation");
    assert!(
        request["detail"]
            .as_str()
            .unwrap()
            .contains("stopped: by you (wrong branch)"),
        "{request}"
    );
    assert_eq!(code(&world, "stop", json!({"what": "TASK-1"})), "not_now");
    assert_eq!(
        code(&world, "stop", json!({"what": "TASK-9"})),
        "task_not_found"
    );
    good(&world, "retry", json!({"task": "TASK-1"}));
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
}

/// Asks for the same twice and for something else once, in one run.
fn asking_again() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Take card payments");
    let asked = |ask: &str, command: &str| Signal::Asked {
        ask: AskId(ask.into()),
        tool: "Bash".into(),
        input: format!(r#"{{"command":"{command}","description":"{ask}"}}"#),
        summary: command.into(),
        reason: None,
    };
    let asks = [
        ("a", "npm install stripe@17"),
        ("b", "npm install stripe@17"),
        ("c", "npm publish"),
    ];
    let script = asks.into_iter().flat_map(|(ask, command)| {
        [
            Act::Says(asked(ask, command)),
            Act::AwaitsPermit(AskId(ask.into())),
        ]
    });
    world.script("implement", script.collect());
    run(&world);
    world
}

#[test]
fn what_is_allowed_for_the_task_is_asked_once_and_nothing_else_is() {
    let world = asking_again();
    let first = open(&world);
    assert_eq!(first["title"], "npm install stripe@17");
    good(
        &world,
        "decide",
        json!({"request": first["id"], "decision": {"type": "allow-alike"}}),
    );
    run(&world);
    let next = open(&world);
    assert_eq!(
        (&next["title"], &next["open"]),
        (&json!("npm publish"), &json!(true)),
        "the second was not asked again"
    );
    let all = good(&world, "requests", json!({}));
    let outcomes: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["outcome"].as_str())
        .collect();
    assert!(
        outcomes
            .iter()
            .any(|outcome| outcome.contains("whole task")),
        "{outcomes:?}"
    );
    let told = world
        .events()
        .into_iter()
        .filter(|event| matches!(event.fact, Fact::RequestDecided { .. }))
        .count();
    assert_eq!(told, 1, "the person decided once");
}

#[test]
fn allowing_always_writes_the_rule_that_was_shown_and_keeps_the_trust() {
    let world = asking_again();
    let first = open(&world);
    assert_eq!(first["rule"], "Bash(npm install stripe@17)");
    let always = |rule: &str| json!({"request": first["id"], "decision": {"type": "allow-always", "rule": rule}});
    assert_eq!(
        code(&world, "decide", always("Bash(npm:*)")),
        "input_invalid"
    );
    assert_eq!(
        open(&world)["open"],
        true,
        "nothing was decided by a rule nobody saw"
    );
    world.write(
        "agents.yaml",
        "agents:\n  claude-impl:\n    cli: claude # ours\n",
    );
    let done = good(&world, "decide", always("Bash(npm install stripe@17)"));
    assert_eq!(
        done["not_done"].as_array().unwrap().len(),
        1,
        "only that no engine runs: {done}"
    );
    let text = world.text("agents.yaml").unwrap();
    assert!(
        text.contains("cli: claude # ours")
            && text.contains("tools_allowed: [\"Bash(npm install stripe@17)\"]"),
        "{text}"
    );
    assert_eq!(
        good(&world, "commands", json!({}))["trusted"],
        true,
        "{done}"
    );
}

#[test]
fn a_rule_is_offered_only_for_what_means_nothing_more() {
    for (command, offered) in [
        ("npm test", true),
        ("rm *", false),
        ("a && b", false),
        ("echo $HOME", false),
        ("x:y", true),
    ] {
        let world = World::new();
        world.task(1, Status::Ready, "x");
        let ask = AskId("a".into());
        let asked = Signal::Asked {
            ask: ask.clone(),
            tool: "Bash".into(),
            input: json!({"command": command}).to_string(),
            summary: command.into(),
            reason: None,
        };
        world.script("implement", vec![Act::Says(asked), Act::AwaitsPermit(ask)]);
        run(&world);
        assert_eq!(open(&world)["rule"].is_string(), offered, "{command}");
    }
}
