//! `task`: everything about one task.

use crate::{
    Context, OpError,
    requests::base_for,
    view::{self, Sight, word},
    wire::{
        Big, CriterionView, FeedbackView, GateView, GateWord, HandoffView, ProblemView,
        RequestView, RunView, TaskCommitView, TaskTestView, TaskView, TaskWorkflowView, TestWord,
        input,
    },
    writing::{id, must_be_clear},
};
use orchestron_domain::{
    Run, RunEnd, State, TaskCard, TaskId,
    commits::SeenCommit,
    run::Work,
    state::{Progress, Receipt},
    task_file::{Section, TaskFile},
    tests_first::{self, AFTER, BEFORE},
};
use orchestron_engine::ports::{IndexedFile, PortErrorKind};

/// Feedback files that are looked for when the log does not know how many there are.
const MOST_FEEDBACK: u32 = 50;

/// Everything about one task.
///
/// # Errors
/// When there is none, or its file cannot be read.
pub fn task(cx: &mut Context, input: &input::OnTask) -> Result<TaskView, OpError> {
    let task = id(&input.task)?;
    let state = shown(cx, &task)?;
    must_be_clear(cx, &state, &task)?;
    let (file, parsed) = cx.store.read(&task)?;
    let card = card_of(&file, &parsed);
    let sight = Sight::new(cx, &state)?;
    let found = sight.progress(&task);
    let text = |section| parsed.section(section).unwrap_or_default().to_owned();
    Ok(TaskView {
        card: view::card(&sight, &card, 0),
        path: format!(".mcp/tasks/{}", file.path),
        text: parsed.text().to_owned(),
        goal: text(Section::Goal),
        criteria: criteria(&parsed),
        notes: text(Section::ImplementationNotes),
        files_affected: card.files_affected.clone(),
        handoffs: handoffs(&parsed),
        feedback: feedback(cx, &task, found.map_or(0, |found| found.feedback))?,
        error_context: text(Section::ErrorContext),
        gates: gates(&state, &task, found),
        runs: runs(&sight, &task),
        requests: requests(cx, &sight, &task)?,
        branch: found
            .and_then(|found| found.place.as_ref()?.branch.clone())
            .or_else(|| parsed.git_context().branch),
        worktree: found.and_then(|found| Some(found.place.as_ref()?.path.clone())),
        commit: found
            .and_then(|found| Some(found.commit.as_ref()?.0.clone()))
            .or_else(|| parsed.git_context().commit),
        problems: problems(&file, &parsed, &card),
        unblocks: sight
            .waiting_for(&task)
            .iter()
            .map(ToString::to_string)
            .collect(),
        workflow: parsed.origin().map(|origin| TaskWorkflowView {
            workflow: origin.workflow,
            instance: origin.instance,
            step: origin.step,
        }),
        commits: commits(found),
        tests: tests(&card, found),
    })
}

/// The state with the task, and with all that waits for it.
fn shown(cx: &mut Context, task: &TaskId) -> Result<State, OpError> {
    let mut state = cx.shown(task)?;
    let mut behind = cx.store.behind(task)?;
    behind.retain(|waits| !state.cards.contains_key(waits));
    cx.store.add_tasks(&mut state, &behind)?;
    Ok(state)
}

/// The index has a card for every good file; one that was just mended is read from its text.
fn card_of(file: &IndexedFile, parsed: &TaskFile) -> TaskCard {
    let status = file
        .path
        .split('/')
        .next()
        .and_then(orchestron_domain::Status::from_folder);
    file.card
        .clone()
        .unwrap_or_else(|| parsed.card(status.unwrap_or(orchestron_domain::Status::Pending)))
}

fn criteria(file: &TaskFile) -> Vec<CriterionView> {
    let view = |(done, text)| CriterionView { done, text };
    file.criteria().into_iter().map(view).collect()
}

fn handoffs(file: &TaskFile) -> Vec<HandoffView> {
    let view = |handoff: orchestron_domain::task_file::Handoff| HandoffView {
        n: handoff.n,
        leg: word::leg(handoff.leg),
        who: handoff.who,
        at: handoff.at,
        note: handoff.note,
    };
    file.handoffs().into_iter().map(view).collect()
}

