//! The `.mcp/` folder in memory.

use crate::{
    disk,
    world::{World, refused},
};
use orchestron_domain::{
    Config, Status,
    task_file::{TaskFile, id_from_file_name},
};
use orchestron_engine::ports::{
    Checkout, DropFolder, Exchange, FileText, IndexedFile, KnownFiles, PortErrorKind, PortResult,
    Problem, Replaced, Scan, Stamp, TaskFiles, WorkflowFile,
};
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// A file.
#[derive(Clone)]
pub struct Entry {
    pub bytes: Vec<u8>,
    ino: u64,
    version: i64,
}

/// Everything below `.mcp/`.
#[derive(Default)]
pub struct Folder {
    pub entries: BTreeMap<String, Entry>,
    pub config: Config,
    pub config_problems: Vec<Problem>,
    /// Files of `.mcp/workflows/`, already read.
    pub workflows: Vec<WorkflowFile>,
    pub config_version: u32,
    pub hidden: bool,
    pub checkout: Checkout,
    /// Every listing differs from the one before.
    pub moving: bool,
    /// Texts that were replaced, by their hash.
    pub trash: BTreeMap<String, Vec<u8>>,
    counter: i64,
}

impl Folder {
    pub fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.counter += 1;
        let ino = self.counter.unsigned_abs();
        self.entries.insert(
            path.to_owned(),
            Entry {
                bytes,
                ino,
                version: self.counter,
            },
        );
    }

    fn task(&self, path: &str) -> PortResult<&Entry> {
        self.entries
            .get(&full(path))
            .ok_or_else(|| refused(PortErrorKind::Missing, "cannot read", path, "no such file"))
    }
}

impl Entry {
    /// When it was written, as drop folders tell it.
    pub(crate) const fn written(&self) -> i64 {
        self.version
    }
}

fn full(path: &str) -> String {
    format!("tasks/{path}")
}

