//! Conflicts as stories: each kind, how it is told, and how it ends.

use super::{ConflictKind, Resolution, Stage, behind, found, in_use, next_deadline};
use crate::{
    Actor, Command, Decision, Fact, Holder, Leg, RequestKind, RunEnd, Status,
    state::Step,
    story::world::{World, task},
};

/// Four places, nobody reviews but the person, no gates; tasks 1 and 2 are being implemented.
fn two_at_work() -> World {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    world.state.config.limits.starts = 8;
    world.state.config.chain.review = None;
    world.state.config.gates.clear();
    world.add(2, &[]);
    world.settle();
    assert_eq!(
        (world.status(1), world.status(2)),
        (Status::InProgress, Status::InProgress)
    );
    world
}

fn touches(world: &mut World, n: u32, files: &[&str]) {
    let files = files.iter().map(|file| (*file).to_owned()).collect();
    world.touches.insert(task(n), files);
}

fn collide(world: &mut World, one: u32, other: u32, files: &[&str]) {
    let files = files.iter().map(|file| (*file).to_owned()).collect();
    world.collisions.insert((task(one), task(other)), files);
}

/// The live run of a task submits and ends.
fn submits(world: &mut World, n: u32) {
    let run = world.state.live_run(&task(n)).expect("it works").id.clone();
    let by = Actor::Run { run: run.clone() };
    let (task, leg, note) = (task(n), Leg::Implement, "did it".to_owned());
    world.tell(
        by.clone(),
        Fact::Submitted {
            task,
            leg,
            note,
            run: Some(run.clone()),
        },
    );
    let (end, tail) = (RunEnd::Completed, String::new());
    world.tell(by, Fact::RunEnded { run, end, tail });
    world.settle();
}

/// Tasks the person is asked to approve.
fn asked(world: &World) -> Vec<String> {
    let reviews = world.state.open_requests();
    let reviews = reviews.filter(|request| matches!(request.kind, RequestKind::Review { .. }));
    reviews
        .filter_map(|request| Some(request.task.as_ref()?.to_string()))
        .collect()
}

fn approve(world: &mut World, n: u32) {
    let request = world.state.open_requests().find(|request| {
        request.task == Some(task(n)) && matches!(request.kind, RequestKind::Review { .. })
    });
    let request = request.expect("it is asked").id;
    let decision = Decision::Approve { note: None };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
}

/// Conflicts as `kind TASK-001+TASK-002 stage`.
fn told(world: &World) -> Vec<String> {
    let conflicts = world.state.conflicts.values();
    conflicts
        .map(|conflict| {
            let tasks: Vec<_> = conflict.tasks.iter().map(ToString::to_string).collect();
            format!(
                "{} {} {:?}",
                conflict.kind.word(),
                tasks.join("+"),
                conflict.stage
            )
        })
        .collect()
}

fn clash(world: &World) -> Option<(crate::RequestId, Vec<Resolution>)> {
    world
        .state
        .open_requests()
        .find_map(|request| match &request.kind {
            RequestKind::Clash { options, .. } => Some((request.id, options.clone())),
            _ => None,
        })
}

fn later(world: &mut World, seconds: i64) {
    world.now = world.now.plus_millis(seconds * 1_000);
    let runs: Vec<_> = world.state.live_runs().map(|run| run.id.clone()).collect();
    for run in runs {
        world.state.heard.insert(run, world.now);
    }
    world.settle();
}

#[test]
fn branches_that_merge_hold_nobody_up() {
    let mut world = two_at_work();
    touches(&mut world, 1, &["src/pay.rs"]);
    touches(&mut world, 2, &["src/pay.rs"]);
    submits(&mut world, 1);
    submits(&mut world, 2);
    assert_eq!(asked(&world), ["TASK-001", "TASK-002"]);
    assert_eq!(told(&world), [""; 0]);
    assert_eq!(world.compared, 1);
    approve(&mut world, 1);
    assert_eq!(world.compared, 2, "and once with what has landed");
    approve(&mut world, 2);
    assert_eq!(
        (world.status(1), world.status(2)),
        (Status::Done, Status::Done)
    );
}

