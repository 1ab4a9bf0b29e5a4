//! `session`, `start`, `release`, `ask`, `progress`, `checkpoint`, `context`: what a holder that you start yourself says of its work.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, Output, YELLOW, plain, since},
};
use clap::{Args, Subcommand};
use orchestron_operations::wire::{
    Big, Done, HelpView, PreparedView, SavedView, SessionStartView, SessionsView, WorkContextView,
    input,
};
use std::io::{self, Write};

/// `session`
#[derive(Debug, Args)]
pub struct Session {
    /// What to do
    #[command(subcommand)]
    pub verb: SessionVerb,
}

/// What to do about sessions.
#[derive(Debug, Subcommand)]
pub enum SessionVerb {
    /// Begin a session, or take up the one that was not ended: the task that is held with what was saved, else the next one
    Start(Start),
    /// The session that goes on, with the task and what was saved
    Show(Whose),
    /// End the session; the task stays its holder's for the next one
    End(End),
    /// Who works now; with --all also who did lately
    List(List),
}

/// `session start`
#[derive(Debug, Args)]
pub struct Start {
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
    /// Only look: take nothing
    #[arg(long)]
    pub look: bool,
}

/// Whose session.
#[derive(Debug, Args)]
pub struct Whose {
    /// Whose; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `session end`
#[derive(Debug, Args)]
pub struct End {
    /// Which task, when several are held
    pub task: Option<String>,
    /// Words for whoever goes on
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,
    /// Give the task back, so that somebody else goes on
    #[arg(long)]
    pub release: bool,
    #[command(flatten)]
    pub known: Known,
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `session list`
#[derive(Debug, Args)]
pub struct List {
    /// Also the newest that are over
    #[arg(long)]
    pub all: bool,
}

/// `start`
#[derive(Debug, Args)]
pub struct StartAgent {
    /// The task
    pub task: String,
    /// Another agent than the chain names
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `release`
#[derive(Debug, Args)]
pub struct Release {
    /// The task
    pub task: String,
    /// Words for whoever goes on
    #[arg(long, short, value_name = "TEXT")]
    pub message: Option<String>,
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `ask`
#[derive(Debug, Args)]
pub struct Ask {
    /// The question; without it, with --request, whether there is an answer
    pub question: Option<String>,
    /// A suggested answer; the one you recommend first
    #[arg(long, value_name = "TEXT")]
    pub option: Vec<String>,
    /// What you go on with when nobody answers in time
    #[arg(long, value_name = "TEXT", requires = "deadline")]
    pub default: Option<String>,
    /// After how many minutes the default stands
    #[arg(long, value_name = "MINUTES", requires = "default")]
    pub deadline: Option<u32>,
    /// The task you hold that it is about
    #[arg(long, value_name = "TASK")]
    pub task: Option<String>,
    /// What was asked before
    #[arg(long, value_name = "NUMBER", conflicts_with = "question")]
    pub request: Option<u64>,
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `progress`
#[derive(Debug, Args)]
pub struct Progress {
    /// The task you hold
    pub task: String,
    /// What you are at, in a few words
    pub step: String,
    /// How much of it is done, 0 to 100
    #[arg(long)]
    pub percent: Option<u32>,
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// What a holder knows of its work.
#[derive(Debug, Default, Args)]
pub struct Known {
    /// What you are at
    #[arg(long, value_name = "TEXT")]
    pub now: Option<String>,
    /// A step that is done
    #[arg(long = "done", value_name = "TEXT")]
    pub completed: Vec<String>,
    /// A step that comes next
    #[arg(long, value_name = "TEXT")]
    pub next: Vec<String>,
    /// A decision, with its why
    #[arg(long = "decision", value_name = "TEXT")]
    pub decisions: Vec<String>,
    /// What is open
    #[arg(long = "question", value_name = "TEXT")]
    pub questions: Vec<String>,
    /// Where to look: `src/pay/card.rs:40`, a commit
    #[arg(long = "pointer", value_name = "TEXT")]
    pub pointers: Vec<String>,
}

impl Known {
    fn view(&self) -> Option<WorkContextView> {
        let view = WorkContextView {
            now: self.now.clone().unwrap_or_default(),
            completed: self.completed.clone(),
            next: self.next.clone(),
            decisions: self.decisions.clone(),
            questions: self.questions.clone(),
            pointers: self.pointers.clone(),
        };
        let lists = [
            &view.completed,
            &view.next,
            &view.decisions,
            &view.questions,
            &view.pointers,
        ];
        let says = !view.now.is_empty() || lists.iter().any(|list| !list.is_empty());
        says.then_some(view)
    }
}

/// `checkpoint`
#[derive(Debug, Args)]
pub struct Checkpoint {
    /// The task
    pub task: String,
    #[command(flatten)]
    pub known: Known,
    /// In whose name; default: yours
    #[arg(long, short, value_name = "NAME")]
    pub agent: Option<String>,
}

/// `context`
#[derive(Debug, Args)]
pub struct ShowContext {
    /// The task
    pub task: String,
    /// Also what does not fit into the 4 kB that are handed over
    #[arg(long)]
    pub whole: bool,
    /// What whoever goes on would get, and what is missing
    #[arg(long, conflicts_with = "whole")]
    pub check: bool,
}

/// `session`
pub fn session(common: &Common, args: &Session, output: &Output) -> Result<(), Failure> {
    match &args.verb {
        SessionVerb::Start(args) => start_session(common, args, output),
        SessionVerb::Show(args) => show(common, args, output),
        SessionVerb::End(args) => {
            let asked = input::SessionEnd {
                note: args.message.clone(),
                context: args.known.view(),
                release: args.release,
                task: args.task.clone(),
                agent: args.agent.clone(),
            };
            settled(common, "session-end", &asked, output)
        }
        SessionVerb::List(args) => {
            let asked = input::Sessions {
                all: args.all,
                holder: None,
            };
            list(common, &asked, output)
        }
    }
}

fn start_session(common: &Common, args: &Start, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let mut asked = input::SessionStart {
        agent: args.agent.clone(),
        look: args.look,
    };
    let mut found: SessionStartView = here.ask("session-start", &asked)?;
    if !args.look && found.work.task.is_some() && here.settle()? {
        // The worktree is there now: the document names it.
        let resumed = found.resumed;
        asked.look = true;
        found = here.ask("session-start", &asked)?;
        found.resumed = resumed;
    }
    output.answer(&found, |out| {
        let how = if found.resumed { "goes on" } else { "begins" };
        writeln!(
            out,
            "{DIM}session {} of {} {how}{}{DIM:#}",
            plain(&found.session.id),
            plain(&found.session.holder),
            match found.messages {
                0 => String::new(),
                messages => format!(" · {messages} messages wait (orchestron messages --inbox)"),
            }
        )?;
        match &found.work.none {
            Some(why) => writeln!(out, "{}", plain(why)),
            None => writeln!(out, "{}", plain(&found.work.document)),
        }
    })
}

fn show(common: &Common, args: &Whose, output: &Output) -> Result<(), Failure> {
    let asked = input::Sessions {
        all: false,
        holder: Some(args.agent.clone().unwrap_or_else(|| "person".to_owned())),
    };
    list(common, &asked, output)
}

fn list(common: &Common, asked: &input::Sessions, output: &Output) -> Result<(), Failure> {
    let found: SessionsView = Here::open(common)?.ask("sessions", asked)?;
    output.answer(&found, |out| {
        if found.sessions.is_empty() {
            return writeln!(out, "no session goes on");
        }
        for session in &found.sessions {
            let task = session.task.as_deref().unwrap_or("no task");
            let until = session
                .until
                .map_or_else(String::new, |until| format!(" · ended {}", since(until)));
            writeln!(
                out,
                "{BOLD}{}{BOLD:#} {} {DIM}on{DIM:#} {}  {DIM}since {}{until}{DIM:#}",
                plain(&session.id),
                plain(&session.holder),
                plain(task),
                since(session.since),
            )?;
            for line in session.note.lines() {
                writeln!(out, "    {}", plain(line))?;
            }
        }
        Ok(())
    })
}

/// A write, and what follows from it when no engine runs.
fn settled(
    common: &Common,
    operation: &str,
    asked: &impl serde::Serialize,
    output: &Output,
) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let mut done: Done = here.ask(operation, asked)?;
    if here.settle()? {
        done.not_done
            .retain(|line| !line.starts_with("no engine is running") || operation == "start");
    }
    output.done(&done)
}

/// `start`
pub fn start(common: &Common, args: &StartAgent, output: &Output) -> Result<(), Failure> {
    let asked = input::Start {
        task: args.task.clone(),
        agent: args.agent.clone(),
    };
    settled(common, "start", &asked, output)
}

/// `release`
pub fn release(common: &Common, args: &Release, output: &Output) -> Result<(), Failure> {
    let asked = input::EndLeg {
        task: args.task.clone(),
        note: args.message.clone(),
        agent: args.agent.clone(),
    };
    settled(common, "release", &asked, output)
}

/// `progress`
pub fn progress(common: &Common, args: &Progress, output: &Output) -> Result<(), Failure> {
    let asked = input::Progress {
        task: Some(args.task.clone()),
        step: args.step.clone(),
        percent: args.percent,
        agent: args.agent.clone(),
    };
    let done: Done = Here::open(common)?.ask("progress", &asked)?;
    output.done(&done)
}

/// `checkpoint`
pub fn checkpoint(common: &Common, args: &Checkpoint, output: &Output) -> Result<(), Failure> {
    let asked = input::Checkpoint {
        task: args.task.clone(),
        context: args.known.view().unwrap_or_else(|| WorkContextView {
            now: String::new(),
            completed: Vec::new(),
            next: Vec::new(),
            decisions: Vec::new(),
            questions: Vec::new(),
            pointers: Vec::new(),
        }),
        agent: args.agent.clone(),
    };
    let done: Done = Here::open(common)?.ask("checkpoint", &asked)?;
    output.done(&done)
}

/// `ask`
pub fn ask(common: &Common, args: &Ask, output: &Output) -> Result<(), Failure> {
    let asked = input::RequestHelp {
        question: args.question.clone(),
        options: args.option.clone(),
        default: args.default.clone(),
        deadline_minutes: args.deadline,
        task: args.task.clone(),
        request: args.request.map(Big),
        agent: args.agent.clone(),
    };
    let found: HelpView = Here::open(common)?.ask("request-help", &asked)?;
    output.answer(&found, |out| match (&found.answer, &found.void) {
        (Some(answer), _) => writeln!(out, "{}", plain(answer)),
        (None, Some(void)) => writeln!(out, "there will be no answer: {}", plain(void)),
        (None, None) => {
            writeln!(out, "R-{} waits for the person", found.request.0)?;
            for line in &found.not_done {
                writeln!(out, "{YELLOW}!{YELLOW:#} {}", plain(line))?;
            }
            writeln!(
                out,
                "  {DIM}next:{DIM:#} `orchestron ask --request {}` tells whether there is an answer",
                found.request.0
            )
        }
    })
}

/// `context`
pub fn context(common: &Common, args: &ShowContext, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    if args.check {
        let asked = input::ForHolder {
            task: args.task.clone(),
            agent: None,
        };
        let found: PreparedView = here.ask("handoff", &asked)?;
        return output.answer(&found, |out| {
            writeln!(out, "version {}", found.version.0)?;
            write_context(out, &found.arrives)?;
            for line in &found.lacks {
                writeln!(out, "{YELLOW}!{YELLOW:#} {}", plain(line))?;
            }
            Ok(())
        });
    }
    let asked = input::ContextLoad {
        task: args.task.clone(),
        whole: args.whole,
    };
    let found: SavedView = here.ask("context-load", &asked)?;
    output.answer(&found, |out| {
        let Some(context) = &found.context else {
            return writeln!(out, "nothing is saved");
        };
        writeln!(
            out,
            "version {} {DIM}by {}{DIM:#}",
            found.version.0,
            plain(found.by.as_deref().unwrap_or_default())
        )?;
        write_context(out, context)?;
        if found.left_out > 0 {
            writeln!(
                out,
                "{DIM}{} entries more: orchestron context {} --whole{DIM:#}",
                found.left_out,
                plain(&found.task)
            )?;
        }
        Ok(())
    })
}

fn write_context(out: &mut dyn Write, context: &WorkContextView) -> io::Result<()> {
    if !context.now.is_empty() {
        writeln!(out, "{BOLD}now{BOLD:#} {}", plain(&context.now))?;
    }
    for (name, list) in [
        ("done", &context.completed),
        ("next", &context.next),
        ("decided", &context.decisions),
        ("open", &context.questions),
        ("look at", &context.pointers),
    ] {
        for entry in list {
            writeln!(out, "{DIM}{name}{DIM:#} {}", plain(entry))?;
        }
    }
    Ok(())
}
