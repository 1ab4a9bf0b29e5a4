//! `request-help`: a holder asks the person, and looks whether there is an answer.
//!
//! A question approves nothing, whoever answers it. With a default and a deadline the asker goes on by itself when nobody answers, and
//! is told that it was nobody.

use crate::{
    Context, OpError,
    view::word,
    who::Who,
    wire::{Big, HelpView, input},
    writing::{tell_engine, write},
};
use orchestron_domain::{
    Actor, Decision, Fact, Request, RequestId, RequestKind, Seq, State, TaskId,
    request::Question,
    said::{self, Ask},
};

/// Within this time the same question is a repetition, and gets the same answer.
const REPEATED_MS: i64 = 10 * 60 * 1000;

/// Asks, or with `request` looks what became of a question that was asked.
///
/// # Errors
/// When a field is wrong, the task is not the asker's, or the question is none of its own.
pub fn help(cx: &mut Context, input: &input::RequestHelp) -> Result<HelpView, OpError> {
    let story = cx.story()?;
    let (who, task) = Who::tells(cx, &story, input.agent.as_deref(), input.task.as_deref())?;
    if let Some(id) = input.request {
        return look(cx, &who, RequestId(id.0));
    }
    let Some(question) = input.question.as_deref() else {
        return Err(OpError::Input {
            field: "question",
            what: "it is missing; ask something, or name with `request` what you asked before"
                .to_owned(),
        });
    };
    let (run, from) = match &who.actor {
        Actor::Run { run } => (Some(run), None),
        Actor::Outside { name } => (None, Some(name)),
        _ => (None, None),
    };
    if let Some(task) = task.as_ref().filter(|_| run.is_none()) {
        who.must_hold(&cx.of([task])?, task)?;
    }
    let ask = Ask {
        run,
        from,
        task: task.as_ref(),
        question,
        options: &input.options,
        default: input.default.as_deref(),
        minutes: input.deadline_minutes.map(u64::from),
        ..Ask::default()
    };
    let now = cx.store.now();
    let asked = write(cx, &task, |state| {
        let asked = said::question(state, &ask, now)?;
        if let Some(known) = repeated(state, task.as_ref(), &asked, now) {
            return Ok((Vec::new(), Some(known)));
        }
        let fact = Fact::RequestOpened {
            task: task.clone(),
            kind: RequestKind::Question(asked),
        };
        Ok((vec![(who.actor.clone(), fact)], None))
    })?;
    let id = match asked {
        Some(known) => known,
        None => newest(cx, &who, task.as_ref(), question)?,
    };
    look(cx, &who, id)
}

/// The same question of the same asker, open or answered a short while ago.
fn repeated(
    state: &State,
    task: Option<&TaskId>,
    asked: &Question,
    now: orchestron_domain::Time,
) -> Option<RequestId> {
    let same = |request: &&Request| match &request.kind {
        RequestKind::Question(known) => {
            request.task.as_ref() == task
                && (&known.run, &known.from, &known.question)
                    == (&asked.run, &asked.from, &asked.question)
                && known.call.is_none()
        }
        _ => false,
    };
    let fresh = |request: &&Request| {
        request.is_open()
            || request
                .decided
                .as_ref()
                .is_some_and(|decided| now.since(decided.at) < REPEATED_MS)
    };
    let known = state.requests.values().rev().filter(same).find(fresh)?;
    Some(known.id)
}

/// The question that was just opened.
fn newest(
    cx: &mut Context,
    who: &Who,
    task: Option<&TaskId>,
    question: &str,
) -> Result<RequestId, OpError> {
    let state = cx.story()?;
    let own = |request: &&Request| {
        is_own(request, who)
            && request.task.as_ref() == task
            && matches!(&request.kind, RequestKind::Question(found) if found.question == question.trim())
    };
    let found = state.requests.values().rev().find(own);
    found
        .map(|request| request.id)
        .ok_or(OpError::NoRequest { id: 0 })
}

fn is_own(request: &Request, who: &Who) -> bool {
    match (&request.kind, &who.actor) {
        (RequestKind::Question(asked), Actor::Run { run }) => asked.run.as_ref() == Some(run),
        (RequestKind::Question(asked), Actor::Outside { name }) => {
            asked.from.as_ref() == Some(name)
        }
        (RequestKind::Question(asked), _) => asked.run.is_none() && asked.from.is_none(),
        _ => false,
    }
}

/// What became of a question. One whose deadline has passed is closed here, should no engine be there to do it.
fn look(cx: &mut Context, who: &Who, id: RequestId) -> Result<HelpView, OpError> {
    let now = cx.store.now();
    let late =
        |request: &Request| request.is_open() && request.until().is_some_and(|until| until <= now);
    let mut state = cx.story()?;
    if state.requests.get(&id).is_some_and(late) {
        write(cx, [], |state| {
            let lapsed = state.requests.get(&id).filter(|request| late(request));
            let fact = lapsed.map(|_| (who.actor.clone(), Fact::RequestLapsed { request: id }));
            Ok((fact.into_iter().collect(), ()))
        })?;
        state = cx.story()?;
    }
    let found = state.requests.get(&id).filter(|found| is_own(found, who));
    let found = found.ok_or(OpError::NoRequest { id: id.0 })?;
    let mut view = view(found);
    if view.open {
        let mut told = crate::writing::done(found.task.as_ref(), None, "");
        tell_engine(cx, &mut told, "people are notified")?;
        view.not_done = told.not_done;
    }
    Ok(view)
}

fn view(found: &Request) -> HelpView {
    let RequestKind::Question(asked) = &found.kind else {
        return HelpView::default();
    };
    let answer = found.decided.as_ref().and_then(|decided| {
        let Decision::Answer { text } = &decided.decision else {
            return None;
        };
        Some((text.clone(), "person"))
    });
    let lapsed = || {
        let text = asked.lapsed().filter(|_| found.has_lapsed())?;
        Some((text, "default"))
    };
    let (answer, by) = answer.or_else(lapsed).unzip();
    HelpView {
        request: Big(Seq(found.id.0).0),
        open: found.is_open(),
        answer,
        by: by.map(str::to_owned),
        until: found.until().map(word::millis),
        void: found.withdrawn.clone().filter(|_| !found.has_lapsed()),
        not_done: Vec::new(),
    }
}