#[test]
fn branches_that_would_collide_are_ordered_and_the_later_one_is_brought_up_and_checked_again() {
    let mut world = two_at_work();
    touches(&mut world, 1, &["src/pay.rs"]);
    touches(&mut world, 2, &["src/pay.rs"]);
    collide(&mut world, 1, 2, &["src/pay.rs"]);
    submits(&mut world, 2);
    submits(&mut world, 1);
    // The second one is shown to a person already: the first claimed waits.
    assert_eq!(asked(&world), ["TASK-002"]);
    assert_eq!(told(&world), ["forecast TASK-002+TASK-001 Queued"]);
    let wait = behind(&world.state, &task(1)).expect("it waits");
    assert_eq!(
        (wait.task, wait.files),
        (task(2), vec!["src/pay.rs".to_owned()])
    );
    let before = world.state.tasks[&task(1)].commit.clone();
    world.collisions.clear();
    approve(&mut world, 2);
    assert_eq!(world.status(2), Status::Done);
    assert_eq!(told(&world), ["forecast TASK-002+TASK-001 Over"]);
    let now = world.state.tasks[&task(1)].commit.clone();
    assert_ne!(before, now, "it stands on what has merged");
    let RequestKind::Review { commit } = world.request().1 else {
        panic!("{:?}", world.request())
    };
    assert_eq!((asked(&world), commit), (vec!["TASK-001".to_owned()], now));
    let moves = world.log.iter().filter(|event| matches!(&event.fact, Fact::TaskMoved { task: moved, to: Status::InProgress, .. } if *moved == task(1)));
    assert_eq!(moves.count(), 2, "its gates are checked again");
    approve(&mut world, 1);
    assert_eq!(world.status(1), Status::Done);
}

#[test]
fn a_forecast_that_the_merge_itself_belies_is_not_believed_again() {
    let mut world = two_at_work();
    touches(&mut world, 1, &["src/pay.rs"]);
    touches(&mut world, 2, &["src/pay.rs"]);
    collide(&mut world, 1, 2, &["src/pay.rs"]);
    world.nothing_to_bring = true;
    submits(&mut world, 1);
    submits(&mut world, 2);
    approve(&mut world, 1); // comes to rest, although the forecast would say the same again
    assert_eq!(asked(&world), ["TASK-002"]);
    approve(&mut world, 2);
    assert_eq!(world.status(2), Status::Done);
}

#[test]
fn what_conflicts_with_its_base_goes_back_with_the_files_and_that_is_no_failure() {
    let mut world = two_at_work();
    for n in [1, 2] {
        touches(&mut world, n, &["src/pay.rs"]);
        submits(&mut world, n);
    }
    assert_eq!(asked(&world), ["TASK-001", "TASK-002"]);
    // What has landed collides with the other one, which waits for the person's decision.
    collide(&mut world, 1, 2, &["src/pay.rs"]);
    world.stale.insert(task(2), vec!["src/pay.rs".to_owned()]);
    approve(&mut world, 1);
    assert_eq!(
        asked(&world),
        [""; 0],
        "the old commit is not asked about any more"
    );
    assert_eq!(
        world.status(2),
        Status::InProgress,
        "its implementer has it again"
    );
    let found = &world.state.tasks[&task(2)];
    assert_eq!(
        (found.feedback, found.failures, found.tries(Leg::Implement)),
        (1, 0, 2)
    );
    let why = world.log.iter().find_map(|event| match &event.fact {
        Fact::SentBack { why, counts, .. } => Some((why.clone(), *counts)),
        _ => None,
    });
    assert_eq!(
        why,
        Some(("conflicts with main in src/pay.rs".to_owned(), false))
    );
    // It merges main into its branch and submits again; nothing is left to bring up.
    world.collisions.clear();
    submits(&mut world, 2);
    assert_eq!(asked(&world), ["TASK-002"]);
    approve(&mut world, 2);
    assert_eq!(world.status(2), Status::Done);
    assert!(
        told(&world)
            .iter()
            .all(|conflict| conflict.ends_with("Over")),
        "{:?}",
        told(&world)
    );
}

#[test]
fn the_same_conflict_a_second_time_counts_as_a_failure() {
    let mut world = two_at_work();
    for n in [1, 2] {
        touches(&mut world, n, &["src/pay.rs"]);
        submits(&mut world, n);
    }
    collide(&mut world, 1, 2, &["src/pay.rs"]);
    world.stale.insert(task(2), vec!["src/pay.rs".to_owned()]);
    approve(&mut world, 1);
    for failures in 1..=2 {
        world.stale.insert(task(2), vec!["src/pay.rs".to_owned()]);
        submits(&mut world, 2);
        assert_eq!(
            world.state.tasks[&task(2)].failures,
            failures,
            "{:#?}",
            told(&world)
        );
        later(&mut world, 30);
    }
}

