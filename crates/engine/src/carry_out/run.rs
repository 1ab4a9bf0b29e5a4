//! Starting, telling and stopping runs.

use super::Outcome;
use crate::{
    context::agent_program,
    engine::Engine,
    ports::{OpenCommand, RunProgram, RunSpec},
    store::StoreError,
};
use orchestron_domain::{
    Actor, Command, Fact, Halt, RunEnd, RunId, SessionId, State, TaskId, carry, run::Work,
};

impl Engine {
    pub(super) fn start_run(
        &mut self,
        run: &RunId,
        task: &TaskId,
        work: &Work,
        resume: Option<&SessionId>,
    ) -> Outcome {
        // Decided is not started: the configuration may have changed since, also while no engine was there.
        if !self.state.trusted {
            return Err(not_accepted());
        }
        let spec = self.spec(run, task, work, resume)?;
        let (session, failed) = match self.ports.runs.start(&spec) {
            Ok(session) => (session, None),
            Err(error) => (None, Some(error.to_string())),
        };
        self.state.heard.insert(run.clone(), self.ports.clock.now());
        let started = carry::started(&self.state, (run, task), work, session, resume.is_some());
        // That a program cannot be started is an end of the run, with a name, and not a fault of the engine.
        let ended = failed.map(|message| Fact::RunEnded {
            run: run.clone(),
            end: RunEnd::CouldNotStart { message },
            tail: String::new(),
        });
        let facts = std::iter::once(started).chain(ended);
        Ok(facts.map(|fact| (Actor::Engine, fact)).collect())
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
                command: gate_command(&self.state, task, gate)?,
            },
        };
        let dir = self
            .place(task)
            .map(|place| place.path.clone())
            .ok_or_else(|| super::work::no_place(task))?;
        Ok(RunSpec {
            run: run.clone(),
            task: task.clone(),
            work: work.clone(),
            dir,
            program,
        })
    }

    /// A start that is void by now, or was refused: an engine that died may have carried it out and not lived to tell. Then what it
    /// started is stopped, and told as the run it is: its end is heard, and what it cost counts. None when nothing was started by it.
    pub(crate) fn stop_started(
        &mut self,
        command: &Command,
        why: &str,
    ) -> Result<Option<Vec<(Actor, Fact)>>, StoreError> {
        let Command::StartRun {
            run, task, work, ..
        } = command
        else {
            return Ok(None);
        };
        if !self.state.taken.contains(run) || self.state.runs.contains_key(run) {
            return Ok(None);
        }
        let session = self.ports.runs.attach(run, 0)?;
        self.ports.runs.halt(run, Halt::Kill)?;
        // A gate costs nothing, and nobody asks what it said. A folder alone is no agent: that one must not begin any more.
        if !matches!(work, Work::Leg { .. }) || !self.ports.runs.was_started(run)? {
            self.ports.runs.settle(run)?;
            return Ok(None);
        }
        self.state.heard.insert(run.clone(), self.ports.clock.now());
        let facts = carry::stopped_at_start(&self.state, (run, task), work, session, why);
        Ok(Some(facts.map(|fact| (Actor::Engine, fact)).into()))
    }

    /// A rung that could not be taken is told and counts as taken: the next one comes in its time, and none is tried for ever.
    pub(super) fn halt(
        &mut self,
        open: &OpenCommand,
        run: &RunId,
        halt: Halt,
    ) -> Vec<(Actor, Fact)> {
        let failed = self.ports.runs.halt(run, halt).err();
        let failed = failed.map(|error| Fact::CommandFailed {
            command: Box::new(open.command.clone()),
            error: error.to_string(),
        });
        let facts = failed.into_iter().chain(carry::ends_in(&open.command));
        facts.map(|fact| (Actor::Engine, fact)).collect()
    }
}

fn not_accepted() -> StoreError {
    StoreError::Config {
        path: ".mcp/config.yaml and .mcp/agents.yaml".into(),
        said: "what they run was changed and not accepted on this machine; look at it, accept it with `orchestron trust`, then retry".into(),
    }
}

fn gate_command(state: &State, task: &TaskId, gate: &str) -> Result<String, StoreError> {
    state
        .gates_of(task)
        .into_iter()
        .find(|found| found.name == gate)
        .map(|found| found.run)
        .ok_or_else(|| StoreError::Config {
            path: ".mcp/config.yaml".into(),
            said: format!("the gate `{gate}` is not there any more"),
        })
}
