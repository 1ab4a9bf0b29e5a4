//! Why a verb did not succeed, and what the shell is told.

use orchestron_engine::{EngineError, StoreError, ports::PortError};
use orchestron_operations::{OpError, wire::ErrorView};
use std::io;
use thiserror::Error;

/// Why a verb did not succeed.
#[derive(Debug, Error)]
pub enum Failure {
    /// The operation refused.
    #[error(transparent)]
    Operation(#[from] OpError),
    /// The world said no.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The engine cannot go on.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There is no project here.
    #[error("there is no `.mcp` folder in {from} or above it")]
    NoProject {
        /// Where the search began.
        from: String,
        /// A folder that was a project: its `.mcp` was taken away.
        once: Option<String>,
    },
    /// An argument is wrong.
    #[error("{0}")]
    Usage(String),
    /// It cannot be done now.
    #[error("{what}")]
    Refused {
        /// Why.
        what: String,
        /// What can be done instead.
        cure: String,
    },
    /// Something that is needed is not on this machine.
    #[error("{what}")]
    Missing {
        /// What.
        what: String,
        /// How to get it.
        cure: String,
    },
    /// Standard output or input failed.
    #[error("{doing}: {said}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        said: io::Error,
    },
    /// The server could not start.
    #[error(transparent)]
    Http(#[from] orchestron_server::http::HttpError),
    /// A client cannot be served.
    #[error(transparent)]
    Mcp(#[from] orchestron_server::mcp::McpError),
    /// The scripted model could not start.
    #[error(transparent)]
    Model(#[from] orchestron_server::scripted_model::ScriptedModelError),
    /// Its scenario cannot be read.
    #[error(transparent)]
    Scenario(#[from] orchestron_server::scripted_model::ScenarioError),
    /// Everything is told already; only the exit code is left.
    #[error("")]
    Told(u8),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Operation(error.into())
    }
}

impl Failure {
    /// The exit code; see `orchestron --help`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Operation(error) => code_of(error.code()),
            Self::NoProject { .. } => 3,
            Self::Usage(_) | Self::Scenario(_) => 2,
            Self::Port(error) => code_of(OpError::from(error.clone()).code()),
            Self::Engine(EngineError::Port(error)) => code_of(OpError::from(error.clone()).code()),
            Self::Told(code) => *code,
            Self::Refused { .. } => 1,
            Self::Missing { .. }
            | Self::Io { .. }
            | Self::Engine(_)
            | Self::Http(_)
            | Self::Mcp(_)
            | Self::Model(_) => 5,
        }
    }

    /// The error as `--json` shows it.
    #[must_use]
    pub fn view(&self) -> ErrorView {
        match self {
            Self::Operation(error) => error.view(),
            Self::Port(error) => OpError::from(error.clone()).view(),
            Self::NoProject {
                once: Some(folder), ..
            } => view(
                "project_not_found",
                self,
                &[
                    &format!(
                        "{folder} is a project whose `.mcp` is gone: `git checkout -- .mcp` brings back what was committed, else a copy does; work goes on then"
                    ),
                    "`orchestron init` there begins anew, without its tasks",
                ],
            ),
            Self::NoProject { .. } => view(
                "project_not_found",
                self,
                &[
                    "`orchestron init` sets one up here",
                    "`--project DIR` names another folder",
                    "`orchestron demo` shows one at work",
                ],
            ),
            Self::Missing { cure, .. } => view("missing", self, &[cure]),
            Self::Refused { cure, .. } => view("not_now", self, &[cure]),
            Self::Usage(_) => view("input_invalid", self, &[]),
            _ => view("world", self, &[]),
        }
    }
}

fn view(code: &str, error: &Failure, hints: &[&str]) -> ErrorView {
    ErrorView {
        code: code.to_owned(),
        message: error.to_string(),
        hints: hints.iter().map(|hint| (*hint).to_owned()).collect(),
        field: None,
    }
}

fn code_of(word: &str) -> u8 {
    match word {
        "input_invalid" | "operation_unknown" | "decision_unfit" => 2,
        "task_not_found" | "run_not_found" | "request_not_found" | "conflict_not_found" => 3,
        "task_held" | "held" | "file_busy" => 4,
        "world" | "no_room" | "missing" | "malformed" | "exists" => 5,
        _ => 1,
    }
}
