//! What clashes now, and what is not known yet and has to be looked at.

use super::{
    Conflict, ConflictKind, Stage,
    files::{TOLD, near},
    order::{Live, Orders, all_live, forecast, is_live, live_cards, ordered, own_tip},
    resolve,
};
use crate::{
    Command, CommitId, Halt, Holder, Run, RunEnd, RunStatus, State, TaskCard, TaskId, Time,
    run::Work,
    state::{Progress, Step},
};

/// Branches that are compared in one round; the others come in the next ones.
const MOST_FORECASTS: usize = 16;

/// Something that clashes now.
pub(super) struct Clash {
    pub kind: ConflictKind,
    pub tasks: Vec<TaskId>,
    pub files: Vec<String>,
    /// What was seen; none when it was told already.
    pub evidence: Option<String>,
}

impl Clash {
    /// Something that clashes; what is to be said about it is asked for only when it was not told yet.
    pub fn new(
        state: &State,
        kind: ConflictKind,
        tasks: Vec<TaskId>,
        files: Vec<String>,
        evidence: impl FnOnce(&[TaskId], &[String]) -> String,
    ) -> Self {
        let mut known = state.conflicts.values();
        let known = known.any(|known| known.is_there() && known.is_about(kind, &tasks));
        let evidence = (!known).then(|| evidence(&tasks, &files));
        Self {
            kind,
            tasks,
            files,
            evidence,
        }
    }

    /// The command that records it, unless it was told.
    pub fn noted(&self) -> Option<Command> {
        Some(Command::NoteConflict {
            kind: self.kind,
            tasks: self.tasks.clone(),
            files: self.files.clone(),
            evidence: self.evidence.clone()?,
        })
    }
}

/// What follows from the state as it is: what clashes and was not told yet, what has to be looked at, and how what was found is resolved.
/// Doing it changes the state, so that asking again gives nothing more.
#[must_use]
pub fn found(state: &State, now: Time) -> Vec<Command> {
    let clashes = clashes(state, now);
    let mut commands: Vec<_> = clashes.iter().filter_map(Clash::noted).collect();
    commands.extend(to_forecast(state));
    commands.extend(taken_twice(state).map(|(run, why)| halt(run, why)));
    commands.extend(resolve::resolved(state, &clashes, now));
    commands
}

fn clashes(state: &State, now: Time) -> Vec<Clash> {
    let mut clashes: Vec<_> = state
        .unclear
        .iter()
        .filter_map(|id| doubled(state, id))
        .collect();
    let live = all_live(state);
    clashes.extend(super::circle::circles(state, &live));
    for task in &live {
        clashes.extend(early(state, task.card));
        clashes.extend(stalled(state, task.card, now));
        clashes.extend(drift(state, task));
    }
    for run in state.live_runs() {
        clashes.extend(silent(state, run));
    }
    clashes.extend(taken_twice(state).map(|(run, why)| {
        let tasks = vec![run.task.clone()];
        Clash::new(state, ConflictKind::Doubled, tasks, Vec::new(), |_, _| why)
    }));
    pairs(state, &live, &mut clashes);
    clashes.extend(behind_the_base(state, &live));
    clashes
}

/// An id that lies in two places. A file that only cannot be read has no card: it is shown with what is wrong with it.
fn doubled(state: &State, task: &TaskId) -> Option<Clash> {
    let card = state.cards.get(task)?;
    let (kind, tasks) = (ConflictKind::Doubled, vec![task.clone()]);
    Some(Clash::new(state, kind, tasks, Vec::new(), |_, _| {
        format!(
            "The id {task} is in more than one file below .mcp/tasks; one is \"{}\" in {}. Nothing is started for it until the other is gone or has an id of its own.",
            card.title, card.status
        )
    }))
}

/// Work that goes on although a dependency is not done.
fn early(state: &State, card: &TaskCard) -> Vec<Clash> {
    if card.depends_on.is_empty() {
        return Vec::new();
    }
    let undone = state.undone(card).into_iter();
    let clash = |first: &TaskId| {
        let (kind, tasks) = (
            ConflictKind::EarlyStart,
            vec![first.clone(), card.id.clone()],
        );
        Clash::new(state, kind, tasks, Vec::new(), |_, _| {
            let stands = state.status(first);
            let stands = stands.map_or("there is no such task".to_owned(), |at| {
                format!("it is in {at}")
            });
            format!(
                "{} is in {} but depends on {first}, which is not done: {stands}.",
                card.id, card.status
            )
        })
    };
    undone.map(clash).collect()
}

/// Work under way in which nothing has gone forward for too long. Waiting for a person, for another task or while paused is no stalling.
fn stalled(state: &State, card: &TaskCard, now: Time) -> Option<Clash> {
    let at = stalls_at(state, card).filter(|at| *at <= now)?;
    let since = at.plus_millis(-patience(state));
    let (kind, tasks) = (ConflictKind::Stalled, vec![card.id.clone()]);
    Some(Clash::new(state, kind, tasks, Vec::new(), |_, _| {
        format!(
            "{} is under way, but nothing has gone forward since {since}: no step, no commit, no tick, no changed file.",
            card.id
        )
    }))
}

