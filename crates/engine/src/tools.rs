//! The tools a run can call over its own pipe. Who calls is known by the pipe: a run acts on its own task and within its leg.

use crate::{carry_out::Outcome, context::gather, engine::Engine};
use orchestron_domain::{
    Actor, CallId, Fact, Leg, RequestKind, Run, RunId, TaskId,
    prompt::document,
    run::Verdict,
    signal::Say,
    task_file::{EditError, Item, Section, TaskFile},
};
use serde::Deserialize;

/// Sections a preparing run may write.
const PREPARE_SECTIONS: [Section; 6] = [
    Section::Goal,
    Section::AcceptanceCriteria,
    Section::DefinitionOfReady,
    Section::DefinitionOfDone,
    Section::FilesAffected,
    Section::ImplementationNotes,
];
/// Sections an implementing run may write; of the checklists it is measured by, it may only tick boxes.
const IMPLEMENT_SECTIONS: [Section; 3] = [
    Section::ImplementationNotes,
    Section::AcceptanceCriteria,
    Section::DefinitionOfDone,
];

#[derive(Deserialize)]
struct Submit {
    note: String,
    #[serde(default)]
    criteria_met: Vec<usize>,
}

#[derive(Deserialize)]
struct Update {
    section: String,
    text: String,
}

#[derive(Deserialize)]
struct Review {
    verdict: String,
    note: String,
}

#[derive(Deserialize)]
struct Help {
    question: String,
    #[serde(default)]
    options: Vec<String>,
}

/// What a tool does: facts, and an answer for the model. No answer means that a person gives it later.
pub(crate) struct Answer {
    facts: Vec<Fact>,
    reply: Option<Result<String, String>>,
}

impl Answer {
    pub(crate) fn good(facts: Vec<Fact>, text: &str) -> Self {
        Self {
            facts,
            reply: Some(Ok(text.to_owned())),
        }
    }

    pub(crate) const fn bad(text: String) -> Self {
        Self {
            facts: Vec::new(),
            reply: Some(Err(text)),
        }
    }
}

impl Engine {
    pub(crate) fn answer_tool(
        &mut self,
        id: &RunId,
        call: &CallId,
        tool: &str,
        arguments: &str,
    ) -> Outcome {
        let Some(run) = self.state.runs.get(id).filter(|run| run.is_live()).cloned() else {
            return Ok(vec![(
                Actor::Engine,
                Fact::CommandDone {
                    what: "the run is over".to_owned(),
                },
            )]);
        };
        let Some(leg) = run.leg() else {
            return Ok(vec![(
                Actor::Engine,
                Fact::CommandDone {
                    what: "a gate has no tools".to_owned(),
                },
            )]);
        };
        let answer = match tool {
            "task_get" => self.task_get(&run, leg),
            "task_update" => self.task_update(&run, leg, arguments),
            "task_submit" => self.task_submit(&run, leg, arguments),
            "review_decide" => Ok(review_decide(&run, leg, arguments)),
            "request_help" => Ok(request_help(&run, call, arguments)),
            "message_send" => Ok(self.message_send(&run, arguments)),
            "message_inbox" => Ok(self.message_inbox(&run)),
            "message_ack" => Ok(self.message_ack(&run, arguments)),
            "context_save" => Ok(self.context_save(&run, arguments)),
            "context_load" => Ok(self.context_load(&run)),
            other => Ok(Answer::bad(format!("there is no tool `{other}` here"))),
        };
        // Whatever is wrong (a file a person is just mending, git): an agent without an answer would wait until it is ended.
        let answer = match answer {
            Err(error) if crate::engine::log_is_broken(&error) => return Err(error),
            other => other.unwrap_or_else(|error| Answer::bad(error.to_string())),
        };
        if let Some(reply) = answer.reply {
            let (ok, text) = match reply {
                Ok(text) => (true, text),
                Err(text) => (false, text),
            };
            self.ports.runs.say(
                id,
                &Say::Reply {
                    call: call.clone(),
                    ok,
                    text,
                },
            )?;
        }
        let by = Actor::Run { run: id.clone() };
        let facts = if answer.facts.is_empty() {
            vec![Fact::CommandDone {
                what: format!("{tool} answered"),
            }]
        } else {
            answer.facts
        };
        Ok(facts.into_iter().map(|fact| (by.clone(), fact)).collect())
    }

    fn task_get(&mut self, run: &Run, leg: Leg) -> Result<Answer, crate::StoreError> {
        let attempt = self
            .state
            .tasks
            .get(&run.task)
            .map_or(1, |found| found.tries(leg));
        let Self { ports, state, .. } = self;
        let context = gather(
            &mut ports.store,
            ports.git.as_ref(),
            state,
            &run.task,
            leg,
            attempt,
        )?;
        Ok(Answer::good(Vec::new(), &document(&context)))
    }

