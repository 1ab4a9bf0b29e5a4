//! The engine's writing end of `in.jsonl`: everything a run is told, each thing once.
//!
//! A thing is said when its line is in the file, whole. That survives the engine, the keeper passes it on exactly once, and a
//! new engine reads from the same file what has been said: every line of an agent's protocol can be named by its key.
//! Nothing is synced, because a power cut ends the agent too.

use super::{
    folder::{FolderError, RunFolder, private},
    keeper::{self, inbox::ORDER_PREFIX},
};
use orchestron_agents::Reply;
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader, Write},
};

/// An order to the keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeeperOrder {
    /// The agent is told nothing more.
    CloseInput,
    /// SIGINT, as from a terminal.
    Interrupt,
    /// SIGTERM for the whole tree.
    Terminate,
    /// SIGKILL for the whole tree.
    Kill,
}

impl KeeperOrder {
    const fn word(self) -> &'static str {
        match self {
            Self::CloseInput => "close-input",
            Self::Interrupt => "interrupt",
            Self::Terminate => "terminate",
            Self::Kill => "kill",
        }
    }

    fn line(self) -> String {
        format!("{{\"keeper\":\"{}\"}}\n", self.word())
    }
}

/// The file, and what it says.
#[derive(Debug)]
pub(crate) struct Outbox {
    folder: RunFolder,
    file: File,
    length: u64,
    said: BTreeSet<String>,
    is_closed: bool,
}

impl Outbox {
    /// Opens the file, making it when it is not there. Half a line at its end, from an engine that was killed while it wrote,
    /// is cut off: no keeper has taken it. `key_of` names a line.
    pub(crate) fn open(
        folder: &RunFolder,
        key_of: impl Fn(&[u8]) -> Option<String>,
    ) -> Result<Self, FolderError> {
        let path = folder.inbox();
        let file = private()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(FolderError::io("cannot open", &path))?;
        let mut outbox = Self {
            folder: folder.clone(),
            file,
            length: 0,
            said: BTreeSet::new(),
            is_closed: false,
        };
        outbox
            .read(key_of)
            .map_err(FolderError::io("cannot read", &path))?;
        // An engine that was killed between its line and the bell has said it all the same, but the keeper sleeps on.
        if outbox.length > 0 {
            outbox.ring();
        }
        Ok(outbox)
    }

    fn read(&mut self, key_of: impl Fn(&[u8]) -> Option<String>) -> io::Result<()> {
        let close = KeeperOrder::CloseInput.line();
        let mut reader = BufReader::new(&self.file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line)? as u64;
            if read == 0 {
                return Ok(());
            }
            if !line.ends_with(b"\n") {
                break;
            }
            self.length += read;
            self.is_closed |= line == close.as_bytes();
            if !line.starts_with(ORDER_PREFIX) {
                self.said.extend(key_of(&line));
            }
        }
        self.file.set_len(self.length)
    }

    /// Whether the agent was told that nothing more will come.
    pub(crate) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Says something to the agent, unless it was said before. Whether it was said now.
    pub(crate) fn say(&mut self, reply: &Reply) -> Result<bool, FolderError> {
        if self.said.contains(&reply.key) {
            return Ok(false);
        }
        debug_assert!(!reply.bytes.starts_with(ORDER_PREFIX), "an order");
        self.append(&reply.bytes)?;
        self.said.insert(reply.key.clone());
        Ok(true)
    }

    /// Tells the keeper something. Closing the input is told once, everything else as often as asked.
    pub(crate) fn order(&mut self, order: KeeperOrder) -> Result<(), FolderError> {
        if order == KeeperOrder::CloseInput && self.is_closed {
            return Ok(());
        }
        self.append(order.line().as_bytes())?;
        self.is_closed |= order == KeeperOrder::CloseInput;
        self.ring();
        Ok(())
    }

    /// Wakes the keeper.
    pub(crate) fn ring(&self) {
        keeper::ring_bell(&self.folder.bell());
    }

    /// Appends a line in one write. When that fails midway (the disk is full), what was written is taken back.
    fn append(&mut self, line: &[u8]) -> Result<(), FolderError> {
        match self.file.write_all(line) {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                let path = self.folder.inbox();
                self.file
                    .set_len(self.length)
                    .map_err(FolderError::io("cannot take back half a line in", &path))?;
                Err(FolderError::io("cannot write", &path)(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeeperOrder, Outbox};
    use crate::process::folder::RunFolder;
    use orchestron_agents::Reply;
    use std::fs;

    fn reply(key: &str) -> Reply {
        Reply {
            key: key.into(),
            bytes: format!("{key}\n").into_bytes(),
        }
    }

    /// In these tests a line is its own key.
    fn key_of(line: &[u8]) -> Option<String> {
        Some(String::from_utf8_lossy(line).trim().to_owned())
    }

    #[test]
    fn everything_is_said_once_also_by_the_next_engine() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        let mut first = Outbox::open(&folder, key_of).unwrap();
        assert!(first.say(&reply("a")).unwrap());
        assert!(!first.say(&reply("a")).unwrap());
        first.order(KeeperOrder::CloseInput).unwrap();
        let mut second = Outbox::open(&folder, key_of).unwrap();
        assert!(second.is_closed());
        assert!(!second.say(&reply("a")).unwrap());
        assert!(second.say(&reply("b")).unwrap());
        second.order(KeeperOrder::CloseInput).unwrap();
        second.order(KeeperOrder::Kill).unwrap();
        second.order(KeeperOrder::Kill).unwrap();
        assert_eq!(
            fs::read_to_string(folder.inbox()).unwrap(),
            "a\n{\"keeper\":\"close-input\"}\nb\n{\"keeper\":\"kill\"}\n{\"keeper\":\"kill\"}\n"
        );
    }

    #[test]
    #[cfg(unix)]
    fn what_an_engine_said_that_did_not_come_to_the_bell_is_rung_for_by_the_next() {
        use std::io::Read;
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        crate::process::keeper::make_bell(&folder.bell()).unwrap();
        let mut bell = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(folder.bell())
            .unwrap();
        fs::write(folder.inbox(), "said\n").unwrap();
        Outbox::open(&folder, key_of).unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || told.send(bell.read(&mut [0; 8]).unwrap()).unwrap());
        let heard = heard.recv_timeout(std::time::Duration::from_secs(5));
        assert!(heard.is_ok_and(|bytes| bytes > 0), "nobody rang");
    }

    #[test]
    fn half_a_line_counts_as_unsaid() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(dir.path());
        fs::write(folder.inbox(), "whole\nhal").unwrap();
        let mut outbox = Outbox::open(&folder, key_of).unwrap();
        assert!(outbox.say(&reply("half")).unwrap());
        assert_eq!(fs::read_to_string(folder.inbox()).unwrap(), "whole\nhalf\n");
    }
}
