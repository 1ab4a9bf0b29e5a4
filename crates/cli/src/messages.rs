//! `messages`, `send`, `ack`: what holders and the person tell each other.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, Output, YELLOW, plain, since},
};
use clap::Args;
use orchestron_operations::wire::{Big, Done, MessageView, MessagesView, input};
use std::io::{self, Write};

/// `messages`
#[derive(Debug, Args)]
pub struct Messages {
    /// Only what waits for this holder (`person` for you), oldest first
    #[arg(long, value_name = "NAME")]
    pub inbox: Option<String>,
    /// The page after this message
    #[arg(long, value_name = "NUMBER")]
    pub after: Option<u64>,
    /// How many
    #[arg(long, short = 'n', value_name = "COUNT")]
    pub limit: Option<u32>,
}

/// `send`
#[derive(Debug, Args)]
pub struct Send {
    /// Whom: an agent's name, `prepare`, `implement`, `review`, `everyone` or `person`
    pub to: String,
    /// The words
    pub words: String,
    /// coordination, `progress_update`, `task_assignment` or escalation
    #[arg(long, default_value = "coordination")]
    pub kind: String,
    /// The task it is about
    #[arg(long, value_name = "TASK")]
    pub task: Option<String>,
    /// The message it answers
    #[arg(long, value_name = "NUMBER")]
    pub reply_to: Option<u64>,
    /// With the same key it is sent once
    #[arg(long)]
    pub key: Option<String>,
    /// In whose name; default: yours
    #[arg(long)]
    pub agent: Option<String>,
}

/// `ack`
#[derive(Debug, Args)]
pub struct Ack {
    /// The message's number
    pub message: u64,
    /// In whose name; default: yours
    #[arg(long)]
    pub agent: Option<String>,
}

/// `messages`
pub fn messages(common: &Common, args: &Messages, output: &Output) -> Result<(), Failure> {
    let asked = input::Messages {
        inbox: args.inbox.clone(),
        after: args.after.map(Big),
        limit: args.limit,
    };
    let found: MessagesView = Here::open(common)?.ask("messages", &asked)?;
    output.answer(&found, |out| {
        if found.messages.is_empty() {
            return writeln!(out, "no messages");
        }
        for message in &found.messages {
            write_message(out, message)?;
        }
        match found.next {
            Some(Big(next)) => writeln!(
                out,
                "{DIM}{} more: orchestron messages{} --after {next}{DIM:#}",
                found.more,
                args.inbox
                    .as_ref()
                    .map_or_else(String::new, |name| format!(" --inbox {name}"))
            ),
            None => Ok(()),
        }
    })
}

fn write_message(out: &mut dyn Write, message: &MessageView) -> io::Result<()> {
    let names: Vec<_> = message
        .receipts
        .iter()
        .map(|receipt| {
            let mark = match (receipt.acked, receipt.delivered) {
                (Some(_), _) => "✓",
                (None, Some(_)) => "→",
                (None, None) => "…",
            };
            format!("{} {mark}", plain(&receipt.name))
        })
        .collect();
    let task = message
        .task
        .as_ref()
        .map_or_else(String::new, |task| format!(" · {task}"));
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} {} {DIM}to{DIM:#} {}  {YELLOW}{}{YELLOW:#}{DIM}{task} · {}{DIM:#}",
        message.id.0,
        plain(&message.from),
        names.join(", "),
        message.kind.replace('_', " "),
        since(message.at),
    )?;
    for line in message.text.lines() {
        writeln!(out, "    {}", plain(line))?;
    }
    Ok(())
}

/// `send`
pub fn send(common: &Common, args: &Send, output: &Output) -> Result<(), Failure> {
    let asked = input::MessageSend {
        to: args.to.clone(),
        text: args.words.clone(),
        kind: Some(args.kind.clone()),
        task: args.task.clone(),
        payload: None,
        reply_to: args.reply_to.map(Big),
        key: args.key.clone(),
        agent: args.agent.clone(),
    };
    let mut here = Here::open(common)?;
    let done: Done = here.ask("message-send", &asked)?;
    // Tools that send by file are heard now, too, when no engine runs.
    here.settle()?;
    output.done(&done)
}

/// `ack`
pub fn ack(common: &Common, args: &Ack, output: &Output) -> Result<(), Failure> {
    let asked = input::MessageAck {
        message: Big(args.message),
        agent: args.agent.clone(),
    };
    let mut here = Here::open(common)?;
    let done: Done = here.ask("message-ack", &asked)?;
    here.settle()?;
    output.done(&done)
}
