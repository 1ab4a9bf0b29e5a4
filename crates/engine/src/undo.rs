//! Taking back what the product did to task files: edits from the texts they replaced, creations into the trash and out of it again.
//!
//! Each of these is one change of one file, made like any other: under the lock, by exchange or rename, told as facts together with
//! the [`Fact::Undone`] that says what was taken back. Nothing newer is overwritten: what changed since is named, and the old text's
//! place is told, so that a person can do it by hand.

use crate::{
    ports::{Commit, Exchange, PortErrorKind},
    sections::{marks, without},
    store::{Store, StoreError},
};
use orchestron_domain::{Actor, Fact, Status, TaskId};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// How often a file is tried that somebody else is changing.
const TRIES: u32 = 8;

/// Why something is not taken back. Nothing was changed.
#[derive(Debug, Error)]
pub enum UndoError {
    /// The store or the world said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It would lose something newer, or what it needs is not kept any more.
    #[error("{why}")]
    Refused {
        /// Why.
        why: String,
        /// How to do it by hand.
        cure: String,
    },
}

impl From<crate::ports::PortError> for UndoError {
    fn from(error: crate::ports::PortError) -> Self {
        Self::Store(error.into())
    }
}

fn refused(why: impl Into<String>, cure: impl Into<String>) -> UndoError {
    UndoError::Refused {
        why: why.into(),
        cure: cure.into(),
    }
}

/// An edit as its event tells it.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    /// The task.
    pub task: &'a TaskId,
    /// Hash of the text that was replaced.
    pub before: &'a str,
    /// The sections that were changed, with the marks of what they said then.
    pub marks: &'a BTreeMap<String, String>,
}

impl Store {
    /// Takes an edit back; what else changed in the file since stays. Returns whether there was anything left to take back.
    ///
    /// # Errors
    /// When something newer would be lost, an old text is not kept any more, or the file cannot be written.
    pub fn undo_edit(
        &mut self,
        by: &Actor,
        edit: &Edited<'_>,
        undone: &Fact,
    ) -> Result<bool, UndoError> {
        let old = self.kept(edit.before)?;
        for _ in 0..TRIES {
            let file = self.find(edit.task)?;
            let locks = Arc::clone(&self.locks);
            let _held = locks.store()?;
            let now = self.files.read(&file.path)?;
            let text = without(&old.bytes, edit.marks, &now.bytes).map_err(|newer| {
                refused(
                    format!("{} of {} was changed since, which would be lost", newer.join(", "), edit.task),
                    format!("the text from before lies in {}; take what you want of it into .mcp/tasks/{}", old.place, file.path),
                )
            })?;
            if text == now.bytes {
                self.append(by, vec![undone.clone()])?;
                return Ok(false);
            }
            let row = match self.files.exchange(&file.path, &now.hash, &text)? {
                Exchange::Replaced(row) => row,
                Exchange::TheirsKept(_) => continue,
            };
            let replaced = Fact::TextReplaced {
                task: edit.task.clone(),
                before: now.hash,
                marks: marks(&now.bytes, &text),
            };
            self.commit(Commit {
                facts: vec![(by.clone(), replaced), (by.clone(), undone.clone())],
                index_put: vec![*row],
                ..Commit::default()
            })?;
            return Ok(true);
        }
        let path = format!("the file of {}", edit.task);
        Err(StoreError::Busy { path }.into())
    }

    fn kept(&self, hash: &str) -> Result<crate::ports::Replaced, UndoError> {
        self.files.replaced(hash)?.ok_or_else(|| {
            refused(
                "the text it needs is not kept here any more (a month at most, and never of what others replaced)",
                "with git: `git log -p -- .mcp/tasks` has what was committed",
            )
        })
    }

    /// Takes a creation back: the file goes into the trash, from where it can be had again. Returns what it is kept under.
    ///
    /// # Errors
    /// When the task stands elsewhere by now, or the file cannot be moved away.
    pub fn undo_creation(
        &mut self,
        by: &Actor,
        task: &TaskId,
        status: Status,
        undone: impl Fn(String) -> Fact,
    ) -> Result<(), UndoError> {
        let file = self.find(task)?;
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        let place = || format!("move .mcp/tasks/{} away yourself", file.path);
        if !file.path.starts_with(&format!("{}/", status.folder())) {
            return Err(refused(
                format!(
                    "{task} was moved since it was written, so it is more than a new file by now"
                ),
                place(),
            ));
        }
        let gone = self.files.discard(&file.path, &file.hash);
        gone.map_err(|error| match error.kind {
            PortErrorKind::Changed => refused(
                format!("{task} is being changed by somebody else at this moment"),
                place(),
            ),
            _ => error.into(),
        })?;
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let removed = Fact::TaskRemoved {
            task: task.clone(),
            status,
        };
        let kept = format!("{}/{name}#{}", status.folder(), file.hash);
        self.commit(Commit {
            facts: vec![(by.clone(), removed), (by.clone(), undone(kept))],
            index_remove: vec![file.path.clone()],
            ..Commit::default()
        })?;
        Ok(())
    }

    /// Takes the undoing of a creation back: the file comes out of the trash. `kept` is what [`Self::undo_creation`] told.
    ///
    /// # Errors
    /// When it is not kept any more, there is such a task again, or the file cannot be written.
    pub fn redo_creation(
        &mut self,
        by: &Actor,
        task: &TaskId,
        kept: &str,
        undone: &Fact,
    ) -> Result<(), UndoError> {
        let lost = || {
            refused(
                "it is not told where the file is kept",
                "look into the state folder's trash",
            )
        };
        let (path, hash) = kept.split_once('#').ok_or_else(lost)?;
        let (folder, name) = path.split_once('/').ok_or_else(lost)?;
        let status = Status::from_folder(folder).ok_or_else(lost)?;
        if !self.log.index_of(task)?.is_empty() {
            return Err(refused(
                format!("there is a file of {task} again"),
                "give one of the two another id",
            ));
        }
        let text = self.kept(hash)?;
        let locks = Arc::clone(&self.locks);
        let _held = locks.store()?;
        let row = self.files.create(status, name, &text.bytes)?;
        let title = row
            .card
            .as_ref()
            .map_or_else(String::new, |card| card.title.clone());
        let created = Fact::TaskCreated {
            task: task.clone(),
            title,
            status,
        };
        self.commit(Commit {
            facts: vec![(by.clone(), created), (by.clone(), undone.clone())],
            index_put: vec![row],
            ..Commit::default()
        })?;
        Ok(())
    }
}
