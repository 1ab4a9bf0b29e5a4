//! In-memory implementations of the engine's ports: a whole world for tests, without a file, a process or a clock.
//!
//! [`World`] is one project on one machine. Every port handed out is a view on it, so a second store or a second engine over the same
//! world sees what the first one did: a restart is a new engine over the same world. The fakes are honest where it matters: a rename
//! really conflicts, an exchange really compares, a transaction is all or nothing, a checkpoint goes through its JSON, a lock that is
//! taken twice by one thread says so, and a program that was started twice was started twice.

mod disk;
mod drops;
mod files;
mod git;
mod locks;
mod log;
mod runs;
mod small;
mod world;

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod clash_tests;
#[cfg(test)]
mod clear_tests;
#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod meanwhile_tests;
#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod refused_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod step_in_tests;

pub use disk::Meddling;
pub use orchestron_domain::Status;
pub use runs::{Act, Script, quiet_end};
pub use world::{World, agent};

/// A run that asks for a permission and waits for it for as long as it takes: it stays at work.
#[must_use]
pub fn waits_for_a_permission() -> Script {
    let ask = orchestron_domain::AskId("req-1".into());
    let asked = orchestron_domain::signal::Signal::Asked {
        ask: ask.clone(),
        tool: "Bash".into(),
        input: "{}".into(),
        summary: "Run it".into(),
        reason: None,
    };
    vec![Act::Says(asked), Act::AwaitsPermit(ask)]
}

/// Runs an engine until nothing is left to do.
///
/// # Errors
/// Those of the engine.
pub fn run_engine(world: &World) -> Result<(), orchestron_engine::EngineError> {
    orchestron_engine::Engine::start(world.ports(), orchestron_engine::Mode::Run)?.run()
}
#[cfg(test)]
mod drops_tests;
#[cfg(test)]
mod failure_tests;
