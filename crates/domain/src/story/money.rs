//! Budgets, rates and accounts that rest.

use super::{
    good, passes,
    world::{Plan, World, agent, task},
};
use crate::{
    Actor, Decision, Fact, MicroUsd, RequestKind, RunEnd, RunId, Status,
    budget::{self, BudgetScope},
    config::{Budgets, Rate},
    rate,
    run::Verdict,
    schedule::{Wait, next_deadline, wait},
    state::DAY_MS,
};

const DOLLAR: u64 = 1_000_000;

fn dollars(amount: u64) -> MicroUsd {
    MicroUsd(amount * DOLLAR)
}

fn budgets(world: &mut World, task: u64, day: u64, project: u64) {
    let some = |amount: u64| (amount > 0).then(|| dollars(amount));
    world.state.config.limits.budget = Budgets {
        task: some(task),
        day: some(day),
        project: some(project),
    };
}

fn run_of(world: &World, n: u32) -> RunId {
    world.state.live_run(&task(n)).unwrap().id.clone()
}

/// What a run says it has used: dollars of the session in all, and what it has used itself.
fn uses(world: &mut World, run: &RunId, total: MicroUsd, tokens: u64, requests: u64) {
    let by = Actor::Run { run: run.clone() };
    world.tell(
        by,
        Fact::RunCost {
            run: run.clone(),
            session_total: total,
            input_tokens: tokens,
            cached_tokens: 0,
            output_tokens: 0,
            requests,
        },
    );
}

fn comes_up(world: &mut World, run: &RunId) {
    let by = Actor::Run { run: run.clone() };
    let (version, model) = (String::new(), String::new());
    let run = run.clone();
    world.tell(
        by,
        Fact::RunUp {
            run,
            version,
            model,
        },
    );
}

fn ends(world: &mut World, run: &RunId, end: RunEnd) {
    let by = Actor::Run { run: run.clone() };
    if end != RunEnd::Lost {
        let (run, end) = (run.clone(), end.clone());
        let words = String::new();
        world.tell(by.clone(), Fact::RunTurnEnded { run, end, words });
    }
    let (run, tail) = (run.clone(), String::new());
    world.tell(by, Fact::RunEnded { run, end, tail });
    world.settle();
}

fn why_waits(world: &World, n: u32) -> Wait {
    wait(&world.state, &world.state.cards[&task(n)], world.now)
}

fn failed() -> RunEnd {
    RunEnd::AgentError {
        message: "boom".into(),
    }
}

/// Time passes until the next thing is due.
fn next(world: &mut World) {
    world.now = next_deadline(&world.state, world.now)
        .unwrap()
        .max(world.now);
    world.settle();
}

#[test]
fn a_task_that_has_used_up_its_budget_asks_and_goes_on_with_more() {
    let mut world = World::new(vec![]);
    budgets(&mut world, 5, 0, 0);
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, dollars(4), 10, 1);
    ends(&mut world, &run, failed());
    next(&mut world);
    assert_eq!(world.started.len(), 1, "$4 are spent and a run may cost $2");
    let (_, kind) = world.request();
    let asked = RequestKind::Budget {
        scope: BudgetScope::Task(task(1)),
        spent: dollars(4),
        limit: dollars(5),
    };
    assert_eq!(kind, asked);
    world.plans.extend([good(), passes()]);
    world.decide(Decision::Raise { by: dollars(3) });
    assert_eq!(world.started.len(), 4, "{:?}", world.started);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn a_person_who_grants_nothing_gives_the_task_up() {
    let mut world = World::new(vec![]);
    budgets(&mut world, 5, 0, 0);
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, dollars(4), 10, 1);
    ends(&mut world, &run, failed());
    next(&mut world);
    world.decide(Decision::GiveUp);
    assert_eq!(world.status(1), Status::Failed);
    assert!(world.state.open_requests().next().is_none());
    assert_eq!(world.started.len(), 1);
}

