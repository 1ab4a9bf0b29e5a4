//! Messages between holders: who said what to whom, what reached a live agent, and what was acknowledged.
//!
//! A message to an agent that works is said inside its session; one to nobody live waits until a run of that agent is up. Each
//! recipient gets it at least once, and messages of one pair come in the order they were sent. Who it is for in the end (a role,
//! everyone) is worked out when it is sent and stands in the fact, so that a replay does not depend on today's configuration.

use crate::{
    Actor, AgentName, Command, Event, Fact, Run, RunEnd, RunId, Seq, State, TaskId, Time,
    said::Wrong, signal::Say, task_file::fenced,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most messages that may wait for one recipient; more are refused to the sender.
pub const INBOX_MAX: usize = 1_000;
/// Longest text of a message, in bytes.
pub const TEXT_MAX: usize = 16 * 1024;
/// Messages that are said to a run when it comes up, the oldest; the others it asks for. Thousands of them would leave it no room to work.
pub const TOLD_AT_ONCE: usize = 20;
/// Messages everybody has acknowledged that are kept in memory; older ones are in the log.
const KEPT: usize = 200;

/// Kinds of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Somebody is asked to take a task.
    TaskAssignment,
    /// How far something is.
    ProgressUpdate,
    /// What others working at the same time must know.
    Coordination,
    /// It cannot be settled between the two of them.
    Escalation,
}

impl MessageKind {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::TaskAssignment,
        Self::ProgressUpdate,
        Self::Coordination,
        Self::Escalation,
    ];

    /// Their words, as protocols list them.
    pub const WORDS: [&str; 4] = [
        Self::Coordination.word(),
        Self::ProgressUpdate.word(),
        Self::TaskAssignment.word(),
        Self::Escalation.word(),
    ];

    /// The word for it in commands and protocols.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TaskAssignment => "task_assignment",
            Self::ProgressUpdate => "progress_update",
            Self::Coordination => "coordination",
            Self::Escalation => "escalation",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Whom a message was addressed to, as its sender wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "name", rename_all = "kebab-case")]
pub enum Address {
    /// An agent or a holder outside.
    Holder(AgentName),
    /// Whoever does a leg.
    Role(crate::Leg),
    /// All agents and holders.
    Everyone,
    /// The person.
    Person,
}

/// A message, as its sender gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Whom it is addressed to.
    pub to: Address,
    /// Who gets it: names of holders, `person` for the person.
    pub recipients: BTreeSet<AgentName>,
    /// What kind.
    pub kind: MessageKind,
    /// The task it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The words.
    pub text: String,
    /// More of it, as JSON text, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// The sender's own name for it: sending it again with the same key sends nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// What became of a message for one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// When it last reached a run of theirs, or they fetched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<Time>,
    /// The run it was said to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// It lies in their drop folder.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub put: bool,
    /// When they acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acked: Option<Time>,
}

/// A message, as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id: the event that told it.
    pub id: Seq,
    /// Who sent it: a holder's name, `person`, or `engine`.
    pub from: String,
    /// What it says and to whom.
    pub letter: Letter,
    /// When.
    pub at: Time,
    /// What became of it, by recipient.
    pub receipts: BTreeMap<AgentName, Receipt>,
}

impl Message {
    /// Whether this recipient has not acknowledged it.
    #[must_use]
    pub fn waits_for(&self, name: &AgentName) -> bool {
        self.receipts
            .get(name)
            .is_some_and(|receipt| receipt.acked.is_none())
    }

    fn is_settled(&self) -> bool {
        self.receipts
            .values()
            .all(|receipt| receipt.acked.is_some())
    }
}

/// What waits for a recipient, oldest first.
pub fn inbox<'a>(state: &'a State, name: &'a AgentName) -> impl Iterator<Item = &'a Message> {
    state
        .messages
        .values()
        .filter(move |message| message.waits_for(name))
}

/// The name an actor goes by in messages.
#[must_use]
pub fn sender(state: &State, actor: &Actor) -> String {
    match actor {
        Actor::Person | Actor::Unknown => "person".to_owned(),
        Actor::Engine => "engine".to_owned(),
        Actor::Rule { name } => format!("rule {name}"),
        Actor::Outside { name } => name.to_string(),
        Actor::Run { run } => state
            .runs
            .get(run)
            .and_then(Run::agent)
            .map_or_else(|| run.to_string(), ToString::to_string),
    }
}

