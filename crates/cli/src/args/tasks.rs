//! What is done with tasks: writing them, ending legs, deciding about work in review.

use clap::Args;
use orchestron_operations::wire::input::Comment;

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
    /// Words that stay with the work: in the merge message and in the task file
    #[arg(long, value_name = "WORDS")]
    pub with_feedback: Option<String>,
    /// Write them also as the goal of a new task that comes after this one
    #[arg(long, requires = "with_feedback")]
    pub follow_up: bool,
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
    #[arg(long, short, required_unless_present_any = ["comment", "again"])]
    pub message: Option<String>,
    /// Words about lines, with the code they are about: FILE:LINE:TEXT or FILE:LINE-LINE:TEXT; may be repeated
    #[arg(long, value_name = "FILE:LINE:TEXT", value_parser = comment)]
    pub comment: Vec<Comment>,
    /// Accept the part of a file's changes that shows this line; it is to stay as it is
    #[arg(long, value_name = "FILE:LINE", value_parser = place)]
    pub keep: Vec<(String, u32)>,
    /// Send only the part of a file's changes that shows this line back
    #[arg(long, value_name = "FILE:LINE", value_parser = place)]
    pub again: Vec<(String, u32)>,
    /// In whose name; default: yours
    #[arg(long, short)]
    pub agent: Option<String>,
}

/// `src/limit.rs:20-24:what is wrong`
fn comment(text: &str) -> Result<Comment, String> {
    let wrong =
        || "write it like src/limit.rs:20:\"what is wrong\" or src/limit.rs:20-24:\"…\"".to_owned();
    // A name may have a colon of its own: the first that is followed by a line's number counts.
    for (at, _) in text.match_indices(':') {
        let Some((numbers, words)) = text.get(at + 1..).and_then(|rest| rest.split_once(':'))
        else {
            break;
        };
        let (line, to) = numbers.split_once('-').unwrap_or((numbers, numbers));
        if let (Ok(line), Ok(to)) = (line.parse(), to.parse::<u32>()) {
            return Ok(Comment {
                path: text.get(..at).unwrap_or_default().to_owned(),
                line,
                to: (to > line).then_some(to),
                before: false,
                text: words.trim().to_owned(),
            });
        }
    }
    Err(wrong())
}

/// `src/limit.rs:20`
fn place(text: &str) -> Result<(String, u32), String> {
    let found = text
        .rsplit_once(':')
        .and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)));
    found.ok_or_else(|| "write it like src/limit.rs:20".to_owned())
}

/// Verbs that look at one task.
#[derive(Debug, Args)]
pub struct OnTask {
    /// The task, such as TASK-7
    pub task: String,
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

/// `priority`
#[derive(Debug, Args)]
pub struct Priority {
    /// The task
    pub task: String,
    /// P0, P1 or P2
    #[arg(value_parser = ["P0", "P1", "P2"], ignore_case = true)]
    pub to: String,
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
