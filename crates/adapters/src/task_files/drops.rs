//! The drop folder on the disk: `.mcp/messages/<name>/inbox/`. Everything is done relative to opened folders, no link is followed, and
//! how much is looked at is bounded, whatever lies there.

use super::{
    McpFolder,
    folder::{Folder, Kind, Look, Reading},
    names::{Purpose, Temp},
};
use crate::failure::io_failure;
use orchestron_domain::Seq;
use orchestron_engine::ports::{DropFolder, DropKey, DropLook, Dropped, PortResult, Problem};
use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    io,
};

/// Inboxes that are looked at.
const MOST_INBOXES: usize = 200;
/// Names in one inbox that are looked at; what is behind them comes when these are gone.
const MOST_NAMES: usize = 20_000;
/// The largest message there may be as a file, in bytes.
const MOST_BYTES: u64 = 128 * 1024;
/// In front of the name of a file that is being taken in.
const TAKING: &str = ".taking-";
/// Says that this is the folder whose messages were all put there.
const FILLED: &str = ".orchestron";

/// A file in an inbox.
struct Found {
    key: DropKey,
    /// Its name now; another one than that of the key when a crash came while it was being taken in.
    name: OsString,
}

/// What stands for a file in an inbox.
enum Entry {
    Drop(Found),
    Wrong(Problem),
    /// Ours, or somebody's in the making.
    Other,
}

impl DropFolder for McpFolder {
    fn dropped(&self, pass: &BTreeSet<DropKey>, most: usize) -> PortResult<DropLook> {
        let mut look = DropLook::default();
        let mut all = Vec::new();
        for inbox in self.inboxes()? {
            let Some(folder) = self.inbox(&inbox, &mut look.problems)? else {
                continue;
            };
            let failed = |e: &io::Error| io_failure("cannot read", shown(&inbox, ""), e);
            let names = names(&folder, &inbox, &mut look.problems).map_err(|e| failed(&e))?;
            let mut found = Vec::new();
            for name in names {
                match entry(&folder, &inbox, name).map_err(|e| failed(&e))? {
                    Entry::Drop(drop) if pass.contains(&drop.key) => {
                        look.passed.insert(drop.key);
                    }
                    Entry::Drop(drop) => found.push(drop),
                    Entry::Wrong(problem) => look.problems.push(problem),
                    Entry::Other => {}
                }
            }
            found.sort_by(|a, b| age(&a.key).cmp(&age(&b.key)));
            for drop in found.into_iter().take(most) {
                match folder.read(&drop.name) {
                    Ok(Reading::Text(bytes, _)) => all.push(Dropped {
                        key: drop.key,
                        bytes,
                    }),
                    // Gone, or another one by now.
                    Ok(_) => {}
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => look.problems.push(cannot_read(&drop.key, &e)),
                }
            }
        }
        all.sort_by(|a, b| age(&a.key).cmp(&age(&b.key)));
        look.files = all;
        Ok(look)
    }

    fn taken(&self, key: &DropKey) -> PortResult<()> {
        let failed = |e: &io::Error| io_failure("cannot remove", shown(&key.inbox, &key.name), e);
        let folder = self
            .open(&["messages", &key.inbox, "inbox"])
            .map_err(|e| failed(&e))?;
        let taking = format!("{TAKING}{}", key.name);
        let is_it = |look: &Look| look.stamp.mtime_ns == key.written_ns;
        match folder.rename_new(&key.name, &folder, &taking) {
            Ok(()) => {}
            // Taken before a crash: only the rest is left to be done.
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
                ) => {}
            Err(e) => return Err(failed(&e)),
        }
        let found = match folder.look(OsStr::new(&taking)) {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(failed(&e)),
        };
        if is_it(&found) {
            folder.remove(&taking).map_err(|e| failed(&e))?;
        } else if let Err(e) = folder.rename_new(&taking, &folder, &key.name) {
            // A third one has taken the name: this one keeps its own and is found under it.
            if e.kind() != io::ErrorKind::AlreadyExists {
                return Err(failed(&e));
            }
        }
        folder.sync().map_err(|e| failed(&e))
    }

    fn inboxes(&self) -> PortResult<Vec<String>> {
        let failed = |e: &io::Error| io_failure("cannot read", ".mcp/messages", e);
        let folder = match self.open(&["messages"]) {
            Ok(folder) => folder,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed(&e)),
        };
        let names = folder.names().map_err(|e| failed(&e))?.into_iter();
        let good = names.filter_map(|name| name.into_string().ok());
        let mut good: Vec<_> = good.filter(|name| is_good(name)).collect();
        good.sort();
        good.truncate(MOST_INBOXES);
        good.retain(|name| {
            let look = self
                .open(&["messages", name])
                .and_then(|folder| folder.look(OsStr::new("inbox")));
            look.is_ok_and(|look| matches!(look.kind, Kind::Folder | Kind::Link))
        });
        Ok(good)
    }

    fn lying(&self, inbox: &str) -> PortResult<Option<BTreeSet<Seq>>> {
        let failed = |e: &io::Error| io_failure("cannot read", shown(inbox, ""), e);
        let folder = self
            .open(&["messages", inbox, "inbox"])
            .map_err(|e| failed(&e))?;
        if folder.look(OsStr::new(FILLED)).is_err() {
            return Ok(None);
        }
        let names = folder.names().map_err(|e| failed(&e))?;
        let ids = names.iter().filter_map(|name| own(name.to_str()?));
        Ok(Some(ids.collect()))
    }

    fn put(&self, inbox: &str, message: Seq, bytes: &[u8]) -> PortResult<()> {
        let name = name_of(message);
        let failed = |e: &io::Error| io_failure("cannot write", shown(inbox, &name), e);
        let folder = self
            .open(&["messages", inbox, "inbox"])
            .map_err(|e| failed(&e))?;
        let temp = Temp::name(&name, &Purpose::New);
        let written = folder
            .write_new(&temp, bytes, None)
            .and_then(|()| folder.rename_over(&temp, &name))
            .and_then(|()| folder.sync());
        written.map_err(|e| {
            // What failed is the news.
            folder.remove(&temp).unwrap_or_default();
            failed(&e)
        })
    }

    fn remove(&self, inbox: &str, message: Seq) -> PortResult<()> {
        let name = name_of(message);
        self.open(&["messages", inbox, "inbox"])
            .and_then(|folder| folder.remove(&name))
            .map_err(|e| io_failure("cannot remove", shown(inbox, &name), &e))
    }

    fn filled(&self, inbox: &str) -> PortResult<()> {
        let failed = |e: &io::Error| io_failure("cannot write", shown(inbox, FILLED), e);
        let folder = self
            .open(&["messages", inbox, "inbox"])
            .map_err(|e| failed(&e))?;
        let text = b"Orchestron puts messages for this tool here as m-NUMBER.json; remove each when it is read.\n";
        match folder.write_new(FILLED, text, None) {
            Ok(()) => folder.sync().map_err(|e| failed(&e)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(e) => Err(failed(&e)),
        }
    }
}