/// Feedback, oldest first.
pub(crate) fn feedback(
    cx: &Context,
    task: &TaskId,
    known: u32,
) -> Result<Vec<FeedbackView>, OpError> {
    let mut views = Vec::new();
    for n in 1..=known.max(MOST_FEEDBACK) {
        let path = format!("feedback/{task}-{n}.md");
        match cx.store.files().read_side(&path) {
            Ok(text) => views.push(FeedbackView {
                n,
                path: format!(".mcp/{path}"),
                text: String::from_utf8_lossy(&text.bytes).into_owned(),
            }),
            // One in between that somebody deleted hides none of the others.
            Err(error) if error.kind == PortErrorKind::Missing && n < known => {}
            Err(error) if error.kind == PortErrorKind::Missing => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(views)
}

/// What is known of the tests that the task names. A receipt tells of all of them at once.
fn tests(card: &TaskCard, found: Option<&Progress>) -> Vec<TaskTestView> {
    let newest = |gate: &str| {
        let receipts = found
            .into_iter()
            .flat_map(|found| found.receipts.iter().rev());
        receipts
            .clone()
            .find(|receipt| receipt.gate == gate && receipt.passed.is_some())
    };
    let (before, after) = (newest(BEFORE), newest(AFTER));
    // Before the work, good is to fail.
    let word =
        |receipt: Option<&Receipt>, good, bad| match receipt.and_then(|receipt| receipt.passed) {
            Some(true) => good,
            Some(false) => bad,
            None => TestWord::Unknown,
        };
    let base = found.and_then(|found| Some(found.place.as_ref()?.base.as_ref()?.0.clone()));
    let view = |test: &String| TaskTestView {
        test: test.clone(),
        before: word(before, TestWord::Failed, TestWord::Passed),
        before_commit: before.and(base.clone()),
        after: word(after, TestWord::Passed, TestWord::Failed),
        after_commit: after.and_then(|receipt| Some(receipt.commit.as_ref()?.0.clone())),
    };
    card.tests.iter().map(view).collect()
}

/// Commits that people made for it, newest first.
fn commits(found: Option<&Progress>) -> Vec<TaskCommitView> {
    let seen = found
        .into_iter()
        .flat_map(|found| found.commits.iter().rev());
    let view = |seen: &SeenCommit| TaskCommitView {
        commit: seen.commit.0.clone(),
        subject: seen.subject.clone(),
        branch: seen.branch.clone(),
        author: seen.author.clone(),
        at: word::millis(seen.at),
        unchecked: seen.unchecked,
    };
    seen.map(view).collect()
}

/// The newest result of each gate of the configuration.
fn gates(state: &State, task: &TaskId, found: Option<&Progress>) -> Vec<GateView> {
    let told = tests_first::told(state, task);
    let views = told.iter().map(|gate| {
        let receipt = found.and_then(|found| {
            found
                .receipts
                .iter()
                .rev()
                .find(|receipt| receipt.gate == gate.name)
        });
        let commit = found.and_then(|found| found.commit.as_ref());
        let run = receipt.and_then(|receipt| state.runs.get(&receipt.run));
        GateView {
            name: gate.name.clone(),
            command: gate.run.clone(),
            state: match receipt.map(|receipt| receipt.passed) {
                None => GateWord::Waiting,
                Some(None) => GateWord::Running,
                Some(Some(true)) => GateWord::Passed,
                Some(Some(false)) => GateWord::Failed,
            },
            commit: receipt.and_then(|receipt| Some(receipt.commit.as_ref()?.0.clone())),
            stale: receipt.is_some_and(|receipt| receipt.commit.as_ref() != commit),
            took: receipt.and_then(|receipt| receipt.took_ms).map(Big),
            run: receipt.map(|receipt| receipt.run.to_string()),
            result: run.and_then(|run| run.end.as_ref()).and_then(result),
        }
    });
    views.collect()
}

/// What a gate that did not pass came to, in few words.
fn result(end: &RunEnd) -> Option<String> {
    match end {
        RunEnd::Completed => None,
        RunEnd::GateFailed { code: Some(code) } => Some(format!("exit code {code}")),
        other => Some(other.to_string()),
    }
}

/// Runs of a task, newest first.
fn runs(sight: &Sight<'_>, task: &TaskId) -> Vec<RunView> {
    let mut runs: Vec<&Run> = sight
        .state
        .runs
        .values()
        .filter(|run| run.task == *task)
        .collect();
    let is_gate = |run: &Run| matches!(run.work, Work::Gate { .. });
    runs.sort_by_key(|run| (std::cmp::Reverse(run.since), is_gate(run)));
    runs.into_iter().map(|run| view::run(sight, run)).collect()
}

/// Requests about a task: open ones, most urgent first, then closed ones, newest first.
fn requests(cx: &Context, sight: &Sight<'_>, task: &TaskId) -> Result<Vec<RequestView>, OpError> {
    let base = base_for(cx, sight.state, sight.requests(task).iter().copied())?;
    let closed = sight.state.requests.values().rev();
    let closed = closed.filter(|request| !request.is_open() && request.task.as_ref() == Some(task));
    let all = sight.requests(task).iter().copied().chain(closed);
    Ok(all
        .map(|request| view::request(sight, request, base.as_deref()))
        .collect())
}

fn problems(file: &IndexedFile, parsed: &TaskFile, card: &TaskCard) -> Vec<ProblemView> {
    let path = format!(".mcp/tasks/{}", file.path);
    let odd = parsed
        .oddities_in(card.status)
        .into_iter()
        .map(|odd| ProblemView {
            path: path.clone(),
            line: Some(odd.line),
            what: odd.what,
            cure: odd.cure,
        });
    file.problem
        .clone()
        .map(word::problem)
        .into_iter()
        .chain(odd)
        .collect()
}
