//! What is done about what clashes: by the engine where that is safe, by a person where it is not.

use super::{
    ACCEPTED, Conflict, ConflictKind, Resolution, Stage,
    detect::{Clash, is_gone},
    order::{Orders, is_live, ordered},
};
use crate::{
    Command, CommitId, Decision, Event, Fact, Halt, Holder, Leg, Request, RequestId, RequestKind,
    RunEnd, Seq, State, Status, TaskId, Time,
    decide::{after_commit, send_back},
    state::Step,
};
use std::collections::BTreeSet;

/// Somebody may be in the middle of mending it: so long is waited before a person is asked, in milliseconds.
const GRACE_MS: i64 = 60_000;

/// How the conflicts there are go on.
pub(super) fn resolved(state: &State, clashes: &[Clash], now: Time) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut caught_up = Vec::new();
    // Those that are made at once must not contradict each other either.
    let mut orders = Orders::new();
    for conflict in state.conflicts.values().filter(|found| found.is_there()) {
        // That an agent fell silent is answered also when its run is over by now.
        let silent = conflict.kind == ConflictKind::Silent && conflict.stage == Stage::Open;
        if !silent && is_gone(state, conflict, clashes) {
            let why = "it is no more";
            commands.push(resolve(conflict.id, Resolution::Gone, why.to_owned()));
            continue;
        }
        match conflict.stage {
            Stage::Open => {
                let command = opened(state, &orders, conflict, now);
                if let Some(Command::ResolveConflict {
                    resolution: Resolution::Queue { task, behind },
                    ..
                }) = &command
                {
                    orders.push((task.clone(), behind.clone()));
                }
                commands.extend(command);
            }
            Stage::Due => commands.extend(due(state, conflict, &mut caught_up)),
            _ => {}
        }
    }
    commands
}

fn resolve(conflict: Seq, resolution: Resolution, why: String) -> Command {
    Command::ResolveConflict {
        conflict,
        resolution,
        why,
    }
}

fn opened(state: &State, orders: &Orders, conflict: &Conflict, now: Time) -> Option<Command> {
    if conflict.stuck.is_some() {
        return ask(state, conflict, now);
    }
    match (conflict.kind, conflict.tasks.as_slice()) {
        (ConflictKind::EarlyStart, [first, later]) if state.cards.contains_key(first) => {
            let why = format!(
                "{later} is not shown to a person before {first} is done, and is brought up to it then"
            );
            Some(resolve(conflict.id, queue(later, first), why))
        }
        (ConflictKind::SameFiles | ConflictKind::Forecast, [one, other]) => {
            let (first, later) = if state.status(one) == Some(Status::Done) {
                (one.clone(), other.clone())
            } else {
                ordered(state, orders, one, other)
            };
            let why = format!(
                "{first} goes first; {later} waits until it is merged, is brought up to it, and goes on"
            );
            Some(resolve(conflict.id, queue(&later, &first), why))
        }
        (ConflictKind::Silent, _) => {
            let why = "its run is being stopped; the work is tried again".to_owned();
            Some(resolve(conflict.id, Resolution::Reassign, why))
        }
        (ConflictKind::Drift, _) => {
            let why =
                format!("{ACCEPTED}: the files it touches count as its own, as if they were named");
            Some(resolve(conflict.id, Resolution::Gone, why))
        }
        // Given to two: the run that is not wanted is being stopped.
        (ConflictKind::Doubled, [task]) if !state.unclear.contains(task) => {
            let why = "the run that is not wanted is being stopped".to_owned();
            Some(resolve(conflict.id, Resolution::Reassign, why))
        }
        _ => ask(state, conflict, now),
    }
}

fn queue(task: &TaskId, behind: &TaskId) -> Resolution {
    Resolution::Queue {
        task: task.clone(),
        behind: behind.clone(),
    }
}

/// When a person is asked about a conflict that the engine does not resolve.
pub(super) fn asked_at(conflict: &Conflict) -> Time {
    match conflict.kind {
        ConflictKind::Doubled | ConflictKind::Circle | ConflictKind::EarlyStart
            if conflict.stuck.is_none() =>
        {
            conflict.since.plus_millis(GRACE_MS)
        }
        _ => conflict.since,
    }
}

/// The open request about a conflict.
fn request_about(state: &State, conflict: Seq) -> Option<&Request> {
    state.open_requests().find(|request| {
        matches!(request.kind, RequestKind::Clash { conflict: about, .. } if about == conflict)
    })
}

/// Whether a person will be asked about it when its time has come.
pub(super) fn waits_to_be_asked(state: &State, conflict: &Conflict) -> bool {
    conflict.stage == Stage::Open && request_about(state, conflict.id).is_none()
}

fn ask(state: &State, conflict: &Conflict, now: Time) -> Option<Command> {
    if !waits_to_be_asked(state, conflict) || now < asked_at(conflict) {
        return None;
    }
    let evidence = match &conflict.stuck {
        Some(stuck) => format!("{} {stuck}", conflict.evidence),
        None => conflict.evidence.clone(),
    };
    Some(Command::OpenRequest {
        task: conflict.tasks.last().cloned(),
        kind: RequestKind::Clash {
            conflict: conflict.id,
            evidence,
            options: options(conflict),
        },
    })
}

