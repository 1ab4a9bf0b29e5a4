//! `undo` and `doctor --fix`.

use crate::{
    args::{Common, Undo},
    failure::Failure,
    here::{Here, root},
    output::{BOLD, DIM, GREEN, Output, RED, YELLOW, plain, since},
};
use orchestron_adapters::project::Project;
use orchestron_operations::wire::{Big, DoctorView, Done, Finding, FixView, UndoListView, input};
use serde::Serialize;
use std::io::{self, Write};

/// `undo`
pub fn undo(common: &Common, args: &Undo, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let Some(event) = args.event else {
        let list: UndoListView = here.ask("undo-list", &input::Nothing {})?;
        return output.answer(&list, |out| show(out, &list));
    };
    let mut done: Done = here.ask("undo", &input::Undo { event: Big(event) })?;
    if here.settle()? {
        done.not_done
            .retain(|line| !line.starts_with("no engine is running"));
    }
    output.done(&done)
}

fn show(out: &mut dyn Write, list: &UndoListView) -> io::Result<()> {
    if list.entries.is_empty() {
        return writeln!(
            out,
            "Nothing was done in the last 30 days that can be undone."
        );
    }
    for entry in &list.entries {
        let event = entry.event.0;
        let what = plain(&entry.what);
        let age = since(entry.at);
        if entry.undone {
            writeln!(out, "{DIM}{event:>6}  {age:>8}  {what} (undone){DIM:#}")?;
        } else {
            writeln!(
                out,
                "{BOLD}{event:>6}{BOLD:#}  {DIM}{age:>8}{DIM:#}  {what}"
            )?;
        }
    }
    writeln!(
        out,
        "\n{DIM}orchestron undo EVENT takes one of them back.{DIM:#}"
    )
}

/// `doctor --fix`
pub fn fix(common: &Common, output: &Output) -> Result<(), Failure> {
    // Every page of the database is read first; a damaged one is set aside and a new one begun.
    let set_aside = Project::open(&root(common)?)?.check()?;
    let mut here = Here::open(common)?;
    let mut view: FixView = here.ask("doctor-fix", &input::Nothing {})?;
    view.did.splice(0..0, set_aside);
    if let Some(ended) = here.take_stock()? {
        view.did.extend(ended);
    }
    let after: DoctorView = here.ask("doctor", &input::Nothing {})?;
    let healthy = after.healthy;
    let left = after.findings.into_iter().filter(|finding| !finding.good);
    let fixed = Fixed {
        view,
        left: left.collect(),
    };
    output.answer(&fixed, |out| write_fixed(out, &fixed))?;
    if healthy {
        Ok(())
    } else {
        Err(Failure::Told(7))
    }
}

/// What was mended, and what only a person can mend.
#[derive(Serialize)]
struct Fixed {
    #[serde(flatten)]
    view: FixView,
    left: Vec<Finding>,
}

fn write_fixed(out: &mut dyn Write, fixed: &Fixed) -> io::Result<()> {
    let nothing = fixed.view.did.is_empty() && fixed.view.not_done.is_empty();
    match (nothing, fixed.left.is_empty()) {
        (true, true) => writeln!(out, "Everything agrees; there was nothing to mend.")?,
        (true, false) => writeln!(
            out,
            "There is nothing here that Orchestron can mend by itself."
        )?,
        (false, _) => {}
    }
    for line in &fixed.view.did {
        writeln!(out, "{GREEN}✓{GREEN:#} {}", plain(line))?;
    }
    for line in &fixed.view.not_done {
        writeln!(out, "{YELLOW}!{YELLOW:#} not done: {}", plain(line))?;
    }
    if !fixed.left.is_empty() {
        writeln!(out, "Left for you:")?;
    }
    for finding in &fixed.left {
        writeln!(
            out,
            "{RED}✗{RED:#} {BOLD}{}{BOLD:#}  {}",
            plain(&finding.about),
            plain(finding.what.lines().next().unwrap_or_default())
        )?;
        if let Some(cure) = &finding.cure {
            writeln!(out, "  {DIM}cure:{DIM:#} {}", plain(cure))?;
        }
    }
    Ok(())
}
