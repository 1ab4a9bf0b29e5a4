//! Newer versions over loopback: looked for only when the person says so, refused in every way in which a list or a package can be wrong,
//! and put in place of an app that was unpacked from its tarball. The packages were signed with Tauri's own signer (`tests/updates`).

use super::{
    desktop::Desktop,
    dialogs::{dialog, gone},
    driver::{Screen, Session},
    x11::{Display, RETURN, TopWindow},
};
use crate::{
    environment::{TestEnvironment, binary},
    source::root,
    stage::Stage,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const SOON: Duration = Duration::from_secs(30);
const LEG: Duration = Duration::from_secs(90);
/// How long nothing is asked for, to be sure that nothing is.
const QUIET: Duration = Duration::from_secs(3);
const OTHER_KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
const HOSTILE: &str =
    "**New** <img src=x onerror=\"document.title='hacked'\"> [here](javascript:alert(1))";

fn signed(name: &str) -> Vec<u8> {
    let path = root().join("tests/updates").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn text(name: &str) -> String {
    String::from_utf8(signed(name)).expect("a text")
}

fn package(version: &str) -> String {
    format!("orchestron-{version}-linux.tar.gz")
}

/// Whoever publishes versions.
struct Publisher {
    address: String,
    served: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Publisher {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let publisher = Self {
            address,
            served: Arc::default(),
            asked: Arc::default(),
        };
        let (served, asked) = (Arc::clone(&publisher.served), Arc::clone(&publisher.asked));
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &served, &asked);
            }
        });
        publisher
    }

    fn list(&self) -> String {
        format!("{}/latest.json", self.address)
    }

    fn serves(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        let mut served = self.served.lock().expect("no panic");
        served.insert(format!("/{name}"), bytes.into());
    }

    /// Says that there is a version, and that this package is it.
    fn offers(&self, version: &str, package: &str) {
        let target = format!("linux-{}-tar", std::env::consts::ARCH);
        let signature = text(&format!("{package}.sig"));
        let list = json!({
            "version": version, "notes": HOSTILE, "pub_date": "2026-11-20T12:00:00Z",
            "platforms": {target: {"url": package, "signature": signature}},
        });
        self.serves("latest.json", list.to_string());
        self.serves(package, signed(package));
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn answer(
    mut stream: TcpStream,
    served: &Mutex<BTreeMap<String, Vec<u8>>>,
    asked: &Mutex<Vec<String>>,
) {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().expect("no panic").push(request);
    let found = served.lock().expect("no panic").get(&path).cloned();
    let (status, body) = match found {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // Whoever has heard enough hangs up.
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body))
        .ok();
}

/// Enters where versions come from, as a person does.
fn enter(env: &TestEnvironment, window: &Session, publisher: &Publisher) {
    window.go("/settings?part=updates");
    window.write(env, "[data-testid=updates-url]", &publisher.list());
    window.write(
        env,
        "[data-testid=updates-key]",
        text("publisher.pub").trim(),
    );
    window.click(env, "[data-testid=updates-save]");
    window.wait_for(env, "[data-testid=updates-check]:not([disabled])", SOON);
}

fn set(window: &Session, what: Value) -> Result<Value, Value> {
    window.invoke("desktop-updates-set", &what)
}

/// Looks, and says as what that failed.
fn refused(window: &Session) -> String {
    let error = window
        .invoke("desktop-updates-check", &json!({}))
        .expect_err("nothing of this is an update");
    assert!(
        error["hints"]
            .as_array()
            .is_some_and(|hints| !hints.is_empty()),
        "{error}"
    );
    let view = window
        .invoke("desktop-updates", &json!({}))
        .expect("a view");
    assert_eq!(
        (&view["offer"], &view["problem"]["code"]),
        (&Value::Null, &error["code"])
    );
    error["code"].as_str().expect("a code").to_owned()
}

fn says_nothing_of_the_person(request: &str) {
    assert!(
        request.starts_with("GET /latest.json HTTP/1.1\r\n"),
        "{request}"
    );
    let headers = request.lines().skip(1);
    for (name, value) in headers.filter_map(|line| line.split_once(':')) {
        let plain = matches!(
            (name, value.trim()),
            ("Host", _) | ("User-Agent", "orchestron") | ("Accept", "*/*")
        );
        assert!(plain, "{name}: {value}");
    }
}