/// Who gets what is sent to an address by `from`: resolved with the configuration of this moment. The sender never gets its own.
#[must_use]
pub fn recipients(state: &State, from: &str, to: &Address) -> BTreeSet<AgentName> {
    let config = &state.config;
    let mut found = BTreeSet::new();
    let person = || "person".parse::<AgentName>().ok();
    match to {
        Address::Holder(name) => found.extend([name.clone()]),
        Address::Person => found.extend(person()),
        Address::Role(leg) => {
            let named = match leg {
                crate::Leg::Prepare => config.chain.prepare.clone(),
                crate::Leg::Implement => config.chain.implement.clone(),
                crate::Leg::Review => config.chain.review.clone(),
                crate::Leg::Approve => person(),
            };
            found.extend(named);
            found.extend(config.pools.get(leg).into_iter().flatten().cloned());
        }
        Address::Everyone => {
            let chain = [
                &config.chain.prepare,
                &config.chain.implement,
                &config.chain.review,
            ];
            found.extend(chain.into_iter().flatten().cloned());
            found.extend(config.agents.keys().cloned());
            found.extend(person());
        }
    }
    found.retain(|name| name.as_str() != from);
    found
}

/// Reads an address: a holder's name, a leg's word, `everyone` or `person`.
#[must_use]
pub fn address(state: &State, text: &str) -> Option<Address> {
    let text = text.trim();
    if let Some(leg) = crate::Leg::from_word(text) {
        return Some(Address::Role(leg));
    }
    match text {
        "everyone" => Some(Address::Everyone),
        "person" => Some(Address::Person),
        name => {
            let name: AgentName = name.parse().ok()?;
            let chain = &state.config.chain;
            let known = state.config.agents.contains_key(&name)
                || [&chain.prepare, &chain.implement, &chain.review]
                    .into_iter()
                    .any(|holder| holder.as_ref() == Some(&name));
            known.then_some(Address::Holder(name))
        }
    }
}

/// A message as its sender wrote it, before it is known whether it can be sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Draft<'a> {
    /// Whom, in words: see [`address`].
    pub to: &'a str,
    /// What kind, in its word; coordination when it is left out.
    pub kind: Option<&'a str>,
    /// The words.
    pub text: &'a str,
    /// JSON text, for programs.
    pub payload: Option<&'a str>,
    /// The task it is about.
    pub task: Option<&'a TaskId>,
    /// The message it answers.
    pub reply_to: Option<Seq>,
    /// The sender's own name for it.
    pub key: Option<&'a str>,
}

/// The message that `from` can send now.
///
/// # Errors
/// When there is nobody to get it, or it says nothing or too much.
pub fn letter(state: &State, from: &str, draft: &Draft<'_>) -> Result<Letter, Wrong> {
    let wrong = |field: &'static str, what: String| Wrong::new(field, what);
    let kind = match draft.kind {
        None => MessageKind::Coordination,
        Some(word) => MessageKind::from_word(word).ok_or_else(|| wrong("kind", kinds(word)))?,
    };
    let to = address(state, draft.to).ok_or_else(|| wrong("to", nobody(state, draft.to)))?;
    let mut all = recipients(state, from, &to);
    if all.len() > 1 {
        let full = full(state, from, &to);
        if full.len() < all.len() {
            all.retain(|name| !full.contains(name));
        }
    }
    let letter = Letter {
        recipients: all,
        to,
        kind,
        task: draft.task.cloned(),
        text: draft.text.to_owned(),
        payload: draft.payload.map(str::to_owned),
        reply_to: draft.reply_to,
        key: draft.key.map(str::to_owned),
    };
    match refused(state, &letter) {
        None => Ok(letter),
        Some(why) => Err(wrong("text", why)),
    }
}

/// Who of those an address means would not get a message now, because their inbox is full. A message to a single one of them is refused;
/// others get what is for all of them.
#[must_use]
pub fn full(state: &State, from: &str, to: &Address) -> BTreeSet<AgentName> {
    let mut full = recipients(state, from, to);
    full.retain(|name| is_full(state, name));
    full
}

fn is_full(state: &State, name: &AgentName) -> bool {
    inbox(state, name).count() >= INBOX_MAX
}

/// The message that `from` sent before under this key.
#[must_use]
pub fn sent<'s>(state: &'s State, from: &str, key: &str) -> Option<&'s Message> {
    state
        .messages
        .values()
        .find(|message| message.from == from && message.letter.key.as_deref() == Some(key))
}

fn kinds(given: &str) -> String {
    let words: Vec<_> = MessageKind::ALL.iter().map(|kind| kind.word()).collect();
    format!(
        "`{given}` is no kind of message; write one of {}",
        words.join(", ")
    )
}

/// That nobody goes by a name, and who is there.
#[must_use]
pub fn nobody(state: &State, name: &str) -> String {
    let names = state.config.agents.keys().map(ToString::to_string);
    let roles = ["prepare", "implement", "review", "everyone", "person"];
    let all: Vec<_> = names.chain(roles.map(str::to_owned)).collect();
    let shown: String = name.chars().take(60).collect();
    format!(
        "there is nobody called `{shown}`; write one of {}",
        all.join(", ")
    )
}

