//! Every way in which a verb can fail: what happened, where, and what the person can do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a verb did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The command line was not understood.
    Usage {
        /// What is wrong with it.
        problem: String,
    },
    /// A numbered step failed.
    Step {
        /// The step's number and the number of all steps.
        number: (usize, usize),
        /// What the step does.
        title: String,
        /// How long it took to fail.
        elapsed: Duration,
        /// Why it failed.
        cause: Box<Failure>,
    },
    /// A program that is needed is not installed.
    ProgramMissing {
        /// Its name.
        program: String,
        /// How to get it.
        cure: &'static str,
    },
    /// A program is installed but too old.
    ProgramTooOld {
        /// Its name.
        program: &'static str,
        /// The version that was found.
        found: String,
        /// The versions that work.
        needed: &'static str,
        /// How to get one of them.
        cure: &'static str,
    },
    /// A program could not be started.
    NotStarted {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ran and reported failure.
    CommandFailed {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// Where its output was kept, if it was not shown.
        log: Option<PathBuf>,
        /// The last lines of that log.
        tail: Vec<String>,
        /// What usually helps.
        cure: &'static str,
    },
    /// A program printed something that could not be understood.
    Unreadable {
        /// What was being read.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file that belongs to the checkout, or that a step should have made, is not there.
    FileMissing {
        /// The file.
        path: PathBuf,
        /// How to get it.
        cure: &'static str,
    },
    /// A file or folder could not be used.
    File {
        /// What was being done, as in "read".
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder given with `--project` is not there.
    NoSuchProject {
        /// The folder as it was understood.
        path: PathBuf,
    },
    /// Some tests or checks failed; which ones was printed before.
    ChecksFailed {
        /// The names of the kinds that failed.
        kinds: Vec<String>,
    },
    /// Filters were given and no test has such a name.
    NothingMatches {
        /// The filters.
        filters: Vec<String>,
    },
}

impl Failure {
    /// For `map_err` on file operations.
    pub fn file(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }

    /// The exit code of the whole program.
    pub fn exit_code(&self) -> u8 {
        if matches!(self, Self::Usage { .. }) {
            2
        } else {
            1
        }
    }

    /// What the person can do now.
    pub fn cure(&self) -> Option<String> {
        let cure = match self {
            Self::Usage { .. } => "see ./dev help.".to_owned(),
            Self::Step { cause, .. } => return cause.cure(),
            Self::ProgramMissing { cure, .. }
            | Self::ProgramTooOld { cure, .. }
            | Self::CommandFailed { cure, .. }
            | Self::FileMissing { cure, .. } => (*cure).to_owned(),
            Self::NotStarted { program, .. } => {
                format!("check that {program} is installed and may be executed.")
            }
            Self::Unreadable { .. } => {
                "run the same command again; if it stays, please report it with this output."
                    .to_owned()
            }
            Self::File { .. } => {
                "check the permissions and the free space, then run the same command again."
                    .to_owned()
            }
            Self::NoSuchProject { .. } => {
                "give an existing folder, as in ./dev run --project ~/code/shop.".to_owned()
            }
            Self::ChecksFailed { kinds } => match kinds.as_slice() {
                [only] if only == "format" => "cargo fmt --all, then ./dev test.".to_owned(),
                _ => {
                    "the failures are shown above; ./dev test NAME runs one test again.".to_owned()
                }
            },
            Self::NothingMatches { .. } => {
                "give a part of a test's name; ./dev test runs them all.".to_owned()
            }
        };
        Some(cure)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage { problem } => write!(f, "{problem}."),
            Self::Step {
                number: (number, of),
                title,
                elapsed,
                cause,
            } => {
                write!(
                    f,
                    "Step {number} of {of} failed after {:.1} s: {title}\n{cause}",
                    elapsed.as_secs_f64()
                )
            }
            Self::ProgramMissing { program, .. } => write!(f, "{program} is not installed."),
            Self::ProgramTooOld {
                program,
                found,
                needed,
                ..
            } => {
                write!(f, "{program} {found} is too old: {needed} is needed.")
            }
            Self::NotStarted { program, source } => {
                write!(f, "{program} could not be started: {source}.")
            }
            Self::CommandFailed {
                command,
                status,
                log,
                tail,
                ..
            } => {
                write!(f, "`{command}` ended with {status}.")?;
                let Some(log) = log else { return Ok(()) };
                write!(f, "\nThe end of {}:", log.display())?;
                tail.iter().try_for_each(|line| write!(f, "\n  | {line}"))
            }
            Self::Unreadable { what, problem } => {
                write!(f, "{what} could not be understood: {problem}.")
            }
            Self::FileMissing { path, .. } => write!(f, "{} is not there.", path.display()),
            Self::File {
                doing,
                path,
                source,
            } => write!(f, "could not {doing} {}: {source}.", path.display()),
            Self::NoSuchProject { path } => write!(f, "there is no folder {}.", path.display()),
            Self::ChecksFailed { kinds } => write!(f, "Failed: {}.", kinds.join(", ")),
            Self::NothingMatches { filters } => write!(
                f,
                "no test has a name with \"{}\" in it.",
                filters.join("\" or \"")
            ),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Step { cause, .. } => Some(cause),
            Self::NotStarted { source, .. } | Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
