//! `workflow`: templates that make tasks, and how far what they made is.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BLUE, BOLD, DIM, GREEN, Output, RED, YELLOW, plain},
};
use anstyle::Style;
use clap::{Args, Subcommand};
use orchestron_operations::wire::{
    InstanceView, InstanceWord, StatusWord, WorkflowStartView, WorkflowStatusView, WorkflowView,
    WorkflowsView, input,
};
use std::io::{self, Write};

/// `workflow`
#[derive(Debug, Args)]
pub struct Workflow {
    /// What to do; default: list them
    #[command(subcommand)]
    pub verb: Option<WorkflowVerb>,
}

/// What to do with workflows.
#[derive(Debug, Subcommand)]
pub enum WorkflowVerb {
    /// All workflows of `.mcp/workflows`, with what is wrong with them
    List,
    /// One workflow: its parameters and steps
    Show {
        /// Its name
        name: String,
    },
    /// Make its tasks; they wait for one another and go through the chain as all others do
    Start {
        /// Its name
        name: String,
        /// A parameter (may be repeated)
        #[arg(long = "set", short = 's', value_name = "NAME=VALUE")]
        set: Vec<String>,
        /// The name of what is made; started again with the same one, nothing is made twice
        #[arg(long, value_name = "NAME")]
        key: Option<String>,
    },
    /// How far what was made is, step by step
    Status {
        /// Only this one, by its name
        instance: Option<String>,
    },
}

/// `workflow`
pub fn workflow(common: &Common, args: &Workflow, output: &Output) -> Result<(), Failure> {
    match &args.verb {
        None | Some(WorkflowVerb::List) => list(common, output),
        Some(WorkflowVerb::Show { name }) => show(common, name, output),
        Some(WorkflowVerb::Start { name, set, key }) => {
            start(common, name, set, key.as_ref(), output)
        }
        Some(WorkflowVerb::Status { instance }) => status(common, instance.as_ref(), output),
    }
}

fn all(common: &Common) -> Result<WorkflowsView, Failure> {
    Here::open(common)?.ask("workflows", &input::Nothing {})
}

fn list(common: &Common, output: &Output) -> Result<(), Failure> {
    let view = all(common)?;
    output.answer(&view, |out| {
        if view.workflows.is_empty() {
            writeln!(
                out,
                "There are no workflows: write one into .mcp/workflows."
            )?;
        }
        for workflow in &view.workflows {
            let (mark, style) = if workflow.usable {
                ("•", GREEN)
            } else {
                ("!", YELLOW)
            };
            writeln!(
                out,
                "{style}{mark}{style:#} {BOLD}{}{BOLD:#}  {}",
                plain(&workflow.name),
                plain(&workflow.about)
            )?;
            problems(out, workflow)?;
        }
        for made in &view.instances {
            line(out, made)?;
        }
        Ok(())
    })
}

fn problems(out: &mut dyn Write, workflow: &WorkflowView) -> io::Result<()> {
    for problem in &workflow.problems {
        let at = problem
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        writeln!(
            out,
            "  {YELLOW}!{YELLOW:#} {}{at}: {}",
            plain(&problem.path),
            plain(&problem.what)
        )?;
        writeln!(out, "    {DIM}{}{DIM:#}", plain(&problem.cure))?;
    }
    Ok(())
}

