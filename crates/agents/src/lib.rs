//! The pure drivers of coding agents: how one is launched, what its bytes mean, and which bytes say something to it.
//!
//! Nothing here does I/O. A driver is given a plan and returns a recipe ([`Launch`]); a [`Protocol`] is given the lines an
//! agent wrote and returns what they mean ([`Signal`]) and what must be answered at once ([`Reply`]). There is no clock,
//! randomness, environment, file or thread in this crate, so the same lines always give the same signals and the same
//! replies under the same keys: a restarted engine replays a run's output from its start and suppresses every reply that is
//! already in the run's `in.jsonl`. Whatever depends on time (silence, timeouts, the stop ladder) lives in the engine.
//!
//! One file per coding agent. A new one implements [`Driver`] and [`Protocol`] and is added to [`known`].

pub mod claude;
mod json_line;
pub mod plan;
pub mod text;
pub mod tools;

pub use plan::{Launch, LaunchPlan, Opening, Rule};

use orchestron_domain::{
    RunEnd, SessionId,
    signal::{Say, Signal},
    transcript::TranscriptItem,
};

/// A coding agent that can be launched.
pub trait Driver: Send + Sync {
    /// The `cli` word in `.mcp/agents.yaml`.
    fn word(&self) -> &'static str;

    /// The program's name, to be found on `PATH` when the configuration names no other.
    fn program(&self) -> &'static str;

    /// The account its key belongs to, when the configuration names no other.
    fn account(&self) -> &'static str;

    /// How to install it, in a sentence for people.
    fn install_hint(&self) -> String;

    /// Arguments that make the program print its version.
    fn version_args(&self) -> &'static [&'static str];

    /// The version in what the program printed for [`Driver::version_args`].
    fn version(&self, printed: &str) -> Option<String>;

    /// The command line, environment and files of a run.
    fn launch(&self, plan: &LaunchPlan<'_>) -> Launch;

    /// The protocol of a run, from the opening its launch gave. Opened again after a restart, it must be given the run's
    /// output from the first line.
    fn open(&self, opening: &Opening) -> Box<dyn Protocol>;

    /// The key of a line of `in.jsonl`, so that the host knows what has been said already; none for lines that are not ours.
    fn key_of(&self, line: &[u8]) -> Option<String>;

    /// What a line of `out.jsonl` shows to a person. Paths below `worktree` are shown relative to it.
    fn transcript(&self, worktree: &str, line: &[u8]) -> Vec<TranscriptItem>;

    /// Arguments with which a person takes a conversation over in a terminal, and the variables of the run that this needs.
    fn take_over(&self, session: &SessionId) -> (Vec<String>, &'static [&'static str]);

    /// What an exit means, when the agent said so on stderr only.
    fn explain_exit(&self, code: Option<i32>, stderr: &str) -> Option<RunEnd>;
}

/// One run's conversation with its agent. A plain function of the lines it is given, in order.
pub trait Protocol: Send {
    /// The first lines to say.
    fn hello(&mut self) -> Vec<Reply>;

    /// Takes one line the agent wrote (with or without its line end).
    fn receive(&mut self, line: &[u8]) -> Received;

    /// The bytes that say something to the agent.
    fn say(&mut self, say: &Say) -> Reply;

    /// The agent's output is over: what was held back until now.
    fn end(&mut self) -> Vec<Signal>;

    /// What the agent does now, in a line; empty while it is idle or not up.
    fn doing(&self) -> &str;

    /// How many lines could not be understood.
    fn malformed(&self) -> u64;
}

/// A line for an agent's stdin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Names it within the run: a line with a key that was said before is not said again.
    pub key: String,
    /// The line, its line end included.
    pub bytes: Vec<u8>,
}

/// What a line meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// What the engine should know, in order.
    pub signals: Vec<Signal>,
    /// What is to be answered at once.
    pub replies: Vec<Reply>,
}

/// The drivers there are.
#[must_use]
pub fn known() -> &'static [&'static dyn Driver] {
    static KNOWN: [&dyn Driver; 1] = [&claude::Claude];
    &KNOWN
}

/// The driver for a `cli` word of `.mcp/agents.yaml`.
#[must_use]
pub fn driver(cli: &str) -> Option<&'static dyn Driver> {
    known().iter().copied().find(|driver| driver.word() == cli)
}

#[cfg(test)]
mod tests {
    use super::{driver, known};

    #[test]
    fn drivers_are_found_by_their_word() {
        assert_eq!(driver("claude").unwrap().word(), "claude");
        assert!(driver("cursor").is_none());
        assert!(known().iter().all(|driver| {
            driver.install_hint().contains("npm install") && !driver.version_args().is_empty()
        }));
    }
}
