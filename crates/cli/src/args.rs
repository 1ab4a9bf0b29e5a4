//! The command line, as data. One definition makes parsing, help and completions. Arguments are grouped by subject; a verb with a file
//! of its own has its arguments there.

mod decisions;
mod looks;
mod project;
mod steps;
mod tasks;

pub use decisions::{Answer, ConflictVerb, Conflicts, Resolve, ResolveHow};
pub use looks::{List, Log, Next, Show};
pub use project::{
    AgentVerb, Agents, Client, Completions, Demo, Doctor, Init, KeyVerb, Keys, Mcp, McpInstall,
    McpToken, McpVerb, Run, Undo,
};
pub use steps::{Attach, Clarify, Escalate, Intervene, Logs, Pause, Resume, Say, Stop, Watch};
pub use tasks::{
    Approve, Create, EndLeg, Fail, Holder, OnTask, Order, Priority, Reassign, Reject, Retry,
};

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// Hands work from one coding agent to the next, and calls you only when a decision is needed.
#[derive(Debug, Parser)]
#[command(name = "orchestron", version, propagate_version = true, after_help = AFTER_HELP, disable_help_subcommand = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// The same for every verb.
    #[command(flatten)]
    pub common: Common,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  refused; the message says why
  2  wrong usage or input
  3  no such task, run, request, conflict or project
  4  held by somebody else
  5  the machine said no (file, git, network)
  6  `next` found nothing
  7  `doctor` found something wrong";

/// Options of every verb.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Print JSON, one document on a line: {"orchestron": 1, "ok": …, "data" | "error": …}; `run` and `watch` print one for each event
    #[arg(long, global = true)]
    pub json: bool,
    /// The project (the folder that holds `.mcp`); default: found from here upwards, also from inside a worktree
    #[arg(long, short = 'C', global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub project: Option<PathBuf>,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// At a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What to do. (`keep` and `key-helper`, which only programs call, are no verbs: see `main`.)