fn patience(state: &State) -> i64 {
    i64::try_from(state.config.limits.stalled_s)
        .unwrap_or(i64::MAX / 1_000)
        .saturating_mul(1_000)
}

/// When a task will have stalled, if nothing goes forward until then.
fn stalls_at(state: &State, card: &TaskCard) -> Option<Time> {
    let found = state
        .tasks
        .get(&card.id)
        .filter(|found| is_under_way(found))?;
    let waits = state
        .requests_of(&card.id)
        .any(|request| request.kind.holds_up())
        || state.paused.is_some()
        || state.paused_tasks.contains_key(&card.id);
    if waits {
        return None;
    }
    let run = state.live_run(&card.id);
    if run.is_some_and(|run| run.status == RunStatus::Waiting) {
        return None;
    }
    let asked = run.map_or(0, |run| run.waited_ms);
    let since = found.went_on.unwrap_or(found.moved).max(found.moved);
    let aside = asked.saturating_add(state.absent.since(since));
    Some(since.plus_millis(patience(state).saturating_add(aside)))
}

const fn is_under_way(found: &Progress) -> bool {
    match &found.step {
        Step::Idle | Step::Asking => false,
        // A person may take as long as it takes.
        Step::Held { holder, .. } => !matches!(holder, Holder::Person),
        _ => true,
    }
}

/// When [`found`] will next have something to say because time has passed.
#[must_use]
pub fn next_deadline(state: &State, now: Time) -> Option<Time> {
    let stalls = live_cards(state).filter_map(|card| stalls_at(state, card));
    let open = state.conflicts.values();
    let asks = open.filter(|found| resolve::waits_to_be_asked(state, found));
    let asks = asks.map(resolve::asked_at);
    stalls.chain(asks).filter(|at| *at > now).min()
}

fn drift(state: &State, task: &Live<'_>) -> Option<Clash> {
    let card = task.card;
    if card.files_affected.is_empty() || !task.has_touched() {
        return None;
    }
    let strays = task.claims().strayed();
    if strays.is_empty() {
        return None;
    }
    let (kind, tasks) = (ConflictKind::Drift, vec![card.id.clone()]);
    Some(Clash::new(state, kind, tasks, strays, |_, strays| {
        format!(
            "The work on {} touches files that its `## Files Affected` does not name: {}.",
            card.id,
            strays.join(", ")
        )
    }))
}

/// An agent that said nothing for longer than its limit: the stop ladder has begun.
pub(super) fn silent(state: &State, run: &Run) -> Option<Clash> {
    let Some(RunEnd::Stalled { limit_s }) = &run.halt_why else {
        return None;
    };
    let (kind, tasks) = (ConflictKind::Silent, vec![run.task.clone()]);
    Some(Clash::new(state, kind, tasks, Vec::new(), |_, _| {
        let heard = state.heard.get(&run.id).copied().unwrap_or(run.since);
        let who = run.agent().map_or("a gate", |agent| agent.as_str());
        format!(
            "{who} on {} ({}) has said nothing since {heard}; its limit is {limit_s} seconds.",
            run.task, run.id
        )
    }))
}

/// Runs at work on a task that somebody else holds by now, with why they are stopped.
fn taken_twice(state: &State) -> impl Iterator<Item = (&Run, String)> {
    state.live_runs().filter_map(|run| {
        let Work::Leg { .. } = run.work else {
            return None;
        };
        let found = state
            .tasks
            .get(&run.task)
            .filter(|_| run.halting.is_none())?;
        let other = match &found.step {
            Step::Held {
                holder: Holder::Person,
                ..
            } => "a person".to_owned(),
            Step::Held {
                holder: Holder::Outside(name),
                ..
            } => name.to_string(),
            Step::Working { run: other, .. } if *other != run.id => other.to_string(),
            _ => return None,
        };
        let task = &run.task;
        let why = format!(
            "{task} was given to two: {} works on it, and {other} holds it.",
            run.id
        );
        Some((run, why))
    })
}

fn halt(run: &Run, why: String) -> Command {
    Command::HaltRun {
        run: run.id.clone(),
        halt: Halt::Interrupt,
        end: RunEnd::Stopped { why },
    }
}

