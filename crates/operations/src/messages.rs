//! `messages`, `message-send`, `message-ack`: what holders and the person tell each other.

use crate::{
    Context, OpError,
    view::word,
    who::Who,
    wire::{Big, Done, MessageView, MessagesView, ReceiptView, input},
    writing::{done, id, must_be_clear, some_text, tell_engine, write},
};
use orchestron_domain::{
    Actor, AgentName, Fact, Seq, State,
    message::{Letter, Message, MessageKind, address, recipients, refused},
};

/// Messages of a page when nobody says how many.
const PAGE: usize = 20;
/// Messages of a page at most.
const MOST: usize = 200;

/// Messages, newest first; with a name only those that wait for it, oldest first, as they are to be read.
///
/// # Errors
/// When the log cannot be read, or the name is nobody's.
pub fn messages(cx: &mut Context, input: &input::Messages) -> Result<MessagesView, OpError> {
    let state = cx.state()?;
    let limit = input.limit.map_or(PAGE, |limit| {
        usize::try_from(limit).unwrap_or(MOST).clamp(1, MOST)
    });
    let all: Vec<&Message> = match &input.inbox {
        Some(name) => {
            let name = known(&state, name)?;
            let from = input.after.unwrap_or_default();
            let waits = |message: &&Message| message.waits_for(&name) && message.id.0 > from.0;
            state.messages.values().filter(waits).collect()
        }
        None => {
            let before = input.after.map_or(u64::MAX, |after| after.0);
            let older = |message: &&Message| message.id.0 < before;
            state.messages.values().rev().filter(older).collect()
        }
    };
    let page: Vec<_> = all
        .iter()
        .take(limit)
        .map(|message| view(message))
        .collect();
    let next = (all.len() > limit)
        .then(|| page.last().map(|last| last.id))
        .flatten();
    let waiting = all.len().saturating_sub(page.len());
    Ok(MessagesView {
        messages: page,
        next,
        more: u32::try_from(waiting).unwrap_or(u32::MAX),
    })
}

fn view(message: &Message) -> MessageView {
    let receipts = message.receipts.iter().map(|(name, receipt)| ReceiptView {
        name: name.to_string(),
        delivered: receipt.delivered.map(word::millis),
        acked: receipt.acked.map(word::millis),
    });
    MessageView {
        id: Big(message.id.0),
        from: message.from.clone(),
        kind: message.letter.kind.word().to_owned(),
        task: message.letter.task.as_ref().map(ToString::to_string),
        text: message.letter.text.clone(),
        payload: message.letter.payload.clone(),
        reply_to: message.letter.reply_to.map(|seq| Big(seq.0)),
        at: word::millis(message.at),
        receipts: receipts.collect(),
    }
}

/// Sends a message. With the same key from the same sender it is sent once.
///
/// # Errors
/// When there is nobody to get it, or it is too long.
pub fn send(cx: &mut Context, input: &input::MessageSend) -> Result<Done, OpError> {
    let text = some_text("text", Some(&input.text), "a message must say something")?;
    let state = cx.state()?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let kind = match input.kind.as_deref() {
        None => MessageKind::Coordination,
        Some(word) => MessageKind::from_word(word).ok_or_else(|| wrong("kind", kinds(word)))?,
    };
    let to = address(&state, &input.to).ok_or_else(|| wrong("to", nobody(&state, &input.to)))?;
    let task = input.task.as_deref().map(id).transpose()?;
    if let Some(task) = &task {
        must_be_clear(cx, &state, task)?;
    }
    let payload = input.payload.clone();
    if let Some(payload) = &payload {
        serde_json::from_str::<serde::de::IgnoredAny>(payload)
            .map_err(|error| wrong("payload", format!("it is no JSON: {error}")))?;
    }
    let actor = who.actor.clone();
    let (names, again) = write(cx, |state| {
        let from = orchestron_domain::message::sender(state, &actor);
        let letter = Letter {
            recipients: recipients(state, &from, &to),
            to,
            kind,
            task: task.clone(),
            text,
            payload,
            reply_to: input.reply_to.map(|id| Seq(id.0)),
            key: input.key.clone(),
        };
        let names: Vec<_> = letter.recipients.iter().map(ToString::to_string).collect();
        if was_sent(state, &from, letter.key.as_deref()) {
            return Ok((Vec::new(), (names, true)));
        }
        if let Some(why) = refused(state, &letter) {
            return Err(wrong("text", why));
        }
        Ok((vec![(actor, Fact::MessageSent { letter })], (names, false)))
    })?;
    let names = names.join(", ");
    let did = if again {
        format!("it was sent to {names} before, with the same key")
    } else {
        format!("sent to {names}")
    };
    let mut told = done(task.as_ref(), None, did);
    tell_engine(cx, &mut told, "it is heard")?;
    Ok(told)
}

fn was_sent(state: &State, from: &str, key: Option<&str>) -> bool {
    key.is_some_and(|key| {
        state
            .messages
            .values()
            .any(|message| message.from == from && message.letter.key.as_deref() == Some(key))
    })
}

/// Acknowledges a message.
///
/// # Errors
/// When there is no such message for the caller.
pub fn ack(cx: &mut Context, input: &input::MessageAck) -> Result<Done, OpError> {
    let state = cx.state()?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let actor = who.actor.clone();
    let message = Seq(input.message.0);
    let name = match &actor {
        Actor::Outside { name } => Some(name.clone()),
        _ => "person".parse().ok(),
    };
    write(cx, |state| {
        let found = state.messages.get(&message);
        let receipt = name.and_then(|name| {
            let receipt = found?.receipts.get(&name)?;
            Some((name, receipt.acked.is_some()))
        });
        let (to, again) = receipt.ok_or_else(|| {
            wrong(
                "message",
                format!("there is no message {} for {}", message.0, who.name()),
            )
        })?;
        let fact = (!again).then_some((actor, Fact::MessageAcked { message, to }));
        Ok((fact.into_iter().collect(), ()))
    })?;
    Ok(done(
        None,
        None,
        format!("message {} is acknowledged", message.0),
    ))
}

fn known(state: &State, name: &str) -> Result<AgentName, OpError> {
    let parsed: AgentName = name
        .parse()
        .map_err(|error: orchestron_domain::ids::IdError| wrong("inbox", error.to_string()))?;
    if name == "person" || crate::who::is_known(state, &parsed) {
        return Ok(parsed);
    }
    Err(wrong("inbox", nobody(state, name)))
}

fn wrong(field: &'static str, what: String) -> OpError {
    OpError::Input { field, what }
}

fn kinds(given: &str) -> String {
    let words: Vec<_> = MessageKind::ALL.iter().map(|kind| kind.word()).collect();
    format!(
        "`{given}` is no kind of message; write one of {}",
        words.join(", ")
    )
}

fn nobody(state: &State, name: &str) -> String {
    let names: Vec<_> = state
        .config
        .agents
        .keys()
        .map(ToString::to_string)
        .collect();
    format!(
        "there is nobody called `{name}`; write one of {}, prepare, implement, review, everyone, person",
        names.join(", ")
    )
}
