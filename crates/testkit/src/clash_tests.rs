//! Several tasks at once that are about the same files: ordered, brought up, sent back; and the same when the engine dies in between.

use crate::{Act, Script, World, chain_tests::run, quiet_end};
use orchestron_domain::{
    Actor, CallId, Decision, Fact, RequestKind, RunEnd, State, Status, TaskId,
    conflict::{ConflictKind, Resolution, Stage},
    signal::Signal,
};
use orchestron_engine::{Engine, Mode};

/// More writes than two chains have.
const MOST_WRITES: u32 = 600;

/// Four places, no preparation, nobody reviews but the person.
fn world() -> World {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.configure(|config| {
        config.limits.parallel = 4;
        config.limits.starts = 8;
    });
    world
}

/// Two tasks that are ready.
fn two() -> World {
    let world = world();
    world.task(1, Status::Ready, "Pay by card");
    world.task(2, Status::Ready, "Pay by mail");
    world
}

/// An implementer that does this and submits.
fn implements(acts: impl IntoIterator<Item = Act>) -> Script {
    let call = CallId("1".into());
    let mut script = vec![Act::Says(Signal::Started {
        session: None,
        version: "2.1.0".into(),
        model: "scripted".into(),
    })];
    script.extend(acts);
    script.extend([
        Act::Says(Signal::ToolCalled {
            call: call.clone(),
            tool: "task_submit".into(),
            arguments: r#"{"note":"it is done"}"#.into(),
        }),
        Act::AwaitsReply(call),
        Act::Says(Signal::TurnEnded {
            end: RunEnd::Completed,
            words: "I am done.".into(),
            denials: 0,
        }),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ]);
    script
}

fn edits(file: &str) -> Act {
    Act::EditsFile(file.to_owned())
}

fn id(number: u32) -> TaskId {
    TaskId::new("TASK", number).unwrap()
}

/// What a person is asked, as `review TASK-001`.
fn asked(state: &State) -> Vec<String> {
    let open = state.open_requests();
    open.map(|request| {
        let task = request
            .task
            .as_ref()
            .map_or(String::new(), ToString::to_string);
        format!("{} {task}", request.kind.word())
    })
    .collect()
}

/// Approves what is asked about a task.
fn approve(world: &World, state: &State, number: u32) {
    let request = state.open_requests().find(|request| {
        request.task == Some(id(number)) && matches!(request.kind, RequestKind::Review { .. })
    });
    let decision = Decision::Approve { note: None };
    let request = request.unwrap_or_else(|| panic!("{:?}", asked(state))).id;
    let fact = Fact::RequestDecided { request, decision };
    world.store().append(&Actor::Person, vec![fact]).unwrap();
}

fn stages(state: &State) -> Vec<(ConflictKind, Stage)> {
    let conflicts = state.conflicts.values();
    conflicts
        .map(|conflict| (conflict.kind, conflict.stage))
        .collect()
}

#[test]
fn two_that_collide_are_both_merged_and_nobody_is_called_but_to_approve() {
    let world = two();
    world.collides("src/pay.rs");
    world.script("implement", implements([edits("src/pay.rs")]));
    world.script(
        "implement",
        implements([edits("src/pay.rs"), edits("src/mail.rs")]),
    );
    world.script("implement", implements([Act::MergesBase]));
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-001"]);
    assert_eq!(world.status("TASK-002"), Some(Status::Review));
    assert_eq!(stages(&state), [(ConflictKind::Forecast, Stage::Queued)]);

    approve(&world, &state, 1);
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-002"]);
    let feedback = world.text("feedback/TASK-002-1.md").unwrap();
    assert!(
        feedback.contains("src/pay.rs") && feedback.contains("git merge main"),
        "{feedback}"
    );
    assert_eq!(state.tasks[&id(2)].failures, 0);

    approve(&world, &state, 2);
    let state = run(&world);
    assert_eq!(asked(&state), [""; 0]);
    let merged: Vec<_> = world.merges().into_iter().map(|(task, _)| task).collect();
    assert_eq!(merged, ["TASK-001", "TASK-002"]);
    assert!(
        state
            .conflicts
            .values()
            .all(|found| found.stage == Stage::Over)
    );
    assert_eq!(state.forecasts.len(), 0);
}

