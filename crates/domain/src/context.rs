//! What a holder saves of its work, so that the next run (its own or another's) goes on where it stopped.
//!
//! It is small on purpose: at most [`SIZE_MAX`] bytes as JSON, steps and pointers, never file contents. What does not fit is left out
//! from the oldest completed steps on, and how much that was is said, with the event that has it in full.

use crate::{Event, Fact, Seq, State, TaskId, Time, state::Told};
use serde::{Deserialize, Serialize};

/// Largest compressed context, in bytes of JSON.
pub const SIZE_MAX: usize = 4 * 1024;
/// Longest context that can be saved at all, in bytes of JSON.
pub const SAVED_MAX: usize = 64 * 1024;
/// Longest single entry in a compressed context, in bytes.
const ENTRY_MAX: usize = 400;
/// What the keys, brackets and the count of what was left out take, in bytes.
const KEYS: usize = 200;
/// Completed steps that are kept as long as anything else can go.
const NEWEST_STEPS: usize = 3;

/// What a holder knows and the next one needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkContext {
    /// What is being worked on, in a sentence.
    #[serde(default)]
    pub now: String,
    /// What is done, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<String>,
    /// What comes next, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// Decisions that must not be taken again, with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<String>,
    /// What nobody has answered yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// Where to look: `src/pay/card.rs:40`, a commit, a feedback file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pointers: Vec<String>,
}

impl WorkContext {
    /// How much of the work is done, as far as the steps tell.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let done = self.completed.len();
        let all = done + self.next.len();
        let percent = (done * 100).checked_div(all)?;
        u8::try_from(percent).ok()
    }

    /// This one with what a checkpoint adds: steps that were done since, what comes next and what is open now. What was decided and
    /// where to look stays, and grows. Beyond `most` bytes of JSON the oldest steps give way to a line that says where they are told.
    #[must_use]
    pub fn after(mut self, checkpoint: Self, told_in: Seq, most: usize) -> Self {
        let add = |list: &mut Vec<String>, more: Vec<String>| {
            for entry in more {
                if !list.contains(&entry) {
                    list.push(entry);
                }
            }
        };
        add(&mut self.completed, checkpoint.completed);
        add(&mut self.decisions, checkpoint.decisions);
        add(&mut self.pointers, checkpoint.pointers);
        if !checkpoint.now.trim().is_empty() {
            self.now = checkpoint.now;
        }
        self.next = checkpoint.next;
        self.next.retain(|step| !self.completed.contains(step));
        self.questions = checkpoint.questions;
        let mut gone = 0;
        while self.size() > most && self.completed.len() > NEWEST_STEPS {
            self.completed.remove(0);
            gone += 1;
        }
        if gone > 0 {
            let line = format!("(earlier steps: event {})", told_in.0);
            self.completed.insert(0, line);
        }
        self
    }

    fn size(&self) -> usize {
        let lists = [
            &self.completed,
            &self.next,
            &self.decisions,
            &self.questions,
            &self.pointers,
        ];
        let entries = lists.into_iter().flatten().map(|entry| length(entry));
        length(&self.now) + KEYS + entries.sum::<usize>()
    }
}

/// A context that fits, and what was left out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compressed {
    /// What is left.
    #[serde(flatten)]
    pub context: WorkContext,
    /// Entries that were left out or cut, in all.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left_out: u32,
    /// The event that has everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Seq>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
const fn is_none(count: &u32) -> bool {
    *count == 0
}

/// The newest saved context of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Rises by one with each save: a save must name the version it was made on.
    pub version: u64,
    /// Who saved it.
    pub by: String,
    /// When.
    pub at: Time,
    /// The event that has all of it.
    #[serde(default)]
    pub event: Seq,
    /// What, compressed.
    pub context: Compressed,
}

/// Makes a context small enough: cuts long entries, then leaves out the oldest completed steps, then the oldest pointers, questions,
/// decisions and next steps.
#[must_use]
pub fn compress(context: &WorkContext, whole: Option<Seq>) -> Compressed {
    let mut left = Compressed {
        context: context.clone(),
        left_out: 0,
        whole: None,
    };
    let mut cut = 0;
    let lists = |context: &mut WorkContext, cut: &mut u32| {
        let WorkContext {
            now,
            completed,
            next,
            decisions,
            questions,
            pointers,
        } = context;
        let entries = [completed, next, decisions, questions, pointers];
        for entry in entries.into_iter().flatten().chain([now]) {
            *cut += u32::from(shorten(entry));
        }
    };
    lists(&mut left.context, &mut cut);
    left.left_out = cut;
    left.left_out += drop_until_it_fits(&mut left.context);
    if left.left_out > 0 {
        left.whole = whole;
    }
    left
}

