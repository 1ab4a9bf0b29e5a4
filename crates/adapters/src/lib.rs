//! Adapters: one folder per outside thing, each implementing one port of the engine. The folders never import each
//! other; what they share is at this level.

pub mod clock;
pub mod curl;
pub mod event_log;
mod failure;
pub mod git;
pub mod host;
pub mod init;
pub mod keyring;
pub mod locks;
mod looks;
pub mod process;
pub mod project;
pub mod state_dir;
pub mod task_files;
pub mod watch;
pub mod zones;

pub use task_files::config;

#[cfg(test)]
mod power_tests;
#[cfg(test)]
mod test_child;
