//! `setup`: everything that has to be there before the product can start or be tested.

use crate::claude;
use crate::commands::{Job, on_path};
use crate::failure::Failure;
use crate::npm;
use crate::project::{Build, Project};
use crate::sidecar;
use crate::steps::{Done, Output, Steps};

/// The one selection of packages and features that every cargo command uses. Another selection would give shared
/// dependencies other features, and cargo would build them a second time.
pub const SELECTION: [&str; 3] = [
    "--workspace",
    "--features",
    "orchestron-desktop/custom-protocol",
];

/// How many steps [`prepare`] takes.
pub const PREPARING: usize = 4;
/// How many steps [`compile`] takes.
pub const COMPILING: usize = 2;

/// The verb.
pub fn setup(project: &Project) -> Result<(), Failure> {
    let mut steps = Steps::new(PREPARING + COMPILING);
    let lock = project.lock()?;
    prepare(project, &mut steps)?;
    compile(
        project,
        &mut steps,
        Build::Debug,
        &["--bin", "orchestron-desktop"],
    )?;
    drop(lock);
    eprintln!(
        "Ready in {:.1} s. ./dev run starts the product.",
        steps.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Checks the programs that are needed, installs npm packages and builds the UI, which the desktop app carries inside.
pub fn prepare(project: &Project, steps: &mut Steps) -> Result<(), Failure> {
    steps.step("Check node, npm and git", Output::Hidden, || {
        npm::check_node(project)?;
        match on_path("git") {
            Some(_) => Ok(Done::Worked),
            None => Err(Failure::ProgramMissing {
                program: "git".to_owned(),
                cure: "install git (on Debian: apt-get install git), then run the same command again.",
            }),
        }
    })?;
    steps.step("Install npm packages of the UI", Output::Hidden, || {
        npm::install(project, "ui")
    })?;
    steps.step(
        "Install the Claude CLI (pinned version)",
        Output::Hidden,
        || npm::install(project, "tools"),
    )?;
    if claude::pinned(&project.root).is_none() {
        eprintln!(
            "      note: there is no Claude CLI for this kind of machine; what needs it will say so"
        );
    }
    steps.step("Build the UI", Output::Hidden, || npm::build_ui(project))?;
    Ok(())
}

/// Builds the `orchestron` command first, because the desktop app carries it as its sidecar, then the other binaries.
pub fn compile(
    project: &Project,
    steps: &mut Steps,
    build: Build,
    others: &[&str],
) -> Result<(), Failure> {
    let profile: &[&str] = match build {
        Build::Debug => &[],
        Build::Release => &["--release"],
    };
    steps.step("Build the orchestron command", Output::Shown, || {
        Job::cargo(project)
            .args(["build"])
            .args(SELECTION)
            .args(profile)
            .args(["--bin", "orchestron"])
            .shown()?;
        sidecar::stage(project, build)
    })?;
    steps.step("Build the desktop app and the rest", Output::Shown, || {
        let job = Job::cargo(project)
            .args(["build"])
            .args(SELECTION)
            .args(profile)
            .args(["--bin", "orchestron"]);
        job.args(others).shown().map(|()| Done::Worked)
    })?;
    Ok(())
}
