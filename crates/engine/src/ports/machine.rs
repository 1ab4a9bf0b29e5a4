//! The rest of the machine: locks, the clock, keys, and where the engine sleeps.

use super::PortResult;
use orchestron_domain::{RunId, Time};
use std::collections::BTreeSet;

/// Held while it lives.
pub trait Guard: Send {}

/// Locks of a project, in the state folder.
pub trait Locks: Send + Sync {
    /// The short lock around a write to the store; waits up to some seconds, then `Held`.
    fn store(&self) -> PortResult<Box<dyn Guard>>;
    /// The lease: the right to be the project's engine. `Held` (with the holder's pid in `what`) if another process has it.
    fn lease(&self) -> PortResult<(Box<dyn Guard>, u64)>;
    /// Whether somebody holds the lease now.
    fn lease_is_held(&self) -> PortResult<bool>;
    /// The engine tells why it rests although nobody paused it (a full disk): beside the log, which may be what cannot be written.
    fn tell_trouble(&self, _why: Option<&str>) {}
    /// What an engine that holds the lease now told so.
    fn trouble(&self) -> Option<String> {
        None
    }
    /// Rings the doorbell: wakes the engine, and whoever else watches, after a commit.
    fn ring(&self);
}

/// The clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
    /// Seconds that clocks in a zone (none = the machine's own) are ahead of UTC at that moment; none when there is no such zone.
    fn offset_s(&self, _zone: Option<&str>, _at: Time) -> Option<i32> {
        Some(0)
    }
}

/// A question to an account's API that costs nothing and that only a good key gets an answer to. The key is sent in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProbe {
    /// Where to ask.
    pub url: String,
    /// The header that carries the key.
    pub header: &'static str,
    /// What stands before the key there: `Bearer `.
    pub prefix: &'static str,
    /// Another header the API wants to see, with its value.
    pub also: Option<(&'static str, &'static str)>,
}

/// API keys by account. A key goes in and is handed to agents; it is never shown again.
pub trait Keys: Send + Sync {
    /// Which store is used, in words, and whether it works; an error says why not and how to mend it.
    fn store(&self) -> PortResult<String>;
    /// Where an account's key comes from: `keyring`, `environment`, or none.
    fn source(&self, account: &str) -> PortResult<Option<String>>;
    /// Keeps a key.
    fn set(&self, account: &str, key: &str) -> PortResult<()>;
    /// Forgets a key; whether there was one.
    fn delete(&self, account: &str) -> PortResult<bool>;
    /// Asks the account's API with its key; the status of the answer (200, 401). `Missing` when there is no key.
    fn probe(&self, account: &str, probe: &KeyProbe) -> PortResult<u16>;
}

/// Why the engine woke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The doorbell rang: somebody wrote to the log.
    Doorbell,
    /// Anything may have changed below `.mcp/`.
    Files,
    /// These task files were touched (`ready/TASK-001-slug.md`); with none, the configuration was.
    Named(BTreeSet<String>),
    /// Nothing was told for a while: time to look whether something was missed.
    Quiet,
    /// A run said something or ended.
    Run(RunId),
    /// The deadline that was asked for came.
    Time,
    /// The engine is to stop (agents go on).
    Stop,
}

/// Where the engine sleeps.
pub trait Waker: Send {
    /// Waits for the next reason to act, at most until `deadline`. Several reasons of one kind are told once.
    fn wait(&mut self, deadline: Option<Time>) -> Vec<Wake>;
    /// Tells the waker which runs are live, so that it listens to them.
    fn listen(&mut self, runs: &[RunId]);
}
