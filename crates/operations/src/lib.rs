//! One file per thing a person or an agent can ask; the same operations serve the command line, HTTP and the window.
//!
//! Each surface translates its own words to [`call`] (JSON in, JSON out) or to the typed functions, and nothing more.
//! Operations see ports only, so they run on fakes too. A write never starts anything: the engine that holds the lease acts on what
//! it finds in the store.

mod context;
mod error;
pub mod typescript;
pub mod wire;

pub use context::{Context, Project};
pub use error::OpError;
