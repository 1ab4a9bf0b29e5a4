//! Why, impact, order, reassign, pause and resume with a scope, and the registry of agents.

use super::{code, cx, good, in_review, person, run, settle};
use crate::{
    call,
    wire::{AgentWord, Done, ImpactView, RegisteredView, WaitWord, WhyView},
};
use orchestron_domain::{Actor, AskId, Fact, Leg, Status, event::Scope, signal::Signal};
use orchestron_testkit::{Act, World, agent};
use serde_json::{Value, json};

/// The next implementer asks for something that nobody answers: its run lives, however much time passes.
fn stays_at_work(world: &World) {
    let ask = AskId("req-1".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "Run it".into(),
        reason: None,
    };
    world.script("implement", vec![Act::Says(asked), Act::AwaitsPermit(ask)]);
}

/// A world where two may work at once and implementers stay at work.
fn at_work(tasks: &[u32]) -> World {
    let world = World::new();
    world.configure(|config| config.limits.parallel = 2);
    for n in tasks {
        world.task(*n, Status::Ready, &format!("Task {n}"));
        stays_at_work(&world);
    }
    run(&world);
    world
}

fn told(world: &World, name: &str, input: Value) -> Done {
    serde_json::from_value(good(world, name, input)).unwrap()
}

fn why(world: &World, task: &str) -> WhyView {
    serde_json::from_value(good(world, "why", json!({"task": task}))).unwrap()
}

fn kinds(view: &WhyView) -> Vec<WaitWord> {
    view.reasons.iter().map(|reason| reason.kind).collect()
}

fn registered(world: &World, name: &str) -> RegisteredView {
    let all: Vec<RegisteredView> =
        serde_json::from_value(good(world, "registry", json!({}))).unwrap();
    let mut all = all.into_iter();
    all.find(|one| one.agent.name == name).unwrap()
}

/// Whose tasks have live runs.
fn live(world: &World) -> Vec<(String, String)> {
    let state = person(world).state().unwrap();
    let runs = state.live_runs().filter(|run| run.leg().is_some());
    runs.map(|run| (run.task.to_string(), run.agent().unwrap().to_string()))
        .collect()
}

#[test]
fn why_tells_every_reason_with_its_place_in_line() {
    let world = at_work(&[1, 2, 3, 4]);
    let view = why(&world, "TASK-4");
    assert_eq!(kinds(&view), [WaitWord::Full, WaitWord::NoEngine]);
    let full = &view.reasons[0];
    assert_eq!(full.tasks, ["TASK-001", "TASK-002"]);
    assert!(
        full.evidence.starts_with("2 of 2 places are taken"),
        "{full:?}"
    );
    assert_eq!(
        (view.position, view.before),
        (Some(2), vec!["TASK-003".to_owned()])
    );
    assert_eq!(view.route.unwrap().to.as_deref(), Some("claude-impl"));

    good(&world, "pause", json!({"why": "holiday"}));
    good(
        &world,
        "pause",
        json!({"task": "TASK-4", "why": "not this one"}),
    );
    let view = why(&world, "TASK-4");
    let wanted = [
        WaitWord::Paused,
        WaitWord::TaskPaused,
        WaitWord::Full,
        WaitWord::NoEngine,
    ];
    assert_eq!(kinds(&view), wanted);
    assert!(view.reasons[1].evidence.contains("not this one"));
    assert_eq!(view.reasons[1].change, "`orchestron resume TASK-004`");
    let busy = [WaitWord::Request, WaitWord::UnderWay];
    assert_eq!(kinds(&why(&world, "TASK-1")), busy);
    assert_eq!(
        code(&world, "why", json!({"task": "TASK-99"})),
        "task_not_found"
    );
}

#[test]
fn why_of_what_waits_for_the_person_says_how_to_decide() {
    let view = why(&in_review(), "TASK-1");
    assert_eq!(view.reasons[0].kind, WaitWord::Request);
    assert!(
        view.reasons[0]
            .change
            .contains("orchestron approve TASK-001")
    );
}

#[test]
fn impact_tells_what_the_approval_would_start() {
    let world = in_review();
    world.task_with(2, Status::Ready, "After it", "## Depends On\n- TASK-001");
    world.task_with(
        3,
        Status::Ready,
        "After both",
        "## Depends On: TASK-001, TASK-002",
    );
    let view: ImpactView =
        serde_json::from_value(good(&world, "impact", json!({"task": "TASK-1"}))).unwrap();
    assert_eq!(view.starts.len(), 1);
    let start = &view.starts[0];
    assert_eq!(
        (start.task.as_str(), start.who.name.as_str()),
        ("TASK-002", "claude-impl")
    );
    assert!(start.at_once && start.position == Some(1));
    assert_eq!(view.still_waits[0].waits_for, ["TASK-002"]);
    assert_eq!(view.all, ["TASK-002", "TASK-003"]);
}

