//! `run`: build what has changed, then start the product in a window or, without a display, on loopback.

use std::path::{Path, PathBuf};

use crate::arguments::RunOptions;
use crate::claude;
use crate::commands::{Job, on_path};
use crate::display::{Screen, screen};
use crate::failure::Failure;
use crate::project::{Build, Project};
use crate::steps::Steps;
use crate::verbs::setup::{COMPILING, PREPARING, compile, prepare};

/// The verb.
pub fn run(project: &Project, options: &RunOptions) -> Result<(), Failure> {
    let opened = match &options.project {
        Some(folder) => Some(existing_folder(&project.invoked_from, folder)?),
        None => None,
    };
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
    start(project, options, opened.as_deref(), &steps)
}

fn existing_folder(start: &Path, typed: &Path) -> Result<PathBuf, Failure> {
    let path = start.join(typed);
    if path.is_dir() {
        Ok(path)
    } else {
        Err(Failure::NoSuchProject { path })
    }
}

fn start(
    project: &Project,
    options: &RunOptions,
    opened: Option<&Path>,
    steps: &Steps,
) -> Result<(), Failure> {
    let ready = format!("Ready in {:.1} s", steps.elapsed().as_secs_f64());
    let subject = match opened {
        Some(folder) => format!("on {}", folder.display()),
        None => "on a sample project with a scripted model".to_owned(),
    };
    let no_window = if options.no_window {
        Some("as --no-window asks".to_owned())
    } else {
        match screen() {
            Screen::There => None,
            Screen::None => Some(
                "because there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)"
                    .to_owned(),
            ),
            Screen::Silent(name) => Some(format!("because no display answers at {name}")),
        }
    };
    let (program, arguments) = match (&no_window, opened) {
        (None, Some(folder)) => (
            "orchestron-desktop",
            vec!["--project".into(), folder.into()],
        ),
        (None, None) => ("orchestron-desktop", vec!["--demo".into()]),
        (Some(_), Some(folder)) => (
            "orchestron",
            vec![
                "run".into(),
                "--ui".into(),
                "--project".into(),
                folder.into(),
            ],
        ),
        (Some(_), None) => ("orchestron", vec![PathBuf::from("demo"), "--ui".into()]),
    };
    match no_window {
        None => eprintln!("{ready}. Opening the window {subject}; Ctrl-C here ends it."),
        Some(reason) => {
            eprintln!("{ready}. Serving the UI on loopback {subject}, {reason}; Ctrl-C ends it.")
        }
    }
    let mut job = Job::new(project, project.binary(Build::Debug, program))
        .args(arguments)
        .args(&options.passed_on)
        .within(opened.unwrap_or(&project.invoked_from))
        .cure("its own message above says why.");
    if let Some(path) = claude_to_name(project) {
        job = job.env("ORCHESTRON_CLAUDE", path);
    }
    job.replace()
}

/// The pinned CLI, unless the person named one or has one of their own.
fn claude_to_name(project: &Project) -> Option<PathBuf> {
    if std::env::var_os("ORCHESTRON_CLAUDE").is_some() || on_path("claude").is_some() {
        return None;
    }
    claude::pinned(&project.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_folder_is_looked_for_where_the_command_was_typed() {
        let start = std::env::temp_dir();
        assert_eq!(
            existing_folder(&start, Path::new(".")).unwrap(),
            start.join(".")
        );
        assert_eq!(
            existing_folder(Path::new("/nowhere"), &start).unwrap(),
            start
        );
        let failure = existing_folder(&start, Path::new("no such project")).unwrap_err();
        assert!(failure.to_string().contains("no such project"), "{failure}");
    }
}
