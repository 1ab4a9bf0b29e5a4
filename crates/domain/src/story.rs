//! The chain as a story: a tiny world that carries every command out at once, so that the rules are tested as they play together.

mod ladder;
mod money;
pub(crate) mod world;

use crate::{
    Actor, Decision, Fact, Holder, Leg, MicroUsd, RequestKind, RunEnd, RunId, State, Status,
    TaskId,
    apply::apply,
    request::Question,
    run::{Verdict, Work},
    state::Step,
};

use world::{Plan, World, task};

fn good() -> Plan {
    Plan::Submit(RunEnd::Completed)
}
fn crash() -> Plan {
    Plan::Submit(RunEnd::AgentError {
        message: "boom".into(),
    })
}
fn passes() -> Plan {
    Plan::Gate(RunEnd::Completed)
}
fn fails() -> Plan {
    Plan::Gate(RunEnd::GateFailed { code: Some(1) })
}

#[test]
fn a_task_goes_through_the_whole_chain_and_is_merged() {
    let mut world = World::new(vec![good(), passes(), Plan::Review(Verdict::Approve)]);
    world.settle();
    assert_eq!(world.status(1), Status::Review);
    assert!(matches!(
        world.request().1,
        RequestKind::Review { commit: Some(_) }
    ));
    world.decide(Decision::Approve { note: None });
    assert_eq!(world.status(1), Status::Done);
    assert_eq!(
        world.started,
        [
            "TASK-001-implement-1",
            "TASK-001-gate-test-1",
            "TASK-001-review-1"
        ]
    );
    assert!(world.state.open_requests().next().is_none());
}

#[test]
fn a_failing_gate_sends_the_task_back_into_the_same_conversation() {
    let mut world = World::new(vec![
        good(),
        fails(),
        good(),
        passes(),
        Plan::Review(Verdict::Approve),
    ]);
    world.settle();
    assert_eq!(world.started[2], "TASK-001-implement-2 resumed");
    let found = &world.state.tasks[&task(1)];
    assert_eq!(
        (found.feedback, found.failures, world.status(1)),
        (1, 1, Status::Review)
    );
}

#[test]
fn three_failed_attempts_fail_the_task_and_ask_a_person() {
    let mut world = World::new(vec![good(), fails(), good(), fails(), good(), fails()]);
    world.settle();
    assert_eq!(world.status(1), Status::Failed);
    assert!(matches!(world.request().1, RequestKind::Escalation { .. }));
    world
        .plans
        .extend([good(), passes(), Plan::Review(Verdict::Approve)]);
    world.decide(Decision::Retry {
        note: Some("mind the clock".into()),
    });
    assert_eq!(world.status(1), Status::Review);
    assert_eq!(world.state.tasks[&task(1)].feedback, 4);
}

#[test]
fn giving_up_leaves_the_task_failed_and_asks_no_more() {
    let mut world = World::new(vec![good(), fails(), good(), fails(), good(), fails()]);
    world.settle();
    world.decide(Decision::GiveUp);
    assert_eq!(world.status(1), Status::Failed);
    assert!(world.state.open_requests().next().is_none());
    assert_eq!(world.started.len(), 6);
}

#[test]
fn a_crash_is_tried_again_after_a_rest_that_doubles() {
    let mut world = World::new(vec![crash()]);
    world.settle();
    assert_eq!(
        (world.started.len(), world.status(1)),
        (1, Status::InProgress)
    );
    let rest = |world: &World| {
        crate::schedule::next_deadline(&world.state, world.now)
            .unwrap()
            .since(world.now)
    };
    assert!((2_400..=5_000).contains(&rest(&world)), "{}", rest(&world));
    world.plans.push_back(crash());
    world.now = world.now.plus_millis(5_000);
    world.settle();
    assert_eq!(world.started.len(), 2);
    assert!((4_900..=10_000).contains(&rest(&world)), "{}", rest(&world));
    world.plans.push_back(crash());
    world.now = world.now.plus_millis(10_000);
    world.settle();
    assert_eq!(world.status(1), Status::Failed);
}

