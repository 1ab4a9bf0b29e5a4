//! The world dies at every single write of a whole chain; a new engine goes on, and nothing is lost or done twice.

use crate::{World, chain_tests::run};
use orchestron_domain::{Actor, Decision, Fact, Status};
use orchestron_engine::{Engine, Mode};

/// More writes than one chain has.
const MOST_WRITES: u32 = 400;

fn world() -> World {
    let world = World::new();
    world.task(1, Status::Pending, "Rate-limit the login");
    let tail = "FAIL".to_owned();
    let over = orchestron_engine::ports::Over {
        code: Some(1),
        signal: None,
        end: None,
        tail,
    };
    world.script("gate-test", vec![crate::Act::Ends(over)]);
    world
}

fn approve(world: &World) {
    let state = run(world);
    let requests: Vec<_> = state.open_requests().map(|request| request.id).collect();
    assert_eq!(requests.len(), 1, "{:?}", state.requests);
    let fact = Fact::RequestDecided {
        request: requests[0],
        decision: Decision::Approve { note: None },
    };
    world.store().append(&Actor::Person, vec![fact]).unwrap();
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

fn check(world: &World, at: u32) {
    assert_eq!(
        world.status("TASK-001"),
        Some(Status::Done),
        "after death at write {at}"
    );
    for (run, times) in world.started() {
        assert_eq!(times, 1, "{run} after death at write {at}");
    }
    let runs: Vec<_> = world
        .started()
        .into_iter()
        .map(|(run, _)| run.to_string())
        .collect();
    let wanted = [
        "gate-test-1",
        "gate-test-2",
        "implement-1",
        "implement-2",
        "prepare-1",
        "review-1",
    ];
    assert_eq!(
        runs,
        wanted.map(|run| format!("TASK-001-{run}")),
        "after death at write {at}"
    );
    assert_eq!(world.merges().len(), 1, "after death at write {at}");
    let file = world
        .text("tasks/done/TASK-001-rate-limit-the-login.md")
        .unwrap();
    let handoffs = file.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(handoffs, 4, "after death at write {at}:\n{file}");
    let feedback = world
        .paths()
        .iter()
        .filter(|path| path.starts_with("feedback/"))
        .count();
    assert_eq!(feedback, 1, "after death at write {at}");
}

#[test]
fn death_at_any_write_of_the_agents_part_loses_nothing_and_does_nothing_twice() {
    for at in 0..MOST_WRITES {
        let world = world();
        let died = die_after(&world, at);
        approve(&world);
        run(&world);
        check(&world, at);
        if !died {
            assert!(at > 40, "the chain has more writes than {at}");
            return;
        }
    }
    panic!("the chain never ended within {MOST_WRITES} writes");
}

#[test]
fn death_at_any_write_of_the_merge_merges_once() {
    for at in 0..MOST_WRITES {
        let world = world();
        approve(&world);
        let died = die_after(&world, at);
        run(&world);
        check(&world, at);
        if !died {
            return;
        }
    }
    panic!("the merge never ended within {MOST_WRITES} writes");
}

#[test]
fn a_power_cut_at_any_system_call_loses_no_hand_over_and_does_none_twice() {
    let mut cuts = 0;
    for at in 0..MOST_WRITES {
        let mut died = false;
        // The edit before a move is not synced by itself: it is lost without the move, and with it.
        for kept in 0..3 {
            let world = world();
            world.die_at(at);
            if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
                drop(engine.run());
            }
            world.power_cut(kept);
            died = world.revive();
            approve(&world);
            run(&world);
            check(&world, at);
            cuts += u32::from(died);
        }
        if !died {
            assert!(cuts > 60, "there were only {cuts}");
            return;
        }
    }
    panic!("the chain never ended within {MOST_WRITES} system calls");
}

#[test]
fn an_engine_that_dies_again_and_again_still_arrives() {
    let world = world();
    let mut deaths = 0;
    while die_after(&world, 7) {
        deaths += 1;
        assert!(deaths < 200, "it goes round in circles");
    }
    approve(&world);
    while die_after(&world, 7) {}
    run(&world);
    check(&world, 7);
    assert!(deaths > 3, "it died only {deaths} times");
}

#[test]
fn a_claim_that_was_only_decided_gives_way_to_whoever_took_the_task_meanwhile() {
    let mut gave_way = 0;
    for at in 0..12 {
        let world = World::new();
        world.task(1, Status::Pending, "Search");
        die_after(&world, at);
        let mut store = world.store();
        store.refresh().unwrap();
        let task = "TASK-1".parse().unwrap();
        let holder = orchestron_domain::Holder::Person;
        if store.state().unwrap().step(&task) != &orchestron_domain::state::Step::Idle {
            continue; // the engine was first
        }
        let open = store.log().open_commands().unwrap().len();
        let leg = orchestron_domain::Leg::Prepare;
        let fact = Fact::Claimed {
            task,
            leg,
            holder,
            attempt: 1,
            why: None,
        };
        store.append(&Actor::Person, vec![fact]).unwrap();
        run(&world);
        assert!(
            world.started().is_empty(),
            "the person has it, after death at write {at}"
        );
        gave_way += open;
    }
    assert!(
        gave_way > 0,
        "the engine never died between deciding and claiming"
    );
}
