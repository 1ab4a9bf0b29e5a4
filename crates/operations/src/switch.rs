//! `pause`, `resume`, `commands` and `trust`: whether anything is started at all.

use crate::{
    Context, OpError,
    view::word,
    who::only_person,
    wire::{CommandView, CommandsView, Done, input},
    writing::{done, tell_engine, trimmed, write},
};
use orchestron_domain::{Actor, Fact, event::Scope};
use orchestron_engine::trust::{KEY, commands, is_trusted};
use std::collections::BTreeSet;

/// Lets nothing new be started. What works goes on.
///
/// # Errors
/// When the log cannot be written.
pub fn pause(cx: &mut Context, input: &input::Pause) -> Result<Done, OpError> {
    only_person(cx, "pause the project")?;
    let why = match trimmed(input.why.as_deref()) {
        why if why.is_empty() => "paused by a person".to_owned(),
        why => why,
    };
    let live = write(cx, |state| {
        Ok((
            vec![(
                Actor::Person,
                Fact::Paused {
                    why,
                    scope: Scope::All,
                },
            )],
            state.live_runs().count(),
        ))
    })?;
    let mut told = done(None, None, "nothing new is started");
    if live > 0 {
        told.not_done.push(format!(
            "{} at work: what runs goes on to its end",
            word::count(live, "run")
        ));
    }
    told.next.push("`orchestron resume` goes on".into());
    Ok(told)
}

/// Goes on starting.
///
/// # Errors
/// When the log cannot be written.
pub fn resume(cx: &mut Context, _input: &input::Nothing) -> Result<Done, OpError> {
    only_person(cx, "resume the project")?;
    let was = write(cx, |state| {
        let facts = if state.paused.is_some() {
            vec![(Actor::Person, Fact::Resumed { scope: Scope::All })]
        } else {
            Vec::new()
        };
        Ok((facts, state.paused.is_some()))
    })?;
    let mut told = done(
        None,
        None,
        if was {
            "what is ready is started again"
        } else {
            "it was not paused"
        },
    );
    tell_engine(cx, &mut told, "what is ready is started")?;
    Ok(told)
}

/// What the configuration wants to run on this machine, line by line, and whether exactly that was accepted.
///
/// # Errors
/// When configuration or log cannot be read.
pub fn wanted(cx: &mut Context, _input: &input::Nothing) -> Result<CommandsView, OpError> {
    let (config, _) = cx.store.files().config()?;
    let accepted = cx.store.log().setting(KEY)?;
    let text = commands(&config);
    let known: BTreeSet<&str> = accepted.iter().flat_map(|text| text.lines()).collect();
    let line = |text: &str| CommandView {
        text: text.to_owned(),
        fresh: !known.contains(text),
    };
    Ok(CommandsView {
        trusted: is_trusted(&config, accepted.as_deref()),
        commands: text.lines().map(line).collect(),
        text,
    })
}

/// Accepts what the configuration wants to run on this machine: exactly what whoever accepts it has seen.
///
/// # Errors
/// `CommandsChanged` when that is not what the configuration says now; when configuration or log cannot be read or written.
pub fn trust(cx: &mut Context, input: &input::Trust) -> Result<Done, OpError> {
    only_person(cx, "trust this project's commands")?;
    let state = cx.state()?;
    let accepted = commands(&state.config);
    if accepted != input.commands {
        return Err(OpError::CommandsChanged);
    }
    if state.trusted {
        return Ok(done(
            None,
            None,
            "this project's commands are trusted already",
        ));
    }
    cx.store.set_setting(KEY, &accepted)?;
    let lines: Vec<String> = accepted.lines().map(str::to_owned).collect();
    cx.store
        .append(&Actor::Person, vec![Fact::Trusted { commands: accepted }])?;
    let mut told = done(
        None,
        None,
        format!("accepted on this machine:\n  {}", lines.join("\n  ")),
    );
    told.next
        .push("when one of them changes, you are asked again".into());
    tell_engine(cx, &mut told, "what is ready is started")?;
    Ok(told)
}
