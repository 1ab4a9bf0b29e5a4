//! Legs: agents are started, say that they are done, and end.

use super::{actor_as_holder, escalate, first_line, gates, hand_off, send_back, withdraw};
use crate::{
    Command, Event, Holder, Leg, Run, RunEnd, RunId, State, Status, TaskId, Time, failure,
    planted::{Fault, is},
    run::{Verdict, Work},
    state::Step,
    step_in,
};

/// The place is there: start the agent, if it is one.
pub(super) fn start(state: &State, task: &TaskId) -> Vec<Command> {
    let Step::Starting {
        leg,
        agent,
        attempt,
    } = state.step(task)
    else {
        return Vec::new();
    };
    let resume = state
        .tasks
        .get(task)
        .and_then(|found| found.sessions.get(leg))
        .filter(|(name, _)| name == agent && *leg != Leg::Review) // a review is done with fresh eyes
        .map(|(_, session)| session.clone());
    vec![Command::StartRun {
        run: state.next_run(task, leg.word(), *attempt),
        task: task.clone(),
        work: Work::Leg {
            leg: *leg,
            agent: agent.clone(),
            attempt: *attempt,
        },
        resume,
    }]
}

/// A person or an outside holder says its leg is done.
pub(super) fn submitted(
    state: &State,
    event: &Event,
    task: &TaskId,
    leg: Leg,
    note: &str,
    now: Time,
) -> Vec<Command> {
    let holder = match state.step(task) {
        Step::Committing { holder, .. } => holder.clone(),
        _ => actor_as_holder(&event.by),
    };
    match leg {
        Leg::Prepare => vec![hand_off(
            task,
            leg,
            holder,
            note.to_owned(),
            now,
            Some((Status::Pending, Status::Ready)),
        )],
        Leg::Implement => vec![Command::CommitWork {
            task: task.clone(),
            holder,
            note: note.to_owned(),
        }],
        Leg::Review => vec![hand_off(task, leg, holder, note.to_owned(), now, None)],
        Leg::Approve => Vec::new(),
    }
}

pub(super) fn reviewed(
    state: &State,
    task: &TaskId,
    verdict: Verdict,
    holder: Holder,
    note: &str,
    now: Time,
) -> Vec<Command> {
    match verdict {
        Verdict::Approve => vec![hand_off(
            task,
            Leg::Review,
            holder,
            note.to_owned(),
            now,
            None,
        )],
        Verdict::Changes => {
            if is(Fault::NoFeedback) {
                let (from, to) = (Status::Review, Status::Ready);
                let task = task.clone();
                return vec![Command::Move { task, from, to }];
            }
            let source = match &holder {
                Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
                _ => "you".to_owned(),
            };
            vec![send_back(
                state,
                task,
                Status::Review,
                &first_line(note),
                &source,
                note.to_owned(),
                None,
                true,
                now,
            )]
        }
    }
}

pub(super) fn run_ended(
    state: &State,
    event: &Event,
    run: &RunId,
    end: &RunEnd,
    tail: &str,
    now: Time,
) -> Vec<Command> {
    let Some(found) = state.runs.get(run) else {
        return Vec::new();
    };
    let mut commands: Vec<_> = state
        .open_requests()
        .filter(|request| request.run() == Some(run))
        .map(|request| withdraw(request, "its run is over"))
        .collect();
    commands.extend(step_in::unheard(found));
    if end.needs_person() {
        commands.extend(failure::could_not_start(state, found, end, now));
    }
    // The fence: of all ends that are told, only that of the run its task was waiting for moves it, and only once.
    if found.moved_task == Some(event.seq) || is(Fault::LateEnd) {
        commands.extend(match &found.work {
            Work::Gate { gate, .. } => gates::ended(state, found, gate, end, tail, now),
            Work::Leg { leg, .. } => leg_ended(state, found, *leg, end, now),
        });
    }
    commands
}

fn leg_ended(state: &State, run: &Run, leg: Leg, end: &RunEnd, now: Time) -> Vec<Command> {
    let Some(found) = state.tasks.get(&run.task) else {
        return Vec::new();
    };
    let holder = run
        .agent()
        .map_or(Holder::Nobody, |name| Holder::Agent(name.clone()));
    let note = run.note.clone().unwrap_or_default();
    let task = run.task.clone();
    match (end, &found.step, leg) {
        (RunEnd::Completed, Step::Handing, Leg::Prepare) => {
            vec![hand_off(
                &task,
                leg,
                holder,
                note,
                now,
                Some((Status::Pending, Status::Ready)),
            )]
        }
        (RunEnd::Completed, Step::Committing { .. }, Leg::Implement) => {
            vec![Command::CommitWork { task, holder, note }]
        }
        (RunEnd::Completed, Step::Handing, Leg::Review) => match run.verdict {
            Some(verdict) => reviewed(state, &task, verdict, holder, &note, now),
            None => escalate(
                &task,
                format!(
                    "The reviewer ended without a verdict. Its last words: {}",
                    first_line(&note)
                ),
            ),
        },
        (RunEnd::RateLimited { retry_after_s }, Step::Idle, _) => {
            let account = run
                .agent()
                .and_then(|name| state.config.agents.get(name))
                .map_or_else(String::new, |agent| agent.account.clone());
            let seconds = retry_after_s.unwrap_or(state.config.limits.park_s);
            vec![Command::Park {
                account,
                until: now.plus_millis(
                    i64::try_from(seconds)
                        .unwrap_or(i64::MAX / 1000)
                        .saturating_mul(1000),
                ),
            }]
        }
        (RunEnd::Paused { .. }, Step::Idle, _) => Vec::new(), // it goes on when it is resumed
        (_, Step::Asking, _) => escalate(&task, format!("{leg}: {end}")),
        (_, Step::Idle, _) => failure::climb(state, &task, leg, found.status, &end.to_string()),
        _ => Vec::new(),
    }
}
