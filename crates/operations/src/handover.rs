//! `context`: one task with its whole context, for the leg whose turn it is. Nothing is taken by looking.

use crate::{
    Context, OpError,
    view::{self, Sight, word},
    who::Who,
    wire::{NextView, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::{Leg, schedule::leg_of};
use orchestron_engine::outside_document;

/// A task as its holder gets it: what is wanted, what was handed on, what came back.
///
/// # Errors
/// When there is no such task, its file cannot be read, or the name is unknown.
pub fn context(cx: &mut Context, input: &input::ForHolder) -> Result<NextView, OpError> {
    let task = id(&input.task)?;
    let state = cx.shown(&task)?;
    must_be_clear(cx, &state, &task)?;
    let holder = Who::asks(cx, &state, input.agent.as_deref())?.holder();
    let leg = leg_of(card(&state, &task)?.status).unwrap_or(Leg::Approve);
    let document = outside_document(&mut cx.store, cx.git.as_ref(), &state, &task, leg, &holder)?;
    let sight = Sight::new(cx, &state)?;
    let place = state
        .tasks
        .get(&task)
        .and_then(|found| found.place.as_ref());
    Ok(NextView {
        task: state
            .cards
            .get(&task)
            .map(|card| view::card(&sight, card, 0)),
        leg: Some(word::leg(leg)),
        document,
        worktree: place.map(|place| place.path.clone()),
        none: None,
    })
}
