//! `fuzz`: every fuzz target for a while.

use std::path::Path;

use crate::commands::{Job, on_path};
use crate::failure::Failure;
use crate::freshness::files_in;
use crate::project::Project;
use crate::steps::{Done, Output, Steps};

/// The verb.
pub fn fuzz(project: &Project, seconds: u32) -> Result<(), Failure> {
    if on_path("cargo-fuzz").is_none() {
        return Err(Failure::ProgramMissing {
            program: "cargo-fuzz".to_owned(),
            cure: "cargo install --locked cargo-fuzz, then run ./dev fuzz again.",
        });
    }
    let targets = targets(&project.root)?;
    let mut steps = Steps::new(targets.len());
    for target in &targets {
        // What earlier rounds found, and what is known to matter.
        let corpus = project.root.join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&corpus).map_err(Failure::file("create", &corpus))?;
        let (corpus, seeds) = (
            format!("fuzz/corpus/{target}"),
            format!("fuzz/seeds/{target}"),
        );
        steps.step(&format!("Fuzz {target} for {seconds} s"), Output::Shown, || {
            Job::cargo(project)
                .args(["fuzz", "run", target.as_str(), &corpus, &seeds, "--", &format!("-max_total_time={seconds}")])
                // The sanitizer's switches are unstable; this lets the stable compiler take them.
                .env("RUSTC_BOOTSTRAP", "1")
                .cure("the input that broke it is kept in fuzz/artifacts; cargo fuzz run TARGET FILE runs it again.")
                .shown()
                .map(|()| Done::Worked)
        })?;
    }
    println!(
        "{} fuzz target(s), {seconds} s each: nothing found.",
        targets.len()
    );
    Ok(())
}

fn targets(root: &Path) -> Result<Vec<String>, Failure> {
    let folder = root.join("fuzz/fuzz_targets");
    if !folder.is_dir() {
        return Err(Failure::FileMissing {
            path: folder,
            cure: "the checkout is incomplete: git status shows what was removed.",
        });
    }
    let files = files_in(&folder, |name| name.ends_with(".rs"))?;
    Ok(files
        .iter()
        .filter_map(|path| path.file_stem()?.to_str().map(str::to_owned))
        .collect())
}
