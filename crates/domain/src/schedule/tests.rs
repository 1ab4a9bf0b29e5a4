//! Each rule of the schedule, in the stories' world: agents stay at work until a test ends their runs.

use super::*;
use crate::{
    Actor, AgentName, Fact, Holder, Leg, Priority, RunEnd, RunId, RunStatus, Status, TaskId, Time,
    event::Scope,
    record::{Judged, Record},
    story::world::{World, agent, task},
};

fn name(text: &str) -> AgentName {
    text.parse().unwrap()
}

/// A world where so many may work at once and no gate is run, with these tasks.
fn world(parallel: u32, tasks: &[u32]) -> World {
    let mut world = World::new(vec![]);
    world.state.config.gates.clear();
    world.state.config.limits.parallel = parallel;
    world.state.config.limits.starts = 64;
    for n in tasks.iter().filter(|n| **n != 1) {
        world.add(*n, &[]);
    }
    if !tasks.contains(&1) {
        world.state.cards.remove(&task(1));
        world.tell(
            Actor::Person,
            Fact::TaskRemoved {
                task: task(1),
                status: Status::Pending,
            },
        );
    }
    world
}

fn with_agent(world: &mut World, text: &str, change: impl FnOnce(&mut crate::Agent)) {
    let mut one = agent(text);
    change(&mut one);
    world.state.config.agents.insert(name(text), one);
}

fn wait_of(world: &World, n: u32) -> Wait {
    wait(&world.state, &world.state.cards[&task(n)], world.now)
}

fn why_of(world: &World, n: u32) -> Vec<Reason> {
    why(&world.state, &world.state.cards[&task(n)], world.now)
}

/// Who works on what now.
fn at_work(world: &World) -> Vec<(String, String)> {
    let runs = world.state.live_runs();
    runs.map(|run| (run.task.to_string(), run.agent().unwrap().to_string()))
        .collect()
}

fn end(world: &mut World, run: &str, end: RunEnd) {
    let run: RunId = run.parse().unwrap();
    let by = Actor::Run { run: run.clone() };
    let found = &world.state.runs[&run];
    if let (Some(leg), true) = (found.leg(), end.is_good()) {
        let fact = Fact::Submitted {
            task: found.task.clone(),
            leg,
            note: "did it".into(),
            run: Some(run.clone()),
        };
        world.tell(by.clone(), fact);
    }
    world.tell(
        by,
        Fact::RunEnded {
            run,
            end,
            tail: String::new(),
        },
    );
    world.settle();
}

#[test]
fn what_is_furthest_along_goes_first_then_priority_then_the_given_order_then_age() {
    let mut world = world(1, &[1, 2, 3, 4, 5]);
    world.state.paused = Some("to look".into());
    world.settle();
    let mut card = |n: u32, status, priority, order| {
        let card = world.state.cards.get_mut(&task(n)).unwrap();
        (card.status, card.priority, card.order) = (status, priority, order);
    };
    card(1, Status::Ready, Priority::P1, None);
    card(2, Status::Ready, Priority::P1, Some(10));
    card(3, Status::Ready, Priority::P1, Some(-5));
    card(4, Status::Ready, Priority::P0, None);
    card(5, Status::Review, Priority::P2, None);
    world.state.paused = None;
    let line: Vec<_> = Survey::new(&world.state, world.now)
        .in_line()
        .into_iter()
        .map(|card| card.id.number())
        .collect();
    assert_eq!(line, [5, 4, 3, 2, 1]);
}

#[test]
fn a_task_that_waits_becomes_more_urgent_class_by_class_and_never_above_p0() {
    let mut world = world(1, &[1]);
    world.state.config.limits.aging_s = 3_600;
    world.state.paused = Some("to look".into());
    world.settle();
    world.state.cards.get_mut(&task(1)).unwrap().priority = Priority::P2;
    let begin = world.state.tasks[&task(1)].moved;
    let after = |hours: i64| {
        let now = begin.plus_millis(hours * 3_600_000);
        let found = urgency(&world.state, &world.state.cards[&task(1)], now);
        (found.priority, found.overdue)
    };
    assert_eq!(after(0), (Priority::P2, false));
    assert_eq!(after(1), (Priority::P1, false));
    assert_eq!(after(2), (Priority::P0, false));
    assert_eq!(after(3), (Priority::P0, true));
    assert_eq!(after(99), (Priority::P0, true));
}