#[test]
fn while_it_is_not_known_whether_they_merge_the_later_one_waits() {
    let mut world = two_at_work();
    touches(&mut world, 1, &["src/pay.rs"]);
    touches(&mut world, 2, &["src/pay.rs"]);
    world.carry_out(Command::LookAtWork { task: task(1) });
    world.settle();
    submits(&mut world, 2);
    assert_eq!(told(&world), ["same-files TASK-001+TASK-002 Queued"]);
    assert_eq!(asked(&world), [""; 0]);
    submits(&mut world, 1);
    assert_eq!(told(&world), ["same-files TASK-001+TASK-002 Over"]);
    assert_eq!(asked(&world), ["TASK-001", "TASK-002"]);
}

#[test]
fn who_returns_or_fails_holds_nobody_up() {
    for to in [Status::Ready, Status::Failed, Status::Pending] {
        let mut world = two_at_work();
        touches(&mut world, 1, &["src/pay.rs"]);
        touches(&mut world, 2, &["src/pay.rs"]);
        world.carry_out(Command::LookAtWork { task: task(1) });
        world.settle();
        submits(&mut world, 2);
        assert!(behind(&world.state, &task(2)).is_some());
        world.state.config.limits.parallel = 1;
        world.state.config.chain.implement = "person".parse().ok();
        let (task, from) = (task(1), Status::InProgress);
        world.tell(Actor::Unknown, Fact::TaskMoved { task, from, to });
        world.settle();
        assert_eq!(asked(&world), ["TASK-002"], "{to}");
    }
}

#[test]
fn a_ready_task_waits_for_the_files_of_a_live_one() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    world.state.config.chain.review = None;
    world.state.config.gates.clear();
    world.add(2, &[]);
    world.add(3, &[]);
    let declare = |world: &mut World, n: u32, file: &str| {
        let card = world.state.cards.get_mut(&task(n)).expect("a card");
        card.files_affected = vec![file.to_owned()];
    };
    declare(&mut world, 1, "src/pay/");
    declare(&mut world, 2, "src/**/card.rs");
    declare(&mut world, 3, "docs/");
    world.settle();
    let stand = |world: &World| (world.status(1), world.status(2), world.status(3));
    let (ready, at_work) = (Status::Ready, Status::InProgress);
    assert_eq!(stand(&world), (at_work, ready, at_work));
    let card = &world.state.cards[&task(2)];
    assert_eq!(
        in_use(&world.state, card),
        Some((task(1), vec!["src/**/card.rs".to_owned()]))
    );
    world.state.config.limits.same_files = true;
    assert_eq!(in_use(&world.state, card), None);
    world.state.config.limits.same_files = false;
    touches(&mut world, 1, &["src/pay/card.rs"]);
    submits(&mut world, 1);
    assert_eq!(world.status(2), ready, "until it has merged");
    approve(&mut world, 1);
    assert_eq!(world.status(2), at_work);
    assert_eq!(told(&world), [""; 0]);
}

#[test]
fn work_that_began_too_early_waits_for_its_dependency() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    world.state.config.chain.review = None;
    world.state.config.gates.clear();
    world.add(2, &[1]);
    world.settle();
    assert_eq!(
        (world.status(1), world.status(2)),
        (Status::InProgress, Status::Ready)
    );
    let (id, from, to) = (task(2), Status::Ready, Status::InProgress);
    world.tell(
        Actor::Person,
        Fact::TaskMoved {
            task: id.clone(),
            from,
            to,
        },
    );
    world.settle();
    assert_eq!(told(&world), ["early-start TASK-001+TASK-002 Queued"]);
    let (leg, note) = (Leg::Implement, "by hand".to_owned());
    world.tell(
        Actor::Person,
        Fact::Submitted {
            task: id,
            leg,
            note,
            run: None,
        },
    );
    world.settle();
    assert_eq!((world.status(2), asked(&world)), (Status::Review, vec![]));
    submits(&mut world, 1);
    approve(&mut world, 1);
    assert_eq!(asked(&world), ["TASK-002"]);
    assert_eq!(told(&world), ["early-start TASK-001+TASK-002 Over"]);
}

#[test]
fn a_circle_is_told_with_its_path_and_a_person_is_asked_after_a_minute() {
    let mut world = World::new(vec![]);
    world.state.config.chain.implement = "person".parse().ok();
    world.add(2, &[3]);
    world.add(3, &[2]);
    world.add(4, &[3]);
    world.settle();
    assert_eq!(told(&world), ["circle TASK-002+TASK-003 Open"]);
    let evidence = world
        .state
        .conflicts
        .values()
        .next()
        .map(|found| found.evidence.clone());
    assert!(evidence.is_some_and(|text| text.starts_with("TASK-002 → TASK-003 → TASK-002:")));
    assert_eq!(clash(&world), None, "somebody may be at it");
    let at = next_deadline(&world.state, world.now).expect("it will be asked");
    assert!(at.since(world.now) <= 300_000);
    world.now = at;
    world.settle();
    let (_, options) = clash(&world).expect("it is asked");
    assert_eq!(options, [Resolution::Gone]);
    assert_eq!(
        *world.state.step(&task(3)),
        Step::Idle,
        "nothing else waits for the answer"
    );
    world
        .state
        .cards
        .get_mut(&task(3))
        .expect("a card")
        .depends_on
        .clear();
    world.settle();
    assert_eq!(told(&world), ["circle TASK-002+TASK-003 Over"]);
    assert_eq!(clash(&world), None, "the question is withdrawn");
}

