//! The drop folder in memory: the same files as the rest of `.mcp/`, below `messages/<name>/inbox/`, killed and cut off like them.

use crate::{
    disk,
    files::{Entry, MemoryFiles},
    world::World,
};
use orchestron_domain::Seq;
use orchestron_engine::ports::{DropFolder, DropKey, DropLook, Dropped, PortResult};
use std::collections::BTreeSet;

/// Says that all that waited was put into an inbox.
const FILLED: &str = ".orchestron";
/// Makes an inbox that is still empty.
const KEPT: &str = ".keep";

fn path(inbox: &str, name: &str) -> String {
    format!("messages/{inbox}/inbox/{name}")
}

/// The inbox and the name in a path.
fn parts(path: &str) -> Option<(&str, &str)> {
    let (inbox, name) = path.strip_prefix("messages/")?.split_once("/inbox/")?;
    (!name.contains('/')).then_some((inbox, name))
}

/// The number in the name of one of our own files.
fn ours(name: &str) -> Option<Seq> {
    let number = name.strip_prefix("m-")?.strip_suffix(".json")?;
    number.parse().ok().map(Seq)
}

fn key(inbox: &str, name: &str, entry: &Entry) -> DropKey {
    DropKey {
        inbox: inbox.to_owned(),
        name: name.to_owned(),
        written_ns: entry.written(),
    }
}

impl World {
    /// Makes an inbox, as a tool does that wants messages by file.
    pub fn inbox(&self, name: &str) {
        self.write(&path(name, KEPT), "");
    }

    /// Puts a file into an inbox, as a tool does.
    pub fn drop_file(&self, inbox: &str, name: &str, text: &str) {
        self.write(&path(inbox, name), text);
    }

    /// Takes the message of this number out of an inbox, as a tool does that has read it; whether it was there.
    pub fn takes_message(&self, inbox: &str, message: u64) -> bool {
        let path = path(inbox, &format!("m-{message}.json"));
        let was = self.text(&path).is_some();
        self.remove(&path);
        was
    }
}

impl DropFolder for MemoryFiles {
    fn dropped(&self, pass: &BTreeSet<DropKey>, most: usize) -> PortResult<DropLook> {
        let things = self.0.up()?;
        let mut look = DropLook::default();
        for (path, entry) in &things.files.entries {
            let found = parts(path);
            let Some((inbox, name)) = found.filter(|(_, name)| !name.starts_with('.')) else {
                continue;
            };
            let key = key(inbox, name, entry);
            if ours(name).is_some() {
                continue;
            }
            if pass.contains(&key) {
                look.passed.insert(key);
            } else {
                let bytes = entry.bytes.clone();
                look.files.push(Dropped { key, bytes });
            }
        }
        look.files.sort_by_key(|file| file.key.written_ns);
        let mut met = std::collections::BTreeMap::<String, usize>::new();
        look.files.retain(|file| {
            let taken = met.entry(file.key.inbox.clone()).or_default();
            *taken += 1;
            *taken <= most
        });
        Ok(look)
    }

    fn taken(&self, key: &DropKey) -> PortResult<()> {
        let mut things = self.0.up()?;
        let path = path(&key.inbox, &key.name);
        let same = |entry: &Entry| entry.written() == key.written_ns;
        if things.files.entries.get(&path).is_some_and(same) {
            disk::call(&mut things)?;
            disk::names(&mut things, &[&path]);
            things.files.entries.remove(&path);
        }
        Ok(())
    }

    fn inboxes(&self) -> PortResult<Vec<String>> {
        let things = self.0.up()?;
        let all = things.files.entries.keys().filter_map(|path| parts(path));
        let names: BTreeSet<_> = all.map(|(inbox, _)| inbox.to_owned()).collect();
        Ok(names.into_iter().collect())
    }

    fn lying(&self, inbox: &str) -> PortResult<Option<BTreeSet<Seq>>> {
        let things = self.0.up()?;
        if !things.files.entries.contains_key(&path(inbox, FILLED)) {
            return Ok(None);
        }
        let all = things.files.entries.keys().filter_map(|path| parts(path));
        let here = all.filter(|(of, _)| *of == inbox);
        Ok(Some(here.filter_map(|(_, name)| ours(name)).collect()))
    }

    fn put(&self, inbox: &str, message: Seq, bytes: &[u8]) -> PortResult<()> {
        let mut things = self.0.up()?;
        things.must_have_room(".mcp/messages")?;
        let path = path(inbox, &format!("m-{}.json", message.0));
        if things.files.entries.contains_key(&path) {
            return Ok(());
        }
        disk::temporary(&mut things)?;
        disk::call(&mut things)?;
        disk::names(&mut things, &[&path]);
        things.files.put(&path, bytes.to_vec());
        disk::sync(&mut things)
    }

    fn remove(&self, inbox: &str, message: Seq) -> PortResult<()> {
        let mut things = self.0.up()?;
        let path = path(inbox, &format!("m-{}.json", message.0));
        disk::call(&mut things)?;
        disk::names(&mut things, &[&path]);
        things.files.entries.remove(&path);
        Ok(())
    }

    fn filled(&self, inbox: &str) -> PortResult<()> {
        let mut things = self.0.up()?;
        let path = path(inbox, FILLED);
        disk::call(&mut things)?;
        disk::names(&mut things, &[&path]);
        things.files.put(&path, Vec::new());
        disk::sync(&mut things)
    }
}
