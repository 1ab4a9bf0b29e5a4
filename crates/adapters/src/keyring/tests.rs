//! Against a real Secret Service (gnome-keyring) in a private session, and without one.

use super::{KeyStore, KeyringError, Secret, Source};
use crate::test_child::orders;
use orchestron_engine::ports::{Keys, PortErrorKind};
use std::process::{Command, Stdio};

/// The session all tests of the service share: a bus of its own and a private home, so that nobody's real keyring is touched.
struct Session {
    home: tempfile::TempDir,
}

impl Session {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for dir in ["run", "data", "config", "cache"] {
            let dir = home.path().join(dir);
            std::fs::create_dir(&dir).unwrap();
            #[cfg(unix)]
            std::fs::set_permissions(&dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))
                .unwrap();
        }
        Self { home }
    }

    fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for name in [
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "DBUS_SESSION_BUS_ADDRESS",
            "ANTHROPIC_API_KEY",
            "GNOME_KEYRING_CONTROL",
        ] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .stdin(Stdio::null());
        command
    }

    /// Runs a test of this binary as a child in a session on a bus, after `prepare`.
    fn on_bus(&self, test: &str, child_orders: &str, options: &[&str], prepare: &str) {
        let script = format!(
            "{prepare}\nexec \"$0\" --exact keyring::tests::{test} --nocapture --test-threads=1"
        );
        let output = self
            .command("dbus-run-session")
            .args(options)
            .args(["--", "sh", "-c", &script])
            .arg(std::env::current_exe().unwrap())
            .env("ORCHESTRON_TEST_CHILD", child_orders)
            .output()
            .unwrap();
        check(test, child_orders, &output);
    }
}

fn check(test: &str, child_orders: &str, output: &std::process::Output) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{test} {child_orders}: {said}"
    );
}

/// Starts the service with an unlocked keyring.
const UNLOCKED: &str =
    "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
/// Starts it with whatever keyring there is, locked.
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";

/// Whether the programs of a session are there; says so when not.
fn can_have_a_session() -> bool {
    let there = |program: &str| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .any(|dir| dir.join(program).is_file())
    };
    let missing: Vec<_> = ["dbus-run-session", "gnome-keyring-daemon"]
        .into_iter()
        .filter(|program| !there(program))
        .collect();
    if !missing.is_empty() {
        eprintln!(
            "SKIPPED: {} not installed (Debian: apt install dbus gnome-keyring)",
            missing.join(", ")
        );
    }
    missing.is_empty()
}

