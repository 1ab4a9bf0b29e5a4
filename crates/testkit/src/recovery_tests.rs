//! Two engines at once, files that vanish, branches that are switched under living agents: nothing is lost, nobody is stopped for it.

use crate::{Act, World, chain_tests::run, quiet_end};
use orchestron_domain::{
    Actor, Decision, Fact, Leg, RequestKind, RunEnd, RunId, State, Status, event::Scope,
};
use orchestron_engine::{
    Engine, EngineError, Mode,
    ports::{PortErrorKind, Wake},
};

const HELD: &str = "tasks/in-progress/TASK-001-search.md";

/// A project with `tasks` tasks, whose engine lives and whose agent works on the first.
fn at_work(tasks: u32) -> (World, Engine) {
    let world = World::new();
    world.configure(|config| config.limits.parallel = 1);
    world.task(1, Status::Ready, "Search");
    for number in 2..=tasks {
        world.task(number, Status::Ready, "Other");
    }
    world.script("implement", vec![]); // works and works
    let engine = Engine::start(world.ports(), Mode::Run).unwrap();
    assert!(is_alive(engine.state()), "{:#?}", world.facts());
    (world, engine)
}

fn is_alive(state: &State) -> bool {
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    let found = state.runs.get(&run);
    found.is_some_and(|found| found.is_live() && found.halting.is_none())
}

fn look(engine: &mut Engine) {
    engine.step(&[Wake::Files, Wake::Doorbell]).unwrap();
}

/// All task files but those whose path has `but`, taken away; what they say.
fn take_away(world: &World, but: &str) -> Vec<(String, String)> {
    let paths = world.paths().into_iter();
    let paths = paths.filter(|path| path.starts_with("tasks/") && !path.contains(but));
    let files: Vec<_> = paths
        .map(|path| (path.clone(), world.text(&path).unwrap()))
        .collect();
    files.iter().for_each(|(path, _)| world.remove(path));
    files
}

fn put_back(world: &World, files: &[(String, String)]) {
    files
        .iter()
        .for_each(|(path, text)| world.write(path, text));
}

fn removed(world: &World) -> usize {
    let facts = world.facts().into_iter();
    facts
        .filter(|fact| matches!(fact, Fact::TaskRemoved { .. }))
        .count()
}

fn asked(state: &State) -> usize {
    let open = state.open_requests();
    open.filter(|request| request.task.is_none()).count()
}

/// The work on the first task is submitted.
fn hand_in(world: &World) {
    let done = Fact::Submitted {
        task: "TASK-001".parse().unwrap(),
        leg: Leg::Implement,
        note: "done".into(),
        run: None,
    };
    world.store().append(&Actor::Person, vec![done]).unwrap();
}

#[test]
fn an_engine_that_was_overtaken_writes_nothing_and_starts_nothing() {
    let (world, mut first) = at_work(3);
    world.lose_lease();
    let second = Engine::start(world.ports(), Mode::Run).unwrap();
    let (facts, started) = (world.facts(), world.started());
    world.task(9, Status::Ready, "New");
    let refused = first.step(&[Wake::Files]).unwrap_err();
    assert!(refused.is_held(), "{refused}");
    assert_eq!(refused.kind(), Some(PortErrorKind::Overtaken));
    assert_eq!((world.facts(), world.started()), (facts, started));
    drop(first);
    let EngineError::Port(held) = Engine::start(world.ports(), Mode::Run).err().unwrap() else {
        panic!("no refusal");
    };
    assert_eq!(held.kind, PortErrorKind::Held);
    drop(second);
}

#[test]
fn the_fence_rises_also_when_the_lock_file_counts_anew() {
    let world = World::new();
    for wanted in 1..=3_u64 {
        let engine = Engine::start(world.ports(), Mode::Run).unwrap();
        let last = world.facts().into_iter().rev().find_map(|fact| match fact {
            Fact::EngineStarted { fence, .. } => Some(fence),
            _ => None,
        });
        assert_eq!(last, Some(wanted));
        drop(engine);
        world.count_leases_anew();
    }
}

#[test]
fn a_file_that_is_away_for_a_moment_stops_nobody() {
    let (world, mut engine) = at_work(4);
    let text = world.text(HELD).unwrap();
    world.remove(HELD);
    look(&mut engine);
    world.pass(1_900);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    world.write(HELD, &text);
    look(&mut engine);
    world.pass(10_000);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    assert_eq!(removed(&world), 0);
}

#[test]
fn a_file_that_a_person_deletes_stops_its_run_after_a_second_look() {
    let (world, mut engine) = at_work(4);
    world.remove(HELD);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    world.pass(2_000);
    look(&mut engine);
    assert!(!is_alive(engine.state()));
    assert_eq!(removed(&world), 1);
    // By itself, too: nobody has to tell the engine to look again.
    let (world, mut engine) = at_work(4);
    world.remove(HELD);
    engine.run().unwrap();
    assert_eq!(removed(&world), 1);
}

