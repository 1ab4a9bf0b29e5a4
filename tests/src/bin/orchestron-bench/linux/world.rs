//! A machine of its own for the measurements: temporary folders with their own home and state, projects of any size, and the
//! product's commands on them. Nothing that was started outlives it.

use super::{
    failed::{Doing as _, Failed, Measured},
    process,
};
use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The six folders and the share of tasks in each, in percent.
pub const FOLDERS: [(&str, usize); 6] = [
    ("pending", 20),
    ("ready", 34),
    ("in-progress", 2),
    ("review", 2),
    ("done", 40),
    ("failed", 2),
];
/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One machine with one project.
pub struct World {
    _folder: TempDir,
    root: PathBuf,
    bench: PathBuf,
    product: PathBuf,
}

impl World {
    /// A machine without a project.
    pub fn new() -> Measured<Self> {
        let folder = tempfile::Builder::new()
            .prefix("orchestron-bench-")
            .tempdir()
            .doing("make a temporary folder")?;
        let root = folder
            .path()
            .canonicalize()
            .doing("find the temporary folder")?;
        for name in ["home", "state", "tmp", "bin", "project"] {
            fs::create_dir_all(root.join(name)).doing(format!("make {name}"))?;
        }
        let bench = env::current_exe().doing("find this program")?;
        let beside =
            |name: &str| bench.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX));
        let world = Self {
            product: beside("orchestron"),
            bench,
            root,
            _folder: folder,
        };
        if !world.product.is_file() {
            return Err(Failed::Wrong(format!(
                "{} is missing: `./dev bench` builds it",
                world.product.display()
            )));
        }
        let agent = world.root.join("bin/claude");
        fs::hard_link(&world.bench, &agent)
            .or_else(|_| fs::copy(&world.bench, &agent).map(drop))
            .doing("put the fake agent in place")?;
        Ok(world)
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The project.
    pub fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// A program on this machine.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let root = &self.root;
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", root.join("home"))
            .env("XDG_CONFIG_HOME", root.join("home/.config"))
            .env("XDG_CACHE_HOME", root.join("home/.cache"))
            .env("XDG_DATA_HOME", root.join("home/.local/share"))
            .env("XDG_RUNTIME_DIR", root.join("tmp"))
            .env("TMPDIR", root.join("tmp"))
            .env("ORCHESTRON_STATE_DIR", root.join("state"))
            .env("ORCHESTRON_CLAUDE", root.join("bin/claude"))
            .env("ANTHROPIC_API_KEY", "not-a-key")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LANG", "C.UTF-8")
            .current_dir(self.project());
        command
    }

    /// `orchestron …`
    pub fn product(&self, words: &[&str]) -> Command {
        let mut command = self.command(&self.product);
        command.args(words);
        command
    }

    /// `orchestron …` with what it and all it starts wait for on the disk, and what they start, written to a file.
    pub fn traced(&self, into: &Path, words: &[&str]) -> Command {
        let mut command = self.command(Path::new("strace"));
        command
            .args(["-f", "-qq", "-e", "trace=fsync,fdatasync,execve", "-o"])
            .arg(into)
            .arg("--")
            .arg(&self.product)
            .args(words)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        command
    }

    /// This program in its hidden mode: the floor of a verb, on this project's own folder layout.
    pub fn floor(&self, kind: &str, words: &[&str]) -> Command {
        let mut command = self.command(&self.bench);
        command
            .args(["floor", kind])
            .arg(self.project())
            .args(words);
        command
    }

    /// Starts `orchestron run` and waits until it is the engine.
    pub fn engine(&self, words: &[&str]) -> Measured<process::Background> {
        let out = self.root.join("engine.out");
        let file = fs::File::create(&out).doing("make engine.out")?;
        let err = fs::File::create(self.root.join("engine.err")).doing("make engine.err")?;
        let mut command = self.product(&[&["run", "--json"], words].concat());
        command
            .stdin(std::process::Stdio::null())
            .stdout(file)
            .stderr(err);
        let engine = process::Background::start(&mut command)?;
        self.wait("the engine", || {
            let text = fs::read_to_string(&out).unwrap_or_default();
            text.contains("\"running\"").then_some(())
        })?;
        Ok(engine)
    }

    /// What the engine has printed.
    pub fn engine_said(&self) -> String {
        fs::read_to_string(self.root.join("engine.out")).unwrap_or_default()
    }

    /// The last lines of it, for a person who wonders why something did not come.
    pub fn engine_said_last(&self) -> String {
        let text = self.engine_said();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    /// Looks again and again until there is something to be found.
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> Measured<T> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(found) = look() {
                return Ok(found);
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(Failed::Waited {
            what: what.to_owned(),
        })
    }

    /// Sets the project up with this chain.
    pub fn set_up(&self, chain: &str, limits: &str) -> Measured<()> {
        process::output(&mut self.product(&["init"]))?;
        let mcp = self.project().join(".mcp");
        let config =
            format!("project: shop\nchain:\n{chain}  approve: person\nlimits: {{ {limits} }}\n");
        let mut agents = "agents:\n".to_owned();
        for name in ["architect", "coder", "reviewer"] {
            write!(agents, "  {name}:\n    cli: claude\n    persona: You are the {name}.\n    tools_allowed: [Read]\n").unwrap_or_default();
        }
        agents.push_str("  cursor:\n    persona: Implements in the editor.\n");
        fs::write(mcp.join("config.yaml"), config).doing("write config.yaml")?;
        fs::write(mcp.join("agents.yaml"), agents).doing("write agents.yaml")?;
        process::output(&mut self.product(&["trust"])).map(drop)
    }

    /// Writes `count` tasks as a person would find them after some months.
    pub fn seed(&self, count: usize) -> Measured<()> {
        let tasks = self.project().join(".mcp/tasks");
        for (folder, _) in FOLDERS {
            fs::create_dir_all(tasks.join(folder)).doing(format!("make {folder}"))?;
        }
        for number in 1..=count {
            let (id, folder) = (id(number), folder_of(number));
            let path = tasks
                .join(folder)
                .join(format!("{id}-task-number-{number}.md"));
            fs::write(&path, text(number, folder)).doing(format!("write {}", path.display()))?;
        }
        Ok(())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for (pid, _) in process::of(&self.root) {
            process::signal(pid, rustix::process::Signal::KILL);
        }
    }
}