#[test]
fn a_doubled_id_is_told_once_and_what_a_person_accepts_is_not_told_again() {
    let mut world = two_at_work();
    world.state.unclear.insert(task(2));
    world.settle();
    later(&mut world, 61);
    let (request, _) = clash(&world).expect("it is asked");
    let resolution = Resolution::Gone;
    let decision = Decision::Resolve { resolution };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
    later(&mut world, 600);
    assert_eq!(told(&world), ["doubled TASK-002 Accepted"]);
    assert_eq!(clash(&world), None);
    world.state.unclear.clear();
    world.settle();
    assert_eq!(told(&world), ["doubled TASK-002 Over"]);
    world.state.unclear.insert(task(2));
    world.settle();
    assert_eq!(
        told(&world),
        ["doubled TASK-002 Over", "doubled TASK-002 Open"]
    );
}

#[test]
fn work_that_was_given_to_two_stays_with_who_holds_it_now() {
    let mut world = two_at_work();
    let holder = Holder::Outside("cursor".parse().expect("a name"));
    let (id, leg) = (task(1), Leg::Implement);
    world.engine(Fact::Claimed {
        task: id,
        leg,
        holder: holder.clone(),
        attempt: 2,
        why: None,
    });
    world.settle();
    assert_eq!(told(&world), ["doubled TASK-001 Over"]);
    let conflict = world.state.conflicts.values().next().expect("told");
    let evidence =
        "TASK-001 was given to two: TASK-001-implement-1 works on it, and cursor holds it.";
    assert_eq!(conflict.evidence, evidence);
    assert!(world.state.live_run(&task(1)).is_none());
    assert_eq!(*world.state.step(&task(1)), Step::Held { leg, holder });
}

#[test]
fn a_silent_agent_is_told_and_its_run_tried_again() {
    let mut world = two_at_work();
    world.now = world.now.plus_millis(61_000);
    let noisy = world.state.live_run(&task(2)).expect("it works").id.clone();
    world.state.heard.insert(noisy, world.now);
    world.settle();
    assert_eq!(told(&world), ["silent TASK-001 Over"]);
    let conflict = world.state.conflicts.values().next().expect("told");
    assert!(
        conflict.evidence.contains("has said nothing since"),
        "{}",
        conflict.evidence
    );
    assert!(
        matches!(&conflict.resolved, Some((Resolution::Reassign, ..))),
        "{conflict:?}"
    );
    assert_eq!(world.state.tasks[&task(1)].failures, 1);
}

#[test]
fn work_without_progress_is_for_a_person_who_may_take_it_away() {
    let mut world = two_at_work();
    world.state.config.limits.stalled_s = 1_000;
    for agent in world.state.config.agents.values_mut() {
        agent.timeout_s = 100_000;
    }
    later(&mut world, 600);
    world.carry_out(Command::LookAtWork { task: task(2) });
    touches(&mut world, 2, &["src/pay.rs"]);
    world.carry_out(Command::LookAtWork { task: task(2) });
    world.settle();
    later(&mut world, 500);
    assert_eq!(
        told(&world),
        ["stalled TASK-001 Open"],
        "the other one changes files"
    );
    let (request, options) = clash(&world).expect("it is asked at once");
    assert_eq!(options, [Resolution::Reassign, Resolution::Gone]);
    let decision = Decision::Resolve {
        resolution: Resolution::Reassign,
    };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
    assert_eq!(world.state.tasks[&task(1)].failures, 1);
    assert!(
        world.state.live_run(&task(1)).is_none(),
        "its run was ended"
    );
    later(&mut world, 20);
    assert!(
        world.state.live_run(&task(1)).is_some(),
        "it is tried again"
    );
}

