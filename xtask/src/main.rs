//! `cargo xtask`: builds, runs and tests Orchestron from a fresh checkout.
//!
//! It uses nothing but the standard library, so it compiles in a second and its own build cannot be what is
//! broken. `./dev` runs it after seeing to the system packages; on macOS and Windows it works by itself.

mod arguments;
mod claude;
mod commands;
mod display;
mod doctests;
mod failure;
mod freshness;
mod npm;
mod project;
mod python;
mod results;
mod sidecar;
mod steps;
mod verbs;

use std::io::{ErrorKind, Write, stdout};
use std::process::ExitCode;

use arguments::{Request, parse};
use failure::Failure;
use project::Project;

fn main() -> ExitCode {
    match dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            if let Some(cure) = failure.cure() {
                eprintln!("What to do: {cure}");
            }
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch() -> Result<(), Failure> {
    let request = parse(std::env::args().skip(1))?;
    if request == Request::Help {
        return print_help();
    }
    let project = Project::find()?;
    match request {
        Request::Help => Ok(()),
        Request::Setup => verbs::setup::setup(&project),
        Request::Run(options) => verbs::run::run(&project, &options),
        Request::Test(filters) => verbs::test::test(&project, &filters),
        Request::Dist => verbs::dist::dist(&project),
        Request::Bench(arguments) => verbs::bench::bench(&project, &arguments),
        Request::Sim(arguments) => verbs::sim::sim(&project, &arguments),
        Request::Fuzz { seconds } => verbs::fuzz::fuzz(&project, seconds),
    }
}

/// A reader that has seen enough (`./dev help | head`) is no failure.
fn print_help() -> Result<(), Failure> {
    match writeln!(stdout(), "{}", arguments::HELP) {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Failure::File {
            doing: "write",
            path: "standard output".into(),
            source,
        }),
        _ => Ok(()),
    }
}
