//! How the project wants it: what `.mcp/config.yaml` and `.mcp/agents.yaml` say, already read.

use crate::{AgentName, Leg, MicroUsd, notice::Notify, rules::Rule};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `.mcp/config.yaml` and `.mcp/agents.yaml` together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The project's name for people.
    pub project: String,
    /// The branch approved work is merged into; none = the branch that is checked out at `init`.
    pub base_branch: Option<String>,
    /// Prefix of new task ids.
    pub task_prefix: String,
    /// Who does which leg.
    pub chain: Chain,
    /// Commands that must pass before a task goes to review.
    pub gates: Vec<Gate>,
    /// How the tests are run that a task names; none = a task's tests cannot be checked.
    pub tests: Option<Tests>,
    /// Limits and patience.
    pub limits: Limits,
    /// Where worktrees go; none = the state folder.
    pub worktrees: Option<String>,
    /// The agents.
    pub agents: BTreeMap<AgentName, Agent>,
    /// Other agents that may take a leg, beside the one the chain names, in the order they are preferred.
    pub pools: BTreeMap<Leg, Vec<AgentName>>,
    /// Limits of accounts (a key, a login), by the account's name.
    pub accounts: BTreeMap<String, Rate>,
    /// How long this machine keeps what the runs of finished tasks said.
    pub keep: Keep,
    /// What the person is told when.
    pub notify: Notify,
    /// When tasks move by themselves, in the order in which they are asked.
    pub rules: Vec<Rule>,
}

impl Config {
    /// Who does `leg` on a task whose card names `wanted` (the card's agent counts for the implement leg).
    #[must_use]
    pub fn holder(&self, leg: Leg, wanted: Option<&AgentName>) -> Holder {
        let named = match leg {
            Leg::Prepare => self.chain.prepare.clone(),
            Leg::Implement => wanted.cloned().or_else(|| self.chain.implement.clone()),
            Leg::Review => self.chain.review.clone(),
            Leg::Approve => return Holder::Person,
        };
        named.map_or(Holder::Nobody, |name| self.called(name))
    }

    /// Who has this name.
    #[must_use]
    pub fn called(&self, name: AgentName) -> Holder {
        if name.as_str() == "person" {
            return Holder::Person;
        }
        match self.agents.get(&name) {
            Some(agent) if agent.cli.is_some() => Holder::Agent(name),
            _ => Holder::Outside(name),
        }
    }

    /// Whether the configuration names it anywhere.
    #[must_use]
    pub fn names(&self, name: &AgentName) -> bool {
        let chain = [
            &self.chain.prepare,
            &self.chain.implement,
            &self.chain.review,
        ];
        name.as_str() == "person"
            || self.agents.contains_key(name)
            || chain.into_iter().flatten().any(|one| one == name)
            || self.pools.values().flatten().any(|one| one == name)
    }
}

/// Who does which leg. A name that is no launchable agent is an outside holder; `person` is a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Prepares; none = tasks are ready as they are written.
    pub prepare: Option<AgentName>,
    /// Implements.
    pub implement: Option<AgentName>,
    /// Reviews before the person; none = only the person reviews.
    pub review: Option<AgentName>,
}

/// Who holds a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "name", rename_all = "kebab-case")]
pub enum Holder {
    /// The leg is left out.
    Nobody,
    /// A person.
    Person,
    /// An agent that Orchestron launches.
    Agent(AgentName),
    /// A tool outside Orchestron (Cursor, ChatGPT, Codex in a terminal): nothing is launched.
    Outside(AgentName),
}

/// A command of the project that must pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Short name, unique.
    pub name: String,
    /// A shell command, run in the task's worktree.
    pub run: String,
    /// How long it may take, in seconds.
    pub timeout_s: u64,
    /// Files it is about (`src/**`, `*.rs`, `!docs/**`); empty = all. Told to git's hook: work that is submitted is always checked.
    pub files: Vec<String>,
    /// Whether git's hook runs it before a commit.
    pub at_commit: bool,
    /// Boxes of a task that are ticked when it passes before a commit, by their text.
    pub ticks: Vec<String>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            name: String::new(),
            run: String::new(),
            timeout_s: 600,
            files: Vec::new(),
            at_commit: true,
            ticks: Vec::new(),
        }
    }
}

/// How a test is run that a task names under `## Tests`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// A shell command with `${test}` where the test's name goes; it stands there as one quoted word.
    pub run: String,
    /// How long each may take, in seconds.
    pub timeout_s: u64,
    /// Files that are tests: they are laid over the commit the work began from, to see the tests fail there.
    pub files: Vec<String>,
}

