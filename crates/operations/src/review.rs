//! `review`, `seen`: what is known for a review of a task's changes, beside the changes: what the person saw last, which commits each
//! handoff stands for, and what was said about single lines and became of it.

use crate::{
    Context, OpError,
    decide::tip,
    diff::commit,
    hunks::{Side, Went, follow, hunks},
    project,
    remarks::{self, Kind, Remark},
    view::word,
    who::only_person,
    wire::{
        Big, Done, FeedbackView, LookView, Millis, PointView, RemarkState, RemarkView, RemarkWord,
        ReviewView, input,
    },
    writing::{card, done, id, must_be_clear},
};
use orchestron_domain::{CommitId, Event, Fact, Leg, TaskId};
use orchestron_engine::ports::Between;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Commits that are remembered as seen, for each task.
const KEPT: usize = 8;
/// Feedback that is looked through; older ones say little about what there is now.
const MOST_FEEDBACK: usize = 8;

/// What is known for a review.
///
/// # Errors
/// When the task, its feedback or git cannot be read.
pub fn review(cx: &mut Context, input: &input::OnTask) -> Result<ReviewView, OpError> {
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    must_be_clear(cx, &state, &task)?;
    card(&state, &task)?;
    let base = project::base(cx, &state)?;
    let tip = match &base {
        Some(_) => tip(cx, &state, &task)?,
        None => None,
    };
    let story = Story::of(cx, &task)?;
    let known = state.tasks.get(&task).map_or(0, |found| found.feedback);
    let feedback = crate::task::feedback(cx, &task, known)?;
    let remarks = match (&base, &tip) {
        (Some(base), Some(tip)) => said(cx, base, tip, &story, &feedback)?,
        _ => Vec::new(),
    };
    let looks = looks(cx, &task)?;
    let before = |look: &&Look| tip.as_ref().is_none_or(|tip| tip.0 != look.commit);
    Ok(ReviewView {
        task: task.to_string(),
        last_look: looks.iter().rev().find(before).map(|look| LookView {
            commit: look.commit.clone(),
            at: Millis(look.at),
        }),
        commit: tip.map(|tip| tip.0),
        points: story.points,
        remarks,
    })
}

/// Remembers that the person looked at a task's changes.
///
/// # Errors
/// When somebody else asks, or it cannot be written down.
pub fn seen(cx: &mut Context, input: &input::Seen) -> Result<Done, OpError> {
    only_person(cx, "say what you have seen")?;
    let task = id(&input.task)?;
    let state = cx.of([&task])?;
    card(&state, &task)?;
    let commit = commit(Some(&input.commit), "commit")?;
    if let Some(commit) = commit {
        remember(cx, &task, &commit.0)?;
    }
    Ok(done(
        Some(&task),
        state.status(&task),
        format!("remembered what you saw of {task}"),
    ))
}

/// A commit that the person looked at, and when. The log belongs to one person at one machine, so these are theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Look {
    commit: String,
    at: i64,
}

fn key(task: &TaskId) -> String {
    format!("looks:{task}")
}

fn looks(cx: &Context, task: &TaskId) -> Result<Vec<Look>, OpError> {
    let text = cx.store.log().setting(&key(task))?;
    // What cannot be read any more (written by another version) is as good as forgotten.
    Ok(text
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default())
}

/// Writes down that this commit of a task was looked at now.
pub fn remember(cx: &mut Context, task: &TaskId, commit: &str) -> Result<(), OpError> {
    let held = cx.store.locks().store()?;
    let mut all = looks(cx, task)?;
    all.retain(|look| look.commit != commit);
    all.push(Look {
        commit: commit.to_owned(),
        at: cx.store.now().0,
    });
    let over = all.len().saturating_sub(KEPT);
    all.drain(..over);
    let text = serde_json::to_string(&all).map_err(|error| OpError::Answer {
        operation: "seen",
        what: error.to_string(),
    })?;
    cx.store.set_setting(&key(task), &text)?;
    drop(held);
    Ok(())
}

/// A task's handoffs with their commits, and which try answered which feedback.
#[derive(Default)]
struct Story {
    points: Vec<PointView>,
    answered: BTreeMap<u32, u32>,
}

impl Story {
    fn of(cx: &Context, task: &TaskId) -> Result<Self, OpError> {
        let mut events = Vec::new();
        cx.back_through(task, |event| events.push(event))?;
        events.reverse();
        Ok(Self::told(&events))
    }

