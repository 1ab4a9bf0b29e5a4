//! Gates: what is checked after work is committed, and what follows from it.

use super::{escalate, hand_off, send_back};
use crate::{
    Command, Holder, Leg, Run, RunEnd, State, Status, TaskId, Time, conflict, failure,
    run::Work,
    state::{Progress, Step},
    task_file::fenced,
    tests_first,
};

/// The work is committed: check the first gate, or hand off when there is none.
pub(super) fn committed(state: &State, task: &TaskId, changed: bool, now: Time) -> Vec<Command> {
    let Some(found) = state.tasks.get(task) else {
        return Vec::new();
    };
    let Step::Gating { .. } = &found.step else {
        return Vec::new();
    };
    if let Some(fail) = failure::unchanged(state, task) {
        return vec![fail];
    }
    if !changed && state.git && by_agent(found) {
        let body = "The run ended without any change in the worktree. Make the change the task asks for; if nothing has to change, say so in a file the task names, or ask with request_help.";
        return vec![send_back(
            state,
            task,
            Status::InProgress,
            "nothing was changed",
            "the engine",
            body.to_owned(),
            None,
            true,
            now,
        )];
    }
    // Others' work that it has to live with comes in first, so that the gates see both.
    if conflict::is_due(state, task) {
        return vec![Command::CatchUp { task: task.clone() }];
    }
    gate_or_hand_off(state, task, found, now)
}

/// What is committed, and brought up to its base where that was due, goes on through the gates.
pub(crate) fn after_commit(state: &State, task: &TaskId, now: Time) -> Vec<Command> {
    let found = state.tasks.get(task);
    found.map_or_else(Vec::new, |found| gate_or_hand_off(state, task, found, now))
}

fn by_agent(found: &Progress) -> bool {
    matches!(
        &found.step,
        Step::Gating {
            holder: Holder::Agent(_),
            ..
        }
    )
}

fn gate_or_hand_off(state: &State, task: &TaskId, found: &Progress, now: Time) -> Vec<Command> {
    let Step::Gating { holder, note } = &found.step else {
        return Vec::new();
    };
    let mut gates = state.gates_of(task).into_iter();
    match gates.find(|gate| !checked(found, &gate.name)) {
        // An outside holder's work comes here without anything having been launched before.
        Some(gate) if !state.trusted => escalate(
            task,
            format!(
                "The gate `{}` is a command that was not accepted on this machine yet. Look at the commands in .mcp/config.yaml and .mcp/agents.yaml, accept them with `orchestron trust`, then retry and submit again.",
                gate.name
            ),
        ),
        Some(gate) => vec![Command::StartRun {
            run: state.next_run(task, &format!("gate-{}", gate.name), 1),
            task: task.clone(),
            work: Work::Gate {
                gate: gate.name.clone(),
                commit: found.commit.clone(),
            },
            resume: None,
        }],
        None => {
            let note = if note.is_empty() {
                said(state, found)
            } else {
                note.clone()
            };
            vec![hand_off(
                task,
                Leg::Implement,
                holder.clone(),
                note,
                now,
                Some((Status::InProgress, Status::Review)),
            )]
        }
    }
}

/// Whether a gate passed on the present commit; without git, since the work was last taken.
fn checked(found: &Progress, gate: &str) -> bool {
    found.receipts.iter().any(|receipt| {
        receipt.gate == gate && receipt.passed == Some(true) && receipt.commit == found.commit
    })
}

/// What the implementing run said last.
fn said(state: &State, found: &Progress) -> String {
    let newest = state
        .runs
        .values()
        .filter(|run| {
            run.leg() == Some(Leg::Implement)
                && found.sessions.get(&Leg::Implement).map(|(_, s)| s) == run.session.as_ref()
        })
        .max_by_key(|run| run.since);
    newest.and_then(|run| run.note.clone()).unwrap_or_default()
}

pub(super) fn ended(
    state: &State,
    run: &Run,
    gate: &str,
    end: &RunEnd,
    tail: &str,
    now: Time,
) -> Vec<Command> {
    let Some(found) = state.tasks.get(&run.task) else {
        return Vec::new();
    };
    if !matches!(found.step, Step::Gating { .. }) {
        return Vec::new();
    }
    if end.is_good() {
        return gate_or_hand_off(state, &run.task, found, now);
    }
    if let RunEnd::Stopped { .. } | RunEnd::Paused { .. } = end {
        return escalate(&run.task, format!("The gate `{gate}` was {end}"));
    }
    if matches!(end, RunEnd::Lost) && state.status(&run.task) == Some(Status::InProgress) {
        // Not the work's fault: check again, but not for ever.
        if times_lost(state, run) < state.config.limits.attempts.max(1) {
            return gate_or_hand_off(state, &run.task, found, now);
        }
        return escalate(
            &run.task,
            format!("The gate `{gate}` cannot be checked: {end}"),
        );
    }
    let command = tests_first::told(state, &run.task)
        .into_iter()
        .find(|g| g.name == gate)
        .map_or_else(String::new, |g| g.run);
    let body = format!(
        "The gate `{gate}` did not pass: {end}.\n\nCommand: `{command}`\n\nEnd of its output:\n\n{}",
        fenced("text", tail)
    );
    vec![send_back(
        state,
        &run.task,
        Status::InProgress,
        &format!("gate {gate}: {end}"),
        &format!("gate {gate}"),
        body,
        Some(run.id.clone()),
        true,
        now,
    )]
}

/// How often checking this gate on this commit was lost so far.
fn times_lost(state: &State, run: &Run) -> u32 {
    let same = state.runs.values().filter(|other| {
        other.task == run.task && other.work == run.work && other.end == Some(RunEnd::Lost)
    });
    u32::try_from(same.count()).unwrap_or(u32::MAX)
}
