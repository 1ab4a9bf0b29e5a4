//! An error of the outside world.

use thiserror::Error;

/// An error of the outside world: what was tried, on what, what the world said, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{doing} {what}: {said}{}", cure.as_ref().map(|c| format!("\n  {c}")).unwrap_or_default())]
pub struct PortError {
    /// What was tried: `cannot read`.
    pub doing: &'static str,
    /// On what: a path, a command.
    pub what: String,
    /// What the system said.
    pub said: String,
    /// How to mend it, when that is known.
    pub cure: Option<String>,
    /// What kind of failure it is, for those who act on it.
    pub kind: PortErrorKind,
}

/// Kinds of failures somebody acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// It is not there.
    Missing,
    /// It is there already.
    Exists,
    /// Somebody else changed it in between.
    Changed,
    /// Somebody else holds it.
    Held,
    /// The content is malformed.
    Malformed,
    /// No space left, or read-only.
    NoRoom,
    /// A newer engine has taken over: this one may not write or act any more.
    Overtaken,
    /// Anything else.
    Other,
}

/// Result of a port.
pub type PortResult<T> = Result<T, PortError>;
