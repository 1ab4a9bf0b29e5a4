//! Workflows: templates that make tasks. A template is filled in with what somebody says when it is started; what comes out is drafts of
//! tasks that depend on one another. Nothing here runs anything: the tasks go through the chain as all others do.

use crate::{AgentName, Event, Fact, Leg, Priority, State, TaskId, Time};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};
use thiserror::Error;

/// Longest name of a workflow, parameter or step, in bytes.
const MAX_NAME: usize = 40;
/// Longest name of an instance, in bytes.
const MAX_INSTANCE: usize = 60;
/// Most steps of a workflow.
pub const MAX_STEPS: usize = 50;
/// Longest value of a parameter, in bytes.
pub const MAX_VALUE: usize = 16 * 1024;
/// What was made and is kept in mind; older ones are in the log.
const KEPT: usize = 500;

/// A template that makes tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workflow {
    /// Its name: that of its file.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    /// What is said when it is started.
    pub parameters: Vec<Parameter>,
    /// The tasks it makes, in the order of the file.
    pub steps: Vec<StepTemplate>,
}

/// Something that is said when a workflow is started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What to write there.
    pub about: String,
    /// What holds when nothing is said; none = it must be said.
    pub default: Option<String>,
    /// The values it may have; empty = any.
    pub choices: Vec<String>,
}

/// A task to be made. Its texts have `${name}` where a parameter goes, and `${step.task}` for the task of a step it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepTemplate {
    /// Its name.
    pub name: String,
    /// The title.
    pub title: String,
    /// What is wanted.
    pub goal: String,
    /// Guidance for the implementer.
    pub notes: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Who does which leg, where it says so.
    pub chain: BTreeMap<Leg, AgentName>,
    /// Steps that must be done first.
    pub depends_on: Vec<String>,
    /// Acceptance criteria.
    pub criteria: Vec<String>,
    /// Files it is about.
    pub files: Vec<String>,
    /// What whoever does it must have.
    pub needs: Vec<String>,
    /// Tests that must fail before the work and pass after it.
    pub tests: Vec<String>,
}

/// What was made from a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its name.
    pub instance: String,
    /// The workflow.
    pub workflow: String,
    /// What was said.
    pub parameters: BTreeMap<String, String>,
    /// Each step with its task, in the order of the template.
    pub steps: Vec<(String, TaskId)>,
    /// When; none when that is not known any more.
    #[serde(default)]
    pub at: Option<Time>,
}

/// Where a task belongs that a workflow made: the line under `## Workflow` in its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The workflow.
    pub workflow: String,
    /// What was made from it.
    pub instance: String,
    /// The step.
    pub step: String,
}

/// Why a workflow cannot be started like this.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WorkflowError {
    /// A parameter must be said.
    #[error("`{name}` must be said: {about}")]
    Missing {
        /// The parameter.
        name: String,
        /// What to write there.
        about: String,
    },
    /// There is no such parameter.
    #[error("there is no parameter `{name}`; this workflow has {known}")]
    Unknown {
        /// What was said.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The value is none of those it may have.
    #[error("`{name}` cannot be `{value}`; it is one of {choices}")]
    NoChoice {
        /// The parameter.
        name: String,
        /// What was said.
        value: String,
        /// What it may be.
        choices: String,
    },
    /// The value is too long.
    #[error(
        "`{name}` is longer than {MAX_VALUE} bytes; write it into a file of the project and name the file"
    )]
    TooLong {
        /// The parameter.
        name: String,
    },
    /// Said twice.
    #[error("`{name}` is said twice")]
    Twice {
        /// The parameter.
        name: String,
    },
    /// The texts name something that nobody says.
    #[error(
        "the step `{step}` has `${{{name}}}`, which is neither a parameter nor the task of a step it depends on"
    )]
    Hole {
        /// The step.
        step: String,
        /// What it names.
        name: String,
    },
}

/// Whether this can be the name of a workflow, a parameter or a step.
#[must_use]
pub fn is_name(text: &str) -> bool {
    is_word(text, MAX_NAME)
}

/// Whether this can be the name of an instance.
#[must_use]
pub fn is_instance(text: &str) -> bool {
    is_word(text, MAX_INSTANCE)
}

fn is_word(text: &str, longest: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.len() <= longest
        && ends(text.bytes().next())
        && ends(text.bytes().last())
        && text.bytes().all(inner)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.workflow, self.instance, self.step)
    }
}

impl FromStr for Origin {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(workflow), Some(instance), Some(step), None)
                if is_name(workflow) && is_instance(instance) && is_name(step) =>
            {
                Ok(Self {
                    workflow: workflow.to_owned(),
                    instance: instance.to_owned(),
                    step: step.to_owned(),
                })
            }
            _ => Err(()),
        }
    }
}