/// Length of a text in JSON, with its quotes, a comma and the worst escapes.
fn length(text: &str) -> usize {
    let escaped: usize = text
        .chars()
        .map(|c| match c {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        })
        .sum();
    escaped + 3
}

fn shorten(entry: &mut String) -> bool {
    if entry.len() <= ENTRY_MAX {
        return false;
    }
    let mut end = ENTRY_MAX - 4;
    while !entry.is_char_boundary(end) {
        end -= 1;
    }
    entry.truncate(end);
    entry.push('…');
    true
}

/// Leaves out what is missed least until the rest fits: the oldest completed steps, then the oldest entry of whichever list is longest,
/// or the last of what comes next. Returns how many entries that were.
fn drop_until_it_fits(context: &mut WorkContext) -> u32 {
    let mut size = context.size();
    let mut dropped = 0;
    let mut old = 0;
    while size > SIZE_MAX && context.completed.len() - old > NEWEST_STEPS {
        size -= length(&context.completed[old]);
        old += 1;
    }
    context.completed.drain(..old);
    dropped += old;
    while size > SIZE_MAX {
        // What was added last is what whoever goes on needs; of what comes next, the first.
        let lists = [
            (&mut context.pointers, true),
            (&mut context.completed, true),
            (&mut context.questions, true),
            (&mut context.decisions, true),
            (&mut context.next, false),
        ];
        let longest = lists.into_iter().max_by_key(|(list, _)| list.len());
        let Some((list, oldest)) = longest.filter(|(list, _)| !list.is_empty()) else {
            break;
        };
        let entry = list.remove(if oldest { 0 } else { list.len() - 1 });
        size -= length(&entry);
        dropped += 1;
    }
    u32::try_from(dropped).unwrap_or(u32::MAX)
}

/// Changes `state` by a saved context. A save on an old version was refused before it became a fact; should two ever meet in the log,
/// the later one stands and both are there.
pub(crate) fn apply(state: &mut State, event: &Event) {
    if let Fact::ContextSaved { task, context, .. } = &event.fact {
        let by = crate::message::sender(state, &event.by);
        let version = saved(state, task).map_or(1, |saved| saved.version + 1);
        let found = Saved {
            version,
            by,
            at: event.at,
            event: event.seq,
            context: compress(context, Some(event.seq)),
        };
        state.contexts.insert(task.clone(), found);
        if let Some(progress) = state.tasks.get_mut(task) {
            progress.told = Some(Told {
                percent: context.percent(),
                step: context.now.clone(),
                at: event.at,
            });
        }
    }
}

/// The newest saved context of a task.
#[must_use]
pub fn saved<'a>(state: &'a State, task: &TaskId) -> Option<&'a Saved> {
    state.contexts.get(task)
}

#[cfg(test)]
mod tests {
    use super::{SIZE_MAX, WorkContext, compress};
    use crate::Seq;

    fn context(steps: usize) -> WorkContext {
        let many = |what: &str| (0..steps).map(|n| format!("{what} {n}: \"äöü\"")).collect();
        WorkContext {
            now: "the limiter".into(),
            completed: many("done"),
            next: many("next"),
            decisions: many("decided"),
            questions: many("asked"),
            pointers: many("src/x.rs"),
        }
    }

    #[test]
    fn what_fits_is_left_alone() {
        let small = context(3);
        let left = compress(&small, Some(Seq(7)));
        assert_eq!((left.context, left.left_out, left.whole), (small, 0, None));
    }

    #[test]
    fn what_does_not_fit_is_left_out_oldest_first_and_said() {
        for steps in [40, 400, 4_000] {
            let left = compress(&context(steps), Some(Seq(7)));
            let json = serde_json::to_string(&left).unwrap();
            assert!(json.len() <= SIZE_MAX, "{} bytes", json.len());
            assert!(left.left_out > 0 && left.whole == Some(Seq(7)));
            assert!(!left.context.next.is_empty() && !left.context.decisions.is_empty());
            assert_eq!(
                left.context.pointers.last().map(String::as_str),
                Some(format!("src/x.rs {}: \"äöü\"", steps - 1).as_str()),
                "the newest pointer is kept"
            );
            assert_eq!(
                left.context.next[0], "next 0: \"äöü\"",
                "what comes next is kept"
            );
        }
        let mut long = context(1);
        long.now = "x".repeat(100_000);
        assert!(serde_json::to_string(&compress(&long, None)).unwrap().len() <= SIZE_MAX);
    }
}