#[test]
fn the_days_budget_is_asked_about_once_and_the_next_day_goes_on_by_itself() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    budgets(&mut world, 0, 5, 0);
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, dollars(4), 10, 1);
    world.add(2, &[]);
    world.add(3, &[]);
    ends(&mut world, &run, failed());
    next(&mut world);
    assert_eq!(world.started.len(), 1);
    let (request, kind) = world.request();
    assert!(
        matches!(&kind, RequestKind::Budget { scope: BudgetScope::Day(0), spent, limit } if (*spent, *limit) == (dollars(4), dollars(5))),
        "{kind:?}"
    );
    assert!(world.state.requests[&request].task.is_none());
    for n in 1..=3 {
        assert!(matches!(why_waits(&world, n), Wait::Budget(_)), "TASK-{n}");
    }
    // Refused is refused: it is not asked again for the same budget.
    world.decide(Decision::GiveUp);
    assert!(world.state.open_requests().next().is_none());
    next(&mut world);
    assert!(
        (DAY_MS..DAY_MS + 100).contains(&world.now.0),
        "nothing is due before midnight"
    );
    assert_eq!(world.started.len(), 3, "two runs at $2 of $5");
}

#[test]
fn a_question_about_money_is_void_when_its_day_is_over_or_the_budget_was_changed() {
    let mut world = World::new(vec![]);
    budgets(&mut world, 0, 0, 5);
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, dollars(4), 10, 1);
    ends(&mut world, &run, failed());
    next(&mut world);
    let (request, _) = world.request();
    budgets(&mut world, 0, 0, 9);
    world.settle();
    assert!(world.state.requests[&request].withdrawn.is_some());
    assert_eq!(world.started.len(), 2);
}

#[test]
fn live_runs_hold_back_what_they_may_still_cost() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    world.state.config.chain.review = None;
    world.add(2, &[]);
    world.add(3, &[]);
    budgets(&mut world, 0, 5, 0);
    world.settle();
    assert_eq!(world.started.len(), 2, "the third might bring it to $6");
    assert!(
        world.state.open_requests().next().is_none(),
        "they may end cheaper, so nobody is asked"
    );
    let run = run_of(&world, 1);
    uses(&mut world, &run, MicroUsd(500_000), 10, 1);
    world.plans.push_back(passes());
    ends(&mut world, &run, RunEnd::Completed);
    assert!(world.state.live_run(&task(3)).is_some(), "$0.50 + $2 + $2");
}

#[test]
fn a_run_that_ended_without_telling_counts_as_all_it_may_have_cost() {
    let mut world = World::new(vec![]);
    budgets(&mut world, 5, 0, 0);
    world.settle();
    let run = run_of(&world, 1);
    comes_up(&mut world, &run);
    uses(&mut world, &run, MicroUsd(0), 900, 3);
    world.settle();
    ends(&mut world, &run, RunEnd::Lost);
    let scope = BudgetScope::Task(task(1));
    assert_eq!(budget::spent(&world.state, &scope), dollars(2));
    assert_eq!(world.state.tasks[&task(1)].cost, MicroUsd(0), "not known");
    next(&mut world);
    // The conversation is gone on with, and its total tells what the first run had cost.
    assert_eq!(world.started[1], "TASK-001-implement-2 resumed");
    let run = run_of(&world, 1);
    uses(&mut world, &run, MicroUsd(700_000), 900, 3);
    world.settle();
    assert_eq!(budget::spent(&world.state, &scope), MicroUsd(700_000));
}

#[test]
fn what_an_untold_run_is_reckoned_for_is_what_it_was_started_with() {
    let mut world = World::new(vec![]);
    let name: crate::AgentName = "impl".parse().unwrap();
    world.state.config.agents.get_mut(&name).unwrap().budget = Some(dollars(4));
    budgets(&mut world, 9, 0, 0);
    world.settle();
    let run = run_of(&world, 1);
    comes_up(&mut world, &run);
    ends(&mut world, &run, RunEnd::Lost);
    let scope = BudgetScope::Task(task(1));
    assert_eq!(budget::spent(&world.state, &scope), dollars(4));
    // What the agent may cost from now on says nothing about what that run may have cost.
    world.state.config.agents.get_mut(&name).unwrap().budget = Some(dollars(1));
    assert_eq!(budget::spent(&world.state, &scope), dollars(4));
    world.state.config.agents.remove(&name);
    assert_eq!(budget::spent(&world.state, &scope), dollars(4));
    // A log of before this was told: with what its agent may cost by now.
    for run in world.state.unpriced.values_mut() {
        run.cap = None;
    }
    assert_eq!(budget::spent(&world.state, &scope), dollars(2));
}

