//! Names of files: which are task files, which are ours, and which are never touched.

use crate::failure::failure;
use orchestron_domain::{Status, TaskId, task_file::id_from_file_name};
use orchestron_engine::ports::{PortErrorKind, PortResult};
use std::{
    ffi::OsStr,
    sync::atomic::{AtomicU64, Ordering},
};

/// Longest name of a task file, in bytes; leaves room for the names of temporary files made from it.
pub(super) const MAX_NAME: usize = 160;
/// Deepest path beside the tasks.
const MAX_DEPTH: usize = 8;

/// What a name in a status folder is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A task file.
    Task(TaskId),
    /// Looks like one, but its name says no task id, or is none that all systems can have.
    Bad,
    /// A temporary file of ours.
    Temp(Temp),
    /// Something else: hidden files, editors' backups, a README.
    Other,
}

impl Named {
    pub(super) fn of(name: &OsStr) -> Self {
        let Some(text) = name.to_str() else {
            let markdown = name.as_encoded_bytes().ends_with(b".md");
            return if markdown { Self::Bad } else { Self::Other };
        };
        if text.starts_with('.') {
            return Temp::parse(text).map_or(Self::Other, Self::Temp);
        }
        let markdown = text
            .len()
            .checked_sub(3)
            .and_then(|dot| text.get(dot..))
            .is_some_and(|end| end.eq_ignore_ascii_case(".md"));
        if !markdown || text.eq_ignore_ascii_case("readme.md") {
            return Self::Other;
        }
        match id_from_file_name(text) {
            Some(id) if text.len() <= MAX_NAME => Self::Task(id),
            _ => Self::Bad,
        }
    }
}

/// Where a task file lies: `ready/TASK-001-slug.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TaskPath {
    pub status: Status,
    pub name: String,
    pub id: TaskId,
}

impl TaskPath {
    /// Reads `ready/TASK-001-slug.md`, and nothing that means another place.
    pub(super) fn parse(path: &str) -> PortResult<Self> {
        let parts = path
            .split_once('/')
            .and_then(|(folder, name)| Some((Status::from_folder(folder)?, name)));
        match parts {
            Some((status, name)) => Self::new(status, name),
            None => Err(bad_path(path)),
        }
    }

    pub(super) fn new(status: Status, name: &str) -> PortResult<Self> {
        match Named::of(OsStr::new(name)) {
            Named::Task(id) if !name.contains('/') => Ok(Self {
                status,
                name: name.to_owned(),
                id,
            }),
            _ => Err(bad_path(name)),
        }
    }

    /// The path below `.mcp/tasks/`.
    pub(super) fn indexed(&self) -> String {
        format!("{}/{}", self.status.folder(), self.name)
    }

    /// The path below the project, for people.
    pub(super) fn shown(&self) -> String {
        format!(".mcp/tasks/{}", self.indexed())
    }
}

fn bad_path(path: &str) -> orchestron_engine::ports::PortError {
    failure(
        PortErrorKind::Malformed,
        "cannot use",
        format!("the path `{}`", path.escape_debug()),
        "it names no task file",
        "A task file's path is a status folder and a name, such as ready/TASK-001-slug.md.",
    )
}

/// Whether a new file may have this name. Stricter than what is read: small letters, digits and dashes can be had everywhere.
pub(super) fn is_good_new_name(name: &str) -> bool {
    let Some(id) = id_from_file_name(name) else {
        return false;
    };
    let Some(rest) = name
        .strip_prefix(id.to_string().as_str())
        .and_then(|rest| rest.strip_suffix(".md"))
    else {
        return false;
    };
    let slug = rest.strip_prefix('-');
    name.len() <= 120
        && (rest.is_empty() || slug.is_some_and(|slug| !slug.is_empty()))
        && slug
            .unwrap_or_default()
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The components of a path beside the tasks: `feedback/TASK-001-1.md`. Never below `tasks/`, never hidden, never up.
pub(super) fn side_parts(path: &str) -> PortResult<(Vec<&str>, &str)> {
    let refused = || {
        failure(
            PortErrorKind::Malformed,
            "cannot use",
            format!("the path `{}`", path.escape_debug()),
            "it names no file beside the tasks",
            "Use a path below .mcp/, such as feedback/TASK-001-1.md, without `..` and hidden names.",
        )
    };
    let mut parts: Vec<&str> = path.split('/').collect();
    let good = |part: &&str| {
        !part.is_empty()
            && part.len() <= 200
            && (!part.starts_with('.') || path == ".gitignore")
            && !part.ends_with(['.', ' '])
            && !part
                .chars()
                .any(|c| c.is_control() || matches!(c, '\\' | ':'))
    };
    if parts.len() > MAX_DEPTH || !parts.iter().all(good) || parts.first() == Some(&"tasks") {
        return Err(refused());
    }
    let name = parts.pop().ok_or_else(refused)?;
    Ok((parts, name))
}

/// What a temporary file is for. Its name tells, so that whoever finds it after a crash knows what to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is to become a new file, and never did.
    New,
    /// It is to be exchanged with a file: whose text was this (first digits of the hash) …
    Exchange {
        /// … before, …
        expected: String,
        /// … and is to be this.
        ours: String,
    },
    /// The second name of a text that is being replaced where there is no exchange.
    Keep {
        /// The text's hash, first digits.
        expected: String,
    },
}

/// A temporary file: `.TASK-001-slug.md.<purpose>.<pid>-<count>.tmp`. Hidden, so that nobody takes it for a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Temp {
    /// The file it is made for.
    pub target: String,
    pub purpose: Purpose,
    /// Who made it.
    pub pid: u32,
}