#[test]
fn time_in_which_something_else_held_it_up_does_not_count_as_waiting() {
    let mut world = world(1, &[1]);
    world.add(2, &[1]);
    world.settle();
    let now = world.now.plus_millis(99 * 3_600_000);
    let card = &world.state.cards[&task(2)];
    assert_eq!(urgency(&world.state, card, now).since, None);
}

#[test]
fn an_endless_stream_of_urgent_tasks_does_not_starve_the_others() {
    let mut world = world(1, &[1]);
    world.state.config.chain.review = None;
    world.state.cards.get_mut(&task(1)).unwrap().priority = Priority::P2;
    let mut n = 2;
    for hour in 0..100 {
        // Urgent ones come faster than they are done, each with an order that would put it in front.
        for _ in 0..2 {
            world.add(n, &[]);
            let card = world.state.cards.get_mut(&task(n)).unwrap();
            (card.priority, card.order) = (Priority::P0, Some(-i64::from(n)));
            n += 1;
        }
        world.settle();
        let run = world.state.live_runs().next().unwrap().id.clone();
        if run.as_str().starts_with("TASK-001-") {
            assert!(hour < 12, "it started in hour {hour}");
            return;
        }
        world.now = world.now.plus_millis(3_600_000);
        end(&mut world, &run.to_string(), RunEnd::Completed);
    }
    panic!("it never started");
}

#[test]
fn no_more_start_at_once_than_may_and_none_above_the_limit_of_places() {
    let mut world = world(3, &[1, 2, 3, 4, 5]);
    world.state.config.limits.starts = 2;
    world.settle();
    assert_eq!(world.state.live_runs().count(), 2);
    assert_eq!(wait_of(&world, 3), Wait::Starting);
    let run = world.state.live_runs().next().unwrap().id.clone();
    let up = Fact::RunUp {
        run: run.clone(),
        version: "2".into(),
        model: "m".into(),
    };
    world.tell(Actor::Run { run }, up);
    world.settle();
    assert_eq!(world.state.live_runs().count(), 3);
    assert_eq!(wait_of(&world, 4), Wait::Full);
    assert_eq!(free_places(&world.state), 0);
    let told = &why_of(&world, 5)[0];
    assert!(told.evidence.contains("3 of 3 places"), "{told:?}");
    assert!(
        told.evidence.contains("TASK-004 goes before it"),
        "{told:?}"
    );
}

#[test]
fn an_agent_has_no_more_runs_than_its_instances_and_an_account_no_more_than_its_runs() {
    let mut world = world(8, &[1, 2, 3]);
    with_agent(&mut world, "impl", |one| one.instances = Some(1));
    world.settle();
    assert_eq!(at_work(&world).len(), 1);
    assert_eq!(wait_of(&world, 2), Wait::AgentFull(name("impl"), 1, 1));
    with_agent(&mut world, "impl", |one| one.instances = None);
    let runs = Some(2);
    let account = crate::config::Rate {
        runs,
        ..Default::default()
    };
    world
        .state
        .config
        .accounts
        .insert("anthropic".into(), account);
    world.settle();
    assert_eq!(at_work(&world).len(), 2);
    assert_eq!(
        wait_of(&world, 3),
        Wait::AccountFull("anthropic".into(), 2, 2)
    );
    assert_eq!(why_of(&world, 3)[0].tasks, [task(1), task(2)]);
}

#[test]
fn a_status_takes_no_more_tasks_than_it_may() {
    let mut world = world(8, &[1, 2]);
    world
        .state
        .config
        .limits
        .per_status
        .insert(Status::InProgress, 1);
    world.settle();
    assert_eq!(at_work(&world).len(), 1);
    assert_eq!(wait_of(&world, 2), Wait::StatusFull(Status::InProgress, 1));
}

