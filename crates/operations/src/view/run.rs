//! A run.

use super::{Sight, word};
use crate::wire::{RunView, RunWord};
use orchestron_domain::{Run, RunStatus, run::Work};

/// A run as surfaces show it.
#[must_use]
pub fn run(sight: &Sight<'_>, run: &Run) -> RunView {
    let (leg, gate, attempt) = match &run.work {
        Work::Leg { leg, attempt, .. } => (Some(word::leg(*leg)), None, *attempt),
        Work::Gate { gate, .. } => (None, Some(gate.clone()), 1),
    };
    let good = run
        .end
        .as_ref()
        .is_some_and(orchestron_domain::RunEnd::is_good);
    RunView {
        id: run.id.to_string(),
        leg,
        gate,
        agent: run.agent().map(ToString::to_string),
        attempt,
        state: match run.status {
            RunStatus::Starting => RunWord::Starting,
            RunStatus::Working => RunWord::Working,
            RunStatus::Waiting => RunWord::Waiting,
            RunStatus::Ending => RunWord::Ending,
            RunStatus::Ended if good => RunWord::Completed,
            RunStatus::Ended => RunWord::Failed,
        },
        end: run.end.as_ref().map(ToString::to_string),
        since: word::millis(run.since),
        until: run.until.map(word::millis),
        cost: word::money(run.cost),
        doing: if run.is_live() {
            sight.doing(run)
        } else {
            None
        },
    }
}
