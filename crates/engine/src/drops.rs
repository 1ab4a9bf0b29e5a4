//! Messages by way of files, for tools that speak no protocol: what lies in `.mcp/messages/<name>/inbox/` is sent, and what is for a
//! holder outside is put into its inbox.
//!
//! Each message is sent at least once and at most once: it is written to the log before its file is removed, under a key that names
//! that very file, so that a file that is found again after a crash is known. Files of one inbox are taken in the order they were
//! written. A message for a tool is on the disk before the log says that it was put there, and counts as read when its file is gone.

use crate::{
    engine::{Engine, EngineError},
    ports::{Commit, DropFolder, DropKey, Dropped, PortResult, Problem},
};
use orchestron_domain::{
    Actor, AgentName, Fact, Holder, Seq, State, TaskId,
    message::{Draft, INBOX_MAX, Letter, Message, inbox, letter, sent},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Files of one inbox that are taken in at once.
const BATCH: usize = 50;
/// Files that are looked at for problems.
const LOOKED_AT: usize = 200;

/// What the engine knows of the drop folder.
#[derive(Debug, Default)]
pub(crate) struct Drops {
    /// Files that cannot be understood; each is read again when it changes.
    bad: BTreeSet<DropKey>,
    /// How far the log was when the inboxes were filled last.
    filled_to: Option<Seq>,
}

/// A message as a tool writes it.
#[derive(Deserialize)]
struct Written {
    from: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    payload: Option<Value>,
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    reply_to: Option<u64>,
    #[serde(default)]
    key: Option<String>,
}

/// A message as a tool reads it.
#[derive(Serialize)]
struct ForTool<'a> {
    id: u64,
    from: &'a str,
    to: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    task: Option<String>,
    text: &'a str,
    payload: Option<Value>,
    reply_to: Option<u64>,
    at: String,
}

/// Why a file is not taken in.
enum Kept {
    /// It is wrong, and stays so until somebody changes it.
    Wrong(Problem),
    /// Its recipient has too much to read; it is taken in later.
    Full,
}

impl Engine {
    /// Takes in what tools have put into the drop folder, and puts into it what is for them.
    pub(crate) fn look_at_drops(&mut self, files: bool) -> Result<(), EngineError> {
        if self.ports.store.files().drops().is_none() {
            return Ok(());
        }
        while files && self.take_in_drops()? {
            self.pump()?;
        }
        if files || self.drops.filled_to != Some(self.state.seq) {
            self.fill_inboxes()?;
            self.pump()?;
            self.drops.filled_to = Some(self.state.seq);
        }
        Ok(())
    }

    /// Whether something was taken in.
    fn take_in_drops(&mut self) -> Result<bool, EngineError> {
        let Some(drops) = self.ports.store.files().drops() else {
            return Ok(false);
        };
        // A folder that cannot be read is told by `doctor`; it must not keep everything else from going on.
        let Ok(look) = drops.dropped(&self.drops.bad, BATCH) else {
            return Ok(false);
        };
        let bad = &mut self.drops.bad;
        bad.retain(|key| look.passed.contains(key));
        let (mut facts, mut done) = (Vec::new(), Vec::new());
        let mut batch = Batch::default();
        for file in look.files {
            match batch.judge(&self.state, &file) {
                Ok(Some(fact)) => {
                    facts.push(fact);
                    done.push(file.key);
                }
                Ok(None) => done.push(file.key),
                Err(Kept::Full) => {}
                Err(Kept::Wrong(_)) => {
                    self.drops.bad.insert(file.key);
                }
            }
        }
        if done.is_empty() {
            return Ok(false);
        }
        self.ports.store.must_be_newest()?;
        if !facts.is_empty() {
            self.ports.store.commit(Commit {
                facts,
                ..Commit::default()
            })?;
        }
        let mut removed = false;
        if let Some(drops) = self.ports.store.files().drops() {
            for key in &done {
                // One that cannot be removed is known when it is found again.
                removed |= drops.taken(key).is_ok();
            }
        }
        Ok(removed)
    }

    /// Puts what waits for tools into their inboxes, and takes note of what they have taken.
    fn fill_inboxes(&mut self) -> Result<(), EngineError> {
        let mut facts = Vec::new();
        {
            let Self { ports, state, .. } = &*self;
            let Some(drops) = ports.store.files().drops() else {
                return Ok(());
            };
            let Ok(names) = drops.inboxes() else {
                return Ok(());
            };
            for name in names {
                let holder = name.parse::<AgentName>().ok();
                let Some(holder) = holder.filter(|holder| is_outside(state, holder)) else {
                    continue;
                };
                // A full disk, a folder that was just removed: what could not be put is put the next time.
                if let Ok(told) = fill(drops, state, &holder) {
                    facts.extend(told);
                }
            }
        }
        if !facts.is_empty() {
            self.ports.store.must_be_newest()?;
            self.ports.store.commit(Commit {
                facts,
                ..Commit::default()
            })?;
        }
        Ok(())
    }
}

