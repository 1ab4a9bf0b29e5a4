//! `.mcp/config.yaml` and `.mcp/agents.yaml`: how the project wants it.
//!
//! People write these files by hand, so everything wrong is told at once, each with its line and cure. What cannot be understood is
//! never guessed in the dangerous direction: no gate is left out, no limit of an agent is dropped without a word. A file that is
//! broken as a whole counts as it was when it was last whole; one that never was counts as nothing, and then nothing is launched.

mod agents;
mod defaults;
mod fields;
mod limits;
mod machine;
mod notify;
mod project;
mod rules;
pub(super) mod workflows;
mod yaml;

#[cfg(test)]
mod tests;

use super::{McpFolder, folder::Kind, names::side_parts, side};
use agents::Agents;
use fields::{Findings, nearest};
use orchestron_domain::Config;
use orchestron_engine::ports::{PortErrorKind, PortResult, Problem};
use project::Project;
use std::{
    ffi::OsStr,
    sync::{Mutex, PoisonError},
};

pub use defaults::{DefaultFile, EXAMPLE_WORKFLOW, Setup, write_default};

/// Name of the project's file below `.mcp/`.
pub const PROJECT_FILE: &str = "config.yaml";
/// Name of the agents' file below `.mcp/`.
pub const AGENTS_FILE: &str = "agents.yaml";

/// What the files said when they last were whole, and when they last were read.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    project: Option<Project>,
    agents: Option<Agents>,
    project_text: Understood<Project>,
    agents_text: Understood<Agents>,
}

/// A text, what it was understood as, and what is wrong with it.
type Understood<T> = Option<(Vec<u8>, Part<T>, Vec<Problem>)>;

/// Reads both files.
pub(super) fn read(
    mcp: &McpFolder,
    remembered: &Mutex<Remembered>,
) -> PortResult<(Config, Vec<Problem>)> {
    let mut last = remembered.lock().unwrap_or_else(PoisonError::into_inner);
    let agents = read_file(mcp, AGENTS_FILE, agents::read, &mut last.agents_text)?;
    drop(last);
    put_together(mcp, remembered, agents)
}

/// What both files would say if the agents' file had this text. Nothing is remembered of it.
pub(super) fn read_with(mcp: &McpFolder, agents: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
    let agents = read_bytes(AGENTS_FILE, agents, agents::read);
    put_together(mcp, &Mutex::default(), agents)
}

/// What both files would say if the project's file had this text. Nothing is remembered of it.
pub(super) fn read_as(mcp: &McpFolder, project: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
    let fresh = Mutex::default();
    let agents = read_file(mcp, AGENTS_FILE, agents::read, &mut None)?;
    let project = read_bytes(PROJECT_FILE, project, project::read);
    join_parts(mcp, &fresh, project, agents)
}

fn put_together(
    mcp: &McpFolder,
    remembered: &Mutex<Remembered>,
    agents: (Part<Agents>, Vec<Problem>),
) -> PortResult<(Config, Vec<Problem>)> {
    let mut last = remembered.lock().unwrap_or_else(PoisonError::into_inner);
    let project = read_file(mcp, PROJECT_FILE, project::read, &mut last.project_text)?;
    drop(last);
    join_parts(mcp, remembered, project, agents)
}

fn join_parts(
    mcp: &McpFolder,
    remembered: &Mutex<Remembered>,
    (project, mut problems): (Part<Project>, Vec<Problem>),
    (agents, more): (Part<Agents>, Vec<Problem>),
) -> PortResult<(Config, Vec<Problem>)> {
    let mut last = remembered.lock().unwrap_or_else(PoisonError::into_inner);
    problems.extend(more);
    let project = match project {
        Part::Whole(read) => last.project.insert(read).clone(),
        Part::Broken => {
            problems.push(stands(PROJECT_FILE, last.project.is_some()));
            last.project.clone().unwrap_or_default()
        }
    };
    let agents = match agents {
        Part::Whole(read) => last.agents.insert(read).clone(),
        Part::Broken => {
            problems.push(stands(AGENTS_FILE, last.agents.is_some()));
            last.agents.clone().unwrap_or_default()
        }
    };
    drop(last);
    problems.extend(look_at_prompts(mcp, &agents));
    problems.extend(look_at_names(&project, &agents));
    Ok((join(mcp, project, agents), problems))
}

/// What became of one file.
#[derive(Clone, Debug)]
enum Part<T> {
    Whole(T),
    Broken,
}

type Reader<T> = fn(&yaml::Node) -> (Option<T>, Vec<Problem>);