fn lies_are_refused(window: &Session, publisher: &Publisher) {
    let (new, old) = (package("9.9.9"), package("0.0.1"));
    set(window, json!({"tell": false})).expect("it is set");
    publisher.offers("0.0.1", &old);
    assert_eq!(refused(window), "update_older");
    publisher.offers("9.9.9", &old);
    assert_eq!(
        refused(window),
        "update_passed_off",
        "an old package as a new one"
    );
    publisher.serves("latest.json", "<html>");
    assert_eq!(refused(window), "update_bad_list");
    publisher.serves("latest.json", vec![b' '; 600 * 1024]);
    assert_eq!(refused(window), "update_unreachable", "it is too long");
    publisher.offers("9.9.9", &new);
    set(window, json!({"key": OTHER_KEY})).expect("it is a key");
    assert_eq!(refused(window), "update_other_key");
    set(
        window,
        json!({"url": format!("{}/nothing.json", publisher.address)}),
    )
    .expect("an address");
    assert_eq!(refused(window), "update_unreachable");
    let wrong =
        set(window, json!({"url": "http://example.com/latest.json"})).expect_err("unencrypted");
    assert_eq!(
        (&wrong["code"], &wrong["field"]),
        (&json!("update_bad_address"), &json!("url"))
    );
}

#[test]
fn newer_versions_are_looked_for_only_when_wanted_and_lies_about_them_are_refused() {
    let stage = Stage::new();
    let env = &stage.env;
    env.json(&["pause", "-m", "no agents here"]);
    let publisher = Publisher::new();
    publisher.offers("9.9.9", &package("9.9.9"));
    let screen = Screen::new(env);
    let desktop = Desktop::without_tray(&screen.bus(env));
    let window = Session::of_project(env, &screen);
    let config =
        || fs::read_to_string(env.project().join(".mcp/config.yaml")).expect("the configuration");
    let before = config();

    enter(env, &window, &publisher);
    thread::sleep(QUIET);
    assert_eq!(publisher.asked(), Vec::<String>::new(), "it is off");

    // Told once, with a click that leads there.
    window.click(env, "[data-testid=updates-tell]");
    let told = desktop.wait_for_notification(env, "Orchestron 9.9.9 is there");
    window.go("/board");
    desktop.invoke(told.number, "default");
    window.wait_for_address(env, "/settings?part=updates");
    says_nothing_of_the_person(&publisher.asked()[0]);
    // Its words are text, and this one, which was built here, cannot replace itself.
    window.wait_for(env, "[data-testid=updates-notes]", SOON);
    let notes = window.script(
        "const notes = document.querySelector('[data-testid=updates-notes]'); return [notes.textContent, notes.children.length, document.title.includes('hacked')];",
    );
    assert_eq!(notes, json!([HOSTILE, 0, false]));
    let view = window
        .invoke("desktop-updates", &json!({}))
        .expect("a view");
    assert!(
        view["cannot"]
            .as_str()
            .is_some_and(|why| why.contains("package")),
        "{view}"
    );
    let error = window
        .invoke("desktop-updates-install", &json!({"version": "9.9.9"}))
        .expect_err("it has no package");
    assert_eq!(error["code"], "update_cannot_replace");

    lies_are_refused(&window, &publisher);
    assert_eq!(config(), before, "a project has no say in this");
    window.close();
    drop(screen);
    env.leftovers_are_fine();
}

