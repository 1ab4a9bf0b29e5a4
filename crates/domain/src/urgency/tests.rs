//! What is asked first.

use super::urgency;
use crate::{
    MicroUsd, Priority, Request, RequestId, RequestKind, RunId, State, Status, TaskId, Time,
    budget::BudgetScope, story::world::World,
};

const MINUTE: i64 = 60_000;

fn task(n: u32) -> TaskId {
    TaskId::new("TASK", n).unwrap()
}

/// Tasks 1 to `all`; each of those after 1 depends on the one before it.
fn chained(all: u32) -> State {
    let mut state = World::new(vec![]).state;
    let card = state.cards.values().next().expect("a card").clone();
    state.cards.clear();
    for n in 1..=all {
        let mut card = card.clone();
        card.id = task(n);
        card.status = Status::Ready;
        card.priority = Priority::P1;
        card.depends_on = (n > 1).then(|| task(n - 1)).into_iter().collect();
        state.cards.insert(task(n), card);
    }
    state
}

fn request(task: Option<TaskId>, kind: RequestKind) -> Request {
    Request {
        id: RequestId(1),
        task,
        kind,
        since: Time(0),
        decided: None,
        withdrawn: None,
    }
}

fn review() -> RequestKind {
    RequestKind::Review { commit: None }
}

fn permission(run: &str) -> RequestKind {
    RequestKind::Permission {
        run: run.parse::<RunId>().unwrap(),
        ask: crate::AskId("a".into()),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    }
}

fn at(state: &State, request: &Request, minutes: i64) -> super::Urgency {
    urgency(state, request, Time(minutes * MINUTE), |task| {
        let cards = state.cards.values();
        let behind = cards.filter(|card| card.depends_on.contains(task));
        behind.map(|card| &card.id).collect()
    })
}

#[test]
fn what_holds_up_more_for_longer_goes_first_and_says_so() {
    let state = chained(4);
    let first = request(Some(task(1)), review());
    let last = request(Some(task(4)), review());
    let (one, other) = (at(&state, &first, 5), at(&state, &last, 5));
    assert!(one.score > other.score, "{one:?} {other:?}");
    assert_eq!(one.why, "3 tasks wait behind it");
    assert_eq!(other.why, "");
    let third = at(&state, &request(Some(task(3)), review()), 5);
    assert_eq!(third.why, "TASK-004 waits behind it");
    assert!(at(&state, &last, 500).score > one.score, "waiting counts");
}

#[test]
fn a_priority_counts_wherever_it_waits() {
    let mut state = chained(2);
    let asked = request(Some(task(1)), review());
    let usual = at(&state, &asked, 5);
    state.cards.get_mut(&task(2)).unwrap().priority = Priority::P0;
    let urgent = at(&state, &asked, 5);
    assert!(urgent.score > usual.score);
    assert_eq!(urgent.why, "TASK-002 waits behind it · P0");
    state.cards.get_mut(&task(2)).unwrap().priority = Priority::P2;
    assert!(at(&state, &asked, 5).score < usual.score);
}

#[test]
fn what_is_decided_quickly_goes_before_what_takes_long() {
    let state = chained(1);
    let quick = at(
        &state,
        &request(Some(task(1)), permission("TASK-001-implement-1")),
        5,
    );
    let slow = at(&state, &request(Some(task(1)), review()), 5);
    assert!(quick.score > slow.score);
}

#[test]
fn an_agent_that_waits_within_its_run_counts_and_is_named() {
    let mut world = World::new(vec![]);
    world.settle();
    let run = world.state.live_runs().next().expect("a run").clone();
    let asked = request(Some(run.task.clone()), permission(run.id.as_str()));
    let waits = at(&world.state, &asked, 5);
    assert!(waits.why.starts_with("impl waits in its run"), "{waits:?}");
    world.state.runs.clear();
    let alone = at(&world.state, &asked, 5);
    assert!(waits.score > 4 * alone.score, "{waits:?} {alone:?}");
}

#[test]
fn the_projects_own_requests_hold_everything_up() {
    let mut state = chained(3);
    state.cards.get_mut(&task(3)).unwrap().status = Status::Done;
    let why = String::new();
    let paused = request(None, RequestKind::Escalation { why });
    assert_eq!(at(&state, &paused, 0).why, "2 tasks wait");
    let budget = RequestKind::Budget {
        scope: BudgetScope::Project,
        spent: MicroUsd(1),
        limit: MicroUsd(1),
    };
    let money = request(Some(task(1)), budget);
    assert!(at(&state, &money, 0).score > at(&state, &paused, 0).score);
}

#[test]
fn tasks_in_a_circle_are_counted_once() {
    let mut state = chained(3);
    state.cards.get_mut(&task(1)).unwrap().depends_on = vec![task(3)];
    let asked = at(&state, &request(Some(task(1)), review()), 0);
    assert_eq!(asked.why, "2 tasks wait behind it");
}
