//! `board` and `list`: cards. No task file is read for them.

use crate::{
    Context, OpError, project,
    view::{Sight, in_columns, word},
    wire::{BoardView, CardView, CountView, StatusView, input},
};
use orchestron_domain::{AgentName, State, Status, TaskCard};

/// The board: the project and every card, column by column, in the order they stand there.
///
/// # Errors
/// When the project cannot be read.
pub fn board(cx: &mut Context, _input: &input::Nothing) -> Result<BoardView, OpError> {
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    Ok(BoardView {
        project: project::view(cx, &sight)?,
        cards: in_columns(&sight, |_| true),
    })
}

/// Where everything stands: counts by the folders, and the few cards that something is under way with. However many tasks rest,
/// it takes no longer.
///
/// # Errors
/// When the project cannot be read.
pub fn status(cx: &mut Context, _input: &input::Nothing) -> Result<StatusView, OpError> {
    cx.store.look()?;
    let (state, task_problems) = cx.store.in_flight()?;
    let (_, config_problems) = cx.store.files().config()?;
    let counted = cx.store.files().counts()?;
    let sight = Sight::new(cx, &state)?;
    let moves = |card: &TaskCard| {
        card.status == Status::InProgress
            || sight.live(&card.id).is_some()
            || !sight.requests(&card.id).is_empty()
    };
    let counts = Status::ALL.into_iter().map(|status| CountView {
        status: word::status(status),
        count: counted.get(&status).copied().unwrap_or(0),
    });
    Ok(StatusView {
        name: project::name(cx, &state),
        engine: project::engine(&sight),
        counts: counts.collect(),
        in_flight: project::number(project::in_flight(&sight)),
        needs_you: project::number(state.open_requests().count()),
        cards: in_columns(&sight, moves),
        problems: config_problems
            .into_iter()
            .chain(task_problems)
            .map(word::problem)
            .collect(),
    })
}

/// Cards, perhaps only those that stand somewhere, or that somebody implements or holds now.
///
/// # Errors
/// When the project cannot be read.
pub fn list(cx: &mut Context, input: &input::List) -> Result<Vec<CardView>, OpError> {
    let agent = match &input.agent {
        Some(text) => Some(text.parse::<AgentName>().map_err(|error| OpError::Input {
            field: "agent",
            what: error.to_string(),
        })?),
        None => None,
    };
    let state = cx.state()?;
    let sight = Sight::new(cx, &state)?;
    Ok(in_columns(&sight, |card| {
        input
            .status
            .is_none_or(|status| card.status == word::status_of(status))
            && agent.as_ref().is_none_or(|name| is_of(&state, card, name))
    }))
}

/// Whether the task is this holder's: it holds it now, its turn comes next, or the file names it.
fn is_of(state: &State, card: &TaskCard, name: &AgentName) -> bool {
    let leg = orchestron_domain::schedule::leg_of(card.status);
    let next = leg.map(|leg| state.holder(&card.id, leg));
    card.agent.as_ref() == Some(name)
        || next.as_ref().and_then(word::name_of) == Some(name)
        || crate::who::holds(state, &card.id)
            .as_ref()
            .and_then(word::name_of)
            == Some(name)
}