fn fill(
    drops: &dyn DropFolder,
    state: &State,
    holder: &AgentName,
) -> PortResult<Vec<(Actor, Fact)>> {
    let folder = holder.as_str();
    let lying = drops.lying(folder)?;
    let mut left = lying.clone().unwrap_or_default();
    let mut facts = Vec::new();
    for message in inbox(state, holder) {
        let was_put = message
            .receipts
            .get(holder)
            .is_some_and(|receipt| receipt.put);
        let lies = left.remove(&message.id);
        match (was_put, lies, &lying) {
            (true, false, Some(_)) => facts.push((
                Actor::Outside {
                    name: holder.clone(),
                },
                Fact::MessageAcked {
                    message: message.id,
                    to: holder.clone(),
                },
            )),
            (true, true, _) => {}
            _ => {
                drops.put(folder, message.id, &for_tool(message, folder))?;
                if !was_put {
                    facts.push((
                        Actor::Engine,
                        Fact::MessagePut {
                            message: message.id,
                            to: holder.clone(),
                        },
                    ));
                }
            }
        }
    }
    // Read in another way, or of a log that was deleted.
    for id in left {
        drops.remove(folder, id)?;
    }
    if lying.is_none() {
        drops.filled(folder)?;
    }
    Ok(facts)
}

