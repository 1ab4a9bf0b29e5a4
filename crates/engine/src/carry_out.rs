//! Commands carried out. Each may be carried out twice without harm, for after a crash that is what happens to those without an outcome.

use crate::{
    context::{agent_program, base_branch, feedback_path},
    engine::Engine,
    ports::{
        Commit, MergeOutcome, OpenCommand, PortError, PortErrorKind, RunProgram, RunSpec, Worktree,
    },
    store::StoreError,
};
use orchestron_domain::{
    Actor, Command, CommitId, Event, Fact, Halt, Holder, Leg, RequestKind, RunEnd, RunId, SendBack,
    SessionId, State, Status, TaskId, Time,
    run::Work,
    schedule::leg_of,
    state::{Place, Step},
    task_file::slug,
};

/// Facts a command ended in.
pub type Outcome = Result<Vec<(Actor, Fact)>, StoreError>;

/// Events taken from the log at once.
const PAGE: u32 = 500;
/// How often a move is tried anew when somebody writes to the file at the same time.
const MOVE_TRIES: u32 = 8;
/// Longest part of a note that goes into a commit message, in characters.
const MESSAGE_NOTE: usize = 600;

fn engine_says(fact: Fact) -> Vec<(Actor, Fact)> {
    vec![(Actor::Engine, fact)]
}

pub(crate) fn overtaken(what: &str) -> Vec<(Actor, Fact)> {
    engine_says(Fact::CommandDone {
        what: what.to_owned(),
    })
}

impl Engine {
    /// Carries a command out.
    pub(crate) fn try_command(&mut self, open: &OpenCommand) -> Outcome {
        match &open.command {
            Command::Claim {
                task,
                leg,
                holder,
                attempt,
                why,
            } => self.claim(open, task, *leg, holder, (*attempt, why.as_deref())),
            Command::PrepareWorktree { task } => self.prepare_worktree(task),
            Command::StartRun {
                run,
                task,
                work,
                resume,
            } => {
                let told = self.start_run(run, task, work, resume.as_ref());
                if told.is_err() {
                    // An earlier try may have started it; nobody would ever hear it.
                    self.end_unwanted(run)?;
                }
                told
            }
            Command::Say { run, say } => self.say(run, say),
            Command::AnswerTool {
                run,
                call,
                tool,
                arguments,
            } => self.answer_tool(run, call, tool, arguments),
            Command::HaltRun { run, halt, end } => self.halt(run, *halt, end),
            Command::CommitWork { task, holder, note } => self.commit_work(task, holder, note),
            Command::HandOff {
                task,
                leg,
                holder,
                note,
                at,
                to,
            } => self.hand_off(open, task, *leg, holder, note, *at, *to),
            Command::SendBack(back) => self.send_back(open, back),
            Command::Fail { task, from, why } => self.fail(open, task, *from, why),
            Command::Move { task, from, to } => self.moved(open, task, (*from, *to), Vec::new()),
            Command::Merge { task, commit, note } => {
                self.merge(task, commit.as_ref(), note.as_deref())
            }
            Command::RemoveWorktree { task } => self.remove_worktree(task),
            Command::OpenRequest { task, kind } => self.open_request(open, task.as_ref(), kind),
            Command::Rethink { task, from, why } => self.rethink(open, task, *from, why),
            Command::Reassign { task, leg, .. } if self.is_past(task, *leg) => {
                Ok(overtaken("the leg is over or has begun"))
            }
            Command::LookAtWork { task } => self.look_at_work(task),
            Command::Forecast { one, other } => self.forecast(one, other),
            Command::CatchUp { task } => self.catch_up(task),
            Command::Deliver { message, to, run } => self.deliver(*message, to, run),
            told => Ok(told.told().map_or_else(Vec::new, engine_says)),
        }
    }