#[test]
fn a_paused_task_rests_alone_and_a_paused_agent_with_all_of_its_tasks() {
    let world = World::new();
    world.task(1, Status::Ready, "One");
    world.task(2, Status::Ready, "Two");
    stays_at_work(&world);
    good(&world, "pause", json!({"task": "TASK-1"}));
    run(&world);
    assert_eq!(
        live(&world),
        [("TASK-002".to_owned(), "claude-impl".to_owned())]
    );
    let done = told(&world, "pause", json!({"agent": "claude-impl"}));
    assert_eq!(
        done.not_done,
        ["1 run at work: what runs goes on to its end"]
    );
    assert_eq!(registered(&world, "claude-impl").status, AgentWord::Busy);
    let done = told(&world, "resume", json!({"task": "TASK-1"}));
    assert_eq!(done.did, "TASK-001 is paused no more");
    assert_eq!(kinds(&why(&world, "TASK-1"))[0], WaitWord::AgentPaused);
    good(&world, "pause", json!({}));
    let done = told(&world, "resume", json!({}));
    assert_eq!(
        done.not_done[0],
        "claude-impl is still paused: `orchestron resume --agent claude-impl`"
    );
    assert_eq!(
        code(&world, "pause", json!({"agent": "nobody"})),
        "input_invalid"
    );
    let both = json!({"task": "TASK-1", "agent": "claude-impl"});
    assert_eq!(code(&world, "pause", both), "input_invalid");
    assert_eq!(
        code(&world, "pause", json!({"task": "TASK-9"})),
        "task_not_found"
    );
    let scopes = world.facts().into_iter().filter_map(|fact| match fact {
        Fact::Paused { scope, .. } => Some(scope),
        _ => None,
    });
    assert_eq!(scopes.filter(|scope| *scope == Scope::All).count(), 1);
}

#[test]
fn a_task_gets_its_place_and_others_are_touched_only_when_there_is_no_room() {
    let world = World::new();
    for n in 1..=4 {
        world.task(n, Status::Ready, &format!("Task {n}"));
    }
    good(&world, "pause", json!({}));
    let orders = |world: &World| {
        let state = person(world).state().unwrap();
        state
            .cards
            .values()
            .map(|card| card.order)
            .collect::<Vec<_>>()
    };
    good(&world, "order", json!({"task": "TASK-4", "first": true}));
    assert_eq!(orders(&world), [None, None, None, Some(10)]);
    good(&world, "order", json!({"task": "TASK-3", "first": true}));
    good(
        &world,
        "order",
        json!({"task": "TASK-2", "after": "TASK-3"}),
    );
    assert_eq!(orders(&world), [None, Some(5), Some(0), Some(10)]);
    good(&world, "order", json!({"task": "TASK-4", "at": 6}));
    let done = told(
        &world,
        "order",
        json!({"task": "TASK-1", "before": "TASK-4"}),
    );
    assert_eq!(orders(&world), [Some(30), Some(20), Some(10), Some(40)]);
    assert_eq!(done.did, "TASK-001 goes before TASK-004");
    assert_eq!(why(&world, "TASK-4").order, Some(40));
    assert!(
        world
            .text("tasks/ready/TASK-004-task-4.md")
            .unwrap()
            .contains("## Order: 40")
    );
    good(&world, "order", json!({"task": "TASK-4", "none": true}));
    assert_eq!(orders(&world)[3], None);
    let done = told(&world, "order", json!({"task": "TASK-3", "first": true}));
    assert_eq!(done.did, "TASK-003 is there already");
    for wrong in [
        json!({"task": "TASK-1"}),
        json!({"task": "TASK-1", "first": true, "at": 1}),
        json!({"task": "TASK-1", "before": "TASK-1"}),
    ] {
        assert_eq!(code(&world, "order", wrong), "input_invalid");
    }
}

#[test]
fn a_leg_is_given_to_another_agent_and_back() {
    let world = World::new();
    world.configure(|config| {
        let name = "codex-impl".parse().unwrap();
        config
            .agents
            .insert("codex-impl".parse().unwrap(), agent(&name, Some("claude")));
    });
    world.trust();
    world.task(1, Status::Ready, "One");
    stays_at_work(&world);
    told(
        &world,
        "reassign",
        json!({"task": "TASK-1", "agent": "codex-impl"}),
    );
    let view = why(&world, "TASK-1");
    assert_eq!(view.turn.name, "codex-impl");
    assert_eq!(
        view.route.unwrap().why,
        "codex-impl: the task was given to it"
    );
    let done = told(&world, "reassign", json!({"task": "TASK-1"}));
    assert!(done.did.contains("claude-impl's again"), "{done:?}");
    told(
        &world,
        "reassign",
        json!({"task": "TASK-1", "agent": "codex-impl"}),
    );
    run(&world);
    assert_eq!(
        live(&world),
        [("TASK-001".to_owned(), "codex-impl".to_owned())]
    );
    let again = json!({"task": "TASK-1", "agent": "claude-impl"});
    assert_eq!(code(&world, "reassign", again), "task_held");
    let nobody = json!({"task": "TASK-1", "agent": "nobody"});
    assert_eq!(code(&world, "reassign", nobody), "input_invalid");
    told(
        &world,
        "reassign",
        json!({"task": "TASK-1", "agent": "codex-impl", "leg": "review"}),
    );
    let state = person(&world).state().unwrap();
    let task = "TASK-1".parse().unwrap();
    assert_eq!(
        state.assigned(&task, Leg::Review).unwrap().as_str(),
        "codex-impl"
    );
}