#[test]
fn a_review_that_wants_changes_goes_back_and_the_next_review_has_fresh_eyes() {
    let mut world = World::new(vec![
        good(),
        passes(),
        Plan::Review(Verdict::Changes),
        good(),
        passes(),
        Plan::Review(Verdict::Approve),
    ]);
    world.settle();
    assert_eq!(world.status(1), Status::Review);
    assert_eq!(world.started[3], "TASK-001-implement-2 resumed");
    assert_eq!(world.started[5], "TASK-001-review-2");
}

#[test]
fn a_person_who_requests_changes_starts_the_count_anew() {
    let mut world = World::new(vec![
        good(),
        fails(),
        good(),
        passes(),
        Plan::Review(Verdict::Approve),
    ]);
    world.settle();
    world
        .plans
        .extend([good(), passes(), Plan::Review(Verdict::Approve)]);
    world.decide(Decision::Changes {
        note: "rename it".into(),
    });
    assert_eq!(
        (world.status(1), world.state.tasks[&task(1)].failures),
        (Status::Review, 0)
    );
    assert!(matches!(world.request().1, RequestKind::Review { .. }));
}

#[test]
fn a_merge_that_is_refused_becomes_a_request_and_can_be_tried_again() {
    let mut world = World::new(vec![good(), passes(), Plan::Review(Verdict::Approve)]);
    world.settle();
    world.merge_refused = true;
    world.decide(Decision::Approve { note: None });
    assert!(matches!(world.request().1, RequestKind::Conflict { .. }));
    world.merge_refused = false;
    world.decide(Decision::Retry { note: None });
    assert_eq!(world.status(1), Status::Done);
}

#[test]
fn one_agent_works_at_a_time_and_dependencies_wait() {
    let mut world = World::new(vec![]);
    world.add(2, &[1]);
    world.add(3, &[]);
    world.settle();
    assert_eq!(
        world.started,
        ["TASK-001-implement-1"],
        "its plan never ends it"
    );
    assert_eq!(
        (world.status(2), world.status(3)),
        (Status::Ready, Status::Ready)
    );
    let wait =
        |n: u32| crate::schedule::wait(&world.state, &world.state.cards[&task(n)], world.now);
    assert_eq!(wait(2), crate::schedule::Wait::Dependencies(vec![task(1)]));
    assert_eq!(wait(3), crate::schedule::Wait::Full);
}

#[test]
fn nothing_starts_while_paused_or_untrusted() {
    let mut world = World::new(vec![]);
    world.state.trusted = false;
    world.settle();
    assert!(world.started.is_empty());
    world.state.trusted = true;
    world.tell(
        Actor::Person,
        Fact::Paused {
            why: "lunch".into(),
            scope: crate::event::Scope::All,
        },
    );
    world.settle();
    assert!(world.started.is_empty());
    world.tell(
        Actor::Person,
        Fact::Resumed {
            scope: crate::event::Scope::All,
        },
    );
    world.settle();
    assert_eq!(world.started.len(), 1);
}

