//! `init`: sets a project up.

use crate::{
    args::{Common, Init},
    failure::Failure,
    here,
    output::{DIM, GREEN, Output, YELLOW},
};
use orchestron_adapters::{
    init::{Made, Setup, set_up},
    project::{self, Project},
};
use serde::Serialize;
use std::{path::Path, process::Command};

/// The scripts that `--npm-scripts` adds.
const SCRIPTS: [(&str, &str); 3] = [
    ("mcp:status", "orchestron status"),
    ("mcp:next", "orchestron next"),
    ("mcp:create", "orchestron create"),
];

#[derive(Serialize)]
struct Report {
    project: String,
    created: Vec<String>,
    kept: Vec<String>,
    changed: Vec<String>,
    chain: String,
    notes: Vec<String>,
}

/// Whether a git repository lies between a folder and the project around it: that is a project of its own, though the one around it would
/// be found from there. A linked worktree's own folder is never around it.
fn is_other_repository(from: &Path, project: &Path) -> bool {
    from.ancestors()
        .take_while(|folder| folder.starts_with(project) && *folder != project)
        .any(|folder| folder.join(".git").exists())
}

/// `init`
pub fn init(common: &Common, args: &Init, output: &Output) -> Result<(), Failure> {
    let from = here::start(common)?;
    // From a folder inside a project, or a worktree of it, that project is meant; naming a folder means exactly that one.
    let root = match common.project {
        Some(_) => from,
        None => match project::find(&from) {
            Some(found) if !is_other_repository(&from, &found) => found,
            _ => from,
        },
    };
    if args.npm_scripts && !root.join("package.json").is_file() {
        return Err(Failure::Usage(
            "there is no package.json here, so there is nothing to add scripts to".to_owned(),
        ));
    }
    let Made {
        created,
        kept,
        chain,
        mut notes,
    } = set_up(
        &root,
        &Setup {
            base_branch: args.base.clone(),
        },
    )?;
    let project = Project::open(&root)?;
    let mut changed = Vec::new();
    if args.npm_scripts {
        changed.push(npm_scripts(project.root())?);
    } else if project.root().join("package.json").is_file() {
        notes.push("this is a Node project: `orchestron init --npm-scripts` adds mcp:status, mcp:next and mcp:create to package.json".to_owned());
    }
    let report = Report {
        project: project.root().display().to_string(),
        created,
        kept,
        changed,
        chain,
        notes,
    };
    output.answer(&report, |out| {
        writeln!(out, "{GREEN}✓{GREEN:#} Orchestron is set up in {}", report.project)?;
        for file in &report.created {
            writeln!(out, "  {GREEN}+{GREEN:#} {file}")?;
        }
        for line in &report.changed {
            writeln!(out, "  {GREEN}~{GREEN:#} {line}")?;
        }
        for file in &report.kept {
            writeln!(out, "  {DIM}= {file} (kept as it is){DIM:#}")?;
        }
        writeln!(out, "  chain: {}", report.chain)?;
        for note in &report.notes {
            writeln!(out, "{YELLOW}!{YELLOW:#} {note}")?;
        }
        writeln!(out, "  {DIM}next:{DIM:#} orchestron create \"What is to be done\"\n  {DIM}next:{DIM:#} orchestron run")
    })
}

/// Adds the scripts with npm's own command, which keeps package.json's form.
fn npm_scripts(root: &Path) -> Result<String, Failure> {
    let by_hand = || Failure::Missing {
        what: "package.json was not changed".to_owned(),
        cure: format!(
            "add to its scripts: {}",
            SCRIPTS
                .map(|(name, line)| format!("\"{name}\": \"{line}\""))
                .join(", ")
        ),
    };
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let done = Command::new(program)
        .args(["pkg", "set"])
        .args(SCRIPTS.map(|(name, line)| format!("scripts.{name}={line}")))
        .current_dir(root)
        .output();
    match done {
        Ok(done) if done.status.success() => {
            Ok("package.json has mcp:status, mcp:next and mcp:create now".to_owned())
        }
        _ => Err(by_hand()),
    }
}
