//! Messages between holders and saved contexts, as a run's own tools and the engine's deliveries.

use crate::{
    StoreError,
    carry_out::Outcome,
    engine::Engine,
    saved::{checkpoint, fits, whole},
    tools::Answer,
};
use orchestron_domain::{
    Actor, AgentName, Fact, Run, RunId, Seq,
    context::{WorkContext, compress, saved},
    handover::prepared,
    message::{Draft, full, inbox, letter, sender, words},
};
use serde::Deserialize;
use std::fmt::Write;

/// Most messages shown at once, and most bytes of each.
const SHOWN: usize = 10;
/// Longest part of a message in the list of an inbox, in bytes.
const SHOWN_TEXT: usize = 600;

#[derive(Deserialize)]
struct Send {
    to: String,
    #[serde(default)]
    kind: Option<String>,
    text: String,
    #[serde(default)]
    reply_to: Option<u64>,
}

#[derive(Deserialize)]
struct Ack {
    message: u64,
}

#[derive(Default, Deserialize)]
struct Load {
    #[serde(default)]
    whole: bool,
}

#[derive(Deserialize)]
struct Save {
    version: u64,
    #[serde(flatten)]
    context: WorkContext,
}

impl Engine {
    /// Says a waiting message to a live run. Its number makes saying it twice harmless.
    pub(crate) fn deliver(&mut self, id: Seq, to: &AgentName, run: &RunId) -> Outcome {
        let live = self.state.runs.get(run).is_some_and(Run::is_live);
        let message = self.state.messages.get(&id);
        let Some(message) = message.filter(|message| live && message.waits_for(to)) else {
            let what = "nobody is there to hear it, or it was heard already".to_owned();
            return Ok(vec![(Actor::Engine, Fact::CommandDone { what })]);
        };
        let waiting = inbox(&self.state, to).count();
        self.ports.runs.say(run, &words(message, waiting))?;
        let delivered = Fact::MessageDelivered {
            message: id,
            to: to.clone(),
            run: Some(run.clone()),
        };
        Ok(vec![(Actor::Engine, delivered)])
    }

    /// `message_send`
    pub(crate) fn message_send(&self, run: &Run, arguments: &str) -> Answer {
        let send: Send = match serde_json::from_str(arguments) {
            Ok(send) => send,
            Err(error) => return Answer::bad(error.to_string()),
        };
        let by = Actor::Run {
            run: run.id.clone(),
        };
        let draft = Draft {
            to: &send.to,
            kind: send.kind.as_deref(),
            text: &send.text,
            task: Some(&run.task),
            reply_to: send.reply_to.map(Seq),
            ..Draft::default()
        };
        let letter = match letter(&self.state, &sender(&self.state, &by), &draft) {
            Ok(letter) => letter,
            Err(wrong) => return Answer::wrong(&wrong),
        };
        let names: Vec<_> = letter.recipients.iter().map(ToString::to_string).collect();
        let full = full(&self.state, &sender(&self.state, &by), &letter.to);
        let missed = full
            .iter()
            .filter(|name| !letter.recipients.contains(*name));
        let missed: String = missed
            .map(|name| format!(" The inbox of {name} is full: it did not get it."))
            .collect();
        let told = format!(
            "Sent to {}. Whoever works now hears it at once, the others when they start.{missed}",
            names.join(", ")
        );
        Answer::good(vec![Fact::MessageSent { letter }], &told)
    }

    /// `message_inbox`
    pub(crate) fn message_inbox(&self, run: &Run) -> Answer {
        let Some(name) = run.agent() else {
            return Answer::bad("a gate has no inbox".to_owned());
        };
        let waiting: Vec<_> = inbox(&self.state, name).collect();
        if waiting.is_empty() {
            return Answer::good(Vec::new(), "No message waits for you.");
        }
        let mut text = String::new();
        for message in waiting.iter().take(SHOWN) {
            let shown: String = message.letter.text.chars().take(SHOWN_TEXT).collect();
            // Writing to a String cannot fail.
            let _infallible = writeln!(
                text,
                "{} from {} ({}, {}): {shown}\n",
                message.id.0,
                message.from,
                message.letter.kind.word(),
                message.at,
            );
        }
        if waiting.len() > SHOWN {
            let _infallible = writeln!(
                text,
                "{} more wait; acknowledge these first.",
                waiting.len() - SHOWN
            );
        }
        Answer::good(Vec::new(), text.trim_end())
    }

