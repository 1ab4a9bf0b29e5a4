//! `undo` and `doctor --fix`.

use crate::{
    args::{Common, Undo},
    failure::Failure,
    here::{Here, root},
    output::{BOLD, DIM, GREEN, Output, YELLOW, plain, since},
};
use orchestron_adapters::project::Project;
use orchestron_operations::wire::{Big, Done, FixView, UndoListView, input};
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
    output.answer(&view, |out| {
        if view.did.is_empty() && view.not_done.is_empty() {
            writeln!(out, "Everything agrees; there was nothing to mend.")?;
        }
        for line in &view.did {
            writeln!(out, "{GREEN}✓{GREEN:#} {}", plain(line))?;
        }
        for line in &view.not_done {
            writeln!(out, "{YELLOW}!{YELLOW:#} not done: {}", plain(line))?;
        }
        Ok(())
    })
}
