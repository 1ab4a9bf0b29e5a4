//! The Claude CLI (`claude`), driven over its stream-json protocol. What is relied on here was measured with version 2.1.328.
//!
//! - `launch`: command line, environment and files.
//! - `rules`: permission rules, and the check that the agent really read them.
//! - `protocol`: the conversation: what each line means and what is answered.
//! - `turn`: how a turn ended.
//! - `server`: our in-process MCP server.
//! - `summary`: tool calls in a line.
//! - `transcript`: the conversation as a person reads it.
//! - `wire`: the lines we say.

mod launch;
mod protocol;
#[cfg(test)]
mod recordings;
mod rules;
mod server;
mod summary;
mod transcript;
mod turn;
mod wire;

use crate::{Driver, Launch, LaunchPlan, Opening, Protocol};
use orchestron_domain::{RunEnd, SessionId, transcript::TranscriptItem};

/// The version everything here was measured with.
pub const TESTED_VERSION: &str = "2.1.328";

/// The driver of the Claude CLI.
#[derive(Clone, Copy, Debug)]
pub struct Claude;

impl Driver for Claude {
    fn word(&self) -> &'static str {
        "claude"
    }

    fn program(&self) -> &'static str {
        "claude"
    }

    fn account(&self) -> &'static str {
        "anthropic"
    }

    fn install_hint(&self) -> String {
        // The exact version matters: on Node 20 npm silently takes a much older one otherwise.
        format!(
            "install it with `npm install -g @anthropic-ai/claude-code@{TESTED_VERSION}`, then run `claude` once to log in, \
             or enter an API key in Orchestron's settings"
        )
    }

    fn version_args(&self) -> &'static [&'static str] {
        &["--version"]
    }

    fn version(&self, printed: &str) -> Option<String> {
        printed
            .split_whitespace()
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'))
            .map(str::to_owned)
    }

    fn launch(&self, plan: &LaunchPlan<'_>) -> Launch {
        launch::launch(plan)
    }

    fn open(&self, opening: &Opening) -> Box<dyn Protocol> {
        Box::new(protocol::Conversation::open(opening.clone()))
    }

    fn key_of(&self, line: &[u8]) -> Option<String> {
        wire::key_of(line)
    }

    fn transcript(&self, worktree: &str, line: &[u8]) -> Vec<TranscriptItem> {
        transcript::items(worktree, line)
    }

    fn take_over(&self, session: &SessionId) -> (Vec<String>, &'static [&'static str]) {
        let args = vec!["--resume".to_owned(), session.0.clone()];
        // Where its conversations are kept, and which model it talks to.
        (args, &["CLAUDE_CONFIG_DIR", "ANTHROPIC_BASE_URL"])
    }

    fn explain_exit(&self, code: Option<i32>, stderr: &str) -> Option<RunEnd> {
        turn::explain_exit(code, stderr)
    }
}

#[cfg(test)]
mod tests {
    use super::Claude;
    use crate::Driver;

    #[test]
    fn the_version_is_read() {
        for (printed, version) in [
            ("2.1.328 (Claude Code)\n", Some("2.1.328")),
            (
                "warning: old node\n2.2.0-beta.1 (Claude Code)",
                Some("2.2.0-beta.1"),
            ),
            ("", None),
            ("command not found", None),
        ] {
            assert_eq!(Claude.version(printed).as_deref(), version, "{printed}");
        }
    }
}
