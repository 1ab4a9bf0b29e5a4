//! What a run is launched from, and what a launch consists of.

use orchestron_domain::{Agent, Leg, RunId, SessionId};
use serde::{Deserialize, Serialize};

/// Everything a driver must know to launch a run.
#[derive(Clone, Debug)]
pub struct LaunchPlan<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The leg it works on; decides which of our tools it sees.
    pub leg: Leg,
    /// The run's folder, absolute.
    pub run_dir: &'a str,
    /// Where the agent works, absolute.
    pub worktree: &'a str,
    /// The project's own `.mcp` folder, absolute. The agent may never write there.
    pub mcp_dir: &'a str,
    /// The conversation.
    pub session: &'a SessionId,
    /// Whether that conversation exists already and is taken up again.
    pub resume: bool,
    /// The agent's configuration.
    pub agent: &'a Agent,
    /// Who it is and how it works, for its system prompt.
    pub role: &'a str,
    /// The first user message.
    pub prompt: &'a str,
    /// Whether it may write files (implement) or only read (prepare, review).
    pub may_write: bool,
    /// Absolute path of `orchestron`, which hands the key over (`key-helper`).
    pub helper_program: &'a str,
    /// Whether there is a key to hand over; without one the agent's own login is used.
    pub has_key: bool,
    /// Another place for the agent's own settings and conversations.
    pub config_dir: Option<&'a str>,
}

/// How to start a run. It never holds a key: not in the arguments, the environment or a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The command line; the first is the program, a bare name when it is to be found on `PATH`.
    pub argv: Vec<String>,
    /// Names of variables to take over from our own environment, where they are set. Nothing else is inherited.
    pub inherit: Vec<&'static str>,
    /// Variables with their values; they win over inherited ones.
    pub env: Vec<(String, String)>,
    /// Files to write into the run's folder (0600) before the start, by name.
    pub files: Vec<(String, Vec<u8>)>,
    /// What to open the protocol with; keep it in the run's folder, so that another engine can open it again.
    pub opening: Opening,
}

/// What a protocol is opened with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The run.
    pub run: RunId,
    /// The leg.
    pub leg: Leg,
    /// The conversation.
    pub session: SessionId,
    /// Where the agent works.
    pub worktree: String,
    /// Whether it may write files.
    pub may_write: bool,
    /// The first user message.
    pub prompt: String,
    /// The rules that were given to the agent in a file, which it must confirm before it is told anything.
    pub rules: Vec<Rule>,
}

/// A permission rule, in the agent's own syntax.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rule {
    /// Allows when true, denies otherwise.
    pub allow: bool,
    /// Such as `Edit(src/**)`.
    pub text: String,
}
