//! A project with something to see and to decide on every screen, for the tests that look at the UI: two tasks in review,
//! an agent that asks for permission once the engine runs, and a task that waits for it.

use crate::environment::{Chain, Model, TestEnvironment, claude};
use std::{fs, path::PathBuf, time::Duration};

/// How long a step may take that starts no agent.
const SOON: Duration = Duration::from_secs(30);

/// The words of the agent that asks.
const SCRIPT: &str = r#"
name: stage
plays:
  - when: { leg: implement }
    end: Submitted; the gates decide now.
    steps:
      - say: |-
          I read the old exporter first. It builds the file in memory, so large shops run out of it:

          ```js
          return rows.map(toLine).join('\n');
          ```
        calls:
          - { tool: Read, input: { file_path: "${worktree}/src/orders.js" } }
      - say: The rows can be streamed. Before I change it I want to know how slow it is today, and **that needs your permission**.
        calls:
          - { tool: Bash, input: { command: "node --expose-gc src/orders.js --rows 100000", description: "Measure the exporter as it is" } }
      - say: Now the streaming version.
        calls:
          - tool: Edit
            input:
              file_path: "${worktree}/src/orders.js"
              old_string: "  return rows.map(toLine).join('\\n');\n"
              new_string: "  for (const row of rows) yield toLine(row);\n"
      - calls:
          - tool: mcp__orchestron__task_submit
            input: { note: "The exporter streams its rows now." }
"#;

const ORDERS: &str = "// Orders as CSV.\n\nexport function* exportOrders(rows) {\n  return rows.map(toLine).join('\\n');\n}\n\nfunction toLine(row) {\n  return `${row.id},${row.total}`;\n}\n";
const LIMITER: &str = "// Five tries a minute for each account.\n\nconst MAX_TRIES = 5;\nconst WINDOW_MS = 60_000;\n\nexport function createLimiter(now = Date.now) {\n  const tries = new Map();\n  return (account) => {\n    const recent = (tries.get(account) ?? []).filter((at) => now() - at < WINDOW_MS);\n    tries.set(account, [...recent, now()]);\n    return recent.length < MAX_TRIES;\n  };\n}\n";

const CHAIN: Chain<'_> = Chain {
    gates: &["node --check src/orders.js"],
    ..Chain::ALONE
};

/// The stage.
pub struct Stage {
    /// Its machine.
    pub env: TestEnvironment,
    /// Speaks for the agent.
    pub model: Model,
}

impl Stage {
    /// Sets everything up; no engine runs yet.
    pub fn new() -> Self {
        let model = Model::plays(SCRIPT);
        let env = TestEnvironment::new();
        env.set("ORCHESTRON_CLAUDE", claude());
        env.set("ANTHROPIC_API_KEY", "scripted");
        env.write("src/orders.js", ORDERS);
        env.repository();
        env.set_up(&CHAIN, Some(&model.url()));
        let stage = Self { env, model };
        stage.by_hand(
            "Rate-limit the login endpoint",
            "P0",
            "src/limiter.js",
            LIMITER,
        );
        stage.by_hand(
            "Say what the shop is",
            "P2",
            "ABOUT.md",
            "# About\n\nA shop for everything.\n",
        );
        stage.create(&[
            "Export large shops without running out of memory",
            "--priority",
            "P1",
            "--goal",
            "Exporting 100,000 orders needs no more memory than exporting ten.",
            "-c",
            "Rows are streamed",
            "-c",
            "The format stays as it is",
        ]);
        stage.create(&[
            "Offer the export in the admin's menu",
            "--depends-on",
            "TASK-003",
            "--agent",
            "cursor",
        ]);
        stage
    }

    /// Lets the agents speak to a model at another address.
    pub fn chain_at(&self, model: &str) {
        self.env.configure(&CHAIN, Some(model));
    }

    /// A task that somebody outside has worked on; it waits for its approval.
    fn by_hand(&self, title: &str, priority: &str, file: &str, text: &str) {
        let env = &self.env;
        let goal = format!("{title}, so that nobody has to think of it again.");
        let task = self.create(&[
            title,
            "--priority",
            priority,
            "--agent",
            "cursor",
            "--goal",
            &goal,
            "-c",
            "It works",
            "-c",
            "It is tested",
            "--file",
            file,
        ]);
        env.wait_for_status(&task, "ready", SOON);
        self.does(&["claim", &task, "--agent", "cursor"]);
        let shown = env.json(&["show", &task]);
        let worktree = PathBuf::from(shown["task"]["worktree"].as_str().expect("a worktree"));
        let path = worktree.join(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
        self.does(&[
            "review",
            &task,
            "--agent",
            "cursor",
            "-m",
            "Done as asked; I tried it by hand.\n\nLook at the limits first.",
        ]);
        env.wait_for_status(&task, "review", SOON);
    }

    fn create(&self, args: &[&str]) -> String {
        let done = self.env.json(&[&["create"], args].concat());
        done["task"].as_str().expect("a task").to_owned()
    }

    fn does(&self, args: &[&str]) {
        let done = self.env.orchestron(args);
        assert_eq!(done.code, 0, "orchestron {args:?}: {done}");
    }
}

/// Where pictures of the UI go.
pub fn pictures() -> PathBuf {
    let folder = crate::source::root().join("tests/artifacts");
    fs::create_dir_all(&folder).expect("tests/artifacts");
    folder
}
