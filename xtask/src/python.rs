//! The official Python client of the Model Context Protocol, in an environment of its own below `target/`.

use std::fs;

use crate::commands::{Job, on_path};
use crate::failure::Failure;
use crate::freshness::is_stale;
use crate::project::Project;
use crate::steps::Done;

/// Installs exactly the versions that `tests/mcp/requirements.txt` names, if what is installed is older than that file.
pub fn install(project: &Project) -> Result<Done, Failure> {
    let wanted = project.root.join("tests/mcp/requirements.txt");
    let folder = project.target.join("mcp-python");
    // Written last, so that it is missing after an installation that was cut short.
    let installed = folder.join("installed");
    if !is_stale(&installed, std::slice::from_ref(&wanted))? {
        return Ok(Done::Unchanged);
    }
    if on_path("python3").is_none() {
        return Err(Failure::ProgramMissing {
            program: "python3".to_owned(),
            cure: "install Python 3.11 or newer (on Debian: apt-get install python3-venv), then run the same command again.",
        });
    }
    Job::new(project, "python3")
        .args(["-m", "venv", "--clear"])
        .args([&folder])
        .cure("Python's venv module is needed (on Debian: apt-get install python3-venv); then run the same command again.")
        .quiet(project, "python-venv")?;
    Job::new(project, folder.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
        .args([&wanted])
        .cure("check that PyPI can be reached and that the disk is not full, then run the same command again.")
        .quiet(project, "python-packages")?;
    fs::write(&installed, "").map_err(Failure::file("write", &installed))?;
    Ok(Done::Worked)
}
