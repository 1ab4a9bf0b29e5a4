//! The command line, as data. One definition makes parsing, help and completions.

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
  3  no such task, run, request or project
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
    /// Answer a request for a permission, a question, an escalation, a conflict or a budget (`approve` and `reject` answer reviews)
    Answer(Answer),
    /// Follow what happens, until interrupted
    Watch(Watch),
    /// Stop the agent or the gate that works on a task; you are asked what becomes of it
    Stop(Stop),
    /// Start nothing new until `resume`: at all, of one task, or of one agent
    Pause(Pause),
    /// Start again what is ready, after `pause`
    Resume(Resume),
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
    /// Say something to the agent that works on a task
    Say(Say),
    /// What agents and you told each other
    Messages(crate::messages::Messages),
    /// Tell an agent, a role or everyone something; who works now hears it at once, the others when they start
    Send(crate::messages::Send),
    /// Say that a message was read
    Ack(crate::messages::Ack),
    /// Accept what this project's `.mcp` wants to run on this machine; at a terminal it is shown first
    Trust,
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

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Also add `mcp:status`, `mcp:next` and `mcp:create` to package.json
    #[arg(long)]
    pub npm_scripts: bool,
    /// Branch that approved work is merged into; default: the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
}

/// `create`
#[derive(Debug, Args)]
pub struct Create {
    /// What is to be done, in a line
    pub title: String,
    /// P0, P1 or P2
    #[arg(long, short, default_value = "P1")]
    pub priority: String,
    /// Who is to implement it
    #[arg(long, short)]
    pub agent: Option<String>,
    /// What is wanted, in full
    #[arg(long, short)]
    pub goal: Option<String>,
    /// An acceptance criterion (may be repeated)
    #[arg(long = "criterion", short = 'c', value_name = "CRITERION")]
    pub criteria: Vec<String>,
    /// A task that must be done first (may be repeated)
    #[arg(long = "depends-on", short = 'd', value_name = "TASK")]
    pub depends_on: Vec<String>,
    /// A file it will touch (may be repeated)
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    pub files: Vec<String>,
    /// What whoever does it must have: a capability, or `tool: Bash(npm test)` (may be repeated)
    #[arg(long = "needs", short = 'n', value_name = "NEED")]
    pub needs: Vec<String>,
    /// Its place among tasks of its priority: the lower goes first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub order: Option<i32>,
}