pub fn hash(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn stamp(entry: &Entry) -> Stamp {
    Stamp {
        ino: entry.ino,
        mtime_ns: entry.version,
        ctime_ns: entry.version,
        size: u64::try_from(entry.bytes.len()).unwrap_or(u64::MAX),
    }
}

/// What the index says of a file; none for what is no task file at all.
fn indexed(path: &str, entry: &Entry) -> Option<IndexedFile> {
    let (folder, name) = path.split_once('/')?;
    let (status, named) = (Status::from_folder(folder)?, id_from_file_name(name)?);
    let problem = |line, what: String, cure: &str| {
        Some(Problem {
            path: format!(".mcp/tasks/{path}"),
            line,
            what,
            cure: cure.to_owned(),
        })
    };
    let (card, problem) = match TaskFile::parse(&entry.bytes) {
        Ok(file) if *file.id() == named => (Some(file.card(status)), None),
        Ok(file) => {
            let what = format!("the heading says {}, the file's name {named}", file.id());
            (None, problem(Some(1), what, "make both the same"))
        }
        Err(error) => (None, problem(error.line(), error.what(), &error.cure())),
    };
    Some(IndexedFile {
        path: path.to_owned(),
        stamp: stamp(entry),
        hash: hash(&entry.bytes),
        card,
        problem,
    })
}

fn reindexed(path: &str, entry: &Entry) -> PortResult<IndexedFile> {
    indexed(path, entry).ok_or_else(|| {
        refused(
            PortErrorKind::Malformed,
            "cannot read",
            path,
            "it is no task file",
        )
    })
}

fn text_of(entry: &Entry) -> FileText {
    FileText {
        bytes: entry.bytes.clone(),
        hash: hash(&entry.bytes),
    }
}

pub struct MemoryFiles(pub World);

impl TaskFiles for MemoryFiles {
    fn scan(&self, known: &KnownFiles) -> PortResult<Scan> {
        let things = self.0.up()?;
        if things.files.hidden {
            return Ok(Scan {
                unreadable: Some(PortErrorKind::Missing),
                ..Scan::default()
            });
        }
        let mut scan = Scan {
            moving: things.files.moving,
            ..Scan::default()
        };
        let mut seen = BTreeMap::new();
        for (path, entry) in &things.files.entries {
            let Some(path) = path.strip_prefix("tasks/") else {
                continue;
            };
            if known
                .get(path)
                .is_some_and(|file| file.stamp == stamp(entry))
            {
                seen.insert(path, ());
            } else if let Some(file) = indexed(path, entry) {
                seen.insert(path, ());
                scan.changed.push(file);
            }
        }
        scan.gone = known
            .keys()
            .filter(|path| !seen.contains_key(path.as_str()))
            .cloned()
            .collect();
        Ok(scan)
    }

    fn read(&self, path: &str) -> PortResult<FileText> {
        Ok(text_of(self.0.up()?.files.task(path)?))
    }

    fn create(&self, status: Status, file_name: &str, bytes: &[u8]) -> PortResult<IndexedFile> {
        let mut things = self.0.up()?;
        things.must_have_room(".mcp")?;
        let path = format!("{}/{file_name}", status.folder());
        disk::temporary(&mut things)?;
        disk::call(&mut things)?;
        if things.files.entries.contains_key(&full(&path)) {
            return Err(refused(
                PortErrorKind::Exists,
                "cannot create",
                path,
                "the name is taken",
            ));
        }
        disk::names(&mut things, &[&full(&path)]);
        things.files.put(&full(&path), bytes.to_vec());
        disk::sync(&mut things)?;
        reindexed(&path, things.files.task(&path)?)
    }

    fn rename(
        &self,
        path: &str,
        to: Status,
        expected_hash: Option<&str>,
    ) -> PortResult<IndexedFile> {
        const DOING: &str = "cannot move";
        let mut things = self.0.up()?;
        things.must_have_room(".mcp")?;
        let before = things.files.task(path)?;
        if expected_hash.is_some_and(|expected| expected != hash(&before.bytes)) {
            return Err(refused(
                PortErrorKind::Changed,
                DOING,
                path,
                "it was changed",
            ));
        }
        disk::call(&mut things)?;
        // What an editor did to it in between goes with it.
        let entry = things.files.task(path)?.clone();
        let name = path.rsplit('/').next().unwrap_or(path);
        let new = format!("{}/{name}", to.folder());
        if things.files.entries.contains_key(&full(&new)) {
            return Err(refused(
                PortErrorKind::Exists,
                DOING,
                path,
                "there is one already",
            ));
        }
        disk::names(&mut things, &[&full(path), &full(&new)]);
        things.files.entries.remove(&full(path));
        things.files.entries.insert(full(&new), entry);
        disk::sync(&mut things)?; // the source folder
        disk::sync(&mut things)?; // the destination folder
        reindexed(&new, things.files.task(&new)?)
    }

    fn exchange(&self, path: &str, expected_hash: &str, bytes: &[u8]) -> PortResult<Exchange> {
        let done = self.exchange_before_move(path, expected_hash, bytes)?;
        if matches!(done, Exchange::Replaced(_)) {
            disk::sync(&mut *self.0.up()?)?;
        }
        Ok(done)
    }

    fn exchange_before_move(
        &self,
        path: &str,
        expected_hash: &str,
        bytes: &[u8],
    ) -> PortResult<Exchange> {
        let mut things = self.0.up()?;
        things.must_have_room(".mcp")?;
        let entry = things.files.task(path)?;
        if hash(&entry.bytes) != expected_hash {
            return Ok(Exchange::TheirsKept(text_of(entry)));
        }
        disk::temporary(&mut things)?;
        disk::call(&mut things)?;
        let before = things.files.task(path)?;
        if hash(&before.bytes) != expected_hash {
            return Ok(Exchange::TheirsKept(text_of(before))); // displaced, and put back
        }
        let before = before.bytes.clone();
        disk::names(&mut things, &[&full(path)]);
        things.files.trash.insert(hash(&before), before);
        things.files.put(&full(path), bytes.to_vec());
        let row = reindexed(path, things.files.task(path)?)?;
        disk::call(&mut things)?; // the displaced text is put away
        Ok(Exchange::Replaced(Box::new(row)))
    }

    fn counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        let things = self.0.up()?;
        let mut counts = BTreeMap::new();
        for path in things.files.entries.keys() {
            let folder = path
                .strip_prefix("tasks/")
                .and_then(|path| path.split_once('/'));
            if let Some(status) = folder.and_then(|(folder, _)| Status::from_folder(folder)) {
                *counts.entry(status).or_insert(0) += 1;
            }
        }
        Ok(counts)
    }

    fn write_side(&self, path: &str, bytes: &[u8], replace: bool) -> PortResult<()> {
        let mut things = self.0.up()?;
        things.must_have_room(".mcp")?;
        let other = things
            .files
            .entries
            .get(path)
            .is_some_and(|entry| entry.bytes != bytes);
        if other && !replace {
            return Err(refused(
                PortErrorKind::Exists,
                "cannot write",
                path,
                "there is another",
            ));
        }
        disk::temporary(&mut things)?;
        disk::call(&mut things)?;
        disk::names(&mut things, &[path]);
        things.files.put(path, bytes.to_vec());
        disk::sync(&mut things)
    }

    fn read_side(&self, path: &str) -> PortResult<FileText> {
        let things = self.0.up()?;
        things
            .files
            .entries
            .get(path)
            .map(text_of)
            .ok_or_else(|| refused(PortErrorKind::Missing, "cannot read", path, "no such file"))
    }

    fn drops(&self) -> Option<&dyn DropFolder> {
        Some(self)
    }

    fn workflows(&self) -> PortResult<Vec<WorkflowFile>> {
        Ok(self.0.up()?.files.workflows.clone())
    }

    fn config(&self) -> PortResult<(Config, Vec<Problem>)> {
        let things = self.0.up()?;
        Ok((
            things.files.config.clone(),
            things.files.config_problems.clone(),
        ))
    }

    fn replaced(&self, wanted: &str) -> PortResult<Option<Replaced>> {
        let things = self.0.up()?;
        let found = things.files.trash.get(wanted);
        Ok(found.map(|bytes| Replaced {
            bytes: bytes.clone(),
            place: format!("/state/trash/{wanted}"),
        }))
    }

    fn discard(&self, path: &str, expected_hash: &str) -> PortResult<()> {
        let mut things = self.0.up()?;
        things.must_have_room(".mcp")?;
        let bytes = things.files.task(path)?.bytes.clone();
        if hash(&bytes) != expected_hash {
            let said = "it was changed";
            return Err(refused(
                PortErrorKind::Changed,
                "cannot put away",
                path,
                said,
            ));
        }
        things.files.entries.remove(&full(path));
        things.files.trash.insert(hash(&bytes), bytes);
        Ok(())
    }

    fn checkout(&self) -> PortResult<Checkout> {
        Ok(self.0.up()?.files.checkout.clone())
    }

    fn config_stamp(&self) -> PortResult<String> {
        Ok(self.0.up()?.files.config_version.to_string())
    }
}
