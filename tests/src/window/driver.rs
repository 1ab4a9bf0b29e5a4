//! A display, a session bus and WebKitWebDriver, and the few WebDriver calls the tests need.

use crate::environment::{TestEnvironment, binary, kill, processes_of};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long one call to the driver may take; the first one starts the app.
const CALL: Duration = Duration::from_secs(60);

/// As after a login: the person's keyring is there and open; and the bus is known.
const UNLOCKED_KEYRING: &str = "printf %s \"$DBUS_SESSION_BUS_ADDRESS\" >bus.part; mv bus.part \"$ORCHESTRON_TEST/bus\"; \
     printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
/// What a session starts by itself.
const OF_THE_SESSION: [&str; 7] = [
    "dbus-daemon",
    "WebKitWebDriver",
    "gnome-keyring-daemon",
    "at-spi-bus-launcher",
    "at-spi2-registryd",
    "dconf-service",
    "gvfsd",
];

/// A display of its own, a session bus, and a driver on them.
pub struct Screen {
    display: Child,
    driver: Child,
    /// Of the display.
    pub number: String,
    address: String,
    root: PathBuf,
}

impl Screen {
    /// Starts all three.
    pub fn new(env: &TestEnvironment) -> Self {
        let log =
            |name: &str| File::create(env.root().join("logs").join(name)).expect("a log file");
        let mut display = env
            .command("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1600x1000x24",
                "-nolisten",
                "tcp",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log("xvfb.err"))
            .spawn()
            .expect("Xvfb is installed (`./dev test` sees to it)");
        let mut number = String::new();
        let out = display.stdout.take().expect("a pipe");
        BufReader::new(out)
            .read_line(&mut number)
            .expect("Xvfb tells its number");
        let port = free_port();
        // The display comes before the bus, so that what the bus starts knows it.
        let session =
            format!("{UNLOCKED_KEYRING}; exec WebKitWebDriver --host=127.0.0.1 --port={port}");
        let driver = env
            .command("dbus-run-session")
            .args(["--", "sh", "-c", &session])
            .current_dir(env.root())
            .envs(on_display(number.trim()))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(log("driver.out"))
            .stderr(log("driver.err"))
            .spawn()
            .expect("dbus and webkit2gtk-driver are installed (`./dev test` sees to it)");
        Self {
            display,
            driver,
            number: number.trim().to_owned(),
            address: format!("http://127.0.0.1:{port}"),
            root: env.root().to_path_buf(),
        }
    }

    /// The address of the session's bus.
    pub fn bus(&self, env: &TestEnvironment) -> String {
        env.wait_for("the session bus", CALL, || {
            fs::read_to_string(env.root().join("bus")).ok()
        })
    }

    /// The app once more, as a click on a link or on its icon starts it, with no driver.
    pub fn app(&self, env: &TestEnvironment, args: &[&str]) -> Command {
        let mut command = env.command(binary("orchestron-desktop"));
        command
            .args(args)
            .envs(on_display(&self.number))
            .env("DBUS_SESSION_BUS_ADDRESS", self.bus(env));
        command
    }
}

