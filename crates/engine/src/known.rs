//! The index of task files as this process knows it, so that an unchanged one is not read again.

use crate::ports::{Commit, EventLog, IndexedFile, PortResult};
use std::{collections::BTreeMap, sync::Arc};

/// Files by path.
pub type Files = Arc<BTreeMap<String, IndexedFile>>;

/// What was read, and at which version of the index.
#[derive(Debug, Default)]
pub struct Known {
    read: Option<(u64, Files)>,
    /// Nothing is kept.
    absent: bool,
}

impl Known {
    /// Keeps nothing.
    pub const fn absent() -> Self {
        Self {
            read: None,
            absent: true,
        }
    }

    /// Whether there is something to be kept up to date.
    pub const fn keeps(&self) -> bool {
        self.read.is_some()
    }

    /// The index now; read only when somebody has changed it. None when nothing is kept.
    pub fn read(&mut self, log: &dyn EventLog) -> PortResult<Option<Files>> {
        if self.absent {
            return Ok(None);
        }
        // The version first: what comes between the two reads is read again next time.
        let version = log.index_version()?;
        if let (Some(now), Some((then, files))) = (version, &self.read)
            && now == *then
        {
            return Ok(Some(Arc::clone(files)));
        }
        let files = Arc::new(log.index()?);
        self.read = version.map(|version| (version, Arc::clone(&files)));
        Ok(Some(files))
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
        let files = Arc::make_mut(files);
        for path in removed {
            files.remove(path);
        }
        files.extend(put.into_iter().map(|file| (file.path.clone(), file)));
        Ok(())
    }

    /// Whether a commit changes the index.
    pub const fn is_changed_by(commit: &Commit) -> bool {
        !commit.index_put.is_empty() || !commit.index_remove.is_empty()
    }
}
