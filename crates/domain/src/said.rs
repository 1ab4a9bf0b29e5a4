//! What holders say of their work while they are at it, judged: questions, progress, and how often they may call.
//!
//! Runs say it over their own pipe, holders outside through an operation; both are judged here.

use crate::{
    AgentName, CallId, Event, Fact, RunId, State, TaskId, Time,
    request::{Fallback, Question},
};

/// Longest question, in bytes.
pub const QUESTION_MAX: usize = 8 * 1024;
/// Most suggested answers, and the longest of them (and the longest default), in bytes.
pub const OPTIONS_MAX: usize = 10;
const ANSWER_MAX: usize = 1024;
/// Longest wait before a default stands, in minutes: a week.
pub const MINUTES_MAX: u64 = 7 * 24 * 60;
/// Questions of one holder about one task that may be open at once.
const QUESTIONS_OPEN: usize = 20;
/// Longest step, in bytes.
const STEP_MAX: usize = 200;
/// Least time between two different words on progress, in milliseconds.
const BETWEEN_MS: i64 = 1_000;
/// Calls of our tools that a run may make in a minute.
pub const CALLS_A_MINUTE: u32 = 240;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// What is wrong with a field, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Wrong {
    /// This field, and what is wrong with it.
    pub fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self {
            field,
            what: what.into(),
        }
    }
}

/// A question as its asker wrote it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// The run that asks.
    pub run: Option<&'a RunId>,
    /// The call over its pipe that waits.
    pub call: Option<&'a CallId>,
    /// The holder outside that asks.
    pub from: Option<&'a AgentName>,
    /// The task it is about.
    pub task: Option<&'a TaskId>,
    /// The question.
    pub question: &'a str,
    /// Suggested answers, the recommended one first.
    pub options: &'a [String],
    /// What the asker goes on with when nobody answers.
    pub default: Option<&'a str>,
    /// For how many minutes it waits before that.
    pub minutes: Option<u64>,
}

/// The question that can be put now. A default and its deadline belong together: neither says anything alone.
///
/// # Errors
/// When a field is wrong, or too many questions of the same asker are open.
pub fn question(state: &State, ask: &Ask<'_>, now: Time) -> Result<Question, Wrong> {
    let text = ask.question.trim();
    if text.is_empty() {
        return Err(Wrong::new(
            "question",
            "it is empty; write what the person needs to answer it",
        ));
    }
    if text.len() > QUESTION_MAX {
        return Err(Wrong::new(
            "question",
            format!(
                "{} bytes are too many, {QUESTION_MAX} are the most; write the rest into a file and name it",
                text.len()
            ),
        ));
    }
    if ask.options.len() > OPTIONS_MAX {
        return Err(Wrong::new(
            "options",
            format!(
                "{} are too many, {OPTIONS_MAX} are the most",
                ask.options.len()
            ),
        ));
    }
    for option in ask.options {
        answer("options", option)?;
    }
    let question = Question {
        run: ask.run.cloned(),
        call: ask.call.cloned(),
        from: ask.from.cloned(),
        question: text.to_owned(),
        options: ask.options.iter().map(|o| o.trim().to_owned()).collect(),
        fallback: fallback(ask, now)?,
    };
    let open = |other: &&crate::Request| {
        other.task.as_ref() == ask.task
            && matches!(&other.kind, crate::RequestKind::Question(asked) if asked.run == question.run && asked.from == question.from)
    };
    if state.open_requests().filter(open).count() >= QUESTIONS_OPEN {
        return Err(Wrong::new(
            "question",
            format!("{QUESTIONS_OPEN} of your questions are open; wait for answers first"),
        ));
    }
    Ok(question)
}

fn fallback(ask: &Ask<'_>, now: Time) -> Result<Option<Fallback>, Wrong> {
    let (default, minutes) = match (ask.default, ask.minutes) {
        (None, None) => return Ok(None),
        (Some(default), Some(minutes)) => (default, minutes),
        (None, Some(_)) => {
            return Err(Wrong::new(
                "default",
                "it is missing; say what you go on with when the deadline passes, or leave `deadline_minutes` out and wait",
            ));
        }
        (Some(_), None) => {
            return Err(Wrong::new(
                "deadline_minutes",
                format!(
                    "it is missing; say after how many minutes your default stands, from 1 to {MINUTES_MAX}"
                ),
            ));
        }
    };
    answer("default", default)?;
    let wait = i64::try_from(minutes)
        .ok()
        .filter(|_| (1..=MINUTES_MAX).contains(&minutes));
    let wait = wait.ok_or_else(|| {
        Wrong::new(
            "deadline_minutes",
            format!("it is {minutes}; it must be a whole number from 1 to {MINUTES_MAX}"),
        )
    })?;
    Ok(Some(Fallback {
        answer: default.trim().to_owned(),
        until: now.plus_millis(wait * MINUTE_MS),
    }))
}

