//! What is odd about tasks that are still to be done: nothing of it stops anything, and all of it may be a slip that costs hours,
//! such as a priority nobody knows, a holder nobody is, or a task that others wait for and that is not there.

use super::note;
use crate::{Context, OpError, wire::Finding};
use orchestron_domain::{State, Status, TaskCard};
use std::collections::BTreeSet;

/// At most so many are told, and one more line says how many there are.
const TOLD: usize = 20;
/// What these findings are about.
const ABOUT: &str = "task files";

/// Notes on tasks that are not over.
///
/// # Errors
/// When the index cannot be read. A file that cannot be read now is told of elsewhere.
pub fn found(cx: &mut Context, state: &State) -> Result<Vec<Finding>, OpError> {
    let mut notes = Vec::new();
    for card in state.cards.values().filter(|card| !card.status.is_over()) {
        notes.extend(holder(state, card));
        notes.extend(lost(state, card));
        if let Ok((file, parsed)) = cx.store.read(&card.id) {
            notes.extend(parsed.oddities_in(card.status).into_iter().map(|odd| {
                let at = format!(".mcp/tasks/{}:{}", file.path, odd.line);
                note(ABOUT, format!("{at}: {}", odd.what), odd.cure)
            }));
        }
    }
    let more = notes.len().saturating_sub(TOLD);
    if more > 0 {
        notes.truncate(TOLD);
        notes.push(note(
            ABOUT,
            format!("{more} more odd things in task files"),
            "`orchestron show TASK` tells those of a task",
        ));
    }
    Ok(notes)
}

/// A name under `## Agent` that nobody has: such a task waits for somebody who perhaps never comes.
fn holder(state: &State, card: &TaskCard) -> Option<Finding> {
    let name = card.agent.as_ref()?;
    let chain = &state.config.chain;
    let mut named = chain
        .implement
        .iter()
        .chain(&chain.prepare)
        .chain(&chain.review);
    let known = state.config.agents.contains_key(name) || named.any(|other| other == name);
    (!known && card.status != Status::Review).then(|| {
        let names: Vec<_> = state.config.agents.keys().map(ToString::to_string).collect();
        note(
            ABOUT,
            format!(
                "{} is for `{name}`, and nobody is called that: it waits until somebody takes it in that name",
                card.id
            ),
            format!(
                "write one of {} (or `unassigned`) under `## Agent`, or add `{name}` to .mcp/agents.yaml",
                names.join(", ")
            ),
        )
    })
}

/// Tasks that it waits for and that are nowhere.
fn lost(state: &State, card: &TaskCard) -> Option<Finding> {
    let there = |task: &&orchestron_domain::TaskId| {
        state.cards.contains_key(*task) || state.unclear.contains(*task)
    };
    let lost: BTreeSet<String> = card
        .depends_on
        .iter()
        .filter(|task| !there(task))
        .map(ToString::to_string)
        .collect();
    let names: Vec<String> = lost.into_iter().collect();
    (!names.is_empty()).then(|| {
        note(
            ABOUT,
            format!(
                "{} waits for {}, and there is no such task",
                card.id,
                names.join(", ")
            ),
            format!("take it out of `## Depends On` of {}, or write it", card.id),
        )
    })
}
