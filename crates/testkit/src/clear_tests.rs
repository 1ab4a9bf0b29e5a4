//! What is kept of runs, and what is cleared away when.

use crate::{World, chain_tests::run};
use orchestron_domain::{Actor, Decision, Fact, State, Status, config::Keep};
use orchestron_engine::{Engine, Mode};

const DAY_MS: i64 = 86_400_000;

/// Everything that waits for a person's approval is approved and merged.
fn approve_all(world: &World) {
    let open: Vec<_> = run(world)
        .open_requests()
        .map(|request| request.id)
        .collect();
    for request in open {
        let decision = Decision::Approve { note: None };
        let fact = Fact::RequestDecided { request, decision };
        world.store().append(&Actor::Person, vec![fact]).unwrap();
    }
    run(world);
}

/// Names of the tasks of which runs are kept.
fn kept(world: &World) -> Vec<String> {
    let kept = world.logs().kept().unwrap();
    let mut tasks: Vec<_> = kept
        .iter()
        .map(|kept| kept.run.task().unwrap().to_string())
        .collect();
    tasks.dedup();
    tasks
}

fn notes(world: &World) -> Vec<String> {
    let note = |fact| match fact {
        Fact::Noted { what } => Some(what),
        _ => None,
    };
    world.facts().into_iter().filter_map(note).collect()
}

/// Runs until nothing happens any more, and a day longer.
fn a_day_later(world: &World) -> State {
    world.pass(DAY_MS + 1);
    run(world)
}

#[test]
fn what_runs_of_finished_tasks_said_goes_after_a_month_and_is_told_once() {
    let world = World::new();
    world.task(1, Status::Ready, "Done by then");
    approve_all(&world);
    world.task(2, Status::Ready, "Open still");
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Done));
    assert_eq!(world.status("TASK-002"), Some(Status::Review));
    world.pass(29 * DAY_MS);
    a_day_later(&world);
    assert_eq!(kept(&world), ["TASK-002"], "the open one's stay");
    let told = notes(&world);
    assert!(
        matches!(&told[..], [one] if one.starts_with("cleared away: what ") && one.contains("of finished tasks said")),
        "{told:?}"
    );
    a_day_later(&world);
    assert_eq!(
        notes(&world).len(),
        1,
        "nothing was removed, nothing is told"
    );
}

#[test]
fn too_much_of_it_goes_oldest_first_and_never_what_lives_or_is_open() {
    let world = World::new();
    world.task(1, Status::Ready, "First");
    approve_all(&world);
    world.pass(60_000);
    world.task(2, Status::Ready, "Second");
    approve_all(&world);
    let of_one = world.logs().kept().unwrap().len() / 2;
    world.pass(60_000);
    // At work, silent, and by its file done: somebody moved it by hand. Its agent is being stopped by nobody yet.
    world.task(3, Status::Ready, "Third");
    world.script("implement", vec![crate::Act::AwaitsHalt]);
    run(&world);
    world.configure(|config| {
        config.keep = Keep {
            days: 30,
            megabytes: u32::try_from(of_one).unwrap(),
        };
    });
    a_day_later(&world);
    assert_eq!(kept(&world), ["TASK-002", "TASK-003"]);
    world.configure(|config| config.keep.megabytes = 0);
    a_day_later(&world);
    assert_eq!(kept(&world), ["TASK-003"]);
}

#[test]
fn nothing_goes_when_the_tasks_are_out_of_sight_and_only_an_engine_that_runs_clears() {
    let world = World::new();
    world.task(1, Status::Ready, "Done by then");
    approve_all(&world);
    world.configure(|config| {
        config.keep = Keep {
            days: 0,
            megabytes: 0,
        }
    });
    world.pass(2 * DAY_MS);
    let mut settling = Engine::start(world.ports(), Mode::Settle).unwrap();
    settling.settle().unwrap();
    drop(settling);
    assert_eq!(kept(&world), ["TASK-001"]);
    // Neither files nor a log: the run could be of any task.
    world.lose_log();
    world.hide_tasks(true);
    run(&world);
    assert_eq!(kept(&world), ["TASK-001"]);
    world.hide_tasks(false);
    a_day_later(&world);
    assert_eq!(kept(&world), Vec::<String>::new());
}
