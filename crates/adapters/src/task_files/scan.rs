//! Looking at every task file: names first, then stamps, then the text of those that changed.
//!
//! Files come, go and move while we look. A listing of six folders is no snapshot: a file that moves from a folder that is still
//! to be listed into one that has been seems to be gone. So nothing is called gone or doubled before two listings in a row agree.

use super::{
    McpFolder,
    folder::{Folder, Kind, Look, MAX_BYTES, Reading},
    names::{Named, TaskPath, Temp},
    reading::{bad_name, no_file, now_ns, problem_row, row, too_large, unreadable},
};
use crate::failure::{io_failure, kind_of};
use orchestron_domain::{Status, TaskId};
use orchestron_engine::ports::{Folders, IndexedFile, PortErrorKind, PortResult, Problem, Scan};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How often the folders are listed until two listings agree.
const LISTINGS: u32 = 5;
/// From so many files on they are read by several threads.
const MANY: usize = 500;
/// Two changes so far apart have different times, however coarse the system's clock for files is.
const SETTLED_NS: i64 = 20_000_000;
/// So many threads read at most; on a cold disk they mostly wait.
const THREADS: usize = 16;

/// A name in a status folder that is to be in the index.
struct Found {
    status: Status,
    name: OsString,
    /// None: a name that no task file can have.
    id: Option<TaskId>,
}

/// The six folders at one moment.
#[derive(Default)]
struct Listing {
    /// By path below `.mcp/tasks/`.
    files: BTreeMap<String, Found>,
    temps: Vec<(Status, String, Temp)>,
    folders: BTreeMap<Status, Folder>,
    unreadable: Option<PortErrorKind>,
}

impl Listing {
    fn take(mcp: &McpFolder) -> Self {
        let mut listing = Self::default();
        match mcp.open(&["tasks"]) {
            Ok(_) => {}
            Err(error) => {
                listing.unreadable = Some(kind_of(&error));
                return listing;
            }
        }
        for status in Status::ALL {
            let opened = mcp.open(&["tasks", status.folder()]);
            match opened.and_then(|folder| Ok((folder.names()?, folder))) {
                Ok((names, folder)) => {
                    for name in names {
                        listing.add(status, name);
                    }
                    listing.folders.insert(status, folder);
                }
                // Git keeps no empty folders: a missing one is an empty one.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => listing.unreadable = Some(kind_of(&error)),
            }
        }
        if listing.folders.is_empty() && listing.unreadable.is_none() {
            // But no folder at all is no board with nothing on it.
            listing.unreadable = Some(PortErrorKind::Missing);
        }
        listing
    }

    fn add(&mut self, status: Status, name: OsString) {
        let id = match Named::of(&name) {
            Named::Task(id) => Some(id),
            Named::Bad => None,
            Named::Temp(temp) => {
                self.temps
                    .push((status, name.to_string_lossy().into_owned(), temp));
                return;
            }
            Named::Other => return,
        };
        let path = format!("{}/{}", status.folder(), name.to_string_lossy());
        self.files.insert(path, Found { status, name, id });
    }

    /// Paths by the task their names claim.
    fn by_task(&self) -> BTreeMap<&TaskId, Vec<&str>> {
        let mut tasks: BTreeMap<&TaskId, Vec<&str>> = BTreeMap::new();
        for (path, found) in &self.files {
            if let Some(id) = &found.id {
                tasks.entry(id).or_default().push(path);
            }
        }
        tasks
    }

    /// Whether something seems to be gone or doubled, which may only be a move that is under way.
    fn is_suspicious(&self, known: &BTreeMap<String, IndexedFile>) -> bool {
        known.keys().any(|path| !self.files.contains_key(path))
            || self.by_task().values().any(|paths| paths.len() > 1)
    }

    fn agrees_with(&self, other: &Self) -> bool {
        self.files.keys().eq(other.files.keys())
    }
}