fn on_display(number: &str) -> [(&'static str, String); 3] {
    [
        ("DISPLAY", format!(":{number}")),
        ("GDK_BACKEND", "x11".to_owned()),
        ("NO_AT_BRIDGE", "1".to_owned()),
    ]
}

impl Drop for Screen {
    fn drop(&mut self) {
        kill(self.driver.id());
        for process in processes_of(&self.root) {
            let program = process.words.split(' ').next().unwrap_or("");
            let name = program.rsplit('/').next().unwrap_or(program);
            if OF_THE_SESSION.contains(&name) {
                kill(process.pid);
            }
        }
        kill(self.display.id());
        for child in [&mut self.driver, &mut self.display] {
            // It is dead; its number is given back.
            child.wait().ok();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The app, in its window.
pub struct Session {
    agent: ureq::Agent,
    /// Of the session.
    address: String,
}

impl Session {
    /// Opens the app on the environment's project.
    pub fn of_project(env: &TestEnvironment, screen: &Screen) -> Self {
        let project = env.project().to_string_lossy().into_owned();
        Self::open(env, screen, &["--project", &project])
    }

    /// Opens the app.
    pub fn open(env: &TestEnvironment, screen: &Screen, args: &[&str]) -> Self {
        Self::open_program(env, screen, &binary("orchestron-desktop"), args)
    }

    /// Opens the app from where it was installed.
    pub fn open_program(
        env: &TestEnvironment,
        screen: &Screen,
        program: &Path,
        args: &[&str],
    ) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(CALL))
            .http_status_as_error(false)
            .build()
            .into();
        let options = json!({"binary": program, "args": args});
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
        let began = Instant::now();
        let opened = loop {
            match post(&agent, &format!("{}/session", screen.address), &wanted) {
                Ok(opened) => break opened,
                // The driver itself is still starting.
                Err(Refused::NoConnection) if began.elapsed() < CALL => {
                    thread::sleep(Duration::from_millis(50))
                }
                Err(refused) => panic!("the app does not open: {refused:?}\n{}", env.story()),
            }
        };
        let id = opened["sessionId"].as_str().expect("a session");
        Self {
            agent,
            address: format!("{}/session/{id}", screen.address),
        }
    }

    fn call(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        post(&self.agent, &format!("{}/{path}", self.address), body)
    }

    fn find(&self, css: &str) -> Option<String> {
        let found = self
            .call("element", &json!({"using": "css selector", "value": css}))
            .ok()?;
        Some(found[ELEMENT].as_str().expect("an element").to_owned())
    }

    /// Waits until there is such an element.
    pub fn wait_for(&self, env: &TestEnvironment, css: &str, limit: Duration) -> String {
        let began = Instant::now();
        loop {
            if let Some(found) = self.find(css) {
                return found;
            }
            if began.elapsed() > limit {
                self.picture(&crate::stage::pictures().join("window-failure.png"));
                let page = self.script("return document.body.innerText;");
                panic!("{css} is not in the window:\n{page}\n{}", env.story());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Clicks on an element; one that is drawn anew in this moment is looked for again.
    pub fn click(&self, env: &TestEnvironment, css: &str) {
        for _ in 0..20 {
            let element = self.wait_for(env, css, Duration::from_secs(30));
            match self.call(&format!("element/{element}/click"), &json!({})) {
                Ok(_) => return,
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
        panic!("{css} cannot be clicked");
    }

    /// Types into an element.
    pub fn write(&self, env: &TestEnvironment, css: &str, text: &str) {
        let element = self.wait_for(env, css, Duration::from_secs(30));
        self.call(&format!("element/{element}/value"), &json!({"text": text}))
            .unwrap_or_else(|refused| panic!("{css}: {refused:?}"));
    }

    /// Presses a key, wherever the focus is.
    pub fn press(&self, key: &str) {
        let actions = [
            json!({"type": "keyDown", "value": key}),
            json!({"type": "keyUp", "value": key}),
        ];
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.call("actions", &keyboard)
            .unwrap_or_else(|refused| panic!("{key}: {refused:?}"));
    }

    /// What a script in the page gives back.
    pub fn script(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.call("execute/sync", &body)
            .unwrap_or_else(|refused| panic!("{script}: {refused:?}"))
    }

    /// Goes to an address without leaving the page, as a link does.
    pub fn go(&self, address: &str) {
        self.script(&format!(
            "history.replaceState(null, '', '{address}'); dispatchEvent(new PopStateEvent('popstate'));"
        ));
    }

    /// Waits until the page has this address.
    pub fn wait_for_address(&self, env: &TestEnvironment, address: &str) {
        let limit = Duration::from_secs(30);
        env.wait_for(&format!("the address {address}"), limit, || {
            let now = self.script("return location.pathname + location.search;");
            (now == address).then_some(())
        });
    }

    /// What the app answers to a call, as the page makes it.
    pub fn invoke(&self, name: &str, input: &Value) -> Result<Value, Value> {
        self.ask("call", &json!({"name": name, "input": input}))
    }

    /// Makes a call that takes the page away: its answer may find nobody.
    pub fn leave_by(&self, name: &str, input: &Value) {
        let input = json!({"name": name, "input": input});
        self.script(&format!(
            "setTimeout(() => window.__TAURI_INTERNALS__.invoke('call', {input}));"
        ));
    }

    /// What the app answers to a command of a plugin, which no page of ours ever asks for.
    pub fn plugin(&self, command: &str) -> Result<Value, Value> {
        self.ask(command, &json!({}))
    }

    fn ask(&self, command: &str, input: &Value) -> Result<Value, Value> {
        let script = "const [command, input, done] = arguments; \
             window.__TAURI_INTERNALS__.invoke(command, input).then((ok) => done({ ok }), (error) => done({ error }));";
        let body = json!({"script": script, "args": [command, input]});
        let answer = self
            .call("execute/async", &body)
            .unwrap_or_else(|refused| panic!("{command} {input}: {refused:?}"));
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// The app's windows, by the driver's names.
    pub fn windows(&self) -> Vec<String> {
        let answer = self.agent.get(format!("{}/window/handles", self.address));
        let answer: Value = answer
            .call()
            .expect("an answer")
            .body_mut()
            .read_json()
            .expect("JSON");
        let names = answer["value"].as_array().cloned().unwrap_or_default();
        names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    }

    /// From here on it is about this window.
    pub fn switch_to(&self, name: &str) {
        self.call("window", &json!({"handle": name}))
            .unwrap_or_else(|refused| panic!("{name}: {refused:?}"));
    }

    /// Saves what the window shows.
    pub fn picture(&self, path: &Path) {
        // Let what just moved come to rest.
        thread::sleep(Duration::from_millis(350));
        let url = format!("{}/screenshot", self.address);
        // For people to look at, and no proof of anything: WebKit sometimes waits for a frame that a page at rest never draws.
        let mut answer = match self.agent.get(&url).call() {
            Ok(answer) => answer,
            Err(error) => return eprintln!("no picture {}: {error}", path.display()),
        };
        let answer: Value = answer.body_mut().read_json().expect("JSON");
        let text = answer["value"].as_str().expect("a picture");
        let bytes = STANDARD.decode(text).expect("base64");
        fs::write(path, bytes).expect("the picture is kept");
    }

    /// Closes the app.
    pub fn close(self) {
        self.agent
            .delete(&self.address)
            .call()
            .expect("the app closes");
    }
}

/// Why the driver did not do it.
#[derive(Debug)]
enum Refused {
    NoConnection,
    /// What it said; shown when a test fails.
    Said(#[allow(dead_code)] Value),
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Result<Value, Refused> {
    let mut answer = agent
        .post(url)
        .send_json(body)
        .map_err(|error| match error {
            ureq::Error::Io(_) | ureq::Error::ConnectionFailed => Refused::NoConnection,
            other => Refused::Said(other.to_string().into()),
        })?;
    let good = answer.status().is_success();
    let said: Value = answer
        .body_mut()
        .with_config()
        .limit(64 * 1024 * 1024)
        .read_json()
        .map_err(|error| Refused::Said(error.to_string().into()))?;
    if good {
        Ok(said["value"].clone())
    } else {
        Err(Refused::Said(said["value"].clone()))
    }
}
