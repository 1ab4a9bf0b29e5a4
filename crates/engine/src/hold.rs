//! Changes of task files that are not told yet: the board is held as it was, because what the files look like now is most likely
//! not what somebody means.
//!
//! Three reasons. *Absent*: the task folders cannot be read, so nothing may be concluded. *Switch*: the branch was changed, or so
//! many tasks moved or vanished at once that it looks like it; a person is asked, agents go on, and it is over by itself when the
//! files come back. *Gone*: single files that are missing are looked at once more after two seconds, and files that seem to be moved
//! while git is at work are looked at when it is done.

use orchestron_domain::{Fact, Seq, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The setting that says that the board is held, with all that ends it.
pub const KEY: &str = "board-held";
/// The setting with the checkout that the board was last taken from.
pub const CHECKOUT: &str = "board-checkout";
/// A missing file is told after it was missing for so long.
pub const LOOK_AGAIN_MS: i64 = 2_000;
/// Fewer vanished tasks than this are a person who tidies up, unless the branch was changed.
const VANISHED_MIN: usize = 3;
/// Fewer moved tasks than this are a person who moves files, unless the branch was changed.
const MOVED_MIN: usize = 10;

/// Why the whole board is held, as it is kept in the log's settings: a restarted engine goes on holding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// In a sentence.
    pub why: String,
    /// The request that asks what is meant. Everything a person said since is an answer.
    pub asked: Seq,
    /// Whether we paused starting; then we resume it.
    pub paused: bool,
    /// The folders could not be read at all.
    pub absent: bool,
}

/// What is held by one store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// The whole board.
    pub board: Option<Held>,
    /// Tasks whose files are missing or seem to be moved, and since when.
    pub tasks: BTreeMap<TaskId, Time>,
    /// When to look again, at the latest.
    pub again: Option<Time>,
}

impl Hold {
    /// Whether the task's file cannot be worked with now.
    pub fn holds(&self, task: &TaskId) -> bool {
        self.board.is_some() || self.tasks.contains_key(task)
    }

    /// Whether anything is held.
    pub fn is_any(&self) -> bool {
        self.board.is_some() || !self.tasks.is_empty()
    }

    /// The tasks whose change is to be told later: what git may still be at, and what was not missing for long enough.
    pub fn not_yet(&mut self, facts: &[Fact], git_at_work: bool, now: Time) -> BTreeSet<TaskId> {
        let disturbed = facts.iter().filter_map(|fact| match fact {
            Fact::TaskRemoved { task, .. } => Some(task.clone()),
            Fact::TaskMoved { task, .. } if git_at_work => Some(task.clone()),
            _ => None,
        });
        let since = |task: TaskId| {
            let since = self.tasks.get(&task).copied().unwrap_or(now);
            (task, since)
        };
        self.tasks = disturbed.map(since).collect();
        let ripe = |since: Time| !git_at_work && now.since(since) >= LOOK_AGAIN_MS;
        self.tasks.retain(|_, since| !ripe(*since));
        let oldest = self.tasks.values().min();
        self.again = oldest.map(|oldest| {
            let due = oldest.plus_millis(LOOK_AGAIN_MS);
            // Git may be at it for longer than that.
            if due > now {
                due
            } else {
                now.plus_millis(LOOK_AGAIN_MS)
            }
        });
        self.tasks.keys().cloned().collect()
    }
}

/// Whether so much moved or vanished that it looks like a branch switch; in words.
pub fn switch(facts: &[Fact], known: usize, branch_changed: bool) -> Option<String> {
    let count = |is: fn(&Fact) -> bool| facts.iter().filter(|fact| is(fact)).count();
    let vanished = count(|fact| matches!(fact, Fact::TaskRemoved { .. }));
    let moved = count(|fact| matches!(fact, Fact::TaskMoved { .. }));
    let much = |count: usize, least: usize| count >= least && count * 10 > known * 3;
    // One moved task on another branch may well be somebody who moved it there.
    let switched = branch_changed && (vanished > 0 || moved > 1);
    if !switched && !much(vanished, VANISHED_MIN) && !much(vanished + moved, MOVED_MIN) {
        return None;
    }
    let what = if switched {
        "another branch is checked out"
    } else {
        "as after a branch switch"
    };
    Some(format!(
        "{} of {known} tasks moved or vanished at once ({what}): the board is held as it was, nothing new is started and agents at work go on. It goes on by itself when the files are back; `orchestron resume` takes the files as they are now",
        vanished + moved
    ))
}

/// Why nothing can be concluded from what cannot be read.
pub const ABSENT: &str = ".mcp/tasks is missing or cannot be read: nothing is concluded from that, nothing new is started and agents at work go on. It goes on by itself when the folder is back (with git: `git checkout -- .mcp`; anew: `orchestron init`)";

#[cfg(test)]
mod tests {
    use super::{Hold, LOOK_AGAIN_MS, switch};
    use orchestron_domain::{Fact, Status, TaskId, Time};

    fn gone(numbers: std::ops::Range<u32>) -> Vec<Fact> {
        let id = |number| TaskId::new("TASK", number).unwrap();
        numbers
            .map(|number| Fact::TaskRemoved {
                task: id(number),
                status: Status::Ready,
            })
            .collect()
    }

    #[test]
    fn a_third_of_the_tasks_is_a_switch_and_a_few_are_not() {
        assert_eq!(switch(&gone(1..3), 4, false), None);
        assert_eq!(switch(&gone(1..4), 10, false), None);
        assert!(switch(&gone(1..4), 9, false).is_some());
        assert!(switch(&gone(1..1000), 1000, false).is_some());
        assert!(switch(&gone(1..2), 1000, true).is_some());
        assert_eq!(switch(&[], 1000, true), None);
    }

    #[test]
    fn a_missing_file_is_looked_at_twice() {
        let (mut hold, begin) = (Hold::default(), Time(1_000_000));
        assert_eq!(hold.not_yet(&gone(1..2), false, begin).len(), 1);
        let due = begin.plus_millis(LOOK_AGAIN_MS);
        assert_eq!(hold.again, Some(due));
        assert_eq!(
            hold.not_yet(&gone(1..2), true, due).len(),
            1,
            "git is at work"
        );
        assert!(hold.again > Some(due));
        assert_eq!(hold.not_yet(&gone(1..2), false, due).len(), 0);
        assert!(!hold.is_any());
    }
}
