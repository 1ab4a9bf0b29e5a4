//! A display, a session bus and a driver, and a program in a window on them.

use crate::linux::{
    chain::now_ns,
    failed::{Doing as _, Failed, Measured},
    process::{self, Background},
    world::{PATIENCE, World},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

/// A program with a web view, driven from outside.
pub struct Window<'w> {
    world: &'w World,
    agent: ureq::Agent,
    at: String,
    program: String,
    _screen: Screen,
}

impl<'w> Window<'w> {
    /// Starts the program and waits for its page.
    pub fn open(world: &'w World, program: &Path, args: &[String]) -> Measured<Self> {
        let screen = Screen::new(world)?;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let options = json!({"binary": program, "args": args});
        let wanted =
            json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
        let opened = world.wait("the web driver", || {
            post(&agent, &format!("{}/session", screen.address), &wanted).ok()
        })?;
        let session = opened["value"]["sessionId"].as_str().unwrap_or_default();
        Ok(Self {
            world,
            at: format!("{}/session/{session}", screen.address),
            agent,
            program: program.display().to_string(),
            _screen: screen,
        })
    }

    /// What a script in the page gives back.
    pub fn script(&self, script: &str) -> Measured<Value> {
        let body = json!({"script": script, "args": []});
        let answer = post(&self.agent, &format!("{}/execute/sync", self.at), &body)?;
        Ok(answer["value"].clone())
    }

    /// Waits until a script gives true.
    pub fn wait(&self, what: &str, script: &str) -> Measured<()> {
        let began = Instant::now();
        while self.script(script)? != true {
            if began.elapsed() > PATIENCE {
                return Err(Failed::Waited {
                    what: what.to_owned(),
                });
            }
            thread::sleep(Duration::from_millis(3));
        }
        Ok(())
    }

    /// Waits until a script gives a time, which is asked for seldom enough not to keep the page from its work.
    pub fn when(&self, what: &str, script: &str) -> Measured<f64> {
        let began = Instant::now();
        loop {
            if let Some(at) = self.script(script)?.as_f64() {
                return Ok(at);
            }
            if began.elapsed() > PATIENCE {
                return Err(Failed::Waited {
                    what: what.to_owned(),
                });
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// When the program was started, by the system's clock in milliseconds.
    pub fn began_ms(&self) -> Measured<f64> {
        Ok(now_ns() as f64 / 1e6 - self.age_ms()?)
    }

    fn age_ms(&self) -> Measured<f64> {
        let all = process::of(self.world.root());
        let found = all
            .iter()
            .find(|(_, words)| words.starts_with(&self.program));
        found
            .and_then(|(pid, _)| process::age_ms(*pid))
            .ok_or_else(|| Failed::Wrong(format!("{} is gone", self.program)))
    }

    fn is_of_it(&self, words: &str) -> bool {
        words.starts_with(&self.program)
            || words.contains("WebKitWebProcess")
            || words.contains("WebKitNetworkProcess")
    }

    /// The program's processes and the web view's; not what agents and their keepers are.
    fn processes(&self) -> Vec<u32> {
        let all = process::of(self.world.root()).into_iter();
        all.filter(|(_, words)| self.is_of_it(words))
            .map(|(pid, _)| pid)
            .collect()
    }

    /// Memory of all its processes in MB.
    pub fn pss_mb(&self) -> f64 {
        let sizes = self
            .processes()
            .into_iter()
            .filter_map(|pid| process::pss_kb(pid).ok());
        f64::from(u32::try_from(sizes.sum::<u64>()).unwrap_or(u32::MAX)) / 1024.0
    }

    /// Closes it and waits until nothing of it is left.
    pub fn close(self) -> Measured<()> {
        // The session's end closes the window; what stays is asked to end.
        self.agent
            .delete(&self.at)
            .call()
            .map(drop)
            .unwrap_or_default();
        for pid in self.processes() {
            process::signal(pid, rustix::process::Signal::TERM);
        }
        self.world.wait("the window's processes to end", || {
            self.processes().is_empty().then_some(())
        })
    }
}

fn post(agent: &ureq::Agent, address: &str, body: &Value) -> Measured<Value> {
    let said = |error: ureq::Error| Failed::Wrong(format!("POST {address}: {error}"));
    let mut answer = agent.post(address).send_json(body).map_err(said)?;
    answer.body_mut().read_json().map_err(said)
}

/// A display of its own, a session bus and a driver.
struct Screen {
    _driver: Background,
    _display: Background,
    address: String,
}

impl Screen {
    fn new(world: &World) -> Measured<Self> {
        let quiet = |program: &str| {
            let mut command = world.command(&PathBuf::from(program));
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            command
        };
        let mut xvfb = quiet("Xvfb");
        xvfb.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1600x1000x24",
            "-nolisten",
            "tcp",
        ])
        .stdout(Stdio::piped());
        let mut display = Background::start(&mut xvfb)?;
        let mut number = String::new();
        if let Some(out) = display.0.stdout.take() {
            BufReader::new(out)
                .read_line(&mut number)
                .doing("read the display's number")?;
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|free| free.local_addr())
            .doing("find a free port")?
            .port();
        let mut driver = quiet("dbus-run-session");
        driver
            .args([
                "--",
                "WebKitWebDriver",
                "--host=127.0.0.1",
                &format!("--port={port}"),
            ])
            .env("DISPLAY", format!(":{}", number.trim()))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true");
        Ok(Self {
            _driver: Background::start(&mut driver)?,
            _display: display,
            address: format!("http://127.0.0.1:{port}"),
        })
    }
}