#[test]
fn the_least_loaded_of_a_pool_goes_first_and_the_claim_says_why() {
    let mut world = world(8, &[1, 2, 3]);
    with_agent(&mut world, "impl", |one| one.instances = Some(2));
    with_agent(&mut world, "impl-2", |_| {});
    world
        .state
        .config
        .pools
        .insert(Leg::Implement, vec![name("impl-2")]);
    world.settle();
    let work = at_work(&world);
    let of = |who: &str| work.iter().filter(|(_, agent)| agent == who).count();
    assert_eq!((of("impl"), of("impl-2")), (2, 1));
    let why: Vec<_> = world
        .log
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::Claimed { why, .. } => Some(why.clone().unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(
        why,
        [
            "impl: it is named before impl-2",
            "impl-2: it has no run, impl has 1 of 2",
            "impl: it is named before impl-2"
        ]
    );
}

#[test]
fn with_the_same_load_the_better_record_goes_first_once_there_are_enough_samples() {
    let mut world = world(1, &[1]);
    with_agent(&mut world, "impl-2", |_| {});
    world
        .state
        .config
        .pools
        .insert(Leg::Implement, vec![name("impl-2")]);
    let mut record = |who: &str, first_pass, all| {
        let mut record = Record::default();
        record
            .legs
            .insert(Leg::Implement, Judged { all, first_pass });
        world.state.records.insert(name(who), record);
    };
    record("impl", 3, 6);
    record("impl-2", 4, 4);
    let to = |world: &World| {
        route(
            &world.state,
            &world.state.cards[&task(1)],
            Leg::Implement,
            world.now,
        )
    };
    assert_eq!(
        to(&world).to,
        Some(name("impl")),
        "four samples say nothing"
    );
    let mut better = Record::default();
    let judged = Judged {
        all: 10,
        first_pass: 9,
    };
    better.legs.insert(Leg::Implement, judged);
    world.state.records.insert(name("impl-2"), better);
    let found = to(&world);
    assert_eq!(found.to, Some(name("impl-2")));
    assert_eq!(
        found.why,
        "impl-2: its work on this leg passes at the first try in 90 %, that of impl in 50 %"
    );
}

#[test]
fn who_lacks_what_the_task_needs_is_passed_over_for_somebody_who_has_it() {
    let mut world = world(8, &[1]);
    with_agent(&mut world, "impl", |one| {
        one.capabilities = vec!["backend".into()]
    });
    with_agent(&mut world, "rusty", |one| {
        one.capabilities = vec!["Rust".into()];
        one.tools_restricted = vec!["Bash(npm *)".into()];
    });
    world.state.paused = Some("to look".into());
    world.settle();
    let card = |world: &mut World, needs: &[&str]| {
        let card = world.state.cards.get_mut(&task(1)).unwrap();
        card.needs = needs.iter().map(|need| (*need).to_owned()).collect();
    };
    let to = |world: &World| {
        let found = route(
            &world.state,
            &world.state.cards[&task(1)],
            Leg::Implement,
            world.now,
        );
        (found.to.map(|name| name.to_string()), found.why)
    };
    card(&mut world, &["rust"]);
    let (who, why) = to(&world);
    assert_eq!(who.as_deref(), Some("rusty"));
    assert_eq!(why, "rusty: impl does not have the capability rust");
    card(&mut world, &["rust", "tool: Bash(npm test)"]);
    assert_eq!(to(&world).0, None);
    world.state.paused = None;
    let told = why_of(&world, 1);
    let evidence: Vec<_> = told.iter().map(|one| one.evidence.as_str()).collect();
    assert_eq!(
        evidence,
        [
            "impl does not have the capability rust",
            "rusty may not use Bash(npm test)"
        ]
    );
    card(&mut world, &["rust", "tool: Bash(cargo test)"]);
    assert_eq!(to(&world).0.as_deref(), Some("rusty"));
}

#[test]
fn who_may_write_where_the_work_lies_gets_it_and_when_nobody_may_somebody_asks() {
    let mut world = world(8, &[1]);
    with_agent(&mut world, "impl", |one| {
        one.directories = vec!["src/".into(), "./docs/**".into()];
    });
    let card = |world: &mut World, files: &[&str]| {
        let card = world.state.cards.get_mut(&task(1)).unwrap();
        card.files_affected = files.iter().map(|file| (*file).to_owned()).collect();
        card.clone()
    };
    let agent = world.state.config.agents[&name("impl")].clone();
    let mut files = |files: &[&str]| outside(&card(&mut world, files), Leg::Implement, &agent);
    assert!(files(&["src/a.rs", "docs/x/y.md", "all the tests of it"]).is_empty());
    assert_eq!(files(&["srcs/a.rs"]), ["srcs/a.rs"]);
    let away = card(&mut world, &["Makefile"]);
    assert_eq!(outside(&away, Leg::Implement, &agent), ["Makefile"]);
    assert!(
        outside(&away, Leg::Review, &agent).is_empty(),
        "a reviewer writes nothing"
    );
    let to = |world: &World| route(&world.state, &away, Leg::Implement, world.now);
    assert_eq!(to(&world).to, Some(name("impl")), "it asks");
    with_agent(&mut world, "impl-2", |_| {});
    let pool = vec![name("impl-2")];
    world.state.config.pools.insert(Leg::Implement, pool);
    let found = to(&world);
    assert_eq!(found.to, Some(name("impl-2")));
    assert_eq!(
        found.why,
        "impl-2: impl may not write Makefile without asking"
    );
    with_agent(&mut world, "impl-2", |one| one.instances = Some(0));
    assert_eq!(to(&world).to, None, "it waits for whoever may");
}

#[test]
fn an_agent_somebody_asked_for_is_not_replaced_by_the_pool() {
    let mut world = world(8, &[1, 2]);
    with_agent(&mut world, "impl", |one| one.instances = Some(1));
    with_agent(&mut world, "impl-2", |_| {});
    world
        .state
        .config
        .pools
        .insert(Leg::Implement, vec![name("impl-2")]);
    for n in [1, 2] {
        world.state.cards.get_mut(&task(n)).unwrap().agent = Some(name("impl"));
    }
    world.settle();
    assert_eq!(wait_of(&world, 2), Wait::AgentFull(name("impl"), 1, 1));
    let given = Fact::Reassigned {
        task: task(2),
        leg: Leg::Implement,
        to: Some(name("impl-2")),
        why: "by hand".into(),
    };
    world.tell(Actor::Person, given);
    world.settle();
    assert_eq!(
        world.state.holder(&task(2), Leg::Implement),
        Holder::Agent(name("impl-2"))
    );
    assert!(at_work(&world).contains(&("TASK-002".into(), "impl-2".into())));
}

#[test]
fn one_task_one_agent_or_everything_can_rest() {
    let mut world = world(8, &[1, 2]);
    world.state.config.chain.implement = Some(name("impl"));
    let pause = |scope| Fact::Paused {
        why: "holiday".into(),
        scope,
    };
    world.tell(Actor::Person, pause(Scope::Task { task: task(1) }));
    world.settle();
    assert_eq!(
        at_work(&world),
        [("TASK-002".to_owned(), "impl".to_owned())]
    );
    assert_eq!(wait_of(&world, 1), Wait::TaskPaused("holiday".into()));
    world.tell(
        Actor::Person,
        pause(Scope::Agent {
            agent: name("impl"),
        }),
    );
    world.tell(
        Actor::Person,
        Fact::Resumed {
            scope: Scope::Task { task: task(1) },
        },
    );
    world.settle();
    assert_eq!(
        wait_of(&world, 1),
        Wait::AgentPaused(name("impl"), "holiday".into())
    );
    assert_eq!(world.state.live_runs().count(), 1, "what runs goes on");
    world.tell(
        Actor::Person,
        Fact::Resumed {
            scope: Scope::Agent {
                agent: name("impl"),
            },
        },
    );
    world.settle();
    assert_eq!(world.state.live_runs().count(), 2);
}

#[test]
fn an_open_breaker_and_a_resting_account_leave_the_work_to_others() {
    let mut world = world(8, &[1]);
    with_agent(&mut world, "impl-2", |one| one.account = "other".into());
    world
        .state
        .config
        .pools
        .insert(Leg::Implement, vec![name("impl-2")]);
    let until = world.now.plus_millis(600_000);
    let parked = Fact::Parked {
        account: "anthropic".into(),
        until,
    };
    let opened = Fact::BreakerOpened {
        agent: name("impl-2"),
        why: "no such program".into(),
        until,
    };
    world.tell(Actor::Engine, parked);
    world.tell(Actor::Engine, opened);
    world.settle();
    assert_eq!(wait_of(&world, 1), Wait::Parked(until));
    assert_eq!(why_of(&world, 1).len(), 2);
    assert_eq!(next_deadline(&world.state, world.now), Some(until));
    world.tell(
        Actor::Engine,
        Fact::BreakerClosed {
            agent: name("impl-2"),
        },
    );
    world.settle();
    assert_eq!(
        at_work(&world),
        [("TASK-001".to_owned(), "impl-2".to_owned())]
    );
}

#[test]
fn circles_are_told_with_their_path_also_to_those_behind_them() {
    let mut world = world(8, &[1]);
    world.state.cards.get_mut(&task(1)).unwrap().depends_on = vec![task(4)];
    world.add(4, &[5]);
    world.add(5, &[1]);
    world.add(9, &[4]);
    world.add(10, &[11]);
    world.settle();
    let path = |n: u32| match wait_of(&world, n) {
        Wait::Circle(path) => path_words(&path),
        other => format!("{other:?}"),
    };
    assert_eq!(path(1), "TASK-001 → TASK-004 → TASK-005 → TASK-001");
    assert_eq!(path(4), "TASK-004 → TASK-005 → TASK-001 → TASK-004");
    assert_eq!(
        path(9),
        "TASK-009 → TASK-004 → TASK-005 → TASK-001 → TASK-004"
    );
    assert_eq!(wait_of(&world, 10), Wait::Dependencies(vec![task(11)]));
    assert_eq!(circles(&world.state).len(), 4);
    assert!(world.state.live_runs().next().is_none());
}

#[test]
fn every_reason_is_told_and_the_most_important_comes_first() {
    let mut world = world(1, &[1, 2, 3]);
    world.settle();
    world.state.trusted = false;
    let pause = |scope| Fact::Paused {
        why: "look first".into(),
        scope,
    };
    world.tell(Actor::Person, pause(Scope::All));
    world.tell(Actor::Person, pause(Scope::Task { task: task(3) }));
    world.settle();
    world.state.cards.get_mut(&task(3)).unwrap().depends_on = vec![task(2)];
    let told: Vec<_> = why_of(&world, 3).into_iter().map(|one| one.wait).collect();
    assert_eq!(
        told,
        [
            Wait::Untrusted,
            Wait::Paused,
            Wait::TaskPaused("look first".into()),
            Wait::Dependencies(vec![task(2)]),
            Wait::Full
        ]
    );
    assert!(
        why_of(&world, 3)
            .iter()
            .all(|one| !one.evidence.is_empty() && !one.change.is_empty())
    );
    assert_eq!(wait_of(&world, 3), Wait::Untrusted);
    assert_eq!(wait_of(&world, 1), Wait::UnderWay);
}

#[test]
fn the_impact_of_an_approval_is_what_it_would_start_and_who_takes_it() {
    let mut world = world(2, &[1]);
    world.add(2, &[1]);
    world.add(3, &[1]);
    world.add(4, &[1, 2]);
    world.add(5, &[]);
    world.state.cards.get_mut(&task(3)).unwrap().priority = Priority::P0;
    world.settle();
    let found = impact(&world.state, &task(1), world.now);
    let starts: Vec<_> = found
        .starts
        .iter()
        .map(|one| (one.task.number(), one.position, one.at_once))
        .collect();
    assert_eq!(starts, [(3, Some(1), true), (2, Some(2), false)]);
    assert_eq!(found.starts[0].who, Holder::Agent(name("impl")));
    assert_eq!(found.still_waits, [(task(4), vec![task(2)])]);
    let all: Vec<TaskId> = found.all.into_iter().collect();
    assert_eq!(all, [task(2), task(3), task(4)]);
}

#[test]
fn all_tasks_at_the_same_files_are_named_and_the_impact_says_which_is_left() {
    let mut world = world(8, &[1, 2]);
    let about = |world: &mut World, n: u32, files: &[&str]| {
        let card = world.state.cards.get_mut(&task(n)).unwrap();
        card.files_affected = files.iter().map(|file| (*file).to_owned()).collect();
    };
    about(&mut world, 1, &["src/login.rs"]);
    about(&mut world, 2, &["src/app.rs"]);
    world.settle();
    world.add(3, &[1]);
    about(&mut world, 3, &["src/login.rs", "src/app.rs"]);
    world.settle();
    let used: Vec<_> = why_of(&world, 3)
        .into_iter()
        .filter(|reason| matches!(reason.wait, Wait::InUse(..)))
        .flat_map(|reason| reason.tasks)
        .collect();
    assert_eq!(used, [task(1), task(2)]);
    let found = impact(&world.state, &task(1), world.now);
    let start = &found.starts[0];
    assert!(!start.at_once && start.position.is_none(), "{found:?}");
    assert!(start.why.contains("TASK-002 is under way"), "{found:?}");
}

#[test]
fn a_review_that_is_left_out_is_no_gap_when_the_person_is_asked() {
    let mut world = world(8, &[1]);
    world.state.config.chain.review = None;
    world.settle();
    end(&mut world, "TASK-001-implement-1", RunEnd::Completed);
    let waits: Vec<Wait> = why_of(&world, 1).into_iter().map(|one| one.wait).collect();
    assert_eq!(waits, [Wait::Request]);
}

#[test]
fn somebody_who_was_taken_out_of_the_configuration_gets_nothing_and_its_run_goes_on() {
    let mut world = world(8, &[1, 2]);
    world.state.paused_tasks.insert(task(2), String::new());
    let given = Fact::Reassigned {
        task: task(2),
        leg: Leg::Implement,
        to: Some(name("gone")),
        why: String::new(),
    };
    with_agent(&mut world, "gone", |_| {});
    world.tell(Actor::Person, given);
    world.settle();
    assert_eq!(
        world.state.holder(&task(2), Leg::Implement),
        Holder::Agent(name("gone"))
    );
    world.state.config.agents.remove(&name("gone"));
    assert_eq!(
        world.state.holder(&task(2), Leg::Implement),
        Holder::Agent(name("impl"))
    );
    world.state.config.agents.remove(&name("impl"));
    world.state.config.chain.implement = None;
    world.state.paused_tasks.clear();
    world.settle();
    assert_eq!(world.state.live_runs().count(), 1);
    assert_eq!(wait_of(&world, 2), Wait::NobodyNamed(Leg::Implement));
    end(&mut world, "TASK-001-implement-1", RunEnd::Completed);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn the_schedule_is_the_same_for_the_same_state_and_orders_one_agent_at_a_time() {
    let mut world = world(8, &[1, 2, 3]);
    world.state.paused = Some("to look".into());
    world.settle();
    world.state.paused = None;
    let commands = schedule(&world.state, world.now);
    assert_eq!(commands, schedule(&world.state.clone(), world.now));
    assert_eq!(commands.len(), 1);
    let starts = Survey::new(&world.state, world.now).starts();
    assert_eq!(starts.len(), 3);
}

#[test]
fn records_tell_what_each_agent_has_done() {
    use super::super::story::world::Plan;
    use crate::{Decision, run::Verdict};
    let mut world = World::new(vec![
        Plan::Submit(RunEnd::Completed),
        Plan::Gate(RunEnd::Completed),
        Plan::Review(Verdict::Changes),
        Plan::Submit(RunEnd::AgentError {
            message: "boom".into(),
        }),
    ]);
    world.settle();
    let record = |world: &World, who: &str| world.state.records[&name(who)].clone();
    assert_eq!(
        (
            record(&world, "impl").completed,
            record(&world, "impl").failed
        ),
        (1, 1)
    );
    assert_eq!(record(&world, "impl").failed_in_a_row, 1);
    world.plans.extend([
        Plan::Submit(RunEnd::Completed),
        Plan::Gate(RunEnd::Completed),
        Plan::Review(Verdict::Approve),
    ]);
    world.now = Time(world.now.0 + 600_000);
    world.settle();
    world.decide(Decision::Approve { note: None });
    let implementer = record(&world, "impl");
    assert_eq!((implementer.completed, implementer.failed_in_a_row), (2, 0));
    assert_eq!(
        (
            implementer.submitted,
            implementer.approved,
            implementer.first_pass
        ),
        (2, 1, 0)
    );
    assert_eq!(
        implementer.legs[&Leg::Implement],
        Judged {
            all: 1,
            first_pass: 0
        }
    );
    let reviewer = record(&world, "review");
    assert_eq!(
        reviewer.legs[&Leg::Review],
        Judged {
            all: 1,
            first_pass: 1
        }
    );
    assert!(reviewer.heard.is_some());
    assert_eq!(
        world
            .state
            .runs
            .values()
            .filter(|run| run.status != RunStatus::Ended)
            .count(),
        0
    );
}
