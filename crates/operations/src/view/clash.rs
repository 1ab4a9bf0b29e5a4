//! What clashed and who takes over, in words.

use super::word;
use orchestron_domain::{Fact, TaskId};

/// A fact about conflicts or reassignments in a sentence; none for what is only looked at.
#[must_use]
pub fn about(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::Reassigned {
            task,
            leg,
            to: Some(agent),
            why,
        } => format!("{task}: {agent} takes over {leg} ({why})"),
        Fact::Reassigned { task, leg, why, .. } => {
            format!("{task}: {leg} goes back to whom the chain names ({why})")
        }
        Fact::Rethought { task, why } => format!("{task} is prepared anew ({why})"),
        Fact::ConflictFound {
            kind,
            tasks,
            evidence,
            ..
        } => format!("{} clash ({}): {evidence}", listed(tasks), kind.word()),
        Fact::ConflictResolved {
            conflict,
            resolution,
            why,
        } => format!(
            "conflict {}: {} ({why})",
            conflict.0,
            word::resolution(resolution)
        ),
        Fact::CaughtUp { task, files, .. } if files.is_empty() => {
            format!("{task} was brought up to its base")
        }
        Fact::CaughtUp { task, files, .. } => format!(
            "{task} cannot be brought up to its base: {} conflict",
            files.join(", ")
        ),
        _ => return None,
    })
}

fn listed(tasks: &[TaskId]) -> String {
    let tasks: Vec<_> = tasks.iter().map(ToString::to_string).collect();
    tasks.join(" and ")
}
