//! The engine on the fakes, when agents fail: how soon they are followed, by whom, and what it costs.

use crate::{Act, Script, World, chain_tests::run, quiet_end};
use orchestron_domain::{
    Fact, Halt, MicroUsd, RequestKind, RunEnd, State, Status, Time, budget::BudgetScope, run::Work,
    signal::Signal,
};
use orchestron_engine::ports::Over;

fn says(signal: Signal) -> Act {
    Act::Says(signal)
}

fn up() -> Act {
    says(Signal::Started {
        session: None,
        version: "2.1.0".into(),
        model: "scripted".into(),
    })
}

/// Killed with nothing said about it.
fn killed() -> Act {
    Act::Ends(Over {
        code: None,
        signal: Some(9),
        end: None,
        tail: String::new(),
    })
}

fn ends_as(end: RunEnd) -> Script {
    vec![Act::Ends(Over {
        code: Some(1),
        signal: None,
        end: Some(end),
        tail: String::new(),
    })]
}

fn turn_ended(end: RunEnd) -> Act {
    says(Signal::TurnEnded {
        end,
        words: "That is all.".into(),
        denials: 0,
    })
}

fn cost(dollars: f64, tokens: u64, requests: u64) -> Act {
    says(Signal::Cost {
        session_total: MicroUsd::from_dollars(dollars),
        input_tokens: tokens,
        cached_tokens: 0,
        output_tokens: 0,
        requests,
    })
}

fn when(world: &World, is: impl Fn(&Fact) -> bool) -> Time {
    let found = world.events().into_iter().find(|event| is(&event.fact));
    found.map(|event| event.at).unwrap()
}

fn claims(world: &World, leg: &str) -> Vec<String> {
    let runs = world
        .events()
        .into_iter()
        .filter_map(|event| match event.fact {
            Fact::RunStarted {
                work: Work::Leg { leg: of, agent, .. },
                ..
            } if of.word() == leg => Some(agent.to_string()),
            _ => None,
        });
    runs.collect()
}

fn open(state: &State) -> Vec<RequestKind> {
    state
        .open_requests()
        .map(|request| request.kind.clone())
        .collect()
}

#[test]
fn a_killed_agent_is_followed_by_its_retry_within_ten_seconds() {
    for end in [None, Some(RunEnd::Lost)] {
        for number in 1..=20 {
            let world = World::new();
            world.task(number, Status::Ready, "Search");
            let died = Over {
                code: None,
                signal: end.is_none().then_some(9),
                end: end.clone(),
                tail: String::new(),
            };
            world.script("implement", vec![up(), Act::Edits, Act::Ends(died)]);
            run(&world);
            let task = format!("TASK-{number:03}");
            assert_eq!(world.status(&task), Some(Status::Review));
            let ended = when(&world, |fact| matches!(fact, Fact::RunEnded { .. }));
            let again = when(
                &world,
                |fact| matches!(fact, Fact::RunStarted { run, .. } if run.as_str().ends_with("implement-2")),
            );
            let waited = again.since(ended);
            assert!((2_000..=10_000).contains(&waited), "{waited} ms");
        }
    }
}

#[test]
fn the_architect_is_told_what_went_wrong_and_the_person_the_whole_story() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    let boom = |what: &str| {
        ends_as(RunEnd::AgentError {
            message: what.into(),
        })
    };
    (1..=6).for_each(|n| world.script("implement", boom(&format!("boom {n}"))));
    let state = run(&world);
    let prompt = world.prompt("TASK-001-prepare-1").unwrap();
    assert!(
        prompt.contains("Nobody got this done. Prepare it anew")
            && prompt.contains("claude-impl: 3 attempts in a row failed at implement")
            && prompt.contains("boom 3"),
        "{prompt}"
    );
    assert_eq!(world.status("TASK-001"), Some(Status::Failed));
    let [RequestKind::Escalation { why }] = &open(&state)[..] else {
        panic!("{:?}", open(&state))
    };
    assert!(why.contains("boom 3") && why.contains("boom 6"), "{why}");
    let file = world
        .paths()
        .into_iter()
        .find(|path| path.contains("TASK-001"));
    let text = world.text(&file.unwrap()).unwrap();
    assert!(text.contains("boom 6"), "{text}");
}

#[test]
fn another_agent_goes_on_where_the_first_one_stopped() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.configure(|config| {
        let mut other = crate::agent(&"other".parse().unwrap(), Some("claude"));
        other.capabilities = vec!["typescript".into()];
        config.agents.insert(other.name.clone(), other);
        let first = config
            .agents
            .get_mut(&"claude-impl".parse().unwrap())
            .unwrap();
        first.capabilities = vec!["typescript".into()];
        first.retries = Some(1);
    });
    world.trust();
    world.script("implement", vec![up(), Act::Edits, killed()]);
    run(&world);
    assert_eq!(claims(&world, "implement"), ["claude-impl", "other"]);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    let prompt = world.prompt("TASK-001-implement-2").unwrap();
    assert!(
        prompt.starts_with("# TASK-001 · implement · attempt 2"),
        "{prompt}"
    );
}

