//! The tools a run can call over its own pipe. Who calls is known by the pipe: a run acts on its own task and within its leg.

use crate::{carry_out::Outcome, context::gather, engine::Engine};
use orchestron_domain::{
    Actor, CallId, Fact, Leg, RequestKind, Run, RunId, TaskId,
    prompt::document,
    run::Verdict,
    said::{self, Ask},
    signal::Say,
    task_file::{Item, Section},
};
use serde::Deserialize;

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
    #[serde(default)]
    default: Option<String>,
    #[serde(default)]
    deadline_minutes: Option<u64>,
}

#[derive(Deserialize)]
struct Progress {
    step: String,
    #[serde(default)]
    percent: Option<u64>,
}

#[derive(Deserialize)]
struct Escalate {
    note: String,
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

    pub(crate) fn wrong(wrong: &said::Wrong) -> Self {
        Self::bad(format!("`{}`: {}", wrong.field, wrong.what))
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
        let often = said::too_often(&self.state, id, self.ports.clock.now());
        let answer = match tool {
            _ if often.is_some() => Ok(Answer::bad(often.unwrap_or_default())),
            "task_get" => self.task_get(&run, leg),
            "task_update" => self.task_update(&run, leg, arguments),
            "task_submit" => self.task_submit(&run, leg, arguments),
            "review_decide" => Ok(review_decide(&run, leg, arguments)),
            "request_help" => Ok(self.request_help(&run, call, arguments)),
            "progress_update" => Ok(self.progress_update(&run, arguments)),
            "escalate" => Ok(self.escalate(&run, arguments)),
            "message_send" => Ok(self.message_send(&run, arguments)),
            "message_inbox" => Ok(self.message_inbox(&run)),
            "message_ack" => Ok(self.message_ack(&run, arguments)),
            "context_save" => Ok(self.context_save(&run, arguments)),
            "context_load" => self.context_load(&run, arguments),
            "task_checkpoint" => self.task_checkpoint(&run, arguments),
            "handoff_prepare" => Ok(self.handoff_prepare(&run)),
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
        let allowed = Section::of_leg(leg);
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
        self.ports
            .store
            .edit(&run.task, |file| file.write_in(leg, section, &update.text))?;
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

    /// `request_help`: answered when a person has decided, or with the asker's own default when nobody did in time.
    fn request_help(&self, run: &Run, call: &CallId, arguments: &str) -> Answer {
        let help: Help = match parse(
            arguments,
            "{\"question\": \"…\", \"options\": [\"recommended first\"]}",
        ) {
            Ok(help) => help,
            Err(text) => return Answer::bad(text),
        };
        let ask = Ask {
            run: Some(&run.id),
            call: Some(call),
            task: Some(&run.task),
            question: &help.question,
            options: &help.options,
            default: help.default.as_deref(),
            minutes: help.deadline_minutes,
            ..Ask::default()
        };
        match said::question(&self.state, &ask, self.ports.clock.now()) {
            Err(wrong) => Answer::wrong(&wrong),
            Ok(question) => Answer {
                facts: vec![Fact::RequestOpened {
                    task: Some(run.task.clone()),
                    kind: RequestKind::Question(question),
                }],
                reply: None,
            },
        }
    }

    /// `progress_update`
    fn progress_update(&self, run: &Run, arguments: &str) -> Answer {
        let told: Progress = match parse(arguments, "{\"step\": \"the limiter\", \"percent\": 40}")
        {
            Ok(told) => told,
            Err(text) => return Answer::bad(text),
        };
        let now = self.ports.clock.now();
        match said::progress(&self.state, &run.task, told.percent, &told.step, now) {
            Err(wrong) => Answer::wrong(&wrong),
            Ok(fact) => Answer::good(fact.into_iter().collect(), "Noted."),
        }
    }

    /// `escalate`: the run cannot go on, and the person decides what becomes of its task. The run is ended.
    fn escalate(&self, run: &Run, arguments: &str) -> Answer {
        let asked: Escalate = match parse(
            arguments,
            "{\"note\": \"why, what was tried, what you would do\"}",
        ) {
            Ok(asked) => asked,
            Err(text) => return Answer::bad(text),
        };
        let open = |request: &&orchestron_domain::Request| !request.kind.is_aside();
        if self
            .state
            .requests_of(&run.task)
            .any(|request| open(&request))
        {
            return Answer::bad(
                "the person is asked about this task already; end your turn".to_owned(),
            );
        }
        let why = asked.note.trim().to_owned();
        let fact = Fact::RequestOpened {
            task: Some(run.task.clone()),
            kind: RequestKind::Escalation { why },
        };
        Answer::good(
            vec![fact],
            "The person is asked what becomes of the task. End your turn now.",
        )
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

/// Arguments, or what is wrong with them and what right ones look like.
fn parse<T: for<'de> Deserialize<'de>>(arguments: &str, example: &str) -> Result<T, String> {
    serde_json::from_str(arguments)
        .map_err(|error| format!("{error}; such arguments would be right: {example}"))
}
