//! Why something could not be measured.

use std::{error::Error, fmt, io};

/// Result of a measurement.
pub type Measured<T> = Result<T, Failed>;

/// Why something could not be measured.
#[derive(Debug)]
pub enum Failed {
    /// The system said no.
    Io {
        /// What was tried, on what.
        doing: String,
        /// What it said.
        said: io::Error,
    },
    /// The floor's database said no.
    Database(rusqlite::Error),
    /// A program did not do what it was started for.
    Program {
        /// Its words.
        words: String,
        /// How it ended and what it said.
        said: String,
    },
    /// Something did not come in time.
    Waited {
        /// For what.
        what: String,
    },
    /// Something is not as it must be.
    Wrong(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, said } => write!(f, "cannot {doing}: {said}"),
            Self::Database(said) => write!(f, "the floor's database: {said}"),
            Self::Program { words, said } => write!(f, "`{words}`: {said}"),
            Self::Waited { what } => write!(f, "waited in vain for {what}"),
            Self::Wrong(what) => f.write_str(what),
        }
    }
}

impl Error for Failed {}

impl From<rusqlite::Error> for Failed {
    fn from(said: rusqlite::Error) -> Self {
        Self::Database(said)
    }
}

/// Says what was tried when the system said no.
pub trait Doing<T> {
    /// `read /proc/1/stat`
    fn doing(self, doing: impl Into<String>) -> Measured<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: impl Into<String>) -> Measured<T> {
        self.map_err(|said| Failed::Io {
            doing: doing.into(),
            said,
        })
    }
}
