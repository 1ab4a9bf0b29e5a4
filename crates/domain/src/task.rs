//! A task as the board knows it: the card read from a task file.

use crate::{AgentName, Leg, Status, TaskId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How urgent a task is. P0 goes before P1 before P2.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Priority {
    /// Drop everything.
    P0,
    /// Normal.
    #[default]
    P1,
    /// When there is time.
    P2,
}

impl Priority {
    /// Reads `P0`, `P1`, `P2` (any case).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "P0" | "p0" => Some(Self::P0),
            "P1" | "p1" => Some(Self::P1),
            "P2" | "p2" => Some(Self::P2),
            _ => None,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
        })
    }
}

/// How many boxes of a checklist are ticked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticks {
    /// Ticked boxes.
    pub done: u32,
    /// All boxes.
    pub all: u32,
}

/// What the board shows of one task file. Read from the file, never written by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCard {
    /// The id, from heading and file name, which must agree.
    pub id: TaskId,
    /// The title, from the heading.
    pub title: String,
    /// The folder the file lies in.
    pub status: Status,
    /// `## Priority`; P1 when absent.
    pub priority: Priority,
    /// `## Agent`, when it names one (`unassigned` is none).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentName>,
    /// `## Depends On`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<TaskId>,
    /// `## Files Affected`, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files_affected: Vec<String>,
    /// `## Order`: the lower goes first among tasks of one priority; none goes after all that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<i64>,
    /// `## Needs`: what whoever does it must have, `capability`, `tool: Bash(npm test)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Boxes of `## Acceptance Criteria`.
    pub criteria: Ticks,
    /// Boxes of `## Definition of Ready`.
    pub ready_boxes: Ticks,
    /// `## Created`, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// How many entries `## Handoffs` has.
    pub handoffs: u32,
    /// The leg the last handoff ended; lets a board whose database is gone go on in the right place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_leg: Option<Leg>,
    /// `## Tests`: what must fail before the work and pass after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<String>,
}

impl TaskCard {
    /// A card of which nothing is known but where it stands.
    #[must_use]
    pub const fn only_where(id: TaskId, status: Status) -> Self {
        Self {
            id,
            title: String::new(),
            status,
            priority: Priority::P1,
            agent: None,
            depends_on: Vec::new(),
            files_affected: Vec::new(),
            order: None,
            needs: Vec::new(),
            criteria: Ticks { done: 0, all: 0 },
            ready_boxes: Ticks { done: 0, all: 0 },
            created: None,
            handoffs: 0,
            last_leg: None,
            tests: Vec::new(),
        }
    }
}
