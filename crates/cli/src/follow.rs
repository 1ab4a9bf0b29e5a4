//! `watch`, and the lines `run` prints: events as they come.

use crate::{
    args::{Common, Watch},
    failure::Failure,
    here,
    output::{BLUE, DIM, GREEN, Output, RED, YELLOW, one_line},
};
use anstyle::Style;
use orchestron_adapters::project::Project;
use orchestron_operations::{Context, events::Following, wire::EventView};
use std::{borrow::Cow, sync::Arc, time::Duration};

/// How long to wait for a change before looking again anyway.
const PATIENCE: Duration = Duration::from_secs(30);

/// Prints each event once, in order.
pub struct Follower {
    context: Context,
    following: Following,
}

impl Follower {
    /// Begins with what comes after now.
    pub fn from_now(project: &Project, task: Option<&str>) -> Result<Self, Failure> {
        let mut context = here::context(project)?;
        let following = Following::from_now(&mut context, task)?;
        Ok(Self { context, following })
    }

    /// Prints what is new.
    pub fn print_new(&mut self, output: &Output) -> Result<(), Failure> {
        while let Some(page) = self.following.page(&self.context)? {
            for event in &page {
                print_event(event, output)?;
            }
        }
        Ok(())
    }
}

fn print_event(event: &EventView, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.line(event);
    }
    if is_detail(event) {
        return Ok(());
    }
    let style = style_of(event);
    let task = event.task.as_deref().unwrap_or("");
    let text = one_line(&without_task(&event.text, task), longest(event));
    output.answer(event, |out| {
        writeln!(out, "{BLUE}{task:<9}{BLUE:#} {style}{text}{style:#}")
    })
}

/// What a person who looks on need not see; `log` and `--json` tell it.
fn is_detail(event: &EventView) -> bool {
    matches!(
        event.kind.as_str(),
        "tool-called" | "run-cost" | "run-turn-ended" | "run-halting" | "run-up" | "worktree-ready"
    ) || event.kind == "run-ended" && event.text.ends_with(" ended")
}

/// The task stands in front already.
fn without_task<'a>(text: &'a str, task: &str) -> Cow<'a, str> {
    let Some(rest) = text.strip_prefix(task) else {
        return text.into();
    };
    if let Some(rest) = rest.strip_prefix("'s ") {
        return format!("its {rest}").into();
    }
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    rest.strip_prefix(' ').unwrap_or(text).into()
}

/// What a person has to do must not be cut off; other lines stay lines.
fn longest(event: &EventView) -> usize {
    match event.kind.as_str() {
        "request-opened" | "failed" | "command-failed" | "merge-refused" => 1000,
        _ => 160,
    }
}

fn style_of(event: &EventView) -> Style {
    match event.kind.as_str() {
        "merged" | "handed-off" => GREEN,
        "failed" | "command-failed" | "sent-back" | "merge-refused" => RED,
        "request-opened" | "paused" | "parked" => YELLOW,
        _ => Style::new(),
    }
}

/// `watch`
pub fn watch(common: &Common, args: &Watch, output: &Output) -> Result<(), Failure> {
    let project = Arc::new(Project::open(&here::root(common)?)?);
    let mut follower = Follower::from_now(&project, args.task.as_deref())?;
    // That there is no such task is said now, not at the first change.
    follower.print_new(output)?;
    if !output.is_json() {
        output.answer(&(), |out| {
            writeln!(
                out,
                "{DIM}Following {}; Ctrl-C ends it.{DIM:#}",
                project.root().display()
            )
        })?;
    }
    let mut changes = project.changes()?;
    loop {
        changes.recv_timeout(PATIENCE);
        follower.print_new(output)?;
    }
}

#[cfg(test)]
mod tests {
    use super::without_task;

    #[test]
    fn the_task_is_said_once() {
        assert_eq!(
            without_task("TASK-001 was merged", "TASK-001"),
            "was merged"
        );
        assert_eq!(
            without_task("TASK-001: cursor is done", "TASK-001"),
            "cursor is done"
        );
        assert_eq!(
            without_task("TASK-001's worktree is gone", "TASK-001"),
            "its worktree is gone"
        );
        assert_eq!(
            without_task("TASK-0012 is there", "TASK-001"),
            "TASK-0012 is there"
        );
        assert_eq!(without_task("the engine started", ""), "the engine started");
    }
}
