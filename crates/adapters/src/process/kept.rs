//! What is kept of runs that are over, and clearing it away.

use super::folder::{FolderError, RunFolder};
use crate::failure::failure;
use orchestron_domain::{RunId, Time};
use orchestron_engine::ports::{KeptRun, PortErrorKind, PortResult};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// How folders begin that are being cleared away: no run has such a name.
const GOING: &str = ".going-";

/// All runs of which something is kept in `runs`.
pub(super) fn kept(runs: &Path) -> PortResult<Vec<KeptRun>> {
    let mut found = Vec::new();
    for dir in folders(runs)? {
        let Some(run) = name(&dir).and_then(|name| name.parse().ok()) else {
            continue;
        };
        // Whatever goes away while it is looked at is not kept.
        match look(run, &dir) {
            Ok(kept) => found.push(kept),
            Err(FolderError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_by(|one, other| one.run.cmp(&other.run));
    Ok(found)
}

/// Removes the folder of a run, unless its keeper lives. Out of sight in one step, so that nobody ever sees half a run.
pub(super) fn forget(runs: &Path, run: &RunId) -> PortResult<()> {
    remove_what_was_going(runs)?;
    let dir = runs.join(run.as_str());
    if RunFolder::new(&dir).is_kept()? {
        return Err(failure(
            PortErrorKind::Held,
            "cannot clear away",
            dir.display(),
            "its keeper lives",
            "It is cleared away after its end.",
        ));
    }
    let going = runs.join(format!("{GOING}{run}"));
    match fs::rename(&dir, &going) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FolderError::io("cannot clear away", &dir)(error).into()),
    }
    Ok(fs::remove_dir_all(&going).map_err(FolderError::io("cannot remove", &going))?)
}

/// What an engine was clearing away when it was killed.
fn remove_what_was_going(runs: &Path) -> PortResult<()> {
    let going = |dir: &PathBuf| name(dir).is_some_and(|name| name.starts_with(GOING));
    for dir in folders(runs)?.into_iter().filter(going) {
        fs::remove_dir_all(&dir).map_err(FolderError::io("cannot remove", &dir))?;
    }
    Ok(())
}

fn name(dir: &Path) -> Option<&str> {
    dir.file_name()?.to_str()
}

fn folders(runs: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FolderError::io("cannot read", runs)(error)),
    };
    // A link is nothing of ours, and is not followed.
    let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let folders = entries.filter_map(Result::ok).filter(is_folder);
    Ok(folders.map(|entry| entry.path()).collect())
}

fn look(run: RunId, dir: &Path) -> Result<KeptRun, FolderError> {
    let folder = RunFolder::new(dir);
    let (mut bytes, mut last) = (0_u64, SystemTime::UNIX_EPOCH);
    let entries = fs::read_dir(dir).map_err(FolderError::io("cannot read", dir))?;
    for meta in entries
        .filter_map(Result::ok)
        .filter_map(|e| e.metadata().ok())
    {
        bytes = bytes.saturating_add(meta.len());
        last = last.max(meta.modified().unwrap_or(SystemTime::UNIX_EPOCH));
    }
    let ended = folder
        .exit_record()?
        .map(|end| end.ended_at)
        .filter(|at| *at > 0);
    Ok(KeptRun {
        run,
        lives: folder.is_kept()?,
        ended: Time(ended.unwrap_or_else(|| millis(last))),
        bytes,
    })
}

fn millis(moment: SystemTime) -> i64 {
    moment
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

#[cfg(test)]
mod tests {
    use super::{GOING, forget, kept};
    use crate::process::folder::{ExitRecord, RunFolder, write_json};
    use orchestron_domain::{RunId, Time};
    use orchestron_engine::ports::PortErrorKind;
    use std::fs::{self, File};

    fn run(name: &str) -> RunId {
        name.parse().unwrap()
    }

    #[test]
    fn what_is_kept_is_told_and_forgotten_but_never_from_under_a_keeper() {
        let dir = tempfile::tempdir().unwrap();
        let runs = dir.path();
        assert_eq!(kept(&runs.join("none")).unwrap(), []);
        let over = RunFolder::new(runs.join("TASK-001-implement-1"));
        over.create().unwrap();
        fs::write(over.out(), "12345").unwrap();
        let end = ExitRecord {
            ended_at: 1_000,
            ..ExitRecord::default()
        };
        write_json(&over.exit(), &end).unwrap();
        let living = RunFolder::new(runs.join("TASK-002-implement-1"));
        living.create().unwrap();
        let lock = File::create(living.lock()).unwrap();
        lock.lock().unwrap();
        fs::create_dir(runs.join("not a run")).unwrap();
        // An engine was killed while it cleared this away.
        fs::create_dir(runs.join(format!("{GOING}TASK-009-implement-1"))).unwrap();

        let found = kept(runs).unwrap();
        let told: Vec<_> = found.iter().map(|k| (k.run.as_str(), k.lives)).collect();
        assert_eq!(
            told,
            [
                ("TASK-001-implement-1", false),
                ("TASK-002-implement-1", true)
            ]
        );
        assert_eq!(found[0].ended, Time(1_000));
        assert!(found[0].bytes > 5, "{found:?}");
        assert!(found[1].ended > Time(1_000), "told by its files");

        let held = forget(runs, &run("TASK-002-implement-1")).unwrap_err();
        assert_eq!(held.kind, PortErrorKind::Held);
        forget(runs, &run("TASK-001-implement-1")).unwrap();
        forget(runs, &run("TASK-001-implement-1")).unwrap();
        let mut left: Vec<_> = fs::read_dir(runs)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["TASK-002-implement-1", "not a run"]);
        drop(lock);
        forget(runs, &run("TASK-002-implement-1")).unwrap();
    }
}
