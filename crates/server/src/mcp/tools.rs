//! The tools, as a table: what each is for, what it takes, who may use it, and the one operation it is.
//!
//! The tables hold nothing that an operation does not do; there is a file for each subject, listed in [`TABLES`]. A tool that a caller
//! may not use is not in the list that the caller sees.

mod runs;
mod step_in;
mod talk;
mod tasks;
mod workflows;

use super::{
    replies::Shape,
    schema::{Field, Kind},
};
use orchestron_operations::{caller::Caller, edit::SECTIONS, once::Repeat};
use serde_json::{Map, Value};

/// A tool.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// What a client shows a person.
    pub title: &'static str,
    /// What it is for, in words for a model.
    pub about: &'static str,
    /// What it takes.
    pub takes: &'static [Field],
    /// How the operation wants it.
    pub asks: Asks,
    /// What it gives.
    pub gives: Shape,
    /// The operation.
    pub operation: &'static str,
    /// What it does to the project.
    pub effect: Effect,
    /// How a repetition is answered.
    pub repeat: Repeat,
    /// Who may use it.
    pub who: &'static [Role],
}

/// How a tool's input becomes the operation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// As it was given.
    AsGiven,
    /// What a holder knows of its work is inside an object `context`.
    Context,
    /// What waits for the caller itself.
    OwnInbox,
    /// As it was given, of the run's own task.
    OfOwnTask,
    /// The context of the run's own task.
    ContextOfOwnTask,
    /// As it was given; nothing is done, only shown.
    OnlyShown,
    /// A list `set` of `name=value`, and the client's key as the name of what is made.
    Settings,
}

/// What a tool does to the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Reads,
    /// Adds to it.
    Adds,
    /// Changes what is there, or ends something.
    Changes,
}

/// For whom tools are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The person's own client.
    Person,
    /// A holder outside, connected under its name.
    Holder,
    /// A run that prepares or implements.
    Worker,
    /// A run that reviews.
    Reviewer,
}

impl Role {
    /// What a caller is here; none for those who have no tools (a run that is over, a gate).
    pub fn of(caller: &Caller) -> Option<Self> {
        match caller {
            Caller::Person => Some(Self::Person),
            Caller::Holder { .. } => Some(Self::Holder),
            Caller::Run { reviews: true, .. } => Some(Self::Reviewer),
            Caller::Run { .. } => Some(Self::Worker),
            Caller::Nobody => None,
        }
    }
}

/// A cursor and a limit are the pages' own; no operation sees them.
pub const CURSOR: &str = "cursor";
/// See [`CURSOR`].
pub const LIMIT: &str = "limit";
/// How long a call may wait for something to do.
pub const WAIT: &str = "wait_seconds";
/// What `request_help` does, for a run and for a holder outside.
const ASKS_PERSON: &str = "Asks the person and waits for the answer. With `default` and `deadline_minutes` you go on with your default when nobody answers; that approves nothing. Not answered yet: call again with `request`.";
/// The client's own name for a call, under which a repetition is known.
pub const KEY: &str = "key";
/// Fields that are the protocol's and not the operation's.
pub const OURS: [&str; 4] = [CURSOR, LIMIT, WAIT, KEY];

pub use workflows::made as made_of_workflows;

const OUTSIDE: &[Role] = &[Role::Person, Role::Holder];
const PERSON: &[Role] = &[Role::Person];
const RUNS: &[Role] = &[Role::Worker, Role::Reviewer];
const TASK: Field = Field::needed("task", "", Kind::Task);
const NOTE: Field = Field::needed(
    "note",
    "For the next holder: what you did, what you checked, what is left.",
    Kind::Text,
);
const STUCK: Field = Field::needed(
    "note",
    "Why it cannot go on, what was tried, what you would do.",
    Kind::Text,
);
const REPEATED: Field = Field::maybe(
    KEY,
    "Your name for this call: nothing is done twice under it.",
    Kind::Text,
);
const NEXT_PAGE: Field = Field::maybe(CURSOR, "`next_cursor` of the page before.", Kind::Text);
const SECTION: Field = Field::needed("section", "", Kind::Choice(SECTIONS));
const TEXT: Field = Field::needed(
    "text",
    "Markdown without the heading. Who implements ticks boxes: the list again with `- [x]`.",
    Kind::Text,
);
const VERDICT: Field = Field::needed(
    "verdict",
    "`approve` when it is good as it is, `changes` when it must go back.",
    Kind::Choice(&["approve", "changes"]),
);
const WHY: Field = Field::needed(
    "note",
    "Why; for `changes`, each point with file and line.",
    Kind::Text,
);

