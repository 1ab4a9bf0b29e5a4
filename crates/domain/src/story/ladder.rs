//! What happens after failures: the same agent again, another one, the architect, a person; and what concerns more than one task.

use super::{
    crash, fails, good, passes,
    world::{Plan, World, agent, task},
};
use crate::{
    Actor, Command, Decision, Fact, Halt, Leg, RequestKind, RunEnd, RunId, Status,
    event::Scope,
    failure,
    run::Verdict,
    schedule::{next_deadline, wait},
    state::Step,
};

fn approves() -> Plan {
    Plan::Review(Verdict::Approve)
}

fn broken() -> RunEnd {
    RunEnd::CouldNotStart {
        message: "no such program".into(),
    }
}

/// Lets time pass, deadline by deadline, until nothing is waited for or enough has happened.
fn go_on(world: &mut World, deadlines: u32) {
    for _ in 0..deadlines {
        let Some(at) = next_deadline(&world.state, world.now) else {
            return;
        };
        world.now = at.max(world.now);
        world.settle();
    }
}

fn can(world: &mut World, name: &str, words: &[&str]) {
    let mut found = agent(name);
    found.capabilities = words.iter().map(|word| (*word).to_owned()).collect();
    world.state.config.agents.insert(found.name.clone(), found);
}

/// Two agents that can do the same, and an architect when wanted.
fn staffed(plans: Vec<Plan>, architect: bool) -> World {
    let mut world = World::new(plans);
    can(&mut world, "impl", &["rust"]);
    can(&mut world, "other", &["rust", "css"]);
    can(&mut world, "painter", &["css"]);
    if architect {
        can(&mut world, "architect", &["plans"]);
        world.state.config.chain.prepare = "architect".parse().ok();
    }
    world
}

/// Who did the leg, oldest first.
fn holders(world: &World, leg: Leg) -> Vec<String> {
    let claims = world.log.iter().filter_map(|event| match &event.fact {
        Fact::Claimed {
            leg: of,
            holder: crate::Holder::Agent(name),
            ..
        } if *of == leg => Some(name.to_string()),
        _ => None,
    });
    claims.collect()
}

#[test]
fn who_has_used_up_its_tries_is_followed_by_another_agent_that_can_do_the_same() {
    let mut world = staffed(
        vec![crash(), crash(), crash(), good(), passes(), approves()],
        false,
    );
    world.settle();
    go_on(&mut world, 5);
    assert_eq!(
        holders(&world, Leg::Implement),
        ["impl", "impl", "impl", "other"]
    );
    assert!(
        !world.started[3].contains("resumed"),
        "another agent does not speak on in the first one's conversation"
    );
    assert_eq!(world.status(1), Status::Review);
    let why = world.log.iter().find_map(|event| match &event.fact {
        Fact::Reassigned { why, .. } => Some(why.clone()),
        _ => None,
    });
    let why = why.unwrap();
    assert!(
        why.contains("impl: 3 attempts in a row failed at implement") && why.contains("boom"),
        "{why}"
    );
}

#[test]
fn feedback_counts_on_the_same_ladder_and_an_agent_may_have_fewer_tries() {
    let mut world = staffed(
        vec![good(), fails(), crash(), good(), passes(), approves()],
        false,
    );
    let own = world.state.config.agents.get_mut(&"impl".parse().unwrap());
    own.unwrap().retries = Some(2);
    world.settle();
    go_on(&mut world, 3);
    assert_eq!(holders(&world, Leg::Implement), ["impl", "impl", "other"]);
}

#[test]
fn then_the_architect_prepares_it_anew_once_and_then_a_person_hears_the_whole_story() {
    let mut world = staffed(vec![good()], true);
    let six = || (0..6).map(|_| crash());
    world.plans.extend(six());
    world.plans.push_back(good());
    world.plans.extend(six());
    world.settle();
    go_on(&mut world, 30);
    assert_eq!(holders(&world, Leg::Prepare).len(), 2);
    let three = |name: &str| vec![name.to_owned(); 3];
    let round = [three("impl"), three("other")].concat();
    assert_eq!(
        holders(&world, Leg::Implement),
        [round.clone(), round].concat()
    );
    assert_eq!(world.status(1), Status::Failed);
    let (_, RequestKind::Escalation { why }) = world.request() else {
        panic!("no escalation");
    };
    let rungs: Vec<_> = why.lines().collect();
    assert_eq!(rungs.len(), 4, "{why}");
    for (rung, name) in rungs
        .iter()
        .zip(["impl", "Then other", "Then impl", "Then other"])
    {
        assert!(
            rung.starts_with(name) && rung.contains("3 attempts"),
            "{why}"
        );
    }
}

