//! `impact`: what the approval of a task would start.

use crate::{
    Context, OpError,
    view::word,
    why::kind,
    wire::{ImpactView, StartView, StillWaitsView, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::{State, TaskId, schedule};

/// What the approval of a task would start.
///
/// # Errors
/// When there is no such task, or the project cannot be read.
pub fn impact(cx: &mut Context, input: &input::OnTask) -> Result<ImpactView, OpError> {
    let task = id(&input.task)?;
    let state = cx.state()?;
    if !state.cards.contains_key(&task) {
        must_be_clear(cx, &state, &task)?;
    }
    let title = card(&state, &task)?.title.clone();
    let found = schedule::impact(&state, &task, cx.store.now());
    let starts = found.starts.into_iter().map(|one| StartView {
        title: title_of(&state, &one.task),
        task: one.task.to_string(),
        leg: word::leg(one.leg),
        who: word::holder(&one.who),
        why: one.why,
        position: one.position.and_then(|at| u32::try_from(at).ok()),
        at_once: one.at_once,
        holds: kind(&one.wait),
    });
    let waits = found
        .still_waits
        .iter()
        .map(|(one, others)| StillWaitsView {
            task: one.to_string(),
            title: title_of(&state, one),
            waits_for: others.iter().map(ToString::to_string).collect(),
        });
    Ok(ImpactView {
        task: task.to_string(),
        title,
        starts: starts.collect(),
        still_waits: waits.collect(),
        all: found.all.iter().map(ToString::to_string).collect(),
    })
}

fn title_of(state: &State, task: &TaskId) -> String {
    let card = state.cards.get(task);
    card.map(|card| card.title.clone()).unwrap_or_default()
}