/// What a person can choose, the recommended way first.
#[must_use]
pub fn options(conflict: &Conflict) -> Vec<Resolution> {
    match (conflict.kind, conflict.tasks.as_slice()) {
        (
            ConflictKind::SameFiles | ConflictKind::Forecast | ConflictKind::EarlyStart,
            [first, later],
        ) => vec![queue(later, first), Resolution::Gone],
        (ConflictKind::Stalled | ConflictKind::Silent, _) => {
            vec![Resolution::Reassign, Resolution::Gone]
        }
        // About files, too: one that is under way is taken back to ready, which opens the circle.
        (ConflictKind::Circle, _) if !conflict.files.is_empty() => {
            vec![Resolution::Reassign, Resolution::Gone]
        }
        _ => vec![Resolution::Gone],
    }
}

/// The later task is brought up to its base as soon as nobody works in its worktree.
fn due(state: &State, conflict: &Conflict, caught_up: &mut Vec<TaskId>) -> Option<Command> {
    let (later, _) = super::order::edge(conflict)?;
    match state.status(later) {
        None | Some(Status::Done | Status::Failed) => {
            let why = format!("{later} is over");
            return Some(resolve(conflict.id, Resolution::Gone, why));
        }
        Some(Status::Review) => {}
        // Its holder has it: it is brought up when the work is committed.
        Some(_) => return None,
    }
    let only_reviews = state.requests_of(later).all(|request| {
        matches!(
            request.kind,
            RequestKind::Review { .. } | RequestKind::Clash { .. }
        )
    });
    let rests = match state.step(later) {
        Step::Idle => true,
        Step::Asking => state.requests_of(later).next().is_some(),
        _ => false,
    };
    if !rests || !only_reviews || state.live_run(later).is_some() || caught_up.contains(later) {
        return None;
    }
    caught_up.push(later.clone());
    Some(Command::CatchUp {
        task: later.clone(),
    })
}

/// Whether a task is to be brought up to its base before its gates are checked.
#[must_use]
pub fn is_due(state: &State, task: &TaskId) -> bool {
    state.git && state.conflicts.values().any(|found| found.is_due(task))
}

/// What a catch-up changes. A decision about a commit that is not the tip any more is void; it is asked anew.
pub(super) fn caught_up(
    state: &mut State,
    at: Time,
    task: &TaskId,
    tip: &Option<CommitId>,
    files: &[String],
) {
    let mut others = BTreeSet::new();
    for conflict in state.conflicts.values_mut() {
        if conflict.is_due(task) {
            conflict.stage = Stage::Over;
            conflict.sent_back = (!files.is_empty()).then_some(at);
            others.extend(conflict.tasks.iter().cloned());
        }
    }
    if files.is_empty() {
        // What was merged in fact counts more than what was forecast for the same tips: else the two could take turns for ever
        // (a merge driver, a shallow clone).
        let about = |(one, other): &(TaskId, TaskId)| {
            (one == task && others.contains(other)) || (other == task && others.contains(one))
        };
        for (_, forecast) in state.forecasts.iter_mut().filter(|(pair, _)| about(pair)) {
            forecast.files.clear();
        }
    }
    let in_review = super::logged(state, task) == Some(Status::Review);
    let Some(found) = state.tasks.get_mut(task) else {
        return;
    };
    let collides = !files.is_empty();
    if !collides && (tip.is_none() || found.commit == *tip) {
        return;
    }
    let rests = in_review && matches!(found.step, Step::Idle | Step::Asking);
    if collides {
        if rests || matches!(found.step, Step::Gating { .. }) {
            found.step = Step::Handing;
        }
    } else {
        found.commit.clone_from(tip);
        if let Some(touched) = &mut found.touched {
            touched.tip.clone_from(tip);
        }
        if rests {
            let mut stops = found.stops.iter().rev();
            let stop = stops.find(|stop| stop.leg == Leg::Implement);
            found.step = Step::Gating {
                holder: stop.map_or(Holder::Nobody, |stop| stop.holder.clone()),
                note: "Brought up to the base branch; the gates passed again.".to_owned(),
            };
        }
    }
    found.went_on = Some(at);
    state.requests.each_open(|request| {
        let review = matches!(request.kind, RequestKind::Review { .. });
        if review && request.task.as_ref() == Some(task) {
            request.withdrawn = Some("its branch is being brought up to the base".to_owned());
        }
    });
}

