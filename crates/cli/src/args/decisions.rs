//! Answers to what waits for a person.

use clap::{Args, Subcommand};

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
    /// Permission: yes, and the same again as long as the task lasts
    #[arg(long)]
    pub allow_alike: bool,
    /// Permission: yes, and this rule lets the agent do it without asking from its next start on, such as `Bash(npm test)`
    #[arg(long, value_name = "RULE")]
    pub allow_always: Option<String>,
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
