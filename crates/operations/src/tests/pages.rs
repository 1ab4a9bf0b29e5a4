//! Lists page by page.

use super::person;
use crate::{
    page::{Page, Place, Wanted, page},
    wire::input,
};
use orchestron_domain::Status;
use orchestron_testkit::World;

fn found(world: &World, open: bool, after: Option<&Place>, limit: usize) -> Page {
    let list = input::List {
        status: None,
        agent: None,
    };
    let wanted = Wanted {
        list: &list,
        open,
        after,
        limit,
    };
    page(&mut person(world), wanted).unwrap()
}

fn world() -> World {
    let world = World::new();
    for number in 1..=40 {
        let status = if number > 30 {
            Status::Done
        } else {
            Status::Pending
        };
        world.task(number, status, "Search");
    }
    world
}

#[test]
fn pages_have_every_card_of_the_list_once_and_in_its_order() {
    let world = world();
    let list = super::good(&world, "list", serde_json::json!({}));
    let all: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|card| card["id"].as_str().unwrap())
        .collect();
    for limit in [1, 7, 100] {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = found(&world, false, after.as_ref(), limit);
            assert_eq!(page.total, 40);
            after = page.cards.last().map(Place::of);
            ids.extend(page.cards.into_iter().map(|card| card.id));
            if page.behind == 0 {
                break;
            }
        }
        assert_eq!(ids, all);
    }
    assert_eq!(
        found(&world, true, None, 100).total,
        30,
        "what is over is left out"
    );
}

#[test]
fn a_page_goes_on_where_a_task_has_gone_from() {
    let world = world();
    let last = found(&world, false, None, 25).cards.pop().unwrap();
    assert_eq!(last.id, "TASK-025");
    let next = |world: &World| {
        found(world, false, Some(&Place::of(&last)), 1)
            .cards
            .remove(0)
            .id
    };
    assert_eq!(next(&world), "TASK-026");
    world.remove("tasks/pending/TASK-004-search.md");
    assert_eq!(next(&world), "TASK-026", "one before it has gone");
    world.remove("tasks/pending/TASK-025-search.md");
    assert_eq!(
        next(&world),
        "TASK-027",
        "only when both have gone one is missed"
    );
}
