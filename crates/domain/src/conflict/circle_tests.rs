//! Circles in which nobody works, as people make them by putting tasks under way by hand.

use super::{Conflict, ConflictKind, Resolution, Stage, behind};
use crate::{
    Actor, Decision, Fact, RequestKind, Status,
    apply::apply,
    state::Step,
    story::world::{World, task},
};

fn by_hand(world: &mut World, n: u32, to: Status) {
    let (task, from) = (task(n), world.status(n));
    if let Some(card) = world.state.cards.get_mut(&task) {
        card.status = to;
    }
    world.tell(Actor::Unknown, Fact::TaskMoved { task, from, to });
}

/// 1 is in review but depends on 2; 2 is about the same file as 3; 3 is in-progress but depends on 4; 4 is about the same file as 1.
fn stuck() -> World {
    let mut world = World::new(vec![]);
    world.state.config.chain.review = None;
    world.state.config.gates.clear();
    world.state.config.limits.parallel = 4;
    for (n, depends_on) in [(2, &[][..]), (3, &[4]), (4, &[])] {
        world.add(n, depends_on);
    }
    world.state.cards.get_mut(&task(1)).unwrap().depends_on = vec![task(2)];
    for (n, file) in [(1, "one.rs"), (2, "two.rs"), (3, "two.rs"), (4, "one.rs")] {
        let card = world.state.cards.get_mut(&task(n)).unwrap();
        card.files_affected = vec![file.to_owned()];
    }
    by_hand(&mut world, 1, Status::Review);
    by_hand(&mut world, 2, Status::Ready);
    by_hand(&mut world, 3, Status::InProgress);
    by_hand(&mut world, 4, Status::Ready);
    while let Some(event) = world.log.get(world.decided) {
        apply(&mut world.state, event);
        world.decided += 1;
    }
    // As after a failed attempt: nobody has it at the moment.
    world.state.tasks.get_mut(&task(3)).unwrap().step = Step::Idle;
    world
}

fn circle(world: &World) -> Option<&Conflict> {
    let mut conflicts = world.state.conflicts.values();
    conflicts.find(|found| found.kind == ConflictKind::Circle)
}

#[test]
fn a_circle_of_dependencies_files_and_orders_is_told_with_each_of_its_reasons() {
    let mut world = stuck();
    world.settle();
    assert!(world.started.is_empty(), "{:?}", world.started);
    let found = circle(&world).expect("it is told");
    assert_eq!(found.tasks, [1, 2, 3, 4].map(task));
    assert_eq!(found.files, ["one.rs", "two.rs"]);
    for words in [
        "TASK-001 was queued behind TASK-002, TASK-002 is about the same files as TASK-003",
        "TASK-003 depends on TASK-004, TASK-004 is about the same files as TASK-001",
    ] {
        assert!(found.evidence.contains(words), "{}", found.evidence);
    }
}

#[test]
fn while_somebody_works_on_one_of_them_it_is_none() {
    let mut world = stuck();
    world.tell(
        Actor::Person,
        Fact::Claimed {
            task: task(3),
            leg: crate::Leg::Implement,
            holder: crate::Holder::Person,
            attempt: 1,
            why: None,
        },
    );
    world.settle();
    assert_eq!(circle(&world), None);
}

#[test]
fn a_person_is_asked_and_taking_one_back_opens_it() {
    let mut world = stuck();
    world.settle();
    world.now = world.now.plus_millis(61_000);
    world.settle();
    let request = world.state.open_requests().find_map(|request| {
        let RequestKind::Clash {
            conflict, options, ..
        } = &request.kind
        else {
            return None;
        };
        let circle = world.state.conflicts[conflict].kind == ConflictKind::Circle;
        circle.then(|| (request.id, options[0].clone()))
    });
    let (request, resolution) = request.expect("a person is asked");
    assert_eq!(resolution, Resolution::Reassign);
    let decision = Decision::Resolve { resolution };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
    assert_eq!(world.status(3), Status::Ready, "taken back");
    assert_eq!(circle(&world).map(|found| found.stage), Some(Stage::Over));
    assert_eq!(world.started, ["TASK-002-implement-1"]);
}

#[test]
fn orders_that_are_made_at_once_contradict_neither_each_other_nor_the_dependencies() {
    let mut world = World::new(vec![]);
    world.state.config.gates.clear();
    for (n, depends_on) in [(2, &[][..]), (3, &[]), (4, &[])] {
        world.add(n, depends_on);
    }
    world.state.cards.get_mut(&task(1)).unwrap().depends_on = vec![task(4)];
    for (n, files) in [
        (1, &["a.rs"][..]),
        (2, &["a.rs", "b.rs"]),
        (3, &["b.rs", "c.rs"]),
        (4, &["c.rs"]),
    ] {
        let card = world.state.cards.get_mut(&task(n)).unwrap();
        card.files_affected = files.iter().map(|file| (*file).to_owned()).collect();
        by_hand(&mut world, n, Status::InProgress);
    }
    world.settle();
    let behind = |n| behind(&world.state, &task(n)).map(|found| found.task);
    assert_eq!(
        [1, 2, 3, 4].map(behind),
        [Some(task(4)), Some(task(1)), Some(task(2)), None],
        "by age alone 4 would wait for 3, and all four for each other"
    );
}
