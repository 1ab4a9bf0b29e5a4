//! Where git takes hooks from, and the lines in its configuration that lead to a folder of ours.

use super::super::{
    command::{Git, text_of},
    error::{GitError, GitResult},
    layout::{Repo, normal},
};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Name of our folder below the repository's git folder.
const FOLDER: &str = "orchestron";
/// The configuration in it that leads git to our hooks.
const CONFIG: &str = "hooks.config";

/// Where git takes hooks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The repository's own folder: ours go in there, those that were there before lie beside them.
    Own(PathBuf),
    /// A folder that belongs to others (husky's, a tracked one, one for all repositories): ours are in a folder of their own and call
    /// those there.
    Elsewhere {
        /// As the configuration has it: relative to where git runs a hook, or absolute.
        theirs: String,
    },
}

/// Our own folder of hooks.
pub(super) fn own_folder(repo: &Repo) -> PathBuf {
    repo.common.join(FOLDER).join("hooks")
}

/// Where git would take hooks from without us.
pub(super) fn of(repo: &Repo) -> GitResult<Place> {
    let plain = repo.common.join("hooks");
    let configured = configured(repo)?;
    let ours = own_folder(repo);
    let theirs = configured
        .into_iter()
        .rev()
        .find(|path| normal(Path::new(path)) != normal(&ours));
    match theirs {
        Some(path) if normal(&repo.top.join(&path)) != normal(&plain) => {
            Ok(Place::Elsewhere { theirs: path })
        }
        // A link leads to a folder that is somebody's.
        _ if fs::symlink_metadata(&plain).is_ok_and(|look| look.is_symlink()) => {
            Ok(Place::Elsewhere {
                theirs: plain.to_string_lossy().into_owned(),
            })
        }
        _ => Ok(Place::Own(plain)),
    }
}

/// Whether git takes hooks from our own folder now.
pub(super) fn leads_to_us(repo: &Repo) -> GitResult<bool> {
    let last = configured(repo)?.pop();
    Ok(last.is_some_and(|path| normal(Path::new(&path)) == normal(&own_folder(repo))))
}

/// Every `core.hooksPath` that files set, the one that counts last.
fn configured(repo: &Repo) -> GitResult<Vec<String>> {
    let asked = [
        "config",
        "--includes",
        "--show-scope",
        "--type=path",
        "-z",
        "--get-all",
        "core.hooksPath",
    ];
    let said = Git::read(&repo.top, &asked).run()?;
    if said.code == 1 {
        return Ok(Vec::new());
    }
    if said.code != 0 {
        return Err(said.failure("config --get-all core.hooksPath"));
    }
    let mut parts = said.out.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let (Some(scope), Some(value)) = (parts.next(), parts.next()) {
        // Our own command line says something, too.
        if scope != b"command" {
            found.push(text_of(value));
        }
    }
    Ok(found)
}

/// Leads git to our folder, by lines at the end of the repository's configuration that include a file of ours. Nothing that was there
/// is changed, so whoever sets `core.hooksPath` anew (husky does, at each `npm install`) changes theirs and not ours.
pub(super) fn lead(repo: &Repo) -> GitResult<()> {
    let folder = own_folder(repo);
    let text = format!("[core]\n\thooksPath = {}\n", config_quoted(&folder));
    let file = repo.common.join(FOLDER).join(CONFIG);
    fs::write(&file, text).map_err(|source| failed("write", &file, source))?;
    edit_config(repo, |old| {
        if old.contains(CONFIG) {
            return Ok(None);
        }
        let gap = if old.is_empty() || old.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        Ok(Some(format!("{old}{gap}{}", lines(repo))))
    })
}

/// Takes those lines away again; the rest stays byte for byte.
pub(super) fn lead_no_more(repo: &Repo) -> GitResult<()> {
    edit_config(repo, |old| {
        let lines = lines(repo);
        if let Some((before, behind)) = old.split_once(&lines) {
            return Ok(Some(format!("{before}{behind}")));
        }
        if old.contains(CONFIG) {
            return Err(GitError::Unexpected {
                command: "config".to_owned(),
                said: format!(
                    "the lines that lead to {FOLDER}/{CONFIG} in {} were changed by somebody; delete them by hand",
                    repo.common.join("config").display()
                ),
            });
        }
        Ok(None)
    })
}

/// They hold only while the repository lies here: moved elsewhere, it has its own hooks again instead of none. The second is for its
/// worktrees.
fn lines(repo: &Repo) -> String {
    let here = repo.common.to_string_lossy();
    let here = here.trim_end_matches('/');
    let path = format!("\tpath = {FOLDER}/{CONFIG}\n");
    if here.contains(['*', '?', '[', ']', '"', '\\', '\n']) {
        return format!("[include]\n{path}");
    }
    format!("[includeIf \"gitdir:{here}\"]\n{path}[includeIf \"gitdir:{here}/worktrees/\"]\n{path}")
}

fn config_quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Changes the repository's configuration as git does: under its lock, by a rename.
fn edit_config(
    repo: &Repo,
    change: impl FnOnce(&str) -> GitResult<Option<String>>,
) -> GitResult<()> {
    let path = repo.common.join("config");
    let lock = repo.common.join("config.lock");
    let file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&lock);
    let mut file = match file {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(GitError::Locked { lock });
        }
        Err(source) => return Err(failed("make", &lock, source)),
    };
    let changed = fs::read_to_string(&path)
        .map_err(|source| failed("read", &path, source))
        .and_then(|old| change(&old));
    let written = changed.and_then(|new| {
        let Some(new) = new else {
            return Ok(false);
        };
        let look = fs::metadata(&path).map_err(|source| failed("read", &path, source))?;
        file.write_all(new.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::set_permissions(&lock, look.permissions()))
            .and_then(|()| fs::rename(&lock, &path))
            .map_err(|source| failed("write", &path, source))?;
        Ok(true)
    });
    if !matches!(written, Ok(true)) {
        fs::remove_file(&lock).map_err(|source| failed("delete", &lock, source))?;
    }
    written.map(drop)
}

pub(super) fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> GitError {
    GitError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}