#[test]
fn a_task_that_a_person_takes_away_is_let_go() {
    let mut world = World::new(vec![]);
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    let by = Actor::Run { run: run.clone() };
    let kind = RequestKind::Permission {
        run: run.clone(),
        ask: "a".into(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    world.tell(
        by,
        Fact::RequestOpened {
            task: Some(task(1)),
            kind,
        },
    );
    world.settle();
    world.tell(
        Actor::Unknown,
        Fact::TaskMoved {
            task: task(1),
            from: Status::InProgress,
            to: Status::Pending,
        },
    );
    world.state.config.chain.prepare = "person".parse().ok();
    world.settle();
    assert!(!world.state.runs[&run].is_live());
    assert!(world.state.open_requests().next().is_none());
    assert_eq!(world.started.len(), 1, "the person prepares it now");
}

#[test]
fn a_person_may_take_as_long_as_it_takes_but_an_agent_may_not() {
    let mut world = World::new(vec![]);
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    let kind = RequestKind::Question(Question {
        run: Some(run.clone()),
        call: Some("c".into()),
        question: "?".into(),
        ..Question::default()
    });
    world.tell(
        Actor::Run { run: run.clone() },
        Fact::RequestOpened {
            task: Some(task(1)),
            kind,
        },
    );
    world.settle();
    world.now = world.now.plus_millis(86_400_000);
    world.settle();
    assert!(
        world.state.runs[&run].is_live(),
        "a day of waiting is no silence"
    );
    world.decide(Decision::Answer { text: "yes".into() });
    assert!(world.state.runs[&run].is_live());
    world.now = world.now.plus_millis(60_001);
    world.settle();
    assert!(
        matches!(
            world.state.runs[&run].end,
            Some(RunEnd::Stalled { limit_s: 60 })
        ),
        "{:?}",
        world.state.runs[&run].end
    );
}

#[test]
fn a_rate_limit_parks_the_account_and_counts_as_no_attempt() {
    let mut world = World::new(vec![Plan::Submit(RunEnd::RateLimited {
        retry_after_s: Some(100),
    })]);
    world.settle();
    assert_eq!(
        (world.started.len(), world.state.tasks[&task(1)].failures),
        (1, 0)
    );
    world
        .plans
        .extend([good(), passes(), Plan::Review(Verdict::Approve)]);
    world.now = world.now.plus_millis(100_000);
    world.settle();
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn a_login_that_is_missing_asks_at_once_and_is_tried_again_when_mended() {
    let mut world = World::new(vec![Plan::Submit(RunEnd::NotLoggedIn {
        message: "run /login".into(),
    })]);
    world.settle();
    assert!(matches!(world.request().1, RequestKind::Escalation { .. }));
    world
        .plans
        .extend([good(), passes(), Plan::Review(Verdict::Approve)]);
    world.decide(Decision::Retry { note: None });
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn an_outside_holder_is_handed_the_task_and_its_submission_is_checked() {
    let mut world = World::new(vec![passes(), Plan::Review(Verdict::Approve)]);
    world.state.config.chain.implement = "cursor".parse().ok();
    world.settle();
    assert_eq!((world.status(1), world.started.len()), (Status::Ready, 0));
    let cursor = Actor::Outside {
        name: "cursor".parse().unwrap(),
    };
    let holder = Holder::Outside("cursor".parse().unwrap());
    world.tell(
        cursor.clone(),
        Fact::Claimed {
            task: task(1),
            leg: Leg::Implement,
            holder: holder.clone(),
            attempt: 1,
            why: None,
        },
    );
    world.moved(&task(1), Status::Ready, Status::InProgress);
    world.settle();
    assert_eq!(
        *world.state.step(&task(1)),
        Step::Held {
            leg: Leg::Implement,
            holder
        }
    );
    world.tell(
        cursor,
        Fact::Submitted {
            task: task(1),
            leg: Leg::Implement,
            note: "done".into(),
            run: None,
        },
    );
    world.settle();
    assert_eq!(world.started, ["TASK-001-gate-test-1", "TASK-001-review-1"]);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn replaying_the_log_gives_the_same_state() {
    let mut world = World::new(vec![
        good(),
        fails(),
        good(),
        passes(),
        Plan::Review(Verdict::Approve),
    ]);
    world.settle();
    world.decide(Decision::Approve {
        note: Some("ship it".into()),
    });
    let mut again = State {
        cards: world.state.cards.clone(),
        config: world.state.config.clone(),
        trusted: true,
        git: true,
        ..State::default()
    };
    world.log.iter().for_each(|event| apply(&mut again, event));
    again.heard.clone_from(&world.state.heard);
    assert_eq!(again, world.state);
}

#[test]
fn a_session_that_grows_is_booked_once() {
    let mut world = World::new(vec![]);
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    for total in [8_940, 17_880, 17_880] {
        world.engine(Fact::RunCost {
            run: run.clone(),
            session_total: MicroUsd(total),
            input_tokens: 1,
            cached_tokens: 0,
            output_tokens: 1,
            requests: 1,
        });
    }
    world.settle();
    assert_eq!(world.state.tasks[&task(1)].cost, MicroUsd(17_880));
    assert_eq!(world.state.spent_on(world.now), MicroUsd(17_880));
}

#[test]
fn gates_of_a_configuration_that_was_not_accepted_are_not_run() {
    let mut world = World::new(vec![passes()]);
    world.state.trusted = false;
    world.state.config.chain.implement = "cursor".parse().ok();
    let cursor = Actor::Outside {
        name: "cursor".parse().unwrap(),
    };
    let holder = Holder::Outside("cursor".parse().unwrap());
    world.settle();
    let leg = Leg::Implement;
    world.tell(
        cursor.clone(),
        Fact::Claimed {
            task: task(1),
            leg,
            holder,
            attempt: 1,
            why: None,
        },
    );
    world.moved(&task(1), Status::Ready, Status::InProgress);
    world.tell(
        cursor,
        Fact::Submitted {
            task: task(1),
            leg,
            note: String::new(),
            run: None,
        },
    );
    world.settle();
    assert!(world.started.is_empty());
    assert!(
        matches!(world.request().1, RequestKind::Escalation { why } if why.contains("orchestron trust"))
    );
}

/// The world with one task in review that waits for the person's decision.
fn in_review() -> World {
    let mut world = World::new(vec![good(), passes(), Plan::Review(Verdict::Approve)]);
    world.settle();
    assert_eq!(world.status(1), Status::Review);
    world
}

fn moved_by_hand(world: &mut World, from: Status, to: Status) {
    let task = task(1);
    world.tell(Actor::Person, Fact::TaskMoved { task, from, to });
}

#[test]
fn an_approval_of_what_was_taken_back_merges_nothing() {
    let mut world = in_review();
    let (request, _) = world.request();
    moved_by_hand(&mut world, Status::Review, Status::Pending);
    let decision = Decision::Approve { note: None };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.state.config.chain.prepare = "person".parse().ok();
    world.settle();
    assert!(
        !world
            .log
            .iter()
            .any(|event| matches!(event.fact, Fact::Merged { .. }))
    );
    assert_eq!(*world.state.step(&task(1)), Step::Idle);
}

#[test]
fn an_agent_that_comes_up_after_its_task_was_taken_away_is_stopped() {
    let mut world = World::new(vec![]);
    let claim = |task: TaskId| Fact::Claimed {
        task,
        leg: Leg::Implement,
        holder: Holder::Agent("impl".parse().unwrap()),
        attempt: 1,
        why: None,
    };
    let work = Work::Leg {
        leg: Leg::Implement,
        agent: "impl".parse().unwrap(),
        attempt: 1,
    };
    world.engine(claim(task(1)));
    moved_by_hand(&mut world, Status::Pending, Status::Done);
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    world.engine(Fact::RunStarted {
        run: run.clone(),
        task: task(1),
        work,
        session: None,
        resumed: false,
        cap: None,
    });
    world.settle();
    assert!(!world.state.runs[&run].is_live(), "it is stopped again");
    assert_eq!(*world.state.step(&task(1)), Step::Idle);
    assert_eq!(crate::schedule::free_places(&world.state), 1);
}

#[test]
fn a_run_that_withdraws_its_ask_works_again_and_is_watched_again() {
    let mut world = World::new(vec![]);
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    let by = Actor::Run { run: run.clone() };
    let kind = RequestKind::Permission {
        run: run.clone(),
        ask: "a".into(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "ls".into(),
        reason: None,
    };
    let task = Some(task(1));
    world.tell(by.clone(), Fact::RequestOpened { task, kind });
    let ask = "a".into();
    world.tell(
        by,
        Fact::AskWithdrawn {
            run: run.clone(),
            ask,
        },
    );
    world.settle();
    assert_eq!(world.state.runs[&run].status, crate::RunStatus::Working);
    world.now = world.now.plus_millis(60_001);
    world.settle();
    assert!(!world.state.runs[&run].is_live(), "its silence is noticed");
}

#[test]
fn a_task_that_is_moved_while_it_is_merged_is_not_left_half_handed_on() {
    let mut world = in_review();
    let (request, _) = world.request();
    let decision = Decision::Approve { note: None };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    moved_by_hand(&mut world, Status::Review, Status::Failed);
    world.settle();
    assert_eq!(world.status(1), Status::Failed);
    assert_eq!(*world.state.step(&task(1)), Step::Idle);
}