/// Digits of a hash in a name.
const DIGITS: usize = 16;

impl Temp {
    /// A name that nobody has.
    pub(super) fn name(target: &str, purpose: &Purpose) -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let purpose = match purpose {
            Purpose::New => "new".to_owned(),
            Purpose::Exchange { expected, ours } => format!("{expected}-{ours}"),
            Purpose::Keep { expected } => format!("keep-{expected}"),
        };
        format!(".{target}.{purpose}.{}-{count}.tmp", std::process::id())
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name
            .strip_prefix('.')?
            .strip_suffix(".tmp")?
            .rsplitn(3, '.');
        let (maker, purpose, target) = (parts.next()?, parts.next()?, parts.next()?);
        let (pid, count) = maker.split_once('-')?;
        count.parse::<u64>().ok()?;
        let is_hash =
            |text: &str| text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        let purpose = match purpose.split_once('-') {
            None if purpose == "new" => Purpose::New,
            Some(("keep", expected)) if is_hash(expected) => Purpose::Keep {
                expected: expected.to_owned(),
            },
            Some((expected, ours)) if is_hash(expected) && is_hash(ours) => Purpose::Exchange {
                expected: expected.to_owned(),
                ours: ours.to_owned(),
            },
            _ => return None,
        };
        Some(Self {
            target: target.to_owned(),
            purpose,
            pid: pid.parse().ok()?,
        })
    }
}

/// The first digits of a hash.
pub(super) fn short(hash: &str) -> String {
    hash.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::{Named, Purpose, TaskPath, Temp, is_good_new_name, side_parts};
    use std::ffi::OsStr;

    #[test]
    fn names_are_told_apart() {
        for (name, kind) in [
            ("TASK-001-a.md", "task"),
            ("TASK-7.md", "task"),
            ("TASK-001-With Spaces.MD", "task"),
            ("notes.md", "bad"),
            ("TASK-x.md", "bad"),
            ("task-001.md", "bad"),
            ("README.md", "other"),
            ("TASK-001-a.md~", "other"),
            (".TASK-001-a.md.swp", "other"),
            (".DS_Store", "other"),
            ("TASK-001.txt", "other"),
            (".TASK-001-a.md.new.12-3.tmp", "temp"),
        ] {
            let found = match Named::of(OsStr::new(name)) {
                Named::Task(_) => "task",
                Named::Bad => "bad",
                Named::Temp(_) => "temp",
                Named::Other => "other",
            };
            assert_eq!(found, kind, "{name}");
        }
        assert_eq!(
            Named::of(OsStr::new(&format!("TASK-1-{}.md", "x".repeat(300)))),
            Named::Bad
        );
    }

    #[test]
    fn paths_never_mean_another_place() {
        assert_eq!(
            TaskPath::parse("ready/TASK-001-a.md").unwrap().indexed(),
            "ready/TASK-001-a.md"
        );
        for path in [
            "",
            "TASK-001-a.md",
            "ready/../done/TASK-001-a.md",
            "/ready/TASK-001-a.md",
            "ready//TASK-001-a.md",
            "ready/sub/TASK-001-a.md",
            "elsewhere/TASK-001-a.md",
            "ready/.TASK-001-a.md",
            "ready/TASK-001-a\\..\\b.md",
            "ready/TASK-001-a\0.md",
        ] {
            assert!(TaskPath::parse(path).is_err(), "{path}");
        }
        for path in [
            "feedback/TASK-001-1.md",
            "state.json",
            "results/TASK-001/run/out.txt",
            ".gitignore",
        ] {
            assert!(side_parts(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "/etc/passwd",
            "feedback/../../x",
            "feedback/",
            "tasks/ready/TASK-001-a.md",
            "tasks",
            "feedback/.hidden",
            "feedback/a\\b",
            "feedback/c:d",
            "a/b/c/d/e/f/g/h/i",
        ] {
            assert!(side_parts(path).is_err(), "{path}");
        }
    }

    #[test]
    fn new_names_can_be_had_everywhere() {
        for name in ["TASK-001-a.md", "TASK-001.md", "WEB2-1234-fix-login-2.md"] {
            assert!(is_good_new_name(name), "{name}");
        }
        for name in [
            "TASK-1-a.md",
            "TASK-001-.md",
            "TASK-001-A.md",
            "TASK-001-a b.md",
            "TASK-001-ü.md",
            "TASK-001-a.MD",
            "TASK-001-a/../b.md",
            &format!("TASK-001-{}.md", "x".repeat(120)),
        ] {
            assert!(!is_good_new_name(name), "{name}");
        }
    }

    #[test]
    fn a_temporary_file_tells_what_it_is_for() {
        let (one, two) = ("0123456789abcdef".to_owned(), "fedcba9876543210".to_owned());
        for purpose in [
            Purpose::New,
            Purpose::Keep {
                expected: one.clone(),
            },
            Purpose::Exchange {
                expected: one,
                ours: two,
            },
        ] {
            let name = Temp::name("TASK-001-a.b.md", &purpose);
            let Named::Temp(temp) = Named::of(OsStr::new(&name)) else {
                panic!("{name}");
            };
            assert_eq!(
                (temp.target.as_str(), temp.purpose),
                ("TASK-001-a.b.md", purpose)
            );
            assert_eq!(temp.pid, std::process::id());
        }
        for name in [
            ".TASK-001-a.md.tmp",
            "..new.1-1.tmp.md",
            ".x.y.1-1.tmp",
            ".x.new.1.tmp",
        ] {
            assert_eq!(Named::of(OsStr::new(name)), Named::Other, "{name}");
        }
    }
}