/// Live tasks about the same files, and live branches that would not merge.
fn pairs(state: &State, live: &[Live<'_>], clashes: &mut Vec<Clash>) {
    for (n, mine) in live.iter().enumerate() {
        let one = &mine.card.id;
        for theirs in live.iter().skip(n + 1) {
            let other = &theirs.card.id;
            // When both are committed, comparing them tells more than names.
            let compared = forecast(state, one, other);
            let known = compared.is_some() || is_to_be_compared(state, one, other);
            if !state.config.limits.same_files && !known {
                let files = mine.claims().shared(theirs.claims());
                if !files.is_empty() {
                    clashes.push(same_files(state, one, other, files));
                }
            }
            if let Some(compared) = compared.filter(|found| !found.files.is_empty()) {
                let tips = (&compared.tips.0, &compared.tips.1);
                clashes.push(would_not_merge(state, (one, other), tips, &compared.files));
            }
        }
    }
}

/// Whether [`to_forecast`] has yet to tell what merging the two gives.
fn is_to_be_compared(state: &State, one: &TaskId, other: &TaskId) -> bool {
    let touched = |task: &TaskId| {
        own_tip(state, task)?;
        state.tasks.get(task)?.touched.as_ref()
    };
    let both = touched(one).zip(touched(other)).filter(|_| state.git);
    both.is_some_and(|(mine, theirs)| {
        forecast(state, one, other).is_none() && near(&mine.files, &theirs.files)
    })
}

fn same_files(state: &State, one: &TaskId, other: &TaskId, files: Vec<String>) -> Clash {
    let (first, later) = ordered(state, &Orders::new(), one, other);
    let (kind, tasks) = (ConflictKind::SameFiles, vec![first, later]);
    Clash::new(state, kind, tasks, files, |tasks, files| {
        let named: Vec<_> = tasks.iter().map(ToString::to_string).collect();
        format!(
            "{} are both under way and are about the same files: {}.",
            named.join(" and "),
            files.join(", ")
        )
    })
}

fn would_not_merge(
    state: &State,
    (one, other): (&TaskId, &TaskId),
    (one_tip, other_tip): (&CommitId, &CommitId),
    files: &[String],
) -> Clash {
    let (first, later) = ordered(state, &Orders::new(), one, other);
    let (kind, tasks) = (ConflictKind::Forecast, vec![first, later]);
    let told = files.iter().take(TOLD).cloned().collect();
    Clash::new(state, kind, tasks, told, |_, _| {
        format!(
            "{one} at {one_tip} and {other} at {other_tip} change the same lines: merging both would conflict in {}.",
            files.join(", ")
        )
    })
}

/// Live branches that do not merge with what has landed last.
fn behind_the_base(state: &State, live: &[Live<'_>]) -> Vec<Clash> {
    let Some(landed) = &state.landed else {
        return Vec::new();
    };
    let behind = |task: &Live<'_>| {
        let card = task.card;
        let pair = (landed.task.clone(), card.id.clone());
        let tip = own_tip(state, &card.id).filter(|_| !is_live(state, &landed.task))?;
        let known = state.forecasts.get(&pair)?;
        let is_now = known.tips.0 == landed.commit && known.tips.1 == *tip;
        (is_now && !known.files.is_empty()).then(|| {
            let (kind, tasks) = (
                ConflictKind::Forecast,
                vec![landed.task.clone(), card.id.clone()],
            );
            let told = known.files.iter().take(TOLD).cloned().collect();
            Clash::new(state, kind, tasks, told, |_, _| {
                format!(
                    "{} was merged into {} as {}; {} at {tip} would conflict with that in {}.",
                    landed.task,
                    landed.into,
                    landed.commit,
                    card.id,
                    known.files.join(", ")
                )
            })
        })
    };
    live.iter().filter_map(behind).collect()
}

/// Branches that were not compared yet as they are now: live ones that touch the same files or folders, and each with what landed last.
fn to_forecast(state: &State) -> Vec<Command> {
    if !state.git {
        return Vec::new();
    }
    let work: Vec<_> = live_cards(state)
        .filter_map(|card| {
            let touched = state.tasks.get(&card.id)?.touched.as_ref()?;
            Some((&card.id, own_tip(state, &card.id)?, &touched.files))
        })
        .collect();
    let mut commands = Vec::new();
    for (n, (one, one_tip, mine)) in work.iter().enumerate() {
        if commands.len() >= MOST_FORECASTS {
            return commands;
        }
        for (other, other_tip, theirs) in work.iter().skip(n + 1) {
            if forecast(state, one, other).is_none() && near(mine, theirs) {
                commands.push(compare((one, one_tip), (other, other_tip)));
            }
        }
        let landed = state.landed.as_ref();
        if let Some(landed) = landed.filter(|landed| !is_live(state, &landed.task)) {
            let tips = (&landed.commit, *one_tip);
            let known = state.forecasts.get(&(landed.task.clone(), (*one).clone()));
            if known.is_none_or(|known| (&known.tips.0, &known.tips.1) != tips) {
                commands.push(compare((&landed.task, tips.0), (one, tips.1)));
            }
        }
    }
    commands
}

fn compare(one: (&TaskId, &CommitId), other: (&TaskId, &CommitId)) -> Command {
    Command::Forecast {
        one: (one.0.clone(), one.1.clone()),
        other: (other.0.clone(), other.1.clone()),
    }
}

/// Whether a conflict that was told is not there any more.
pub(super) fn is_gone(state: &State, conflict: &Conflict, clashes: &[Clash]) -> bool {
    let there = clashes
        .iter()
        .any(|clash| conflict.is_about(clash.kind, &clash.tasks));
    if there || matches!(conflict.stage, Stage::Due | Stage::Over) {
        return false;
    }
    // What two branches run into is known again only when they were compared as they are now.
    if let (ConflictKind::Forecast, [one, other]) = (conflict.kind, conflict.tasks.as_slice())
        && is_live(state, one)
        && is_live(state, other)
    {
        return forecast(state, one, other).is_some();
    }
    true
}