/// What follows from a single fact.
#[must_use]
pub fn decide(state: &State, event: &Event, now: Time) -> Vec<Command> {
    match &event.fact {
        Fact::Committed { task, .. } if state.git => {
            vec![Command::LookAtWork { task: task.clone() }]
        }
        Fact::RunHalting {
            run,
            end: RunEnd::Stalled { .. },
            ..
        } => silent(state, run),
        Fact::CaughtUp { task, files, .. } => after_catch_up(state, task, files, now),
        Fact::CommandFailed { command, .. } => match command.as_ref() {
            Command::CatchUp { task } => after_commit(state, task, now),
            _ => Vec::new(),
        },
        Fact::ConflictResolved {
            conflict,
            resolution,
            ..
        } => {
            let request = request_about(state, *conflict);
            let withdrawn = request.map(|request| Command::WithdrawRequest {
                request: request.id,
                why: "the conflict is resolved".to_owned(),
            });
            let mut commands: Vec<_> = withdrawn.into_iter().collect();
            if *resolution == Resolution::Reassign
                && let Some(found) = state.conflicts.get(conflict)
                && matches!(found.kind, ConflictKind::Stalled | ConflictKind::Circle)
            {
                commands.extend(taken_away(state, found, now));
            }
            commands
        }
        Fact::RequestDecided { request, decision } => decided(state, event, *request, decision),
        _ => Vec::new(),
    }
}

fn silent(state: &State, run: &crate::RunId) -> Vec<Command> {
    let run = state.runs.get(run);
    let clash = run.and_then(|run| super::detect::silent(state, run));
    clash.as_ref().and_then(Clash::noted).into_iter().collect()
}

/// A person decided about a conflict.
fn decided(state: &State, event: &Event, id: RequestId, decision: &Decision) -> Vec<Command> {
    let request = state.requests.get(&id);
    let now = request.filter(|found| found.decided.as_ref().is_some_and(|d| d.seq == event.seq));
    match (now.map(|found| &found.kind), decision) {
        (Some(RequestKind::Clash { conflict, .. }), Decision::Resolve { resolution }) => {
            let why = format!("{ACCEPTED} by a person (R-{})", id.0);
            vec![resolve(*conflict, resolution.clone(), why)]
        }
        _ => Vec::new(),
    }
}

/// Takes work that does not go on from its holder; it is tried again.
fn taken_away(state: &State, conflict: &Conflict, now: Time) -> Vec<Command> {
    let live = conflict.tasks.iter().filter(|task| is_live(state, task));
    // What is furthest along goes on.
    let Some(task) = live.min_by_key(|task| state.status(task)) else {
        return Vec::new();
    };
    if let Some(run) = state.live_run(task) {
        let limit_s = state.config.limits.stalled_s;
        return vec![Command::HaltRun {
            run: run.id.clone(),
            halt: Halt::Interrupt,
            end: RunEnd::Stalled { limit_s },
        }];
    }
    let (why, source) = ("nothing went forward", "the engine");
    let body = conflict.evidence.clone();
    match state.status(task) {
        Some(from @ (Status::InProgress | Status::Review)) => {
            vec![send_back(
                state, task, from, why, source, body, None, false, now,
            )]
        }
        _ => Vec::new(),
    }
}

/// A clean catch-up goes on through the gates; one that conflicts goes back to its implementer.
fn after_catch_up(state: &State, task: &TaskId, files: &[String], now: Time) -> Vec<Command> {
    let status = state.status(task);
    if !files.is_empty() {
        return match (status, state.step(task)) {
            (Some(from @ (Status::InProgress | Status::Review)), Step::Handing) => {
                vec![back_to_implementer(state, task, from, files, now)]
            }
            _ => Vec::new(),
        };
    }
    let mut commands = Vec::new();
    if status == Some(Status::Review) && matches!(state.step(task), Step::Gating { .. }) {
        commands.push(Command::Move {
            task: task.clone(),
            from: Status::Review,
            to: Status::InProgress,
        });
    }
    commands.extend(after_commit(state, task, now));
    commands
}

fn back_to_implementer(
    state: &State,
    task: &TaskId,
    from: Status,
    files: &[String],
    now: Time,
) -> Command {
    let named = files.join(", ");
    let landed = state.landed.as_ref();
    let base = landed.map_or("the base branch", |landed| landed.into.as_str());
    let with = landed.map_or_else(String::new, |landed| {
        format!(" (newest there: {} as {})", landed.task, landed.commit)
    });
    let body = format!(
        "Others' work was merged into `{base}` meanwhile{with}, and yours conflicts with it in: {named}.\n\nBring your branch up to it: in your worktree, `git merge {base}`, resolve these files so that both changes are kept, `git add` them and commit. Then submit again. Nothing else has to change."
    );
    let why = format!("conflicts with {base} in {named}");
    let why: String = why.chars().take(160).collect();
    // The first time is nobody's fault. That it comes back with the same conflict is.
    let same = state.conflicts.values().filter(|found| {
        let with = found.tasks.first();
        found.tasks.contains(task) && with == landed.map(|landed| &landed.task)
    });
    let times: BTreeSet<Time> = same.filter_map(|found| found.sent_back).collect();
    let source = "the engine";
    let counts = times.len() > 1;
    send_back(state, task, from, &why, source, body, None, counts, now)
}