fn show(common: &Common, name: &str, output: &Output) -> Result<(), Failure> {
    let view = all(common)?;
    let known: Vec<_> = view
        .workflows
        .iter()
        .map(|workflow| workflow.name.clone())
        .collect();
    let Some(workflow) = view
        .workflows
        .into_iter()
        .find(|workflow| workflow.name == name)
    else {
        return Err(Failure::Usage(format!(
            "there is no workflow `{name}`; there are {}",
            known.join(", ")
        )));
    };
    output.answer(&workflow, |out| {
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {}",
            plain(&workflow.name),
            plain(&workflow.about)
        )?;
        writeln!(out, "{DIM}{}{DIM:#}", plain(&workflow.file))?;
        for parameter in &workflow.parameters {
            let rest = match &parameter.default {
                Some(default) => format!("default: {default}"),
                None => "must be said".to_owned(),
            };
            let choices = match parameter.choices.is_empty() {
                true => String::new(),
                false => format!("; one of {}", parameter.choices.join(", ")),
            };
            writeln!(
                out,
                "  --set {}=…  {} {DIM}({}{}){DIM:#}",
                plain(&parameter.name),
                plain(&parameter.about),
                plain(&rest),
                plain(&choices)
            )?;
        }
        for step in &workflow.steps {
            let after = match step.depends_on.is_empty() {
                true => String::new(),
                false => format!(" {DIM}after {}{DIM:#}", plain(&step.depends_on.join(", "))),
            };
            writeln!(
                out,
                "  {BLUE}{}{BLUE:#}  {}{after}",
                plain(&step.step),
                plain(&step.title)
            )?;
        }
        problems(out, &workflow)
    })
}

fn start(
    common: &Common,
    name: &str,
    set: &[String],
    key: Option<&String>,
    output: &Output,
) -> Result<(), Failure> {
    let mut said = Vec::new();
    for word in set {
        let Some((name, value)) = word.split_once('=') else {
            return Err(Failure::Usage(format!(
                "`{word}` is no NAME=VALUE: write it like --set goal=\"log in\""
            )));
        };
        said.push(input::Set {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    let asked = input::WorkflowStart {
        workflow: name.to_owned(),
        set: said,
        key: key.cloned(),
    };
    let mut here = Here::open(common)?;
    let mut view: WorkflowStartView = here.ask("workflow-start", &asked)?;
    // Tasks that nobody prepares are ready at once; no agent is started by that.
    if !view.again && here.settle()? {
        view.done
            .not_done
            .retain(|line| !line.starts_with("no engine is running"));
        view.done
            .next
            .push("`orchestron run` starts its agents".to_owned());
    }
    if output.is_json() {
        return output.line(&view);
    }
    output.done(&view.done)
}

fn status(common: &Common, instance: Option<&String>, output: &Output) -> Result<(), Failure> {
    let asked = input::WorkflowStatus {
        instance: instance.cloned(),
    };
    let view: WorkflowStatusView = Here::open(common)?.ask("workflow-status", &asked)?;
    output.answer(&view, |out| {
        if view.instances.is_empty() {
            writeln!(out, "Nothing was started from a workflow yet.")?;
        }
        for made in &view.instances {
            line(out, made)?;
            for step in &made.steps {
                let (style, words) = words_of(step.status);
                let rest = step
                    .line
                    .as_ref()
                    .filter(|_| step.status != Some(StatusWord::Done));
                let rest =
                    rest.map_or_else(String::new, |line| format!("  {DIM}{}{DIM:#}", plain(line)));
                writeln!(
                    out,
                    "  {style}{words:<12}{style:#} {} {:<12} {}{rest}",
                    plain(&step.task),
                    plain(&step.step),
                    plain(&step.title)
                )?;
            }
        }
        Ok(())
    })
}

fn words_of(status: Option<StatusWord>) -> (Style, &'static str) {
    status.map_or((RED, "gone"), crate::output::status)
}

fn line(out: &mut dyn Write, made: &InstanceView) -> io::Result<()> {
    let (style, word) = match made.state {
        InstanceWord::Running => (BLUE, "running"),
        InstanceWord::NeedsYou => (YELLOW, "needs you"),
        InstanceWord::Stuck => (RED, "stuck"),
        InstanceWord::Done => (GREEN, "done"),
    };
    writeln!(
        out,
        "{style}{word}{style:#} {BOLD}{}{BOLD:#} {DIM}({}){DIM:#} {} of {} steps done",
        plain(&made.id),
        plain(&made.workflow),
        made.done,
        made.all
    )
}