/// Why a message cannot be sent; none when it can.
#[must_use]
pub fn refused(state: &State, letter: &Letter) -> Option<String> {
    if letter.text.trim().is_empty() {
        return Some("text is empty; a message must say something".to_owned());
    }
    let size = letter.text.len() + letter.payload.as_ref().map_or(0, String::len);
    if size > TEXT_MAX {
        return Some(format!(
            "{size} bytes are too many, {TEXT_MAX} are the most; write it into a file and name it"
        ));
    }
    if letter.recipients.is_empty() {
        return Some("nobody would get it: the sender is the only one there".to_owned());
    }
    let full = letter.recipients.iter().find(|name| is_full(state, name))?;
    Some(format!(
        "the inbox of {full} is full: {INBOX_MAX} messages are not acknowledged; wait until they are read"
    ))
}

/// Changes `state` by a fact about messages; and by the end of a run, which acknowledges what it was told.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::MessageSent { letter } => {
            let from = sender(state, &event.by);
            let receipts = letter
                .recipients
                .iter()
                .map(|name| (name.clone(), Receipt::default()));
            let message = Message {
                id: event.seq,
                from,
                letter: letter.clone(),
                at: event.at,
                receipts: receipts.collect(),
            };
            let settled = message.is_settled();
            state.messages.insert(event.seq, message);
            // One that waits for somebody settles nothing: thousands of them must not be gone through for each new one.
            if settled {
                prune(state);
            }
        }
        Fact::MessageDelivered { message, to, run } => {
            if let Some(receipt) = receipt(state, *message, to) {
                receipt.delivered = Some(event.at);
                receipt.run.clone_from(run);
            }
        }
        Fact::MessagePut { message, to } => {
            if let Some(receipt) = receipt(state, *message, to) {
                receipt.delivered.get_or_insert(event.at);
                receipt.put = true;
            }
        }
        Fact::MessageAcked { message, to } => {
            if let Some(receipt) = receipt(state, *message, to) {
                receipt.acked.get_or_insert(event.at);
            }
            prune(state);
        }
        // Who did what it was started for has read what it was told.
        Fact::RunEnded {
            run,
            end: RunEnd::Completed,
            ..
        } => {
            let told = state.messages.values_mut().flat_map(|message| {
                message
                    .receipts
                    .values_mut()
                    .filter(|receipt| receipt.run.as_ref() == Some(run))
            });
            for receipt in told {
                receipt.acked.get_or_insert(event.at);
            }
            prune(state);
        }
        _ => {}
    }
}

fn receipt<'a>(state: &'a mut State, message: Seq, to: &AgentName) -> Option<&'a mut Receipt> {
    state.messages.get_mut(&message)?.receipts.get_mut(to)
}

fn prune(state: &mut State) {
    let settled = state
        .messages
        .values()
        .filter(|message| message.is_settled());
    let settled: Vec<_> = settled.map(|message| message.id).collect();
    for id in settled.iter().take(settled.len().saturating_sub(KEPT)) {
        state.messages.remove(id);
    }
}

/// What follows from a fact: whoever is live hears a new message at once, and who comes up hears what waits.
pub(crate) fn decide(state: &State, event: &Event) -> Vec<Command> {
    match &event.fact {
        Fact::MessageSent { letter } => state
            .live_runs()
            .filter(|run| can_hear(run))
            .filter_map(|run| {
                let to = run
                    .agent()
                    .filter(|name| letter.recipients.contains(*name))?;
                Some(deliver(event.seq, to, &run.id))
            })
            .collect(),
        Fact::RunUp { run, .. } => {
            let Some(run) = state.runs.get(run).filter(|run| can_hear(run)) else {
                return Vec::new();
            };
            let Some(name) = run.agent() else {
                return Vec::new();
            };
            let waiting = inbox(state, name).map(|message| deliver(message.id, name, &run.id));
            waiting.take(TOLD_AT_ONCE).collect()
        }
        _ => Vec::new(),
    }
}

fn can_hear(run: &Run) -> bool {
    run.is_live() && run.halting.is_none() && run.status != crate::RunStatus::Starting
}

fn deliver(message: Seq, to: &AgentName, run: &RunId) -> Command {
    Command::Deliver {
        message,
        to: to.clone(),
        run: run.clone(),
    }
}

