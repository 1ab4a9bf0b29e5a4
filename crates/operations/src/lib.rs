//! One file per thing a person or an agent can ask; the same operations serve the command line, HTTP and the window.

pub mod wire;
pub mod typescript;