    /// Moves the file and tells `facts` with the move, in one transaction that also closes the command.
    /// A task that stands elsewhere was moved by somebody else: that wins.
    fn moved(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        places: (Status, Status),
        facts: Vec<(Actor, Fact)>,
    ) -> Outcome {
        let mut tries = 0;
        loop {
            tries += 1;
            let store = &mut self.ports.store;
            let closes = vec![open.id];
            match store.move_task(task, places, &Actor::Engine, facts.clone(), closes) {
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

    fn claim(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        leg: Leg,
        holder: &Holder,
        (attempt, why): (u32, Option<&str>),
    ) -> Outcome {
        let claimed = (
            Actor::Engine,
            Fact::Claimed {
                task: task.clone(),
                leg,
                holder: holder.clone(),
                attempt,
                why: why.map(str::to_owned),
            },
        );
        if leg == Leg::Implement && self.state.status(task) == Some(Status::Ready) {
            return self.moved(
                open,
                task,
                (Status::Ready, Status::InProgress),
                vec![claimed],
            );
        }
        // No rename decides here between two that come at once, so the log does, under the lock that operations write under.
        let _held = self.ports.store.locks().store()?;
        if self.overtaken_by_others(task)? {
            return Ok(overtaken("somebody else was faster"));
        }
        self.ports.store.commit(Commit {
            facts: vec![claimed],
            close_commands: vec![open.id],
            ..Commit::default()
        })?;
        Ok(Vec::new())
    }

    /// Whether a person or an outside holder did something with the task that the state does not have yet.
    fn overtaken_by_others(&self, task: &TaskId) -> Result<bool, StoreError> {
        self.was_told_since(|event| {
            !matches!(event.by, Actor::Engine | Actor::Run { .. })
                && event.fact.task() == Some(task)
        })
    }

    /// Whether somebody moved or removed the task and the state does not have it yet.
    fn was_moved_by_others(&self, task: &TaskId) -> Result<bool, StoreError> {
        self.was_told_since(|event| {
            event.by != Actor::Engine
                && matches!(&event.fact, Fact::TaskMoved { task: moved, .. } | Fact::TaskRemoved { task: moved, .. } if moved == task)
        })
    }

    /// Whether the log has such an event that the state does not have yet.
    fn was_told_since(&self, is: impl Fn(&Event) -> bool) -> Result<bool, StoreError> {
        let log = self.ports.store.log();
        let mut seq = self.state.seq;
        loop {
            let events = log.after(seq, PAGE)?;
            let Some(last) = events.last() else {
                return Ok(false);
            };
            seq = last.seq;
            if events.iter().any(&is) {
                return Ok(true);
            }
        }
    }

    fn prepare_worktree(&mut self, task: &TaskId) -> Outcome {
        let (file, _) = self.ports.store.read(task)?;
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        let title = file.card.map_or_else(String::new, |card| card.title);
        let tree = self.ports.git.worktree(task, &slug(&title), &base)?;
        if let Some(branch) = tree.branch.clone() {
            self.ports.store.edit(task, |file| {
                file.set_git_context(Some(&branch), None, None).map(|_| ())
            })?;
        }
        Ok(engine_says(Fact::WorktreeReady {
            task: task.clone(),
            path: tree.path,
            branch: tree.branch,
            base: tree.base,
        }))
    }

    /// An engine that died may have started the keeper and not lived to tell it; nobody would ever act on what that run says.
    fn end_unwanted(&mut self, run: &RunId) -> Result<(), StoreError> {
        if self.state.taken.contains(run) {
            self.ports.runs.attach(run, u64::MAX)?;
            self.ports.runs.halt(run, Halt::Kill)?;
            self.ports.runs.settle(run)?;
        }
        Ok(())
    }

    /// What a run is to be started with.
    fn spec(
        &mut self,
        run: &RunId,
        task: &TaskId,
        work: &Work,
        resume: Option<&SessionId>,
    ) -> Result<RunSpec, StoreError> {
        let program = match work {
            Work::Leg {
                leg,
                agent,
                attempt,
            } => {
                let Self { ports, state, .. } = self;
                agent_program(
                    &mut ports.store,
                    ports.git.as_ref(),
                    state,
                    task,
                    (*leg, agent, *attempt),
                    resume,
                )?
            }
            Work::Gate { gate, .. } => RunProgram::Shell {
                command: gate_command(&self.state, gate)?,
            },
        };
        let dir = self
            .place(task)
            .map(|place| place.path.clone())
            .ok_or_else(|| no_place(task))?;
        Ok(RunSpec {
            run: run.clone(),
            task: task.clone(),
            work: work.clone(),
            dir,
            program,
        })
    }

    fn start_run(
        &mut self,
        run: &RunId,
        task: &TaskId,
        work: &Work,
        resume: Option<&SessionId>,
    ) -> Outcome {
        if self.state.runs.contains_key(run) {
            return Ok(overtaken("it was started already"));
        }
        if !is_wanted(self.state.step(task), work) {
            self.end_unwanted(run)?;
            return Ok(overtaken("the task was taken elsewhere"));
        }
        // Decided is not started: the configuration may have changed since, also while no engine was there.
        if !self.state.trusted {
            self.end_unwanted(run)?;
            return Err(not_accepted());
        }
        let spec = match self.spec(run, task, work, resume) {
            Ok(spec) => spec,
            // A try before a crash may have got further than this one.
            Err(error) => {
                self.end_unwanted(run)?;
                return Err(error);
            }
        };
        let started = Fact::RunStarted {
            run: run.clone(),
            task: task.clone(),
            work: work.clone(),
            session: None,
            resumed: resume.is_some(),
        };
        match self.ports.runs.start(&spec) {
            Ok(session) => {
                self.state.heard.insert(run.clone(), self.ports.clock.now());
                Ok(engine_says(with_session(started, session)))
            }
            // That a program cannot be started is an end of the run, with a name, and not a fault of the engine.
            Err(error) => {
                let end = RunEnd::CouldNotStart {
                    message: error.to_string(),
                };
                let ended = Fact::RunEnded {
                    run: run.clone(),
                    end,
                    tail: String::new(),
                };
                Ok(vec![(Actor::Engine, started), (Actor::Engine, ended)])
            }
        }
    }

    fn place(&self, task: &TaskId) -> Option<&Place> {
        self.state
            .tasks
            .get(task)
            .and_then(|found| found.place.as_ref())
    }

    fn tree(&self, task: &TaskId) -> Result<Worktree, StoreError> {
        if let Some(place) = self.place(task) {
            return Ok(Worktree::from(place));
        }
        self.ports
            .git
            .find_worktree(task)?
            .ok_or_else(|| no_place(task))
    }

    fn say(&mut self, run: &RunId, say: &orchestron_domain::signal::Say) -> Outcome {
        if self
            .state
            .runs
            .get(run)
            .is_none_or(|found| !found.is_live())
        {
            return Ok(overtaken("the run is over"));
        }
        self.ports.runs.say(run, say)?;
        Ok(overtaken("said"))
    }

    fn halt(&mut self, run: &RunId, halt: Halt, end: &RunEnd) -> Outcome {
        if self
            .state
            .runs
            .get(run)
            .is_none_or(|found| !found.is_live())
        {
            return Ok(overtaken("the run is over"));
        }
        let failed = self.ports.runs.halt(run, halt).err();
        // A rung that could not be taken is told and counts as taken: the next one comes in its time, and none is tried for ever.
        let failed = failed.map(|error| Fact::CommandFailed {
            command: Box::new(Command::HaltRun {
                run: run.clone(),
                halt,
                end: end.clone(),
            }),
            error: error.to_string(),
        });
        let halting = Fact::RunHalting {
            run: run.clone(),
            end: end.clone(),
            halt,
        };
        let facts = failed.into_iter().chain([halting]);
        Ok(facts.map(|fact| (Actor::Engine, fact)).collect())
    }

    fn commit_work(&mut self, task: &TaskId, holder: &Holder, note: &str) -> Outcome {
        // What somebody took meanwhile is not committed in another's name.
        if !matches!(self.state.step(task), Step::Committing { holder: now, .. } if now == holder) {
            return Ok(overtaken("the task was taken elsewhere"));
        }
        let tree = self.tree(task)?;
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        let author = name_of(holder);
        let title = self
            .state
            .cards
            .get(task)
            .map_or("", |card| card.title.as_str());
        let note: String = note.chars().take(MESSAGE_NOTE).collect();
        let message = format!("{task}: {title}\n\n{note}\n\nTask: {task}\nAgent: {author}\n");
        let (commit, changed) = self.ports.git.commit_all(&tree, &base, &author, &message)?;
        if let Some(tip) = commit.clone() {
            self.ports.store.edit(task, |file| {
                file.set_git_context(None, Some(&tip.0), None).map(|_| ())
            })?;
        }
        let mut facts = Vec::new();
        if self.place(task).is_none() {
            // The log was lost, or the worktree was made by hand: the gates have to know of it, too.
            facts.extend(engine_says(Fact::WorktreeReady {
                task: task.clone(),
                path: tree.path,
                branch: tree.branch,
                base: tree.base,
            }));
        }
        facts.extend(engine_says(Fact::Committed {
            task: task.clone(),
            commit,
            changed,
        }));
        Ok(facts)
    }

    #[allow(clippy::too_many_arguments)] // the fields of one command
    fn hand_off(
        &mut self,
        open: &OpenCommand,
        task: &TaskId,
        leg: Leg,
        holder: &Holder,
        note: &str,
        at: Time,
        to: Option<(Status, Status)>,
    ) -> Outcome {
        let from = to.map_or(Status::Review, |(from, _)| from);
        let card = self.ports.store.find(task)?.card;
        if card.is_some_and(|card| card.status != from) {
            return Ok(overtaken("the task had been moved already"));
        }
        let who = name_of(holder);
        self.ports.store.edit(task, |file| {
            file.append_handoff(leg, &who, at, note)?;
            file.set_last_updated(at).map(|_| ())
        })?;
        let told = Fact::HandedOff {
            task: task.clone(),
            leg,
            holder: holder.clone(),
            note: note.to_owned(),
        };
        match to {
            Some(places) => self.moved(open, task, places, vec![(Actor::Engine, told)]),
            None => Ok(engine_says(told)),
        }
    }

    fn send_back(&mut self, open: &OpenCommand, back: &SendBack) -> Outcome {
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
        self.ports.store.edit(&back.task, |file| {
            if gate {
                file.set_error_context(&line)
            } else {
                file.append_review_feedback(&line)
            }
            .map(|_| ())
        })?;
        let fact = Fact::SentBack {
            task: back.task.clone(),
            feedback: back.feedback,
            why: back.why.clone(),
            counts: back.counts,
        };
        if self.state.status(&back.task) == Some(Status::Ready) {
            return Ok(engine_says(fact));
        }
        self.moved(
            open,
            &back.task,
            (back.from, Status::Ready),
            vec![(Actor::Engine, fact)],
        )
    }

    fn fail(&mut self, open: &OpenCommand, task: &TaskId, from: Status, why: &str) -> Outcome {
        self.ports
            .store
            .edit(task, |file| file.set_error_context(why).map(|_| ()))?;
        self.moved(
            open,
            task,
            (from, Status::Failed),
            vec![(
                Actor::Engine,
                Fact::Failed {
                    task: task.clone(),
                    why: why.to_owned(),
                },
            )],
        )
    }

    /// Gives the task back to whoever prepares tasks, with all that went wrong.
    fn rethink(&mut self, open: &OpenCommand, task: &TaskId, from: Status, why: &str) -> Outcome {
        let rungs = self.state.tasks.get(task).map(|found| &found.ladder);
        let rungs = rungs.into_iter().flatten().map(String::as_str);
        let tried: Vec<_> = rungs.chain([why]).collect();
        let context = format!(
            "Nobody got this done. Prepare it anew: look at what went wrong, and make it smaller, clearer or split it.\n{}",
            tried.join("\n")
        );
        self.ports
            .store
            .edit(task, |file| file.set_error_context(&context).map(|_| ()))?;
        let told = Fact::Rethought {
            task: task.clone(),
            why: why.to_owned(),
        };
        let facts = vec![(Actor::Engine, told)];
        self.moved(open, task, (from, Status::Pending), facts)
    }

    /// Whether a leg is no longer to be given to anybody: the task stands elsewhere, or somebody took it meanwhile.
    fn is_past(&self, task: &TaskId, leg: Leg) -> bool {
        self.state.status(task).and_then(leg_of) != Some(leg)
            || *self.state.step(task) != Step::Idle
    }

    fn merge(&mut self, task: &TaskId, commit: Option<&CommitId>, note: Option<&str>) -> Outcome {
        // Approved is not merged yet: whoever moved the task meanwhile, also while no engine was there, has taken that back.
        if *self.state.step(task) != Step::Merging || self.was_moved_by_others(task)? {
            return Ok(overtaken("the task was taken elsewhere"));
        }
        let base = base_branch(&self.ports.store, self.ports.git.as_ref(), &self.state)?;
        if !self.state.git {
            return Ok(engine_says(Fact::Merged {
                task: task.clone(),
                commit: None,
                into: base,
            }));
        }
        let Some(tree) = self
            .place(task)
            .map(Worktree::from)
            .or(self.ports.git.find_worktree(task)?)
        else {
            return Ok(engine_says(Fact::Merged {
                task: task.clone(),
                commit: None,
                into: base,
            }));
        };
        let message = merge_message(&self.state, task, note);
        Ok(engine_says(
            match self.ports.git.merge(&tree, &base, commit, &message)? {
                MergeOutcome::Merged { commit, into } => Fact::Merged {
                    task: task.clone(),
                    commit,
                    into,
                },
                MergeOutcome::Refused { files, why } => Fact::MergeRefused {
                    task: task.clone(),
                    files,
                    why,
                    commit: commit.cloned(),
                },
            },
        ))
    }

    fn remove_worktree(&mut self, task: &TaskId) -> Outcome {
        let tree = self
            .place(task)
            .map(Worktree::from)
            .or(self.ports.git.find_worktree(task)?);
        let saved = match tree.filter(|tree| tree.branch.is_some()) {
            Some(tree) => self.ports.git.remove_worktree(task, &tree)?,
            None => None,
        };
        Ok(engine_says(Fact::WorktreeRemoved {
            task: task.clone(),
            saved,
        }))
    }

    /// The same question is never asked twice at a time, and nothing is asked about a task that was taken elsewhere meanwhile.
    fn open_request(
        &mut self,
        open: &OpenCommand,
        task: Option<&TaskId>,
        kind: &RequestKind,
    ) -> Outcome {
        let _held = self.ports.store.locks().store()?;
        if let Some(task) = task
            && (!self.is_open_for(task, kind) || self.was_moved_by_others(task)?)
        {
            return Ok(overtaken("the task was taken elsewhere"));
        }
        let kind = self.bound_to_commit(task, kind)?;
        let asked = self
            .state
            .open_requests()
            .any(|request| request.task.as_ref() == task && is_same(&request.kind, &kind));
        if asked {
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

    /// Whether the task is still where a request of this kind comes from. Whoever moves a task by hand leaves it idle or held.
    fn is_open_for(&self, task: &TaskId, kind: &RequestKind) -> bool {
        match kind {
            RequestKind::Review { .. } => self.state.status(task) == Some(Status::Review),
            other if !other.holds_up() => true,
            // Those about a clash are for as long as there is one.
            RequestKind::Clash { conflict, .. } => {
                let found = self.state.conflicts.get(conflict);
                found.is_some_and(orchestron_domain::conflict::Conflict::is_there)
            }
            _ => !matches!(self.state.step(task), Step::Idle | Step::Held { .. }),
        }
    }

    /// An approval is bound to what was looked at, also when the log that knew the commit is lost.
    fn bound_to_commit(
        &self,
        task: Option<&TaskId>,
        kind: &RequestKind,
    ) -> Result<RequestKind, StoreError> {
        let (Some(task), RequestKind::Review { commit: None }, true) = (task, kind, self.state.git)
        else {
            return Ok(kind.clone());
        };
        let commit = match self.ports.git.find_worktree(task)? {
            Some(tree) => self.ports.git.tip(&tree)?,
            None => None,
        };
        Ok(RequestKind::Review { commit })
    }
}

fn with_session(fact: Fact, session: Option<SessionId>) -> Fact {
    match fact {
        Fact::RunStarted {
            run,
            task,
            work,
            resumed,
            ..
        } => Fact::RunStarted {
            run,
            task,
            work,
            session,
            resumed,
        },
        other => other,
    }
}

/// Whether two requests ask the same. How much money is spent by now makes no other question.
fn is_same(one: &RequestKind, other: &RequestKind) -> bool {
    match (one, other) {
        (RequestKind::Budget { scope, .. }, RequestKind::Budget { scope: asked, .. }) => {
            scope == asked
        }
        _ => one == other,
    }
}

/// Whether the task still waits for this run.
fn is_wanted(step: &Step, work: &Work) -> bool {
    match work {
        Work::Leg { leg, .. } => matches!(step, Step::Starting { leg: now, .. } if now == leg),
        Work::Gate { .. } => matches!(step, Step::Gating { .. }),
    }
}

fn not_accepted() -> StoreError {
    StoreError::Config {
        path: ".mcp/config.yaml and .mcp/agents.yaml".into(),
        said: "what they run was changed and not accepted on this machine; look at it, accept it with `orchestron trust`, then retry".into(),
    }
}

fn gate_command(state: &State, gate: &str) -> Result<String, StoreError> {
    state
        .config
        .gates
        .iter()
        .find(|found| found.name == gate)
        .map(|found| found.run.clone())
        .ok_or_else(|| StoreError::Config {
            path: ".mcp/config.yaml".into(),
            said: format!("the gate `{gate}` is not there any more"),
        })
}

fn no_place(task: &TaskId) -> StoreError {
    PortError {
        doing: "cannot find",
        what: format!("the worktree of {task}"),
        said: "it was never made, or somebody removed it".into(),
        cure: Some(
            "move the task to ready; it is made anew from its branch when the task is claimed"
                .into(),
        ),
        kind: PortErrorKind::Missing,
    }
    .into()
}

/// A holder's name for files and commits.
fn name_of(holder: &Holder) -> String {
    match holder {
        Holder::Agent(name) | Holder::Outside(name) => name.to_string(),
        Holder::Person => "person".to_owned(),
        Holder::Nobody => "nobody".to_owned(),
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

/// The merge commit tells what was checked, at which commit, and who approved.
fn merge_message(state: &State, task: &TaskId, note: Option<&str>) -> String {
    let title = state.cards.get(task).map_or("", |card| card.title.as_str());
    let mut text = format!("Merge {task}: {title}\n\n");
    if let Some(note) = note {
        text.push_str(note);
        text.push_str("\n\n");
    }
    if let Some(found) = state.tasks.get(task) {
        for receipt in found
            .receipts
            .iter()
            .filter(|receipt| receipt.passed == Some(true) && receipt.commit == found.commit)
        {
            let commit = receipt
                .commit
                .as_ref()
                .map_or("", |commit| commit.0.as_str());
            text.push_str(&format!("Gate: {} passed at {commit}\n", receipt.gate));
        }
        if let Step::Merging = found.step {
            text.push_str("Approved-by: person\n");
        }
    }
    text.push_str(&format!("Task: {task}\n"));
    text
}
