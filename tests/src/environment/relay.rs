//! A place between agent and model that keeps what the agent sends, and the search for a key in places where none may be.

use super::TestEnvironment;
use std::{
    fs,
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

/// Passes connections on to the model and keeps what the agent sends.
pub struct Relay {
    /// Where it listens.
    pub url: String,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    /// Passes on to this address.
    pub fn to(model: &str) -> Self {
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

    /// Whether the agent has sent this.
    pub fn has_seen(&self, text: &str) -> bool {
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

impl TestEnvironment {
    /// Fails when the key is in the command line or environment of any process of this machine but `known`, which was given it.
    pub fn no_process_knows(&self, key: &str, known: &[u32]) {
        for process in self.processes() {
            let environment =
                fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
            assert!(
                !process.words.contains(key),
                "in the command line of {process:?}"
            );
            assert!(
                known.contains(&process.pid) || !has(&environment, key),
                "in the environment of {process:?}"
            );
        }
    }

    /// Fails when the key is in any file of this machine.
    pub fn no_file_has(&self, key: &str) {
        search(self.root(), key);
    }
}

/// Whether bytes contain the key.
pub fn has(bytes: &[u8], key: &str) -> bool {
    bytes.windows(key.len()).any(|part| part == key.as_bytes())
}

fn search(folder: &Path, key: &str) {
    // A folder may vanish while it is searched.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            search(&path, key);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(!has(&bytes, key), "the key is in {}", path.display());
        }
    }
}
