//! `order`: give a task its place among those of its priority, in its file.

use crate::{
    Context, OpError,
    who::only_person,
    wire::{Done, input},
    writing::{card, done, id, must_be_clear},
};
use orchestron_domain::{Actor, Fact, State, TaskCard, TaskId};

/// Room between two orders, so that a third fits in without touching the others' files.
const GAP: i64 = 10;

/// Where a task is to go.
enum Place {
    First,
    Before(TaskId),
    After(TaskId),
    At(i64),
    None,
}

/// Gives a task its place among those of its priority: lower orders go first, tasks without one after all that have one, by age.
///
/// # Errors
/// When there is no such task, it is not said where, or a file cannot be written.
pub fn order(cx: &mut Context, input: &input::Order) -> Result<Done, OpError> {
    only_person(cx, "give tasks their order")?;
    let task = id(&input.task)?;
    let place = place(input)?;
    let state = match place {
        Place::None | Place::At(_) => cx.of([&task])?,
        // Among all of its priority.
        Place::First | Place::Before(_) | Place::After(_) => cx.state()?,
    };
    must_be_clear(cx, &state, &task)?;
    let own = card(&state, &task)?;
    let orders = match &place {
        Place::None => vec![(task.clone(), None)],
        Place::At(number) => vec![(task.clone(), Some(*number))],
        Place::First => first(&state, own),
        Place::Before(other) => beside(&state, own, neighbour(&state, own, other)?, true),
        Place::After(other) => beside(&state, own, neighbour(&state, own, other)?, false),
    };
    let mut moved = Vec::new();
    for (id, number) in orders {
        if state
            .cards
            .get(&id)
            .is_some_and(|card| card.order == number)
        {
            continue;
        }
        let changed = cx
            .store
            .edit(&id, |file| file.set_order(number).map(|_| ()))?;
        if changed {
            let what = "its order".to_owned();
            let fact = Fact::TaskEdited {
                task: id.clone(),
                what,
            };
            cx.store.append(&Actor::Person, vec![fact])?;
        }
        moved.push((id, number));
    }
    Ok(told(&task, own, &place, &moved))
}

fn place(input: &input::Order) -> Result<Place, OpError> {
    let wrong = |what: &str| OpError::Input {
        field: "order",
        what: what.to_owned(),
    };
    let mut places = Vec::new();
    if input.first {
        places.push(Place::First);
    }
    if let Some(other) = &input.before {
        places.push(Place::Before(id(other)?));
    }
    if let Some(other) = &input.after {
        places.push(Place::After(id(other)?));
    }
    if let Some(number) = input.at {
        places.push(Place::At(i64::from(number)));
    }
    if input.none {
        places.push(Place::None);
    }
    let mut places = places.into_iter();
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (None, _) => Err(wrong(
            "say where: first, before or after a task, a number, or none",
        )),
        _ => Err(wrong("say where in one way only")),
    }
}

/// The task beside which one is to go; of the same priority, else it makes no difference.
fn neighbour<'s>(
    state: &'s State,
    own: &TaskCard,
    other: &TaskId,
) -> Result<&'s TaskCard, OpError> {
    let wrong = |what: String| OpError::Input {
        field: "order",
        what,
    };
    let found = card(state, other)?;
    if found.id == own.id {
        return Err(wrong(format!("{other} cannot go beside itself")));
    }
    if found.priority != own.priority {
        return Err(wrong(format!(
            "{} is {} and {other} is {}: the order counts only among tasks of one priority",
            own.id, own.priority, found.priority
        )));
    }
    Ok(found)
}

type Orders = Vec<(TaskId, Option<i64>)>;

/// Open tasks of a priority that have an order, apart from one, in their order.
fn ordered<'s>(state: &'s State, own: &TaskCard) -> Vec<(i64, &'s TaskCard)> {
    let mut found: Vec<_> = state
        .cards
        .values()
        .filter(|card| card.priority == own.priority && card.id != own.id)
        .filter(|card| !card.status.is_over())
        .filter_map(|card| Some((card.order?, card)))
        .collect();
    found.sort_by_key(|(order, card)| (*order, &card.id));
    found
}

fn first(state: &State, own: &TaskCard) -> Orders {
    let first = ordered(state, own).first().map(|(order, _)| *order);
    let number = match first {
        // It is the first already.
        Some(first) if own.order.is_some_and(|order| order < first) => return Vec::new(),
        Some(first) => first.saturating_sub(GAP),
        None => own.order.unwrap_or(GAP),
    };
    vec![(own.id.clone(), Some(number))]
}

/// Beside another one; files of others are touched only when there is no room between them.
fn beside(state: &State, own: &TaskCard, other: &TaskCard, before: bool) -> Orders {
    let mut line = ordered(state, own);
    let Some(at) = line.iter().position(|(_, card)| card.id == other.id) else {
        // The other one has no order: it goes behind all that have one.
        let last = line.last().map_or(0, |(order, _)| *order);
        let next = last.saturating_add(GAP);
        if before {
            return vec![(own.id.clone(), Some(next))];
        }
        let after = next.saturating_add(GAP);
        return vec![
            (other.id.clone(), Some(next)),
            (own.id.clone(), Some(after)),
        ];
    };
    let at = if before { at } else { at + 1 };
    let low = at
        .checked_sub(1)
        .and_then(|at| line.get(at))
        .map(|(order, _)| *order);
    let high = line.get(at).map(|(order, _)| *order);
    let between = match (low, high) {
        (None, Some(high)) => high.checked_sub(GAP),
        (Some(low), None) => low.checked_add(GAP),
        (Some(low), Some(high)) => {
            let middle = low.saturating_add(high.saturating_sub(low) / 2);
            (middle > low && middle < high).then_some(middle)
        }
        (None, None) => Some(GAP),
    };
    if let Some(number) = between {
        return vec![(own.id.clone(), Some(number))];
    }
    line.insert(at, (0, own));
    (1..)
        .zip(line)
        .map(|(place, (_, card))| (card.id.clone(), Some(place * GAP)))
        .collect()
}

fn told(task: &TaskId, own: &TaskCard, place: &Place, moved: &Orders) -> Done {
    let number = moved
        .iter()
        .find_map(|(id, number)| (id == task).then_some(*number));
    let did = match (place, number) {
        (_, None) => format!("{task} is there already"),
        (_, Some(None)) => format!("{task} goes by its age again"),
        (Place::First, _) => format!("{task} goes before the other {} tasks", own.priority),
        (Place::Before(other), _) => format!("{task} goes before {other}"),
        (Place::After(other), _) => format!("{task} goes after {other}"),
        (_, Some(Some(number))) => format!("{task} has the order {number}"),
    };
    let mut told = done(Some(task), Some(own.status), did);
    let others = moved.iter().filter(|(id, _)| id != task);
    for (id, number) in others {
        if let Some(number) = number {
            told.next.push(format!("{id} has the order {number} now"));
        }
    }
    told.next
        .push("what is furthest along goes first, then what is more urgent, then the order".into());
    told
}
