//! `sim`: the simulator, on a fast build that keeps the core's own checks.

use crate::commands::Job;
use crate::failure::Failure;
use crate::project::Project;

/// What `./dev test` plays: enough to catch a fault that shows in one of a thousand worlds.
pub const SEEDS: [&str; 2] = ["--seeds", "10000"];

/// The verb.
pub fn sim(project: &Project, arguments: &[String]) -> Result<(), Failure> {
    simulate(project, arguments).shown()
}

/// The simulator with these arguments. Faults are planted into a build of their own; what is shipped has nothing of them.
pub fn simulate<S: AsRef<str>>(project: &Project, arguments: &[S]) -> Job {
    let planted = arguments.iter().any(|word| word.as_ref() == "--faults");
    let features: &[&str] = if planted {
        &["--features", "planted"]
    } else {
        &[]
    };
    Job::cargo(project)
        .args(["run", "--quiet", "--profile", "sim", "-p", "orchestron-sim"])
        .args(features)
        .args(["--"])
        .args(arguments.iter().map(AsRef::as_ref))
        .cure("the world that failed is told above, with the command that repeats it.")
}
