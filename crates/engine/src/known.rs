//! The index of task files as this process knows it, so that an unchanged one is not read again.

use crate::ports::{Commit, EventLog, IndexedFile, PortResult};
use orchestron_domain::{TaskId, task_file::id_from_file_name};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Files by path.
pub type Files = Arc<BTreeMap<String, IndexedFile>>;

/// What was read, and at which version of the index.
#[derive(Debug, Default)]
pub struct Known {
    read: Option<(u64, Files)>,
    /// Tasks whose rows this process changed after this version, while nobody else changed any.
    changed: (u64, BTreeSet<TaskId>),
}

impl Known {
    /// The index now; read only when somebody has changed it. Its version, when the log counts versions.
    pub fn read(&mut self, log: &dyn EventLog) -> PortResult<(Option<u64>, Files)> {
        // The version first: what comes between the two reads is read again next time.
        let version = log.index_version()?;
        if let (Some(now), Some((then, files))) = (version, &self.read)
            && now == *then
        {
            return Ok((version, Arc::clone(files)));
        }
        let files = Arc::new(log.index()?);
        self.read = version.map(|version| (version, Arc::clone(&files)));
        self.changed = (version.unwrap_or(0), BTreeSet::new());
        Ok((version, files))
    }

    /// Takes in what this process has just committed. When another one wrote to the index as well, it is read anew next time.
    pub fn wrote(
        &mut self,
        log: &dyn EventLog,
        put: Vec<IndexedFile>,
        removed: &[String],
    ) -> PortResult<()> {
        let Some((then, files)) = &mut self.read else {
            return Ok(());
        };
        if log.index_version()? != Some(*then + 1) {
            self.read = None;
            return Ok(());
        }
        *then += 1;
        let tasks = put
            .iter()
            .filter_map(|file| Some(file.card.as_ref()?.id.clone()));
        let names = put.iter().map(|file| &file.path).chain(removed);
        let named = names.filter_map(|path| id_from_file_name(path.rsplit('/').next()?));
        self.changed.1.extend(tasks.chain(named));
        let files = Arc::make_mut(files);
        for path in removed {
            files.remove(path);
        }
        files.extend(put.into_iter().map(|file| (file.path.clone(), file)));
        Ok(())
    }

    /// The tasks whose rows differ between the version `since` and the index now, perhaps with some more; none when that is unknown.
    pub fn changed(
        &mut self,
        log: &dyn EventLog,
        since: u64,
    ) -> PortResult<Option<BTreeSet<TaskId>>> {
        let now = log.index_version()?;
        let known = self.read.as_ref().map(|(version, _)| *version);
        if known.is_none() || now != known || since < self.changed.0 {
            return Ok(None);
        }
        self.changed.0 = now.unwrap_or(since);
        Ok(Some(std::mem::take(&mut self.changed.1)))
    }

    /// Whether a commit changes the index.
    pub const fn is_changed_by(commit: &Commit) -> bool {
        !commit.index_put.is_empty() || !commit.index_remove.is_empty()
    }
}