#[test]
fn what_an_agent_hands_in_while_its_file_is_away_waits_for_the_file() {
    let (world, mut engine) = at_work(4);
    let text = world.text(HELD).unwrap();
    world.remove(HELD);
    look(&mut engine);
    hand_in(&world);
    look(&mut engine);
    world.write(HELD, &text);
    look(&mut engine);
    let told = world.facts();
    assert!(
        told.iter()
            .any(|fact| matches!(fact, Fact::Committed { .. })),
        "{told:#?}"
    );
    assert!(
        !told
            .iter()
            .any(|fact| matches!(fact, Fact::CommandFailed { .. }))
    );
}

#[test]
fn a_branch_switch_pauses_and_asks_and_is_over_when_the_files_are_back() {
    for restarted in [false, true] {
        let (world, mut engine) = at_work(12);
        world.script("review", vec![]);
        let files = take_away(&world, "TASK-012");
        for _ in 0..3 {
            look(&mut engine);
            world.pass(60_000);
        }
        assert!(is_alive(engine.state()));
        assert_eq!((removed(&world), asked(engine.state())), (0, 1));
        assert!(engine.state().paused.is_some());
        if restarted {
            drop(engine);
            engine = Engine::start(world.ports(), Mode::Run).unwrap();
            assert!(is_alive(engine.state()));
            assert_eq!(asked(engine.state()), 1);
        }
        put_back(&world, &files);
        look(&mut engine);
        assert!(is_alive(engine.state()));
        assert_eq!((removed(&world), asked(engine.state())), (0, 0));
        assert_eq!(engine.state().paused, None);
        let found = &engine.state().tasks[&"TASK-001".parse().unwrap()];
        assert_eq!(found.tries(Leg::Implement), 1);
        let failed = |fact: &Fact| matches!(fact, Fact::CommandFailed { .. });
        assert!(!world.facts().iter().any(failed));
    }
}

#[test]
fn one_task_of_a_few_that_goes_with_its_branch_is_kept() {
    let (world, mut engine) = at_work(2);
    world.checkout("ref: refs/heads/main", None);
    look(&mut engine);
    let files = take_away(&world, "TASK-002");
    world.checkout("ref: refs/heads/other", None);
    look(&mut engine);
    world.pass(60_000);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    assert_eq!(asked(engine.state()), 1);
    put_back(&world, &files);
    world.checkout("ref: refs/heads/main", None);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    assert_eq!(asked(engine.state()), 0);
}

#[test]
fn a_person_takes_the_files_as_they_are() {
    for by_answer in [false, true] {
        let (world, mut engine) = at_work(12);
        take_away(&world, "TASK-012");
        look(&mut engine);
        let request = engine.state().open_requests().next().unwrap();
        assert!(matches!(request.kind, RequestKind::Escalation { .. }));
        let said = if by_answer {
            Fact::RequestDecided {
                request: request.id,
                decision: Decision::Retry { note: None },
            }
        } else {
            Fact::Resumed { scope: Scope::All }
        };
        world.store().append(&Actor::Person, vec![said]).unwrap();
        look(&mut engine);
        assert_eq!((removed(&world), asked(engine.state())), (11, 0));
        assert_eq!(engine.state().paused, None);
        assert!(!is_alive(engine.state()));
    }
}

#[test]
fn a_pause_of_a_person_is_not_ended_by_files_that_come_back() {
    let (world, mut engine) = at_work(12);
    let paused = Fact::Paused {
        why: "lunch".into(),
        scope: Scope::All,
    };
    world.store().append(&Actor::Person, vec![paused]).unwrap();
    look(&mut engine);
    let files = take_away(&world, "TASK-012");
    look(&mut engine);
    put_back(&world, &files);
    look(&mut engine);
    assert_eq!(engine.state().paused.as_deref(), Some("lunch"));
    assert_eq!(asked(engine.state()), 0);
}

#[test]
fn nothing_is_concluded_from_a_folder_that_is_missing() {
    let (world, mut engine) = at_work(12);
    world.hide_tasks(true);
    for _ in 0..3 {
        look(&mut engine);
        world.pass(60_000);
    }
    assert!(is_alive(engine.state()));
    assert_eq!((removed(&world), asked(engine.state())), (0, 1));
    assert!(engine.state().paused.is_some());
    world.hide_tasks(false);
    look(&mut engine);
    assert!(is_alive(engine.state()));
    assert_eq!((removed(&world), asked(engine.state())), (0, 0));
    assert_eq!(engine.state().paused, None);
}