#[test]
fn waiting_for_a_person_is_no_stalling() {
    let mut world = two_at_work();
    world.state.config.limits.stalled_s = 10;
    submits(&mut world, 1);
    let (id, from, to) = (task(2), Status::InProgress, Status::Ready);
    world.tell(
        Actor::Person,
        Fact::TaskMoved {
            task: id.clone(),
            from,
            to,
        },
    );
    world.state.config.chain.implement = "person".parse().ok();
    let (from, to) = (to, from);
    world.tell(Actor::Person, Fact::TaskMoved { task: id, from, to });
    world.settle();
    assert!(matches!(
        world.state.step(&task(2)),
        Step::Held {
            holder: Holder::Person,
            ..
        }
    ));
    later(&mut world, 100_000);
    assert_eq!(told(&world), [""; 0]);
    assert_eq!(next_deadline(&world.state, world.now), None);
}

#[test]
fn the_time_of_a_pause_is_no_stalling() {
    let mut world = two_at_work();
    world.state.config.limits.stalled_s = 1_000;
    for agent in world.state.config.agents.values_mut() {
        agent.timeout_s = 100_000;
    }
    let scope = crate::event::Scope::All;
    let why = "lunch".to_owned();
    world.tell(
        Actor::Person,
        Fact::Paused {
            why,
            scope: scope.clone(),
        },
    );
    world.settle();
    later(&mut world, 5_000);
    world.tell(Actor::Person, Fact::Resumed { scope });
    world.settle();
    later(&mut world, 900);
    assert_eq!(told(&world), [""; 0]);
    later(&mut world, 200);
    assert_eq!(told(&world).len(), 2);
}

#[test]
fn work_that_strays_from_its_plan_is_told_once_and_counts_as_planned() {
    let mut world = two_at_work();
    world
        .state
        .cards
        .get_mut(&task(1))
        .expect("a card")
        .files_affected = vec!["src/".to_owned()];
    touches(&mut world, 1, &["src/pay.rs", "docs/pay.md"]);
    submits(&mut world, 1);
    assert_eq!(told(&world), ["drift TASK-001 Accepted"]);
    assert_eq!(asked(&world), ["TASK-001"]);
    let conflict = world.state.conflicts.values().next().expect("told");
    assert_eq!(conflict.files, ["docs/pay.md"]);
    approve(&mut world, 1);
    assert_eq!(told(&world), ["drift TASK-001 Over"]);
}

#[test]
fn what_cannot_be_brought_up_is_for_a_person() {
    let mut world = two_at_work();
    touches(&mut world, 1, &["src/pay.rs"]);
    touches(&mut world, 2, &["src/pay.rs"]);
    collide(&mut world, 1, 2, &["src/pay.rs"]);
    submits(&mut world, 1);
    submits(&mut world, 2);
    world.catch_up_fails = true;
    approve(&mut world, 1);
    let request = world
        .state
        .open_requests()
        .find_map(|request| match &request.kind {
            RequestKind::Clash {
                evidence, options, ..
            } => Some((request.id, evidence.clone(), options.clone())),
            _ => None,
        });
    let (request, evidence, options) = request.expect("a person is asked");
    assert!(evidence.contains("files are in the way"), "{evidence}");
    assert_eq!(options.len(), 2);
    // The person cleans up and lets it be tried again.
    world.catch_up_fails = false;
    world.collisions.clear();
    let resolution = options.into_iter().next().expect("one");
    let decision = Decision::Resolve { resolution };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
    assert_eq!(clash(&world), None);
    assert_eq!(asked(&world), ["TASK-002"]);
    assert!(
        told(&world).iter().all(|told| told.ends_with("Over")),
        "{:?}",
        told(&world)
    );
}

#[test]
fn a_log_without_conflicts_gives_nothing_to_do() {
    let world = two_at_work();
    assert_eq!(found(&world.state, world.now), []);
    assert!(
        world
            .state
            .conflicts
            .values()
            .all(|found| found.stage == Stage::Open || found.kind == ConflictKind::Silent)
    );
}

#[test]
fn forecasts_are_made_once_for_each_pair_of_tips_and_forgotten_with_the_task() {
    let mut world = two_at_work();
    for n in 3..=6 {
        world.add(n, &[]);
    }
    world.state.config.limits.parallel = 8;
    world.settle();
    for n in 1..=6 {
        touches(
            &mut world,
            n,
            &[["src/a.rs", "docs/b.md"][(n % 2) as usize]],
        );
        submits(&mut world, n);
    }
    // Three of each folder: three pairs in each.
    assert_eq!(world.compared, 6);
    assert_eq!(world.state.forecasts.len(), 6);
    world.settle();
    assert_eq!(world.compared, 6);
    approve(&mut world, 1);
    assert_eq!(world.compared, 11, "what has landed, with the five others");
    assert_eq!(world.state.forecasts.len(), 9);
}
