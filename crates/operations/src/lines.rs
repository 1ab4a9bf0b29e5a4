//! `list` for people: a line for each card. It says what the cards of [`board::list`](crate::board::list) say in a line, and is made
//! without the rest of them, because there may be thousands.

use crate::{
    Context, OpError,
    board::Asked,
    view::{FULL_DONE, Sight, line, states, word},
    wire::{ProblemView, StopState, input},
};
use orchestron_domain::{Priority, State, Status, TaskCard, TaskId};
use orchestron_engine::{Brief, Kind, Listed};
use std::borrow::Cow;

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
    pub stops: Cow<'a, [StopState]>,
    /// What happens with it now, or why nothing does.
    pub line: Option<Cow<'a, str>>,
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
    let listed = cx.store.listed(full)?;
    let state = &listed.state;
    let named = |name: &str| {
        let mut all = listed.kinds.iter().filter_map(|kind| kind.agent.as_ref());
        all.any(|agent| agent.as_str() == name)
    };
    let agent = agent.map(|text| Asked::read_or(state, text, || named(text)));
    let agent = agent.transpose()?;
    let sight = Sight::new(cx, state)?;
    let kinds = listed.kinds.iter().map(|kind| of_kind(&sight, kind));
    let kinds: Vec<Option<Said>> = kinds.collect();
    let is_wanted = |card: &TaskCard| agent.as_ref().is_none_or(|who| who.has(state, card));
    let is_wanted_kind = |kind: &Kind| match (&agent, &kind.like) {
        (None, _) => true,
        (Some(_), Some(like)) => state.cards.get(like).is_some_and(is_wanted),
        (Some(who), None) => who.is_named_by(kind.agent.as_ref()),
    };
    let wanted_kinds: Vec<bool> = listed.kinds.iter().map(is_wanted_kind).collect();
    let brief_is_wanted = |brief: &&Brief| wanted_kinds.get(usize::from(brief.kind)) == Some(&true);
    let status = input.status.map(word::status_of);
    for column in Status::ALL {
        if status.is_some_and(|status| status != column) {
            continue;
        }
        if column == Status::Done {
            for (order, done) in listed.done.iter().enumerate() {
                if brief_is_wanted(&done) {
                    tell(of_done(&sight, &listed, done, order < full));
                }
            }
            continue;
        }
        let cards = crate::view::column(&sight, column).into_iter();
        let resting = listed.resting.iter().filter(|brief| brief.status == column);
        let resting = resting.filter(brief_is_wanted);
        for one in in_order(state, cards.filter(|card| is_wanted(card)), resting) {
            match one {
                One::Card(card) => tell(of(&sight, card)),
                One::Brief(brief) => {
                    let said = kinds.get(usize::from(brief.kind)).and_then(Option::as_ref);
                    tell(of_brief(&listed, brief, said));
                }
            }
        }
    }
    let misplaced = cx.store.files().misplaced()?;
    let problems = listed.problems.into_iter().chain(misplaced);
    Ok(problems.map(word::problem).collect())
}

/// The stops of the chain, and the line.
type Said = (Vec<StopState>, Option<String>);

/// One task of a column.
enum One<'a> {
    Card(&'a TaskCard),
    Brief(&'a Brief),
}

/// Cards, which are in the order of their column, and what rests, which comes before what is blocked.
fn in_order<'a>(
    state: &State,
    cards: impl Iterator<Item = &'a TaskCard>,
    resting: impl Iterator<Item = &'a Brief>,
) -> Vec<One<'a>> {
    let mut cards = cards.peekable();
    let mut resting: Vec<&Brief> = resting.collect();
    resting.sort_unstable_by(|a, b| (a.priority, &a.id).cmp(&(b.priority, &b.id)));
    let mut all = Vec::with_capacity(resting.len());
    for brief in resting {
        let is_before = |card: &&TaskCard| {
            (card.priority, &card.id) < (brief.priority, &brief.id) && state.undone(card).is_empty()
        };
        while let Some(card) = cards.next_if(is_before) {
            all.push(One::Card(card));
        }
        all.push(One::Brief(brief));
    }
    all.extend(cards.map(One::Card));
    all
}

/// What is said of each task of a kind.
fn of_kind(sight: &Sight<'_>, kind: &Kind) -> Option<Said> {
    let card = sight.state.cards.get(kind.like.as_ref()?)?;
    Some((states(sight, card).collect(), line(sight, card)))
}

fn of<'a>(sight: &Sight<'_>, card: &'a TaskCard) -> Line<'a> {
    Line {
        id: &card.id,
        title: &card.title,
        status: card.status,
        priority: card.priority,
        stops: states(sight, card).collect::<Vec<_>>().into(),
        line: line(sight, card).map(Cow::Owned),
        asks: !sight.requests(&card.id).is_empty(),
    }
}

fn of_brief<'a>(listed: &'a Listed, brief: &'a Brief, said: Option<&'a Said>) -> Line<'a> {
    let (stops, line) = said.map_or((&[][..], None), |(stops, line)| (stops, line.as_deref()));
    Line {
        id: &brief.id,
        title: listed.title(brief),
        status: brief.status,
        priority: brief.priority,
        stops: stops.into(),
        line: line.map(Cow::Borrowed),
        asks: false,
    }
}

fn of_done<'a>(sight: &Sight<'_>, listed: &'a Listed, done: &'a Brief, full: bool) -> Line<'a> {
    let card = sight.state.cards.get(&done.id).filter(|_| full);
    let stops: Vec<_> = card.map_or_else(Vec::new, |card| states(sight, card).collect());
    Line {
        asks: !sight.requests(&done.id).is_empty(),
        stops: stops.into(),
        ..of_brief(listed, done, None)
    }
}
