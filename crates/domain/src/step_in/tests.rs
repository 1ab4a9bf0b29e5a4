//! Stepping in interrupts a turn and ends no run; pausing ends the run and costs no attempt.

use crate::{
    Actor, Command, Fact, Halt, RunEnd, RunId, Status,
    apply::apply,
    carry::{instead, overtaken},
    decide::decide,
    event::Scope,
    signal::Say,
    state::Step,
    story::world::{World, task},
};

fn live(world: &World) -> RunId {
    world.state.live_runs().next().expect("a run").id.clone()
}

/// A world whose implementer is up.
fn at_work() -> (World, RunId) {
    let mut world = World::new(vec![]);
    world.settle();
    let run = live(&world);
    up(&mut world, &run);
    (world, run)
}

fn up(world: &mut World, run: &RunId) {
    let run = run.clone();
    let (version, model) = (String::new(), String::new());
    world.engine(Fact::RunUp {
        run,
        version,
        model,
    });
}

fn step_in(world: &mut World, run: &RunId, text: &str) {
    let (run, text) = (run.clone(), text.to_owned());
    world.tell(Actor::Person, Fact::PersonIntervened { run, text });
}

fn turn_ends(world: &mut World, run: &RunId, end: RunEnd) {
    let (run, words) = (run.clone(), "half a sentence".to_owned());
    world.tell(
        Actor::Run { run: run.clone() },
        Fact::RunTurnEnded { run, end, words },
    );
}

/// Applies what was told, without carrying out what follows.
fn catch_up(world: &mut World) {
    let seq = world.state.seq;
    for event in world.log.iter().filter(|event| event.seq > seq) {
        apply(&mut world.state, event);
    }
}

/// What is said because of the newest event.
fn said(world: &mut World) -> Vec<Say> {
    catch_up(world);
    let event = world.log.last().expect("an event");
    let commands = decide(&world.state, event, world.now).into_iter();
    let said = commands.filter_map(|command| match command {
        Command::Say { say, .. } => Some(say),
        _ => None,
    });
    said.collect()
}

fn words(said: &[Say]) -> Vec<&str> {
    let words = said.iter().map(|say| match say {
        Say::Words { text, .. } => text.lines().nth(2).unwrap_or_default(),
        Say::Interrupt => "(interrupt)",
        _ => "(something else)",
    });
    words.collect()
}

fn interrupted() -> RunEnd {
    RunEnd::Stopped {
        why: "its turn was interrupted".into(),
    }
}

#[test]
fn the_turn_is_interrupted_and_the_next_one_begins_with_the_words() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "Use PostgreSQL instead");
    assert_eq!(words(&said(&mut world)), ["(interrupt)"]);
    turn_ends(&mut world, &run, interrupted());
    assert_eq!(words(&said(&mut world)), ["Use PostgreSQL instead"]);
    let found = &world.state.runs[&run];
    assert!(found.is_live() && !found.turn_over && found.halt_why.is_none());
    assert_eq!(found.note, None, "half a sentence is no note");
    turn_ends(&mut world, &run, RunEnd::Completed);
    catch_up(&mut world);
    let event = world.log.last().unwrap();
    let follows = decide(&world.state, event, world.now);
    assert!(
        matches!(
            &follows[..],
            [Command::HaltRun {
                halt: Halt::CloseInput,
                ..
            }]
        ),
        "{follows:?}"
    );
}

#[test]
fn a_turn_that_ended_by_itself_meanwhile_does_not_end_the_run() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "And the tests");
    turn_ends(&mut world, &run, RunEnd::Completed);
    assert_eq!(words(&said(&mut world)), ["And the tests"]);
    assert!(!world.state.runs[&run].turn_over);
}

#[test]
fn who_steps_in_twice_is_heard_twice_in_order() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "one");
    step_in(&mut world, &run, "two");
    turn_ends(&mut world, &run, interrupted());
    assert_eq!(words(&said(&mut world)), ["one", "two"]);
}

#[test]
fn one_that_is_not_up_yet_is_interrupted_when_it_is() {
    let mut world = World::new(vec![]);
    world.settle();
    let run = live(&world);
    step_in(&mut world, &run, "Wait");
    assert_eq!(said(&mut world), []);
    let (version, model) = (String::new(), String::new());
    let fact = Fact::RunUp {
        run: run.clone(),
        version,
        model,
    };
    world.tell(Actor::Run { run }, fact);
    assert_eq!(words(&said(&mut world)), ["(interrupt)"]);
}

