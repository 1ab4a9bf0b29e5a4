//! Runs as processes: each under its keeper, in its run folder.
//!
//! - [`folder`]: the files of a run and what they say
//! - [`keeper`]: the process that minds one run (`orchestron keep`)

pub mod folder;
pub mod keeper;
#[cfg(unix)]
pub(crate) mod tree;