#[test]
fn the_registry_tells_what_each_agent_has_done() {
    let world = in_review();
    good(&world, "approve", json!({"task": "TASK-1"}));
    settle(&world);
    let one = registered(&world, "claude-impl");
    assert_eq!(
        (one.status, one.completed.0, one.failed.0),
        (AgentWord::Available, 1, 0)
    );
    assert_eq!(
        (one.submitted.0, one.approved.0, one.error_rate),
        (1, 1, Some(0))
    );
    assert_eq!(one.first_pass, None, "one piece of work says nothing yet");
    assert_eq!((one.legs[0].all.0, one.legs[0].first_pass.0), (1, 1));
    assert!(one.heard.is_some() && one.average.is_some());
    world.outside("cursor");
    assert_eq!(registered(&world, "cursor").status, AgentWord::Offline);
}

#[test]
fn an_agent_that_is_taken_out_while_it_works_ends_its_run_and_gets_no_other() {
    let world = at_work(&[1, 2, 3]);
    assert_eq!(live(&world).len(), 2);
    world.configure(|config| {
        let gone = config.agents.remove(&"claude-impl".parse().unwrap());
        let mut other = gone.unwrap();
        other.name = "claude-2".parse().unwrap();
        config.agents.insert(other.name.clone(), other);
        config.chain.implement = "claude-2".parse().ok();
        config.limits.parallel = 3;
    });
    world.trust();
    run(&world);
    let names: Vec<_> = live(&world).into_iter().map(|(_, agent)| agent).collect();
    assert_eq!(names, ["claude-impl", "claude-impl", "claude-2"]);
    let gone = registered(&world, "claude-impl");
    assert_eq!((gone.status, gone.runs), (AgentWord::Busy, 2));
    assert!(gone.why.unwrap().contains("its run goes on to its end"));
}

#[test]
fn an_agent_whose_limits_change_while_it_works_goes_on_and_gets_no_more_than_that() {
    let world = at_work(&[1, 2, 3]);
    world.configure(|config| {
        config.limits.parallel = 5;
        let one = config.agents.get_mut(&"claude-impl".parse().unwrap());
        one.unwrap().instances = Some(1);
    });
    run(&world);
    assert_eq!(live(&world).len(), 2, "what runs goes on");
    assert_eq!(kinds(&why(&world, "TASK-3"))[0], WaitWord::AgentFull);
}

#[test]
fn agents_are_edited_as_text_by_the_person_alone() {
    let world = World::new();
    world.write(
        "agents.yaml",
        "# Ours\nagents:\n  claude-impl:\n    cli: claude # real\n",
    );
    let keys =
        json!([{"key": "cli", "values": ["claude"]}, {"key": "capabilities", "values": ["rust"]}]);
    good(&world, "agent-add", json!({"name": "rusty", "keys": keys}));
    let set = json!({"name": "claude-impl", "key": "instances", "values": ["2"]});
    good(&world, "agent-set", set);
    assert_eq!(
        world.text("agents.yaml").unwrap(),
        "# Ours\nagents:\n  claude-impl:\n    cli: claude # real\n    instances: 2\n\n  rusty:\n    cli: claude\n    capabilities: [rust]\n"
    );
    // A list may be typed as the file has it.
    let typed = "[Read, \"Bash(npm test, all)\", 'Glob']";
    let set = json!({"name": "rusty", "key": "tools_allowed", "values": [typed]});
    good(&world, "agent-set", set);
    let text = world.text("agents.yaml").unwrap();
    assert!(
        text.contains("tools_allowed: [Read, \"Bash(npm test, all)\", Glob]"),
        "{text}"
    );
    good(&world, "agent-remove", json!({"name": "rusty"}));
    assert_eq!(
        code(&world, "agent-remove", json!({"name": "rusty"})),
        "input_invalid"
    );
    let two = json!({"name": "claude-impl", "key": "model", "values": ["a", "b"]});
    assert_eq!(code(&world, "agent-set", two), "input_invalid");
    let run = Actor::Run {
        run: "TASK-001-implement-1".parse().unwrap(),
    };
    let error = call(
        &mut cx(&world, run),
        "agent-remove",
        json!({"name": "claude-impl"}),
    );
    assert_eq!(error.unwrap_err().code(), "not_allowed");
}
