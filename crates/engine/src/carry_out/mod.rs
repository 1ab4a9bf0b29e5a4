//! Commands carried out. Each may be carried out twice without harm, for after a crash that is what happens to those without an outcome.
//! What state and command alone tell of it is in [`orchestron_domain::carry`].

mod doubled;
mod run;
mod task;
mod work;

use crate::{engine::Engine, ports::OpenCommand, store::StoreError};
use orchestron_domain::{Actor, Command, Fact, Holder, carry};

/// Facts a command ended in.
pub type Outcome = Result<Vec<(Actor, Fact)>, StoreError>;

/// Events taken from the log at once.
const PAGE: u32 = 500;

fn engine_says(fact: Fact) -> Vec<(Actor, Fact)> {
    vec![(Actor::Engine, fact)]
}

pub(crate) fn overtaken(what: &str) -> Vec<(Actor, Fact)> {
    engine_says(Fact::CommandDone {
        what: what.to_owned(),
    })
}

/// A holder's name for files and commits.
fn name_of(holder: &Holder) -> String {
    match holder {
        Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
        Holder::Person => "person".to_owned(),
        Holder::Nobody => "nobody".to_owned(),
    }
}

impl Engine {
    /// Carries a command out.
    pub(crate) fn try_command(&mut self, open: &OpenCommand) -> Outcome {
        if let Some(why) = carry::overtaken(&self.state, &open.command) {
            let stopped = self.stop_started(&open.command, why)?;
            let instead = || carry::instead(&self.state, &open.command).map(engine_says);
            return Ok(stopped.or_else(instead).unwrap_or_else(|| overtaken(why)));
        }
        match &open.command {
            Command::Claim { .. } => self.claim(open),
            Command::PrepareWorktree { task } => self.prepare_worktree(task),
            Command::StartRun {
                run,
                task,
                work,
                resume,
            } => self.start_run(run, task, work, resume.as_ref()),
            Command::Say { run, say } => {
                self.ports.runs.say(run, say)?;
                Ok(overtaken("said"))
            }
            Command::AnswerTool {
                run,
                call,
                tool,
                arguments,
            } => self.answer_tool(run, call, tool, arguments),
            Command::HaltRun { run, halt, .. } => Ok(self.halt(open, run, *halt)),
            Command::CommitWork { task, holder, note } => self.commit_work(task, holder, note),
            Command::HandOff { .. } => self.hand_off(open),
            Command::SendBack(back) => self.send_back(open, back),
            Command::Fail { task, why, .. } => self.fail(open, task, why),
            Command::Rethink { task, why, .. } => self.rethink(open, task, why),
            Command::Merge { task, commit, note } => {
                self.merge(open, task, commit.as_ref(), note.as_deref())
            }
            Command::RemoveWorktree { task } => self.remove_worktree(task),
            Command::OpenRequest { task, kind } => self.open_request(open, task.as_ref(), kind),
            Command::LookAtWork { task } => self.look_at_work(task),
            Command::Forecast { one, other } => self.forecast(one, other),
            Command::CatchUp { task } => self.catch_up(task),
            Command::Deliver { message, to, run } => self.deliver(*message, to, run),
            Command::NoteConflict { kind, tasks, .. } => self.note_conflict(open, *kind, tasks),
            // Those that are nothing but a move, or a fact to be told.
            _ => self.finish(open),
        }
    }

    /// Tells what a command ends in, with the move of its task's file when there is one.
    fn finish(&mut self, open: &OpenCommand) -> Outcome {
        let fact = carry::ends_in(&open.command);
        let by = carry::by(&open.command);
        let facts: Vec<_> = fact.map(|fact| (by, fact)).into_iter().collect();
        match (
            carry::moves(&self.state, &open.command),
            open.command.task(),
        ) {
            (Some(places), Some(task)) => self.moved(open, task, places, facts),
            _ => Ok(facts),
        }
    }

    /// Whether the log has an event that makes the command void and that the state does not have yet.
    fn is_overtaken_by_news(&self, command: &Command) -> Result<bool, StoreError> {
        let log = self.ports.store.log();
        let mut seq = self.state.seq;
        loop {
            let events = log.after(seq, PAGE)?;
            let Some(last) = events.last() else {
                return Ok(false);
            };
            seq = last.seq;
            if events.iter().any(|event| carry::overtakes(event, command)) {
                return Ok(true);
            }
        }
    }
}
