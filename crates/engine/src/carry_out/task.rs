//! Moves of tasks, what is written into their files, and what a person is asked.

use super::{Outcome, engine_says, name_of, overtaken};
use crate::{
    context::feedback_path,
    engine::Engine,
    ports::{Commit, Committed, OpenCommand, PortErrorKind},
    store::{Store, StoreError},
};
use orchestron_domain::{
    Actor, Command, Fact, RequestKind, SendBack, Status, TaskId, carry,
    task_file::{EditError, TaskFile},
};

/// How often a move is tried anew when somebody writes to the file at the same time.
const MOVE_TRIES: u32 = 8;

impl Engine {
    /// Moves the file and tells `facts` with the move, in one transaction that also closes the command.
    /// A task that stands elsewhere was moved by somebody else: that wins.
    pub(super) fn moved(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        places: (Status, Status),
        facts: Vec<(Actor, Fact)>,
    ) -> Outcome {
        let by = carry::by(&open.command);
        self.moved_by(|store| store.move_task(task, places, &by, facts.clone(), vec![open.id]))
    }

    /// Tries a move until nobody writes to the file at the same time.
    fn moved_by(
        &mut self,
        mut moves: impl FnMut(&mut Store) -> Result<Committed, StoreError>,
    ) -> Outcome {
        let mut tries = 0;
        loop {
            tries += 1;
            match moves(&mut self.ports.store) {
                Ok(_) => return Ok(Vec::new()),
                Err(StoreError::Move(_)) => {
                    return Ok(overtaken("the task had been moved already"));
                }
                // Somebody saved the file at this very moment: nothing to bother a person with.
                Err(StoreError::Port(error))
                    if tries < MOVE_TRIES
                        && matches!(
                            error.kind,
                            PortErrorKind::Changed | PortErrorKind::Missing
                        ) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn claim(&mut self, open: &OpenCommand) -> Outcome {
        if carry::moves(&self.state, &open.command).is_some() {
            return self.finish(open);
        }
        // No rename decides here between two that come at once, so the log does, under the lock that operations write under.
        let _held = self.ports.store.locks().store()?;
        if self.is_overtaken_by_news(&open.command)? {
            return Ok(overtaken("somebody else was faster"));
        }
        let facts = self.finish(open)?;
        self.ports.store.commit(Commit {
            facts,
            close_commands: vec![open.id],
            ..Commit::default()
        })?;
        Ok(Vec::new())
    }

    /// Changes the text of a task, and tells what the command ends in, with the move of the file when there is one.
    fn edit_and_finish(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        mut change: impl FnMut(&mut TaskFile) -> Result<(), EditError>,
    ) -> Outcome {
        let Some(places) = carry::moves(&self.state, &open.command) else {
            self.ports.store.edit(task, change)?;
            return self.finish(open);
        };
        let by = carry::by(&open.command);
        let fact = carry::ends_in(&open.command);
        let facts: Vec<_> = fact.map(|fact| (by.clone(), fact)).into_iter().collect();
        self.moved_by(|store| {
            store.edit_and_move(task, places, &by, &facts, &[open.id], &mut change)
        })
    }

    pub(super) fn hand_off(&mut self, open: &OpenCommand) -> Outcome {
        let Command::HandOff {
            task,
            leg,
            holder,
            note,
            at,
            to,
        } = &open.command
        else {
            return self.finish(open);
        };
        let from = to.map_or(Status::Review, |(from, _)| from);
        let card = self.ports.store.find(task)?.card;
        if card.is_some_and(|card| card.status != from) {
            return Ok(overtaken("the task had been moved already"));
        }
        let who = name_of(holder);
        self.edit_and_finish(open, task, |file| {
            file.append_handoff(*leg, &who, *at, note)?;
            file.set_last_updated(*at).map(|_| ())
        })
    }

    pub(super) fn send_back(&mut self, open: &OpenCommand, back: &SendBack) -> Outcome {
        let path = feedback_path(&back.task, back.feedback);
        self.ports
            .store
            .files()
            .write_side(&path, feedback_text(back).as_bytes(), true)?;
        let line = format!(
            "Feedback {} ({}, by {}): {} — see .mcp/{path}",
            back.feedback, back.at, back.source, back.why
        );
        let gate = back.gate_run.is_some();
        self.edit_and_finish(open, &back.task, |file| {
            if gate {
                file.set_error_context(&line)
            } else {
                file.append_review_feedback(&line)
            }
            .map(|_| ())
        })
    }

    pub(super) fn fail(&mut self, open: &OpenCommand, task: &TaskId, why: &str) -> Outcome {
        self.edit_and_finish(open, task, |file| file.set_error_context(why).map(|_| ()))
    }

    /// Gives the task back to whoever prepares tasks, with all that went wrong.
    pub(super) fn rethink(&mut self, open: &OpenCommand, task: &TaskId, why: &str) -> Outcome {
        let rungs = self.state.tasks.get(task).map(|found| &found.ladder);
        let rungs = rungs.into_iter().flatten().map(String::as_str);
        let tried: Vec<_> = rungs.chain([why]).collect();
        let context = format!(
            "Nobody got this done. Prepare it anew: look at what went wrong, and make it smaller, clearer or split it.\n{}",
            tried.join("\n")
        );
        self.edit_and_finish(open, task, |file| {
            file.set_error_context(&context).map(|_| ())
        })
    }

    /// The same question is never asked twice at a time, and nothing is asked about a task that was taken elsewhere meanwhile.
    pub(super) fn open_request(
        &mut self,
        open: &OpenCommand,
        task: Option<&TaskId>,
        kind: &RequestKind,
    ) -> Outcome {
        let _held = self.ports.store.locks().store()?;
        if self.is_overtaken_by_news(&open.command)? {
            return Ok(overtaken("the task was taken elsewhere"));
        }
        let kind = self.bound_to_commit(task, kind)?;
        if carry::is_asked(&self.state, task, &kind) {
            return Ok(overtaken("it is asked already"));
        }
        let opened = Fact::RequestOpened {
            task: task.cloned(),
            kind,
        };
        // Before the lock is let go: whoever moves the task after this voids the request.
        self.ports.store.commit(Commit {
            facts: engine_says(opened),
            close_commands: vec![open.id],
            ..Commit::default()
        })?;
        Ok(Vec::new())
    }
}

fn feedback_text(back: &SendBack) -> String {
    let commit = back
        .commit
        .as_ref()
        .map_or_else(|| "none".to_owned(), ToString::to_string);
    format!(
        "# Feedback {} on {}\n\n- From: {}\n- When: {}\n- Commit: {commit}\n- Why: {}\n\n{}\n",
        back.feedback,
        back.task,
        back.source,
        back.at,
        back.why,
        back.body.trim_end(),
    )
}
