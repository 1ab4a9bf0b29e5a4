//! `list` for people: a line for each card. It says what the cards of [`board::list`](crate::board::list) say in a line, and is made
//! without the rest of them, because there may be thousands.

use crate::{
    Context, OpError,
    board::Asked,
    view::{FULL_DONE, Sight, line, states, word},
    wire::{ProblemView, StopState, input},
};
use orchestron_domain::{AgentName, Holder, Priority, Status, TaskCard, TaskId, schedule::leg_of};
use std::collections::BTreeMap;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The task.
    pub id: &'a TaskId,
    /// Its title.
    pub title: &'a str,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// How far each stop of its chain is; none for what was done long ago.
    pub stops: Vec<StopState>,
    /// What happens with it now, or why nothing does.
    pub line: Option<String>,
    /// Whether it waits for a person's decision.
    pub asks: bool,
}

/// Tells a line for each card, column by column, in the order they stand there; returns what keeps files from being among them.
///
/// # Errors
/// When the project cannot be read, or nobody has the name that is asked for; then no line was told.
pub fn each(
    cx: &mut Context,
    input: &input::List,
    tell: &mut dyn FnMut(Line<'_>),
) -> Result<Vec<ProblemView>, OpError> {
    cx.look()?;
    let agent = input.agent.as_deref();
    let full = usize::try_from(FULL_DONE).unwrap_or(usize::MAX);
    let named = agent.filter(|agent| *agent != "person");
    let listed = cx.store.listed(named, full)?;
    let state = &listed.state;
    let known = || listed.done.iter().any(|done| done.is_theirs);
    let agent = agent.map(|text| Asked::read_or(state, text, known));
    let agent = agent.transpose()?;
    let sight = Sight::new(cx, state)?;
    let mut resting = Resting::default();
    let status = input.status.map(word::status_of);
    for column in Status::ALL {
        if status.is_some_and(|status| status != column) {
            continue;
        }
        if column == Status::Done {
            for (order, done) in listed.done.iter().enumerate() {
                if agent.is_none() || done.is_theirs {
                    tell(of_done(&sight, done, order < full));
                }
            }
            continue;
        }
        for card in crate::view::column(&sight, column) {
            if agent.as_ref().is_none_or(|who| who.has(state, card)) {
                tell(resting.of(&sight, card));
            }
        }
    }
    Ok(listed.problems.into_iter().map(word::problem).collect())
}

/// What is said of tasks with which nothing has happened yet and that wait for nothing but their holder, who is no agent of ours:
/// the same of all that stand in one column and name the same holder. Most open tasks of a large project are such.
#[derive(Default)]
struct Resting {
    said: BTreeMap<(Status, Option<AgentName>), Said>,
}

/// The stops of the chain, and the line.
type Said = (Vec<StopState>, Option<String>);

impl Resting {
    fn of<'a>(&mut self, sight: &Sight<'_>, card: &'a TaskCard) -> Line<'a> {
        if !is_resting(sight, card) {
            return of(sight, card);
        }
        let key = (card.status, card.agent.clone());
        let (stops, line) = self.said.entry(key).or_insert_with(|| {
            let line = of(sight, card);
            (line.stops, line.line)
        });
        Line {
            id: &card.id,
            title: &card.title,
            status: card.status,
            priority: card.priority,
            stops: stops.clone(),
            line: line.clone(),
            asks: false,
        }
    }
}

fn is_resting(sight: &Sight<'_>, card: &TaskCard) -> bool {
    let state = sight.state;
    let untouched = matches!(card.status, Status::Pending | Status::Ready)
        && sight.progress(&card.id).is_none()
        && sight.requests(&card.id).is_empty()
        && sight.live(&card.id).is_none()
        && !state.unclear.contains(&card.id);
    let waits_for_nothing = || state.undone(card).is_empty();
    let leg = leg_of(card.status);
    let holder = || leg.map(|leg| state.config.holder(leg, card.agent.as_ref()));
    untouched && waits_for_nothing() && !matches!(holder(), Some(Holder::Agent(_)) | None)
}

fn of<'a>(sight: &Sight<'_>, card: &'a TaskCard) -> Line<'a> {
    Line {
        id: &card.id,
        title: &card.title,
        status: card.status,
        priority: card.priority,
        stops: states(sight, card).collect(),
        line: line(sight, card),
        asks: !sight.requests(&card.id).is_empty(),
    }
}

fn of_done<'a>(sight: &Sight<'_>, done: &'a orchestron_engine::Done, full: bool) -> Line<'a> {
    let card = sight.state.cards.get(&done.id).filter(|_| full);
    Line {
        id: &done.id,
        title: &done.title,
        status: Status::Done,
        priority: done.priority,
        stops: card.map_or_else(Vec::new, |card| states(sight, card).collect()),
        line: None,
        asks: !sight.requests(&done.id).is_empty(),
    }
}