#[test]
fn a_person_who_decides_gives_everybody_another_try() {
    let mut world = staffed((0..6).map(|_| crash()).collect(), false);
    world.settle();
    go_on(&mut world, 10);
    assert_eq!(world.status(1), Status::Failed);
    world.plans.extend([crash(), good(), passes(), approves()]);
    world.decide(Decision::Retry { note: None });
    go_on(&mut world, 3);
    assert_eq!(holders(&world, Leg::Implement)[6..], ["impl", "impl"]);
    let found = &world.state.tasks[&task(1)];
    assert!(found.tried.is_empty() && found.ladder.is_empty() && found.assigned.is_empty());
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn the_reviewers_failures_are_not_the_implementers() {
    let mut world = World::new(vec![
        good(),
        fails(),
        good(),
        fails(),
        good(),
        passes(),
        crash(),
        crash(),
        approves(),
    ]);
    world.settle();
    go_on(&mut world, 4);
    assert_eq!(world.status(1), Status::Review);
    assert!(matches!(world.request().1, RequestKind::Review { .. }));
}

#[test]
fn rests_double_and_differ_from_task_to_task() {
    let mut world = World::new(vec![]);
    world.state.config.limits.attempts = 20;
    let mut firsts = std::collections::BTreeSet::new();
    for n in 1..=20 {
        let found = world.state.tasks.entry(task(n));
        let found = found
            .or_insert_with(|| crate::state::Progress::new(Status::InProgress, crate::Time(0)));
        found.failed_at = Some(crate::Time(0));
        let mut rest = |failures: u32| {
            found.failures = failures;
            found.attempts.insert(Leg::Implement, failures);
            let found = found.clone();
            (found, failures)
        };
        let waits: Vec<_> = [1, 2, 3, 20].map(&mut rest).into();
        let waits: Vec<i64> = waits
            .iter()
            .map(|(found, _)| failure::back_off(&world.state, &task(n), found).unwrap().0)
            .collect();
        for (wait, most) in waits.iter().zip([5_000, 10_000, 20_000, 300_000]) {
            assert!((most / 2..=most).contains(wait), "{waits:?}");
        }
        firsts.insert(waits[0]);
    }
    assert!(firsts.len() > 15, "{firsts:?}");
}

#[test]
fn an_agent_that_cannot_be_started_is_left_alone_and_one_word_is_said() {
    let mut world = World::new(vec![Plan::Submit(broken()), Plan::Submit(broken())]);
    world.add(2, &[]);
    world.settle();
    go_on(&mut world, 2);
    assert_eq!(
        world.started.len(),
        2,
        "no third start: {:?}",
        world.started
    );
    let open: Vec<_> = world.state.open_requests().collect();
    assert_eq!(open.len(), 1);
    assert!(open[0].task.is_none());
    for n in [1, 2] {
        assert_eq!(
            *world.state.step(&task(n)),
            Step::Idle,
            "it waits, nobody is asked about it"
        );
    }
    let told = wait(&world.state, &world.state.cards[&task(2)], world.now);
    assert!(
        matches!(&told, crate::schedule::Wait::Breaker(name, _, why) if name.as_str() == "impl" && why.contains("no such program")),
        "{told:?}"
    );
    // After the rest, one try: it comes up, and all is as before.
    go_on(&mut world, 1);
    assert_eq!(world.started.len(), 3, "one try, not two");
    let run = world.started[2].trim_end_matches(" resumed");
    let run: RunId = run.parse().unwrap();
    world.tell(
        Actor::Run { run: run.clone() },
        Fact::RunUp {
            run,
            version: String::new(),
            model: String::new(),
        },
    );
    world.settle();
    assert!(world.state.breakers.is_empty());
    assert!(world.state.open_requests().next().is_none());
}

#[test]
fn a_try_that_fails_again_asks_nobody_twice() {
    let mut world = World::new((0..4).map(|_| Plan::Submit(broken())).collect());
    world.settle();
    go_on(&mut world, 1);
    let (request, _) = world.request();
    go_on(&mut world, 2);
    assert_eq!(world.started.len(), 3);
    assert_eq!(world.request().0, request);
    world.decide(Decision::GiveUp);
    go_on(&mut world, 2);
    assert_eq!(world.started.len(), 4);
    assert!(world.state.open_requests().next().is_none());
    // Trying on at once is a person's to say, and does not wait for the rest to be over.
    world.plans.extend([good(), passes(), approves()]);
    let why = world.state.breakers.values().next().unwrap().open.clone();
    world.engine(Fact::RequestOpened {
        task: None,
        kind: RequestKind::Escalation {
            why: why.unwrap().1,
        },
    });
    world.settle();
    world.decide(Decision::Retry { note: None });
    go_on(&mut world, 1);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn the_tasks_of_an_agent_that_cannot_be_started_go_to_another_one() {
    let mut world = staffed(
        vec![
            Plan::Submit(broken()),
            Plan::Submit(broken()),
            good(),
            passes(),
            approves(),
        ],
        false,
    );
    world.settle();
    go_on(&mut world, 1);
    assert_eq!(holders(&world, Leg::Implement), ["impl", "impl", "other"]);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn a_missing_login_is_asked_about_once_for_all_agents_of_the_account() {
    let login = || {
        Plan::Submit(RunEnd::NotLoggedIn {
            message: "run /login".into(),
        })
    };
    let mut world = World::new(vec![login()]);
    world.add(2, &[]);
    let elsewhere = crate::Agent {
        account: "another".into(),
        ..agent("elsewhere")
    };
    let name = elsewhere.name.clone();
    world.state.config.agents.insert(name.clone(), elsewhere);
    world.settle();
    assert_eq!(world.started.len(), 1);
    assert!(
        world
            .state
            .open_requests()
            .all(|request| request.task.is_none())
    );
    let (_, RequestKind::Escalation { why }) = world.request() else {
        panic!("no escalation");
    };
    assert!(why.contains("anthropic (impl, review)"), "{why}");
    assert!(!world.state.breakers.contains_key(&name));
    assert_eq!(world.state.tasks[&task(1)].failures, 0, "no fault of its");
    world.plans.extend([good(), passes(), approves()]);
    world.decide(Decision::Retry { note: None });
    go_on(&mut world, 1);
    assert_eq!(world.status(1), Status::Review);
}

#[test]
fn a_branch_that_stays_where_it_is_blocks_its_task_whatever_the_ladder_says() {
    let mut world = staffed(vec![], true);
    world.unchanged = true;
    world.state.config.limits.attempts = 10;
    world.plans.push_back(good());
    world.plans.extend((0..5).map(|_| good()));
    world.settle();
    assert_eq!(world.status(1), Status::Failed);
    assert_eq!(holders(&world, Leg::Implement).len(), 3);
    assert!(
        matches!(world.request().1, RequestKind::Escalation { why } if why.contains("3 runs in a row said that they were done and changed nothing"))
    );
}

#[test]
fn the_same_trouble_with_three_tasks_pauses_everything_and_says_so() {
    let mut world = World::new(vec![]);
    world.state.config.limits.parallel = 9;
    for n in 2..=4 {
        world.add(n, &[]);
    }
    let failed = |world: &mut World, n: u32| {
        world.engine(Fact::CommandFailed {
            command: Box::new(Command::PrepareWorktree { task: task(n) }),
            error: "no space left on device".into(),
        });
        world.settle();
    };
    world.state.trusted = false;
    failed(&mut world, 1);
    failed(&mut world, 1);
    failed(&mut world, 2);
    assert!(world.state.paused.is_none(), "two tasks may be unlucky");
    failed(&mut world, 3);
    world.state.trusted = true;
    world.settle();
    let why = world.state.paused.clone().unwrap();
    assert!(
        why.contains("make a worktree for TASK-001, TASK-002, TASK-003")
            && why.contains("no space left"),
        "{why}"
    );
    assert!(world.started.is_empty());
    let whole = |world: &World| {
        let open: Vec<_> = world.state.open_requests().cloned().collect();
        open.into_iter().find(|request| request.task.is_none())
    };
    let request = whole(&world).unwrap().id;
    let decision = Decision::Retry { note: None };
    world.tell(Actor::Person, Fact::RequestDecided { request, decision });
    world.settle();
    assert!(world.state.paused.is_none());
    assert!(!world.started.is_empty(), "task 4 goes on");
}

#[test]
fn whoever_resumes_has_answered() {
    let mut world = World::new(vec![]);
    for n in 1..=3 {
        let command = Command::PrepareWorktree { task: task(n) };
        world.engine(Fact::CommandFailed {
            command: Box::new(command),
            error: "git is gone".into(),
        });
    }
    world.add(2, &[]);
    world.add(3, &[]);
    world.settle();
    assert!(world.state.paused.is_some());
    world.tell(Actor::Person, Fact::Resumed { scope: Scope::All });
    world.settle();
    assert!(
        world
            .state
            .open_requests()
            .all(|request| request.task.is_some())
    );
}

// ---------------------------------------------------------------------------------------------- fences

fn handoffs(world: &World) -> usize {
    let is = |fact: &Fact| matches!(fact, Fact::HandedOff { .. } | Fact::Committed { .. });
    world.log.iter().filter(|event| is(&event.fact)).count()
}

#[test]
fn an_end_that_is_told_twice_moves_its_task_once() {
    let mut world = World::new(vec![good()]);
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    let before = handoffs(&world);
    world.tell(
        Actor::Run { run: run.clone() },
        Fact::RunEnded {
            run,
            end: RunEnd::Completed,
            tail: String::new(),
        },
    );
    world.settle();
    assert_eq!(handoffs(&world), before);
}

#[test]
#[allow(clippy::too_many_lines)] // one story, told in order
fn a_run_that_was_followed_by_another_moves_nothing_when_it_ends() {
    let mut world = staffed(vec![], true);
    world.settle();
    let old: RunId = "TASK-001-prepare-1".parse().unwrap();
    // A person takes the task away and gives it back while the old run is still being ended.
    world.hold_halts = true;
    for (from, to) in [
        (Status::Pending, Status::Failed),
        (Status::Failed, Status::Pending),
    ] {
        world.tell(
            Actor::Person,
            Fact::TaskMoved {
                task: task(1),
                from,
                to,
            },
        );
    }
    world.settle();
    world.engine(Fact::Claimed {
        task: task(1),
        leg: Leg::Prepare,
        holder: crate::Holder::Agent("architect".parse().unwrap()),
        attempt: 2,
        why: None,
    });
    world.settle();
    let new: RunId = "TASK-001-prepare-2".parse().unwrap();
    let is_new = Step::Working {
        leg: Leg::Prepare,
        run: new.clone(),
    };
    assert_eq!(*world.state.step(&task(1)), is_new);
    let end = |world: &mut World, run: &RunId, note: &str| {
        let by = Actor::Run { run: run.clone() };
        world.tell(
            by.clone(),
            Fact::Submitted {
                task: task(1),
                leg: Leg::Prepare,
                note: note.into(),
                run: Some(run.clone()),
            },
        );
        world.tell(
            by,
            Fact::RunEnded {
                run: run.clone(),
                end: RunEnd::Completed,
                tail: String::new(),
            },
        );
    };
    // Both say they are done, the old one between the new one's end and what follows from it.
    end(&mut world, &old, "late words");
    world.settle();
    assert_eq!(
        *world.state.step(&task(1)),
        is_new,
        "the old one moves nothing"
    );
    assert_eq!(
        world.state.runs[&old].note.as_deref(),
        Some("late words"),
        "and what it said is kept"
    );
    end(&mut world, &new, "new words");
    world.settle();
    let notes: Vec<_> = world
        .log
        .iter()
        .filter_map(|event| match &event.fact {
            Fact::HandedOff { note, .. } => Some(note.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(notes, ["new words"]);
}

#[test]
fn work_that_was_done_while_its_run_was_being_stopped_for_silence_counts() {
    let mut world = World::new(vec![]);
    world.hold_halts = true;
    world.settle();
    let run: RunId = "TASK-001-implement-1".parse().unwrap();
    world.now = world.now.plus_millis(60_001);
    world.settle();
    assert!(matches!(
        world.state.runs[&run].halting,
        Some((Halt::Interrupt, _))
    ));
    world.tell(
        Actor::Run { run: run.clone() },
        Fact::RunTurnEnded {
            run: run.clone(),
            end: RunEnd::Completed,
            words: "done after all".into(),
        },
    );
    world.settle();
    assert_eq!(
        world.state.runs[&run].halt_why,
        Some(RunEnd::Completed),
        "what it will be recorded as"
    );
}

#[test]
fn a_gate_that_cannot_be_checked_is_not_tried_for_ever() {
    let lost = || Plan::Gate(RunEnd::Lost);
    let mut world = World::new(vec![good(), lost(), lost(), lost()]);
    world.settle();
    assert_eq!(world.started.len(), 4);
    assert!(
        matches!(world.request().1, RequestKind::Escalation { why } if why.contains("The gate `test` cannot be checked"))
    );
}
