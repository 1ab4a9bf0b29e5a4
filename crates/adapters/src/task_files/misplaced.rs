//! Task files that lie where no status is: beside the six folders, or in a folder with another name. Nobody would ever see those
//! tasks, so they are told of, with the folder that was probably meant.

use super::{McpFolder, folder::Kind, names::Named};
use crate::failure::{io_failure, kind_of};
use orchestron_domain::Status;
use orchestron_engine::ports::{PortErrorKind, PortResult, Problem};
use std::{ffi::OsStr, io};

/// At most so many are told.
const TOLD: usize = 20;

/// What lies in the wrong place, by name.
pub(super) fn find(mcp: &McpFolder) -> PortResult<Vec<Problem>> {
    let failed = |error: &io::Error| io_failure("cannot read", ".mcp/tasks", error);
    let folder = match mcp.open(&["tasks"]) {
        Ok(folder) => folder,
        // That it is missing is told by those who look for tasks.
        Err(error) if kind_of(&error) == PortErrorKind::Missing => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let mut names = folder.names().map_err(|error| failed(&error))?;
    names.retain(|name| !is_at_home(name));
    names.sort_unstable();
    let mut problems = Vec::new();
    for name in names {
        // Gone meanwhile: then it lies nowhere wrong.
        let Ok(look) = folder.look(&name) else {
            continue;
        };
        let shown = name.to_string_lossy();
        match look.kind {
            Kind::Folder => problems.extend(in_folder(mcp, &shown)),
            _ if is_task(&name) => problems.push(beside(&shown)),
            _ => {}
        }
        if problems.len() == TOLD {
            break;
        }
    }
    Ok(problems)
}

/// The six folders, and what is hidden.
fn is_at_home(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
        || name
            .to_str()
            .is_some_and(|name| Status::from_folder(name).is_some())
}

fn is_task(name: &OsStr) -> bool {
    matches!(Named::of(name), Named::Task(_))
}

fn beside(name: &str) -> Problem {
    Problem {
        path: format!(".mcp/tasks/{name}"),
        line: None,
        what: "it lies in no folder of a status, so nobody sees this task".to_owned(),
        cure: format!("Move it into one: `mv .mcp/tasks/{name} .mcp/tasks/pending/`."),
    }
}

/// Task files in a folder that is none of the six. Folders without any are nobody's business.
fn in_folder(mcp: &McpFolder, name: &str) -> Option<Problem> {
    let names = mcp.open(&["tasks", name]).and_then(|open| open.names());
    let count = names.ok()?.iter().filter(|name| is_task(name)).count();
    let (tasks, them) = match count {
        0 => return None,
        1 => ("the task".to_owned(), "it"),
        more => (format!("the {more} tasks"), "them"),
    };
    let cure = meant(name).map_or_else(
        || {
            format!(
                "Move {them} into pending, ready, in-progress, review, done or failed. A task that waits for others needs no folder of its own: name them under `## Depends On`."
            )
        },
        |status| format!("Move {them}: `mv .mcp/tasks/{name}/*.md .mcp/tasks/{status}/`."),
    );
    Some(Problem {
        path: format!(".mcp/tasks/{name}"),
        line: None,
        what: format!("`{name}` is no status, so nobody sees {tasks} in it"),
        cure,
    })
}

/// The status that a folder's name probably means.
fn meant(name: &str) -> Option<Status> {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let word: String = letters.flat_map(char::to_lowercase).collect();
    match word.as_str() {
        "pending" | "todo" | "backlog" | "open" | "new" | "inbox" => Some(Status::Pending),
        "ready" => Some(Status::Ready),
        "inprogress" | "progress" | "doing" | "wip" | "active" => Some(Status::InProgress),
        "review" | "inreview" | "reviews" => Some(Status::Review),
        "done" | "complete" | "completed" | "closed" | "finished" => Some(Status::Done),
        "failed" | "fail" => Some(Status::Failed),
        _ => None,
    }
}
