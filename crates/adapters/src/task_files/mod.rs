//! The `.mcp/` folder of a project: task files and what lies beside them.
//!
//! People, editors and git change these files at any time, so nothing here assumes to be alone. A move is a pure rename that
//! replaces nothing, the source folder on the disk before the destination; a text is changed by exchanging two files and looking at
//! what came out; a new file appears whole. After a crash at any instant every file is as it was or as it was to be, and what
//! was left lying about is cleared away by the next look ([`leftovers`]). No symbolic link leads out of the project.
//!
//! What is absent: the database, locks, and any opinion on where a task should go.

mod checkout;
pub mod config;
mod drops;
mod exchange;
mod folder;
mod leftovers;
mod misplaced;
mod names;
mod place;
mod put_away;
mod reading;
mod scan;
mod side;
mod trash;

#[cfg(test)]
mod tests;

use crate::failure::{io_failure, kind_of};
use config::Remembered;
use exchange::Durable;
use folder::{Folder, Kind};
use names::{Named, TaskPath};
use orchestron_domain::{Config, Status};
use orchestron_engine::ports::{
    Checkout, Exchange, FileText, Folders, IndexedFile, KnownFiles, PortErrorKind, PortResult,
    Problem, Replaced, Scan, TaskFiles, WorkflowFile,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Instant,
};

/// The `.mcp/` folder of one project.
#[derive(Debug)]
pub struct McpFolder {
    project: PathBuf,
    trash: PathBuf,
    /// Whether rename's flags may be used; off in tests of file systems that have none.
    flags: bool,
    swept: Mutex<Option<Instant>>,
    /// Until when replaced texts were looked at once more.
    looked_ms: Mutex<Option<i64>>,
    remembered: Mutex<Remembered>,
}

impl McpFolder {
    /// The `.mcp/` folder of the project at `project`; texts that are replaced are kept in `trash`, which must exist.
    #[must_use]
    pub fn new(project: impl Into<PathBuf>, trash: impl Into<PathBuf>) -> Self {
        Self {
            project: project.into(),
            trash: trash.into(),
            flags: true,
            swept: Mutex::default(),
            looked_ms: Mutex::default(),
            remembered: Mutex::default(),
        }
    }

    /// The project.
    #[must_use]
    pub fn project(&self) -> &Path {
        &self.project
    }

    #[cfg(test)]
    fn without_rename_flags(mut self) -> Self {
        self.flags = false;
        self
    }

    /// Opens a folder below `.mcp/`.
    fn open(&self, inner: &[&str]) -> io::Result<Folder> {
        let mut parts = vec![".mcp"];
        parts.extend(inner);
        Folder::open(&self.project, &parts, self.flags)
    }

    /// The same, making what is missing below `.mcp/`; git keeps no empty folders. `.mcp/` itself is made by `init` alone.
    fn open_or_make(&self, inner: &[&str]) -> io::Result<Folder> {
        match self.open(inner) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            outcome => return outcome,
        }
        let Some((name, above)) = inner.split_last() else {
            return self.open(inner);
        };
        let parent = self.open_or_make(above)?;
        parent.make_folder(name)?;
        parent.sync()?;
        self.open(inner)
    }
}

impl TaskFiles for McpFolder {
    fn late_edits(&self) -> PortResult<Vec<String>> {
        let late = self.told_late()?.into_iter().map(|late| {
            format!(
                "somebody wrote into {} just after an edit of ours had replaced it (an editor that had the old file open); what they wrote is kept as {}",
                late.name,
                late.kept.display()
            )
        });
        Ok(late.collect())
    }

    fn clear_replaced(&self) -> PortResult<u32> {
        self.clear_trash()
    }

    fn scan(&self, known: &KnownFiles) -> PortResult<Scan> {
        scan::scan(self, known)
    }

    fn scan_named(&self, named: &BTreeSet<String>, known: &KnownFiles) -> PortResult<Option<Scan>> {
        scan::scan_named(self, named, known)
    }

    fn misplaced(&self) -> PortResult<Vec<Problem>> {
        misplaced::find(self)
    }

