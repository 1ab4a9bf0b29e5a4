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

use crate::{
    files::Entry,
    world::{Things, refused},
};
use orchestron_engine::ports::{PortErrorKind, PortResult};

/// A name as it was before something was done to it, while the disk may still forget that.
pub(crate) type Undo = Vec<(String, Option<Entry>)>;

/// System calls until the process is killed, and names that are not on the disk yet, oldest first.
#[derive(Default)]
pub(crate) struct Disk {
    pub calls_left: Option<u32>,
    pub unsynced: Vec<Undo>,
}

/// One system call is about to be made; none is made by who is dead.
pub(crate) fn call(things: &mut Things) -> PortResult<()> {
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

/// These names are about to change in one step.
pub(crate) fn names(things: &mut Things, paths: &[&str]) -> PortResult<()> {
    call(things)?;
    let now = |path: &&str| {
        let entry = things.files.entries.get(*path).cloned();
        ((*path).to_owned(), entry)
    };
    let undo = paths.iter().map(now).collect();
    things.disk.unsynced.push(undo);
    Ok(())
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
    for (path, entry) in lost.into_iter().rev().flatten() {
        match entry {
            Some(entry) => things.files.entries.insert(path, entry),
            None => things.files.entries.remove(&path),
        };
    }
    things.disk.unsynced.clear();
}