#[test]
fn a_run_that_never_came_up_or_told_all_costs_what_it_told() {
    let mut world = World::new(vec![]);
    world.settle();
    let run = run_of(&world, 1);
    ends(&mut world, &run, failed());
    assert!(world.state.unpriced.is_empty(), "it never came up");
    next(&mut world);
    let run = run_of(&world, 1);
    comes_up(&mut world, &run);
    uses(&mut world, &run, MicroUsd(0), 10, 1);
    uses(&mut world, &run, MicroUsd(30), 10, 1);
    ends(&mut world, &run, failed());
    assert!(world.state.unpriced.is_empty(), "the price came at the end");
}

#[test]
fn a_run_gets_no_more_than_is_left() {
    let mut world = World::new(vec![]);
    let name = "impl".parse().unwrap();
    let of = |world: &World| budget::of_run(&world.state, &task(1), &name);
    assert_eq!(of(&world), None);
    budgets(&mut world, 5, 0, 0);
    // Were it lost without a word, no more than this would be reckoned for it.
    assert_eq!(of(&world), Some(dollars(2)));
    world.state.config.agents.get_mut(&name).unwrap().budget = Some(dollars(3));
    assert_eq!(of(&world), Some(dollars(3)));
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, dollars(4), 1, 1);
    world.settle();
    assert_eq!(of(&world), Some(dollars(1)));
    world.state.config.agents.get_mut(&name).unwrap().budget = None;
    budgets(&mut world, 0, 50, 0);
    assert_eq!(of(&world), Some(dollars(2)), "no run of a day goes without");
}

#[test]
fn nothing_is_started_while_a_limit_cannot_be_read() {
    let mut world = World::new(vec![]);
    world.state.config.limits.unread = true;
    world.settle();
    assert!(world.started.is_empty());
    assert_eq!(why_waits(&world, 1), Wait::Budget(budget::Blocked::Unread));
    world.state.config.limits.unread = false;
    world.settle();
    assert_eq!(world.started.len(), 1);
}

// ---------------------------------------------------------------------------------------------- rates

fn per_minute(tokens: u64, requests: u64) -> Rate {
    Rate {
        tokens_per_minute: (tokens > 0).then_some(tokens),
        requests_per_minute: (requests > 0).then_some(requests),
        runs: None,
    }
}

#[test]
fn an_agent_over_its_rate_waits_until_its_bucket_has_drained() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 2;
    let name: crate::AgentName = "impl".parse().unwrap();
    world.state.config.agents.get_mut(&name).unwrap().rate = per_minute(1_000, 0);
    world.settle();
    let run = run_of(&world, 1);
    // Told twice as totals: counted once.
    uses(&mut world, &run, MicroUsd(0), 1_500, 1);
    uses(&mut world, &run, MicroUsd(0), 2_000, 2);
    world.add(2, &[]);
    world.settle();
    assert!(world.state.live_run(&task(2)).is_none());
    let Wait::Rate(over) = why_waits(&world, 2) else {
        panic!("{:?}", why_waits(&world, 2));
    };
    assert_eq!(over.limit, 1_000);
    assert!((1_980..=1_990).contains(&over.level), "{over:?}");
    assert!((58_800..=59_400).contains(&over.until.since(world.now)));
    let told = format!("impl used {} tokens lately, and 1000 a minute", over.level);
    assert!(over.to_string().starts_with(&told), "{over}");
    while world.state.live_run(&task(2)).is_none() {
        let at = next_deadline(&world.state, world.now).unwrap();
        assert!(at > world.now && at.0 < 120_000, "{at:?}");
        world.now = at;
        world.settle();
    }
}

