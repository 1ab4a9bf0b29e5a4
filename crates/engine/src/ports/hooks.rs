//! Git's hooks: whether git calls us, and what was there before.

use super::Problem;

/// The hooks that call us.
pub const HOOKS: [&str; 5] = [
    "pre-commit",
    "prepare-commit-msg",
    "post-commit",
    "post-merge",
    "post-checkout",
];

/// Whether git calls us at a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookState {
    /// Ours is there, alone.
    Ours,
    /// Ours is there and calls the one that was there before.
    Chained,
    /// Ours is there and is of another version, or was changed.
    Changed,
    /// Somebody else's is there, ours is not.
    Theirs,
    /// None is there.
    Missing,
}

/// One hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// `pre-commit`
    pub name: &'static str,
    /// Whether git calls us.
    pub state: HookState,
    /// Where the one is that was there before.
    pub theirs: Option<String>,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// The folder git takes hooks from; none without git.
    pub folder: Option<String>,
    /// Who looks after it: `husky`, `lefthook`, `pre-commit`, `core.hooksPath`.
    pub managed_by: Option<String>,
    /// One for each of [`HOOKS`]; empty without git.
    pub hooks: Vec<Hook>,
    /// What keeps them from working.
    pub problems: Vec<Problem>,
}

impl Hooks {
    /// Whether git calls us at all of them.
    #[must_use]
    pub fn installed(&self) -> bool {
        let calls = |hook: &Hook| matches!(hook.state, HookState::Ours | HookState::Chained);
        !self.hooks.is_empty() && self.hooks.iter().all(calls)
    }
}
