//! Agent and gate processes, what they have said, and what can be started.

use super::PortResult;
pub use orchestron_domain::heard::Over;
use orchestron_domain::{
    Agent, Halt, RunId, SessionId, TaskId, Time,
    run::Work,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};

/// What to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// What it does.
    pub work: Work,
    /// Where.
    pub dir: String,
    /// An agent, or a gate's shell command.
    pub program: RunProgram,
}

/// What program a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunProgram {
    /// A coding agent.
    Agent {
        /// Its configuration.
        agent: Box<Agent>,
        /// The conversation to resume; none = a new one.
        resume: Option<SessionId>,
        /// The role text (persona, prompt file, rules of the leg).
        role: String,
        /// The first user message.
        prompt: String,
        /// Whether it may write files (implement) or only read (prepare, review).
        may_write: bool,
    },
    /// A shell command.
    Shell {
        /// The command line.
        command: String,
    },
}

/// A signal with where in the run's output it ended, so that it is never turned into a fact twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What was heard.
    pub signal: Signal,
    /// Offset in `out.jsonl` just behind the line it came from.
    pub offset: u64,
}

/// What a look at a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// New signals, in order.
    pub heard: Vec<Heard>,
    /// Set when the run is over and everything it said was read: its end as far as the process tells it, and the end of its output.
    pub over: Option<Over>,
}

/// Agent and gate processes, each under its keeper, each with its run folder.
pub trait Runs: Send {
    /// Does ahead of time what the start of the next run need not wait for. Cheap when it is done already.
    fn get_ready(&mut self) {}
    /// Starts the keeper. Doing it again for the same run is harmless. Returns the conversation's id.
    fn start(&mut self, spec: &RunSpec) -> PortResult<Option<SessionId>>;
    /// Takes up a run that another engine started, replaying its output from the start; signals up to `read_to` are not told again.
    /// Returns the conversation's id.
    fn attach(&mut self, run: &RunId, read_to: u64) -> PortResult<Option<SessionId>>;
    /// Whether a keeper of this run ever began its work. A run folder alone is no proof: whoever made it may have died before the keeper.
    fn was_started(&self, run: &RunId) -> PortResult<bool>;
    /// Reads what is new.
    fn look(&mut self, run: &RunId) -> PortResult<Look>;
    /// Says something; durable and exactly once, however often it is called with the same content.
    fn say(&mut self, run: &RunId, say: &Say) -> PortResult<()>;
    /// Takes a rung of the stop ladder.
    fn halt(&mut self, run: &RunId, halt: Halt) -> PortResult<()>;
    /// Run folders there are.
    fn found(&self) -> PortResult<Vec<RunId>>;
    /// Removes what is kept of a run that is over; `Held` when its keeper lives.
    fn forget(&mut self, run: &RunId) -> PortResult<()>;
    /// After a run's end: nothing of its process tree is left (sweeps survivors); forgets the run.
    fn settle(&mut self, run: &RunId) -> PortResult<()>;
    /// Which coding agents can be started on this machine.
    fn installed(&self) -> PortResult<Vec<InstalledAgent>>;
}

/// A coding agent's command line on this machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct InstalledAgent {
    /// The `cli` word of agents.yaml.
    pub cli: String,
    /// Where; none when it is not installed.
    pub program: Option<String>,
    /// What it says its version is.
    pub version: Option<String>,
    /// How to install it, or how to mend what is installed and cannot start.
    pub install: String,
    /// What the person should know about what is started, if anything.
    pub remark: Option<String>,
}

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// The run.
    pub run: RunId,
    /// Its keeper lives.
    pub lives: bool,
    /// When it ended, as its keeper told; else when it was last heard of.
    pub ended: Time,
    /// How much is kept.
    pub bytes: u64,
}

/// Processes of a run whose keeper is dead: nobody follows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strays {
    /// The run they carry the mark of.
    pub run: RunId,
    /// Process ids.
    pub pids: Vec<i32>,
}

/// What runs have said, for people; readable without the lease.
pub trait RunLogs: Send + Sync {
    /// Processes that a dead keeper left behind.
    fn strays(&self) -> PortResult<Vec<Strays>> {
        Ok(Vec::new())
    }
    /// Ends those of one run, each checked for the run's mark first, and all below them. Returns how many, and how many are left.
    fn end_strays(&self, _run: &RunId) -> PortResult<(u32, u32)> {
        Ok((0, 0))
    }
    /// All runs of which something is kept, whether the log knows them or not.
    fn kept(&self) -> PortResult<Vec<KeptRun>>;
    /// Items of a run's transcript from byte `from` of its output, with the offset to go on from.
    fn transcript(
        &self,
        run: &RunId,
        from: u64,
        limit: u32,
    ) -> PortResult<(Vec<TranscriptItem>, u64)>;
    /// The end of a run's plain output (gates).
    fn output_tail(&self, run: &RunId, max_bytes: u32) -> PortResult<String>;
    /// One line on what the run does now (`Edit src/pay.rs`), from the end of its output.
    fn doing(&self, run: &RunId) -> PortResult<Option<String>>;
    /// How a person takes the run's conversation over in a terminal; none when it has none, or nothing is kept of it.
    fn take_over(&self, _run: &RunId) -> PortResult<Option<TakeOver>> {
        Ok(None)
    }
}

/// A program to be started by a person in a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakeOver {
    /// The program.
    pub program: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Where.
    pub dir: String,
    /// Variables it needs beside the person's own.
    pub env: Vec<(String, String)>,
}

/// What can be started on this machine.
pub trait Programs: Send + Sync {
    /// Known coding agents, installed or not, with their versions. Asks each program, which takes a while.
    fn installed(&self) -> PortResult<Vec<InstalledAgent>>;

    /// The same without versions: looks only whether the programs are there.
    fn found(&self) -> PortResult<Vec<InstalledAgent>> {
        self.installed()
    }

    /// Which of these programs are on this machine, in this order.
    fn among(&self, names: &[&str]) -> PortResult<Vec<String>>;

    /// Starts a program for the person at this machine, without a shell, and does not wait for it.
    fn open(&self, argv: &[String], folder: &str) -> PortResult<()>;
}
