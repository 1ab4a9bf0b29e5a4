//! Temporary files whose makers died before they were done. Their names tell what they are for, their content how far it came.

use super::{
    McpFolder,
    exchange::{Settled, settle},
    folder::{Folder, Reading, lives},
    names::{Purpose, Temp, short},
    reading::{hash, now_ns},
};
use std::{ffi::OsStr, io};

/// An edit takes milliseconds; a temporary file that is this old has no maker any more, even if its process id lives.
const OLD_NS: i64 = 60_000_000_000;

impl McpFolder {
    /// Clears one temporary file away, without losing what a person wrote:
    /// ours, not in place yet → removed; theirs, displaced by ours which still is in place → put back; anything else → kept in the trash.
    pub(super) fn clear_leftover(
        &self,
        folder: &Folder,
        name: &str,
        temp: &Temp,
    ) -> io::Result<()> {
        let look = match folder.look(OsStr::new(name)) {
            Ok(look) => look,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        };
        let newest = look.stamp.ctime_ns.max(look.stamp.mtime_ns);
        if newest >= now_ns().saturating_sub(OLD_NS) && lives(temp.pid) {
            return Ok(());
        }
        // By renaming it we become its maker: of two that find it at once, one gets it.
        let mine = Temp::name(&temp.target, &temp.purpose);
        match folder.rename_new(name, folder, &mine) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(e),
        }
        let held = match folder.read(OsStr::new(&mine))? {
            Reading::Text(bytes, _) => hash(&bytes),
            Reading::TooLarge(_) | Reading::NoFile(_) => String::new(),
        };
        match &temp.purpose {
            // Nobody was told that it exists, so it never did.
            Purpose::New => folder.remove(&mine)?,
            Purpose::Exchange { ours, .. } if short(&held) == *ours => folder.remove(&mine)?,
            Purpose::Exchange { expected, ours } => {
                let theirs = short(&held) != *expected;
                self.undo(folder, &mine, temp, &held, theirs.then_some(ours))?;
            }
            Purpose::Keep { .. } => self.to_trash(folder, &mine, &held, &temp.target)?,
        }
        folder.sync()
    }

    /// Deals with a displaced text: `held` is in the temporary file. With `ours` it is one that a person saved and that must go
    /// back, if ours still is in its place; without, it is the text that was to be replaced, and was.
    fn undo(
        &self,
        folder: &Folder,
        mine: &str,
        temp: &Temp,
        held: &str,
        ours: Option<&String>,
    ) -> io::Result<()> {
        let target = &temp.target;
        let in_place = match folder.read(OsStr::new(target)) {
            Ok(Reading::Text(bytes, _)) => Some(hash(&bytes)),
            Ok(_) => None,
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e),
        };
        let put_back =
            ours.is_some_and(|ours| in_place.as_deref().is_some_and(|hash| short(hash) == *ours));
        let Some(in_place) = in_place.filter(|_| put_back) else {
            // Also a half-written text of ours that never came to its place.
            return self.to_trash(folder, mine, held, target);
        };
        match settle(folder, mine, target, held.to_owned(), in_place.clone())? {
            Settled::Done { displaced, .. } if displaced == in_place => folder.remove(mine),
            Settled::Done { displaced, .. } => self.to_trash(folder, mine, &displaced, target),
            Settled::Gone { held } => self.to_trash(folder, mine, &held, target),
            Settled::Unable => self.to_trash(folder, mine, held, target),
        }
    }
}
