//! `open`, `editor`: a file of a task in the person's own editor.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{DIM, Output, plain},
};
use clap::Args;
use orchestron_operations::wire::{Done, EditorView, input};

/// `open`
#[derive(Debug, Args)]
pub struct Open {
    /// The task, such as TASK-7
    pub task: String,
    /// A file of its worktree, perhaps with a line: src/limit.rs:20; without one the worktree itself
    #[arg(value_name = "FILE[:LINE]")]
    pub file: Option<String>,
}

/// `editor`
#[derive(Debug, Args)]
pub struct Editor {
    /// Program and arguments, such as: code -g {file}:{line}. Without any it is told which one is used
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    pub command: Vec<String>,
    /// The first editor that is found again
    #[arg(long, conflicts_with = "command")]
    pub found: bool,
}

/// `open`
pub fn open(common: &Common, args: &Open, output: &Output) -> Result<(), Failure> {
    let (path, line) = match args.file.as_deref() {
        None => (None, None),
        Some(text) => match text
            .rsplit_once(':')
            .map(|(path, line)| (path, line.parse()))
        {
            Some((path, Ok(line))) => (Some(path.to_owned()), Some(line)),
            _ => (Some(text.to_owned()), None),
        },
    };
    let asked = input::Open {
        task: args.task.clone(),
        path,
        line,
    };
    let done: Done = Here::open(common)?.ask("open", &asked)?;
    output.done(&done)
}

/// `editor`
pub fn editor(common: &Common, args: &Editor, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    if args.found || !args.command.is_empty() {
        let command = args.command.clone();
        let done: Done = here.ask("editor-set", &input::EditorSet { command })?;
        return output.done(&done);
    }
    let used: EditorView = here.ask("editor", &input::Nothing {})?;
    output.answer(&used, |out| match &used.command {
        None => writeln!(
            out,
            "no editor is known; name one: orchestron editor code -g {{file}}:{{line}}"
        ),
        Some(command) => {
            let how = if used.is_set { "chosen" } else { "found" };
            writeln!(out, "{} {DIM}({how}){DIM:#}", plain(&command.join(" ")))
        }
    })
}
