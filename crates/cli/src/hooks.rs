//! `hooks`: lets git's hooks call Orchestron, and puts them back as they were.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{DIM, GREEN, Output, YELLOW, plain},
};
use clap::{Args, Subcommand};
use orchestron_operations::wire::{Done, HookWord, HooksView, input};

/// `hooks`
#[derive(Debug, Args)]
pub struct Hooks {
    /// What to do; default: tell how they are
    #[command(subcommand)]
    pub verb: Option<HooksVerb>,
}

/// What to do with hooks.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum HooksVerb {
    /// Let git's hooks call Orchestron; hooks that are there are kept and called first
    Install,
    /// Put git's hooks back as they were
    Uninstall,
    /// Whether git's hooks call Orchestron
    Status,
}

/// `hooks`
pub fn hooks(common: &Common, args: &Hooks, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let nothing = input::Nothing {};
    match args.verb {
        Some(HooksVerb::Install) => {
            let done: Done = here.ask("hooks-install", &nothing)?;
            output.done(&done)
        }
        Some(HooksVerb::Uninstall) => {
            let done: Done = here.ask("hooks-uninstall", &nothing)?;
            output.done(&done)
        }
        Some(HooksVerb::Status) | None => {
            let view: HooksView = here.ask("hooks", &nothing)?;
            status(&view, output)
        }
    }
}

fn status(view: &HooksView, output: &Output) -> Result<(), Failure> {
    output.answer(view, |out| {
        let Some(folder) = &view.folder else {
            return writeln!(
                out,
                "This project is no git repository, so there are no hooks."
            );
        };
        let by = view
            .managed_by
            .as_ref()
            .map_or_else(String::new, |name| format!(" ({name})"));
        writeln!(out, "git takes hooks from {}{}", plain(folder), plain(&by))?;
        for hook in &view.hooks {
            let (mark, style, words) = match hook.state {
                HookWord::Ours => ("✓", GREEN, "calls Orchestron"),
                HookWord::Chained => ("✓", GREEN, "calls the one that was there, then Orchestron"),
                HookWord::Changed => ("!", YELLOW, "Orchestron's, of another version or changed"),
                HookWord::Theirs => ("–", DIM, "somebody else's; it does not call Orchestron"),
                HookWord::Missing => ("–", DIM, "not there"),
            };
            writeln!(out, "  {style}{mark}{style:#} {:<18} {words}", hook.name)?;
            if let Some(theirs) = &hook.theirs {
                writeln!(out, "    {DIM}{}{DIM:#}", plain(theirs))?;
            }
        }
        for problem in &view.problems {
            writeln!(
                out,
                "{YELLOW}!{YELLOW:#} {}: {}",
                plain(&problem.path),
                plain(&problem.what)
            )?;
            writeln!(out, "  {DIM}next:{DIM:#} {}", plain(&problem.cure))?;
        }
        if !view.installed && view.problems.is_empty() {
            writeln!(
                out,
                "  {DIM}next:{DIM:#} `orchestron hooks install` lets them call Orchestron"
            )?;
        }
        Ok(())
    })
}