#[test]
fn two_that_touch_one_file_and_merge_wait_for_nobody() {
    let world = two();
    world.script("implement", implements([edits("src/pay.rs")]));
    world.script("implement", implements([edits("src/pay.rs")]));
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-001", "review TASK-002"]);
    assert_eq!(stages(&state), []);
    approve(&world, &state, 2);
    approve(&world, &state, 1);
    let state = run(&world);
    assert_eq!((asked(&state).len(), world.merges().len()), (0, 2));
    assert_eq!(
        world.forecasts(),
        1,
        "one pair, once; the merge is its tip here"
    );
}

#[test]
fn what_declares_the_same_files_begins_when_the_first_has_merged() {
    let world = world();
    for (number, title, files) in [
        (1, "Pay by card", "src/pay/"),
        (2, "Pay by mail", "src/pay/mail.rs"),
        (3, "Say how", "docs/pay.md"),
    ] {
        let more = format!("## Files Affected\n- `{files}`");
        world.task_with(number, Status::Ready, title, &more);
    }
    world.script("implement", implements([edits("src/pay/card.rs")]));
    world.script("implement", implements([edits("docs/pay.md")]));
    world.script("implement", implements([edits("src/pay/mail.rs")]));
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-001", "review TASK-003"]);
    assert_eq!(world.status("TASK-002"), Some(Status::Ready));
    approve(&world, &state, 1);
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-003", "review TASK-002"]);
    assert_eq!(stages(&state), []);
}

#[test]
fn what_began_before_its_dependency_is_brought_up_to_it_and_checked_again() {
    let world = world();
    world.task(1, Status::Ready, "Pay by card");
    world.task_with(2, Status::Ready, "Pay by mail", "## Depends On\n- TASK-001");
    world.script("implement", vec![Act::AwaitsHalt, Act::Ends(quiet_end())]);
    {
        // A person starts it by hand, works on it and says it is done.
        let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
        world.rename(
            "tasks/ready/TASK-002-pay-by-mail.md",
            "tasks/in-progress/TASK-002-pay-by-mail.md",
        );
        engine
            .step(&[orchestron_engine::ports::Wake::Files])
            .unwrap();
        assert_eq!(
            stages(engine.state()),
            [(ConflictKind::EarlyStart, Stage::Queued)]
        );
        let dir = world.git().worktree(&id(2), "pay-by-mail", "main").unwrap();
        assert!(dir.branch.is_some());
        world.commit_on("TASK-002");
        let fact = Fact::Submitted {
            task: id(2),
            leg: orchestron_domain::Leg::Implement,
            note: "by hand".into(),
            run: None,
        };
        world.store().append(&Actor::Person, vec![fact]).unwrap();
        engine
            .step(&[orchestron_engine::ports::Wake::Doorbell])
            .unwrap();
    }
    world.script("implement", implements([edits("src/card.rs")]));
    let state = run(&world);
    assert_eq!(world.status("TASK-002"), Some(Status::Review));
    assert_eq!(asked(&state), ["review TASK-001"]);
    approve(&world, &state, 1);
    let before = world.tip("TASK-002");
    let gates = |world: &World| world.commands().len();
    let checked = gates(&world);
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-002"]);
    assert_ne!(world.tip("TASK-002"), before);
    assert_eq!(
        gates(&world),
        checked + 1,
        "its gate is checked on both together"
    );
    let commit = state
        .open_requests()
        .find_map(|request| match &request.kind {
            RequestKind::Review { commit } => commit.as_ref().map(|commit| commit.0.clone()),
            _ => None,
        });
    assert_eq!(
        commit,
        world.tip("TASK-002"),
        "what is asked about is what would be merged"
    );
}

