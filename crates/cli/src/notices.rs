//! `notices`: what the window would tell now, what it keeps for later, and why; for whoever wonders why it is so quiet, or so loud.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, GREEN, Output, YELLOW, ago, now, one_line, plain, table},
};
use anstyle::Style;
use orchestron_operations::wire::{Millis, NoticeWaitView, NoticesView, WhenWord, input};
use std::io::{self, Write};

/// Longest line of one thing, in characters.
const LINE: usize = 60;

/// `notices`
pub fn notices(common: &Common, output: &Output) -> Result<(), Failure> {
    let asked = input::Notices {
        memory: None,
        explain: true,
    };
    let found: NoticesView = Here::open(common)?.ask("notices", &asked)?;
    output.answer(&found, |out| write(out, &found))
}

fn write(out: &mut dyn Write, found: &NoticesView) -> io::Result<()> {
    if let Some(quiet) = &found.quiet {
        let hours = format!("quiet hours {} to {}", quiet.from, quiet.to);
        match quiet.until {
            Some(until) => writeln!(out, "{YELLOW}{hours}{YELLOW:#}: quiet for {}", left(until))?,
            None => writeln!(out, "{DIM}{hours}: not now{DIM:#}")?,
        }
    }
    if found.waits.is_empty() {
        return writeln!(out, "There is nothing to tell you.");
    }
    for notice in &found.show {
        writeln!(
            out,
            "{GREEN}now{GREEN:#} {BOLD}{}{BOLD:#}",
            plain(&notice.title)
        )?;
        for line in notice.body.lines() {
            writeln!(out, "    {DIM}{}{DIM:#}", plain(line))?;
        }
    }
    writeln!(out)?;
    table(out, &found.waits.iter().map(row).collect::<Vec<_>>())?;
    writeln!(
        out,
        "\n{DIM}as if nothing had been told yet; `notify` in .mcp/config.yaml says what is told when{DIM:#}"
    )
}

fn row(one: &NoticeWaitView) -> Vec<(Style, String)> {
    let (style, when) = match (one.when, one.at) {
        (WhenWord::Now, _) => (GREEN, "now".to_owned()),
        (WhenWord::Never, _) => (DIM, "never".to_owned()),
        (_, Some(at)) => (YELLOW, format!("in {}", left(at))),
        (_, None) => (YELLOW, "later".to_owned()),
    };
    vec![
        (style, when),
        (Style::new(), one_line(&one.text, LINE)),
        (DIM, plain(&one.why)),
    ]
}

fn left(at: Millis) -> String {
    ago(at.0.saturating_sub(now()).max(0))
}
