//! The `orchestron` command beside the desktop app.
//!
//! Tauri's build script wants it as `src-tauri/binaries/orchestron-<target triple>` and copies it into the build
//! folder, over the one cargo puts there. Hence the order: build the command, stage it here, build the rest; then
//! both are the same file and neither build undoes the other.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::io;
use std::path::Path;

use crate::commands::Job;
use crate::failure::Failure;
use crate::project::{Build, Project};
use crate::steps::Done;

/// Copies the built command to where Tauri looks for it. A copy with the same content stays as it is, because a
/// newer date would make cargo build the desktop app again.
pub fn stage(project: &Project, build: Build) -> Result<Done, Failure> {
    let built = project.binary(build, "orchestron");
    let folder = project.root.join("src-tauri/binaries");
    let staged = folder.join(format!("orchestron-{}{EXE_SUFFIX}", host_triple(project)?));
    if same_content(&built, &staged)
        .map_err(Failure::file("compare with the built command", &staged))?
    {
        return Ok(Done::Unchanged);
    }
    fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
    // Renamed into place, so that a build script never reads half a program.
    let half = staged.with_extension("half");
    fs::copy(&built, &half).map_err(Failure::file("copy the built command to", &half))?;
    fs::rename(&half, &staged).map_err(Failure::file("rename to", &staged))?;
    Ok(Done::Worked)
}

fn host_triple(project: &Project) -> Result<String, Failure> {
    let version = Job::new(project, "rustc").args(["-vV"]).read()?;
    version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .ok_or_else(|| Failure::Unreadable {
            what: "rustc -vV".to_owned(),
            problem: "it names no host".to_owned(),
        })
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let length = |path: &Path| match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    Ok(length(one)? == length(other)? && fs::read(one)? == fs::read(other)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_staged_once_and_again_when_it_changed() {
        let root = std::env::temp_dir().join(format!("xtask-sidecar-{}", std::process::id()));
        let project = Project {
            target: root.join("target"),
            invoked_from: root.clone(),
            root,
        };
        let built = project.binary(Build::Debug, "orchestron");
        fs::create_dir_all(built.parent().unwrap()).unwrap();
        for content in ["one", "two"] {
            fs::write(&built, content).unwrap();
            assert_eq!(stage(&project, Build::Debug).unwrap(), Done::Worked);
            assert_eq!(stage(&project, Build::Debug).unwrap(), Done::Unchanged);
            let staged: Vec<_> = fs::read_dir(project.root.join("src-tauri/binaries"))
                .unwrap()
                .collect();
            assert_eq!(staged.len(), 1);
            assert_eq!(
                fs::read_to_string(staged[0].as_ref().unwrap().path()).unwrap(),
                content
            );
        }
        fs::remove_dir_all(&project.root).unwrap();
    }
}