/// Limits and patience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How many agent runs at once; 1 = one agent works at a time.
    pub parallel: u32,
    /// After how many failed attempts in a row of one agent the next rung is tried: another agent, the architect, a person. Whoever takes the
    /// task then has as many.
    pub attempts: u32,
    /// Wait before the second attempt after a crash, in milliseconds; doubles each time.
    pub backoff_ms: u64,
    /// Longest wait between attempts, in milliseconds.
    pub backoff_max_ms: u64,
    /// How long an account rests when the provider refuses without saying until when, in seconds.
    pub park_s: u64,
    /// How many agents may be starting at once, so that many do not starve each other; about two per core.
    pub starts: u32,
    /// How many tasks may be worked on at once in a status (`in-progress: 3`); none = no own limit.
    pub per_status: BTreeMap<crate::Status, u32>,
    /// After so many seconds of waiting a task counts as one priority more urgent, so that P2 never starves.
    pub aging_s: u64,
    /// A task under way without any progress for so many seconds is stalled.
    pub stalled_s: u64,
    /// Whether two tasks that declare the same files may be worked on at once.
    pub same_files: bool,
    /// Most money for one task, one day, and the project in all, in millionths of a dollar.
    pub budget: Budgets,
    /// What a run without a budget of its own is reckoned to cost at most, in millionths of a dollar.
    pub reserve: MicroUsd,
    /// A program that could not be started so many times in a row is not tried again until its breaker closes.
    pub breaker: u32,
    /// How long an open breaker keeps an agent from being started, in seconds.
    pub breaker_s: u64,
    /// After so many runs in a row that changed nothing in the worktree a task is blocked.
    pub unchanged: u32,
    /// A budget or a rate is written that could not be understood: nothing that costs money is started until it is mended.
    pub unread: bool,
}

/// How long, and how much of it, this machine keeps of what the runs of finished tasks said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// How many days after a run's end.
    pub days: u32,
    /// How many megabytes of them in all; the oldest go first.
    pub megabytes: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            days: 30,
            megabytes: 2_000,
        }
    }
}

/// Most money for one task, one day, and the project in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budgets {
    /// For a task.
    pub task: Option<MicroUsd>,
    /// For a day (UTC).
    pub day: Option<MicroUsd>,
    /// For the project, since its log began.
    pub project: Option<MicroUsd>,
}

/// How fast something may be used: a token bucket that holds a minute's worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Tokens (input and output) per minute.
    pub tokens_per_minute: Option<u64>,
    /// Requests to the model per minute.
    pub requests_per_minute: Option<u64>,
    /// Runs at once.
    pub runs: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parallel: 1,
            attempts: 3,
            backoff_ms: 5_000,
            backoff_max_ms: 300_000,
            park_s: 300,
            starts: 4,
            per_status: BTreeMap::new(),
            aging_s: 3_600,
            stalled_s: 7_200,
            same_files: false,
            budget: Budgets::default(),
            reserve: MicroUsd(2_000_000),
            breaker: 2,
            breaker_s: 300,
            unchanged: 3,
            unread: false,
        }
    }
}

/// One entry of `.mcp/agents.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its name.
    pub name: AgentName,
    /// Which coding agent it is (`claude`); none = a holder outside Orchestron.
    pub cli: Option<String>,
    /// The program to start, when it is not the one found on PATH. Resolved, not taken from the repository.
    pub program: Option<String>,
    /// Model name, in the agent's own words.
    pub model: Option<String>,
    /// Who it is, in a sentence or two.
    pub persona: Option<String>,
    /// A file below `.mcp/` with more of the same.
    pub prompt_file: Option<String>,
    /// What it is good at.
    pub capabilities: Vec<String>,
    /// Tool rules it may use without asking, in the agent's own syntax.
    pub tools_allowed: Vec<String>,
    /// Tool rules it may never use.
    pub tools_restricted: Vec<String>,
    /// Folders it may write in, relative to the project; empty = the whole worktree.
    pub directories: Vec<String>,
    /// Longest run, in seconds.
    pub timeout_s: u64,
    /// Longest silence while it should be working, in seconds.
    pub silence_s: u64,
    /// Most turns in a run.
    pub max_turns: Option<u32>,
    /// Most money in a run, in millionths of a dollar.
    pub budget: Option<crate::MicroUsd>,
    /// Another address of the model's API (a proxy, the scripted model).
    pub base_url: Option<String>,
    /// The account its limits and key belong to; agents with the same account share both.
    pub account: String,
    /// How many runs of it at once; none = as many as there are places.
    pub instances: Option<u32>,
    /// Failed attempts in a row before another agent is asked; none = the project's `attempts`.
    pub retries: Option<u32>,
    /// How fast it may be used, apart from its account.
    pub rate: Rate,
}

impl Agent {
    /// Longest run when the entry does not say, in seconds.
    pub const TIMEOUT_S: u64 = 3_600;
    /// Longest silence when the entry does not say, in seconds. The Claude CLI itself waits 300 s for a stream that stalls.
    pub const SILENCE_S: u64 = 600;

    /// An entry that says nothing: a holder outside Orchestron, with an account of its own.
    #[must_use]
    pub fn named(name: AgentName) -> Self {
        Self {
            account: name.as_str().to_owned(),
            name,
            cli: None,
            program: None,
            model: None,
            persona: None,
            prompt_file: None,
            capabilities: Vec::new(),
            tools_allowed: Vec::new(),
            tools_restricted: Vec::new(),
            directories: Vec::new(),
            timeout_s: Self::TIMEOUT_S,
            silence_s: Self::SILENCE_S,
            max_turns: None,
            budget: None,
            base_url: None,
            instances: None,
            retries: None,
            rate: Rate::default(),
        }
    }
}
