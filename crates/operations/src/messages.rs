//! `messages`, `message-send`, `message-ack`: what holders and the person tell each other.

use crate::{
    Context, OpError,
    view::word,
    who::Who,
    wire::{Big, Done, MessageView, MessagesView, ReceiptView, input},
    writing::{done, must_be_clear, some_text, tell_engine, write},
};
use orchestron_domain::{
    AgentName, Fact, Seq, State,
    message::{Draft, Letter, Message, MessageKind, full, letter, nobody, sender, sent},
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
    let state = cx.story()?;
    let limit = input.limit.map_or(PAGE, |limit| {
        usize::try_from(limit).unwrap_or(MOST).clamp(1, MOST)
    });
    let all: Vec<&Message> = match &input.inbox {
        Some(name) => {
            let name = known(cx, &state, name)?;
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

/// The kinds of messages, as protocols list them.
pub const KINDS: &[&str] = &MessageKind::WORDS;

/// Sends a message. With the same key from the same sender it is sent once. A run's messages are about its own task.
///
/// # Errors
/// When there is nobody to get it, or it is too long.
pub fn send(cx: &mut Context, input: &input::MessageSend) -> Result<Done, OpError> {
    let text = some_text("text", Some(&input.text), "a message must say something")?;
    let story = cx.story()?;
    let (who, task) = Who::tells(cx, &story, input.agent.as_deref(), input.task.as_deref())?;
    if let Some(task) = &task {
        let state = cx.of([task])?;
        must_be_clear(cx, &state, task)?;
    }
    if let Some(payload) = &input.payload {
        serde_json::from_str::<serde::de::IgnoredAny>(payload)
            .map_err(|error| wrong("payload", format!("it is no JSON: {error}")))?;
    }
    let actor = who.actor.clone();
    let (names, again, missed) = write(cx, [], |state| {
        let from = sender(state, &actor);
        let names = |letter: &Letter| {
            let names = letter.recipients.iter().map(ToString::to_string);
            names.collect::<Vec<_>>().join(", ")
        };
        if let Some(known) = input.key.as_deref().and_then(|key| sent(state, &from, key)) {
            return Ok((Vec::new(), (names(&known.letter), true, Vec::new())));
        }
        let draft = Draft {
            to: &input.to,
            kind: input.kind.as_deref(),
            text: &text,
            payload: input.payload.as_deref(),
            task: task.as_ref(),
            reply_to: input.reply_to.map(|id| Seq(id.0)),
            key: input.key.as_deref(),
        };
        let letter = letter(state, &from, &draft)?;
        let names = names(&letter);
        let missed: Vec<_> = full(state, &from, &letter.to)
            .into_iter()
            .filter(|name| !letter.recipients.contains(name))
            .collect();
        Ok((
            vec![(actor, Fact::MessageSent { letter })],
            (names, false, missed),
        ))
    })?;
    let did = if again {
        format!("it was sent to {names} before, with the same key")
    } else {
        format!("sent to {names}")
    };
    let mut told = done(task.as_ref(), None, did);
    told.not_done.extend(missed.iter().map(|name| {
        format!("the inbox of {name} is full: it did not get it, and gets no more until it has read some")
    }));
    tell_engine(cx, &mut told, "it is heard")?;
    Ok(told)
}

/// Acknowledges a message.
///
/// # Errors
/// When there is no such message for the caller.
pub fn ack(cx: &mut Context, input: &input::MessageAck) -> Result<Done, OpError> {
    let state = cx.story()?;
    let (who, _) = Who::tells(cx, &state, input.agent.as_deref(), None)?;
    let actor = who.actor.clone();
    let message = Seq(input.message.0);
    let name: Option<AgentName> = sender(&state, &actor).parse().ok();
    write(cx, [], |state| {
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

fn known(cx: &Context, state: &State, name: &str) -> Result<AgentName, OpError> {
    let parsed: AgentName = name
        .parse()
        .map_err(|error: orchestron_domain::ids::IdError| wrong("inbox", error.to_string()))?;
    if name == "person" || crate::who::is_known_in(cx, state, &parsed)? {
        return Ok(parsed);
    }
    Err(wrong("inbox", nobody(state, name)))
}

fn wrong(field: &'static str, what: String) -> OpError {
    OpError::Input { field, what }
}
