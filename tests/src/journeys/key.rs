//! The key reaches the agent and nobody else: it is in no command line, environment, file or shell of a run.

use super::{KEY, LEG, create, does, shop};
use crate::environment::{Chain, Relay, has};
use std::{fs, path::Path};

const IMPLEMENT: &str = r#"
  - when: { leg: implement }
    end: Submitted.
    steps:
      - say: What do I see?
        calls:
          - { tool: Bash, input: { command: "exec orchestron key-helper \"$ORCHESTRON_RUN_DIR\" > as-the-agent-does.txt 2>&1", description: "Ask as the agent itself does" } }
      - say: And around me?
        calls:
          - { tool: Bash, input: { command: "env > env.txt; cat /proc/$PPID/environ > parent.txt; cat \"$ORCHESTRON_RUN_DIR\"/*.json* \"$ORCHESTRON_RUN_DIR\"/*.log > folder.txt 2>&1; orchestron key-helper \"$ORCHESTRON_RUN_DIR\" > helper.txt 2>&1; true", description: "Look around" } }
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Looked around." } }
"#;

#[test]
fn the_key_is_nowhere_but_in_the_agent() {
    let chain = Chain {
        gates: &["env > gate-env.txt; grep -l . env.txt"],
        ..Chain::ALONE
    };
    let (env, model) = shop(&chain, IMPLEMENT);
    std::os::unix::fs::symlink(
        crate::environment::binary("orchestron"),
        env.root().join("bin/orchestron"),
    )
    .expect("a link");
    let task = create(&env, "Look around");
    let relay = Relay::to(&model.url());
    env.configure(&chain, Some(&relay.url));
    let engine = env.engine();
    let asked = env.wait_for_request("permission", LEG);
    // While it waits: no process but the engine itself, which we gave it to, knows the key.
    env.no_process_knows(KEY, &[engine.pid()]);
    does(&env, &["answer", &format!("R-{}", asked["id"]), "--allow"]);
    let second = env.wait_for("the second ask", LEG, || {
        env.request("permission")
            .filter(|request| request["id"] != asked["id"])
    });
    does(&env, &["answer", &format!("R-{}", second["id"]), "--allow"]);
    env.wait_for_request("review", LEG);
    assert!(
        relay.has_seen(KEY),
        "the agent itself has it and sends it to the model"
    );
    for name in [
        "as-the-agent-does.txt",
        "env.txt",
        "parent.txt",
        "folder.txt",
        "helper.txt",
        "gate-env.txt",
    ] {
        let worktree = env.json(&["show", &task])["task"]["worktree"]
            .as_str()
            .expect("a worktree")
            .to_owned();
        let bytes = fs::read(Path::new(&worktree).join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!has(&bytes, KEY), "the key is in {name}");
        assert!(
            name == "gate-env.txt" || !bytes.is_empty(),
            "{name} is empty"
        );
    }
    env.no_file_has(KEY);
    engine.stop();
}
