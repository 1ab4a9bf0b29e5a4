//! How a person looks on while agents work, and steps in.

use clap::Args;

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Only of this task
    pub task: Option<String>,
    /// Only what this session does, beginning with its start: `current` (whoever works now), an agent's name, or a run
    #[arg(long, value_name = "SESSION", conflicts_with = "task")]
    pub session: Option<String>,
}

/// `logs`
#[derive(Debug, Args)]
pub struct Logs {
    /// The task, such as TASK-7, or a run, such as TASK-007-implement-2
    pub what: String,
    /// Go on as it says more, also in the runs that come after; Ctrl-C ends it
    #[arg(long, short)]
    pub follow: bool,
    /// All runs of the task, oldest first; else only the newest
    #[arg(long)]
    pub all: bool,
    /// Tool calls with what they were given and what came back
    #[arg(long, short)]
    pub verbose: bool,
}

/// `say`
#[derive(Debug, Args)]
pub struct Say {
    /// The task, such as TASK-7
    pub task: String,
    /// The words
    pub words: String,
}

/// `intervene`
#[derive(Debug, Args)]
pub struct Intervene {
    /// The task, such as TASK-7
    pub task: String,
    /// What it is to do instead, or must know now
    #[arg(long, short)]
    pub message: String,
}

/// `clarify`
#[derive(Debug, Args)]
pub struct Clarify {
    /// The task, such as TASK-7
    pub task: String,
    /// What is meant
    pub words: String,
    /// The question that this answers, such as R-12, when several are open
    #[arg(long, short, value_name = "REQUEST", value_parser = super::request_id)]
    pub request: Option<u64>,
}

/// `escalate`
#[derive(Debug, Args)]
pub struct Escalate {
    /// The task, such as TASK-7
    pub task: String,
    /// Why it cannot go on, what was tried, what you would do
    #[arg(long, short = 'm', visible_alias = "message")]
    pub why: String,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
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

/// `pause`
#[derive(Debug, Args)]
pub struct Pause {
    /// Only this task; the agent at work on it rests where it is
    #[arg(conflicts_with = "agent")]
    pub task: Option<String>,
    /// Only this agent
    #[arg(long, short)]
    pub agent: Option<String>,
    /// Also what agents do now is interrupted; it goes on where it was with `resume` (a named task: always)
    #[arg(long, conflicts_with = "let_finish")]
    pub now: bool,
    /// What works on the named task goes on to its end
    #[arg(long, requires = "task")]
    pub let_finish: bool,
    /// Why, for those who look later
    #[arg(long, short, visible_alias = "reason")]
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

/// `attach`
#[derive(Debug, Args)]
pub struct Attach {
    /// The task, such as TASK-7
    pub task: String,
    /// Only print the command; nothing is stopped or started
    #[arg(long)]
    pub print: bool,
}
