//! Facts change state. Total: no fact can fail to apply, whatever came before it.

mod chain;
pub(crate) mod files;
mod requests;
mod runs;

use crate::{
    Command, Event, Fact, State, Status, TaskId, Time, commits, conflict, context,
    event::Scope,
    failure, message, record, rules, said, sitting,
    state::{Progress, Step},
    workflow,
};

/// Ended runs and closed requests kept in memory; older ones are in the log.
const KEPT: usize = 400;

/// Changes `state` by `event`.
pub fn apply(state: &mut State, event: &Event) {
    state.seq = event.seq;
    record::apply(state, event);
    said::apply(state, event);
    change(state, event);
    conflict::apply(state, event);
    if let Fact::RunEnded { .. } = &event.fact {
        state.runs.settle();
    }
    state.requests.settle();
}

/// What a fact is about first of all.
fn change(state: &mut State, event: &Event) {
    match &event.fact {
        Fact::TaskCreated { .. } | Fact::TaskMoved { .. } | Fact::TaskRemoved { .. } => {
            files::apply(state, event)
        }
        Fact::Claimed { .. }
        | Fact::WorktreeReady { .. }
        | Fact::Submitted { .. }
        | Fact::Reviewed { .. }
        | Fact::Committed { .. }
        | Fact::HandedOff { .. }
        | Fact::SentBack { .. }
        | Fact::Failed { .. }
        | Fact::Merged { .. }
        | Fact::MergeRefused { .. }
        | Fact::Released { .. }
        | Fact::Progressed { .. }
        | Fact::StartAsked { .. }
        | Fact::WorktreeRemoved { .. } => chain::apply(state, event),
        Fact::RequestOpened { .. }
        | Fact::RequestDecided { .. }
        | Fact::RequestWithdrawn { .. }
        | Fact::RequestLapsed { .. } => requests::apply(state, event),
        Fact::Paused { why, scope } => pause(state, scope, why),
        Fact::Resumed { scope } => resume(state, scope),
        Fact::BreakerOpened { .. }
        | Fact::BreakerClosed { .. }
        | Fact::Reassigned { .. }
        | Fact::Rethought { .. } => failure::apply(state, event),
        Fact::RuleMoved { .. } | Fact::RuleRests { .. } | Fact::RuleArmed { .. } => {
            rules::apply(state, event)
        }
        Fact::MessageSent { .. }
        | Fact::MessageDelivered { .. }
        | Fact::MessagePut { .. }
        | Fact::MessageAcked { .. } => message::apply(state, event),
        Fact::ContextSaved { .. } => context::apply(state, event),
        Fact::CommitSeen { .. } | Fact::CommitChecked { .. } => commits::apply(state, event),
        Fact::WorkflowStarted { .. } => workflow::apply(state, event),
        Fact::SessionStarted { .. } | Fact::SessionEnded { .. } => sitting::apply(state, event),
        Fact::WorkSeen { .. }
        | Fact::Forecasted { .. }
        | Fact::CaughtUp { .. }
        | Fact::ConflictFound { .. }
        | Fact::ConflictResolved { .. } => {}
        Fact::Parked { account, until } => {
            state.parked.insert(account.clone(), *until);
        }
        Fact::CommandFailed { command, .. } => {
            failure::note_trouble(state, event.at, command);
            if let Some(progress) = command.task().and_then(|task| state.tasks.get_mut(task))
                && command.is_a_step()
            {
                // What a rule could not do it does not try for ever.
                if let Command::Follow { rule, .. } = command.as_ref() {
                    rules::rest(progress, rule, event.at, None, "");
                }
                progress.step = Step::Asking;
            }
        }
        Fact::TaskEdited { .. }
        | Fact::TextReplaced { .. }
        | Fact::Undone { .. }
        | Fact::EngineStarted { .. }
        | Fact::CommandDone { .. }
        | Fact::Trusted { .. } => {}
        Fact::RunEnded { .. } => {
            runs::apply(state, event);
            message::apply(state, event);
        }
        _ => runs::apply(state, event),
    }
}

fn pause(state: &mut State, scope: &Scope, why: &str) {
    match scope {
        Scope::All => state.paused = Some(why.to_owned()),
        Scope::Task { task } => {
            state.paused_tasks.insert(task.clone(), why.to_owned());
        }
        Scope::Agent { agent } => {
            state.paused_agents.insert(agent.clone(), why.to_owned());
        }
    }
}

fn resume(state: &mut State, scope: &Scope) {
    match scope {
        Scope::All => {
            state.paused = None;
            state.troubles.clear();
        }
        Scope::Task { task } => {
            state.paused_tasks.remove(task);
        }
        Scope::Agent { agent } => {
            state.paused_agents.remove(agent);
        }
    }
}

fn progress<'a>(state: &'a mut State, task: &TaskId, at: Time) -> &'a mut Progress {
    let status = state
        .cards
        .get(task)
        .map_or(Status::Pending, |card| card.status);
    state
        .tasks
        .entry(task.clone())
        .or_insert_with(|| Progress::new(status, at))
}

/// Forgets the oldest ended runs and closed requests beyond what is kept.
fn prune(state: &mut State) {
    let ended = state.runs.closed();
    if ended > KEPT {
        let mut oldest: Vec<_> = state
            .runs
            .values()
            .filter(|run| !run.is_live())
            .map(|run| (run.since, run.id.clone()))
            .collect();
        oldest.sort();
        for (_, id) in oldest.into_iter().take(ended - KEPT) {
            state.runs.remove(&id);
            state.taken.insert(id);
        }
    }
    let closed = state.requests.closed();
    if closed > KEPT {
        let oldest: Vec<_> = state
            .requests
            .values()
            .filter(|r| !r.is_open())
            .map(|r| r.id)
            .take(closed - KEPT)
            .collect();
        for id in oldest {
            state.requests.remove(&id);
        }
    }
}