    fn told(events: &[Event]) -> Self {
        let mut story = Self::default();
        let (mut attempt, mut since, mut now) = (1, None::<CommitId>, None::<CommitId>);
        let mut open: Vec<u32> = Vec::new();
        for event in events {
            match &event.fact {
                Fact::Claimed {
                    leg: Leg::Implement,
                    attempt: of,
                    ..
                } => attempt = *of,
                Fact::Committed { commit, .. } | Fact::CaughtUp { tip: commit, .. } => {
                    now.clone_from(commit);
                }
                Fact::SentBack { feedback, .. } => open.push(*feedback),
                Fact::HandedOff { leg, holder, .. } => {
                    if *leg == Leg::Implement {
                        let answers = open.drain(..).map(|feedback| (feedback, attempt));
                        story.answered.extend(answers);
                    }
                    let count = u32::try_from(story.points.len()).unwrap_or(u32::MAX);
                    story.points.push(PointView {
                        handoff: count.saturating_add(1),
                        leg: word::leg(*leg),
                        who: word::holder_name(holder),
                        attempt,
                        at: word::millis(event.at),
                        from: since.as_ref().map(|commit| commit.0.clone()),
                        to: now.as_ref().map(|commit| commit.0.clone()),
                    });
                    since.clone_from(&now);
                }
                _ => {}
            }
        }
        story
    }
}

/// What was said about lines, with where they are now.
fn said(
    cx: &Context,
    base: &str,
    tip: &CommitId,
    story: &Story,
    feedback: &[FeedbackView],
) -> Result<Vec<RemarkView>, OpError> {
    let skipped = feedback.len().saturating_sub(MOST_FEEDBACK);
    let mut views = Vec::new();
    for one in feedback.iter().skip(skipped) {
        let sent = Sent::read(&one.text);
        if sent.by.starts_with("gate") {
            continue;
        }
        let Some(commit) = sent.commit else { continue };
        let whole = cx.git.between(base, None, &commit)?.unwrap_or_default();
        let paths: BTreeSet<String> = whole.files.into_iter().map(|file| file.path).collect();
        let found = remarks::read(sent.body, &paths);
        if found.is_empty() {
            continue;
        }
        let since = cx.git.between(base, Some(&commit), tip)?;
        let attempt = story.answered.get(&one.n).copied();
        for remark in found {
            let (now, changed) = whereabouts(&remark, since.as_ref());
            views.push(RemarkView {
                kind: match remark.kind {
                    Kind::Comment => RemarkWord::Comment,
                    Kind::Keep => RemarkWord::Keep,
                    Kind::Again => RemarkWord::Again,
                },
                state: match (attempt, changed) {
                    (None, _) => RemarkState::Open,
                    (Some(_), true) => RemarkState::Changed,
                    (Some(_), false) => RemarkState::Left,
                },
                feedback: Big(u64::from(one.n)),
                by: sent.by.clone(),
                at: sent.at.clone(),
                path: remark.path,
                before: remark.side == Side::Before,
                line: remark.line,
                to: remark.to,
                now,
                text: remark.text,
                attempt,
            });
        }
    }
    Ok(views)
}

/// Where the last line of a remark is now, and whether one of its lines was changed since.
fn whereabouts(remark: &Remark, since: Option<&Between>) -> (Option<u32>, bool) {
    let Some(since) = since else {
        return (None, true); // what it was about is not there any more
    };
    let file = since
        .files
        .iter()
        .find(|file| file.old_path.as_ref().unwrap_or(&file.path) == &remark.path);
    let Some(file) = file else {
        return (Some(remark.to), false);
    };
    if remark.side == Side::Before {
        return (Some(remark.to), true);
    }
    if file.kind == "deleted" {
        return (None, true);
    }
    match follow(&hunks(&file.patch), remark.line, remark.to) {
        Went::To(line) => (Some(line + (remark.to - remark.line)), false),
        Went::Changed(line) => (Some(line), true),
    }
}

/// A feedback file's head and body.
struct Sent<'t> {
    by: String,
    at: String,
    commit: Option<CommitId>,
    body: &'t str,
}

impl<'t> Sent<'t> {
    fn read(text: &'t str) -> Self {
        let (head, body) = match text.find("\n- Why: ") {
            Some(why) => {
                let rest = text.get(why + 1..).unwrap_or_default();
                let line = rest.find('\n').unwrap_or(rest.len());
                text.split_at(why + 1 + line)
            }
            None => (text, ""),
        };
        let field = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        let commit = field("- Commit: ");
        Self {
            by: field("- From: "),
            at: field("- When: "),
            commit: commit
                .bytes()
                .all(|b| b.is_ascii_hexdigit())
                .then_some(CommitId(commit))
                .filter(|commit| !commit.0.is_empty()),
            body,
        }
    }
}
