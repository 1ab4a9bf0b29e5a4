//! Projects that tests work on.

use super::{TestEnvironment, binary};
use std::{fs, path::PathBuf};

/// Who does which leg, and what must pass, in the words of `.mcp/config.yaml`.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// Prepares; empty = nobody.
    pub prepare: &'a str,
    /// Implements.
    pub implement: &'a str,
    /// Reviews before the person; empty = nobody.
    pub review: &'a str,
    /// Commands that must pass.
    pub gates: &'a [&'a str],
    /// After how many failed attempts in a row a person is asked.
    pub attempts: u32,
    /// How long is waited after a failed attempt.
    pub backoff: &'a str,
}

impl Chain<'_> {
    /// One agent that implements, and nobody else but the person.
    pub const ALONE: Self = Self {
        prepare: "",
        implement: "coder",
        review: "",
        gates: &[],
        attempts: 3,
        backoff: "100ms",
    };
    /// A tool outside that implements, and nobody else but the person: nothing is launched.
    pub const CURSOR: Self = Self {
        implement: "cursor",
        ..Self::ALONE
    };
}

impl Default for Chain<'_> {
    fn default() -> Self {
        Self {
            prepare: "architect",
            implement: "coder",
            review: "reviewer",
            gates: &[],
            attempts: 3,
            backoff: "100ms",
        }
    }
}

impl Chain<'_> {
    fn config(&self) -> String {
        let mut text = String::from("project: shop\nbase_branch: main\nchain:\n");
        for (leg, holder) in [
            ("prepare", self.prepare),
            ("implement", self.implement),
            ("review", self.review),
        ] {
            if !holder.is_empty() {
                text.push_str(&format!("  {leg}: {holder}\n"));
            }
        }
        text.push_str("  approve: person\n");
        if !self.gates.is_empty() {
            text.push_str("gates:\n");
        }
        for (number, gate) in self.gates.iter().enumerate() {
            let gate = serde_json::Value::from(*gate);
            text.push_str(&format!(
                "  - {{ name: check-{}, run: {gate}, timeout: 1m }}\n",
                number + 1
            ));
        }
        text.push_str(&format!(
            "limits: {{ parallel: 1, attempts: {}, backoff: {}, park: 2s }}\n",
            self.attempts, self.backoff
        ));
        text
    }
}

/// The three agents of a chain, at this model's address (none = their own), and Cursor, which is not launched.
fn agents(model: Option<&str>) -> String {
    let mut text = String::from("agents:\n");
    for name in ["architect", "coder", "reviewer"] {
        text.push_str(&format!("  {name}:\n    cli: claude\n    model: sonnet\n    persona: You are the {name}.\n    tools_allowed: [Read]\n"));
        if let Some(url) = model {
            text.push_str(&format!("    base_url: {url}\n"));
        }
    }
    text.push_str("  cursor:\n    persona: Implements in the editor.\n");
    text
}

impl TestEnvironment {
    /// A project of this chain, whose agents are their own real ones.
    pub fn with(chain: &Chain<'_>) -> Self {
        let env = Self::new();
        env.repository();
        env.set_up(chain, None);
        env
    }

    /// A project whose agents are the fast one that no model stands behind (`fake-claude`), and the folder with its orders.
    pub fn with_fast_agents(chain: &Chain<'_>) -> (Self, PathBuf) {
        let env = Self::new();
        env.set("ORCHESTRON_CLAUDE", binary("fake-claude"));
        env.set("ANTHROPIC_API_KEY", "scripted");
        let orders = env.root().join("home/fake-claude");
        fs::create_dir_all(&orders).expect("a folder");
        env.repository();
        env.set_up(chain, None);
        (env, orders)
    }

    /// Where a task is worked on.
    pub fn worktree(&self, task: &str) -> PathBuf {
        let shown = self.json(&["show", task]);
        PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"))
    }

    /// Writes a file of the project, with its folders.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// What a file of the project says.
    pub fn read(&self, path: &str) -> String {
        let path = self.project().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A git repository with one commit on `main`, not set up yet.
    pub fn repository(&self) {
        self.write("README.md", "# Shop\n");
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "-m", "The shop"]);
    }

    /// Sets the project up with this chain, whose agents talk to the model at this address.
    pub fn set_up(&self, chain: &Chain<'_>, model: Option<&str>) {
        let done = self.orchestron(&["init"]);
        assert_eq!(done.code, 0, "{done}");
        self.configure(chain, model);
    }

    /// Changes the chain of a project that is set up, and trusts it.
    pub fn configure(&self, chain: &Chain<'_>, model: Option<&str>) {
        self.write(".mcp/config.yaml", &chain.config());
        self.write(".mcp/agents.yaml", &agents(model));
        let done = self.orchestron(&["trust"]);
        assert_eq!(done.code, 0, "{done}");
    }
}
