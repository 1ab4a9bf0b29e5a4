//! Looking at tasks and at what happened.

use clap::Args;

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
