//! Processes that a dead keeper left behind, told by the mark of their run that each carries in its environment.

#[cfg(unix)]
use super::folder::RunFolder;
#[cfg(unix)]
use crate::failure::io_failure;
use orchestron_domain::RunId;
use orchestron_engine::ports::{PortResult, Strays};
use std::path::Path;

/// Processes with the mark of a run in `runs` whose keeper does not live.
#[cfg(unix)]
pub(super) fn find(runs: &Path) -> PortResult<Vec<Strays>> {
    use super::{folder::MARKER, tree};
    let mut found: Vec<Strays> = Vec::new();
    let above = tree::ancestors();
    let marks = tree::marks(MARKER)
        .map_err(|error| io_failure("cannot look at", "the processes of this machine", &error))?;
    for (pid, value) in marks {
        let folder = Path::new(&value);
        // Never ourselves, nor who asks: an agent's shell can type `doctor` as well.
        if folder.parent() != Some(runs) || above.contains(&pid) {
            continue;
        }
        let run = folder.file_name().and_then(|name| name.to_str());
        let Some(run) = run.and_then(|name| name.parse::<RunId>().ok()) else {
            continue;
        };
        match found.iter_mut().find(|one| one.run == run) {
            Some(one) => one.pids.push(pid),
            None => found.push(Strays {
                run,
                pids: vec![pid],
            }),
        }
    }
    let mut left = Vec::new();
    for one in found {
        if !RunFolder::new(runs.join(one.run.as_str())).is_kept()? {
            left.push(one);
        }
    }
    left.sort_by(|one, other| one.run.as_str().cmp(other.run.as_str()));
    Ok(left)
}

/// Ends the processes of one run, if its keeper still does not live. Returns how many, and how many are left.
#[cfg(unix)]
pub(super) fn end(runs: &Path, run: &RunId) -> PortResult<(u32, u32)> {
    use super::{folder::MARKER, tree};
    use std::time::Duration;
    const PATIENCE: Duration = Duration::from_secs(10);
    let folder = runs.join(run.as_str());
    if find(runs)?.iter().all(|one| one.run != *run) {
        return Ok((0, 0));
    }
    let mark = format!("{MARKER}={}", folder.display());
    tree::sweep(&mark, PATIENCE)
        .map_err(|error| io_failure("cannot end", format!("the processes of {run}"), &error))
}

/// Elsewhere a process does not tell its environment: only its keeper finds what belongs to a run.
#[cfg(not(unix))]
pub(super) fn find(_runs: &Path) -> PortResult<Vec<Strays>> {
    Ok(Vec::new())
}

#[cfg(not(unix))]
pub(super) fn end(_runs: &Path, _run: &RunId) -> PortResult<(u32, u32)> {
    Ok((0, 0))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{end, find};
    use crate::process::folder::{MARKER, RunFolder};
    use std::{fs, process::Command, time::Duration};

    #[test]
    fn who_outlives_the_keeper_is_found_and_ended_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let runs = dir.path().join("runs");
        let mine = runs.join("TASK-001-implement-1");
        let kept = runs.join("TASK-002-implement-1");
        fs::create_dir_all(&mine).unwrap();
        fs::create_dir_all(&kept).unwrap();
        let lock = fs::File::create(RunFolder::new(&kept).lock()).unwrap();
        lock.lock().unwrap();
        let start = |mark: &std::path::Path| {
            let mut sleep = Command::new("sleep");
            sleep.arg("300").env(MARKER, mark).spawn().unwrap()
        };
        let (mut stray, mut living) = (start(&mine), start(&kept));
        let mut stranger = start(&dir.path().join("elsewhere/TASK-001-implement-1"));
        std::thread::sleep(Duration::from_millis(50));
        let found = find(&runs).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].pids, [stray.id().cast_signed()]);
        assert_eq!(end(&runs, &found[0].run).unwrap(), (1, 0));
        assert_eq!(
            end(&runs, &"TASK-002-implement-1".parse().unwrap()).unwrap(),
            (0, 0)
        );
        assert!(!stray.wait().unwrap().success());
        for other in [&mut living, &mut stranger] {
            assert!(other.try_wait().unwrap().is_none());
            other.kill().unwrap();
            other.wait().unwrap();
        }
    }
}
