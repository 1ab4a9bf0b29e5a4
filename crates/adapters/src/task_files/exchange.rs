//! Changing the text of a file that people may be editing at the same moment, without ever losing what they saved.
//!
//! The new text is written beside the file and the two are exchanged in one step. Only then is it known what was displaced: if it is
//! the text the edit was made from, all is well. If not, somebody saved in between, and what they saved is put back the same way,
//! again looking at what comes out, until nobody interferes. Nothing that somebody else wrote is ever deleted by this.

use super::{
    McpFolder,
    folder::{Folder, Look, Reading},
    names::{Purpose, TaskPath, Temp, short},
    place::{changed, read_text, refuse_large},
    reading::{hash, now_ns, row},
};
use crate::failure::{failure, io_failure};
use orchestron_engine::ports::{Exchange, FileText, PortErrorKind, PortResult};
use std::{ffi::OsStr, io, thread, time::Duration};

const DOING: &str = "cannot edit";
/// How often a text is put back while somebody saves again and again.
const ROUNDS: u32 = 100;
/// Editors that delete and then rename leave no file at all for a moment; so often it is looked for again.
const LOOKS: u32 = 25;
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);
/// Where there is no exchange, a file that changed this shortly ago is left alone: its editor may not be done.
const QUIET_NS: i64 = 2_000_000_000;

/// When an edit that displaced nothing but what it was made from is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durable {
    /// When it is done.
    Now,
    /// With the move that follows, which syncs the same folder. The text itself is on the disk before it is put in place.
    WithMove,
}

pub(super) fn exchange(
    mcp: &McpFolder,
    path: &str,
    (expected, bytes): (&str, &[u8]),
    durable: Durable,
) -> PortResult<Exchange> {
    let path = TaskPath::parse(path)?;
    refuse_large(bytes, DOING, &path.shown())?;
    let failed = |e: &io::Error| io_failure(DOING, path.shown(), e);
    let folder = mcp
        .open(&["tasks", path.status.folder()])
        .map_err(|e| failed(&e))?;
    let (now, look) = read_patiently(&folder, &path)?;
    if now.hash != expected {
        return Ok(Exchange::TheirsKept(now));
    }
    let ours = hash(bytes);
    if ours == expected {
        let row = row(&path, &Reading::Text(now.bytes, look), now_ns());
        return Ok(Exchange::Replaced(Box::new(row)));
    }
    let purpose = Purpose::Exchange {
        expected: short(expected),
        ours: short(&ours),
    };
    let temp = Temp::name(&path.name, &purpose);
    folder
        .write_new(&temp, bytes, Some(&look))
        .map_err(|e| failed(&e))?;
    let edit = Edit {
        mcp,
        folder: &folder,
        path: &path,
        temp: &temp,
        expected,
        ours: &ours,
        durable,
    };
    let outcome = edit.carry_out(bytes, &look);
    if outcome.is_err() {
        edit.discard_ours();
    }
    outcome
}

/// What the temporary file and the file itself hold at the end.
#[derive(Debug)]
pub(super) enum Settled {
    /// `placed` is in place; the temporary file holds `displaced`.
    Done { placed: String, displaced: String },
    /// The file is gone; the temporary file holds what it held before the last step.
    Gone { held: String },
    /// This file system cannot exchange; nothing was done.
    Unable,
}

/// Exchanges the temporary file, which holds `held`, with the file, which is believed to hold `believed`; whatever else comes
/// out is newer than what went in, and goes back in.
pub(super) fn settle(
    folder: &Folder,
    temp: &str,
    name: &str,
    mut held: String,
    mut believed: String,
) -> io::Result<Settled> {
    for _ in 0..ROUNDS {
        match folder.exchange(temp, name) {
            Ok(true) => {}
            Ok(false) => return Ok(Settled::Unable),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Settled::Gone { held }),
            Err(e) => return Err(e),
        }
        let out = hash_of(folder, temp)?;
        if out == believed {
            return Ok(Settled::Done {
                placed: held,
                displaced: out,
            });
        }
        believed = std::mem::replace(&mut held, out);
    }
    // Somebody saves faster than we can look. What is in place is the newest but one; the newest is in the temporary file.
    Ok(Settled::Done {
        placed: believed,
        displaced: held,
    })
}

/// The hash of a file of ours, whatever has become of it: what is no text (any more) has none of its own.
fn hash_of(folder: &Folder, name: &str) -> io::Result<String> {
    Ok(match folder.read(OsStr::new(name))? {
        Reading::Text(bytes, _) => hash(&bytes),
        Reading::TooLarge(look) => format!("too large {:?}", look.stamp),
        Reading::NoFile(look) => format!("no file {:?}", look.stamp),
    })
}

struct Edit<'a> {
    mcp: &'a McpFolder,
    folder: &'a Folder,
    path: &'a TaskPath,
    temp: &'a str,
    expected: &'a str,
    ours: &'a str,
    durable: Durable,
}

