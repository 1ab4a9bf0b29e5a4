//! What a disk keeps when a process is killed between two system calls, or the power goes.
//!
//! The port for task files is higher than system calls, so each of its writes takes the steps here that `adapters` takes there
//! (`task_files/place.rs`, `exchange.rs`, `side.rs`, `folder/unix.rs`), in the same order:
//!
//! - create and side files: write a temporary file · sync it · rename it into place · sync the folder
//! - move: rename without replacing · sync the source folder · sync the destination folder
//! - edit: write a temporary file · sync it · exchange the two · put the displaced one away · sync the folder (left to the move, when one
//!   follows)
//!
//! A kill ([`World::die_at`](crate::World::die_at)) stops between two of them and keeps what was done. A power cut
//! ([`World::power_cut`](crate::World::power_cut)) also takes back names that no synced folder holds yet: file systems write names in
//! the order they were given, so that some of the last ones are lost, never ones in between. Contents are synced before they get a
//! name that somebody looks for, so no name ever stands for half a text; temporary files are invisible to the port and are left out.
//! A cut that tears the order apart ([`World::power_cut_apart`](crate::World::power_cut_apart)) loses any of them, as file systems may
//! that keep the order of the names in each folder only.
//!
//! And before any system call somebody else's editor may save, or somebody may move the file ([`World::meddle`](crate::World::meddle)).

use crate::{
    files::Entry,
    world::{Things, refused},
};
use orchestron_domain::Status;
use orchestron_engine::ports::{PortErrorKind, PortResult, Wake};
use std::collections::BTreeSet;

/// A name as it was before something was done to it, while the disk may still forget that.
pub(crate) type Undo = Vec<(String, Option<Entry>)>;

/// System calls until the process is killed, and names that are not on the disk yet, oldest first.
#[derive(Default)]
pub(crate) struct Disk {
    pub calls_left: Option<u32>,
    pub unsynced: Vec<Undo>,
    /// After so many more system calls somebody else does this.
    pub meddling: Option<(u32, Meddling)>,
}

/// What somebody else does to a task's file in the middle of our own work.
#[derive(Clone, Debug)]
pub enum Meddling {
    /// An editor saves it with this at its end.
    Appends {
        /// The task.
        task: String,
        /// The text.
        text: String,
    },
    /// Somebody moves it.
    Moves {
        /// The task.
        task: String,
        /// To where.
        to: Status,
    },
}

/// The file of a task, whatever folder it lies in.
pub(crate) fn place_of(things: &Things, task: &str) -> Option<String> {
    let named = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or("");
        path.starts_with("tasks/") && name.starts_with(task)
    };
    things.files.entries.keys().find(named).cloned()
}

/// Somebody else's turn, when it has come.
fn meddle(things: &mut Things) {
    match things.disk.meddling.take() {
        Some((0, meddling)) => meddling.done(things),
        Some((left, meddling)) => things.disk.meddling = Some((left - 1, meddling)),
        None => {}
    }
}

impl Meddling {
    fn done(self, things: &mut Things) {
        let (Self::Appends { task, .. } | Self::Moves { task, .. }) = &self;
        let Some(path) = place_of(things, task) else {
            return;
        };
        match &self {
            Self::Appends { text, .. } => {
                let entry = things.files.entries.get(&path);
                let mut bytes = entry.map_or_else(Vec::new, |entry| entry.bytes.clone());
                bytes.extend(text.bytes());
                things.files.put(&path, bytes);
            }
            Self::Moves { to, .. } => {
                let name = path.rsplit('/').next().unwrap_or("").to_owned();
                if let Some(entry) = things.files.entries.remove(&path) {
                    let to = format!("tasks/{to}/{name}");
                    things.files.entries.insert(to, entry);
                }
            }
        }
        // What they save is on the disk, and with it all that was given a name before.
        things.disk.unsynced.clear();
        things.wakes.push(Wake::Files);
    }
}

/// One system call is about to be made; none is made by who is dead.
pub(crate) fn call(things: &mut Things) -> PortResult<()> {
    meddle(things);
    match &mut things.disk.calls_left {
        Some(0) => {
            things.down = true;
            let said = "the process was killed";
            Err(refused(PortErrorKind::Other, "cannot write", ".mcp", said))
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}

/// Writes and syncs a temporary file.
pub(crate) fn temporary(things: &mut Things) -> PortResult<()> {
    call(things)?;
    call(things)
}

/// These names are about to change in one step, in the system call just made.
pub(crate) fn names(things: &mut Things, paths: &[&str]) {
    let now = |path: &&str| {
        let entry = things.files.entries.get(*path).cloned();
        ((*path).to_owned(), entry)
    };
    let undo = paths.iter().map(now).collect();
    things.disk.unsynced.push(undo);
}

/// A folder is synced: whatever was given a name before is on the disk.
pub(crate) fn sync(things: &mut Things) -> PortResult<()> {
    call(things)?;
    things.disk.unsynced.clear();
    Ok(())
}

/// The power goes: all but the first `kept` names that no synced folder holds are taken back.
pub(crate) fn cut(things: &mut Things, kept: usize) {
    let lost = things
        .disk
        .unsynced
        .split_off(kept.min(things.disk.unsynced.len()));
    lose(things, lost);
}

/// The power goes: of the names that no synced folder holds, any may be lost; but never one that a later one was made on.
pub(crate) fn cut_apart(things: &mut Things, mut is_lost: impl FnMut() -> bool) {
    let mut gone = BTreeSet::new();
    let mut lost = Vec::new();
    for undo in std::mem::take(&mut things.disk.unsynced) {
        let stood_on = undo.iter().any(|(path, _)| gone.contains(path));
        if is_lost() || stood_on {
            gone.extend(undo.iter().map(|(path, _)| path.clone()));
            lost.push(undo);
        }
    }
    lose(things, lost);
}

fn lose(things: &mut Things, lost: Vec<Undo>) {
    for (path, entry) in lost.into_iter().rev().flatten() {
        match entry {
            Some(entry) => things.files.entries.insert(path, entry),
            None => things.files.entries.remove(&path),
        };
    }
    things.disk.unsynced.clear();
}