    fn task_update(
        &mut self,
        run: &Run,
        leg: Leg,
        arguments: &str,
    ) -> Result<Answer, crate::StoreError> {
        let update: Update = match parse(arguments, "{\"section\": \"Goal\", \"text\": \"…\"}") {
            Ok(update) => update,
            Err(text) => return Ok(Answer::bad(text)),
        };
        let allowed: &[Section] = match leg {
            Leg::Prepare => &PREPARE_SECTIONS,
            Leg::Implement => &IMPLEMENT_SECTIONS,
            _ => &[],
        };
        let Some(section) =
            Section::from_name(update.section.trim()).filter(|section| allowed.contains(section))
        else {
            let names = allowed
                .iter()
                .map(|section| section.name())
                .collect::<Vec<_>>()
                .join(", ");
            return Ok(Answer::bad(format!(
                "the {leg} leg may not write `{}`; it may write: {names}",
                update.section
            )));
        };
        let done = self.ports.store.edit(&run.task, |file| {
            if leg == Leg::Implement && section != Section::ImplementationNotes {
                return tick_named(file, section, &update.text);
            }
            file.set_section(section, &update.text).map(|_| ())
        });
        done?;
        Ok(Answer::good(
            vec![Fact::TaskEdited {
                task: run.task.clone(),
                what: section.name().to_owned(),
            }],
            &format!("`{section}` is written."),
        ))
    }

    fn task_submit(
        &mut self,
        run: &Run,
        leg: Leg,
        arguments: &str,
    ) -> Result<Answer, crate::StoreError> {
        if leg == Leg::Review {
            return Ok(Answer::bad("a review ends with review_decide".to_owned()));
        }
        let submit: Submit =
            match parse(arguments, "{\"note\": \"what the next holder must know\"}") {
                Ok(submit) => submit,
                Err(text) => return Ok(Answer::bad(text)),
            };
        self.tick(&run.task, &submit.criteria_met)?;
        let fact = Fact::Submitted {
            task: run.task.clone(),
            leg,
            note: submit.note,
            run: Some(run.id.clone()),
        };
        Ok(Answer::good(
            vec![fact],
            "Noted. End your turn now; the work is checked and handed on by itself.",
        ))
    }

    /// Ticks criteria by number (from 1); numbers that do not exist are left out.
    fn tick(&mut self, task: &TaskId, numbers: &[usize]) -> Result<(), crate::StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        self.ports.store.edit(task, |file| {
            let all = file.criteria().len();
            for number in numbers.iter().filter(|number| (1..=all).contains(*number)) {
                file.tick(Section::AcceptanceCriteria, Item::At(number - 1))?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

/// Ticks the boxes that a text shows ticked; whatever else the text says is left out.
fn tick_named(file: &mut TaskFile, section: Section, text: &str) -> Result<(), EditError> {
    let ticked = text.lines().filter_map(|line| {
        let item = line
            .trim_start()
            .trim_start_matches(['-', '*'])
            .trim_start();
        item.strip_prefix("[x]")
            .or_else(|| item.strip_prefix("[X]"))
            .map(str::trim)
    });
    for item in ticked {
        file.tick(section, Item::Text(item))?;
    }
    Ok(())
}

fn review_decide(run: &Run, leg: Leg, arguments: &str) -> Answer {
    if leg != Leg::Review {
        return Answer::bad(format!(
            "only a review leg decides; the {leg} leg ends with task_submit"
        ));
    }
    let review: Review = match parse(arguments, "{\"verdict\": \"approve\", \"note\": \"…\"}") {
        Ok(review) => review,
        Err(text) => return Answer::bad(text),
    };
    let verdict = match review.verdict.as_str() {
        "approve" => Verdict::Approve,
        "changes" => Verdict::Changes,
        other => {
            return Answer::bad(format!(
                "verdict is `{other}`; it must be `approve` or `changes`"
            ));
        }
    };
    if verdict == Verdict::Changes && review.note.trim().is_empty() {
        return Answer::bad(
            "note is empty; say what has to change, each point with file and line".to_owned(),
        );
    }
    let fact = Fact::Reviewed {
        task: run.task.clone(),
        verdict,
        note: review.note,
        run: Some(run.id.clone()),
    };
    Answer::good(vec![fact], "Noted. End your turn now.")
}

fn request_help(run: &Run, call: &CallId, arguments: &str) -> Answer {
    let help: Help = match parse(
        arguments,
        "{\"question\": \"…\", \"options\": [\"recommended first\"]}",
    ) {
        Ok(help) => help,
        Err(text) => return Answer::bad(text),
    };
    let kind = RequestKind::Question {
        run: run.id.clone(),
        call: call.clone(),
        question: help.question,
        options: help.options,
    };
    Answer {
        facts: vec![Fact::RequestOpened {
            task: Some(run.task.clone()),
            kind,
        }],
        reply: None,
    }
}

/// Arguments, or what is wrong with them and what right ones look like.
fn parse<T: for<'de> Deserialize<'de>>(arguments: &str, example: &str) -> Result<T, String> {
    serde_json::from_str(arguments)
        .map_err(|error| format!("{error}; such arguments would be right: {example}"))
}