#[test]
fn files_that_git_is_at_are_looked_at_when_it_is_done() {
    let (world, mut engine) = at_work(12);
    world.checkout("ref: refs/heads/main", Some("a rebase"));
    world.rename(HELD, "tasks/pending/TASK-001-search.md");
    look(&mut engine);
    world.pass(60_000);
    look(&mut engine);
    assert!(is_alive(engine.state()), "{:#?}", world.facts());
    world.checkout("ref: refs/heads/main", None);
    look(&mut engine);
    assert!(!is_alive(engine.state()), "a person has moved it");
    assert_eq!(removed(&world), 0);
}

/// How often nothing was started because of the files, was started again, and a person was asked.
fn holds(world: &World) -> (usize, usize, usize) {
    let facts = world.facts();
    let count = |is: fn(&Fact) -> bool| facts.iter().filter(|fact| is(fact)).count();
    (
        count(|fact| matches!(fact, Fact::Paused { .. })),
        count(|fact| matches!(fact, Fact::Resumed { .. })),
        count(|fact| matches!(fact, Fact::RequestOpened { task: None, .. })),
    )
}

#[test]
fn a_branch_switch_that_is_looked_at_while_git_writes_is_one_hold() {
    for by_lock in [false, true] {
        let (world, mut engine) = at_work(12);
        let still = |world: &World, still| {
            if by_lock {
                world.git_writes(still);
            } else {
                world.files_move(still);
            }
        };
        let files = take_away(&world, "TASK-012");
        look(&mut engine);
        assert_eq!(holds(&world), (1, 0, 1));
        // Back they come: what is there already may go again.
        still(&world, true);
        put_back(&world, &files);
        look(&mut engine);
        assert!(engine.state().paused.is_some(), "still held");
        take_away(&world, "TASK-012");
        look(&mut engine);
        put_back(&world, &files);
        look(&mut engine);
        assert_eq!(holds(&world), (1, 0, 1), "by_lock {by_lock}");
        still(&world, false);
        look(&mut engine);
        assert_eq!(holds(&world), (1, 1, 1), "by_lock {by_lock}");
        assert_eq!((removed(&world), asked(engine.state())), (0, 0));
        assert!(is_alive(engine.state()));
    }
}

#[test]
fn what_is_handed_in_while_git_takes_the_files_away_is_committed_when_they_are_back() {
    let (world, mut engine) = at_work(4);
    let text = world.text(HELD).unwrap();
    // Nobody has noticed yet, and every listing differs from the one before.
    world.files_move(true);
    world.remove(HELD);
    hand_in(&world);
    engine.step(&[Wake::Doorbell]).unwrap();
    world.pass(30_000);
    look(&mut engine);
    let (committed, failed) = (
        |fact: &Fact| matches!(fact, Fact::Committed { .. }),
        |fact: &Fact| matches!(fact, Fact::CommandFailed { .. }),
    );
    assert!(!world.facts().iter().any(failed), "{:#?}", world.facts());
    assert!(!world.facts().iter().any(committed));
    world.write(HELD, &text);
    world.files_move(false);
    look(&mut engine);
    assert!(!world.facts().iter().any(failed), "{:#?}", world.facts());
    assert!(world.facts().iter().any(committed), "{:#?}", world.facts());
    assert_eq!((removed(&world), holds(&world)), (0, (0, 0, 0)));
}

#[test]
fn without_an_engine_and_agents_files_are_what_they_are() {
    let world = World::new();
    for number in 1..=12 {
        world.task(number, Status::Pending, "Task");
    }
    world.store().refresh().unwrap();
    take_away(&world, "TASK-012");
    world.store().refresh().unwrap();
    assert_eq!(removed(&world), 11);
}

#[test]
fn a_chain_goes_on_after_its_file_was_removed_and_came_back() {
    let (world, mut engine) = at_work(1);
    let files = take_away(&world, "none");
    look(&mut engine);
    world.pass(2_000);
    look(&mut engine);
    assert_eq!(removed(&world), 1);
    drop(engine);
    run(&world);
    put_back(&world, &files);
    let state = run(&world);
    let found = &state.tasks[&"TASK-001".parse().unwrap()];
    assert_eq!(found.tries(Leg::Implement), 2, "{:#?}", world.facts());
    assert_eq!(found.status, Status::Review);
}

