//! What a file system event means to us. Pure: paths and kinds in, news out.

use super::Places;
use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, ModifyKind},
};
use orchestron_domain::{RunId, Status};
use std::{
    collections::BTreeSet,
    path::{Component, Path},
};

/// What one event told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The doorbell rang.
    pub doorbell: bool,
    /// A task file or the configuration changed.
    pub files: bool,
    /// Which task files, below the tasks folder.
    pub named: Vec<String>,
    /// Task folders came, went or were replaced: any of their files may have changed.
    pub folders: bool,
    /// These runs said something or ended.
    pub runs: BTreeSet<RunId>,
    /// A watched folder came, went or was replaced: watches must be set up again.
    pub rewatch: bool,
    /// Events were lost: anything may have happened.
    pub everything: bool,
}

/// What this event tells.
pub(super) fn sort(places: &Places, event: &Event) -> News {
    let mut news = News::default();
    if event.need_rescan() {
        news.everything = true;
        return news;
    }
    let closed_after_write = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        // Reading is no news. Dropped first: our own look at a folder must not wake us to look again.
        EventKind::Access(_) => return news,
        _ => false,
    };
    let came_or_went = matches!(
        event.kind,
        EventKind::Create(_)
            | EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(_))
            | EventKind::Any
            | EventKind::Other
    );
    for path in &event.paths {
        if *path == places.doorbell {
            news.doorbell = true;
            news.rewatch |= gone(&event.kind);
        } else if let Ok(inner) = path.strip_prefix(&places.runs) {
            news.runs.extend(run_news(inner, closed_after_write));
        } else if let Ok(inner) = path.strip_prefix(&places.mcp) {
            match mcp_news(inner, came_or_went) {
                Meaning::Nothing => {}
                Meaning::Config | Meaning::Message => news.files = true,
                Meaning::Task(path) => {
                    news.files = true;
                    news.named.push(path);
                }
                Meaning::Structure => {
                    news.files = true;
                    news.folders = true;
                    news.rewatch = true;
                }
            }
        }
    }
    news
}

/// Whether a watched file is no more at its place.
fn gone(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_))
    )
}

/// The run that said something. Its output growing, any of its two outputs being closed (the keeper may have died without a
/// word), and its records. What the engine itself writes there is no news, nor is looking whether the keeper lives.
fn run_news(inner: &Path, closed_after_write: bool) -> Option<RunId> {
    let mut parts = inner.components();
    let Some(Component::Normal(run)) = parts.next() else {
        return None;
    };
    let run = run.to_str()?.parse().ok()?;
    let Some(file) = parts.next() else {
        return Some(run);
    };
    match file.as_os_str().to_str()? {
        "out.jsonl" | "exit.json" | "run.json" => Some(run),
        "err.log" if closed_after_write => Some(run),
        _ => None,
    }
}

enum Meaning {
    Nothing,
    Config,
    /// Something in somebody's inbox.
    Message,
    /// This file, below the tasks folder.
    Task(String),
    Structure,
}

