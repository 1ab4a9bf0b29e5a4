//! `trust`: at a terminal it shows what would be accepted, and asks.

use crate::{
    args::{Common, Verb},
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, Output, YELLOW, plain},
    writes,
};
use orchestron_engine::trust::{KEY, commands, is_trusted};
use std::io::{self, BufRead, IsTerminal};

/// `trust`
pub fn trust(common: &Common, output: &Output) -> Result<(), Failure> {
    let here = Here::open(common)?;
    let config = here.project.config()?;
    let accepted = here.context.store.log().setting(KEY)?;
    let asks = !output.is_json() && io::stdin().is_terminal() && io::stdout().is_terminal();
    if asks && !is_trusted(&config, accepted.as_deref()) {
        let shown = commands(&config);
        show(&shown, output)?;
        if !yes()? {
            output.answer(&(), |out| writeln!(out, "Nothing was accepted."))?;
            return Err(Failure::Told(1));
        }
        if commands(&here.project.config()?) != shown {
            return Err(Failure::Usage(
                "the configuration was changed meanwhile; nothing was accepted".to_owned(),
            ));
        }
    }
    drop(here);
    writes::write(common, Verb::Trust, output)
}

fn show(commands: &str, output: &Output) -> Result<(), Failure> {
    output.answer(&(), |out| {
        writeln!(
            out,
            "{BOLD}This project's .mcp wants to run on this machine, as you:{BOLD:#}"
        )?;
        for line in commands.lines() {
            writeln!(out, "  {}", plain(line))?;
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
