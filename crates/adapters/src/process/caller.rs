//! Whether this very program was started from inside a run: by an agent's shell, by a gate, or by whatever they started.
//!
//! Who types at this machine is a person, unless their command descends from a run. The mark that every process of a run carries
//! is looked for here and, on Linux, in everybody above us, up to the keeper, who takes in whoever lost their parent. So neither
//! a cleared environment nor a process of its own session hides it. The outermost one counts, and a keeper before every mark: who is
//! inside a run can write another run's mark, or call a program a keeper, only below itself. A program that was running before and is
//! asked to start something (tmux, cron, a person's own shell) hides it: that takes a person who let the agent speak to it.

use super::folder::MARKER;
use std::path::PathBuf;

/// How far up is looked. Nobody has so many ancestors; a table that changes while it is read could be gone round in.
#[cfg(target_os = "linux")]
const MOST_ANCESTORS: u32 = 256;

/// The folder of the run that this process belongs to; none outside of runs.
#[must_use]
pub fn run_around_us() -> Option<PathBuf> {
    runs_around_us().into_iter().next()
}

/// The folders of the runs that this process is inside of, the one that counts first; none outside of runs.
#[must_use]
pub fn runs_around_us() -> Vec<PathBuf> {
    let mut found = above::runs();
    found.extend(std::env::var_os(MARKER).map(PathBuf::from));
    found
}

#[cfg(target_os = "linux")]
mod above {
    use super::{MARKER, MOST_ANCESTORS};
    use crate::process::{folder::RunFolder, tree};
    use std::{
        ffi::OsStr,
        fs,
        os::unix::ffi::OsStrExt,
        path::{Path, PathBuf},
    };

    /// The runs of all ancestors, the outermost first; what is kept before what is only marked.
    pub(super) fn runs() -> Vec<PathBuf> {
        let (mut kept, mut marks) = (Vec::new(), Vec::new());
        let mut pid = Some(std::process::id().cast_signed());
        for _ in 0..MOST_ANCESTORS {
            let Some(now) = pid.filter(|pid| *pid > 0) else {
                break;
            };
            // Our own environment is in the table as it was when we started, which is what counts.
            marks.extend(marked(now));
            kept.extend(keeper_of(now));
            pid = tree::parent(now);
        }
        kept.into_iter()
            .rev()
            .chain(marks.into_iter().rev())
            .collect()
    }

    /// The mark in a process's environment. Other users' cannot be read, and are no run of ours.
    fn marked(pid: i32) -> Option<PathBuf> {
        let bytes = fs::read(format!("/proc/{pid}/environ")).ok()?;
        bytes.split(|byte| *byte == 0).find_map(|variable| {
            let value = variable.strip_prefix(MARKER.as_bytes())?;
            Some(PathBuf::from(OsStr::from_bytes(value.strip_prefix(b"=")?)))
        })
    }

    /// The folder that a process keeps, when it is a keeper: `orchestron keep <run folder>`.
    fn keeper_of(pid: i32) -> Option<PathBuf> {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let mut words = bytes.split(|byte| *byte == 0).skip(1);
        let (verb, folder) = (words.next()?, words.next()?);
        let folder = Path::new(OsStr::from_bytes(folder));
        let is = verb == b"keep" && folder.is_absolute() && RunFolder::new(folder).spec().exists();
        is.then(|| folder.to_path_buf())
    }
}

/// Elsewhere the mark in our own environment has to do.
#[cfg(not(target_os = "linux"))]
mod above {
    pub(super) const fn runs() -> Vec<std::path::PathBuf> {
        Vec::new()
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::{MARKER, runs_around_us};
    use std::{env, path::PathBuf, process::Command};

    /// Set for the process that looks, which is this test once more, below some others.
    const LOOK: &str = "ORCHESTRON_CALLER_TEST";

    /// What a process started by this line of shell sees; `$me` looks.
    fn seen_by(line: &str, mark: Option<&str>) -> Option<PathBuf> {
        let me = env::current_exe().unwrap();
        let name = "process::caller::tests::a_mark_above_is_found_without_one_here";
        let line = line.replace(
            "$me",
            &format!(
                "env -i {LOOK}=1 {} --exact {name} --nocapture",
                me.display()
            ),
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &line]).env_remove(MARKER);
        if let Some(mark) = mark {
            shell.env(MARKER, mark);
        }
        let printed = String::from_utf8(shell.output().unwrap().stdout).unwrap();
        let found = printed.lines().find_map(|line| line.strip_prefix("saw: "));
        let found = found.unwrap_or_else(|| panic!("it did not look: {printed}"));
        Some(PathBuf::from(found)).filter(|found| !found.as_os_str().is_empty())
    }

    #[test]
    fn a_mark_above_is_found_without_one_here() {
        if env::var_os(LOOK).is_some() {
            // Printed behind what the harness prints on the same line.
            let first = runs_around_us().into_iter().next();
            println!("\nsaw: {}", first.unwrap_or_default().display());
            return;
        }
        let run = Some(PathBuf::from("/state/runs/TASK-001-implement-1"));
        let mark = run.as_ref().and_then(|run| run.to_str());
        assert_eq!(seen_by("$me; true", mark), run, "an emptied environment");
        assert_eq!(
            seen_by("setsid --wait sh -c '$me; true'; true", mark),
            run,
            "a session of its own"
        );
        assert_eq!(
            seen_by(
                &format!("{MARKER}=/state/runs/TASK-002-implement-1 sh -c '$me; true'; true"),
                mark
            ),
            run,
            "whoever says it is another run is still inside its own"
        );
        assert_eq!(seen_by("$me; true", None), None, "a person's shell");
    }
}
