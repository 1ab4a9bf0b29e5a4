//! An id that lies in several files is told only when a second look confirms it.
//!
//! Who moves a file with an editor, `cp` and `rm`, or across file systems, has it in two places for a moment, and a look between two
//! listings of folders can find even a rename so. Nothing is started for such an id at once; only that it is told waits.

use super::Engine;
use orchestron_domain::{Command, TaskId, Time, conflict::ConflictKind};
use std::collections::{BTreeMap, BTreeSet};

/// An id that is in several files for so many milliseconds, and still is then, is told.
const SURE_MS: i64 = 300;

/// Ids in several files, and since when that is seen.
#[derive(Debug, Default)]
pub(super) struct Doubles {
    since: BTreeMap<TaskId, Time>,
    /// The next moment at which the files are to be looked at again.
    next: Option<Time>,
}

impl Doubles {
    /// Takes in which ids are in several files now.
    pub fn see(&mut self, unclear: &BTreeSet<TaskId>, now: Time) {
        self.since.retain(|task, _| unclear.contains(task));
        for task in unclear {
            if !self.since.contains_key(task) {
                self.since.insert(task.clone(), now);
            }
        }
        let sure = self.since.values().map(|since| since.plus_millis(SURE_MS));
        self.next = sure.filter(|at| *at > now).min();
    }

    /// When the files are to be looked at again.
    pub const fn next(&self) -> Option<Time> {
        self.next
    }

    fn is_sure(&self, task: &TaskId, now: Time) -> bool {
        let since = self.since.get(task);
        // A clock that was set back says nothing.
        since.is_none_or(|since| !(0..SURE_MS).contains(&now.since(*since)))
    }
}

impl Engine {
    /// Whether this is to be told now: that an id is in several files only when it was so for a while.
    pub(super) fn is_sure(&self, command: &Command, now: Time) -> bool {
        let Command::NoteConflict {
            kind: ConflictKind::Doubled,
            tasks,
            ..
        } = command
        else {
            return true;
        };
        let mut unclear = tasks
            .iter()
            .filter(|task| self.state.unclear.contains(*task));
        unclear.all(|task| self.doubles.is_sure(task, now))
    }
}
