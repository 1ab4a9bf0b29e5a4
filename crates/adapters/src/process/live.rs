//! One run as the engine sees it: what it says becomes signals, what is said to it goes into its inbox.

use super::{
    folder::{ExitRecord, FORMAT, FolderError, RunFolder, read_json, write_json},
    outbox::{KeeperOrder, Outbox},
    output::{TAIL_BYTES, useful_end},
    tail::{Line, LineTail},
};
use orchestron_agents::{Driver, Opening, Protocol, Reply, driver};
use orchestron_domain::{
    Halt, RunEnd, SessionId,
    signal::{Say, Signal},
};
use orchestron_engine::ports::{Heard, Look, Over};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    time::{Duration, Instant},
};

/// How long a keeper has to show up before it counts as lost.
const START_PATIENCE: Duration = Duration::from_secs(10);

/// `talk.json`: how to speak with the agent of a run; not there for gates.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Talk {
    /// The agent's word.
    pub(crate) cli: String,
    /// What its protocol is opened with.
    pub(crate) opening: Opening,
}

impl Talk {
    /// The file's name.
    pub(crate) const FILE: &str = "talk.json";

    /// Reads it; none for a gate.
    pub(crate) fn of(folder: &RunFolder) -> Result<Option<Self>, FolderError> {
        read_json(&folder.dir().join(Self::FILE))
    }
}

/// The agent's side of a conversation.
struct Speaker {
    driver: &'static dyn Driver,
    protocol: Box<dyn Protocol>,
    session: SessionId,
}

/// A run this engine minds.
pub(crate) struct Live {
    folder: RunFolder,
    speaker: Option<Speaker>,
    outbox: Outbox,
    tail: LineTail,
    /// Signals up to here were told by an earlier engine.
    read_to: u64,
    /// Heard and not told yet.
    heard: Vec<Heard>,
    /// The newest that was told.
    told_to: u64,
    since: Instant,
    /// Its output is over and read to the end.
    is_read: bool,
}

impl Live {
    /// Takes up a run whose folder is whole. Signals up to `read_to` are not told.
    pub(crate) fn open(folder: RunFolder, read_to: u64) -> Result<Self, FolderError> {
        let talk = Talk::of(&folder)?;
        let speaker = talk.and_then(|talk| {
            let driver = driver(&talk.cli)?;
            Some(Speaker {
                driver,
                protocol: driver.open(&talk.opening),
                session: talk.opening.session,
            })
        });
        let driver = speaker.as_ref().map(|speaker| speaker.driver);
        let outbox = Outbox::open(&folder, |line| driver?.key_of(line))?;
        let tail = LineTail::new(&folder.out(), 0);
        Ok(Self {
            folder,
            speaker,
            outbox,
            tail,
            read_to,
            heard: Vec::new(),
            told_to: read_to,
            since: Instant::now(),
            is_read: false,
        })
    }

    /// The conversation, for agents.
    pub(crate) fn session(&self) -> Option<&SessionId> {
        self.speaker.as_ref().map(|speaker| &speaker.session)
    }

    /// Says the first words, unless they were said.
    pub(crate) fn greet(&mut self) -> Result<(), FolderError> {
        let hello = match &mut self.speaker {
            Some(speaker) => speaker.protocol.hello(),
            None => Vec::new(),
        };
        self.reply(&hello)
    }

    /// Reads what is new without telling it yet: after this the conversation is where the agent has it.
    pub(crate) fn catch_up(&mut self) -> Result<(), FolderError> {
        if self.is_read {
            return Ok(());
        }
        let Some(speaker) = &mut self.speaker else {
            return Ok(());
        };
        let (heard, read_to) = (&mut self.heard, self.read_to);
        let mut replies = Vec::new();
        let mut spoken = Ok(());
        let outbox = &mut self.outbox;
        let read = self.tail.read(|line, offset| {
            replies.clear();
            receive(speaker, &line, offset, read_to, heard, &mut replies);
            // At once, and not after the whole backlog: the file can be longer than memory.
            spoken = say_all(outbox, &replies);
            spoken.is_ok()
        });
        let path = self.folder.out();
        spoken.and(read.map_err(FolderError::io("cannot read", &path)))
    }

    /// Reads what is new, and whether it is over.
    pub(crate) fn look(&mut self) -> Result<Look, FolderError> {
        // Asked before reading: what was said before the end is then surely read.
        let end = self.end()?;
        // An end that nobody wants to hear of in detail.
        if end.is_none() || self.read_to <= self.output_length() {
            self.catch_up()?;
        }
        let Some(end) = end else {
            return Ok(Look {
                heard: self.tell(),
                over: None,
            });
        };
        self.read_rest();
        let heard = self.tell();
        let over = self.over(&end)?;
        Ok(Look {
            heard,
            over: Some(over),
        })
    }

    fn output_length(&self) -> u64 {
        fs::metadata(self.folder.out()).map_or(0, |meta| meta.len())
    }

    /// Nothing more will come: a line without its end counts, and the protocol says what it held back.
    fn read_rest(&mut self) {
        if std::mem::replace(&mut self.is_read, true) {
            return;
        }
        let Some(speaker) = &mut self.speaker else {
            return;
        };
        let (heard, read_to) = (&mut self.heard, self.read_to);
        self.tail.finish(|line, offset| {
            // Nobody is left to be answered.
            receive(speaker, &line, offset, read_to, heard, &mut Vec::new());
            true
        });
        let offset = self.tail.offset();
        let held_back = speaker.protocol.end();
        if read_to <= offset {
            heard.extend(held_back.into_iter().map(|signal| Heard { signal, offset }));
        }
    }

