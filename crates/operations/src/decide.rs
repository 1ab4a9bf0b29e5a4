//! `decide`: answer a request. `approve` and `reject` find the request of a task and come here.

use crate::{
    Context, OpError, project,
    remarks::{Given, compose},
    review, roster_edit,
    view::{self, Sight, outcome},
    who::only_person,
    wire::{DecisionInput, Done, input},
    writing::{done, some_text, tell_engine, trimmed, write},
};
use orchestron_domain::{
    Actor, CommitId, Decision, Fact, MicroUsd, Request, RequestId, RequestKind, State, TaskId,
};
use orchestron_engine::ports::Worktree;

/// Answers a request.
///
/// # Errors
/// `RequestClosed`, `Unfit` when the decision answers another kind, `Stale` when the branch has moved since it was looked at.
pub fn decide(cx: &mut Context, input: &input::Decide) -> Result<Done, OpError> {
    only_person(cx, "decide")?;
    let id = RequestId(input.request.0);
    let decision = match &input.decision {
        DecisionInput::Changes {
            note,
            comments,
            hunks,
        } => changes(cx, id, note, Given { comments, hunks })?,
        DecisionInput::AllowAlways { rule } => return always(cx, id, rule),
        other => read(other)?,
    };
    answer(cx, id, &decision, input.commit.as_deref())
}

/// Allows it for this task, and writes the rule for all that come. The decision comes first: the agent waits for it.
fn always(cx: &mut Context, id: RequestId, rule: &str) -> Result<Done, OpError> {
    let state = cx.story()?;
    open(&state, id, &Decision::AllowAlike)?;
    let sight = Sight::new(cx, &state)?;
    let request = state
        .requests
        .get(&id)
        .ok_or(OpError::NoRequest { id: id.0 })?;
    let agent = request
        .run()
        .and_then(|run| state.runs.get(run)?.agent())
        .cloned();
    let offered = match (&request.kind, &agent) {
        (RequestKind::Permission { tool, input, .. }, Some(agent)) => {
            view::rule(&sight, agent, tool, input)
        }
        _ => None,
    };
    let what = match &offered {
        Some(offered) => format!("the rule for just this is {offered}"),
        None => "there is no rule for just this; allow it once, or for the task".to_owned(),
    };
    let (Some(agent), Some(_)) = (agent, offered.filter(|offered| offered == rule)) else {
        return Err(OpError::Input {
            field: "rule",
            what,
        });
    };
    let mut told = answer(cx, id, &Decision::AllowAlike, None)?;
    match roster_edit::allow(cx, &agent, rule) {
        Ok(()) => {
            told.did = format!(
                "{}; {agent} may do it without asking from its next start on: {rule}",
                told.did
            )
        }
        Err(error) => told
            .not_done
            .push(format!("the rule was not written: {error}")),
    }
    Ok(told)
}

/// What has to change, with what was said about single lines.
fn changes(
    cx: &mut Context,
    id: RequestId,
    note: &str,
    given: Given<'_>,
) -> Result<Decision, OpError> {
    let state = state_of(cx, id)?;
    let request = state.requests.get(&id).filter(|_| !given.is_empty());
    let about = request.and_then(|request| Some((request.task.as_ref()?, commit_of(request))));
    let note = with_remarks(cx, &state, about, note, given)?;
    Ok(Decision::Changes { note })
}

/// The commit that a decision is about.
const fn commit_of(request: &Request) -> Option<&CommitId> {
    match &request.kind {
        RequestKind::Review { commit } | RequestKind::Conflict { commit, .. } => commit.as_ref(),
        _ => None,
    }
}

