//! The one true `.mcp`: found from anywhere in a project, also from a worktree that has a copy of its own. Reads files only, runs nothing.

use super::layout::{git_dir_named_in, normal, read_link_file};
use std::path::{Path, PathBuf};

/// What makes a folder called `.mcp` a project's: any of these in it.
const MARKS: &[&str] = &["tasks", "config.yaml", "agents.yaml"];

/// The project that `start` lies in: the folder with the `.mcp` in it.
///
/// Walks up from `start`. In a linked worktree the main checkout's `.mcp` wins over the worktree's own copy, at the same place in the
/// repository; the walk goes on above the main checkout, not above the worktree.
#[must_use]
pub fn find_project(start: &Path) -> Option<PathBuf> {
    let start = normal(start);
    let mut nearest = None;
    let mut dir = Some(start.clone());
    let mut below: PathBuf = PathBuf::new();
    // Each jump leads from a worktree to its main checkout, which is no linked worktree: once is enough.
    let mut jumped = false;
    while let Some(here) = dir {
        if nearest.is_none() && has_project(&here) {
            nearest = Some(here.clone());
        }
        let dot_git = here.join(".git");
        if dot_git.is_dir() && nearest.is_some() {
            return nearest;
        }
        if dot_git.is_file()
            && !jumped
            && let Some(main) = main_checkout(&here)
        {
            let inside = start.strip_prefix(&here).unwrap_or(&below).to_path_buf();
            if let Some(found) = inside
                .ancestors()
                .map(|part| join(&main, part))
                .find(|at| has_project(at))
            {
                return Some(found);
            }
            if nearest.is_some() {
                return nearest;
            }
            jumped = true;
            below = PathBuf::new();
            dir = main.parent().map(Path::to_path_buf);
            continue;
        }
        dir = here.parent().map(Path::to_path_buf);
    }
    nearest
}

fn join(base: &Path, part: &Path) -> PathBuf {
    if part.as_os_str().is_empty() {
        base.to_path_buf()
    } else {
        base.join(part)
    }
}

fn has_project(dir: &Path) -> bool {
    let folder = dir.join(".mcp");
    folder.is_dir() && MARKS.iter().any(|mark| folder.join(mark).exists())
}

/// The main checkout of the linked worktree whose top folder is `dir`; none when it is no linked worktree, or there is no main checkout.
fn main_checkout(dir: &Path) -> Option<PathBuf> {
    let git_dir = git_dir_named_in(dir)?;
    // Only linked worktrees have this file; submodules do not.
    let common = normal(&read_link_file(&git_dir.join("commondir"), &git_dir)?);
    (common.file_name()? == ".git")
        .then(|| common.parent().map(Path::to_path_buf))
        .flatten()
}
