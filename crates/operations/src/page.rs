//! A page of the list of cards, for whoever gives it page by page: of thousands of cards only those of the page are made.

use crate::{
    Context, OpError,
    board::Asked,
    view::{self, Sight, column, word},
    wire::{CardView, input},
};
use orchestron_domain::{Status, TaskCard};

/// Behind which card a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its column.
    pub column: u8,
    /// Its place there.
    pub order: u32,
    /// Its task.
    pub id: String,
}

impl Place {
    /// Where a card stands.
    #[must_use]
    pub fn of(card: &CardView) -> Self {
        Self {
            column: card.status as u8,
            order: card.order,
            id: card.id.clone(),
        }
    }
}

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its cards.
    pub cards: Vec<CardView>,
    /// How many there are behind it.
    pub behind: usize,
    /// How many there are in all.
    pub total: usize,
}

/// Which page.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Which cards.
    pub list: &'a input::List,
    /// None that is over.
    pub open: bool,
    /// Behind which card it begins; none = the first page.
    pub after: Option<&'a Place>,
    /// How many cards it has at most.
    pub limit: usize,
}

/// Cards as `list` gives them, page by page.
///
/// # Errors
/// When the project cannot be read, or nobody has that name.
pub fn page(cx: &mut Context, wanted: Wanted<'_>) -> Result<Page, OpError> {
    let state = cx.state()?;
    let agent = wanted.list.agent.as_deref();
    let agent = agent.map(|text| Asked::read_or(&state, text, || false));
    let agent = agent.transpose()?;
    let sight = Sight::new(cx, &state)?;
    let mut rows: Vec<(u32, &TaskCard)> = Vec::new();
    for status in Status::ALL {
        let other = |named| word::status_of(named) != status;
        if wanted.list.status.is_some_and(other) || (wanted.open && status.is_over()) {
            continue;
        }
        let cards = (0..).zip(column(&sight, status));
        rows.extend(cards.filter(|(_, card)| {
            let mut who = agent.iter();
            who.all(|who| who.has(&state, card))
        }));
    }
    let start = wanted.after.map_or(0, |place| behind(&rows, place));
    let of_page = rows.iter().skip(start).take(wanted.limit);
    let cards: Vec<_> = of_page
        .map(|(order, card)| view::card(&sight, card, *order))
        .collect();
    Ok(Page {
        behind: rows.len() - start - cards.len(),
        cards,
        total: rows.len(),
    })
}

/// Where the page behind a place begins.
fn behind(rows: &[(u32, &TaskCard)], place: &Place) -> usize {
    let column = |card: &TaskCard| word::status(card.status) as u8;
    let same = |(_, card): &(u32, &TaskCard)| {
        column(card) == place.column && card.id.to_string() == place.id
    };
    if let Some(found) = rows.iter().position(same) {
        return found + 1;
    }
    // It has left its column: who stood behind it stands in its place now.
    let next =
        |(order, card): &(u32, &TaskCard)| (column(card), *order) >= (place.column, place.order);
    rows.iter().position(next).unwrap_or(rows.len())
}