#[test]
fn nobody_waits_for_a_clock_that_was_set_back_to_catch_up() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 2;
    let name: crate::AgentName = "impl".parse().unwrap();
    world.state.config.agents.get_mut(&name).unwrap().rate = per_minute(1_000, 0);
    world.settle();
    let run = run_of(&world, 1);
    let (now, tomorrow) = (world.now, world.now.plus_millis(86_400_000));
    world.now = tomorrow;
    uses(&mut world, &run, MicroUsd(0), 9_000, 1);
    world.settle();
    assert!(rate::blocker(&world.state, &name, world.now).is_some());
    world.now = now.plus_millis(60_000);
    assert_eq!(rate::blocker(&world.state, &name, world.now), None);
    uses(&mut world, &run, MicroUsd(0), 9_500, 2);
    world.settle();
    assert_eq!(
        rate::blocker(&world.state, &name, world.now),
        None,
        "500 of 1,000"
    );
}

#[test]
fn agents_of_one_account_share_its_rate_and_others_go_on() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 4;
    let limit = per_minute(0, 10);
    let accounts = &mut world.state.config.accounts;
    accounts.insert("anthropic".into(), limit);
    let elsewhere = crate::Agent {
        account: "another".into(),
        ..agent("elsewhere")
    };
    world
        .state
        .config
        .agents
        .insert(elsewhere.name.clone(), elsewhere);
    world.settle();
    let run = run_of(&world, 1);
    uses(&mut world, &run, MicroUsd(0), 5, 25);
    world.settle();
    let over = |name: &str| rate::blocker(&world.state, &name.parse().unwrap(), world.now);
    assert!(matches!(over("review"), Some(over) if over.measure == rate::Measure::Requests));
    assert!(over("impl").is_some() && over("elsewhere").is_none());
}

#[test]
fn the_log_gives_the_same_buckets_whatever_the_configuration_says() {
    let mut world = World::new(vec![]);
    world.settle();
    let run = run_of(&world, 1);
    for n in 1..=300 {
        world.now = world.now.plus_millis(7_000);
        uses(&mut world, &run, MicroUsd(0), n * 10, n);
    }
    world.settle();
    let mut again = crate::State::default();
    world
        .log
        .iter()
        .for_each(|event| crate::apply::apply(&mut again, event));
    assert_eq!(again.used, world.state.used);
    let text = serde_json::to_string(&again.used).unwrap();
    assert!(text.len() < 12_000, "ten minutes are kept: {}", text.len());
    let back: std::collections::BTreeMap<_, _> = serde_json::from_str(&text).unwrap();
    assert_eq!(again.used, back);
}

// ---------------------------------------------------------------------------------------------- accounts that rest

#[test]
fn an_account_at_its_limit_rests_and_others_and_live_runs_go_on() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 3;
    let mut elsewhere = agent("elsewhere");
    elsewhere.account = "another".into();
    let name = elsewhere.name.clone();
    world.state.config.agents.insert(name.clone(), elsewhere);
    world.add(2, &[]);
    world.settle();
    let (limited, live) = (run_of(&world, 1), run_of(&world, 2));
    let end = RunEnd::RateLimited {
        retry_after_s: Some(100),
    };
    ends(&mut world, &limited, end);
    assert!(world.state.runs[&live].halting.is_none(), "what runs, runs");
    world.add(3, &[]);
    world.add(4, &[]);
    world.state.cards.get_mut(&task(4)).unwrap().agent = Some(name);
    world.settle();
    assert!(world.state.live_run(&task(3)).is_none());
    assert!(world.state.live_run(&task(4)).is_some());
    world.plans.push_back(Plan::Submit(RunEnd::Completed));
    world.plans.push_back(passes());
    world.plans.push_back(Plan::Review(Verdict::Approve));
    world.now = world.now.plus_millis(100_000);
    world.state.heard.insert(live, world.now);
    world.settle();
    assert!(
        world
            .started
            .contains(&"TASK-001-implement-2 resumed".to_owned()),
        "it goes on in its conversation, by itself: {:?}",
        world.started
    );
    assert_eq!(world.state.tasks[&task(1)].failures, 0);
}
