//! Operations on the fakes.

mod claims;
mod conflicts;
mod decisions;
mod legs;
mod pages;
mod reads;
mod reviews;
mod rights;
mod scheduling;
mod sessions;
mod settings;
mod steps;
mod tools;
mod undone;
mod views;
mod workflows;

use crate::{Context, OpError, Project, call, view::word, wire::CardView};
use orchestron_domain::{Actor, AskId, Fact, Seq, Status, signal::Signal};
use orchestron_engine::{Engine, Mode};
use orchestron_testkit::{Act, World};
use serde_json::Value;
use std::borrow::Cow;

/// A surface's access to a world.
pub fn cx(world: &World, actor: Actor) -> Context {
    Context {
        store: world.store(),
        git: world.git(),
        logs: world.logs(),
        keys: world.keys(),
        programs: world.programs(),
        project: Project {
            path: "/home/me/storefront".into(),
            scripted: false,
        },
        actor: actor.into(),
    }
}

/// The person's access.
pub fn person(world: &World) -> Context {
    cx(world, Actor::Person)
}

/// A holder outside, connected in its own name.
pub fn outside(world: &World, name: &str) -> Context {
    cx(
        world,
        Actor::Outside {
            name: name.parse().unwrap(),
        },
    )
}

/// Runs an engine until nothing is left to do.
pub fn run(world: &World) {
    Engine::start(world.ports(), Mode::Run)
        .unwrap()
        .run()
        .unwrap();
}

/// Carries out what follows, but starts no agent; as a command does when no engine runs.
pub fn settle(world: &World) {
    Engine::start(world.ports(), Mode::Settle)
        .unwrap()
        .settle()
        .unwrap();
}

/// Asks as the person.
pub fn ask(world: &World, name: &str, input: Value) -> Result<Value, OpError> {
    let answer = call(&mut person(world), name, input.clone());
    if name == "list"
        && let Ok(cards) = &answer
    {
        lines_agree(world, input, cards);
    }
    answer
}

/// What a list prints for people says what its cards say; each list of each test is compared.
fn lines_agree(world: &World, input: Value, cards: &Value) {
    let cards: Vec<CardView> = serde_json::from_value(cards.clone()).unwrap();
    let of_cards: Vec<_> = cards
        .into_iter()
        .map(|card| {
            let stops: Vec<_> = card.chain.iter().map(|stop| stop.state).collect();
            let asks = card.request.is_some();
            let (status, priority) = (card.status, card.priority);
            (
                card.id, card.title, status, priority, stops, card.line, asks,
            )
        })
        .collect();
    let mut of_lines = Vec::new();
    let input = serde_json::from_value(input).unwrap();
    crate::lines::each(&mut person(world), &input, &mut |line| {
        let (status, priority) = (word::status(line.status), line.priority.to_string());
        let (id, title) = (line.id.to_string(), line.title.to_owned());
        let (stops, said) = (line.stops.into_owned(), line.line.map(Cow::into_owned));
        of_lines.push((id, title, status, priority, stops, said, line.asks));
    })
    .unwrap();
    assert_eq!(of_lines, of_cards);
}

/// Asks as the person, and it must work.
pub fn good(world: &World, name: &str, input: Value) -> Value {
    ask(world, name, input).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The code of the error that the person gets.
pub fn code(world: &World, name: &str, input: Value) -> &'static str {
    ask(world, name, input)
        .expect_err("it should have been refused")
        .code()
}

/// Where the log ends now.
pub fn mark(world: &World) -> Seq {
    Seq(world.events().last().map_or(0, |event| event.seq.0))
}

/// Facts after a mark, with who said them.
pub fn since(world: &World, mark: Seq) -> Vec<(Actor, Fact)> {
    let events = world.events().into_iter().filter(|event| event.seq > mark);
    events.map(|event| (event.by, event.fact)).collect()
}

/// A world whose chain is cursor's (outside) for all legs but the approval.
pub fn by_cursor() -> World {
    let world = World::new();
    world.outside("cursor");
    world.chain(Some("cursor"), Some("cursor"), Some("cursor"));
    world.trust();
    world
}

/// A world whose implementer stops at a permission: its run stays alive.
pub fn asking() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Take card payments");
    let ask = AskId("req-1".into());
    let asked = Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: r#"{"command":"npm install stripe@17"}"#.into(),
        summary: "Run npm install stripe@17".into(),
        reason: Some("Network access".into()),
    };
    let doing = Signal::Alive {
        doing: "Edit src/pay/card.rs".into(),
    };
    world.script(
        "implement",
        vec![Act::Says(doing), Act::Says(asked), Act::AwaitsPermit(ask)],
    );
    run(&world);
    world
}

/// A script of a program that ends at once with exit code 1.
pub fn failing(tail: &str) -> orchestron_testkit::Script {
    vec![Act::Ends(orchestron_engine::ports::Over {
        code: Some(1),
        signal: None,
        end: None,
        tail: tail.to_owned(),
    })]
}

/// A world with one task in review, reviewed, waiting for the person's decision.
pub fn in_review() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Rate-limit the login");
    run(&world);
    world
}

/// A world with a task that failed three times, was prepared anew, failed three times again and is escalated.
pub fn escalated() -> World {
    let world = World::new();
    world.task(1, Status::Ready, "Flaky checkout");
    for _ in 0..6 {
        world.script("implement", failing("boom"));
    }
    run(&world);
    world
}
