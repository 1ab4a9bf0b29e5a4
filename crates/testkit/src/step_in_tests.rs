//! A person steps in while an agent works: the turn is interrupted, and the words are heard in the run that goes on, also when the world
//! dies at every single write of it.

use crate::{Act, Script, World, chain_tests::run, quiet_end};
use orchestron_domain::{
    Actor, CallId, Fact, RunEnd, Status,
    signal::{Say, Signal},
};
use orchestron_engine::{Engine, Mode};

/// More writes than stepping in has.
const MOST_WRITES: u32 = 120;
const RUN: &str = "TASK-001-implement-1";
const WORDS: &str = "use PostgreSQL instead";

/// An implementer whose turn goes on until somebody interrupts it, and who submits when it was told something.
fn script() -> Script {
    let call = CallId("1".into());
    let ended = |end| {
        Act::Says(Signal::TurnEnded {
            end,
            words: String::new(),
            denials: 0,
        })
    };
    let stopped = RunEnd::Stopped {
        why: "interrupted".into(),
    };
    vec![
        Act::Says(Signal::Started {
            session: None,
            version: "2.1.0".into(),
            model: "scripted".into(),
        }),
        Act::AwaitsInterrupt,
        ended(stopped),
        Act::AwaitsWords,
        Act::Edits,
        Act::Says(Signal::ToolCalled {
            call: call.clone(),
            tool: "task_submit".into(),
            arguments: r#"{"note":"it is done"}"#.into(),
        }),
        Act::AwaitsReply(call),
        ended(RunEnd::Completed),
        Act::AwaitsHalt,
        Act::Ends(quiet_end()),
    ]
}

/// A world whose implementer works, and to whom a person has just said something.
fn world() -> World {
    let world = World::new();
    world.chain(None, Some("claude-impl"), None);
    world.configure(|config| config.gates.clear());
    world.trust();
    world.task(1, Status::Ready, "Search");
    world.script("implement", script());
    let mut engine = Engine::start(world.ports(), Mode::Run).unwrap();
    for _ in 0..50 {
        let runs = [orchestron_engine::ports::Wake::Run(RUN.parse().unwrap())];
        engine.step(&runs).unwrap();
        if engine.state().runs.values().any(|run| run.came_up) {
            break;
        }
    }
    drop(engine);
    let fact = Fact::PersonIntervened {
        run: RUN.parse().unwrap(),
        text: WORDS.into(),
    };
    world.store().append(&Actor::Person, vec![fact]).unwrap();
    world
}

/// How often the run was interrupted, and the words that were said to it.
fn heard(world: &World) -> (usize, Vec<String>) {
    let said = world.said(RUN);
    let interrupts = said.iter().filter(|say| **say == Say::Interrupt).count();
    let words = said.into_iter().filter_map(|say| match say {
        Say::Words { text, .. } => Some(text),
        _ => None,
    });
    (interrupts, words.collect())
}

#[test]
fn words_are_heard_once_by_the_run_that_goes_on() {
    let world = world();
    run(&world);
    let (interrupts, words) = heard(&world);
    assert_eq!(interrupts, 1);
    assert!(
        matches!(&words[..], [text] if text.contains(WORDS)),
        "{words:?}"
    );
    assert_eq!(world.status("TASK-001"), Some(Status::Review));
    let started = world.started();
    assert_eq!(started.len(), 1, "the same run goes on: {started:?}");
}

#[test]
fn no_word_is_lost_or_said_twice_wherever_the_world_dies() {
    for at in 0..MOST_WRITES {
        let world = world();
        world.die_after(at);
        if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
            // Dying is the point; what it says while dying is not.
            drop(engine.run());
        }
        let died = world.revive();
        run(&world);
        let (_, words) = heard(&world);
        assert!(
            matches!(&words[..], [text] if text.contains(WORDS)),
            "at {at}: {words:?}"
        );
        let status = world.status("TASK-001");
        let story = || format!("at {at}: {:#?} {:#?}", world.facts(), world.said(RUN));
        assert_eq!(status, Some(Status::Review), "{}", story());
        if !died {
            assert!(at > 5, "it died nowhere");
            return;
        }
    }
    panic!("it never ran to its end");
}
