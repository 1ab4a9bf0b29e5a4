//! The key reaches the agent and nobody else: it is in no command line, environment, file or shell of a run.

use super::{KEY, LEG, create, does, shop};
use crate::environment::{Chain, TestEnvironment};
use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

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
        prepare: "",
        review: "",
        gates: &["env > gate-env.txt; grep -l . env.txt"],
        ..Chain::default()
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
    for process in env.processes() {
        let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
        assert!(!process.words.contains(KEY), "{process:?}");
        assert!(
            process.pid == engine.pid() || !has_key(&environment),
            "in the environment of {process:?}"
        );
    }
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
        assert!(!has_key(&bytes), "the key is in {name}");
        assert!(
            name == "gate-env.txt" || !bytes.is_empty(),
            "{name} is empty"
        );
    }
    assert_nowhere(&env, env.root());
    engine.stop();
}

/// Passes connections on to the model and keeps what the agent sends.
struct Relay {
    url: String,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    fn to(model: &str) -> Self {
        let model = model.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        // It ends with the test's process; nobody waits for it.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(model) = TcpStream::connect(&model) else {
                    return;
                };
                let (mut from_model, mut to_client) = (
                    model.try_clone().expect("a socket"),
                    client.try_clone().expect("a socket"),
                );
                thread::spawn(move || io::copy(&mut from_model, &mut to_client));
                let kept = Arc::clone(&kept);
                thread::spawn(move || pass_on(client, model, &kept));
            }
        });
        Self { url, seen }
    }

    fn has_seen(&self, text: &str) -> bool {
        let seen = self.seen.lock().expect("nobody panicked");
        seen.windows(text.len()).any(|part| part == text.as_bytes())
    }
}

fn pass_on(mut client: TcpStream, mut model: TcpStream, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        kept.lock()
            .expect("nobody panicked")
            .extend_from_slice(&buffer[..read]);
        if model.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    model.shutdown(Shutdown::Write).ok();
}

fn has_key(bytes: &[u8]) -> bool {
    bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes())
}

fn assert_nowhere(env: &TestEnvironment, folder: &Path) {
    for path in fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
    {
        if path.is_dir() && !path.is_symlink() {
            assert_nowhere(env, &path);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(!has_key(&bytes), "the key is in {}", path.display());
        }
    }
}