fn for_tool(message: &Message, to: &str) -> Vec<u8> {
    let payload = message.letter.payload.as_deref();
    let shown = ForTool {
        id: message.id.0,
        from: &message.from,
        to,
        kind: message.letter.kind.word(),
        task: message.letter.task.as_ref().map(ToString::to_string),
        text: &message.letter.text,
        payload: payload.and_then(|text| serde_json::from_str(text).ok()),
        reply_to: message.letter.reply_to.map(|seq| seq.0),
        at: message.at.to_string(),
    };
    // Texts and numbers only: this cannot fail.
    let mut bytes = serde_json::to_vec_pretty(&shown).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn is_outside(state: &State, holder: &AgentName) -> bool {
    state.config.names(holder) && matches!(state.config.called(holder.clone()), Holder::Outside(_))
}

/// Files that are judged together, before the state knows of any of them.
#[derive(Default)]
struct Batch {
    keys: BTreeSet<(AgentName, String)>,
    /// More in each inbox than the state knows.
    more: BTreeMap<AgentName, usize>,
    /// Inboxes from which nothing more is taken: their files come in order.
    full: BTreeSet<String>,
}

impl Batch {
    /// The fact that a file becomes; none when it was sent before.
    fn judge(&mut self, state: &State, file: &Dropped) -> Result<Option<(Actor, Fact)>, Kept> {
        if self.full.contains(&file.key.inbox) {
            return Err(Kept::Full);
        }
        let (from, letter) = read(state, file).map_err(|why| {
            if matches!(why, Kept::Full) {
                self.full.insert(file.key.inbox.clone());
            }
            why
        })?;
        let key = letter.key.clone().unwrap_or_default();
        let again = sent(state, from.as_str(), &key).is_some();
        if again || !self.keys.insert((from.clone(), key)) {
            return Ok(None);
        }
        let full = letter.recipients.iter().any(|name| {
            let more = self.more.get(name).copied().unwrap_or_default();
            inbox(state, name).count() + more >= INBOX_MAX
        });
        if full {
            self.full.insert(file.key.inbox.clone());
            return Err(Kept::Full);
        }
        for name in &letter.recipients {
            *self.more.entry(name.clone()).or_default() += 1;
        }
        Ok(Some((
            Actor::Outside { name: from },
            Fact::MessageSent { letter },
        )))
    }
}

/// What a file in an inbox becomes, before it is compared with what was sent already. For those who throw bytes at it.
///
/// # Errors
/// What is wrong with it; none when its inbox is full.
pub fn understood(state: &State, file: &Dropped) -> Result<(Actor, Fact), Option<Problem>> {
    match read(state, file) {
        Ok((name, letter)) => Ok((Actor::Outside { name }, Fact::MessageSent { letter })),
        Err(Kept::Wrong(problem)) => Err(Some(problem)),
        Err(Kept::Full) => Err(None),
    }
}

/// What a file says, as a message. The folder tells whom it is for.
fn read(state: &State, file: &Dropped) -> Result<(AgentName, Letter), Kept> {
    const EXAMPLE: &str = r#"{"from": "cursor", "text": "the port is 8080 now"}"#;
    let wrong = |what: String, cure: String| Kept::Wrong(problem(&file.key, what, cure));
    let written: Written = serde_json::from_slice(&file.bytes).map_err(|error| {
        wrong(
            format!("this is no message: {error}"),
            format!("Write it like {EXAMPLE}; it is read again when it changes."),
        )
    })?;
    if let Some(to) = written.to.as_deref().filter(|to| *to != file.key.inbox) {
        return Err(wrong(
            format!(
                "it lies in the inbox of {} and says `to: {to}`",
                file.key.inbox
            ),
            "Move it into that inbox, or leave `to` out.".to_owned(),
        ));
    }
    let from: AgentName = written.from.parse().map_err(|error| {
        wrong(
            format!("`from` is no name: {error}"),
            "Write the tool's name as .mcp/agents.yaml has it.".to_owned(),
        )
    })?;
    // Anybody who may write files here can write any name: nobody speaks as the person or as an agent of ours.
    if !is_outside(state, &from) {
        return Err(wrong(
            format!("`from: {from}` is no tool outside: only such send messages by file"),
            format!("Add `{from}:` without `cli` to .mcp/agents.yaml, or use the tool's own name."),
        ));
    }
    let task = written
        .task
        .as_deref()
        .map(str::parse::<TaskId>)
        .transpose();
    let task = task.map_err(|error| {
        wrong(
            format!("`task` is none: {error}"),
            "Write it like TASK-7, or leave it out.".to_owned(),
        )
    })?;
    let payload = written.payload.as_ref().map(Value::to_string);
    let text = written.text.unwrap_or_else(|| match &written.payload {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    });
    let key = written.key.unwrap_or_else(|| {
        let key = &file.key;
        format!("file:{}/{}@{}", key.inbox, key.name, key.written_ns)
    });
    let draft = Draft {
        to: &file.key.inbox,
        kind: written.kind.as_deref(),
        text: &text,
        payload: payload.as_deref(),
        task: task.as_ref(),
        reply_to: written.reply_to.map(Seq),
        key: Some(&key),
    };
    match letter(state, from.as_str(), &draft) {
        Ok(letter) => Ok((from, letter)),
        Err(why) if why.what.contains("is full") => Err(Kept::Full),
        Err(why) => Err(wrong(
            format!("`{}`: {}", why.field, why.what),
            "Mend the file; it is read again when it changes.".to_owned(),
        )),
    }
}

fn problem(key: &DropKey, what: String, cure: String) -> Problem {
    Problem {
        path: format!(".mcp/messages/{}/inbox/{}", key.inbox, key.name),
        line: None,
        what,
        cure,
    }
}

/// What lies in the drop folder and is not taken in, with how to mend it.
///
/// # Errors
/// When the folder cannot be read.
pub fn problems(store: &crate::Store, state: &State) -> PortResult<Vec<Problem>> {
    let Some(drops) = store.files().drops() else {
        return Ok(Vec::new());
    };
    let look = drops.dropped(&BTreeSet::new(), LOOKED_AT)?;
    let mut found = look.problems;
    let mut full = BTreeMap::<String, usize>::new();
    for file in &look.files {
        match read(state, file) {
            Ok(_) => {}
            Err(Kept::Wrong(problem)) => found.push(problem),
            Err(Kept::Full) => *full.entry(file.key.inbox.clone()).or_default() += 1,
        }
    }
    for (inbox, count) in full {
        found.push(Problem {
            path: format!(".mcp/messages/{inbox}/inbox"),
            line: None,
            what: format!(
                "{count} files or more wait: {INBOX_MAX} messages to {inbox} are not acknowledged"
            ),
            cure: "They are taken in, in order, as soon as some are read.".to_owned(),
        });
    }
    for name in drops.inboxes()? {
        if orchestron_domain::message::address(state, &name).is_none() {
            found.push(Problem {
                path: format!(".mcp/messages/{name}"),
                line: None,
                what: "there is nobody of this name, so nothing is sent or put there".to_owned(),
                cure: format!("Add `{name}:` to .mcp/agents.yaml, or remove the folder."),
            });
        }
    }
    Ok(found)
}
