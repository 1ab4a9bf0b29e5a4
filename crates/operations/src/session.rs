//! `session-start`, `session-end`, `sessions`: a holder that Orchestron does not start begins to work, and stops.
//!
//! A session that was never ended is taken up again by the next start: its holder gets the task that it holds with all that was
//! saved, else the next one. The task stays with its holder between two sessions, unless the end gives it back.

use crate::{
    Context, OpError, next,
    release::given_back,
    saved::{context_of, view_of},
    view::word,
    who::{Who, holds},
    wire::{Done, SessionStartView, SessionView, SessionsView, input},
    writing::{done, tell_engine, trimmed, write},
};
use orchestron_domain::{
    AgentName, Fact, Holder, State, TaskId,
    context::saved,
    message::inbox,
    sitting::{self, OPEN_MAX, Sitting},
};
use orchestron_engine::saved::checkpoint;

/// Begins a session, or takes up the one that was not ended, and hands over what its holder works on next.
///
/// # Errors
/// When the name is nobody's, or the project cannot be read.
pub fn start(cx: &mut Context, input: &input::SessionStart) -> Result<SessionStartView, OpError> {
    let who = Who::asks(cx, &cx.story()?, input.agent.as_deref())?;
    let resumed = write(cx, [], |state| {
        if sitting::of(state, &who.holder()).is_some() {
            return Ok((Vec::new(), true));
        }
        let open = state.sittings.values().filter(|found| found.end.is_none());
        if open.count() >= OPEN_MAX {
            return Err(OpError::Input {
                field: "agent",
                what: format!("{OPEN_MAX} sessions are open; end some with session_end first"),
            });
        }
        let holder = who.holder();
        let fact = Fact::SessionStarted { holder };
        Ok((vec![(who.actor.clone(), fact)], false))
    })?;
    let wanted = input::Next {
        agent: input.agent.clone(),
        claim: !input.look,
    };
    let work = next::next(cx, &wanted)?;
    let state = cx.story()?;
    let found = sitting::of(&state, &who.holder()).ok_or_else(|| no_session(&who))?;
    let task: Option<TaskId> = work.task.as_ref().and_then(|card| card.id.parse().ok());
    Ok(SessionStartView {
        session: view(&state, found),
        resumed,
        saved: task.as_ref().map(|task| view_of(&state, task)),
        messages: waiting(&state, &who),
        work,
    })
}