#[test]
fn a_program_that_cannot_be_started_is_left_alone_after_two_tries() {
    let world = World::new();
    (1..=3).for_each(|n| world.task(n, Status::Ready, "Search"));
    let broken = || {
        ends_as(RunEnd::CouldNotStart {
            message: "no such program".into(),
        })
    };
    (0..2).for_each(|_| world.script("implement", broken()));
    let state = run(&world);
    // All is well with the try after the rest: nobody has to do anything, and the question is void.
    for n in 1..=3 {
        assert_eq!(world.status(&format!("TASK-00{n}")), Some(Status::Review));
    }
    let rested = when(&world, |fact| matches!(fact, Fact::BreakerOpened { .. }));
    let closed = when(&world, |fact| matches!(fact, Fact::BreakerClosed { .. }));
    assert!((300_000..310_000).contains(&closed.since(rested)));
    let between = world.events().into_iter().filter(|event| {
        let starts = matches!(&event.fact, Fact::RunStarted { run, .. } if run.as_str().contains("implement"));
        starts && event.at > rested && event.at < closed
    });
    assert!(between.count() <= 1, "one try");
    let asked = world.facts().into_iter().filter(|fact| {
        matches!(
            fact,
            Fact::RequestOpened {
                kind: RequestKind::Escalation { .. },
                ..
            }
        )
    });
    assert_eq!(asked.count(), 1);
    assert!(
        open(&state)
            .iter()
            .all(|kind| matches!(kind, RequestKind::Review { .. })),
        "{:?}",
        open(&state)
    );
}

#[test]
fn work_that_is_done_while_its_run_is_stopped_for_silence_is_not_thrown_away() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.script(
        "implement",
        vec![
            up(),
            Act::Edits,
            Act::AwaitsHalt,
            turn_ended(RunEnd::Completed),
            Act::Ends(quiet_end()),
        ],
    );
    run(&world);
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    assert_eq!(claims(&world, "implement").len(), 1);
    let halted = world.facts().into_iter().any(|fact| {
        matches!(
            fact,
            Fact::RunHalting {
                halt: Halt::Interrupt,
                end: RunEnd::Stalled { .. },
                ..
            }
        )
    });
    assert!(halted, "it was being stopped");
}

#[test]
fn a_run_that_is_killed_before_it_told_its_price_is_charged_all_it_might_have_cost() {
    let world = World::new();
    world.task(1, Status::Ready, "Search");
    world.configure(|config| config.limits.budget.project = Some(MicroUsd(3_000_000)));
    world.script("implement", vec![up(), cost(0.0, 100, 1), killed()]);
    let state = run(&world);
    assert_eq!(claims(&world, "implement").len(), 1);
    let [
        RequestKind::Budget {
            scope,
            spent,
            limit,
        },
    ] = &open(&state)[..]
    else {
        panic!("{:?}", open(&state))
    };
    assert_eq!(
        (scope, *spent, *limit),
        (
            &BudgetScope::Project,
            MicroUsd(2_000_000),
            MicroUsd(3_000_000)
        )
    );
}

#[test]
fn the_days_money_comes_back_with_the_next_day() {
    let world = World::new();
    (1..=3).for_each(|n| world.task(n, Status::Ready, "Search"));
    world.configure(|config| {
        config.limits.budget.day = Some(MicroUsd(2_500_000));
        config.chain.review = None;
    });
    for _ in 0..3 {
        world.script(
            "implement",
            vec![
                up(),
                Act::Edits,
                cost(0.0, 100, 1),
                turn_ended(RunEnd::Completed),
                Act::AwaitsHalt,
                Act::Ends(quiet_end()),
            ],
        );
    }
    let began = world.now();
    let state = run(&world);
    let days: Vec<_> = state.spent.keys().collect();
    assert!(!days.is_empty());
    for n in 1..=3 {
        assert_eq!(
            world.status(&format!("TASK-00{n}")),
            Some(Status::Review),
            "TASK-{n}"
        );
    }
    // What was never priced counts whole: one run a day.
    assert!(world.now().since(began) > 86_400_000);
    assert!(
        open(&state)
            .iter()
            .all(|kind| matches!(kind, RequestKind::Review { .. }))
    );
}

#[test]
fn tokens_are_spent_no_faster_than_they_may_be() {
    let world = World::new();
    (1..=4).for_each(|n| world.task(n, Status::Ready, "Search"));
    world.configure(|config| {
        config.chain.review = None;
        let rate = orchestron_domain::config::Rate {
            tokens_per_minute: Some(1_000),
            ..Default::default()
        };
        config.accounts.insert("anthropic".into(), rate);
    });
    for _ in 0..4 {
        world.script(
            "implement",
            vec![
                up(),
                Act::Edits,
                cost(0.01, 3_000, 2),
                turn_ended(RunEnd::Completed),
                Act::AwaitsHalt,
                Act::Ends(quiet_end()),
            ],
        );
    }
    let began = world.now();
    run(&world);
    let starts = world.events().into_iter().filter(|event| {
        matches!(
            &event.fact,
            Fact::RunStarted {
                work: Work::Leg { .. },
                ..
            }
        )
    });
    let starts: Vec<_> = starts.map(|event| event.at.since(began) / 10_000).collect();
    // The first starts at once; each further one when the bucket has drained to a minute's worth.
    assert_eq!(starts, [0, 12, 30, 48]);
    for n in 1..=4 {
        assert_eq!(
            world.status(&format!("TASK-00{n}")),
            Some(Status::Review),
            "TASK-{n}"
        );
    }
}
