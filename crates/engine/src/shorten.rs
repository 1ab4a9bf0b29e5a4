//! A long story is told once. An engine writes a checkpoint now and then; where none runs, every question would fold all that
//! happened since the last one anew.

use crate::{
    ports::{PortErrorKind, PortResult},
    store::Store,
};
use orchestron_domain::Seq;

/// So many events behind the newest checkpoint are folded each time without a word.
const LONG: u64 = 2_000;

impl Store {
    /// Writes a checkpoint when no engine runs and the newest one is far behind `before`: what the caller itself has just found is left to
    /// the next one. It only spares work: where nothing can be written, nothing is.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn shorten(&mut self, before: Seq) -> PortResult<()> {
        let written = self.log.checkpoint_at()?;
        let behind = before.0.saturating_sub(written.0);
        if behind < LONG || self.locks.lease_is_held()? {
            return Ok(());
        }
        let mut state = self.story()?;
        match self.log.put_checkpoint(self.clock.now(), &mut state) {
            Err(error) if error.kind == PortErrorKind::Overtaken => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
