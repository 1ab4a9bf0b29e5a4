//! The guard around git inside a run: a folder with a `git` that comes first in PATH and hooks that git is led to by its environment. The
//! first knows every command and answers before anything happens; the second holds also for scripts and for a git called by its path.
//!
//! What it cannot keep: programs that are no git (a library, `rm -rf`, an editor on `.git/config`), and whoever empties their environment.
//! For those there are the worktrees' locks, the agent's own rules about folders, and a sandbox.

use crate::{failure::io_failure, looks::Looks};
use orchestron_engine::ports::PortResult;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Says where the guard lies to what it starts.
pub const VARIABLE: &str = "ORCHESTRON_GUARD";
/// Hooks of the project that go on as they were.
const PASSED_ON: [&str; 12] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "post-rewrite",
];

/// How the guard's files looked when they last were as they should be: each agent's start would read all of them again.
#[derive(Debug, Default)]
pub struct Seen {
    program: PathBuf,
    looks: Vec<(PathBuf, Looks)>,
}

impl Seen {
    fn are_right(&self, dir: &Path, program: &Path) -> bool {
        let same = |(path, seen): &(PathBuf, Looks)| look(path) == Some(*seen);
        self.program == program
            && !self.looks.is_empty()
            && self
                .looks
                .iter()
                .all(|found| found.0.starts_with(dir) && same(found))
    }
}

fn look(path: &Path) -> Option<Looks> {
    let there = fs::symlink_metadata(path).ok()?;
    // Elsewhere there is no guard, and files do not tell enough to take one for right without reading it.
    cfg!(unix).then(|| Looks::of(&there))
}

/// The guard of one project.
#[derive(Clone, Debug)]
pub struct Guard {
    dir: PathBuf,
}

impl Guard {
    /// In this folder, which is made when it is wanted.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where its `git` lies.
    #[must_use]
    pub fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// Makes it ready, and leads a run's environment to it.
    ///
    /// # Errors
    /// When its files cannot be written.
    pub fn around(
        &self,
        env: &mut BTreeMap<String, String>,
        program: &Path,
        seen: &mut Seen,
    ) -> PortResult<()> {
        if cfg!(windows) {
            return Ok(());
        }
        if !seen.are_right(&self.dir, program) {
            let right = self.write(program)?;
            *seen = Seen {
                program: program.to_owned(),
                looks: right.into_iter().collect::<Option<_>>().unwrap_or_default(),
            };
        }
        let bin = self.bin().display().to_string();
        let path = env.get("PATH").cloned().unwrap_or_default();
        env.insert("PATH".to_owned(), format!("{bin}:{path}"));
        env.insert(VARIABLE.to_owned(), self.dir.display().to_string());
        // The agent's shell may read a profile that makes PATH anew.
        env.insert(
            "CLAUDE_ENV_FILE".to_owned(),
            self.dir.join("env.sh").display().to_string(),
        );
        env.insert("GIT_CONFIG_COUNT".to_owned(), "1".to_owned());
        env.insert("GIT_CONFIG_KEY_0".to_owned(), "core.hooksPath".to_owned());
        env.insert(
            "GIT_CONFIG_VALUE_0".to_owned(),
            self.dir.join("hooks").display().to_string(),
        );
        Ok(())
    }

    /// Writes what is not there as it should be. For each file how it looked, when it was right already.
    fn write(&self, program: &Path) -> PortResult<Vec<Option<(PathBuf, Looks)>>> {
        let program = quoted(&program.to_string_lossy());
        let head =
            "#!/bin/sh\n# Orchestron's guard around git inside a run; see docs/git-hooks.md.\n";
        let git = format!("{head}exec {program} guard git \"$@\"\n");
        let mut found = vec![self.put("bin/git", &git, true)?];
        let path = quoted(&self.bin().to_string_lossy());
        let env = format!(
            "case \"$PATH\" in {path}:*) ;; *) PATH={path}:\"$PATH\"; export PATH ;; esac\n"
        );
        found.push(self.put("env.sh", &env, false)?);
        let theirs = |name: &str| {
            format!(
                "theirs=\"$(GIT_CONFIG_COUNT=0 git rev-parse --git-path hooks)/{name}\"\n[ -x \"$theirs\" ] || exit 0\n"
            )
        };
        let refs = format!("{head}[ \"$1\" = prepared ] || exit 0\nexec {program} guard refs\n");
        found.push(self.put("hooks/reference-transaction", &refs, true)?);
        let push = format!(
            "{head}lines=$(cat)\nprintf '%s\\n' \"$lines\" | {program} guard push || exit 1\n{}printf '%s\\n' \"$lines\" | \"$theirs\" \"$@\"\n",
            theirs("pre-push")
        );
        found.push(self.put("hooks/pre-push", &push, true)?);
        for name in PASSED_ON {
            let text = format!("{head}{}exec \"$theirs\" \"$@\"\n", theirs(name));
            found.push(self.put(&format!("hooks/{name}"), &text, true)?);
        }
        Ok(found)
    }

    /// What is there already is left, so that a git that is just reading it reads all of it.
    fn put(
        &self,
        name: &str,
        text: &str,
        executable: bool,
    ) -> PortResult<Option<(PathBuf, Looks)>> {
        let path = self.dir.join(name);
        // Looked at before it is read: a change in between shows the next time.
        let looked = look(&path);
        if fs::read_to_string(&path).is_ok_and(|found| found == text) {
            return Ok(looked.map(|looked| (path, looked)));
        }
        let written = (|| {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let temp = path.with_extension(format!("new-{}", std::process::id()));
            fs::write(&temp, text)?;
            if executable {
                make_executable(&temp)?;
            }
            fs::rename(&temp, &path)
        })();
        written
            .map(|()| None)
            .map_err(|error| io_failure("cannot write", path.display(), &error))
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::{Guard, Seen};
    use std::{collections::BTreeMap, fs, path::Path};

    #[test]
    fn what_a_run_changes_in_the_guard_is_put_right_for_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let guard = Guard::new(dir.path().join("guard"));
        let mut seen = Seen::default();
        let mut ready = |program: &str| {
            let mut env = BTreeMap::new();
            guard
                .around(&mut env, Path::new(program), &mut seen)
                .unwrap();
            seen.are_right(&guard.dir, Path::new(program))
        };
        assert!(!ready("/a/orchestron"), "they were just written");
        assert!(ready("/a/orchestron") && ready("/a/orchestron"));
        let git = guard.bin().join("git");
        let right = fs::read_to_string(&git).unwrap();
        fs::write(&git, right.replace("guard", "GUARD")).unwrap();
        ready("/a/orchestron");
        assert_eq!(fs::read_to_string(&git).unwrap(), right);
        fs::remove_dir_all(guard.dir.join("hooks")).unwrap();
        ready("/a/orchestron");
        assert!(guard.dir.join("hooks/pre-push").exists());
        ready("/b/orchestron");
        assert!(fs::read_to_string(&git).unwrap().contains("/b/orchestron"));
    }
}
