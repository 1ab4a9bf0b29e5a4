//! The sections a task file is made of, in the order of the schema.

use crate::Leg;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A section the schema knows. Files may hold others; those are kept and never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// `## Status: ready`. The folder is the truth; this line only repeats it.
    Status,
    /// `## Priority: P1`
    Priority,
    /// `## Agent: cursor`
    Agent,
    /// `## Order: 3`. The lower goes first among tasks of one priority.
    Order,
    /// `## Created: 2026-11-20T09:12:00Z`
    Created,
    /// `## Last Updated: 2026-11-20T09:12:00Z`
    LastUpdated,
    /// What is wanted.
    Goal,
    /// Boxes to tick.
    AcceptanceCriteria,
    /// Boxes that must be ticked before work starts.
    DefinitionOfReady,
    /// Boxes that must be ticked before the work counts as done.
    DefinitionOfDone,
    /// Paths, one for each list item.
    FilesAffected,
    /// Ids of tasks that must be done first.
    DependsOn,
    /// What whoever does it must have: capabilities, and tools (`tool: Bash(npm test)`).
    Needs,
    /// Tests that must fail before the work and pass after it.
    Tests,
    /// Guidance for the implementer.
    ImplementationNotes,
    /// Why it came back.
    ReviewFeedback,
    /// Failures and what is known of them.
    ErrorContext,
    /// Branch, commit, pull request.
    GitContext,
    /// The chain so far: who did which leg, when, and what they say to the next.
    Handoffs,
    /// The workflow that made it: its name, the instance, the step.
    Workflow,
}

impl Section {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// All, in the order a new file has them.
    pub const ALL: [Self; 20] = [
        Self::Status,
        Self::Priority,
        Self::Agent,
        Self::Order,
        Self::Created,
        Self::LastUpdated,
        Self::Goal,
        Self::AcceptanceCriteria,
        Self::DefinitionOfReady,
        Self::DefinitionOfDone,
        Self::FilesAffected,
        Self::DependsOn,
        Self::Needs,
        Self::Tests,
        Self::ImplementationNotes,
        Self::ReviewFeedback,
        Self::ErrorContext,
        Self::GitContext,
        Self::Handoffs,
        Self::Workflow,
    ];

    /// The name in the heading.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Status => "Status",
            Self::Priority => "Priority",
            Self::Agent => "Agent",
            Self::Order => "Order",
            Self::Created => "Created",
            Self::LastUpdated => "Last Updated",
            Self::Goal => "Goal",
            Self::AcceptanceCriteria => "Acceptance Criteria",
            Self::DefinitionOfReady => "Definition of Ready",
            Self::DefinitionOfDone => "Definition of Done",
            Self::FilesAffected => "Files Affected",
            Self::DependsOn => "Depends On",
            Self::Needs => "Needs",
            Self::Tests => "Tests",
            Self::ImplementationNotes => "Implementation Notes",
            Self::ReviewFeedback => "Review Feedback",
            Self::ErrorContext => "Error Context",
            Self::GitContext => "Git Context",
            Self::Handoffs => "Handoffs",
            Self::Workflow => "Workflow",
        }
    }

    /// The section with this name, in any case; words may be apart by spaces, `-` or `_`.
    #[must_use]
    pub fn from_name(written: &str) -> Option<Self> {
        // Nearly every heading is written exactly as the schema has it.
        let exact = Self::ALL
            .into_iter()
            .find(|section| section.name() == written);
        exact.or_else(|| {
            // No name of the schema has more than three words; a long heading is not worth sixteen looks.
            let short = written.len() <= 60;
            Self::ALL
                .into_iter()
                .find(|section| short && same_words(written, section.name()))
        })
    }

    /// What whoever holds a leg may write. Of the checklists that an implementer is measured by, it only ticks boxes.
    #[must_use]
    pub const fn of_leg(leg: Leg) -> &'static [Self] {
        match leg {
            Leg::Prepare => &PREPARING,
            Leg::Implement => &IMPLEMENTING,
            Leg::Review | Leg::Approve => &[],
        }
    }

    /// Whether whoever holds this leg only ticks boxes of it.
    #[must_use]
    pub const fn is_only_ticked(self, leg: Leg) -> bool {
        matches!(leg, Leg::Implement) && self.has_boxes()
    }

    /// Whether it is a line with one value (`## Status: ready`), not a text.
    #[must_use]
    pub const fn is_header(self) -> bool {
        matches!(
            self,
            Self::Status
                | Self::Priority
                | Self::Agent
                | Self::Order
                | Self::Created
                | Self::LastUpdated
        )
    }

    /// Whether a new file has it only when it says something.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::Order | Self::Needs | Self::Tests | Self::Workflow
        )
    }

    /// Whether its text can be replaced as a whole: neither a header line nor the chain's own record.
    #[must_use]
    pub const fn is_text(self) -> bool {
        !self.is_header() && !matches!(self, Self::Handoffs | Self::Workflow)
    }

    /// Whether it is a checklist.
    #[must_use]
    pub const fn has_boxes(self) -> bool {
        matches!(
            self,
            Self::AcceptanceCriteria | Self::DefinitionOfReady | Self::DefinitionOfDone
        )
    }

    /// Its place in the order of the schema.
    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

const PREPARING: [Section; 6] = [
    Section::Goal,
    Section::AcceptanceCriteria,
    Section::DefinitionOfReady,
    Section::DefinitionOfDone,
    Section::FilesAffected,
    Section::ImplementationNotes,
];
const IMPLEMENTING: [Section; 3] = [
    Section::ImplementationNotes,
    Section::AcceptanceCriteria,
    Section::DefinitionOfDone,
];

/// The names of what whoever prepares may write, as protocols list them.
pub const NAMES_WHEN_PREPARING: [&str; 6] = names(PREPARING);
/// The names of what an implementer may write.
pub const NAMES_WHEN_IMPLEMENTING: [&str; 3] = names(IMPLEMENTING);

const fn names<const N: usize>(sections: [Section; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = sections[at].name();
        at += 1;
    }
    names
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether two names are the same words, whatever the case and what stands between the words.
pub(super) fn same_words(written: &str, name: &str) -> bool {
    let apart = [' ', '\t', '_', '-', '\u{a0}'];
    let mut words = written.split(apart).filter(|word| !word.is_empty());
    let mut wanted = name.split(apart).filter(|word| !word.is_empty());
    loop {
        match (words.next(), wanted.next()) {
            (None, None) => return true,
            (Some(word), Some(want)) if word.eq_ignore_ascii_case(want) => {}
            _ => return false,
        }
    }
}