#[test]
fn keys_are_kept_found_listed_and_forgotten() {
    if orders().is_none() {
        if can_have_a_session() {
            Session::new().on_bus(
                "keys_are_kept_found_listed_and_forgotten",
                "go",
                &[],
                UNLOCKED,
            );
        }
        return;
    }
    let keys = KeyStore::new();
    assert_eq!(keys.store().unwrap(), "Secret Service");
    assert!(keys.accounts().unwrap().is_empty(), "the canary is gone");
    assert_eq!(keys.get("anthropic").unwrap(), None);
    assert!(!keys.delete("anthropic").unwrap());
    assert_eq!(keys.source("anthropic").unwrap(), None);
    keys.set("anthropic", &Secret::new(" sk-ant-one\n"))
        .unwrap();
    Keys::set(&keys, "team-b", "sk-ant-two").unwrap();
    assert_eq!(keys.for_account("anthropic").as_deref(), Some("sk-ant-one"));
    assert_eq!(
        keys.source("anthropic").unwrap().as_deref(),
        Some("keyring")
    );
    assert_eq!(keys.accounts().unwrap(), ["anthropic", "team-b"]);
    keys.set("anthropic", &Secret::new("sk-ant-three")).unwrap();
    assert_eq!(
        keys.get("anthropic").unwrap(),
        Some(Secret::new("sk-ant-three"))
    );
    assert!(Keys::delete(&keys, "anthropic").unwrap());
    assert_eq!(keys.accounts().unwrap(), ["team-b"]);
    assert_eq!(keys.for_account("anthropic"), None);
    let threads: Vec<_> = (0..4)
        .map(|n| {
            std::thread::spawn(move || {
                let account = format!("thread-{n}");
                let keys = KeyStore::new();
                keys.set(&account, &Secret::new(&account)).unwrap();
                assert_eq!(keys.for_account(&account), Some(account));
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(keys.accounts().unwrap().len(), 5);
}

#[test]
fn a_locked_keyring_says_so_and_keeps_its_keys() {
    let Some(orders) = orders() else {
        if can_have_a_session() {
            let session = Session::new();
            for (what, prepare) in [("keep", UNLOCKED), ("locked", LOCKED), ("find", UNLOCKED)] {
                session.on_bus(
                    "a_locked_keyring_says_so_and_keeps_its_keys",
                    what,
                    &[],
                    prepare,
                );
            }
        }
        return;
    };
    let keys = KeyStore::new();
    match orders.as_str() {
        "keep" => keys.set("anthropic", &Secret::new("sk-ant-kept")).unwrap(),
        "find" => assert_eq!(
            keys.for_account("anthropic").as_deref(),
            Some("sk-ant-kept")
        ),
        _ => {
            for error in [
                keys.get("anthropic").unwrap_err(),
                keys.set("other", &Secret::new("x")).unwrap_err(),
                keys.probe().unwrap_err(),
            ] {
                assert_eq!(error, KeyringError::Locked);
            }
            let error = keys.store().unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Held);
            assert!(error.cure.unwrap().contains("Unlock"));
        }
    }
}

#[test]
fn a_keyring_without_a_collection_says_so() {
    if orders().is_none() {
        if can_have_a_session() {
            Session::new().on_bus("a_keyring_without_a_collection_says_so", "go", &[], LOCKED);
        }
        return;
    }
    let keys = KeyStore::new();
    assert_eq!(keys.get("anthropic").unwrap(), None);
    assert_eq!(
        keys.set("anthropic", &Secret::new("x")).unwrap_err(),
        KeyringError::NoCollection
    );
}

#[test]
fn a_session_without_a_keyring_says_so() {
    if orders().is_none() {
        if can_have_a_session() {
            let session = Session::new();
            let config = session.path("bus.conf");
            let text = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";
            std::fs::write(&config, text).unwrap();
            let option = format!("--config-file={config}");
            session.on_bus("a_session_without_a_keyring_says_so", "go", &[&option], "");
        }
        return;
    }
    let keys = KeyStore::new();
    assert_eq!(keys.get("anthropic").unwrap_err(), KeyringError::NoService);
    // The keyring comes up after us.
    let script = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
    let started = Command::new("sh").args(["-c", script]).status().unwrap();
    assert!(started.success());
    // The daemon takes its name on the bus in the background, on a busy machine some seconds later.
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while keys.get("anthropic") == Err(KeyringError::NoService)
        && std::time::Instant::now() < patience
    {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    keys.set("anthropic", &Secret::new("sk-ant-late")).unwrap();
    assert_eq!(
        keys.for_account("anthropic").as_deref(),
        Some("sk-ant-late")
    );
}

#[test]
fn without_a_bus_the_environment_is_what_is_left() {
    const TEST: &str = "without_a_bus_the_environment_is_what_is_left";
    let Some(orders) = orders() else {
        let session = Session::new();
        for (what, key) in [
            ("none", None),
            ("empty", Some("  ")),
            ("key", Some("sk-ant-env\n")),
        ] {
            let mut command = session.command(std::env::current_exe().unwrap().to_str().unwrap());
            command
                .args(["--exact", &format!("keyring::tests::{TEST}"), "--nocapture"])
                .env("ORCHESTRON_TEST_CHILD", what);
            if let Some(key) = key {
                command.env("ANTHROPIC_API_KEY", key);
            }
            check(TEST, what, &command.output().unwrap());
        }
        return;
    };
    let keys = KeyStore::new();
    if cfg!(target_os = "linux") {
        assert_eq!(keys.get("anthropic").unwrap_err(), KeyringError::NoBus);
        let error = keys.store().unwrap_err();
        assert!(
            error.cure.unwrap().contains("ANTHROPIC_API_KEY"),
            "{orders}"
        );
        assert_eq!(keys.lookup("other").unwrap_err(), KeyringError::NoBus);
    }
    if orders == "key" {
        let (key, source) = keys.lookup("anthropic").unwrap().unwrap();
        assert_eq!((key.expose(), source), ("sk-ant-env", Source::Environment));
        assert_eq!(
            keys.source("anthropic").unwrap().as_deref(),
            Some("environment")
        );
        assert_eq!(keys.for_account("other"), None);
    } else {
        assert_eq!(keys.for_account("anthropic"), None);
    }
}

#[test]
fn the_keyring_comes_before_the_environment() {
    if orders().is_none() {
        if can_have_a_session() {
            let prepare = format!("{UNLOCKED}; export ANTHROPIC_API_KEY=sk-ant-env");
            Session::new().on_bus(
                "the_keyring_comes_before_the_environment",
                "go",
                &[],
                &prepare,
            );
        }
        return;
    }
    let keys = KeyStore::new();
    assert_eq!(keys.for_account("anthropic").as_deref(), Some("sk-ant-env"));
    keys.set("anthropic", &Secret::new("sk-ant-ring")).unwrap();
    assert_eq!(
        keys.for_account("anthropic").as_deref(),
        Some("sk-ant-ring")
    );
    assert!(keys.delete("anthropic").unwrap());
    assert_eq!(
        keys.lookup("anthropic").unwrap().unwrap().1,
        Source::Environment
    );
}

#[test]
fn impossible_names_and_keys_are_refused_before_the_keyring_is_asked() {
    let keys = KeyStore::new();
    for account in ["", "a b", "a\n", "../x", "ü", &"x".repeat(101)] {
        let error = keys.get(account).unwrap_err();
        assert!(
            matches!(error, KeyringError::BadAccount { .. }),
            "{account}"
        );
        assert!(error.cure().is_some());
    }
    for key in ["", " \n", "sk-ant-1 sk-ant-2", "a\0b", &"x".repeat(5_000)] {
        let error = keys.set("anthropic", &Secret::new(key)).unwrap_err();
        assert!(matches!(error, KeyringError::BadKey { .. }));
    }
}

#[test]
fn a_secret_is_never_printed() {
    let secret = Secret::new("sk-ant-hidden");
    assert!(!format!("{secret:?} {:?}", Some((&secret, 1))).contains("hidden"));
    assert_eq!(secret.expose(), "sk-ant-hidden");
    let errors = [
        keyring_core::Error::BadEncoding(b"sk-ant-hidden".to_vec()),
        keyring_core::Error::BadDataFormat(b"sk-ant-hidden".to_vec(), "odd".into()),
    ];
    for error in errors {
        let ours = super::from_platform("anthropic", &error);
        assert!(!format!("{ours:?} {ours}").contains("hidden"));
    }
}