#[test]
fn words_a_run_did_not_live_to_hear_are_passed_on_to_its_agent() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "Use PostgreSQL instead");
    let tail = String::new();
    let end = RunEnd::Lost;
    world.engine(Fact::RunEnded { run, end, tail });
    world.settle();
    let name = "impl".parse().unwrap();
    let waiting: Vec<_> = crate::message::inbox(&world.state, &name).collect();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].letter.text.ends_with("Use PostgreSQL instead"));
}

#[test]
fn words_whose_turn_never_came_are_passed_on_too() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "Use PostgreSQL instead");
    turn_ends(&mut world, &run, interrupted());
    let tail = String::new();
    let end = RunEnd::Lost;
    world.engine(Fact::RunEnded { run, end, tail });
    world.settle();
    let name = "impl".parse().unwrap();
    let mut waiting = crate::message::inbox(&world.state, &name);
    let passed = waiting.next().expect("a message");
    assert!(passed.letter.text.ends_with("Use PostgreSQL instead"));
    assert_eq!(waiting.count(), 0);
}

#[test]
fn words_that_were_to_be_said_to_a_run_that_is_over_are_passed_on_once() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "Use PostgreSQL instead");
    turn_ends(&mut world, &run, interrupted());
    let say = Command::Say {
        run: run.clone(),
        say: said(&mut world).remove(0),
    };
    assert_eq!(instead(&world.state, &say), None, "it lives and hears them");
    // Turns that others began ended unread meanwhile, and then the run did.
    turn_ends(&mut world, &run, RunEnd::Completed);
    catch_up(&mut world);
    let (end, tail) = (RunEnd::Completed, String::new());
    world.engine(Fact::RunEnded { run, end, tail });
    catch_up(&mut world);
    assert!(overtaken(&world.state, &say).is_some());
    let passed = instead(&world.state, &say).expect("a message");
    let Fact::MessageSent { letter } = &passed else {
        panic!("{passed:?}");
    };
    assert!(letter.text.ends_with("\n\nUse PostgreSQL instead"));
    let again = Command::PassOn {
        letter: letter.clone(),
    };
    assert_eq!(overtaken(&world.state, &again), None);
    world.engine(passed);
    catch_up(&mut world);
    assert_eq!(instead(&world.state, &say), None);
    assert!(overtaken(&world.state, &again).is_some());
}

#[test]
fn a_login_that_is_refused_ends_the_run_all_the_same() {
    let (mut world, run) = at_work();
    step_in(&mut world, &run, "Go on");
    let message = "no key".to_owned();
    turn_ends(&mut world, &run, RunEnd::NotLoggedIn { message });
    catch_up(&mut world);
    assert!(world.state.runs[&run].turn_over);
    assert_eq!(said(&mut world), []);
}

#[test]
fn a_paused_run_ends_asks_nothing_and_goes_on_where_it_was() {
    let (mut world, run) = at_work();
    let task = task(1);
    let scope = Scope::Task { task: task.clone() };
    let why = "Needs a look".to_owned();
    let facts = [
        Fact::Paused {
            why: why.clone(),
            scope: scope.clone(),
        },
        Fact::RunHalting {
            run: run.clone(),
            end: RunEnd::Paused { why },
            halt: Halt::Interrupt,
        },
    ];
    for fact in facts {
        world.tell(Actor::Person, fact);
    }
    world.settle();
    let found = &world.state.runs[&run];
    assert!(
        matches!(found.end, Some(RunEnd::Paused { .. })),
        "{found:?}"
    );
    assert_eq!(world.state.step(&task), &Step::Idle);
    assert_eq!(world.state.open_requests().count(), 0);
    assert_eq!(world.state.tasks[&task].failures, 0);
    assert_eq!(world.state.live_runs().count(), 0);
    world.tell(Actor::Person, Fact::Resumed { scope });
    world.settle();
    let again = live(&world);
    assert_ne!(again, run);
    assert_eq!(world.state.status(&task), Some(Status::InProgress));
}

#[test]
fn what_was_done_when_the_pause_came_is_done() {
    let (mut world, run) = at_work();
    let why = "Needs a look".to_owned();
    let fact = Fact::RunHalting {
        run: run.clone(),
        end: RunEnd::Paused { why },
        halt: Halt::Interrupt,
    };
    world.tell(Actor::Person, fact);
    turn_ends(&mut world, &run, RunEnd::Completed);
    catch_up(&mut world);
    assert_eq!(world.state.runs[&run].halt_why, Some(RunEnd::Completed));
}
