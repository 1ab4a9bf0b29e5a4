//! The log followed for whoever only looks on: which runs live and what is asked, event by event, without the files.

use crate::{ports::PortResult, store::Store};
use orchestron_domain::{Event, RunId, State, apply::apply};
use std::collections::BTreeSet;

/// Events taken from the log at once.
const PAGE: u32 = 500;

/// Runs and requests as the log has them, up to some event.
pub struct Trail {
    state: State,
}

impl Trail {
    /// Begins with what comes after now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn from_now(store: &Store) -> PortResult<Self> {
        let mut state = store.story_about(&BTreeSet::new())?;
        state.tasks.clear();
        Ok(Self { state })
    }

    /// The next events, each with the state that it left; false when there were none. To be called until it says so.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn follow(
        &mut self,
        store: &Store,
        mut with: impl FnMut(&State, &Event),
    ) -> PortResult<bool> {
        let page = store.log().after(self.state.seq, PAGE)?;
        for event in &page {
            apply(&mut self.state, event);
            with(&self.state, event);
        }
        // Of tasks nothing is known here but what the last events said.
        self.state.tasks.clear();
        Ok(!page.is_empty())
    }

    /// Runs that live now.
    #[must_use]
    pub fn live_runs(&self) -> Vec<RunId> {
        self.state.live_runs().map(|run| run.id.clone()).collect()
    }
}