fn answer(field: &'static str, text: &str) -> Result<(), Wrong> {
    match text.trim() {
        "" => Err(Wrong::new(field, "an answer must say something")),
        text if text.len() > ANSWER_MAX => Err(Wrong::new(
            field,
            format!(
                "{} bytes are too many for an answer, {ANSWER_MAX} are the most",
                text.len()
            ),
        )),
        _ => Ok(()),
    }
}

/// What a holder says of how far it is, as a fact; none when it was said already.
///
/// # Errors
/// When it says nothing, too much, or too often.
pub fn progress(
    state: &State,
    task: &TaskId,
    percent: Option<u64>,
    step: &str,
    now: Time,
) -> Result<Option<Fact>, Wrong> {
    let percent = match percent {
        None => None,
        Some(percent) => match u8::try_from(percent) {
            Ok(percent) if percent <= 100 => Some(percent),
            _ => {
                return Err(Wrong::new(
                    "percent",
                    format!("it is {percent}; it must be a whole number from 0 to 100"),
                ));
            }
        },
    };
    let step = step.trim();
    if step.is_empty() {
        return Err(Wrong::new(
            "step",
            "it is empty; say what you are at, in a few words",
        ));
    }
    if step.len() > STEP_MAX {
        return Err(Wrong::new(
            "step",
            format!(
                "{} bytes are too many, {STEP_MAX} are the most: it is a line on a card",
                step.len()
            ),
        ));
    }
    let told = state.tasks.get(task).and_then(|found| found.told.as_ref());
    if let Some(told) = told {
        if told.percent == percent && told.step == step {
            return Ok(None);
        }
        if (0..BETWEEN_MS).contains(&(now.0 - told.at.0)) {
            return Err(Wrong::new(
                "step",
                "you said where you are less than a second ago; once for each step is enough",
            ));
        }
    }
    Ok(Some(Fact::Progressed {
        task: task.clone(),
        percent,
        step: step.to_owned(),
    }))
}

/// What a run is told that calls more often than anybody needs to; none when it does not.
#[must_use]
pub fn too_often(state: &State, run: &RunId, now: Time) -> Option<String> {
    let (since, calls) = state.calls.get(run)?;
    let over = *calls > CALLS_A_MINUTE && (0..MINUTE_MS).contains(&(now.0 - since.0));
    over.then(|| {
        format!(
            "you made more than {CALLS_A_MINUTE} calls within a minute, so this one was not carried out; go on with your work and call again in a minute"
        )
    })
}

