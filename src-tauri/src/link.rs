//! Addresses that lead to something in the app: `orchestron://task/TASK-7`, `orchestron://request/12`.
//!
//! Any web page may hand us one. So a link only shows something: it decides nothing, opens no project, and what is not exactly of
//! these forms is refused.

use orchestron_domain::TaskId;
use tauri::Url;
use thiserror::Error;

/// The scheme of our links.
pub const SCHEME: &str = "orchestron";
/// Longest link that is looked at.
const LONGEST: usize = 500;

/// Something in a project that a window can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The board.
    Board,
    /// Everything that waits for a person.
    NeedsYou,
    /// A task.
    Task(TaskId),
    /// What is known of newer versions of the app; no link leads there.
    Updates,
    /// A request; `changes` = with the words for asking for changes.
    Request {
        /// Which.
        id: u64,
        /// Whether the person wants to write what has to change.
        changes: bool,
    },
}

impl Place {
    /// The address inside the UI.
    pub fn address(&self) -> String {
        match self {
            Self::Board => "/board".to_owned(),
            Self::NeedsYou => "/needs-you".to_owned(),
            Self::Updates => "/settings?part=updates".to_owned(),
            Self::Task(task) => format!("/task/{task}"),
            Self::Request { id, changes: false } => format!("/needs-you?request={id}"),
            Self::Request { id, changes: true } => format!("/needs-you?request={id}&do=changes"),
        }
    }
}

/// A link that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads.
    pub place: Place,
    /// The name of one of the open projects; none = the one that was looked at last.
    pub project: Option<String>,
}

/// Why a link is not followed.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "this link is not followed: {0}; links look like orchestron://task/TASK-7 or orchestron://request/12"
)]
pub struct BadLink(&'static str);

/// Whether a word of a command line is meant as a link.
pub fn is_link(word: &str) -> bool {
    word.get(..SCHEME.len() + 1)
        .is_some_and(|start| start.eq_ignore_ascii_case("orchestron:"))
}

/// Reads a link.
pub fn read(text: &str) -> Result<Link, BadLink> {
    if text.len() > LONGEST {
        return Err(BadLink("it is too long"));
    }
    let url: Url = text.parse().map_err(|_| BadLink("it is no address"))?;
    if url.scheme() != SCHEME {
        return Err(BadLink("it is not one of ours"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.port().is_some() {
        return Err(BadLink("it names a person or a port"));
    }
    if url.fragment().is_some() {
        return Err(BadLink("it has a fragment"));
    }
    let mut project = None;
    for (key, value) in url.query_pairs() {
        if key != "project" || project.is_some() || value.is_empty() {
            return Err(BadLink(
                "after the question mark only a project's name may stand",
            ));
        }
        project = Some(value.into_owned());
    }
    let rest = url.path().strip_prefix('/').unwrap_or_default();
    let place = match (url.host_str(), rest) {
        (Some("task"), id) => Place::Task(id.parse().map_err(|_| BadLink("it names no task"))?),
        (Some("request"), id) => Place::Request {
            id: number(id).ok_or(BadLink("it names no request"))?,
            changes: false,
        },
        (Some("needs-you"), "") => Place::NeedsYou,
        (Some("board"), "") => Place::Board,
        _ => return Err(BadLink("it leads nowhere")),
    };
    Ok(Link { place, project })
}

/// Only digits: `parse` would also take a sign.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{is_link, read};

    #[test]
    fn links_lead_where_they_say() {
        for (link, address, project) in [
            ("orchestron://task/TASK-7", "/task/TASK-007", None),
            ("ORCHESTRON://task/TASK-007", "/task/TASK-007", None),
            ("orchestron://request/12", "/needs-you?request=12", None),
            (
                "orchestron://request/12?project=shop",
                "/needs-you?request=12",
                Some("shop"),
            ),
            ("orchestron://needs-you", "/needs-you", None),
            ("orchestron://board/", "/board", None),
        ] {
            let found = read(link).unwrap_or_else(|error| panic!("{link}: {error}"));
            assert_eq!(found.place.address(), address, "{link}");
            assert_eq!(found.project.as_deref(), project, "{link}");
        }
    }

    #[test]
    fn hostile_links_are_refused() {
        let long = format!("orchestron://task/TASK-{}", "7".repeat(600));
        for link in [
            "",
            "orchestron:",
            "orchestron://",
            "orchestron:task/TASK-7",
            "orchestron://task",
            "orchestron://task/",
            "orchestron://task/../../etc/passwd",
            "orchestron://task/TASK-7/approve",
            "orchestron://task/TASK-7#x",
            "orchestron://task/TASK-7?do=approve",
            "orchestron://task/TASK-7?project=a&project=b",
            "orchestron://task/<script>alert(1)</script>",
            "orchestron://task/TASK-7%22%7D);alert(1)//",
            "orchestron://approve/12",
            "orchestron://request/-1",
            "orchestron://request/+1",
            "orchestron://request/1e3",
            "orchestron://request/99999999999999999999999",
            "orchestron://me@request/12",
            "orchestron://request:80/12",
            "https://request/12",
            "file:///etc/passwd",
            "javascript:alert(1)",
            &long,
        ] {
            assert!(read(link).is_err(), "{link}");
        }
    }

    #[test]
    fn words_of_a_command_line_are_told_apart() {
        assert!(is_link("orchestron://task/TASK-7") && is_link("Orchestron:x"));
        assert!(
            !is_link("--demo")
                && !is_link("orchestron")
                && !is_link("ö")
                && !is_link("orchestronö:")
        );
    }
}
