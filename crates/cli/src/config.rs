//! `config`: the settings of `.mcp/config.yaml`, shown and changed with comments left alone.

use crate::{
    args::Common,
    failure::Failure,
    here::Here,
    output::{BOLD, DIM, Output, YELLOW, plain, status as look, table},
};
use anstyle::Style;
use clap::{Args, Subcommand};
use orchestron_operations::wire::{ConfigView, Done, RuleView, input};
use std::io::{self, Write};

/// `config`
#[derive(Debug, Args)]
pub struct Config {
    /// What to do; without it the settings are listed
    #[command(subcommand)]
    pub verb: Option<ConfigVerb>,
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Change one: `config set limits.parallel 3`; several values make a list
    Set {
        /// Such as `limits.budget_usd.day`
        key: String,
        /// The value
        #[arg(required = true)]
        values: Vec<String>,
    },
    /// Take one out, so that what is usual holds
    Unset {
        /// Such as `limits.budget_usd.day`
        key: String,
    },
}

/// `config`
pub fn config(common: &Common, args: Config, output: &Output) -> Result<(), Failure> {
    let mut here = Here::open(common)?;
    let (key, values) = match args.verb {
        None => {
            let found: ConfigView = here.ask("config", &input::Nothing {})?;
            return output.answer(&found, |out| write(out, &found));
        }
        Some(ConfigVerb::Set { key, values }) => (key, values),
        Some(ConfigVerb::Unset { key }) => (key, Vec::new()),
    };
    let asked = input::ConfigSet {
        changes: vec![input::ConfigChange { key, values }],
        hash: None,
    };
    let done: Done = here.ask("config-set", &asked)?;
    output.done(&done)
}

fn write(out: &mut dyn Write, found: &ConfigView) -> io::Result<()> {
    let rows = found.settings.iter().map(|setting| {
        let (style, place) = match setting.line {
            Some(line) => (BOLD, format!("line {line}")),
            None => (Style::new(), String::new()),
        };
        let holds = match setting.holds.as_str() {
            "" => "–".to_owned(),
            holds => plain(holds),
        };
        vec![
            (Style::new(), setting.key.clone()),
            (style, holds),
            (DIM, place),
        ]
    });
    table(out, &rows.collect::<Vec<_>>())?;
    write_rules(out, found)?;
    for problem in &found.problems {
        let line = problem
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        writeln!(
            out,
            "{YELLOW}{}{line}{YELLOW:#} {} ({})",
            problem.path,
            plain(&problem.what),
            plain(&problem.cure)
        )?;
    }
    Ok(())
}

/// When tasks move by themselves; what the chain does only when the project has rules of its own beside it.
fn write_rules(out: &mut dyn Write, found: &ConfigView) -> io::Result<()> {
    if found.rules.iter().all(|rule| rule.name.is_none()) {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}rules{BOLD:#}")?;
    let row = |rule: &RuleView| {
        let folder = |status| look(status).1.to_owned();
        let from = rule.from.map_or_else(|| "any".to_owned(), folder);
        let (style, name) = match &rule.name {
            Some(name) => (BOLD, plain(name)),
            None => (DIM, "(the chain)".to_owned()),
        };
        vec![
            (style, name),
            (Style::new(), format!("{from} → {}", folder(rule.to))),
            (DIM, plain(&rule.when)),
        ]
    };
    table(out, &found.rules.iter().map(row).collect::<Vec<_>>())
}