/// A message as words to an agent, of whom so many wait in all. Fenced: what somebody else wrote is material, never instructions of ours.
#[must_use]
pub fn words(message: &Message, waiting: usize) -> Say {
    let more = if waiting > TOLD_AT_ONCE {
        format!(
            "\n\nIn all, {waiting} messages wait for you. The oldest are told to you; `message_inbox` has the others, once these are acknowledged."
        )
    } else {
        String::new()
    };
    let about = message
        .letter
        .task
        .as_ref()
        .map_or_else(String::new, |task| format!(", about {task}"));
    let id = message.id.0;
    let text = format!(
        "Message {id} from {} ({}{about}):\n\n{}\n\nGo on with your own task. Acknowledge it with `message_ack` {{\"message\": {id}}}; answer with `message_send` and \"reply_to\": {id} if an answer is needed.{more}",
        message.from,
        message.letter.kind.word(),
        fenced("text", &message.letter.text),
    );
    Say::Words {
        id: format!("message-{id}"),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Letter, MessageKind, inbox};
    use crate::{Actor, AgentName, Fact, RunEnd, RunId, event::Event, story::world::World};

    fn name(text: &str) -> AgentName {
        text.parse().unwrap()
    }

    fn send(world: &mut World, to: &str) -> u64 {
        let letter = Letter {
            to: Address::Holder(name(to)),
            recipients: [name(to)].into(),
            kind: MessageKind::Coordination,
            task: None,
            text: "the port is 8080 now".into(),
            payload: None,
            reply_to: None,
            key: None,
        };
        world.tell(Actor::Person, Fact::MessageSent { letter });
        world.log.len() as u64
    }

    fn told(world: &World) -> Vec<(u64, RunId)> {
        let delivered = |event: &Event| match &event.fact {
            Fact::MessageDelivered {
                message,
                run: Some(run),
                ..
            } => Some((message.0, run.clone())),
            _ => None,
        };
        world.log.iter().filter_map(delivered).collect()
    }

    fn live(world: &World) -> RunId {
        world.state.live_runs().next().expect("a run").id.clone()
    }

    fn up(world: &mut World) -> RunId {
        let run = live(world);
        world.engine(Fact::RunUp {
            run: run.clone(),
            version: String::new(),
            model: String::new(),
        });
        world.settle();
        run
    }

    #[test]
    fn a_message_to_nobody_live_waits_and_is_heard_by_the_next_run() {
        let mut world = World::new(vec![]);
        let (first, second) = (send(&mut world, "impl"), send(&mut world, "impl"));
        send(&mut world, "review");
        world.settle();
        assert_eq!(told(&world), [], "nobody is up yet");
        let run = up(&mut world);
        assert_eq!(told(&world), [(first, run.clone()), (second, run.clone())]);
        assert_eq!(
            inbox(&world.state, &name("impl")).count(),
            2,
            "not acknowledged yet"
        );
        let tail = String::new();
        let end = RunEnd::Completed;
        world.engine(Fact::RunEnded { run, end, tail });
        world.settle();
        assert_eq!(inbox(&world.state, &name("impl")).count(), 0);
        assert_eq!(inbox(&world.state, &name("review")).count(), 1);
    }

    #[test]
    fn a_full_inbox_keeps_nothing_from_the_others_and_floods_no_run() {
        let mut world = World::new(vec![]);
        for _ in 0..super::INBOX_MAX {
            send(&mut world, "impl");
        }
        // Only taken in: nobody is started who would read them.
        while let Some(event) = world.log.get(world.decided) {
            crate::apply::apply(&mut world.state, event);
            world.decided += 1;
        }
        let draft = |to| super::Draft {
            to,
            text: "the port is 8080 now",
            ..super::Draft::default()
        };
        let refused = super::letter(&world.state, "person", &draft("impl")).unwrap_err();
        assert!(refused.what.contains("is full"), "{}", refused.what);
        let all = super::letter(&world.state, "person", &draft("everyone")).unwrap();
        assert!(
            !all.recipients.contains(&name("impl")) && all.recipients.contains(&name("review"))
        );
        assert_eq!(
            super::full(&world.state, "person", &Address::Everyone),
            [name("impl")].into()
        );
        world.settle();
        let run = up(&mut world);
        assert_eq!(told(&world).len(), super::TOLD_AT_ONCE);
        assert!(told(&world).iter().all(|(_, to)| *to == run));
    }

    #[test]
    fn a_live_agent_hears_it_at_once_and_when_it_dies_the_next_run_hears_it_again() {
        let mut world = World::new(vec![]);
        world.settle();
        let run = up(&mut world);
        let sent = send(&mut world, "impl");
        world.settle();
        assert_eq!(told(&world), [(sent, run.clone())]);
        let tail = String::new();
        let end = RunEnd::Lost;
        world.engine(Fact::RunEnded { run, end, tail });
        world.settle();
        assert_eq!(inbox(&world.state, &name("impl")).count(), 1);
    }
}