impl Edit<'_> {
    fn carry_out(&self, bytes: &[u8], look: &Look) -> PortResult<Exchange> {
        let settled = settle(
            self.folder,
            self.temp,
            &self.path.name,
            self.ours.to_owned(),
            self.expected.to_owned(),
        );
        match settled.map_err(|e| self.failed(&e))? {
            Settled::Done { placed, displaced } => {
                self.put_away(&displaced);
                if placed == self.ours && self.durable == Durable::WithMove {
                    return self.replaced(bytes);
                }
                self.sync()?;
                if placed == self.ours {
                    return self.replaced(bytes);
                }
                Ok(Exchange::TheirsKept(
                    read_patiently(self.folder, self.path)?.0,
                ))
            }
            Settled::Gone { held } => {
                self.put_away(&held);
                self.sync()?;
                Ok(Exchange::TheirsKept(
                    read_patiently(self.folder, self.path)?.0,
                ))
            }
            Settled::Unable => self.by_link(bytes, look),
        }
    }

    /// Where there is no exchange: the old text gets a second name, then ours is renamed over it. Between the last look and the
    /// rename remains a moment in which a save would be lost, so a file that changed lately is not touched at all.
    fn by_link(&self, bytes: &[u8], look: &Look) -> PortResult<Exchange> {
        if look.stamp.mtime_ns >= now_ns().saturating_sub(QUIET_NS) {
            return Err(failure(
                PortErrorKind::Changed,
                DOING,
                self.path.shown(),
                "it was changed less than two seconds ago, and this file system cannot exchange two files in one step",
                "Try again in two seconds.",
            ));
        }
        let keep = Temp::name(
            &self.path.name,
            &Purpose::Keep {
                expected: short(self.expected),
            },
        );
        let name = &self.path.name;
        let linked = self.folder.link(name, &keep).map_err(|e| self.failed(&e))?;
        let still = self
            .folder
            .look(OsStr::new(name))
            .map_err(|e| self.failed(&e))?;
        if still.stamp.ino != look.stamp.ino
            || hash_of(self.folder, name).map_err(|e| self.failed(&e))? != self.expected
        {
            self.folder.remove(&keep).map_err(|e| self.failed(&e))?;
            self.discard_ours();
            return Ok(Exchange::TheirsKept(
                read_patiently(self.folder, self.path)?.0,
            ));
        }
        self.folder
            .rename_over(self.temp, name)
            .map_err(|e| self.failed(&e))?;
        if linked {
            let kept = hash_of(self.folder, &keep).map_err(|e| self.failed(&e))?;
            if kept != self.expected {
                // It was written into while we renamed: theirs is put back in place.
                self.folder
                    .rename_over(&keep, name)
                    .map_err(|e| self.failed(&e))?;
                self.sync()?;
                return Ok(Exchange::TheirsKept(
                    read_patiently(self.folder, self.path)?.0,
                ));
            }
            self.mcp
                .to_trash(self.folder, &keep, &kept, name)
                .map_err(|e| self.failed(&e))?;
        }
        self.sync()?;
        self.replaced(bytes)
    }

    /// Clears the temporary file away: ours is worth nothing, everything else is kept for some days. The edit itself is done, so
    /// a failure here (no room in the trash) is none of it: the file stays, and a later scan clears it away.
    fn put_away(&self, held: &str) {
        let outcome = if held == self.ours {
            self.folder.remove(self.temp)
        } else {
            self.mcp
                .to_trash(self.folder, self.temp, held, &self.path.name)
        };
        outcome.unwrap_or_default();
    }

    /// After a failure: removes the temporary file if it holds nothing but ours. Otherwise the next scan sees to it.
    fn discard_ours(&self) {
        if hash_of(self.folder, self.temp).is_ok_and(|held| held == self.ours) {
            self.folder.remove(self.temp).unwrap_or_default();
        }
    }

    fn replaced(&self, bytes: &[u8]) -> PortResult<Exchange> {
        let name = OsStr::new(&self.path.name);
        match self.folder.look(name) {
            Ok(look) => {
                let reading = Reading::Text(bytes.to_vec(), look);
                Ok(Exchange::Replaced(Box::new(row(
                    self.path,
                    &reading,
                    now_ns(),
                ))))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(changed(DOING, self.path)),
            Err(e) => Err(self.failed(&e)),
        }
    }

    fn sync(&self) -> PortResult<()> {
        self.folder.sync().map_err(|e| self.failed(&e))
    }

    fn failed(&self, error: &io::Error) -> orchestron_engine::ports::PortError {
        io_failure(DOING, self.path.shown(), error)
    }
}

/// Reads a file that may be away for a moment while an editor saves it.
fn read_patiently(folder: &Folder, path: &TaskPath) -> PortResult<(FileText, Look)> {
    let mut looks = 0;
    loop {
        looks += 1;
        match read_text(folder, path, DOING) {
            Err(e) if e.kind == PortErrorKind::Missing && looks < LOOKS => {
                thread::sleep(BETWEEN_LOOKS);
            }
            outcome => return outcome,
        }
    }
}
