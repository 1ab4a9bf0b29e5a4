//! Runs as processes: each under its keeper, in its run folder.
//!
//! - [`folder`]: the files of a run and what they say
//! - [`keeper`]: the process that minds one run (`orchestron keep`)
//! - [`runs`]: the engine's side: starts runs, hears them, speaks to them, ends them
//! - [`logs`]: what runs have said, for people
//! - [`programs`]: which coding agents are installed
//! - [`guard`]: what stands between a run and git
//! - [`foreground`]: commands that a person waits for
//! - [`caller`]: whether we were started from inside a run ourselves
//!
//! The two sides share nothing but the run folder. The engine may be killed at any moment; a new one finds in `out.jsonl`
//! everything that was said to it and in `in.jsonl` everything it has said.

pub mod caller;
mod editor;
mod environment;
pub mod folder;
pub mod foreground;
pub mod guard;
pub mod keeper;
mod kept;
mod live;
pub mod logs;
mod npm;
mod outbox;
mod output;
pub mod programs;
mod reaper;
pub mod runs;
mod spawner;
mod strays;
mod tail;
#[cfg(unix)]
pub(crate) mod tree;

#[cfg(test)]
#[cfg(unix)]
mod tests;