/// What a change at this path below `.mcp/` means.
fn mcp_news(inner: &Path, came_or_went: bool) -> Meaning {
    let parts: Vec<&str> = inner
        .components()
        .map(|part| part.as_os_str().to_str().unwrap_or_default())
        .collect();
    let structure = if came_or_went {
        Meaning::Structure
    } else {
        Meaning::Nothing
    };
    match parts.as_slice() {
        [] | ["tasks"] => structure,
        ["messages"] | ["messages", _] | ["messages", _, "inbox"] => structure,
        // Names with a dot in front are ours, or somebody's in the making.
        ["messages", _, "inbox", name] if !name.starts_with('.') => Meaning::Message,
        ["config.yaml" | "agents.yaml"] => Meaning::Config,
        ["tasks", folder] if Status::from_folder(folder).is_some() => structure,
        // Names with a dot in front are editors' and our own temporary files.
        ["tasks", folder, name] if Status::from_folder(folder).is_some() && name.is_empty() => {
            // A name that is no text: only a look at all of them tells.
            Meaning::Structure
        }
        ["tasks", folder, name]
            if Status::from_folder(folder).is_some() && !name.starts_with('.') =>
        {
            Meaning::Task(format!("{folder}/{name}"))
        }
        _ => Meaning::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::{News, Places, sort};
    use notify::{
        Event, EventKind,
        event::{AccessKind, AccessMode, CreateKind, DataChange, Flag, ModifyKind, RemoveKind},
    };

    const WRITE: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const OPEN: EventKind = EventKind::Access(AccessKind::Open(AccessMode::Any));
    const READ: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Read));
    const CLOSE: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const MAKE: EventKind = EventKind::Create(CreateKind::Folder);
    const REMOVE: EventKind = EventKind::Remove(RemoveKind::Folder);

    fn told(kind: EventKind, path: &str) -> String {
        let places = Places {
            mcp: "/p/.mcp".into(),
            doorbell: "/s/doorbell".into(),
            runs: "/s/runs".into(),
        };
        let news = sort(&places, &Event::new(kind).add_path(path.into()));
        let mut words: Vec<String> = news.runs.iter().map(ToString::to_string).collect();
        words.extend(news.named.iter().cloned());
        for (word, set) in [
            (
                "config",
                news.files && news.named.is_empty() && !news.folders,
            ),
            ("folders", news.folders),
            ("doorbell", news.doorbell),
            ("rewatch", news.rewatch),
            ("everything", news.everything),
        ] {
            if set {
                words.push(word.to_owned());
            }
        }
        words.join(" ")
    }

    #[test]
    fn each_event_has_its_meaning() {
        for (kind, path, meaning) in [
            (WRITE, "/s/doorbell", "doorbell"),
            (OPEN, "/s/doorbell", ""),
            (REMOVE, "/s/doorbell", "doorbell rewatch"),
            (
                WRITE,
                "/p/.mcp/tasks/ready/TASK-001-a.md",
                "ready/TASK-001-a.md",
            ),
            (
                CLOSE,
                "/p/.mcp/tasks/ready/TASK-001-a.md",
                "ready/TASK-001-a.md",
            ),
            (OPEN, "/p/.mcp/tasks/ready/TASK-001-a.md", ""),
            (READ, "/p/.mcp/tasks/ready", ""),
            (WRITE, "/p/.mcp/tasks/ready/.TASK-001-a.md.tmp", ""),
            (WRITE, "/p/.mcp/tasks/elsewhere/TASK-001-a.md", ""),
            (WRITE, "/p/.mcp/config.yaml", "config"),
            (WRITE, "/p/.mcp/agents.yaml", "config"),
            (WRITE, "/p/.mcp/state.json", ""),
            (WRITE, "/p/.mcp/feedback/TASK-001-1.md", ""),
            (MAKE, "/p/.mcp/tasks/done", "folders rewatch"),
            (REMOVE, "/p/.mcp/tasks", "folders rewatch"),
            (REMOVE, "/p/.mcp", "folders rewatch"),
            (MAKE, "/p/.mcp/tasks/mine", ""),
            (
                WRITE,
                "/s/runs/TASK-001-implement-1/out.jsonl",
                "TASK-001-implement-1",
            ),
            (
                CLOSE,
                "/s/runs/TASK-001-implement-1/err.log",
                "TASK-001-implement-1",
            ),
            (WRITE, "/s/runs/TASK-001-implement-1/err.log", ""),
            (CLOSE, "/s/runs/TASK-001-implement-1/alive.lock", ""),
            (WRITE, "/s/runs/TASK-001-implement-1/in.jsonl", ""),
            (WRITE, "/s/runs/nonsense/out.jsonl", ""),
            (WRITE, "/elsewhere", ""),
        ] {
            assert_eq!(told(kind, path), meaning, "{kind:?} {path}");
        }
    }

    #[test]
    fn a_lost_event_may_have_been_anything() {
        let places = Places {
            mcp: "/p/.mcp".into(),
            doorbell: "/s/doorbell".into(),
            runs: "/s/runs".into(),
        };
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        let wanted = News {
            everything: true,
            ..News::default()
        };
        assert_eq!(sort(&places, &overflow), wanted);
    }
}