/// Ending a leg.
#[derive(Debug, Args)]
pub struct EndLeg {
    /// The task, such as TASK-7
    pub task: String,
    /// What the next holder must know
    #[arg(long, short)]
    pub message: Option<String>,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `fail`
#[derive(Debug, Args)]
pub struct Fail {
    /// The task, such as TASK-7
    pub task: String,
    /// Why
    #[arg(long, short)]
    pub message: Option<String>,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `retry`
#[derive(Debug, Args)]
pub struct Retry {
    /// The task, such as TASK-7
    pub task: String,
    /// What to do differently
    #[arg(long, short)]
    pub message: Option<String>,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `claim`
#[derive(Debug, Args)]
pub struct Holder {
    /// The task, such as TASK-7
    pub task: String,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// The task, such as TASK-7
    pub task: String,
    /// Words for the record and the merge message
    #[arg(long, value_name = "WORDS")]
    pub with_feedback: Option<String>,
    /// Refuse when the branch is not at this commit any more
    #[arg(long)]
    pub commit: Option<String>,
}

/// `reject`
#[derive(Debug, Args)]
pub struct Reject {
    /// The task, such as TASK-7
    pub task: String,
    /// What has to change
    #[arg(long, short)]
    pub message: String,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `next`
#[derive(Debug, Args)]
pub struct Next {
    /// For whom; default: you
    #[arg(long, short)]
    pub agent: Option<String>,
    /// Take it at once
    #[arg(long)]
    pub claim: bool,
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// Only tasks that stand there: pending, ready, in-progress, review, done, failed
    #[arg(long, short)]
    pub status: Option<String>,
    /// Only tasks of this holder: an agent, a tool outside, or `person` for yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `show`
#[derive(Debug, Args)]
pub struct Show {
    /// The task, such as TASK-7
    pub task: String,
    /// With the diff of its branch
    #[arg(long)]
    pub diff: bool,
    /// The task file as it is
    #[arg(long, conflicts_with = "diff")]
    pub raw: bool,
}

/// `log`
#[derive(Debug, Args)]
pub struct Log {
    /// Only of this task
    pub task: Option<String>,
    /// At most so many lines
    #[arg(long, short = 'n', default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub lines: u32,
}

/// `answer`
#[derive(Debug, Args)]
pub struct Answer {
    /// The request, such as R-12 (`orchestron requests` lists them)
    pub request: String,
    /// What you decide
    #[command(flatten)]
    pub what: AnswerWhat,
    /// Words that go with it
    #[arg(long, short)]
    pub message: Option<String>,
}

/// The decision of `answer`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AnswerWhat {
    /// Permission: yes, once
    #[arg(long)]
    pub allow: bool,
    /// Permission: no
    #[arg(long)]
    pub deny: bool,
    /// Question: this
    #[arg(long, value_name = "ANSWER")]
    pub text: Option<String>,
    /// Escalation, conflict: try again
    #[arg(long)]
    pub retry: bool,
    /// Escalation: leave it. Budget: nothing more is spent
    #[arg(long)]
    pub give_up: bool,
    /// Budget: so many dollars more may be spent
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub raise: Option<f64>,
    /// Conflict: send it back to the implementer (with -m)
    #[arg(long, requires = "message")]
    pub changes: bool,
}

/// An amount of dollars above zero.
fn dollars(text: &str) -> Result<f64, String> {
    let amount = text.trim().trim_start_matches('$').parse::<f64>();
    amount
        .ok()
        .filter(|amount| amount.is_finite() && *amount > 0.0)
        .ok_or_else(|| "an amount of dollars is a number above zero, such as 5 or 2.50".to_owned())
}

/// `stop`
#[derive(Debug, Args)]
pub struct Stop {
    /// The task, such as TASK-7, or a run, such as TASK-007-implement-2
    pub what: String,
    /// Why, for those who look later
    #[arg(long, short)]
    pub message: Option<String>,
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Only of this task
    pub task: Option<String>,
}

/// Verbs that look at one task.
#[derive(Debug, Args)]
pub struct OnTask {
    /// The task, such as TASK-7
    pub task: String,
}

/// `pause`
#[derive(Debug, Args)]
pub struct Pause {
    /// Only this task
    #[arg(conflicts_with = "agent")]
    pub task: Option<String>,
    /// Only this agent
    #[arg(long, short)]
    pub agent: Option<String>,
    /// Why, for those who look later
    #[arg(long, short)]
    pub message: Option<String>,
}

/// `resume`
#[derive(Debug, Args)]
pub struct Resume {
    /// Only this task
    #[arg(conflicts_with = "agent")]
    pub task: Option<String>,
    /// Only this agent
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `order`
#[derive(Debug, Args)]
pub struct Order {
    /// The task, such as TASK-7
    pub task: String,
    /// Where it goes
    #[command(flatten)]
    pub place: OrderPlace,
}

/// The place of `order`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct OrderPlace {
    /// This number: the lower goes first; tasks without one come after all that have one
    #[arg(value_name = "N", allow_negative_numbers = true)]
    pub at: Option<i32>,
    /// Before all others
    #[arg(long)]
    pub first: bool,
    /// Before this one
    #[arg(long, value_name = "TASK")]
    pub before: Option<String>,
    /// After this one
    #[arg(long, value_name = "TASK")]
    pub after: Option<String>,
    /// By its age again
    #[arg(long)]
    pub none: bool,
}

/// `conflicts`
#[derive(Debug, Args)]
pub struct Conflicts {
    #[command(subcommand)]
    pub verb: Option<ConflictVerb>,
    /// Also those that are over
    #[arg(long)]
    pub all: bool,
}

/// What to do with conflicts.
#[derive(Debug, Subcommand)]
pub enum ConflictVerb {
    /// Show them
    List {
        /// Also those that are over
        #[arg(long)]
        all: bool,
    },
}

/// `resolve`
#[derive(Debug, Args)]
pub struct Resolve {
    /// The conflict's number, as `conflicts` shows it: 123 or C-123
    #[arg(value_parser = conflict_id)]
    pub conflict: u64,
    /// How
    #[command(flatten)]
    pub how: ResolveHow,
    /// With --queue: which of the two waits; else the later one
    #[arg(long, value_name = "TASK", requires = "queue")]
    pub task: Option<String>,
    /// Why, for the record
    #[arg(long, short = 'm')]
    pub message: Option<String>,
}

/// The way of `resolve`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ResolveHow {
    /// The later task waits until the first is merged, is brought up to it, and goes on
    #[arg(long)]
    pub queue: bool,
    /// The work is taken from its holder and tried again
    #[arg(long)]
    pub reassign: bool,
    /// It is fine as it is
    #[arg(long)]
    pub gone: bool,
}

fn conflict_id(text: &str) -> Result<u64, String> {
    let number = text.strip_prefix("C-").or_else(|| text.strip_prefix("c-"));
    let number = number.unwrap_or(text).parse();
    number.map_err(|_| "a conflict is named by its number, such as 123 or C-123".to_owned())
}

/// `reassign`
#[derive(Debug, Args)]
pub struct Reassign {
    /// The task, such as TASK-7
    pub task: String,
    /// To whom
    #[arg(required_unless_present = "back")]
    pub agent: Option<String>,
    /// Back to whom the chain names
    #[arg(long, conflicts_with = "agent")]
    pub back: bool,
    /// Another leg than the present one: prepare, implement, review
    #[arg(long)]
    pub leg: Option<String>,
    /// Why, for those who look later
    #[arg(long, short)]
    pub message: Option<String>,
}

/// `agents`
#[derive(Debug, Args)]
pub struct Agents {
    /// What to do with them; default: list them
    #[command(subcommand)]
    pub verb: Option<AgentVerb>,
}

/// What to do with agents.
#[derive(Debug, Subcommand)]
pub enum AgentVerb {
    /// Status, work and record of each
    List,
    /// Add one to .mcp/agents.yaml; without `cli` nothing is launched for it
    Add {
        /// Its name
        name: String,
        /// Its keys, such as cli=claude instances=2; one that is repeated becomes a list
        #[arg(value_name = "KEY=VALUE")]
        keys: Vec<String>,
    },
    /// Change one key of one in .mcp/agents.yaml
    Set {
        /// Its name
        name: String,
        /// The key, such as model or instances
        key: String,
        /// Its value; several for a list
        #[arg(required_unless_present = "unset")]
        values: Vec<String>,
        /// Take the key out
        #[arg(long, conflicts_with = "values")]
        unset: bool,
    },
    /// Take one out of .mcp/agents.yaml; its run goes on to its end
    Remove {
        /// Its name
        name: String,
    },
}

/// `say`
#[derive(Debug, Args)]
pub struct Say {
    /// The task, such as TASK-7
    pub task: String,
    /// The words
    pub words: String,
}

/// `priority`
#[derive(Debug, Args)]
pub struct Priority {
    /// The task
    pub task: String,
    /// P0, P1 or P2
    #[arg(value_parser = ["P0", "P1", "P2"], ignore_case = true)]
    pub to: String,
}

/// `keys`
#[derive(Debug, Args)]
pub struct Keys {
    /// What to do with them; default: list the accounts
    #[command(subcommand)]
    pub verb: Option<KeyVerb>,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// Keep a key; it is read from standard input, never from the command line
    Set {
        /// The account agents name in agents.yaml
        #[arg(default_value = "anthropic")]
        account: String,
    },
    /// Forget a key
    Delete {
        /// The account
        account: String,
    },
    /// Ask the account's API whether its key is good; costs nothing
    Test {
        /// The account
        #[arg(default_value = "anthropic")]
        account: String,
    },
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Make everything agree again, without deleting work: what killed processes left, old worktrees (uncommitted work is saved), the index
    #[arg(long)]
    pub fix: bool,
}

/// `undo`
#[derive(Debug, Args)]
pub struct Undo {
    /// The event that tells what is to be undone
    pub event: Option<u64>,
    /// Only show what can be undone
    #[arg(long, conflicts_with = "event")]
    pub list: bool,
}

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    /// Also serve the window's UI on loopback and print its address
    #[arg(long)]
    pub ui: bool,
    /// Port for the UI; 0 = any free one
    #[arg(long, default_value_t = 0, requires = "ui")]
    pub port: u16,
}

/// `mcp`
#[derive(Debug, Args)]
pub struct Mcp {
    /// What to do; default: serve
    #[command(subcommand)]
    pub verb: Option<McpVerb>,
    /// The client is this holder outside and acts in its legs only; default: it is yours, and asks you what you alone may decide
    #[arg(long, short, global = true, value_name = "NAME")]
    pub agent: Option<String>,
}

/// What to do about clients.
#[derive(Debug, Subcommand)]
pub enum McpVerb {
    /// Tell a client of this project how to reach Orchestron
    Install(McpInstall),
}

/// `mcp install`
#[derive(Debug, Args)]
pub struct McpInstall {
    /// The client
    pub client: Client,
    /// Only show what belongs into its configuration
    #[arg(long)]
    pub print: bool,
}

/// Clients whose configuration is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
    /// Gemini CLI
    Gemini,
    /// VS Code
    Vscode,
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to make the sample project; default: a folder in the state directory, made anew
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Also serve the window's UI on loopback and print its address
    #[arg(long)]
    pub ui: bool,
    /// Port for the UI; 0 = any free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Without pauses for watching
    #[arg(long)]
    pub fast: bool,
    /// Only make the project and serve the scripted model, print where both are, and stay until standard input ends
    #[arg(long, hide = true)]
    pub only_model: bool,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
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