/// A piece of a text with holes.
enum Piece<'a> {
    Text(&'a str),
    Hole(&'a str),
}

/// `$${` stands for `${`.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        let hole = from.get(2..).and_then(|inner| inner.split_once('}'));
        match hole {
            _ if before.ends_with('$') => {
                found.push(Piece::Text(before.get(..at - 1).unwrap_or_default()));
                found.push(Piece::Text("${"));
                rest = from.get(2..).unwrap_or_default();
            }
            Some((name, behind)) => {
                found.push(Piece::Text(before));
                found.push(Piece::Hole(name.trim()));
                rest = behind;
            }
            None => break,
        }
    }
    found.push(Piece::Text(rest));
    found
}

/// What a text has holes for.
#[must_use]
pub fn holes(text: &str) -> Vec<&str> {
    let names = pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Hole(name) => Some(name),
        Piece::Text(_) => None,
    });
    names.collect()
}

/// Fills the holes of a text; the name of one that nothing is known for. What is filled in is not looked at again.
fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String, String> {
    let mut filled = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Text(plain) => filled.push_str(plain),
            Piece::Hole(name) => match values.get(name) {
                Some(value) => filled.push_str(value),
                None => return Err(name.to_owned()),
            },
        }
    }
    Ok(filled)
}

impl StepTemplate {
    /// Every text with holes.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let single = [&self.title, &self.goal, &self.notes];
        let lists = [&self.criteria, &self.files, &self.needs, &self.tests];
        let listed = lists.into_iter().flatten().map(String::as_str);
        single.into_iter().map(String::as_str).chain(listed)
    }

    /// The step with every hole filled.
    ///
    /// # Errors
    /// When a text names what nobody says.
    pub fn filled(&self, values: &BTreeMap<String, String>) -> Result<Self, WorkflowError> {
        let one = |text: &String| {
            fill(text, values).map_err(|name| WorkflowError::Hole {
                step: self.name.clone(),
                name,
            })
        };
        let all = |list: &[String]| list.iter().map(one).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            title: one(&self.title)?,
            goal: one(&self.goal)?,
            notes: one(&self.notes)?,
            criteria: all(&self.criteria)?,
            files: all(&self.files)?,
            needs: all(&self.needs)?,
            tests: all(&self.tests)?,
            ..self.clone()
        })
    }
}

impl Workflow {
    /// What holds for each parameter when this is said.
    ///
    /// # Errors
    /// When one is missing, unknown, said twice, too long or none of its choices.
    pub fn values(
        &self,
        said: &[(String, String)],
    ) -> Result<BTreeMap<String, String>, WorkflowError> {
        let mut values = BTreeMap::new();
        for (name, value) in said {
            let Some(found) = self.parameters.iter().find(|one| one.name == *name) else {
                let names: Vec<_> = self
                    .parameters
                    .iter()
                    .map(|one| one.name.as_str())
                    .collect();
                return Err(WorkflowError::Unknown {
                    name: name.clone(),
                    known: if names.is_empty() {
                        "none".to_owned()
                    } else {
                        names.join(", ")
                    },
                });
            };
            if value.len() > MAX_VALUE {
                return Err(WorkflowError::TooLong { name: name.clone() });
            }
            let value = value.trim().to_owned();
            if !found.choices.is_empty() && !found.choices.contains(&value) {
                return Err(WorkflowError::NoChoice {
                    name: name.clone(),
                    value: value.chars().take(80).collect(),
                    choices: found.choices.join(", "),
                });
            }
            if values.insert(name.clone(), value).is_some() {
                return Err(WorkflowError::Twice { name: name.clone() });
            }
        }
        for one in &self.parameters {
            if values.get(&one.name).is_some_and(|value| !value.is_empty()) {
                continue;
            }
            let Some(default) = &one.default else {
                return Err(WorkflowError::Missing {
                    name: one.name.clone(),
                    about: one.about.clone(),
                });
            };
            values.insert(one.name.clone(), default.clone());
        }
        Ok(values)
    }

    /// The steps with each behind those it depends on, else as they stand; those that wait for one another in a circle are left out.
    #[must_use]
    pub fn in_order(&self) -> Vec<&StepTemplate> {
        let mut placed: BTreeSet<&str> = BTreeSet::new();
        let mut ordered = Vec::with_capacity(self.steps.len());
        let mut open: Vec<&StepTemplate> = self.steps.iter().collect();
        loop {
            let next = open.iter().position(|step| {
                step.depends_on
                    .iter()
                    .all(|name| placed.contains(name.as_str()))
            });
            let Some(at) = next else {
                return ordered;
            };
            let step = open.remove(at);
            placed.insert(&step.name);
            ordered.push(step);
        }
    }

    /// Steps that a step waits for, by way of others too.
    #[must_use]
    pub fn before(&self, step: &StepTemplate) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = step.depends_on.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if let Some(known) = self.steps.iter().find(|one| one.name == name)
                && found.insert(known.name.as_str())
            {
                open.extend(known.depends_on.iter().map(String::as_str));
            }
        }
        found
    }
}