impl McpFolder {
    /// An inbox; none when it is gone, or is no folder of this project.
    fn inbox(&self, name: &str, problems: &mut Vec<Problem>) -> PortResult<Option<Folder>> {
        match self.open(&["messages", name, "inbox"]) {
            Ok(folder) => Ok(Some(folder)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => {
                problems.push(Problem {
                    path: format!(".mcp/messages/{name}/inbox"),
                    line: None,
                    what: format!("it cannot be opened: {e}"),
                    cure: "Make it a plain folder that you may write in, or remove it.".to_owned(),
                });
                Ok(None)
            }
        }
    }
}

/// Oldest first; what was written at the same moment goes by its name.
fn age(key: &DropKey) -> (i64, &str) {
    (key.written_ns, &key.name)
}

/// Names that may be messages, not too many.
fn names(folder: &Folder, inbox: &str, problems: &mut Vec<Problem>) -> io::Result<Vec<OsString>> {
    let mut names = folder.names()?;
    if names.len() > MOST_NAMES {
        problems.push(Problem {
            path: format!(".mcp/messages/{inbox}/inbox"),
            line: None,
            what: format!(
                "{} files lie there; only {MOST_NAMES} are looked at, by their names",
                names.len()
            ),
            cure: "They are taken in one after the other; whoever writes them should wait until the folder is empty again.".to_owned(),
        });
        names.sort();
        names.truncate(MOST_NAMES);
    }
    Ok(names)
}

fn entry(folder: &Folder, inbox: &str, name: OsString) -> io::Result<Entry> {
    let Some(text) = name.to_str() else {
        return Ok(Entry::Other);
    };
    // One that was being taken in when a crash came is taken in again, under the name it had.
    let named = text.strip_prefix(TAKING).unwrap_or(text).to_owned();
    if named.starts_with('.') || !named.ends_with(".json") || own(&named).is_some() {
        return Ok(Entry::Other);
    }
    let look = match folder.look(&name) {
        Ok(look) => look,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Entry::Other),
        Err(e) => return Err(e),
    };
    let wrong = |what: String, cure: &str| {
        Ok(Entry::Wrong(Problem {
            path: shown(inbox, &named),
            line: None,
            what,
            cure: cure.to_owned(),
        }))
    };
    match look.kind {
        Kind::File if look.stamp.size > MOST_BYTES => wrong(
            format!(
                "{} bytes are too many for a message, {MOST_BYTES} are the most",
                look.stamp.size
            ),
            "Write it into a file of the project and name that in the message.",
        ),
        Kind::File => Ok(Entry::Drop(Found {
            key: DropKey {
                inbox: inbox.to_owned(),
                name: named,
                written_ns: look.stamp.mtime_ns,
            },
            name,
        })),
        Kind::Link => wrong(
            "a symbolic link is not followed".to_owned(),
            "Put the file itself there.",
        ),
        Kind::Folder | Kind::Other => Ok(Entry::Other),
    }
}

fn cannot_read(key: &DropKey, error: &io::Error) -> Problem {
    Problem {
        path: shown(&key.inbox, &key.name),
        line: None,
        what: format!("it cannot be read: {error}"),
        cure: "Let this user read it.".to_owned(),
    }
}

/// `m-41.json`
fn name_of(message: Seq) -> String {
    format!("m-{}.json", message.0)
}

/// The message that a file of ours is.
fn own(name: &str) -> Option<Seq> {
    let digits = name.strip_prefix("m-")?.strip_suffix(".json")?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all).map(Seq)
}

/// Whether a folder can be somebody's: plain letters, nothing hidden, nothing that leads anywhere.
fn is_good(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain)
}

fn shown(inbox: &str, name: &str) -> String {
    let name: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    format!(".mcp/messages/{inbox}/inbox/{name}")
}

#[cfg(test)]
mod tests;