#[test]
fn a_full_disk_makes_the_engine_rest_and_say_why_and_it_goes_on_by_itself() {
    for already in 0..4 {
        let world = World::new();
        world.task(1, Status::Pending, "Search");
        let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
        for _ in 0..already {
            let runs: Vec<_> = engine
                .state()
                .live_runs()
                .map(|run| Wake::Run(run.id.clone()))
                .collect();
            engine.step(&runs).unwrap();
        }
        world.full_for(60_000);
        world.task(2, Status::Pending, "Written by hand meanwhile");
        engine.run().unwrap();
        let troubles = world.troubles();
        assert!(troubles.len() >= 10, "{troubles:?}");
        assert!(
            troubles[0].contains("no space left on device"),
            "{troubles:?}"
        );
        assert_eq!(world.store().locks().trouble(), None);
        for task in ["TASK-001", "TASK-002"] {
            assert_eq!(
                world.status(task),
                Some(Status::Review),
                "{:#?}",
                world.facts()
            );
        }
        let failed = |fact: &Fact| matches!(fact, Fact::CommandFailed { .. });
        assert!(!world.facts().iter().any(failed));
        assert!(world.started().iter().all(|(_, times)| *times == 1));
    }
}

#[test]
fn a_switch_that_nobody_noticed_yet_fails_no_command() {
    let (world, mut engine) = at_work(12);
    let files = take_away(&world, "TASK-012");
    let done = Fact::Submitted {
        task: "TASK-001".parse().unwrap(),
        leg: Leg::Implement,
        note: "done".into(),
        run: None,
    };
    world.store().append(&Actor::Person, vec![done]).unwrap();
    engine.step(&[Wake::Doorbell]).unwrap();
    assert_eq!(asked(engine.state()), 1);
    put_back(&world, &files);
    look(&mut engine);
    let told = world.facts();
    let is = |fact: &&Fact| matches!(fact, Fact::Committed { .. });
    assert_eq!(told.iter().filter(is).count(), 1, "{told:#?}");
    assert!(
        !told
            .iter()
            .any(|fact| matches!(fact, Fact::CommandFailed { .. }))
    );
}

#[test]
fn a_machine_that_slept_does_not_take_its_agents_for_stalled() {
    // The limit for silence is 900 s; after sleep it begins anew. It sleeps while it waits for the time to write the `## Status` line.
    for (slept, after) in [(0, 900_000), (1_000_000, 1_900_050)] {
        let world = World::new();
        world.configure(|config| config.limits.parallel = 1);
        world.task(1, Status::Ready, "Search");
        // Silent until it is asked to stop.
        world.script("implement", vec![Act::AwaitsHalt, Act::Ends(quiet_end())]);
        let begin = world.now();
        let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
        world.oversleep(slept);
        engine.run().unwrap();
        let is = |event: &&orchestron_domain::Event| {
            matches!(
                event.fact,
                Fact::RunHalting {
                    end: RunEnd::Stalled { .. },
                    ..
                }
            )
        };
        let stalled = world
            .events()
            .iter()
            .find(is)
            .map(|event| event.at.since(begin));
        assert_eq!(stalled, Some(after));
    }
}

#[test]
fn a_night_of_sleep_is_no_time_that_an_agent_had() {
    const NIGHT_MS: i64 = 8 * 3_600_000;
    let world = World::new();
    world.configure(|config| {
        config.limits.parallel = 1;
        for agent in config.agents.values_mut() {
            agent.silence_s = 1_000_000;
        }
    });
    world.task(1, Status::Ready, "Search");
    world.script("implement", vec![Act::AwaitsHalt, Act::Ends(quiet_end())]);
    let begin = world.now();
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    world.oversleep(NIGHT_MS);
    engine.run().unwrap();
    let mut stopped = world.events().into_iter().filter_map(|event| {
        let end = RunEnd::TimedOut { limit_s: 3600 };
        matches!(&event.fact, Fact::RunHalting { end: told, .. } if *told == end)
            .then(|| event.at.since(begin))
    });
    assert_eq!(stopped.next(), Some(NIGHT_MS + 3_600_000));
}

#[test]
fn an_id_that_is_in_two_files_for_a_moment_only_is_no_conflict() {
    for stays in [false, true] {
        let world = World::new();
        world.chain(Some("person"), Some("person"), None);
        world.task(1, Status::Pending, "Search");
        let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
        let pending = "tasks/pending/TASK-001-search.md";
        let text = world.text(pending).unwrap();
        // As an editor or `cp` moves it: the new one first.
        let moved = format!("{text}\nand it was edited\n");
        world.write("tasks/ready/TASK-001-search.md", &moved);
        engine.step(&[Wake::Files]).unwrap();
        let doubled = |fact: &Fact| matches!(fact, Fact::ConflictFound { kind, .. } if kind.word() == "doubled");
        assert!(!world.facts().iter().any(doubled), "told at the first look");
        world.pass(100);
        if !stays {
            world.remove(pending);
        }
        engine.run().unwrap();
        assert_eq!(world.facts().iter().any(doubled), stays);
    }
}