/// `TASK-001`
pub fn id(number: usize) -> String {
    format!("TASK-{number:03}")
}

/// The folder of a task: every hundred tasks have the same mixture.
pub fn folder_of(number: usize) -> &'static str {
    // 37 has no common divisor with 100, so the folders are mixed.
    let mut place = number * 37 % 100;
    for (folder, share) in FOLDERS {
        if place < share {
            return folder;
        }
        place -= share;
    }
    "done"
}

/// A ready task for somebody that waits for no other.
pub fn fresh(number: usize, agent: &str) -> String {
    // The first one depends on nothing. Tasks about the same files wait for each other.
    text(1, "ready")
        .replace("orders_1.js", &format!("orders_{number}.js"))
        .replace("TASK-001", &id(number))
        .replace("Agent: cursor", &format!("Agent: {agent}"))
}

/// About 1.2 kB, with up to two dependencies on tasks that are done.
pub fn text(number: usize, folder: &str) -> String {
    let done = |from: usize| (1..from).rev().take(60).find(|n| folder_of(*n) == "done");
    let mut depends = String::new();
    for before in [done(number), done(number.saturating_sub(7))]
        .into_iter()
        .flatten()
        .take(number % 3)
    {
        writeln!(depends, "- {}", id(before)).unwrap_or_default();
    }
    let goal = "Whoever uses the shop finds what was ordered, by whom and when, and can take it along as a file that other programs read. ".repeat(4);
    format!(
        "# Task: {} - Task number {number} of the shop\n\n## Status: {folder}\n\n## Priority: P{}\n\n## Agent: cursor\n\n## Created: 2026-11-0{}T08:00:00Z\n## Last Updated: 2026-11-10T08:00:00Z\n\n## Goal\n{goal}\n\n## Acceptance Criteria\n- [ ] Orders are shown with their day\n- [x] Prices are shown with their currency\n\n## Definition of Ready\n- [x] Prerequisites met\n\n## Definition of Done\n- [ ] All tests pass\n\n## Files Affected\n- src/orders_{number}.js\n- tests/orders_{number}.js\n\n## Depends On\n{depends}\n## Implementation Notes\nStart where the orders are read.\n\n## Review Feedback\n\n## Error Context\n\n## Git Context\n- Branch:\n- Commit:\n- PR:\n\n## Handoffs\n",
        id(number),
        number % 3,
        number % 9 + 1,
    )
}
