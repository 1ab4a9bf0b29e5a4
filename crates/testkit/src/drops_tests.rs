//! Messages by file: sent once and taken once, also when the world dies at every single write and system call of it.

use crate::{World, chain_tests::run};
use orchestron_domain::{Fact, Status};
use orchestron_engine::{Engine, Mode};

/// More writes and calls than a message has.
const MOST: u32 = 80;
const TOLD: &str = r#"{"from": "cursor", "text": "the port is 8080 now"}"#;

fn world() -> World {
    let world = World::new();
    world.outside("cursor");
    world.outside("zed");
    world.trust();
    world.task(1, Status::Done, "Search");
    world.inbox("zed");
    world
}

/// Numbers of the messages that were sent.
fn sent(world: &World) -> Vec<u64> {
    let events = world.events().into_iter();
    events
        .filter(|event| matches!(event.fact, Fact::MessageSent { .. }))
        .map(|event| event.seq.0)
        .collect()
}

fn acked(world: &World) -> usize {
    let facts = world.facts();
    let is_ack = |fact: &&Fact| matches!(fact, Fact::MessageAcked { .. });
    facts.iter().filter(is_ack).count()
}

/// An engine that dies somewhere; whether it died.
fn dies(world: &World) -> bool {
    if let Ok(mut engine) = Engine::start(world.ports(), Mode::Run) {
        // Dying is the point; what it says while dying is not.
        drop(engine.run());
    }
    world.revive()
}

#[test]
fn a_file_becomes_a_message_and_a_message_a_file() {
    let world = world();
    world.drop_file("zed", "hello.json", TOLD);
    run(&world);
    assert!(world.text("messages/zed/inbox/hello.json").is_none());
    let [message] = sent(&world)[..] else {
        panic!("{:?}", world.facts());
    };
    let put = world.text(&format!("messages/zed/inbox/m-{message}.json"));
    assert!(put.unwrap().contains("the port is 8080 now"));
    assert_eq!(acked(&world), 0);
    assert!(world.takes_message("zed", message));
    run(&world);
    assert_eq!(acked(&world), 1);
}

#[test]
fn a_message_is_sent_and_taken_once_wherever_the_world_dies() {
    for calls in [false, true] {
        for at in 0..MOST {
            let world = world();
            run(&world);
            world.drop_file("zed", "hello.json", TOLD);
            if calls {
                world.die_at(at);
            } else {
                world.die_after(at);
            }
            let died = dies(&world);
            // Whoever watches a folder looks at all of it when it begins.
            world.inbox("zed");
            run(&world);
            let [message] = sent(&world)[..] else {
                panic!("at {at}: {:?}", world.facts());
            };
            assert!(world.takes_message("zed", message), "at {at}: it was put");
            run(&world);
            run(&world);
            assert_eq!((sent(&world).len(), acked(&world)), (1, 1), "at {at}");
            if !died {
                assert!(at > 1, "it died nowhere");
                break;
            }
            assert!(at + 1 < MOST, "it never ran to its end");
        }
    }
}