/// Counts a run's calls, minute by minute, for as long as it lives.
pub(crate) fn apply(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::ToolCalled { run, .. } if state.runs.get(run).is_some_and(crate::Run::is_live) => {
            let count = state.calls.entry(run.clone()).or_insert((event.at, 0));
            if !(0..MINUTE_MS).contains(&(event.at.0 - count.0.0)) {
                *count = (event.at, 0);
            }
            count.1 = count.1.saturating_add(1);
        }
        Fact::RunEnded { run, .. } => {
            state.calls.remove(run);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, CALLS_A_MINUTE, progress, question, too_often};
    use crate::{
        Actor, Command, Event, Fact, RequestKind, Seq, State, Status, Time,
        apply::apply,
        decide::decide,
        run::Work,
        schedule::{due, next_deadline},
        signal::Say,
        state::Progress,
    };

    const NOW: Time = Time(1_000_000);

    fn wrong(ask: &Ask<'_>) -> &'static str {
        question(&State::default(), ask, NOW).unwrap_err().field
    }

    #[test]
    fn a_default_and_its_deadline_belong_together() {
        let ask = Ask {
            question: "Which database?",
            ..Ask::default()
        };
        assert_eq!(
            question(&State::default(), &ask, NOW).unwrap().fallback,
            None
        );
        let (default, minutes) = (Some("SQLite"), Some(30));
        assert_eq!(wrong(&Ask { default, ..ask }), "deadline_minutes");
        assert_eq!(wrong(&Ask { minutes, ..ask }), "default");
        for minutes in [0, 10_081, u64::MAX] {
            let minutes = Some(minutes);
            assert_eq!(
                wrong(&Ask {
                    default,
                    minutes,
                    ..ask
                }),
                "deadline_minutes"
            );
        }
        let asked = question(
            &State::default(),
            &Ask {
                default,
                minutes,
                ..ask
            },
            NOW,
        )
        .unwrap();
        let fallback = asked.fallback.unwrap();
        assert_eq!(fallback.until, NOW.plus_millis(30 * 60_000));
        assert_eq!(
            wrong(&Ask {
                question: " ",
                ..ask
            }),
            "question"
        );
        let long = "x".repeat(9_000);
        assert_eq!(
            wrong(&Ask {
                question: &long,
                ..ask
            }),
            "question"
        );
        let options = vec!["a".to_owned(), " ".to_owned()];
        assert_eq!(
            wrong(&Ask {
                options: &options,
                ..ask
            }),
            "options"
        );
    }

    fn told(state: &mut State, seq: u64, at: Time, by: Actor, fact: Fact) -> Vec<Command> {
        let event = Event {
            seq: Seq(seq),
            at,
            by,
            fact,
        };
        apply(state, &event);
        decide(state, &event, at)
    }

    /// A state with a run that asked a question with a default.
    fn asked() -> State {
        let mut state = State::default();
        let (run, task) = (
            "TASK-1-implement-1".parse().unwrap(),
            "TASK-1".parse().unwrap(),
        );
        let work = Work::Leg {
            leg: crate::Leg::Implement,
            agent: "coder".parse().unwrap(),
            attempt: 1,
        };
        let started = Fact::RunStarted {
            run,
            task,
            work,
            session: None,
            resumed: false,
            cap: None,
        };
        told(&mut state, 1, NOW, Actor::Engine, started);
        let (run, call) = ("TASK-1-implement-1".parse().unwrap(), "c".into());
        let ask = Ask {
            run: Some(&run),
            call: Some(&call),
            question: "Which?",
            default: Some("SQLite"),
            minutes: Some(1),
            ..Ask::default()
        };
        let kind = RequestKind::Question(question(&state, &ask, NOW).unwrap());
        let task = "TASK-1".parse().ok();
        let by = Actor::Run { run };
        told(&mut state, 2, NOW, by, Fact::RequestOpened { task, kind });
        state
    }

    #[test]
    fn when_nobody_answers_the_default_is_told_as_such_and_once() {
        let mut state = asked();
        let until = NOW.plus_millis(60_000);
        assert_eq!(next_deadline(&state, NOW), Some(until));
        assert_eq!(due(&state, NOW), []);
        let [Command::Lapse { request }] = due(&state, until)[..] else {
            panic!("{:?}", due(&state, until));
        };
        let said = told(
            &mut state,
            3,
            until,
            Actor::Engine,
            Fact::RequestLapsed { request },
        );
        let [
            Command::Say {
                say: Say::Reply { ok: true, text, .. },
                ..
            },
        ] = &said[..]
        else {
            panic!("{said:?}");
        };
        assert!(
            text.contains("SQLite") && text.contains("no person's answer"),
            "{text}"
        );
        assert_eq!(state.open_requests().count(), 0);
        assert_eq!(
            state.live_runs().next().unwrap().status,
            crate::RunStatus::Working
        );
        assert_eq!(due(&state, until), []);
    }

    #[test]
    fn an_answer_that_came_in_time_stands_and_a_late_one_changes_nothing() {
        let mut state = asked();
        let request = state.open_requests().next().unwrap().id;
        let decision = crate::Decision::Answer {
            text: "Postgres".into(),
        };
        let decided = Fact::RequestDecided { request, decision };
        assert_eq!(
            told(&mut state, 3, NOW, Actor::Person, decided.clone()).len(),
            1
        );
        let lapsed = Fact::RequestLapsed { request };
        assert_eq!(told(&mut state, 4, NOW, Actor::Engine, lapsed.clone()), []);
        let mut state = asked();
        assert_eq!(told(&mut state, 3, NOW, Actor::Engine, lapsed).len(), 1);
        assert_eq!(told(&mut state, 4, NOW, Actor::Person, decided), []);
    }

    #[test]
    fn progress_is_a_line_once_for_each_step() {
        let task = "TASK-1".parse().unwrap();
        let mut state = State::default();
        state.tasks.insert(
            "TASK-1".parse().unwrap(),
            Progress::new(Status::InProgress, NOW),
        );
        let say =
            |state: &State, percent, step: &str, at| progress(state, &task, percent, step, at);
        let field = |said: Result<Option<Fact>, super::Wrong>| said.unwrap_err().field;
        assert_eq!(field(say(&state, Some(101), "x", NOW)), "percent");
        assert_eq!(field(say(&state, None, "  ", NOW)), "step");
        assert_eq!(field(say(&state, None, &"x".repeat(201), NOW)), "step");
        let fact = say(&state, Some(40), "the limiter", NOW).unwrap().unwrap();
        told(&mut state, 1, NOW, Actor::Person, fact);
        assert_eq!(
            say(&state, Some(40), "the limiter", NOW),
            Ok(None),
            "nothing is done twice"
        );
        assert_eq!(field(say(&state, Some(41), "the limiter", NOW)), "step");
        assert!(
            say(&state, Some(41), "x", NOW.plus_millis(1_000))
                .unwrap()
                .is_some()
        );
        assert!(
            say(&state, Some(41), "x", Time(0)).unwrap().is_some(),
            "a clock set back blocks nobody"
        );
    }

    #[test]
    fn who_calls_without_end_is_told_so_and_may_go_on_later() {
        let mut state = asked();
        let run = state.live_runs().next().unwrap().id.clone();
        for n in 0..=u64::from(CALLS_A_MINUTE) {
            assert_eq!(too_often(&state, &run, NOW), None, "{n}");
            let call = Fact::ToolCalled {
                run: run.clone(),
                call: "c".into(),
                tool: "task_get".into(),
                arguments: "{}".into(),
            };
            told(&mut state, 10 + n, NOW, Actor::Engine, call);
        }
        assert!(too_often(&state, &run, NOW).is_some());
        assert_eq!(too_often(&state, &run, NOW.plus_millis(60_000)), None);
    }
}