/// The app as its tarball leaves it in a folder of the person's.
fn unpacked(env: &TestEnvironment) -> PathBuf {
    let folder = env.root().join("apps/orchestron-0.1.0-linux");
    for name in ["bin", "share/applications"] {
        fs::create_dir_all(folder.join(name)).expect("a folder");
    }
    for name in ["orchestron", "orchestron-desktop"] {
        let to = folder.join("bin").join(name);
        fs::hard_link(binary(name), &to)
            .or_else(|_| fs::copy(binary(name), &to).map(drop))
            .expect("the program");
    }
    for name in [
        "README.md",
        "LICENSE-MIT",
        "share/applications/Orchestron.desktop",
    ] {
        fs::write(folder.join(name), "as it was").expect("a file");
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The folder with the app's folder in it, and what is to be seen of that.
struct Apps(PathBuf);

impl Apps {
    const FOLDER: &str = "orchestron-0.1.0-linux";

    fn readme(&self, folder: &str) -> String {
        fs::read_to_string(self.0.join(folder).join("README.md")).expect("a text")
    }

    fn are_as_they_were(&self, env: &TestEnvironment) {
        assert_eq!(names(&self.0), [Self::FOLDER]);
        assert_eq!(self.readme(Self::FOLDER), "as it was");
        let left =
            ["state/updates", "state/started-anew"].map(|name| env.root().join(name).exists());
        assert_eq!(left, [false, false], "nothing is left of it");
    }

    fn are_new(&self, env: &TestEnvironment) {
        let before = format!("{}.before", Self::FOLDER);
        assert_eq!(names(&self.0), [Self::FOLDER, &before]);
        assert_eq!(self.readme(Self::FOLDER), "Stands for Orchestron 9.9.9.\n");
        assert_eq!(self.readme(&before), "as it was");
        assert!(!env.root().join("state/updates").exists());
    }
}

/// Presses the button, and waits for the question.
fn ask(env: &TestEnvironment, window: &Session, display: &Display) -> TopWindow {
    window.click(env, "[data-testid=updates-install]:not([data-pending])");
    dialog(env, display, "Install Orchestron 9.9.9?")
}

/// A package with one byte that is not the publisher's.
fn changed(package: &str) -> Vec<u8> {
    let mut bytes = signed(package);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

#[test]
fn a_signed_version_takes_the_apps_place_after_a_question_and_a_changed_one_does_not() {
    let stage = Stage::new();
    let env = &stage.env;
    let publisher = Publisher::new();
    let new = package("9.9.9");
    publisher.offers("9.9.9", &new);
    let folder = unpacked(env);
    let apps = Apps(folder.parent().expect("a folder").to_path_buf());
    let screen = Screen::new(env);
    let desktop = Desktop::new(&screen.bus(env));
    let project = env.project().to_string_lossy().into_owned();
    let program = folder.join("bin/orchestron-desktop");
    let window = Session::open_program(env, &screen, &program, &["--project", &project]);
    desktop.wait_for_tray(env);
    let display = Display::connect(&screen.number);
    // An agent is at work.
    env.wait_for_request("permission", LEG);
    enter(env, &window, &publisher);
    window.click(env, "[data-testid=updates-check]");

    // Whoever says no has nothing fetched.
    let question = ask(env, &window, &display);
    display.close(&question);
    gone(env, &display, &question);
    let free = "[data-testid=updates-install]:not([data-pending])";
    window.wait_for(env, free, SOON);
    let asked = publisher.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.starts_with("GET /latest.json")),
        "{asked:?}"
    );
    apps.are_as_they_were(env);

    // A byte was changed on the way.
    publisher.serves(&new, changed(&new));
    ask(env, &window, &display);
    display.press(RETURN);
    env.wait_for("the refusal", SOON, || {
        let page = window.script(
            "return document.querySelector('[data-part=updates] [role=alert]')?.innerText ?? '';",
        );
        let said = page.to_string();
        said.contains("is not what its publisher signed")
            .then_some(())
    });
    apps.are_as_they_were(env);

    // As it was signed.
    publisher.serves(&new, signed(&new));
    ask(env, &window, &display);
    display.press(RETURN);
    let started = env.wait_for("the new version to start", SOON, || {
        fs::read_to_string(env.root().join("state/started-anew")).ok()
    });
    assert_eq!(started.trim_end(), format!("9.9.9 --project {project}"));
    apps.are_new(env);
    let mut agents = env.processes().into_iter();
    assert!(
        agents.any(|process| process.words.contains(" keep ")),
        "the agent goes on"
    );
    drop(screen);
    env.leftovers_are_fine();
}