/// Reads one file. A missing one says nothing, which is fine. A text that is as it was is not parsed again.
fn read_file<T: Default + Clone>(
    mcp: &McpFolder,
    name: &'static str,
    reader: Reader<T>,
    understood: &mut Understood<T>,
) -> PortResult<(Part<T>, Vec<Problem>)> {
    let mut findings = Findings::new(name);
    let text = match side::read(mcp, name) {
        Ok(text) => text,
        Err(error) if error.kind == PortErrorKind::Missing => {
            // But a project without .mcp/ is no project.
            mcp.open(&[])
                .map_err(|e| crate::failure::io_failure("cannot read", ".mcp", &e))?;
            return Ok((Part::Whole(T::default()), Vec::new()));
        }
        Err(error) if error.kind == PortErrorKind::Malformed => {
            findings.slight(None, error.said, error.cure.unwrap_or_default());
            return Ok((Part::Broken, findings.problems));
        }
        Err(error) => return Err(error),
    };
    let (_, part, problems) = match understood.take() {
        Some(known) if known.0 == text.bytes => understood.insert(known),
        _ => {
            let (part, problems) = read_bytes(name, &text.bytes, reader);
            understood.insert((text.bytes, part, problems))
        }
    };
    Ok((part.clone(), problems.clone()))
}

fn read_bytes<T>(name: &'static str, bytes: &[u8], reader: Reader<T>) -> (Part<T>, Vec<Problem>) {
    let mut findings = Findings::new(name);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
            findings.slight(
                u32::try_from(line).ok(),
                "the text is not UTF-8",
                "Save the file as UTF-8 (in most editors: Save with encoding).",
            );
            return (Part::Broken, findings.problems);
        }
    };
    match yaml::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(node) => {
            let (read, problems) = reader(&node);
            (read.map_or(Part::Broken, Part::Whole), problems)
        }
        Err(broken) => {
            findings.slight(
                broken.line,
                format!("this is no YAML: {}", broken.said),
                "Mend it here or just above. Indent with spaces, and put texts with `: ` or `#` in them into quotes.",
            );
            (Part::Broken, findings.problems)
        }
    }
}

/// What holds while a file is broken.
fn stands(name: &'static str, known: bool) -> Problem {
    let what = if known {
        "until this is mended, the file counts as it was before"
    } else {
        "until this is mended, the file counts as empty, and what it should name is not launched"
    };
    Problem {
        path: format!(".mcp/{name}"),
        line: None,
        what: what.to_owned(),
        cure: "Mend the problems above; the file is read again as soon as it is saved.".to_owned(),
    }
}

/// Prompt files that are not there.
fn look_at_prompts(mcp: &McpFolder, agents: &Agents) -> Vec<Problem> {
    let mut findings = Findings::new(AGENTS_FILE);
    for (path, line) in &agents.prompt_files {
        let found = side_parts(path).is_ok_and(|(folders, name)| {
            mcp.open(&folders)
                .and_then(|folder| folder.look(OsStr::new(name)))
                .is_ok_and(|look| look.kind == Kind::File)
        });
        if !found {
            findings.slight(
                Some(*line),
                format!("there is no file .mcp/{path}"),
                "Write it, or leave `prompt_file` out.",
            );
        }
    }
    findings.problems
}

/// Names in the chain that are probably misspelt.
fn look_at_names(project: &Project, agents: &Agents) -> Vec<Problem> {
    let mut findings = Findings::new(PROJECT_FILE);
    for (name, line) in &project.chain_lines {
        if name.as_str() == "person" || agents.by_name.contains_key(name) {
            continue;
        }
        let names = agents.by_name.keys().map(|name| name.as_str());
        if let Some(near) = nearest(name.as_str(), names) {
            findings.slight(
                Some(*line),
                format!("there is no agent `{name}`, so it is taken for somebody outside, and nothing is launched"),
                format!("Did you mean `{near}`?"),
            );
        }
    }
    findings.problems
}

fn join(mcp: &McpFolder, project: Project, agents: Agents) -> Config {
    let folder = mcp.project().file_name().unwrap_or_default();
    Config {
        project: project
            .name
            .unwrap_or_else(|| folder.to_string_lossy().into_owned()),
        base_branch: project.base_branch,
        task_prefix: project.task_prefix,
        chain: project.chain,
        gates: project.gates,
        tests: project.tests,
        limits: project.limits,
        keep: project.keep,
        notify: project.notify,
        rules: project.rules,
        pools: project.pools,
        accounts: project.accounts,
        worktrees: project.worktrees,
        agents: agents.by_name,
    }
}
