//! The measurements. The same program is also the floor, and the fake agent that engines start.

mod chain;
mod commands;
mod core;
mod edits;
mod engine;
mod failed;
#[path = "../../fake-claude.rs"]
mod fake_agent;
mod floor;
mod hooks;
mod mcp;
mod plan;
mod process;
mod report;
mod window;
mod world;
mod writers;

use failed::Measured;
use plan::{PARTS, Plan, USAGE};
use report::Report;
use std::{env, path::PathBuf, process::ExitCode};

/// Does what the command line says.
pub fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    // The same program is also the floor, and the agent that the engine starts under the name `claude`.
    match words.first().map(String::as_str) {
        Some("floor") => return hidden(&words),
        _ if is_agent() => return agent(),
        _ => {}
    }
    match Plan::parse(&words).and_then(|plan| measure(&plan)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what is wanted. Whether all could be measured and nothing was lost.
fn measure(plan: &Plan) -> Measured<bool> {
    if plan.help {
        println!("{USAGE}");
        return Ok(true);
    }
    if cfg!(debug_assertions) {
        println!(
            "This is a debug build: its figures say little. `./dev bench` builds for release."
        );
    }
    let mut report = Report::default();
    let mut whole = true;
    for part in PARTS.into_iter().filter(|part| plan.wants(part)) {
        eprintln!("Measuring: {part}");
        let done = match part {
            "commands" => commands::measure(plan, &mut report),
            "writers" => writers::measure(&mut report),
            "chain" => chain::measure(plan, &mut report),
            "edits" => edits::measure(plan, &mut report),
            "engine" => engine::measure(plan, &mut report),
            "mcp" => mcp::measure(plan, &mut report),
            "hooks" => hooks::measure(plan, &mut report),
            "core" => core::measure(plan, &mut report),
            _ => window::measure(plan, &mut report),
        };
        if let Err(error) = done {
            whole = false;
            report.absent(part, &error.to_string());
            report.section(&format!("{part} could not be measured to its end"));
        }
    }
    println!("{}", report.summary());
    Ok(whole && !report.has_lost())
}

fn is_agent() -> bool {
    let name = env::args_os().next().map(PathBuf::from);
    name.is_some_and(|name| name.file_stem().is_some_and(|stem| stem == "claude"))
}

/// Plays the fake agent, and notes when it begins and ends.
fn agent() -> ExitCode {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    let run = env::var("ORCHESTRON_RUN").unwrap_or_default();
    if run.is_empty() {
        return fake_agent::main(); // asked for its version
    }
    let noted = chain::note(&home, "begin", &run);
    let code = fake_agent::main();
    match noted.and_then(|()| chain::note(&home, "end", &run)) {
        Ok(()) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The floor's verbs.
fn hidden(words: &[String]) -> ExitCode {
    let done = match words.get(1).map(String::as_str) {
        Some("agent") => {
            let began = chain::now_ns();
            println!("{began} {}", chain::now_ns());
            Ok(())
        }
        _ => floor::main(words.get(1..).unwrap_or_default()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(3)
        }
    }
}
