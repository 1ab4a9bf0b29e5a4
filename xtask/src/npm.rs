//! npm packages and the web UI.

use std::path::{Path, PathBuf};

use crate::commands::{Job, on_path};
use crate::failure::Failure;
use crate::freshness::{files_in, is_stale};
use crate::project::Project;
use crate::steps::Done;

/// The oldest Node of each line that Vite 8 runs on, as (major, minor).
const OLDEST_NODE: (u32, u32) = (20, 19);
const NODE_CURE: &str =
    "install Node 20.19 or newer from https://nodejs.org, then run the same command again.";

/// Makes sure that Node and npm are there and new enough.
pub fn check_node(project: &Project) -> Result<(), Failure> {
    for program in ["node", "npm"] {
        if on_path(program).is_none() {
            return Err(Failure::ProgramMissing {
                program: program.to_owned(),
                cure: NODE_CURE,
            });
        }
    }
    let found = Job::new(project, "node").args(["--version"]).read()?;
    let found = found.trim();
    match read_version(found) {
        Some(version) if version >= OLDEST_NODE => Ok(()),
        Some(_) => Err(Failure::ProgramTooOld {
            program: "Node",
            found: found.trim_start_matches('v').to_owned(),
            needed: "20.19 or newer",
            cure: NODE_CURE,
        }),
        None => Err(Failure::Unreadable {
            what: "node --version".to_owned(),
            problem: format!("\"{found}\" is no version"),
        }),
    }
}

fn read_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Installs exactly what a lock file says, if the installed packages are older than it.
pub fn install(project: &Project, folder: &str) -> Result<Done, Failure> {
    let path = project.root.join(folder);
    let lock = path.join("package-lock.json");
    if !lock.is_file() {
        return Err(Failure::FileMissing {
            path: lock,
            cure: "the checkout is incomplete: git status shows what was removed.",
        });
    }
    // npm writes this file last, so it is missing after an installation that was cut short.
    let installed = path.join("node_modules/.package-lock.json");
    if !is_stale(&installed, &[lock, path.join("package.json")])? {
        return Ok(Done::Unchanged);
    }
    Job::npm(project, &path)
        .args(["ci"])
        .cure("check that the npm registry can be reached (npm ping) and that the disk is not full, then run the same command again.")
        .quiet(project, &format!("npm-{}", folder.replace('/', "-")))?;
    Ok(Done::Worked)
}

/// Builds the UI into ui/dist, if anything it is made from has changed.
pub fn build_ui(project: &Project) -> Result<Done, Failure> {
    let ui = project.root.join("ui");
    let page = ui.join("dist/index.html");
    if !is_stale(&page, &ui_sources(&ui)?)? {
        return Ok(Done::Unchanged);
    }
    Job::npm(project, &ui)
        .args(["run", "build"])
        .cure("the message above names the file; mend it, then run the same command again.")
        .quiet(project, "ui-build")?;
    if !page.is_file() {
        return Err(Failure::FileMissing {
            path: page,
            cure: "npm run build in ui/ has to write it; see target/xtask/ui-build.log.",
        });
    }
    Ok(Done::Worked)
}

fn ui_sources(ui: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut sources: Vec<PathBuf> = [
        "src",
        "public",
        "index.html",
        "package.json",
        "package-lock.json",
    ]
    .iter()
    .map(|name| ui.join(name))
    .collect();
    sources.extend(files_in(ui, |name| {
        name.contains(".config.") || (name.starts_with("tsconfig") && name.ends_with(".json"))
    })?);
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(read_version("v20.20.2"), Some((20, 20)));
        assert!(read_version("v9.19.0").unwrap() < OLDEST_NODE);
        assert!(read_version("v100.0.0").unwrap() > OLDEST_NODE);
        assert_eq!(read_version("twenty"), None);
    }

    #[test]
    fn a_folder_without_a_lock_file_is_an_incomplete_checkout() {
        let root = std::env::temp_dir().join(format!("xtask-npm-{}", std::process::id()));
        let project = Project {
            target: root.join("target"),
            invoked_from: root.clone(),
            root,
        };
        assert!(matches!(
            install(&project, "ui"),
            Err(Failure::FileMissing { .. })
        ));
    }
}