/// The name under which a text knows the task of a step.
#[must_use]
pub fn task_hole(step: &str) -> String {
    format!("{step}.task")
}

/// A name for what is made from a workflow that is not taken.
#[must_use]
pub fn free_instance(workflow: &str, taken: impl Fn(&str) -> bool) -> String {
    let named = |n: u32| format!("{workflow}-{n}");
    (1..)
        .map(named)
        .find(|name| !taken(name))
        .unwrap_or_else(|| named(0))
}

/// Changes `state` by a fact about workflows.
pub(crate) fn apply(state: &mut State, event: &Event) {
    let Fact::WorkflowStarted { made } = &event.fact else {
        return;
    };
    let made = Made {
        at: Some(event.at),
        ..made.clone()
    };
    state.workflows.insert(made.instance.clone(), made);
    if state.workflows.len() > KEPT {
        let oldest = state.workflows.values().min_by_key(|made| made.at);
        if let Some(name) = oldest.map(|made| made.instance.clone()) {
            state.workflows.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Origin, Parameter, StepTemplate, Workflow, WorkflowError, fill, free_instance, holes,
        is_name,
    };
    use std::collections::BTreeMap;

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn step(name: &str, depends_on: &[&str]) -> StepTemplate {
        StepTemplate {
            name: name.into(),
            title: format!("{name}: ${{goal}}"),
            depends_on: depends_on.iter().map(|text| (*text).to_owned()).collect(),
            ..StepTemplate::default()
        }
    }

    fn rpiv() -> Workflow {
        Workflow {
            name: "rpiv".into(),
            about: String::new(),
            parameters: vec![
                Parameter {
                    name: "goal".into(),
                    about: "what".into(),
                    ..Parameter::default()
                },
                Parameter {
                    name: "area".into(),
                    default: Some("src".into()),
                    choices: vec!["src".into(), "ui".into()],
                    ..Parameter::default()
                },
            ],
            steps: vec![
                step("verify", &["implement"]),
                step("implement", &["plan"]),
                step("plan", &[]),
            ],
        }
    }

    #[test]
    fn holes_are_filled_once_and_never_in_what_was_filled_in() {
        let known = values(&[("goal", "${area} $${x}"), ("area", "ui")]);
        assert_eq!(
            fill("Do ${goal} in ${ area }, $${not}", &known).unwrap(),
            "Do ${area} $${x} in ui, ${not}"
        );
        assert_eq!(fill("${who}", &known), Err("who".to_owned()));
        assert_eq!(fill("${open", &known).unwrap(), "${open");
        assert_eq!(holes("${a} $${b} ${c.task}"), ["a", "c.task"]);
    }

    #[test]
    fn what_is_said_is_checked_against_the_parameters() {
        let said = |pairs: &[(&str, &str)]| {
            let said: Vec<_> = pairs
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect();
            rpiv().values(&said)
        };
        assert_eq!(
            said(&[("goal", " log in ")]).unwrap(),
            values(&[("goal", "log in"), ("area", "src")])
        );
        assert!(matches!(said(&[]), Err(WorkflowError::Missing { .. })));
        assert!(matches!(
            said(&[("goal", "  ")]),
            Err(WorkflowError::Missing { .. })
        ));
        assert!(matches!(
            said(&[("goal", "x"), ("where", "y")]),
            Err(WorkflowError::Unknown { .. })
        ));
        assert!(matches!(
            said(&[("goal", "x"), ("area", "docs")]),
            Err(WorkflowError::NoChoice { .. })
        ));
        assert!(matches!(
            said(&[("goal", "x"), ("goal", "y")]),
            Err(WorkflowError::Twice { .. })
        ));
    }

    #[test]
    fn steps_are_made_behind_those_they_wait_for() {
        let names = |workflow: &Workflow| {
            workflow
                .in_order()
                .iter()
                .map(|step| step.name.clone())
                .collect::<Vec<_>>()
        };
        let mut workflow = rpiv();
        assert_eq!(names(&workflow), ["plan", "implement", "verify"]);
        let last = &workflow.steps[0];
        assert_eq!(
            workflow.before(last).into_iter().collect::<Vec<_>>(),
            ["implement", "plan"]
        );
        workflow.steps[2].depends_on.push("verify".into());
        assert!(names(&workflow).is_empty(), "a circle has no order");
        assert_eq!(workflow.before(&workflow.steps[0]).len(), 3);
    }

    #[test]
    fn a_task_says_where_it_belongs() {
        let origin: Origin = " rpiv  log-in research ".parse().unwrap();
        assert_eq!(origin.to_string(), "rpiv log-in research");
        for text in [
            "",
            "rpiv login",
            "rpiv log in research",
            "rpiv login re/search",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
        assert!(
            is_name("a")
                && is_name("rpiv-2.x")
                && !is_name("-a")
                && !is_name("a b")
                && !is_name("")
        );
        assert_eq!(free_instance("rpiv", |name| name == "rpiv-1"), "rpiv-2");
    }
}
