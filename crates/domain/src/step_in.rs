//! A person steps in while an agent works: its turn is interrupted, and it goes on with the person's words.
//!
//! The words are said only when the turn is over, however it ended: said into a turn that is just being interrupted they could be
//! lost with it, and a turn that ended by itself a moment before must not end the run. So the first end of a turn after a person
//! stepped in starts the next turn and ends nothing. Words that a run did not live to hear are passed on to its agent as a message.

use crate::{
    Actor, AgentName, Command, Event, Fact, Run, RunEnd, RunId, Seq, State,
    decide::withdraw,
    message::{Address, Letter, MessageKind, sender, sent},
    signal::Say,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How words are put to an agent: before and behind them.
const INTERRUPTED: (&str, &str) = (
    "The person at this machine interrupted you to say this:\n\n",
    "\n\nGo on with your task with that in mind; end it as you were told before.",
);
/// How the words' id begins, before the event that told them.
const PERSON: &str = "person-";

/// What people said to a run in the midst of its turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// What waits for the turn's end, by the event that told it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<(Seq, String)>,
    /// What the turn that begins now begins with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub now: Vec<(Seq, String)>,
}

impl Words {
    /// Whether nobody stepped in.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.now.is_empty()
    }
}

/// A turn ended. Whether another one follows it, with a person's words.
pub(crate) fn goes_on(run: &mut Run, end: &RunEnd) -> bool {
    run.words.now.clear();
    let can = matches!(
        end,
        RunEnd::Stopped { .. }
            | RunEnd::Completed
            | RunEnd::DeniedEverything
            | RunEnd::AgentError { .. }
    );
    if !can || run.halting.is_some() || run.words.waiting.is_empty() {
        return false;
    }
    run.words.now = std::mem::take(&mut run.words.waiting);
    true
}

/// What follows when a person steps in, or when the turn they stepped into is over.
pub(crate) fn decide(state: &State, event: &Event) -> Vec<Command> {
    let Some(run) = event.fact.run().and_then(|run| state.runs.get(run)) else {
        return Vec::new();
    };
    match &event.fact {
        Fact::PersonIntervened { .. } if run.is_live() => {
            // What it waited for is cut off with the turn.
            let asked = state.open_requests();
            let mut commands: Vec<_> = asked
                .filter(|request| request.run() == Some(&run.id))
                .map(|request| withdraw(request, "you stepped in"))
                .collect();
            // One that is not up yet has no turn to interrupt.
            commands.extend(run.came_up.then(|| interrupt(&run.id)));
            commands
        }
        Fact::RunUp { .. } if !run.words.waiting.is_empty() => vec![interrupt(&run.id)],
        Fact::RunTurnEnded { .. } => run.words.now.iter().map(|it| say(&run.id, it)).collect(),
        _ => Vec::new(),
    }
}

/// What a run did not live to hear is passed on to its agent; so is what its last turn was to begin with and did not come to the end of.
pub(crate) fn unheard(run: &Run) -> Vec<Command> {
    let Some(agent) = run.agent() else {
        return Vec::new();
    };
    let pass_on = |(said, text): &(Seq, String)| Command::PassOn {
        letter: letter(run, agent, *said, text),
    };
    let words = run.words.now.iter().chain(&run.words.waiting);
    words.map(pass_on).collect()
}

/// What is passed on in place of words that were to be said to a run that is over by now. Several turns may have ended at once, unread:
/// then the words were taken for said with the end of a turn that was another's.
pub(crate) fn unsaid(state: &State, run: &RunId, say: &Say) -> Option<Letter> {
    let Say::Words { id, text } = say else {
        return None;
    };
    let said = Seq(id.strip_prefix(PERSON)?.parse().ok()?);
    let (before, behind) = INTERRUPTED;
    let text = text.strip_prefix(before)?.strip_suffix(behind)?;
    let run = state.runs.get(run).filter(|run| !run.is_live())?;
    let letter = letter(run, run.agent()?, said, text);
    (!was_passed_on(state, &letter)).then_some(letter)
}

/// Whether these words were passed on before.
pub(crate) fn was_passed_on(state: &State, letter: &Letter) -> bool {
    let key = letter.key.as_deref();
    let engine = sender(state, &Actor::Engine);
    key.is_some_and(|key| sent(state, &engine, key).is_some())
}

fn letter(run: &Run, agent: &AgentName, said: Seq, text: &str) -> Letter {
    Letter {
        to: Address::Holder(agent.clone()),
        recipients: BTreeSet::from([agent.clone()]),
        kind: MessageKind::Coordination,
        task: Some(run.task.clone()),
        text: format!(
            "The person said this to {}, which ended before it heard it:\n\n{text}",
            run.id
        ),
        payload: None,
        reply_to: None,
        key: Some(format!("unheard-{}", said.0)),
    }
}

fn interrupt(run: &RunId) -> Command {
    Command::Say {
        run: run.clone(),
        say: Say::Interrupt,
    }
}

fn say(run: &RunId, (said, text): &(Seq, String)) -> Command {
    Command::Say {
        run: run.clone(),
        say: Say::Words {
            id: format!("{PERSON}{}", said.0),
            text: format!("{}{text}{}", INTERRUPTED.0, INTERRUPTED.1),
        },
    }
}

#[cfg(test)]
mod tests;
