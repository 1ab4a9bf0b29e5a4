//! `watch`, and the lines `run` prints: events as they come.

use crate::{
    args::{Common, Watch},
    failure::Failure,
    here,
    output::{BLUE, DIM, GREEN, Output, RED, YELLOW, one_line},
};
use anstyle::Style;
use orchestron_adapters::project::Project;
use orchestron_domain::{AgentName, Run};
use orchestron_operations::{
    Context,
    events::Following,
    wire::{EventView, EventsView, input},
};
use std::{borrow::Cow, collections::BTreeSet, sync::Arc, time::Duration};

/// How long to wait for a change before looking again anyway.
const PATIENCE: Duration = Duration::from_secs(30);
/// Events of a task among which those of a session are looked for.
const EARLIER: u32 = 200;

/// Prints each event once, in order.
pub struct Follower {
    context: Context,
    following: Following,
    /// Only what these runs do, and only until they are over.
    only: Option<BTreeSet<String>>,
}

impl Follower {
    /// Begins with what comes after now.
    pub fn from_now(project: &Project, task: Option<&str>) -> Result<Self, Failure> {
        let mut context = here::context(project)?;
        let following = Following::from_now(&mut context, task)?;
        Ok(Self {
            context,
            following,
            only: None,
        })
    }

    /// Tells from now on only what one session does (`current`: all who work now), after what it did since its start.
    fn only(&mut self, session: &str, output: &Output) -> Result<(), Failure> {
        let story = self.context.store.story()?;
        let wanted = |run: &&Run| {
            let name = run.agent().map(AgentName::as_str);
            session == "current" || run.id.as_str() == session || name == Some(session)
        };
        let runs: Vec<&Run> = story
            .live_runs()
            .filter(|run| run.leg().is_some())
            .filter(wanted)
            .collect();
        if runs.is_empty() {
            let who = match session {
                "current" => "nobody works now".to_owned(),
                name => format!("`{name}` does not work now"),
            };
            return Err(Failure::Refused {
                what: who,
                cure: "`orchestron watch` follows whatever happens; `orchestron logs TASK` shows what was said".to_owned(),
            });
        }
        for run in runs {
            self.since_start(run, output)?;
            self.only.get_or_insert_default().insert(run.id.to_string());
        }
        Ok(())
    }

    /// What a run did until now.
    fn since_start(&mut self, run: &Run, output: &Output) -> Result<(), Failure> {
        let id = run.id.to_string();
        let page = input::Events {
            task: Some(run.task.to_string()),
            limit: Some(EARLIER),
            ..input::Events::default()
        };
        let page: EventsView = here::ask(&mut self.context, "events", &page)?;
        let own = page.events.iter().rev();
        for event in own.filter(|event| event.run.as_deref() == Some(&id)) {
            print_event(event, output)?;
        }
        Ok(())
    }

    /// Whether all that is followed has ended.
    fn is_over(&self) -> Result<bool, Failure> {
        let Some(only) = &self.only else {
            return Ok(false);
        };
        let story = self.context.store.story()?;
        let live = story.live_runs().any(|run| only.contains(run.id.as_str()));
        Ok(!live)
    }

    /// Prints what is new.
    pub fn print_new(&mut self, output: &Output) -> Result<(), Failure> {
        while let Some(page) = self.following.page(&self.context)? {
            let wanted = |event: &&EventView| match (&self.only, &event.run) {
                (None, _) => true,
                (Some(only), Some(run)) => only.contains(run),
                (Some(_), None) => false,
            };
            for event in page.iter().filter(wanted) {
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
    let mut changes = project.changes()?;
    let mut follower = Follower::from_now(&project, args.task.as_deref())?;
    if let Some(session) = &args.session {
        follower.only(session, output)?;
    }
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
    while !follower.is_over()? {
        changes.recv_timeout(PATIENCE);
        follower.print_new(output)?;
    }
    Ok(())
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