    /// `message_ack`
    pub(crate) fn message_ack(&self, run: &Run, arguments: &str) -> Answer {
        let ack: Ack = match serde_json::from_str(arguments) {
            Ok(ack) => ack,
            Err(error) => return Answer::bad(error.to_string()),
        };
        let (message, name) = (Seq(ack.message), run.agent());
        let Some(name) = name.filter(|name| {
            let found = self.state.messages.get(&message);
            found.is_some_and(|found| found.receipts.contains_key(*name))
        }) else {
            return Answer::bad(format!("there is no message {} for you", ack.message));
        };
        let to = name.clone();
        Answer::good(vec![Fact::MessageAcked { message, to }], "Acknowledged.")
    }

    /// `context_save`: refused when somebody saved meanwhile, with what they saved.
    pub(crate) fn context_save(&self, run: &Run, arguments: &str) -> Answer {
        let save: Save = match serde_json::from_str(arguments) {
            Ok(save) => save,
            Err(error) => return Answer::bad(error.to_string()),
        };
        if let Err(wrong) = fits(&save.context) {
            return Answer::wrong(&wrong);
        }
        let there = saved(&self.state, &run.task);
        let version = there.map_or(0, |saved| saved.version);
        if save.version != version {
            let theirs = there.map_or_else(String::new, |saved| {
                format!("\nWhat {} saved: {}", saved.by, shown(&saved.context))
            });
            return Answer::bad(format!(
                "you saved on version {}, but version {version} is there. Merge yours into it and save again with version {version}.{theirs}",
                save.version
            ));
        }
        let fact = Fact::ContextSaved {
            task: run.task.clone(),
            based_on: version,
            context: save.context,
        };
        saved_as(version, fact)
    }

    /// `task_checkpoint`: adds to what was saved.
    pub(crate) fn task_checkpoint(&self, run: &Run, arguments: &str) -> Result<Answer, StoreError> {
        let more: WorkContext = match serde_json::from_str(arguments) {
            Ok(more) => more,
            Err(error) => return Ok(Answer::bad(error.to_string())),
        };
        let version = saved(&self.state, &run.task).map_or(0, |saved| saved.version);
        let fact = checkpoint(&self.ports.store, &self.state, &run.task, more)?;
        Ok(match fact {
            Err(wrong) => Answer::wrong(&wrong),
            Ok(fact) => saved_as(version, fact),
        })
    }

    /// `handoff_prepare`: what whoever goes on would get now, and what is missing.
    pub(crate) fn handoff_prepare(&self, run: &Run) -> Answer {
        let prepared = prepared(&self.state, &run.task, run.agent());
        let lacks = match prepared.lacks.as_slice() {
            [] => "Nothing is missing.".to_owned(),
            lacks => format!("What is missing:\n- {}", lacks.join("\n- ")),
        };
        let text = format!(
            "Whoever goes on gets version {}: {}\n{lacks}",
            prepared.version,
            shown(&prepared.arrives)
        );
        Answer::good(Vec::new(), &text)
    }

    /// `context_load`
    pub(crate) fn context_load(&self, run: &Run, arguments: &str) -> Result<Answer, StoreError> {
        let load: Load = serde_json::from_str(arguments).unwrap_or_default();
        let Some(found) = saved(&self.state, &run.task) else {
            return Ok(Answer::good(
                Vec::new(),
                "Nothing was saved yet: version 0.",
            ));
        };
        let context = if load.whole {
            let whole = whole(&self.ports.store, &self.state, &run.task)?;
            serde_json::to_string(&whole).unwrap_or_default()
        } else {
            shown(&found.context)
        };
        let text = format!(
            "Version {}, saved by {} at {}:\n{context}",
            found.version, found.by, found.at,
        );
        Ok(Answer::good(Vec::new(), &text))
    }
}

/// What a run is told about what it saved.
fn saved_as(version: u64, fact: Fact) -> Answer {
    let left_out = match &fact {
        Fact::ContextSaved { context, .. } => compress(context, None).left_out,
        _ => 0,
    };
    let told = format!(
        "Saved as version {}.{}",
        version + 1,
        if left_out > 0 {
            format!(
                " {left_out} entries do not fit into 4 kB and are not handed over by themselves; context_load with `whole` gives them."
            )
        } else {
            String::new()
        }
    );
    Answer::good(vec![fact], &told)
}

/// A compressed context as JSON text.
fn shown(context: &orchestron_domain::context::Compressed) -> String {
    serde_json::to_string(context).unwrap_or_default()
}