    /// Whether something after that was told already: whoever knows of nothing newer has lost it, for what is told is told once.
    pub(crate) const fn is_ahead_of(&self, read_to: u64) -> bool {
        self.told_to > read_to
    }

    /// What was heard. Of mere signs of life only the last one is told.
    fn tell(&mut self) -> Vec<Heard> {
        let mut heard = std::mem::take(&mut self.heard);
        let newest = heard.iter().map(|heard| heard.offset).max();
        self.told_to = newest.unwrap_or(0).max(self.told_to);
        let is_life = |heard: &Heard| matches!(heard.signal, Signal::Alive { .. });
        if let Some(last) = heard.iter().rposition(is_life) {
            let mut at = 0;
            heard.retain(|heard| {
                at += 1;
                at > last || !is_life(heard)
            });
        }
        heard
    }

    /// Says something, once.
    pub(crate) fn say(&mut self, say: &Say) -> Result<bool, FolderError> {
        // What an interrupt means depends on how far the agent is.
        self.catch_up()?;
        let Some(speaker) = &mut self.speaker else {
            return Ok(false);
        };
        let reply = speaker.protocol.say(say);
        self.reply(&[reply])?;
        Ok(true)
    }

    /// Takes a rung of the stop ladder.
    pub(crate) fn halt(&mut self, halt: Halt) -> Result<(), FolderError> {
        match halt {
            Halt::CloseInput => self.outbox.order(KeeperOrder::CloseInput),
            // What cannot be told any more is signalled.
            Halt::Interrupt if self.speaker.is_none() || self.outbox.is_closed() => {
                self.outbox.order(KeeperOrder::Interrupt)
            }
            Halt::Interrupt => {
                self.say(&Say::Interrupt)?;
                self.outbox.order(KeeperOrder::CloseInput)
            }
            Halt::Terminate => self.outbox.order(KeeperOrder::Terminate),
            Halt::Kill => self.outbox.order(KeeperOrder::Kill),
        }
    }

    fn reply(&mut self, replies: &[Reply]) -> Result<(), FolderError> {
        say_all(&mut self.outbox, replies)
    }

    /// How it ended; none while it goes on.
    fn end(&self) -> Result<Option<ExitRecord>, FolderError> {
        if let Some(end) = self.folder.exit_record()? {
            return Ok(Some(end));
        }
        let shown_up = self.folder.record().exists() || self.folder.gone().exists();
        if !shown_up && self.since.elapsed() < START_PATIENCE {
            return Ok(None);
        }
        if self.folder.is_kept()? {
            return Ok(None);
        }
        declare_lost(&self.folder)
    }

    fn over(&self, end: &ExitRecord) -> Result<Over, FolderError> {
        let printed = if self.speaker.is_some() {
            self.folder.err()
        } else {
            self.folder.out()
        };
        let tail = useful_end(&printed, TAIL_BYTES)?;
        Ok(Over {
            code: end.code,
            signal: end.signal,
            end: self.end_of(end, &tail),
            tail,
        })
    }

    fn end_of(&self, end: &ExitRecord, tail: &str) -> Option<RunEnd> {
        if end.lost {
            return Some(RunEnd::Lost);
        }
        if let Some(message) = end.could_not_start.clone() {
            return Some(RunEnd::CouldNotStart { message });
        }
        if let Some(limit) = end.log_limit_bytes {
            let why = format!(
                "it wrote more than {} MiB, the limit of a run's output",
                limit >> 20
            );
            return Some(RunEnd::Stopped { why });
        }
        if let Some(trouble) = &end.trouble {
            let message = format!("its keeper could not go on: {trouble}");
            return Some(RunEnd::AgentError { message });
        }
        let speaker = self.speaker.as_ref()?;
        speaker.driver.explain_exit(end.code, tail)
    }
}

fn say_all(outbox: &mut Outbox, replies: &[Reply]) -> Result<(), FolderError> {
    let mut said = false;
    for reply in replies {
        said |= outbox.say(reply)?;
    }
    if said {
        outbox.ring();
    }
    Ok(())
}

fn receive(
    speaker: &mut Speaker,
    line: &Line<'_>,
    offset: u64,
    read_to: u64,
    heard: &mut Vec<Heard>,
    replies: &mut Vec<Reply>,
) {
    let signals = match line {
        Line::Whole(bytes) => {
            let received = speaker.protocol.receive(bytes);
            replies.extend(received.replies);
            received.signals
        }
        Line::TooLong(bytes) => vec![Signal::Alive {
            doing: format!("a line of {} MiB was passed over", bytes >> 20),
        }],
    };
    if offset > read_to {
        heard.extend(signals.into_iter().map(|signal| Heard { signal, offset }));
    }
}

/// Says once and for all that a run's keeper is lost, unless one turns out to live or to have ended properly. The record keeps
/// a keeper that comes late from starting the program.
fn declare_lost(folder: &RunFolder) -> Result<Option<ExitRecord>, FolderError> {
    let path = folder.lock();
    let lock = super::folder::private()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(FolderError::io("cannot open", &path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(None),
        Err(fs::TryLockError::Error(error)) => {
            return Err(FolderError::io("cannot lock", &path)(error));
        }
    }
    // It may have ended between the two looks.
    if let Some(end) = folder.exit_record()? {
        return Ok(Some(end));
    }
    let end = ExitRecord {
        format: FORMAT,
        ended_at: super::folder::now_millis(),
        lost: true,
        ..ExitRecord::default()
    };
    write_json(&folder.exit(), &end)?;
    Ok(Some(end))
}
