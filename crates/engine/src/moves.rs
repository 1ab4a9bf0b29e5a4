//! Moves of task files: the intent is on the disk before the file is renamed, and what tells of it completes the intent.

use crate::{
    ports::{Commit, Committed, Exchange, IndexedFile, Intent, PortErrorKind, PortResult},
    store::{MoveError, Store, StoreError},
};
use orchestron_domain::{
    Actor, Fact, Status, TaskId,
    task_file::{EditError, TaskFile},
};
use std::sync::Arc;

impl Store {
    /// Moves a task from one folder to another and writes `facts` with the move in one transaction.
    /// Nothing happens, and nothing is written, when it does not stand in `from`.
    ///
    /// # Errors
    /// [`StoreError::Move`] when it stands elsewhere; else what kept it from being moved.
    pub fn move_task(
        &mut self,
        task: &TaskId,
        (from, to): (Status, Status),
        mover: &Actor,
        facts: Vec<(Actor, Fact)>,
        closes: Vec<u64>,
    ) -> Result<Committed, StoreError> {
        let file = self.find(task)?;
        let locks = Arc::clone(&self.locks);
        let held = locks.store()?;
        stands(&file, task, from)?;
        let was_kept = self.is_kept()?;
        let mut intent = intent_to_move(&file, task, (from, to), mover, facts, closes);
        intent.id = self.log.intend(&intent)?;
        let done = self.carry_out_intent(&intent, to, was_kept)?;
        drop(held);
        self.line_follows(task)?;
        Ok(done)
    }

    /// Makes the move of an intent that is on the disk, and tells it.
    fn carry_out_intent(
        &mut self,
        intent: &Intent,
        to: Status,
        was_kept: bool,
    ) -> PortResult<Committed> {
        let moved = match self.files.rename(&intent.from, to, Some(&intent.hash)) {
            Ok(moved) => moved,
            Err(error) => {
                self.log.drop_intent(intent.id)?;
                return Err(error);
            }
        };
        self.commit(Commit {
            note: self.still_kept(was_kept),
            ..moved_commit(intent, moved)
        })
    }

    /// After a move. A running engine writes the line when it has nothing else to do.
    fn line_follows(&mut self, task: &TaskId) -> Result<(), StoreError> {
        if self.locks.lease_is_held()? {
            return Ok(());
        }
        match self.write_status_line(task) {
            Err(StoreError::Port(error))
                if matches!(error.kind, PortErrorKind::NoRoom | PortErrorKind::Held) =>
            {
                Err(error.into())
            }
            // The move itself is done and told: whatever else keeps the line from being written is no failure of it.
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Changes a task's text and moves it, as [`Self::edit`] and [`Self::move_task`] would: looked at once, under one lock, and what was
    /// changed is told with the intent of the move.
    ///
    /// # Errors
    /// As both; when the move is refused, the text may be changed.
    pub(crate) fn edit_and_move(
        &mut self,
        task: &TaskId,
        (from, to): (Status, Status),
        mover: &Actor,
        facts: &[(Actor, Fact)],
        closes: &[u64],
        change: impl FnMut(&mut TaskFile) -> Result<(), EditError>,
    ) -> Result<Committed, StoreError> {
        let done = self.with_changed(task, change, |store, file, text, bytes| {
            stands(file, task, from)?;
            let was_kept = store.is_kept()?;
            let done = store
                .files
                .exchange_before_move(&file.path, &file.hash, bytes)?;
            let Exchange::Replaced(new) = done else {
                return Ok(None);
            };
            let (facts, closes) = (facts.to_vec(), closes.to_vec());
            let mut intent = intent_to_move(&new, task, (from, to), mover, facts, closes);
            let told = if new.hash == file.hash {
                Commit::default()
            } else {
                Commit {
                    facts: store.replaced(task, text, bytes).into_iter().collect(),
                    index_put: vec![*new],
                    note: store.still_kept(was_kept),
                    ..Commit::default()
                }
            };
            intent.id = store.intend_with(told, &intent)?;
            Ok(Some(store.carry_out_intent(&intent, to, was_kept)?))
        })?;
        self.line_follows(task)?;
        Ok(done)
    }
}

/// Whether a task stands where it is to be moved from.
fn stands(file: &IndexedFile, task: &TaskId, from: Status) -> Result<(), MoveError> {
    let found = file.card.as_ref().map_or(from, |card| card.status);
    if found == from {
        return Ok(());
    }
    Err(MoveError {
        task: task.clone(),
        found,
        expected: from,
    })
}

/// The intent of a move, with the facts that tell of it; not numbered yet.
fn intent_to_move(
    file: &IndexedFile,
    task: &TaskId,
    (from, to): (Status, Status),
    mover: &Actor,
    mut facts: Vec<(Actor, Fact)>,
    closes: Vec<u64>,
) -> Intent {
    let moved = Fact::TaskMoved {
        task: task.clone(),
        from,
        to,
    };
    facts.push((mover.clone(), moved));
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    Intent {
        id: 0,
        task: task.clone(),
        from: file.path.clone(),
        to: format!("{}/{name}", to.folder()),
        hash: file.hash.clone(),
        facts,
        closes,
    }
}

pub(crate) fn moved_commit(intent: &Intent, moved: IndexedFile) -> Commit {
    Commit {
        facts: intent.facts.clone(),
        close_commands: intent.closes.clone(),
        close_intent: Some(intent.id),
        index_put: vec![moved],
        index_remove: vec![intent.from.clone()],
        ..Commit::default()
    }
}
