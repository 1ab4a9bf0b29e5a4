//! What holds in every world: no limit is ever exceeded, everybody's turn comes, and the same history gives the same schedule.

use super::*;
use crate::{
    Actor, AgentName, Decision, Fact, Leg, Priority, RequestKind, RunEnd, RunId, RunStatus, Status,
    apply::apply,
    config::Rate,
    run::{Verdict, Work},
    state::Step,
    story::world::{World, agent, task},
};
use proptest::{collection::vec, prelude::*};

/// Something that happens.
#[derive(Clone, Debug)]
enum Deed {
    Up(usize),
    End(usize, u8),
    Pass(i64),
    Add(u8, u8),
    Decide,
    Pause(bool),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => any::<usize>().prop_map(Deed::Up),
        6 => (any::<usize>(), 0_u8..8).prop_map(|(run, how)| Deed::End(run, how)),
        3 => (0_i64..4_000_000).prop_map(Deed::Pass),
        2 => (0_u8..3, 0_u8..6).prop_map(|(priority, depends)| Deed::Add(priority, depends)),
        3 => Just(Deed::Decide),
        1 => any::<bool>().prop_map(Deed::Pause),
    ]
}

#[derive(Clone, Debug)]
struct Shape {
    parallel: u32,
    starts: u32,
    instances: Option<u32>,
    account: Option<u32>,
    in_progress: Option<u32>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let some = || proptest::option::of(1_u32..4);
    (1_u32..7, 1_u32..4, some(), some(), some()).prop_map(
        |(parallel, starts, instances, account, in_progress)| Shape {
            parallel,
            starts,
            instances,
            account,
            in_progress,
        },
    )
}

fn build(shape: &Shape) -> World {
    let mut world = World::new(vec![]);
    let config = &mut world.state.config;
    config.gates.clear();
    config.limits.parallel = shape.parallel;
    config.limits.starts = shape.starts;
    config.limits.attempts = 100;
    config.limits.same_files = true;
    if let Some(of) = shape.in_progress {
        config.limits.per_status.insert(Status::InProgress, of);
    }
    if let Some(runs) = shape.account {
        let rate = Rate {
            runs: Some(runs),
            ..Rate::default()
        };
        config.accounts.insert("anthropic".into(), rate);
    }
    let mut other = agent("impl-2");
    other.instances = shape.instances;
    config.agents.insert(other.name.clone(), other.clone());
    config.pools.insert(Leg::Implement, vec![other.name]);
    let first: AgentName = "impl".parse().unwrap();
    config.agents.get_mut(&first).unwrap().instances = shape.instances;
    world
}

/// The limits, counted anew and in another way than the schedule does.
fn check(world: &World, shape: &Shape) {
    let state = &world.state;
    let legs: Vec<_> = state
        .live_runs()
        .filter_map(|run| match &run.work {
            Work::Leg { agent, leg, .. } => Some((agent.clone(), *leg, run.status)),
            Work::Gate { .. } => None,
        })
        .collect();
    assert!(legs.len() <= shape.parallel as usize, "{legs:?}");
    let starting = legs
        .iter()
        .filter(|(.., status)| *status == RunStatus::Starting);
    assert!(starting.count() <= shape.starts as usize, "{legs:?}");
    if let Some(of) = shape.account {
        assert!(legs.len() <= of as usize, "{legs:?}");
    }
    for name in ["impl", "impl-2"] {
        let own = legs
            .iter()
            .filter(|(agent, ..)| agent.as_str() == name)
            .count();
        assert!(
            shape.instances.is_none_or(|of| own <= of as usize),
            "{legs:?}"
        );
    }
    let implementing = legs
        .iter()
        .filter(|(_, leg, _)| *leg == Leg::Implement)
        .count();
    assert!(
        shape
            .in_progress
            .is_none_or(|of| implementing <= of as usize)
    );
    let mut tasks: Vec<_> = state.live_runs().map(|run| &run.task).collect();
    tasks.sort();
    tasks.dedup();
    assert_eq!(
        tasks.len(),
        state.live_runs().count(),
        "one run for each task"
    );
}

fn end(world: &mut World, run: RunId, good: bool) {
    let by = Actor::Run { run: run.clone() };
    let found = world.state.runs[&run].clone();
    if let (Some(leg), true) = (found.leg(), good) {
        let (task, note, run) = (found.task.clone(), "words".to_owned(), Some(run.clone()));
        let fact = match leg {
            Leg::Review => Fact::Reviewed {
                task,
                verdict: Verdict::Approve,
                note,
                run,
            },
            _ => Fact::Submitted {
                task,
                leg,
                note,
                run,
            },
        };
        world.tell(by.clone(), fact);
    }
    let end = if good {
        RunEnd::Completed
    } else {
        RunEnd::AgentError {
            message: "boom".into(),
        }
    };
    let tail = String::new();
    world.tell(by, Fact::RunEnded { run, end, tail });
}