    fn read(&self, path: &str) -> PortResult<FileText> {
        let path = TaskPath::parse(path)?;
        let folder = self
            .open(&["tasks", path.status.folder()])
            .map_err(|e| io_failure("cannot read", path.shown(), &e))?;
        Ok(place::read_text(&folder, &path, "cannot read")?.0)
    }

    fn create(&self, status: Status, file_name: &str, bytes: &[u8]) -> PortResult<IndexedFile> {
        place::create(self, status, file_name, bytes)
    }

    fn rename(
        &self,
        path: &str,
        to: Status,
        expected_hash: Option<&str>,
    ) -> PortResult<IndexedFile> {
        place::rename(self, path, to, expected_hash)
    }

    fn exchange(&self, path: &str, expected_hash: &str, bytes: &[u8]) -> PortResult<Exchange> {
        exchange::exchange(self, path, (expected_hash, bytes), Durable::Now)
    }

    fn exchange_before_move(
        &self,
        path: &str,
        expected_hash: &str,
        bytes: &[u8],
    ) -> PortResult<Exchange> {
        exchange::exchange(self, path, (expected_hash, bytes), Durable::WithMove)
    }

    fn counts(&self) -> PortResult<BTreeMap<Status, u32>> {
        let mut counts = BTreeMap::new();
        self.open(&["tasks"])
            .map_err(|e| io_failure("cannot read", ".mcp/tasks", &e))?;
        for status in Status::ALL {
            let shown = format!(".mcp/tasks/{}", status.folder());
            let names = match self
                .open(&["tasks", status.folder()])
                .and_then(|folder| folder.names())
            {
                Ok(names) => names,
                Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
                Err(e) => return Err(io_failure("cannot read", shown, &e)),
            };
            let tasks = names
                .iter()
                .filter(|name| matches!(Named::of(name), Named::Task(_)));
            counts.insert(status, u32::try_from(tasks.count()).unwrap_or(u32::MAX));
        }
        Ok(counts)
    }

    fn highest(&self, prefix: &str, apart: &str) -> PortResult<Option<u32>> {
        scan::highest(self, prefix, apart).map(Some)
    }

    fn write_side(&self, path: &str, bytes: &[u8], replace: bool) -> PortResult<()> {
        side::write(self, path, bytes, replace)
    }

    fn read_side(&self, path: &str) -> PortResult<FileText> {
        side::read(self, path)
    }

    fn drops(&self) -> Option<&dyn orchestron_engine::ports::DropFolder> {
        Some(self)
    }

    fn config(&self) -> PortResult<(Config, Vec<Problem>)> {
        config::read(self, &self.remembered)
    }

    fn config_with(&self, agents: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
        config::read_with(self, agents)
    }

    fn config_as(&self, project: &[u8]) -> PortResult<(Config, Vec<Problem>)> {
        config::read_as(self, project)
    }

    fn config_stamp(&self) -> PortResult<String> {
        let folder = self
            .open(&[])
            .map_err(|e| io_failure("cannot read", ".mcp", &e))?;
        let mut fingerprint = String::new();
        for name in [config::PROJECT_FILE, config::AGENTS_FILE] {
            let part = match folder.look(OsStr::new(name)) {
                Ok(look) if look.kind == Kind::File => {
                    let stamp = look.stamp;
                    format!(
                        "{}:{}:{}:{};",
                        stamp.ino, stamp.mtime_ns, stamp.ctime_ns, stamp.size
                    )
                }
                Ok(look) => format!("{:?};", look.kind),
                Err(e) if kind_of(&e) == PortErrorKind::Missing => "none;".to_owned(),
                Err(e) => return Err(io_failure("cannot look at", name, &e)),
            };
            fingerprint.push_str(&part);
        }
        Ok(fingerprint)
    }

    fn workflows(&self) -> PortResult<Vec<WorkflowFile>> {
        config::workflows::read_all(self)
    }

    fn replaced(&self, hash: &str) -> PortResult<Option<Replaced>> {
        put_away::find(&self.trash, hash)
    }

    fn discard(&self, path: &str, expected_hash: &str) -> PortResult<()> {
        put_away::discard(self, path, expected_hash)
    }

    fn checkout(&self) -> PortResult<Checkout> {
        checkout::look(&self.project)
    }

    fn folders(&self) -> PortResult<Option<Folders>> {
        scan::folders(self)
    }
}
