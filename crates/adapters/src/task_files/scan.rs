//! Looking at every task file: names first, then stamps, then the text of those that changed.
//!
//! Files come, go and move while we look. A listing of six folders is no snapshot: a file that moves from a folder that is still
//! to be listed into one that has been seems to be gone. So it is listed until two listings in a row agree; when they never do, the scan
//! says that things are moving, and nothing is called doubled.

use super::{
    McpFolder,
    folder::{Folder, Kind, Look, MAX_BYTES, Reading},
    names::{Named, TaskPath, Temp},
    reading::{bad_name, no_file, now_ns, problem_row, row, too_large, unreadable},
};
use crate::failure::{io_failure, kind_of};
use orchestron_domain::{Status, TaskId, task_file::id_from_file_name};
use orchestron_engine::ports::{
    Folders, IndexedFile, KnownFile, KnownFiles, PortErrorKind, PortResult, Problem, Scan,
};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ffi::{OsStr, OsString},
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How often the folders are listed until two listings agree.
const LISTINGS: u32 = 5;
/// From so many files on they are read by several threads.
const MANY: usize = 500;
/// Two changes so far apart have different times, however coarse the system's clock for files is.
const SETTLED_NS: i64 = 20_000_000;
/// So many threads read when they mostly wait, for a cold disk.
const COLD_THREADS: usize = 16;
/// So many read what is in memory already. Each thread's share of what is read stays with it, which an engine pays for as long as it runs.
const WARM_THREADS: usize = 2;
/// So many files are read first, to see which it is.
const TRIED: usize = 64;
/// When these take longer, they are waited for.
const WARM: Duration = Duration::from_millis(20);

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

    /// Paths by the task their names claim, where there are several.
    fn doubled(&self) -> BTreeMap<&TaskId, Vec<&str>> {
        let files = self.files.iter();
        let mut claims: Vec<(&TaskId, &str)> = files
            .filter_map(|(path, found)| Some((found.id.as_ref()?, path.as_str())))
            .collect();
        // Those of one task stay in the order of their paths.
        claims.sort_by_key(|(id, _)| *id);
        let several = claims.chunk_by(|(a, _), (b, _)| a == b);
        several
            .filter(|claims| claims.len() > 1)
            .filter_map(|claims| {
                let (id, _) = claims.first()?;
                Some((*id, claims.iter().map(|(_, path)| *path).collect()))
            })
            .collect()
    }

    /// Of what is known, what is not listed.
    fn gone<'k>(&self, known: &'k KnownFiles) -> impl Iterator<Item = &'k String> {
        // Both are in the same order.
        let mut listed = self.files.keys().peekable();
        known.keys().filter(move |path| {
            while listed.next_if(|listed| listed < path).is_some() {}
            listed.peek() != Some(path)
        })
    }

    /// Whether something seems to be gone or doubled, which may only be a move that is under way.
    fn is_suspicious(&self, known: &KnownFiles) -> bool {
        self.gone(known).next().is_some() || !self.doubled().is_empty()
    }

    fn agrees_with(&self, other: &Self) -> bool {
        self.files.keys().eq(other.files.keys())
    }
}

pub(super) fn scan(mcp: &McpFolder, known: &KnownFiles) -> PortResult<Scan> {
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
    Ok(differences(&listing, known, agreed))
}

/// A look at some files: the `named` ones and those that are `known` of the same tasks. None when a task has no file left where
/// it could be: only a look everywhere tells whether it was moved under another name or deleted.
pub(super) fn scan_named(
    mcp: &McpFolder,
    named: &BTreeSet<String>,
    known: &KnownFiles,
) -> PortResult<Option<Scan>> {
    let mut listing = Listing::default();
    let paths: BTreeSet<&str> = named
        .iter()
        .chain(known.keys())
        .map(String::as_str)
        .collect();
    let mut missing = Vec::new();
    for path in paths {
        let parts = path
            .split_once('/')
            .and_then(|(folder, name)| Some((Status::from_folder(folder)?, name)));
        let Some((status, name)) = parts.filter(|(_, name)| !name.contains('/')) else {
            return Ok(None);
        };
        match listing.look_for(mcp, status, name) {
            Looked::There => {}
            Looked::Absent => missing.push(name),
            Looked::Unclear => return Ok(None),
        }
    }
    // A file that moves while we look is at neither of its places, or it went where nobody has told us of yet.
    for name in missing {
        for status in Status::ALL {
            if let Looked::Unclear = listing.look_for(mcp, status, name) {
                return Ok(None);
            }
        }
    }
    let there: BTreeSet<&TaskId> = listing.files.values().flat_map(|found| &found.id).collect();
    let lost = |path: &String| {
        let id = id_from_file_name(path.rsplit('/').next().unwrap_or_default());
        id.is_none_or(|id| !there.contains(&id))
    };
    // One id in two places may be a move that is under way, too.
    if known
        .keys()
        .any(|path| !listing.files.contains_key(path) && lost(path))
        || !listing.doubled().is_empty()
    {
        return Ok(None);
    }
    Ok(Some(differences(&listing, known, true)))
}

/// What a look for one name gave.
enum Looked {
    There,
    Absent,
    /// It is nothing that could be judged by itself.
    Unclear,
}