fn decide(world: &mut World) {
    let open = world.state.open_requests().next();
    let Some((request, kind)) = open.map(|found| (found.id, found.kind.clone())) else {
        return;
    };
    let decision = match kind {
        RequestKind::Review { .. } => Decision::Approve { note: None },
        _ => Decision::Retry { note: None },
    };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
}

fn carry(world: &mut World, deed: &Deed, next: &mut u32) {
    let live: Vec<_> = world.state.live_runs().map(|run| run.id.clone()).collect();
    let pick = |at: usize| (!live.is_empty()).then(|| live[at % live.len()].clone());
    match deed {
        Deed::Up(at) => {
            if let Some(run) = pick(*at) {
                let (version, model) = (String::new(), String::new());
                let by = Actor::Run { run: run.clone() };
                world.tell(
                    by,
                    Fact::RunUp {
                        run,
                        version,
                        model,
                    },
                );
            }
        }
        Deed::End(at, how) => {
            if let Some(run) = pick(*at) {
                end(world, run, *how > 0);
            }
        }
        Deed::Pass(millis) => world.now = world.now.plus_millis(*millis % 50_000),
        Deed::Add(priority, depends) if *next < 30 => {
            let on = u32::from(*depends);
            let depends_on: Vec<_> = (on > 0 && on < *next).then_some(on).into_iter().collect();
            world.add(*next, &depends_on);
            let card = world.state.cards.get_mut(&task(*next)).unwrap();
            card.priority = [Priority::P0, Priority::P1, Priority::P2][usize::from(*priority)];
            *next += 1;
        }
        Deed::Add(..) => {}
        Deed::Decide => decide(world),
        Deed::Pause(true) => world.tell(
            Actor::Person,
            Fact::Paused {
                why: String::new(),
                scope: Default::default(),
            },
        ),
        Deed::Pause(false) => world.tell(
            Actor::Person,
            Fact::Resumed {
                scope: Default::default(),
            },
        ),
    }
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn limits_hold_all_work_drains_and_the_log_tells_the_same(shape in shape(), deeds in vec(deed(), 0..120)) {
        let mut world = build(&shape);
        let begin = world.state.clone();
        let mut next = 2;
        world.settle();
        for deed in &deeds {
            carry(&mut world, deed, &mut next);
            check(&world, &shape);
        }
        // From here on agents are well: everything gets done.
        carry(&mut world, &Deed::Pause(false), &mut next);
        for _ in 0..1_000 {
            let open = world.state.cards.values().filter(|card| card.status != Status::Done).count();
            if open == 0 {
                break;
            }
            for deed in [Deed::Up(0), Deed::End(0, 1), Deed::Decide] {
                carry(&mut world, &deed, &mut next);
                check(&world, &shape);
            }
            if world.state.live_runs().next().is_none() {
                world.now = world.now.plus_millis(300_000);
                world.settle();
            }
        }
        let left: Vec<_> = world.state.cards.values().filter(|card| card.status != Status::Done)
            .map(|card| (card.id.to_string(), card.status, wait(&world.state, card, world.now))).collect();
        prop_assert!(left.is_empty(), "{left:?}");
        prop_assert!(world.state.tasks.values().all(|found| found.step == Step::Idle));
        // The same history, the same state, whatever was observed in between.
        let mut again = begin;
        for event in &world.log {
            apply(&mut again, event);
        }
        prop_assert_eq!(&again.records, &world.state.records);
        prop_assert_eq!(&again.tasks, &world.state.tasks);
        prop_assert_eq!(schedule(&world.state, world.now), schedule(&world.state.clone(), world.now));
    }

    #[test]
    fn whoever_waits_starts_whatever_comes_after(priority in 0_usize..3, order in any::<Option<i8>>(), orders in vec(any::<i8>(), 1..40)) {
        let mut world = build(&Shape { parallel: 1, starts: 1, instances: None, account: None, in_progress: None });
        world.state.config.chain.review = None;
        {
            let card = world.state.cards.get_mut(&task(1)).unwrap();
            card.priority = [Priority::P0, Priority::P1, Priority::P2][priority];
            card.order = order.map(i64::from);
        }
        world.add(2, &[]);
        let first = world.state.cards.get_mut(&task(2)).unwrap();
        (first.priority, first.order) = (Priority::P0, Some(i64::MIN));
        let mut started = false;
        for n in 3..43_u32 {
            world.add(n, &[]);
            let card = world.state.cards.get_mut(&task(n)).unwrap();
            let order = orders[n as usize % orders.len()];
            (card.priority, card.order) = (Priority::P0, Some(i64::from(order)));
            world.settle();
            let run = world.state.live_runs().next().unwrap().id.clone();
            started |= run.as_str().starts_with("TASK-001-");
            world.now = world.now.plus_millis(1_800_000);
            end(&mut world, run, true);
            world.settle();
        }
        prop_assert!(started);
    }
}