#[derive(Debug, Subcommand)]
#[command(defer = true)] // the arguments of a verb are defined when it is the one that was typed
pub enum Verb {
    /// Set a project up: `.mcp/` with folders, configuration and prompts
    Init(Init),
    /// Write a new task into pending
    Create(Create),
    /// Say that a task is prepared: pending → ready
    Prep(EndLeg),
    /// Take a task to work on: ready → in progress
    Claim(Holder),
    /// Submit your work on a task: it is committed and the gates are run on it
    Review(EndLeg),
    /// End the present leg, whichever it is: prepared, implemented, or reviewed and good
    Complete(EndLeg),
    /// Approve a task in review and merge it
    Approve(Approve),
    /// Send a task in review back to its implementer
    Reject(Reject),
    /// Give a task up: → failed. An agent at work on it is stopped
    Fail(Fail),
    /// Let a failed or stuck task be tried again
    Retry(Retry),
    /// Where everything stands
    Status,
    /// The next task for a holder, with its whole context as one document
    Next(Next),
    /// All tasks
    List(List),
    /// Everything about one task
    Show(Show),
    /// Every reason why a task is not running, and what would change it
    Why(OnTask),
    /// What the approval of a task would start
    Impact(OnTask),
    /// What happened, newest first
    Log(Log),
    /// How well the work goes: throughput, cycle and hand-over time, first pass, human share, utilisation, cost, each with its aim
    Insights(crate::insights::Insights),
    /// The settings of `.mcp/config.yaml`; change one with comments left alone
    Config(crate::config::Config),
    /// What waits for your decision
    Requests,
    /// What the window would tell you now, what it keeps for later, and why (quiet hours, gathered, digest)
    Notices,
    /// Answer a request for a permission, a question, an escalation, a conflict or a budget (`approve` and `reject` answer reviews)
    Answer(Answer),
    /// Follow what happens, until interrupted
    Watch(Watch),
    /// What the agent at work on a task says and does, as you would read it
    Logs(Logs),
    /// Stop the agent or the gate that works on a task; you are asked what becomes of it
    Stop(Stop),
    /// Start nothing new until `resume`: at all, of one task (its agent rests where it is), or of one agent
    Pause(Pause),
    /// Start again what is ready, after `pause`; who rested goes on where it was
    Resume(Resume),
    /// Take an agent's conversation over in a terminal; `resume` gives it back
    Attach(Attach),
    /// Give a task another priority
    Priority(Priority),
    /// Give a task its place among those of its priority
    Order(Order),
    /// What clashes: tasks about the same files, branches that would not merge, work that stalls; and what becomes of it
    Conflicts(Conflicts),
    /// Decide what becomes of a conflict
    Resolve(Resolve),
    /// Give the present leg of a task to another agent
    Reassign(Reassign),
    /// Who works here: status, work and record of each agent; add, change or remove one while everything runs
    Agents(Agents),
    /// Say something to the agent that works on a task; it is heard at the next chance
    Say(Say),
    /// Interrupt what the agent at work on a task does now; it goes on with your words
    Intervene(Intervene),
    /// Answer the open question about a task; when there is none, the words go into its goal, and to who works on it
    Clarify(Clarify),
    /// Have a person decide what becomes of a task; an agent at work on it is stopped
    Escalate(Escalate),
    /// What agents and you told each other
    Messages(crate::messages::Messages),
    /// Tell an agent, a role or everyone something; who works now hears it at once, the others when they start
    Send(crate::messages::Send),
    /// Say that a message was read
    Ack(crate::messages::Ack),
    /// A holder that you start yourself begins to work, and stops
    Session(crate::sessions::Session),
    /// Have a task's agent started before all others, within all limits
    Start(crate::sessions::StartAgent),
    /// Give a leg back before it is done, so that somebody else goes on
    Release(crate::sessions::Release),
    /// Ask the person something, perhaps with a default that stands when nobody answers in time
    Ask(crate::sessions::Ask),
    /// Say how far you are with a task that you hold: a line on its card
    Progress(crate::sessions::Progress),
    /// Add to what is saved of the work on a task: what is done, what comes next, what is open
    Checkpoint(crate::sessions::Checkpoint),
    /// What is saved of the work on a task; with --check what a handover would lack
    Context(crate::sessions::ShowContext),
    /// Open a file of a task, or its worktree, in your editor
    Open(crate::editor::Open),
    /// Which editor `open` and the window use, or which they shall use
    Editor(crate::editor::Editor),
    /// Accept what this project's `.mcp` wants to run on this machine; at a terminal it is shown first
    Trust,
    /// Templates that make tasks: start one, and see how far what it made is
    Workflow(crate::workflows::Workflow),
    /// Git's hooks: gates before a commit, commits linked to their tasks
    Hooks(crate::hooks::Hooks),
    /// API keys, kept in the operating system's keyring
    Keys(Keys),
    /// Check that everything agrees: files, log, git, programs, keys, worktrees, runs
    Doctor(Doctor),
    /// Take back what Orchestron did to files and git, up to 30 days ago; without EVENT: what can be undone
    Undo(Undo),
    /// Run the engine: start agents and follow them (Ctrl-C stops the engine; agents go on)
    Run(Run),
    /// Serve an agent's client over the Model Context Protocol, on standard input and output
    Mcp(Mcp),
    /// Watch the whole chain work on a sample project, with a scripted model: nothing is sent anywhere
    Demo(Demo),
    /// Print completions for a shell
    Completions(Completions),
}

/// A request as people write it: `R-12`, `r-12`, `12`.
pub fn request_id(text: &str) -> Result<u64, String> {
    let number = text.strip_prefix("R-").or_else(|| text.strip_prefix("r-"));
    let number = number.unwrap_or(text).parse();
    number.map_err(|_| format!("`{text}` is no request: write it like R-12"))
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