/// All tools, in the order in which they are listed, by subject.
pub const TABLES: &[&[Tool]] = &[
    tasks::ALL,
    step_in::ALL,
    talk::ALL,
    workflows::ALL,
    runs::ALL,
];

/// The tools that a caller sees.
pub fn of(role: Option<Role>) -> impl Iterator<Item = &'static Tool> {
    TABLES
        .iter()
        .copied()
        .flatten()
        .filter(move |tool| role.is_some_and(|role| tool.who.contains(&role)))
}

/// The operation's input: what was given, without what is the protocol's own.
pub fn input_of(tool: &Tool, given: &Map<String, Value>, caller: &Caller) -> Map<String, Value> {
    let theirs = given
        .iter()
        .filter(|(name, value)| !OURS.contains(&name.as_str()) && !value.is_null());
    let mut input: Map<String, Value> = theirs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let own = |input: &mut Map<String, Value>| {
        if let Caller::Run { task, .. } = caller {
            input.insert("task".to_owned(), Value::String(task.clone()));
        }
    };
    match tool.asks {
        Asks::AsGiven => {}
        Asks::OnlyShown => step_in::only_shown(&mut input),
        Asks::OfOwnTask => own(&mut input),
        Asks::Context => input = with_context(input),
        Asks::ContextOfOwnTask => {
            input = with_context(input);
            own(&mut input);
        }
        Asks::Settings => workflows::settings(&mut input, given),
        Asks::OwnInbox => {
            let name = match caller {
                Caller::Holder { name } => name,
                Caller::Run { agent, .. } => agent,
                Caller::Person | Caller::Nobody => "person",
            };
            input.insert("inbox".to_owned(), Value::String(name.to_owned()));
        }
    }
    input
}

/// What a holder knows of its work, apart from the other fields.
fn with_context(input: Map<String, Value>) -> Map<String, Value> {
    let known = |name: &str| CONTEXT.iter().any(|field| field.name == name);
    let (context, mut input): (Map<_, _>, Map<_, _>) =
        input.into_iter().partition(|(name, _)| known(name));
    if !context.is_empty() {
        input.insert("context".to_owned(), Value::Object(context));
    }
    input
}

/// What a holder knows of its work.
const CONTEXT: [Field; 6] = [
    Field::maybe("now", "What you are at.", Kind::Text),
    Field::maybe("completed", "", Kind::Texts),
    Field::maybe("next", "", Kind::Texts),
    Field::maybe("decisions", "Each with its why.", Kind::Texts),
    Field::maybe("questions", "", Kind::Texts),
    Field::maybe("pointers", "Files and lines, commits.", Kind::Texts),
];
const NOW: Field = CONTEXT[0];
const COMPLETED: Field = CONTEXT[1];
const NEXT: Field = CONTEXT[2];
const DECISIONS: Field = CONTEXT[3];
const QUESTIONS: Field = CONTEXT[4];
const POINTERS: Field = CONTEXT[5];

#[cfg(test)]
mod tests {
    use super::{Role, TABLES, of};
    use orchestron_operations::ALL as OPERATIONS;
    use std::collections::BTreeSet;

    #[test]
    fn every_tool_is_one_operation_and_its_name_is_unique_for_each_caller() {
        for role in [Role::Person, Role::Holder, Role::Worker, Role::Reviewer] {
            let mut names = BTreeSet::new();
            for tool in of(Some(role)) {
                assert!(names.insert(tool.name), "{} twice for {role:?}", tool.name);
                assert!(
                    OPERATIONS.iter().any(|found| found.name == tool.operation),
                    "{} is no operation",
                    tool.operation
                );
            }
            assert!(!names.is_empty());
        }
        assert_eq!(of(None).count(), 0);
    }

    #[test]
    fn a_reading_tool_is_a_reading_operation() {
        for tool in TABLES.iter().copied().flatten() {
            let operation = OPERATIONS.iter().find(|found| found.name == tool.operation);
            let writes = operation.unwrap().writes;
            let reads = tool.effect == super::Effect::Reads;
            let shows = tool.asks == super::Asks::OnlyShown;
            assert!(!(reads && writes) || shows, "{} writes", tool.name);
        }
    }
}