#[test]
fn stalled_work_is_for_a_person_within_five_minutes_and_tried_again_as_they_say() {
    let world = world();
    world.configure(|config| {
        config.limits.stalled_s = 1_200;
        for agent in config.agents.values_mut() {
            agent.timeout_s = 1_000_000;
            agent.silence_s = 900_000;
        }
    });
    world.task(1, Status::Ready, "Pay by card");
    world.script("implement", vec![Act::AwaitsHalt, Act::Ends(quiet_end())]);
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    let begin = world.now();
    let deadline = orchestron_domain::conflict::next_deadline(engine.state(), begin).unwrap();
    world.pass(deadline.since(begin));
    engine
        .step(&[orchestron_engine::ports::Wake::Time])
        .unwrap();
    let state = engine.state().clone();
    assert_eq!(asked(&state), ["clash TASK-001"]);
    let (found, asked_at) = (
        state.conflicts.values().next().unwrap().since,
        state.open_requests().next().unwrap().since,
    );
    assert!(asked_at.since(found) <= 300_000 && found.since(begin) <= 1_201_000);
    let request = state.open_requests().next().unwrap().id;
    let resolution = Resolution::Reassign;
    let decision = Decision::Resolve { resolution };
    let fact = Fact::RequestDecided { request, decision };
    world.store().append(&Actor::Person, vec![fact]).unwrap();
    drop(engine);
    let state = run(&world);
    assert_eq!(asked(&state), ["review TASK-001"]);
    assert_eq!(world.started().len(), 3, "two tries and a gate");
}

#[test]
fn looking_at_work_is_seldom_and_only_after_a_file_was_changed() {
    let world = world();
    world.task(1, Status::Ready, "Pay by card");
    let does = |doing: &str| {
        Act::Says(Signal::Alive {
            doing: doing.into(),
        })
    };
    let mut acts = vec![does("Read src/pay.rs")];
    for _ in 0..20 {
        acts.extend([edits("src/pay.rs"), does("Edit src/pay.rs")]);
    }
    acts.push(Act::AwaitsHalt);
    world.script("implement", acts);
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    let seen = |world: &World| {
        let facts = world.facts();
        facts
            .iter()
            .filter(|fact| matches!(fact, Fact::WorkSeen { .. }))
            .count()
    };
    let run = world.started()[0].0.clone();
    engine
        .step(&[orchestron_engine::ports::Wake::Run(run)])
        .unwrap();
    assert_eq!(seen(&world), 0, "the tool has yet to do its work");
    world.pass(2_000);
    engine
        .step(&[orchestron_engine::ports::Wake::Time])
        .unwrap();
    assert_eq!(seen(&world), 1);
    let files = engine.state().tasks[&id(1)]
        .touched
        .as_ref()
        .map(|touched| touched.files.len());
    assert_eq!(files, Some(1));
    world.pass(100_000);
    engine
        .step(&[orchestron_engine::ports::Wake::Time])
        .unwrap();
    assert_eq!(seen(&world), 1, "nothing was changed since");
}

/// An engine that dies after so many writes; whether it died.
fn die_after(world: &World, writes: u32) -> bool {
    world.die_after(writes);
    if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
        // Dying is the point; what it says while dying is not.
        drop(engine.run());
    }
    world.revive()
}

#[test]
fn an_engine_killed_at_any_write_orders_and_merges_both_all_the_same() {
    for at in 1..MOST_WRITES {
        let world = two();
        world.collides("src/pay.rs");
        world.script("implement", implements([edits("src/pay.rs")]));
        world.script("implement", implements([edits("src/pay.rs")]));
        world.script("implement", implements([Act::MergesBase]));
        let mut died = die_after(&world, at);
        for number in [1, 2] {
            let state = run(&world);
            assert_eq!(
                asked(&state),
                [format!("review TASK-{number:03}")],
                "after write {at}"
            );
            approve(&world, &state, number);
            if !died {
                died = die_after(&world, at);
            }
        }
        let state = run(&world);
        assert_eq!(asked(&state), [""; 0], "after write {at}");
        assert_eq!(world.merges().len(), 2, "after write {at}");
        assert!(
            state
                .conflicts
                .values()
                .all(|found| found.stage == Stage::Over),
            "after write {at}: {:?}",
            state.conflicts
        );
        if !died {
            return;
        }
    }
    panic!("two chains have fewer writes than {MOST_WRITES}");
}

#[test]
fn a_task_that_lies_in_two_files_is_told_with_both() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.write(
        "tasks/review/TASK-001-other.md",
        "# TASK-001: Other\n\n## Status\nreview\n",
    );
    let state = run(&world);
    let told: Vec<_> = state.conflicts.values().collect();
    assert_eq!(told.len(), 1, "{told:?}");
    for file in [
        ".mcp/tasks/ready/TASK-001-search.md",
        ".mcp/tasks/review/TASK-001-other.md",
    ] {
        assert!(told[0].evidence.contains(file), "{}", told[0].evidence);
    }
}