/// The words that go back: the note, and every remark with the code it is about as it is at that commit.
pub fn with_remarks(
    cx: &Context,
    state: &State,
    about: Option<(&TaskId, Option<&CommitId>)>,
    note: &str,
    given: Given<'_>,
) -> Result<String, OpError> {
    if !given.asks() {
        let what = "say what has to change; it goes to the implementer";
        some_text("note", Some(note), what)?;
    }
    let Some((task, commit)) = about.filter(|_| !given.is_empty()) else {
        return Ok(note.trim().to_owned());
    };
    let files = match (project::base(cx, state)?, commit) {
        (Some(base), Some(commit)) => cx.git.between(&base, None, commit)?,
        (Some(base), None) => match tip(cx, state, task)? {
            Some(tip) => cx.git.between(&base, None, &tip)?,
            None => None,
        },
        (None, _) => None,
    };
    compose(note, given, &files.unwrap_or_default().files)
}

/// Reads a decision.
fn read(input: &DecisionInput) -> Result<Decision, OpError> {
    let words =
        |note: &Option<String>| Some(trimmed(note.as_deref())).filter(|note| !note.is_empty());
    Ok(match input {
        DecisionInput::Approve { note } => Decision::Approve { note: words(note) },
        DecisionInput::Changes { note, .. } => Decision::Changes {
            note: note.trim().to_owned(),
        },
        DecisionInput::Allow => Decision::Allow,
        DecisionInput::AllowAlike | DecisionInput::AllowAlways { .. } => Decision::AllowAlike,
        DecisionInput::Deny { note } => Decision::Deny { note: words(note) },
        DecisionInput::Answer { text } => Decision::Answer {
            text: some_text("text", Some(text), "an answer must say something")?,
        },
        DecisionInput::Retry { note } => Decision::Retry { note: words(note) },
        DecisionInput::GiveUp => Decision::GiveUp,
        DecisionInput::Raise { by } if by.0 == 0 => {
            return Err(OpError::Input {
                field: "by",
                what: "say how many dollars more may be spent, such as 5 or 2.50".to_owned(),
            });
        }
        DecisionInput::Raise { by } => Decision::Raise { by: MicroUsd(by.0) },
    })
}

const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Approve { .. } => "approve",
        Decision::Changes { .. } => "changes",
        Decision::Allow => "allow",
        Decision::AllowAlike => "allow-alike",
        Decision::Deny { .. } => "deny",
        Decision::Answer { .. } => "answer",
        Decision::Retry { .. } => "retry",
        Decision::GiveUp => "give-up",
        Decision::Raise { .. } => "raise",
        Decision::Resolve { .. } => "resolve",
    }
}

/// Answers an open request with a decision that fits it. `seen` is the commit the person looked at.
pub fn answer(
    cx: &mut Context,
    id: RequestId,
    decision: &Decision,
    seen: Option<&str>,
) -> Result<Done, OpError> {
    let state = state_of(cx, id)?;
    let request = open(&state, id, decision)?;
    must_be_fresh(cx, &state, request, decision, seen)?;
    let task = request.task.clone();
    write(cx, [], |state| {
        open(state, id, decision)?;
        let fact = Fact::RequestDecided {
            request: id,
            decision: decision.clone(),
        };
        Ok((vec![(Actor::Person, fact)], ()))
    })?;
    if let (Some(task), Some(commit)) = (&task, commit_of(request)) {
        // Who decides has looked.
        review::remember(cx, task, &commit.0)?;
    }
    told(cx, &state, request, task.as_ref(), decision)
}

/// The state as far as the task of a request is concerned.
fn state_of(cx: &mut Context, id: RequestId) -> Result<State, OpError> {
    let task = cx
        .story()?
        .requests
        .remove(&id)
        .and_then(|found| found.task);
    Ok(cx.of(&task)?)
}

/// The request, when it is open and `decision` answers it.
fn open<'s>(state: &'s State, id: RequestId, decision: &Decision) -> Result<&'s Request, OpError> {
    let closed = |why: String| OpError::RequestClosed { id: id.0, why };
    let request = state
        .requests
        .get(&id)
        .ok_or(OpError::NoRequest { id: id.0 })?;
    if !request.is_open() {
        let what = outcome(request).unwrap_or_default();
        return Err(closed(format!("is closed already: {what}")));
    }
    if !decision.fits(&request.kind) {
        return Err(OpError::Unfit {
            kind: request.kind.word(),
            decision: word(decision),
        });
    }
    Ok(request)
}

