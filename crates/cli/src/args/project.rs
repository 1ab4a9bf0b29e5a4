//! The project as a whole: setting up, agents, keys, repair, running.

use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Also add `mcp:status`, `mcp:next` and `mcp:create` to package.json
    #[arg(long)]
    pub npm_scripts: bool,
    /// Branch that approved work is merged into; default: the one that is checked out
    #[arg(long, value_name = "BRANCH")]
    pub base: Option<String>,
}

/// `agents`
#[derive(Debug, Args)]
pub struct Agents {
    /// What to do with them; default: list them
    #[command(subcommand)]
    pub verb: Option<AgentVerb>,
}

/// What to do with agents.
#[derive(Debug, Subcommand)]
pub enum AgentVerb {
    /// Status, work and record of each
    List,
    /// Add one to .mcp/agents.yaml; without `cli` nothing is launched for it
    Add {
        /// Its name
        name: String,
        /// Its keys, such as cli=claude instances=2; one that is repeated becomes a list
        #[arg(value_name = "KEY=VALUE")]
        keys: Vec<String>,
    },
    /// Change one key of one in .mcp/agents.yaml
    Set {
        /// Its name
        name: String,
        /// The key, such as model or instances
        key: String,
        /// Its value; several for a list
        #[arg(required_unless_present = "unset")]
        values: Vec<String>,
        /// Take the key out
        #[arg(long, conflicts_with = "values")]
        unset: bool,
    },
    /// Take one out of .mcp/agents.yaml; its run goes on to its end
    Remove {
        /// Its name
        name: String,
    },
}

/// `keys`
#[derive(Debug, Args)]
pub struct Keys {
    /// What to do with them; default: list the accounts
    #[command(subcommand)]
    pub verb: Option<KeyVerb>,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// Keep a key; it is read from standard input, never from the command line
    Set {
        /// The account agents name in agents.yaml
        #[arg(default_value = "anthropic")]
        account: String,
    },
    /// Forget a key
    Delete {
        /// The account
        account: String,
    },
    /// Ask the account's API whether its key is good; costs nothing
    Test {
        /// The account
        #[arg(default_value = "anthropic")]
        account: String,
    },
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Make everything agree again, without deleting work: what killed processes left, old worktrees (uncommitted work is saved), the index
    #[arg(long)]
    pub fix: bool,
}

/// `undo`
#[derive(Debug, Args)]
pub struct Undo {
    /// The event that tells what is to be undone
    pub event: Option<u64>,
    /// Only show what can be undone
    #[arg(long, conflicts_with = "event")]
    pub list: bool,
}

/// `run`
#[derive(Debug, Args)]
pub struct Run {
    /// Also serve the window's UI on loopback and print its address
    #[arg(long)]
    pub ui: bool,
    /// Port for the UI; 0 = any free one
    #[arg(long, default_value_t = 0, requires = "ui")]
    pub port: u16,
}

/// `mcp`
#[derive(Debug, Args)]
pub struct Mcp {
    /// What to do; default: serve
    #[command(subcommand)]
    pub verb: Option<McpVerb>,
    /// The client is this holder outside and acts in its legs only; default: it is yours, and asks you what you alone may decide
    #[arg(long, short, global = true, value_name = "NAME")]
    pub agent: Option<String>,
}

/// What to do about clients.
#[derive(Debug, Subcommand)]
pub enum McpVerb {
    /// Tell a client of this project how to reach Orchestron
    Install(McpInstall),
    /// Inside a run only: draw a token with which a client of the run speaks for it over HTTP while the run lives
    Token(McpToken),
}

/// `mcp token`
#[derive(Debug, Args)]
pub struct McpToken {
    /// As the headers of a request in JSON, for clients that ask a command for them
    #[arg(long)]
    pub headers: bool,
}

/// `mcp install`
#[derive(Debug, Args)]
pub struct McpInstall {
    /// The client
    pub client: Client,
    /// Only show what belongs into its configuration
    #[arg(long)]
    pub print: bool,
}

/// Clients whose configuration is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
    /// Gemini CLI
    Gemini,
    /// VS Code
    Vscode,
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where to make the sample project; default: a folder in the state directory, made anew
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Also serve the window's UI on loopback and print its address
    #[arg(long)]
    pub ui: bool,
    /// Port for the UI; 0 = any free one
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Without pauses for watching
    #[arg(long)]
    pub fast: bool,
    /// Only make the project and serve the scripted model, print where both are, and stay until standard input ends
    #[arg(long, hide = true)]
    pub only_model: bool,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}
