//! `trust`: at a terminal it shows what would be accepted, and asks.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, Output, YELLOW, plain},
};
use orchestron_operations::wire::{CommandsView, Done, input};
use std::io::{self, BufRead, IsTerminal};

/// `trust`
pub fn trust(common: &Common, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let wanted: CommandsView = here.ask("commands", &input::Nothing {})?;
    let asks = !output.is_json() && io::stdin().is_terminal() && io::stdout().is_terminal();
    if asks && !wanted.trusted {
        show(&wanted, output)?;
        if !yes()? {
            output.answer(&(), |out| writeln!(out, "Nothing was accepted."))?;
            return Err(Failure::Told(1));
        }
    }
    let seen = input::Trust {
        commands: wanted.text,
    };
    let done: Done = here.ask("trust", &seen)?;
    output.done(&done)
}

fn show(wanted: &CommandsView, output: &Output) -> Result<(), Failure> {
    output.answer(&(), |out| {
        writeln!(
            out,
            "{BOLD}This project's .mcp wants to run on this machine, as you:{BOLD:#}"
        )?;
        // When all of it is new, saying so at each line says nothing.
        let some_known = wanted.commands.iter().any(|line| !line.fresh);
        for line in &wanted.commands {
            let mark = if line.fresh && some_known { " (new)" } else { "" };
            writeln!(out, "  {}{YELLOW}{mark}{YELLOW:#}", plain(&line.text))?;
        }
        writeln!(
            out,
            "{DIM}Agents are real programs that work without asking for what is allowed here.{DIM:#}"
        )?;
        write!(out, "{YELLOW}Accept exactly this? [y/N]{YELLOW:#} ")
    })
}

fn yes() -> Result<bool, Failure> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|said| Failure::Io {
            doing: "cannot read the answer",
            said,
        })?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