/// What is decided about must be what was looked at. An approval is bound to the commit that was reviewed, which must still be the
/// branch's tip; asking for changes only to what was looked at.
fn must_be_fresh(
    cx: &Context,
    state: &State,
    request: &Request,
    decision: &Decision,
    seen: Option<&str>,
) -> Result<(), OpError> {
    let (RequestKind::Review { commit } | RequestKind::Conflict { commit, .. }, Some(task)) =
        (&request.kind, &request.task)
    else {
        return Ok(());
    };
    let shown = |commit: Option<&CommitId>| {
        commit.map_or_else(|| "no commit".to_owned(), |commit| commit.0.clone())
    };
    let stale = |seen: String, now: String| OpError::Stale {
        task: task.clone(),
        seen,
        now,
    };
    if let Some(seen) = seen
        && commit.as_ref().is_none_or(|commit| !is_same(seen, commit))
    {
        return Err(stale(seen.to_owned(), shown(commit.as_ref())));
    }
    let merges = matches!(decision, Decision::Approve { .. } | Decision::Retry { .. });
    if let Some(commit) = commit.as_ref().filter(|_| merges) {
        let tip = tip(cx, state, task)?;
        if tip.as_ref() != Some(commit) {
            return Err(stale(commit.0.clone(), shown(tip.as_ref())));
        }
    }
    Ok(())
}

/// Whether a commit as a person wrote it, perhaps shortened, is this one.
fn is_same(written: &str, commit: &CommitId) -> bool {
    let written = written.trim().to_ascii_lowercase();
    written == commit.0 || (written.len() >= 7 && commit.0.starts_with(&written))
}

/// Tip of a task's branch now.
pub fn tip(cx: &Context, state: &State, task: &TaskId) -> Result<Option<CommitId>, OpError> {
    let place = state.tasks.get(task).and_then(|found| found.place.as_ref());
    let tree = match place {
        Some(place) => Some(Worktree::from(place)),
        None => cx.git.find_worktree(task)?,
    };
    match tree {
        Some(tree) => Ok(cx.git.tip(&tree)?),
        None => Ok(None),
    }
}

fn told(
    cx: &Context,
    state: &State,
    request: &Request,
    task: Option<&TaskId>,
    decision: &Decision,
) -> Result<Done, OpError> {
    let about = task.map_or_else(|| request.id.to_string(), ToString::to_string);
    let (did, later) = match decision {
        Decision::Approve { .. } => (format!("approved {about}"), "the merge happens"),
        Decision::Changes { .. } => (
            format!("asked for changes on {about}"),
            "it goes back to its implementer",
        ),
        Decision::Allow => (format!("allowed it ({about})"), "the agent is told"),
        Decision::AllowAlike => (
            format!("allowed it for the whole task ({about})"),
            "the agent is told",
        ),
        Decision::Deny { .. } => (format!("did not allow it ({about})"), "the agent is told"),
        Decision::Answer { .. } => (format!("answered ({about})"), "the agent is told"),
        Decision::Retry { .. } => (format!("{about} is tried again"), "it is tried again"),
        Decision::Raise { by } => (
            format!("granted {by} more for {about}"),
            "what waits for money is started",
        ),
        Decision::Resolve { resolution } => (
            format!("decided: {}", view::word::resolution(resolution)),
            "it is carried out",
        ),
        Decision::GiveUp => (
            format!("{about} is left as it is"),
            "it is recorded in the task file",
        ),
    };
    let mut told = done(task, task.and_then(|task| state.status(task)), did);
    tell_engine(cx, &mut told, later)?;
    Ok(told)
}