pub(super) fn scan(mcp: &McpFolder, known: &BTreeMap<String, IndexedFile>) -> PortResult<Scan> {
    let mut listing = Listing::take(mcp);
    if !listing.temps.is_empty() {
        for (status, name, temp) in &listing.temps {
            if let Some(folder) = listing.folders.get(status) {
                // One that cannot be cleared away now is found again next time, and harms nobody meanwhile.
                mcp.clear_leftover(folder, name, temp).unwrap_or_default();
            }
        }
        listing = Listing::take(mcp);
    }
    let mut agreed = true;
    if listing.is_suspicious(known) {
        agreed = false;
        for _ in 1..LISTINGS {
            let again = Listing::take(mcp);
            agreed = listing.agrees_with(&again);
            listing = again;
            if agreed {
                break;
            }
        }
    }
    let mut scan = Scan {
        unreadable: listing.unreadable,
        ..Scan::default()
    };
    let doubled = if agreed {
        doubled(&listing)
    } else {
        BTreeMap::new()
    };
    for (path, file) in rows(&listing, known) {
        // Neither of two files with one id is run, whatever it says.
        let file = match doubled.get(path) {
            Some(problem) if file.problem.is_none() => Cow::Owned(IndexedFile {
                card: None,
                problem: Some(problem.clone()),
                ..file.into_owned()
            }),
            _ => file,
        };
        if let Cow::Owned(file) = file
            && known.get(path) != Some(&file)
        {
            scan.changed.push(file);
        }
    }
    if scan.unreadable.is_none() && agreed {
        let gone = known
            .keys()
            .filter(|path| !listing.files.contains_key(*path));
        scan.gone = gone.cloned().collect();
    }
    Ok(scan)
}

/// The highest number with this prefix among the names in all folders.
pub(super) fn highest(mcp: &McpFolder, prefix: &str) -> PortResult<u32> {
    let mut highest = 0;
    for status in Status::ALL {
        let shown = format!(".mcp/tasks/{}", status.folder());
        let opened = mcp.open(&["tasks", status.folder()]);
        let names = match opened.and_then(|folder| folder.names()) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(io_failure("cannot read", shown, &error)),
        };
        for name in names {
            if let Named::Task(id) = Named::of(&name)
                && id.prefix() == prefix
            {
                highest = id.number().max(highest);
            }
        }
    }
    Ok(highest)
}

/// How the task folders look. Windows keeps no times of folders that could be relied on.
pub(super) fn folders(mcp: &McpFolder) -> PortResult<Option<Folders>> {
    if cfg!(windows) {
        return Ok(None);
    }
    let failed = |e: &io::Error| io_failure("cannot look at", ".mcp/tasks", e);
    let tasks = match mcp.open(&["tasks"]) {
        Ok(tasks) => tasks,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let mut looks = vec![tasks.look(OsStr::new(".")).map_err(|e| failed(&e))?];
    for status in Status::ALL {
        match tasks.look(OsStr::new(status.folder())) {
            Ok(look) if look.kind == Kind::Folder => looks.push(look),
            // A link: what it leads to changes without it.
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&error)),
        }
    }
    let newest = looks.iter().map(|look| look.stamp.ctime_ns).max();
    let print = looks.iter().map(|look| {
        let stamp = look.stamp;
        format!("{}:{}:{};", stamp.ino, stamp.mtime_ns, stamp.ctime_ns)
    });
    Ok(Some(Folders {
        print: print.collect(),
        settled: newest.is_some_and(|newest| now_ns() > newest + SETTLED_NS),
    }))
}