impl Listing {
    /// Looks for one name in one folder, and lists it when it is there.
    fn look_for(&mut self, mcp: &McpFolder, status: Status, name: &str) -> Looked {
        let folder = match self.folders.entry(status) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => match mcp.open(&["tasks", status.folder()]) {
                Ok(folder) => place.insert(folder),
                // The tasks folder itself may be gone.
                Err(_) => return Looked::Unclear,
            },
        };
        match folder.look(OsStr::new(name)) {
            Ok(_) => {
                self.add(status, OsString::from(name));
                Looked::There
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Looked::Absent,
            Err(_) => Looked::Unclear,
        }
    }
}

/// How the listed files differ from the known ones.
fn differences(listing: &Listing, known: &KnownFiles, agreed: bool) -> Scan {
    let mut scan = Scan {
        unreadable: listing.unreadable,
        moving: !agreed,
        ..Scan::default()
    };
    let doubled = if agreed {
        doubled(listing)
    } else {
        BTreeMap::new()
    };
    for (path, row) in rows(listing, known, &doubled) {
        let Some(mut file) = row else { continue };
        // Neither of two files with one id is run, whatever it says.
        if let Some(problem) = doubled.get(path)
            && file.problem.is_none()
        {
            file.card = None;
            file.problem = Some(problem.clone());
        }
        if !known.get(path).is_some_and(|known| known.is(&file)) {
            scan.changed.push(file);
        }
    }
    if scan.unreadable.is_none() {
        scan.gone = listing.gone(known).cloned().collect();
    }
    scan
}

/// The highest number with this prefix among the names in all folders, apart from those that look as `apart` says.
pub(super) fn highest(mcp: &McpFolder, prefix: &str, apart: &str) -> PortResult<u32> {
    let apart: BTreeSet<&str> = apart.split_inclusive(';').collect();
    let names = |status: Status| {
        let folder = mcp.open(&["tasks", status.folder()])?;
        // Before its names: one that comes meanwhile is in a folder that looks otherwise next time.
        match apart.contains(print(&folder.look(OsStr::new("."))?).as_str()) {
            true => Ok(Vec::new()),
            false => folder.names(),
        }
    };
    let mut highest = 0;
    for status in Status::ALL {
        let names = match names(status) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                let shown = format!(".mcp/tasks/{}", status.folder());
                return Err(io_failure("cannot read", shown, &error));
            }
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

/// How a folder looks: otherwise, when a name came or went.
fn print(look: &Look) -> String {
    let stamp = look.stamp;
    format!("{}:{}:{};", stamp.ino, stamp.mtime_ns, stamp.ctime_ns)
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
    Ok(Some(Folders {
        print: looks.iter().map(print).collect(),
        settled: newest.is_some_and(|newest| now_ns() > newest + SETTLED_NS),
    }))
}

/// The problem of each file whose id another file has too.
fn doubled(listing: &Listing) -> BTreeMap<String, Problem> {
    let mut problems = BTreeMap::new();
    for (id, paths) in listing.doubled() {
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

/// The row of one file: none when it is the known one.
type Row<'a> = (&'a str, Option<IndexedFile>);

/// The rows of all files of a listing; those that went meanwhile are left out.
fn rows<'a>(
    listing: &'a Listing,
    known: &KnownFiles,
    doubled: &BTreeMap<String, Problem>,
) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    let mut to_read = Vec::new();
    // In the same order as what is listed.
    let mut known = known.iter().peekable();
    for (path, found) in &listing.files {
        while known.next_if(|(known, _)| *known < path).is_some() {}
        let known = known.next_if(|(known, _)| *known == path);
        let known = known.map(|(_, known)| known);
        let Some(folder) = listing.folders.get(&found.status) else {
            continue;
        };
        let look = match folder.look(&found.name) {
            Ok(look) => look,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                rows.push((path.as_str(), Some(unread(path, &error))));
                continue;
            }
        };
        if let Some(row) = without_reading(path, found, look) {
            rows.push((path.as_str(), Some(row)));
        } else if doubled.contains_key(path) || !is_known(known, look) {
            to_read.push((path.as_str(), found, folder));
        }
    }
    rows.extend(read_all(&to_read));
    rows
}

/// Whether a file looks as it is known. One with a problem is read again: the problem may have been another file's doing.
fn is_known(known: Option<&KnownFile>, look: Look) -> bool {
    known.is_some_and(|known| known.stamp == look.stamp && known.problem.is_none())
}

/// The row of a file that must not be read.
fn without_reading(path: &str, found: &Found, look: Look) -> Option<IndexedFile> {
    let wrong = if look.kind != Kind::File {
        no_file(look.kind)
    } else if found.id.is_none() {
        bad_name()
    } else if look.stamp.size > MAX_BYTES {
        too_large(&look)
    } else {
        return None;
    };
    Some(problem_row(path.to_owned(), look, wrong))
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
    let (first, rest) = files.split_at(TRIED);
    let began = Instant::now();
    let mut rows = Vec::with_capacity(files.len());
    rows.extend(first.iter().filter_map(read_one));
    let threads = match began.elapsed() > WARM {
        true => COLD_THREADS,
        false => WARM_THREADS,
    };
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(rows);
    let read = || {
        let mut own = Vec::new();
        while let Some(file) = rest.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.extend(read_one(file));
        }
        rows.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(own);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(read);
        }
        read();
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
    Some((path, Some(row)))
}