fn waiting(state: &State, who: &Who) -> u32 {
    let name = name_of(&who.holder());
    let count = name.map_or(0, |name| inbox(state, &name).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn name_of(holder: &Holder) -> Option<AgentName> {
    match holder {
        Holder::Outside(name) | Holder::Agent(name) => Some(name.clone()),
        Holder::Person => "person".parse().ok(),
        Holder::Nobody => None,
    }
}

/// What a holder outside holds now.
fn held(state: &State, holder: &Holder) -> Vec<TaskId> {
    let all = state.tasks.keys();
    all.filter(|task| holds(state, task).as_ref() == Some(holder))
        .cloned()
        .collect()
}

/// Ends the caller's session: saves what is given, and gives the task back when that is wanted.
///
/// # Errors
/// When it has none, or the task cannot be given back now.
pub fn end(cx: &mut Context, input: &input::SessionEnd) -> Result<Done, OpError> {
    let state = cx.story()?;
    let who = Who::asks(cx, &state, input.agent.as_deref())?;
    let holder = who.holder();
    let task = match held(&state, &holder).as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(named(many, input.task.as_deref())?),
    };
    let note = trimmed(input.note.as_deref());
    let save = match (&input.context, &task) {
        (Some(context), Some(task)) => {
            Some(checkpoint(&cx.store, &state, task, context_of(context))??)
        }
        (Some(_), None) => {
            return Err(OpError::Input {
                field: "context",
                what: "you hold no task that it could be saved for; leave it out".to_owned(),
            });
        }
        (None, _) => None,
    };
    let version = |state: &State, task| saved(state, task).map_or(0, |found| found.version);
    let seen = task.as_ref().map(|task| version(&state, task));
    write(cx, &task, |state| {
        let session = sitting::of(state, &holder).ok_or_else(|| no_session(&who))?;
        let mut facts = Vec::new();
        if let (Some(fact), Some(task)) = (save, &task) {
            if Some(version(state, task)) != seen {
                return Err(crate::saved::stale(state, task, seen.unwrap_or(0)));
            }
            facts.push((who.actor.clone(), fact));
        }
        if let Some(task) = task.as_ref().filter(|_| input.release) {
            facts.extend(given_back(state, task, &who, &note)?);
        }
        let fact = Fact::SessionEnded {
            session: session.id,
            task: task.clone(),
            note: note.clone(),
        };
        facts.push((who.actor.clone(), fact));
        Ok((facts, ()))
    })?;
    let mut told = done(task.as_ref(), None, "the session is over");
    match &task {
        Some(task) if input.release => {
            told.did.push_str(&format!(", and {task} is given back"));
            tell_engine(cx, &mut told, "it goes on")?;
        }
        Some(task) => told.next.push(format!(
            "{task} stays {}'s: its next session goes on with it",
            who.name()
        )),
        None => {}
    }
    Ok(told)
}

fn named(many: &[TaskId], given: Option<&str>) -> Result<TaskId, OpError> {
    let given: Option<TaskId> = given.and_then(|given| given.trim().parse().ok());
    let found = many.iter().find(|task| given.as_ref() == Some(task));
    found.cloned().ok_or_else(|| {
        let all: Vec<_> = many.iter().map(ToString::to_string).collect();
        OpError::Input {
            field: "task",
            what: format!(
                "you hold several; name the one this is about: {}",
                all.join(", ")
            ),
        }
    })
}

fn no_session(who: &Who) -> OpError {
    OpError::NoSession { who: who.name() }
}

/// Sessions that go on, newest first; with `all` also the newest that are over. Agents that Orchestron starts are among them: each run
/// is a session of its own.
///
/// # Errors
/// When the project cannot be read.
pub fn sessions(cx: &mut Context, input: &input::Sessions) -> Result<SessionsView, OpError> {
    let state = cx.story()?;
    let name = input.holder.as_deref().map(str::trim);
    let of = |holder: &str| name.is_none_or(|name| name == holder);
    let outside = state.sittings.values().rev();
    let outside = outside.filter(|found| input.all || found.end.is_none());
    let mut sessions: Vec<_> = outside.map(|found| view(&state, found)).collect();
    let runs = state.runs.values().filter(|run| run.agent().is_some());
    let runs = runs.filter(|run| input.all || run.is_live());
    sessions.extend(runs.map(|run| SessionView {
        id: run.id.to_string(),
        holder: run.agent().map_or_else(String::new, ToString::to_string),
        since: word::millis(run.since),
        until: run.until.map(word::millis),
        task: Some(run.task.to_string()),
        note: run.note.clone().unwrap_or_default(),
        of_run: true,
    }));
    sessions.retain(|session| of(&session.holder));
    sessions.sort_by_key(|session| std::cmp::Reverse(session.since));
    sessions.truncate(MOST);
    Ok(SessionsView { sessions })
}

/// Most sessions that are told.
const MOST: usize = 100;

fn view(state: &State, found: &Sitting) -> SessionView {
    let holder = name_of(&found.holder).map_or_else(String::new, |name| name.to_string());
    let task = match &found.end {
        Some(end) => end.task.clone(),
        None => held(state, &found.holder).into_iter().next(),
    };
    SessionView {
        id: found.id.0.to_string(),
        holder,
        since: word::millis(found.since),
        until: found.end.as_ref().map(|end| word::millis(end.at)),
        task: task.map(|task| task.to_string()),
        note: found
            .end
            .as_ref()
            .map_or_else(String::new, |end| end.note.clone()),
        of_run: false,
    }
}