/// The problem of each file whose id another file has too.
fn doubled(listing: &Listing) -> BTreeMap<String, Problem> {
    let mut problems = BTreeMap::new();
    for (id, paths) in listing.by_task() {
        if paths.len() < 2 {
            continue;
        }
        for path in &paths {
            let others: Vec<String> = paths
                .iter()
                .filter(|other| *other != path)
                .map(|other| format!(".mcp/tasks/{other}"))
                .collect();
            let problem = Problem {
                path: format!(".mcp/tasks/{path}"),
                line: None,
                what: format!(
                    "the id {id} is used twice: {} has it too",
                    others.join(" and ")
                ),
                cure: format!(
                    "Keep one of them. Delete the other, or give it a new id in its name and its heading; until then {id} rests."
                ),
            };
            problems.insert((*path).to_owned(), problem);
        }
    }
    problems
}

/// The row of one file: borrowed when it is the known one.
type Row<'a> = (&'a str, Cow<'a, IndexedFile>);

/// The rows of all files of a listing; those that went meanwhile are left out.
fn rows<'a>(listing: &'a Listing, known: &'a BTreeMap<String, IndexedFile>) -> Vec<Row<'a>> {
    let mut rows = Vec::with_capacity(listing.files.len());
    let mut to_read = Vec::new();
    for (path, found) in &listing.files {
        let Some(folder) = listing.folders.get(&found.status) else {
            continue;
        };
        let look = match folder.look(&found.name) {
            Ok(look) => look,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                rows.push((path.as_str(), Cow::Owned(unread(path, &error))));
                continue;
            }
        };
        if let Some(row) = without_reading(path, found, look, known) {
            rows.push((path.as_str(), row));
        } else {
            to_read.push((path.as_str(), found, folder));
        }
    }
    rows.extend(read_all(&to_read));
    rows
}

/// The row of a file that need not be read, or must not be.
fn without_reading<'a>(
    path: &str,
    found: &Found,
    look: Look,
    known: &'a BTreeMap<String, IndexedFile>,
) -> Option<Cow<'a, IndexedFile>> {
    let wrong = if look.kind != Kind::File {
        Some(no_file(look.kind))
    } else if found.id.is_none() {
        Some(bad_name())
    } else if look.stamp.size > MAX_BYTES {
        Some(too_large(&look))
    } else {
        None
    };
    if let Some(wrong) = wrong {
        return Some(Cow::Owned(problem_row(path.to_owned(), look, wrong)));
    }
    // A file with a problem is read again: the problem may have been another file's doing.
    known
        .get(path)
        .filter(|known| known.stamp == look.stamp && known.problem.is_none())
        .map(Cow::Borrowed)
}

fn unread(path: &str, error: &io::Error) -> IndexedFile {
    let look = Look {
        kind: Kind::File,
        stamp: orchestron_engine::ports::Stamp::default(),
        mode: 0,
    };
    problem_row(path.to_owned(), look, unreadable(error))
}

type Work<'a> = (&'a str, &'a Found, &'a Folder);

/// Reads files, with several threads when they are many.
fn read_all<'a>(files: &[Work<'a>]) -> Vec<Row<'a>> {
    if files.len() <= MANY {
        return files.iter().filter_map(read_one).collect();
    }
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::with_capacity(files.len()));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut own = Vec::new();
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    own.extend(read_one(file));
                }
                rows.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(own);
            });
        }
    });
    rows.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one file; none when it went meanwhile.
fn read_one<'a>((path, found, folder): &Work<'a>) -> Option<Row<'a>> {
    let now = now_ns();
    let row = match (folder.read(&found.name), &found.id) {
        (Ok(reading), Some(id)) => {
            let task = TaskPath {
                status: found.status,
                name: found.name.to_string_lossy().into_owned(),
                id: id.clone(),
            };
            row(&task, &reading, now)
        }
        (Ok(Reading::Text(_, look) | Reading::TooLarge(look) | Reading::NoFile(look)), None) => {
            problem_row((*path).to_owned(), look, bad_name())
        }
        (Err(error), _) if error.kind() == io::ErrorKind::NotFound => return None,
        (Err(error), _) => unread(path, &error),
    };
    Some((path, Cow::Owned(row)))
}
