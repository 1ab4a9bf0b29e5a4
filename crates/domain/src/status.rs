//! Where a task stands. The folder a task file lies in is its status; there is no second place.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Written down; somebody has to prepare it.
    Pending,
    /// Prepared; waiting for its implementer.
    Ready,
    /// Held by its implementer.
    InProgress,
    /// Implemented, gates passed; reviewed and then approved.
    Review,
    /// Approved and merged.
    Done,
    /// Given up until a person decides.
    Failed,
}

impl Status {
    /// All, in the order of the chain.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Ready,
        Self::InProgress,
        Self::Review,
        Self::Done,
        Self::Failed,
    ];

    /// The folder below `.mcp/tasks/`, also the word in the `## Status` line.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::InProgress => "in-progress",
            Self::Review => "review",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// The status whose folder has this name.
    #[must_use]
    pub fn from_folder(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.folder() == name)
    }

    /// Whether the chain has nothing more to do for a task that stands here.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.folder())
    }
}
