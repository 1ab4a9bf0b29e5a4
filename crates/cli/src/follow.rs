//! `watch`, and the lines `run` prints: events as they come.

use crate::{
    args::{Common, Watch},
    failure::Failure,
    here,
    output::{BLUE, DIM, GREEN, Output, RED, YELLOW, one_line},
};
use anstyle::Style;
use orchestron_adapters::project::Project;
use orchestron_domain::Actor;
use orchestron_operations::{
    Context,
    wire::{EventView, EventsView, input},
};
use std::{sync::Arc, time::Duration};

/// Most events printed at once; a longer gap is said.
const PAGE: u32 = 200;
/// How long to wait for a change before looking again anyway.
const PATIENCE: Duration = Duration::from_secs(30);

/// Prints each event once, in order.
pub struct Follower {
    context: Context,
    task: Option<String>,
    seen: u64,
}

impl Follower {
    /// Begins with what comes after now.
    pub fn from_now(project: &Project, task: Option<String>) -> Result<Self, Failure> {
        let context = here::context(project, Actor::Person)?;
        let seen = context.store.log().last()?.0;
        Ok(Self {
            context,
            task,
            seen,
        })
    }

    /// Prints what is new.
    pub fn print_new(&mut self, output: &Output) -> Result<(), Failure> {
        let input = input::Events {
            task: self.task.clone(),
            before: None,
            limit: Some(PAGE),
        };
        let page: EventsView = here::ask(&mut self.context, "events", &input)?;
        let new: Vec<_> = page
            .events
            .iter()
            .rev()
            .filter(|event| event.seq.0 > self.seen)
            .collect();
        for event in &new {
            print_event(event, output)?;
        }
        self.seen = new.last().map_or(self.seen, |event| event.seq.0);
        Ok(())
    }
}

fn print_event(event: &EventView, output: &Output) -> Result<(), Failure> {
    if output.is_json() {
        return output.line(event);
    }
    let style = style_of(event);
    let task = event.task.as_deref().unwrap_or("");
    output.answer(event, |out| {
        writeln!(
            out,
            "{BLUE}{task:<9}{BLUE:#} {style}{}{style:#} {DIM}{}{DIM:#}",
            one_line(&event.text, 160),
            one_line(&event.by, 30)
        )
    })
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
    let mut follower = Follower::from_now(&project, args.task.clone())?;
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
