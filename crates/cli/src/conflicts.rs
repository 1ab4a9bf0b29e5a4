//! `conflicts`: what clashes, and what becomes of it.

use crate::{
    args::{Common, ConflictVerb, Conflicts},
    failure::Failure,
    here::Here,
    output::{BLUE, BOLD, DIM, GREEN, Output, RED, YELLOW, plain},
};
use anstyle::Style;
use orchestron_operations::wire::{
    ConflictView, ConflictWord, ConflictsView, ResolveWord, StageWord, input,
};
use std::io::{self, Write};

/// `conflicts`
pub fn conflicts(common: &Common, args: &Conflicts, output: &Output) -> Result<(), Failure> {
    let all = args.all || matches!(args.verb, Some(ConflictVerb::List { all: true }));
    let view: ConflictsView = Here::open(common)?.ask("conflicts", &input::Conflicts { all })?;
    output.answer(&view, |out| write_all(out, &view, all))
}

fn write_all(out: &mut dyn Write, view: &ConflictsView, all: bool) -> io::Result<()> {
    if view.conflicts.is_empty() {
        writeln!(out, "Nothing clashes.")?;
    }
    for (n, conflict) in view.conflicts.iter().enumerate() {
        if n > 0 {
            writeln!(out)?;
        }
        write_one(out, conflict)?;
    }
    if view.over > 0 && !all {
        writeln!(out, "\n{DIM}{} over; --all shows them{DIM:#}", view.over)?;
    }
    Ok(())
}

fn write_one(out: &mut dyn Write, view: &ConflictView) -> io::Result<()> {
    let (style, stage) = look(view.stage);
    writeln!(
        out,
        "{BOLD}C-{}{BOLD:#} {} {style}{stage}{style:#} {DIM}{}{DIM:#}",
        view.id.0,
        word(view.kind),
        view.tasks.join(" ")
    )?;
    writeln!(out, "  {}", plain(&view.evidence))?;
    if let Some(stuck) = &view.stuck {
        writeln!(out, "  {RED}{}{RED:#}", plain(stuck))?;
    }
    if let (Some(resolution), Some(why)) = (&view.resolution, &view.why) {
        writeln!(out, "  {} {DIM}({}){DIM:#}", plain(resolution), plain(why))?;
    }
    if let (StageWord::Open, false) = (view.stage, view.options.is_empty()) {
        let ways = view.options.iter().map(|option| flag(*option));
        let ways: Vec<_> = ways.collect();
        let id = view.id.0;
        writeln!(
            out,
            "  {DIM}orchestron resolve C-{id} {}{DIM:#}",
            ways.join(" | ")
        )?;
    }
    Ok(())
}

const fn look(stage: StageWord) -> (Style, &'static str) {
    match stage {
        StageWord::Open => (YELLOW, "open"),
        StageWord::Queued => (BLUE, "queued"),
        StageWord::Due => (BLUE, "being brought up"),
        StageWord::Accepted => (GREEN, "accepted"),
        StageWord::Over => (GREEN, "over"),
    }
}

const fn word(kind: ConflictWord) -> &'static str {
    match kind {
        ConflictWord::Doubled => "doubled",
        ConflictWord::EarlyStart => "started too early",
        ConflictWord::Circle => "circle",
        ConflictWord::SameFiles => "same files",
        ConflictWord::Forecast => "would not merge",
        ConflictWord::Silent => "silent",
        ConflictWord::Stalled => "stalled",
        ConflictWord::Drift => "strays from its plan",
    }
}

const fn flag(option: ResolveWord) -> &'static str {
    match option {
        ResolveWord::Queue => "--queue",
        ResolveWord::Reassign => "--reassign",
        ResolveWord::Gone => "--gone",
    }
}
