//! Rules of the configuration over the engine: a file is edited, a rule holds, the task goes, and the log names the rule; also when the
//! world dies at every single write of it.

use crate::{World, chain_tests::run};
use orchestron_domain::{
    Actor, Fact, Status,
    rules::{Condition, Rule},
};
use orchestron_engine::{Engine, Mode};

/// More writes than a move has.
const MOST_WRITES: u32 = 60;
const PENDING: &str = "tasks/pending/TASK-001-search.md";
const READY: &str = "tasks/ready/TASK-001-search.md";
const HOUR_S: u64 = 3_600;

fn rule(name: &str, from: Status, to: Status, when: Condition) -> Rule {
    Rule {
        name: name.to_owned(),
        from,
        to,
        when: vec![when],
    }
}

/// A person prepares and does everything, and tasks whose Definition of Ready is ticked are ready.
fn world() -> World {
    let world = World::new();
    world.chain(Some("person"), Some("person"), None);
    world.configure(|config| {
        let ticked = Condition::ReadyTicked;
        config.rules = vec![rule("ticked", Status::Pending, Status::Ready, ticked)];
    });
    world.task_with(1, Status::Pending, "Search", &boxes(' '));
    world
}

fn boxes(mark: char) -> String {
    format!("## Definition of Ready\n- [x] the goal is clear\n- [{mark}] the files are named\n")
}

/// Ticks the box that is left, or takes the tick away, as a person with an editor does.
fn write(world: &World, path: &str, mark: char) {
    let text = world.text(path).unwrap();
    let other = if mark == 'x' { ' ' } else { 'x' };
    let (from, to) = (
        format!("- [{other}] the files"),
        format!("- [{mark}] the files"),
    );
    world.write(path, &text.replace(&from, &to));
}

/// Every move of the task, with who made it.
fn moves(world: &World) -> Vec<(Actor, Status, Status)> {
    let events = world.events().into_iter();
    events
        .filter_map(|event| match event.fact {
            Fact::TaskMoved { from, to, .. } => Some((event.by, from, to)),
            _ => None,
        })
        .collect()
}

fn by_rule() -> (Actor, Status, Status) {
    let name = "ticked".to_owned();
    (Actor::Rule { name }, Status::Pending, Status::Ready)
}

#[test]
fn a_ticked_box_moves_the_task_and_the_log_names_the_rule() {
    let world = world();
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Pending));
    write(&world, PENDING, 'x');
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Ready));
    assert_eq!(moves(&world), [by_rule()]);
    let told = world.facts().into_iter().any(|fact| {
        matches!(fact, Fact::RuleMoved { rule, why, .. } if rule == "ticked" && why == "2 of 2 boxes under Definition of Ready are ticked")
    });
    assert!(told);
    assert_eq!(state.open_requests().count(), 0);
    assert!(world.text(READY).unwrap().contains("## Status: ready"));
}

#[test]
fn a_task_that_a_person_puts_back_stays_until_its_file_is_edited_again() {
    let world = world();
    write(&world, PENDING, 'x');
    run(&world);
    world.rename(READY, PENDING);
    run(&world);
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Pending));
    write(&world, PENDING, ' ');
    run(&world);
    write(&world, PENDING, 'x');
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Ready));
    let rules = moves(&world).into_iter();
    assert_eq!(rules.filter(|told| *told == by_rule()).count(), 2);
}

#[test]
fn time_alone_moves_what_stood_still_for_long_enough() {
    let world = world();
    world.configure(|config| {
        let stands = Condition::Stands(HOUR_S);
        config.rules = vec![rule("tired", Status::Pending, Status::Failed, stands)];
    });
    let begin = world.now();
    let state = run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Failed));
    assert!(world.now().since(begin) >= 3_600_000, "not before its time");
    let asked: Vec<_> = state.open_requests().map(|request| &request.kind).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].word(), "escalation");
}

#[test]
fn a_rule_is_followed_once_wherever_the_world_dies() {
    for at in 0..MOST_WRITES {
        let world = world();
        run(&world);
        write(&world, PENDING, 'x');
        world.die_after(at);
        if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
            // Dying is the point; what it says while dying is not.
            drop(engine.run());
        }
        let died = world.revive();
        run(&world);
        assert_eq!(world.status("TASK-001"), Some(Status::Ready), "at {at}");
        assert_eq!(moves(&world), [by_rule()], "at {at}");
        if !died {
            assert!(at > 2, "it died nowhere");
            return;
        }
    }
    panic!("it never ran to its end");
}
