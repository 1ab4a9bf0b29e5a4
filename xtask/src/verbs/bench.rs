//! `bench`: a release build, then the benchmark program on it.

use crate::claude;
use crate::commands::Job;
use crate::failure::Failure;
use crate::project::{Build, Project};
use crate::steps::Steps;
use crate::verbs::setup::{COMPILING, PREPARING, compile, prepare};

/// The verb. The window is built too, because its start and memory are measured.
pub fn bench(project: &Project, arguments: &[String]) -> Result<(), Failure> {
    let mut steps = Steps::new(PREPARING + COMPILING);
    let lock = project.lock()?;
    prepare(project, &mut steps)?;
    compile(
        project,
        &mut steps,
        Build::Release,
        &["--bin", "orchestron-desktop", "--bin", "orchestron-bench"],
    )?;
    drop(lock);
    eprintln!(
        "Ready in {:.1} s. Measuring.",
        steps.elapsed().as_secs_f64()
    );
    let mut job =
        Job::new(project, project.binary(Build::Release, "orchestron-bench")).args(arguments);
    if let Some(path) = claude::pinned(&project.root) {
        job = job.env("ORCHESTRON_CLAUDE", path);
    }
    job.cure("its own message above says why.").replace()
}
